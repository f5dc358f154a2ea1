"""Axis-aligned boxes of tiles, y up, as 3D Tiles writes boxes: centre, then three half axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Floats


def box(low: Floats, high: Floats) -> Floats:
    """Twelve numbers: the centre and the half axes along x, y, z.

    >>> box(np.array([0.0, 0, 0]), np.array([2.0, 4, 6])).tolist()
    [1.0, 2.0, 3.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0]
    """
    out = np.zeros(12)
    out[:3] = (low + high) / 2.0
    out[3], out[7], out[11] = (high - low) / 2.0
    return out


def corners(box12: Floats) -> tuple[Floats, Floats]:
    """Low and high corner of the axis-aligned hull of any box of twelve numbers.

    >>> corners(box(np.array([0.0, 0, 0]), np.array([2.0, 4, 6])))[1].tolist()
    [2.0, 4.0, 6.0]
    """
    half = np.abs(box12[3:].reshape(3, 3)).sum(axis=0)
    return box12[:3] - half, box12[:3] + half


def flat_padded(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The box with no side shorter than a millionth of its diagonal: clients stumble over flat ones."""
    least = max(float(np.linalg.norm(high - low)) * 1e-6, 1e-9)
    lacking = np.maximum(least - (high - low), 0.0) / 2.0
    return low - lacking, high + lacking


def extents(group: NDArray[np.int64], points: NDArray[Any], count: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Low and high corners (count, k) of the points (n, k) of each group; every group has one at least.

    By sorting: `np.minimum.at` on rows takes ten times as long.

    >>> extents(np.array([1, 0, 1]), np.array([[5, 1], [2, 2], [3, 4]]), 2)[0].tolist()
    [[2, 2], [3, 1]]
    """
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(count))
    rows = points[order]
    return np.minimum.reduceat(rows, starts, axis=0), np.maximum.reduceat(rows, starts, axis=0)
