"""The tiler on one worker: generated meshes and, where CHRONOTOPE_TEST_DATA names the folder of scans, a statue.

Time is processor time of this process, so that other work on the machine disturbs it less than it would the clock.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from pipeline.tile import TileResult, TileSettings, tile_file, tile_model
from tiling.mesh import Image, Material, Model, Primitive

Row = tuple[str, str, str, float, str]


def _terrain(side: int, *, picture: int = 0) -> Model:
    """Hills on a square grid of 2 side² triangles; with `picture` a texture of so many pixels a side."""
    x, z = np.meshgrid(np.linspace(0, 100, side + 1), np.linspace(0, 100, side + 1), indexing="ij")
    y = 4 * np.sin(x / 7) * np.cos(z / 9) + np.sin(x * 1.3 + np.sin(z)) * 0.4 + np.sin(9 * x) * np.sin(8 * z) * 0.02
    at = np.arange(x.size).reshape(x.shape)
    a, b, c, d = at[:-1, :-1], at[:-1, 1:], at[1:, 1:], at[1:, :-1]
    triangles = np.stack([a, b, c, a, c, d], axis=-1).reshape(-1, 3).astype(np.uint32)
    positions = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    if not picture:
        return Model((Primitive(positions, triangles),))
    uvs = np.stack([x / 100, z / 100], axis=-1).reshape(-1, 2).astype(np.float32)
    shades = np.random.default_rng(0).integers(60, 200, (picture // 8, picture // 8, 3)).astype(np.uint8)
    out = io.BytesIO()
    Pillow.fromarray(shades).resize((picture, picture), Pillow.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    material = Material(base_colour_image=Image(out.getvalue(), "image/jpeg"))
    return Model((Primitive(positions, triangles, uvs=uvs),), (material,))


def _measured(name: str, work: Callable[[Path], TileResult]) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        start = time.process_time()
        result = work(Path(scratch))
        seconds = time.process_time() - start
    figures = result.tileset
    yield "chronotope", name, "processor time", seconds, "s"
    yield "chronotope", name, "speed", figures.triangles / seconds / 1e6, "Mtriangles/s"
    yield "chronotope", name, "content", figures.byte_length / figures.triangles, "bytes/triangle"
    yield "chronotope", name, "root error", figures.root_error / figures.geometric_error * 1e6, "ppm of diagonal"


def _silent(fraction: float, message: str) -> None:
    pass


def run() -> Iterator[Row]:
    """Rows of contender, input, metric, value, unit."""
    settings = TileSettings()
    tile_model(_terrain(20), Path(tempfile.mkdtemp()), settings, _silent)  # load libraries before the clock runs
    plain, textured = _terrain(500), _terrain(500, picture=2048)
    yield from _measured("terrain 0.5 M", lambda out: tile_model(plain, out, settings, _silent))
    yield from _measured("terrain 0.5 M, 2048² texture", lambda out: tile_model(textured, out, settings, _silent))
    folder = os.environ.get("CHRONOTOPE_TEST_DATA")
    if folder:
        scan = Path(folder) / "venus"
        statue = lambda out: tile_file(scan, "venus.gltf", out, settings, _silent)  # noqa: E731
        yield from _measured("venus 0.6 M, 4096² texture", statue)
