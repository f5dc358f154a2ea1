from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from tiling import points_levels, points_order
from tiling.points_levels import Cube
from tiling.points_order import DEEPEST

CUBE = Cube(inverse=np.full(3, (1 << DEEPEST) / 1000.0), side=np.full(3, 1000.0), fineness=8)
"""a metre is a step"""


def surface(count: int, seed: int = 0) -> np.ndarray:
    """Points of a wavy surface in a cube of 1000 steps, in the order of their codes."""
    x, y = np.random.default_rng(seed).uniform(0, 1000, (2, count))
    z = 300 + 100 * np.sin(x / 90) * np.cos(y / 70)
    found = np.stack([x, y, z], 1).astype(np.uint32)
    return found[np.argsort(points_order.codes(found, CUBE.inverse), kind="stable")]


def levelled(positions: np.ndarray, most: int, **more: object) -> tuple[points_levels.Nodes, points_levels.Levelled]:
    codes = points_order.codes(positions, CUBE.inverse)
    tree = points_levels.nodes(codes, 0, most=most, deepest=12)
    arguments: dict = {"halos": {}, "corner": np.zeros(3), "reach": np.zeros(len(positions), np.float32)} | more
    return tree, points_levels.levels(positions.astype(np.float32), codes, tree, CUBE, **arguments)


@pytest.fixture(scope="module")
def whole() -> tuple[np.ndarray, points_levels.Nodes, points_levels.Levelled]:
    positions = surface(6000)
    return positions, *levelled(positions, 200)


def test_points_shown_at_a_depth_keep_their_distance(
    whole: tuple[np.ndarray, points_levels.Nodes, points_levels.Levelled],
) -> None:
    positions, tree, found = whole
    inner = set(tree.depth[~tree.is_leaf].tolist())
    assert inner >= {0, 1, 2}
    for depth in inner:
        # Of leaves, which stand beside, points are as near as they were.
        under = np.zeros(len(positions), bool)
        for node in np.flatnonzero(~tree.is_leaf & (tree.depth == depth)):
            under[tree.first[node] : tree.last[node]] = True
        shown = positions[under & (found.level <= depth)].astype(float)
        nearest = cKDTree(shown).query(shown, k=2)[0][:, 1]
        assert nearest.min() >= CUBE.radius(depth) * (1 - 1e-6)


def test_no_point_is_farther_from_those_shown_than_its_node_says(
    whole: tuple[np.ndarray, points_levels.Nodes, points_levels.Levelled],
) -> None:
    positions, tree, found = whole
    slack = []
    for node in np.flatnonzero(~tree.is_leaf):
        shown = positions[found.level <= tree.depth[node]].astype(float)
        away = cKDTree(shown).query(positions[tree.first[node] : tree.last[node]].astype(float))[0].max()
        assert away <= found.error[node] * (1 + 1e-6)
        slack.append(found.error[node] / away)
    assert max(slack) < 3.0  # a bound, but no idle one


def test_every_point_stands_in_one_node_that_its_place_lies_in(
    whole: tuple[np.ndarray, points_levels.Nodes, points_levels.Levelled],
) -> None:
    positions, tree, found = whole
    held = np.concatenate([points_levels.held(tree, found.level, node) for node in range(len(tree))])
    assert sorted(held.tolist()) == list(range(len(positions)))


def test_levels_are_neither_a_grid_nor_clumped(
    whole: tuple[np.ndarray, points_levels.Nodes, points_levels.Levelled],
) -> None:
    positions, _, found = whole
    shown = positions[found.level <= 1].astype(float)
    nearest = cKDTree(shown).query(shown, k=2)[0][:, 1]
    spread = nearest.std() / nearest.mean()
    at_random = positions[np.random.default_rng(3).choice(len(positions), len(shown), replace=False)].astype(float)
    clumped = cKDTree(at_random).query(at_random, k=2)[0][:, 1]
    # Distances to the next point vary by half of their mean at random, not at all on a grid.
    assert 0.02 < spread < 0.2 < 0.4 < clumped.std() / clumped.mean()


def test_what_a_neighbour_keeps_near_the_side_is_in_the_way() -> None:
    positions = surface(6000, seed=5)
    left = positions[positions[:, 0] < 500]
    right = positions[positions[:, 0] >= 500]
    tree, one = levelled(left, 200)
    depths = sorted(set(tree.depth[~tree.is_leaf].tolist()))
    halos = {depth: left[one.level <= depth].astype(np.float32) for depth in depths}
    other_tree, other = levelled(right, 200, halos=halos)
    for depth in depths:
        under = np.zeros(len(right), bool)
        for node in np.flatnonzero(~other_tree.is_leaf & (other_tree.depth == depth)):
            under[other_tree.first[node] : other_tree.last[node]] = True
        shown = right[under & (other.level <= depth)].astype(float)
        assert cKDTree(halos[depth]).query(shown)[0].min() >= CUBE.radius(depth) * (1 - 1e-6)
    both = np.concatenate([left[one.level <= 1], right[other.level <= 1]]).astype(float)
    node = int(np.flatnonzero(~other_tree.is_leaf & (other_tree.depth == 1))[0])
    region = right[other_tree.first[node] : other_tree.last[node]].astype(float)
    assert cKDTree(both).query(region)[0].max() <= other.error[node] * (1 + 1e-6)


def test_many_points_in_one_place_end_in_one_node() -> None:
    tree, found = levelled(np.full((3000, 3), 700, np.uint32), 200)
    assert tree.depth.max() == 12
    assert len(points_levels.held(tree, found.level, len(tree) - 1)) == 2999
    assert found.error[0] < 1e-3
