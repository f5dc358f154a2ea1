"""How the museum does: what it works on, what failed, how much it keeps. For curators."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import strawberry

from api import types
from api.types.node import First, Info, field, page_size
from scenes import model
from scenes.rights import Action, require

if TYPE_CHECKING:
    from api.services import Services


@strawberry.type(description="How much the museum keeps; each file counts once, whatever shows it.")
class Storage:
    """Answer."""

    deposited: float = strawberry.field(
        description="Bytes of what was deposited: every version, and what was removed and not erased."
    )
    made: float = strawberry.field(description="Bytes of what is served of it: tiles, textures, pictures, recordings.")
    free: float | None = strawberry.field(
        description="Bytes that are left on the museum's disk; null: objects are not kept on it, or it does not say."
    )


def _storage(services: Services) -> Storage:
    kept = services.catalogue.kept()
    free: float | None = None
    if not services.settings.is_s3:
        with suppress(OSError):  # `/readyz` tells of it
            free = float(shutil.disk_usage(services.settings.data).free)
    return Storage(deposited=kept.deposited, made=kept.made, free=free)


@strawberry.type
class MuseumQueries:
    """A part of the root of queries."""

    @field
    async def jobs(
        self,
        info: Info,
        first: First = 20,
        states: Annotated[
            list[model.JobState] | None, strawberry.argument(description="Only jobs in these states; null: in any.")
        ] = None,
    ) -> list[types.Job]:
        """Work in the background, what was asked for last first. For curators of the museum."""
        require(info.context.actor, Action.EDIT)
        services = info.context.services
        wanted = frozenset(model.JobState if states is None else states)
        found = await services.call(services.jobs.latest_jobs, states=wanted, first=page_size(first))
        return [types.job_view(each) for each in found]

    @field
    async def storage(self, info: Info) -> Storage:
        """How much is kept, and how much room is left. For curators of the museum."""
        require(info.context.actor, Action.EDIT)
        services = info.context.services
        return await services.call(_storage, services)
