import tracemalloc
from pathlib import Path

import pytest

from pipeline import read
from tests.pipeline.hostile import HOSTILE, document, packed, write_hostile

_MOST_BYTES = 64 << 20


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_file_meets_its_error_without_much_memory(what: str, tmp_path: Path) -> None:
    path = tmp_path / "master"
    name, error = write_hostile(what, path)
    with pytest.raises(error):
        read.read(path, name)  # what reads it is compiled the first time, which takes memory of its own
    tracemalloc.start()
    try:
        with pytest.raises(error) as refusal:
            read.read(path, name)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(refusal.value)
    assert peak < _MOST_BYTES + 2 * path.stat().st_size


def test_the_file_that_they_are_bent_from_is_good(tmp_path: Path) -> None:
    path = tmp_path / "master"
    path.write_bytes(packed(document()))
    assert read.read(path, "x.glb").triangles == 1


def test_a_neighbour_of_a_single_file_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.mtl").write_text("newmtl stone\nKd 1 0 0\n")
    path = tmp_path / "x.obj"
    path.write_text("mtllib secret.mtl\nusemtl stone\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    model = read.read(path, "x.obj")
    assert model.materials[-1].base_colour == (1.0, 1.0, 1.0, 1.0)
    assert any("secret.mtl" in line for line in model.report)


def test_a_link_in_a_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "outside.mtl").write_text("newmtl stone\nKd 1 0 0\n")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "x.mtl").symlink_to(tmp_path / "outside.mtl")
    (folder / "x.obj").write_text("mtllib x.mtl\nusemtl stone\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    model = read.read(folder, "x.obj")
    assert model.materials[-1].base_colour == (1.0, 1.0, 1.0, 1.0)
