"""gzip for streams of vertices, by entropy alone: no strings that came before are looked for, for there are none.

What the vertex codec leaves are small differences in a random order; a search for repetitions takes four fifths of a
general deflate's time there and saves a hundredth. So bytes are literals, but for runs of one byte (padding that the
codec has no use for), and the Huffman codes are made anew for each piece whose bytes are alike: an attribute, or a part
of a long one. RFC 1951, RFC 1952.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numba import njit

_HEAD = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255))
"""no name, no time, no system: equal bytes in, equal bytes out"""
_PIECE = 1 << 17
"""bytes with codes of their own, at most: what is near is most alike, and codes take some 80 bytes"""
_LEAST_PIECE = 512
_LEAST_RUN = 6
_END = 256
_LITERALS, _LENGTHS = 286, 19
_LONGEST, _LONGEST_LENGTH = 15, 7
"""bits of a code, and of a code of lengths"""
_BASE = np.array(
    [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258],
    np.int64,
)
_EXTRA = np.array([0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0], np.int64)
_KIND = (np.searchsorted(_BASE, np.arange(259), side="right") - 1).astype(np.int64)
"""(259,) which of the codes of lengths a run has"""
_ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15], np.int64)


def gzipped(data: bytes, bounds: Iterable[int] = ()) -> bytes:
    """The bytes as a gzip member; codes are made anew at each of `bounds`, ascending.

    >>> import gzip
    >>> gzip.decompress(gzipped(b"one and one and one", [7]))
    b'one and one and one'
    """
    ends = [0]
    for bound in (*bounds, len(data)):
        begun = ends[-1]
        if bound - begun < _LEAST_PIECE and bound < len(data):
            continue
        parts = max(-(-(bound - begun) // _PIECE), 1)
        ends += [begun + (bound - begun) * part // parts for part in range(1, parts + 1)]
    # A literal takes 15 bits at most, and a table of codes under 300 bytes.
    room = np.empty(len(data) // 4 + 64 * len(ends) + 64, np.uint64)
    length = _deflated(np.frombuffer(data, np.uint8), np.array(ends, np.int64), room)
    packed = room.view(np.uint8)[:length].tobytes()
    return _HEAD + packed + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


@njit(cache=True, nogil=True)
def _deflated(data: Any, ends: Any, out: Any) -> int:  # pragma: no cover - compiled
    """Blocks that end at `ends` (the first one begins at ends[0]); how many bytes of `out` they fill."""
    bits = np.zeros(2, np.uint64)  # what is not in `out` yet, and how many bits that is
    at = 0
    for piece in range(len(ends) - 1):
        low, high = ends[piece], ends[piece + 1]
        runs = _runs(data, low, high)
        counts = _counts(data, low, high, runs)
        lengths = _code_lengths(counts, _LONGEST)
        codes = _codes_of(lengths)
        at = _put(out, at, bits, 1 if piece == len(ends) - 2 else 0, 1)
        at = _put(out, at, bits, 2, 2)
        at = _table(out, at, bits, lengths, len(runs) > 0)
        # The code and its length in one word, which a table of 2 KB is of.
        both = codes | (lengths.astype(np.uint64) << np.uint64(16))
        place = low
        for run in range(len(runs)):
            at = _literals(data, place, runs[run, 0], both, out, at, bits)
            length = runs[run, 1]
            kind = _KIND[length]
            at = _put(out, at, bits, int(codes[257 + kind]), lengths[257 + kind])
            # The rest of the length, and the one code that distances have, of one bit: 0.
            at = _put(out, at, bits, length - _BASE[kind], _EXTRA[kind] + 1)
            place = runs[run, 0] + length
        at = _literals(data, place, high, both, out, at, bits)
        at = _put(out, at, bits, int(codes[_END]), lengths[_END])
    if bits[1]:
        out[at] = bits[0]
    return at * 8 + (int(bits[1]) + 7) // 8


@njit(cache=True, nogil=True)
def _runs(data: Any, low: int, high: int) -> Any:  # pragma: no cover - compiled
    """Runs (k, 2) of bytes that are as the one before: where each begins, and its length, `_LEAST_RUN` to 258."""
    found = np.empty(((high - low) // (_LEAST_RUN + 1) + 1, 2), np.int64)
    number, at, behind = 0, low, low
    while at + 3 < high:
        # A run and the byte before it are seven at least, so two of them are among each third byte.
        if data[at] != data[at + 3]:
            at += 3
            continue
        value, begin, end = data[at], at, at + 1
        while begin > behind and data[begin - 1] == value:
            begin -= 1
        while end < high and end < begin + 259 and data[end] == value:
            end += 1
        if end - begin - 1 >= _LEAST_RUN:
            found[number, 0], found[number, 1] = begin + 1, end - begin - 1
            number += 1
            behind = at = end
        else:
            at += 3
    return found[:number]


@njit(cache=True, nogil=True)
def _counts(data: Any, low: int, high: int, runs: Any) -> Any:  # pragma: no cover - compiled
    """How often each symbol is written."""
    # Two counters for each byte: equal bytes that follow one another do not wait for one another.
    counts, others = np.zeros(_LITERALS, np.int32), np.zeros(_LITERALS, np.int32)
    at = low
    for run in range(len(runs) + 1):
        stop = runs[run, 0] if run < len(runs) else high
        while at + 1 < stop:
            counts[data[at]] += 1
            others[data[at + 1]] += 1
            at += 2
        if at < stop:
            counts[data[at]] += 1
        if run < len(runs):
            counts[257 + _KIND[runs[run, 1]]] += 1
            at = stop + runs[run, 1]
    counts[_END] = 1
    return (counts + others).astype(np.int64)


@njit(cache=True, nogil=True)
def _literals(  # noqa: PLR0917 - numba knows no keywords
    data: Any, at: int, stop: int, both: Any, out: Any, word: int, bits: Any
) -> int:  # pragma: no cover - compiled
    """The codes of some bytes, four of them in one step."""
    held, number = bits[0], bits[1]
    low, all_, one, sixteen = np.uint64(0xFFFF), np.uint64(63), np.uint64(1), np.uint64(16)
    while at < stop:
        symbol = both[data[at]]
        value, size = symbol & low, symbol >> sixteen
        if at + 4 <= stop:
            b, c, d = both[data[at + 1]], both[data[at + 2]], both[data[at + 3]]
            value |= (b & low) << size
            size += b >> sixteen
            other, length = c & low, c >> sixteen
            other |= (d & low) << length
            value |= other << size
            size += length + (d >> sixteen)
            at += 4
        else:
            at += 1
        held |= value << number
        total = number + size
        out[word] = held
        if total > all_:
            word += 1
            # Shifted in two steps: by 64 at once is by 0.
            held = (value >> one) >> (all_ - number)
        number = total & all_
    bits[0], bits[1] = held, number
    return word


@njit(cache=True, nogil=True)
def _put(out: Any, word: int, bits: Any, value: int, size: int) -> int:  # pragma: no cover - compiled
    """A number in so many bits, lowest first."""
    number = int(bits[1])
    bits[0] |= np.uint64(value) << np.uint64(number)
    number += size
    if number >= 64:
        out[word] = bits[0]
        word += 1
        number -= 64
        bits[0] = np.uint64(value) >> np.uint64(size - number) if number else np.uint64(0)
    bits[1] = np.uint64(number)
    return word


@njit(cache=True, nogil=True)
def _table(out: Any, word: int, bits: Any, lengths: Any, has_runs: bool) -> int:  # pragma: no cover - compiled
    """The table of codes (3.2.7): lengths of all symbols, and of the one distance, in codes of their own."""
    used = _LITERALS
    while used > 257 and lengths[used - 1] == 0:
        used -= 1
    every = np.zeros(used + 1, np.int64)
    every[:used] = lengths[:used]
    every[used] = 1 if has_runs else 0
    symbols, extras = np.empty(used + 1, np.int64), np.zeros(used + 1, np.int64)
    counts = np.zeros(_LENGTHS, np.int64)
    number = at = 0
    while at < len(every):
        end = at + 1
        while end < len(every) and every[end] == every[at]:
            end += 1
        same = end - at
        if every[at] == 0 and same >= 3:
            same = min(same, 138)
            symbols[number], extras[number] = (17, same - 3) if same <= 10 else (18, same - 11)
        elif at and every[at] == every[at - 1] and same >= 3:
            same = min(same, 6)
            symbols[number], extras[number] = 16, same - 3
        else:
            same = 1
            symbols[number] = every[at]
        counts[symbols[number]] += 1
        number += 1
        at += same
    own = _code_lengths(counts, _LONGEST_LENGTH)
    codes = _codes_of(own)
    told = _LENGTHS
    while told > 4 and own[_ORDER[told - 1]] == 0:
        told -= 1
    word = _put(out, word, bits, used - 257, 5)
    word = _put(out, word, bits, 0, 5)
    word = _put(out, word, bits, told - 4, 4)
    for place in range(told):
        word = _put(out, word, bits, own[_ORDER[place]], 3)
    for place in range(number):
        symbol = symbols[place]
        word = _put(out, word, bits, int(codes[symbol]), own[symbol])
        if symbol >= 16:
            word = _put(out, word, bits, extras[place], 2 if symbol == 16 else 3 if symbol == 17 else 7)
    return word


@njit(cache=True, nogil=True)
def _code_lengths(counts: Any, longest: int) -> Any:  # pragma: no cover - compiled
    """Bits of each symbol's code, 0 where it is never used. Where Huffman's codes are too long, those of seldom symbols
    are cut, and others made longer until they fit again (as in miniz)."""
    lengths = np.zeros(len(counts), np.int64)
    there = np.flatnonzero(counts)
    order = there[np.argsort(counts[there], kind="mergesort")]
    if len(order) == 1:
        lengths[order[0]] = 1
        return lengths
    of_length = np.zeros(max(longest, len(order)) + 1, np.int64)
    for depth in _depths(counts[order]):
        of_length[min(depth, longest)] += 1
    room = 0
    for length in range(1, longest + 1):
        room += of_length[length] << (longest - length)
    while room > 1 << longest:
        length = longest - 1
        while of_length[length] == 0:
            length -= 1
        of_length[longest] -= 1
        of_length[length] -= 1
        of_length[length + 1] += 2
        room -= 1
    at = len(order)
    for length in range(1, longest + 1):
        for _ in range(of_length[length]):
            at -= 1
            lengths[order[at]] = length
    return lengths


@njit(cache=True, nogil=True)
def _depths(counts: Any) -> Any:  # pragma: no cover - compiled
    """How deep each of two symbols or more, seldom ones first, lies in the tree of least weight (Huffman 1952)."""
    number = len(counts)
    weight = np.empty(2 * number - 1, np.int64)
    weight[:number] = counts
    above = np.zeros(2 * number - 1, np.int64)
    leaf, node = 0, number
    for made in range(number, 2 * number - 1):
        total = 0
        for _ in range(2):
            if leaf < number and (node >= made or weight[leaf] <= weight[node]):
                taken, leaf = leaf, leaf + 1
            else:
                taken, node = node, node + 1
            above[taken] = made
            total += weight[taken]
        weight[made] = total
    depth = np.zeros(2 * number - 1, np.int64)
    for at in range(2 * number - 3, -1, -1):
        depth[at] = depth[above[at]] + 1
    return depth[:number]


@njit(cache=True, nogil=True)
def _codes_of(lengths: Any) -> Any:  # pragma: no cover - compiled
    """The codes (3.2.2), first bit lowest."""
    of_length = np.zeros(_LONGEST + 2, np.int64)
    for length in lengths:
        of_length[length] += 1
    of_length[0] = 0
    following = np.zeros(_LONGEST + 2, np.int64)
    for length in range(1, _LONGEST + 1):
        following[length] = (following[length - 1] + of_length[length - 1]) << 1
    codes = np.zeros(len(lengths), np.uint64)
    for symbol in range(len(lengths)):
        value, turned = following[lengths[symbol]], 0
        following[lengths[symbol]] += 1
        for _ in range(lengths[symbol]):
            turned = turned << 1 | value & 1
            value >>= 1
        codes[symbol] = turned
    return codes
