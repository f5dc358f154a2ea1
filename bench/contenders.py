"""Who is compared, and how each is run: the tiler, gltfpack (npm, MIT) and fast-simplification (PyPI, MIT).

The peers make one level at a time and no hierarchy. `tools/install.py peers` installs them; what is not there is left
out, and said.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench import process, tiles
from bench.tiles import Surface
from tiling import draco, meshopt
from tiling.walk import walked

_PEERS = Path(__file__).parent / "peers"
_GLTFPACK = _PEERS / "node_modules" / "gltfpack" / "cli.js"
_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Tiled:
    """One run of the tiler: what its process took, and its own part of that."""

    run: process.Run
    processor_s: float
    elapsed_s: float
    triangles: int


@dataclass(frozen=True, slots=True)
class Level:
    """One level that a peer made: what it shows, and bytes by coding."""

    surface: Surface
    bytes: dict[str, int]
    processor_s: float


def tiled(source: Path, out: Path, **settings: Any) -> Tiled:
    """Tile a file into a folder that is emptied before.

    Raises:
        Failed: the tiler refused, or has no such setting.
    """
    shutil.rmtree(out, ignore_errors=True)
    run, figures = _once("chronotope", source, out, **settings)
    return Tiled(run, figures["processor_s"], figures["elapsed_s"], figures["triangles"])


def _once(task: str, source: Path, out: Path, **options: Any) -> tuple[process.Run, dict[str, Any]]:
    named = [f"{name}={value}" for name, value in options.items()]
    run = process.run([sys.executable, "-m", "bench.once", task, source, out, *named], cwd=_ROOT)
    figures: dict[str, Any] = json.loads(run.said.splitlines()[-1])
    return run, figures


def peers() -> list[str]:
    """The peers that are installed."""
    found = []
    if shutil.which("node") and _GLTFPACK.is_file():
        found.append("gltfpack")
    else:
        print("bench: gltfpack is not there; `python tools/install.py peers` installs it", file=sys.stderr)
    if importlib.util.find_spec("fast_simplification"):
        found.append("fast-simplification")
    else:
        print("bench: fast-simplification is not there; `python tools/install.py peers` installs it", file=sys.stderr)
    return found


def gltfpack(source: Path, out: Path, share: float, *, coding: str = "-cc") -> Level:
    """A level by gltfpack: `source` is a GLB. Its own grid of 14 bits; content coding on top, as for ours."""
    run = process.run(["node", _GLTFPACK, coding, "-si", f"{share:.4f}", "-i", source, "-o", out])
    data = out.read_bytes()
    weight = tiles.weighed(data, is_recoded=True)
    sizes = {"meshopt": weight.fast_wire, "Draco": weight.dense_wire}
    return Level(tiles.surface(data), sizes, run.processor_s)


def fast_simplification(source: Path, out: Path, share: float, *, step: float) -> Level:
    """A level by fast-simplification: `source` is an archive of arrays. Our grid of this step, and our codings."""
    run, _ = _once("fast_simplification", source, out, share=share)
    made = np.load(out)
    return coded(made["positions"].astype(np.float64), made["triangles"].astype(np.int64), step, run.processor_s)


def coded(positions: np.ndarray[Any, Any], triangles: np.ndarray[Any, Any], step: float, processor_s: float) -> Level:
    """A mesh on a grid, and its bytes in both codings without a container."""
    low = positions.min(axis=0)
    numbers = np.zeros((len(positions), 4), np.uint16)
    numbers[:, :3] = np.rint((positions - low) / step)
    names, count = meshopt.remap(numbers)
    welded = np.zeros((count, 4), np.uint16)
    welded[names] = numbers
    indices = names[triangles]
    whole = (indices[:, 0] != indices[:, 1]) & (indices[:, 1] != indices[:, 2]) & (indices[:, 2] != indices[:, 0])
    kept = np.ascontiguousarray(indices[whole], np.uint32)
    indices = walked(kept, np.array([0, len(kept)]), count)  # in the order that ours have
    order = meshopt.fetch_order(indices, count)
    place = np.zeros(count, np.uint32)
    place[order] = np.arange(len(order), dtype=np.uint32)
    indices, welded = place[indices], np.ascontiguousarray(welded[order])
    streams = meshopt.encode_vertices(welded) + meshopt.encode_indices(indices, len(welded))
    sizes = {"meshopt": len(tiles.deflated(streams)), "Draco": len(draco.encode(welded, indices).data)}
    return Level(Surface(welded[:, :3] * step + low, indices.astype(np.int64)), sizes, processor_s)
