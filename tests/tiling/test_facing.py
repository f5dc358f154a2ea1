import numpy as np

from tests.tiling.shapes import ball, sheet
from tiling import facing
from tiling.mesh import Indices, Singles


def _brute(points: Singles, positions: Singles, indices: Indices) -> np.ndarray:
    """Distance of each point to the nearest of many points on each triangle: (k, m)."""
    steps = np.linspace(0.0, 1.0, 13)
    weights = np.array([(1.0 - v - w, v, w) for v in steps for w in steps if v + w <= 1.0 + 1e-9])
    dense = np.einsum("pc,mcx->mpx", weights, positions[indices].astype(np.float64))
    return np.linalg.norm(points[:, None, None] - dense[None], axis=3).min(axis=2)


def test_the_counterpart_is_near_and_faces_the_same_way() -> None:
    coarse, fine = ball(4).primitives[0], ball(15).primitives[0]
    low, high = coarse.positions.astype(np.float32), fine.positions.astype(np.float32)
    found = facing.counterparts(facing.grid(low, coarse.indices), high, fine.indices)
    middles = high[fine.indices].mean(axis=1)
    distances = _brute(middles, low, coarse.indices)
    assert (distances[np.arange(len(found)), found] < distances.min(axis=1) + 0.03).all()


def test_the_sides_of_a_thin_wall_are_told_apart() -> None:
    front = sheet(6, 6)
    back = front.positions - (0.0, 0.004, 0.0)
    positions = np.concatenate([front.positions, back]).astype(np.float32)
    behind = front.indices[:, ::-1] + np.uint32(len(front.positions))
    wall = np.concatenate([front.indices, behind]).astype(np.uint32)
    coarse = facing.grid(positions, wall)
    # A finer wall that lies nearer to the wrong side.
    for shift, is_front in ((-0.003, True), (-0.001, False)):
        finer = sheet(20, 20)
        moved = (finer.positions + np.array([0.0, shift, 0.0])).astype(np.float32)
        triangles = finer.indices if is_front else np.ascontiguousarray(finer.indices[:, ::-1])
        found = facing.counterparts(coarse, moved, triangles)
        assert ((found < len(front.indices)) == is_front).all()


def test_what_lies_far_off_gets_the_nearest_and_what_faces_no_one_gets_one() -> None:
    plane = sheet(3, 3)
    coarse = facing.grid(plane.positions.astype(np.float32), plane.indices)
    far = np.array([[30, 5, 40], [31, 5, 40], [30, 5, 41]], np.float32)
    for triangle in ([[0, 1, 2]], [[0, 2, 1]], [[0, 0, 0]]):
        found = facing.counterparts(coarse, far, np.array(triangle, np.uint32))
        assert plane.positions[plane.indices[found[0]]].mean(axis=0)[[0, 2]].min() > 0.7


def test_one_triangle_without_area_is_everyones_counterpart() -> None:
    point = np.zeros((3, 3), np.float32)
    coarse = facing.grid(point, np.array([[0, 1, 2]], np.uint32))
    plane = sheet(2, 2)
    assert not facing.counterparts(coarse, plane.positions.astype(np.float32), plane.indices).any()
