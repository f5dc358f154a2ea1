"""The order of a tiling's tasks: leaves, then level after level up to the root, then the way back to the original."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import source, stages, way_back
from pipeline.graph import Graph, Task, key
from pipeline.level import File, Level, Tiled, assembled, skirt
from scenes.errors import Malformed
from tiling import borders, build, spacing, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from pipeline.plan import Plan
    from pipeline.results import Results
    from pipeline.source import Dealt, Source
    from pipeline.stages import Context, LeafReceipt, TileReceipt
    from tiling.build import Goal, Place

ROOT_BYTES = 12_300
"""what a root may take on the wire: it shall fit the first flight of a connection, ten segments of 1,448 bytes (RFC
6928), with what a stream says before it: the answer to the upgrade, `hello`, `state`, a cut, up to 2,000 bytes"""
_ROOT_TRIES = 8
_ROOT_NORMAL_BITS = 6  # steps of 2°, for a twentieth more triangles
_AIM, _FULL = 0.985, 0.97  # of those bytes, that a try aims at, and that are enough
_SAMPLE_TILES = 8
_MOST_LOST = 0.5
"""of a model's triangles, on the grid of its finest level; beyond that it is refused rather than shown so"""
_STEPS_PER_ERROR, _STEPS_DRAWN_ON = 3.0, 2.0
"""grid steps of a level for its root mean square error; measured: from 2 to 4 lie on one curve of error by bytes. What
has colours stays nearer to its place"""
_FEWEST_STEPS = 128.0  # that the widest tile of a level spans
_STEPS_OF_AN_EDGE = 4.0  # at least, of the longest one of a usual triangle
_SHAPED = 1_000_000  # triangles of leaves; with fewer, what is saved is little and normals are a fifteenth worse
_MOST_TEXELS = 1 << 22  # 2048², of one material in a tile
_MOST_LEAF_TEXELS = 1 << 24
_ROOT_TEXELS = 1 << 18  # of the image that colours at a root's vertices are taken from


class Tiling:
    """One run over a model that is dealt out to leaves."""

    def __init__(
        self,
        context: Context,
        results: Results,
        graph: Graph,
        plan: Plan,
        progress: Callable[[float], None],
    ) -> None:
        self._context, self._results, self._graph, self._plan = context, results, graph, plan
        self._progress = progress
        self._levels: list[Level] = []
        self._degenerate = 0
        self._is_even = context.surface.is_even
        self._is_shaped = False
        """whether tiles are alike from the first level on, so that normals may be from the shape"""

    def run(self, model: Source, dealt: Dealt) -> Tiled:
        """Tile it.

        Raises:
            Malformed: no triangle is left.
        """
        leaves = self._leaves(model, dealt)
        shifts = self._plan.shifts
        for number in range(1, len(shifts)):
            self._raise(number, is_root=number == len(shifts) - 1)
        if len(shifts) == 1:
            self._write(self._levels[0], None, above=None)
        back = way_back.distances(self._levels, self._results, self._run, self._told)
        return assembled(self._levels, back, leaves)

    # Leaves

    def _leaves(self, model: Source, dealt: Dealt) -> list[LeafReceipt]:
        context = self._context
        base = (repr(context.surface.layout), context.surface.origin.tobytes())
        keys: list[str] = []

        def gathered() -> Iterator[Task]:
            for start, end in pairwise(dealt.offsets.tolist()):
                parts = source.gathered(model, dealt.order[start:end])
                keys.append(key("leaf", self._told(len(keys), _bytes_of(parts)), *base))
                yield Task(stages.take_leaf, keys[-1], {"parts": parts})

        receipts: list[LeafReceipt] = self._graph.run(gathered())
        if not any(receipt.triangles for receipt in receipts):
            raise Malformed("every triangle of the model is degenerate")
        self._degenerate = sum(receipt.degenerate for receipt in receipts)
        rims = [self._results.get(each, stages.RIM) for each in keys]
        rims, inner, number, shared = self._joined(keys, receipts, rims)
        sizes = [len(rim.positions) for rim in rims]
        sums = (
            np.concatenate([rim.sums for rim in rims])
            if all(len(rim.sums) == len(rim.positions) for rim in rims)
            else None
        )
        if sums is not None and len(sums):
            total = np.stack([np.bincount(number, sums[:, axis]) for axis in range(3)], axis=1)
            sums = total[number].astype(np.float32)
        ends = np.cumsum(sizes)
        tasks = []
        for leaf, (end, size) in enumerate(zip(ends.tolist(), sizes, strict=True)):
            rows = slice(end - size, end)
            own_sums = np.zeros((0, 3), np.float32) if sums is None else sums[rows]
            own_inner = inner.get(leaf)
            arrays = (shared[rows], own_sums, *(() if own_inner is None else (own_inner,)))
            digest = self._told(leaf, (array.tobytes() for array in arrays))
            name = key("close", receipts[leaf].digest, leaf, digest, context.samples)
            tasks.append(
                Task(
                    stages.close,
                    name,
                    {
                        "leaf_key": keys[leaf],
                        "number": leaf,
                        "leaves": shared[rows],
                        "sums": own_sums,
                        "inner": own_inner,
                    },
                )
            )
        closed: list[TileReceipt] = self._graph.run(tasks)
        short = float(np.median([receipt.short_edge for receipt in receipts if receipt.triangles]))
        self._levels.append(
            Level(
                shift=0,
                fan=0,
                keys=[task.key for task in tasks],
                receipts=closed,
                neighbours=[()] * len(closed),
                mean=0.0,
                step=spacing.grid_step(spacing.leaf_step(short, self._diagonal(closed))),
                halvings=0,
                most_texels=_MOST_LEAF_TEXELS,
            )
        )
        return receipts

    def _joined(
        self, keys: Sequence[str], receipts: Sequence[LeafReceipt], rims: list[stages.Rim]
    ) -> tuple[list[stages.Rim], dict[int, NDArray[np.int32]], NDArray[np.int64], NDArray[np.int32]]:
        """The rims with what leaves have within and others on their rims, those places, and what `joined` says."""

        def joined(rims: Sequence[stages.Rim]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
            owner = np.repeat(np.arange(len(rims), dtype=np.int32), [len(rim.positions) for rim in rims])
            return borders.joined(np.concatenate([rim.positions for rim in rims]), owner)

        number, shared = joined(rims)
        corners = [np.array([getattr(each, name) for each in receipts], np.float32) for name in ("low", "high")]
        asked = borders.unmatched([rim.positions for rim in rims], number, corners[0], corners[1])
        tasks = []
        for leaf, positions in asked.items():
            name = key("search", receipts[leaf].digest, self._told(leaf, (positions.tobytes(),)))
            tasks.append(Task(stages.search, name, {"leaf_key": keys[leaf], "positions": positions}))
        found = zip(asked, self._graph.run(tasks), strict=True)
        held: dict[int, stages.Within] = {leaf: within for leaf, within in found if len(within.places)}
        if not held:
            return rims, {}, number, shared
        longer = [
            stages.Rim(
                np.concatenate([rim.positions, held[leaf].rim.positions]),
                np.concatenate([rim.sums, held[leaf].rim.sums]),
            )
            if leaf in held
            else rim
            for leaf, rim in enumerate(rims)
        ]
        return longer, {leaf: within.places for leaf, within in held.items()}, *joined(longer)

    def _told(self, number: int, pieces: Iterable[bytes]) -> str:
        """What stands for a task's arguments in its key: their digest, or its number if nothing outlasts the run."""
        if self._results.is_passing:
            return str(number)
        told = hashlib.sha256()
        for piece in pieces:
            told.update(piece)
        return told.hexdigest()

    @staticmethod
    def _widest(receipts: Sequence[TileReceipt]) -> float:
        return max(float((receipt.high - receipt.low).max()) for receipt in receipts)

    @staticmethod
    def _diagonal(receipts: Sequence[TileReceipt]) -> float:
        low = np.min([receipt.low for receipt in receipts], axis=0)
        high = np.max([receipt.high for receipt in receipts], axis=0)
        return float(np.linalg.norm(high - low))

    # Levels

    def _raise(self, number: int, *, is_root: bool) -> None:
        """The next level up from the last."""
        below = self._levels[-1]
        shift = self._plan.shifts[number]
        fan = shift - below.shift
        share = 0.5**fan if fan else 0.25
        if is_root:
            share = min(share, self._plan.root_triangles / max(below.triangles, 1))
        total = self._levels[0].triangles
        # Texels are halved as often as the triangles are quartered.
        halvings = int(np.rint(np.log2(max(total / max(below.triangles * share, 1.0), 1.0)) / 2.0))
        most_texels = _ROOT_TEXELS if is_root else _MOST_TEXELS
        places = [build.Place(tile, shift) for tile in range(len(below.keys) >> fan)]
        children = [tuple(range(place.tile << fan, (place.tile + 1) << fan)) for place in places]
        # The first level is made of all triangles: there a second round would cost too much.
        rounds = 1 if number == 1 else 2
        most_error, merges = self._merged(below, places, children, share=share)
        goal = build.Goal(
            share,
            most_error if self._is_even and not is_root else None,
            halvings,
            most_texels,
            is_plain=is_root,
            rounds=rounds,
            is_shaped=self._is_shaped and number == 1,
        )
        # Borders keep to that error in any case: by number alone twice as much shows through between levels.
        strips = {} if is_root else self._thinned(merges, places, goal, fan, most_error)
        level = self._reduced(below, merges, strips, places, goal)
        self._write(below, self._levels[-2] if len(self._levels) > 1 else None, above=level)
        self._levels.append(self._fitted(level, below, merges, places, goal) if is_root else level)

    def _fitted(
        self, level: Level, below: Level, merges: list[tuple[str, Any]], places: Sequence[Place], goal: Goal
    ) -> Level:
        """The root `level`, written, with as many of the triangles that `goal` asks for as `ROOT_BYTES` allow."""
        most = goal.share
        best, least = level, np.inf
        for attempt in range(_ROOT_TRIES):
            if attempt:
                level = self._reduced(below, merges, {}, places, goal)
            size = self._write(level, below, above=None)
            is_first_to_fit = size <= ROOT_BYTES < least
            if (
                is_first_to_fit
                or (size <= ROOT_BYTES and level.triangles > best.triangles)
                or size < least > ROOT_BYTES
            ):
                best, least = level, size
            if size <= ROOT_BYTES and (size >= _FULL * ROOT_BYTES or goal.share >= most):
                break
            goal = replace(goal, share=min(goal.share * _AIM * ROOT_BYTES / size, most))
        return best

    def _merged(
        self,
        below: Level,
        places: Sequence[Place],
        children: Sequence[tuple[int, ...]],
        *,
        share: float,
    ) -> tuple[float | None, list[tuple[str, Any]]]:
        """The error that the level will have about (None: unknown), and keys and receipts of merged children."""
        names = [tuple(below.keys[child] for child in group) for group in children]
        digests = [tuple(below.receipts[child].digest for child in group) for group in children]
        merges = [
            Task(stages.merge, key("merge", digest, place), {"children": name, "place": place})
            for name, digest, place in zip(names, digests, places, strict=True)
        ]
        is_even = self._is_even and len(places) > 1
        samples = self._samples(below, share) if is_even else []
        receipts = self._run([*samples, *merges])
        found = receipts[: len(samples)]
        # Where the tiles of a level are alike, so are those above it.
        if samples and not build.is_uneven(found):
            self._is_even = False
            # Coarse tiles of terrain may be alike; their normals are still worth what they cost.
            is_large = len(self._levels) == 1 and below.triangles >= _SHAPED
            self._is_shaped = self._context.surface.is_shaped and is_large
        most_error = build.rounded(build.mean_error(found)) if samples else None
        return most_error, list(zip([task.key for task in merges], receipts[len(samples) :], strict=True))

    def _samples(self, below: Level, share: float) -> list[Task]:
        """Some of the tiles below alone, simplified by as much as their level will be."""
        tiles = min(_SAMPLE_TILES, max(len(below.keys) // 4, 2))
        chosen = sorted({i * len(below.keys) // tiles for i in range(tiles)})
        return [
            Task(
                stages.sample,
                key("sample", below.receipts[i].digest, i, share),
                {"child": below.keys[i], "place": build.Place(i, below.shift), "share": share},
            )
            for i in chosen
            if below.receipts[i].triangles
        ]

    def _thinned(
        self,
        merges: list[tuple[str, Any]],
        places: Sequence[Place],
        goal: Goal,
        fan: int,
        most_error: float | None,
    ) -> dict[int, list[tuple[str, str]]]:
        """By tile the keys and digests of its strips."""
        found: dict[int, list[tuple[str, str]]] = {place.tile: [] for place in places}
        pairs = [
            (tile, other)
            for tile, (_, receipt) in enumerate(merges)
            for other, _ in receipt.bands
            if tile < other and tile in dict(merges[other][1].bands)
        ]
        keep = 0.5 ** (max(fan, 1) / 2.0)
        limit = np.inf if most_error is None else most_error
        tasks = []
        for pair in pairs:
            bands = tuple(dict(merges[tile][1].bands)[other] for tile, other in (pair, pair[::-1]))
            name = key("strip", bands, pair, keep, float(limit))
            names = tuple(merges[tile][0] for tile in pair)
            arguments = {"merged_keys": names, "tiles": pair, "keep": keep, "most_error": limit}
            tasks.append(Task(stages.strip, name, arguments))
        for pair, task, digests in zip(pairs, tasks, self._run(tasks), strict=True):
            for tile, digest in zip(pair, digests, strict=True):
                found[tile].append((task.key, digest))
        return found

    def _reduced(
        self,
        below: Level,
        merges: list[tuple[str, Any]],
        strips: dict[int, list[tuple[str, str]]],
        places: Sequence[Place],
        goal: Goal,
    ) -> Level:
        fan = places[0].shift - below.shift
        tasks = []
        for place in places:
            own = strips.get(place.tile, [])
            ours = slice(place.tile << fan, (place.tile + 1) << fan)
            names = tuple(below.keys[ours])
            digests = tuple(receipt.digest for receipt in below.receipts[ours])
            name = key("reduce", self._context.digest, digests, names, [digest for _, digest in own], place, goal)
            arguments = {
                "merged": merges[place.tile][0],
                "strips": tuple(strip for strip, _ in own),
                "children": names,
                "place": place,
                "goal": goal,
            }
            tasks.append(Task(stages.reduce, name, arguments))
        receipts: list[TileReceipt] = self._run(tasks)
        # Not their root mean square: one bad tile would tell all others where their grid lies.
        mean = float(np.mean([receipt.mean for receipt in receipts]))
        widest = self._widest(receipts)
        # Where a level loses whole parts its error is no measure of the grid for those that stay.
        edge = float(np.median([receipt.edge for receipt in receipts if receipt.triangles]))
        most = min(widest / _FEWEST_STEPS, edge / _STEPS_OF_AN_EDGE)
        steps = _STEPS_DRAWN_ON if self._context.surface.is_drawn_on else _STEPS_PER_ERROR
        wanted = max(min(steps * mean, most), min(below.step, widest / _FEWEST_STEPS))
        return Level(
            shift=places[0].shift,
            fan=fan,
            keys=[task.key for task in tasks],
            receipts=receipts,
            neighbours=[receipt.touching for _, receipt in merges],
            mean=mean,
            step=spacing.grid_step(wanted),
            halvings=goal.halvings,
            most_texels=goal.most_texels,
        )

    # Files

    def _write(self, level: Level, below: Level | None, *, above: Level | None) -> int:
        """Make the files of a level; the bytes that they are on the wire."""
        skirts = [skirt(level, above, tile) for tile in range(len(level.keys))]
        # Skirts make a tile wider, and still it spans no more than 16 bits.
        widths = [float((each.high - each.low).max()) for each in level.receipts]
        steps = spacing.grid_steps(
            level.step, [width + 2.0 * skirt for width, skirt in zip(widths, skirts, strict=True)]
        )
        look = written.Look(
            step=level.step,
            skirt=0.0,
            halvings=level.halvings,
            most_texels=level.most_texels,
            fan=level.fan,
            coding=self._plan.coding,
            is_leaf=below is None,
            normal_bits=_ROOT_NORMAL_BITS if above is None and below is not None else 8,
            steps=tuple(steps) if min(steps) < max(steps) else (),
        )
        cells = self._context.surface.cells
        tasks: list[Task] = []
        tiles: list[int] = []
        for tile, (name, receipt) in enumerate(zip(level.keys, level.receipts, strict=True)):
            if not receipt.triangles:
                continue
            place = build.Place(tile, level.shift)
            near = [other for other in level.neighbours[tile] if other < len(level.keys)]
            boxes = np.zeros((0, 12))
            missing: tuple[int, ...] = ()
            if below is not None:
                below_it = range(tile << level.fan, (tile + 1) << level.fan)
                boxes = np.array([below.files[child].receipt.box for child in below_it if child in below.files])
                missing = tuple(child for child, at in enumerate(below_it) if at not in below.files)
            digests = [level.receipts[other].digest for other in near]
            planes = cells.below(cells.depth - level.shift, tile, level.fan)
            own = replace(look, step=steps[tile], skirt=skirts[tile])
            made = key(
                "make",
                self._context.digest,
                name,
                receipt.digest,
                digests,
                place,
                own,
                missing,
                boxes.tobytes(),
                planes,
            )
            arguments = {
                "tile_key": name,
                "neighbours": tuple((other, level.keys[other]) for other in near),
                "place": place,
                "look": own,
                "below": boxes,
                "missing": missing,
            }
            tasks.append(Task(stages.make, made, arguments, partial(stages.is_whole, self._context)))
            tiles.append(tile)
        receipts = self._run(tasks)
        level.files = {
            tile: File(task.key, receipt) for tile, task, receipt in zip(tiles, tasks, receipts, strict=True)
        }
        if below is None:
            self._refuse_dust(level)
        return sum(receipt.made.stored.coded_length for receipt in receipts)

    def _refuse_dust(self, leaves: Level) -> None:
        """Raise Malformed where most triangles are nothing on the grid of the finest level."""
        total = leaves.triangles + self._degenerate
        lost = total - sum(file.receipt.made.triangles for file in leaves.files.values())
        if lost <= _MOST_LOST * total:
            return
        raise Malformed(
            f"{lost:,} of {total:,} triangles are smaller than {leaves.step:,g} m, which is the least that "
            f"can be told apart in a model {self._diagonal(leaves.receipts):,.0f} m wide: are there points far astray, "
            "or are the units wrong?"
        )

    def _run(self, tasks: Sequence[Task]) -> list[Any]:
        receipts = self._graph.run(tasks)
        # Each level has about half the work of the one below.
        self._progress(1.0 - 0.6 ** (1 + len(self._levels)))
        return receipts


def _bytes_of(parts: Sequence[Any]) -> Iterator[bytes]:
    for part in parts:
        yield repr((part.material, part.feature, len(part.positions), len(part.indices))).encode()
        for array in (part.positions, part.indices, part.normals, part.uvs, part.colours, part.second_uvs):
            yield b"-" if array is None else np.ascontiguousarray(array).tobytes()
