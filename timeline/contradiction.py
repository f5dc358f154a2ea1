"""Contradictions: the fewest statements and dates that cannot all be true, and why.

A contradiction is one of two things. A *circle*: inequalities lead from a unit's end back to its start. Or a *chain*:
they lead from an end that a date puts no earlier than some day to one that a date puts no later than a day before it.
Either is irreducible: leave any one of its claims out and the others can be true.

A circle is found in its strongly connected component, breadth first from a statement that leads from an end to a start
(every circle has one, and a component with a start and an end in it has a circle) back to that statement. Breadth first
makes it the one with the fewest statements through that statement. If what is left without that statement still
contradicts itself, that is taken in its place, until nothing is left. Then every contradiction within it needs that
statement, and none needs fewer others: it is irreducible. Linear in the component.

A chain is found breadth first from the date at its beginning to the nearest date that contradicts it, and then, among
what it says, over all its dates in both directions, the shortest again. That is irreducible, unless days that pass on
the way count ("A, then B, then C, all in two days"): then its claims are left out one by one, which costs a propagation
of the chain each.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from timeline.components import components
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.network import EARLIEST, LATEST, Network, free
from timeline.propagation import Side
from timeline.reasons import BOUNDS, Bound, bound_sentence, said_own
from timeline.statement import Statement, sentence


@dataclass(frozen=True, slots=True)
class Dated:
    """A unit's own date as a part of a contradiction: the bound that takes part, and the whole date."""

    unit: str
    bound: Bound
    day: int
    span: TimeSpan

    def sentence(self, name: Callable[[str], str] = str, language: str = "en") -> str:
        """The bound in words, and the date."""
        return f"{bound_sentence(name(self.unit), self.bound, self.day, language)} ({said_own(self.span, language)})"


Claim = Statement | Dated


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Claims that cannot all be true, in the order in which they lead to one another; any one less, and they could."""

    claims: tuple[Claim, ...]

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements among the claims; never none."""
        return tuple(claim for claim in self.claims if isinstance(claim, Statement))

    @property
    def dated(self) -> tuple[str, ...]:
        """The units whose own dates take part."""
        return tuple(dict.fromkeys(claim.unit for claim in self.claims if isinstance(claim, Dated)))

    def sentences(self, name: Callable[[str], str] = str, language: str = "en") -> list[str]:
        """A sentence a claim; `name` turns a unit's id into what people call it. Languages as for `timeline.label`."""
        return [
            sentence(claim, name, language) if isinstance(claim, Statement) else claim.sentence(name, language)
            for claim in self.claims
        ]


def circle(network: Network, members: Sequence[int]) -> Contradiction:
    """An irreducible circle within a strongly connected component that has a start and an end in it."""
    claims = _circle(network, members)
    while True:
        rest = first_conflict(_network(claims[1:]))
        if not rest:
            return Contradiction(tuple(claims))
        claims = rest


def chain(network: Network, trail: Sequence[int]) -> Contradiction:
    """An irreducible chain. `trail` leads from an end with a date to one with a date that contradicts it.

    A shorter chain from the same date may be taken, or a circle, if the claims form one by their other inequalities.
    """
    path = _nearest(network, trail[0]) or trail
    claims = _claims(network, path)
    small = _network(claims)
    _, cyclic = components(small.ahead, range(len(small.ahead)))
    members = next(filter(is_contradictory, cyclic.values()), None)
    if members is not None:
        return circle(small, members)
    paths = filter(None, (_nearest(small, end) for end in range(len(small.ahead))))
    claims = min((_claims(small, path) for path in paths), key=len, default=claims)
    if _days_count(small):
        claims = _leave_out(claims)
    return Contradiction(tuple(claims))


def is_contradictory(members: Iterable[int]) -> bool:
    """Whether a strongly connected component has a start and an end in it."""
    return len({end & 1 for end in members}) == 2


def first_conflict(network: Network) -> list[Claim]:
    """Some claims of a network that cannot all be true; none if all can."""
    order, cyclic = components(network.ahead, range(len(network.ahead)))
    for members in cyclic.values():
        if is_contradictory(members):
            return _circle(network, members)
    sides = earliest, latest = Side(network, EARLIEST), Side(network, LATEST)
    for side in sides:
        side.sweep(order, cyclic)
    for end, (one, other) in enumerate(zip(earliest.value, latest.value, strict=True)):
        if one + other > 0:
            return _claims(network, trail_through(sides, end))
    return []


def trail_through(sides: tuple[Side, Side], end: int) -> list[int]:
    """From the end whose date reaches `end` as its earliest day to the one whose date reaches it as its latest."""
    return sides[0].trail(end)[:-1] + sides[1].trail(end)[::-1]


def _circle(network: Network, members: Iterable[int]) -> list[Claim]:
    inside = frozenset(members)
    last, first = next(
        (one, other) for one in members if one & 1 for other in network.ahead[one] if not other & 1 and other in inside
    )
    path = _fewest(network, first, lambda end: end == last, within=inside)
    return _said(network, [last, *path])


def _fewest(
    network: Network, start: int, is_goal: Callable[[int], bool], *, within: Container[int] | None = None
) -> list[int]:
    """The ends on a way from `start` to a goal by the fewest statements; that a unit lasts is none. Empty: no way."""
    came_from = {start: start}
    done: set[int] = set()
    queue = deque([start])
    while queue:
        one = queue.popleft()
        if one in done:
            continue
        done.add(one)
        if is_goal(one):
            path = [one]
            while path[-1] != start:
                path.append(came_from[path[-1]])
            return path[::-1]
        for other in network.ahead[one]:
            if other in done or (within is not None and other not in within):
                continue
            if other == one ^ 1:
                came_from[other] = one
                queue.appendleft(other)
            elif other not in came_from:
                came_from[other] = one
                queue.append(other)
    return []


def _said(network: Network, path: Sequence[int]) -> list[Claim]:
    statements = (network.saying(one, other) for one, other in pairwise(path))
    return list({each.id: each for each in statements if each is not None}.values())


def _claims(network: Network, path: Sequence[int]) -> list[Claim]:
    """What leads along a path, with the dates at both ends of it unless it is impossible without them."""
    first, last = path[0], path[-1]
    earliest, latest = network.floors[EARLIEST][first], network.floors[LATEST][last]
    days = sum(other & ~one & 1 for one, other in pairwise(path))
    claims = _said(network, path)
    last_is_enough = free(first, EARLIEST) + days + latest > 0
    first_is_enough = earliest + days + free(last, LATEST) > 0
    if not last_is_enough:
        claims.insert(0, _source(network, first, EARLIEST))
    if last_is_enough or not first_is_enough:
        claims.append(_source(network, last, LATEST))
    return claims


def _source(network: Network, end: int, side: int) -> Claim:
    statement = network.source(end, side)
    if statement is not None:
        return statement
    name, day = network.names[end >> 1], network.floors[side][end]
    return Dated(name, BOUNDS[end & 1, side], day if side == EARLIEST else -day, network.spans[end >> 1])


def _network(claims: Iterable[Claim]) -> Network:
    """The claims alone."""
    claims = list(claims)
    statements = {claim.id: claim for claim in claims if isinstance(claim, Statement)}
    spans = {claim.unit: claim.span for claim in claims if isinstance(claim, Dated)}
    names = [name for each in statements.values() for name in (each.subject, each.object) if name]
    return Network({name: spans.get(name) for name in [*names, *spans]}, statements.values())


def _nearest(network: Network, start: int) -> list[int]:
    """The way to the nearest date that contradicts the one of `start`, however few days pass; empty: there is none."""
    earliest, latest = network.floors[EARLIEST][start], network.floors[LATEST]
    if earliest == free(start, EARLIEST):
        return []
    return _fewest(network, start, lambda end: _is_apart(start, end, earliest + latest[end]))


def _is_apart(start: int, end: int, days: int) -> bool:
    # From a start to an end at least one day passes, by whatever way.
    return days + (end & ~start & 1) > 0


def _days_count(network: Network) -> bool:
    """Whether some dates contradict one another only because of the days that pass between, or are without limit."""
    order, cyclic = components(network.ahead, range(len(network.ahead)))
    floors, latest = network.floors
    dated = [end for end, floor in enumerate(floors) if floor != free(end, EARLIEST)]
    if any(floors[end] >= FOREVER for end in dated) or any(floor >= -BEGINNING for floor in latest):
        return True
    for start in dated:
        side = Side(network, EARLIEST)
        side.value = [2 * BEGINNING] * len(floors)  # so low that no number of days makes up for it
        side.value[start] = floors[start]
        side.sweep(order, cyclic)
        for end, day in enumerate(side.value):
            if day + latest[end] > 0 and not _is_apart(start, end, floors[start] + latest[end]):
                return True
    return False


def _leave_out(claims: list[Claim]) -> list[Claim]:
    """Claims that cannot all be true, without those that can be left out."""
    needed: list[Claim] = []
    while True:
        candidate = next((claim for claim in claims if claim not in needed), None)
        if candidate is None:
            return claims
        rest = first_conflict(_network(_without(claims, candidate)))
        if rest:
            claims = rest
        else:
            needed.append(candidate)


def _without(claims: Iterable[Claim], left_out: Claim) -> Iterator[Claim]:
    # A unit's date is one claim, whichever of its bounds takes part.
    for claim in claims:
        same_date = isinstance(claim, Dated) and isinstance(left_out, Dated) and claim.unit == left_out.unit
        if claim != left_out and not same_date:
            yield claim
