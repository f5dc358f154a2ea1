"""Buckets of a cloud become tiles, one bucket after another or several at a time, and then what is above them.

A bucket is thinned depth by depth up to its own cell (`tiling.points_levels`). All below that is finished then and
written; what shows the cell as a whole stays in memory, until the cells above are made of it in the same way. Where two
buckets touch, the one that comes later sees what the earlier one kept near their common side, so that nothing is seen
of the side; buckets that touch wait for one another, in an order that depends on the cloud alone. Tiles wait for
nobody: one hand writes those of a bucket while another one thins the next.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.clouds import stages
from pipeline.clouds.buckets import joined
from pipeline.clouds.hands import hands
from pipeline.clouds.records import places_of, taken
from pipeline.clouds.stages import Ordered
from tiling import points_levels, points_order, points_thin
from tiling.points_levels import Nodes
from tiling.points_order import DEEPEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from pipeline.clouds.buckets import Buckets
    from pipeline.clouds.stages import Context, Tile

_ROOT_BYTES = 14_000
"""of the root, coded: what comes in the first round trip of a connection"""
_CROWD = 2
"""times the points that a tile is to have are still one tile"""
_FAN = 8
_BITS = 12
"""of codes below a bucket's cell, by which its points are sorted at first"""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a bucket leaves for others."""

    rows: NDArray[np.void]
    """records that show the cell as a whole, in the order of their codes"""
    reach: NDArray[np.float32]
    beyond: float
    error: float
    """of the cell shown by those"""
    borders: Mapping[int, NDArray[np.uint32]]
    """by depth, places of points that it keeps near its sides"""
    crowded: int
    """points that lie so near one another that no cell parts them into tiles"""
    is_crowd: bool
    """whether its cell is a leaf with such points"""


_Asked = tuple["NDArray[np.int64]", float, int]
"""points of a tile, its error, and the tile above; -1: the tile of the bucket's cell"""


@dataclass(frozen=True, slots=True)
class _Thinned:
    """A bucket whose tiles below its cell are not yet written."""

    kept: _Kept
    points: Ordered
    asked: tuple[_Asked, ...]


@dataclass
class Growing:
    """Tiles, and for each the number of the one above it."""

    tiles: list[Tile] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    crowded: int = 0
    """as of `_Kept`"""

    def add(self, tile: Tile, parent: int) -> int:
        """Append a tile; its number."""
        self.tiles.append(tile)
        self.parents.append(parent)
        return len(self.tiles) - 1


def tiles_of(context: Context, buckets: Buckets, *, workers: int, progress: Callable[[float], None]) -> Growing:
    """All tiles of a cloud; the first one is the root."""
    kept, below = _all_buckets(context, buckets, workers, progress)
    rows = joined([each.rows for each in kept])
    reach = np.concatenate([each.reach for each in kept])
    none = np.empty((0, 3), np.uint32)
    halos = {
        depth: np.concatenate([none, *(each.borders[depth] for each in kept if depth in each.borders)])
        for depth in range(int(buckets.depth.max()))
    }
    tree, bucket_of = _above(buckets, [len(each.rows) for each in kept])
    # What was joined is let go of: of a large cloud it is most of the memory.
    kept = [replace(each, rows=rows[:0], reach=reach[:0], borders={}) for each in kept]
    points = Ordered(rows, places_of(rows))
    places, of = points.places, context.frame
    found = points_order.codes(rows["place"], of.cube.inverse)
    metres = context.metres(places, np.zeros(3))
    levelled = points_levels.levels(
        metres, found, tree, of.cube,
        corner=np.zeros(3), reach=reach,
        halos={depth: context.metres(halo, np.zeros(3)) for depth, halo in halos.items()},
        beyond=max(each.beyond for each in kept),
    )  # fmt: skip
    first = points_levels.held(tree, levelled.level, 0)
    # The root is the first tile; what else the whole cube shows is the second one, where there are others below.
    asked: list[_Asked] = []
    numbers = [1] * len(tree)
    for node in range(1, len(tree)):
        own = bucket_of.get(node)
        error = float(levelled.error[node]) if own is None else kept[own].error
        numbers[node] = 2 + len(asked)
        own_points = points_levels.held(tree, levelled.level, node)
        most = context.most if own is not None and kept[own].is_crowd else None
        over = int(tree.parent[node])
        at = numbers[node], numbers[node] + 1
        asked += _portions(own_points, error, numbers[over], most, at, float(levelled.error[over]))
    out = Growing(crowded=sum(each.crowded for each in kept))
    with hands(workers) as some:
        error = kept[0].error if len(tree) == 1 else float(levelled.error[0])
        root = some.begun(partial(_root, context, points, (found, metres), first, levelled.reach, error))
        others = list(some.each(partial(_emitted, context, points), asked))
        shown, root_error = root()
        above: list[_Asked] = [(first[shown], root_error, -1)]
        if len(rest := first[~shown]) or len(tree) > 1:
            most = context.most if len(tree) == 1 and kept[0].is_crowd else None
            above += _portions(rest, error, 0, most, (1, 2), root_error)
        else:
            numbers[0] = 0
        for tile in (*some.each(partial(_emitted, context, points), above), *others):
            out.add(tile, tile.parent)
    for node, bucket in bucket_of.items():
        inner: list[int] = []
        for tile in below[bucket]:
            inner.append(out.add(tile, numbers[node] if tile.parent < 0 else inner[tile.parent]))
    progress(1.0)
    return out


def _emitted(context: Context, points: Ordered, asked: _Asked) -> Tile:
    return stages.emit(context, points, asked[0], asked[1], parent=asked[2])


def _all_buckets(
    context: Context, buckets: Buckets, workers: int, progress: Callable[[float], None]
) -> tuple[list[_Kept], list[list[Tile]]]:
    """What each bucket has kept, and its tiles."""
    order, earlier = _waits(buckets)
    kept: dict[int, _Kept] = {}
    tiles: dict[int, list[Tile]] = {}

    def thinned(bucket: int) -> _Thinned:
        return _bucket(context, buckets, bucket, {other: kept[other] for other in earlier[bucket]})

    if workers <= 1:
        for bucket in order:
            done = thinned(bucket)
            kept[bucket], tiles[bucket] = done.kept, [_emitted(context, done.points, asked) for asked in done.asked]
            progress(0.95 * len(tiles) / len(order))
    else:
        for bucket, found in _several(context, order, earlier, thinned, kept, workers):
            tiles[bucket] = found
            progress(0.95 * len(tiles) / len(order))
    return [kept[bucket] for bucket in range(len(buckets))], [tiles[bucket] for bucket in range(len(buckets))]


def _several(  # noqa: PLR0917 - the steps, and what they make
    context: Context,
    order: list[int],
    earlier: Mapping[int, set[int]],
    thinned: Callable[[int], _Thinned],
    kept: dict[int, _Kept],
    workers: int,
) -> Iterator[tuple[int, list[Tile]]]:
    """Buckets and their tiles, as several hands thin and write them. What a bucket keeps is put into `kept`.

    Thinning comes first, because others wait for it, unless two buckets more than there are hands are unfinished: their
    points are in memory.
    """
    waiting, unwritten = list(order), deque[tuple[int, int, _Thinned]]()
    running: dict[Future[Any], tuple[int, int]] = {}
    found: dict[int, list[Tile | None]] = {}
    begun: set[int] = set()
    with ThreadPoolExecutor(workers, thread_name_prefix="bucket") as pool:
        try:
            while waiting or running or unwritten:
                while len(running) < workers:
                    ready = next((bucket for bucket in waiting if earlier[bucket] <= kept.keys()), None)
                    if ready is not None and len(begun) < workers + 2:
                        waiting.remove(ready)
                        begun.add(ready)
                        running[pool.submit(thinned, ready)] = ready, -1
                    elif unwritten:
                        bucket, tile, one = unwritten.popleft()
                        running[pool.submit(_emitted, context, one.points, one.asked[tile])] = bucket, tile
                    else:
                        break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    bucket, tile = running.pop(future)
                    if tile < 0:
                        one = future.result()
                        kept[bucket], found[bucket] = one.kept, [None] * len(one.asked)
                        unwritten += [(bucket, tile, one) for tile in range(len(one.asked))]
                    else:
                        found[bucket][tile] = future.result()
                    every = [tile for tile in found[bucket] if tile is not None]
                    if len(every) == len(found[bucket]):
                        begun.remove(bucket)
                        yield bucket, every
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _waits(buckets: Buckets) -> tuple[list[int], dict[int, set[int]]]:
    """An order of buckets, and for each those that touch it and come before it.

    Buckets that do not touch get the same colour, and colours follow one another, so that many can be made at a time.
    """
    low, high = _cells(buckets)
    touching = [
        set(np.flatnonzero(((low <= high[bucket]) & (high >= low[bucket])).all(axis=1)).tolist()) - {bucket}
        for bucket in range(len(buckets))
    ]
    colour: dict[int, int] = {}
    for bucket in range(len(buckets)):
        taken = {colour[other] for other in touching[bucket] if other in colour}
        colour[bucket] = next(number for number in range(len(buckets) + 1) if number not in taken)
    order = sorted(range(len(buckets)), key=lambda bucket: (colour[bucket], bucket))
    earlier = {
        bucket: {other for other in touching[bucket] if (colour[other], other) < (colour[bucket], bucket)}
        for bucket in order
    }
    return order, earlier


def _cells(buckets: Buckets) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First cells of the deepest depth of each bucket's cell, and first ones beyond it; (b, 3)."""
    low = np.empty((len(buckets), 3), np.int64)
    for depth in set(buckets.depth.tolist()):
        own = buckets.depth == depth
        low[own] = points_order.cells_of(buckets.code[own], depth) << (DEEPEST - depth)
    return low, low + (1 << (DEEPEST - buckets.depth))[:, None]


def _bucket(context: Context, buckets: Buckets, bucket: int, before: Mapping[int, _Kept]) -> _Thinned:
    cube, depth = context.frame.cube, int(buckets.depth[bucket])
    points, found, tree = stages.in_order(context, buckets.held.read(bucket), depth, most=context.most, bits=_BITS)
    places = points.places
    low, high = (side[bucket] * (cube.side / (1 << DEEPEST)) for side in _cells(buckets))
    deepest = int(tree.depth.max())
    halos: dict[int, list[NDArray[np.uint32]]] = {d: [] for d in range(depth, deepest)}
    for other in before.values():
        for d, parts in halos.items():
            if d in other.borders:
                parts.append(_near(context, other.borders[d], low, high, cube.radius(d)))
    levelled = points_levels.levels(
        context.metres(places, low), found, tree, cube,
        corner=-low, reach=np.zeros(len(places), np.float32),
        halos={d: context.metres(np.concatenate(parts), low) for d, parts in halos.items() if parts},
    )  # fmt: skip
    borders = {
        d: stages.border(context, places, levelled.level, d, (low + cube.radius(d), high - cube.radius(d)))
        for d in range(depth, deepest)
    }
    asked: list[_Asked] = []
    beside: list[_Asked] = []
    for node in range(1, len(tree)):
        own = points_levels.held(tree, levelled.level, node)
        most = context.most if tree.is_leaf[node] else None
        over = int(tree.parent[node])
        at = node - 1, len(tree) - 1 + len(beside)
        portions = _portions(own, float(levelled.error[node]), over - 1, most, at, float(levelled.error[over]))
        asked.append(portions[0])
        beside += portions[1:]
    sizes = (tree.last - tree.first)[tree.is_leaf]
    crowded = int(sizes[sizes > _CROWD * context.most].sum())
    top = points_levels.held(tree, levelled.level, 0)
    kept = _Kept(
        taken(points.rows, top), levelled.reach[top], levelled.beyond, float(levelled.error[0]), borders,
        crowded, is_crowd=crowded > 0 and len(tree) == 1,
    )  # fmt: skip
    return _Thinned(kept, points, (*asked, *beside))


def _portions(  # noqa: PLR0917 - a tile, and where others of it go
    held: NDArray[np.int64], error: float, parent: int, most: int | None, numbers: tuple[int, int], above: float
) -> list[_Asked]:
    """What a node holds as one tile, or, of a leaf whose points crowd together, as many as hold `most` points each.

    `numbers` are those of the first and the second of them, from which on they count. Tiles of a crowd hang on one
    another, eight on each, as an octree has room for; one that has others below it is as wrong as what is `above` the
    node while those are not shown.
    """
    number = 1 if most is None or len(held) <= _CROWD * most else -(-len(held) // most)
    found: list[_Asked] = []
    for part in range(number):
        on = (part - 1) // _FAN
        hangs_on = parent if not part else numbers[0] if not on else numbers[1] + on - 1
        found.append((held[part::number], max(error, above) if _FAN * part + 1 < number else error, hangs_on))
    return found


def _near(
    context: Context, places: NDArray[np.uint32], low: NDArray[np.float64], high: NDArray[np.float64], radius: float
) -> NDArray[np.uint32]:
    metres = places * context.frame.step
    return places[((metres >= low - radius) & (metres <= high + radius)).all(axis=1)]


def _above(buckets: Buckets, sizes: list[int]) -> tuple[Nodes, dict[int, int]]:
    """The octree above the buckets, over what each has kept, and which of its nodes are buckets."""
    ends = np.cumsum([0, *sizes])
    begins = buckets.code << (3 * (DEEPEST - buckets.depth)).astype(np.uint64)
    depth, first, last, parent, bucket_of = [0], [0], [len(buckets)], [-1], dict[int, int]()
    waiting = [0]
    while waiting:
        node = waiting.pop()
        a, b, d = first[node], last[node], depth[node]
        if b - a == 1 and int(buckets.depth[a]) == d:
            bucket_of[node] = a
            continue
        parts = begins[a:b] >> np.uint64(3 * (DEEPEST - d - 1))
        starts = [*np.flatnonzero(np.concatenate([[True], parts[1:] != parts[:-1]])).tolist(), b - a]
        begun = len(depth)
        for start, stop in pairwise(starts):
            depth.append(d + 1)
            first.append(a + start)
            last.append(a + stop)
            parent.append(node)
        waiting += range(len(depth) - 1, begun - 1, -1)
    tree = Nodes(
        np.array(depth, np.int8), ends[first], ends[last], np.array(parent, np.int32),
        np.array([node in bucket_of for node in range(len(depth))]),
    )  # fmt: skip
    return tree, bucket_of


def _root(  # noqa: PLR0917 - columns of the same points
    context: Context,
    points: Ordered,
    where: tuple[NDArray[np.uint64], NDArray[np.float32]],
    first: NDArray[np.int64],
    reach: NDArray[np.float32],
    error: float,
) -> tuple[NDArray[np.bool_], float]:
    """Which of the points of the whole cube the root shows, so that it is small, and its error.

    `where` are codes and metres of all points.
    """
    cube, (found, metres) = context.frame.cube, where
    if len(stages.coded(context, points, first).zipped) <= _ROOT_BYTES:
        return np.ones(len(first), np.bool_), error
    finest, coarsest = cube.radius(0), float(cube.side.min()) / 4
    best: tuple[NDArray[np.bool_], float] | None = None
    for _ in range(9):
        radius = float(np.sqrt(finest * coarsest))
        depth = int(np.log2(float(cube.side.min()) / (2 * radius)))
        kept, far = np.empty(len(first), np.bool_), np.empty(len(first), np.float32)
        points_thin.thin(
            metres, found[first] >> np.uint64(3 * (DEEPEST - depth)), first, cube.side / (1 << depth), np.zeros(3),
            radius, reach.copy(), np.empty((0, 3), np.float32), kept, far,
        )  # fmt: skip
        if len(stages.coded(context, points, first[kept]).zipped) <= _ROOT_BYTES:
            best, coarsest = (kept, max(error, float(far.max()))), radius
        else:
            finest = radius
    assert best is not None, "sixteen points fit"
    return best
