"""Normals from the shape: of the triangles at a place, each as much as its area is.

A level that is simplified without regard to normals needs a third less time. Measured on pieces of a statue of 137,000
triangles brought to a quarter, against the normals of the original, root mean squares in degrees: with normals as
attributes 5.9 to 6.7; without, 7.7 to 9.3 where vertices keep their own, and 6.0 to 7.1 where normals are these; the
distance from the original grows by a hundredth. On terrain in steps it is 10.5, 16.2 and 12.6: there they are worth it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from tiling import meshopt

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Indices, Singles
    from tiling.patch import Layout, Patch


def shaded(patch: Patch, layout: Layout, held: NDArray[np.bool_]) -> Patch:
    """The patch with normals from its shape, but at vertices that are `held` (n,): neighbours have those, too."""
    if not layout.normals:
        return patch
    place, count = meshopt.remap(patch.positions)
    attributes = patch.attributes.copy()
    attributes[~held, layout.normal_columns] = 0.0
    fill(
        attributes,
        layout.normal_columns.start,
        sums(patch.positions, patch.indices, place, count),
        place.view(np.int32),
    )
    return replace(patch, attributes=attributes)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def sums(
    positions: Singles, indices: Indices, place: NDArray[np.uint32], count: int
) -> Singles:  # pragma: no cover - compiled
    """By place the sum of the normals of its triangles, each as long as twice its area."""
    out = np.zeros((count, 3), np.float64)
    for triangle in range(len(indices)):
        a, b, c = indices[triangle, 0], indices[triangle, 1], indices[triangle, 2]
        ux, uy, uz = (
            np.float64(positions[b, 0]) - positions[a, 0],
            np.float64(positions[b, 1]) - positions[a, 1],
            np.float64(positions[b, 2]) - positions[a, 2],
        )
        vx, vy, vz = (
            np.float64(positions[c, 0]) - positions[a, 0],
            np.float64(positions[c, 1]) - positions[a, 1],
            np.float64(positions[c, 2]) - positions[a, 2],
        )
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for vertex in (a, b, c):
            at = place[vertex]
            out[at, 0] += x
            out[at, 1] += y
            out[at, 2] += z
    return out.astype(np.float32)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def fill(
    attributes: Singles, column: int, sums: Singles, place: NDArray[np.int32]
) -> None:  # pragma: no cover - compiled
    """Give vertices whose normal is zero that of their place; up where it has none."""
    for vertex in range(len(attributes)):
        if attributes[vertex, column] or attributes[vertex, column + 1] or attributes[vertex, column + 2]:
            continue
        x, y, z = sums[place[vertex], 0], sums[place[vertex], 1], sums[place[vertex], 2]
        length = np.sqrt(x * x + y * y + z * z)
        if length > 0.0:
            x, y, z = x / length, y / length, z / length
        else:
            x, y, z = np.float32(0.0), np.float32(1.0), np.float32(0.0)
        attributes[vertex, column], attributes[vertex, column + 1], attributes[vertex, column + 2] = x, y, z
