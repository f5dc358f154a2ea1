"""The poster of a scene: what a visitor sees first, as a picture that the museum makes by itself.

It is made of the same tiles that visitors get, within a budget of triangles, from the scene's own viewpoint at its own
moment; from outside, where nothing to speak of is seen from there. Its name (`key_of`) is a digest of all that is seen
in it and of nothing else, so that a new title makes no new picture and a stone that was moved does. Whoever calls
passes what everybody may see: a picture cannot be looked at in part. (docs/adr/0031-posters.md)
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from scenes.assemble import Resolved, shown_of
from scenes.faces import faces_of
from scenes.ladders import Ladders
from scenes.model import Asset, Scene
from scenes.scene_glb import scene_glb
from scenes.table import MomentTable
from scenes.transforms import placed_bounds
from tiling.light import Air, finer, picture
from tiling.raster import Camera, Faces, Film, Vector, drawn, looking

VERSION = "1"
"""of pictures: one that was made by another is not found"""
TRIANGLES = 600_000
_FOV = math.radians(50.0)
_OUTSIDE_FOV = math.radians(38.0)
_OUTSIDE: Vector = (-0.62, 0.34, 0.71)
"""from where it is looked, when not from the scene's viewpoint: above, with the sun from the left"""
_LEAST_COVER = 0.03
_BLOCKED = 0.45
"""what is nearer than this share of the way to what is looked at is in the way"""
_SIXTEEN = struct.Struct("<16d")


@dataclass(frozen=True, slots=True)
class Size:
    """A form that posters are made in."""

    name: str
    """of its file"""
    width: int
    height: int
    media_type: str


CARD = Size("card.webp", 640, 400, "image/webp")
SHARE = Size("share.jpg", 1200, 630, "image/jpeg")
"""what other sites show of a link; JPEG, because not all of them read WebP"""
SIZES = {size.name: size for size in (CARD, SHARE)}


def key_of(scene: Scene, moment: MomentTable, assets: Mapping[str, Asset]) -> str:
    """Names what a poster would show, by 32 hex digits; empty where that is nothing."""
    tilesets = {name: asset.tileset.digest for name, asset in assets.items() if asset.tileset is not None}
    digest, count = hashlib.sha256(VERSION.encode()), 0
    digest.update(struct.pack("<6d", *scene.viewpoint.position, *scene.viewpoint.target))
    for _, placement, certainty in moment.shown(range(len(moment))):
        if (tileset := tilesets.get(placement.asset)) is not None:
            digest.update(tileset.encode() + certainty.value.encode() + b"\0" + _SIXTEEN.pack(*placement.transform))
            count += 1
    return digest.hexdigest()[:32] if count else ""


def posters_of(
    scene: Scene,
    moment: Resolved,
    assets: Mapping[str, Asset],
    read: Callable[[str], bytes],
    *,
    ladders: Ladders,
) -> Iterator[tuple[str, bytes]]:
    """The poster in each of `SIZES`, after its name; `read` gives a blob by its digest. The same scene, the same bytes.

    Raises:
        tiling.errors.TilingError: a tileset or a tile cannot be read back.
        NotFound: a blob is not there.
    """
    shown = shown_of(moment, assets)
    extents = [asset.tileset.extent for _, asset in shown if asset.tileset is not None]
    lows, highs = placed_bounds(extents, [standing.placement.transform for standing, _ in shown])
    bounds = lows.min(axis=0), highs.max(axis=0)
    faces = faces_of(
        scene_glb(scene, moment, assets, read, triangles=TRIANGLES, ladders=ladders), scene.viewpoint.position
    )
    for size in SIZES.values():
        yield size.name, _poster(scene, faces, size, bounds)


def _poster(scene: Scene, faces: Faces, size: Size, bounds: tuple[NDArray[np.float64], NDArray[np.float64]]) -> bytes:
    eye, target = scene.viewpoint.position, scene.viewpoint.target
    camera = looking(eye, target, fov=_FOV, width=size.width, height=size.height)
    film = drawn(faces, finer(camera))
    if _shows_nothing(film, math.dist(eye, target)):
        camera = _from_outside(size, *bounds)
        film = drawn(faces, finer(camera))
        eye, target = camera.eye, _point((bounds[0] + bounds[1]) / 2.0)
    pixels = picture(faces, camera, _air(math.dist(eye, target), *bounds), film=film)
    if size.media_type == "image/jpeg":
        return bytes(imagecodecs.jpeg_encode(pixels, level=86))
    return bytes(imagecodecs.webp_encode(pixels, level=82, lossless=False))


def _shows_nothing(film: Film, away: float) -> bool:
    """Whether there is hardly anything in it, or something right before the eye in the middle of it."""
    depth = film.depth[np.ix_(*(np.arange(side * 3 // 10, side * 7 // 10) for side in film.depth.shape))]
    return bool((film.face >= 0).mean() < _LEAST_COVER or np.median(depth) < _BLOCKED * away)


def _from_outside(size: Size, low: NDArray[np.float64], high: NDArray[np.float64]) -> Camera:
    """All of the box in the picture, with little room about."""
    middle, direction = (low + high) / 2.0, np.array(_OUTSIDE) / np.linalg.norm(_OUTSIDE)
    radius = max(float(np.linalg.norm(high - low)) / 2.0, 1e-3)
    away = 1.02 * radius / math.sin(_OUTSIDE_FOV / 2.0)
    return looking(
        _point(middle + away * direction), _point(middle),
        fov=_OUTSIDE_FOV, width=size.width, height=size.height, near=away / 1000.0,
    )  # fmt: skip


def _air(away: float, low: NDArray[np.float64], high: NDArray[np.float64]) -> Air:
    """As the viewer has it (`Stage.setReach`)."""
    site = float(np.linalg.norm(high - low)) / 2.0
    reach = max(1.6 * away, min(site, 400.0), 4.0)
    return Air(max(0.8 * reach, 0.45 * site), max(3.2 * reach, 1.5 * site))


def _point(values: NDArray[Any]) -> Vector:
    x, y, z = values.tolist()
    return x, y, z
