"""Dates of the Julian calendar, which sources before 1582 (Britain 1752, Russia 1918) are written in.

Inside there is one calendar, the proleptic Gregorian one of EDTF. A Julian date is converted when it comes in, and
what the source says is kept beside it (`Given`), so that nobody has to guess later whether somebody had converted it.
A Julian day is a day; a Julian month or year is the run of days from the first to the last, `[first..last]`.

The Julian calendar is taken to reach back without a break (proleptically), as historians take it: the real one was
badly kept until AD 4. Years are astronomical here too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from timeline.date import year_text
from timeline.edtf import MAX_LENGTH, parse
from timeline.errors import TimelineError
from timeline.instant import days_in_month, iso_date, ordinal
from timeline.interval import DayRange

REFORM = ordinal(1582, 10, 15)
"""the first day of the Gregorian calendar, where it was adopted first; the day before it was 4 October"""
_DAYS_IN_CYCLE = 1461
"""days of four years"""


class Calendar(StrEnum):
    """The calendar that a source is written in."""

    GREGORIAN = "gregorian"
    JULIAN = "julian"


@dataclass(frozen=True, slots=True)
class Given:
    """A date as its source gives it; Julian if any day of it was converted from that calendar."""

    text: str
    calendar: Calendar = Calendar.GREGORIAN


@dataclass(frozen=True, slots=True)
class Converted:
    """Text of the Gregorian calendar, for `timeline.edtf.parse`, and what it was converted from."""

    text: str
    given: Given


def julian_ordinal(year: int, month: int, day: int) -> int:
    """The number of a Julian day, among those of `timeline.instant.ordinal`.

    >>> iso_date(julian_ordinal(-43, 3, 15)), iso_date(julian_ordinal(1582, 10, 5))
    ('-0043-03-13', '1582-10-15')
    """
    year -= month <= 2
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return year * 365 + year // 4 + day_of_year - 2


def julian_civil(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month in the Julian calendar of a day's number.

    >>> julian_civil(ordinal(1582, 10, 15)), julian_civil(ordinal(1918, 2, 14))
    ((1582, 10, 5), (1918, 2, 1))
    """
    cycle, day_of_cycle = divmod(day + 2, _DAYS_IN_CYCLE)
    year_of_cycle = min(day_of_cycle // 365, 3)  # the leap day is the last day of the four years, which begin in March
    day_of_year = day_of_cycle - 365 * year_of_cycle
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return (
        cycle * 4 + year_of_cycle + (month <= 2),
        month,
        day_of_year - (153 * shifted_month + 2) // 5 + 1,
    )


def from_julian(text: str) -> Converted:
    """Dates, intervals, sets and four bounds whose dates are Julian, converted. A qualifier at a date's end stays.

    Raises:
        EdtfError: what comes out is no EDTF, because what came in was none.
        TimelineError: a part is no year, month or day of the Julian calendar with four digits of a year; a digit left
            open, a season and a time of day have no Julian meaning here.

    >>> from_julian("1492-10-12~").text, from_julian("1492").text, from_julian("1500-02-29/1501-03").text
    ('1492-10-21~', '[1492-01-10..1493-01-09]', '1500-03-10/[1501-03-11..1501-04-10]')
    """
    if len(text) > MAX_LENGTH:
        raise TimelineError(f"a Julian date of {len(text)} characters, expected at most {MAX_LENGTH}")
    converted = "/".join(_limit(limit.strip()) for limit in text.split("/"))
    return Converted(str(parse(converted)), Given(text, Calendar.JULIAN))


def convert(year: int, month: int = 0, day: int = 0) -> DayRange:
    """The half-open run of days of a Julian year, month or day; 0: not given.

    Raises:
        TimelineError: the Julian calendar has no such month or day.
    """
    if not 0 <= month <= 12 or not 0 <= day <= (days_in_month(0 if year % 4 == 0 else 1, month) if month else 0):
        raise TimelineError(f"Julian date {year_text(year)}-{month:02d}-{day:02d}: there is no such day")
    first = julian_ordinal(year, month or 1, day or 1)
    if day:
        return first, first + 1
    return first, julian_ordinal(year, month + 1, 1) if 0 < month < 12 else julian_ordinal(year + 1, 1, 1)


def _limit(text: str) -> str:
    if text in ("", ".."):
        return text
    if text[0] in "[{" and text[-1] in "]}":
        return text[0] + ",".join(_member(member.strip()) for member in text[1:-1].split(",")) + text[-1]
    dates = _dates(text)
    return dates[0] if dates[0] == dates[1] else f"[{dates[0]}..{dates[1]}]"


def _member(text: str) -> str:
    first, dots, last = text.partition("..")
    if not dots:
        dates = _dates(text)
        return dates[0] if dates[0] == dates[1] else "..".join(dates)
    return f"{_dates(first)[0] if first else ''}..{_dates(last)[1] if last else ''}"


def _dates(text: str) -> tuple[str, str]:
    """First and last day of one Julian date, as Gregorian dates with its qualifier."""
    plain = text.rstrip("?~%")
    sign = text[len(plain) :]
    parts = plain.removeprefix("-").split("-")
    if [len(part) for part in parts] not in ([4], [4, 2], [4, 2, 2]) or not all(_is_number(part) for part in parts):
        raise TimelineError(f"Julian date {text!r}: expected year, year-month or year-month-day, in digits")
    year, month, day = [int(part) for part in parts] + [0] * (3 - len(parts))
    if "00" in parts[1:]:
        raise TimelineError(f"Julian date {text!r}: there is no month or day 00")
    first, after = convert(-year if plain.startswith("-") else year, month, day)
    return _date(first) + sign, _date(after - 1) + sign


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _date(day: int) -> str:
    text = iso_date(day)
    if text is None:
        raise TimelineError("a Julian date whose Gregorian year has five digits has no text")
    return text
