"""The lowest and the highest corner of many points, and which lie between two, compiled: numpy takes ten
times as long over short rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Singles


def low_high(points: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Lowest and highest corner (k,) of points (n, k), in their own type; n is one at least.

    >>> low_high(np.array([[1.0, 5.0], [3.0, 2.0]]))
    (array([1., 2.]), array([3., 5.]))
    """
    low, high = points[0].copy(), points[0].copy()
    _low_high(points, low, high)
    return low, high


def longest_side(points: NDArray[Any]) -> float:
    """Of the box around points (n, k); 0 of none.

    >>> longest_side(np.array([[1.0, 5.0], [3.0, 2.0]]))
    3.0
    """
    if not len(points):
        return 0.0
    low, high = low_high(points)
    return float((high - low).max())


@njit(cache=True, nogil=True)
def _low_high(points: NDArray[Any], low: NDArray[Any], high: NDArray[Any]) -> None:  # pragma: no cover - compiled
    for row in range(len(points)):
        for axis in range(points.shape[1]):
            value = points[row, axis]
            low[axis] = min(low[axis], value)
            high[axis] = max(high[axis], value)


@njit(cache=True, nogil=True)
def inside(points: Singles, low: Singles, high: Singles) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """Numbers, ascending, of the points (n, 3) in a box, its walls included."""
    out = np.empty(len(points), np.int64)
    count = 0
    for row in range(len(points)):
        if (
            low[0] <= points[row, 0] <= high[0]
            and low[1] <= points[row, 1] <= high[1]
            and low[2] <= points[row, 2] <= high[2]
        ):
            out[count] = row
            count += 1
    found: NDArray[np.int64] = out[:count].copy()
    return found


@njit(cache=True, nogil=True)
def outside(points: Singles, low: Singles, high: Singles) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """Numbers, ascending, of the points (n, 3) beyond a box."""
    out = np.empty(len(points), np.int64)
    count = 0
    for row in range(len(points)):
        is_out = False
        for axis in range(3):
            is_out |= points[row, axis] < low[axis] or points[row, axis] > high[axis]
        if is_out:
            out[count] = row
            count += 1
    found: NDArray[np.int64] = out[:count].copy()
    return found


def nearest_box(points: Singles, low: Singles, high: Singles) -> NDArray[np.int64]:
    """For each of few points (n, 3) the number of the nearest of boxes with these corners (k, 3)."""
    gap = np.maximum(np.maximum(low[None] - points[:, None], points[:, None] - high[None]), 0.0)
    found: NDArray[np.int64] = np.argmin((gap**2).sum(axis=2), axis=1)
    return found
