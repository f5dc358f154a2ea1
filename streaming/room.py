"""One room of a scene: who is in it, who leads, and what each member is told when. Sans-I/O.

The driver feeds `join`, `leave`, `pose` and `lead` of the members that are with this process, and `hear` of what other
processes say; ten times a second it calls `tick` and hands out what that returns. Until then nothing is said: however
many come and go in between, a member is told once.

- Of several guides the one who came last leads. Nobody leads when no guide is there.
- `lead` reaches the others at most 5 times a second, the latest wins; who comes later is told the latest.
- A room is the same in every process: members elsewhere are as good as members here, only that their own process
  tells them (`streaming.room_relay`).

Nothing here is kept longer than its member is there.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from streaming.errors import StreamError
from streaming.interest import TICKS_PER_S, Interest
from streaming.room_events import Changed, Entered, Lead, Led, Member, Part, Pose
from streaming.room_frames import entry, peers_of, to_wire
from streaming.room_relay import (
    BEAT_S,
    SILENCE_S,
    Guidance,
    Poses,
    Roster,
    Standing,
    poses_bytes,
    read,
    roster_bytes,
)

MOST_MEMBERS = 128
LEAD_TICKS = 2
"""ticks from one lead to the next, at least: five a second"""


class RoomError(Exception):
    """A request in a room changes nothing; `code` is a code of docs/errors.md."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Said:
    """What follows from a tick."""

    to: dict[int, list[str | bytes]] = field(default_factory=dict)
    """messages for members here, in order"""
    beyond: list[bytes] = field(default_factory=list)
    """for the other processes"""


@dataclass(slots=True)
class _Elsewhere:
    roster: Roster
    heard_at: float


class Room:
    """The room `name` as it is seen from one process, which the other processes know as `process` (8 characters)."""

    def __init__(self, name: str, *, process: str = "00000000", most: int = MOST_MEMBERS) -> None:
        self.name = name
        self._process, self._most = process, most
        self._here: dict[int, Standing] = {}
        self._elsewhere: dict[str, _Elsewhere] = {}
        self._newcomers: set[int] = set()
        """members here who have not been told anything yet"""
        self._told: dict[int, Member] = {}
        self._told_guide: int | None = None
        self._guidance: Guidance | None = None
        self._told_guidance: Guidance | None = None
        self._tick, self._led_at = 0, -LEAD_TICKS
        self._interest = Interest()
        self._fresh: dict[int, bytes] = {}
        """poses of members here that the other processes do not know yet"""
        self._beat_at: float | None = None
        self._must_tell, self._ask = True, True

    # Of members here

    def join(self, number: int, name: str, part: Part = Part.VISITOR) -> None:
        """Somebody comes in, under a number that nobody has.

        Raises:
            RoomError: LIMIT, the room is full.
        """
        everybody = self._standing()
        assert number not in everybody
        if len(everybody) >= self._most:
            raise RoomError("LIMIT", f"the room is full: {self._most} people")
        term = 1 + max((each.term for each in everybody.values()), default=0) if part is Part.GUIDE else 0
        self._here[number] = Standing(Member(number, name, part), term)
        self._interest.add(number, hears=True)
        self._newcomers.add(number)
        self._must_tell = True

    def leave(self, number: int) -> None:
        """Somebody goes; nothing of them stays."""
        if self._here.pop(number, None) is None:
            return
        self._interest.remove(number)
        self._newcomers.discard(number)
        self._fresh.pop(number, None)
        self._must_tell = True

    def pose(self, number: int, pose: Pose) -> None:
        """Somebody's head and hands are here now."""
        self._fresh[number] = said = entry(number, pose)
        self._interest.pose(number, pose.position, said)

    def lead(self, number: int, lead: Lead) -> None:
        """The guide stands here now.

        Raises:
            RoomError: FORBIDDEN, somebody else guides, or nobody.
        """
        if self.guide != number:
            raise RoomError("FORBIDDEN", "only the guide of the room leads")
        before = self._guidance
        follows = 1 if before is None or before.m != number else before.number + 1
        self._guidance = Guidance(number, follows, lead)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is here; there may be members elsewhere."""
        return not self._here

    @property
    def members(self) -> tuple[Member, ...]:
        """Everybody, here and elsewhere."""
        return tuple(each.member for each in self._standing().values())

    @property
    def guide(self) -> int | None:
        """Number of the member who leads."""
        guides = [(each.term, number) for number, each in self._standing().items() if each.term]
        return max(guides)[1] if guides else None

    def has(self, number: int) -> bool:
        """Whether somebody has this number."""
        return number in self._standing()

    # Of other processes

    def hear(self, data: bytes, now: float) -> None:
        """Take what another process said; what cannot be read, and what we said ourselves, is passed over."""
        try:
            said = read(data)
        except StreamError:
            return
        if said.process == self._process:
            return
        if isinstance(said, Poses):
            known = self._elsewhere.get(said.process)
            numbers = {each.member.m for each in known.roster.standing} if known else set()
            for number, pose in said.poses:
                if number in numbers and number not in self._here:
                    self._interest.pose(number, pose.position, entry(number, pose))
            return
        self._must_tell = self._must_tell or said.ask
        self._replace(said, now)

    def _replace(self, roster: Roster, now: float) -> None:
        before = self._elsewhere.pop(roster.process, None)
        if roster.standing:
            self._elsewhere[roster.process] = _Elsewhere(roster, now)
        was = {each.member.m for each in before.roster.standing} if before else set()
        now_there = {each.member.m for each in roster.standing}
        for number in was - now_there:
            if number not in self._here:
                self._interest.remove(number)
        for number in now_there - was:
            if number not in self._here:
                self._interest.add(number, hears=False)
        theirs = roster.guidance
        if theirs is not None and theirs.m in now_there:
            ours = self._guidance
            if ours is None or ours.m != theirs.m or ours.number < theirs.number:
                # Of a guide who was overtaken meanwhile it is not followed: `_settle` looks at who guides.
                self._guidance = theirs if theirs.m == self.guide else ours

    # What is said

    def tick(self, now: float, behind: Container[int] = ()) -> Said:
        """What is to be said now. Members of `behind` still wait for what was said before, so they get no poses."""
        for process, each in list(self._elsewhere.items()):
            if now > each.heard_at + SILENCE_S:
                self._replace(Roster(process, (), None), now)
        said = Said()
        self._tick += 1
        self._say_changes(said)
        self._say_lead(said)
        for number, entries in self._interest.tick(behind):
            said.to.setdefault(number, []).append(peers_of(entries))
        said.beyond.extend(self._say_beyond(now))
        return said

    def _standing(self) -> dict[int, Standing]:
        """Everybody by number; whoever is here is believed before whoever is said to be elsewhere."""
        elsewhere = {s.member.m: s for each in self._elsewhere.values() for s in each.roster.standing}
        return {**elsewhere, **self._here}

    def _say_changes(self, said: Said) -> None:
        members = {number: each.member for number, each in self._standing().items()}
        guide = self.guide
        joined = tuple(member for number, member in members.items() if self._told.get(number) != member)
        left = tuple(number for number in self._told if number not in members)
        if joined or left or guide != self._told_guide:
            change = to_wire(Changed(joined, left, guide))
            for number in self._here.keys() - self._newcomers:
                said.to.setdefault(number, []).append(change)
        for number in self._newcomers:
            entered = Entered(self.name, number, tuple(members.values()), guide, TICKS_PER_S)
            said.to.setdefault(number, []).append(to_wire(entered))
        self._told, self._told_guide = members, guide
        if self._guidance is not None and self._guidance.m != guide:
            self._guidance = self._told_guidance = None

    def _say_lead(self, said: Said) -> None:
        guidance = self._guidance
        newcomers, self._newcomers = self._newcomers, set()
        if guidance is None:
            return
        is_new = guidance != self._told_guidance and self._tick >= self._led_at + LEAD_TICKS
        if is_new:
            self._told_guidance, self._led_at = guidance, self._tick
            self._must_tell = self._must_tell or guidance.m in self._here
        told = self._told_guidance
        if told is None:
            return
        text = to_wire(Led(told.m, told.lead))
        for number in self._here if is_new else newcomers:
            if number != told.m and number in self._here:
                said.to.setdefault(number, []).append(text)

    def _say_beyond(self, now: float) -> Iterator[bytes]:
        if self._must_tell or self._beat_at is None or now >= self._beat_at + BEAT_S:
            guidance = self._told_guidance
            if guidance is not None and guidance.m not in self._here:
                guidance = None
            yield roster_bytes(Roster(self._process, tuple(self._here.values()), guidance, self._ask))
            self._must_tell, self._ask, self._beat_at = False, False, now
        if self._fresh:
            yield poses_bytes(self._process, list(self._fresh.values()))
            self._fresh = {}

    def farewell(self) -> bytes:
        """What to tell the other processes when nobody is here any more."""
        return roster_bytes(Roster(self._process, (), None))
