"""The hamlet of the later Middle Ages on the silted terrace."""

from __future__ import annotations

import numpy as np

from sample_museum.church import fence, hut, threshing_floor
from sample_museum.solids import Shape, join, move, turn
from sample_museum.terrain import height

HUTS = (
    (-37.0, 17.5, 20),
    (-30.0, -19.5, 160),
    (-38.5, -14.0, 95),
    (33.0, 17.0, -35),
    (42.5, 9.0, -70),
    (36.0, -16.0, 200),
    (-24.0, 20.5, 5),
    (16.0, 21.0, -12),
)
"""East, south and the way each door looks (degrees from south)."""
FENCES = (
    (-33.5, 12.0, 9.0, 30),
    (-22.0, -15.0, 12.0, 8),
    (38.5, 13.5, 8.0, 70),
    (28.0, 12.5, 9.0, 10),
    (-33.0, -8.0, 8.0, 95),
)


def hamlet() -> Shape:
    """Eight houses, dry walls and a threshing floor."""
    shapes: list[Shape] = []
    for number, (x, z, yaw) in enumerate(HUTS):
        y = float(height("silted", np.array([x]), np.array([z]))[0])
        shapes.append(move(turn(hut(901 + number), yaw), x=x, y=y, z=z))
    for number, (x, z, length, yaw) in enumerate(FENCES):
        y = float(height("silted", np.array([x]), np.array([z]))[0])
        shapes.append(move(turn(fence(length, 921 + number), yaw), x=x, y=y - 0.1, z=z))
    y = float(height("silted", np.array([44.0]), np.array([-4.0]))[0])
    shapes.append(move(threshing_floor(), x=44.0, y=y, z=-4.0))
    return join(shapes)
