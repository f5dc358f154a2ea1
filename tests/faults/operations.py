"""What is done to a museum while it is disturbed, and what is acknowledged of it.

Each operation opens the museum as a process does, does its work in the first thread, and says what was acknowledged as
soon as it was. Each may be done again after it was broken off: that is the second run, and it has to succeed.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import apsw

from api.auth import make_token
from api.data_directory import prepare
from api.sandboxed import sandboxed_tile
from api.services import Services, archived, every_store, open_services, restored, stores
from api.settings import Settings, SettingsError
from api.uploads import complete
from api.worker import Worker
from scenes import compose
from scenes.errors import NotFound
from scenes.fixity import replicate
from scenes.history import redo, undo
from scenes.ingest import deposit
from scenes.model import (
    Actor,
    Anchor,
    Annotation,
    Asset,
    Exhibition,
    Layer,
    LocalText,
    Placement,
    Role,
    Scene,
    Viewpoint,
)
from scenes.ports import LogEntry
from scenes.purging import approve_purge, collect, job_of, propose_purge
from scenes.restoring import restore
from scenes.versions import deposit_version
from storage.migrate import migrate, migrations
from storage.records import encode
from tests.contracts.samples import scene

INES, BOB = Actor("ines", Role.CURATOR, account="account_i"), Actor("bob", Role.ADMINISTRATOR, account="account_b")
DATA = Path(__file__).resolve().parents[1] / "data"
TINY = (DATA / "tiny.stl").read_bytes()
CHIME = (DATA / "chime.flac").read_bytes()
"""a recording, which is looked into ten times as fast as a model is tiled"""
TEXT = (DATA / "tiny-text.stl").read_bytes()
VIEW = Viewpoint((0, 2, 10), (0, 0, 0))
LENT = b"solid lent\nendsolid lent\n"
_UPLOAD = "upload_faults"
_PIECES = 3

Say = Callable[..., None]
"""says what was acknowledged"""


@dataclass(frozen=True, slots=True)
class Later:
    """A clock that is so much ahead: leases have run out by then."""

    ahead: timedelta
    clock: Any

    def now(self) -> datetime:
        """Now, there."""
        moment: datetime = self.clock.now() + self.ahead
        return moment


def settings_of(data: Path) -> Settings:
    """Of a museum in a folder, with a replica beside it."""
    replica = data.with_name(f"{data.name}-replica")
    return prepare(Settings(data=data, workers=1, replica_url=f"file://{replica}", job_attempts=5))


LONG_AFTER = timedelta(hours=5)
COULD_NOT_BEGIN = (SettingsError,)
_kept: list[Services] = []


@contextmanager
def opened(data: Path, *, ahead: timedelta = timedelta()) -> Iterator[Services]:
    """The museum as a process has it: the one that is kept open, or opened now."""
    if _kept:
        yield replace(_kept[-1], clock=Later(ahead, _kept[-1].clock))
        return
    with open_services(settings_of(data)) as services:
        yield replace(services, clock=Later(ahead, services.clock)) if ahead else services


@contextmanager
def kept_open(services: Services, *, ahead: timedelta = timedelta()) -> Iterator[None]:
    """What follows has this museum, as what comes to a server has."""
    _kept.append(replace(services, clock=Later(ahead, services.clock)))
    try:
        yield
    finally:
        _kept.pop()


def work(services: Services) -> int:
    """Do all jobs that are to be done, in this thread; how many were begun."""
    worker, count = Worker(services, sandboxed_tile(services.settings)), 0
    while worker.work_once("faults"):
        count += 1
    return count


def entry_digest(entry: LogEntry) -> str:
    """Of a revision and all that it wrote and ended."""
    told = [(type(change).__name__, encode(change.record)) for change in entry.changes]
    return hashlib.sha256(repr((entry.revision, entry.taking, told)).encode()).hexdigest()


def say_revisions(services: Services, say: Say, *numbers: int) -> None:
    """That revisions were acknowledged."""
    for number in numbers:
        (entry,) = services.catalogue.log(after=number - 1, first=1)
        say(ack="revision", number=number, digest=entry_digest(entry))


def open_empty(data: Path, say: Say) -> None:
    """An empty folder becomes a museum."""
    with opened(data) as services:
        say(ack="key", key=services.settings.secret_key)
        say(ack="token", token=make_token(services.tokens, INES, at=services.clock.now()))


def bring_up(data: Path, say: Say) -> None:
    """A catalogue of the first schema is brought to the present one."""
    with opened(data) as services:
        for number in range(1, services.catalogue.latest() + 1):
            say_revisions(services, say, number)


def upload(data: Path, say: Say) -> None:
    """A file comes in pieces, as /uploads takes it, and becomes an asset and a job."""
    with opened(data) as services:
        try:
            offset = services.uploads.offset(_UPLOAD)[0]
        except NotFound:
            if services.jobs.job("job_faults") is not None:
                return
            about = {"filename": "chime.flac"}
            services.uploads.create(
                upload_id=_UPLOAD, length=len(CHIME), metadata=about, owner="ines", at=services.clock.now()
            )
            offset = 0
        say(ack="upload", id=_UPLOAD, offset=offset)
        step = len(CHIME) // _PIECES + 1
        while offset < len(CHIME):
            piece = CHIME[offset : offset + step]
            offset = services.uploads.append(_UPLOAD, offset=offset, chunks=iter((piece,)))
            say(ack="upload", id=_UPLOAD, offset=offset)
        done = complete(services, _UPLOAD, INES)
        say(ack="deposit", asset=done["Chronotope-Asset"], job=done["Chronotope-Job"], master=_digest(CHIME))


def ingest(data: Path, say: Say) -> None:
    """A file is deposited by `chronotope ingest --no-wait`, which gives no ids."""
    with opened(data) as services:
        asset, job = deposit(services, INES, io.BytesIO(CHIME), name="chime.flac")
        say(ack="deposit", asset=asset.id, job=job.id, master=asset.master)
        say_revisions(services, say, services.catalogue.latest())


def tile(data: Path, say: Say) -> None:
    """What waits is tiled."""
    with opened(data, ahead=timedelta(hours=1)) as services:
        work(services)
        for asset in assets(services):
            if asset.tileset is not None:
                say(ack="ready", asset=asset.id, tileset=asset.tileset.digest)


def renew(data: Path, say: Say) -> None:
    """A new version of an asset is deposited and tiled, and its annotation carried over."""
    with opened(data, ahead=timedelta(hours=1)) as services:
        asset = services.catalogue.get(Asset, "asset_stone")
        assert asset is not None
        if asset.master_name != "again.stl":
            if asset.replacement is None:
                source = io.BytesIO(TEXT[:-1] + b"\n\n")
                deposit_version(services, INES, source, asset_id=asset.id, name="again.stl", job_id="job_renew")
            elif services.jobs.job("job_renew") is None:
                deposit_version(services, INES, io.BytesIO(), asset_id=asset.id, name="again.stl", job_id="job_renew")
            say(ack="job", job="job_renew")
            work(services)
        tile(data, say)


def edit(data: Path, say: Say) -> None:
    """Records are made, changed, taken back and brought back."""
    with opened(data) as services:
        for title in ("Trees", "Walls"):
            made = compose.create(Layer, services, INES, scene="scene_faults", title=title)
            say_revisions(services, say, made.revision.number)
        named = {"layer": made.record.id, "asset": "asset_stone", "existence": "-0430/0300"}
        placed = compose.create(Placement, services, INES, title="A wall", **named)
        say_revisions(services, say, placed.revision.number)
        for change in (undo, redo):
            say_revisions(services, say, change(services, INES, scene="scene_faults").revision.number)
        moved = compose.update(Placement, services, INES, placed.record.id, title="The wall")
        say_revisions(services, say, moved.revision.number)


def publish(data: Path, say: Say) -> None:
    """An exhibition is shown, with its scene and its assets, and taken back."""
    with opened(data) as services:
        shown = compose.publish_exhibition(services, INES, "exhibition_faults")
        say_revisions(services, say, shown.revision.number)
        hidden = compose.unpublish_exhibition(services, INES, "exhibition_faults")
        say_revisions(services, say, hidden.revision.number)


def delete(data: Path, say: Say) -> None:
    """A placement and then its asset are removed."""
    with opened(data) as services:
        removals: tuple[Callable[[], Any], ...] = (
            lambda: compose.remove(Placement, services, INES, "placement_urn"),
            lambda: compose.remove_asset(services, services.jobs, INES, "asset_urn"),
        )
        for remove in removals:
            try:
                say_revisions(services, say, remove().revision.number)
            except NotFound:
                continue


def bring_back_removed(data: Path, say: Say) -> None:
    """A placement is removed, and brought back with what it needs."""
    with opened(data) as services:
        try:
            removed = compose.remove(Placement, services, INES, "placement_urn")
            say_revisions(services, say, removed.revision.number)
        except NotFound:
            pass
        if services.catalogue.get(Placement, "placement_urn") is None:
            say_revisions(services, say, restore(services, INES, "placement_urn").revision.number)


def erase(data: Path, say: Say) -> None:
    """An asset that was removed 31 days ago is erased for good: proposed, approved, done by a job."""
    with opened(data, ahead=timedelta(days=31)) as services:
        if services.purges.purged():
            return
        found = [each for each in services.purges.purges(first=9) if "asset_lent" in each.records]
        purge = (
            found[0]
            if found
            else propose_purge(services, services.purges, INES, ["asset_lent"], reason="the lender asked")
        )
        say(ack="purge", id=purge.id)
        approve_purge(services, services.purges, BOB, purge.id)
        say(ack="job", job=job_of(purge.id))
        work(services)
        done = services.purges.purge(purge.id)
        if done is not None and done.ended_at is not None:
            say(ack="erased", asset="asset_lent", digest=_digest(LENT))


def collect_garbage(data: Path, say: Say) -> None:
    """Bytes that nothing names are erased, two days after they were put."""
    with opened(data) as services:
        strays = [services.blobs.put(b"stray %d" % number) for number in range(3)]
    with opened(data, ahead=timedelta(days=2)) as services:
        collect(services, services.purges, every_store(services.settings))
        for each in strays:
            say(ack="collected", digest=each)


def replicated(data: Path, say: Say) -> None:
    """The replica gets what it lacks, and a spoilt object is mended from it."""
    with opened(data) as services:
        store, replica = stores(services.settings)
        assert replica is not None
        replicate(store, replica, lambda _: None)
        asset = services.catalogue.get(Asset, "asset_stone")
        assert asset is not None
        say(ack="replica", digest=asset.master)
        path = next((data / "objects").glob(f"??/??/{asset.master}"), None)
        if path is not None:
            path.chmod(0o600)
            path.write_bytes(b"spoilt")
        services.blobs.read(asset.master)
        say(ack="blob", digest=asset.master)


def export(data: Path, say: Say) -> None:
    """An OCFL tree is brought up to date."""
    with opened(data) as services:
        archived(services, data.with_name("tree"), author="ines", progress=lambda *_: None)
        say(ack="tree", revisions=services.catalogue.latest())


def bring_back(data: Path, say: Say) -> None:
    """A museum is made of an OCFL tree."""
    with opened(data) as services:
        restored(services, data.with_name("tree"), progress=lambda *_: None)
        say_revisions(services, say, *range(1, services.catalogue.latest() + 1))


OPERATIONS: dict[str, Callable[[Path, Say], None]] = {
    "open": open_empty,
    "migrate": bring_up,
    "upload": upload,
    "ingest": ingest,
    "tile": tile,
    "renew": renew,
    "edit": edit,
    "publish": publish,
    "delete": delete,
    "restore": bring_back_removed,
    "purge": erase,
    "collect": collect_garbage,
    "replicate": replicated,
    "export": export,
    "import": bring_back,
}
"""by the name in the tables"""


def assets(services: Services) -> list[Asset]:
    """All that stand."""
    return [each for each in services.catalogue.page(Asset, first=1000).records if isinstance(each, Asset)]


def make_base(folder: Path, *, is_tiled: bool = True) -> None:
    """Museums for operations to begin with: `empty`, `old`, `whole`, `waiting`, and the tree of `whole`.

    `is_tiled`: whole means that its assets are tiled; without, their jobs wait, and it is there in a moment.
    """
    (folder / "empty").mkdir(parents=True)
    (folder / "old").mkdir()
    _make_old(folder / "old" / "catalogue.db")
    with opened(folder / "whole") as services:
        for name, data in (("stone", TEXT), ("urn", TINY)):
            deposit(
                services, INES, io.BytesIO(data), name=f"{name}.stl", asset_id=f"asset_{name}", job_id=f"job_{name}"
            )
        if is_tiled:
            work(services)
        given: dict[str, Any] = {"title": "Agora", "default_moment": "-0430", "viewpoint": VIEW}
        compose.create(Scene, services, INES, id="scene_faults", **given)
        layer = compose.create(Layer, services, INES, scene="scene_faults", title="All").record
        for name in ("stone", "urn"):
            named = {"layer": layer.id, "asset": f"asset_{name}", "existence": "-0430/0300"}
            compose.create(Placement, services, INES, id=f"placement_{name}", **named)
        compose.create(
            Annotation,
            services,
            INES,
            scene="scene_faults",
            title="A break",
            bodies=[LocalText("<p>Here.</p>")],
            anchor=Anchor.at((0.0, 0.0, 0.0), "placement_stone"),
            existence="-0430/0300",
        )
        # Removed a moment ago, and so long ago for whoever asks at a later time of day.
        deposit(services, INES, io.BytesIO(LENT), name="lent.stl", asset_id="asset_lent", job_id="job_lent")
        services.jobs.cancel("job_lent", at=services.clock.now())
        compose.remove_asset(services, services.jobs, INES, "asset_lent")
        given = {"scene": "scene_faults", "slug": "faults", "title": "Faults"}
        compose.create(Exhibition, services, INES, id="exhibition_faults", **given)
    with opened(folder / "whole") as services:
        archived(services, folder / "tree", author="ines", progress=lambda *_: None)
    # A tile operation needs something that waits.
    shutil.copytree(folder / "whole", folder / "waiting")
    with opened(folder / "waiting") as services:
        deposit(services, INES, io.BytesIO(TEXT + b"\n"), name="next.stl", asset_id="asset_next", job_id="job_next")


BASE = {"open": "empty", "migrate": "old", "import": "empty", "tile": "waiting"}
"""the museum that an operation begins with, where it is not `whole`"""


def _make_old(path: Path) -> None:
    """A catalogue of schema 1 with a record in it."""
    connection = apsw.Connection(str(path))
    migrate(connection, migrations()[:1])
    connection.execute("INSERT INTO revision VALUES (1, 'ada', '2026-01-02T00:00:00.000000Z', 'first')")
    connection.execute(
        "INSERT INTO record (kind, id, scene, seq, public, slug, body, from_revision) VALUES"
        " ('scene', 'scene_a', '', 1, 1, NULL, ?, 1)",
        (encode(scene()),),
    )
    connection.close()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
