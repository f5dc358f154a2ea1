"""A small tile of points, as the tiler writes them."""

from __future__ import annotations

import numpy as np

from pipeline.clouds import document
from tiling import points_code


def points_tile(count: int = 3_000) -> bytes:
    """Points on a slope, with echoes."""
    chance = np.random.default_rng(1)
    places = np.sort(chance.integers(0, 20_000, (count, 3)).astype(np.uint32), axis=0)
    echoes = np.zeros((count, 2), np.uint16)
    echoes[:, 0] = chance.integers(0, 200, count)
    order = np.arange(count, dtype=np.uint32)
    packed = points_code.packed(places, order, points_code.reach_of(places, order), intensity=echoes)
    return document.tile_glb(packed, step=np.full(3, 0.01), base=np.zeros(3))
