"""The grammar of one date as people write it.

date = about? part? core era? calendar? about?, where
core = day month year | month day "," year | month year | season year | century | millennium | decade | year
"""

from __future__ import annotations

from timeline.lexer import Token
from timeline.remark import Remark
from timeline.said import NotUnderstood, Part, Unit, When
from timeline.words import Tag

_PART_WORDS = (Tag.EARLY, Tag.MIDDLE, Tag.LATE, Tag.BEGINNING, Tag.END)

_MOST_CENTURIES = 40


class DateGrammar:
    """A place among tokens, and how to read a date from there."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens, self.at = found, 0

    def has(self, *tags: Tag, ahead: int = 0) -> bool:
        """Whether what stands here, or a little ahead, may be one of these."""
        at = self.at + ahead
        return at < len(self.tokens) and any(tag in self.tokens[at].tags for tag in tags)

    def take(self, *tags: Tag) -> Token | None:
        """What stands here, left behind, if it may be one of these."""
        if not self.has(*tags):
            return None
        self.at += 1
        return self.tokens[self.at - 1]

    def fail(self) -> NotUnderstood:
        """That what stands here is not understood."""
        if self.at >= len(self.tokens):
            return NotUnderstood(Remark("ENDS_EARLY"))
        token = self.tokens[self.at]
        return NotUnderstood(Remark.of("UNEXPECTED", word=token.text, column=token.column))

    def about(self) -> tuple[bool, bool]:
        """Whether "about" and whether "perhaps" stand here."""
        circa = doubted = False
        while True:
            if self.has(Tag.CIRCA):
                circa = True
            elif self.has(Tag.PERHAPS):
                doubted = True
            else:
                return circa, doubted
            self.at += 1

    def date(self, *, circa: bool = False, doubted: bool = False) -> When:
        """The date that begins here; `circa`, `doubted`: that was said before it already."""
        when = When()
        when.circa, when.doubted = self.about()
        if era := self.take(Tag.ERA):
            when.era = era.tags[Tag.ERA]
        when.part = self._part()
        again = self.about()
        self._core(when)
        when.circa |= circa | again[0]
        when.doubted |= doubted | again[1]
        while self._suffix(when):
            pass
        return when

    def _suffix(self, when: When) -> bool:
        """One of the things that may follow a date."""
        if not when.era and self.has(Tag.ERA):
            when.era = self.tokens[self.at].tags[Tag.ERA]
        elif self.has(Tag.QUESTION, Tag.PERHAPS):
            when.doubted = True
        elif self.has(Tag.CALENDAR):
            when.julian = self.tokens[self.at].tags[Tag.CALENDAR] == 0
        elif self.has(Tag.HEMISPHERE) and 21 <= when.season <= 24:
            when.season += self.tokens[self.at].tags[Tag.HEMISPHERE]
        elif self.has(Tag.PLUS_MINUS) and self.has(Tag.NUMBER, ahead=1):
            self.at += 1
            when.plus_minus = self.tokens[self.at].tags[Tag.NUMBER]
        elif self.has(Tag.YEARS) and (when.plus_minus or when.unit is Unit.PLURAL):
            pass
        elif self.has(Tag.CIRCA) and not self._starts_date(ahead=1):
            when.circa = True
        else:
            return False
        self.at += 1
        return True

    def _starts_date(self, *, ahead: int) -> bool:
        return self.has(Tag.NUMBER, Tag.ROMAN, Tag.MONTH, Tag.SEASON, ahead=ahead)

    def _part(self) -> Part | None:
        """A word that takes a part of what follows."""
        if self.has(Tag.ORDINAL) and self.has(Tag.PART, ahead=1):
            index, of = self.tokens[self.at], self.tokens[self.at + 1]
            self.at += 2
            return Part(f"{index.text} {of.text}", Tag.PART, index.tags[Tag.ORDINAL], of.tags[Tag.PART])
        number = self.has(Tag.NUMBER) and self.tokens[self.at].ordinal
        if (number or self.has(Tag.ROMAN)) and self.has(Tag.PART, ahead=1):
            index, of = self.tokens[self.at], self.tokens[self.at + 1]
            self.at += 2
            value = index.tags.get(Tag.NUMBER, index.tags.get(Tag.ROMAN, 0))
            return Part(f"{index.text} {of.text}", Tag.PART, value, of.tags[Tag.PART])
        for tag in _PART_WORDS:
            if self.has(tag) and not (self.has(Tag.ORDINAL) and self.has(Tag.CENTURY, ahead=1)):
                token = self.tokens[self.at]
                self.at += 1
                self.take(Tag.DASH)  # "early-13th century"
                return Part(token.text, tag)
        return None

    def _core(self, when: When) -> None:
        if self.has(Tag.NUMBER):
            self._number_first(when)
        elif self.has(Tag.MONTH):
            self._month_first(when)
        elif self.has(Tag.SEASON):
            self._season_first(when)
        elif self.has(Tag.CENTURY, Tag.MILLENNIUM) and self.has(Tag.ROMAN, Tag.NUMBER, Tag.ORDINAL, ahead=1):
            when.unit = Unit.CENTURY if self.has(Tag.CENTURY) else Unit.MILLENNIUM
            self.at += 1
            when.number = self._count()
        elif self.has(Tag.ROMAN, Tag.ORDINAL):
            when.number = self._count()
            self._unit(when)
        else:
            self._word_first(when)

    def _word_first(self, when: When) -> None:
        """As in "années 1920", "Quattrocento", "-430"."""
        if self.take(Tag.DECADE):
            if self._tens(when):
                return
            self._year(when)
            years = self.has(Tag.DASH, Tag.TO, Tag.SLASH) and not self.has(Tag.DECADE, ahead=1)
            if when.number % 10 == 0 and not years:  # "années 1920", not "années 1920 à 1935"
                when.unit = Unit.PLURAL
        elif self._tens(when):
            pass
        elif token := self.take(Tag.CENTURY_NAME):
            when.number, when.unit = token.tags[Tag.CENTURY_NAME], Unit.CENTURY_NAME
        elif self.has(Tag.DASH) and self.has(Tag.NUMBER, ahead=1):
            self.at += 1
            self._year(when)
            when.minus = True
        else:
            raise self.fail()

    def _tens(self, when: When) -> bool:
        """Whether a decade is named here: "twenties"."""
        token = self.take(Tag.TENS)
        if token is not None:
            when.number, when.digits, when.unit = token.tags[Tag.TENS], 2, Unit.PLURAL
        return token is not None

    def _season_first(self, when: When) -> None:
        token = self.take(Tag.SEASON)
        assert token is not None, "the caller saw a season"
        when.season = token.tags[Tag.SEASON]
        if not self.has(Tag.DASH, Tag.TO, Tag.AND):
            self._year(when)

    def _count(self) -> int:
        token = self.take(Tag.NUMBER, Tag.ROMAN, Tag.ORDINAL)
        if token is None:
            raise self.fail()
        return next(token.tags[tag] for tag in (Tag.NUMBER, Tag.ROMAN, Tag.ORDINAL) if tag in token.tags)

    def _unit(self, when: When) -> None:
        """What a number counts, if it is said here."""
        if self.has(Tag.MILLENNIUM):
            when.unit = Unit.MILLENNIUM
        elif self.has(Tag.CENTURY):
            when.unit = Unit.CENTURY
        else:
            return
        self.at += 1

    def _number_first(self, when: When) -> None:
        token = self.tokens[self.at]
        self.at += 1
        if token.parts:
            _numeric(when, token.parts)
            return
        value = token.tags[Tag.NUMBER]
        if self.has(Tag.MONTH):
            when.day = value
            self._month_first(when, with_day=False)
            return
        when.number, when.digits, when.apostrophe = value, token.digits, token.apostrophe
        if token.plural:
            when.unit = Unit.PLURAL
            self.take(Tag.DECADE)
            return
        if not (self.has(Tag.CIRCA) and value > _MOST_CENTURIES):  # "12th c." and "1210 c."
            self._unit(when)
        if when.unit is Unit.NONE and token.apostrophe and token.digits == 3 and value % 100 == 0:
            when.number, when.unit = value // 100 + 11, Unit.CENTURY_NAME  # Italian '400
        if when.unit is Unit.NONE and not token.ordinal:
            self._double_year(when)

    def _month_first(self, when: When, *, with_day: bool = True) -> None:
        token = self.take(Tag.MONTH)
        assert token is not None, "the caller saw a month"
        when.month = token.tags[Tag.MONTH]
        if with_day and self.has(Tag.NUMBER) and self._is_day():
            when.day = self.tokens[self.at].tags[Tag.NUMBER]
            self.at += 1
        if self.has(Tag.COMMA) and self.has(Tag.NUMBER, ahead=1) and self.tokens[self.at + 1].digits >= 3:
            self.at += 1
        if not when.era and self.has(Tag.ERA) and self.has(Tag.NUMBER, ahead=1):  # "24 August AD 79"
            when.era = self.tokens[self.at].tags[Tag.ERA]
            self.at += 1
        if self.has(Tag.NUMBER) and not self.tokens[self.at].parts:
            self._year(when)

    def _is_day(self) -> bool:
        """Whether the number after a month is its day: "May 3, 1842", "May 3"."""
        token = self.tokens[self.at]
        return token.tags[Tag.NUMBER] <= 31 and token.digits <= 2 and not self.has(Tag.ERA, ahead=1)

    def _year(self, when: When) -> None:
        token = self.take(Tag.NUMBER)
        if token is None or token.parts:
            raise self.fail() if token is None else NotUnderstood(Remark("NO_YEAR"))
        when.number, when.digits, when.apostrophe = token.tags[Tag.NUMBER], token.digits, token.apostrophe
        when.unit = Unit.PLURAL if token.plural else Unit.YEAR
        self._double_year(when)

    def _double_year(self, when: When) -> None:
        """`11 February 1731/2`, `winter 1842/43`: two years that follow each other, after a month or a season."""
        if not (self.has(Tag.SLASH, Tag.DASH) and self.has(Tag.NUMBER, ahead=1) and (when.month or when.season)):
            return
        later = self.tokens[self.at + 1]
        step = 10**later.digits
        if later.parts or later.digits > 4 or (when.number + 1) % step != later.tags[Tag.NUMBER] % step:
            return
        if when.season or (self.has(Tag.SLASH) and when.month <= 3):
            self.at += 2
            if when.month:
                when.number, when.old_style = when.number + 1, True


def _numeric(when: When, parts: tuple[int, ...]) -> None:
    """A date in numbers: year first if that is larger, else day before month, which may be meant otherwise."""
    if len(parts) == 2:
        when.month, when.number = parts
    elif parts[0] > 31:
        when.number, when.month, when.day = parts
    else:
        when.day, when.month, when.number = parts
        if when.month > 12:
            when.day, when.month = when.month, when.day
        else:
            when.swappable = when.day <= 12 and when.day != when.month
    when.unit, when.digits = Unit.YEAR, 4
