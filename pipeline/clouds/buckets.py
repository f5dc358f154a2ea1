"""A cloud of any size dealt out into buckets that fit memory: cells of an octree, sorted by counting.

Points are counted by cells; cells are joined to buckets of a limited number of points, each a cell of some depth; then
the points are gone through again, and their records are put where those of their bucket are, coded
(`pipeline.clouds.scratch`). What is slow to read (LAZ, E57) is written to files as coded records the first time, chunk
by chunk, each of which goes away as it is read again. The records of LAS are written as they are. So less lies on the
disk than the input has, or little more where that is packed; more where points of few bits are in no order, see
docs/tiling.md. Several hands take chunks, and what they make of them is written in the order of the file: buckets, and
their order, depend on the cloud alone.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pipeline.clouds import counting
from pipeline.clouds.counting import GRID_DEPTH, SPREAD
from pipeline.clouds.hands import hands
from pipeline.clouds.records import Frame, placed, places_of, put
from pipeline.clouds.scratch import InCode, InFile, coded, decoded
from pipeline.clouds.source import CHUNK
from pipeline.compiled import njit
from scenes.errors import Malformed
from tiling.points_order import DEEPEST, cell, joined_bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.clouds.hands import Hands
    from pipeline.clouds.scratch import Held
    from pipeline.clouds.source import CloudSource, Points

    _Put = Callable[[NDArray[np.int32], NDArray[np.void]], None]
    """puts records of a chunk into those of some places in an order"""

_Made = TypeVar("_Made")
_AT_HAND = ("las", "ply", "text")
"""files that are as quick to read as our own, or are our own: text was put aside, coded"""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Cells of the octree in the order of their codes, and their records."""

    held: Held
    """the records"""
    depth: NDArray[np.int64]
    """(b,)"""
    code: NDArray[np.uint64]
    """(b,) of each cell at its own depth"""

    def __len__(self) -> int:
        return len(self.depth)


def most_points(count: int) -> int:
    """Of a bucket of a cloud of so many: an eighth, so that there is work for several hands, 600,000 to a million.

    Some tiles' worth at least, because what only passes through a bucket is handled twice, the second time by one hand;
    of huge clouds more, because what all buckets leave for the cells above them is in memory at once.
    """
    return max(min(max(count // 8, 600_000), 1 << 20), count // 100)


def dealt(
    source: CloudSource,
    of: Frame,
    scratch: Path,
    progress: Callable[[float], None],
    *,
    workers: int = 1,
    most: int | None = None,
) -> Buckets:
    """Deal a cloud out into a file in `scratch`, in buckets of at most `most` points (None: as its size asks for).

    Raises:
        Malformed: the points contradict the file's head.
    """
    count, inverse = source.head.count, of.cube.inverse
    most = most_points(count) if most is None else most
    kept = None if source.head.kind in _AT_HAND else scratch
    with hands(workers) as some:
        dealing = _Dealing(source, of, some, kept)
        grid, done = counting.Grid(inverse), 0
        for number in dealing.first(grid.add):
            done += number
            progress(0.5 * done / count)
        if done != count:
            raise Malformed(f"the file states {count:,} points and has {done:,}")
        counts = grid.done()
        if counts[2].max() > most:
            # Points crowd together in a cell, as where a single one lies far off all others.
            table = counting.Table(inverse, count)
            for places in dealing.again(lambda places, _: places, is_last=False):
                table.add(places)
            counts = table.done()
        depth, code, sizes = counting.joined(counts, most)
        first, path = np.concatenate([[0], np.cumsum(sizes)]), scratch / "buckets"
        held: Held = (InFile if source.head.kind == "las" else InCode)(path, of.kind, first)
        buckets, done = Buckets(held, depth, code), 0
        with closing(held):
            for rows, runs in dealing.again(_Sorting(buckets, of.kind, inverse).sorted, is_last=True):
                for bucket, start, stop in runs.tolist():
                    held.put(bucket, rows[start:stop])
                done += len(rows)
                progress(0.5 + 0.5 * done / count)
    return buckets


@dataclass(frozen=True, slots=True)
class _Dealing:
    """A cloud that is gone through more than once, chunk by chunk in the order of the file."""

    source: CloudSource
    of: Frame
    hands: Hands
    kept: Path | None
    """where records are written as they come first, chunk by chunk; None: they are read again where they came from"""
    sizes: list[int] = field(default_factory=list)
    """points of each chunk that was written"""

    def first(self, look: Callable[[NDArray[np.uint32]], None]) -> Iterator[int]:
        """Have `look` see the places of each chunk, whichever comes first; numbers of points."""

        def looked(points: Points) -> tuple[int, bytes]:
            places = placed(points, self.of)
            look(places)
            if self.kept is None:
                return len(places), b""
            rows = np.zeros(len(places), self.of.kind)
            put(points, places, self.of, np.arange(len(places), dtype=np.int32), rows)
            return len(places), coded(rows)

        for count, data in self._made(looked):
            if self.kept is not None:
                self._path(len(self.sizes)).write_bytes(data)
                self.sizes.append(count)
            yield count

    def _path(self, chunk: int) -> Path:
        assert self.kept is not None
        return self.kept / f"records-{chunk}"

    def again(self, work: Callable[[NDArray[np.uint32], _Put], _Made], *, is_last: bool) -> Iterator[_Made]:
        """What `work` makes of the places of each chunk, and of what puts its records where they belong.

        The `is_last` time, what was kept of a chunk goes away with it.
        """
        if self.kept is None:

            def worked(points: Points) -> _Made:
                places = placed(points, self.of)
                return work(places, partial(put, points, places, self.of))

            yield from self._made(worked)
            return

        def read(chunk: int) -> _Made:
            rows, path = np.empty(self.sizes[chunk], self.of.kind), self._path(chunk)
            decoded(path.read_bytes(), rows)
            if is_last:
                path.unlink()
            return work(places_of(rows), partial(_scattered, rows))

        yield from self.hands.each(read, range(len(self.sizes)))

    def _made(self, work: Callable[[Points], _Made]) -> Iterator[_Made]:
        grain, records = self.source.head.grain, self.source.head.records
        size = CHUNK // grain * grain if 0 < grain <= CHUNK else CHUNK
        if self.hands.number == 1 or not 0 < grain <= CHUNK:
            # What cannot be begun anywhere is read by one, here, and worked at by all.
            yield from self.hands.each(work, self.source.chunks(size))
            return

        def read(first: int) -> list[_Made]:
            return [work(points) for points in self.source.chunks(size, first=first, last=first + size)]

        for some in self.hands.each(read, range(0, records, size)):
            yield from some


def _scattered(rows: NDArray[np.void], at: NDArray[np.int32], out: NDArray[np.void]) -> None:
    words = rows.dtype.itemsize // 4
    _moved(rows.view(np.uint32).reshape(-1, words), at, out.view(np.uint32).reshape(-1, words))


@njit(cache=True, nogil=True)
def _moved(rows: Any, places: Any, out: Any) -> None:
    for at in range(len(places)):
        for word in range(rows.shape[1]):
            out[places[at], word] = rows[at, word]


def joined(parts: list[NDArray[np.void]]) -> NDArray[np.void]:
    """Rows after one another; word by word, as `records.taken` takes them."""
    kind = parts[0].dtype
    return np.concatenate([part.view(np.uint32) for part in parts]).view(kind)


class _Sorting:
    """Which bucket a point lies in: by the cells of the grid, and where those are too coarse by the order of codes."""

    def __init__(self, buckets: Buckets, kind: np.dtype[np.void], inverse: NDArray[np.float64]) -> None:
        self._kind, self._inverse = kind, inverse
        self._begins = buckets.code << (3 * (DEEPEST - buckets.depth)).astype(np.uint64)
        cells = np.arange(1 << (3 * GRID_DEPTH), dtype=np.uint64) << np.uint64(3 * (DEEPEST - GRID_DEPTH))
        self._bucket = (np.searchsorted(self._begins, cells, side="right") - 1).astype(np.int32)
        deep = buckets.depth > GRID_DEPTH
        self._bucket[buckets.code[deep] >> (3 * (buckets.depth[deep] - GRID_DEPTH)).astype(np.uint64)] = -1

    def sorted(self, places: NDArray[np.uint32], fill: _Put) -> tuple[NDArray[np.void], NDArray[np.int64]]:
        """The records of a chunk, bucket by bucket, and runs (k, 3) of them: bucket, start, stop."""
        order, runs = _by_bucket(places, self._inverse, self._bucket, self._begins)
        rows = np.zeros(len(places), self._kind)
        fill(order, rows)
        return rows, runs


@njit(cache=True, nogil=True)
def _by_bucket(places: Any, inverse: Any, table: Any, begins: Any) -> Any:
    """Where each point (n,) comes to stand among them, and the runs of buckets."""
    coarser = DEEPEST - GRID_DEPTH
    own = np.empty(len(places), np.uint32)
    starts = np.zeros(len(begins) + 1, np.int32)
    for at in range(len(places)):
        x, y, z = cell(places, at, inverse)
        bucket = table[SPREAD[x >> coarser] | SPREAD[y >> coarser] << 1 | SPREAD[z >> coarser] << 2]
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
    to = np.empty(len(places), np.int32)
    for at in range(len(places)):
        to[at] = starts[own[at]]
        starts[own[at]] += 1
    return to, runs[:count]
