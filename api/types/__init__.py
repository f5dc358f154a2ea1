"""The GraphQL types: thin views of `scenes.model`, with units in their descriptions.

Frame of reference everywhere: right-handed, +y up, metres, local to the scene. What an actor may not know of is null or
left out. The visibility of what belongs to a scene is decided where the scene is entered (`api.queries.entered`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import strawberry

from api.types.asset import Asset, Job, ObjectStatus, asset_view, job_view
from api.types.chronology import ChronologyStatement, Dated
from api.types.copies import Copied
from api.types.node import (
    After,
    Connection,
    First,
    Info,
    Node,
    Recorded,
    Revision,
    address,
    attribute,
    connection,
    field,
    page_size,
    plain,
    revision,
    subscribed,
)
from api.types.note import Annotation
from api.types.person import Family, Person
from api.types.placement import ChangeEvent, Epoch, Hypothesis, Layer, Placement
from api.types.scene import Exhibition, Scene, scene_view
from api.types.story import Article, Tour
from api.types.touched import Touching
from scenes import model

strawberry.enum(model.Role, name="Role", description="What somebody may do, weakest first.")

VIEWS: Mapping[type[Any], type[Any]] = {
    model.Asset: Asset,
    model.ObjectStatus: ObjectStatus,
    model.Scene: Scene,
    model.Layer: Layer,
    model.Epoch: Epoch,
    model.Hypothesis: Hypothesis,
    model.Placement: Placement,
    model.ChangeEvent: ChangeEvent,
    model.ChronologyStatement: ChronologyStatement,
    model.Annotation: Annotation,
    model.Article: Article,
    model.Tour: Tour,
    model.Person: Person,
    model.Family: Family,
    model.Exhibition: Exhibition,
}
"""the view of each kind of record"""


def view(record: model.Record) -> Node:
    """Any record as GraphQL shows it."""
    shown: Node = VIEWS[type(record)](value=record)
    return shown


__all__ = [
    "VIEWS",
    "After",
    "Annotation",
    "Article",
    "Asset",
    "ChangeEvent",
    "ChronologyStatement",
    "Connection",
    "Copied",
    "Dated",
    "Epoch",
    "Exhibition",
    "Family",
    "First",
    "Hypothesis",
    "Info",
    "Job",
    "Layer",
    "Node",
    "ObjectStatus",
    "Person",
    "Placement",
    "Recorded",
    "Revision",
    "Scene",
    "Touching",
    "Tour",
    "address",
    "asset_view",
    "attribute",
    "connection",
    "field",
    "job_view",
    "page_size",
    "plain",
    "revision",
    "scene_view",
    "subscribed",
    "view",
]
