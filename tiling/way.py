# ruff: noqa: C901, PLR0917  -- compiled loops: many arrays, no keywords
"""What is sent on the way to a cut, and in which order, compiled. What it decides is said in `tiling.select`.

Works on the records and slots of `tiling.cut`. A record is *sent* if it is a root, in the cut, or chosen on the way.
The parts of a slot are the records that are sent and together replace its region: children, or, where a child is not
sent, what replaces the child.
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
from tiling.sight import ERROR, WORTH, shown_error
from tiling.stock import BYTES, GROUPED
from tiling.stock import CODED as CODED_BYTES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_GAIN = 1e-3
"""of what is shown: what gains nothing by itself may lead to what does; it comes last, but it comes"""
REPLACED, NOTHING, STAYS = 1, 0, -1
"""kinds of regions: replaced by parts; without anything below; shown by the tile itself in the end"""


@njit(cache=True, nogil=True)
def _length(table: Ints, nodes: Ints, record: int, is_coded: bool) -> int:  # pragma: no cover - compiled
    """Bytes of a tile's GLB as it is sent."""
    facts, tile = grove.facts_at(table, nodes[record, KIND]), nodes[record, TILE]
    coded = facts[tile, CODED_BYTES]
    return int(coded if is_coded and 0 < coded < facts[tile, BYTES] else facts[tile, BYTES])


@njit(cache=True, nogil=True)
def _gain(looks: Floats, before: float, part: int) -> float:  # pragma: no cover - compiled
    """What it is worth that a part replaces what has an error of `before` metres there."""
    shown = shown_error(before, looks, part)
    less = max(shown - shown_error(looks[part, ERROR], looks, part), 0.0)
    return float(looks[part, WORTH] * (less + LEAST_GAIN * shown))


@njit(cache=True, nogil=True)
def _chosen(looks: Floats, nodes: Ints, slots: Ints, lengths: Ints, options: Floats) -> Any:  # pragma: no cover
    """Which records may be sent on the way (n,): those that gain most per byte, within their share of all bytes."""
    heap = np.empty((len(nodes), 3))
    final = candidates = 0
    for record in range(len(nodes)):
        if nodes[record, STATE] == ALIVE:
            final += lengths[record]
        for slot in range(nodes[record, FIRST], nodes[record, FIRST] + nodes[record, SLOTS]):
            for child in range(slots[slot, CHILD], slots[slot, CHILD] + slots[slot, CHILDREN]):
                if nodes[child, STATE] == GONE:
                    heap[candidates, 0] = -_gain(looks, looks[record, ERROR], child) / max(lengths[child], 1)
                    heap[candidates, 1], heap[candidates, 2] = child, 0
                    heaps.rise(heap, candidates)
                    candidates += 1
    left = max(options[cuts.WAY_SHARE] * final, min(options[cuts.WAY_LEAST], 0.25 * final))
    may = np.zeros(len(nodes), np.uint8)
    for record in heaps.emptied(heap, candidates):
        if lengths[record] <= left:
            left -= lengths[record]
            may[record] = 1
    return may


@njit(cache=True, nogil=True)
def _sent(table: Ints, made: Any, lengths: Ints, limits: Ints, options: Floats) -> Any:  # pragma: no cover - compiled
    """Which records are sent (n,). Of those that may be on the way, the ones that are little beside their parts."""
    looks, nodes, slots, roots, files, used = made
    may = _chosen(looks, nodes, slots, lengths, options)
    sent = np.zeros(len(nodes), np.uint8)
    for record in range(len(nodes)):
        sent[record] = nodes[record, STATE] == ALIVE
    for root in roots:
        sent[root] = 1
    below = np.zeros(len(nodes), np.int64)
    for record in range(len(nodes) - 1, -1, -1):
        for slot in range(nodes[record, FIRST], nodes[record, FIRST] + nodes[record, SLOTS]):
            for child in range(slots[slot, CHILD], slots[slot, CHILD] + slots[slot, CHILDREN] * slots[slot, REFINED]):
                below[record] += lengths[child] if sent[child] else below[child]
        if may[record] and not sent[record] and below[record] >= options[cuts.WORTH_SENDING] * lengths[record]:
            kind, tile = nodes[record, KIND], nodes[record, TILE]
            if used[ledger.KEPT_BYTES] + ledger.send_cost(files, table, kind, tile) <= limits[ledger.KEPT_BYTES]:
                ledger.send(files, used, table, kind, tile)
                sent[record] = 1
    return sent


@njit(cache=True, nogil=True)
def _parts(nodes: Ints, slots: Ints, sent: Any) -> Any:  # pragma: no cover - compiled
    """Parts of all slots of what is sent: offsets (s + 1,) and records."""
    first = np.zeros(len(slots) + 1, np.int64)
    parts = np.empty(len(nodes), np.int64)
    stack = np.empty(len(nodes) + 1, np.int64)
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
    return first, parts


@njit(cache=True, nogil=True)
def _ordered(
    table: Ints, made: Any, lengths: Ints, sent: Any, first: Ints, parts: Ints, is_parted: bool
) -> Any:  # pragma: no cover - compiled
    """Records in the order of sending."""
    looks, nodes, slots, roots, files, _ = made
    out = np.empty(len(nodes), np.int64)
    worth = np.empty(len(nodes))
    heap = np.empty((len(slots) + 1, 3))
    heaped = considered = done = 0
    for root in roots:
        out[done] = root
        done += 1
        ledger.order(files, table, nodes[root, KIND], nodes[root, TILE])
    while considered < done or heaped:
        if considered < done:
            record = out[considered]
            considered += 1
            by_region = is_parted and grove.facts_at(table, nodes[record, KIND])[nodes[record, TILE], GROUPED] > 0
            begin, end = nodes[record, FIRST], nodes[record, FIRST] + nodes[record, SLOTS]
            start, gain, length = begin, 0.0, 0
            for slot in range(begin, end):
                for at in range(first[slot], first[slot + 1]):
                    part = parts[at]
                    gain += _gain(looks, looks[record, ERROR], part)
                    length += ledger.order_cost(files, table, nodes[part, KIND], nodes[part, TILE], lengths[part])
                if (by_region or slot == end - 1) and first[slot + 1] > first[start]:
                    heap[heaped, 0] = -gain / max(length, 1)
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
    return out[:done]


@njit(cache=True, nogil=True)
def way(table: Ints, made: Any, limits: Ints, options: Floats) -> Any:  # pragma: no cover - compiled
    """What is sent, in order: (trees, tiles, cut, offsets of regions, kinds of regions, offsets of parts, parts).

    `cut` says which are in the cut, at least in part. Tiles have regions of which some region is replaced; parts are
    places in the order.
    """
    _, nodes, slots, _, _, _ = made
    is_coded = options[cuts.CODED] > 0.0
    lengths = np.empty(len(nodes), np.int64)
    for record in range(len(nodes)):
        lengths[record] = _length(table, nodes, record, is_coded)
    sent = _sent(table, made, lengths, limits, options)
    first, parts = _parts(nodes, slots, sent)
    out = _ordered(table, made, lengths, sent, first, parts, options[cuts.PARTED] > 0.0)
    place = np.empty(len(nodes), np.int64)
    for at in range(len(out)):
        place[out[at]] = at
    region_first = np.zeros(len(out) + 1, np.int64)
    kinds = np.empty(len(slots), np.int8)
    part_first = np.zeros(len(slots) + 1, np.int64)
    found = np.empty(len(parts), np.int64)
    regions = filled = 0
    for at in range(len(out)):
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
    region_first[len(out)] = regions
    part_first[regions] = filled
    trees, tiles, is_cut = np.empty(len(out), np.int64), np.empty(len(out), np.int64), np.empty(len(out), np.bool_)
    for at in range(len(out)):
        trees[at], tiles[at] = nodes[out[at], TREE], nodes[out[at], TILE]
        is_cut[at] = nodes[out[at], STATE] == ALIVE
    return trees, tiles, is_cut, region_first, kinds[:regions], part_first[: regions + 1], found[:filled]
