"""A coloured surface of triangles, and how it becomes and comes from a GLB: what proxies are made of.

No normals: a reader shades such triangles flat (glTF 2.0, 3.7.2.1), from afar nobody sees the difference, vertices
need not be doubled at edges, and there is a third less to send. No textures: colours stand at the vertices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from scenes import glb
from scenes.gltf_build import tile_glb
from scenes.transforms import Matrix
from tiling import content, error
from tiling.mesh import Material
from tiling.patch import Layout, Patch, coarse_origin, welded
from tiling.quantize import quantise
from tiling.simplify import simplify

LAYOUT = Layout(normals=False, uvs=False, colours=True)
_MATERIAL = Material(name="proxy", roughness=1.0, double_sided=True)
"""seen from both sides, because what is simplified so far may be turned inside out"""
_SAMPLES = 4_000
_HALF_DIAGONAL = float(np.sqrt(0.75))
"""of a cell of the grid, in steps"""
_MOST_STEPS = 60_000
_FINER = 12.0
"""an error is more often of what is missing than of where things stand: at a quarter, houses stood in the wrong rows"""


@dataclass(frozen=True, slots=True)
class Surface:
    """Positions (n, 3) in metres, linear colours (n, 4) of 0 to 1, triangles (m, 3)."""

    positions: NDArray[np.float64]
    colours: NDArray[np.float32]
    triangles: NDArray[np.uint32]

    def placed(self, matrix: Matrix) -> Surface:
        """The surface as transformed. One that is mirrored keeps its outside out."""
        moved = self.positions @ matrix[:3, :3].T + matrix[:3, 3]
        (a, b, c), (d, e, f), (g, h, i) = matrix[:3, :3].tolist()
        # The determinant by hand: the library's takes as long as all the rest.
        mirrored = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) < 0
        return Surface(moved, self.colours, self.triangles[:, ::-1] if mirrored else self.triangles)

    @property
    def box(self) -> NDArray[np.float64]:
        """The corners (8, 3) of the box around it, those of the base first."""
        ends = np.stack([self.positions.min(axis=0), self.positions.max(axis=0)])
        return np.array([[ends[x, 0], ends[y, 1], ends[z, 2]] for y in (0, 1) for x in (0, 1) for z in (0, 1)])

    def deviation_of(self, other: Surface) -> float:
        """Metres between the two surfaces, measured both ways."""
        origin = self.positions.mean(axis=0)
        return _apart(_patch_of(self, origin), _patch_of(other, origin))

    def mean_colour(self) -> NDArray[np.float32]:
        """The colour (4,) of the triangles, by area; grey where there are none."""
        if not len(self.triangles):
            return np.array([0.5, 0.5, 0.5, 1.0], np.float32)
        a, b, c = (self.positions[self.triangles[:, corner]] for corner in range(3))
        areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) + 1e-30
        shades = self.colours[self.triangles].mean(axis=1)
        mean: NDArray[np.float32] = ((areas[:, None] * shades).sum(axis=0) / areas.sum()).astype(np.float32)
        return mean


NOTHING = Surface(np.zeros((0, 3)), np.zeros((0, 4), np.float32), np.zeros((0, 3), np.uint32))


@dataclass(frozen=True, slots=True)
class Encoded:
    """A surface as a GLB. `deviation`: metres that vertices moved by at most, onto the grid."""

    data: bytes
    deviation: float
    triangles: int
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def joined(surfaces: Sequence[Surface]) -> Surface:
    """Surfaces side by side."""
    if not surfaces:
        return NOTHING
    starts = np.cumsum([0] + [len(each.positions) for each in surfaces])
    return Surface(
        np.concatenate([each.positions for each in surfaces]),
        np.concatenate([each.colours for each in surfaces]),
        np.concatenate(
            [each.triangles + np.uint32(start) for each, start in zip(surfaces, starts[:-1], strict=True)]
        ).astype(np.uint32),
    )


def simplified(surface: Surface, triangles: int) -> tuple[Surface, float]:
    """About so many triangles at most, by collapsing edges, and metres of deviation."""
    origin = coarse_origin(surface.positions.min(axis=0), surface.positions.max(axis=0))
    patch = _patch_of(surface, origin)
    if patch.triangles <= triangles:
        return surface, 0.0
    found = simplify(patch, LAYOUT, target_triangles=triangles, leaves=(0, 0)).patch
    return Surface(found.positions.astype(np.float64) + origin, found.attributes, found.indices), _apart(patch, found)


def encoded(surface: Surface, error_m: float, extras: Mapping[str, Any] | None = None) -> Encoded:
    """A surface that has triangles as a GLB, on a grid that moves no vertex by more than a twelfth of `error_m`.

    (If the surface is so large that it does not fit 16 bits, it is as fine as it can be.) `extras` go into
    `asset.extras.chronotope`. The same input gives the same bytes.
    """
    low, high = surface.positions.min(axis=0), surface.positions.max(axis=0)
    origin = coarse_origin(low, high)
    step = _step(error_m / _FINER / _HALF_DIAGONAL, float((high - low).max()))
    quantised = quantise(
        _patch_of(surface, origin), LAYOUT, step=step, origin=origin, uvs_of=lambda _: None, textured=lambda _: False
    )  # fmt: skip
    data = tile_glb(quantised, {0: _MATERIAL}, {})
    if extras:
        parts = glb.read(data)
        document = orjson.loads(parts.json)
        document["asset"]["extras"] = {"chronotope": dict(extras)}
        data = glb.write(orjson.dumps(document), bytes(parts.binary))
    triangles = sum(piece.triangles for piece in quantised.pieces)
    return Encoded(data, step * _HALF_DIAGONAL, triangles, quantised.low, quantised.high)


def decoded(data: bytes) -> Surface:
    """The surface of a GLB that `encoded` made.

    Raises:
        tiling.errors.BadContent: it is no such GLB.
    """
    model = content.read(data)
    parts = []
    for placed, primitive in zip(content.placed(model), model.document["meshes"][0]["primitives"], strict=True):
        colours: NDArray[np.float32] = np.ones((len(placed.positions), 4), np.float32)
        if "COLOR_0" in primitive["attributes"]:  # left out where all is white
            shades = content.accessor(model, primitive["attributes"]["COLOR_0"])
            colours = (shades / np.float32(255.0)).astype(np.float32)
        parts.append(Surface(placed.positions, colours, placed.triangles.astype(np.uint32)))
    return joined(parts)


def _apart(one: Patch, other: Patch) -> float:
    """Metres between two surfaces, measured both ways as the tiler measures its tiles (`tiling.error`)."""
    found = 0.0
    for points, surface in ((one, other), (other, one)):
        samples = error.scatter(points, _SAMPLES)
        found = max(found, error.quantile(error.distances(samples.points, [surface]), samples.weights))
    return found * error.SAFETY


def _patch_of(surface: Surface, origin: NDArray[np.float64]) -> Patch:
    """The surface as the tiler works on it, about `origin`, equal vertices made one."""
    count = len(surface.positions)
    return welded(
        Patch(
            positions=(surface.positions - origin).astype(np.float32) + np.float32(0.0),
            attributes=np.ascontiguousarray(surface.colours, np.float32),
            material=np.zeros(count, np.int32),
            leaves=np.zeros((count, 4), np.int32),
            indices=np.ascontiguousarray(surface.triangles, np.uint32),
        )
    )


def _step(wanted: float, size: float) -> float:
    """The power of two at most as large as an error, but so that a surface of this size fits 16 bits."""
    least = size / _MOST_STEPS
    return float(2.0 ** max(np.floor(np.log2(max(wanted, 1e-9))), np.ceil(np.log2(max(least, 1e-9)))))
