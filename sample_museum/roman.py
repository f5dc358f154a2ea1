"""Additions of the Roman centuries: a round temple for Rome and the emperor, a fountain, statues of bronze."""

from __future__ import annotations

import numpy as np

from sample_museum.masonry import face
from sample_museum.orders import Column, column_shape
from sample_museum.solids import WHITE, Shape, box, extrude, join, lathe, move, painted, scatter, surface, tint, turn
from sample_museum.statues import emperor, on_base, standing_woman

MONOPTEROS = (-33.0, -12.0)
FOUNTAIN = (49.5, 14.0)


def monopteros() -> Shape:
    """Nine unfluted columns in a ring under a low cone of marble tiles; inside, the emperor."""
    shapes: list[Shape] = [
        lathe(
            [(4.55, 0), (4.55, 0.25), (4.15, 0.25), (4.15, 0.5), (3.75, 0.5), (3.75, 0.75), (0.02, 0.75)],
            54,
            "stone",
            (0.96, 0.94, 0.9),
        )
    ]
    column = Column(height=4.7, lower=0.58, upper=0.49, drums=1, flutes=24, entasis=0.01)
    shaft = tint(column_shape(column, fluted=False, seed=601), (0.80, 0.86, 0.84))
    a = np.arange(9) * 2 * np.pi / 9 + 0.2
    shapes.append(scatter(shaft, np.stack([3.2 * np.cos(a), np.full(9, 0.75), 3.2 * np.sin(a)], 1)))
    y = 0.75 + 4.7
    ring = [
        (2.95, y),
        (3.45, y),
        (3.45, y + 0.22),
        (3.47, y + 0.22),
        (3.47, y + 0.42),
        (3.53, y + 0.45),
        (3.53, y + 0.5),
        (3.46, y + 0.5),
        (3.46, y + 0.92),
        (3.55, y + 0.95),
        (3.6, y + 1.02),
        (3.78, y + 1.06),
        (3.8, y + 1.2),
        (3.88, y + 1.28),
        (3.7, y + 1.3),
    ]
    shapes.append(lathe(ring, 54, "stone", (0.97, 0.95, 0.91)))
    shapes.append(lathe([(2.95, y + 0.5), (2.95, y)], 54, "stone"))
    shapes.append(lathe([(0.05, y + 0.9), (2.95, y + 0.9)], 36, "stone"))
    k = 27
    t = np.linspace(0, 1, 7)
    rib = extrude([(-0.12, 0), (-0.08, 0.08), (0, 0.12), (0.08, 0.08), (0.12, 0)][::-1], 1.0, "stone")
    cone = lathe(
        [(float(3.9 * (1 - s) + 0.05), float(y + 1.28 + 1.75 * s**0.92)) for s in t], 54, "stone", (0.93, 0.91, 0.87)
    )
    shapes.append(cone)
    slope = np.arctan2(1.75, 3.85)
    for n in range(k):
        piece = rib[0]
        s = piece.positions[:, 0] + 0.5
        r = 3.9 * (1 - s) + 0.05
        p = np.stack(
            [
                r,
                y + 1.28 + 1.75 * s**0.92 + piece.positions[:, 1] * np.cos(slope) * (1 - 0.6 * s),
                piece.positions[:, 2] * (1 - 0.75 * s),
            ],
            1,
        )
        made: Shape = (type(piece)(p, piece.normals, piece.uvs, piece.colours, piece.indices[:, ::-1], piece.material),)
        shapes.append(turn(made, n * 360 / k))
    shapes.append(
        move(lathe([(0.25, 0), (0.14, 0.18), (0.3, 0.42), (0.12, 0.7), (0.0, 0.95)], 14, "bronze"), y=y + 2.95)
    )
    shapes.append(
        move(
            turn(on_base(emperor(0.036, material="bronze", cloth_material="bronze"), height=1.1, side=0.9), 90), y=0.75
        )
    )
    return move(join(shapes), x=MONOPTEROS[0], z=MONOPTEROS[1])


def fountain() -> Shape:
    """A nymphaeum: a half round of niches before the eastern wall, statues in the niches, a basin with water."""
    shapes: list[Shape] = []
    wall = lathe([(3.5, 0), (3.5, 4.2), (4.3, 4.2), (4.3, 0)][::-1], 30, "stone", (0.95, 0.92, 0.87), arc=(0, 180))
    inner = lathe([(3.45, 0.9), (3.45, 3.5)][::-1], 30, "plaster", (0.45, 0.16, 0.10), arc=(4, 176))
    cornice = lathe(
        [(3.3, 4.2), (3.3, 4.4), (3.2, 4.5), (3.2, 4.6), (4.5, 4.6), (4.5, 4.5), (4.4, 4.4), (4.4, 4.2)][::-1],
        30,
        "stone",
        WHITE,
        arc=(0, 180),
    )
    shapes += [wall, inner, cornice]
    column = tint(
        column_shape(Column(height=3.4, lower=0.4, upper=0.34, drums=1, flutes=16), fluted=False, seed=611),
        (0.78, 0.72, 0.66),
    )
    a = np.radians([8, 40, 72, 108, 140, 172])
    shapes.append(scatter(column, np.stack([3.05 * np.cos(a), np.full(6, 0.8), 3.05 * np.sin(a)], 1)))
    for angle in (24, 56, 90, 124, 156):
        t = np.radians(angle)
        who = emperor(0.045) if angle == 90 else standing_woman(0.045)
        shapes.append(move(turn(who, 270 - angle), x=2.95 * np.cos(t), y=1.0, z=2.95 * np.sin(t)))
    shapes.append(lathe([(3.3, 1.0), (2.55, 1.0), (2.55, 0.0)], 30, "stone", WHITE, arc=(0, 180)))
    for low, high in (
        ((-4.3, 0, -3.2), (4.3, 0.85, -2.9)),
        ((-4.3, 0, -3.2), (-4.0, 0.85, 0.1)),
        ((4.0, 0, -3.2), (4.3, 0.85, 0.1)),
    ):
        shapes.append(box(low, high, "stone"))
    x, z = np.meshgrid(np.linspace(-4.0, 4.0, 20), np.linspace(2.6, -2.95, 16))
    y = 0.66 + 0.006 * np.sin(x * 5) * np.cos(z * 6)
    shapes.append(painted(surface(np.stack([x, y, z], -1), "membrane"), (0.05, 0.13, 0.13)))
    shapes.append(move(face(8.6, (0.4, 0.45), 1.2, "stone", 612), z=-3.2))
    made = join(shapes)
    # The half round opens towards -z of its own frame; turned, it looks west.
    return move(turn(made, 90), x=FOUNTAIN[0] - 2.5, z=FOUNTAIN[1])


def imperial_statues() -> Shape:
    """An emperor in bronze before the temple, and a benefactress."""
    return join(
        [
            move(
                on_base(emperor(0.034, material="bronze", cloth_material="bronze"), height=2.2, side=1.1, yaw=90),
                x=25.5,
                z=-11.0,
            ),
            move(on_base(standing_woman(0.034), height=1.6, side=0.9, yaw=90), x=25.5, z=-14.0),
        ]
    )
