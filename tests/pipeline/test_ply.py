import struct
from pathlib import Path

import pytest

from pipeline import read
from tiling.mesh import Model

POINTS = [(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 1.0, 0.0)]
XYZ = "property float x\nproperty float y\nproperty float z\n"


def _read(tmp_path: Path, data: bytes) -> Model:
    path = tmp_path / "x.ply"
    path.write_bytes(data)
    return read.read(path, "x.ply")


def _binary(lists: bytes, count: int, *, extra: str = "", order: str = "little") -> bytes:
    mark = "<" if order == "little" else ">"
    head = f"ply\nformat binary_{order}_endian 1.0\nelement vertex 4\n{XYZ}element face {count}\n{extra}"
    head += "property list uchar int vertex_indices\nend_header\n"
    return head.encode() + b"".join(struct.pack(mark + "3f", *p) for p in POINTS) + lists


@pytest.mark.parametrize("order", ["little", "big"])
def test_polygons_of_unlike_length(tmp_path: Path, order: str) -> None:
    mark = "<" if order == "little" else ">"
    lists = struct.pack(mark + "B3i", 3, 0, 1, 2) + struct.pack(mark + "B4i", 4, 0, 1, 2, 3)
    model = _read(tmp_path, _binary(lists, 2, order=order))
    # The triangle stands there again as a part of the square.
    assert model.triangles == 2
    assert any("polygons" in line for line in model.report)


def test_properties_before_the_list_are_passed_over(tmp_path: Path) -> None:
    lists = struct.pack("<fB3i", 7.0, 3, 0, 1, 2) * 1
    assert _read(tmp_path, _binary(lists, 1, extra="property float quality\n")).triangles == 1


def test_text_with_coordinates_by_corner(tmp_path: Path) -> None:
    head = f"ply\nformat ascii 1.0\nelement vertex 4\n{XYZ}element face 2\n"
    head += "property list uchar int vertex_indices\nproperty list uchar float texcoord\nend_header\n"
    rows = ["0 0 0", "1 0 0", "1 1 0", "0 1 0", "3 0 1 2 6 0 0 1 0 1 1", "3 0 2 3 6 0.5 0.5 1 1 0 1"]
    model = _read(tmp_path, (head + "\n".join(rows) + "\n").encode())
    primitive = model.primitives[0]
    assert primitive.uvs is not None
    assert primitive.uvs[primitive.indices].tolist() == [[[0, 1], [1, 1], [1, 0]], [[0.5, 0.5], [1, 0], [0, 0]]]


def test_a_strip_turns_every_second_triangle_and_breaks_at_minus_one(tmp_path: Path) -> None:
    head = f"ply\nformat ascii 1.0\nelement vertex 4\n{XYZ}element tristrips 1\n"
    head += "property list int int vertex_indices\nend_header\n"
    model = _read(tmp_path, (head + "0 0 0\n1 0 0\n1 1 0\n0 1 0\n8 0 1 3 2 -1 1 2 3\n").encode())
    assert model.primitives[0].indices.tolist() == [[0, 1, 3], [1, 2, 3]]


def test_a_point_that_is_not_there_costs_its_triangle(tmp_path: Path) -> None:
    lists = struct.pack("<B3i", 3, 0, 1, 2) + struct.pack("<B3i", 3, 0, -1, 2) + struct.pack("<B3i", 3, 0, 1, 4)
    model = _read(tmp_path, _binary(lists, 3))
    assert model.triangles == 1
    assert any("2 triangles named points" in line for line in model.report)
