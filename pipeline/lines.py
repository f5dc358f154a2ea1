"""Text files of millions of short lines (OBJ, ASCII PLY and STL), read by whole columns instead of line by line.

Lines are found once by their ends, and the numbers of all lines of a kind are then parsed in one call.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLANKS = np.zeros(256, bool)
_BLANKS[[9, 10, 11, 12, 13, 32]] = True


class Lines:
    """The lines of a text as an array of bytes, with where each starts (first byte that is no blank) and ends."""

    def __init__(self, data: bytes) -> None:
        # A line that ends in a backslash goes on in the next (OBJ).
        if b"\\\n" in data or b"\\\r\n" in data:
            data = data.replace(b"\\\r\n", b"   ").replace(b"\\\n", b"  ")
        if b"\r" in data and b"\n" not in data:
            data = data.replace(b"\r", b"\n")
        if not data.endswith(b"\n"):
            data += b"\n"
        self.bytes = np.frombuffer(data, np.uint8)
        self.ends = np.flatnonzero(self.bytes == 10)
        starts = np.concatenate([[0], self.ends[:-1] + 1])
        self._blank = _BLANKS[self.bytes]
        indented = np.flatnonzero(self._blank[starts] & (starts < self.ends))
        for line in indented.tolist():
            text = np.flatnonzero(~self._blank[starts[line] : self.ends[line]])
            starts[line] += int(text[0]) if len(text) else 0
        self.starts = starts

    def __len__(self) -> int:
        return len(self.ends)

    def begin_with(self, word: bytes) -> NDArray[np.int64]:
        """Numbers of the lines whose first word this is."""
        chosen = np.flatnonzero(self.ends - self.starts >= len(word))
        for offset, letter in enumerate(word):
            chosen = chosen[self.bytes[self.starts[chosen] + offset] == letter]
        after = self.starts[chosen] + len(word)
        found: NDArray[np.int64] = chosen[self._blank[np.minimum(after, len(self.bytes) - 1)]]
        return found

    def text(self, line: int) -> str:
        """One line, decoded, without blanks around it."""
        return self.bytes[self.starts[line] : self.ends[line]].tobytes().decode("utf-8", "replace").strip()

    def body(self, lines: NDArray[np.int64], skip: int) -> NDArray[np.uint8]:
        """The bytes of some lines one after the other, the first `skip` bytes of each blanked, ends included."""
        if not len(lines):
            return np.zeros(0, np.uint8)
        starts, lengths = self.starts[lines] + skip, self.ends[lines] + 1 - self.starts[lines] - skip
        if len(lines) > 1 and np.all(np.diff(lines) == 1):
            # One run of neighbours: take it whole and blank the first words.
            run = self.bytes[starts[0] : self.ends[lines[-1]] + 1].copy()
            for offset in range(1, skip + 1):
                run[starts[1:] - offset - starts[0]] = 32
            return run
        total = np.cumsum(lengths)
        places = np.arange(total[-1]) + np.repeat(starts - np.concatenate([[0], total[:-1]]), lengths)
        picked: NDArray[np.uint8] = self.bytes[places]
        return picked


def word_counts(text: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many words each line of a text (each ending in a newline) has."""
    blank = _BLANKS[text]
    begins = ~blank
    begins[1:] &= blank[:-1]
    return per_line(text, begins)


def per_line(text: NDArray[np.uint8], marks: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many marks each line has."""
    # By their places: a running sum over every byte of a large file takes eight times as long.
    return np.diff(np.searchsorted(np.flatnonzero(marks), np.flatnonzero(text == 10)), prepend=0)


def numbers(text: NDArray[np.uint8], dtype: Any) -> NDArray[Any] | None:
    """All numbers of a text, or None where something in it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.fromstring(text.tobytes(), dtype, sep=" ")
        except (DeprecationWarning, ValueError, OverflowError):
            return None


def table(text: NDArray[np.uint8], least: int, most: int) -> tuple[NDArray[np.float64], int]:
    """Numbers line by line (n, k) with k between `least` and `most` columns; how many lines were no such row.

    k is the width of the widest row; what a row lacks, and every number of a bad row, is NaN.
    """
    counts = word_counts(text)
    if not len(counts):
        return np.zeros((0, least)), 0
    first = int(counts[0])
    if least <= first <= most and (counts == first).all():
        values = numbers(text, np.float64)
        if values is not None and len(values) == first * len(counts):
            return values.reshape(-1, first), 0
    rows, bad = [], 0
    for line in text.tobytes().split(b"\n")[:-1]:
        words = line.split()[:most]
        try:
            row = [float(word) for word in words]
        except ValueError:
            row = []
        if len(row) < least:
            row, bad = [], bad + 1
        rows.append(row + [np.nan] * (most - len(row)))
    out = np.array(rows)
    width = max(least, int((~np.isnan(out)).any(axis=0).nonzero()[0].max(initial=-1)) + 1)
    return out[:, :width], bad
