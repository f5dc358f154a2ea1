"""Polygons of more than three corners, cut into triangles that stay inside of them.

Readers cut every polygon into a fan at first, for the points may stand behind the faces in a file, and note which
triangles are a fan. Here fans are looked at again with the points at hand: a convex polygon stays a fan; one with a fan
triangle that faces the other way than the whole is cut anew, ear by ear (Meisters 1975). What cannot be cut so (it
crosses itself) stays a fan. Polygons of more corners than `_MOST_CORNERS` stay fans, too: ears take the square of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from pipeline.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_CORNERS = 1024
_MOST_WORK = 1 << 31  # steps of ear cutting in one file, so that none can make this slow


def cut_concave(
    columns: tuple[NDArray[np.int32], ...], fans: NDArray[np.int64], positions: NDArray[Any]
) -> tuple[int, int]:
    """Cut concave polygons anew, in place, and tell how many were, and how many could not be.

    `columns` (m, 3) are what triangles name by corner, points first; each row of `fans` (k, 2) is the first triangle of
    a fan and how many it has; positions (n, 3).
    """
    anew, left = 0, 0
    work = np.array([_MOST_WORK], np.int64)
    for _, piece in mapped.chunks(fans):
        rows = np.ascontiguousarray(piece)
        concave = np.flatnonzero(_are_concave(columns[0], rows, positions))
        for first, count in rows[concave].tolist():
            order = _ears(columns[0][first : first + count], positions, work) if count + 2 <= _MOST_CORNERS else None
            if order is None or not len(order):
                left += 1
                continue
            anew += 1
            for column in columns:
                fan = column[first : first + count]
                if len(fan):
                    polygon = np.concatenate([fan[0, :2], fan[:, 2]])
                    column[first : first + count] = polygon[order]
        for column in columns:
            mapped.release(column)
        mapped.release(positions)
    return anew, left


@njit(cache=True, nogil=True)
def _normal(positions: NDArray[Any], a: int, b: int, c: int, out: NDArray[np.float64]) -> None:
    """Twice the area of a triangle along its normal."""
    ux, uy, uz = (
        positions[b, 0] - positions[a, 0],
        positions[b, 1] - positions[a, 1],
        positions[b, 2] - positions[a, 2],
    )
    vx, vy, vz = (
        positions[c, 0] - positions[a, 0],
        positions[c, 1] - positions[a, 1],
        positions[c, 2] - positions[a, 2],
    )
    out[0], out[1], out[2] = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


@njit(cache=True, nogil=True)
def _are_concave(corners: NDArray[np.int32], fans: NDArray[np.int64], positions: NDArray[Any]) -> NDArray[np.bool_]:
    """Which fans have a triangle that faces the other way than their sum does."""
    out = np.zeros(len(fans), np.bool_)
    total, one = np.empty(3), np.empty(3)
    for row in range(len(fans)):
        first, count = fans[row]
        total[:] = 0.0
        inside = True
        for triangle in range(first, first + count):
            for side in range(3):
                inside = inside and 0 <= corners[triangle, side] < len(positions)
            if not inside:
                break
            _normal(positions, corners[triangle, 0], corners[triangle, 1], corners[triangle, 2], one)
            total += one
        if not inside:
            continue
        for triangle in range(first, first + count):
            _normal(positions, corners[triangle, 0], corners[triangle, 1], corners[triangle, 2], one)
            if one[0] * total[0] + one[1] * total[1] + one[2] * total[2] < 0.0:
                out[row] = True
                break
    return out


@njit(cache=True, nogil=True)
def _ears(  # noqa: C901 - one loop around the polygon
    fan: NDArray[np.int32], positions: NDArray[Any], work: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Corners of the polygon of a fan as triangles (k, 3), by their place in it; (0, 3) if that does not come out."""
    size = len(fan) + 2
    nothing = np.empty((0, 3), np.int64)
    points, total, one = np.empty((size, 3)), np.zeros(3), np.empty(3)
    for triangle in range(len(fan)):
        _normal(positions, fan[triangle, 0], fan[triangle, 1], fan[triangle, 2], one)
        total += one
    for place in range(size):
        point = fan[0, place] if place < 2 else fan[place - 2, 2]
        for axis in range(3):
            points[place, axis] = positions[point, axis] - positions[fan[0, 0], axis]
    # Looked at along the axis that its normal is nearest to, kept in winding order.
    axis = int(np.argmax(np.abs(total)))
    if total[axis] == 0.0:
        return nothing
    x, y = points[:, (axis + 1) % 3].copy(), points[:, (axis + 2) % 3].copy()
    if total[axis] < 0.0:
        x *= -1.0
    before, after = np.arange(size) - 1, np.arange(size) + 1
    before[0], after[size - 1] = size - 1, 0
    out = np.empty((size - 2, 3), np.int64)
    at, done, tried, left = 0, 0, 0, size
    while left > 3:
        if tried == left or work[0] < 0:
            return nothing
        a, b, c = before[at], at, after[at]
        turn = (x[b] - x[a]) * (y[c] - y[a]) - (y[b] - y[a]) * (x[c] - x[a])
        ear = turn > 0.0
        other = after[c]
        while ear and other != a:
            work[0] -= 1
            u, v = x[other], y[other]
            same = (u == x[a] and v == y[a]) or (u == x[b] and v == y[b]) or (u == x[c] and v == y[c])
            if not same:
                ab = (x[b] - x[a]) * (v - y[a]) - (y[b] - y[a]) * (u - x[a])
                bc = (x[c] - x[b]) * (v - y[b]) - (y[c] - y[b]) * (u - x[b])
                ca = (x[a] - x[c]) * (v - y[c]) - (y[a] - y[c]) * (u - x[c])
                ear = ab < 0.0 or bc < 0.0 or ca < 0.0
            other = after[other]
        # Three in a line are no ear, but once nothing else is one they are cut off all the same.
        work[0] -= 1
        if ear or (turn == 0.0 and tried >= left // 2):
            out[done, 0], out[done, 1], out[done, 2] = a, b, c
            done += 1
            left -= 1
            after[a], before[c] = c, a
            at, tried = c, 0
        else:
            at, tried = c, tried + 1
    out[done, 0], out[done, 1], out[done, 2] = before[at], at, after[at]
    return out
