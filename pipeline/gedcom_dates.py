"""GEDCOM's date phrases as EDTF, where they are exact; what is not is left to the curator.

| phrase | EDTF |
|---|---|
| `1 JAN 1800`, `JAN 1800`, `1800`, `44 BC` | `1800-01-01`, `1800-01`, `1800`, `-0043` |
| `ABT`, `CAL` (calculated from others) | `1800~` |
| `EST` (estimated) | `1800%` |
| `INT 1800 (words)` (interpreted) | `1800?` |
| `BEF 1800`, `AFT 1800` | `[..1799]`, `[1801..]` |
| `BET 1800 AND 1810` | `[1800..1810]`: once within it |
| `FROM 1800 TO 1810`, `FROM 1800`, `TO 1810` | `1800/1810`, `1800/`, `/1810` |
| `1699/00` (the year began in March) | the later of both: 1700 |
| `@#DJULIAN@`, `JULIAN`, `@#DFRENCH R@`, `FRENCH_R` | converted; a month or year becomes the run of its days |

Everything else (words in brackets, Hebrew dates, what no calendar has) gives none, and `timeline.proposal` says what
the words may mean. Sources: GEDCOM 5.5.1, chapter 2; GEDCOM 7.0, 2.4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from timeline.date import year_text
from timeline.edtf import parse_span
from timeline.errors import EdtfError, TimelineError
from timeline.instant import days_in_month, iso_date, ordinal
from timeline.julian import convert

MOST = 200
"""characters of a phrase"""
_MONTHS = {
    name: at
    for at, name in enumerate(("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1)
}
_REPUBLIC = {
    name: at
    for at, name in enumerate(
        ("VEND", "BRUM", "FRIM", "NIVO", "PLUV", "VENT", "GERM", "FLOR", "PRAI", "MESS", "THER", "FRUC", "COMP"), 1
    )
}
_FIRST_OF_REPUBLIC = ordinal(1792, 9, 22)
_LAST_YEAR_OF_REPUBLIC = 14
_CALENDARS = {
    "": "gregorian",
    "@#DGREGORIAN@": "gregorian",
    "GREGORIAN": "gregorian",
    "@#DJULIAN@": "julian",
    "JULIAN": "julian",
    "@#DFRENCH R@": "republic",
    "FRENCH_R": "republic",
}
_DATE = re.compile(
    r"(?P<calendar>@#D[A-Z ]+@|GREGORIAN|JULIAN|FRENCH_R|HEBREW|_[A-Z0-9_]+)?\s*"
    r"(?:(?:(?P<day>[0-9]{1,2})\s+)?(?P<month>[A-Z]{3,4})\s+)?"
    r"(?P<year>[0-9]{1,4})(?:/(?P<second>[0-9]{2,4}))?\s*(?P<before>B\.?\s?C\.?E?\.?)?"
)
_SIGNS = {"ABT": "~", "CAL": "~", "EST": "%", "INT": "?", "": ""}
_PHRASES = (
    re.compile(r"BET (?P<between>.+) AND (?P<until>.+)"),
    re.compile(r"FROM (?P<since>.+?) TO (?P<to>.+)"),
    re.compile(r"FROM (?P<since>.+)"),
    re.compile(r"TO (?P<to>.+)"),
    re.compile(r"BEF (?P<before>.+)"),
    re.compile(r"AFT (?P<after>.+)"),
    re.compile(r"(?P<how>INT) (?P<date>[^(]+?)(?: ?\(.*\))?"),
    re.compile(r"(?:(?P<how>ABT|CAL|EST) )?(?P<date>.+)"),
)


class NotADate(ValueError):
    """The phrase is none that can be taken as it stands; the message says why."""


@dataclass(frozen=True, slots=True)
class _When:
    """A date: its first and last day, month or year as EDTF, and what lies beside it."""

    first: str
    last: str
    before: str
    after: str


def edtf_of(phrase: str) -> str:
    """The EDTF of a phrase.

    Raises:
        NotADate: it cannot be taken as it stands.

    >>> edtf_of("BET 1 JAN 1850 AND FEB 1850"), edtf_of("BEF 44 BC"), edtf_of("@#DJULIAN@ 4 OCT 1582")
    ('[1850-01-01..1850-02]', '[..-0044]', '1582-10-14')
    """
    said = " ".join(phrase.split()).upper()
    if not said or len(said) > MOST:
        raise NotADate(f"{len(said)} characters")
    found = next(match for pattern in _PHRASES if (match := pattern.fullmatch(said)))
    text = _written({name: value for name, value in found.groupdict().items() if value})
    try:
        parse_span(text)
    except (EdtfError, TimelineError) as wrong:
        raise NotADate(str(wrong)) from wrong
    return text


def has_two_years(phrase: str) -> bool:
    """Whether a year is written as `1699/00`."""
    return re.search(r"[0-9]{3,4}/[0-9]{2}", phrase) is not None


def _written(said: dict[str, str]) -> str:
    dates = {name: _when(text) for name, text in said.items() if name != "how"}
    if "between" in dates:
        return f"[{dates['between'].first}..{dates['until'].last}]"
    if "since" in dates or "to" in dates:
        ends = (dates.get("since"), dates.get("to"))
        return "/".join("" if each is None else _one(each, "") for each in ends)
    if "before" in dates:
        return f"[..{dates['before'].before}]"
    if "after" in dates:
        return f"[{dates['after'].after}..]"
    return _one(dates["date"], _SIGNS[said.get("how", "")])


def _one(when: _When, sign: str) -> str:
    if when.first == when.last:
        return when.first + sign
    return f"[{when.first}{sign}..{when.last}{sign}]"


def _when(text: str) -> _When:
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise NotADate(f"{text[:40]!r} is no day, month or year")
    calendar = _CALENDARS.get(match["calendar"] or "")
    if calendar is None:
        raise NotADate(f"dates of the calendar {match['calendar']} are not converted here")
    day, year = int(match["day"] or 0), int(match["year"])
    if match["second"]:
        year = _later(year, match["second"])
    if match["before"]:
        year = 1 - year
    if calendar == "republic":
        return _run(*_of_republic(year, _REPUBLIC.get(match["month"] or "", 0), day, named=bool(match["month"])))
    month = _MONTHS.get(match["month"] or "", 0)
    if match["month"] and not month:
        raise NotADate(f"{match['month']!r} is no month")
    if match["day"] and not day:
        raise NotADate("there is no day 0")
    if calendar == "julian":
        try:
            return _run(*convert(year, month, day))
        except TimelineError as wrong:
            raise NotADate(str(wrong)) from wrong
    return _gregorian(year, month, day)


def _later(year: int, second: str) -> int:
    """The year that began in January, of two: `1699/00` is 1700."""
    if (year + 1) % 10 ** len(second) != int(second):
        raise NotADate(f"{year}/{second}: the second year is not the one after the first")
    return year + 1


def _gregorian(year: int, month: int, day: int) -> _When:
    if not month:
        own = year_text(year)
        return _When(own, own, year_text(year - 1), year_text(year + 1))
    if not day:
        months = [divmod(year * 12 + month - 1 + by, 12) for by in (0, -1, 1)]
        own, before, after = (f"{year_text(one)}-{other + 1:02d}" for one, other in months)
        return _When(own, own, before, after)
    if day > days_in_month(year, month):
        raise NotADate(f"there is no day {day} in that month")
    at = ordinal(year, month, day)
    return _run(at, at + 1)


def _of_republic(year: int, month: int, day: int, *, named: bool) -> tuple[int, int]:
    """Days of a date of the French Republic, years 1 to 14; the years 3, 7 and 11 had a day more."""
    if not 1 <= year <= _LAST_YEAR_OF_REPUBLIC or (named and not month):
        raise NotADate("no date of the years 1 to 14 of the French Republic")
    first = _FIRST_OF_REPUBLIC + 365 * (year - 1) + sum(leap < year for leap in (3, 7, 11))
    length = 366 if year in (3, 7, 11) else 365
    if not month:
        return first, first + length
    days = 30 if month < 13 else length - 360
    if day > days:
        raise NotADate(f"there is no day {day} in that month")
    start = first + 30 * (month - 1)
    return (start + day - 1, start + day) if day else (start, start + days)


def _run(first: int, after: int) -> _When:
    texts = [iso_date(day) for day in (first, after - 1, first - 1, after)]
    if None in texts:
        raise NotADate("a year of five digits")
    return _When(*(text for text in texts if text is not None))
