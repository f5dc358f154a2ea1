"""Small tileable pictures of the museum's materials, and the materials that use them.

Every texture is 512 pixels square at most, light and low in contrast on the large scale (vertex colours bring that), so
repeats do not show and the same few files serve all assets and all epochs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFilter

from sample_museum.noise import cells, cloud, smoothstep
from tiling.mesh import Image, Material

Floats = NDArray[np.float64]
SIZE = 512


def _webp(rgb: Floats, quality: int = 82) -> Image:
    """Encode an (h, w, 3 or 4) picture of sRGB values 0 to 1."""
    data = BytesIO()
    pixels = np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8)
    Pillow.fromarray(pixels).save(data, "WEBP", quality=quality, method=4, exact=True)
    return Image(data.getvalue(), "image/webp")


def _ramp(t: Floats, *stops: tuple[float, tuple[float, float, float]]) -> Floats:
    """Colours along stops (position, sRGB)."""
    at = [stop[0] for stop in stops]
    return np.stack([np.interp(t, at, [stop[1][channel] for stop in stops]) for channel in range(3)], axis=-1)


def _stone() -> Floats:
    """Weathered marble and limestone: warm white, faint clouds, pits and fine veins."""
    t = 0.5 + 0.13 * cloud(SIZE, 2.2, 1) + 0.05 * cloud(SIZE, 0.6, 2)
    rgb = _ramp(t, (0, (0.74, 0.69, 0.60)), (0.45, (0.87, 0.84, 0.77)), (1, (0.96, 0.945, 0.91)))
    vein = np.exp(-((cloud(SIZE, 2.6, 3) / 0.035) ** 2)) * smoothstep(-0.3, 1.2, cloud(SIZE, 2.0, 4))
    pits = smoothstep(1.55, 2.3, cloud(SIZE, 0.9, 5, 0.22))
    return rgb * (1 - 0.16 * vein - 0.34 * pits)[..., None]


def _rock() -> Floats:
    """Grey limestone bedrock: cracked, stained, lichen."""
    distance, _ = cells(SIZE, 60, 11)
    crack = np.exp(-((((distance[..., 1] - distance[..., 0]) + 3 * cloud(SIZE, 1.6, 12)) / 3.0) ** 2))
    t = 0.5 + 0.2 * cloud(SIZE, 1.9, 13) + 0.1 * cloud(SIZE, 0.7, 14)
    rgb = _ramp(t, (0, (0.52, 0.49, 0.45)), (0.5, (0.74, 0.72, 0.68)), (1, (0.90, 0.89, 0.86)))
    lichen = smoothstep(1.0, 2.2, cloud(SIZE, 2.0, 15))
    rgb = rgb * (1 - 0.3 * crack)[..., None]
    return np.asarray(rgb * (1 - lichen[..., None] * np.array([0.10, 0.13, 0.32])))


def _terracotta() -> Floats:
    """Fired clay."""
    t = 0.5 + 0.14 * cloud(SIZE, 1.8, 21) + 0.06 * cloud(SIZE, 0.4, 22)
    rgb = _ramp(t, (0, (0.58, 0.33, 0.22)), (0.5, (0.74, 0.46, 0.31)), (1, (0.86, 0.62, 0.45)))
    return rgb * (1 - 0.22 * smoothstep(1.2, 2.4, cloud(SIZE, 1.0, 23)))[..., None]


def _timber() -> Floats:
    """Grey-brown wood, grain along u."""
    grain = cloud(SIZE, 1.5, 31, stretch=(1, 14))
    t = 0.5 + 0.17 * grain + 0.06 * cloud(SIZE, 1.8, 32)
    rgb = _ramp(t, (0, (0.30, 0.22, 0.15)), (0.5, (0.55, 0.43, 0.31)), (1, (0.74, 0.63, 0.50)))
    return rgb * (1 - 0.35 * smoothstep(1.6, 2.2, cloud(SIZE, 1.2, 33, stretch=(1, 22))))[..., None]


def _plaster() -> Floats:
    """Lime plaster, nearly white: paint comes from vertex colours."""
    t = 0.5 + 0.15 * cloud(SIZE, 2.0, 41) + 0.05 * cloud(SIZE, 0.5, 42)
    rgb = _ramp(t, (0, (0.84, 0.81, 0.76)), (1, (0.99, 0.98, 0.95)))
    crack = np.exp(-((cloud(SIZE, 2.4, 43) / 0.02) ** 2)) * smoothstep(0.3, 1.5, cloud(SIZE, 2.0, 44))
    return rgb * (1 - 0.22 * crack)[..., None]


def _ground() -> Floats:
    """Earth with pebbles and dry stems, pale and grey: the ground's colour is in its vertices."""
    distance, number = cells(SIZE, 900, 51)
    size = np.random.default_rng(52).random(900)[number]
    pebble = smoothstep(0.0, 1.0, size * 9 - 3.4 - distance[..., 0]) * (size > 0.72)
    base = 0.80 + 0.075 * cloud(SIZE, 1.5, 53) + 0.035 * cloud(SIZE, 0.3, 54)
    stems = smoothstep(1.7, 2.2, cloud(SIZE, 0.9, 55, stretch=(1, 7))) + smoothstep(
        1.7, 2.2, cloud(SIZE, 0.9, 56, stretch=(7, 1))
    )
    tone = base + 0.16 * stems + pebble * (0.13 - 0.25 * smoothstep(-2, 2, cloud(SIZE, 1.0, 57)) * 0.4)
    tone *= 1 - 0.3 * smoothstep(1.4, 2.4, cloud(SIZE, 1.1, 58))
    return np.asarray(tone[..., None] * np.array([1.0, 0.985, 0.95]))


def _paving() -> Floats:
    """Irregular slabs of limestone with earth in the joints."""
    distance, number = cells(SIZE, 46, 61)
    joint = 1 - smoothstep(2.0, 7.0, (distance[..., 1] - distance[..., 0]) + 1.2 * cloud(SIZE, 1.6, 62))
    tone = 0.80 + 0.10 * (np.random.default_rng(63).random(46)[number] - 0.5) + 0.045 * cloud(SIZE, 1.6, 64)
    rgb = tone[..., None] * np.array([1.0, 0.97, 0.91])
    earth = np.array([0.47, 0.40, 0.31]) * (0.9 + 0.1 * cloud(SIZE, 1.0, 65))[..., None]
    return np.asarray(rgb * (1 - joint[..., None]) + earth * joint[..., None])


def _rubble() -> Floats:
    """A wall of field stones in mortar."""
    distance, number = cells(SIZE, 120, 71)
    joint = 1 - smoothstep(1.5, 7.0, (distance[..., 1] - distance[..., 0]) + 1.4 * cloud(SIZE, 1.5, 72))
    rng = np.random.default_rng(73)
    tone = 0.84 + 0.20 * (rng.random(120)[number] - 0.5) + 0.05 * cloud(SIZE, 1.3, 74)
    warm = (0.06 * (rng.random(120) - 0.5))[number]
    rgb = np.stack([tone * (1 + warm), tone * 0.965, tone * (0.89 - warm)], axis=-1)
    edge = smoothstep(4, 16, distance[..., 1] - distance[..., 0])
    mortar = np.array([0.84, 0.77, 0.66]) * (0.95 + 0.08 * cloud(SIZE, 1.0, 75))[..., None] * 0.82
    return rgb * (0.78 + 0.22 * edge)[..., None] * (1 - joint[..., None]) + mortar * joint[..., None]


def _membrane() -> Floats:
    """Coated fabric, fine weave."""
    y, x = np.mgrid[0:256, 0:256]
    weave = 0.02 * np.sin(x * np.pi / 2) * np.sin(y * np.pi / 2)
    return np.asarray((0.93 + weave + 0.015 * cloud(256, 2.0, 81))[..., None] * np.array([1.0, 0.99, 0.965]))


def _bark() -> Floats:
    """Furrowed bark, furrows along u."""
    furrow = cloud(SIZE, 1.4, 91, stretch=(1, 5))
    t = 0.5 + 0.2 * furrow + 0.06 * cloud(SIZE, 0.7, 92)
    return _ramp(t, (0, (0.22, 0.19, 0.16)), (0.5, (0.47, 0.42, 0.36)), (1, (0.70, 0.65, 0.57)))


def _leaves(
    seed: int,
    *,
    count: int,
    length: float,
    width: float,
    low: tuple[float, float, float],
    high: tuple[float, float, float],
    droop: float = 0.0,
    upright: bool = False,
) -> Floats:
    """A spray of leaves with its outline as alpha, drawn four times too large and reduced."""
    size, over = 256, 4
    big = size * over
    rng = np.random.default_rng(seed)
    picture = Pillow.new("RGBA", (big, big), (0, 0, 0, 0))
    draw = ImageDraw.Draw(picture)
    for i in range(count):
        if upright:
            x, y = 0.5 + 0.44 * (rng.random() * 2 - 1), 1.0
            angle = -np.pi / 2 + 0.9 * (x - 0.5) + 0.35 * (rng.random() - 0.5)
            reach = length * (0.55 + 0.45 * rng.random())
        else:
            radius, turn = 0.40 * np.sqrt(rng.random()), rng.random() * 2 * np.pi
            x, y = 0.5 + radius * np.cos(turn), 0.5 + radius * np.sin(turn)
            angle = turn + droop + 1.4 * (rng.random() - 0.5)
            reach = length * (0.7 + 0.6 * rng.random())
        dx, dy = np.cos(angle), np.sin(angle)
        half = width * (0.7 + 0.6 * rng.random())
        tip = (x + dx * reach, y + dy * reach)
        middle = (x + dx * reach * 0.45, y + dy * reach * 0.45)
        outline = [
            (x, y),
            (middle[0] - dy * half, middle[1] + dx * half),
            tip,
            (middle[0] + dy * half, middle[1] - dx * half),
        ]
        t = (i / count) * 0.7 + 0.3 * rng.random()
        colour = tuple(int(255 * (a + (b - a) * t)) for a, b in zip(low, high, strict=True))
        draw.polygon([(px * big, py * big) for px, py in outline], fill=(*colour, 255))
    small = np.asarray(picture.resize((size, size), Pillow.Resampling.BOX), dtype=float) / 255
    # Leaf colour bleeds under the transparent pixels, so that no dark fringe appears at a distance.
    alpha = small[..., 3:]
    mean = (small[..., :3] * alpha).sum((0, 1)) / alpha.sum()
    solid = Pillow.fromarray((np.where(alpha > 0.5, small[..., :3], mean) * 255).astype(np.uint8))
    spread = np.asarray(solid.filter(ImageFilter.GaussianBlur(3)), dtype=float) / 255
    rgb = np.where(alpha > 0.5, small[..., :3], spread)
    return np.concatenate([rgb, np.clip((alpha - 0.15) * 1.6, 0, 1)], axis=-1)


@dataclass(frozen=True, slots=True)
class _Look:
    """How a material is made: its texture, the metres that this spans, and glTF factors."""

    picture: str
    span_m: float
    roughness: float = 0.9
    colour: tuple[float, float, float] = (1.0, 1.0, 1.0)
    metallic: float = 0.0
    cut_out: bool = False
    double_sided: bool = False


LOOKS = {
    "stone": _Look("stone", 2.0, 0.72),
    "limestone": _Look("stone", 1.6, 0.88, (0.86, 0.76, 0.60)),
    "rock": _Look("rock", 3.5, 0.95),
    "terracotta": _Look("terracotta", 1.5, 0.85),
    "timber": _Look("timber", 1.2, 0.85),
    "plaster": _Look("plaster", 2.4, 0.85),
    "ground": _Look("ground", 2.6, 1.0),
    "paving": _Look("paving", 3.0, 0.9),
    "rubble": _Look("rubble", 1.5, 0.95),
    "mudbrick": _Look("plaster", 2.0, 0.98, (0.55, 0.40, 0.26)),
    "thatch": _Look("ground", 0.9, 1.0, (0.80, 0.64, 0.36), double_sided=True),
    "bark": _Look("bark", 1.0, 0.95),
    "membrane": _Look("membrane", 1.5, 0.6, double_sided=True),
    "steel": _Look("membrane", 1.5, 0.45, (0.16, 0.17, 0.18), 0.5),
    "bronze": _Look("stone", 1.2, 0.42, (0.46, 0.30, 0.13), 0.2),
    "gold": _Look("stone", 1.2, 0.30, (1.0, 0.70, 0.26), 0.15),
    "paint": _Look("plaster", 1.6, 0.72),
    "olive": _Look("olive", 1.0, 0.8, cut_out=True),
    "cypress": _Look("cypress", 1.0, 0.9, cut_out=True),
    "oak": _Look("oak", 1.0, 0.85, cut_out=True),
    "shrub": _Look("oak", 1.0, 0.9, cut_out=True),
    "tuft": _Look("tuft", 1.0, 0.95, cut_out=True),
}
"""Materials by name."""


@cache
def picture(name: str) -> Image:
    """The encoded texture of that name."""
    surfaces = {
        "stone": _stone,
        "rock": _rock,
        "terracotta": _terracotta,
        "timber": _timber,
        "plaster": _plaster,
        "ground": _ground,
        "paving": _paving,
        "rubble": _rubble,
        "membrane": _membrane,
        "bark": _bark,
    }
    if name in surfaces:
        return _webp(surfaces[name]())
    if name == "olive":
        return _webp(_leaves(101, count=260, length=0.13, width=0.016, low=(0.34, 0.39, 0.25), high=(0.74, 0.78, 0.62)))
    if name == "cypress":
        return _webp(_leaves(102, count=420, length=0.15, width=0.014, low=(0.15, 0.23, 0.13), high=(0.38, 0.48, 0.28)))
    if name == "oak":
        return _webp(_leaves(103, count=240, length=0.12, width=0.03, low=(0.26, 0.34, 0.16), high=(0.58, 0.66, 0.34)))
    return _webp(
        _leaves(104, count=90, length=0.95, width=0.012, low=(0.58, 0.53, 0.33), high=(0.95, 0.88, 0.62), upright=True)
    )


@cache
def material(name: str) -> Material:
    """The material of that name."""
    look = LOOKS[name]
    return Material(
        name=name,
        base_colour=(*look.colour, 1.0),
        metallic=look.metallic,
        roughness=look.roughness,
        base_colour_image=picture(look.picture),
        alpha_mode="MASK" if look.cut_out else "OPAQUE",
        alpha_cutoff=0.5,
        double_sided=look.double_sided,
    )


def span_m(name: str) -> float:
    """Metres that the texture of a material spans."""
    return LOOKS[name].span_m
