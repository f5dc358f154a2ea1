"""A museum small enough to be made in seconds and real enough to be visited: terrain, buildings, a fuzzy one, rivals.

Its stone is one texture that repeats, so it is one file on the wire for all buildings. What stands when:

    grove      always
    shrine     the 620s BC to the 540s BC, both ends fuzzy
    temple     -0499/0390 (columns and roof)
    church     0391/0551
    statue     -0429/0390, of bronze or of marble: rival hypotheses
    marker     1700/1710, for curators to replace
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Picture

from api.cli_demo import build_assets, write_records
from api.demo_files import add_files
from api.demo_log import DemoLog
from scenes.model import ObjectIdentity
from tests.journeys.small_records import CC0, RECORDS, SONG
from tiling.mesh import Image, Material, Model, Primitive

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.services import Services


@dataclass(frozen=True, slots=True)
class Sample:
    """What `api.cli_demo` makes assets of."""

    id: str
    slug: str
    title: str
    attribution: str
    rights: str
    make: Callable[[], Model]
    identity: ObjectIdentity | None = None
    finest: float = 0.0
    later: tuple[()] = ()


def stone(seed: int, colour: tuple[int, int, int], size: int = 256) -> Image:
    """A speckled texture that repeats."""
    noise = np.random.default_rng(seed).normal(0, 1, (size, size))
    smooth = sum(np.roll(noise, (y, x), (0, 1)) for y in range(4) for x in range(4)) / 4
    pixels = np.clip(np.array(colour) + smooth[..., None] * 14, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    return Image(file.getvalue(), "image/png")


def sheet(points: np.ndarray, uvs: np.ndarray) -> Primitive:
    """A grid of points (rows, columns, 3) as a surface with smooth normals."""
    rows, columns = points.shape[:2]
    number = np.arange(rows * columns, dtype=np.uint32).reshape(rows, columns)
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
    indices = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    along = np.gradient(points, axis=1)
    across = np.gradient(points, axis=0)
    normals = np.cross(across, along).reshape(-1, 3)
    # A sheet that was wound the other way round shows its back: make triangles agree with their normals.
    flat = points.reshape(-1, 3)
    corners = flat[indices[0]]
    if np.dot(np.cross(corners[1] - corners[0], corners[2] - corners[0]), normals[indices[0, 0]]) < 0:
        indices = indices[:, ::-1].copy()
    lengths = np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return Primitive(
        positions=flat.astype(np.float64),
        indices=indices.astype(np.uint32),
        normals=(normals / lengths).astype(np.float32),
        uvs=uvs.reshape(-1, 2).astype(np.float32),
    )


def joined(parts: list[Primitive]) -> Primitive:
    """Parts of one material as one primitive."""
    starts = np.cumsum([0, *(len(part.positions) for part in parts)])
    return Primitive(
        positions=np.concatenate([part.positions for part in parts]),
        indices=np.concatenate([part.indices + np.uint32(start) for part, start in zip(parts, starts, strict=False)]),
        normals=np.concatenate([part.normals for part in parts if part.normals is not None]),
        uvs=np.concatenate([part.uvs for part in parts if part.uvs is not None]),
    )


def column(x: float, z: float, *, base: float, height: float, radius: float, flutes: int = 16) -> Primitive:
    """A fluted shaft."""
    angle = np.linspace(0, 2 * np.pi, flutes * 4 + 1)
    level = np.linspace(0, 1, 13)
    swell = radius * (1 - 0.18 * level**1.6)
    groove = 1 - 0.06 * np.abs(np.sin(angle * flutes / 2))
    ring = swell[:, None] * groove[None, :]
    points = np.stack(
        [
            x + ring * np.cos(angle),
            np.broadcast_to((base + level * height)[:, None], ring.shape),
            z + ring * np.sin(angle),
        ],
        -1,
    )
    uvs = np.stack(np.broadcast_arrays(angle[None, :] / 2, (level * height)[:, None] / 2), -1)
    return sheet(points[:, ::-1], uvs[:, ::-1])


def block(low: tuple[float, float, float], high: tuple[float, float, float], cells: int = 6) -> Primitive:
    """A box of six sheets, outsides out."""
    low_, high_ = np.array(low), np.array(high)
    parts = []
    steps = np.linspace(0, 1, cells + 1)
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for side in (0.0, 1.0):
            unit = np.zeros((cells + 1, cells + 1, 3))
            unit[..., axis] = side
            unit[..., u] = (steps if side else steps[::-1])[:, None]
            unit[..., v] = steps[None, :]
            points = low_ + unit * (high_ - low_)
            parts.append(_outwards(sheet(points, points[..., [u, v]] / 2), (low_ + high_) / 2))
    return joined(parts)


def _outwards(face: Primitive, centre: np.ndarray) -> Primitive:
    assert face.normals is not None
    if np.dot(face.positions.mean(axis=0) - centre, face.normals.mean(axis=0)) >= 0:
        return face
    return Primitive(face.positions, face.indices[:, ::-1].copy(), -face.normals, face.uvs)


def grove() -> Model:
    """Ground with a gentle swell, flat where people build."""
    axis = np.linspace(-70, 70, 97)
    x, z = np.meshgrid(axis, axis)
    away = np.clip((np.hypot(x, z) - 18) / 40, 0, 1)
    y = away**2 * (2.5 * np.sin(x / 11) + 2.5 * np.cos(z / 9 + 1)) - 0.02
    surface = sheet(np.stack([x, y, z], -1), np.stack([x, z], -1) / 6)
    return Model((surface,), (Material("earth", roughness=1.0, base_colour_image=stone(1, (126, 122, 84))),))


_STONE = (206, 196, 170)


def temple() -> Model:
    """Steps, columns on four sides, a cella and a flat roof."""
    parts = [block((-9, i * 0.35, -15), (9, (i + 1) * 0.35, 15)) for i in range(2)]
    for z in np.linspace(-13.5, 13.5, 8):
        parts += [column(x, z, base=0.7, height=6, radius=0.62) for x in (-7.8, 7.8)]
    for x in np.linspace(-4, 4, 3):
        parts += [column(x, z, base=0.7, height=6, radius=0.62) for z in (-13.5, 13.5)]
    parts.append(block((-4.5, 0.7, -9), (4.5, 6.7, 9)))
    parts.append(block((-8.8, 6.7, -14.8), (8.8, 7.9, 14.8)))
    return Model((joined(parts),), (Material("stone", roughness=0.9, base_colour_image=stone(2, _STONE)),))


def church() -> Model:
    """A hall with a tower."""
    parts = [
        block((-5, 0, -11), (5, 7, 11)),
        block((-2.5, 0, 11), (2.5, 13, 16)),
        block((-5.6, 7, -11.6), (5.6, 8, 11.6)),
    ]
    return Model((joined(parts),), (Material("stone", roughness=0.9, base_colour_image=stone(2, _STONE)),))


def chapel() -> Model:
    """Of no texture and in no scene: what a curator brings in."""
    parts = [block((-2, 0, -3), (2, 3, 3)), column(0, 4, base=0, height=4, radius=0.4)]
    return Model((joined(parts),), (Material("plaster", base_colour=(0.8, 0.78, 0.7, 1)),))


def shrine() -> Model:
    """Posts and a roof."""
    parts = [column(x, z, base=0, height=3, radius=0.16) for x in (-2, 2) for z in (-3, 0, 3)]
    parts.append(block((-2.8, 3, -3.8), (2.8, 3.5, 3.8)))
    return Model((joined(parts),), (Material("timber", base_colour=(0.2, 0.11, 0.06, 1), roughness=0.8),))


def statue(colour: tuple[float, float, float], metallic: float) -> Model:
    """A tall figure, told by its material only."""
    parts = [block((-0.7, 0, -0.7), (0.7, 1.2, 0.7)), column(0, 0, base=1.2, height=3, radius=0.5, flutes=9)]
    return Model((joined(parts),), (Material("figure", base_colour=(*colour, 1), metallic=metallic, roughness=0.35),))


def pedestal() -> Model:
    """What is left of a statue that was taken down."""
    parts = [block((-0.7, 0, -0.7), (0.7, 1.2, 0.7))]
    return Model((joined(parts),), (Material("figure", base_colour=(0.3, 0.19, 0.09, 1), roughness=0.35),))


MAKERS: dict[str, Callable[[], Model]] = {
    "grove": grove,
    "temple": temple,
    "church": church,
    "shrine": shrine,
    "bronze": partial(statue, (0.3, 0.19, 0.09), 0.9),
    "marble": partial(statue, (0.85, 0.83, 0.78), 0.0),
    "marker": partial(statue, (0.5, 0.48, 0.44), 0.0),
}


def write_small_museum(services: Services) -> None:
    """All of it, through the tiler, into the ports of `services`."""
    samples = [
        Sample(
            f"asset_journey_{slug}",
            slug,
            slug.title(),
            "Chronotope tests",
            CC0,
            make,
            ObjectIdentity(type_of_object="Statue", measurements="Height 4.2 m") if slug == "bronze" else None,
        )
        for slug, make in MAKERS.items()
    ]
    build_assets(services, samples, stamp="journeys", processes=1)
    add_files(services, [SONG], DemoLog.of(services.settings), stamp="journeys", author="tests")
    write_records(services, RECORDS)
