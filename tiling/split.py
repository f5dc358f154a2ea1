"""Cells without cracks: triangles are dealt out by their centroids, so each belongs to exactly one leaf.

A binary kd tree, cut at the median along the longest axis of the centroids' box. All leaves stand at the same depth and
hold the same number of triangles but one. A tile of the tree is a run of leaves: at depth d tile k covers leaves
k·2^(D-d) to (k+1)·2^(D-d) - 1 of the 2^D.

Octrees were tried and left: their leaves are uneven, and leaves of unlike depth cracked.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def depth_for(triangles: int, leaf_triangles: int) -> int:
    """Fewest halvings after which no leaf has more than `leaf_triangles`.

    >>> [depth_for(n, 100) for n in (1, 100, 101, 200, 201, 400)]
    [0, 0, 1, 1, 2, 2]
    """
    depth = 0
    while triangles > leaf_triangles << depth:
        depth += 1
    return depth


def kd(centroids: NDArray[np.float32], depth: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Triangle numbers ordered by leaf, and where each of the 2^depth leaves starts (2^depth + 1 offsets)."""
    order = np.arange(len(centroids))
    offsets = np.array([0, len(centroids)])
    for _ in range(depth):
        cuts = [0]
        for start, end in pairwise(offsets.tolist()):
            middle = (start + end) // 2
            members = order[start:end]
            points = centroids[members]
            if middle - start > 0:
                axis = int(np.argmax(points.max(axis=0) - points.min(axis=0)))
                order[start:end] = members[np.argpartition(points[:, axis], middle - start)]
            cuts += [middle, end]
        offsets = np.array(cuts)
    return order, offsets
