"""Deposit: bytes become a master, an asset and a job; what the job found becomes tiles, media, or a refusal.

Every step may be repeated after a crash and changes nothing the second time: the master is kept by its digest, the
asset and the job get ids that the caller may fix (the doors derive them from the upload's id), and a job that is
leased again writes the same blobs and the same record.

    upload complete ── deposit ──► asset PENDING, job QUEUED ──► tiled, or taken ─► asset READY ├─► rejected ─► asset
    REJECTED (the file's fault, with code) └─► failed ───► asset FAILED (ours, after all attempts)

A model is tiled; a recording or a picture is taken as it is, without tiles.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from scenes.authoring.admission import admit
from scenes.errors import Conflict, Invalid, NotFound
from scenes.model import Actor, Asset, AssetState, Job, Media, Tileset, Visibility
from scenes.ports import Museum, Notice, Put
from scenes.rights import Action, require_work

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scenes.ports import Blobs, BlobUse, Jobs

JOBS_TOPIC = "jobs"
"""topic of the bus on which a worker hears that there is work"""

MEDIA_TYPES = {
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
    "obj": "model/obj",
    "ply": "model/ply",
    "stl": "model/stl",
    "zip": "application/zip",
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "oga": "audio/ogg",
    "opus": "audio/ogg",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}
"""media type of a master by the ending of its name, until it is looked into"""

ENDINGS = {
    "audio/wav": "wav",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "image/webp": "webp",
}
"""ending of the name of what is served, by its media type"""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_URI = re.compile(r"https?://[^\s<>\"]{1,1900}")


class Depot(Museum, Protocol):
    """What depositing needs. `api.services.Services` is one by its shape."""

    @property
    def blobs(self) -> Blobs:
        """The masters and tiles."""
        ...

    @property
    def jobs(self) -> Jobs:
        """The queue."""
        ...


def file_name(name: str) -> str:
    r"""A name to show and to hand back on download, never a path.

    >>> file_name("C:\\scans\\..\\venus.glb")
    'venus.glb'
    """
    last = _CONTROL.sub("", re.split(r"[/\\]", name)[-1]).strip().strip(".")
    return last[-200:] or "unnamed"


def checked_about(name: str, *, title: str = "", rights: str = "", attribution: str = "") -> tuple[str, str, str, str]:
    """File name, title, rights and attribution of a deposit, made clean; the title defaults to the name.

    Raises:
        Invalid: one of them is not acceptable.
    """
    name = file_name(name)
    title = _CONTROL.sub(" ", title).strip() or name.rsplit(".", 1)[0] or name
    attribution = _CONTROL.sub(" ", attribution).strip()
    if len(title) > 300:
        raise Invalid(f"title: {len(title)} characters, at most 300 are kept")
    if len(attribution) > 2000:
        raise Invalid(f"attribution: {len(attribution)} characters, at most 2,000 are kept")
    if rights and not _URI.fullmatch(rights):
        raise Invalid(
            "rights: give the address of a licence or rights statement, for example "
            "https://creativecommons.org/publicdomain/zero/1.0/"
        )
    return name, title, rights, attribution


def deposit(
    depot: Depot,
    actor: Actor,
    source: BinaryIO,
    *,
    name: str,
    title: str = "",
    rights: str = "",
    attribution: str = "",
    asset_id: str = "",
    job_id: str = "",
) -> tuple[Asset, Job]:
    """Keep the bytes of `source` as a master, record the asset (a draft, PENDING) and enqueue its tiling.

    With `asset_id` and `job_id` given, repeating the call completes what a crash interrupted and changes nothing else.

    Raises:
        Unauthorized, Forbidden: `actor` may not deposit.
        Invalid: title, rights or attribution are not acceptable, or the file is empty.
        StorageFull: the disk is full.
    """
    require_work(actor, Action.DEPOSIT)
    name, title, rights, attribution = checked_about(name, title=title, rights=rights, attribution=attribution)
    asset = depot.catalogue.get(Asset, asset_id) if asset_id else None
    now = depot.clock.now()
    new_id = asset_id or depot.ids.new("asset")
    job = Job.queued(job_id or depot.ids.new("job"), "tile", new_id, now)
    if asset is None:
        master, length = depot.blobs.put_stream(source)
        if length == 0:
            raise Invalid("the file is empty")
        asset = Asset(
            id=new_id,
            title=title,
            rights=rights,
            master=master,
            master_name=name,
            media_type=MEDIA_TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream"),
            byte_length=length,
            state=AssetState.PENDING,
            visibility=Visibility.DRAFT,
            created_at=now,
            created_by=actor.name,
            attribution=attribution,
        )
        asset = _recorded(depot, asset, job, author=actor.name, reason=f"deposited {name}")
    found = depot.jobs.job(job.id)
    if found is None:
        # Programs before this one wrote them one after the other.
        with suppress(Conflict):
            depot.jobs.enqueue(job)
    job = found or job
    depot.bus.publish(Notice(asset.id))
    depot.bus.publish(Notice(JOBS_TOPIC))
    return asset, job


def read_again(depot: Depot, actor: Actor, asset_id: str, *, job_id: str = "") -> Job:
    """Enqueue once more the reading of what was deposited, of which nothing came: it was refused, failed, or cancelled.

    What a program refuses, a later one may read.

    Raises:
        Unauthorized, Forbidden: `actor` may not deposit, or not change the asset.
        NotFound: there is no such asset.
        Conflict: it is ready, it is being read, or it changed in the meantime.
    """
    require_work(actor, Action.DEPOSIT)
    read = depot.catalogue.revision_of(asset_id)
    asset = depot.catalogue.get(Asset, asset_id)
    if asset is None:
        raise NotFound(f"there is no asset {asset_id[:80]!r}")
    admit(depot, actor, asset)
    if asset.state is AssetState.READY:
        raise Conflict(f"the asset {asset.title!r} is ready; give it a new version instead")
    if any(job.is_at_work for job in depot.jobs.jobs_of([asset_id]).get(asset_id, ())):
        raise Conflict(f"the asset {asset.title!r} is being read")
    now = depot.clock.now()
    job = Job.queued(job_id or depot.ids.new("job"), "tile", asset_id, now)
    pending = replace(asset, state=AssetState.PENDING, report=(), code="")
    # Of an asset that waited already nothing changes but that it is read: that is no revision.
    if pending == asset:
        depot.jobs.enqueue(job)
    else:
        expected = {asset_id: read}
        reason = f"to be read again: {asset.master_name}"
        depot.catalogue.commit([Put(pending)], author=actor.name, reason=reason, at=now, expected=expected, job=job)
    depot.bus.publish(Notice(asset_id))
    depot.bus.publish(Notice(JOBS_TOPIC))
    return job


def _recorded(depot: Depot, asset: Asset, job: Job, *, author: str, reason: str) -> Asset:
    """Write a new asset and its job, or take what another server wrote of the same upload a moment ago."""
    at, read = asset.created_at, {asset.id: 0}
    try:
        depot.catalogue.commit([Put(asset)], author=author, reason=reason, at=at, expected=read, job=job)
    except Conflict:
        written = depot.catalogue.get(Asset, asset.id)
        if written is None:
            raise
        return written
    return asset


def tiled(depot: Depot, asset_id: str, tileset: Tileset, uses: Sequence[BlobUse], report: Sequence[str]) -> Asset:
    """Record what the tiler made; all blobs of `uses`, the document among them, are kept already.

    Raises:
        NotFound: the asset is gone.
    """
    depot.catalogue.allow_blobs(asset_id, uses)
    outcome = {"state": AssetState.READY, "tileset": tileset, "report": tuple(report), "code": ""}
    return _settle(depot, asset_id, outcome, reason="tiled")


def taken(
    depot: Depot, asset_id: str, media: Media, uses: Sequence[BlobUse], report: Sequence[str], *, media_type: str
) -> Asset:
    """Record a recording or a picture as ready, without tiles; `media_type` is of the master, by its content.

    Raises:
        NotFound: the asset is gone.
    """
    depot.catalogue.allow_blobs(asset_id, uses)
    outcome = {"state": AssetState.READY, "media": media, "report": tuple(report), "code": "", "media_type": media_type}
    return _settle(depot, asset_id, outcome, reason=f"looked into: a {media.word}")


def rejected(depot: Depot, asset_id: str, *, code: str, message: str) -> Asset:
    """Record that the file was refused, and why. Its bytes stay: they are the depositor's. Raises NotFound."""
    outcome = {"state": AssetState.REJECTED, "report": (message,), "code": code}
    return _settle(depot, asset_id, outcome, reason=f"rejected: {code}")


def failed(depot: Depot, asset_id: str, *, code: str, message: str) -> Asset:
    """Record that tiling failed by a fault of ours. Raises NotFound."""
    outcome = {"state": AssetState.FAILED, "report": (message,), "code": code}
    return _settle(depot, asset_id, outcome, reason=f"failed: {code}")


def _settle(depot: Depot, asset_id: str, outcome: Mapping[str, Any], *, reason: str) -> Asset:
    """Write an outcome into the asset, whatever curators change of it meanwhile."""
    while True:
        revision = depot.catalogue.revision_of(asset_id)
        asset = depot.catalogue.get(Asset, asset_id)
        if asset is None:
            raise NotFound(f"asset {asset_id} is gone")
        settled = replace(asset, **outcome)
        if settled == asset:
            # What a crash interrupted after this commit is repeated without a second revision.
            return asset
        try:
            depot.catalogue.commit(
                [Put(settled)], author="tiler", reason=reason, at=depot.clock.now(), expected={asset_id: revision}
            )
        except Conflict:
            continue
        depot.bus.publish(Notice(asset_id))
        return settled
