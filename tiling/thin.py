"""Leaves, grass, rubble: thousands of tiny loose parts, which no collapse of edges can thin without losing places.

Of parts with a handful of triangles an even share is kept, and each is enlarged about its middle so that the whole
covers as much as before: a tree keeps its crown (Cook et al. 2007, stochastic simplification of aggregate detail; here
by an even pick in space instead of a random one, so the same input gives the same tree).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tiling import meshopt
from tiling.adjacency import parts
from tiling.bounds import extents

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Floats, Singles
    from tiling.patch import Patch

_SMALL = 16  # triangles of a part that is thinned
_TINY = 0.05  # of the patch's diagonal: a wall of two triangles is no leaf
_LOOSE_SHARE = 0.5  # of the triangles of a tile
_FEW_POINTS = 0.8  # points a triangle; a closed surface has half a point a triangle, loose quads have two
_MOST_GROWTH = 2.0


def loose_parts(patch: Patch, leaves: tuple[int, int]) -> tuple[NDArray[np.bool_], NDArray[np.int64]] | None:
    """Which triangles belong to small loose parts within these leaves, and the part of every triangle.

    None where such parts do not make up most of the patch.
    """
    place, count = meshopt.remap(patch.positions)
    if count < _FEW_POINTS * patch.triangles:
        return None
    total, part = parts(place[patch.indices], count)
    sizes = _diagonals(patch, part, total)
    extent = float(np.linalg.norm(patch.positions.max(axis=0) - patch.positions.min(axis=0)))
    small = (np.bincount(part, minlength=total) <= _SMALL) & (sizes <= _TINY * extent)
    # A part that reaches over the tile's border belongs to a neighbour, too, and stays as it is.
    small[part[patch.outside(*leaves)[patch.indices].any(axis=1)]] = False
    loose = small[part]
    return (loose, part) if np.count_nonzero(loose) > _LOOSE_SHARE * patch.triangles else None


def thinned(patch: Patch, loose: NDArray[np.bool_], part: NDArray[np.int64], share: float) -> Patch:
    """The loose triangles of a patch alone, about `share` of their parts kept and those enlarged."""
    indices = patch.indices[loose]
    names, number = np.unique(part[loose], return_inverse=True)
    total = len(names)
    corners = patch.positions[indices].astype(np.float64)
    middle = _means(corners.mean(axis=1), number, total)
    order = np.argsort(_morton(middle), kind="stable")
    wanted = max(1, round(total * share))
    kept = np.zeros(total, bool)
    kept[order[(np.arange(wanted) * total) // wanted]] = True
    stays = kept[number]
    indices, number = indices[stays], number[stays]
    growth = min(float(np.sqrt(total / wanted)), _MOST_GROWTH)
    # A vertex belongs to one part, so it moves once.
    of_vertex = np.zeros(len(patch.positions), np.int64)
    of_vertex[indices] = number[:, None]
    used = np.zeros(len(patch.positions), bool)
    used[indices] = True
    positions = patch.positions.copy()
    centre = middle[of_vertex[used]]
    positions[used] = (centre + (positions[used] - centre) * growth).astype(np.float32)
    return replace(patch, positions=positions, indices=indices)


def _means(points: Floats, number: NDArray[np.int64], count: int) -> Floats:
    amount = np.maximum(np.bincount(number, minlength=count), 1)
    columns = [np.bincount(number, points[:, axis], minlength=count) / amount for axis in range(3)]
    return np.stack(columns, axis=1)


def _morton(points: Floats | Singles) -> NDArray[np.int64]:
    """Numbers whose order visits points that are near each other one after the other."""
    low = points.min(axis=0)
    size = float((points.max(axis=0) - low).max()) or 1.0
    cells = ((points - low) / size * 1023.0).astype(np.int64)
    code = np.zeros(len(points), np.int64)
    for bit in range(10):
        for axis in range(3):
            code |= ((cells[:, axis] >> bit) & 1) << (3 * bit + axis)
    return code


def _diagonals(patch: Patch, part: NDArray[np.int64], total: int) -> Floats:
    low, high = extents(np.repeat(part, 3), patch.positions[patch.indices.reshape(-1)].astype(np.float64), total)
    sizes: Floats = np.linalg.norm(high - low, axis=1)
    return sizes
