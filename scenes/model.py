"""The museum's things as frozen values.

Frame: glTF's, right-handed, +y up, metres, everywhere inside and on the stream; only 3D Tiles JSON is z-up
(`tiling.tileset` turns it). Transforms are 16 numbers, column-major, local to scene. Times are EDTF text as the curator
wrote it; `timeline.edtf` reads it. Ids are opaque, URL-safe, prefixed by kind (`scene_…`), the same in GraphQL, HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

IDENTITY: tuple[float, ...] = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)


class Visibility(StrEnum):
    """Who may know of a thing: those who work on it, or everybody."""

    DRAFT = "draft"
    PUBLIC = "public"


class AssetState(StrEnum):
    """Where an asset stands between deposit and display."""

    PENDING = "pending"
    READY = "ready"
    REJECTED = "rejected"
    FAILED = "failed"


class Reliability(StrEnum):
    """Extended Matrix class of a unit: how much of it is evidence and how much reconstruction."""

    US = "US"
    """real, seen in place"""
    USVS = "USVs"
    """structural virtual unit: reconstructed on evidence found in place"""
    USVN = "USVn"
    """non-structural virtual unit: reconstructed by analogy or sources"""
    SF = "SF"
    """special find, real but not in its place"""
    VSF = "VSF"
    """virtual special find: a find restored and put back by reasoning"""


@dataclass(frozen=True, slots=True)
class Extent:
    """Axis-aligned box in the asset's own frame, metres, y up."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Tileset:
    """What the tiler made of a master: a 3D Tiles document named by its digest, and its figures."""

    digest: str
    """sha256 of the tileset document, a blob"""
    tiles: int
    levels: int
    triangles: int
    """triangles of the finest level"""
    vertices: int
    byte_length: int
    """bytes of all content, the document not counted"""
    geometric_error: float
    """metres; error of showing nothing"""
    root_error: float
    """metres; error of showing the root tile alone"""
    extent: Extent


@dataclass(frozen=True, slots=True)
class Asset:
    """A digitised or modelled thing, by its deposited bytes (the master) and what was made of them."""

    id: str
    title: str
    rights: str
    """URI of a licence or rights statement; empty: none stated, so closed"""
    master: str
    """sha256 of the deposited bytes"""
    master_name: str
    media_type: str
    byte_length: int
    state: AssetState
    visibility: Visibility
    created_at: datetime
    created_by: str
    tileset: Tileset | None = None
    attribution: str = ""
    report: tuple[str, ...] = ()
    """what was found and repaired in the file, in words"""
    code: str = ""
    """why it was rejected, from the table of error codes"""


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """Where an eye stands and what it looks at, scene frame, metres."""

    position: tuple[float, float, float]
    target: tuple[float, float, float]


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
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """A named strand of a scene."""

    id: str
    scene: str
    title: str
    ordinal: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """A named interval of a scene's history."""

    id: str
    scene: str
    title: str
    existence: str
    """EDTF interval"""
    description: str = ""
    colour: str = "#888888"


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A branch of rival placements: who holds it, why, and what it contradicts."""

    id: str
    scene: str
    title: str
    author: str
    argument: str
    contrasts_with: tuple[str, ...] = ()
    builds_on: str = ""


@dataclass(frozen=True, slots=True)
class Placement:
    """An asset standing in a layer: where, when, by which hypothesis, on what evidence."""

    id: str
    scene: str
    layer: str
    asset: str
    title: str
    existence: str
    """EDTF interval of existence; a single date means that it began and ended within it"""
    transform: tuple[float, ...] = IDENTITY
    hypothesis: str = ""
    """empty: part of every hypothesis"""
    reliability: Reliability = Reliability.USVS
    reason: str = ""
    """why we think so"""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Annotation:
    """A note at a point of the scene, with a time of its own."""

    id: str
    scene: str
    title: str
    body: str
    """sanitised HTML, a small fixed tag list"""
    position: tuple[float, float, float]
    existence: str
    placement: str = ""
    language: str = "en"
    author: str = ""


@dataclass(frozen=True, slots=True)
class TourStep:
    """One stop of a tour."""

    title: str
    text: str
    viewpoint: Viewpoint
    moment: str
    """EDTF"""
    hypothesis: str = ""


@dataclass(frozen=True, slots=True)
class Tour:
    """A guided way through a scene and its time."""

    id: str
    scene: str
    title: str
    steps: tuple[TourStep, ...]


@dataclass(frozen=True, slots=True)
class Exhibition:
    """What a curator publishes: a scene under an address of its own."""

    id: str
    slug: str
    title: str
    description: str
    scene: str
    visibility: Visibility


Record = Asset | Scene | Layer | Epoch | Hypothesis | Placement | Annotation | Tour | Exhibition
"""What the catalogue keeps with its history."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One recorded change: who, when, why. Numbers grow by one over the whole museum."""

    number: int
    author: str
    at: datetime
    reason: str


class JobState(StrEnum):
    """A job's life. `REJECTED` is a refused file, never a fault of ours; `FAILED` is ours."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """Work in the background, durable."""

    id: str
    kind: str
    """`tile`"""
    subject: str
    """id of the asset that it works on"""
    state: JobState
    progress: float
    """0 to 1"""
    message: str
    code: str
    attempts: int
    created_at: datetime
    updated_at: datetime


class Role(StrEnum):
    """What an actor may do, weakest first."""

    VISITOR = "visitor"
    CURATOR = "curator"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks."""

    name: str
    role: Role


ANONYMOUS = Actor("anonymous", Role.VISITOR)
