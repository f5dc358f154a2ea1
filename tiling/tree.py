"""The tile tree of one asset, as arrays.

Tiles stand breadth first: the root is 0, a parent comes before its children, siblings are neighbours. Boxes are in the
asset's own frame (y up, metres). Refinement is REPLACE: a tile goes when all its children are there; in a tree of
points it is ADD: a tile stays, and its children come in addition. Invariants, which `tiling.check` checks: a child's
content lies in its parent's box, errors shrink downwards.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class TileTree:
    """A tree of n tiles."""

    parent: NDArray[np.int32]
    """(n,), -1 at the root"""
    box: NDArray[np.float64]
    """(n, 12): centre, then three half axes, as in 3D Tiles but y up"""
    error: NDArray[np.float64]
    """(n,) geometric error in metres"""
    content: tuple[str, ...]
    """sha256 of each tile's GLB; empty: no content"""
    needs: tuple[tuple[str, ...], ...]
    """file names (`<sha256>.webp`) of the shared images that each tile refers to"""
    byte_length: NDArray[np.int64]
    """(n,) bytes of each GLB"""
    triangles: NDArray[np.int64]
    """(n,) or points, of a tree of points: what a device draws"""
    draws: NDArray[np.int64]
    """(n,) primitives, so draw calls"""
    texture_bytes: NDArray[np.int64]
    """(n,) bytes of the tile's own textures when decoded, mip levels included (4/3 of width × height × 4)"""
    geometric_error: float
    """metres; error of showing nothing"""
    image_bytes: dict[str, tuple[int, int]]
    """by file name, of each shared image: length of the file, and of the texture when decoded with mip levels"""
    groups: tuple[tuple[int, ...], ...] = ()
    """of each tile that may be shown in part (docs/tiles.md, "Groups of triangles"), how many triangles each group has:
    one per child, straddlers, skirts; () of one that may not. Not given at all: none may"""
    coded_length: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """(n,) bytes of each GLB as it is sent (by gzip, or of points by brotli), 0 where that is not known; or (0,) where
    it is known of none"""

    points: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    """(n,) points of each tile, of a tree whose tiles add to one another; (0,) of one of surfaces"""

    def __len__(self) -> int:
        return len(self.parent)

    @property
    def is_added(self) -> bool:
        """Whether a tile is shown beside its children (ADD) and not instead of them."""
        return bool(len(self.points))

    def groups_of(self, tile: int) -> tuple[int, ...]:
        """`groups` of one tile."""
        return self.groups[tile] if self.groups else ()
