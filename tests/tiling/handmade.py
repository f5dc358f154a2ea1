"""Tiles made by hand for tests: a few triangles whose every number a reader can follow."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
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
    groups: Sequence[Sequence[int]] = (),
    features: Sequence[int] = (),
) -> bytes:
    """A tile with the twelve triangles of a box (`times` over), y up; corners are multiples of 1/256 m.

    `groups` are numbers of triangles of `CUBE`, `features` those of the eight corners, of two features.
    """
    base = np.rint(np.array(low) / STEP) * STEP
    size = np.rint((np.array(high) - base) / STEP).astype(int)
    corners = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)])
    rows = np.zeros((8, 4), "<u2")
    rows[:, :3] = corners * size
    normals = (corners * 2.0 - 1.0) / np.sqrt(3.0)
    uvs = np.rint(corners[:, :2] * 65_535.0).astype("<u2")
    triangles = CUBE[[at for group in groups for at in group]] if groups else np.tile(CUBE, (times, 1))
    ends = np.cumsum([0, *map(len, groups)]).tolist()
    places = np.zeros((8, 2), "<u2")
    places[:, 0] = features or 0
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
        features=Stream(meshopt.encode_vertices(places), 4) if features else None,
        ranges=tuple((3 * a, 3 * (b - a)) for a, b in pairwise(ends)),
    )
    named = (5, 7) if features else ()
    geometry = Quantised(base, STEP, (piece,), np.array(low, float), np.array(high, float), named)
    images = {} if image is None else {0: {"base_colour": image}}
    names = {5: "door", 7: "wall"} if features else None
    return gltf_build.tile_glb(geometry, {0: material or Material(name="stone")}, images, names=names)


def edited(data: bytes, change: Callable[[dict[str, Any]], object], binary: bytes | None = None) -> bytes:
    """A GLB with its document changed in place, and perhaps another binary chunk."""
    parts = glb.read(data)
    document = json.loads(parts.json)
    change(document)
    return glb.write(json.dumps(document).encode(), parts.binary.tobytes() if binary is None else binary)
