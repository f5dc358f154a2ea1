"""What the server says next, packed into few WebSocket messages, and kept until it has arrived.

Small binary messages that follow one another go as one PACK: a message of its own costs a frame, a wake-up of the
client, and most of the processor time that a stream takes.
"""

from __future__ import annotations

from streaming.frames_binary import PACK_ENTRY, PACK_HEAD, Buffers, pack_buffers
from streaming.limits import MAX_FRAME
from streaming.replay import Log, Message


class Outbox:
    """Messages in order. What was taken out is in the log."""

    def __init__(self) -> None:
        self.log = Log()
        self.bytes = 0
        """of the binary messages that wait"""
        self._waiting: list[Message] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, message: str | bytes | Buffers) -> None:
        """One more message."""
        if isinstance(message, bytes):
            message = (message,)
        if not isinstance(message, str):
            self.bytes += sum(map(len, message)) + PACK_ENTRY
        self._waiting.append(message)

    def take(self) -> list[Message]:
        """All that waits, packed and logged."""
        if not self._waiting:
            return []
        waiting, self._waiting, self.bytes = self._waiting, [], 0
        messages: list[Message] = []
        group: list[Buffers] = []
        size = PACK_HEAD
        for message in waiting:
            length = 0 if isinstance(message, str) else sum(map(len, message)) + PACK_ENTRY
            if group and (isinstance(message, str) or size + length > MAX_FRAME):
                messages.append(_together(group))
                group, size = [], PACK_HEAD
            if isinstance(message, str):
                messages.append(message)
            else:
                group.append(message)
                size += length
        if group:
            messages.append(_together(group))
        for message in messages:
            self.log.add(message)
        return messages

    def again(self, received: int) -> list[Message] | None:
        """What a client that has `received` messages lacks of what was taken; None where it can't be said again."""
        lacking = self.log.after(received)
        if lacking is None:
            return None
        self.log.acknowledge(received)
        return lacking


def _together(group: list[Buffers]) -> Buffers:
    return group[0] if len(group) == 1 else pack_buffers(group)
