from __future__ import annotations

import itertools

import pytest

from timeline.phrase import read
from timeline.reading import Choices, Limit, Widths, beside, moved, reading


def taken(text: str, **choices: int) -> tuple[Limit, Limit]:
    """First and last of the one date in a text, by the choices named."""
    (when,) = read(text).dates
    found = reading(when, Choices(choices))
    return found.first, found.last


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1st century BC", -99, 0),
        ("3rd century BC", -299, -200),
        ("1st century AD", 1, 100),
        ("13th century", 1201, 1300),
        ("early 13th century", 1201, 1233),
        ("mid 13th century", 1234, 1266),
        ("late 13th century", 1267, 1300),
        ("late 3rd century BC", -233, -200),
        ("second quarter of the 3rd century BC", -274, -250),
        ("430s BC", -438, -429),
        ("400s BC", -498, -399),
        ("3rd millennium BC", -2999, -2000),
        ("late 1920s", 1926, 1929),
    ],
)
def test_centuries_are_counted_as_historians_count_them(text: str, first: int, last: int) -> None:
    assert taken(text) == ((first, 0, 0), (last, 0, 0))


def test_thirds_and_quarters_cover_a_century_without_gaps() -> None:
    thirds = [taken(f"{part} 13th century") for part in ("early", "mid", "late")]
    quarters = [taken(f"{part} quarter of the 3rd century BC") for part in ("first", "second", "third", "last")]
    for parts in (thirds, quarters):
        for (_, last), (first, _) in itertools.pairwise(parts):
            assert beside(last, later=True) == first


def test_another_choice_is_another_reading() -> None:
    assert taken("late 13th century", part=1) == ((1251, 0, 0), (1300, 0, 0))
    assert taken("1200s") == ((1200, 0, 0), (1299, 0, 0))
    assert taken("1200s", plural=1) == ((1200, 0, 0), (1209, 0, 0))
    assert taken("12 Oct 1492") == ((1492, 10, 21),) * 2
    assert taken("12 Oct 1492", calendar=1) == ((1492, 10, 12),) * 2


def test_choices_that_were_offered_are_known_and_say_what_they_assume() -> None:
    choices = Choices({"circa": 1}, Widths(years=8))
    (when,) = read("c. 1210").dates
    assert reading(when, choices).limits == ("1202", "1218")
    assert choices.offered == {"circa": 2}
    assert [remark.words() for remark in choices.assumed] == ["'about' taken as 8 years either way"]


@pytest.mark.parametrize(
    ("limit", "by", "then"),
    [
        ((1200, 0, 0), (-1, 0, 0), (1199, 0, 0)),
        ((0, 1, 0), (0, -1, 0), (-1, 12, 0)),
        ((1842, 1, 31), (0, 1, 0), (1842, 2, 28)),
        ((1842, 3, 1), (0, 0, -1), (1842, 2, 28)),
    ],
)
def test_limits_move_at_their_own_precision(limit: Limit, by: Limit, then: Limit) -> None:
    assert moved(limit, by) == then
