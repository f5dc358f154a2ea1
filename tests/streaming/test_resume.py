"""A connection that breaks anywhere: what was lost is said again, and nothing twice."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming import frames
from streaming.client import Phase
from streaming.events import Ack, Content, Look
from streaming.limits import MAX_U32
from streaming.replay import MOST_BYTES, Log
from streaming.schedule import Chunk, Plan, PlanNode
from tests.streaming.forest import Forest, digest_of, forests
from tests.streaming.walk import Walk

TREE = Forest(
    (-1, 0, 0, 1), tuple(bytes([65 + n]) * (300 + 70 * n) for n in range(4)), ((), (b"image",), (), ()), (True,) * 4
)


def tree_plan(walk: Walk) -> Plan:
    nodes = (TREE.node(0, ((1,), (2,))), TREE.node(1, ((3,),)), TREE.node(2), TREE.node(3))
    chunks = {digest: chunk for node in range(4) for digest, chunk in TREE.chunks(node).items()}
    return Plan(walk.server.state, walk.looks, (0,), nodes, chunks)


class Wire:
    """A connection that carries so many bytes to the client, then breaks. A message counts when it is there whole."""

    def __init__(self, walk: Walk, carries: int) -> None:
        self.walk, self.carries = walk, carries

    def send(self, messages: list[str | bytes]) -> bool:
        """Whether it still holds."""
        for message in messages:
            self.carries -= len(message)
            if self.carries < 0:
                return False
            self.walk.deliver(message)
        return True


def run_session(walk: Walk, wire: Wire) -> bool:
    """A small session up to its last cut; False where the connection broke."""
    client, server = walk.client, walk.server
    for turn in range(9):
        walk.now += 0.05
        walk.supply()
        if not wire.send(server.data_to_send(walk.now)):
            return False
        for message in client.data_to_send(walk.now):
            walk.say(message)
        if turn == 1:
            walk.looks = client.look((0, 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.0, height=100)
            for message in client.data_to_send(walk.now):
                walk.say(message)
            server.set_plan(tree_plan(walk))
    return True


def fresh() -> Walk:
    walk = Walk(TREE, groups=True)
    walk.server.set_plan(tree_plan(walk))
    # Small messages, so that there are many places between them.
    return walk


def whole_length() -> int:
    walk = fresh()
    wire = Wire(walk, 1 << 30)
    assert run_session(walk, wire)
    return (1 << 30) - wire.carries


LENGTH = whole_length()


@pytest.mark.parametrize("part", range(8))
def test_cut_at_every_byte_and_resumed_every_tile_arrives_once(part: int):
    assert LENGTH > 2000
    for at in range(part, LENGTH, 8):
        walk = fresh()
        assert not run_session(walk, Wire(walk, at)), at
        hello_came = walk.client.hello is not None
        if hello_came:
            token, received = walk.client.reconnect()
            assert token == "token"
        else:
            received = 0
        walk.server.park()
        assert walk.server.resume(received, walk.now)
        if not hello_came:
            continue  # it has no token to come back with
        if walk.looks == 0:
            walk.server.set_plan(tree_plan(walk))
        assert run_session(walk, Wire(walk, 1 << 30)), at
        # `deliver` holds that nothing came twice; here, that all came, and that it is drawn.
        assert set(walk.arrived) == set(TREE.blobs), at
        assert walk.cuts[-1].shown == {2: 0, 3: 0}, at


@settings(max_examples=80, deadline=None)
@given(forests(), st.integers(0, 2**32), st.booleans(), st.booleans())
def test_a_session_that_breaks_again_and_again_keeps_every_rule(forest: Forest, seed: int, groups: bool, coded: bool):
    chance = random.Random(seed)
    walk = Walk(forest, groups=groups, coded=coded)
    walk.plan(chance)
    walk.pump(1)
    for _ in range(6):
        for _ in range(chance.randrange(4)):
            walk.pump(chance.randrange(1, 6))
            walk.acknowledge()
        walk.supply()
        # These are sent, but only the first of them arrive.
        messages = [message for _ in range(3) for message in walk.server.data_to_send(walk.now)]
        for message in messages[: chance.randrange(len(messages) + 1)]:
            walk.deliver(message)
        _, received = walk.client.reconnect()
        walk.server.park()
        walk.now += chance.random() * 50
        assert walk.server.resume(received, walk.now)
        if chance.random() < 0.5:
            walk.plan(chance)
    plan = walk.plan(chance)
    walk.settle()
    assert walk.cuts[-1].complete
    assert walk.client.held >= {node.chunk for node in plan.nodes if node.node in plan.roots}


def started() -> Walk:
    walk = fresh()
    assert run_session(walk, Wire(walk, 1 << 30))
    return walk


def test_a_client_that_lacks_nothing_is_only_greeted():
    walk = started()
    _, received = walk.client.reconnect()
    assert walk.server.resume(received, walk.now)
    hello, *rest = walk.server.data_to_send(walk.now)
    assert '"resumed":true' in hello
    assert rest == []
    walk.deliver(hello)
    assert walk.client.phase is Phase.STREAMING
    assert walk.client.messages == received


def test_more_than_was_said_is_not_resumed():
    walk = started()
    said = walk.server._outbox.log.said
    for received in (said + 1, said + 1000, MAX_U32):
        assert not walk.server.resume(received, walk.now)
    assert walk.server.resume(said, walk.now)


def test_what_was_acknowledged_cannot_be_asked_for_again():
    walk = started()
    assert walk.server._outbox.log.acknowledged > 2
    assert not walk.server.resume(1, walk.now)


def test_a_pause_is_no_stall():
    walk = started()
    walk.client.reconnect()
    walk.server.resume(walk.client.messages, walk.now + 50)
    walk.server.check(walk.now + 60)


def test_a_session_resumed_twice_goes_on_after_both():
    walk = fresh()
    assert not run_session(walk, Wire(walk, LENGTH // 2))
    walk.client.reconnect()
    assert walk.server.resume(walk.client.messages, walk.now)
    for message in walk.server.data_to_send(walk.now)[:2]:  # the second connection breaks, too
        walk.deliver(message)
    walk.client.reconnect()
    assert walk.server.resume(walk.client.messages, walk.now)
    walk.server.set_plan(tree_plan(walk))
    assert run_session(walk, Wire(walk, 1 << 30))
    assert set(walk.arrived) == set(TREE.blobs)


def test_looks_that_were_lost_are_said_again_under_new_numbers():
    walk = started()
    walk.client.reconnect()
    walk.server.resume(walk.client.messages, walk.now)
    assert walk.client.look((1, 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.0, height=100) == walk.looks + 1
    (hello,) = walk.server.data_to_send(walk.now)
    walk.deliver(hello)
    (said,) = (m for m in walk.client.data_to_send(walk.now) if isinstance(frames.decode_client(m), Look))
    assert walk.say(said)


def test_a_log_forgets_what_is_over_its_room():
    log = Log()
    for _ in range(3):
        log.add((bytes(MOST_BYTES // 2),), MOST_BYTES // 2)
    assert log.bytes <= MOST_BYTES
    assert log.after(0) is None
    assert len(log.after(1) or ()) == 2


def test_counts_of_messages_go_round():
    log = Log()
    log.said = log.acknowledged = (1 << 32) - 2
    for number in range(4):
        log.add(str(number), 1)
    assert log.after((1 << 32) - 1) == ["1", "2", "3"]
    assert log.acknowledge(0)
    assert log.after(0) == ["2", "3"]
    assert not log.acknowledge((1 << 32) - 1)
    assert not log.acknowledge(3)
    assert log.acknowledge(2)


@pytest.mark.parametrize("ack", [Ack(99, 0), Ack(2, 0), Ack(0, 0)])
def test_an_acknowledgement_of_messages_that_cannot_be_closes_the_stream(ack: Ack):
    walk = started()
    with pytest.raises(Exception, match="ACK"):
        walk.say(frames.encode(replace(ack, received=walk.server.window.sent)))


def test_resuming_sends_what_a_new_view_wants_where_it_stopped():
    data = b"x" * 90_000
    digest = digest_of(data)
    walk = Walk(Forest((-1,), (data,), ((),)))
    walk.server.set_plan(Plan(1, 0, (0,), (PlanNode(0, 0, digest),), {digest: Chunk(digest, 90_000, Content.GLB)}))
    walk.pump(2)
    walk.client.reconnect()
    walk.server.park()
    assert walk.server.resume(walk.client.messages, walk.now)
    walk.settle()
    assert walk.arrived == {digest: 1}


def test_acknowledgements_that_were_lost_do_not_hold_the_window_shut():
    walk = fresh()
    server, client = walk.server, walk.client
    walk.pump()
    assert server.window.sent > server.window.acknowledged == 0
    server.park()
    assert server.resume(client.messages, walk.now)
    assert server.window.acknowledged == server.window.sent
    # What the client counts itself is no fault after that.
    server.receive(frames.encode(Ack(client.messages, server.window.sent)), walk.now)
