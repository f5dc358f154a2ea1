from __future__ import annotations

import numpy as np

from tiling import points_order
from tiling.points_order import DEEPEST


def _some(count: int, most: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, most, (count, 3)).astype(np.uint32)


def test_a_code_gives_back_the_three_numbers_it_was_made_of() -> None:
    positions = _some(500, 1 << DEEPEST)
    found = points_order.codes(positions, np.ones(3))
    assert np.array_equal(points_order.cells_of(found, DEEPEST), positions)


def test_points_of_a_cell_follow_one_another_in_the_order_of_codes() -> None:
    positions = _some(2000, 1 << DEEPEST)
    found = points_order.codes(positions, np.ones(3))
    order = points_order.ascending(found, 0, 3 * DEEPEST)
    cells = [tuple(cell) for cell in (positions[order] >> (DEEPEST - 2)).tolist()]
    runs = [cell for at, cell in enumerate(cells) if at == 0 or cell != cells[at - 1]]
    assert len(runs) == len(set(cells)) == 64


def test_sorting_by_digits_is_sorting_and_keeps_the_order_of_equals() -> None:
    keys = np.random.default_rng(2).integers(0, 1 << 40, 3000).astype(np.uint64) & np.uint64(0xFFFFF0FFF0)
    for low, bits in ((0, 40), (4, 13), (7, 20), (0, 0)):
        part = (keys >> np.uint64(low)) & np.uint64((1 << bits) - 1)
        assert np.array_equal(points_order.ascending(keys, low, bits), np.argsort(part, kind="stable"))


def test_strips_hold_the_same_points_strip_after_strip_ascending_in_each() -> None:
    positions = _some(4000, 5000)
    places = np.flatnonzero(positions[:, 2] < 2500)
    order = points_order.in_strips(positions, places, 1, 0, 8)
    assert sorted(order.tolist()) == places.tolist()
    strips = (positions[order, 1].astype(np.int64) - positions[places, 1].min()) >> 8
    assert (np.diff(strips) >= 0).all()
    assert (np.diff(positions[order, 0].astype(np.int64))[np.diff(strips) == 0] >= 0).all()
