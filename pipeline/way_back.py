"""The way back: points on tiles are held against the original, once all tiles are there."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import stages
from pipeline.graph import Task, key
from tiling import error, extent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from pipeline.level import Level
    from pipeline.results import Results

_NARROW = 3  # halvings above the leaves up to which a tile is


def distances(
    levels: Sequence[Level],
    results: Results,
    run: Callable[[Sequence[Task]], list[Any]],
    told: Callable[[int, Iterable[bytes]], str],
) -> dict[tuple[int, int], stages.Distances]:
    """By level, finest first, and tile the distances from its surface to the original; of leaves none.

    `run` gives the receipts of tasks in order; `told` is what stands for their arguments in keys.
    """
    leaves = levels[0]
    low = np.array([receipt.low for receipt in leaves.receipts], np.float32)
    high = np.array([receipt.high for receipt in leaves.receipts], np.float32)
    samples: list[tuple[int, int, error.Samples]] = []
    # Points on wide tiles are asked for apart: an edit moves them everywhere, and there are few near each leaf.
    wanted: dict[tuple[int, bool], list[tuple[int, NDArray[np.int64]]]] = defaultdict(list)
    for number, level in enumerate(levels[1:], start=1):
        is_wide = level.shift > _NARROW
        for tile, file in level.files.items():
            points: error.Samples = results.get(file.key, stages.POINTS)
            if not len(points.points):
                continue  # it has no area, on its grid
            reach = np.float32(file.receipt.forward.bound)
            lacking = np.ones(len(points.points), bool)
            own_low, own_high = extent.low_high(points.points)
            near = np.flatnonzero(((low <= own_high + reach) & (high >= own_low - reach)).all(axis=1))
            for leaf in near.tolist():
                rows = extent.inside(points.points, low[leaf] - reach, high[leaf] + reach)
                if len(rows):
                    lacking[rows] = False
                    wanted[leaf, is_wide].append((len(samples), rows))
            far = np.flatnonzero(lacking)
            # What is out of reach of every leaf asks the one whose box is nearest.
            nearest = extent.nearest_box(points.points[far], low, high)
            # (`np.unique` would load `numpy.ma` first.)
            for leaf in np.flatnonzero(np.bincount(nearest)).tolist():
                wanted[leaf, is_wide].append((len(samples), far[nearest == leaf]))
            samples.append((number, tile, points))
    best = [np.full(len(points.points), np.inf, np.float32) for _, _, points in samples]
    tasks = []
    asked = sorted(wanted)
    for number, (leaf, is_wide) in enumerate(asked):
        points_near = np.concatenate([samples[which][2].points[rows] for which, rows in wanted[leaf, is_wide]])
        digest = told(number, (points_near.tobytes(),))
        name = key("back", leaves.receipts[leaf].digest, digest)
        tasks.append(Task(stages.back, name, {"leaf_key": leaves.keys[leaf], "points": points_near}))
    for group, found in zip(asked, run(tasks), strict=True):
        at = 0
        for which, rows in wanted[group]:
            best[which][rows] = np.minimum(best[which][rows], found[at : at + len(rows)])
            at += len(rows)
    return {
        (level, tile): stages.summary(own, points.weights)
        for (level, tile, points), own in zip(samples, best, strict=True)
    }
