from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import obj, read
from pipeline.files import Neighbours, SingleFile
from pipeline.mapped import Store
from scenes.errors import Malformed
from tests.pipeline.hostile import zipped
from tiling.mesh import Model

SQUARE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"


def _read(tmp_path: Path, text: str) -> Model:
    path = tmp_path / "x.obj"
    path.write_text(text)
    return read.read(path, "x.obj")


def _corners(model: Model) -> list[list[list[float]]]:
    primitive = model.primitives[0]
    return primitive.positions[primitive.indices].tolist()


ONE = [[[0, 0, 0], [1, 0, 0], [1, 1, 0]]]
BOTH = [*ONE, [[0, 0, 0], [1, 1, 0], [0, 1, 0]]]


@pytest.mark.parametrize(("text", "corners"), [
    (SQUARE + "f 1 2 3\nf 1 3 4\n",                          BOTH),
    (SQUARE + "f 1 2 3 4\n",                                 BOTH),
    (SQUARE + "f -4 -3 -2 -1\n",                             BOTH),
    (SQUARE + "f 1 2 3\nv 9 9 9\nf -5 -3 -2\n",              BOTH),
    (SQUARE + "f 1// 2// 3//\nf 1 2 3\n",                    ONE),
    (SQUARE + "  f   1  2\t3  \nf 1 3 4",                    BOTH),
    (SQUARE.replace("\n", "\r\n") + "f 1 2 3 4\r\n",         BOTH),
    (SQUARE + "f 1 2 \\\n 3 4\n",                            BOTH),
    (SQUARE + "vn 0 0 1\nf 1//1 2//1 3//1\n",                ONE),
    (SQUARE + "vt 0 0\nf 1/1 2/1 3/1\n",                     ONE),
    (SQUARE + "vt 0 0\nvn 0 0 1\nf 1/1/1 2/1/1 3/1/1\n",     ONE),
    ("# c\no x\ng y\ns off\n" + SQUARE + "l 1 2\nf 1 2 3\n", ONE),
])  # fmt: skip
def test_faces_in_all_their_forms(tmp_path: Path, text: str, corners: list[list[list[float]]]) -> None:
    assert _corners(_read(tmp_path, text)) == corners


def test_coordinates_are_measured_from_the_top(tmp_path: Path) -> None:
    model = _read(tmp_path, SQUARE + "vt 0 0\nvt 1 0.25\nvt 1 1 0\nf 1/1 2/2 3/3\n")
    assert model.primitives[0].uvs is not None
    assert model.primitives[0].uvs.tolist() == [[0, 1], [1, 0.75], [1, 0]]


def test_colours_after_the_position(tmp_path: Path) -> None:
    model = _read(tmp_path, "v 0 0 0 1 0 0\nv 1 0 0 0 1 0\nv 0 1 0 0 0 0.5\nf 1 2 3\n")
    assert model.primitives[0].colours is not None
    assert model.primitives[0].colours.tolist() == [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 55, 255]]


def test_one_bad_line_costs_one_line(tmp_path: Path) -> None:
    model = _read(tmp_path, "v nan 0 zero\n" + SQUARE + "f 2 3 4\nf one two\nf 2 3 99\n")
    assert model.triangles == 1
    assert _corners(model) == ONE
    assert sum("could not be read" in line for line in model.report) == 2


def test_materials_by_name(tmp_path: Path) -> None:
    library = "newmtl red\nKd 1 0 0\nd 0.5\nnewmtl shiny\nPm 1\nPr 0.2\n"
    text = "mtllib a.mtl\n" + SQUARE + "usemtl red\nf 1 2 3\nusemtl shiny\nf 1 3 4\nusemtl red\nf 1 2 4\n"
    path = tmp_path / "x.zip"
    path.write_bytes(zipped({"x/a.mtl": library.encode(), "x/a.obj": text.encode()}))
    model = read.read(path, "x.zip")
    by_name = {model.materials[p.material].name: (p, model.materials[p.material]) for p in model.primitives}
    assert len(by_name["red"][0].indices) == 2
    assert by_name["red"][1].base_colour == (1, 0, 0, 0.5)
    assert by_name["red"][1].alpha_mode == "BLEND"
    assert (by_name["shiny"][1].metallic, by_name["shiny"][1].roughness) == (1, 0.2)


def test_far_coordinates_keep_their_millimetres(tmp_path: Path) -> None:
    rows = [f"v {465_123.001 + x:.4f} {5_422_884.002 + y:.4f} 1" for x, y in ((0, 0), (0.001, 0), (0, 0.001))]
    model = _read(tmp_path, "\n".join(rows) + "\nf 1 2 3\n")
    # East and north lie flat: a map has z up.
    assert np.allclose(np.ptp(model.primitives[0].positions, axis=0), [0.001, 0, 0.001], atol=1e-7)


def test_concave_polygons_are_cut_inside_with_their_coordinates(tmp_path: Path) -> None:
    text = "v 2 1 0\nv 0 0 0\nv 2 -1 0\nv 0.5 0 0\nvt 2 1\nvt 0 0\nvt 2 -1\nvt 0.5 0\nf 1/1 2/2 3/3 4/4\n"
    model = _read(tmp_path, text)
    primitive = model.primitives[0]
    corners = primitive.positions[primitive.indices]
    assert (np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0).all()
    assert primitive.uvs is not None
    assert np.allclose(primitive.uvs[:, 0], primitive.positions[:, 0])
    assert "1 polygon was cut into triangles, 1 of them along its ears because it is concave" in model.report


def test_parts_are_called_by_object_and_by_group_where_there_is_no_object(tmp_path: Path) -> None:
    faces = "{0} wall\nf 1 2 3\n{0} roof tiles\nf 1 3 4\n"
    assert [p.name for p in _read(tmp_path, SQUARE + faces.format("o")).primitives] == ["wall", "roof tiles"]
    assert [p.name for p in _read(tmp_path, SQUARE + faces.format("g")).primitives] == ["wall", "roof tiles"]


def test_materials_without_a_library_keep_their_triangles_apart(tmp_path: Path) -> None:
    model = _read(tmp_path, SQUARE + "usemtl a\nf 1 2 3\nusemtl b\nf 1 3 4\n")
    assert [p.name for p in model.primitives] == ["a", "b"]
    assert [model.materials[p.material].name for p in model.primitives] == ["a", "b"]


def test_two_libraries_in_a_line_and_tabs_in_them(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "a.mtl").write_text("newmtl\tred\nKd\t1 0 0\n")
    (folder / "b.mtl").write_text("newmtl blue\n  Kd 0 0 1\nTr 1\nmap_bump x.png\n")
    (folder / "x.obj").write_text("mtllib a.mtl b.mtl\n" + SQUARE + "usemtl red\nf 1 2 3\nusemtl blue\nf 1 3 4\n")
    model = read.read(folder, "x.obj")
    assert [model.materials[p.material].base_colour for p in model.primitives] == [(1, 0, 0, 1), (0, 0, 1, 1)]
    assert any("shown opaque" in line for line in model.report)
    assert any("map_bump" in line for line in model.report)
    assert not any("not there" in line for line in model.report)


def test_a_library_by_its_place_on_another_computer_is_the_one_beside(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "a.mtl").write_text("newmtl red\nKd 1 0 0\n")
    (folder / "x.obj").write_text("mtllib C:\\scans\\a.mtl\nusemtl red\n" + SQUARE + "f 1 2 3\n")
    model = read.read(folder, "x.obj")
    assert model.materials[model.primitives[0].material].base_colour == (1, 0, 0, 1)
    assert any("another computer" in line for line in model.report)


_INDEX = st.integers(1, 6)
_FACE = st.lists(st.tuples(_INDEX, st.integers(1, 4), st.integers(1, 3)), min_size=3, max_size=5)


@settings(max_examples=60, deadline=None)
@given(
    faces=st.lists(st.tuples(st.sampled_from(["v", "vt", "vn", "vtn"]), st.booleans(), _FACE), min_size=1, max_size=12),
    end=st.sampled_from(["\n", "\r\n", " \n", "\n\n# c\n"]),
    on_disk=st.booleans(),
)
def test_corners_are_those_of_a_plain_reader(tmp_path_factory, faces, end: str, on_disk: bool) -> None:  # type: ignore[no-untyped-def]
    points = [(0, 0, 0), (4, 0, 0), (5, 3, 0), (3, 5, 1), (1, 4, 2), (-1, 2, 3)]
    uvs, normals = [(0, 0), (1, 0), (1, 1), (0.5, 0.25)], [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    rows = [f"v {x} {y} {z}" for x, y, z in points]
    rows += [f"vt {u} {v}" for u, v in uvs] + [f"vn {x} {y} {z}" for x, y, z in normals]
    plain = []
    for form, negative, corners in faces:
        words = []
        for point, uv, normal in corners:
            v, t, n = (point - 7, uv - 5, normal - 4) if negative else (point, uv, normal)
            words.append({"v": f"{v}", "vt": f"{v}/{t}", "vn": f"{v}//{n}", "vtn": f"{v}/{t}/{n}"}[form])
        rows.append("f " + " ".join(words))
        # Which triangles a polygon becomes is tested elsewhere; the points here are convex in number order.
        plain += [(form, [corners[0], corners[i], corners[i + 1]]) for i in range(1, len(corners) - 1)]
    folder = tmp_path_factory.mktemp("obj")
    (folder / "x.obj").write_bytes((end.join(rows) + end).encode())
    scratch = folder / "scratch" if on_disk else None
    if scratch:
        scratch.mkdir()
    file = SingleFile(folder / "x.obj", "x.obj")
    try:
        model = obj.read(file.data("x.obj"), Neighbours(file, "x.obj"), Store(scratch))
    except Malformed:
        pytest.fail("it is good")
    (primitive,) = model.primitives
    assert len(primitive.indices) == len(plain)
    if any(len(corners) > 3 for _, _, corners in faces):
        return
    found = primitive.positions[primitive.indices]
    assert found.tolist() == [[list(points[v - 1]) for v, _, _ in corners] for _, corners in plain]
    if primitive.uvs is not None:
        coordinates = primitive.uvs[primitive.indices].tolist()
        for (form, corners), row in zip(plain, coordinates, strict=True):
            expected = [[uvs[t - 1][0], 1 - uvs[t - 1][1]] if "t" in form else [0, 1] for _, t, _ in corners]
            assert row == expected
    if primitive.normals is not None:
        assert all("n" in form[1:] for form, _ in plain)
        assert primitive.normals[primitive.indices].tolist() == [
            [list(normals[n - 1]) for _, _, n in corners] for _, corners in plain
        ]
