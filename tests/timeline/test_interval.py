from __future__ import annotations

import pytest

from timeline.edtf import parse_days, parse_span
from timeline.errors import TimelineError
from timeline.interval import BEGINNING, FOREVER, Certainty, TimeSpan

SPAN = TimeSpan(10, 13, 20, 24)


@pytest.mark.parametrize(
    ("days", "certainty"),
    [
        ([(13, 20)], Certainty.CERTAIN),
        ([(13, 15), (17, 20)], Certainty.CERTAIN),
        ([(12, 20)], Certainty.POSSIBLE),
        ([(13, 21)], Certainty.POSSIBLE),
        ([(0, 100)], Certainty.POSSIBLE),
        ([(0, 11)], Certainty.POSSIBLE),
        ([(23, 30)], Certainty.POSSIBLE),
        ([(0, 2), (23, 30)], Certainty.POSSIBLE),
        ([(0, 10)], Certainty.NO),
        ([(24, 30)], Certainty.NO),
        ([(0, 10), (24, 30)], Certainty.NO),
        ([], Certainty.NO),
    ],
)
def test_over_days(days: list[tuple[int, int]], certainty: Certainty) -> None:
    assert SPAN.over(days) is certainty


def test_a_gap_between_the_days_is_not_asked_about() -> None:
    within_the_gap = TimeSpan(5, 5, 8, 8)
    assert within_the_gap.over([(0, 5), (8, 12)]) is Certainty.NO


def test_over_agrees_with_day_by_day() -> None:
    spans = [
        TimeSpan(a, b, c, d) for a in range(4) for b in range(a, 5) for c in range(a, 6) for d in range(c, 7) if a < d
    ]
    sets = [[(1, 3)], [(0, 1), (2, 3), (5, 7)], [(4, 5)], [(6, 9)], [(0, 7)]]
    for span in spans:
        for days in sets:
            each = [span.on(day) for first, after in days for day in range(first, after)]
            if all(certainty is Certainty.CERTAIN for certainty in each):
                expected = Certainty.CERTAIN
            elif any(certainty is not Certainty.NO for certainty in each):
                expected = Certainty.POSSIBLE
            else:
                expected = Certainty.NO
            assert span.over(days) is expected, (span, days)


def test_weight_is_one_where_certain_and_none_where_impossible() -> None:
    assert [SPAN.weight(day) for day in (9, 13, 19, 24)] == [0, 1, 1, 0]
    assert [SPAN.weight(day) for day in range(10, 14)] == [0.25, 0.5, 0.75, 1]
    assert [SPAN.weight(day) for day in range(19, 24)] == [1, 0.8, 0.6, 0.4, 0.2]


def test_weight_without_a_limit_is_undecided() -> None:
    unknown_end = parse_span("1985-04-12/")
    assert unknown_end.weight(parse_days("2020-01-01")[0][0]) == 0.5
    assert parse_span("1985-04-12/..").weight(parse_days("2020-01-01")[0][0]) == 1


def test_a_span_may_have_no_certain_day() -> None:
    span = TimeSpan(10, 30, 20, 40)
    assert {span.on(day) for day in range(10, 40)} == {Certainty.POSSIBLE}
    assert span.changes() == (10, 40)


def test_changes_leave_out_what_has_no_limit() -> None:
    assert TimeSpan(BEGINNING, BEGINNING, 5, 9).changes() == (5, 9)
    assert TimeSpan(3, 4, FOREVER, FOREVER).changes() == (3, 4)


@pytest.mark.parametrize("bounds", [(5, 4, 8, 9), (1, 2, 9, 8), (9, 9, 9, 9), (9, 12, 3, 9)])
def test_bounds_out_of_order_are_refused(bounds: tuple[int, int, int, int]) -> None:
    with pytest.raises(TimelineError):
        TimeSpan(*bounds)
