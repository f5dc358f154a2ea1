"""When the rows of a scene's table stood: their spans as columns, and what is asked of whole columns at once.

The clear versions are methods of `timeline.interval.TimeSpan`; `tests/scenes/test_table.py` holds both against each
other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from scenes.relative import Relative
from timeline.index import SpanIndex
from timeline.interval import BEGINNING, FOREVER, DayRange, TimeSpan
from timeline.reasons import Bound, Step

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Times:
    """When the rows of a table stood under some hypotheses: own dates, narrowed by relative chronology."""

    spans: tuple[TimeSpan, ...]
    bounds: Array
    """(4, n) int64: earliest and latest starts, earliest and latest ends, in days"""
    relative: Relative | None
    """None: nothing is said of any of them"""

    @cached_property
    def index(self) -> SpanIndex[int]:
        """The rows by their spans, for what differs between two times."""
        return SpanIndex(enumerate(self.spans))

    def narrowed(self, name: str, own: TimeSpan) -> TimeSpan:
        """Bounds of a placement or an epoch; `own` where nothing narrows them, or it does not count."""
        return own if self.relative is None else self.relative.narrowed.get(name, own)

    def why(self, name: str, bound: Bound) -> tuple[Step, ...]:
        """Why a bound is where it is, from a date on; none where it has no limit, or nobody speaks of the thing."""
        return () if self.relative is None else self.relative.why(name, bound)


def over(bounds: Array, days: Sequence[DayRange]) -> tuple[Array, Array]:
    """Which spans stand on every one of these days, and which perhaps on one: `TimeSpan.over` for columns."""
    begun, all_begun, first_gone, gone = bounds
    if not days:
        return np.zeros(len(begun), bool), np.zeros(len(begun), bool)
    certain = (all_begun <= days[0][0]) & (days[-1][1] <= first_gone)
    firsts, afters = (np.array(side, np.int64) for side in zip(*days, strict=True))
    # The first run that ends after the earliest start: if that one begins too late, all others do.
    at = np.searchsorted(afters, begun, side="right")
    possible = (at < len(days)) & (firsts[np.minimum(at, len(days) - 1)] < gone)
    return certain, certain | possible


def weights_within(bounds: Array, first: int, after: int) -> Array:
    """`TimeSpan.weights(...).some` over one run of days, of spans that may stand in it; not a number: not known.

    Of all draws of a start and an end that are hits: started before the run's end, ended after its beginning, and in
    this order. Nothing is subtracted, so that small shares stay exact.
    """
    begun, all_begun, first_gone, gone = bounds
    low, high = begun.astype(np.float64), np.minimum(all_begun, after - 1).astype(np.float64)
    near, far = np.maximum(first_gone, first + 1).astype(np.float64), gone.astype(np.float64)
    before_all = np.maximum(0.0, np.minimum(high, near - 1) - low + 1)  # these starts go with every end
    one, last = np.maximum(low, near), np.minimum(high, far - 1)  # these with the ends after them
    among = np.where(one <= last, (last - one + 1) * (2 * far - one - last) / 2, 0.0)
    hits = before_all * (far - near + 1) + among
    draws = (all_begun - low + 1) * (far - first_gone + 1)
    open_start = (begun < all_begun) & ((begun <= BEGINNING) | (all_begun >= FOREVER))
    open_end = (first_gone < gone) & ((first_gone <= BEGINNING) | (gone >= FOREVER))
    stood = np.maximum(first, all_begun) < np.minimum(after, first_gone)
    return np.where(stood, 1.0, np.where(open_start | open_end, np.nan, hits / draws))
