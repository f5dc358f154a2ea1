"""What selection is measured on: trees, and how the picture grows when tiles arrive in an order.

Time is bytes here: a link of one byte a second that never waits, so that only what is sent and in which order counts.
Quality is that of the stream's bench (`bench.stream_quality`), 0 with roots only, 1 with full detail in view.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from bench.stream_forest import planted
from bench.stream_quality import Curve, Key, Shown, Wanted, curve, wanted
from tiling.grove import Grove, grove
from tiling.select import Limits, Selection
from tiling.stock import stock
from tiling.tree import TileTree
from tiling.view import View, distances, screen_errors, sees

if TYPE_CHECKING:
    from bench.stream_forest import Forest

IDENTITY = (1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 1.0, 0, 0, 0, 0, 1.0)
PLENTY = Limits(bytes=10**13, triangles=10**12, draws=10**7, textures=10**13)
_THING = "thing"


@dataclass(frozen=True, slots=True)
class Case:
    """A tree that stands in a scene, and a view of it."""

    name: str
    tree: TileTree
    forest: Forest
    grove: Grove
    view: View
    limits: Limits
    want: Wanted

    def key(self, tile: int) -> Key:
        """A tile as quality knows it."""
        return _THING, self.tree.content[tile]


def case(name: str, tree: TileTree, view: View, error_px: float) -> Case:
    """All that is measured of one tree."""
    forest = planted([(IDENTITY, tree)])
    sizes = dict(zip(tree.content, tree.byte_length.tolist(), strict=True))
    return Case(
        name, tree, forest, grove([IDENTITY], [stock(tree)]), view, replace(PLENTY, error=error_px),
        wanted(forest, [_THING], view, error_px, weigh=lambda file: sizes[file.partition(".")[0]]),
    )  # fmt: skip


def square(levels: int, fan: int, *, side_m: float, error_m: float, seed: int = 0) -> TileTree:
    """A square of ground in tiles of 40 to 80 KB that may be shown in part; errors halve at each halving by four."""
    counts = [fan**level for level in range(levels)]
    total = sum(counts)
    box, error = np.zeros((total, 12)), np.zeros(total)
    x, z, half_x, half_z = (np.array([value]) for value in (0.0, 0.0, side_m / 2, side_m / 2))
    first = 0
    for level, count in enumerate(counts):
        at = slice(first, first + count)
        box[at, 0], box[at, 2], box[at, 3], box[at, 7], box[at, 11] = x, z, half_x, 1.0, half_z
        error[at] = error_m / 2.0 ** (level if fan == 4 else level / 2) if level < levels - 1 else 0.0
        first += count
        half_x, before = np.repeat(half_x / 2, fan), np.repeat(half_x / 2, fan)
        x = np.repeat(x, fan) + np.tile([-1, -1, 1, 1] if fan == 4 else [-1, 1], count) * before
        if fan == 4:
            half_z = np.repeat(half_z / 2, fan)
            z = np.repeat(z, fan) + np.tile([-1, 1, -1, 1], count) * half_z
        else:  # one axis, then the other
            half_x, half_z, x, z = np.repeat(half_z, fan), half_x, np.repeat(z, fan), x
    sizes = np.random.default_rng(seed).integers(40_000, 80_000, total)
    sizes[0] = 12_000
    inner = (*(1900 // fan,) * fan, 100, 60)
    return TileTree(
        parent=np.concatenate([[-1], (np.arange(1, total) - 1) // fan]).astype(np.int32), box=box, error=error,
        content=tuple(f"{(tile + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}".ljust(64, "0") for tile in range(total)),
        needs=((),) * total, byte_length=sizes, triangles=np.full(total, 2000), draws=np.ones(total, np.int64),
        texture_bytes=np.zeros(total, np.int64), geometric_error=4 * error_m, image_bytes={},
        groups=(inner,) * (total - counts[-1]) + ((),) * counts[-1],
    )  # fmt: skip


def picture(of: Case, tiles: Sequence[int], regions: Sequence[tuple[tuple[int, ...] | None, ...]]) -> Curve:
    """Quality over bytes when tiles arrive in this order and regions (places in it) are replaced when all is there."""
    above = {part: at for at, each in enumerate(regions) for parts in each for part in parts or ()}
    here, covered = [False] * len(tiles), [False] * len(tiles)

    def gone(at: int) -> list[bool]:
        return [parts is not None and all(covered[part] for part in parts) for parts in regions[at]]

    def drawn(at: int) -> set[Key]:
        is_gone = gone(at)
        found = {
            key for parts, goes in zip(regions[at], is_gone, strict=True) if goes
            for part in parts or () for key in drawn(part)
        }  # fmt: skip
        return found if is_gone and all(is_gone) else found | ({of.key(tiles[at])} if here[at] else set())

    log, before, sent = [], set[Key](), 0
    for at, tile in enumerate(tiles):
        sent += int(of.tree.byte_length[tile])
        here[at], each = True, at
        while True:
            covered[each] = here[each] or (bool(regions[each]) and all(gone(each)))
            if not covered[each] or each not in above:
                break
            each = above[each]
        after = drawn(0)
        log.append(Shown(float(sent), tuple(after - before), tuple(before - after)))
        before = after
    return curve(of.want, log)


def pictured(of: Case, selection: Selection) -> tuple[Curve, int]:
    """The same of a selection; and bytes in all."""
    tiles = selection.tile.tolist()
    return picture(of, tiles, selection.replacements()), int(of.tree.byte_length[tiles].sum())


def by_error(of: Case) -> list[int]:
    """What a client pulls that refines the greatest error on the screen first, and only what is in view."""
    distance = distances(of.view, of.forest.box)
    seen, pixels = sees(of.view, of.forest.box), screen_errors(of.view, of.forest.error, distance)
    order, waiting = [0], [(-float(pixels[0]), 0)]
    while waiting:
        urgency, tile = heapq.heappop(waiting)
        if -urgency > of.limits.error:
            below = [child for child in of.forest.children[tile] if seen[child]]
            order += below
            for child in below:
                heapq.heappush(waiting, (-float(pixels[child]), child))
    return order


def level_by_level(of: Case, order: Sequence[int]) -> tuple[Curve, int]:
    """Quality when tiles arrive in an order, each shown when it is there: the best that can be made of it."""
    log = []
    sent = 0
    for tile in order:
        sent += int(of.tree.byte_length[tile])
        log.append(Shown(float(sent), (of.key(tile),)))
    return curve(of.want, log), sent


def offline(of: Case) -> list[int]:
    """Tile by tile the one that betters the picture most per byte, with the measure itself for a guide: no stream knows
    it, and it takes no heed of what has to be there before something goes. All tiles of the full cut come in the end.
    """
    number = {of.key(tile): tile for tile in range(len(of.tree))}
    paths = [[number[key] for key in path] for path in of.want.paths]
    error = np.array([errors[0] for errors in of.want.errors])
    weight = of.want.weight
    gains: dict[int, list[tuple[int, float]]] = {}
    for at, (path, errors) in enumerate(zip(paths, of.want.errors, strict=True)):
        for tile, own in zip(path, errors, strict=True):
            gains.setdefault(tile, []).append((at, max(own, errors[-1])))
    order, left = [0], set(gains) - {0}
    final = {path[-1] for path in paths}

    def gain(tile: int) -> float:
        return sum(weight[at] * max(error[at] - own, 0.0) for at, own in gains[tile]) / of.tree.byte_length[tile]

    waiting = [(-gain(tile), tile) for tile in left]
    heapq.heapify(waiting)
    while waiting:
        _, tile = heapq.heappop(waiting)
        now = gain(tile)
        if waiting and -now > waiting[0][0]:  # gains only shrink: whoever is first with a fresh one is first
            heapq.heappush(waiting, (-now, tile))
            continue
        if now <= 0.0:
            break
        order.append(tile)
        for at, own in gains[tile]:
            error[at] = min(error[at], own)
    return order + sorted(final - set(order))
