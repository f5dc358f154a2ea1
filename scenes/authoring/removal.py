"""Removing a deposited thing. Its history and its bytes stay: what goes is the record that everything else asks for.

The tiles of a removed asset are served to nobody but those who work on the museum, who may look at its past; with an
undo everything is back as it was.
"""

from __future__ import annotations

from scenes.authoring.admission import admit
from scenes.authoring.desk import Desk, told
from scenes.authoring.use import Done, remove
from scenes.errors import InUse
from scenes.model import Actor, Asset
from scenes.ports import Jobs, Museum
from scenes.rights import Action, require_work


def remove_asset(
    museum: Museum, jobs: Jobs, actor: Actor, asset_id: str, *, expected_revision: int | None = None, reason: str = ""
) -> Done[Asset]:
    """End an asset, and with it what is said of its object's status; its history stays, and so do its blobs.

    Raises:
        NotFound: there is no such asset.
        InUse: it is placed, pictured or heard in some scene, or it or a new version of it is being tiled.
        Conflict: it changed since `expected_revision`, or in the meantime.
        Forbidden, Unauthorized: the actor is no curator.
    """
    require_work(actor, Action.EDIT)
    # Read before the jobs are: a version that is deposited from here on makes it a Conflict.
    read = museum.catalogue.revision_of(asset_id)
    asset = Desk(museum, actor, "").exists(Asset, asset_id)
    admit(museum, actor, asset)
    for job in jobs.jobs_of([asset_id]).get(asset_id, ()):
        if job.is_at_work:
            raise InUse(f"the asset {told(asset)} is being tiled by {job.id}; wait until that has ended, or cancel it")
    expected = read if expected_revision is None else expected_revision
    return remove(Asset, museum, actor, asset_id, expected_revision=expected, reason=reason)
