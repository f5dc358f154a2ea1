import os
from pathlib import Path

import numpy as np
import pytest

from pipeline import files, read
from scenes.errors import Malformed, TooLarge, Unsupported
from tests.pipeline.hostile import document, packed, zipped
from tiling.mesh import Model

DATA = Path(__file__).parent.parent / "data"
TRIANGLE = "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
SMALL = sorted(path.name for path in DATA.glob("small*"))


def _shape(model: Model) -> tuple[int, float, np.ndarray]:
    """Triangles, area, and the middle of the area."""
    middles, areas = [], []
    for primitive in model.primitives:
        a, b, c = (primitive.positions[primitive.indices[:, corner]] for corner in range(3))
        areas.append(np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2)
        middles.append((a + b + c) / 3)
    area = np.concatenate(areas)
    return model.triangles, float(area.sum()), (np.concatenate(middles) * area[:, None]).sum(axis=0) / area.sum()


@pytest.fixture(scope="module")
def reference() -> tuple[int, float, np.ndarray]:
    return _shape(read.read(DATA / "small-big-double.ply", "small-big-double.ply"))


@pytest.mark.parametrize("name", SMALL)
def test_every_format_is_read_to_the_same_shape(name: str, reference: tuple[int, float, np.ndarray]) -> None:
    triangles, area, middle = _shape(read.read(DATA / name, name))
    assert triangles == reference[0]
    assert area == pytest.approx(reference[1], rel=1e-3)
    assert np.allclose(middle, reference[2], atol=1e-3)


@pytest.mark.parametrize("name", ["tiny.stl", "tiny-text.stl"])
def test_both_forms_of_stl_share_their_points(name: str) -> None:
    model = read.read(DATA / name, name)
    assert model.triangles == 593
    assert len(model.primitives[0].positions) == 309


def test_both_forms_of_stl_are_the_same_shape() -> None:
    one, other = (_shape(read.read(DATA / name, name)) for name in ("tiny.stl", "tiny-text.stl"))
    assert one[1] == pytest.approx(other[1], rel=1e-6)


def test_the_texture_of_a_zipped_obj_is_found_by_its_windows_path() -> None:
    model = read.read(DATA / "small.obj.zip", "small.obj.zip")
    image = model.materials[model.primitives[0].material].base_colour_image
    assert image is not None
    assert image.media_type == "image/png"
    assert model.primitives[0].uvs is not None


def test_colours_are_read_as_linear() -> None:
    model = read.read(DATA / "small-little.ply", "x.ply")
    primitive = model.primitives[0]
    assert primitive.colours is not None
    height = primitive.positions[:, 1] - primitive.positions[:, 1].min()
    middle = np.argmin(np.abs(height / height.max() - 0.5))
    assert abs(int(primitive.colours[middle, 0]) - 55) <= 2
    assert (primitive.colours[:, 3] == 255).all()


def test_content_is_believed_over_the_name_and_told() -> None:
    model = read.read(DATA / "small-little.ply", "small.obj")
    assert model.triangles == 2756
    assert any("called .obj" in line for line in model.report)


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.bin", b"glTF\x02\0\0\0", "glb"),
        ("a", b"ply\nformat ascii 1.0\n", "ply"),
        ("a", b'  \n{"asset":{}}', "gltf"),
        ("a", b"\xef\xbb\xbf{}", "gltf"),
        ("a", b"solid x\nfacet normal 0 0 1\n", "stl"),
        ("a", b"solid".ljust(80) + (1).to_bytes(4, "little") + bytes(50), "stl"),
        ("a", b"OFF\n3 1 0\n", "off"),
        ("a", b"# made by hand\nv 0 0 0\nv 1 0 0\nf 1 2 3\n", "obj"),
        ("a.obj", b"o thing\n", "obj"),
    ],
)
def test_what_a_file_is_shows_in_its_bytes(name: str, data: bytes, kind: str) -> None:
    assert read.sniff(data, name) == kind


def test_a_file_that_is_not_what_it_is_called_is_malformed() -> None:
    with pytest.raises(Malformed, match=r"called \.ply"):
        read.sniff(b"Dear sir or madam", "model.ply")


def test_a_file_of_no_known_kind_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        read.sniff(b"Dear sir or madam", "model.doc")


def test_a_zip_of_two_models_gives_the_one_nearest_to_the_top(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zipped({"__MACOSX/._b.glb": b"junk", "deep/a.glb": b"junk", "b.glb": packed(document())}))
    assert read.read(path, "x.zip").triangles == 1


@pytest.mark.parametrize(("name", "data", "words"), [
    ("a.fbx",  b"Kaydara FBX Binary  \0",        "FBX, which is not read here; export it as GLB"),
    ("a.usdz", zipped({"a.usdc": b"PXR-USDC"}),   "a.usdc is USD"),
    ("a.x3d",  b"<X3D/>",                         "X3D"),
    ("a.zip",  zipped({"a.laz": b"LASF"}),        "a.laz is a cloud of points within an archive"),
])  # fmt: skip
def test_other_formats_are_refused_by_their_names(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / "master"
    path.write_bytes(data)
    with pytest.raises(Unsupported, match=words):
        read.read(path, name)


@pytest.mark.parametrize("name", SMALL)
def test_a_scratch_folder_changes_nothing_but_where_it_lies(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = read.read(DATA / name, name)
    if name.endswith(read._WHOLE):
        read.read(DATA / name, name, scratch=tmp_path)
        assert not any(tmp_path.iterdir())
    monkeypatch.setattr(read, "_SMALL_BYTES", 0)
    other = read.read(DATA / name, name, scratch=tmp_path)
    assert any(tmp_path.iterdir())
    assert one.report == other.report
    assert one.materials == other.materials
    for a, b in zip(one.primitives, other.primitives, strict=True):
        for attribute in ("positions", "indices", "normals", "uvs", "colours"):
            assert np.array_equal(getattr(a, attribute), getattr(b, attribute)), attribute


@pytest.mark.skipif(os.geteuid() == 0, reason="to root no folder is closed")
def test_a_folder_that_may_not_be_entered_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "one.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o000)
    assert read.read(tmp_path, "one.obj").triangles == 1


def test_the_other_files_of_a_folder_are_no_matter_to_one_that_is_named(tmp_path: Path) -> None:
    for number in range(files.MOST_ENTRIES):
        (tmp_path / f"{number}.jpg").touch()
    (tmp_path / "x.obj").write_text("mtllib Parts/X.mtl\nmtllib y.mtl\nusemtl red\n" + TRIANGLE)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "x.MTL").write_text("newmtl red\nKd 1 0 0\n")
    (tmp_path / "parts" / "y.mtl").write_text("newmtl red\nKd 0 1 0\n")
    model = read.read(tmp_path, "x.obj")
    assert [material.base_colour for material in model.materials[1:]] == [(1, 0, 0, 1)]
    assert any("'y.mtl' is not there" in line for line in model.report)
    with pytest.raises(TooLarge, match="more than 20,000 files"):
        read.read(tmp_path, "")


@pytest.mark.parametrize("name", ["../x.obj", "sub/../x.obj", "link.obj", "away/x.obj", "", "sub"])
def test_what_a_folder_does_not_hold_is_not_found_in_it(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    (inside / "sub").mkdir(parents=True)
    for folder in (tmp_path, inside):
        (folder / "x.obj").write_text(TRIANGLE)
    (inside / "link.obj").symlink_to(tmp_path / "x.obj")
    (inside / "away").symlink_to(tmp_path)
    assert files.Folder(inside).find(name) is None
    assert files.Folder(inside).find("X.obj") == "x.obj"


@pytest.mark.parametrize(
    ("begin", "said"), [(b"", "the file is empty"), (b"milk\n", "'milk\\\\n'"), (b"\x00\xffPK", "00 ff 50 4b")]
)
def test_what_a_file_begins_with_is_told_for_people(begin: bytes, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        read.sniff(begin, "vase.glb")
