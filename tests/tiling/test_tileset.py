import json

import numpy as np
import pytest

from tests.tiling.trees import grid_tree
from tiling import bounds, tileset
from tiling.errors import BadTileset


def test_what_is_written_is_read_back() -> None:
    tree = grid_tree(3, fan=4)
    back = tileset.read(tileset.write(tree))
    assert back.content == tree.content
    assert back.needs == tree.needs
    assert back.image_bytes == tree.image_bytes
    for name in ("parent", "box", "error", "byte_length", "triangles", "draws", "texture_bytes"):
        assert np.array_equal(getattr(back, name), getattr(tree, name)), name


def test_boxes_are_z_up_in_the_document() -> None:
    tree = grid_tree(1)
    tree.box[0] = bounds.box(np.array([0.0, 10.0, 200.0]), np.array([2.0, 14.0, 206.0]))
    document = json.loads(tileset.write(tree))
    # centre (1, 12, 203) and half sides 1, 2, 3 of x, y, z: y becomes z, z becomes -y.
    assert document["root"]["boundingVolume"]["box"] == [1, -203, 12, 1, 0, 0, 0, 3, 0, 0, 0, 2]
    assert np.array_equal(tileset.read(tileset.write(tree)).box, tree.box)


def test_a_turned_box_is_read_back_too() -> None:
    tree = grid_tree(1)
    tree.box[0] = [1, 2, 3, 1, 1, 0, -1, 1, 0.5, 0, 0.25, 2]
    assert np.array_equal(tileset.read(tileset.write(tree)).box, tree.box)


def test_a_leaf_has_no_children_and_the_root_refines_by_replacing() -> None:
    document = json.loads(tileset.write(grid_tree(2)))
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
