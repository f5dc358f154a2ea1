import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import polygons


def _cut(points: list[tuple[float, float, float]]) -> tuple[np.ndarray, tuple[int, int]]:
    """Triangles of a polygon, and how many were cut anew or given up."""
    count = len(points)
    fan = np.array([[0, i, i + 1] for i in range(1, count - 1)], np.int32)
    told = polygons.cut_concave((fan,), np.array([[0, count - 2]]), np.array(points, float))
    return fan, told


def _areas(points: list[tuple[float, float, float]], triangles: np.ndarray) -> np.ndarray:
    a, b, c = (np.array(points, float)[triangles[:, i]] for i in range(3))
    return np.cross(b - a, c - a)[:, 2] / 2


ARROW = [(0, 0, 0), (2, -1, 0), (0.5, 0, 0), (2, 1, 0)]
DART = [(2, 1, 0), (0, 0, 0), (2, -1, 0), (0.5, 0, 0)]
COMB = [(0, 0, 0), (5, 0, 0), (5, 3, 0), (4, 3, 0), (4, 1, 0), (3, 1, 0), (3, 3, 0), (2, 3, 0), (2, 1, 0), (0, 1, 0)]


@pytest.mark.parametrize("points", [ARROW, DART, COMB, COMB[3:] + COMB[:3], [(x, y, 0.1 * x) for x, y, _ in COMB]])
def test_a_concave_polygon_is_covered_once(points: list[tuple[float, float, float]]) -> None:
    triangles, told = _cut(points)
    areas = _areas(points, triangles)
    x, y = np.array(points, float)[:, 0], np.array(points, float)[:, 1]
    assert (areas >= 0).all()
    assert areas.sum() == pytest.approx(abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2)
    assert told in ((1, 0), (0, 0))


def test_a_convex_polygon_stays_a_fan() -> None:
    turn = np.linspace(0, 2 * np.pi, 8)[:-1]
    triangles, told = _cut([(np.cos(t), np.sin(t), 0.0) for t in turn])
    assert triangles.tolist() == [[0, i, i + 1] for i in range(1, 6)]
    assert told == (0, 0)


def test_a_polygon_that_crosses_itself_stays_and_is_told() -> None:
    _, told = _cut([(0, 0, 0), (1, 1, 0), (1, 0, 0), (0, 1, 0), (0.5, 3, 0)])
    assert told[0] + told[1] == 1


def test_what_belongs_to_the_corners_goes_with_them() -> None:
    fan = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    others = fan * 10
    assert polygons.cut_concave((fan, others), np.array([[0, 2]]), np.array(DART, float)) == (1, 0)
    assert (others == fan * 10).all()


@settings(max_examples=100, deadline=None)
@given(radii=st.lists(st.floats(0.2, 3.0), min_size=4, max_size=40), start=st.integers(0, 39))
def test_every_star_shaped_polygon_is_covered_once(radii: list[float], start: int) -> None:
    turn = 2 * np.pi * np.arange(len(radii)) / len(radii)
    points = [(r * np.cos(t), r * np.sin(t), 0.0) for r, t in zip(radii, turn, strict=True)]
    points = points[start % len(points) :] + points[: start % len(points)]
    triangles, told = _cut(points)
    areas = _areas(points, triangles)
    x, y = np.array(points)[:, 0], np.array(points)[:, 1]
    assert told[1] == 0
    assert (areas > -1e-9).all()
    assert areas.sum() == pytest.approx(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2)
