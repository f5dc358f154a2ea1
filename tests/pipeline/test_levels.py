"""What a tiling does again, and what not: by counts of its steps, and by its files."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline import plan as plans
from pipeline.tile import TileResult, TileSettings, tile_model
from scenes.errors import Malformed
from tests.tiling.shapes import ball, sheet
from tiling.mesh import Model, Primitive

ROOT = Path(__file__).parents[2]
SETTINGS = TileSettings(leaf_triangles=2000)
PARTS = 16


def scene() -> Model:
    """Sixteen rippled balls in four rows, 4,332 triangles each: 64 leaves."""
    shape = ball(19, ripple=0.02).primitives[0]
    places = [np.array([at % 4 * 2.1, at // 4 * 2.1, 0.3 * np.sin(at)]) for at in range(PARTS)]
    return Model(
        tuple(Primitive(shape.positions + place, shape.indices, name=f"part {at}") for at, place in enumerate(places))
    )


def _with_part(model: Model, at: int, part: Primitive) -> Model:
    return replace(model, primitives=(*model.primitives[:at], part, *model.primitives[at + 1 :]))


def dented(model: Model, at: int, share: float = 0.01) -> Model:
    """The model with that share of its vertices moved, all on one side of a part."""
    part = model.primitives[at]
    count = int(share * model.triangles / 2)
    away = np.linalg.norm(part.positions - part.positions[0], axis=1)
    near = np.argsort(away)[:count]
    depth = 0.02 * (1.0 - away[near] / away[near].max()) ** 2
    positions = part.positions.copy()
    positions[near] += (part.positions.mean(axis=0) - positions[near]) * depth[:, None]
    return _with_part(model, at, replace(part, positions=positions))


def holed(model: Model, at: int, share: float = 0.01) -> Model:
    """The model without that share of its triangles, all in one place."""
    part = model.primitives[at]
    centres = part.positions[part.indices].mean(axis=1)
    order = np.argsort(np.linalg.norm(centres - centres[0], axis=1))
    return _with_part(model, at, replace(part, indices=part.indices[np.sort(order[int(share * model.triangles) :])]))


def tiled(model: Model, out: Path, work: Path | None, settings: TileSettings = SETTINGS) -> TileResult:
    out.mkdir()
    if work is not None:
        work.mkdir(exist_ok=True)
    return tile_model(model, out, settings, lambda fraction, message: None, work=work)


def files(out: Path) -> dict[str, str]:
    """Digests of all files of a folder by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}


def _share(result: TileResult, *stages: str) -> float:
    """Of the steps of these stages, or of all, that were made anew."""
    done, known = (
        sum(count for stage, count in counts.items() if not stages or stage in stages)
        for counts in (result.done, result.known)
    )
    return done / (done + known)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TileResult]:
    """A folder with the work of a first run, and what that made."""
    base = tmp_path_factory.mktemp("first")
    return base, tiled(scene(), base / "out", base / "work")


@pytest.fixture
def work(first: tuple[Path, TileResult], tmp_path: Path) -> Path:
    """A copy of the work of the first run."""
    subprocess.run(["cp", "-r", first[0] / "work", tmp_path / "work"], check=True)
    return tmp_path / "work"


def test_the_same_again_takes_no_step_and_gives_the_same_files(
    first: tuple[Path, TileResult], work: Path, tmp_path: Path
) -> None:
    assert first[1].known == {}
    assert first[1].done["take_leaf"] == 64
    again = tiled(scene(), tmp_path / "out", work)
    assert again.done == {}
    assert again.known == first[1].done
    assert again == first[1]
    assert files(tmp_path / "out") == files(first[0] / "out")


def test_a_dent_of_a_hundredth_makes_its_branch_anew(
    first: tuple[Path, TileResult], work: Path, tmp_path: Path
) -> None:
    model = dented(scene(), 3)
    result = tiled(model, tmp_path / "out", work)
    # It lies in 3 of 64 leaves; above them are their parents, and next to them tiles whose border it is.
    assert result.done["take_leaf"] <= 4
    assert _share(result, "take_leaf", "close", "merge", "strip", "reduce", "make") < 0.2
    assert _share(result) < 0.3
    fresh = tiled(model, tmp_path / "fresh", None)
    assert result == fresh
    assert files(tmp_path / "out") == files(tmp_path / "fresh")
    kept = set(files(tmp_path / "out")) & set(files(first[0] / "out"))
    assert len(kept) > 0.8 * first[1].tileset.tiles


def test_what_is_cut_away_moves_no_plane_of_other_leaves(work: Path, tmp_path: Path) -> None:
    model = holed(scene(), 3)
    result = tiled(model, tmp_path / "out", work)
    assert result.done["take_leaf"] <= 5
    assert _share(result, "reduce", "make") < 0.4
    tiled(model, tmp_path / "fresh", None)
    assert files(tmp_path / "out") == files(tmp_path / "fresh")


def test_an_edit_that_is_undone_gives_the_first_files_again(
    first: tuple[Path, TileResult], work: Path, tmp_path: Path
) -> None:
    tiled(dented(scene(), 5), tmp_path / "edited", work)
    again = tiled(scene(), tmp_path / "out", work)
    # Only the files are made anew that had been tidied away.
    assert set(again.done) <= {"make"}
    assert files(tmp_path / "out") == files(first[0] / "out")


def test_other_settings_share_what_does_not_depend_on_them(
    first: tuple[Path, TileResult], work: Path, tmp_path: Path
) -> None:
    result = tiled(scene(), tmp_path / "out", work, replace(SETTINGS, coding="draco"))
    assert set(result.done) == {"make"}
    assert result.tileset.byte_length < first[1].tileset.byte_length


def test_a_tile_that_was_cut_short_is_made_again(first: tuple[Path, TileResult], work: Path, tmp_path: Path) -> None:
    tiles = sorted((work / "tiles").glob("*.glb"))
    # The tiles are linked to those of others: a new file takes the place of the old.
    data = tiles[0].read_bytes()
    tiles[0].unlink()
    tiles[0].write_bytes(data[:-100])
    tiles[1].unlink()
    result = tiled(scene(), tmp_path / "out", work)
    assert result.done == {"make": 2}
    assert files(tmp_path / "out") == files(first[0] / "out")


def test_any_number_of_workers_makes_the_same(first: tuple[Path, TileResult], tmp_path: Path) -> None:
    result = tiled(scene(), tmp_path / "out", None, replace(SETTINGS, workers=3))
    assert result == first[1]
    assert files(tmp_path / "out") == files(first[0] / "out")


_RUN = """
import sys
from pathlib import Path
from tests.pipeline.test_levels import SETTINGS, scene
from pipeline.tile import tile_model
out, work = map(Path, sys.argv[1:])
tile_model(scene(), out, SETTINGS, lambda fraction, message: print(fraction, flush=True), work=work)
"""


def test_a_run_that_was_killed_is_gone_on_with(first: tuple[Path, TileResult], tmp_path: Path) -> None:
    out, work = tmp_path / "killed", tmp_path / "work"
    out.mkdir()
    work.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, out, work], cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ}
    )
    assert process.stdout is not None
    with process.stdout as told:
        # Killed in the middle: by then the leaves are there, and some tiles.
        assert any(float(line) > 0.6 for line in told)
        process.kill()
    assert process.wait() == -signal.SIGKILL
    assert list(out.iterdir()) == []
    result = tiled(scene(), tmp_path / "out", work)
    assert result.known["take_leaf"] == 64
    assert 0 < result.done["make"] <= first[1].done["make"]
    assert sum(result.done.values()) < 0.7 * sum(first[1].done.values())
    assert files(tmp_path / "out") == files(first[0] / "out")


@pytest.mark.parametrize(
    ("depth", "is_root_apart", "shifts"),
    [
        (0, False, (0,)),
        (0, True, (0, 0)),
        (1, False, (0, 1)),
        (1, True, (0, 1, 1)),
        (2, False, (0, 2)),
        (4, True, (0, 2, 4, 4)),
        (5, False, (0, 2, 4, 5)),
    ],
)
def test_levels_stand_at_every_second_halving_and_at_the_last(
    depth: int, is_root_apart: bool, shifts: tuple[int, ...]
) -> None:
    plan = plans.plan(depth, is_root_apart=is_root_apart, root_triangles=5000, coding="meshopt")
    assert plan.shifts == shifts


def test_a_model_of_only_degenerate_triangles_is_malformed(tmp_path: Path) -> None:
    flat = Primitive(np.zeros((3, 3)), np.array([[0, 1, 2]], np.uint32))
    with pytest.raises(Malformed, match="degenerate"):
        tiled(Model((flat,)), tmp_path / "out", None)


def test_a_level_of_more_than_one_document_has_no_hole_where_a_leaf_is_empty(tmp_path: Path) -> None:
    """Two sheets far apart, and a kd tree whose cells between them hold nothing."""
    left, right = sheet(40, 40, height=0.1), sheet(3, 3)
    far = Primitive(right.positions + np.array([500.0, 0.0, 0.0]), right.indices)
    result = tiled(Model((left, far)), tmp_path / "out", None, TileSettings(leaf_triangles=256))
    assert result.tileset.triangles == 3218
    assert json.loads((tmp_path / "out" / "tileset.json").read_bytes())["root"]["children"]
