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
        self._waiting: list[tuple[Message, int]] = []
        """with their lengths"""

    def __bool__(self) -> bool:
        return bool(self._waiting)

    @property
    def in_flight(self) -> int:
        """Bytes that wait, or were taken out and not yet acknowledged."""
        return self.bytes + self.log.bytes

    def add(self, message: str | bytes | Buffers) -> None:
        """One more message."""
        if isinstance(message, bytes):
            message = (message,)
        length = len(message) if isinstance(message, str) else sum(map(len, message))
        if not isinstance(message, str):
            self.bytes += length + PACK_ENTRY
        self._waiting.append((message, length))

    def add_piece(self, message: Buffers, length: int) -> None:
        """One more binary message, whose length is known."""
        self.bytes += length + PACK_ENTRY
        self._waiting.append((message, length))

    def take(self) -> list[Message]:
        """All that waits, packed and logged."""
        if not self._waiting:
            return []
        waiting, self._waiting, self.bytes = self._waiting, [], 0
        messages: list[Message] = []
        group: list[tuple[Buffers, int]] = []
        size = PACK_HEAD
        for message, length in waiting:
            if group and (isinstance(message, str) or size + length + PACK_ENTRY > MAX_FRAME):
                messages.append(self._said(group, size))
                group, size = [], PACK_HEAD
            if isinstance(message, str):
                self.log.add(message, length)
                messages.append(message)
            else:
                group.append((message, length))
                size += length + PACK_ENTRY
        if group:
            messages.append(self._said(group, size))
        return messages

    def _said(self, group: list[tuple[Buffers, int]], size: int) -> Buffers:
        message, alone = group[0]
        if len(group) == 1:
            size = alone
        else:
            message = pack_buffers(group)
        self.log.add(message, size)
        return message

    def again(self, received: int) -> list[Message] | None:
        """What a client that has `received` messages lacks of what was taken; None where it can't be said again."""
        lacking = self.log.after(received)
        if lacking is None:
            return None
        self.log.acknowledge(received)
        return lacking
