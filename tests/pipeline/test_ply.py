import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Pillow

from pipeline import ply, read
from pipeline.clouds.open import open_cloud
from pipeline.files import Neighbours, SingleFile
from pipeline.mapped import Store
from pipeline.ply_header import header
from scenes.errors import Malformed
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
    assert "1 polygon was cut into triangles" in model.report


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


TRIANGLES = struct.pack("<B3i", 3, 0, 1, 2) + struct.pack("<B3i", 3, 0, 2, 3)


def _text(vertex: str, rows: list[str], face: str, faces: list[str], *, comments: str = "", end: str = "\n") -> bytes:
    head = f"ply\nformat ascii 1.0\n{comments}element vertex {len(rows)}\n{vertex}element face {len(faces)}\n{face}"
    return "\n".join([head + "end_header", *rows, *faces, ""]).replace("\n", end).encode()


CORNERS = [f"{x:g} {y:g} {z:g}" for x, y, z in POINTS]
LIST = "property list uchar int vertex_indices\n"


@pytest.mark.parametrize(("kind", "values", "linear"), [
    ("uchar",  "255 0 128",          [255, 0, 55]),
    ("ushort", "65535 0 32896",      [255, 0, 55]),
    ("short",  "255 0 128",          [255, 0, 55]),
    ("float",  "1 0 0.50196",        [255, 0, 55]),
    ("double", "255.0 0 128.0",      [255, 0, 55]),
])  # fmt: skip
def test_colours_of_any_type_and_scale(tmp_path: Path, kind: str, values: str, linear: list[int]) -> None:
    vertex = XYZ + "".join(f"property {kind} {name}\n" for name in ("red", "green", "blue"))
    model = _read(tmp_path, _text(vertex, [f"{c} {values}" for c in CORNERS], LIST, ["3 0 1 2", "3 0 2 3"]))
    assert model.primitives[0].colours is not None
    assert model.primitives[0].colours[0].tolist() == [*linear, 255]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_comments_of_exporters(tmp_path: Path, end: str) -> None:
    comments = "comment VCGLIB generated\nobj_info num_cols 4\ncomment units: mm\n"
    model = _read(tmp_path, _text(XYZ, CORNERS, LIST, ["3 0 1 2", "4 0 1 2 3"], comments=comments, end=end))
    assert model.triangles == 2
    assert any("taken as millimetres (its comments say so)" in line for line in model.report)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_binary_data_that_begin_with_a_newline(tmp_path: Path, newline: bytes) -> None:
    head = f"ply\nformat binary_little_endian 1.0\nelement vertex 4\n{XYZ}element face 2\n{LIST}end_header\n"
    # The first coordinate begins with the byte 10.
    points = [(struct.unpack("<f", b"\n\r\0\x3f")[0], 0.0, 0.0), *POINTS[1:]]
    body = b"".join(struct.pack("<3f", *point) for point in points) + TRIANGLES
    model = _read(tmp_path, head.encode().replace(b"\n", newline) + body)
    assert model.primitives[0].positions[0].tolist() == list(points[0])


def test_elements_and_properties_that_nobody_asked_for(tmp_path: Path) -> None:
    head = f"ply\nformat binary_little_endian 1.0\nelement camera 1\nproperty float view_px\nelement vertex 4\n{XYZ}"
    head += "property uchar quality\nproperty list uchar short neighbours\nelement face 2\nproperty uchar flags\n"
    head += "property list uint8 uint32 vertex_index\nproperty float area\nelement edge 1\nproperty int vertex1\n"
    body = b"\0" * 4
    body += b"".join(struct.pack("<3fBB2h", *point, 9, 2, 7, 8) for point in POINTS)
    body += struct.pack("<BB3If", 1, 3, 0, 1, 2, 0.5) + struct.pack("<BB3If", 1, 3, 0, 2, 3, 0.5) + b"\0" * 4
    model = _read(tmp_path, head.encode() + b"end_header\n" + body)
    assert model.primitives[0].positions.tolist() == [list(point) for point in POINTS]
    assert model.primitives[0].indices.tolist() == [[0, 1, 2], [0, 2, 3]]
    assert any("1 of 'edge' was left out" in line for line in model.report)


@pytest.mark.parametrize("has_faces", [True, False], ids=["surface", "points"])
def test_what_is_passed_over_ends_within_the_file_though_a_list_was_longer_than_it_must_be(
    tmp_path: Path, has_faces: bool
) -> None:
    head = "ply\nformat binary_little_endian 1.0\nelement road 1\nproperty list uchar uchar stops\n"
    head += f"element stone 100\nproperty uchar colour\nelement vertex 4\n{XYZ}"
    head += "element face 1\nproperty list uchar int vertex_indices\n" * has_faces
    path = tmp_path / "x.ply"
    path.write_bytes(f"{head}end_header\n".encode() + bytes([200]) + bytes(250))
    with pytest.raises(Malformed, match="end within 'stone'"):
        read.read(path, "x.ply") if has_faces else open_cloud(path, "x.ply")


def test_doubles_keep_the_millimetres_of_a_map(tmp_path: Path) -> None:
    head = (
        f"ply\nformat binary_big_endian 1.0\nelement vertex 4\n{XYZ.replace('float', 'double')}element face 1\n{LIST}"
    )
    points = [(465_123.001 + x / 1000, 5_422_884.002 + y / 1000, 7.0) for x, y, _ in POINTS]
    body = b"".join(struct.pack(">3d", *point) for point in points) + struct.pack(">B3i", 3, 0, 1, 2)
    model = _read(tmp_path, head.encode() + b"end_header\n" + body)
    corners = model.primitives[0].positions[model.primitives[0].indices[0]]
    assert np.allclose(np.linalg.norm(corners[1] - corners[0]), 0.001, atol=1e-8)
    assert any("z up (its coordinates are those of a map" in line for line in model.report)


def _picture() -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (4, 4), (200, 100, 50)).save(out, "PNG")
    return out.getvalue()


def test_several_textures_by_number_and_faces_without(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    (folder / "a b.png").write_bytes(_picture())
    face = LIST + "property list uchar float texcoord\nproperty int texnumber\n"
    faces = ["3 0 1 2 6 0 0 1 0 1 1 0", "3 0 2 3 6 0 0 1 1 0 1 1", "3 1 2 3 0 -1"]
    comments = "comment TextureFile a b.png\ncomment TextureFile gone.png\n"
    (folder / "x.ply").write_bytes(_text(XYZ, CORNERS, face, faces, comments=comments))
    model = read.read(folder, "x.ply")
    materials = [model.materials[primitive.material] for primitive in model.primitives]
    assert [material.name for material in materials] == ["a b.png", "gone.png", ""]
    assert [material.base_colour_image is not None for material in materials] == [True, False, False]
    assert [primitive.uvs is not None for primitive in model.primitives] == [True, True, False]
    assert any("gone.png" in line for line in model.report)


def test_colours_of_faces(tmp_path: Path) -> None:
    face = LIST + "".join(f"property uchar {name}\n" for name in ("red", "green", "blue"))
    model = _read(tmp_path, _text(XYZ, CORNERS, face, ["3 0 1 2 255 0 0", "3 0 2 3 0 255 0"]))
    primitive = model.primitives[0]
    assert primitive.colours is not None
    assert primitive.colours[primitive.indices][:, :, :2].tolist() == [[[255, 0]] * 3, [[0, 255]] * 3]


def test_faces_before_their_points(tmp_path: Path) -> None:
    head = f"ply\nformat ascii 1.0\nelement face 1\n{LIST}element vertex 4\n{XYZ}end_header\n4 0 1 2 3\n"
    assert _read(tmp_path, (head + "\n".join(CORNERS)).encode()).triangles == 2


@settings(max_examples=60, deadline=None)
@given(
    faces=st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=5), min_size=1, max_size=12),
    order=st.sampled_from(["ascii", "binary_little_endian", "binary_big_endian"]),
    kind=st.sampled_from(["float", "double", "int16"]),
    counts=st.sampled_from([("uchar", "B"), ("int", "i"), ("ushort", "H")]),
    indices=st.sampled_from([("int", "i"), ("uint", "I"), ("short", "h"), ("uchar", "B")]),
    extra=st.booleans(),
    on_disk=st.booleans(),
)
def test_every_layout_says_the_same(tmp_path_factory, faces, order, kind, counts, indices, extra, on_disk) -> None:  # type: ignore[no-untyped-def]
    points = [(0, 0, 0), (4, 0, 0), (5, 3, 0), (3, 5, 1), (1, 4, 2), (-1, 2, 3)]
    head = f"ply\nformat {order} 1.0\nelement vertex {len(points)}\n" + "".join(f"property {kind} {a}\n" for a in "xyz")
    head += f"element face {len(faces)}\n" + "property float weight\n" * extra
    head += f"property list {counts[0]} {indices[0]} vertex_indices\nend_header\n"
    if order == "ascii":
        rows = [" ".join(map(str, point)) for point in points]
        rows += [" ".join(map(str, [*[0.5] * extra, len(face), *face])) for face in faces]
        body = "\n".join(rows).encode()
    else:
        mark = "<" if "little" in order else ">"
        letter = {"float": "f", "double": "d", "int16": "h"}[kind]
        body = b"".join(struct.pack(f"{mark}3{letter}", *point) for point in points)
        for face in faces:
            body += struct.pack(f"{mark}f", 0.5) * extra + struct.pack(f"{mark}{counts[1]}", len(face))
            body += struct.pack(f"{mark}{len(face)}{indices[1]}", *face)
    folder = tmp_path_factory.mktemp("ply")
    (folder / "x.ply").write_bytes(head.encode() + body)
    scratch = folder / "scratch" if on_disk else None
    if scratch:
        scratch.mkdir()
    file = SingleFile(folder / "x.ply", "x.ply")
    data = file.data("x.ply")
    (primitive,) = ply.read(data, header(data), Neighbours(file, "x.ply"), Store(scratch)).primitives
    assert primitive.positions.tolist() == [list(point) for point in points]
    assert len(primitive.indices) == sum(len(face) - 2 for face in faces)
    found = iter(primitive.indices.tolist())
    for face in faces:
        cut = [next(found) for _ in range(len(face) - 2)]
        if len(face) == 3:
            assert cut == [face]
        else:
            assert {corner for row in cut for corner in row} <= set(face)
