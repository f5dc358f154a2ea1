"""The great temple: Doric, 6 × 13 columns, of about 447–431 BC.

Measures in metres, worked out from an interaxial of 3.20 m: stylobate 17.0 × 39.4, columns 7.2 m, ridge at about 14 m.
The temple stands along x with its front to the east; the floor of the terrace is y = 0.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from sample_museum.masonry import face, slabs, steps_around, stone_tints
from sample_museum.orders import (
    Column,
    Entablature,
    Paint,
    architrave,
    column_shape,
    frieze_and_geison,
    raking_geison,
    triglyph_positions,
)
from sample_museum.roofs import palmette, saddle
from sample_museum.solids import (
    Shape,
    blocks,
    box,
    flat,
    join,
    mirror_x,
    mirror_z,
    move,
    painted,
    scatter,
    turn,
)
from sample_museum.statues import metope_relief, pediment_group
from tiling.mesh import Floats

STEP_RISE, STEP_TREAD, STEPS = 0.36, 0.42, 3
STYLOBATE = STEP_RISE * STEPS
"""Height of the floor of the colonnade."""
AXIS_X = np.concatenate([[-18.95], np.arange(-5, 6) * 3.2, [18.95]])
"""Columns of the long sides: 13, the corner interaxials contracted to 2.95 m."""
AXIS_Z = np.array([-7.75, -4.8, -1.6, 1.6, 4.8, 7.75])
"""Columns of the fronts: 6."""
HALF_X, HALF_Z = 19.70, 8.50
"""Half sizes of the stylobate."""
COLUMN = Column(height=7.2, lower=1.33, upper=1.03)
PORCH_COLUMN = Column(height=7.0, lower=1.16, upper=0.92)
INNER_COLUMN = Column(height=4.3, lower=0.80, upper=0.64, drums=4, flutes=20)
ENTABLATURE = Entablature(architrave=1.04, frieze=1.10, geison=0.46, thickness=1.16, triglyph=0.64, reach=0.66)
FACE_X, FACE_Z = 18.95 + 0.58, 7.75 + 0.58
"""The planes of the architrave."""
ARCHITRAVE_Y = STYLOBATE + COLUMN.height
EAVES_Y = ARCHITRAVE_Y + ENTABLATURE.height
EAVE_HALF = FACE_Z + ENTABLATURE.reach
RISE = EAVE_HALF * np.tan(np.radians(13.6))
CELLA = (-14.7, 14.7, -4.85, 4.85)
"""Outer faces of the cella walls, to the ends of the antae."""
WALL = 0.94
NAOS = (-9.6, 9.4)
"""Where the cross walls stand (their axes)."""
FLOOR_Y = STYLOBATE + 0.14
WALL_HEIGHT = COLUMN.height + ENTABLATURE.architrave - 0.14
COURSES = (1.12, *([0.535] * 13))


def column_positions() -> Floats:
    """Feet of the 34 columns of the colonnade, (x, y, z), clockwise from the south-eastern corner along the south."""
    south = [(float(x), float(AXIS_Z[-1])) for x in AXIS_X[::-1]]
    west = [(float(AXIS_X[0]), float(z)) for z in AXIS_Z[::-1][1:-1]]
    north = [(float(x), float(AXIS_Z[0])) for x in AXIS_X]
    east = [(float(AXIS_X[-1]), float(z)) for z in AXIS_Z[1:-1]]
    return np.array([(x, STYLOBATE, z) for x, z in south + west + north + east])


def crepidoma() -> Shape:
    """Foundation course, three steps, the floor of colonnade and cella."""
    foundation = steps_around(
        HALF_X + STEP_TREAD * STEPS + 0.12,
        HALF_Z + STEP_TREAD * STEPS + 0.12,
        0.05,
        1,
        0.45,
        0.6,
        "limestone",
        3,
        block_m=1.3,
        wear=0.03,
    )
    steps = steps_around(HALF_X, HALF_Z, STYLOBATE, STEPS, STEP_RISE, STEP_TREAD, "stone", 5, wear=0.012)
    inner = (CELLA[0] + 0.1, CELLA[1] - 0.1, CELLA[2] + 0.1, CELLA[3] - 0.1)
    rim = STEP_TREAD + 0.35
    floor = slabs(
        -HALF_X + rim, HALF_X - rim, -HALF_Z + rim, HALF_Z - rim, STYLOBATE, 0.3, 1.5, "stone", 7, holes=(inner,)
    )
    naos = slabs(CELLA[0], CELLA[1], CELLA[2], CELLA[3], FLOOR_Y, 0.3, 1.2, "stone", 8, colour=(0.93, 0.92, 0.90))
    riser = steps_around(
        (CELLA[1] - CELLA[0]) / 2 + 0.12, (CELLA[3] - CELLA[2]) / 2 + 0.12, FLOOR_Y, 1, 0.14, 0.5, "stone", 9
    )
    return join((foundation, steps, floor, naos, riser))


def columns(which: Floats | None = None, *, per_flute: int = 4) -> Shape:
    """Columns of the colonnade by their numbers in `column_positions`, each with its own drums."""
    at = column_positions()
    numbers = np.arange(len(at)) if which is None else np.asarray(which, dtype=int)
    kinds = [column_shape(COLUMN, per_flute=per_flute, seed=11 + n) for n in range(5)]
    shapes: list[Shape] = []
    for n, kind in enumerate(kinds):
        chosen = numbers[numbers % 5 == n]
        if len(chosen):
            shapes.append(scatter(kind, at[chosen], tints=stone_tints(len(chosen), 17 + n, spread=0.05)))
    return join(shapes)


def porch_columns() -> Shape:
    """Two columns between the antae of either porch."""
    at = np.array([[x, FLOOR_Y, z] for x in (CELLA[0] + 0.62, CELLA[1] - 0.62) for z in (-1.62, 1.62)])
    return scatter(column_shape(PORCH_COLUMN, seed=23), at)


def cella() -> Shape:
    """Walls of the cella in ashlar over orthostates, antae, doors, inner colonnade, ceilings."""
    west, east, north, south = CELLA
    length = east - west
    outer = move(face(length, COURSES, 1.42, "stone", 31, bulge=0.002), y=FLOOR_Y, z=south)
    shapes: list[Shape] = [outer, mirror_z(outer)]
    half = (south - north) / 2 - WALL
    south_inside = turn(face(length, COURSES, 1.42, "stone", 33, bulge=0.002), 180)
    north_inside = face(length, COURSES, 1.42, "stone", 34, bulge=0.002)
    shapes += [move(south_inside, y=FLOOR_Y, z=half), move(north_inside, y=FLOOR_Y, z=-half)]
    ends = [
        box(
            (x - 0.02 if x > 0 else x, FLOOR_Y, z - WALL / 2),
            (x if x > 0 else x + 0.02, FLOOR_Y + WALL_HEIGHT, z + WALL / 2),
            "stone",
        )
        for x in (west, east)
        for z in (south - WALL / 2, north + WALL / 2)
    ]
    shapes += ends
    door = ((half - 1.65, half + 1.65, 0.0, 6.05),)
    for x, holes in ((NAOS[1], door), (NAOS[0], ())):
        for outward in (1, -1):
            wall = face(half * 2, COURSES, 1.42, "stone", 36 + outward, holes=holes, bulge=0.002)
            wall = turn(wall, 90 * outward)
            shapes.append(move(wall, x=x + outward * WALL / 2, y=FLOOR_Y))
    # Door frame and the two leaves, bronze-studded, standing open.
    y = FLOOR_Y
    x = NAOS[1]
    for z in (-1.65, 1.65):
        shapes.append(
            box(
                (x - WALL / 2 - 0.02, y, z - 0.17),
                (x + WALL / 2 + 0.06, y + 6.05, z + 0.17),
                "stone",
                (0.96, 0.93, 0.88),
            )
        )
        side = 1 if z > 0 else -1
        leaf = box(
            (x - WALL / 2 - 1.5, y + 0.05, z - side * 0.16),
            (x - WALL / 2, y + 5.9, z - side * 0.07),
            "timber",
            (0.55, 0.38, 0.26),
        )
        shapes.append(leaf)
        studs = np.array(
            [[x - WALL / 2 - 0.2 - 0.36 * i, y + 0.5 + 0.62 * j, z - side * 0.17] for i in range(4) for j in range(9)]
        )
        shapes.append(blocks(studs, np.full((len(studs), 3), 0.035), "gold", bevel=0.02))
    shapes.append(
        box((x - WALL / 2 - 0.02, y + 6.05, -2.1), (x + WALL / 2 + 0.09, y + 6.5, 2.1), "stone", (0.96, 0.93, 0.88))
    )
    top = FLOOR_Y + WALL_HEIGHT
    for z in (south - WALL / 2, north + WALL / 2):
        shapes.append(box((west, top, z - WALL / 2 - 0.03), (east, top + 0.42, z + WALL / 2 + 0.03), "stone"))
    for x in (west + 0.62, east - 0.62):
        shapes.append(
            box((x - 0.5, FLOOR_Y + PORCH_COLUMN.height, north + WALL), (x + 0.5, top + 0.42, south - WALL), "stone")
        )
    for x in NAOS:
        shapes.append(box((x - WALL / 2, top, north + WALL), (x + WALL / 2, top + 0.42, south - WALL), "stone"))
    # Inner colonnade in two storeys, along the sides and behind the statue.
    feet = [(float(xx), zz) for zz in (-2.55, 2.55) for xx in np.linspace(-6.9, 7.1, 6)] + [(-6.9, 0.0)]
    low = np.array([[a, FLOOR_Y, b] for a, b in feet])
    shapes.append(scatter(column_shape(INNER_COLUMN, per_flute=2, seed=41), low))
    small = Column(height=2.9, lower=0.62, upper=0.52, drums=3)
    shapes.append(scatter(column_shape(small, per_flute=2, seed=42), low + np.array([0, INNER_COLUMN.height + 0.5, 0])))
    for level in (INNER_COLUMN.height, INNER_COLUMN.height + 0.5 + 2.9):
        for z in (-2.55, 2.55):
            shapes.append(box((-7.3, y + level, z - 0.32), (7.5, y + level + 0.5, z + 0.32), "stone"))
        shapes.append(box((-7.22, y + level, -2.3), (-6.58, y + level + 0.5, 2.3), "stone"))
    return join(shapes)


def ceiling() -> Shape:
    """Coffers over the colonnade and porches, beams over the naos; blue with gilt stars' worth of paint."""
    y = FLOOR_Y + WALL_HEIGHT + 0.42
    blue = (0.05, 0.10, 0.26)
    shapes: list[Shape] = []
    outer_x, outer_z = FACE_X - ENTABLATURE.thickness, FACE_Z - ENTABLATURE.thickness
    cell = 0.86
    slab = [
        (-outer_x, outer_x, CELLA[3] - WALL, outer_z),
        (-outer_x, outer_x, -outer_z, CELLA[2] + WALL),
        (CELLA[1] - 5.3, outer_x, CELLA[2] + WALL, CELLA[3] - WALL),
        (-outer_x, CELLA[0] + 5.1, CELLA[2] + WALL, CELLA[3] - WALL),
    ]
    for west, east, north, south in slab:
        nx, nz = round((east - west) / cell), round((south - north) / cell)
        dx, dz = (east - west) / nx, (south - north) / nz
        x, z = np.meshgrid(west + dx * (np.arange(nx) + 0.5), north + dz * (np.arange(nz) + 0.5))
        # A coffer from below: frame, sloping sides, blue field.
        a, b = 0.5, 0.34
        ring = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]], dtype=float)
        points = np.concatenate(
            [
                np.concatenate([ring[:, :1] * a * dx, np.zeros((4, 1)), ring[:, 1:] * a * dz], 1),
                np.concatenate([ring[:, :1] * b * dx, np.zeros((4, 1)), ring[:, 1:] * b * dz], 1),
                np.concatenate([ring[:, :1] * b * 0.86 * dx, np.full((4, 1), 0.16), ring[:, 1:] * b * 0.86 * dz], 1),
            ]
        )
        frame = [[i, (i + 1) % 4, 4 + (i + 1) % 4] for i in range(4)] + [[i, 4 + (i + 1) % 4, 4 + i] for i in range(4)]
        sides = [[4 + i, 4 + (i + 1) % 4, 8 + (i + 1) % 4] for i in range(4)] + [
            [4 + i, 8 + (i + 1) % 4, 8 + i] for i in range(4)
        ]
        field = [[8, 9, 10], [8, 10, 11]]
        coffer = join(
            (
                flat(points, np.array(frame), "stone"),
                painted(flat(points, np.array(sides), "paint"), (0.55, 0.30, 0.08)),
                painted(flat(points, np.array(field), "paint"), blue),
            )
        )
        at = np.stack([x.ravel(), np.full(x.size, y), z.ravel()], 1)
        shapes.append(scatter(coffer, at))
    beams = np.arange(NAOS[0] + 1.0, NAOS[1] - 0.6, 1.25)
    c = np.stack([beams, np.full(len(beams), y + 0.2), np.zeros(len(beams))], 1)
    shapes.append(
        blocks(
            c, np.broadcast_to([0.19, 0.24, CELLA[3] - WALL], c.shape), "timber", tints=np.array([[0.8, 0.62, 0.45]])
        )
    )
    lid = np.array(
        [
            [NAOS[0], y + 0.46, CELLA[2]],
            [NAOS[1], y + 0.46, CELLA[2]],
            [NAOS[1], y + 0.46, CELLA[3]],
            [NAOS[0], y + 0.46, CELLA[3]],
        ]
    )
    shapes.append(painted(flat(lid, np.array([[0, 1, 2], [0, 2, 3]]), "timber"), (0.5, 0.36, 0.25)))
    return join(shapes)


def entablature(paint: Paint) -> Shape:
    """All four sides from the architrave to the horizontal geison; sculptured metopes on both fronts."""
    shapes: list[Shape] = []
    for half, axis, across, corner, angle in (
        (FACE_X, AXIS_X, FACE_Z, False, 0.0),
        (FACE_Z, AXIS_Z, FACE_X, True, 90.0),
    ):
        for turned in (angle, angle + 180):
            seed = 51 + int(turned)
            reliefs = _metopes(paint, seed) if corner else ()
            run = architrave(ENTABLATURE, axis, half, paint, seed, corner=corner)
            run += frieze_and_geison(ENTABLATURE, axis, half, paint, seed, corner=corner, metopes=reliefs)
            shapes.append(turn(move(run, y=ARCHITRAVE_Y, z=across), turned))
    return join(shapes)


def _metopes(paint: Paint, seed: int) -> Shape:
    """Ten reliefs of a front, in the frame of its run."""
    e = ENTABLATURE
    at = triglyph_positions(AXIS_Z, FACE_Z, e.triglyph)
    shapes = []
    for number, (left, right) in enumerate(pairwise(at)):
        width = float(right - left - e.triglyph)
        relief = metope_relief(number * 7 + seed, width, e.frieze, paint.figure, paint.ground)
        shapes.append(move(relief, x=float(left + right) / 2, y=e.architrave, z=-0.035))
    return join(shapes)


def gable_figures() -> Shape:
    """The sculptures of both gables."""
    shapes = []
    for angle, west in ((90, False), (270, True)):
        group = pediment_group(EAVE_HALF, float(RISE), west=west)
        shapes.append(turn(move(group, y=EAVES_Y + 0.02, z=FACE_X - 0.25), angle))
    return join(shapes)


def acroteria() -> Shape:
    """Palmettes on the ridge ends and corners of the roof."""
    shapes = []
    for angle in (90, 270):
        top = move(palmette(1.5, (0.80, 0.62, 0.34)), y=EAVES_Y + float(RISE) + 0.45, z=FACE_X + 0.25)
        corners = [
            move(palmette(0.85, (0.80, 0.62, 0.34)), x=s * (EAVE_HALF - 0.1), y=EAVES_Y + 0.55, z=FACE_X + 0.25)
            for s in (-1, 1)
        ]
        shapes.append(turn(join((top, *corners)), angle))
    return join(shapes)


def pediment(paint: Paint) -> Shape:
    """The eastern gable: tympanon and raking cornices; turn it for the west."""
    wall = flat(
        np.array([[-EAVE_HALF, 0, 0], [EAVE_HALF, 0, 0], [0, RISE + 0.03, 0]], dtype=float),
        np.array([[0, 1, 2]]),
        "paint",
        paint.ground,
    )
    wall = move(wall, z=-0.25)
    rake = raking_geison(ENTABLATURE, EAVE_HALF + 0.05, RISE, paint)
    return turn(move(join((wall, rake)), y=EAVES_Y, z=FACE_X), 90)


def roof() -> Shape:
    """Marble tiles with antefixes along the eaves."""
    tiles = saddle(2 * FACE_X + 0.5, EAVE_HALF + 0.06, RISE + 0.02, "stone", 71, antefix=(0.75, 0.55, 0.3), spread=0.10)
    return move(tiles, y=EAVES_Y + 0.05)


def both_ends(shape: Shape) -> Shape:
    """A shape of the east front and its twin in the west."""
    return join((shape, mirror_x(shape)))
