"""The mesh that the tiler works on: one vertex buffer over all materials, single precision about an origin.

A vertex belongs to exactly one material, so triangles of unlike materials meet only in positions: to the simplifier
that is a seam like one of texture coordinates, and it collapses both sides alike. Each vertex carries up to four leaves
of the tile tree whose triangles touch its position (`leaves`, ascending, the last repeated; where there are more, the
first and the last with `MANY` between). A tile covers a run of leaves, so a vertex lies on the tile's border just when
they leave the run; that stays true however often tiles are merged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from tiling import meshopt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Floats, Indices, Primitive, Singles


MANY = -1
"""in the second and third column of `leaves`: more than four leaves meet here"""

_SAME_NORMAL = float(np.cos(np.radians(15.0)))


@dataclass(frozen=True, slots=True)
class Layout:
    """Which attributes the columns of a patch hold, in this order: normal (3), uv (2), colour (4), second uv (2)."""

    normals: bool
    uvs: bool
    colours: bool
    second: bool = False

    @property
    def normal_columns(self) -> slice:
        """Columns of the normal; empty where there is none."""
        return slice(0, 3 * self.normals)

    @property
    def uv_columns(self) -> slice:
        """Columns of the texture coordinate."""
        start = 3 * self.normals
        return slice(start, start + 2 * self.uvs)

    @property
    def colour_columns(self) -> slice:
        """Columns of the colour, linear RGBA in 0 to 1."""
        start = 3 * self.normals + 2 * self.uvs
        return slice(start, start + 4 * self.colours)

    @property
    def second_columns(self) -> slice:
        """Columns of the texture coordinate in the second set."""
        return slice(self.width - 2 * self.second, self.width)

    @property
    def width(self) -> int:
        """Number of columns."""
        return 3 * self.normals + 2 * self.uvs + 4 * self.colours + 2 * self.second


@dataclass(frozen=True, slots=True)
class Patch:
    """A mesh: positions (n, 3), attributes (n, w) float32; material (n,), leaves (n, 4) int32; indices (m, 3).

    `features` (n,) int32 are numbers of the nodes or objects of the source, None where it has no more than one.
    """

    positions: Singles
    attributes: Singles
    material: NDArray[np.int32]
    leaves: NDArray[np.int32]
    indices: Indices
    features: NDArray[np.int32] | None = None

    @property
    def triangles(self) -> int:
        """Number of triangles."""
        return len(self.indices)

    def corners(self) -> tuple[Floats, Floats, Floats]:
        """The three corners of every triangle, float64."""
        positions = self.positions.astype(np.float64)
        return positions[self.indices[:, 0]], positions[self.indices[:, 1]], positions[self.indices[:, 2]]

    def of_vertices(self, rows: NDArray[Any], indices: Indices) -> Patch:
        """Some of the vertices, by number or mask, under other triangles."""
        if rows.dtype == np.bool_:
            rows = np.flatnonzero(rows)
        # (`take` takes a fifth of the time of brackets, where rows are short.)
        return Patch(
            self.positions.take(rows, axis=0),
            self.attributes.take(rows, axis=0),
            self.material.take(rows),
            self.leaves.take(rows, axis=0),
            indices,
            None if self.features is None else self.features.take(rows),
        )

    def outside(self, first: int, last: int) -> NDArray[np.bool_]:
        """Which vertices are touched by leaves outside first to last, both included."""
        beyond: NDArray[np.bool_] = (self.leaves[:, 0] < first) | (self.leaves[:, 3] > last)
        return beyond


def layout_of(primitives: Sequence[Primitive], *, normals: bool | None = None) -> Layout:
    """The layout for these primitives; with normals just where all have them, unless that is said."""
    return Layout(
        normals=all(primitive.normals is not None for primitive in primitives) if normals is None else normals,
        uvs=any(primitive.uvs is not None for primitive in primitives),
        colours=any(primitive.colours is not None for primitive in primitives),
        second=any(primitive.second_uvs is not None for primitive in primitives),
    )


def of_primitives(primitives: Sequence[Primitive], layout: Layout, origin: Floats) -> Patch:
    """Primitives side by side in one patch, about `origin`, nothing welded yet. Normals that lack are zero."""
    if not primitives:
        return Patch(
            positions=np.zeros((0, 3), np.float32),
            attributes=np.zeros((0, layout.width), np.float32),
            material=np.zeros(0, np.int32),
            leaves=np.zeros((0, 4), np.int32),
            indices=np.zeros((0, 3), np.uint32),
        )
    starts = np.cumsum([0] + [len(primitive.positions) for primitive in primitives])
    zero = np.float32(0.0)  # -0.0 + 0.0 is 0.0, and welding compares bytes
    return Patch(
        positions=np.concatenate([(each.positions - origin).astype(np.float32) for each in primitives]) + zero,
        attributes=np.concatenate([_columns(each, layout) for each in primitives]) + zero,
        material=np.concatenate([np.full(len(p.positions), p.material, np.int32) for p in primitives]),
        leaves=np.zeros((int(starts[-1]), 4), np.int32),
        indices=np.concatenate(
            [p.indices + np.uint32(start) for p, start in zip(primitives, starts[:-1], strict=True)]
        ),
        features=(
            np.concatenate([np.full(len(p.positions), p.feature, np.int32) for p in primitives])
            if any(primitive.feature >= 0 for primitive in primitives)
            else None
        ),
    )


def with_joined_normals(patch: Patch, layout: Layout) -> Patch:
    """The patch with one normal where copies of a point have nearly the same.

    Writers round the copies of a point along a seam of texture coordinates each for itself; to the simplifier every
    such pair is an edge of the shape, and on a scan it then gets stuck at a twentieth of the triangles.
    """
    if not layout.normals:
        return patch
    place, count = meshopt.remap(patch.positions)
    if count == len(place):
        return patch
    normals = patch.attributes[:, layout.normal_columns]
    total = np.stack([np.bincount(place, normals[:, axis], minlength=count) for axis in range(3)], axis=1)
    mean = total / np.maximum(np.linalg.norm(total, axis=1, keepdims=True), 1e-30)
    joined = mean[place].astype(np.float32)
    near = np.einsum("ij,ij->i", normals, joined) > _SAME_NORMAL
    attributes = patch.attributes.copy()
    attributes[near, layout.normal_columns] = joined[near]
    return replace(patch, attributes=attributes)


def coarse_origin(low: Floats, high: Floats) -> Floats:
    """The middle of a box, rounded to a power of two near a thirty-second of its diagonal.

    So it lies on every grid that tiles are quantised to, and sums with tile origins are exact.
    """
    diagonal = float(np.linalg.norm(high - low))
    if diagonal <= 0.0:
        return np.zeros(3)
    unit = 2.0 ** np.floor(np.log2(diagonal / 32.0))
    middle: Floats = np.round((low + high) / 2.0 / unit) * unit
    return middle


def _columns(primitive: Primitive, layout: Layout) -> Singles:
    count = len(primitive.positions)
    out = np.zeros((count, layout.width), np.float32)
    if layout.normals and primitive.normals is not None:
        out[:, layout.normal_columns] = primitive.normals
    if primitive.uvs is not None:
        out[:, layout.uv_columns] = primitive.uvs
    if primitive.second_uvs is not None:
        out[:, layout.second_columns] = primitive.second_uvs
    if layout.colours:
        out[:, layout.colour_columns] = 1.0 if primitive.colours is None else primitive.colours / np.float32(255.0)
    return out


def _rows(*arrays: NDArray[Any]) -> NDArray[np.uint32]:
    """Several arrays of 4-byte items side by side, as rows to compare."""
    return np.concatenate([a.reshape(len(a), -1).view(np.uint32) for a in arrays], axis=1)


def welded(patch: Patch, among: NDArray[np.bool_] | None = None) -> Patch:
    """The same surface with equal vertices made one and degenerate and unused parts gone.

    Where it is known which vertices (n,) may have an equal, only `among` those it is looked for.
    """
    if not len(patch.positions):
        return patch
    keys = [patch.positions, patch.attributes, patch.material]
    if patch.features is not None:
        keys.append(patch.features)
    if among is None:
        table, count = meshopt.remap(_rows(*(np.ascontiguousarray(column) for column in keys)))
    else:
        rows = np.flatnonzero(among).astype(np.uint32)
        table, count = np.arange(len(among), dtype=np.uint32), len(among)
        if len(rows):
            same, few = meshopt.remap(_rows(*(column.take(rows, axis=0) for column in keys)))
            first = np.empty(few, np.uint32)
            first[same[::-1]] = rows[::-1]
            table[rows] = first[same]
    order, indices = _in_use(patch.positions, patch.indices, table, count)
    return patch.of_vertices(order, indices)


def only_used(patch: Patch) -> Patch:
    """The patch without vertices that no triangle names, and without degenerate triangles."""
    every = np.arange(len(patch.positions), dtype=np.uint32)
    order, indices = _in_use(patch.positions, patch.indices, every, len(every))
    return patch.of_vertices(order, indices)


def without_degenerates(positions: NDArray[Any], indices: Indices) -> Indices:
    """Triangles whose three positions differ. (Three in a line stay: to drop them would open a seam.)"""
    kept: Indices = _apart(np.ascontiguousarray(positions), np.ascontiguousarray(indices))
    return kept


@njit(cache=True, nogil=True)
def _apart(positions: NDArray[Any], indices: Indices) -> Indices:  # pragma: no cover - compiled
    out = np.empty_like(indices)
    kept = 0
    for triangle in range(len(indices)):
        if not _is_flat(positions, indices, triangle):
            out[kept] = indices[triangle]
            kept += 1
    return out[:kept]


@njit(cache=True, nogil=True)
def _is_flat(positions: NDArray[Any], indices: Indices, triangle: int) -> bool:  # pragma: no cover - compiled
    """Whether two corners of a triangle are at the same place."""
    flat = False
    for side in range(3):
        a, b = indices[triangle, side], indices[triangle, (side + 1) % 3]
        flat |= (
            positions[a, 0] == positions[b, 0]
            and positions[a, 1] == positions[b, 1]
            and positions[a, 2] == positions[b, 2]
        )
    return flat


def named_by(indices: Indices, count: int) -> NDArray[np.bool_]:
    """Which of `count` vertices the triangles name. (A mask: `np.unique` takes ten times as long.)"""
    named = np.zeros(count, bool)
    named[indices.reshape(-1)] = True
    return named


def materials_in(patch: Patch) -> tuple[NDArray[np.int32], list[int]]:
    """The material of every triangle, and those that occur, in order."""
    owners = patch.material[patch.indices[:, 0]]
    return owners, np.flatnonzero(np.bincount(owners)).tolist()


@njit(cache=True, nogil=True)
def _in_use(
    positions: Singles, indices: Indices, table: NDArray[np.uint32], count: int
) -> tuple[NDArray[np.uint32], Indices]:  # pragma: no cover - compiled
    """Vertices that stay, in order of first use, and triangles over them, without degenerate ones.

    `table` (n,) gives equal vertices one of `count` numbers.
    """
    number = np.full(count, np.uint32(0xFFFFFFFF))
    order = np.empty(count, np.uint32)
    out = np.empty_like(indices)
    used, kept = np.uint32(0), 0
    for triangle in range(len(indices)):
        if _is_flat(positions, indices, triangle):
            continue
        for corner in range(3):
            vertex = indices[triangle, corner]
            same = table[vertex]
            if number[same] == np.uint32(0xFFFFFFFF):
                number[same] = used
                order[used] = vertex
                used += np.uint32(1)
            out[kept, corner] = number[same]
        kept += 1
    return order[:used], out[:kept]


def merged(patches: Sequence[Patch]) -> Patch:
    """Several patches as one; vertices that are equal in all but their leaves become one."""
    return patches[0] if len(patches) == 1 else welded(side_by_side(patches))


def side_by_side(patches: Sequence[Patch]) -> Patch:
    """Several patches as one, nothing welded."""
    starts = np.cumsum([0] + [len(patch.positions) for patch in patches])
    # A patch of nothing has no features, though its neighbours do.
    features = [patch.features for patch in patches if patch.features is not None]
    return Patch(
        np.concatenate([patch.positions for patch in patches]),
        np.concatenate([patch.attributes for patch in patches]),
        np.concatenate([patch.material for patch in patches]),
        np.concatenate([patch.leaves for patch in patches]),
        np.concatenate([p.indices + np.uint32(start) for p, start in zip(patches, starts[:-1], strict=True)]),
        np.concatenate(features) if features and sum(map(len, features)) == starts[-1] else None,
    )
