"""Tiles made by hand for tests: a few triangles whose every number a reader can follow."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from scenes import glb, gltf_build
from tiling import meshopt
from tiling.mesh import Material
from tiling.quantize import Piece, Quantised, Stream

Point = tuple[float, float, float]
STEP = 1 / 256

# The corners of a cube, numbered by x + 2y + 4z, and its twelve triangles, counter-clockwise from outside.
_FACES = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
CUBE = np.array([t for a, b, c, d in _FACES for t in ((a, b, c), (a, c, d))], np.uint32)


def cube_glb(
    low: Point,
    high: Point,
    *,
    material: Material | None = None,
    image: gltf_build.TileImage | None = None,
    times: int = 1,
) -> bytes:
    """A tile with the twelve triangles of a box (`times` over), y up; corners are multiples of 1/256 m."""
    base = np.rint(np.array(low) / STEP) * STEP
    size = np.rint((np.array(high) - base) / STEP).astype(int)
    corners = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)])
    rows = np.zeros((8, 4), "<u2")
    rows[:, :3] = corners * size
    normals = (corners * 2.0 - 1.0) / np.sqrt(3.0)
    uvs = np.rint(corners[:, :2] * 65_535.0).astype("<u2")
    triangles = np.tile(CUBE, (times, 1))
    piece = Piece(
        material=0,
        vertices=8,
        triangles=len(triangles),
        positions=Stream(meshopt.encode_vertices(rows), 8),
        low=(0, 0, 0),
        high=(int(size[0]), int(size[1]), int(size[2])),
        indices=meshopt.encode_indices(triangles, 8),
        index_size=2,
        normals=Stream(meshopt.encode_vertices(meshopt.encode_oct8(normals.astype(np.float32))), 4, octahedral=True),
        uvs=None if image is None else Stream(meshopt.encode_vertices(uvs), 4),
    )
    geometry = Quantised(base, STEP, (piece,), np.array(low, float), np.array(high, float))
    images = {} if image is None else {0: {"base_colour": image}}
    return gltf_build.tile_glb(geometry, {0: material or Material(name="stone")}, images)


def edited(data: bytes, change: Callable[[dict[str, Any]], object], binary: bytes | None = None) -> bytes:
    """A GLB with its document changed in place, and perhaps another binary chunk."""
    parts = glb.read(data)
    document = json.loads(parts.json)
    change(document)
    return glb.write(json.dumps(document).encode(), parts.binary.tobytes() if binary is None else binary)
