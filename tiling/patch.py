"""The mesh that the tiler works on: one vertex buffer over all materials, single precision about an origin.

A vertex belongs to exactly one material, so triangles of unlike materials meet only in positions: to the simplifier
that is a seam like one of texture coordinates, and it collapses both sides alike. Each vertex carries the first and the
last leaf of the tile tree whose triangles touch its position (`span`). A tile covers a run of leaves, so a vertex lies
on the tile's border just when its span leaves the run; that stays true however often tiles are merged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling import meshopt
from tiling.errors import EmptyModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Floats, Indices, Model, Primitive, Singles


_SAME_NORMAL = float(np.cos(np.radians(15.0)))


@dataclass(frozen=True, slots=True)
class Layout:
    """Which attributes the columns of a patch hold, in this order: normal (3), uv (2), colour (4)."""

    normals: bool
    uvs: bool
    colours: bool

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
    def width(self) -> int:
        """Number of columns."""
        return 3 * self.normals + 2 * self.uvs + 4 * self.colours


@dataclass(frozen=True, slots=True)
class Patch:
    """A mesh: positions (n, 3), attributes (n, w) float32; material (n,), span (n, 2) int32; indices (m, 3)."""

    positions: Singles
    attributes: Singles
    material: NDArray[np.int32]
    span: NDArray[np.int32]
    indices: Indices

    @property
    def triangles(self) -> int:
        """Number of triangles."""
        return len(self.indices)

    def corners(self) -> tuple[Floats, Floats, Floats]:
        """The three corners of every triangle, float64."""
        positions = self.positions.astype(np.float64)
        return positions[self.indices[:, 0]], positions[self.indices[:, 1]], positions[self.indices[:, 2]]

    def outside(self, first: int, last: int) -> NDArray[np.bool_]:
        """Which vertices are touched by leaves outside first to last, both included."""
        beyond: NDArray[np.bool_] = (self.span[:, 0] < first) | (self.span[:, 1] > last)
        return beyond


def of_model(model: Model) -> tuple[Patch, Layout, Floats]:
    """A model as one welded patch, its layout, and the origin (3,) that its positions are relative to.

    Every primitive must have normals if one has. Triangles that repeat a position are left out.

    Raises:
        EmptyModel: no triangle is left.
    """
    filled = [primitive for primitive in model.primitives if len(primitive.indices)]
    if not filled:
        raise EmptyModel("the model has no triangles")
    layout = Layout(
        normals=all(primitive.normals is not None for primitive in filled),
        uvs=any(primitive.uvs is not None for primitive in filled),
        colours=any(primitive.colours is not None for primitive in filled),
    )
    low = np.min([primitive.positions.min(axis=0) for primitive in filled], axis=0)
    high = np.max([primitive.positions.max(axis=0) for primitive in filled], axis=0)
    origin = coarse_origin(low, high)
    starts = np.cumsum([0] + [len(primitive.positions) for primitive in filled])
    zero = np.float32(0.0)  # -0.0 + 0.0 is 0.0, and welding compares bytes
    patch = Patch(
        positions=np.concatenate([(primitive.positions - origin).astype(np.float32) for primitive in filled]) + zero,
        attributes=np.concatenate([_columns(primitive, layout) for primitive in filled]) + zero,
        material=np.concatenate([np.full(len(p.positions), p.material, np.int32) for p in filled]),
        span=np.zeros((int(starts[-1]), 2), np.int32),
        indices=np.concatenate([p.indices + np.uint32(start) for p, start in zip(filled, starts[:-1], strict=True)]),
    )
    patch = welded(with_joined_normals(patch, layout))
    if not patch.triangles:
        raise EmptyModel("every triangle of the model is degenerate")
    return patch, layout, origin


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
    if layout.normals:
        out[:, layout.normal_columns] = primitive.normals
    if primitive.uvs is not None:
        out[:, layout.uv_columns] = primitive.uvs
    if layout.colours:
        out[:, layout.colour_columns] = 1.0 if primitive.colours is None else primitive.colours / np.float32(255.0)
    return out


def _rows(*arrays: NDArray[Any]) -> NDArray[np.uint32]:
    """Several arrays of 4-byte items side by side, as rows to compare."""
    return np.concatenate([a.reshape(len(a), -1).view(np.uint32) for a in arrays], axis=1)


def welded(patch: Patch) -> Patch:
    """The same surface with equal vertices made one and degenerate and unused parts gone."""
    keys = _rows(
        np.ascontiguousarray(patch.positions),
        np.ascontiguousarray(patch.attributes),
        np.ascontiguousarray(patch.material),
    )
    table, count = meshopt.remap(keys)
    if count < len(patch.positions):
        keep = np.empty(count, np.int64)
        keep[table[::-1]] = np.arange(len(table) - 1, -1, -1)  # the first of each stays
        span = patch.span[keep].copy()
        np.minimum.at(span[:, 0], table, patch.span[:, 0])
        np.maximum.at(span[:, 1], table, patch.span[:, 1])
        patch = Patch(patch.positions[keep], patch.attributes[keep], patch.material[keep], span, table[patch.indices])
    return _used(replace(patch, indices=without_degenerates(patch.positions, patch.indices)))


def without_degenerates(positions: NDArray[Any], indices: Indices) -> Indices:
    """Triangles whose three positions differ. (Three in a line stay: to drop them would open a seam.)"""
    a, b, c = indices[:, 0], indices[:, 1], indices[:, 2]

    x, y, z = (np.ascontiguousarray(positions[:, axis]) for axis in range(3))

    def same(i: NDArray[Any], j: NDArray[Any]) -> NDArray[np.bool_]:
        equal: NDArray[np.bool_] = (x[i] == x[j]) & (y[i] == y[j]) & (z[i] == z[j])
        return equal

    bad = same(a, b) | same(b, c) | same(c, a)
    return indices[~bad] if bad.any() else indices


def named_by(indices: Indices, count: int) -> NDArray[np.bool_]:
    """Which of `count` vertices the triangles name. (A mask: `np.unique` takes ten times as long.)"""
    named = np.zeros(count, bool)
    named[indices.reshape(-1)] = True
    return named


def materials_in(patch: Patch) -> tuple[NDArray[np.int32], list[int]]:
    """The material of every triangle, and those that occur, in order."""
    owners = patch.material[patch.indices[:, 0]]
    return owners, np.flatnonzero(np.bincount(owners)).tolist()


def _used(patch: Patch) -> Patch:
    """Without vertices that no triangle names."""
    named = named_by(patch.indices, len(patch.positions))
    if named.all():
        return patch
    number = np.cumsum(named, dtype=np.uint32) - np.uint32(1)
    return Patch(
        patch.positions[named],
        patch.attributes[named],
        patch.material[named],
        patch.span[named],
        number[patch.indices],
    )


def part(patch: Patch, triangles: NDArray[np.int64], scratch: NDArray[np.int64]) -> Patch:
    """The patch of some of the triangles. `scratch` (n,) is working space that may hold anything."""
    indices = patch.indices[triangles]
    flat = indices.reshape(-1)
    # Number vertices by first appearance without sorting: the last writer of a slot is some occurrence, good enough
    # to name the vertex once.
    scratch[flat] = np.arange(flat.size)
    chosen = scratch[flat] == np.arange(flat.size)
    vertices = flat[chosen]
    scratch[vertices] = np.arange(len(vertices))
    return Patch(
        patch.positions[vertices],
        patch.attributes[vertices],
        patch.material[vertices],
        patch.span[vertices],
        scratch[flat].astype(np.uint32).reshape(-1, 3),
    )


def merged(patches: Sequence[Patch]) -> Patch:
    """Several patches as one; vertices that are equal in all but their span become one."""
    if len(patches) == 1:
        return patches[0]
    starts = np.cumsum([0] + [len(patch.positions) for patch in patches])
    return welded(
        Patch(
            np.concatenate([patch.positions for patch in patches]),
            np.concatenate([patch.attributes for patch in patches]),
            np.concatenate([patch.material for patch in patches]),
            np.concatenate([patch.span for patch in patches]),
            np.concatenate([p.indices + np.uint32(start) for p, start in zip(patches, starts[:-1], strict=True)]),
        )
    )


def with_spans(patch: Patch, leaf_of_triangle: NDArray[np.int32]) -> Patch:
    """The patch with each vertex's first and last leaf, over all vertices at its position."""
    place, count = meshopt.remap(patch.positions)
    first = np.full(count, np.iinfo(np.int32).max, np.int32)
    last = np.full(count, -1, np.int32)
    for corner in range(3):
        at = place[patch.indices[:, corner]]
        np.minimum.at(first, at, leaf_of_triangle)
        np.maximum.at(last, at, leaf_of_triangle)
    return replace(patch, span=np.stack([first[place], last[place]], axis=1))
