"""A museum with depth: a valley with hills all round, whose tiles go down several levels, and pillars of one scan.

It stands round the point (0, 2, 0), so that an eye there sees something whichever way it turns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from api.cli_demo import build_assets, write_records
from scenes.model import Epoch, Exhibition, Layer, Placement, Reliability, Scene, Source, Viewpoint, Visibility
from tests.journeys.small_museum import Sample, sheet, stone
from tiling.mesh import Material, Model

if TYPE_CHECKING:
    from api.services import Services
    from scenes.model import Record

SCENE = "scene_valley"
SLUG = "valley"
EYE = (0.0, 2.0, 0.0)
_CC0 = "https://creativecommons.org/publicdomain/zero/1.0/"
_SIDE = 545
_PILLARS = [(6.0, -8.0), (-7.0, -14.0), (16.0, 9.0), (-11.0, 12.0), (3.0, 30.0), (-34.0, -3.0)]


def valley() -> Model:
    """Ground with hills that close the horizon, rough at every scale: (545 − 1)² × 2 = 591,872 triangles."""
    axis = np.linspace(-90, 90, _SIDE)
    x, z = np.meshgrid(axis, axis)
    rise = np.clip((np.hypot(x, z) - 12) / 50, 0, 1) ** 2 * 26
    rough = sum(
        size * np.sin(x * turn / size + shift) * np.cos(z * (2 - turn) / size - shift)
        for size, turn, shift in ((3.0, 0.31, 0.4), (1.2, 0.83, 1.1), (0.5, 1.2, 2.3), (0.22, 0.94, 0.2))
    )
    surface = sheet(np.stack([x, rise + rough * (0.12 + rise / 16), z], -1), np.stack([x, z], -1) / 6)
    return Model((surface,), (Material("earth", roughness=1.0, base_colour_image=stone(1, (126, 122, 84))),))


def pillar() -> Model:
    """A weathered shaft, 5 m high: 400 × 200 × 2 = 160,000 triangles."""
    angle = np.linspace(0, 2 * np.pi, 401)
    level = np.linspace(0, 1, 201)[:, None]
    flutes = 1 - 0.05 * np.abs(np.sin(angle * 10))[None, :]
    worn = (
        1 + 0.04 * np.sin(angle * 3 + level * 9) * np.cos(level * 31) + 0.01 * np.sin(angle * 57) * np.sin(level * 140)
    )
    ring = (0.7 - 0.12 * level) * flutes * worn
    points = np.stack([ring * np.cos(angle), np.broadcast_to(level * 5, ring.shape), ring * np.sin(angle)], -1)
    uvs = np.stack(np.broadcast_arrays(angle[None, :] / 2, level * 2.5), -1)
    return Model(
        (sheet(points[:, ::-1], uvs[:, ::-1]),),
        (Material("marble", roughness=0.8, base_colour_image=stone(2, (206, 196, 170))),),
    )


_LAYER = Layer("layer_valley", SCENE, "All of it", 0)


def _placement(slug: str, name: str, existence: str, at: tuple[float, float, float]) -> Placement:
    return Placement(
        id=f"placement_{name}",
        scene=SCENE,
        layer=_LAYER.id,
        asset=f"asset_{SLUG}_{slug}",
        title=name.title(),
        existence=existence,
        transform=(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, *at, 1),
        reliability=Reliability.US,
        reason="It stands there.",
        sources=(Source("Notebook 3"),),
    )


RECORDS: list[Record] = [
    Scene(SCENE, "A valley", "Made for tests.", "-0430", Visibility.PUBLIC, Viewpoint(EYE, (0.0, 2.0, -8.0))),
    _LAYER,
    Epoch("epoch_pillars", SCENE, "Pillars", "-0499/0390", "Six.", "#d9c08a"),
    _placement("ground", "valley", "../..", (0.0, 0.0, 0.0)),
    *(_placement("pillar", f"pillar_{i}", "-0499/0390", (x, 0.4, z)) for i, (x, z) in enumerate(_PILLARS)),
    Exhibition("exhibition_valley", SLUG, "A valley", "Hills all round.", SCENE, Visibility.PUBLIC),
]


def write_valley(services: Services) -> None:
    """All of it, through the tiler, into the ports of `services`."""
    samples = [
        Sample(f"asset_{SLUG}_{slug}", f"{SLUG}_{slug}", slug.title(), "Chronotope tests", _CC0, make)
        for slug, make in (("ground", valley), ("pillar", pillar))
    ]
    build_assets(services, samples, stamp="valley", processes=1)
    write_records(services, RECORDS)
