"""A text as people write dates, cut into words, numbers and signs, with what each may be.

One pass, then one more that joins the words of a phrase; both are linear, since phrases have an end. Case, accents,
full stops of abbreviations, brackets and quotation marks are set aside; columns count in the original text.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from timeline.words import LONGEST, VOCABULARY, Tag

_DASHES = frozenset("-‐‑‒–—−")
_IGNORED = frozenset(":.()[]\"'’‘ʼ´`“”„«»")
_APOSTROPHES = frozenset("'’‘ʼ´`")
_SIGNS = frozenset("/,;?~≈±+<>&")
_GROUPING = frozenset(",.'’ \u202f\u00a0")
"""what stands between thousands; a plain space only before exactly three digits after one to three"""
_ORDINAL_ENDINGS = frozenset(
    ["st", "nd", "rd", "th", "er", "re", "ere", "e", "eme", "ieme", "nde", "me", "te", "ter", "o", "a"]
)
_PLURAL_ENDINGS = frozenset(["s", "ies"])
_ROMAN = {"i": 1, "v": 5, "x": 10}
_ROMAN_ENDINGS = ("ieme", "eme", "e", "o", "er", "th", "st", "nd", "rd")


@dataclass(slots=True)
class Token:
    """A phrase, a number or a sign. `column` counts from 1; `tags` is empty for what nobody knows."""

    text: str
    column: int
    tags: dict[Tag, int] = field(default_factory=dict)
    digits: int = 0
    """digits of a number, as written"""
    ordinal: bool = False
    """`3rd`, `1er`, `15º`, or a number with a full stop"""
    plural: bool = False
    """`1920s`, `1920er`"""
    apostrophe: bool = False
    """`'20`"""
    parts: tuple[int, ...] = ()
    """the numbers of `3.5.1842`, `3/5/1842`, `5/1842` and `1842-05-03`, in their order"""


def tokens(text: str) -> list[Token]:
    """The tokens of a text; words that only fill ("the", "of", "im Jahr") are left out."""
    found = _joined(_Lexer(text).run())
    return [token for token in found if token.tags.keys() != {Tag.NOISE}]


def _plain(char: str) -> str:
    """A character without accents, in lower case; dashes are one, spaces are one."""
    if char in _DASHES:
        return "-"
    if char.isspace():
        return " "
    return "".join(each for each in unicodedata.normalize("NFKD", char.casefold()) if not unicodedata.combining(each))


class _Lexer:
    def __init__(self, text: str) -> None:
        self.original = text
        self.at = 0
        self.found: list[Token] = []
        # One place for one character, so that columns stay; what is longer without accents (ß, ½) keeps its place.
        self.chars = [_plain(char) for char in text]

    def run(self) -> list[Token]:
        while self.at < len(self.chars):
            char = self.peek()
            if char.isdigit() and char.isascii():
                self.number()
            elif char[:1].isalpha():
                self.word()
            elif char in _SIGNS or char == "-":
                self.sign(char)
            elif char == "" or char in _IGNORED or char == " ":
                self.at += 1
            else:
                self.found.append(Token(self.original[self.at], self.at + 1))
                self.at += 1
        return self.found

    def peek(self, ahead: int = 0) -> str:
        at = self.at + ahead
        return self.chars[at] if at < len(self.chars) else ""

    def is_digit(self, ahead: int = 0) -> bool:
        char = self.peek(ahead)
        return char.isdigit() and char.isascii()

    def sign(self, char: str) -> None:
        shown = "," if char == ";" else char
        self.found.append(Token(shown, self.at + 1, dict(VOCABULARY.get((shown,), {}))))
        self.at += 1

    def digits(self) -> str:
        begin = self.at
        while self.is_digit():
            self.at += 1
        return "".join(self.chars[begin : self.at])

    def number(self) -> None:
        begin = self.at
        digits = self.digits()
        if parts := self.numeric_date(digits):
            shown = self.original[begin : self.at]
            self.found.append(Token(shown, begin + 1, {Tag.NUMBER: parts[-1]}, parts=parts))
            return
        while len(digits) >= 1 and self.at - begin <= 20 and self.is_group(first=self.at - begin <= 3):
            self.at += 1
            digits += self.digits()
        token = Token("", begin + 1, {Tag.NUMBER: int(digits)}, len(digits))
        token.apostrophe = begin > 0 and self.chars[begin - 1] in _APOSTROPHES and len(digits) in (2, 3)
        self.ending(token)
        token.text = self.original[begin : self.at]
        self.found.append(token)

    def is_group(self, *, first: bool) -> bool:
        """Whether a thousands separator and exactly three digits stand here."""
        begin = self.at
        while begin > 0 and self.chars[begin - 1].isdigit():
            begin -= 1
        good = self.at < len(self.original) and self.original[self.at] in _GROUPING and self.at - begin <= 3
        three = all(self.is_digit(ahead) for ahead in (1, 2, 3)) and not self.is_digit(4)
        return good and three and (first or self.at - begin == 3)

    def numeric_date(self, digits: str) -> tuple[int, ...]:
        """Day, month and year with full stops, slashes or dashes; month and year; year, month and day with dashes."""
        divider = self.peek()
        if divider not in (".", "/", "-") or not self.is_digit(1):
            return ()
        start, numbers = self.at, [digits]
        while len(numbers) < 3 and self.peek() == divider and self.is_digit(1):
            self.at += 1
            numbers.append(self.digits())
        lengths = [len(number) for number in numbers]
        iso = divider == "-" and lengths == [4, 2, 2]
        if iso or (len(lengths) == 3 and max(lengths[:2]) <= 2 and lengths[2] in (3, 4)):
            return tuple(int(number) for number in numbers)
        if len(lengths) == 2 and lengths[0] <= 2 and lengths[1] == 4 and 1 <= int(digits) <= 12:
            return int(digits), int(numbers[1])
        self.at = start
        return ()

    def ending(self, token: Token) -> None:
        """`s`, `er`, `th`, `º` or a full stop after a number; other letters begin a word of their own."""
        skip = 1 if self.peek() in _APOSTROPHES and self.peek(1) == "s" else 0
        end = self.at + skip
        while end < len(self.chars) and self.chars[end][:1].isalpha():
            end += 1
        letters = "".join(self.chars[self.at + skip : end])
        value = token.tags[Tag.NUMBER]
        if letters in _PLURAL_ENDINGS or (letters in ("er", "ern") and value >= 10):
            token.plural = True
        elif letters in _ORDINAL_ENDINGS:
            token.ordinal = True
        elif self.peek() in (".", "°"):
            token.ordinal = True
            end = self.at + 1
        else:
            return
        self.at = end

    def word(self) -> None:
        begin = self.at
        while self.at < len(self.chars) and self.peek()[:1].isalpha():
            self.at += 1
        shown = self.original[begin : self.at]
        plain = "".join(self.chars[begin : self.at])
        accented = unicodedata.normalize("NFC", shown.casefold())
        token = Token(shown, begin + 1, dict(VOCABULARY.get((accented,)) or VOCABULARY.get((plain,), {})))
        if roman := _roman(plain):
            token.tags[Tag.ROMAN] = roman
        self.found.append(token)


def _roman(word: str) -> int:
    """1 to 39, with or without the ending of an ordinal; 0 if it is none.

    >>> [_roman(word) for word in ("xiie", "iv", "ix", "viiii", "iii", "xxi")]
    [12, 4, 9, 0, 3, 21]
    """
    ending = next((ending for ending in _ROMAN_ENDINGS if word.endswith(ending)), "")
    body = word[: len(word) - len(ending)]
    if not body or len(body) > 7 or any(char not in _ROMAN for char in body):
        return 0
    values = [_ROMAN[char] for char in body]
    total = sum(-value if after > value else value for value, after in zip(values, [*values[1:], 0], strict=True))
    ones = ("", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix")[total % 10]
    return total if body == "x" * (total // 10) + ones else 0


def _joined(single: list[Token]) -> list[Token]:
    """Phrases of several words as one token each, the longest first."""
    keys = ["".join(_plain(char) for char in token.text) for token in single]
    found: list[Token] = []
    at = 0
    while at < len(single):
        for length in range(min(LONGEST, len(single) - at), 1, -1):
            tags = VOCABULARY.get(tuple(keys[at : at + length]))
            if tags is not None:
                shown = " ".join(token.text for token in single[at : at + length])
                found.append(Token(shown, single[at].column, dict(tags)))
                at += length
                break
        else:
            found.append(single[at])
            at += 1
    return found
