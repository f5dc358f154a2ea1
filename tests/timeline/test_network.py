from __future__ import annotations

import pytest

from timeline.errors import TimelineError
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.network import EARLIEST, LATEST, Network, free, unlimited
from timeline.statement import Kind, Statement

UNITS = {"a": TimeSpan(10, 20, 30, 40), "b": None}
BEFORE = Statement("s1", Kind.BEFORE, "a", "b")
POST = Statement("s2", Kind.TERMINUS_POST_QUEM, "a", days=(15, 16))


def test_a_unit_is_two_ends_and_a_statement_leads_from_one_to_another() -> None:
    network = Network(UNITS, [BEFORE])
    assert network.ahead == [[1], [2], [3], []]
    assert network.behind == [[], [0], [1], [2]]
    assert network.floors[EARLIEST] == [10, 30, BEGINNING, BEGINNING + 1]
    assert network.floors[LATEST] == [-20, -40, 1 - FOREVER, -FOREVER]
    assert [free(end, side) for side in (EARLIEST, LATEST) for end in (2, 3)] == [
        *network.floors[EARLIEST][2:],
        *network.floors[LATEST][2:],
    ]


def test_what_is_taken_out_of_force_leaves_nothing_behind() -> None:
    plain, network = Network(UNITS), Network(UNITS, [BEFORE, POST])
    assert network.floors[EARLIEST][0] == 15
    for statement in (BEFORE, POST):
        network.unlink(statement)
    assert (network.ahead, network.behind, network.floors) == (plain.ahead, plain.behind, plain.floors)
    assert (network.about, network.statements) == (plain.about, plain.statements)


def test_units_and_statements_may_come_later() -> None:
    whole, network = Network({**UNITS, "c": TimeSpan(1, 2, 3, 4)}, [BEFORE, POST]), Network(UNITS)
    assert network.behind
    assert network.about
    network.add_unit("c", TimeSpan(1, 2, 3, 4))
    for statement in (BEFORE, POST):
        network.register(statement)
        for edge in network.edges(statement):
            network.join(*edge)
    assert (network.ahead, network.behind, network.floors) == (whole.ahead, whole.behind, whole.floors)
    assert network.about == whole.about


def test_the_source_of_a_floor_is_a_terminus_or_the_units_own_date() -> None:
    network = Network(UNITS, [POST, Statement("s3", Kind.TERMINUS_POST_QUEM, "a", days=(12, 13))])
    assert network.source(0, EARLIEST) is POST
    assert network.source(0, LATEST) is None
    network.date(0, TimeSpan(18, 20, 30, 40))
    assert network.source(0, EARLIEST) is None
    assert network.floors[EARLIEST][0] == 18


def test_it_is_known_who_says_that_one_end_is_not_after_another() -> None:
    network = Network(UNITS, [BEFORE, Statement("s3", Kind.AFTER, "b", "a")])
    assert network.saying(1, 2) is BEFORE
    assert network.saying(0, 1) is None


def test_counts_from_the_beginning_are_no_limit() -> None:
    assert unlimited(BEGINNING + 5) == BEGINNING
    assert unlimited(FOREVER - 5) == FOREVER
    assert unlimited(-365 * 10**12) == -365 * 10**12


def test_a_statement_about_a_unit_that_is_not_there_is_refused_and_leaves_nothing() -> None:
    network = Network(UNITS)
    with pytest.raises(TimelineError, match="no unit 'c'"):
        network.register(Statement("s4", Kind.BEFORE, "a", "c"))
    assert network.statements == {}
