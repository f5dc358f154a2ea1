"""Is light to be seen through our tiles? `make bench TASKS=cracks`; `bench.cracks` says what is counted.

CHRONOTOPE_BENCH_CUTS is how many random cuts are drawn of each input: 200 by default.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench import contenders, cracks, rays
from bench.inputs import inputs, write_ply

_CUTS = 200
_RAYS = 20_000  # tried for each cut; about half of them count
_LARGEST = 2.5  # millions of triangles


def run() -> Iterator[tuple[str, str, str, float, str]]:
    """Rows of contender, input, metric, value, unit."""
    cuts = int(os.environ.get("CHRONOTOPE_BENCH_CUTS", _CUTS))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for given in inputs():
            if given.millions > _LARGEST:
                continue
            write_ply(folder / "given.ply", given.load())
            contenders.tiled(folder / "given.ply", folder / given.name)
            tiles = cracks.read(folder / given.name)
            original = cracks.original(folder / "given.ply")
            for metric, value, unit in _figures(tiles, rays.scene(*original), original, cuts):
                yield "chronotope", given.name, metric, value, unit


def _figures(
    tiles: cracks.Tileset, full: rays.Scene, original: tuple[rays.Points, rays.Triangles], cuts: int
) -> Iterator[tuple[str, float, str]]:
    chance = np.random.default_rng(0)
    found, uniform = [], cracks.Seen()
    for depth in range(1 + max(tile.depth for tile in tiles.tiles)):
        found.append(cracks.borders(tiles, depth, original))
        uniform += cracks.tried(tiles, full, cracks.level(tiles, depth), _RAYS, chance)
    yield "uniform levels: open edges", sum(each.open for each in found), "edges"
    yield "uniform levels: open edges on tile borders", sum(each.at_tiles for each in found), "edges"
    yield "uniform levels: open edges far from the original's", sum(each.away for each in found), "edges"
    yield from _seen("uniform levels", uniform)
    skirted, bare = cracks.Seen(), cracks.Seen()
    for _ in range(cuts):
        there = cracks.random_cut(tiles, chance)
        skirted += cracks.tried(tiles, full, cracks.drawn(tiles, there), _RAYS, chance)
        bare += cracks.tried(tiles, full, cracks.drawn(tiles, there, skirts=False), _RAYS // 4, chance)
    yield from _seen(f"{cuts} random cuts", skirted)
    yield from _seen(f"{cuts} random cuts, without skirts", bare)


def _seen(about: str, found: cracks.Seen) -> Iterator[tuple[str, float, str]]:
    yield f"{about}: rays", int(found.rays[0]), "rays"
    for name in cracks.FAULTS:
        yield f"{about}: {name}", found.ppm(name), "ppm"
        if "cuts" in about:
            yield f"{about}: {name}, gaps", found.ppm(name, gaps=True), "ppm"
