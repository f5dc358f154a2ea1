"""A tile of points as coded streams: whole positions, colours, and what a client may style by.

Points come in strips (`points_order.in_strips`), along the two axes in which the tile is longer. Positions are whole
steps from a corner, of 16 bits; a tile too wide for those has them as floats, exact up to 24 bits, whose mantissas are
the steps (EXT_meshopt_compression, filter EXPONENTIAL). Of a tile that is wider still, which only the coarsest are of a
cloud of many kilometres, the last bits are rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling import points_order
from tiling.points_planes import encode_vertices

WIDEST = (1 << 24) - 2
"""steps of a tile: what 24 bits hold, about its middle"""
_SHORT = 1 << 16


@dataclass(frozen=True, slots=True)
class Coded:
    """One attribute: its name, the coded stream, and what it decodes to."""

    name: str
    data: bytes
    stride: int
    component: int
    """as glTF numbers types"""
    kind: str
    is_normalized: bool = False
    filtered: str = ""
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Packed:
    """A tile's points."""

    count: int
    corner: NDArray[np.int64]
    """(3,) steps: where the positions begin"""
    coarse: int
    """positions are multiples of so many steps: 1, or a power of two in a tile that is wider than `WIDEST`"""
    attributes: tuple[Coded, ...]


Box = tuple[NDArray[np.int64], NDArray[np.int64]]
"""the lowest and the highest corner of some points, (3,) steps each"""


def strips(positions: NDArray[np.uint32], places: NDArray[np.int64], box: Box) -> NDArray[np.uint32]:
    """Some points in the order in which they code best: the same places (m,), in strips as wide as a byte of steps.

    Where points lie closer than that would keep together, strips are as wide as points are apart.
    """
    extent = box[1] - box[0]
    along, across = (int(axis) for axis in np.argsort(-extent, kind="stable")[:2])
    apart = np.sqrt(max(1.0, float(extent[along]) * float(max(extent[across], 1)) / len(places)))
    width = 8 if 64.0 <= apart < 1024.0 else max(0, round(np.log2(apart)))
    found: NDArray[np.uint32] = points_order.in_strips(positions, places, across, along, width)
    return found


def packed(
    positions: NDArray[np.uint32],
    places: NDArray[np.uint32],
    box: Box,
    *,
    colours: NDArray[np.uint16] | NDArray[np.uint8] | None = None,
    intensity: NDArray[np.uint16] | None = None,
    classification: NDArray[np.uint8] | None = None,
    normals: NDArray[np.int8] | None = None,
) -> Packed:
    """Streams of some points, `places` (m,) of all, in that order.

    Positions (n, 3), in steps; `box` is about those of the m points. The rest is of the m points, in rows of 4 or 8
    bytes that end in zeros, as the codec wants them: linear colours (m, 4) in bytes or words, intensity (m, 2),
    classification (m, 4), and normals (m, 4) as `meshopt.encode_oct8` gives them.
    """
    count = len(places)
    corner, extent = box[0], box[1] - box[0]
    attributes = []
    coarse = 1
    if extent.max() < _SHORT:
        rows = _shorts(positions, places, corner)
        high = tuple(float(number) for number in extent)
        attributes.append(Coded("POSITION", encode_vertices(rows), 8, 5123, "VEC3", low=(0.0,) * 3, high=high))
    else:
        middle = corner + extent // 2
        whole = positions[places].astype(np.int64) - middle
        while extent.max() >= WIDEST * coarse:
            coarse *= 2
        whole = (whole + coarse // 2) // coarse
        words = np.ascontiguousarray((whole & 0xFFFFFF).astype(np.uint32))  # exponent 0, mantissa of 24 bits
        low_at, high_at = (tuple(map(float, side)) for side in (whole.min(axis=0).tolist(), whole.max(axis=0).tolist()))
        data = encode_vertices(words)
        attributes.append(Coded("POSITION", data, 12, 5126, "VEC3", filtered="EXPONENTIAL", low=low_at, high=high_at))
        corner = middle
    if colours is not None:
        size, component = (8, 5123) if colours.dtype == np.uint16 else (4, 5121)
        coded = encode_vertices(colours)
        attributes.append(Coded("COLOR_0", coded, size, component, "VEC3", is_normalized=True))
    if normals is not None:
        coded = encode_vertices(np.ascontiguousarray(normals))
        attributes.append(Coded("NORMAL", coded, 4, 5120, "VEC3", is_normalized=True, filtered="OCTAHEDRAL"))
    if intensity is not None:
        attributes.append(Coded("_INTENSITY", encode_vertices(intensity), 4, 5123, "SCALAR"))
    if classification is not None:
        attributes.append(Coded("_CLASSIFICATION", encode_vertices(classification), 4, 5121, "SCALAR"))
    return Packed(count, corner, coarse, tuple(attributes))


@njit(cache=True, nogil=True)
def reach_of(positions: Any, places: Any) -> Any:  # pragma: no cover - compiled
    """The lowest and the highest corner, (3,) int64 each, of some of the positions."""
    first = places[0]
    a = d = positions[first, 0]
    b = e = positions[first, 1]
    c = f = positions[first, 2]
    for place in places:
        x, y, z = positions[place, 0], positions[place, 1], positions[place, 2]
        a, b, c = min(a, x), min(b, y), min(c, z)
        d, e, f = max(d, x), max(e, y), max(f, z)
    low, high = np.empty(3, np.int64), np.empty(3, np.int64)
    low[0], low[1], low[2], high[0], high[1], high[2] = a, b, c, d, e, f
    return low, high


@njit(cache=True, nogil=True)
def _shorts(positions: Any, places: Any, low: Any) -> Any:  # pragma: no cover - compiled
    """Rows of four uint16 from a corner, the last one 0."""
    rows = np.zeros((len(places), 4), np.uint16)
    for at in range(len(places)):
        for axis in range(3):
            rows[at, axis] = np.uint16(np.int64(positions[places[at], axis]) - low[axis])
    return rows
