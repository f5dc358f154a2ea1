# ruff: noqa: C901, PERF401, PLR0917  -- solids: many measures, many pieces
"""The excavation of the 1890s and the archaeological site of today."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sample_museum import temple
from sample_museum.orders import RESTRAINED, architrave, capital, shaft
from sample_museum.ruins import RAISED, STUMPS
from sample_museum.solids import (
    Colour,
    Shape,
    blocks,
    box,
    extrude,
    flat,
    join,
    lathe,
    move,
    painted,
    scatter,
    surface,
    tube,
    turn,
    turns,
)
from sample_museum.terrain import TRENCHES, height
from tiling.mesh import Floats

NEW_STONE: Colour = (1.0, 1.0, 0.985)


def _ground(state: str, x: Floats | float, z: Floats | float) -> Floats:
    return height(state, np.atleast_1d(np.asarray(x, dtype=float)), np.atleast_1d(np.asarray(z, dtype=float)))


def _on(shape: Shape, state: str, x: float, z: float, yaw: float = 0, lift: float = 0) -> Shape:
    return move(turn(shape, yaw), x=x, y=float(_ground(state, x, z)[0]) + lift, z=z)


# --- 1890s --------------------------------------------------------------------------------------------------------


def _wheelbarrow() -> Shape:
    wheel = turn(lathe([(0.0, -0.03), (0.22, -0.03), (0.22, 0.03), (0.0, 0.03)], 14, "timber"), 0)
    wheel = tuple(
        type(p)(p.positions[:, [0, 2, 1]], p.normals[:, [0, 2, 1]], p.uvs, p.colours, p.indices[:, ::-1], p.material)
        for p in wheel
    )
    tray = [
        box((-0.1, 0.35, -0.32), (0.75, 0.39, 0.32), "timber"),
        box((-0.14, 0.36, -0.34), (-0.10, 0.62, 0.34), "timber"),
        box((-0.1, 0.36, 0.30), (0.75, 0.58, 0.34), "timber"),
        box((-0.1, 0.36, -0.34), (0.75, 0.58, -0.30), "timber"),
    ]
    handles = [
        tube(
            np.array([[-0.45, 0.24, z * 0.25], [0.5, 0.34, z], [1.3, 0.52, z * 1.1]]), [0.03, 0.03, 0.025], 6, "timber"
        )
        for z in (-0.28, 0.28)
    ]
    legs = [tube(np.array([[0.6, 0.0, z], [0.6, 0.36, z]]), [0.03, 0.03], 5, "timber") for z in (-0.28, 0.28)]
    return join((move(wheel, x=-0.45, y=0.22), *tray, *handles, *legs))


def _tip_wagon() -> Shape:
    bin_ = extrude(
        [(0.62, 1.25), (0.25, 0.55), (-0.25, 0.55), (-0.62, 1.25)][::-1], 1.3, "steel", (3.2, 2.2, 1.6), closed=True
    )
    ends = [
        painted(
            flat(
                np.array(
                    [[s * 0.65, 1.25, 0.62], [s * 0.65, 0.55, 0.25], [s * 0.65, 0.55, -0.25], [s * 0.65, 1.25, -0.62]]
                ),
                np.array([[0, 1, 2], [0, 2, 3]] if s > 0 else [[0, 2, 1], [0, 3, 2]]),
                "steel",
            ),
            (1.0, 1.0, 1.0),
        )
        for s in (-1, 1)
    ]
    soil = flat(
        np.array([[-0.62, 1.2, 0.55], [0.62, 1.2, 0.55], [0.62, 1.2, -0.55], [-0.62, 1.2, -0.55], [0, 1.5, 0]]),
        np.array([[0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]]),
        "ground",
        (0.5, 0.37, 0.24),
    )
    frame = [box((-0.8, 0.34, z - 0.05), (0.8, 0.46, z + 0.05), "steel") for z in (-0.3, 0.3)]
    wheel = lathe([(0.0, -0.04), (0.17, -0.04), (0.17, 0.04), (0.0, 0.04)], 14, "steel")
    wheel = tuple(
        type(p)(p.positions[:, [0, 2, 1]], p.normals[:, [0, 2, 1]], p.uvs, p.colours, p.indices[:, ::-1], p.material)
        for p in wheel
    )
    wheels = scatter(wheel, np.array([[x, 0.27, z] for x in (-0.45, 0.45) for z in (-0.3, 0.3)]))
    return join((bin_, *ends, soil, *frame, wheels))


def _rails(path: Floats, state: str) -> Shape:
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    s = np.arange(0, lengths[-1], 0.7)
    x, z = np.interp(s, lengths, path[:, 0]), np.interp(s, lengths, path[:, 1])
    y = _ground(state, x, z)
    for _ in range(6):
        y[1:-1] = (y[:-2] + 2 * y[1:-1] + y[2:]) / 4
    dx, dz = np.gradient(x), np.gradient(z)
    length = np.hypot(dx, dz)
    nx, nz = -dz / length, dx / length
    rails = [
        tube(np.stack([x + nx * o, y + 0.16, z + nz * o], 1), np.full(len(x), 0.03), 4, "steel", (1.0, 0.8, 0.65))
        for o in (-0.3, 0.3)
    ]
    sleepers = blocks(
        np.stack([x, y + 0.08, z], 1),
        np.broadcast_to([0.08, 0.05, 0.5], (len(x), 3)),
        "timber",
        rotations=turns(np.arctan2(-dz, dx)),
        wear=0.02,
    )
    return join((*rails, sleepers))


def _tent(size: float = 1.0) -> Shape:
    w, d, wall, top = 2.0 * size, 1.6 * size, 1.1, 2.5
    canvas = (0.86, 0.80, 0.66)
    points = np.array(
        [
            [-w, 0, d],
            [w, 0, d],
            [w, wall, d],
            [-w, wall, d],
            [-w, top, 0],
            [w, top, 0],
            [-w, 0, -d],
            [w, 0, -d],
            [w, wall, -d],
            [-w, wall, -d],
        ]
    )
    index = np.array(
        [
            [0, 1, 2],
            [0, 2, 3],
            [3, 2, 5],
            [3, 5, 4],
            [7, 6, 9],
            [7, 9, 8],
            [8, 9, 4],
            [8, 4, 5],
            [6, 0, 3],
            [6, 3, 9],
            [9, 3, 4],
            [1, 7, 8],
            [1, 8, 2],
            [2, 8, 5],
        ]
    )
    poles = [tube(np.array([[x, 0, 0], [x, top + 0.15, 0]]), [0.04, 0.03], 6, "timber") for x in (-w, w)]
    ropes = [
        tube(np.array([[x, wall, s * d], [x * 1.15, 0, s * (d + 1.1)]]), [0.012, 0.012], 4, "timber", (0.9, 0.85, 0.7))
        for x in (-w, 0, w)
        for s in (-1, 1)
    ]
    return join((flat(points, index, "membrane", canvas), *poles, *ropes))


def excavation_gear() -> Shape:
    """Grid, planks over trenches, light railway to the spoil heaps, shear legs, barrows, tents, a table with finds."""
    state = "excavated"
    rng = np.random.default_rng(801)
    shapes: list[Shape] = []
    # Measuring grid of five metres: pegs and cords on the cleared floor.
    xs, zs = np.arange(-30, 46, 5.0), np.arange(-19, 24, 5.0)
    gx, gz = np.meshgrid(xs, zs)
    clear = (np.abs(gz) > 10.2) | (np.abs(gx) > 21.2)
    px, pz = gx[clear], gz[clear]
    py = _ground(state, px, pz)
    peg = join(
        (
            box((-0.03, -0.2, -0.03), (0.03, 0.42, 0.03), "timber", (1.0, 0.95, 0.85)),
            box((-0.032, 0.34, -0.032), (0.032, 0.42, 0.032), "paint", (0.6, 0.08, 0.05)),
        )
    )
    shapes.append(scatter(peg, np.stack([px, py, pz], 1)))
    for z in zs:
        for a, b in ((-30, -21.5), (21.5, 45)) if abs(z) < 10.2 else ((-30, 45),):
            shapes.append(tube(np.array([[a, 0.36, z], [b, 0.36, z]]), [0.008, 0.008], 3, "membrane"))
    for x in xs:
        for a, b in ((-19, -10.4), (10.4, 23)) if abs(x) < 21.2 else ((-19, 23),):
            shapes.append(tube(np.array([[x, 0.36, a], [x, 0.36, b]]), [0.008, 0.008], 3, "membrane"))
    for west, east, north, south, _ in TRENCHES:
        z = (north + south) / 2 + rng.normal(0, 0.5)
        y = float(_ground(state, west - 0.5, z)[0])
        for o in (-0.28, 0.0, 0.28):
            shapes.append(
                box(
                    (west - 0.9, y + 0.02, z + o - 0.13),
                    (east + 0.9, y + 0.08, z + o + 0.13),
                    "timber",
                    tuple(0.8 + 0.3 * rng.random(3) * np.ones(3) * 0.6),
                )
            )
        ladder_x = west + 1.2
        foot, top = (
            float(_ground(state, ladder_x, south - 0.5)[0]),
            float(_ground(state, ladder_x, south + 0.4)[0]) + 0.9,
        )
        rails = [
            tube(
                np.array([[ladder_x + o, foot, south - 0.8], [ladder_x + o, top, south + 0.1]]),
                [0.03, 0.03],
                5,
                "timber",
            )
            for o in (-0.2, 0.2)
        ]
        rungs = [
            tube(
                np.array(
                    [
                        [ladder_x - 0.2, foot + (top - foot) * f, south - 0.8 + 0.9 * f],
                        [ladder_x + 0.2, foot + (top - foot) * f, south - 0.8 + 0.9 * f],
                    ]
                ),
                [0.02, 0.02],
                4,
                "timber",
            )
            for f in np.linspace(0.1, 0.95, 7)
        ]
        shapes += [*rails, *rungs]
    for n in range(16):
        trench = TRENCHES[n % len(TRENCHES)]
        x, z = rng.uniform(trench[0], trench[1]), rng.choice([trench[2] - 0.8, trench[3] + 0.8])
        pole = [
            lathe(
                [(0.022, 0.4 * i), (0.022, 0.4 * (i + 1))],
                6,
                "paint",
                (0.55, 0.06, 0.04) if i % 2 else (0.95, 0.93, 0.9),
            )
            for i in range(5)
        ]
        if n < 6:
            shapes.append(_on(join(pole), state, float(x), float(z)))
    path = np.array([[44, -6], [44.5, 6], [41.5, 16], [37, 24], [33, 33], [27, 37]], dtype=float)
    shapes.append(_rails(path, state))
    for t, yaw in ((0.25, 80), (0.42, 60), (0.5, 60)):
        i = t * (len(path) - 1)
        at = path[int(i)] + (path[int(i) + 1] - path[int(i)]) * (i % 1)
        shapes.append(_on(_tip_wagon(), state, float(at[0]), float(at[1]), yaw, 0.0))
    legs = [
        tube(np.array([[4.0 * np.cos(a), 0, 4.0 * np.sin(a)], [0, 7.4, 0]]), [0.12, 0.09], 7, "timber")
        for a in (0.4, 2.5, 4.6)
    ]
    chain = tube(np.array([[0, 7.3, 0], [0, 2.9, 0]]), [0.02, 0.02], 4, "steel")
    load = blocks(np.array([[0, 2.5, 0]]), np.array([[1.0, 0.4, 0.45]]), "stone", bevel=0.04, wear=0.1)
    shapes.append(_on(join((*legs, chain, load)), state, -8.0, -14.0))
    for x, z, yaw in ((25.5, 11.0, 20), (-2.0, 16.0, 130), (43.0, -12.0, 260), (-26.5, -5.0, 60)):
        shapes.append(_on(_wheelbarrow(), state, x, z, yaw))
    for x, z, yaw in ((-40.0, 16.0, 15), (-40.5, 21.5, 12), (-36.0, -23.0, -10)):
        shapes.append(_on(_tent(), state, x, z, yaw))
    table = join(
        (
            box((-1.1, 0.72, -0.45), (1.1, 0.77, 0.45), "timber"),
            *[
                box((x - 0.04, 0, z - 0.04), (x + 0.04, 0.72, z + 0.04), "timber")
                for x in (-1, 1)
                for z in (-0.38, 0.38)
            ],
        )
    )
    finds = blocks(
        np.stack([rng.uniform(-1, 1, 14), np.full(14, 0.82), rng.uniform(-0.35, 0.35, 14)], 1),
        0.03 + 0.05 * rng.random((14, 3)),
        "terracotta",
        bevel=0.02,
        wear=0.02,
    )
    pot = move(
        lathe([(0.05, 0), (0.13, 0.1), (0.15, 0.2), (0.08, 0.32), (0.07, 0.38), (0.1, 0.4)], 14, "terracotta"),
        y=0.77,
        x=0.5,
    )
    shapes.append(_on(join((table, finds, pot)), state, -34.5, 13.5, 30))
    return join(shapes)


# --- today --------------------------------------------------------------------------------------------------------


def raised_columns() -> Shape:
    """Three columns of the north side raised again: old drums with patches and drums of new, paler stone."""
    feet = temple.column_positions()
    drum = (temple.COLUMN.height - temple.COLUMN.capital_height) / temple.COLUMN.drums
    shapes: list[Shape] = []
    new = {20: (1, 4), 21: (2, 3, 6), 22: (3, 5)}
    for number in RAISED:
        first = max(1, round(STUMPS[int(number)] / drum))
        parts: list[Shape] = []
        for n in range(first, temple.COLUMN.drums):
            fresh = n in new[int(number)]
            colour = NEW_STONE if fresh else (0.88, 0.83, 0.74)
            parts.append(
                shaft(temple.COLUMN, n * drum, (n + 1) * drum, per_flute=4, colour=colour, seed=n, joint=0.008)
            )
        parts.append(capital(temple.COLUMN, colour=NEW_STONE if number == 21 else (0.88, 0.83, 0.74)))
        shapes.append(move(join(parts), x=feet[number, 0], y=feet[number, 1], z=feet[number, 2]))
    keep = np.zeros(12, dtype=bool)
    # Seen from the north the run is turned: x = -9.6 … -3.2 becomes 3.2 … 9.6.
    keep[[7, 8]] = True
    beams = architrave(temple.ENTABLATURE, temple.AXIS_X, temple.FACE_X, RESTRAINED, 811, corner=False, keep=keep)
    shapes.append(turn(move(beams, y=temple.ARCHITRAVE_Y, z=temple.FACE_Z), 180))
    return join(shapes)


def shelter() -> Shape:
    """A roof of steel and membrane over the trench of the ash altar."""
    west, east, north, south, _ = TRENCHES[0]
    x0, x1, z0, z1 = west - 2.2, east + 2.2, north - 2.0, south + 2.0
    shapes: list[Shape] = []
    bays = 5
    zs = np.linspace(z0, z1, bays)
    n = 22
    t = np.linspace(0, 1, n)
    arch_x = x0 + (x1 - x0) * t
    arch_y = 3.5 + 3.1 * np.sin(np.pi * t) ** 0.9
    for z in zs:
        for dy, r in ((0.0, 0.09), (0.55, 0.06)):
            shapes.append(
                tube(
                    np.stack([arch_x, arch_y + dy - 0.6, np.full(n, z)], 1), np.full(n, r), 8, "steel", (3.0, 3.0, 3.0)
                )
            )
        for i in range(0, n - 2, 2):
            shapes.append(
                tube(
                    np.array([[arch_x[i], arch_y[i] - 0.6, z], [arch_x[i + 1], arch_y[i + 1] - 0.05, z]]),
                    [0.03, 0.03],
                    5,
                    "steel",
                    (3.0, 3.0, 3.0),
                )
            )
            shapes.append(
                tube(
                    np.array([[arch_x[i + 1], arch_y[i + 1] - 0.05, z], [arch_x[i + 2], arch_y[i + 2] - 0.6, z]]),
                    [0.03, 0.03],
                    5,
                    "steel",
                    (3.0, 3.0, 3.0),
                )
            )
        for x in (x0, x1):
            y = float(_ground("today", x, z)[0])
            shapes.append(tube(np.array([[x, y - 0.1, z], [x, 3.0, z]]), [0.11, 0.11], 10, "steel", (3.0, 3.0, 3.0)))
            shapes.append(box((x - 0.3, y - 0.2, z - 0.3), (x + 0.3, y + 0.12, z + 0.3), "plaster", (0.6, 0.59, 0.57)))
    u, v = np.meshgrid(np.linspace(0, 1, 41), np.linspace(0, 1, 45))
    sheet_x = x0 - 0.7 + (x1 - x0 + 1.4) * u
    sheet_z = z1 + 0.9 - (z1 - z0 + 1.8) * v
    between = np.abs(np.sin(np.pi * (bays - 1) * np.clip((sheet_z - z0) / (z1 - z0), 0, 1)))
    sheet_y = 3.55 + 3.15 * np.sin(np.pi * np.clip(0.03 + 0.94 * u, 0, 1)) ** 0.9 - 0.34 * between * np.sin(np.pi * u)
    shapes.append(surface(np.stack([sheet_x, sheet_y, sheet_z], -1), "membrane", (0.97, 0.96, 0.93)))
    rails = []
    ring = [
        (x0 + 0.9, z0 + 0.8),
        (x1 - 0.9, z0 + 0.8),
        (x1 - 0.9, z1 - 0.8),
        (x0 + 0.9, z1 - 0.8),
        (x0 + 0.9, z0 + 0.8),
    ]
    for a, b in pairwise(ring):
        rails.append(railing(np.array([a, b]), "today"))
    return join((*shapes, *rails))


def railing(path: Floats, state: str, *, lift: float = 0.0, panels: bool = True) -> Shape:
    """Posts with a handrail and two wires along (k, 2) points."""
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    s = np.linspace(0, lengths[-1], max(2, int(lengths[-1] / 1.6) + 1))
    x, z = np.interp(s, lengths, path[:, 0]), np.interp(s, lengths, path[:, 1])
    y = _ground(state, x, z) + lift
    posts = scatter(lathe([(0.025, -0.1), (0.025, 1.02)], 6, "steel", (1.6, 1.5, 1.4)), np.stack([x, y, z], 1))
    wires = [
        tube(np.stack([x, y + h, z], 1), np.full(len(x), r), 5, "steel", (1.6, 1.5, 1.4))
        for h, r in ((1.04, 0.028), (0.7, 0.008), (0.38, 0.008))
    ]
    del panels
    return join((posts, *wires))


def walkway() -> Shape:
    """A deck of larch on steel along the south side of the temple, with railings and reading desks."""
    path = np.array(
        [[-44, 7.5], [-34, 10.5], [-27, 15.6], [-14, 18.0], [0, 21.6], [19, 21.8], [25.5, 18.0]], dtype=float
    )
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    fine = np.linspace(0, lengths[-1], 300)
    px, pz = np.interp(fine, lengths, path[:, 0]), np.interp(fine, lengths, path[:, 1])
    for _ in range(60):
        px[1:-1], pz[1:-1] = (px[:-2] + 2 * px[1:-1] + px[2:]) / 4, (pz[:-2] + 2 * pz[1:-1] + pz[2:]) / 4
    s = np.arange(0, lengths[-1], 0.16)
    x, z = np.interp(s, fine, px), np.interp(s, fine, pz)
    ground = _ground("today", x, z)
    y = np.convolve(np.pad(ground, 40, mode="edge"), np.ones(81) / 81, mode="valid") + 0.34
    yaw = np.arctan2(-np.gradient(z), np.gradient(x))
    planks = blocks(
        np.stack([x, y, z], 1),
        np.broadcast_to([0.072, 0.02, 1.05], (len(x), 3)),
        "timber",
        bevel=0.004,
        rotations=turns(yaw),
        tints=np.random.default_rng(821).uniform(0.92, 1.0, (len(x), 1)) * np.array([[1.0, 0.97, 0.92]]),
    )
    shapes: list[Shape] = [planks]
    nx, nz = np.sin(yaw), np.cos(yaw)
    for side in (-1, 1):
        pick = slice(None, None, 10)
        shapes.append(
            tube(
                np.stack([x + nx * side * 0.95, y - 0.1, z + nz * side * 0.95], 1)[pick],
                np.full(len(x[pick]), 0.07),
                4,
                "steel",
            )
        )
        post_x, post_z, post_y = (x + nx * side)[::11], (z + nz * side)[::11], y[::11]
        shapes.append(
            scatter(
                lathe([(0.025, -0.55), (0.025, 1.02)], 6, "steel", (1.6, 1.5, 1.4)),
                np.stack([post_x, post_y, post_z], 1),
            )
        )
        shapes += [
            tube(np.stack([post_x, post_y + h, post_z], 1), np.full(len(post_x), r), 5, "steel", (1.6, 1.5, 1.4))
            for h, r in ((1.04, 0.028), (0.7, 0.008), (0.38, 0.008))
        ]
    for at, side in ((12.0, 1), (34.0, -1), (52.0, -1), (66.0, 1)):
        i = int(np.searchsorted(s, at))
        desk = join(
            (
                box((-0.04, 0, -0.04), (0.04, 0.8, 0.04), "steel", (1.6, 1.5, 1.4)),
                painted(
                    flat(
                        np.array([[-0.45, 0.78, 0.22], [0.45, 0.78, 0.22], [0.45, 1.05, -0.22], [-0.45, 1.05, -0.22]]),
                        np.array([[0, 1, 2], [0, 2, 3]]),
                        "paint",
                    ),
                    (0.80, 0.76, 0.66),
                ),
                box((-0.46, 0.70, -0.02), (0.46, 0.76, 0.24), "steel", (1.6, 1.5, 1.4)),
            )
        )
        shapes.append(
            move(
                turn(desk, float(np.degrees(yaw[i])) + (180 if side > 0 else 0)),
                x=x[i] + nx[i] * side * 0.7,
                y=y[i],
                z=z[i] + nz[i] * side * 0.7,
            )
        )
    return join(shapes)


def ticket_hut() -> Shape:
    """The entrance by the old gate: a flat-roofed hut of larch and glass, benches, a fence, a sign."""
    shapes: list[Shape] = []
    w, d, tall = 3.4, 2.0, 2.7
    shapes.append(box((-w - 0.3, -0.3, -d - 0.3), (w + 0.3, 0.06, d + 1.6), "plaster", (0.62, 0.61, 0.58)))
    k = 34
    x = np.linspace(-w, w, k)
    tints = np.random.default_rng(831).uniform(0.75, 1.0, (k, 1)) * np.array([[1.0, 0.95, 0.88]])
    for z in (-d, d):
        keep = np.ones(k, dtype=bool) if z < 0 else ((x < -1.9) | (x > 0.5))
        shapes.append(
            blocks(
                np.stack([x, np.full(k, tall / 2), np.full(k, z)], 1)[keep],
                np.broadcast_to([w / k * 0.9, tall / 2, 0.03], (k, 3))[keep],
                "timber",
                tints=tints[keep],
            )
        )
    zz = np.linspace(-d, d, 20)
    for side in (-w, w):
        shapes.append(
            blocks(
                np.stack([np.full(20, side), np.full(20, tall / 2), zz], 1),
                np.broadcast_to([0.03, tall / 2, d / 20 * 0.9], (20, 3)),
                "timber",
                tints=tints[:20],
            )
        )
    shapes.append(box((-1.9, 0.95, d - 0.25), (0.5, 1.02, d + 0.35), "timber", (0.9, 0.85, 0.8)))
    shapes.append(box((-1.9, 0.0, d - 0.05), (0.5, 0.95, d), "timber", (0.8, 0.75, 0.7)))
    shapes.append(
        painted(
            flat(
                np.array(
                    [[-1.85, 1.05, d - 0.02], [0.45, 1.05, d - 0.02], [0.45, 2.4, d - 0.02], [-1.85, 2.4, d - 0.02]]
                ),
                np.array([[0, 1, 2], [0, 2, 3]]),
                "steel",
            ),
            (0.55, 0.75, 0.85),
        )
    )
    shapes.append(box((-w - 0.7, tall, -d - 0.6), (w + 0.7, tall + 0.16, d + 1.9), "steel", (2.4, 2.4, 2.4)))
    for x0 in (-w - 0.4, w + 0.4):
        shapes.append(tube(np.array([[x0, 0, d + 1.5], [x0, tall, d + 1.5]]), [0.05, 0.05], 8, "steel"))
    for n in range(4):
        shapes.append(
            move(
                painted(
                    flat(
                        np.array([[0, 0, 0.8], [1.0, 0, 0.8], [1.0, 0.45, -0.8], [0, 0.45, -0.8]]),
                        np.array([[0, 1, 2], [0, 2, 3]]),
                        "steel",
                    ),
                    (0.2, 0.35, 0.75),
                ),
                x=-2.6 + 1.15 * n,
                y=tall + 0.25,
                z=0,
            )
        )
    bench = join(
        (
            box((-0.9, 0.42, -0.22), (0.9, 0.48, 0.22), "timber"),
            box((-0.75, 0, -0.15), (-0.6, 0.42, 0.15), "plaster", (0.62, 0.61, 0.58)),
            box((0.6, 0, -0.15), (0.75, 0.42, 0.15), "plaster", (0.62, 0.61, 0.58)),
        )
    )
    hut = join((*shapes, move(bench, x=2.4, z=d + 0.9)))
    made = [_on(hut, "today", -57.0, -4.0, 60, 0.35)]
    fence = np.array([[-50, -30], [-51, -12], [-52, -1.5]], dtype=float)
    made += [railing(fence, "today"), railing(np.array([[-51.5, 13.0], [-50, 20], [-48.5, 29.5]]), "today")]
    for x0, z0, yaw in ((-24.0, 19.8, 180), (4.0, 24.2, 180), (28.5, 21.0, 200)):
        made.append(_on(bench, "today", x0, z0, yaw))
    return join(made)
