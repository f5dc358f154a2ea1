from __future__ import annotations

import hashlib
import io
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from api.services import open_services
from api.settings import Settings
from api.worker import Worker
from pipeline.compress import gzipped
from pipeline.tile import TileResult
from scenes.errors import ForbiddenReference, Malformed, NotFound, ParserCrash, StorageFull, Unavailable
from scenes.ingest import deposit
from scenes.model import Actor, Asset, AssetState, Extent, Job, JobState, Role, Tileset
from scenes.ports import Remove
from scenes.versions import deposit_version, withdrawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from api.services import Services
    from scenes.model import Vector

INES = Actor("ines", Role.CURATOR)
TILE, DOCUMENT = b"glTF tile", b'{"asset":{"version":"1.1"}}'


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    data = tmp_path / "museum"
    data.mkdir()
    with open_services(Settings(data=data, job_attempts=2, job_lease_s=60)) as opened:
        yield opened


def _tile(
    source: Path,
    name: str,
    out: Path,
    *,
    progress: Callable[[float, str], None],
    cancelled: Callable[[], bool],
    origin: Vector | None = None,
) -> TileResult:
    """A tiler that copies: one tile, named by what it holds."""
    assert name == "venus.ply"
    assert source.read_bytes() == b"ply"
    assert not cancelled()
    progress(0.5, "half of it")
    digest = hashlib.sha256(TILE).hexdigest()
    (out / f"{digest}.glb").write_bytes(TILE)
    (out / "tileset.json").write_bytes(DOCUMENT)
    tileset = Tileset(
        digest=hashlib.sha256(DOCUMENT).hexdigest(),
        tiles=1,
        levels=1,
        triangles=12,
        vertices=8,
        byte_length=len(TILE),
        geometric_error=1.0,
        root_error=0.0,
        extent=Extent((0, 0, 0), (1, 1, 1)),
        origin=origin or (0.0, 0.0, 0.0),
    )
    files = ((f"{digest}.glb", digest, len(TILE), "model/gltf-binary"),)
    return TileResult(tileset, "tileset.json", files, ("all is well",))


def _raising(*errors: Exception) -> tuple[Callable[..., TileResult], list[str]]:
    """A tiler that fails in turn, then works; and the list of its calls."""
    calls: list[str] = []

    def tile(source: Path, name: str, out: Path, **more: object) -> TileResult:
        calls.append(name)
        if len(calls) <= len(errors):
            raise errors[len(calls) - 1]
        return _tile(source, name, out, **more)  # type: ignore[arg-type]

    return tile, calls


def _deposited(services: Services) -> tuple[str, str]:
    asset, job = deposit(services, INES, io.BytesIO(b"ply"), name="venus.ply")
    return asset.id, job.id


def _asset(services: Services, asset_id: str) -> Asset:
    asset = services.catalogue.get(Asset, asset_id)
    assert asset
    return asset


def _job(services: Services, job_id: str) -> Job:
    job = services.jobs.job(job_id)
    assert job
    return job


def test_a_job_whose_asset_was_removed_meanwhile_is_let_go(services: Services) -> None:
    asset_id, job_id = _deposited(services)
    services.catalogue.commit([Remove(_asset(services, asset_id))], author="ines", reason="", at=services.clock.now())
    tile, calls = _raising()
    assert Worker(services, tile).work_once("w")
    job = _job(services, job_id)
    assert (job.state, job.message, job.attempts, calls) == (JobState.CANCELLED, "the asset was removed", 1, [])


def test_a_job_ends_with_tiles_that_are_kept_and_served(services: Services) -> None:
    asset_id, job_id = _deposited(services)
    heard = threading.Event()
    services.bus.listen(job_id, lambda _: heard.set())
    assert Worker(services, _tile).work_once("w")
    asset, job = _asset(services, asset_id), _job(services, job_id)
    assert (asset.state, asset.report) == (AssetState.READY, ("all is well",))
    assert (job.state, job.progress) == (JobState.DONE, 1.0)
    assert asset.tileset
    assert services.blobs.read(asset.tileset.digest) == DOCUMENT
    use = services.catalogue.blob_use(hashlib.sha256(TILE).hexdigest())
    assert use
    assert (use[0].media_type, use[1]) == ("model/gltf-binary", (asset_id,))
    assert heard.is_set()


def test_tiles_and_documents_are_kept_packed_too(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    tile, document = b"glTF of many words " * 30, b'{"asset":{"version":"1.1"}}' + b" " * 300
    monkeypatch.setattr(f"{__name__}.TILE", tile)
    monkeypatch.setattr(f"{__name__}.DOCUMENT", document)
    _deposited(services)
    assert Worker(services, _tile).work_once("w")
    for data in (tile, document):
        assert services.blobs.read_packed(hashlib.sha256(data).hexdigest()) == gzipped(data)


def test_without_a_job_there_is_nothing_to_do(services: Services) -> None:
    assert not Worker(services, _tile).work_once("w")


def test_nothing_is_left_in_the_scratch_folder(services: Services) -> None:
    for error in (None, Malformed("x"), RuntimeError("x")):
        _deposited(services)
        Worker(services, _raising(*[error] if error else [])[0]).work_once("w")
        assert list((services.settings.data / "work").iterdir()) == []


@pytest.mark.parametrize("error", [Malformed("no triangle"), ForbiddenReference("points to /etc/passwd")])
def test_a_refused_file_is_rejected_with_code_and_reason_and_not_tried_again(
    services: Services, error: Malformed | ForbiddenReference
) -> None:
    asset_id, job_id = _deposited(services)
    tile, calls = _raising(error)
    worker = Worker(services, tile)
    worker.work_once("w")
    asset, job = _asset(services, asset_id), _job(services, job_id)
    assert (asset.state, asset.code, asset.report) == (AssetState.REJECTED, error.code, (str(error),))
    assert (job.state, job.code, job.message) == (JobState.REJECTED, error.code, str(error))
    assert asset.tileset is None
    assert not worker.work_once("w")
    assert len(calls) == 1


def test_a_parser_that_dies_once_is_given_a_second_chance(services: Services) -> None:
    asset_id, _ = _deposited(services)
    Worker(services, _raising(ParserCrash("signal 11"))[0]).work_once("w")
    assert _asset(services, asset_id).state is AssetState.READY


def test_a_parser_that_dies_twice_has_found_a_bad_file(services: Services) -> None:
    asset_id, job_id = _deposited(services)
    Worker(services, _raising(ParserCrash("signal 11"), ParserCrash("signal 11"))[0]).work_once("w")
    assert _asset(services, asset_id).code == "PARSER_CRASH"
    assert _job(services, job_id).state is JobState.REJECTED


@dataclass
class _Clock:
    """The real clock, moved on by hand."""

    services: Services
    ahead_s: float = 0.0

    def now(self) -> object:
        from datetime import timedelta

        return self.services.clock.now() + timedelta(seconds=self.ahead_s)


@pytest.mark.parametrize("error", [RuntimeError("ours"), NotFound("blob gone")])
def test_a_fault_of_ours_is_tried_again_a_little_later(services: Services, error: Exception) -> None:
    clock = _Clock(services)
    moved = replace(services, clock=clock)  # type: ignore[arg-type]
    asset_id, job_id = _deposited(services)
    worker = Worker(moved, _raising(error)[0])
    worker.work_once("w")
    assert _asset(services, asset_id).state is AssetState.PENDING
    assert not worker.work_once("w"), "not at once"
    clock.ahead_s = 10
    assert worker.work_once("w")
    assert _asset(services, asset_id).state is AssetState.READY
    assert _job(services, job_id).attempts == 2


@pytest.mark.parametrize("error", [StorageFull("no room"), Unavailable("no answer")])
def test_a_disk_that_is_full_is_no_attempt_however_long_it_is(services: Services, error: Exception) -> None:
    asset_id, job_id = _deposited(services)
    worker = Worker(services, _raising(*[error] * 9)[0])
    for _ in range(9):
        with pytest.raises(type(error)):
            worker.work_once("w")
        waiting = _job(services, job_id)
        assert (waiting.state, waiting.attempts) == (JobState.QUEUED, 0)
        assert str(error) in waiting.message
    assert worker.work_once("w"), "there is room again"
    assert _asset(services, asset_id).state is AssetState.READY


def test_a_fault_of_ours_that_stays_ends_as_failed_without_detail(services: Services) -> None:
    clock = _Clock(services)
    moved = replace(services, clock=clock)  # type: ignore[arg-type]
    asset_id, job_id = _deposited(services)
    worker = Worker(moved, _raising(*[RuntimeError("/home/secret")] * 2)[0])
    worker.work_once("w")
    clock.ahead_s = 10
    worker.work_once("w")
    asset, job = _asset(services, asset_id), _job(services, job_id)
    assert (asset.state, asset.code) == (AssetState.FAILED, "INTERNAL")
    assert (job.state, job.code) == (JobState.FAILED, "INTERNAL")
    assert "secret" not in job.message + "".join(asset.report)


def test_a_job_whose_worker_died_is_taken_over_when_its_lease_runs_out(services: Services) -> None:
    asset_id, job_id = _deposited(services)
    # As a worker that was killed leaves it: leased, never finished.
    assert services.jobs.lease(worker="dead", at=services.clock.now(), seconds=60)
    clock = _Clock(services)
    worker = Worker(replace(services, clock=clock), _tile)  # type: ignore[arg-type]
    assert not worker.work_once("w")
    clock.ahead_s = 61
    assert worker.work_once("w")
    assert _asset(services, asset_id).state is AssetState.READY
    assert _job(services, job_id).attempts == 2


def test_a_job_that_kills_its_worker_every_time_is_given_up(services: Services) -> None:
    asset_id, job_id = _deposited(services)
    clock = _Clock(services)
    for _ in range(2):
        assert services.jobs.lease(worker="dead", at=clock.now(), seconds=60)  # type: ignore[arg-type]
        clock.ahead_s += 61
    tile, calls = _raising()
    Worker(replace(services, clock=clock), tile).work_once("w")  # type: ignore[arg-type]
    assert calls == []
    assert _asset(services, asset_id).state is AssetState.FAILED
    assert _job(services, job_id).state is JobState.FAILED


def test_what_was_recorded_before_a_crash_is_not_recorded_twice(services: Services) -> None:
    asset_id, _ = _deposited(services)
    clock = _Clock(services)

    class DiesBeforeFinishing:
        def __getattr__(self, name: str) -> object:
            return getattr(services.jobs, name)

        def finish(self, *_: object, **__: object) -> bool:
            raise KeyboardInterrupt

    dying = replace(services, jobs=DiesBeforeFinishing())  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        Worker(dying, _tile).work_once("w")
    clock.ahead_s = 61
    assert Worker(replace(services, clock=clock), _tile).work_once("w")  # type: ignore[arg-type]
    assert [change.reason for change in services.catalogue.history([asset_id], last=9)] == [
        "tiled",
        "deposited venus.ply",
    ]


def test_tiles_that_are_not_what_was_said_are_not_recorded(services: Services) -> None:
    asset_id, _ = _deposited(services)

    def lying(source: Path, name: str, out: Path, **more: object) -> TileResult:
        result = _tile(source, name, out, **more)  # type: ignore[arg-type]
        (out / result.files[0][0]).write_bytes(b"something else")
        return result

    Worker(services, lying).work_once("w")
    assert _asset(services, asset_id).state is AssetState.PENDING
    assert services.catalogue.blob_use(hashlib.sha256(TILE).hexdigest()) is None


def test_a_cancelled_job_is_ended_and_changes_nothing(services: Services) -> None:
    asset_id, job_id = _deposited(services)

    def slow(
        source: Path, name: str, out: Path, *, progress: Callable[[float, str], None], **more: object
    ) -> TileResult:
        services.jobs.cancel(job_id, at=services.clock.now())
        progress(0.5, "half of it")
        cancelled = more["cancelled"]
        assert callable(cancelled)
        waiting = threading.Event()
        for _ in range(1000):
            if cancelled():
                raise ParserCrash("ended by a signal")
            waiting.wait(0.01)
        raise AssertionError("nobody said that it was cancelled")

    Worker(services, slow).work_once("w")
    assert _job(services, job_id).state is JobState.CANCELLED
    assert _asset(services, asset_id).state is AssetState.PENDING


def test_stopping_ends_the_child_and_gives_the_job_back(services: Services) -> None:
    asset_id, job_id = _deposited(services)
    begun = threading.Event()

    def endless(source: Path, name: str, out: Path, *, cancelled: Callable[[], bool], **_: object) -> TileResult:
        begun.set()
        waiting = threading.Event()
        while not cancelled():
            waiting.wait(0.01)
        raise RuntimeError("ended")

    # More often than a job is tried: a museum that is switched off every evening has not failed.
    for _ in range(services.settings.job_attempts + 1):
        begun.clear()
        worker = Worker(services, endless)
        worker.start(1)
        assert begun.wait(20)
        assert worker.is_alive
        worker.stop()
        assert _asset(services, asset_id).state is AssetState.PENDING
        assert _job(services, job_id).state is JobState.QUEUED
    # At once, not after the lease: the next start goes on with it.
    assert Worker(services, _tile).work_once("next")
    assert _job(services, job_id).state is JobState.DONE


def test_a_notice_wakes_an_idle_worker(services: Services) -> None:
    worker = Worker(services, _tile)
    worker.start(2)
    done = threading.Event()
    try:
        asset, _ = deposit(services, INES, io.BytesIO(b"ply"), name="venus.ply", job_id="job_a")
        services.bus.listen(asset.id, lambda _: done.set())
        assert done.wait(20) or _asset(services, asset.id).state is AssetState.READY
    finally:
        worker.stop()
    assert not worker.is_alive


def test_progress_is_written_while_a_job_runs(services: Services) -> None:
    _, job_id = _deposited(services)
    seen: list[tuple[float, str]] = []

    def watched(
        source: Path, name: str, out: Path, *, progress: Callable[[float, str], None], **more: object
    ) -> TileResult:
        heard = threading.Event()
        end = services.bus.listen(job_id, lambda _: heard.set())
        progress(0.5, "half of it")
        assert heard.wait(20)
        end()
        job = _job(services, job_id)
        seen.append((job.progress, job.message))
        return _tile(source, name, out, progress=progress, **more)  # type: ignore[arg-type]

    Worker(services, watched).work_once("w")
    assert seen == [(0.475, "half of it")]


def test_a_new_version_takes_the_place_of_the_one_before_under_the_same_id(services: Services) -> None:
    asset_id, _ = _deposited(services)
    worker = Worker(services, _tile)
    worker.work_once("w")
    before = _asset(services, asset_id)
    _, job = deposit_version(services, INES, io.BytesIO(b"ply again"), asset_id=asset_id, name="again.ply")
    assert _asset(services, asset_id).master == before.master

    def tile(source: Path, name: str, out: Path, **more: object) -> TileResult:
        assert (name, source.read_bytes()) == ("again.ply", b"ply again")
        (source.parent / "first").write_bytes(b"ply")
        return _tile(source.parent / "first", "venus.ply", out, **more)  # type: ignore[arg-type]

    assert Worker(services, tile).work_once("w")
    after = _asset(services, asset_id)
    assert (after.master_name, after.state, after.replacement) == ("again.ply", AssetState.READY, None)
    assert _job(services, job.id).state is JobState.DONE
    assert services.blobs.read(before.master) == b"ply"


@pytest.mark.parametrize(("error", "state"), [(Malformed("no triangle"), "rejected"), (RuntimeError("…"), "failed")])
def test_a_new_version_that_cannot_be_tiled_leaves_the_one_before(
    services: Services, error: Exception, state: str
) -> None:
    asset_id, _ = _deposited(services)
    Worker(services, _tile).work_once("w")
    before = _asset(services, asset_id)
    _, job = deposit_version(services, INES, io.BytesIO(b"ply again"), asset_id=asset_id, name="venus.ply")
    clock = _Clock(services)
    worker = Worker(replace(services, clock=clock), _raising(*[error] * 2)[0])  # type: ignore[arg-type]
    worker.work_once("w")
    clock.ahead_s = 10
    worker.work_once("w")
    assert _asset(services, asset_id) == before
    assert _job(services, job.id).state.value == state


def test_a_new_version_that_was_taken_back_is_not_tiled(services: Services) -> None:
    asset_id, _ = _deposited(services)
    Worker(services, _tile).work_once("w")
    _, job = deposit_version(services, INES, io.BytesIO(b"ply again"), asset_id=asset_id, name="venus.ply")
    withdrawn(services, job, code="NOT_WANTED")
    tile, calls = _raising()
    Worker(services, tile).work_once("w")
    assert calls == []
    assert _job(services, job.id).state is JobState.DONE


def test_a_new_version_of_what_lies_far_off_is_moved_as_the_one_before_was(services: Services) -> None:
    far = (465_123.0, 312.0, -5_422_871.0)

    def tile(source: Path, name: str, out: Path, **more: object) -> TileResult:
        if more["origin"] is None:
            more["origin"] = far  # as the tiler finds it by itself
        else:
            assert more["origin"] == far
            source.write_bytes(b"ply")
        return _tile(source, name, out, **more)  # type: ignore[arg-type]

    asset_id, _ = _deposited(services)
    worker = Worker(services, tile)
    worker.work_once("w")
    deposit_version(services, INES, io.BytesIO(b"ply again"), asset_id=asset_id, name="venus.ply")
    worker.work_once("w")
    after = _asset(services, asset_id)
    assert after.replacement is None
    assert after.tileset
    assert after.tileset.origin == far


def test_a_worker_that_was_taken_for_dead_does_not_share_a_folder_with_the_next_one(services: Services) -> None:
    folders: list[Path] = []
    deposit(services, INES, io.BytesIO(b"ply"), name="venus.ply")

    def slow(source: Path, name: str, out: Path, **more: object) -> TileResult:
        folders.append(out)
        if len(folders) == 1:
            # Its lease runs out, another worker does the job, and it still has its own file and folder.
            with services.catalogue._database.writing() as connection:  # type: ignore[attr-defined]
                connection.execute("UPDATE job SET lease_until = '2000'")
            assert Worker(services, slow).work_once("next")
        assert source.read_bytes() == b"ply"
        assert out.is_dir()
        return _tile(source, name, out, progress=lambda *_: None, cancelled=lambda: False)

    worker = Worker(services, slow)
    worker.work_once("first")
    assert len(set(folders)) == 2
    work = services.settings.data / "work"
    assert list(work.iterdir()) == []
    (asset,) = services.catalogue.page(Asset, first=9).records
    assert asset.state is AssetState.READY


def test_what_a_killed_worker_left_behind_goes_when_its_job_has_ended(services: Services) -> None:
    _, job = deposit(services, INES, io.BytesIO(b"ply"), name="venus.ply")
    left = services.settings.data / "work" / f"{job.id}-killed"
    other = services.settings.data / "work" / "sample"
    for folder in (left, other):
        folder.mkdir(parents=True)
    worker = Worker(services, _tile)
    worker._tidy()
    assert left.exists()
    assert worker.work_once("w")
    worker._tidy()
    assert (left.exists(), other.exists()) == (False, True)
