"""Reading tiles back; `test_check` plants further faults in whole tilesets."""

import json
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from scenes import glb
from scenes.gltf_build import tile_glb, write_glb
from tests.tiling.handmade import CUBE, cube_glb, edited
from tests.tiling.shapes import ball, patch_of, sheet
from tiling import content, quantize
from tiling.errors import BadContent
from tiling.mesh import Material, Model
from tiling.quantize import Coding

Json = dict[str, Any]


def _tile(coding: Coding, *, named: bool = True) -> bytes:
    """A sheet of 4 × 4 quads in two groups and two features."""
    whole, layout, origin = patch_of(Model((sheet(4, 4, uvs=True),)))
    features = np.where(whole.positions[:, 0] < 0, 7, 3).astype(np.int32)
    geometry = quantize.quantise(
        whole,
        layout,
        step=2.0**-6,
        origin=origin,
        uvs_of=lambda material: None,
        textured=lambda material: True,
        groups=np.repeat([0, 1], 16).astype(np.int8),
        group_count=2,
        coding=coding,
        features=features,
    )
    names = {3: "nave", 7: "Türme"} if named else {}
    return tile_glb(geometry, {0: Material("stone")}, {}, names=names)


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_a_tile_comes_back_in_its_place(coding: Coding) -> None:
    (placed,) = content.placed(content.read(_tile(coding)))
    assert placed.where == "nodes[0].meshes[0].primitives[0]"
    assert len(placed.triangles) == 32
    assert sorted(placed.positions.tolist()) == [[x / 4, 0, z / 4] for x in range(5) for z in range(5)]
    corners = placed.positions[placed.triangles]
    assert np.allclose(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), [0, 1 / 16, 0])


def test_groups_come_back_as_runs_of_triangles_in_the_fast_coding_only() -> None:
    assert next(content.placed(content.read(_tile("meshopt")))).ranges == ((0, 16), (16, 16))
    assert next(content.placed(content.read(_tile("draco")))).ranges == ()


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_features_come_back_with_numbers_and_names(coding: Coding) -> None:
    read = content.read(_tile(coding))
    assert content.features_of(read) == ((3, "nave"), (7, "Türme"))
    (placed,) = content.placed(read)
    assert placed.features is not None
    assert np.array_equal(placed.features == 1, placed.positions[:, 0] < 0.5)
    assert content.features_of(content.read(_tile(coding, named=False))) == ((3, ""), (7, ""))
    assert content.features_of(content.read(cube_glb((0, 0, 0), (1, 1, 1)))) == ()


def test_what_draco_held_has_views_like_everything_else() -> None:
    read = content.read(_tile("draco"))
    assert "KHR_draco_mesh_compression" not in json.dumps(read.document)
    attributes = read.document["meshes"][0]["primitives"][0]["attributes"]
    assert content.accessor(read, attributes["TEXCOORD_0"]).dtype == np.float32
    uvs = content.accessor(read, attributes["TEXCOORD_0"])
    points = content.positions_of(read, attributes["POSITION"]) / 64
    assert np.abs(uvs - points[:, [0, 2]]).max() < 1 / 4095


def test_a_plain_glb_can_be_read_too() -> None:
    model = Model((sheet(3, 2),))
    (placed,) = content.placed(content.read(write_glb(model)))
    assert np.allclose(placed.positions, model.primitives[0].positions, atol=1e-6)
    assert np.array_equal(placed.triangles, model.primitives[0].indices)
    assert placed.features is None


def test_without_indices_vertices_are_taken_three_by_three() -> None:
    def bare(document: Json) -> None:
        del document["meshes"][0]["primitives"][0]["indices"]

    (placed,) = content.placed(content.read(edited(write_glb(Model((ball(1).primitives[0],))), _cut_to_six(bare))))
    assert placed.triangles.tolist() == [[0, 1, 2], [3, 4, 5]]


def _cut_to_six(change: Callable[[Json], None]) -> Callable[[Json], None]:
    def both(document: Json) -> None:
        change(document)
        document["accessors"][document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]]["count"] = 6

    return both


# Nodes

angles = st.floats(-3.0, 3.0)


@given(st.tuples(angles, angles, angles), st.tuples(angles, angles, angles), st.floats(0.1, 10.0))
def test_a_node_moves_turns_and_sizes(turn: tuple[float, ...], shift: tuple[float, ...], size: float) -> None:
    rotation = Rotation.from_euler("xyz", turn)
    node = {"rotation": rotation.as_quat().tolist(), "translation": list(shift), "scale": [size, 2 * size, 1.0]}
    point = np.array([1.0, 2.0, 3.0])
    expected = rotation.apply(point * [size, 2 * size, 1.0]) + shift
    matrix = content.node_matrix(node)
    assert np.allclose(matrix[:3, :3] @ point + matrix[:3, 3], expected)
    assert np.allclose(content.node_matrix({"matrix": matrix.T.reshape(-1).tolist()}), matrix)


def test_parents_move_their_children_and_a_mesh_may_stand_twice() -> None:
    def family(document: Json) -> None:
        document["nodes"] = [
            {"translation": [10, 0, 0], "children": [2, 1]},
            {"mesh": 0, "scale": [2, 2, 2]},
            {"mesh": 0, "translation": [0, 5, 0]},
        ]

    data = edited(write_glb(Model((sheet(1, 1),))), family)
    two, one = content.placed(content.read(data))
    assert (one.where[:8], two.where[:8]) == ("nodes[1]", "nodes[2]")
    assert one.positions.max(axis=0).tolist() == [12, 0, 2]
    assert two.positions.max(axis=0).tolist() == [11, 5, 1]


@pytest.mark.parametrize(
    "nodes",
    [
        [{"mesh": 0, "children": [0]}],
        [{"mesh": 0, "children": [1]}, {"children": [0]}],
        [{"children": [at + 1]} for at in range(70)] + [{"mesh": 0}],
        [{"mesh": 0, "children": [7]}],
        [{"mesh": 0, "translation": [float("inf"), 0, 0]}],
        [{"mesh": 0, "matrix": [1, 2, 3]}],
        [{"mesh": 0, "scale": "big"}],
        [3],
    ],
)
def test_nodes_in_circles_too_deep_or_nonsense_are_refused(nodes: list[Any]) -> None:
    document = content.read(cube_glb((0, 0, 0), (1, 1, 1))).document
    with pytest.raises(BadContent):
        content.nodes_of({**document, "nodes": nodes})


# Broken files

GOOD = cube_glb((0, 0, 0), (1, 1, 1))


def test_the_good_one_is_good() -> None:
    (placed,) = content.placed(content.read(GOOD))
    assert sorted(map(sorted, placed.triangles.tolist())) == sorted(map(sorted, CUBE.tolist()))


@pytest.mark.parametrize("length", [0, 4, 19, 20, 100, len(GOOD) - 4])
def test_a_cut_container_is_refused(length: int) -> None:
    with pytest.raises(BadContent):
        content.read(GOOD[:length])


@pytest.mark.parametrize(
    "data",
    [
        b"glTF" + struct.pack("<II", 1, len(GOOD)) + GOOD[12:],
        GOOD + b"\0\0\0\0",
        GOOD[:12] + struct.pack("<I", 1 << 30) + GOOD[16:],
        GOOD[:16] + b"BIN\0" + GOOD[20:],
        glb.write(b"[1,2]  ", b""),
        glb.write(b"{nonsense", b""),
        glb.write(b"[" * 100_000 + b"]" * 100_000, b""),
    ],
)
def test_a_broken_container_is_refused(data: bytes) -> None:
    with pytest.raises(BadContent):
        content.read(data)


def test_a_chunk_of_another_kind_holds_nothing() -> None:
    at = 20 + int.from_bytes(GOOD[12:16], "little")
    assert bytes(content.read(GOOD[: at + 4] + b"XYZ\0" + GOOD[at + 8 :]).binary) == b""


def _ranges(runs: Any) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        document["meshes"][0]["primitives"][0]["extras"] = {"chronotope": {"ranges": runs}}

    return change


@pytest.mark.parametrize(
    "runs",
    [[[0, 12]], [[0, 12], [15, 21]], [[3, 33]], [[0, 35]], [[0, -3], [-3, 39]], [[0]], 5, [["a", "b"]], [[0, 48]]],
)
def test_ranges_that_do_not_cover_the_triangles_one_after_the_other_are_refused(runs: Any) -> None:
    with pytest.raises(BadContent, match="range"):
        list(content.placed(content.read(edited(GOOD, _ranges(runs)))))


def test_ranges_may_be_empty_in_between() -> None:
    (placed,) = content.placed(content.read(edited(GOOD, _ranges([[0, 12], [12, 0], [12, 24]]))))
    assert placed.ranges == ((0, 4), (4, 0), (4, 8))


def _accessor(**fields: Any) -> Callable[[Json], None]:
    return lambda document: document["accessors"][0].update(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"count": 9},
        {"count": 0},
        {"byteOffset": 4},
        {"byteOffset": -8},
        {"byteOffset": 1, "count": 7},
        {"type": "VEC5"},
        {"type": "VEC2"},
        {"componentType": 1},
        {"bufferView": 99},
        {"sparse": {}},
    ],
)
def test_an_accessor_that_does_not_fit_its_view_is_refused(fields: Json) -> None:
    read = content.read(edited(GOOD, _accessor(**fields)))
    with pytest.raises(BadContent):
        content.positions_of(read, 0)


def test_normalised_positions_are_shares_of_their_range() -> None:
    read = content.read(edited(GOOD, _accessor(normalized=True)))
    assert content.positions_of(read, 0).max() == 256 / 65_535


def test_a_view_outside_the_binary_chunk_is_refused() -> None:
    plain = write_glb(Model((sheet(1, 1),)))
    for change in ({"byteLength": 1 << 40}, {"byteOffset": -1}, {"buffer": 1}, {"byteLength": 0}):
        read = content.read(edited(plain, lambda document, change=change: document["bufferViews"][0].update(change)))
        with pytest.raises(BadContent):
            content.view_bytes(read, 0)
    with pytest.raises(BadContent):
        content.view_bytes(content.read(plain), 99)
    elsewhere = content.read(edited(plain, lambda document: document["buffers"][0].update(uri="a.bin")))
    with pytest.raises(BadContent):
        content.view_bytes(elsewhere, 0)


CODED: dict[str, Json] = {
    "more rows than the view": {"count": 10**9},
    "rows of three bytes": {"byteStride": 3},
    "an unknown mode": {"mode": "POINTS"},
    "an unknown filter": {"filter": "ROT13"},
    "a filter on rows that it does not know": {"filter": "QUATERNION", "byteStride": 4, "count": 16},
    "bytes beyond the chunk": {"byteOffset": 1 << 30},
    "too few bytes": {"byteLength": 5},
}


@pytest.mark.parametrize("kind", CODED)
def test_a_coded_view_that_is_not_what_it_states_is_refused(kind: str) -> None:
    def change(document: Json) -> None:
        document["bufferViews"][0]["extensions"]["EXT_meshopt_compression"].update(CODED[kind])

    with pytest.raises(BadContent):
        content.view_bytes(content.read(edited(GOOD, change)), 0)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 3 * 32 + 3},
        {"count": 1 << 40},
        {"count": 3 * 32 - 3},
        {"type": "VEC2"},
    ],
)
def test_a_draco_stream_that_is_not_what_accessors_state_is_refused(change: Json) -> None:
    def altered(document: Json) -> None:
        primitive = document["meshes"][0]["primitives"][0]
        document["accessors"][primitive["indices"]].update(change)

    with pytest.raises(BadContent):
        content.read(edited(_tile("draco"), altered))


def test_garbled_draco_bytes_are_refused() -> None:
    data = _tile("draco")
    parts = glb.read(data)
    with pytest.raises(BadContent):
        content.read(edited(data, lambda document: None, bytes(len(parts.binary))))


def test_an_index_beyond_the_vertices_is_refused() -> None:
    with pytest.raises(BadContent, match="index 7, but there are 7 vertices"):
        list(content.placed(content.read(edited(GOOD, _accessor(count=7, max=[256, 256, 256])))))


def _table(change: Callable[[Json], object]) -> Callable[[Json], None]:
    def altered(document: Json) -> None:
        change(document["extensions"]["EXT_structural_metadata"]["propertyTables"][0])

    return altered


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.update(count=99),
        lambda table: table.pop("properties"),
        lambda table: table["properties"]["name"].update(
            stringOffsets=table["properties"]["number"]["values"], values=0
        ),
        lambda table: table["properties"]["number"].update(values=99),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(change: Callable[[Json], object]) -> None:
    with pytest.raises(BadContent):
        content.features_of(content.read(edited(_tile("meshopt"), _table(change))))


def test_feature_numbers_have_to_be_one_for_each_vertex() -> None:
    def fewer(document: Json) -> None:
        document["meshes"][0]["primitives"][0]["attributes"]["_FEATURE_ID_0"] = 0

    with pytest.raises(BadContent, match="_FEATURE_ID_0"):
        list(content.placed(content.read(edited(_tile("meshopt"), fewer))))


def test_content_is_not_changed_by_being_read() -> None:
    model = Model((replace(sheet(2, 2), colours=np.full((9, 4), 9, np.uint8)),))
    read = content.read(write_glb(model))
    before = json.dumps(read.document)
    list(content.placed(read))
    assert json.dumps(read.document) == before
