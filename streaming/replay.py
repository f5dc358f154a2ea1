"""Messages that may not have arrived: kept until they are acknowledged, to be said again on another connection.

Messages are numbered from 1 as the client counts them. Payloads are views of files that others keep anyway, so a log
holds little of its own. Room is bounded: what is over it is forgotten, and then a client that lacks it starts over.
"""

from __future__ import annotations

from collections import deque
from itertools import islice

from streaming.frames_binary import Buffers
from streaming.limits import MAX_U32

Message = str | Buffers
MOST_BYTES = 6 << 20
MOST_MESSAGES = 4096


class Log:
    """Messages that were handed out, in order.

    >>> log = Log()
    >>> log.add("one", 3), log.add("two", 3)
    (None, None)
    >>> log.acknowledge(1), log.after(1), log.after(0)
    (True, ['two'], None)
    """

    def __init__(self) -> None:
        self.said = 0
        """messages so far"""
        self.acknowledged = 0
        self.bytes = 0
        self._kept: deque[tuple[Message, int]] = deque()

    @property
    def lacks(self) -> int:
        """How many of the first messages are no longer here."""
        return self.said - len(self._kept)

    def add(self, message: Message, size: int) -> None:
        """One more message of so many bytes went out."""
        self.said += 1
        self.bytes += size
        self._kept.append((message, size))
        while self.bytes > MOST_BYTES or len(self._kept) > MOST_MESSAGES:
            self._forget()

    def acknowledge(self, messages: int) -> bool:
        """The client has the first `messages` (modulo 2^32); False where that is more than there were, or less than
        it said before.
        """
        # The count that is meant is the largest one that is not more than what was said.
        count = self.said - ((self.said - messages) & MAX_U32)
        if count < self.acknowledged:
            return False
        self.acknowledged = count
        for _ in range(min(len(self._kept), count - self.lacks)):
            self._forget()
        return True

    def after(self, received: int) -> list[Message] | None:
        """What came after the first `received` messages; None where some of it is forgotten or never was said."""
        missing = (self.said - received) & MAX_U32
        if missing > len(self._kept):
            return None
        return [message for message, _ in islice(self._kept, len(self._kept) - missing, None)]

    def _forget(self) -> None:
        _, size = self._kept.popleft()
        self.bytes -= size
