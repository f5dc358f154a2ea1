"""The query of the opening."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.errors import CloseCode, StreamError
from streaming.events import Certainty, DeviceBudget
from streaming.opening import MOST, PARAMETERS, PROFILES, Opening, read_opening, write_opening


def test_what_is_not_said_is_as_documented():
    opening = read_opening([("scene", "scene_1")])
    assert opening == Opening("scene_1", "", None, Certainty.POSSIBLE, None, None, 1.0472, 1280, 720, 1.0, "desktop")
    assert opening.budget() == DeviceBudget(268435456, 3000000, 500, 1610612736)
    assert (opening.gzip, opening.brotli, opening.groups) == (False, False, False)
    assert (opening.held, opening.resume, opening.received) == (0, "", 0)
    assert (opening.prefetch, opening.stats) == (True, False)


def test_everything_can_be_said():
    query = {
        "scene": "scene_1", "at": "-0430", "hypothesis": "h", "certainty": "certain", "eye": "1,2.5,-3e1",
        "gaze": "0,0,0,2", "fov": "1.5", "size": "640x360", "error": "2", "profile": "phone", "bytes": "1",
        "triangles": "2", "draws": "3", "textures": "4", "encodings": "br, GZIP", "groups": "1", "held": "5",
        "resume": "t", "received": "6", "prefetch": "0", "stats": "1",
    }  # fmt: skip
    assert query.keys() == PARAMETERS
    assert read_opening(query.items()) == Opening(
        "scene_1", "-0430", "h", Certainty.CERTAIN, (1, 2.5, -30), (0, 0, 0, 1), 1.5, 640, 360, 2.0, "phone", 1, 2, 3,
        4, gzip=True, brotli=True, groups=True, held=5, resume="t", received=6, prefetch=False, stats=True,
    )  # fmt: skip


def test_a_profile_is_the_budget_of_a_device_and_what_is_said_counts_over_it():
    headset = read_opening([("scene", "s"), ("profile", "headset")])
    assert headset.budget() == DeviceBudget(192 << 20, 700_000, 250, 512 << 20)
    assert replace(headset, draws=20).budget() == DeviceBudget(192 << 20, 700_000, 20, 512 << 20)
    own = {"headset": DeviceBudget(1, 2, 3, 4)}
    assert replace(headset, bytes=9).budget(own) == DeviceBudget(9, 2, 3, 4)


def test_nobody_gets_a_budget_that_no_device_has():
    assert Opening("s", bytes=2**53, triangles=2**53, draws=2**53, textures=2**53).budget() == MOST


@given(
    st.builds(
        Opening, st.text("abc_", min_size=1, max_size=20), st.text("0-9X~?", max_size=20),
        st.none() | st.text("abc", min_size=1), st.sampled_from(Certainty),
        st.none() | st.tuples(*[st.floats(-1e7, 1e7)] * 3), st.none() | st.just((0.0, 0.0, 0.0, 1.0)),
        st.floats(0.02, 3.0), st.integers(1, 16384), st.integers(1, 16384), st.floats(0.1, 64.0),
        st.sampled_from(sorted(PROFILES)), *[st.none() | st.integers(1, 2**53)] * 4, st.booleans(), st.booleans(),
        st.integers(0, 100_000), st.text("abc_-", max_size=64), st.integers(0, 2**32 - 1), st.booleans(), st.booleans(),
        st.booleans(),
    )
)  # fmt: skip
def test_what_is_written_is_read_back(opening):
    assert read_opening(write_opening(opening).items()) == opening


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scene", ""),
        ("scene", "x" * 201),
        ("at", "1" * 201),
        ("certainty", "no"),
        ("eye", "1,2"),
        ("eye", "1,2,3,4"),
        ("eye", "1,2,nan"),
        ("eye", "1,2,1e8"),
        ("eye", "a,b,c"),
        ("gaze", "0,0,0,0"),
        ("gaze", "0,0,0,1e400"),
        ("held", "-1"),
        ("held", "100001"),
        ("held", "some"),
        ("fov", "0"),
        ("fov", "3.2"),
        ("fov", "inf"),
        ("size", "640"),
        ("size", "640x"),
        ("size", "0x360"),
        ("size", "640x360x2"),
        ("size", "-1x5"),
        ("error", "0"),
        ("bytes", "0"),
        ("bytes", "-5"),
        ("bytes", "1e6"),
        ("bytes", "9007199254740993"),
        ("bytes", "9" * 5000),
        ("draws", "٣"),
        ("profile", "watch"),
        ("encodings", "a," * 30),
        ("groups", "yes"),
        ("resume", "x" * 65),
        ("received", "4294967296"),
        ("received", "-1"),
        ("prefetch", "2"),
        ("stats", "true"),
    ],
)
def test_a_value_out_of_range_closes_with_4400(name, value):
    query = {"scene": "scene_1"} | {name: value}
    with pytest.raises(StreamError) as caught:
        read_opening(query.items())
    assert caught.value.close_code is CloseCode.BAD_MESSAGE
    assert name in caught.value.reason


def test_a_parameter_given_twice_is_refused():
    with pytest.raises(StreamError, match="twice"):
        read_opening([("scene", "a"), ("scene", "b")])
