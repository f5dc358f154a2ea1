import json

import numpy as np

from scenes import glb
from scenes.gltf_build import write_glb
from tiling.mesh import Image, Material, Model, Primitive

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


def _document(data: bytes) -> dict:
    return json.loads(glb.read(data).json)


def test_positions_state_their_bounds() -> None:
    document = _document(write_glb(Model((SQUARE,))))
    accessor = document["accessors"][document["meshes"][0]["primitives"][0]["attributes"]["POSITION"]]
    assert accessor["min"] == [0, 0, 0]
    assert accessor["max"] == [2, 3, 0]


def test_an_image_used_twice_is_embedded_once() -> None:
    image = Image(b"not looked at here", "image/webp")
    materials = (Material("a", base_colour_image=image), Material("b", base_colour_image=image, emissive_image=image))
    second = Primitive(SQUARE.positions, SQUARE.indices, uvs=SQUARE.uvs, material=1)
    document = _document(write_glb(Model((SQUARE, second), materials)))
    assert len(document["images"]) == 1
    assert document["extensionsRequired"] == ["EXT_texture_webp"]
    assert [m["name"] for m in document["materials"]] == ["a", "b"]


def test_a_model_far_from_its_origin_keeps_its_precision_in_the_node() -> None:
    far = np.array([4_500_000.0, 120.0, -300_000.0])
    data = write_glb(Model((Primitive(SQUARE.positions + far + 0.001, SQUARE.indices),)))
    document = _document(data)
    translation = np.array(document["nodes"][0]["translation"])
    positions = np.frombuffer(glb.read(data).binary, "<f4", count=12).reshape(4, 3)
    assert np.abs(positions.astype(float) + translation - (SQUARE.positions + far + 0.001)).max() < 1e-6


def test_a_model_without_triangles_is_a_valid_document_without_meshes() -> None:
    document = _document(write_glb(Model(())))
    assert document["asset"]["version"] == "2.0"
    assert "meshes" not in document


def test_the_same_model_gives_the_same_bytes() -> None:
    assert write_glb(Model((SQUARE,)), name="x") == write_glb(Model((SQUARE,)), name="x")
