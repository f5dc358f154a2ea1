"""The tiler of point clouds beside py3dtiles and the bare decoding of LAZ: time, memory, bytes, evenness.

Every contender runs in a process of its own. Input is a wave of three million points made here, and `terrain.laz` where
CHRONOTOPE_TEST_DATA names a folder that has it; it is tiled unpacked, too. Clouds of any size that
CHRONOTOPE_BENCH_CLOUDS names, paths with colons between them, are tiled by one worker and by two, for time, memory and
temporary files. The peer is py3dtiles (PyPI, Apache-2.0; never a dependency): install
12.1.1 with laspy and lazrs in an environment of its own, and name its command in CHRONOTOPE_BENCH_PY3DTILES.

Times are processor time; the pace of the machine (`bench.pace`) stands beside them, because what else it does slows all
by half and more. Evenness is the spread (deviation by mean) of the distances to the nearest other point, of a level and
of as many points taken at random or by the cells of a grid: 0 is a lattice, 0.52 chance on a plane.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import struct
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from bench import process
from bench.pace import pace
from tiling import content, tileset

Row = tuple[str, str, str, float, str]

_POINTS = 3_000_000
_EXACT, _COARSE = 0.0, 0.1
_TIMES = 3


def run() -> Iterator[Row]:
    """Rows of contender, input, metric, value, unit."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "wave.las").write_bytes(_wave(50_000))
        _tiled(folder / "wave.las", folder / "first", 1, _EXACT)  # compiles, and fills numba's cache
        (folder / "wave.las").write_bytes(_wave(_POINTS))
        sources = [folder / "wave.las"]
        terrain = Path(os.environ.get("CHRONOTOPE_TEST_DATA", "")) / "terrain.laz"
        if terrain.is_file():
            sources.append(terrain)
        for large in filter(None, os.environ.get("CHRONOTOPE_BENCH_CLOUDS", "").split(":")):
            yield from _large(Path(large), folder)
        for source in sources:
            yield from _ours(source, folder)
            if source.suffix == ".laz":
                yield from _unpacked(source, folder)
                continue  # py3dtiles 12.1.1 never came to an end with one
            if peer := os.environ.get("CHRONOTOPE_BENCH_PY3DTILES", ""):
                yield from _py3dtiles(Path(peer), source, folder)
            else:
                print("CHRONOTOPE_BENCH_PY3DTILES is not set: py3dtiles is left out", file=sys.stderr)


def _tiled(source: Path, out: Path, workers: int, precision: float) -> tuple[dict[str, Any], process.Run]:
    shutil.rmtree(out, ignore_errors=True)
    done = process.run([sys.executable, "-m", "bench.cloud", source, out, str(workers), str(precision)])
    return json.loads(done.said), done


def _ours(source: Path, folder: Path) -> Iterator[Row]:
    name = source.name
    for called, precision in (("exact", _EXACT), (f"places to {_COARSE:g}", _COARSE)):
        runs = [_tiled(source, folder / "out", 1, precision) for _ in range(_TIMES)]
        said, done = sorted(runs, key=lambda one: one[0]["processor_s"])[_TIMES // 2]
        points = said["points"]
        contender = f"chronotope, {called}"
        yield contender, name, "processor time, read to disk", said["processor_s"], "s"
        yield contender, name, "speed, read to disk", points / said["processor_s"] / 1e6, "Mpoints/s"
        yield contender, name, "processor time, whole process", done.processor_s, "s"
        yield contender, name, "memory, peak", done.resident_mb, "MB"
        yield contender, name, "on the wire", said["coded"] / points, "bytes/point"
        yield contender, name, "root, on the wire", said["root"], "bytes"
    yield "meshoptimizer", name, "pace of the machine", pace(), "Mtriangles/s"
    one = _tiled(source, folder / "out", 1, _EXACT)[0]["elapsed_s"]
    yield (
        "chronotope, exact",
        name,
        "second worker",
        one / _tiled(source, folder / "out", 2, _EXACT)[0]["elapsed_s"],
        "×",
    )
    yield from _evenness(name, folder / "out")


def _evenness(name: str, out: Path) -> Iterator[Row]:
    """Of the first two levels: all that is shown while nothing finer is."""
    tree = tileset.read((out / "tileset.json").read_bytes(), lambda file: (out / file).read_bytes())
    depth = np.zeros(len(tree), np.int64)
    for tile in range(1, len(tree)):
        depth[tile] = depth[tree.parent[tile]] + 1
    tiles = ((out / f"{digest}.glb").read_bytes() for digest in tree.content)
    own = [next(content.placed(content.read(tile))).positions if tile else np.empty((0, 3)) for tile in tiles]
    every = np.concatenate(own)
    shown = np.concatenate([own[tile] for tile in np.flatnonzero(depth <= 2)])
    chance = np.random.default_rng(1)
    at_random = every[chance.choice(len(every), len(shown), replace=False)]
    side = float(np.median(_nearest(shown)))
    cells = np.unique(np.floor((every - every.min(axis=0)) / side).astype(np.int64), axis=0, return_index=True)[1]
    for contender, points in (("chronotope", shown), ("at random", at_random), ("first of a cell", every[cells])):
        away = _nearest(points)
        yield contender, name, "spread of nearest distances", float(away.std() / away.mean()), ""
        yield contender, name, "least over mean distance", float(away.min() / away.mean()), ""


def _nearest(points: NDArray[np.float64]) -> NDArray[np.float64]:
    away: Any = cKDTree(points).query(points, k=2)[0]
    found: NDArray[np.float64] = away[:, 1]
    return found


def _large(source: Path, folder: Path) -> Iterator[Row]:
    """Time of one worker and of two, and of one the memory and the most that lies beside the source and the tiles."""
    name, most, ended = source.name, [0], threading.Event()

    def look() -> None:
        while not ended.wait(0.5):
            most[0] = max(most[0], _beside(folder))

    before = _beside(folder)
    looking = threading.Thread(target=look)
    looking.start()
    try:
        said, done = _tiled(source, folder / "out", 1, _EXACT)
    finally:
        ended.set()
        looking.join()
    contender, points = "chronotope, exact", said["points"]
    yield contender, name, "points", points, ""
    yield contender, name, "processor time, read to disk", said["processor_s"], "s"
    yield contender, name, "speed, read to disk", points / said["processor_s"] / 1e6, "Mpoints/s"
    yield contender, name, "memory, peak", done.resident_mb, "MB"
    yield contender, name, "temporary files, by input", (most[0] - before) / source.stat().st_size, "×"
    yield contender, name, "on the wire", said["coded"] / points, "bytes/point"
    yield contender, name, "root, on the wire", said["root"], "bytes"
    two = _tiled(source, folder / "out", 2, _EXACT)[0]
    yield contender, name, "second worker", said["elapsed_s"] / two["elapsed_s"], "×"
    shutil.rmtree(folder / "out")


def _beside(folder: Path) -> int:
    """Bytes of files in a folder but those in `out`; what goes away while we look is passed over."""
    size = 0
    for at, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "out"]
        for name in files:
            with contextlib.suppress(OSError):
                size += (Path(at) / name).stat().st_size
    return size


def _unpacked(source: Path, folder: Path) -> Iterator[Row]:
    """The same points as LAS, and the bare decoding: what LAZ may take."""
    import lazrs

    from pipeline import mapped
    from pipeline.clouds.las_header import LASZIP, header

    data = source.read_bytes()
    of = header(mapped.source(source))
    rows = np.empty(of.count * of.size, np.uint8)
    with source.open("rb") as file:
        file.seek(of.start)
        lazrs.LasZipDecompressor(file, of.records[LASZIP]).decompress_many(rows)
    head = bytearray(data[: of.start])
    head[104] &= 0x7F
    plain = folder / f"{source.stem}.las"
    plain.write_bytes(bytes(head) + rows.tobytes())
    runs = [
        (_tiled(each, folder / "out", 1, _EXACT)[0]["processor_s"]) for _ in range(_TIMES) for each in (source, plain)
    ]
    packed, unpacked = (float(np.median(runs[at::2])) for at in (0, 1))
    yield "chronotope, exact", plain.name, "processor time, read to disk", unpacked, "s"
    decoding = list(_decoding(source))
    yield from decoding
    yield "chronotope, exact", source.name, "by decoding and LAS", packed / (decoding[0][3] + unpacked), "×"


def _decoding(source: Path) -> Iterator[Row]:
    from pipeline.clouds.open import open_cloud

    start = time.process_time()
    count = sum(len(points) for points in open_cloud(source, source.name).chunks())
    seconds = time.process_time() - start
    yield "lazrs, decoding alone", source.name, "processor time", seconds, "s"
    yield "lazrs, decoding alone", source.name, "speed", count / seconds / 1e6, "Mpoints/s"


def _py3dtiles(command: Path, source: Path, folder: Path) -> Iterator[Row]:
    out = folder / "peer"
    shutil.rmtree(out, ignore_errors=True)
    done = process.run([command, "convert", source, "--out", out, "--jobs", "1"])
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    count = _count(source)
    yield "py3dtiles", source.name, "processor time, whole process", done.processor_s, "s"
    yield "py3dtiles", source.name, "speed, whole process", count / done.processor_s / 1e6, "Mpoints/s"
    yield "py3dtiles", source.name, "memory, peak", done.resident_mb, "MB"
    yield "py3dtiles", source.name, "on the disk", size / count, "bytes/point"


def _count(source: Path) -> int:
    with source.open("rb") as file:
        return int(struct.unpack_from("<I", file.read(227), 107)[0])


def _wave(count: int) -> bytes:
    """A LAS 1.2 of points on a wave, with colours, intensities and classes."""
    chance = np.random.default_rng(1)
    side = 0.3 * np.sqrt(count)
    x, y = chance.uniform(0.0, side, (2, count))
    z = 5.0 * np.sin(x / 40.0) * np.cos(y / 60.0) + chance.normal(scale=0.02, size=count)
    columns = [(name, "<i4") for name in "xyz"] + [("intensity", "<u2"), ("flags", "u1"), ("class", "u1")]
    rows = np.zeros(count, [*columns, ("rest", "u1", (4,)), ("colour", "<u2", (3,))])
    for name, values in zip("xyz", (x, y, z), strict=True):
        rows[name] = np.rint(values * 1000)
    shade = 120 + 60 * np.sin(x / 15.0) + chance.normal(scale=8.0, size=count)
    rows["colour"] = np.clip(shade[:, None] + [10, 0, -20], 0, 255)
    rows["intensity"] = np.clip(shade + chance.normal(scale=20.0, size=count), 0, 255)
    rows["class"] = np.where(z > 2.0, 5, 2)
    rows = rows[np.argsort(np.floor(y / 10.0), kind="stable")]
    head = bytearray(227)
    head[:4], head[24], head[25] = b"LASF", 1, 2
    struct.pack_into("<HIIBHI", head, 94, 227, 227, 0, 2, rows.dtype.itemsize, count)
    bounds = [f(rows[name]) / 1000.0 for name in "xyz" for f in (np.max, np.min)]
    struct.pack_into("<12d", head, 131, 0.001, 0.001, 0.001, 0.0, 0.0, 0.0, *bounds)
    return bytes(head) + rows.tobytes()
