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
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low

import numpy as np

from bench import closest, contenders, rate, tiles
from bench.inputs import Input, hills, inputs, write_glb, write_ply
from bench.tiles import Surface, Tile, Weight

Row = tuple[str, str, str, float, str]

SHARES = (0.05, 0.12, 0.25, 0.5)
"""of the input's triangles, that bytes and errors are told for"""
_SHORT = 1.0  # millions of triangles, up to which runs are repeated
_CURVES = 10.0  # millions of triangles, up to which errors are measured
_PEERS = 3.0  # millions of triangles, up to which peers are run
_TIMES = 3
_CALLED = {"meshopt": "meshopt", "draco": "Draco"}
_CODINGS: dict[str, Callable[[Weight], int]] = {
    "meshopt": lambda weight: weight.fast_wire,
    "Draco": lambda weight: weight.dense_wire,
}


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
        for given in inputs():
            surface = given.load()
            write_ply(folder / "given.ply", surface)
            yield from _speed(given, folder)
            if given.millions <= _CURVES:
                yield from _curves(given, surface, folder, peers if given.millions <= _PEERS else [])


def _speed(given: Input, folder: Path) -> Iterator[Row]:
    """Both codings, whole: every tile measured, coded and zipped. The folder keeps the tiles of the fast one."""
    times = _TIMES if given.millions <= _SHORT else 1
    for coding in ("draco", "meshopt"):
        name = f"chronotope, {_CALLED[coding]}"

        def again(workers: int, coding: str = coding) -> list[contenders.Tiled]:
            settings = {"workers": workers, "coding": coding, "is_coded": "true"}
            return [contenders.tiled(folder / "given.ply", folder / "tiles", **settings) for _ in range(times)]

        runs, paired = again(1), again(2)
        own = median_low(each.processor_s for each in runs)
        whole = median_low(each.run.processor_s for each in runs)
        triangles = runs[0].triangles
        gain = median_low(each.elapsed_s for each in runs) / median_low(each.elapsed_s for each in paired)
        for metric, value, unit in (
            ("processor time, read to disk", own, "s"),
            ("processor time, whole process", whole, "s"),
            ("speed, read to disk", triangles / own / 1e6, "Mtriangles/s"),
            ("speed, whole process", triangles / whole / 1e6, "Mtriangles/s"),
            ("gain of a second worker", gain, "times"),
            ("peak resident memory", max(each.run.resident_mb for each in runs), "MB"),
            ("peak anonymous memory", max(each.run.anonymous_mb for each in runs), "MB"),
            ("peak resident memory, two workers", max(each.run.resident_mb for each in paired), "MB"),
        ):
            yield name, given.name, metric, value, unit


def _curves(given: Input, surface: Surface, folder: Path, peers: Iterable[str]) -> Iterator[Row]:
    named = surface.positions[np.unique(surface.triangles)]
    original = _Original(
        closest.tree(surface.positions, surface.triangles),
        closest.scattered(surface.positions, surface.triangles),
        float(np.linalg.norm(np.ptp(named, axis=0))),
        len(surface.triangles),
    )
    found = tiles.read(folder / "tiles")
    yield from _all_levels(given, found, original)
    errors: dict[tuple[int, ...], float] = {}

    def error(shown: list[int]) -> float:
        key = tuple(shown)
        if key not in errors:
            errors[key] = original.error_ppm(tiles.joined(found[at].surface for at in shown))
        return errors[key]

    for share in SHARES:
        yield from _levels(given, found, original, share, error)
        yield from _views(given, found, original, share, error)
    if "gltfpack" in peers:
        write_glb(folder / "given.glb", surface)
        for share in SHARES:
            made = contenders.gltfpack(folder / "given.glb", folder / "level.glb", share)
            yield from _peer("gltfpack -cc", given, made, share, original)
    if "fast-simplification" in peers:
        np.savez(folder / "given.npz", positions=surface.positions, triangles=surface.triangles)
        for share in SHARES:
            # The grid is as fine for its error as ours: the step nearest to 1.5 times what a level of ours has there.
            level = error(tiles.cut(found, round(share * original.triangles))) * original.diagonal * 1e-6
            step = 2.0 ** np.rint(np.log2(1.5 * level))
            made = contenders.fast_simplification(folder / "given.npz", folder / "level.npz", share, step=step)
            yield from _peer("fast-simplification", given, made, share, original)


def _all_levels(given: Input, found: list[Tile], original: _Original) -> Iterator[Row]:
    """What everything weighs, by the triangles of the input."""
    weight = tiles.total(tile.weight for tile in found)
    for metric, size in (
        ("all levels, Draco, positions", weight.dense),
        ("all levels, Draco, normals and colours", weight.dense_all - weight.dense),
        ("all levels, meshopt, positions", weight.fast),
        ("all levels, meshopt, normals and colours", weight.fast_all - weight.fast),
        ("all levels, containers", weight.container),
        ("all levels, on the wire", weight.wire),
        ("all levels, on the disk", weight.stored),
    ):
        yield "chronotope", given.name, metric, size / original.triangles, "bytes/triangle"
    yield "chronotope", given.name, "root on the wire", found[0].weight.wire, "bytes"


def _levels(
    given: Input, found: list[Tile], original: _Original, share: float, error: Callable[[list[int]], float]
) -> Iterator[Row]:
    """A whole level, where one has about this share of the triangles."""
    levels = [tiles.level(found, depth) for depth in range(1 + max(tile.depth for tile in found))]
    counts = [sum(len(found[at].surface.triangles) for at in level) for level in levels]
    at = rate.nearest([count / original.triangles for count in counts], share)
    if at is None:
        return
    shown = levels[at]
    ppm = error(shown)
    weight = tiles.total(found[each].weight for each in shown)
    about = f"level of {share:.0%}"
    yield "chronotope", given.name, f"{about}: triangles", counts[at] / original.triangles * 100, "%"
    yield "chronotope", given.name, f"{about}: error", ppm, "ppm of diagonal"
    for coding, size in _CODINGS.items():
        yield from _sized(f"chronotope, {coding}", given, about, ppm, size(weight), series="level")


def _views(
    given: Input, found: list[Tile], original: _Original, share: float, error: Callable[[list[int]], float]
) -> Iterator[Row]:
    """A view from the root to a cut: what a client loads that skips levels, and the whole chain."""
    shown = tiles.cut(found, round(share * original.triangles))
    count = sum(len(found[at].surface.triangles) for at in shown)
    ppm = error(shown)
    about = f"view of {share:.0%}"
    yield "chronotope", given.name, f"{about}: triangles", count / original.triangles * 100, "%"
    yield "chronotope", given.name, f"{about}: error", ppm, "ppm of diagonal"
    skipping = tiles.total(found[at].weight for at in {0, *shown})
    chained = tiles.total(found[at].weight for at in tiles.chain(found, shown))
    for coding, size in _CODINGS.items():
        yield from _sized(f"chronotope, {coding}", given, about, ppm, size(skipping), series="view")
        yield from _sized(
            f"chronotope, {coding}", given, f"{about}, no level skipped", ppm, size(chained), series="view"
        )


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
