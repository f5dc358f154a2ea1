"""Days of the proleptic Gregorian calendar as whole numbers, for any year.

Day 0 is 0000-03-01; years are astronomical: 0 is 1 BC, -1 is 2 BC. All arithmetic is on Python's integers, because
`datetime` ends at year 1 and museums do not. Algorithm: Howard Hinnant, "chrono-compatible low-level date algorithms",
days_from_civil and civil_from_days, without their shift to 1970.
"""

from __future__ import annotations

_DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_IN_ERA = 146_097
"""days of 400 years, after which the calendar repeats"""


def ordinal(year: int, month: int, day: int) -> int:
    """The day's number. `day` may lie beyond the month's end: it counts on.

    >>> ordinal(0, 3, 1), ordinal(1970, 1, 1), ordinal(-43, 3, 15)
    (0, 719468, -15692)
    """
    year -= month <= 2
    era = year // 400
    year_of_era = year - era * 400
    day_of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * _DAYS_IN_ERA + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year


def civil(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a day's number.

    >>> civil(719468), civil(-15692)
    ((1970, 1, 1), (-43, 3, 15))
    """
    era = day // _DAYS_IN_ERA
    day_of_era = day - era * _DAYS_IN_ERA
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153  # 0 is March
    day_of_month = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_month


def year_of(day: int) -> int:
    """Astronomical year of a day's number."""
    return civil(day)[0]


def is_leap(year: int) -> bool:
    """Whether the year has a 29 February; year 0 has.

    >>> [is_leap(year) for year in (2000, 1900, 4, 0, -1, -4)]
    [True, False, True, True, False, True]
    """
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """28 to 31."""
    return 29 if month == 2 and is_leap(year) else _DAYS_IN_MONTH[month - 1]


def iso_date(day: int) -> str | None:
    """`YYYY-MM-DD`, with a sign for negative years; None outside the years -9999 to 9999.

    >>> iso_date(719468), iso_date(-15692)
    ('1970-01-01', '-0043-03-15')
    """
    year, month, day_of_month = civil(day)
    if not -9999 <= year <= 9999:
        return None
    return f"{'-' if year < 0 else ''}{abs(year):04d}-{month:02d}-{day_of_month:02d}"
