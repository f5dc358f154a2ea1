"""Which tiles of several trees to show within a number of triangles: those that lower errors most for each triangle."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np

from tiling.tree import TileTree


def cut_within(placed: Sequence[tuple[TileTree, float]], triangles: int) -> list[list[int]]:
    """For each tree, shown at a scale, the tiles of its cut, so that all together have at most `triangles` triangles.

    First the roots, those that would leave the largest gap for their triangles first; then, as long as there is room,
    the tile is replaced by its children whose error falls most for each triangle more. A tree whose root does not fit
    has no tiles. Ties go to the earlier tree and tile. In a tree of points a tile stays beside its children, and what
    is counted are points.
    """
    known = {id(tree): _children_of(tree) for tree, _ in placed}
    children = [known[id(tree)] for tree, _ in placed]
    left = triangles
    cuts: list[set[int]] = [set() for _ in placed]
    waiting: list[tuple[float, int, int]] = []

    def cost(tree: TileTree, tile: int, below: list[int]) -> int:
        return int(tree.triangles[below].sum()) - (0 if tree.is_added else int(tree.triangles[tile]))

    def consider(at: int, tile: int) -> None:
        tree, scale = placed[at]
        below = children[at][tile]
        if below:
            fall = (float(tree.error[tile]) - max(float(tree.error[child]) for child in below)) * scale
            more = cost(tree, tile, below)
            heapq.heappush(waiting, (-fall / more if more > 0 else -np.inf, at, tile))

    gaps = [tree.geometric_error * scale / max(1, int(tree.triangles[0])) for tree, scale in placed]
    for at in sorted(range(len(placed)), key=lambda each: (-gaps[each], each)):
        root = int(placed[at][0].triangles[0])
        if root <= left:
            left -= root
            cuts[at].add(0)
            consider(at, 0)
    while waiting:
        _, at, tile = heapq.heappop(waiting)
        tree, below = placed[at][0], children[at][tile]
        more = cost(tree, tile, below)
        if more <= left:
            left -= more
            if not tree.is_added:
                cuts[at].remove(tile)
            cuts[at].update(below)
            for child in below:
                consider(at, child)
    return [sorted(cut) for cut in cuts]


def _children_of(tree: TileTree) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in range(len(tree))]
    for tile, parent in enumerate(tree.parent.tolist()):
        if parent >= 0:
            children[parent].append(tile)
    return children
