from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, product

from timeline.allen import ALL, DISJOINT, INTERSECTS, WITHIN, Allen, Relations, compose, relations
from timeline.interval import BEGINNING, FOREVER, Certainty, TimeSpan

Days = tuple[int, int]
DEFINITIONS: dict[Allen, Callable[[int, int, int, int], bool]] = {
    Allen.BEFORE: lambda a, b, c, d: b < c,
    Allen.MEETS: lambda a, b, c, d: b == c,
    Allen.OVERLAPS: lambda a, b, c, d: a < c < b < d,
    Allen.FINISHED_BY: lambda a, b, c, d: a < c and b == d,
    Allen.CONTAINS: lambda a, b, c, d: a < c and d < b,
    Allen.STARTS: lambda a, b, c, d: a == c and b < d,
    Allen.EQUALS: lambda a, b, c, d: a == c and b == d,
    Allen.STARTED_BY: lambda a, b, c, d: a == c and d < b,
    Allen.DURING: lambda a, b, c, d: c < a and b < d,
    Allen.FINISHES: lambda a, b, c, d: c < a and b == d,
    Allen.OVERLAPPED_BY: lambda a, b, c, d: c < a < d < b,
    Allen.MET_BY: lambda a, b, c, d: a == d,
    Allen.AFTER: lambda a, b, c, d: d < a,
}
CRISP = list(combinations(range(6), 2))


def _between(x: Days, y: Days) -> Allen:
    (only,) = [relation for relation, holds in DEFINITIONS.items() if holds(*x, *y)]
    return only


def _allowed(span: TimeSpan) -> list[Days]:
    starts = range(span.start_earliest, span.start_latest + 1)
    ends = range(span.end_earliest, span.end_latest + 1)
    return [(start, end) for start, end in product(starts, ends) if start < end]


def test_exactly_one_relation_holds_between_spans_without_doubt() -> None:
    for x, y in product(CRISP, repeat=2):
        found = relations(TimeSpan(x[0], x[0], x[1], x[1]), TimeSpan(y[0], y[0], y[1], y[1]))
        assert found.possible == found.necessary == {_between(x, y)}


def test_possible_relations_are_those_of_every_pair_of_days_within_the_bounds() -> None:
    spans = [TimeSpan(a, b, c, d) for a, b, c, d in product(range(5), repeat=4) if a <= b and c <= d and a < d]
    between = {(x, y): _between(x, y) for x, y in product(combinations(range(5), 2), repeat=2)}
    allowed = {span: _allowed(span) for span in spans}
    for first, second in product(allowed, repeat=2):
        expected = {between[pair] for pair in product(allowed[first], allowed[second])}
        found = relations(first, second)
        assert found.possible == expected, (first, second)
        assert found.necessary == (expected if len(expected) == 1 else set())
        assert found.impossible == ALL - expected


def test_the_converse_is_the_answer_with_the_spans_changed_over() -> None:
    for x, y in product(CRISP, repeat=2):
        assert _between(y, x) is _between(x, y).converse
    first, second = TimeSpan(0, 3, 4, 8), TimeSpan(2, 5, 6, 7)
    assert relations(second, first) == relations(first, second).converse


def test_the_table_of_compositions_is_that_of_all_triples() -> None:
    expected: dict[tuple[Allen, Allen], set[Allen]] = {}
    for x, y, z in product(CRISP, repeat=3):
        expected.setdefault((_between(x, y), _between(y, z)), set()).add(_between(x, z))
    assert len(expected) == 169
    for (first, second), found in expected.items():
        assert compose({first}, {second}) == found


def test_what_is_composed_of_sets_is_the_union() -> None:
    assert compose({Allen.MEETS, Allen.EQUALS}, {Allen.BEFORE}) == {Allen.BEFORE}
    assert compose({Allen.MEETS}, {Allen.DURING, Allen.MEETS}) == {
        *(Allen.OVERLAPS, Allen.STARTS, Allen.DURING, Allen.BEFORE)
    }
    assert compose(set(), ALL) == set()


def test_a_question_about_several_relations_is_certain_if_no_other_is_possible() -> None:
    found = relations(TimeSpan(0, 2, 5, 6), TimeSpan(1, 3, 7, 9))
    assert found.necessary == set()
    assert found.holds(INTERSECTS) is Certainty.CERTAIN
    assert found.holds(WITHIN) is Certainty.POSSIBLE
    assert found.holds(DISJOINT) is Certainty.NO
    assert Relations(ALL).holds(ALL) is Certainty.CERTAIN


def test_ends_without_limit_leave_everything_open_that_they_can() -> None:
    known, unknown = TimeSpan(0, 0, 9, 9), TimeSpan(BEGINNING, FOREVER, BEGINNING, FOREVER)
    assert relations(known, unknown).possible == ALL
    assert relations(unknown, unknown).possible == ALL
    always = TimeSpan(BEGINNING, BEGINNING, FOREVER, FOREVER)
    assert relations(known, always).necessary == {Allen.DURING}
    assert relations(always, always).necessary == {Allen.EQUALS}
