import numpy as np
import pytest
from numpy.typing import NDArray

from tiling import bounds

NO_BOX = np.zeros((0, 12))


def test_a_box_has_its_corners() -> None:
    low, high = np.array([-1.0, 2, 3]), np.array([4.0, 5, 7])
    back = bounds.corners(bounds.box(low, high))
    assert np.array_equal(back[0], low)
    assert np.array_equal(back[1], high)


def _frame(seed: int) -> NDArray[np.float64]:
    """Three orthonormal rows."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]


def _slab(seed: int, sides: tuple[float, float, float], count: int = 5000) -> NDArray[np.float64]:
    """Points all over a turned box of these sides about the origin, its corners among them."""
    inner = np.random.default_rng(seed).uniform(-0.5, 0.5, (count, 3))
    inner[:8] = [[x, y, z] for x in (-0.5, 0.5) for y in (-0.5, 0.5) for z in (-0.5, 0.5)]
    return inner * sides @ _frame(seed)


def _corners(box: NDArray[np.float64]) -> NDArray[np.float64]:
    signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    return box[:3] + signs @ box[3:].reshape(3, 3)


def _reach(box: NDArray[np.float64], points: NDArray[np.float64]) -> float:
    """The farthest point in shares of half axes; clients project on directions, or take the matrix apart: the worse."""
    axes, local = box[3:].reshape(3, 3), points - box[:3]
    lengths = np.linalg.norm(axes, axis=1)
    projected = np.abs(local @ (axes / lengths[:, None]).T) / lengths
    return float(max(projected.max(), np.abs(np.linalg.solve(axes.T, local.T)).max()))


def _surface(box: NDArray[np.float64]) -> float:
    a, b, c = 2 * np.linalg.norm(box[3:].reshape(3, 3), axis=1)
    return float(a * b + b * c + c * a)


@pytest.mark.parametrize(
    "sides", [(20, 6, 2), (10, 10, 10), (20, 20, 0.001), (20, 20, 0), (5, 0.001, 0.001), (5, 0, 0)]
)
@pytest.mark.parametrize("offset", [0.0, 3e6])
@pytest.mark.parametrize("unit", [1e-4, 1.0, 1e3])
def test_all_points_are_inside_though_numbers_are_rounded(
    sides: tuple[float, float, float], offset: float, unit: float
) -> None:
    for seed in range(3):
        points = (_slab(seed, sides) * unit) + offset
        assert _reach(bounds.enclosing(points, NO_BOX), points) <= 1.0


@pytest.mark.parametrize("sides", [(20, 6, 2), (20, 20, 0.01), (20, 20, 0)])
def test_a_turned_slab_has_a_box_of_nearly_its_own_surface(sides: tuple[float, float, float]) -> None:
    a, b, c = sides
    for seed in range(5):
        assert _surface(bounds.enclosing(_slab(seed, sides), NO_BOX)) < 1.1 * (a * b + b * c + c * a)


def test_a_ball_gets_an_aligned_box() -> None:
    points = np.random.default_rng(0).normal(size=(3000, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    box = bounds.enclosing(points, NO_BOX)
    assert np.count_nonzero(box[3:]) == 3
    assert np.allclose(box[[3, 7, 11]], 1.0, atol=0.01)


def test_the_boxes_of_children_are_inside_too() -> None:
    children = np.array([bounds.enclosing(_slab(seed, (20, 6, 2)) + 8.0 * seed, NO_BOX) for seed in range(4)])
    content = _slab(9, (4, 4, 4))
    box = bounds.enclosing(content, children)
    corners = np.concatenate([_corners(child) for child in children])
    assert _reach(box, np.concatenate([corners, content])) <= 1.0
    assert _reach(bounds.enclosing(content[:0], children), corners) <= 1.0


def test_parallel_children_have_a_parent_that_is_turned_as_they_are() -> None:
    step = np.array([20.0, 0, 0]) @ _frame(3)
    children = np.array([bounds.enclosing(_slab(3, (20, 20, 1)) + k * step, NO_BOX) for k in range(2)])
    assert _surface(bounds.enclosing(NO_BOX[:, :3], children)) < 1.05 * (40 * 20 + 20 + 40)


def test_one_box_alone_stays_as_it_is() -> None:
    child = bounds.enclosing(_slab(1, (20, 6, 2)), NO_BOX)
    assert np.array_equal(bounds.enclosing(NO_BOX[:, :3], child[None]), child)


def test_no_side_is_shorter_than_a_millionth_of_the_diagonal() -> None:
    for points in (np.zeros((1, 3)), np.full((4, 3), 7e5), _slab(0, (5, 0, 0)), np.diag([3.0, 0, 0])):
        box = bounds.enclosing(points, NO_BOX)
        sides = 2 * np.linalg.norm(box[3:].reshape(3, 3), axis=1)
        assert sides.min() >= 1e-6 * np.linalg.norm(points.max(axis=0) - points.min(axis=0))
        assert sides.min() > 0.0


def test_numbers_are_short() -> None:
    assert len(str(bounds.enclosing(_slab(2, (20, 6, 2)) + 4000.0, NO_BOX).tolist())) < 150


def test_neither_order_of_points_nor_their_layout_changes_a_box() -> None:
    points = _slab(4, (20, 6, 2), count=3000)
    box = bounds.enclosing(points, NO_BOX)
    assert np.array_equal(bounds.enclosing(np.asfortranarray(points), NO_BOX), box)
    assert np.array_equal(bounds.enclosing(points[::-1], NO_BOX), box)
