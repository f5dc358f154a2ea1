"""Our reader of OFF, the text format of GeomView and of benchmark collections: points, polygons, colours of either.

    OFF                     any of ST, C, N, 4 before it say what stands beside a point
    points faces edges      perhaps on the first line
    x y z [nx ny nz] [r g b [a]] [s t]
    k i1 … ik [r g b [a]]

Plain OFF with colours behind its points is common, so what stands there is judged by how much it is.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from scenes.errors import Malformed, Unsupported
from tiling.mesh import Model, Primitive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.mapped import Store

_LONG_HEAD = 1 << 16
_HEADER = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\s|\#[^\r\n]*[\r\n])*(?P<kind>(?P<st>ST)?(?P<c>C)?(?P<n>N)?(?P<four>4)?(?P<dim>n)?OFF\b)?"
    rb"(?P<binary>[ \t]+BINARY)?(?:\s|\#[^\r\n]*[\r\n])*"
    rb"(?P<points>\d{1,18})\s+(?P<faces>\d{1,18})(?P<edges>[ \t]+\d{1,18})?"
)


def read(data: NDArray[np.uint8], store: Store) -> Model:
    """A model of an OFF file.

    Raises:
        Malformed: the header lies, a word is no number, or the data are cut short.
        Unsupported: it is binary, of another number of dimensions, or without faces.
    """
    found = _HEADER.match(data[:_LONG_HEAD].tobytes())
    if found is None:
        raise Malformed("OFF: the header states no counts")
    if found["binary"] or found["four"] or found["dim"]:
        raise Unsupported(f"OFF: {found['kind'].decode()} in binary or with more than three dimensions is not read")
    points, count = int(found["points"]), int(found["faces"])
    # A point takes six bytes of text at least, a face four.
    if 6 * points + 4 * count > len(data) + 6:
        raise Malformed(f"OFF: it states {points:,} points and {count:,} faces; {len(data):,} bytes cannot hold them")
    if not count:
        raise Unsupported("OFF: it has no faces")
    from pipeline import faces, lines

    primitive, at = _points(data, found.end(), points, found, store)
    surface = faces.Faces(store, [(True, faces.POINTS)])
    for values, words, _ in lines.rows(data, at, count, "OFF: its faces"):
        surface.add(values, words)
    corners, _, report = surface.done(primitive.positions)
    if not len(corners):
        raise Malformed("; ".join(["OFF: no face can be read", *report]))
    return Model((replace(primitive, indices=corners.view(np.uint32)),), report=tuple(report))


def _points(data: NDArray[np.uint8], at: int, count: int, head: re.Match[bytes], store: Store) -> tuple[Primitive, int]:
    from pipeline import lines
    from pipeline.colour import stored_linear

    positions: NDArray[np.float64] = store.empty((count, 3), np.float64)
    others: dict[str, NDArray[Any]] = {}
    places: dict[str, int] = {}
    done, width = 0, 0
    for values, words, after in lines.rows(data, at, count, "OFF: its points"):
        if not width:
            width = int(words[0])
            places = _places(width, head)
            others = {name: store.empty((count, 2 if name == "uvs" else 3), np.float32) for name in places}
        if not (words == width).all() or width < 3:
            raise Malformed("OFF: its points have unlike numbers of values, or fewer than three")
        rows = values.reshape(-1, width)
        part = slice(done, done + len(rows))
        positions[part] = rows[:, :3]
        for name, place in places.items():
            out = others[name][part]
            out[:] = rows[:, place : place + out.shape[1]]
            mapped.release(out)
        mapped.release(positions[part])
        done, at = part.stop, after
    uvs = others.get("uvs")
    if uvs is not None:
        for _, piece in mapped.chunks(uvs):
            piece[:, 1] = 1.0 - piece[:, 1]
    colours = stored_linear(others["colours"], store) if "colours" in others else None
    nothing = np.zeros((0, 3), np.uint32)
    return Primitive(positions, nothing, others.get("normals"), uvs, colours), at


def _places(width: int, head: re.Match[bytes]) -> dict[str, int]:
    """At which value of a point its normal, its colour and its texture coordinates begin."""
    out: dict[str, int] = {}
    at = 3
    if head["n"] and width >= at + 3:
        out["normals"], at = at, at + 3
    uvs = 2 if head["st"] else 0
    if (head["c"] or not head["kind"] or head["kind"] == b"OFF") and width - at - uvs >= 3:
        out["colours"] = at
        at = width - uvs
    if uvs and width >= at + 2:
        out["uvs"] = at
    return out
