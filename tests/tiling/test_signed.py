"""Signs are compared with what is known of the solid; distances are those of `tiling.distance`, which has its own."""

import numpy as np
import pytest

from tests.tiling.shapes import ball, sheet
from tests.tiling.voxels import voxels
from tiling import distance
from tiling.mesh import Indices, Singles
from tiling.signed import signed, surface


def _ball(bands: int = 16, ripple: float = 0.0) -> tuple[Singles, Indices]:
    whole = ball(bands, ripple=ripple).primitives[0]
    return whole.positions.astype(np.float32), whole.indices


def _in_cube(count: int, reach: float) -> Singles:
    return np.random.default_rng(1).uniform(-reach, reach, (count, 3)).astype(np.float32)


def test_inside_is_negative_and_outside_positive() -> None:
    points = _in_cube(3000, 1.5)
    distances, is_border = signed(surface(*_ball(40)), points)
    radius = np.linalg.norm(points, axis=1)
    clear = np.abs(radius - 1.0) > 0.01
    assert ((distances > 0) == (radius > 1))[clear].all()
    assert distances[clear] == pytest.approx(radius[clear] - 1.0, abs=0.002)
    assert not is_border.any()


def test_signs_are_right_beside_edges_and_corners_that_stand_out_and_that_stand_in() -> None:
    solid = np.ones((4, 4, 4), bool)
    solid[2:, 2:, 2:] = False
    solid[0, 0, 2:] = False
    positions, indices = voxels(solid, 0.25)
    points = np.random.default_rng(2).uniform(-0.5, 1.5, (20_000, 3)).astype(np.float32)
    cell = np.floor(points / 0.25).astype(int)
    within = ((cell >= 0) & (cell < 4)).all(axis=1)
    inside = np.zeros(len(points), bool)
    inside[within] = solid[tuple(cell[within].T)]
    distances, is_border = signed(surface(positions, indices), points)
    clear = np.abs(distances) > 1e-5
    assert ((distances < 0) == inside)[clear].all()
    assert not is_border.any()


def test_a_sharp_spike_has_the_right_side_all_around() -> None:
    """Where the normal of the nearest triangle alone would be wrong at the tip."""
    around = np.linspace(0, 2 * np.pi, 7)[:-1]
    ring = np.stack([0.05 * np.cos(around), 0.05 * np.sin(around), np.zeros(6)], axis=1)
    positions = np.concatenate([ring, [[0.02, 0, 1.0], [0, 0, 0]]]).astype(np.float32)
    sides = [(i, (i + 1) % 6, 6) for i in range(6)] + [((i + 1) % 6, i, 7) for i in range(6)]
    points = (np.array([0.02, 0, 1.0]) + np.random.default_rng(3).normal(size=(2000, 3)) * 0.05).astype(np.float32)
    points = points[points[:, 2] > 1.001]
    distances, _ = signed(surface(positions, np.array(sides, np.uint32)), points)
    assert (distances > 0).all()


def test_seams_are_no_borders_and_borders_are() -> None:
    positions, indices = _ball(12)
    cut = positions[indices].reshape(-1, 3), np.arange(indices.size, dtype=np.uint32).reshape(-1, 3)
    points = _in_cube(2000, 1.5)
    whole, seams = signed(surface(positions, indices), points), signed(surface(*cut), points)
    assert seams[0] == pytest.approx(whole[0], abs=1e-6)
    assert not seams[1].any()

    flat = sheet(8, 8)
    points = np.array(
        [[0.5, 0.2, 0.5], [0.5, -0.2, 0.5], [1.5, 0.0, 0.5], [1.5, 0.3, 1.5], [0.5, 0.2, 1.01]], np.float32
    )
    distances, is_border = signed(surface(flat.positions.astype(np.float32), flat.indices), points)
    assert is_border.tolist() == [False, False, True, True, True]
    assert distances[:2].tolist() == pytest.approx([0.2, -0.2])


def test_hardly_any_point_of_a_closed_surface_is_taken_for_a_border() -> None:
    positions, indices = _ball(40, ripple=0.05)
    points, _ = distance.scatter(positions * np.float32(1.001), indices, 30_000)
    _, is_border = signed(surface(positions, indices), points)
    assert is_border.mean() < 1e-3


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_size_does_not_matter(scale: float) -> None:
    positions, indices = _ball(12)
    points = _in_cube(500, 1.5)
    unscaled, _ = signed(surface(positions, indices), points)
    found, is_border = signed(surface(positions * np.float32(scale), indices), points * np.float32(scale))
    assert found / scale == pytest.approx(unscaled, abs=2e-6)
    assert not is_border.any()


def test_no_triangles_are_infinitely_far() -> None:
    distances, is_border = signed(surface(np.empty((0, 3), np.float32), np.empty((0, 3), np.uint32)), _in_cube(3, 1.0))
    assert np.isinf(distances).all()
    assert not is_border.any()


def test_triangles_without_area_have_no_say() -> None:
    positions, indices = _ball(8)
    slivers = np.stack([indices[:, 0], indices[:, 1], indices[:, 1]], axis=1)
    points = _in_cube(500, 1.5)
    alone, _ = signed(surface(positions, indices), points)
    found, is_border = signed(surface(positions, np.concatenate([slivers, indices])), points)
    assert found == pytest.approx(alone, abs=1e-6)
    assert not is_border.any()
