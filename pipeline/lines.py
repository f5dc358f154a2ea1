"""Text files of millions of short lines (OBJ, ASCII PLY and STL, OFF), scanned byte by byte in compiled code.

A scan goes on from where the last one stopped and fills buffers of a fixed size, so a file is never in memory as a
whole. `oracle_rows` is the clear version of the scan; the tests compare the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from pipeline.compiled import njit
from pipeline.decimals import number
from scenes.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_VALUES = 1 << 20
_FINE, _FULL, _BAD = 0, 1, 2


@njit(cache=True, nogil=True, inline="always")
def is_blank(byte: int) -> bool:
    """Whether a byte stands between the words of a line."""
    return byte in (32, 9, 11, 12)


@njit(cache=True, nogil=True, inline="always")
def is_end(byte: int) -> bool:
    """Whether a byte ends a line; a lone return does, too."""
    return byte in (10, 13)


@njit(cache=True, nogil=True)
def after_line(data: NDArray[np.uint8], at: int) -> int:
    """The place of the end of the line that `at` is in."""
    while at < len(data) and not is_end(data[at]):
        at += 1
    return at


@njit(cache=True, nogil=True)
def after_word(data: NDArray[np.uint8], at: int) -> int:
    """The place after the word that `at` is in."""
    while at < len(data) and not is_end(data[at]) and not is_blank(data[at]):
        at += 1
    return at


@njit(cache=True, nogil=True)
def _scan_rows(
    data: NDArray[np.uint8], at: int, most: int, values: NDArray[np.float64], words: NDArray[np.int64]
) -> tuple[int, int, int, int]:
    """Fill the buffers with the numbers of at most `most` lines: place after them, lines, values, how it ended."""
    lines, used = 0, 0
    while at < len(data) and lines < min(most, len(words)):
        begin, count = at, 0
        while at < len(data) and not is_end(data[at]):
            if is_blank(data[at]):
                at += 1
                continue
            if data[at] == 35:  # a comment, in OFF
                at = after_line(data, at)
                break
            if used + count == len(values):
                return begin, lines, used, _FULL
            values[used + count], at, good = number(data, at)
            if not good:
                return begin, lines, used, _BAD
            count += 1
        at += 1
        if count:
            words[lines] = count
            lines += 1
            used += count
    return min(at, len(data)), lines, used, _FINE


Rows = tuple["NDArray[np.float64]", "NDArray[np.int64]"]
"""the numbers of some lines one after the other, and how many each line has"""


def rows(data: NDArray[np.uint8], at: int, count: int, what: str) -> Iterator[tuple[NDArray[Any], NDArray[Any], int]]:
    """The next `count` filled lines in pieces: their numbers, how many each line has, the place after the piece.

    The arrays are used again for the next piece. Blank lines and comments (#) are passed over.

    Raises:
        Malformed: a word is no number, or the data end before.
    """
    values, words = np.empty(_VALUES), np.empty(_VALUES // 2, np.int64)
    left = count
    while left:
        before = at
        at, lines, used, ended = _scan_rows(data, at, left, values, words)
        mapped.release(data[before:at])
        if ended == _BAD:
            raise Malformed(f"{what}: something is no number")
        if not lines and ended == _FULL:
            values = np.empty(2 * len(values))  # one line of that many numbers is in the file, so this is bounded by it
        elif not lines:
            raise Malformed(f"{what}: the data end too soon")
        left -= lines
        if lines:
            yield values[:used], words[:lines], at


def oracle_rows(data: bytes) -> list[list[float]]:
    """The numbers of all filled lines: the clear version of `rows`."""
    lines = (line.split(b"#")[0].split() for line in data.replace(b"\r", b"\n").split(b"\n"))
    return [[float(word) for word in line] for line in lines if line]


@njit(cache=True, nogil=True)
def scan_points(
    data: NDArray[np.uint8], at: int, stop: int, initial: int, points: NDArray[np.float64]
) -> tuple[int, int, int]:
    """The three numbers of each line whose first word begins with the letter `initial` (lower case).

    Returns:
        The place after them, how many lines, and how many of them had no three numbers (these are NaN).
    """
    count, bad = 0, 0
    while at < stop and count < len(points):
        while at < len(data) and (is_blank(data[at]) or is_end(data[at])):
            at += 1
        if at < len(data) and data[at] | 32 == initial:
            at = after_word(data, at)
            good = True
            for axis in range(3):
                while at < len(data) and is_blank(data[at]):
                    at += 1
                if at >= len(data) or is_end(data[at]):
                    good = False
                    break
                points[count, axis], at, fine = number(data, at)
                good = good and fine
            if not good:
                points[count] = np.nan
                bad += 1
            count += 1
        at = after_line(data, at) + 1
    return min(at, len(data)), count, bad
