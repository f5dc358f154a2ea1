"""Our reader of Wavefront OBJ with its MTL and textures.

Read: v (with colours), vt, vn, f in all four forms, negative indices, polygons (cut into triangles), usemtl, mtllib,
names of objects or groups. Left out: lines, points, curves and smoothing groups. What is broken in a line costs that
line, not the file, and is told in the report.

The file is scanned once from front to back; points, coordinates, normals and corners are appended to arrays of the
store as they come, and vertices are made of the corners in a second pass over these.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

from pipeline import images, mapped, polygons
from pipeline.colour import linear_bytes
from pipeline.faces import told
from pipeline.joined import Joined
from pipeline.lines import after_line, after_word, is_blank, is_end, number
from scenes.errors import Malformed, TooLarge, Unsupported
from tiling.mesh import Material, Model, Primitive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.files import Neighbours
    from pipeline.mapped import Store

_ROWS = 1 << 16  # of each buffer of a scan
_MOST_CORNERS = 10_000  # of one polygon
_MOST_PARTS = 4096  # pairs of an object and a material that are kept apart
_MOST_POINTS = (1 << 31) - 1
_ONE, _TEN = np.uint64(1), np.uint64(10)
_LEFT_OUT = {"map_bump", "bump", "map_d", "map_pr", "map_pm", "map_ks", "map_ns", "disp", "decal", "refl"}
_NO_COORDINATES = np.array((0.0, 1.0), np.float32)
_IMAGE_OPTIONS = {"-blendu": 1, "-blendv": 1, "-boost": 1, "-mm": 2, "-o": 3, "-s": 3, "-t": 3, "-texres": 1}
_IMAGE_OPTIONS |= {"-clamp": 1, "-bm": 1, "-imfchan": 1, "-type": 1, "-cc": 1}
# Where a scan keeps its counts.
_AT, _V, _VT, _VN, _F, _BAD, _BAD_FACES, _COLOURED, _EVENTS, _NO_NORMAL, _OTHER_UV, _OTHER_NORMAL, _FANS, _SIZE = range(
    14
)


def read(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    """A model of an OBJ file.

    Raises:
        Malformed: it has no faces that can be read.
        Unsupported: it has points or lines only.
        ForbiddenReference: it names a file outside of its folder.
        TooLarge: it has more than two billion points.
    """
    scanned = _Scanned(data, store)
    report = scanned.report()
    if not scanned.points.rows or not scanned.corners[0].rows:
        if scanned.points.rows and not scanned.state[_BAD_FACES]:
            raise Unsupported("OBJ: it has points but no faces")
        raise Malformed("; ".join(["OBJ: no face can be read", *report]))
    parts = _Parts(data, scanned.events, report)
    materials = _library(parts, neighbours, report)
    primitives, lost = _primitives(scanned, parts, report, store)
    if not primitives:
        raise Malformed("OBJ: every face names points that are not there")
    if lost:
        report.append(f"{lost:,} triangles named points that are not there; they were left out")
    report += [
        f"the file {name!r} is not there; the model is shown without it" for name in sorted(set(neighbours.missing))
    ]
    return Model(primitives, materials, tuple(report))


class _Scanned:
    """What stands in the lines, in their order; numbers of points, coordinates and normals are from 0, -1 is none."""

    def __init__(self, data: NDArray[np.uint8], store: Store) -> None:
        self.points = store.growing(3, np.float64)
        self.colours = store.growing(3, np.float32)
        self.uvs = store.growing(2, np.float32)
        self.normals = store.growing(3, np.float32)
        self.corners = tuple(store.growing(3, np.int32) for _ in range(3))
        self.fans = store.growing(2, np.int64)
        """polygons: first triangle, and how many"""
        self.events: list[tuple[int, int]] = []
        """triangles before, and place, of each line of usemtl, mtllib, o and g"""
        self.state = np.zeros(_SIZE, np.int64)
        points = np.empty((_ROWS, 3)), np.empty((_ROWS, 3), np.float32)
        others = np.empty((_ROWS, 2), np.float32), np.empty((_ROWS, 3), np.float32)
        corners = np.empty((3, _ROWS, 3), np.int32)
        events, fans = np.empty((_ROWS, 2), np.int64), np.empty((_ROWS, 2), np.int64)
        while self.state[_AT] < len(data):
            before = self.state.copy()
            if before[[_V, _VT, _VN]].max() > _MOST_POINTS - _ROWS:
                raise TooLarge(f"OBJ: it has more than {_MOST_POINTS:,} points")
            _scan(data, self.state, points, others, corners, (events, fans))
            v, vt, vn, f, said, cut = (int((self.state - before)[kind]) for kind in (_V, _VT, _VN, _F, _EVENTS, _FANS))
            self.fans.append(fans[:cut])
            self.points.append(points[0][:v])
            if self.state[_COLOURED]:
                self.colours.fill(int(before[_V]), np.nan)
                self.colours.append(points[1][:v])
            self.uvs.append(others[0][:vt])
            self.normals.append(others[1][:vn])
            for kind, column in enumerate(self.corners):
                # Nothing is written of coordinates and normals until the first is there.
                if not kind or self.state[_VT if kind == 1 else _VN]:
                    column.fill(int(before[_F]), -1)
                    column.append(corners[kind, :f])
            self.events += [(int(before[_F]) + int(triangle), int(place)) for triangle, place in events[:said]]
            mapped.release(data[before[_AT] : self.state[_AT]])

    def report(self) -> list[str]:
        """What could not be read."""
        out = []
        if self.state[_BAD]:
            out.append(f"{self.state[_BAD]:,} lines of points, coordinates or normals could not be read")
        if self.state[_BAD_FACES]:
            out.append(f"{self.state[_BAD_FACES]:,} faces could not be read")
        return out


@njit(cache=True, nogil=True)
def _numbers(data: NDArray[np.uint8], at: int, values: NDArray[np.float64]) -> tuple[int, int]:
    """The numbers of the rest of a line: how many (-1 if a word is none), and the place of its end."""
    count = 0
    while at < len(data) and not is_end(data[at]):
        if is_blank(data[at]):
            at += 1
        elif data[at] == 92:  # a line that ends in a backslash goes on in the next
            at = _continued(data, at)
        else:
            value, at, good = number(data, at)
            if not good:
                return -1, after_line(data, at)
            if count < len(values):
                values[count] = value
                count += 1
    return count, at


@njit(cache=True, nogil=True)
def _continued(data: NDArray[np.uint8], at: int) -> int:
    at += 1
    if at < len(data) and data[at] == 13:
        at += 1
    if at < len(data) and data[at] == 10:
        at += 1
    return at


@njit(cache=True, nogil=True, inline="always")
def _index(data: NDArray[np.uint8], at: int, before: int) -> tuple[int, int]:
    """A number of a corner as a number from 0, or -1 where there is none; the place after it."""
    size, here = np.uint64(len(data)), np.uint64(at)
    negative = here < size and data[here] == 45
    if negative:
        here += _ONE
    word, begin = np.uint64(0), here
    while here < size and np.uint8(data[here] - 48) <= 9:
        word = word * _TEN + np.uint64(data[here] - 48)
        here += _ONE
    at = np.int64(here)  # type: ignore[assignment]
    if here == begin or here - begin > 10:  # nothing, or more than there can be
        return -1, at
    value = int(np.int64(word))
    value = before - value if negative else value - 1
    return (value if 0 <= value < 1 << 31 else -1), at


@njit(cache=True, nogil=True, inline="always")
def _corner(data: NDArray[np.uint8], at: int, state: NDArray[np.int64]) -> tuple[int, int, int, int]:
    """Point, coordinate and normal of a corner, and the place after it, or -1 where it cannot be read."""
    uv = normal = -1
    begin = at
    point, at = _index(data, at, state[_V])
    good: Any = at > begin and np.uint8(data[at - 1] - 48) <= 9
    if good and at < len(data) and data[at] == 47:
        uv, at = _index(data, at + 1, state[_VT])
        if at < len(data) and data[at] == 47:
            normal, at = _index(data, at + 1, state[_VN])
    good = good and (at >= len(data) or data[at] <= 32 or data[at] == 92)
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
    v0, vt0, vn0, f0, events0 = state[_V], state[_VT], state[_VN], state[_F], state[_EVENTS]
    events, fans = said
    fans0 = state[_FANS]
    rows = len(points[0])
    values = np.empty(8)
    while at < size:
        if max(state[_V] - v0, state[_VT] - vt0, state[_VN] - vn0, state[_EVENTS] - events0) == rows:
            break
        if state[_F] - f0 + _MOST_CORNERS > rows:
            break
        if is_blank(data[at]) or is_end(data[at]):
            at += 1
            continue
        begin, first = at, data[at]
        second = data[at + 1] if at + 1 < size else np.uint8(10)
        if first == 118 and (is_blank(second) or is_end(second)):
            row = state[_V] - v0
            count, at = _numbers(data, at + 1, values)
            points[1][row] = np.nan
            if count < 3:
                points[0][row] = np.nan
                state[_BAD] += 1
            else:
                points[0][row] = values[:3]
                if count >= 6:  # x y z r g b, or x y z w r g b
                    points[1][row] = values[min(count, 7) - 3 : min(count, 7)]
                    state[_COLOURED] += 1
            state[_V] += 1
        elif first == 118 and second in (116, 110) and at + 2 < size and is_blank(data[at + 2]):
            count, at = _numbers(data, at + 2, values)
            if second == 116:
                row = state[_VT] - vt0
                if count < 1:
                    others[0][row] = np.nan
                    state[_BAD] += 1
                else:
                    # OBJ measures v from the bottom, glTF from the top.
                    others[0][row, 0] = values[0]
                    others[0][row, 1] = 1.0 - values[1] if count > 1 else 1.0
                state[_VT] += 1
            else:
                row = state[_VN] - vn0
                if count < 3:
                    others[1][row] = np.nan
                    state[_BAD] += 1
                else:
                    others[1][row] = values[:3]
                state[_VN] += 1
        elif first == 102 and is_blank(second):
            at += 1
            row, count, good = state[_F] - f0, 0, True
            v1 = t1 = n1 = v2 = t2 = n2 = -1
            while at < size and not is_end(data[at]):
                if is_blank(data[at]):
                    at += 1
                    continue
                if data[at] == 92:
                    at = _continued(data, at)
                    continue
                v3, t3, n3, after = _corner(data, at, state)
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
                    state[_NO_NORMAL] += n1 < 0 or n2 < 0 or n3 < 0
                    state[_OTHER_UV] += t1 != v1 or t2 != v2 or t3 != v3
                    state[_OTHER_NORMAL] += n1 != v1 or n2 != v2 or n3 != v3
                v2, t2, n2 = v3, t3, n3
            if good and count > 2:
                if count > 3:
                    fans[state[_FANS] - fans0, 0], fans[state[_FANS] - fans0, 1] = state[_F], count - 2
                    state[_FANS] += 1
                state[_F] = f0 + row
            else:
                state[_BAD_FACES] += 1
        elif first in (117, 109, 111, 103):  # usemtl, mtllib, o, g
            end = after_word(data, at)
            if end - at == (6 if first in (117, 109) else 1):
                events[state[_EVENTS] - events0, 0] = state[_F] - f0
                events[state[_EVENTS] - events0, 1] = begin
                state[_EVENTS] += 1
        at = after_line(data, at) + 1
    state[_AT] = min(at, size)


# Parts: what belongs to one object and one material.


class _Parts:
    """Which object and material each run of triangles has. `names` are of materials; 0 is none."""

    def __init__(self, data: NDArray[np.uint8], events: list[tuple[int, int]], report: list[str]) -> None:
        self.names, self.libraries = [""], list[str]()
        lines = [(triangle, *_words(data, place)) for triangle, place in events]
        naming = "o" if any(word == "o" for _, word, _ in lines) else "g"
        numbers: dict[str, int] = {"": 0}
        known: dict[tuple[str, int], int] = {}
        self.of_part: list[tuple[str, int]] = []
        """object and number of the material"""
        self.starts, self.numbers = list[int](), list[int]()
        thing, material = "", 0
        for triangle, word, name in [(0, "", ""), *lines]:
            if word == "mtllib":
                self.libraries.append(name)
                continue
            if word == "usemtl":
                material = numbers.setdefault(name, len(self.names))
                if material == len(self.names):
                    self.names.append(name)
            elif word == naming:
                thing = name[:200]
            if len(known) >= _MOST_PARTS:
                thing = ""
            part = known.setdefault((thing, material), len(known))
            if part == len(self.of_part):
                self.of_part.append((thing, material))
            if self.starts and self.starts[-1] == triangle:
                self.numbers[-1] = part
            else:
                self.starts.append(triangle)
                self.numbers.append(part)
        if len(known) >= _MOST_PARTS:
            report.append(f"it has more than {_MOST_PARTS:,} named parts; the others are told apart by material only")

    def at(self, start: int, stop: int) -> NDArray[np.int32]:
        """The part of each triangle from `start` to `stop`."""
        low, high = bisect_right(self.starts, start) - 1, bisect_right(self.starts, stop - 1)
        edges = [start, *self.starts[low + 1 : high], stop]
        return np.repeat(np.array(self.numbers[low:high], np.int32), np.diff(edges))


def _words(data: NDArray[np.uint8], place: int) -> tuple[str, str]:
    """The first word of a line and the rest of it."""
    line = data[place : min(after_line(data, place), place + 4096)].tobytes().decode("utf-8", "replace")
    word, _, rest = line.replace("\t", " ").partition(" ")
    return word, rest.strip()


def _primitives(scanned: _Scanned, parts: _Parts, report: list[str], store: Store) -> tuple[tuple[Primitive, ...], int]:
    """The primitives, and how many triangles were left out because they named points that are not there."""
    points, uvs, normals = scanned.points.done(), scanned.uvs.done(), scanned.normals.done()
    state, triangles = scanned.state, scanned.corners[0].done()
    colours = _colours(scanned.colours.done(), len(points), int(state[_COLOURED]), store)
    for column, rows in zip(scanned.corners[1:], (uvs, normals), strict=True):
        # All faces may stand before the first coordinate, or there may be none at all.
        column.fill(len(triangles) if len(rows) else 0, -1)
    keys = scanned.corners[1].done(), scanned.corners[2].done()
    if scanned.fans.rows:
        anew, left = polygons.cut_concave((triangles, *keys), scanned.fans.done(), points)
        report += told(scanned.fans.rows, anew, left)
    same = all(
        not len(rows) or (not other and len(rows) == len(points))
        for rows, other in ((uvs, state[_OTHER_UV]), (normals, state[_OTHER_NORMAL]))
    )
    if same and len(set(parts.numbers)) == 1:
        # Points, coordinates and normals go together by number: the points are the vertices.
        thing, material = parts.of_part[parts.numbers[0]]
        normals_ = normals if len(normals) else None
        named = thing or parts.names[material]
        indices = triangles.view(np.uint32)
        return (Primitive(points, indices, normals_, uvs if len(uvs) else None, colours, material, named),), 0
    return _joined((points, uvs, normals, colours), (triangles, *keys), parts, store)


def _colours(rgb: NDArray[np.float32], points: int, coloured: int, store: Store) -> NDArray[np.uint8] | None:
    """Colours that stand after the positions, in 0 to 1 or in 0 to 255; only where every point has one."""
    if not points or coloured < points:
        return None
    most = 0.0
    for _, piece in mapped.chunks(rgb):
        if not np.isfinite(piece).all():
            return None
        most = max(most, float(piece.max()))
    out: NDArray[np.uint8] = store.empty((points, 4), np.uint8)
    for start, piece in mapped.chunks(rgb):
        out[start : start + len(piece)] = linear_bytes(piece if most <= 1.0 else piece / np.float32(255.0))
    mapped.release(out)
    return out


def _joined(
    columns: tuple[NDArray[np.float64], NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8] | None],
    corners: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]],
    parts: _Parts,
    store: Store,
) -> tuple[tuple[Primitive, ...], int]:
    """One vertex for each different triple of point, coordinate and normal, and part by part."""
    points, uvs, normals, colours = columns
    count = len(parts.of_part)
    unlit, mapped_parts = np.zeros(count, bool), np.zeros(count, bool)

    def keys(part: slice) -> NDArray[np.int32]:
        out = np.full((part.stop - part.start, 3, 2), -1, np.int32)
        for kind, limit in ((1, len(uvs)), (2, len(normals))):
            if limit:
                chosen = corners[kind][part]
                out[:, :, kind - 1] = np.where(chosen < limit, chosen, -1)
                mapped.release(corners[kind][part])
        return out

    def place(piece: NDArray[np.int32]) -> NDArray[Any]:
        return _picked(points, piece[:, 0])

    def coordinates(piece: NDArray[np.int32]) -> NDArray[Any]:
        uv = piece[:, 1]
        mapped_parts[piece[uv >= 0, 3]] = True
        return np.where(uv[:, None] >= 0, _picked(uvs, uv), _NO_COORDINATES)

    def direction(piece: NDArray[np.int32]) -> NDArray[Any]:
        unlit[piece[piece[:, 2] < 0, 3]] = True
        return _picked(normals, piece[:, 2])

    joined = Joined(
        store,
        corners[0],
        points=len(points),
        parts=count,
        keys=keys,
        part_of=lambda part: parts.at(part.start, part.stop),
    )
    out_points = joined.column(3, np.float64, place)
    out_uvs = joined.column(2, np.float32, coordinates) if len(uvs) else None
    out_normals = joined.column(3, np.float32, direction) if len(normals) else None
    out_colours = None if colours is None else joined.column(4, np.uint8, lambda piece: _picked(colours, piece[:, 0]))
    primitives = [
        Primitive(
            positions=joined.of(number, out_points),
            indices=joined.indices(number),
            normals=None if out_normals is None or unlit[number] else joined.of(number, out_normals),
            uvs=None if out_uvs is None or not mapped_parts[number] else joined.of(number, out_uvs),
            colours=None if out_colours is None else joined.of(number, out_colours),
            material=material,
            name=thing or parts.names[material],
        )
        for number, (thing, material) in enumerate(parts.of_part)
        if joined.triangles[number]
    ]
    return tuple(primitives), joined.invalid


def _picked(source: NDArray[Any], rows: NDArray[np.int32]) -> NDArray[Any]:
    out: NDArray[Any] = source[rows]
    mapped.release(source)
    return out


# Materials.


def _library(parts: _Parts, neighbours: Neighbours, report: list[str]) -> tuple[Material, ...]:
    entries: dict[str, dict[str, str]] = {}
    for reference in dict.fromkeys(parts.libraries):
        for data in _found(reference, neighbours, report):
            entries |= _parsed_library(data)
    out = []
    for name in parts.names:
        if name and name not in entries and entries:
            report.append(f"the material {name[:80]!r} is not described; it is shown plain")
        out.append(_material(name, entries.get(name, {}), neighbours, report))
    return tuple(out)


def _found(reference: str, neighbours: Neighbours, report: list[str]) -> list[bytes]:
    """The libraries that a line names: one whose name may have blanks, or else several."""
    whole = neighbours.find(reference, report)
    if whole is not None:
        return [whole]
    several = reference.split() if len(reference.split()) > 1 else []
    parts = [data for data in (neighbours.find(part, report) for part in several) if data is not None]
    if parts:
        neighbours.missing.remove(reference[:200])
    return parts


def _parsed_library(data: bytes) -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = {}
    entry: dict[str, str] = {}
    for raw in data.decode("utf-8", "replace").splitlines():
        words = raw.split(None, 1)
        key, value = words[0].lower() if words else "", words[1].strip() if len(words) > 1 else ""
        if key == "newmtl":
            entry = entries.setdefault(value, {})
        elif key and not key.startswith("#"):
            entry[key] = value
    return entries


def _material(name: str, entry: dict[str, str], neighbours: Neighbours, report: list[str]) -> Material:
    alpha = 1.0
    if "d" in entry:
        alpha = _value(entry["d"], 1.0)
    elif "tr" in entry:
        alpha = 1.0 - _value(entry["tr"], 0.0)
    if alpha <= 0.0:
        # Some write the opposite of what they mean; what cannot be seen is surely not meant.
        report.append(f"the material {name[:80]!r} is wholly transparent; it is shown opaque")
        alpha = 1.0
    left = sorted(key for key in entry if key in _LEFT_OUT)
    if left:
        report.append(f"of the material {name[:80]!r} these maps were left out: {', '.join(left)}")
    colour = _three(entry.get("kd"), (1.0, 1.0, 1.0))
    material = Material(
        name=name[:200],
        base_colour=(*colour, min(max(alpha, 0.0), 1.0)),
        metallic=min(max(_value(entry.get("pm", "0"), 0.0), 0.0), 1.0),
        roughness=min(max(_value(entry.get("pr", "1"), 1.0), 0.0), 1.0),
        emissive=_three(entry.get("ke"), (0.0, 0.0, 0.0)),
        alpha_mode="BLEND" if alpha < 1.0 else "OPAQUE",
    )
    for key, role in (("map_kd", "base_colour"), ("norm", "normal"), ("map_ke", "emissive")):
        data = neighbours.find(_image_name(entry[key]), report) if entry.get(key) else None
        if data is None:
            continue
        try:
            image = images.checked(data, f"the image {_image_name(entry[key])[:80]!r}")
        except Unsupported as unknown:
            report.append(f"{unknown}; it was left out")
            continue
        changes: dict[str, object] = {f"{role}_image": image}
        if role == "base_colour":
            # Exporters leave any grey in Kd beside a texture; the texture is what was meant.
            changes["base_colour"] = (1.0, 1.0, 1.0, material.base_colour[3])
        material = replace(material, **changes)  # type: ignore[arg-type]
    return material


def _image_name(text: str) -> str:
    """The file name at the end of a map statement, after its options."""
    words = text.split()
    at = 0
    while at < len(words) - 1 and words[at] in _IMAGE_OPTIONS:
        at += 1
        most = _IMAGE_OPTIONS[words[at - 1]]
        while most and at < len(words) - 1 and (most == 1 or _is_number(words[at])):
            at, most = at + 1, most - 1
    return " ".join(words[at:])


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _value(text: str, otherwise: float) -> float:
    words = text.split()
    value = float(words[-1]) if words and _is_number(words[-1]) else otherwise
    return value if np.isfinite(value) else otherwise


def _three(text: str | None, otherwise: tuple[float, float, float]) -> tuple[float, float, float]:
    words = (text or "").split()
    if len(words) < 3 or not all(_is_number(word) for word in words[:3]):
        return otherwise
    r, g, b = (min(max(float(word), 0.0), 1.0) for word in words[:3])
    return r, g, b
