"""What uvicorn leaves open: how long and how large the head of a request may be, before any door sees it.

- A head that is not complete 30 s after the connection, or after its first byte, ends the connection; an idle one too.
- More than 64 KiB that are neither the end of a head nor body (headers, an address, trailers, sizes of pieces) end it.
- What is not HTTP is answered with a code like everything else.
- A binary message of a WebSocket goes out in pieces, uncopied, where its door gives it so.
- A WebSocket's opening that its library refuses while it reads it is answered and closed; else it would wait for ever.
"""

from __future__ import annotations

import http
import socket
import struct
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from api.errors import DoorError, problem_of
from api.waiting import Inbox, Signal

if TYPE_CHECKING:
    import asyncio

    from uvicorn._types import ASGISendEvent
    from websockets.http11 import Request

HEAD_LIMIT = 64 << 10
"""bytes of a head, about: the piece that brings its end is not counted"""
HEAD_PATIENCE_S = 30.0
"""seconds for a head to be complete"""


class Http(HttpToolsProtocol):
    """A connection of uvicorn whose heads are bounded in bytes and seconds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle_bytes, self._begun = 0, False
        self._around_bytes = 0
        self._due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what brings no request forward."""
        self._idle_bytes += len(data)
        self._around_bytes += len(data)
        super().data_received(data)
        if max(self._idle_bytes, self._around_bytes) > HEAD_LIMIT and not self.transport.is_closing():
            self._refuse(DoorError("LIMIT", f"the head of a request has at most {HEAD_LIMIT >> 10} KiB"))

    def on_message_begin(self) -> None:
        """The first byte of a head came."""
        self._begun = True
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._wait_no_more()
        self._idle_bytes, self._begun = 0, False
        self._around_bytes = 0
        # RFC 9112, 6.1 and 6.3: the end of a coding that is not known here may be elsewhere for another server on the
        # way. The library itself refuses a length beside a coding, two lengths, and chunked that is not the last.
        codings = [value.strip().lower() for name, value in self.headers if name == b"transfer-encoding"]
        if codings and codings != [b"chunked"]:
            raise ValueError("of transfer codings, chunked alone is read")  # ends the parser, and is answered 400
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body; the doors bound it."""
        self._idle_bytes = 0
        # What stands around chunks may be eight times as long as they are: a byte alone takes six.
        self._around_bytes -= 9 * len(body)
        super().on_body(body)

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to a WebSocket, and nothing of this behind: it and its parser hold each other."""
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # nobody asks it any more

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self._refuse(DoorError("BAD_REQUEST", msg))

    def _wait(self) -> None:
        self._wait_no_more()
        self._due = self.loop.call_later(HEAD_PATIENCE_S, self._overdue)

    def _wait_no_more(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _overdue(self) -> None:
        if self._begun:
            self._refuse(DoorError("TIMEOUT", f"the head did not come within {HEAD_PATIENCE_S:.0f} s"))
        else:
            self.transport.close()

    def _refuse(self, error: DoorError) -> None:
        """Answer, unless an answer is under way, and end the connection."""
        self._wait_no_more()
        if self.cycle is None or self.cycle.response_complete:
            answer = problem_of(error)
            status = http.HTTPStatus(answer.status_code)
            lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
            lines += [name + b": " + value for name, value in [*answer.raw_headers, (b"connection", b"close")]]
            self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.close()


BUFFERS = "chronotope.buffers"
"""extension of the ASGI scope: `websocket.send` takes binary messages as `buffers`, each a tuple of its pieces"""

PATH = "chronotope.path"
"""extension of the ASGI scope: a function that says how many bytes the client's system has behind what was lost, and
whether queues on the way are long"""
_CROWDED = 1.5
"""round trips over the shortest: the link's queue is half as long as what it carries"""
_TCP_INFO = struct.Struct("=16xI8xI36xI76xI")
"""of Linux's struct tcp_info (linux/tcp.h), which only grows at its end: bytes of a segment, segments acknowledged
selectively (RFC 2018), the round trip and the shortest one, in microseconds"""


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket of uvicorn whose opening is always answered, and that sends pieces without joining them.

    Thousands of them wait at a time, so what is done with after the opening is let go.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.queue = Inbox()  # type: ignore[assignment]  # it does as much as is asked of it
        self.writable = Signal(is_set=True)  # type: ignore[assignment]  # the same

    def handle_connect(self, event: Request) -> None:
        """Say what we can beyond ASGI."""
        super().handle_connect(event)
        scope = getattr(self, "scope", None)  # none where it was refused
        if scope is not None:
            scope["extensions"][BUFFERS] = {}
            if sys.platform == "linux":
                scope["extensions"][PATH] = self._path

    async def send(self, message: ASGISendEvent) -> None:
        """Send a message; of several as `buffers` only the heads of their frames are made, and all go at once.

        websockets and uvicorn between them copy a message four times, which is half of what a stream costs.
        """
        buffers: list[tuple[bytes | memoryview, ...]] | None = message.get("buffers")  # type: ignore[assignment]  # ours
        if buffers is None:
            await super().send(message)
            if message["type"] == "websocket.accept":
                del self.request, self.response
            return
        await self.writable.wait()
        if self.disconnected or self.transport.is_closing():
            raise ClientDisconnected
        if not self.handshake_complete or self.close_sent:
            raise RuntimeError("a message was sent before the opening or after the close")
        pieces: list[bytes | memoryview] = []
        for each in buffers:
            pieces.append(_frame_head(len(each[0]) + len(each[1]) if len(each) == 2 else sum(map(len, each))))
            pieces.extend(each)
        self.transport.writelines(pieces)

    def _path(self) -> tuple[int, bool]:
        """What TCP knows of the connection."""
        info = b""
        connection = self.transport.get_extra_info("socket")
        if connection is not None:
            with suppress(OSError, ValueError):  # a closed one has no descriptor, which uvloop calls a wrong value
                info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
        return path_of(info)

    def data_received(self, data: bytes) -> None:
        """Send the library's own refusal, which uvicorn does not look for."""
        super().data_received(data)
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()


def path_of(info: bytes) -> tuple[int, bool]:
    """Bytes behind a loss, and whether queues are long, by Linux's struct tcp_info; nothing where it is cut off."""
    if len(info) < _TCP_INFO.size:
        return 0, False
    segment, segments, round_trip, shortest = _TCP_INFO.unpack(info)
    return segment * segments, round_trip > _CROWDED * shortest


def _frame_head(length: int) -> bytes:
    """Head of a whole binary message of a server (RFC 6455, 5.2): FIN, opcode 2, not masked."""
    if length < 126:
        return bytes((0x82, length))
    if length < 1 << 16:
        return struct.pack(">BBH", 0x82, 126, length)
    return struct.pack(">BBQ", 0x82, 127, length)
