"""A traveller in time, on a real socket: what comes next is there before it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from streaming.client import Arrived
from streaming.events import State, Stats
from tests.api.stream_museum import OPEN, Client, Museum


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Museum]:
    with Museum(tmp_path_factory.mktemp("museum")) as running:
        yield running


async def quiet(client: Client, seconds: float = 2.0) -> list:
    """What still comes until nothing comes any more."""
    seen: list = []
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(seconds):
                seen += await client.until(Arrived)
    return seen


async def step_back(museum: Museum, opening) -> tuple[int, int, set[str]]:
    """Bytes that came in advance, and that a step to the time of the shrine then cost; what came in advance."""
    async with museum.client(opening) as client:
        await client.until(complete=True)
        client.session.seek("-0450")  # backwards: the same stands, but now there is a direction
        await client.until(State)
        await client.until(complete=True)
        before = client.session.received
        # Nothing comes in advance while there is no capacity to spare, as on a machine that others use.
        seen = await quiet(client, 6.0) if opening.prefetch else await quiet(client)
        ahead = client.session.received
        client.session.seek("-0481")
        await client.until(State)
        await client.until(complete=True)
        step = client.session.received - ahead
    return ahead - before, step, {event.digest for event in seen if isinstance(event, Arrived)}


async def test_the_next_epoch_in_the_direction_of_travel_costs_nothing_when_it_comes(museum: Museum):
    ahead, step, files = await step_back(museum, OPEN)
    assert ahead > 50_000
    assert step == 0
    assert len(files & museum.tiles["shrine"]) > 50


async def test_who_wants_nothing_in_advance_gets_nothing_in_advance(museum: Museum):
    ahead, step, files = await step_back(museum, replace(OPEN, prefetch=False))
    assert (ahead, files) == (0, set())
    assert step > 50_000


async def test_who_travels_nowhere_gets_nothing_in_advance_and_the_figures_say_so(museum: Museum):
    async with museum.client(replace(OPEN, stats=True)) as client:
        await client.until(complete=True)
        stats = (await client.until(Stats))[-1]
        assert not await quiet(client, 1.0)
    assert stats.prefetched == 0
    assert stats.chunks == len(client.session.held)
