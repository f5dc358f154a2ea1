"""Where queries about record time enter, and what takes changes back."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import ID

from api import types
from api.past import entered_at
from api.types import Info, Scene, field
from api.types.history import RecordChange
from api.types.node import Revision
from api.types.scalar import AsOf
from scenes import history, model
from scenes.rights import seen

OfScene = Annotated[
    ID | None, strawberry.argument(description="Only what changed this scene or what belongs to it; null: anything.")
]
Note = Annotated[str, strawberry.argument(description="Note for the history; made up where empty.")]


@strawberry.type(description="Where queries about record time enter.")
class HistoryQueries:
    """Fields of `Query`."""

    @field
    async def scene(
        self,
        info: Info,
        id: Annotated[ID, strawberry.argument(description="Id of the scene.")],
        as_of: Annotated[
            AsOf | None,
            strawberry.argument(
                description="A revision's number, or a time of day (UTC); null: as it is recorded now."
            ),
        ] = None,
    ) -> Scene | None:
        """A scene, as it is recorded or, with `asOf`, as it was recorded then, with all below this field.

        NOT_FOUND where it is not there, was not there then, or is not for you to know of. Visitors see of the past what
        was public then and still is; curators find scenes again that are gone.
        """
        if as_of is not None:
            return types.scene_view(await entered_at(info, id, as_of))  # type: ignore[arg-type]  # a scalar
        services = info.context.services
        found = await services.call(services.cleared(info.context.actor).get, model.Scene, id)
        return types.scene_view(seen(found, f"scene {id[:80]!r}"))


@strawberry.type(description="A change was taken back, or brought back, by a new revision.")
class TakenBackPayload:
    """View of a `scenes.history.TakenBack`."""

    revision: Revision = strawberry.field(description="The new revision.")
    taken_back: Revision = strawberry.field(description="The revision that it takes back.")
    changes: list[RecordChange] = strawberry.field(description="What it changed, in order of first writing.")
    scene: Scene | None = strawberry.field(description="The scene that was named, as it is now; null where it is gone.")


async def _undo(info: Info, scene: OfScene = None, reason: Note = "") -> TakenBackPayload:
    """Take back your last change. Nothing is deleted: the new revision writes what stood before.

    CONFLICT where what it changed was changed since, or is needed by what came later; the message names it. NOT_FOUND
    where there is nothing of yours to take back.
    """
    return await _taken_back(info, history.undo, scene, reason)


async def _redo(info: Info, scene: OfScene = None, reason: Note = "") -> TakenBackPayload:
    """Bring back what your last undo took back, unless you changed something since. Codes as for `undo`."""
    return await _taken_back(info, history.redo, scene, reason)


async def _taken_back(info: Info, use_case: object, scene: ID | None, reason: str) -> TakenBackPayload:
    context = info.context
    services = context.services
    assert callable(use_case)
    return await taken_back(
        info, await services.call(use_case, services, context.actor, scene=scene, reason=reason), scene
    )


async def taken_back(info: Info, done: history.TakenBack, scene: ID | None) -> TakenBackPayload:
    """The answer to what took something back, or brought it back."""
    context = info.context
    services = context.services
    context.forget()
    found = None if scene is None else await services.call(services.catalogue.get, model.Scene, scene)
    number = done.revision.number
    return TakenBackPayload(
        revision=types.revision(done.revision),
        taken_back=types.revision(done.taken),
        changes=[RecordChange(value=each, bounds=(number - 1, number)) for each in done.changes],
        scene=None if found is None else types.scene_view(found),
    )


FIELDS = {"undo": field(_undo), "redo": field(_redo)}
"""for the root of mutations"""
