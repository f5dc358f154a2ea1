import json
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.tiling.trees import grid_tree
from tiling import implicit, tileset
from tiling.check import check
from tiling.errors import BadTileset
from tiling.tree import TileTree


def _chain(count: int, children: int) -> TileTree:
    """`count` tiles in a row, then so many children of the last: a level of one tile is what a small root gives."""
    tree = grid_tree(2, 4)
    rows = [0] * count + [1] * children
    parent = [*range(-1, count - 1), *[count - 1] * children]
    return replace(
        tree,
        parent=np.array(parent, np.int32),
        box=tree.box[rows],
        error=np.arange(len(rows), 0.0, -1.0),
        content=tuple(f"{tile:064x}" for tile in range(len(rows))),
        needs=((),) * len(rows),
        byte_length=tree.byte_length[rows],
        triangles=tree.triangles[rows],
        draws=tree.draws[rows],
        texture_bytes=tree.texture_bytes[rows],
    )


def _explicit(tree: TileTree) -> Any:
    """The document of all tiles, with contents by digest."""
    return json.loads(tileset.write(tree, most_bytes=10**9).root)["root"]


def _same(found: Any, wanted: Any, contents: dict[str, str]) -> None:
    assert found["boundingVolume"] == wanted["boundingVolume"]
    assert found["geometricError"] == wanted["geometricError"]
    assert ("content" in found) == ("content" in wanted)
    if "content" in found:
        assert f"{contents[found['content']['uri']]}.glb" == wanted["content"]["uri"]
    below = found.get("children", []), wanted.get("children", [])
    assert len(below[0]) == len(below[1])
    for one, other in zip(*below, strict=True):
        _same(one, other, contents)


@pytest.mark.parametrize(
    ("tree", "scheme"),
    [
        (grid_tree(1), "QUADTREE"),
        (grid_tree(5, 4), "QUADTREE"),
        (grid_tree(10, 2), "QUADTREE"),
        (grid_tree(4, 4, empty=(0, 7, 30)), "QUADTREE"),
        (_chain(9, 3), "QUADTREE"),
        (_chain(5, 7), "OCTREE"),
    ],
)
def test_the_tiles_that_were_written_are_read_back(tree: TileTree, scheme: str) -> None:
    written = implicit.write(tree)
    document = written.documents["tileset.json"]
    assert json.loads(document)["root"]["implicitTiling"]["subdivisionScheme"] == scheme
    found = json.loads(implicit.expanded(document, written.documents.__getitem__))
    assert found["root"]["refine"] == "REPLACE"
    _same(found["root"], _explicit(tree), dict(written.contents))
    assert len(written.contents) == sum(map(bool, tree.content))


def test_the_checker_reads_what_was_expanded() -> None:
    written = implicit.write(grid_tree(5))
    document = implicit.expanded(written.documents["tileset.json"], written.documents.__getitem__)
    assert check(document, lambda _: None, contents=False) == []


def test_children_are_numbered_in_morton_order_x_lowest() -> None:
    tree = grid_tree(3)
    names = {digest: name for name, digest in implicit.write(tree).contents.items()}
    assert [names[digest] for digest in tree.content[:5]] == [
        "0-0-0.glb", "1-0-0.glb", "1-1-0.glb", "1-0-1.glb", "1-1-1.glb",
    ]  # fmt: skip
    # The third child of the second child: x = 1, 0 and y = 0, 1.
    assert names[tree.content[5 + 4 + 2]] == "2-2-1.glb"


def _opened(subtree: bytes) -> tuple[Any, bytes]:
    magic, version, text, blob = struct.unpack_from("<4sIQQ", subtree)
    assert (magic, version, len(subtree)) == (b"subt", 1, 24 + text + blob)
    assert text % 8 == blob % 8 == 0
    return json.loads(subtree[24 : 24 + text]), subtree[24 + text :]


def test_a_subtree_says_by_bits_which_tiles_there_are() -> None:
    written = implicit.write(grid_tree(2, 2, empty=(1,)))
    about, blob = _opened(written.documents["0-0-0.subtree"])

    def bits(said: dict[str, int]) -> bytes:
        view = about["bufferViews"][said["bitstream"]]
        return blob[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    # Root, then the first two of four children; the first has no content.
    assert bits(about["tileAvailability"]) == bytes([0b00111])
    assert bits(about["contentAvailability"][0]) == bytes([0b00101])
    assert about["tileAvailability"]["availableCount"] == 3
    assert about["childSubtreeAvailability"] == {"constant": 0}
    assert all(view["byteOffset"] % 8 == 0 for view in about["bufferViews"])
    assert about["buffers"] == [{"byteLength": len(blob)}]


def test_metadata_overrides_what_halving_would_give() -> None:
    written = implicit.write(grid_tree(2))
    document = json.loads(written.documents["tileset.json"])
    properties = document["schema"]["classes"]["tile"]["properties"]
    assert {each["semantic"] for each in properties.values()} == {"TILE_BOUNDING_BOX", "TILE_GEOMETRIC_ERROR"}
    about, _ = _opened(written.documents["0-0-0.subtree"])
    assert about["propertyTables"][about["tileMetadata"]]["count"] == 5


def test_the_tileset_obeys_the_rules_for_an_implicit_root() -> None:
    root = json.loads(implicit.write(grid_tree(4)).documents["tileset.json"])["root"]
    # 3D Tiles 1.1, "Implicit Root Tile": no children, no metadata, a template for content without volume.
    assert set(root) == {"boundingVolume", "geometricError", "refine", "content", "implicitTiling"}
    assert root["content"] == {"uri": "{level}-{x}-{y}.glb"}
    assert root["implicitTiling"]["availableLevels"] == 4


def test_subtrees_stay_small() -> None:
    written = implicit.write(grid_tree(10, 2))
    subtrees = [data for name, data in written.documents.items() if name.endswith(".subtree")]
    assert len(subtrees) > 4
    assert max(map(len, subtrees)) < 14_000


def test_the_same_tree_gives_the_same_bytes() -> None:
    assert implicit.write(grid_tree(6, 2)) == implicit.write(grid_tree(6, 2))


def test_more_than_eight_children_have_no_place() -> None:
    with pytest.raises(BadTileset, match="9 children"):
        implicit.write(_chain(1, 9))


@pytest.mark.parametrize("harm", ["cut", "longer", "magic", "bits", "gone", "levels", "scheme", "no json"])
def test_what_is_no_implicit_tileset_is_refused(harm: str) -> None:
    written = implicit.write(grid_tree(7, 2))
    files = dict(written.documents)
    document = json.loads(files.pop("tileset.json"))
    name = max(files)
    _, blob = _opened(files[name])
    if harm == "cut":
        files[name] = files[name][:-8]
    elif harm == "longer":
        files[name] += b"\0"
    elif harm == "magic":
        files[name] = b"glTF" + files[name][4:]
    elif harm == "bits":
        files[name] = files[name][: -len(blob)] + b"\0" + blob[1:]
    elif harm == "gone":
        del files[name]
    elif harm == "levels":
        document["root"]["implicitTiling"]["subtreeLevels"] = 40
    elif harm == "scheme":
        document["root"]["implicitTiling"]["subdivisionScheme"] = "HALVES"
    text = b"{" if harm == "no json" else json.dumps(document).encode()
    with pytest.raises(BadTileset):
        implicit.expanded(text, files.__getitem__)
