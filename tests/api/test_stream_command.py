"""`chronotope stream` where the wire breaks: it goes on with its session."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from api.cli_stream import receive
from api.errors import DoorError
from tests.api.stream_museum import OPEN, Museum


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Museum]:
    with Museum(tmp_path_factory.mktemp("museum")) as running:
        yield running


@asynccontextmanager
async def breaking_wire(museum: Museum, *carried: int) -> AsyncIterator[str]:
    """Address of a wire to the museum that breaks after so many bytes from the server, each time it is opened anew."""
    host, port = museum.url.removeprefix("http://").split(":")
    lengths = list(carried)
    tasks: set[asyncio.Task[None]] = set()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = lengths.pop(0) if lengths else 1 << 40
        up_reader, up_writer = await asyncio.open_connection(host, int(port))

        async def upwards() -> None:
            while data := await reader.read(65536):
                up_writer.write(data)

        task = asyncio.create_task(upwards())
        tasks.add(task)
        try:
            while data := await up_reader.read(4096):
                writer.write(data[:left])
                left -= len(data)
                if left <= 0:
                    await writer.drain()
                    break
        finally:
            task.cancel()
            writer.transport.abort()
            up_writer.transport.abort()

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_it_goes_on_where_the_wire_broke_and_nothing_comes_twice(museum: Museum):
    whole = await receive(museum.url, OPEN, seeks=["-0550"])
    told: list[tuple[str, dict[str, Any]]] = []
    async with breaking_wire(museum, 9_000, 60_000, 5_000) as url:
        report = await receive(url, OPEN, seeks=["-0550"], tell=lambda kind, members: told.append((kind, members)))
    assert [kind for kind, _ in told].count("broken") == 3
    assert [members["resumed"] for kind, members in told if kind == "hello"] == [False, True, True, True]
    assert [step.tiles for step in report.steps] == [step.tiles for step in whole.steps]
    files = [members["digest"] for kind, members in told if kind == "file"]
    assert len(files) == len(set(files)) == sum(step.files for step in whole.steps)


async def test_a_wire_that_breaks_again_and_again_is_given_up(museum: Museum, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("api.cli_stream._PAUSE_S", 0.0)
    async with breaking_wire(museum, 9_000, *[200] * 20) as url:
        with pytest.raises(DoorError) as caught:
            await receive(url, OPEN)
    assert caught.value.code == "UNAVAILABLE"
