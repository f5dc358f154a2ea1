"""Inputs of assets and of what became of the objects that they show."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry
from strawberry import ID, UNSET

from api.mutations.shape import (
    EXPECTED,
    REASON,
    TEXT,
    TITLE,
    UNCHANGED,
    Expected,
    Id,
    Kind,
    Reason,
    answered,
    done,
    given,
    payload,
    update_input,
)
from api.mutations.values import EXISTENCE, SOURCES, SourceInput
from api.types import Asset, Info
from scenes import compose, model


@strawberry.input(description="What describes an object so that it can be recognised (Object ID). All plain text.")
class ObjectIdentityInput:
    """See `scenes.model.ObjectIdentity`."""

    type_of_object: str = given("What kind of thing it is.", default="")
    materials: str = given("Materials and techniques.", default="")
    measurements: str = given("Measurements with their units, and what was measured.", default="")
    inscriptions: str = given("Inscriptions and markings.", default="")
    distinguishing_features: str = given("Damage, repairs, flaws of manufacture.", default="")
    title: str = given("What it is known as.", default="")
    subject: str = given("What is pictured or represented.", default="")
    period: str = given("Date or period.", default="")
    maker: str = given("Who made it.", default="")
    description: str = given("Anything else.", default="")
    inventory_number: str = given("The owner's number.", default="")

    def made(self) -> model.ObjectIdentity:
        """As the use case takes it."""
        return model.ObjectIdentity(**vars(self))


@strawberry.input(description="What changes of what is said of an asset.")
class UpdateAssetInput:
    """See `scenes.authoring.things`."""

    id: ID = given("The asset.")
    title: str | None = given(TITLE + UNCHANGED, default=None)
    rights: str | None = given("URI of a licence or rights statement; empty: closed." + UNCHANGED, default=None)
    attribution: str | None = given("Whom to name where it is shown." + UNCHANGED, default=None)
    visibility: model.Visibility | None = given("Who may know of it." + UNCHANGED, default=None)
    finest: float | None = given(
        "Metres: visitors get nothing whose geometric error is less, and not the deposited file; 0: all detail."
        + UNCHANGED,
        default=None,
    )
    embargo: datetime | None = given(
        "Before this moment (UTC where no zone is given) it is for those alone who work on it; null: no embargo. Left "
        "out: unchanged.",
        default=UNSET,
    )
    identity: ObjectIdentityInput | None = given(
        "The object that it shows; null: nothing is noted. Left out: unchanged.", default=UNSET
    )
    expected_revision: int | None = given(EXPECTED, default=None)
    reason: str = given(REASON, default="")


@strawberry.input(description="A new entry of an object's status timeline.")
class CreateObjectStatusInput:
    """See `scenes.authoring.things`."""

    asset: ID = given("The asset that shows the object.")
    kind: model.StatusKind = given("What became of it.")
    existence: str = given(EXISTENCE + ": when it became so.")
    place: str = given("Where.", default="")
    note: str = given(TEXT, default="")
    reference: str = given("Number of the case, or of the entry in a register of stolen works.", default="")
    sources: list[SourceInput] = given(SOURCES, default_factory=list)
    reason: str = given(REASON, default="")


KINDS = (
    Kind(model.Asset, None, UpdateAssetInput, owner=None, removes=None),
    Kind(
        model.ObjectStatus,
        CreateObjectStatusInput,
        update_input(CreateObjectStatusInput, model.ObjectStatus, leave_out=frozenset({"asset"})),
        owner=Asset,
    ),
)


async def _remove_asset(info: Info, id: Any, expected_revision: Any = None, reason: Any = "") -> Any:
    services, actor = info.context.services, info.context.actor
    told = {"expected_revision": expected_revision, "reason": reason}
    result = await done(info, compose.remove_asset, services, services.jobs, actor, id, **told)
    return await answered(info, result, payload(Asset, owner=None))


_remove_asset.__annotations__ = {
    "info": Info,
    "id": Id,
    "expected_revision": Expected,
    "reason": Reason,
    "return": payload(Asset, owner=None),
}

FIELDS = {
    "remove_asset": strawberry.field(
        _remove_asset,
        description="End an asset, and with it what is said of its object's status. IN_USE where a scene places, "
        "pictures or plays it, or where it or a new version of it is being tiled. Its history and its files stay, and "
        "an undo brings it back; its tiles are served no more, but to curators who look at the past.",
    )
}
"""for the root of mutations: an asset is no kind that is made here"""
