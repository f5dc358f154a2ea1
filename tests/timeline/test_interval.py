from __future__ import annotations

from contextlib import suppress
from itertools import combinations, product

import pytest

from timeline.edtf import parse_days, parse_span
from timeline.errors import TimelineError
from timeline.interval import BEGINNING, FOREVER, Certainty, TimeSpan, Weights

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


def _small() -> list[TimeSpan]:
    days = range(-1, 5)
    return [
        TimeSpan(a, b, c, d) for a, b, c, d in product(days, repeat=4) if a <= b and c <= d and a < d
    ]  # every order of four bounds, ties included


SMALL = _small()
SETS: list[list[tuple[int, int]]] = [[(first, after)] for first, after in combinations(range(-2, 7), 2)] + [
    [(-1, 0), (1, 2), (3, 5)],
    [(0, 1), (4, 6)],
    [(-2, 0), (3, 4)],
]


def _every_existence(span: TimeSpan) -> list[tuple[int, int]]:
    """All (start, end) that the four bounds allow."""
    starts = range(span.start_earliest, span.start_latest + 1)
    return [(start, end) for start in starts for end in range(span.end_earliest, span.end_latest + 1) if start < end]


def test_answers_on_a_day_are_those_of_every_existence_that_is_allowed() -> None:
    for span in SMALL:
        allowed = _every_existence(span)
        for day in range(-2, 7):
            stood = [start <= day < end for start, end in allowed]
            expected = Certainty.CERTAIN if all(stood) else Certainty.POSSIBLE if any(stood) else Certainty.NO
            assert span.on(day) is expected, (span, day)


def test_answers_over_days_are_those_of_every_existence_that_is_allowed() -> None:
    for span in SMALL[::3]:
        allowed = _every_existence(span)
        for days in SETS:
            each = [day for first, after in days for day in range(first, after)]
            if all(start <= day < end for start, end in allowed for day in each):
                expected = Certainty.CERTAIN
            elif any(start <= day < end for start, end in allowed for day in each):
                expected = Certainty.POSSIBLE
            else:
                expected = Certainty.NO
            assert span.over(days) is expected, (span, days)


def test_bounds_are_as_tight_as_they_can_be() -> None:
    for given in product(range(5), repeat=4):
        with suppress(TimelineError):
            span = TimeSpan(*given)
            pairs = product(range(given[0], given[1] + 1), range(given[2], given[3] + 1))
            starts, ends = zip(*[(start, end) for start, end in pairs if start < end], strict=True)
            assert (min(starts), max(starts), min(ends), max(ends)) == (
                *(span.start_earliest, span.start_latest),
                *(span.end_earliest, span.end_latest),
            )


def test_weights_are_shares_of_all_draws_of_a_start_and_an_end() -> None:
    for span in SMALL[::3]:
        starts = range(span.start_earliest, span.start_latest + 1)
        drawn = list(product(starts, range(span.end_earliest, span.end_latest + 1)))
        for day in range(-2, 7):
            share = sum(start <= day < end for start, end in drawn) / len(drawn)
            assert span.weight(day) == pytest.approx(share)
        for days in SETS[::4] + SETS[-3:]:
            each = [day for first, after in days for day in range(first, after)]
            every = sum(all(start <= day < end for day in each) for start, end in drawn) / len(drawn)
            some = sum(any(start <= day < end for day in each) for start, end in drawn) / len(drawn)
            weights = span.weights(days)
            assert (weights.every, weights.some) == (pytest.approx(every), pytest.approx(some)), (span, days)


def test_weight_is_one_where_certain_and_none_where_impossible() -> None:
    assert [SPAN.weight(day) for day in (9, 13, 19, 24)] == [0, 1, 1, 0]
    assert [SPAN.weight(day) for day in range(10, 14)] == [0.25, 0.5, 0.75, 1]
    assert [SPAN.weight(day) for day in range(19, 24)] == [1, 0.8, 0.6, 0.4, 0.2]


def test_there_is_no_weight_where_a_bound_has_no_limit() -> None:
    unknown_end = parse_span("1985-04-12/")
    day = parse_days("2020-01-01")[0][0]
    assert unknown_end.weight(day) is None
    assert unknown_end.weights([(day, day + 9)]) == Weights(None, None)
    assert unknown_end.weight(parse_days("1985-04-12")[0][0]) == 1
    assert unknown_end.weight(parse_days("1984")[0][0]) == 0
    assert unknown_end.weights(parse_days("1985")) == Weights(0.0, 1.0)
    assert unknown_end.weights([]) == Weights(0.0, 0.0)
    assert parse_span("1985-04-12/..").weight(day) == 1


def test_a_known_start_makes_its_day_certain_whatever_is_said_of_the_end() -> None:
    assert TimeSpan(5, 5, 2, 9).on(5) is Certainty.CERTAIN
    assert TimeSpan(BEGINNING, 20, 9, 10).on(9) is Certainty.POSSIBLE
    assert TimeSpan(BEGINNING, 20, 10, 10).on(9) is Certainty.CERTAIN


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
