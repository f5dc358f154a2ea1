"""What curators can change. Each mutation is one use case of `scenes.compose` and one revision.

Each kind of record has three, create, update and remove, of one shape (`shape`); its inputs stand in the module of its
noun. The few that are no such thing stand here.
"""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry.tools import create_type

from api import queries_history, types
from api.mutations import access, people, placements, places, removal, rooms, stories, things
from api.mutations.shape import Id, Reason, answered, done, payload
from api.posters import want_poster
from api.types import Exhibition, Info, Job
from scenes import compose, model
from scenes.ingest import read_again

_KINDS = (*places.KINDS, *placements.KINDS, *stories.KINDS, *people.KINDS, *things.KINDS)
_FIELDS = {name: field for kind in _KINDS for name, field in kind.fields().items()}


@strawberry.type(description="A job was stopped, or begun.")
class JobPayload:
    """Answer."""

    job: Job = strawberry.field(description="The job.")


Audience = Annotated[model.Visibility, strawberry.argument(description="To whom: members, or everybody.")]
_EXHIBITED = payload(Exhibition)


async def _publish(info: Info, id: Any, audience: Any = model.Visibility.PUBLIC, reason: Any = "") -> Any:
    museum, actor = info.context.services, info.context.actor
    result = await done(info, compose.publish_exhibition, museum, actor, id, audience=audience, reason=reason)
    await museum.call(want_poster, museum, result.record)
    return await answered(info, result, _EXHIBITED)


async def _unpublish(info: Info, id: Any, reason: Any = "") -> Any:
    museum, actor = info.context.services, info.context.actor
    return await answered(
        info, await done(info, compose.unpublish_exhibition, museum, actor, id, reason=reason), _EXHIBITED
    )


# GraphQL knows an argument by its annotation, and the payload is made above.
_unpublish.__annotations__ = {"info": Info, "id": Id, "reason": Reason, "return": _EXHIBITED}
_publish.__annotations__ = {**_unpublish.__annotations__, "audience": Audience}


async def _cancel_job(info: Info, id: Id) -> JobPayload:
    """Stop a job that has not ended."""
    services = info.context.services
    job = await services.call(compose.cancel_job, services, services.jobs, info.context.actor, id)
    return JobPayload(job=types.job_view(job))


async def _read_again(info: Info, id: Id) -> JobPayload:
    """Read an asset's file once more, after it was refused, failed, or cancelled. CONFLICT: it is ready, or at work."""
    services = info.context.services
    job = await services.call(read_again, services, info.context.actor, id)
    return JobPayload(job=types.job_view(job))


_FIELDS |= {
    "publish_exhibition": strawberry.field(
        _publish,
        description="Make an exhibition public, or known to members, and with it its scene and the assets shown there. "
        "Their rights, limits and embargoes do not change.",
    ),
    "unpublish_exhibition": strawberry.field(
        _unpublish,
        description="Make an exhibition a draft again, and its scene as far as no other shows it. Assets stay as they "
        "are; `copies` says which of them, and what others may hold of the rest.",
    ),
    "cancel_job": types.field(_cancel_job),
    "read_again": types.field(_read_again),
    **things.FIELDS,
    **queries_history.FIELDS,
    **rooms.FIELDS,
    **access.FIELDS,
    **removal.FIELDS,
}


def _named(name: str, field: Any) -> Any:
    field.python_name = name
    return field


Mutation = create_type(
    "Mutation",
    [_named(name, field) for name, field in _FIELDS.items()],
    description="What curators can change, each time by one revision or not at all; and who may come in.",
)
"""The root of mutations."""
