from pathlib import Path

import pytest

from pipeline import read
from scenes.errors import Malformed, SceneError, Unsupported
from tiling.mesh import Model

POINTS = ["0 0 0", "1 0 0", "1 1 0", "0 1 0"]


def _read(tmp_path: Path, text: str) -> Model:
    path = tmp_path / "x.off"
    path.write_text(text)
    return read.read(path, "x.off")


def _off(head: str, beside: str = "", faces: tuple[str, ...] = ("3 0 1 2", "3 0 2 3")) -> str:
    return "\n".join([head, *(point + beside for point in POINTS), *faces, ""])


@pytest.mark.parametrize("head", [
    "OFF\n4 2 0", "OFF 4 2 5", "OFF\n# by hand\n\n4 2\n", "4 2 0", "# first\nOFF\n4 2 0 # of them", "OFF\n4 2 0\n\n",
])  # fmt: skip
def test_heads_in_all_their_forms(tmp_path: Path, head: str) -> None:
    model = _read(tmp_path, _off(head))
    assert model.primitives[0].indices.tolist() == [[0, 1, 2], [0, 2, 3]]


def test_polygons_with_colours_behind_them(tmp_path: Path) -> None:
    assert _read(tmp_path, _off("OFF 4 1 0", faces=("4  0 1 2 3  255 0 0",))).triangles == 2


@pytest.mark.parametrize(("kind", "beside", "attribute"), [
    ("COFF",   " 255 128 0 255",         [255, 55, 0, 255]),
    ("COFF",   " 1 0.50196 0",           [255, 55, 0, 255]),
    ("OFF",    " 255 128 0",             [255, 55, 0, 255]),
    ("CNOFF",  " 0 0 1 255 128 0 255",   [255, 55, 0, 255]),
])  # fmt: skip
def test_colours_beside_points(tmp_path: Path, kind: str, beside: str, attribute: list[int]) -> None:
    colours = _read(tmp_path, _off(f"{kind}\n4 2 0", beside)).primitives[0].colours
    assert colours is not None
    assert colours[0].tolist() == attribute


def test_normals_and_coordinates_beside_points(tmp_path: Path) -> None:
    primitive = _read(tmp_path, _off("STNOFF\n4 2 0", " 0 0 1 0.25 0.25")).primitives[0]
    assert primitive.normals is not None
    assert primitive.normals[0].tolist() == [0, 0, 1]
    assert primitive.uvs is not None
    assert primitive.uvs[0].tolist() == [0.25, 0.75]
    assert primitive.colours is None


@pytest.mark.parametrize(("text", "error"), [
    (_off("OFF BINARY\n4 2 0"),           Unsupported),
    (_off("4OFF\n4 2 0", " 1"),           Unsupported),
    ("OFF\n4 0 0\n" + "\n".join(POINTS),  Unsupported),
    ("OFF\nfour two\n",                   Malformed),
    (_off("OFF\n5 2 0"),                  Malformed),
    (_off("OFF\n4 3 0"),                  Malformed),
    (_off("OFF\n4 2 0", " x"),            Malformed),
])  # fmt: skip
def test_what_is_refused(tmp_path: Path, text: str, error: type[SceneError]) -> None:
    with pytest.raises(error):
        _read(tmp_path, text)
