"""A first, quick step towards fewer triangles: vertices that are joined by an edge become one, in pairs.

Half of what it takes to bring a surface to a quarter of its triangles goes into the first third of them, where nearly
every collapse is as good as the next. Here each vertex takes part in one collapse at most, so the quadrics of the
planes around it go through its own place all the time: six numbers, no rounding to speak of, and nothing to bring up to
date. Collapses come in steps of cost, four to a doubling, and within these in the order of the triangles: in order of
cost alone they jump about in memory, and in coarser steps errors grow (by 6 % with one to a doubling). Where both
vertices are free, the new one goes to where the planes of both are nearest (Garland and Heckbert 1997), drawn a little
to the middle of the edge.

It is a third faster for each triangle of 40,000 than of 150,000, which a processor's own cache has no room for: so the
children of a tile are begun apart, before they are joined.

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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Indices, Singles
    from tiling.patch import Patch

KEPT = 0.6
"""the least share of the triangles that a pass leaves"""
_TO_THE_MIDDLE = 1e-3  # of the planes' weight; without it flat places have no optimum
_TURNED = 0.0625  # the square of the cosine of the angle that a triangle may turn by at most
_TINY = np.float32(1e-30)
_STEP = np.uint32(21)  # bits of a float32 below its exponent and two more: four steps of cost to a doubling
_STEPS = 1 << 11
_MOST_AROUND = 64  # triangles at a vertex that goes, or that another comes to
_FEWEST_GONE = 0.03  # of the triangles, for which a further pass is worth its time
_NONE = np.uint32(0xFFFFFFFF)
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def paired(
    patch: Patch, held: NDArray[np.bool_], *, target_triangles: int, most_error: float = np.inf, times: int = 1
) -> tuple[Patch, NDArray[np.uint32]]:
    """The patch with pairs of vertices made one, and which vertices (k,) of it are left, by number.

    In so many passes, each down to `KEPT` of its triangles or the target. Vertices that are `held` (n,) and those on
    open edges, seams included, stay where they are. No collapse moves a vertex by more than `most_error`, metres, from
    the planes around it, on average. Attributes are means; normals are not made unit vectors. Topology stays; triangles
    don't turn over. Deterministic.
    """
    # Places are rows of four numbers, so that one never lies in two lines of the cache.
    places = np.zeros((len(patch.positions), 4), np.float32)
    places[:, :3] = patch.positions
    attributes, indices, left = patch.attributes, patch.indices, None
    most = np.float32(min(most_error, 1e18) ** 2)
    for _ in range(times):
        before = len(indices)
        if before <= target_triangles:
            break
        target = max(int(KEPT * before), target_triangles)
        planes, starts, beside, is_held = _prepared(places, indices, held)
        ends = _ranked(places, indices, planes, is_held, most)
        attributes = attributes.copy()
        indices, rows = _collapsed(places, attributes, indices, planes, starts, beside, is_held, ends, target)
        places, attributes, held = places.take(rows, axis=0), attributes.take(rows, axis=0), held.take(rows)
        left = rows if left is None else left.take(rows)
        if len(indices) > (1.0 - _FEWEST_GONE) * before:
            break
    if left is None:
        return patch, np.arange(len(patch.positions), dtype=np.uint32)
    fewer = patch.of_vertices(left, indices)
    return replace(fewer, positions=np.ascontiguousarray(places[:, :3]), attributes=attributes), left


def closed_share(patch: Patch, held: NDArray[np.bool_]) -> float:
    """The share of the vertices, `held` ones left aside, whose triangles close a ring; 1 of none."""
    is_open, free = _open(patch.indices, held), max(int(np.count_nonzero(~held)), 1)
    return 1.0 - float(np.count_nonzero(is_open & ~held)) / free


@njit(cache=True, nogil=True)
def _open(indices: Indices, held: NDArray[np.bool_]) -> NDArray[np.bool_]:  # pragma: no cover - compiled
    """Which vertices (n,) have triangles that do not close a ring."""
    ring = np.zeros(len(held), np.uint64)
    for triangle in range(len(indices)):
        a, b, c = indices[triangle, 0], indices[triangle, 1], indices[triangle, 2]
        p, q, r = _spread(a), _spread(b), _spread(c)
        ring[a] += q - r
        ring[b] += r - p
        ring[c] += p - q
    is_open: NDArray[np.bool_] = ring != 0
    return is_open


@njit(cache=True, nogil=True)
def _prepared(
    places: Singles, indices: Indices, locked: NDArray[np.bool_]
) -> tuple[Singles, NDArray[np.int32], NDArray[np.uint32], NDArray[np.bool_]]:  # pragma: no cover - compiled
    """By vertex its planes (n, 6), xx xy xz yy yz zz, weighed by area; and what stays (n,).

    Between them the other two corners of its triangles: where each vertex's begin (n + 1,), and the corners (3m, 2).
    What stays are vertices that are locked, and those whose triangles do not close a ring.
    """
    planes = np.zeros((len(places), 6), np.float32)
    ring = np.zeros(len(places), np.uint64)
    starts = np.zeros(len(places) + 1, np.int32)
    for triangle in range(len(indices)):
        a, b, c = indices[triangle, 0], indices[triangle, 1], indices[triangle, 2]
        starts[a + np.uint32(1)] += 1
        starts[b + np.uint32(1)] += 1
        starts[c + np.uint32(1)] += 1
        # In a closed ring every neighbour is the next one of one triangle and the last one of another.
        p, q, r = _spread(a), _spread(b), _spread(c)
        ring[a] += q - r
        ring[b] += r - p
        ring[c] += p - q
        x0, y0, z0 = places[a, 0], places[a, 1], places[a, 2]
        ux, uy, uz = places[b, 0] - x0, places[b, 1] - y0, places[b, 2] - z0
        vx, vy, vz = places[c, 0] - x0, places[c, 1] - y0, places[c, 2] - z0
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
    held = np.empty(len(places), np.bool_)
    for vertex in range(len(places)):
        starts[vertex + 1] += starts[vertex]
        held[vertex] = locked[vertex] or ring[vertex] != 0
    fill = starts[:-1].copy()
    beside = np.empty((indices.size, 2), np.uint32)
    for triangle in range(len(indices)):
        a, b, c = indices[triangle, 0], indices[triangle, 1], indices[triangle, 2]
        for vertex, following, last in ((a, b, c), (b, c, a), (c, a, b)):
            at = fill[vertex]
            beside[at, 0], beside[at, 1] = following, last
            fill[vertex] = at + 1
    return planes, starts, beside, held


@njit(cache=True, nogil=True)
def _spread(vertex: np.uint32) -> np.uint64:  # pragma: no cover - compiled
    mixed = np.uint64(vertex + np.uint64(1)) * _PRIME
    return mixed ^ (mixed >> np.uint64(29))


@njit(cache=True, nogil=True)
def _ranked(
    places: Singles, indices: Indices, planes: Singles, held: NDArray[np.bool_], most: np.float32
) -> NDArray[np.uint32]:  # pragma: no cover - compiled
    """The two ends of edges (e, 2), those that cost least first; `most` is the largest cost, square metres.

    What an edge costs is told for the best place on it; where planes are curved there are better ones beside it.
    """
    two = np.float32(2.0)
    ends = np.empty((indices.size, 2), np.uint32)
    costs = np.empty(indices.size, np.float32)
    bits = costs.view(np.uint32)
    at = np.zeros(_STEPS, np.int32)
    count = 0
    for triangle in range(len(indices)):
        for corner in range(3):
            a, b = indices[triangle, corner], indices[triangle, corner + 1 if corner < 2 else 0]
            # (Each edge once: at one that has a triangle on one side only both ends are held.)
            if a >= b or (held[a] and held[b]):
                continue
            x, y, z = (
                places[b, 0] - places[a, 0],
                places[b, 1] - places[a, 1],
                places[b, 2] - places[a, 2],
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
                costs[count] = max(cost, np.float32(0.0))
                at[bits[count] >> _STEP] += 1
                ends[count, 0], ends[count, 1] = a, b
                count += 1
    total = 0
    for step in range(_STEPS):
        total, at[step] = total + at[step], total
    out = np.empty((count, 2), np.uint32)
    for edge in range(count):
        step = bits[edge] >> _STEP
        out[at[step], 0], out[at[step], 1] = ends[edge, 0], ends[edge, 1]
        at[step] += 1
    return out


@njit(cache=True, nogil=True)
def _place(
    places: Singles, planes: Singles, a: np.uint32, b: np.uint32
) -> tuple[float, float, float]:  # pragma: no cover - compiled
    """Where from `a` the planes of two free vertices are nearest; the middle where that is far away."""
    ex = np.float64(places[b, 0]) - places[a, 0]
    ey = np.float64(places[b, 1]) - places[a, 1]
    ez = np.float64(places[b, 2]) - places[a, 2]
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
    places: Singles,
    attributes: Singles,
    indices: Indices,
    planes: Singles,
    starts: NDArray[np.int32],
    beside: NDArray[np.uint32],
    held: NDArray[np.bool_],
    ends: NDArray[np.uint32],
    target: int,
) -> tuple[Indices, NDArray[np.uint32]]:  # pragma: no cover - compiled
    """Triangles after edges have collapsed in this order, over the vertices that are left, and which these are.

    Places and attributes are changed in place.
    """
    became = np.arange(len(places)).astype(np.uint32)
    is_done = np.zeros(len(places), np.bool_)
    around_a, around_b = np.empty((_MOST_AROUND, 2), np.uint32), np.empty((_MOST_AROUND, 2), np.uint32)
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
        of_a = _around(starts, beside, became, a, around_a)
        of_b = _around(starts, beside, became, b, around_b)
        # Of two vertices of a closed surface just the two that face their edge are neighbours of both.
        if of_a < 0 or of_b < 0 or _common(around_a, of_a, around_b, of_b, b, held[b]) != 2:
            continue
        to[0], to[1], to[2] = places[b, 0], places[b, 1], places[b, 2]
        if not held[b]:
            x, y, z = _place(places, planes, a, b)
            to[0], to[1], to[2] = places[a, 0] + x, places[a, 1] + y, places[a, 2] + z
        if _turns(places, around_a, of_a, a, b, to) or (not held[b] and _turns(places, around_b, of_b, b, a, to)):
            continue
        if not held[b]:
            ex, ey, ez = places[b, 0] - places[a, 0], places[b, 1] - places[a, 1], places[b, 2] - places[a, 2]
            length = ex * ex + ey * ey + ez * ez
            share = np.float32(0.5)
            if length > 0.0:
                share = ex * (to[0] - places[a, 0]) + ey * (to[1] - places[a, 1]) + ez * (to[2] - places[a, 2])
                share = min(max(share / length, np.float32(0.0)), np.float32(1.0))
            for column in range(attributes.shape[1]):
                attributes[b, column] += (np.float32(1.0) - share) * (attributes[a, column] - attributes[b, column])
            places[b, 0], places[b, 1], places[b, 2] = to[0], to[1], to[2]
        became[a] = b
        is_done[a] = is_done[b] = True
        left -= 2
    found: tuple[Indices, NDArray[np.uint32]] = _over_what_is_left(indices, became)
    return found


@njit(cache=True, nogil=True)
def _over_what_is_left(
    indices: Indices, became: NDArray[np.uint32]
) -> tuple[Indices, NDArray[np.uint32]]:  # pragma: no cover - compiled
    """Triangles over the vertices that theirs became, in order of first use, and which these are."""
    out = np.empty_like(indices)
    number, order = np.full(len(became), _NONE), np.empty(len(became), np.uint32)
    kept, used = 0, np.uint32(0)
    for triangle in range(len(indices)):
        p, q, r = became[indices[triangle, 0]], became[indices[triangle, 1]], became[indices[triangle, 2]]
        if p == q or q == r or r == p:  # noqa: PLR1714 - compiled
            continue
        for vertex in (p, q, r):
            if number[vertex] == _NONE:
                number[vertex] = used
                order[used] = vertex
                used += np.uint32(1)
        out[kept, 0], out[kept, 1], out[kept, 2] = number[p], number[q], number[r]
        kept += 1
    return out[:kept].copy(), order[:used].copy()


@njit(cache=True, nogil=True)
def _around(
    starts: NDArray[np.int32],
    beside: NDArray[np.uint32],
    became: NDArray[np.uint32],
    vertex: np.uint32,
    out: NDArray[np.uint32],
) -> int:  # pragma: no cover - compiled
    """The other two corners of a vertex's triangles, as they are now, and how many; -1 where that is too many."""
    start = starts[vertex]
    count: int = starts[vertex + np.uint32(1)] - start
    if count > _MOST_AROUND:
        return -1
    for at in range(count):
        out[at, 0], out[at, 1] = became[beside[start + at, 0]], became[beside[start + at, 1]]
    return count


@njit(cache=True, nogil=True)
def _common(  # noqa: PLR0917 - called for each edge
    around_a: NDArray[np.uint32], of_a: int, around_b: NDArray[np.uint32], of_b: int, b: np.uint32, is_open: bool
) -> int:  # pragma: no cover - compiled
    """How many neighbours two vertices have in common."""
    common = 0
    for at in range(of_a):
        # Around a closed ring each is the next one of one triangle; at an open edge one is not.
        neighbour = around_a[at, 0]
        if neighbour in (b, around_a[at, 1]):
            continue  # of two equal ones one has collapsed before
        for other in range(of_b):
            if around_b[other, 0] == neighbour or (is_open and around_b[other, 1] == neighbour):
                common += 1
                break
    return common


@njit(cache=True, nogil=True)
def _turns(  # noqa: PLR0917 - called for each edge
    places: Singles, around: NDArray[np.uint32], count: int, vertex: np.uint32, other: np.uint32, to: Singles
) -> bool:  # pragma: no cover - compiled
    """Whether a triangle around a vertex, but those that it shares with `other`, turns too far as it moves."""
    ox, oy, oz = places[vertex, 0], places[vertex, 1], places[vertex, 2]
    x, y, z = to[0], to[1], to[2]
    for at in range(count):
        p, q = around[at, 0], around[at, 1]
        if p == q or other in (p, q):
            continue  # of two equal ones one has collapsed before
        px, py, pz = places[p, 0], places[p, 1], places[p, 2]
        ux, uy, uz = places[q, 0] - px, places[q, 1] - py, places[q, 2] - pz
        vx, vy, vz = ox - px, oy - py, oz - pz
        wx, wy, wz = x - px, y - py, z - pz
        bx, by, bz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        along = np.float64(bx * nx + by * ny + bz * nz)
        sizes = np.float64(bx * bx + by * by + bz * bz) * np.float64(nx * nx + ny * ny + nz * nz)
        if along <= 0.0 or along * along <= _TURNED * sizes:
            return True
    return False
