"""Bounds of a whole network, with all that contradicts itself taken out of force and told.

First circles, then chains of dates (`timeline.contradiction`). The statements of a contradiction all go out of force,
since any of them may be the wrong one; what is left is searched on, so that every contradiction told has statements of
its own, and what narrows bounds is contradicted by nothing. On a network where so much is wrong that this would take
many times as long as propagating it, the rest of what lies in circles, or between dates that cross, goes out of force
together and is told as *tangled*: in contradictions that were not told apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from timeline.components import components
from timeline.contradiction import Contradiction, chain, circle, is_contradictory
from timeline.network import EARLIEST, LATEST, Network
from timeline.propagation import OWN, Side
from timeline.statement import Statement

Sides = tuple[Side, Side]

_TIMES = 20
"""Ends looked at while contradictions are told apart, by the ends there are."""
_AT_LEAST = 20_000


@dataclass(slots=True)
class Propagated:
    """Both sides of every end, and what was taken out of force."""

    sides: Sides
    contradictions: list[Contradiction] = field(default_factory=list)
    tangled: list[Statement] = field(default_factory=list)


def propagate(network: Network) -> Propagated:
    """The tightest bounds; takes contradictory statements out of force. Linear where there are none."""
    ends = range(len(network.ahead))
    order, cyclic = components(network.ahead, ends)
    result = Propagated((Side(network, EARLIEST), Side(network, LATEST)))
    left = _TIMES * len(ends) + _AT_LEAST
    if any(map(is_contradictory, cyclic.values())):
        left = _open_circles(network, _contradictory(cyclic), result, left)
        order, cyclic = components(network.ahead, ends)
    while True:
        result.sides = earliest, latest = Side(network, EARLIEST), Side(network, LATEST)
        for side in result.sides:
            side.sweep(order, cyclic)
        crossed = [end for end, day in enumerate(earliest.value) if day + latest.value[end] > 0]
        if not crossed:
            return result
        left -= len(ends)
        if left > 0:
            _break_chains(network, crossed, result)
        else:
            result.tangled += _take_out(network, _touching(network, frozenset(crossed)))
        order, cyclic = components(network.ahead, ends)


def _contradictory(cyclic: dict[int, list[int]]) -> list[list[int]]:
    return [members for end, members in cyclic.items() if end == members[0] and is_contradictory(members)]


def _open_circles(network: Network, waiting: list[list[int]], result: Propagated, left: int) -> int:
    """One contradiction after another, until no component has any; returns what is left of the ends to look at."""
    while waiting:
        members = waiting.pop()
        left -= len(members)
        if left <= 0:
            result.tangled += _take_out(network, _within(network, frozenset(members)))
            continue
        parts = _parts(network, members)
        # A statement that went out for the sake of another component may have held this one together.
        if [len(part) for part in parts] != [len(members)]:
            waiting += parts
            continue
        found = circle(network, members)
        result.contradictions.append(found)
        _take_out(network, found.statements)
        waiting.append(members)
    return left


def _parts(network: Network, members: list[int]) -> list[list[int]]:
    """The contradictory components among some ends."""
    place = {end: at for at, end in enumerate(members)}
    inner = [[place[other] for other in network.ahead[end] if other in place] for end in members]
    _, cyclic = components(inner, range(len(inner)))
    parts = ([members[at] for at in each] for at, each in cyclic.items() if at == each[0])
    return list(filter(is_contradictory, parts))


def _break_chains(network: Network, crossed: Iterable[int], result: Propagated) -> None:
    """A contradiction for each of the ends whose reasons share nothing with those of another."""
    seen: set[int] = set()
    for end in crossed:
        trail = _fresh_trail(result.sides, end, seen)
        if not trail:
            continue
        found = chain(network, trail)
        result.contradictions.append(found)
        _take_out(network, found.statements)
        for statement in found.statements:
            for number in network.units_of(statement):
                seen.update((2 * number, 2 * number + 1))


def _fresh_trail(sides: Sides, end: int, seen: set[int]) -> list[int]:
    """The reasons of both values of an end, from date to date; none if one was seen before. All are seen now.

    Both halves may share ends, where some are equal: those count once, so that the first trail is always told.
    """
    halves: list[list[int]] = []
    found = {end}
    is_fresh = end not in seen
    for side in sides:
        half = [end]
        while is_fresh and (before := side.came_from[half[-1]]) != OWN:
            found.add(before)
            half.append(before)
            is_fresh = before not in seen
        halves.append(half)
    seen |= found
    return halves[0][::-1] + halves[1][1:] if is_fresh else []


def _within(network: Network, ends: frozenset[int]) -> list[Statement]:
    """Statements with an inequality between two of these ends."""
    return [each for each in _about(network, ends) if any(ends.issuperset(edge) for edge in network.edges(each))]


def _touching(network: Network, ends: frozenset[int]) -> list[Statement]:
    """Statements that say anything of one of these ends."""
    return [
        each
        for each in _about(network, ends)
        if any(not ends.isdisjoint(edge) for edge in network.edges(each))
        or (not each.object and network.terminus(each)[0] in ends)
    ]


def _about(network: Network, ends: Iterable[int]) -> Iterable[Statement]:
    found = {each.id: each for end in sorted(ends) for each in network.about[end >> 1]}
    return found.values()


def _take_out(network: Network, statements: Iterable[Statement]) -> Iterable[Statement]:
    for statement in statements:
        network.unlink(statement)
    return statements
