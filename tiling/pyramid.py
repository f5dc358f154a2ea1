"""An image halved again and again, taken in by strips of rows, so that it need not stand whole in memory.

Level m has every side halved m times, rounded up. Averages are of what the numbers mean: colours are averaged as light
(linear), directions are made unit vectors again, all else as it stands. Between the levels values are whole numbers of
16 bits, so the same image gives the same bytes on any machine.

Levels 0 and 1 are plain. From level 2 on only texels that the surface uses count, and those that it does not use are
filled from the level below: else an atlas's background would bleed into coarse tiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from tiling.mesh import COLOURS, STRIP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Bytes

    Words = NDArray[np.uint16]
    Empty = Callable[[tuple[int, ...], Any], NDArray[Any]]

VERSION = b"1"
"""to be raised when the same image comes to give other bytes"""
DIRECTIONS = "normal"
_PLAIN = 2  # levels above which only used texels count


def sizes(width: int, height: int) -> list[tuple[int, int]]:
    """Width and height of all levels.

    >>> sizes(5, 2)
    [(5, 2), (3, 1), (2, 1), (1, 1)]
    """
    found = [(width, height)]
    while max(found[-1]) > 1:
        found.append(((found[-1][0] + 1) // 2, (found[-1][1] + 1) // 2))
    return found


def _curve(levels: int) -> NDArray[np.float64]:
    """Linear light of `levels` even steps of sRGB (IEC 61966-2-1)."""
    encoded = np.arange(levels) / (levels - 1.0)
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _tables() -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """From bytes to words and back, for sRGB (row 0) and for numbers as they stand (row 1)."""
    light = np.rint(_curve(256) * 65535.0)
    into = np.stack([light, np.arange(256) * 257.0]).astype(np.uint16)
    # A word goes to the byte whose light is nearest.
    between = (light[1:] + light[:-1]) / 2.0
    words = np.arange(65536)
    back = np.stack([np.searchsorted(between, words, side="left"), (words + 128) // 257]).astype(np.uint8)
    return into, back


INTO, _BACK = _tables()
"""INTO (2, 256): what a byte stands for, of sRGB in row 0 and of numbers as they stand in row 1"""


def channels_of(role: str, channels: int) -> NDArray[np.int64]:
    """Which table each channel of a role goes by; the fourth is alpha."""
    return np.array([0 if role in COLOURS and channel < 3 else 1 for channel in range(channels)])


def to_bytes(words: Words, role: str) -> Bytes:
    """The bytes that averages stand for; directions are unit vectors again."""
    out = np.empty(words.shape, np.uint8)
    _encode(words, out, channels_of(role, words.shape[2]), _BACK, directed=role == DIRECTIONS)
    return out


class Growing:
    """A pyramid while its image comes in, `STRIP` rows at a time (the last ones may be fewer).

    `levels` are arrays of the `sizes`, to be filled; `used` (h, w) at a quarter of the size says which texels count.
    Working arrays are made by `empty(shape, dtype)`, and of all the parts that are done with are told to `release`, so
    that they may be mapped from files.
    """

    def __init__(
        self,
        levels: Sequence[Bytes],
        role: str,
        *,
        used: NDArray[np.bool_],
        empty: Empty = np.empty,
        release: Callable[[NDArray[Any]], None] = lambda array: None,
    ) -> None:
        self.levels, self._role, self._used = tuple(levels), role, used
        self._empty, self._release = empty, release
        self._second: Words | None = empty(levels[_PLAIN].shape, np.uint16) if len(levels) > _PLAIN else None
        self._rows = 0

    def take(self, strip: Bytes) -> None:
        """The next rows (r, w, channels)."""
        start = self._rows
        self._rows += len(strip)
        assert start % STRIP == 0
        rows = self.levels[0][start : self._rows]
        if rows.base is not strip.base or strip.base is None:
            rows[:] = strip
            self._release(rows)
        if len(self.levels) == 1:
            return
        words = _halved(strip, channels_of(self._role, strip.shape[2]), INTO)
        part = self.levels[1][start // 2 : start // 2 + len(words)]
        part[:] = to_bytes(words, self._role)
        self._release(part)
        if self._second is not None:
            again = _halved_by_weight(words, np.ones(words.shape[:2], np.uint32))[0]
            second = self._second[start // 4 : start // 4 + len(again)]
            second[:] = again
            self._release(second)

    def done(self) -> tuple[Bytes, ...]:
        """All levels, once all rows are there."""
        assert self._rows == len(self.levels[0])
        if self._second is None:
            return self.levels
        used: NDArray[Any] = self._used[: self._second.shape[0], : self._second.shape[1]]
        stack = [(self._second, used)]
        for level in self.levels[_PLAIN + 1 :]:
            above, weight = stack[-1]
            words = self._empty(level.shape, np.uint16)
            amount = np.empty(level.shape[:2], np.uint32)
            for start in range(0, len(words), STRIP):
                end = start + STRIP
                rows = above[2 * start : 2 * end]
                words[start:end], amount[start:end] = _halved_by_weight(rows, weight[2 * start : 2 * end])
                self._release(rows)
                self._release(words[start:end])
            stack.append((words, amount))
        below = stack[-1][0]
        for level, (words, weight) in zip(self.levels[: _PLAIN - 1 : -1], stack[::-1], strict=True):
            for start in range(0, len(words), STRIP):
                rows = words[start : start + STRIP]
                if words is not below:
                    _fill(rows, weight[start : start + STRIP], below[start // 2 : (start + STRIP) // 2])
                level[start : start + STRIP] = to_bytes(rows, self._role)
                self._release(level[start : start + STRIP])
                self._release(rows)
            self._release(below)
            below = words
        self._release(below)
        return self.levels


def of(image: Bytes, role: str, used: NDArray[np.bool_]) -> tuple[Bytes, ...]:
    """The pyramid of an image (h, w, channels) that is in memory; level 0 is the image itself."""
    below = [np.empty((down, across, image.shape[2]), np.uint8) for across, down in sizes(*image.shape[1::-1])[1:]]
    growing = Growing([image, *below], role, used=used)
    for start in range(0, len(image), STRIP):
        growing.take(image[start : start + STRIP])
    return growing.done()


def filled(words: Words, hit: NDArray[np.bool_], role: str) -> Bytes:
    """An image (h, w, channels) whose texels outside `hit` take their value from around them, as bytes."""
    return to_bytes(filled_words(words, hit), role)


def filled_words(words: Words, hit: NDArray[np.bool_]) -> Words:
    """The same, as words."""
    return _filled(words.copy(), hit)


def _filled(words: Words, weight: NDArray[Any]) -> Words:
    """`words` with what has no weight filled."""
    stack = [(words, weight)]
    while max(stack[-1][0].shape[:2]) > 1:
        above, weight = stack[-1]
        stack.append(_halved_by_weight(above, weight))
    below = stack[-1][0]
    for own, weight in stack[-2::-1]:
        _fill(own, weight, below)
        below = own
    return stack[0][0]


def fill(image: Bytes, hit: NDArray[np.bool_]) -> None:
    """Write into an image's texels outside `hit` a value from around them. What is hit stays to the last bit."""
    if hit.all():
        return
    words, weight = _halved_by_weight(image, hit)
    _fill(image, hit, _filled(words, weight))


@njit(cache=True, nogil=True)
def _halved(image: Bytes, tables: NDArray[np.int64], into: Words) -> Words:  # pragma: no cover - compiled
    """Means of four; the last row or column counts twice where there is an odd number."""
    height, width, channels = image.shape
    out = np.empty(((height + 1) // 2, (width + 1) // 2, channels), np.uint16)
    for row in range(len(out)):
        y, below = 2 * row, min(2 * row + 1, height - 1)
        for column in range(out.shape[1]):
            x, right = 2 * column, min(2 * column + 1, width - 1)
            for k in range(channels):
                table = into[tables[k]]
                total = np.uint32(table[image[y, x, k]]) + np.uint32(table[image[y, right, k]])
                total += np.uint32(table[image[below, x, k]]) + np.uint32(table[image[below, right, k]])
                out[row, column, k] = (total + np.uint32(2)) >> np.uint32(2)
    return out


@njit(cache=True, nogil=True)
def _halved_by_weight(
    words: NDArray[Any], weight: NDArray[Any]
) -> tuple[Words, NDArray[np.uint32]]:  # pragma: no cover - compiled
    """Means of four by weight, plain ones where nothing weighs, and the sums of weights."""
    height, width, channels = words.shape
    out = np.empty(((height + 1) // 2, (width + 1) // 2, channels), np.uint16)
    amount = np.empty(out.shape[:2], np.uint32)
    for row in range(len(out)):
        ys = (2 * row, min(2 * row + 1, height - 1))
        for column in range(out.shape[1]):
            xs = (2 * column, min(2 * column + 1, width - 1))
            total = np.uint64(0)
            for y in ys:
                for x in xs:
                    total += np.uint64(weight[y, x])
            # A corner that is counted twice may let it grow beyond what fits.
            amount[row, column] = min(total, np.uint64(0xFFFFFFFF))
            for k in range(channels):
                mean = np.uint64(0)
                for y in ys:
                    for x in xs:
                        mean += np.uint64(words[y, x, k]) * (np.uint64(weight[y, x]) if total else np.uint64(1))
                by = total or np.uint64(4)
                out[row, column, k] = (mean + by // np.uint64(2)) // by
    return out, amount


@njit(cache=True, nogil=True)
def _fill(words: NDArray[Any], weight: NDArray[Any], below: Words) -> None:  # pragma: no cover - compiled
    for row in range(len(words)):
        for column in range(words.shape[1]):
            if weight[row, column] == 0:
                words[row, column] = below[row // 2, column // 2]


@njit(cache=True, nogil=True)
def _encode(
    words: Words, out: Bytes, tables: NDArray[np.int64], back: Bytes, directed: bool
) -> None:  # pragma: no cover - compiled
    height, width, channels = words.shape
    for row in range(height):
        for column in range(width):
            if not directed:
                for k in range(channels):
                    out[row, column, k] = back[tables[k], words[row, column, k]]
                continue
            square = 0.0
            for k in range(3):
                square += (words[row, column, k] / 32767.5 - 1.0) ** 2
            scale = 127.5 / np.sqrt(square) if square > 1e-12 else 0.0
            for k in range(3):
                out[row, column, k] = np.uint8(np.rint((words[row, column, k] / 32767.5 - 1.0) * scale + 127.5))
            if scale == 0.0:
                out[row, column, 2] = 255
