"""The finest tiles of an asset, searched about a few spots: only those near a spot are read, and few are held.

Every spot looks first at the tile whose box is nearest, then at those whose boxes are nearer than what it found. So a
tile is read twice at most for one search, whatever the number of spots.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from tiling import anchor, content, measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tiling.anchor import Feet, Piece
    from tiling.mesh import Floats
    from tiling.tree import TileTree

_KEPT = 8
"""tiles held; one has some 20,000 triangles at 130 bytes"""
_BEYOND = 1e-3
"""of its box's size, how far a tile may reach beyond it: positions are rounded"""
_PART = 256
"""spots whose distances to all boxes are looked at in one go"""


class Leaves:
    """The finest tiles of a tree. `read` gives the bytes of a tile by its digest; what it raises is passed on.

    Raises:
        tiling.errors.BadContent: a tile cannot be read.
    """

    def __init__(self, tree: TileTree, read: Callable[[str], bytes]) -> None:
        is_parent = np.zeros(len(tree), bool)
        is_parent[tree.parent[tree.parent >= 0]] = True
        self._tiles = [tile for tile in range(len(tree)) if tree.content[tile] and not is_parent[tile]]
        self._content = [tree.content[tile] for tile in self._tiles]
        self._boxes = tree.box[self._tiles].reshape(-1, 4, 3)
        self._read = read
        self._pieces: OrderedDict[int, Piece] = OrderedDict()

    def digest(self, number: int) -> str:
        """sha256 of a tile, by the number that `Feet.pieces` has."""
        return self._content[number]

    def nearest(self, points: Floats, normals: Floats, *, reach: float) -> Feet:
        """The feet of spots, points and normals (k, 3), no farther than `reach` metres."""
        feet = anchor.nowhere(len(points))
        first, others = self._first(points, reach)
        self._search(first, points, normals, reach=reach, feet=feet)
        self._search(self._nearer(others, points, feet), points, normals, reach=reach, feet=feet)
        return feet

    def about(self, feet: Feet, *, radius: float, most: int) -> tuple[Floats, Floats]:
        """Middles and normals (j, 3) of up to `most` triangles about each foot that was found, within its own tile."""
        points, normals = [np.empty((0, 3))], [np.empty((0, 3))]
        for row in sorted(np.flatnonzero(feet.found).tolist(), key=lambda row: int(feet.pieces[row])):
            within = self._piece(int(feet.pieces[row]))
            found = anchor.about(within, feet.points[row], feet.normals[row], radius=radius, most=most)
            points.append(found[0])
            normals.append(found[1])
        return np.concatenate(points), np.concatenate(normals)

    def _first(self, points: Floats, reach: float) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """By tile the spots whose nearest box it has, and the other spots within reach of it."""
        first: dict[int, list[int]] = {}
        others: dict[int, list[int]] = {}
        for start in range(0, len(points), _PART) if self._tiles else ():
            away = self._away(points[start : start + _PART])
            near = away.argmin(axis=1)
            for row, tile in zip(*np.nonzero(away <= reach), strict=True):
                kind = first if near[row] == tile else others
                kind.setdefault(int(tile), []).append(start + int(row))
        return first, others

    def _nearer(self, candidates: dict[int, list[int]], points: Floats, feet: Feet) -> dict[int, list[int]]:
        """Of the candidates those whose box is nearer than what the spot has found."""
        found = {}
        for tile, rows in candidates.items():
            away = self._away(points[rows], [tile])[:, 0]
            kept = [row for row, box in zip(rows, away, strict=True) if box <= feet.distances[row]]
            if kept:
                found[tile] = kept
        return found

    def _search(
        self, wanted: dict[int, list[int]], points: Floats, normals: Floats, *, reach: float, feet: Feet
    ) -> None:
        for tile in sorted(wanted):
            rows = np.array(wanted[tile], np.int64)
            anchor.search(points, normals, self._piece(tile), number=tile, rows=rows, reach=reach, feet=feet)

    def _away(self, points: Floats, tiles: list[int] | None = None) -> Floats:
        """Distances (k, n) of points from boxes, at most."""
        boxes = self._boxes if tiles is None else self._boxes[tiles]
        halves = np.linalg.norm(boxes[:, 1:], axis=2)
        axes = boxes[:, 1:] / np.maximum(halves, 1e-300)[..., None]
        within = np.abs(np.einsum("kni,nai->kna", points[:, None] - boxes[None, :, 0], axes))
        beyond = _BEYOND * halves.max(axis=1, initial=0.0)
        away: Floats = np.linalg.norm(np.maximum(within - halves, 0.0), axis=2) - beyond
        return np.maximum(away, 0.0)

    def _piece(self, number: int) -> Piece:
        if number in self._pieces:
            self._pieces.move_to_end(number)
        else:
            positions, triangles = measure.shown(_placed(self._read(self._content[number])))
            self._pieces[number] = anchor.piece(positions, triangles)
            while len(self._pieces) > _KEPT:
                self._pieces.popitem(last=False)
        return self._pieces[number]


def _placed(data: bytes) -> Iterator[content.Placed]:
    return content.placed(content.read(data))
