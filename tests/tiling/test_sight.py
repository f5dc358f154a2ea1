"""How boxes look to compiled code, against the plain arrays of `tiling.view` and shapes reckoned by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.tiling.flat import plant
from tests.tiling.trees import grid_tree
from tiling import sight
from tiling.grove import grove
from tiling.sight import BOX, DISTANCE, LEAVING, PIXELS, SEEN, UNSEEN, WORTH
from tiling.stock import stock
from tiling.view import (
    MOST_TURNING,
    MOST_VELOCITY,
    View,
    axes_of,
    distances,
    gaze_towards,
    predicted,
    screen_errors,
    sees,
)

AHEAD = View((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0), 1.0, 1.5, 720)
FOCAL = 720 / (2 * math.tan(0.5))


def boxes(count: int = 500) -> np.ndarray:
    chance = np.random.default_rng(5)
    found = np.zeros((count, 12))
    found[:, :3] = chance.uniform(-40, 40, (count, 3))
    for row in found:
        axes, _ = np.linalg.qr(chance.normal(size=(3, 3)))
        row[3:] = (axes * chance.uniform(0.1, 6.0, 3)[:, None]).ravel()
    return found


def test_errors_views_and_distances_are_those_of_plain_arrays():
    view = View((1.0, 2.0, 3.0), gaze_towards((1.0, 2.0, 3.0), (9.0, 0.0, -5.0)), 1.1, 1.6, 900)
    given, errors = boxes(), np.random.default_rng(6).uniform(0.0, 2.0, 500)
    looks = sight.looks_of(given, errors, sight.poses(view))
    away, seen = distances(view, given), sees(view, given)
    assert 50 < seen.sum() < 450
    assert looks[:, SEEN].tolist() == seen.tolist()
    assert looks[:, DISTANCE] == pytest.approx(away, abs=1e-9)
    assert looks[:, PIXELS] == pytest.approx(np.where(seen, screen_errors(view, errors, away), 0.0), rel=1e-9)


def test_two_eyes_see_what_either_sees():
    turned = replace(AHEAD, gaze=gaze_towards((0, 0, 0), (1, 0, 0)))
    given, errors = boxes(), np.ones(500)
    one, other, both = (
        sight.looks_of(given, errors, sight.poses(*eyes)) for eyes in ((AHEAD,), (turned,), (AHEAD, turned))
    )
    assert both[:, PIXELS].tolist() == np.maximum(one[:, PIXELS], other[:, PIXELS]).tolist()
    assert both[:, SEEN].tolist() == np.maximum(one[:, SEEN], other[:, SEEN]).tolist()


@pytest.mark.parametrize("turn", [0.0, 0.3, 0.7])
def test_the_area_of_a_far_box_is_its_shadow(turn):
    # A box of 2 m by 4 m by 6 m, turned about the vertical: its shadow to an eye on the z axis has two faces.
    c, s = math.cos(turn), math.sin(turn)
    box = np.array([[0, 0, -1000.0, c, 0, -s, 0, 2, 0, 3 * s, 0, 3 * c]])
    looks = sight.looks_of(box, np.ones(1), sight.poses(AHEAD))
    shadow = 4 * (2 * c + 6 * s)
    assert looks[0, WORTH] == pytest.approx(shadow * (FOCAL / 1000) ** 2, rel=1e-3)


def test_of_what_is_in_view_in_part_that_part_counts():
    # Boxes a kilometre away, one in view, one whose middle is on the left side of the view.
    edge = 1000 * math.tan(0.5) * 1.5
    given = np.array([[x, 0.0, -1000.0, 20, 0, 0, 0, 20, 0, 0, 0, 1] for x in (20.0 - edge, -edge)])
    looks = sight.looks_of(given, np.ones(2), sight.poses(AHEAD))
    assert looks[:, SEEN].tolist() == [1, 1]
    assert looks[1, WORTH] == pytest.approx(looks[0, WORTH] / 2, rel=0.1)


def test_worth_falls_off_where_the_eye_does_not_look_and_out_of_view():
    far = np.array([[x, 0.0, -1000.0, 1, 0, 0, 0, 1, 0, 0, 0, 1] for x in (0.0, 300.0, 3000.0)])
    middle, aside = (
        sight.looks_of(far, np.ones(3), sight.poses(eye))[:, WORTH]
        for eye in (AHEAD, replace(AHEAD, sight=(0.366, 0.0)))
    )
    assert middle[0] > middle[1] > 10 * middle[2] > 0
    assert aside[1] > 5 * aside[0]
    assert middle[2] < middle[0] * UNSEEN
    behind = replace(AHEAD, gaze=gaze_towards((0, 0, 0), (0, 0, 1)))
    leaving = sight.looks_of(far[:1], np.ones(1), sight.poses(AHEAD, behind))[0, WORTH]
    unseen = sight.looks_of(far[:1], np.ones(1), sight.poses(behind))[0, WORTH]
    assert leaving == pytest.approx(unseen * LEAVING / UNSEEN)


@pytest.mark.parametrize(
    "transform",
    [
        (0, 0, -2, 0, 0, 2, 0, 0, 2, 0, 0, 0, 5, 6, 7, 1),
        (1, 0, 0, 0, 0.5, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1),  # a shear: boxes become hulls
        (1, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1),
    ],
)
def test_boxes_stand_where_the_transform_puts_them(transform):
    tree = grid_tree(3)
    expected = plant([(transform, tree)])
    wood = grove([transform], [stock(tree)])
    looks = np.zeros((len(tree), sight.LOOKS))
    for tile in range(len(tree)):
        sight.moved(tree.box.ctypes.data, tile, wood.matrix, 0, looks, tile)
        if wood.is_bent[0]:
            sight.straightened(looks, tile)
    assert looks[:, BOX:] == pytest.approx(expected.box)
    assert wood.scale[0] * tree.error == pytest.approx(expected.error)


def test_an_eye_goes_on_as_it_moves_but_not_faster_than_anybody():
    walking = replace(AHEAD, velocity=(0.0, 0.0, -2.0), turning=(0.0, math.pi, 0.0))
    soon = predicted(walking, 0.5)
    assert soon.eye == pytest.approx((0.0, 0.0, -1.0))
    assert axes_of(soon.gaze)[2] == pytest.approx([-1.0, 0.0, 0.0])  # to the left
    wild = predicted(replace(AHEAD, velocity=(1e6, 0.0, 0.0), turning=(0.0, 1e6, 0.0)), 0.1)
    assert wild.eye == pytest.approx((0.1 * MOST_VELOCITY, 0.0, 0.0))
    angle = 0.1 * MOST_TURNING
    assert axes_of(wild.gaze)[2] == pytest.approx([-math.sin(angle), 0.0, -math.cos(angle)])
    assert predicted(AHEAD, 1.0) is AHEAD
