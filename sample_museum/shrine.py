# ruff: noqa: PERF401  -- shapes are put together piece by piece
"""Small Doric buildings of one kind: walls with columns before one or both fronts, entablature, gables, tiled roof.

The archaic naos and the propylon are such buildings with other measures. Along x, front to the east.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sample_museum.masonry import Hole, face, slabs, steps_around
from sample_museum.orders import (
    Column,
    Entablature,
    Paint,
    architrave,
    column_shape,
    frieze_and_geison,
    raking_geison,
)
from sample_museum.roofs import saddle
from sample_museum.solids import (
    WHITE,
    Colour,
    Shape,
    box,
    flat,
    join,
    mirror_x,
    mirror_z,
    move,
    scatter,
    turn,
)
from tiling.mesh import Floats


@dataclass(frozen=True, slots=True)
class Shrine:
    """Measures and looks of a small Doric building, metres."""

    column: Column
    entablature: Entablature
    axis_z: Floats
    """columns of a front"""
    half_x: float
    """from the middle to the axis of the front columns"""
    walls: tuple[float, float]
    """west and east end of the side walls"""
    cross_walls: tuple[tuple[float, tuple[Hole, ...]], ...]
    """where walls cross the building, and the doors in them, measured from the middle of the wall"""
    steps: int
    paint: Paint
    stone: str
    stone_colour: Colour
    roof_material: str
    roof_colour: Colour
    round_covers: bool
    columns_west: bool
    base_y: float
    pitch_deg: float = 14.0
    wall: float = 0.6
    rise: float = 0.32
    antefix: Colour | None = (0.62, 0.25, 0.12)

    @property
    def floor(self) -> float:
        """Height of the stylobate."""
        return self.base_y + self.steps * self.rise

    @property
    def half_z(self) -> float:
        """From the middle to the axis of the corner columns."""
        return float(self.axis_z[-1])

    @property
    def eaves(self) -> float:
        """Top of the geison."""
        return self.floor + self.column.height + self.entablature.height


def base(s: Shrine, seed: int) -> Shape:
    """Steps and floor."""
    x, z = s.half_x + s.column.lower * 0.72, s.half_z + s.column.lower * 0.72
    rim = 0.7
    return join(
        (
            steps_around(x, z, s.floor, s.steps, s.rise, 0.36, s.stone, seed, colour=s.stone_colour, wear=0.02),
            slabs(-x + rim, x - rim, -z + rim, z - rim, s.floor, 0.2, 1.0, s.stone, seed + 1, colour=s.stone_colour),
        )
    )


def column_feet(s: Shrine) -> Floats:
    """Where the columns stand, east front first."""
    sides = (1, -1) if s.columns_west else (1,)
    return np.array([(side * s.half_x, s.floor, float(z)) for side in sides for z in s.axis_z])


def columns(s: Shrine, seed: int, which: Floats | None = None) -> Shape:
    """Columns of the fronts."""
    feet = column_feet(s)
    made = column_shape(s.column, material=s.stone, colour=s.stone_colour, band=s.paint.taenia, per_flute=3, seed=seed)
    return scatter(made, feet if which is None else feet[np.asarray(which, dtype=int)])


def walls(s: Shrine, seed: int) -> Shape:
    """Side walls and cross walls."""
    west, east = s.walls
    length, middle = east - west, (west + east) / 2
    tall = s.column.height + s.entablature.architrave
    heights = (0.9, *([(tall - 0.9) / 9] * 9))
    outer_z = s.half_z + s.entablature.thickness / 2 - 0.03
    side = move(face(length, heights, 1.15, s.stone, seed, colour=s.stone_colour), x=middle, y=s.floor, z=outer_z)
    inner = move(
        turn(face(length, heights, 1.15, s.stone, seed + 1, colour=s.stone_colour), 180),
        x=middle,
        y=s.floor,
        z=outer_z - s.wall,
    )
    shapes = [side, inner, mirror_z(join((side, inner)))]
    for x in (west, east):
        for z in (outer_z - s.wall / 2, -outer_z + s.wall / 2):
            a, b = sorted((x, x - 0.12 * np.sign(x - middle)))
            shapes.append(
                box(
                    (a, s.floor, z - s.wall / 2 - 0.03),
                    (b + 0.02, s.floor + tall, z + s.wall / 2 + 0.03),
                    s.stone,
                    s.stone_colour,
                )
            )
    width = 2 * (outer_z - s.wall)
    for number, (x, holes) in enumerate(s.cross_walls):
        shifted = tuple((a + width / 2, b + width / 2, c, d) for a, b, c, d in holes)
        for outward in (1, -1):
            wall = turn(
                face(width, heights, 1.15, s.stone, seed + 3 + number, colour=s.stone_colour, holes=shifted),
                90 * outward,
            )
            shapes.append(move(wall, x=x + outward * s.wall / 2, y=s.floor))
        for a, b, _, top in holes:
            for z in (a, b):
                shapes.append(
                    box(
                        (x - s.wall / 2 - 0.03, s.floor, z - 0.1),
                        (x + s.wall / 2 + 0.03, s.floor + top, z + 0.1),
                        s.stone,
                        s.stone_colour,
                    )
                )
            shapes.append(
                box(
                    (x - s.wall / 2 - 0.03, s.floor + top, a - 0.3),
                    (x + s.wall / 2 + 0.05, s.floor + top + 0.3, b + 0.3),
                    s.stone,
                    s.stone_colour,
                )
            )
    return join(shapes)


def crown(s: Shrine, seed: int) -> Shape:
    """Entablature, gables and roof."""
    e = s.entablature
    face_x, face_z = s.half_x + e.thickness / 2, s.half_z + e.thickness / 2
    bays = max(2, round(2 * s.half_x / float(np.diff(s.axis_z).mean())))
    axis_x = np.linspace(-s.half_x, s.half_x, bays + 1)
    shapes: list[Shape] = []
    for half, axis, across, corner, angle in (
        (face_x, axis_x, face_z, False, 0.0),
        (face_z, s.axis_z, face_x, True, 90.0),
    ):
        for turned in (angle, angle + 180):
            run = architrave(e, axis, half, s.paint, seed, corner=corner)
            run += frieze_and_geison(e, axis, half, s.paint, seed, corner=corner, fine=False)
            shapes.append(turn(move(run, y=s.floor + s.column.height, z=across), turned))
    eave = face_z + e.reach
    rise = eave * float(np.tan(np.radians(s.pitch_deg)))
    wall = flat(
        np.array([[-eave, 0, 0], [eave, 0, 0], [0, rise + 0.03, 0]]),
        np.array([[0, 1, 2]]),
        "paint",
        s.paint.ground,
    )
    gable = turn(
        move(join((move(wall, z=-0.2), raking_geison(e, eave + 0.04, rise, s.paint))), y=s.eaves, z=face_x), 90
    )
    shapes += [gable, mirror_x(gable)]
    tiles = saddle(
        2 * face_x + 0.3,
        eave + 0.05,
        rise + 0.02,
        s.roof_material,
        seed + 5,
        antefix=s.antefix,
        round_covers=s.round_covers,
        colour=s.roof_colour,
        antefix_material="terracotta" if s.antefix else "paint",
    )
    shapes.append(move(tiles, y=s.eaves + 0.05))
    lid_y = s.floor + s.column.height + e.architrave + 0.05
    lid = flat(
        np.array(
            [
                [-face_x + 0.2, lid_y, -face_z + 0.2],
                [face_x - 0.2, lid_y, -face_z + 0.2],
                [face_x - 0.2, lid_y, face_z - 0.2],
                [-face_x + 0.2, lid_y, face_z - 0.2],
            ]
        ),
        np.array([[0, 1, 2], [0, 2, 3]]),
        "timber",
        (0.5, 0.36, 0.25),
    )
    shapes.append(lid)
    return join(shapes)


ARCHAIC_PAINT = Paint(
    plain=(0.93, 0.87, 0.74),
    triglyph=(0.045, 0.06, 0.11),
    taenia=(0.42, 0.07, 0.04),
    ground=(0.78, 0.66, 0.44),
    mutule=(0.045, 0.06, 0.11),
    accent=(0.50, 0.16, 0.07),
    material="plaster",
)
NAOS = Shrine(
    column=Column(height=4.1, lower=1.0, upper=0.70, drums=4, flutes=16, entasis=0.03, capital=0.56, abacus=1.36),
    entablature=Entablature(architrave=0.72, frieze=0.80, geison=0.32, thickness=0.74, triglyph=0.46, reach=0.46),
    axis_z=np.array([-3.6, -1.25, 1.25, 3.6]),
    half_x=8.3,
    walls=(-8.3, 5.0),
    cross_walls=((4.0, ((-0.9, 0.9, 0.0, 3.3),)), (-7.95, ())),
    steps=2,
    paint=ARCHAIC_PAINT,
    stone="plaster",
    stone_colour=(0.90, 0.80, 0.60),
    roof_material="terracotta",
    roof_colour=WHITE,
    round_covers=False,
    columns_west=False,
    base_y=-0.5,
    antefix=(0.85, 0.55, 0.40),
)
"""The archaic naos: limestone with painted stucco, four columns before the eastern front, c. 560 BC."""

PROPYLON = Shrine(
    column=Column(height=4.5, lower=0.82, upper=0.66, drums=5, entasis=0.01),
    entablature=Entablature(architrave=0.62, frieze=0.68, geison=0.28, thickness=0.72, triglyph=0.40, reach=0.42),
    axis_z=np.array([-3.9, -1.7, 1.7, 3.9]),
    half_x=4.6,
    walls=(-2.4, 2.4),
    cross_walls=((0.0, ((-1.1, 1.1, 0.0, 3.6), (-2.95, -1.95, 0.0, 2.8), (1.95, 2.95, 0.0, 2.8))),),
    steps=1,
    paint=Paint(
        plain=(0.95, 0.92, 0.86),
        triglyph=(0.07, 0.15, 0.33),
        taenia=(0.42, 0.09, 0.06),
        ground=(0.60, 0.50, 0.40),
        mutule=(0.07, 0.15, 0.33),
        accent=(0.70, 0.58, 0.36),
    ),
    stone="stone",
    stone_colour=(0.96, 0.94, 0.90),
    roof_material="terracotta",
    roof_colour=WHITE,
    round_covers=False,
    columns_west=True,
    base_y=0.0,
    rise=0.22,
)
"""The gate of the sanctuary, early third century BC; on both fronts four columns."""


def naos() -> Shape:
    """The archaic naos, whole."""
    return join((base(NAOS, 101), columns(NAOS, 102), walls(NAOS, 103), crown(NAOS, 104)))


def propylon() -> Shape:
    """The propylon, standing in the western wall."""
    made = join((base(PROPYLON, 111), columns(PROPYLON, 112), walls(PROPYLON, 113), crown(PROPYLON, 114)))
    return move(made, x=-46.0, y=0.0, z=6.0)


TREASURY = replace(
    PROPYLON,
    axis_z=np.array([-2.1, -0.75, 0.75, 2.1]),
    half_x=3.6,
    walls=(-3.7, 2.2),
    columns_west=False,
    column=Column(height=3.5, lower=0.62, upper=0.50, drums=4, entasis=0.008),
    cross_walls=((1.6, ((-0.65, 0.65, 0.0, 2.6),)), (-3.4, ())),
    steps=2,
)
"""A treasury that a city dedicated, c. 430 BC."""


def treasury() -> Shape:
    """The treasury, north-east of the altar, its front to the west."""
    made = join((base(TREASURY, 121), columns(TREASURY, 122), walls(TREASURY, 123), crown(TREASURY, 124)))
    return move(turn(made, 180), x=46.0, z=-22.5)
