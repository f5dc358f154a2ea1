"""graphql-transport-ws over a real socket: every row of its table, subscriptions that follow a job and a scene."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect

from api import errors, graphql_socket
from api.auth import make_token
from api.schema import SCHEMA, admit, router
from api.services import Services, open_services
from api.settings import Settings
from scenes import compose
from scenes.model import Actor, JobState, Layer, Role
from scenes.ports import Notice
from storage.catalogue_sqlite import SqliteCatalogue
from tests.api.museum import write_museum
from tests.contracts.samples import job

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.websockets import WebSocket

INES = Actor("ines", Role.CURATOR)
ME = {"query": "{ me { name } }"}
WATCH_JOB = {"query": 'subscription { job(id: "job_a") { state progress message asset { id } } }'}
WATCH_SCENE = "subscription ($id: ID!, $since: Int) { sceneChanged(id: $id, since: $since) { number author reason } }"
IMPATIENT_S = 0.05


@dataclass(frozen=True)
class Museum:
    """A served museum."""

    url: str
    services: Services
    token: str
    folder: Path

    def change(self, reason: str, *, scene: str = "scene_open", services: Services | None = None) -> int:
        done = compose.create(Layer, services or self.services, INES, scene=scene, title="L", reason=reason)
        return done.revision.number

    def report(self, progress: float) -> None:
        at = self.services.clock.now()
        assert self.services.jobs.report("job_a", worker="w", progress=progress, message="on it", at=at, seconds=60)
        self.services.bus.publish(Notice("job_a"))


@pytest.fixture
async def museum(tmp_path: Path) -> AsyncIterator[Museum]:
    with open_services(Settings(data=tmp_path)) as services:
        write_museum(services)
        app = FastAPI()
        errors.install(app)
        app.include_router(router(services))

        async def impatient(websocket: WebSocket) -> None:
            await graphql_socket.serve(websocket, services, SCHEMA, admit, init_s=IMPATIENT_S)

        app.router.routes.append(WebSocketRoute("/impatient", impatient))
        server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 uvicorn offers nothing to wait for
            await asyncio.sleep(0)
        port = server.servers[0].sockets[0].getsockname()[1]
        token = make_token(services.tokens, INES, at=services.clock.now())
        yield Museum(f"ws://127.0.0.1:{port}", services, token, tmp_path)
        server.should_exit = True
        await serving


@dataclass(frozen=True)
class Peer:
    """A client that says what the test tells it to."""

    socket: ClientConnection

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(self.socket.recv(), 20))
        return message

    async def begin(self, name: str, payload: dict[str, Any], **variables: Any) -> None:
        await self.say(id=name, type="subscribe", payload=payload | ({"variables": variables} if variables else {}))

    async def next(self, name: str) -> Any:
        message = await self.hear()
        assert (message["type"], message["id"]) == ("next", name), message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def closed(self) -> int:
        await asyncio.wait_for(self.socket.wait_closed(), 20)
        assert self.socket.close_code is not None
        return self.socket.close_code


@asynccontextmanager
async def opened(
    museum: Museum, *, path: str = "/graphql", token: str | None = None, subprotocols: tuple[str, ...] | None = None
) -> AsyncIterator[Peer]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    offered = ("graphql-transport-ws",) if subprotocols is None else subprotocols
    async with connect(
        museum.url + path, subprotocols=list(offered) or None, additional_headers=headers, max_size=None
    ) as socket:
        yield Peer(socket)


@asynccontextmanager
async def greeted(museum: Museum, *, curator: bool = True) -> AsyncIterator[Peer]:
    async with opened(museum, token=museum.token if curator else None) as peer:
        await peer.say(type="connection_init")
        assert await peer.hear() == {"type": "connection_ack"}
        yield peer


async def test_queries_and_mutations_are_answered_and_completed(museum: Museum) -> None:
    async with greeted(museum) as peer:
        for name in ("1", "1"):  # An id is free again once it is complete.
            await peer.begin(name, ME)
            assert await peer.next(name) == {"me": {"name": "ines"}}
            assert await peer.hear() == {"type": "complete", "id": name}
        await peer.begin(
            "m", {"query": 'mutation { createLayer(input: {scene: "scene_open", title: "W"}) { layer { title } } }'}
        )
        assert await peer.next("m") == {"createLayer": {"layer": {"title": "W"}}}


async def test_a_job_is_followed_from_what_it_is_until_it_ends(museum: Museum) -> None:
    services = museum.services
    services.jobs.enqueue(job(subject="asset_temple"))
    async with greeted(museum) as peer:
        await peer.begin("1", WATCH_JOB)
        first = (await peer.next("1"))["job"]
        assert first == {"state": "QUEUED", "progress": 0.0, "message": "waiting", "asset": {"id": "asset_temple"}}
        services.jobs.lease(worker="w", at=services.clock.now(), seconds=60)
        services.bus.publish(Notice("job_a"))
        assert (await peer.next("1"))["job"]["state"] == "RUNNING"
        # Workers are other threads.
        worker = threading.Thread(target=museum.report, args=(0.5,))
        worker.start()
        assert (await peer.next("1"))["job"]["progress"] == 0.5
        worker.join()
        services.jobs.finish(
            "job_a", worker="w", state=JobState.REJECTED, message="no GLB", code="MALFORMED", at=services.clock.now()
        )
        services.bus.publish(Notice("job_a"))
        assert (await peer.next("1"))["job"]["message"] == "no GLB"
        assert await peer.hear() == {"type": "complete", "id": "1"}


async def test_a_job_that_another_process_does_is_followed_without_notices(museum: Museum) -> None:
    museum.services.jobs.enqueue(job(subject="asset_temple"))
    elsewhere = SqliteCatalogue(museum.services.settings.database_path)
    async with greeted(museum) as peer:
        await peer.begin("1", WATCH_JOB)
        assert (await peer.next("1"))["job"]["state"] == "QUEUED"
        elsewhere.lease(worker="w", at=museum.services.clock.now(), seconds=60)
        assert (await peer.next("1"))["job"]["state"] == "RUNNING"
    elsewhere.close()


async def test_a_job_that_has_ended_is_told_once(museum: Museum) -> None:
    museum.services.jobs.enqueue(job())
    museum.services.jobs.cancel("job_a", at=museum.services.clock.now())
    async with greeted(museum) as peer:
        await peer.begin("1", WATCH_JOB)
        assert (await peer.next("1"))["job"]["state"] == "CANCELLED"
        assert (await peer.hear())["type"] == "complete"


async def test_changes_of_a_scene_arrive_in_order_and_of_no_other(museum: Museum) -> None:
    known = museum.change("before")
    async with greeted(museum, curator=False) as peer:
        await peer.begin("1", {"query": WATCH_SCENE}, id="scene_open", since=known - 1)
        assert (await peer.next("1"))["sceneChanged"] == {"number": known, "author": "ines", "reason": "before"}
        museum.change("elsewhere", scene="scene_draft")
        numbers = [museum.change(f"change {n}") for n in range(3)]
        heard = [(await peer.next("1"))["sceneChanged"] for _ in range(3)]
        assert [each["number"] for each in heard] == numbers
        assert [each["reason"] for each in heard] == ["change 0", "change 1", "change 2"]
        await peer.say(id="1", type="complete")
        await peer.begin("2", ME)
        museum.change("unheard")
        assert await peer.next("2") == {"me": {"name": "anonymous"}}


async def test_without_a_start_only_what_changes_from_now_on_is_told(museum: Museum) -> None:
    museum.change("before")
    async with greeted(museum) as peer:
        await peer.begin("1", {"query": WATCH_SCENE}, id="scene_open")
        # Until the watcher has begun its first change may fall before it, so change until it hears.
        hearing = asyncio.create_task(peer.next("1"))
        numbers = []
        while not hearing.done():
            numbers.append(await asyncio.to_thread(museum.change, "after"))
            await asyncio.wait([hearing], timeout=0.05)
        first = hearing.result()["sceneChanged"]
        assert first["number"] in numbers
        assert first["reason"] == "after"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('subscription { job(id: "job_x") { state } }', "NOT_FOUND"),
        ('subscription { job(id: "scene_open") { state } }', "NOT_FOUND"),
        ('subscription { sceneChanged(id: "scene_draft") { number } }', "NOT_FOUND"),
        ('subscription { sceneChanged(id: "asset_temple") { number } }', "NOT_FOUND"),
        ('{ node(id: "scene_x") { id } }', "NOT_FOUND"),
        ("subscription { nothing }", "BAD_REQUEST"),
        ("subscription {", "BAD_REQUEST"),
        ("{" + "a{" * 20 + "b" + "}" * 21, "LIMIT"),
    ],
)
async def test_what_cannot_be_watched_is_refused_with_a_code_and_the_socket_stays(
    museum: Museum, query: str, code: str
) -> None:
    async with greeted(museum, curator=False) as peer:
        await peer.begin("1", {"query": query})
        message = await peer.hear()
        found = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert [each["extensions"]["code"] for each in found] == [code]
        if message["type"] == "next":
            assert await peer.hear() == {"type": "complete", "id": "1"}
        await peer.say(type="ping")
        assert await peer.hear() == {"type": "pong"}


async def test_visitors_do_not_watch_jobs(museum: Museum) -> None:
    museum.services.jobs.enqueue(job())
    async with greeted(museum, curator=False) as peer:
        await peer.begin("1", WATCH_JOB)
        message = await peer.hear()
        assert "NOT_FOUND" in json.dumps(message)


async def test_a_scene_that_is_taken_back_is_no_longer_told_of(museum: Museum) -> None:
    known = museum.change("before")
    async with greeted(museum, curator=False) as peer:
        await peer.begin("1", {"query": WATCH_SCENE}, id="scene_open", since=known - 1)
        await peer.next("1")
        compose.unpublish_exhibition(museum.services, INES, "exhibition_open")
        message = await peer.hear()
        assert message["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (['{"type": "subscribe", "id": "1", "payload": {"query": "{ me { name } }"}}'], 4401),
        (['{"type": "connection_init"}', '{"type": "connection_init"}'], 4429),
        (['{"type": "connection_init", "payload": []}'], 4400),
        (['{"type": "connection_init", "payload": {"token": "nonsense"}}'], 4403),
        (['{"type": "connection_init", "payload": {"token": 7}}'], 4403),
        (["nonsense"], 4400),
        (["[]"], 4400),
        (['"connection_init"'], 4400),
        (["[" * 50_000], 4400),
        ([b"\x00"], 4400),
        (["{}"], 4400),
        (['{"type": "nonsense"}'], 4400),
        (['{"type": "connection_init"}', '{"type": "subscribe"}'], 4400),
        (['{"type": "connection_init"}', '{"type": "subscribe", "id": "1"}'], 4400),
        (['{"type": "connection_init"}', '{"type": "subscribe", "id": 1, "payload": {}}'], 4400),
        (['{"type": "connection_init"}', '{"type": "complete"}'], 4400),
        (["x" * (70 << 10)], 1009),
    ],
)
async def test_what_breaks_the_protocol_closes_the_socket_with_its_code(
    museum: Museum, messages: list[str | bytes], code: int
) -> None:
    async with opened(museum) as peer:
        for message in messages:
            await peer.socket.send(message)
        assert await peer.closed() == code


async def test_the_same_id_twice_at_a_time_closes_the_socket(museum: Museum) -> None:
    async with greeted(museum) as peer:
        for _ in range(2):
            await peer.begin("1", {"query": WATCH_SCENE}, id="scene_open")
        assert await peer.closed() == 4409


async def test_who_says_nothing_is_sent_away(museum: Museum) -> None:
    async with opened(museum, path="/impatient") as peer:
        assert await peer.closed() == 4408


async def test_who_greeted_is_not_sent_away(museum: Museum) -> None:
    async with opened(museum, path="/impatient") as peer:
        await peer.say(type="connection_init")
        await peer.hear()
        await asyncio.sleep(IMPATIENT_S * 2)
        await peer.say(type="ping", payload={"at": 1})
        assert await peer.hear() == {"type": "pong"}


@pytest.mark.parametrize("subprotocols", [(), ("graphql-ws",), ("chronotope.v1",)])
async def test_another_subprotocol_is_not_spoken(museum: Museum, subprotocols: tuple[str, ...]) -> None:
    async with opened(museum, subprotocols=subprotocols) as peer:
        assert await peer.closed() == 4406


async def test_a_token_may_come_in_the_header_the_address_or_the_greeting(museum: Museum) -> None:
    for path, token, payload in (
        ("/graphql", museum.token, None),
        (f"/graphql?token={museum.token}", None, {}),
        ("/graphql", None, {"token": museum.token}),
    ):
        async with opened(museum, path=path, token=token) as peer:
            await peer.say(type="connection_init", payload=payload)
            await peer.hear()
            await peer.begin("1", ME)
            assert await peer.next("1") == {"me": {"name": "ines"}}
    async with opened(museum, token="nonsense") as peer:
        assert await peer.closed() == 4401


async def test_no_more_than_fifty_operations_run_at_a_time(museum: Museum) -> None:
    async with greeted(museum) as peer:
        for n in range(51):
            await peer.begin(str(n), {"query": WATCH_SCENE}, id="scene_open")
        message = await peer.hear()
        assert (message["type"], message["id"]) == ("error", "50")
        assert message["payload"][0]["extensions"]["code"] == "LIMIT"


async def test_nobody_listens_any_more_once_the_socket_is_gone(museum: Museum) -> None:
    listeners = museum.services.bus._listeners  # type: ignore[attr-defined]
    known = museum.change("before")
    async with greeted(museum) as peer:
        await peer.begin("1", {"query": WATCH_SCENE}, id="scene_open", since=known - 1)
        await peer.next("1")
        assert list(listeners) == ["scene_open"]
    async with asyncio.timeout(20):
        while listeners:  # noqa: ASYNC110 the end of a socket is told to nobody
            await asyncio.sleep(0.01)
