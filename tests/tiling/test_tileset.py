import hashlib
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.tiling.trees import IMAGE, grid_tree
from tiling import bounds, tileset
from tiling.check import check
from tiling.errors import BadTileset
from tiling.tree import TileTree


def _assert_same(back: TileTree, tree: TileTree) -> None:
    assert back.content == tree.content
    assert back.needs == tree.needs
    assert back.image_bytes == tree.image_bytes
    assert back.geometric_error == tree.geometric_error
    for name in ("parent", "box", "error", "byte_length", "triangles", "draws", "texture_bytes"):
        assert np.array_equal(getattr(back, name), getattr(tree, name)), name


def test_what_is_written_is_read_back() -> None:
    tree = grid_tree(3, fan=4)
    written = tileset.write(tree)
    assert written.others == {}
    _assert_same(tileset.read(written.root), tree)


def test_groups_and_coded_lengths_are_said_where_they_are_known() -> None:
    plain = grid_tree(2, fan=4)
    tree = replace(
        plain, groups=((20, 20, 0, 50, 10, 8), (), (), (), ()), coded_length=np.array([700, 0, 500, 600, 800])
    )
    root = json.loads(tileset.write(tree).root)["root"]
    said = [tile["extras"]["chronotope"] for tile in (root, *root["children"])]
    assert [facts.get("groups") for facts in said] == [[20, 20, 0, 50, 10, 8], None, None, None, None]
    assert [facts.get("codedBytes") for facts in said] == [700, None, 500, 600, 800]
    back = tileset.read(tileset.write(tree).root)
    assert back.groups == tree.groups
    assert back.groups_of(0) == (20, 20, 0, 50, 10, 8)
    assert back.coded_length.tolist() == tree.coded_length.tolist()
    none = tileset.read(tileset.write(plain).root)
    assert (none.groups, none.groups_of(0), len(none.coded_length)) == ((), (), 0)


def test_boxes_are_z_up_in_the_document() -> None:
    tree = grid_tree(1)
    tree.box[0] = bounds.box(np.array([0.0, 10.0, 200.0]), np.array([2.0, 14.0, 206.0]))
    document = json.loads(tileset.write(tree).root)
    # centre (1, 12, 203) and half sides 1, 2, 3 of x, y, z: y becomes z, z becomes -y.
    assert document["root"]["boundingVolume"]["box"] == [1, -203, 12, 1, 0, 0, 0, 3, 0, 0, 0, 2]
    assert np.array_equal(tileset.read(tileset.write(tree).root).box, tree.box)


def test_a_turned_box_is_read_back_too() -> None:
    tree = grid_tree(1)
    tree.box[0] = [1, 2, 3, 1, 1, 0, -1, 1, 0.5, 0, 0.25, 2]
    assert np.array_equal(tileset.read(tileset.write(tree).root).box, tree.box)


def test_a_leaf_has_no_children_and_the_root_refines_by_replacing() -> None:
    document = json.loads(tileset.write(grid_tree(2)).root)
    assert document["root"]["refine"] == "REPLACE"
    assert all("children" not in child for child in document["root"]["children"])
    assert document["asset"]["version"] == "1.1"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"root":{}}',
        b'{"geometricError":1,"root":{"boundingVolume":{"box":[1,2]},"geometricError":1}}',
        b'{"geometricError":"x","root":{"boundingVolume":{"box":[0,0,0,1,0,0,0,1,0,0,0,1]},"geometricError":1}}',
        b'{"geometricError":1,"root":' + b'{"children":[' * 5000,
    ],
)
def test_what_is_no_tileset_is_refused(data: bytes) -> None:
    with pytest.raises(BadTileset):
        tileset.read(data)


@pytest.mark.parametrize(("levels", "fan", "most_bytes"), [(5, 4, 14_000), (5, 4, 3_000), (9, 2, 14_000), (7, 2, 1)])
def test_a_large_tree_is_cut_into_documents_and_read_back(levels: int, fan: int, most_bytes: int) -> None:
    tree = grid_tree(levels, fan, empty=(2,))
    written = tileset.write(tree, most_bytes=most_bytes)
    assert len(written.others) > 1
    _assert_same(tileset.read(written.root, written.others.__getitem__), tree)


def test_documents_are_named_by_their_digests() -> None:
    written = tileset.write(grid_tree(6))
    assert all(name == f"{hashlib.sha256(data).hexdigest()}.json" for name, data in written.others.items())
    named = re.findall(rb"[0-9a-f]{64}\.json", b"".join([written.root, *written.others.values()]))
    assert sorted(name.decode() for name in named) == sorted(written.others)
    assert tileset.write(grid_tree(6)) == written


def test_the_digest_of_the_root_changes_with_any_tile() -> None:
    tree = grid_tree(6)
    other = replace(tree, content=(*tree.content[:-1], "0" * 64))
    before, after = tileset.write(tree), tileset.write(other)
    assert before.root != after.root
    # Only the documents around the tile are new.
    assert 0 < len(set(after.others) - set(before.others)) < len(after.others) / 2


def test_no_document_is_larger_than_asked_for() -> None:
    for tree in (grid_tree(6), grid_tree(10, 2)):
        written = tileset.write(tree)
        sizes = [len(data) for data in (written.root, *written.others.values())]
        head = 300
        assert max(sizes) <= tileset.MOST_BYTES + head
        # Most are full: as many as four, of which each could hold all four's tiles but the last level, would be waste.
        assert len(sizes) < 8 * sum(sizes) / tileset.MOST_BYTES


def test_a_tile_that_names_a_document_has_its_volume_and_error_and_nothing_else() -> None:
    written = tileset.write(grid_tree(6))
    nodes = [json.loads(written.root)["root"]]
    for node in nodes:
        nodes += node.get("children", [])
    naming = [node for node in nodes if node["content"]["uri"].endswith(".json")]
    assert naming
    for node in naming:
        assert set(node) == {"boundingVolume", "geometricError", "content"}
        inner = json.loads(written.others[node["content"]["uri"]])
        assert inner["root"]["boundingVolume"] == node["boundingVolume"]
        assert inner["geometricError"] == inner["root"]["geometricError"] == node["geometricError"]
        assert inner["root"]["refine"] == "REPLACE"


def test_the_checker_finds_nothing_wrong_with_several_documents() -> None:
    written = tileset.write(grid_tree(6), most_bytes=5_000)
    assert (
        check(written.root, lambda uri: written.others.get(uri.rpartition("/")[2]), uri="/a/t.json", contents=False)
        == []
    )


def test_a_document_says_the_sizes_of_the_images_that_its_tiles_need() -> None:
    tree = grid_tree(6)
    tree.image_bytes["cd" * 32 + ".webp"] = (1, 2)
    written = tileset.write(tree)
    for data in written.others.values():
        needed = IMAGE.encode() in data.partition(b'"root"')[2]
        images = json.loads(data).get("extras", {}).get("chronotope", {}).get("images", {})
        assert images == ({IMAGE: [5000, 20000]} if needed else {})
    assert "cd" * 32 + ".webp" in written.root.decode()


def _naming(uri: str, **more: Any) -> dict[str, Any]:
    return {"boundingVolume": {"box": [0] * 12}, "geometricError": 1, "content": {"uri": uri}, **more}


def _document(root: dict[str, Any]) -> bytes:
    return json.dumps({"geometricError": 1, "root": root}).encode()


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({}, "a.json"),
        ({"a.json": b"{"}, "JSON"),
        ({"a.json": _document(_naming("a.json"))}, "refers to itself"),
        ({"a.json": _document(_naming("b.json")), "b.json": _document(_naming("a.json"))}, "refers to itself"),
        ({"a.json": _document(_naming("b.json", children=[_naming("c.glb")]))}, "children of its own"),
        ({f"{'a' * n}.json": _document(_naming(f"{'a' * (n + 1)}.json")) for n in range(1, 40)}, "within one another"),
        (
            {"a.json": _document({**_naming("x.glb"), "children": [_naming("b.json")] * 25_001}),
             "b.json": _document(_naming("x.glb"))},
            "more than",
        ),
    ],
)  # fmt: skip
def test_documents_that_are_missing_broken_circular_or_too_many_are_refused(
    others: dict[str, bytes], words: str
) -> None:
    with pytest.raises(BadTileset, match=words):
        tileset.read(_document(_naming("a.json")), others.__getitem__)


def test_without_a_way_to_other_documents_they_are_missing() -> None:
    with pytest.raises(BadTileset, match="LookupError"):
        tileset.read(_document(_naming("a.json")))
