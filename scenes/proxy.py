"""A group from afar as one surface: of each thing that step of its ladder which an error common to all allows.

The error is the least for which the triangles suffice (`TRIANGLES`), so a group's proxy is as true as it can be and no
thing is finer than the worst: triangles go where they lower the error. It is a bound against the things themselves, not
against the proxies below, so nothing adds up on the way to the root.

A crowd of more things than pyramids fit is shown by pyramids over several that stand side by side. Tried before, on a
thousand houses in a square of 632 m, with 3,500 triangles: collapsing edges of the merged proxies below keeps each part
whole until it vanishes (wrong by 377 m); merging vertices by cells of a grid loses what is smaller than a cell (81 m).
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenes.coarse import Ladder, box_corners, pyramids
from scenes.surface import Surface, encoded, joined
from scenes.transforms import Matrix

TRIANGLES = 6_000
MOST_BYTES = 12_300
"""of a proxy compressed by gzip, as of the root of an asset: with the answer to the upgrade and what greets a client it
comes in the first round trip of a connection (14 KB, RFC 6928)"""
_TRIES = 8
_PYRAMID = 4


@dataclass(frozen=True, slots=True)
class Thing:
    """Something in a group: its ladder, its transform as a matrix and the scale by which errors grow."""

    ladder: Ladder
    matrix: Matrix
    scale: float
    least: float
    """metres; error where its ladder is empty, so nothing of it is shown"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A group's proxy; no bytes where there is nothing to show."""

    data: bytes
    packed: bytes
    """by gzip"""
    error: float
    """metres"""
    triangles: int
    low: tuple[float, ...] = ()
    """corners of the box that the geometry fills"""
    high: tuple[float, ...] = ()


def proxy_of(
    things: Sequence[Thing], *, extras: Mapping[str, Any], triangles: int = TRIANGLES, most_bytes: int = MOST_BYTES
) -> Proxy:
    """The proxy of things in an order in which near ones follow each other, at most `most_bytes` bytes compressed.

    `extras` go into `asset.extras.chronotope`. The same input gives the same bytes.
    """
    shown = [thing for thing in things if thing.ladder]
    hidden = max((thing.least for thing in things if not thing.ladder), default=0.0)
    if not shown:
        return Proxy(b"", b"", hidden, 0)
    found = triangles
    for left in reversed(range(_TRIES)):
        surface, error = _surface(shown, found)
        made = encoded(surface, error, extras)
        packed = gzip.compress(made.data, 9, mtime=0)
        if (length := len(packed)) <= most_bytes or not left:
            break
        found = max(_PYRAMID, int(min(found, made.triangles) * min(0.95 * most_bytes / length, 0.9)))
    return Proxy(
        made.data, packed, max(error + made.deviation, hidden), made.triangles,
        low=tuple(made.low.tolist()), high=tuple(made.high.tolist()),
    )  # fmt: skip


def _surface(things: Sequence[Thing], triangles: int) -> tuple[Surface, float]:
    if len(things) * _PYRAMID > triangles:
        return _crowd(things, max(triangles // _PYRAMID, 1))
    chosen, error = _steps(things, triangles)
    parts = [thing.ladder[step].surface.placed(thing.matrix) for thing, step in zip(things, chosen, strict=True)]
    return joined(parts), error


def _steps(things: Sequence[Thing], triangles: int) -> tuple[list[int], float]:
    """The step of each thing for the least common error that the triangles suffice for, and that error."""
    # Most things are of few kinds: a kind is asked once.
    kinds: dict[tuple[int, float], int] = {}
    kind = [kinds.setdefault((id(thing.ladder), thing.scale), len(kinds)) for thing in things]
    ladders = {number: things[kind.index(number)].ladder for number in kinds.values()}
    errors = [np.array([step.error for step in ladders[n]]) * scale for (_, scale), n in kinds.items()]
    counts = [np.array([len(step.surface.triangles) for step in ladders[n]]) for n in kinds.values()]
    often = np.bincount(kind)
    candidates = np.unique(np.concatenate(errors))

    def steps(error: float) -> list[int]:
        return [max(int(own.searchsorted(error, side="right")) - 1, 0) for own in errors]

    first, last = 0, len(candidates) - 1
    while first < last:
        middle = (first + last) // 2
        found = steps(float(candidates[middle]))
        used = sum(int(own[step]) * int(n) for own, step, n in zip(counts, found, often, strict=True))
        first, last = (first, middle) if used <= triangles else (middle + 1, last)
    chosen = steps(float(candidates[first]))
    # What is finer than the common error all the same, because its ladder has no coarser step, does not count.
    return [chosen[n] for n in kind], max(float(own[step]) for own, step in zip(errors, chosen, strict=True))


def _crowd(things: Sequence[Thing], most: int) -> tuple[Surface, float]:
    """Pyramids over `most` runs of things, and metres that they may be wrong by."""
    ladders = {id(thing.ladder): thing.ladder for thing in things}
    known = {each: ladder[0].surface.box for each, ladder in ladders.items()}
    boxes = np.stack([known[id(thing.ladder)] for thing in things])
    matrices = np.stack([thing.matrix for thing in things])
    corners = np.einsum("nij,nkj->nki", matrices[:, :3, :3], boxes) + matrices[:, None, :3, 3]
    colours = np.stack([thing.ladder[-1].surface.colours[0] for thing in things])
    sizes = (np.ptp(corners, axis=1) ** 2).sum(axis=1, keepdims=True) + 1e-12
    first = ((np.arange(most) * len(things)) // most).astype(np.int64)
    low = np.minimum.reduceat(corners.min(axis=1), first)
    high = np.maximum.reduceat(corners.max(axis=1), first)
    mean = np.add.reduceat(colours * sizes, first) / np.add.reduceat(sizes, first)
    surface = pyramids(box_corners(low, high), mean.astype(np.float32))
    own = max(thing.ladder[-1].error * thing.scale for thing in things)
    return surface, own + pyramids(corners, colours).deviation_of(surface)
