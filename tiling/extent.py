"""The lowest and the highest corner of many points, compiled: numpy takes ten times as long over short rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
