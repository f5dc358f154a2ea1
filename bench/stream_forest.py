"""Tile trees of several placements in world space, as the bench reads them.

Apart from the server's own selection, which they are to judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.tree import TileTree


@dataclass(frozen=True, slots=True)
class Forest:
    """n tiles, trees one after the other."""

    tree: NDArray[np.int32]
    """(n,) which of the trees"""
    children: tuple[tuple[int, ...], ...]
    """of each tile; those without content are replaced by theirs"""
    roots: tuple[int, ...]
    """the topmost tiles with content"""
    box: NDArray[np.float64]
    """(n, 12) in world space"""
    error: NDArray[np.float64]
    """(n,) metres in world space"""
    content: tuple[str, ...]
    """sha256 of each tile's GLB; empty: none"""
    needs: tuple[tuple[str, ...], ...]
    """file names of shared images"""


def planted(trees: Sequence[tuple[Sequence[float], TileTree]]) -> Forest:
    """The forest of trees, each with its transform (16 numbers, column-major: translation, rotation, even scale)."""
    children: list[tuple[int, ...]] = []
    roots: list[int] = []
    number, boxes, errors = [], [], []
    for at, (transform, tree) in enumerate(trees):
        first = len(children)
        matrix = np.array(transform, np.float64).reshape(4, 4).T
        below: list[list[int]] = [[] for _ in range(len(tree))]
        # From the back: a tile without content has its own children by the time it is asked for them.
        for tile in range(len(tree) - 1, 0, -1):
            stand_in = [tile] if tree.content[tile] else below[tile]
            below[int(tree.parent[tile])][:0] = stand_in
        children += [tuple(first + tile for tile in under) for under in below]
        roots += [first] if tree.content[0] else [first + tile for tile in below[0]]
        number.append(np.full(len(tree), at, np.int32))
        turned = tree.box.reshape(-1, 4, 3) @ matrix[:3, :3].T
        turned[:, 0] += matrix[:3, 3]
        boxes.append(turned.reshape(-1, 12))
        errors.append(tree.error * float(np.linalg.norm(matrix[:3, :3], axis=0).max()))
    return Forest(
        tree=np.concatenate(number), children=tuple(children), roots=tuple(roots), box=np.concatenate(boxes),
        error=np.concatenate(errors), content=tuple(name for _, tree in trees for name in tree.content),
        needs=tuple(names for _, tree in trees for names in tree.needs),
    )  # fmt: skip
