"""Planes fitted to a cloud of points, a cell at a time; and how much surface each point stands for.

Space is cut into cells so wide that a surface leaves about eight points in each. The plane of a cell is that of least
squares of the points in it and around it (3 × 3 × 3 cells), from moments that are added up once. Where that is too few
points for a plane, cells of twice the side are asked, and so on: scanners on a tripod leave a hundred times fewer
points far off than nearby.

The area of the surface is found without triangles. Seen along an axis, a piece of surface covers as much of the plane
across as its area times |n|, of its normal's part along that axis; and n·n is 1. So its area is the sum over the three
axes of what is covered, each place times its |n|. What is covered is counted in columns of cells; in a column, points
with a gap between them of more than a cell are of different surfaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Floats, Singles

LEVELS = 4
"""cells of up to eight times the side"""
FEWEST = 8
"""points of a plane"""
_FEWEST_NEAR = 3
_BITS = np.uint64(21)
_MASK = np.uint64((1 << 21) - 1)
_MOST_PLACE = 1 << 21
_MOST_CELLS = 1 << 18
"""along an axis"""
_SPREAD = 0.05
"""of a cell's side, squared: how far points must spread across the second direction to be a surface"""
_FLAT = 0.1
"""of variance, across by along: less is flat enough to take a point for noise about its plane"""
_SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Planes:
    """Cells of a cloud of n points, in the order of their keys, and their planes."""

    side: float
    """of the finest cells, in the unit of positions"""
    low: Floats
    """(3,) where they begin"""
    cells: NDArray[np.int32]
    """(n,) the cell of each point"""
    middles: Floats
    """(c, 3) a point of the plane of each cell: the mean of the points around"""
    normals: Floats
    """(c, 3) unit, either way; zero where there is no plane"""
    levels: NDArray[np.int8]
    """(c,) by how often the side was doubled; -1 where there is no plane"""
    is_flat: NDArray[np.bool_]
    """(c,)"""
    keys: NDArray[np.uint64]
    """(c,) where the cell lies: 21 bits an axis, x highest"""
    counts: NDArray[np.int64]
    """(c,) its points"""


def side_for(positions: Singles, spacing: float) -> float:
    """The side of cells that hold eight points of a surface whose eighth neighbours are `spacing` apart."""
    widest = float(np.ptp(positions, axis=0).max()) if len(positions) else 0.0
    # A circle of that radius holds eight points, and a square is as large.
    return max(float(np.sqrt(np.pi)) * spacing, widest / _MOST_CELLS, 1e-30)


def fitted(positions: Singles, side: float, *, is_near: bool = False) -> Planes:
    """Planes of a cloud (n, 3) float32; `side` as `side_for` says. 40 bytes a point besides.

    With `is_near`, planes go through the mean of the points in their own cell, where these are a few: noisier, but on a
    surface that bends nine times nearer to it.
    """
    low = positions.min(axis=0).astype(np.float64) - 0.5 * side
    keys = _keys(positions, low, side)
    order = np.argsort(keys, kind="stable")
    cells = np.empty(len(keys), np.int32)
    found, counts = _numbered(keys, order, cells)
    del keys, order
    moments = np.zeros((len(found), 10))
    _gather(positions, cells, found, low, side, moments)
    middles, normals = np.zeros((len(found), 3)), np.zeros((len(found), 3))
    levels, is_flat = np.full(len(found), -1, np.int8), np.zeros(len(found), np.bool_)
    own, above = found, np.arange(len(found))
    for level in range(LEVELS):
        wide = side * 2.0**level
        if level:
            coarser = _parents(own)
            parents, up = np.unique(coarser, return_inverse=True)
            lifted = np.zeros((len(parents), 10))
            _lift(moments, own, up, wide / 2.0, lifted)
            own, moments, above = parents, lifted, up[above]
        wanted = np.zeros(len(own), np.bool_)
        wanted[above[levels < 0]] = True
        planes = np.zeros((len(own), 7))
        _fit(own, moments, wanted, low, wide, is_near, planes)
        mine = (levels < 0) & (planes[above, 6] > 0.0)
        middles[mine], normals[mine] = planes[above[mine], :3], planes[above[mine], 3:6]
        levels[mine], is_flat[mine] = level, planes[above[mine], 6] > 1.0
        if not (levels < 0).any():
            break
    return Planes(side, low, cells, middles, normals, levels, is_flat, found, counts)


def areas(positions: Singles, planes: Planes) -> Singles:
    """What area (n,) each point stands for; none where there is no plane."""
    out = np.zeros(len(positions))
    level_of = planes.levels[planes.cells]
    for level in range(LEVELS):
        chosen = np.flatnonzero(level_of == level).astype(np.int64)
        if not len(chosen):
            continue
        wide = planes.side * 2.0**level
        for axis in range(3):
            keys = _columns(positions, chosen, planes.low, wide, axis)
            order = np.argsort(keys)
            _covered(keys, order, chosen, planes.cells, planes.normals, axis, wide, out)
    return out.astype(np.float32)


def means(planes: Planes, values: Singles, is_left_out: NDArray[np.bool_]) -> Singles:
    """Of what the points have (n,): the mean over the cell of each and those around it (3 × 3 × 3 cells).

    What is left out stays as it is and counts nowhere.
    """
    out = np.empty(len(values), np.float32)
    _mean(values, is_left_out, planes.cells, planes.keys, out)
    return out


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _mean(values: Any, is_left_out: Any, cells: Any, keys: Any, out: Any) -> None:  # pragma: no cover - compiled
    sums, counts = np.zeros(len(keys)), np.zeros(len(keys), np.int64)
    for i in range(len(values)):
        if not is_left_out[i]:
            sums[cells[i]] += values[i]
            counts[cells[i]] += 1
    around = np.zeros(len(keys))
    one = np.uint64(1)
    for i in range(len(keys)):
        x, y, z = keys[i] >> (_BITS + _BITS), (keys[i] >> _BITS) & _MASK, keys[i] & _MASK
        total, count = 0.0, 0
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                column = (np.uint64(np.int64(x) + dx) << _BITS | np.uint64(np.int64(y) + dy)) << _BITS
                at = _first_at_least(keys, column | (z - one))
                while at < len(keys) and keys[at] <= column | (z + one):
                    total += sums[at]
                    count += counts[at]
                    at += 1
        around[i] = total / max(count, 1)
    for i in range(len(values)):
        out[i] = values[i] if is_left_out[i] else around[cells[i]]


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _keys(positions: Any, low: Any, side: float) -> Any:  # pragma: no cover - compiled
    out = np.empty(len(positions), np.uint64)
    for i in range(len(positions)):
        key = np.uint64(0)
        for axis in range(3):
            key = (key << _BITS) | np.uint64(int((np.float64(positions[i, axis]) - low[axis]) / side) + 1)
        out[i] = key
    return out


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _numbered(keys: Any, order: Any, cells: Any) -> Any:  # pragma: no cover - compiled
    """Number the cells in the order of keys: their keys and how many points each has."""
    found, counts = np.empty(len(keys), np.uint64), np.empty(len(keys), np.int64)
    used = 0
    for at in range(len(order)):
        key = keys[order[at]]
        if not used or found[used - 1] != key:
            found[used] = key
            counts[used] = 0
            used += 1
        counts[used - 1] += 1
        cells[order[at]] = used - 1
    return found[:used].copy(), counts[:used].copy()


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _middle(key: Any, low: Any, side: float, out: Any) -> None:  # pragma: no cover - compiled
    out[0] = low[0] + (np.float64(key >> (_BITS + _BITS)) - 0.5) * side
    out[1] = low[1] + (np.float64((key >> _BITS) & _MASK) - 0.5) * side
    out[2] = low[2] + (np.float64(key & _MASK) - 0.5) * side


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _gather(  # noqa: PLR0917
    positions: Any, cells: Any, keys: Any, low: Any, side: float, moments: Any
) -> None:  # pragma: no cover - compiled
    """Add up 1, x, y, z, xx, xy, xz, yy, yz, zz of points about the middles of their cells, in sides."""
    middle = np.empty(3)
    for i in range(len(positions)):
        cell = cells[i]
        _middle(keys[cell], low, side, middle)
        x = (np.float64(positions[i, 0]) - middle[0]) / side
        y = (np.float64(positions[i, 1]) - middle[1]) / side
        z = (np.float64(positions[i, 2]) - middle[2]) / side
        row = moments[cell]
        row[0] += 1.0
        row[1] += x
        row[2] += y
        row[3] += z
        row[4] += x * x
        row[5] += x * y
        row[6] += x * z
        row[7] += y * y
        row[8] += y * z
        row[9] += z * z


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _parents(keys: Any) -> Any:  # pragma: no cover - compiled
    out = np.empty(len(keys), np.uint64)
    one = np.uint64(1)
    for i in range(len(keys)):
        x, y, z = keys[i] >> (_BITS + _BITS), (keys[i] >> _BITS) & _MASK, keys[i] & _MASK
        # Places count from 1, so that neighbours are never below 0.
        x, y, z = ((x - one) >> one) + one, ((y - one) >> one) + one, ((z - one) >> one) + one
        out[i] = (x << (_BITS + _BITS)) | (y << _BITS) | z
    return out


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _add(  # noqa: PLR0917
    total: Any, row: Any, dx: float, dy: float, dz: float, scale: float
) -> None:  # pragma: no cover - compiled
    """Add moments whose origin lies at (dx, dy, dz) and whose unit is `scale` of those of the total."""
    n, x, y, z = row[0], row[1] * scale, row[2] * scale, row[3] * scale
    square = scale * scale
    total[0] += n
    total[1] += x + n * dx
    total[2] += y + n * dy
    total[3] += z + n * dz
    total[4] += row[4] * square + 2.0 * dx * x + n * dx * dx
    total[5] += row[5] * square + dx * y + dy * x + n * dx * dy
    total[6] += row[6] * square + dx * z + dz * x + n * dx * dz
    total[7] += row[7] * square + 2.0 * dy * y + n * dy * dy
    total[8] += row[8] * square + dy * z + dz * y + n * dy * dz
    total[9] += row[9] * square + 2.0 * dz * z + n * dz * dz


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _lift(moments: Any, keys: Any, up: Any, side: float, out: Any) -> None:  # pragma: no cover - compiled
    """Moments of cells of twice the side."""
    one = np.uint64(1)
    for i in range(len(keys)):
        x, y, z = keys[i] >> (_BITS + _BITS), (keys[i] >> _BITS) & _MASK, keys[i] & _MASK
        dx = 0.25 if (x - one) & one else -0.25
        dy = 0.25 if (y - one) & one else -0.25
        dz = 0.25 if (z - one) & one else -0.25
        _add(out[up[i]], moments[i], dx, dy, dz, 0.5)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _first_at_least(keys: Any, key: Any) -> int:  # pragma: no cover - compiled
    low, high = 0, len(keys)
    while low < high:
        half = (low + high) >> 1
        if keys[half] < key:
            low = half + 1
        else:
            high = half
    return low


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def cell_at(  # noqa: PLR0917
    x: float, y: float, z: float, keys: Any, low: Any, side: float
) -> int:  # pragma: no cover - compiled
    """The number of the cell that a place lies in; -1 where there is none."""
    u, v, w = (x - low[0]) / side + 1.0, (y - low[1]) / side + 1.0, (z - low[2]) / side + 1.0
    if not (min(u, v, w) >= 0.0 and max(u, v, w) < _MOST_PLACE):
        return -1
    key = (np.uint64(int(u)) << _BITS | np.uint64(int(v))) << _BITS | np.uint64(int(w))
    at = _first_at_least(keys, key)
    return at if at < len(keys) and keys[at] == key else -1


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _fit(  # noqa: C901, PLR0917
    keys: Any, moments: Any, wanted: Any, low: Any, side: float, is_near: bool, planes: Any
) -> None:  # pragma: no cover - compiled
    """A point, a normal and 1 (2 where flat) for each cell with a plane."""
    total, middle = np.empty(10), np.empty(3)
    matrix, vectors = np.empty((3, 3)), np.empty((3, 3))
    one = np.uint64(1)
    for i in range(len(keys)):
        if not wanted[i]:
            continue
        total[:] = 0.0
        x, y, z = keys[i] >> (_BITS + _BITS), (keys[i] >> _BITS) & _MASK, keys[i] & _MASK
        for dx in range(-1, 2):
            for dy in range(-1, 2):
                column = (np.uint64(np.int64(x) + dx) << _BITS | np.uint64(np.int64(y) + dy)) << _BITS
                at = _first_at_least(keys, column | (z - one))
                while at < len(keys) and keys[at] <= column | (z + one):
                    dz = np.int64(keys[at] & _MASK) - np.int64(z)
                    _add(total, moments[at], float(dx), float(dy), float(dz), 1.0)
                    at += 1
        count = total[0]
        if count < FEWEST:
            continue
        mx, my, mz = total[1] / count, total[2] / count, total[3] / count
        matrix[0, 0] = total[4] / count - mx * mx
        matrix[0, 1] = matrix[1, 0] = total[5] / count - mx * my
        matrix[0, 2] = matrix[2, 0] = total[6] / count - mx * mz
        matrix[1, 1] = total[7] / count - my * my
        matrix[1, 2] = matrix[2, 1] = total[8] / count - my * mz
        matrix[2, 2] = total[9] / count - mz * mz
        _jacobi(matrix, vectors)
        least = 0
        for axis in range(1, 3):
            if matrix[axis, axis] < matrix[least, least]:
                least = axis
        second = np.inf
        for axis in range(3):
            if axis != least:
                second = min(second, matrix[axis, axis])
        if not second > _SPREAD:
            continue
        _middle(keys[i], low, side, middle)
        if is_near and moments[i, 0] >= _FEWEST_NEAR:
            mx, my, mz = moments[i, 1] / moments[i, 0], moments[i, 2] / moments[i, 0], moments[i, 3] / moments[i, 0]
        planes[i, 0], planes[i, 1], planes[i, 2] = middle[0] + mx * side, middle[1] + my * side, middle[2] + mz * side
        for axis in range(3):
            planes[i, 3 + axis] = vectors[axis, least]
        planes[i, 6] = 2.0 if matrix[least, least] < _FLAT * second else 1.0


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _jacobi(a: Any, v: Any) -> None:  # pragma: no cover - compiled
    """Eigenvalues of a symmetric matrix (3, 3) onto its diagonal, eigenvectors into columns of `v` (Jacobi 1846)."""
    v[:] = 0.0
    v[0, 0] = v[1, 1] = v[2, 2] = 1.0
    for _ in range(_SWEEPS):
        if abs(a[0, 1]) + abs(a[0, 2]) + abs(a[1, 2]) <= 1e-15 * (abs(a[0, 0]) + abs(a[1, 1]) + abs(a[2, 2])):
            return
        for p in range(2):
            for q in range(p + 1, 3):
                if a[p, q] == 0.0:
                    continue
                theta = (a[q, q] - a[p, p]) / (2.0 * a[p, q])
                t = 1.0 / (abs(theta) + np.sqrt(theta * theta + 1.0))
                t = -t if theta < 0.0 else t
                c = 1.0 / np.sqrt(t * t + 1.0)
                s = t * c
                for k in range(3):
                    one, other = a[k, p], a[k, q]
                    a[k, p], a[k, q] = c * one - s * other, s * one + c * other
                for k in range(3):
                    one, other = a[p, k], a[q, k]
                    a[p, k], a[q, k] = c * one - s * other, s * one + c * other
                for k in range(3):
                    one, other = v[k, p], v[k, q]
                    v[k, p], v[k, q] = c * one - s * other, s * one + c * other


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _columns(positions: Any, chosen: Any, low: Any, side: float, axis: int) -> Any:  # pragma: no cover - compiled
    """Column across an axis, and the depth in quarters of a cell, of some points."""
    out = np.empty(len(chosen), np.uint64)
    u, v = (axis + 1) % 3, (axis + 2) % 3
    for i in range(len(chosen)):
        at = positions[chosen[i]]
        column = np.uint64(int((np.float64(at[u]) - low[u]) / side)) << _BITS
        column |= np.uint64(int((np.float64(at[v]) - low[v]) / side))
        depth = np.uint64(int(4.0 * (np.float64(at[axis]) - low[axis]) / side))
        out[i] = (column << _BITS) | depth
    return out


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _covered(  # noqa: PLR0917
    keys: Any, order: Any, chosen: Any, cells: Any, normals: Any, axis: int, side: float, out: Any
) -> None:  # pragma: no cover - compiled
    """Share what each column covers among its points; each takes it by how much it faces along the axis."""
    begin = 0
    while begin < len(order):
        key = keys[order[begin]]
        end = begin + 1
        while end < len(order):
            following = keys[order[end]]
            if following >> _BITS != key >> _BITS or following - key > 4:
                break
            key = following
            end += 1
        for at in range(begin, end):
            point = chosen[order[at]]
            out[point] += side * side * abs(normals[cells[point], axis]) / (end - begin)
        begin = end
