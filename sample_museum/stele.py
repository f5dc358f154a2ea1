"""A boundary stone as it was recorded twice, and what the two records differ by.

In 2009 from photographs: a lime crust over the foot of the inscription, everything a little soft. In 2019 by laser,
after the crust was cleaned off and after a winter's frost had taken the upper right corner. Both stand in one frame,
foot at the origin, face towards +z, metres.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from sample_museum.noise import fbm, smoothstep
from sample_museum.solids import Part, Shape, merge, project, vertex_normals
from tiling import change
from tiling.mesh import Bytes, Floats, Indices, Singles

WIDE, TALL, DEEP = 0.52, 1.16, 0.17
LINES = ("ΟΡΟΣ", "ΤΟΥ", "ΙΕΡΟΥ")
"""boundary of the sanctuary"""
_LETTER = 0.074
"""height of a letter"""
_TOP = 0.93
"""of the first line"""
_STEP = 0.118
"""from line to line"""
_CIRCLE = tuple((0.5 + 0.5 * float(np.cos(a)), 0.5 + 0.5 * float(np.sin(a))) for a in np.linspace(0, 2 * np.pi, 17))
_STROKES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "Ο": (_CIRCLE,),
    "Ρ": (((0.1, 0), (0.1, 1), (0.6, 1), (0.85, 0.88), (0.85, 0.66), (0.6, 0.52), (0.1, 0.52)),),
    "Σ": (((0.95, 1), (0.05, 1), (0.6, 0.5), (0.05, 0), (0.95, 0)),),
    "Τ": (((0, 1), (1, 1)), ((0.5, 1), (0.5, 0))),
    "Υ": (((0, 1), (0.5, 0.45), (1, 1)), ((0.5, 0.45), (0.5, 0))),
    "Ι": (((0.5, 0), (0.5, 1)),),
    "Ε": (((0.9, 1), (0.1, 1), (0.1, 0), (0.9, 0)), ((0.1, 0.5), (0.75, 0.5))),
}
"""letters as a mason of Hellenistic times cuts them, in a square of 1"""
CORNER_CUT = 0.085
"""metres from the corner to the break"""
_BREAK = np.array([0.50, 0.60, 0.62]) / np.sqrt(0.50**2 + 0.60**2 + 0.62**2)
"""outward normal of the break"""
INSCRIPTION = ((-0.21, 0.60), (0.21, 0.60), (0.21, 0.96), (-0.21, 0.96))
"""what the letters stand in: x and y on the face"""


@dataclass(frozen=True, slots=True)
class Record:
    """A way of recording, and the state that was found."""

    grain_m: float
    """distance of points"""
    noise_m: float
    sharpness: float
    """share of the depth of the letters that shows"""
    crust_m: float
    """thickness of the lime crust at its thickest"""
    is_broken: bool


PHOTOGRAPHS_2009 = Record(grain_m=0.006, noise_m=0.0004, sharpness=0.65, crust_m=0.007, is_broken=False)
LASER_2019 = Record(grain_m=0.005, noise_m=0.0001, sharpness=1.0, crust_m=0.0, is_broken=True)


def recorded(record: Record) -> Shape:
    """The stone as that record shows it."""
    faces = [_face(axis, side, record) for axis in range(3) for side in (-1, 1)]
    return merge(tuple(_weathered(face, record) for face in faces))


def earlier() -> Shape:
    """The record of 2009."""
    return recorded(PHOTOGRAPHS_2009)


def later() -> Shape:
    """The record of 2019."""
    return recorded(LASER_2019)


def changed() -> Shape:
    """The record of 2019, blue where something was gained since 2009 and orange where something was lost."""
    (part,) = later()
    _, distances, is_uncovered = _measured()
    found = measured()
    paint = change.colours(distances, is_uncovered, threshold=found.threshold, scale=change.scale_for(found))
    return (replace(part, colours=_linear(paint), material="paint"),)


def measured() -> change.Change:
    """What the two records differ by, in figures."""
    return _measured()[0]


@cache
def _measured() -> tuple[change.Change, Singles, np.ndarray]:
    def surface(shape: Shape) -> tuple[Singles, Indices]:
        (part,) = shape
        return part.positions.astype(np.float32), part.indices

    # 2 mm: what photographs of that year can tell.
    return change.measured(surface(earlier()), surface(later()), threshold=0.002, samples=60_000)


def _linear(paint: Bytes) -> Floats:
    """Colours of sRGB (n, 4) as linear ones (n, 3)."""
    share = paint[:, :3] / 255.0
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _face(axis: int, side: int, record: Record) -> Part:
    """One of six faces as a grid. Edges are divided alike by both faces at them, so that the stone is closed."""
    size = np.array([WIDE, TALL, DEEP])
    low = np.array([-WIDE / 2, 0.0, -DEEP / 2])
    across, up = (axis + 1) % 3, (axis + 2) % 3
    u, v = (np.linspace(0, size[each], round(size[each] / record.grain_m) + 1) for each in (across, up))
    points = np.empty((len(u), len(v), 3))
    points[..., axis] = low[axis] + (size[axis] if side > 0 else 0.0)
    points[..., across], points[..., up] = (u + low[across])[:, None], (v + low[up])[None]
    number = np.arange(len(u) * len(v)).reshape(len(u), len(v))
    a, b, c, d = number[:-1, :-1], number[1:, :-1], number[1:, 1:], number[:-1, 1:]
    triangles = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    if side < 0:
        triangles = triangles[:, ::-1]
    positions = points.reshape(-1, 3)
    flat = np.zeros((len(positions), 3))
    return Part(positions, flat, flat[:, :2], np.ones_like(flat), triangles.astype(np.uint32), "stone")


def _weathered(face: Part, record: Record) -> Part:
    """The face after its history. What moves a point depends on where it is only, so that edges stay closed."""
    points = face.positions.copy()
    # Narrower towards the top, arrises rubbed.
    points[:, 0] *= 1 - 0.06 * points[:, 1] / TALL
    half = np.array([WIDE / 2, TALL / 2, DEEP / 2])
    middle = np.array([0.0, TALL / 2, 0.0])
    outward = (face.positions - middle) / half
    rubbed = np.sort(np.abs(outward), axis=1)[:, 1]
    points -= 0.006 * smoothstep(0.96, 1.0, rubbed)[:, None] * np.sign(outward) * (np.abs(outward) > 0.95)
    on_face = face.positions[:, 2] > DEEP / 2 - 1e-9
    inside = smoothstep(1.0, 0.94, np.abs(outward[:, :2]).max(axis=1))
    moved = 0.0025 * fbm(face.positions / 0.11, 4, 7) + record.noise_m * fbm(face.positions / 0.004, 2, 8)
    crust = _crust(face.positions) * record.crust_m
    cut = 0.0065 * record.sharpness * _letters(face.positions)
    # Crust fills letters before it covers them.
    points[:, 2] += np.where(on_face, inside * (moved + crust - cut * (1 - np.minimum(1, crust / 0.004))), 0.0)
    fresh = np.zeros(len(points))
    if record.is_broken:
        points, fresh = _broken(points)
    worn = 0.80 + 0.20 * fbm(face.positions / 0.05, 4, 9)[:, None]
    colour = worn * np.array([0.86, 0.82, 0.74]) * (1 - 0.45 * (cut / 0.0065))[:, None] ** (1.0 * on_face)[:, None]
    colour = np.where((crust > 0.001)[:, None] & on_face[:, None], worn * np.array([0.93, 0.91, 0.87]), colour)
    colour += fresh[:, None] * (np.array([0.97, 0.95, 0.92]) - colour)
    normals = vertex_normals(points, face.indices.astype(np.int64))
    return replace(face, positions=points, normals=normals, uvs=project(points, normals), colours=colour)


def _crust(points: Floats) -> Floats:
    """Where lime lies, 0 to 1: the lower half of the letters and what is under them."""
    patch = np.hypot((points[:, 0] - 0.05) / 0.17, (points[:, 1] - 0.60) / 0.13)
    return np.asarray(smoothstep(1.15, 0.75, patch + 0.35 * fbm(points / 0.09, 3, 12)))


def _broken(points: Floats) -> tuple[Floats, Floats]:
    """The points with the corner gone, and how fresh the stone is there, 0 to 1."""
    corner = np.array([WIDE / 2 * 0.94, TALL, DEEP / 2])
    beyond = (points - corner) @ _BREAK + CORNER_CUT
    fresh = smoothstep(0.0, 0.004, beyond)
    rough = 0.004 * fbm(points / 0.02, 4, 13) * smoothstep(0.0, 0.02, beyond)
    return points - np.maximum(beyond + rough * (beyond > 0), 0)[:, None] * _BREAK, np.asarray(fresh)


@cache
def strokes() -> tuple[Floats, Floats]:
    """Where the letters are cut: straight pieces from and to (n, 2), x and y on the face, metres."""
    starts, ends = [], []
    for row, line in enumerate(LINES):
        wide = 1.28 * _LETTER
        left = -wide * (len(line) - 1) / 2 - _LETTER / 2
        for column, letter in enumerate(line):
            at = np.array([left + column * wide, _TOP - row * _STEP - _LETTER])
            for stroke in _STROKES[letter]:
                found = at + np.array(stroke) * _LETTER
                starts += list(found[:-1])
                ends += list(found[1:])
    return np.array(starts), np.array(ends)


def _letters(points: Floats) -> Floats:
    """How deep a cut is at each point, 0 to 1: a V of 13 mm."""
    starts, ends = strokes()
    best = np.full(len(points), np.inf)
    at = points[:, :2]
    for start, end in zip(starts, ends, strict=True):
        along = end - start
        t = np.clip((at - start) @ along / (along @ along), 0, 1)
        best = np.minimum(best, np.hypot(*(at - start - t[:, None] * along).T))
    return np.clip(1 - best / 0.0065, 0, 1)
