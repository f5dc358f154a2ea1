"""What the earthquake left: columns that stand, drums in the rows in which they fell, stumps, broken walls, single
stones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sample_museum import temple
from sample_museum.masonry import stone_tints, through_wall
from sample_museum.noise import flat as noise_flat
from sample_museum.orders import RESTRAINED, architrave, capital, disc, frieze_and_geison, shaft
from sample_museum.precinct import ALTAR_X, STOA, STOA_COLUMN, STOA_FLOOR
from sample_museum.solids import (
    Shape,
    about,
    blocks,
    box,
    join,
    mirror_z,
    move,
    scatter,
    shade,
    transform,
    turn,
    turns,
)
from sample_museum.terrain import TERRACE, TRENCHES, height
from tiling.mesh import Floats

STANDING = np.array([7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 25, 31])
"""Columns (of `temple.column_positions`) that no earthquake threw down: the south-western corner and two others."""
RAISED = np.array([20, 21, 22])
"""Raised again on the north side in the 1950s."""
STUMPS = {
    0: 1.9,
    2: 0.9,
    4: 2.6,
    5: 1.1,
    19: 2.2,
    24: 0.8,
    28: 3.3,
    29: 1.4,
    30: 2.1,
    33: 0.7,
    20: 1.0,
    21: 1.0,
    22: 1.0,
}
"""Columns of which a stump stays, and its height in metres."""
AGED = (0.90, 0.86, 0.78)


def fallen_numbers() -> Floats:
    """Columns that fell."""
    return np.setdiff1d(np.arange(34), STANDING)


def _over_trench(places: Floats, margin: float = 0.9) -> NDArray[np.bool_]:
    """Whether (k, 2) places lie where the excavators dug: stones there were lifted, none may hang in the air."""
    out = np.zeros(len(places), dtype=bool)
    for west, east, north, south, _ in TRENCHES:
        x, z = places.T
        out |= (x > west - margin) & (x < east + margin) & (z > north - margin) & (z < south + margin)
    return out


def weathered(shape: Shape, seed: int) -> Shape:
    """Rain streaks, lichen and soot on what stands outdoors for long."""

    def factor(p: Floats) -> Floats:
        streak = noise_flat(p[:, 0] * 6 + p[:, 2] * 6, p[:, 1] * 0.5, 3.0, 3, seed)
        patch = noise_flat(p[:, 0] + p[:, 1] * 0.7, p[:, 2] - p[:, 1] * 0.4, 2.2, 3, seed + 1)
        tone = 0.93 + 0.16 * streak + 0.10 * patch
        ochre = np.clip(patch * 1.6, 0, 1)[:, None]
        return np.asarray(np.clip(tone[:, None] * (1 - ochre * np.array([0.02, 0.08, 0.24])), 0, 1.0))

    return shade(shape, factor)


def standing_columns() -> Shape:
    """The columns that still stand."""
    return temple.columns(STANDING)


def fallen_columns_upright() -> Shape:
    """Those that fell, as they stood before."""
    return temple.columns(fallen_numbers())


def architrave_remains() -> Shape:
    """Architrave and some of the frieze over the south-western corner, worn."""
    e = temple.ENTABLATURE
    south_axis = temple.AXIS_X
    beams = np.zeros(len(south_axis) - 1, dtype=bool)
    beams[:5] = True
    south = architrave(e, south_axis, temple.FACE_X, RESTRAINED, 51, corner=False, keep=beams)
    south += frieze_and_geison(
        e, south_axis, temple.FACE_X, RESTRAINED, 51, corner=False, keep=(-temple.FACE_X, -10.9), fine=False
    )
    west = turn(
        move(
            architrave(e, temple.AXIS_Z, temple.FACE_Z, RESTRAINED, 321, corner=True),
            y=temple.ARCHITRAVE_Y,
            z=temple.FACE_X,
        ),
        270,
    )
    west += turn(
        move(
            frieze_and_geison(
                e, temple.AXIS_Z, temple.FACE_Z, RESTRAINED, 321, corner=True, keep=(2.4, temple.FACE_Z), fine=False
            ),
            y=temple.ARCHITRAVE_Y,
            z=temple.FACE_X,
        ),
        270,
    )
    north_beams = np.zeros(len(south_axis) - 1, dtype=bool)
    north_beams[-1] = True
    north = turn(
        move(
            architrave(e, south_axis, temple.FACE_X, RESTRAINED, 231, corner=False, keep=north_beams),
            y=temple.ARCHITRAVE_Y,
            z=temple.FACE_Z,
        ),
        180,
    )
    # Where both runs of the geison meet they need the corner block that mitred runs would bring with them.
    x, y, z, reach = -temple.FACE_X, temple.EAVES_Y, temple.FACE_Z, e.reach + 0.06
    corner = box((x - reach, y - e.geison + 0.02, z - 0.02), (x + 0.02, y, z + reach), "stone", RESTRAINED.plain)
    return weathered(join((move(south, y=temple.ARCHITRAVE_Y, z=temple.FACE_Z), west, north, corner)), 511)


def _broken(seed: int) -> Floats:
    rng = np.random.default_rng(seed)
    edge = rng.normal(0, 0.10, 9) + 0.35 * np.sin(np.linspace(0, 2 * np.pi, 9) + rng.random() * 6)
    edge[-1] = edge[0]
    return edge


def stumps() -> Shape:
    """Feet of fallen columns, broken at different heights."""
    feet = temple.column_positions()
    shapes: list[Shape] = []
    for number, tall in STUMPS.items():
        drum = (temple.COLUMN.height - temple.COLUMN.capital_height) / temple.COLUMN.drums
        clean = number % 2 == 0
        top = max(1, round(tall / drum)) * drum if clean else tall
        cut = None if clean else _broken(number)
        body = shaft(temple.COLUMN, 0.0, top, per_flute=3, seed=11 + number % 5, cut=cut) + disc(
            temple.COLUMN, top - (0.0 if clean else 0.12)
        )
        shapes.append(move(body, x=feet[number, 0], y=feet[number, 1], z=feet[number, 2]))
    return weathered(join(shapes), 512)


def _drum(index: int, *, per_flute: int = 2) -> Shape:
    """A drum lying along x, centred."""
    tall = (temple.COLUMN.height - temple.COLUMN.capital_height) / temple.COLUMN.drums
    low, high = index * tall, (index + 1) * tall
    body = join(
        (
            shaft(temple.COLUMN, low, high, per_flute=per_flute, seed=index),
            disc(temple.COLUMN, high),
            disc(temple.COLUMN, low, up=False),
        )
    )
    return transform(move(body, y=-(low + high) / 2), about("z", -90), (0, 0, 0))


def fallen_drums(state: str = "classical") -> Shape:
    """Rows of drums beside the temple, each column fallen outwards like a string of beads, capital last."""
    rng = np.random.default_rng(521)
    feet = temple.column_positions()
    drums = [_drum(n) for n in range(temple.COLUMN.drums)]
    top = transform(move(capital(temple.COLUMN, sides=28), y=-temple.COLUMN.height + 0.28), about("z", -90), (0, 0, 0))
    per_kind: dict[int, list[tuple[Floats, Floats]]] = {n: [] for n in range(temple.COLUMN.drums + 1)}
    tall = (temple.COLUMN.height - temple.COLUMN.capital_height) / temple.COLUMN.drums
    for number in fallen_numbers():
        foot = feet[number]
        out = np.array([0.0, np.sign(foot[2])]) if abs(foot[2]) > 7 else np.array([1.0, 0.0])
        if number in (30, 33, 0, 29):
            out = np.array([0.8, np.sign(foot[2]) * 0.6])
        angle = np.arctan2(out[1], out[0]) + rng.normal(0, 0.10) + 0.16
        direction = np.array([np.cos(angle), np.sin(angle)])
        first = int(np.ceil(STUMPS.get(int(number), 0.0) / tall))
        for n in range(first, temple.COLUMN.drums + 1):
            if rng.random() < 0.16:
                continue
            reach = 2.9 + (n - first) * (tall + 0.16) + rng.normal(0, 0.12) + 0.35
            x, z = (
                foot[0] + direction[0] * reach + rng.normal(0, 0.12),
                foot[2] + direction[1] * reach + rng.normal(0, 0.12),
            )
            if not (TERRACE[0] + 1 < x < TERRACE[1] - 1 and TERRACE[2] + 9.5 < z < TERRACE[3] - 1):
                continue
            if _over_trench(np.array([[x, z]]))[0]:
                continue
            radius = float(temple.COLUMN.radius(np.array([n * tall]))[0]) if n < temple.COLUMN.drums else 0.5
            y = float(height(state, np.array([x]), np.array([z]))[0]) + radius * (0.90 + 0.08 * rng.random())
            yaw = -angle + rng.normal(0, 0.14)
            turn_of = turns(np.array([yaw]), None, np.array([rng.normal(0, 0.05)]))[0] @ about(
                "x", float(rng.random() * 360)
            )
            per_kind[n].append((np.array([x, y, z]), turn_of))
    shapes: list[Shape] = []
    for n, places in per_kind.items():
        if places:
            shape = drums[n] if n < len(drums) else top
            at = np.array([place[0] for place in places])
            shapes.append(
                scatter(
                    shape,
                    at,
                    np.array([place[1] for place in places]),
                    None,
                    stone_tints(len(places), 522 + n, colour=AGED, spread=0.16),
                )
            )
    return weathered(join(shapes), 523)


def _lying(seed: int, sizes: tuple[Floats, Floats], state: str, places: Floats, *, sink: float = 0.3) -> Shape:
    """Broken blocks on the ground at (k, 2) places."""
    places = places[~_over_trench(places)]
    count = len(places)
    rng = np.random.default_rng(seed)
    low, high = sizes
    half = low + (high - low) * rng.random((count, 3))
    y = height(state, places[:, 0], places[:, 1]) + half[:, 1] * (1 - sink * 2 * rng.random(count))
    rotation = turns(rng.random(count) * 2 * np.pi, rng.normal(0, 0.16, count), rng.normal(0, 0.16, count))
    return blocks(
        np.stack([places[:, 0], y, places[:, 1]], 1),
        half,
        "stone",
        bevel=0.03,
        rotations=rotation,
        wear=0.16,
        seed=seed,
        tints=stone_tints(count, seed, colour=AGED, spread=0.22),
    )


def fallen_blocks(state: str = "classical") -> Shape:
    """Beams, frieze and wall blocks about the temple, smaller stones between; a heap inside the cella."""
    rng = np.random.default_rng(531)
    shapes: list[Shape] = []
    k = 120
    t = rng.random(k) * 2 * np.pi
    reach = 1.15 + 0.55 * rng.random(k) ** 1.4
    places = np.stack([22.5 * np.cos(t) * reach, 11.0 * np.sin(t) * reach], 1)
    places = places[(np.abs(places[:, 1]) < 19) & ((np.abs(places[:, 0]) > 21.5) | (np.abs(places[:, 1]) > 10.5))]
    shapes.append(_lying(532, (np.array([0.45, 0.25, 0.3]), np.array([1.35, 0.5, 0.55])), state, places))
    k = 420
    t = rng.random(k) * 2 * np.pi
    reach = 1.08 + 0.7 * rng.random(k) ** 1.2
    places = np.stack([21.5 * np.cos(t) * reach, 10.2 * np.sin(t) * reach], 1)
    shapes.append(_lying(533, (np.array([0.08, 0.06, 0.08]), np.array([0.38, 0.2, 0.26])), state, places))
    # Inside: on the floor of the temple, thick along the walls.
    k = 150
    x, z = rng.uniform(-18, 18, k), rng.uniform(-7, 7, k)
    keep = ~((x > -5.5) & (x < 8.0) & (np.abs(z) < 4.2))
    x, z = x[keep], z[keep]
    half = np.array([0.2, 0.14, 0.2]) + np.array([0.5, 0.22, 0.3]) * rng.random((len(x), 3)) ** 1.5
    y = temple.FLOOR_Y + half[:, 1] * 0.8
    shapes.append(
        blocks(
            np.stack([x, y, z], 1),
            half,
            "stone",
            bevel=0.03,
            wear=0.14,
            seed=534,
            rotations=turns(rng.random(len(x)) * 6.3, rng.normal(0, 0.15, len(x)), rng.normal(0, 0.15, len(x))),
            tints=stone_tints(len(x), 535, colour=AGED, spread=0.2),
        )
    )
    return weathered(join(shapes), 536)


def _ragged(length: float, low: float, high: float, seed: int) -> Floats:
    """A broken wall's outline: (along, height), in steps."""
    u = np.linspace(-length / 2, length / 2, 24)
    v = low + (high - low) * np.clip(0.5 + 1.1 * noise_flat(u, 0 * u, 5.0, 3, seed), 0, 1)
    return np.stack([u, v], 1)


def cella_ruin() -> Shape:
    """The walls of the cella as the earthquake left them."""
    west, east, north, south = temple.CELLA
    length = east - west
    wall = temple.WALL
    shapes: list[Shape] = []
    for side, seed, low, high in ((1, 541, 1.2, 5.2), (-1, 542, 0.5, 3.0)):
        made = through_wall(
            length,
            temple.COURSES,
            wall,
            1.42,
            "stone",
            seed,
            profile=_ragged(length, low, high, seed),
            colour=AGED,
            wear=0.03,
            spread=0.16,
        )
        shapes.append(move(made, y=temple.FLOOR_Y, z=side * (south - wall / 2)))
    half = south - wall
    for x, seed, high in ((temple.NAOS[1], 543, 2.6), (temple.NAOS[0], 544, 4.6)):
        holes = ((half - 1.65, half + 1.65, 0.0, 6.0),) if x > 0 else ()
        made = through_wall(
            2 * half,
            temple.COURSES,
            wall,
            1.42,
            "stone",
            seed,
            holes=holes,
            profile=_ragged(2 * half, 0.9, high, seed),
            colour=AGED,
            wear=0.03,
            spread=0.16,
        )
        shapes.append(move(turn(made, 90), x=x, y=temple.FLOOR_Y))
    for x in (west + 0.62, east - 0.62):
        for z in (-1.62, 1.62):
            tall = 1.2 + 1.3 * ((x + z) % 1.0)
            body = shaft(
                temple.PORCH_COLUMN, 0, tall, per_flute=2, seed=3, cut=_broken(int(x * 3 + z * 7) % 97)
            ) + disc(temple.PORCH_COLUMN, tall - 0.1)
            shapes.append(move(body, x=x, y=temple.FLOOR_Y, z=z))
    del north
    return weathered(join(shapes), 545)


def precinct_ruins() -> Shape:
    """Foundations and stumps of stoa, altar, gate and votives: below the silt until the excavation frees them."""
    west, east, back, front = STOA
    length, middle = east - west, (east + west) / 2
    rng = np.random.default_rng(551)
    shapes: list[Shape] = []
    axis = np.linspace(-length / 2 + 0.7, length / 2 - 0.7, 25)
    k = 48
    x = (np.arange(k) + 0.5) * length / k - length / 2
    keep = rng.random(k) > 0.22
    sill = blocks(
        np.stack([x, np.full(k, STOA_FLOOR - 0.115), np.full(k, 0.15)], 1)[keep],
        np.broadcast_to([length / k / 2, 0.115, 0.42], (k, 3))[keep],
        "stone",
        wear=0.06,
        tints=stone_tints(int(keep.sum()), 552, colour=AGED),
        bottom=False,
    )
    shapes.append(move(sill, x=middle, z=front))
    for number in range(1, 24):
        chance = rng.random()
        if chance < 0.45:
            tall = 0.25 + 1.2 * rng.random() ** 2
            body = shaft(STOA_COLUMN, 0, tall, per_flute=2, seed=number, cut=_broken(number + 40) * 0.5) + disc(
                STOA_COLUMN, tall - 0.08
            )
            shapes.append(move(body, x=middle + axis[number], y=STOA_FLOOR, z=front))
    heights = (0.9, 0.45, 0.45)
    wall = through_wall(
        length, heights, 0.5, 1.3, "stone", 553, profile=_ragged(length, 0.5, 2.0, 553), wear=0.04, colour=AGED
    )
    shapes.append(move(wall, x=middle, y=STOA_FLOOR, z=back + 0.35))
    for side in (-1, 1):
        wall = through_wall(
            front - back,
            heights,
            0.5,
            1.3,
            "stone",
            554 + side,
            profile=_ragged(front - back, 0.4, 1.5, 554 + side),
            wear=0.04,
            colour=AGED,
        )
        shapes.append(move(turn(wall, 90), x=middle + side * (length / 2 - 0.25), y=STOA_FLOOR, z=(front + back) / 2))
    gate = through_wall(
        9.2,
        (0.4, 0.5, 0.5),
        0.6,
        1.1,
        "stone",
        559,
        profile=_ragged(9.2, 0.3, 1.3, 559),
        holes=((3.4, 5.8, 0, 3),),
        wear=0.05,
        colour=AGED,
    )
    shapes.append(move(turn(gate, 90), x=-46.0, y=0.1, z=6.0))
    for x0, z0, wide in (
        (-22.0, 18.4, 1.6),
        (17.5, 19.0, 1.6),
        (-30.0, 15.4, 0.9),
        (-15.0, 18.0, 0.9),
        (9.0, 18.2, 0.9),
    ):
        shapes.append(box((x0 - wide / 2, 0, z0 - wide / 2), (x0 + wide / 2, 0.5, z0 + wide / 2), "stone", AGED))
    return weathered(join(shapes), 560)


def altar_ruin() -> Shape:
    """What was left of the monumental altar, until it was lifted to reach the ash below."""
    shapes: list[Shape] = []
    core = [
        box((-1.0, 0, -4.6), (1.6, 0.62, 4.6), "limestone", (0.9, 0.88, 0.82)),
        box((-5.0, 0, -8.4), (5.0, 0.16, 8.4), "stone", AGED),
    ]
    rim = [
        through_wall(
            wide,
            (0.5, 0.6),
            0.7,
            1.2,
            "stone",
            556 + n,
            profile=_ragged(wide, 0.3, 1.2, 556 + n),
            wear=0.05,
            colour=AGED,
        )
        for n, wide in enumerate((16.8, 9.6, 9.6))
    ]
    altar = join(
        (
            *core,
            move(turn(rim[0], 90), x=4.7, y=0.16),
            move(rim[1], y=0.16, z=8.2),
            mirror_z(move(rim[2], y=0.16, z=8.2)),
        )
    )
    shapes.append(move(altar, x=ALTAR_X))
    return weathered(join(shapes), 561)


def fallen_stones() -> Shape:
    """Drums and blocks."""
    return join((fallen_drums(), fallen_blocks()))


def broken_temple() -> Shape:
    """Stumps, broken walls of the cella, and the beams over the corner that stands."""
    return join((stumps(), cella_ruin(), architrave_remains()))
