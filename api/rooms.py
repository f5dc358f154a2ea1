"""Rooms of all scenes in this process: joins streams to `streaming.room`, and ticks ten times a second.

Names and poses are in memory while their member is there, and nowhere else: nothing of them is logged or written.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from api.room_keys import opens
from scenes.rights import Action, may
from streaming import frames
from streaming.errors import CloseCode, StreamError
from streaming.events import ClientMessage, Refusal
from streaming.interest import TICKS_PER_S
from streaming.room import MOST_MEMBERS, Room, RoomError
from streaming.room_events import Join, Lead, Leave, Part, Pose
from streaming.room_names import BadName, chosen_name
from streaming.room_relay import PROCESS_SIZE

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from api.services import Services
    from api.stream_conversation import Conversation

log = logging.getLogger("chronotope.rooms")

MOST_ROOMS = 1000
TICK_S = 1 / TICKS_PER_S
POSES_PER_S, POSES_BURST = 20.0, 40.0
JOINS_PER_S, JOINS_BURST = 1.0, 10.0

_Key = tuple[str, str]
"""scene, room"""


@dataclass(slots=True)
class _Bucket:
    """So many a second, and so many at once."""

    per_s: float
    burst: float
    left: float
    at: float

    def takes(self, now: float) -> bool:
        self.left = min(self.burst, self.left + (now - self.at) * self.per_s) - 1
        self.at = now
        return self.left >= 0


@dataclass(slots=True)
class _Open:
    room: Room
    silence: Callable[[], None]
    members: dict[int, Attendance] = field(default_factory=dict)


class Attendance:
    """What one stream does in rooms: it is in none or in one."""

    def __init__(self, rooms: Rooms, conversation: Conversation) -> None:
        self._rooms, self._conversation = rooms, conversation
        now = asyncio.get_running_loop().time()
        self._poses = _Bucket(POSES_PER_S, POSES_BURST, POSES_BURST, now)
        self._joins = _Bucket(JOINS_PER_S, JOINS_BURST, JOINS_BURST, now)
        self.key: _Key | None = None
        self.number = 0

    @property
    def is_behind(self) -> bool:
        """Whether the connection has not taken yet what was said before."""
        return self._conversation.visit.session.is_behind

    def say(self, message: str | bytes) -> None:
        """Say something of the room."""
        self._conversation.say(message)

    def hear(self, message: ClientMessage) -> None:
        """Act on what the client says of rooms.

        Raises:
            StreamError: it says too much of it.
        """
        try:
            match message:
                case Join():
                    self._take(self._joins, "joins")
                    self._join(message)
                case Leave():
                    self._rooms.leave(self)
                case Lead():
                    self._rooms.room_of(self).lead(self.number, message)
                case Pose():
                    self._take(self._poses, "poses")
                    if self.key is not None:  # it may have been on its way when the room was left
                        self._rooms.room_of(self).pose(self.number, message)
        except RoomError as error:
            self.say(frames.encode(Refusal(error.code, str(error))))

    def _take(self, bucket: _Bucket, what: str) -> None:
        if not bucket.takes(asyncio.get_running_loop().time()):
            raise StreamError(f"more than {bucket.per_s:g} {what} a second", CloseCode.FLOOD)

    def _join(self, join: Join) -> None:
        visit = self._conversation.visit
        try:
            name = chosen_name(join.name)
        except BadName as error:
            raise RoomError("INVALID", str(error)) from error
        if join.part is Part.GUIDE and not (
            may(visit.actor, Action.EDIT, scenes=(visit.scene,)) or self._rooms.opens(join.key, visit.scene, join.room)
        ):
            raise RoomError("FORBIDDEN", "a guide is a curator, or has the room's guide key")
        self._rooms.leave(self)
        self._rooms.join(self, (visit.scene, join.room), name, join.part)


class Rooms:
    """All rooms with somebody here. Used on the event loop only."""

    def __init__(self, services: Services, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        self._services, self._random_bits = services, random_bits
        self._process = format(random_bits(4 * PROCESS_SIZE), f"0{PROCESS_SIZE}x")
        self._open: dict[_Key, _Open] = {}
        self._ticking: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def attended(self, conversation: Conversation) -> Iterator[Attendance]:
        """Let a stream take part in rooms while it lasts; its end leaves."""
        attendance = Attendance(self, conversation)
        conversation.hearers.append(attendance.hear)
        try:
            yield attendance
        finally:
            conversation.hearers.remove(attendance.hear)
            self.leave(attendance)

    def opens(self, key: str, scene: str, room: str) -> bool:
        """Whether a key lets somebody guide in a room."""
        services = self._services
        return opens(key, services.settings.secret_key, scene, room, now=services.clock.now().timestamp())

    def room_of(self, attendance: Attendance) -> Room:
        """The room that a stream is in.

        Raises:
            RoomError: it is in none.
        """
        if attendance.key is None:
            raise RoomError("REFUSED", "join a room first")
        return self._open[attendance.key].room

    def join(self, attendance: Attendance, key: _Key, name: str, part: Part) -> None:
        """Let a stream into a room, which begins with its first member.

        Raises:
            RoomError: LIMIT, the room is full, or there are too many.
        """
        found = self._open.get(key) or self._begin(key)
        number = self._random_bits(32)
        while not number or found.room.has(number):
            number = self._random_bits(32)
        try:
            found.room.join(number, name, part)
        except RoomError:
            self._end_if_empty(key)
            raise
        found.members[number] = attendance
        attendance.key, attendance.number = key, number
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.create_task(self._tick())

    def leave(self, attendance: Attendance) -> None:
        """Take a stream out of the room that it is in, if any."""
        key, attendance.key = attendance.key, None
        if key is None or key not in self._open:
            return
        found = self._open[key]
        found.room.leave(attendance.number)
        found.members.pop(attendance.number, None)
        self._end_if_empty(key)

    def _begin(self, key: _Key) -> _Open:
        if len(self._open) >= MOST_ROOMS:
            raise RoomError("LIMIT", f"there are {MOST_ROOMS} rooms, and no room for more")
        relay, loop = self._services.relay, asyncio.get_running_loop()

        def heard(data: bytes) -> None:
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._heard, key, data)

        silence = (lambda: None) if relay is None else relay.listen(_topic(key), heard)
        self._open[key] = _Open(Room(key[1], process=self._process, most=MOST_MEMBERS), silence)
        return self._open[key]

    def _end_if_empty(self, key: _Key) -> None:
        found = self._open[key]
        if not found.room.is_empty:
            return
        del self._open[key]
        found.silence()
        if self._services.relay is not None:
            self._services.relay.publish(_topic(key), found.room.farewell())

    def _heard(self, key: _Key, data: bytes) -> None:
        found = self._open.get(key)
        if found is not None:
            found.room.hear(data, asyncio.get_running_loop().time())

    async def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while self._open:
            # A tick that came late does not make the next ones come early.
            due = max(due + TICK_S, loop.time())
            await asyncio.sleep(due - loop.time())
            for key, found in list(self._open.items()):
                try:
                    self._say(key, found, loop.time())
                except Exception:  # the outermost loop of rooms: one that fails ends alone
                    log.exception("a room failed")
                    self._fail(key, found)

    def _say(self, key: _Key, found: _Open, now: float) -> None:
        behind = {number for number, member in found.members.items() if member.is_behind}
        said = found.room.tick(now, behind)
        for number, messages in said.to.items():
            for message in messages:
                found.members[number].say(message)
        if self._services.relay is not None:
            for data in said.beyond:
                self._services.relay.publish(_topic(key), data)

    def _fail(self, key: _Key, found: _Open) -> None:
        self._open.pop(key, None)
        found.silence()
        for member in found.members.values():
            member.key = None
            member.say(frames.encode(Refusal("INTERNAL", "the room ended by a fault of ours; join again")))


def _topic(key: _Key) -> str:
    return f"room:{key[0]}:{key[1]}"


def rooms_of(websocket: WebSocket, services: Services) -> Rooms:
    """This application's rooms, made on first use."""
    state = websocket.app.state
    if not hasattr(state, "rooms"):
        state.rooms = Rooms(services)
    rooms: Rooms = state.rooms
    return rooms
