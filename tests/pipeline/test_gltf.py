import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline import mapped, read
from scenes import glb
from scenes.errors import TooLarge
from scenes.gltf_build import write_glb
from tests.pipeline.hostile import document, packed
from tests.tiling.handmade import cube_glb
from tiling.mesh import Image, Material, Model, Primitive


def _read(tmp_path: Path, data: bytes, name: str = "x.glb") -> Model:
    path = tmp_path / "master"
    path.write_bytes(data)
    return read.read(path, name)


def _picture(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (4, 4), (200, 100, 50)).save(out, kind)
    return out.getvalue()


def test_what_we_write_we_read(tmp_path: Path) -> None:
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 5]], float)
    primitive = Primitive(
        positions,
        np.array([[0, 1, 2], [1, 3, 2]], np.uint32),
        normals=np.array([[0, 0, 1]] * 4, np.float32),
        uvs=np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32),
        colours=np.array([[1, 2, 3, 255]] * 4, np.uint8),
        second_uvs=np.array([[0.5, 3], [-1, 0], [0, 7], [0.25, 1]], np.float32),
    )
    material = Material(
        "glass",
        (0.1, 0.2, 0.3, 0.4),
        metallic=0.5,
        roughness=0.25,
        emissive=(1, 0, 0),
        base_colour_image=Image(_picture("WEBP"), "image/webp"),
        occlusion_image=Image(_picture("PNG"), "image/png"),
        alpha_mode="BLEND",
        double_sided=True,
        second=("occlusion",),
    )
    model = _read(tmp_path, write_glb(Model((primitive,), (material,))))
    back = model.primitives[0]
    for name in ("positions", "indices", "normals", "uvs", "colours", "second_uvs"):
        assert np.array_equal(getattr(back, name), getattr(primitive, name)), name
    assert model.materials[0] == material
    said = ("its surface is open along 4 edges, in 1 rim (", "taken as metres (glTF says so)")
    assert [line for line in model.report if not line.startswith(said)] == []


def test_a_tile_of_ours_is_read_compressed_and_quantised(tmp_path: Path) -> None:
    model = _read(tmp_path, cube_glb((-1, 0, 2), (1, 3, 4)))
    assert model.triangles == 12
    assert model.primitives[0].positions.min(axis=0).tolist() == [-1, 0, 2]
    assert model.primitives[0].positions.max(axis=0).tolist() == [1, 3, 4]


@pytest.mark.parametrize(("node", "place"), [
    ({"translation": [10, 20, 30]},                                      [11, 20, 30]),
    ({"scale": [2, 3, 4]},                                               [2, 0, 0]),
    ({"rotation": [0, 0, np.sqrt(0.5), np.sqrt(0.5)]},                   [0, 1, 0]),
    ({"matrix": [0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 7, 8, 9, 1]},      [7, 9, 9]),
])  # fmt: skip
def test_a_node_moves_its_mesh(tmp_path: Path, node: dict[str, Any], place: list[float]) -> None:
    model = _read(tmp_path, packed(document(nodes=[{"mesh": 0, **node}])))
    assert np.allclose(model.primitives[0].positions[1], place)


def test_nodes_multiply_from_the_root_down_and_a_mesh_may_stand_twice(tmp_path: Path) -> None:
    nodes = [
        {"children": [1, 2], "translation": [100, 0, 0]},
        {"mesh": 0, "scale": [2, 2, 2]},
        {"mesh": 0, "translation": [0, 50, 0]},
    ]
    model = _read(tmp_path, packed(document(nodes=nodes)))
    assert model.triangles == 2
    assert [p.positions[1].tolist() for p in model.primitives] == [[102, 0, 0], [101, 50, 0]]


def test_a_mirrored_node_keeps_fronts_in_front(tmp_path: Path) -> None:
    model = _read(tmp_path, packed(document(nodes=[{"mesh": 0, "scale": [-1, 1, 1]}])))
    a, b, c = model.primitives[0].positions[model.primitives[0].indices[0]]
    assert np.cross(b - a, c - a)[2] > 0


def test_a_far_node_keeps_millimetres(tmp_path: Path) -> None:
    model = _read(tmp_path, packed(document(nodes=[{"mesh": 0, "translation": [4_500_000.123, 0, 0]}])))
    width = np.ptp(model.primitives[0].positions[:, 0])
    assert width == pytest.approx(1.0, abs=1e-8)
    assert any("moved so that" in line for line in model.report)


@pytest.mark.parametrize(("mode", "triangles"), [(5, [[0, 1, 2], [1, 3, 2]]), (6, [[0, 1, 2], [0, 2, 3]])])
def test_strips_and_fans_become_triangles(tmp_path: Path, mode: int, triangles: list[list[int]]) -> None:
    points = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], "<f4")
    gltf = document(
        meshes=[{"primitives": [{"attributes": {"POSITION": 0}, "mode": mode}]}],
        accessors=[{"bufferView": 0, "componentType": 5126, "count": 4, "type": "VEC3"}],
        bufferViews=[{"buffer": 0, "byteLength": 48}],
        buffers=[{"byteLength": 48}],
    )
    model = _read(tmp_path, packed(gltf, points.tobytes()))
    assert model.primitives[0].indices.tolist() == triangles


def test_sparse_values_replace_what_stands_there(tmp_path: Path) -> None:
    gltf = document()
    gltf["accessors"][0]["sparse"] = {
        "count": 1,
        "indices": {"bufferView": 2, "componentType": 5121},
        "values": {"bufferView": 3},
    }
    gltf["bufferViews"] += [
        {"buffer": 0, "byteOffset": 44, "byteLength": 1},
        {"buffer": 0, "byteOffset": 48, "byteLength": 12},
    ]
    gltf["buffers"] = [{"byteLength": 60}]
    body = packed(document())[-44:-2] + b"\0\0" + b"\2\0\0\0" + np.array([9, 8, 7], "<f4").tobytes()
    model = _read(tmp_path, packed(gltf, body))
    assert model.primitives[0].positions.tolist() == [[0, 0, 0], [1, 0, 0], [9, 8, 7]]


def _textured(info: dict[str, Any], **images: Any) -> bytes:
    gltf = document()
    attributes = {"POSITION": 0, "TEXCOORD_0": 2, "TEXCOORD_1": 3}
    gltf["meshes"][0]["primitives"][0] |= {"attributes": attributes, "material": 0}
    gltf["accessors"] += [
        {"bufferView": 2, "componentType": 5121, "normalized": True, "count": 3, "type": "VEC2"},
        {"bufferView": 3, "componentType": 5126, "count": 3, "type": "VEC2"},
    ]
    gltf["bufferViews"] += [
        {"buffer": 0, "byteOffset": 44, "byteLength": 12, "byteStride": 4},
        {"buffer": 0, "byteOffset": 56, "byteLength": 24},
    ]
    gltf["buffers"] = [{"byteLength": 80}]
    uri = "data:image/png;base64," + base64.b64encode(_picture()).decode()
    gltf |= {"images": [{"uri": uri}], "textures": [{"source": 0}]}
    gltf["materials"] = [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0, **info}}, **images}]
    body = packed(document())[-44:-2] + b"\0\0"
    body += bytes([0, 0, 9, 9, 255, 0, 9, 9, 0, 255, 9, 9])
    body += np.array([[0.5, 0.5], [2.5, 0.5], [0.5, 3.5]], "<f4").tobytes()
    return packed(gltf, body)


def test_normalised_strided_coordinates(tmp_path: Path) -> None:
    model = _read(tmp_path, _textured({}))
    assert model.primitives[0].uvs is not None
    assert model.primitives[0].uvs.tolist() == [[0, 0], [1, 0], [0, 1]]
    assert model.materials[0].base_colour_image is not None


def test_the_second_set_of_coordinates_where_the_texture_names_it(tmp_path: Path) -> None:
    model = _read(tmp_path, _textured({"texCoord": 1}))
    assert model.primitives[0].uvs is not None
    assert model.primitives[0].uvs.tolist() == [[0.5, 0.5], [2.5, 0.5], [0.5, 3.5]]


def test_a_texture_transform_is_baked_into_the_coordinates(tmp_path: Path) -> None:
    transform = {"offset": [0.25, 0.5], "scale": [2, 4], "rotation": np.pi / 2}
    model = _read(tmp_path, _textured({"extensions": {"KHR_texture_transform": transform}}))
    # The extension's own formula: u' = cos·su·u + sin·sv·v + ou, v' = -sin·su·u + cos·sv·v + ov.
    assert model.primitives[0].uvs is not None
    assert np.allclose(model.primitives[0].uvs, [[0.25, 0.5], [0.25, -1.5], [4.25, 0.5]], atol=1e-6)


def test_a_map_in_another_set_of_coordinates_keeps_it_beside_the_first(tmp_path: Path) -> None:
    model = _read(tmp_path, _textured({}, emissiveTexture={"index": 0, "texCoord": 1}))
    (primitive,) = model.primitives
    assert primitive.uvs is not None
    assert primitive.uvs.tolist() == [[0, 0], [1, 0], [0, 1]]
    assert primitive.second_uvs is not None
    assert primitive.second_uvs.tolist() == [[0.5, 0.5], [2.5, 0.5], [0.5, 3.5]]
    assert model.materials[0].second == ("emissive",)
    assert model.materials[0].emissive_image == model.materials[0].base_colour_image is not None
    assert not any("emissive" in line for line in model.report)


def test_one_set_by_two_transforms_is_two_sets(tmp_path: Path) -> None:
    finer = {"index": 0, "texCoord": 1, "extensions": {"KHR_texture_transform": {"scale": [2, 4], "offset": [1, 0]}}}
    model = _read(tmp_path, _textured({"texCoord": 1}, normalTexture=finer, occlusionTexture=finer))
    (primitive,) = model.primitives
    assert primitive.uvs is not None
    assert primitive.uvs.tolist() == [[0.5, 0.5], [2.5, 0.5], [0.5, 3.5]]
    assert primitive.second_uvs is not None
    assert primitive.second_uvs.tolist() == [[2, 2], [6, 2], [2, 14]]
    assert model.materials[0].second == ("normal", "occlusion")


def test_a_map_in_a_third_set_of_coordinates_is_left_out_and_told(tmp_path: Path) -> None:
    third = {"index": 0, "extensions": {"KHR_texture_transform": {"scale": [2, 2]}}}
    model = _read(tmp_path, _textured({}, normalTexture={"index": 0, "texCoord": 1}, emissiveTexture=third))
    assert model.materials[0].second == ("normal",)
    assert model.materials[0].emissive_image is None
    assert any("emissive map in a third set" in line for line in model.report)


def test_a_mesh_without_the_second_set_is_shown_without_its_maps_and_that_is_told(tmp_path: Path) -> None:
    model = _read(tmp_path, _textured({}, occlusionTexture={"index": 0, "texCoord": 2}))
    (primitive,) = model.primitives
    assert primitive.uvs is not None
    assert primitive.second_uvs is None
    material = model.materials[primitive.material]
    assert material.base_colour_image is not None
    assert (material.occlusion_image, material.second) == (None, ())
    assert any("its mesh has no such set" in line for line in model.report)


def test_a_second_set_of_which_no_map_can_be_read_is_not_kept(tmp_path: Path) -> None:
    data = _textured({}, occlusionTexture={"index": 1, "texCoord": 1})
    gltf = json.loads(glb.read(data).json)
    gltf["textures"].append({"source": 1})
    gltf["images"].append({"uri": "gone.png"})
    model = _read(tmp_path, packed(gltf, bytes(glb.read(data).binary)))
    assert model.materials[0].second == ()
    assert model.primitives[0].uvs is not None
    assert model.primitives[0].second_uvs is None


def test_instances_carry_both_sets(tmp_path: Path) -> None:
    data = _textured({}, emissiveTexture={"index": 0, "texCoord": 1})
    gltf = json.loads(glb.read(data).json)
    # The points themselves serve as places, too.
    gltf["nodes"][0]["extensions"] = {"EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": 0}}}
    (primitive,) = _read(tmp_path, packed(gltf, bytes(glb.read(data).binary))).primitives
    assert primitive.uvs is not None
    assert primitive.uvs.tolist() == [[0, 0], [1, 0], [0, 1]] * 3
    assert primitive.second_uvs is not None
    assert primitive.second_uvs.tolist() == [[0.5, 0.5], [2.5, 0.5], [0.5, 3.5]] * 3


def test_what_is_not_shown_is_told(tmp_path: Path) -> None:
    gltf = document()
    gltf["meshes"][0]["primitives"].append({"attributes": {"POSITION": 0}, "mode": 0})
    model = _read(tmp_path, packed(gltf))
    assert model.triangles == 1
    assert any("points and lines" in line for line in model.report)


def test_a_missing_image_is_told(tmp_path: Path) -> None:
    gltf = document(
        images=[{"uri": "gone.png"}],
        textures=[{"source": 0}],
        materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
    )
    model = _read(tmp_path, packed(gltf))
    assert any("gone.png" in line for line in model.report)


def test_a_folder_is_read_with_its_files(tmp_path: Path) -> None:
    body = packed(document())[-44:-2]
    (tmp_path / "a b.bin").write_bytes(body)
    gltf = document(buffers=[{"byteLength": 42, "uri": "a%20b.bin"}])
    (tmp_path / "x.gltf").write_text(json.dumps(gltf))
    assert read.read(tmp_path, "x.gltf").triangles == 1


def test_parts_are_called_by_their_node_or_mesh_or_what_stands_above(tmp_path: Path) -> None:
    nodes = [{"name": "wall", "mesh": 0}, {"mesh": 0}, {"name": "tower", "children": [3]}, {"mesh": 1}]
    meshes = [{"name": "stone", "primitives": [{"attributes": {"POSITION": 0}, "indices": 1}]}]
    meshes.append({"primitives": meshes[0]["primitives"]})
    gltf = document(nodes=nodes, meshes=meshes, scenes=[{"nodes": [0, 1, 2]}])
    assert [p.name for p in _read(tmp_path, packed(gltf)).primitives] == ["wall", "stone", "tower"]


def test_instances_are_one_part_with_mirrored_ones_turned(tmp_path: Path) -> None:
    gltf = document(nodes=[{"name": "tree", "mesh": 0, "translation": [0, 0, 5]}])
    attributes = {"TRANSLATION": 2, "ROTATION": 3, "SCALE": 4}
    gltf["nodes"][0]["extensions"] = {"EXT_mesh_gpu_instancing": {"attributes": attributes}}
    gltf["extensionsRequired"] = ["EXT_mesh_gpu_instancing"]
    gltf["accessors"] += [
        {"bufferView": 2, "componentType": 5126, "count": 2, "type": "VEC3"},
        {"bufferView": 3, "componentType": 5120, "normalized": True, "count": 2, "type": "VEC4"},
        {"bufferView": 4, "componentType": 5126, "count": 2, "type": "VEC3"},
    ]
    parts = [
        np.array([[10, 0, 0], [0, 20, 0]], "<f4").tobytes(),
        np.array([[0, 0, 0, 127], [0, 0, 90, 90]], "i1").tobytes(),
        np.array([[1, 1, 1], [-1, 1, 1]], "<f4").tobytes(),
    ]
    at = 44
    for part in parts:
        gltf["bufferViews"].append({"buffer": 0, "byteOffset": at, "byteLength": len(part)})
        at += len(part)
    gltf["buffers"] = [{"byteLength": at}]
    model = _read(tmp_path, packed(gltf, packed(document())[-44:-2] + b"\0\0" + b"".join(parts)))
    (primitive,) = model.primitives
    assert primitive.name == "tree"
    assert np.allclose(primitive.positions[:3], [[10, 0, 5], [11, 0, 5], [10, 1, 5]])
    # Mirrored in x, then a quarter turn.
    assert np.allclose(primitive.positions[3:], [[0, 20, 5], [0, 19, 5], [-1, 20, 5]], atol=1e-6)
    a, b, c = primitive.positions[primitive.indices[1]]
    assert np.cross(b - a, c - a)[2] > 0


def test_instances_beyond_all_measure_are_refused(tmp_path: Path) -> None:
    gltf = document()
    gltf["nodes"][0]["extensions"] = {"EXT_mesh_gpu_instancing": {"attributes": {"TRANSLATION": 2}}}
    gltf["accessors"].append({"componentType": 5126, "count": 60_000_000, "type": "VEC3"})
    with pytest.raises(TooLarge):
        _read(tmp_path, packed(gltf))


def test_a_glow_stronger_than_one_is_kept_and_written(tmp_path: Path) -> None:
    strength = {"KHR_materials_emissive_strength": {"emissiveStrength": 4}}
    gltf = document(materials=[{"emissiveFactor": [1, 0.5, 0], "extensions": strength}])
    gltf["meshes"][0]["primitives"][0]["material"] = 0
    model = _read(tmp_path, packed(gltf))
    assert model.materials[0].emissive == (4, 2, 0)
    again = _read(tmp_path, write_glb(model))
    assert again.materials[0].emissive == (4, 2, 0)


def test_other_scenes_and_cameras_are_told(tmp_path: Path) -> None:
    nodes = [{"mesh": 0}, {"mesh": 0}]
    gltf = document(nodes=nodes, scenes=[{"nodes": [0]}, {"nodes": [1]}], cameras=[{"type": "perspective"}])
    model = _read(tmp_path, packed(gltf))
    assert model.triangles == 1
    assert any(
        "1 node with a mesh stands in another scene, or in none; it was left out" in line for line in model.report
    )
    assert any("cameras" in line for line in model.report)


def test_a_material_without_light_is_told(tmp_path: Path) -> None:
    gltf = document(materials=[{"extensions": {"KHR_materials_unlit": {}, "KHR_materials_clearcoat": {}}}])
    gltf["meshes"][0]["primitives"][0]["material"] = 0
    model = _read(tmp_path, packed(gltf))
    assert (model.materials[0].metallic, model.materials[0].roughness) == (0, 1)
    assert any("no light" in line for line in model.report)
    assert any("KHR_materials_clearcoat" in line for line in model.report)


def test_a_texture_without_coordinates_is_told(tmp_path: Path) -> None:
    uri = "data:image/png;base64," + base64.b64encode(_picture()).decode()
    gltf = document(
        images=[{"uri": uri}],
        textures=[{"source": 0}],
        materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
    )
    gltf["meshes"][0]["primitives"][0]["material"] = 0
    model = _read(tmp_path, packed(gltf))
    assert any("shown plain" in line for line in model.report)


def test_without_indices_all_points_in_order_are_triangles(tmp_path: Path) -> None:
    gltf = document(meshes=[{"primitives": [{"attributes": {"POSITION": 0}}]}])
    assert _read(tmp_path, packed(gltf)).primitives[0].indices.tolist() == [[0, 1, 2]]


def test_in_a_scratch_folder_the_file_itself_is_the_array(tmp_path: Path) -> None:
    path, scratch = tmp_path / "x.glb", tmp_path / "scratch"
    scratch.mkdir()
    path.write_bytes(packed(document()))
    model = read.read(path, "x.glb", scratch=scratch)
    before = np.array(model.primitives[0].positions)
    assert model.primitives[0].positions.dtype == np.float32
    assert not model.primitives[0].positions.flags.writeable
    mapped.release(model.primitives[0].positions)
    assert np.array_equal(model.primitives[0].positions, before)
