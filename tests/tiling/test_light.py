from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.tiling.test_raster import faces
from tiling.light import SUN, Air, picture
from tiling.raster import looking

FLOOR = (
    [[-30.0, 0.0, -30.0], [30.0, 0.0, 30.0], [30.0, 0.0, -30.0]],
    [[-30.0, 0.0, -30.0], [-30.0, 0.0, 30.0], [30.0, 0.0, 30.0]],
)
CAMERA = looking((0.0, 10.0, 0.1), (0.0, 0.0, 0.0), fov=1.0, width=40, height=40)
CLEAR = Air(1e4, 2e4)
# A roof two metres above the floor, behind the camera's back.
ROOF = (
    [[-1.0, 12.0, -1.0], [1.0, 12.0, 1.0], [1.0, 12.0, -1.0]],
    [[-1.0, 12.0, -1.0], [-1.0, 12.0, 1.0], [1.0, 12.0, 1.0]],
)


def test_what_is_behind_the_camera_throws_its_shadow_into_the_picture() -> None:
    # Moved towards the sun, so that the shadow falls on the middle.
    away = np.array(SUN) / SUN[1] * 12.0 - (0.0, 12.0, 0.0)
    roof = (np.array(ROOF) + away).tolist()
    lit = picture(faces(*FLOOR), CAMERA, CLEAR)
    shaded = picture(faces(*FLOOR, *roof), CAMERA, CLEAR)
    assert shaded[20, 20].mean() < 0.85 * lit[20, 20].mean()
    assert (shaded[2, 2] == lit[2, 2]).all()


def test_a_wall_towards_the_sun_is_lighter_than_one_away_from_it() -> None:
    eye = looking((0.0, 0.0, 5.0), (0.0, 0.0, 0.0), fov=0.6, width=8, height=8)
    wall = np.array([[[-9.0, -9.0, 0.0], [9.0, -9.0, 0.0], [0.0, 18.0, 0.0]]])
    back = looking((0.0, 0.0, -5.0), (0.0, 0.0, 0.0), fov=0.6, width=8, height=8)
    part = faces(*wall.tolist())
    assert picture(part, eye, CLEAR)[4, 4].mean() > 1.3 * picture(part, back, CLEAR)[4, 4].mean()


def test_far_things_end_in_the_haze_of_the_horizon() -> None:
    gone = picture(faces(*FLOOR), CAMERA, Air(1.0, 5.0))
    dark = replace(faces(*FLOOR), colours=np.zeros((2, 3, 3), np.float32))
    assert (gone == picture(dark, CAMERA, Air(1.0, 5.0))).all()


def test_the_same_faces_give_the_same_picture() -> None:
    part = faces(*FLOOR, *ROOF)
    assert (picture(part, CAMERA, CLEAR) == picture(part, CAMERA, CLEAR)).all()


def test_nothing_is_a_sky() -> None:
    upright = looking((0.0, 0.0, 0.0), (0.0, 0.0, -1.0), fov=1.2, width=8, height=8)
    sky = picture(faces(), upright, CLEAR).astype(int)
    assert sky[0, 4, 2] - sky[0, 4, 0] > 60, "blue above"
    assert np.ptp(sky[3, 4]) < 30, "pale at the horizon"
