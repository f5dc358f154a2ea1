import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from api import cli_tile
from scenes import glb
from tests.api import command

DATA = Path(__file__).parent.parent / "data"
Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    app = typer.Typer()
    app.command("tile")(cli_tile.tile)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def _names(out: Path) -> set[str]:
    return {path.name for path in out.iterdir()}


def _bytes(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_a_file_becomes_a_folder_that_is_checked(run: Run, tmp_path: Path) -> None:
    done = run(DATA / "venus.glb", "-o", tmp_path / "out", "--check")
    assert done.exit_code == 0, done.output
    assert re.search(r"2 tiles in 2 levels, 19,\d{3} triangles", done.stdout)
    assert "all is well" in done.stderr
    assert (tmp_path / "out" / "tileset.json").is_file()
    assert _names(tmp_path) == {"out"}


def test_json_for_scripts(run: Run, tmp_path: Path) -> None:
    done = run(DATA / "small.obj.zip", "-o", tmp_path / "out", "--json", "--workers", 2)
    figures = json.loads(done.stdout)
    assert figures["triangles"] == 2756
    assert figures["steps"]["known"] == 0 < figures["steps"]["done"]
    assert [level["triangles"] for level in figures["byLevel"]][-1] == 2756
    assert any("taken as metres" in line for line in figures["report"])


def test_doing_another_leaves_nothing_old(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(DATA / "tiny.stl", "-o", out, "--gzip").exit_code == 0
    first = _names(out)
    assert run(DATA / "small.glb", "-o", out).exit_code == 0
    assert first & _names(out) == {"tileset.json", ".chronotope.json"}


def test_a_second_run_does_nothing_until_a_file_is_gone(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    # The source is read with its folder, in which the result lies.
    source = tmp_path / "tiny.ply"
    _write_ply(source, lift=0.0, side=8)
    assert "nothing to do" not in run(source, "-o", out).stderr
    made = _bytes(out)
    tile = next(out.glob("*.glb"))
    written = tile.stat().st_mtime_ns
    assert "nothing to do" in run(source, "-o", out, "--workers", 2).stderr
    assert tile.stat().st_mtime_ns == written
    tile.unlink()
    assert "nothing to do" not in run(source, "-o", out).stderr
    assert _bytes(out) == made
    _write_ply(source, lift=0.1, side=8)
    assert "nothing to do" not in run(source, "-o", out).stderr


def test_implicit_tiles_are_named_by_place_and_checked_as_a_client_reads_them(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(DATA / "small.glb", "-o", out, "--implicit", "--leaf-triangles", 500, "--check", "--gzip")
    assert done.exit_code == 0, done.output
    assert "all is well" in done.stderr
    document = json.loads((out / "tileset.json").read_bytes())
    assert document["root"]["implicitTiling"]["subdivisionScheme"] == "QUADTREE"
    tiles = {name for name in _names(out) if name.endswith(".glb")}
    assert len(tiles) > 5
    assert all(re.fullmatch(r"\d+(-\d+){2}\.glb", name) for name in tiles)
    assert {f"{name}.gz" for name in tiles} < _names(out)


def test_the_coding_is_that_which_was_asked_for(run: Run, tmp_path: Path) -> None:
    needed = {}
    for coding in ("meshopt", "draco"):
        out = tmp_path / coding
        assert run(DATA / "tiny.stl", "-o", out, "--coding", coding, "--check").exit_code == 0
        document = json.loads(glb.read(next(out.glob("*.glb")).read_bytes()).json)
        needed[coding] = {name for name in document["extensionsRequired"] if "compression" in name}
    assert needed == {"meshopt": {"EXT_meshopt_compression"}, "draco": {"KHR_draco_mesh_compression"}}


def test_units_and_the_axis_that_points_up_are_believed(run: Run, tmp_path: Path) -> None:
    sizes = []
    for units, up in (("m", "y"), ("mm", "z")):
        done = run(DATA / "tiny.stl", "-o", tmp_path / up, "--json", "--units", units, "--up", up)
        extent = json.loads(done.stdout)["extent"]
        sizes.append(np.subtract(extent["high"], extent["low"]))
    assert sizes[1] == pytest.approx(sizes[0][[0, 2, 1]] / 1000.0, rel=1e-3)
    for words in (("--units", "ells"), ("--up", "w")):
        done = run(DATA / "tiny.stl", "-o", tmp_path / "out", *words)
        assert done.exit_code == 2
        assert words[1] in done.stderr


def test_options_that_do_not_go_together_are_a_wrong_call(run: Run, tmp_path: Path) -> None:
    for words in (("--ktx2", "--implicit"), ("--measure", "--coding", "draco")):
        assert run(DATA / "tiny.stl", "-o", tmp_path / "out", *words).exit_code == 2


def test_measuring_tells_of_each_level_what_is_stated_and_true(run: Run, tmp_path: Path) -> None:
    done = run(DATA / "small.glb", "-o", tmp_path / "out", "--measure", "--leaf-triangles", 1000, "--json")
    assert done.exit_code == 0, done.stderr
    measured = json.loads(done.stdout)["measured"]
    assert measured["below"] == []
    assert len(measured["levels"]) == len(json.loads(done.stdout)["byLevel"])


def test_with_a_folder_for_the_work_an_edit_makes_only_its_branch_anew(run: Run, tmp_path: Path) -> None:
    source, work = tmp_path / "scan.ply", tmp_path / "work"
    _write_ply(source, lift=0.0)
    words = ["--work", work, "--leaf-triangles", 600, "--json"]
    first = json.loads(run(source, "-o", tmp_path / "out", *words).stdout)
    assert first["steps"]["known"] == 0
    _write_ply(source, lift=0.01)
    edited = json.loads(run(source, "-o", tmp_path / "out", *words).stdout)
    assert 0 < edited["steps"]["done"] < 0.7 * edited["steps"]["known"]
    assert json.loads(run(source, "-o", tmp_path / "fresh", *words[2:]).stdout)["digest"] == edited["digest"]
    assert _bytes(tmp_path / "out") == _bytes(tmp_path / "fresh")


def _write_ply(path: Path, *, lift: float, side: int = 120) -> None:
    """A hilly field of 2 · 120² triangles, with one corner lifted a little."""
    x, y = np.meshgrid(np.linspace(0, 1, side + 1), np.linspace(0, 1, side + 1))
    z = 0.02 * np.sin(31 * x) * np.cos(27 * y) + lift * np.maximum(0.0, 1.0 - np.hypot(x, y) / 0.1) ** 2
    at = np.arange(x.size).reshape(x.shape)
    a, b, c, d = at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]
    faces = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3)
    rows = np.zeros(len(faces), np.dtype([("count", "u1"), ("corners", "<i4", 3)]))
    rows["count"], rows["corners"] = 3, faces
    with path.open("wb") as file:
        head = f"element vertex {x.size}\nproperty float x\nproperty float y\nproperty float z\n"
        head += f"element face {len(faces)}\nproperty list uchar int vertex_indices\n"
        file.write(f"ply\nformat binary_little_endian 1.0\n{head}end_header\n".encode())
        file.write(np.stack([x, y, z], axis=-1).astype("<f4").tobytes() + rows.tobytes())


def test_two_runs_do_not_share_a_folder_for_work(run: Run, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    with (work / ".chronotope.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run(DATA / "tiny.stl", "-o", tmp_path / "out", "--work", work)
        assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
        assert "another run is at work" in done.stderr


def _at_work_in(folder: Path) -> bool:
    """Whether a process has its working folder there: a killed command's child dies with it, but a moment later."""
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.readlink().is_relative_to(folder):
                return True
    return False


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_a_command_that_is_stopped_leaves_its_work_for_the_next(how: signal.Signals, run: Run, tmp_path: Path) -> None:
    source, out = tmp_path / "scan.ply", tmp_path / "out"
    # Compiled beforehand: a Ctrl-C that falls into a callback of the compiler's is lost, and has to be pressed again.
    _write_ply(source, lift=0.0, side=40)
    run(source, "-o", out, "--leaf-triangles", "256")
    shutil.rmtree(out)
    _write_ply(source, lift=0.0, side=160)  # so many steps that it is stopped among them, whatever else runs here
    words = [str(source), "-o", str(out), "--leaf-triangles", "256"]
    process = subprocess.Popen(
        [*command.COMMAND, "tile", *words],
        cwd=command.ROOT,
        env=command.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    tiles = tmp_path / ".out.work" / "tiles"
    while process.poll() is None and not (tiles.is_dir() and len(list(tiles.iterdir())) > 3):
        time.sleep(0.005)
    process.send_signal(how)
    told, complaint = process.communicate(timeout=command.PATIENCE_S)
    assert told == ""
    while _at_work_in(tmp_path):
        time.sleep(0.005)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert complaint.count("\n") == 1
        assert f"interrupted; the next run goes on from what is kept in {tmp_path / '.out.work'}" in complaint
    assert not out.exists()
    done = run(*words, "--json")
    assert json.loads(done.stdout)["steps"]["known"] > 40
    assert _names(tmp_path) == {"scan.ply", "out"}
    assert "nothing to do" in run(*words, "--check").stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["{data}/README.md", "-o", "{tmp}/out"], 1, "UNSUPPORTED"),
        (["{tmp}/none.glb", "-o", "{tmp}/out"], 1, "No such file"),
        (["{data}/small.glb", "-o", "{data}"], 1, "holds other files"),
        (["{data}/small.glb", "-o", "{data}/small.glb"], 1, "not a folder"),
        (["{data}/small.glb"], 2, "--output"),
        (["{data}/small.glb", "-o", "{tmp}/out", "--memory", "lots"], 2, "lots"),
        (["{data}/small.glb", "-o", "{tmp}/out", "--memory", "1M"], 2, "512 MiB"),
        (["{data}/small.glb", "-o", "{tmp}/out", "--workers", "0"], 2, "workers"),
    ],
)
def test_refusals_say_why_in_a_line_and_by_their_exit_code(
    run: Run, words: list[str], code: int, said: str, tmp_path: Path
) -> None:
    done = run(*[word.format(data=DATA, tmp=tmp_path) for word in words])
    assert done.exit_code == code
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_link_is_read_as_what_it_leads_to(run: Run, tmp_path: Path) -> None:
    (tmp_path / "scans").mkdir()
    _write_ply(tmp_path / "scans" / "second.ply", lift=0.0, side=8)
    _write_ply(tmp_path / "scans" / "first.ply", lift=0.0, side=4)
    (tmp_path / "latest.ply").symlink_to(tmp_path / "scans" / "second.ply")
    read = [
        json.loads(run(tmp_path / name, "-o", tmp_path / f"out{at}", "--json").stdout)
        for at, name in enumerate(("latest.ply", "scans/second.ply"))
    ]
    assert read[0] == read[1]


def test_what_is_no_file_is_refused_unread(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ply")
    done = run(tmp_path / "pipe.ply", "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert "neither a file nor a folder" in done.stderr


def test_the_help_tells_where_the_work_of_an_interrupted_run_is(run: Run) -> None:
    told = " ".join(re.sub(r"[│╭╮╰╯─]", " ", run("--help").stdout).split())
    assert "Ctrl-C keeps what is done" in told


def test_sizes_as_people_write_them() -> None:
    assert [cli_tile.size_in_bytes(text) for text in ("800M", "4GiB", "2 gb", "123")] == [
        800 << 20,
        4 << 30,
        2 << 30,
        123,
    ]
