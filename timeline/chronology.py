"""Relative chronology: units, what is said of them, the bounds that follow, and the contradictions.

    units = {"church": TimeSpan(...), "mosque": None}
    chronology = Chronology(units, [Statement("s1", Kind.AFTER, "mosque", "church")])
    chronology.span("mosque")                                # its own bounds, narrowed by everything that is said
    chronology.explain("mosque", Bound.START_EARLIEST)       # why
    chronology.contradictions                                # what cannot all be true

Invariant: the statements in force contradict neither one another nor any unit's own date, and bounds are the tightest
that follow from them. A statement is in force unless it belongs to one of `contradictions` or to `tangled`. A
contradiction stands until one of its own statements is withdrawn or one of its dates is changed, whatever else happens.

Costs, with n units and statements together: all at once, linear. One statement added: what changes and its neighbours,
times a logarithm. One withdrawn: the same, for what had depended on it. A contradiction that is closed by a new
statement: at most linear. Where there are `tangled` statements, withdrawing and dating begin from the start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

from timeline.components import components
from timeline.consistency import propagate
from timeline.contradiction import Contradiction, chain, circle
from timeline.errors import TimelineError
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.network import EARLIEST, LATEST, Network, unlimited
from timeline.propagation import OWN, Undo
from timeline.reasons import BOUNDS, Bound, Step
from timeline.statement import Statement

_PLACES = {bound: place for place, bound in BOUNDS.items()}
_MANY = 200
"""statements that may be in force again; beyond, all is propagated anew: each that is entered may move the others"""


@dataclass(frozen=True, slots=True)
class Change:
    """What a change did: units that were looked at again, contradictions that are new, and those that are gone."""

    touched: frozenset[str]
    contradictions: tuple[Contradiction, ...] = ()
    resolved: tuple[Contradiction, ...] = ()


@dataclass(slots=True)
class _Doing:
    """A change under way: old values of both sides, and contradictions found."""

    undo: tuple[Undo, Undo] = field(default_factory=lambda: ({}, {}))
    found: list[Contradiction] = field(default_factory=list)


class Chronology:
    """Units with their own bounds, statements about them, and what follows. See the module.

    Raises:
        TimelineError: two statements have one id, or one is about a unit that is not there.

    >>> from timeline.statement import Kind
    >>> units = {"church": TimeSpan(10, 12, 20, 25), "mosque": None}
    >>> chronology = Chronology(units, [Statement("s1", Kind.AFTER, "mosque", "church")])
    >>> chronology.span("mosque").start_earliest
    20
    >>> for step in chronology.explain("mosque", Bound.START_EARLIEST):
    ...     print(step.sentence())
    church still stood on 20 March 1 BC: its own date
    mosque began no earlier than 21 March 1 BC: mosque began when church was gone
    """

    def __init__(self, units: Mapping[str, TimeSpan | None], statements: Iterable[Statement] = ()) -> None:
        self._network = Network(units, statements)
        self._statements = dict(self._network.statements)
        self._begin()

    def _begin(self) -> None:
        result = propagate(self._network)
        self._sides = result.sides
        self._contradictions = result.contradictions
        self._tangled = {each.id: each for each in result.tangled}

    @property
    def units(self) -> tuple[str, ...]:
        """In the order in which they came."""
        return tuple(self._network.names)

    @property
    def statements(self) -> Mapping[str, Statement]:
        """All, by id, in force or not."""
        return MappingProxyType(self._statements)

    @property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Each with statements that no other has; all of them are out of force."""
        return tuple(self._contradictions)

    @property
    def tangled(self) -> tuple[Statement, ...]:
        """Statements out of force because they lie in contradictions that were not told apart: there were too many."""
        return tuple(self._tangled.values())

    def is_in_force(self, statement_id: str) -> bool:
        """Whether a statement narrows bounds. False too where there is none of this id."""
        return statement_id in self._network.statements

    def span(self, unit: str) -> TimeSpan:
        """A unit's bounds, as tight as everything in force allows.

        Raises:
            TimelineError: there is no such unit.
        """
        return self._span(self._number(unit))

    def spans(self) -> Iterator[tuple[str, TimeSpan]]:
        """All units' bounds."""
        return ((name, self._span(number)) for number, name in enumerate(self._network.names))

    def explain(self, unit: str, bound: Bound) -> tuple[Step, ...]:
        """Why a bound is where it is: from a date, one thing after another, to this bound. Without limit: no steps.

        Raises:
            TimelineError: there is no such unit.
        """
        which, side = _PLACES[bound]
        end, values = 2 * self._number(unit) + which, self._sides[side].value
        if _has_no_limit(values[end]):
            return ()
        trail = self._sides[side].trail(end)
        network = self._network
        source = network.source(trail[0], side)
        own = network.spans[trail[0] >> 1]
        steps = [self._step(trail[0], side, source, own=own if source is None else None)]
        for before, here in pairwise(trail):
            edge = (before, here) if side == EARLIEST else (here, before)
            steps.append(self._step(here, side, network.saying(*edge)))
        return tuple(steps)

    def add(self, statement: Statement) -> Change:
        """Say something more. If it contradicts what is in force, all that is contradictory goes out of force.

        Raises:
            TimelineError: there is a statement of this id, or no such unit.
        """
        if statement.id in self._statements:
            raise TimelineError(f"there is a statement {statement.id!r} already")
        doing = _Doing()
        self._enter(statement, doing)
        self._statements[statement.id] = statement
        return self._change(doing)

    def withdraw(self, statement_id: str) -> Change:
        """Take back a statement. Those that it contradicted are in force again, unless they contradict others.

        Raises:
            TimelineError: there is no such statement.
        """
        statement = self._statements.pop(statement_id, None)
        if statement is None:
            raise TimelineError(f"there is no statement {statement_id!r}")
        gone = [each for each in self._contradictions if statement in each.statements]
        if self._tangled or _are_many(gone):
            return self._begin_again()
        doing = _Doing()
        if gone:
            self._reconsider(gone, doing)
        else:
            self._leave([statement], doing)
        return self._change(doing, gone)

    def add_unit(self, unit: str, span: TimeSpan | None = None) -> None:
        """A new unit; None: undated.

        Raises:
            TimelineError: there is one of this name.
        """
        self._network.add_unit(unit, span)
        for side in self._sides:
            side.extend()

    def date(self, unit: str, span: TimeSpan | None) -> Change:
        """Give a unit other bounds of its own; None: undated.

        Raises:
            TimelineError: there is no such unit.
        """
        number = self._number(unit)
        self._network.date(number, span)
        if self._tangled or _are_many([each for each in self._contradictions if unit in each.dated]):
            return self._begin_again()
        doing = _Doing()
        ends = (2 * number, 2 * number + 1)
        for here in self._sides:
            floor = self._network.floors[here.side]
            lost = [end for end in ends if here.came_from[end] == OWN and floor[end] < here.value[end]]
            here.shrink(lost, doing.undo[here.side])
        for end in ends:
            for side in (EARLIEST, LATEST):
                self._raise(end, side, doing)
        gone = [each for each in self._contradictions if unit in each.dated and each not in doing.found]
        self._reconsider(gone, doing)
        return self._change(doing, gone)

    def _number(self, unit: str) -> int:
        number = self._network.numbers.get(unit)
        if number is None:
            raise TimelineError(f"there is no unit {unit!r}")
        return number

    def _span(self, number: int) -> TimeSpan:
        earliest, latest = (side.value for side in self._sides)
        start, end, own = 2 * number, 2 * number + 1, self._network.spans[number]
        bounds = [unlimited(day) for day in (earliest[start], -latest[start], earliest[end], -latest[end])]
        if bounds == [own.start_earliest, own.start_latest, own.end_earliest, own.end_latest]:
            return own
        return TimeSpan(
            *(bounds[0], bounds[1], bounds[2], bounds[3]),
            start_unknown=own.start_unknown and bounds[0] <= BEGINNING,
            end_unknown=own.end_unknown and bounds[3] >= FOREVER,
        )

    def _step(self, end: int, side: int, statement: Statement | None, *, own: TimeSpan | None = None) -> Step:
        day = self._sides[side].value[end]
        name = self._network.names[end >> 1]
        return Step(name, BOUNDS[end & 1, side], day if side == EARLIEST else -day, statement, own is not None, own)

    def _enter(self, statement: Statement, doing: _Doing) -> None:
        """Put a statement in force, or find what it contradicts."""
        network = self._network
        network.register(statement)
        if not statement.object:
            end, side, _ = network.terminus(statement)
            self._raise(end, side, doing)
            return
        earliest, latest = self._sides
        undo: tuple[Undo, Undo] = ({}, {})
        edges = list(network.edges(statement))
        # One after another: `grow` relies on all others being satisfied.
        for at, (one, other) in enumerate(edges):
            network.join(one, other)
            day, turned = earliest.value[one] + earliest.step(one, other), latest.value[other]
            trail = earliest.trail(one) + latest.trail(other)[::-1] if day + turned > 0 else []
            is_circle = not earliest.grow(other, day, one, undo[EARLIEST])
            if is_circle or trail:
                for edge in edges[at + 1 :]:
                    network.join(*edge)
                # Of the two the circle is told: it needs no dates, and a first propagation finds circles first.
                members = components(network.ahead, [other])[1][one] if is_circle else ()
                found = circle(network, members) if is_circle else chain(network, trail)
                for here in self._sides:
                    here.restore(undo[here.side])
                network.unlink(statement)
                self._contradict(found, doing)
                return
            latest.grow(one, turned + latest.step(other, one), other, undo[LATEST])
        for own, whole in zip(undo, doing.undo, strict=True):
            whole.update(own | whole)  # the oldest values stay

    def _raise(self, end: int, side: int, doing: _Doing) -> None:
        """Bring a value up to its floor; what the floor contradicts goes out of force."""
        here, there = self._sides[side], self._sides[1 - side]
        while (floor := self._network.floors[side][end]) + there.value[end] > 0:
            beyond = there.trail(end)
            self._contradict(chain(self._network, beyond[::-1] if side == EARLIEST else beyond), doing)
        here.grow(end, floor, OWN, doing.undo[side])

    def _contradict(self, found: Contradiction, doing: _Doing) -> None:
        self._contradictions.append(found)
        doing.found.append(found)
        self._leave([each for each in found.statements if each.id in self._network.statements], doing)

    def _leave(self, statements: Sequence[Statement], doing: _Doing) -> None:
        """Take statements out of force, all at once: one by one, each would shrink what the next shrinks again."""
        network = self._network
        edges = [edge for each in statements for edge in network.edges(each)]
        for each in statements:
            network.unlink(each)
        earliest, latest = self._sides
        lost: tuple[set[int], set[int]] = (set(), set())
        for one, other in edges:
            if other not in network.ahead[one]:  # another statement may say the same
                if earliest.came_from[other] == one:
                    lost[EARLIEST].add(other)
                if latest.came_from[one] == other:
                    lost[LATEST].add(one)
        for end, side, _ in (network.terminus(each) for each in statements if not each.object):
            here = self._sides[side]
            if here.came_from[end] == OWN and network.floors[side][end] < here.value[end]:
                lost[side].add(end)
        for ends, values, undo in zip(lost, self._sides, doing.undo, strict=True):
            values.shrink(sorted(ends), undo)

    def _reconsider(self, gone: Iterable[Contradiction], doing: _Doing) -> None:
        """Statements of contradictions that hold no more are put in force again, one by one, in their order."""
        ids = {each.id for contradiction in gone for each in contradiction.statements}
        self._contradictions = [each for each in self._contradictions if each not in gone]
        for statement in [each for each in self._statements.values() if each.id in ids]:
            self._enter(statement, doing)

    def _begin_again(self) -> Change:
        before = self._contradictions
        spans = dict(zip(self._network.names, self._network.spans, strict=True))
        self._network = Network(spans, self._statements.values())
        self._begin()
        return Change(
            frozenset(self._network.names),
            tuple(each for each in self._contradictions if each not in before),
            tuple(each for each in before if each not in self._contradictions),
        )

    def _change(self, doing: _Doing, gone: Sequence[Contradiction] = ()) -> Change:
        ends = doing.undo[EARLIEST].keys() | doing.undo[LATEST].keys()
        touched = frozenset(self._network.names[end >> 1] for end in ends)
        new = tuple(each for each in doing.found if each in self._contradictions and each not in gone)
        return Change(touched, new, tuple(each for each in gone if each not in self._contradictions))


def _are_many(contradictions: Iterable[Contradiction]) -> bool:
    return sum(len(each.statements) for each in contradictions) > _MANY


def _has_no_limit(value: int) -> bool:
    # Values grow from -FOREVER up on both sides; a day that really is BEGINNING or FOREVER lies at the other end.
    return value < BEGINNING // 2
