"""Places, what divides them in space and time, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass

from scenes.model.visibility import Visibility


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where an eye stands and what it looks at, scene frame, metres."""

    position: tuple[float, float, float]
    target: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Georeference:
    """Where the origin of a scene lies on the Earth and which way the scene is turned. Its +y is up there.

    With a heading of 0 the scene's -z points to true north and its +x to the east; a heading turns it clockwise, seen
    from above.
    """

    longitude: float
    """degrees east, WGS 84"""
    latitude: float
    """degrees north, WGS 84"""
    height: float = 0.0
    """metres above the WGS 84 ellipsoid"""
    heading: float = 0.0
    """degrees clockwise from true north to the scene's -z, 0 to 360"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A place."""

    id: str
    title: str
    description: str
    default_moment: str
    """EDTF"""
    visibility: Visibility
    viewpoint: Viewpoint
    default_hypothesis: str = ""
    """id of the preferred hypothesis where the scene has rivals, else empty"""
    georeference: Georeference | None = None
    """None: not known, or not to be told"""
    georeference_for: Visibility = Visibility.PUBLIC
    """who is told it, of those who may see the scene"""


@dataclass(frozen=True, slots=True)
class Layer:
    """A named strand of a scene."""

    id: str
    scene: str
    title: str
    ordinal: int
    audience: Visibility = Visibility.PUBLIC
    """who may know of it and of all that stands in it, of those who may see the scene"""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A named interval of a scene's history."""

    id: str
    scene: str
    title: str
    existence: str = ""
    """EDTF interval, or four bounds as `timeline.bounds` writes them; empty: undated"""
    description: str = ""
    colour: str = "#888888"


@dataclass(frozen=True, slots=True)
class Exhibition:
    """What a curator publishes: a scene under an address of its own."""

    id: str
    slug: str
    title: str
    description: str
    scene: str
    visibility: Visibility
