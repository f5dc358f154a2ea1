"""One level of a tiling while it grows, and how finished levels become a tree and figures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pipeline.asked import LevelFigures
from tiling import build, error
from tiling.tree import TileTree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline.stages import Distances, LeafReceipt, MakeReceipt, TileReceipt
    from tiling.mesh import Floats

_SKIRT = 10.0  # times the root mean square error of a tile and those about it, or of its level if that is more
_DEEPEST_SKIRT = 0.25  # of its tile's longest side
_SKIRT_ABOVE = 4.0  # times that of the level above


@dataclass(frozen=True, slots=True)
class File:
    """A finished tile: the key of its task, and what is said of it."""

    key: str
    receipt: MakeReceipt


@dataclass(slots=True)
class Level:
    """Tiles of one level: their keys and receipts in order, how they are written, and the files once they are."""

    shift: int
    fan: int
    """halvings of the kd tree between this level and the one below"""
    keys: list[str]
    receipts: list[TileReceipt]
    neighbours: list[tuple[int, ...]]
    mean: float
    """of its tiles' root mean square errors, metres, as first estimated"""
    step: float
    halvings: int
    most_texels: int = 0
    """of one material in a tile"""
    files: dict[int, File] = field(default_factory=dict)
    """by tile; one of which nothing is left has none"""

    @property
    def triangles(self) -> int:
        """Triangles of all tiles."""
        return sum(receipt.triangles for receipt in self.receipts)


def skirt(level: Level, above: Level | None, tile: int) -> float:
    """How deep the skirts of a tile are, metres: as the errors ask for of what may be seen beside it."""
    if len(level.keys) == 1:
        return 0.0
    wanted = _SKIRT * _mean_near(level, tile)
    if above is not None:
        wanted = max(wanted, _SKIRT_ABOVE * _mean_near(above, tile >> above.fan))
    # Where a level loses whole parts its error says nothing of gaps, and skirts would stand out of the tile.
    receipt = level.receipts[tile]
    return build.rounded(min(wanted, _DEEPEST_SKIRT * float((receipt.high - receipt.low).max())))


def _mean_near(level: Level, tile: int) -> float:
    """The largest error of a tile and those that it touches, or that of the level."""
    near = (tile, *(other for other in level.neighbours[tile] if other < len(level.receipts)))
    return max(level.mean, *(level.receipts[other].mean for other in near))


@dataclass(frozen=True, slots=True)
class Tiled:
    """The finished tree and what is said of it."""

    tree: TileTree
    levels: tuple[LevelFigures, ...]
    """root first"""
    vertices: int
    low: Floats
    high: Floats
    degenerate: int
    """triangles that had nothing but corners"""
    lost: int
    """triangles that were nothing on the grid of the finest level"""
    repeated: int


def assembled(
    levels: Sequence[Level], back: Mapping[tuple[int, int], Distances], leaves: Sequence[LeafReceipt]
) -> Tiled:
    """The tree of finished levels, finest first; errors are grown to be no less than the children's.

    `back` are by level and tile the distances from the tile's surface to the original; a leaf has none of its own.
    """
    number: dict[tuple[int, int], int] = {}
    made: list[MakeReceipt] = []
    parent: list[int] = []
    own: list[float] = []
    figures = []
    starts = [0]
    for height in range(len(levels) - 1, -1, -1):
        level = levels[height]
        fan = levels[height + 1].fan if height + 1 < len(levels) else 0
        squares = most = area = 0.0
        for tile, file in level.files.items():
            receipt = file.receipt
            number[height, tile] = len(made)
            parent.append(number.get((height + 1, tile >> fan), -1))
            made.append(receipt)
            back_too = back.get((height, tile), receipt.forward)
            distance = error.SAFETY * max(receipt.forward.bound, back_too.bound)
            own.append(max(distance, receipt.made.texel if height else 0.0))
            squares += (receipt.forward.mean**2 + back_too.mean**2) / 2.0 * receipt.area
            most = max(most, receipt.forward.most, back_too.most)
            area += receipt.area
        tiles = made[starts[-1] :]
        starts.append(len(made))
        figures.append(
            LevelFigures(
                tiles=len(tiles),
                triangles=sum(receipt.made.triangles for receipt in tiles),
                byte_length=sum(receipt.made.stored.byte_length for receipt in tiles),
                coded_length=sum(receipt.made.stored.coded_length for receipt in tiles),
                mean_error=float(np.sqrt(squares / area)) if area > 0.0 else 0.0,
                most_error=most,
                bound=0.0,
                texel=max(receipt.made.texel for receipt in tiles),
            )
        )
    errors = np.array(own)
    for tile in range(len(made) - 1, 0, -1):
        errors[parent[tile]] = max(errors[parent[tile]], errors[tile])
    low = np.min([receipt.low for receipt in made], axis=0)
    high = np.max([receipt.high for receipt in made], axis=0)
    stored = [receipt.made.stored for receipt in made]
    tree = TileTree(
        parent=np.array(parent, np.int32),
        box=np.array([receipt.box for receipt in made]),
        error=errors,
        content=tuple(each.digest for each in stored),
        needs=tuple(each.needs for each in stored),
        byte_length=np.array([each.byte_length for each in stored], np.int64),
        triangles=np.array([receipt.made.triangles for receipt in made], np.int64),
        draws=np.array([receipt.made.draws for receipt in made], np.int64),
        texture_bytes=np.array([each.texture_bytes for each in stored], np.int64),
        # Showing nothing is no better than showing the root.
        geometric_error=max(float(np.linalg.norm(high - low)), float(errors[0])),
        image_bytes={},
        groups=tuple(receipt.made.groups for receipt in made),
        coded_length=np.array([each.coded_length for each in stored], np.int64),
    )
    return Tiled(
        tree=tree,
        levels=tuple(
            replace(each, bound=float(errors[start:end].max()))
            for each, (start, end) in zip(figures, pairwise(starts), strict=True)
        ),
        vertices=sum(file.receipt.made.vertices for file in levels[0].files.values()),
        low=low,
        high=high,
        degenerate=sum(leaf.degenerate for leaf in leaves),
        lost=levels[0].triangles - figures[-1].triangles,
        repeated=sum(leaf.repeated for leaf in leaves),
    )
