from dataclasses import replace

import numpy as np
import pytest

from tests.tiling.shapes import ball, edges_of, joined, moved, open_edges, patch_of, sheet
from tiling import error, pairs
from tiling.mesh import Model
from tiling.normals import with_normals
from tiling.pairs import KEPT
from tiling.patch import Patch


def _of(model: Model) -> Patch:
    whole, _, _ = patch_of(Model(tuple(with_normals(each) for each in model.primitives), model.materials))
    return whole


def _free(patch: Patch) -> np.ndarray:
    return np.zeros(len(patch.positions), bool)


def _paired(patch: Patch, held: np.ndarray, target: int, most_error: float = np.inf) -> Patch:
    return pairs.paired(patch, held, target_triangles=target, most_error=most_error)[0]


def _distance(one: Patch, two: Patch) -> float:
    points = error.scatter(one, 4000)
    return error.root_mean_square(error.distances(points.points, [two]), points.weights)


def test_a_sphere_keeps_its_share_of_triangles_stays_closed_and_round() -> None:
    whole = _of(ball(40))
    fewer = _paired(whole, _free(whole), 100)
    assert fewer.triangles == pytest.approx(KEPT * whole.triangles, abs=2)
    assert open_edges(fewer.positions, fewer.indices) == 0
    assert set(edges_of(fewer.positions, fewer.indices).values()) == {1}
    # One piece without holes: Euler.
    assert len(fewer.positions) - 3 * fewer.triangles // 2 + fewer.triangles == 2
    radii = np.linalg.norm(fewer.positions, axis=1)
    assert np.abs(radii - 1.0).max() < 0.004
    # Normals are means, not of length one, and point as before.
    directions = fewer.attributes / np.linalg.norm(fewer.attributes, axis=1, keepdims=True)
    assert (directions * fewer.positions / radii[:, None]).sum(axis=1).min() > 0.99


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e5])
def test_it_does_the_same_in_any_unit(scale: float) -> None:
    whole = _of(ball(40, ripple=0.1))
    scaled = replace(whole, positions=whole.positions * np.float32(scale))
    fewer = _paired(scaled, _free(scaled), 100)
    assert _distance(scaled, fewer) < 0.0021 * scale
    assert fewer.triangles == pytest.approx(KEPT * whole.triangles, abs=2)


def test_held_vertices_and_open_edges_stay() -> None:
    whole = _of(Model((sheet(30, 30, height=0.1),)))
    held = whole.positions[:, 0] > np.median(whole.positions[:, 0])
    fewer = _paired(whole, held, 100)
    assert fewer.triangles < 0.85 * whole.triangles
    assert open_edges(fewer.positions, fewer.indices) == open_edges(whole.positions, whole.indices) == 120
    kept = {tuple(p) for p in fewer.positions.tolist()}
    assert {tuple(p) for p in whole.positions[held].tolist()} <= kept


def test_a_plane_stays_where_it_is_and_no_triangle_turns_over() -> None:
    whole = _of(Model((sheet(30, 30),)))
    fewer = _paired(whole, _free(whole), 100)
    assert fewer.triangles < 0.7 * whole.triangles
    a, b, c = (fewer.positions[fewer.indices[:, corner]].astype(np.float64) for corner in range(3))
    facing = np.cross(b - a, c - a)
    before = np.cross(*(whole.positions[whole.indices[0, 1:]] - whole.positions[whole.indices[0, 0]]))
    assert (facing @ before > 0.0).all()
    assert np.linalg.norm(facing, axis=1).sum() / 2.0 == pytest.approx(error.scatter(whole, 100).area, rel=1e-5)


def test_nothing_costs_more_than_the_limit() -> None:
    whole = _of(ball(40, ripple=0.1))
    assert _paired(whole, _free(whole), 100, 0.0).triangles == whole.triangles
    some = _paired(whole, _free(whole), 100, 2e-4)
    assert KEPT * whole.triangles + 10 < some.triangles < whole.triangles
    assert _distance(whole, some) < 2e-4


def test_a_pass_ends_at_the_target_and_further_ones_go_on_to_it() -> None:
    whole = _of(ball(20))
    assert _paired(whole, _free(whole), whole.triangles) is whole
    assert _paired(whole, _free(whole), 3000).triangles == 3000
    fewer, left = pairs.paired(whole, _free(whole), target_triangles=1000, times=4)
    assert fewer.triangles == 1000
    assert open_edges(fewer.positions, fewer.indices) == 0
    assert np.array_equal(fewer.leaves, whole.leaves[left])
    assert np.linalg.norm(fewer.positions - whole.positions[left], axis=1).max() < 0.2


def test_it_is_known_how_much_of_a_surface_is_closed() -> None:
    whole = _of(ball(20))
    assert pairs.closed_share(whole, _free(whole)) == 1.0
    half = replace(whole, indices=whole.indices[: whole.triangles // 2])
    assert 0.5 < pairs.closed_share(half, _free(half)) < 1.0
    assert pairs.closed_share(half, ~_free(half)) == 1.0


def test_surfaces_that_touch_do_not_grow_together() -> None:
    # Two closed surfaces through one edge of four triangles: it is not closed like a ring, and stays.
    whole = _of(joined([ball(12), moved(ball(12), (2.0, 0.0, 0.0))]))
    fewer = _paired(whole, _free(whole), 10)
    assert set(edges_of(fewer.positions, fewer.indices).values()) == {1}
    assert open_edges(fewer.positions, fewer.indices) == 0


def test_the_same_patch_gives_the_same_bytes_and_is_not_changed() -> None:
    whole = _of(ball(30, ripple=0.1))
    before = whole.positions.tobytes()
    one, two = (_paired(whole, _free(whole), 100) for _ in range(2))
    assert one.positions.tobytes() == two.positions.tobytes()
    assert one.indices.tobytes() == two.indices.tobytes()
    assert whole.positions.tobytes() == before
