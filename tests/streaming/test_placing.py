"""What a client is told of placements: what a cut draws with it, the rest in idle moments, each once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streaming import frames
from streaming.events import Content, Count, Cut, Placements, State, StreamPlacement
from streaming.limits import MAX_FRAME, NO_PLACEMENT
from streaming.placing import Placing
from streaming.schedule import Chunk, Plan, PlanNode
from tests.streaming.forest import Forest, digest_of
from tests.streaming.walk import IDENTITY, Walk

ROOT, PROXY = b"r" * 1000, b"p" * 12_300
TOWN = [
    (n, StreamPlacement(f"placement_{n}", "asset_house", "House", IDENTITY, "certain", "US")) for n in range(10_000)
]


def read(buffers) -> Placements:
    said = frames.decode_server(b"".join(buffers))
    assert isinstance(said, Placements)
    return said


def told(placing: Placing) -> dict[int, StreamPlacement]:
    found: dict[int, StreamPlacement] = {}
    while placing:
        said = read(placing.some(8000)).placements
        assert found.keys().isdisjoint(n for n, _ in said)
        found |= dict(said)
    return found


def test_all_is_told_once_in_messages_of_about_the_size_asked_for():
    placing = Placing()
    assert placing.enter(1, TOWN, ()) == ()
    sizes = []
    found = {}
    while placing:
        message = placing.some(8000)
        sizes.append(sum(map(len, message)))
        found |= dict(read(message).placements)
    assert found == dict(TOWN)
    assert max(sizes) <= 8100
    assert min(sizes[:-1]) > 7800


def test_what_is_asked_for_is_told_in_messages_that_fit_a_pack_and_not_again():
    placing = Placing()
    placing.enter(1, TOWN, ())
    messages = placing.of(n for n in range(0, 10_000, 2))
    assert all(sum(map(len, message)) <= MAX_FRAME - 8 for message in messages)
    assert [n for message in messages for n, _ in read(message).placements] == list(range(0, 10_000, 2))
    assert placing.of([0, 2]) == []
    assert told(placing).keys() == set(range(1, 10_000, 2))


def test_a_title_of_any_script_fits():
    placing = Placing()
    long = replace(TOWN[0][1], title="𐎠" * 300)
    placing.enter(1, [(0, long)], ())
    assert told(placing) == {0: long}


def test_what_goes_before_it_was_told_of_is_not_told_of():
    placing = Placing()
    placing.enter(1, TOWN[:4], ())
    placing.of([0, 1])
    assert placing.enter(2, [], (1, 3)) == (1,)
    assert placing.enter(3, [], (1,)) == ()
    assert told(placing).keys() == {2}


def test_what_was_told_and_changed_is_told_again_and_goes_as_what_was_told():
    placing = Placing()
    placing.enter(1, TOWN[:2], ())
    told(placing)
    moved = replace(TOWN[0][1], certainty="possible")
    assert placing.enter(2, [(0, moved), TOWN[1]], ()) == ()
    assert placing.enter(3, [], (1,)) == (1,)
    (message,) = placing.of([0, 1])
    assert read(message) == Placements(3, ((0, moved),))
    assert placing.enter(4, [], (0,)) == (0,)


def town_walk() -> Walk:
    """A scene of 10,000 placements, seen from so far that a proxy stands for all of them."""
    forest = Forest((-1, -1), (PROXY, ROOT), ((), ()))
    walk = Walk(forest)
    walk.server = walk.server.__class__(budget=walk.server.budget, now=0.0)
    walk.server.open(session="s", scene="scene_1", title="A town", token="t" * 43)
    walk.server.enter(
        seek=0, at="1200", label="1200", hypothesis=None, certainty="possible", count=Count(10_000), placements=TOWN,
        gone=(), now=0.0,
    )  # fmt: skip
    return walk


def plan(walk: Walk, node: PlanNode) -> None:
    chunk = Chunk(node.chunk, len(walk.blobs[node.chunk]), Content.GLB)
    walk.server.set_plan(Plan(walk.server.state, 0, (node.node,), (node,), {node.chunk: chunk}))


def messages(walk: Walk) -> list[str | bytes]:
    walk.supply()
    return walk.server.data_to_send(walk.now)


def test_the_first_picture_of_ten_thousand_placements_comes_within_fourteen_thousand_bytes():
    walk = town_walk()
    plan(walk, PlanNode(0, NO_PLACEMENT, digest_of(PROXY)))
    first = messages(walk)
    for message in first:
        walk.client.receive(message, 0.0)
    assert walk.client.cut is not None
    assert walk.client.cut.nodes == (0,)
    assert walk.client.placements == {}
    # 300 bytes: the answer to the upgrade, and the heads of the frames.
    assert sum(len(message.encode() if isinstance(message, str) else message) for message in first) + 300 <= 14_000


def test_the_rest_is_told_as_fast_as_it_is_acknowledged_and_a_new_view_comes_between():
    walk = town_walk()
    plan(walk, PlanNode(0, NO_PLACEMENT, digest_of(PROXY)))
    sent = sum(len(message) for _ in range(100) for message in messages(walk))
    assert len(PROXY) < sent < walk.server.window.size
    walk = town_walk()
    plan(walk, PlanNode(0, NO_PLACEMENT, digest_of(PROXY)))
    for message in messages(walk):
        walk.client.receive(message, 0.0)
    plan(walk, PlanNode(1, 9_999, digest_of(ROOT)))
    for message in messages(walk):
        walk.client.receive(message, 0.0)
    assert walk.client.cut.nodes == (1,)
    assert walk.client.placements.keys() >= {9_999}
    assert len(walk.client.placements) < 1000
    walk.settle()
    assert walk.client.placements == dict(TOWN)


def test_what_is_drawn_and_changed_is_told_before_the_cut_that_puts_it_in_force():
    walk = Walk(Forest((-1,), (ROOT,), ((),)))
    plan(walk, PlanNode(0, 0, digest_of(ROOT)))
    walk.settle()
    moved = replace(walk.client.placements[0], certainty="possible")
    walk.server.enter(
        seek=0, at="1300", label="", hypothesis=None, certainty="possible", count=Count(possible=1),
        placements=[*TOWN[5:400], (0, moved)], gone=(), now=1.0,
    )  # fmt: skip
    plan(walk, PlanNode(0, 0, digest_of(ROOT)))
    said = walk.said()
    kinds = [type(each) for each in said]
    assert kinds[:3] == [State, Placements, Cut]
    assert said[1].placements == ((0, moved),)
    assert set(kinds[3:]) == {Placements}


@pytest.mark.parametrize("count", [1, 50])
def test_nothing_is_told_of_a_state_between_it_and_its_plan(count):
    walk = Walk(Forest((-1,), (ROOT,), ((),)))
    walk.server.enter(
        seek=0, at="1300", label="", hypothesis=None, certainty="possible", count=Count(count),
        placements=TOWN[:count], gone=(), now=0.0,
    )  # fmt: skip
    assert {type(each) for each in walk.said()}.isdisjoint({Placements})
