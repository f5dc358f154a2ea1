from __future__ import annotations

import asyncio
import base64
import json
import sys
from typing import TYPE_CHECKING

import pytest
import uvicorn
import uvloop
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState
from websockets.asyncio.client import connect

from api import connections
from api.connections import BUFFERS, PATH, Http, Socket, path_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive, Scope, Send

HEAD = b"GET / HTTP/1.1\r\nHost: museum\r\n"
OPENING = (
    b"Host: museum\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\r\n\r\n"
)


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        return
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"8")]})
    await send({"type": "http.response.body", "body": b"%8d" % length})


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(_app, http=Http, ws=Socket, lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: Http(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    yield int(server.sockets[0].getsockname()[1])
    server.close()


async def _answer(port: int, *pieces: bytes) -> bytes:
    """All that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.02)
    except ConnectionError:
        pass
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""  # it was closed while more was sent
    finally:
        writer.close()


def _problem(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    assert b"connection: close" in head
    return int(head.split(b" ")[1]), json.loads(body)["code"]


@pytest.mark.parametrize(
    "begin",
    [
        HEAD + b"X: ",
        b"GET /",
        b"POST / HTTP/1.1\r\nHost: museum\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX: ",
        b"POST / HTTP/1.1\r\nHost: museum\r\nTransfer-Encoding: chunked\r\n\r\n1;",
    ],
)
async def test_a_head_without_end_ends_the_connection(port: int, begin: bytes) -> None:
    answer = await _answer(port, begin, *[b"a" * 20_000] * 4)
    # Where the doors wait for a body they are told that the client is gone.
    assert not answer or _problem(answer) == (413, "LIMIT")
    assert answer or b"chunked" in begin


async def test_headers_without_end_end_the_connection(port: int) -> None:
    answer = await _answer(port, HEAD, *[b"X-Y: 1\r\n" * 2000] * 5)
    assert _problem(answer) == (413, "LIMIT")


POST = b"POST / HTTP/1.1\r\nHost: museum\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: museum\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("head", [
    b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    b"Content-Length: 4\r\nContent-Length: 0\r\n\r\n",
    b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    b"Content-Length: 0, 4\r\n\r\n",
    b"Content-Length: +4\r\n\r\nabcd",
    b"Content-Length: -1\r\n\r\n",
    b"Content-Length: 0x4\r\n\r\nabcd",
    b"Content-Length: " + b"9" * 40 + b"\r\n\r\n",
    b"Content-Length: \r\n\r\n",
    b"Content-Length : 4\r\n\r\nabcd",
    b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: identity\r\n\r\n",
    b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    b"X: a\r\n b\r\n\r\n",
    b"X: a\nContent-Length: 0\r\n\r\n",
    b"X: a\rContent-Length: 4\r\n\r\nabcd",
    b"X: a\0b\r\nContent-Length: 0\r\n\r\n",
])  # fmt: skip
async def test_a_request_whose_end_is_in_doubt_is_refused_and_so_is_what_follows(port: int, head: bytes) -> None:
    assert _problem(await _answer(port, POST + head + SMUGGLED)) == (400, "BAD_REQUEST")


async def test_a_head_by_bare_line_feeds_is_refused(port: int) -> None:
    answer = await _answer(port, POST.replace(b"\r\n", b"\n") + b"Content-Length: 0\n\n" + SMUGGLED)
    assert _problem(answer) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("chunks", [
    b"1\nx\n0\n\n", b"1;a\nx\r\n0\r\n\r\n", b"0x1\r\nx\r\n0\r\n\r\n", b"+1\r\nx\r\n0\r\n\r\n", b"1 \r\nx\r\n0\r\n\r\n",
    b"f" * 17 + b"\r\nx\r\n0\r\n\r\n", b"1\r\nxx\r\n0\r\n\r\n", b"0\r\nContent-Length: 40\r\n\r\n",
])  # fmt: skip
async def test_chunks_whose_end_is_in_doubt_end_the_connection(port: int, chunks: bytes) -> None:
    assert await _answer(port, CHUNKED + chunks + SMUGGLED) == b""


async def test_a_flood_around_small_chunks_ends_the_connection(port: int) -> None:
    # Each brings a byte of the body, so that it is no head without end.
    assert await _answer(port, CHUNKED, *[(b"1;" + b"a" * 9000 + b"\r\nx\r\n") * 4] * 4) == b""
    small = CHUNKED + b"1\r\nx\r\n" * 50_000 + b"0\r\n\r\n" + SMUGGLED
    assert (await _answer(port, small)).count(b"HTTP/1.1 200") == 2


async def test_a_large_body_is_no_head(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: museum\r\nConnection: close\r\nContent-Length: 400000\r\n\r\n"
    assert (await _answer(port, head, *[b"a" * 100_000] * 4)).endswith(b"  400000")


async def test_many_requests_on_a_connection_are_counted_each_for_itself(port: int) -> None:
    request = HEAD + b"X: " + b"a" * 20_000 + b"\r\n"
    answer = await _answer(port, *[request + b"\r\n"] * 6, request + b"Connection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200") == 7


@pytest.mark.parametrize("begin", [b"", b"GET / HT", HEAD, HEAD + b"\r\n" + HEAD])
async def test_a_head_that_does_not_come_ends_the_connection(
    port: int, begin: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_PATIENCE_S", 0.2)
    answer = await _answer(port, begin)
    if not begin:
        assert answer == b""
    else:
        assert _problem(answer[answer.rindex(b"HTTP/1.1") :]) == (408, "TIMEOUT")


async def test_a_whole_head_has_all_the_time(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_PATIENCE_S", 0.05)
    head = b"POST / HTTP/1.1\r\nHost: museum\r\nConnection: close\r\nContent-Length: 4\r\n\r\n"
    assert (await _answer(port, head, *[b""] * 10, b"late")).endswith(b"       4")


async def test_what_is_not_http_is_answered_with_a_code(port: int) -> None:
    assert _problem(await _answer(port, b"\x16\x03\x01\x02\x00")) == (400, "BAD_REQUEST")


async def test_a_websocket_is_opened(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /stream HTTP/1.1\r\n" + OPENING)
    assert (await asyncio.wait_for(reader.readline(), 10)).startswith(b"HTTP/1.1 101")
    writer.close()


@pytest.mark.parametrize(
    ("request_line", "more", "status"),
    [(b"GET /stream?x=" + b"a" * 9000, b"", b"414"), (b"GET /stream", b"X: " + b"a" * 9000 + b"\r\n", b"431")],
)
async def test_an_opening_that_is_too_long_is_answered(
    port: int, request_line: bytes, more: bytes, status: bytes
) -> None:
    answer = await _answer(port, request_line + b" HTTP/1.1\r\n" + more + OPENING)
    assert answer.startswith(b"HTTP/1.1 " + status)


async def test_messages_in_pieces_arrive_as_they_would_in_one() -> None:
    sizes = (0, 1, 125, 126, 65_535, 65_536, 200_000)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        assert BUFFERS in scope["extensions"]
        pieces = [(bytes(size // 2), memoryview(b"x" * (size - size // 2))) for size in sizes]
        await send({"type": "websocket.send", "buffers": pieces[:3]})
        await send({"type": "websocket.send", "text": "between"})
        await send({"type": "websocket.send", "buffers": pieces[3:]})
        await send({"type": "websocket.close", "code": 1000})
        with pytest.raises((RuntimeError, ClientDisconnected)):
            await send({"type": "websocket.send", "buffers": [(b"late",)]})

    config = uvicorn.Config(app, http=Http, ws=Socket, lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: Http(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    async with server, connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", proxy=None) as socket:
        messages = [message async for message in socket]
    assert messages.pop(3) == "between"
    assert messages == [bytes(size // 2) + b"x" * (size - size // 2) for size in sizes]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
async def test_what_tcp_knows_of_the_path_can_be_asked():
    paths: list[tuple[int, bool]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        paths.append(scope["extensions"][PATH]())

    config = uvicorn.Config(app, http=Http, ws=Socket, lifespan="off", log_config=None, access_log=False)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: Http(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    async with server, connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"):
        pass
    assert [stranded for stranded, _ in paths] == [0], "nothing is lost on loopback"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_nothing_is_known_of_a_connection_that_is_gone(loop):
    async def outlive_it() -> tuple[int, bool]:
        gone = asyncio.get_running_loop().create_future()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await receive()
            await send({"type": "websocket.accept"})
            while (await receive())["type"] != "websocket.disconnect":
                pass
            await asyncio.sleep(0.05)  # the descriptor is closed in a later turn of the loop
            gone.set_result(scope["extensions"][PATH])

        config = uvicorn.Config(app, http=Http, ws=Socket, lifespan="off", log_config=None, access_log=False)
        config.load()
        server = await asyncio.get_running_loop().create_server(
            lambda: Http(config=config, server_state=ServerState(), app_state={}), "127.0.0.1", 0
        )
        async with server:
            async with connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"):
                pass
            path = await gone
            return path()

    with asyncio.Runner(loop_factory=loop) as runner:
        assert runner.run(outlive_it()) == (0, False)


@pytest.mark.parametrize(
    ("segments", "round_trip_us", "expected"),
    [(0, 50_000, (0, False)), (7, 74_000, (7 * 1448, False)), (7, 76_000, (7 * 1448, True))],
)
def test_bytes_behind_a_loss_and_a_long_queue_are_read_off_tcp_info(segments, round_trip_us, expected):
    info = bytearray(152)
    for at, value in ((16, 1448), (28, segments), (68, round_trip_us), (148, 50_000)):
        info[at : at + 4] = value.to_bytes(4, sys.byteorder)
    assert path_of(bytes(info)) == expected


def test_nothing_is_known_of_what_is_not_tcp():
    assert path_of(b"") == (0, False)
