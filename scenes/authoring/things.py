"""Rules of assets and of what became of the objects that they show."""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import UTC, datetime

from scenes.authoring import text, time
from scenes.authoring.desk import Desk
from scenes.authoring.rules import Also, Rules, checked, named
from scenes.errors import Invalid
from scenes.model import Asset, ObjectIdentity, ObjectStatus, StatusKind, Visibility
from scenes.ports import Remove
from scenes.rights import Action, require

_COARSEST = 1e6
"""metres"""


def _visibility(desk: Desk, value: Visibility) -> Visibility:
    require(desk.actor, Action.PUBLISH)
    return Visibility(value)


def _finest(desk: Desk, value: float) -> float:
    require(desk.actor, Action.PUBLISH)
    if not (math.isfinite(value) and 0.0 <= value <= _COARSEST):
        raise Invalid(f"finest: {value}, expected metres from 0 to {_COARSEST:g}; 0: all detail")
    return float(value)


def _embargo(desk: Desk, value: datetime) -> datetime:
    require(desk.actor, Action.PUBLISH)
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _identity(value: ObjectIdentity) -> ObjectIdentity:
    return ObjectIdentity(**{each.name: text.text(each.name, getattr(value, each.name)) for each in fields(value)})


def _may_be_hidden(desk: Desk, asset: Asset) -> None:
    """What is public is taken from everybody with it."""
    if asset.visibility is not Visibility.DRAFT:
        require(desk.actor, Action.PUBLISH)


def _with_its_status(desk: Desk, gone: Asset) -> Also:
    """What became of the object is said of the asset, and goes with it."""
    entries = [each.id for each in desk.museum.catalogue.within(ObjectStatus, (gone.id,))[gone.id]]
    found, read = desk.fresh(ObjectStatus, entries)
    return Also(tuple(Remove(each) for each in found), read)


ASSET = Rules(
    kind=Asset,
    home="",
    checks=dict(
        (
            checked("title", text.title),
            checked("rights", text.rights),
            named("attribution", text.line),
            ("visibility", _visibility),
            checked("identity", _identity),
            ("finest", _finest),
            ("embargo", _embargo),
        )
    ),
    let_go=_with_its_status,
    before_removal=_may_be_hidden,
    is_shared=True,
)

OBJECT_STATUS = Rules(
    kind=ObjectStatus,
    home="asset",
    checks=dict(
        (
            checked("kind", StatusKind),
            checked("existence", time.existence),
            named("place", text.line),
            named("note", text.text),
            named("reference", text.line),
            checked("sources", text.sources),
        )
    ),
    made="noted",
)
