"""Messages of rooms: back as they were, and refused where they are wrong."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming import frames
from streaming.errors import StreamError
from streaming.limits import MAX_U32
from streaming.room_events import Changed, Entered, Join, Lead, Leave, Led, Member, Part, Peers
from streaming.room_frames import entry, peers_of, pose_of, read_entries, stances

U32 = st.integers(0, MAX_U32)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
ROOM = st.text("abcXYZ019_-", min_size=1, max_size=64)
NEAR = st.floats(-1.5, 1.5, width=32)
UNIT = st.sampled_from([(0.0, 0.0, 0.0, 1.0), (1.0, 0.0, 0.0, 0.0), (0.5, -0.5, 0.5, -0.5)])
PLACES = st.tuples(*[st.sampled_from([0.0, -1.5, 1024.25, 9_999_999.0])] * 3)
MEMBERS = st.builds(Member, U32, TEXT, st.sampled_from(Part))
LEADS = st.builds(
    Lead, at=TEXT, hypothesis=st.none() | TEXT, certainty=st.sampled_from(["certain", "possible"]),
    tour=st.none() | TEXT, step=st.none() | U32, eye=st.none() | PLACES, gaze=st.none() | UNIT, note=TEXT,
)  # fmt: skip


@st.composite
def poses(draw: st.DrawFn):
    head = draw(PLACES)

    def hand():
        return None if draw(st.booleans()) else (tuple(a + 0.5 for a in head), draw(UNIT))

    return pose_of((head, draw(UNIT)), hand(), hand())


SERVER = st.one_of(
    st.builds(Entered, ROOM, U32, st.lists(MEMBERS, max_size=5).map(tuple), st.none() | U32, st.integers(1, 100)),
    st.builds(Changed, st.lists(MEMBERS, max_size=5).map(tuple), st.lists(U32, max_size=5).map(tuple), st.none() | U32),
    st.builds(Led, U32, LEADS),
    st.builds(Peers, st.lists(st.tuples(U32, poses()), min_size=1, max_size=32).map(tuple)),
)
CLIENT = st.one_of(
    st.builds(Join, ROOM, TEXT, st.sampled_from(Part), TEXT), st.just(Leave()), LEADS, poses()
)  # fmt: skip


@given(SERVER)
def test_what_a_server_says_of_a_room_comes_back_as_it_was(message):
    assert frames.decode_server(frames.encode(message)) == message


@given(CLIENT)
def test_what_a_client_says_in_a_room_comes_back_as_it_was(message):
    assert frames.decode_client(frames.encode(message)) == message


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: math.hypot(*q) > 0.1), PLACES)
def test_a_pose_is_right_to_a_millimetre_near_by_and_a_ten_thousandth_in_orientation(turned, at):
    length = math.hypot(*turned)
    unit = tuple(x / length for x in turned)
    (position, orientation), left, right = stances(pose_of((at, unit)))
    assert (left, right) == (None, None)
    assert math.dist(position, at) <= max(0.001, 1e-7 * math.hypot(*at))
    assert math.dist(orientation, unit) < 1e-4


def test_hands_are_told_apart():
    head, hand = ((0.0, 1.5, 0.0), (0.0, 0.0, 0.0, 1.0)), ((0.5, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
    assert stances(pose_of(head, hand)) == (head, hand, None)
    assert stances(pose_of(head, None, hand)) == (head, None, hand)
    assert [len(frames.encode(pose_of(head, *hands))) for hands in ((), (hand,), (hand, hand))] == [24, 44, 64]


def test_a_hand_is_within_reach_of_its_head():
    head = ((0.0, 1.5, 0.0), (0.0, 0.0, 0.0, 1.0))
    pose_of(head, ((0.0, 1.5, 3.0), head[1]))
    with pytest.raises(StreamError, match="3 m"):
        pose_of(head, ((0.0, 1.5, 3.01), head[1]))


def test_peers_repeat_a_pose_byte_by_byte():
    pose = pose_of(((1.0, 2.0, 3.0), (0.0, 0.0, 0.0, 1.0)))
    message = peers_of([entry(7, pose), entry(9, pose)])
    assert message.count(bytes(frames.encode(pose))[4:]) == 2
    assert list(read_entries(message, 2, 4)) == [(7, pose), (9, pose)]


def test_a_gaze_of_any_length_is_made_unit_length():
    read = frames.decode_client('{"type":"lead","at":"1200","gaze":[0,0,0,-5]}')
    assert isinstance(read, Lead)
    assert read.gaze == (0.0, 0.0, 0.0, -1.0)
