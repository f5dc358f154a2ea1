from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from pipeline.clouds import counting
from pipeline.clouds.counting import GRID_DEPTH
from tiling import points_order
from tiling.points_order import DEEPEST


def _codes(places: np.ndarray, depth: int) -> tuple[list[int], list[int]]:
    """Cells and numbers as clearly as can be."""
    found = points_order.codes(places, np.ones(3)) >> np.uint64(3 * (DEEPEST - depth))
    codes, numbers = np.unique(found, return_counts=True)
    return codes.tolist(), numbers.tolist()


def test_the_grid_and_the_table_count_what_lies_in_each_cell() -> None:
    places = np.random.default_rng(1).integers(0, 1 << DEEPEST, (3000, 3)).astype(np.uint32)
    places[:2900] >>= 12  # most of them crowd in a corner
    grid, table = counting.Grid(np.ones(3)), counting.Table(np.ones(3), len(places))
    for part in np.array_split(places, 3):
        grid.add(part)
        table.add(part)
    for depth, codes, numbers in (grid.done(), table.done()):
        assert (codes.tolist(), numbers.tolist()) == _codes(places, depth)
    assert grid.done()[0] == GRID_DEPTH < table.done()[0]


class _Together(list[np.ndarray]):
    """Two threads that append to it wait for one another."""

    def __init__(self) -> None:
        super().__init__()
        self._both = threading.Barrier(2, timeout=30)

    def append(self, table: np.ndarray) -> None:
        super().append(table)
        self._both.wait()


def test_threads_that_begin_at_once_count_in_tables_of_their_own() -> None:
    places = np.zeros((1000, 3), np.uint32)
    grid = counting.Grid(np.ones(3))
    grid._every = _Together()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(grid.add, [places, places]))
    assert grid._free.get() is not grid._free.get()
    assert grid.done()[2].tolist() == [2000]


def test_cells_that_are_joined_have_at_most_so_many_points_and_all_of_them() -> None:
    places = np.random.default_rng(2).integers(0, 1 << DEEPEST, (5000, 3)).astype(np.uint32)
    grid = counting.Grid(np.ones(3))
    grid.add(places)
    depths, codes, sizes = counting.joined(grid.done(), 200)
    assert sizes.sum() == 5000
    assert sizes.max() <= 200
    begins = codes << (3 * (DEEPEST - depths)).astype(np.uint64)
    assert (np.diff(begins.astype(np.int64)) > 0).all()
    for depth, code, size in zip(depths.tolist(), codes.tolist(), sizes.tolist(), strict=True):
        here, numbers = _codes(places, depth)
        assert numbers[here.index(code)] == size
