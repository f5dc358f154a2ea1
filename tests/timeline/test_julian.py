from __future__ import annotations

import pytest

from timeline.errors import TimelineError
from timeline.instant import civil, iso_date, ordinal
from timeline.julian import Calendar, convert, from_julian, julian_civil, julian_ordinal


@pytest.mark.parametrize(
    ("julian", "gregorian"),
    [
        ((-43, 3, 15), "-0043-03-13"),  # the Ides of March of 44 BC
        ((1, 1, 1), "0000-12-30"),
        ((200, 3, 1), "0200-03-01"),  # no difference in the third century
        ((1066, 10, 14), "1066-10-20"),  # Hastings
        ((1492, 10, 12), "1492-10-21"),
        ((1500, 2, 29), "1500-03-10"),  # a leap day that the Gregorian calendar has not
        ((1582, 10, 4), "1582-10-14"),
        ((1752, 9, 2), "1752-09-13"),  # the last day of the old calendar in Britain
        ((1917, 10, 25), "1917-11-07"),  # the October revolution
    ],
)
def test_known_days_of_both_calendars(julian: tuple[int, int, int], gregorian: str) -> None:
    assert iso_date(julian_ordinal(*julian)) == gregorian
    assert julian_civil(julian_ordinal(*julian)) == julian


def test_julian_days_follow_each_other_through_leap_years_and_the_year_zero() -> None:
    day = julian_ordinal(-9, 1, 1)
    for year in range(-9, 10):
        for month in range(1, 13):
            first, after = convert(year, month)
            for number in range(first, after):
                assert number == day
                assert julian_civil(number) == (year, month, number - first + 1)
                day += 1


@pytest.mark.parametrize(
    ("text", "converted"),
    [
        ("1492-10-12", "1492-10-21"),
        ("1492-10-12?", "1492-10-21?"),
        ("-0043-03-15", "-0043-03-13"),
        ("1500-02-29", "1500-03-10"),
        ("1492-10", "[1492-10-10..1492-11-09]"),
        ("1492~", "[1492-01-10~..1493-01-09~]"),
        ("1492-08-03/1493-03-15", "1492-08-12/1493-03-24"),
        ("1492-08-03/..", "1492-08-12/.."),
        ("/1492-08-03", "/1492-08-12"),
        ("1492/1493", "[1492-01-10..1493-01-09]/[1493-01-10..1494-01-09]"),
        ("[1492..1493-03-15]", "[1492-01-10..1493-03-24]"),
        ("{1492-08-03, 1492-08}", "{1492-08-12,1492-08-10..1492-09-09}"),
        ("[..1492-08-03]", "[..1492-08-12]"),
        ("[1492..1493]/[1495..]", "[1492-01-10..1494-01-09]/[1495-01-10..]"),
    ],
)
def test_texts_are_converted_and_kept(text: str, converted: str) -> None:
    found = from_julian(text)
    assert found.text == converted
    assert (found.given.text, found.given.calendar) == (text, Calendar.JULIAN)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1492-1X",
        "149X",
        "1492-21",
        "1501-02-29",
        "1492-00",
        "1492-10-32",
        "1492-10-12T10:00:00",
        "Y17E7",
        "1492/1491",
        "2004-06~-11",
        "1/2/3",
        "[1492",
        "1" * 201,
        "-9999-01-01/..",
        "१४९२",
    ],
)
def test_what_has_no_julian_meaning_is_refused(text: str) -> None:
    with pytest.raises(TimelineError):
        from_julian(text)


def test_both_calendars_are_one_count_of_days() -> None:
    for day in range(ordinal(-300, 1, 1), ordinal(2000, 1, 1), 997):
        assert julian_ordinal(*julian_civil(day)) == day == ordinal(*civil(day))
