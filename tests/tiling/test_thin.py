from dataclasses import replace

import numpy as np

from tests.tiling.shapes import ball, patch_of
from tiling.mesh import Model, Primitive
from tiling.patch import Layout, Patch
from tiling.simplify import simplify
from tiling.thin import loose_parts, thinned


def _leaves(count: int) -> Patch:
    """Loose squares of 0.2 m, two triangles each, evenly in a cube of 10 m."""
    corner = np.array([[0, 0, 0], [0.2, 0, 0], [0.2, 0.2, 0], [0, 0.2, 0]])
    places = np.random.default_rng(1).uniform(0, 10, size=(count, 1, 3))
    two = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)
    indices = (two[None] + 4 * np.arange(count, dtype=np.uint32)[:, None, None]).reshape(-1, 3)
    return patch_of(Model((Primitive((places + corner).reshape(-1, 3), indices),)))[0]


def _area(whole: Patch) -> float:
    a, b, c = whole.corners()
    return float(np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2)


def test_a_closed_surface_is_no_crowd_of_leaves() -> None:
    assert loose_parts(patch_of(ball(9))[0], (0, 0)) is None


def test_a_quarter_of_the_leaves_covers_as_much_and_stands_everywhere() -> None:
    whole = _leaves(2000)
    found = loose_parts(whole, (0, 0))
    assert found is not None
    thin = thinned(whole, *found, 0.25)
    assert thin.triangles == 1000
    assert abs(_area(thin) / _area(whole) - 1.0) < 0.01
    middles = thin.positions[thin.indices].mean(axis=1)
    eighths = np.bincount(((middles > 0) * [1, 2, 4]).sum(axis=1), minlength=8)
    assert eighths.min() > 90


def test_a_part_that_reaches_over_the_border_stays_as_it_is() -> None:
    whole = _leaves(500)
    leaves = whole.leaves.copy()
    # The first vertex of ten squares is shared with another tile.
    leaves[whole.indices[:20:2, 0], 1:] = 1
    found = loose_parts(replace(whole, leaves=leaves), (0, 0))
    assert found is not None
    assert np.flatnonzero(~found[0]).tolist() == list(range(20))


def test_leaves_get_to_their_target_through_the_front_door() -> None:
    layout = Layout(normals=False, uvs=False, colours=False)
    coarse = simplify(_leaves(2000), layout, target_triangles=400, leaves=(0, 0)).patch
    assert coarse.triangles == 400


def test_what_is_kept_grows_about_its_middle_but_not_beyond_twice_its_size() -> None:
    whole = _leaves(400)
    found = loose_parts(whole, (0, 0))
    assert found is not None
    for share, growth in ((0.25, 2.0), (0.5, np.sqrt(2.0)), (0.01, 2.0)):
        thin = thinned(whole, *found, share)
        corners = thin.positions[thin.indices]
        longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
        assert np.allclose(longest, 0.2 * np.sqrt(2.0) * growth, rtol=1e-4)
        assert thin.triangles == 2 * round(400 * share)


def test_a_wall_of_two_triangles_is_no_leaf() -> None:
    leaves = _leaves(300)
    wall = np.array([[-5, 0, -5], [5, 0, -5], [5, 0, 5], [-5, 0, 5]], np.float32)
    start = len(leaves.positions)
    both = Patch(
        np.concatenate([leaves.positions, wall]),
        np.zeros((start + 4, 0), np.float32),
        np.zeros(start + 4, np.int32),
        np.zeros((start + 4, 4), np.int32),
        np.concatenate([leaves.indices, np.array([[0, 1, 2], [0, 2, 3]], np.uint32) + np.uint32(start)]),
    )
    found = loose_parts(both, (0, 0))
    assert found is not None
    assert found[0].tolist() == [True] * 600 + [False] * 2
