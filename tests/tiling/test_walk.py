from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.tiling.shapes import ball, patch_of
from tiling import meshopt
from tiling.walk import walked

Triangle = tuple[int, int, int]

_VERTICES = 6
corner = st.integers(0, _VERTICES - 1)


def _turned(triangle: Triangle) -> Triangle:
    a, b, c = triangle
    return min((a, b, c), (b, c, a), (c, a, b))


def _order(groups: list[list[Triangle]]) -> list[list[Triangle]]:
    rows = np.array([triangle for group in groups for triangle in group], np.uint32).reshape(-1, 3)
    bounds = np.cumsum([0, *map(len, groups)])
    found = walked(rows, bounds, _VERTICES)
    return [[tuple(row) for row in found[a:b].tolist()] for a, b in pairwise(bounds)]


@given(st.lists(st.lists(st.tuples(corner, corner, corner), max_size=12), min_size=1, max_size=3))
def test_each_group_keeps_its_triangles_and_their_winding_whatever_they_are(groups: list[list[Triangle]]) -> None:
    for before, after in zip(groups, _order(groups), strict=True):
        assert sorted(map(_turned, before)) == sorted(map(_turned, after))


def test_a_band_is_walked_from_end_to_end_wherever_its_triangles_stand_in_the_list() -> None:
    # fmt: off
    band = [(0, 1, 2),
            (2, 1, 3),
            (2, 3, 4),
            (4, 3, 5)]
    # fmt: on
    (found,) = _order([[band[0], band[2], band[1], band[3]]])
    assert [_turned(each) for each in found] == [_turned(each) for each in band]
    for one, other in pairwise(found):
        assert len(set(one) & set(other)) == 2


def test_a_walk_does_not_leave_its_group() -> None:
    first, second = _order([[(0, 1, 2), (3, 4, 5)], [(2, 1, 3)]])
    assert [_turned(each) for each in first] == [(0, 1, 2), (3, 4, 5)]
    assert [_turned(each) for each in second] == [(1, 3, 2)]


def test_most_triangles_of_a_surface_touch_the_one_before_and_code_to_less_than_as_they_came() -> None:
    patch = patch_of(ball(24, ripple=0.02))[0]
    count = len(patch.positions)
    found = walked(patch.indices, np.array([0, len(patch.indices)]), count)
    shared = [len(set(a) & set(b)) for a, b in zip(found.tolist(), found[1:].tolist(), strict=False)]
    assert np.mean(np.array(shared) == 2) > 0.9

    def coded(indices: np.ndarray) -> int:
        order = meshopt.fetch_order(indices, count)
        number = np.empty(count, np.uint32)
        number[order] = np.arange(len(order), dtype=np.uint32)
        return len(meshopt.encode_indices(number[indices], count))

    shuffled = np.random.default_rng(1).permutation(patch.indices)
    assert coded(walked(shuffled, np.array([0, len(shuffled)]), count)) < 0.5 * coded(shuffled)


def test_nothing_is_walked_to_nothing() -> None:
    assert walked(np.zeros((0, 3), np.uint32), np.array([0, 0]), 0).shape == (0, 3)
