"""The tiler beside gltfpack and fast-simplification: time, memory, and bytes at equal error. `make bench-tile`.

Every contender runs in a process of its own, one worker unless said. Time is processor time, user and system, so that
other work on the machine disturbs it less than it would the clock: "read to disk" from the first byte read to the last
one safe on the disk, "whole process" with the interpreter's start and imports. Short runs are done three times and the
middle one is told. Error is the root mean square of 200,000 distances each way, in millionths of the input's diagonal.
docs/tiling.md says what each row means.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median_low

import numpy as np

from bench import closest, contenders, rate, tiles
from bench.inputs import Input, hills, inputs, textured, write_glb, write_ply
from bench.pace import pace
from bench.tiles import Surface, Tile, Weight

Row = tuple[str, str, str, float, str]

SHARES = (0.05, 0.12, 0.25, 0.5)
"""of the input's triangles, that bytes and errors are told for"""
_SHORT = 1.0  # millions of triangles, up to which runs are repeated
_CURVES = 10.0  # millions of triangles, up to which errors are measured
_PEERS = 3.0  # millions of triangles, up to which peers are run
_TIMES = 3
_CALLED = {"draco": "Draco", "meshopt": "meshopt"}
_SIZES: dict[str, Callable[[Weight], int]] = {
    "meshopt": lambda weight: weight.fast_wire,
    "Draco": lambda weight: weight.dense_wire,
}
"""bytes on the wire of positions and what holds them"""


@dataclass(frozen=True, slots=True)
class _Original:
    """What is measured against."""

    tree: closest.Tree
    points: closest.Points
    diagonal: float
    triangles: int

    def error_ppm(self, surface: Surface) -> float:
        """Of a surface, both ways."""
        there = closest.squares(closest.tree(surface.positions, surface.triangles), self.points)
        back = closest.squares(self.tree, closest.scattered(surface.positions, surface.triangles))
        return closest.root_mean_square(there, back) / self.diagonal * 1e6


def run() -> Iterator[Row]:
    """Rows of contender, input, metric, value, unit."""
    peers = contenders.peers()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_ply(folder / "small.ply", hills(60))
        contenders.tiled(folder / "small.ply", folder / "small")  # compiles, and fills numba's cache
        source = textured()
        if source is not None:
            yield from _textured(source, folder)
        for given in inputs():
            surface = given.load()
            write_ply(folder / "given.ply", surface)
            yield from _speed(given, folder)
            if given.millions <= _CURVES:
                yield from _curves(given, surface, folder, peers if given.millions <= _PEERS else [])


def _textured(source: Path, folder: Path) -> Iterator[Row]:
    made = contenders.tiled(source, folder / "textured")
    size = sum(path.stat().st_size for path in (folder / "textured").rglob("*") if path.suffix != ".gz")
    for metric, value, unit in (
        ("processor time, read to disk", made.processor_s, "s"),
        ("speed, read to disk", made.triangles / made.processor_s / 1e6, "Mtriangles/s"),
        ("peak resident memory", made.run.resident_mb, "MB"),
        ("all levels, on the disk without zipped copies", size / 1e6, "MB"),
    ):
        yield "chronotope, meshopt", "venus 0.57 M, 4096² texture", metric, value, unit


def _speed(given: Input, folder: Path) -> Iterator[Row]:
    """Both codings, whole: every tile measured, coded and zipped. Their tiles stay in folders called like them."""
    times = _TIMES if given.millions <= _SHORT else 1
    for coding, called in _CALLED.items():
        name = f"chronotope, {called}"

        def again(workers: int, coding: str = coding) -> list[contenders.Tiled]:
            source, out = folder / "given.ply", folder / coding
            return [contenders.tiled(source, out, workers=workers, coding=coding) for _ in range(times)]

        before = pace()
        runs = again(1)
        around = (before + pace()) / 2.0
        paired = again(2)
        own = median_low(each.processor_s for each in runs)
        whole = median_low(each.run.processor_s for each in runs)
        triangles = runs[0].triangles
        gain = median_low(each.elapsed_s for each in runs) / median_low(each.elapsed_s for each in paired)
        for metric, value, unit in (
            ("processor time, read to disk", own, "s"),
            ("processor time, whole process", whole, "s"),
            ("speed, read to disk", triangles / own / 1e6, "Mtriangles/s"),
            ("speed, whole process", triangles / whole / 1e6, "Mtriangles/s"),
            ("pace of meshoptimizer alone", around, "Mtriangles/s"),
            ("speed in terms of that pace", triangles / own / 1e6 / around, "times"),
            ("gain of a second worker", gain, "times"),
            ("peak resident memory", max(each.run.resident_mb for each in runs), "MB"),
            ("peak anonymous memory", max(each.run.anonymous_mb for each in runs), "MB"),
            ("peak resident memory, two workers", max(each.run.resident_mb for each in paired), "MB"),
        ):
            yield name, given.name, metric, value, unit


@dataclass(frozen=True, slots=True)
class _Tree:
    """The same tree in both codings; what it shows is looked at in the fast one, whose skirts are known."""

    given: Input
    original: _Original
    codings: dict[str, list[Tile]]
    errors: dict[tuple[int, ...], float] = field(default_factory=dict)

    @property
    def tiles(self) -> list[Tile]:
        """In the fast coding."""
        return self.codings["meshopt"]

    def triangles(self, shown: Iterable[int]) -> int:
        """Without skirts."""
        return sum(len(self.tiles[at].surface.triangles) for at in shown)

    def error_ppm(self, shown: list[int]) -> float:
        """Of tiles that together show the whole."""
        key = tuple(shown)
        if key not in self.errors:
            self.errors[key] = self.original.error_ppm(tiles.joined(self.tiles[at].surface for at in shown))
        return self.errors[key]

    def weight(self, coding: str, shown: Iterable[int]) -> Weight:
        """Of tiles in a coding."""
        return tiles.total(self.codings[coding][at].weight for at in shown)


def _curves(given: Input, surface: Surface, folder: Path, peers: Iterable[str]) -> Iterator[Row]:
    named = surface.positions[np.unique(surface.triangles)]
    original = _Original(
        closest.tree(surface.positions, surface.triangles),
        closest.scattered(surface.positions, surface.triangles),
        float(np.linalg.norm(np.ptp(named, axis=0))),
        len(surface.triangles),
    )
    tree = _Tree(given, original, {coding: tiles.read(folder / name) for name, coding in _CALLED.items()})
    above = {tuple(tile.parent for tile in found) for found in tree.codings.values()}
    assert len(above) == 1, "a model's tree does not depend on the coding"
    yield from _all_levels(tree)
    for share in SHARES:
        yield from _levels(tree, share)
        yield from _views(tree, share)
    if "gltfpack" in peers:
        write_glb(folder / "given.glb", surface)
        for share in SHARES:
            made = contenders.gltfpack(folder / "given.glb", folder / "level.glb", share)
            yield from _peer("gltfpack -cc", given, made, share, original)
    if "fast-simplification" in peers:
        np.savez(folder / "given.npz", positions=surface.positions, triangles=surface.triangles)
        for share in SHARES:
            # The grid is as fine for its error as ours: the step nearest to 1.5 times what a cut of ours has there.
            error = tree.error_ppm(tiles.cut(tree.tiles, round(share * original.triangles)))
            step = 2.0 ** np.rint(np.log2(1.5e-6 * error * original.diagonal))
            made = contenders.fast_simplification(folder / "given.npz", folder / "level.npz", share, step=step)
            yield from _peer("fast-simplification", given, made, share, original)


def _all_levels(tree: _Tree) -> Iterator[Row]:
    """What everything weighs, by the triangles of the input."""
    for coding, found in tree.codings.items():
        weight = tree.weight(coding, range(len(found)))
        alone, every = (weight.dense, weight.dense_all) if coding == "Draco" else (weight.fast, weight.fast_all)
        for metric, size in (
            ("all levels, positions", alone),
            ("all levels, normals", every - alone),
            ("all levels, containers", weight.container),
            ("all levels, on the wire", weight.wire),
            ("all levels, on the disk without zipped copies", weight.stored),
        ):
            yield f"chronotope, {coding}", tree.given.name, metric, size / tree.original.triangles, "bytes/triangle"
        yield f"chronotope, {coding}", tree.given.name, "root on the wire", found[0].weight.wire, "bytes"


def _levels(tree: _Tree, share: float) -> Iterator[Row]:
    """A whole level, where one has about this share of the triangles."""
    levels = [tiles.level(tree.tiles, depth) for depth in range(1 + max(tile.depth for tile in tree.tiles))]
    shares = [tree.triangles(level) / tree.original.triangles for level in levels]
    at = rate.nearest(shares, share)
    if at is None:
        return
    about = f"level of {share:.0%}"
    ppm = tree.error_ppm(levels[at])
    yield "chronotope", tree.given.name, f"{about}: triangles", shares[at] * 100, "%"
    yield "chronotope", tree.given.name, f"{about}: error", ppm, "ppm of diagonal"
    for coding, size in _SIZES.items():
        weight = tree.weight(coding, levels[at])
        yield from _sized(f"chronotope, {coding}", tree.given, about, ppm, size(weight), series="level")


def _views(tree: _Tree, share: float) -> Iterator[Row]:
    """A view from the root to a cut: what a client loads that skips levels, and the whole chain."""
    shown = tiles.cut(tree.tiles, round(share * tree.original.triangles))
    about = f"view of {share:.0%}"
    ppm = tree.error_ppm(shown)
    yield (
        "chronotope",
        tree.given.name,
        f"{about}: triangles",
        tree.triangles(shown) / tree.original.triangles * 100,
        "%",
    )
    yield "chronotope", tree.given.name, f"{about}: error", ppm, "ppm of diagonal"
    for coding, size in _SIZES.items():
        name = f"chronotope, {coding}"
        skipping, chained = (tree.weight(coding, some) for some in ({0, *shown}, tiles.chain(tree.tiles, shown)))
        yield from _sized(name, tree.given, about, ppm, size(skipping), series="view")
        yield from _sized(name, tree.given, f"{about}, no level skipped", ppm, size(chained), series="view")


def _peer(name: str, given: Input, made: contenders.Level, share: float, original: _Original) -> Iterator[Row]:
    about = f"level of {share:.0%}"
    ppm = original.error_ppm(made.surface)
    yield name, given.name, f"{about}: triangles", len(made.surface.triangles) / original.triangles * 100, "%"
    yield name, given.name, f"{about}: error", ppm, "ppm of diagonal"
    yield name, given.name, f"{about}: processor time", made.processor_s, "s"
    for coding, size in made.bytes.items():
        yield from _sized(f"{name}, {coding}", given, about, ppm, size, series="level")


def _sized(name: str, given: Input, about: str, ppm: float, size: int, *, series: str) -> Iterator[Row]:
    """Bytes, positions only with content coding, and their ratio to Nexus's at the same error where that is known."""
    yield name, given.name, f"{about}: bytes", size, "bytes"
    curve = rate.nexus(given.nexus, series)
    if not curve:
        return
    beyond = "" if rate.is_inside(curve, ppm) else ", beyond its table"
    yield name, given.name, f"{about}: of Nexus's bytes{beyond}", rate.ratio(curve, ppm, size), "times"
