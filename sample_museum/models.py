"""From shapes to models: the last step, where colours become bytes and metres become texture coordinates."""

from __future__ import annotations

import numpy as np

from sample_museum.solids import Shape, merge
from sample_museum.textures import material, span_m
from tiling.mesh import Model, Primitive


def model(shape: Shape) -> Model:
    """One primitive a material. Positions are rounded to a tenth of a millimetre: no shape here is finer."""
    parts = merge(shape)
    primitives = []
    for number, part in enumerate(parts):
        length = np.linalg.norm(part.normals, axis=1, keepdims=True)
        # Where a sheet shrinks to a point it has no normal of its own.
        normals = np.where(length > 1e-9, part.normals / np.maximum(length, 1e-9), np.array([0.0, 1.0, 0.0]))
        colours = np.ones((len(part.positions), 4))
        colours[:, :3] = np.clip(part.colours, 0, 1)
        uvs = part.uvs / span_m(part.material)
        # Whole repeats taken off, so that 32-bit floats keep their precision far from the origin.
        uvs = uvs - np.floor(uvs.min(axis=0))
        primitives.append(
            Primitive(
                positions=np.round(part.positions, 4),
                indices=np.ascontiguousarray(part.indices, dtype=np.uint32),
                normals=normals.astype(np.float32),
                uvs=uvs.astype(np.float32),
                colours=np.round(colours * 255).astype(np.uint8),
                material=number,
            )
        )
    return Model(tuple(primitives), tuple(material(part.material) for part in parts))
