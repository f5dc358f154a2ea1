"""A synthetic ground: a quadtree of 21,845 tiles over a square kilometre, files of random bytes.

Errors halve from level to level, 8 m at the root. Files: 12 KB the root, 32 KB the four below it, 51 to 85 KB the
others, about what the tiler makes of a scan. A year changes the files of a fifth of the tiles, chosen by chance. Only
tiles that a view can come to have files; the others have a name that nobody can ask for in vain unless he goes where no
view of the bench does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scenes import glb
from tiling.tree import TileTree
from tiling.view import View, distances, screen_errors, sees

LEVELS = 8
TILES = (4**LEVELS - 1) // 3
SIDE_M = 1024.0
ROOT_ERROR_M = 8.0
CHANGED = 0.2
EYE, TARGET = (10.0, 12.0, 15.0), (10.0, 0.0, -60.0)
_INNER, _LEAF = (500, 500, 500, 500, 0, 0), (2000, 0)
"""triangles of a tile's groups: a quarter for each child, straddlers, skirts"""
_HEAD = b'{"asset":{"version":"2.0"}}'
_WRAPPED = len(glb.write(_HEAD, bytes(4))) - 4


def ground(year: int, views: Sequence[View], error_px: float) -> tuple[TileTree, dict[str, bytes]]:
    """The tree of a year, and by digest the files of the tiles that the views can come to. Same year, same bytes."""
    parent, squares, depth = _places()
    box = np.zeros((TILES, 12))
    for tile, (x, z, half) in enumerate(squares):
        box[tile] = (x, 0, z, half, 0, 0, 0, 1, 0, 0, 0, half)
    error = np.array([0.0 if level == LEVELS - 1 else ROOT_ERROR_M / 2**level for level in depth])
    sizes = np.random.default_rng(0).integers(51_000 // 4, 85_000 // 4, TILES) * 4
    sizes[0], sizes[1:5] = 12_000, 32_000
    version = np.zeros(TILES, np.int64)
    for passed in range(1, year + 1):
        version[np.random.default_rng(passed).random(TILES) < CHANGED] = passed
    parents = np.array(parent, np.int32)
    is_near = _near(parents, box, error, views, error_px)
    files: dict[str, bytes] = {}
    content = []
    for tile in range(TILES):
        if is_near[tile]:
            chance = np.random.default_rng((tile, int(version[tile])))
            data = glb.write(_HEAD, chance.bytes(int(sizes[tile])))
            digest = hashlib.sha256(data).hexdigest()
            files[digest] = data
        else:
            digest = hashlib.sha256(f"far {tile} {version[tile]}".encode()).hexdigest()
        content.append(digest)
    tree = TileTree(
        parent=parents, box=box, error=error, content=tuple(content), needs=((),) * TILES,
        byte_length=sizes + _WRAPPED, triangles=np.full(TILES, 2000), draws=np.ones(TILES, np.int64),
        texture_bytes=np.zeros(TILES, np.int64), geometric_error=4 * ROOT_ERROR_M, image_bytes={},
        groups=tuple(_LEAF if level == LEVELS - 1 else _INNER for level in depth),
    )  # fmt: skip
    return tree, files


def _places() -> tuple[list[int], list[tuple[float, float, float]], list[int]]:
    """Parent, square (x, z, half a side) and level of each tile, breadth first."""
    parent, squares, depth = [-1], [(0.0, 0.0, SIDE_M / 2)], [0]
    for tile in range(sum(4**level for level in range(LEVELS - 1))):
        x, z, half = squares[tile]
        for sx, sz in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
            parent.append(tile)
            squares.append((x + sx * half / 2, z + sz * half / 2, half / 2))
            depth.append(depth[tile] + 1)
    return parent, squares, depth


def _near(
    parent: NDArray[np.int32],
    box: NDArray[np.float64],
    error: NDArray[np.float64],
    views: Sequence[View],
    error_px: float,
) -> NDArray[np.bool_]:
    """Tiles whose parent a view sees and wants finer, or would at half of the tolerance."""
    found = np.zeros(len(parent), np.bool_)
    found[:5] = True
    for view in views:
        distance = distances(view, box)
        refined = screen_errors(view, error, distance) > error_px / 2
        # A client's own test of the view may be looser than ours; two steps of a tile aside are enough for any.
        wide = box.copy()
        wide[:, 3:] *= 1.5
        found[1:] |= (refined & sees(view, wide))[parent[1:]]
    return found
