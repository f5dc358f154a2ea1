import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from tiling import extent

sizes = st.floats(-1e6, 1e6, width=32)
points = st.integers(0, 30).flatmap(lambda n: arrays(np.float32, (n, 3), elements=sizes))
some = points.filter(len)


@given(some)
def test_corners_are_the_least_and_the_greatest_of_each_axis(places: NDArray[np.float32]) -> None:
    low, high = extent.low_high(places)
    assert np.array_equal(low, places.min(axis=0))
    assert np.array_equal(high, places.max(axis=0))


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint16, np.int64])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_corners_keep_their_type_and_width(kind: type, width: int) -> None:
    places = np.arange(5 * width).reshape(5, width).astype(kind)
    low, high = extent.low_high(places)
    assert low.dtype == high.dtype == kind
    assert low.tolist() == list(range(width))
    assert high.tolist() == list(range(4 * width, 5 * width))


@given(points, sizes, sizes)
def test_points_outside_are_all_that_are_not_inside(places: NDArray[np.float32], one: float, other: float) -> None:
    low, high = np.full(3, min(one, other), np.float32), np.full(3, max(one, other), np.float32)
    both = np.concatenate([extent.outside(places, low, high), extent.inside(places, low, high)])
    assert sorted(both.tolist()) == list(range(len(places)))


def test_points_are_not_changed() -> None:
    places = np.array([[3.0, 1.0], [1.0, 3.0]])
    low, high = extent.low_high(places)
    low[:], high[:] = -9, 9
    assert places.tolist() == [[3, 1], [1, 3]]


@given(points)
def test_the_longest_side_is_that_of_the_box(places: NDArray[np.float32]) -> None:
    expected = float(np.ptp(places, axis=0).max()) if len(places) else 0.0
    assert extent.longest_side(places) == expected


@given(points, some)
def test_inside_are_the_points_between_two_corners_walls_included(
    places: NDArray[np.float32], others: NDArray[np.float32]
) -> None:
    low, high = others.min(axis=0), others.max(axis=0)
    everything = np.concatenate([places, others])
    expected = np.flatnonzero(((everything >= low) & (everything <= high)).all(axis=1))
    assert np.array_equal(extent.inside(everything, low, high), expected)
    assert len(expected) >= len(others)


@given(some, some)
def test_the_nearest_box_is_as_near_as_the_nearest(places: NDArray[np.float32], corners: NDArray[np.float32]) -> None:
    low, high = corners, corners + np.abs(corners[::-1])
    found = extent.nearest_box(places, low, high)
    for place, box in zip(places.astype(float), found, strict=True):
        gaps = [np.linalg.norm(np.clip(place, a, b) - place) for a, b in zip(low, high, strict=True)]
        assert gaps[box] <= min(gaps) * (1 + 1e-5) + 1e-3
