"""Vertices on the grid of a level, rounded so that the surface moves least, not the vertices.

A vertex may slide along its surface without harm; only what it moves across counts. Of the sixteen places of the grid
about a vertex in the two axes that its surface leans on least, each at its best height in the third, the one is taken
that adds least to the integral of the squared distance that triangles move along their normals. Over a triangle whose
corners move by a, b and c along its normal that integral is its area / 6 · (a² + b² + c² + ab + bc + ca): so what the
neighbours did before counts, and one vertex makes good for another.

With this the grid may be twice as coarse at the same error, which takes a bit off every coordinate. Measured on whole
levels of a statue (0.57 M triangles), each with a grid as coarse as suits it, positions in bytes at equal error: 14 to
15 % less by Draco, 12 % less by meshopt. Without regard to neighbours a fifth of that is lost; with four places in
place of sixteen three tenths; a second round over all vertices gains 1 %; moving vertices towards the middle of their
neighbours, too, for the sake of the codings' predictions, loses more than it saves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from tiling import meshopt
from tiling.patch import MANY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Floats, Indices, Singles

FREE, BOUND = 0.003, 0.1
"""weights of a move along the surface against one across it: of what is bare, and of what has colours to smear"""


def settled(
    positions: Singles, indices: Indices, held: NDArray[np.bool_], *, step: float, free: float = FREE
) -> Singles:
    """Positions (n, 3), metres, moved to multiples of `step`, a power of two; copies of a place move alike.

    Vertices that are `held` (n,), those on open edges, and those that would turn a triangle over go to the nearest
    place of the grid. `free` is the weight of a move along the surface against one across it.
    """
    if not len(positions):
        return positions
    place, count = meshopt.remap(positions)
    at = np.empty((count, 3))
    at[place] = positions.astype(np.float64) / step
    is_held = np.zeros(count, np.bool_)
    is_held[place[held]] = True
    moved = _moved(at, is_held, place[indices].astype(np.int32), free)
    found: Singles = (np.rint(at + moved) * step + 0.0).astype(np.float32)[place]
    return found


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def aligned(
    positions: Singles, leaves: NDArray[np.int32], tile: int, shift: int, steps: Floats
) -> Singles:  # pragma: no cover - compiled
    """Positions (n, 3) of a tile of 2^shift leaves; what it shares with tiles of a coarser grid is on that.

    `leaves` (n, 4) are a patch's, `steps` are those of all tiles of the level, powers of two, metres. So tiles decode
    alike what they share, though a wide one among them has too few bits for the grid of the others.
    """
    out = positions.copy()
    coarsest = steps.max()
    for vertex in range(len(positions)):
        step = steps[tile]
        if leaves[vertex, 0] >> shift != leaves[vertex, 3] >> shift:
            for column in range(4):
                leaf = leaves[vertex, column]
                step = max(step, coarsest if leaf == MANY else steps[leaf >> shift])
        if step > steps[tile]:
            for axis in range(3):
                out[vertex, axis] = np.float32(np.rint(np.float64(positions[vertex, axis]) / step) * step)
    return out


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _moved(
    at: Floats, is_held: NDArray[np.bool_], corners: NDArray[np.int32], free: float
) -> Floats:  # pragma: no cover - compiled
    """How far each place (k, 3) moves, in steps; those that are held first, then each by what others did before."""
    starts, around = _around(corners, len(at))
    normals = _normals(at, corners)
    moved = np.zeros((len(at), 3))
    is_fixed = is_held.copy()
    for vertex in range(len(at)):
        is_fixed[vertex] |= _is_open(vertex, around[starts[vertex] : starts[vertex + 1]], corners)
        if is_fixed[vertex]:
            for axis in range(3):
                moved[vertex, axis] = np.rint(at[vertex, axis]) - at[vertex, axis]
    move = np.empty(3)
    for vertex in range(len(at)):
        if not is_fixed[vertex]:
            near = around[starts[vertex] : starts[vertex + 1]]
            _choose(vertex, near, corners, normals, at, moved, move, free)
            if _turns(vertex, near, corners, normals, at, moved, move):
                for axis in range(3):
                    move[axis] = np.rint(at[vertex, axis]) - at[vertex, axis]
            moved[vertex] = move
    return moved


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _normals(at: Floats, corners: NDArray[np.int32]) -> Floats:  # pragma: no cover - compiled
    """Unit normals of triangles, and twice their areas, (m, 4)."""
    normals = np.empty((len(corners), 4))
    for triangle in range(len(corners)):
        a, b, c = corners[triangle, 0], corners[triangle, 1], corners[triangle, 2]
        ux, uy, uz = at[b, 0] - at[a, 0], at[b, 1] - at[a, 1], at[b, 2] - at[a, 2]
        vx, vy, vz = at[c, 0] - at[a, 0], at[c, 1] - at[a, 1], at[c, 2] - at[a, 2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        twice = np.sqrt(x * x + y * y + z * z)
        scale = 1.0 / twice if twice > 0.0 else 0.0
        normals[triangle, 0], normals[triangle, 1], normals[triangle, 2] = x * scale, y * scale, z * scale
        normals[triangle, 3] = twice
    return normals


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _around(corners: NDArray[np.int32], count: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:  # pragma: no cover
    """Where each place's triangles start (count + 1,) in a list of all, and the list."""
    starts = np.zeros(count + 1, np.int64)
    for triangle in range(len(corners)):
        for corner in range(3):
            starts[corners[triangle, corner] + 1] += 1
    starts = np.cumsum(starts)
    free = starts.copy()
    around = np.empty(corners.size, np.int32)
    for triangle in range(len(corners)):
        for corner in range(3):
            vertex = corners[triangle, corner]
            around[free[vertex]] = triangle
            free[vertex] += 1
    return starts, around


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _is_open(vertex: int, near: NDArray[np.int32], corners: NDArray[np.int32]) -> bool:  # pragma: no cover - compiled
    """Whether triangles around a vertex don't close: then what goes out to some neighbour doesn't come back from it."""
    balance = np.uint32(0)
    for triangle in near:
        a, b, c = corners[triangle, 0], corners[triangle, 1], corners[triangle, 2]
        if b == vertex:
            a, b, c = b, c, a
        elif c == vertex:
            a, b, c = c, a, b
        # A sum of scattered numbers: it is 0 by chance once in four thousand million times.
        balance += _scattered(b) - _scattered(c)
    return bool(balance != 0)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _scattered(number: int) -> np.uint32:  # pragma: no cover - compiled
    mixed = np.uint32(number) * np.uint32(0x9E3779B1)
    mixed ^= mixed >> np.uint32(15)
    return np.uint32(mixed * np.uint32(0x85EBCA77))


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _choose(  # noqa: PLR0917 - called for each vertex
    vertex: int,
    near: NDArray[np.int32],
    corners: NDArray[np.int32],
    normals: Floats,
    at: Floats,
    moved: Floats,
    move: Floats,
    free: float,
) -> None:  # pragma: no cover - compiled
    """The best `move` of a vertex, given what its neighbours did: the d that makes dᵀQd + 2g·d least."""
    xx = xy = xz = yy = yz = zz = gx = gy = gz = total = 0.0
    for triangle in near:
        x, y, z, area = normals[triangle, 0], normals[triangle, 1], normals[triangle, 2], normals[triangle, 3]
        others = 0.0
        for corner in range(3):
            other = corners[triangle, corner]
            if other != vertex:
                others += x * moved[other, 0] + y * moved[other, 1] + z * moved[other, 2]
        xx += area * x * x
        xy += area * x * y
        xz += area * x * z
        yy += area * y * y
        yz += area * y * z
        zz += area * z * z
        others *= 0.5 * area
        gx += x * others
        gy += y * others
        gz += z * others
        total += area
    # The axis that the surface faces comes first.
    free = free * total + 1e-30
    px, py, pz = at[vertex, 0], at[vertex, 1], at[vertex, 2]
    if xx >= yy and xx >= zz:
        move[0], move[1], move[2] = _lowest(xx + free, yy + free, zz + free, xy, xz, yz, gx, gy, gz, px, py, pz)
    elif yy >= zz:
        move[1], move[2], move[0] = _lowest(yy + free, zz + free, xx + free, yz, xy, xz, gy, gz, gx, py, pz, px)
    else:
        move[2], move[0], move[1] = _lowest(zz + free, xx + free, yy + free, xz, yz, xy, gz, gx, gy, pz, px, py)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _lowest(  # noqa: PLR0917 - a symmetric matrix, a vector, and a place
    uu: float,
    vv: float,
    ww: float,
    uv: float,
    uw: float,
    vw: float,
    gu: float,
    gv: float,
    gw: float,
    u: float,
    v: float,
    w: float,
) -> tuple[float, float, float]:  # pragma: no cover - compiled
    """The move that costs least from (u, v, w) to whole numbers: v and w by less than two, u to where it is best."""
    least, best_u, best_v, best_w = np.inf, 0.0, 0.0, 0.0
    for i in range(-1, 3):
        dv = np.floor(v) + i - v
        for j in range(-1, 3):
            dw = np.floor(w) + j - w
            slope = gu + uv * dv + uw * dw
            du = np.rint(u - slope / uu) - u
            cost = (
                du * (uu * du + 2.0 * slope)
                + dv * (vv * dv + 2.0 * (gv + vw * dw))
                + dw * (ww * dw + 2.0 * gw)
            )  # fmt: skip
            if cost < least:
                least, best_u, best_v, best_w = cost, du, dv, dw
    return best_u, best_v, best_w


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _turns(  # noqa: PLR0917 - called for each vertex
    vertex: int,
    near: NDArray[np.int32],
    corners: NDArray[np.int32],
    normals: Floats,
    at: Floats,
    moved: Floats,
    move: Floats,
) -> bool:  # pragma: no cover - compiled
    """Whether a move would turn one of the triangles around a vertex over, or flatten it."""
    for triangle in near:
        a, b, c = corners[triangle, 0], corners[triangle, 1], corners[triangle, 2]
        if b == vertex:
            a, b, c = b, c, a
        elif c == vertex:
            a, b, c = c, a, b
        x, y, z = at[a, 0] + move[0], at[a, 1] + move[1], at[a, 2] + move[2]
        ux, uy, uz = at[b, 0] + moved[b, 0] - x, at[b, 1] + moved[b, 1] - y, at[b, 2] + moved[b, 2] - z
        vx, vy, vz = at[c, 0] + moved[c, 0] - x, at[c, 1] + moved[c, 1] - y, at[c, 2] + moved[c, 2] - z
        along = (uy * vz - uz * vy) * normals[triangle, 0]
        along += (uz * vx - ux * vz) * normals[triangle, 1]
        along += (ux * vy - uy * vx) * normals[triangle, 2]
        if along <= 0.0:
            return True
    return False
