"""What must be true of a museum after whatever happened to it: acknowledged things are there, and nothing is half."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import apsw

from api.auth import token_hash
from api.services import Services, archive_of, every_store, stores
from scenes.fixity import is_whole, scrub
from scenes.missing import missing
from scenes.model import Asset, AssetState, JobState
from storage.archive import MUSEUM
from tests.faults.operations import CHIME, assets, entry_digest, opened, work

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
    """What was acknowledged and is not there; of uploads the last offset counts."""
    offsets = {each["id"]: each for each in said if each.get("ack") == "upload"}
    for each in [*(one for one in said if one.get("ack") not in {None, "upload"}), *offsets.values()]:
        yield from _CHECKS[each["ack"]](services, each)


def _lost_key(services: Services, told: dict[str, Any]) -> Iterator[str]:
    if services.settings.secret_key != told["key"]:
        yield "the secret key is another one"


def _lost_token(services: Services, told: dict[str, Any]) -> Iterator[str]:
    if services.tokens.use_token(token_hash(told["token"]), at=services.clock.now()) is None:
        yield "a token is not known any more"


def _lost_revision(services: Services, told: dict[str, Any]) -> Iterator[str]:
    found = services.catalogue.log(after=told["number"] - 1, first=1)
    if not found or entry_digest(found[0]) != told["digest"]:
        yield f"revision {told['number']} is lost, or another one"


def _lost_upload(services: Services, told: dict[str, Any]) -> Iterator[str]:
    if services.jobs.job(told["id"].replace("upload_", "job_")) is not None:
        return
    bytes_there = (services.settings.data / "uploads" / told["id"] / "bytes").read_bytes()[: told["offset"]]
    if services.uploads.offset(told["id"])[0] < told["offset"] or bytes_there != CHIME[: told["offset"]]:
        yield f"{told['id']} lost acknowledged bytes"


def _lost_deposit(services: Services, told: dict[str, Any]) -> Iterator[str]:
    asset = services.catalogue.get(Asset, told["asset"])
    if asset is None or asset.master != told["master"]:
        yield f"{told['asset']} is lost"
    elif not is_whole(services.blobs, told["master"]):
        yield f"the master of {told['asset']} is not whole"
    yield from _lost_job(services, told)


def _lost_job(services: Services, told: dict[str, Any]) -> Iterator[str]:
    if services.jobs.job(told["job"]) is None:
        yield f"{told['job']} is lost"


def _lost_tiles(services: Services, told: dict[str, Any]) -> Iterator[str]:
    asset = services.catalogue.get(Asset, told["asset"])
    if asset is None or asset.tileset is None or asset.tileset.digest != told["tileset"]:
        yield f"the tiles of {told['asset']} are lost"


def _lost_blob(services: Services, told: dict[str, Any]) -> Iterator[str]:
    if not is_whole(services.blobs, told["digest"]):
        yield f"the object {told['digest']} is not whole"


def _lost_copy(services: Services, told: dict[str, Any]) -> Iterator[str]:
    replica = stores(services.settings)[1]
    if replica is None or not is_whole(replica, told["digest"]):
        yield f"the replica's {told['digest']} is not whole"


def _lost_purge(services: Services, told: dict[str, Any]) -> Iterator[str]:
    if services.purges.purge(told["id"]) is None:
        yield f"{told['id']} is lost"


def _not_erased(services: Services, told: dict[str, Any]) -> Iterator[str]:
    if services.catalogue.revision_of(told["asset"]) or told["asset"] not in services.purges.purged():
        yield f"{told['asset']} is back, or nobody knows that it was erased"
    yield from _not_collected(services, told)


def _not_collected(services: Services, told: dict[str, Any]) -> Iterator[str]:
    if any(store.size(told["digest"]) is not None for store in every_store(services.settings)):
        yield f"the erased object {told['digest']} is back"


def _lost_from_tree(services: Services, told: dict[str, Any]) -> Iterator[str]:
    yield from _lost_tree(services.settings.data.with_name("tree"), told["revisions"])


_CHECKS: dict[str, Callable[[Services, dict[str, Any]], Iterator[str]]] = {
    "key": _lost_key,
    "token": _lost_token,
    "revision": _lost_revision,
    "upload": _lost_upload,
    "deposit": _lost_deposit,
    "job": _lost_job,
    "ready": _lost_tiles,
    "blob": _lost_blob,
    "replica": _lost_copy,
    "purge": _lost_purge,
    "erased": _not_erased,
    "collected": _not_collected,
    "tree": _lost_from_tree,
}
"""by what was acknowledged"""


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
