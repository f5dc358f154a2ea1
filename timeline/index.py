"""What exists when, among many spans: asked in O(log n + answers) whatever their distribution, changed one by one.

A span makes up to three runs of days that follow one another: possible, certain, possible again. What stands on a day
are the runs that contain it, and each is stored with the answer that it gives, so that an answer costs a copied
reference and no test. Runs are found by a *relational interval tree* (Kriegel, Pötke, Seidl 2000), laid out by level:
days are numbers of a virtual binary tree, in which those with more trailing zeros stand higher. A run belongs to the
highest number within it; that is at the level of the highest bit in which its two bounds differ. All runs of a level
that lie in one block of 2^bits days contain the middle of that block, and none reaches out of it. So runs sorted by
start are also sorted by block, and so are runs sorted by end; those that contain a day are a slice of the first order
where the day lies before its block's middle, else a slice of the second. That is one binary search a level, and a
second where there are answers. There are as many levels as orders of magnitude in which runs differ, at most 50: with
years of history 21. Nothing is balanced, and a new span is put into sorted lists.

Memory: 48 bytes a run (one to three a span) and 56 an answer (one or two), beside the keys and spans themselves: 104
bytes for a span that is certain all through, 256 for one with two doubtful ends. A million spans are built in seconds;
one more costs microseconds among ten thousand, and some milliseconds among a million of one level, because what lies
behind it moves. So there is no tail to merge later, and no rebuild. Many at once are quicker by a new index.

Tried and left: one order by start under a tree of maxima of the ends, in which a scattered answer costs log n nodes of
0.3 µs (up to 7 µs an answer); lists of runs in place of arrays (a binary search touches two cold places a step, not
one). Measured beside other libraries in bench/tasks/timeindex.py.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import chain, islice
from typing import Generic, NamedTuple, TypeVar

from timeline.interval import Certainty, DayRange, TimeSpan

K = TypeVar("K", bound=Hashable)

_LIMIT = 1 << 49
"""More days from the origin than 10^12 years have: a bound beyond it counts as none."""


class Kind(StrEnum):
    """What a change is, to somebody who looks."""

    APPEARS = "appears"
    DISAPPEARS = "disappears"
    SURER = "surer"
    LESS_SURE = "less sure"


class Change(NamedTuple, Generic[K]):
    """What is said of one thing at an earlier and at a later time, which is not the same."""

    key: K
    span: TimeSpan
    before: Certainty
    after: Certainty

    @property
    def kind(self) -> Kind:
        """By whether the thing is there at all before and after; else by certainty."""
        if self.before is Certainty.NO:
            return Kind.APPEARS
        if self.after is Certainty.NO:
            return Kind.DISAPPEARS
        return Kind.SURER if self.after is Certainty.CERTAIN else Kind.LESS_SURE


class Match(NamedTuple, Generic[K]):
    """An epoch that matters in a range of days. `share`, 0 to 1: what both have in common, of what either has."""

    key: K
    certainty: Certainty
    share: float


class SpanIndex(Generic[K]):
    """Keys by their spans of existence; a key may have several. Answers stand in no order that means anything.

    >>> index = SpanIndex([("stoa", TimeSpan(10, 12, 20, 25)), ("tower", TimeSpan(22, 22, 40, 40))])
    >>> sorted((key, certainty.value) for key, certainty in index.on(23))
    [('stoa', 'possible'), ('tower', 'certain')]
    >>> index.boundaries(12, 25)
    [12, 20, 22]
    >>> sorted((change.key, change.kind.value) for change in index.difference([(15, 16)], [(30, 31)]))
    [('stoa', 'disappears'), ('tower', 'appears')]
    """

    def __init__(self, spans: Iterable[tuple[K, TimeSpan]] = ()) -> None:
        self._count = 0
        self._levels: dict[int, _Level[K]] = {}
        """by the bits of a block of days"""
        self._fill(spans)

    def __len__(self) -> int:
        return self._count

    def add(self, key: K, span: TimeSpan) -> None:
        """One more span."""
        for start, end, answer in _runs(key, span):
            level = self._levels.setdefault(_bits(start, end), _Level(_Side.of([], [], []), _Side.of([], [], [])))
            level.start.insert(start, answer, span)
            level.end.insert(end, answer, span)
        self._count += 1

    def remove(self, key: K, span: TimeSpan) -> None:
        """Take a span of a key away.

        Raises:
            KeyError: the key has no such span here.
        """
        for start, end, answer in _runs(key, span):
            level = self._levels.get(_bits(start, end))
            if level is None:
                raise KeyError(key)
            level.start.delete(start, answer, span)
            level.end.delete(end, answer, span)
            if not level.start.bounds:
                del self._levels[_bits(start, end)]
        self._count -= 1

    def on(self, day: int) -> list[tuple[K, Certainty]]:
        """What certainly or possibly stands on a day."""
        found: list[tuple[K, Certainty]] = []
        for side, begin, stop in self._containing(day):
            found += side.answers[begin:stop]
        return found

    def over(self, days: Sequence[DayRange]) -> list[tuple[K, Certainty]]:
        """What stands on all (certain) or some (possible) of these days.

        `days` are half-open runs in order, as `timeline.edtf.parse_days` gives them.
        """
        found = [(key, span.over(days)) for key, span in self._near(days)]
        return [answer for answer in found if answer[1] is not Certainty.NO]

    def boundaries(self, first: int, after: int) -> list[int]:
        """The days d, first <= d < after, in order, on which the certainty of something changes."""
        days: set[int] = set()
        for side, begin, stop in self._bounded(first, after):
            days.update(side.bounds[begin:stop])
        return sorted(days)

    def changes(self, first: int, after: int) -> list[tuple[int, Change[K]]]:
        """All that changes on a day d, first <= d < after, against the day before, in the order of days.

        What comes and goes again between the two is among it, which `difference` doesn't show.
        """
        found = [
            (day, Change(key, span, span.on(day - 1), span.on(day)))
            for key, span in self._changing(first, after)
            for day in span.changes()
            if first <= day < after
        ]
        return sorted(found, key=_day)

    def difference(self, before: Sequence[DayRange], after: Sequence[DayRange]) -> list[Change[K]]:
        """Of what not the same is said at one time and at the other; both are sets of days, as for `over`.

        Costs as much as the answers at both times, or as the changes between them where those are fewer.
        """
        standing = chain(self._near(before), self._near(after))
        if before and after:
            # What has no bound from the second of all these days to the last is the same on each of them.
            second, last = min(before[0][0], after[0][0]) + 1, max(before[-1][1], after[-1][1])
            count = sum(stop - begin for _, begin, stop in self._bounded(second, last))
            few = list(islice(standing, count + 1))
            standing = chain(self._changing(second, last) if len(few) > count else few)
        candidates = {(key, id(span)): (key, span) for key, span in standing}.values()
        found = [Change(key, span, span.over(before), span.over(after)) for key, span in candidates]
        return [change for change in found if change.before is not change.after]

    def matching(self, first: int, after: int) -> list[Match[K]]:
        """Which spans, of epochs, matter in the days [first, after): the one that fits best comes first.

        An epoch fits in the measure that it covers the range and little else. On a side on which it has no bound it is
        taken to reach as far as the range.
        """
        days, found = ((first, after),), []
        for key, span in self._near(days):
            start = span.start_earliest if span.start_earliest > -_LIMIT else min(first, span.end_latest)
            end = span.end_latest if span.end_latest < _LIMIT else max(after, start)
            common, either = min(end, after) - max(start, first), max(end, after) - min(start, first)
            found.append(Match(key, span.over(days), common / either))
        return sorted(found, key=_share, reverse=True)

    def _fill(self, spans: Iterable[tuple[K, TimeSpan]]) -> None:
        """Take all at once: nothing moves."""
        levels: dict[int, tuple[list[int], list[int], list[tuple[K, Certainty]], list[TimeSpan]]] = {}
        for key, span in spans:
            self._count += 1
            for start, end, answer in _runs(key, span):
                bits = _bits(start, end)
                rows = levels.get(bits)
                if rows is None:
                    rows = levels[bits] = ([], [], [], [])
                starts, ends, answers, owners = rows
                starts.append(start)
                ends.append(end)
                answers.append(answer)
                owners.append(span)
        # Levels of long runs first: they are few, and it is the order in which a tree would be walked.
        for bits in sorted(levels, reverse=True):
            starts, ends, answers, owners = levels.pop(bits)
            self._levels[bits] = _Level(_Side.of(starts, answers, owners), _Side.of(ends, answers, owners))

    def _containing(self, day: int) -> Iterator[tuple[_Side[K], int, int]]:
        """The runs that contain a day, as slices."""
        day = max(-_LIMIT, min(day, _LIMIT - 1))
        number = day + _LIMIT + 1
        for bits, (start, end) in self._levels.items():
            block = (number >> bits << bits) - _LIMIT - 1  # no run of the level contains this day
            if day <= block + (1 << bits - 1):
                bounds = start.bounds
                stop = bisect_right(bounds, day)
                if stop and bounds[stop - 1] > block:
                    yield start, bisect_right(bounds, block, 0, stop), stop
            else:
                bounds, block = end.bounds, block + (1 << bits)
                begin = bisect_right(bounds, day)
                if begin < len(bounds) and bounds[begin] <= block:
                    yield end, begin, bisect_right(bounds, block, begin)

    def _near(self, days: Sequence[DayRange]) -> Iterator[tuple[K, TimeSpan]]:
        """What possibly stands within the outer bounds of these days, each once."""
        if not days:
            return
        first, after = days[0][0], days[-1][1]
        for side, begin, stop in self._containing(first):
            for (key, _), span in zip(side.answers[begin:stop], side.spans[begin:stop], strict=True):
                yield key, span
        for side, begin, stop in self._starting(first + 1, after):
            rows = zip(side.bounds[begin:stop], side.answers[begin:stop], side.spans[begin:stop], strict=True)
            for bound, (key, _), span in rows:
                if bound == span.start_earliest:  # else it is a later run of a span that was met before
                    yield key, span

    def _starting(self, first: int, after: int) -> Iterator[tuple[_Side[K], int, int]]:
        """The runs with a first day in [first, after), as slices; runs without a bound have none."""
        first = max(first, 1 - _LIMIT)
        for level in self._levels.values():
            yield level.start.between(first, after)

    def _bounded(self, first: int, after: int) -> Iterator[tuple[_Side[K], int, int]]:
        """The runs with a bound in [first, after), as slices."""
        yield from self._starting(first, after)
        after = min(after, _LIMIT)
        for level in self._levels.values():
            yield level.end.between(first, after)

    def _changing(self, first: int, after: int) -> Iterable[tuple[K, TimeSpan]]:
        """What has a bound in [first, after), each once."""
        return {
            (answer[0], id(span)): (answer[0], span)
            for side, begin, stop in self._bounded(first, after)
            for answer, span in zip(side.answers[begin:stop], side.spans[begin:stop], strict=True)
        }.values()


class _Side(NamedTuple, Generic[K]):
    """Runs of a level in the order of one of their bounds, row by row: bound, answer, whose it is."""

    bounds: array[int]
    answers: list[tuple[K, Certainty]]
    spans: list[TimeSpan]

    @classmethod
    def of(cls, bounds: Sequence[int], answers: Sequence[tuple[K, Certainty]], spans: Sequence[TimeSpan]) -> _Side[K]:
        """Rows in any order, sorted."""
        order = sorted(range(len(bounds)), key=bounds.__getitem__)
        return cls(array("q", sorted(bounds)), [answers[row] for row in order], [spans[row] for row in order])

    def insert(self, bound: int, answer: tuple[K, Certainty], span: TimeSpan) -> None:
        at = bisect_right(self.bounds, bound)
        self.bounds.insert(at, bound)
        self.answers.insert(at, answer)
        self.spans.insert(at, span)

    def delete(self, bound: int, answer: tuple[K, Certainty], span: TimeSpan) -> None:
        at, stop = bisect_left(self.bounds, bound), bisect_right(self.bounds, bound)
        try:
            while True:
                at = self.answers.index(answer, at, stop)
                if self.spans[at] == span:
                    break
                at += 1
        except ValueError:
            raise KeyError(answer[0]) from None
        del self.bounds[at], self.answers[at], self.spans[at]

    def between(self, first: int, after: int) -> tuple[_Side[K], int, int]:
        """The rows with a bound in [first, after)."""
        begin = bisect_left(self.bounds, first)
        return self, begin, bisect_left(self.bounds, after, begin) if first < after else begin


class _Level(NamedTuple, Generic[K]):
    """The same runs twice."""

    start: _Side[K]
    end: _Side[K]


def _bits(start: int, end: int) -> int:
    """The level of a run that is not empty."""
    return ((start + _LIMIT) ^ (end + _LIMIT)).bit_length()


def _runs(key: K, span: TimeSpan) -> Iterator[tuple[int, int, tuple[K, Certainty]]]:
    """Its runs of days, none empty and each within the limit, with the answers that they give."""
    begun, all_begun, first_gone, gone = span.start_earliest, span.start_latest, span.end_earliest, span.end_latest
    if begun < -_LIMIT or gone > _LIMIT:
        begun, all_begun, first_gone, gone = (
            max(-_LIMIT, min(bound, _LIMIT)) for bound in (begun, all_begun, first_gone, gone)
        )
    possible = (key, Certainty.POSSIBLE)
    if all_begun >= first_gone:
        if begun < gone:
            yield begun, gone, possible
        return
    if begun < all_begun:
        yield begun, all_begun, possible
    yield all_begun, first_gone, (key, Certainty.CERTAIN)
    if first_gone < gone:
        yield first_gone, gone, possible


def _day(found: tuple[int, object]) -> int:
    return found[0]


def _share(match: Match[K]) -> float:
    return match.share
