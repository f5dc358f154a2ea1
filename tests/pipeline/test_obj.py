from pathlib import Path

import numpy as np
import pytest

from pipeline import read
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
    assert np.allclose(np.ptp(model.primitives[0].positions, axis=0), [0.001, 0.001, 0], atol=1e-7)
