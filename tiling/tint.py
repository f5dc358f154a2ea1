"""Colours at vertices in place of textures, for a root: it shall be there in one round trip, and an image is not."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tiling import meshopt
from tiling.error import lattice
from tiling.patch import Layout, materials_in, welded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tiling.mesh import Bytes, Floats
    from tiling.patch import Patch

_FOLDS = 4
"""a triangle's image is looked up at 16 points"""

_SHADES = 24

_STEPS = np.arange(256) / 255.0
_LINEAR = np.where(_STEPS <= 0.04045, _STEPS / 12.92, ((_STEPS + 0.055) / 1.055) ** 2.4)
"""IEC 61966-2-1 (sRGB), by the byte"""


def linear(colours: NDArray[np.uint8]) -> Floats:
    """Bytes of sRGB as linear numbers from 0 to 1.

    >>> linear(np.array([0, 255], np.uint8)).tolist()
    [0.0, 1.0]
    """
    found: Floats = _LINEAR[colours]
    return found


def _shades(colours: Floats) -> Floats:
    """Few shades of each channel, about as far apart to the eye: they take half the bytes."""
    found: Floats = (np.rint(np.sqrt(np.clip(colours, 0.0, 1.0)) * _SHADES) / _SHADES) ** 2
    return found


def tinted(
    patch: Patch, layout: Layout, images: Mapping[int, Bytes], means: Mapping[int, tuple[float, float, float]]
) -> tuple[Patch, Layout]:
    """The patch with colours in place of texture coordinates, and its new layout.

    `images` are by material the maps of base colour that its coordinates lie in, `means` linear colours of materials
    whose image is another; those in neither are white. Colours that vertices had before tint the new ones.
    """
    place, count = meshopt.remap(
        np.concatenate([patch.positions.view(np.uint32), patch.material[:, None].view(np.uint32)], axis=1)
    )
    sums, amounts = np.zeros((count, 3)), np.zeros(count)
    weights = lattice(_FOLDS)
    owners, present = materials_in(patch)
    for material in present:
        triangles = patch.indices[owners == material]
        if material in images:
            image = images[material]
            height, width = image.shape[:2]
            uvs = patch.attributes[triangles][:, :, layout.uv_columns]
            points = np.einsum("kc,tcx->tkx", weights, uvs)
            column = np.clip(points[..., 0] * width, 0, width - 1).astype(np.int64)
            row = np.clip(points[..., 1] * height, 0, height - 1).astype(np.int64)
            colours = linear(image[row, column, :3])
        else:
            colours = np.broadcast_to(means.get(material, (1.0, 1.0, 1.0)), (len(triangles), len(weights), 3))
        for corner in range(3):
            at = place[triangles[:, corner]]
            share = np.einsum("k,tkx->tx", weights[:, corner], colours)
            for channel in range(3):
                sums[:, channel] += np.bincount(at, share[:, channel], minlength=count)
            amounts += np.bincount(at, minlength=count) * weights[:, corner].sum()
    found = _shades((sums / np.maximum(amounts, 1e-12)[:, None])[place])
    before = patch.attributes[:, layout.colour_columns] if layout.colours else np.ones((len(found), 4))
    after = np.concatenate([found * before[:, :3], before[:, 3:]], axis=1).astype(np.float32)
    attributes = np.concatenate([patch.attributes[:, layout.normal_columns], after], axis=1)
    return welded(replace(patch, attributes=attributes)), Layout(normals=layout.normals, uvs=False, colours=True)
