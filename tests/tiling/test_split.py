import numpy as np
import pytest

from tiling import split


@pytest.mark.parametrize("count", [1, 7, 64, 1001])
@pytest.mark.parametrize("depth", [0, 1, 3])
def test_every_triangle_is_in_exactly_one_leaf(count: int, depth: int) -> None:
    points = np.random.default_rng(count).normal(size=(count, 3)).astype(np.float32)
    order, offsets = split.kd(points, depth)
    assert sorted(order.tolist()) == list(range(count))
    assert offsets[0] == 0
    assert offsets[-1] == count
    assert len(offsets) == (1 << depth) + 1


def test_leaves_are_as_large_as_each_other_but_one_triangle() -> None:
    points = np.random.default_rng(3).normal(size=(10_000, 3)).astype(np.float32)
    sizes = np.diff(split.kd(points, 4)[1])
    assert sizes.max() - sizes.min() <= 1


def test_the_longest_axis_is_cut_first() -> None:
    # fmt: off
    points = np.array([[0, 0, 0], [1, 0, 9],
                       [0, 1, 8], [1, 1, 1]], np.float32)
    # fmt: on
    order, offsets = split.kd(points, 1)
    assert {frozenset(order[:2].tolist()), frozenset(order[2:].tolist())} == {frozenset({0, 3}), frozenset({1, 2})}
    assert offsets.tolist() == [0, 2, 4]


def test_triangles_all_in_one_place_are_dealt_out_all_the_same() -> None:
    assert np.diff(split.kd(np.zeros((8, 3), np.float32), 2)[1]).tolist() == [2, 2, 2, 2]
