"""Transforms of placements as matrices, and boxes in the scene: y up inside, z up in 3D Tiles.

With R turning (x, y, z) into (x, -z, y), a placement's M becomes R · M · R⁻¹ in a tileset: what lies below it is z-up
already, or is turned by the client.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scenes.model import Extent

Matrix = NDArray[np.float64]

Y_UP_TO_Z_UP: Matrix = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=np.float64)
_CUBE: Matrix = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float64)
_LEAST_HALF_AXIS = 1e-6
"""share of a box's size that no half axis falls below: boxes without volume upset clients"""


def matrix_of(transform: tuple[float, ...]) -> Matrix:
    """16 numbers, column-major, as a 4 × 4 matrix that acts on columns."""
    return np.array(transform, dtype=np.float64).reshape(4, 4).T


def z_up_transform(transform: tuple[float, ...]) -> list[float]:
    """A placement's y-up transform as the `transform` of a tile, column-major.

    >>> z_up_transform((1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 7, 8, 9, 1))[12:15]
    [7.0, -9.0, 8.0]
    """
    turned = Y_UP_TO_Z_UP @ matrix_of(transform) @ Y_UP_TO_Z_UP.T
    return numbers(turned.T.ravel())


def largest_scale(transform: tuple[float, ...]) -> float:
    """Length of the longest of the three axes as transformed, by which clients scale geometric errors."""
    return float(np.sqrt((matrix_of(transform)[:3, :3] ** 2).sum(axis=0)).max())


def largest_scales(transforms: Sequence[tuple[float, ...]]) -> NDArray[np.float64]:
    """The same (n,) of n transforms."""
    axes = np.array(transforms, np.float64).reshape(-1, 4, 4)[:, :3, :3]
    found: NDArray[np.float64] = np.sqrt((axes**2).sum(axis=2)).max(axis=1, initial=0.0)
    return found


def z_up_box(low: NDArray[np.float64], high: NDArray[np.float64]) -> list[float]:
    """A y-up axis-aligned box as the twelve z-up numbers of 3D Tiles; one without volume gets a little.

    >>> z_up_box(np.array([0.0, 0.0, 0.0]), np.array([2.0, 4.0, 6.0]))
    [1.0, -3.0, 2.0, 1.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 2.0]
    """
    centre, half = (low + high) / 2, (high - low) / 2
    # The float64 of the farthest corner tells no more than its own step.
    least = max(float(half.max()) * _LEAST_HALF_AXIS, float(np.abs(centre).max()) * 1e-12, 1e-9)
    x, y, z = np.maximum(half, least)
    return numbers([centre[0], -centre[2], centre[1], x, 0, 0, 0, z, 0, 0, 0, y])


def bounds_of(extent: Extent) -> tuple[Matrix, Matrix]:
    """Low and high corner of an extent."""
    return np.array(extent.low, dtype=np.float64), np.array(extent.high, dtype=np.float64)


def placed_bounds(
    extents: Sequence[Extent], transforms: Sequence[tuple[float, ...]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Low and high corners (n, 3) in the scene of n extents, each under its transform."""
    if not extents:
        return np.zeros((0, 3)), np.zeros((0, 3))
    low = np.array([extent.low for extent in extents], np.float64)
    size = np.array([extent.high for extent in extents], np.float64) - low
    matrices = np.array(transforms, np.float64).reshape(-1, 4, 4).transpose(0, 2, 1)
    corners = low[:, None, :] + _CUBE[None] * size[:, None, :]
    placed = np.einsum("nij,nkj->nki", matrices[:, :3, :3], corners) + matrices[:, None, :3, 3]
    return placed.min(axis=1), placed.max(axis=1)


def numbers(values: Any) -> list[float]:
    """Floats without the sign of zero, which would make two texts of one number."""
    return [float(value) + 0.0 for value in values]
