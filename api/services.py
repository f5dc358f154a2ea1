"""What every door is handed: the ports, the clock, the ids, the settings.

`open_services` is the composition root of the engines: it alone (with `api.app` and `api.cli`) knows which adapter
stands behind which port. Doors take a `Services` and never construct one.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast
from urllib.parse import unquote, urlsplit

import anyio.to_thread

from scenes.cleared import Cleared
from scenes.detail import Details
from scenes.errors import NotFound
from scenes.finding import Findables
from scenes.tables import SceneTables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api.settings import Settings
    from scenes.audit import Audit
    from scenes.fixity import Rounds, Store
    from scenes.model import Actor
    from scenes.ports import Accounts, Blobs, Bus, Catalogue, Clock, Derived, Ids, Jobs, Relay, Tokens, Uploads
    from scenes.purging import Purges
    from storage.archive import Moved, Progress
    from storage.catalogue_sql import SqlCatalogue
    from storage.ocfl import Ocfl

P = ParamSpec("P")
T = TypeVar("T")


def _in_memory() -> Derived:
    from storage.derived_memory import MemoryDerived

    return MemoryDerived()


@dataclass(frozen=True, slots=True)
class Services:
    """The ports of one running museum."""

    catalogue: Catalogue
    blobs: Blobs
    jobs: Jobs
    bus: Bus
    tokens: Tokens
    accounts: Accounts
    audit: Audit
    uploads: Uploads
    clock: Clock
    ids: Ids
    settings: Settings
    derived: Derived = field(default_factory=_in_memory)
    tables: SceneTables = field(default_factory=SceneTables)
    """scenes as columns, kept by revision"""
    findables: Findables = field(default_factory=Findables)
    """exhibitions as they are looked for"""
    relay: Relay | None = None
    """to other processes, where there may be some"""
    rounds: Rounds | None = None
    """looks through the objects, where somebody keeps count of them"""
    details: Details = field(init=False)
    """assets in reduced detail"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "details", Details(self.blobs, self.catalogue))

    @property
    def purges(self) -> Purges:
        """What is erased for good: with the catalogue, because a record and its erasure are in one transaction."""
        return cast("Purges", self.catalogue)

    def cleared(self, actor: Actor) -> Cleared:
        """The museum as an actor may know it."""
        return Cleared(self.catalogue, self.tables, actor, self.clock, self.details)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a synchronous use case or port call in a thread, so that the event loop never waits for a disk."""
        return await anyio.to_thread.run_sync(partial(function, *args, **kwargs))


@contextmanager
def open_services(settings: Settings) -> Iterator[Services]:
    """The engines that `settings` name, closed at the end: SQLite and files in the data directory, or PostgreSQL.

    Redis is a line to other processes, and nothing waits for it: a museum opens without.

    The directory must exist; `api.cli` and `api.app` make and lock it (`api.data_directory`).
    """
    from storage.blobs_verified import VerifiedBlobs
    from storage.bus_local import LocalBus
    from storage.bus_relayed import RelayedBus
    from storage.derived_sqlite import SqliteDerived
    from storage.system import RandomIds, SystemClock

    catalogue = _catalogue(settings)
    derived = SqliteDerived(settings.data / "derived.db")
    relay, ids = _relay(settings), RandomIds()
    try:
        yield Services(
            catalogue=catalogue,
            blobs=VerifiedBlobs(*stores(settings), derived=derived),
            jobs=catalogue,
            bus=LocalBus() if relay is None else RelayedBus(LocalBus(), relay, ids.new("process")),
            tokens=catalogue,
            accounts=catalogue,
            audit=catalogue,
            uploads=_uploads(settings, catalogue),
            clock=SystemClock(),
            ids=ids,
            settings=settings,
            derived=derived,
            relay=relay,
            rounds=catalogue,
        )
    finally:
        if relay is not None:
            relay.close()
        catalogue.close()
        derived.close()


def _catalogue(settings: Settings) -> SqlCatalogue:
    if settings.is_postgres:
        from storage.catalogue_postgres import PostgresCatalogue

        return PostgresCatalogue(settings.database_url)
    from storage.catalogue_sqlite import SqliteCatalogue

    return SqliteCatalogue(settings.database_path)


def stores(settings: Settings) -> tuple[Store, Store | None]:
    """The store of objects as it is, without `VerifiedBlobs` before it, and its replica."""

    def at(url: str) -> Store:
        parts = urlsplit(url)
        if parts.scheme == "s3":
            from storage.blobs_s3 import S3Blobs

            return S3Blobs(url, settings.data / "outgoing")
        from storage.blobs_local import LocalBlobs

        return LocalBlobs(Path(unquote(parts.path)) if url else settings.data / "objects")

    return at(settings.objects_url), at(settings.replica_url) if settings.replica_url else None


def _uploads(settings: Settings, catalogue: SqlCatalogue) -> Uploads:
    """Where the objects are, so that processes that share these share uploads, too."""
    if settings.is_s3:
        from storage.uploads_s3 import S3Uploads

        return S3Uploads(catalogue, settings.objects_url)
    from storage.uploads_local import LocalUploads

    return LocalUploads((settings.objects_path if settings.objects_url else settings.data) / "uploads")


def every_store(settings: Settings) -> list[Store]:
    """The store of objects and its replica, where there is one: what is erased goes from both."""
    return [each for each in stores(settings) if each is not None]


def _relay(settings: Settings) -> Relay | None:
    if not settings.redis_url:
        return None
    from storage.bus_redis import RedisRelay

    return RedisRelay(settings.redis_url, museum=settings.museum)


def archive_of(folder: Path) -> Ocfl:
    """The OCFL tree in a folder, made where there is none. Raises Malformed."""
    from storage.ocfl import Ocfl

    return Ocfl(folder)


def archived(services: Services, folder: Path, *, author: str, progress: Progress) -> Moved:
    """Bring a museum's OCFL tree up to date; see `storage.archive.export`."""
    from storage.archive import export

    return export(services, archive_of(folder), author=author, progress=progress)


def restored(services: Services, folder: Path, *, progress: Progress) -> Moved:
    """Make a museum of an OCFL tree; see `storage.archive.restore`. Raises NotFound, too: there is no such folder."""
    from storage.archive import restore

    if not folder.is_dir():
        raise NotFound(f"there is no folder {folder}")
    return restore(services, services.jobs, archive_of(folder), progress=progress)
