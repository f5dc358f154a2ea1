"""The finest tiles: the triangles of the model that lie in a cell, tidied, and what they share with others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiling import meshopt, topology
from tiling.patch import Patch, of_primitives, welded, with_joined_normals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Floats, Primitive, Singles
    from tiling.patch import Layout

_SHORT = 0.05  # the quantile of edges that counts as a short one


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf before it knows its neighbours."""

    patch: Patch
    place: NDArray[np.int32]
    """(n,) by vertex: which places are the same"""
    rim: NDArray[np.int32]
    """(r,) the places that other leaves may have, too"""
    rim_positions: Singles
    sums: Singles
    """(places, 3) normals of the triangles at a place, weighed by area; no rows where no vertex lacks a normal"""
    degenerate: int
    repeated: int


def gathered(primitives: Sequence[Primitive], layout: Layout, origin: Floats) -> Leaf:
    """A leaf of parts of the model's primitives, each with its own vertices only. It may come out empty.

    Repeated and degenerate triangles go. Vertices whose normal is zero lack one and get it in `finished`.
    """
    patch = of_primitives(primitives, layout, origin)
    place, count = meshopt.remap(patch.positions)
    keep, _, degenerate, repeated = topology.tidy(place[patch.indices], count)
    if not keep.all():
        patch = replace(patch, indices=patch.indices[keep])
    lacking = layout.normals and any(primitive.normals is None for primitive in primitives)
    if layout.normals and not lacking:
        patch = with_joined_normals(patch, layout)
    patch = welded(patch)
    place, count = meshopt.remap(patch.positions)
    _, is_open, _, _ = topology.tidy(place[patch.indices], count)
    first = np.zeros(count, np.int64)
    first[place[::-1]] = np.arange(len(place) - 1, -1, -1)
    rim = np.flatnonzero(is_open)
    return Leaf(
        patch=patch,
        place=place.astype(np.int32),
        rim=rim.astype(np.int32),
        rim_positions=patch.positions[first[rim]],
        sums=_sums(patch, place, count) if lacking else np.zeros((0, 3), np.float32),
        degenerate=degenerate,
        repeated=repeated,
    )


def _sums(patch: Patch, place: NDArray[np.uint32], count: int) -> Singles:
    a, b, c = patch.corners()
    face = np.cross(b - a, c - a)
    corners = place[patch.indices].reshape(-1)
    columns = [np.bincount(corners, np.repeat(face[:, axis], 3), minlength=count) for axis in range(3)]
    return np.stack(columns, axis=1).astype(np.float32)


def finished(leaf: Leaf, layout: Layout, number: int, leaves: NDArray[np.int32], rim_sums: Singles) -> Patch:
    """The leaf with its number, who shares its rim (r, 4), and normals where it lacked them.

    `rim_sums` (r, 3), or no rows, are sums of normals over all leaves at a place of the rim.
    """
    patch = leaf.patch
    own = np.full((int(leaf.place.max(initial=-1)) + 1, 4), number, np.int32)
    own[leaf.rim] = leaves
    patch = replace(patch, leaves=own[leaf.place])
    if not len(leaf.sums):
        return patch
    sums = leaf.sums.copy()
    sums[leaf.rim] = rim_sums
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    unit = np.where(length > 0.0, sums / np.where(length > 0.0, length, 1.0), np.array([0.0, 1.0, 0.0], np.float32))
    attributes = patch.attributes.copy()
    normals = attributes[:, layout.normal_columns]
    lacks = ~normals.any(axis=1)
    normals[lacks] = unit[leaf.place[lacks]]
    return replace(patch, attributes=attributes)


def short_edge(patch: Patch) -> float:
    """The length that a twentieth of the edges fall short of, metres; 0 of an empty patch."""
    if not patch.triangles:
        return 0.0
    edges = patch.positions[patch.indices] - patch.positions[np.roll(patch.indices, 1, axis=1)]
    lengths = np.einsum("tcx,tcx->tc", edges, edges).reshape(-1)
    return float(np.sqrt(np.partition(lengths, int(_SHORT * len(lengths)))[int(_SHORT * len(lengths))]))
