# ruff: noqa: PLR0917  -- compiled loops: many arrays, no keywords
"""Triangles to pixels: which face is seen where, compiled, without a graphics card.

A *film* holds for each pixel the face that is nearest, where in it the pixel's centre lies, and how near it is. Faces
are clipped at the near plane, seen from both sides, and drawn in their order; of two that are equally near the first
stays. What is only possible (`faint`) leaves every fourth pixel free, and so lets some of what is behind it through
once pixels are averaged. A face whose image cuts holes is left out where its alpha is below a half.

Juan Pineda 1988, "A parallel algorithm for polygon rasterization". One thread, plain arithmetic in a fixed order: the
same faces give the same film on any machine with IEEE 754 numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tiling.mesh import Bytes

Singles = NDArray[np.float32]
Integers = NDArray[np.int32]
Vector = tuple[float, float, float]

NO_IMAGE = -1
_SMALLEST = 1e-12
_RIM = 1e-9
"""so much of a face is on its outer side, too: pixels between two faces would fall through by rounding"""


@dataclass(frozen=True, slots=True)
class Texels:
    """Images with their smaller versions, all in one row."""

    values: Bytes
    """(k, 4) sRGB and alpha"""
    levels: Integers
    """(l, 3): where a version begins, its width and height; each image's versions follow each other, largest first"""
    first: Integers
    """of each image: number of its largest version; and one more: how many there are in all"""


@dataclass(frozen=True, slots=True)
class Faces:
    """Triangles, m of them, each with what stands at its corners."""

    corners: Singles
    """(m, 3, 3) metres"""
    normals: Singles
    """(m, 3, 3) unit length; zeros: flat, or no surface at all (`flat`)"""
    colours: Singles
    """(m, 3, 3) linear, 0 to 1"""
    uvs: Singles
    """(m, 3, 2)"""
    image: Integers
    """(m,) number of the image, or NO_IMAGE"""
    holes: NDArray[np.bool_]
    """(m,) whether the image's alpha cuts holes"""
    faint: NDArray[np.bool_]
    """(m,)"""
    unlit: NDArray[np.bool_]
    """(m,) whether it has no side that light could fall on: a point"""
    texels: Texels


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the picture is taken from, and how. Orthographic where `focal_px` is pixels for a metre."""

    eye: Vector
    right: Vector
    up: Vector
    forward: Vector
    focal_px: float
    width: int
    height: int
    near: float
    is_orthographic: bool = False

    @property
    def frame(self) -> NDArray[np.float64]:
        """(4, 3): eye, right, up, forward."""
        return np.array([self.eye, self.right, self.up, self.forward])


@dataclass(frozen=True, slots=True)
class Film:
    """What a camera sees, by row and column."""

    face: Integers
    """(h, w) number of the face; -1: none"""
    weights: Singles
    """(h, w, 2) of its second and third corner"""
    depth: Singles
    """(h, w) metres along the camera's forward; infinite: nothing"""


def looking(eye: Vector, target: Vector, *, fov: float, width: int, height: int, near: float = 0.05) -> Camera:
    """A camera that looks from one point to another, +y up; `fov` in radians from the bottom to the top."""
    forward = _unit(np.subtract(target, eye), fallback=(0.0, 0.0, -1.0))
    right = _unit(np.cross(forward, (0.0, 1.0, 0.0)), fallback=(1.0, 0.0, 0.0))
    up = np.cross(right, forward)
    focal = height / (2.0 * math.tan(fov / 2.0))
    return Camera(eye, _vector(right), _vector(up), _vector(forward), focal, width, height, near)


def texels_of(images: Sequence[Bytes]) -> Texels:
    """Images (h, w, 4) with all their halves."""
    levels: list[tuple[int, int, int]] = []
    parts: list[Bytes] = []
    first, at = [], 0
    for image in images:
        first.append(len(levels))
        now = image
        while True:
            height, width = now.shape[:2]
            levels.append((at, width, height))
            parts.append(now.reshape(-1, 4))
            at += width * height
            if width < 2 or height < 2:
                break
            now = halved(now)
    return Texels(
        np.concatenate(parts) if parts else np.zeros((0, 4), np.uint8),
        np.array(levels, np.int32).reshape(-1, 3),
        np.array([*first, len(levels)], np.int32),
    )


def halved(image: Bytes) -> Bytes:
    """An image (h, w, 4) with every four texels as their mean; an odd row or column at the end is left out."""
    height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    parts = image[:height, :width].reshape(height // 2, 2, width // 2, 2, 4).astype(np.uint16)
    found: Bytes = ((parts.sum(axis=(1, 3), dtype=np.uint16) + 2) // 4).astype(np.uint8)
    return found


def drawn(faces: Faces, camera: Camera, *, faint: bool = True) -> Film:
    """What the camera sees of faces; without `faint`, of what is certain only."""
    shape = camera.height, camera.width
    near = np.full(shape, -np.inf)
    face = np.full(shape, -1, np.int32)
    weights = np.zeros((*shape, 2), np.float32)
    texels = faces.texels
    _draw(
        faces.corners, faces.uvs, faces.image, faces.holes, faces.faint,
        texels.values, texels.levels, texels.first,
        camera.frame, camera.focal_px, camera.near, camera.is_orthographic, faint,
        near, face, weights,
    )  # fmt: skip
    with np.errstate(divide="ignore"):
        depth = -near if camera.is_orthographic else np.where(face >= 0, 1.0 / near, np.inf)
    return Film(face, weights, depth.astype(np.float32))


def _vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = values.tolist()
    return x, y, z


def _unit(values: NDArray[np.float64], *, fallback: Vector) -> NDArray[np.float64]:
    length = float(np.linalg.norm(values))
    return values / length if length > _SMALLEST else np.array(fallback)


@njit(cache=True, nogil=True, error_model="numpy")
def alpha_at(
    values: Bytes, levels: Integers, first: Integers, image: int, u: float, v: float
) -> float:  # pragma: no cover - compiled
    """Alpha, 0 to 255, of the texel at (u, v) of an image that repeats."""
    begin, width, height = levels[first[image]]
    x = min(int((u - math.floor(u)) * width), width - 1)
    y = min(int((v - math.floor(v)) * height), height - 1)
    return float(values[begin + y * width + x, 3])


@njit(cache=True, nogil=True, error_model="numpy")
def _draw(  # noqa: C901 - one walk over faces
    corners: Singles,
    uvs: Singles,
    image: Integers,
    holes: NDArray[np.bool_],
    is_faint: NDArray[np.bool_],
    values: Bytes,
    levels: Integers,
    first: Integers,
    frame: NDArray[np.float64],
    focal: float,
    near: float,
    orthographic: bool,
    with_faint: bool,
    nearness: NDArray[np.float64],
    face: Integers,
    weights: Singles,
) -> None:  # pragma: no cover - compiled
    """Nearness is 1 / depth, or -depth where the camera is orthographic: both are linear over the picture."""
    height, width = nearness.shape
    # Corners in the camera's frame, each with its weights in the face; clipping leaves at most four.
    given = np.empty((3, 6))
    part = np.empty((4, 6))
    px, py, pn = np.empty(4), np.empty(4), np.empty(4)
    for m in range(len(corners)):
        if is_faint[m] and not with_faint:
            continue
        for c in range(3):
            x = corners[m, c, 0] - frame[0, 0]
            y = corners[m, c, 1] - frame[0, 1]
            z = corners[m, c, 2] - frame[0, 2]
            for a in range(3):
                given[c, a] = x * frame[a + 1, 0] + y * frame[a + 1, 1] + z * frame[a + 1, 2]
            for a in range(3):
                given[c, 3 + a] = 1.0 if a == c else 0.0
        count = 0
        for c in range(3):
            d = (c + 1) % 3
            inside, next_inside = given[c, 2] >= near, given[d, 2] >= near
            if inside:
                part[count] = given[c]
                count += 1
            if inside != next_inside:
                share = (near - given[c, 2]) / (given[d, 2] - given[c, 2])
                for a in range(6):
                    part[count, a] = given[c, a] + share * (given[d, a] - given[c, a])
                count += 1
        if count < 3:
            continue
        for c in range(count):
            scale = focal if orthographic else focal / part[c, 2]
            px[c] = 0.5 * width + part[c, 0] * scale
            py[c] = 0.5 * height - part[c, 1] * scale
            pn[c] = -part[c, 2] if orthographic else 1.0 / part[c, 2]
        for last in range(2, count):
            i, j, k = 0, last - 1, last
            area = (px[j] - px[i]) * (py[k] - py[i]) - (px[k] - px[i]) * (py[j] - py[i])
            if not abs(area) > _SMALLEST:  # not a number, too
                continue
            low_x = min(px[i], px[j], px[k])
            high_x = max(px[i], px[j], px[k])
            low_y = min(py[i], py[j], py[k])
            high_y = max(py[i], py[j], py[k])
            if high_x < 0.0 or high_y < 0.0 or low_x > width or low_y > height:
                continue
            x0, x1 = max(math.ceil(low_x - 0.5), 0), min(math.floor(high_x - 0.5), width - 1)
            y0, y1 = max(math.ceil(low_y - 0.5), 0), min(math.floor(high_y - 0.5), height - 1)
            # Weights of corners i and j: 0 at the other end, 1 at the corner, linear over the picture.
            step_ix, step_iy = (py[j] - py[k]) / area, (px[k] - px[j]) / area
            step_jx, step_jy = (py[k] - py[i]) / area, (px[i] - px[k]) / area
            for row in range(y0, y1 + 1):
                y = row + 0.5
                wi = ((x0 + 0.5) - px[k]) * step_ix + (y - py[k]) * step_iy
                wj = ((x0 + 0.5) - px[k]) * step_jx + (y - py[k]) * step_jy
                for column in range(x0, x1 + 1):
                    wk = 1.0 - wi - wj
                    if wi >= -_RIM and wj >= -_RIM and wk >= -_RIM:
                        now = wi * pn[i] + wj * pn[j] + wk * pn[k]
                        if now > nearness[row, column] and not (is_faint[m] and row & 1 and column & 1):
                            if orthographic:
                                qi, qj, qk = wi, wj, wk
                            else:
                                qi, qj, qk = wi * pn[i] / now, wj * pn[j] / now, wk * pn[k] / now
                            b1 = qi * part[i, 4] + qj * part[j, 4] + qk * part[k, 4]
                            b2 = qi * part[i, 5] + qj * part[j, 5] + qk * part[k, 5]
                            shown = True
                            if holes[m] and image[m] >= 0:
                                b0 = 1.0 - b1 - b2
                                u = b0 * uvs[m, 0, 0] + b1 * uvs[m, 1, 0] + b2 * uvs[m, 2, 0]
                                v = b0 * uvs[m, 0, 1] + b1 * uvs[m, 1, 1] + b2 * uvs[m, 2, 1]
                                shown = alpha_at(values, levels, first, image[m], u, v) >= 128.0
                            if shown:
                                nearness[row, column] = now
                                face[row, column] = m
                                weights[row, column, 0] = b1
                                weights[row, column, 1] = b2
                    wi += step_ix
                    wj += step_jx
