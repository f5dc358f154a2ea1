"""What ends a stream. Close codes are those of docs/protocol.md."""

from __future__ import annotations

from enum import IntEnum


class CloseCode(IntEnum):
    """WebSocket close codes of the protocol; the web server itself sends those of going away and restarting."""

    DONE = 1000
    GOING_AWAY = 1001
    TOO_BIG = 1009
    OUR_FAULT = 1011
    RESTART = 1012
    BAD_MESSAGE = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    SUBPROTOCOL = 4406
    SLOW = 4408
    REPLACED = 4410
    BAD_MOMENT = 4422
    FLOOD = 4429


class StreamError(Exception):
    """The peer broke the protocol; the stream ends with `close_code` and `reason` (at most 123 bytes of UTF-8)."""

    def __init__(self, reason: str, close_code: CloseCode = CloseCode.BAD_MESSAGE) -> None:
        super().__init__(reason)
        self.close_code = close_code

    @property
    def reason(self) -> str:
        """The message, cut to what a close frame holds (RFC 6455, 5.5: 125 bytes, two of them the code)."""
        return str(self).encode("utf-8", "replace")[:123].decode("utf-8", "ignore")
