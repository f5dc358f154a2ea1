"""Skirts: strips that hang inwards from a tile's border, so that no light falls between neighbours of unlike detail.

Neighbours of the same level share their border and need none. Where a tile stands beside one of another level, both
borders follow the same curve, each to its own error; a strip on both closes the gap to the eye. The gap is mostly
sideways, so strips lean outwards, halfway between down and aside, under the neighbour. Then they also face the eye that
looks into the gap, and viewers that leave out back faces draw them. Of a million rays at random cuts (`bench.cracks`),
so many look into the model or through it: strips straight down 10 on venus, 26 on the terrain; leaning 3 and 2.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from tiling import meshopt
from tiling.patch import side_by_side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Indices, Singles
    from tiling.patch import Layout, Patch


def with_skirts(patch: Patch, layout: Layout, border: NDArray[np.bool_], depth: float) -> Patch:
    """The patch with skirt triangles after its own; they hang `depth` metres against the normals and as far outwards.

    `border` (n,) marks the vertices that other tiles share. A skirt hangs from every edge between two of them that has
    a triangle on one side only.
    """
    if layout.normals:
        # Only the border's places are asked for, and to find those of all vertices takes as long as all the rest.
        rows = np.flatnonzero(border)
        place = np.zeros(len(patch.positions), np.uint32)
        place[rows], count = meshopt.remap(patch.positions[rows])
    else:
        place, count = meshopt.remap(patch.positions)
    start, end = _border_edges(patch.indices, border)
    forth = place[start].astype(np.int64) * count + place[end]
    back = place[end].astype(np.int64) * count + place[start]
    rim = np.flatnonzero(~np.isin(forth, back))
    if not len(rim):
        return patch
    a, b = start[rim], end[rim]
    top = np.unique(np.concatenate([a, b]))
    lower = np.zeros(len(patch.positions), np.uint32)
    lower[top] = len(patch.positions) + np.arange(len(top), dtype=np.uint32)
    normals = _normals(patch, layout, place, count)
    outward = _outward(patch.positions[b] - patch.positions[a], normals[a] + normals[b], place[a], place[b], count)
    quads = np.stack([b, a, lower[a], b, lower[a], lower[b]], axis=1).astype(np.uint32).reshape(-1, 3)
    hem = patch.of_vertices(top, patch.indices[:0])
    shift = outward[place[top]] - normals[top]
    hem = replace(hem, positions=hem.positions + np.float32(depth) * shift)
    return replace(side_by_side([patch, hem]), indices=np.concatenate([patch.indices, quads]))


def _outward(
    edges: Singles, normals: Singles, starts: NDArray[np.uint32], ends: NDArray[np.uint32], count: int
) -> Singles:
    """By place (count, 3) the unit direction along the surface that leads out over the border edges (e, 3) there."""
    across = np.cross(edges, normals)  # triangles lie to the left of their edges, seen from where normals point
    both = np.concatenate([starts, ends])
    sums = np.stack([np.bincount(both, np.tile(across[:, k], 2), minlength=count) for k in range(3)], axis=1)
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    unit: Singles = np.divide(sums, length, out=np.zeros_like(sums), where=length > 0.0).astype(np.float32)
    return unit


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _border_edges(
    indices: Indices, border: NDArray[np.bool_]
) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:  # pragma: no cover - compiled
    """Starts and ends of the edges between two border vertices, as triangles walk them."""
    count = 0
    for triangle in range(len(indices)):
        for side in range(3):
            count += border[indices[triangle, side]] and border[indices[triangle, (side + 1) % 3]]
    start, end = np.empty(count, np.uint32), np.empty(count, np.uint32)
    at = 0
    for triangle in range(len(indices)):
        for side in range(3):
            a, b = indices[triangle, side], indices[triangle, (side + 1) % 3]
            if border[a] and border[b]:
                start[at], end[at] = a, b
                at += 1
    return start, end


def _normals(patch: Patch, layout: Layout, place: NDArray[np.uint32], count: int) -> Singles:
    if layout.normals:
        normals: Singles = patch.attributes[:, layout.normal_columns]
        return normals
    a, b, c = patch.corners()
    face = np.cross(b - a, c - a)
    corners = place[patch.indices].reshape(-1)
    sums = np.stack([np.bincount(corners, np.repeat(face[:, k], 3), minlength=count) for k in range(3)], axis=1)
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    unit = np.divide(sums, length, out=np.zeros_like(sums), where=length > 0.0)
    found: Singles = unit[place].astype(np.float32)
    return found
