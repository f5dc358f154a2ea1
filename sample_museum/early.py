# ruff: noqa: PERF401  -- shapes are put together piece by piece
"""The first shrine of timber and mud brick, the burnt naos, and the building yard of the great temple."""

from __future__ import annotations

import numpy as np

from sample_museum import shrine, temple
from sample_museum.masonry import stone_tints, through_wall
from sample_museum.noise import flat as noise_flat
from sample_museum.orders import disc, shaft
from sample_museum.ruins import _broken, _ragged
from sample_museum.solids import (
    Shape,
    blocks,
    box,
    flat,
    join,
    lathe,
    mirror_z,
    move,
    painted,
    scatter,
    shade,
    surface,
    tube,
    turn,
    turns,
)
from sample_museum.terrain import height
from tiling.mesh import Floats


def timber_shrine() -> Shape:
    """A small apsidal house of mud brick on a stone socle, wooden posts before it, thatch on top."""
    x0 = -2.0
    ground = float(height("grove", np.array([x0]), np.array([0.0]))[0]) + 0.15
    half_z, long = 2.3, 7.0
    shapes: list[Shape] = []
    wall_colour = (0.98, 0.92, 0.84)
    for side in (-1, 1):
        z = side * half_z
        shapes.append(
            box((-long / 2, -0.9, z - 0.32), (long / 2 - 0.6, 0.45, z + 0.32), "rubble", (0.9, 0.86, 0.8), bevel=0.05)
        )
        shapes.append(
            box((-long / 2, 0.45, z - 0.26), (long / 2 - 0.6, 2.5, z + 0.26), "mudbrick", wall_colour, bevel=0.03)
        )
        shapes += [
            tube(np.array([[x, 0.4, z + side * 0.29], [x, 2.55, z + side * 0.29]]), [0.09, 0.08], 7, "timber")
            for x in np.linspace(-3.3, 2.7, 6)
        ]
    shapes.append(
        move(
            lathe(
                [(half_z + 0.32, -0.9), (half_z + 0.32, 0.45), (half_z + 0.1, 0.45)],
                20,
                "rubble",
                (0.9, 0.86, 0.8),
                arc=(90, 270),
            ),
            x=-long / 2,
        )
    )
    shapes.append(
        move(
            lathe([(half_z + 0.26, 0.45), (half_z + 0.26, 2.5)], 20, "mudbrick", wall_colour, arc=(90, 270)),
            x=-long / 2,
        )
    )
    for z in (-1.45, 1.45):
        shapes.append(box((1.4 - 0.2, -0.5, z - 0.85), (1.4 + 0.2, 2.5, z + 0.85), "mudbrick", wall_colour, bevel=0.03))
    shapes.append(box((1.2, 2.05, -0.7), (1.6, 2.5, 0.7), "timber", (0.8, 0.7, 0.6)))
    for z in (-1.5, 1.5):
        shapes.append(
            move(
                tube(np.array([[0, 0.1, 0], [0, 2.6, 0]]), [0.15, 0.12], 9, "timber", (0.75, 0.4, 0.3)),
                x=long / 2 - 0.3,
                z=z,
            )
        )
        shapes.append(box((long / 2 - 0.55, -0.3, z - 0.25), (long / 2 - 0.05, 0.12, z + 0.25), "stone"))
    shapes.append(box((long / 2 - 0.45, 2.55, -half_z - 0.4), (long / 2 - 0.15, 2.8, half_z + 0.4), "timber"))
    shapes += [
        box((-long / 2, 2.5, s * half_z - 0.13), (long / 2 - 0.1, 2.68, s * half_z + 0.13), "timber") for s in (-1, 1)
    ]
    # Thatch: steep, thick, rounded over the apse, with a shaggy lower edge.
    rise = 2.9
    rng = np.random.default_rng(701)
    n = 26
    reach = half_z + 0.65
    spine = np.concatenate([np.full(9, -long / 2), np.linspace(-long / 2 + 0.5, long / 2 + 0.35, n)])
    sweep = np.concatenate([np.linspace(np.pi / 2, 0, 9), np.zeros(n)])
    rows = []
    for t in np.linspace(0, 1, 7):
        out = reach * (1 - t) + 0.02
        sag = 2.25 + rise * t - 0.16 * np.sin(np.pi * t)
        x = spine - np.sin(sweep) * out
        z = np.cos(sweep) * out
        rows.append(
            np.stack([x, sag + rng.normal(0, 0.025, len(x)) - (0.10 * rng.random(len(x)) if t == 0 else 0), z], 1)
        )
    sheet = np.stack(rows)
    south = surface(sheet, "thatch", (0.95, 0.9, 0.8))
    shapes += [south, mirror_z(south)]
    under = surface(sheet[:, ::-1] + np.array([0, -0.16, 0]), "thatch", (0.4, 0.36, 0.3))
    shapes += [under, mirror_z(under)]
    edge = surface(np.stack([sheet[0] + np.array([0, -0.16, 0]), sheet[0]]), "thatch", (0.75, 0.7, 0.6))
    shapes += [edge, mirror_z(edge)]
    front = flat(
        np.array(
            [[long / 2 - 0.1, 2.6, -half_z], [long / 2 - 0.1, 2.6, half_z], [long / 2 - 0.1, 2.25 + rise - 0.35, 0]]
        ),
        np.array([[0, 2, 1]]),
        "mudbrick",
        wall_colour,
    )
    shapes.append(front)
    poles = tube(
        np.array([[-long / 2 - 0.1, 2.3 + rise, 0], [long / 2 + 0.5, 2.3 + rise, 0]]), [0.13, 0.12], 7, "timber"
    )
    return move(join((*shapes, poles)), x=x0, y=ground)


def naos_burnt() -> Shape:
    """The archaic naos after the fire: cracked walls, split columns, charred beams, tiles on the floor."""
    s = shrine.NAOS
    rng = np.random.default_rng(711)
    west, east = s.walls
    tall = s.column.height + s.entablature.architrave
    heights = (0.9, *([(tall - 0.9) / 9] * 9))
    outer_z = s.half_z + s.entablature.thickness / 2 - 0.03
    shapes: list[Shape] = [shrine.base(s, 101)]
    scorched = (0.88, 0.72, 0.58)
    for side, low, high in ((1, 1.2, 3.9), (-1, 2.0, 4.8)):
        wall = through_wall(
            east - west,
            heights,
            s.wall,
            1.15,
            "plaster",
            712 + side,
            colour=scorched,
            wear=0.05,
            spread=0.3,
            profile=_ragged(east - west, low, high, 712 + side),
        )
        shapes.append(move(wall, x=(west + east) / 2, y=s.floor, z=side * (outer_z - s.wall / 2)))
    width = 2 * (outer_z - s.wall)
    for x, high in ((4.0, 2.6), (-7.95, 4.3)):
        holes = ((width / 2 - 0.9, width / 2 + 0.9, 0.0, 3.3),) if x > 0 else ()
        wall = through_wall(
            width,
            heights,
            s.wall,
            1.15,
            "plaster",
            714,
            colour=scorched,
            wear=0.05,
            spread=0.3,
            holes=holes,
            profile=_ragged(width, 1.4, high, 715),
        )
        shapes.append(move(turn(wall, 90), x=x, y=s.floor))
    feet = shrine.column_feet(s)
    for number, tall_m in enumerate((3.5, 1.3, 2.4, 0.7)):
        body = shaft(
            s.column,
            0,
            tall_m,
            per_flute=3,
            material="plaster",
            colour=scorched,
            seed=number,
            cut=_broken(720 + number),
        ) + disc(s.column, tall_m - 0.12, material="plaster", colour=scorched)
        shapes.append(move(body, x=feet[number, 0], y=feet[number, 1], z=feet[number, 2]))
    k = 26
    px, pz = rng.uniform(-7.5, 7.5, k), rng.uniform(-3.2, 3.2, k)
    yaw, pitch = rng.random(k) * np.pi, rng.normal(0, 0.25, k)
    half = np.stack([0.8 + 1.1 * rng.random(k), np.full(k, 0.10), np.full(k, 0.11)], 1)
    shapes.append(
        blocks(
            np.stack([px, s.floor + 0.35 + 0.35 * rng.random(k), pz], 1),
            half,
            "timber",
            bevel=0.03,
            rotations=turns(yaw, None, pitch),
            wear=0.05,
            seed=716,
            tints=np.full((k, 3), 0.13) + 0.07 * rng.random((k, 1)),
        )
    )
    k = 420
    px, pz = rng.normal(0, 5.2, k), rng.normal(0, 2.6, k)
    inside = (np.abs(px) < 8.4) & (np.abs(pz) < 3.8)
    y = np.where(inside, s.floor, -0.5) + 0.05 + 0.12 * rng.random(k)
    half = np.stack([0.10 + 0.16 * rng.random(k), np.full(k, 0.018), 0.08 + 0.16 * rng.random(k)], 1)
    shapes.append(
        blocks(
            np.stack([px, y, pz], 1),
            half,
            "terracotta",
            bevel=0.01,
            rotations=turns(rng.random(k) * 6, rng.normal(0, 0.5, k), rng.normal(0, 0.5, k)),
            seed=717,
            tints=stone_tints(k, 718, colour=(0.8, 0.7, 0.65), spread=0.6),
        )
    )
    k = 46
    a = rng.random(k) * 2 * np.pi
    reach = 1.0 + 0.35 * rng.random(k)
    px, pz = 10.5 * np.cos(a) * reach, 6.0 * np.sin(a) * reach
    keep = (np.abs(pz) < 11.5) & (px > -15)
    px, pz = px[keep], pz[keep]
    half = 0.2 + 0.35 * rng.random((len(px), 3))
    half[:, 1] *= 0.6
    shapes.append(
        blocks(
            np.stack([px, -0.5 + half[:, 1] * 0.7, pz], 1),
            half,
            "plaster",
            bevel=0.04,
            rotations=turns(rng.random(len(px)) * 6, rng.normal(0, 0.2, len(px)), rng.normal(0, 0.2, len(px))),
            wear=0.14,
            seed=719,
            tints=stone_tints(len(px), 720, colour=scorched, spread=0.3),
        )
    )
    ash_x, ash_z = np.meshgrid(np.linspace(-8.0, 7.8, 40), np.linspace(3.3, -3.3, 20))
    ash_y = s.floor + 0.10 + 0.22 * np.clip(noise_flat(ash_x, ash_z, 2.0, 3, 721) + 0.3, 0, 1)
    shapes.append(painted(surface(np.stack([ash_x, ash_y, ash_z], -1), "ground"), (0.17, 0.155, 0.145)))

    def soot(p: Floats) -> Floats:
        rise = np.clip((p[:, 1] - 0.2) / 4.0, 0, 1)
        patch = noise_flat(p[:, 0], p[:, 2] + p[:, 1], 1.6, 3, 722)
        dark = np.clip(0.12 + 0.45 * rise + 1.2 * patch, 0, 0.9)
        return 1 - 0.70 * dark

    return shade(join(shapes), soot)


# --- the building yard --------------------------------------------------------------------------------------------


def crane() -> Shape:
    """Shear legs with a pulley, a windlass and a drum in a rope sling."""
    shapes: list[Shape] = []
    for z in (-1.6, 1.6):
        shapes.append(tube(np.array([[0, 0, z], [1.5, 11.5, z * 0.06]]), [0.17, 0.11], 8, "timber"))
        shapes.append(box((-0.3, -0.1, z - 0.4), (0.5, 0.2, z + 0.4), "timber"))
    shapes.append(tube(np.array([[-5.5, 0, 0], [1.45, 11.4, 0]]), [0.15, 0.1], 8, "timber"))
    for level in (2.6, 5.2, 7.8):
        f = level / 11.5
        half = 1.6 * (1 - 0.94 * f)
        shapes.append(
            tube(np.array([[1.5 * f, level, -half - 0.2], [1.5 * f, level, half + 0.2]]), [0.08, 0.08], 6, "timber")
        )
    shapes.append(tube(np.array([[0.3, 1.1, -1.7], [0.3, 1.1, 1.7]]), [0.2, 0.2], 10, "timber", caps=True))
    for a in np.linspace(0, np.pi, 4, endpoint=False):
        shapes.append(
            tube(
                np.array([[0.3 - np.cos(a), 1.1 - np.sin(a), 1.9], [0.3 + np.cos(a), 1.1 + np.sin(a), 1.9]]),
                [0.035, 0.035],
                5,
                "timber",
            )
        )
    hook = np.array([1.95, 6.9, 0.0])
    for start in ((0.3, 1.3, 0.0), hook):
        shapes.append(tube(np.array([start, [1.6, 11.2, 0]]), [0.025, 0.025], 5, "timber", (0.9, 0.8, 0.6)))
    for z in (-0.62, 0.62):
        shapes.append(
            tube(np.array([hook, [1.95, 6.2, z], [1.95, 5.0, z]]), [0.022, 0.022, 0.022], 5, "timber", (0.9, 0.8, 0.6))
        )
    tall = (temple.COLUMN.height - temple.COLUMN.capital_height) / temple.COLUMN.drums
    drum = (
        shaft(temple.COLUMN, 0, tall, per_flute=2, fluted=False)
        + disc(temple.COLUMN, tall)
        + disc(temple.COLUMN, 0.0, up=False)
    )
    shapes.append(move(drum, x=1.95, y=5.05))
    return join(shapes)


def building_yard() -> Shape:
    """Cranes, scaffolds, drums not yet fluted, wedges, a ramp: how the temple went up."""
    rng = np.random.default_rng(731)
    shapes: list[Shape] = [
        move(turn(crane(), 90), x=-10.0, z=15.5),
        move(turn(crane(), -90), x=9.0, z=-15.5),
        move(turn(crane(), 20), x=-27.0, z=0.0),
    ]
    # Scaffold on the western half of the south side.
    for x in np.arange(-18.4, -3.0, 2.4):
        for z in (9.9, 11.3):
            shapes.append(
                tube(
                    np.array([[x, -0.1, z], [x + rng.normal(0, 0.05), 9.6 + 0.5 * rng.random(), z]]),
                    [0.07, 0.055],
                    6,
                    "timber",
                )
            )
        for level in (2.4, 4.8, 7.2):
            shapes.append(tube(np.array([[x, level, 9.5], [x, level, 11.7]]), [0.05, 0.05], 5, "timber"))
    for level in (2.4, 4.8, 7.2):
        for z in (9.9, 11.3):
            shapes.append(
                tube(np.array([[-19.0, level + 0.08, z], [-3.6, level + 0.08, z]]), [0.05, 0.05], 5, "timber")
            )
        k = 7
        x = -18 + 2.2 * np.arange(k)
        shapes.append(
            blocks(
                np.stack([x, np.full(k, level + 0.16), np.full(k, 10.4)], 1),
                np.broadcast_to([1.15, 0.03, 0.22], (k, 3)),
                "timber",
                tints=stone_tints(k, 732, spread=0.3),
            )
        )
        shapes.append(
            blocks(
                np.stack([x, np.full(k, level + 0.16), np.full(k, 10.9)], 1),
                np.broadcast_to([1.12, 0.03, 0.22], (k, 3)),
                "timber",
                tints=stone_tints(k, 733, spread=0.3),
            )
        )
    for start, end in (((-18.4, 0, 11.45), (-13.6, 7.2, 11.45)), ((-8.8, 0, 11.45), (-4.0, 7.2, 11.45))):
        shapes.append(tube(np.array([start, end]), [0.05, 0.05], 5, "timber"))
    tall = (temple.COLUMN.height - temple.COLUMN.capital_height) / temple.COLUMN.drums
    drum = shaft(temple.COLUMN, 0, tall, per_flute=2, fluted=False) + disc(temple.COLUMN, tall)
    boss = blocks(
        np.array([[0.68, tall / 2, 0], [-0.68, tall / 2, 0], [0, tall / 2, 0.68], [0, tall / 2, -0.68]]),
        np.full((4, 3), 0.09),
        "stone",
        bevel=0.03,
    )
    places = [(16 + 2.3 * (n % 5) + rng.normal(0, 0.2), 15.0 + 2.4 * (n // 5) + rng.normal(0, 0.2)) for n in range(13)]
    shapes.append(
        scatter(
            join((drum, boss)),
            np.array([[x, 0.0, z] for x, z in places]),
            turns(rng.random(len(places)) * 6),
            None,
            stone_tints(len(places), 734, spread=0.15),
        )
    )
    k = 26
    c = np.stack([rng.uniform(-40, -28, k), np.zeros(k), rng.uniform(8, 22, k)], 1)
    h = np.stack([0.5 + 0.5 * rng.random(k), 0.25 + 0.2 * rng.random(k), 0.3 + 0.2 * rng.random(k)], 1)
    c[:, 1] = h[:, 1]
    shapes.append(
        blocks(
            c,
            h,
            "stone",
            bevel=0.02,
            rotations=turns(rng.normal(0, 0.25, k)),
            wear=0.03,
            tints=stone_tints(k, 735, spread=0.14),
        )
    )
    # Masons' sheds.
    for x, z in ((30.0, -20.0), (-38.0, -20.0)):
        posts = [
            tube(np.array([[x + a, 0, z + b], [x + a, 2.3 + 0.3 * (b < 0), z + b]]), [0.08, 0.07], 6, "timber")
            for a in (-3, 0, 3)
            for b in (-1.8, 1.8)
        ]
        roof = flat(
            np.array(
                [[x - 3.5, 2.25, z + 2.3], [x + 3.5, 2.25, z + 2.3], [x + 3.5, 2.75, z - 2.3], [x - 3.5, 2.75, z - 2.3]]
            ),
            np.array([[0, 1, 2], [0, 2, 3]]),
            "thatch",
        )
        shapes += [*posts, roof]
    chips_x, chips_z = np.meshgrid(np.linspace(-42, -26, 20), np.linspace(24, 7, 20))
    del chips_x, chips_z
    k = 500
    spots = np.concatenate(
        [
            np.stack([rng.normal(-34, 4, k), rng.normal(15, 4, k)], 1),
            np.stack([rng.normal(20, 5, k), rng.normal(17.5, 2.5, k)], 1),
        ]
    )
    half = np.stack(
        [0.04 + 0.09 * rng.random(2 * k), 0.02 + 0.03 * rng.random(2 * k), 0.04 + 0.07 * rng.random(2 * k)], 1
    )
    keep = spots[:, 1] < 26
    shapes.append(
        blocks(
            np.stack([spots[:, 0], half[:, 1] * 0.7, spots[:, 1]], 1)[keep],
            half[keep],
            "stone",
            bevel=0.02,
            rotations=turns(rng.random(int(keep.sum())) * 6),
            bottom=False,
        )
    )
    return join(shapes)
