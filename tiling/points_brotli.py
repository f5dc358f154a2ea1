"""brotli for streams of vertices: a Huffman code of its own for each byte of each attribute, and no search.

EXT_meshopt_compression lays the bytes of 256 vertices one beside the other, and each of them means something else: the
noise of a place, its carry, a shade. brotli may go to another code at any byte (block types, RFC 7932, 6), which takes
13 bits; deflate would need a table of codes. So where a plane of bytes begins the code changes to that of its like.
Bytes are literals, but for heads of planes that say one thing four times, and planes of zeros: these are copied from
one byte before. Where a byte tells of the next (slopes go on), four codes are kept, by the size of the byte before
(contexts, 7.1). Any decoder of brotli reads it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit

from tiling.brotli_head import (
    BLOCK_BASE,
    BLOCK_EXTRA,
    COMMANDS,
    COPY_BASE,
    COPY_EXTRA,
    COUNTS,
    INSERT_BASE,
    INSERT_EXTRA,
    LONGEST,
    kind_of,
    lengths_of,
    preamble,
    switch,
)
from tiling.huffman import literals, put
from tiling.points_planes import BLOCK, GROUP, HEAD, huffman_bits

MOST_BYTES = 1 << 24
"""of a meta-block (9.2), of which there is one"""
_MOST_TYPES = 64
_CLASSES = 4
"""sizes of the byte before: 0, below 16, below 64, more"""
_SAMPLED = 8
"""blocks of a type by which it is decided whether it has one code or four"""
_WORTH = 0.97
"""of the bits, that four may take at most: their codes are found more slowly"""
_RUN = 1 << 30
"""stands for a run where a type of literals would"""
_U64 = np.uint64

_CLASS = np.array([0] + [1] * 15 + [2] * 48 + [3] * 192, np.int64)
_ROW = (_CLASS * 256).astype(np.uint64)


@dataclass(frozen=True, slots=True)
class Stream:
    """Where a vertex stream lies in the bytes, and what it holds."""

    begin: int
    end: int
    count: int
    stride: int


def brotli(data: bytes, streams: Sequence[Stream]) -> bytes:
    """The bytes as a brotli stream; `streams` are the vertex streams in them, in their order.

    A stream that is no such one is coded as any other bytes are. The same input gives the same bytes.

    Raises:
        ValueError: more than 16 MiB, or nothing.
    """
    if not 0 < len(data) <= MOST_BYTES:
        raise ValueError(f"{len(data)} bytes are not 1 to {MOST_BYTES}")
    every = np.frombuffer(data, np.uint8)
    pieces = np.empty((len(data) // 2 + 64, 2), np.int64)
    number, types, at = 0, 1, 0
    for stream in streams:
        if not at <= stream.begin < stream.end <= len(data) or types + stream.stride > _MOST_TYPES:
            continue
        found = _planes(every, stream.begin, stream.end, stream.count, stream.stride, types, pieces[number + 1 :])
        if found:
            pieces[number] = stream.begin, 0
            number += 1 + found
            types += stream.stride
            at = stream.end
    pieces[number] = len(data), 0
    commands, blocks = _commands(every, pieces[: number + 1])
    room = np.empty(len(data) // 4 + 2 * len(commands) + 2 * len(blocks) + 4096, np.uint64)
    length = _coded(every, commands, blocks, room)
    return room.view(np.uint8)[:length].tobytes()


@njit(cache=True, nogil=True)
def _planes(  # noqa: C901, PLR0917 - numba knows no keywords, and calls cost
    data: Any, begin: int, end: int, count: int, stride: int, types: int, pieces: Any
) -> int:  # fmt: skip  # pragma: no cover - compiled
    """Pieces (end, type) of a vertex stream, one type for each byte of a vertex, from `types` on; how many.

    A piece of type `_RUN` is of equal bytes, as the one before it is. 0 where it is no such stream.
    """
    if data[begin] != HEAD or stride > 32 or not count:
        return 0
    pieces[0, 0], pieces[0, 1] = begin + 1, 0
    at, number = begin + 1, 1
    for first in range(0, count, BLOCK):
        groups = (min(BLOCK, count - first) + GROUP - 1) // GROUP
        heads = (groups + 3) // 4
        for byte in range(stride):
            after = at + heads
            if after > end or number + 4 > len(pieces):
                return 0
            is_even = heads == 4
            for place in range(at + 1, after):
                is_even &= data[place] == data[at]
            if is_even and data[at] == 0:
                # All zeros: from the second byte on, a run; one that follows another is of it.
                if pieces[number - 1, 1] != _RUN or data[at - 1]:
                    pieces[number, 0], pieces[number, 1] = at + 1, max(pieces[number - 1, 1], 0) % _RUN
                    number += 1
                    pieces[number, 1] = _RUN
                    number += 1
                pieces[number - 1, 0] = after
                at = after
                continue
            kind = types + byte
            if is_even:
                pieces[number, 0], pieces[number, 1] = at + 1, kind
                pieces[number + 1, 0], pieces[number + 1, 1] = after, _RUN
                number += 2
            place = after
            for group in range(groups):
                bits = data[at + group // 4] >> (2 * (group % 4)) & 3
                if bits == 3:
                    place += GROUP
                elif bits:
                    width = 2 * bits
                    packed, most = GROUP * width // 8, (1 << width) - 1
                    if place + packed > end:
                        return 0
                    more = 0
                    for each in range(place, place + packed):
                        value = int(data[each])
                        for _ in range(8 // width):
                            more += value & most == most
                            value >>= width
                    place += packed + more
            if place > end:
                return 0
            pieces[number, 0], pieces[number, 1] = place, kind
            number += 1
            at = place
    pieces[number, 0], pieces[number, 1] = end, 0
    return number + 1


@njit(cache=True, nogil=True)
def _commands(data: Any, pieces: Any) -> Any:  # pragma: no cover - compiled
    """Pieces as commands (k, 2), literals and then equal bytes, and as blocks (l, 2): how many literals, which type."""
    commands = np.empty((len(pieces) + 1, 2), np.int64)
    blocks = np.empty((len(pieces) + 1, 2), np.int64)
    number, block, waiting, at = 0, -1, 0, 0
    for piece in range(len(pieces)):
        length, kind = pieces[piece, 0] - at, pieces[piece, 1]
        at = pieces[piece, 0]
        if not length:
            continue
        if kind == _RUN and length > 1:
            commands[number, 0], commands[number, 1] = waiting, length
            number, waiting = number + 1, 0
            continue
        if kind == _RUN:
            kind = blocks[block, 1]
        waiting += length
        if block < 0 or blocks[block, 1] != kind:
            block += 1
            blocks[block, 0], blocks[block, 1] = 0, kind
        blocks[block, 0] += length
    if waiting:
        commands[number, 0], commands[number, 1] = waiting, 0
        number += 1
    return commands[:number], blocks[: block + 1]


@njit(cache=True, nogil=True)
def _renumbered(blocks: Any) -> int:  # pragma: no cover - compiled
    """Types by the order of their first block, for a stream begins with type 0; how many."""
    number = np.full(_MOST_TYPES, -1, np.int64)
    types = 0
    for block in range(len(blocks)):
        kind = blocks[block, 1]
        if number[kind] < 0:
            number[kind] = types
            types += 1
        blocks[block, 1] = number[kind]
    return types


@njit(cache=True, nogil=True)
def _parted(data: Any, commands: Any, blocks: Any, types: int) -> Any:  # pragma: no cover - compiled
    """(types,) whether codes by the byte before save enough, as some of the blocks of each type have it."""
    counts = np.zeros((types, _CLASSES * 256), np.int64)
    of_type, met = np.zeros(types, np.int64), np.zeros(types, np.int64)
    for block in range(len(blocks)):
        of_type[blocks[block, 1]] += 1
    at, command, left = 0, 0, commands[0, 0]
    for block in range(len(blocks)):
        wanted, kind = blocks[block, 0], blocks[block, 1]
        met[kind] += 1
        is_sampled = met[kind] % max(1, of_type[kind] // _SAMPLED) == 0
        while wanted:
            while not left:
                at += commands[command, 1]
                command += 1
                left = commands[command, 0]
            number = min(wanted, left)
            if is_sampled:
                for place in range(max(at, 1), at + number):
                    counts[kind, _ROW[data[place - 1]] + data[place]] += 1
            at += number
            wanted -= number
            left -= number
    found = np.zeros(types, np.bool_)
    for kind in range(types):
        own = counts[kind].reshape(_CLASSES, 256)
        whole, parted = own.sum(axis=0), 0.0
        share = of_type[kind] / min(of_type[kind], _SAMPLED)
        for each in range(_CLASSES):
            parted += _bits(own[each], share)
        found[kind] = parted < _WORTH * _bits(whole, share)
    return found


@njit(cache=True, nogil=True)
def _counted(data: Any, commands: Any, blocks: Any, parted: Any) -> Any:  # pragma: no cover - compiled
    """(types, `_CLASSES` · 256) how often each literal is, in types that are parted by class of the byte before."""
    types = len(parted)
    counts = np.zeros((types, _CLASSES * 256), np.int32)
    at, command, left = 0, 0, commands[0, 0]
    for block in range(len(blocks)):
        wanted, own = blocks[block, 0], counts[blocks[block, 1]]
        while wanted:
            while not left:
                at += commands[command, 1]
                command += 1
                left = commands[command, 0]
            number = min(wanted, left)
            if parted[blocks[block, 1]]:
                last = data[at - 1] if at else np.uint8(0)
                for place in range(at, at + number):
                    value = data[place]
                    own[_ROW[last] + value] += 1
                    last = value
            else:
                # Two counters for each byte: equal bytes that follow one another do not wait for one another.
                for place in range(at, at + number - 1, 2):
                    own[data[place]] += 1
                    own[256 + data[place + 1]] += 1
                if number % 2:
                    own[data[at + number - 1]] += 1
            at += number
            wanted -= number
            left -= number
    return counts


@njit(cache=True, nogil=True)
def _coded(data: Any, commands: Any, blocks: Any, out: Any) -> int:  # pragma: no cover - compiled
    types = _renumbered(blocks)
    parted = _parted(data, commands, blocks, types)
    tree, lengths, both = _trees(_counted(data, commands, blocks, parted), parted)
    kind_codes, amount_codes = np.zeros(types + 2, np.uint64), np.zeros(COUNTS, np.uint64)
    symbols, command_codes = np.empty(len(commands), np.int64), np.zeros(COMMANDS, np.uint64)
    said = np.empty((2 * COMMANDS + 300 * (len(lengths) + 2) + 200 * types, 2), np.int64)
    told = preamble(
        said, len(data), commands, blocks, tree, lengths, kind_codes, amount_codes, symbols, command_codes
    )  # fmt: skip
    bits = np.zeros(2, np.uint64)
    at = 0
    for each in range(told):
        at = put(out, at, bits, said[each, 0], said[each, 1])

    place, block, room = np.int64(0), 0, blocks[0, 0]
    last, before = 0, 1
    own, is_parted = both[0], parted[0]
    for command in range(len(commands)):
        inserted, copied = commands[command, 0], commands[command, 1]
        code = command_codes[symbols[command]]
        kind = kind_of(INSERT_BASE, inserted)
        value, size = np.int64(code & _U64(0xFFFF)), np.int64(code >> _U64(16))
        value |= (inserted - INSERT_BASE[kind]) << size
        size += INSERT_EXTRA[kind]
        if copied:
            kind = kind_of(COPY_BASE, copied)
            value |= (copied - COPY_BASE[kind]) << size
            size += COPY_EXTRA[kind]
        at = put(out, at, bits, value, size)
        while inserted:
            if not room:
                block += 1
                room, kind = blocks[block]
                code = kind_codes[switch(kind, last, before, types)]
                value, size = np.int64(code & _U64(0xFFFF)), np.int64(code >> _U64(16))
                amount = kind_of(BLOCK_BASE, room)
                code = amount_codes[amount]
                value |= np.int64(code & _U64(0xFFFF)) << size
                size += np.int64(code >> _U64(16))
                value |= (room - BLOCK_BASE[amount]) << size
                at = put(out, at, bits, value, size + BLOCK_EXTRA[amount])
                last, before = kind, last
                own, is_parted = both[kind], parted[kind]
            number = min(room, inserted)
            if is_parted:
                at = _literals_after(data, place, place + number, own, out, at, bits)
            else:
                at = literals(data, place, place + number, own, out, at, bits)
            place += number
            room -= number
            inserted -= number
        place += copied
    if bits[1]:
        out[at] = bits[0]
    return at * 8 + (int(bits[1]) + 7) // 8


@njit(cache=True, nogil=True)
def _trees(counts: Any, parted: Any) -> Any:  # pragma: no cover - compiled
    """Codes of literals: which one a type has for each class, their lengths, and codes by type, class and literal.

    Of the last, code and length are in one word; a lone symbol takes no bits.
    """
    types = len(parted)
    tree = np.empty((types, _CLASSES), np.int64)
    lengths = np.zeros((types + (_CLASSES - 1) * np.count_nonzero(parted), 256), np.int64)
    both = np.zeros((types, _CLASSES * 256), np.uint64)
    number = 0
    for kind in range(types):
        for each in range(_CLASSES if parted[kind] else 1):
            seen = counts[kind, 256 * each : 256 * each + 256].astype(np.int64)
            if not parted[kind]:
                seen += counts[kind, 256:512]
            lengths[number] = lengths_of(seen, both[kind, 256 * each : 256 * each + 256], np.int64(LONGEST))
            tree[kind, each:] = number
            number += 1
    return tree, lengths, both


@njit(cache=True, nogil=True)
def _bits(counts: Any, times: float) -> float:  # pragma: no cover - compiled
    """What so many times these symbols take, with the table of their code."""
    return float(times * huffman_bits(counts)) + 40.0 + 3.5 * np.count_nonzero(counts)


@njit(cache=True, nogil=True)
def _literals_after(  # noqa: PLR0917 - numba knows no keywords
    data: Any, at: int, stop: int, both: Any, out: Any, word: int, bits: Any
) -> int:  # pragma: no cover - compiled
    """The codes of some bytes, each by the byte before it, four of them in one step; `both` (`_CLASSES` · 256,)."""
    held, number = bits[0], bits[1]
    low, all_, one, sixteen = np.uint64(0xFFFF), np.uint64(63), np.uint64(1), np.uint64(16)
    last = data[at - 1] if at else np.uint8(0)
    while at < stop:
        a = data[at]
        symbol = both[_ROW[last] + a]
        value, size = symbol & low, symbol >> sixteen
        if at + 4 <= stop:
            b, c, d = data[at + 1], data[at + 2], data[at + 3]
            second, third, fourth = both[_ROW[a] + b], both[_ROW[b] + c], both[_ROW[c] + d]
            value |= (second & low) << size
            size += second >> sixteen
            other, length = third & low, third >> sixteen
            other |= (fourth & low) << length
            value |= other << size
            size += length + (fourth >> sixteen)
            at += 4
            last = d
        else:
            at += 1
            last = a
        held |= value << number
        total = number + size
        out[word] = held
        if total > all_:
            word += 1
            held = (value >> one) >> (all_ - number)
        number = total & all_
    bits[0], bits[1] = held, number
    return word
