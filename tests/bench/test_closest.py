import numpy as np
import pytest

from bench import closest

SQUARE = np.array([[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]])
HALVES = np.array([[0, 1, 2], [0, 2, 3]])


@pytest.mark.parametrize(
    ("point", "distance"),
    [
        ((0.3, 0.4, 0.5), 0.5),  # above the inside
        ((0.5, 0.5, -2.0), 2.0),  # below the diagonal
        ((2.0, 0.5, 0.0), 1.0),  # beside an edge
        ((-3.0, -4.0, 0.0), 5.0),  # beyond a corner
    ],
)
def test_the_distance_is_to_the_inside_an_edge_or_a_corner(point, distance):
    found = closest.squares(closest.tree(SQUARE, HALVES), np.array([point]))
    assert np.sqrt(found[0]) == pytest.approx(distance)


def test_the_tree_finds_what_looking_at_every_triangle_finds():
    chance = np.random.default_rng(1)
    positions = chance.normal(size=(300, 3))
    triangles = chance.integers(0, 300, (517, 3))
    points = chance.normal(size=(200, 3)) * 2.0
    tree = closest.tree(positions, triangles)
    alone = [closest.tree(positions, triangles[i : i + 1]) for i in range(len(triangles))]
    expected = np.min([closest.squares(each, points) for each in alone], axis=0)
    np.testing.assert_allclose(closest.squares(tree, points), expected, atol=1e-12)


def test_points_lie_on_the_surface_and_are_as_many_on_equal_areas():
    positions = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [5, 5, 5], [8, 5, 5], [5, 6, 5]])
    points = closest.scattered(positions, np.array([[0, 1, 2], [3, 4, 5]]), 4000)
    assert (points[:, 2] > 2.5).sum() == pytest.approx(3000, abs=1)  # three times the area
    assert closest.squares(closest.tree(positions, np.array([[0, 1, 2], [3, 4, 5]])), points).max() < 1e-24


def test_the_larger_of_both_ways_is_told():
    assert closest.root_mean_square(np.array([1.0, 1.0]), np.array([9.0, 9.0])) == 3.0
