"""What changed where one of two scans, or both, are points: distances to planes fitted to points, and figures.

To a cloud, the distance of a point is that to the plane that is fitted around its nearest neighbour there; where the
neighbour lies far to the side it is no plane's business any more: beside a border it is `uncovered` (the other scan has
not seen that place), and around an edge the distance is that to the neighbour. Points of a cloud are first moved onto
the plane of their own surroundings where these are flat. So the noise of single points counts in neither scan, and what
is compared is the mean of both over some cells, as in M3C2 (Lague, Brodu and Leroux 2013). Where a surface bends, such
means lie inside of it, of both by as much. Beside a surface, which has no such means, it is the distances of a cloud's
points that are averaged over as many cells, and these are the surface's as well, where they are no larger than cells;
elsewhere a surface's distances are those to planes, which go through the mean of a single cell.

What is uncovered looks along its own normal, as M3C2 does, no farther than change reaches elsewhere: a scan from above
has no points on the walls of a pit, and beside them its floor is the nearest thing straight below.

The sign is that of a surface where one of the two is one: outside of it is positive. Between two clouds it is that of
the earlier one's planes, which `tiling.outward` turns. As with surfaces, later outside of earlier means gained.

Areas and volumes are sums over points, each of which stands for the area that `tiling.planes.areas` gives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from tiling import change, distance, outward, planes
from tiling.signed import surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiling.change import Change, Sampled
    from tiling.mesh import Floats, Indices, Singles
    from tiling.planes import Planes
    from tiling.signed import Bools

_PIECE = 1 << 18
_LOOKED_AT = 2_000
_EIGHTH = 8
_FARTHER = 1.2
"""of the largest distance that is known otherwise: so far is looked along normals"""
_STEEPEST = 0.3
"""cosine between a normal and that of a plane that it meets"""
_MOST_STEPS = 1000
_SHALLOW = 1.0
"""of a cell's side: less far off, the nearest point of a cloud shows the same place"""
_BORDER = 0.45
"""of a cell's side: so far to the side of a point lies the middle of its surroundings where these end"""


@dataclass(frozen=True, slots=True)
class Cloud:
    """Points of a scan (n, 3) float32, metres, near their origin, and normals that came with them, or None."""

    points: Singles
    normals: Singles | None = None


Surface = tuple["Singles", "Indices"]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A cloud with its planes, facing some way, and what its points stand for."""

    cloud: Cloud
    planes: Planes
    tree: Any
    facing: Floats
    how: str
    onto: Singles = field(repr=False)
    """(n, 3) the points on the planes of their surroundings"""


def measured(
    earlier: Cloud | Surface,
    later: Cloud | Surface,
    *,
    threshold: float | None = None,
    samples: int = change.SAMPLES,
    progress: Callable[[float], None] = lambda _: None,
) -> tuple[Change, Singles, Bools, dict[str, Any]]:
    """Change between two scans of which one is a cloud at least, in one frame, metres.

    Also gives the signed distance of every point (or vertex) of the later one, whether it is uncovered, and how it was
    measured: `cell`, metres, the side of the cells of each cloud, and `sides`, how the sign was known.

    Raises:
        ValueError: one has too few points for planes, no area, or the threshold is none.
    """
    change.check_threshold(threshold)
    how: dict[str, Any] = {}
    if isinstance(earlier, Cloud) and isinstance(later, Cloud):
        old, new = (
            _prepared(earlier, "earlier", how, is_alone=False, is_turned=True),
            _prepared(later, "later", how, is_alone=False),
        )
        progress(0.3)
        how["sides"] = old.how
        from_later, far, is_far = _of_cloud(
            new, lambda points, normals: _asked(old, points, normals), samples, is_whole=True
        )
        progress(0.7)
        back, _, _ = _of_cloud(old, lambda points, normals: _asked(new, points, normals, is_own=True), samples)
    elif isinstance(later, Cloud):
        assert not isinstance(earlier, Cloud)
        there, new = surface(*earlier), _prepared(later, "later", how, is_alone=True)
        progress(0.3)
        how["sides"] = "surface"
        from_later, far, is_far = _of_cloud(
            new, lambda points, _: _averaged(new, _to_surface(there, points)), samples, is_whole=True
        )
        from_later = replace(from_later, normals=_outwards(there, new, from_later))
        del there
        progress(0.7)
        back = _of_surface(
            earlier, lambda points, normals: _asked(new, points, normals, is_own=True, near=far), samples
        )
    else:
        assert isinstance(earlier, Cloud)
        old = _prepared(earlier, "earlier", how, is_alone=True)
        progress(0.3)
        how["sides"] = "surface"

        there = surface(*later)
        # Seen from a surface outwards, what the earlier cloud has is lost; so signs are turned both times.
        back, lost, _ = _of_cloud(
            old, lambda points, _: _averaged(old, _turned(_to_surface(there, points))), samples, is_whole=True
        )
        del there
        progress(0.7)

        def turned(points: Singles, normals: Singles) -> _Found:
            return _turned(_asked(old, points, normals, is_own=True, near=-lost))

        from_later = _of_surface(later, turned, samples)
        far, is_far, _ = turned(later[0], _corner_normals(*later))
    size = max(_diagonal(each.points if isinstance(each, Cloud) else each[0]) for each in (earlier, later))
    found = change.summed(from_later, back, size, threshold)
    return found, far, is_far, how


_Found = tuple["Singles", "Bools", "Singles"]
"""signed distances (k,), whether they are uncovered (k,), and the normals of what they were measured to (k, 3)"""


def _prepared(cloud: Cloud, which: str, how: dict[str, Any], *, is_alone: bool, is_turned: bool = False) -> _Prepared:
    from scipy.spatial import cKDTree

    if len(cloud.points) < planes.FEWEST:
        raise ValueError(f"the {which} cloud has {len(cloud.points):,} points; too few for planes")
    tree: Any = cKDTree(cloud.points, balanced_tree=False, compact_nodes=False)
    every = max(1, len(cloud.points) // _LOOKED_AT)
    near, _ = tree.query(cloud.points[::every], k=min(_EIGHTH + 1, len(cloud.points)))
    side = planes.side_for(cloud.points, float(np.median(near[:, -1])))
    fitted = planes.fitted(cloud.points, side, is_near=is_alone)
    if not (fitted.levels >= 0).any():
        raise ValueError(f"no planes can be fitted to the {which} cloud")
    facing, known = outward.faced(fitted, cloud.normals) if is_turned else (fitted.normals, "")
    onto = cloud.points
    if not is_alone:
        onto = np.empty_like(cloud.points)
        _project(cloud.points, fitted.cells, fitted.middles, fitted.normals, fitted.is_flat, onto)
    how.setdefault("cell", {})[which] = fitted.side
    return _Prepared(cloud, fitted, tree, facing, known, onto)


def _of_cloud(
    of: _Prepared, ask: Callable[[Singles, Singles], _Found], samples: int, *, is_whole: bool = False
) -> tuple[Sampled, Singles, Bools]:
    """Samples of a cloud, at most twice so many; and distances of these, or with `is_whole` of all its points.

    Asked for are the points on the planes of their surroundings.
    """
    areas = planes.areas(of.cloud.points, of.planes)
    total = float(areas.sum(dtype=np.float64))
    if not total > 0.0:
        raise ValueError("a cloud without area cannot be compared")
    every = slice(None, None, max(1, len(areas) // samples))
    asked, own = (slice(None), every) if is_whole else (every, slice(None))
    normals = of.facing.astype(np.float32)[of.planes.cells[asked]]
    far, is_uncovered, directions = ask(of.onto[asked], normals)
    some = areas[every].astype(np.float64)
    some *= total / max(float(some.sum()), 1e-300)
    taken = change.Sampled(total, of.onto[every], directions[own], far[own], is_uncovered[own], some)
    return taken, far, is_uncovered


def _of_surface(of: Surface, ask: Callable[[Singles, Singles], _Found], samples: int) -> Sampled:
    points, normals, area = change.scattered(of, samples)
    far, is_uncovered, _ = ask(points, normals)
    return change.Sampled(area, points, normals, far, is_uncovered, area / len(points))


def _turned(found: _Found) -> _Found:
    return -found[0], found[1], found[2]


def _to_surface(there: Any, points: Singles) -> _Found:
    """Positive outside."""
    far, is_uncovered = change.distances(there, points)
    return far, is_uncovered, np.zeros_like(points)


def _averaged(of: _Prepared, found: _Found) -> _Found:
    """Over cells of the cloud, all of whose points were asked: the noise of single points is no change."""
    return planes.means(of.planes, found[0], found[1]), found[1], found[2]


def _outwards(there: Any, new: _Prepared, of: Sampled) -> Singles:
    """Normals of a cloud's samples, turned to where the distance to a surface grows; of those alignment looks at."""
    every = max(1, len(new.onto) // len(of.points))
    normals = new.facing.astype(np.float32)[new.planes.cells[::every][: len(of.points)]]
    some = slice(None, None, max(1, len(of.points) // change.ALIGNED))
    shift = np.float32(0.5 * new.planes.side)
    farther, _ = change.distances(there, of.points[some] + shift * normals[some])
    out = np.zeros_like(normals)
    out[some] = normals[some] * np.where(farther < of.distances[some], -1.0, 1.0)[:, None].astype(np.float32)
    return out


def _asked(
    to: _Prepared, points: Singles, normals: Singles, *, is_own: bool = False, near: Singles | None = None
) -> _Found:
    """Distances of points to a cloud: positive where its planes face to.

    With `is_own`, positive where the cloud lies on the outer side of the points, where their normals (k, 3) point to.
    `near` are the distances (n,) of the cloud's own points, by the same sign: taken where change is shallow.
    """
    points, normals = np.ascontiguousarray(points, np.float32), np.ascontiguousarray(normals, np.float32)
    far, is_uncovered = np.empty(len(points), np.float32), np.empty(len(points), np.bool_)
    directions = np.empty((len(points), 3), np.float32)
    order = distance.along_curve(points)
    known = to.planes
    sides = known.side * 2.0 ** np.maximum(known.levels, 0)
    sides[known.levels < 0] = 0.0
    for start in range(0, len(points), _PIECE):
        piece = order[start : start + _PIECE]
        asked = points[piece]
        _, nearest = to.tree.query(asked)
        far[piece], is_uncovered[piece], directions[piece] = _distances(
            asked, normals[piece], is_own, to.cloud.points, nearest, known.cells, known.middles, to.facing, sides
        )
        if near is not None:
            is_shallow = ~is_uncovered[piece] & (np.abs(far[piece]) < _SHALLOW * known.side)
            far[piece[is_shallow]] = near[nearest[is_shallow]]
    lost = np.flatnonzero(is_uncovered)
    most = _FARTHER * float(np.abs(far[~is_uncovered]).max(initial=0.0))
    _look_along(
        points, normals, is_own, lost, most, known.keys, known.low, known.side,
        known.middles, to.facing, known.levels, far, is_uncovered,
    )  # fmt: skip
    return far, is_uncovered, directions


def _corner_normals(positions: Singles, indices: Indices) -> Singles:
    a, b, c = (positions[indices[:, corner]].astype(np.float64) for corner in range(3))
    crossed = np.cross(b - a, c - a)
    totals = np.stack(
        [np.bincount(indices.reshape(-1), np.repeat(crossed[:, axis], 3), len(positions)) for axis in range(3)], axis=1
    )
    found: Singles = (totals / np.maximum(np.linalg.norm(totals, axis=1, keepdims=True), 1e-300)).astype(np.float32)
    return found


def _diagonal(positions: Singles) -> float:
    return float(np.linalg.norm(np.ptp(positions.astype(np.float64), axis=0)))


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _project(  # noqa: PLR0917
    points: Any, cells: Any, middles: Any, normals: Any, is_flat: Any, out: Any
) -> None:  # pragma: no cover - compiled
    for i in range(len(points)):
        cell = cells[i]
        off = 0.0
        if is_flat[cell]:
            for axis in range(3):
                off += (np.float64(points[i, axis]) - middles[cell, axis]) * normals[cell, axis]
        for axis in range(3):
            out[i, axis] = points[i, axis] - off * normals[cell, axis]


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _distances(  # noqa: PLR0917
    asked: Any, own: Any, is_own: bool, points: Any, nearest: Any, cells: Any, middles: Any, facing: Any, sides: Any
) -> Any:  # pragma: no cover - compiled
    far, is_uncovered = np.empty(len(asked), np.float32), np.zeros(len(asked), np.bool_)
    directions = np.zeros((len(asked), 3), np.float32)
    away, aside = np.empty(3), np.empty(3)
    for i in range(len(asked)):
        cell = cells[nearest[i]]
        reach = sides[cell]
        off, from_point, apart = 0.0, 0.0, 0.0
        for axis in range(3):
            away[axis] = np.float64(asked[i, axis]) - np.float64(points[nearest[i], axis])
            off += (np.float64(asked[i, axis]) - middles[cell, axis]) * facing[cell, axis]
            from_point += away[axis] * facing[cell, axis]
            apart += away[axis] * away[axis]
        if reach == 0.0:
            far[i], is_uncovered[i] = np.sqrt(apart), True
            continue
        lateral, inwards = 0.0, 0.0
        for axis in range(3):
            aside[axis] = away[axis] - from_point * facing[cell, axis]
            lateral += aside[axis] * aside[axis]
            inwards += (middles[cell, axis] - np.float64(points[nearest[i], axis])) * aside[axis]
        lateral = np.sqrt(lateral)
        size = abs(off)
        if lateral > reach:
            size = np.sqrt(off * off + (lateral - reach) ** 2)
            is_uncovered[i] = inwards < -_BORDER * reach * lateral
        sign = 1.0 if off >= 0.0 else -1.0
        if is_own:
            # What was met lies at -off along the plane's normal, seen from here.
            along = 0.0
            for axis in range(3):
                along -= off * facing[cell, axis] * np.float64(own[i, axis])
            sign = 1.0 if along >= 0.0 else -1.0
        far[i] = sign * size
        for axis in range(3):
            directions[i, axis] = facing[cell, axis]
    return far, is_uncovered, directions


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _look_along(  # noqa: PLR0917
    points: Any,
    own: Any,
    is_own: bool,
    lost: Any,
    most: float,
    keys: Any,
    low: Any,
    side: float,
    middles: Any,
    facing: Any,
    levels: Any,
    far: Any,
    is_uncovered: Any,
) -> None:  # pragma: no cover - compiled
    """The nearest plane along the normals of some points, where there is one within `most`."""
    steps = min(int(2.0 * most / side) + 1, _MOST_STEPS) if most > 0.0 else 0
    for i in lost:
        best = np.inf
        for step in range(2 * steps):
            t = 0.5 * side * ((step >> 1) + 0.5) * (1.0 if step & 1 else -1.0)
            if abs(t) > abs(best) + side:
                break
            cell = planes.cell_at(
                points[i, 0] + t * own[i, 0],
                points[i, 1] + t * own[i, 1],
                points[i, 2] + t * own[i, 2],
                keys,
                low,
                side,
            )
            if cell < 0 or levels[cell] < 0:
                continue
            across, off = 0.0, 0.0
            for axis in range(3):
                across += np.float64(own[i, axis]) * facing[cell, axis]
                off += (middles[cell, axis] - np.float64(points[i, axis])) * facing[cell, axis]
            if abs(across) < _STEEPEST:
                continue
            reached = off / across
            if abs(reached - t) <= side and abs(reached) < abs(best) and abs(reached) <= most:
                best = reached
                # Seen from the plane, the point lies at -off.
                positive = reached >= 0.0 if is_own else off <= 0.0
                far[i] = abs(reached) if positive else -abs(reached)
                is_uncovered[i] = False
