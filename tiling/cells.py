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

from tiling import extent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Singles

_SAMPLES_A_LEAF = 512
_FEWEST_SAMPLES = 1 << 16
# A plane stands at the roundest number that leaves either side no less than a share. Of a scan of which a hundredth is
# cut off, the median of all moves by half of that, and by more where it lies in a gap: the nearest of 128 round numbers
# was another with every other edit, and with the root's plane all tiles are others.
_LEAST_SIDE = 0.47
_ALIKE = 4.0  # axes are compared by steps of this part of an octave: of a round thing none is the longest by accident


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


def samples_for(depth: int) -> int:
    """How many centroids tell where a tree of this depth is to be cut: leaves then differ by a twentieth."""
    return max(_FEWEST_SAMPLES, _SAMPLES_A_LEAF << depth)


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
        low, high = extent.low_high(points)
        longest = _longest(high - low)
        values = points[:, longest]
        cut = _cut(values, float((high - low)[longest]))
        second = values >= cut
        axis[node], plane[node] = longest, cut
        members += [points[~second], points[second]]
    return Cells(axis, plane, depth)


def _longest(spans: Singles) -> int:
    """The axis of the longest span, or the first of those about as long."""
    with np.errstate(divide="ignore"):
        return int(np.argmax(np.round(_ALIKE * np.log2(spans.astype(np.float64)))))


def _cut(values: Singles, span: float) -> np.float32:
    """The number with the fewest binary places that lies between two quantiles."""
    ranks = (int(_LEAST_SIDE * len(values)), len(values) // 2, int((1.0 - _LEAST_SIDE) * len(values)))
    low, middle, high = (float(value) for value in np.partition(values, ranks)[list(ranks)])
    least = float(values.min())
    if low == least < float(values.max()):
        # Many stand at the least place, as a wall does: they are parted from the rest, or nothing would be.
        low = float(values[values > least].min())
        middle, high = max(low, middle), max(low, high)
    if low >= high:
        return np.float32(middle)
    unit = 2.0 ** np.ceil(np.log2(span))
    while np.ceil(low / unit) * unit > high:
        unit /= 2.0
    return np.float32(np.ceil(low / unit) * unit)
