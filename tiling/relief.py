# ruff: noqa: C901, PLR0917  -- compiled loops: many arrays, no keywords
"""Normal maps: directions in the model's frame, and the same in the frame of a texture, as clients will read them.

glTF 2.0 (3.9.3) leaves tangents to the client where a mesh has none, and viewers take them from how texture coordinates
change along the surface: T and B are the gradients of u and v in the plane across the shading normal N, both divided by
the length of the longer one (three.js, `getTangentFrame`; others make them unit vectors, which is nearly the same here,
because charts are hardly stretched). Green grows upwards in the image, against v: a texel (x, y, z) is the direction
x T - y B + z N. Maps are made by solving just that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Bytes, Floats, Indices, Singles

    Words = NDArray[np.uint16]

_FLATTEST = 0.05  # of a direction's part along N: one that points into the surface is laid flat
_AROUND = 1.5  # texels beyond a triangle that get its frame, for look-ups between texels


def tangent_map(
    positions: Singles, normals: Singles, indices: Indices, places: Floats, directions: Words
) -> tuple[Bytes, NDArray[np.bool_]]:
    """Directions (h, w, 3), as words from -1 to 1, in the frame of their texture; and where there are any.

    Positions and normals (n, 3), triangles (m, 3), their corners' `places` (m, 3, 2) in texels.
    """
    out = np.empty(directions.shape, np.uint8)
    out[:] = (128, 128, 255)
    hit = np.zeros(directions.shape[:2], np.uint8)
    _turned(positions, normals, indices, places, directions, out, hit)
    return out, hit > 0


@njit(cache=True, nogil=True)
def frame_of(
    corners: Floats, uvs: Floats, normal: Floats, tangent: Floats, bitangent: Floats
) -> bool:  # pragma: no cover - compiled
    """Write T and B of a triangle (3, 3) with coordinates (3, 2), about a unit normal; whether it has any."""
    du0, du1 = uvs[1, 0] - uvs[0, 0], uvs[2, 0] - uvs[0, 0]
    dv0, dv1 = uvs[1, 1] - uvs[0, 1], uvs[2, 1] - uvs[0, 1]
    longest_t = longest_b = 0.0
    for axis in range(3):
        i, j = (axis + 1) % 3, (axis + 2) % 3
        p0i, p0j = corners[1, i] - corners[0, i], corners[1, j] - corners[0, j]
        p1i, p1j = corners[2, i] - corners[0, i], corners[2, j] - corners[0, j]
        first = p1i * normal[j] - p1j * normal[i]  # q1 × N
        second = normal[i] * p0j - normal[j] * p0i  # N × q0
        tangent[axis] = first * du0 + second * du1
        bitangent[axis] = first * dv0 + second * dv1
        longest_t += tangent[axis] ** 2
        longest_b += bitangent[axis] ** 2
    longest = max(longest_t, longest_b)
    if not longest > 0.0:
        return False
    scale = 1.0 / np.sqrt(longest)
    for axis in range(3):
        tangent[axis] *= scale
        bitangent[axis] *= scale
    return True


@njit(cache=True, nogil=True)
def shading_normal(
    corners: Floats, normals: Floats, a: float, b: float, c: float, out: Floats
) -> None:  # pragma: no cover - compiled
    """Write the unit normal at a point of a triangle by its corners' normals (3, 3), or by its sides without those."""
    square = 0.0
    for axis in range(3):
        out[axis] = a * normals[0, axis] + b * normals[1, axis] + c * normals[2, axis]
        square += out[axis] ** 2
    if square < 1e-12:
        square = 0.0
        for axis in range(3):
            i, j = (axis + 1) % 3, (axis + 2) % 3
            out[axis] = (corners[1, i] - corners[0, i]) * (corners[2, j] - corners[0, j])
            out[axis] -= (corners[1, j] - corners[0, j]) * (corners[2, i] - corners[0, i])
            square += out[axis] ** 2
    scale = 1.0 / np.sqrt(square) if square > 0.0 else 0.0
    for axis in range(3):
        out[axis] *= scale


@njit(cache=True, nogil=True)
def _turned(
    positions: Singles,
    normals: Singles,
    indices: Indices,
    places: Floats,
    directions: Words,
    out: Bytes,
    hit: Bytes,
) -> None:  # pragma: no cover - compiled
    height, width = out.shape[:2]
    corners, own, uvs = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 2))
    normal, tangent, bitangent = np.empty(3), np.empty(3), np.empty(3)
    turned = np.empty(3)
    for t in range(len(indices)):
        for corner in range(3):
            for axis in range(3):
                corners[corner, axis] = positions[indices[t, corner], axis]
                own[corner, axis] = normals[indices[t, corner], axis]
            uvs[corner, 0], uvs[corner, 1] = places[t, corner, 0] / width, places[t, corner, 1] / height
        x0, y0 = places[t, 0, 0], places[t, 0, 1]
        x1, y1 = places[t, 1, 0] - x0, places[t, 1, 1] - y0
        x2, y2 = places[t, 2, 0] - x0, places[t, 2, 1] - y0
        double = x1 * y2 - x2 * y1
        if abs(double) < 1e-9:
            continue
        # How fast barycentric coordinates change with a texel, to allow for the rim.
        slack_b, slack_c = np.hypot(x2, y2) / abs(double), np.hypot(x1, y1) / abs(double)
        slack_a = np.hypot(x2 - x1, y2 - y1) / abs(double)
        for row in range(
            max(int(np.floor(min(0.0, y1, y2) + y0 - _AROUND)), 0),
            min(int(np.ceil(max(0.0, y1, y2) + y0 + _AROUND)), height),
        ):
            for column in range(
                max(int(np.floor(min(0.0, x1, x2) + x0 - _AROUND)), 0),
                min(int(np.ceil(max(0.0, x1, x2) + x0 + _AROUND)), width),
            ):
                x, y = column + 0.5 - x0, row + 0.5 - y0
                b, c = (x * y2 - x2 * y) / double, (x1 * y - x * y1) / double
                a = 1.0 - b - c
                if a < -_AROUND * slack_a or b < -_AROUND * slack_b or c < -_AROUND * slack_c:
                    continue
                inside = min(a, b, c) >= -1e-9
                if hit[row, column] == 2 or (hit[row, column] == 1 and not inside):
                    continue
                a, b, c = max(a, 0.0), max(b, 0.0), max(c, 0.0)
                shading_normal(corners, own, a, b, c, normal)
                if not frame_of(corners, uvs, normal, tangent, bitangent):
                    continue
                hit[row, column] = 2 if inside else 1
                z = t_n = b_n = tt = bb = tb = 0.0
                for axis in range(3):
                    value = directions[row, column, axis] / 32767.5 - 1.0
                    z += value * normal[axis]
                    t_n += value * tangent[axis]
                    b_n += value * bitangent[axis]
                    tt += tangent[axis] ** 2
                    bb += bitangent[axis] ** 2
                    tb += tangent[axis] * bitangent[axis]
                # x T - y B is the part of the direction across N.
                area = tt * bb - tb * tb
                turned[:] = 0.0
                if area > 1e-6 * tt * bb:
                    turned[0] = (t_n * bb - b_n * tb) / area
                    turned[1] = -(b_n * tt - t_n * tb) / area
                turned[2] = max(z, _FLATTEST)
                length = np.sqrt(turned[0] ** 2 + turned[1] ** 2 + turned[2] ** 2)
                for axis in range(3):
                    out[row, column, axis] = np.uint8(np.rint(turned[axis] / length * 127.5 + 127.5))
