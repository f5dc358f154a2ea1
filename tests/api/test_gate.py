from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from api import gate
from api.gate import BODY_LIMIT, Gate, host_name, own_names
from api.settings import Settings

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from tests.api.museum import Doors


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("museum.local", "museum.local"),
        ("Museum.LOCAL.:80", "museum.local"),
        ("[::1]:8000", "::1"),
        ("127.0.0.1:8000", "127.0.0.1"),
        ("a b", ""),
        ("a;connect-src *", ""),
        ("", ""),
        ("host:port", ""),
    ],
)
def test_host_names(header: str, name: str) -> None:
    assert host_name(header) == name


def test_own_names_are_those_of_the_machine_and_what_is_set() -> None:
    names = own_names(Settings(public_url="https://Museum.example/x", trusted_hosts=("Tunnel.example",)))
    assert {"localhost", "museum.example", "tunnel.example", socket.gethostname().lower()} <= names


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000", "192.168.7.7", "localhost", "LOCALHOST:80"])
async def test_addresses_and_localhost_are_answered_to(doors: Doors, host: str) -> None:
    assert (await doors.client.get("/livez", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", "a b"])
async def test_a_foreign_name_is_refused(doors: Doors, host: str) -> None:
    answer = await doors.client.get("/livez", headers={"Host": host})
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_HOST")


async def test_a_foreign_name_opens_no_websocket() -> None:
    sent: list[Message] = []

    async def never(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("let through")

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/stream", "headers": [(b"host", b"evil.example")]}
    await Gate(never, settings=Settings())(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 4400, "reason": "BAD_HOST"}]


async def test_two_names_are_refused(doors: Doors) -> None:
    answer = await doors.client.get("/livez", headers=[("Host", "localhost"), ("Host", "evil.example")])
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_HOST")


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(doors: Doors) -> None:
    answer = await doors.client.post("/graphql", content=b"x" * (BODY_LIMIT + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "LIMIT")


async def _post(chunks: list[Message], **headers: str) -> list[Message]:
    """What the gate lets out where the door reads the whole body."""
    sent: list[Message] = []
    coming = iter(chunks)

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"read"})

    async def receive() -> Message:
        message = next(coming, None)
        if message is None:
            raise TimeoutError
        return message

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "headers": [(b"host", b"localhost"), *((k.replace("_", "-").encode(), v.encode()) for k, v in headers.items())],
    }
    await Gate(door, settings=Settings())(scope, receive, send)
    return sent


async def test_a_body_without_an_announced_length_is_counted() -> None:
    piece: Message = {"type": "http.request", "body": b"x" * (BODY_LIMIT // 2 + 1), "more_body": True}
    sent = await _post([piece, piece, piece])
    assert sent[0]["status"] == 413


async def test_a_length_that_is_no_number_is_refused() -> None:
    assert (await _post([], content_length="1e3"))[0]["status"] == 400


async def test_a_body_that_stops_coming_is_given_up() -> None:
    first: Message = {"type": "http.request", "body": b"x", "more_body": True}
    sent = await _post([first])
    assert sent[0]["status"] == 408


async def test_answers_are_guarded_unless_their_door_says_otherwise(doors: Doors) -> None:
    headers = (await doors.client.get("/livez")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers


async def test_another_origin_may_learn_why_it_got_nothing_public(doors: Doors) -> None:
    answer = await doors.client.get("/scenes/scene_open/tileset.json?at=never")
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (400, "*")


def test_patience_is_as_the_security_page_says() -> None:
    assert gate.BODY_PATIENCE_S == 30
