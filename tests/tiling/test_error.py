from dataclasses import replace

import numpy as np
import pytest

from tests.tiling.shapes import ball, patch_of, sheet
from tiling import error, patch
from tiling.mesh import Primitive


def _patch(primitive: Primitive) -> patch.Patch:
    layout = patch.layout_of([primitive])
    return patch.welded(patch.of_primitives([primitive], layout, np.zeros(3)))


def _lifted(whole: patch.Patch, by: float) -> patch.Patch:
    return replace(whole, positions=whole.positions + np.array([0, by, 0], np.float32))


def test_points_of_a_patch_lie_on_it_and_stand_for_all_of_its_area() -> None:
    whole = _patch(sheet(10, 10))
    samples = error.scatter(whole, 500)
    assert len(samples.points) == 500
    assert samples.area == pytest.approx(1.0, rel=1e-6)
    assert error.distances(samples.points, [whole]).max() < 1e-6


@pytest.mark.parametrize("columns", [1, 2, 40])
def test_a_lifted_plane_is_as_far_as_it_was_lifted(columns: int) -> None:
    samples = error.scatter(_lifted(_patch(sheet(30, 30)), 0.25))
    found = error.distances(samples.points, [_patch(sheet(columns, columns))])
    assert error.quantile(found, samples.weights) == pytest.approx(0.25, rel=1e-6)
    assert error.root_mean_square(found, samples.weights) == pytest.approx(0.25, rel=1e-6)


def test_of_several_surfaces_the_nearest_counts() -> None:
    whole = _patch(sheet(4, 4))
    points = error.scatter(_lifted(whole, 0.4), 200).points
    near = _lifted(whole, 0.5)
    for surfaces in ([whole, near], [near, whole]):
        assert error.distances(points, surfaces) == pytest.approx(np.full(200, 0.1), rel=1e-5)


def test_without_a_surface_all_is_infinitely_far() -> None:
    assert np.isinf(error.distances(np.zeros((2, 3), np.float32), [])).all()


def test_the_quantile_goes_by_area_and_not_by_number() -> None:
    values = np.repeat(np.array([0.0, 1.0], np.float32), [1000, 100])
    assert error.quantile(values, np.where(values > 0, 1e-6, 1.0).astype(np.float32)) == 0.0
    assert error.quantile(values, np.ones(1100, np.float32)) == 1.0


def test_the_quantile_does_not_depend_on_the_order_of_points() -> None:
    random = np.random.default_rng(2)
    values, weights = random.random(3000).astype(np.float32), random.random(3000).astype(np.float32)
    shuffled = random.permutation(3000)
    expected = error.quantile(values, weights)
    assert error.quantile(values[shuffled], weights[shuffled]) == pytest.approx(expected, rel=1e-12)
    assert weights[values > expected].sum() / weights.sum() == pytest.approx(0.001, abs=0.0005)


def test_nothing_has_no_error() -> None:
    none = np.empty(0, np.float32)
    assert error.quantile(none, none) == error.root_mean_square(none, none) == 0.0


def test_thinning_takes_from_each_part_by_its_area_and_keeps_the_area_of_all() -> None:
    small, large = (
        error.Samples(np.full((200, 3), size, np.float32), np.full(200, size, np.float32)) for size in (1, 3)
    )
    thin = error.thinned([small, large], 40)
    assert (thin.points[:, 0] == 1).sum() == 10
    assert (thin.points[:, 0] == 3).sum() == 30
    assert thin.area == pytest.approx(800.0)


def test_a_part_with_fewer_points_than_its_share_gives_all_of_them_and_its_whole_area() -> None:
    few = error.Samples(np.zeros((5, 3), np.float32), np.full(5, 100.0, np.float32))
    many = error.Samples(np.ones((500, 3), np.float32), np.ones(500, np.float32))
    thin = error.thinned([few, many], 100)
    assert (thin.points[:, 0] == 0).sum() == 5
    assert thin.weights[thin.points[:, 0] == 0].sum() == pytest.approx(500.0)


def test_thinning_of_no_points_is_none() -> None:
    none = error.Samples(np.empty((0, 3), np.float32), np.empty(0, np.float32))
    assert len(error.thinned([none, none]).points) == 0


def test_what_is_written_is_no_less_than_the_truth_and_no_more_than_twice() -> None:
    fine, coarse = _patch(ball(60, ripple=0.02).primitives[0]), _patch(ball(11, ripple=0.02).primitives[0])
    truth, written = [], []
    for here, there in ((fine, coarse), (coarse, fine)):
        dense = error.scatter(here, 199_999)
        truth.append(error.quantile(error.distances(dense.points, [there]), dense.weights))
        samples = error.scatter(here)
        written.append(error.SAFETY * error.quantile(error.distances(samples.points, [there]), samples.weights))
    assert max(truth) <= max(written) <= 2.0 * max(truth)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_lattice_has_the_centroids_of_a_triangle_cut_so_many_fold(n: int) -> None:
    weights = error.lattice(n)
    assert len(weights) == n * n
    assert weights.min() > 0.0
    assert weights.sum(axis=1) == pytest.approx(np.ones(n * n))
    assert weights.mean(axis=0) == pytest.approx(np.full(3, 1 / 3))


def test_points_lie_on_the_triangles_that_are_told_with_them() -> None:
    whole = patch_of(ball(8))[0]
    found, owners = error.scatter_on(whole, 100)
    assert np.array_equal(found.points, error.scatter(whole, 100).points)
    for point, owner in zip(found.points, owners, strict=True):
        alone = replace(whole, indices=whole.indices[owner : owner + 1])
        assert error.distances(point[None], [alone])[0] < 1e-6
