"""What a brotli stream says before its first command: types and codes. RFC 7932, 9.2, and what that refers to.

There is one meta-block, of types of literals; commands and distances have one type each, and the one distance is 1.
What is said is a list of numbers with their bits, (n, 2) int64, which whoever writes the stream packs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tiling.huffman import code_lengths, codes_of

LONGEST = 15
_LONGEST_LENGTH = 5
"""bits of a code, and of a code of lengths"""
_U64 = np.uint64
_CLASS_OF_LUT2 = np.array([0, 1, 2, 3, 3, 3, 3, 3], np.int64)
"""of what a context of mode `signed` says of a byte (7.1)"""
# Base and extra bits of the codes of how many literals a block has (6), are inserted, and are copied (5).
BLOCK_BASE = np.array(
    [1, 5, 9, 13, 17, 25, 33, 41, 49, 65, 81, 97, 113, 145, 177, 209, 241, 305, 369, 497, 753, 1265, 2289, 4337, 8433,
     16625], np.int64,
)  # fmt: skip
BLOCK_EXTRA = np.array([2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [6, 6, 7, 8, 9, 10, 11, 12, 13, 24], np.int64)
INSERT_BASE = np.array(
    [0, 1, 2, 3, 4, 5, 6, 8, 10, 14, 18, 26, 34, 50, 66, 98, 130, 194, 322, 578, 1090, 2114, 6210, 22594], np.int64
)
INSERT_EXTRA = np.array([0] * 6 + [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 12, 14, 24], np.int64)
COPY_BASE = np.array(
    [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 18, 22, 30, 38, 54, 70, 102, 134, 198, 326, 582, 1094, 2118], np.int64
)
COPY_EXTRA = np.array([0] * 8 + [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 24], np.int64)
_CELLS = np.array([128, 192, 384, 256, 320, 512, 448, 576, 640], np.int64)
"""of codes of both lengths (5), by an eighth of either"""
COMMANDS, COUNTS, _DISTANCES = 704, 26, 17 + 48
_SIGNED = 3
"""the mode of contexts that tells sizes of bytes (7.1)"""
_ONE_BEFORE = 16
"""the distance 1, where one distance has a code of its own (4)"""
# Lengths of codes of lengths: their order, and their own fixed code (3.5).
_ORDER = np.array([1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15], np.int64)
_FIXED = np.array([0, 7, 3, 2, 1, 15], np.int64)
_FIXED_BITS = np.array([2, 4, 3, 2, 2, 4], np.int64)


@njit(cache=True, nogil=True)
def kind_of(base: Any, value: int) -> int:  # pragma: no cover - compiled
    """The code of a length: the last whose base is no more."""
    low, high = 0, len(base)
    while high - low > 1:
        middle = (low + high) // 2
        if base[middle] <= value:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True, nogil=True)
def _command(insert: int, copy: int) -> int:  # pragma: no cover - compiled
    """The symbol of both lengths' codes, the distance told (5)."""
    return int(_CELLS[(copy >> 3) + 3 * (insert >> 3)]) | (insert & 7) << 3 | copy & 7


@njit(cache=True, nogil=True)
def switch(kind: int, last: int, before: int, types: int) -> int:  # pragma: no cover - compiled
    """The symbol that goes to a type (6): the one before the last, the next one, or itself."""
    return 1 if kind == (last + 1) % types else 0 if kind == before else kind + 2


@njit(cache=True, nogil=True)
def preamble(  # noqa: PLR0917 - numba knows no keywords
    said: Any, length: int, commands: Any, blocks: Any, tree: Any, lengths: Any, kind_codes: Any, amount_codes: Any,
    symbols: Any, command_codes: Any,
) -> int:  # fmt: skip  # pragma: no cover - compiled
    """All before the first command, as numbers and their bits in `said`; how many. It fills in the last four."""
    types, trees = len(tree), len(lengths)
    kinds, amounts = np.zeros(types + 2, np.int64), np.zeros(COUNTS, np.int64)
    last, before = 0, 1
    for block in range(len(blocks)):
        amounts[kind_of(BLOCK_BASE, blocks[block, 0])] += 1
        if block:
            kinds[switch(blocks[block, 1], last, before, types)] += 1
            last, before = blocks[block, 1], last
    found = np.zeros(COMMANDS, np.int64)
    for command in range(len(commands)):
        copied = kind_of(COPY_BASE, commands[command, 1])
        symbols[command] = _command(kind_of(INSERT_BASE, commands[command, 0]), copied)
        found[symbols[command]] += 1
    nibbles = 4 if length <= 1 << 16 else 5 if length <= 1 << 20 else 6
    # A window of 64 KiB; the last meta-block, and it is not empty.
    at = _say(said, np.int64(0), np.int64(1 << 1 | (nibbles - 4) << 3), np.int64(5))
    at = _say(said, at, length - 1, np.int64(4 * nibbles))
    at = _small(said, at, types - 1)
    if types > 1:
        at = _table(said, at, lengths_of(kinds, kind_codes, np.int64(LONGEST)), _width(len(kinds)))
        at = _table(said, at, lengths_of(amounts, amount_codes, np.int64(LONGEST)), np.int64(5))
        kind = kind_of(BLOCK_BASE, blocks[0, 0])
        at = _say_code(said, at, amount_codes[kind])
        at = _say(said, at, blocks[0, 0] - BLOCK_BASE[kind], BLOCK_EXTRA[kind])
    # One type of commands and of distances; no postfix; one distance that has a code of its own.
    at = _say(said, at, np.int64(1 << 4), np.int64(8))
    for _ in range(types):
        at = _say(said, at, np.int64(_SIGNED), np.int64(2))
    at = _small(said, at, trees - 1)
    if trees > 1:
        at = _context_map(said, at, tree, trees)
    at = _say(said, at, np.int64(0), np.int64(1))
    for each in range(trees):
        at = _table(said, at, lengths[each], np.int64(8))
    at = _table(said, at, lengths_of(found, command_codes, np.int64(LONGEST)), np.int64(10))
    distances = np.zeros(_DISTANCES, np.int64)
    distances[_ONE_BEFORE] = 1
    return int(_table(said, at, distances, np.int64(7)))


@njit(cache=True, nogil=True)
def lengths_of(counts: Any, codes: Any, longest: int) -> Any:  # pragma: no cover - compiled
    """The lengths of a code; in `codes` it itself, and from bit 16 on its length: 0 where there is but one symbol."""
    if not _used(counts):
        counts[0] = 1
    lengths = code_lengths(counts, longest)
    if _used(lengths) > 1:
        # A loop, because an expression of arrays takes six seconds to compile.
        bare = codes_of(lengths)
        for symbol in range(len(lengths)):
            codes[symbol] = bare[symbol] | _U64(lengths[symbol]) << _U64(16)
    return lengths


@njit(cache=True, nogil=True)
def _used(numbers: Any) -> int:  # pragma: no cover - compiled
    """How many are not 0."""
    used = 0
    for number in numbers:
        used += number != 0
    return used


@njit(cache=True, nogil=True)
def _say(said: Any, at: int, value: int, size: int) -> int:  # pragma: no cover - compiled
    # All are int64, here and in what follows: of a number that is written out there would be a code of its own.
    said[at, 0], said[at, 1] = value, size
    return at + 1


@njit(cache=True, nogil=True)
def _say_code(said: Any, at: int, code: Any) -> int:  # pragma: no cover - compiled
    """A code as `lengths_of` gives it."""
    return int(_say(said, at, np.int64(code & _U64(0xFFFF)), np.int64(code >> _U64(16))))


@njit(cache=True, nogil=True)
def _width(symbols: int) -> int:  # pragma: no cover - compiled
    """Bits of a symbol."""
    width = 0
    while (symbols - 1) >> width:
        width += 1
    return width


@njit(cache=True, nogil=True)
def _small(said: Any, at: int, value: int) -> int:  # pragma: no cover - compiled
    """A number of types or of trees, less one, 0 to 255 (9.2)."""
    if not value:
        return int(_say(said, at, np.int64(0), np.int64(1)))
    length = _width(value + 1) - 1
    at = _say(said, at, 1 | length << 1, np.int64(4))
    return int(_say(said, at, value - (1 << length), length))


@njit(cache=True, nogil=True)
def _table(said: Any, at: int, lengths: Any, width: int) -> int:  # noqa: C901  # pragma: no cover - compiled
    """The table of a code (3.4, 3.5), `width` bits for a symbol where there is but one."""
    if _used(lengths) == 1:
        at = _say(said, at, np.int64(1), np.int64(4))  # simple, and one symbol
        symbol = 0
        while not lengths[symbol]:
            symbol += 1
        return int(_say(said, at, np.int64(symbol), width))
    used = len(lengths)
    while not lengths[used - 1]:
        used -= 1
    symbols, extras = np.empty(used + 8, np.int64), np.zeros(used + 8, np.int64)
    number, place, before = 0, 0, 8
    while place < used:
        value, end = lengths[place], place + 1
        while end < used and lengths[end] == value:
            end += 1
        same = end - place
        place = end
        # Repetitions (3.5): of zeros by 17, in eighths; of the length before by 16, in quarters, after it was told.
        if value and value != before:
            symbols[number] = value
            number, same, before = number + 1, same - 1, value
        if same < 3:
            for _ in range(same):
                symbols[number] = value
                number += 1
            continue
        symbol, width_ = (16, 2) if value else (17, 3)
        begun = number
        same -= 3
        while True:
            symbols[number], extras[number] = symbol, same & ((1 << width_) - 1)
            number += 1
            same >>= width_
            if not same:
                break
            same -= 1
        for each in range((number - begun) // 2):
            other = number - 1 - each
            symbols[begun + each], symbols[other] = symbols[other], symbols[begun + each]
            extras[begun + each], extras[other] = extras[other], extras[begun + each]
    counts = np.zeros(18, np.int64)
    for each in range(number):
        counts[symbols[each]] += 1
    codes = np.zeros(18, np.uint64)
    own = lengths_of(counts, codes, np.int64(_LONGEST_LENGTH))
    told = 18
    is_lone = _used(own) == 1
    if is_lone:
        # Its code takes no bits; a length of its own it has all the same, and no decoder minds which.
        for symbol in range(18):
            own[symbol] *= 4
    else:
        while not own[_ORDER[told - 1]]:
            told -= 1
    skipped = 0
    if not own[1] and not own[2]:
        skipped = 2 if own[3] else 3
    at = _say(said, at, np.int64(skipped), np.int64(2))
    for each in range(skipped, told):
        length = own[_ORDER[each]]
        at = _say(said, at, _FIXED[length], _FIXED_BITS[length])
    for each in range(number):
        symbol = symbols[each]
        at = _say_code(said, at, codes[symbol])
        if symbol >= 16:
            at = _say(said, at, extras[each], np.int64(2 if symbol == 16 else 3))
    return at


@njit(cache=True, nogil=True)
def _context_map(said: Any, at: int, tree: Any, trees: int) -> int:  # noqa: C901  # pragma: no cover - compiled
    """Which code a literal has by its type and context (7.3): moved to the front, zeros by runs of 1 to 63."""
    types = len(tree)
    values = np.empty(64 * types, np.int64)
    front = np.arange(trees)
    for place in range(len(values)):
        wanted = tree[place // 64, _CLASS_OF_LUT2[place % 64 // 8]]
        index = 0
        while front[index] != wanted:
            index += 1
        for each in range(index, 0, -1):
            front[each] = front[each - 1]
        front[0] = wanted
        values[place] = index
    most = 5
    symbols, extras = np.empty(len(values), np.int64), np.zeros(len(values), np.int64)
    number = place = 0
    while place < len(values):
        if values[place]:
            symbols[number] = values[place] + most
            number, place = number + 1, place + 1
            continue
        end = place
        while end < len(values) and not values[end] and end - place < 63:
            end += 1
        same, length = end - place, 0
        while same >> (length + 1):
            length += 1
        symbols[number], extras[number] = length, same - (1 << length)
        number, place = number + 1, end
    counts, codes = np.zeros(trees + most, np.int64), np.zeros(trees + most, np.uint64)
    for each in range(number):
        counts[symbols[each]] += 1
    at = _say(said, at, np.int64(1 | (most - 1) << 1), np.int64(5))
    at = _table(said, at, lengths_of(counts, codes, np.int64(LONGEST)), _width(len(counts)))
    for each in range(number):
        at = _say_code(said, at, codes[symbols[each]])
        if 0 < symbols[each] <= most:
            at = _say(said, at, extras[each], symbols[each])
    return int(_say(said, at, np.int64(1), np.int64(1)))
