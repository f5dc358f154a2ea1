"""What the processes of one museum tell one another of a room, so that it is one room.

Each says who is with it (a *roster*), whenever that changes and every 2 s, and each tick the new poses. Nothing is
answered and nothing must arrive: a roster says all, so what got lost is mended by the next one. Members whose process
is silent for 7 s are gone.

    roster  JSON: {"process", "ask", "members": [[m, name, role, term]], "lead": [m, number, {…}] or null}
    poses   0x15, 8 bytes of the process, u16 count, entries as in PEERS

`ask`: whoever hears this tells its roster soon. `term` orders guides: the latest one leads.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

from streaming.errors import StreamError
from streaming.members import Members, members_of
from streaming.room_events import Lead, Member, Part, Pose
from streaming.room_frames import lead_as_json, read_entries, read_lead
from streaming.room_names import MAX_NAME

PROCESS_SIZE = 8
"""characters of a process's name: letters and digits"""
BEAT_S = 2.0
SILENCE_S = 7.0
_POSES = 0x15
_HEAD = struct.Struct("<B8sH")
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A member, and since which term they guide (0: they don't)."""

    member: Member
    term: int = 0


@dataclass(frozen=True, slots=True)
class Guidance:
    """The latest lead of a guide; `number` grows with each of theirs."""

    m: int
    number: int
    lead: Lead


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is with a process."""

    process: str
    standing: tuple[Standing, ...]
    guidance: Guidance | None
    ask: bool = False


@dataclass(frozen=True, slots=True)
class Poses:
    """New poses of those who are with a process."""

    process: str
    poses: tuple[tuple[int, Pose], ...]


def roster_bytes(roster: Roster) -> bytes:
    """A roster for the others."""
    guidance = roster.guidance
    said = {
        "process": roster.process, "ask": roster.ask,
        "members": [[s.member.m, s.member.name, s.member.part.value, s.term] for s in roster.standing],
        "lead": None if guidance is None else [guidance.m, guidance.number, lead_as_json(guidance.lead)],
    }  # fmt: skip
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def poses_bytes(process: str, entries: list[bytes]) -> bytes:
    """Poses for the others, as entries of PEERS."""
    return b"".join((_HEAD.pack(_POSES, process.encode(), len(entries)), *entries))


def read(data: bytes) -> Roster | Poses:
    """What another process said.

    Raises:
        StreamError: it is nothing of this page: another version, or no process of ours.
    """
    try:
        if data[:1] == bytes([_POSES]):
            _, process, count = _HEAD.unpack_from(data)
            return Poses(process.decode(), tuple(read_entries(data, count, _HEAD.size)))
        return _roster(members_of(json.loads(data), "roster"))
    except (ValueError, struct.error, RecursionError) as error:
        raise StreamError("between processes: neither a roster nor poses") from error


def _roster(said: Members) -> Roster:
    guidance = None
    if said.raw("lead") is not None:
        match said.items("lead", 3):
            case [int(m), int(number), dict(lead)]:
                guidance = Guidance(m, number, read_lead(members_of(lead, "lead")))
            case _:
                said.wrong("lead", "number, number and lead")
    process = said.text("process", PROCESS_SIZE)
    return Roster(process, tuple(map(_standing, said.items("members", _MOST))), guidance, said.truth("ask"))


def _standing(item: object) -> Standing:
    match item:
        case [int(m), str(name), str(part), int(term)] if part in (*Part,) and len(name) <= MAX_NAME:
            return Standing(Member(m, name, Part(part)), term)
    raise StreamError("between processes: no member")
