# ruff: noqa: C901, PLR0917  -- compiled loops: many arrays, no keywords
"""Which tiles are shown in the end, compiled. What it decides is said in `tiling.select`.

Tiles that are looked at become *records*, numbered in the order in which they are: `looks` (n, 20) is what
`tiling.sight.look` says, `nodes` (n, 7) where it is in the grove and its `slots`, which stand
for its regions: (s, 4), columns as below. A record's slots and all records in them are made when it is asked whether it
should be replaced. Arrays grow by doubling, so that a view costs what it sees, not what the grove has.

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
CANDIDATE, ALIVE, GONE = range(3)
"""states of a record: not in the cut; in the cut, perhaps in part; replaced"""

PARTED, CODED, TOLERANCE, COVER, COVER_SHARE, COVER_LEAST, WORTH_SENDING, WAY_SHARE, WAY_LEAST = range(9)
"""options, as numbers: may regions go one by one? are files sent by gzip? Pixels of error that may be seen; the others
are the constants of `tiling.select`"""


@njit(cache=True, nogil=True)
def _wider(rows: Any, count: int) -> Any:  # pragma: no cover - compiled
    """The array with room for `count` rows. Asked for only where it is needed: to hand an array over costs 20 ns."""
    more = np.empty((max(count, 2 * len(rows)), rows.shape[1]), rows.dtype)
    more[: len(rows)] = rows
    return more


@njit(cache=True, nogil=True)
def _looked(
    table: Ints,
    stock: Any,
    matrix: Floats,
    scale: Floats,
    is_bent: Any,
    eyes: Floats,
    at: int,
    looks: Floats,
    nodes: Ints,
) -> None:  # pragma: no cover - compiled
    """Record `at`, whose tree and tile are set, is looked at."""
    tree, tile = nodes[at, TREE], nodes[at, TILE]
    kind = stock[tree]
    nodes[at, KIND] = kind
    moved(grove.boxes_at(table, kind), tile, matrix, tree, looks, at)
    if is_bent[tree]:
        straightened(looks, at)
    look(looks, at, grove.errors_at(table, kind)[tile] * scale[tree], eyes)
    nodes[at, FIRST], nodes[at, SLOTS] = -1, 0
    nodes[at, STATE], nodes[at, HIDDEN] = CANDIDATE, 0


@njit(cache=True, nogil=True)
def _ranked(table: Ints, looks: Floats, nodes: Ints, count: int) -> Any:  # pragma: no cover - compiled
    """Roots, first those that gain most per byte, then the near ones out of view."""
    files = np.zeros((16, 4), np.int64)
    heap = np.empty((count, 3))
    for at in range(len(heap)):
        kind, tile = nodes[at, KIND], nodes[at, TILE]
        length = ledger.order_cost(files, table, kind, tile, grove.facts_at(table, kind)[tile, BYTES])
        heap[at, 0] = -looks[at, WORTH] / max(length, 1) if looks[at, SEEN] > 0.0 else 1.0 + looks[at, DISTANCE]
        heap[at, 1], heap[at, 2] = at, 0
        heaps.rise(heap, at)
    return heaps.emptied(heap, len(heap))


@njit(cache=True, nogil=True)
def _is_tight(files: Ints, table: Ints, nodes: Ints, at: int, counts: Ints) -> bool:  # pragma: no cover - compiled
    """Whether the table of files must grow before those of one more tile come in."""
    first = grove.links_at(table, nodes[at, KIND], grove.NEED_FIRST)
    new = 1 + first[nodes[at, TILE] + 1] - first[nodes[at, TILE]]
    return bool(2 * (counts[2] + new) > len(files))


@njit(cache=True, nogil=True)
def _expanded(
    table: Ints, stock: Any, matrix: Floats, scale: Floats, is_bent: Any, root_first: Ints, root_tile: Ints,
    eyes: Floats, at: int, looks: Floats, nodes: Ints, slots: Ints, counts: Ints,
) -> Any:  # pragma: no cover - compiled  # fmt: skip
    """The arrays (looks, nodes, slots) with slots for record `at`, and records for all tiles in them."""
    tree, tile = nodes[at, TREE], nodes[at, TILE]
    kind = nodes[at, KIND]
    regions = grove.links_at(table, kind, grove.REGION_FIRST)
    first, part = grove.links_at(table, kind, grove.PART_FIRST), grove.links_at(table, kind, grove.PART)
    nodes[at, FIRST] = counts[1]
    nodes[at, SLOTS] = regions[tile + 1] - regions[tile]
    if counts[1] + nodes[at, SLOTS] > len(slots):
        slots = _wider(slots, counts[1] + nodes[at, SLOTS])
    for region in range(regions[tile], regions[tile + 1]):
        slot = counts[1]
        slots[slot, RECORD], slots[slot, CHILD], slots[slot, REFINED] = at, counts[0], 0
        for each in range(first[region], first[region + 1]):
            # A part is a tile of the same tree, or all roots of another one.
            other, begin, end = tree, 0, 1
            if part[each] < 0:
                other = -1 - part[each]
                begin, end = root_first[other], root_first[other + 1]
            if counts[0] + end - begin > len(looks):
                looks, nodes = _wider(looks, counts[0] + end - begin), _wider(nodes, counts[0] + end - begin)
            for root in range(begin, end):
                nodes[counts[0], TREE] = other
                nodes[counts[0], TILE] = part[each] if part[each] >= 0 else root_tile[root]
                _looked(table, stock, matrix, scale, is_bent, eyes, counts[0], looks, nodes)
                counts[0] += 1
        slots[slot, CHILDREN] = counts[0] - slots[slot, CHILD]
        counts[1] += 1
    return looks, nodes, slots


@njit(cache=True, nogil=True)
def _freed(nodes: Ints, slots: Ints, table: Ints, record: int, slot: int) -> Any:  # pragma: no cover - compiled
    """Triangles that are gone once a unit is replaced, earlier ones included; and whether all of the tile is gone."""
    hidden = nodes[record, HIDDEN]
    first = nodes[record, FIRST]
    if slot >= 0:
        kind = nodes[record, KIND]
        if grove.facts_at(table, kind)[nodes[record, TILE], REFINE] == ADDED:
            return hidden, False
        regions = grove.links_at(table, kind, grove.REGION_FIRST)
        hidden += grove.links_at(table, kind, grove.REGION_TRIANGLES)[regions[nodes[record, TILE]] + slot - first]
        for each in range(first, first + nodes[record, SLOTS]):
            if each != slot and slots[each, CHILDREN] and not slots[each, REFINED]:
                return hidden, False
    return hidden, True


@njit(cache=True, nogil=True)
def _leaves(
    files: Ints, used: Ints, table: Ints, nodes: Ints, record: int, hidden: int, is_last: bool, step: int
) -> None:  # pragma: no cover - compiled
    """A unit leaves the cut (step -1), or comes back: its triangles, and with the last one the tile."""
    used[ledger.SHOWN_TRIANGLES] += step * (hidden - nodes[record, HIDDEN])
    if is_last:
        ledger.show(files, used, table, nodes[record, KIND], nodes[record, TILE], step)
        used[ledger.SHOWN_TRIANGLES] -= step * hidden


@njit(cache=True, nogil=True)
def cut(forest: Any, eyes: Floats, limits: Ints, options: Floats) -> Any:  # pragma: no cover - compiled
    """The cut of a grove, given as `tiling.select` does: (looks, nodes, slots, roots in order, files, what is used)."""
    table, stock, matrix, scale, root_first, root_tile, roots, is_bent = forest
    # So small that the allocator has them at hand.
    looks = np.empty((max(256, len(roots)), LOOKS))
    nodes = np.empty((len(looks), 7), np.int64)
    slots = np.empty((256, 4), np.int64)
    files = np.zeros((512, 4), np.int64)
    used = np.zeros(5, np.int64)
    counts = np.zeros(3, np.int64)  # records, slots, files
    heap = np.empty((256, 3))
    heaped = 0

    counts[0] = len(roots)
    for at in range(len(roots)):
        nodes[at, TREE], nodes[at, TILE] = roots[at, 0], roots[at, 1]
        _looked(table, stock, matrix, scale, is_bent, eyes, at, looks, nodes)
    order = _ranked(table, looks, nodes, len(roots))
    planted = 0
    for at in order:
        kind, tile = nodes[at, KIND], nodes[at, TILE]
        while _is_tight(files, table, nodes, at, counts):
            files = ledger.grown(files)
        counts[2] += ledger.show(files, used, table, kind, tile, 1)
        if ledger.within(used, limits):
            ledger.send(files, used, table, kind, tile)
            nodes[at, STATE] = ALIVE
            order[planted] = at
            planted += 1
        else:
            ledger.show(files, used, table, kind, tile, -1)

    allowed = limits.copy()
    for is_cover in (False, True):
        tolerance = options[TOLERANCE]
        if is_cover:
            # What is out of view takes a little more at most.
            more = np.int64(max(options[COVER_LEAST], options[COVER_SHARE] * used[ledger.KEPT_BYTES]))
            allowed[ledger.KEPT_BYTES] = min(limits[ledger.KEPT_BYTES], used[ledger.KEPT_BYTES] + more)
            tolerance *= options[COVER]
        # First those that are in the cut already, then whatever comes into it.
        fresh, known = 0, counts[0] if is_cover else len(roots)
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
                    while _is_tight(files, table, nodes, child, counts):
                        files = ledger.grown(files)
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
                if nodes[each, FIRST] < 0:
                    looks, nodes, slots = _expanded(
                        table, stock, matrix, scale, is_bent, root_first, root_tile, eyes, each, looks, nodes, slots,
                        counts,
                    )  # fmt: skip
                is_parted = by_region(table, nodes, each, options[PARTED] > 0.0)
                for slot in range(nodes[each, FIRST], nodes[each, FIRST] + nodes[each, SLOTS]):
                    if not slots[slot, CHILDREN] or slots[slot, REFINED]:
                        continue
                    if (_is_seen(looks, slots, slot) if is_parted else looks[each, SEEN] > 0.0) != is_cover:
                        if heaped == len(heap):
                            heap = _wider(heap, heaped + 1)
                        heap[heaped, 0], heap[heaped, 1], heap[heaped, 2] = -urgency, each, slot if is_parted else -1
                        heaps.rise(heap, heaped)
                        heaped += 1
                    if not is_parted:
                        break
    return looks[: counts[0]], nodes[: counts[0]], slots[: counts[1]], order[:planted], files, used


@njit(cache=True, nogil=True)
def by_region(table: Ints, nodes: Ints, at: int, is_parted: bool) -> bool:  # pragma: no cover - compiled
    """Whether a tile's regions go one by one, where the client draws groups (`is_parted`) or it does not."""
    how = grove.facts_at(table, nodes[at, KIND])[nodes[at, TILE], REFINE]
    return bool(how == ADDED or (is_parted and how == GROUPED))


@njit(cache=True, nogil=True)
def _is_seen(looks: Floats, slots: Ints, slot: int) -> bool:  # pragma: no cover - compiled
    """Whether some of a region is in view."""
    for child in range(slots[slot, CHILD], slots[slot, CHILD] + slots[slot, CHILDREN]):
        if looks[child, SEEN] > 0.0:
            return True
    return False
