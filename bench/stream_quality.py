"""How good a picture is over time, the same measure for every contender: what stands on the screen, never what arrived.

The *full* cut of a view is the fewest tiles that give its full detail: from the roots down, a tile is replaced by
those of its children that are in view as long as its own error exceeds the tolerance at its distance (3D Tiles 1.1,
screen-space error). Its files, each by gzip where that is less, are B, the fewest bytes.

*Quality*. Rays go through a grid of pixels; each belongs to the box of the full cut that it meets first, at the depth
where it meets it. There the picture has the error in pixels of the finest tile that is drawn on the path from the root
to that box, or of the full cut's tile if that is not finer. Quality is the share, summed over all pixels, of the
reduction from the root's error to the full cut's: 0 with nothing or roots only, 1 with full detail. Of a placement that
is one tile only, showing nothing counts as twice its error. Occlusion is that of boxes.

*Full detail* is reached when every tile of the full cut is drawn, or something finer in its place; it needs no pixel.

Times are seconds since the contender began to connect. Pure: views, trees and logs in, figures out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling.view import View, axes_of, distances, screen_errors, sees

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.stream_forest import Forest

HEADERS = 1.037
"""bytes on the wire over bytes of files: TCP, IP and framing at 1,500 bytes a packet"""
FRAME_S = 1 / 72
GRID = (160, 90)
NEAREST_M = 0.1
"""least depth of a pixel"""

Key = tuple[str, str]
"""placement, digest of the tile's GLB"""


@dataclass(frozen=True, slots=True)
class Shown:
    """What changed on the screen at a time."""

    at_s: float
    shown: tuple[Key, ...] = ()
    hidden: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The full cut of a view, and all that is above it."""

    paths: tuple[tuple[Key, ...], ...]
    """of each tile of the full cut, from its root down to it"""
    errors: tuple[tuple[float, ...], ...]
    """metres, along each path"""
    finer: tuple[frozenset[Key], ...]
    """children of each tile of the full cut: where they are drawn instead, it is as good"""
    weight: NDArray[np.float64]
    """of each tile: pixels it is seen at × pixels for a metre of error there"""
    least_bytes: int
    """B"""
    tiles: int
    tile_bytes: float
    """median of the full cut's files"""


@dataclass(frozen=True, slots=True)
class Curve:
    """Quality over time."""

    times: tuple[float, ...]
    quality: tuple[float, ...]
    first_s: float
    """when something was drawn; infinite: never"""
    full_s: float

    def reached(self, quality: float) -> float:
        """When the quality was there, and stayed; infinite: never."""
        when = math.inf
        for at, value in zip(reversed(self.times), reversed(self.quality), strict=True):
            if value < quality:
                break
            when = at
        return when


def limit_s(least_bytes: float, *, rtt_ms: float, mbit: float, round_trips: float = 2.0) -> float:
    """The time that no contender can beat: round trips to connect and ask, and B at the link's rate.

    >>> round(limit_s(8.18e6, rtt_ms=50, mbit=50), 3)
    1.457
    """
    return round_trips * rtt_ms / 1e3 + HEADERS * least_bytes * 8 / (mbit * 1e6)


def wanted(
    forest: Forest, placements: Sequence[str], view: View, error_px: float, *, weigh: Callable[[str], int]
) -> Wanted:
    """The full cut of `view`; `placements` names each tree of the forest.

    `weigh` gives the bytes of a file on the wire, by its name as it is served (`<sha256>.glb`, and shared images).
    """
    distance = distances(view, forest.box)
    seen = sees(view, forest.box)
    pixels = screen_errors(view, forest.error, distance)

    def key(tile: int) -> Key:
        return placements[int(forest.tree[tile])], forest.content[tile]

    cut: list[tuple[int, ...]] = []
    waiting: list[tuple[int, ...]] = [(root,) for root in forest.roots if seen[root]]
    while waiting:
        path = waiting.pop()
        below = forest.children[path[-1]]
        if below and pixels[path[-1]] > error_px:
            waiting += [(*path, child) for child in below if seen[child]]
        else:
            cut.append(path)
    cut.sort(key=lambda path: path[-1])
    names = {name for path in cut for name in forest.needs[path[-1]]}
    files = {name: weigh(f"{name}.glb") for name in {forest.content[path[-1]] for path in cut}}
    return Wanted(
        paths=tuple(tuple(key(tile) for tile in path) for path in cut),
        errors=tuple(tuple(float(forest.error[tile]) for tile in path) for path in cut),
        finer=tuple(frozenset(key(child) for child in forest.children[path[-1]]) for path in cut),
        weight=_weights(view, forest.box[[path[-1] for path in cut]]),
        least_bytes=sum(files.values()) + sum(weigh(name) for name in names),
        tiles=len(cut),
        tile_bytes=float(np.median(list(files.values()))) if files else 0.0,
    )


def _weights(view: View, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each box, the sum over the pixels whose ray meets it first of pixels for a metre at that depth."""
    depth = np.full(GRID[0] * GRID[1], np.inf)
    owner = np.full(len(depth), -1)
    rays = _rays(view)
    for number, box in enumerate(boxes):
        entered = _entered(np.array(view.eye), rays, box)
        nearer = entered < depth
        depth[nearer], owner[nearer] = entered[nearer], number
    focal = view.height / (2.0 * math.tan(view.fov / 2))
    hit = owner >= 0
    per_sample = view.height * view.height * view.aspect / len(depth)
    pixels = np.bincount(owner[hit], focal / depth[hit], minlength=len(boxes))
    return np.asarray(pixels * per_sample, np.float64)


def _rays(view: View) -> NDArray[np.float64]:
    right, up, forward = axes_of(view.gaze)
    tall = math.tan(view.fov / 2)
    x = ((np.arange(GRID[0]) + 0.5) / GRID[0] * 2 - 1) * tall * view.aspect
    y = ((np.arange(GRID[1]) + 0.5) / GRID[1] * 2 - 1) * tall
    across, down = np.meshgrid(x, y)
    rays = forward + across.reshape(-1, 1) * right + down.reshape(-1, 1) * up
    return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True))


def _entered(eye: NDArray[np.float64], rays: NDArray[np.float64], box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Depth at which each ray enters an oriented box, or from inside leaves it; infinite where it misses it."""
    axes = box[3:].reshape(3, 3)
    lengths = np.linalg.norm(axes, axis=1)
    units = axes / np.maximum(lengths, 1e-12)[:, None]
    from_eye = units @ (box[:3] - eye)
    along = rays @ units.T
    along = np.where(np.abs(along) < 1e-12, 1e-12, along)
    # A box without thickness is met, too: its plane counts as a hair thick.
    reach = np.maximum(lengths, 1e-6)
    near, far = (from_eye - reach) / along, (from_eye + reach) / along
    first, last = np.minimum(near, far).max(axis=1), np.maximum(near, far).min(axis=1)
    meets = (first <= last) & (last > 0)
    # An eye inside a box (of terrain, of the sky) doesn't see its near side: it would hide all that stands within.
    return np.where(meets, np.maximum(np.where(first > 0, first, last), NEAREST_M), np.inf)


def curve(want: Wanted, log: Sequence[Shown]) -> Curve:
    """Quality over time of what a log shows; the log begins with an empty screen and is in order of time."""
    drawn: set[Key] = set()
    times, values = [], []
    first_s = full_s = math.inf
    for each in log:
        drawn.difference_update(each.hidden)
        drawn.update(each.shown)
        value, is_full, is_something = _looks(want, drawn)
        times.append(each.at_s)
        values.append(value)
        first_s = min(first_s, each.at_s) if is_something else first_s
        if not is_full:
            full_s = math.inf
        elif math.isinf(full_s):
            full_s = each.at_s
    return Curve(tuple(times), tuple(values), first_s, full_s)


def _looks(want: Wanted, drawn: set[Key]) -> tuple[float, bool, bool]:
    """Quality, whether all is there, whether something is."""
    gained = possible = 0.0
    # A tile without a placement stands for a group of them: a first image, but of no path whose error we know.
    is_full, is_something = True, any(not placement for placement, _ in drawn)
    for path, errors, finer, weight in zip(want.paths, want.errors, want.finer, want.weight.tolist(), strict=True):
        best = errors[-1]
        base = errors[0] if len(path) > 1 else 2 * best
        error = base
        if path[-1] in drawn or (finer and not finer.isdisjoint(drawn)):
            error, is_something = best, True
        else:
            is_full = False
            for key, above in zip(reversed(path[:-1]), reversed(errors[:-1]), strict=True):
                if key in drawn:
                    error, is_something = max(above, best), True
                    break
        gained += weight * (base - error)
        possible += weight * (base - best)
    quality = gained / possible if possible else float(is_full)
    return quality, is_full, is_something


def read_log(document: Mapping[str, Any]) -> list[Shown]:
    """A contender's log. One whose client has no frames of its own draws at the next of ours, 72 a second."""
    own_frames = bool(document["frames"])
    found = []
    for each in document["log"]:
        at = float(each["t"])
        at = at if own_frames else math.ceil(at / FRAME_S) * FRAME_S
        found.append(Shown(at, tuple(map(tuple, each.get("shown", ()))), tuple(map(tuple, each.get("hidden", ())))))
    return found
