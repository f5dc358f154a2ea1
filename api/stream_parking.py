"""Sessions whose connection broke, kept for a while so that their clients can go on with them on another one.

A token opens one session only, and only to the same actor in the same scene. A session is in one of three places: with
its conversation, here, or nowhere. Room is bounded in count and bytes: the one that waits longest goes first.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from streaming.limits import RESUME_S

if TYPE_CHECKING:
    from api.stream_visit import Visit
    from scenes.model import Actor

MOST_PARKED = 512
MOST_BYTES = 128 << 20


class Displaced(Protocol):
    """A conversation that can be ended for the sake of another one."""

    visit: Visit

    async def displace(self) -> None:
        """End it, and return when its session is free."""
        ...


@dataclass(frozen=True, slots=True)
class _Waiting:
    visit: Visit
    weight: int
    expires: asyncio.TimerHandle


def new_token() -> str:
    """A token that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


class Parking:
    """Where sessions are by token. Used on the event loop only."""

    def __init__(self, *, most: int = MOST_PARKED, most_bytes: int = MOST_BYTES, seconds: float = RESUME_S) -> None:
        self._most, self._most_bytes, self._seconds = most, most_bytes, seconds
        self._live: dict[str, Displaced] = {}
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, token: str, conversation: Displaced) -> None:
        """A session is with a conversation now."""
        self._live[token] = conversation

    def leave(self, token: str, conversation: Displaced, *, may_return: bool) -> None:
        """Its conversation is over; keep the session if its client may return. No use if somebody else has it."""
        if self._live.get(token) is not conversation:
            return
        del self._live[token]
        if not may_return:
            return
        visit = conversation.visit
        visit.session.park()
        weight = visit.weight
        expires = asyncio.get_running_loop().call_later(self._seconds, self._forget, token)
        self._waiting[token] = _Waiting(visit, weight, expires)
        self.bytes += weight
        while len(self._waiting) > self._most or self.bytes > self._most_bytes:
            self._forget(next(iter(self._waiting)))

    async def take(self, token: str, actor: Actor, scene: str) -> Visit | None:
        """The session of a token, which is nowhere else then; None where it is over, or another's."""
        live = self._live.get(token)
        if live is not None:
            if not _is_for(live.visit, actor, scene):
                return None
            # From here on it is this taker's: whoever comes with the same token meanwhile finds nothing.
            del self._live[token]
            await live.displace()
            return live.visit
        waiting = self._waiting.get(token)
        if waiting is None or not _is_for(waiting.visit, actor, scene):
            return None
        self._forget(token)
        return waiting.visit

    def _forget(self, token: str) -> None:
        gone = self._waiting.pop(token, None)
        if gone is not None:
            gone.expires.cancel()
            self.bytes -= gone.weight


def _is_for(visit: Visit, actor: Actor, scene: str) -> bool:
    return visit.actor == actor and visit.scene == scene
