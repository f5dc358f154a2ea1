"""What was removed, and what is to be erased for good, as GraphQL shows it."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from api.types.node import Revision, revision
from scenes import purging


@strawberry.type(description="A record that was removed and is kept; `restore` brings it back.")
class Tombstone:
    """View of a `scenes.purging.Tombstone`."""

    id: ID = strawberry.field(description="Id of the record.")
    kind: str = strawberry.field(description="What it is: asset, scene, placement, …")
    title: str = strawberry.field(description="What it is called.")
    removed: Revision = strawberry.field(description="The revision that removed it.")
    kept_until: datetime = strawberry.field(description="Before this it cannot be erased.")


@strawberry.type(description="A proposal to erase removed records for good, and what became of it.")
class Purge:
    """View of a `scenes.purging.Purge`."""

    id: ID = strawberry.field(description="To approve it by.")
    records: list[ID] = strawberry.field(description="The records that were named; what belongs to them goes as well.")
    reason: str = strawberry.field(description="Why.")
    proposed_by: str = strawberry.field(description="Who proposed it.")
    proposed_at: datetime = strawberry.field(description="When.")
    approved_by: str | None = strawberry.field(description="Who agreed; null: nobody yet.")
    approved_at: datetime | None = strawberry.field(description="When.")
    erased_at: datetime | None = strawberry.field(description="When the records went.")
    ended_at: datetime | None = strawberry.field(description="When the files had gone as well.")


def tombstone(value: purging.Tombstone) -> Tombstone:
    """A tombstone as GraphQL shows it."""
    return Tombstone(
        id=ID(value.id),
        kind=value.kind,
        title=value.title,
        removed=revision(value.revision),
        kept_until=value.revision.at + purging.TOMBSTONE,
    )


def purge(value: purging.Purge) -> Purge:
    """A purge as GraphQL shows it."""
    return Purge(
        id=ID(value.id),
        records=[ID(each) for each in value.records],
        reason=value.reason,
        proposed_by=value.proposed_by,
        proposed_at=value.proposed_at,
        approved_by=value.approved_by or None,
        approved_at=value.approved_at,
        erased_at=value.erased_at,
        ended_at=value.ended_at,
    )
