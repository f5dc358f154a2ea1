"""GraphQL: a large scene at a moment, beside what it costs to write the same answer down; how soon a change is told.

A scene of 10,000 placements and 50 epochs in a real catalogue, once without and once with 5,000 statements of relative
chronology about them, asked through the whole application: token, guard,
validation, SQL, resolution, JSON. Processor time of all threads of the process; the least of several runs, because a
machine that does other things only ever adds. Beside it stands `orjson.dumps` of the same answer from memory.

"judged": what a hostile query takes, or one as large as is let through, until it is refused or found valid: JSON,
tokens, parsing, cost, validation; all of tests/api/hostile_queries.py. They run nothing.

"kept": the scene's columns are in memory, as with every question but the first after a change. "after a change": one
placement was moved since. "after a statement": one was said since. "read anew": the first question of all.
"""

from __future__ import annotations

import asyncio
import random
import re
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import orjson
from fastapi import FastAPI

from api.app import create_app
from api.auth import make_token
from api.errors import DoorError
from api.guard import read_json
from api.schema import admit, faults_of
from api.services import Services
from api.settings import Settings
from scenes.model import (
    Actor,
    Asset,
    AssetState,
    ChronologyStatement,
    Epoch,
    Extent,
    Layer,
    Placement,
    Relation,
    Role,
    Scene,
    Tileset,
    Viewpoint,
    Visibility,
)
from scenes.ports import Notice, Put
from scenes.tables import SceneTables
from tests.api.hostile_queries import HOSTILE, LARGEST
from timeline.edtf import parse_span

Row = tuple[str, str, str, float, str]

_PLACEMENTS, _EPOCHS, _ASSETS, _PAGE, _STATEMENTS = 10_000, 50, 200, 1_000, 5_000
_TIME = "0100/0150"
_RUNS = 7
_TOLD = 60
_COLUMNS = """query ($id: ID!, $time: String!) { node(id: $id) { ... on Scene { at(time: $time) {
    label count columns { ids transforms certainty weight assetIds asset } } } } }"""
_OBJECTS = """query ($id: ID!, $time: String!, $after: String) { node(id: $id) { ... on Scene { at(time: $time) {
    standing(first: 1000, after: $after) { pageInfo { hasNextPage endCursor }
        nodes { certainty placement { id title transform } } } } } } }"""


def _museum(services: Services) -> None:
    chance = random.Random(8)
    at = services.clock.now()
    view = Viewpoint((0, 2, 10), (0, 0, 0))
    tileset = Tileset("b" * 64, 1, 1, 12, 8, 100, 1.0, 0.0, Extent((0, 0, 0), (1, 1, 1)))
    records: list[Any] = [
        Scene("scene_large", "A town", "", _TIME, Visibility.PUBLIC, view),
        Layer("layer_all", "scene_large", "All", 0),
    ]
    records += [
        Epoch(f"epoch_{n}", "scene_large", f"Epoch {n}", f"{n * 40:04d}/{n * 40 + 60:04d}") for n in range(_EPOCHS)
    ]
    records += [_asset(f"asset_{n}", tileset, at) for n in range(_ASSETS)]
    records += [_placement(f"asset_{n % _ASSETS}", chance) for n in range(_PLACEMENTS)]
    services.catalogue.commit([Put(each) for each in records], author="ada", reason="", at=at)


def _say(services: Services) -> None:
    """Statements that agree: who is said to lie below began first, and all stood in the year 150."""
    chance = random.Random(9)
    placed = sorted(
        services.catalogue.within(Placement, ("scene_large",))["scene_large"],
        key=lambda each: parse_span(each.existence).start_earliest,
    )
    said = []
    for n in range(_STATEMENTS):
        one, other = sorted(chance.sample(range(_PLACEMENTS), 2))
        relation, subject, unit = Relation.CARRIES, placed[one].id, placed[other].id
        if n % 5 == 0:
            relation, unit = Relation.CONTEMPORARY_WITH, f"epoch_{chance.randrange(2, 4)}"
        said.append(ChronologyStatement(f"statement_{n}", "scene_large", relation, subject, unit))
    services.catalogue.commit([Put(each) for each in said], author="ada", reason="", at=services.clock.now())


def _asset(name: str, tileset: Tileset, at: datetime) -> Asset:
    state, seen = AssetState.READY, Visibility.PUBLIC
    return Asset(name, "House", "", "a" * 64, "house.glb", "model/gltf-binary", 1, state, seen, at, "ada", tileset)


def _placement(asset: str, chance: random.Random) -> Placement:
    """It stands at the time asked for, as likely as not for certain; hardly two are dated alike."""
    early, late, doubt = chance.randrange(1, 100), chance.randrange(160, 1900), chance.randrange(1, 120)
    turn = tuple(round(chance.uniform(-1, 1), 6) for _ in range(12))
    place = tuple(round(chance.uniform(-500, 500), 3) for _ in range(3))
    return Placement(
        f"placement_{chance.getrandbits(80):020x}",
        "scene_large",
        "layer_all",
        asset,
        "House",
        f"[{early:04d}..{early + doubt:04d}]/[{late:04d}..{late + 20:04d}]",
        (*turn, *place, 1.0),
    )


async def _post(app: FastAPI, token: str, query: str, **variables: Any) -> bytes:
    """The body of an answer, without a client in between."""
    content = orjson.dumps({"query": query, "variables": variables})
    headers = [(b"content-type", b"application/json"), (b"host", b"127.0.0.1:8000")]
    headers += [(b"authorization", b"Bearer " + token.encode()), (b"content-length", str(len(content)).encode())]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/graphql", "raw_path": b"/graphql", "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8000), "state": {},
    }  # fmt: skip
    sent: list[bytes] = []
    waiting = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Any:
        return waiting.pop() if waiting else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    await app(scope, receive, send)
    body = b"".join(sent)
    assert b'"errors"' not in body, body[:500]
    return body


async def _least(work: Callable[[], Awaitable[Any]], before: Callable[[], None] = lambda: None) -> float:
    """Milliseconds of processor time."""
    best = float("inf")
    for _ in range(_RUNS):
        before()
        start = process_time()
        await work()
        best = min(best, process_time() - start)
    return best * 1e3


def _written(answers: list[Any]) -> float:
    best = float("inf")
    for _ in range(3 * _RUNS):
        start = process_time()
        for each in answers:
            orjson.dumps(each)
        best = min(best, process_time() - start)
    return best * 1e3


async def _asked(app: FastAPI, services: Services, token: str) -> list[tuple[str, float, str]]:
    rows: list[tuple[str, float, str]] = []

    async def columns() -> bytes:
        return await _post(app, token, _COLUMNS, id="scene_large", time=_TIME)

    async def objects() -> list[bytes]:
        bodies: list[bytes] = []
        after = None
        while True:
            bodies.append(await _post(app, token, _OBJECTS, id="scene_large", time=_TIME, after=after))
            page = _info(bodies[-1])
            if not page["hasNextPage"]:
                return bodies
            after = page["endCursor"]

    def forget() -> None:
        object.__setattr__(services, "tables", SceneTables())
        parse_span.cache_clear()

    def change() -> None:
        (placement,) = services.catalogue.pages_within(Placement, ("scene_large",), first=1)["scene_large"].records
        moved = replace(placement, title=placement.title + "'")
        services.catalogue.commit([Put(moved)], author="ada", reason="", at=services.clock.now())

    answer = orjson.loads(await columns())
    assert answer["data"]["node"]["at"]["count"] == _PLACEMENTS
    alone = _written([answer])
    kept = await _least(columns)
    rows += [
        ("columns, written down from memory", alone, "ms"),
        ("columns, kept", kept, "ms"),
        ("columns, kept: times the writing", kept / alone, ""),
        ("columns, after a change", await _least(columns, change), "ms"),
        ("columns, read anew", await _least(columns, forget), "ms"),
    ]
    if statements := services.catalogue.within(ChronologyStatement, ("scene_large",))["scene_large"]:

        def say() -> None:
            """One more, of two that are spoken of."""
            nonlocal said
            said += 1
            more = replace(statements[said], id=f"statement_more_{said}")
            services.catalogue.commit([Put(more)], author="ada", reason="", at=services.clock.now())

        said = 0
        rows.append(("columns, after a statement", await _least(columns, say), "ms"))
        return rows
    answers = [orjson.loads(each) for each in await objects()]
    alone = _written(answers)
    paged = await _least(objects)
    return [
        *rows,
        (f"objects in pages of {_PAGE:,}, written down from memory", alone, "ms"),
        (f"objects in pages of {_PAGE:,}, kept", paged, "ms"),
        (f"objects in pages of {_PAGE:,}, kept: times the writing", paged / alone, ""),
    ]


def _info(body: bytes) -> Any:
    """How to go on, which stands before the items: reading them is not the server's work."""
    found = re.search(rb'"pageInfo":(\{[^}]*\})', body[:1000])
    assert found is not None
    return orjson.loads(found[1])


async def _told(app: FastAPI, services: Services) -> list[float]:
    """Milliseconds from the beginning of a commit until its subscriber has it, over a real socket."""
    import uvicorn
    from websockets.asyncio.client import connect

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    address = f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
    taken = []
    async with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        await socket.send('{"type": "connection_init"}')
        await socket.recv()
        query = 'subscription { sceneChanged(id: "scene_large") { number author reason } }'
        await socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}).decode())
        await asyncio.sleep(0.5)
        for n in range(_TOLD):
            layer = Layer("layer_all", "scene_large", f"All {n}", 0)

            def commit(layer: Layer = layer) -> None:
                services.catalogue.commit([Put(layer)], author="ada", reason="", at=services.clock.now())
                services.bus.publish(Notice("scene_large"))

            start = perf_counter()
            await services.call(commit)
            await socket.recv()
            taken.append((perf_counter() - start) * 1e3)
    server.should_exit = True
    await serving
    return taken


def _judged(query: str) -> float:
    """Milliseconds of processor time until it is refused, or found valid."""
    body = orjson.dumps({"query": query})
    best = float("inf")
    for _ in range(_RUNS):
        start = process_time()
        with suppress(DoorError):
            faults_of(admit(read_json(body)).document)
        best = min(best, process_time() - start)
    return best * 1e3


def _hostile() -> Iterator[Row]:
    for given, queries in (("hostile queries", HOSTILE), ("the largest queries", LARGEST)):
        taken = {name: _judged(query) for name, query in queries.items()}
        worst = max(taken, key=lambda name: taken[name])
        yield "chronotope", f"{len(queries)} {given}", "judged, median", median(taken.values()), "ms"
        yield "chronotope", f"{len(queries)} {given}", f"judged, worst ({worst})", taken[worst], "ms"


def run() -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    yield from _hostile()
    given = f"{_PLACEMENTS:,} placements, {_EPOCHS} epochs"
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data=Path(folder) / "museum", workers=0))

        async def work() -> list[tuple[str, str, float, str]]:
            async with app.router.lifespan_context(app):
                services = app.state.services
                _museum(services)
                token = make_token(services.tokens, Actor("ada", Role.CURATOR), at=services.clock.now())
                rows = await _asked(app, services, token)
                taken = sorted(await _told(app, services))
                rows += [
                    ("a change reaches a subscriber, median", median(taken), "ms"),
                    ("a change reaches a subscriber, worst", taken[-1], "ms"),
                ]
                _say(services)
                spoken_of = f"{given}, {_STATEMENTS:,} statements"
                return [(given, *row) for row in rows] + [
                    (spoken_of, *row) for row in await _asked(app, services, token)
                ]

        for case, metric, value, unit in asyncio.run(work()):
            yield "chronotope", case, metric, value, unit
