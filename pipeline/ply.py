"""Our reader of PLY: text and both binary orders, any scalar types, polygons, triangle strips, colours, normals, and
texture coordinates by vertex or by corner (as MeshLab writes them).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import images
from pipeline.colour import linear_bytes
from pipeline.lines import Lines, numbers, word_counts
from scenes.errors import Malformed, Unsupported
from tiling.mesh import Material, Model, Primitive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.files import Neighbours

_TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}
_MOST_HEADER = 1 << 16
_UVS = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"))


@dataclass
class _Property:
    name: str
    type: str
    count_type: str = ""
    """of a list, else empty"""


@dataclass
class _Element:
    name: str
    count: int
    properties: list[_Property] = field(default_factory=list)

    @property
    def is_flat(self) -> bool:
        """Whether it has no lists."""
        return not any(item.count_type for item in self.properties)

    def least_bytes(self) -> int:
        """Of one in a binary file."""
        return sum(np.dtype(item.count_type or item.type).itemsize for item in self.properties)


@dataclass
class _List:
    """A list property of n elements: all values one after the other, and how many each has."""

    values: NDArray[Any]
    counts: NDArray[np.int64]


_Columns = dict[str, Any]


def read(data: bytes, neighbours: Neighbours) -> Model:
    """A model of a PLY file.

    Raises:
        Malformed: the header lies or the data are cut short.
        Unsupported: it is a cloud of points.
    """
    order, elements, start, textures = _header(data)
    columns = _ascii(data[start:], elements) if order == "" else _binary(data, start, elements, order)
    vertices = columns.get("vertex", {})
    if not all(axis in vertices for axis in "xyz"):
        raise Malformed("PLY: its points have no x, y, z")
    positions = np.stack([np.asarray(vertices[axis], np.float64) for axis in "xyz"], axis=1)
    triangles, wedges, report = _triangles(columns)
    if not len(triangles):
        raise Unsupported("PLY: it is a cloud of points; clouds are not read yet, only surfaces")
    image, said = _texture(textures, neighbours)
    primitive = Primitive(
        positions=positions,
        indices=triangles,
        normals=_stacked(vertices, ("nx", "ny", "nz")),
        uvs=_vertex_uvs(vertices),
        colours=_colours(vertices),
    )
    if wedges is not None:
        primitive = _by_corner(primitive, wedges)
    material = Material() if image is None else Material(base_colour_image=image)
    return Model((primitive,), (material,), (*report, *said))


def _header(data: bytes) -> tuple[str, list[_Element], int, list[str]]:
    end = data.find(b"end_header", 0, _MOST_HEADER)
    newline = data.find(b"\n", end) if end >= 0 else -1
    if newline < 0:
        raise Malformed("PLY: the header does not end")
    order: str | None = None
    elements: list[_Element] = []
    textures: list[str] = []
    for line in data[:end].decode("ascii", "replace").splitlines()[1:]:
        words = line.split()
        if words[:1] == ["format"]:
            order = _ORDERS.get(" ".join(words[1:2]))
        elif words[:1] == ["comment"] and len(words) > 2 and words[1].lower() == "texturefile":
            textures.append(line.split(None, 2)[2].strip())
        elif words and words[0] not in ("comment", "obj_info"):
            try:
                _declare(words, elements)
            except (KeyError, IndexError, ValueError) as wrong:
                raise Malformed(f"PLY: the header has a line {line[:80]!r}") from wrong
    if order is None:
        raise Malformed("PLY: the header states no format")
    room = len(data) - newline - 1
    for element in elements:
        # In text every value takes two bytes at least, a digit and a blank.
        least = element.least_bytes() if order else 2 * len(element.properties)
        if element.count < 0 or element.count * max(least, 1) > room + 1:
            raise Malformed(
                f"PLY: it states {element.count:,} of {element.name[:40]!r}; {room:,} bytes cannot hold them"
            )
    return order, elements, newline + 1, textures


def _declare(words: list[str], elements: list[_Element]) -> None:
    """Take in a line that declares an element or a property of the last one."""
    if words[0] == "element":
        elements.append(_Element(words[1], int(words[2])))
    elif words[0] == "property" and words[1] == "list":
        elements[-1].properties.append(_Property(words[4], _TYPES[words[3]], _TYPES[words[2]]))
    elif words[0] == "property":
        elements[-1].properties.append(_Property(words[2], _TYPES[words[1]]))
    else:
        raise ValueError(words[0])


# Binary.


def _binary(data: bytes, start: int, elements: list[_Element], order: str) -> dict[str, _Columns]:
    out: dict[str, _Columns] = {}
    for element in elements:
        if element.is_flat:
            dtype = np.dtype([(f"{i}", order + item.type) for i, item in enumerate(element.properties)])
            if start + element.count * dtype.itemsize > len(data):
                raise Malformed(f"PLY: the data end within {element.name[:40]!r}")
            rows = (
                np.frombuffer(data, dtype, element.count, start) if dtype.itemsize else np.zeros(element.count, dtype)
            )
            start += element.count * dtype.itemsize
            columns: _Columns = {item.name: rows[f"{i}"] for i, item in enumerate(element.properties)}
        else:
            columns, start = _lists(data, start, element, order)
        out.setdefault(element.name, columns)
    return out


def _lists(data: bytes, start: int, element: _Element, order: str) -> tuple[_Columns, int]:
    """An element with lists: at one stride if all lists are as long as the first one's, else one by one."""
    if not element.count:
        return {item.name: _List(np.zeros(0, item.type), np.zeros(0, np.int64)) for item in element.properties}, start
    lengths, end = _first_lengths(data, start, element, order)
    size = end - start
    if start + element.count * size <= len(data):
        fields = []
        for i, item in enumerate(element.properties):
            if item.count_type:
                fields.append((f"n{i}", order + item.count_type))
                fields.append((f"{i}", order + item.type, (lengths[i],)))  # type: ignore[arg-type]
            else:
                fields.append((f"{i}", order + item.type))
        rows = np.frombuffer(data, np.dtype(fields), element.count, start)
        listed = [i for i, item in enumerate(element.properties) if item.count_type]
        if all((rows[f"n{i}"] == lengths[i]).all() for i in listed):
            columns = {
                item.name: _List(rows[f"{i}"].reshape(-1), np.full(element.count, lengths[i]))
                if item.count_type
                else rows[f"{i}"]
                for i, item in enumerate(element.properties)
            }
            return columns, start + element.count * size
    return _uneven_lists(data, start, element, order)


def _first_lengths(data: bytes, start: int, element: _Element, order: str) -> tuple[dict[int, int], int]:
    lengths: dict[int, int] = {}
    for i, item in enumerate(element.properties):
        if item.count_type:
            count, start = _number(data, start, order + item.count_type)
            lengths[i] = _length(data, start, count, item)
            start += lengths[i] * np.dtype(item.type).itemsize
        else:
            start += np.dtype(item.type).itemsize
    return lengths, start


def _number(data: bytes, start: int, kind: str) -> tuple[int, int]:
    dtype = np.dtype(kind)
    if start + dtype.itemsize > len(data):
        raise Malformed("PLY: the data end within a list")
    if dtype.kind == "f":
        raise Malformed("PLY: the length of a list is no whole number")
    value = int.from_bytes(
        data[start : start + dtype.itemsize], "big" if kind[0] == ">" else "little", signed=dtype.kind == "i"
    )
    return value, start + dtype.itemsize


def _length(data: bytes, start: int, count: int, item: _Property) -> int:
    if not 0 <= count <= (len(data) - start) // np.dtype(item.type).itemsize:
        raise Malformed(f"PLY: a list of {count:,} values, {len(data) - start:,} bytes are left")
    return count


def _uneven_lists(data: bytes, start: int, element: _Element, order: str) -> tuple[_Columns, int]:
    parts: list[list[Any]] = [[] for _ in element.properties]
    counts: list[list[int]] = [[] for _ in element.properties]
    for _ in range(element.count):
        for i, item in enumerate(element.properties):
            count = 1
            if item.count_type:
                count, start = _number(data, start, order + item.count_type)
            count = _length(data, start, count, item)
            end = start + count * np.dtype(item.type).itemsize
            parts[i].append(data[start:end])
            counts[i].append(count)
            start = end
    columns: _Columns = {}
    for i, item in enumerate(element.properties):
        values = np.frombuffer(b"".join(parts[i]), order + item.type)
        columns[item.name] = _List(values, np.array(counts[i])) if item.count_type else values
    return columns, start


# Text.


def _ascii(data: bytes, elements: list[_Element]) -> dict[str, _Columns]:
    lines = Lines(data)
    filled = np.flatnonzero(lines.ends > lines.starts)
    out: dict[str, _Columns] = {}
    at = 0
    for element in elements:
        chosen = filled[at : at + element.count]
        if len(chosen) < element.count:
            raise Malformed(f"PLY: the data end within {element.name[:40]!r}")
        at += element.count
        text = lines.body(chosen, 0)
        values = numbers(text, np.float64)
        words = word_counts(text)
        if values is None or len(values) != words.sum():
            raise Malformed(f"PLY: something in {element.name[:40]!r} is no number")
        out.setdefault(element.name, _ascii_columns(values, words, element))
    return out


def _ascii_columns(values: NDArray[np.float64], words: NDArray[np.int64], element: _Element) -> _Columns:
    starts = np.cumsum(words) - words
    at = starts.copy()
    ends = starts + words
    columns: _Columns = {}
    for item in element.properties:
        if (at >= ends).any():
            raise Malformed(f"PLY: a line of {element.name[:40]!r} is too short")
        if not item.count_type:
            columns[item.name] = values[at].astype(item.type)
            at += 1
            continue
        counts = values[at].astype(np.int64)
        at += 1
        if (counts < 0).any() or (at + counts > ends).any():
            raise Malformed(f"PLY: a list of {element.name[:40]!r} is longer than its line")
        total = np.cumsum(counts)
        places = np.arange(int(total[-1]) if len(total) else 0) + np.repeat(at - (total - counts), counts)
        columns[item.name] = _List(values[places].astype(item.type), counts)
        at += counts
    return columns


# Meaning.


def _triangles(columns: dict[str, _Columns]) -> tuple[NDArray[np.uint32], NDArray[np.float32] | None, list[str]]:
    """Triangles (m, 3), texture coordinates of their corners (m, 3, 2) if they have them, and what was found."""
    report: list[str] = []
    faces = columns.get("face", {})
    listed = next((faces[name] for name in ("vertex_indices", "vertex_index") if name in faces), None)
    if isinstance(listed, _List) and len(listed.counts):
        triangles, face_of, corner_of = _fans(listed)
        wedges = None
        mapped = faces.get("texcoord")
        if isinstance(mapped, _List) and (mapped.counts == 2 * listed.counts).all():
            starts = np.cumsum(mapped.counts) - mapped.counts
            places = starts[face_of][:, None] + 2 * corner_of
            wedges = np.stack([mapped.values[places], 1.0 - mapped.values[places + 1]], axis=2).astype(np.float32)
        if (listed.counts != 3).any():
            report.append(f"{int((listed.counts > 3).sum()):,} polygons were cut into triangles")
        return triangles, wedges, report
    strips = columns.get("tristrips", {})
    listed = next((strips[name] for name in ("vertex_indices", "vertex_index") if name in strips), None)
    if isinstance(listed, _List) and len(listed.counts):
        return _strips(listed), None, report
    return np.zeros((0, 3), np.uint32), None, report


def _as_indices(values: NDArray[Any]) -> NDArray[np.uint32]:
    """Numbers of points; a negative one becomes one that is surely not there."""
    whole = values.astype(np.int64)
    return np.where((whole < 0) | (whole > 0xFFFFFFFF), 0xFFFFFFFF, whole).astype(np.uint32)


def _fans(faces: _List) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int64]]:
    """Polygons as fans: triangles, the face of each, and which of its corners they take."""
    values = _as_indices(faces.values)
    if (faces.counts == 3).all():
        count = len(faces.counts)
        return values.reshape(-1, 3), np.arange(count), np.broadcast_to(np.arange(3), (count, 3))
    fans = np.maximum(faces.counts - 2, 0)
    face_of = np.repeat(np.arange(len(fans)), fans)
    step = np.arange(len(face_of)) - np.repeat(np.cumsum(fans) - fans, fans)
    corner_of = np.stack([np.zeros_like(step), step + 1, step + 2], axis=1)
    starts = np.cumsum(faces.counts) - faces.counts
    return values[starts[face_of][:, None] + corner_of], face_of, corner_of


def _strips(strips: _List) -> NDArray[np.uint32]:
    """Triangles of strips, which -1 and the end of a list break; every second one is turned."""
    values = strips.values.astype(np.int64)
    breaks = np.zeros(len(values) + 1, bool)
    breaks[np.cumsum(strips.counts)] = True
    stop = values < 0
    # Place of each value within its strip.
    first = np.zeros(len(values), np.int64)
    begins = np.flatnonzero(np.concatenate([[True], stop[:-1]]) | breaks[:-1])
    first[begins] = begins
    place = np.arange(len(values)) - np.maximum.accumulate(first)
    i = np.arange(max(len(values) - 2, 0))
    whole = ~(stop[i] | stop[i + 1] | stop[i + 2]) & (place[i + 2] == place[i] + 2)
    i = i[whole]
    odd = place[i] % 2
    return _as_indices(np.stack([values[i], values[i + 1 + odd], values[i + 2 - odd]], axis=1))


def _stacked(vertices: _Columns, names: tuple[str, ...]) -> NDArray[np.float32] | None:
    if not all(name in vertices for name in names):
        return None
    return np.stack([np.asarray(vertices[name], np.float32) for name in names], axis=1)


def _vertex_uvs(vertices: _Columns) -> NDArray[np.float32] | None:
    for names in _UVS:
        uvs = _stacked(vertices, names)
        if uvs is not None:
            uvs[:, 1] = 1.0 - uvs[:, 1]  # measured from the bottom, as in OBJ
            return uvs
    return None


def _colours(vertices: _Columns) -> NDArray[np.uint8] | None:
    for names in (("red", "green", "blue", "alpha"), ("red", "green", "blue"), ("r", "g", "b")):
        if all(name in vertices for name in names):
            columns = [vertices[name] for name in names]
            scale = {"u1": 255.0, "u2": 65535.0}.get(columns[0].dtype.str[1:], 1.0)
            return linear_bytes(np.stack([np.asarray(column, np.float64) / scale for column in columns], axis=1))
    return None


def _by_corner(primitive: Primitive, wedges: NDArray[np.float32]) -> Primitive:
    """A vertex for every corner, with the corner's coordinates; equal ones are made one when the model is tiled."""
    inside = (primitive.indices < len(primitive.positions)).all(axis=1)
    flat = primitive.indices[inside].reshape(-1)
    return Primitive(
        positions=primitive.positions[flat],
        indices=np.arange(len(flat), dtype=np.uint32).reshape(-1, 3),
        normals=None if primitive.normals is None else primitive.normals[flat],
        uvs=wedges[inside].reshape(-1, 2),
        colours=None if primitive.colours is None else primitive.colours[flat],
    )


def _texture(names: list[str], neighbours: Neighbours) -> tuple[Any, list[str]]:
    if not names:
        return None, []
    said = [f"{len(names) - 1} further textures were left out"] if len(names) > 1 else []
    data = neighbours.find(names[0])
    if data is None:
        return None, [*said, f"the file {names[0][:200]!r} is not there; the model is shown without it"]
    return images.checked(data, f"the image {names[0][:80]!r}"), said
