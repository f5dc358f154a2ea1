"""What curators can change. Each mutation is one use case of `scenes.compose` and one revision.

Each kind of record has three, create, update and remove, of one shape (`shape`); its inputs stand in the module of its
noun. The few that are no such thing stand here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.tools import create_type

from api import queries_history, types
from api.mutations import people, placements, places, rooms, stories, things
from api.mutations.shape import Id, Reason, answered, done, payload
from api.types import Exhibition, Info, Job
from scenes import compose

_KINDS = (*places.KINDS, *placements.KINDS, *stories.KINDS, *people.KINDS, *things.KINDS)
_FIELDS = {name: field for kind in _KINDS for name, field in kind.fields().items()}


@strawberry.type(description="A job was stopped.")
class JobPayload:
    """Answer."""

    job: Job = strawberry.field(description="The job.")


def _showing(use_case: Callable[..., compose.Done[Any]], description: str) -> Any:
    async def resolver(info: Info, id: Any, reason: Any = "") -> Any:
        museum, actor = info.context.services, info.context.actor
        return await answered(info, await done(info, use_case, museum, actor, id, reason=reason), payload(Exhibition))

    resolver.__annotations__ = {"info": Info, "id": Id, "reason": Reason, "return": payload(Exhibition)}
    return strawberry.field(resolver, description=description)


async def _cancel_job(info: Info, id: Id) -> JobPayload:
    """Stop a job that has not ended."""
    services = info.context.services
    job = await services.call(compose.cancel_job, services, services.jobs, info.context.actor, id)
    return JobPayload(job=types.job_view(job))


_FIELDS |= {
    "publish_exhibition": _showing(
        compose.publish_exhibition,
        "Make an exhibition public, and with it its scene and the assets shown there. Their rights do not change.",
    ),
    "unpublish_exhibition": _showing(
        compose.unpublish_exhibition,
        "Make an exhibition a draft again, and its scene where no other shows it. Assets stay as they are.",
    ),
    "cancel_job": types.field(_cancel_job),
    **things.FIELDS,
    **queries_history.FIELDS,
    **rooms.FIELDS,
}


def _named(name: str, field: Any) -> Any:
    field.python_name = name
    return field


Mutation = create_type(
    "Mutation",
    [_named(name, field) for name, field in _FIELDS.items()],
    description="What curators can change. Each mutation is one revision, or changes nothing.",
)
"""The root of mutations."""
