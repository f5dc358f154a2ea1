"""Arrays that may be larger than memory: mapped from files, gone through in pieces, let go of after each piece.

A mapping is always shared, never private, so letting go of its pages loses nothing: what was written stays in the file,
and what is asked for again is read again. `Store` is where readers put what they make: in a scratch folder if they are
given one, in memory otherwise; their code is the same for both.
"""

from __future__ import annotations

import mmap
import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

ROWS = 1 << 19
"""of a piece, where the caller does not say: a few megabytes of positions or triangles"""
_SEGMENT = 256 << 20
_PAGE = mmap.ALLOCATIONGRANULARITY


def slices(count: int, rows: int = ROWS) -> Iterator[slice]:
    """The rows 0 to `count`, cut into slices of `rows`.

    >>> [(part.start, part.stop) for part in slices(5, 2)]
    [(0, 2), (2, 4), (4, 5)]
    """
    for start in range(0, count, rows):
        yield slice(start, min(start + rows, count))


def chunks(array: NDArray[Any], rows: int = ROWS) -> Iterator[tuple[int, NDArray[Any]]]:
    """First row and rows of each piece of an array; the pages of a piece are let go of when the next is asked for."""
    for part in slices(len(array), rows):
        piece = array[part]
        yield part.start, piece
        release(piece)


def release(array: NDArray[Any]) -> None:
    """Let go of the resident pages of a mapped array (or of the part that a slice covers); of others, do nothing.

    The array stays valid: touched again, its pages come back from the file.
    """
    mapping: Any = array
    while isinstance(mapping, np.ndarray):
        mapping = mapping.base
    if not isinstance(mapping, mmap.mmap) or not array.size:
        return
    base = np.frombuffer(mapping, np.uint8).ctypes.data
    low, high = np.lib.array_utils.byte_bounds(array)
    start = (low - base) // _PAGE * _PAGE
    mapping.madvise(mmap.MADV_DONTNEED, start, min(high - base, len(mapping)) - start)


def source(path: Path) -> NDArray[np.uint8]:
    """The bytes of a file (n,), mapped and read only."""
    if not path.stat().st_size:
        return np.zeros(0, np.uint8)
    data: NDArray[np.uint8] = np.memmap(path, np.uint8, "r").view(np.ndarray)
    return data


class Store:
    """Where the arrays of a reader are put: files in `folder`, or memory where it is None.

    Arrays share few files (a mapping holds a file open, and a process may open only so many). The room of each is
    taken on the disk before it is written: a full disk is an OSError here, and not a signal later.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self._files = 0
        self._segment: NDArray[np.uint8] = np.zeros(0, np.uint8)
        self._used = 0
        self._file = -1

    def path(self, ending: str = "bin") -> Path:
        """A new file name in the folder."""
        assert self.folder is not None
        self._files += 1
        return self.folder / f"read-{self._files:03}.{ending}"

    def empty(self, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        """An array that can be written; what stands in it is not said."""
        dtype = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        if self.folder is None or not size:
            return np.empty(shape, dtype)
        if self._used + size > len(self._segment):
            self._begin(max(size, _SEGMENT))
        start = self._used
        os.posix_fallocate(self._file, start, size)
        self._used += -(-size // 64) * 64
        array: NDArray[Any] = self._segment[start : start + size].view(dtype).reshape(shape)
        return array

    def _begin(self, size: int) -> None:
        path = self.path()
        with path.open("wb") as file:
            file.truncate(size)
        whole = np.memmap(path, np.uint8, "r+")
        self._close()
        self._file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._segment, self._used = whole.view(np.ndarray), 0

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def __del__(self) -> None:
        self._close()

    def growing(self, columns: int, dtype: Any, *, expected: int = 0) -> Growing:
        """An array (n, `columns`) that is written from front to back, and whose length is known only at its end.

        In a folder that takes far less time than writing into a mapping. In memory, `expected` rows need no copy.
        """
        path = None if self.folder is None else self.path()
        return Growing(path, columns, np.dtype(dtype), expected=expected)

    def kept(self, array: NDArray[Any], dtype: Any = None) -> NDArray[Any]:
        """`array` in rows without gaps, aligned and of `dtype`: itself if it is so already, else a copy."""
        dtype = array.dtype if dtype is None else np.dtype(dtype)
        if array.dtype == dtype and array.flags.c_contiguous and array.flags.aligned:
            return array
        out = self.empty(array.shape, dtype)
        for start, piece in chunks(array):
            out[start : start + len(piece)] = piece
            release(out[start : start + len(piece)])
        return out


class Growing:
    """Rows that are appended, then taken as one array."""

    def __init__(self, path: Path | None, columns: int, dtype: np.dtype[Any], *, expected: int = 0) -> None:
        self._path, self._columns, self._dtype = path, columns, dtype
        self._file = None if path is None else path.open("wb")
        self._room: NDArray[Any] = np.empty((expected if path is None else 0, columns), dtype)
        self._parts: list[NDArray[Any]] = []
        self.rows = 0

    def append(self, rows: NDArray[Any]) -> None:
        """Add a copy of (k, columns) rows."""
        before, self.rows = self.rows, self.rows + len(rows)
        if self._file is not None:
            self._file.write(np.ascontiguousarray(rows, self._dtype).data)
        elif self.rows <= len(self._room):
            self._room[before : self.rows] = rows
        elif len(rows):
            self._parts.append(np.array(rows, self._dtype))

    def fill(self, count: int, value: float) -> None:
        """Append rows of one value until there are `count`."""
        for part in slices(count - self.rows):
            self.append(np.full((part.stop - part.start, self._columns), value, self._dtype))

    def done(self) -> NDArray[Any]:
        """All rows (n, columns); nothing can be appended any more."""
        if self._file is not None:
            self._file.close()
        shape = (self.rows, self._columns)
        if not self.rows:
            return np.zeros(shape, self._dtype)
        if self._path is None:
            in_room = self.rows - sum(len(part) for part in self._parts)
            parts = [self._room[:in_room], *self._parts] if in_room else self._parts
            self._room, self._parts = self._room[:0], []
            return parts[0] if len(parts) == 1 else np.concatenate(parts)
        whole: NDArray[Any] = np.memmap(self._path, self._dtype, "r+", shape=shape).view(np.ndarray)
        return whole
