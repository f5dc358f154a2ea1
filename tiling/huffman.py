"""Huffman's codes of bytes, and bits in words of 64: what our coder of brotli writes with.

Codes are canonical, and are written first bit lowest, as RFC 1951 (3.2.2) and RFC 7932 (3.2) both have them. Bits that
do not fill a word wait in `bits`: (2,) uint64, themselves and how many they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

_LONGEST = 15
"""bits of a code"""


@njit(cache=True, nogil=True)
def put(out: Any, word: int, bits: Any, value: int, size: int) -> int:  # pragma: no cover - compiled
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
def literals(  # noqa: PLR0917 - numba knows no keywords
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
def code_lengths(counts: Any, longest: int) -> Any:  # pragma: no cover - compiled
    """Bits of each symbol's code, 0 where it is never used. Where Huffman's codes are too long, those of seldom symbols
    are cut, and others made longer until they fit again (as in miniz)."""
    lengths = np.zeros(len(counts), np.int64)
    order = _seldom_first(counts)
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
def _seldom_first(counts: Any) -> Any:  # pragma: no cover - compiled
    """Symbols that are used, by how often, then by number: by counting, which is quicker than argsort."""
    order, other, number, most = np.empty(len(counts), np.int64), np.empty(len(counts), np.int64), 0, np.int64(0)
    for symbol in range(len(counts)):
        if counts[symbol]:
            order[number] = symbol
            number += 1
            most = max(most, counts[symbol])
    starts = np.empty(257, np.int64)
    shift = 0
    while most >> shift:
        starts[:] = 0
        for at in range(number):
            starts[(counts[order[at]] >> shift & 255) + 1] += 1
        for digit in range(256):
            starts[digit + 1] += starts[digit]
        for at in range(number):
            digit = counts[order[at]] >> shift & 255
            other[starts[digit]] = order[at]
            starts[digit] += 1
        order, other = other, order
        shift += 8
    return order[:number]


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
def codes_of(lengths: Any) -> Any:  # pragma: no cover - compiled
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
        length = lengths[symbol]
        if length:
            # Turned round as sixteen bits, by halves, and what is no part of it shifted out.
            value = following[length]
            following[length] += 1
            value = (value & 0x5555) << 1 | value >> 1 & 0x5555
            value = (value & 0x3333) << 2 | value >> 2 & 0x3333
            value = (value & 0x0F0F) << 4 | value >> 4 & 0x0F0F
            codes[symbol] = ((value & 0xFF) << 8 | value >> 8) >> (16 - length)
    return codes
