"""Compiles ahead what the tests run: `python -m tests.kernels`, in three processes at a time.

Without it each worker of the tests compiles the same functions, and commands of theirs do as well, before numba's
cache holds them. Nothing depends on it but time: what is not compiled here is compiled where it is needed. The child's
work is done without a child, which may keep nothing: all would be compiled twice.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.change import ChangeSettings
from pipeline.child import work
from pipeline.tile import TileSettings, tile_model
from tests.pipeline.clouds import written
from tests.pipeline.test_change import solid, write
from tests.pipeline.test_cluster import _textured as textured
from tiling import light, select

DATA = Path(__file__).parent / "data"
# Readers differ by format, the rest by whether there are textures.
MODELS = ("venus.glb", "small.obj.zip", "small-ascii.ply", "small-little.ply", "small-strips.ply", "tiny.stl")
SETTINGS = TileSettings(leaf_triangles=600)


def _tiled(source: Path, folder: Path) -> None:
    _done(folder / f"{source.name}.tiles", {"source": str(source), "name": source.name, "work": None, "origin": None})


def _compared(earlier: Path, later: Path, folder: Path) -> None:
    asked = ChangeSettings(threshold=0.0005, samples=2000, is_forced=True)
    request = {"earlier": str(earlier), "later": str(later), "change": asdict(asked)}
    _done(folder / f"{earlier.name}.change", request)


def _done(out: Path, request: dict[str, Any]) -> None:
    out.mkdir()
    with redirect_stdout(io.StringIO()):
        work({**request, "out": str(out), "settings": asdict(SETTINGS)})


def models(folder: Path) -> None:
    """Of triangles: files in, tiles out."""
    for name in MODELS:
        _tiled(DATA / name, folder)


def textures(folder: Path) -> None:
    """Of images: atlases, their coding, and detail baked into maps."""
    tile_model(textured(), folder, TileSettings(leaf_triangles=2000, normal_maps=True), lambda *_: None)


def others(folder: Path) -> None:
    """Of the selection of tiles, of posters, of clouds of points, and of change in both."""
    select.warm()
    light.warm()
    clouds = []
    for seed, packed in enumerate((False, True)):
        columns = written.sample(3000, seed=seed)
        clouds.append(folder / f"cloud{seed}.las")
        clouds[-1].write_bytes(written.las(columns, packed=packed))
    _tiled(clouds[0], folder)
    _compared(*clouds, folder)
    surfaces = [write(folder / f"{name}.ply", solid(dent=name == "b")) for name in "ab"]
    _compared(*surfaces, folder)


PARTS: Mapping[str, Callable[[Path], None]] = {"models": models, "textures": textures, "others": others}


def main() -> int:
    """One part where it is named, else all of them at a time; 0 if all went well."""
    if len(sys.argv) > 1:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[sys.argv[1]](Path(folder))
        return 0
    begun = [subprocess.Popen([sys.executable, "-m", "tests.kernels", part]) for part in PARTS]
    return max([each.wait() for each in begun], key=abs)


if __name__ == "__main__":
    sys.exit(main())
