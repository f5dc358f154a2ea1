"""How a surveyed asset stands in a scene that lies somewhere on the Earth.

Both say where their origin lies and which way they are turned; each has a plane there that touches the Earth, and from
one plane to the other leads a rotation and a way (by coordinates from the middle of the Earth). A map is not the
ground: along it a metre of a file is `Survey.scale` metres of the ellipsoid, and a little more where it lies high. So a
scene has metres of the ground, whichever maps its scans were made in; heights are metres in both.

What is left is that a map is no plane either: a kilometre from its origin a scan is off by millimetres along the
ground, and by eight centimetres in height, for the Earth is round.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scenes.model import Georeference, Survey

_EQUATOR, _FLATTENING = 6378137.0, 1.0 / 298.257223563
"""WGS 84: metres"""
_ECCENTRICITY_SQUARED = _FLATTENING * (2.0 - _FLATTENING)


@dataclass(frozen=True, slots=True)
class Placing:
    """How a surveyed asset may stand in a scene."""

    transform: tuple[float, ...]
    """from its frame to the scene's, metres: 16 numbers, column-major"""
    georeference: Georeference | None
    """what a scene that lies nowhere takes over, so that this holds; None: it has its own"""
    notes: tuple[str, ...]
    """in words, what stands between this and the truth"""


def proposed(survey: Survey, scene: Georeference | None) -> Placing:
    """How an asset stands in a scene that lies somewhere, or in one that takes over where the asset lies."""
    where = survey.where if scene is None else scene
    return Placing(transform(survey, where), None if scene else where, notes(survey, scene))


def transform(survey: Survey, scene: Georeference) -> tuple[float, ...]:
    """From an asset's frame to a scene's, metres: 16 numbers, column-major.

    Heights are taken as they are, though they may count from another datum (`notes` says so).
    """
    from_asset, from_scene = _frame(survey.where), _frame(scene)
    turned = from_scene[:3, :3].T @ from_asset[:3, :3]
    along = survey.scale * (1.0 + survey.where.height / _radius(survey.where.latitude))
    out = np.eye(4)
    out[:3, :3] = turned * (along, 1.0, along)
    out[:3, 3] = from_scene[:3, :3].T @ (from_asset[:3, 3] - from_scene[:3, 3])
    return tuple(out.T.ravel().tolist())


def notes(survey: Survey, scene: Georeference | None) -> tuple[str, ...]:
    """In words, what stands between a placement by its survey and the truth."""
    found = []
    if survey.above != "ellipsoid":
        what = f"from {survey.above}" if survey.above else "from a datum that its file does not say"
        other = "" if scene is None else ", the scene's from the WGS 84 ellipsoid"
        found.append(f"its height counts {what}{other}: what lies between the two is not taken off")
    if survey.accuracy_m is not None and survey.accuracy_m >= 0.01:
        found.append(f"its longitude and latitude are true within some {survey.accuracy_m:g} m")
    return tuple(found)


def _frame(where: Georeference) -> NDArray[np.float64]:
    """From a frame whose origin lies somewhere, y up, to coordinates from the middle of the Earth (4, 4), metres."""
    longitude, latitude, heading = (math.radians(angle) for angle in (where.longitude, where.latitude, where.heading))
    up = np.array(
        [math.cos(latitude) * math.cos(longitude), math.cos(latitude) * math.sin(longitude), math.sin(latitude)]
    )
    east = np.array([-math.sin(longitude), math.cos(longitude), 0.0])
    north = np.cross(up, east)
    curved = _EQUATOR / math.sqrt(1.0 - _ECCENTRICITY_SQUARED * math.sin(latitude) ** 2)
    out = np.eye(4)
    out[:3, 0] = math.cos(heading) * east - math.sin(heading) * north
    out[:3, 1] = up
    out[:3, 2] = -math.cos(heading) * north - math.sin(heading) * east
    out[:3, 3] = (curved + where.height) * up - (0.0, 0.0, _ECCENTRICITY_SQUARED * curved * math.sin(latitude))
    return out


def _radius(latitude: float) -> float:
    """Of the Earth's curvature, the mean of all directions (Gauss), metres."""
    w = 1.0 - _ECCENTRICITY_SQUARED * math.sin(math.radians(latitude)) ** 2
    return _EQUATOR * math.sqrt(1.0 - _ECCENTRICITY_SQUARED) / w
