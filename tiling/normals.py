"""Normals for models that bring none: smooth over scanned surfaces, hard at the edges of built ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling import meshopt
from tiling.adjacency import sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Floats, Indices, Model, Primitive

_CREASE_COSINE = float(np.cos(np.radians(40.0)))
# A built thing is known by its flat faces: the diagonals of its quads alone are a third of its edges. Of the edges of a
# statue's scan 16 % are flat at full size (its points lie on a grid), 1 to 5 % when it is made coarser, while up to
# 46 % are folded by more than 40°: so folds tell nothing.
_FLAT_COSINE = float(np.cos(np.radians(0.5)))
_BUILT_SHARE = 0.25
_LOOKED_AT = 1 << 15  # triangles
_MOST_BUILT = 1 << 23  # triangles of a part that is held in memory for this


def of_built(model: Model) -> Model:
    """The model with normals where it was built and brings none. Scanned surfaces get theirs tile by tile (`leaf`).

    Whether a part was built is told by a run of its triangles, so that this costs nothing on a scan of any size.
    """
    return replace(model, primitives=tuple(_of_built(primitive) for primitive in model.primitives))


def _of_built(primitive: Primitive) -> Primitive:
    if primitive.normals is not None or not 0 < len(primitive.indices) <= _MOST_BUILT:
        return primitive
    start = max(0, (len(primitive.indices) - _LOOKED_AT) // 2)
    rows = primitive.indices[start : start + _LOOKED_AT].reshape(-1)
    number, count = meshopt.remap(rows)
    first = np.empty(count, np.int64)
    first[number[::-1]] = np.arange(len(number) - 1, -1, -1)
    is_built = _folds(primitive.positions[rows[first]], number.reshape(-1, 3)).is_built
    return with_normals(primitive) if is_built else primitive


@dataclass(frozen=True, slots=True)
class _Folds:
    """How triangles hang together at edges of two, over places instead of vertices."""

    place: NDArray[np.uint32]
    count: int
    triangles: NDArray[np.int64]
    """(m, 3) by place"""
    face: Floats
    """(m, 3) normals as long as twice the area"""
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    """sides, 3 × triangle + corner, that are the same edge"""
    smooth: NDArray[np.bool_]
    is_built: bool
    """whether there are creases, and as many flat edges as only built things have"""


def _folds(positions: NDArray[Any], indices: Indices) -> _Folds:
    # Every corner at a position counts, also across seams of texture coordinates.
    place, count = meshopt.remap(positions + 0.0)
    triangles = place[indices].astype(np.int64)
    p, q, r = (positions[indices[:, corner]] for corner in range(3))
    face = np.cross(q - p, r - p)
    flat = _unit(face)
    first, second = sides(triangles, count)
    fold = np.einsum("ij,ij->i", flat[first // 3], flat[second // 3])
    smooth = fold > _CREASE_COSINE
    built = not smooth.all() and np.count_nonzero(fold > _FLAT_COSINE) >= _BUILT_SHARE * len(fold)
    return _Folds(place, count, triangles, face, first, second, smooth, bool(built))


def with_normals(primitive: Primitive) -> Primitive:
    """The primitive with normals: averaged over the triangles at a position, weighed by area.

    A thing with many flat edges was built and has creases, edges folded by more than 40°: then only triangles that hang
    together around the position without crossing a crease are averaged, and a vertex is split where they differ. A
    primitive that has normals is given back as it is.
    """
    if primitive.normals is not None or not len(primitive.indices):
        return primitive
    folds = _folds(primitive.positions, primitive.indices)
    if not folds.is_built:
        normals = _averaged(folds.face, folds.triangles.reshape(-1), folds.count)[folds.place]
        return replace(primitive, normals=normals.astype(np.float32))
    groups, of_corner = _fans(folds.triangles, folds.first[folds.smooth], folds.second[folds.smooth])
    normals = _averaged(folds.face, of_corner, groups)
    # One vertex for each old vertex and fan.
    old = primitive.indices.reshape(-1)
    table, vertices = meshopt.remap(np.stack([old, of_corner.astype(np.uint32)], axis=1))
    source = np.empty(vertices, np.int64)
    source[table[::-1]] = np.arange(len(table) - 1, -1, -1)
    return replace(
        primitive,
        positions=primitive.positions[old[source]],
        normals=normals[of_corner[source]].astype(np.float32),
        uvs=None if primitive.uvs is None else primitive.uvs[old[source]],
        colours=None if primitive.colours is None else primitive.colours[old[source]],
        second_uvs=None if primitive.second_uvs is None else primitive.second_uvs[old[source]],
        indices=table.reshape(-1, 3),
    )


def _fans(
    triangles: NDArray[np.int64], first: NDArray[np.int64], second: NDArray[np.int64]
) -> tuple[int, NDArray[np.int64]]:
    """Corners joined across the smooth sides: how many groups there are, and the group of each corner."""
    # Loaded only where a thing was built: readers come through here, and scipy takes half a second.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # Both ends of a side are joined with the same place in the neighbour.
    flat = triangles.reshape(-1)
    links = []
    for ends in ((0, 0), (0, 1), (1, 0), (1, 1)):
        a, b = (side // 3 * 3 + (side % 3 + end) % 3 for side, end in zip((first, second), ends, strict=True))
        same = flat[a] == flat[b]
        links.append((a[same], b[same]))
    rows, columns = (np.concatenate(part) for part in zip(*links, strict=True))
    graph = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(len(flat), len(flat)))
    groups, of_corner = connected_components(graph, directed=False)
    return int(groups), of_corner.astype(np.int64)


def _averaged(face: Floats, groups: NDArray[np.int64], count: int) -> Floats:
    columns = [np.bincount(groups, np.repeat(face[:, axis], 3), minlength=count) for axis in range(3)]
    return _unit(np.stack(columns, axis=1).astype(np.float64))


def _unit(vectors: Floats) -> Floats:
    """Unit vectors; up where there is no direction."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    out: Floats = np.where(length > 0.0, vectors / np.where(length > 0.0, length, 1.0), (0.0, 1.0, 0.0))
    return out
