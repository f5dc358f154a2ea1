from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from scenes.assemble import document_bytes, scene_tileset
from scenes.at_time import Moment, resolve
from scenes.cuts import cut_within
from scenes.gltf_build import TileImage
from scenes.model import (
    IDENTITY,
    Asset,
    AssetState,
    Extent,
    Generated,
    Hypothesis,
    Placement,
    Reliability,
    Scene,
    Tileset,
    Viewpoint,
    Visibility,
)
from scenes.scene_glb import scene_glb
from scenes.transforms import largest_scale, matrix_of, z_up_box
from tests.tiling.handmade import cube_glb
from tiling import content, tileset
from tiling.bounds import box
from tiling.check import check
from tiling.mesh import Material
from tiling.tree import TileTree
from timeline.interval import Certainty

WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"
HALF_TURN = (-1, 0, 0, 0, 0, 1, 0, 0, 0, 0, -1, 0, 10, 0, -5, 1)
"""about the y axis, then 10 m along x and 5 m along -z"""
DOUBLED = (2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 3, 0, 1)
SHEARED = (1, 0, 0, 0, 0.5, 1, 0, 0, 0, 0, 1, 0, 1, 2, 3, 1)

SCENE = Scene(
    id="scene_1",
    title="Sanctuary",
    description="",
    default_moment="-0430",
    visibility=Visibility.PUBLIC,
    viewpoint=Viewpoint((0, 2, 10), (0, 0, 0)),
)


class Museum:
    """Blobs by digest, and assets of two levels: a coarse box of 12 triangles, and two halves of 12 × `fine`."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.assets: dict[str, Asset] = {}
        self.read_from: list[str] = []

    def put(self, data: bytes) -> str:
        digest = hashlib.sha256(data).hexdigest()
        self.blobs[digest] = data
        return digest

    def read(self, digest: str) -> bytes:
        self.read_from.append(digest)
        return self.blobs[digest]

    def add(
        self,
        name: str,
        high: tuple[float, float, float] = (4, 3, 2),
        *,
        fine: int = 5,
        error: float = 0.5,
        apart: bool = False,
    ) -> Asset:
        """`apart`: the coarse box stands twice, above and as the root of a document of its own."""
        shared = f"{self.put(WEBP)}.webp"
        x, y, z = high
        stone, wood = Material(name="stone"), Material(name="wood", base_colour=(0.4, 0.2, 0.1, 1.0))
        tiles = [
            self.put(cube_glb((0, 0, 0), high, material=stone, image=TileImage(uri=shared))),
            self.put(cube_glb((0, 0, 0), (x / 2, y, z), material=stone, image=TileImage(WEBP), times=fine)),
            self.put(cube_glb((x / 2, 0, 0), high, material=wood, times=fine)),
        ]
        lows, highs = [(0, 0, 0), (0, 0, 0), (x / 2, 0, 0)], [high, (x / 2, y, z), high]
        tree = TileTree(
            parent=np.array([-1, 0, 0], np.int32),
            box=np.stack([box(np.array(a, float), np.array(b, float)) for a, b in zip(lows, highs, strict=True)]),
            error=np.array([error, 0, 0]),
            content=tuple(tiles),
            needs=((shared,), (), ()),
            byte_length=np.array([len(self.blobs[tile]) for tile in tiles], np.int64),
            triangles=np.array([12, 12 * fine, 12 * fine], np.int64),
            draws=np.array([1, 1, 1], np.int64),
            texture_bytes=np.array([0, 5, 0], np.int64),
            geometric_error=float(np.linalg.norm(high)),
            image_bytes={shared: (len(WEBP), 5)},
        )
        if apart:
            tree = _with_root_twice(tree)
        documents = tileset.write(tree, most_bytes=1)
        for data in documents.others.values():
            self.put(data)
        figures = Tileset(
            digest=self.put(documents.root),
            tiles=len(tree),
            levels=2 + apart,
            triangles=24 * fine,
            vertices=24,
            byte_length=1,
            geometric_error=tree.geometric_error,
            root_error=error,
            extent=Extent((0, 0, 0), high),
        )
        asset = Asset(
            id=f"asset_{name}",
            title=name.title(),
            rights="https://creativecommons.org/publicdomain/zero/1.0/",
            master="0" * 64,
            master_name=f"{name}.glb",
            media_type="model/gltf-binary",
            byte_length=1,
            state=AssetState.READY,
            visibility=Visibility.PUBLIC,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            created_by="curator",
            tileset=figures,
            attribution=f"{name.title()} Workshop",
        )
        self.assets[asset.id] = asset
        return asset

    def at(self, path: str) -> bytes | None:
        """What a server would answer at a path."""
        return self.blobs.get(path.removeprefix("/blobs/").partition(".")[0])


def _with_root_twice(tree: TileTree) -> TileTree:
    rows = [0, *range(len(tree))]
    return replace(
        tree,
        parent=np.array([-1, *(tree.parent + 1)], np.int32),
        box=tree.box[rows],
        error=tree.error[rows],
        content=tuple(tree.content[row] for row in rows),
        needs=tuple(tree.needs[row] for row in rows),
        byte_length=tree.byte_length[rows],
        triangles=tree.triangles[rows],
        draws=tree.draws[rows],
        texture_bytes=tree.texture_bytes[rows],
    )


def place(name: str, asset: str, existence: str = "-0446/-0429", **fields: Any) -> Placement:
    return Placement(name, "scene_1", "layer_1", f"asset_{asset}", name.title(), existence, **fields)


def moment_of(placements: list[Placement], at: str = "-0440", hypotheses: tuple[Hypothesis, ...] = ()) -> Moment:
    return resolve(SCENE, placements, hypotheses, at=at)


@pytest.fixture
def museum() -> Museum:
    museum = Museum()
    museum.add("temple")
    museum.add("altar", (1, 1, 1))
    return museum


SITE = [
    place("temple", "temple", transform=HALF_TURN, reliability=Reliability.USVN),
    place("altar_1", "altar", transform=DOUBLED),
    place("altar_2", "altar", "-0440/-0300"),
    place("church", "temple", "0500/.."),
]


def test_only_what_stood_is_in_the_tileset(museum: Museum) -> None:
    document = scene_tileset(SCENE, moment_of(SITE), museum.assets)
    about = [child["extras"]["chronotope"] for child in document["root"]["children"]]
    assert [each["placement"] for each in about] == ["altar_1", "altar_2", "temple"]
    assert [each["certainty"] for each in about] == ["certain", "possible", "certain"]
    assert about[2] == {
        "placement": "temple",
        "title": "Temple",
        "asset": "asset_temple",
        "layer": "layer_1",
        "existence": "-0446/-0429",
        "certainty": "certain",
        "reliability": "USVn",
        "rights": "https://creativecommons.org/publicdomain/zero/1.0/",
        "attribution": "Temple Workshop",
    }
    assert document["extras"]["chronotope"]["label"] == "441 BC"


def test_what_a_machine_made_up_is_said_to_be(museum: Museum) -> None:
    made_up = replace(SITE[0], generated=Generated("a model"))
    (child,) = scene_tileset(SCENE, moment_of([made_up]), museum.assets)["root"]["children"]
    assert child["extras"]["chronotope"]["generated"] is True


@pytest.mark.parametrize("at", ["-0440", "-0600", "0600", "-0500/2000"])
def test_the_checker_finds_nothing_at_any_moment(museum: Museum, at: str) -> None:
    document = document_bytes(scene_tileset(SCENE, moment_of(SITE, at), museum.assets))
    assert check(document, museum.at, uri="/scenes/scene_1/tileset.json") == []


def test_an_asset_in_several_documents_is_shown_as_one_in_one() -> None:
    one, several = Museum(), Museum()
    one.add("temple")
    several.add("temple", apart=True)
    placements = [place("temple", "temple", transform=HALF_TURN)]
    document = document_bytes(scene_tileset(SCENE, moment_of(placements), several.assets))
    assert check(document, several.at, uri="/scenes/scene_1/tileset.json") == []
    assert sum(data.startswith(b'{"asset"') for data in several.blobs.values()) == 2
    shown = [scene_glb(SCENE, moment_of(placements), each.assets, each.read) for each in (one, several)]
    assert shown[0] == shown[1]


def test_outside_all_intervals_the_tileset_is_valid_and_empty(museum: Museum) -> None:
    root = scene_tileset(SCENE, moment_of(SITE, "-0600"), museum.assets)["root"]
    assert root["geometricError"] == 0
    assert not {"content", "children"} & set(root)


def test_at_another_moment_what_still_stands_has_the_same_address(museum: Museum) -> None:
    def addresses(at: str) -> dict[str, str]:
        children = scene_tileset(SCENE, moment_of(SITE, at), museum.assets)["root"]["children"]
        return {each["extras"]["chronotope"]["placement"]: each["content"]["uri"] for each in children}

    earlier, later = addresses("-0440"), addresses("-0400")
    assert set(later) == {"altar_2"}
    assert later["altar_2"] == earlier["altar_2"] == f"/blobs/{museum.assets['asset_altar'].tileset.digest}.json"  # type: ignore[union-attr]


def test_a_placement_turns_and_moves_in_the_z_up_frame_as_it_does_y_up(museum: Museum) -> None:
    child = scene_tileset(SCENE, moment_of(SITE), museum.assets)["root"]["children"][2]
    transform = np.array(child["transform"]).reshape(4, 4).T
    y_up = matrix_of(HALF_TURN) @ (4, 3, 2, 1)
    z_up = transform @ (4, -2, 3, 1)
    assert y_up[:3].tolist() == [6, 3, -7]
    assert z_up[:3].tolist() == [6, 7, 3]


def test_the_roots_error_is_no_less_than_any_childs_however_scaled(museum: Museum) -> None:
    small, large = place("s", "temple", transform=(*tuple(0.1 * x for x in IDENTITY[:15]), 1)), place("l", "altar")
    document = scene_tileset(SCENE, moment_of([small, large]), museum.assets)
    assert document["geometricError"] == document["root"]["geometricError"] == pytest.approx(np.sqrt(29))
    doubled = scene_tileset(SCENE, moment_of([place("d", "temple", transform=DOUBLED)]), museum.assets)
    assert doubled["root"]["geometricError"] == pytest.approx(2 * np.sqrt(29))
    assert doubled["root"]["children"][0]["geometricError"] == pytest.approx(np.sqrt(29))


def test_the_same_scene_gives_the_same_bytes(museum: Museum) -> None:
    one, two = (document_bytes(scene_tileset(SCENE, moment_of(site), museum.assets)) for site in (SITE, SITE[::-1]))
    assert one == two
    assert scene_glb(SCENE, moment_of(SITE), museum.assets, museum.read) == scene_glb(
        SCENE, moment_of(SITE[::-1]), museum.assets, museum.read
    )


def test_what_is_not_tiled_yet_is_left_out(museum: Museum) -> None:
    pending = {"asset_temple": replace(museum.assets["asset_temple"], tileset=None)}
    document = scene_tileset(SCENE, moment_of(SITE), pending)
    assert "children" not in document["root"]
    assert decoded(scene_glb(SCENE, moment_of(SITE), pending, museum.read))["scenes"] == [{"name": "Sanctuary"}]


def test_flat_boxes_get_a_little_thickness() -> None:
    assert min(x for x in z_up_box(np.zeros(3), np.array([4.0, 0.0, 2.0])) if x > 0) > 1e-6
    assert z_up_box(np.zeros(3), np.zeros(3))[3] > 0


def test_the_largest_scale_is_that_of_the_longest_axis() -> None:
    assert largest_scale(DOUBLED) == 2
    assert largest_scale(HALF_TURN) == 1


# One GLB.


def decoded(data: bytes) -> dict[str, Any]:
    return content.read(data).document


def glb_of(museum: Museum, placements: list[Placement], triangles: int = 200_000) -> bytes:
    return scene_glb(SCENE, moment_of(placements), museum.assets, museum.read, triangles=triangles)


def triangles_of(data: bytes) -> int:
    return sum(len(each.triangles) for each in content.placed(content.read(data)))


@pytest.mark.parametrize(
    ("budget", "expected"), [(11, 0), (12, 12), (35, 24), (36, 36), (143, 36), (144, 144), (400, 360)]
)
def test_never_more_triangles_than_the_budget(museum: Museum, budget: int, expected: int) -> None:
    assert triangles_of(glb_of(museum, SITE, budget)) == expected


def test_what_does_not_fit_at_all_is_named(museum: Museum) -> None:
    about = decoded(glb_of(museum, SITE, 24))["asset"]["extras"]["chronotope"]
    assert about["left_out"] == ["altar_2"]
    assert "left_out" not in decoded(glb_of(museum, SITE))["asset"]["extras"]["chronotope"]


def test_placements_are_nodes_with_names_places_and_what_is_known_of_them(museum: Museum) -> None:
    document = decoded(glb_of(museum, SITE))
    roots = [document["nodes"][node] for node in document["scenes"][0]["nodes"]]
    assert [root["name"] for root in roots] == ["Altar_1", "Altar_2", "Temple"]
    assert roots[2]["matrix"] == list(HALF_TURN)
    assert "matrix" not in roots[1]
    about = roots[2]["extras"]["chronotope"]
    assert (about["placement"], about["certainty"], about["reliability"]) == ("temple", "certain", "USVn")
    assert about["rights"].startswith("https://creativecommons.org/")
    assert document["asset"]["copyright"] == (
        "Altar Workshop https://creativecommons.org/publicdomain/zero/1.0/; "
        "Temple Workshop https://creativecommons.org/publicdomain/zero/1.0/"
    )


def test_geometry_is_where_the_placement_puts_it(museum: Museum) -> None:
    data = glb_of(museum, [SITE[0]])
    points = np.concatenate([each.positions for each in content.placed(content.read(data))])
    assert points.min(axis=0).tolist() == [6, 0, -7]
    assert points.max(axis=0).tolist() == [10, 3, -5]


def test_a_shear_is_written_as_nodes_that_gltf_allows(museum: Museum) -> None:
    data = glb_of(museum, [place("leaning", "altar", transform=SHEARED)])
    points = np.concatenate([each.positions for each in content.placed(content.read(data))])
    assert points.min(axis=0) == pytest.approx([1, 2, 3])
    assert points.max(axis=0) == pytest.approx([2.5, 3, 4])
    for node in decoded(data)["nodes"]:
        linear = np.array(node.get("matrix", IDENTITY)).reshape(4, 4).T[:3, :3]
        cosines = (linear / np.linalg.norm(linear, axis=0)).T @ (linear / np.linalg.norm(linear, axis=0))
        assert np.abs(cosines - np.eye(3)).max() < 1e-9


def test_instances_share_meshes_and_textures_are_written_once(museum: Museum) -> None:
    one, two = glb_of(museum, SITE[1:2]), glb_of(museum, SITE[1:3])
    assert len(decoded(one)["meshes"]) == len(decoded(two)["meshes"]) == 2
    assert len(decoded(two)["nodes"]) == 2 * len(decoded(one)["nodes"])
    every = decoded(glb_of(museum, SITE))
    assert len(every["images"]) == len(every["textures"]) == 1
    assert sorted(each["name"] for each in every["materials"]) == ["stone", "wood"]


def test_images_beside_tiles_are_embedded(museum: Museum) -> None:
    data = glb_of(museum, SITE, 36)
    (image,) = decoded(data)["images"]
    assert image["mimeType"] == "image/webp"
    assert content.view_bytes(content.read(data), image["bufferView"]) == WEBP


def test_it_can_be_read_without_a_meshopt_decoder(museum: Museum) -> None:
    document = decoded(glb_of(museum, SITE))
    assert set(document["extensionsRequired"]) == {"KHR_mesh_quantization", "EXT_texture_webp"}
    assert "EXT_meshopt_compression" not in json.dumps(document)
    assert len(document["buffers"]) == 1


def test_an_empty_moment_is_a_valid_empty_glb(museum: Museum) -> None:
    data = scene_glb(SCENE, moment_of(SITE, "-0600"), museum.assets, museum.read)
    document = decoded(data)
    assert document["scenes"] == [{"name": "Sanctuary"}]
    assert not {"nodes", "meshes", "buffers", "images"} & set(document)


def test_each_blob_is_read_no_more_than_once(museum: Museum) -> None:
    glb_of(museum, SITE)
    documents = [digest for digest in museum.read_from if museum.blobs[digest][:4] == b"glTF"]
    assert len(documents) == len(set(documents))


def test_the_tile_whose_error_falls_most_for_its_triangles_is_refined_first() -> None:
    def tree(error: float, fine: int) -> TileTree:
        return TileTree(
            parent=np.array([-1, 0, 0], np.int32),
            box=np.zeros((3, 12)),
            error=np.array([error, 0, 0]),
            content=("a", "b", "c"),
            needs=((), (), ()),
            byte_length=np.ones(3, np.int64),
            triangles=np.array([10, fine, fine], np.int64),
            draws=np.ones(3, np.int64),
            texture_bytes=np.zeros(3, np.int64),
            geometric_error=100.0,
            image_bytes={},
        )

    coarse, dear, cheap = tree(1.0, 50), tree(2.0, 400), tree(0.5, 20)
    placed = [(coarse, 1.0), (dear, 1.0), (cheap, 1.0)]
    assert cut_within(placed, 29) == [[0], [0], []]
    assert cut_within(placed, 30) == [[0], [0], [0]]
    assert cut_within(placed, 60) == [[0], [0], [1, 2]]
    assert cut_within(placed, 150) == [[1, 2], [0], [1, 2]]
    assert cut_within(placed, 2000) == [[1, 2], [1, 2], [1, 2]]
    assert cut_within([(coarse, 1.0), (coarse, 3.0)], 110) == [[0], [1, 2]]


def test_minimum_certainty_holds_for_both_forms(museum: Museum) -> None:
    moment = resolve(SCENE, SITE, (), at="-0440", minimum=Certainty.CERTAIN)
    names = [
        c["extras"]["chronotope"]["placement"] for c in scene_tileset(SCENE, moment, museum.assets)["root"]["children"]
    ]
    document = decoded(scene_glb(SCENE, moment, museum.assets, museum.read))
    assert names == ["altar_1", "temple"]
    assert len(document["scenes"][0]["nodes"]) == 2
