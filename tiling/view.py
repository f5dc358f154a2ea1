"""An eye: what it sees, and how many pixels an error in metres is for it.

Boxes are rows of twelve numbers as in 3D Tiles, y up: centre, then three half axes at right angles.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class View:
    """Where the eye is and what it looks at: metres, y up; `gaze` is a unit quaternion, identity looks along −z."""

    eye: tuple[float, float, float]
    gaze: tuple[float, float, float, float]
    """x, y, z, w"""
    fov: float
    """vertical, radians"""
    aspect: float
    """width / height"""
    height: int
    """pixels"""
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """metres a second"""
    turning: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """axis × radians a second"""
    sight: tuple[float, float] = (0.0, 0.0)
    """where in the view it looks, right and up, ±1 at its borders; the middle: or it is not known"""


MOST_VELOCITY = 20.0
"""metres a second: what moves faster does not go on like that"""
MOST_TURNING = 10.0
"""radians a second; heads turn at up to 6"""


def predicted(view: View, seconds: float) -> View:
    """The eye as it will be if it goes on moving and turning as it does; speeds capped as above.

    >>> predicted(View((0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0), 1.0, 1.5, 720, velocity=(2.0, 0.0, 0.0)), 0.5).eye
    (1.0, 1.0, 0.0)
    """
    if not (any(view.velocity) or any(view.turning)) or not seconds:
        return view
    speed, rate = math.hypot(*view.velocity), math.hypot(*view.turning)
    step = seconds * (min(speed, MOST_VELOCITY) / speed if speed else 0.0)
    x, y, z = (e + step * v for e, v in zip(view.eye, view.velocity, strict=True))
    half = seconds * min(rate, MOST_TURNING) / 2
    ax, ay, az = (math.sin(half) * part / rate if rate else 0.0 for part in view.turning)
    aw = math.cos(half) if rate else 1.0
    # The turn after the gaze, as the axis is the scene's.
    bx, by, bz, bw = view.gaze
    gaze = (
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )
    length = math.hypot(*gaze)
    return replace(view, eye=(x, y, z), gaze=(gaze[0] / length, gaze[1] / length, gaze[2] / length, gaze[3] / length))


def gaze_towards(
    eye: tuple[float, float, float], target: tuple[float, float, float]
) -> tuple[float, float, float, float]:
    """The quaternion (x, y, z, w) of an eye that looks at `target`, level with the horizon.

    Straight up or down the direction of "level" is free: it is as if the eye had looked along −z before.

    >>> [round(part, 6) for part in gaze_towards((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))]
    [0.0, -0.707107, 0.0, 0.707107]
    """
    x, y, z = (t - e for e, t in zip(eye, target, strict=True))
    flat = math.hypot(x, z)
    yaw = math.atan2(-x, -z) if flat > 1e-12 else 0.0
    pitch = math.atan2(y, flat) if flat > 1e-12 or y else 0.0
    # First pitch about x, then yaw about y.
    return (
        math.cos(yaw / 2) * math.sin(pitch / 2),
        math.sin(yaw / 2) * math.cos(pitch / 2),
        -math.sin(yaw / 2) * math.sin(pitch / 2),
        math.cos(yaw / 2) * math.cos(pitch / 2),
    )


Vector = tuple[float, float, float]


def directions(gaze: tuple[float, float, float, float]) -> tuple[Vector, Vector, Vector]:
    """Right, up and forward of an eye, unit vectors."""
    x, y, z, w = gaze
    right = (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w))
    up = (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w))
    forward = (-2 * (x * z + y * w), -2 * (y * z - x * w), -(1 - 2 * (x * x + y * y)))
    return right, up, forward


def axes_of(gaze: tuple[float, float, float, float]) -> tuple[Floats, Floats, Floats]:
    """Right, up and forward of an eye, unit vectors (3,)."""
    right, up, forward = directions(gaze)
    return np.array(right), np.array(up), np.array(forward)


def planes_of(view: View) -> list[tuple[float, float, float, float]]:
    """Five inward planes as (normal, offset): left, right, bottom, top, and behind. Nothing is too far.

    A field of view of π or more has no planes; the protocol ends at 3 radians.
    """
    right, up, forward = directions(view.gaze)
    tall = math.tan(view.fov / 2)
    wide = tall * view.aspect
    found = []
    for part, side in (
        (wide, right),
        (wide, [-s for s in right]),
        (tall, up),
        (tall, [-s for s in up]),
        (1.0, (0.0,) * 3),
    ):
        normal = [f * part + s for f, s in zip(forward, side, strict=True)]
        length = math.hypot(*normal)
        x, y, z = (n / length for n in normal)
        found.append((x, y, z, -(x * view.eye[0] + y * view.eye[1] + z * view.eye[2])))
    return found


def planes(view: View) -> Floats:
    """`planes_of` as an array (5, 4)."""
    return np.array(planes_of(view))


def sees(view: View, boxes: Floats) -> Flags:
    """Which boxes (n, 12) are at least partly on the inner side of every plane.

    Never False for a box that is seen; True for a few near the corners of the view that are not (the usual test).
    """
    inward = planes(view)
    centre = boxes[:, :3] @ inward[:, :3].T + inward[:, 3]
    reach = np.abs(boxes[:, 3:].reshape(-1, 3, 3) @ inward[:, :3].T).sum(axis=1)
    return np.asarray((centre + reach >= 0).all(axis=1))


def distances(view: View, boxes: Floats) -> Floats:
    """Distance (n,) in metres from the eye to each box (n, 12); 0 inside."""
    axes = boxes[:, 3:].reshape(-1, 3, 3)
    lengths = np.linalg.norm(axes, axis=2)
    units = axes / np.maximum(lengths, 1e-300)[:, :, None]
    along = np.abs(np.einsum("nij,nj->ni", units, np.array(view.eye) - boxes[:, :3]))
    return np.asarray(np.linalg.norm(np.maximum(along - lengths, 0.0), axis=1))


def screen_errors(view: View, errors: Floats, distance: Floats) -> Floats:
    """Pixels (n,) that errors in metres are at a distance; infinite inside the box, 0 where there is no error.

    3D Tiles 1.1, "Geometric error": sse = geometricError × height / (2 × distance × tan(fov / 2)).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        pixels = errors * view.height / (2.0 * distance * math.tan(view.fov / 2))
    return np.where(errors > 0, pixels, 0.0)


def screen_areas(view: View, boxes: Floats, distance: Floats) -> Floats:
    """Pixels² (n,) that each box covers at most: its bounding sphere at the box's distance, within the viewport."""
    radius = np.linalg.norm(boxes[:, 3:], axis=1)
    focal = view.height / (2.0 * math.tan(view.fov / 2))
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        area = math.pi * (radius * focal / distance) ** 2
    return np.asarray(np.fmin(area, float(view.height) ** 2 * view.aspect))
