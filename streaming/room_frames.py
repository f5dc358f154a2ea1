"""Messages of rooms to bytes or text, and back; `streaming.frames` has these readers in its tables.

A pose is checked once, where it comes in, and repeated as it is: PEERS joins the bytes of POSE behind the number of
each member, so that a hundred members cost a hundred encodings and not ten thousand.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable

from streaming.errors import StreamError
from streaming.frames_binary import PEERS, POSE
from streaming.limits import MAX_AT, MAX_ID, MAX_METRES, MAX_U32
from streaming.members import Members, members_of, to_text
from streaming.room_events import (
    Changed,
    Entered,
    Join,
    Lead,
    Leave,
    Led,
    Member,
    Orientation,
    Part,
    Peers,
    Pose,
    Position,
    RoomClientMessage,
    RoomServerMessage,
)
from streaming.room_names import MAX_NAME, MAX_ROOM, is_room

MAX_PEERS = 32
"""members in one PEERS"""
MAX_KEY = 200
MAX_NOTE = 500
MAX_MEMBERS_TEXT = 100_000
ARM_M = 3.0
"""hands are no farther from their head"""

_LEFT, _RIGHT = 1, 2
_HEAD = struct.Struct("<BBH")
_NUMBER = struct.Struct("<I")
_STANCE = struct.Struct("<3f4h")
_UNIT = 32767

Stance = tuple[Position, Orientation]


# Poses


def pose_of(head: Stance, left: Stance | None = None, right: Stance | None = None) -> Pose:
    """A pose as it goes over the wire: positions as 32-bit floats, orientations to 1/32767.

    >>> len(pose_of(((0.0, 1.6, 0.0), (0.0, 0.0, 0.0, 1.0))).wire)
    21
    """
    flags = (_LEFT if left else 0) | (_RIGHT if right else 0)
    stances = [stance for stance in (head, left, right) if stance]
    wire = bytes([flags]) + b"".join(_STANCE.pack(*at, *(round(x * _UNIT) for x in turned)) for at, turned in stances)
    return Pose(_checked(wire, "POSE"), wire)


def stances(pose: Pose) -> tuple[Stance, Stance | None, Stance | None]:
    """Head, left hand and right hand of a pose."""
    read = [
        ((x, y, z), (a / _UNIT, b / _UNIT, c / _UNIT, d / _UNIT))
        for x, y, z, a, b, c, d in _STANCE.iter_unpack(pose.wire[1:])
    ]
    left = read.pop(1) if pose.wire[0] & _LEFT else None
    return read[0], left, read[1] if pose.wire[0] & _RIGHT else None


def _size(flags: int, name: str) -> int:
    if flags & ~(_LEFT | _RIGHT):
        raise StreamError(f"{name}: a flag that is none")
    return _STANCE.size * (1 + (flags & 1) + (flags >> 1))


def _checked(wire: bytes, name: str) -> Position:
    """Position of the head, if all of a pose can be. `wire` is as long as its flags say."""
    head: Position | None = None
    for x, y, z, a, b, c, d in _STANCE.iter_unpack(wire[1:]):
        # NaN compares false, so it is refused, too.
        if not (abs(x) <= MAX_METRES and abs(y) <= MAX_METRES and abs(z) <= MAX_METRES):
            raise StreamError(f"{name}: not within ±10,000,000 m")
        if a == b == c == d == 0:
            raise StreamError(f"{name}: an orientation without a direction")
        if head is None:
            head = (x, y, z)
        elif not math.dist(head, (x, y, z)) <= ARM_M:
            raise StreamError(f"{name}: a hand more than {ARM_M:g} m from its head")
    assert head is not None
    return head


def read_pose(data: bytes) -> Pose:
    """A POSE. Raises StreamError."""
    if len(data) < _HEAD.size:
        raise StreamError(f"POSE of {len(data)} bytes, at least {_HEAD.size}")
    _, flags, zero = _HEAD.unpack_from(data)
    if zero:
        raise StreamError("POSE: a reserved field is not 0")
    if len(data) != _HEAD.size + _size(flags, "POSE"):
        raise StreamError(f"POSE of {len(data)} bytes, {_HEAD.size + _size(flags, 'POSE')} expected")
    wire = data[1:2] + data[4:]
    return Pose(_checked(wire, "POSE"), wire)


def entry(number: int, pose: Pose) -> bytes:
    """A member's part of PEERS."""
    return _NUMBER.pack(number) + pose.wire


def peers_of(entries: list[bytes]) -> bytes:
    """A PEERS of entries."""
    return b"".join((_HEAD.pack(PEERS, 0, len(entries)), *entries))


def read_entries(data: bytes, count: int, at: int) -> Iterable[tuple[int, Pose]]:
    """Entries as PEERS has them, from `at` to the end of `data`. Raises StreamError."""
    for _ in range(count):
        if len(data) < at + _NUMBER.size + 1:
            raise StreamError("PEERS: fewer members than it says")
        (number,) = _NUMBER.unpack_from(data, at)
        at += _NUMBER.size
        end = at + 1 + _size(data[at], "PEERS")
        if len(data) < end:
            raise StreamError("PEERS: a member is cut off")
        wire = data[at:end]
        yield number, Pose(_checked(wire, "PEERS"), wire)
        at = end
    if at != len(data):
        raise StreamError("PEERS: bytes behind its members")


def read_peers(data: bytes) -> Peers:
    """A PEERS. Raises StreamError."""
    if len(data) < _HEAD.size:
        raise StreamError(f"PEERS of {len(data)} bytes, at least {_HEAD.size}")
    _, zero, count = _HEAD.unpack_from(data)
    if zero:
        raise StreamError("PEERS: a reserved field is not 0")
    if not 1 <= count <= MAX_PEERS:
        raise StreamError(f"PEERS of {count}, 1 to {MAX_PEERS} expected")
    return Peers(tuple(read_entries(data, count, _HEAD.size)))


def to_wire(message: RoomServerMessage | RoomClientMessage) -> str | bytes:
    """The message as it goes over the wire."""
    match message:
        case Pose():
            return _HEAD.pack(POSE, message.wire[0], 0) + message.wire[1:]
        case Peers():
            return peers_of([entry(number, pose) for number, pose in message.poses])
        case _:
            return to_text(_members(message))


def _members(message: Entered | Changed | Led | Join | Leave | Lead) -> dict[str, object]:
    match message:
        case Entered():
            return {
                "type": "room", "room": message.room, "you": message.you,
                "members": list(map(member_as_json, message.members)), "guide": message.guide, "rate": message.rate,
            }  # fmt: skip
        case Changed():
            return {
                "type": "room_change", "joined": list(map(member_as_json, message.joined)),
                "left": list(message.left), "guide": message.guide,
            }  # fmt: skip
        case Led():
            return {"type": "lead", "m": message.m, **lead_as_json(message.lead)}
        case Join():
            said: dict[str, object] = {
                "type": "join", "room": message.room, "name": message.name, "role": message.part.value,
            }  # fmt: skip
            return {**said, "key": message.key} if message.key else said
        case Leave():
            return {"type": "leave"}
        case Lead():
            return {"type": "lead", **lead_as_json(message)}


def member_as_json(member: Member) -> dict[str, object]:
    """A member as `room` and `room_change` have it."""
    return {"m": member.m, "name": member.name, "role": member.part.value}


def lead_as_json(lead: Lead) -> dict[str, object]:
    """What `lead` says but its type."""
    return {
        "at": lead.at, "hypothesis": lead.hypothesis, "certainty": lead.certainty, "tour": lead.tour,
        "step": lead.step, "eye": None if lead.eye is None else list(lead.eye),
        "gaze": None if lead.gaze is None else list(lead.gaze), "note": lead.note,
    }  # fmt: skip


# Of a client


def read_join(read: Members) -> Join:
    """A `join`. What a name may hold is answered by an error, not by a close. Raises StreamError."""
    room = read.text("room", MAX_ROOM)
    if not is_room(room):
        read.wrong("room", f"1 to {MAX_ROOM} letters, digits, _ and -")
    return Join(room, read.text("name", 4 * MAX_NAME), _part(read), read.optional_text("key", MAX_KEY) or "")


def read_leave(_: Members) -> Leave:
    """A `leave`."""
    return Leave()


def read_lead(read: Members) -> Lead:
    """A `lead` of a guide. Raises StreamError."""
    certainty = read.raw("certainty", "possible")
    if certainty not in ("possible", "certain"):
        read.wrong("certainty", "certain or possible")
    eye = None if read.raw("eye") is None else read.reals("eye", 3, most=MAX_METRES)
    gaze = None if read.raw("gaze") is None else read.reals("gaze", 4, most=1e6)
    step = None if read.raw("step") is None else read.number("step", most=MAX_U32)
    return Lead(
        at=read.text("at", MAX_AT), hypothesis=read.optional_text("hypothesis", MAX_ID), certainty=str(certainty),
        tour=read.optional_text("tour", MAX_ID), step=step, eye=None if eye is None else (eye[0], eye[1], eye[2]),
        gaze=None if gaze is None else _unit(gaze, read), note=read.optional_text("note", MAX_NOTE) or "",
    )  # fmt: skip


def _unit(gaze: tuple[float, ...], read: Members) -> Orientation:
    x, y, z, w = gaze
    length = math.hypot(x, y, z, w)
    if length < 1e-6:
        read.wrong("gaze", "quaternion with a direction")
    if abs(length - 1.0) < 1e-9:
        return x, y, z, w
    return x / length, y / length, z / length, w / length


def _part(read: Members) -> Part:
    word = read.raw("role", Part.VISITOR.value)
    if word == Part.GUIDE.value:
        return Part.GUIDE
    return Part.VISITOR if word == Part.VISITOR.value else read.wrong("role", "visitor or guide")


# Of a server


def read_member(item: object) -> Member:
    """A member. Raises StreamError."""
    read = members_of(item, "members")
    return Member(read.number("m"), read.text("name", MAX_NAME), _part(read))


def read_room(read: Members) -> Entered:
    """A `room`. Raises StreamError."""
    return Entered(
        read.text("room", MAX_ROOM), read.number("you"),
        tuple(map(read_member, read.items("members", MAX_MEMBERS_TEXT))), _guide(read),
        read.number("rate", least=1, most=100),
    )  # fmt: skip


def read_change(read: Members) -> Changed:
    """A `room_change`. Raises StreamError."""
    left = read.items("left", MAX_MEMBERS_TEXT)
    numbers = tuple(m for m in left if isinstance(m, int) and not isinstance(m, bool) and 0 <= m <= MAX_U32)
    if len(numbers) != len(left):
        read.wrong("left", "list of numbers")
    return Changed(tuple(map(read_member, read.items("joined", MAX_MEMBERS_TEXT))), numbers, _guide(read))


def read_led(read: Members) -> Led:
    """A `lead` of a server. Raises StreamError."""
    return Led(read.number("m"), read_lead(read))


def _guide(read: Members) -> int | None:
    return None if read.raw("guide") is None else read.number("guide")
