from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scenes.gltf_build import TileImage
from tests.tiling.handmade import cube_glb, edited
from tests.tiling.shapes import ball, tiled
from tiling.check import check, resolved

GROUPS = ((8, 9), (10, 11), tuple(range(8)), ())
"""of the house's triangles: those at the left, at the right, straddlers, and no skirts"""
WEBP = b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0"

Files = dict[str, bytes]
Json = dict[str, Any]


def good() -> tuple[Json, Files]:
    """A house, 4 × 3 × 2 metres (x, y up, z) and its two halves; y-up z runs from 0 to 2, so z-up y from -2 to 0."""
    document = {
        "asset": {"version": "1.1"},
        "geometricError": 8,
        "root": {
            "boundingVolume": {"box": [2, -1, 1.5, 2, 0, 0, 0, 1, 0, 0, 0, 1.5]},
            "geometricError": 1,
            "refine": "REPLACE",
            "content": {"uri": "house.glb"},
            "children": [
                {
                    "boundingVolume": {"box": [1, -1, 1.5, 1, 0, 0, 0, 1, 0, 0, 0, 1.5]},
                    "geometricError": 0,
                    "content": {"uri": "left.glb"},
                },
                {
                    "boundingVolume": {"box": [1, -1, 1.5, 1, 0, 0, 0, 1, 0, 0, 0, 1.5]},
                    "geometricError": 0,
                    "content": {"uri": "left.glb"},
                    "transform": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 2, 0, 0, 1],
                },
            ],
        },
    }
    files = {
        "house.glb": cube_glb(
            (0, 0, 0), (4, 3, 2), image=TileImage(uri="wall.webp"), groups=GROUPS, features=(0, 1) * 4
        ),
        "left.glb": cube_glb((0, 0, 0), (2, 3, 2), image=TileImage(WEBP)),
        "wall.webp": WEBP,
    }
    return document, files


def findings(document: Json, files: Files, **options: Any) -> list[str]:
    return [f.code for f in check(json.dumps(document).encode(), files.get, **options)]


def test_a_good_tileset_has_no_findings() -> None:
    document, files = good()
    assert check(json.dumps(document).encode(), files.get) == []


def _set(path: str, value: Any) -> Callable[[Json, Files], object]:
    """Set, or with `...` delete, a member of the document, named by a path like `root/children/0/refine`."""

    def change(document: Json, _: Files) -> None:
        *path_to, last = [int(part) if part.isdigit() else part for part in path.split("/")]
        place: Any = document
        for part in path_to:
            place = place[part]
        if value is ...:
            del place[last]
        else:
            place[last] = value

    return change


def _content(change: Callable[[Json], object]) -> Callable[[Json, Files], object]:
    def planted(_: Json, files: Files) -> None:
        files["house.glb"] = edited(files["house.glb"], change)

    return planted


def _file(name: str, data: bytes | None) -> Callable[[Json, Files], object]:
    def planted(_: Json, files: Files) -> None:
        if data is None:
            del files[name]
        else:
            files[name] = data

    return planted


def _second_child_like_the_first(document: Json, _: Files) -> None:
    del document["root"]["children"][1]["transform"]


def _truncated(_: Json, files: Files) -> None:
    files["house.glb"] = files["house.glb"][:-8]


def _garbled(_: Json, files: Files) -> None:
    """All coded streams overwritten, container and document left whole."""
    data = files["house.glb"]
    length = int.from_bytes(data[12:16], "little")
    files["house.glb"] = data[: 28 + length] + b"\xff" * (len(data) - 28 - length)


def _needs(document: Json, _: Files) -> None:
    document["root"]["extras"] = {"chronotope": {"needs": []}}


def _states_bytes(document: Json, files: Files) -> None:
    document["root"]["extras"] = {"chronotope": {"bytes": len(files["house.glb"]) - 4, "needs": ["wall.webp"]}}


def _states_groups(document: Json, _: Files) -> None:
    document["root"]["extras"] = {"chronotope": {"groups": [4, 4, 4], "needs": ["wall.webp"]}}


def _children_swapped(document: Json, _: Files) -> None:
    document["root"]["children"].reverse()


def _one_child_less(document: Json, _: Files) -> None:
    del document["root"]["children"][1]


def _large_png(_: Json, files: Files) -> None:
    """A head that claims 30,000 × 20,000 texels."""
    files["wall.webp"] = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + (30_000).to_bytes(4, "big") + (20_000).to_bytes(4, "big")


def _extras(document: Json) -> Json:
    found: Json = document["meshes"][0]["primitives"][0]["extras"]["chronotope"]
    return found


def _feature_ids(document: Json) -> Json:
    (found,) = document["meshes"][0]["primitives"][0]["extensions"]["EXT_mesh_features"]["featureIds"]
    assert isinstance(found, dict)
    return found


BOX = [2, -1, 1.5, 2, 0, 0, 0, 1, 0, 0, 0, 1.5]
FAULTS: dict[str, tuple[Callable[[Json, Files], object], str]] = {
    "no version": (_set("asset/version", ...), "ASSET_VERSION"),
    "another version": (_set("asset/version", "2.0"), "ASSET_VERSION"),
    "no error of the whole": (_set("geometricError", ...), "GEOMETRIC_ERROR"),
    "a negative error": (_set("root/geometricError", -1), "GEOMETRIC_ERROR"),
    "an error that is no number": (_set("root/geometricError", True), "GEOMETRIC_ERROR"),
    "an error beyond all bounds": (_set("root/geometricError", 10**400), "GEOMETRIC_ERROR"),
    "a root error above the whole's": (_set("root/geometricError", 9), "ERROR_GROWS"),
    "a child's error above its parent's": (_set("root/children/0/geometricError", 2), "ERROR_GROWS"),
    "an error that a transform makes larger": (
        lambda d, _: (
            d["root"]["children"][1].update(
                transform=[3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1],
                geometricError=0.5,
                boundingVolume={"box": [0.5, -0.2, 0.2, 0.1, 0, 0, 0, 0.1, 0, 0, 0, 0.1]},
            )
            or d["root"]["children"][1].pop("content")
        ),
        "ERROR_GROWS",
    ),
    "no root": (_set("root", ...), "ROOT_MISSING"),
    "no refine at the root": (_set("root/refine", ...), "REFINE"),
    "refine in small letters": (_set("root/children/0/refine", "replace"), "REFINE"),
    "no volume": (_set("root/boundingVolume", {}), "VOLUME"),
    "eleven numbers": (_set("root/boundingVolume/box", BOX[:11]), "VOLUME"),
    "a text in a box": (_set("root/boundingVolume/box", [*BOX[:11], "1"]), "VOLUME"),
    "a flat box": (_set("root/boundingVolume/box", [*BOX[:11], 0]), "VOLUME_FLAT"),
    "a region in degrees": (_set("root/boundingVolume", {"region": [-10, 40, 10, 50, 0, 9]}), "VOLUME"),
    "a row-major transform": (
        _set("root/transform", [1, 0, 0, 5, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
        "TRANSFORM",
    ),
    "a transform that flattens": (
        _set("root/transform", [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        "TRANSFORM",
    ),
    "empty children": (_set("root/children", []), "CHILDREN_EMPTY"),
    "a child twice": (_second_child_like_the_first, "CHILD_TWICE"),
    "a child that is a list": (_set("root/children/0", []), "BAD_TILE"),
    "a child's box beyond its parent's": (_set("root/children/0/boundingVolume/box/3", 5), "BOX_OUTSIDE_PARENT"),
    "content and contents": (_set("root/contents", [{"uri": "left.glb"}]), "CONTENT"),
    "content without uri": (_set("root/content", {}), "CONTENT"),
    "content that is not there": (_file("left.glb", None), "CONTENT_MISSING"),
    "content of an unknown kind": (_file("left.glb", b"b3dm0000"), "CONTENT_UNKNOWN"),
    "content beyond its box": (_set("root/boundingVolume/box", [2, -1, 1, 2, 0, 0, 0, 1, 0, 0, 0, 1]), "OUTSIDE_BOX"),
    "content beyond its own box": (
        _set("root/content/boundingVolume", {"box": [2, -1, 1, 2, 0, 0, 0, 1, 0, 0, 0, 1]}),
        "OUTSIDE_BOX",
    ),
    "a box written y up": (_set("root/boundingVolume/box", [2, 1.5, 1, 2, 0, 0, 0, 1.5, 0, 0, 0, 1]), "OUTSIDE_BOX"),
    "a truncated GLB": (_truncated, "BAD_CONTENT"),
    "streams that cannot be decoded": (_garbled, "BAD_CONTENT"),
    "a circle of nodes": (_content(lambda d: d["nodes"][0].update(children=[0])), "BAD_CONTENT"),
    "a mesh that is not there": (_content(lambda d: d["nodes"][0].update(mesh=7)), "BAD_CONTENT"),
    "an index out of range": (_content(lambda d: d["accessors"][0].update(count=5)), "BAD_CONTENT"),
    "an accessor beyond its view": (_content(lambda d: d["accessors"][0].update(count=9)), "BAD_CONTENT"),
    "a count that is not the view's": (
        _content(lambda d: d["bufferViews"][0]["extensions"]["EXT_meshopt_compression"].update(count=10**9)),
        "BAD_CONTENT",
    ),
    "positions unlike min and max": (_content(lambda d: d["accessors"][0].update(max=[1, 2, 3])), "MIN_MAX"),
    "a mode that is no list of triangles": (
        _content(lambda d: d["meshes"][0]["primitives"][0].update(mode=5)),
        "BAD_CONTENT",
    ),
    "an unknown extension required": (_content(lambda d: d["extensionsRequired"].append("EXT_x")), "EXTENSION"),
    "a document of the wrong shape": (_content(lambda d: d.update(images=[3])), "BAD_CONTENT"),
    "an image that is not there": (_file("wall.webp", None), "IMAGE_MISSING"),
    "an image that is none": (_file("wall.webp", b"<html>"), "IMAGE"),
    "an image cut short": (_file("wall.webp", WEBP[:-9]), "IMAGE"),
    "an image too large for anybody": (
        lambda d, f: (_large_png(d, f), _content(lambda c: c["images"][0].update(mimeType="image/png"))(d, f)),
        "IMAGE",
    ),
    "an image of another kind than stated": (
        _content(lambda d: d["images"][0].update(mimeType="image/png")),
        "IMAGE",
    ),
    "bytes that are not the stated ones": (_states_bytes, "STATED_BYTES"),
    "an image that is not stated": (_needs, "STATED_NEEDS"),
    "groups that are not the stated ones": (_states_groups, "STATED_GROUPS"),
    "groups for another number of children": (_one_child_less, "GROUPS"),
    "groups of the wrong children": (_children_swapped, "GROUP_ELSEWHERE"),
    "groups with a gap": (_content(lambda d: _extras(d)["ranges"][1].__setitem__(0, 9)), "BAD_CONTENT"),
    "groups that end too early": (_content(lambda d: _extras(d)["ranges"][2].__setitem__(1, 21)), "BAD_CONTENT"),
    "planes that part nothing into halves": (
        _content(lambda d: (_extras(d).pop("ranges"), _extras(d).update(cells=[[0, 1], [1, 1]]))),
        "BAD_CONTENT",
    ),
    "a feature beyond the stated ones": (_content(lambda d: _feature_ids(d).update(featureCount=1)), "FEATURES"),
    "feature ids of nothing": (_content(lambda d: _feature_ids(d).update(attribute=1)), "FEATURES"),
    "fewer rows than features": (
        _content(lambda d: d["extensions"]["EXT_structural_metadata"]["propertyTables"][0].update(count=1)),
        "FEATURES",
    ),
    "an extension required but not used": (_set("extensionsRequired", ["X"]), "EXTENSIONS"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_planted_fault_is_found(fault: str) -> None:
    plant, code = FAULTS[fault]
    document, files = good()
    plant(document, files)
    assert code in findings(document, files)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b'{"asset":1,"asset":2}', b"[" * 100_000, b"null"]
)
def test_what_is_no_tileset_is_a_finding_and_no_crash(data: bytes) -> None:
    assert [f.code for f in check(data, {}.get)] == ["BAD_JSON"]


@pytest.mark.parametrize("coding", ["meshopt", "draco"])
def test_what_the_tiler_makes_has_no_findings(tmp_path: Path, coding: str) -> None:
    made = tiled(ball(20, ripple=0.03), tmp_path, coding=coding)
    assert len(made.tree) > 5
    assert made.findings() == []


def test_groups_of_a_dense_tile_are_parted_by_planes_and_held_against_its_children(tmp_path: Path) -> None:
    made = tiled(ball(20, ripple=0.03), tmp_path, coding="draco")
    document = json.loads((tmp_path / "tileset.json").read_bytes())
    waiting = [document["root"]]
    while waiting:
        node = waiting.pop()
        node.get("children", []).reverse()
        waiting += node.get("children", [])
    found = {f.code for f in check(json.dumps(document).encode(), lambda uri: (tmp_path / uri).read_bytes())}
    assert len(made.tree) > 5
    assert "GROUP_ELSEWHERE" in found


def test_findings_say_where() -> None:
    document, files = good()
    document["root"]["children"][1]["geometricError"] = 3
    (finding,) = check(json.dumps(document).encode(), files.get, uri="/a/tileset.json", contents=False)
    assert str(finding) == "ERROR_GROWS /a/tileset.json#root.children[1]: error 3 m, its parent's is 1 m"


def test_without_contents_no_glb_is_fetched() -> None:
    document, _ = good()
    assert findings(document, {}, contents=False) == []


def _scene(transform: list[float], error: float = 8) -> Json:
    return {
        "asset": {"version": "1.1"},
        "geometricError": 30,
        "root": {
            "boundingVolume": {"box": [0, 0, 0, 50, 0, 0, 0, 50, 0, 0, 0, 50]},
            "geometricError": 30,
            "refine": "ADD",
            "children": [
                {
                    "boundingVolume": {"box": BOX},
                    "geometricError": error,
                    "content": {"uri": "/blobs/house.json"},
                    "transform": transform,
                }
            ],
        },
    }


def _blobs() -> Files:
    document, files = good()
    return {f"/blobs/{name}": data for name, data in files.items()} | {
        "/blobs/house.json": json.dumps(document).encode()
    }


TURNED = [0, 2, 0, 0, -2, 0, 0, 0, 0, 0, 2, 0, 10, 20, 30, 1]


def test_external_tilesets_are_followed_through_their_transforms() -> None:
    assert findings(_scene(TURNED), _blobs(), uri="/scenes/s/tileset.json") == []


def test_an_external_tileset_outside_the_box_around_it_is_found() -> None:
    scene = _scene(TURNED)
    scene["root"]["children"][0]["boundingVolume"]["box"] = [2, -1, 1.5, 1, 0, 0, 0, 1, 0, 0, 0, 1.5]
    assert findings(scene, _blobs()) == ["BOX_OUTSIDE_PARENT"]


def test_an_external_tileset_whose_root_has_a_larger_error_than_the_tile_around_it_is_found() -> None:
    assert findings(_scene(TURNED, error=0.9), _blobs()) == ["ERROR_GROWS"]


def test_an_external_tilesets_error_of_showing_nothing_may_be_larger_than_that_of_the_tile_around_it() -> None:
    assert findings(_scene(TURNED, error=1), _blobs()) == []


def test_a_tile_with_an_external_tileset_has_no_children() -> None:
    scene = _scene(TURNED)
    child = scene["root"]["children"][0]
    child["children"] = [{"boundingVolume": {"box": BOX}, "geometricError": 0}]
    assert findings(scene, _blobs()) == ["EXTERNAL_WITH_CHILDREN"]


def test_circles_of_external_tilesets_end() -> None:
    scene = _scene([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])
    document = good()[0]
    document["root"] = {
        "boundingVolume": {"box": BOX},
        "geometricError": 1,
        "refine": "ADD",
        "content": {"uri": "../t/tileset.json"},
    }
    files = {"/blobs/house.json": json.dumps(document).encode(), "/t/tileset.json": json.dumps(scene).encode()}
    assert findings(scene, files, uri="/t/tileset.json") == ["EXTERNAL_CIRCLE"]


def test_y_up_content_ends_z_up() -> None:
    """A spire: up to +y in the GLB, so up to +z in the tileset."""
    document = {
        "asset": {"version": "1.1"},
        "geometricError": 8,
        "root": {
            "boundingVolume": {"box": [0, 0, 50, 1, 0, 0, 0, 1, 0, 0, 0, 50]},
            "geometricError": 0,
            "refine": "ADD",
            "content": {"uri": "spire.glb"},
        },
    }
    files = {"spire.glb": cube_glb((-1, 0, -1), (1, 100, 1))}
    assert findings(document, files) == []


def test_a_getter_may_raise_for_what_is_not_there() -> None:
    document, files = good()
    del files["left.glb"]
    codes = {f.code for f in check(json.dumps(document).encode(), files.__getitem__)}
    assert codes == {"CONTENT_MISSING"}


def test_far_off_tilesets_are_measured_in_their_own_frame() -> None:
    document, files = good()
    moved = np.eye(4)
    moved[:3, 3] = (4_000_000, 3_000_000, 4_500_000)
    document["root"]["transform"] = moved.T.ravel().tolist()
    assert findings(document, files) == []


@pytest.mark.parametrize(
    ("base", "reference", "uri"),
    [
        ("/scenes/s/tileset.json?at=-0430", "/blobs/x.json", "/blobs/x.json"),
        ("/blobs/a.json", "b.glb", "/blobs/b.glb"),
        ("a/b/t.json", "../../c.glb", "c.glb"),
        ("t.json", "./x.glb?s=1", "x.glb?s=1"),
        ("https://h/a/t.json", "x.glb", "https://h/a/x.glb"),
        ("https://h/a/t.json", "https://i/x.glb", "https://i/x.glb"),
    ],
)
def test_references_are_resolved_against_their_document(base: str, reference: str, uri: str) -> None:
    assert resolved(base, reference) == uri


def _with_a_value_replaced(document: Any, chance: random.Random) -> Any:
    """The document with one member, at any depth, replaced by something else."""
    places: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        place = waiting.pop()
        keys = list(place) if isinstance(place, dict) else range(len(place)) if isinstance(place, list) else []
        places += [(place, key) for key in keys]
        waiting += [place[key] for key in keys]
    place, key = chance.choice(places)
    place[key] = chance.choice(
        [
            None,
            True,
            -1,
            0,
            3,
            10**400,
            1e308,
            float("nan"),
            0.5,
            "",
            "x",
            "\ud800",
            [],
            [[]],
            [None],
            {},
            {"a": []},
            [1] * 16,
        ]
    )
    return document


def test_documents_of_any_wrong_shape_are_findings_and_no_crash() -> None:
    chance = random.Random(2)
    found: set[str] = set()
    for _ in range(700):
        document, files = good()
        if chance.random() < 0.5:
            _with_a_value_replaced(document, chance)
        else:
            files["house.glb"] = edited(files["house.glb"], lambda d: _with_a_value_replaced(d, chance))
        found |= {finding.code for finding in check(json.dumps(document).encode(), files.get)}
    assert {"BAD_CONTENT", "CONTENT", "VOLUME", "BAD_TILE", "ROOT_MISSING"} <= found
