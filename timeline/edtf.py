"""EDTF text, levels 0, 1 and 2: read, written back, and what it says in days.

Grammar, read left to right by one pass without going back:

    text     = date ["T" time] | interval | set
    interval = end "/" end            end = date | ".." (no limit) | "" (a limit that is not known)
    set      = "[" members "]" (one of them) | "{" members "}" (all of them)
    members  = member ("," member)*   member = date | date ".." date; the first may be ".." date, the last date ".."
    date     = year ["-" month ["-" day]], each part with a qualifier `?`, `~`, `%` on its left (this part) or on its
               right (this part and all to its left)
    year     = four digits or X, "-" before; or "Y" and more digits, with "E" and an exponent; "S" and a number of
               digits

Beside the specification, decades (`000` to `209`) and centuries (`00` to `20`) of ISO 8601-1 are read, because museums
write them. Larger numbers are refused: `85` and `430` are far more often a year cut short than years far ahead.

Source: ISO 8601-2:2019; Library of Congress EDTF specification, 2019.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import NoReturn

from timeline.date import MAX_RUNS, MAX_YEAR, QUALIFIERS, Date, Qualifier, year_bounds
from timeline.errors import EdtfError
from timeline.interval import BEGINNING, FOREVER, DayRange, TimeSpan

MAX_LENGTH = 200

_DIGITS = frozenset("0123456789")
_PATTERN = frozenset("0123456789X")
_OLD_WORDS = {"unknown": "nothing, on that side of '/'", "open": "'..', on that side of '/'"}
_OLD_SIGNS = {"x": "X", "u": "X", "y": "Y", "e": "E", "s": "S", "p": "S"}


class Kind(StrEnum):
    """What a text is."""

    DATE = "date"
    INTERVAL = "interval"
    ONE_OF = "one of"
    ALL_OF = "all of"


@dataclass(frozen=True, slots=True)
class Run:
    """From one date to another; both the same for a single date; None: no limit on this side."""

    first: Date | None
    last: Date | None

    def __str__(self) -> str:
        if self.first == self.last:
            return str(self.first)
        return f"{'' if self.first is None else self.first}..{'' if self.last is None else self.last}"

    @property
    def days(self) -> DayRange:
        """Outer bounds."""
        return (
            BEGINNING if self.first is None else _bounds(self.first)[0],
            FOREVER if self.last is None else _bounds(self.last)[1],
        )


@dataclass(frozen=True, slots=True)
class Edtf:
    """A parsed text: one run for a date or an interval, one a member for a set.

    Two are equal when they say the same in the same parts, however their qualifiers were written. `source` is the text
    as it came.
    """

    kind: Kind
    runs: tuple[Run, ...]
    start_unknown: bool = False
    end_unknown: bool = False
    source: str = field(default="", compare=False)

    def __str__(self) -> str:
        """Canonical text; parsing it gives an equal value."""
        if self.kind is Kind.DATE:
            return str(self.runs[0])
        if self.kind is Kind.INTERVAL:
            run = self.runs[0]
            start = str(run.first) if run.first is not None else "" if self.start_unknown else ".."
            end = str(run.last) if run.last is not None else "" if self.end_unknown else ".."
            return f"{start}/{end}"
        opening, closing = "[]" if self.kind is Kind.ONE_OF else "{}"
        return opening + ",".join(map(str, self.runs)) + closing

    @property
    def bounds(self) -> DayRange:
        """Outer bounds of all its days."""
        days = [run.days for run in self.runs]
        return min(first for first, _ in days), max(after for _, after in days)

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """Order by the first day, then by the last, then by the text."""
        return (*self.bounds, str(self))

    @property
    def season_ambiguous(self) -> bool:
        """Whether a season without its hemisphere was read as the northern one."""
        return any(date is not None and date.season_ambiguous for run in self.runs for date in (run.first, run.last))

    def days(self) -> tuple[DayRange, ...]:
        """The set of its days: half-open runs, in order, merged; an interval is all days from its first to its last.

        A set of more than some thousands of runs (`XXXX-XX-X1`) is given by its outer bounds.
        """
        found: list[DayRange] = []
        for run in self.runs:
            if self.kind is not Kind.INTERVAL and run.first is not None and run.first == run.last:
                found.extend(run.first.runs())
            else:
                found.append(run.days)
            if len(found) > MAX_RUNS:
                return (self.bounds,)
        return _merged(found)

    def span(self) -> TimeSpan:
        """The text as the interval for which something existed.

        A/B: it began within A and ended within B. A date D is D/D. One of a set: it began and ended within the set's
        outer bounds. All of a set: it began within the first member and ended within the last. `..` is certainly
        without limit; an unknown end is some day after the first possible beginning, an unknown beginning some day
        before the last possible end.
        """
        if self.kind is Kind.ONE_OF:
            starts = ends = self.bounds
        else:
            starts = min((BEGINNING, BEGINNING) if run.first is None else _bounds(run.first) for run in self.runs)
            reversed_ends = [(FOREVER, FOREVER) if run.last is None else _bounds(run.last)[::-1] for run in self.runs]
            ends = max(reversed_ends)[::-1]
        # A last day d means gone from d + 1 on; a bound that is no bound stays where it is.
        start_earliest, start_latest = starts[0], starts[1] - (BEGINNING < starts[1] < FOREVER)
        end_earliest, end_latest = ends[0] + (BEGINNING < ends[0] < FOREVER), ends[1]
        if self.start_unknown:
            start_earliest, start_latest = BEGINNING, end_latest - (end_latest < FOREVER)
        if self.end_unknown:
            end_earliest, end_latest = start_earliest + (start_earliest > BEGINNING), FOREVER
        return TimeSpan(
            start_earliest,
            start_latest,
            end_earliest,
            end_latest,
            text=self.source or str(self),
            start_unknown=self.start_unknown,
            end_unknown=self.end_unknown,
        )


def parse(text: str) -> Edtf:
    """Read EDTF text.

    Raises:
        EdtfError: what was found, where, and what was expected there.

    >>> str(parse("?2004-?06-11")), parse("-0430").span().on(-156_900).value
    ('2004-06?-11', 'possible')
    """
    return _Reader(text).text_whole()


@lru_cache(maxsize=8192)
def parse_span(text: str) -> TimeSpan:
    """The interval of existence that the text says. Raises EdtfError."""
    return parse(text).span()


def parse_days(text: str) -> tuple[DayRange, ...]:
    """The set of days that the text says. Raises EdtfError."""
    return parse(text).days()


def _bounds(date: Date) -> DayRange:
    bounds = date.bounds
    assert bounds is not None, "the parser refuses dates without a day"
    return bounds


def _merged(runs: list[DayRange]) -> tuple[DayRange, ...]:
    merged: list[DayRange] = []
    for first, after in sorted(runs):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], after))
        else:
            merged.append((first, after))
    return tuple(merged)


class _Reader:
    """One pass over the text. `at` counts from 0; columns in errors count from 1."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def text_whole(self) -> Edtf:
        if len(self.text) > MAX_LENGTH:
            self.fail(f"{len(self.text)} characters", f"at most {MAX_LENGTH}", at=MAX_LENGTH)
        for word, instead in _OLD_WORDS.items():
            if (at := self.text.lower().find(word)) >= 0:
                self.fail(f"'{word}' of an old draft", instead, at=at)
        found = self.set_of_dates() if self.peek() in ("[", "{") else self.date_or_interval()
        if self.at < len(self.text):
            self.unexpected(
                "the end" if self.text[self.at] != "." else "the end ('..' between dates stands in [ ] or { })"
            )
        return found

    def date_or_interval(self) -> Edtf:
        start_open, start = self.interval_end(alone=True)
        if self.peek() != "/":
            if start is None:
                self.unexpected("'/'" if start_open else "a date, an interval or a set")
            return Edtf(Kind.DATE, (Run(start, start),), source=self.text)
        if start is not None and start.time:
            self.fail("an interval of times of day", "dates without times in an interval")
        self.at += 1
        end_at = self.at
        end_open, end = self.interval_end(alone=False)
        start_unknown, end_unknown = start is None and not start_open, end is None and not end_open
        if start_unknown and end_unknown:
            self.fail("an interval without any limit known", "a date or '..' on one side", at=0)
        if start is not None and end is not None and _bounds(start)[0] >= _bounds(end)[1]:
            self.fail(
                f"the end {end}, before the beginning {start}", "an end that is not before the beginning", at=end_at
            )
        return Edtf(Kind.INTERVAL, (Run(start, end),), start_unknown, end_unknown, source=self.text)

    def interval_end(self, *, alone: bool) -> tuple[bool, Date | None]:
        """Whether it is `..`, and the date if it is one."""
        if self.text.startswith("..", self.at):
            self.at += 2
            return True, None
        if (alone and self.peek() == "/") or (not alone and self.peek() == ""):
            return False, None
        return False, self.date(with_time=alone)

    def set_of_dates(self) -> Edtf:
        closing = "]" if self.take() == "[" else "}"
        runs = [self.member(closing, first=True)]
        while self.peek() == ",":
            self.at += 1
            if runs[-1].last is None:
                self.fail("a member after '..'", f"{closing!r}")
            runs.append(self.member(closing, first=False))
        if self.peek() != closing:
            self.unexpected(f"',' or {closing!r}")
        self.at += 1
        return Edtf(Kind.ONE_OF if closing == "]" else Kind.ALL_OF, tuple(runs), source=self.text)

    def member(self, closing: str, *, first: bool) -> Run:
        self.spaces()
        if self.text.startswith("..", self.at):
            if not first:
                self.fail("'..' before a later member", "'..' before the first member only")
            self.at += 2
            run = Run(None, self.date(with_time=False))
            self.spaces()
            return run
        start = self.date(with_time=False)
        if not self.text.startswith("..", self.at):
            self.spaces()
            return Run(start, start)
        self.at += 2
        self.spaces()
        if self.peek() in (closing, ","):
            return Run(start, None)
        end_at = self.at
        end = self.date(with_time=False)
        if _bounds(start)[0] >= _bounds(end)[1]:
            self.fail(
                f"the end {end}, before the beginning {start}", "an end that is not before the beginning", at=end_at
            )
        self.spaces()
        return Run(start, end)

    def date(self, *, with_time: bool) -> Date:
        begin = self.at
        qualifiers = [self.qualifier()]
        year = self.year()
        qualifiers[0] |= self.qualifier()
        month = day = time = ""
        if self.peek() == "-" and (year[0] == "Y" or "S" in year or len(year.lstrip("-")) < 4):
            self.fail(f"'-' after the year {year}", "no month after a year of this form")
        if self.peek() == "-":
            self.at += 1
            month = self.part(qualifiers, self.month)
            if self.peek() == "-":
                if month.isdigit() and int(month) > 12:
                    self.fail(f"'-' after the season {month}", "no day after a season")
                self.at += 1
                begin = self.at
                day = self.part(qualifiers, self.day)
        if self.peek() == "T" and day:
            time = self.time(with_time=with_time, plain="X" not in year + month + day and not any(qualifiers))
        qualifiers += [Qualifier.NONE] * (3 - len(qualifiers))
        date = Date(year, month, day, time, *qualifiers)
        if date.bounds is None:
            self.fail(f"day {day} of {year}-{month}", "a day that this month has", at=begin)
        return date

    def part(self, qualifiers: list[Qualifier], read: Callable[[], str]) -> str:
        own = self.qualifier()
        found = read()
        group = self.qualifier()
        qualifiers.append(own)
        qualifiers[:] = [qualifier | group for qualifier in qualifiers]
        return found

    def qualifier(self) -> Qualifier:
        found = QUALIFIERS.get(self.peek(), Qualifier.NONE)
        if found:
            self.at += 1
            if self.peek() in QUALIFIERS:
                self.unexpected("one qualifier ('%' is '?' and '~' together)")
        return found

    def year(self) -> str:
        begin = self.at
        if self.peek() == "Y":
            return self.long_year()
        if self.peek() == "+":
            self.unexpected("a year without '+'")
        sign = self.take() if self.peek() == "-" else ""
        digits = self.pattern()
        if not digits:
            self.unexpected("a year")
        self.no_old_sign()
        if len(digits) != 4:
            return self.short_year(sign, digits, begin)
        if sign and digits == "0000":
            self.fail("year -0000", "0000, which is 1 BC", at=begin)
        if self.peek() == "S":
            if "X" in digits:
                self.unexpected("no 'S' after a year with X")
            return sign + digits + self.significant(digits)
        return sign + digits

    def short_year(self, sign: str, digits: str, begin: int) -> str:
        """A decade or a century; anything else that has not four digits is refused."""
        if len(digits) > 4:
            self.fail(f"a year of {len(digits)} digits", "four digits, or Y before a longer year", at=begin)
        if sign or len(digits) == 1 or not digits.isdigit():
            self.fail(f"year {sign + digits!r}", "four digits", at=begin)
        if len(digits) == 2 and int(digits) > 20:
            self.fail(f"year {digits!r}", f"four digits, or {digits}XX for the century", at=begin)
        if len(digits) == 3 and int(digits) > 209:
            self.fail(f"year {digits!r}", f"four digits, or {digits}X for the decade", at=begin)
        return digits

    def long_year(self) -> str:
        begin = self.at
        self.at += 1
        if self.peek() == "-":
            self.at += 1
        digits_at = self.at
        digits = self.digits()
        if not digits:
            self.unexpected("digits after Y")
        self.no_old_sign()
        if digits[0] == "0":
            self.fail(f"{digits[0]!r} after Y", "a year that does not begin with 0", at=digits_at)
        exponent = ""
        if self.peek() == "E":
            self.at += 1
            exponent_at = self.at
            exponent = self.digits()
            if not exponent or exponent[0] == "0":
                self.fail("no exponent" if not exponent else f"exponent {exponent}", "a number from 1", at=exponent_at)
        elif len(digits) < 5:
            self.fail(f"Y with {len(digits)} digits", "five digits or more after Y", at=digits_at)
        if len(digits) > 13 or len(exponent) > 2 or int(digits) * 10 ** int(exponent or "0") > MAX_YEAR:
            self.fail("a year beyond 10^12", "a year from Y-1E12 to Y1E12", at=begin)
        year = self.text[begin : self.at]
        return year + (self.significant(str(abs(year_bounds(year)[0]))) if self.peek() == "S" else "")

    def significant(self, digits: str) -> str:
        self.at += 1
        begin = self.at
        count = self.digits()
        if not count or count[0] == "0" or len(count) > 2 or int(count) > len(digits.lstrip("0")):
            found = f"{count} significant digits" if count else "no number"
            self.fail(found, f"1 to {len(digits.lstrip('0'))} after S", at=begin)
        return "S" + count

    def month(self) -> str:
        begin = self.at
        digits = self.two("month")
        if "X" in digits:
            if digits[0] not in "01X":
                self.fail(f"month {digits}", "0X, 1X or XX", at=begin)
        elif not (1 <= int(digits) <= 12 or 21 <= int(digits) <= 41):
            self.fail(f"month {digits}", "01–12, or 21–41 for a season", at=begin)
        return digits

    def day(self) -> str:
        begin = self.at
        digits = self.two("day")
        if (digits[0] not in "0123X") or digits == "00" or (digits.isdigit() and int(digits) > 31):
            self.fail(f"day {digits}", "01–31", at=begin)
        return digits

    def two(self, what: str) -> str:
        begin = self.at
        digits = self.pattern()
        if not digits:
            self.unexpected(f"a {what} of two digits")
        self.no_old_sign()
        if len(digits) != 2:
            self.fail(f"{what} {digits!r}", "two digits", at=begin)
        return digits

    def time(self, *, with_time: bool, plain: bool) -> str:
        begin = self.at
        if not with_time:
            self.unexpected("a date without a time of day")
        if not plain:
            self.unexpected("no time of day after X or a qualifier")
        self.at += 1
        hour = self.number("hour", 24)
        self.colon()
        minute = self.number("minute", 59)
        self.colon()
        second = self.number("second", 59)
        if hour == 24 and (minute or second):
            self.fail("a time after 24:00:00", "24:00:00 at the latest", at=begin + 1)
        if self.peek() == "Z":
            self.at += 1
        elif self.peek() in ("+", "-"):
            self.at += 1
            self.number("offset in hours", 14)
            if self.peek() == ":":
                self.at += 1
                self.number("offset in minutes", 59)
        return self.text[begin : self.at]

    def number(self, what: str, most: int) -> int:
        begin = self.at
        digits = self.digits()
        if len(digits) != 2 or int(digits) > most:
            self.fail(f"{what} {digits!r}" if digits else f"no {what}", f"two digits, 00–{most}", at=begin)
        return int(digits)

    def colon(self) -> None:
        if self.peek() != ":":
            self.unexpected("':'")
        self.at += 1

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def take(self) -> str:
        self.at += 1
        return self.text[self.at - 1]

    def spaces(self) -> None:
        while self.peek() == " ":
            self.at += 1

    def digits(self) -> str:
        return self.run(_DIGITS)

    def pattern(self) -> str:
        return self.run(_PATTERN)

    def run(self, allowed: frozenset[str]) -> str:
        begin = self.at
        while self.peek() in allowed:
            self.at += 1
        return self.text[begin : self.at]

    def no_old_sign(self) -> None:
        """Old drafts wrote u and x for an unspecified digit, and y, e, p in lower case."""
        if (instead := _OLD_SIGNS.get(self.peek())) is not None:
            self.unexpected(f"upper case {instead}")

    def unexpected(self, expected: str) -> NoReturn:
        char = self.peek()
        self.fail(f"found {char!r}" if char else "the text ends" if self.text else "the text is empty", expected)

    def fail(self, found: str, expected: str, *, at: int | None = None) -> NoReturn:
        raise EdtfError(self.text, (self.at if at is None else at) + 1, found, expected)
