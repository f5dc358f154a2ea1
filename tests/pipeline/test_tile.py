import hashlib
import io
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline.tile import TileResult, TileSettings, tile_file, tile_model
from scenes import glb
from scenes.errors import Malformed
from tests.tiling.shapes import ball, sheet, tiled
from tiling import check, content, quantize, tileset
from tiling.mesh import Image, Material, Model, Primitive

DATA = Path(__file__).parent.parent / "data"


def _tiled(model: Model, out: Path, **settings: int) -> TileResult:
    out.mkdir(exist_ok=True)
    return tile_model(model, out, TileSettings(**settings), lambda fraction, message: None)


def _findings(out: Path) -> list[check.Finding]:
    return check.check((out / "tileset.json").read_bytes(), lambda uri: (out / uri).read_bytes())


def _documents(out: Path) -> list[dict]:
    return [json.loads(glb.read(path.read_bytes()).json) for path in sorted(out.glob("*.glb"))]


def _picture(side: int, kind: str = "PNG") -> Image:
    y, x = np.mgrid[0:side, 0:side]
    pixels = np.stack([x * 255 // side, y * 255 // side, np.full_like(x, 128)], axis=-1).astype(np.uint8)
    out = io.BytesIO()
    Pillow.fromarray(pixels).save(out, kind, **({"lossless": True} if kind == "WEBP" else {}))
    return Image(out.getvalue(), f"image/{kind.lower()}")


def _sheet(material: Material, *, repeat: float = 1.0, columns: int = 100) -> Model:
    primitive = sheet(columns, columns, uvs=True, height=0.1)
    assert primitive.uvs is not None
    return Model((Primitive(primitive.positions, primitive.indices, uvs=primitive.uvs * repeat),), (material,))


def test_a_textured_scan_becomes_tiles_that_a_checker_finds_nothing_in(tmp_path: Path) -> None:
    result = tile_file(DATA / "venus.glb", "venus.glb", tmp_path, TileSettings(), lambda fraction, message: None)
    assert result.tileset.triangles == 19_810
    assert result.tileset.levels == 2
    assert _findings(tmp_path) == []
    names = {name for name, *_ in result.files}
    assert names | {"tileset.json"} == {path.name for path in tmp_path.iterdir()}
    for name, digest, size, media_type in result.files:
        data = (tmp_path / name).read_bytes()
        assert (name[:64], len(data)) == (digest, size) == (hashlib.sha256(data).hexdigest(), size)
        assert media_type == {"glb": "model/gltf-binary", "webp": "image/webp"}[name[65:]]
    assert result.tileset.byte_length == sum(size for _, _, size, _ in result.files)
    assert result.tileset.digest == hashlib.sha256((tmp_path / "tileset.json").read_bytes()).hexdigest()


def test_tiles_are_quantised_compressed_and_require_it(tmp_path: Path) -> None:
    _tiled(ball(20), tmp_path)
    document = _documents(tmp_path)[0]
    assert document["extensionsRequired"] == ["EXT_meshopt_compression", "KHR_mesh_quantization"]
    assert document["buffers"][1]["extensions"]["EXT_meshopt_compression"] == {"fallback": True}
    assert "uri" not in document["buffers"][1]


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_a_tile_that_may_be_shown_in_part_says_so_by_its_groups(tmp_path: Path, coding: quantize.Coding) -> None:
    tiles = tiled(
        Model((sheet(100, 100, height=0.1),), (Material("clay"),)), tmp_path / "out", leaf_triangles=6000, coding=coding
    )
    tree = tileset.read((tmp_path / "out" / "tileset.json").read_bytes())
    inner = sorted({int(parent) for parent in tree.parent[1:]})
    assert [tile for tile in range(len(tree)) if tree.groups_of(tile)] == (inner if coding == "meshopt" else [])
    for tile in inner if coding == "meshopt" else ():
        groups = tree.groups_of(tile)
        assert len(groups) == np.count_nonzero(tree.parent == tile) + 2
        assert sum(groups[:-1]) == tree.triangles[tile]
        drawn = tiles.placed(tile)
        assert groups == tuple(np.sum([[count for _, count in part.ranges] for part in drawn], axis=0))
    assert (tree.coded_length > 0).all()
    assert tiles.findings() == []


def test_any_number_of_workers_writes_the_same_files(tmp_path: Path) -> None:
    results = []
    for workers in (1, 3):
        out = tmp_path / str(workers)
        out.mkdir()
        settings = TileSettings(workers=workers, leaf_triangles=2000)
        results.append(tile_file(DATA / "venus.glb", "venus.glb", out, settings, lambda fraction, message: None))
    assert results[0] == results[1]


def test_a_repeating_image_is_one_file_beside_the_tiles(tmp_path: Path) -> None:
    material = Material("bricks", base_colour_image=_picture(700))
    result = _tiled(_sheet(material, repeat=9.0), tmp_path, leaf_triangles=6000)
    pictures = [entry for entry in result.files if entry[3] == "image/webp"]
    assert len(pictures) == 1
    documents = _documents(tmp_path)
    assert len(documents) == 6
    # The root has colours instead.
    shown = [document["images"][0]["uri"] for document in documents if "images" in document]
    assert shown == 5 * [pictures[0][0]]
    tree = tileset.read((tmp_path / "tileset.json").read_bytes())
    assert tree.needs == ((), *5 * ((pictures[0][0],),))
    assert tree.image_bytes == {pictures[0][0]: (pictures[0][2], 700 * 700 * 4 * 4 // 3)}
    assert not tree.texture_bytes.any()
    assert _findings(tmp_path) == []


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_tiles_have_both_sets_of_coordinates_and_share_the_maps_in_them(
    tmp_path: Path, coding: quantize.Coding
) -> None:
    maps = {"base_colour_image": _picture(700), "occlusion_image": _picture(600)}
    model = _sheet(Material("bricks", second=("occlusion",), **maps), repeat=3.0)
    (primitive,) = model.primitives
    second = (0.1 + 0.8 * primitive.positions[:, [0, 2]]).astype(np.float32)
    model = replace(model, primitives=(replace(primitive, second_uvs=second),))
    tiles = tiled(model, tmp_path / "out", leaf_triangles=6000, coding=coding)
    assert [len(tiles.of_level(level)) for level in range(3)] == [1, 1, 4]
    assert len([entry for entry in tiles.result.files if entry[3] == "image/webp"]) == 2
    for tile in range(1, 6):
        found = tiles.content(tile)
        (material,) = found.document["materials"]
        assert "texCoord" not in material["pbrMetallicRoughness"]["baseColorTexture"]
        assert material["occlusionTexture"]["texCoord"] == 1
        (drawn,) = found.document["meshes"][0]["primitives"]
        first, other = (content.accessor(found, drawn["attributes"][f"TEXCOORD_{at}"]) for at in (0, 1))
        places = tiles.placed(tile)[0].positions[:, [0, 2]]
        # Half a step of either grid; but skirts lean, and have the coordinates of the edge above them.
        assert np.quantile(np.abs(other - (0.1 + 0.8 * places)), 0.9) <= 5e-4
        assert np.quantile(np.abs(first - 3.0 * places), 0.9) <= 3 * 5e-4
        assert np.array_equal(other * 4096, np.rint(other * 4096))
    assert tiles.findings() == []
    # The root has colours instead.
    assert set(tiles.content(0).document["meshes"][0]["primitives"][0]["attributes"]) == {
        "POSITION",
        "NORMAL",
        "COLOR_0",
    }


@pytest.mark.parametrize("normal_maps", [False, True], ids=["cut", "baked"])
def test_a_map_in_the_second_set_stays_whole_beside_an_atlas_for_those_in_the_first(
    tmp_path: Path, normal_maps: bool
) -> None:
    stone = Material("stone", second=("occlusion",), base_colour_image=_picture(1024), occlusion_image=_picture(600))
    model = _sheet(stone, columns=60)
    (primitive,) = model.primitives
    second = (0.1 + 0.8 * primitive.positions[:, [0, 2]]).astype(np.float32)
    model = replace(model, primitives=(replace(primitive, second_uvs=second),))
    tiles = tiled(model, tmp_path / "out", leaf_triangles=2000, normal_maps=normal_maps)
    (whole,) = [name for name, _, _, kind in tiles.result.files if kind == "image/webp"]
    coarse = [tile for tile in range(len(tiles.level)) if 0 < tiles.level[tile] < tiles.level.max()]
    assert coarse
    for tile in range(1, len(tiles.level)):
        found = tiles.content(tile)
        (material,) = found.document["materials"]
        colours, shade = material["pbrMetallicRoughness"]["baseColorTexture"], material["occlusionTexture"]
        assert ("normalTexture" in material) == (normal_maps and tile in coarse)
        assert (colours.get("texCoord", 0), shade["texCoord"]) == (0, 1)
        textures, pictures = found.document["textures"], found.document["images"]
        colour, dark = (
            pictures[textures[at["index"]]["extensions"]["EXT_texture_webp"]["source"]] for at in (colours, shade)
        )
        assert dark["uri"] == whole
        (drawn,) = found.document["meshes"][0]["primitives"]
        first, other = (content.accessor(found, drawn["attributes"][f"TEXCOORD_{at}"]) for at in (0, 1))
        # Half a step of the grid and of the tile's rounding; skirts lean, and have what the edge above them has.
        places = tiles.placed(tile)[0].positions[:, [0, 2]]
        assert np.quantile(np.abs(other - (0.1 + 0.8 * places)), 0.9) <= 2e-3
        view = found.document["bufferViews"][colour["bufferView"]]
        data = bytes(found.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]])
        pixels = np.asarray(Pillow.open(io.BytesIO(data)).convert("RGB"))
        at = (first / 65_536.0 * pixels.shape[1::-1]).astype(int)
        wrong = np.abs(pixels[at[:, 1], at[:, 0], :2] / 255.0 - places)
        assert np.quantile(wrong, 0.9) <= 0.03
    assert tiles.findings() == []


def test_a_small_image_is_shared_and_one_that_is_webp_is_kept_byte_for_byte(tmp_path: Path) -> None:
    picture = _picture(64, "WEBP")
    result = _tiled(_sheet(Material(base_colour_image=picture)), tmp_path)
    assert hashlib.sha256(picture.data).hexdigest() in {digest for _, digest, _, _ in result.files}


def test_a_large_atlas_is_cut_up_and_each_tile_carries_its_part(tmp_path: Path) -> None:
    result = _tiled(_sheet(Material(base_colour_image=_picture(1024))), tmp_path, leaf_triangles=6000)
    assert {entry[3] for entry in result.files} == {"model/gltf-binary"}
    sizes = []
    for path in sorted(tmp_path.glob("*.glb")):
        parts = glb.read(path.read_bytes())
        document = json.loads(parts.json)
        if "images" not in document:
            continue
        view = document["bufferViews"][document["images"][0]["bufferView"]]
        data = bytes(parts.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]])
        sizes.append(np.prod(Pillow.open(io.BytesIO(data)).size))
    assert len(sizes) == 5
    # Four quarters at full density, and all of it at a quarter of the texels; the root has colours instead.
    assert max(sizes) < 1024 * 1024 / 3
    assert _findings(tmp_path) == []


def test_several_materials_are_several_primitives_of_a_tile(tmp_path: Path) -> None:
    stone, glass = Material("stone"), Material("glass", alpha_mode="BLEND", base_colour=(1, 1, 1, 0.5))
    left, right = sheet(20, 20), sheet(20, 20)
    moved = Primitive(right.positions + np.array([1.0, 0, 0]), right.indices, material=1)
    _tiled(Model((left, moved), (stone, glass)), tmp_path)
    document = _documents(tmp_path)[0]
    assert [m["name"] for m in document["materials"]] == ["stone", "glass"]
    assert len(document["meshes"][0]["primitives"]) == 2
    assert tileset.read((tmp_path / "tileset.json").read_bytes()).draws.tolist() == [2]


def test_a_model_without_triangles_is_malformed(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        _tiled(Model(()), tmp_path)


def test_progress_never_goes_back(tmp_path: Path) -> None:
    told: list[float] = []
    tile_file(DATA / "small.glb", "small.glb", tmp_path, TileSettings(), lambda fraction, _: told.append(fraction))
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.skipif("CHRONOTOPE_TEST_DATA" not in os.environ, reason="CHRONOTOPE_TEST_DATA names no folder of scans")
@pytest.mark.long
def test_a_whole_scan_of_half_a_million_triangles(tmp_path: Path) -> None:
    source = Path(os.environ["CHRONOTOPE_TEST_DATA"]) / "venus"
    result = tile_file(source, "venus.gltf", tmp_path, TileSettings(workers=2), lambda fraction, message: None)
    assert result.tileset.triangles > 550_000
    assert result.tileset.root_error < result.tileset.geometric_error / 100
    assert _findings(tmp_path) == []
