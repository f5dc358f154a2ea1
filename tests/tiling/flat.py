"""Trees in a scene, flat and clear: every tile in world space, in plain arrays and tuples.

What selection is checked against; it costs 10 µs a tile, so streams use `tiling.grove`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tiling.tree import TileTree

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Forest:
    """Tiles of several placements in world space, flat: n tiles, trees one after the other, each breadth first."""

    tree: NDArray[np.int32]
    """(n,) which of the trees"""
    tile: NDArray[np.int32]
    """(n,) number of the tile in its tree"""
    regions: tuple[tuple[tuple[int, ...], ...], ...]
    """of each tile, by child: the child, or where it has no content, what shows the child in turn"""
    children: tuple[tuple[int, ...], ...]
    """the same without regions"""
    groups: tuple[tuple[int, ...], ...]
    """of each tile, as its tree has them"""
    added: tuple[bool, ...]
    """whether a tile stays when tiles below it come"""
    roots: tuple[int, ...]
    """the topmost tiles with content"""
    box: Floats
    """(n, 12) in world space, half axes at right angles"""
    error: Floats
    """(n,) metres in world space"""
    content: tuple[str, ...]
    """sha256 of each tile's GLB"""
    byte_length: tuple[int, ...]
    coded_length: tuple[int, ...]
    triangles: tuple[int, ...]
    draws: tuple[int, ...]
    texture_bytes: tuple[int, ...]
    """of the tile's own textures"""
    needs: tuple[tuple[str, ...], ...]
    """names of shared images"""
    images: dict[str, tuple[int, int]]
    """of each shared image: bytes of the file, bytes decoded"""

    def __len__(self) -> int:
        return len(self.content)


Members = Sequence[Sequence[int]]


def plant(trees: Sequence[tuple[Sequence[float], TileTree]], members: Members = ()) -> Forest:
    """The forest of trees, each with its transform (16 numbers, column-major).

    With `members` the last tree is one of groups: of each of its tiles the numbers of the trees that it stands for.
    """
    tree: list[NDArray[np.int32]] = []
    tile: list[NDArray[np.int32]] = []
    boxes: list[Floats] = []
    errors: list[Floats] = []
    regions: list[tuple[tuple[int, ...], ...]] = []
    roots: list[int] = []
    roots_of: list[tuple[int, ...]] = []
    images: dict[str, tuple[int, int]] = {}
    for number, (transform, each) in enumerate(trees):
        first = len(regions)
        matrix = np.array(transform, dtype=np.float64).reshape(4, 4).T
        tree.append(np.full(len(each), number, dtype=np.int32))
        tile.append(np.arange(len(each), dtype=np.int32))
        boxes.append(_moved(each.box, matrix))
        errors.append(each.error * float(np.linalg.norm(matrix[:3, :3], axis=0).max()))
        own = [[roots_of[n] for n in below] for below in members] if members and number == len(trees) - 1 else []
        regions += _regions(each, first, own)
        roots_of.append((first,) if each.content[0] else tuple(part for parts in regions[first] for part in parts))
        roots = [*roots_of[-1]] if own else [*roots, *roots_of[-1]]
        images |= each.image_bytes
    together = [each for _, each in trees]
    return Forest(
        tree=np.concatenate(tree) if tree else np.zeros(0, np.int32),
        tile=np.concatenate(tile) if tile else np.zeros(0, np.int32),
        regions=tuple(regions), children=tuple(tuple(p for parts in tile for p in parts) for tile in regions),
        groups=tuple(each.groups_of(tile) for each in together for tile in range(len(each))),
        added=tuple(each.is_added for each in together for _ in range(len(each))),
        roots=tuple(roots),
        box=np.concatenate(boxes) if boxes else np.zeros((0, 12)),
        error=np.concatenate(errors) if errors else np.zeros(0),
        content=tuple(name for each in together for name in each.content),
        byte_length=tuple(int(count) for each in together for count in each.byte_length),
        coded_length=tuple(
            int(count)
            for each in together
            for count in (each.coded_length if len(each.coded_length) else np.zeros(len(each), np.int64))
        ),
        triangles=tuple(int(count) for each in together for count in each.triangles),
        draws=tuple(int(count) for each in together for count in each.draws),
        texture_bytes=tuple(int(count) for each in together for count in each.texture_bytes),
        needs=tuple(names for each in together for names in each.needs),
        images=images,
    )  # fmt: skip


def _regions(tree: TileTree, first: int, own: list[list[tuple[int, ...]]]) -> list[tuple[tuple[int, ...], ...]]:
    """Of each tile, whose number in the forest is `first` and its own, by child; then regions of its own, if any."""
    below: list[list[tuple[int, ...]]] = [[] for _ in range(len(tree))]
    # From the back, so that a child without content has gathered its own regions before it is asked for them.
    for tile in range(len(tree) - 1, -1, -1):
        below[tile] += own[tile] if own else []
        if tile == 0:
            break
        found = (first + tile,) if tree.content[tile] else tuple(part for parts in below[tile] for part in parts)
        below[int(tree.parent[tile])][:0] = [found]
    return [tuple(tiles) for tiles in below]


def _moved(boxes: Floats, matrix: Floats) -> Floats:
    """Boxes (n, 12) as transformed; where a shear bends the axes, the axis-aligned hull."""
    centre = boxes[:, :3] @ matrix[:3, :3].T + matrix[:3, 3]
    axes = boxes[:, 3:].reshape(-1, 3, 3) @ matrix[:3, :3].T
    lengths = np.linalg.norm(axes, axis=2)
    skew = np.abs(
        np.stack([np.einsum("ni,ni->n", axes[:, a], axes[:, b]) for a, b in ((0, 1), (0, 2), (1, 2))], axis=1)
    )
    limit = 1e-6 * np.stack([lengths[:, a] * lengths[:, b] for a, b in ((0, 1), (0, 2), (1, 2))], axis=1)
    bent = (skew > limit).any(axis=1)
    axes[bent] = np.abs(axes[bent]).sum(axis=1)[:, None, :] * np.eye(3)
    return np.concatenate([centre, axes.reshape(-1, 9)], axis=1)
