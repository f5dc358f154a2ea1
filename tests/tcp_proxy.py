"""A way to a server that can fail as networks do: it stalls, resets, refuses, and breaks off in the middle of a reply.

One thread does all that is done to a socket: a number that was closed in one thread is soon another connection's, and
who still waits for it in a second thread takes the other's bytes.
"""

from __future__ import annotations

import queue
import select
import socket
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_AT_ONCE = 65536
_ABORT = struct.pack("ii", 1, 0)
"""SO_LINGER: what is closed ends with an RST"""


@dataclass(eq=False)
class _Way:
    """One direction of a connection."""

    source: socket.socket
    sink: socket.socket
    is_reply: bool
    waiting: bytes = b""
    back: _Way = field(init=False)


class TcpProxy:
    """`with TcpProxy(port) as proxy: … proxy.port`. What is asked of it is done when the call returns."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._asked: queue.Queue[tuple[Callable[[], None], threading.Event]] = queue.Queue()
        self._bell, self._heard = socket.socketpair()
        self._ways: list[_Way] = []
        self._flows = self._accepts = True
        self._is_open = True
        self._left: int | None = None
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> TcpProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._end)
        self._thread.join()
        for each in (self._listener, self._bell, self._heard):
            each.close()

    def stall(self) -> None:
        """From now on nothing passes, though everything is open."""
        self._do(self._stall)

    def refuse(self) -> None:
        """Break every connection, and let none begin."""
        self._do(self._refuse)

    def reset(self) -> None:
        """Break every connection at once, with an RST: whatever is under way is lost."""
        self._do(self._break)

    def cut(self, after: int) -> None:
        """Break every connection after so many more bytes of replies, at least one."""
        self._do(lambda: setattr(self, "_left", max(after, 1)))

    def flow(self) -> None:
        """All is well again, and what was held back goes on."""
        self._do(self._mend)

    def _stall(self) -> None:
        self._flows = False

    def _refuse(self) -> None:
        self._accepts = False
        self._break()

    def _mend(self) -> None:
        self._flows, self._accepts, self._left = True, True, None

    def _end(self) -> None:
        self._is_open = False
        self._break()

    def _break(self) -> None:
        for way in self._ways:
            way.source.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
            way.source.close()
        self._ways.clear()

    def _do(self, what: Callable[[], None]) -> None:
        done = threading.Event()
        self._asked.put((what, done))
        self._bell.send(b".")
        done.wait()

    def _run(self) -> None:
        while self._is_open:
            ways = {way.source.fileno(): way for way in self._ways}
            for number, events in self._waited_for().poll():
                if number == self._heard.fileno():
                    self._heard.recv(_AT_ONCE)
                elif number == self._listener.fileno():
                    self._accept()
                elif (way := ways[number]) in self._ways:
                    self._pass_on(way, events)
            while not self._asked.empty():
                what, done = self._asked.get()
                what()
                done.set()

    def _waited_for(self) -> select.poll:
        poll = select.poll()
        poll.register(self._heard, select.POLLIN)
        poll.register(self._listener, select.POLLIN)
        for way in self._ways if self._flows else ():
            if events := (0 if way.waiting else select.POLLIN) | (select.POLLOUT if way.back.waiting else 0):
                poll.register(way.source, events)
        return poll

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return  # it did not wait
        try:
            server = socket.create_connection(("127.0.0.1", self._to)) if self._accepts else None
        except OSError:
            server = None
        if server is None:
            client.close()
            return
        forth, back = _Way(client, server, is_reply=False), _Way(server, client, is_reply=True)
        forth.back, back.back = back, forth
        for each in (client, server):
            each.setblocking(False)
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ways += [forth, back]

    def _pass_on(self, way: _Way, events: int) -> None:
        try:
            if events & select.POLLOUT:
                way.back.waiting = way.back.waiting[way.source.send(way.back.waiting) :]
            if events & ~select.POLLOUT:
                self._read(way)
        except BlockingIOError:
            pass
        except OSError:
            self._close(way)

    def _read(self, way: _Way) -> None:
        data = way.source.recv(_AT_ONCE)
        if way.waiting or not data:
            self._close(way)
            return
        if way.is_reply and self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
        way.waiting = data
        way.waiting = data[way.sink.send(data) :]
        if self._left == 0:
            self._left = None
            self._break()

    def _close(self, way: _Way) -> None:
        for each in (way, way.back):
            self._ways.remove(each)
            each.source.close()
