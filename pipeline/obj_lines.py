"""The lines of an OBJ, scanned once from front to back: points, coordinates, normals and corners in columns of a store.

Numbers of points, coordinates and normals are from 0 here; -1 is none. Polygons become fans of triangles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped, words
from pipeline.compiled import njit
from pipeline.decimals import number, quick
from pipeline.lines import after_line, after_word, is_blank, is_end
from scenes.counting import counted
from scenes.errors import TooLarge

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.mapped import Store

_ROWS = 1 << 15  # of each buffer of a scan, which together stay in a processor's cache
_MOST_CORNERS = 10_000  # of one polygon
_MOST_POINTS = (1 << 31) - 1
_ONE, _EIGHT = np.uint64(1), np.uint64(8)
_ROOM = 128
"""bytes from the first of a few numbers, or of a corner, that are looked at"""
_LAST = np.uint64(1 << 63)
_LINE, _MINUS, _SLASH, _BACKSLASH = 32, 45, 47, 92
# Where a scan keeps its counts.
_AT, _V, _VT, _VN, _F, _BAD, _BAD_FACES, _COLOURED, _EVENTS, _NO_NORMAL, _OTHER_UV, _OTHER_NORMAL, _FANS = range(13)
_SIZE = 13


class Scanned:
    """What stands in the lines, in their order."""

    def __init__(self, data: NDArray[np.uint8], store: Store) -> None:
        self.points = store.growing(3, np.float64)
        self.colours = store.growing(3, np.float32)
        self.uvs = store.growing(2, np.float32)
        self.normals = store.growing(3, np.float32)
        self.corners = tuple(store.growing(3, np.int32) for _ in range(3))
        """points, coordinates and normals of triangles"""
        self.fans = store.growing(2, np.int64)
        """polygons: first triangle, and how many"""
        self.events: list[tuple[int, int]] = []
        """triangles before, and place, of each line of usemtl, mtllib, o and g"""
        self._state = np.zeros(_SIZE, np.int64)
        points = np.empty((_ROWS, 3)), np.empty((_ROWS, 3), np.float32)
        others = np.empty((_ROWS, 2), np.float32), np.empty((_ROWS, 3), np.float32)
        corners = np.empty((3, _ROWS, 3), np.int32)
        events, fans = np.empty((_ROWS, 2), np.int64), np.empty((_ROWS, 2), np.int64)
        while self._state[_AT] < len(data):
            before = self._state.copy()
            if before[[_V, _VT, _VN]].max() > _MOST_POINTS - _ROWS:
                raise TooLarge(f"OBJ: it has more than {_MOST_POINTS:,} points")
            _scan(data, self._state, points, others, corners, (events, fans))
            v, vt, vn, f, said, cut = (int((self._state - before)[kind]) for kind in (_V, _VT, _VN, _F, _EVENTS, _FANS))
            self.fans.append(fans[:cut])
            self.points.append(points[0][:v])
            if self.coloured:
                self.colours.fill(int(before[_V]), np.nan)
                self.colours.append(points[1][:v])
            self.uvs.append(others[0][:vt])
            self.normals.append(others[1][:vn])
            for kind, column in enumerate(self.corners):
                # Nothing is written of coordinates and normals until the first is there.
                if not kind or self._state[_VT if kind == 1 else _VN]:
                    column.fill(int(before[_F]), -1)
                    column.append(corners[kind, :f])
            self.events += [(int(before[_F]) + int(triangle), int(place)) for triangle, place in events[:said]]
            mapped.release(data[before[_AT] : self._state[_AT]])

    @property
    def coloured(self) -> int:
        """How many points have a colour."""
        return int(self._state[_COLOURED])

    @property
    def bad_faces(self) -> int:
        """Faces that could not be read."""
        return int(self._state[_BAD_FACES])

    @property
    def are_alike(self) -> bool:
        """Whether points, coordinates and normals go together by number, so that the points are the vertices."""
        return all(
            not column.rows or (not self._state[other] and column.rows == self.points.rows)
            for column, other in ((self.uvs, _OTHER_UV), (self.normals, _OTHER_NORMAL))
        )

    def report(self) -> list[str]:
        """What could not be read."""
        out = []
        if self._state[_BAD]:
            out.append(
                counted(int(self._state[_BAD]), "[line|lines] of points, coordinates or normals could not be read")
            )
        if self.bad_faces:
            out.append(counted(self.bad_faces, "[face|faces] could not be read"))
        return out


@njit(cache=True, nogil=True)
def _numbers(data: NDArray[np.uint8], at: int, values: NDArray[np.float64]) -> tuple[int, int]:
    """The numbers of the rest of a line: how many (-1 if a word is none), and the place of its end."""
    count = 0
    while at < len(data):
        byte = data[np.uint64(at)]
        if is_blank(byte):
            at += 1
        elif is_end(byte):
            break
        elif byte == _BACKSLASH:  # such a line goes on in the next
            at = _continued(data, at)
        else:
            value, at, good = number(data, at)
            if not good:
                return -1, after_line(data, at)
            if count < len(values):
                values[count] = value
                count += 1
    return count, at


@njit(cache=True, nogil=True, inline="always")
def _next(begin: Any, start: Any, ends: Any) -> tuple[Any, Any, Any, Any]:
    """The number at `begin` + `start`; what follows it; `ends` without its own; its length, 0 if it isn't so simple.

    That its end is known beforehand lets a processor begin with the next number long before it is done with this one.
    """
    ends &= ends - _ONE
    end = words.zeros_below(ends | _LAST)
    value, length = quick(begin + start)
    return value, end + _ONE, ends, length * np.uint64(length == end - start)


@njit(cache=True, nogil=True, inline="always")
def _three(begin: Any) -> tuple[Any, Any, Any, Any]:
    """Three numbers with a blank before each that are all of a line; bytes to its end, or 0 if it isn't so simple."""
    ends = words.blanks(begin)
    x, second, ends, length = _next(begin, _ONE, ends)
    y, third, ends, length_y = _next(begin, second, ends)
    z, after, ends, length_z = _next(begin, third, ends)
    good = length > 0 and length_y > 0 and length_z > 0
    # Ends of numbers may be ends of lines.
    good = good and is_blank(words.byte(begin + second - _ONE)) and is_blank(words.byte(begin + third - _ONE))
    return x, y, z, (after - _ONE if good and is_end(words.byte(begin + after - _ONE)) else np.uint64(0))


@njit(cache=True, nogil=True, inline="always")
def _two(begin: Any) -> tuple[Any, Any, Any]:
    """The same of two."""
    ends = words.blanks(begin)
    x, second, ends, length = _next(begin, _ONE, ends)
    y, after, ends, length_y = _next(begin, second, ends)
    good = length > 0 and length_y > 0 and is_blank(words.byte(begin + second - _ONE))
    return x, y, (after - _ONE if good and is_end(words.byte(begin + after - _ONE)) else np.uint64(0))


@njit(cache=True, nogil=True)
def _continued(data: NDArray[np.uint8], at: int) -> int:
    at += 1
    if at < len(data) and data[at] == 13:
        at += 1
    if at < len(data) and data[at] == 10:
        at += 1
    return at


@njit(cache=True, nogil=True, inline="always")
def _quick_corner(place: Any) -> tuple[Any, Any, Any, Any]:
    """Point, coordinate and normal of the corner at an address, and its length, 0 if it isn't as nearly all are.

    Those are counted from the first, up to 99,999,999. `_ROOM` bytes may be looked at.
    """
    uv, normal = np.uint64(0), np.uint64(0)
    text = words.word(place)
    bits = words.digits(text)
    point, here = words.value(text, bits), place + bits // _EIGHT
    good = bits > 0
    if words.byte(here) == _SLASH:
        here += _ONE
        if words.byte(here) != _SLASH:
            text = words.word(here)
            bits = words.digits(text)
            uv, here = words.value(text, bits), here + bits // _EIGHT
        if words.byte(here) == _SLASH:
            here += _ONE
            text = words.word(here)
            bits = words.digits(text)
            normal, here = words.value(text, bits), here + bits // _EIGHT
    length = here - place if good and words.byte(here) <= _LINE else np.uint64(0)
    return np.int64(point) - 1, np.int64(uv) - 1, np.int64(normal) - 1, length


@njit(cache=True, nogil=True)
def _index(data: NDArray[np.uint8], at: int, before: int) -> tuple[int, int]:
    """A number of a corner as a number from 0, or -1 where there is none; the place after it.

    `before` is how many there are so far, for negative ones count from the last.
    """
    negative = at < len(data) and data[at] == _MINUS
    at += int(negative)
    begin, value = at, 0
    while at < len(data) and 48 <= data[at] <= 57:
        value = min(10 * value + data[at] - 48, 1 << 40)
        at += 1
    if at == begin:
        return -1, at
    value = before - value if negative else value - 1
    return (value if 0 <= value < 1 << 31 else -1), at


@njit(cache=True, nogil=True)
def _corner(data: NDArray[np.uint8], at: int, before: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Point, coordinate and normal of a corner, and the place after it, or -1 where it cannot be read."""
    uv = normal = -1
    begin = at
    point, at = _index(data, at, before[0])
    good = at > begin and 48 <= data[at - 1] <= 57
    if good and at < len(data) and data[at] == _SLASH:
        uv, at = _index(data, at + 1, before[1])
        if at < len(data) and data[at] == _SLASH:
            normal, at = _index(data, at + 1, before[2])
    good = good and (at >= len(data) or data[at] <= 32 or data[at] == _BACKSLASH)
    return point, uv, normal, (at if good else -1)


@njit(cache=True, nogil=True)
def _scan(  # noqa: C901, PLR0917 - one loop over the kinds of lines
    data: NDArray[np.uint8],
    state: NDArray[np.int64],
    points: tuple[NDArray[np.float64], NDArray[np.float32]],
    others: tuple[NDArray[np.float32], NDArray[np.float32]],
    corners: NDArray[np.int32],
    said: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> None:
    """Go on in a file until its end, or until a buffer might not hold the next line."""
    size, at = len(data), state[_AT]
    # Counts of this scan are kept apart: what is added up in an array is stored and loaded again each time.
    v0, vt0, vn0 = state[_V], state[_VT], state[_VN]
    v = vt = vn = f = bad = bad_faces = coloured = told = cut = 0
    no_normal: Any = 0
    other_uv: Any = 0
    other_normal: Any = 0
    positions, colours = points
    uvs, normals = others
    events, fans = said
    rows = len(positions)
    values = np.empty(8)
    text = words.address(data)
    while at < size:
        if max(v, vt, vn, told, f + _MOST_CORNERS) >= rows:
            break
        begin, first = at, words.byte(text + np.uint64(at))
        if is_blank(first) or is_end(first):
            at += 1
            continue
        second = words.byte(text + np.uint64(at + 1)) if at + 1 < size else np.uint8(10)
        third = words.byte(text + np.uint64(at + 2)) if at + 2 < size else np.uint8(10)
        is_word = is_blank(third) or is_end(third)
        if first == 102 and is_blank(second):  # f
            at += 1
            row, count, good = f, 0, True
            v1 = t1 = n1 = v2 = t2 = n2 = np.int64(-1)
            while at < size:
                byte = words.byte(text + np.uint64(at))
                if is_blank(byte):
                    at += 1
                    continue
                if is_end(byte):
                    break
                if byte == _BACKSLASH:
                    at = _continued(data, at)
                    continue
                length = np.uint64(0)
                if at + _ROOM <= size:
                    v3, t3, n3, length = _quick_corner(text + np.uint64(at))
                after = at + np.int64(length)
                if length == 0:
                    v3, t3, n3, after = _corner(data, at, (v0 + v, vt0 + vt, vn0 + vn))
                count += 1
                if after < 0 or count > _MOST_CORNERS:
                    good = False
                    break
                at = after
                if count == 1:
                    v1, t1, n1 = v3, t3, n3
                elif count > 2:
                    corners[0, row, 0], corners[0, row, 1], corners[0, row, 2] = v1, v2, v3
                    corners[1, row, 0], corners[1, row, 1], corners[1, row, 2] = t1, t2, t3
                    corners[2, row, 0], corners[2, row, 1], corners[2, row, 2] = n1, n2, n3
                    row += 1
                    # Of a face that is bad in the end this is counted, too: it only costs time then.
                    no_normal += n1 < 0 or n2 < 0 or n3 < 0
                    other_uv += t1 != v1 or t2 != v2 or t3 != v3
                    other_normal += n1 != v1 or n2 != v2 or n3 != v3
                v2, t2, n2 = v3, t3, n3
            if good and count > 2:
                if count > 3:
                    fans[cut, 0], fans[cut, 1] = state[_F] + f, count - 2
                    cut += 1
                f = row
            else:
                bad_faces += 1
        elif first == 118 and (is_blank(second) or is_end(second)):  # v
            colours[v, 0] = colours[v, 1] = colours[v, 2] = np.nan
            if at + _ROOM <= size:
                x, y, z, length = _three(text + np.uint64(at + 1))
                if length:
                    positions[v, 0], positions[v, 1], positions[v, 2] = x, y, z
                    v, at = v + 1, at + np.int64(length) + 2
                    continue
            count, at = _numbers(data, at + 1, values)
            if count < 3:
                positions[v] = np.nan
                bad += 1
            else:
                positions[v, 0], positions[v, 1], positions[v, 2] = values[0], values[1], values[2]
                if count >= 6:  # x y z r g b, or x y z w r g b
                    colours[v] = values[min(count, 7) - 3 : min(count, 7)]
                    coloured += 1
            v += 1
        elif first == 118 and second == 116 and is_word:  # vt
            if at + _ROOM <= size:
                x, y, length = _two(text + np.uint64(at + 2))
                if length:
                    uvs[vt, 0], uvs[vt, 1] = x, 1.0 - y
                    vt, at = vt + 1, at + np.int64(length) + 3
                    continue
            count, at = _numbers(data, at + 2, values)
            if count < 1:
                uvs[vt] = np.nan
                bad += 1
            else:
                # OBJ measures v from the bottom, glTF from the top.
                uvs[vt, 0], uvs[vt, 1] = values[0], 1.0 - values[1] if count > 1 else 1.0
            vt += 1
        elif first == 118 and second == 110 and is_word:  # vn
            if at + _ROOM <= size:
                x, y, z, length = _three(text + np.uint64(at + 2))
                if length:
                    normals[vn, 0], normals[vn, 1], normals[vn, 2] = x, y, z
                    vn, at = vn + 1, at + np.int64(length) + 3
                    continue
            count, at = _numbers(data, at + 2, values)
            if count < 3:
                normals[vn] = np.nan
                bad += 1
            else:
                normals[vn, 0], normals[vn, 1], normals[vn, 2] = values[0], values[1], values[2]
            vn += 1
        elif first in (117, 109, 111, 103):  # usemtl, mtllib, o, g
            end = after_word(data, at)
            if end - at == (6 if first in (117, 109) else 1):
                events[told, 0], events[told, 1] = f, begin
                told += 1
        at = after_line(data, at) + 1
    state[_AT] = min(at, size)
    state[_V] += v
    state[_VT] += vt
    state[_VN] += vn
    state[_F] += f
    state[_BAD] += bad
    state[_BAD_FACES] += bad_faces
    state[_COLOURED] += coloured
    state[_EVENTS] += told
    state[_FANS] += cut
    state[_NO_NORMAL] += no_normal
    state[_OTHER_UV] += other_uv
    state[_OTHER_NORMAL] += other_normal
