# ruff: noqa: PLR0917  -- compiled loops: many arrays, no keywords
"""How a box looks to an eye, compiled: what is seen, how large an error is, and what it is worth to make it smaller.

A *pose* is an eye as a row of numbers (`poses`). Selection knows one or two: the eye as it is, and as it will be when
what is sent now arrives (`tiling.view.predicted`). A box is seen if either sees it.

What a smaller error is worth at a place, in pixels² × pixels:

    area × (shown error before − shown error after) × acuity

- *Area*: pixels² of the box's shadow towards the eye, exact for a box far away, at most the viewport; of one that is in
  view in part that part, about.
- *Shown error*: pixels, at the middle of the box, but no less than what the picture moves there in `BLUR_S`: what is
  less than that cannot be told while it moves (Westheimer and McKee 1975: the eye's acuity holds up to about 3° a
  second). So the faster a turn, the more counts coarse cover and the less detail, most of all where the flow is
  fastest: to the sides of somebody who walks.
- *Acuity* falls with eccentricity e from the point that is looked at as e₂ / (e₂ + e). e₂ = 2.3° is where resolution is
  half of the fovea's (Geisler and Perry 1998, "Real-time foveated multiresolution system", fitted to contrast
  sensitivity). Where the eye looks in the view is often not known: then it is somewhere about the middle, and 20° stand
  for 2.3°.

What is not in the view of the later pose is worth `LEAVING` of that, what no pose sees `UNSEEN`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling.grove import KERNEL, load_float

if TYPE_CHECKING:
    from tiling.view import View

Floats = NDArray[np.float64]
Vector = tuple[float, float, float]
Box = tuple[float, float, float, float, float, float, float, float, float, float, float, float]

BLUR_S = 0.02
ACUITY = math.radians(2.3)
ACUITY_ANYWHERE = math.radians(20.0)
LEAVING = 0.25
UNSEEN = 1 / 32
MOST_PIXELS = 1000.0
"""an error that the eye is inside of is infinite; so many tell as much"""
_NEAREST = 1e-9

_EYE, _PLANES, _BEHIND, _SIGHT, _VELOCITY = 0, 3, 19, 23, 26
_TURNING, _FOCAL, _VIEWPORT, _ACUITY, _RESTS = 29, 32, 33, 34, 35

PIXELS, ANYWHERE, SEEN, WORTH, SCALE, BLUR, DISTANCE, ERROR, BOX = range(9)
LOOKS = 20
"""columns of looks (n, 20): pixels of a box's error, 0 where it isn't seen; the same wherever it is; 1 if it is seen;
area times acuity; pixels for a metre at its middle; pixels of blur there; metres from the nearest eye; its error in
metres; and from `BOX` on the box itself"""


def poses(*eyes: View) -> Floats:
    """Eyes as rows (k, 36); gains are counted by the last one."""
    found: Floats = _posed(
        np.array(
            [
                (*eye.eye, *eye.gaze, eye.fov, eye.aspect, eye.height, *eye.velocity, *eye.turning, *eye.sight)
                for eye in eyes
            ],
            np.float64,
        )
    )
    return found


@njit(cache=True, nogil=True)
def _posed(eyes: Floats) -> Floats:  # pragma: no cover - compiled
    """Poses of eyes (k, 18), the fields of a view in a row; planes as `tiling.view.planes_of` has them."""
    rows = np.empty((len(eyes), 36))
    for e in range(len(eyes)):
        x, y, z, w = eyes[e, 3], eyes[e, 4], eyes[e, 5], eyes[e, 6]
        rx, ry, rz = 1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)
        ux, uy, uz = 2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)
        fx, fy, fz = -2 * (x * z + y * w), -2 * (y * z - x * w), -(1 - 2 * (x * x + y * y))
        tall = math.tan(eyes[e, 7] / 2)
        wide, height = tall * eyes[e, 8], eyes[e, 9]
        rows[e, :3] = eyes[e, :3]
        sides = (
            (wide, rx, ry, rz), (wide, -rx, -ry, -rz), (tall, ux, uy, uz), (tall, -ux, -uy, -uz), (1.0, 0.0, 0.0, 0.0),
        )  # fmt: skip
        at = _PLANES
        for part, i, j, k in sides:
            a, b, c = fx * part + i, fy * part + j, fz * part + k
            length = math.sqrt(a * a + b * b + c * c)
            a, b, c = a / length, b / length, c / length
            rows[e, at], rows[e, at + 1], rows[e, at + 2] = a, b, c
            rows[e, at + 3] = -(a * eyes[e, 0] + b * eyes[e, 1] + c * eyes[e, 2])
            at += 4
        right, above = eyes[e, 16] * wide, eyes[e, 17] * tall
        a, b, c = fx + right * rx + above * ux, fy + right * ry + above * uy, fz + right * rz + above * uz
        length = math.sqrt(a * a + b * b + c * c)
        rows[e, _SIGHT], rows[e, _SIGHT + 1], rows[e, _SIGHT + 2] = a / length, b / length, c / length
        rows[e, _VELOCITY : _VELOCITY + 6] = eyes[e, 10:16]
        rows[e, _FOCAL], rows[e, _VIEWPORT] = height / (2.0 * tall), height * height * eyes[e, 8]
        rows[e, _ACUITY] = ACUITY if eyes[e, 16] != 0.0 or eyes[e, 17] != 0.0 else ACUITY_ANYWHERE
        rests = True
        for part in range(10, 16):
            rests = rests and eyes[e, part] == 0.0
        rows[e, _RESTS] = 1.0 if rests else 0.0
    return rows


# Divisions are guarded where their divisor may be 0; to have each of them checked took a third of a look's time
# (`error_model`).


@njit(**KERNEL)
def moved(
    boxes: int, tile: int, matrices: Floats, tree: int, looks: Floats, at: int
) -> None:  # pragma: no cover - compiled
    """A box as a matrix of three rows transforms it, into a row of looks; `boxes` (n, 12) by their address."""
    c0, c1, c2 = load_float(boxes, 12 * tile), load_float(boxes, 12 * tile + 1), load_float(boxes, 12 * tile + 2)
    u0, u1, u2 = load_float(boxes, 12 * tile + 3), load_float(boxes, 12 * tile + 4), load_float(boxes, 12 * tile + 5)
    v0, v1, v2 = load_float(boxes, 12 * tile + 6), load_float(boxes, 12 * tile + 7), load_float(boxes, 12 * tile + 8)
    w0, w1, w2 = load_float(boxes, 12 * tile + 9), load_float(boxes, 12 * tile + 10), load_float(boxes, 12 * tile + 11)
    for i in range(3):
        m0, m1, m2 = matrices[tree, 4 * i], matrices[tree, 4 * i + 1], matrices[tree, 4 * i + 2]
        looks[at, BOX + i] = m0 * c0 + m1 * c1 + m2 * c2 + matrices[tree, 4 * i + 3]
        looks[at, BOX + 3 + i] = m0 * u0 + m1 * u1 + m2 * u2
        looks[at, BOX + 6 + i] = m0 * v0 + m1 * v1 + m2 * v2
        looks[at, BOX + 9 + i] = m0 * w0 + m1 * w1 + m2 * w2


@njit(**KERNEL)
def straightened(looks: Floats, at: int) -> None:  # pragma: no cover - compiled
    """A box whose axes a shear may have bent becomes the aligned hull if they are."""
    bent = False
    for a in range(3):
        b = (a + 1) % 3
        dot = la = lb = 0.0
        for i in range(3):
            x, y = looks[at, BOX + 3 + 3 * a + i], looks[at, BOX + 3 + 3 * b + i]
            dot += x * y
            la += x * x
            lb += y * y
        bent = bent or abs(dot) > 1e-6 * math.sqrt(la * lb)
    if bent:
        for i in range(3):
            reach = abs(looks[at, BOX + 3 + i]) + abs(looks[at, BOX + 6 + i]) + abs(looks[at, BOX + 9 + i])
            for a in range(3):
                looks[at, BOX + 3 + 3 * a + i] = reach if a == i else 0.0


@njit(**KERNEL, error_model="numpy")
def _in_view(box: Box, eyes: Floats, e: int) -> float:  # pragma: no cover - compiled
    """How much of a box is in view, about; -1 where it is not at least partly on the inner side of every plane.

    As `tiling.view.sees`. Of its extent across each side of the view so much is within; the shares are multiplied.
    """
    share = 1.0
    for k in range(_PLANES, _SIGHT, 4):
        x, y, z = eyes[e, k], eyes[e, k + 1], eyes[e, k + 2]
        middle = eyes[e, k + 3] + x * box[0] + y * box[1] + z * box[2]
        reach = (
            abs(x * box[3] + y * box[4] + z * box[5])
            + abs(x * box[6] + y * box[7] + z * box[8])
            + abs(x * box[9] + y * box[10] + z * box[11])
        )  # fmt: skip
        if middle + reach < 0.0:
            return -1.0
        if middle < reach and k < _BEHIND:
            share *= (middle + reach) / (2.0 * reach)
    return share


@njit(**KERNEL)
def _dot(ax: float, ay: float, az: float, bx: float, by: float, bz: float) -> float:  # pragma: no cover - compiled
    return ax * bx + ay * by + az * bz


@njit(**KERNEL, error_model="numpy")
def look(looks: Floats, at: int, error: float, eyes: Floats) -> None:  # pragma: no cover - compiled
    """How the box in row `at` of `looks` (n, 20), with an error in metres, looks to eyes (k, 36)."""
    # Once out of the array: each look into it checks whether the number of the row is negative.
    box = (
        looks[at, BOX], looks[at, BOX + 1], looks[at, BOX + 2], looks[at, BOX + 3], looks[at, BOX + 4],
        looks[at, BOX + 5], looks[at, BOX + 6], looks[at, BOX + 7], looks[at, BOX + 8], looks[at, BOX + 9],
        looks[at, BOX + 10], looks[at, BOX + 11],
    )  # fmt: skip
    # Squares of the half axes, and one by them: roots and divisions are what takes time here. One without length has
    # no direction, and counts as if the eye were beside it.
    q0 = _dot(box[3], box[4], box[5], box[3], box[4], box[5])
    q1 = _dot(box[6], box[7], box[8], box[6], box[7], box[8])
    q2 = _dot(box[9], box[10], box[11], box[9], box[10], box[11])
    p0 = 1.0 / q0 if q0 > 0.0 else 0.0
    p1 = 1.0 / q1 if q1 > 0.0 else 0.0
    p2 = 1.0 / q2 if q2 > 0.0 else 0.0
    most = anywhere = 0.0
    nearest = np.inf
    last = len(eyes) - 1
    is_seen = False
    for e in range(len(eyes)):
        x, y, z = box[0] - eyes[e, 0], box[1] - eyes[e, 1], box[2] - eyes[e, 2]
        # How far along each half axis the eye is, times its length.
        d0 = abs(_dot(x, y, z, box[3], box[4], box[5]))
        d1 = abs(_dot(x, y, z, box[6], box[7], box[8]))
        d2 = abs(_dot(x, y, z, box[9], box[10], box[11]))
        o0, o1, o2 = max(d0 - q0, 0.0), max(d1 - q1, 0.0), max(d2 - q2, 0.0)
        distance = math.sqrt(o0 * o0 * p0 + o1 * o1 * p1 + o2 * o2 * p2)
        pixels = 0.0
        if error > 0.0:
            pixels = error * eyes[e, _FOCAL] / distance if distance > 0.0 else np.inf
        anywhere = max(anywhere, pixels)
        nearest = min(nearest, distance)
        share = _in_view(box, eyes, e)
        sees = share >= 0.0
        if sees:
            most = max(most, pixels)
        if e == last:
            away = math.sqrt(x * x + y * y + z * z)
            radius = math.sqrt(q0 + q1 + q2)
            # Of the three faces towards the eye each throws 4 · half · half · |cosine|.
            shadow = 4.0 * math.sqrt(q0 * q1 * q2) * (d0 * p0 + d1 * p1 + d2 * p2)
            # What has no thickness has no side, and is taken for half of a ball.
            shadow = shadow / max(away, _NEAREST) if shadow > 0.0 else radius * radius
            shadow *= share if sees else 1.0
            _worth(looks, at, eyes, e, (x, y, z), (away, radius, shadow))
            if not sees:
                looks[at, WORTH] *= LEAVING if is_seen else UNSEEN
        is_seen = is_seen or sees
    looks[at, PIXELS], looks[at, ANYWHERE], looks[at, DISTANCE] = most, anywhere, nearest
    looks[at, SEEN], looks[at, ERROR] = 1.0 if is_seen else 0.0, error


@njit(**KERNEL, error_model="numpy")
def _worth(
    looks: Floats, at: int, eyes: Floats, e: int, way: Vector, size: Vector
) -> None:  # pragma: no cover - compiled
    """What is counted at a box's middle: `size` are metres to it, its radius, square metres of its shadow in view."""
    away, radius, shadow = size
    area, acuity, flow = eyes[e, _VIEWPORT], 1.0, 0.0
    near = 1.0 / max(away, _NEAREST)
    # From inside a box, or close to one, its middle is no measure: half of its radius is about where its surface is.
    scale = eyes[e, _FOCAL] / max(away, 0.5 * radius, _NEAREST)
    if away > 0.5 * radius:
        area = min(area, shadow * scale * scale)
    if away > radius:
        x, y, z = (
            way[0] * near - eyes[e, _SIGHT],
            way[1] * near - eyes[e, _SIGHT + 1],
            way[2] * near - eyes[e, _SIGHT + 2],
        )
        # Chords for angles: less by a tenth at 90 degrees.
        turned = max(math.sqrt(x * x + y * y + z * z) - radius * near, 0.0)
        acuity = eyes[e, _ACUITY] / (eyes[e, _ACUITY] + turned)
    if eyes[e, _RESTS] == 0.0 and away > 0.0:
        # The picture moves against the eye: by its own motion, and by its turning times the way.
        tx, ty, tz = eyes[e, _TURNING], eyes[e, _TURNING + 1], eyes[e, _TURNING + 2]
        x = eyes[e, _VELOCITY] + ty * way[2] - tz * way[1]
        y = eyes[e, _VELOCITY + 1] + tz * way[0] - tx * way[2]
        z = eyes[e, _VELOCITY + 2] + tx * way[1] - ty * way[0]
        along = (x * way[0] + y * way[1] + z * way[2]) * near
        flow = math.sqrt(max(x * x + y * y + z * z - along * along, 0.0))
    looks[at, WORTH] = area * acuity
    looks[at, SCALE] = scale
    looks[at, BLUR] = min(flow * scale * BLUR_S, MOST_PIXELS)


@njit(**KERNEL)
def shown_error(error: float, looks: Floats, at: int) -> float:  # pragma: no cover - compiled
    """Pixels of an error in metres that can be told, where the box in row `at` is."""
    return float(max(min(error * looks[at, SCALE], MOST_PIXELS), looks[at, BLUR]))


def looks_of(boxes: Floats, errors: Floats, eyes: Floats) -> Floats:
    """Looks (n, 20) of boxes (n, 12). For checks."""
    looks = np.zeros((len(boxes), LOOKS))
    looks[:, BOX:] = boxes
    for at, error in enumerate(errors.tolist()):
        look(looks, at, error, eyes)
    return looks
