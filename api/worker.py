"""The worker in this process: leases jobs, tiles in a sandbox, keeps what came out.

    lease ─► a poster? made here, of tiles of our own ─► DONE
          ─► copy the master into a private folder ─► recording, picture or model? ─► sandbox (a child process with
    limits) ─► blobs ─► asset READY, job DONE │ refused: asset REJECTED, job REJECTED, with code │ our fault: tried
    again later, at last FAILED │ cancelled or lease lost: the child is ended, nothing is recorded └ stopping: the
    child is ended, the job is given back and was no attempt

A crash at any point leaves a lease that runs out, and the job is begun again from its start: the same input gives the
same blobs, so nothing is doubled. A pulse thread keeps the lease alive and carries progress, because a parser may say
nothing for longer than a lease lasts. The blobs are all kept before the record names them.
"""

from __future__ import annotations

import logging
import shutil
import threading
from typing import TYPE_CHECKING, Protocol

from api.errors import kind_of, message_of
from api.packed import PACKED_TYPES, pack
from api.posters import KIND as POSTER
from api.posters import make_poster
from api.pulse import Abandoned, Pulse, tried_twice
from api.services import every_store
from api.telemetry import METRICS
from scenes.allowance import unlimited
from scenes.counting import counted
from scenes.errors import (
    ForbiddenReference,
    Malformed,
    ParserCrash,
    SceneError,
    StorageFull,
    TooLarge,
    Unavailable,
    Unsupported,
)
from scenes.ingest import JOBS_TOPIC, failed, rejected, taken, tiled
from scenes.ladders import Ladders
from scenes.model import Asset, Job, JobState
from scenes.ports import BlobUse, Notice
from scenes.purging import KIND as PURGE
from scenes.purging import carry_out
from scenes.versions import KIND, awaited, fits, settled, withdrawn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from api.services import Services
    from pipeline.asked import TileResult
    from pipeline.media import MediaResult
    from scenes.model import Vector

log = logging.getLogger("chronotope.worker")

_IDLE_S = 1.0
"""how long a worker sleeps where no notice wakes it: another process may have enqueued"""
_ROOM_S = 30.0
"""how long it rests where the disk is full, or does not answer"""
_SHARE_OF_TILING = 0.95
_REFUSALS = (ForbiddenReference, Malformed, ParserCrash, TooLarge, Unsupported)
"""the file's fault; everything else is ours"""


class Tile(Protocol):
    """`pipeline.sandbox.tile_in_sandbox` with its settings filled in."""

    def __call__(
        self,
        source: Path,
        name: str,
        out: Path,
        *,
        progress: Callable[[float, str], None],
        cancelled: Callable[[], bool],
        origin: Vector | None = None,
    ) -> TileResult:
        """Tile `source`, called `name`, into the folder `out`; with `origin`, moved as a version before it was."""
        ...


class Worker:
    """Threads that work on jobs until stopped. `tile` is what turns a file into tiles."""

    def __init__(self, services: Services, tile: Tile) -> None:
        self._services, self._tile = services, tile
        self._stopping, self._wake = threading.Event(), threading.Event()
        self._threads: list[threading.Thread] = []
        self._forget: Callable[[], None] = lambda: None

    def start(self, count: int) -> None:
        """Begin with `count` threads."""
        self._tidy()
        self._forget = self._services.bus.listen(JOBS_TOPIC, lambda _: self._wake.set())
        for number in range(count):
            name = self._services.ids.new(f"worker{number}")
            thread = threading.Thread(target=self._run, args=(name,), name=f"worker-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _tidy(self) -> None:
        """Remove what workers that were killed left behind of jobs that have ended since."""
        services = self._services
        for folder in (services.settings.data / "work").glob("job_*"):
            job = services.jobs.job(folder.name.partition("-")[0])
            if job is None or not job.is_at_work:
                shutil.rmtree(folder, ignore_errors=True)

    @property
    def is_alive(self) -> bool:
        """Whether every thread still runs."""
        return bool(self._threads) and all(thread.is_alive() for thread in self._threads)

    def stop_soon(self) -> None:
        """Ask the threads to end their children and give their leases back; returns at once."""
        self._stopping.set()
        self._wake.set()

    def stop(self) -> None:
        """Stop and wait for it. The sandbox ends its child when asked, so that this takes well under a second."""
        self.stop_soon()
        self._forget()
        for thread in self._threads:
            thread.join(timeout=10)
        self._threads.clear()

    def _run(self, name: str) -> None:
        services = self._services
        while not self._stopping.is_set():
            try:
                did_work = self.work_once(name)
                if did_work:
                    self._tidy()
            except (StorageFull, Unavailable) as refusal:
                log.warning("%s; the worker rests for %g s", refusal, _ROOM_S)
                self._stopping.wait(_ROOM_S)
                did_work = True
            except Exception:
                log.exception("the worker stumbled; it goes on")
                did_work = False
            if not did_work and not self._stopping.is_set():
                self._wake.wait(_IDLE_S)
                self._wake.clear()
        log.debug("worker %s of %s ended", name, services.settings.data)

    def work_once(self, name: str) -> bool:
        """Lease one job and bring it to an end; False where there is none to lease.

        Raises:
            StorageFull, Unavailable: it has to wait for the disk or the database; it was given back.
        """
        services = self._services
        seconds = services.settings.job_lease_s
        job = services.jobs.lease(worker=name, at=services.clock.now(), seconds=seconds)
        if job is None:
            return False
        # Another idle thread may find the next job.
        self._wake.set()
        pulse = Pulse(services, job, name, self._stopping)
        try:
            self._work(job, name, pulse)
        except Abandoned:
            self._give_back(job, name)
        except _REFUSALS as e:
            self._end_refused(job, name, pulse, e)
        except (StorageFull, Unavailable) as e:
            # Nobody's fault and no attempt: it is begun again when there is room, however long that takes.
            message = f"waiting: {message_of(e)}"[:200]
            services.jobs.give_back(job.id, worker=name, message=message, at=services.clock.now())
            raise
        except Exception as e:
            log.exception("job %s failed, attempt %d", job.id, job.attempts)
            self._end_broken(job, name, pulse, e)
        return True

    def _work(self, job: Job, name: str, pulse: Pulse) -> None:
        services = self._services
        if job.attempts > services.settings.job_attempts:
            raise RuntimeError(f"begun {job.attempts - 1} times without coming to an end")
        if job.kind in _OWN:
            with pulse.beating():
                message = _OWN[job.kind](services, job.subject)
            self._finish(job, name, JobState.DONE, message, "")
            return
        asset = services.catalogue.get(Asset, job.subject)
        if asset is None:
            # It was removed in the moment between its deposit and its job: nobody's fault.
            self._finish(job, name, JobState.CANCELLED, "the asset was removed", "")
            return
        if job.kind not in ("tile", KIND):
            raise RuntimeError(f"jobs of kind {job.kind!r} are not known here")
        # A new version is tiled beside the one that is shown; where it was taken back, or is up, nothing is left to do.
        what = asset if job.kind == "tile" else awaited(asset, job)
        if what is None:
            self._finish(job, name, JobState.DONE, "nothing left to do", "")
            return
        # Of this worker alone: one that was taken for dead may go on for a while beside the next one.
        scratch = services.settings.data / "work" / f"{job.id}-{name}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True, mode=0o700)
        try:
            from pipeline.media import kind_in

            with pulse.beating():
                source = scratch / "master"
                with services.blobs.open(what.master) as master, source.open("wb") as copy:
                    shutil.copyfileobj(master, copy, 1 << 20)
                if kind := kind_in(source):
                    self._take(job, asset, result=self._examined(source, kind, what.master, pulse), pulse=pulse)
                    self._finish(job, name, JobState.DONE, "done", "")
                    return
                origin = asset.tileset.origin if job.kind == KIND and asset.tileset is not None else None
                result = self._tiled(source, what.master_name, scratch, pulse, origin=origin)
                if job.kind == KIND:
                    fits(asset, result.tileset)
                uses = self._keep(result, scratch / "out", pulse)
                if job.kind == KIND:
                    pulse.progress(1.0, "carrying annotations over")
                    pulse.beat()
                    settled(services, job, result.tileset, uses, result.report)
            if job.kind != KIND:
                pulse.beat()
                tiled(services, asset.id, result.tileset, uses, result.report)
            # What scenes show of it from afar; a request would make it otherwise, and its visitor wait.
            Ladders(services.derived, services.blobs.read).of(result.tileset.digest, unlimited())
            self._finish(job, name, JobState.DONE, "done", "")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def _tiled(
        self, source: Path, name: str, scratch: Path, pulse: Pulse, *, origin: Vector | None = None
    ) -> TileResult:
        def tile(out: Path) -> TileResult:
            return self._tile(
                source,
                name,
                out,
                progress=lambda fraction, message: pulse.progress(fraction * _SHARE_OF_TILING, message),
                cancelled=pulse.cancelled,
                # Only where one was moved: otherwise each file is moved, or not, by itself.
                origin=origin if origin and any(origin) else None,
            )

        return tried_twice(tile, scratch / "out", pulse)

    def _examined(self, source: Path, kind: str, master: str, pulse: Pulse) -> MediaResult:
        """A recording or a picture, looked into; what is served of it is among the blobs."""
        from pipeline.asked import TileSettings
        from pipeline.media import examine_in_sandbox

        out = source.parent / "out"
        result = tried_twice(
            lambda folder: examine_in_sandbox(
                source,
                kind,
                folder,
                master=master,
                settings=TileSettings(),
                progress=pulse.progress,
                cancelled=pulse.cancelled,
            ),
            out,
            pulse,
        )
        if result.served:
            with (out / result.served).open("rb") as file:
                if self._services.blobs.put_stream(file) != (result.media.digest, result.media.byte_length):
                    raise RuntimeError(f"{result.served} is not what was said of it")
        return result

    def _take(self, job: Job, asset: Asset, *, result: MediaResult, pulse: Pulse) -> None:
        """Record a recording or a picture as ready."""
        if job.kind == KIND:
            fits(asset, result.media)
        pulse.progress(1.0, "done")
        pulse.beat()
        services, media, media_type = self._services, result.media, result.media_type
        uses = [BlobUse(media.digest, media.byte_length, media.media_type)]
        if job.kind == KIND:
            settled(services, job, media, uses, result.report, media_type=media_type)
        else:
            taken(services, asset.id, media, uses, result.report, media_type=media_type)

    def _keep(self, result: TileResult, out: Path, pulse: Pulse) -> list[BlobUse]:
        """Put what the child wrote into the blobs, checked against what it said of it."""
        blobs, uses = self._services.blobs, []
        for done, (name, digest, size, media_type) in enumerate(result.files, 1):
            with (out / name).open("rb") as file:
                kept, length = blobs.put_stream(file)
            if (kept, length) != (digest, size):
                raise RuntimeError(f"{name} is not what the tiler said that it wrote")
            if media_type in PACKED_TYPES:
                pack(blobs, digest)
            uses.append(BlobUse(digest, length, media_type))
            share = _SHARE_OF_TILING + (1 - _SHARE_OF_TILING) * done / len(result.files)
            pulse.progress(share, f"keeping tile {done} of {len(result.files)}")
            if pulse.cancelled():
                raise Abandoned
        with (out / result.document).open("rb") as file:
            digest, length = blobs.put_stream(file)
        if digest != result.tileset.digest:
            raise RuntimeError("the tileset document is not what the tiler said that it wrote")
        pack(blobs, digest)
        return [*uses, BlobUse(digest, length, "application/json")]

    def _finish(self, job: Job, name: str, state: JobState, message: str, code: str) -> None:
        services = self._services
        services.jobs.finish(job.id, worker=name, state=state, message=message, code=code, at=services.clock.now())
        services.bus.publish(Notice(job.id))
        METRICS.add("chronotope_jobs_total", kind=job.kind, state=state.value)
        log.info("job %s of %s: %s %s", job.id, job.subject, state.value, code)

    def _end_refused(self, job: Job, name: str, pulse: Pulse, error: SceneError) -> None:
        if pulse.lost.is_set():
            return
        message, code = message_of(error), kind_of(error).code
        for note in getattr(error, "__notes__", ()):
            # What the parser said at its end: for us, because a crash may well be our fault.
            log.warning("job %s, %s: %s", job.id, code, note)
        if job.kind == KIND:
            withdrawn(self._services, job, code=code)
        else:
            rejected(self._services, job.subject, code=code, message=message)
        self._finish(job, name, JobState.REJECTED, message, code)

    def _end_broken(self, job: Job, name: str, pulse: Pulse, error: Exception) -> None:
        """Our fault: leave the job to be leased again a little later, or give it up after the last attempt."""
        services = self._services
        if pulse.lost.is_set():
            return
        message, code = message_of(error), kind_of(error).code
        if job.attempts < services.settings.job_attempts:
            self._release(job, name, f"attempt {job.attempts} failed; trying again", 2.0**job.attempts)
            return
        if services.catalogue.get(Asset, job.subject) is not None:
            if job.kind == KIND:
                withdrawn(services, job, code=code)
            else:
                failed(services, job.subject, code=code, message=message)
        self._finish(job, name, JobState.FAILED, message, code)

    def _give_back(self, job: Job, name: str) -> None:
        if self._stopping.is_set():
            message, services = "interrupted; it goes on when the server is back", self._services
            services.jobs.give_back(job.id, worker=name, message=message, at=services.clock.now())
            services.bus.publish(Notice(job.id))
        log.info("job %s was given up: %s", job.id, "stopping" if self._stopping.is_set() else "no longer ours")

    def _release(self, job: Job, name: str, message: str, seconds: float) -> None:
        """Let the lease run out after `seconds`. Where the job is not ours any more, nothing happens, which is fine."""
        services = self._services
        services.jobs.report(
            job.id, worker=name, progress=0.0, message=message, at=services.clock.now(), seconds=seconds
        )
        services.bus.publish(Notice(job.id))


def _poster(services: Services, subject: str) -> str:
    return "done" if make_poster(services, subject) else "there is nothing to be seen"


def _purge(services: Services, subject: str) -> str:
    gone = carry_out(services, services.purges, every_store(services.settings), subject)
    # Pictures and summaries of what is gone; all others are made again when they are asked for.
    services.derived.clear()
    return f"{counted(gone, '[object|objects]')} erased"


_OWN: Mapping[str, Callable[[Services, str], str]] = {POSTER: _poster, PURGE: _purge}
"""jobs that read no file of anybody's, by kind; what they say at the end"""
