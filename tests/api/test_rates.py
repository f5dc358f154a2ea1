"""Shares, as the doors keep them: the clock stands still, so nothing comes back."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from api.app import create_app
from api.auth import make_token
from api.connections import Http, Socket
from api.gate import Gate
from api.rates import door_points, payer
from api.settings import Settings, SettingsError, from_environment
from scenes.model import Actor, Role
from tests.api.museum import write_museum

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from api.services import Services

CLASS = "198.51.100.7"
OTHER = "198.51.100.8"
ME = {"query": "{ me { name } }"}


@asynccontextmanager
async def served(tmp_path: Path, **settings: str) -> AsyncIterator[tuple[str, Services]]:
    """A museum that listens for real, its clock of shares at a standstill; requests say for whom they come."""
    app = create_app(Settings(data=tmp_path / "museum", workers=0, **settings))
    (own,) = (each for each in app.user_middleware if each.cls is Gate)
    own.kwargs["monotonic"] = lambda: 0.0
    async with app.router.lifespan_context(app):
        write_museum(app.state.services)
        config = uvicorn.Config(app, http=Http, ws=Socket, lifespan="off", log_config=None, access_log=False)
        config.load()
        state = ServerState()
        server = await asyncio.get_running_loop().create_server(
            lambda: Http(config=config, server_state=state, app_state={}), "127.0.0.1", 0
        )
        async with server:
            yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}", app.state.services
            for connection in list(state.connections):
                connection.shutdown()


def of(address: str, token: str = "") -> dict[str, str]:
    return {"X-Forwarded-For": address} | ({"Authorization": f"Bearer {token}"} if token else {})


async def test_who_spent_their_share_is_told_when_to_come_again(tmp_path):
    async with (
        served(tmp_path, rate_per_address="2,40") as (at, _),
        httpx.AsyncClient(base_url=f"http://{at}") as client,
    ):
        statuses = [(await client.get("/oembed", headers=of(CLASS))).status_code for _ in range(8)]
        assert statuses.count(429) == 0
        refused = await client.get("/oembed", headers=of(CLASS))
        assert (refused.status_code, refused.json()["code"]) == (429, "FLOOD")
        # 5 points at 2 a second.
        assert refused.headers["retry-after"] == "3"
        assert refused.headers["x-content-type-options"] == "nosniff"
        query = await client.post("/graphql", json=ME, headers=of(CLASS))
        assert (query.status_code, query.json()["code"]) == (429, "FLOOD")
        assert (await client.get("/oembed", headers=of(OTHER))).status_code != 429
        assert (await client.get("/oembed")).status_code != 429, "this machine itself is not counted"
        with pytest.raises(InvalidStatus) as caught:
            await connect(f"ws://{at}/stream", additional_headers=of(CLASS), proxy=None)
        assert caught.value.response.status_code == 429
        assert caught.value.response.headers["retry-after"] == "10"


async def test_graphql_costs_what_it_asks_for(tmp_path):
    dear = {"query": "{ scenes(first: 1000) { edges { node { id title description } } } }"}
    async with (
        served(tmp_path, rate_per_address="1,52") as (at, _),
        httpx.AsyncClient(base_url=f"http://{at}") as client,
    ):
        assert (await client.post("/graphql", json=dear, headers=of(CLASS))).status_code == 200
        answers = [await client.post("/graphql", json=dear, headers=of(CLASS)) for _ in range(2)]
        assert [each.status_code for each in answers] == [429, 429]
        assert [(await client.post("/graphql", json=ME, headers=of(OTHER))).status_code for _ in range(10)] == [
            200
        ] * 10


async def test_operations_over_a_socket_cost_as_much(tmp_path):
    async with served(tmp_path, rate_per_address="1,50") as (at, _):
        codes = []
        async with connect(
            f"ws://{at}/graphql", subprotocols=["graphql-transport-ws"], additional_headers=of(CLASS), proxy=None
        ) as socket:
            await socket.send('{"type": "connection_init"}')
            await socket.recv()
            for number in range(12):
                await socket.send(
                    f'{{"id": "{number}", "type": "subscribe", "payload": {{"query": "{{me{{name}}}}"}}}}'
                )
                text = str(await socket.recv())
                codes.append("FLOOD" in text)
                if not codes[-1]:
                    await socket.recv()
        assert codes == [False] * 8 + [True] * 4


async def test_a_token_is_one_actor_from_whichever_addresses(tmp_path):
    async with (
        served(tmp_path, rate_per_actor="1,30") as (at, services),
        httpx.AsyncClient(base_url=f"http://{at}") as client,
    ):
        ines, omar = (
            make_token(services.tokens, Actor(name, Role.CURATOR), at=services.clock.now()) for name in ("ines", "omar")
        )
        codes = [
            (await client.post("/graphql", json=ME, headers=of(f"198.51.100.{n}", ines))).status_code for n in range(9)
        ]
        assert codes == [200] * 5 + [429] * 4
        assert (await client.post("/graphql", json=ME, headers=of(CLASS, omar))).status_code == 200
        assert (await client.post("/graphql", json=ME, headers=of(CLASS))).status_code == 200
        async with connect(f"ws://{at}/stream?scene=scene_open&token={ines}", subprotocols=["chronotope.v1"],
                           additional_headers=of(OTHER), proxy=None) as socket:  # fmt: skip
            with pytest.raises(ConnectionClosedError) as caught:
                await socket.recv()
        assert caught.value.rcvd is not None
        assert caught.value.rcvd.code == 4429


def test_a_class_behind_one_address_sees_an_exhibition():
    """30 children open an exhibition: its page, what it loads, four queries of the viewer's size, a stream."""
    once = (
        door_points("GET", "/exhibitions/terrace")
        + 40 * door_points("GET", "/web/main.js")
        + 100 * door_points("GET", "/blobs/ab.glb")
        + 4 * (door_points("POST", "/graphql") + 25)
        + door_points("GET", "/stream")
    )
    assert 30 * 3 * once < Settings().address_budget.burst


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:0:7::1", "2001:db8:0:7:ffff::2", True),
        ("2001:db8:0:7::1", "2001:db8:0:8::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("::ffff:198.51.100.7", CLASS, True),
        (CLASS, OTHER, False),
        ("unknown", "unix:", False),
    ],
)
def test_whose_share_an_address_is(one, other, same):
    assert (payer(one) == payer(other)) is same
    assert payer(one) is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"])
def test_this_machine_pays_nothing(host):
    assert payer(host) is None


def test_proxies_are_addresses_or_networks():
    settings = from_environment({"CHRONOTOPE_TRUSTED_PROXIES": "10.0.0.7, 10.1.0.0/16"})
    assert settings.trusted_proxies == ("10.0.0.7", "10.1.0.0/16")
    for wrong in ("*", "proxy.example", "10.0.0.7/8"):
        with pytest.raises(SettingsError):
            from_environment({"CHRONOTOPE_TRUSTED_PROXIES": wrong})
