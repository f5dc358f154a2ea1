# ruff: noqa: C901, PLR0917  -- compiled loops: many arrays, no keywords
"""Which tiles are shown in the end, compiled. What it decides is said in `tiling.select`.

Tiles that are looked at become *records*, numbered in the order in which they are: `looks` (n, 20) is what
`tiling.sight.look` says, `nodes` (n, 7) where it is in the grove and its `slots`, which stand
for its regions: (s, 4), columns as below. A record's slots and all records in them are made when it is asked whether it
should be replaced, so a view costs what it sees, not what the grove has. Arrays have room for what most views look at.

A *unit* is what may be replaced at once: a slot of a tile whose regions go one by one, else (-1) a whole tile. A tile
that its children add to has slots for units, too; it frees nothing by them, and is never gone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling import grove, ledger
from tiling import heap as heaps
from tiling.grove import KERNEL
from tiling.sight import ANYWHERE, DISTANCE, LOOKS, PIXELS, SEEN, WORTH, look, moved, straightened
from tiling.stock import ADDED, BYTES, GROUPED, REFINE

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TREE, TILE, KIND, FIRST, SLOTS, STATE, HIDDEN = range(7)
"""columns of `nodes`: `KIND` is the number of its stock; `FIRST` slot, -1 as long as it has none, and how many; its
state; triangles of regions that are gone"""
RECORD, CHILD, CHILDREN, REFINED = range(4)
"""columns of `slots`: whose it is; first record in it, and how many; whether they replace the region"""
DETAIL, COVERED = 1, 2
"""how a region is replaced, or added to; 0: it is not"""
ROOM = 1024
"""records that there is room for at first; a view that wants more begins again with four times as much"""
CANDIDATE, ALIVE, GONE = range(3)
"""states of a record: not in the cut; in the cut, perhaps in part; replaced"""

PARTED, CODED, TOLERANCE, COVER, COVER_SHARE, COVER_LEAST, WORTH_SENDING, WAY_SHARE, WAY_LEAST = range(9)
"""options, as numbers: may regions go one by one? are files sent packed? Pixels of error that may be seen; the others
are the constants of `tiling.select`"""


@njit(**KERNEL)
def _looked(
    table: Ints, stock: Any, matrix: Floats, scale: Floats, is_bent: Any, eyes: Floats, at: int, looks: Floats,
    nodes: Ints,
) -> None:  # pragma: no cover - compiled  # fmt: skip
    """Record `at`, whose tree and tile are set, is looked at."""
    tree, tile = nodes[at, TREE], nodes[at, TILE]
    kind = np.int64(stock[tree])
    nodes[at, KIND] = kind
    moved(table[kind, grove.BOX], tile, matrix, tree, looks, at)
    if is_bent[tree]:
        straightened(looks, at)
    look(looks, at, grove.error_of(table, kind, tile) * scale[tree], eyes)
    nodes[at, FIRST], nodes[at, SLOTS] = -1, 0
    nodes[at, STATE], nodes[at, HIDDEN] = CANDIDATE, 0


@njit(cache=True, nogil=True)
def _ranked(table: Ints, looks: Floats, nodes: Ints, count: int) -> Any:  # pragma: no cover - compiled
    """Roots, first those that gain most per byte, then the near ones out of view."""
    files = np.zeros((16, 4), np.int64)
    heap = np.empty((count, 3))
    for at in range(len(heap)):
        kind, tile = nodes[at, KIND], nodes[at, TILE]
        length = ledger.order_cost(files, table, kind, tile, grove.fact(table, kind, tile, BYTES))
        heap[at, 0] = -looks[at, WORTH] / max(length, 1) if looks[at, SEEN] > 0.0 else 1.0 + looks[at, DISTANCE]
        heap[at, 1], heap[at, 2] = at, 0
        heaps.rise(heap, at)
    return heaps.emptied(heap, len(heap))


@njit(**KERNEL)
def _is_tight(files: Ints, table: Ints, nodes: Ints, at: int, counts: Ints) -> bool:  # pragma: no cover - compiled
    """Whether the table of files has no room for those of one more tile."""
    kind, tile = nodes[at, KIND], nodes[at, TILE]
    needs = grove.link(table, kind, grove.NEED_FIRST, tile + 1) - grove.link(table, kind, grove.NEED_FIRST, tile)
    return bool(2 * (counts[2] + 1 + needs) > len(files))


@njit(**KERNEL)
def _expanded(
    table: Ints, stock: Any, matrix: Floats, scale: Floats, is_bent: Any, root_first: Ints, root_tile: Ints,
    eyes: Floats, at: int, looks: Floats, nodes: Ints, slots: Ints, counts: Ints,
) -> bool:  # pragma: no cover - compiled  # fmt: skip
    """Record `at` gets slots, and all tiles in them records. False: there is no room for them."""
    tree, tile, kind = nodes[at, TREE], nodes[at, TILE], nodes[at, KIND]
    begun = grove.link(table, kind, grove.REGION_FIRST, tile)
    ended = grove.link(table, kind, grove.REGION_FIRST, tile + 1)
    nodes[at, FIRST] = counts[1]
    nodes[at, SLOTS] = ended - begun
    if counts[1] + ended - begun > len(slots):
        return False
    for region in range(begun, ended):
        slot = counts[1]
        slots[slot, RECORD], slots[slot, CHILD], slots[slot, REFINED] = at, counts[0], 0
        for each in range(
            grove.link(table, kind, grove.PART_FIRST, region), grove.link(table, kind, grove.PART_FIRST, region + 1)
        ):
            # A part is a tile of the same tree, or all roots of another one.
            part = grove.link(table, kind, grove.PART, each)
            other, begin, end = tree, 0, 1
            if part < 0:
                other = -1 - part
                begin, end = root_first[other], root_first[other + 1]
            if counts[0] + end - begin > len(looks):
                return False
            for root in range(begin, end):
                nodes[counts[0], TREE] = other
                nodes[counts[0], TILE] = part if part >= 0 else root_tile[root]
                _looked(table, stock, matrix, scale, is_bent, eyes, counts[0], looks, nodes)
                counts[0] += 1
        slots[slot, CHILDREN] = counts[0] - slots[slot, CHILD]
        counts[1] += 1
    return True


@njit(**KERNEL)
def _freed(nodes: Ints, slots: Ints, table: Ints, record: int, slot: int) -> Any:  # pragma: no cover - compiled
    """Triangles that are gone once a unit is replaced, earlier ones included; and whether all of the tile is gone."""
    hidden = nodes[record, HIDDEN]
    first = nodes[record, FIRST]
    if slot >= 0:
        kind, tile = nodes[record, KIND], nodes[record, TILE]
        if grove.fact(table, kind, tile, REFINE) == ADDED:
            return hidden, False
        region = grove.link(table, kind, grove.REGION_FIRST, tile) + slot - first
        hidden += grove.link(table, kind, grove.REGION_TRIANGLES, region)
        for each in range(first, first + nodes[record, SLOTS]):
            if each != slot and slots[each, CHILDREN] and not slots[each, REFINED]:
                return hidden, False
    return hidden, True


@njit(**KERNEL)
def _leaves(
    files: Ints, used: Ints, table: Ints, nodes: Ints, record: int, hidden: int, is_last: bool, step: int
) -> None:  # pragma: no cover - compiled
    """A unit leaves the cut (step -1), or comes back: its triangles, and with the last one the tile."""
    used[ledger.SHOWN_TRIANGLES] += step * (hidden - nodes[record, HIDDEN])
    if is_last:
        ledger.show(files, used, table, nodes[record, KIND], nodes[record, TILE], step)
        used[ledger.SHOWN_TRIANGLES] -= step * hidden


@njit(**KERNEL)
def _is_refined(
    table: Ints, stock: Any, matrix: Floats, scale: Floats, is_bent: Any, root_first: Ints, root_tile: Ints,
    eyes: Floats, roots: int, looks: Floats, nodes: Ints, slots: Ints, files: Ints, used: Ints, counts: Ints,
    heap: Floats, allowed: Ints, limits: Ints, options: Floats,
) -> bool:  # pragma: no cover - compiled  # fmt: skip
    """The cut goes from the roots, which stand in it, to what the view wants. False: there was no room for it."""
    heaped = 0
    for is_cover in (False, True):
        tolerance = options[TOLERANCE]
        if is_cover:
            # What is out of view takes a little more at most.
            more = np.int64(max(options[COVER_LEAST], options[COVER_SHARE] * used[ledger.KEPT_BYTES]))
            allowed[ledger.KEPT_BYTES] = min(limits[ledger.KEPT_BYTES], used[ledger.KEPT_BYTES] + more)
            tolerance *= options[COVER]
        # First those that are in the cut already, then whatever comes into it.
        fresh, known = 0, counts[0] if is_cover else roots
        while fresh < known or heaped:
            first, end = fresh, fresh + 1
            if fresh < known:
                fresh += 1
            else:
                heaps.sink(heap, heaped)
                heaped -= 1
                record, slot = int(heap[heaped, 1]), int(heap[heaped, 2])
                begin = slot if slot >= 0 else nodes[record, FIRST]
                last = slot if slot >= 0 else nodes[record, FIRST] + nodes[record, SLOTS] - 1
                # Children of neighbouring slots are neighbours.
                first, end = slots[begin, CHILD], slots[last, CHILD] + slots[last, CHILDREN]
                hidden, is_last = _freed(nodes, slots, table, record, slot)
                _leaves(files, used, table, nodes, record, hidden, is_last, -1)
                for child in range(first, end):
                    if _is_tight(files, table, nodes, child, counts):
                        return False
                    counts[2] += ledger.show(files, used, table, nodes[child, KIND], nodes[child, TILE], 1)
                if not ledger.within(used, allowed):
                    for child in range(first, end):
                        ledger.show(files, used, table, nodes[child, KIND], nodes[child, TILE], -1)
                    _leaves(files, used, table, nodes, record, hidden, is_last, 1)
                    continue
                nodes[record, HIDDEN] = hidden
                nodes[record, STATE] = GONE if is_last else ALIVE
                for each in range(begin, last + 1):
                    slots[each, REFINED] = COVERED if is_cover else DETAIL
                for child in range(first, end):
                    nodes[child, STATE] = ALIVE

            for each in range(first, end):
                urgency = looks[each, ANYWHERE] if is_cover else looks[each, PIXELS]
                if nodes[each, STATE] != ALIVE or urgency <= tolerance:
                    continue
                if nodes[each, FIRST] < 0 and not _expanded(
                    table, stock, matrix, scale, is_bent, root_first, root_tile, eyes, each, looks, nodes, slots,
                    counts,
                ):  # fmt: skip
                    return False
                is_parted = by_region(table, nodes, each, options[PARTED] > 0.0)
                for slot in range(nodes[each, FIRST], nodes[each, FIRST] + nodes[each, SLOTS]):
                    if not slots[slot, CHILDREN] or slots[slot, REFINED]:
                        continue
                    if (_is_seen(looks, slots, slot) if is_parted else looks[each, SEEN] > 0.0) != is_cover:
                        heap[heaped, 0], heap[heaped, 1], heap[heaped, 2] = -urgency, each, slot if is_parted else -1
                        heaps.rise(heap, heaped)
                        heaped += 1
                    if not is_parted:
                        break
    return True


@njit(cache=True, nogil=True)
def _cut(forest: Any, eyes: Floats, limits: Ints, options: Floats, room: int) -> Any:  # pragma: no cover - compiled
    """As `cut` with room for so many records; whether that was enough comes first."""
    table, stock, matrix, scale, root_first, root_tile, roots, is_bent = forest
    looks, nodes, slots = np.empty((room, LOOKS)), np.empty((room, 7), np.int64), np.empty((room, 4), np.int64)
    files, used, counts = np.zeros((2 * room, 4), np.int64), np.zeros(5, np.int64), np.zeros(3, np.int64)
    for at in range(len(roots)):
        nodes[at, TREE], nodes[at, TILE] = roots[at, 0], roots[at, 1]
        _looked(table, stock, matrix, scale, is_bent, eyes, at, looks, nodes)
    counts[0] = len(roots)
    order = _ranked(table, looks, nodes, len(roots))
    planted, is_enough = 0, True
    for at in order:
        if _is_tight(files, table, nodes, at, counts):
            is_enough = False
            break
        kind, tile = nodes[at, KIND], nodes[at, TILE]
        counts[2] += ledger.show(files, used, table, kind, tile, 1)
        if ledger.within(used, limits):
            ledger.send(files, used, table, kind, tile)
            nodes[at, STATE] = ALIVE
            order[planted] = at
            planted += 1
        else:
            ledger.show(files, used, table, kind, tile, -1)
    # A slot is put there at most twice, as detail and as cover.
    is_enough = is_enough and _is_refined(
        table, stock, matrix, scale, is_bent, root_first, root_tile, eyes, len(roots), looks, nodes, slots, files,
        used, counts, np.empty((2 * room, 3)), limits.copy(), limits, options,
    )  # fmt: skip
    return is_enough, looks[: counts[0]], nodes[: counts[0]], slots[: counts[1]], order[:planted], files, used


@njit(cache=True, nogil=True)
def cut(forest: Any, eyes: Floats, limits: Ints, options: Floats) -> Any:  # pragma: no cover - compiled
    """The cut of a grove, given as `tiling.select` does: (looks, nodes, slots, roots in order, files, what is used)."""
    room = max(ROOM, 2 * len(forest[6]))
    is_enough, looks, nodes, slots, order, files, used = _cut(forest, eyes, limits, options, room)
    while not is_enough:
        room *= 4
        is_enough, looks, nodes, slots, order, files, used = _cut(forest, eyes, limits, options, room)
    return looks, nodes, slots, order, files, used


@njit(**KERNEL)
def by_region(table: Ints, nodes: Ints, at: int, is_parted: bool) -> bool:  # pragma: no cover - compiled
    """Whether a tile's regions go one by one, where the client draws groups (`is_parted`) or it does not."""
    how = grove.fact(table, nodes[at, KIND], nodes[at, TILE], REFINE)
    return bool(how == ADDED or (is_parted and how == GROUPED))


@njit(**KERNEL)
def _is_seen(looks: Floats, slots: Ints, slot: int) -> bool:  # pragma: no cover - compiled
    """Whether some of a region is in view."""
    for child in range(slots[slot, CHILD], slots[slot, CHILD] + slots[slot, CHILDREN]):
        if looks[child, SEEN] > 0.0:
            return True
    return False
