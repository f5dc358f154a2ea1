"""Bringing back what was removed, and erasing it for good by two people."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import ID

from api.queries_history import Note, TakenBackPayload, taken_back
from api.types.node import Info, field
from api.types.removal import Purge, purge
from scenes import purging, restoring

Removed = Annotated[ID, strawberry.argument(description="Id of what was removed.")]


async def _restore(info: Info, id: Removed, reason: Note = "") -> TakenBackPayload:
    """Bring back what was removed, by whomever, as it stood, and what was removed with it.

    NOT_FOUND where there never was such a thing or it is erased; CONFLICT where it stands, where what it needs is not
    there any more, or where its address is taken.
    """
    services = info.context.services
    done = await services.call(restoring.restore, services, info.context.actor, id, reason=reason)
    return await taken_back(info, done, None)


async def _propose_purge(
    info: Info,
    ids: Annotated[list[ID], strawberry.argument(description="What was removed at least 30 days ago.")],
    reason: Annotated[str, strawberry.argument(description="Why; it stays when all else is gone.")],
) -> Purge:
    """Propose to erase for good what was removed, with all that belonged to it and the files that nothing else needs.

    An administrator, another person, has to approve it within 7 days. CONFLICT where something of it stands or was
    removed less than 30 days ago.
    """
    services, actor = info.context.services, info.context.actor
    done = await services.call(purging.propose_purge, services, services.purges, actor, ids, reason=reason)
    return purge(done)


async def _approve_purge(
    info: Info, id: Annotated[ID, strawberry.argument(description="Id of the proposal.")]
) -> Purge:
    """Agree to erase for good what another person proposed. It is done by a job, and cannot be taken back."""
    services, actor = info.context.services, info.context.actor
    return purge(await services.call(purging.approve_purge, services, services.purges, actor, id))


FIELDS = {
    "restore": field(_restore),
    "propose_purge": field(_propose_purge),
    "approve_purge": field(_approve_purge),
}
"""for the root of mutations"""
