"""The finest tiles: the triangles of the model that lie in a cell, tidied, and what they share with others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiling import meshopt, shading, topology
from tiling.patch import Patch, of_primitives, welded, with_joined_normals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Floats, Primitive, Singles
    from tiling.patch import Layout

_SHORT = 0.05  # the quantile of edges that counts as a short one
_LOOKED_AT = 1024  # triangles


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
    # Scans often come in an order that jumps about: on 143,000 such triangles the simplifier takes twice as long.
    patch = replace(patch, indices=meshopt.spatial_order(patch.indices, patch.positions))
    before = patch.triangles
    lacking = layout.normals and any(primitive.normals is None for primitive in primitives)
    if layout.normals and not lacking:
        patch = with_joined_normals(patch, layout)
    is_plain = not patch.attributes.any() and patch.features is None and len({each.material for each in primitives}) < 2
    patch = welded(patch)
    degenerate = before - patch.triangles
    place, count, is_open, is_first = _places(patch, is_plain=is_plain)
    if not is_first.all():
        patch = welded(replace(patch, indices=patch.indices[is_first]))
        place, count, is_open, _ = _places(patch, is_plain=is_plain)
    first = np.zeros(count, np.int64)
    first[place[::-1]] = np.arange(len(place) - 1, -1, -1)
    rim = np.flatnonzero(is_open)
    return Leaf(
        patch=patch,
        place=place.astype(np.int32),
        rim=rim.astype(np.int32),
        rim_positions=patch.positions[first[rim]],
        sums=shading.sums(patch.positions, patch.indices, place, count) if lacking else np.zeros((0, 3), np.float32),
        degenerate=degenerate,
        repeated=before - degenerate - patch.triangles,
    )


def _places(patch: Patch, *, is_plain: bool) -> tuple[NDArray[np.uint32], int, NDArray[np.bool_], NDArray[np.bool_]]:
    """By vertex its place, how many there are, which are on open edges, and which triangles are no repetition.

    Of an `is_plain` patch that is welded, no two vertices are at one place.
    """
    count = len(patch.positions)
    place, corners = np.arange(count, dtype=np.uint32), patch.indices
    if not is_plain:
        place, count = meshopt.remap(patch.positions)
        corners = place[corners]
    keep, is_open, _, _ = topology.tidy(corners, count)
    return place, count, is_open, keep


def within(leaf: Leaf, positions: Singles) -> NDArray[np.int32]:
    """The places (k,) of the leaf that are among `positions` (n, 3), but for those on its rim; ascending.

    Where three sheets meet, one leaf may have two of them, which close it, and the third ends in another leaf.
    """
    number, count = meshopt.remap(np.concatenate([positions, leaf.patch.positions]))
    is_asked = np.zeros(count, np.bool_)
    is_asked[number[: len(positions)]] = True
    found = np.zeros(int(leaf.place.max(initial=-1)) + 1, np.bool_)
    found[leaf.place[is_asked[number[len(positions) :]]]] = True
    found[leaf.rim] = False
    return np.flatnonzero(found).astype(np.int32)


def finished(
    leaf: Leaf,
    layout: Layout,
    number: int,
    leaves: NDArray[np.int32],
    rim_sums: Singles,
    *,
    inner: NDArray[np.int32] | None = None,
) -> Patch:
    """The leaf with its number, who shares its rim (r, 4), and normals where it lacked them.

    `rim_sums` (r, 3), or no rows, are sums of normals over all leaves at a place of the rim. `inner` are places
    `within` that others share, too: their rows follow those of the rim.
    """
    patch = leaf.patch
    rim = leaf.rim if inner is None else np.concatenate([leaf.rim, inner])
    own = np.full((int(leaf.place.max(initial=-1)) + 1, 4), number, np.int32)
    own[rim] = leaves
    patch = replace(patch, leaves=own[leaf.place])
    if not len(leaf.sums):
        return patch
    sums = leaf.sums.copy()
    sums[rim] = rim_sums
    attributes = patch.attributes.copy()
    shading.fill(attributes, layout.normal_columns.start, sums, leaf.place)
    return replace(patch, attributes=attributes)


def short_edge(patch: Patch) -> float:
    """The length that a twentieth of the edges fall short of, metres, by some of them; 0 of an empty patch."""
    if not patch.triangles:
        return 0.0
    some = patch.indices[:: max(1, patch.triangles // _LOOKED_AT)]
    edges = patch.positions[some] - patch.positions[np.roll(some, 1, axis=1)]
    lengths = np.einsum("tcx,tcx->tc", edges, edges).reshape(-1)
    at = int(_SHORT * len(lengths))
    return float(np.sqrt(np.partition(lengths, at)[at]))
