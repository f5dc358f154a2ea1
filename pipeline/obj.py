"""Our reader of Wavefront OBJ with its MTL and textures.

Read: v (with colours), vt, vn, f in all four forms, negative indices, polygons (cut into triangles), usemtl, mtllib,
names of objects or groups. Left out: lines, points, curves and smoothing groups. What is broken in a line costs that
line, not the file, and is told in the report.

The file is scanned once (`pipeline.obj_lines`), and vertices are made of the corners in a second pass over these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped, obj_materials, polygons
from pipeline.colour import linear_bytes
from pipeline.faces import told
from pipeline.joined import Joined
from pipeline.obj_lines import Scanned
from pipeline.obj_parts import Parts
from scenes.counting import counted
from scenes.errors import Malformed, Unsupported
from tiling.mesh import Model, Primitive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.files import Neighbours
    from pipeline.mapped import Store

_NO_COORDINATES = np.array((0.0, 1.0), np.float32)


def read(data: NDArray[np.uint8], neighbours: Neighbours, store: Store) -> Model:
    """A model of an OBJ file.

    Raises:
        Malformed: it has no faces that can be read.
        Unsupported: it has points or lines only.
        ForbiddenReference: it names a file outside of its folder.
        TooLarge: it has more than two billion points.
    """
    scanned = Scanned(data, store)
    report = scanned.report()
    if not scanned.points.rows or not scanned.corners[0].rows:
        if scanned.points.rows and not scanned.bad_faces:
            raise Unsupported("OBJ: it has points but no faces")
        raise Malformed("; ".join(["OBJ: no face can be read", *report]))
    parts = Parts(data, scanned.events, report)
    materials = obj_materials.named(parts.names, parts.libraries, neighbours, report)
    primitives, lost = _primitives(scanned, parts, report, store)
    if not primitives:
        raise Malformed("OBJ: every face names points that are not there")
    if lost:
        report.append(
            counted(lost, "[triangle|triangles] named points that are not there; [it was|they were] left out")
        )
    report += [
        f"the file {name!r} is not there; the model is shown without it" for name in sorted(set(neighbours.missing))
    ]
    return Model(primitives, materials, tuple(report))


def _primitives(scanned: Scanned, parts: Parts, report: list[str], store: Store) -> tuple[tuple[Primitive, ...], int]:
    """The primitives, and how many triangles were left out because they named points that are not there."""
    points, uvs, normals = scanned.points.done(), scanned.uvs.done(), scanned.normals.done()
    triangles = scanned.corners[0].done()
    colours = _colours(scanned.colours.done(), len(points), scanned.coloured, store)
    for column, rows in zip(scanned.corners[1:], (uvs, normals), strict=True):
        # All faces may stand before the first coordinate, or there may be none at all.
        column.fill(len(triangles) if len(rows) else 0, -1)
    keys = scanned.corners[1].done(), scanned.corners[2].done()
    if scanned.fans.rows:
        anew, left = polygons.cut_concave((triangles, *keys), scanned.fans.done(), points)
        report += told(scanned.fans.rows, anew, left)
    if scanned.are_alike and len(set(parts.numbers)) == 1:
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
    parts: Parts,
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
