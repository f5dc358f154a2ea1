"""Lions' heads of marble under gold leaf along the gutters of the great temple, as one hypothesis has them."""

from __future__ import annotations

import numpy as np

from sample_museum import temple
from sample_museum.solids import Shape, join, scatter, tint, turns
from sample_museum.statues import Rod, net, rods_distance

_HEAD: tuple[Rod, ...] = (
    ((0, 0, -0.10), (0, 0.01, 0.06), 0.150, 0.135),
    ((0, -0.035, 0.08), (0, -0.055, 0.20), 0.085, 0.062),
    ((0, -0.115, 0.09), (0, -0.125, 0.15), 0.050, 0.040),
    ((-0.055, 0.055, 0.11), (0.055, 0.055, 0.11), 0.038, 0.038),
    ((-0.105, 0.135, 0.0), (-0.115, 0.165, 0.01), 0.040, 0.022),
    ((0.105, 0.135, 0.0), (0.115, 0.165, 0.01), 0.040, 0.022),
)
"""skull, muzzle, jaw, brows, ears; it looks towards +z"""


def head() -> Shape:
    """One head, 45 cm high with its mane, its back at z = -0.15."""
    angles = np.linspace(0, 2 * np.pi, 19)[:-1]
    mane: list[Rod] = [
        (
            (0.15 * float(np.cos(a)), 0.15 * float(np.sin(a)), -0.02),
            (0.20 * float(np.cos(a)), 0.20 * float(np.sin(a)), -0.12),
            0.036,
            0.030,
        )
        for a in angles
    ]
    rods = [*_HEAD, *mane]
    return net(lambda points: rods_distance(points, rods, 0.03), (-0.3, -0.3, -0.2), (0.3, 0.3, 0.32), 0.03, "gold")


def gilded_lions() -> Shape:
    """A head above every column of the long sides."""
    z = temple.EAVE_HALF + 0.16
    shapes = []
    for side, yaw in ((1, 0.0), (-1, np.pi)):
        at = np.array([[x, temple.EAVES_Y + 0.22, side * z] for x in temple.AXIS_X])
        shapes.append(scatter(head(), at, rotations=turns(np.full(len(at), yaw))))
    return tint(join(shapes), (1.0, 0.96, 0.85))
