"""One date of EDTF: year, and perhaps month and day, with digits left open and a qualifier on each part.

A date stands for a set of days. Where every digit is given that is one run of days (a day, a month, a year); a digit
`X` may be any digit, so `156X-12-25` is ten days, and combinations that no calendar has (31 November) are not members.
Qualifiers (`?` uncertain, `~` approximate, `%` both) do not change the set: they are kept, and shown in labels.

Seasons without a hemisphere (21 to 24) are read as the northern ones of meteorologists, and `season_ambiguous` says
so. A season over the turn of the year (northern winter, southern summer) belongs to the year in which it begins.

Source: ISO 8601-2:2019 and the Library of Congress EDTF specification of 2019.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Flag
from functools import cache, cached_property
from itertools import product

from timeline.instant import days_in_month, ordinal
from timeline.interval import DayRange

MAX_YEAR = 10**12
MAX_RUNS = 12_000
"""Most runs of days that a text is expanded to; a coarser set (`XXXX-XX-X1`) is answered by its outer bounds."""


class Qualifier(Flag):
    """What is said of a part of a date: `?` it may be wrong, `~` it is nearly right, `%` both."""

    NONE = 0
    UNCERTAIN = 1
    APPROXIMATE = 2
    BOTH = 3


QUALIFIERS = {"?": Qualifier.UNCERTAIN, "~": Qualifier.APPROXIMATE, "%": Qualifier.BOTH}
_SIGNS = {qualifier: sign for sign, qualifier in QUALIFIERS.items()} | {Qualifier.NONE: ""}

_SEASONS: dict[int, tuple[int, int]] = {
    21: (3, 3),  # season code: (first month, number of months)
    22: (6, 3),
    23: (9, 3),
    24: (12, 3),
    25: (3, 3),
    26: (6, 3),
    27: (9, 3),
    28: (12, 3),
    29: (9, 3),
    30: (12, 3),
    31: (3, 3),
    32: (6, 3),
    33: (1, 3),
    34: (4, 3),
    35: (7, 3),
    36: (10, 3),
    37: (1, 4),
    38: (5, 4),
    39: (9, 4),
    40: (1, 6),
    41: (7, 6),
}


@dataclass(frozen=True)
class Date:
    """A date as written: `year`, `month` (or season, 21 to 41), `day`, `time`, each the text of that part or empty.

    Made by `timeline.edtf.parse`, which has checked the parts; made otherwise, its parts must be right. Not slotted, so
    that the bounds are found once.
    """

    year: str
    month: str = ""
    day: str = ""
    time: str = ""
    year_qualifier: Qualifier = Qualifier.NONE
    month_qualifier: Qualifier = Qualifier.NONE
    day_qualifier: Qualifier = Qualifier.NONE

    def __str__(self) -> str:
        """Canonical text: a qualifier shared from the left stands once, right of the last part it holds for."""
        parts = [self.year, self.month, self.day][: 1 + bool(self.month) + bool(self.day)]
        signs = [_SIGNS[q] for q in (self.year_qualifier, self.month_qualifier, self.day_qualifier)][: len(parts)]
        shared = 1
        while shared < len(parts) and signs[shared] == signs[0]:
            shared += 1
        text = "-".join(parts[:shared]) + signs[0]
        return (
            text
            + "".join(f"-{sign}{part}" for sign, part in zip(signs[shared:], parts[shared:], strict=True))
            + self.time
        )

    @property
    def qualifier(self) -> Qualifier:
        """What is said of any part of the date."""
        return self.year_qualifier | self.month_qualifier | self.day_qualifier

    @property
    def evenly_qualified(self) -> bool:
        """Whether the same is said of each of its parts."""
        parts = [self.year_qualifier, self.month_qualifier, self.day_qualifier]
        return len(set(parts[: 1 + bool(self.month) + bool(self.day)])) == 1

    @property
    def season(self) -> int:
        """21 to 41 for a season or another part of a year, else 0."""
        return int(self.month) if self.month.isdigit() and int(self.month) > 12 else 0

    @property
    def season_ambiguous(self) -> bool:
        """Whether the text names a season without its hemisphere."""
        return 21 <= self.season <= 24

    @property
    def is_short(self) -> bool:
        """Whether it is a decade or a century written with three or two digits."""
        return len(self.year) < 4

    @cached_property
    def years(self) -> tuple[int, int]:
        """First and last year that it may be in, as far as the year's own text says."""
        return year_bounds(self.year)

    @cached_property
    def bounds(self) -> DayRange | None:
        """Outer bounds: first day, and the day after the last; None where no calendar has such a day (30 February)."""
        first = next(self._runs(descending=False), None)
        last = next(self._runs(descending=True), None) if "X" in self.year + self.month + self.day else first
        return None if first is None or last is None else (first[0], last[1])

    def runs(self) -> Iterator[DayRange]:
        """Its days as half-open runs in order, not merged; outer bounds alone where they would be too many."""
        if self._count() > MAX_RUNS:
            if self.bounds is not None:
                yield self.bounds
        else:
            yield from self._runs(descending=False)

    def _count(self) -> int:
        """No fewer than the runs that `_runs` yields."""
        if self._whole_years():
            return _power(self.year.rstrip("X").count("X"))
        days = 1 if self.day in ("", "XX") else _power(self.day.count("X"))
        return _power(self.year.count("X")) * (12 if "X" in self.month else 1) * days

    def _whole_years(self) -> bool:
        return (not self.month or self.month == "XX") and (not self.day or self.day == "XX")

    def _runs(self, *, descending: bool) -> Iterator[DayRange]:
        for low, high in _year_runs(self.year, descending=descending):
            if self._whole_years():
                yield ordinal(low, 1, 1), ordinal(high + 1, 1, 1)
                continue
            for year in _sorted(range(low, high + 1), descending=descending):
                yield from self._runs_in(year, descending=descending)

    def _runs_in(self, year: int, *, descending: bool) -> Iterator[DayRange]:
        if self.season:
            yield _months(year, *_SEASONS[self.season])
            return
        shift = 1 if self.time.startswith("T24") else 0  # 24:00:00 is the next day's midnight
        for month in _sorted(_fits(self.month, 12), descending=descending):
            if not self.day or self.day == "XX":
                yield _months(year, month, 1)
                continue
            for day in _sorted(_fits(self.day, days_in_month(year, month)), descending=descending):
                first = ordinal(year, month, day) + shift
                yield first, first + 1


def year_text(year: int) -> str:
    """An astronomical year as EDTF.

    >>> year_text(-43), year_text(170_000_002)
    ('-0043', 'Y170000002')
    """
    return f"{'-' if year < 0 else ''}{abs(year):04d}" if -10_000 < year < 10_000 else f"Y{year}"


def year_bounds(text: str) -> tuple[int, int]:
    """First and last astronomical year that the text of a year leaves open.

    >>> [year_bounds(text) for text in ("-100X", "1950S2", "Y-17E7", "198", "18")]
    [(-1009, -1000), (1900, 1999), (-170000000, -170000000), (1980, 1989), (1800, 1899)]
    """
    body, _, significant = text.removeprefix("Y").partition("S")
    negative = body.startswith("-")
    digits, _, exponent = body.lstrip("-").partition("E")
    if len(digits) < 4 and not text.startswith("Y"):
        digits += "X" * (4 - len(digits))  # a decade or a century
    low, high = int(digits.replace("X", "0")), int(digits.replace("X", "9"))
    if exponent:
        low, high = low * 10 ** int(exponent), high * 10 ** int(exponent)
    if significant:
        step = 10 ** (len(str(low)) - int(significant))
        low = low // step * step
        high = low + step - 1
    if negative:
        return -high, min(-low, -1)  # there is no year -0
    return low, high


def _year_runs(text: str, *, descending: bool) -> Iterator[DayRange]:
    """Runs of years (first, last), in order: more than one where an `X` stands left of a given digit."""
    inner = text.rstrip("X")
    if "X" not in inner:
        yield year_bounds(text)
        return
    filler = text[len(inner) :]
    negative = inner.startswith("-")
    pools = [("0123456789" if char == "X" else char) for char in inner.lstrip("-")]
    if descending != negative:
        pools = [pool[::-1] for pool in pools]
    for digits in product(*pools):
        candidate = ("-" if negative else "") + "".join(digits) + filler
        if negative and not candidate.strip("-0"):
            continue
        yield year_bounds(candidate)


@cache
def _fits(pattern: str, most: int) -> tuple[int, ...]:
    """The numbers from 1 to `most` that a pattern of two digits or `X` stands for, ascending."""
    digits = (("0123456789" if char == "X" else char) for char in pattern)
    return tuple(number for number in (int(a + b) for a, b in product(*digits)) if 1 <= number <= most)


def _sorted(numbers: Sequence[int], *, descending: bool) -> Sequence[int]:
    return numbers[::-1] if descending else numbers


def _power(exponent: int) -> int:
    return int(10**exponent)


def _months(year: int, month: int, length: int) -> DayRange:
    after = month + length
    return ordinal(year, month, 1), ordinal(year + (after > 12), after - 12 if after > 12 else after, 1)
