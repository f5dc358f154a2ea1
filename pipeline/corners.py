"""From corners to vertices: equal things are given one number, in order of first appearance, at machine speed.

Everything that grows with the model lies in arrays of a `Store` and is gone through in order, so it need not be in
memory: what belongs to a point is found by a chain that begins at the point, and neighbours in a file are neighbours in
space. No chain is followed further than `_FOLLOWED` links, so that no file can make this slow: what lies beyond is not
found and stands there once more, as it would have without this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from pipeline.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.mapped import Store

_FOLLOWED = 64
_ROWS = 1 << 18
_MOST_SLOTS = 1 << 26
"""of the table of points (256 MB): with more than half as many points, some equal ones may not be found"""


class Vertices:
    """One vertex for every different (part, point, a, b); a and b are any 32 bits, such as numbers or coordinates.

    After all triangles were `add`ed, `record(...)` columns tell what each vertex is made of.
    """

    def __init__(self, store: Store, points: int, parts: int) -> None:
        self._store = store
        self._first = store.empty((points,), np.int32)
        for part in mapped.slices(points):
            self._first[part] = -1
        self._records: NDArray[np.int32] = store.empty((max(points, 1024), 6), np.int32)
        self.count = 0
        self.invalid = 0
        """triangles that named points that are not there"""
        self.of_part: NDArray[np.int64] = np.zeros(parts, np.int64)
        """vertices of each part"""

    def add(
        self, points: NDArray[np.int32], keys: NDArray[np.int32], parts: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Triangles by point (k, 3), keys (k, 3, 2) and part (k,): the vertices of each within its part, and its part.

        Triangles with a point that is not there are left out.
        """
        out, out_parts = np.empty((len(points), 3), np.int32), np.empty(len(points), np.int32)
        done, kept = 0, 0
        while True:
            done, kept, self.count = _numbered(
                (points, keys, parts),
                done,
                (self._first, self._records),
                self.of_part,
                self.count,
                (out, out_parts, kept),
            )
            if done == len(points):
                break
            larger: NDArray[np.int32] = self._store.empty((2 * len(self._records), 6), np.int32)
            for start, piece in mapped.chunks(self._records[: self.count]):
                larger[start : start + len(piece)] = piece
                mapped.release(larger[start : start + len(piece)])
            self._records = larger
        self.invalid += len(points) - kept
        mapped.release(self._first)
        mapped.release(self._records)
        return out[:kept], out_parts[:kept]

    def records(self) -> NDArray[np.int32]:
        """Of each vertex (n, 5): point, a, b, part, number within its part."""
        return self._records[: self.count, 1:]


@njit(cache=True, nogil=True)
def _numbered(  # noqa: PLR0917 - compiled functions take no keywords
    triangles: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
    done: int,
    chains: tuple[NDArray[np.int32], NDArray[np.int32]],
    of_part: NDArray[np.int64],
    count: int,
    out: tuple[NDArray[np.int32], NDArray[np.int32], int],
) -> tuple[int, int, int]:
    points, keys, parts = triangles
    first, records = chains
    vertices, out_parts, kept = out
    for row in range(done, len(points)):
        if count + 3 > len(records):
            return row, kept, count
        inside = True
        for corner in range(3):
            inside = inside and 0 <= points[row, corner] < len(first)
        if not inside:
            continue
        part = parts[row]
        for corner in range(3):
            point, a, b = points[row, corner], keys[row, corner, 0], keys[row, corner, 1]
            at, steps = first[point], 0
            while at >= 0 and steps < _FOLLOWED:
                if records[at, 2] == a and records[at, 3] == b and records[at, 4] == part:
                    break
                at, steps = records[at, 0], steps + 1
            if at < 0 or steps == _FOLLOWED:
                at = count
                records[at, 0], first[point] = first[point], at
                records[at, 1], records[at, 2], records[at, 3], records[at, 4] = point, a, b, part
                records[at, 5] = of_part[part]
                of_part[part] += 1
                count += 1
            vertices[kept, corner] = records[at, 5]
        out_parts[kept] = part
        kept += 1
    return len(points), kept, count


class Points:
    """Numbers for points by their coordinates, bit by bit (0 and -0 are the same)."""

    def __init__(self, store: Store, expected: int, dtype: Any) -> None:
        self._store = store
        slots = 1 << 10
        while slots < min(2 * expected, _MOST_SLOTS):
            slots *= 2
        self._table = self._emptied(slots)
        self._points: NDArray[Any] = store.empty((max(expected, 1024), 3), dtype)
        self._count = 0

    def _emptied(self, slots: int) -> NDArray[np.int32]:
        table: NDArray[np.int32] = self._store.empty((slots,), np.int32)
        for part in mapped.slices(slots):
            table[part] = -1
            mapped.release(table[part])
        return table

    def add(self, points: NDArray[Any]) -> NDArray[np.uint32]:
        """The number of each point (k, 3)."""
        out = np.empty(len(points), np.uint32)
        done = 0
        while done < len(points):
            if self._count == len(self._points):
                larger = self._store.empty((2 * self._count, 3), self._points.dtype)
                for start, piece in mapped.chunks(self._points):
                    larger[start : start + len(piece)] = piece
                self._points = larger
            if 2 * self._count > len(self._table) and len(self._table) < _MOST_SLOTS:
                self._table = self._emptied(2 * len(self._table))
                _entered(self._table, self._points[: self._count])
            most = len(self._table) // 2 + 1 if len(self._table) < _MOST_SLOTS else len(self._points)
            done, self._count = _found(
                points, done, self._table, self._points, self._count, min(most, len(self._points)), out
            )
        mapped.release(self._table)
        mapped.release(self._points)
        return out

    def done(self) -> NDArray[Any]:
        """All points in order of their numbers (n, 3)."""
        return self._points[: self._count]


@njit(cache=True, nogil=True)
def _slot(words: NDArray[np.uint64], slots: int) -> int:
    # FNV over the bits of the coordinates as doubles, each step mixed, and the last step of murmur.
    mixed = np.uint64(14695981039346656037)
    for axis in range(3):
        mixed = (mixed ^ words[axis]) * np.uint64(1099511628211)
        mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xFF51AFD7ED558CCD)
    mixed ^= mixed >> np.uint64(33)
    # numba makes a float of an unsigned number and a signed one.
    return np.int64(mixed & np.uint64(slots - 1))  # type: ignore[return-value]


@njit(cache=True, nogil=True)
def _found(  # noqa: PLR0917
    points: NDArray[Any],
    done: int,
    table: NDArray[np.int32],
    known: NDArray[Any],
    count: int,
    most: int,
    out: NDArray[np.uint32],
) -> tuple[int, int]:
    point = np.empty(3, np.float64)
    words = point.view(np.uint64)
    for row in range(done, len(points)):
        if count == most:
            return row, count
        x, y, z = points[row, 0] + 0.0, points[row, 1] + 0.0, points[row, 2] + 0.0
        point[0], point[1], point[2] = x, y, z
        slot = _slot(words, len(table))
        number, steps = table[slot], 0
        while number >= 0 and steps < _FOLLOWED:
            if known[number, 0] == x and known[number, 1] == y and known[number, 2] == z:
                break
            slot, steps = (slot + 1) & (len(table) - 1), steps + 1
            number = table[slot]
        if number < 0 or steps == _FOLLOWED:
            number = count
            known[number, 0], known[number, 1], known[number, 2] = x, y, z
            table[slot] = number
            count += 1
        out[row] = number
    return len(points), count


@njit(cache=True, nogil=True)
def _entered(table: NDArray[np.int32], known: NDArray[Any]) -> None:
    point = np.empty(3, np.float64)
    words = point.view(np.uint64)
    for number in range(len(known)):
        point[0], point[1], point[2] = known[number, 0], known[number, 1], known[number, 2]
        slot = _slot(words, len(table))
        steps = 0
        while table[slot] >= 0 and steps < _FOLLOWED:
            slot, steps = (slot + 1) & (len(table) - 1), steps + 1
        table[slot] = number


# What triangles are like.


def extent(positions: NDArray[Any], farthest: float) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Lowest and highest corner of the points that lie within `farthest` of the origin, and how many do not."""
    low, high, lost = np.full(3, np.inf), np.full(3, -np.inf), 0
    for _, piece in mapped.chunks(positions):
        lost += int(_extended(piece, farthest, low, high))
    return low, high, lost


@njit(cache=True, nogil=True)
def _extended(positions: NDArray[Any], farthest: float, low: NDArray[np.float64], high: NDArray[np.float64]) -> int:
    lost = 0
    x0, y0, z0, x1, y1, z1 = low[0], low[1], low[2], high[0], high[1], high[2]
    for row in range(len(positions)):
        x, y, z = positions[row, 0], positions[row, 1], positions[row, 2]
        # What is not a number is not within anything.
        if not (abs(x) <= farthest and abs(y) <= farthest and abs(z) <= farthest):
            lost += 1
            continue
        x0, y0, z0 = min(x0, x), min(y0, y), min(z0, z)
        x1, y1, z1 = max(x1, x), max(y1, y), max(z1, z)
    low[0], low[1], low[2], high[0], high[1], high[2] = x0, y0, z0, x1, y1, z1
    return lost


def lengths(normals: NDArray[np.float32], bounds: tuple[float, float], rounded: float) -> tuple[int, int, int]:
    """How many normals have no direction, how many lengths are out of bounds, how many off 1 by more than `rounded`."""
    counts = np.zeros(3, np.int64)
    for _, piece in mapped.chunks(normals):
        _measured(piece, bounds, rounded, counts)
    return int(counts[0]), int(counts[1]), int(counts[2])


@njit(cache=True, nogil=True)
def _measured(
    normals: NDArray[np.float32], bounds: tuple[float, float], rounded: float, counts: NDArray[np.int64]
) -> None:
    for row in range(len(normals)):
        x, y, z = float(normals[row, 0]), float(normals[row, 1]), float(normals[row, 2])
        length = np.sqrt(x * x + y * y + z * z)
        if not 1e-6 < length < np.inf:
            counts[0] += 1
        else:
            counts[1] += int(length < bounds[0] or length > bounds[1])
            counts[2] += int(abs(length - 1.0) > rounded)


@njit(cache=True, nogil=True)
def renumbered(indices: NDArray[np.uint32], number: NDArray[np.uint32], out: NDArray[np.uint32]) -> None:
    """Triangles by their points' new numbers."""
    for row in range(len(indices)):
        for side in range(3):
            out[row, side] = number[indices[row, side]]


def unmapped(indices: NDArray[np.uint32], uvs: NDArray[np.float32]) -> int:
    """How many triangles have no area in their texture."""
    total = 0
    for _, piece in mapped.chunks(indices):
        total += int(_unmapped(np.ascontiguousarray(piece), uvs))
        mapped.release(uvs)
    return total


@njit(cache=True, nogil=True)
def _unmapped(indices: NDArray[np.uint32], uvs: NDArray[np.float32]) -> int:
    total = 0
    for row in range(len(indices)):
        a, b, c = indices[row, 0], indices[row, 1], indices[row, 2]
        ux, uy = float(uvs[b, 0]) - float(uvs[a, 0]), float(uvs[b, 1]) - float(uvs[a, 1])
        vx, vy = float(uvs[c, 0]) - float(uvs[a, 0]), float(uvs[c, 1]) - float(uvs[a, 1])
        total += ux * vy == uy * vx
    return total


def fill_normals(
    positions: NDArray[Any], indices: NDArray[np.uint32], normals: NDArray[np.float32], store: Store
) -> None:
    """Give every normal that is zero the mean direction of the triangles at its point, weighed by area, or up."""
    lacking: NDArray[np.bool_] = store.empty((len(normals),), np.bool_)
    for start, piece in mapped.chunks(normals):
        lacking[start : start + len(piece)] = ~piece.any(axis=1)
    for _, rows in mapped.chunks(indices):
        _summed(positions, np.ascontiguousarray(rows), lacking, normals)
        mapped.release(positions)
    for start, piece in mapped.chunks(normals):
        where = np.flatnonzero(lacking[start : start + len(piece)])
        total = piece[where].astype(np.float64)
        length = np.linalg.norm(total, axis=1, keepdims=True)
        piece[where] = np.where(length > 0.0, total / np.where(length > 0.0, length, 1.0), (0.0, 1.0, 0.0))


@njit(cache=True, nogil=True)
def _summed(
    positions: NDArray[Any], indices: NDArray[np.uint32], lacking: NDArray[np.bool_], normals: NDArray[np.float32]
) -> None:
    for row in range(len(indices)):
        a, b, c = indices[row, 0], indices[row, 1], indices[row, 2]
        if not (lacking[a] or lacking[b] or lacking[c]):
            continue
        ux, uy, uz = (
            float(positions[b, 0]) - float(positions[a, 0]),
            float(positions[b, 1]) - float(positions[a, 1]),
            float(positions[b, 2]) - float(positions[a, 2]),
        )
        vx, vy, vz = (
            float(positions[c, 0]) - float(positions[a, 0]),
            float(positions[c, 1]) - float(positions[a, 1]),
            float(positions[c, 2]) - float(positions[a, 2]),
        )
        for point in (a, b, c):
            if lacking[point]:
                normals[point, 0] += uy * vz - uz * vy
                normals[point, 1] += uz * vx - ux * vz
                normals[point, 2] += ux * vy - uy * vx
