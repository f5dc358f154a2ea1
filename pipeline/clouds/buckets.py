"""A cloud of any size dealt out into buckets that fit memory: cells of an octree, sorted by counting.

The records are written to a file as they come, while points are counted by cells; cells are joined to buckets of a
limited number of points, each a cell of some depth; then each bucket gets its place in a second file, as long as all of
them, and the records are read again and put there. A file whose points are at hand at once (LAS) is read twice instead
of being written. Buckets, and their order, depend on the cloud alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.clouds.records import Frame, placed, places_of, put
from pipeline.clouds.source import CHUNK
from pipeline.compiled import njit
from scenes.errors import Malformed
from tiling.points_order import DEEPEST, cell, joined_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.clouds.source import CloudSource

_DEEPER = 6
"""by so many depths finer cells are counted by where one of them has too many points"""
_MOST_CELLS = 1 << 21
_TABLE_DEPTH = 6
_TWICE = ("las",)
"""files that are as quick to read as our own"""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Cells of the octree in the order of their codes, and their records in a file, one after the other."""

    path: Path
    kind: np.dtype[np.void]
    depth: NDArray[np.int64]
    """(b,)"""
    code: NDArray[np.uint64]
    """(b,) of each cell at its own depth"""
    first: NDArray[np.int64]
    """(b + 1,) of each one's records"""

    def __len__(self) -> int:
        return len(self.depth)

    def read(self, bucket: int) -> NDArray[np.void]:
        """The records of a bucket."""
        count = int(self.first[bucket + 1] - self.first[bucket])
        return np.fromfile(self.path, self.kind, count, offset=int(self.first[bucket]) * self.kind.itemsize)


def most_points(count: int) -> int:
    """Of a bucket of a cloud of so many: an eighth, so that there is work for several hands, from 256k to a million.

    Some tiles' worth at least, because what only passes through a bucket is handled twice; of huge clouds more, so that
    their buckets remain some hundreds.
    """
    return max(min(max(count // 8, 1 << 18), 1 << 20), count // 256)


def dealt(
    source: CloudSource,
    of: Frame,
    scratch: Path,
    progress: Callable[[float], None],
    *,
    most: int | None = None,
) -> Buckets:
    """Deal a cloud out into a file in `scratch`, in buckets of at most `most` points (None: as its size asks for).

    Raises:
        Malformed: the points contradict the file's head.
    """
    count, inverse = source.head.count, of.cube.inverse
    most = most_points(count) if most is None else most
    cells = _Cells(_depth_for(count), inverse, count)
    kept = scratch / "records"
    is_kept = source.head.kind not in _TWICE
    done = 0
    with kept.open("wb") as file:
        for points in source.chunks(CHUNK):
            places = placed(points, of)
            cells.add(places)
            if is_kept:
                rows = np.zeros(len(places), of.kind)
                put(points, places, of, np.arange(len(places)), rows)
                rows.tofile(file)
            done += len(places)
            progress(0.5 * done / count)
    if done != count:
        raise Malformed(f"the file states {count:,} points and has {done:,}")
    found, counts = cells.done()
    while counts.max() > most and (finer := cells.finer()) is not None:
        # Points crowd together in a cell, as where a single one lies far off all others.
        cells = finer
        for places, _ in _again(source, of, kept if is_kept else None):
            cells.add(places)
        found, counts = cells.done()
    depth, code, sizes = _joined(found, counts, cells.depth, most)
    first = np.concatenate([[0], np.cumsum(sizes)])
    path = scratch / "buckets"
    sorting = _Sorting(depth, code)
    at = first[:-1].copy()
    with path.open("wb") as file:
        file.truncate(count * of.kind.itemsize)
        done = 0
        for places, fill in _again(source, of, kept if is_kept else None):
            rows = np.zeros(len(places), of.kind)
            order, runs = sorting.sorted(places, inverse)
            fill(order, rows)
            for bucket, start, stop in runs.tolist():
                file.seek(int(at[bucket]) * of.kind.itemsize)
                rows[start:stop].tofile(file)
                at[bucket] += stop - start
            done += len(rows)
            progress(0.5 + 0.5 * done / count)
    kept.unlink()
    return Buckets(path, of.kind, depth, code, first)


def _again(
    source: CloudSource, of: Frame, kept: Path | None
) -> Iterator[tuple[NDArray[np.uint32], Callable[[NDArray[np.int64], NDArray[np.void]], None]]]:
    """Places of each chunk once more, and what puts its records into those of some places in an order."""
    if kept is None:
        for points in source.chunks(CHUNK):
            places = placed(points, of)
            yield places, partial(put, points, places, of)
        return
    with kept.open("rb") as file:
        while len(rows := np.fromfile(file, of.kind, CHUNK)):
            yield places_of(rows, np.arange(len(rows), dtype=np.uint32)), partial(_scattered, rows)


def _scattered(rows: NDArray[np.void], at: NDArray[np.int64], out: NDArray[np.void]) -> None:
    words = rows.dtype.itemsize // 4
    _moved(rows.view(np.uint32).reshape(-1, words), at, out.view(np.uint32).reshape(-1, words))


@njit(cache=True, nogil=True)
def _moved(rows: Any, places: Any, out: Any) -> None:
    for at in range(len(places)):
        for word in range(rows.shape[1]):
            out[places[at], word] = rows[at, word]


def taken(rows: NDArray[np.void], order: NDArray[Any]) -> NDArray[np.void]:
    """Rows in an order; word by word, where numpy would copy field by field."""
    words = rows.dtype.itemsize // 4
    out = np.empty((len(order), words), np.uint32)
    _copied(rows.view(np.uint32).reshape(-1, words), order, out)
    return out.reshape(-1).view(rows.dtype)


def joined(parts: list[NDArray[np.void]]) -> NDArray[np.void]:
    """Rows after one another; as `taken` takes them."""
    kind = parts[0].dtype
    return np.concatenate([part.view(np.uint32) for part in parts]).view(kind)


@njit(cache=True, nogil=True)
def _copied(rows: Any, order: Any, out: Any) -> None:
    for at in range(len(order)):
        place = order[at]
        for word in range(rows.shape[1]):
            out[at, word] = rows[place, word]


def _depth_for(count: int) -> int:
    """A depth at which a surface of so many points has some tens or hundreds in a cell."""
    return max(4, min(10, (count >> 6).bit_length() // 2))


class _Cells:
    """Numbers of points by cells that have any, of as fine a depth as their number allows."""

    def __init__(self, depth: int, inverse: NDArray[np.float64], count: int) -> None:
        self.depth = self._begun = depth
        self._inverse, self._count = inverse, count
        # Cells of a few points are too many to look up quickly, and there are no more than points.
        room = 2 * min(_MOST_CELLS, 1 << (count >> 3).bit_length())
        self._table = np.zeros((room, 2), np.uint64)  # a key, and how many points: one line of a cache
        self._used = 0

    def add(self, places: NDArray[np.uint32]) -> None:
        at = 0
        while at < len(places):
            at, self._used = _counted(places, self._inverse, at, DEEPEST - self.depth, self._table, self._used)
            if at < len(places):
                self._coarsen()

    def finer(self) -> _Cells | None:
        """Others to count by once more, or None where that would not part what is together here."""
        finer = min(self.depth + _DEEPER, DEEPEST)
        return _Cells(finer, self._inverse, self._count) if self.depth == self._begun < DEEPEST else None

    def _coarsen(self) -> None:
        keys, numbers = self.done()
        self.depth -= 1
        self._table[:] = 0
        self._used = _merged(keys >> np.uint64(3), numbers, self._table)

    def done(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Codes at `depth`, ascending, and numbers of points."""
        there = self._table[self._table[:, 1] > 0]
        order = np.argsort(there[:, 0], kind="stable")
        return there[order, 0], there[order, 1].astype(np.int64)


@njit(cache=True, nogil=True, inline="always")
def _slot(table: Any, key: Any) -> int:
    at = int((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) & (len(table) - 1)
    while table[at, 1] != 0 and table[at, 0] != key:
        at = (at + 1) & (len(table) - 1)
    return at


@njit(cache=True, nogil=True)
def _counted(  # noqa: PLR0917 - numba knows no keywords
    places: Any, inverse: Any, at: int, coarser: int, table: Any, used: int
) -> Any:
    """Count points from `at` on, until the table is half full: where it stopped, and how many cells there are."""
    a = b = c = -1
    slot = 0
    while at < len(places):
        x, y, z = cell(places, at, inverse)
        x, y, z = x >> coarser, y >> coarser, z >> coarser
        # Points that follow one another mostly lie in one cell.
        if x != a or y != b or z != c:
            key = joined_bits(x, y, z)
            slot = _slot(table, key)
            if table[slot, 1] == 0:
                if 2 * used >= len(table):
                    break
                used += 1
                table[slot, 0] = key
            a, b, c = x, y, z
        table[slot, 1] += np.uint64(1)
        at += 1
    return at, used


@njit(cache=True, nogil=True)
def _merged(keys: Any, numbers: Any, table: Any) -> int:
    used = 0
    for at in range(len(keys)):
        slot = _slot(table, keys[at])
        if table[slot, 1] == 0:
            used += 1
            table[slot, 0] = keys[at]
        table[slot, 1] += np.uint64(numbers[at])
    return used


def _joined(
    found: NDArray[np.uint64], counts: NDArray[np.int64], depth: int, most: int
) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
    """The coarsest cells of at most so many points; one of the finest ones may have more. Depth, code, number."""
    sums = np.concatenate([[0], np.cumsum(counts)])
    out: list[tuple[int, int, int]] = []
    waiting = [(0, 0, 0, len(found))]
    while waiting:
        d, code, first, last = waiting.pop()
        number = int(sums[last] - sums[first])
        if number <= most or d == depth:
            out.append((d, code, number))
            continue
        parts = found[first:last] >> np.uint64(3 * (depth - d - 1))
        starts = np.flatnonzero(np.concatenate([[True], parts[1:] != parts[:-1]]))
        ends = [*starts[1:].tolist(), last - first]
        waiting += [
            (d + 1, int(parts[a]), first + a, first + b)
            for a, b in reversed(list(zip(starts.tolist(), ends, strict=True)))
        ]
    depths, codes_, sizes = zip(*out, strict=True)
    return np.array(depths, np.int64), np.array(codes_, np.uint64), np.array(sizes, np.int64)


class _Sorting:
    """Which bucket a point lies in: by a table of cells, and where those are too coarse by the order of codes."""

    def __init__(self, depth: NDArray[np.int64], code: NDArray[np.uint64]) -> None:
        self._begins = code << (3 * (DEEPEST - depth)).astype(np.uint64)
        self._depth = min(int(depth.max()), _TABLE_DEPTH)
        cells = np.arange(1 << (3 * self._depth), dtype=np.uint64) << np.uint64(3 * (DEEPEST - self._depth))
        self._bucket = (np.searchsorted(self._begins, cells, side="right") - 1).astype(np.int32)
        deeper = code[depth > self._depth] >> (3 * (depth[depth > self._depth] - self._depth)).astype(np.uint64)
        self._bucket[deeper] = -1

    def sorted(
        self, places: NDArray[np.uint32], inverse: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where each point (n,) comes to stand among them, and runs (k, 3): bucket, start, stop there."""
        found: tuple[NDArray[np.int64], NDArray[np.int64]] = _by_bucket(
            places, inverse, DEEPEST - self._depth, self._bucket, self._begins
        )
        return found


@njit(cache=True, nogil=True)
def _by_bucket(places: Any, inverse: Any, coarser: int, table: Any, begins: Any) -> Any:
    own = np.empty(len(places), np.int32)
    starts = np.zeros(len(begins) + 1, np.int64)
    bucket = 0
    for at in range(len(places)):
        x, y, z = cell(places, at, inverse)
        bucket = table[joined_bits(x >> coarser, y >> coarser, z >> coarser)]
        if bucket < 0:
            code = joined_bits(x, y, z)
            low, high = 0, len(begins)
            while high - low > 1:
                middle = (low + high) // 2
                if begins[middle] <= code:
                    low = middle
                else:
                    high = middle
            bucket = low
        own[at] = bucket
        starts[bucket + 1] += 1
    runs = np.empty((len(begins), 3), np.int64)
    count = 0
    for b in range(len(begins)):
        if starts[b + 1]:
            runs[count, 0], runs[count, 1], runs[count, 2] = b, starts[b], starts[b] + starts[b + 1]
            count += 1
        starts[b + 1] += starts[b]
    to = np.empty(len(places), np.int64)
    for at in range(len(places)):
        to[at] = starts[own[at]]
        starts[own[at]] += 1
    return to, runs[:count]
