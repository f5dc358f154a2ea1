"""Connections that break, on a real socket: the session goes on on another one, for its own client only."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from api.cli_stream import stream_url
from api.stream_parking import Parking
from scenes.delivery import Delivery, Entered, Wish
from scenes.model import Role
from scenes.ports import Notice, Remove
from streaming.client import Arrived, Drawn
from streaming.events import Budget, Hello, State
from tests.api.stream_museum import OPEN, Client, Museum


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Museum]:
    with Museum(tmp_path_factory.mktemp("museum")) as running:
        yield running


async def broken_off(museum: Museum, messages: int, *, opening=OPEN, token: str | None = None) -> Client:
    """A client whose connection breaks, without a close, after it received so many messages."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with museum.client(opening, additional_headers=headers) as client:
        async with asyncio.timeout(20):
            while client.session.messages < messages:
                client.now += 0.01
                client.session.receive(await client.connection.recv(), client.now)
                for message in client.session.data_to_send(client.now):
                    await client.connection.send(message)
        client.connection.transport.abort()
    return client


async def resumed(
    museum: Museum, client: Client, *, token: str | None = None, opening=OPEN, received: int | None = None
):
    """The same client on another connection."""
    resume, count = client.session.reconnect()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    again = replace(opening, resume=resume, received=count if received is None else received)
    return museum.client(again, additional_headers=headers)


async def whole(client: Client, before: Client) -> list:
    """All events of the second connection, up to the complete cut."""
    client.session = before.session
    client.now = before.now
    return await client.until(complete=True)


@pytest.mark.parametrize("messages", [2, 3, 4])  # a quick link has brought all with the sixth
async def test_a_client_goes_on_where_its_connection_broke(museum: Museum, messages: int):
    before = await broken_off(museum, messages)
    already = before.session.held
    async with await resumed(museum, before) as client:
        events = await whole(client, before)
    assert [event.resumed for event in events if isinstance(event, Hello)] == [True]
    assert not [event for event in events if isinstance(event, State) and event.state == 1 and messages > 2]
    # The session refuses what comes twice; what came before is not sent again.
    arrived = {event.digest for event in events if isinstance(event, Arrived)}
    assert not arrived & already
    assert len(before.session.held) > 60
    assert len(client.session.cut.nodes) > 60


async def test_a_client_that_comes_back_first_ends_its_old_connection_with_4410(museum: Museum):
    async with museum.client() as first:
        await first.until(complete=True)
        async with await resumed(museum, first) as second:
            second.session, second.now = first.session, first.now
            events = await second.until(Hello)
            assert events[-1].resumed
            with pytest.raises(ConnectionClosed):
                async with asyncio.timeout(10):
                    await first.connection.recv()
            assert first.connection.close_code == 4410
            # The session is alive on the second connection.
            second.session.budget(Budget(draws=10))
            assert len((await second.until(complete=True))[-1].nodes) <= 10


async def test_a_session_that_ended_by_a_close_is_over(museum: Museum):
    async with museum.client() as first:
        await first.until(complete=True)
    await asyncio.sleep(0.5)  # the server's part of the close: who comes before it is displaced, and goes on
    async with await resumed(museum, first) as second:
        second.session, second.now = first.session, first.now
        events = await second.until(complete=True)
    assert [event.resumed for event in events if isinstance(event, Hello)] == [False]
    assert isinstance(events[-1], Drawn)


@pytest.mark.parametrize("resume", ["forged", "x" * 43, "../../etc/passwd", "%00"])
async def test_a_forged_token_starts_over(museum: Museum, resume: str):
    async with museum.client(replace(OPEN, resume=resume, received=7)) as client:
        events = await client.until(complete=True)
    assert not events[0].resumed
    assert events[0].resume not in {resume, ""}


async def test_a_token_is_of_use_to_nobody_else(museum: Museum):
    curator = museum.token(Role.CURATOR)
    before = await broken_off(museum, 4, token=curator)
    resume = before.session.hello.resume
    for opening, token in ((OPEN, None), (OPEN, museum.token(Role.VISITOR)), (replace(OPEN, scene="scene_2"), curator)):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with museum.client(replace(opening, resume=resume), additional_headers=headers) as stranger:
            assert not (await stranger.until(Hello))[-1].resumed
    async with await resumed(museum, before, token=curator) as client:
        assert (await whole(client, before))[0].resumed


async def test_claims_of_more_than_was_said_start_over(museum: Museum):
    before = await broken_off(museum, 4)
    async with await resumed(museum, before, received=4_000_000_000) as client:
        assert not (await client.until(Hello))[-1].resumed


async def test_where_the_scene_changed_meanwhile_the_client_starts_over(tmp_path: Path):
    with Museum(tmp_path) as museum:
        before = await broken_off(museum, 5)
        museum.commit(Remove(museum._placement("temple", "-0480/0390")))
        museum.services.bus.publish(Notice("scene_1"))
        async with await resumed(museum, before) as client:
            events = await whole(client, before)
        assert [event.resumed for event in events if isinstance(event, Hello)] == [False]
        assert {placement.title for placement in before.session.placements.values()} == {"ground"}


async def test_of_two_that_come_with_one_token_one_goes_on(museum: Museum):
    before = await broken_off(museum, 5)
    token, received = before.session.reconnect()
    url = stream_url(museum.url, replace(OPEN, resume=token, received=received))
    options = {"subprotocols": ["chronotope.v1"], "compression": None, "max_size": None, "proxy": None}
    options |= {"close_timeout": 0.5}  # nobody reads what still comes, so the end of it is not met
    async with connect(url, **options) as one, connect(url, **options) as other:
        hellos = [await one.recv(), await other.recv()]
        # The second may have come while the first went on: then it took the session over, and the first is closed.
        with suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(1.0):
                while True:
                    await one.recv()
    assert sum('"resumed":true' in hello for hello in hellos) in {1, 2}
    assert one.close_code == 4410 or sum('"resumed":true' in hello for hello in hellos) == 1


class _Session:
    kept_bytes, known = 0, 0

    def park(self) -> None:
        pass


class _Talk:
    def __init__(self, token: str, weight: int) -> None:
        self.visit = _Visit(token, weight)
        self.displaced = False

    async def displace(self) -> None:
        self.displaced = True


class _Visit:
    def __init__(self, token: str, weight: int) -> None:
        self.token, self.weight, self.actor, self.scene, self.session = token, weight, "ines", "scene_1", _Session()


async def test_what_waits_is_bounded_in_count_bytes_and_time():
    parking = Parking(most=3, most_bytes=100, seconds=0.05)
    for token, weight in (("a", 10), ("b", 10), ("c", 10), ("d", 10)):
        talk = _Talk(token, weight)
        parking.enter(token, talk)
        parking.leave(token, talk, may_return=True)
    assert (len(parking), parking.bytes) == (3, 30)
    assert await parking.take("a", "ines", "scene_1") is None
    heavy = _Talk("e", 85)
    parking.enter("e", heavy)
    parking.leave("e", heavy, may_return=True)
    assert (len(parking), parking.bytes) == (2, 95)
    assert await parking.take("d", "ines", "scene_1") is not None
    await asyncio.sleep(0.1)
    assert (len(parking), parking.bytes) == (0, 0)
    assert await parking.take("e", "ines", "scene_1") is None


async def test_one_that_may_not_return_does_not_wait():
    parking, talk = Parking(), _Talk("a", 1)
    parking.enter("a", talk)
    parking.leave("a", talk, may_return=False)
    assert await parking.take("a", "ines", "scene_1") is None


async def test_a_session_is_taken_once_even_from_a_living_connection():
    parking, talk = Parking(), _Talk("a", 1)
    parking.enter("a", talk)
    assert await parking.take("a", "somebody", "scene_1") is None
    found = await asyncio.gather(*(parking.take("a", "ines", "scene_1") for _ in range(3)))
    assert [visit is not None for visit in found] == [True, False, False]
    assert talk.displaced
    parking.leave("a", talk, may_return=True)  # its own end no longer matters
    assert len(parking) == 0


async def test_a_move_that_was_under_way_when_the_connection_broke_is_told_after_it(
    museum: Museum, monkeypatch: pytest.MonkeyPatch
):
    begun, enter = threading.Event(), Delivery.enter

    def slowly(self: Delivery, wish: Wish) -> Entered:
        entered = enter(self, wish)
        begun.set()
        time.sleep(0.3)  # the connection breaks in here, when the move is made and nobody has heard of it
        return entered

    async with museum.client() as first:
        await first.until(complete=True)
        monkeypatch.setattr(Delivery, "enter", slowly)
        first.session.seek("-0600")
        for message in first.session.data_to_send(first.now):
            await first.connection.send(message)
        await asyncio.to_thread(begun.wait, 10)
        monkeypatch.undo()
        first.connection.transport.abort()
    async with await resumed(museum, first) as second:
        second.session, second.now = first.session, first.now
        events = await second.until(State)
        await second.until(complete=True)
    assert [(each.seek, each.at) for each in events if isinstance(each, State)] == [(1, "-0600")]
    assert {placement.title for placement in first.session.placements.values()} == {"ground", "shrine"}
