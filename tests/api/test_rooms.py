"""Rooms on a real socket: the real application, reference clients, and clients that misbehave."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from api import rooms
from api.auth import make_token
from api.room_keys import GUIDE_HOURS, guide_key, opens
from scenes.model import ANONYMOUS, Actor, Role
from streaming import frames
from streaming.events import Refusal
from streaming.interest import _EVERY as NEAR_TICKS
from streaming.interest import MIDDLE_M, NEAR_M, TICKS_PER_S
from streaming.opening import Opening
from streaming.room import LEAD_TICKS, MOST_MEMBERS
from streaming.room_events import Changed, Entered, Join, Lead, Leave, Led, Part, Peers
from streaming.room_frames import ARM_M, MAX_NOTE, MAX_PEERS, pose_of, stances
from streaming.room_names import MAX_NAME, MAX_ROOM
from streaming.room_relay import SILENCE_S
from tests.api.stream_museum import Client, Museum

AHEAD = (0.0, 0.0, 0.0, 1.0)
FAR = Opening("scene_1", eye=(0.0, 20.0, 300.0), height=100, width=100)


@pytest.fixture(scope="module")
def museum(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Museum]:
    with Museum(tmp_path_factory.mktemp("museum")) as running:
        yield running


@pytest.fixture
async def people(museum: Museum) -> AsyncIterator[Callable[..., Any]]:
    """`await people(name, …)`: somebody who joined a room, and what they were told of it."""
    async with AsyncExitStack() as stack:

        async def come(name: str, room: str = "r", part: Part = Part.VISITOR, key: str = "", role: Role | None = None):
            more = {} if role is None else {"additional_headers": {"Authorization": f"Bearer {museum.token(role)}"}}
            client = await stack.enter_async_context(museum.client(FAR, **more))
            client.session.room(Join(room, name, part, key))
            entered = (await client.until(Entered))[-1]
            return client, entered

        yield come


async def refused(client: Client) -> str:
    return (await client.until(Refusal))[-1].code


async def eventually(client: Client, wanted: Callable[[Any], bool]) -> Any:
    """The first event that will do."""
    while True:
        for event in await client.until(object):
            if wanted(event):
                return event


def key_for(museum: Museum, room: str, *, scene: str = "scene_1", hours: float = 1.0) -> str:
    expires = int(museum.services.clock.now().timestamp() + 3600 * hours)
    return guide_key(museum.services.settings.secret_key, scene, room, expires=expires)


async def test_a_guide_leads_and_visitors_follow_and_see_one_another(museum: Museum, people):
    guide, as_guide = await people("Zoë", "tour", Part.GUIDE, key_for(museum, "tour"))
    visitor, as_visitor = await people("Ada", "tour")
    assert [(member.name, member.part) for member in as_visitor.members] == [
        ("Zoë", Part.GUIDE), ("Ada", Part.VISITOR),
    ]  # fmt: skip
    assert (as_visitor.guide, as_visitor.rate) == (as_guide.you, 10)
    change = await eventually(guide, lambda event: isinstance(event, Changed))
    assert [member.name for member in change.joined] == ["Ada"]
    lead = Lead("-0430", None, "certain", "tour_1", 2, (0.0, 2.0, 9.0), AHEAD, "Look up")
    guide.session.room(lead)
    guide.session.room(pose_of(((1.0, 1.5, 2.0), AHEAD), None, ((1.5, 1.0, 2.0), AHEAD)))
    for message in guide.session.data_to_send(0.0):
        await guide.connection.send(message)
    assert await eventually(visitor, lambda event: isinstance(event, Led)) == Led(as_guide.you, lead)
    guide.session.room(pose_of(((1.0, 1.5, 2.0), AHEAD), None, ((1.5, 1.0, 2.0), AHEAD)))
    for message in guide.session.data_to_send(0.0):
        await guide.connection.send(message)
    peers = await eventually(visitor, lambda event: isinstance(event, Peers))
    [(number, pose)] = peers.poses
    head, left, right = stances(pose)
    assert (number, head[0], left, right and right[0]) == (as_guide.you, (1.0, 1.5, 2.0), None, (1.5, 1.0, 2.0))
    await guide.connection.close()
    gone = await eventually(visitor, lambda event: isinstance(event, Changed))
    assert (gone.left, gone.guide) == ((as_guide.you,), None)


async def test_curators_guide_without_a_key_and_nobody_else_does(museum: Museum, people):
    _, entered = await people("Ines", "curated", Part.GUIDE, role=Role.CURATOR)
    assert entered.guide == entered.you
    visitor, _ = await people("Ada", "curated")
    for key in ("", "1.2", key_for(museum, "another"), key_for(museum, "curated", scene="scene_2"),
                key_for(museum, "curated", hours=-1)):  # fmt: skip
        visitor.session.room(Join("curated", "Ada", Part.GUIDE, key))
        assert await refused(visitor) == "FORBIDDEN"
    visitor.session.room(Lead("1200"))
    assert await refused(visitor) == "FORBIDDEN"
    visitor.session.room(Leave())
    visitor.session.room(Lead("1200"))
    assert await refused(visitor) == "REFUSED"


async def test_a_refused_guide_stays_the_visitor_that_they_were(museum: Museum, people):
    visitor, entered = await people("Ada", "stays")
    visitor.session.room(Join("stays", "Ada", Part.GUIDE))
    assert await refused(visitor) == "FORBIDDEN"
    _, other = await people("Ben", "stays")
    assert entered.you in [member.m for member in other.members]


@pytest.mark.parametrize("name", ["", "\u202eadA", "A\u0000", "x" * 41, "\u200b", "a" + "\u0335" * 30])
async def test_an_absurd_name_is_refused_and_the_stream_goes_on(museum: Museum, name: str):
    async with museum.client(FAR) as client:
        client.session.room(Join("names", name))
        assert await refused(client) == "INVALID"
        client.session.room(Join("names", "<script>alert(1)</script>"))
        entered = (await client.until(Entered))[-1]
        # As text, which is how it is shown.
        assert entered.members[0].name == "<script>alert(1)</script>"


async def test_a_room_of_another_scene_is_another_room(museum: Museum, people):
    _, here = await people("Ada", "same-name")
    more = {"additional_headers": {"Authorization": f"Bearer {museum.token(Role.CURATOR)}"}}
    async with museum.client(Opening("scene_2"), **more) as client:
        client.session.room(Join("same-name", "Ines"))
        entered = (await client.until(Entered))[-1]
    assert [member.name for member in entered.members] == ["Ines"]
    assert here.you not in [member.m for member in entered.members]


async def test_who_joins_again_moves_and_who_leaves_is_gone(museum: Museum, people):
    first, _ = await people("Ada", "move-1")
    watcher, _ = await people("Ben", "move-1")
    first.session.room(Join("move-2", "Ada"))
    entered = (await first.until(Entered))[-1]
    assert (entered.room, len(entered.members)) == ("move-2", 1)
    assert (await eventually(watcher, lambda event: isinstance(event, Changed) and event.left)).joined == ()
    first.session.room(Leave())
    for message in first.session.data_to_send(0.0):
        await first.connection.send(message)
    await until(lambda: ("scene_1", "move-2") not in museum.app.state.rooms._open)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 it is another thread's
            await asyncio.sleep(0.02)


async def test_ten_thousand_joins_end_with_4429(museum: Museum):
    join = frames.encode(Join("flood", "Ada"))
    assert await museum.close_code(*[join] * 10_000) == 4429
    await until(lambda: ("scene_1", "flood") not in museum.app.state.rooms._open)


async def test_poses_at_ninety_a_second_end_with_4429_and_at_twenty_do_not(museum: Museum, people):
    client, _ = await people("Ada", "flooded")
    data = frames.encode(pose_of(((0.0, 1.5, 0.0), AHEAD)))
    for _ in range(30):
        await client.connection.send(data)
    client.session.room(Join("flooded-2", "Ada"))
    await client.until(Entered)
    with suppress(ConnectionClosed):
        for _ in range(10_000):
            await client.connection.send(data)
    async with asyncio.timeout(20):
        await client.connection.wait_closed()
    assert client.connection.close_code == 4429


async def test_a_full_room_and_too_many_rooms_are_said_so(museum: Museum, people, monkeypatch):
    monkeypatch.setattr("api.rooms.MOST_MEMBERS", 2)
    await people("Ada", "full")
    await people("Ben", "full")
    async with museum.client(FAR) as client:
        client.session.room(Join("full", "Eve"))
        assert await refused(client) == "LIMIT"
        monkeypatch.setattr("api.rooms.MOST_ROOMS", len(museum.app.state.rooms))
        client.session.room(Join("one-more", "Eve"))
        assert await refused(client) == "LIMIT"


async def test_a_pose_that_was_on_its_way_when_the_room_was_left_is_passed_over(museum: Museum, people):
    client, _ = await people("Ada", "late")
    client.session.room(Leave())
    client.session.room(pose_of(((0.0, 1.5, 0.0), AHEAD)))
    client.session.room(Join("late", "Ada"))
    assert (await client.until(Entered))[-1].room == "late"


async def test_a_broken_connection_leaves_and_a_resumed_one_joins_anew(museum: Museum, people):
    watcher, _ = await people("Ben", "broken")
    async with museum.client(FAR) as client:
        client.session.room(Join("broken", "Ada"))
        entered = (await client.until(Entered))[-1]
        await eventually(watcher, lambda event: isinstance(event, Changed) and event.joined)
        client.connection.transport.abort()
    change = await eventually(watcher, lambda event: isinstance(event, Changed) and event.left)
    assert change.left == (entered.you,)
    token, received = client.session.reconnect()
    async with museum.client(Opening("scene_1", resume=token, received=received)) as again:
        again.session = client.session
        again.session.room(Join("broken", "Ada"))
        anew = await eventually(again, lambda event: isinstance(event, Entered))
    assert anew.you != entered.you
    assert len(anew.members) == 2


async def test_neither_names_nor_poses_are_logged_or_written(museum: Museum, people, caplog, tmp_path: Path):
    caplog.set_level(logging.DEBUG)
    client, _ = await people("Xanthippe", "private")
    client.session.room(pose_of(((123.4375, 1.5, -77.0625), AHEAD)))
    client.session.room(Join("private", "Xanth\u202eippe"))
    assert await refused(client) == "INVALID"
    await client.connection.close()
    data = museum.services.settings.data

    # The test's own client logs what it sends; uvicorn would, too, and a server holds it back: test_rooms_redis looks.
    def ours() -> list[str]:
        return [each.getMessage() for each in caplog.records if not each.name.startswith(("websockets", "uvicorn"))]

    for _ in range(2000):  # the server says what it sent once its side of the connection has ended, too
        if ours():
            break
        await asyncio.sleep(0.01)
    assert ours()
    assert not any(word in text for text in ours() for word in ("Xanth", "123.43", "77.06"))
    for path in data.rglob("*"):
        if path.is_file():
            assert b"Xanth" not in path.read_bytes()


async def test_a_fault_of_one_room_ends_it_alone(museum: Museum, people, monkeypatch, caplog):
    bad, _ = await people("Ada", "faulty")
    good, _ = await people("Ben", "sound")
    room = museum.app.state.rooms._open["scene_1", "faulty"].room
    monkeypatch.setattr(room, "_interest", None)
    with caplog.at_level(logging.CRITICAL):
        assert await refused(bad) == "INTERNAL"
    bad.session.room(Join("faulty", "Ada"))
    assert len((await bad.until(Entered))[-1].members) == 1
    good.session.room(Join("sound", "Ben"))
    await good.until(Entered)


def test_keys_are_of_one_room_and_one_scene_and_end():
    key = guide_key("s" * 32, "scene_1", "tour", expires=1000)
    assert opens(key, "s" * 32, "scene_1", "tour", now=999.0)
    assert not opens(key, "s" * 32, "scene_1", "tour", now=1000.0)
    assert not opens(key, "t" * 32, "scene_1", "tour", now=0.0)
    assert not opens(key, "s" * 32, "scene_1", "tour2", now=0.0)
    assert not opens(key.replace("1000", "9999"), "s" * 32, "scene_1", "tour", now=0.0)
    for nonsense in ("", ".", "x.y", "1" * 400, "٣." + "0" * 32, "-1." + "0" * 32, "1e9.0", "1000.é"):
        assert not opens(nonsense, "s" * 32, "scene_1", "tour", now=0.0)


def test_the_limits_on_the_page_are_those_of_the_code():
    page = " ".join((Path(__file__).parents[2] / "docs/protocol.md").read_text().split())
    for said in (
        f"`name` (1 to {MAX_NAME} characters)", f"`room` (1 to {MAX_ROOM} letters", f"`note` ({MAX_NOTE} characters)",
        f"u16 count (1 to {MAX_PEERS})", f"at most {ARM_M:g} m from its head", f"holds at most {MOST_MEMBERS}.",
        f"for {GUIDE_HOURS} hours", f"at most {TICKS_PER_S // LEAD_TICKS} times a second",
        f"within {NEAR_M:g} m of yours",
        f"within {MIDDLE_M:g} m five", f"at most {MAX_PEERS} at a time", f"not heard of for {SILENCE_S:g} s",
        f"{rooms.POSES_PER_S:g} poses a second or a join a second", f"a join a second, {rooms.JOINS_BURST:g} at once",
    ):  # fmt: skip
        assert said.replace("10 at once", "ten at once") in page, said
    assert rooms.JOINS_PER_S == 1
    assert NEAR_TICKS == (1, 2, 10)


# The mutation


def asked(museum: Museum, query: str, role: Role | None) -> dict[str, Any]:
    services = museum.services
    headers = {}
    if role is not None:
        token = make_token(services.tokens, Actor("ines", role), at=services.clock.now())
        headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{museum.url}/graphql", content=json.dumps({"query": query}), headers={
        "Content-Type": "application/json", **headers,
    })  # fmt: skip
    return answer.json()


OPEN_ROOM = 'mutation { openRoom(scene: "scene_1"%s) { room guideKey expiresAt visitorLink guideLink } }'


async def test_a_curator_opens_a_room_and_its_key_makes_a_guide(museum: Museum, people):
    opened = (await asyncio.to_thread(asked, museum, OPEN_ROOM % "", Role.CURATOR))["data"]["openRoom"]
    assert opened["visitorLink"] == f"?room={opened['room']}"
    assert opened["guideLink"] == f"?room={opened['room']}#guide={opened['guideKey']}"
    _, entered = await people("Zoë", opened["room"], Part.GUIDE, opened["guideKey"])
    assert entered.guide == entered.you


@pytest.mark.parametrize(
    ("query", "role", "code"),
    [
        (OPEN_ROOM % "", None, "UNAUTHORIZED"),
        (OPEN_ROOM % "", Role.VISITOR, "FORBIDDEN"),
        (OPEN_ROOM % ', room: "a b"', Role.CURATOR, "INVALID"),
        (OPEN_ROOM.replace("scene_1", "scene_9") % "", Role.CURATOR, "NOT_FOUND"),
    ],
)
def test_opening_a_room_is_for_curators_of_scenes_that_there_are(museum: Museum, query, role, code):
    assert ANONYMOUS.role is not Role.CURATOR
    [error] = asked(museum, query, role)["errors"]
    assert error["extensions"]["code"] == code
