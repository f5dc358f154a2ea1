"""Vertex streams of EXT_meshopt_compression, written so that a code of entropy comes after them.

The codec (version 0, appendix A of the extension) lays each byte of the vertices aside, as differences from vertex to
vertex, 256 at a time, and each sixteen of them take 0, 2, 4 or 8 bits. meshoptimizer takes what is shortest by itself.
A code that comes after it finds less in bytes whose bits mean one thing here and another there: noise is best left as
whole bytes, and bytes that are mostly alike four in one. So each byte of a vertex keeps to one way through the stream,
the one that its entropy is least by. Any decoder reads either.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling.errors import TilingError

BLOCK = 256
"""vertices whose bytes lie together"""
GROUP = 16
"""of them that have bits in common"""
HEAD = 0xA0
_TAIL = 32
_WIDEST = 32
"""bytes of a vertex, beyond which blocks are shorter than `BLOCK`; no attribute of ours is that wide"""
_WAYS = np.array([8, 9, 5, 3], np.int64)
"""which bits groups may take, as a mask of 0, 2, 4 and 8 bits; 8 wherever 4 or 2 would be longer"""
_WEIGHED = np.arange(1 << 11) * np.log2(np.maximum(np.arange(1 << 11), 1))
"""numbers times their binary logarithms: most that are asked for"""
_SAMPLED = 8
"""blocks that the choice is made by, evenly over the stream"""


def encode_vertices(vertices: NDArray[Any]) -> bytes:
    """A vertex stream, coded as `meshopt.encode_vertices` does it, but for the bits of groups.

    Rows are multiples of 4 bytes, 32 at most. The same rows give the same bytes.

    Raises:
        TilingError: rows of another size.
    """
    rows = np.ascontiguousarray(vertices)
    size = rows.strides[0] if len(rows) else 4
    if size % 4 or size > _WIDEST:
        raise TilingError(f"rows of {size} bytes cannot be coded; multiples of 4 can, up to {_WIDEST}")
    if not len(rows):
        return bytes([HEAD]) + bytes(_TAIL)
    rows = rows.view(np.uint8).reshape(len(rows), size).view(np.uint32)
    blocks = -(-len(rows) // BLOCK)
    room = np.empty(1 + size * blocks * (BLOCK + BLOCK // GROUP // 4) + _TAIL, np.uint8)
    return room[: _encoded(rows, room)].tobytes()


@njit(cache=True, nogil=True)
def _encoded(rows: Any, out: Any) -> int:  # noqa: C901  # pragma: no cover - compiled
    count, columns = rows.shape
    blocks = (count + BLOCK - 1) // BLOCK
    words = np.empty((4, BLOCK // 8), np.uint64)
    planes, room = words.view(np.uint8), np.empty(BLOCK + 1, np.uint32)
    trial = np.empty(2 * BLOCK, np.uint8)
    ways = np.empty((columns, 4), np.int64)
    seen = np.empty((4, len(_WAYS), 256), np.int64)
    step = max(1, blocks // _SAMPLED)
    for column in range(columns):
        seen[:] = 0
        for block in range(step // 2, blocks, step):
            number = min(BLOCK, count - block * BLOCK)
            every = _differences(rows, column, block * BLOCK, number, room, words)
            for byte in range(4):
                if _is_empty(every, byte):
                    _seen_empty(number, seen[byte])
                else:
                    _tried(planes[byte], number, trial, seen[byte])
        for byte in range(4):
            ways[column, byte] = _way(seen[byte])
    out[0] = HEAD
    at = np.int64(1)
    for block in range(blocks):
        number = min(BLOCK, count - block * BLOCK)
        for column in range(columns):
            every = _differences(rows, column, block * BLOCK, number, room, words)
            for byte in range(4):
                # Where all is 0 heads say so, whichever way it is.
                at = _groups(
                    planes[byte], number, np.int64(1) if _is_empty(every, byte) else ways[column, byte], out, at
                )
    for _ in range(_TAIL - 4 * columns):
        out[at] = 0
        at += 1
    for column in range(columns):
        for byte in range(4):
            out[at] = rows[0, column] >> np.uint32(8 * byte) & np.uint32(0xFF)
            at += 1
    return int(at)


@njit(cache=True, nogil=True)
def _differences(  # noqa: PLR0917 - numba knows no keywords
    rows: Any, column: int, first: int, number: int, room: Any, words: Any
) -> Any:  # pragma: no cover - compiled
    """Four bytes of a block of vertices, each less the one before, its sign in the lowest bit; as planes of `words`.

    The answer has the bits of all: of each byte for the first half of the block, and for the second.
    """
    room[0] = rows[max(first - 1, 0), column]
    for at in range(number):
        room[at + 1] = rows[first + at, column]
    for at in range(number, BLOCK):
        room[at + 1] = room[number]
    signs, ones = np.uint64(0x8080808080808080), np.uint64(0x0101010101010101)
    half, eight, sixteen, thirty_two = BLOCK // 2, np.uint64(8), np.uint64(16), np.uint64(32)
    by_8, by_16, by_32 = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF), np.uint64(0x00000000FFFFFFFF)
    every = np.uint64(0)
    square = np.empty(8, np.uint64)
    for at in range(0, half, 8):
        for each in range(8):
            place = at + each
            now = np.uint64(room[place + 1]) | np.uint64(room[half + place + 1]) << thirty_two
            then = np.uint64(room[place]) | np.uint64(room[half + place]) << thirty_two
            # Eight bytes at once: less, and the sign turned to the lowest bit.
            less = ((now | signs) - (then & ~signs)) ^ ((now ^ ~then) & signs)
            turned = (less >> np.uint64(7) & ones) * np.uint64(0xFF)
            less = ((less & ~signs) << np.uint64(1)) ^ turned
            every |= less
            square[each] = less
        # Bytes of eight vertices become eight vertices of a byte: a square of bytes is turned over by its quarters.
        for each in range(0, 8, 2):
            swap = (square[each] >> eight ^ square[each + 1]) & by_8
            square[each + 1] ^= swap
            square[each] ^= swap << eight
        for each in (0, 1, 4, 5):
            swap = (square[each] >> sixteen ^ square[each + 2]) & by_16
            square[each + 2] ^= swap
            square[each] ^= swap << sixteen
        for each in range(4):
            swap = (square[each] >> thirty_two ^ square[each + 4]) & by_32
            square[each + 4] ^= swap
            square[each] ^= swap << thirty_two
        for each in range(4):
            words[each, at // 8] = square[each]
            words[each, (half + at) // 8] = square[each + 4]
    return every


@njit(cache=True, nogil=True)
def _is_empty(every: Any, byte: int) -> bool:  # pragma: no cover - compiled
    """Whether one of the four bytes is 0 in all of a block, by what `_differences` says of it."""
    return not every >> np.uint64(8 * byte) & np.uint64(0xFF000000FF)


@njit(cache=True, nogil=True)
def _seen_empty(number: int, seen: Any) -> None:  # pragma: no cover - compiled
    """What `_tried` counts in a block of zeros, which many are."""
    groups = (number + GROUP - 1) // GROUP
    heads = (groups + 3) // 4
    # (The first three bytes are left out.)
    seen[0, 0] += groups * GROUP + min(heads - 3, 0)
    if heads == 4:
        seen[0, (1 << (2 * ((groups - 1) % 4 + 1))) - 1] += 1
    for way in range(1, len(_WAYS)):
        seen[way, 0] += heads


@njit(cache=True, nogil=True)
def _tried(plane: Any, number: int, trial: Any, seen: Any) -> None:  # pragma: no cover - compiled
    """Count the bytes that a block of one byte takes, by each of the ways."""
    for way in range(len(_WAYS)):
        length = _groups(plane, number, _WAYS[way], trial, np.int64(0))
        # A head that is always the same is told once, and in two bytes.
        for at in range(3 if _WAYS[way] == 8 else 0, length):
            seen[way, trial[at]] += 1


@njit(cache=True, nogil=True)
def _way(seen: Any) -> int:  # pragma: no cover - compiled
    """Which bits the groups of one byte may take, by what a Huffman code makes of some blocks."""
    best, least = 0, np.inf
    for way in range(len(_WAYS)):
        bits = huffman_bits(seen[way])
        if bits < least:
            best, least = way, bits
    return int(_WAYS[best])


@njit(cache=True, nogil=True)
def huffman_bits(counts: Any) -> float:  # pragma: no cover - compiled
    """About how many bits a Huffman code of these symbols takes: their entropy, but one bit at least for each."""
    total, most, parts = np.int64(0), np.int64(0), 0.0
    for number in counts:
        total += number
        most = max(most, number)
        parts += _weighed(number)
    if total == most:
        return 0.0
    if 2 * most > total:
        return float(total + _weighed(total - most) - (parts - _weighed(most)))
    return float(_weighed(total) - parts)


@njit(cache=True, nogil=True)
def _weighed(number: int) -> float:  # pragma: no cover - compiled
    """Of a number, itself times its binary logarithm."""
    if number < len(_WEIGHED):
        return float(_WEIGHED[number])
    return float(number * np.log2(number))


@njit(cache=True, nogil=True)
def _groups(plane: Any, number: int, ways: int, out: Any, at: int) -> int:  # noqa: C901  # pragma: no cover - compiled
    """One byte of a block as the codec has it: two bits of head for each group, and the groups."""
    groups = (number + GROUP - 1) // GROUP
    head = at
    at += (groups + 3) // 4
    for place in range(head, at):
        out[place] = 0
    if ways == 1:
        return at
    if ways == 8:
        for place in range(head, at):
            out[place] = 0xFF
        if groups % 4:
            out[at - 1] = (1 << (2 * (groups % 4))) - 1
        for each in range(groups * GROUP):
            out[at + each] = plane[each]
        return at + groups * GROUP
    for group in range(groups):
        first = group * GROUP
        bits = _narrow(plane, first, ways)
        out[head + group // 4] |= bits << (2 * (group % 4))
        if bits == 3:
            for each in range(GROUP):
                out[at + each] = plane[first + each]
            at += GROUP
        elif bits:
            width = 2 * bits
            most = (1 << width) - 1
            for place in range(first, first + GROUP, 8 // width):
                packed = 0
                for each in range(8 // width):
                    packed = packed << width | min(int(plane[place + each]), most)
                out[at] = packed
                at += 1
            # Whatever is as large as all ones follows as it is.
            for each in range(first, first + GROUP):
                if plane[each] >= most:
                    out[at] = plane[each]
                    at += 1
    return at


@njit(cache=True, nogil=True)
def _narrow(plane: Any, first: int, ways: int) -> int:  # pragma: no cover - compiled
    """Which of the bits that may be is taken by a group: none where all is 0, and 8 where fewer would not be shorter.

    Never are more: meshoptimizer's own decoders count no more than 15 that follow a group of 2 bits.
    """
    every = np.uint8(0)
    for at in range(first, first + GROUP):
        every |= plane[at]
    if not every and ways & 1:
        return 0
    if ways & 8:
        return 3
    bits = 2 if ways & 4 else 1
    length = 2 * GROUP * bits // 8
    most = (1 << (2 * bits)) - 1
    for at in range(first, first + GROUP):
        length += plane[at] >= most
    return bits if length <= GROUP else 3
