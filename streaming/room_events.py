"""What is said in a room, as frozen values: who joins, where heads and hands are, where the guide leads.

A *member* is a stream that joined a room of its scene, under a name that its visitor chose. The guide is a member, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Position = tuple[float, float, float]
"""metres, scene frame"""
Orientation = tuple[float, float, float, float]
"""unit quaternion x, y, z, w"""


class Part(StrEnum):
    """What a member is there for."""

    VISITOR = "visitor"
    GUIDE = "guide"


# Client to server


@dataclass(frozen=True, slots=True)
class Join:
    """Come into a room of the scene. `key` is the room's guide key; curators need none."""

    room: str
    name: str
    part: Part = Part.VISITOR
    key: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """Go out of the room."""


@dataclass(frozen=True, slots=True)
class Lead:
    """Where a guide stands: moment, reading, step of a tour, eye. None where it does not matter."""

    at: str
    hypothesis: str | None = None
    certainty: str = "possible"
    tour: str | None = None
    step: int | None = None
    eye: Position | None = None
    gaze: Orientation | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a head is, and those hands that are tracked.

    `wire` is the message from its flags on without the reserved field, as PEERS repeats it: flags, then 20 bytes a
    stance. `streaming.room_frames` makes and reads it.
    """

    position: Position
    """of the head"""
    wire: bytes


# Server to client


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in the room, by their number there."""

    m: int
    name: str
    part: Part = Part.VISITOR


@dataclass(frozen=True, slots=True)
class Entered:
    """The answer to a Join: the room as it is. On the wire: `room`."""

    room: str
    you: int
    members: tuple[Member, ...]
    guide: int | None
    rate: int
    """poses a second that are asked for"""


@dataclass(frozen=True, slots=True)
class Changed:
    """Who came and went since. On the wire: `room_change`."""

    joined: tuple[Member, ...]
    left: tuple[int, ...]
    guide: int | None


@dataclass(frozen=True, slots=True)
class Led:
    """Where the guide stands. On the wire: `lead`, from the server."""

    m: int
    lead: Lead


@dataclass(frozen=True, slots=True)
class Peers:
    """Where some of the others are."""

    poses: tuple[tuple[int, Pose], ...]


RoomServerMessage = Entered | Changed | Led | Peers
RoomClientMessage = Join | Leave | Lead | Pose
