from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from api import cli_change
from tests.pipeline.test_change import solid, write

Run = Callable[..., Any]


@pytest.fixture
def run() -> Run:
    app = typer.Typer()
    app.command("change")(cli_change.change)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def scans(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path / "1990.ply", solid()), write(tmp_path / "2020.ply", solid(dent=True))


def test_two_scans_become_a_folder_and_lines_for_people(run: Run, scans: tuple[Path, Path], tmp_path: Path) -> None:
    done = run(*scans, "-o", tmp_path / "out", "--threshold", "0.5mm", "--scale", "1cm")
    assert done.exit_code == 0, done.output
    assert "strongest at 1 cm, grey is less than 0.05 cm" in done.stdout
    assert "lost" in done.stdout
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names >= {"tileset.json", "change.json"}
    assert {path.name for path in tmp_path.iterdir()} == {"1990.ply", "2020.ply", "out"}
    # The same again, for scripts, into the folder that is there.
    again = run(*scans, "-o", tmp_path / "out", "--threshold", "0.5mm", "--json")
    figures = json.loads(again.stdout)
    assert figures["threshold"] == 0.0005
    assert figures["later"]["file"] == "2020.ply"
    assert json.loads((tmp_path / "out" / "change.json").read_text()) == figures


def test_what_lies_apart_is_refused_and_nothing_is_left(run: Run, scans: tuple[Path, Path], tmp_path: Path) -> None:
    far = write(tmp_path / "far.ply", solid(), at=(9.0, 0.0, 0.0))
    done = run(scans[0], far, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr.startswith("chronotope change: INVALID: the two lie apart")
    assert not [path for path in tmp_path.iterdir() if path.suffix != ".ply"]


def test_a_folder_with_other_files_is_left_alone(run: Run, scans: tuple[Path, Path], tmp_path: Path) -> None:
    done = run(*scans, "-o", tmp_path)
    assert done.exit_code == 1
    assert "holds other files (1990.ply)" in done.stderr


def test_a_file_that_is_not_there_is_told(run: Run, scans: tuple[Path, Path], tmp_path: Path) -> None:
    done = run(scans[0], tmp_path / "none.ply", "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert "No such file or directory" in done.stderr
    assert "none.ply" in done.stderr


@pytest.mark.parametrize("text", ["-1mm", "nan", "thick", "", "1e9", "5 miles"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="no length"):
        cli_change.length_in_metres(text)


def test_clouds_of_points_are_told_as_points(run: Run, tmp_path: Path) -> None:
    ticks = [(x / 50.0, 0.02 * (x * y % 7 == 0), y / 50.0) for x in range(50) for y in range(50)]
    for name, lift in (("1990.xyz", 0.0), ("2020.xyz", 0.1)):
        (tmp_path / name).write_text("".join(f"{x} {-z} {y + lift * (x > 0.5)}\n" for x, y, z in ticks))
    done = run(tmp_path / "1990.xyz", tmp_path / "2020.xyz", "-o", tmp_path / "out", "--threshold", "5cm")
    assert done.exit_code == 0, done.output
    assert "2020.xyz (2,500 points) against 1990.xyz (2,500 points)" in done.stdout
    assert "estimated over cells of" in done.stdout
    figures = json.loads((tmp_path / "out" / "change.json").read_text())
    assert figures["gained_volume"] == pytest.approx(0.1 * 0.48 * 0.98, rel=0.15)
    assert figures["lost_volume"] == 0.0
