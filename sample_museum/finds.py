"""Placements that rest on one find each: a boundary stone, where it stood and where it stands, and gilded lions' "
"heads."""

from __future__ import annotations

import math

from sample_museum import periods
from sample_museum.ids import GILDED, SCENE_ID, asset_id, layer_id, placement_id
from sample_museum.inventory import KALLERGI, SURVEY
from scenes.model import Generated, PeriodReference, Placement, Reliability, Source, Vector
from timeline.period import Citation, read

STONE_FIRST = placement_id("boundary_stone_first")
STONE_NOW = placement_id("boundary_stone")
STONE_CHANGE = placement_id("boundary_stone_change")

_SUNK_M = 0.06
"""of its foot in the ground"""


def _standing(x: float, y: float, z: float, facing_deg: float) -> tuple[float, ...]:
    """Stood upright on a spot of ground, its front turned from south (+z) towards east (+x) by an angle."""
    c, s = math.cos(math.radians(facing_deg)), math.sin(math.radians(facing_deg))
    # Rounded: the same text of a record on every machine.
    return tuple(round(value, 9) for value in (c, 0, -s, 0, 0, 1, 0, 0, s, 0, c, 0, x, y - _SUNK_M, z, 1))


FIRST_AT = (-48.0, -0.506, 2.0)
NOW_AT = (-37.6, 0.48, 6.0)
BESIDE_AT = (-36.6, 0.474, 5.4)
"""where they stand on the ground, metres"""
_NOW = _standing(*NOW_AT, facing_deg=-32)


def on_the_stone(local: Vector) -> Vector:
    """A spot of the stone, in its own frame, as a place in the scene where it stands today."""
    x, y, z = (sum(_NOW[4 * axis + row] * local[axis] for axis in range(3)) + _NOW[12 + row] for row in range(3))
    return round(x, 4), round(y, 4), round(z, 4)


def _hellenistic() -> Citation:
    """From within the period, by the forms of its letters: the sample museum's own Hellenistic period of Greece."""
    (found,) = [
        each for each in read(periods.dataset(), edition=periods.EDITION).periods if each.uri.endswith("/hellenistic")
    ]
    return found.cite("en", within=True)


_PERIOD = _hellenistic()
_REFERENCE = PeriodReference(_PERIOD.label, _PERIOD.uri, _PERIOD.authority, _PERIOD.edition)

PLACEMENTS = (
    Placement(
        STONE_FIRST,
        SCENE_ID,
        layer_id("votives"),
        asset_id("boundary_stone"),
        "Boundary stone, where it stood",
        f"{_PERIOD.existence}/0400~",
        _standing(*FIRST_AT, facing_deg=-90),
        reliability=Reliability.VSF,
        reason="A cutting of its width in the rock beside the gate. Dated by the forms of its letters, which is to "
        "say: at some time in the period.",
        sources=(Source("Inscription 12"), Source(SURVEY, pages="cutting G3")),
        period=_REFERENCE,
    ),
    Placement(
        STONE_NOW,
        SCENE_ID,
        layer_id("votives"),
        asset_id("boundary_stone"),
        "Boundary stone",
        "2004/..",
        _NOW,
        reliability=Reliability.SF,
        reason="Found in 1897 as a doorstep of the hamlet, set up beside the walkway in 2004.",
        sources=(Source("Inscription 12"), Source("Find 1897/61")),
    ),
    Placement(
        STONE_CHANGE,
        SCENE_ID,
        layer_id("today"),
        asset_id("boundary_stone_change"),
        "What the boundary stone lost, 2009 to 2019",
        "2019/..",
        _standing(*BESIDE_AT, facing_deg=-32),
        reliability=Reliability.USVN,
        reason="No thing that stands here: the stone as it was scanned in 2019, beside itself. Orange is what is gone "
        "since 2009, a corner and a crust of lime; grey is what stayed within two millimetres.",
        sources=(Source("Photographs of 2009, laser scan of 2019"),),
        generated=Generated(
            "Chronotope, comparison of scans",
            "Signed distances of the scan of 2019 from the one of 2009, in one frame.",
        ),
    ),
    Placement(
        placement_id("temple_lions"),
        SCENE_ID,
        layer_id("architecture"),
        asset_id("temple_lions"),
        "Lions' heads, gilded",
        "-0434~/046X",
        hypothesis=GILDED,
        reliability=Reliability.USVN,
        reason="Three flakes of gold leaf from the gutter; the heads themselves after other temples of these years.",
        sources=(Source(KALLERGI, pages="88–91"),),
    ),
)
