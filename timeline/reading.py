"""From a date in people's terms to the years, months or days that it means, with what had to be assumed.

Centuries are counted as historians count them: the 3rd century BC is 300 to 201 BC, the 13th is 1201 to 1300. Where a
date can be read in several ways, the caller's `Choices` says which to take, and learns that there was a choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from timeline.date import year_text
from timeline.edtf import parse
from timeline.instant import civil, days_in_month, ordinal
from timeline.julian import REFORM, convert
from timeline.remark import Remark, year_remark
from timeline.said import NotUnderstood, Part, Unit, When
from timeline.words import Tag

T = TypeVar("T")
Limit = tuple[int, int, int]
"""astronomical year, month and day; month and day may be 0: the whole year, the whole month"""

_JULIAN_UNTIL = ordinal(1753, 1, 1)
"""Later dates are taken as Gregorian unless they say otherwise: Britain changed in September 1752."""


@dataclass(frozen=True, slots=True)
class Widths:
    """How far "about" is taken to reach, either way, by how exact the date is. A proposal says so and asks."""

    days: int = 3
    months: int = 1
    years: int = 5
    decades: int = 10
    centuries: int = 25
    millennia: int = 100


@dataclass(slots=True)
class Choices:
    """Which reading to take where there are several, by what the choice is about; the first unless told."""

    taken: dict[str, int] = field(default_factory=dict)
    widths: Widths = field(default_factory=Widths)
    offered: dict[str, int] = field(default_factory=dict)
    assumed: list[Remark] = field(default_factory=list)
    julian: bool = False

    def pick(self, about: str, options: Sequence[tuple[T, Remark | None]]) -> T:
        """One of the options, each with what is assumed by taking it."""
        self.offered[about] = max(len(options), self.offered.get(about, 0))
        value, remark = options[min(self.taken.get(about, 0), len(options) - 1)]
        if remark is not None:
            self.assume(remark)
        return value

    def assume(self, remark: Remark) -> None:
        """Say that something was assumed, once."""
        if remark not in self.assumed:
            self.assumed.append(remark)


@dataclass(frozen=True, slots=True)
class Reading:
    """From the first to the last day, month or year of what a date may mean, both included.

    `simple` is one date of EDTF that means just that, if there is one; `sign` what EDTF says of it (`~`, `?`, `%`).
    `width` is how far "about" was taken, in years, months and days; the limits are that much wider already.
    """

    first: Limit
    last: Limit
    simple: str | None = None
    sign: str = ""
    width: Limit = (0, 0, 0)
    coarse: bool = False
    """a century, a decade or a part of one: more than a date that people would call exact"""

    def __str__(self) -> str:
        """As an end of an interval, or of four bounds."""
        if self.simple is not None:
            return self.simple + self.sign
        first, last = self.limits
        return first if first == last else f"[{first}..{last}]"

    @property
    def limits(self) -> tuple[str, str]:
        """First and last as EDTF dates, with the sign."""
        if self.simple is not None and "X" not in self.simple and not self.coarse:
            return self.simple + self.sign, self.simple + self.sign
        return limit_text(self.first) + self.sign, limit_text(self.last) + self.sign


def limit_text(limit: Limit) -> str:
    """A limit as EDTF."""
    year, month, day = limit
    if month and abs(year) > 9999:
        raise NotUnderstood(Remark.of("IMPOSSIBLE", why=f"{year}-{month:02d}"))
    return year_text(year) + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if day else "")


def moved(limit: Limit, by: Limit) -> Limit:
    """A limit so many years, months and days later, at its own precision.

    >>> moved((1842, 12, 0), (0, 1, 0)), moved((1200, 0, 0), (-1, 0, 0)), moved((1842, 3, 1), (0, 0, -1))
    ((1843, 1, 0), (1199, 0, 0), (1842, 2, 28))
    """
    year, month, day = limit[0] + by[0], limit[1], limit[2]
    if month:
        months = year * 12 + month - 1 + by[1]
        year, month = months // 12, months % 12 + 1
    if day:
        return civil(ordinal(year, month, min(day, days_in_month(year, month))) + by[2])
    return year, month, 0


def beside(limit: Limit, *, later: bool) -> Limit:
    """The year, month or day after a limit, or before it."""
    step = 1 if later else -1
    return moved(limit, (0, 0, step) if limit[2] else (0, step, 0) if limit[1] else (step, 0, 0))


def reading(when: When, choices: Choices) -> Reading:
    """What the date means.

    Raises:
        NotUnderstood: a year is missing, or there is no such date.
        TimelineError: the calendar has no such day.
    """
    if not when.number:
        raise NotUnderstood(Remark.of("NO_SUCH_YEAR", n=0) if when.digits else Remark("NO_YEAR"))
    if when.season:
        found = _season(when, choices)
    elif when.month:
        found = _in_month(when, choices)
    else:
        found = _years(when, choices)
        if when.part is not None:
            found = _part(found, when.part, choices) if found.coarse else _year_part(found, when.part, choices)
    return _about(found, when, choices)


# Years


def _years(when: When, choices: Choices) -> Reading:
    if when.unit is Unit.CENTURY:
        return _century(when, choices, named=False)
    if when.unit is Unit.CENTURY_NAME:
        return _century(when, choices, named=True)
    if when.unit is Unit.MILLENNIUM:
        return Reading(*_counted(when.number, 1000, _era(when, choices)), coarse=True)
    if when.unit is Unit.PLURAL:
        return _decade(when, choices)
    year = _year(when, choices)
    if when.julian:
        choices.julian = True
        choices.assume(Remark("JULIAN"))
        first, after = convert(year)
        return Reading(civil(first), civil(after - 1))
    return Reading((year, 0, 0), (year, 0, 0), year_text(year))


def _era(when: When, choices: Choices) -> int:
    """-1 BC, 1 AD."""
    if when.era:
        return when.era
    if when.era_open:
        return choices.pick("era", [(1, Remark("AD_ASSUMED")), (-1, Remark("BC_ASSUMED"))])
    first_year = when.number * {Unit.CENTURY: 100, Unit.CENTURY_NAME: 100, Unit.MILLENNIUM: 1000}.get(when.unit, 1)
    if first_year < 1000:
        choices.assume(Remark("AD_ASSUMED"))
    return 1


def _year(when: When, choices: Choices) -> int:
    """The astronomical year."""
    number = when.number
    if when.minus:
        return choices.pick("minus", [(1 - number, Remark("MINUS_BC")), (-number, Remark("MINUS_ASTRONOMICAL"))])
    if when.digits <= 2 and not when.era and not when.era_open and when.digits:
        completed = [(century + number, _completed(number, century + number)) for century in (1900, 1800)]
        if when.apostrophe:
            return choices.pick("short", completed)
        return choices.pick("short", [(number, Remark("AD_ASSUMED")), completed[0]])
    return number if _era(when, choices) > 0 else 1 - number


def _completed(short: int, year: int) -> Remark:
    return Remark.of("COMPLETED", short=f"{short:02d}", year=year)


def _counted(number: int, years: int, era: int) -> tuple[Limit, Limit]:
    """The n-th hundred or thousand years, counted from AD 1, or back from 1 BC."""
    if era > 0:
        return ((number - 1) * years + 1, 0, 0), (number * years, 0, 0)
    return (1 - number * years, 0, 0), (-(number - 1) * years, 0, 0)


def _century(when: When, choices: Choices, *, named: bool) -> Reading:
    era = _era(when, choices)
    first, last = _counted(when.number, 100, era)
    counted = Reading(first, last, coarse=True)
    if era < 0 and 2 <= when.number <= 100:
        # The digits of astronomical years BC fall in with the count: -02XX is 300 to 201 BC.
        counted = replace(counted, simple=f"-{when.number - 1:02d}XX")
    remark = Remark.of("YEARS_OF", first=year_remark(first[0]), last=year_remark(last[0]))
    if era < 0 or not 1 < when.number <= 100 or when.part is not None:  # 00XX would begin in 1 BC
        choices.assume(remark)
        return counted
    start = (when.number - 1) * 100
    hundreds = Reading((start, 0, 0), (start + 99, 0, 0), f"{when.number - 1:02d}XX", coarse=True)
    options = [(counted, remark), (hundreds, Remark("HUNDREDS"))]
    return choices.pick("century", options[::-1] if named else options)


def _decade(when: When, choices: Choices) -> Reading:
    number, era = when.number, when.era or 1
    if number % 10:
        raise NotUnderstood(Remark.of("NO_SUCH_YEAR", n=f"{number}s"))
    if when.digits <= 2 and not when.era:
        number = choices.pick(
            "short", [(century + number, _completed(number, century + number)) for century in (1900, 1800)]
        )
    elif number < 1000:
        era = _era(when, choices)
    ten = _run_of(number, 10, era)
    if number % 100:
        return ten
    return choices.pick("plural", [(_run_of(number, 100, era), Remark("HUNDREDS")), (ten, Remark("TEN_YEARS"))])


def _run_of(number: int, years: int, era: int) -> Reading:
    """Ten or a hundred years whose numbers begin alike; BC too, where EDTF's digits do not fall in with it."""
    if era < 0:
        return Reading((1 - number - years + 1, 0, 0), (1 - number, 0, 0), coarse=True)
    digits = len(str(years)) - 1
    simple = f"{number:04d}"[:-digits] + "X" * digits if number < 10_000 else None
    return Reading((number, 0, 0), (number + years - 1, 0, 0), simple, coarse=True)


# Parts of years


_FRACTIONS = {
    "FIRST_HALF": (0, 1, 2),  # from, to, of
    "SECOND_HALF": (1, 2, 2),
    "MIDDLE_HALF": (1, 3, 4),
    "FIRST_THIRD": (0, 1, 3),
    "MIDDLE_THIRD": (1, 2, 3),
    "LAST_THIRD": (2, 3, 3),
    "FIRST_QUARTER": (0, 1, 4),
    "LAST_QUARTER": (3, 4, 4),
    "FIRST_TENTH": (0, 1, 10),
    "LAST_TENTH": (9, 10, 10),
}
_MEANT = {
    Tag.EARLY: ("FIRST_THIRD", "FIRST_HALF"),
    Tag.MIDDLE: ("MIDDLE_THIRD", "MIDDLE_HALF"),
    Tag.LATE: ("LAST_THIRD", "SECOND_HALF"),
    Tag.BEGINNING: ("FIRST_QUARTER", "FIRST_TENTH"),
    Tag.END: ("LAST_QUARTER", "LAST_TENTH"),
}
_CODES = (
    {(0, 1, 2): 40, (1, 2, 2): 41}
    | {(at, at + 1, 3): 37 + at for at in range(3)}
    | {(at, at + 1, 4): 33 + at for at in range(4)}
)
"""parts of a year that EDTF has"""


def _fraction(part: Part, choices: Choices, *, only: frozenset[tuple[int, int, int]] | None = None) -> Limit:
    """Which part: from, to, of how many. `only`: those that may be meant here."""
    if part.tag is Tag.PART:
        index = part.of if part.index == -1 else part.index
        if not 1 <= index <= part.of:
            raise NotUnderstood(Remark.of("NO_SUCH_YEAR", n=part.word))
        return index - 1, index, part.of
    names = [name for name in _MEANT[part.tag] if only is None or _FRACTIONS[name] in only]
    options = [(_FRACTIONS[name], Remark.of("PART", word=part.word, part=Remark(name))) for name in names]
    return choices.pick("part", options)


def _part(whole: Reading, part: Part, choices: Choices) -> Reading:
    start, end, of = _fraction(part, choices)
    years = whole.last[0] - whole.first[0] + 1
    first, after = (whole.first[0] + years * share // of for share in (start, end))
    return Reading((first, 0, 0), (max(after - 1, first), 0, 0), coarse=True)


def _year_part(whole: Reading, part: Part, choices: Choices) -> Reading:
    simple = f"{whole.simple}-{_CODES[_fraction(part, choices, only=frozenset(_CODES))]}"
    return _of_text(simple)


def _of_text(simple: str) -> Reading:
    """A part of a year, of which EDTF knows the days."""
    first, after = parse(simple).bounds
    return Reading(civil(first), civil(after - 1), simple)


# Seasons, months, days


def _season(when: When, choices: Choices) -> Reading:
    year = _year(when, choices)
    if when.season <= 24:
        choices.assume(Remark("NORTHERN"))
    if when.season in (24, 28):
        choices.assume(Remark("WINTER"))
    return _of_text(f"{year_text(year)}-{when.season}")


def _in_month(when: When, choices: Choices) -> Reading:
    year, month, day = _year(when, choices), when.month, when.day
    if when.swappable:
        month, day = choices.pick("order", [((month, day), Remark("DAY_FIRST")), ((day, month), Remark("MONTH_FIRST"))])
    if when.old_style:
        choices.assume(Remark.of("OLD_STYLE", year=year_remark(year)))
    if _is_julian(when, (year, month, day), choices):
        choices.julian = True
        first, after = convert(year, month, day)
        found = Reading(civil(first), civil(after - 1), limit_text(civil(first)) if day else None)
    else:
        found = Reading((year, month, day), (year, month, day), limit_text((year, month, day)))
    if when.part is None or day:
        return found
    start, end, of = _fraction(when.part, choices)
    length = days_in_month(year, month)
    # A third of a month is ten days, and the rest.
    days = [0, 10, 20, length] if of == 3 else [length * share // of for share in range(of + 1)]
    return Reading((year, month, days[start] + 1), (year, month, max(days[end], days[start] + 1)))


def _is_julian(when: When, date: Limit, choices: Choices) -> bool:
    """Whether to convert; asked where it is not said and the source may well be Julian, of days only."""
    said = True if when.old_style else when.julian
    if said is not None or not date[2]:
        if said:
            choices.assume(Remark("JULIAN"))
        return bool(said)
    day = ordinal(*date)
    if day >= _JULIAN_UNTIL:
        return False
    # One choice for all dates of a text: as was usual at the time, all Gregorian, or all Julian.
    julian = choices.pick("calendar", [(day < REFORM, None), (False, None), (True, None)])
    choices.assume(Remark("JULIAN" if julian else "GREGORIAN"))
    return julian


# About


def _about(found: Reading, when: When, choices: Choices) -> Reading:
    doubt = "?" if when.doubted else ""
    if when.plus_minus:
        return _wider(found, (when.plus_minus, 0, 0), doubt)
    if not when.circa:
        return replace(found, sign=doubt)
    width, remark = _width(found, choices.widths)
    sharp, wide = replace(found, sign="%" if doubt else "~"), _wider(found, width, doubt)
    return choices.pick("circa", [(sharp, Remark("CIRCA_SHARP")), (wide, Remark.of("CIRCA_WIDE", width=remark))])


def _width(found: Reading, widths: Widths) -> tuple[Limit, Remark]:
    if found.first[2]:
        if found.first == found.last:
            return (0, 0, widths.days), Remark.of("DAYS", n=widths.days)
        return (0, widths.months, 0), Remark.of("MONTHS", n=widths.months)
    if found.first[1]:
        return (0, widths.months, 0), Remark.of("MONTHS", n=widths.months)
    years = found.last[0] - found.first[0] + 1
    n = widths.years
    for most, wider in ((1, widths.decades), (50, widths.centuries), (100, widths.millennia)):
        if years > most:
            n = wider
    return (n, 0, 0), Remark.of("YEARS", n=n)


def _wider(found: Reading, width: Limit, sign: str) -> Reading:
    back = (-width[0], -width[1], -width[2])
    first, last = moved(found.first, back), moved(found.last, width)
    return Reading(first, last, sign=sign, width=width)
