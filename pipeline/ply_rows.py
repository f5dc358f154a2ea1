"""The rows of a PLY element as plain numbers, text or binary, in pieces; and two shortcuts for what is most common.

`rows` is general: it decodes any element into doubles (all that its types hold but the largest 64-bit integers).
`plain_triangles` reads triangles at the speed of memory for as long as each face is one, and `strip_triangles` reads
triangle strips, of which one may be as long as the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import lines, mapped, words
from pipeline.compiled import njit
from pipeline.decimals import number
from pipeline.lines import is_blank, is_end
from scenes.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.ply_header import Element

_CODES = {kind: code for code, kind in enumerate(("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"))}
_SIZES = np.array([1, 1, 2, 2, 4, 4, 8, 8, 4, 8])
_TEXT = -1
_VALUES = 1 << 19
_MOST_VALUES = 1 << 23  # of one row
_ROWS = 1 << 15  # of triangles, which stay in a processor's cache
_FOUR, _EIGHT = np.uint64(4), np.uint64(8)
_FINE, _FULL, _SHORT, _NONSENSE = 0, 1, 2, 3


def rows(
    data: NDArray[np.uint8], at: int, element: Element, order: str
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int64], int]]:
    """Numbers of some rows one after the other, how many each row has, and the place after them; piece by piece.

    A list stands as its length and its values. The arrays are used again for the next piece.

    Raises:
        Malformed: the data end too soon, a word is no number, or a list is longer than the file.
    """
    if not order:
        yield from lines.rows(data, at, element.count, f"PLY: {element.name[:40]}")
        return
    layout = np.array(
        [(_CODES[item.count_type] if item.count_type else -1, _CODES[item.type]) for item in element.properties],
        np.int64,
    ).reshape(-1, 2)
    values, words = np.empty(_VALUES), np.empty(_ROWS, np.int64)
    left = element.count
    while left:
        before = at
        at, done, used, ended = _decoded(data, at, left, layout, order == ">", values, words)
        mapped.release(data[before:at])
        if ended == _NONSENSE:
            raise Malformed(f"PLY: a list of {element.name[:40]!r} is longer than what is left of the file")
        if ended == _SHORT:
            raise Malformed(f"PLY: the data end within {element.name[:40]!r}")
        if ended == _FULL and not done:
            if len(values) >= _MOST_VALUES:
                raise Malformed(f"PLY: a row of {element.name[:40]!r} has more than {_MOST_VALUES:,} values")
            values = np.empty(2 * len(values))
        left -= done
        if done:
            yield values[:used], words[:done], at


def passed_over(data: NDArray[np.uint8], at: int, element: Element, order: str) -> int:
    """The place after an element that nobody asks for. Raises as `rows`."""
    if order and element.is_flat:
        # The header held lists that came before against the least they may have, and compiled code looks at no bounds.
        end = at + element.count * element.least_bytes()
        if end > len(data):
            raise Malformed(f"PLY: the data end within {element.name[:40]!r}")
        return end
    for *_, after in rows(data, at, element, order):
        at = after
    return at


@njit(cache=True, nogil=True)
def _value(data: NDArray[np.uint8], at: int, code: int, big: bool, bits: NDArray[np.uint64]) -> float:
    """The number of a type at a place. `bits` is a scratch of one."""
    size = 1
    if code == 8 or 4 <= code <= 5:
        size = 4
    elif code >= 6:
        size = 8
    elif code >= 2:
        size = 2
    word = np.uint64(0)
    for i in range(size):
        byte = data[at + i] if big else data[at + size - 1 - i]
        word = (word << np.uint64(8)) | np.uint64(byte)
    bits[0] = word
    if code == 9:
        return float(bits.view(np.float64)[0])
    if code == 8:
        return float(bits.view(np.float32)[0])
    if code == 7:
        return float(word)
    if code & 1 == 0:  # signed
        high = np.uint64(1) << np.uint64(8 * size - 1)
        if word & high:
            return float(np.int64(word - high) - np.int64(high - np.uint64(1)) - 1)
    return float(np.int64(word))


@njit(cache=True, nogil=True)
def _decoded(  # noqa: PLR0917 - compiled functions take no keywords
    data: NDArray[np.uint8],
    at: int,
    most: int,
    layout: NDArray[np.int64],
    big: bool,
    values: NDArray[np.float64],
    words: NDArray[np.int64],
) -> tuple[int, int, int, int]:
    """Fill the buffers with rows: place after them, rows, values, how it ended."""
    done, used = 0, 0
    bits = np.empty(1, np.uint64)
    while done < min(most, len(words)):
        begin, first = at, used
        for item in range(len(layout)):
            count, code = 1, layout[item, 1]
            if layout[item, 0] >= 0:
                size = _SIZES[layout[item, 0]]
                if at + size > len(data):
                    return begin, done, first, _SHORT
                if used == len(values):
                    return begin, done, first, _FULL
                length = _value(data, at, layout[item, 0], big, bits)
                at += size
                if not 0 <= length <= (len(data) - at) // _SIZES[code]:
                    return begin, done, first, _NONSENSE
                count = int(length)
                values[used] = length
                used += 1
            size = _SIZES[code]
            if at + count * size > len(data):
                return begin, done, first, _SHORT
            if used + count > len(values):
                return begin, done, first, _FULL
            for i in range(count):
                values[used + i] = _value(data, at + i * size, code, big, bits)
            used += count
            at += count * size
        words[done] = used - first
        done += 1
    return at, done, used, _FINE


def plain_triangles(
    data: NDArray[np.uint8], at: int, element: Element, order: str, which: int
) -> Iterator[tuple[NDArray[np.int32], int]]:
    """Corners (k, 3) of the faces of a binary file and the place after them, until the first that is no triangle.

    Nothing is given of elements that have other lists than that of the number `which`, or indices of another size than
    four bytes.
    """
    item = element.properties[which]
    others = [other for other in element.properties if other is not item]
    if not order or item.type not in ("i4", "u4") or any(other.count_type for other in others):
        return
    before = sum(np.dtype(other.type).itemsize for other in element.properties[:which])
    count = np.dtype(item.count_type).itemsize
    stride = before + count + 12 + sum(np.dtype(other.type).itemsize for other in element.properties[which + 1 :])
    code, left = _CODES[item.count_type], element.count
    out = np.empty((_ROWS, 3), np.int32)
    while left:
        assert 0 <= at <= len(data), "what was read before ends beyond the data"
        most = min(left, len(out), (len(data) - at) // stride)
        done = _plain(data, at, stride, (before, count, code), order == ">", out[:most])
        mapped.release(data[at : at + done * stride])
        at += done * stride
        left -= done
        if done:
            yield out[:done], at
        if done < most or not most:
            return


@njit(cache=True, nogil=True)
def _plain(  # noqa: PLR0917
    data: NDArray[np.uint8],
    at: int,
    stride: int,
    place: tuple[int, int, int],
    big: bool,
    out: NDArray[np.int32],
) -> int:
    before, size, code = place
    bits = np.empty(1, np.uint64)
    here = words.address(data) + np.uint64(at + before)
    three = at + before
    for row in range(len(out)):
        if size == 1:
            if words.byte(here) != 3:
                return row
        elif _value(data, three, code, big, bits) != 3.0:
            return row
        corner = here + np.uint64(size)
        a, b, c = (words.half_word(corner), words.half_word(corner + _FOUR), words.half_word(corner + _EIGHT))
        if big:
            a, b, c = _turned(a), _turned(b), _turned(c)
        out[row, 0], out[row, 1], out[row, 2] = a, b, c
        here += np.uint64(stride)
        three += stride
    return len(out)


@njit(cache=True, nogil=True, inline="always")
def _turned(word: Any) -> Any:
    """A number of four bytes in the other order."""
    return np.uint32((word >> 24) | ((word >> 8) & 0xFF00) | ((word & 0xFF00) << 8) | ((word & 0xFF) << 24))


def strip_triangles(data: NDArray[np.uint8], at: int, element: Element, order: str) -> Iterator[Any]:
    """Triangles (k, 3) int32 of an element of strips, piece by piece, at last the place after it.

    A negative number and the end of a list break a strip; every second triangle of one is turned.

    Raises:
        Malformed: the data end too soon, or a word is no number.
    """
    (item,) = element.properties
    codes = (_CODES[item.count_type], _CODES[item.type]) if order else (_TEXT, _TEXT)
    # Place, lists left, values left of this list, length of this strip, its last two values.
    state = np.array([at, element.count, 0, 0, -1, -1], np.int64)
    out = np.empty((_ROWS, 3), np.int32)
    while True:
        before = int(state[0])
        done, ended = _strips(data, state, codes, order == ">", out)
        mapped.release(data[before : int(state[0])])
        if ended in (_SHORT, _NONSENSE):
            raise Malformed(f"PLY: the data end within {element.name[:40]!r}, or something in it is no number")
        yield out[:done]
        if ended == _FINE:
            break
    yield int(state[0])


@njit(cache=True, nogil=True)
def _following(data: NDArray[np.uint8], at: int, code: int, big: bool, bits: NDArray[np.uint64]) -> tuple[float, int]:
    """The number at a place and the place after it, -1 where there is none."""
    if code == _TEXT:
        while at < len(data) and (is_blank(data[at]) or is_end(data[at])):
            at += 1
        if at == len(data):
            return 0.0, -1
        value, at, good = number(data, at)
        return value, (at if good else -1)
    size = _SIZES[code]
    if at + size > len(data):
        return 0.0, -1
    return _value(data, at, code, big, bits), at + size


@njit(cache=True, nogil=True)
def _strips(
    data: NDArray[np.uint8],
    state: NDArray[np.int64],
    codes: tuple[int, int],
    big: bool,
    out: NDArray[np.int32],
) -> tuple[int, int]:
    done = 0
    bits = np.empty(1, np.uint64)
    while True:
        while state[2] == 0:
            if state[1] == 0:
                return done, _FINE
            length, at = _following(data, state[0], codes[0], big, bits)
            if at < 0 or not 0 <= length <= len(data):
                return done, _NONSENSE
            state[0], state[1], state[2], state[3] = at, state[1] - 1, int(length), 0
        if done == len(out):
            return done, _FULL
        value, at = _following(data, state[0], codes[1], big, bits)
        if at < 0:
            return done, _SHORT
        state[0], state[2] = at, state[2] - 1
        if not 0 <= value < 2147483648.0:
            state[3] = 0
            continue
        point = int(value)
        if state[3] >= 2:
            odd = state[3] & 1
            out[done, 0] = state[4]
            out[done, 1] = point if odd else state[5]
            out[done, 2] = state[5] if odd else point
            done += 1
        state[4], state[5], state[3] = state[5], point, state[3] + 1
