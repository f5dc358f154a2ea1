import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.tiling.shapes import ball, patch_of, sheet
from tiling import grid
from tiling.mesh import Floats, Indices, Model, Singles
from tiling.patch import MANY

_FAN = np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 5], [0, 5, 1]], np.uint32)


def _cost(before: NDArray[Any], after: NDArray[Any], indices: Indices) -> float:
    """The integral of the squared distance that triangles move along their normals."""
    a, b, c = (before[indices[:, corner]].astype(np.float64) for corner in range(3))
    face = np.cross(b - a, c - a)
    twice = np.linalg.norm(face, axis=1)
    unit = np.divide(face, twice[:, None], out=np.zeros_like(face), where=twice[:, None] > 0.0)
    moved = (after.astype(np.float64) - before)[indices]
    u, v, w = np.einsum("tcx,tx->ct", moved, unit)
    return float((twice / 12.0 * (u * u + v * v + w * w + u * v + v * w + w * u)).sum())


def _nearest(positions: Singles, step: float) -> Floats:
    return np.rint(positions.astype(np.float64) / step) * step


def _free(positions: Singles) -> NDArray[np.bool_]:
    return np.zeros(len(positions), np.bool_)


def _on_the_rim(positions: Singles) -> NDArray[np.bool_]:
    low, high = positions.min(axis=0), positions.max(axis=0)
    found: NDArray[np.bool_] = ((positions == low) | (positions == high))[:, [0, 2]].any(axis=1)
    return found


def _rippled() -> tuple[Singles, Indices]:
    found, _, _ = patch_of(ball(12, ripple=0.03))
    return found.positions, found.indices


def test_all_vertices_lie_on_the_grid_within_a_few_steps() -> None:
    positions, indices = _rippled()
    settled = grid.settled(positions, indices, _free(positions), step=2.0**-6)
    assert (settled * 2.0**6 == np.rint(settled * 2.0**6)).all()
    assert np.abs(settled - positions).max() < 5.0 * 2.0**-6


def test_the_surface_moves_much_less_than_by_nearest_places() -> None:
    positions, indices = _rippled()
    for step in (2.0**-6, 2.0**-7, 2.0**-8):
        settled = grid.settled(positions, indices, _free(positions), step=step)
        assert _cost(positions, settled, indices) < 0.45 * _cost(positions, _nearest(positions, step), indices)


def test_one_free_vertex_goes_to_the_best_place_of_all() -> None:
    random = np.random.default_rng(7)
    for _ in range(50):
        angles = np.arange(5) * 2.0 * np.pi / 5.0
        ring = np.stack([np.cos(angles), np.sin(angles), 0.3 * random.normal(size=5)], axis=1) * 12.0
        turn, _ = np.linalg.qr(random.normal(size=(3, 3)))
        positions = (np.concatenate([random.normal(size=(1, 3)), ring]) @ turn).astype(np.float32)
        held = np.array([False, True, True, True, True, True])
        settled = grid.settled(positions, _FAN, held, step=1.0)
        best = np.inf
        for shift in itertools.product(range(-1, 3), repeat=3):
            tried = settled.copy()
            tried[0] = np.floor(positions[0]) + shift
            best = min(best, _cost(positions, tried, _FAN))
        # The weight of moves along the surface may cost a little, of what a step across would.
        across = np.linalg.norm(np.cross(positions[1:] - positions[0], positions[[2, 3, 4, 5, 1]] - positions[0]))
        assert _cost(positions, settled, _FAN) <= best + 0.02 * across


def test_held_vertices_go_to_the_nearest_place() -> None:
    positions, indices = _rippled()
    held = positions[:, 0] > 0.0
    settled = grid.settled(positions, indices, held, step=2.0**-6)
    assert np.array_equal(settled[held], _nearest(positions, 2.0**-6)[held])
    assert not np.array_equal(settled[~held], _nearest(positions, 2.0**-6)[~held])


def test_copies_of_a_place_move_alike() -> None:
    positions, indices = _rippled()
    apart = positions[indices].reshape(-1, 3)
    soup = np.arange(len(apart), dtype=np.uint32).reshape(-1, 3)
    settled = grid.settled(apart, soup, _free(apart), step=2.0**-6)
    _, place = np.unique(apart, axis=0, return_inverse=True)
    for number in range(place.max() + 1):
        assert len(np.unique(settled[place.reshape(-1) == number], axis=0)) == 1


def test_a_plane_on_the_grid_stays_and_one_between_is_met_in_the_middle() -> None:
    found, _, _ = patch_of(Model((sheet(16, 16),)))
    settled = grid.settled(found.positions, found.indices, _free(found.positions), step=2.0**-4)
    assert np.array_equal(settled, found.positions)
    height = np.float32(0.4 * 2.0**-5)
    raised = found.positions + np.array([0.0, height, 0.0], np.float32)
    settled = grid.settled(raised, found.indices, _free(raised), step=2.0**-5)
    assert _nearest(raised, 2.0**-5)[:, 1].max() == 0.0
    inner = ~_on_the_rim(found.positions)
    assert abs(settled[inner, 1].mean() - height) < 0.1 * 2.0**-5


def test_open_edges_keep_their_line() -> None:
    found, _, _ = patch_of(Model((sheet(9, 9, height=0.2),)))
    settled = grid.settled(found.positions, found.indices, _free(found.positions), step=2.0**-5)
    rim = _on_the_rim(found.positions)
    assert np.count_nonzero(rim) == 36
    assert np.array_equal(settled[rim], _nearest(found.positions, 2.0**-5)[rim])
    assert not np.array_equal(settled[~rim], _nearest(found.positions, 2.0**-5)[~rim])


def test_what_is_bound_moves_less_along_the_surface() -> None:
    positions, indices = _rippled()
    free, bound = (
        np.abs(grid.settled(positions, indices, _free(positions), step=2.0**-6, free=weight) - positions).mean()
        for weight in (grid.FREE, grid.BOUND)
    )
    assert bound < 0.9 * free


def test_no_more_triangles_turn_over_than_by_nearest_places() -> None:
    positions, indices = _rippled()

    def turned(after: NDArray[Any]) -> int:
        old, new = (
            np.cross(each[indices[:, 1]] - each[indices[:, 0]], each[indices[:, 2]] - each[indices[:, 0]])
            for each in (positions.astype(np.float64), after.astype(np.float64))
        )
        return int((np.einsum("ij,ij->i", old, new) < 0.0).sum())

    step = 2.0**-4  # half a usual edge
    nearest = turned(_nearest(positions, step))
    assert nearest > 0
    assert turned(grid.settled(positions, indices, _free(positions), step=step)) <= nearest


def test_nothing_and_what_has_no_area_are_settled_too() -> None:
    none = np.zeros((0, 3), np.float32)
    assert grid.settled(none, np.zeros((0, 3), np.uint32), _free(none), step=0.5).shape == (0, 3)
    line = np.array([[0.1, 0.0, 0.0], [1.1, 0.0, 0.0], [2.1, 0.0, 0.0]], np.float32)
    settled = grid.settled(line, np.array([[0, 1, 2]], np.uint32), _free(line), step=0.5)
    assert np.array_equal(settled, [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [2.0, 0.0, 0.0]])


def test_what_is_shared_with_a_coarser_tile_is_on_its_grid_and_only_that() -> None:
    positions = np.full((4, 3), 0.3, np.float32)
    leaves = np.array([[2, 2, 2, 2], [0, 2, 2, 2], [2, 3, 3, 3], [0, MANY, MANY, 4]], np.int32)
    steps = np.array([1.0, 0.125, 2.0**-8])  # of tiles of two leaves: 0 and 1, 2 and 3, 4 and 5
    aligned = grid.aligned(positions, leaves, 1, 1, steps)
    assert aligned[:, 0].tolist() == [positions[0, 0], 0.0, positions[0, 0], 0.0]
    assert np.array_equal(grid.aligned(positions, leaves, 0, 1, steps), positions)
