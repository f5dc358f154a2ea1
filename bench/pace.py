"""How fast the machine is at the moment: meshoptimizer alone, on one mesh that stays in a processor's cache.

Machines differ, and other work on a shared one takes its share of cache and memory, so a tiler's triangles a second say
little by themselves. Beside the pace of the same minutes they can be compared with those of other days. On an AMD EPYC
without other work it is 2.4 million triangles a second.
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from bench.inputs import torus
from tiling import meshopt

_SIDE = 181  # 65,522 triangles: 0.4 MB of positions
_TIMES = 9


def pace() -> float:
    """Million triangles a second of processor time that are simplified to half, positions alone; the median of nine."""
    surface = torus(_SIDE)
    positions = surface.positions.astype(np.float32)
    indices = meshopt.spatial_order(surface.triangles.astype(np.uint32), positions)
    order = meshopt.fetch_order(indices, len(positions))
    number = np.empty(len(positions), np.uint32)
    number[order] = np.arange(len(order), dtype=np.uint32)
    indices, positions = number[indices], np.ascontiguousarray(positions[order])
    nothing, free = np.zeros((len(positions), 0), np.float32), np.zeros(len(positions), np.bool_)
    taken = []
    for _ in range(_TIMES):
        start = time.process_time()
        meshopt.simplify(indices, positions, nothing, nothing[0], free, target_triangles=len(indices) // 2)
        taken.append(time.process_time() - start)
    return len(indices) / median(taken) / 1e6
