"""How far points reach, and which have no place: one pass over a chunk in compiled code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.clouds.source import FARTHEST
from pipeline.compiled import njit
from scenes.errors import Malformed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Floats


@njit(cache=True, nogil=True)
def extent(positions: NDArray[Any], low: Floats, high: Floats) -> int:
    """Widen `low` and `high` (3,) by the points (n, 3) that are finite; how many are not."""
    x0, y0, z0, x1, y1, z1 = low[0], low[1], low[2], high[0], high[1], high[2]
    lost = 0
    for row in range(len(positions)):
        x, y, z = float(positions[row, 0]), float(positions[row, 1]), float(positions[row, 2])
        if not (abs(x) < np.inf and abs(y) < np.inf and abs(z) < np.inf):
            lost += 1
            continue
        x0, x1 = min(x0, x), max(x1, x)
        y0, y1 = min(y0, y), max(y1, y)
        z0, z1 = min(z0, z), max(z1, z)
    low[0], low[1], low[2], high[0], high[1], high[2] = x0, y0, z0, x1, y1, z1
    return lost


def nowhere() -> tuple[Floats, Floats]:
    """The extent of no points: lowest corner +inf, highest -inf."""
    return np.full(3, np.inf), np.full(3, -np.inf)


def checked(low: Floats, high: Floats, count: int, what: str) -> None:
    """See to it that there are points, and that they lie where something can lie.

    Raises:
        Malformed: they do not.
    """
    if count <= 0 or not (low <= high).all():
        raise Malformed(f"{what}: it has no points")
    if max(-low.min(), high.max()) > FARTHEST:
        raise Malformed(f"{what}: a point lies {max(-low.min(), high.max()):.3g} units off; at most {FARTHEST:.0e}")
