import struct
from pathlib import Path

import pytest

from pipeline import read
from scenes.errors import Malformed
from tiling.mesh import Model

FACET = "facet normal 0 0 1\n outer loop\n  vertex 0 0 0\n  vertex 1 0 0\n  vertex 0 1 0\n endloop\nendfacet\n"
OTHER = FACET.replace("vertex 0 0 0", "vertex 1 1 0")


def _read(tmp_path: Path, data: bytes, name: str = "x.stl", **wanted: str) -> Model:
    path = tmp_path / "master"
    path.write_bytes(data)
    return read.read(path, name, **wanted)


def _binary(triangles: list[tuple[float, ...]], head: bytes = b"", attribute: int = 0) -> bytes:
    rows = [struct.pack("<12fH", 0, 0, 1, *corners, attribute) for corners in triangles]
    return head.ljust(80, b"\0") + struct.pack("<I", len(triangles)) + b"".join(rows)


SQUARE = [(0, 0, 0, 1, 0, 0, 1, 1, 0), (0, 0, 0, 1, 1, 0, 0, 1, 0)]


@pytest.mark.parametrize("text", [
    "solid a thing\n" + FACET + OTHER + "endsolid a thing\n",
    "SOLID\n" + (FACET + OTHER).upper() + "ENDSOLID\n",
    "solid x\r\n" + (FACET + OTHER).replace("\n", "\r\n") + "endsolid x\r\n",
    "\n  solid\n" + (FACET + OTHER).replace(" ", "\t") + "endsolid",
    "; made by hand\n# of things\nsolid\n" + FACET + OTHER,
    "solid a\n" + FACET + "endsolid a\nsolid b\n" + OTHER + "endsolid b\n",
    "solid a\n" + (FACET + OTHER).replace("1 0 0", "1.0e+00 0.E0 -0") + "endsolid\n",
])  # fmt: skip
def test_text_in_the_hands_of_many(tmp_path: Path, text: str) -> None:
    model = _read(tmp_path, text.encode())
    assert model.triangles == 2
    assert len(model.primitives[0].positions) == 4


def test_the_name_of_a_solid_is_kept(tmp_path: Path) -> None:
    assert _read(tmp_path, f"solid a thing\n{FACET}endsolid\n".encode()).primitives[0].name == "a thing"


def test_binary_that_says_solid_and_has_no_name(tmp_path: Path) -> None:
    assert _read(tmp_path, _binary(SQUARE, b"solid facet vertex"), "unnamed").triangles == 2


def test_attributes_and_stray_bytes_are_told(tmp_path: Path) -> None:
    model = _read(tmp_path, _binary(SQUARE, attribute=0x801F) + b"junk")
    assert model.triangles == 2
    assert any("2 triangles have attributes" in line for line in model.report)
    assert any("4 bytes after the last triangle" in line for line in model.report)


def test_a_corner_that_is_no_number_costs_its_triangle(tmp_path: Path) -> None:
    model = _read(tmp_path, ("solid\n" + FACET.replace("1 0 0", "1 zero 0") + OTHER).encode())
    assert model.triangles == 1
    assert any("1 of 6 corners could not be read" in line for line in model.report)


def test_half_a_triangle_is_malformed(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="whole triangles"):
        _read(tmp_path, ("solid\n" + FACET + "facet normal 0 0 1\nouter loop\nvertex 1 2 3\n").encode())


def test_a_large_one_is_in_millimetres_unless_that_is_said(tmp_path: Path) -> None:
    large = [tuple(100.0 * x for x in corners) for corners in SQUARE]
    model = _read(tmp_path, _binary(large))
    assert model.primitives[0].positions.max() == pytest.approx(0.1)
    assert any("millimetres (as is usual in STL" in line for line in model.report)
    assert _read(tmp_path, _binary(large), units="m").primitives[0].positions.max() == 100.0
