"""A heap in an array, compiled: rows (key, a, b), the least first, in the order of all three. The caller counts."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def _before(heap: Floats, one: int, other: int) -> bool:  # pragma: no cover - compiled
    if heap[one, 0] != heap[other, 0]:
        return bool(heap[one, 0] < heap[other, 0])
    if heap[one, 1] != heap[other, 1]:
        return bool(heap[one, 1] < heap[other, 1])
    return bool(heap[one, 2] < heap[other, 2])


@njit(cache=True, nogil=True)
def _swap(heap: Floats, one: int, other: int) -> None:  # pragma: no cover - compiled
    for column in range(3):
        kept = heap[one, column]
        heap[one, column] = heap[other, column]
        heap[other, column] = kept


@njit(cache=True, nogil=True)
def rise(heap: Floats, last: int) -> None:  # pragma: no cover - compiled
    """The row at `last` was put there; it goes to its place."""
    at = last
    while at:
        above = (at - 1) >> 1
        if not _before(heap, at, above):
            break
        _swap(heap, at, above)
        at = above


@njit(cache=True, nogil=True)
def sink(heap: Floats, count: int) -> None:  # pragma: no cover - compiled
    """The least of `count` rows comes to stand behind the others, at `count - 1`."""
    last = count - 1
    _swap(heap, 0, last)
    at = 0
    while True:
        least = 2 * at + 1
        if least >= last:
            return
        if least + 1 < last and _before(heap, least + 1, least):
            least += 1
        if not _before(heap, least, at):
            return
        _swap(heap, least, at)
        at = least


@njit(cache=True, nogil=True)
def emptied(heap: Floats, count: int) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """The `a` of `count` rows, in order."""
    out = np.empty(count, np.int64)
    for left in range(count, 0, -1):
        sink(heap, left)
        out[count - left] = int(heap[left - 1, 1])
    return out
