from __future__ import annotations

import datetime

import pytest

from timeline.instant import civil, days_in_month, iso_date, ordinal, year_of


@pytest.mark.parametrize(
    ("date", "day"),
    [
        ((0, 3, 1), 0),
        ((0, 2, 29), -1),
        ((1970, 1, 1), 719_468),
        ((-43, 3, 15), -15_692),
        ((10**12, 1, 1), 365_242_499_999_940),
    ],
)
def test_known_days_have_their_numbers(date: tuple[int, int, int], day: int) -> None:
    assert ordinal(*date) == day
    assert civil(day) == date


def test_agrees_with_datetime_where_that_reaches() -> None:
    shift = ordinal(1, 1, 1) - 1
    for number in [*range(1, 3000), *range(3000, datetime.date.max.toordinal(), 9973)]:
        date = datetime.date.fromordinal(number)
        assert ordinal(date.year, date.month, date.day) == number + shift
        assert civil(number + shift) == (date.year, date.month, date.day)


def test_days_follow_each_other_through_the_year_zero() -> None:
    day = ordinal(-5, 1, 1)
    for year in range(-5, 6):
        for month in range(1, 13):
            for day_of_month in range(1, days_in_month(year, month) + 1):
                assert civil(day) == (year, month, day_of_month)
                day += 1


def test_years_far_off_are_exact() -> None:
    assert [year_of(ordinal(year, 12, 31)) for year in (-(10**12), -1, 0, 10**12)] == [-(10**12), -1, 0, 10**12]


def test_iso_dates_end_at_four_digits() -> None:
    assert iso_date(ordinal(-9999, 1, 1)) == "-9999-01-01"
    assert iso_date(ordinal(0, 12, 31)) == "0000-12-31"
    assert iso_date(ordinal(9999, 12, 31)) == "9999-12-31"
    assert iso_date(ordinal(10_000, 1, 1)) is None
    assert iso_date(ordinal(-10_000, 12, 31)) is None
