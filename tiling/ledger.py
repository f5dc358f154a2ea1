# ruff: noqa: PLR0917  -- compiled loops: many arrays, no keywords
"""What a cut uses, compiled: files and textures counted once, however many tiles show them; held against limits.

`files` (c, 4) is an open hash table of a power of two, found by a file's number (`tiling.stock.FILE`); columns as
below. `used` are sums in the columns of limits.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling.grove import KERNEL, NEED_FIRST, fact, image, link
from tiling.stock import BYTES, DRAWS, FILE, TEXTURES, TRIANGLES

Ints = NDArray[np.int64]

KEPT_BYTES, SHOWN_TRIANGLES, SHOWN_DRAWS, SHOWN_TEXTURES, SHOWN_NODES = range(5)
"""columns of limits and of what is used"""
KEY, SHOWN, SENT, ORDERED = range(4)
"""columns of the table: number of the file, 0 in an empty row; tiles of the cut that show it; whether it is sent, shown
in the end or not; whether it stands in the order already"""


@njit(**KERNEL)
def place(files: Ints, key: int) -> int:  # pragma: no cover - compiled
    """The row of a file, or the one for it."""
    # Digests are spread well; Fibonacci's multiplier spreads what tests make up.
    at = ((key * -7046029254386353131) >> 20) & (len(files) - 1)
    while files[at, KEY] != 0 and files[at, KEY] != key:
        at = (at + 1) & (len(files) - 1)
    return at


@njit(**KERNEL)
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


@njit(**KERNEL)
def show(files: Ints, used: Ints, table: Ints, stock: int, tile: int, step: int) -> int:  # pragma: no cover - compiled
    """A tile comes into the cut as a whole (step 1), or leaves it (-1); how many rows of the table are new."""
    first, last = link(table, stock, NEED_FIRST, tile), link(table, stock, NEED_FIRST, tile + 1)
    new = _use(
        files,
        used,
        fact(table, stock, tile, FILE),
        fact(table, stock, tile, BYTES),
        fact(table, stock, tile, TEXTURES),
        step,
    )
    for at in range(first, last):
        new += _use(
            files,
            used,
            image(table, stock, at, FILE),
            image(table, stock, at, BYTES),
            image(table, stock, at, TEXTURES),
            step,
        )
    used[SHOWN_TRIANGLES] += step * fact(table, stock, tile, TRIANGLES)
    used[SHOWN_DRAWS] += step * fact(table, stock, tile, DRAWS)
    used[SHOWN_NODES] += step
    return int(new)


@njit(**KERNEL)
def _lacks(files: Ints, key: int, column: int) -> bool:  # pragma: no cover - compiled
    at = place(files, key)
    return bool(files[at, KEY] == 0 or files[at, column] == 0)


@njit(**KERNEL)
def send_cost(files: Ints, table: Ints, stock: int, tile: int) -> int:  # pragma: no cover - compiled
    """Bytes that come to be kept if a tile is sent that is not shown in the end."""
    first, last = link(table, stock, NEED_FIRST, tile), link(table, stock, NEED_FIRST, tile + 1)
    cost = 0
    if _lacks(files, fact(table, stock, tile, FILE), SENT) and _lacks(files, fact(table, stock, tile, FILE), SHOWN):
        cost += fact(table, stock, tile, BYTES)
    for at in range(first, last):
        key = image(table, stock, at, FILE)
        if _lacks(files, key, SENT) and _lacks(files, key, SHOWN):
            cost += image(table, stock, at, BYTES)
    return cost


@njit(**KERNEL)
def send(files: Ints, used: Ints, table: Ints, stock: int, tile: int) -> None:  # pragma: no cover - compiled
    """A tile whose files are in the table is sent, whether it is shown in the end or not."""
    first, last = link(table, stock, NEED_FIRST, tile), link(table, stock, NEED_FIRST, tile + 1)
    for at in range(first - 1, last):
        is_own = at < first
        where = place(files, fact(table, stock, tile, FILE) if is_own else image(table, stock, at, FILE))
        if files[where, SENT] == 0:
            files[where, SENT] = 1
            if files[where, SHOWN] == 0:
                used[KEPT_BYTES] += fact(table, stock, tile, BYTES) if is_own else image(table, stock, at, BYTES)


@njit(**KERNEL)
def order_cost(files: Ints, table: Ints, stock: int, tile: int, length: int) -> int:  # pragma: no cover - compiled
    """Bytes of a tile (`length` those of its GLB) and its images that do not stand in the order yet."""
    first, last = link(table, stock, NEED_FIRST, tile), link(table, stock, NEED_FIRST, tile + 1)
    cost = length if _lacks(files, fact(table, stock, tile, FILE), ORDERED) else 0
    for at in range(first, last):
        if _lacks(files, image(table, stock, at, FILE), ORDERED):
            cost += image(table, stock, at, BYTES)
    return cost


@njit(**KERNEL)
def order(files: Ints, table: Ints, stock: int, tile: int) -> None:  # pragma: no cover - compiled
    """A tile whose files are in the table stands in the order."""
    first, last = link(table, stock, NEED_FIRST, tile), link(table, stock, NEED_FIRST, tile + 1)
    files[place(files, fact(table, stock, tile, FILE)), ORDERED] = 1
    for at in range(first, last):
        files[place(files, image(table, stock, at, FILE)), ORDERED] = 1


@njit(**KERNEL)
def within(used: Ints, limits: Ints) -> bool:  # pragma: no cover - compiled
    """Whether all limits are kept."""
    for column in range(len(limits)):  # noqa: SIM110 - a generator is not compiled
        if used[column] > limits[column]:
            return False
    return True
