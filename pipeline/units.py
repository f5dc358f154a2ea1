"""Units and the axis that points up: what a file says or lets one guess, and the model in metres, y up.

glTF, 3MF and COLLADA say both. The other formats say neither, so metres and y up are taken unless something speaks
clearly for another: a comment that names a unit; an STL as large as a house, for these are in millimetres by custom; a
thing more than two kilometres high; coordinates of a map; the wide, thin and open shape of terrain. What was taken is
always told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline import mapped
from pipeline.mapped import Store
from scenes.errors import Invalid

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Floats, Model, Primitive, Singles

UNITS = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254, "ft": 0.3048, "km": 1000.0}
_NAMES = {
    "m": "metres",
    "cm": "centimetres",
    "mm": "millimetres",
    "in": "inches",
    "ft": "feet",
    "km": "kilometres",
}
_SPELT = {
    "mm": rb"mm|millimet(?:er|re)s?",
    "cm": rb"cm|centimet(?:er|re)s?",
    "km": rb"km|kilomet(?:er|re)s?",
    "in": rb"in|inch(?:es)?",
    "ft": rb"ft|foot|feet",
    "m": rb"m|met(?:er|re)s?",
}
UPS = {
    # Where x, y, z of the result come from, counted from 1; each is a turn, none a mirror image.
    "y": (1, 2, 3),
    "z": (1, 3, -2),
    "x": (-2, 1, 3),
    "-y": (1, -2, -3),
    "-z": (1, -3, 2),
    "-x": (2, -1, 3),
}
_SAID = {
    unit: re.compile(rb"\bunits?\b[\s:=]*(?:(?:are|is|in)\b)?[\s:=]*[\"']?(?:" + words + rb")\b", re.IGNORECASE)
    for unit, words in _SPELT.items()
}
_COMMENTS = {
    "obj": re.compile(rb"^[ \t]*#.*$", re.MULTILINE),
    "off": re.compile(rb"#.*$", re.MULTILINE),
    "ply": re.compile(rb"^(?:comment|obj_info)\b.*$", re.MULTILINE),
    "stl": re.compile(rb"\A[^\n]{0,80}"),
}
_HOUSE = 50.0
_HIGHEST = 2000.0
_WIDE_M, _THIN, _OPEN = 1000.0, 0.2, 0.95
_LOOKED_AT = 100_000  # triangles


@dataclass(frozen=True, slots=True)
class Wanted:
    """Units and upward axis as somebody chose them, None where they are to be guessed.

    Raises:
        Invalid: there are no such units, or there is no such axis.
    """

    units: str | None = None
    up: str | None = None

    def __post_init__(self) -> None:
        if self.units is not None and self.units not in UNITS:
            raise Invalid(f"units are one of {', '.join(UNITS)}, not {self.units[:40]!r}")
        if self.up is not None and self.up.removeprefix("+") not in UPS:
            raise Invalid(f"the axis that points up is one of {', '.join(UPS)}, not {self.up[:40]!r}")


@dataclass(frozen=True, slots=True)
class Stated:
    """Metres in a unit and the upward axis as a file states them, and why these are believed."""

    metres: float
    up: str
    why_units: str
    why_up: str

    @property
    def units(self) -> str:
        """The unit in words.

        >>> Stated(0.0254, "z", "", "").units, Stated(0.5, "z", "", "").units
        ('inches', 'units of 0.5 m')
        """
        for unit, metres in UNITS.items():
            if abs(self.metres - metres) <= 1e-6 * metres:
                return _NAMES[unit]
        return f"units of {self.metres:.6g} m"


def in_metres(
    model: Model,
    kind: str,
    head: bytes,
    wanted: Wanted,
    *,
    extent: tuple[Floats, Floats] | None = None,
    store: Store | None = None,
    stated: Stated | None = None,
) -> Model:
    """The model in metres, y up, and a line of its report that says what it was taken as.

    `kind` is its format, `head` the beginning of its file, and `extent` its lowest and highest corner as they stand
    there, where it was moved since. What the file has `stated` is guessed no more.
    """
    low, high = extent or bounds(model)
    if stated is None or wanted.units:
        units, why_units = (wanted.units, "as was asked") if wanted.units else _units(kind, head, low, high)
        metres, named = UNITS[units], _NAMES[units]
    else:
        units, metres, named, why_units = "", stated.metres, stated.units, stated.why_units
    if wanted.up:
        up, why_up = wanted.up.removeprefix("+"), "as was asked"
    elif stated is not None:
        up, why_up = stated.up, stated.why_up
    else:
        up, why_up = _up(model, kind, units, low, high)
    reasons = f"{named} ({why_units}), {up} up ({why_up})"
    line = f"taken as {reasons}; if that is wrong, it can be changed with --units and --up"
    primitives = model.primitives
    if metres != 1.0 or up != "y":
        store = store or Store(None)
        primitives = tuple(_turned(primitive, metres, up, store) for primitive in primitives)
    return replace(model, primitives=primitives, report=(*model.report, line))


def bounds(model: Model) -> tuple[Floats, Floats]:
    """Lowest and highest corner of the positions, infinite where there are none."""
    from pipeline.corners import extent

    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for primitive in model.primitives:
        least, most, _ = extent(primitive.positions, np.inf)
        low, high = np.minimum(low, least), np.maximum(high, most)
    return low, high


def commented(kind: str, head: bytes) -> str:
    """The unit that comments in the beginning of a file name, or "".

    >>> commented("ply", b"ply\\ncomment units: mm\\nend_header"), commented("off", b"OFF")
    ('mm', '')
    """
    comments = (head.split(b"end_header")[0] if kind == "ply" else head).replace(b"\r", b"\n")
    for comment in _COMMENTS[kind].findall(comments):
        for unit, said in _SAID.items():
            if said.search(comment):
                return unit
    return ""


def _units(kind: str, head: bytes, low: Floats, high: Floats) -> tuple[str, str]:
    if kind in ("glb", "gltf"):
        return "m", "glTF says so"
    if said := commented(kind, head):
        return said, "its comments say so"
    extent = high - low
    if kind == "stl" and extent.max() >= _HOUSE:
        return "mm", f"as is usual in STL; in metres it would measure {extent.max():,.0f}"
    if extent.min() > _HIGHEST:
        return "mm", f"in metres it would measure {extent.min():,.0f} at its narrowest"
    return "m", "nothing speaks against it"


def _up(model: Model, kind: str, units: str, low: Floats, high: Floats) -> tuple[str, str]:
    if kind in ("glb", "gltf"):
        return "y", "glTF says so"
    if units == "m" and is_map(low, high):
        return "z", "its coordinates are those of a map, east and north"
    extent = (high - low) * UNITS[units]
    if extent[:2].min() >= _WIDE_M and extent[2] <= _THIN * extent[:2].min() and _faces_z(model):
        return "z", "it is wide, thin and open as terrain is"
    return "y", "nothing speaks against it"


def is_map(low: Floats, high: Floats) -> bool:
    """Whether x and y can be eastings and northings (of UTM or a national grid), and z a height."""
    east = low[0] >= 100_000.0 and high[0] <= 900_000.0
    north = low[1] >= 1_000_000.0 and high[1] <= 10_000_000.0
    return bool(east and north and low[2] > -12_000.0 and high[2] < 9_000.0)


def _faces_z(model: Model) -> bool:
    """Whether nearly all of the surface looks along z; judged by some of its triangles."""
    step = max(1, model.triangles // _LOOKED_AT)
    up, area = 0.0, 0.0
    for primitive in model.primitives:
        # Runs of neighbours, not single ones: a mapped array is read by pages.
        for part in list(mapped.slices(len(primitive.indices), 256))[::step]:
            corners = primitive.positions[primitive.indices[part]].astype(np.float64)
            normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
            size = np.linalg.norm(normal, axis=1)
            up += float(size[normal[:, 2] > 0.0].sum())
            area += float(size.sum())
        mapped.release(primitive.indices)
        mapped.release(primitive.positions)
    return up > _OPEN * area


def _turned(primitive: Primitive, metres: float, up: str, store: Store) -> Primitive:
    normals = primitive.normals
    return replace(
        primitive,
        positions=_permuted(primitive.positions, metres, up, store),
        normals=None if normals is None else _permuted(normals, 1.0, up, store),
    )


def _permuted(vectors: NDArray[np.float64] | Singles, factor: float, up: str, store: Store) -> NDArray[np.float32]:
    out: NDArray[np.float32] = store.empty(vectors.shape, vectors.dtype)
    for start, piece in mapped.chunks(vectors):
        turned = out[start : start + len(piece)]
        for axis, source in enumerate(UPS[up]):
            turned[:, axis] = piece[:, abs(source) - 1] * (np.sign(source) * factor)
        mapped.release(turned)
    return out
