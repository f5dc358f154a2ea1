"""What uvicorn leaves open: how long and how large the head of a request may be, before any door sees it.

- A head that is not complete 10 s after the connection, or after its first byte, ends the connection; an idle one too.
- A head has at most 64 KiB and 128 lines, is of HTTP 1.0 or 1.1, and names one host; what stands around the pieces of
  a body (sizes, extensions, trailers) is bounded like it.
- What is not HTTP is answered with a code like everything else, and with the same headers.
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
from websockets.server import ServerProtocol

from api.errors import DoorError, problem_of
from api.gate import DEFAULT_HEADERS
from api.waiting import Inbox, Signal

if TYPE_CHECKING:
    import asyncio

    from uvicorn._types import ASGISendEvent
    from websockets.http11 import Request
    from websockets.http11 import Response as HttpResponse
    from websockets.typing import StatusLike

HEAD_LIMIT = 64 << 10
"""bytes of a head; where its end does not come, about"""
LINES_LIMIT = 128
"""lines of a head, as many as the library of WebSockets reads"""
HEAD_PATIENCE_S = 10.0
"""seconds for a head to be complete"""


class Http(HttpToolsProtocol):
    """A connection of uvicorn whose heads are bounded in bytes and seconds."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle_bytes, self._begun = 0, False
        self._around_bytes = 0
        self._wrong: DoorError | None = None
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
            self._refuse(_TOO_MUCH)

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
        self._wrong = _wrong_with(self.parser.get_http_version(), self.url, self.headers)
        if self._wrong is not None:
            raise ValueError(self._wrong)  # ends the parser, which asks for an answer
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
        """Refuse what is not HTTP, or has a head that is not served."""
        self._refuse(self._wrong or DoorError("BAD_REQUEST", msg))

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
            lines += [
                name + b": " + value for name, value in [*answer.raw_headers, *_GUARDS, (b"connection", b"close")]
            ]
            self.transport.write(b"\r\n".join([*lines, b"", bytes(answer.body)]))
        self.transport.close()


_TOO_MUCH = DoorError("LIMIT", f"the head of a request has at most {HEAD_LIMIT >> 10} KiB and {LINES_LIMIT} lines")
_GUARDS = [(name.lower().encode(), value.encode()) for name, value in DEFAULT_HEADERS.items()]


def _wrong_with(version: str, url: bytes, headers: list[tuple[bytes, bytes]]) -> DoorError | None:
    """Why a head is not served."""
    if len(headers) > LINES_LIMIT or len(url) + sum(len(name) + len(value) for name, value in headers) > HEAD_LIMIT:
        return _TOO_MUCH
    if version not in ("1.1", "1.0"):
        return DoorError("BAD_REQUEST", "HTTP 1.1 is spoken here, and 1.0")
    # RFC 9112, 6.1 and 6.3: the end of a coding that is not known here may be elsewhere for another server on the
    # way. The library itself refuses a length beside a coding, two lengths, and chunked that is not the last.
    codings = [value.strip().lower() for name, value in headers if name == b"transfer-encoding"]
    if codings and codings != [b"chunked"]:
        return DoorError("BAD_REQUEST", "of transfer codings, chunked alone is read")
    # RFC 9112, 3.2.2: of a whole address its host counts and not the header; here one says what the other does.
    if url[:1] not in (b"/", b"*"):
        named = url.partition(b"://")[2].partition(b"/")[0].partition(b"?")[0]
        if [named.lower()] != [value.strip().lower() for name, value in headers if name == b"host"]:
            return DoorError("BAD_REQUEST", "the address names another host than the header does")
    return None


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


class _Opening(ServerProtocol):
    """The library's side of an opening, whose refusals say what all answers do."""

    def reject(self, status: StatusLike, text: str) -> HttpResponse:
        """Refuse."""
        answer = super().reject(status, text)
        answer.headers.update(DEFAULT_HEADERS)
        return answer


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket of uvicorn whose opening is always answered, and that sends pieces without joining them.

    Thousands of them wait at a time, so what is done with after the opening is let go.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Opening(max_size=self.config.ws_max_size, logger=self.logger)
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
