# ruff: noqa: C901, PERF401  -- a building is a list of its parts; shapes are put together piece by piece
"""The Christian centuries: the temple as a basilica, later a small domed chapel among the fallen stones, with a
bell.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sample_museum import temple
from sample_museum.masonry import stone_tints
from sample_museum.roofs import saddle
from sample_museum.solids import (
    WHITE,
    Colour,
    Shape,
    about,
    blocks,
    box,
    extrude,
    flat,
    join,
    lathe,
    mirror_z,
    move,
    painted,
    scatter,
    tint,
    transform,
    tube,
    turn,
    turns,
)

RUBBLE: Colour = (0.92, 0.88, 0.80)
BRICK: Colour = (0.80, 0.50, 0.38)


def _wall_with_window(
    width: float, tall: float, thick: float, *, window: float = 0.55, sill: float = 4.2, top: float = 5.6
) -> Shape:
    """Rubble with a narrow round-headed window, along x, foot at y = 0."""
    w, t = width / 2, thick / 2
    a = window / 2
    parts = [
        box((-w, 0, -t), (w, sill, t), "rubble", RUBBLE, bevel=0.02),
        box((-w, sill, -t), (-a, top, t), "rubble", RUBBLE, bevel=0.02),
        box((a, sill, -t), (w, top, t), "rubble", RUBBLE, bevel=0.02),
        box((-w, top + a, -t), (w, tall, t), "rubble", RUBBLE, bevel=0.02),
    ]
    angle = np.linspace(0, np.pi, 9)
    outer = np.stack([np.clip(np.cos(angle) * 9, -w, w), np.full(9, top + a)], 1)
    outer[0], outer[-1] = (w, top), (-w, top)
    arch = np.stack([a * np.cos(angle), top + a * np.sin(angle)], 1)
    for side in (1, -1):
        points = np.concatenate(
            [
                np.concatenate([arch, np.full((9, 1), side * t)], 1),
                np.concatenate([outer, np.full((9, 1), side * t)], 1),
            ]
        )
        index = np.array([[i, i + 9, i + 10] for i in range(8)] + [[i, i + 10, i + 1] for i in range(8)])
        parts.append(painted(flat(points, index if side < 0 else index[:, ::-1], "rubble"), RUBBLE))
    brick = [(a * np.cos(s), a * np.sin(s)) for s in angle]
    ring_points = np.array(
        [[r * x / a, top + r * y / a, z] for z in (t + 0.015, -t - 0.015) for r in (a, a + 0.22) for x, y in brick]
    )
    for number, flip in ((0, False), (18, True)):
        index = np.array(
            [[number + i, number + i + 9, number + i + 10] for i in range(8)]
            + [[number + i, number + i + 10, number + i + 1] for i in range(8)]
        )
        parts.append(flat(ring_points, index[:, ::-1] if not flip else index, "terracotta", (0.85, 0.8, 0.75)))
    band = box((-w, sill - 0.5, -t - 0.012), (w, sill - 0.3, t + 0.012), "terracotta", (0.8, 0.75, 0.7), bevel=0.004)
    return join((*parts, band))


def closed_colonnade() -> Shape:
    """Walls between the columns, with windows; an arched door in the west."""
    feet = temple.column_positions()
    shapes: list[Shape] = []
    tall = temple.COLUMN.height - temple.COLUMN.capital_height - 0.02
    ring = np.concatenate([feet, feet[:1]])
    bay = _wall_with_window(3.2 - 1.12, tall, 0.5)
    corner = _wall_with_window(2.95 - 1.12, tall, 0.5)
    for a, b in pairwise(ring):
        middle = (a + b) / 2
        along_x = abs(a[2] - b[2]) < 0.1
        if abs(middle[2]) < 0.1:
            continue  # the middle bays: apse in the east, door in the west
        wall = bay if np.hypot(*(b - a)[[0, 2]]) > 3.0 else corner
        shapes.append(move(wall if along_x else turn(wall, 90), x=middle[0], y=temple.STYLOBATE, z=middle[2]))
    # West door: an arch with brick voussoirs, two leaves.
    x = temple.AXIS_X[0]
    y = temple.STYLOBATE
    w = 1.02
    for z in (-w, w):
        a, b = sorted((z, z * 0.62))
        shapes.append(box((x - 0.26, y, a), (x + 0.26, y + 3.2, b), "stone", (0.93, 0.9, 0.85)))
    angle = np.linspace(0, np.pi, 13)
    for i in range(12):
        m = (angle[i] + angle[i + 1]) / 2
        brick = blocks(
            np.array([[0, 0.83, 0]]),
            np.array([[0.10, 0.2, 0.28]]),
            "terracotta",
            bevel=0.01,
            tints=np.array([[0.85, 0.8, 0.75]]),
        )
        shapes.append(
            move(turn(transform(brick, about("z", float(np.degrees(m)) - 90), (0, 0, 0)), 90), x=x, y=y + 3.2)
        )
    shapes.append(box((x - 0.22, y + 4.25, -w), (x + 0.22, y + tall, w), "rubble", RUBBLE))
    shapes.append(box((x + 0.02, y, -0.63), (x + 0.1, y + 3.9, 0.63), "timber", (0.6, 0.45, 0.34)))
    return join(shapes)


def apse() -> Shape:
    """The eastern apse of rubble and brick bands with three windows and a half cone of tiles."""
    r = 3.4
    tall = 6.4
    shapes: list[Shape] = []
    y = 0.0
    for number, (low, high) in enumerate(
        ((0, 1.3), (1.3, 1.55), (1.55, 3.0), (3.0, 3.25), (3.25, 4.9), (4.9, 5.15), (5.15, tall))
    ):
        brick = number % 2 == 1
        bulge = 0.02 if brick else 0.0
        profile = [(r + bulge, low), (r + bulge, high)]
        shapes.append(
            lathe(
                profile, 32, "terracotta" if brick else "rubble", (0.85, 0.8, 0.75) if brick else RUBBLE, arc=(-90, 90)
            )
        )
    shapes.append(lathe([(r - 0.6, tall), (r - 0.6, 0.0)], 24, "plaster", (0.90, 0.80, 0.62), arc=(-90, 90)))
    shapes.append(
        lathe(
            [(r + 0.02, tall), (r + 0.18, tall + 0.10), (r + 0.2, tall + 0.2)],
            32,
            "terracotta",
            (0.9, 0.85, 0.8),
            arc=(-90, 90),
        )
    )
    rows = 8
    for n in range(rows):
        a, b = n / rows, (n + 1) / rows
        ra, rb = (r + 0.35) * (1 - a) + 0.05, (r + 0.35) * (1 - b) + 0.05
        shapes.append(
            lathe(
                [(ra, tall + 0.16 + 1.9 * a), (ra, tall + 0.22 + 1.9 * a), (rb, tall + 0.17 + 1.9 * b)],
                32,
                "terracotta",
                (0.95 - 0.06 * (n % 2), 0.9, 0.88),
                arc=(-90, 90),
            )
        )
    for angle in (-42, 0, 42):
        t = np.radians(angle)
        dark = box((-0.02, 2.6, -0.32), (0.05, 4.3, 0.32), "plaster", (0.05, 0.05, 0.06))
        frame = [
            box((-0.02, 2.5, s * 0.42 - 0.1), (0.1, 4.4, s * 0.42 + 0.1), "terracotta", (0.85, 0.8, 0.75))
            for s in (-1, 1)
        ]
        lintel = box((-0.02, 4.3, -0.55), (0.1, 4.6, 0.55), "terracotta", (0.85, 0.8, 0.75))
        shapes.append(
            move(turn(join((dark, *frame, lintel)), -angle), x=(r - 0.01) * np.cos(t), z=(r - 0.01) * np.sin(t))
        )
    del y
    foundation = box((-1.0, -0.3, -r - 0.2), (1.4, 0.0, r + 0.2), "stone")
    return move(join((*shapes, foundation)), x=temple.AXIS_X[-1] + 0.35, y=0.9)


def basilica_roof() -> Shape:
    """Clay tiles over the old gables."""
    tiles = saddle(
        2 * temple.FACE_X + 0.3,
        temple.EAVE_HALF + 0.02,
        float(temple.RISE) + 0.02,
        "terracotta",
        621,
        round_covers=True,
        spread=0.2,
        tile_m=0.62,
    )
    return move(tiles, y=temple.EAVES_Y + 0.05)


def church_fittings() -> Shape:
    """Chancel screen, altar, ambo, in reused marble."""
    y = temple.FLOOR_Y
    shapes: list[Shape] = []
    for z in (-2.1, -1.1, 1.1, 2.1):
        shapes.append(box((5.9, y, z - 0.09), (6.1, y + 2.4, z + 0.09), "stone"))
    shapes.append(box((5.85, y + 2.4, -2.25), (6.15, y + 2.66, 2.25), "stone"))
    for z in (-1.6, 1.6):
        shapes.append(box((5.95, y, z - 0.42), (6.05, y + 0.95, z + 0.42), "stone", (0.92, 0.9, 0.88)))
        shapes += [
            box((5.93, y + 0.25, z - 0.03), (6.07, y + 0.75, z + 0.03), "paint", (0.55, 0.4, 0.2)),
            box((5.93, y + 0.47, z - 0.2), (6.07, y + 0.53, z + 0.2), "paint", (0.55, 0.4, 0.2)),
        ]
    shapes.append(box((7.4, y + 0.9, -0.8), (8.5, y + 1.02, 0.8), "stone"))
    shapes.append(box((7.6, y, -0.6), (8.3, y + 0.9, 0.6), "stone"))
    shapes.append(
        move(
            lathe(
                [
                    (0.75, 0),
                    (0.75, 0.2),
                    (0.55, 0.24),
                    (0.55, 1.0),
                    (0.7, 1.1),
                    (0.7, 1.9),
                    (0.62, 1.9),
                    (0.62, 1.2),
                    (0.0, 1.2),
                ],
                20,
                "stone",
            ),
            x=1.5,
            y=y,
        )
    )
    return join(shapes)


def baptistery() -> Shape:
    """An octagon south-east of the church with a tiled pyramid roof."""
    shapes: list[Shape] = []
    r, tall = 3.1, 3.8
    side = 2 * r * np.tan(np.pi / 8)
    for n in range(8):
        if n == 2:
            wall: Shape = join(
                (
                    box((-side / 2, 0, -0.25), (-0.5, tall, 0.25), "rubble", RUBBLE),
                    box((0.5, 0, -0.25), (side / 2, tall, 0.25), "rubble", RUBBLE),
                    box((-0.5, 2.3, -0.25), (0.5, tall, 0.25), "rubble", RUBBLE),
                    box((-0.5, 2.1, -0.28), (0.5, 2.35, 0.28), "stone"),
                )
            )
        else:
            wall = join(
                (
                    box((-side / 2, 0, -0.25), (side / 2, tall, 0.25), "rubble", RUBBLE),
                    box((-0.2, 2.2, -0.27), (0.2, 3.0, 0.27), "plaster", (0.06, 0.06, 0.07)),
                    box((-side / 2, 1.6, -0.262), (side / 2, 1.8, 0.262), "terracotta", (0.8, 0.75, 0.7)),
                )
            )
        shapes.append(turn(move(wall, z=r), 45 * n))
    rows = 6
    for n in range(rows):
        a, b = n / rows, (n + 1) / rows
        ra, rb = (r + 0.75) * (1 - a) + 0.02, (r + 0.75) * (1 - b) + 0.02
        shapes.append(
            turn(
                lathe(
                    [(ra, tall + 1.7 * a), (ra, tall + 0.07 + 1.7 * a), (rb, tall + 1.7 * b)],
                    8,
                    "terracotta",
                    (0.95, 0.9 - 0.05 * (n % 2), 0.88),
                    crease_deg=20,
                ),
                22.5,
            )
        )
    shapes.append(move(cross(0.7), y=tall + 1.75))
    return move(join(shapes), x=27.5, z=15.5)


def cross(tall: float, material: str = "steel") -> Shape:
    """A plain cross standing on the origin."""
    t = tall * 0.045
    return join(
        (
            box((-t, 0, -t), (t, tall, t), material, bevel=0.005),
            box((-t, tall * 0.6, -tall * 0.26), (t, tall * 0.6 + 2 * t, tall * 0.26), material, bevel=0.005),
        )
    )


# --- the chapel ---------------------------------------------------------------------------------------------------


def chapel() -> Shape:
    """A cross-in-square chapel of spolia and brick inside the ruined cella, with an eight-sided drum and a dome."""
    shapes: list[Shape] = []
    half_x, half_z, tall = 3.9, 3.1, 3.4
    rng = np.random.default_rng(631)
    for wide, across, turned in (
        (2 * half_x, half_z, 0),
        (2 * half_x, half_z, 180),
        (2 * half_z, half_x, 90),
        (2 * half_z, half_x, 270),
    ):
        door = turned == 270
        pieces: list[Shape] = []
        if door:
            pieces += [
                box((-wide / 2, 0, -0.5), (-0.5, tall, 0), "rubble", RUBBLE),
                box((0.5, 0, -0.5), (wide / 2, tall, 0), "rubble", RUBBLE),
                box((-0.5, 2.1, -0.5), (0.5, tall, 0), "rubble", RUBBLE),
                box((-0.75, 2.0, -0.52), (0.75, 2.3, 0.04), "stone"),
                box((-0.72, 0, -0.5), (-0.5, 2.0, 0.03), "stone"),
                box((0.5, 0, -0.5), (0.72, 2.0, 0.03), "stone"),
                box((-0.5, 0, -0.3), (0.5, 2.0, -0.22), "timber", (0.55, 0.42, 0.32)),
            ]
        else:
            pieces += [box((-wide / 2, 0, -0.5), (wide / 2, tall, 0), "rubble", RUBBLE)]
            for u in (-1.7, 1.7):
                pieces += [
                    box((u - 0.14, 1.9, -0.05), (u + 0.14, 2.7, 0.012), "plaster", (0.05, 0.05, 0.06)),
                    box((u - 0.3, 2.7, -0.05), (u + 0.3, 2.86, 0.03), "terracotta"),
                ]
        for course in (1.15, 2.3):
            pieces.append(
                box(
                    (-wide / 2 - 0.01, course, -0.45),
                    (wide / 2 + 0.01, course + 0.12, 0.012),
                    "terracotta",
                    (0.82, 0.76, 0.7),
                    bevel=0.003,
                )
            )
        count = 9
        along = rng.uniform(-wide / 2 + 0.5, wide / 2 - 0.5, count)
        up = rng.uniform(0.2, 2.2, count)
        centres = np.stack([along, up, np.full(count, -0.1)], 1)
        halves = np.stack([0.2 + 0.35 * rng.random(count), 0.12 + 0.14 * rng.random(count), np.full(count, 0.13)], 1)
        if door:
            free = np.abs(along) > 1.2
            centres, halves = centres[free], halves[free]
        tints = stone_tints(len(centres), 632 + turned, spread=0.12)
        pieces.append(blocks(centres, halves, "stone", wear=0.03, tints=tints))
        shapes.append(turn(move(join(pieces), z=across), turned))
    # Cross arms: two crossing saddle roofs over vaults, the drum where they meet.
    for long, span, rise, level, turned in (
        (2 * half_x + 0.4, 1.5, 0.95, tall + 0.75, 0),
        (2 * half_z + 0.4, 1.5, 0.95, tall + 0.75, 90),
    ):
        arm = join(
            (
                move(
                    saddle(
                        long,
                        span + 0.2,
                        rise,
                        "terracotta",
                        641 + turned,
                        round_covers=True,
                        tile_m=0.42,
                        row_m=0.5,
                        spread=0.2,
                    ),
                    y=level,
                ),
                box((-long / 2 + 0.25, tall - 0.4, -span), (long / 2 - 0.25, level + 0.1, span), "rubble", RUBBLE),
            )
        )
        for s in (-1, 1):
            tri = np.array(
                [
                    [s * (long / 2 - 0.25), level, -span],
                    [s * (long / 2 - 0.25), level, span],
                    [s * (long / 2 - 0.25), level + rise * 0.85, 0],
                ]
            )
            arm += painted(flat(tri[::-1] if s > 0 else tri, np.array([[0, 1, 2]]), "rubble"), RUBBLE)
        shapes.append(turn(arm, turned))
    for sx in (-1, 1):
        for sz in (-1, 1):
            quarter = flat(
                np.array(
                    [[0, tall + 0.62, 0], [2.55, tall + 0.02, 0], [2.55, tall + 0.02, 1.95], [0, tall + 0.62, 1.95]]
                ),
                np.array([[0, 2, 1], [0, 3, 2]]),
                "terracotta",
            )
            low = transform(quarter, np.diag([float(sx), 1.0, float(sz)]), (sx * 1.5, 0, sz * 1.35))
            shapes.append(low)
    drum_r, drum_y = 1.45, tall + 1.5
    shapes.append(
        turn(
            lathe(
                [
                    (drum_r, drum_y - 0.9),
                    (drum_r, drum_y + 1.25),
                    (drum_r + 0.14, drum_y + 1.3),
                    (drum_r + 0.14, drum_y + 1.42),
                ],
                8,
                "rubble",
                RUBBLE,
                crease_deg=20,
            ),
            22.5,
        )
    )
    for n in range(8):
        window = join(
            (
                box((-0.13, drum_y + 0.1, -0.05), (0.13, drum_y + 0.85, 0.02), "plaster", (0.05, 0.05, 0.06)),
                box((-0.28, drum_y + 0.85, -0.05), (0.28, drum_y + 0.97, 0.04), "terracotta"),
                box((-0.26, drum_y + 0.05, -0.05), (-0.15, drum_y + 0.9, 0.03), "terracotta"),
                box((0.15, drum_y + 0.05, -0.05), (0.26, drum_y + 0.9, 0.03), "terracotta"),
            )
        )
        shapes.append(turn(move(window, z=drum_r * np.cos(np.pi / 8)), 45 * n))
    dome = [
        (float((drum_r + 0.2) * np.cos(a) + 0.01), float(drum_y + 1.42 + 1.15 * np.sin(a)))
        for a in np.linspace(0, np.pi / 2, 9)
    ]
    shapes.append(lathe(dome, 28, "terracotta", (0.95, 0.9, 0.86)))
    ribs = tube(np.array([[r + 0.02, y, 0] for r, y in dome]), np.full(9, 0.05), 5, "terracotta", (0.8, 0.76, 0.72))
    shapes += [turn(ribs, 360 / 14 * n) for n in range(14)]
    shapes.append(move(cross(0.6), y=drum_y + 2.55))
    # Three-sided apse.
    for angle in (-55, 0, 55):
        t = np.radians(angle)
        wall = join(
            (
                box((-0.1, 0, -0.62), (0.3, 2.9, 0.62), "rubble", RUBBLE),
                box((0.25, 1.3, -0.12), (0.315, 2.1, 0.12), "plaster", (0.05, 0.05, 0.06)),
            )
        )
        shapes.append(move(turn(wall, -angle), x=half_x + 0.85 * np.cos(t), z=1.0 * np.sin(t)))
    shapes.append(
        move(lathe([(1.55, 2.85), (1.55, 2.93), (0.02, 3.6)], 12, "terracotta", WHITE, arc=(-90, 90)), x=half_x)
    )
    return move(join(shapes), x=2.0, y=temple.FLOOR_Y)


def bell_gable() -> Shape:
    """A wall with two arches on the chapel's western front, with a bell; added later."""
    shapes: list[Shape] = [box((-0.25, 0, -1.3), (0.25, 0.6, 1.3), "rubble", RUBBLE)]
    for z in (-1.15, 0.0, 1.15):
        shapes.append(box((-0.22, 0.6, z - 0.16), (0.22, 1.9, z + 0.16), "rubble", RUBBLE))
    shapes.append(box((-0.24, 1.9, -1.34), (0.24, 2.2, 1.34), "rubble", RUBBLE))
    gable = extrude([(1.4, 2.2), (0, 3.0), (-1.4, 2.2)], 0.5, "terracotta", caps=True)
    shapes.append(gable)
    bell = lathe([(0.26, 0), (0.24, 0.06), (0.18, 0.2), (0.15, 0.36), (0.08, 0.44), (0.0, 0.46)], 16, "bronze")
    shapes.append(move(bell, y=1.28, z=0.57))
    shapes.append(tube(np.array([[0, 1.74, 0.4], [0, 1.74, 0.78]]), [0.04, 0.04], 6, "timber"))
    shapes.append(move(cross(0.55), y=2.98))
    return move(join(shapes), x=2.0 - 3.9 + 0.1, y=temple.FLOOR_Y + 3.7)


# --- the village --------------------------------------------------------------------------------------------------


def hut(seed: int) -> Shape:
    """A one-room house of field stones and spolia under a clay or thatch roof."""
    rng = np.random.default_rng(seed)
    half_x, half_z, tall = 2.2 + 0.9 * rng.random(), 1.7 + 0.4 * rng.random(), 2.1 + 0.3 * rng.random()
    shapes: list[Shape] = []
    t = 0.28
    for side in (-1, 1):
        shapes.append(
            box((side * half_x - t, -0.6, -half_z), (side * half_x + t, tall, half_z), "rubble", RUBBLE, bevel=0.06)
        )
    shapes.append(box((-half_x, -0.6, -half_z - t), (half_x, tall, -half_z + t), "rubble", RUBBLE, bevel=0.06))
    d = 0.45
    shapes += [
        box((-half_x, -0.6, half_z - t), (-d, tall, half_z + t), "rubble", RUBBLE, bevel=0.06),
        box((d, -0.6, half_z - t), (half_x, tall, half_z + t), "rubble", RUBBLE, bevel=0.06),
        box((-d, 1.75, half_z - t), (d, tall, half_z + t), "rubble", RUBBLE, bevel=0.04),
        box((-d - 0.2, 1.62, half_z - t - 0.02), (d + 0.2, 1.84, half_z + t + 0.03), "timber"),
        box((-d, -0.1, half_z), (d, 1.65, half_z + 0.06), "timber", (0.6, 0.5, 0.42)),
    ]
    k = 12
    u = rng.uniform(-half_x, half_x, k)
    u = u[np.abs(u) > d + 0.5]
    c = np.stack([u, rng.uniform(0.0, 1.4, len(u)), np.full(len(u), half_z + 0.12)], 1)
    h = np.stack([0.2 + 0.3 * rng.random(len(u)), 0.1 + 0.15 * rng.random(len(u)), np.full(len(u), 0.18)], 1)
    shapes.append(blocks(c, h, "stone", wear=0.05, tints=stone_tints(len(u), seed, spread=0.15)))
    rise = half_z * 0.62
    for side in (-1, 1):
        tri = np.array(
            [[side * half_x, tall, -half_z - t], [side * half_x, tall, half_z + t], [side * half_x, tall + rise, 0]]
        )
        shapes.append(
            painted(
                flat(
                    np.concatenate([tri + np.array([t * side, 0, 0]), tri - np.array([t * side, 0, 0])]),
                    np.array([[0, 2, 1], [3, 4, 5]] if side > 0 else [[0, 1, 2], [3, 5, 4]]),
                    "rubble",
                ),
                RUBBLE,
            )
        )
    if seed % 3:
        shapes.append(
            move(
                saddle(
                    2 * half_x + 0.9,
                    half_z + 0.55,
                    rise * (half_z + 0.55) / half_z,
                    "terracotta",
                    seed,
                    round_covers=True,
                    tile_m=0.36,
                    row_m=0.45,
                    spread=0.3,
                ),
                y=tall - 0.18,
            )
        )
    else:
        for side in (1, -1):
            thatch = flat(
                np.array(
                    [
                        [-half_x - 0.5, tall - 0.35, half_z + 0.75],
                        [half_x + 0.5, tall - 0.35, half_z + 0.75],
                        [half_x + 0.4, tall + rise + 0.2, 0],
                        [-half_x - 0.4, tall + rise + 0.2, 0],
                        [-half_x - 0.5, tall - 0.6, half_z + 0.75],
                        [half_x + 0.5, tall - 0.6, half_z + 0.75],
                    ]
                ),
                np.array([[0, 1, 2], [0, 2, 3], [4, 5, 1], [4, 1, 0]]),
                "thatch",
            )
            shapes.append(thatch if side > 0 else mirror_z(thatch))
    chimney = box((half_x - 0.5, tall, -0.35), (half_x + 0.1, tall + rise + 0.7, 0.25), "rubble", RUBBLE, bevel=0.04)
    return tint(join((*shapes, chimney)), (0.97, 0.95, 0.92))


def fence(length: float, seed: int) -> Shape:
    """A dry wall of small stones along x."""
    rng = np.random.default_rng(seed)
    k = int(length / 0.34) * 3
    c = np.stack([rng.uniform(-length / 2, length / 2, k), rng.uniform(0, 0.85, k) ** 1.1, rng.normal(0, 0.08, k)], 1)
    h = np.stack([0.14 + 0.16 * rng.random(k), 0.09 + 0.07 * rng.random(k), 0.14 + 0.1 * rng.random(k)], 1)
    return blocks(
        c,
        h,
        "stone",
        bevel=0.04,
        wear=0.08,
        seed=seed,
        tints=stone_tints(k, seed, colour=(0.82, 0.78, 0.70), spread=0.25),
    )


def threshing_floor() -> Shape:
    """A paved round with a rim of upright slabs."""
    floor = lathe([(4.2, 0.06), (0.02, 0.10)], 30, "paving", (0.9, 0.88, 0.84))
    a = np.linspace(0, 2 * np.pi, 34, endpoint=False)
    slab = box((-0.34, -0.2, -0.07), (0.34, 0.42, 0.07), "stone", (0.84, 0.8, 0.73), bevel=0.03)
    rim = scatter(slab, np.stack([4.25 * np.cos(a), np.zeros(34), 4.25 * np.sin(a)], 1), turns(-a + np.pi / 2))
    return join((floor, rim))
