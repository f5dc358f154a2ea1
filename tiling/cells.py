"""Cells without cracks: triangles are dealt out by their centroids, so each belongs to exactly one leaf.

A binary kd tree, cut near the median along the longest axis of the centroids' box. All leaves stand at the same depth
and hold about the same number of triangles. A tile of the tree is a run of leaves: at depth d, tile k covers leaves
k·2^(D-d) to (k+1)·2^(D-d) - 1 of the 2^D.

The tree is made from a sample of the centroids, and its planes lie on coarse grids: so a tree for a scan that does not
fit into memory costs a second, and after an edit of one part most planes, and with them most tiles, stay.

Octrees were tried and left: their leaves are uneven, and leaves of unlike depth cracked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Singles

MOST_SAMPLES = 1 << 20
_GRID = 128  # planes of a cell whose centroids span so many units stand at whole ones, or less dense


def depth_for(triangles: int, leaf_triangles: int) -> int:
    """Fewest halvings after which a leaf has no more than `leaf_triangles` on average.

    >>> [depth_for(n, 100) for n in (1, 100, 101, 200, 201, 400)]
    [0, 0, 1, 1, 2, 2]
    """
    depth = 0
    while triangles > leaf_triangles << depth:
        depth += 1
    return depth


@dataclass(frozen=True, slots=True)
class Cells:
    """The inner nodes of the tree, 2^depth - 1, heap order: the children of node i are 2 i + 1 and 2 i + 2.

    A point is in the second child just when its coordinate along `axis` is not below `plane`.
    """

    axis: NDArray[np.int8]
    plane: Singles
    depth: int

    def leaf_of(self, points: Singles) -> NDArray[np.int32]:
        """The leaf (n,) of each point (n, 3)."""
        return self.part_of(points, 0, 0, self.depth)

    def part_of(self, points: Singles, depth: int, tile: int, levels: int) -> NDArray[np.int32]:
        """In which of the 2^levels parts below a tile (number `tile` at `depth`) points lie, its own walls ignored."""
        node = (1 << depth) - 1 + tile
        found: NDArray[np.int32] = _walk(self.axis, self.plane, np.ascontiguousarray(points, np.float32), node, levels)
        return found

    def below(self, depth: int, tile: int, levels: int) -> tuple[tuple[int, float], ...]:
        """Axis and plane of the nodes from a tile (number `tile` at `depth`) down through so many levels."""
        nodes = [
            (1 << (depth + level)) - 1 + (tile << level) + number
            for level in range(levels)
            for number in range(1 << level)
        ]
        return tuple((int(self.axis[node]), float(self.plane[node])) for node in nodes)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _walk(
    axis: NDArray[np.int8], plane: Singles, points: Singles, node: int, levels: int
) -> NDArray[np.int32]:  # pragma: no cover - compiled
    out = np.empty(len(points), np.int32)
    for i in range(len(points)):
        at = node
        part = 0
        for _ in range(levels):
            second = 1 if points[i, axis[at]] >= plane[at] else 0
            part = 2 * part + second
            at = 2 * at + 1 + second
        out[i] = part
    return out


def kd(centroids: Singles, depth: int) -> Cells:
    """The cells for these centroids (n, 3), or a fair sample of them."""
    inner = (1 << depth) - 1
    axis, plane = np.zeros(inner, np.int8), np.zeros(inner, np.float32)
    members: list[Singles] = [centroids]
    for node in range(inner):
        points = members[node]
        members[node] = points[:0]
        if not len(points):
            members += [points, points]
            continue
        low, high = points.min(axis=0), points.max(axis=0)
        longest = int(np.argmax(high - low))
        values = points[:, longest]
        cut = np.float32(_rounded(float(np.partition(values, len(values) // 2)[len(values) // 2]), high - low, longest))
        second = values >= cut
        if second.all() or not second.any():
            cut = np.partition(values, len(values) // 2)[len(values) // 2]
            second = values >= cut
        axis[node], plane[node] = longest, cut
        members += [points[~second], points[second]]
    return Cells(axis, plane, depth)


def _rounded(middle: float, extent: Singles, axis: int) -> float:
    span = float(extent[axis])
    if span <= 0.0:
        return middle
    unit = 2.0 ** np.floor(np.log2(span / _GRID))
    return float(np.round(middle / unit) * unit)
