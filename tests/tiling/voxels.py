"""Solids of cubes, whose volumes are known, as closed surfaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tiling.mesh import Indices, Singles


def voxels(solid: NDArray[np.bool_], size: float = 0.01) -> tuple[Singles, Indices]:
    """The surface of cubes of `size` metres: positions and triangles, facing outwards, each corner once."""
    padded = np.pad(solid, 1)
    quads = []
    for axis in range(3):
        around = np.eye(3, dtype=np.int64)[[(axis + 1) % 3, (axis + 2) % 3]]
        for side in (0, 1):
            open_cells = np.argwhere(padded & ~np.roll(padded, 1 - 2 * side, axis)) - 1
            corner = open_cells + side * np.eye(3, dtype=np.int64)[axis]
            turns = [corner, corner + around[0], corner + around[0] + around[1], corner + around[1]]
            quads.append(np.stack(turns if side else turns[::-1], axis=1))
    corners, number = np.unique(np.concatenate(quads).reshape(-1, 3), axis=0, return_inverse=True)
    quad = number.reshape(-1, 4)
    triangles = np.concatenate([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]])
    return (corners * size).astype(np.float32), triangles.astype(np.uint32)
