"""`python -m bench.stream_crowd MODE URL …`: many clients in one process; what they found goes to stdout as JSON.

- `gigabyte URL ours|bare`: one client receives all of a heap of large tiles; the sizes of the messages that came.
- `idle URL SCENE COUNT PID`: so many streams that have shown their view; the server's memory before and after.
- `busy URL COUNT STALLED SECONDS`: streams that look elsewhere every two seconds and are sent another picture each
  time, because they can hold only one; and others that ask for the heap and never read it. Milliseconds from a look to
  its whole picture.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api.cli_stream import stream_url
from bench.stream_scenes import GROUND_VIEWS, HEAP_VIEW
from streaming.client import ClientSession, Drawn
from streaming.opening import MOST, SUBPROTOCOL, Opening

_TOGETHER = 50
"""connections that are opened at a time"""


class Client:
    """One stream."""

    def __init__(self, socket: ClientConnection, budget: int) -> None:
        self.socket, self.session = socket, ClientSession(budget_bytes=budget)
        self.sizes: list[int] = []

    async def until(self, is_done: Callable[[Drawn], bool]) -> None:
        """Receive until a cut will do."""
        session, socket, clock = self.session, self.socket, time.perf_counter
        while True:
            for message in session.data_to_send(clock()):
                await socket.send(message)
            due = session.next_due(clock())
            try:
                async with asyncio.timeout(None if due is None else max(0.0, due - clock())):
                    data = await socket.recv()
            except TimeoutError:
                continue
            if isinstance(data, bytes):
                self.sizes.append(len(data))
            for event in session.receive(data, clock()):
                if isinstance(event, Drawn) and is_done(event):
                    return


def _connected(url: str, opening: Opening, **more: Any) -> connect:
    return connect(
        stream_url(url, opening), subprotocols=[SUBPROTOCOL], compression=None, max_size=16 << 20, proxy=None, **more  # type: ignore[list-item]  # a NewType
    )  # fmt: skip


def _answers(look: int, cut: Drawn) -> bool:
    return cut.complete and cut.look == look


def _heap() -> Opening:
    return Opening(
        "scene_bench_heap", eye=HEAP_VIEW.eye, gaze=HEAP_VIEW.gaze, bytes=MOST.bytes,
        triangles=MOST.triangles, draws=MOST.draws, textures=MOST.textures,
    )  # fmt: skip


async def gigabyte(url: str, kind: str) -> dict[str, Any]:
    """All of the heap, once."""
    if kind == "bare":
        async with connect(url, compression=None, max_size=16 << 20, proxy=None) as socket:
            return {"sizes": [len(message) async for message in socket]}
    async with _connected(url, _heap()) as socket:
        client = Client(socket, MOST.bytes)
        await client.until(lambda cut: cut.complete)
        return {"sizes": client.sizes}


async def idle(url: str, scene: str, count: str, pid: str) -> dict[str, Any]:
    """Streams that wait."""

    def memory() -> int:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))

    before = memory()
    sockets: list[ClientConnection] = []

    async def one() -> None:
        opening = Opening(scene, error=64.0, width=64, height=36, prefetch=False)
        socket = await _connected(url, opening, open_timeout=60)
        sockets.append(socket)
        client = Client(socket, 256 << 20)
        await client.until(lambda cut: cut.complete)
        # What is owed is said: a stream whose bytes stay unacknowledged is not idle, but stalled.
        for message in client.session.data_to_send(time.perf_counter() + 2):
            await socket.send(message)

    waiting = int(count)
    while waiting > 0:
        await asyncio.gather(*(one() for _ in range(min(_TOGETHER, waiting))))
        waiting -= _TOGETHER
    await asyncio.sleep(3)
    after = memory()
    for socket in sockets:
        socket.transport.abort()
    return {"before_kb": before, "after_kb": after}


async def busy(url: str, count: str, stalled: str, seconds: str) -> dict[str, Any]:
    """Streams that look about, beside streams that stall."""
    took: list[float] = []
    refused = 0
    ends = time.perf_counter() + 4 + float(seconds)
    first = GROUND_VIEWS[0]
    opening = Opening(
        "scene_bench_quadtree", eye=first.eye, gaze=first.gaze, error=64.0, bytes=_BUSY_BYTES, prefetch=False
    )

    async def look_about(number: int) -> None:
        chance = random.Random(number)
        await asyncio.sleep(chance.uniform(0, 2))
        async with _connected(url, opening, open_timeout=60) as socket:
            client = Client(socket, _BUSY_BYTES)
            await client.until(lambda cut: cut.complete)
            begins = time.perf_counter() + chance.uniform(0, _PERIOD_S)
            turn = 0
            while begins < ends:
                await asyncio.sleep(begins - time.perf_counter())
                turn += 1
                view = GROUND_VIEWS[turn % 2]
                asked = time.perf_counter()
                look = client.session.look(
                    view.eye, view.gaze, fov=view.fov, aspect=view.aspect, height=view.height
                )  # fmt: skip
                await client.until(partial(_answers, look))
                took.append(time.perf_counter() - asked)
                begins = max(begins + _PERIOD_S, time.perf_counter())

    async def stall() -> None:
        nonlocal refused
        with suppress(ConnectionClosed):
            async with _connected(url, _heap(), max_queue=1) as socket:
                await asyncio.sleep(max(0.0, ends - time.perf_counter()))
                refused += socket.close_code is not None

    await asyncio.gather(*(look_about(number) for number in range(int(count))), *(stall() for _ in range(int(stalled))))
    took.sort()
    return {
        "looks": len(took), "p50_ms": took[len(took) // 2] * 1e3, "p99_ms": took[int(len(took) * 0.99)] * 1e3,
        "closed": refused,
    }  # fmt: skip


_BUSY_BYTES = 1_000_000
"""about one of the two views: a quarter of a megabyte goes out at each look"""
_PERIOD_S = 2.0


def main() -> int:
    """Be a crowd."""
    mode, *arguments = sys.argv[1:]
    modes: dict[str, Callable[..., Coroutine[Any, Any, dict[str, Any]]]]
    modes = {"gigabyte": gigabyte, "idle": idle, "busy": busy}
    print(json.dumps(asyncio.run(modes[mode](*arguments))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
