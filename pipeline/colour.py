"""Colours of scans are sRGB, whatever file they come in; glTF's vertex colours are linear (glTF 2.0, 3.9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def linear_bytes(colours: NDArray[Any]) -> NDArray[np.uint8]:
    """sRGB (n, 3) or with alpha (n, 4), in 0 to 1, as linear RGBA bytes; IEC 61966-2-1.

    >>> linear_bytes(np.array([[1.0, 0.5, 0.0]])).tolist()
    [[255, 55, 0, 255]]
    """
    values = np.clip(np.asarray(colours, np.float64), 0.0, 1.0)
    out = np.full((len(values), 4), 255, np.uint8)
    rgb = values[:, :3]
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    out[:, :3] = np.rint(linear * 255.0)
    if values.shape[1] > 3:
        out[:, 3] = np.rint(values[:, 3] * 255.0)
    return out
