"""How far a tile lies from the original, measured.

Points are scattered over the original surface, each for the same share of a leaf's area, and carried up the tree; their
distances to what a client will see of a tile are taken, and to its neighbours, where those are nearer: near the rim the
nearest surface is theirs. Points on the tile are measured against the original in the same way. Distances are exact for
each point; the error is the quantile `QUANTILE` by area, of the direction where that is larger.

From few points the quantile is itself uncertain, so `SAFETY` times it is written. Of pieces of 36,000 to 560,000
triangles, simplified to 1/4, 1/16 and 1/64, drawn a thousand times each and compared with a million points each way
(share of the figures that were below the truth / above twice the truth, mean of all pieces, worst piece in brackets):

    points  factor  bronze scan, 11 pieces          terrain in steps, 8 pieces      spread of the plain quantile
     4,000  1.25    0 / 0                           2.5 % (7.4) / 0.3 % (1.6)       4 to 7 %, 8 to 13 % on terrain
     4,000  1.4     0 / 0                           0.2 % (0.9) / 1.2 % (4.3)
     8,000  1.25    0 / 0                           0.4 % (1.7) / 0                 3 to 5 %, 6 to 13 % on terrain
     8,000  1.3     0 / 0                           0.05 % (0.4) / 0.03 % (0.1)
     8,000  1.35    0 / 0                           0.01 % (0.1) / 0.05 % (0.2)
    16,000  1.25    0 / 0                           0 / 0                           2 to 3 %, 3 to 6 % on terrain

A higher rank instead of a factor (the 99.9 % quantile's upper bound at 1, 1.5 or 2 standard deviations) was tried: with
as few figures below the truth, ten to a hundred times as many were above twice the truth. Where a part of just about a
thousandth of the area is gone (3 more pieces of terrain) the quantile jumps, and no number of points settles it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiling import distance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Floats, Singles
    from tiling.patch import Patch

SAMPLES = 8_000
QUANTILE = 0.999
SAFETY = 1.35


@dataclass(frozen=True, slots=True)
class Samples:
    """Points (k, 3) on a surface, and how much of it each stands for (k,), square metres."""

    points: Singles
    weights: Singles

    @property
    def area(self) -> float:
        """Of the whole surface."""
        return float(self.weights.sum(dtype=np.float64))


def scatter(patch: Patch, count: int = SAMPLES) -> Samples:
    """`count` points on a patch, evenly by area, near ones after one another; the same every time."""
    return scatter_on(patch, count)[0]


def scatter_on(patch: Patch, count: int) -> tuple[Samples, NDArray[np.int64]]:
    """Like `scatter`, with the triangle (k,) that each point lies on."""
    sizes = distance.areas(patch.positions, patch.indices)
    points, owner = distance.scatter(patch.positions, patch.indices, count, sizes=sizes)
    area = float(sizes.sum())
    return Samples(points, np.full(len(points), area / max(len(points), 1), np.float32)), owner


def thinned(parts: Sequence[Samples], count: int = SAMPLES) -> Samples:
    """About `count` points of several patches together, from each as many as its area asks for, if it has them."""
    areas = np.array([part.area for part in parts])
    total = max(float(areas.sum()), 1e-300)
    points, weights = [], []
    for part, area in zip(parts, areas, strict=True):
        wanted = min(len(part.points), int(np.ceil(count * area / total)))
        chosen = (np.arange(wanted) * len(part.points)) // max(wanted, 1)
        points.append(part.points[chosen])
        share = part.weights[chosen]
        weights.append(share * np.float32(area / max(float(share.sum(dtype=np.float64)), 1e-300)))
    return Samples(np.concatenate(points), np.concatenate(weights))


def distances(points: Singles, patches: Sequence[Patch]) -> Singles:
    """The distance (k,) of each point to the nearest of several surfaces; the likeliest should come first."""
    best = np.full(len(points), np.inf, np.float32)
    for patch in patches:
        distance.lower(patch.positions, patch.indices, points, best=best)
    return best


def quantile(values: Singles, weights: Singles) -> float:
    """The value that `QUANTILE` of the weight does not exceed; 0 of nothing.

    A point stands for its share of the area, so its rank is the middle of that; between two, a mean.

    >>> quantile(np.arange(2000, dtype=np.float32), np.ones(2000, np.float32))
    1997.5
    """
    if not len(values):
        return 0.0
    order = np.argsort(values, kind="stable")
    share = weights[order].astype(np.float64)
    middles = np.cumsum(share) - share / 2.0
    return float(np.interp(QUANTILE * share.sum(), middles, values[order]))


def root_mean_square(values: Singles, weights: Singles) -> float:
    """Of distances, weighed by area; 0 of nothing."""
    total = float(weights.sum(dtype=np.float64))
    return float(np.sqrt((weights * values.astype(np.float64) ** 2).sum() / total)) if total > 0.0 else 0.0


def lattice(n: int) -> Floats:
    """Barycentric weights of the n² centroids of a triangle cut n-fold."""
    i, j = (index.reshape(-1) for index in np.mgrid[0:n, 0:n])
    up = i + j < n
    down = i + j < n - 1
    first = np.concatenate([i[up] + 1 / 3, i[down] + 2 / 3]) / n
    second = np.concatenate([j[up] + 1 / 3, j[down] + 2 / 3]) / n
    return np.stack([1.0 - first - second, first, second], axis=1)
