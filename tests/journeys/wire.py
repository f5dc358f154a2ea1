"""A long wire before a service: a TCP proxy on loopback that delays both ways, limits the rate, and can be cut."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = 16_384


class Wire:
    """Each way takes `delay_s`; towards the visitor `rate` bytes a second pass at most (None: as many as may)."""

    def __init__(self, port: int, *, delay_s: float, rate: float | None) -> None:
        self.port = 0
        """where visitors connect"""
        self._target, self._delay_s, self._rate = port, delay_s, rate
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run)
        self._down = False

    def start(self) -> None:
        """Returns once visitors may connect."""
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        """Cuts what is open, and ends."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def cut(self, *, down: bool = False) -> None:
        """Every connection breaks off in the middle of what it carries. `down`: new ones are refused until `mend`."""
        self._down = down
        done = threading.Event()

        def act() -> None:
            for writer in list(self._writers):
                writer.transport.abort()
            done.set()

        self._loop.call_soon_threadsafe(act)
        assert done.wait(10)

    def mend(self) -> None:
        """New connections are taken again."""
        self._down = False

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._begin, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: asyncio would log those that `stop` cancels.
        task = self._loop.create_task(self._take(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._down:
            writer.transport.abort()
            return
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        ends = {writer, there_writer}
        self._writers |= ends
        try:
            await asyncio.gather(
                self._carry(reader, there_writer, None), self._carry(there_reader, writer, self._rate)
            )  # fmt: skip
        finally:
            self._writers -= ends
            for end in ends:
                end.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: float | None) -> None:
        """What is read comes out later, in order; an end of file, too."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        delivering = asyncio.ensure_future(self._deliver(under_way, writer))
        free = 0.0
        with contextlib.suppress(OSError):
            while True:
                data = await reader.read(_PIECE)
                now = self._loop.time()
                free = max(free, now) + (len(data) / rate if rate else 0.0)
                under_way.put_nowait((free + self._delay_s, data))
                if not data:
                    break
                # A wire holds what is on its way, and not what waits before it.
                await asyncio.sleep(max(0.0, free - now))
        await delivering

    async def _deliver(self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while True:
                at, data = await under_way.get()
                await asyncio.sleep(max(0.0, at - self._loop.time()))
                if not data:
                    writer.write_eof()
                    return
                writer.write(data)
                await writer.drain()


@contextlib.contextmanager
def wire(port: int, *, delay_s: float = 0.0, rate: float | None = None) -> Iterator[Wire]:
    """A wire to `port` on loopback until the block ends."""
    one = Wire(port, delay_s=delay_s, rate=rate)
    one.start()
    try:
        yield one
    finally:
        one.stop()
