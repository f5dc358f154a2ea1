"""Digitised and modelled things, and what is known of the objects that they show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scenes.model.evidence import Source
from scenes.model.scene import Georeference
from scenes.model.visibility import Visibility


class AssetState(StrEnum):
    """Where an asset stands between deposit and display."""

    PENDING = "pending"
    READY = "ready"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Extent:
    """Axis-aligned box in the asset's own frame, metres, y up."""

    low: tuple[float, float, float]
    high: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Survey:
    """Where an asset's own origin lies on the Earth, as the reference system says that its file states."""

    where: Georeference
    """its heading is that of the file's north; its height counts from what `above` says"""
    scale: float = 1.0
    """metres on the ellipsoid in a metre of the file along the ground: projections stretch"""
    above: str = ""
    """what the height counts from: `ellipsoid`, a datum of its own, or empty where nobody says"""
    accuracy_m: float | None = None
    """of longitude and latitude, where it is known"""


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
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """where the asset's own origin lies in the frame and the units of the master: elsewhere, if that lay far off"""
    survey: Survey | None = None
    """where that is on the Earth; None: the master does not say. It is told to those alone who may change the asset"""


@dataclass(frozen=True, slots=True)
class Media:
    """What is served of a recording or a picture, which has no tiles."""

    digest: str
    """sha256 of what is served, a blob: of a recording the master, of a picture a copy that is made of its pixels"""
    media_type: str
    """of what is served"""
    byte_length: int
    duration_s: float | None = None
    """of a recording"""
    width: int | None = None
    """pixels of the deposited picture, upright"""
    height: int | None = None

    @property
    def word(self) -> str:
        """What people call it: a recording or a picture."""
        return "recording" if self.duration_s is not None else "picture"


@dataclass(frozen=True, slots=True)
class ObjectIdentity:
    """What describes an object so that it can be recognised: the fields of the Object ID standard (ISO/ICOM).

    Each is plain text, empty where it is not known. Photographs are the asset itself.
    """

    type_of_object: str = ""
    materials: str = ""
    """materials and techniques"""
    measurements: str = ""
    """with their units, and what was measured"""
    inscriptions: str = ""
    """inscriptions and markings"""
    distinguishing_features: str = ""
    """damage, repairs, flaws of manufacture"""
    title: str = ""
    subject: str = ""
    """what is pictured or represented"""
    period: str = ""
    """date or period"""
    maker: str = ""
    description: str = ""
    inventory_number: str = ""
    """of the owner"""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A new version of an asset, deposited and not tiled yet. Until it is, the one before is shown."""

    master: str
    """sha256 of the deposited bytes"""
    master_name: str
    media_type: str
    byte_length: int
    job: str
    """id of the job that tiles it"""
    by: str
    """who deposited it"""
    limit: float | None = None
    """metres that annotations may move by before they are flagged; None: a share of its size"""


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
    identity: ObjectIdentity | None = None
    """the object that it shows; None where it shows no object, or nothing was noted"""
    replacement: Replacement | None = None
    """the version that is to take its place, while that is tiled"""
    media: Media | None = None
    """what is served of a recording or a picture; None of a model, and before it is ready"""
    finest: float = 0.0
    """metres: visitors get nothing whose geometric error is less; 0: all detail is for all who may see it"""
    embargo: datetime | None = None
    """before this moment it is for those alone who work on it; None: no embargo"""


class StatusKind(StrEnum):
    """What became of an object."""

    IN_PLACE = "in_place"
    AT_RISK = "at_risk"
    DAMAGED = "damaged"
    DESTROYED = "destroyed"
    MISSING = "missing"
    STOLEN = "stolen"
    LOCATED = "located"
    """seen somewhere, not yet in safe hands"""
    SEIZED = "seized"
    RECOVERED = "recovered"
    RETURNED = "returned"
    """back with whom it belongs to"""
    ON_LOAN = "on_loan"


@dataclass(frozen=True, slots=True)
class ObjectStatus:
    """One entry of an object's status timeline: what became of it, when, where, and who says so."""

    id: str
    asset: str
    kind: StatusKind
    existence: str
    """EDTF: when it became so"""
    place: str = ""
    note: str = ""
    reference: str = ""
    """number of the case or of the entry in a register of stolen works"""
    sources: tuple[Source, ...] = ()
