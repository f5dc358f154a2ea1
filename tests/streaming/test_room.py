"""A room from one process, and one room from several."""

from __future__ import annotations

import random

import pytest

from streaming import frames
from streaming.room import Room, RoomError, Said
from streaming.room_events import Changed, Entered, Lead, Led, Member, Part, Peers
from streaming.room_frames import pose_of
from streaming.room_relay import SILENCE_S

AHEAD = (0.0, 0.0, 0.0, 1.0)
GUIDE = Part.GUIDE


def heard(said: Said, number: int) -> list:
    return [frames.decode_server(each) for each in said.to.get(number, [])]


def pose(x: float):
    return pose_of(((x, 1.5, 0.0), AHEAD))


def room_of(*numbers: int, guide: int | None = None) -> Room:
    room = Room("tour-1")
    for number in numbers:
        room.join(number, f"name {number}", GUIDE if number == guide else Part.VISITOR)
    room.tick(0.0)
    return room


def test_who_comes_is_told_who_is_there_and_the_others_who_came():
    room = room_of(1)
    room.join(2, "Ada")
    said = room.tick(0.1)
    assert heard(said, 2) == [Entered("tour-1", 2, (Member(1, "name 1"), Member(2, "Ada")), None, 10)]
    assert heard(said, 1) == [Changed((Member(2, "Ada"),), (), None)]
    room.leave(2)
    assert heard(room.tick(0.2), 1) == [Changed((), (2,), None)]
    assert room.tick(0.3).to == {}


def test_who_comes_and_goes_between_two_ticks_is_no_news():
    room = room_of(1)
    for number in range(2, 100):
        room.join(number, "Ada")
        room.leave(number)
    assert room.tick(0.1).to == {}


def test_a_full_room_takes_nobody_until_somebody_leaves():
    room = Room("tour-1", most=2)
    room.join(1, "Ada")
    room.join(2, "Ben")
    with pytest.raises(RoomError) as caught:
        room.join(3, "Eve")
    assert caught.value.code == "LIMIT"
    room.leave(1)
    room.join(3, "Eve")
    assert {member.name for member in room.members} == {"Ben", "Eve"}


def test_the_guide_who_came_last_leads_and_after_them_the_one_before():
    room = room_of(1, 2, 3, guide=2)
    assert room.guide == 2
    room.join(4, "Zoe", GUIDE)
    assert heard(room.tick(0.1), 1)[-1].guide == 4
    with pytest.raises(RoomError) as caught:
        room.lead(2, Lead("1200"))
    assert caught.value.code == "FORBIDDEN"
    room.leave(4)
    assert heard(room.tick(0.2), 1)[-1].guide == 2


def test_a_visitor_does_not_lead():
    room = room_of(1, 2, guide=2)
    with pytest.raises(RoomError):
        room.lead(1, Lead("1200"))


def test_leads_reach_the_others_five_times_a_second_and_the_latest_wins():
    room = room_of(1, 2, guide=1)
    leads = []
    for turn in range(30):
        room.lead(1, Lead("1200", note=str(turn)))
        said = room.tick(turn / 10)
        assert heard(said, 1) == []
        leads += [(turn, message.lead.note) for message in heard(said, 2)]
    assert leads == [(turn, str(turn)) for turn in range(0, 30, 2)]


def test_the_last_lead_is_told_even_if_it_came_too_soon():
    room = room_of(1, 2, guide=1)
    room.lead(1, Lead("1200"))
    room.tick(0.0)
    room.lead(1, Lead("1300"))
    assert heard(room.tick(0.1), 2) == []
    assert heard(room.tick(0.2), 2) == [Led(1, Lead("1300"))]


def test_who_comes_late_is_told_where_the_guide_stands_and_nobody_else_again():
    room = room_of(1, 2, guide=1)
    room.lead(1, Lead("1200"))
    room.tick(0.0)
    room.join(3, "Ada")
    said = room.tick(5.0)
    assert heard(said, 3)[1:] == [Led(1, Lead("1200"))]
    assert [type(message) for message in heard(said, 2)] == [Changed]


def test_when_the_guide_has_gone_late_comers_are_told_of_no_lead():
    room = room_of(1, 2, guide=1)
    room.lead(1, Lead("1200"))
    room.tick(0.0)
    room.leave(1)
    room.join(3, "Ada")
    assert [type(message) for message in heard(room.tick(1.0), 3)] == [Entered]
    room.join(4, "Zoe", GUIDE)
    assert [type(message) for message in heard(room.tick(2.0), 3)] == [Changed]


def test_poses_reach_the_others_and_not_oneself():
    room = room_of(1, 2)
    seen = []
    for turn in range(20):
        room.pose(1, pose(turn))
        said = room.tick(turn / 10)
        assert heard(said, 1) == []
        seen += [message.poses for message in heard(said, 2)]
    assert all(number == 1 for poses in seen for number, _ in poses)
    assert seen[-1]


def test_nothing_of_somebody_stays_when_they_left():
    room = room_of(1, 2)
    room.pose(2, pose(1.0))
    room.leave(2)
    said = [room.tick(turn / 10) for turn in range(30)]
    assert not any(isinstance(message, Peers) for each in said for message in heard(each, 1))
    assert not any(b"name 2" in data for each in said for data in each.beyond)


# Several processes


class Processes:
    """Rooms that are one room: what one says beyond is heard by the others, unless the line is cut."""

    def __init__(self, *names: str) -> None:
        self.rooms = {name: Room("tour-1", process=name.ljust(8, "0")) for name in names}
        self.now = 0.0
        self.cut: set[str] = set()

    def __getitem__(self, name: str) -> Room:
        return self.rooms[name]

    def tick(self, times: int = 1) -> dict[int, list]:
        said: dict[int, list] = {}
        for _ in range(times):
            self.now += 0.1
            for name, room in self.rooms.items():
                each = room.tick(self.now)
                for number in each.to:
                    said.setdefault(number, []).extend(heard(each, number))
                for data in each.beyond:
                    for other, its_room in self.rooms.items():
                        if not self.cut & {name, other}:
                            its_room.hear(data, self.now)
        return said


def test_a_room_is_the_same_in_every_process():
    both = Processes("a", "b")
    both["a"].join(1, "Ada", GUIDE)
    both["b"].join(2, "Ben")
    both.tick(3)
    assert set(both["a"].members) == set(both["b"].members) == {Member(1, "Ada", GUIDE), Member(2, "Ben")}
    assert both["b"].guide == 1
    both["a"].lead(1, Lead("1200"))
    both["a"].pose(1, pose(3.0))
    said = both.tick(8)
    assert Led(1, Lead("1200")) in said[2]
    assert Peers(((1, pose(3.0)),)) in said[2]
    both["a"].leave(1)
    assert Changed((), (1,), None) in both.tick(3)[2]


def test_who_comes_late_to_another_process_is_told_the_lead_soon():
    both = Processes("a")
    both["a"].join(1, "Ada", GUIDE)
    both["a"].lead(1, Lead("1200"))
    both.tick(50)
    both.rooms["b"] = Room("tour-1", process="b0000000")
    both["b"].join(2, "Ben")
    assert Led(1, Lead("1200")) in both.tick(4)[2]  # at once, because b asked, and not with the next beat


def test_without_the_others_a_room_goes_on_and_it_heals():
    both = Processes("a", "b")
    for number, name in ((1, "a"), (2, "a"), (3, "b")):
        both[name].join(number, f"name {number}", GUIDE if number == 1 else Part.VISITOR)
    both.tick(3)
    both.cut = {"a"}
    said = both.tick(int(SILENCE_S * 10) + 5)
    assert Changed((), (1, 2), None) in said[3]
    both["a"].lead(1, Lead("1200"))
    both["a"].join(4, "Eve")
    said = both.tick(3)
    assert Led(1, Lead("1200")) in said[2]
    both.cut = set()
    said = both.tick(25)
    assert {member.m for member in both["b"].members} == {1, 2, 3, 4}
    assert Led(1, Lead("1200")) in said[3]


def test_of_guides_in_two_processes_one_leads_in_both():
    both = Processes("a", "b")
    both["a"].join(1, "Ada", GUIDE)
    both["b"].join(2, "Ben", GUIDE)  # neither knows of the other
    both.tick(3)
    assert both["a"].guide == both["b"].guide == 2
    with pytest.raises(RoomError):
        both["a"].lead(1, Lead("1200"))


def test_no_line_between_processes_is_an_error():
    room = room_of(1)
    chance = random.Random(3)
    good = Processes("a")
    good["a"].join(7, "Ada", GUIDE)
    good["a"].lead(7, Lead("1200"))
    good["a"].pose(7, pose(0.0))
    said = good["a"].tick(0.0).beyond
    assert len(said) == 2
    for data in (b"", b"{", b"[]", b"\x15", b"null", b'{"process":"x"}', b"\x15" + bytes(200), b"\xff" * 40):
        room.hear(data, 0.0)
    for _ in range(2000):
        raw = bytearray(chance.choice(said))
        for _ in range(chance.randrange(1, 4)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        room.hear(bytes(raw), 0.0)
        room.tick(0.0)
    assert Member(1, "name 1") in room.members


def test_members_of_another_process_count_for_the_size_of_a_room():
    both = Processes("a")
    both.rooms["b"] = Room("tour-1", process="b0000000", most=2)
    both["a"].join(1, "Ada")
    both["b"].join(2, "Ben")
    both.tick(3)
    with pytest.raises(RoomError):
        both["b"].join(3, "Eve")
