"""Near people often, far people seldom; never more than 32 at once, and nobody forgotten."""

from __future__ import annotations

import struct
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming.interest import TICKS_PER_S, Interest

ME = 1


def entry(number: int, turn: int) -> bytes:
    return struct.pack("<II", number, turn)


def told(interest: Interest) -> dict[int, list[tuple[int, int]]]:
    return {number: [struct.unpack("<II", each) for each in entries] for number, entries in interest.tick()}  # type: ignore[misc]


def rates(distance_m: float, *, seconds: int = 10) -> Counter[int]:
    """How often a hearer at the origin is told of three others at a distance, who say a pose each tick."""
    interest = Interest()
    interest.add(ME, hears=True)
    interest.pose(ME, (0.0, 1.7, 0.0), b"me")
    for number in (2, 3, 4):
        interest.add(number, hears=False)
    counted: Counter[int] = Counter()
    for turn in range((seconds + 1) * TICKS_PER_S):
        for number in (2, 3, 4):
            interest.pose(number, (distance_m, 1.7, 0.0), entry(number, turn))
        heard = told(interest).get(ME, [])
        if turn >= TICKS_PER_S:
            counted.update(number for number, _ in heard)
    return counted


@pytest.mark.parametrize(
    ("distance_m", "rate"), [(0.0, 10), (9.9, 10), (10.1, 5), (29.9, 5), (30.1, 1), (-29.9, 5), (5000.0, 1)]
)
def test_the_nearer_the_oftener(distance_m, rate):
    assert rates(distance_m) == {2: 10 * rate, 3: 10 * rate, 4: 10 * rate}


def test_distance_is_measured_in_three_dimensions():
    interest = Interest()
    for number, position in ((ME, (0.0, 0.0, 0.0)), (2, (0.0, 40.0, 0.0))):
        interest.add(number, hears=number == ME)
        interest.pose(number, position, b"")
    heard = 0
    for turn in range(60):
        interest.pose(2, (0.0, 40.0, 0.0), entry(2, turn))
        heard += len(told(interest).get(ME, []))
    assert heard == 6  # once at first, and then once a second: ticks 4, 12, 22, …, 52


def test_who_stands_still_is_told_of_once():
    interest = Interest()
    for number in (ME, 2):
        interest.add(number, hears=True)
        interest.pose(number, (0.0, 0.0, 0.0), entry(number, 0))
    heard = [told(interest) for _ in range(30)]
    assert sum(len(each.get(ME, [])) for each in heard) == 1
    assert sum(len(each.get(2, [])) for each in heard) == 1


def test_nobody_is_told_of_themselves_or_of_who_is_gone():
    interest = Interest()
    for number in (ME, 2):
        interest.add(number, hears=True)
        interest.pose(number, (0.0, 0.0, 0.0), entry(number, 0))
    for _ in range(6):
        told(interest)
    interest.pose(2, (1.0, 0.0, 0.0), entry(2, 1))
    interest.remove(2)
    assert [told(interest) for _ in range(20)] == [{}] * 20
    interest.pose(2, (1.0, 0.0, 0.0), entry(2, 2))  # said while it left
    assert told(interest) == {}


def test_who_has_no_pose_is_told_of_all_as_from_afar():
    interest = Interest()
    interest.add(ME, hears=True)
    interest.add(2, hears=False)
    heard = 0
    for turn in range(110):
        interest.pose(2, (0.0, 0.0, 0.0), entry(2, turn))
        heard += len(told(interest).get(ME, [])) if turn >= 10 else 0
    assert heard == 10


def test_in_a_throng_at_most_32_at_once_and_everybody_in_their_turn():
    interest = Interest()
    interest.add(ME, hears=True)
    interest.pose(ME, (0.0, 0.0, 0.0), b"")
    others = range(2, 102)
    for number in others:
        interest.add(number, hears=False)
    counted: Counter[int] = Counter()
    for turn in range(110):
        for number in others:
            interest.pose(number, (1.0, 0.0, 0.0), entry(number, turn))
        heard = told(interest).get(ME, [])
        assert len(heard) <= 32
        assert all(said == turn for _, said in heard)  # the latest, however long they waited
        counted.update(number for number, _ in heard)
    assert set(counted) == set(others)
    assert max(counted.values()) - min(counted.values()) <= 4


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(2, 60), st.sampled_from((0.0, 5.0, 12.0, 29.0, 31.0, 400.0)), st.booleans()),
        max_size=300,
    )
)
def test_in_the_end_everybody_knows_where_everybody_is(steps):
    """However they moved between the bands: once all stand still, the latest pose of each has reached the hearer."""
    interest = Interest()
    interest.add(ME, hears=True)
    interest.pose(ME, (0.0, 0.0, 0.0), b"")
    latest: dict[int, int] = {}
    known: dict[int, int] = defaultdict(lambda: -1)
    for turn, (number, distance, ticks) in enumerate(steps):
        if number not in latest:
            interest.add(number, hears=False)
        latest[number] = turn
        interest.pose(number, (distance, 0.0, 0.0), entry(number, turn))
        if ticks:
            known |= dict(told(interest).get(ME, []))
    for _ in range(30):
        known |= dict(told(interest).get(ME, []))
    assert dict(known) == latest


def test_who_is_behind_is_told_of_the_latest_later():
    interest = Interest()
    for number in (ME, 2):
        interest.add(number, hears=number == ME)
        interest.pose(number, (0.0, 0.0, 0.0), entry(number, 0))
    for turn in range(1, 40):
        interest.pose(2, (0.0, 0.0, 0.0), entry(2, turn))
        assert list(interest.tick(behind={ME})) == []
    assert told(interest) == {ME: [(2, 39)]}
    assert told(interest) == {}
