"""Our reader of PLY: text and both binary orders, any scalar types, polygons, triangle strips, colours of points or
faces, normals, and texture coordinates by point or by corner, with one texture or several (as MeshLab, Metashape and
RealityCapture write them).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import faces, images, mapped, ply_rows
from pipeline.colour import full_scale, linear_bytes, stored_linear
from pipeline.joined import Joined
from scenes.counting import counted
from scenes.errors import Malformed, TooLarge, Unsupported
from tiling.mesh import Material, Model, Primitive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.files import Neighbours
    from pipeline.mapped import Growing, Store
    from pipeline.ply_header import Element, Header

_UVS = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"), ("texture_s", "texture_t"), ("tx", "ty"))
_COLOURS = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))
_LISTS = ("vertex_indices", "vertex_index", "vertex_indexes", "vertices")
_FACE_MEANINGS = {"texcoord": faces.UVS, "texnumber": faces.TEXTURE}
_MOST_POINTS = (1 << 31) - 1
_ROWS = 1 << 14  # of points at a time, which stay in a processor's cache


@dataclass
class _Points:
    """Columns of the points, as they stand in the file but in native order."""

    positions: NDArray[Any]
    normals: NDArray[np.float32] | None
    uvs: NDArray[np.float32] | None
    colours: NDArray[Any] | None


def read(data: NDArray[np.uint8], head: Header, neighbours: Neighbours, store: Store) -> Model:  # noqa: C901
    """A model of a PLY file, whose header was read.

    Raises:
        Malformed: the data are cut short, or something in them is no number.
        Unsupported: it is a cloud of points.
        TooLarge: it has more than two billion points.
    """
    points: _Points | None = None
    surface: faces.Faces | None = None
    strips = store.growing(3, np.int32)
    report: list[str] = []
    at = head.start
    for element in head.elements:
        if element.name == "vertex" and points is None:
            points, at = _points(data, at, element, head, store)
        elif element.name in ("face", "faces") and surface is None:
            surface, at = _faces(data, at, element, head, store)
        elif element.name == "tristrips" and len(element.properties) == 1 and not element.is_flat:
            for piece in ply_rows.strip_triangles(data, at, element, head.order):
                if isinstance(piece, int):
                    at = piece
                else:
                    strips.append(piece)
        else:
            at = ply_rows.passed_over(data, at, element, head.order)
            if element.count:
                report.append(
                    f"{element.count:,} of {element.name[:40]!r} {'was' if element.count == 1 else 'were'} left out"
                )
    if at < len(data) and not _is_blank(data[at : at + 4096]):
        report.append(
            counted(len(data) - at, "[byte after the last element was|bytes after the last element were] not read")
        )
    if points is None:
        raise Malformed("PLY: it has no points")
    if not (surface and surface.corners.rows) and not strips.rows:
        if surface and surface.bad:
            raise Malformed("PLY: no face can be read")
        raise Unsupported("PLY: it is a cloud of points; hand it in by itself, in no archive or folder")
    return _model(points, surface, strips.done(), head, neighbours, report, store)


def _is_blank(data: NDArray[np.uint8]) -> bool:
    return not data.tobytes().strip()


# Points.


def _points(data: NDArray[np.uint8], at: int, element: Element, head: Header, store: Store) -> tuple[_Points, int]:
    names = [item.name for item in element.properties]
    kinds = {item.name: item.type for item in element.properties if not item.count_type}
    if not all(axis in kinds for axis in "xyz"):
        raise Malformed("PLY: its points have no x, y, z")
    if element.count > _MOST_POINTS:
        raise TooLarge(f"PLY: it has {element.count:,} points; at most {_MOST_POINTS:,} are read")

    def group(choices: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
        return next((choice for choice in choices if all(name in kinds for name in choice)), ())

    single = all(kinds[axis] in ("f4", "i1", "u1", "i2", "u2") for axis in "xyz")
    groups = {"positions": ("x", "y", "z"), "normals": group((("nx", "ny", "nz"),))}
    groups |= {"uvs": group(_UVS), "colours": group(_COLOURS)}
    # Text is read as doubles; there a "float" may have more digits than it says, and keeps them.
    types = {"positions": "f4" if single and head.order else "f8", "normals": "f4", "uvs": "f4"}
    types["colours"] = kinds[groups["colours"][0]] if groups["colours"] else ""
    growing = {
        name: store.growing(len(chosen), types[name], expected=element.count)
        for name, chosen in groups.items()
        if chosen
    }
    places = {name: [names.index(one) for one in groups[name]] for name in growing}
    if head.order and element.is_flat:
        at = _flat_rows(data, at, element, head.order, growing, places)
    else:
        at = _other_rows(data, at, element, head.order, growing, places)
    columns = {name: column.done() for name, column in growing.items()}
    uvs = columns.get("uvs")
    if uvs is not None:
        for _, piece in mapped.chunks(uvs):
            piece[:, 1] = 1.0 - piece[:, 1]  # measured from the bottom, as in OBJ
    return _Points(columns["positions"], columns.get("normals"), uvs, columns.get("colours")), at


_Places = dict[str, list[int]]
_Columns = dict[str, "Growing"]


def _flat_rows(  # noqa: PLR0917
    data: NDArray[np.uint8], at: int, element: Element, order: str, columns: _Columns, places: _Places
) -> int:
    dtype = element.dtype(order)
    end = at + element.count * dtype.itemsize
    if end > len(data):
        raise Malformed(f"PLY: the data end within {element.name[:40]!r}")
    table = data[at:end].view(dtype)
    kinds = [item.type for item in element.properties]
    # What stands side by side is taken as one.
    together: dict[str, np.dtype[Any]] = {}
    for name, chosen in places.items():
        first = chosen[0]
        if chosen == list(range(first, first + len(chosen))) and len({kinds[place] for place in chosen}) == 1:
            together[name] = np.dtype({  # type: ignore[call-overload]
                "names": ["all"],
                "formats": [(order + kinds[first], (len(chosen),))],
                "offsets": [dtype.fields[f"{first}"][1]],  # type: ignore[index]
                "itemsize": dtype.itemsize,
            })  # fmt: skip
    for part in mapped.slices(element.count, _ROWS):
        rows = table[part]
        for name, column in columns.items():
            if name in together:
                column.append(rows.view(together[name])["all"])
            else:
                column.append(np.stack([rows[f"{place}"] for place in places[name]], axis=1))
        mapped.release(rows)
    return end


def _other_rows(  # noqa: PLR0917
    data: NDArray[np.uint8], at: int, element: Element, order: str, columns: _Columns, places: _Places
) -> int:
    for values, words, after in ply_rows.rows(data, at, element, order):
        ends = np.cumsum(words)
        place_of, short = _places_of(values, ends - words, ends, element)
        if short:
            raise Malformed(f"PLY: a line of {element.name[:40]!r} is too short")
        for name, column in columns.items():
            with np.errstate(invalid="ignore"):
                column.append(np.stack([values[place_of[place]] for place in places[name]], axis=1))
        at = after
    return at


def _places_of(
    values: NDArray[np.float64], starts: NDArray[np.int64], ends: NDArray[np.int64], element: Element
) -> tuple[list[NDArray[np.int64]], bool]:
    """Where in the values each property of each row stands; whether a row ends before its last one."""
    at, places = starts, []
    for item in element.properties:
        places.append(at)
        if (at >= ends).any():
            return places, True
        lengths = values[at] if item.count_type else 0.0
        if item.count_type and not ((values[at] >= 0.0) & (values[at] < ends - at)).all():
            return places, True
        at = at + 1 + np.asarray(lengths, np.int64)
    return places, False


# Faces.


def _faces(data: NDArray[np.uint8], at: int, element: Element, head: Header, store: Store) -> tuple[faces.Faces, int]:
    items = element.properties
    lists = [i for i, item in enumerate(items) if item.count_type]
    which = next((i for i in lists if items[i].name in _LISTS), None)
    if which is None:
        which = next((i for i in lists if items[i].type not in ("f4", "f8")), None)
    if which is None:
        raise Malformed("PLY: its faces list no points")
    meanings = [_FACE_MEANINGS.get(item.name, faces.SKIPPED) for item in items]
    for names in _COLOURS:
        if all(name in {item.name for item in items if not item.count_type} for name in names):
            for name, meaning in zip(names, (faces.RED, faces.GREEN, faces.BLUE), strict=True):
                meanings[next(i for i, item in enumerate(items) if item.name == name)] = meaning
            break
    meanings[which] = faces.POINTS
    layout = []
    for item, meaning in zip(items, meanings, strict=True):
        is_list = bool(item.count_type)
        fits = is_list == (meaning in (faces.POINTS, faces.UVS))
        layout.append((is_list, meaning if fits else faces.SKIPPED))
    out = faces.Faces(store, layout, expected=element.count)
    rest = element
    if {meaning for _, meaning in layout} <= {faces.SKIPPED, faces.POINTS}:
        for corners, after in ply_rows.plain_triangles(data, at, element, head.order, which):
            out.add_plain(corners)
            at = after
        rest = type(element)(element.name, element.count - out.corners.rows, items)
    for values, words, after in ply_rows.rows(data, at, rest, head.order):
        out.add(values, words)
        at = after
    return out, at


# The model.


def _model(  # noqa: PLR0917 - what was read, as it was read
    points: _Points,
    surface: faces.Faces | None,
    strips: NDArray[np.int32],
    head: Header,
    neighbours: Neighbours,
    report: list[str],
    store: Store,
) -> Model:
    by_point = points.colours
    textures = surface.textures.done() if surface and surface.textures else None
    face_colours = surface.colours.done() if surface and surface.colours else None
    corners, uvs, said = strips, None, list[str]()
    if surface is not None and surface.corners.rows:
        corners, uvs, said = surface.done(points.positions)
        if len(strips):
            report.append(
                counted(len(strips), "[triangle of a strip was|triangles of strips were] left out beside the faces")
            )
    report += said
    colours = None if by_point is None else stored_linear(by_point, store)
    materials, names = _materials(head.textures, neighbours, report)
    if face_colours is not None and (colours is not None or uvs is not None):
        report.append("colours of faces were left out, for its points have colours or its corners a texture")
        face_colours = None
    plain = Primitive(points.positions, corners.view(np.uint32), points.normals, points.uvs, colours)
    if uvs is None and face_colours is None:
        if names and points.uvs is None:
            report.append("it names a texture, but has no texture coordinates that are read")
        if len(names) > 1:
            line = "further [texture was|textures were] left out, for nothing says which faces [it is|they are] of"
            report.append(counted(len(names) - 1, line))
        return Model((plain,), materials, tuple(report))
    primitives, invalid = _by_corner(plain, corners, uvs, textures, face_colours, len(names), store)
    if invalid:
        report.append(
            counted(invalid, "[triangle|triangles] named points that were not there; [it was|they were] left out")
        )
    return Model(primitives, materials, tuple(report))


def _by_corner(  # noqa: PLR0917
    plain: Primitive,
    corners: NDArray[np.int32],
    uvs: NDArray[np.float32] | None,
    textures: NDArray[np.int32] | None,
    face_colours: NDArray[np.float32] | None,
    count: int,
    store: Store,
) -> tuple[tuple[Primitive, ...], int]:
    """A vertex for every different corner: its coordinates, or the colour of its face. A part for each texture."""
    plain_part = max(count, 1)
    full = 1.0 if face_colours is None else full_scale(face_colours)

    def keys(part: slice) -> NDArray[np.int32]:
        if uvs is not None:
            # What is not a number becomes one of them, and zero has one sign.
            piece = np.nan_to_num(uvs[part], nan=0.0, posinf=0.0, neginf=0.0) + np.float32(0.0)
            mapped.release(uvs[part])
            return np.ascontiguousarray(piece).view(np.int32)
        assert face_colours is not None
        out = np.zeros((part.stop - part.start, 3, 2), np.int32)
        out[:, :, 0] = linear_bytes(face_colours[part] / full).view(np.int32)
        mapped.release(face_colours[part])
        return out

    def part_of(part: slice) -> NDArray[np.int32]:
        out = np.zeros(part.stop - part.start, np.int32)
        if textures is not None:
            out[:] = textures[part, 0]
            out[(out < 0) | (out >= plain_part)] = plain_part
        if uvs is not None:
            out[~np.isfinite(uvs[part]).all(axis=(1, 2))] = plain_part
        return out

    def picked(source: NDArray[Any]) -> NDArray[Any]:
        def pick(records: NDArray[np.int32]) -> NDArray[Any]:
            out: NDArray[Any] = source[records[:, 0]]
            mapped.release(source)
            return out

        return joined.column(source.shape[1], source.dtype, pick)

    def coordinates(records: NDArray[np.int32]) -> NDArray[Any]:
        out = np.ascontiguousarray(records[:, 1:3]).view(np.float32)
        out[:, 1] = 1.0 - out[:, 1]
        return out

    joined = Joined(store, corners, points=len(plain.positions), parts=plain_part + 1, keys=keys, part_of=part_of)
    positions = picked(plain.positions)
    normals = None if plain.normals is None else picked(plain.normals)
    colours = None if plain.colours is None else picked(plain.colours)
    if face_colours is not None:
        colours = joined.column(4, np.uint8, lambda records: np.ascontiguousarray(records[:, 1:2]).view(np.uint8))
    new_uvs = None if uvs is None else joined.column(2, np.float32, coordinates)
    primitives = tuple(
        Primitive(
            positions=joined.of(part, positions),
            indices=joined.indices(part),
            normals=None if normals is None else joined.of(part, normals),
            uvs=None if new_uvs is None or part == plain_part else joined.of(part, new_uvs),
            colours=None if colours is None else joined.of(part, colours),
            material=min(part, count),
        )
        for part in range(plain_part + 1)
        if joined.triangles[part]
    )
    return primitives, joined.invalid


def _materials(
    textures: tuple[str, ...], neighbours: Neighbours, report: list[str]
) -> tuple[tuple[Material, ...], tuple[str, ...]]:
    """A material for each texture and a plain one at the end; the textures' names."""
    out = []
    for name in textures:
        data = neighbours.find(name, report)
        if data is None:
            report.append(f"the file {name[:200]!r} is not there; the model is shown without it")
            out.append(Material(name[:200]))
            continue
        try:
            out.append(Material(name[:200], base_colour_image=images.checked(data, f"the image {name[:80]!r}")))
        except Unsupported as unknown:
            report.append(f"{unknown}; it was left out")
            out.append(Material(name[:200]))
    return (*out, Material()), textures
