from __future__ import annotations

from timeline.components import components
from timeline.interval import TimeSpan
from timeline.network import EARLIEST, LATEST, Network
from timeline.propagation import OWN, Side, Undo
from timeline.statement import Kind, Statement

START_A, END_A, START_B, END_B, START_C, END_C = range(6)


def _swept(network: Network) -> tuple[Side, Side]:
    order, cyclic = components(network.ahead, range(len(network.ahead)))
    sides = Side(network, EARLIEST), Side(network, LATEST)
    for side in sides:
        side.sweep(order, cyclic)
    return sides


def _network(*said: tuple[str, str, str]) -> Network:
    units = {"a": TimeSpan(10, 20, 30, 40), "b": None, "c": None}
    return Network(units, [Statement(f"s{at}", Kind(k), one, other) for at, (one, k, other) in enumerate(said)])


def test_values_grow_along_inequalities_and_know_where_they_came_from() -> None:
    earliest, latest = _swept(_network(("a", "before", "b"), ("b", "carries", "c")))
    assert earliest.value[START_B] == earliest.value[START_C] == 30
    assert earliest.value[END_C] == 31
    assert earliest.trail(END_C) == [END_A, START_B, START_C, END_C]
    assert latest.came_from[END_A] == OWN


def test_ends_on_a_circle_without_a_day_are_equal_on_both_sides() -> None:
    said = ("a", "carries", "b"), ("b", "carries", "c"), ("c", "carries", "a"), ("c", "same_time_as", "b")
    earliest, latest = _swept(_network(*said))
    assert {earliest.value[start] for start in (START_A, START_B, START_C)} == {10}
    assert {-latest.value[start] for start in (START_A, START_B, START_C)} == {20}
    assert earliest.trail(START_C)[0] == latest.trail(START_C)[0] == START_A


def test_growing_round_a_circle_is_told_and_can_be_undone() -> None:
    network = _network(("a", "before", "b"), ("b", "before", "c"))
    earliest, _ = _swept(network)
    before = list(earliest.value), list(earliest.came_from)
    network.join(END_C, START_A)
    undo: Undo = {}
    assert not earliest.grow(START_A, earliest.value[END_C], END_C, undo)
    earliest.restore(undo)
    assert (earliest.value, earliest.came_from) == before


def test_growing_less_than_is_there_changes_nothing() -> None:
    earliest, _ = _swept(_network(("a", "before", "b")))
    undo: Undo = {}
    assert earliest.grow(START_B, 29, END_A, undo)
    assert undo == {}


def test_shrinking_finds_the_next_best_reason() -> None:
    network = _network(("a", "before", "b"), ("a", "carries", "b"), ("b", "carries", "c"))
    earliest, _ = _swept(network)
    network.unlink(network.statements["s0"])
    undo: Undo = {}
    earliest.shrink([START_B], undo)
    assert set(undo) == {START_B, END_B, START_C, END_C}
    assert (earliest.value, earliest.came_from) == (_swept(network)[0].value, _swept(network)[0].came_from)
    assert earliest.value[START_C] == 10
