import os
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import stamp
from pipeline.tile import TileSettings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "model"
    (found / "maps").mkdir(parents=True)
    (found / "a.obj").write_text("v 0 0 0")
    (found / "a.mtl").write_text("newmtl a")
    (found / "maps" / "a.PNG").write_bytes(b"picture")
    return found


def test_a_file_counts_by_its_bytes_and_not_by_its_time(tmp_path: Path) -> None:
    path = tmp_path / "a.stl"
    path.write_bytes(b"solid a")
    first = stamp.of(path, path.name, TileSettings())
    os.utime(path, ns=(1, 1))
    assert stamp.of(path, path.name, TileSettings()) == first
    path.write_bytes(b"solid b")
    os.utime(path, ns=(1, 1))
    assert stamp.of(path, path.name, TileSettings()) != first


@pytest.mark.parametrize(
    "more",
    [{"leaf_triangles": 9}, {"root_triangles": 9}, {"coding": "draco"}, {"samples": 9}, {"units": "mm"}, {"up": "z"}],
)
def test_settings_that_change_the_result_count(more: dict[str, object], folder: Path) -> None:
    settings = replace(TileSettings(), **more)  # type: ignore[arg-type]
    assert stamp.of(folder, "a.obj", settings) != stamp.of(folder, "a.obj", TileSettings())


def test_settings_of_the_run_do_not_count(folder: Path) -> None:
    other = TileSettings(workers=8, memory_bytes=1, most_seconds=1, scheduler="tcp://x", is_measured=True)
    assert stamp.of(folder, "a.obj", other) == stamp.of(folder, "a.obj", TileSettings())


@pytest.mark.parametrize("name", ["a.mtl", "maps/a.PNG"])
def test_what_a_file_may_name_beside_it_counts(name: str, folder: Path) -> None:
    first = stamp.of(folder, "a.obj", TileSettings())
    (folder / name).write_bytes(b"other than before")
    assert stamp.of(folder, "a.obj", TileSettings()) != first


@pytest.mark.parametrize("name", ["b.obj", "notes.txt", ".hidden/x.png", "tiles/x.webp", "work/tiles/x.webp"])
def test_other_files_and_what_we_made_ourselves_do_not_count(name: str, folder: Path) -> None:
    first = stamp.of(folder, "a.obj", TileSettings())
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    if name.startswith("tiles"):
        stamp.write(path.parent, "digest", [path.name])
    if name.startswith("work"):
        (folder / "work" / ".chronotope.lock").touch()
    assert stamp.of(folder, "a.obj", TileSettings()) == first


def test_of_a_folder_that_is_read_whole_all_files_count(folder: Path) -> None:
    first = stamp.of(folder, folder.name, TileSettings())
    (folder / "notes.txt").write_text("new")
    assert stamp.of(folder, folder.name, TileSettings()) != first


@pytest.mark.parametrize("told", ["", "{", "[]", '{"source": "d"}', '{"source": "other", "files": []}'])
def test_a_folder_that_does_not_say_so_does_not_match(told: str, tmp_path: Path) -> None:
    assert not stamp.matches(tmp_path, "d")
    (tmp_path / stamp.NAME).write_text(told)
    assert not stamp.matches(tmp_path, "d")


def test_a_folder_matches_as_long_as_all_its_files_are_there(tmp_path: Path) -> None:
    (tmp_path / "x.glb").touch()
    stamp.write(tmp_path, "d", ["x.glb"])
    assert stamp.matches(tmp_path, "d")
    assert not stamp.matches(tmp_path, "e")
    (tmp_path / "x.glb").unlink()
    assert not stamp.matches(tmp_path, "d")
