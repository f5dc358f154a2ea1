import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline import images, ktx
from scenes import glb
from scenes.gltf_build import TileImage, tile_glb
from tests.tiling.shapes import patch_of, sheet
from tiling import quantize
from tiling.mesh import Material, Model
from tiling.normals import with_normals


def _webp(side: int, shade: int) -> bytes:
    ramp = np.linspace(0, shade, side).astype(np.uint8)
    return images.webp(np.repeat(np.tile(ramp, (side, 1))[..., None], 3, axis=2), colour=True)


def _tile(**own: TileImage) -> bytes:
    """A tile of one material with these images by role."""
    whole, layout, origin = patch_of(Model((with_normals(sheet(4, 4, uvs=True)),)))
    geometry = quantize.quantise(
        whole,
        layout,
        step=2.0**-10,
        origin=origin,
        uvs_of=lambda material: whole.attributes[:, layout.uv_columns],
        textured=lambda material: True,
    )
    return tile_glb(geometry, {0: Material("stone")}, {0: own})


def _named(folder: Path, data: bytes, ending: str) -> str:
    name = f"{hashlib.sha256(data).hexdigest()}.{ending}"
    (folder / name).write_bytes(data)
    return name


def _museum(folder: Path) -> bytes:
    """A document with a tile that has its own images, and a second document with one that shares an image."""
    shared = _webp(32, 90)
    image = _named(folder, shared, "webp")
    root = _named(folder, _tile(base_colour=TileImage(_webp(16, 200)), normal=TileImage(_webp(16, 50))), "glb")
    child = _named(folder, _tile(base_colour=TileImage(uri=image)), "glb")
    told = {"bytes": 1, "textureBytes": 4000, "needs": [image]}
    below = {"asset": {"version": "1.1"}, "root": {"content": {"uri": child}, "extras": {"chronotope": told}}}
    document = {
        "asset": {"version": "1.1"},
        "extras": {"chronotope": {"images": {image: [len(shared), 4000]}}},
        "root": {
            "content": {"uri": root},
            "extras": {"chronotope": {"bytes": 1, "textureBytes": 8000}},
            "children": [{"content": {"uri": _named(folder, json.dumps(below).encode(), "json")}}],
        },
    }
    (folder / "tileset.json").write_text(json.dumps(document))
    return shared


def _coded(data: bytes, role: str) -> bytes:
    """What stands for an encoder: longer than the image, and tells what it is of."""
    return b"KTX2 of " + role.encode() + hashlib.sha256(data).digest() * 20


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_the_new_document_names_new_tiles_and_all_that_was_there_is_as_it_was(tmp_path: Path) -> None:
    shared = _museum(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    document = _json(ktx.upgrade(tmp_path, _coded))
    for name, data in before.items():
        assert (tmp_path / name).read_bytes() == data
    root = document["root"]
    below = _json(tmp_path / root["children"][0]["content"]["uri"])["root"]
    image = f"{hashlib.sha256(_coded(shared, 'base_colour')).hexdigest()}.ktx2"
    assert (tmp_path / image).read_bytes() == _coded(shared, "base_colour")
    assert below["extras"]["chronotope"]["needs"] == [image]
    assert document["extras"]["chronotope"]["images"] == {image: [len(_coded(shared, "base_colour")), 1000]}
    for tile in (root, below):
        name = tile["content"]["uri"]
        data = (tmp_path / name).read_bytes()
        assert name not in before
        assert hashlib.sha256(data).hexdigest() == name[:64]
        assert tile["extras"]["chronotope"]["bytes"] == len(data)
        gltf = json.loads(glb.read(data).json)
        assert "KHR_texture_basisu" in gltf["extensionsRequired"]
        assert "EXT_texture_webp" not in gltf["extensionsUsed"]
        assert all(found["mimeType"] == "image/ktx2" for found in gltf["images"])
    assert root["extras"]["chronotope"]["textureBytes"] == 2000
    assert not list(tmp_path.glob(".*"))


def test_geometry_and_images_lie_where_the_document_says(tmp_path: Path) -> None:
    first = TileImage(_webp(16, 200))
    old = glb.read(_tile(base_colour=first, occlusion=TileImage(_webp(24, 9))))
    new = glb.read(ktx.with_ktx2(glb.write(old.json, bytes(old.binary)), _coded, lambda uri, role: uri))

    def parts(file: glb.Glb) -> list[bytes]:
        found = []
        for view in json.loads(file.json)["bufferViews"]:
            place = view.get("extensions", {}).get("EXT_meshopt_compression", view)
            assert place["byteOffset"] % 8 == 0
            found.append(bytes(file.binary[place["byteOffset"] : place["byteOffset"] + place["byteLength"]]))
        return found

    was, now = parts(old), parts(new)
    where = {image["bufferView"] for image in json.loads(new.json)["images"]}
    assert [now[i] for i in range(len(now)) if i not in where] == [was[i] for i in range(len(was)) if i not in where]
    assert _coded(first.data, "base_colour") in now
    assert json.loads(new.json)["buffers"][0]["byteLength"] == len(new.binary)


def test_an_interrupted_upgrade_goes_on_where_it_stopped_and_a_finished_one_is_not_done_again(tmp_path: Path) -> None:
    _museum(tmp_path)
    done: list[str] = []

    def breaks(data: bytes, role: str) -> bytes:
        if len(done) == 2:
            raise ktx.EncoderFailed("it died")
        done.append(role)
        return _coded(data, role)

    with pytest.raises(ktx.EncoderFailed):
        ktx.upgrade(tmp_path, breaks)
    assert not (tmp_path / ktx.DOCUMENT).exists()
    left: list[str] = []
    ktx.upgrade(tmp_path, lambda data, role: left.append(role) or _coded(data, role))
    assert len(left) == 1
    ktx.upgrade(tmp_path, lambda data, role: left.append(role) or _coded(data, role))
    assert len(left) == 1


def test_an_image_that_cannot_be_coded_stays_and_so_does_a_tile_without_others(tmp_path: Path) -> None:
    data = _tile(base_colour=TileImage(_webp(16, 1)), normal=TileImage(_webp(16, 2)))
    assert ktx.with_ktx2(data, lambda image, role: None, lambda uri, role: uri) == data
    half = ktx.with_ktx2(
        data, lambda image, role: _coded(image, role) if role == "normal" else None, lambda uri, role: uri
    )
    gltf = json.loads(glb.read(half).json)
    assert {"EXT_texture_webp", "KHR_texture_basisu"} <= set(gltf["extensionsRequired"])
    assert sorted(image["mimeType"] for image in gltf["images"]) == ["image/ktx2", "image/webp"]


@pytest.mark.skipif(not ktx.is_there(), reason="no Node, or no ktx2-encoder")
def test_the_encoder_makes_ktx2_with_all_mip_levels() -> None:
    with ktx.Encoder() as encode:
        colour, again = encode(_webp(64, 200), "base_colour"), encode(_webp(64, 200), "base_colour")
        data = encode(_webp(64, 200), "normal")
        assert encode(_webp(30, 200), "normal") is None
    assert colour == again
    for found, scheme, transfer in ((colour, 1, 2), (data, 2, 1)):  # BasisLZ, sRGB; zstd, linear
        assert found is not None
        assert found[:12] == b"\xabKTX 20\xbb\r\n\x1a\n"
        numbers = np.frombuffer(found[12:48], "<u4")  # KTX 2.0, section 3: from vkFormat on
        assert numbers[2:4].tolist() == [64, 64]
        assert numbers[7] == 7
        assert numbers[8] == scheme
        offset = int(np.frombuffer(found[48:52], "<u4")[0])
        assert found[offset + 14] == transfer  # Khronos Data Format 1.3: transferFunction
