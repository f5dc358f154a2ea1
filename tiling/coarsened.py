"""A tile tree without what is finer than a limit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tiling.tree import TileTree


def coarsened(tree: TileTree, finest: float) -> TileTree | None:
    """The tiles whose geometric error is `finest` metres or more; None where even the root is finer.

    Children that stand for their parent (REPLACE) are kept together or not at all, or a hole would be where one is
    missing. A tile that lost its children is no longer shown in part.
    """
    allowed = tree.error >= finest
    if not allowed[0]:
        return None
    if not tree.is_added:
        whole = np.ones(len(tree), bool)
        np.logical_and.at(whole, tree.parent[1:], allowed[1:])
        allowed[1:] &= whole[tree.parent[1:]]
    for tile in range(1, len(tree)):  # parents come first
        allowed[tile] &= allowed[tree.parent[tile]]
    return _part(tree, np.flatnonzero(allowed))


def _part(tree: TileTree, kept: NDArray[np.intp]) -> TileTree:
    """These tiles, of which each but the root comes after its parent."""
    place = np.full(len(tree) + 1, -1, np.int32)
    place[kept] = np.arange(len(kept), dtype=np.int32)
    parent = place[tree.parent[kept]]
    has_children = np.zeros(len(kept), bool)
    has_children[parent[1:]] = True
    tiles = kept.tolist()
    needs = tuple(tree.needs[tile] for tile in tiles)
    used = {name for each in needs for name in each}
    groups = tuple(
        tree.groups_of(tile) if inner else () for tile, inner in zip(tiles, has_children.tolist(), strict=True)
    )
    return TileTree(
        parent=parent,
        box=tree.box[kept],
        error=tree.error[kept],
        content=tuple(tree.content[tile] for tile in tiles),
        needs=needs,
        byte_length=tree.byte_length[kept],
        triangles=tree.triangles[kept],
        draws=tree.draws[kept],
        texture_bytes=tree.texture_bytes[kept],
        geometric_error=tree.geometric_error,
        image_bytes={name: sizes for name, sizes in tree.image_bytes.items() if name in used},
        groups=groups if any(groups) else (),
        coded_length=tree.coded_length[kept] if len(tree.coded_length) else tree.coded_length,
        points=tree.points[kept] if tree.is_added else tree.points,
    )
