"""A heap in an array, compiled: rows (key, a, b), the least first, in the order of all three. The caller counts."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling.grove import KERNEL

Floats = NDArray[np.float64]


@njit(**KERNEL)
def _before(heap: Floats, at: int, key: float, a: float, b: float) -> bool:  # pragma: no cover - compiled
    """Whether the row at `at` comes before one of these."""
    if heap[at, 0] != key:
        return bool(heap[at, 0] < key)
    if heap[at, 1] != a:
        return bool(heap[at, 1] < a)
    return bool(heap[at, 2] < b)


# Both move a hole, not rows that change places: each row on the way is written once.


@njit(**KERNEL)
def rise(heap: Floats, last: int) -> None:  # pragma: no cover - compiled
    """The row at `last` was put there; it goes to its place."""
    key, a, b = heap[last, 0], heap[last, 1], heap[last, 2]
    at = last
    while at:
        above = (at - 1) >> 1
        if not _before(heap, above, key, a, b):
            heap[at, 0], heap[at, 1], heap[at, 2] = heap[above, 0], heap[above, 1], heap[above, 2]
            at = above
        else:
            break
    heap[at, 0], heap[at, 1], heap[at, 2] = key, a, b


@njit(**KERNEL)
def sink(heap: Floats, count: int) -> None:  # pragma: no cover - compiled
    """The least of `count` rows comes to stand behind the others, at `count - 1`."""
    last = count - 1
    key, a, b = heap[last, 0], heap[last, 1], heap[last, 2]
    heap[last, 0], heap[last, 1], heap[last, 2] = heap[0, 0], heap[0, 1], heap[0, 2]
    at, least = 0, 1
    while least < last:
        if least + 1 < last and _before(heap, least + 1, heap[least, 0], heap[least, 1], heap[least, 2]):
            least += 1
        if not _before(heap, least, key, a, b):
            break
        heap[at, 0], heap[at, 1], heap[at, 2] = heap[least, 0], heap[least, 1], heap[least, 2]
        at, least = least, 2 * least + 1
    if last:
        heap[at, 0], heap[at, 1], heap[at, 2] = key, a, b


@njit(cache=True, nogil=True)
def emptied(heap: Floats, count: int) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """The `a` of `count` rows, in order."""
    out = np.empty(count, np.int64)
    for left in range(count, 0, -1):
        sink(heap, left)
        out[count - left] = int(heap[left - 1, 1])
    return out
