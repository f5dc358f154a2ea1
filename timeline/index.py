"""What exists when, among many spans: built once in O(n log n), asked in O(log n + answers).

Spans are kept in order of their earliest start. Over the same order stands a tree of maxima of their latest ends, as an
array per level: those that began by a day are a prefix of the order, and in the prefix only branches whose greatest end
lies after the day are entered. So that a million spans build in seconds, levels are made by `map` over slices.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from timeline.interval import Certainty, DayRange, TimeSpan

K = TypeVar("K")


class SpanIndex(Generic[K]):
    """Keys by their spans of existence. Immutable.

    >>> index = SpanIndex([("stoa", TimeSpan(10, 12, 20, 25)), ("tower", TimeSpan(22, 22, 40, 40))])
    >>> [(key, certainty.value) for key, certainty in index.on(23)]
    [('stoa', 'possible'), ('tower', 'certain')]
    >>> index.boundaries(12, 25)
    [12, 20, 22]
    """

    def __init__(self, spans: Iterable[tuple[K, TimeSpan]]) -> None:
        pairs = sorted(spans, key=lambda pair: pair[1].start_earliest)
        self._keys = [key for key, _ in pairs]
        self._spans = [span for _, span in pairs]
        self._starts = [span.start_earliest for span in self._spans]
        # levels[0] are the ends themselves, levels[h][i] the greatest of ends[i << h : (i + 1) << h].
        self._levels = [[span.end_latest for span in self._spans]]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            pairs_above = list(map(max, below[0::2], below[1::2]))
            self._levels.append(pairs_above + below[len(below) & ~1 :])
        self._changes = sorted({day for span in self._spans for day in span.changes()})

    def __len__(self) -> int:
        return len(self._keys)

    def on(self, day: int) -> list[tuple[K, Certainty]]:
        """What certainly or possibly stands on a day, in order of earliest start."""
        return [(self._keys[at], self._spans[at].on(day)) for at in self._overlapping(day, day + 1)]

    def over(self, days: Sequence[DayRange]) -> list[tuple[K, Certainty]]:
        """What stands on all (certain) or some (possible) of these days, in order of earliest start.

        `days` are half-open runs in order, as `timeline.edtf.parse_days` gives them.
        """
        if not days:
            return []
        found: list[tuple[K, Certainty]] = []
        for at in self._overlapping(days[0][0], days[-1][1]):
            certainty = self._spans[at].over(days)
            if certainty is not Certainty.NO:
                found.append((self._keys[at], certainty))
        return found

    def boundaries(self, first: int, after: int) -> list[int]:
        """The days d, first <= d < after, in order, on which the certainty of something changes."""
        return self._changes[bisect_left(self._changes, first) : bisect_left(self._changes, after)]

    def _overlapping(self, first: int, after: int) -> Iterator[int]:
        """Places of the spans that possibly stand on a day of [first, after), ascending."""
        count = bisect_right(self._starts, after - 1)
        stack = [(len(self._levels) - 1, 0)]
        while stack:
            height, at = stack.pop()
            level = self._levels[height]
            if at >= len(level) or at << height >= count or level[at] <= first:
                continue
            if height == 0:
                yield at
            else:
                stack.append((height - 1, 2 * at + 1))
                stack.append((height - 1, 2 * at))
