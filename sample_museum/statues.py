# ruff: noqa: PLR0917  -- solids have many measures, in a customary order
"""Figures as distance fields: limbs are tapered rods melted together, cloth is ribbed, the surface is found on a grid.

Surface: naive surface nets (Gibson 1998): one vertex in each cell that the surface crosses, at the mean of the
crossings on
the cell's edges, and one quad for each grid edge that crosses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sample_museum.solids import (
    WHITE,
    Colour,
    Part,
    Shape,
    box,
    join,
    lathe,
    move,
    project,
    scaled,
    surface,
    transform,
    tube,
    turn,
    vertex_normals,
)
from tiling.mesh import Floats

Point = tuple[float, float, float]
Rod = tuple[Point, Point, float, float]
"""Two ends and the radius at each."""


def rods_distance(points: Floats, rods: Sequence[Rod], melt: float) -> Floats:
    """Signed distance to tapered rods, melted together over `melt` metres."""
    total = np.full(len(points), 1e3)
    for a, b, ra, rb in rods:
        start, axis = np.array(a), np.array(b) - np.array(a)
        t = np.clip((points - start) @ axis / max(float(axis @ axis), 1e-9), 0, 1)
        d = np.linalg.norm(points - start - t[:, None] * axis, axis=1) - (ra + (rb - ra) * t)
        h = np.clip(0.5 + 0.5 * (total - d) / melt, 0, 1)
        total = total * (1 - h) + d * h - melt * h * (1 - h)
    return total


def net(
    field: Callable[[Floats], Floats], low: Point, high: Point, step: float, material: str, colour: Colour = WHITE
) -> Shape:
    """The surface where `field` is zero (negative inside), within a box."""
    axes = [np.arange(a, b + step, step) for a, b in zip(low, high, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    values = field(grid.reshape(-1, 3)).reshape(grid.shape[:3])
    inside = values < 0
    nx, ny, nz = (len(axis_points) for axis_points in axes)
    cells = (nx - 1, ny - 1, nz - 1)
    total = np.zeros((*cells, 3))
    count = np.zeros(cells)
    corners = [(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]

    def at(array: NDArray[np.generic], corner: Sequence[int]) -> NDArray[np.generic]:
        return array[corner[0] : corner[0] + nx - 1, corner[1] : corner[1] + ny - 1, corner[2] : corner[2] + nz - 1]

    for a in corners:
        for axis in range(3):
            if a[axis]:
                continue
            b = list(a)
            b[axis] = 1
            va, vb = np.asarray(at(values, a), dtype=float), np.asarray(at(values, b), dtype=float)
            crosses = (va < 0) != (vb < 0)
            t = np.where(crosses, va / np.where(crosses, va - vb, 1), 0)
            point = np.array(a, dtype=float) + t[..., None] * np.eye(3)[axis]
            total += np.where(crosses[..., None], point, 0)
            count += crosses
    used = count > 0
    number = np.full(cells, -1)
    number[used] = np.arange(int(used.sum()))
    base = np.argwhere(used).astype(float)
    positions = np.array(low) + step * (base + total[used] / count[used][:, None])
    quads: list[NDArray[np.int64]] = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        front = [slice(1, -1)] * 3
        front[axis] = slice(0, -1)
        back = list(front)
        back[axis] = slice(1, None)
        here, there = inside[tuple(front)], inside[tuple(back)]
        where = np.argwhere(here != there)
        offset = np.ones(3, dtype=int)
        offset[axis] = 0
        where = where + offset
        out = inside[tuple(where.T)]
        cell = []
        for du, dv in ((0, 0), (1, 0), (1, 1), (0, 1)):
            at_cell = where.copy()
            at_cell[:, u] -= du
            at_cell[:, v] -= dv
            cell.append(number[tuple(at_cell.T)])
        quad = np.stack(cell, axis=1)
        quad[~out] = quad[~out][:, ::-1]
        quads.append(quad)
    quad = np.concatenate(quads)
    index = np.concatenate([quad[:, [0, 1, 2]], quad[:, [0, 2, 3]]])
    normals = vertex_normals(positions, index)
    uvs = project(positions, normals)
    colours = np.broadcast_to(np.array(colour, dtype=float), positions.shape).copy()

    return (Part(positions, normals, uvs, colours, index.astype(np.uint32), material),)


STANDING: Mapping[str, Point] = {
    "pelvis": (0, 0.95, 0),
    "chest": (0, 1.30, 0.0),
    "neck": (0, 1.47, 0),
    "head": (0, 1.62, 0.02),
    "shoulder_l": (-0.19, 1.41, 0),
    "elbow_l": (-0.25, 1.13, -0.02),
    "hand_l": (-0.24, 0.87, 0.06),
    "shoulder_r": (0.19, 1.41, 0),
    "elbow_r": (0.25, 1.13, -0.02),
    "hand_r": (0.24, 0.87, 0.06),
    "hip_l": (-0.09, 0.91, 0),
    "knee_l": (-0.10, 0.50, 0.03),
    "foot_l": (-0.11, 0.05, 0.0),
    "hip_r": (0.09, 0.91, 0),
    "knee_r": (0.11, 0.50, 0.05),
    "foot_r": (0.13, 0.05, 0.06),
}
"""Joints of a figure of 1.75 m that stands facing +z; left and right as the viewer sees them."""


def body_rods(pose: Mapping[str, Point], *, legs: bool = True) -> list[Rod]:
    """Rods of a naked body."""
    p = dict(STANDING, **pose)
    head = p["head"]
    rods: list[Rod] = [
        (p["pelvis"], p["chest"], 0.135, 0.165),
        (p["chest"], p["neck"], 0.12, 0.055),
        (p["neck"], p["head"], 0.052, 0.07),
        ((head[0], head[1] - 0.03, head[2] + 0.01), (head[0], head[1] + 0.05, head[2] - 0.005), 0.078, 0.092),
        (p["shoulder_l"], p["shoulder_r"], 0.075, 0.075),
    ]
    for side in "lr":
        shoulder, elbow, hand = p[f"shoulder_{side}"], p[f"elbow_{side}"], p[f"hand_{side}"]
        rods += [(shoulder, elbow, 0.066, 0.046), (elbow, hand, 0.046, 0.030)]
        end = np.array(hand) + (np.array(hand) - np.array(elbow)) * 0.22
        rods.append((hand, tuple(end), 0.034, 0.026))
        if legs:
            hip, knee, foot = p[f"hip_{side}"], p[f"knee_{side}"], p[f"foot_{side}"]
            toe = (foot[0], foot[1] - 0.02, foot[2] + 0.15)
            rods += [(hip, knee, 0.098, 0.064), (knee, foot, 0.062, 0.040), (foot, toe, 0.042, 0.03)]
    return rods


def figure(
    pose: Mapping[str, Point],
    *,
    dress: Sequence[Rod] = (),
    ribs: float = 0.013,
    rib_count: int = 17,
    extra: Sequence[Rod] = (),
    legs: bool = True,
    step: float = 0.03,
    material: str = "stone",
    colour: Colour = WHITE,
    cloth_material: str | None = None,
    cloth: Colour = WHITE,
) -> Shape:
    """A figure of about 1.75 m. `dress`: rods of cloth, ribbed by folds; `extra`: hair, weapons, rocks."""
    rods = body_rods(pose, legs=legs)
    every = [*rods, *dress, *extra]
    ends = np.array([end for rod in every for end in rod[:2]])
    widest = max(max(rod[2:]) for rod in every)
    low, high = ends.min(0) - widest - 3 * step, ends.max(0) + widest + 3 * step
    shapes: list[Shape] = []
    if dress:

        def cloth_field(points: Floats) -> Floats:
            d = rods_distance(points, dress, 0.07)
            angle = np.arctan2(points[:, 0] - 0.02, points[:, 2])
            fold = np.sin(angle * rib_count + 1.2 * np.sin(points[:, 1] * 2.1)) + 0.5 * np.sin(
                angle * 7 + points[:, 1] * 3
            )
            return np.asarray(d + ribs * fold)

        shapes.append(net(cloth_field, tuple(low), tuple(high), step, cloth_material or material, cloth))
    shapes.append(
        net(
            lambda points: rods_distance(points, [*rods, *extra], 0.045),
            tuple(low),
            tuple(high),
            step,
            material,
            colour,
        )
    )
    shape = join(shapes)
    # Hollows keep dirt: folds and undersides are a little darker.
    return tuple(
        replace(part, colours=part.colours * (0.86 + 0.14 * np.clip(part.normals[:, 1:2] + 0.8, 0, 1)))
        for part in shape
    )


PEPLOS: tuple[Rod, ...] = (
    ((0, 1.36, 0), (0, 1.05, 0), 0.17, 0.165),
    ((0, 1.05, 0), (0, 0.92, 0), 0.19, 0.20),
    ((0, 0.9, 0), (0, 0.1, 0.02), 0.175, 0.235),
    ((-0.17, 1.40, 0), (0.17, 1.40, 0), 0.085, 0.085),
    ((0.06, 0.85, 0.08), (0.12, 0.45, 0.14), 0.11, 0.09),
)
HAIR: tuple[Rod, ...] = (
    ((0, 1.66, -0.03), (0, 1.50, -0.09), 0.10, 0.07),
    ((0, 1.70, 0.0), (0, 1.70, -0.02), 0.095, 0.095),
)

HELMET: tuple[Rod, ...] = (
    ((0, 1.66, -0.02), (0, 1.71, -0.01), 0.105, 0.10),
    ((0, 1.80, 0.10), (0, 1.88, 0.02), 0.020, 0.028),
    ((0, 1.88, 0.02), (0, 1.84, -0.13), 0.028, 0.03),
    ((0, 1.84, -0.13), (0, 1.62, -0.20), 0.03, 0.025),
    ((0, 1.635, 0.115), (0, 1.60, 0.125), 0.016, 0.018),
)


def standing_woman(step: float = 0.03, **options: object) -> Shape:
    """Peplophoros, one arm lowered, the other bent forwards with a bowl."""
    pose = {"elbow_r": (0.27, 1.14, 0.02), "hand_r": (0.22, 1.06, 0.27)}
    bowl: Rod = ((0.21, 1.07, 0.36), (0.21, 1.08, 0.36), 0.085, 0.085)
    return figure(pose, dress=PEPLOS, extra=[*HAIR, bowl], legs=False, step=step, **options)  # type: ignore[arg-type]


def kouros(step: float = 0.03, **options: object) -> Shape:
    """Naked youth of the archaic kind: arms at his sides, left leg forward."""
    pose = {
        "knee_l": (-0.10, 0.50, 0.13),
        "foot_l": (-0.10, 0.05, 0.20),
        "knee_r": (0.10, 0.50, -0.03),
        "foot_r": (0.10, 0.05, -0.13),
    }
    return figure(pose, extra=HAIR, step=step, **options)  # type: ignore[arg-type]


def spearman(step: float = 0.03, **options: object) -> Shape:
    """Standing hero with raised arm, weight on one leg."""
    pose = {
        "shoulder_r": (0.19, 1.44, 0.0),
        "elbow_r": (0.40, 1.50, 0.05),
        "hand_r": (0.46, 1.76, 0.10),
        "pelvis": (0.02, 0.95, 0),
        "knee_l": (-0.14, 0.50, 0.0),
        "foot_l": (-0.22, 0.05, -0.08),
    }
    cloak: tuple[Rod, ...] = (
        ((-0.18, 1.42, -0.05), (-0.26, 0.95, -0.12), 0.09, 0.11),
        ((-0.26, 0.95, -0.12), (-0.22, 0.45, -0.14), 0.11, 0.10),
    )
    return figure(pose, dress=cloak, extra=[((0, 1.66, -0.02), (0, 1.70, -0.02), 0.098, 0.09)], step=step, **options)  # type: ignore[arg-type]


def emperor(step: float = 0.03, **options: object) -> Shape:
    """Man in a toga, right arm stretched out."""
    pose = {"elbow_r": (0.38, 1.30, 0.16), "hand_r": (0.56, 1.40, 0.34)}
    toga: tuple[Rod, ...] = (
        *PEPLOS[:3],
        ((-0.2, 1.42, 0), (0.16, 1.0, 0.12), 0.09, 0.08),
        ((-0.24, 1.1, 0.06), (-0.26, 0.4, 0.08), 0.09, 0.07),
    )
    return figure(pose, dress=toga, legs=False, step=step, rib_count=11, **options)  # type: ignore[arg-type]


def seated(step: float = 0.03, **options: object) -> Shape:
    """Figure in a mantle on a block, seen from its side: facing +x."""
    pose: dict[str, Point] = {
        "pelvis": (0, 0.55, 0),
        "chest": (0.02, 0.92, 0),
        "neck": (0.03, 1.08, 0),
        "head": (0.06, 1.23, 0.02),
        "shoulder_l": (-0.04, 1.02, -0.17),
        "elbow_l": (0.05, 0.78, -0.24),
        "hand_l": (0.30, 0.74, -0.2),
        "shoulder_r": (0.02, 1.02, 0.18),
        "elbow_r": (0.20, 0.85, 0.26),
        "hand_r": (0.40, 1.0, 0.24),
        "hip_l": (0.02, 0.52, -0.09),
        "knee_l": (0.44, 0.55, -0.1),
        "foot_l": (0.42, 0.06, -0.1),
        "hip_r": (0.02, 0.52, 0.09),
        "knee_r": (0.46, 0.56, 0.1),
        "foot_r": (0.34, 0.06, 0.12),
    }
    dress: tuple[Rod, ...] = (
        ((0.0, 0.52, 0), (0.44, 0.54, 0), 0.19, 0.16),
        ((0.44, 0.52, 0), (0.40, 0.12, 0), 0.16, 0.17),
        ((0, 0.6, 0), (0, 0.9, -0.02), 0.17, 0.15),
    )
    rock: Rod = ((-0.05, 0.2, -0.05), (0.05, 0.3, 0.05), 0.24, 0.22)
    return figure(pose, dress=dress, extra=[*_hair(pose), rock], step=step, rib_count=13, **options)  # type: ignore[arg-type]


def _hair(pose: Mapping[str, Point]) -> list[Rod]:
    x, y, z = pose["head"]
    return [((x - 0.02, y + 0.05, z - 0.02), (x - 0.04, y - 0.06, z - 0.05), 0.098, 0.075)]


def kneeling(step: float = 0.03, **options: object) -> Shape:
    """Archer or fallen warrior on one knee, facing +x."""
    pose: dict[str, Point] = {
        "pelvis": (0, 0.46, 0),
        "chest": (0.06, 0.80, 0),
        "neck": (0.09, 0.96, 0),
        "head": (0.13, 1.10, 0.02),
        "shoulder_l": (0.02, 0.90, -0.17),
        "elbow_l": (0.26, 0.86, -0.22),
        "hand_l": (0.50, 0.92, -0.16),
        "shoulder_r": (0.08, 0.90, 0.18),
        "elbow_r": (-0.14, 0.92, 0.26),
        "hand_r": (0.10, 0.98, 0.26),
        "hip_l": (0.02, 0.42, -0.09),
        "knee_l": (0.40, 0.46, -0.08),
        "foot_l": (0.40, 0.05, -0.08),
        "hip_r": (0, 0.42, 0.09),
        "knee_r": (0.16, 0.08, 0.12),
        "foot_r": (-0.28, 0.08, 0.12),
    }
    shield: Rod = ((0.55, 0.90, -0.16), (0.56, 0.90, -0.16), 0.17, 0.17)
    return figure(pose, extra=[*_hair(pose), shield], step=step, **options)  # type: ignore[arg-type]


def reclining(step: float = 0.03, **options: object) -> Shape:
    """River god, leaning on an elbow; head towards -x, feet to +x."""
    pose: dict[str, Point] = {
        "pelvis": (0, 0.17, 0),
        "chest": (-0.30, 0.36, 0.02),
        "neck": (-0.42, 0.48, 0.03),
        "head": (-0.48, 0.62, 0.06),
        "shoulder_l": (-0.44, 0.38, -0.1),
        "elbow_l": (-0.52, 0.10, 0.0),
        "hand_l": (-0.30, 0.06, 0.14),
        "shoulder_r": (-0.30, 0.46, 0.15),
        "elbow_r": (-0.08, 0.36, 0.24),
        "hand_r": (0.16, 0.34, 0.2),
        "hip_l": (0.04, 0.15, -0.08),
        "knee_l": (0.46, 0.12, -0.06),
        "foot_l": (0.86, 0.07, -0.02),
        "hip_r": (0.04, 0.18, 0.1),
        "knee_r": (0.40, 0.38, 0.1),
        "foot_r": (0.66, 0.07, 0.12),
    }
    dress: tuple[Rod, ...] = (
        ((0.05, 0.14, 0), (0.45, 0.16, 0.02), 0.16, 0.13),
        ((0.45, 0.14, 0), (0.78, 0.08, 0.04), 0.12, 0.08),
    )
    return figure(pose, dress=dress, extra=_hair(pose), step=step, rib_count=9, **options)  # type: ignore[arg-type]


def horse(step: float = 0.035, **options: object) -> Shape:
    """Forepart of a rising horse, facing +x."""
    rods: list[Rod] = [
        ((-0.35, 0.35, 0), (0.15, 0.62, 0), 0.24, 0.21),
        ((0.12, 0.66, 0), (0.42, 1.12, 0), 0.19, 0.10),
        ((0.42, 1.14, 0), (0.68, 1.0, 0), 0.095, 0.055),
        ((0.40, 1.2, 0.04), (0.38, 1.3, 0.05), 0.03, 0.015),
        ((0.25, 0.5, -0.1), (0.60, 0.55, -0.1), 0.09, 0.055),
        ((0.60, 0.55, -0.1), (0.58, 0.25, -0.1), 0.05, 0.04),
        ((0.25, 0.45, 0.1), (0.55, 0.36, 0.12), 0.09, 0.055),
        ((0.55, 0.36, 0.12), (0.72, 0.14, 0.12), 0.05, 0.04),
        ((0.08, 0.85, 0), (0.36, 1.2, 0), 0.08, 0.06),
    ]
    made = net(lambda points: rods_distance(points, rods, 0.08), (-0.7, -0.02, -0.35), (0.9, 1.5, 0.35), step, "stone")
    del options
    return made


def pediment_group(half_width: float, rise: float, *, west: bool) -> Shape:
    """Eleven figures that fill a gable: foot at y = 0, wall at z = 0, outside +z."""

    def facing(shape: Shape, *, left: bool) -> Shape:
        return transform(shape, np.diag([-1.0, 1.0, 1.0]), (0, 0, 0)) if left else shape

    skin, cloth = (0.93, 0.87, 0.78), (0.80, 0.83, 0.86)
    red = (0.82, 0.60, 0.50)
    tall = rise - 0.22
    actors: list[tuple[float, Shape, float]] = [
        (
            0.0,
            spearman(0.042, colour=skin, cloth=red) if west else standing_woman(0.042, colour=skin, cloth=cloth),
            1.78,
        ),
        (-1.25, standing_woman(0.042, colour=skin, cloth=red), 1.75),
        (1.25, spearman(0.042, colour=skin, cloth=cloth), 1.85),
        (-2.45, facing(horse(0.05), left=west), 1.36),
        (2.45, facing(horse(0.05), left=not west), 1.36),
        (-3.65, facing(seated(0.042, colour=skin, cloth=cloth), left=west), 1.34),
        (3.65, facing(seated(0.042, colour=skin, cloth=red), left=not west), 1.34),
        (-4.9, facing(kneeling(0.042, colour=skin), left=west), 1.22),
        (4.9, facing(kneeling(0.042, colour=skin), left=not west), 1.22),
        (-6.5, facing(reclining(0.042, colour=skin, cloth=red), left=True), 0.72),
        (6.5, facing(reclining(0.042, colour=skin, cloth=cloth), left=False), 0.72),
    ]
    shapes = []
    for x, shape, size in actors:
        room = tall * (1 - (abs(x) + 0.25) / half_width)
        factor = min(room / size, 1.08)
        shapes.append(move(scaled(shape, factor), x=x, z=0.34))
    return join(shapes)


def cult_statue() -> Shape:
    """The goddess in gold and ivory, 4.6 m, on a base of dark stone with a frieze; faces +z."""
    ivory, gold = (0.95, 0.86, 0.70), (0.95, 0.78, 0.42)
    woman = figure(
        {
            "elbow_r": (0.30, 1.16, 0.04),
            "hand_r": (0.30, 1.14, 0.30),
            "elbow_l": (-0.34, 1.22, 0.02),
            "hand_l": (-0.46, 1.42, 0.10),
        },
        dress=PEPLOS,
        extra=(),
        legs=False,
        step=0.02,
        material="stone",
        colour=ivory,
        cloth_material="gold",
        cloth=gold,
        ribs=0.016,
    )
    crown = net(
        lambda p: rods_distance(
            p,
            [((0, 1.70, -0.01), (0, 1.76, -0.01), 0.105, 0.085), ((0, 1.66, -0.05), (0, 1.46, -0.1), 0.08, 0.06)],
            0.03,
        ),
        (-0.25, 1.3, -0.3),
        (0.25, 1.95, 0.25),
        0.02,
        "gold",
        gold,
    )

    sceptre = tube(np.array([[-0.50, 0.02, 0.12], [-0.50, 2.0, 0.12]]), [0.016, 0.016], 8, "gold", gold)
    knob = move(
        lathe([(0.0, -0.05), (0.04, -0.03), (0.05, 0.0), (0.04, 0.03), (0.0, 0.05)], 10, "gold", gold),
        x=-0.5,
        y=2.03,
        z=0.12,
    )
    bowl = move(lathe([(0.02, 0), (0.11, 0.03), (0.12, 0.045)], 16, "gold", gold), x=0.3, y=1.16, z=0.42)
    shape = scaled(join((woman, crown, sceptre, knob, bowl)), 2.3)
    base = join(
        (
            box((-1.5, 0, -1.1), (1.5, 0.18, 1.1), "stone"),
            box((-1.38, 0.18, -0.98), (1.38, 0.82, 0.98), "stone", (0.30, 0.29, 0.31)),
            box((-1.5, 0.82, -1.1), (1.5, 0.98, 1.1), "stone"),
        )
    )
    # Gilt rosettes on the dark base.
    rosettes = join(
        [
            move(
                transform(
                    lathe([(0.12, 0), (0.09, 0.03), (0.0, 0.04)], 12, "gold", gold),
                    np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]]).astype(float) * np.array([1, 1, 1]),
                    (0, 0, 0),
                ),
                x=float(x),
                y=0.5,
                z=0.98,
            )
            for x in np.linspace(-1.1, 1.1, 6)
        ]
    )
    return join((base, rosettes, move(shape, y=0.98)))


# --- reliefs ------------------------------------------------------------------------------------------------------

_Limb = tuple[float, float, float, float, float]
"""x, y, x, y, radius, in units of the metope's height, x about its middle."""
_LUNGE: tuple[_Limb, ...] = (
    (0.0, 0.46, 0.03, 0.68, 0.085),
    (0.04, 0.78, 0.05, 0.86, 0.062),
    (-0.02, 0.45, 0.17, 0.30, 0.06),
    (0.17, 0.30, 0.16, 0.06, 0.045),
    (-0.02, 0.45, -0.12, 0.25, 0.06),
    (-0.12, 0.25, -0.24, 0.06, 0.045),
    (0.02, 0.70, -0.14, 0.80, 0.042),
    (-0.14, 0.80, -0.04, 0.92, 0.035),
    (0.04, 0.70, 0.20, 0.66, 0.042),
    (-0.06, 0.72, -0.12, 0.42, 0.05),
)
_FALLEN: tuple[_Limb, ...] = (
    (0.0, 0.22, 0.02, 0.44, 0.08),
    (0.03, 0.55, 0.02, 0.63, 0.06),
    (0.0, 0.20, 0.18, 0.22, 0.055),
    (0.18, 0.22, 0.17, 0.04, 0.042),
    (-0.02, 0.2, -0.14, 0.08, 0.055),
    (-0.14, 0.08, -0.3, 0.06, 0.04),
    (0.02, 0.46, 0.16, 0.58, 0.04),
    (-0.02, 0.46, -0.16, 0.30, 0.04),
)
_CENTAUR: tuple[_Limb, ...] = (
    (-0.30, 0.42, 0.0, 0.46, 0.105),
    (0.0, 0.46, 0.06, 0.70, 0.08),
    (0.08, 0.80, 0.09, 0.87, 0.062),
    (0.02, 0.42, 0.16, 0.34, 0.05),
    (0.16, 0.34, 0.13, 0.18, 0.036),
    (0.0, 0.38, 0.06, 0.2, 0.05),
    (0.06, 0.2, 0.0, 0.06, 0.036),
    (-0.30, 0.40, -0.22, 0.22, 0.055),
    (-0.22, 0.22, -0.27, 0.05, 0.038),
    (-0.32, 0.38, -0.38, 0.2, 0.055),
    (-0.38, 0.2, -0.34, 0.05, 0.038),
    (-0.38, 0.48, -0.45, 0.28, 0.03),
    (0.06, 0.72, 0.22, 0.74, 0.042),
    (0.02, 0.72, -0.1, 0.86, 0.042),
)
_WOMAN: tuple[_Limb, ...] = (
    (0.0, 0.30, 0.02, 0.66, 0.10),
    (-0.03, 0.30, -0.05, 0.05, 0.11),
    (0.04, 0.3, 0.08, 0.05, 0.10),
    (0.03, 0.78, 0.03, 0.86, 0.06),
    (0.04, 0.70, 0.18, 0.60, 0.04),
    (-0.03, 0.70, -0.16, 0.80, 0.04),
    (-0.16, 0.8, -0.12, 0.92, 0.034),
)


def metope_relief(number: int, width: float, height: float, skin: Colour, ground: Colour) -> Shape:
    """Two fighters in relief, face of the slab at z = 0, centred on x, foot at y = 0; each number another pair."""
    rng = np.random.default_rng(900 + number)
    scenes = [
        (_LUNGE, _FALLEN),
        (_CENTAUR, _LUNGE),
        (_LUNGE, _WOMAN),
        (_CENTAUR, _WOMAN),
        (_LUNGE, _LUNGE),
        (_FALLEN, _CENTAUR),
    ]
    left, right = scenes[number % len(scenes)]
    n = 34
    x, y = np.meshgrid(np.linspace(-width / 2, width / 2, n), np.linspace(0, height, n))
    relief = np.zeros_like(x)
    for limbs, at, sign in ((left, -0.20, 1), (right, 0.22, -1)):
        lean = rng.normal(0, 0.02, (len(limbs), 4))
        for limb, jitter in zip(limbs, lean, strict=True):
            ax, ay, bx, by = (np.array(limb[:4]) + jitter) * height * 0.96
            a = np.array([at * width + sign * ax, ay])
            d = np.array([sign * (bx - ax), by - ay])
            t = np.clip(((x - a[0]) * d[0] + (y - a[1]) * d[1]) / max(float(d @ d), 1e-9), 0, 1)
            distance = np.hypot(x - a[0] - t * d[0], y - a[1] - t * d[1])
            r = limb[4] * height
            relief = np.maximum(relief, np.sqrt(np.maximum(r**2 - distance**2, 0)) * 1.5)
    relief[[0, -1]] = 0
    relief[:, [0, -1]] = 0

    sheet = surface(np.stack([x, y, relief], axis=-1), "paint", WHITE, uvs=np.stack([x, -y], axis=-1))
    tone = np.clip(relief.ravel() / 0.03, 0, 1)[:, None]
    part = sheet[0]
    return (replace(part, colours=np.array(ground) * (1 - tone) + np.array(skin) * tone),)


def on_base(shape: Shape, *, height: float = 0.9, side: float = 0.8, material: str = "stone", yaw: float = 0) -> Shape:
    """A statue on a plinth with moulded foot and cap."""

    h = side / 2
    base = join(
        (
            box((-h - 0.08, 0, -h - 0.08), (h + 0.08, 0.2, h + 0.08), material),
            box((-h, 0.2, -h), (h, height - 0.14, h), material),
            box((-h - 0.06, height - 0.14, -h - 0.06), (h + 0.06, height, h + 0.06), material),
        )
    )
    return turn(join((base, move(shape, y=height))), yaw)
