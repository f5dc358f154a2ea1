"""The museum's things as frozen values.

Frame: glTF's, right-handed, +y up, metres, everywhere inside and on the stream; only 3D Tiles JSON is z-up
(`tiling.tileset` turns it). Transforms are 16 numbers, column-major, local to scene. Times are text as the curator
wrote it, EDTF or four bounds; `timeline.edtf` reads it. Ids are opaque, URL-safe, prefixed by kind (`scene_…`), the
same in GraphQL, HTTP.
"""

from __future__ import annotations

from scenes.model.access import EVERYTHING, Account, GivenRole, Grant, Key, KeyKind, Scope
from scenes.model.actor import ANONYMOUS, Actor
from scenes.model.annotation import Anchor, AnchorKind, Annotation, Motivation, SurfacePoint, Vector
from scenes.model.asset import (
    Asset,
    AssetState,
    Extent,
    Media,
    ObjectIdentity,
    ObjectStatus,
    Replacement,
    StatusKind,
    Survey,
    Tileset,
)
from scenes.model.evidence import Generated, PeriodReference, Reliability, Source, Term
from scenes.model.person import Family, LifeEvent, Person, PersonName, Sex
from scenes.model.placement import (
    IDENTITY,
    ChangeEvent,
    ChangeKind,
    ChronologyStatement,
    Hypothesis,
    Placement,
)
from scenes.model.scene import Epoch, Exhibition, Georeference, Layer, Scene, Viewpoint
from scenes.model.story import Article, Audio, Picture, Tour, TourStep
from scenes.model.text import LocalText, in_language
from scenes.model.visibility import Visibility
from scenes.model.work import Job, JobState, Revision, Role
from timeline.statement import End
from timeline.statement import Kind as Relation

Member = (
    Layer
    | Epoch
    | Hypothesis
    | Placement
    | ChangeEvent
    | ChronologyStatement
    | Annotation
    | Article
    | Tour
    | Person
    | Family
    | Exhibition
)
"""What belongs to a scene."""

Record = Asset | ObjectStatus | Scene | Member
"""What the catalogue keeps with its history."""

__all__ = [
    "ANONYMOUS",
    "EVERYTHING",
    "IDENTITY",
    "Account",
    "Actor",
    "Anchor",
    "AnchorKind",
    "Annotation",
    "Article",
    "Asset",
    "AssetState",
    "Audio",
    "ChangeEvent",
    "ChangeKind",
    "ChronologyStatement",
    "End",
    "Epoch",
    "Exhibition",
    "Extent",
    "Family",
    "Generated",
    "Georeference",
    "GivenRole",
    "Grant",
    "Hypothesis",
    "Job",
    "JobState",
    "Key",
    "KeyKind",
    "Layer",
    "LifeEvent",
    "LocalText",
    "Media",
    "Member",
    "Motivation",
    "ObjectIdentity",
    "ObjectStatus",
    "PeriodReference",
    "Person",
    "PersonName",
    "Picture",
    "Placement",
    "Record",
    "Relation",
    "Reliability",
    "Replacement",
    "Revision",
    "Role",
    "Scene",
    "Scope",
    "Sex",
    "Source",
    "StatusKind",
    "SurfacePoint",
    "Survey",
    "Term",
    "Tileset",
    "Tour",
    "TourStep",
    "Vector",
    "Viewpoint",
    "Visibility",
    "in_language",
]
