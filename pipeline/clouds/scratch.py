"""Where records of points wait between being read and being tiled: in a file as they are, or coded in one.

Coded, they are blocks: places as differences from record to record, colours byte by byte, all bytes laid aside plane by
plane, and zstd at its quickest level. Records of 20 bytes of an airborne scan take 8.3, where its LAZ has 7.1; to write
and to read them takes some 50 ns a point.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Protocol

import imagecodecs
import numpy as np

from pipeline.compiled import njit

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_LEVEL = 1
_PLACE = 12
"""bytes of a place, with which every record begins: three words"""


class Held(Protocol):
    """Records by bucket. One thread puts, and is done before several read."""

    def put(self, bucket: int, rows: NDArray[np.void]) -> None:
        """Append records to those of a bucket."""
        ...

    def close(self) -> None:
        """All were put."""
        ...

    def read(self, bucket: int) -> NDArray[np.void]:
        """The records of a bucket, in the order in which they were put; nobody writes to them."""
        ...


class InFile:
    """Records as they are, bucket after bucket, in a file."""

    def __init__(self, path: Path, kind: np.dtype[np.void], first: NDArray[np.int64]) -> None:
        self._path, self._kind, self._first, self._next = path, kind, first, first[:-1].copy()
        self._file = path.open("wb")
        self._file.truncate(int(first[-1]) * kind.itemsize)

    def put(self, bucket: int, rows: NDArray[np.void]) -> None:
        """As `Held.put`."""
        self._file.seek(int(self._next[bucket]) * self._kind.itemsize)
        rows.tofile(self._file)
        self._next[bucket] += len(rows)

    def close(self) -> None:
        """As `Held.close`."""
        self._file.close()

    def read(self, bucket: int) -> NDArray[np.void]:
        """As `Held.read`."""
        first, last = int(self._first[bucket]), int(self._first[bucket + 1])
        return np.fromfile(self._path, self._kind, last - first, offset=first * self._kind.itemsize)


class InCode:
    """Coded records, block after block as they were put, in a file."""

    def __init__(self, path: Path, kind: np.dtype[np.void], first: NDArray[np.int64]) -> None:
        self._path, self._kind, self._first = path, kind, first
        self._file = path.open("wb")
        self._blocks: list[list[tuple[int, int, int]]] = [[] for _ in range(len(first) - 1)]

    def put(self, bucket: int, rows: NDArray[np.void]) -> None:
        """As `Held.put`."""
        data = coded(rows)
        self._blocks[bucket].append((self._file.tell(), len(data), len(rows)))
        self._file.write(data)

    def close(self) -> None:
        """As `Held.close`."""
        self._file.close()

    def read(self, bucket: int) -> NDArray[np.void]:
        """As `Held.read`."""
        rows = np.empty(int(self._first[bucket + 1] - self._first[bucket]), self._kind)
        at = 0
        with self._path.open("rb") as file:
            for begin, size, count in self._blocks[bucket]:
                decoded(os.pread(file.fileno(), size, begin), rows[at : at + count])
                at += count
        return rows


def coded(rows: NDArray[np.void]) -> bytes:
    """Some records, one at least, as bytes."""
    size = rows.dtype.itemsize
    planes = np.empty((size, len(rows)), np.uint8)
    bare = rows.view(np.uint8).reshape(-1, size)
    _lay_aside(bare.view(np.uint32), bare, _differs(rows.dtype), planes)
    return bytes(imagecodecs.zstd_encode(planes.tobytes(), level=_LEVEL))


def decoded(data: bytes, out: NDArray[np.void]) -> None:
    """Put the records that `coded` made bytes of into `out`, which has room for just as many."""
    size = out.dtype.itemsize
    planes = np.empty((size, len(out)), np.uint8)
    imagecodecs.zstd_decode(data, out=planes.reshape(-1).data)
    bare = out.view(np.uint8).reshape(-1, size)
    _put_together(planes, _differs(out.dtype), bare.view(np.uint32), bare)


def _differs(kind: np.dtype[np.void]) -> NDArray[np.bool_]:
    """(size,) which bytes of a record are told by how they differ from those of the record before."""
    found = np.zeros(kind.itemsize, np.bool_)
    for name, (of, begin, *_) in (kind.fields or {}).items():
        if name == "colour":
            found[begin : begin + of.itemsize] = True
    return found


@njit(cache=True, nogil=True)
def _lay_aside(words: Any, rows: Any, differs: Any, out: Any) -> None:
    for axis in range(3):
        last = np.uint32(0)
        for at in range(len(rows)):
            difference = np.int32(words[at, axis] - last)
            last = words[at, axis]
            # Its sign goes into the lowest bit.
            told = np.uint32((difference << np.int32(1)) ^ (difference >> np.int32(31)))
            for byte in range(4):
                out[4 * axis + byte, at] = (told >> np.uint32(8 * byte)) & np.uint32(0xFF)
    for byte in range(_PLACE, rows.shape[1]):
        if differs[byte]:
            before = np.uint8(0)
            for at in range(len(rows)):
                out[byte, at] = np.uint8(rows[at, byte] - before)
                before = rows[at, byte]
        else:
            for at in range(len(rows)):
                out[byte, at] = rows[at, byte]


@njit(cache=True, nogil=True)
def _put_together(planes: Any, differs: Any, words: Any, rows: Any) -> None:
    for axis in range(3):
        last = np.uint32(0)
        for at in range(len(rows)):
            told = np.uint32(0)
            for byte in range(4):
                told |= np.uint32(planes[4 * axis + byte, at]) << np.uint32(8 * byte)
            last = np.uint32(last + ((told >> np.uint32(1)) ^ np.uint32(np.uint32(0) - (told & np.uint32(1)))))
            words[at, axis] = last
    for byte in range(_PLACE, rows.shape[1]):
        before = np.uint8(0)
        for at in range(len(rows)):
            value = planes[byte, at]
            if differs[byte]:
                value = np.uint8(value + before)
                before = value
            rows[at, byte] = value
