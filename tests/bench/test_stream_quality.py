"""A root (error 8 m) over four tiles (error 1 m), squares of 10 m on the ground; the eye looks along it."""

import math

import numpy as np
import pytest

from bench.stream_forest import planted
from bench.stream_quality import Shown, curve, limit_s, read_log, wanted
from tiling.tree import TileTree
from tiling.view import View, gaze_towards

IDENTITY = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)
VIEW = View((0.0, 8.0, 25.0), gaze_towards((0.0, 8.0, 25.0), (0.0, 0.0, 0.0)), 1.0, 16 / 9, 1080)
ROOT = ("p", "root")
LEAVES = [("p", f"leaf{number}") for number in range(4)]


def want(view=VIEW, error_px=50.0):
    box = np.zeros((5, 12))
    for tile, (x, z, half) in enumerate([(0, 0, 10), (-5, -5, 5), (-5, 5, 5), (5, -5, 5), (5, 5, 5)]):
        box[tile] = (x, 0, z, half, 0, 0, 0, 0.5, 0, 0, 0, half)
    tree = TileTree(
        parent=np.array([-1, 0, 0, 0, 0], np.int32), box=box, error=np.array([8.0, 1, 1, 1, 1]),
        content=("root", "leaf0", "leaf1", "leaf2", "leaf3"), needs=((),) * 5, byte_length=np.array([10, 1, 2, 3, 4]),
        triangles=np.ones(5, np.int64), draws=np.ones(5, np.int64), texture_bytes=np.zeros(5, np.int64),
        geometric_error=20.0, image_bytes={},
    )  # fmt: skip
    sizes = dict(zip(tree.content, (10, 1, 2, 3, 4), strict=True))
    return wanted(planted([(IDENTITY, tree)]), ["p"], view, error_px, weigh=lambda name: sizes[name.partition(".")[0]])


def test_the_full_cut_is_the_fewest_tiles_that_meet_the_tolerance():
    assert [path[-1] for path in want().paths] == LEAVES
    assert want().least_bytes == 1 + 2 + 3 + 4
    assert list(want(error_px=1e9).paths) == [(ROOT,)]


def test_what_is_not_in_view_is_not_wanted():
    away = View(VIEW.eye, gaze_towards(VIEW.eye, (0.0, 8.0, 50.0)), 1.0, 16 / 9, 1080)
    assert want(away).paths == ()


def test_quality_is_zero_with_the_root_and_one_with_all_its_children():
    found = curve(want(), [Shown(1.0, (ROOT,)), Shown(2.0, tuple(LEAVES), (ROOT,))])
    assert found.quality == pytest.approx((0.0, 1.0))
    assert (found.first_s, found.full_s) == (1.0, 2.0)


def test_a_part_counts_by_the_pixels_it_is_seen_at():
    near, far = ("p", "leaf3"), ("p", "leaf2")
    gained = [curve(want(), [Shown(1.0, (ROOT,)), Shown(2.0, (leaf,))]).quality[-1] for leaf in (near, far)]
    assert 1.0 > gained[0] > 2 * gained[1] > 0.0


def test_a_hole_is_no_full_detail():
    assert math.isinf(curve(want(), [Shown(1.0, tuple(LEAVES[:3]))]).full_s)


def test_full_detail_that_was_lost_counts_from_when_it_came_back():
    log = [Shown(1.0, tuple(LEAVES)), Shown(2.0, (ROOT,), tuple(LEAVES)), Shown(3.0, tuple(LEAVES), (ROOT,))]
    found = curve(want(), log)
    assert found.full_s == 3.0
    assert found.reached(0.5) == 3.0


def test_nothing_drawn_is_never_first():
    assert math.isinf(curve(want(), [Shown(1.0, (("p", "another"),))]).first_s)


def test_what_stands_for_a_group_is_a_first_image_and_no_quality():
    found = curve(want(), [Shown(1.0, (("", "proxy"),)), Shown(2.0, tuple(LEAVES), (("", "proxy"),))])
    assert found.first_s == 1.0
    assert found.quality == pytest.approx((0.0, 1.0))


def test_a_client_without_frames_draws_at_the_next_of_ours():
    entries = [{"t": 0.001, "shown": [["p", "root"]]}]
    assert read_log({"frames": False, "log": entries})[0].at_s == pytest.approx(1 / 72)
    assert read_log({"frames": True, "log": entries})[0].at_s == 0.001


def test_the_limit_is_two_round_trips_and_the_bytes_with_their_headers():
    assert limit_s(1_000_000, rtt_ms=100, mbit=8.296) == pytest.approx(0.2 + 1.0)
