from __future__ import annotations

import json
import zipfile
from typing import TYPE_CHECKING

from api.cli_pack import one_file, referred

if TYPE_CHECKING:
    from pathlib import Path


def _names(path: Path) -> list[str]:
    with one_file(path) as whole:
        if whole == path:
            return [path.name]
        with zipfile.ZipFile(whole) as archive:
            return [whole.name, *archive.namelist()]


def _gltf(folder: Path, *uris: str) -> Path:
    path = folder / "venus.gltf"
    path.write_text(json.dumps({"buffers": [{"uri": uri} for uri in uris], "images": [{"bufferView": 0}]}))
    return path


def test_a_file_that_stands_alone_goes_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "venus.glb").write_bytes(b"glTF")
    assert _names(tmp_path / "venus.glb") == ["venus.glb"]
    assert _names(_gltf(tmp_path, "data:application/octet-stream;base64,AA==")) == ["venus.gltf"]


def test_a_gltf_takes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    for name in ("venus.bin", "maps/a b.jpg", "private.txt"):
        (tmp_path / name).write_text(name)
    path = _gltf(tmp_path, "venus.bin", "maps/a%20b.jpg", "missing.bin", "https://elsewhere.example/x.bin")
    assert _names(path) == ["venus.zip", "venus.gltf", "maps/a b.jpg", "venus.bin"]


def test_nothing_from_above_or_behind_a_link_is_taken(tmp_path: Path) -> None:
    (tmp_path / "secret.bin").write_text("secret")
    folder = tmp_path / "scan"
    folder.mkdir()
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    path = _gltf(folder, "../secret.bin", str(tmp_path / "secret.bin"), "link.bin")
    assert referred(path) == []


def test_an_obj_takes_its_materials_and_their_pictures(tmp_path: Path) -> None:
    for name in ("stone.jpg", "bump.png"):
        (tmp_path / name).write_text(name)
    (tmp_path / "a.mtl").write_text("newmtl stone\nmap_Kd -s 1 1 1 stone.jpg\n  bump -bm 0.5 bump.png\nKd 1 1 1\n")
    (tmp_path / "a.obj").write_text("v 0 0 0\nmtllib a.mtl\nv 1 0 0\n")
    assert _names(tmp_path / "a.obj") == ["a.zip", "a.obj", "a.mtl", "bump.png", "stone.jpg"]


def test_a_ply_takes_the_picture_that_its_head_names(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("x")
    (tmp_path / "a.ply").write_bytes(b"ply\nformat ascii 1.0\ncomment TextureFile a.jpg\nend_header\n")
    assert _names(tmp_path / "a.ply") == ["a.zip", "a.ply", "a.jpg"]


def test_a_folder_goes_whole_but_for_hidden_files(tmp_path: Path) -> None:
    folder = tmp_path / "scan"
    (folder / "maps").mkdir(parents=True)
    for name in ("b.glb", "maps/a.jpg", ".DS_Store"):
        (folder / name).write_text(name)
    assert _names(folder) == ["scan.zip", "b.glb", "maps/a.jpg"]


def test_the_same_files_give_the_same_zip(tmp_path: Path) -> None:
    (tmp_path / "venus.bin").write_text("x" * 1000)
    path = _gltf(tmp_path, "venus.bin")
    with one_file(path) as first, one_file(path) as second:
        assert first != second
        assert first.read_bytes() == second.read_bytes()


def test_what_is_no_gltf_is_left_to_the_tiler(tmp_path: Path) -> None:
    for content in (b"nothing", b"[]", b'{"buffers": 5}', b'{"buffers": [{"uri": 5}]}', b"[" * 100_000):
        (tmp_path / "a.gltf").write_bytes(content)
        assert _names(tmp_path / "a.gltf") == ["a.gltf"]
