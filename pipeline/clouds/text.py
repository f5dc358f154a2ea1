"""Our reader of points in text: XYZ, PTS, PTX without its matrix, ASC, TXT and CSV, one point a line.

Numbers stand between blanks, tabs, commas or semicolons. A first line with words names the columns, as CloudCompare
writes it; without one, they are guessed by how many there are and what stands in the first lines:

    3 x y z          6 x y z, red green blue or normal        9 x y z, red green blue, normal
    4 x y z i        7 x y z, i, red green blue (PTS)        10 x y z, i, red green blue, normal

A line of one number is how many follow (PTS), and is not believed. What begins with # or // is passed over.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from pipeline.clouds.aside import Gathered
from pipeline.clouds.columns import guessed, told_of_passed_over
from pipeline.clouds.source import Head
from pipeline.compiled import njit
from pipeline.decimals import number
from pipeline.lines import after_line, after_word, is_blank, is_end
from scenes.errors import Malformed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.clouds.aside import Waiting
    from pipeline.mapped import Store

_PIECE = 1 << 22
"""bytes that are looked at in one go; no line is longer"""
_FIRST = 1 << 16
_MOST_COLUMNS = 64
_SLASH, _HASH, _TAB = 47, 35, 9
_WORDS = re.compile(r"[^\s,;/#]+")
_LETTERS = re.compile(r"[A-Za-z]")
_NO_NUMBERS = re.compile(r"^[+-]?(nan|inf)", re.IGNORECASE)
_NAMES = {
    "x": "x",
    "y": "y",
    "z": "z",
    "r": "r",
    "red": "r",
    "g": "g",
    "green": "g",
    "b": "b",
    "blue": "b",
    "nx": "nx",
    "ny": "ny",
    "nz": "nz",
    "i": "i",
    "intensity": "i",
    "scalar_intensity": "i",
    "reflectance": "i",
    "c": "c",
    "classification": "c",
    "scalar_classification": "c",
    "class": "c",
}
_GUESSES = {
    3: "x y z",
    4: "x y z i",
    7: "x y z i r g b",
    9: "x y z r g b nx ny nz",
    10: "x y z i r g b nx ny nz",
}
_INTENSITIES = {"signed": (16.0, 2048.0), "counts": (1.0, 0.0), "share": (65535.0, 0.0)}
"""factor and offset to 0 to 65535; signed is what Leica writes, -2048 to 2047"""
_SEPARATORS = np.arange(256, dtype=np.uint8)
_SEPARATORS[[44, 59]] = _TAB


def read(data: NDArray[np.uint8], store: Store) -> Waiting:
    """The points of a text.

    Raises:
        Malformed: a line has too few numbers or a word that is none, or there are no points.
    """
    start, names = _begin(data)
    separators = _SEPARATORS if _has_separators(data, start) else None
    first = _looked_at(data, start, separators)
    width = first.shape[1]
    guess = ""
    if not names:
        names = _guess(first)
        guess = f"; its columns were taken for {' '.join(names)}"
    if not all(axis in names for axis in "xyz"):
        raise Malformed(f"text: its columns are {' '.join(names)[:80]}, and there is no x, y, z among them")
    place = {name: names.index(name) for name in dict.fromkeys(names) if name and names.index(name) < width}
    if not all(axis in place for axis in "xyz"):
        raise Malformed(f"text: its first line names {len(names)} columns, and those after it have {width}")
    layout = _Layout(place, first)
    gathered = Gathered(store, layout.types)
    for rows in _rows(data, start, width, separators):
        gathered.add(layout.columns(rows))
    intensity = layout.intensity
    metres, up, taken = guessed("text", b"", gathered.low, gathered.high)
    head = Head(
        kind="text",
        count=0,
        records=0,
        low=gathered.low,
        high=gathered.high,
        colour_bits=layout.colour_bits,
        has_intensity=bool(intensity),
        has_classification="c" in place,
        has_normals="normals" in layout.types,
        metres=metres,
        up=up,
        report=(taken + guess, *told_of_passed_over(gathered.passed_over)),
    )
    return gathered.done(head)


def looks_like_points(begin: bytes) -> bool:
    """Whether the beginning of a file is lines of numbers, perhaps after a line of words.

    >>> looks_like_points(b"//X Y Z\\n1 2 3\\n4 5 6\\n"), looks_like_points(b"v 1 2 3\\nv 4 5 6\\n")
    (True, False)
    """
    data = np.frombuffer(begin, np.uint8)
    try:
        return bool(_looked_at(data, _begin(data)[0], _SEPARATORS).shape[1] >= 3)
    except Malformed:
        return False


def _begin(data: NDArray[np.uint8]) -> tuple[int, list[str]]:
    """The place behind a first line of names, and these as `_NAMES` has them ("" for others); 0 and none without."""
    line = data[:_FIRST].tobytes().split(b"\n")[0].split(b"\r")[0]
    text = line.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    words = [word.strip("\"'").lower() for word in _WORDS.findall(text)]
    if not any(_LETTERS.match(word) and not _NO_NUMBERS.match(word) for word in words):
        return (3 if line.startswith(b"\xef\xbb\xbf") else 0), []
    known = [_NAMES.get(word, "") for word in words[:_MOST_COLUMNS]]
    if {"x", "y", "z"} <= set(known):
        return len(line), known
    # A title, or a comment, which says nothing of columns.
    return (len(line) if text.lstrip().startswith(("#", "//")) else 0), []


def _has_separators(data: NDArray[np.uint8], start: int) -> bool:
    begin = data[start : start + _FIRST]
    return bool(((begin == 44) | (begin == 59)).any())


def _looked_at(data: NDArray[np.uint8], start: int, separators: NDArray[np.uint8] | None) -> NDArray[np.float64]:
    """Numbers (k, width) of the first lines that are filled with more than one."""
    piece = data[start : start + _FIRST]
    if len(piece) == _FIRST:  # whole lines
        ends = np.flatnonzero((piece == 10) | (piece == 13))
        if not len(ends):
            raise Malformed(f"text: its first line has more than {_FIRST:,} bytes")
        piece = piece[: ends[-1] + 1]
    piece = piece if separators is None else separators[piece]
    widths = _widths(np.ascontiguousarray(piece))
    if not len(widths):
        raise Malformed("text: it has no points")
    width = int(widths.min())
    if not 3 <= width <= _MOST_COLUMNS:
        raise Malformed(f"text: a line of it has {width} numbers; 3 to {_MOST_COLUMNS} are a point")
    return next(_rows(piece, 0, width, None))


@njit(cache=True, nogil=True)
def _word(data: NDArray[np.uint8], at: int) -> tuple[int, bool]:
    """Where the next word of a line begins; or where the line ends, and that there is none but a comment."""
    while at < len(data) and is_blank(data[at]):
        at += 1
    if at < len(data) and (data[at] == _HASH or data[at] == _SLASH):
        at = after_line(data, at)
        return at, False
    return at, at < len(data) and not is_end(data[at])


@njit(cache=True, nogil=True)
def _widths(data: NDArray[np.uint8]) -> NDArray[np.int64]:
    """How many words each line of more than one has, comments left out."""
    out, lines, at = np.empty(len(data) // 2 + 1, np.int64), 0, 0
    while at < len(data):
        count = 0
        at, is_there = _word(data, at)
        while is_there:
            at = after_word(data, at)
            count += 1
            at, is_there = _word(data, at)
        at += 1
        if count > 1:
            out[lines] = count
            lines += 1
    return out[:lines]


def _rows(data: NDArray[np.uint8], at: int, width: int, separators: NDArray[np.uint8] | None) -> Any:
    """Numbers (k, width) of all lines, piece by piece; more in a line than `width` are passed over."""
    values = np.empty((_PIECE // (2 * width) + 1, width))
    while at < len(data):
        piece = data[at : at + _PIECE]
        is_last = at + len(piece) == len(data)
        text = np.ascontiguousarray(piece) if separators is None else separators[piece]
        used, count, bad = _scan(text, values, is_last)
        if bad >= 0:
            line = text[bad : bad + 60].tobytes().split(b"\n")[0].decode("utf-8", "replace").strip()
            raise Malformed(f"text: the line at byte {at + bad:,} has no {width} numbers: {line!r}")
        if not used:
            raise Malformed(f"text: the line at byte {at:,} has more than {_PIECE:,} bytes")
        mapped.release(piece)
        at += used
        if count:
            yield values[:count]


@njit(cache=True, nogil=True)
def _scan(data: NDArray[np.uint8], values: NDArray[np.float64], is_last: bool) -> tuple[int, int, int]:
    """Fill rows from whole lines: bytes used, rows, and where a line begins that is no point (-1: none)."""
    at, count, width = 0, 0, values.shape[1]
    while at < len(data):
        begin, found, good = at, 0, True
        at, is_there = _word(data, at)
        while is_there:
            if found == width:
                at = after_line(data, at)
                break
            values[count, found], at, fine = number(data, at)
            good = good and fine
            found += 1
            at, is_there = _word(data, at)
        if at >= len(data) and not is_last:
            return begin, count, -1
        at += 1
        if found > 1 or (found == 1 and not good):
            if found < width or not good:
                return begin, count, begin
            count += 1
    return len(data), count, -1


def _guess(first: NDArray[np.float64]) -> list[str]:
    width = first.shape[1]
    if width in (5, 8) or width > 10:
        return ["x", "y", "z", *[""] * (width - 3)]
    if width == 6:
        last = first[:, 3:]
        size = np.linalg.norm(last, axis=1)
        is_normal = bool((np.abs(size - 1.0) < 0.02).all()) and not (last % 1.0 == 0.0).all()
        return (_GUESSES[3] + (" nx ny nz" if is_normal else " r g b")).split()
    return _GUESSES[width].split()


class _Layout:
    """Which number of a line is which column, and scales as the first lines speak for."""

    def __init__(self, place: dict[str, int], first: NDArray[np.float64]) -> None:
        self._place = place
        self.types: dict[str, Any] = {"positions": np.float64}
        self.colour_bits, self._full = 0, 255.0
        if all(name in place for name in "rgb"):
            most = float(np.nanmax(first[:, [place[name] for name in "rgb"]], initial=0.0))
            self.colour_bits = 16 if most > 255.0 else 8
            is_share = most <= 1.0 and (first[:, [place[name] for name in "rgb"]] % 1.0 > 0.0).any()
            self._full = 1.0 if is_share else 65535.0 if most > 255.0 else 255.0
            self.types["colours"] = np.uint16 if self.colour_bits == 16 else np.uint8
        self.intensity = ""
        if "i" in place:
            values = first[:, place["i"]]
            self.intensity = "signed" if np.nanmin(values, initial=0.0) < 0.0 else "counts"
            if np.nanmax(np.abs(values), initial=0.0) <= 1.0 and (values % 1.0 > 0.0).any():
                self.intensity = "share"
            self.types["intensity"] = np.uint16
        if "c" in place:
            self.types["classification"] = np.uint8
        if all(name in place for name in ("nx", "ny", "nz")):
            self.types["normals"] = np.float32

    def columns(self, rows: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
        """Columns (k, width) of some lines, copied."""
        found: dict[str, NDArray[Any]] = {}
        for name, kind in self.types.items():
            if name == "positions":
                found[name] = self._of(rows, "x", "y", "z")
            elif name == "colours":
                most = 65535.0 if self.colour_bits == 16 else 255.0
                found[name] = _whole(self._of(rows, "r", "g", "b") * (most / self._full), most, kind)
            elif name == "intensity":
                factor, offset = _INTENSITIES[self.intensity]
                found[name] = _whole((self._of(rows, "i") + offset) * factor, 65535.0, kind)
            elif name == "classification":
                found[name] = _whole(self._of(rows, "c"), 255.0, kind)
            else:
                found[name] = self._of(rows, "nx", "ny", "nz").astype(np.float32)
        return found

    def _of(self, rows: NDArray[np.float64], *names: str) -> NDArray[np.float64]:
        return np.stack([rows[:, self._place[name]] for name in names], axis=1)


def _whole(values: NDArray[np.float64], most: float, kind: Any) -> NDArray[Any]:
    return np.rint(np.clip(np.nan_to_num(values), 0.0, most)).astype(kind)
