# ruff: noqa: C901, PLR0917  -- compiled loops: many arrays, no keywords
"""What is sent on the way to a cut, and in which order, compiled. What it decides is said in `tiling.select`.

Works on the records and slots of `tiling.cut`. A record is *sent* if it is a root, in the cut, or chosen on the way.
The parts of a slot are the records that are sent and together replace its region: children, or, where a child is not
sent, what replaces the child. A tile that its children add to is in the cut as long as they are, so it is always sent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling import cut as cuts
from tiling import grove, ledger
from tiling import heap as heaps
from tiling.cut import ALIVE, CHILD, CHILDREN, FIRST, GONE, KIND, RECORD, REFINED, SLOTS, STATE, TILE, TREE
from tiling.grove import KERNEL
from tiling.sight import BLUR, ERROR, SCALE, WORTH, shown_error
from tiling.stock import BYTES
from tiling.stock import CODED as CODED_BYTES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_GAIN = 1e-3
"""of what is shown: what gains nothing by itself may lead to what does; it comes last, but it comes"""
REPLACED, NOTHING, STAYS = 1, 0, -1
"""kinds of regions: replaced by parts; without anything below; shown by the tile itself in the end"""


@njit(**KERNEL)
def _length(table: Ints, nodes: Ints, record: int, is_coded: bool) -> int:  # pragma: no cover - compiled
    """Bytes of a tile's GLB as it is sent."""
    kind, tile = nodes[record, KIND], nodes[record, TILE]
    coded, plain = grove.fact(table, kind, tile, CODED_BYTES), grove.fact(table, kind, tile, BYTES)
    return int(coded if is_coded and 0 < coded < plain else plain)


@njit(**KERNEL)
def _gain(looks: Floats, before: float, part: int) -> float:  # pragma: no cover - compiled
    """What it is worth that a part replaces what has an error of `before` metres there."""
    shown = shown_error(before, looks, part)
    less = max(shown - shown_error(looks[part, ERROR], looks, part), 0.0)
    return float(looks[part, WORTH] * (less + LEAST_GAIN * shown))


@njit(**KERNEL)
def _weighed(looks: Floats, nodes: Ints, slots: Ints) -> None:  # pragma: no cover - compiled
    """What is replaced counts what its parts count, together: worth, and means of scale and blur.

    A large tile has no one place at which it is seen: a ground from the horizon to the feet has nearly all of its error
    at the feet, and by its middle alone it came after things far away (docs/adr/0021).
    """
    for record in range(len(nodes) - 1, -1, -1):
        worth = scale = blur = 0.0
        for slot in range(nodes[record, FIRST], nodes[record, FIRST] + nodes[record, SLOTS]):
            if not slots[slot, REFINED]:
                continue
            for child in range(slots[slot, CHILD], slots[slot, CHILD] + slots[slot, CHILDREN]):
                worth += looks[child, WORTH]
                scale += looks[child, WORTH] * looks[child, SCALE]
                blur += looks[child, WORTH] * looks[child, BLUR]
        if worth > 0.0:
            looks[record, WORTH], looks[record, SCALE], looks[record, BLUR] = worth, scale / worth, blur / worth


@njit(**KERNEL)
def _is_mixed(nodes: Ints, slots: Ints, record: int) -> bool:  # pragma: no cover - compiled
    """Whether some regions are replaced by detail, others by cover."""
    kinds = 0
    for slot in range(nodes[record, FIRST], nodes[record, FIRST] + nodes[record, SLOTS]):
        kinds |= slots[slot, REFINED]
    return bool(kinds == cuts.DETAIL | cuts.COVERED)


@njit(**KERNEL)
def _fits(
    table: Ints, nodes: Ints, record: int, files: Ints, used: Ints, limits: Ints
) -> bool:  # pragma: no cover - compiled
    """Whether there is room for a tile on the way; if so, it is counted."""
    kind, tile = nodes[record, KIND], nodes[record, TILE]
    if used[ledger.KEPT_BYTES] + ledger.send_cost(files, table, kind, tile) > limits[ledger.KEPT_BYTES]:
        return False
    ledger.send(files, used, table, kind, tile)
    return True


@njit(**KERNEL)
def _worthwhile(
    looks: Floats, nodes: Ints, slots: Ints, lengths: Ints, sent: Any, least: float, may: Any, below: Ints, rest: Floats
) -> None:  # pragma: no cover - compiled
    """Which replaced records `may` be sent (n,): gain at least `least` times as much per byte as what is sent else.

    `may`, `below` and `rest` (n,) come as zeros: bytes sent below, and what is left of the error when they are there.
    """
    for record in range(len(nodes) - 1, -1, -1):
        before = looks[record, ERROR]
        for slot in range(nodes[record, FIRST], nodes[record, FIRST] + nodes[record, SLOTS]):
            if not slots[slot, REFINED]:
                continue
            for child in range(slots[slot, CHILD], slots[slot, CHILD] + slots[slot, CHILDREN]):
                if nodes[child, STATE] == GONE and not sent[child]:
                    all_gain = looks[child, WORTH] * shown_error(before, looks, child) - rest[child]
                    if _gain(looks, before, child) * below[child] >= least * all_gain * lengths[child]:
                        may[child] = 1
                if sent[child] or may[child]:
                    below[record] += lengths[child]
                    rest[record] += looks[child, WORTH] * shown_error(looks[child, ERROR], looks, child)
                else:
                    below[record] += below[child]
                    rest[record] += rest[child]


@njit(**KERNEL)
def _ranked(
    table: Ints, looks: Floats, nodes: Ints, slots: Ints, lengths: Ints, may: Any, is_parted: bool, heap: Floats
) -> int:  # pragma: no cover - compiled
    """Records that may be sent, as a heap, and how many: first those whose unit gains most per byte.

    Before all of a unit is there, nothing of it does.
    """
    count = 0
    for record in range(len(nodes)):
        by_region = cuts.by_region(table, nodes, record, is_parted)
        begin, end = nodes[record, FIRST], nodes[record, FIRST] + nodes[record, SLOTS]
        start, gain, length = begin, 0.0, 0
        for slot in range(begin, end):
            if slots[slot, REFINED]:
                for child in range(slots[slot, CHILD], slots[slot, CHILD] + slots[slot, CHILDREN]):
                    gain += _gain(looks, looks[record, ERROR], child)
                    length += lengths[child]
            if by_region or slot == end - 1:
                for child in range(slots[start, CHILD], slots[slot, CHILD] + slots[slot, CHILDREN]):
                    if may[child]:
                        heap[count, 0] = -gain / max(length, 1)
                        heap[count, 1], heap[count, 2] = child, 0
                        heaps.rise(heap, count)
                        count += 1
                start, gain, length = slot + 1, 0.0, 0
    return count


@njit(cache=True, nogil=True)
def _sent(table: Ints, made: Any, lengths: Ints, limits: Ints, options: Floats) -> Any:  # pragma: no cover - compiled
    """Which records are sent (n,)."""
    looks, nodes, slots, roots, files, used = made
    sent = np.zeros(len(nodes), np.uint8)
    final = 0
    for record in range(len(nodes)):
        if nodes[record, STATE] == ALIVE:
            sent[record] = 1
            final += lengths[record]
    for root in roots:
        sent[root] = 1
    for record in range(len(nodes)):
        if nodes[record, STATE] == GONE and not sent[record] and _is_mixed(nodes, slots, record):
            sent[record] = _fits(table, nodes, record, files, used, limits)
    may, below, rest = np.zeros(len(nodes), np.uint8), np.zeros(len(nodes), np.int64), np.zeros(len(nodes))
    _worthwhile(looks, nodes, slots, lengths, sent, options[cuts.WORTH_SENDING], may, below, rest)
    left = max(options[cuts.WAY_SHARE] * final, min(options[cuts.WAY_LEAST], 0.25 * final))
    heap = np.empty((len(nodes), 3))
    count = _ranked(table, looks, nodes, slots, lengths, may, options[cuts.PARTED] > 0.0, heap)
    for record in heaps.emptied(heap, count):
        if lengths[record] <= left and _fits(table, nodes, record, files, used, limits):
            left -= lengths[record]
            sent[record] = 1
    return sent


@njit(**KERNEL)
def _parted(
    nodes: Ints, slots: Ints, sent: Any, first: Ints, parts: Ints, stack: Ints
) -> None:  # pragma: no cover - compiled
    """Parts of all slots of what is sent: offsets (s + 1,) and records, with a stack for n + 1."""
    filled = 0
    for slot in range(len(slots)):
        first[slot] = filled
        if not slots[slot, REFINED] or not sent[slots[slot, RECORD]]:
            continue
        deep = 0
        for child in range(slots[slot, CHILD] + slots[slot, CHILDREN] - 1, slots[slot, CHILD] - 1, -1):
            stack[deep] = child
            deep += 1
        while deep:
            deep -= 1
            record = stack[deep]
            if sent[record]:
                parts[filled] = record
                filled += 1
                continue
            for inner in range(nodes[record, FIRST] + nodes[record, SLOTS] - 1, nodes[record, FIRST] - 1, -1):
                for child in range(slots[inner, CHILD] + slots[inner, CHILDREN] - 1, slots[inner, CHILD] - 1, -1):
                    stack[deep] = child
                    deep += 1
    first[len(slots)] = filled


@njit(**KERNEL)
def _ordered(
    table: Ints, looks: Floats, nodes: Ints, slots: Ints, roots: Ints, files: Ints, lengths: Ints, first: Ints,
    parts: Ints, is_parted: bool, out: Ints, worth: Floats, heap: Floats,
) -> int:  # pragma: no cover - compiled  # fmt: skip
    """Records in the order of sending go into `out` (n,); how many there are. `worth` (n,), `heap` (s + 1, 3)."""
    heaped = considered = done = 0
    for at in range(len(roots)):
        root = roots[at]
        out[done] = root
        done += 1
        ledger.order(files, table, nodes[root, KIND], nodes[root, TILE])
    while considered < done or heaped:
        if considered < done:
            record = out[considered]
            considered += 1
            by_region = cuts.by_region(table, nodes, record, is_parted)
            begin, end = nodes[record, FIRST], nodes[record, FIRST] + nodes[record, SLOTS]
            start, gain, length = begin, 0.0, 0
            for slot in range(begin, end):
                for at in range(first[slot], first[slot + 1]):
                    part = parts[at]
                    gain += _gain(looks, looks[record, ERROR], part)
                    length += ledger.order_cost(files, table, nodes[part, KIND], nodes[part, TILE], lengths[part])
                if (by_region or slot == end - 1) and first[slot + 1] > first[start]:
                    gain /= max(length, 1)
                    # What is out of view waits for the last of what is in it.
                    is_cover = slots[slot, REFINED] == cuts.COVERED
                    heap[heaped, 0] = -gain if not is_cover else 1.0 / gain if gain > 0.0 else np.inf
                    heap[heaped, 1], heap[heaped, 2] = start, slot
                    heaps.rise(heap, heaped)
                    heaped += 1
                if by_region:
                    start, gain, length = slot + 1, 0.0, 0
            continue
        heaps.sink(heap, heaped)
        heaped -= 1
        start, slot = int(heap[heaped, 1]), int(heap[heaped, 2])
        before = looks[slots[start, RECORD], ERROR]
        begun = done
        for at in range(first[start], first[slot + 1]):
            # Of those that go out together the most telling first.
            part = parts[at]
            worth[part] = _gain(looks, before, part)
            hole = done
            while hole > begun and worth[out[hole - 1]] < worth[part]:
                out[hole] = out[hole - 1]
                hole -= 1
            out[hole] = part
            done += 1
        for at in range(begun, done):
            ledger.order(files, table, nodes[out[at], KIND], nodes[out[at], TILE])
    return done


@njit(**KERNEL)
def _told(
    nodes: Ints, slots: Ints, out: Ints, count: int, first: Ints, parts: Ints, place: Ints, region_first: Ints,
    kinds: Any, part_first: Ints, found: Ints,
) -> Any:  # pragma: no cover - compiled  # fmt: skip
    """Regions of what stands in the order and their parts, as places in it; how many of both."""
    for at in range(count):
        place[out[at]] = at
    regions = filled = 0
    for at in range(count):
        region_first[at] = regions
        begin, end = nodes[out[at], FIRST], nodes[out[at], FIRST] + nodes[out[at], SLOTS]
        is_refined = False
        for slot in range(begin, end):
            is_refined = is_refined or slots[slot, REFINED] > 0
        if not is_refined:
            continue
        for slot in range(begin, end):
            part_first[regions] = filled
            kinds[regions] = NOTHING if not slots[slot, CHILDREN] else REPLACED if slots[slot, REFINED] else STAYS
            regions += 1
            for each in range(first[slot], first[slot + 1]):
                found[filled] = place[parts[each]]
                filled += 1
    region_first[count] = regions
    part_first[regions] = filled
    return regions, filled


@njit(cache=True, nogil=True)
def way(table: Ints, made: Any, limits: Ints, options: Floats) -> Any:  # pragma: no cover - compiled
    """What is sent, in order: (trees, tiles, cut, offsets of regions, kinds of regions, offsets of parts, parts).

    `cut` says which are in the cut, at least in part. Tiles have regions of which some region is replaced; parts are
    places in the order.
    """
    looks, nodes, slots, roots, files, _ = made
    _weighed(looks, nodes, slots)
    is_coded, is_parted = options[cuts.CODED] > 0.0, options[cuts.PARTED] > 0.0
    lengths = np.empty(len(nodes), np.int64)
    for record in range(len(nodes)):
        lengths[record] = _length(table, nodes, record, is_coded)
    sent = _sent(table, made, lengths, limits, options)
    first, parts = np.zeros(len(slots) + 1, np.int64), np.empty(len(nodes), np.int64)
    _parted(nodes, slots, sent, first, parts, np.empty(len(nodes) + 1, np.int64))
    out = np.empty(len(nodes), np.int64)
    count = _ordered(
        table, looks, nodes, slots, roots, files, lengths, first, parts, is_parted, out, np.empty(len(nodes)),
        np.empty((len(slots) + 1, 3)),
    )  # fmt: skip
    region_first, part_first = np.zeros(count + 1, np.int64), np.zeros(len(slots) + 1, np.int64)
    kinds, found = np.empty(len(slots), np.int8), np.empty(len(parts), np.int64)
    regions, filled = _told(
        nodes, slots, out, count, first, parts, np.empty(len(nodes), np.int64), region_first, kinds, part_first, found
    )  # fmt: skip
    trees, tiles, is_cut = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count, np.bool_)
    for at in range(count):
        trees[at], tiles[at] = nodes[out[at], TREE], nodes[out[at], TILE]
        is_cut[at] = nodes[out[at], STATE] == ALIVE
    return trees, tiles, is_cut, region_first, kinds[:regions], part_first[: regions + 1], found[:filled]
