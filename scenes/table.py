"""A scene's placements as columns: made once a revision, asked for any moment in time that hardly grows with them.

`scenes.at_time.resolve` is the clear version and the oracle: it goes through the placements one by one. Here their four
bounds lie in an array, so that a moment is a few comparisons of whole columns; words (why something is said to stand)
are made for the page that is shown. `tests/scenes/test_table.py` holds both against each other.

What stood when depends on the hypotheses that count, since statements of relative chronology count with them. `times`
answers it, made once for each set of hypotheses of which anything is said.

Rows are ordered by the placement's id, which is also what a page goes on from: writing and removing others never shifts
what comes after.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np

from scenes.at_time import Standing, active_hypotheses, reason_of
from scenes.dated import own_span, span_text
from scenes.errors import Invalid, NotFound
from scenes.hidden import NOTHING, hidden, is_within, strictest, without
from scenes.model import ChronologyStatement, Epoch, Hypothesis, Layer, Placement, Record, Scene, Visibility
from scenes.relative import Relative, network_of, spoken_of
from scenes.times import Array, Times, over, weights_within
from timeline.edtf import Edtf, parse
from timeline.interval import Certainty, DayRange, TimeSpan

R = TypeVar("R", bound=Record)

CERTAIN, POSSIBLE = 2, 1
"""codes in the column of certainty; 0 would be no, and what does not stand is no row"""
_CERTAINTIES = {True: Certainty.CERTAIN, False: Certainty.POSSIBLE}
LEAST_WEIGHT = 1e-6
"""weights are rounded to this, and none of what may have stood is rounded to 0"""
_MOST_TIMES = 8
"""sets of hypotheses whose times are kept; 100 bytes a placement each"""


@dataclass(frozen=True)
class SceneTable:
    """The placements of a scene as they stood after one revision, its hypotheses, and what is said of its times.

    Immutable to who asks.
    """

    scene: Scene
    hypotheses: Mapping[str, Hypothesis]
    placements: tuple[Placement, ...]
    """by id"""
    spans: tuple[TimeSpan, ...]
    """their own dates"""
    revision: int = 0
    """number of the revision after which this is how it stood"""
    epochs: Mapping[str, Epoch] = field(default_factory=dict)
    """those that are spoken of, at least"""
    statements: Mapping[str, ChronologyStatement] = field(default_factory=dict)
    strands: Mapping[str, Layer] = field(default_factory=dict)
    """its layers"""
    _before: dict[frozenset[str], Relative] = field(default_factory=dict, repr=False, compare=False)
    """chronologies of the table before this one, by what counts, until this one needs its own"""
    _times: OrderedDict[frozenset[str], Times] = field(default_factory=OrderedDict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)
    _known: dict[Visibility, SceneTable] = field(default_factory=dict, repr=False, compare=False)
    """as audiences know it"""

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Of the placements."""
        return tuple(each.id for each in self.placements)

    @cached_property
    def bounds(self) -> Array:
        """(4, n) int64: own dates, as `Times.bounds`."""
        rows = [(each.start_earliest, each.start_latest, each.end_earliest, each.end_latest) for each in self.spans]
        return np.array(rows, np.int64).reshape(-1, 4).T.copy()

    @cached_property
    def audience(self) -> Visibility:
        """The smallest audience that anything in it is for."""
        return strictest(self.strands.values(), self.hypotheses.values(), self.placements)

    def hidden(self, level: Visibility) -> frozenset[str]:
        """Ids of what is not for the audience `level`."""
        if is_within(self.audience, level):
            return NOTHING
        return hidden(level, self.strands.values(), self.hypotheses.values(), self.placements)

    def known_to(self, level: Visibility, also: frozenset[str] = NOTHING) -> SceneTable:
        """The scene as the audience `level` may know it: nothing that is hidden from it counts for anything.

        `also` are ids of what is hidden from it though this table does not know of that.
        """
        if also and level is not Visibility.DRAFT:
            return self._without(self.hidden(level) | also, level)
        if is_within(self.audience, level) and is_within(self.scene.georeference_for, level):
            return self
        with self._lock:
            found = self._known.get(level)
            if found is None:
                found = self._known[level] = self._without(self.hidden(level), level)
            return found

    def _without(self, ids: frozenset[str], level: Visibility) -> SceneTable:
        scene = without(self.scene, ids, level)
        assert scene is not None, "a scene is hidden as a whole, by who asks for it"
        rows = [
            (known, span)
            for each, span in zip(self.placements, self.spans, strict=True)
            if (known := without(each, ids))
        ]
        return SceneTable(
            scene,
            _kept(self.hypotheses, ids),
            tuple(each for each, _ in rows),
            tuple(span for _, span in rows),
            self.revision,
            self.epochs,
            _kept(self.statements, ids),
            _kept(self.strands, ids),
        )

    @cached_property
    def transforms(self) -> Array:
        """(n, 16) float64, column-major, metres."""
        return np.array([each.transform for each in self.placements], np.float64).reshape(-1, 16)

    @cached_property
    def assets(self) -> Coded:
        """Ids of the assets."""
        return Coded.of(each.asset for each in self.placements)

    @cached_property
    def layers(self) -> Coded:
        """Ids of the layers."""
        return Coded.of(each.layer for each in self.placements)

    @cached_property
    def reliabilities(self) -> Coded:
        """Names of the Extended Matrix classes."""
        return Coded.of(each.reliability.name for each in self.placements)

    @cached_property
    def branches(self) -> Coded:
        """Ids of the hypotheses; empty: of every one."""
        return Coded.of(each.hypothesis for each in self.placements)

    @cached_property
    def _rows(self) -> dict[str, int]:
        """By id."""
        return dict(zip(self.ids, range(len(self.ids)), strict=True))

    @cached_property
    def _dated(self) -> list[Placement | Epoch]:
        """All that is spoken of."""
        rows = self._rows_of(spoken_of(self.statements.values()))
        return [*(self.placements[row] for row in rows), *self.epochs.values()]

    @cached_property
    def _spoken_of(self) -> frozenset[str]:
        """Ids of hypotheses of which something is said: what counts of the others changes no times."""
        return frozenset(each.hypothesis for each in self._dated if isinstance(each, Placement)) - {""}

    def times(self, active: frozenset[str]) -> Times:
        """When everything stood, where the hypotheses `active` count. Made once, and of what it was before."""
        key = active & self._spoken_of
        with self._lock:
            found = self._times.get(key)
            if found is None:
                found = self._times[key] = self._times_of(key)
                while len(self._times) > _MOST_TIMES:
                    self._times.popitem(last=False)
            else:
                self._times.move_to_end(key)
            return found

    def _times_of(self, active: frozenset[str]) -> Times:
        if not self.statements:
            return Times(self.spans, self.bounds, None)
        units, counting = network_of(self._dated, self.statements.values(), active)
        relative = Relative(units, counting, self._before.pop(active, None))
        spans, bounds = list(self.spans), self.bounds.copy()
        for row in self._rows_of(relative.narrowed):
            span = spans[row] = relative.narrowed[self.ids[row]]
            bounds[:, row] = span.start_earliest, span.start_latest, span.end_earliest, span.end_latest
        return Times(tuple(spans), bounds, relative)

    def _rows_of(self, names: Iterable[str]) -> list[int]:
        """The rows of those of these ids that are placements."""
        known = self._rows
        return [known[name] for name in names if name in known]

    def chronologies(self) -> dict[frozenset[str], Relative]:
        """What the next table may go on from, by what counts: each gives its chronology away once."""
        with self._lock:
            own = {key: each.relative for key, each in self._times.items() if each.relative is not None}
            return {**self._before, **own}

    def dated(self, name: str) -> Placement | Epoch | None:
        """A placement, or an epoch that is spoken of; None where there is none of this id."""
        rows = self._rows_of((name,))
        return self.placements[rows[0]] if rows else self.epochs.get(name)

    def reading(self, hypothesis: str | None, *, of: str = "") -> frozenset[str]:
        """Ids of the hypotheses that count where one is asked about under `hypothesis`, or about what is `of` one.

        Without `hypothesis`: those of the scene's preferred one; if `of` is not among them, those of `of`.

        Raises:
            NotFound: the scene has no such hypothesis.
        """
        _, active = self.active(hypothesis)
        if hypothesis or not of or of in active or of not in self.hypotheses:
            return active
        return self.active(of)[1]

    def active(self, hypothesis: str | None) -> tuple[Hypothesis | None, frozenset[str]]:
        """The hypothesis chosen, and the ids of all that count with it.

        Raises:
            NotFound: the scene has no such hypothesis.
        """
        if hypothesis and hypothesis not in self.hypotheses:
            raise NotFound(f"scene {self.scene.id} has no hypothesis {hypothesis!r}")
        preferred = self.scene.default_hypothesis
        chosen = self.hypotheses.get(hypothesis or preferred)
        name = "" if chosen is None else chosen.id
        return chosen, active_hypotheses(self.hypotheses, chosen=name, preferred=preferred)

    def counting(self, active: frozenset[str]) -> Array:
        """(n,) bool: which rows are of a hypothesis that counts, or of every one."""
        counts = np.array([not name or name in active for name in self.branches.names], bool)
        return counts[self.branches.codes] if len(counts) else np.zeros(0, bool)

    def at(self, time: str, *, hypothesis: str | None = None, minimum: Certainty = Certainty.POSSIBLE) -> MomentTable:
        """What stands at a time; arguments and errors are those of `scenes.at_time.resolve`."""
        if minimum is Certainty.NO:
            raise Invalid("the least certainty must be 'certain' or 'possible', not 'no'")
        moment = parse(time or self.scene.default_moment)
        chosen, active = self.active(hypothesis)
        days = moment.days()
        times = self.times(active)
        certain, possible = over(times.bounds, days)
        shown = (certain if minimum is Certainty.CERTAIN else possible) & self.counting(active)
        rows = np.flatnonzero(shown)
        return MomentTable(self, times, moment, days, chosen, active, rows, certain[rows])

    def title_of(self, placement: Placement) -> str:
        """Title of the hypothesis that a placement is part of; empty: of every one."""
        return self.hypotheses[placement.hypothesis].title if placement.hypothesis in self.hypotheses else ""


@dataclass(frozen=True)
class MomentTable:
    """A scene resolved: the time asked about, the hypothesis chosen, all that count, and the rows that stand."""

    table: SceneTable
    times: Times
    at: Edtf
    days: tuple[DayRange, ...]
    hypothesis: Hypothesis | None
    active: frozenset[str]
    rows: Array
    is_certain: Array
    """(rows,) bool"""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def ids(self) -> list[str]:
        """Of what stands, in order."""
        ids = self.table.ids
        return [ids[row] for row in self.rows.tolist()]

    @property
    def standing(self) -> tuple[Standing, ...]:
        """All that stands, in order, each with its certainty and the reason."""
        return self.part(range(len(self)))

    def page(self, *, first: int, after: str | None = None) -> range:
        """The places of up to `first` of what stands, those behind the id `after`."""
        begin = 0
        if after is not None:
            begin = int(np.searchsorted(self.rows, bisect_right(self.table.ids, after), side="left"))
        return range(begin, min(begin + first, len(self)))

    def part(self, places: range) -> tuple[Standing, ...]:
        """What stands in these places."""
        rows = self.rows[places.start : places.stop].tolist()
        certain = self.is_certain[places.start : places.stop].tolist()
        return tuple(
            Standing(
                self.table.placements[row],
                _CERTAINTIES[is_certain],
                self._reason(row, _CERTAINTIES[is_certain]),
                self._narrowed(row),
            )
            for row, is_certain in zip(rows, certain, strict=True)
        )

    def reason(self, place: int) -> str:
        """Why what stands in this place is said to, in words."""
        return self._reason(int(self.rows[place]), _CERTAINTIES[bool(self.is_certain[place])])

    def span(self, place: int) -> TimeSpan:
        """When what stands in this place stood, narrowed."""
        return self.times.spans[int(self.rows[place])]

    def shown(self, places: range) -> list[tuple[int, Placement, Certainty]]:
        """What stands in these places: the place, the placement, how surely. Words are left to `reason`."""
        rows = self.rows[places.start : places.stop].tolist()
        certain = self.is_certain[places.start : places.stop].tolist()
        placements = self.table.placements
        return [
            (place, placements[row], _CERTAINTIES[is_certain])
            for place, row, is_certain in zip(places, rows, certain, strict=True)
        ]

    def _reason(self, row: int, certainty: Certainty) -> str:
        title = self.table.title_of(self.table.placements[row])
        return reason_of(self.times.spans[row], self.days, certainty, title, own=self.table.spans[row])

    def _narrowed(self, row: int) -> str:
        span = self.times.spans[row]
        return "" if span is self.table.spans[row] else span_text(span)

    @cached_property
    def assets(self) -> Coded:
        """Ids of the assets of what stands."""
        return self.table.assets.part(self.rows)

    @cached_property
    def layers(self) -> Coded:
        """Ids of the layers of what stands."""
        return self.table.layers.part(self.rows)

    def transforms(self) -> Array:
        """(16 rows,) float64: 16 numbers a row, column-major, metres, one after another."""
        return self.table.transforms[self.rows].ravel()

    def certainty(self) -> Array:
        """(rows,) `CERTAIN` or `POSSIBLE`."""
        return np.where(self.is_certain, CERTAIN, POSSIBLE)

    def weights(self) -> Array:
        """(rows,) how likely each stood on at least one of the days (`TimeSpan.weights`), in millionths.

        Not a number where that is not known.
        """
        if len(self.days) == 1:
            ((first, after),) = self.days
            exact = weights_within(self.times.bounds[:, self.rows], first, after)
        else:
            found = (self.times.spans[row].weights(self.days).some for row in self.rows.tolist())
            exact = np.array([np.nan if value is None else value for value in found], np.float64)
        return np.clip(np.round(exact, 6), LEAST_WEIGHT, 1.0)


@dataclass(frozen=True)
class Coded:
    """A column with few values: their names, in order of first use, and by row which."""

    names: tuple[str, ...]
    codes: Array = field(repr=False)

    @classmethod
    def of(cls, values: Iterable[str]) -> Coded:
        """The values of a column, by row."""
        places: dict[str, int] = {}
        codes = [places.setdefault(value, len(places)) for value in values]
        return cls(tuple(places), np.array(codes, np.int32))

    def part(self, rows: Array) -> Coded:
        """Of these rows, with the names that they use."""
        used, codes = np.unique(self.codes[rows], return_inverse=True)
        return Coded(tuple(self.names[each] for each in used.tolist()), codes)


def table_of(
    scene: Scene,
    placements: Iterable[Placement],
    hypotheses: Iterable[Hypothesis],
    epochs: Iterable[Epoch] = (),
    statements: Iterable[ChronologyStatement] = (),
    *,
    layers: Iterable[Layer] = (),
    revision: int = 0,
    older: SceneTable | None = None,
) -> SceneTable:
    """The columns of a scene; what `older` has read of the same placements is not read again.

    `epochs` are those that `statements` are about, at least.

    Raises EdtfError where an existence cannot be read.
    """
    ordered = tuple(sorted(placements, key=lambda each: each.id))
    known = {} if older is None else dict(zip(map(id, older.placements), older.spans, strict=True))
    spans = tuple(known.get(id(each)) or own_span(each.existence) for each in ordered)
    return SceneTable(
        scene,
        {each.id: each for each in hypotheses},
        ordered,
        spans,
        revision,
        {each.id: each for each in epochs},
        {each.id: each for each in statements},
        {each.id: each for each in layers},
        {} if older is None else older.chronologies(),
    )


def _kept(records: Mapping[str, R], ids: frozenset[str]) -> dict[str, R]:
    """Those that may be known where `ids` are hidden."""
    return {name: known for name, each in records.items() if (known := without(each, ids)) is not None}
