"""On which side of a surface points lie, and how far: exact distances of `tiling.distance`, with a sign.

A second pass looks at all triangles that have the nearest point, within rounding, and adds up their normals, each
weighed by the angle that the triangle fills around it: a corner's angle at a corner, half a turn at an edge or in the
face. The sign of that sum's product with the direction is right for every closed surface (Bærentzen and Aanæs 2005,
angle-weighted pseudonormals). No adjacency is needed, so surfaces may be cut at seams of textures.

Where the triangles around the nearest point do not close up, it lies on the border of the surface. There is then no
surface to compare with beside it, and the sign is only that of the nearest triangle's plane; `is_border` says so. That
is found by adding up what lies opposite: around an inner corner or edge every neighbour is met once on either side.

Limits: where surfaces cross themselves or lie inside out, signs are those of whatever is nearest, and where two
triangles lie back to back (folds: some in ten thousand vertices of a scan) they are chance; a joint in the midst
of an edge (T) counts as a border. Within 1e-6 of the surface's size, distances are rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from tiling import distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.distance import Tree
    from tiling.mesh import Floats, Indices, Singles

    Bools = NDArray[np.bool_]

_STACK = 256
_MOST = 256
"""triangles that are looked at for one point; farther on all sides are alike anyway"""
_SAME = 1e-6
"""how far apart feet may be that are one, by the triangle's size and distance: differences of float32 are that true"""
_ZERO = 1e-7
"""shares of a corner that count as none"""


@dataclass(frozen=True, slots=True)
class Surface:
    """What distances are measured to."""

    tree: Tree
    triangles: int
    rounding: float
    """how far points may be off by the precision of positions"""


def surface(positions: Singles, indices: Indices) -> Surface:
    """Positions (n, 3) float32, best near their origin; indices (m, 3) uint32. 60 bytes a triangle."""
    largest = float(np.abs(positions).max()) if len(positions) else 0.0
    return Surface(distance.build(positions, indices), len(indices), 4e-7 * largest)


def signed(to: Surface, points: Singles) -> tuple[Singles, Bools]:
    """Distances (k,) of points (k, 3) to a surface, positive on the side that its normals point to; and `is_border`.

    Points near one another should follow one another. No triangles: infinite.
    """
    points = np.ascontiguousarray(points, np.float32)
    best = np.full(len(points), np.inf, np.float32)
    distance.nearest(to.tree, points, best=best)
    is_border = np.zeros(len(points), np.bool_)
    if to.triangles:
        _sign(to.tree.boxes, to.tree.leaves, to.triangles, points, to.rounding, best, is_border)
    return best, is_border


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _sign(  # noqa: C901, PLR0917
    boxes: Singles,
    leaves: Singles,
    triangles: int,
    points: Singles,
    rounding: float,
    best: Singles,
    is_border: Bools,
) -> None:  # pragma: no cover - compiled
    wide = boxes.shape[2]
    first_leaf, capacity = 1, wide
    while capacity < len(leaves):
        first_leaf = first_leaf * wide + 1
        capacity *= wide
    stack = np.empty(_STACK, np.int64)
    found_leaf, found_lane, feet = np.empty(_MOST, np.int64), np.empty(_MOST, np.int64), np.empty((_MOST, 5))
    shares, about, turn = np.empty(2), np.empty(2), np.empty(3)
    for i in range(len(points)):
        x, y, z = np.float64(points[i, 0]), np.float64(points[i, 1]), np.float64(points[i, 2])
        reach = np.float64(best[i]) * (1.0 + 1e-6) + rounding
        squared = reach * reach
        least, nearest, count = np.inf, 0, 0
        stack[0] = 0
        top = 1
        while top > 0:
            top -= 1
            node = stack[top]
            if node < first_leaf:
                for j in range(wide):
                    dx = max(boxes[node, 0, j] - x, x - boxes[node, 3, j], 0.0)
                    dy = max(boxes[node, 1, j] - y, y - boxes[node, 4, j], 0.0)
                    dz = max(boxes[node, 2, j] - z, z - boxes[node, 5, j], 0.0)
                    if dx * dx + dy * dy + dz * dz <= squared:
                        stack[top] = node * wide + 1 + j
                        top += 1
                continue
            leaf = node - first_leaf
            for j in range(min(wide, triangles - leaf * wide)):  # the last leaf is filled up with its last triangle
                at = _foot(leaves[leaf], j, x, y, z, shares)
                if at <= squared and count < _MOST:
                    v, w = shares[0], shares[1]
                    found_leaf[count], found_lane[count] = leaf, j
                    feet[count, 0], feet[count, 1] = v, w
                    for axis in range(3):
                        feet[count, 2 + axis] = (
                            leaves[leaf, axis, j] + v * leaves[leaf, 3 + axis, j] + w * leaves[leaf, 6 + axis, j]
                        )
                    if at < least:
                        least, nearest = at, count
                    count += 1
        side, longest, is_inner = 0.0, 0.0, count == _MOST
        turn[:] = 0.0
        for k in range(count):
            apart = 0.0
            for axis in range(2, 5):
                apart += (feet[k, axis] - feet[nearest, axis]) ** 2
            rows, j = leaves[found_leaf[k]], found_lane[k]
            if apart > _SAME * _SAME * (least + rows[3, j] ** 2 + rows[4, j] ** 2 + rows[5, j] ** 2
                                        + rows[6, j] ** 2 + rows[7, j] ** 2 + rows[8, j] ** 2):  # fmt: skip
                continue
            # The way from one foot for all: errors of the feet would outweigh what two faces of a thin fin differ by.
            dx, dy, dz = x - feet[nearest, 2], y - feet[nearest, 3], z - feet[nearest, 4]
            side += _share(rows, j, dx, dy, dz, feet[k], about, turn)
            is_inner |= about[0] == 0.0
            longest = max(longest, about[1])
        if side < 0.0:
            best[i] = -best[i]
        is_border[i] = not is_inner and turn[0] ** 2 + turn[1] ** 2 + turn[2] ** 2 > 1e-6 * longest


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _foot(rows: Singles, j: int, x: float, y: float, z: float, shares: Floats) -> float:  # noqa: PLR0917 # pragma: no cover - compiled
    """The squared distance of a point to triangle j of a leaf; `shares` become those of corners b and c in the foot.

    Source: Ericson 2005, Real-Time Collision Detection, 5.1.5.
    """
    bx, by, bz = np.float64(rows[3, j]), np.float64(rows[4, j]), np.float64(rows[5, j])
    cx, cy, cz = np.float64(rows[6, j]), np.float64(rows[7, j]), np.float64(rows[8, j])
    px, py, pz = x - rows[0, j], y - rows[1, j], z - rows[2, j]
    d1, d2 = bx * px + by * py + bz * pz, cx * px + cy * py + cz * pz
    v = w = 0.0
    if d1 > 0.0 or d2 > 0.0:
        bb, bc, cc = bx * bx + by * by + bz * bz, bx * cx + by * cy + bz * cz, cx * cx + cy * cy + cz * cz
        d3, d4, d5, d6 = d1 - bb, d2 - bc, d1 - bc, d2 - cc
        va, vb, vc = d3 * d6 - d5 * d4, d5 * d2 - d1 * d6, d1 * d4 - d3 * d2
        if d3 >= 0.0 and d4 <= d3:
            v = 1.0
        elif d6 >= 0.0 and d5 <= d6:
            w = 1.0
        elif vc <= 0.0 and d1 >= 0.0 and d3 <= 0.0:
            v = d1 / (d1 - d3) if d1 > d3 else 0.0
        elif vb <= 0.0 and d2 >= 0.0 and d6 <= 0.0:
            w = d2 / (d2 - d6) if d2 > d6 else 0.0
        elif va <= 0.0 and d4 - d3 >= 0.0 and d5 - d6 >= 0.0:
            w = (d4 - d3) / ((d4 - d3) + (d5 - d6)) if d4 > d3 or d5 > d6 else 0.0
            v = 1.0 - w
        else:
            total = va + vb + vc
            if total > 0.0:
                v, w = vb / total, vc / total
    shares[0], shares[1] = v, w
    dx, dy, dz = px - v * bx - w * cx, py - v * by - w * cy, pz - v * bz - w * cz
    return float(dx * dx + dy * dy + dz * dz)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _share(  # noqa: PLR0917
    rows: Singles, j: int, dx: float, dy: float, dz: float, foot: Floats, about: Floats, turn: Floats
) -> float:  # pragma: no cover - compiled
    """What a triangle says of the side: its unit normal times the direction, times the angle that it fills.

    `turn` gets added the way from its side on the one hand of the foot to that on the other; `about` becomes whether
    the foot is not inside the face, and the square of its longest side.
    """
    bx, by, bz = np.float64(rows[3, j]), np.float64(rows[4, j]), np.float64(rows[5, j])
    cx, cy, cz = np.float64(rows[6, j]), np.float64(rows[7, j]), np.float64(rows[8, j])
    v, w = foot[0], foot[1]
    u = 1.0 - v - w
    nx, ny, nz = by * cz - bz * cy, bz * cx - bx * cz, bx * cy - by * cx
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    ex, ey, ez = cx - bx, cy - by, cz - bz
    about[1] = max(bx * bx + by * by + bz * bz, cx * cx + cy * cy + cz * cz, ex * ex + ey * ey + ez * ez)
    about[0] = 1.0
    if length <= 1e-12 * about[1]:  # no area, no side
        return 0.0
    side = (nx * dx + ny * dy + nz * dz) / length
    at_a, at_b, at_c = u > _ZERO, v > _ZERO, w > _ZERO  # corners that have a share in the foot
    angle = np.pi
    if min(u, v, w) > 1e-12:  # more than the rounding of 1 - v - w
        about[0] = 0.0
    # What is opposite goes along the edge that the foot is on, else from one neighbour of its corner to the other.
    elif at_b and at_c:
        _add(turn, ex, ey, ez)
    elif at_a and at_c:
        _add(turn, -cx, -cy, -cz)
    elif at_a and at_b:
        _add(turn, bx, by, bz)
    elif at_a:
        _add(turn, ex, ey, ez)
        angle = _angle(bx, by, bz, cx, cy, cz)
    elif at_b:
        _add(turn, -cx, -cy, -cz)
        angle = _angle(ex, ey, ez, -bx, -by, -bz)
    else:
        _add(turn, bx, by, bz)
        angle = _angle(-cx, -cy, -cz, -ex, -ey, -ez)
    return float(angle * side)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _add(to: Floats, x: float, y: float, z: float) -> None:  # pragma: no cover - compiled
    to[0] += x
    to[1] += y
    to[2] += z


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _angle(ax: float, ay: float, az: float, bx: float, by: float, bz: float) -> float:  # noqa: PLR0917 # pragma: no cover - compiled
    x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    return float(np.arctan2(np.sqrt(x * x + y * y + z * z), ax * bx + ay * by + az * bz))
