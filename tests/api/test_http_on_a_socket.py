"""What comes out where bytes go in, by a real server as `chronotope serve` runs it: one table, one museum for all."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import uvicorn

from api import connections
from api.app import create_app
from api.cli_serve import configured
from api.gate import BODY_PATIENCE_S, DEFAULT_HEADERS
from api.settings import Settings
from tests.api.museum import DRAFT_TILE, TILE, digest, write_museum

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = b"Host: 127.0.0.1\r\n"
FOREIGN = b"Host: stranger.example\r\n"
END = b"Connection: close\r\n\r\n"
STRANGER = b"Origin: https://stranger.example\r\n"
VERSION = b"Sec-WebSocket-Version: 13\r\n"
ONE = b"Content-Length: 1\r\n"
KEY = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
BLOB = f"/blobs/{digest(TILE)}.glb".encode()
NOTHING = b"/blobs/" + b"0" * 64


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(json.loads(self.body)["code"]) if "problem+json" in self.headers.get("content-type", "") else ""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    settings = Settings(data=tmp_path_factory.mktemp("served") / "museum", workers=0, public_url="https://museum.test")
    app = create_app(settings)
    write_museum(app.state.services)
    server = uvicorn.Server(configured(app, settings))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        serving.start()
        while not server.started:
            time.sleep(0.01)
        yield int(listening.getsockname()[1])
        server.should_exit = True
        serving.join()


def spoken(port: int, *pieces: bytes, pause_s: float = 0.0) -> bytes:
    """All that comes back until the server ends the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as peer:
        try:
            for piece in pieces:
                peer.sendall(piece)
                time.sleep(pause_s)
        except ConnectionError:
            pass  # it had heard enough
        found = b""
        try:
            while more := peer.recv(1 << 16):
                found += more
        except ConnectionError:
            pass
        return found


def answer_of(raw: bytes) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return Answer(int(first.split()[1]), headers, body)


def asked(target: bytes, *more: bytes, method: bytes = b"GET", version: bytes = b"1.1", host: bytes = HOST) -> bytes:
    return method + b" " + target + b" HTTP/" + version + b"\r\n" + host + b"".join(more) + END


def opened(target: bytes, *more: bytes, method: bytes = b"GET", host: bytes = HOST) -> bytes:
    """The opening of a WebSocket."""
    end = b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
    return method + b" " + target + b" HTTP/1.1\r\n" + host + b"".join(more) + end


def ranges(count: int, width: int) -> bytes:
    """Of one byte each, every so many bytes."""
    return b"Range: bytes=" + b",".join(b"%d-%d" % (width * n, width * n) for n in range(count)) + b"\r\n"


def posted(*more: bytes, body: bytes = b"") -> bytes:
    return asked(b"/graphql", *more, method=b"POST") + body


TABLE = {
    # methods
    **{
        f"{method.decode()} {path.decode()}": (asked(path, method=method), 405, "METHOD_NOT_ALLOWED")
        for method in (b"TRACE", b"PROPFIND", b"DELETE", b"PUT", b"CONNECT")
        for path in (b"/", b"/graphql", b"/livez", b"/scenes/x/tileset.json", NOTHING)
    },
    "a method that is none": (asked(b"/livez", method=b"BREW"), 400, "BAD_REQUEST"),
    "a method in small letters": (asked(b"/livez", method=b"get"), 400, "BAD_REQUEST"),
    "a tunnel": (asked(b"stranger.example:443", method=b"CONNECT", host=FOREIGN), 400, "BAD_REQUEST"),
    "GraphQL by GET": (asked(b"/graphql?query={me{name}}"), 405, "METHOD_NOT_ALLOWED"),
    **{
        f"GraphQL as {kind.decode()}": (posted(b"Content-Type: " + kind + b"\r\n", ONE, body=b"a"), 415, "MEDIA_TYPE")
        for kind in (b"application/x-www-form-urlencoded", b"text/plain", b"multipart/form-data; boundary=b")
    },
    # addresses
    **{
        path.decode("latin-1"): (asked(path), 404, "NOT_FOUND")
        for path in (
            b"/%00", b"/web/%00", b"/blobs/%2e%2e/%2e%2e/etc/passwd", b"/web/%2e%2e/%2e%2e/catalogue.db", b"/nothing",
            b"/web/../../catalogue.db", b"/web/..%2f..%2fcatalogue.db", b"/web/%2e%2e%5c", b"//stranger.example/",
            b"//", b"/\\..\\x", b"/%ff%fe", b"/%zz", b"/web/", b"/blobs/", b"/assets/", b"/docs/../secret-key",
            b"/exhibitions/%2e%2e/share.jpg", b"/scenes/%00/tileset.json", b"/redoc", b"/.git/config", NOTHING,
        )
    },
    "an address that is a draft's": (asked(b"/blobs/" + digest(DRAFT_TILE).encode()), 404, "NOT_FOUND"),
    "a page that is not there": (asked(b"/exhibitions/nothing"), 404, ""),
    "an address of 60 KB": (asked(b"/" + b"a" * 60_000), 404, "NOT_FOUND"),
    "an address of 66 KB": (asked(b"/" + b"a" * 66_000), 413, "LIMIT"),
    "a space in an address": (asked(b"/a b"), 400, "BAD_REQUEST"),
    "bytes that are no ASCII": (asked(b"/\xc3\xa9"), 400, "BAD_REQUEST"),
    "a whole address": (asked(b"http://127.0.0.1/livez"), 200, ""),
    "a whole address elsewhere": (asked(b"http://stranger.example/livez"), 400, "BAD_REQUEST"),
    "a whole address with a name before it": (asked(b"http://127.0.0.1@stranger.example/livez"), 400, "BAD_REQUEST"),
    # hosts and versions
    "HTTP/1.0": (asked(b"/livez", version=b"1.0"), 200, ""),
    "HTTP/1.0 without a host": (asked(b"/livez", version=b"1.0", host=b""), 400, "BAD_HOST"),
    "no host": (asked(b"/livez", host=b""), 400, "BAD_HOST"),
    "an empty host": (asked(b"/livez", host=b"Host: \r\n"), 400, "BAD_HOST"),
    "a foreign host": (asked(b"/livez", host=FOREIGN), 400, "BAD_HOST"),
    "two hosts": (asked(b"/livez", host=HOST + FOREIGN), 400, "BAD_HOST"),
    "HTTP/2.0": (asked(b"/livez", version=b"2.0"), 400, "BAD_REQUEST"),
    "HTTP/9.9": (asked(b"/livez", version=b"9.9"), 400, "BAD_REQUEST"),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, "BAD_REQUEST"),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "BAD_REQUEST"),
    # heads
    "a line of 100 KB": (asked(b"/livez", b"X: " + b"a" * 100_000 + b"\r\n"), 413, "LIMIT"),
    "a line of 60 KB": (asked(b"/livez", b"X: " + b"a" * 60_000 + b"\r\n"), 200, ""),
    "100 lines": (asked(b"/livez", b"X: a\r\n" * 100), 200, ""),
    "1,000 lines": (asked(b"/livez", b"X: a\r\n" * 1_000), 413, "LIMIT"),
    "a folded line": (asked(b"/livez", b"X: a\r\n b\r\n"), 400, "BAD_REQUEST"),
    "bare line feeds": (asked(b"/livez").replace(b"\r\n", b"\n"), 400, "BAD_REQUEST"),
    "a line without a colon": (asked(b"/livez", b"XY\r\n"), 400, "BAD_REQUEST"),
    "a name with a space": (asked(b"/livez", b"X Y: a\r\n"), 400, "BAD_REQUEST"),
    "a name that is empty": (asked(b"/livez", b": a\r\n"), 400, "BAD_REQUEST"),
    "a zero in a line": (asked(b"/livez", b"X: a\0b\r\n"), 400, "BAD_REQUEST"),
    # bodies
    "two lengths": (posted(b"Content-Length: 4\r\nContent-Length: 0\r\n", body=b"abcd"), 400, "BAD_REQUEST"),
    "a length and chunks": (
        posted(b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", body=b"0\r\n\r\n"), 400, "BAD_REQUEST",
    ),
    "a coding that is unknown": (posted(b"Transfer-Encoding: gzip\r\n", body=b"0\r\n\r\n"), 400, "BAD_REQUEST"),
    "a body that is announced too long": (posted(b"Content-Length: 9999999\r\n"), 413, "LIMIT"),
    "GraphQL of 65 KB": (
        posted(b"Content-Type: application/json\r\nContent-Length: 66000\r\n", body=b" " * 66_000), 413, "LIMIT",
    ),
    "an expectation": (posted(b"Expect: 200-maybe\r\n", ONE, body=b"a"), 415, "MEDIA_TYPE"),
    # ranges
    "17 ranges": (asked(BLOB, ranges(17, 2)), 416, "RANGE"),
    "16 ranges": (asked(BLOB, ranges(16, 2)), 206, ""),
    "ranges that overlap": (asked(BLOB, b"Range: bytes=0-,1-,2-,3-\r\n"), 206, ""),
    "a range behind the end": (asked(BLOB, b"Range: bytes=99999-\r\n"), 416, "RANGE"),
    # openings of WebSockets, and of what is none
    "an opening without a key": (opened(b"/stream", VERSION), 400, ""),
    "an opening of an old version": (opened(b"/stream", b"Sec-WebSocket-Version: 8\r\n", KEY), 400, ""),
    "an opening by POST": (opened(b"/stream", VERSION, KEY, b"Content-Length: 0\r\n", method=b"POST"), 405, ""),
    "an opening at no door": (opened(b"/nothing", VERSION, KEY), 404, "NOT_FOUND"),
    "an opening by a foreign host": (opened(b"/stream", VERSION, KEY, host=FOREIGN), 400, "BAD_HOST"),
    "an upgrade to nothing": (asked(b"/stream", b"Upgrade: nothing\r\n"), 404, "NOT_FOUND"),
    "an upgrade to HTTP/2": (asked(b"/livez", b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"), 200, ""),
    # other origins
    "a stranger's preflight of GraphQL": (
        asked(b"/graphql", STRANGER, b"Access-Control-Request-Method: POST\r\n", method=b"OPTIONS"),
        405, "METHOD_NOT_ALLOWED",
    ),
    "a stranger's preflight of an upload": (
        asked(b"/uploads", STRANGER, b"Access-Control-Request-Method: POST\r\n", method=b"OPTIONS"), 204, "",
    ),
    "a stranger's preflight of what is public": (
        asked(BLOB, STRANGER, b"Access-Control-Request-Method: GET\r\n", method=b"OPTIONS"), 204, "",
    ),
    "a stranger's GraphQL": (
        posted(STRANGER, b"Content-Type: application/json\r\nContent-Length: 2\r\n", body=b"{}"), 400, "",
    ),
    # pages
    **{each.decode(): (asked(each, STRANGER), 200, "") for each in (b"/docs", b"/sign-in", b"/metrics", b"/livez")},
    "a tile": (asked(BLOB, STRANGER), 200, ""),
}  # fmt: skip
"""what is sent, the status and code of the answer"""


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE.keys())
def test_what_is_sent_is_answered_as_the_table_says(port: int, row: tuple[bytes, int, str]) -> None:
    sent, status, code = row
    raw = spoken(port, sent)
    answer = answer_of(raw)
    assert (answer.status, answer.code) == (status, code), raw[:300]
    assert {name.lower() for name in DEFAULT_HEADERS} <= answer.headers.keys()
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "server" not in answer.headers
    assert b"Traceback" not in raw
    assert b"site-packages" not in raw
    assert len(answer.body) < 16 << 10
    is_public = re.match(rb"\w+ /(blobs|scenes|assets)/", sent) is not None
    assert answer.headers.get("access-control-allow-origin") in ((None, "*") if is_public else (None,))
    assert "access-control-allow-credentials" not in answer.headers
    if answer.code == "METHOD_NOT_ALLOWED":
        assert answer.headers["allow"] == ("POST" if b" /graphql" in sent else "GET, HEAD")


def test_behind_a_proxy_that_ends_tls_browsers_are_told_to_keep_to_it(port: int) -> None:
    for sent, is_told in ((b"X-Forwarded-Proto: https\r\n", True), (b"", False)):
        answer = answer_of(spoken(port, asked(b"/livez", sent)))
        assert ("strict-transport-security" in answer.headers) is is_told


def test_frames_that_are_none_end_a_socket(port: int) -> None:
    offer = b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
    raw = spoken(port, opened(b"/graphql", VERSION, KEY, offer), b"\xff" * 99)
    head, _, frames = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 ")
    assert frames[:1] == b"\x88"
    assert int.from_bytes(frames[2:4], "big") == 1002  # RFC 6455, 7.4.1: a protocol error


def test_a_head_that_comes_a_byte_at_a_time_is_given_up(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (connections.HEAD_PATIENCE_S, BODY_PATIENCE_S) == (10, 30)
    monkeypatch.setattr(connections, "HEAD_PATIENCE_S", 0.2)
    begun = time.monotonic()
    answer = answer_of(spoken(port, *(bytes((each,)) for each in asked(b"/livez", b"X: " + b"a" * 60)), pause_s=0.01))
    assert (answer.status, answer.code) == (408, "TIMEOUT")
    assert time.monotonic() - begun < 5
