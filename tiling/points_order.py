"""Orders of points: along a Morton curve through the cells of an octree, and in strips, in which they code best.

A cell of depth d is the cube of the root halved d times along each axis. A point's *code* interleaves the numbers of
its cell along the three axes (x lowest), so a cell's points are a run in the order of codes, and its eight parts follow
one another in it. Morton 1966.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

DEEPEST = 21
"""of cells: three numbers of so many bits make a code of 63"""
_RADIX = 13
"""bits of a digit: 8,192 counters, which stay in the nearest cache"""
_DIGITS = 1 << _RADIX


@njit(cache=True, nogil=True, inline="always")
def spread(value: Any) -> Any:  # pragma: no cover - compiled
    """A number of 21 bits with two zeros after each of them."""
    v = np.uint64(value) & np.uint64(0x1FFFFF)
    v = (v | (v << np.uint64(32))) & np.uint64(0x001F00000000FFFF)
    v = (v | (v << np.uint64(16))) & np.uint64(0x001F0000FF0000FF)
    v = (v | (v << np.uint64(8))) & np.uint64(0x100F00F00F00F00F)
    v = (v | (v << np.uint64(4))) & np.uint64(0x10C30C30C30C30C3)
    return (v | (v << np.uint64(2))) & np.uint64(0x1249249249249249)


@njit(cache=True, nogil=True, inline="always")
def gathered(code: Any) -> Any:  # pragma: no cover - compiled
    """Every third bit of a code, together: the inverse of `spread`."""
    v = np.uint64(code) & np.uint64(0x1249249249249249)
    v = (v | (v >> np.uint64(2))) & np.uint64(0x10C30C30C30C30C3)
    v = (v | (v >> np.uint64(4))) & np.uint64(0x100F00F00F00F00F)
    v = (v | (v >> np.uint64(8))) & np.uint64(0x001F0000FF0000FF)
    v = (v | (v >> np.uint64(16))) & np.uint64(0x001F00000000FFFF)
    return (v | (v >> np.uint64(32))) & np.uint64(0x1FFFFF)


@njit(cache=True, nogil=True, inline="always")
def joined_bits(x: Any, y: Any, z: Any) -> Any:  # pragma: no cover - compiled
    """The code of a cell from its numbers along the axes."""
    return spread(x) | (spread(y) << np.uint64(1)) | (spread(z) << np.uint64(2))


@njit(cache=True, nogil=True, inline="always")
def cell(positions: Any, at: int, inverse: Any) -> Any:  # pragma: no cover - compiled
    """Numbers of the cell of the deepest depth that a position lies in, as `codes` takes them."""
    last = (1 << DEEPEST) - 1
    x = min(int(positions[at, 0] * inverse[0]), last)
    y = min(int(positions[at, 1] * inverse[1]), last)
    z = min(int(positions[at, 2] * inverse[2]), last)
    return x, y, z


@njit(cache=True, nogil=True)
def codes(positions: Any, inverse: Any) -> Any:  # pragma: no cover - compiled
    """Codes (n,) uint64 at the deepest depth of positions (n, 3) whole and from 0, in steps.

    `inverse` (3,) float64 are cells in a step. What would lie beyond the cube lies in its last cells.
    """
    out = np.empty(len(positions), np.uint64)
    for at in range(len(positions)):
        x, y, z = cell(positions, at, inverse)
        out[at] = joined_bits(x, y, z)
    return out


@njit(cache=True, nogil=True)
def ascending(keys: Any, low: int, bits: int) -> Any:  # pragma: no cover - compiled
    """Places (n,) uint32 in the order of `bits` bits of the keys from bit `low`; equal ones keep their order.

    Sorting by counting, a digit at a time.
    """
    count = len(keys)
    order, other = np.empty(count, np.uint32), np.empty(count, np.uint32)
    for at in range(count):
        order[at] = at
    passes = (bits + _RADIX - 1) // _RADIX
    starts = np.zeros((max(passes, 1), _DIGITS + 1), np.int32)
    mask = np.uint64(_DIGITS - 1)
    # Digits are counted all at once, while the keys are still asked for one after the other.
    for at in range(count):
        key = (keys[at] >> np.uint64(low)) & ~(~np.uint64(0) << np.uint64(bits))
        for number in range(passes):
            starts[number, int(key & mask) + 1] += 1
            key >>= np.uint64(_RADIX)
    for number in range(passes):
        shift = np.uint64(low + number * _RADIX)
        width = min(_RADIX, bits - number * _RADIX)
        own, mask = starts[number], np.uint64((1 << width) - 1)
        for digit in range(1 << width):
            own[digit + 1] += own[digit]
        for at in range(count):
            place = order[at]
            digit = int((keys[place] >> shift) & mask)
            other[own[digit]] = place
            own[digit] += 1
        order, other = other, order
    return order


@njit(cache=True, nogil=True)
def in_strips(
    positions: Any, places: Any, across: int, along: int, log_width: int
) -> Any:  # pragma: no cover - compiled
    """Some points, `places` (m,) of them, in strips of 2 ** `log_width` steps of one axis, along another; (m,) uint32.

    Along a strip the one coordinate ascends by little, and the upper bytes of the other stay; a byte of it that fills
    the strip costs what it holds. On airborne scans positions take 0.2 bytes a point less than along a curve.
    """
    low_across, low_along = positions[places[0], across], positions[places[0], along]
    high_along, high_across = low_along, low_across
    for place in places:
        low_across, high_across = min(low_across, positions[place, across]), max(high_across, positions[place, across])
        low_along, high_along = min(low_along, positions[place, along]), max(high_along, positions[place, along])
    bits = 0
    while (int(high_along) - int(low_along)) >> bits:
        bits += 1
    more = 0
    while ((int(high_across) - int(low_across)) >> log_width) >> more:
        more += 1
    keys = np.empty(len(places), np.uint64)
    for at in range(len(places)):
        place = places[at]
        strip = (int(positions[place, across]) - int(low_across)) >> log_width
        keys[at] = (np.uint64(strip) << np.uint64(bits)) | np.uint64(int(positions[place, along]) - int(low_along))
    order = ascending(keys, np.int64(0), np.int64(bits + more))
    out = np.empty(len(places), np.uint32)
    for at in range(len(places)):
        out[at] = places[order[at]]
    return out


def cells_of(found: NDArray[np.uint64], depth: int) -> NDArray[np.int64]:
    """Numbers (n, 3) of the cells of a depth, from their codes at that depth."""
    return np.stack([_axis(found >> np.uint64(axis)) for axis in range(3)], axis=1) & ((1 << depth) - 1)


def _axis(found: NDArray[np.uint64]) -> NDArray[np.int64]:
    v = found & np.uint64(0x1249249249249249)
    for shift, mask in (
        (2, 0x10C30C30C30C30C3),
        (4, 0x100F00F00F00F00F),
        (8, 0x001F0000FF0000FF),
        (16, 0x001F00000000FFFF),
        (32, 0x1FFFFF),
    ):
        v = (v | (v >> np.uint64(shift))) & np.uint64(mask)
    return v.astype(np.int64)
