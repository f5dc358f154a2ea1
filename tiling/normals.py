"""Normals for models that bring none: smooth over scanned surfaces, hard at the edges of built ones."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tiling import meshopt

if TYPE_CHECKING:
    from tiling.mesh import Floats, Primitive

_CREASE_COSINE = float(np.cos(np.radians(40.0)))
# A scan's noise makes a few corners that look like creases; a built thing has many. Between 2 % (the raw scans tried)
# and 30 % (boxes, mouldings) lies a wide gap.
_BUILT_SHARE = 0.1


def with_normals(primitive: Primitive) -> Primitive:
    """The primitive with normals: averaged over all triangles at a position, weighed by area.

    Where many corners turn away from that average by more than 40° the thing has edges, and such corners get the normal
    of their own triangle and a vertex of their own. A primitive that has normals is given back as it is.
    """
    if primitive.normals is not None or not len(primitive.indices):
        return primitive
    # Every corner at a position counts, also across seams of texture coordinates.
    place, count = meshopt.remap(primitive.positions + 0.0)
    p, q, r = (primitive.positions[primitive.indices[:, corner]] for corner in range(3))
    face = np.cross(q - p, r - p)
    total = np.zeros((count, 3))
    corner_places = place[primitive.indices]
    for axis in range(3):
        total[:, axis] = np.bincount(corner_places.reshape(-1), np.repeat(face[:, axis], 3), minlength=count)
    smooth = _unit(total)
    flat = _unit(face)
    turn = np.einsum("ijk,ik->ij", smooth[corner_places], flat)
    hard = turn < _CREASE_COSINE
    if np.count_nonzero(hard) <= _BUILT_SHARE * hard.size:
        return replace(primitive, normals=smooth[place].astype(np.float32))
    indices = primitive.indices.reshape(-1).copy()
    own = np.flatnonzero(hard.reshape(-1))
    source = np.concatenate([np.arange(len(primitive.positions)), indices[own]])
    indices[own] = len(primitive.positions) + np.arange(len(own))
    return replace(
        primitive,
        positions=primitive.positions[source],
        normals=np.concatenate([smooth[place], flat[own // 3]]).astype(np.float32),
        uvs=None if primitive.uvs is None else primitive.uvs[source],
        colours=None if primitive.colours is None else primitive.colours[source],
        indices=indices.reshape(-1, 3).astype(np.uint32),
    )


def _unit(vectors: Floats) -> Floats:
    """Unit vectors; up where there is no direction."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    out: Floats = np.where(length > 0.0, vectors / np.where(length > 0.0, length, 1.0), (0.0, 1.0, 0.0))
    return out
