"""How fine the grid of a level is: powers of two, that edges, errors and the widths of tiles ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tiling.patch import Patch

_MOST_STEPS = 65_533
_LOOKED_AT = 4096  # triangles


def middle_edge(patch: Patch) -> float:
    """The longest edge, metres, that half of the area by some triangles has no longer one than; 0 of an empty patch.

    By area, not by number: specks that a scan is full of must not tell how fine the grid of its surface is.
    """
    if not patch.triangles:
        return 0.0
    some = patch.indices[:: max(1, patch.triangles // _LOOKED_AT)]
    edges = patch.positions[some] - patch.positions[np.roll(some, 1, axis=1)]
    longest = np.linalg.norm(edges, axis=2).max(axis=1)
    areas = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1).astype(np.float64)
    order = np.argsort(longest, kind="stable")
    share = np.cumsum(areas[order])
    return float(longest[order[np.searchsorted(share, share[-1] / 2.0)]])


def leaf_step(short_edge: float, diagonal: float) -> float:
    """The grid of the finest level: an eighth of a short edge, or 2^-15 of the diagonal if that is less."""
    return max(min(short_edge / 8.0, diagonal / 2.0**15), diagonal / 2.0**24, 1e-12)


def grid_steps(wanted: float, widths: Sequence[float]) -> list[float]:
    """The steps of a level's tiles that are so wide, metres: as wanted, but of what is too wide for that coarser.

    A tile's border may move by half a neighbour's step, which counts as width.

    >>> grid_steps(0.001, [10.0, 1000.0])
    [0.0009765625, 0.015625]
    """
    steps = [grid_step(wanted, width) for width in widths]
    if min(steps) < max(steps):
        steps = [grid_step(wanted, width + 2.0 * max(steps)) for width in widths]
    return steps


def grid_step(wanted: float, widest: float = 0.0) -> float:
    """The power of two nearest to `wanted`, but so coarse that a tile of this width spans no more than 16 bits."""
    step = float(2.0 ** np.round(np.log2(wanted)))
    while widest / step > _MOST_STEPS:
        step *= 2.0
    return step
