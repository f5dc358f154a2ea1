"""Notes after the W3C Web Annotation model: a body about a target, with a time of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scenes.model.evidence import Source, Term
from scenes.model.text import LocalText

Vector = tuple[float, float, float]


class AnchorKind(StrEnum):
    """What an annotation is about."""

    POINT = "point"
    REGION = "region"
    PLACEMENT = "placement"
    SCENE = "scene"


class Motivation(StrEnum):
    """Why an annotation was made (W3C Web Annotation Data Model, 3.3.5)."""

    ASSESSING = "assessing"
    BOOKMARKING = "bookmarking"
    CLASSIFYING = "classifying"
    COMMENTING = "commenting"
    DESCRIBING = "describing"
    EDITING = "editing"
    HIGHLIGHTING = "highlighting"
    IDENTIFYING = "identifying"
    LINKING = "linking"
    MODERATING = "moderating"
    QUESTIONING = "questioning"
    REPLYING = "replying"
    TAGGING = "tagging"


@dataclass(frozen=True, slots=True)
class SurfacePoint:
    """A spot on an asset's surface, so that it can be found again when the asset gets a new version.

    Positions and normals are of the asset's own frame, metres, y up.
    """

    digest: str
    """sha256 of the master that the spot was set on"""
    position: Vector
    normal: Vector
    """of length 1, outward"""
    triangle: int | None = None
    """number of the triangle in that master, or in `tile` where that is given; None: not known"""
    barycentric: Vector | None = None
    """weights of its three corners, together 1; None: not known"""
    drift: float = 0.0
    """metres, in the asset's frame, by which the spot moved when it was last carried over to a new version"""
    is_flagged: bool = False
    """that it moved too far, or lies on another surface: somebody must look"""
    tile: str = ""
    """sha256 of the finest tile whose triangle it is: those of a master have other numbers; empty: the master's"""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What an annotation is about, and where. Positions are of the scene's frame, metres."""

    kind: AnchorKind
    position: Vector | None = None
    """of a point; of others where its pin stands, None: nowhere in particular"""
    region: tuple[Vector, ...] = ()
    """corners of a polygon, for a region"""
    placement: str = ""
    """id of the placement that it is at or about"""
    surface: SurfacePoint | None = None

    @staticmethod
    def at(position: Vector, placement: str = "") -> Anchor:
        """A point of the scene, at a placement where one is given."""
        return Anchor(AnchorKind.POINT, position, placement=placement)


@dataclass(frozen=True, slots=True)
class Annotation:
    """A note in a scene, with a time of its own."""

    id: str
    scene: str
    title: str
    bodies: tuple[LocalText, ...]
    """one a language"""
    anchor: Anchor
    existence: str
    """EDTF: when it holds"""
    author: str = ""
    motivation: Motivation = Motivation.COMMENTING
    tags: tuple[Term, ...] = ()
    sources: tuple[Source, ...] = ()
    created_at: datetime | None = None
