import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenes import glb, gltf_build
from scenes.gltf_build import ROLES, TileImage, images_of, tile_glb, write_glb
from tests.tiling.shapes import patch_of, sheet
from tiling import content, quantize
from tiling.mesh import Image, Material, Model, Primitive
from tiling.quantize import Coding, DensePiece, Piece, Quantised

# fmt: off
SQUARE = Primitive(
    positions=np.array([[0, 0, 0], [2, 0, 0],
                        [2, 3, 0], [0, 3, 0]], float),
    indices=np.array([[0, 1, 2], [0, 2, 3]], np.uint32),
    normals=np.array([[0, 0, 1]] * 4, np.float32),
    uvs=np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32),
    colours=np.array([[255, 0, 0, 255]] * 4, np.uint8),
)
# fmt: on
STONE = Material("stone")


def _document(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(glb.read(data).json)
    return found


def _geometry(*, coding: Coding = "meshopt", materials: tuple[int, ...] = (0,), **more: Any) -> Quantised:
    """Squares side by side, one of each material, from (1, 0, 0) on, on a grid of 1/16 m."""
    parts = [
        replace(SQUARE, positions=SQUARE.positions + np.array([2.0 * at + 1.0, 0.0, 0.0]), material=material)
        for at, material in enumerate(materials)
    ]
    whole, layout, origin = patch_of(Model(tuple(parts)))
    more = {"textured": lambda material: True, "uvs_of": lambda material: None} | more
    return quantize.quantise(whole, layout, step=1 / 16, origin=origin, coding=coding, **more)


def _primitive(document: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = document["meshes"][0]["primitives"][0]
    return found


# Plain files


def test_positions_state_their_bounds() -> None:
    document = _document(write_glb(Model((SQUARE,))))
    accessor = document["accessors"][_primitive(document)["attributes"]["POSITION"]]
    assert accessor["min"] == [0, 0, 0]
    assert accessor["max"] == [2, 3, 0]


def test_all_that_a_model_has_comes_back() -> None:
    read = content.read(write_glb(Model((SQUARE,))))
    attributes = _primitive(read.document)["attributes"]
    assert np.array_equal(content.accessor(read, attributes["NORMAL"]), SQUARE.normals)
    assert np.array_equal(content.accessor(read, attributes["TEXCOORD_0"]), SQUARE.uvs)
    assert np.array_equal(content.accessor(read, attributes["COLOR_0"]), SQUARE.colours)
    assert read.document["accessors"][attributes["COLOR_0"]]["normalized"] is True
    (placed,) = content.placed(read)
    assert np.array_equal(placed.positions, SQUARE.positions)
    assert np.array_equal(placed.triangles, SQUARE.indices)


def test_an_image_used_twice_is_embedded_once() -> None:
    image = Image(b"not looked at here", "image/webp")
    materials = (Material("a", base_colour_image=image), Material("b", base_colour_image=image, emissive_image=image))
    second = Primitive(SQUARE.positions, SQUARE.indices, uvs=SQUARE.uvs, material=1)
    document = _document(write_glb(Model((SQUARE, second), materials)))
    assert len(document["images"]) == 1
    assert document["extensionsRequired"] == ["EXT_texture_webp"]
    assert [m["name"] for m in document["materials"]] == ["a", "b"]


def test_a_jpeg_needs_no_extension() -> None:
    document = _document(write_glb(Model((SQUARE,), (Material(base_colour_image=Image(b"\xff\xd8", "image/jpeg")),))))
    assert "extensionsUsed" not in document
    assert document["textures"][0]["source"] == 0
    assert document["images"][0]["mimeType"] == "image/jpeg"


def test_materials_that_nothing_uses_are_left_out() -> None:
    document = _document(write_glb(Model((replace(SQUARE, material=2),), (STONE, Material("b"), Material("c")))))
    assert [material["name"] for material in document["materials"]] == ["c"]
    assert _primitive(document)["material"] == 0


@pytest.mark.parametrize(("side", "component"), [(254, 5123), (255, 5125)])
def test_indices_take_four_bytes_where_65535_would_name_a_vertex(side: int, component: int) -> None:
    document = _document(write_glb(Model((sheet(side, side),))))
    assert document["accessors"][_primitive(document)["indices"]]["componentType"] == component


def test_a_model_far_from_its_origin_keeps_its_precision_in_the_node() -> None:
    far = np.array([4_500_000.0, 120.0, -300_000.0])
    data = write_glb(Model((Primitive(SQUARE.positions + far + 0.001, SQUARE.indices),)))
    document = _document(data)
    translation = np.array(document["nodes"][0]["translation"])
    positions = np.frombuffer(glb.read(data).binary, "<f4", count=12).reshape(4, 3)
    assert np.abs(positions.astype(float) + translation - (SQUARE.positions + far + 0.001)).max() < 1e-6


def test_a_model_without_triangles_is_a_valid_document_without_meshes() -> None:
    for model in (Model(()), Model((replace(SQUARE, indices=SQUARE.indices[:0]),))):
        document = _document(write_glb(model))
        assert document["asset"]["version"] == "2.0"
        assert "meshes" not in document


def test_the_same_model_gives_the_same_bytes() -> None:
    assert write_glb(Model((SQUARE,)), name="x") == write_glb(Model((SQUARE,)), name="x")


# Materials


def _material(material: Material, **images: TileImage) -> dict[str, Any]:
    document = _document(tile_glb(_geometry(), {0: material}, {0: images}))
    found: dict[str, Any] = document["materials"][0]
    return found


def test_what_has_its_default_is_left_out() -> None:
    assert _material(Material(metallic=0.25)) == {
        "pbrMetallicRoughness": {"metallicFactor": 0.25, "roughnessFactor": 1.0}
    }


def test_every_factor_is_written() -> None:
    found = _material(
        Material("glass", (0.1, 0.2, 0.3, 0.4), 0.5, 0.6, alpha_mode="MASK", alpha_cutoff=0.7, double_sided=True)
    )
    assert found["name"] == "glass"
    assert found["pbrMetallicRoughness"] == {
        "baseColorFactor": [0.1, 0.2, 0.3, 0.4],
        "metallicFactor": 0.5,
        "roughnessFactor": 0.6,
    }
    assert (found["alphaMode"], found["alphaCutoff"], found["doubleSided"]) == ("MASK", 0.7, True)
    assert "alphaCutoff" not in _material(Material(alpha_mode="BLEND"))


@given(st.tuples(*[st.floats(0.0, 100.0)] * 3))
def test_light_beyond_one_is_told_by_its_strength(emissive: tuple[float, float, float]) -> None:
    found = _material(Material(emissive=emissive))
    factor = np.array(found.get("emissiveFactor", [0.0] * 3))
    strength = found.get("extensions", {}).get("KHR_materials_emissive_strength", {}).get("emissiveStrength", 1.0)
    assert factor.max() <= 1.0
    assert np.allclose(factor * strength, emissive)
    assert (strength > 1.0) == (max(emissive) > 1.0)


def test_images_have_the_places_of_their_roles() -> None:
    images = {role: TileImage(uri=f"{role}.webp") for role in ROLES}
    document = _document(tile_glb(_geometry(), {0: STONE}, {0: images}))
    material = document["materials"][0]
    places = {
        "base_colour": material["pbrMetallicRoughness"]["baseColorTexture"],
        "metallic_roughness": material["pbrMetallicRoughness"]["metallicRoughnessTexture"],
        "normal": material["normalTexture"],
        "occlusion": material["occlusionTexture"],
        "emissive": material["emissiveTexture"],
    }
    for role, place in places.items():
        source = document["textures"][place["index"]]["extensions"]["EXT_texture_webp"]["source"]
        assert document["images"][source]["uri"] == f"{role}.webp"


def test_an_image_of_a_tiles_own_is_embedded_and_clamped_and_one_beside_it_repeats() -> None:
    own, beside = TileImage(b"its bytes"), TileImage(uri="ab.webp")
    read = content.read(tile_glb(_geometry(), {0: STONE}, {0: {"base_colour": own, "emissive": beside}}))
    embedded, named = read.document["images"]
    assert content.view_bytes(read, embedded["bufferView"]) == b"its bytes"
    assert named["uri"] == "ab.webp"
    wraps = [read.document["samplers"][texture["sampler"]].get("wrapS", 10497) for texture in read.document["textures"]]
    assert wraps == [33071, 10497]


def test_the_images_of_a_material_are_told_by_role() -> None:
    image = Image(b"", "image/png")
    assert images_of(Material(occlusion_image=image, normal_image=image)) == {"normal": image, "occlusion": image}


# Tiles


def test_a_tile_requires_what_its_coding_changes() -> None:
    fast = _document(tile_glb(_geometry(), {0: STONE}, {}))
    assert sorted(fast["extensionsRequired"]) == ["EXT_meshopt_compression", "KHR_mesh_quantization"]
    assert fast["buffers"][1]["extensions"] == {"EXT_meshopt_compression": {"fallback": True}}
    dense = _document(tile_glb(_geometry(coding="draco"), {0: STONE}, {}))
    assert dense["extensionsRequired"] == ["KHR_draco_mesh_compression"]
    assert len(dense["buffers"]) == 1


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_a_tile_stands_where_its_surface_was(coding: Coding) -> None:
    read = content.read(tile_glb(_geometry(coding=coding, materials=(0, 1)), {0: STONE, 1: Material("b")}, {}))
    first, second = content.placed(read)
    assert sorted(first.positions.tolist()) == sorted((SQUARE.positions + np.array([1, 0, 0])).tolist())
    assert sorted(second.positions.tolist()) == sorted((SQUARE.positions + np.array([3, 0, 0])).tolist())
    assert [material["name"] for material in read.document["materials"]] == ["stone", "b"]


def test_views_of_the_fallback_lie_one_after_the_other_inside_it() -> None:
    document = _document(tile_glb(_geometry(materials=(0, 1)), {0: STONE, 1: STONE}, {}))
    views = [view for view in document["bufferViews"] if view["buffer"] == 1]
    end = 0
    for view in views:
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] >= end
        end = view["byteOffset"] + view["byteLength"]
    assert end <= document["buffers"][1]["byteLength"] < end + 4


def test_coded_and_plain_bytes_lie_one_after_the_other_in_the_chunk() -> None:
    geometry = _geometry(features=np.array([0, 0, 1, 1], np.int32))
    data = tile_glb(geometry, {0: STONE}, {0: {"normal": TileImage(b"abc")}}, names={0: "a", 1: "bb"})
    document, chunk = _document(data), glb.read(data).binary
    ends = []
    for view in document["bufferViews"]:
        place = view.get("extensions", {}).get("EXT_meshopt_compression", view)
        assert place["buffer"] == 0
        assert place["byteOffset"] % 8 == 0
        ends.append((place["byteOffset"], place["byteOffset"] + place["byteLength"]))
    ends.sort()
    assert all(a[1] <= b[0] for a, b in pairwise(ends))
    assert ends[-1][1] <= document["buffers"][0]["byteLength"] <= len(chunk)


def test_groups_are_ranges_of_indices() -> None:
    geometry = _geometry(groups=np.array([0, 1], np.int8), group_count=3)
    primitive = _primitive(_document(tile_glb(geometry, {0: STONE}, {})))
    assert primitive["extras"] == {"chronotope": {"ranges": [[0, 3], [3, 3], [6, 0]]}}
    assert "extras" not in _primitive(_document(tile_glb(_geometry(), {0: STONE}, {})))


def test_planes_between_children_are_told_in_whole_numbers_in_the_dense_coding_only() -> None:
    # The tile begins at x = 1, y = 0 with steps of 1/16.
    planes = ((0, 2.0), (1, 1.5))
    dense = _primitive(_document(tile_glb(_geometry(coding="draco"), {0: STONE}, {}, planes=planes)))
    assert dense["extras"] == {"chronotope": {"cells": [[0, 16.0], [1, 24.0]]}}
    fast = _primitive(_document(tile_glb(_geometry(), {0: STONE}, {}, planes=planes)))
    assert "extras" not in fast


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_features_have_a_table_of_numbers_and_names_once(coding: Coding) -> None:
    features = np.array([4, 4, 4, 4, 9, 9, 9, 9], np.int32)
    geometry = _geometry(coding=coding, materials=(0, 1), features=features)
    data = tile_glb(geometry, {0: STONE, 1: STONE}, {}, names={4: "nave", 9: "Türme"})
    document = _document(data)
    assert {"EXT_mesh_features", "EXT_structural_metadata"} <= set(document["extensionsUsed"])
    assert not {"EXT_mesh_features", "EXT_structural_metadata"} & set(document["extensionsRequired"])
    for primitive in document["meshes"][0]["primitives"]:
        described = primitive["extensions"]["EXT_mesh_features"]["featureIds"]
        assert described == [{"featureCount": 2, "attribute": 0, "propertyTable": 0}]
    assert len(document["extensions"]["EXT_structural_metadata"]["propertyTables"]) == 1
    assert content.features_of(content.read(data)) == ((4, "nave"), (9, "Türme"))


def test_features_without_names_have_no_table() -> None:
    geometry = _geometry(features=np.array([4, 4, 9, 9], np.int32))
    document = _document(tile_glb(geometry, {0: STONE}, {}))
    described = _primitive(document)["extensions"]["EXT_mesh_features"]["featureIds"]
    assert described == [{"featureCount": 2, "attribute": 0}]
    assert "extensions" not in document


def test_a_table_of_nothing_but_empty_names_has_numbers_only() -> None:
    geometry = _geometry(features=np.array([4, 4, 9, 9], np.int32))
    data = tile_glb(geometry, {0: STONE}, {}, names={4: ""})
    assert content.features_of(content.read(data)) == ((4, ""), (9, ""))
    table = _document(data)["extensions"]["EXT_structural_metadata"]["propertyTables"][0]
    assert set(table["properties"]) == {"number"}


def test_bounds_are_whole_numbers_of_the_grid() -> None:
    for coding, kind in (("meshopt", Piece), ("draco", DensePiece)):
        geometry = _geometry(coding=coding)
        assert isinstance(geometry.pieces[0], kind)
        document = _document(tile_glb(geometry, {0: STONE}, {}))
        accessor = document["accessors"][_primitive(document)["attributes"]["POSITION"]]
        assert (accessor["min"], accessor["max"]) == ([0, 0, 0], [32, 48, 0])


def test_the_same_tile_gives_the_same_bytes() -> None:
    for coding in ("meshopt", "draco"):
        one, two = (tile_glb(_geometry(coding=coding), {0: STONE}, {}) for _ in range(2))
        assert one == two


def test_the_library_writes_a_model_in_no_more_bytes_than_plain_objects_have() -> None:
    image = Image(b"not looked at here", "image/webp")
    shown = Material("é", base_colour_image=image, normal_image=image, emissive=(2.0, 0.0, 0.0), alpha_mode="MASK")
    model = Model((SQUARE,), (shown,))
    written = write_glb(model, name="x")
    plain = gltf_build._written(gltf_build._Document(), model, name="x")
    assert _document(written) == _document(plain)
    assert len(written) <= len(plain)


def test_a_field_that_gltf_has_not_is_refused_by_the_library() -> None:
    with pytest.raises(TypeError):
        gltf_build._LibraryDocument().add("nodes", colour="red")
