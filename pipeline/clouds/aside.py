"""Columns of points that were read once, coded while they wait: what text becomes before anybody asks for its points.

Text is slow to read, so it is read once. As numbers its points may have more bytes than as text, so that places, which
are decimals, are whole numbers of their last digit where that loses nothing, and blocks of points are coded as records
are (`pipeline.clouds.scratch`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.clouds.columns import WIDTHS, batched
from pipeline.clouds.extent import checked, extent, nowhere
from pipeline.clouds.scratch import coded, decoded
from pipeline.clouds.source import CHUNK
from pipeline.compiled import njit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.clouds.source import Head, Points
    from pipeline.mapped import Store
    from tiling.mesh import Floats

_MOST_DIGITS = 15
_FIELDS = {"colours": "colour"}
"""names that `coded` knows"""


@dataclass(frozen=True, slots=True)
class _Block:
    data: bytes | tuple[int, int]
    """or where they begin in the file, and how many"""
    count: int
    digits: int
    """behind the point; -1: places are doubles"""
    low: NDArray[np.int64]
    """(3,) steps"""


class Aside:
    """Blocks of columns, in a file or in memory. One thread puts, and is done before several read."""

    def __init__(self, path: Path | None, types: dict[str, Any]) -> None:
        self._path, self._names = path, [name for name in types if name != "positions"]
        self._file = None if path is None else path.open("wb")
        others = [(_FIELDS.get(name, name), types[name], (WIDTHS[name],)) for name in self._names]
        self._whole = np.dtype([("place", "<u4", (3,)), *others], align=True)
        self._doubles = np.dtype([("place", "<u4", (3,)), ("above", "<u4", (3,)), *others], align=True)
        self._blocks: list[_Block] = []
        self._digits = 0

    def put(self, columns: dict[str, NDArray[Any]]) -> None:
        """Append rows (k, width), at least one; positions are finite."""
        count = len(columns["positions"])
        positions = np.ascontiguousarray(columns["positions"], "<f8")
        found = self._steps(positions)
        rows = np.zeros(count, self._doubles if found is None else self._whole)
        if found is None:
            digits, low = -1, np.zeros(3, np.int64)
            halves = positions.view("<u4").reshape(count, 3, 2)
            rows["place"], rows["above"] = halves[:, :, 0], halves[:, :, 1]
        else:
            digits, (steps, low) = self._digits, found
            _put_steps(steps, low, _words(rows))
        for name in self._names:
            rows[_FIELDS.get(name, name)] = columns[name]
        data = coded(rows)
        at = data if self._file is None else (self._file.tell(), self._file.write(data))
        self._blocks.append(_Block(at, count, digits, low))

    def _steps(self, positions: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Positions in steps of the last digit that any of them has, and the least; None where they are none."""
        steps = np.empty(positions.shape, np.int64)
        ends = np.empty((2, 3), np.int64)
        for digits in range(self._digits, _MOST_DIGITS + 1):
            if _are_steps(positions, 10.0**digits, steps, ends):
                if (ends[1] - ends[0]).max() >= 1 << 32:
                    return None
                self._digits = digits
                return steps, ends[0]
        return None

    def done(self) -> None:
        """All were put."""
        if self._file is not None:
            self._file.close()

    def _read(self, begin: int) -> Iterator[dict[str, NDArray[Any]]]:
        """Columns of each block from the one numbered `begin` on."""
        for block in self._blocks[begin:]:
            data = block.data
            if not isinstance(data, bytes):
                assert self._path is not None
                with self._path.open("rb") as file:
                    data = os.pread(file.fileno(), data[1], data[0])
            rows = np.empty(block.count, self._doubles if block.digits < 0 else self._whole)
            decoded(data, rows)
            found = {name: np.ascontiguousarray(rows[_FIELDS.get(name, name)]) for name in self._names}
            if block.digits < 0:
                found["positions"] = np.stack([rows["place"], rows["above"]], axis=2).view("<f8")[:, :, 0]
            else:
                found["positions"] = np.empty((block.count, 3))
                _take_steps(_words(rows), block.low, 10.0**block.digits, found["positions"])
            yield found

    def chunks(self, size: int, first: int, last: int) -> Iterator[Points]:
        """As `CloudSource.chunks`."""
        begin = before = 0
        while begin < len(self._blocks) and before + self._blocks[begin].count <= first:
            before += self._blocks[begin].count
            begin += 1
        yield from batched(self._read(begin), size, first - before, last - before)


class Gathered:
    """Columns that grow row by row; `done` makes a cloud of them. Types are numpy's, by the names of `WIDTHS`."""

    def __init__(self, store: Store, types: dict[str, Any]) -> None:
        self._aside = Aside(None if store.folder is None else store.path(), types)
        self.passed_over, self._count = 0, 0
        self.low, self.high = nowhere()

    def add(self, columns: dict[str, NDArray[Any]]) -> None:
        """Append rows (k, width) of every column, but those that have no finite place."""
        positions = columns["positions"]
        if lost := extent(positions, self.low, self.high):
            kept = np.isfinite(positions).all(axis=1)
            columns = {name: column[kept] for name, column in columns.items()}
            self.passed_over += lost
        if len(positions) > lost:
            self._aside.put(columns)
        self._count += len(positions) - lost

    def done(self, head: Head) -> Waiting:
        """A cloud with these columns; count, bounds and what it has are put into `head` here.

        Raises:
            Malformed: there are no points, or they lie where nothing can.
        """
        self._aside.done()
        checked(self.low, self.high, self._count, head.kind.upper())
        return Waiting(replace(head, count=self._count, records=self._count, low=self.low, high=self.high), self._aside)


class Waiting:
    """A cloud whose points were put aside."""

    def __init__(self, head: Head, aside: Aside) -> None:
        self.head, self._aside = head, aside

    def chunks(self, size: int = CHUNK, *, first: int = 0, last: int | None = None) -> Iterator[Points]:
        """As `CloudSource.chunks`."""
        last = self.head.records if last is None else min(last, self.head.records)
        return self._aside.chunks(size, first, last)


def _words(rows: NDArray[np.void]) -> NDArray[np.uint32]:
    return rows.view(np.uint32).reshape(len(rows), -1)


@njit(cache=True, nogil=True)
def _are_steps(positions: Floats, power: float, out: NDArray[np.int64], ends: NDArray[np.int64]) -> bool:
    """Put positions (n, 3) as steps into `out`, least and most (2, 3) into `ends`; whether that says what they are."""
    for row in range(len(positions)):
        for axis in range(3):
            whole = np.rint(positions[row, axis] * power)
            if abs(whole) > 2.0**53 or whole / power != positions[row, axis]:
                return False
            step = int(whole)
            out[row, axis] = step
            ends[0, axis] = min(ends[0, axis], step) if row else step
            ends[1, axis] = max(ends[1, axis], step) if row else step
    return True


@njit(cache=True, nogil=True)
def _put_steps(steps: NDArray[np.int64], low: NDArray[np.int64], words: NDArray[np.uint32]) -> None:
    for row in range(len(steps)):
        for axis in range(3):
            words[row, axis] = steps[row, axis] - low[axis]


@njit(cache=True, nogil=True)
def _take_steps(words: NDArray[np.uint32], low: NDArray[np.int64], power: float, out: Floats) -> None:
    for row in range(len(words)):
        for axis in range(3):
            out[row, axis] = (np.int64(words[row, axis]) + low[axis]) / power
