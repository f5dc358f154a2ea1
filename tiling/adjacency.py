"""Which triangles share an edge, and which hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]


def sides(triangles: NDArray[Any], count: int) -> tuple[Numbers, Numbers]:
    """Pairs of sides that run between the same two of `count` vertices, either way.

    Side s of triangle t is number 3 t + s and goes from corner s to corner s + 1. Where more than two sides share an
    edge, each is paired with the next.

    >>> first, second = sides(np.array([[0, 1, 2], [2, 1, 3]]), 4)
    >>> first.tolist(), second.tolist()
    ([1], [3])
    """
    start = triangles.astype(np.int64)
    end = np.roll(start, -1, axis=1)
    keys = (np.minimum(start, end) * count + np.maximum(start, end)).reshape(-1)
    order = np.argsort(keys, kind="stable")
    equal = keys[order[1:]] == keys[order[:-1]]
    return order[:-1][equal], order[1:][equal]


def parts(corners: NDArray[Any], count: int) -> tuple[int, Numbers]:
    """How many pieces triangles over `count` vertices fall into, and the piece of each triangle.

    >>> parts(np.array([[0, 1, 2], [3, 4, 5], [2, 1, 6]]), 7)[1].tolist()
    [0, 1, 0]
    """
    # Loaded here: readers come through this module, and scipy takes half a second.
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = np.concatenate([corners[:, 0], corners[:, 1]]).astype(np.int64)
    columns = np.concatenate([corners[:, 1], corners[:, 2]]).astype(np.int64)
    graph = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(count, count))
    _, of_vertex = connected_components(graph, directed=False)
    numbers, dense = np.unique(of_vertex[corners[:, 0]], return_inverse=True)
    return len(numbers), dense.astype(np.int64)
