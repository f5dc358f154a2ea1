"""Tiled roofs: Corinthian (angular cover tiles, marble or clay) and Laconian (round cover tiles), ridges, antefixes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sample_museum.masonry import stone_tints
from sample_museum.solids import WHITE, Colour, Part, Shape, extrude, flat, join, mirror_z, move, painted, scatter
from tiling.mesh import Floats


def slope(
    length: float,
    span: float,
    rise: float,
    material: str,
    seed: int,
    *,
    tile_m: float = 0.66,
    row_m: float = 0.82,
    round_covers: bool = False,
    colour: Colour = WHITE,
    spread: float = 0.14,
    antefix: Colour | None = None,
    lost: Floats | None = None,
    antefix_material: str = "paint",
) -> Shape:
    """One side of a roof: the eave along x at the origin, rising by `rise` over `span` towards -z.

    `lost` (k,) seeds say where tiles are missing (share of tiles, 0 to 1, by position along the length).
    """
    s_total = float(np.hypot(span, rise))
    columns, rows = max(1, round(length / tile_m)), max(1, round(s_total / row_m))
    dx, ds = length / columns, s_total / rows
    rng = np.random.default_rng(seed)
    column, row = np.meshgrid(np.arange(columns), np.arange(rows))
    x, s = (column.ravel() + 0.5) * dx - length / 2, row.ravel() * ds
    keep = np.ones(len(x), dtype=bool)
    if lost is not None:
        keep = rng.random(len(x)) >= np.interp(x, np.linspace(-length / 2, length / 2, len(lost)), lost)
    x, s = x[keep], s[keep]
    k = len(x)
    shapes: list[Shape] = []
    # A pan: its lower end lies on the tile below, so each row makes a step that catches the light.
    w = dx / 2
    pan_points = np.array(
        [[-w, 0.060, 0], [w, 0.060, 0], [w, 0.018, -ds - 0.02], [-w, 0.018, -ds - 0.02], [-w, 0.0, 0], [w, 0.0, 0]]
    )
    pan = flat(pan_points, np.array([[0, 1, 2], [0, 2, 3], [4, 5, 1], [4, 1, 0]]), material)
    pan = tuple(
        replace(
            p,
            colours=p.colours
            * np.where(p.positions[:, 1:2] < 0.01, 0.5, np.where(p.positions[:, 2:] < -0.1, 0.82, 1.0)),
        )
        for p in pan
    )
    tones = stone_tints(k, seed, colour=colour, spread=spread, warm=0.06)
    offsets = np.stack([x, np.zeros(k), -s], 1)
    shapes.append(scatter(pan, offsets, tints=tones))
    c = 0.115 if not round_covers else 0.105
    if round_covers:
        t = np.linspace(0, np.pi, 6)
        profile = [(float(-c * np.cos(a)), float(0.03 + c * 0.95 * np.sin(a))) for a in t]
    else:
        profile = [(-c, 0.02), (-c, 0.085), (0.0, 0.155), (c, 0.085), (c, 0.02)]
    outline = np.array(profile)
    low = np.stack([outline[:, 0], outline[:, 1] + 0.022, np.zeros(len(outline))], 1)
    high = np.stack([outline[:, 0] * 0.94, outline[:, 1] - 0.004, np.full(len(outline), -ds - 0.03)], 1)
    points = np.concatenate([low, high])
    m = len(outline)
    i = np.arange(m - 1)
    index = np.concatenate(
        [
            np.stack([i, i + m, i + m + 1], 1),
            np.stack([i, i + m + 1, i + 1], 1),
            np.array([[0, j + 1, j] for j in range(1, m - 1)]),
        ]
    )
    cover = flat(points, index, material)
    if round_covers:
        part = cover[0]
        centre = np.array([0, 0.03, 0])
        outward = part.positions - centre
        outward[:, 2] = 0
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        is_end = np.abs(part.normals[:, 2]) > 0.9
        cover = (replace(part, normals=np.where(is_end[:, None], part.normals, outward)),)
    cover = tuple(replace(p, colours=p.colours * np.where(np.abs(p.normals[:, 2:]) > 0.9, 0.55, 1.0)) for p in cover)
    shapes.append(
        scatter(
            cover,
            offsets + np.array([w, 0, 0.0]),
            tints=stone_tints(k, seed + 1, colour=colour, spread=spread, warm=0.06),
        )
    )
    # Boards below, seen from under the eaves; without them the sky would show between the tiles.
    ring = np.array(
        [[-length / 2, -0.03, -s_total], [length / 2, -0.03, -s_total], [length / 2, -0.03, 0], [-length / 2, -0.03, 0]]
    )
    if lost is None:
        shapes.append(flat(ring, np.array([[0, 1, 2], [0, 2, 3]]), "timber", (0.62, 0.50, 0.40)))
    made = join(shapes)
    angle = np.arctan2(rise, span)
    c_, s_ = np.cos(angle), np.sin(angle)
    rotation = np.array([[1, 0, 0], [0, c_, -s_], [0, s_, c_]])
    made = tuple(replace(p, positions=p.positions @ rotation.T, normals=p.normals @ rotation.T) for p in made)
    if antefix is not None:
        at = (np.arange(columns) + 1) * dx - length / 2
        made += scatter(
            palmette(0.36, antefix, antefix_material), np.stack([at, np.full(columns, 0.03), np.full(columns, 0.03)], 1)
        )
    return made


def palmette(height: float, colour: Colour, material: str = "paint") -> Shape:
    """An antefix: a palmette of seven leaves standing on the eave, face +z."""
    leaves = 7
    angle = np.linspace(-68, 68, leaves * 2 + 1)
    radius = np.where(np.arange(len(angle)) % 2 == 1, 0.62, 0.50) * height * (1 - 0.0025 * np.abs(angle))
    cx, cy = np.sin(np.radians(angle)) * radius * 0.8, 0.36 * height + np.cos(np.radians(angle)) * radius
    outline = np.concatenate([[[-0.26 * height, 0]], np.stack([cx, cy], 1), [[0.26 * height, 0]]])
    k = len(outline)
    front = np.concatenate([outline, np.full((k, 1), 0.03)], 1)
    back = np.concatenate([outline, np.full((k, 1), -0.03)], 1)
    heart = np.array([[0, 0.38 * height, 0.06]])
    points = np.concatenate([front, back, heart])
    i = np.arange(k - 1)
    index = np.concatenate(
        [
            np.stack([np.full(k - 1, 2 * k), i + 1, i], 1),
            np.stack([i, i + 1, i + 1 + k], 1),
            np.stack([i, i + 1 + k, i + k], 1),
            np.array([[2 * k, 0, k - 1]]),
        ]
    )
    shape = flat(points, index, material, colour)
    part: Part = shape[0]
    tone = np.where(np.linalg.norm(part.positions - heart[0], axis=1) > 0.40 * height, 1.0, 0.62)
    return (replace(part, colours=part.colours * tone[:, None]),)


def ridge(length: float, material: str, seed: int, *, colour: Colour = WHITE, tile_m: float = 0.66) -> Shape:
    """Ridge tiles along x, apex about 0.2 m above the line where the slopes meet."""
    count = max(1, round(length / tile_m))
    step = length / count
    t = np.linspace(-0.9, 0.9, 7)
    profile = [(0.21 * float(np.sin(a * 1.5)), 0.19 * float(np.cos(a * 1.5)) + 0.02) for a in t[::-1]]
    tile = extrude(profile, step * 0.97, material, WHITE, crease_deg=60)
    x = (np.arange(count) + 0.5) * step - length / 2
    return scatter(
        tile,
        np.stack([x, np.zeros(count), np.zeros(count)], 1),
        tints=stone_tints(count, seed, colour=colour, warm=0.06),
    )


def saddle(length: float, half_span: float, rise: float, material: str, seed: int, **options: object) -> Shape:
    """A roof of two slopes over a rectangle, eaves at y = 0 and z = ± half_span, ridge along x."""
    south = move(slope(length, half_span, rise, material, seed, **options), z=half_span)  # type: ignore[arg-type]
    north = mirror_z(move(slope(length, half_span, rise, material, seed + 7, **options), z=half_span))  # type: ignore[arg-type]
    colour = options.get("colour", WHITE)
    top = move(ridge(length, material, seed + 3, colour=colour), y=rise)  # type: ignore[arg-type]
    return join((south, north, top))


def gable(half_width: float, rise: float, material: str, colour: Colour, *, thickness: float = 0.3) -> Shape:
    """A triangular wall, foot at y = 0, front at z = 0."""
    front = np.array([[-half_width, 0, 0], [half_width, 0, 0], [0, rise, 0]], dtype=float)
    back = front - np.array([0, 0, thickness])
    return painted(flat(np.concatenate([front, back]), np.array([[0, 1, 2], [3, 5, 4]]), material), colour)
