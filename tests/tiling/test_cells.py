import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.tiling.shapes import ball
from tiling import cells


def _walked(tree: cells.Cells, point: NDArray[np.float32], node: int = 0, levels: int | None = None) -> int:
    """The part of a node that a point lies in, step by step."""
    part = 0
    for _ in range(tree.depth if levels is None else levels):
        second = int(point[tree.axis[node]] >= tree.plane[node])
        part, node = 2 * part + second, 2 * node + 1 + second
    return part


def _cloud(count: int, seed: int = 4) -> NDArray[np.float32]:
    return (np.random.default_rng(seed).normal(size=(count, 3)) * [5.0, 1.0, 2.0]).astype(np.float32)


def _box(count: int, *sides: float, seed: int = 4) -> NDArray[np.float32]:
    return (np.random.default_rng(seed).uniform(size=(count, 3)) * sides).astype(np.float32)


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_the_depth_is_the_least_at_which_leaves_are_small_enough(triangles: int, leaf: int) -> None:
    depth = cells.depth_for(triangles, leaf)
    assert triangles <= leaf << depth
    assert depth == 0 or triangles > leaf << (depth - 1)


def test_points_get_the_leaf_that_a_walk_down_the_tree_finds() -> None:
    points = _cloud(500)
    tree = cells.kd(points, 5)
    assert tree.leaf_of(points).tolist() == [_walked(tree, point) for point in points]


def test_points_upon_a_plane_belong_to_the_second_half() -> None:
    tree = cells.Cells(np.array([1], np.int8), np.array([2.0], np.float32), 1)
    points = np.array([[0, 2, 0], [0, np.nextafter(np.float32(2), np.float32(0)), 0]], np.float32)
    assert tree.leaf_of(points).tolist() == [1, 0]


def test_the_parts_of_a_tile_are_its_leaves() -> None:
    points = _cloud(2000)
    tree = cells.kd(points, 6)
    leaf = tree.leaf_of(points)
    for depth in range(5):
        for tile in range(1 << depth):
            own = leaf >> (6 - depth) == tile
            for levels in range(1, 7 - depth):
                expected = (leaf[own] >> (6 - depth - levels)) & ((1 << levels) - 1)
                assert np.array_equal(tree.part_of(points[own], depth, tile, levels), expected)


def test_beyond_a_tiles_own_walls_its_planes_go_on() -> None:
    tree = cells.kd(_cloud(800), 3)
    strangers = _cloud(100, 5) * 3
    node = (1 << 1) - 1 + 1
    assert tree.part_of(strangers, 1, 1, 2).tolist() == [_walked(tree, point, node, 2) for point in strangers]


def test_the_planes_below_a_tile_come_upper_ones_first() -> None:
    tree = cells.kd(_cloud(800), 3)
    assert tree.below(1, 1, 2) == tuple((int(tree.axis[node]), float(tree.plane[node])) for node in (2, 5, 6))
    assert tree.below(0, 0, 3) == tuple(zip(tree.axis.tolist(), tree.plane.tolist(), strict=True))
    assert tree.below(3, 5, 0) == ()


@pytest.mark.parametrize("shape", ["cloud", "ball", "street"])
def test_leaves_are_about_equal(shape: str) -> None:
    points = {
        "cloud": _cloud(40_000),
        "ball": ball(40).primitives[0].positions.astype(np.float32),
        "street": _box(40_000, 1.0, 1.0, 1.0) ** 4 * np.float32([1000, 3, 5]),
    }[shape]
    tree = cells.kd(points, 4)
    counts = np.bincount(tree.leaf_of(points), minlength=16)
    assert counts.sum() == len(points)
    # Each cut leaves a side 0.46 of the points at least, where a coarse grid allows it.
    assert counts.min() > 0.43**4 * len(points)
    assert counts.max() < 0.57**4 * len(points)


def test_a_cell_is_cut_along_its_longest_axis() -> None:
    tree = cells.kd(_box(1000, 1.0, 9.0, 3.0), 1)
    assert tree.axis.tolist() == [1]
    assert 4.0 < tree.plane[0] < 5.0


def test_an_edit_in_one_place_moves_no_plane_elsewhere() -> None:
    points = _cloud(20_000)
    edited = points[~((points > [6.0, 1.0, 1.0]).all(axis=1))]
    assert 0 < len(points) - len(edited) < 200
    before, after = cells.kd(points, 5), cells.kd(edited, 5)
    assert np.count_nonzero((before.axis != after.axis) | (before.plane != after.plane)) <= 5


def test_points_at_one_spot_make_a_tree_all_the_same() -> None:
    tree = cells.kd(np.full((100, 3), 7.0, np.float32), 3)
    assert np.bincount(tree.leaf_of(np.full((100, 3), 7.0, np.float32)), minlength=8).sum() == 100
    assert np.isfinite(tree.plane).all()


@pytest.mark.parametrize("counts", [(999, 1), (1, 999), (500, 500)])
def test_two_spots_are_parted(counts: tuple[int, int]) -> None:
    points = np.repeat(np.array([[0, 0, 0], [0, 1e-3, 0]], np.float32), counts, axis=0)
    assert np.bincount(cells.kd(points, 1).leaf_of(points)).tolist() == list(counts)


def test_a_dense_wall_at_the_end_of_a_long_field_is_cut_up_too() -> None:
    wall = _box(6000, 0.0, 9.0, 9.0)
    field = _box(2000, 100.0, 1.0, 9.0, seed=5) + np.float32([1, 0, 0])
    points = np.concatenate([wall, field])
    assert np.bincount(cells.kd(points, 4).leaf_of(points), minlength=16).max() < 1000


def test_fewer_points_than_leaves_and_none_at_all() -> None:
    points = _cloud(3)
    assert len(np.unique(cells.kd(points, 4).leaf_of(points))) == 3
    assert cells.kd(points[:0], 2).leaf_of(points[:0]).tolist() == []
    assert cells.kd(points, 0).leaf_of(points).tolist() == [0, 0, 0]
