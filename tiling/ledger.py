# ruff: noqa: PLR0917  -- compiled loops: many arrays, no keywords
"""What a cut uses, compiled: files and textures counted once, however many tiles show them; held against limits.

`files` (c, 4) is an open hash table of a power of two, found by a file's number (`tiling.stock.FILE`); columns as
below. `used` are sums in the columns of limits.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling.grove import NEED, NEED_FIRST, facts_at, images_at, links_at
from tiling.stock import BYTES, DRAWS, FILE, TEXTURES, TRIANGLES

Ints = NDArray[np.int64]

KEPT_BYTES, SHOWN_TRIANGLES, SHOWN_DRAWS, SHOWN_TEXTURES, SHOWN_NODES = range(5)
"""columns of limits and of what is used"""
KEY, SHOWN, SENT, ORDERED = range(4)
"""columns of the table: number of the file, 0 in an empty row; tiles of the cut that show it; whether it is sent, shown
in the end or not; whether it stands in the order already"""


@njit(cache=True, nogil=True)
def place(files: Ints, key: int) -> int:  # pragma: no cover - compiled
    """The row of a file, or the one for it."""
    # Digests are spread well; Fibonacci's multiplier spreads what tests make up.
    at = ((key * -7046029254386353131) >> 20) & (len(files) - 1)
    while files[at, KEY] != 0 and files[at, KEY] != key:
        at = (at + 1) & (len(files) - 1)
    return at


@njit(cache=True, nogil=True)
def grown(files: Ints) -> Ints:  # pragma: no cover - compiled
    """The table at twice the size."""
    wider = np.zeros((2 * len(files), 4), np.int64)
    for old in range(len(files)):
        if files[old, KEY]:
            wider[place(wider, files[old, KEY])] = files[old]
    return wider


@njit(cache=True, nogil=True)
def _use(files: Ints, used: Ints, key: int, length: int, texture: int, step: int) -> int:  # pragma: no cover - compiled
    """A tile that shows a file comes (step 1) or goes (-1); 1 if its row is new."""
    at = place(files, key)
    new = 0
    if files[at, KEY] == 0:
        files[at, KEY] = key
        new = 1
    before = files[at, SHOWN]
    files[at, SHOWN] = before + step
    if before == 0 or before + step == 0:
        used[SHOWN_TEXTURES] += step * texture
        if files[at, SENT] == 0:
            used[KEPT_BYTES] += step * length
    return new


@njit(cache=True, nogil=True)
def show(files: Ints, used: Ints, table: Ints, stock: int, tile: int, step: int) -> int:  # pragma: no cover - compiled
    """A tile comes into the cut as a whole (step 1), or leaves it (-1); how many rows of the table are new."""
    facts = facts_at(table, stock)
    first, need, image = links_at(table, stock, NEED_FIRST), links_at(table, stock, NEED), images_at(table, stock)
    new = _use(files, used, facts[tile, FILE], facts[tile, BYTES], facts[tile, TEXTURES], step)
    for at in range(first[tile], first[tile + 1]):
        new += _use(files, used, image[need[at], 0], image[need[at], 1], image[need[at], 2], step)
    used[SHOWN_TRIANGLES] += step * facts[tile, TRIANGLES]
    used[SHOWN_DRAWS] += step * facts[tile, DRAWS]
    used[SHOWN_NODES] += step
    return int(new)


@njit(cache=True, nogil=True)
def _lacks(files: Ints, key: int, column: int) -> bool:  # pragma: no cover - compiled
    at = place(files, key)
    return bool(files[at, KEY] == 0 or files[at, column] == 0)


@njit(cache=True, nogil=True)
def send_cost(files: Ints, table: Ints, stock: int, tile: int) -> int:  # pragma: no cover - compiled
    """Bytes that come to be kept if a tile is sent that is not shown in the end."""
    facts = facts_at(table, stock)
    first, need, image = links_at(table, stock, NEED_FIRST), links_at(table, stock, NEED), images_at(table, stock)
    cost = 0
    if _lacks(files, facts[tile, FILE], SENT) and _lacks(files, facts[tile, FILE], SHOWN):
        cost += facts[tile, BYTES]
    for at in range(first[tile], first[tile + 1]):
        key = image[need[at], 0]
        if _lacks(files, key, SENT) and _lacks(files, key, SHOWN):
            cost += image[need[at], 1]
    return cost


@njit(cache=True, nogil=True)
def send(files: Ints, used: Ints, table: Ints, stock: int, tile: int) -> None:  # pragma: no cover - compiled
    """A tile whose files are in the table is sent, whether it is shown in the end or not."""
    facts = facts_at(table, stock)
    first, need, image = links_at(table, stock, NEED_FIRST), links_at(table, stock, NEED), images_at(table, stock)
    for at in range(first[tile] - 1, first[tile + 1]):
        is_own = at < first[tile]
        where = place(files, facts[tile, FILE] if is_own else image[need[at], 0])
        if files[where, SENT] == 0:
            files[where, SENT] = 1
            if files[where, SHOWN] == 0:
                used[KEPT_BYTES] += facts[tile, BYTES] if is_own else image[need[at], 1]


@njit(cache=True, nogil=True)
def order_cost(files: Ints, table: Ints, stock: int, tile: int, length: int) -> int:  # pragma: no cover - compiled
    """Bytes of a tile (`length` those of its GLB) and its images that do not stand in the order yet."""
    facts = facts_at(table, stock)
    first, need, image = links_at(table, stock, NEED_FIRST), links_at(table, stock, NEED), images_at(table, stock)
    cost = length if _lacks(files, facts[tile, FILE], ORDERED) else 0
    for at in range(first[tile], first[tile + 1]):
        if _lacks(files, image[need[at], 0], ORDERED):
            cost += image[need[at], 1]
    return cost


@njit(cache=True, nogil=True)
def order(files: Ints, table: Ints, stock: int, tile: int) -> None:  # pragma: no cover - compiled
    """A tile whose files are in the table stands in the order."""
    facts = facts_at(table, stock)
    first, need, image = links_at(table, stock, NEED_FIRST), links_at(table, stock, NEED), images_at(table, stock)
    files[place(files, facts[tile, FILE]), ORDERED] = 1
    for at in range(first[tile], first[tile + 1]):
        files[place(files, image[need[at], 0]), ORDERED] = 1


@njit(cache=True, nogil=True)
def within(used: Ints, limits: Ints) -> bool:  # pragma: no cover - compiled
    """Whether all limits are kept."""
    for column in range(len(limits)):  # noqa: SIM110 - a generator is not compiled
        if used[column] > limits[column]:
            return False
    return True
