from dataclasses import replace

import numpy as np
import pytest

from tests.tiling.shapes import ball, sheet
from tiling import error, patch
from tiling.mesh import Model, Primitive


def _patch(primitive: Primitive) -> patch.Patch:
    return patch.of_model(Model((primitive,)))[0]


def test_points_of_a_patch_lie_on_it() -> None:
    whole = _patch(ball(10).primitives[0])
    mean, bound = error.deviation(error.scatter(whole), whole)
    assert mean < 1e-6
    assert bound < 1e-6


@pytest.mark.parametrize("columns", [1, 2, 40])
def test_a_lifted_plane_is_as_far_as_it_was_lifted(columns: int) -> None:
    on = error.scatter(_patch(sheet(30, 30)))
    points = replace(on, points=on.points + np.array([0.0, 0.25, 0.0]))
    mean, bound = error.deviation(points, _patch(sheet(columns, columns)))
    assert mean == pytest.approx(0.25, rel=1e-6)
    assert bound == pytest.approx(0.25, rel=1e-6)


def test_a_small_bump_on_a_large_plane_is_not_overlooked() -> None:
    plane, bump = sheet(1, 1), sheet(20, 20, height=1.0)
    both = Primitive(
        np.concatenate([plane.positions * 1000, bump.positions]),
        np.concatenate([plane.indices, bump.indices + np.uint32(4)]),
    )
    flat = Primitive(plane.positions * 1000, plane.indices)
    whole = patch.of_model(Model((both,)))[0]
    origin = patch.of_model(Model((both,)))[2]
    ground = patch.Patch(
        (flat.positions - origin).astype(np.float32),
        np.zeros((4, 0), np.float32),
        np.zeros(4, np.int32),
        np.zeros((4, 2), np.int32),
        flat.indices,
    )
    assert 0.7 < error.deviation(error.scatter(whole), ground)[1] <= 1.0


def test_the_quantile_agrees_with_distances_to_all_triangles() -> None:
    fine, coarse = _patch(ball(24, ripple=0.02).primitives[0]), _patch(ball(5).primitives[0])
    points = error.scatter(fine, 800)
    corners = [corner[None] for corner in coarse.corners()]
    count = coarse.triangles
    distances = [
        np.sqrt(error._to_triangles(np.broadcast_to(point, (count, 3)), *(corner[0] for corner in corners)).min())
        for point in points.points
    ]
    rank = int(np.ceil(error.QUANTILE * len(distances))) - 1
    assert error.deviation(points, coarse)[1] == pytest.approx(np.sort(distances)[rank], rel=1e-9)


def test_the_distance_to_a_triangle_by_its_face_its_edge_and_its_corner() -> None:
    a, b, c = np.array([[0.0, 0, 0]]), np.array([[4.0, 0, 0]]), np.array([[0.0, 4, 0]])
    for point, distance in (((1, 1, 3), 3.0), ((2, -2, 0), 2.0), ((-3, -4, 0), 5.0), ((3, 3, 0), np.sqrt(2))):
        assert np.sqrt(error._to_triangles(np.array([point], float), a, b, c))[0] == pytest.approx(distance)


def test_a_triangle_without_area_is_as_far_as_its_edges() -> None:
    a, b = np.array([[0.0, 0, 0]]), np.array([[2.0, 0, 0]])
    assert np.sqrt(error._to_triangles(np.array([[1.0, 1, 0]]), a, b, b))[0] == pytest.approx(1.0)


def test_thinning_keeps_points_of_all_parts() -> None:
    one, other = (error.Samples(np.full((n, 3), float(n)), np.full(n, 2.0)) for n in (100, 300))
    thin = error.thinned([one, other], 40)
    assert len(thin.points) == len(thin.caps) == 40
    assert (thin.points[:, 0] == 300).sum() == 30


def test_a_part_that_has_gone_counts_no_more_than_its_size() -> None:
    pebble = Primitive(sheet(2, 2).positions * 0.01 + np.array([50.0, 0, 0]), sheet(2, 2).indices)
    samples = error.scatter(_patch(pebble), 100, sizes=np.full(8, 0.014))
    moved = replace(samples, points=samples.points + np.array([50.0, 0, 0]))
    assert error.deviation(moved, _patch(sheet(3, 3)))[1] == pytest.approx(0.014)
