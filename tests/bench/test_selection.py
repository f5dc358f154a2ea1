"""How the picture grows with the bytes that a selection sends, by the measure of the stream's bench."""

from __future__ import annotations

from bench.selection import case, pictured, square
from tiling.select import select
from tiling.view import View, gaze_towards

GROUND = square(7, 4, side_m=1024.0, error_m=8.0)
EYE = (10.0, 12.0, 15.0)


def test_the_ground_at_the_feet_is_half_of_the_picture_and_takes_few_bytes():
    # By its middle alone a square from the horizon to the feet is far away: 0.18 of all bytes came before this half.
    view = View(EYE, gaze_towards(EYE, (10.0, 0.0, -60.0)), 1.0472, 16 / 9, 1080)
    of = case("ground", GROUND, view, 3.2)
    curve, _ = pictured(of, select(of.grove, of.view, of.limits, is_parted=True))
    assert curve.reached(0.5) < 0.06 * of.want.least_bytes
