"""Tiles and their original as strangers' clients show them: pictures from the same place, and how alike they are."""

from __future__ import annotations

import functools
import http.server
import json
import shutil
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from pipeline import read
from pipeline.tile import TileSettings, tile_model
from scenes import gltf_build
from tests.journeys.conftest import ARTIFACTS, WEB
from tiling import normals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from playwright.sync_api import Page

CLIENTS = ("three", "cesium")
BACKGROUND = (0x66, 0x99, 0xCC)
_ENGINE = WEB / "node_modules" / "@cesium" / "engine"
# What clients fetch by address: below the page, and where it lies.
_BESIDE = {
    "cesium/Workers": _ENGINE / "Build" / "Workers",
    "cesium/ThirdParty": _ENGINE / "Source" / "ThirdParty",
    "cesium/Assets": _ENGINE / "Source" / "Assets",
    "decoders": WEB / "node_modules" / "three" / "examples" / "jsm" / "libs" / "draco" / "gltf",
}
_FIELD_OF_VIEW = 50.0
# Directions to look from, as seen from the middle.
WAYS = {"front": (0.5, 0.35, 1.0), "back": (-0.7, 0.2, -1.0), "above": (0.3, 1.0, 0.15)}


@dataclass(frozen=True, slots=True)
class Subject:
    """A model in a folder of its own: `original.glb`, and a folder of tiles for each coding."""

    folder: Path
    middle: tuple[float, float, float]
    radius: float


def prepared(source: Path, folder: Path, codings: tuple[str, ...], **settings: Any) -> Subject:
    """A file, tiled in each coding, beside a plain GLB of what the tiler read."""
    model = read.read(source, source.name)
    # Clients make up normals of their own where there are none, or show no shading.
    shaded = replace(model, primitives=tuple(normals.with_normals(each) for each in model.primitives))
    (folder / "original.glb").write_bytes(gltf_build.write_glb(shaded))
    for coding in codings:
        (folder / coding).mkdir()
        tile_model(model, folder / coding, TileSettings(coding=coding, **settings), lambda _fraction, _message: None)
    low = np.min([each.positions.min(axis=0) for each in model.primitives], axis=0)
    high = np.max([each.positions.max(axis=0) for each in model.primitives], axis=0)
    x, y, z = ((low + high) / 2.0).tolist()
    return Subject(folder, (x, y, z), float(np.linalg.norm(high - low)) / 2.0)


def view(subject: Subject, way: str, *, error: float = 1.0) -> dict[str, Any]:
    """The model fills most of the picture."""
    direction = np.array(WAYS[way]) / np.linalg.norm(WAYS[way])
    away = 1.05 * subject.radius / np.sin(np.radians(_FIELD_OF_VIEW) / 2.0)
    eye = np.array(subject.middle) + away * direction
    return {
        "eye": eye.tolist(),
        "target": list(subject.middle),
        "near": away - 1.2 * subject.radius,
        "far": away + 1.2 * subject.radius,
        "error": error,
    }


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass

    def translate_path(self, path: str) -> str:
        for below, folder in _BESIDE.items():
            if path.startswith(f"/{below}/"):
                return str(folder / path.removeprefix(f"/{below}/").partition("?")[0])
        return super().translate_path(path)


@contextmanager
def gallery(folder: Path) -> Iterator[str]:
    """The page with both clients in a folder, served with all that lies there; its address."""
    built = folder / "page"
    subprocess.run(
        ["npx", "--no-install", "vite", "build", "--config", "peer/look.vite.ts", "--outDir", str(built)],
        cwd=WEB,
        check=True,
        capture_output=True,
    )
    for path in built.iterdir():
        shutil.move(path, folder / path.name)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/look.html"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def picture(page: Page, client: str, subject: dict[str, str], view: dict[str, Any], name: str) -> NDArray[np.uint8]:
    """What a client shows (rows, columns, 3), kept in tests/artifacts; it must not have failed on the way."""
    page.evaluate("() => { for (const id of ['cesium', 'three']) document.getElementById(id).style.zIndex = 0 }")
    page.evaluate("(id) => { document.getElementById(id).style.zIndex = 1 }", client)
    seen = page.evaluate(f"([subject, view]) => look.{client}(subject, view)", [subject, view])
    assert seen["errors"] == [], json.dumps(seen)
    assert ("tiles" in subject) == (seen["tiles"] > 0)
    ARTIFACTS.mkdir(exist_ok=True)
    path = ARTIFACTS / f"{name}.png"
    page.locator("#three" if client == "three" else "#cesium canvas").screenshot(path=path)
    return np.asarray(Image.open(path).convert("RGB"))


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two pictures compared."""

    overlap: float
    """of both silhouettes: what they have in common of what they cover together"""
    difference: float
    """of colours where both show the model: mean over channels, of 255"""
    covered: float
    """how much of the picture the first one's model takes"""
    shades: int
    """colours in the first one"""


def likeness(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> Likeness:
    """How alike two pictures of the same size are."""
    one, two = (np.abs(each.astype(int) - BACKGROUND).max(axis=2) > 6 for each in (first, second))
    both = one & two
    difference = np.abs(first.astype(float) - second.astype(float))[both]
    return Likeness(
        overlap=float(both.sum() / max((one | two).sum(), 1)),
        difference=float(difference.mean()) if both.any() else 255.0,
        covered=float(one.mean()),
        shades=len(np.unique(first.reshape(-1, 3), axis=0)),
    )
