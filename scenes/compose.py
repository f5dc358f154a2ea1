"""What curators do to a museum: make, change, remove, publish.

Every use case checks everything first and then writes one revision, or raises and writes nothing. The rules of each
kind of record stand in `scenes.authoring`, by the nouns that they are about; what is accepted is the same whoever asks:
GraphQL, an import, a script.
"""

from __future__ import annotations

from scenes.authoring.captions import MAX_CAPTIONS
from scenes.authoring.people import MAX_CHILDREN, MAX_EVENTS, MAX_NAMES, MAX_PARTNERS
from scenes.authoring.placements import MAX_PARTS, MAX_RIVALS
from scenes.authoring.publishing import publish_exhibition, unpublish_exhibition
from scenes.authoring.removal import remove_asset
from scenes.authoring.rules import MAX_MEMBERS
from scenes.authoring.space import MAX_CORNERS
from scenes.authoring.stories import MAX_PICTURES, MAX_STEPS
from scenes.authoring.text import MAX_LANGUAGES, MAX_SOURCE, MAX_SOURCES, MAX_TAGS, MAX_TEXT, MAX_TITLE, shown
from scenes.authoring.use import CLEAR, Done, Given, create, create_all, remove, update
from scenes.errors import Conflict, NotFound
from scenes.model import Actor, Asset, Job
from scenes.ports import Jobs, Museum, Notice
from scenes.rights import Action, may, require_work

__all__ = [
    "CLEAR",
    "MAX_CAPTIONS",
    "MAX_CHILDREN",
    "MAX_CORNERS",
    "MAX_EVENTS",
    "MAX_LANGUAGES",
    "MAX_MEMBERS",
    "MAX_NAMES",
    "MAX_PARTNERS",
    "MAX_PARTS",
    "MAX_PICTURES",
    "MAX_RIVALS",
    "MAX_SOURCE",
    "MAX_SOURCES",
    "MAX_STEPS",
    "MAX_TAGS",
    "MAX_TEXT",
    "MAX_TITLE",
    "Done",
    "Given",
    "cancel_job",
    "create",
    "create_all",
    "publish_exhibition",
    "remove",
    "remove_asset",
    "unpublish_exhibition",
    "update",
]


def cancel_job(museum: Museum, jobs: Jobs, actor: Actor, job_id: str) -> Job:
    """Stop a job that has not ended.

    Raises:
        NotFound: there is no such job.
        Conflict: it has ended.
        Forbidden, Unauthorized: the actor is no curator.
    """
    require_work(actor, Action.EDIT)
    about = jobs.job(job_id)
    if about is not None and not may(actor, Action.EDIT):
        asset = museum.catalogue.get(Asset, about.subject)
        if asset is None or not may(actor, Action.EDIT, asset):
            raise NotFound(f"there is no job {shown(job_id)}")
    job = jobs.cancel(job_id, at=museum.clock.now())
    if job is None:
        ended = jobs.job(job_id)
        if ended is None:
            raise NotFound(f"there is no job {shown(job_id)}")
        raise Conflict(f"job {job_id} has ended: {ended.state.value}")
    museum.bus.publish(Notice(job_id))
    museum.bus.publish(Notice(job.subject))
    return job
