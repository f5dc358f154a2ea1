"""What changed at a place between two times of its history, and why we think so: the axis of valid time.

Two times are EDTF, each read as its set of days. Of every placement that counts under the hypothesis shown, what is
said of it at one time is held against what is said at the other: it appears, it disappears, it becomes surer or less
sure. Each answer carries the reasons of both sides, the change events that name the placement and may have happened in
between, and the chain of reasons of each bound that decides and follows from relative chronology. For what changed in
the records (the axis of record time) see `scenes.history.edits`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from scenes.at_time import deciding, reason_of
from scenes.model import ChangeEvent, Hypothesis, Placement
from scenes.relative import is_narrowed
from scenes.table import SceneTable
from timeline.edtf import Edtf, parse, parse_span
from timeline.index import Kind
from timeline.interval import Certainty
from timeline.reasons import Step


@dataclass(frozen=True, slots=True)
class HistoricalChange:
    """A placement of which something else is said at the later time."""

    placement: Placement
    kind: Kind
    before: Certainty
    after: Certainty
    why_before: str
    """why that is said of the earlier time, in words"""
    why_after: str
    events: tuple[ChangeEvent, ...]
    """those that name it and may have happened in between, earliest first"""
    chains: tuple[tuple[Step, ...], ...] = ()
    """what decides at either time and is not its own date: reasons step by step, once a bound"""


@dataclass(frozen=True, slots=True)
class MomentDifference:
    """What changed between two times, ordered by the placement's id."""

    before: Edtf
    after: Edtf
    hypothesis: Hypothesis | None
    changes: tuple[HistoricalChange, ...]

    def page(self, *, first: int, after: str | None = None) -> tuple[tuple[HistoricalChange, ...], bool]:
        """Up to `first` changes, those behind the placement `after`, and whether there is more."""
        begin = 0 if after is None else bisect_right(self.changes, after, key=_name)
        return self.changes[begin : begin + first], begin + first < len(self.changes)


def difference(
    table: SceneTable, events: Iterable[ChangeEvent], *, before: str, after: str, hypothesis: str | None = None
) -> MomentDifference:
    """What changed between `before` and `after` (EDTF), either of which may be the later one.

    Raises:
        timeline.errors.EdtfError: a time is not EDTF.
        NotFound: the scene has no such hypothesis.
    """
    times = parse(before), parse(after)
    days = times[0].days(), times[1].days()
    chosen, active = table.active(hypothesis)
    first, last = min(each[0][0] for each in days), max(each[-1][1] for each in days)
    by_placement: defaultdict[str, list[ChangeEvent]] = defaultdict(list)
    for event in sorted(events, key=_happened):
        if parse_span(event.existence).over(((first, last),)) is not Certainty.NO:
            for name in dict.fromkeys((*event.predecessors, *event.successors)):
                by_placement[name].append(event)
    found = []
    stood = table.times(active)
    for change in stood.index.difference(*days):
        placement = table.placements[change.key]
        if placement.hypothesis and placement.hypothesis not in active:
            continue
        title, own = table.title_of(placement), table.spans[change.key]
        sides = list(zip(days, (change.before, change.after), strict=True))
        why = [reason_of(change.span, each, certainty, title, own=own) for each, certainty in sides]
        bounds = dict.fromkeys(bound for each, certainty in sides for bound in deciding(change.span, each, certainty))
        found.append(
            HistoricalChange(
                placement,
                change.kind,
                change.before,
                change.after,
                why[0],
                why[1],
                tuple(by_placement[placement.id]),
                tuple(stood.why(placement.id, bound) for bound in bounds if is_narrowed(change.span, own, bound)),
            )
        )
    found.sort(key=_name)
    return MomentDifference(*times, chosen, tuple(found))


def _name(change: HistoricalChange) -> str:
    return change.placement.id


def _happened(event: ChangeEvent) -> tuple[int, int, str]:
    return parse(event.existence).sort_key
