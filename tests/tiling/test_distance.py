"""Distances are compared with those to every triangle in turn, in double precision."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tiling.shapes import ball, sheet
from tiling import distance
from tiling.mesh import Floats, Indices, Singles

_CORNER = np.array([[0, 0, 0], [4, 0, 0], [0, 4, 0]], np.float32)
_ONE = np.array([[0, 1, 2]], np.uint32)


def _surface(triangles: int = 600, seed: int = 3) -> tuple[Singles, Indices]:
    """Triangles of all sizes, some of them slivers, anywhere in a cube."""
    random = np.random.default_rng(seed)
    corners = random.uniform(-1, 1, (triangles, 1, 3)) + random.normal(size=(triangles, 3, 3)) * random.choice(
        [0.3, 0.03, 0.001], (triangles, 1, 1)
    )
    corners[::7, 2] = corners[::7, 1] + 1e-4
    return corners.reshape(-1, 3).astype(np.float32), np.arange(3 * triangles, dtype=np.uint32).reshape(-1, 3)


def _to_segment(point: Floats, a: Floats, b: Floats) -> Floats:
    along, length = b - a, np.einsum("ij,ij->i", b - a, b - a)
    t = np.clip(np.einsum("ij,ij->i", point - a, along) / np.where(length > 0, length, 1), 0, 1)
    found: Floats = np.linalg.norm(point - a - t[:, None] * along, axis=1)
    return found


def _to_all(point: Floats, positions: Singles, indices: Indices) -> float:
    """The least of the distances to the edges and, where its foot lies within, to the plane of any triangle."""
    a, b, c = (positions[indices[:, corner]].astype(np.float64) for corner in range(3))
    edges = np.minimum(np.minimum(_to_segment(point, a, b), _to_segment(point, b, c)), _to_segment(point, c, a))
    normal = np.cross(b - a, c - a)
    inside = np.all(
        [np.einsum("ij,ij->i", np.cross(q - p, point - p), normal) >= 0 for p, q in ((a, b), (b, c), (c, a))], axis=0
    )
    length = np.linalg.norm(normal, axis=1)
    plane = np.abs(np.einsum("ij,ij->i", point - a, normal)) / np.where(length > 0, length, 1)
    return float(np.where(inside & (length > 0), np.minimum(plane, edges), edges).min())


def _distances(points: NDArray[np.floating], positions: Singles, indices: Indices) -> Singles:
    best = np.full(len(points), np.inf, np.float32)
    distance.nearest(distance.build(positions, indices), np.asarray(points, np.float32), best=best)
    return best


def test_distances_are_the_same_to_a_tree_that_is_not_sorted() -> None:
    positions, indices = _surface(513)
    points = np.random.default_rng(5).uniform(-1.5, 1.5, (400, 3)).astype(np.float32)
    best = np.full(len(points), np.inf, np.float32)
    distance.nearest(distance.build(positions, indices, is_sorted=True), points, best=best)
    assert np.array_equal(best, _distances(points, positions, indices))


@pytest.mark.parametrize("triangles", [1, 7, 8, 9, 64, 65, 513, 600])
def test_distances_agree_with_those_to_every_triangle(triangles: int) -> None:
    positions, indices = _surface(triangles)
    points = np.random.default_rng(4).uniform(-1.5, 1.5, (200, 3)).astype(np.float32)
    expected = [_to_all(point.astype(np.float64), positions, indices) for point in points]
    assert _distances(points, positions, indices) == pytest.approx(expected, rel=1e-4, abs=1e-6)


def test_points_on_a_surface_are_no_farther_off_than_rounding() -> None:
    positions, indices = _surface()
    points, owner = distance.scatter(positions, indices, 3000)
    found = _distances(points, positions, indices)
    assert found[owner % 7 != 0].max() < 1e-6
    assert found.max() < 5e-5  # half a sliver's width


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ((1, 1, 3), 3.0),
        ((2, -2, 0), 2.0),
        ((-2, 2, 0), 2.0),
        ((-3, -4, 0), 5.0),
        ((3, 3, 0), np.sqrt(2)),
        ((7, -4, 0), 5.0),
    ],
)
def test_a_triangle_is_as_far_as_its_face_its_edge_or_its_corner(point: tuple[int, ...], expected: float) -> None:
    assert _distances(np.array([point], float), _CORNER, _ONE)[0] == pytest.approx(expected)


def test_a_triangle_without_area_is_as_far_as_its_edge_and_one_without_length_as_its_corner() -> None:
    assert _distances(np.array([[1.0, 1, 0]]), _CORNER, np.array([[0, 1, 1]], np.uint32))[0] == pytest.approx(1.0)
    assert _distances(np.array([[5.0, 0, 0]]), _CORNER, np.array([[1, 1, 1]], np.uint32))[0] == pytest.approx(1.0)


def test_what_is_nearer_already_stays_and_what_is_farther_is_lowered() -> None:
    best = np.array([0.5, 7.0, np.inf], np.float32)
    distance.nearest(distance.build(_CORNER, _ONE), np.full((3, 3), [1, 1, 2], np.float32), best=best)
    assert best.tolist() == [0.5, 2.0, 2.0]


@pytest.mark.parametrize("reach", [0.0, 0.02, 0.3, np.inf])
def test_a_tree_of_what_is_within_reach_gives_the_same_distances(reach: float) -> None:
    positions, indices = _surface()
    points, _ = distance.scatter(positions * np.float32(0.5) + np.float32(1.0), indices, 400)
    expected, found = np.full((2, 400), reach, np.float32)
    distance.nearest(distance.build(positions, indices), points, best=expected)
    distance.lower(positions, indices, points, best=found)
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert (found < reach).any() == (reach > 0.0)


def test_what_nobody_reaches_is_left_out() -> None:
    positions, indices = _surface()
    points, best = np.full((1, 3), 0.9, np.float32), np.full(1, 0.1, np.float32)
    rows, near = distance._within_reach(positions, indices, points, best)
    assert rows.tolist() == [0]
    assert 0 < len(near) < len(indices) / 10
    rows, near = distance._within_reach(positions, indices, points * np.float32(100.0), best)
    assert len(rows) == len(near) == 0


def test_no_surface_is_infinitely_far_and_has_no_points() -> None:
    none = np.empty((0, 3), np.uint32)
    assert np.isinf(_distances(np.zeros((2, 3)), _CORNER, none)).all()
    assert len(distance.scatter(_CORNER, none, 10)[0]) == 0


def test_a_surface_without_area_has_no_points() -> None:
    points, owner = distance.scatter(_CORNER, np.array([[0, 1, 1]], np.uint32), 10)
    assert len(points) == len(owner) == 0


def test_points_are_shared_out_by_area() -> None:
    sizes = np.array([1.0, 3.0, 0.0, 6.0])
    positions = np.concatenate([_CORNER * np.float32(np.sqrt(size)) for size in sizes])
    _, owner = distance.scatter(positions, np.arange(12, dtype=np.uint32).reshape(-1, 3), 1000)
    assert np.bincount(owner, minlength=4).tolist() == [100, 300, 0, 600]


def test_points_lie_on_the_triangle_that_they_name() -> None:
    positions, indices = _surface()
    points, owner = distance.scatter(positions, indices, 500)
    assert (
        max(_to_all(p.astype(np.float64), positions, indices[[t]]) for p, t in zip(points, owner, strict=True)) < 1e-6
    )


def test_points_fill_a_plane_evenly() -> None:
    plane = sheet(1, 1)
    points, _ = distance.scatter(plane.positions.astype(np.float32), plane.indices, 1600)
    flat = points[:, np.ptp(points, axis=0) > 0]
    cells = np.clip(((flat - flat.min(axis=0)) / np.ptp(flat, axis=0) * 10).astype(int), 0, 9)
    counts = np.bincount(cells[:, 0] * 10 + cells[:, 1], minlength=100)
    assert counts.min() >= 10
    assert counts.max() <= 22


def test_points_in_a_row_are_near_one_another() -> None:
    whole = ball(40).primitives[0]
    points, _ = distance.scatter(whole.positions.astype(np.float32), whole.indices, 4000)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    shuffled = np.linalg.norm(np.diff(np.random.default_rng(0).permutation(points), axis=0), axis=1)
    assert steps.mean() < shuffled.mean() / 12


def test_the_curve_goes_from_cell_to_cell_through_all_of_a_cube() -> None:
    cells = np.stack(np.meshgrid(*[np.arange(8.0)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    corner = np.full((1, 3), 2.0**distance._BITS - 1)  # so that a cell is a metre
    codes = distance._codes(np.concatenate([cells, corner]).astype(np.float32))[:-1]
    walk = cells[distance._along_curve(codes)]
    assert sorted(codes.tolist()) == list(range(512))
    assert (np.abs(np.diff(walk, axis=0)).sum(axis=1) == 1.0).all()


def test_any_points_are_put_in_the_order_of_the_curve() -> None:
    points = np.random.default_rng(5).uniform(-1, 1, (3000, 3)).astype(np.float32)
    order = distance.along_curve(points)
    assert sorted(order.tolist()) == list(range(3000))
    steps = [np.linalg.norm(np.diff(each, axis=0), axis=1).mean() for each in (points, points[order])]
    assert steps[1] < steps[0] / 5


def test_areas_are_half_the_cross_products() -> None:
    assert distance.areas(_CORNER, np.array([[0, 1, 2], [0, 1, 1]], np.uint32)).tolist() == [8.0, 0.0]


_PROGRAM = """
import hashlib
import numpy as np
from tiling import distance

rng = np.random.default_rng(1)
tree = distance.build(rng.normal(size=(300, 3)).astype(np.float32), rng.integers(0, 300, (600, 3)).astype(np.uint32))
best = np.full(2000, np.inf, np.float32)
distance.nearest(tree, rng.normal(size=(2000, 3)).astype(np.float32), best=best)
print(hashlib.sha256(best.tobytes()).hexdigest())
"""


@pytest.mark.long
def test_the_process_that_compiles_and_those_that_load_find_the_same_to_the_bit(tmp_path: Path) -> None:
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])}
    said = [
        subprocess.run([sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, text=True, check=True)
        for _ in range(2)
    ]
    assert said[0].stdout == said[1].stdout
    assert len(said[0].stdout) == 65
