from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from scenes.groups import FEW, Group, grouped, in_order

Boxes = tuple[NDArray[np.float64], NDArray[np.float64]]


def houses(count: int, *, seed: int = 1, side: float = 5.0, field: float = 400.0) -> Boxes:
    """Boxes on a field of `field` metres around the origin."""
    chance = np.random.default_rng(seed)
    centre = chance.uniform(-field / 2, field / 2, (count, 3)) * (1, 0, 1)
    return centre - side / 2, centre + side / 2


def sets(group: Group) -> set[tuple[int, ...]]:
    """What stands in each group and below."""
    return {tuple(each.things()) for each in group}


def test_everything_is_in_one_group_just_once() -> None:
    assert grouped(*houses(500)).things() == list(range(500))


def test_no_things_make_a_group_without_members_and_few_make_one_of_all() -> None:
    assert grouped(np.zeros((0, 3)), np.zeros((0, 3))) == Group(())
    assert grouped(*houses(16)) == Group(tuple(range(16)))


def test_no_group_has_many_members_and_none_below_has_few_things() -> None:
    for group in grouped(*houses(2000)):
        assert len(group.members) + len(group.below) <= 16 + 8 * FEW
        assert all(len(below.things()) > FEW for below in group.below)


def test_what_comes_changes_only_the_groups_around_it() -> None:
    low, high = houses(1000)
    before = sets(grouped(low, high))
    new = np.array([[33.0, 0.0, 77.0]])
    after = grouped(np.concatenate([low, new - 2]), np.concatenate([high, new + 2]))
    others = {tuple(each.things()) for each in after if 1000 not in each.things()}
    assert len(before) > 100
    # Its own cell may be split by it; all others are as they were.
    assert len(others - before) <= 8
    assert len(sets(after) - before) <= 16


def test_a_thing_far_away_does_not_move_the_planes_between_the_others() -> None:
    low, high = houses(300)
    far = np.array([[90_000.0, 0.0, 3.0]])
    with_far = grouped(np.concatenate([low, far - 1]), np.concatenate([high, far + 1]))
    # Only the root of all has it in addition.
    assert sets(grouped(low, high)) - sets(with_far) == {tuple(range(300))}


def test_the_ground_is_no_member_of_a_small_group() -> None:
    low, high = houses(300)
    ground = np.array([[250.0, 1.0, 250.0]])
    centre = np.array([[20.0, 0.0, 20.0]])
    root = grouped(np.concatenate([low, centre - ground]), np.concatenate([high, centre + ground]))
    assert 300 in root.members


def test_many_grounds_over_each_other_are_split_all_the_same() -> None:
    chance = np.random.default_rng(2)
    centre = chance.uniform(-50, 50, (200, 3))
    for group in grouped(centre - 100, centre + 100):
        assert len(group.members) <= 16 + 8 * FEW


def test_things_in_one_place_end_in_one_group() -> None:
    assert grouped(np.zeros((40, 3)), np.ones((40, 3))) == Group(tuple(range(40)))


@pytest.mark.parametrize("size", [0.0, 1e-9, 1e7])
def test_sizes_of_all_magnitudes_are_taken(size: float) -> None:
    low, _ = houses(100)
    assert grouped(low, low + size).things() == list(range(100))


def test_in_order_those_of_a_group_follow_each_other() -> None:
    low, high = houses(500)
    order = in_order(low, high)
    groups = [each for each in grouped(low[order], high[order]) if not each.below and each.members]
    spread = [each.members[-1] - each.members[0] + 1 - len(each.members) for each in groups]
    assert max(spread) == 0
