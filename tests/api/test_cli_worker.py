"""Two processes of one museum: a worker that is killed and the next one; notices through Redis."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.services import Services, open_services
from api.settings import Settings
from scenes.ingest import deposit
from scenes.model import Actor, Asset, AssetState, JobState, Role
from scenes.ports import Notice
from tests.api.command import COMMAND, ROOT, environment, run
from tests.redis_server import RedisServer

INES = Actor("ines", Role.CURATOR)
PLY = b"""ply
format ascii 1.0
element vertex 4
property float x
property float y
property float z
element face 4
property list uchar int vertex_indices
end_header
0 0 0
1 0 0
0 1 0
0 0 1
3 0 2 1
3 0 1 3
3 0 3 2
3 1 2 3
"""
PATIENCE_S = 60.0


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


@contextmanager
def worker(data: Path, **more: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, "worker", "--data", str(data), "--threads", "1"], cwd=ROOT, env=environment(**more),
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        assert "working with 1 thread" in process.stderr.readline()
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        assert process.wait(20) in {0, -signal.SIGKILL}


def deposited(services: Services, folder: Path) -> tuple[str, str]:
    (folder / "tetrahedron.ply").write_bytes(PLY)
    with (folder / "tetrahedron.ply").open("rb") as file:
        asset, job = deposit(services, INES, file, name="tetrahedron.ply")
    return asset.id, job.id


def test_a_worker_that_is_killed_leaves_its_job_to_the_next(tmp_path: Path):
    data = tmp_path / "museum"
    data.mkdir()
    with open_services(Settings(data=data)) as services:
        asset_id, job_id = deposited(services, tmp_path)

        def state() -> JobState:
            job = services.jobs.job(job_id)
            assert job is not None
            return job.state

        with worker(data, CHRONOTOPE_JOB_LEASE_S="2") as first:
            until(lambda: state() is not JobState.QUEUED)
            os.kill(first.pid, signal.SIGKILL)
            first.wait(20)
        assert state() in {JobState.RUNNING, JobState.DONE}
        with worker(data, CHRONOTOPE_JOB_LEASE_S="2"):
            until(lambda: state() is JobState.DONE)
        asset = services.catalogue.get(Asset, asset_id)
        assert asset is not None
        assert asset.state is AssetState.READY
        assert asset.tileset is not None
        assert services.blobs.size(asset.tileset.digest)


def test_without_a_museum_there_is_no_work(tmp_path: Path):
    told = run("worker", "--data", tmp_path / "nothing")
    assert told.returncode == 1
    assert "there is no museum" in told.stderr


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


def test_notices_go_from_one_process_to_another_and_heal(tmp_path: Path, redis: RedisServer):
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    with (
        open_services(Settings(data=tmp_path / "one", redis_url=redis.url)) as one,
        open_services(Settings(data=tmp_path / "other", redis_url=redis.url)) as other,
    ):
        here: list[str] = []
        there: list[str] = []
        one.bus.listen("scene_a", lambda notice: here.append(notice.topic))
        other.bus.listen("scene_a", lambda notice: there.append(notice.topic))

        def arrives() -> bool:
            one.bus.publish(Notice("scene_a"))
            time.sleep(0.05)
            return bool(there)

        until(arrives)
        before = len(here)
        redis.kill()
        one.bus.publish(Notice("scene_a"))
        assert len(here) == before + 1  # this process hears at once, whatever became of Redis
        redis.start()
        there.clear()
        until(arrives)
        count = len(here)
        one.bus.publish(Notice("scene_a"))
        time.sleep(0.3)
        assert len(here) == count + 1  # its own notices do not come back to it
