# ruff: noqa: PLR0917  -- compiled loops: many arrays, no keywords
"""Light on a film: sun with shadows, sky, the dimness of corners, haze; from faces and a camera to a picture.

The light is the viewer's (`web/src/scene/sky.ts`, `stage.ts`), so that a poster looks like the first moment of a visit:
the same sun, sky, haze and tone curve (the ACES fit of Stephen Hill, as three.js has it). Sky light is its mean over
the hemisphere about a normal, for it is not traced; corners are dimmed by what stands before them in the picture
(screen-space occlusion after McGuire et al. 2011, "The Alchemy screen-space ambient obscurance algorithm").

Colours are linear sRGB, 1 for white paper in the sun; positions are metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from tiling.raster import Camera, Faces, Film, Integers, Singles, Vector, drawn, looking, texels_of
from tiling.tint import linear

Floats = NDArray[np.float64]
Pixels = NDArray[np.uint8]

_OVER = 2
"""pixels of the film for one of the picture, each way"""
_SHADOW_PX = 2048
_SHADOW_TAPS = 2
_OCCLUDERS = 16
_TURNS = 64
_CORNER = 0.03
"""how far off what dims a corner is, as a share of the distance that is looked at"""
_NEAREST = 1e-9

SUN: Vector = (-0.7731, 0.5025, 0.3866)
"""towards the sun, unit length: mid-afternoon, as in the viewer"""


def _shade(code: str, scale: float = 1.0) -> list[float]:
    bytes_ = np.array([int(code[at : at + 2], 16) for at in (0, 2, 4)], np.uint8)
    found: list[float] = (linear(bytes_) * scale).tolist()
    return found


_LIGHT = np.array(
    [
        _shade("ffecd0", 3.7 / math.pi),  # sun
        _shade("e2e6e6", 1.55),  # haze, at the horizon
        _shade("3f7fc6", 1.4),  # zenith
        _shade("c2b79f", 1.0),  # below the horizon
        _shade("dfe8f2", 0.54),  # mean of what a face that looks up gets from the sky
        _shade("c9b99a", 0.34),  # and one that looks down from the ground
    ]
)


def _spiral() -> Floats:
    """Places (turns, occluders, 2) about a pixel within a radius of 1: by the golden angle, turned in many ways."""
    number = np.arange(_OCCLUDERS)
    angle = 2.399963 * number[None] + (2.0 * math.pi / _TURNS) * np.arange(_TURNS)[:, None]
    radius = np.sqrt((number + 0.5) / _OCCLUDERS)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def _curve(steps: int) -> Pixels:
    """Shades of sRGB by linear numbers from 0 to 1 (IEC 61966-2-1)."""
    light = np.arange(steps) / (steps - 1)
    curve = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, _NEAREST) ** (1 / 2.4) - 0.055)
    found: Pixels = np.rint(255.0 * curve).astype(np.uint8)
    return found


_SPIRAL = _spiral()
_SHADES = _curve(8192)
_EXPOSURE = 0.68 / 0.6
_LINEAR = linear(np.arange(256, dtype=np.uint8))


@dataclass(frozen=True, slots=True)
class Air:
    """How far the air is clear, and where everything is gone in haze, metres."""

    clear: float
    gone: float


def picture(faces: Faces, camera: Camera, air: Air, *, film: Film | None = None) -> Pixels:
    """A lit picture (h, w, 3) in sRGB of what a camera sees; `film` is `finer(camera)`'s, where it is drawn already."""
    fine = finer(camera)
    film = film if film is not None else drawn(faces, fine)
    shadow, sun = _shadows(faces, fine, film)
    texels = faces.texels
    lit = np.zeros((camera.height, camera.width, 3))
    _lit(
        faces.corners, faces.normals, faces.colours, faces.uvs, faces.image, faces.unlit,
        texels.values, texels.levels, texels.first,
        film.face, film.weights, film.depth,
        fine.frame, fine.focal_px, shadow.depth, sun.frame, sun.focal_px, _LIGHT,
        np.array([air.clear, air.gone, _corner_m(film)]), _LINEAR, _SPIRAL, lit,
    )  # fmt: skip
    # No more than one shade off: where the curve is steepest, a step is 0.4 shades.
    found: Pixels = _SHADES[np.rint(lit * (len(_SHADES) - 1)).astype(np.int32)]
    return found


def finer(camera: Camera) -> Camera:
    """The camera with a film of more pixels, of which several become one."""
    return Camera(
        camera.eye, camera.right, camera.up, camera.forward,
        camera.focal_px * _OVER, camera.width * _OVER, camera.height * _OVER, camera.near,
    )  # fmt: skip


def _corner_m(film: Film) -> float:
    seen = film.depth[film.face >= 0]
    return _CORNER * float(np.median(seen)) if len(seen) else 1.0


def _shadows(faces: Faces, camera: Camera, film: Film) -> tuple[Film, Camera]:
    """What the sun sees of where the camera looks, and the sun as a camera. Faint things throw no shadow."""
    right = np.cross(SUN, (0.0, 1.0, 0.0))
    right /= np.linalg.norm(right)
    up = np.cross(right, np.negative(SUN))
    points = _seen_points(camera, film)
    across, along = points @ right, points @ up
    middle_x, middle_y = (across.min() + across.max()) / 2.0, (along.min() + along.max()) / 2.0
    reach = 1.02 * max(float(np.ptp(across)), float(np.ptp(along)), 1e-3) / 2.0
    # From as far towards the sun as anything is, so that what stands outside of the picture throws its shadow, too.
    towards = faces.corners.reshape(-1, 3) @ np.array(SUN, np.float32)
    far = float(towards.max(initial=0.0)) + 1.0
    eye = right * middle_x + up * middle_y + np.array(SUN) * far
    sun = Camera(
        _vector(eye), _vector(right), _vector(up), _vector(np.negative(SUN)),
        _SHADOW_PX / (2.0 * reach), _SHADOW_PX, _SHADOW_PX, 0.0, is_orthographic=True,
    )  # fmt: skip
    return drawn(faces, sun, faint=False), sun


def _seen_points(camera: Camera, film: Film) -> Floats:
    """Some of the points that are seen, without the farthest; the eye where nothing is."""
    rows, columns = np.nonzero(film.face[::8, ::8] >= 0)
    if not len(rows):
        return np.array([camera.eye])
    depth = film.depth[::8, ::8][rows, columns].astype(np.float64)
    x = (8 * columns + 0.5 - camera.width / 2) / camera.focal_px
    y = (camera.height / 2 - 8 * rows - 0.5) / camera.focal_px
    near = depth <= 3.0 * np.median(depth)
    frame = camera.frame
    points: Floats = (frame[0] + depth[:, None] * (frame[3] + x[:, None] * frame[1] + y[:, None] * frame[2]))[near]
    return points


def _vector(values: Floats) -> Vector:
    x, y, z = values.tolist()
    return x, y, z


def warm() -> None:
    """Compile, or read what was compiled before: a quarter of a minute the first time. Else the first poster waits."""
    none = np.zeros((0, 3, 3), np.float32)
    flags, numbers = np.zeros(0, bool), np.zeros(0, np.int32)
    nothing = Faces(none, none, none, none[..., :2], numbers, flags, flags, flags, texels_of([]))
    picture(nothing, looking((0, 0, 1), (0, 0, 0), fov=1.0, width=8, height=8), Air(1.0, 2.0))


@njit(cache=True, nogil=True, error_model="numpy")
def _texel(
    values: Pixels, begin: int, width: int, height: int, u: float, v: float, table: Floats, out: Floats
) -> None:  # pragma: no cover - compiled
    """Linear colour at (u, v) of one version of an image that repeats, between four texels."""
    x, y = (u - math.floor(u)) * width - 0.5, (v - math.floor(v)) * height - 0.5
    x0, y0 = math.floor(x), math.floor(y)
    fx, fy = x - x0, y - y0
    out[0] = out[1] = out[2] = 0.0
    for j in range(2):
        for i in range(2):
            row, column = (int(y0) + j) % height, (int(x0) + i) % width
            weight = (fx if i else 1.0 - fx) * (fy if j else 1.0 - fy)
            at = begin + row * width + column
            for c in range(3):
                out[c] += weight * table[values[at, c]]


@njit(cache=True, nogil=True, error_model="numpy")
def _toned(colour: Floats) -> None:  # pragma: no cover - compiled
    """Stephen Hill's fit of the ACES tone curve, with three.js's exposure."""
    r, g, b = colour[0] * _EXPOSURE, colour[1] * _EXPOSURE, colour[2] * _EXPOSURE
    x = 0.59719 * r + 0.35458 * g + 0.04823 * b
    y = 0.07600 * r + 0.90834 * g + 0.01566 * b
    z = 0.02840 * r + 0.13383 * g + 0.83777 * b
    x = (x * (x + 0.0245786) - 0.000090537) / (x * (0.983729 * x + 0.4329510) + 0.238081)
    y = (y * (y + 0.0245786) - 0.000090537) / (y * (0.983729 * y + 0.4329510) + 0.238081)
    z = (z * (z + 0.0245786) - 0.000090537) / (z * (0.983729 * z + 0.4329510) + 0.238081)
    colour[0] = min(max(1.60475 * x - 0.53108 * y - 0.07367 * z, 0.0), 1.0)
    colour[1] = min(max(-0.10208 * x + 1.10813 * y - 0.00605 * z, 0.0), 1.0)
    colour[2] = min(max(-0.00327 * x - 0.07276 * y + 1.07602 * z, 0.0), 1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _smooth(low: float, high: float, value: float) -> float:  # pragma: no cover - compiled
    t = min(max((value - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


@njit(cache=True, nogil=True, error_model="numpy")
def _sky(light: Floats, x: float, y: float, z: float, out: Floats) -> None:  # pragma: no cover - compiled
    """The colour of the sky, or of the hazy ground, in a direction."""
    sun = max(x * SUN[0] + y * SUN[1] + z * SUN[2], 0.0)
    glow = (0.22 * sun**6 + 0.35 * sun**60) * _smooth(-0.1, 0.1, y)
    blue = _smooth(0.0, 0.34, y) ** 0.55
    low = _smooth(0.0, 0.5, -y)
    for c in range(3):
        to, share = (light[2, c], blue) if y > 0.0 else (light[3, c], low)
        out[c] = light[1, c] + (to - light[1, c]) * share
    out[0] += glow
    out[1] += 0.86 * glow
    out[2] += 0.62 * glow


@njit(cache=True, nogil=True, error_model="numpy")
def _sunlit(
    shadow: Singles, sun: Floats, scale: float, x: float, y: float, z: float, slope: float
) -> float:  # pragma: no cover - compiled
    """How much of the sun a point gets: the mean of several looks into the sun's film."""
    size = len(shadow)
    dx, dy, dz = x - sun[0, 0], y - sun[0, 1], z - sun[0, 2]
    column = 0.5 * size + scale * (dx * sun[1, 0] + dy * sun[1, 1] + dz * sun[1, 2])
    row = 0.5 * size - scale * (dx * sun[2, 0] + dy * sun[2, 1] + dz * sun[2, 2])
    depth = dx * sun[3, 0] + dy * sun[3, 1] + dz * sun[3, 2]
    # A pixel of the sun's film is a step of so much on a slope, and the looks reach some pixels far.
    bias = (1.0 + min(slope, 6.0) * (_SHADOW_TAPS + 0.5)) / scale
    free, looks = 0, 0
    for j in range(-_SHADOW_TAPS, _SHADOW_TAPS + 1):
        for i in range(-_SHADOW_TAPS, _SHADOW_TAPS + 1):
            r, c = math.floor(row) + j, math.floor(column) + i
            looks += 1
            if r < 0 or c < 0 or r >= size or c >= size or shadow[r, c] >= depth - bias:
                free += 1
    return free / looks


@njit(cache=True, nogil=True, error_model="numpy")
def _open(
    depth: Singles, row: int, column: int, focal: float, normal: Floats, reach: float, spiral: Floats
) -> float:  # pragma: no cover - compiled
    """How open a corner is, 0 to 1. `normal` is in the camera's frame: right, up, forward."""
    height, width = depth.shape
    z = float(depth[row, column])
    x, y = (column + 0.5 - 0.5 * width) / focal * z, (0.5 * height - row - 0.5) / focal * z
    radius = min(max(reach * focal / z, 3.0), 96.0)
    # A turn of its own for each pixel, by a hash: rings would show otherwise.
    turned = ((row * 73856093) ^ (column * 19349663)) % _TURNS
    closed = 0.0
    for n in range(_OCCLUDERS):
        c = column + round(radius * spiral[turned, n, 0])
        r = row + round(radius * spiral[turned, n, 1])
        if r < 0 or c < 0 or r >= height or c >= width:
            continue
        oz = float(depth[r, c])
        if not oz < 1e30:
            continue
        vx = (c + 0.5 - 0.5 * width) / focal * oz - x
        vy = (0.5 * height - r - 0.5) / focal * oz - y
        vz = oz - z
        squared = vx * vx + vy * vy + vz * vz
        facing = vx * normal[0] + vy * normal[1] + vz * normal[2] - 0.002 * z
        if facing > 0.0 and squared < 4.0 * reach * reach:
            far = 1.0 - squared / (4.0 * reach * reach)
            closed += facing * reach / (squared + 0.05 * reach * reach) * far * far
    return max(1.0 - 1.1 * closed / _OCCLUDERS, 0.15)


@njit(cache=True, nogil=True, error_model="numpy")
def _lit(  # noqa: C901 - one walk over pixels
    corners: Singles,
    normals: Singles,
    colours: Singles,
    uvs: Singles,
    image: Integers,
    unlit: NDArray[np.bool_],
    values: Pixels,
    levels: Integers,
    first: Integers,
    face: Integers,
    weights: Singles,
    depth: Singles,
    frame: Floats,
    focal: float,
    shadow: Singles,
    sun: Floats,
    sun_scale: float,
    light: Floats,
    air: Floats,
    table: Floats,
    spiral: Floats,
    out: Floats,
) -> None:  # pragma: no cover - compiled
    height, width = face.shape
    colour, texel = np.empty(3), np.empty(3)
    normal, turned = np.empty(3), np.empty(3)
    edge, other = np.empty(3), np.empty(3)
    for row in range(height):
        for column in range(width):
            across, upwards = (column + 0.5 - 0.5 * width) / focal, (0.5 * height - row - 0.5) / focal
            rx = frame[3, 0] + across * frame[1, 0] + upwards * frame[2, 0]
            ry = frame[3, 1] + across * frame[1, 1] + upwards * frame[2, 1]
            rz = frame[3, 2] + across * frame[1, 2] + upwards * frame[2, 2]
            long = math.sqrt(rx * rx + ry * ry + rz * rz)
            m = face[row, column]
            if m < 0:
                _sky(light, rx / long, ry / long, rz / long, colour)
                _toned(colour)
                out[row // _OVER, column // _OVER] += colour / (_OVER * _OVER)
                continue
            z = float(depth[row, column])
            b1, b2 = float(weights[row, column, 0]), float(weights[row, column, 1])
            b0 = 1.0 - b1 - b2
            x, y, w = frame[0, 0] + rx * z, frame[0, 1] + ry * z, frame[0, 2] + rz * z
            for c in range(3):
                colour[c] = b0 * colours[m, 0, c] + b1 * colours[m, 1, c] + b2 * colours[m, 2, c]
                edge[c], other[c] = corners[m, 1, c] - corners[m, 0, c], corners[m, 2, c] - corners[m, 0, c]
            flat_x = edge[1] * other[2] - edge[2] * other[1]
            flat_y = edge[2] * other[0] - edge[0] * other[2]
            flat_z = edge[0] * other[1] - edge[1] * other[0]
            area = math.sqrt(flat_x * flat_x + flat_y * flat_y + flat_z * flat_z)
            if image[m] >= 0:
                u = b0 * uvs[m, 0, 0] + b1 * uvs[m, 1, 0] + b2 * uvs[m, 2, 0]
                v = b0 * uvs[m, 0, 1] + b1 * uvs[m, 1, 1] + b2 * uvs[m, 2, 1]
                begin = first[image[m]]
                du1, dv1 = uvs[m, 1, 0] - uvs[m, 0, 0], uvs[m, 1, 1] - uvs[m, 0, 1]
                du2, dv2 = uvs[m, 2, 0] - uvs[m, 0, 0], uvs[m, 2, 1] - uvs[m, 0, 1]
                texels = abs(du1 * dv2 - du2 * dv1) * levels[begin, 1] * levels[begin, 2]
                # Texels for a pixel that looks straight at the face; slanted ones get a little more detail than that.
                per_pixel = texels / max(area, _NEAREST) * (z / focal) ** 2
                step = int(0.5 * math.log2(max(per_pixel, 1.0)) + 0.5)
                chosen = min(begin + step, first[image[m] + 1] - 1)
                _texel(values, levels[chosen, 0], levels[chosen, 1], levels[chosen, 2], u, v, table, texel)
                for c in range(3):
                    colour[c] *= texel[c]
            for c in range(3):
                normal[c] = b0 * normals[m, 0, c] + b1 * normals[m, 1, c] + b2 * normals[m, 2, c]
            size = math.sqrt(normal[0] * normal[0] + normal[1] * normal[1] + normal[2] * normal[2])
            if size > 0.1:
                for c in range(3):
                    normal[c] /= size
            elif area > 0.0:
                normal[0], normal[1], normal[2] = flat_x / area, flat_y / area, flat_z / area
            else:
                normal[0], normal[1], normal[2] = 0.0, 1.0, 0.0
            if normal[0] * rx + normal[1] * ry + normal[2] * rz > 0.0:
                for c in range(3):
                    normal[c] = -normal[c]
            for a in range(3):
                turned[a] = normal[0] * frame[a + 1, 0] + normal[1] * frame[a + 1, 1] + normal[2] * frame[a + 1, 2]
            facing = normal[0] * SUN[0] + normal[1] * SUN[1] + normal[2] * SUN[2]
            if unlit[m]:
                facing, normal[1] = 0.6, 0.6
            direct = 0.0
            if facing > 0.0:
                slope = math.sqrt(max(1.0 - facing * facing, 0.0)) / max(facing, 0.05)
                direct = facing * _sunlit(shadow, sun, sun_scale, x, y, w, slope)
            openness = 1.0 if unlit[m] else _open(depth, row, column, focal, turned, air[2], spiral)
            upward = 0.5 + 0.5 * normal[1]
            thick = min(max((z - air[0]) / max(air[1] - air[0], _NEAREST), 0.0), 1.0)
            for c in range(3):
                ambient = (light[5, c] + (light[4, c] - light[5, c]) * upward) * openness
                colour[c] *= light[0, c] * direct + ambient
                colour[c] += (light[1, c] - colour[c]) * thick
            _toned(colour)
            out[row // _OVER, column // _OVER] += colour / (_OVER * _OVER)
