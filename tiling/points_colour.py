"""Colours of points as glTF wants them, linear, and so that those of the source can be told again.

A byte of sRGB becomes 16 bits of linear light, which a client shows as it is. Of the values that round back to the same
byte the one is taken that ends in the most zeros, so that the lower bytes hold little, and cost little.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

_NEAR = 0.49
"""of a step of sRGB, by which a value may be off; half a step would be the limit"""


def _linear(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """IEC 61966-2-1."""
    return np.where(values <= 0.04045, values / 12.92, ((np.maximum(values, 0.0) + 0.055) / 1.055) ** 2.4)


def _table() -> NDArray[np.uint16]:
    bytes_ = np.arange(256)
    low = np.ceil(_linear(np.maximum((bytes_ - _NEAR) / 255, 0.0)) * 65535).astype(np.int64)
    high = np.floor(_linear(np.minimum((bytes_ + _NEAR) / 255, 1.0)) * 65535).astype(np.int64)
    best = low.copy()
    for zeros in range(1, 17):
        rounded = (low + (1 << zeros) - 1) >> zeros << zeros
        best = np.where(rounded <= high, rounded, best)
    return best.astype(np.uint16)


LINEAR_OF_BYTE = _table()
"""(256,) linear light of each byte of sRGB, of 65535"""
SHADES = 20
REDUCED = np.rint(_linear(np.rint(np.arange(256) / 255 * (SHADES - 1)) / (SHADES - 1)) * 255).astype(np.uint8)
"""(256,) the same in so many shades, evenly spaced as the eye sees them, and in a byte, of 255"""


@functools.cache
def table(bits: int, *, is_reduced: bool) -> NDArray[np.uint16] | NDArray[np.uint8]:
    """Linear light of each value of sRGB in so many bits, of 65535; of 16 bits dark shades keep 12.

    With `is_reduced` in bytes, of 255, and of `SHADES` only.
    """
    if bits == 8:
        return REDUCED if is_reduced else LINEAR_OF_BYTE
    words = np.arange(1 << 16)
    return REDUCED[words >> 8] if is_reduced else np.rint(_linear(words / 65535.0) * 65535).astype(np.uint16)


def bytes_of_linear(values: NDArray[np.uint16]) -> NDArray[np.uint8]:
    """The bytes of sRGB that linear light stands for.

    >>> bytes_of_linear(LINEAR_OF_BYTE).tolist() == list(range(256))
    True
    """
    light = values / 65535.0
    found: NDArray[np.uint8] = np.rint(
        255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
    ).astype(np.uint8)
    return found
