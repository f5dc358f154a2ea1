"""Our reader of Wavefront OBJ with its MTL and textures.

Read: v (with colours), vt, vn, f in all four forms, negative indices, polygons (as fans), usemtl, mtllib. Left out:
lines, points, curves, smoothing groups and object names. What is broken in a line costs that line, not the file, and is
told in the report.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline import images
from pipeline.colour import linear_bytes
from pipeline.lines import Lines, numbers, per_line, table, word_counts
from scenes.errors import Malformed, Unsupported
from tiling import meshopt
from tiling.mesh import Material, Model, Primitive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.files import Neighbours
    from tiling.mesh import Floats

_MOST_CORNERS = 10_000  # of one polygon
_SLASH = ord("/")
_IMAGE_OPTIONS = {"-blendu": 1, "-blendv": 1, "-boost": 1, "-mm": 2, "-o": 3, "-s": 3, "-t": 3, "-texres": 1}
_IMAGE_OPTIONS |= {"-clamp": 1, "-bm": 1, "-imfchan": 1, "-type": 1, "-cc": 1}


def read(data: bytes, neighbours: Neighbours) -> Model:
    """A model of an OBJ file.

    Raises:
        Malformed: it has no faces that can be read.
        Unsupported: it has points or lines only.
        ForbiddenReference: it names a file outside of its folder.
    """
    lines = Lines(data)
    report: list[str] = []
    points, bad = table(lines.body(lines.begin_with(b"v"), 1), 3, 7)
    uvs, bad_uvs = table(lines.body(lines.begin_with(b"vt"), 2), 1, 3)
    normals, bad_normals = table(lines.body(lines.begin_with(b"vn"), 2), 3, 3)
    if bad + bad_uvs + bad_normals:
        report.append(f"{bad + bad_uvs + bad_normals:,} lines of points, coordinates or normals could not be read")
    corners, owners = _faces(lines, (len(points), len(uvs), len(normals)), report)
    if not len(points) or not len(corners):
        if len(points) and not len(lines.begin_with(b"f")):
            raise Unsupported("OBJ: it has points but no faces")
        raise Malformed("; ".join(["OBJ: no face can be read", *report]))
    names, of_face = _materials_of(lines, owners)
    materials = _library(lines, names, neighbours, report)
    colours = _colours(points)
    primitives = [
        _primitive(corners[of_face == number], number, (points[:, :3], uvs, normals), colours)
        for number in range(len(names))
        if (of_face == number).any()
    ]
    report += [
        f"the file {name!r} is not there; the model is shown without it" for name in sorted(set(neighbours.missing))
    ]
    return Model(tuple(primitives), materials, tuple(report))


def _colours(points: Floats) -> NDArray[np.uint8] | None:
    """Colours that stand after the positions: x y z r g b, or x y z w r g b."""
    if points.shape[1] < 6:
        return None
    rgb = points[:, -3:]
    if not np.isfinite(rgb).all():
        return None
    return linear_bytes(rgb if rgb.max(initial=0.0) <= 1.0 else rgb / 255.0)


# Faces.


def _faces(
    lines: Lines, counts: tuple[int, int, int], report: list[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Triangles as (m, 3, 3) numbers of point, coordinate and normal (-1: none), and the line of each."""
    faces = lines.begin_with(b"f")
    text = lines.body(faces, 1)
    before = _counts_before(lines, faces)
    triangles, owners = [np.zeros((0, 3, 3), np.int64)], [np.zeros(0, np.int64)]
    unread = 0
    for form, chosen in _forms(text):
        parsed = _parsed(text, chosen, form)
        if parsed is None:
            unread += len(chosen)
            continue
        parsed = _absolute(parsed, before[chosen])
        for i in range(1, form[0] - 1):
            triangles.append(parsed[:, [0, i, i + 1]])
            owners.append(faces[chosen])
    corners, owner = np.concatenate(triangles), np.concatenate(owners)
    if len(triangles) > 2:
        order = np.argsort(owner, kind="stable")
        corners, owner = corners[order], owner[order]
    if unread:
        report.append(f"{unread:,} faces could not be read")
    inside = ((corners[:, :, 0] >= 0) & (corners[:, :, 0] < counts[0])).all(axis=1)
    if not inside.all():
        report.append(f"{int((~inside).sum()):,} triangles named points that are not there; they were left out")
        corners, owner = corners[inside], owner[inside]
    for kind in (1, 2):
        named = corners[:, :, kind]
        named[(named < 0) | (named >= counts[kind])] = -1
    return corners, owner


_Form = tuple[int, int, int]
"""corners, slashes and double slashes of a face's line"""


def _forms(text: NDArray[np.uint8]) -> list[tuple[_Form, NDArray[np.int64]]]:
    """Faces of the same form can be parsed together: each form, and which faces have it."""
    slash = text == _SLASH
    double = slash.copy()
    double[:-1] &= slash[1:]
    forms = np.stack([word_counts(text), per_line(text, slash), per_line(text, double & slash)], axis=1)
    if not len(forms):
        return []
    if (forms == forms[:1]).all():
        return [(_form(forms[0]), np.arange(len(forms)))]
    unique, inverse = np.unique(forms, axis=0, return_inverse=True)
    return [(_form(form), np.flatnonzero(inverse.reshape(-1) == i)) for i, form in enumerate(unique)]


def _form(row: NDArray[np.int64]) -> _Form:
    corners, slashes, doubles = row.tolist()
    return corners, slashes, doubles


def _counts_before(lines: Lines, faces: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many points, coordinates and normals stand before each face: negative indices count back from there."""
    return np.stack([np.searchsorted(lines.begin_with(word), faces) for word in (b"v", b"vt", b"vn")], axis=1)


def _parsed(text: NDArray[np.uint8], chosen: NDArray[np.int64], form: _Form) -> NDArray[np.int64] | None:
    """Corners of faces of one form (n, corners, 3), numbers as written, 0 where there is none."""
    size, slashes, doubles = form
    known = {(0, 0): (0,), (size, 0): (0, 1), (2 * size, size): (0, 2), (2 * size, 0): (0, 1, 2)}
    columns = known.get((slashes, doubles))
    if columns is None or not 3 <= size <= _MOST_CORNERS:
        return None
    ends = np.flatnonzero(text == 10)
    if len(chosen) < len(ends):
        starts = np.concatenate([[0], ends[:-1] + 1])[chosen]
        lengths = ends[chosen] + 1 - starts
        total = np.cumsum(lengths)
        text = text[np.arange(total[-1]) + np.repeat(starts - np.concatenate([[0], total[:-1]]), lengths)]
    if slashes:
        text = np.where(text == _SLASH, np.uint8(32), text)
    values = numbers(text, np.int64)
    if values is None or len(values) != len(chosen) * size * len(columns):
        return None
    out = np.zeros((len(chosen), size, 3), np.int64)
    out[:, :, columns] = values.reshape(len(chosen), size, len(columns))
    return out


def _absolute(corners: NDArray[np.int64], before: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers from 0; -1 where there is none."""
    return np.where(corners > 0, corners - 1, np.where(corners < 0, corners + before[:, None, :], -1))


def _primitive(
    corners: NDArray[np.int64],
    material: int,
    columns: tuple[Floats, Floats, Floats],
    colours: NDArray[np.uint8] | None,
) -> Primitive:
    """One vertex for each different triple of point, coordinate and normal."""
    points, uvs, normals = columns
    flat = corners.reshape(-1, 3)
    has_uv, has_normal = bool((flat[:, 1] >= 0).any()), bool((flat[:, 2] >= 0).all())
    table_, count = meshopt.remap(flat.astype(np.int32))
    first = np.empty(count, np.int64)
    first[table_[::-1]] = np.arange(len(flat) - 1, -1, -1)
    triples = flat[first]
    uv = None
    if has_uv:
        uv = np.zeros((count, 2), np.float32)
        named = triples[:, 1] >= 0
        chosen = uvs[triples[named, 1]]
        uv[named, : min(2, chosen.shape[1])] = chosen[:, :2]
        # OBJ measures v from the bottom, glTF from the top.
        uv[:, 1] = 1.0 - uv[:, 1]
    return Primitive(
        positions=np.ascontiguousarray(points[triples[:, 0]]),
        indices=table_.reshape(-1, 3),
        normals=normals[triples[:, 2]].astype(np.float32) if has_normal else None,
        uvs=uv,
        colours=None if colours is None else colours[triples[:, 0]],
        material=material,
    )


# Materials.


def _materials_of(lines: Lines, owners: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64]]:
    """Names of the materials in use, and which of them each triangle has."""
    switches = lines.begin_with(b"usemtl")
    names, number_of = [""], {"": 0}
    of_switch = [0]
    for switch in switches.tolist():
        name = lines.text(switch)[6:].strip()
        if name not in number_of:
            number_of[name] = len(names)
            names.append(name)
        of_switch.append(number_of[name])
    return names, np.array(of_switch)[np.searchsorted(switches, owners)]


def _library(lines: Lines, names: list[str], neighbours: Neighbours, report: list[str]) -> tuple[Material, ...]:
    entries: dict[str, dict[str, str]] = {}
    for line in lines.begin_with(b"mtllib").tolist():
        reference = lines.text(line)[6:].strip()
        data = neighbours.find(reference)
        if data is not None:
            entries |= _parsed_library(data)
    out = []
    for name in names:
        if name and name not in entries and entries:
            report.append(f"the material {name[:80]!r} is not described; it is shown plain")
        out.append(_material(name, entries.get(name, {}), neighbours, report))
    return tuple(out)


def _parsed_library(data: bytes) -> dict[str, dict[str, str]]:
    entries: dict[str, dict[str, str]] = {}
    entry: dict[str, str] = {}
    for raw in data.decode("utf-8", "replace").splitlines():
        key, _, value = raw.strip().partition(" ")
        if key == "newmtl":
            entry = entries.setdefault(value.strip(), {})
        elif key and not key.startswith("#"):
            entry[key.lower()] = value.strip()
    return entries


def _material(name: str, entry: dict[str, str], neighbours: Neighbours, report: list[str]) -> Material:
    alpha = 1.0
    if "d" in entry:
        alpha = _value(entry["d"], 1.0)
    elif "tr" in entry:
        alpha = 1.0 - _value(entry["tr"], 0.0)
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
        data = neighbours.find(_image_name(entry[key])) if entry.get(key) else None
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
