# ruff: noqa: PLR0917  -- solids have many measures, in a customary order
"""Stones in walls: courses, joints, paving, steps."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from sample_museum.solids import WHITE, Colour, Shape, blocks, move, panels
from tiling.mesh import Floats

Hole = tuple[float, float, float, float]
"""An opening in a wall: left, right, bottom, top."""


def stone_tints(count: int, seed: int, *, colour: Colour = WHITE, spread: float = 0.10, warm: float = 0.03) -> Floats:
    """A tint for each stone: lighter, darker, warmer by chance."""
    rng = np.random.default_rng(seed)
    light = 1 - spread * rng.random(count) ** 1.3
    hue = warm * (rng.random(count) - 0.5)
    out = np.stack([light * (1 + hue), light, light * (1 - 1.4 * hue)], axis=1) * np.array(colour)
    return np.asarray(np.clip(out, 0, 1))


def courses(
    length: float, heights: Sequence[float], block_m: float, seed: int, holes: Sequence[Hole] = (), ragged: float = 0.08
) -> tuple[Floats, Floats, Floats, Floats]:
    """Centres and half sizes (u, v, half_u, half_v) of the stones of a wall from u = 0 and v = 0, joints staggered."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[float, float, float, float]] = []
    bottom = 0.0
    for number, tall in enumerate(heights):
        count = max(1, round(length / block_m))
        width = length / count
        edges = np.arange(0, count + 1) * width
        if number % 2:
            edges = np.concatenate([[0], edges[:-1] + width / 2, [length]])
        edges[1:-1] += (rng.random(len(edges) - 2) - 0.5) * 2 * ragged * width
        cuts = [(float(a), float(b)) for a, b in itertools.pairwise(edges)]
        for left, right, low, high in holes:
            if low - 0.4 * tall < bottom + tall / 2 - 0.5 * tall < high - 0.4 * tall:
                cuts = [
                    piece
                    for a, b in cuts
                    for piece in ((a, min(b, left)), (max(a, right), b))
                    if piece[1] - piece[0] > 0.04
                ]
        rows += [((a + b) / 2, bottom + tall / 2, (b - a) / 2, tall / 2) for a, b in cuts]
        bottom += tall
    u, v, half_u, half_v = np.array(rows).T
    return u, v, half_u, half_v


def face(
    length: float,
    heights: Sequence[float],
    block_m: float,
    material: str,
    seed: int,
    *,
    holes: Sequence[Hole] = (),
    colour: Colour = WHITE,
    bevel: float = 0.012,
    bulge: float = 0.0,
    spread: float = 0.10,
    ragged: float = 0.08,
    joint: float = 0.42,
) -> Shape:
    """One face of a wall, centred on x = 0, foot at y = 0, outside +z."""
    u, v, half_u, half_v = courses(length, heights, block_m, seed, holes, ragged)
    tints = stone_tints(len(u), seed, colour=colour, spread=spread)
    shape = panels(u, v, half_u, half_v, material, bevel=bevel, bulge=bulge, tints=tints, seed=seed, joint=joint)
    return move(shape, x=-length / 2)


def through_wall(
    length: float,
    heights: Sequence[float],
    thickness: float,
    block_m: float,
    material: str,
    seed: int,
    *,
    holes: Sequence[Hole] = (),
    colour: Colour = WHITE,
    bevel: float = 0.012,
    wear: float = 0.0,
    profile: Floats | None = None,
    spread: float = 0.10,
    ragged: float = 0.08,
) -> Shape:
    """A wall of stones as thick as the wall, along x, centred, foot at y = 0.

    `profile` (k, 2) of (u, height) cuts it off: stones whose middle lies higher are gone.
    """
    u, v, half_u, half_v = courses(length, heights, block_m, seed, holes, ragged)
    tints = stone_tints(len(u), seed, colour=colour, spread=spread)
    keep = np.ones(len(u), dtype=bool)
    if profile is not None:
        keep = v + half_v * 0.4 < np.interp(u - length / 2, profile[:, 0], profile[:, 1])
    centres = np.stack([u - length / 2, v, np.zeros_like(u)], axis=1)[keep]
    halves = np.stack([half_u, half_v, np.full_like(u, thickness / 2)], axis=1)[keep]
    return blocks(centres, halves, material, bevel=bevel, tints=tints[keep], wear=wear, seed=seed, bottom=False)


def slabs(
    west: float,
    east: float,
    north: float,
    south: float,
    top: float,
    thick: float,
    size: float,
    material: str,
    seed: int,
    *,
    colour: Colour = WHITE,
    holes: Sequence[Hole] = (),
    bevel: float = 0.012,
    spread: float = 0.12,
    uneven: float = 0.0,
    lost: float = 0.0,
) -> Shape:
    """A floor of slabs; `holes` (west, east, north, south) stay free; `lost` is the share of slabs that are gone."""
    nx, nz = max(1, round((east - west) / size)), max(1, round((south - north) / size))
    dx, dz = (east - west) / nx, (south - north) / nz
    x, z = np.meshgrid(west + dx * (np.arange(nx) + 0.5), north + dz * (np.arange(nz) + 0.5))
    x, z = x.ravel(), z.ravel()
    rng = np.random.default_rng(seed)
    keep = rng.random(len(x)) >= lost
    for hole in holes:
        keep &= ~((x > hole[0]) & (x < hole[1]) & (z > hole[2]) & (z < hole[3]))
    x, z = x[keep], z[keep]
    k = len(x)
    # A slab is a panel laid on its back: only its top and its joints are seen.
    shape = panels(
        x,
        -z,
        np.full(k, dx / 2),
        np.full(k, dz / 2),
        material,
        bevel=bevel,
        tints=stone_tints(k, seed, colour=colour, spread=spread),
        seed=seed,
        joint=0.5,
    )
    part = shape[0]
    lift = np.repeat(-uneven * rng.random(k), 8)
    positions = np.stack([part.positions[:, 0], part.positions[:, 2] + top + lift, -part.positions[:, 1]], axis=1)
    normals = np.stack([part.normals[:, 0], part.normals[:, 2], -part.normals[:, 1]], axis=1)
    del thick
    return (type(part)(positions, normals, part.uvs, part.colours, part.indices, material),)


def steps_around(
    half_x: float,
    half_z: float,
    top: float,
    count: int,
    rise: float,
    tread: float,
    material: str,
    seed: int,
    *,
    colour: Colour = WHITE,
    block_m: float = 1.6,
    wear: float = 0.0,
    bevel: float = 0.014,
    lost: float = 0.0,
) -> Shape:
    """Steps about a rectangle, as single stones; the topmost one's top is at `top`."""
    centres: list[Floats] = []
    halves: list[Floats] = []
    for number in range(count):
        out = tread * number
        y = top - rise * (number + 0.5)
        depth = tread + 0.35
        for along, across, axis in ((half_x + out, half_z + out, 0), (half_z + out, half_x + out, 2)):
            # Long sides run through, short sides fit between.
            reach = along if axis == 0 else along - depth
            k = max(1, round(2 * reach / block_m))
            width = 2 * reach / k
            at = -reach + width * (np.arange(k) + 0.5)
            for side in (-1.0, 1.0):
                c, h = np.zeros((k, 3)), np.zeros((k, 3))
                c[:, axis], c[:, 2 - axis], c[:, 1] = at, side * (across - depth / 2), y
                h[:, axis], h[:, 2 - axis], h[:, 1] = width / 2, depth / 2, rise / 2
                centres.append(c)
                halves.append(h)
    c, h = np.concatenate(centres), np.concatenate(halves)
    keep = np.random.default_rng(seed).random(len(c)) >= lost
    c, h = c[keep], h[keep]
    return blocks(
        c,
        h,
        material,
        bevel=bevel,
        tints=stone_tints(len(c), seed, colour=colour, spread=0.12),
        wear=wear,
        seed=seed,
        bottom=False,
    )
