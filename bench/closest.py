"""How far one surface lies from another: exact closest points, by a tree of boxes over triangles in Morton order.

Apart from `tiling.distance` on purpose: a tiler that is measured by its own ruler inherits the ruler's faults.

Boxes lie in a heap: box i encloses boxes 2i and 2i + 1; the last row holds `_LEAF` triangles each. Points are taken in
Morton order, and each begins with the distance to the triangle that the one before it found, so most of the tree is
never looked at. One thread.

Sources: Ericson 2005, Real-Time Collision Detection, 5.1.5 (closest point on a triangle).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numba
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.float64]
    Triangles = NDArray[np.int64]

SAMPLES = 200_000
_LEAF = 4
_BITS = 20


@dataclass(frozen=True, slots=True)
class Tree:
    """A surface to search: corners (m, 9) of triangles in Morton order, boxes (2 rows, 6) as a heap from row 1 on."""

    corners: NDArray[np.float64]
    boxes: NDArray[np.float64]
    first: int
    """row of the first leaf"""


def scattered(positions: Points, triangles: Triangles, count: int = SAMPLES, *, seed: int = 0) -> Points:
    """Points (count, 3) on a surface, by chance but evenly by area, in Morton order."""
    a, b, c = (positions[triangles[:, corner]] for corner in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    total = np.cumsum(area)
    chance = np.random.default_rng(seed)
    # One point in each of `count` equal shares of the area: less spread than free choice, no bias.
    owner = np.searchsorted(total, (np.arange(count) + chance.random(count)) / count * total[-1]).clip(0, len(area) - 1)
    u, v = chance.random((2, count))
    folded = u + v > 1.0
    u[folded], v[folded] = 1.0 - u[folded], 1.0 - v[folded]
    points = a[owner] + u[:, None] * (b[owner] - a[owner]) + v[:, None] * (c[owner] - a[owner])
    return np.ascontiguousarray(points[np.argsort(_morton(points), kind="stable")])


def tree(positions: Points, triangles: Triangles) -> Tree:
    """The tree over a surface of at least one triangle."""
    corners = positions[triangles].reshape(-1, 9)
    corners = np.ascontiguousarray(corners[np.argsort(_morton(corners.reshape(-1, 3, 3).mean(axis=1)), kind="stable")])
    leaves = -(-len(corners) // _LEAF)
    first = 1 << (leaves - 1).bit_length()
    boxes = np.empty((2 * first, 6))
    boxes[:, :3], boxes[:, 3:] = np.inf, -np.inf
    starts = np.arange(0, len(corners), _LEAF)
    points = corners.reshape(-1, 3, 3)
    boxes[first : first + leaves, :3] = np.minimum.reduceat(points.min(axis=1), starts)
    boxes[first : first + leaves, 3:] = np.maximum.reduceat(points.max(axis=1), starts)
    row = first
    while row > 1:
        below = boxes[row : 2 * row].reshape(-1, 2, 6)
        row //= 2
        boxes[row : 2 * row, :3] = below[:, :, :3].min(axis=1)
        boxes[row : 2 * row, 3:] = below[:, :, 3:].max(axis=1)
    return Tree(corners, boxes, first)


def squares(to: Tree, points: Points) -> NDArray[np.float64]:
    """Squared distance (k,) of each point to the surface; points near one another should follow one another."""
    out = np.empty(len(points))
    _search(to.corners, to.boxes, to.first, points, out)
    return out


def root_mean_square(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Of squared distances there and back: the larger of the two ways.

    So did those who measured peers/nexus.csv; gltfpack's rows of their table come out here within 5 %.
    """
    return float(np.sqrt(max(first.mean(), second.mean())))


def _morton(points: Points) -> NDArray[np.uint64]:
    low = points.min(axis=0)
    wide = max(float((points.max(axis=0) - low).max()), 1e-300)
    cells = ((points - low) / wide * (2**_BITS - 1)).astype(np.uint64)
    code = np.zeros(len(points), np.uint64)
    for bit in range(_BITS):
        for axis in range(3):
            code |= ((cells[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(3 * bit + axis)
    return code


@numba.njit(cache=True, nogil=True)
def _box_square(boxes, at, x, y, z):  # type: ignore[no-untyped-def]
    dx = max(boxes[at, 0] - x, 0.0, x - boxes[at, 3])
    dy = max(boxes[at, 1] - y, 0.0, y - boxes[at, 4])
    dz = max(boxes[at, 2] - z, 0.0, z - boxes[at, 5])
    return dx * dx + dy * dy + dz * dz


@numba.njit(cache=True, nogil=True)
def _triangle_square(t, x, y, z):  # type: ignore[no-untyped-def]
    """Ericson's regions: three corners, three edges, the inside."""
    abx, aby, abz = t[3] - t[0], t[4] - t[1], t[5] - t[2]
    acx, acy, acz = t[6] - t[0], t[7] - t[1], t[8] - t[2]
    apx, apy, apz = x - t[0], y - t[1], z - t[2]
    d1 = abx * apx + aby * apy + abz * apz
    d2 = acx * apx + acy * apy + acz * apz
    v = w = 0.0
    if not (d1 <= 0.0 and d2 <= 0.0):
        bpx, bpy, bpz = x - t[3], y - t[4], z - t[5]
        d3 = abx * bpx + aby * bpy + abz * bpz
        d4 = acx * bpx + acy * bpy + acz * bpz
        cpx, cpy, cpz = x - t[6], y - t[7], z - t[8]
        d5 = abx * cpx + aby * cpy + abz * cpz
        d6 = acx * cpx + acy * cpy + acz * cpz
        va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
        if d3 >= 0.0 and d4 <= d3:
            v = 1.0
        elif d6 >= 0.0 and d5 <= d6:
            w = 1.0
        elif vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
            v = d1 / (d1 - d3) if d1 > d3 else 0.0  # an edge of no length
        elif vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
            w = d2 / (d2 - d6) if d2 > d6 else 0.0
        elif va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
            w = (d4 - d3) / ((d4 - d3) + (d5 - d6)) if d4 > d3 or d5 > d6 else 0.0
            v = 1.0 - w
        else:
            total = va + vb + vc
            if total > 0.0:
                v, w = vb / total, vc / total
    dx, dy, dz = apx - v * abx - w * acx, apy - v * aby - w * acy, apz - v * abz - w * acz
    return dx * dx + dy * dy + dz * dz


@numba.njit(cache=True, nogil=True)
def _search(corners, boxes, first, points, out):  # type: ignore[no-untyped-def]
    stack = np.empty(64, np.int64)
    reached = np.empty(64)
    last = 0
    for i in range(len(points)):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        best = _triangle_square(corners[last], x, y, z)
        stack[0], reached[0] = 1, _box_square(boxes, 1, x, y, z)
        top = 1
        while top:
            top -= 1
            at = stack[top]
            if reached[top] >= best:
                continue
            if at >= first:
                start = (at - first) * _LEAF
                for triangle in range(start, min(start + _LEAF, len(corners))):
                    square = _triangle_square(corners[triangle], x, y, z)
                    if square < best:
                        best, last = square, triangle
                continue
            left, right = _box_square(boxes, 2 * at, x, y, z), _box_square(boxes, 2 * at + 1, x, y, z)
            near, far = (2 * at, 2 * at + 1) if left <= right else (2 * at + 1, 2 * at)
            if max(left, right) < best:
                stack[top], reached[top] = far, max(left, right)
                top += 1
            if min(left, right) < best:
                stack[top], reached[top] = near, min(left, right)
                top += 1
        out[i] = best
