"""Which way the planes of a cloud face: outwards, as well as points alone can tell.

In this order: normals that the file brings; up, where nearly all of it lies flat, as terrain does; else neighbours are
made to agree, along the tree of those that are most nearly parallel (Hoppe et al. 1992), and then each connected part
is turned so that it encloses a positive volume about its own middle. That is outwards for a closed thing, and for an
open one the side that bulges. A part that is a plain wall has no such side: it faces up, or else along the axis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Floats, Singles
    from tiling.planes import Planes

_UP = 1
_LEVEL = 0.5
_MOSTLY = 0.8
_DOUBT = 0.02
"""of the largest volume that a part could enclose: less says nothing"""


def faced(planes: Planes, given: Singles | None) -> tuple[Floats, str]:
    """Normals (c, 3) of cells, all facing outwards, and how that was known: `given`, `up` or `outwards`.

    `given` are normals (n, 3) of the points, or None. y is up.
    """
    has_plane = planes.levels >= 0
    if given is not None:
        totals = np.stack([np.bincount(planes.cells, given[:, axis], len(planes.keys)) for axis in range(3)], axis=1)
        agree = np.einsum("ij,ij->i", np.nan_to_num(totals), planes.normals)
        return planes.normals * np.where(agree < 0.0, -1.0, 1.0)[:, None], "given"
    weights = planes.counts * has_plane
    is_level = np.abs(planes.normals[:, _UP]) >= _LEVEL
    if weights[is_level].sum() >= _MOSTLY * max(weights.sum(), 1):
        return planes.normals * np.where(planes.normals[:, _UP] < 0.0, -1.0, 1.0)[:, None], "up"
    return planes.normals * _agreed(planes, has_plane)[:, None], "outwards"


def _agreed(planes: Planes, has_plane: NDArray[np.bool_]) -> Floats:
    """1 or -1 for each cell."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components, minimum_spanning_tree

    one, other = _neighbours(planes.keys)
    both = has_plane[one] & has_plane[other]
    one, other = one[both], other[both]
    dots = np.einsum("ij,ij->i", planes.normals[one], planes.normals[other])
    count = len(planes.keys)
    # Zero would be no edge.
    costs = 1.0 + 1e-6 - np.abs(dots)
    tree = minimum_spanning_tree(coo_array((costs, (one, other)), shape=(count, count)).tocsr())
    _, part = connected_components(tree, directed=False)
    roots = np.unique(part, return_index=True)[1]
    # One walk for all parts: from a node that leads to the first cell of each.
    edges = tree.tocoo()
    ones = np.concatenate([edges.coords[0], np.full(len(roots), count)])
    others = np.concatenate([edges.coords[1], roots])
    joined = coo_array((np.ones(len(ones)), (ones, others)), shape=(count + 1, count + 1)).tocsr()
    order, before = breadth_first_order(joined, count, directed=False)
    signs = np.ones(count + 1)
    _walk(order, before, np.concatenate([planes.normals, np.zeros((1, 3))]), signs)
    signs = signs[:-1]
    return signs * _turns(planes, signs, part)


def _turns(planes: Planes, signs: Floats, part: NDArray[np.int32]) -> Floats:
    """-1 for the cells of parts that are inside out."""
    parts = int(part.max(initial=-1)) + 1
    weights = planes.counts.astype(np.float64)
    total = np.maximum(np.bincount(part, weights, parts), 1e-300)
    middles = np.stack([np.bincount(part, weights * planes.middles[:, axis], parts) for axis in range(3)], axis=1)
    away = planes.middles - (middles / total[:, None])[part]
    facing = planes.normals * signs[:, None]
    volume = np.bincount(part, weights * np.einsum("ij,ij->i", away, facing), parts)
    most = np.bincount(part, weights * np.linalg.norm(away, axis=1), parts)
    turn = np.where(volume < 0.0, -1.0, 1.0)
    plain = np.abs(volume) < _DOUBT * most
    for axis in (0, 2, 1):  # up at last, so that it counts most
        mean = np.bincount(part, weights * facing[:, axis], parts) / total
        turn = np.where(plain & (np.abs(mean) > 0.1), np.sign(mean), turn)
    return np.asarray(turn[part], np.float64)


def _neighbours(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of cells that touch, each once."""
    ones, others = [], []
    steps = [(x, y, z) for x in (-1, 0, 1) for y in (-1, 0, 1) for z in (-1, 0, 1) if (x, y, z) > (0, 0, 0)]
    for x, y, z in steps:
        wanted = (keys.astype(np.int64) + ((x << 42) + (y << 21) + z)).astype(np.uint64)
        at = np.searchsorted(keys, wanted)
        there = keys[np.minimum(at, len(keys) - 1)] == wanted
        ones.append(np.flatnonzero(there))
        others.append(at[there])
    return np.concatenate(ones), np.concatenate(others)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _walk(order: Any, before: Any, normals: Any, signs: Any) -> None:  # pragma: no cover - compiled
    for at in range(1, len(order)):
        here, there = order[at], before[order[at]]
        dot = 0.0
        for axis in range(3):
            dot += normals[here, axis] * normals[there, axis]
        signs[here] = -signs[there] if dot < 0.0 else signs[there]
