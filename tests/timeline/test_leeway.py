from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline.edtf import parse_span
from timeline.errors import EdtfError
from timeline.instant import iso_date, ordinal
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.leeway import widest


def bounds(span: TimeSpan) -> tuple[int, int, int, int]:
    return span.start_earliest, span.start_latest, span.end_earliest, span.end_latest


def wider(text: str) -> tuple[int, int, int, int]:
    """By how many days each bound is moved outwards."""
    said, most = bounds(parse_span(text)), bounds(widest(text))
    return said[0] - most[0], most[1] - said[1], said[2] - most[2], most[3] - said[3]


def dates(text: str) -> list[str]:
    """The first day that it may begin on and the last, the first that it may have been gone on and the last."""
    return [iso_date(day) or "" if BEGINNING < day < FOREVER else "" for day in bounds(widest(text))]


@pytest.mark.parametrize("text", ["1712", "1712-03/1760", "[1205..1215]/[1248..1252]", "../1200", "/1200", "17XX"])
def test_what_is_not_qualified_has_no_room(text: str) -> None:
    assert bounds(widest(text)) == bounds(parse_span(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1712-03-04~", ["1712-03-01", "1712-03-07", "1712-03-02", "1712-03-08"]),
        ("1712-03?", ["1712-02-01", "1712-04-30", "1712-02-02", "1712-05-01"]),
        ("1712%", ["1707-01-01", "1717-12-31", "1707-01-02", "1718-01-01"]),
        ("171X~", ["1700-01-01", "1729-12-31", "1700-01-02", "1730-01-01"]),
        ("17XX?", ["1675-01-01", "1824-12-31", "1675-01-02", "1825-01-01"]),
        ("1712~/1760", ["1707-01-01", "1717-12-31", "1760-01-02", "1761-01-01"]),
        ("1712/1760~", ["1712-01-01", "1712-12-31", "1755-01-02", "1766-01-01"]),
        ("[1205..1215~]/1250", ["1200-01-01", "1220-12-31", "1250-01-02", "1251-01-01"]),
        ("[1700~..1710]", ["1695-01-01", "1715-12-31", "1695-01-02", "1716-01-01"]),
        ("../1712~", ["", "", "1707-01-02", "1718-01-01"]),
        # The first and the last of a set each have the room of any of its members.
        ("{1700~,1750}", ["1695-01-01", "1705-12-31", "1745-01-02", "1756-01-01"]),
    ],
)
def test_a_qualified_date_has_the_room_that_about_is_proposed_with(text: str, expected: list[str]) -> None:
    assert dates(text) == expected


def test_a_limit_that_is_not_known_has_the_room_of_the_other() -> None:
    open_end = widest("1712~/")
    assert (open_end.end_earliest, open_end.end_latest) == (open_end.start_earliest + 1, FOREVER)
    open_start = widest("/1712~")
    assert (open_start.start_earliest, open_start.start_latest) == (BEGINNING, open_start.end_latest - 1)


@given(st.integers(-3000, 3000), st.integers(0, 200), st.sampled_from(["", "~", "?", "%"]), st.sampled_from(["", "~"]))
def test_nothing_that_was_possible_becomes_impossible(year: int, lasts: int, sign: str, other: str) -> None:
    texts = [f"{'-' * (each < 0)}{abs(each):04d}" for each in (year, year + lasts)]
    text = f"{texts[0]}{sign}/{texts[1]}{other}"
    assert all(each >= 0 for each in wider(text))


def test_what_is_no_time_is_refused() -> None:
    with pytest.raises(EdtfError):
        widest("c. 1712")
    assert widest("1712~").start_earliest == ordinal(1707, 1, 1)
