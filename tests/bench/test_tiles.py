import numpy as np
import pytest

from bench import tiles
from bench.inputs import hills, read_ply, torus, write_glb, write_ply
from bench.tiles import Surface, Tile, Weight

NOTHING = Weight(0, 0, 0, 0, 0, 0, 0)


def _tile(parent: int, depth: int, error: float, triangles: int, children: tuple[int, ...] = ()) -> Tile:
    surface = Surface(np.zeros((3, 3)), np.zeros((triangles, 3), np.int64))
    return Tile("", parent, depth, error, surface, NOTHING, list(children))


#        0
#      /   \
#     1     2
#    / \
#   3   4
TREE = [
    _tile(-1, 0, 8.0, 100, (1, 2)),
    _tile(0, 1, 4.0, 100, (3, 4)),
    _tile(0, 1, 3.0, 100),
    _tile(1, 2, 0.0, 200),
    _tile(1, 2, 0.0, 200),
]


@pytest.mark.parametrize(("depth", "shown"), [(0, [0]), (1, [1, 2]), (2, [2, 3, 4])])
def test_a_level_is_whole_even_where_a_branch_ends_above_it(depth, shown):
    assert tiles.level(TREE, depth) == shown


@pytest.mark.parametrize(("triangles", "shown"), [(100, [0]), (210, [1, 2]), (490, [2, 3, 4]), (10_000, [2, 3, 4])])
def test_a_cut_comes_as_near_as_it_can_to_the_number_of_triangles(triangles, shown):
    assert tiles.cut(TREE, triangles) == shown


def test_a_chain_has_everything_above_a_cut():
    assert tiles.chain(TREE, [2, 3]) == [0, 1, 2, 3]


@pytest.mark.parametrize(("shape", "boundary"), [(hills(7), 28), (torus(7), 0)])
def test_generated_shapes_are_closed_but_for_the_rim(shape, boundary):
    edges = np.sort(shape.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    assert (counts == 1).sum() == boundary
    assert counts.max() == 2


def test_what_is_written_for_contenders_reads_back_the_same(tmp_path):
    shape = torus(5)
    write_ply(tmp_path / "a.ply", shape)
    again = read_ply(tmp_path / "a.ply")
    np.testing.assert_array_equal(again.triangles, shape.triangles)
    np.testing.assert_allclose(again.positions, shape.positions, rtol=1e-6)
    write_glb(tmp_path / "a.glb", shape)
    seen = tiles.surface((tmp_path / "a.glb").read_bytes())
    np.testing.assert_array_equal(seen.triangles, shape.triangles)
    np.testing.assert_array_equal(seen.positions, again.positions)
