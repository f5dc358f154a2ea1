"""New versions of an asset: another master, other tiles, the same id, and its annotations carried over.

    deposit_version ─► asset as it was, with a replacement; job QUEUED ├─► settled ───► new master, new tiles,
    annotations carried over: one revision └─► withdrawn ─► asset as it was (refused, or failed)

The version before is shown until the new one is ready. Its master and tiles stay blobs, and its record stands in the
history, so an undo of the one revision brings back tiles and annotations together. It is signed by who deposited the
version. Every step may be repeated after a crash, as in `scenes.ingest`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from scenes.anchors import carry
from scenes.authoring.admission import admit
from scenes.counting import counted
from scenes.errors import Conflict, Invalid, NotFound, Unsupported
from scenes.ingest import JOBS_TOPIC, MEDIA_TYPES, Depot, file_name
from scenes.model import Actor, Asset, AssetState, Job, Media, Replacement, Tileset
from scenes.ports import Notice, Put
from scenes.rights import Action, require_work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenes.ports import BlobUse

KIND = "replace"
"""of the job"""
_MOST_LIMIT = 1e6


def checked_limit(text: str) -> float | None:
    """Metres that annotations may move by, as a door gets them; empty: none is said. Raises Invalid."""
    if not text.strip():
        return None
    try:
        limit = float(text)
    except ValueError:
        limit = math.nan
    if not 0.0 < limit <= _MOST_LIMIT:
        raise Invalid(f"limit: {text[:40]!r}, expected metres above 0")
    return limit


def replaceable(depot: Depot, actor: Actor, asset_id: str, *, job_id: str = "") -> Asset:
    """The asset that is to get a new version, as it stands.

    Raises:
        Unauthorized, Forbidden: `actor` may not deposit.
        NotFound: there is no such asset.
        Conflict: another version of it is being tiled, by another job than `job_id`.
    """
    require_work(actor, Action.DEPOSIT)
    asset = depot.catalogue.get(Asset, asset_id)
    if asset is None:
        raise NotFound(f"there is no asset {asset_id[:100]!r}")
    admit(depot, actor, asset)
    at_work = [job for job in depot.jobs.jobs_of([asset_id]).get(asset_id, ()) if job.is_at_work]
    if any(job.id != job_id for job in at_work):
        raise Conflict(f"{asset_id} is being tiled by {at_work[0].id}; wait until that has ended, or cancel it")
    return asset


def deposit_version(
    depot: Depot,
    actor: Actor,
    source: BinaryIO,
    *,
    asset_id: str,
    name: str,
    limit: float | None = None,
    job_id: str = "",
) -> tuple[Asset, Job]:
    """Keep the bytes of `source` as the next master of an asset and enqueue its tiling; title and rights stay.

    With `job_id` given, repeating the call completes what a crash interrupted and changes nothing else.

    Raises:
        Unauthorized, Forbidden, NotFound, Conflict: as `replaceable`.
        Invalid: the file is empty, or is the version that is there.
        StorageFull: the disk is full.
    """
    asset = replaceable(depot, actor, asset_id, job_id=job_id)
    job = depot.jobs.job(job_id) if job_id else None
    if job is not None:
        return asset, job
    job_id = job_id or depot.ids.new("job")
    now = depot.clock.now()
    job = Job.queued(job_id, KIND, asset_id, now)
    if asset.replacement is None or asset.replacement.job != job_id:
        read = depot.catalogue.revision_of(asset_id)
        master, length = depot.blobs.put_stream(source)
        if length == 0:
            raise Invalid("the file is empty")
        if master == asset.master and asset.state is AssetState.READY:
            raise Invalid("the file is the version that is there already")
        name = file_name(name)
        media_type = MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
        asset = replace(
            asset, replacement=Replacement(master, name, media_type, length, job_id, by=actor.name, limit=limit)
        )
        reason = f"deposited {name} as a new version of “{asset.title}”"
        depot.catalogue.commit(
            [Put(asset)], author=actor.name, reason=reason, at=now, expected={asset_id: read}, job=job
        )
    else:
        # Programs before this one wrote them one after the other.
        depot.jobs.enqueue(job)
    depot.bus.publish(Notice(asset_id))
    depot.bus.publish(Notice(JOBS_TOPIC))
    return asset, job


def awaited(asset: Asset, job: Job) -> Replacement | None:
    """The version that a job is to tile; None where it is taken back, or there already."""
    found = asset.replacement
    return found if found is not None and found.job == job.id else None


def fits(asset: Asset, made: Tileset | Media) -> None:
    """Refuse a version that is another kind of thing than the one before: what refers to it could not show it.

    Raises:
        Unsupported: a model is to take the place of a recording, …
    """
    before = asset.media.word if asset.media else "model" if asset.tileset else ""
    after = made.word if isinstance(made, Media) else "model"
    if before not in {"", after}:
        raise Unsupported(f"the file is a {after}, and {asset.id} a {before}; deposit it as a thing of its own")


def settled(
    depot: Depot,
    job: Job,
    made: Tileset | Media,
    uses: Sequence[BlobUse],
    report: Sequence[str],
    *,
    media_type: str = "",
) -> Asset:
    """Let the new version take the place of the one before, and carry the annotations over: one revision.

    All blobs of `uses`, the document among them, are kept already; `media_type` is of the master, by its content, where
    that is known. Where the version was taken back meanwhile, nothing changes.

    Raises:
        NotFound: the asset is gone, or a tile of the version before is.
    """
    while True:
        read = depot.catalogue.revision_of(job.subject)
        asset = _present(depot, job)
        found = awaited(asset, job)
        if found is None:
            return asset
        depot.catalogue.allow_blobs(asset.id, uses)
        new = replace(
            asset,
            master=found.master,
            master_name=found.master_name,
            media_type=media_type or found.media_type,
            byte_length=found.byte_length,
            state=AssetState.READY,
            tileset=None if isinstance(made, Media) else made,
            media=made if isinstance(made, Media) else None,
            code="",
            replacement=None,
        )
        carried = carry(depot.catalogue, asset, new, depot.blobs.read, limit=found.limit)
        new = replace(new, report=(*report, *carried.report))
        reason = f"new version of “{asset.title}”: {found.master_name}"
        if carried.notes:
            reason += f"; {counted(len(carried.notes), '[annotation was|annotations were]')} carried over"
            reason += f", {counted(carried.flagged, 'of them [is|are] flagged')}"
        try:
            depot.catalogue.commit(
                [Put(new), *map(Put, carried.notes)],
                author=found.by,
                reason=reason,
                at=depot.clock.now(),
                expected={asset.id: read, **carried.read},
            )
        except Conflict:
            continue
        for topic in (asset.id, *carried.scenes):
            depot.bus.publish(Notice(topic))
        return new


def withdrawn(depot: Depot, job: Job, *, code: str) -> Asset:
    """Give up a version that could not be tiled; the one before stays. Why, the job says. Raises NotFound."""
    while True:
        read = depot.catalogue.revision_of(job.subject)
        asset = _present(depot, job)
        found = awaited(asset, job)
        if found is None:
            return asset
        kept = replace(asset, replacement=None)
        reason = f"{found.master_name} did not become a new version of “{asset.title}”: {code}"
        try:
            depot.catalogue.commit(
                [Put(kept)], author="tiler", reason=reason, at=depot.clock.now(), expected={asset.id: read}
            )
        except Conflict:
            continue
        depot.bus.publish(Notice(asset.id))
        return kept


def _present(depot: Depot, job: Job) -> Asset:
    asset = depot.catalogue.get(Asset, job.subject)
    if asset is None:
        raise NotFound(f"asset {job.subject} is gone")
    return asset
