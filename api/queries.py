"""What can be read, from where a query enters. Drafts are not there for visitors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

import strawberry
from strawberry import ID

from api import types
from api.loaders import Context
from api.queries_access import AccessQueries
from api.queries_audit import AuditQueries
from api.queries_gallery import GalleryQueries
from api.queries_history import HistoryQueries
from api.queries_museum import MuseumQueries
from api.queries_removal import RemovalQueries
from api.queries_time import TimeQueries
from api.types import (
    After,
    Asset,
    Connection,
    Exhibition,
    First,
    Info,
    Node,
    Scene,
    connection,
    field,
    page_size,
    plain,
)
from api.types.access import ExhibitionRole
from scenes import model
from scenes.errors import NotFound
from scenes.rights import Action, may, seen

if TYPE_CHECKING:
    from api.services import Services

N = TypeVar("N", bound=Node)


@strawberry.type(description="Who asks.")
class Me:
    """View of a `scenes.model.Actor`."""

    value: strawberry.Private[model.Actor]
    name: str = plain("Name; `anonymous` for visitors who are not signed in.")
    role: model.Role = plain("What they may do in the whole museum.")

    @field
    def exhibitions(self) -> list[ExhibitionRole]:
        """What they may do in single exhibitions."""
        return [ExhibitionRole(exhibition_id=ID(each.exhibition), role=each.role) for each in self.value.grants]

    @field
    def scopes(self) -> list[model.Scope]:
        """What they came to do: all, or what their token is for."""
        return sorted(self.value.scopes)

    @field
    def publishes(self) -> bool:
        """Whether they may show things of the whole museum to others."""
        return bool(may(self.value, Action.PUBLISH))


async def entered(context: Context, record_id: str) -> model.Record | model.Job:
    """The record or job with this id, if the actor may know of it.

    Raises:
        NotFound: there is none, or it is not for this actor.
    """
    services, actor, what = context.services, context.actor, f"thing with the id {record_id[:80]!r}"
    cleared = services.cleared(actor)
    record = await services.call(cleared.find, record_id)
    if record is None:
        job = await services.call(services.jobs.job, record_id)
        if job is None or not await services.call(_may_follow, services, actor, job):
            raise NotFound(f"there is no {what}")
        return job
    if isinstance(record, model.Asset | model.Scene | model.Exhibition):
        return record
    if isinstance(record, model.ObjectStatus):
        seen(await services.call(cleared.get, model.Asset, record.asset), what)
        return record
    # What belongs to a scene is as visible as the scene, or less.
    seen(await services.call(cleared.get, model.Scene, record.scene), what)
    return record


def _may_follow(services: Services, actor: model.Actor, job: model.Job) -> bool:
    """Whether a job is for an actor to know of: one of those who work on the museum, or on that asset."""
    if may(actor, Action.SEE, job):
        return True
    asset = services.catalogue.get(model.Asset, job.subject) if actor.grants else None
    return asset is not None and bool(may(actor, Action.EDIT, asset))


async def _page(
    context: Context, kind: type[model.Record], shown: type[N], *, first: int, after: str | None
) -> Connection[N]:
    services = context.services
    page = await services.call(services.cleared(context.actor).page, kind, first=page_size(first), after=after)
    return connection(page, after, shown)


@strawberry.type(description="What can be read.")
class Query(AuditQueries, GalleryQueries, HistoryQueries, TimeQueries, AccessQueries, MuseumQueries, RemovalQueries):
    """The root of queries."""

    @field
    async def node(
        self, info: Info, id: Annotated[ID, strawberry.argument(description="Id of anything.")]
    ) -> Node | None:
        """Anything by its id. NOT_FOUND where there is none, or it is not for you to know of."""
        record = await entered(info.context, id)
        return types.job_view(record) if isinstance(record, model.Job) else types.view(record)

    @field
    async def assets(self, info: Info, first: First = 20, after: After = None) -> Connection[Asset]:
        """Assets, in the order of their deposit."""
        return await _page(info.context, model.Asset, Asset, first=first, after=after)

    @field
    async def scenes(self, info: Info, first: First = 20, after: After = None) -> Connection[Scene]:
        """Scenes, in the order in which they were made."""
        return await _page(info.context, model.Scene, Scene, first=first, after=after)

    @field
    async def exhibitions(self, info: Info, first: First = 20, after: After = None) -> Connection[Exhibition]:
        """Exhibitions, in the order in which they were made."""
        return await _page(info.context, model.Exhibition, Exhibition, first=first, after=after)

    @field
    async def exhibition(
        self, info: Info, slug: Annotated[str, strawberry.argument(description="Last part of its address.")]
    ) -> Exhibition | None:
        """An exhibition by its address; null where there is none, or it is not public."""
        services = info.context.services
        record = await services.call(services.cleared(info.context.actor).exhibition_by_slug, slug)
        return None if record is None else Exhibition(value=record)

    @field
    def me(self, info: Info) -> Me:
        """Who asks."""
        return Me(value=info.context.actor)
