"""What was removed, and what is to be erased for good."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.types.node import Info, field
from api.types.removal import Purge, Tombstone, purge, tombstone
from scenes.errors import Invalid
from scenes.rights import Action, require

_MOST = 100
Count = Annotated[int, strawberry.argument(description=f"How many at most, 1 to {_MOST}.")]


@strawberry.type
class RemovalQueries:
    """A part of the root of queries."""

    @field
    async def removed(
        self,
        info: Info,
        first: Count = 20,
        before: Annotated[
            int | None, strawberry.argument(description="Only what was removed before this revision; null: all.")
        ] = None,
    ) -> list[Tombstone]:
        """What was removed and can be brought back, the latest first. For curators."""
        require(info.context.actor, Action.EDIT)
        services = info.context.services
        found = await services.call(services.purges.tombstones, first=_checked(first), before=before)
        return [tombstone(each) for each in found]

    @field
    async def purges(self, info: Info, first: Count = 20) -> list[Purge]:
        """What is proposed to be erased, or was, the latest first. For curators."""
        require(info.context.actor, Action.EDIT)
        services = info.context.services
        return [purge(each) for each in await services.call(services.purges.purges, first=_checked(first))]


def _checked(first: int) -> int:
    if not 1 <= first <= _MOST:
        raise Invalid(f"first: {first}, expected 1 to {_MOST}")
    return first
