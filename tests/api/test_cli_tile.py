import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from api import cli_tile

DATA = Path(__file__).parent.parent / "data"


@pytest.fixture
def run() -> object:
    app = typer.Typer()
    app.command("tile")(cli_tile.tile)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_a_file_becomes_a_folder_that_is_checked(run, tmp_path: Path) -> None:
    done = run(DATA / "venus.glb", "-o", tmp_path / "out", "--check")
    assert done.exit_code == 0, done.output
    assert "19,899 triangles" in done.stdout
    assert "all is well" in done.stderr
    assert (tmp_path / "out" / "tileset.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_json_for_scripts(run, tmp_path: Path) -> None:
    done = run(DATA / "small.obj.zip", "-o", tmp_path / "out", "--json", "--workers", 2)
    figures = json.loads(done.stdout)
    assert figures["triangles"] == 2756
    assert figures["report"] == []


def test_doing_it_again_leaves_the_same_and_nothing_old(run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(DATA / "tiny.stl", "-o", out).exit_code == 0
    first = {path.name for path in out.iterdir()}
    assert run(DATA / "small.glb", "-o", out).exit_code == 0
    assert first & {path.name for path in out.iterdir()} == {"tileset.json"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["{data}/README.md", "-o", "{tmp}/out"], 1, "UNSUPPORTED"),
        (["{tmp}/none.glb", "-o", "{tmp}/out"], 1, "No such file"),
        (["{data}/small.glb", "-o", "{data}"], 1, "holds other files"),
        (["{data}/small.glb"], 2, "--output"),
        (["{data}/small.glb", "-o", "{tmp}/out", "--memory", "lots"], 2, "lots"),
        (["{data}/small.glb", "-o", "{tmp}/out", "--memory", "1M"], 2, "512 MiB"),
        (["{data}/small.glb", "-o", "{tmp}/out", "--workers", "0"], 2, "workers"),
    ],
)
def test_refusals_say_why_in_a_line_and_by_their_exit_code(
    run, words: list[str], code: int, said: str, tmp_path: Path
) -> None:
    done = run(*[word.format(data=DATA, tmp=tmp_path) for word in words])
    assert done.exit_code == code
    assert said in done.stderr
    assert not (tmp_path / "out").exists()


def test_sizes_as_people_write_them() -> None:
    assert [cli_tile.size_in_bytes(text) for text in ("800M", "4GiB", "2 gb", "123")] == [
        800 << 20,
        4 << 30,
        2 << 30,
        123,
    ]
