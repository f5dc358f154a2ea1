"""Trees without what is finer than a limit."""

import numpy as np
import pytest

from tests.tiling.trees import IMAGE, added, grid_tree, grouped
from tiling import tileset
from tiling.coarsened import coarsened


def test_nothing_finer_than_the_limit_is_left():
    tree = grouped(grid_tree(4))
    assert sorted(set(tree.error)) == [0.0, 0.25, 0.5, 1.0]
    found = coarsened(tree, 0.5)
    assert found is not None
    assert found.error.min() == 0.5
    assert len(found) == 5
    assert found.parent.tolist() == [-1, 0, 0, 0, 0]
    assert found.content == tree.content[:5]
    # What lost its children is no longer shown in part.
    assert [bool(found.groups_of(tile)) for tile in range(5)] == [True, False, False, False, False]
    assert found.image_bytes == {IMAGE: tree.image_bytes[IMAGE]}


def test_the_whole_is_the_same_tree():
    tree = grid_tree(3)
    found = coarsened(tree, 0.0)
    assert found is not None
    assert tileset.write(found) == tileset.write(tree)


def test_a_root_that_is_finer_leaves_nothing():
    assert coarsened(grid_tree(3), 1.5) is None


def test_children_that_stand_for_their_parent_go_together():
    tree = grid_tree(3)
    tree.error[2] = 0.1  # one of the root's four children
    kept = coarsened(tree, 0.5)
    assert kept is not None
    assert len(kept) == 1
    points = coarsened(added(tree), 0.5)
    assert points is not None
    assert len(points) == 4
    assert tree.content[2] not in points.content


@pytest.mark.parametrize("is_added", [False, True])
def test_a_part_holds_together_whatever_the_errors(is_added):
    chance = np.random.default_rng(7)
    for _ in range(50):
        tree = grid_tree(4)
        tree.error[:] = chance.uniform(0, 1, len(tree))
        tree = added(tree) if is_added else tree
        found = coarsened(tree, 0.5)
        if found is None:
            assert tree.error[0] < 0.5
            continue
        assert (found.error >= 0.5).all()
        assert (found.parent[1:] < np.arange(1, len(found))).all()
        names = {name: tile for tile, name in enumerate(tree.content)}
        for tile in range(1, len(found)):
            before = names[found.content[tile]]
            assert found.content[found.parent[tile]] == tree.content[tree.parent[before]]
        if not is_added:
            counts = np.bincount(found.parent[1:], minlength=len(found))
            assert set(counts.tolist()) <= {0, 4}
