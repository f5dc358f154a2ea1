"""With a real scheduler and two worker processes of Dask."""

import hashlib
import io
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from distributed import Client, LocalCluster
from PIL import Image as Pillow

from api.data_directory import prepare
from api.sandboxed import sandboxed_tile
from api.services import Services, open_services
from api.settings import Settings
from api.worker import Worker
from pipeline import cluster
from pipeline.tile import TileResult, TileSettings, tile_model
from scenes.errors import Invalid
from scenes.ingest import deposit
from scenes.model import Actor, Asset, AssetState, JobState, Role
from tests.tiling.shapes import ball, sheet
from tiling.mesh import Image, Material, Model

DATA = Path(__file__).parent.parent / "data"
ROOT = Path(__file__).parents[2]
SETTINGS = TileSettings(leaf_triangles=2000)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=None, silence_logs=40
    ) as running:
        yield running.scheduler_address


def _textured() -> Model:
    y, x = np.mgrid[0:1024, 0:1024]
    pixels = np.stack([x // 4, y // 4, (x ^ y) % 256], axis=-1).astype(np.uint8)
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, "PNG")
    surface = sheet(80, 80, uvs=True, height=0.1)
    return Model((surface,), (Material(base_colour_image=Image(out.getvalue(), "image/png")),))


def _tiled(model: Model, out: Path, settings: TileSettings, work: Path | None = None) -> TileResult:
    out.mkdir()
    return tile_model(model, out, settings, lambda fraction, message: None, work=work)


def _files(out: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir() if path.name[0] != "."}


@pytest.mark.parametrize("model", [ball(30, ripple=0.02), _textured()], ids=["plain", "textured"])
def test_a_cluster_writes_the_files_that_this_process_writes(model: Model, address: str, tmp_path: Path) -> None:
    here = _tiled(model, tmp_path / "here", SETTINGS)
    there = _tiled(model, tmp_path / "there", replace(SETTINGS, scheduler=address))
    assert there == here
    assert _files(tmp_path / "there") == _files(tmp_path / "here")


def test_tasks_run_in_both_workers_and_not_here(address: str, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    _tiled(ball(40, ripple=0.02), tmp_path / "out", replace(SETTINGS, scheduler=address), work)
    # Whoever ran a task has a pack of its own; ours holds the context.
    writers = {
        path.name.split("-")[0] for path in (work / "results").glob("*.index") if path.read_text().count("\n") > 1
    }
    assert len(writers) == 2


def test_an_edit_is_seen_by_workers_that_know_the_folder_from_before(address: str, tmp_path: Path) -> None:
    settings = replace(SETTINGS, scheduler=address)
    work = tmp_path / "work"
    work.mkdir()
    for number, model in enumerate((_textured(), ball(30, ripple=0.02))):
        done = _tiled(model, tmp_path / f"there-{number}", settings, work)
        assert done == _tiled(model, tmp_path / f"here-{number}", SETTINGS)
        assert _files(tmp_path / f"there-{number}") == _files(tmp_path / f"here-{number}")
    again = _tiled(ball(30, ripple=0.02), tmp_path / "again", settings, work)
    assert again.done == {}


def test_what_a_task_raises_there_comes_out_here(address: str, tmp_path: Path) -> None:
    with cluster.executor(address, str(tmp_path)) as executor, pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 1, 0).result()


def test_workers_let_go_of_a_folder_at_the_end(address: str, tmp_path: Path) -> None:
    with cluster.executor(address, str(tmp_path)) as executor:
        executor.submit(_keep, str(tmp_path)).result()
    with cluster.executor(address, str(tmp_path / "other")) as executor:
        assert [executor.submit(_knows, str(tmp_path), number).result() for number in range(8)] == [False] * 8


def _keep(folder: str) -> None:
    from pipeline.results import Results

    Results(folder).keep("task", "", 1, 10)


def _knows(folder: str, number: int) -> bool:
    from pipeline.results import Results

    try:
        return bool(Results(folder).get("task"))
    except KeyError:
        return False


def test_the_command_tiles_on_a_cluster(address: str, tmp_path: Path) -> None:
    outs = []
    for name, words in (("here", []), ("there", ["--scheduler", address])):
        outs.append(tmp_path / name)
        command = [sys.executable, "-m", "api.cli", "tile", DATA / "small.glb", "-o", outs[-1], *words]
        done = subprocess.run(
            [*command, "--leaf-triangles", "500"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
    assert len(_files(outs[0])) > 5
    assert _files(outs[0]) == _files(outs[1])


def test_a_scheduler_that_does_not_answer_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_PATIENCE_S", 1)
    with pytest.raises(Invalid, match="does not answer"), cluster.executor("tcp://127.0.0.1:9", str(tmp_path)):
        pass
    with pytest.raises(Invalid, match="does not answer"), cluster.executor("nowhere://x", str(tmp_path)):
        pass


def _deposited(services: Services) -> tuple[str, str]:
    with (DATA / "small.glb").open("rb") as file:
        asset, job = deposit(services, Actor("ines", Role.CURATOR), file, name="small.glb")
    return asset.id, job.id


def _transitions(address: str) -> int:
    """How much the scheduler has had to do."""
    with Client(address, set_as_default=False) as client:
        return int(client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.transition_counter))


@pytest.mark.long
def test_a_server_tiles_on_the_cluster_and_without_one_that_is_away(
    address: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = []
    # To the other one there is no way without certificates, which is known at once.
    for number, scheduler in enumerate((address, "tls://127.0.0.1:9")):
        settings = prepare(Settings(data=tmp_path / str(number), dask_scheduler=scheduler))
        with open_services(settings) as services:
            before = _transitions(address)
            asset_id, job_id = _deposited(services)
            assert Worker(services, sandboxed_tile(settings)).work_once("w")
            job, asset = services.jobs.job(job_id), services.catalogue.get(Asset, asset_id)
        assert job is not None
        assert (job.state, job.attempts) == (JobState.DONE, 1), job.message
        assert asset is not None
        assert asset.state is AssetState.READY
        made.append((asset.tileset, _transitions(address) > before, "begun anew here" in caplog.text))
    assert made == [(made[1][0], True, False), (made[1][0], False, True)]
