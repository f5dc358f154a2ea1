"""One date of EDTF read from a text by one pass without going back: the part of the grammar below intervals and sets.

    date     = year ["-" month ["-" day]], each part with a qualifier `?`, `~`, `%` on its left (this part) or on its
               right (this part and all to its left)
    year     = four digits or X, "-" before; or "Y" and more digits, with "E" and an exponent; "S" and a number of
               digits

Source: ISO 8601-2:2019; Library of Congress EDTF specification, 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from timeline.date import MAX_YEAR, QUALIFIERS, Date, Qualifier, year_bounds
from timeline.errors import EdtfError

_DIGITS = frozenset("0123456789")
_PATTERN = frozenset("0123456789X")
_OLD_SIGNS = {"x": "X", "u": "X", "y": "Y", "e": "E", "s": "S", "p": "S"}

_MOST_SHORT = {2: 20, 3: 209}
"""the last century and the last decade that are read, by their number of digits"""


class DateReader:
    """A place in a text, and how to read a date from there. `at` counts from 0; columns in errors count from 1."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def date(self, *, with_time: bool) -> Date:
        """A date that begins here; `with_time`: a time of day may follow it."""
        begin = self.at
        qualifiers = [self._qualifier()]
        year = self._year()
        qualifiers[0] |= self._qualifier()
        month = day = time = ""
        if self.peek() == "-" and (year[0] == "Y" or "S" in year or len(year.lstrip("-")) < 4):
            self.fail(f"'-' after the year {year}", "no month after a year of this form")
        if self.peek() == "-":
            self.at += 1
            month = self._part(qualifiers, self._month)
            if self.peek() == "-":
                if month.isdigit() and int(month) > 12:
                    self.fail(f"'-' after the season {month}", "no day after a season")
                self.at += 1
                begin = self.at
                day = self._part(qualifiers, self._day)
        if self.peek() == "T" and day:
            time = self._time(with_time=with_time, plain="X" not in year + month + day and not any(qualifiers))
        qualifiers += [Qualifier.NONE] * (3 - len(qualifiers))
        date = Date(year, month, day, time, *qualifiers)
        if date.bounds is None:
            self.fail(f"day {day} of {year}-{month}", "a day that this month has", at=begin)
        return date

    def _part(self, qualifiers: list[Qualifier], read: Callable[[], str]) -> str:
        own = self._qualifier()
        found = read()
        group = self._qualifier()
        qualifiers.append(own)
        qualifiers[:] = [qualifier | group for qualifier in qualifiers]
        return found

    def _qualifier(self) -> Qualifier:
        found = QUALIFIERS.get(self.peek(), Qualifier.NONE)
        if found:
            self.at += 1
            if self.peek() in QUALIFIERS:
                self.unexpected("one qualifier ('%' is '?' and '~' together)")
        return found

    def _year(self) -> str:
        begin = self.at
        if self.peek() == "Y":
            return self._long_year()
        if self.peek() == "+":
            self.unexpected("a year without '+'")
        sign = self.take() if self.peek() == "-" else ""
        digits = self._pattern()
        if not digits:
            self.unexpected("a year")
        self._no_old_sign()
        if len(digits) != 4:
            return self._short_year(sign, digits, begin)
        if sign and digits == "0000":
            self.fail("year -0000", "0000, which is 1 BC", at=begin)
        if self.peek() == "S":
            if "X" in digits:
                self.unexpected("no 'S' after a year with X")
            return sign + digits + self._significant(digits)
        return sign + digits

    def _short_year(self, sign: str, digits: str, begin: int) -> str:
        """A decade or a century; anything else that has not four digits is refused."""
        if len(digits) > 4:
            self.fail(f"a year of {len(digits)} digits", "four digits, or Y before a longer year", at=begin)
        if sign or len(digits) == 1 or not digits.isdigit():
            self.fail(f"year {sign + digits!r}", "four digits", at=begin)
        if int(digits) > _MOST_SHORT[len(digits)]:
            self.fail(f"year {digits!r}", _four_digits(digits), at=begin)
        return digits

    def not_short(self, date: Date, *, at: int) -> None:
        """Refuse a decade or a century in company."""
        if date.is_short:
            self.fail(f"year {date.year!r}", _four_digits(date.year), at=at)

    def _long_year(self) -> str:
        begin = self.at
        self.at += 1
        if self.peek() == "-":
            self.at += 1
        digits_at = self.at
        digits = self._digits()
        if not digits:
            self.unexpected("digits after Y")
        self._no_old_sign()
        if digits[0] == "0":
            self.fail(f"{digits[0]!r} after Y", "a year that does not begin with 0", at=digits_at)
        exponent = ""
        if self.peek() == "E":
            self.at += 1
            exponent_at = self.at
            exponent = self._digits()
            if not exponent or exponent[0] == "0":
                self.fail("no exponent" if not exponent else f"exponent {exponent}", "a number from 1", at=exponent_at)
        elif len(digits) < 5:
            self.fail(f"Y with {len(digits)} digits", "five digits or more after Y", at=digits_at)
        if len(digits) > 13 or len(exponent) > 2 or int(digits) * 10 ** int(exponent or "0") > MAX_YEAR:
            self.fail("a year beyond 10^12", "a year from Y-1E12 to Y1E12", at=begin)
        year = self.text[begin : self.at]
        return year + (self._significant(str(abs(year_bounds(year)[0]))) if self.peek() == "S" else "")

    def _significant(self, digits: str) -> str:
        self.at += 1
        begin = self.at
        count = self._digits()
        if not count or count[0] == "0" or len(count) > 2 or int(count) > len(digits.lstrip("0")):
            found = f"{count} significant digits" if count else "no number"
            self.fail(found, f"1 to {len(digits.lstrip('0'))} after S", at=begin)
        return "S" + count

    def _month(self) -> str:
        begin = self.at
        digits = self._two("month")
        if "X" in digits:
            if digits[0] not in "01X":
                self.fail(f"month {digits}", "0X, 1X or XX", at=begin)
        elif not (1 <= int(digits) <= 12 or 21 <= int(digits) <= 41):
            self.fail(f"month {digits}", "01–12, or 21–41 for a season", at=begin)
        return digits

    def _day(self) -> str:
        begin = self.at
        digits = self._two("day")
        if (digits[0] not in "0123X") or digits == "00" or (digits.isdigit() and int(digits) > 31):
            self.fail(f"day {digits}", "01–31", at=begin)
        return digits

    def _two(self, what: str) -> str:
        begin = self.at
        digits = self._pattern()
        if not digits:
            self.unexpected(f"a {what} of two digits")
        self._no_old_sign()
        if len(digits) != 2:
            self.fail(f"{what} {digits!r}", "two digits", at=begin)
        return digits

    def _time(self, *, with_time: bool, plain: bool) -> str:
        begin = self.at
        if not with_time:
            self.unexpected("a date without a time of day")
        if not plain:
            self.unexpected("no time of day after X or a qualifier")
        self.at += 1
        hour = self._number("hour", 24)
        self._colon()
        minute = self._number("minute", 59)
        self._colon()
        second = self._number("second", 59)
        if hour == 24 and (minute or second):
            self.fail("a time after 24:00:00", "24:00:00 at the latest", at=begin + 1)
        if self.peek() == "Z":
            self.at += 1
        elif self.peek() in ("+", "-"):
            self.at += 1
            self._number("offset in hours", 14)
            if self.peek() == ":":
                self.at += 1
                self._number("offset in minutes", 59)
        return self.text[begin : self.at]

    def _number(self, what: str, most: int) -> int:
        begin = self.at
        digits = self._digits()
        if len(digits) != 2 or int(digits) > most:
            self.fail(f"{what} {digits!r}" if digits else f"no {what}", f"two digits, 00–{most}", at=begin)
        return int(digits)

    def _colon(self) -> None:
        if self.peek() != ":":
            self.unexpected("':'")
        self.at += 1

    def peek(self) -> str:
        """The character here; empty at the end."""
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        """The character here, left behind."""
        self.at += 1
        return self.text[self.at - 1]

    def _digits(self) -> str:
        return self._run(_DIGITS)

    def _pattern(self) -> str:
        return self._run(_PATTERN)

    def _run(self, allowed: frozenset[str]) -> str:
        begin = self.at
        while self.peek() in allowed:
            self.at += 1
        return self.text[begin : self.at]

    def _no_old_sign(self) -> None:
        """Old drafts wrote u and x for an unspecified digit, and y, e, p in lower case."""
        if (instead := _OLD_SIGNS.get(self.peek())) is not None:
            self.unexpected(f"upper case {instead}")

    def unexpected(self, expected: str) -> NoReturn:
        """Refuse what stands here. Raises EdtfError, always."""
        char = self.peek()
        self.fail(f"found {char!r}" if char else "the text ends" if self.text else "the text is empty", expected)

    def fail(self, found: str, expected: str, *, at: int | None = None) -> NoReturn:
        """Refuse, here or at another place. Raises EdtfError, always."""
        raise EdtfError(self.text, (self.at if at is None else at) + 1, found, expected)


def _four_digits(digits: str) -> str:
    """What to write instead of two or three."""
    coarser = f"{digits}X for the decade" if len(digits) == 3 else f"{digits}XX for the century"
    return f"four digits: {int(digits):04d} for the year, or {coarser}"
