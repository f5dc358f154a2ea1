"""`python -m bench.once TASK INPUT OUTPUT [NAME=VALUE ...]`: one contender at work once, in a process of its own.

Says in JSON how long its own work took (`processor_s`, `elapsed_s`), from the first byte read to the last one safe on
the disk, apart from the interpreter's start and imports. Compiled code comes from numba's cache: run it once before.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable


def chronotope(source: Path, out: Path, options: dict[str, str]) -> Callable[[], dict[str, Any]]:
    """The tiler, with any of its settings: `out` holds the finished folder, a gzip copy beside every file."""
    from pipeline import static
    from pipeline.tile import TileSettings, tile_file

    # Values are JSON; what isn't (the name of a coding) is a word.
    settings = TileSettings(**{name: _value(text) for name, text in options.items()}, is_coded=True)
    made = out.with_name(f"{out.name}-made")
    made.mkdir(parents=True)
    name = f"{source.name}.gltf" if source.is_dir() else source.name

    def work() -> dict[str, Any]:
        result = tile_file(source, name, made, settings, lambda _fraction, _message: None)
        static.put(made, out, result, digest="", is_implicit=False, is_coded=True)
        for path in out.iterdir():
            _sync(path)
        _sync(out)
        made.rmdir()
        return {"triangles": result.tileset.triangles, "tiles": result.tileset.tiles}

    return work


def fast_simplification(source: Path, out: Path, options: dict[str, str]) -> Callable[[], dict[str, Any]]:
    """One level by quadric collapse; `share` of the triangles are to stay. Arrays in and out."""
    import fast_simplification as peer  # type: ignore[import-untyped]

    def work() -> dict[str, Any]:
        given = np.load(source)
        positions, triangles = given["positions"].astype(np.float32), given["triangles"].astype(np.int32)
        reduced, faces = peer.simplify(positions, triangles, target_reduction=1.0 - float(options["share"]))
        np.savez(out, positions=reduced, triangles=faces)
        _sync(out)
        return {"triangles": len(faces)}

    return work


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _sync(path: Path) -> None:
    """What was written is on the disk afterwards."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_TASKS = {"chronotope": chronotope, "fast_simplification": fast_simplification}


def main() -> int:
    """Run the task that the command line names."""
    task, source, out, *options = sys.argv[1:]
    work = _TASKS[task](Path(source), Path(out), dict(option.split("=", 1) for option in options))
    start = time.perf_counter()
    used = sum(os.times()[:4])
    figures = work()
    figures |= {"processor_s": sum(os.times()[:4]) - used, "elapsed_s": time.perf_counter() - start}
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
