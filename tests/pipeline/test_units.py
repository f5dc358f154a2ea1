import numpy as np
import pytest

from pipeline.units import UPS, Wanted, in_metres
from scenes.errors import Invalid
from tiling.mesh import Model, Primitive


def _model(points: list[list[float]]) -> Model:
    normals = np.array([[0, 0, 1]] * len(points), np.float32)
    return Model((Primitive(np.array(points, float), np.array([[0, 1, 2]], np.uint32), normals),))


SMALL = [[0.0, 0, 0], [1, 0, 0], [0, 2, 0]]


def _said(model: Model) -> str:
    return model.report[-1]


@pytest.mark.parametrize("up", UPS)
def test_each_axis_can_be_up_and_none_mirrors(up: str) -> None:
    model = _model([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
    turned = in_metres(model, "ply", b"", Wanted(None, up)).primitives[0].positions
    axis = "xyz".index(up[-1])
    assert turned[axis].tolist() == [0, -1 if up[0] == "-" else 1, 0]
    assert np.linalg.det(turned) == pytest.approx(1.0)


def test_what_was_asked_is_taken_and_told() -> None:
    model = in_metres(_model(SMALL), "ply", b"", Wanted("cm", "z"))
    assert model.primitives[0].positions.tolist() == [[0, 0, 0], [0.01, 0, 0], [0, 0, -0.02]]
    assert model.primitives[0].normals is not None
    assert model.primitives[0].normals[0].tolist() == [0, 1, 0]
    assert "centimetres (as was asked), z up (as was asked)" in _said(model)


@pytest.mark.parametrize(("kind", "head", "unit"), [
    ("obj", b"# units: mm\nv 0 0 0\n",                 "millimetres"),
    ("obj", b"# File units = inches\n",                "inches"),
    ("obj", b"v 0 0 0 # a unit of feet\n",             "metres"),
    ("ply", b"ply\ncomment Unit cm\nend_header\n",     "centimetres"),
    ("ply", b"ply\nend_header\ncomment unit mm\n",     "metres"),
    ("stl", b"solid part, units=mm\n",                 "millimetres"),
    ("glb", b"# units: mm\n",                          "metres"),
])  # fmt: skip
def test_a_comment_that_names_a_unit_is_believed(kind: str, head: bytes, unit: str) -> None:
    assert f"taken as {unit} (" in _said(in_metres(_model(SMALL), kind, head, Wanted()))


def test_terrain_has_z_up() -> None:
    side = 40
    y, x = np.mgrid[0:side, 0:side] * 100.0
    points = np.stack([x, y, np.sin(x) * 30], -1).reshape(-1, 3)
    grid = np.arange(side * side).reshape(side, side)
    faces = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:]], -1).reshape(-1, 3).astype(np.uint32)
    assert "z up (it is wide" in _said(in_metres(Model((Primitive(points, faces),)), "ply", b"", Wanted()))


@pytest.mark.parametrize("wanted", [("parsec", None), (None, "w"), (None, "--z")])
def test_units_and_axes_that_are_none_are_invalid(wanted: tuple[str | None, str | None]) -> None:
    with pytest.raises(Invalid):
        Wanted(*wanted)
