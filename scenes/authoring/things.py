"""Rules of assets and of what became of the objects that they show."""

from __future__ import annotations

from dataclasses import fields

from scenes.authoring import text, time
from scenes.authoring.desk import Desk
from scenes.authoring.rules import Rules, checked, named
from scenes.model import Asset, ObjectIdentity, ObjectStatus, StatusKind, Visibility
from scenes.rights import Action, require


def _visibility(desk: Desk, value: Visibility) -> Visibility:
    require(desk.actor, Action.PUBLISH)
    return Visibility(value)


def _identity(value: ObjectIdentity) -> ObjectIdentity:
    return ObjectIdentity(**{each.name: text.text(each.name, getattr(value, each.name)) for each in fields(value)})


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
        )
    ),
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
