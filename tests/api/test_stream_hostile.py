"""Clients that do harm, on a real socket: they are ended by their code, and others do not feel it."""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

import streaming.server
from api import stream_conversation
from api.stream_shared import Shared
from streaming import frames
from streaming.errors import StreamError
from streaming.events import Ack, Budget, Have, Look, Seek
from streaming.opening import MOST
from tests.api.stream_museum import OPEN, Client, Museum


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Museum]:
    with Museum(tmp_path_factory.mktemp("museum")) as running:
        yield running


def head(museum: Museum, query: str = "scene=scene_1") -> bytes:
    """An opening as it goes over a bare socket."""
    return (
        f"GET /stream?{query} HTTP/1.1\r\nHost: {museum.url.removeprefix('http://')}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: chronotope.v1\r\n\r\n"
    ).encode()


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for what the server does on its side; it has no events for tests."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


def descriptors() -> int:
    """Files and sockets of this process, in which the server runs, too."""
    return len(list(Path("/proc/self/fd").iterdir()))


async def is_served(museum: Museum) -> bool:
    """Whether another client gets its scene meanwhile."""
    async with museum.client() as client:
        return len((await client.until(complete=True))[-1].nodes) > 60


async def ended(museum: Museum, message: str | bytes) -> int | None:
    """How a client that acknowledges nothing is closed after saying this."""
    async with museum.client() as client:
        with suppress(ConnectionClosed):
            await client.connection.send(message)
            async with asyncio.timeout(15):
                while True:
                    await client.connection.recv()
        return client.connection.close_code


async def test_random_bytes_end_the_stream_and_nobody_elses(museum: Museum):
    chance = random.Random(4)
    async with museum.client() as other:
        for _ in range(25):
            assert await ended(museum, chance.randbytes(chance.randrange(1, 3000))) in {4400, 1009}
        assert len((await other.until(complete=True))[-1].nodes) > 60


@pytest.mark.parametrize(
    "message",
    [
        Ack(0, 2**63),
        Ack(2**31, 0),
        Have(tuple(range(8000))),
        Budget(bytes=2**53, triangles=2**53, draws=2**53, textures=2**53),
        Look(1, (1e7, -1e7, 1e7), (0, 0, 0, 1), 3.0, 20.0, 16384, (3e38, 0, 0), (0, -3e38, 0), (1.0, -1.0)),
        Seek(1, "-9999/9999"),
        Seek(1, "{" + ",".join(str(1000 + year) for year in range(35)) + "}"),
    ],
)
async def test_absurd_wishes_and_claims_do_no_harm(museum: Museum, message: object):
    async with museum.client() as client:
        client.session._look = 1
        await client.connection.send(frames.encode(message))
        with suppress(ConnectionClosed):
            await client.until(complete=True)
        assert client.connection.close_code in {None, 4400}
    assert await is_served(museum)


async def test_nobody_gets_a_budget_that_no_device_has(museum: Museum):
    async with museum.client(replace(OPEN, bytes=2**53, textures=2**53)) as client:
        await client.until(complete=True)
        assert client.session.hello.budget.bytes == MOST.bytes
        assert client.session.hello.budget.textures == MOST.textures


async def test_half_a_frame_waits_without_harm_and_a_broken_one_ends(museum: Museum):
    host, port = museum.url.removeprefix("http://").split(":")
    for tail in (b"\x82\xff" + (2**62).to_bytes(8, "big"), b"\x82\xfe\xff", b"\xc2\x80mask", b"\x82\x03abc"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(head(museum) + tail)
        assert b"101" in await reader.readline()
        assert await is_served(museum)
        writer.transport.abort()
    assert await is_served(museum)


async def test_a_client_that_takes_nothing_is_closed_and_holds_up_nobody(museum: Museum, monkeypatch):
    # The patience itself is 20 s; what is tested is that it ends.
    monkeypatch.setattr(streaming.server, "STALL_S", 1.0)
    monkeypatch.setattr(stream_conversation, "STALL_S", 1.0)
    async with museum.client() as stalled:
        with suppress(ConnectionClosed):
            async with asyncio.timeout(10):
                while True:
                    stalled.session.receive(await stalled.connection.recv(), 0.0)  # received, never acknowledged
        assert stalled.connection.close_code == 4408
    assert await is_served(museum)


async def test_a_client_that_does_not_even_read_is_ended(museum: Museum, monkeypatch):
    monkeypatch.setattr(streaming.server, "STALL_S", 1.0)
    monkeypatch.setattr(stream_conversation, "STALL_S", 1.0)
    host, port = museum.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=64)
    writer.transport.pause_reading()
    writer.write(head(museum, "scene=scene_1&size=3000x2000&eye=0,20,30"))
    # Made by the first stream of an application, which this one may be.
    await until(lambda: hasattr(museum.app.state, "stream_shared"))
    shared: Shared = museum.app.state.stream_shared
    await until(lambda: bool(shared.parking._live))
    await until(lambda: not shared.parking._live)
    writer.transport.abort()
    del reader


async def test_one_address_has_so_many_streams_and_no_more(tmp_path: Path):
    with Museum(tmp_path, streams_per_address=3) as museum:
        near, far = ({"X-Forwarded-For": address} for address in ("203.0.113.7", "203.0.113.8"))
        clients: list[Client] = []
        stack = AsyncExitStack()
        for _ in range(3):
            clients.append(await stack.enter_async_context(museum.client(additional_headers=near)))
            await clients[-1].until(complete=True)
        assert await museum.close_code(additional_headers=near) == 4429
        assert await museum.close_code("x", additional_headers=far) == 4400  # it gets as far as its own fault
        assert await museum.close_code("x") == 4400  # this machine is not counted
        await clients[0].connection.close()
        await until(lambda: museum.app.state.stream_shared._addresses["203.0.113.7"] == 2)
        assert await museum.close_code("x", additional_headers=near) == 4400
        await stack.aclose()
        # Nothing is left of addresses that are gone.
        await until(lambda: not museum.app.state.stream_shared._addresses)


async def test_streams_are_counted_however_they_end(tmp_path: Path):
    with Museum(tmp_path, streams_per_address=2) as museum:
        shared = Shared(museum.services)
        for _ in range(5):
            with pytest.raises(StreamError, match="4404"), shared.counted("203.0.113.7"):
                raise StreamError("4404")
        with shared.counted("203.0.113.7"), shared.counted("203.0.113.7"):
            with pytest.raises(StreamError, match="more than 2"), shared.counted("203.0.113.7"):
                pass
            with shared.counted("2001:db8::1"), shared.counted(""):
                pass


async def test_a_hundred_openings_that_break_off_leave_nothing_behind(museum: Museum):
    host, port = museum.url.removeprefix("http://").split(":")
    chance = random.Random(7)
    before = descriptors()
    for _ in range(100):
        _, writer = await asyncio.open_connection(host, int(port))
        said = head(museum)
        writer.write(said[: chance.randrange(len(said) + 1)])
        await asyncio.sleep(0)
        # A reset in place of a close.
        writer.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))
        writer.transport.abort()
    assert await is_served(museum)
    await until(lambda: descriptors() <= before + 20)
    await until(lambda: not museum.app.state.stream_shared.parking._live)
