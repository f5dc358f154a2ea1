"""Rays against triangles, some of which may be switched off: what does each ray meet first?

Boxes lie in a heap as in `bench.closest`: box i encloses boxes 2i and 2i + 1, the last row holds `_LEAF` triangles
each. Triangles belong to groups, and a cast says which groups are there, so that one tree over all tiles of a tileset
serves any number of cuts. All in float64; the test of a triangle is watertight: for two triangles with a common edge
the edge function is the same number with opposite signs, so no ray slips between them. One thread.

Source: Woop, Benthin and Wald 2013, Watertight Ray/Triangle Intersection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
Triangles = NDArray[np.int64]

_LEAF = 4
_NOWHERE = 1e300
_PADDING = 1e-12
"""of a scene's size, by which boxes are wider than what they enclose"""


@dataclass(frozen=True, slots=True)
class Scene:
    """Corners (m, 9) and groups (m,) of triangles, boxes (rows, 6) as a heap from row 1 on."""

    corners: NDArray[np.float64]
    group: NDArray[np.int64]
    boxes: NDArray[np.float64]
    first: int
    """row of the first leaf"""


@dataclass(frozen=True, slots=True)
class Met:
    """How far along each ray (k,) it meets a triangle from either side, and one from the front; infinity: nowhere."""

    either: NDArray[np.float64]
    front: NDArray[np.float64]


def scene(positions: Points, triangles: Triangles, group: NDArray[np.int64] | None = None) -> Scene:
    """The tree over at least one triangle; without `group` all are of group 0."""
    corners = positions[triangles].reshape(-1, 3, 3)
    order = _halved(corners.mean(axis=1))
    corners = np.ascontiguousarray(corners[order])
    leaves = -(-len(corners) // _LEAF)
    first = 1 << (leaves - 1).bit_length()
    boxes = np.empty((2 * first, 6))
    boxes[:, :3], boxes[:, 3:] = np.inf, -np.inf
    starts = np.arange(0, len(corners), _LEAF)
    padding = _PADDING * float(np.abs(corners).max())
    boxes[first : first + leaves, :3] = np.minimum.reduceat(corners.min(axis=1), starts) - padding
    boxes[first : first + leaves, 3:] = np.maximum.reduceat(corners.max(axis=1), starts) + padding
    row = first
    while row > 1:
        below = boxes[row : 2 * row].reshape(-1, 2, 6)
        row //= 2
        boxes[row : 2 * row, :3] = below[:, :, :3].min(axis=1)
        boxes[row : 2 * row, 3:] = below[:, :, 3:].max(axis=1)
    boxes[np.isinf(boxes[:, 0])] = _NOWHERE  # what encloses nothing is turned inside out, and would be met always
    own = np.zeros(len(corners), np.int64) if group is None else group[order].astype(np.int64)
    return Scene(corners.reshape(-1, 9), own, boxes, first)


def cast(to: Scene, origins: Points, directions: Points, there: NDArray[np.bool_] | None = None) -> Met:
    """What rays from `origins` (k, 3) along unit `directions` (k, 3) meet; `there` by group, None: all are there."""
    shown = np.ones(int(to.group.max()) + 1, np.bool_) if there is None else there
    either, front = np.full(len(origins), np.inf), np.full(len(origins), np.inf)
    _cast(
        to.corners,
        to.group,
        to.boxes,
        to.first,
        np.ascontiguousarray(origins, np.float64),
        np.ascontiguousarray(directions, np.float64),
        shown,
        either,
        front,
    )
    return Met(either, front)


def _halved(middles: Points) -> NDArray[np.int64]:
    """An order in which each node of the heap has the nearer half of its parent's triangles, or the farther one.

    Along the longest side of their middles; rays took 2.5 times as long through boxes over a Morton order.
    """
    count = len(middles)
    order = np.arange(count)
    width = _LEAF
    while width < count:
        width *= 2
    while width > _LEAF:
        points, starts = middles[order], np.arange(0, count, width)
        sides = np.maximum.reduceat(points, starts) - np.minimum.reduceat(points, starts)
        node = np.arange(count) // width
        along = points[np.arange(count), sides.argmax(axis=1)[node]]
        order = order[np.lexsort((along, node))]
        width //= 2
    return order


@numba.njit(cache=True, nogil=True)
def _entered(boxes, at, o, inverse, most):  # type: ignore[no-untyped-def]
    """Where a ray enters a box, or infinity where it does not before `most`."""
    near, far = 0.0, most
    for axis in range(3):
        low, high = boxes[at, axis], boxes[at, 3 + axis]
        if inverse[axis] == np.inf:
            if o[axis] < low or o[axis] > high:
                return np.inf
            continue
        a, b = (low - o[axis]) * inverse[axis], (high - o[axis]) * inverse[axis]
        if a > b:
            a, b = b, a
        near = max(near, a * (1.0 - 1e-14))
        far = min(far, b * (1.0 + 1e-14))
    return near if near <= far else np.inf


@numba.njit(cache=True, nogil=True)
def _cast(  # type: ignore[no-untyped-def] # noqa: C901, PLR0917 - compiled, one loop
    corners, group, boxes, first, origins, directions, there, either, front
):
    stack = np.empty(128, np.int64)
    entry = np.empty(128)
    inverse = np.empty(3)
    for ray in range(len(origins)):
        o, d = origins[ray], directions[ray]
        kz = 0
        for axis in range(3):
            inverse[axis] = 1.0 / d[axis] if d[axis] != 0.0 else np.inf
            if abs(d[axis]) > abs(d[kz]):
                kz = axis
        kx, ky = (kz + 1) % 3, (kz + 2) % 3
        if d[kz] < 0.0:
            kx, ky = ky, kx
        sx, sy, sz = d[kx] / d[kz], d[ky] / d[kz], 1.0 / d[kz]
        any_hit, front_hit = np.inf, np.inf
        stack[0], entry[0] = 1, _entered(boxes, 1, o, inverse, np.inf)
        top = 1
        while top:
            top -= 1
            at = stack[top]
            if entry[top] >= front_hit:  # what is met from the front is met, so nothing nearer is missed
                continue
            if at >= first:
                start = (at - first) * _LEAF
                for t in range(start, min(start + _LEAF, len(corners))):
                    if not there[group[t]]:
                        continue
                    c = corners[t]
                    az, bz, cz = c[kz] - o[kz], c[3 + kz] - o[kz], c[6 + kz] - o[kz]
                    ax, ay = c[kx] - o[kx] - sx * az, c[ky] - o[ky] - sy * az
                    bx, by = c[3 + kx] - o[kx] - sx * bz, c[3 + ky] - o[ky] - sy * bz
                    cx, cy = c[6 + kx] - o[kx] - sx * cz, c[6 + ky] - o[ky] - sy * cz
                    u, v, w = cx * by - cy * bx, ax * cy - ay * cx, bx * ay - by * ax
                    if (u < 0.0 or v < 0.0 or w < 0.0) and (u > 0.0 or v > 0.0 or w > 0.0):
                        continue
                    det = u + v + w
                    if det == 0.0:
                        continue
                    far = sz * (u * az + v * bz + w * cz) / det
                    if far < 0.0:
                        continue
                    any_hit = min(any_hit, far)
                    if det > 0.0:
                        front_hit = min(front_hit, far)
                continue
            left = _entered(boxes, 2 * at, o, inverse, front_hit)
            right = _entered(boxes, 2 * at + 1, o, inverse, front_hit)
            near, other = 2 * at, 2 * at + 1
            if right < left:
                near, other, left, right = other, near, right, left
            if right < np.inf:
                stack[top], entry[top] = other, right
                top += 1
            if left < np.inf:
                stack[top], entry[top] = near, left
                top += 1
        either[ray], front[ray] = any_hit, front_hit
