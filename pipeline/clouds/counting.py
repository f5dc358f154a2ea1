"""How many points lie in which cells of an octree: by a grid at first, and by a table where they crowd together."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.compiled import njit
from tiling.points_order import DEEPEST, cell, joined_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

Counts = tuple[int, "NDArray[np.uint64]", "NDArray[np.int64]"]
"""a depth, the codes of its cells that have any points, ascending, and how many each has"""
GRID_DEPTH = 6
"""a quarter of a million cells: most are empty, and those that are not stay in a cache"""
SPREAD = np.array(
    [sum((number >> bit & 1) << 3 * bit for bit in range(GRID_DEPTH)) for number in range(1 << GRID_DEPTH)], np.int64
)
"""numbers of the grid's cells along an axis with two zeros before each bit, as `points_order.spread` makes them"""
_FINER_DEPTH = 14
_MOST_CELLS = 1 << 21


class Grid:
    """Numbers of points by all cells of one depth. Several threads may add at once."""

    def __init__(self, inverse: NDArray[np.float64]) -> None:
        self._inverse = inverse
        self._every: list[NDArray[np.int64]] = []
        self._free: SimpleQueue[NDArray[np.int64]] = SimpleQueue()

    def add(self, places: NDArray[np.uint32]) -> None:
        """Count points, (n, 3) in steps."""
        try:
            table = self._free.get_nowait()
        except Empty:
            table = np.zeros(1 << 3 * GRID_DEPTH, np.int64)
            self._every.append(table)
        _in_grid(places, self._inverse, table)
        self._free.put(table)

    def done(self) -> Counts:
        """Of all that were added."""
        numbers: NDArray[np.int64] = np.stack(self._every).sum(axis=0)
        there = np.flatnonzero(numbers)
        return GRID_DEPTH, there.astype(np.uint64), numbers[there]


@njit(cache=True, nogil=True)
def _in_grid(places: Any, inverse: Any, table: Any) -> None:
    coarser = DEEPEST - GRID_DEPTH
    for at in range(len(places)):
        x, y, z = cell(places, at, inverse)
        table[SPREAD[x >> coarser] | SPREAD[y >> coarser] << 1 | SPREAD[z >> coarser] << 2] += 1


class Table:
    """The same by cells that have any, of as fine a depth as their number allows."""

    def __init__(self, inverse: NDArray[np.float64], count: int) -> None:
        self._depth, self._inverse = _FINER_DEPTH, inverse
        # There are no more cells than points, and those of a few points are too many to look up quickly.
        room = 2 * min(_MOST_CELLS, 1 << (count >> 3).bit_length())
        self._table = np.zeros((room, 2), np.uint64)  # a key, and how many points: one line of a cache
        self._used = 0

    def add(self, places: NDArray[np.uint32]) -> None:
        """Count points, (n, 3) in steps."""
        at = 0
        while at < len(places):
            at, self._used = _in_table(places, self._inverse, at, DEEPEST - self._depth, self._table, self._used)
            if at < len(places):
                self._coarsen()

    def _coarsen(self) -> None:
        self._depth, keys, numbers = self._depth - 1, *self.done()[1:]
        self._table[:] = 0
        self._used = _merged(keys >> np.uint64(3), numbers, self._table)

    def done(self) -> Counts:
        """Of all that were added."""
        there = self._table[self._table[:, 1] > 0]
        order = np.argsort(there[:, 0], kind="stable")
        return self._depth, there[order, 0], there[order, 1].astype(np.int64)


@njit(cache=True, nogil=True, inline="always")
def _slot(table: Any, key: Any) -> int:
    at = int((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)) & (len(table) - 1)
    while table[at, 1] != 0 and table[at, 0] != key:
        at = (at + 1) & (len(table) - 1)
    return at


@njit(cache=True, nogil=True)
def _in_table(  # noqa: PLR0917 - numba knows no keywords
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


def joined(counted: Counts, most: int) -> tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]:
    """The coarsest cells of at most so many points; one of the finest ones may have more. Depth, code, number."""
    depth, found, counts = counted
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
    depths, codes, sizes = zip(*out, strict=True)
    return np.array(depths, np.int64), np.array(codes, np.uint64), np.array(sizes, np.int64)
