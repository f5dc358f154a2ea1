# ruff: noqa: PERF401  -- shapes are put together piece by piece
"""What stands about the temple: retaining walls, altars, the stoa, the sacred way, exedra and votive offerings."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sample_museum.masonry import courses, face, slabs, steps_around, stone_tints
from sample_museum.noise import flat as noise_flat
from sample_museum.noise import smoothstep
from sample_museum.orders import Column, Entablature, Paint, architrave, column_shape, frieze_and_geison
from sample_museum.roofs import palmette, slope
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
    move,
    painted,
    panels,
    scaled,
    scatter,
    shade,
    surface,
    transform,
    tube,
    turn,
    turns,
)
from sample_museum.statues import HELMET, PEPLOS, emperor, figure, kouros, on_base, spearman, standing_woman
from sample_museum.terrain import EARLY_LEVEL, EARLY_TERRACE, TERRACE, height
from tiling.mesh import Floats, Indices


def retaining_wall(
    start: tuple[float, float],
    end: tuple[float, float],
    state: str,
    seed: int,
    *,
    top: float | None,
    colour: Colour,
    course: float = 0.52,
    block_m: float = 1.25,
    bulge: float = 0.05,
    material: str = "stone",
    coping: float = 0.5,
    gaps: tuple[tuple[float, float], ...] = (),
    out: float = 0.12,
    broken: float = 0.0,
) -> Shape:
    """A wall seen from the right of the way from start to end, from below the ground outside to `top`.

    `top` None: it follows the ground behind (a cut into the hill). `gaps` are left free, metres along. `broken`
    takes away
    stones of the upper courses by chance.
    """
    a, b = np.array(start), np.array(end)
    length = float(np.hypot(*(b - a)))
    d = (b - a) / length
    n = np.array([-d[1], d[0]])
    samples = np.linspace(0, length, 200)
    foot = height(state, a[0] + d[0] * samples + n[0] * 1.2, a[1] + d[1] * samples + n[1] * 1.2)
    inner = height(state, a[0] + d[0] * samples - n[0] * 1.2, a[1] + d[1] * samples - n[1] * 1.2)
    crown = np.full_like(samples, top) if top is not None else np.maximum(inner, foot) + 0.25
    bottom = float(foot.min()) - 0.5
    rows = int(np.ceil((float(crown.max()) - bottom) / course))
    u, v, half_u, half_v = courses(length, [course] * rows, block_m, seed, (), 0.16)
    v = v + float(crown.max()) - rows * course
    keep = (v + half_v > np.interp(u, samples, foot) - 0.25) & (v - half_v < np.interp(u, samples, crown) - 0.1)
    for left, right in gaps:
        keep &= ~((u > left) & (u < right))
    rng = np.random.default_rng(seed)
    if broken:
        depth = np.interp(u, samples, crown) - v
        ragged = broken * 2.2 * smoothstep(-0.1, 0.45, noise_flat(u, 0 * u, 9.0, 3, seed))
        keep &= depth > ragged * (0.7 + 0.6 * rng.random(len(u)))
    u, v, half_u, half_v = u[keep], v[keep], half_u[keep], half_v[keep]
    tints = stone_tints(len(u), seed, colour=colour, spread=0.2, warm=0.06)
    damp = 1 - 0.22 * smoothstep(0.9, 0.0, v - half_v - np.interp(u, samples, foot)) if len(u) else np.ones(0)
    wall = panels(
        u, v, half_u, half_v, material, bevel=0.03, bulge=bulge, tints=tints * damp[:, None], seed=seed, joint=0.38
    )
    shapes = [wall]
    if coping and top is not None:
        k = max(1, round(length / 1.4))
        x = (np.arange(k) + 0.5) * length / k
        free = np.ones(k, dtype=bool)
        for left, right in gaps:
            free &= ~((x > left) & (x < right))
        if broken:
            free &= rng.random(k) > broken * 1.3
            free &= noise_flat(x, 0 * x, 9.0, 3, seed) < 0.05
        c = np.stack([x, np.full(k, top + coping / 2 - 0.02), np.full(k, -0.28)], 1)[free]
        if len(c):
            shapes.append(
                blocks(
                    c,
                    np.broadcast_to([length / k / 2, coping / 2, 0.33], c.shape),
                    material,
                    bevel=0.03,
                    tints=stone_tints(len(c), seed + 1, colour=colour),
                    wear=0.02,
                    seed=seed,
                )
            )
    made = join(shapes)
    # Local x runs along the wall, +z outwards: with right-hand n = (−dz, dx) this is a turn about y.
    rotation = np.array([[d[0], 0, n[0]], [0, 1, 0], [d[1], 0, n[1]]])
    return transform(made, rotation, (a[0] + n[0] * out, 0, a[1] + n[1] * out))


def terrace_walls(state: str = "classical", broken: float = 0.0) -> Shape:
    """The classical temenos: tall to the south, cut into the hill to the north, open at the gate in the west."""
    west, east, north, south = TERRACE
    warm: Colour = (0.93, 0.87, 0.76)
    gate = (6.0 - north - 4.9, 6.0 - north + 4.9)
    walls = [
        retaining_wall((west, south), (east, south), state, 201, top=0.0, colour=warm, broken=broken),
        retaining_wall((west, north), (west, south), state, 202, top=0.0, colour=warm, gaps=(gate,), broken=broken),
        retaining_wall(
            (east, south), (east, north), state, 203, top=0.0, colour=warm, gaps=((25.0, 30.0),), broken=broken
        ),
        retaining_wall(
            (west, north), (east, north), state, 204, top=None, colour=(0.88, 0.83, 0.74), out=0.1, broken=broken
        ),
    ]
    # Which side is outside: the first three look away from the terrace, the last into it.
    return join(walls)


def early_walls() -> Shape:
    """The archaic terrace: big, roughly coursed stones."""
    west, east, north, south = EARLY_TERRACE
    corners = (
        ((west, south), (east, south)),
        ((west, north), (west, south)),
        ((east, south), (east, north)),
        ((west, north), (east, north)),
    )
    shapes = []
    for number, (start, end) in enumerate(corners):
        wall = retaining_wall(
            start,
            end,
            "archaic",
            211 + number,
            top=EARLY_LEVEL if number < 3 else None,
            colour=(0.80, 0.76, 0.68),
            course=0.46,
            block_m=0.95,
            bulge=0.10,
            coping=0.3,
            gaps=((12.0, 19.0),) if number == 1 else (),
        )
        shapes.append(wall)
    return join(shapes)


# --- altars -------------------------------------------------------------------------------------------------------

ALTAR_X = 34.0


def ash_altar() -> Shape:
    """A low mound of ash and bone within field stones, worn hollow, with a fire still glowing."""
    ground = float(height("grove", np.array([ALTAR_X]), np.array([0.0]))[0])
    r, t = np.meshgrid(np.linspace(0, 1, 12), np.linspace(0, 2 * np.pi, 49))
    x, z = 3.6 * r * np.cos(t), 3.0 * r * np.sin(t)
    y = (
        1.15 * (1 - r**2) ** 0.8
        - 0.25 * np.exp(-((r / 0.25) ** 2))
        + 0.10 * noise_flat(x, z, 0.9, 3, 221) * (1 - r)
        - 0.05
    )
    mound = surface(np.stack([x, y, z], -1)[:, ::-1], "ground", (0.50, 0.47, 0.44), uvs=np.stack([x, z], -1)[:, ::-1])
    mound = shade(
        mound, lambda p: (0.55 + 0.5 * smoothstep(0.2, 2.2, np.hypot(p[:, 0], p[:, 2])))[:, None] * np.ones(3)
    )
    rng = np.random.default_rng(222)
    k = 64
    angle = np.linspace(0, 2 * np.pi, k, endpoint=False) + rng.random(k) * 0.05
    ring = np.stack([3.7 * np.cos(angle), 0.12 + 0.1 * rng.random(k), 3.1 * np.sin(angle)], 1)
    half = np.stack([0.16 + 0.1 * rng.random(k), 0.16 + 0.12 * rng.random(k), 0.18 + 0.08 * rng.random(k)], 1)

    stones = blocks(
        ring,
        half,
        "rock",
        bevel=0.07,
        rotations=turns(-angle + rng.normal(0, 0.2, k), rng.normal(0, 0.15, k)),
        wear=0.08,
        tints=stone_tints(k, 223, colour=(0.85, 0.82, 0.76)),
        seed=224,
    )
    logs = [
        tube(
            np.array([[np.cos(a) * 0.55, 1.0, np.sin(a) * 0.55], [np.cos(a + 2.6) * 0.4, 1.12, np.sin(a + 2.6) * 0.4]]),
            [0.06, 0.05],
            7,
            "bark",
            (0.25, 0.22, 0.2),
            caps=True,
        )
        for a in rng.random(7) * 6.3
    ]
    return move(join((mound, stones, *logs)), x=ALTAR_X, y=ground)


def altar_classical() -> Shape:
    """A long altar of ashlar with steps on the west, orthostates and a crowning moulding; it faces the temple."""
    length, depth, tall = 9.6, 2.4, 1.35
    steps = move(steps_around(2.6, length / 2 + 0.6, 0.44, 2, 0.22, 0.4, "stone", 231, wear=0.015), x=0.0)
    floor = slabs(-2.0, 2.0, -length / 2, length / 2, 0.44, 0.2, 1.0, "stone", 232)
    body = []
    for half, wide, angle in ((depth / 2, length, 90), (length / 2, depth, 0)):
        for turned in (angle, angle + 180):
            body.append(
                turn(
                    move(face(wide, (0.28, 0.85, 0.22), 1.2, "stone", 233 + turned, colour=(0.97, 0.95, 0.92)), z=half),
                    turned,
                )
            )
    crown_profile = [(0, 0), (0.05, 0.03), (0.05, 0.08), (0.11, 0.14), (0.13, 0.2), (0.13, 0.27), (-0.3, 0.27)]
    crowns = []
    for half, wide, angle in ((depth / 2, length, 90), (length / 2, depth, 0)):
        for turned in (angle, angle + 180):
            crowns.append(
                turn(move(extrude(crown_profile, wide, "paint", (0.93, 0.86, 0.74), mitre=1), y=tall, z=half), turned)
            )
    table = box(
        (-depth / 2, tall + 0.1, -length / 2), (depth / 2, tall + 0.24, length / 2), "stone", (0.62, 0.58, 0.55)
    )
    ends = [
        box(
            (-depth / 2 - 0.1, tall + 0.27, s * (length / 2 - 0.25) - 0.3),
            (depth / 2 + 0.1, tall + 0.85, s * (length / 2 - 0.25) + 0.3),
            "stone",
        )
        for s in (-1, 1)
    ]
    ash = painted(surface(_mound(0.8, 3.4, 0.22, 241), "ground"), (0.24, 0.23, 0.22))
    altar = join((*body, *crowns, table, *ends, move(ash, y=tall + 0.22)))
    return move(join((steps, floor, move(altar, x=0.5, y=0.44))), x=ALTAR_X)


def _mound(half_x: float, half_z: float, tall: float, seed: int, n: int = 14) -> Floats:
    r, t = np.meshgrid(np.linspace(0, 1, n), np.linspace(0, 2 * np.pi, 33))
    x, z = half_x * r * np.cos(t), half_z * r * np.sin(t)
    y = tall * (1 - r**2) * (1 + 0.4 * noise_flat(x, z, 0.6, 2, seed))
    return np.stack([x, y, z], -1)[:, ::-1]


def altar_monumental() -> Shape:
    """The hellenistic enlargement: the old altar inside a stepped court with a screen of half columns and a frieze."""
    half_x, half_z, tall = 5.2, 8.6, 2.9
    steps = steps_around(half_x + 0.3, half_z + 0.3, 0.5, 2, 0.25, 0.42, "stone", 251, wear=0.01)
    floor = slabs(-half_x, half_x, -half_z, half_z, 0.5, 0.2, 1.1, "stone", 252)
    shapes = [steps, floor]
    heights = (0.55, 0.8, 0.8, 0.4)
    for wide, across, turned in ((2 * half_z, half_x, 90), (2 * half_x, half_z, 0), (2 * half_x, half_z, 180)):
        wall = join(
            (
                face(wide, heights, 1.25, "stone", 253 + turned, colour=(0.97, 0.95, 0.92)),
                move(turn(face(wide, heights, 1.25, "stone", 254 + turned), 180), z=-0.7),
            )
        )
        cap = move(
            extrude(
                [(0, 0), (0.06, 0.04), (0.06, 0.1), (0.14, 0.18), (0.16, 0.3), (-0.86, 0.3), (-0.86, 0.2), (-0.7, 0)],
                wide,
                "stone",
                WHITE,
                mitre=0.6,
            ),
            y=2.55,
        )
        k = round(wide / 1.7)
        half_column = lathe(
            [
                (0.27, 0.55),
                (0.27, 0.6),
                (0.25, 0.62),
                (0.215, 2.2),
                (0.215, 2.22),
                (0.28, 2.3),
                (0.3, 2.34),
                (0.3, 2.5),
            ],
            14,
            "stone",
            WHITE,
        )
        at = np.stack([(np.arange(k) + 0.5) * wide / k - wide / 2, np.zeros(k), np.full(k, 0.05)], 1)
        frieze = surface(_frieze(wide, 0.55, turned), "paint", (0.93, 0.88, 0.80))
        shapes.append(
            turn(
                move(join((wall, cap, scatter(half_column, at), move(frieze, y=0.02, z=0.01))), y=0.5, z=across), turned
            )
        )
    # Wide stairs on the west, towards the temple.
    stairs = [
        box(
            (-half_x - 0.3 - 0.35 * i, 0.5 * 0 + 0.0, -5.4),
            (-half_x + 0.4, 0.5 - 0.125 * i, 5.4),
            "stone",
            (0.96, 0.94, 0.9),
        )
        for i in range(4)
    ]
    cheeks = [
        box((-half_x - 0.9, 0, s * 6.4 - 1.0), (-half_x + 0.6, 0.5 + 2.85, s * 6.4 + 1.0), "stone", (0.96, 0.94, 0.9))
        for s in (-1, 1)
    ]
    inner = move(altar_classical(), x=-ALTAR_X + 0.8, y=0.06)
    del tall
    return move(join((*shapes, *stairs, *cheeks, inner)), x=ALTAR_X)


def _frieze(wide: float, high: float, seed: int) -> Floats:
    """Garlands in relief."""
    x, y = np.meshgrid(np.linspace(-wide / 2, wide / 2, int(wide * 14)), np.linspace(0, high, 9))
    swag = high * (0.72 - 0.42 * np.abs(np.sin(x * np.pi / 1.1)))
    z = 0.05 * np.exp(-(((y - swag) / 0.07) ** 2)) * (1 + 0.3 * np.sin(x * 40 + seed))
    return np.stack([x, y, np.maximum(z, 0.0)], -1)


# --- stoa ---------------------------------------------------------------------------------------------------------

STOA = (-33.0, 39.0, -28.3, -20.4)
"""West, east, back and front of the stoa."""
STOA_COLUMN = Column(height=4.3, lower=0.66, upper=0.55, drums=4, flutes=20, entasis=0.008)
STOA_ENTABLATURE = Entablature(architrave=0.5, frieze=0.56, geison=0.24, thickness=0.56, triglyph=0.32, reach=0.36)
STOA_FLOOR = 0.46
STOA_PAINT = Paint(
    plain=(0.95, 0.92, 0.86),
    triglyph=(0.08, 0.16, 0.33),
    taenia=(0.42, 0.10, 0.07),
    ground=(0.62, 0.52, 0.42),
    mutule=(0.08, 0.16, 0.33),
    accent=(0.62, 0.42, 0.22),
)


def stoa() -> Shape:
    """A hall of 24 bays along the north side: Doric outside, plain columns within, clay roof, painted back wall."""
    west, east, back, front = STOA
    length, middle = east - west, (east + west) / 2
    c, e = STOA_COLUMN, STOA_ENTABLATURE
    axis = np.linspace(-length / 2 + 0.7, length / 2 - 0.7, 25)
    shapes: list[Shape] = []
    feet = np.stack([axis[1:-1], np.full(23, STOA_FLOOR), np.zeros(23)], 1)
    shapes.append(scatter(column_shape(c, per_flute=2, seed=261), feet))
    inner = Column(height=5.3, lower=0.6, upper=0.5, drums=5, flutes=16)
    inside = np.stack([axis[2:-2:2], np.full(11, STOA_FLOOR), np.full(11, -(front - back) / 2)], 1)
    shapes.append(scatter(column_shape(inner, per_flute=1, fluted=False, seed=262), inside))
    run = architrave(e, axis, length / 2, STOA_PAINT, 263, corner=True)
    # Two triglyphs a bay stand between the columns' own: the stoa's wide rhythm.
    tight = np.linspace(axis[0], axis[-1], 49)
    run += frieze_and_geison(e, tight, length / 2, STOA_PAINT, 264, corner=True, fine=False)
    shapes.append(move(run, y=STOA_FLOOR + c.height, z=e.thickness / 2))
    depth = front - back
    step = [
        box(
            (-length / 2 - 0.3, STOA_FLOOR - 0.23 * (i + 1), -depth),
            (length / 2 + 0.3, STOA_FLOOR - 0.23 * i, 0.55 + 0.36 * i),
            "stone",
            (0.95, 0.93, 0.89),
        )
        for i in (1,)
    ]
    k = 48
    x = (np.arange(k) + 0.5) * length / k - length / 2
    shapes.append(
        blocks(
            np.stack([x, np.full(k, STOA_FLOOR - 0.115), np.full(k, 0.15)], 1),
            np.broadcast_to([length / k / 2, 0.115, 0.42], (k, 3)),
            "stone",
            tints=stone_tints(k, 265),
            bottom=False,
            wear=0.01,
        )
    )
    shapes += step
    shapes.append(
        slabs(
            -length / 2, length / 2, -depth + 0.5, -0.25, STOA_FLOOR, 0.2, 1.2, "stone", 266, colour=(0.92, 0.9, 0.86)
        )
    )
    heights = (1.0, *([0.5] * 8))
    dado = face(length, heights, 1.3, "stone", 267, colour=(0.96, 0.93, 0.88))
    shapes.append(move(dado, y=STOA_FLOOR, z=-depth + 0.5))
    for side in (-1, 1):
        for outward in (1, -1):
            wall = face(depth - 0.4, heights, 1.3, "stone", 268 + side, colour=(0.96, 0.93, 0.88))
            x_wall = side * (length / 2 - 0.25) + outward * 0.25
            shapes.append(move(turn(wall, 90 * outward), x=x_wall, y=STOA_FLOOR, z=-depth / 2 + 0.2))
        shapes.append(
            box(
                (side * (length / 2 - 0.25) - 0.28, STOA_FLOOR, -0.3),
                (side * (length / 2 - 0.25) + 0.28, STOA_FLOOR + c.height, 0.3),
                "stone",
            )
        )
    # The back wall is plastered: a red field over an ochre dado, a dark line between.
    panel = []
    for low, high, colour in (
        (0.15, 1.35, (0.60, 0.42, 0.20)),
        (1.35, 1.47, (0.06, 0.07, 0.10)),
        (1.47, 3.9, (0.46, 0.15, 0.10)),
    ):
        a, b = -length / 2 + 0.55, length / 2 - 0.55
        foot, back_z = STOA_FLOOR, -depth + 0.53
        ring = np.array([[u, foot + v, back_z] for u, v in ((a, low), (b, low), (b, high), (a, high))])
        panel.append(flat(ring, np.array([[0, 1, 2], [0, 2, 3]]), "paint", colour))
    shapes += panel
    eaves = STOA_FLOOR + c.height + e.height
    span = depth / 2 + 0.5
    rise = span * 0.36
    roof_front = move(
        slope(
            length + 0.6,
            span,
            rise,
            "terracotta",
            271,
            round_covers=False,
            antefix=(0.9, 0.6, 0.42),
            antefix_material="terracotta",
        ),
        y=eaves + 0.03,
        z=e.thickness / 2 + e.reach,
    )
    back_roof = transform(slope(length + 0.6, span, rise, "terracotta", 272), about("y", 180), (0, 0, 0))
    back_roof = move(back_roof, y=eaves + 0.03, z=e.thickness / 2 + e.reach - 2 * span)
    ridge_line = extrude(
        [(0.16, 0), (0.1, 0.15), (0, 0.2), (-0.1, 0.15), (-0.16, 0)], length + 0.6, "terracotta", WHITE
    )
    shapes += [roof_front, back_roof, move(ridge_line, y=eaves + rise + 0.05, z=e.thickness / 2 + e.reach - span)]
    for side in (-1, 1):
        end_x = side * (length / 2 + 0.02)
        tri = np.array(
            [
                [end_x, eaves, e.thickness / 2 + e.reach - 0.2],
                [end_x, eaves, e.thickness / 2 + e.reach - 2 * span + 0.2],
                [end_x, eaves + rise, e.thickness / 2 + e.reach - span],
            ]
        )
        shapes.append(flat(tri if side > 0 else tri[::-1], np.array([[0, 1, 2]]), "stone", (0.95, 0.92, 0.87)))
        shapes.append(
            box((end_x - 0.3, STOA_FLOOR + 4.3, -depth + 0.3), (end_x, eaves, 0.2), "stone", (0.95, 0.92, 0.87))
        )
    return move(join(shapes), x=middle, z=front)


# --- the way and the votives --------------------------------------------------------------------------------------

WAY = np.array([[-41, 6.0], [-34, 8.5], [-26, 13.5], [-12, 14.6], [6, 14.6], [20, 14.0], [26, 10.0], [28.3, 4.0]])


def sacred_way() -> Shape:
    """Slabs along the southern side of the temple, from the gate to the altar."""
    lengths = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(WAY, axis=0).T))])
    rng = np.random.default_rng(281)
    rows = int(lengths[-1] / 0.92)
    s = (np.arange(rows) + 0.5) * lengths[-1] / rows
    fine = np.linspace(0, lengths[-1], 400)
    px, pz = np.interp(fine, lengths, WAY[:, 0]), np.interp(fine, lengths, WAY[:, 1])
    for _ in range(40):
        px[1:-1], pz[1:-1] = (px[:-2] + 2 * px[1:-1] + px[2:]) / 4, (pz[:-2] + 2 * pz[1:-1] + pz[2:]) / 4
    cx, cz = np.interp(s, fine, px), np.interp(s, fine, pz)
    yaw = np.arctan2(-np.gradient(cz), np.gradient(cx))
    centres, halves, angles = [], [], []
    for lane, width in ((-1.35, 0.5), (-0.45, 0.4), (0.45, 0.5), (1.35, 0.4)):
        w = width + 0.05 * rng.random(rows)
        shift = (0.3 if lane in (-0.45, 1.35) else 0.0) + rng.normal(0, 0.05, rows)
        centres.append(
            np.stack(
                [
                    cx + shift * np.cos(yaw) + lane * np.sin(yaw),
                    np.full(rows, -0.04) + 0.02 * rng.random(rows),
                    cz - shift * np.sin(yaw) + lane * np.cos(yaw),
                ],
                1,
            )
        )
        halves.append(np.stack([np.full(rows, 0.45) - 0.03 * rng.random(rows), np.full(rows, 0.10), w - 0.02], 1))
        angles.append(yaw + rng.normal(0, 0.015, rows))

    c, h, a = np.concatenate(centres), np.concatenate(halves), np.concatenate(angles)
    keep = rng.random(len(c)) > 0.04
    return blocks(
        c[keep],
        h[keep],
        "stone",
        bevel=0.02,
        rotations=turns(a[keep]),
        wear=0.03,
        seed=282,
        bottom=False,
        tints=stone_tints(int(keep.sum()), 283, colour=(0.93, 0.90, 0.84), spread=0.2),
    )


def exedra() -> Shape:
    """A half round of seats by the way, open to the temple, with bronze figures on its back."""
    seat = lathe(
        [
            (3.0, 0),
            (3.0, 0.42),
            (2.92, 0.46),
            (3.5, 0.46),
            (3.55, 1.25),
            (3.5, 1.34),
            (4.1, 1.34),
            (4.1, 0),
        ],
        28,
        "stone",
        (0.96, 0.94, 0.9),
        arc=(0, 180),
    )
    inner = tuple(type(p)(p.positions, p.normals, p.uvs, p.colours, p.indices, p.material) for p in seat)
    ends = [box((s * 3.55 - 0.55, 0, -0.3), (s * 3.55 + 0.55, 1.36, 0.02), "stone") for s in (-1, 1)]
    # Profile points run inwards first, so the seat's faces look to the middle: turn those normals that look away.
    flipped = []
    for part in inner:
        positions, index = part.positions, part.indices.copy()
        tri = positions[index]
        normal = np.cross(tri[:, 1] - tri[:, 0], tri[:, 2] - tri[:, 0])
        centre = tri.mean(1)
        radius = np.hypot(centre[:, 0], centre[:, 2])
        wanted = np.stack([-centre[:, 0], np.full(len(centre), 1.2) * radius, -centre[:, 2]], 1)
        wanted[radius > 3.9] *= np.array([-1, 1, -1])
        wrong = (normal * wanted).sum(1) < 0
        index[wrong] = index[wrong][:, ::-1]
        corner = positions[index].reshape(-1, 3)
        flipped.append(flat(corner, np.arange(len(corner)).reshape(-1, 3), part.material, (0.96, 0.94, 0.9)))
    floor = lathe([(3.1, 0.06), (0.0, 0.06)][::-1], 28, "stone", (0.9, 0.88, 0.84), arc=(0, 180))
    floor = tuple(
        type(p)(
            p.positions,
            np.tile([0.0, 1.0, 0.0], (len(p.positions), 1)),
            p.uvs,
            p.colours,
            _upward(p.positions, p.indices),
            p.material,
        )
        for p in floor
    )
    statues = []
    for angle in (35, 90, 145):
        a = np.radians(angle)
        bronze = (
            spearman(0.034, material="bronze", cloth_material="bronze")
            if angle == 90
            else standing_woman(0.036, material="bronze", cloth_material="bronze")
        )
        statues.append(
            move(
                turn(bronze, 180 - (angle - 90) * -1 if angle != 90 else 180),
                x=3.8 * np.cos(a),
                y=1.34,
                z=3.8 * np.sin(a),
            )
        )
    return move(join((*flipped, *ends, floor, *statues)), x=-2.0, z=18.6)


def _upward(positions: Floats, index: Indices) -> Indices:
    tri = positions[index]
    normal = np.cross(tri[:, 1] - tri[:, 0], tri[:, 2] - tri[:, 0])
    out = index.copy()
    out[normal[:, 1] < 0] = out[normal[:, 1] < 0][:, ::-1]
    return out


def votives_archaic() -> Shape:
    """Kouroi, a kore and low bases before the archaic naos."""
    ground = EARLY_LEVEL
    painted_skin = (0.93, 0.83, 0.70)
    return join(
        [
            move(on_base(kouros(0.032, colour=painted_skin), height=0.6, side=0.7, yaw=90), x=15.5, y=ground, z=-6.0),
            move(
                on_base(
                    standing_woman(0.034, colour=painted_skin, cloth=(0.72, 0.28, 0.2)), height=0.6, side=0.7, yaw=90
                ),
                x=15.5,
                y=ground,
                z=6.0,
            ),
            move(on_base(kouros(0.034, colour=painted_skin), height=0.5, side=0.7, yaw=0), x=22.0, y=ground, z=9.0),
            move(tripod(), x=19.0, y=ground, z=-8.5),
            move(on_base(kouros(0.036, colour=painted_skin), height=0.5, side=0.7, yaw=0), x=12.0, y=ground, z=9.6),
            move(
                on_base(
                    standing_woman(0.036, colour=painted_skin, cloth=(0.30, 0.38, 0.55)), height=0.7, side=0.7, yaw=0
                ),
                x=25.5,
                y=ground,
                z=-8.0,
            ),
            move(tripod(), x=17.0, y=ground, z=8.8),
        ]
    )


def tripod() -> Shape:
    """A bronze tripod with ring handles on a stone step."""
    base = join(
        (box((-0.6, 0, -0.6), (0.6, 0.25, 0.6), "stone"), box((-0.42, 0.25, -0.42), (0.42, 0.5, 0.42), "stone"))
    )
    legs = [
        tube(
            np.array([[0.42 * np.cos(a), 0.5, 0.42 * np.sin(a)], [0.36 * np.cos(a), 1.6, 0.36 * np.sin(a)]]),
            [0.03, 0.035],
            6,
            "bronze",
        )
        for a in np.radians([90, 210, 330])
    ]
    bowl = lathe(
        [(0.0, 1.18), (0.22, 1.22), (0.38, 1.36), (0.42, 1.55), (0.45, 1.58), (0.42, 1.6), (0.36, 1.5), (0.0, 1.3)],
        20,
        "bronze",
    )
    t = np.linspace(0, 2 * np.pi, 17)
    rings = [
        tube(
            np.stack(
                [
                    0.40 * np.cos(a) - 0.13 * np.sin(a) * np.cos(t),
                    1.74 + 0.13 * np.sin(t),
                    0.40 * np.sin(a) + 0.13 * np.cos(a) * np.cos(t),
                ],
                1,
            ),
            np.full(17, 0.018),
            6,
            "bronze",
        )
        for a in np.radians([90, 210, 330])
    ]
    return join((base, *legs, bowl, *rings))


def votives_hellenistic() -> Shape:
    """Two tall votive columns, a row of statues along the way, stelai and a tripod."""
    shapes: list[Shape] = []
    tall = Column(height=8.4, lower=0.86, upper=0.70, drums=8, entasis=0.012)
    for x, z, crown in ((-22.0, 18.4, "woman"), (17.5, 19.0, "tripod")):
        shaft = column_shape(tall, per_flute=3, seed=291)
        base = join(
            (
                box((-1.1, 0, -1.1), (1.1, 0.3, 1.1), "stone"),
                box((-0.8, 0.3, -0.8), (0.8, 1.2, 0.8), "stone"),
                box((-0.9, 1.2, -0.9), (0.9, 1.36, 0.9), "stone"),
            )
        )
        top = (
            standing_woman(0.036, material="gold", cloth_material="gold")
            if crown == "woman"
            else move(tripod(), y=-0.4)
        )
        shapes.append(move(join((base, move(shaft, y=1.36), move(top, y=1.36 + 8.4))), x=x, z=z))
    kinds: list[Callable[[], Shape]] = [
        lambda: spearman(0.036, material="bronze", cloth_material="bronze"),
        lambda: standing_woman(0.036, colour=(0.95, 0.9, 0.82), cloth=(0.70, 0.76, 0.84)),
        lambda: emperor(0.036, colour=(0.95, 0.9, 0.82), cloth=(0.93, 0.88, 0.8)),
        lambda: kouros(0.036, material="bronze"),
    ]
    for number, (x, z) in enumerate(
        ((-34.5, 12.4), (-30.0, 15.4), (-15.0, 18.0), (9.0, 18.2), (13.0, 18.2), (24.0, 15.6))
    ):
        shapes.append(move(on_base(kinds[number % 4](), height=1.15, side=0.85, yaw=180), x=x, z=z))
    rng = np.random.default_rng(295)
    for x, z in ((-27.5, 17.6), (-25.5, 17.8), (-11.5, 18.2), (5.0, 18.4), (-37.5, 3.0), (22.0, 18.6)):
        tall_m = 1.3 + 0.6 * rng.random()
        shapes.append(
            move(
                turn(
                    join(
                        (
                            box((-0.4, 0, -0.22), (0.4, 0.25, 0.22), "stone"),
                            box((-0.29, 0.25, -0.09), (0.29, tall_m, 0.09), "stone", (0.93, 0.9, 0.85)),
                            box((-0.35, tall_m, -0.13), (0.35, tall_m + 0.16, 0.13), "stone"),
                        )
                    ),
                    180,
                ),
                x=x,
                z=z,
            )
        )
    return join(shapes)


def votives_classical() -> Shape:
    """A colossal bronze of the goddess inside the gate, bronzes and stelai by the way, tripods before the temple."""
    spear = tube(np.array([[-0.48, 0.0, 0.16], [-0.48, 2.35, 0.16]]), [0.018, 0.016], 7, "bronze")
    goddess = figure(
        {
            "elbow_l": (-0.34, 1.20, 0.04),
            "hand_l": (-0.45, 1.38, 0.14),
            "elbow_r": (0.28, 1.13, 0.0),
            "hand_r": (0.26, 0.92, 0.16),
        },
        dress=PEPLOS,
        extra=HELMET,
        legs=False,
        step=0.026,
        material="bronze",
        cloth_material="bronze",
    )
    shield = transform(
        lathe([(0.34, 0.0), (0.30, 0.05), (0.0, 0.12)], 24, "bronze"), about("x", 90), (0.33, 0.42, 0.16)
    )
    colossus = scaled(join((goddess, spear, shield)), 3.0)
    base = join(
        (
            box((-1.9, 0, -1.9), (1.9, 0.3, 1.9), "stone"),
            box((-1.5, 0.3, -1.5), (1.5, 1.6, 1.5), "stone"),
            box((-1.65, 1.6, -1.65), (1.65, 1.85, 1.65), "stone"),
        )
    )
    shapes: list[Shape] = [move(turn(join((base, move(colossus, y=1.85))), -90), x=-31.5, z=1.5)]
    kinds: list[Callable[[], Shape]] = [
        lambda: kouros(0.036, material="bronze"),
        lambda: spearman(0.036, material="bronze", cloth_material="bronze"),
        lambda: standing_woman(0.036, colour=(0.95, 0.9, 0.82), cloth=(0.62, 0.70, 0.80)),
    ]
    places = (
        (-34.0, 13.0, 180),
        (-28.0, 17.0, 180),
        (-18.0, 18.2, 180),
        (14.0, 17.8, 180),
        (24.0, -9.5, 90),
        (24.0, 9.5, 90),
    )
    for number, (x, z, yaw) in enumerate(places):
        shapes.append(move(on_base(kinds[number % 3](), height=1.0, side=0.8, yaw=yaw), x=x, z=z))
    for x, z in ((24.5, -4.5), (24.5, 4.5), (-24.0, 18.2), (44.0, -6.0), (44.0, 6.0)):
        shapes.append(move(tripod(), x=x, z=z))
    rng = np.random.default_rng(297)
    for x, z in (
        (-37.5, 12.6),
        (-31.0, 16.6),
        (-21.5, 18.6),
        (-8.0, 18.4),
        (-5.5, 18.2),
        (2.0, 18.4),
        (8.0, 18.5),
        (19.5, 17.0),
        (-38.0, -2.0),
    ):
        tall_m = 1.2 + 0.7 * rng.random()
        stele = (
            box((-0.4, 0, -0.22), (0.4, 0.25, 0.22), "stone"),
            box((-0.29, 0.25, -0.09), (0.29, tall_m, 0.09), "stone", (0.93, 0.9, 0.85)),
            move(palmette(0.4, (0.80, 0.72, 0.58), "stone"), y=tall_m),
        )
        shapes.append(move(turn(join(stele), 180 + float(rng.normal(0, 4))), x=x, z=z))
    return join(shapes)
