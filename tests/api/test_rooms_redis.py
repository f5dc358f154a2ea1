"""One room in two servers, each a process of its own with its own data, through a real Redis."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from api.cli_stream import stream_url
from api.data_directory import prepare
from api.room_keys import guide_key
from api.services import open_services
from api.settings import Settings
from scenes.model import Scene, Viewpoint, Visibility
from scenes.ports import Put
from streaming.client import ClientSession
from streaming.opening import Opening
from streaming.room_events import Changed, Entered, Join, Lead, Led, Part, Peers, RoomClientMessage
from streaming.room_frames import pose_of
from tests.api.command import Server, served
from tests.api.stream_museum import NOON
from tests.redis_server import RedisServer

SECRET = "a secret that both servers have, of 32 characters and more"
AHEAD = (0.0, 0.0, 0.0, 1.0)
HEARD_S = 30


@dataclass
class Two:
    """Two servers and the Redis between them."""

    servers: tuple[Server, Server]
    redis: RedisServer


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("two")
    with ExitStack() as stack:
        redis = stack.enter_context(RedisServer(folder / "redis"))
        servers = []
        for name in ("one", "other"):
            data = folder / name
            with open_services(prepare(Settings(data=data))) as services:
                scene = Scene("scene_1", "Agora", "", "-0430", Visibility.PUBLIC, Viewpoint((0, 2, 9), (0, 0, 0)))
                services.catalogue.commit([Put(scene)], author="ines", reason="…", at=NOON)
            settings = {
                "CHRONOTOPE_REDIS_URL": redis.url, "CHRONOTOPE_SECRET_KEY": SECRET, "CHRONOTOPE_LOG_LEVEL": "debug",
            }  # fmt: skip
            servers.append(stack.enter_context(served(data, **settings)))
        yield Two((servers[0], servers[1]), redis)


@dataclass
class Person:
    """Somebody in a room, and all that they were told."""

    connection: ClientConnection
    session: ClientSession
    events: list[Any] = field(default_factory=list)
    number: int = 0

    async def say(self, message: RoomClientMessage) -> None:
        self.session.room(message)
        for each in self.session.data_to_send(0.0):
            await self.connection.send(each)

    async def hear(self) -> None:
        loop = asyncio.get_running_loop()
        async for data in self.connection:
            self.events += self.session.receive(data, loop.time())
            for each in self.session.data_to_send(loop.time()):
                await self.connection.send(each)

    async def until(self, holds: Callable[[Any], bool]) -> Any:
        """The first event that will do, of those that nobody asked for before."""
        async with asyncio.timeout(HEARD_S):
            while True:
                for at, event in enumerate(self.events):
                    if holds(event):
                        del self.events[: at + 1]
                        return event
                await asyncio.sleep(0.02)


@asynccontextmanager
async def person(
    server: Server, name: str, room: str, part: Part = Part.VISITOR, key: str = ""
) -> AsyncIterator[Person]:
    opening = Opening("scene_1")
    async with connect(
        stream_url(server.url, opening), proxy=None, subprotocols=["chronotope.v1"], compression=None  # type: ignore[list-item]
    ) as connection:  # fmt: skip
        one = Person(connection, ClientSession(budget_bytes=opening.bytes))
        hearing = asyncio.create_task(one.hear())
        await one.say(Join(room, name, part, key))
        one.number = (await one.until(lambda event: isinstance(event, Entered))).you
        yield one
        hearing.cancel()


def joined(name: str) -> Callable[[Any], bool]:
    def holds(event: Any) -> bool:
        there = event.members if isinstance(event, Entered) else event.joined if isinstance(event, Changed) else ()
        return name in [member.name for member in there]

    return holds


def left(number: int) -> Callable[[Any], bool]:
    return lambda event: isinstance(event, Changed) and number in event.left


def key_of(room: str) -> str:
    return guide_key(SECRET, "scene_1", room, expires=2**33)


def at(x: float):
    return pose_of(((x, 1.5, 0.0), AHEAD))


async def test_a_guide_in_one_server_leads_visitors_in_the_other(two: Two):
    one, other = two.servers
    async with person(one, "Zoë", "tour", Part.GUIDE, key_of("tour")) as guide, person(other, "Ada", "tour") as visitor:
        await visitor.until(joined("Zoë"))
        await guide.until(joined("Ada"))
        await guide.say(Lead("-0430", note="Look up"))
        led = await visitor.until(lambda event: isinstance(event, Led))
        assert (led.m, led.lead.at, led.lead.note) == (guide.number, "-0430", "Look up")
        for x in range(5):
            await guide.say(at(x))
            await asyncio.sleep(0.1)
        await visitor.until(lambda event: isinstance(event, Peers) and event.poses == ((guide.number, at(4)),))
        # Somebody who comes later learns at once where the guide stands.
        async with person(other, "Ben", "tour") as late:
            assert (await late.until(lambda event: isinstance(event, Led))).lead.note == "Look up"
        await guide.connection.close()
        change = await visitor.until(left(guide.number))
        assert change.guide is None


async def test_without_redis_rooms_go_on_in_each_server_and_heal_when_it_is_back(two: Two):
    one, other = two.servers
    async with AsyncExitStack() as stack:
        guide = await stack.enter_async_context(person(one, "Zoë", "heals", Part.GUIDE, key_of("heals")))
        near = await stack.enter_async_context(person(one, "Ada", "heals"))
        far = await stack.enter_async_context(person(other, "Ben", "heals"))
        await far.until(joined("Zoë"))
        await near.until(joined("Ben"))
        two.redis.kill()
        # Within the process nothing is different, at once.
        await guide.say(Lead("-0430", note="without"))
        assert (await near.until(lambda event: isinstance(event, Led))).lead.note == "without"
        await guide.say(at(1.0))
        await near.until(lambda event: isinstance(event, Peers))
        # Who is not heard of any more is gone.
        await far.until(left(guide.number))
        await near.until(left(far.number))
        async with person(other, "Eve", "heals") as newcomer:
            assert newcomer.number != guide.number
            await far.until(joined("Eve"))
            two.redis.start()
            await far.until(joined("Zoë"))
            assert (await far.until(lambda event: isinstance(event, Led))).lead.note == "without"
            await near.until(joined("Eve"))
            await guide.say(at(2.0))
            await far.until(lambda event: isinstance(event, Peers) and event.poses[0][1] == at(2.0))


async def test_a_server_that_dies_takes_its_visitors_along(two: Two, tmp_path: Path):
    data = tmp_path / "third"
    with open_services(prepare(Settings(data=data))) as services:
        scene = Scene("scene_1", "Agora", "", "-0430", Visibility.PUBLIC, Viewpoint((0, 2, 9), (0, 0, 0)))
        services.catalogue.commit([Put(scene)], author="ines", reason="…", at=NOON)
    async with person(two.servers[0], "Ada", "dies") as stays:
        with served(data, CHRONOTOPE_REDIS_URL=two.redis.url) as third:
            async with person(third, "Ben", "dies") as goes:
                await stays.until(joined("Ben"))
                third.process.kill()
                await stays.until(left(goes.number))


async def test_not_even_a_debug_log_holds_names_or_poses(two: Two):
    async with person(two.servers[0], "Xanthippe", "private") as one, person(two.servers[1], "Ada", "private") as other:
        await other.until(joined("Xanthippe"))
        await one.say(at(123.4375))
        await other.until(lambda event: isinstance(event, Peers))
    for server in two.servers:
        said = "".join(server.errors)
        assert not any(word in said for word in ("Xanthippe", "Zoë", "123.4", "f6 42"))
