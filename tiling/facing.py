# ruff: noqa: C901, PLR0917  -- compiled loops: many arrays, no keywords
"""Which of the triangles of a coarse surface stands for a triangle of a finer one.

The coarse surface is sprinkled with points, closer than its triangles are large; the points are sorted into the cells
of a grid, about two to a cell that has any. The nearest point is looked for in the cells around, ring after ring; one
whose triangle faces the same way is preferred, if there is one within a few cells: else the two sides of a thin wall
would take each other's colours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Indices, Singles

    Numbers = NDArray[np.int64]

_POINTS = 1 << 16  # about; at least one for each triangle
_A_CELL = 2.0
_MOST_CELLS = 1 << 19
_MOST_FOLDS = 64
_RINGS = 4
"""as far as it is looked for one that faces the same way"""
_SAME = 0.2
"""least cosine between triangles that face the same way"""


@dataclass(frozen=True, slots=True)
class Grid:
    """Points on coarse triangles, sorted by cell; cell c has the points from `starts[c]` to `starts[c + 1]`."""

    points: Singles
    owners: Numbers
    starts: Numbers
    normals: Singles
    """of the triangles, unit vectors"""
    low: Singles
    side: float
    shape: Numbers


def grid(positions: Singles, indices: Indices) -> Grid:
    """The grid of a coarse surface: positions (n, 3), triangles (m, 3), at least one."""
    normals, sizes = normals_of(positions, indices)
    total = float(sizes.sum())
    points, owners = _sprinkled(positions, indices, sizes, max(_POINTS, len(indices)) / max(total, 1e-300))
    low = points.min(axis=0)
    extent = np.maximum((points.max(axis=0) - low).astype(np.float64), 1e-30)
    side = max(float(np.sqrt(total * _A_CELL / len(points))), float(extent.max()) * 1e-3)
    while np.prod(np.floor(extent / side) + 1.0) > _MOST_CELLS:
        side *= 1.25
    shape = (np.floor(extent / side) + 1.0).astype(np.int64)
    order, starts = _sorted(points, low, side, shape)
    return Grid(points[order], owners[order], starts, normals, low, side, shape)


def counterparts(coarse: Grid, positions: Singles, indices: Indices) -> Numbers:
    """For each of these triangles (t, 3) the number of the coarse one that stands for it."""
    normals, _ = normals_of(positions, indices)
    cells = (coarse.low, coarse.side, coarse.shape)
    found: Numbers = _found(
        positions, indices, normals, coarse.points, coarse.owners, coarse.starts, coarse.normals, cells
    )
    return found


@njit(cache=True, nogil=True)
def normals_of(positions: Singles, indices: Indices) -> tuple[Singles, NDArray[np.float64]]:  # pragma: no cover
    """Unit normals (m, 3) and areas (m,) of triangles."""
    normals, sizes = np.zeros((len(indices), 3), np.float32), np.zeros(len(indices))
    u, v = np.empty(3), np.empty(3)
    for t in range(len(indices)):
        for axis in range(3):
            start = np.float64(positions[indices[t, 0], axis])
            u[axis] = positions[indices[t, 1], axis] - start
            v[axis] = positions[indices[t, 2], axis] - start
        x, y, z = u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]
        length = np.sqrt(x * x + y * y + z * z)
        sizes[t] = length / 2.0
        if length > 0.0:
            normals[t, 0], normals[t, 1], normals[t, 2] = x / length, y / length, z / length
    return normals, sizes


@njit(cache=True, nogil=True)
def _sprinkled(
    positions: Singles, indices: Indices, sizes: NDArray[np.float64], density: float
) -> tuple[Singles, Numbers]:  # pragma: no cover - compiled
    """About `density` points a unit of area, the middles of the n² parts of each triangle."""
    folds = np.empty(len(indices), np.int64)
    count = 0
    for t in range(len(indices)):
        folds[t] = min(max(int(np.rint(np.sqrt(sizes[t] * density))), 1), _MOST_FOLDS)
        count += folds[t] * folds[t]
    points, owners = np.empty((count, 3), np.float32), np.empty(count, np.int64)
    at = 0
    for t in range(len(indices)):
        n = folds[t]
        for i in range(n):
            for j in range(n - i):
                for half in range(2 if i + j < n - 1 else 1):
                    v, w = (i + (1 + half) / 3) / n, (j + (1 + half) / 3) / n
                    for axis in range(3):
                        start = positions[indices[t, 0], axis]
                        along = (positions[indices[t, 1], axis] - start) * v + (
                            positions[indices[t, 2], axis] - start
                        ) * w
                        points[at, axis] = start + along
                    owners[at] = t
                    at += 1
    return points, owners


@njit(cache=True, nogil=True)
def _sorted(
    points: Singles, low: Singles, side: float, shape: Numbers
) -> tuple[Numbers, Numbers]:  # pragma: no cover - compiled
    """The order of points by cell, and where each cell starts."""
    cells = np.empty(len(points), np.int64)
    starts = np.zeros(shape[0] * shape[1] * shape[2] + 1, np.int64)
    for i in range(len(points)):
        cell = 0
        for axis in range(3):
            cell = cell * shape[axis] + min(int((points[i, axis] - low[axis]) / side), shape[axis] - 1)
        cells[i] = cell
        starts[cell + 1] += 1
    starts = np.cumsum(starts)
    at = starts[:-1].copy()
    order = np.empty(len(points), np.int64)
    for i in range(len(points)):
        order[at[cells[i]]] = i
        at[cells[i]] += 1
    return order, starts


@njit(cache=True, nogil=True)
def _found(
    positions: Singles,
    indices: Indices,
    normals: Singles,
    points: Singles,
    owners: Numbers,
    starts: Numbers,
    coarse_normals: Singles,
    cells: tuple[Singles, float, Numbers],
) -> Numbers:  # pragma: no cover - compiled
    low, side, shape = cells
    out = np.empty(len(indices), np.int64)
    middle, cell = np.empty(3), np.empty(3, np.int64)
    widest = max(shape[0], shape[1], shape[2])
    for t in range(len(indices)):
        for axis in range(3):
            total = 0.0
            for corner in range(3):
                total += positions[indices[t, corner], axis]
            middle[axis] = total / 3.0
            cell[axis] = min(max(int((middle[axis] - low[axis]) / side), 0), shape[axis] - 1)
        nearest, same = np.inf, np.inf
        nearest_of, same_of = np.int64(0), np.int64(-1)
        for ring in range(widest + 1):
            reach = ((ring - 1) * side) ** 2  # all points within it were seen
            if ring > 0 and (same <= reach or (ring > _RINGS and nearest < np.inf)):
                break
            for x in range(max(cell[0] - ring, 0), min(cell[0] + ring, shape[0] - 1) + 1):
                for y in range(max(cell[1] - ring, 0), min(cell[1] + ring, shape[1] - 1) + 1):
                    on_rim = abs(x - cell[0]) == ring or abs(y - cell[1]) == ring
                    step = 1 if on_rim or ring == 0 else 2 * ring
                    for z in range(cell[2] - ring, cell[2] + ring + 1, step):
                        if z < 0 or z >= shape[2]:
                            continue
                        number = (x * shape[1] + y) * shape[2] + z
                        for i in range(starts[number], starts[number + 1]):
                            dx, dy, dz = points[i, 0] - middle[0], points[i, 1] - middle[1], points[i, 2] - middle[2]
                            squared = dx * dx + dy * dy + dz * dz
                            if squared < nearest:
                                nearest, nearest_of = squared, owners[i]
                            if squared < same:
                                other = coarse_normals[owners[i]]
                                facing = other[0] * normals[t, 0] + other[1] * normals[t, 1] + other[2] * normals[t, 2]
                                if facing > _SAME:
                                    same, same_of = squared, owners[i]
        out[t] = same_of if same_of >= 0 else nearest_of
    return out
