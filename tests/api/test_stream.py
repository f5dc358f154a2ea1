"""`/stream` on a real socket: the real application, the reference client, and clients that misbehave."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import uvicorn
from typer.testing import CliRunner
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from api import cli_stream
from api.app import create_app
from api.auth import COOKIE, make_token
from api.cli_stream import receive, stream_url
from api.errors import DoorError
from api.services import Services
from api.settings import Settings
from api.stream_shared import Hot
from scenes.model import (
    Actor,
    Asset,
    AssetState,
    Extent,
    Hypothesis,
    Placement,
    Role,
    Scene,
    Tileset,
    Viewpoint,
    Visibility,
)
from scenes.ports import Notice, Put, Remove
from streaming import frames
from streaming.client import Arrived, ClientSession, Drawn, Event
from streaming.errors import StreamError
from streaming.events import Ack, Budget, Evict, Look, Refusal, Seek, State
from streaming.opening import Opening
from tests.tiling.trees import grid_tree, with_files
from tiling import tileset

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
OPEN = Opening("scene_1", eye=(0.0, 20.0, 30.0), height=2000, width=3000)


class Museum:
    """The application in a thread on a free port, with a small scene of three assets."""

    def __init__(self, folder: Path) -> None:
        self.app = create_app(Settings(data=folder / "museum", workers=0, max_upload=1 << 20))
        self.services: Services = self.app.state.services
        self.files: dict[str, bytes] = {}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        config = uvicorn.Config(
            self.app, ws="websockets-sansio", ws_max_size=1 << 20, ws_per_message_deflate=False, lifespan="on",
            log_config=None,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._listening]})

    def __enter__(self) -> Museum:
        view = Viewpoint((0, 20, 30), (0, 0, 0))
        self.commit(
            Put(Scene("scene_1", "Agora", "", "-0430", Visibility.PUBLIC, view)),
            Put(Scene("scene_2", "Draft", "", "-0430", Visibility.DRAFT, view)),
            Put(Hypothesis("hypothesis_1", "scene_1", "High", "A", "…")),
            *[Put(self._asset(name, seed)) for seed, name in enumerate(("ground", "shrine", "temple"))],
            Put(self._placement("ground", "../..")),
            Put(self._placement("shrine", "-0600/-0480")),
            Put(self._placement("temple", "-0480/0390")),
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self._listening.close()

    def commit(self, *changes: Put | Remove) -> None:
        self.services.catalogue.commit(changes, author="ines", reason="…", at=NOON)

    def _asset(self, name: str, seed: int) -> Asset:
        tree, files = with_files(grid_tree(4, seed=seed, name=name))
        self.files |= files
        for data in files.values():
            self.services.blobs.put(data)
        # In several documents, as those of large trees are.
        documents = tileset.write(tree, most_bytes=4_000)
        assert len(documents.others) > 2
        for data in documents.others.values():
            self.services.blobs.put(data)
        document = self.services.blobs.put(documents.root)
        tiles = Tileset(document, len(tree), 4, 8500, 4000, 85_000, 4.0, 1.0, Extent((-8, -1, -8), (8, 1, 8)))
        return Asset(
            f"asset_{name}", name, "", "0" * 64, "x.glb", "model/gltf-binary", 1, AssetState.READY, Visibility.PUBLIC,
            NOON, "ines", tiles,
        )  # fmt: skip

    def _placement(self, name: str, existence: str) -> Placement:
        return Placement(f"placement_{name}", "scene_1", "layer_1", f"asset_{name}", name, existence)

    def token(self, role: Role) -> str:
        return make_token(self.services.tokens, Actor("ines", role), at=self.services.clock.now())

    @asynccontextmanager
    async def client(self, opening: Opening = OPEN, **more: object) -> AsyncIterator[Client]:
        options = {"subprotocols": ["chronotope.v1"], "compression": None, "max_size": None} | more
        async with connect(stream_url(self.url, opening), proxy=None, **options) as connection:
            yield Client(connection, opening)

    async def close_code(self, *messages: str | bytes, query: str = "scene=scene_1", **more: object) -> int:
        """How the server closes a client that opens with `query` and says these things; it acknowledges nothing."""
        url = self.url.replace("http", "ws") + "/stream?" + query
        options = {"subprotocols": ["chronotope.v1"], "compression": None, "max_size": None} | more
        async with asyncio.timeout(20), connect(url, proxy=None, **options) as connection:
            with suppress(ConnectionClosed):
                for message in messages:
                    await connection.send(message)
                while True:
                    await connection.recv()
        assert connection.close_code is not None
        assert len((connection.close_reason or "").encode()) <= 123
        return connection.close_code


class Client:
    """A client session on a connection."""

    def __init__(self, connection: ClientConnection, opening: Opening) -> None:
        self.connection = connection
        self.session = ClientSession(budget_bytes=opening.bytes)
        self.now = 0.0

    async def until(self, wanted: type | None = None, *, complete: bool = False) -> list[Event]:
        """All events up to the first of a kind, or up to a complete cut."""
        events: list[Event] = []
        async with asyncio.timeout(20):
            while True:
                self.now += 0.01
                for message in self.session.data_to_send(self.now):
                    await self.connection.send(message)
                new = self.session.receive(await self.connection.recv(), self.now)
                events += new
                for event in new:
                    if (wanted and isinstance(event, wanted)) or (
                        complete and isinstance(event, Drawn) and event.complete
                    ):
                        return events


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Museum]:
    """A museum that tests only look at."""
    with Museum(tmp_path_factory.mktemp("museum")) as running:
        yield running


@pytest.fixture
def own_museum(tmp_path: Path) -> Iterator[Museum]:
    """A museum that a test may change."""
    with Museum(tmp_path) as running:
        yield running


async def test_a_scene_arrives_coarse_to_fine_and_every_digest_is_right(museum: Museum):
    async with museum.client() as client:
        events = await client.until(complete=True)
    arrived = {event.digest: event.data for event in events if isinstance(event, Arrived)}
    assert all(museum.files[digest] == data for digest, data in arrived.items())
    cuts = [event for event in events if isinstance(event, Drawn)]
    assert [len(cut.nodes) for cut in cuts] == sorted(len(cut.nodes) for cut in cuts)
    assert len(cuts[-1].nodes) > 60
    assert client.session.hello is not None
    assert client.session.hello.title == "Agora"
    assert {placement.title for placement in client.session.placements.values()} == {"ground", "temple"}


async def test_a_step_in_time_costs_only_what_is_new(museum: Museum):
    report = await receive(museum.url, OPEN, seeks=["-0550", "-0430", "-9000"])
    opening, earlier, back, before = report.steps
    assert 0.35 * opening.chunk_bytes < earlier.chunk_bytes < 0.65 * opening.chunk_bytes
    # Both states fit the budget, so the way back is free; so is a time when only the ground was there.
    assert (back.chunk_bytes, before.chunk_bytes) == (0, 0)
    assert back.tiles == opening.tiles
    assert (opening.label, earlier.label) == ("431 BC", "551 BC")


async def test_a_look_is_answered_by_a_cut_that_names_it(museum: Museum):
    async with museum.client(replace(OPEN, height=50, width=75)) as client:
        far = (await client.until(complete=True))[-1]
        look = client.session.look((0, 5, 9), (0, 0, 0, 1), fov=1.0, aspect=1.5, height=4000)
        near = (await client.until(complete=True))[-1]
        while near.look != look:
            near = (await client.until(complete=True))[-1]
    assert len(near.nodes) > len(far.nodes)


async def test_a_seek_that_is_no_date_is_refused_and_the_stream_goes_on(museum: Museum):
    async with museum.client() as client:
        await client.until(complete=True)
        client.session.seek("the day before yesterday")
        refusal = (await client.until(Refusal))[-1]
        assert (refusal.code, refusal.seek) == ("BAD_EDTF", 1)
        client.session.seek("-0430", hypothesis="hypothesis_none")
        refusal = (await client.until(Refusal))[-1]
        assert (refusal.code, refusal.seek) == ("NOT_FOUND", 2)
        client.session.seek("-0430", hypothesis="hypothesis_1")
        state = (await client.until(State))[-1]
        assert (state.seek, state.hypothesis, state.state) == (3, "hypothesis_1", 2)


async def test_of_many_seeks_at_once_the_last_is_answered(museum: Museum):
    async with museum.client() as client:
        await client.until(complete=True)
        for year in range(100, 160):
            client.session.seek(f"-0{year}")
        states = []
        while not states or states[-1].seek != 60:
            states.append((await client.until(State))[-1])
    assert len(states) < 60
    assert states[-1].at == "-0159"


async def test_the_memory_of_the_client_is_never_exceeded_and_a_smaller_budget_evicts(museum: Museum):
    # The client's session raises if the totals of what it holds exceed the budget.
    async with museum.client(replace(OPEN, bytes=60_000)) as client:
        first = (await client.until(complete=True))[-1]
        assert client.session.held_bytes <= 60_000
        client.session.budget(Budget(bytes=20_000))
        while client.session.held_bytes > 20_000:
            await client.until(complete=True)
        assert client.session.cut is not None
        assert 0 < len(client.session.cut.nodes) < len(first.nodes)


async def test_draws_are_a_budget_too(museum: Museum):
    async with museum.client(replace(OPEN, draws=20)) as client:
        cut = (await client.until(complete=True))[-1]
    assert 10 < len(cut.nodes) <= 20


async def test_a_change_of_the_scene_is_told_at_once(own_museum: Museum):
    async with own_museum.client() as client:
        await client.until(complete=True)
        own_museum.commit(Remove(own_museum._placement("temple", "-0480/0390")))
        own_museum.services.bus.publish(Notice("scene_1"))
        async with asyncio.timeout(3):
            state = (await client.until(State))[-1]
        assert (len(state.gone), state.placements, state.seek) == (1, (), 0)
        cut = (await client.until(complete=True))[-1]
        assert {client.session.placement_of(node) for node in cut.nodes}.isdisjoint(state.gone)


async def test_a_right_that_is_withdrawn_ends_the_stream_with_4403(own_museum: Museum):
    async with own_museum.client() as client:
        await client.until(complete=True)
        own_museum.commit(Put(Scene("scene_1", "", "", "-0430", Visibility.DRAFT, Viewpoint((0, 0, 1), (0, 0, 0)))))
        own_museum.services.bus.publish(Notice("scene_1"))
        with pytest.raises(ConnectionClosed) as caught:
            await client.until(State)
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4403


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", 4400),
        ("scene=scene_none", 4404),
        ("scene=scene_2", 4404),
        ("scene=scene_1&hypothesis=nobody", 4404),
        ("scene=%00%ff%27%22", 4404),
        ("scene=scene_1&at=soon", 4422),
        ("scene=scene_1&eye=1,2", 4400),
        ("scene=scene_1&size=0x0", 4400),
        ("scene=scene_1&bytes=-1", 4400),
        ("scene=scene_1&scene=scene_2", 4400),
        ("scene=scene_1&certainty=maybe", 4400),
        ("scene=scene_1&token=wrong", 4401),
    ],
)
async def test_an_opening_that_is_refused_says_why_by_its_code(museum: Museum, query: str, code: int):
    assert await museum.close_code(query=query) == code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"type":"dance"}', 4400),
        ("not json", 4400),
        ("[" * 60_000, 4400),
        (b"", 4400),
        (b"\x77", 4400),
        (b"\x01\0\0\0", 4400),
        (frames.encode(Ack(0, 2**60)), 4400),
        (frames.encode(Evict((1,))), 4400),
        (frames.encode(Look(1, (float("nan"), 0, 0), (0, 0, 0, 1), 1.0, 1.0, 720)), 4400),
        (frames.encode(Seek(0, "-0430")), 4400),
        ("x" * 70_000, 1009),
        (bytes(70_000), 1009),
    ],
)
async def test_a_message_that_is_none_ends_the_stream_by_its_code(museum: Museum, message: str | bytes, code: int):
    assert await museum.close_code(message) == code


async def test_a_flood_ends_the_stream_with_4429(museum: Museum):
    assert await museum.close_code(*[frames.encode(Ack(0, 0))] * 3000) == 4429


async def test_another_subprotocol_is_refused_with_4406(museum: Museum):
    assert await museum.close_code(subprotocols=["graphql-transport-ws"]) == 4406
    assert await museum.close_code(subprotocols=None) == 4406


async def test_a_draft_is_streamed_to_those_who_work_on_it(museum: Museum):
    report = await receive(museum.url, replace(OPEN, scene="scene_2"), token=museum.token(Role.CURATOR))
    assert (report.title, report.steps[0].tiles) == ("Draft", 0)
    for token in (museum.token(Role.VISITOR), None):
        with pytest.raises(StreamError) as caught:
            await receive(museum.url, replace(OPEN, scene="scene_2"), token=token)
        assert caught.value.close_code == 4404
    assert await museum.close_code("x", query=f"scene=scene_2&token={museum.token(Role.CURATOR)}") == 4400


async def test_a_cookie_from_a_foreign_page_is_refused_and_our_own_is_not(museum: Museum):
    cookie = {"Cookie": f"{COOKIE}=x.y"}
    assert await museum.close_code(additional_headers=cookie, origin="https://evil.example") == 4403
    assert await museum.close_code("x", additional_headers=cookie, origin=museum.url) == 4400
    assert await museum.close_code("x", origin="https://elsewhere.example") == 4400


async def test_what_an_earlier_visit_left_is_not_sent_again(museum: Museum, tmp_path: Path):
    kept = tmp_path / "kept"
    kept.mkdir()
    first = await receive(museum.url, OPEN, output=kept)
    files = sorted(kept.iterdir())
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.stem for path in files)
    assert len(files) == first.steps[0].files
    files[0].write_bytes(b"damaged")
    second = await receive(museum.url, OPEN, output=kept)
    # What the server sent before it heard of them came once more: here that is most of the first window.
    assert second.steps[0].held > 0
    assert second.steps[0].held + second.steps[0].files == first.steps[0].files
    assert second.steps[0].chunk_bytes < first.steps[0].chunk_bytes
    assert second.steps[0].tiles == first.steps[0].tiles
    assert hashlib.sha256(files[0].read_bytes()).hexdigest() == files[0].stem


async def test_a_tile_that_is_lost_is_our_fault(own_museum: Museum):
    ground = own_museum.services.catalogue.get(Asset, "asset_ground")
    assert ground is not None
    assert ground.tileset is not None
    tree, _ = with_files(grid_tree(2, seed=9, name="lost"))
    document = own_museum.services.blobs.put(tileset.write(tree).root)
    own_museum.commit(Put(replace(ground, tileset=replace(ground.tileset, digest=document))))
    assert await own_museum.close_code() == 1011


def test_the_command_tells_what_arrived_and_writes_files(museum: Museum, tmp_path: Path):
    run = CliRunner().invoke(
        _app(), [museum.url, "--scene", "scene_1", "--size", "640x360", "--seek", "-0550", "-o", str(tmp_path / "out")]
    )
    assert run.exit_code == 0, run.output
    assert "complete" in run.output
    assert "-0550" in run.output.splitlines()[-1]
    assert all(path.suffix in (".glb", ".webp") for path in (tmp_path / "out").iterdir())
    assert len(list((tmp_path / "out").iterdir())) > 5


def test_the_command_can_answer_in_json(museum: Museum):
    run = CliRunner().invoke(_app(), [museum.url, "--scene", "scene_1", "--pose", "0,20,30", "--json"])
    assert run.exit_code == 0, run.output
    lines = [line for line in run.output.splitlines() if line]
    assert lines[-1].startswith('{"event":"report"')
    assert all(line.startswith('{"event":') for line in lines)


@pytest.mark.parametrize(
    ("arguments", "error", "code"),
    [
        (["--scene", "nowhere"], DoorError, "NOT_FOUND"),
        (["--scene", "scene_1", "--at", "soon"], DoorError, "BAD_EDTF"),
        (["--scene", "scene_1", "--seek", "soon"], DoorError, "BAD_EDTF"),
        (["--scene", "scene_1", "--token", "wrong"], DoorError, "UNAUTHORIZED"),
    ],
)
def test_the_command_refuses_with_a_code(museum: Museum, arguments: list[str], error: type, code: str):
    run = CliRunner().invoke(_app(), [museum.url, *arguments])
    assert isinstance(run.exception, error)
    assert run.exception.code == code


@pytest.mark.parametrize(
    "arguments",
    [["--pose", "1,2"], ["--pose", "a,b,c"], ["--size", "big"], ["--budget", "much"], ["--certainty", "no"]],
)
def test_wrong_usage_of_the_command_is_exit_code_2(arguments: list[str]):
    run = CliRunner().invoke(_app(), ["http://127.0.0.1:9", "--scene", "scene_1", *arguments])
    assert run.exit_code == 2


def test_without_a_server_the_command_says_so():
    run = CliRunner().invoke(_app(), ["http://127.0.0.1:9", "--scene", "scene_1"])
    assert isinstance(run.exception, DoorError)
    assert run.exception.code == "UNAVAILABLE"


def _app():
    import typer

    app = typer.Typer()
    app.command()(cli_stream.stream)
    return app


def test_hot_values_stay_within_their_bytes():
    hot: Hot[str] = Hot(100)
    for name in "abcde":
        hot.put(name, name, 25)
        assert hot.get("a") == "a"
    assert [name for name in "abcde" if hot.get(name)] == ["a", "c", "d", "e"]
    hot.put("huge", "huge", 26)
    assert hot.get("huge") is None
