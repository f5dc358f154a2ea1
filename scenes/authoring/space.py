"""Positions, viewpoints, transforms and georeferences as they are accepted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from scenes.errors import Invalid
from scenes.model import Georeference, SurfacePoint, Vector, Viewpoint

REACH_M = 1e9
"""metres; nothing of a scene is farther from its origin"""
MAX_CORNERS = 1_000
"""of a region"""
MAX_HEIGHT_M = 100_000.0
"""metres above or below the ellipsoid"""
_ROUNDING = 1e-3
"""by which a length or a sum that should be 1 may miss it"""


def point(name: str, value: Sequence[float]) -> Vector:
    """Three finite numbers, metres. Raises Invalid."""
    if len(value) != 3:
        raise Invalid(f"{name}: {len(value)} numbers, expected 3 (x, y, z in metres)")
    if not all(math.isfinite(each) and abs(each) <= REACH_M for each in value):
        raise Invalid(f"{name}: expected finite metres, at most {REACH_M:g} from the origin")
    x, y, z = (float(each) for each in value)
    return x, y, z


def viewpoint(view: Viewpoint) -> Viewpoint:
    """An eye that looks somewhere. Raises Invalid."""
    position, target = point("position", view.position), point("target", view.target)
    if position == target:
        raise Invalid("viewpoint: position and target are the same, so it looks nowhere")
    return Viewpoint(position, target)


def region(corners: Sequence[Sequence[float]]) -> tuple[Vector, ...]:
    """Corners of a polygon that encloses something. Raises Invalid."""
    if not 3 <= len(corners) <= MAX_CORNERS:
        raise Invalid(f"region: {len(corners)} corners, expected 3 to {MAX_CORNERS}")
    found = tuple(point("region", corner) for corner in corners)
    if found[0] == found[-1]:
        raise Invalid("region: the last corner repeats the first; it is closed by itself")
    if _area(found) == 0.0:
        raise Invalid("region: its corners lie on one line, so it encloses nothing")
    return found


def centre(corners: Sequence[Vector]) -> Vector:
    """The mean of some points."""
    x, y, z = (math.fsum(corner[axis] for corner in corners) / len(corners) for axis in range(3))
    return x, y, z


def transform(values: Sequence[float]) -> tuple[float, ...]:
    """Affine, finite, invertible. Volume is compared with the lengths of the axes, so that the unit does not matter.

    Raises:
        Invalid: it is not.
    """
    if len(values) != 16:
        raise Invalid(f"transform: {len(values)} numbers, expected 16 (column-major 4×4)")
    if not all(math.isfinite(value) and abs(value) <= REACH_M for value in values):
        raise Invalid(f"transform: expected finite numbers, at most {REACH_M:g}")
    if tuple(values[3::4]) != (0, 0, 0, 1):
        raise Invalid("transform: the last row must be 0 0 0 1")
    a, b, c = values[0:3], values[4:7], values[8:11]
    volume = (
        a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1]) + c[0] * (a[1] * b[2] - a[2] * b[1])
    )
    lengths = [math.hypot(*axis) for axis in (a, b, c)]
    if min(lengths) < 1e-9 or abs(volume) < 1e-9 * math.prod(lengths):
        raise Invalid("transform: it flattens the asset, so it cannot be undone")
    return tuple(float(value) for value in values)


def georeference(value: Georeference) -> Georeference:
    """A place on the Earth; the heading is turned to 0 to 360. Raises Invalid."""
    return Georeference(
        longitude=_within("longitude", value.longitude, 180.0, unit="degrees"),
        latitude=_within("latitude", value.latitude, 90.0, unit="degrees"),
        height=_within("height", value.height, MAX_HEIGHT_M, unit="metres"),
        heading=_within("heading", value.heading, 360.0, unit="degrees") % 360.0,
    )


def surface(value: SurfacePoint) -> SurfacePoint:
    """A spot on a surface; its normal is made of length 1. Raises Invalid."""
    normal = point("normal", value.normal)
    length = math.hypot(*normal)
    if length < 1e-9:
        raise Invalid("normal: it has no length, so it points nowhere")
    barycentric = None if value.barycentric is None else point("barycentric", value.barycentric)
    if barycentric is not None:
        if value.triangle is None:
            raise Invalid("barycentric: of which triangle?")
        if min(barycentric) < -_ROUNDING or abs(math.fsum(barycentric) - 1.0) > _ROUNDING:
            raise Invalid(f"barycentric: {barycentric}, expected three weights that are together 1")
    if value.triangle is not None and not 0 <= value.triangle < 1 << 31:
        raise Invalid(f"triangle: {value.triangle}, expected 0 or more")
    return SurfacePoint(
        digest=value.digest,
        position=point("position on the surface", value.position),
        normal=(normal[0] / length, normal[1] / length, normal[2] / length),
        triangle=value.triangle,
        barycentric=barycentric,
    )


def _within(name: str, value: float, most: float, *, unit: str) -> float:
    if not (math.isfinite(value) and -most <= value <= most):
        raise Invalid(f"{name}: {value}, expected {unit} from {-most:g} to {most:g}")
    return float(value)


def _area(corners: Sequence[Vector]) -> float:
    """Twice the length of the polygon's area vector (Newell), from its first corner: being far away costs no digits."""
    first = corners[0]
    edges = [tuple(b - a for a, b in zip(first, corner, strict=True)) for corner in corners]
    total = [0.0, 0.0, 0.0]
    for a, b in pairwise(edges):
        total[0] += a[1] * b[2] - a[2] * b[1]
        total[1] += a[2] * b[0] - a[0] * b[2]
        total[2] += a[0] * b[1] - a[1] * b[0]
    return math.hypot(*total)
