"""Relative chronology of a scene: what is said of when its placements and epochs stood, and the bounds that follow.

What counts is decided by the hypotheses that count (`scenes.at_time`). A placement of one that does not stands nowhere,
so nothing that is said of it narrows anything. A statement has no hypothesis of its own: it counts where all that it
speaks of does. So there is one chronology for each set of hypotheses that count and are spoken of.

A scene without statements costs nothing here, and what is not spoken of is no unit: nothing could narrow it.

`chronology_of` is the clear version: from the records, all at once. `Relative` is the same kept, and brought up to date
by what changed (`timeline.chronology`). Bounds do not depend on the way; but which of two contradictions is told, and
which of two equally good reasons, may. So where anything is contradictory all is done anew, and reasons are always told
from a chronology made at once, of statements by their ids: the same records give the same answer.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from scenes.dated import own_span
from scenes.errors import Invalid
from scenes.model import ChronologyStatement, Epoch, Placement
from timeline.chronology import Chronology
from timeline.contradiction import Contradiction
from timeline.edtf import parse_span
from timeline.interval import DayRange, TimeSpan
from timeline.reasons import Bound, Step
from timeline.statement import Statement

Dated = Placement | Epoch
"""what has an existence and may be spoken of"""

_FEW = 8
"""Of what there is, the part that may change and still be brought in one by one: a change costs some dozens of times
what reading does, the first one all of it again."""


def said(statement: ChronologyStatement) -> Statement:
    """A statement as `timeline` reads it. Raises timeline.errors.TimelineError where it has no meaning."""
    return Statement(
        id=statement.id,
        kind=statement.relation,
        subject=statement.subject,
        object=statement.object,
        days=days_of(statement.date) if statement.date else None,
        end=statement.end,
        date=statement.date,
        source=statement.source.text if statement.source else "",
        author=statement.author,
    )


def days_of(date: str) -> DayRange:
    """The days of a terminus.

    Raises:
        Invalid: it has no limit on one side.
        timeline.errors.EdtfError: it is not EDTF.
    """
    span = parse_span(date)
    if span.start_unknown or span.end_unknown:
        raise Invalid(f"date: {date!r} has no limit on one side, expected a day or days")
    return span.start_earliest, span.end_latest


def spoken_of(statements: Iterable[ChronologyStatement]) -> frozenset[str]:
    """Ids of all that statements are about."""
    found: set[str] = set()
    for each in statements:
        found.add(each.subject)
        found.add(each.object)
    return frozenset(found - {""})


def counts(thing: Dated, active: frozenset[str]) -> bool:
    """Whether a thing is there by the hypotheses that count; epochs always are."""
    return isinstance(thing, Epoch) or not thing.hypothesis or thing.hypothesis in active


def network_of(
    dated: Iterable[Dated], statements: Iterable[ChronologyStatement], active: frozenset[str]
) -> tuple[dict[str, TimeSpan], list[ChronologyStatement]]:
    """Own dates of what is spoken of and counts, by id, and the statements that count, in the order of their ids."""
    there = {each.id: each for each in dated if counts(each, active)}
    counting = [
        each
        for each in sorted(statements, key=_id)
        if each.subject in there and (not each.object or each.object in there)
    ]
    # In an order of their own, so that the same records give the same answer, whatever was written first.
    return {name: own_span(there[name].existence) for name in sorted(spoken_of(counting))}, counting


def chronology_of(
    dated: Iterable[Dated], statements: Iterable[ChronologyStatement], active: frozenset[str] = frozenset()
) -> Chronology:
    """What is said of the times of a scene, all at once. What is not spoken of is no unit of it."""
    units, counting = network_of(dated, statements, active)
    return Chronology(units, map(said, counting))


class Relative:
    """What follows from some dates and statements: narrowed bounds, contradictions, reasons. Immutable to who asks.

    `before`, of the same scene and hypotheses as it stood, gives its chronology away, if it still has it.
    """

    def __init__(
        self,
        units: Mapping[str, TimeSpan],
        statements: Iterable[ChronologyStatement],
        before: Relative | None = None,
    ) -> None:
        self._lock = threading.Lock()
        self._units: Final = units
        self._records: Final = {each.id: each for each in statements}
        self._told: Chronology | None = None
        self._grown: Chronology | None = None
        """brought up to date by changes: its bounds are right, its reasons may be others than of one made anew"""
        since = None if before is None else self._since(before)
        if since is None:
            chronology = self._told = self._fresh()
            narrowed = {name: span for name, span in chronology.spans() if span != units[name]}
        else:
            chronology, narrowed = since
            self._grown = chronology
        self.is_brought_up: Final = since is not None
        """whether it was made of the one before it, by what changed"""
        self.narrowed: Final[Mapping[str, TimeSpan]] = narrowed
        """bounds of what others narrow, by id; a span among them has no text"""
        self.contradictions: Final[tuple[Contradiction, ...]] = chronology.contradictions
        """what cannot all be true, told apart; their statements narrow nothing"""
        self.tangled: Final[tuple[str, ...]] = tuple(each.id for each in chronology.tangled)
        """ids of the statements that lie in contradictions too many to be told apart; they narrow nothing"""
        told_apart = (statement.id for each in self.contradictions for statement in each.statements)
        self._out_of_force: Final = frozenset((*told_apart, *self.tangled))

    def is_in_force(self, statement_id: str) -> bool:
        """Whether a statement counts here and narrows bounds: it belongs to no contradiction."""
        return statement_id in self._records and statement_id not in self._out_of_force

    def why(self, unit: str, bound: Bound) -> tuple[Step, ...]:
        """Why a unit's bound is where it is, from a date on; none where it has no limit, or nobody speaks of it."""
        if unit not in self._units:
            return ()
        with self._lock:
            if self._told is None:
                self._told = self._fresh()
            return self._told.explain(unit, bound)

    def _fresh(self) -> Chronology:
        return Chronology(self._units, map(said, self._records.values()))

    def _given_away(self) -> Chronology | None:
        """A chronology of these units and statements that nobody else uses; None where one is as soon made."""
        with self._lock:
            given, self._grown = self._grown, None
            if given is None:
                given, self._told = self._told, None
            return given

    def _since(self, before: Relative) -> tuple[Chronology, dict[str, TimeSpan]] | None:
        """A chronology and its narrowed bounds made of those before; None where all is better done anew."""
        changes = _Changes.between(before._units, self._units, before._records, self._records)
        if before.contradictions or before.tangled or changes.number * _FEW > len(self._records):
            return None
        chronology = before._given_away()
        if chronology is None:
            return None
        looked_at = changes.made(chronology, self._units, self._records)
        if chronology.contradictions or chronology.tangled:
            return None
        narrowed = {name: span for name, span in before.narrowed.items() if name not in looked_at}
        for name in looked_at & self._units.keys():
            span = chronology.span(name)
            if span != self._units[name]:
                narrowed[name] = span
        return chronology, narrowed


@dataclass(frozen=True, slots=True)
class _Changes:
    """What leads from some units and statements to others. A unit that is gone stays, undated and not spoken of."""

    withdrawn: list[str]
    lost: list[str]
    dated: list[str]
    said: list[str]

    @classmethod
    def between(
        cls,
        old_units: Mapping[str, TimeSpan],
        units: Mapping[str, TimeSpan],
        old: Mapping[str, ChronologyStatement],
        new: Mapping[str, ChronologyStatement],
    ) -> _Changes:
        same = {name for name, each in new.items() if (was := old.get(name)) is each or was == each}
        return cls(
            withdrawn=[name for name in old if name not in same],
            lost=[name for name in old_units if name not in units],
            dated=[name for name, span in units.items() if (own := old_units.get(name)) is not span and own != span],
            said=[name for name in new if name not in same],
        )

    @property
    def number(self) -> int:
        return len(self.withdrawn) + len(self.lost) + len(self.dated) + len(self.said)

    def made(
        self, chronology: Chronology, units: Mapping[str, TimeSpan], records: Mapping[str, ChronologyStatement]
    ) -> set[str]:
        """Make them in a chronology; the units whose bounds may be others now."""
        there = frozenset(chronology.units)
        looked_at = {*self.lost, *self.dated}
        for name in self.withdrawn:
            looked_at |= chronology.withdraw(name).touched
        for name in self.lost:
            looked_at |= chronology.date(name, None).touched
        for name in self.dated:
            if name in there:
                looked_at |= chronology.date(name, units[name]).touched
            else:
                chronology.add_unit(name, units[name])
        for name in self.said:
            looked_at |= chronology.add(said(records[name])).touched
        return looked_at


def is_narrowed(span: TimeSpan, own: TimeSpan, bound: Bound) -> bool:
    """Whether a bound of a span is another than that of the thing's own date."""
    return bool(getattr(span, bound.value) != getattr(own, bound.value))


def _id(statement: ChronologyStatement) -> str:
    return statement.id
