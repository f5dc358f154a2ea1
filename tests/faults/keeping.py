"""What must be true of a museum after whatever happened to it: acknowledged things are there, and nothing is half."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw

from api.auth import token_hash
from api.cli_fsck import missing
from api.services import Services, archive_of, stores
from scenes.fixity import is_whole, scrub
from scenes.model import Asset, AssetState, JobState
from storage.archive import MUSEUM
from tests.faults.operations import assets, entry_digest, opened, work

LATER = timedelta(hours=2)
_OPEN = {JobState.QUEUED, JobState.RUNNING}


def wrong(data: Path, said: Sequence[dict[str, Any]], operation: str) -> Iterator[str]:
    """What is not as it must be, in words, after `operation` and before anything is done again."""
    with opened(data) as services:
        yield from lost(services, said)
        # An import writes a history again, in which assets waited; where it is broken off it is to be begun again.
        yield from half(services, may_wait=operation == "import")
        # Whoever spoils objects on purpose is asked only for what was acknowledged.
        if operation != "replicate":
            yield from unsound(services)


def lost(services: Services, said: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What was acknowledged and is not there."""
    reached: dict[str, int] = {}
    for each in said:
        match each.get("ack"):
            case "key":
                if services.settings.secret_key != each["key"]:
                    yield "the secret key is another one"
            case "token":
                if services.tokens.use_token(token_hash(each["token"]), at=services.clock.now()) is None:
                    yield "a token is not known any more"
            case "revision":
                found = services.catalogue.log(after=each["number"] - 1, first=1)
                if not found or entry_digest(found[0]) != each["digest"]:
                    yield f"revision {each['number']} is lost, or another one"
            case "upload":
                reached[each["id"]] = each["offset"]
            case "deposit":
                reached.clear()
                asset = services.catalogue.get(Asset, each["asset"])
                if asset is None or asset.master != each["master"]:
                    yield f"{each['asset']} is lost"
                elif not is_whole(services.blobs, each["master"]):
                    yield f"the master of {each['asset']} is not whole"
                if services.jobs.job(each["job"]) is None:
                    yield f"{each['job']} is lost"
            case "job":
                if services.jobs.job(each["job"]) is None:
                    yield f"{each['job']} is lost"
            case "ready":
                asset = services.catalogue.get(Asset, each["asset"])
                if asset is None or asset.tileset is None or asset.tileset.digest != each["tileset"]:
                    yield f"the tiles of {each['asset']} are lost"
            case "blob":
                if not is_whole(services.blobs, each["digest"]):
                    yield f"the object {each['digest']} is not whole"
            case "replica":
                replica = stores(services.settings)[1]
                if replica is None or not is_whole(replica, each["digest"]):
                    yield f"the replica's {each['digest']} is not whole"
            case "tree":
                yield from _lost_tree(services.settings.data.with_name("tree"), each["revisions"])
    for upload, offset in reached.items():
        if services.jobs.job(upload.replace("upload_", "job_")) is None and services.uploads.offset(upload)[0] < offset:
            yield f"{upload} lost acknowledged bytes"


def _lost_tree(folder: Path, revisions: int) -> Iterator[str]:
    tree = archive_of(folder)
    yield from tree.damaged()
    lines = b""
    for name, kept in (tree.kept(MUSEUM) or {}).items():
        if name.startswith("revisions/"):
            with tree.open(MUSEUM, kept) as source:
                lines += source.read()
    if (there := lines.count(b"\n")) < revisions:
        yield f"the tree has {there} of {revisions} revisions"


def half(services: Services, *, may_wait: bool = False) -> Iterator[str]:
    """What is there in part: a state that no program writes. `may_wait`: assets without a job."""
    connection = apsw.Connection(str(services.settings.database_path), flags=apsw.SQLITE_OPEN_READONLY)
    ((said,),) = connection.execute("PRAGMA integrity_check(1)")
    if said != "ok":
        yield f"the catalogue is damaged: {said}"
    uses = [row[0] for row in connection.execute("SELECT DISTINCT digest FROM blob_use")]
    connection.close()
    yield from (f"{each} is served, and is not there" for each in uses if services.blobs.size(each) is None)
    last = services.catalogue.latest()
    numbers = [entry.revision.number for entry in services.catalogue.log(after=0, first=last + 1)]
    if numbers != list(range(1, last + 1)):
        yield "the revisions have gaps"
    for asset in assets(services):
        jobs = services.jobs.jobs_of((asset.id,))[asset.id]
        if asset.state is AssetState.READY and asset.tileset is None and asset.media is None:
            yield f"{asset.id} is ready and has nothing to show"
        if asset.state is AssetState.PENDING and not may_wait and not any(job.state in _OPEN for job in jobs):
            yield f"{asset.id} waits, and no job will come to it"
        if asset.replacement is not None and services.jobs.job(asset.replacement.job) is None:
            yield f"the new version of {asset.id} waits, and no job will come to it"


def unsound(services: Services) -> Iterator[str]:
    """What fsck finds."""
    store, _ = stores(services.settings)
    found = scrub(store, replica=None, repairs=False, advance=lambda _: None)
    yield from (f"damaged {each}" for each in found.damaged)
    for asset in assets(services):
        for what, digest, _ in missing(store, asset, lambda _: False):
            yield f"{asset.id} lacks its {what} {digest}"


def unfinished(data: Path) -> Iterator[str]:
    """All jobs come to an end, well, and then nothing is half; what does not, in words. The museum is worked in."""
    with opened(data, ahead=LATER) as services:
        work(services)
        for asset in assets(services):
            for job in services.jobs.jobs_of((asset.id,))[asset.id]:
                if job.state in _OPEN or job.state in {JobState.FAILED, JobState.REJECTED}:
                    yield f"{job.id} of {asset.id} ended as {job.state.value}: {job.message}"
            if asset.state is not AssetState.READY or asset.replacement is not None:
                yield f"{asset.id} did not become ready"
        yield from half(services)
        yield from unsound(services)
