"""Which points of a cloud show it at which depth of an octree, when a tile *adds* its points to those of its parents.

Depth by depth from the finest, the points that a node's children hold are thinned (`tiling.points_thin`) to a radius
that halves from depth to depth, over all nodes of the depth at once, so that nothing is seen of their sides. What is
kept goes up to the node; what is left stays where it was. So each point stands in one tile, a tile and those above it
together are an even sample of their region, and its stated error is a bound: no point of the cloud that is not shown is
farther from a shown one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling import points_thin
from tiling.points_order import DEEPEST


@dataclass(frozen=True, slots=True)
class Cube:
    """The octree's root: a corner, and sides, in steps and metres; sides are about alike in metres."""

    inverse: NDArray[np.float64]
    """(3,) cells of the deepest depth in a step"""
    side: NDArray[np.float64]
    """(3,) metres"""
    fineness: int
    """the radius of a depth is its cell's side by this: a power of two"""

    def radius(self, depth: int) -> float:
        """Least distance of points that show nodes of a depth, metres."""
        return float(self.side.min()) / (1 << depth) / self.fineness


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes of an octree over points in the order of their codes, parents before children, along the curve."""

    depth: NDArray[np.int8]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    """(k,) the run of points"""
    parent: NDArray[np.int32]
    is_leaf: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.depth)


@dataclass(frozen=True, slots=True)
class Levelled:
    """The result for n points and k nodes."""

    level: NDArray[np.int8]
    """(n,) depth of the node that holds each point"""
    error: NDArray[np.float64]
    """(k,) metres, by which a node's region is wrong while nothing finer is shown; 0 of leaves"""
    reach: NDArray[np.float32]
    """(n,) of each point the distance to the farthest one that it stands for"""
    beyond: float
    """the same of points that only a neighbour's point stands for, from that point"""


def nodes(codes: NDArray[np.uint64], depth: int, *, most: int, deepest: int) -> Nodes:
    """The octree below the one node of a depth that has all these points: parted while there are more than `most`."""
    return Nodes(*_nodes(codes, depth, most, deepest))


@njit(cache=True, nogil=True)
def _nodes(codes: Any, depth: int, most: int, deepest: int) -> Any:  # pragma: no cover - compiled
    depths = [np.int8(depth)]
    first, last, parent, is_leaf = [np.int64(0)], [np.int64(len(codes))], [np.int32(-1)], [True]
    waiting = [0]
    while len(waiting) > 0:
        node = waiting.pop()
        d, low, high = int(depths[node]), first[node], last[node]
        if high - low <= most or d >= deepest:
            continue
        is_leaf[node] = False
        shift = np.uint64(3 * (DEEPEST - d - 1))
        begun = len(depths)
        at = low
        while at < high:
            cell = codes[at] >> shift
            a, b = at, high
            while b - a > 1:
                middle = (a + b) // 2
                if codes[middle] >> shift == cell:
                    a = middle
                else:
                    b = middle
            depths.append(np.int8(d + 1))
            first.append(at)
            last.append(b)
            parent.append(np.int32(node))
            is_leaf.append(True)
            at = b
        for child in range(len(depths) - 1, begun - 1, -1):
            waiting.append(child)  # noqa: PERF402 - numba's lists
    return np.array(depths), np.array(first), np.array(last), np.array(parent), np.array(is_leaf)


def levels(
    points: NDArray[np.float32],
    codes: NDArray[np.uint64],
    tree: Nodes,
    cube: Cube,
    *,
    corner: NDArray[np.float64],
    reach: NDArray[np.float32],
    halos: Mapping[int, NDArray[np.float32]],
    beyond: float = 0.0,
) -> Levelled:
    """Thin what the nodes of a tree hold.

    Points (n, 3) float32 in metres about some place, of which `corner` (3,) is where the cube begins; `codes` (n,)
    ascending. `reach` (n,) is as in the result and 0 of a cloud's own points. `halos` are, by depth, points (h, 3) that
    neighbours keep near the sides; `beyond` is as in the result, of what was thinned before.
    """
    level = _leaf_levels(tree.depth, tree.first, tree.last, tree.is_leaf, len(points))
    error = np.zeros(len(tree))
    reach = reach.copy()
    inner = np.flatnonzero(~tree.is_leaf)
    for depth in sorted({int(d) for d in tree.depth[inner]}, reverse=True):
        radius = cube.radius(depth)
        own = inner[tree.depth[inner] == depth]
        own = own[np.argsort(tree.first[own], kind="stable")]
        candidates, ends = _candidates(level, depth, tree.first[own], tree.last[own])
        log_fine = cube.fineness.bit_length() - 2
        fine = min(depth + log_fine, DEEPEST)
        kept = np.empty(len(candidates), np.bool_)
        far = np.empty(len(candidates), np.float32)
        from_outside = points_thin.thin(
            points,
            _cells(codes, candidates, 3 * (DEEPEST - fine)),
            candidates,
            cube.side / (1 << fine),
            corner,
            radius,
            reach,
            halos.get(depth, np.empty((0, 3), np.float32)),
            kept,
            far,
        )
        _lift(level, depth, candidates, kept)
        beyond = max(beyond + radius, from_outside) if beyond else from_outside
        error[own] = np.maximum(np.maximum.reduceat(far, np.concatenate([[0], ends[:-1]])), beyond)
    # Coordinates are float32: each of both points of a distance may be off by half a step of those.
    error[inner] += 2.0 * float(np.spacing(np.abs(points).max(initial=1.0)))
    return Levelled(level, error, reach, beyond)


@njit(cache=True, nogil=True)
def _leaf_levels(depth: Any, first: Any, last: Any, is_leaf: Any, count: int) -> Any:  # pragma: no cover - compiled
    level = np.empty(count, np.int8)
    for node in range(len(depth)):
        if is_leaf[node]:
            level[first[node] : last[node]] = depth[node]
    return level


@njit(cache=True, nogil=True)
def _candidates(level: Any, depth: int, first: Any, last: Any) -> Any:  # pragma: no cover - compiled
    """Points that the children of some nodes hold and show, and where those of each node end."""
    room = 0
    for node in range(len(first)):
        for at in range(first[node], last[node]):
            room += level[at] == depth + 1
    out, ends = np.empty(room, np.int64), np.empty(len(first), np.int64)
    count = 0
    for node in range(len(first)):
        for at in range(first[node], last[node]):
            if level[at] == depth + 1:
                out[count] = at
                count += 1
        ends[node] = count
    return out, ends


@njit(cache=True, nogil=True)
def _cells(codes: Any, candidates: Any, shift: int) -> Any:  # pragma: no cover - compiled
    out = np.empty(len(candidates), np.uint64)
    for at in range(len(candidates)):
        out[at] = codes[candidates[at]] >> np.uint64(shift)
    return out


@njit(cache=True, nogil=True)
def _lift(level: Any, depth: int, candidates: Any, kept: Any) -> None:  # pragma: no cover - compiled
    for at in range(len(candidates)):
        if kept[at]:
            level[candidates[at]] = depth


def held(tree: Nodes, level: NDArray[np.int8], node: int) -> NDArray[np.int64]:
    """Places of the points that a node holds, ascending."""
    first, last = int(tree.first[node]), int(tree.last[node])
    found: NDArray[np.int64] = _held(level, first, last, int(tree.depth[node]))
    return found


@njit(cache=True, nogil=True)
def _held(level: Any, first: int, last: int, depth: int) -> Any:  # pragma: no cover - compiled
    room = 0
    for at in range(first, last):
        room += level[at] == depth
    out = np.empty(room, np.int64)
    count = 0
    for at in range(first, last):
        if level[at] == depth:
            out[count] = at
            count += 1
    return out
