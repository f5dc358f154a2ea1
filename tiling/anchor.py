"""Where spots of a surface are on a surface that takes its place.

A spot is a point and the way that the surface faces there. It is carried to the nearest point of the new surface that
faces alike: within `LEAST_AGREEMENT` of the spot's own normal, so that on a thin wall it never comes out on the other
side, however much nearer that is. Of points that are equally near the one that agrees best is taken, then the one
that was met first. A normal that is not a number stands for a spot of which only the point is known: it takes any.

Surfaces come in pieces, as tiles hold them, and are searched one piece after the other: what is found is kept in
`Feet`, which only ever come nearer. The search is exact and looks at every triangle of a piece, 2 ns each that is
beyond reach: there are few spots, and a tree would have to be built for each piece.

A new survey may lie beside the old one. `drift` looks for the one small motion (shift, turn and scale) that brings most
spots onto the new surface; it is the registration of `tiling.change`, with feet that face alike. What is left
after it is what changed about a spot by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiling.mesh import Floats, Singles

Ints = NDArray[np.int64]

LEAST_AGREEMENT = 0.5
"""cosine between normals that still face alike: 60°; noise of a third of the edges turns triangles by half of that"""
_TIE = 1e-9
"""of the size of a triangle and its distance: what is nearer by less is as near"""
_AROUND = 2.5
"""triangles' radii about a foot, within which normals are averaged: those of single triangles are noise"""
_TO_SIGMA = 1.4826
_TURNS = 8
_EXPLAINED = 0.5
"""a motion that leaves more than this part of the distances explains nothing"""
_MOST_ALONG = 5.0
"""how much farther than the surface lies off samples may be moved: beyond, a few patches are turned round each other"""
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a surface, as it is searched: corners (m, 3, 3), middles (m, 3), radii (m,), normals (m, 3).

    A triangle without area has the normal 0 and is never found.
    """

    corners: Floats
    middles: Floats
    radii: Floats
    normals: Floats


def piece(positions: Floats | Singles, triangles: Ints) -> Piece:
    """Positions (n, 3), metres; triangles (m, 3), counter-clockwise seen from outside. Needs 130 bytes a triangle."""
    corners = np.ascontiguousarray(positions[triangles], np.float64)
    middles = corners.mean(axis=1)
    radii = np.sqrt(((corners - middles[:, None]) ** 2).sum(axis=2).max(axis=1, initial=0.0))
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1)
    normals /= np.where(lengths > 1e-12 * radii * radii, lengths, np.inf)[:, None]
    return Piece(corners, middles, radii, normals)


@dataclass(frozen=True, slots=True)
class Feet:
    """The nearest points found so far, for k spots. Rows without one have an infinite distance and piece -1."""

    distances: Floats
    """(k,), metres"""
    points: Floats
    """(k, 3)"""
    normals: Floats
    """(k, 3), unit, averaged over a few triangles about the foot"""
    agreement: Floats
    """(k,), cosine between the triangle's normal and the spot's"""
    pieces: Ints
    """(k,), number of the piece"""
    triangles: Ints
    """(k,), number of the triangle in it"""
    weights: Floats
    """(k, 3), barycentric"""

    @property
    def found(self) -> NDArray[np.bool_]:
        """(k,)"""
        return self.pieces >= 0


def nowhere(count: int) -> Feet:
    """Feet of `count` spots before anything was searched."""
    return Feet(
        np.full(count, np.inf),
        np.full((count, 3), np.nan),
        np.full((count, 3), np.nan),
        np.full(count, -2.0),
        np.full(count, -1, np.int64),
        np.full(count, -1, np.int64),
        np.full((count, 3), np.nan),
    )


def search(
    points: Floats, normals: Floats, within: Piece, *, number: int, rows: Ints, reach: float, feet: Feet
) -> None:
    """Bring the feet of spots `rows` nearer, where the piece of this number has a nearer point that faces alike.

    Points and normals (k, 3) are of all spots. Nothing farther than `reach` is found.
    """
    _search(
        points, normals, rows, reach, number,
        within.corners, within.middles, within.radii, within.normals,
        feet.distances, feet.points, feet.normals, feet.agreement, feet.pieces, feet.triangles, feet.weights,
    )  # fmt: skip


def about(within: Piece, point: Floats, normal: Floats, *, radius: float, most: int) -> tuple[Floats, Floats]:
    """Up to `most` middles of triangles and their normals (j, 3) about a spot, that face as it does.

    They are spread over the order of the triangles, the same every time.
    """
    near = ((within.middles - point) ** 2).sum(axis=1) <= radius * radius
    near &= within.normals @ normal >= LEAST_AGREEMENT
    rows = np.flatnonzero(near)
    rows = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)] if len(rows) else rows
    return within.middles[rows], within.normals[rows]


@dataclass(frozen=True, slots=True)
class Motion:
    """What a whole surface did: p becomes linear · (p - middle) + middle + shift."""

    middle: Floats
    shift: Floats
    """metres, of the middle"""
    linear: Floats
    """(3, 3), a turn times a scale"""

    def points(self, points: Floats) -> Floats:
        """Where points (k, 3) come to."""
        moved: Floats = (points - self.middle) @ self.linear.T + self.middle + self.shift
        return moved

    def normals(self, normals: Floats) -> Floats:
        """Which way normals (k, 3) face then."""
        turned: Floats = normals @ self.linear.T / self.scale
        return turned

    @property
    def scale(self) -> float:
        """1: as it was."""
        return float(np.cbrt(np.linalg.det(self.linear)))

    @property
    def turn_degrees(self) -> float:
        """How far it turned."""
        cosine = (np.trace(self.linear) / self.scale - 1.0) / 2.0
        return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


@dataclass(frozen=True, slots=True)
class Drift:
    """A motion that brings most of a surface onto the new one."""

    motion: Motion
    before: float
    """the mean of all but the largest tenth of the distances, metres"""
    after: float
    """the same after the motion"""


def drift(
    points: Floats, normals: Floats, nearest: Callable[[Floats, Floats], Feet], *, size: float, least: float
) -> Drift | None:
    """The motion that explains most distances of samples (k, 3) from the new surface; None: there is no such.

    `nearest` gives feet for points and normals; `size` is the diagonal of the thing, and distances under `least` need
    no explanation. A plane does not tell how it is moved along itself: the smallest motion is taken.
    """
    middle = points.mean(axis=0) if len(points) else np.zeros(3)
    motion = Motion(middle, np.zeros(3), np.eye(3))
    offsets, facing, known = _offsets(points, normals, nearest)
    if known.sum() < max(_FEWEST, 0.5 * len(points)):
        return None
    before = _typical(offsets)
    # Where most did not move, the whole did not, whatever motion would reach the rest.
    if before <= least or float(np.median(np.abs(offsets))) <= least:
        return None
    for share in np.linspace(0.9, 0.5, _TURNS):
        step = _step(
            motion.points(points)[known], facing, offsets, middle=middle + motion.shift, size=size, share=share
        )
        motion = Motion(middle, motion.shift + step[0], step[1] @ motion.linear)
        offsets, facing, known = _offsets(motion.points(points), motion.normals(normals), nearest)
        if known.sum() < max(_FEWEST, 0.5 * len(points)):
            return None
    after = _typical(offsets)
    moved = _typical(np.linalg.norm(motion.points(points) - points, axis=1))
    is_explained = after < _EXPLAINED * before and moved < _MOST_ALONG * before
    return Drift(motion, before, after) if is_explained else None


def _offsets(
    points: Floats, normals: Floats, nearest: Callable[[Floats, Floats], Feet]
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Distances along the new surface's normals, these, and which samples have a foot at all."""
    feet = nearest(points, normals)
    known = feet.found
    facing = feet.normals[known]
    return ((feet.points[known] - points[known]) * facing).sum(axis=1), facing, known


def _step(
    points: Floats, facing: Floats, offsets: Floats, *, middle: Floats, size: float, share: float
) -> tuple[Floats, Floats]:
    """One small motion towards the surface: shift and linear part. Point to plane, with Cauchy's weights.

    Noise is taken for large first, as in `tiling.change`: a turn hardly moves what lies near its axis.
    """
    arms = (points - middle) / size  # so that turns and scale count as much as shifts
    effect = np.concatenate([facing, np.cross(arms, facing), (arms * facing).sum(axis=1)[:, None]], axis=1)
    motion = np.zeros(7)
    for _ in range(3):
        rest = offsets - effect @ motion
        noise = max(_TO_SIGMA * float(np.quantile(np.abs(rest), share)), 0.05 * _typical(offsets), 1e-12)
        pulled = effect * (1.0 / (1.0 + (rest / noise) ** 2))[:, None]
        motion = np.linalg.lstsq(pulled.T @ effect, pulled.T @ offsets, rcond=1e-4)[0]
    return motion[:3], _turned(motion[3:6] / size) * (1.0 + motion[6] / size)


def _turned(by: Floats) -> Floats:
    """The turn about a vector by its length (Rodrigues)."""
    angle = float(np.linalg.norm(by))
    if angle < 1e-15:
        return np.eye(3)
    x, y, z = by / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    turn: Floats = np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * cross @ cross
    return turn


def _typical(distances: Floats) -> float:
    sizes = np.sort(np.abs(distances))
    return float(sizes[: max(1, int(0.9 * len(sizes)))].mean())


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _search(  # noqa: C901, PLR0917
    points: Floats,
    normals: Floats,
    rows: Ints,
    reach: float,
    number: int,
    corners: Floats,
    middles: Floats,
    radii: Floats,
    facing: Floats,
    distances: Floats,
    found_points: Floats,
    found_normals: Floats,
    agreement: Floats,
    pieces: Ints,
    found_triangles: Ints,
    weights: Floats,
) -> None:  # pragma: no cover - compiled
    share, mean = np.empty(3), np.empty(3)
    for row in rows:
        x, y, z = points[row, 0], points[row, 1], points[row, 2]
        nx, ny, nz = normals[row, 0], normals[row, 1], normals[row, 2]
        is_free = np.isnan(nx)
        bound, is_better = min(distances[row], reach), False
        for t in range(len(corners)):
            dx, dy, dz = middles[t, 0] - x, middles[t, 1] - y, middles[t, 2] - z
            least = bound * (1.0 + _TIE) + radii[t]
            if dx * dx + dy * dy + dz * dz > least * least:
                continue
            cosine = nx * facing[t, 0] + ny * facing[t, 1] + nz * facing[t, 2]
            if is_free:
                cosine = 0.0
            elif cosine < LEAST_AGREEMENT:
                continue
            if facing[t, 0] == 0.0 and facing[t, 1] == 0.0 and facing[t, 2] == 0.0:
                continue
            away = np.sqrt(_foot(corners[t], facing[t], x, y, z, share))
            slack = _TIE * (away + radii[t])
            if away > bound + slack or (away > bound - slack and pieces[row] >= 0 and cosine <= agreement[row] + 1e-9):
                continue
            if away > reach:
                continue
            bound, is_better = min(away, bound), True
            distances[row], agreement[row] = away, cosine
            pieces[row], found_triangles[row] = number, t
            for axis in range(3):
                weights[row, axis] = share[axis]
                found_points[row, axis] = (
                    share[0] * corners[t, 0, axis] + share[1] * corners[t, 1, axis] + share[2] * corners[t, 2, axis]
                )
        if is_better:
            _smooth(corners, middles, radii, facing, found_triangles[row], found_points[row], mean)
            for axis in range(3):
                found_normals[row, axis] = mean[axis]


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _smooth(  # noqa: PLR0917
    corners: Floats, middles: Floats, radii: Floats, facing: Floats, at: int, foot: Floats, mean: Floats
) -> None:  # pragma: no cover - compiled
    """The mean normal of what lies about a foot and faces as its triangle does, by area."""
    mean[:] = 0.0
    limit = (_AROUND * radii[at]) ** 2
    for t in range(len(corners)):
        dx, dy, dz = middles[t, 0] - foot[0], middles[t, 1] - foot[1], middles[t, 2] - foot[2]
        if t != at and dx * dx + dy * dy + dz * dz > limit:
            continue
        alike = facing[t, 0] * facing[at, 0] + facing[t, 1] * facing[at, 1] + facing[t, 2] * facing[at, 2]
        if alike < LEAST_AGREEMENT:
            continue
        a, b, c = corners[t, 0], corners[t, 1], corners[t, 2]
        ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
        vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
        mean[0] += uy * vz - uz * vy
        mean[1] += uz * vx - ux * vz
        mean[2] += ux * vy - uy * vx
    mean /= np.sqrt(mean[0] ** 2 + mean[1] ** 2 + mean[2] ** 2)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _foot(  # noqa: PLR0917
    corners: Floats, normal: Floats, x: float, y: float, z: float, share: Floats
) -> float:  # pragma: no cover - compiled
    """The squared distance of a point to a triangle with area; `share` become the weights of its corners in the foot.

    The foot on the plane where that is inside, else the nearest of the feet on the three edges.
    """
    p = np.array((x, y, z))
    total = 0.0
    for k in range(3):
        b, c = corners[(k + 1) % 3], corners[(k + 2) % 3]
        ux, uy, uz = b[0] - p[0], b[1] - p[1], b[2] - p[2]
        vx, vy, vz = c[0] - p[0], c[1] - p[1], c[2] - p[2]
        share[k] = (uy * vz - uz * vy) * normal[0] + (uz * vx - ux * vz) * normal[1] + (ux * vy - uy * vx) * normal[2]
        total += share[k]
    if share[0] >= 0.0 and share[1] >= 0.0 and share[2] >= 0.0 and total > 0.0:
        for k in range(3):
            share[k] /= total
        away = 0.0
        for axis in range(3):
            away += (p[axis] - corners[0, axis]) * normal[axis]
        return away * away
    least = np.inf
    for k in range(3):
        a, b = corners[k], corners[(k + 1) % 3]
        along, length = 0.0, 0.0
        for axis in range(3):
            along += (p[axis] - a[axis]) * (b[axis] - a[axis])
            length += (b[axis] - a[axis]) ** 2
        t = min(max(along / length, 0.0), 1.0) if length > 0.0 else 0.0
        squared = 0.0
        for axis in range(3):
            squared += (p[axis] - a[axis] - t * (b[axis] - a[axis])) ** 2
        if squared < least:
            least = squared
            share[k], share[(k + 1) % 3], share[(k + 2) % 3] = 1.0 - t, t, 0.0
    return least
