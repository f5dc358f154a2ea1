"""A first, quick step towards fewer triangles: vertices that are joined by an edge become one, in pairs.

Half of what it takes to bring a surface to a quarter of its triangles goes into the first third of them, where nearly
every collapse is as good as the next. Here each vertex takes part in one collapse at most, so the quadrics of the
planes around it go through its own place all the time: six numbers, no rounding to speak of, and nothing to bring up to
date. Collapses come in steps of twofold cost and within these in the order of the triangles, because in order of cost
alone they jump about in memory (which took twice the time). Where both vertices are free, the new one goes to where the
planes of both are nearest (Garland and Heckbert 1997), drawn a little to the middle of the edge.

What follows begins with quadrics of its own, and ends nearer to the surface for it. Pieces of 106,000 to 155,000
triangles brought to a quarter (terrain at the first level to one error), processor milliseconds on a busy machine and
root mean squares of the distance times the root of the number of triangles, in the model's unit; upper levels of
meshoptimizer alone went down in two rounds:

                          statue, level 1       level 2              terrain, level 1            level 2
    meshoptimizer alone   83 to 109  .109-.120  –         .365-.409  173 to 195  29.0  73.6  80.7  300  353
    0.6 of them first     75 to 85   .107-.117  100-111   .364-.410  124 to 157  28.3  75.2  86.7  308  359
    0.6 of these again    67 to 83   .105-.113  69 to 71  .343-.383  104 to 148  27.7  75.6  88.6  308  364

With 0.5 errors of terrain double: so many good pairs there are not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from tiling.patch import only_used

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Indices, Singles
    from tiling.patch import Patch

KEPT = 0.6
"""the least share of the triangles that is left"""
_TO_THE_MIDDLE = 1e-3  # of the planes' weight; without it flat places have no optimum
_TURNED = 0.0625  # the square of the cosine of the angle that a triangle may turn by at most
_TINY = np.float32(1e-30)
_CLASSES = 512  # of cost, by the exponent of a float32
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def paired(patch: Patch, held: NDArray[np.bool_], *, target_triangles: int, most_error: float = np.inf) -> Patch:
    """The patch with pairs of vertices made one, down to `KEPT` of its triangles; itself if the target is above that.

    Vertices that are `held` (n,) and those on open edges, seams included, stay where they are. No collapse moves a
    vertex by more than `most_error`, metres, from the planes around it, on average. Attributes are means; normals are
    made unit vectors by the next step. Topology stays; triangles don't turn over. Deterministic.
    """
    target = int(KEPT * patch.triangles)
    if target_triangles >= target:
        return patch
    positions, attributes = patch.positions.copy(), patch.attributes.copy()
    planes, starts, beside, is_held = _prepared(positions, patch.indices, held)
    ends = _ranked(positions, patch.indices, planes, is_held, np.float32(min(most_error, 1e18) ** 2))
    indices = _collapsed(positions, attributes, patch.indices, planes, starts, beside, is_held, ends, target)
    return only_used(replace(patch, positions=positions, attributes=attributes, indices=indices))


@njit(cache=True, nogil=True)
def _prepared(
    positions: Singles, indices: Indices, locked: NDArray[np.bool_]
) -> tuple[Singles, NDArray[np.int32], NDArray[np.uint32], NDArray[np.bool_]]:  # pragma: no cover - compiled
    """By vertex its planes (n, 6), xx xy xz yy yz zz, weighed by area; and what stays (n,).

    Between them the other two corners of its triangles: where each vertex's begin (n + 1,), and the corners (3m, 2).
    What stays are vertices that are locked, and those whose triangles do not close a ring.
    """
    planes = np.zeros((len(positions), 6), np.float32)
    ring = np.zeros(len(positions), np.uint64)
    starts = np.zeros(len(positions) + 1, np.int32)
    for triangle in range(len(indices)):
        a, b, c = indices[triangle, 0], indices[triangle, 1], indices[triangle, 2]
        starts[a + 1] += 1
        starts[b + 1] += 1
        starts[c + 1] += 1
        # In a closed ring every neighbour is the next one of one triangle and the last one of another.
        p, q, r = _spread(a), _spread(b), _spread(c)
        ring[a] += q - r
        ring[b] += r - p
        ring[c] += p - q
        x0, y0, z0 = positions[a, 0], positions[a, 1], positions[a, 2]
        ux, uy, uz = positions[b, 0] - x0, positions[b, 1] - y0, positions[b, 2] - z0
        vx, vy, vz = positions[c, 0] - x0, positions[c, 1] - y0, positions[c, 2] - z0
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        length = np.sqrt(x * x + y * y + z * z)
        if length > 0.0:
            s = np.float32(1.0) / length
            xx, xy, xz, yy, yz, zz = x * x * s, x * y * s, x * z * s, y * y * s, y * z * s, z * z * s
            for vertex in (a, b, c):
                planes[vertex, 0] += xx
                planes[vertex, 1] += xy
                planes[vertex, 2] += xz
                planes[vertex, 3] += yy
                planes[vertex, 4] += yz
                planes[vertex, 5] += zz
    held = np.empty(len(positions), np.bool_)
    for vertex in range(len(positions)):
        starts[vertex + 1] += starts[vertex]
        held[vertex] = locked[vertex] or ring[vertex] != 0
    fill = starts[:-1].copy()
    beside = np.empty((indices.size, 2), np.uint32)
    for triangle in range(len(indices)):
        a, b, c = indices[triangle, 0], indices[triangle, 1], indices[triangle, 2]
        beside[fill[a], 0], beside[fill[a], 1] = b, c
        beside[fill[b], 0], beside[fill[b], 1] = c, a
        beside[fill[c], 0], beside[fill[c], 1] = a, b
        fill[a] += 1
        fill[b] += 1
        fill[c] += 1
    return planes, starts, beside, held


@njit(cache=True, nogil=True)
def _spread(vertex: np.uint32) -> np.uint64:  # pragma: no cover - compiled
    mixed = np.uint64(vertex + np.uint64(1)) * _PRIME
    return mixed ^ (mixed >> np.uint64(29))


@njit(cache=True, nogil=True)
def _ranked(
    positions: Singles, indices: Indices, planes: Singles, held: NDArray[np.bool_], most: np.float32
) -> NDArray[np.uint32]:  # pragma: no cover - compiled
    """The two ends of edges (e, 2), those that cost least first; `most` is the largest cost, square metres.

    What an edge costs is told for the best place on it; where planes are curved there are better ones beside it.
    """
    two = np.float32(2.0)
    ends = np.empty((indices.size, 2), np.uint32)
    kind = np.empty(indices.size, np.uint16)
    at = np.zeros(_CLASSES, np.int64)
    one = np.empty(1, np.float32)
    bits = one.view(np.uint32)
    count = 0
    for triangle in range(len(indices)):
        for corner in range(3):
            a, b = indices[triangle, corner], indices[triangle, corner + 1 if corner < 2 else 0]
            # (Each edge once: at one that has a triangle on one side only both ends are held.)
            if a >= b or (held[a] and held[b]):
                continue
            x, y, z = (
                positions[b, 0] - positions[a, 0],
                positions[b, 1] - positions[a, 1],
                positions[b, 2] - positions[a, 2],
            )
            to_b = x * (planes[a, 0] * x + two * (planes[a, 1] * y + planes[a, 2] * z))
            to_b += y * (planes[a, 3] * y + two * planes[a, 4] * z) + planes[a, 5] * z * z
            to_a = x * (planes[b, 0] * x + two * (planes[b, 1] * y + planes[b, 2] * z))
            to_a += y * (planes[b, 3] * y + two * planes[b, 4] * z) + planes[b, 5] * z * z
            weight = planes[a, 0] + planes[a, 3] + planes[a, 5] + planes[b, 0] + planes[b, 3] + planes[b, 5] + _TINY
            if held[a]:
                cost = to_a / weight
            elif held[b]:
                cost = to_b / weight
            else:
                cost = to_a / (to_a + to_b + _TINY) * (to_b / weight)
            if cost <= most:
                one[0] = max(cost, np.float32(0.0))
                kind[count] = bits[0] >> np.uint32(23)
                at[kind[count]] += 1
                ends[count, 0], ends[count, 1] = a, b
                count += 1
    total = 0
    for each in range(_CLASSES):
        total, at[each] = total + at[each], total
    out = np.empty((count, 2), np.uint32)
    for edge in range(count):
        out[at[kind[edge]]] = ends[edge]
        at[kind[edge]] += 1
    return out


@njit(cache=True, nogil=True)
def _place(
    positions: Singles, planes: Singles, a: np.uint32, b: np.uint32
) -> tuple[float, float, float]:  # pragma: no cover - compiled
    """Where from `a` the planes of two free vertices are nearest; the middle where that is far away."""
    ex = np.float64(positions[b, 0]) - positions[a, 0]
    ey = np.float64(positions[b, 1]) - positions[a, 1]
    ez = np.float64(positions[b, 2]) - positions[a, 2]
    bxx, bxy, bxz = np.float64(planes[b, 0]), np.float64(planes[b, 1]), np.float64(planes[b, 2])
    byy, byz, bzz = np.float64(planes[b, 3]), np.float64(planes[b, 4]), np.float64(planes[b, 5])
    xx, xy, xz = bxx + planes[a, 0], bxy + planes[a, 1], bxz + planes[a, 2]
    yy, yz, zz = byy + planes[a, 3], byz + planes[a, 4], bzz + planes[a, 5]
    ease = _TO_THE_MIDDLE * (xx + yy + zz) + 1e-30
    gx = bxx * ex + bxy * ey + bxz * ez + 0.5 * ease * ex
    gy = bxy * ex + byy * ey + byz * ez + 0.5 * ease * ey
    gz = bxz * ex + byz * ey + bzz * ez + 0.5 * ease * ez
    xx, yy, zz = xx + ease, yy + ease, zz + ease
    c00, c01, c02 = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    c11, c12, c22 = xx * zz - xz * xz, xy * xz - xx * yz, xx * yy - xy * xy
    scale = 1.0 / (xx * c00 + xy * c01 + xz * c02)
    x = (c00 * gx + c01 * gy + c02 * gz) * scale
    y = (c01 * gx + c11 * gy + c12 * gz) * scale
    z = (c02 * gx + c12 * gy + c22 * gz) * scale
    hx, hy, hz = x - 0.5 * ex, y - 0.5 * ey, z - 0.5 * ez
    if not hx * hx + hy * hy + hz * hz <= ex * ex + ey * ey + ez * ez:
        return 0.5 * ex, 0.5 * ey, 0.5 * ez
    return x, y, z


@njit(cache=True, nogil=True)
def _collapsed(  # noqa: C901, PLR0917 - one pass over the edges, and all that it needs to know
    positions: Singles,
    attributes: Singles,
    indices: Indices,
    planes: Singles,
    starts: NDArray[np.int32],
    beside: NDArray[np.uint32],
    held: NDArray[np.bool_],
    ends: NDArray[np.uint32],
    target: int,
) -> Indices:  # pragma: no cover - compiled
    """Triangles after edges have collapsed in this order; positions and attributes are changed in place."""
    became = np.arange(len(positions)).astype(np.uint32)
    is_done = np.zeros(len(positions), np.bool_)
    seen = np.zeros(len(positions), np.int32)  # by vertex the last edge that it was found a neighbour of
    to = np.empty(3, np.float32)
    left = len(indices)
    for edge in range(len(ends)):
        a, b = ends[edge, 0], ends[edge, 1]
        if is_done[a] or is_done[b]:
            continue
        if left <= target:
            break
        if held[a]:
            a, b = b, a
        # From here on a goes, and b stays.
        to[0], to[1], to[2] = positions[b, 0], positions[b, 1], positions[b, 2]
        if not held[b]:
            x, y, z = _place(positions, planes, a, b)
            to[0], to[1], to[2] = positions[a, 0] + x, positions[a, 1] + y, positions[a, 2] + z
        for at in range(starts[a], starts[a + 1]):
            seen[became[beside[at, 0]]] = edge + 1
        seen[b] = 0
        # Of two vertices of a closed surface just the two that face their edge are neighbours of both.
        if _common(starts, beside, became, seen, held, b, edge + 1) != 2:
            continue
        if _turns(positions, starts, beside, became, a, b, to) or (
            not held[b] and _turns(positions, starts, beside, became, b, a, to)
        ):
            continue
        if not held[b]:
            ex, ey, ez = (
                positions[b, 0] - positions[a, 0],
                positions[b, 1] - positions[a, 1],
                positions[b, 2] - positions[a, 2],
            )
            length = ex * ex + ey * ey + ez * ez
            share = np.float32(0.5)
            if length > 0.0:
                share = ex * (to[0] - positions[a, 0]) + ey * (to[1] - positions[a, 1]) + ez * (to[2] - positions[a, 2])
                share = min(max(share / length, np.float32(0.0)), np.float32(1.0))
            for column in range(attributes.shape[1]):
                attributes[b, column] += (np.float32(1.0) - share) * (attributes[a, column] - attributes[b, column])
            positions[b, 0], positions[b, 1], positions[b, 2] = to[0], to[1], to[2]
        became[a] = b
        is_done[a] = is_done[b] = True
        left -= 2
    out = np.empty_like(indices)
    kept = 0
    for triangle in range(len(indices)):
        p, q, r = became[indices[triangle, 0]], became[indices[triangle, 1]], became[indices[triangle, 2]]
        if p not in (q, r) and q != r:
            out[kept, 0], out[kept, 1], out[kept, 2] = p, q, r
            kept += 1
    return out[:kept].copy()


@njit(cache=True, nogil=True)
def _common(  # noqa: PLR0917 - called for each edge
    starts: NDArray[np.int32],
    beside: NDArray[np.uint32],
    became: NDArray[np.uint32],
    seen: NDArray[np.int32],
    held: NDArray[np.bool_],
    vertex: np.uint32,
    mark: int,
) -> int:  # pragma: no cover - compiled
    """How many neighbours of a vertex are marked as `seen`; their marks go."""
    common = 0
    for at in range(starts[vertex], starts[vertex + 1]):
        # Around a closed ring each is the next one of one triangle; at an open edge one is not.
        for side in range(2 if held[vertex] else 1):
            neighbour = became[beside[at, side]]
            if seen[neighbour] == mark:
                common += 1
                seen[neighbour] = 0
    return common


@njit(cache=True, nogil=True)
def _turns(  # noqa: PLR0917 - called for each edge
    positions: Singles,
    starts: NDArray[np.int32],
    beside: NDArray[np.uint32],
    became: NDArray[np.uint32],
    vertex: np.uint32,
    other: np.uint32,
    to: Singles,
) -> bool:  # pragma: no cover - compiled
    """Whether a triangle of a vertex, but those that it shares with `other`, turns too far as it moves."""
    ox, oy, oz = positions[vertex, 0], positions[vertex, 1], positions[vertex, 2]
    x, y, z = to[0], to[1], to[2]
    for at in range(starts[vertex], starts[vertex + 1]):
        p, q = became[beside[at, 0]], became[beside[at, 1]]
        if p == q or other in (p, q):
            continue  # of two equal ones one has collapsed before
        px, py, pz = positions[p, 0], positions[p, 1], positions[p, 2]
        ux, uy, uz = positions[q, 0] - px, positions[q, 1] - py, positions[q, 2] - pz
        vx, vy, vz = ox - px, oy - py, oz - pz
        wx, wy, wz = x - px, y - py, z - pz
        bx, by, bz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        along = np.float64(bx * nx + by * ny + bz * nz)
        sizes = np.float64(bx * bx + by * by + bz * bz) * np.float64(nx * nx + ny * ny + nz * nz)
        if along <= 0.0 or along * along <= _TURNED * sizes:
            return True
    return False
