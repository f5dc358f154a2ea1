"""What changed between two surfaces of the same thing: signed distances as numbers and as colours.

Distances are positive where the later surface lies outside of the earlier one (something was gained) and negative where
it lies inside (something was lost). They are taken both ways, at points spread evenly by area: from the later surface
to the earlier one, and back with the sign turned. Where change is shallow, the volume between the surfaces is the mean
of both integrals of distance over area: on a curved surface each is off to first order, by as much as the other in the
other direction, and so it is at the rim of a dent, where one counts the walls and the other misses them. Where change
is as deep as it is wide (an arm broken off), both are estimates, which are told apart: `by_later` and `by_earlier`.

What lies beside the border of the other surface was not recorded there, so it is neither changed nor unchanged, but
`uncovered`. What is less than the threshold is unchanged. Without a threshold one is taken from the distances: 1.96
standard deviations, estimated by the median so that change does not count (the level of detection at 95 %, Lane,
Westaway and Hicks 2003).

Two scans that lie beside each other differ everywhere. `alignment` looks for the small motion that explains most of the
distances (point-to-plane registration, weighted so that real change has no say); where that takes away half of them,
the scans are suspect: either they are not registered, or the whole has moved.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling import distance
from tiling.signed import signed, surface

if TYPE_CHECKING:
    from collections.abc import Callable

    from tiling.mesh import Bytes, Floats, Indices, Singles
    from tiling.signed import Bools, Surface

SAMPLES = 1_000_000
_PIECE = 1 << 20
"""points that are looked at in one go"""
_TO_SIGMA = 1.4826
"""from the median of absolute deviations to the standard deviation of a normal distribution"""
_DETECTED = 1.96
_LEAST_SHARE = 1e-6
"""of the diagonal: what float32 tells apart"""
_APART_SHARE = 0.05
"""of the diagonal: a usual distance beyond is no change of one thing"""
_EXPLAINED = 0.5
_FEWEST = 100
ALIGNED = 200_000
"""points that alignment is looked for by"""
_TURNS = 8
_QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)

# Lost, unchanged, gained, and not recorded before, as bytes of sRGB: vermilion and blue can be told apart by everybody
# (Okabe and Ito 2008), and both grow darker from the light middle.
LOST, UNCHANGED, GAINED, UNCOVERED = (0xC4, 0x4E, 0x00), (0xE8, 0xE8, 0xE4), (0x00, 0x5A, 0xA0), (0x58, 0x58, 0x58)


@dataclass(frozen=True, slots=True)
class Side:
    """Change seen from one of the surfaces. Areas in m²; they add up to its area. Volumes in m³, from the threshold."""

    area: float
    gained_area: float
    lost_area: float
    unchanged_area: float
    uncovered_area: float
    gained_volume: float
    lost_volume: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """The small motion of the later surface that would explain most of the distances."""

    verdict: str
    """`registered`, `suspect` or `apart`"""
    distance: float
    """the mean of all but the largest tenth of the absolute distances, m"""
    distance_after: float
    """the same, had it been moved"""
    shift: tuple[float, float, float]
    """m, of the middle"""
    turn_degrees: float


@dataclass(frozen=True, slots=True)
class Change:
    """What changed. `quantiles` are of the signed distances of the later surface, m."""

    threshold: float
    is_threshold_given: bool
    gained_volume: float
    lost_volume: float
    later: Side
    earlier: Side
    quantiles: dict[str, float]
    mean: float
    root_mean_square: float
    alignment: Alignment
    samples: int

    def figures(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Sampled:
    """Points of a scan, what area each stands for, and how far they are from the other one.

    `normals` (k, 3) say which way moving the later scan changes the distance.
    """

    area: float
    points: Singles
    normals: Singles
    distances: Singles
    is_uncovered: Bools
    each: Floats | float
    """m² that every point stands for, or each (k,) of them"""


def measured(
    earlier: tuple[Singles, Indices],
    later: tuple[Singles, Indices],
    *,
    threshold: float | None = None,
    samples: int = SAMPLES,
    progress: Callable[[float], None] = lambda _: None,
) -> tuple[Change, Singles, Bools]:
    """Change between two surfaces (positions (n, 3) float32 in one frame, metres; indices (m, 3) uint32).

    Also gives the signed distance of every vertex of the later one, and whether it is uncovered. Needs 60 bytes a
    triangle of one surface at a time, and 13 a vertex of the later one.

    Raises:
        ValueError: one has no area, or the threshold is none.
    """
    check_threshold(threshold)
    diagonal = max(_diagonal(positions) for positions, _ in (earlier, later))
    there = surface(*earlier)
    from_later = _sampled(later, there, samples, lambda done: progress(0.4 * done))
    at_vertices = distances(there, later[0], lambda done: progress(0.4 + 0.3 * done))
    del there
    back = _sampled(earlier, surface(*later), samples, lambda done: progress(0.7 + 0.3 * done))
    # Seen from the earlier surface, what is outside of the later one was lost.
    from_earlier = replace(back, distances=-back.distances)
    return summed(from_later, from_earlier, diagonal, threshold), *at_vertices


def check_threshold(threshold: float | None) -> None:
    """See to it that it is one.

    Raises:
        ValueError: it is not.
    """
    if threshold is not None and not 0.0 <= threshold < np.inf:
        raise ValueError(f"a threshold of {threshold} m; it is 0 or more")


def summed(from_later: Sampled, from_earlier: Sampled, diagonal: float, threshold: float | None) -> Change:
    """The figures of distances that are known both ways; positive is gained in both."""
    least = _LEAST_SHARE * diagonal
    known = np.concatenate([each.distances[~each.is_uncovered] for each in (from_later, from_earlier)])
    if not len(known):
        known = from_later.distances
    if threshold is None:
        sigma = _TO_SIGMA * float(np.median(np.abs(known - np.median(known))))
        taken = max(_DETECTED * sigma, least)
    else:
        taken = threshold
    one, other = _side(from_later, taken), _side(from_earlier, taken)
    own = from_later.distances[~from_later.is_uncovered].astype(np.float64)
    own = own if len(own) else np.zeros(1)
    return Change(
        threshold=taken,
        is_threshold_given=threshold is not None,
        gained_volume=(one.gained_volume + other.gained_volume) / 2.0,
        lost_volume=(one.lost_volume + other.lost_volume) / 2.0,
        later=one,
        earlier=other,
        quantiles={f"{share:g}": float(np.quantile(own, share)) for share in _QUANTILES}
        | {"least": float(own.min()), "most": float(own.max())},
        mean=float(own.mean()),
        root_mean_square=float(np.sqrt((own**2).mean())),
        alignment=_alignment(from_later, diagonal, least),
        samples=len(from_later.points),
    )


def scale_for(change: Change) -> float:
    """The distance that the strongest colours stand for: 1, 2 or 5 times a power of ten, met by 98 % of what changed.

    >>> [_rounded_up(x) for x in (0.0011, 0.002, 0.3, 7.0)]
    [0.002, 0.002, 0.5, 10.0]
    """
    most = max(abs(change.quantiles["0.01"]), abs(change.quantiles["0.99"]), 2.0 * change.threshold)
    return _rounded_up(most)


def colours(
    distances: Singles, is_uncovered: Bools, *, threshold: float, scale: float, is_linear: bool = True
) -> Bytes:
    """RGBA (k, 4) uint8, linear or sRGB, for signed distances: lost vermilion, gained blue, strongest at `scale` m."""
    share = np.clip(np.abs(distances.astype(np.float64)) / scale, 0.0, 1.0)[:, None]
    share[np.abs(distances) < threshold] = 0.0
    end = np.where((distances < 0.0)[:, None], np.array(LOST), np.array(GAINED))
    mixed = np.array(UNCHANGED) * (1.0 - share) + end * share
    mixed[is_uncovered & (np.abs(distances) >= threshold)] = UNCOVERED
    out = np.full((len(distances), 4), 255, np.uint8)
    out[:, :3] = np.rint(_linear(mixed / 255.0) * 255.0 if is_linear else mixed)
    return out


def legend(*, threshold: float, scale: float) -> list[dict[str, Any]]:
    """What colours mean: distance in metres (None: uncovered) and colour as in CSS."""
    steps = [(-scale, LOST), (-threshold, UNCHANGED), (threshold, UNCHANGED), (scale, GAINED), (None, UNCOVERED)]
    return [{"distance": at, "colour": "#{:02x}{:02x}{:02x}".format(*colour)} for at, colour in steps]


def _typical(distances: Floats | Singles) -> float:
    """The mean of all but the largest tenth of the absolute values."""
    sizes = np.sort(np.abs(distances.astype(np.float64)))
    return float(sizes[: max(1, int(0.9 * len(sizes)))].mean())


def _linear(values: Floats) -> Floats:
    found: Floats = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return found


def _rounded_up(value: float) -> float:
    """To 1, 2 or 5 times a power of ten."""
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value * 0.999))


def _diagonal(positions: Singles) -> float:
    return float(np.linalg.norm(np.ptp(positions.astype(np.float64), axis=0))) if len(positions) else 0.0


def _sampled(of: tuple[Singles, Indices], to: Surface, samples: int, progress: Callable[[float], None]) -> Sampled:
    points, normals, area = scattered(of, samples)
    if not to.triangles:
        raise ValueError("a surface without area cannot be compared")
    found, is_uncovered = distances(to, points, progress)
    return Sampled(area, points, normals, found, is_uncovered, area / len(points))


def scattered(of: tuple[Singles, Indices], samples: int) -> tuple[Singles, Singles, float]:
    """Points (k, 3) on a surface, evenly by area, the normals (k, 3) of their triangles, and the area, m².

    Raises:
        ValueError: there is no area.
    """
    positions, indices = of
    points, owner = distance.scatter(positions, indices, samples)
    if not len(points):
        raise ValueError("a surface without area cannot be compared")
    a, b, c = (positions[indices[owner, corner]].astype(np.float64) for corner in range(3))
    normals = np.cross(b - a, c - a)
    normals /= np.maximum(np.linalg.norm(normals, axis=1), 1e-300)[:, None]
    return points, normals.astype(np.float32), float(distance.areas(positions, indices).sum())


def distances(
    to: Surface, points: Singles, progress: Callable[[float], None] = lambda _: None
) -> tuple[Singles, Bools]:
    """Signed distances (k,) of points (k, 3) in any order, and which are uncovered; piece by piece."""
    found, is_border = np.empty(len(points), np.float32), np.empty(len(points), np.bool_)
    for start in range(0, len(points), _PIECE):
        # Vertices of scans come in any order.
        piece = start + distance.along_curve(points[start : start + _PIECE])
        found[piece], is_border[piece] = signed(to, points[piece])
        progress(min(start + _PIECE, len(points)) / len(points))
    return found, is_border


def _side(of: Sampled, threshold: float) -> Side:
    far = np.abs(of.distances) >= threshold
    known = far & ~of.is_uncovered
    gained, lost = known & (of.distances > 0.0), known & (of.distances < 0.0)
    return Side(
        area=of.area,
        gained_area=_total(of, gained),
        lost_area=_total(of, lost),
        unchanged_area=_total(of, ~far),
        uncovered_area=_total(of, far & of.is_uncovered),
        gained_volume=_total(of, gained, of.distances),
        lost_volume=_total(of, lost, -of.distances),
    )


def _total(of: Sampled, which: Bools, values: Singles | None = None) -> float:
    """The area that some points stand for, or the integral of values over it."""
    if not isinstance(of.each, np.ndarray):
        return (float(which.sum()) if values is None else float(values[which].sum(dtype=np.float64))) * of.each
    return float(np.dot(of.each, which if values is None else np.where(which, values, 0.0)))


def _alignment(of: Sampled, diagonal: float, least: float) -> Alignment:
    every = slice(None, None, max(1, len(of.points) // ALIGNED))
    known = ~of.is_uncovered[every]
    distances = of.distances[every][known].astype(np.float64)
    if len(distances) < max(_FEWEST, 0.1 * len(known)):  # one lies beside the other
        typical = _typical(of.distances)
        return Alignment("apart", typical, typical, (0.0, 0.0, 0.0), 0.0)
    points, normals = of.points[every][known].astype(np.float64), of.normals[every][known].astype(np.float64)
    middle = points.mean(axis=0)
    size = max(diagonal, 1e-300)  # so that turns count as much as shifts
    effect = np.concatenate([normals, np.cross((points - middle) / size, normals)], axis=1)
    motion, before = np.zeros(6), max(_typical(distances), 1e-300)
    for share in np.linspace(0.9, 0.5, _TURNS):
        rest = distances - effect @ motion
        # Cauchy's weights: half for what is as far off as the noise, next to none for real change. The noise is taken
        # for large first, so that a motion is found that moves a part of the points only (a turn moves no disc).
        noise = max(_TO_SIGMA * float(np.quantile(np.abs(rest), share)), 0.05 * before)
        with np.errstate(over="ignore"):  # beside no noise at all, anything is real change
            weights = 1.0 / (1.0 + (rest / noise) ** 2)
        pulled = effect * weights[:, None]
        # A sphere does not tell how it is turned: least squares then take the smallest motion.
        motion = np.linalg.lstsq(pulled.T @ effect, pulled.T @ distances, rcond=1e-4)[0]
    after = _typical(distances - effect @ motion)
    verdict = "registered"
    if before > _APART_SHARE * diagonal:
        verdict = "apart"
    elif before > least and after < _EXPLAINED * before:
        verdict = "suspect"
    x, y, z = (-motion[:3]).tolist()
    return Alignment(verdict, before, after, (x, y, z), float(np.degrees(np.linalg.norm(motion[3:]) / size)))
