"""A chronological network: units, what is said of them, and the inequalities between their ends.

A unit number n has two ends, the numbers 2n (its start) and 2n + 1 (its end); `ahead[x]` are the ends that x is not
after. From a start to an end at least a day passes, otherwise perhaps none (`timeline.statement`). That a unit stands
for a day at least is such an inequality too, and stands first in `ahead[2n]`.

Each end has a floor on either side: the least day, and the greatest with its sign turned, that dates alone allow.
Signs are turned so that both sides are one calculation: values only ever grow. A start is some day, so it lies before
FOREVER, and an end after BEGINNING; an end that *is* FOREVER has no day, which is more than to have no known limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from timeline.errors import TimelineError
from timeline.interval import BEGINNING, FOREVER, UNDATED, TimeSpan
from timeline.statement import EDGES, End, Kind, Statement

EARLIEST, LATEST = 0, 1
"""The two sides of an end."""


class Network:
    """Units by number and the statements in force.

    `ahead` and `floors` may be read by anyone; they change by the methods alone.
    """

    def __init__(self, units: Mapping[str, TimeSpan | None], statements: Iterable[Statement] = ()) -> None:
        self.names = list(units)
        self.numbers = {name: number for number, name in enumerate(self.names)}
        self.spans = [UNDATED if span is None else span for span in units.values()]
        ends = range(2 * len(self.names))
        self.ahead: list[list[int]] = [[] if end & 1 else [end + 1] for end in ends]
        self._behind: list[list[int]] | None = None  # made when first needed: the first propagation does without
        self._about: list[list[Statement]] | None = None
        earliest, latest = [BEGINNING, BEGINNING + 1] * len(self.names), [1 - FOREVER, -FOREVER] * len(self.names)
        for number, span in enumerate(self.spans):
            if span is not UNDATED:
                earliest[2 * number : 2 * number + 2] = _earliest(span)
                latest[2 * number : 2 * number + 2] = _latest(span)
        self.floors = (earliest, latest)
        self.statements: dict[str, Statement] = {}
        """those in force, in their order"""
        self._link(statements)

    @property
    def behind(self) -> list[list[int]]:
        """The ends that are not after each end."""
        if self._behind is None:
            self._behind = [[] for _ in self.ahead]
            for one, others in enumerate(self.ahead):
                for other in others:
                    self._behind[other].append(one)
        return self._behind

    @property
    def about(self) -> list[list[Statement]]:
        """The statements in force about each unit."""
        if self._about is None:
            about: list[list[Statement]] = [[] for _ in self.names]
            numbers = self.numbers
            for statement in self.statements.values():
                about[numbers[statement.subject]].append(statement)
                if statement.object:
                    about[numbers[statement.object]].append(statement)
            self._about = about
        return self._about

    def add_unit(self, name: str, span: TimeSpan | None) -> int:
        """A new unit's number.

        Raises:
            TimelineError: there is one of this name.
        """
        if name in self.numbers:
            raise TimelineError(f"there is a unit {name!r} already")
        number = self.numbers[name] = len(self.names)
        self.names.append(name)
        self.spans.append(UNDATED if span is None else span)
        start, end = 2 * number, 2 * number + 1
        self.ahead += [end], []
        if self._behind is not None:
            self._behind += [], [start]
        if self._about is not None:
            self._about.append([])
        self.floors[EARLIEST].extend(_earliest(self.spans[number]))
        self.floors[LATEST].extend(_latest(self.spans[number]))
        return number

    def units_of(self, statement: Statement) -> tuple[int, ...]:
        """Numbers of the units that a statement names.

        Raises:
            TimelineError: there is no such unit.
        """
        try:
            subject = self.numbers[statement.subject]
            return (subject, self.numbers[statement.object]) if statement.object else (subject,)
        except KeyError as missing:
            raise _no_unit(statement, missing) from None

    def edges(self, statement: Statement) -> Iterator[tuple[int, int]]:
        """What a statement says of two units: pairs of ends, the first not after the second."""
        if statement.object:
            both = (2 * self.numbers[statement.subject], 2 * self.numbers[statement.object])
            for whose, which, others, other in EDGES[statement.kind]:
                yield both[whose] + which, both[others] + other

    def _link(self, statements: Iterable[Statement]) -> None:
        # As `register`, `edges` and `join`, without a call for each: half a second in a hundred thousand.
        numbers, ahead, known = self.numbers, self.ahead, self.statements
        for statement in statements:
            if not statement.object or statement.id in known:
                self.register(statement)
                continue
            try:
                both = (2 * numbers[statement.subject], 2 * numbers[statement.object])
            except KeyError as missing:
                raise _no_unit(statement, missing) from None
            known[statement.id] = statement
            for whose, which, others, other in EDGES[statement.kind]:
                ahead[both[whose] + which].append(both[others] + other)

    def register(self, statement: Statement) -> tuple[int, ...]:
        """Put a statement in force, but for its inequalities between units; returns the units that it names.

        Raises:
            TimelineError: there is one of this id, or no such unit.
        """
        if statement.id in self.statements:
            raise TimelineError(f"there is a statement {statement.id!r} already")
        units = self.units_of(statement)
        self.statements[statement.id] = statement
        if not statement.object:
            end, side, floor = self.terminus(statement)
            self.floors[side][end] = max(self.floors[side][end], floor)
        if self._about is not None:
            for number in units:
                self._about[number].append(statement)
        return units

    def join(self, one: int, other: int) -> None:
        """Add an inequality: `one` is not after `other`."""
        self.ahead[one].append(other)
        if self._behind is not None:
            self._behind[other].append(one)

    def unlink(self, statement: Statement) -> None:
        """Take a statement out of force."""
        about = self.about
        for number in self.units_of(statement):
            about[number] = [each for each in about[number] if each.id != statement.id]
        del self.statements[statement.id]
        for one, other in self.edges(statement):
            self.ahead[one].remove(other)
            if self._behind is not None:
                self._behind[other].remove(one)
        if not statement.object:
            end, side, _ = self.terminus(statement)
            self.floors[side][end] = self._floor(end, side)

    def date(self, number: int, span: TimeSpan | None) -> None:
        """Give a unit other dates of its own."""
        self.spans[number] = UNDATED if span is None else span
        for end in (2 * number, 2 * number + 1):
            for side in (EARLIEST, LATEST):
                self.floors[side][end] = self._floor(end, side)

    def terminus(self, statement: Statement) -> tuple[int, int, int]:
        """Of a terminus with days: the end that it is about, the side, and the floor that it sets there."""
        assert statement.days is not None
        first, after = statement.days
        is_end = statement.end is End.END
        end = 2 * self.numbers[statement.subject] + is_end
        if statement.kind is Kind.TERMINUS_POST_QUEM:
            return end, EARLIEST, first + (is_end and first > BEGINNING)
        return end, LATEST, -(after - (not is_end))

    def dated(self, end: int, side: int) -> int:
        """The floor that a unit's own dates set."""
        span = self.spans[end >> 1]
        return (_earliest(span) if side == EARLIEST else _latest(span))[end & 1]

    def source(self, end: int, side: int) -> Statement | None:
        """The terminus that sets the floor; None where the unit's own dates do, or nothing does."""
        floor = self.floors[side][end]
        if self.dated(end, side) == floor:
            return None
        return next(
            statement
            for statement in self.about[end >> 1]
            if not statement.object and self.terminus(statement) == (end, side, floor)
        )

    def saying(self, one: int, other: int) -> Statement | None:
        """The first statement that says one end is not after the other; None: that a unit stands for a day."""
        if one ^ 1 == other:
            return None
        here, there = self.about[one >> 1], self.about[other >> 1]
        shorter = here if len(here) <= len(there) else there
        return next(each for each in shorter if (one, other) in self.edges(each))

    def _floor(self, end: int, side: int) -> int:
        termini = (self.terminus(each) for each in self.about[end >> 1] if not each.object)
        return max([self.dated(end, side), *(floor for at, of, floor in termini if (at, of) == (end, side))])


def _no_unit(statement: Statement, missing: KeyError) -> TimelineError:
    return TimelineError(f"statement {statement.id!r}: there is no unit {missing}")


def free(end: int, side: int) -> int:
    """The floor of an end of which nothing is known: a start is some day, so not FOREVER, and an end not BEGINNING."""
    return BEGINNING + (end & 1) if side == EARLIEST else -(FOREVER - 1 + (end & 1))


def _earliest(span: TimeSpan) -> tuple[int, int]:
    return span.start_earliest, max(span.end_earliest, BEGINNING + 1)


def _latest(span: TimeSpan) -> tuple[int, int]:
    return -min(span.start_latest, FOREVER - 1), -span.end_latest


def unlimited(day: int) -> int:
    """BEGINNING or FOREVER for a number that only counts inequalities from there; any other day as it is."""
    if day < BEGINNING // 2:
        return BEGINNING
    return FOREVER if day > FOREVER // 2 else day
