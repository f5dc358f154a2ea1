"""`/stream` on a real socket: the real application, the reference client, and clients that misbehave."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner
from websockets.exceptions import ConnectionClosed

from api import cli_stream
from api.auth import COOKIE
from api.cli_stream import receive
from api.errors import DoorError
from api.stream_shared import Hot
from scenes.model import (
    Asset,
    Role,
    Scene,
    Viewpoint,
    Visibility,
)
from scenes.ports import Notice, Put, Remove
from streaming import frames
from streaming.client import Arrived, Drawn
from streaming.errors import StreamError
from streaming.events import Ack, Budget, Count, Evict, Look, Refusal, Seek, State
from tests.api.stream_museum import OPEN, Museum
from tests.tiling.trees import grid_tree, with_files
from tiling import tileset


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
        assert (len(state.gone), state.count, state.seek) == (1, Count(certain=1), 0)
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
