"""The eye against slow, obvious arithmetic: projections of points, distances to sampled points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tiling.view import View, axes_of, distances, gaze_towards, planes, screen_areas, screen_errors, sees

COORDINATE = st.floats(-50, 50)
POINT = st.tuples(COORDINATE, COORDINATE, COORDINATE)


@st.composite
def views(draw: st.DrawFn) -> View:
    eye, target = draw(POINT), draw(POINT)
    return View(eye, gaze_towards(eye, target), draw(st.floats(0.3, 2.5)), draw(st.floats(0.5, 2.5)), 720)


@st.composite
def boxes(draw: st.DrawFn) -> np.ndarray:
    """A turned box: centre and three half axes at right angles."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    turned, _ = np.linalg.qr(chance.normal(size=(3, 3)))
    lengths = np.array(draw(st.tuples(*[st.floats(0.01, 30)] * 3)))
    return np.concatenate([np.array(draw(POINT)), (turned * lengths[:, None]).ravel()])


def points_in(box: np.ndarray, count: int = 500) -> np.ndarray:
    inside = np.random.default_rng(1).uniform(-1, 1, size=(count, 3))
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
    return box[:3] + np.concatenate([inside, corners]) @ box[3:].reshape(3, 3)


def on_screen(view: View, points: np.ndarray) -> np.ndarray:
    """Perspective projection, the slow way: which points fall into the viewport."""
    right, up, forward = axes_of(view.gaze)
    away = points - np.array(view.eye)
    depth = away @ forward
    tall = math.tan(view.fov / 2)
    return (depth > 0) & (abs(away @ up) <= depth * tall) & (abs(away @ right) <= depth * tall * view.aspect)


@given(views(), boxes())
def test_a_box_with_a_point_on_screen_is_always_seen(view, box):
    if on_screen(view, points_in(box)).any():
        assert sees(view, box[None])[0]


@given(views(), boxes())
def test_a_box_is_not_seen_only_if_it_lies_wholly_behind_one_plane(view, box):
    behind = (points_in(box) @ planes(view)[:, :3].T + planes(view)[:, 3] < 0).all(axis=0).any()
    if not sees(view, box[None])[0]:
        assert behind


def test_what_stands_ahead_is_seen_and_what_stands_behind_is_not():
    view = View((0, 0, 0), (0, 0, 0, 1), 1.0, 1.5, 720)
    cube = np.concatenate([np.zeros(3), np.eye(3).ravel()])
    ahead, behind, left = cube.copy(), cube.copy(), cube.copy()
    ahead[2], behind[2], left[0] = -10, 10, -20
    assert sees(view, np.stack([ahead, behind, left, cube])).tolist() == [True, False, False, True]


@given(views(), boxes())
def test_the_distance_is_that_of_the_nearest_point(view, box):
    found = distances(view, box[None])[0]
    sampled = np.linalg.norm(points_in(box) - np.array(view.eye), axis=1).min()
    assert found <= sampled + 1e-9
    # The nearest point, by clamping in the box's own frame.
    axes = box[3:].reshape(3, 3)
    own = np.linalg.solve(axes.T, np.array(view.eye) - box[:3])
    nearest = box[:3] + np.clip(own, -1, 1) @ axes
    assert found == pytest.approx(np.linalg.norm(nearest - np.array(view.eye)), abs=1e-6)


def test_the_screen_error_is_that_of_the_specification():
    # 3D Tiles 1.1: sse = geometricError × height / (2 × distance × tan(fov / 2)); by hand: 1 × 1000 / (2 × 10 × 1).
    view = View((0, 0, 0), (0, 0, 0, 1), math.pi / 2, 1.0, 1000)
    found = screen_errors(view, np.array([1.0, 0.0, 1.0, 0.0]), np.array([10.0, 10.0, 0.0, 0.0]))
    assert found == pytest.approx([50.0, 0.0, math.inf, 0.0])


@given(st.floats(0.1, 2.9), st.floats(0.001, 5), st.floats(0.1, 1000), st.integers(100, 4000))
def test_the_screen_error_is_that_of_a_projection_matrix(fov, error, distance, height):
    # WebXR gives projection matrices: sse = error · h · P[5] / (2 · d), with P[5] = 1 / tan(fov / 2).
    view = View((0, 0, 0), (0, 0, 0, 1), fov, 1.0, height)
    by_matrix = error * height * (1 / math.tan(fov / 2)) / (2 * distance)
    assert screen_errors(view, np.array([error]), np.array([distance]))[0] == pytest.approx(by_matrix, rel=1e-6)


@given(POINT, POINT)
def test_the_gaze_points_at_its_target_and_is_level(eye, target):
    if math.dist(eye, target) < 1e-3:
        return
    right, up, forward = axes_of(gaze_towards(eye, target))
    wanted = (np.array(target) - np.array(eye)) / math.dist(eye, target)
    assert forward == pytest.approx(wanted, abs=1e-6)
    assert right[1] == pytest.approx(0, abs=1e-9)
    assert up[1] >= -1e-9


def test_the_identity_looks_along_minus_z():
    right, up, forward = axes_of((0, 0, 0, 1))
    assert (right.tolist(), up.tolist(), forward.tolist()) == ([1, 0, 0], [0, 1, 0], [0, 0, -1])


def test_an_area_is_never_more_than_the_viewport_and_shrinks_with_distance():
    view = View((0, 0, 0), (0, 0, 0, 1), 1.0, 2.0, 100)
    cube = np.concatenate([np.zeros(3), np.eye(3).ravel()])
    found = screen_areas(view, np.stack([cube] * 3), np.array([0.0, 50.0, 100.0]))
    assert found[0] == 20_000
    assert found[1] == pytest.approx(4 * found[2])
