"""Colours of scans are sRGB, whatever file they come in; glTF's vertex colours are linear (glTF 2.0, 3.9.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from pipeline.compiled import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.mapped import Store


_ROWS = 1 << 16


def linear_bytes(colours: NDArray[Any]) -> NDArray[np.uint8]:
    """sRGB (n, 3) or with alpha (n, 4), in 0 to 1, as linear RGBA bytes; IEC 61966-2-1.

    >>> linear_bytes(np.array([[1.0, 0.5, 0.0]])).tolist()
    [[255, 55, 0, 255]]
    """
    values = np.clip(np.nan_to_num(np.asarray(colours, np.float64), nan=1.0), 0.0, 1.0)
    out = np.full((len(values), 4), 255, np.uint8)
    out[:, :3] = np.rint(_linear(values[:, :3]) * 255.0)
    if values.shape[1] > 3:
        out[:, 3] = np.rint(values[:, 3] * 255.0)
    return out


def _linear(values: NDArray[np.float64]) -> NDArray[np.float64]:
    linear: NDArray[np.float64] = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return linear


_OF_BYTES = np.rint(_linear(np.arange(256) / 255.0) * 255.0).astype(np.uint8)


def full_scale(colours: NDArray[Any]) -> float:
    """What stands for full in a file's channels (n, k): 1, 255 or 65,535, as their type and values speak for.

    Some programs write bytes into wider integers, or into floating point.
    """
    if colours.dtype in (np.uint8, np.int8):
        return 255.0
    most = 0.0
    for _, piece in mapped.chunks(colours):
        most = max(most, float(np.nanmax(np.nan_to_num(piece, posinf=0.0), initial=0.0)))
    if colours.dtype.kind == "f" and most <= 1.0:
        return 1.0
    return 255.0 if most <= 255.0 else 65535.0


def stored_linear(colours: NDArray[Any], store: Store) -> NDArray[np.uint8]:
    """A file's channels (n, 3) on any scale as linear RGBA bytes (n, 4) in an array of the store."""
    out = store.growing(4, np.uint8, expected=len(colours))
    full = full_scale(colours)
    for _, piece in mapped.chunks(colours, _ROWS):
        if colours.dtype == np.uint8:
            out.append(_of_bytes(piece, _OF_BYTES))
        else:
            out.append(linear_bytes(piece.astype(np.float64) / full))
    return out.done()


@njit(cache=True, nogil=True)
def _of_bytes(colours: NDArray[np.uint8], table: NDArray[np.uint8]) -> NDArray[np.uint8]:
    out = np.empty((len(colours), 4), np.uint8)
    for row in range(len(colours)):
        for channel in range(3):
            out[row, channel] = table[colours[row, channel]]
        out[row, 3] = 255
    return out
