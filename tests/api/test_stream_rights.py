"""Rights that end while a stream runs, without any notice of it: what they covered stops within five seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from api.auth import token_id
from scenes.model import Asset, Hypothesis, Placement, Role, Scene, Viewpoint, Visibility
from scenes.ports import Put, Remove
from streaming.client import Arrived, Drawn
from streaming.events import State
from tests.api.stream_museum import OPEN, Client, Museum

WITHIN_S = 5.0


@pytest.fixture
def museum(tmp_path: Path) -> Iterator[Museum]:
    with Museum(tmp_path) as running:
        yield running


def withdrawn(museum: Museum, name: str) -> Put:
    asset = museum.services.catalogue.get(Asset, f"asset_{name}")
    assert asset is not None
    return Put(replace(asset, visibility=Visibility.DRAFT))


async def wandering(client: Client) -> None:
    """Looks without end, so that the server is never idle."""
    while True:
        client.session.look((0, 20, 30), (0, 0, 0, 1), fov=1.0, aspect=1.5, height=2000)
        for message in client.session.data_to_send(client.now):
            await client.connection.send(message)
        await asyncio.sleep(0.05)


async def test_an_asset_that_becomes_a_draft_goes_however_busy_the_client_keeps_us(museum: Museum):
    async with museum.client() as client:
        await client.until(complete=True)
        temple = next(n for n, placement in client.session.placements.items() if placement.title == "temple")
        museum.commit(withdrawn(museum, "temple"))
        busy = asyncio.create_task(wandering(client))
        async with asyncio.timeout(WITHIN_S):
            state = (await client.until(State))[-1]
        busy.cancel()
        assert state.gone == (temple,)
        cut = (await client.until(Drawn))[-1]
        assert temple not in {client.session.placement_of(node) for node in cut.nodes}


async def test_a_scene_that_becomes_a_draft_ends_the_stream(museum: Museum):
    async with museum.client() as client:
        await client.until(complete=True)
        museum.commit(Put(Scene("scene_1", "", "", "-0430", Visibility.DRAFT, Viewpoint((0, 0, 1), (0, 0, 0)))))
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(WITHIN_S):
                await client.until(State)
        assert client.connection.close_code == 4403


async def test_a_hypothesis_that_is_taken_back_ends_the_stream_of_who_looks_at_it(museum: Museum):
    temple = museum._placement("shrine", "-0480/0390")
    museum.commit(Put(replace(temple, id="placement_high", hypothesis="hypothesis_1")))
    async with museum.client(replace(OPEN, hypothesis="hypothesis_1")) as client:
        await client.until(complete=True)
        assert "placement_high" in {placement.id for placement in client.session.placements.values()}
        museum.commit(Remove(Hypothesis("hypothesis_1", "scene_1", "High", "A", "…")))
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(WITHIN_S):
                await client.until(State)
        assert client.connection.close_code == 4403


async def test_the_placements_of_a_layer_that_goes_go(museum: Museum):
    async with museum.client() as client:
        await client.until(complete=True)
        layer = [each for each in museum.services.catalogue.page(Placement, first=9).records if each.layer == "layer_1"]
        museum.commit(*map(Remove, layer))
        async with asyncio.timeout(WITHIN_S):
            state = (await client.until(State))[-1]
        assert len(state.gone) == 2
        assert not (await client.until(complete=True))[-1].nodes


async def test_what_a_visitor_may_not_see_is_never_sent_at_any_moment_or_in_advance(museum: Museum):
    museum.commit(withdrawn(museum, "shrine"))
    shrine = museum.tiles["shrine"]
    async with museum.client() as client:
        seen = await client.until(complete=True)
        for moment in ("-0470", "-0479", "-0481", "-0550"):  # into the time of the shrine, so that it is foreseen
            client.session.seek(moment)
            seen += await client.until(State)
            seen += await client.until(complete=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(1.5):
                while True:
                    seen += await client.until(Arrived)
    assert not {event.digest for event in seen if isinstance(event, Arrived)} & shrine
    assert "shrine" not in str([event for event in seen if isinstance(event, State)])
    async with museum.client(additional_headers={"Authorization": f"Bearer {museum.token(Role.CURATOR)}"}) as client:
        await client.until(complete=True)
        client.session.seek("-0550")
        await client.until(State)
        await client.until(complete=True)
        assert client.session.held & shrine


async def test_a_stream_ends_with_the_token_that_opened_it(museum: Museum):
    token = museum.token(Role.MEMBER)
    async with museum.client(additional_headers={"Authorization": f"Bearer {token}"}) as client:
        await client.until(complete=True)
        tokens, at = museum.services.tokens, museum.services.clock.now()
        assert tokens.end_token(token_id(token), at=at)
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(WITHIN_S):
                await client.until(State)
        assert client.connection.close_code == 4403
