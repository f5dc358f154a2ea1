"""The server's session, walked at random against the client's, and by hand where a case has a name."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming import frames
from streaming.client import Drawn
from streaming.errors import CloseCode, StreamError
from streaming.events import (
    Ack,
    Budget,
    ChunkFrame,
    Content,
    Count,
    Cut,
    Evict,
    Have,
    Look,
    Refusal,
    Seek,
    Stats,
    prefix_of,
)
from streaming.schedule import NO_PLAN, Chunk, Plan, PlanNode
from streaming.sender import RENEWAL_S, STATE_PATIENCE_S
from streaming.server import ServerSession
from tests.streaming.forest import ENDLESS, Forest, digest_of, final_nodes, forests, holding
from tests.streaming.walk import Walk, flat, random_budget, step


@settings(max_examples=150, deadline=None)
@given(forests(), st.booleans(), st.booleans(), st.integers(0, 2**32), st.integers(1, 40))
def test_a_random_walk_keeps_every_rule_and_comes_to_rest(
    forest: Forest, groups: bool, coded: bool, seed: int, steps: int
):
    chance = random.Random(seed)
    walk = Walk(forest, random_budget(chance), groups=groups, coded=coded)
    walk.plan(chance)
    for _ in range(steps):
        step(walk, chance)
    walk.enter(walk.seeks)
    plan = walk.plan(chance)
    walk.settle()
    last, budget = walk.cuts[-1], walk.server.budget
    assert last.complete
    assert (last.state, last.look) == (plan.state, plan.look)
    wanted = final_nodes(plan)
    cost, fits = forest.cost(wanted), sum(chunk.kept for chunk in plan.chunks.values()) <= budget.bytes
    # Where half-way costs more than both ends, the end may be out of reach: that takes room to spare.
    roomy = forest.cost({node.node: 0 for node in plan.nodes})
    if fits and roomy == roomy.at_most(budget):
        assert cost == cost.at_most(budget)
        assert last.shown == wanted
        assert walk.client.held >= {node.chunk for node in plan.nodes if node.node in plan.roots}
    assert walk.client.held_bytes == walk.server.figures.held_bytes <= budget.bytes


@settings(max_examples=60, deadline=None)
@given(forests(), st.booleans(), st.integers(0, 2**32))
def test_what_is_drawn_once_stays_covered_when_views_change(forest: Forest, groups: bool, seed: int):
    chance = random.Random(seed)
    walk = Walk(forest, groups=groups)
    covered: set[int] = set()
    for _ in range(12):
        walk.plan(chance)
        walk.pump(chance.randrange(1, 30))
        walk.acknowledge()
        for cut in walk.cuts:
            roots = {forest.root_of(node) for node in cut.nodes}
            assert covered <= roots
            covered |= roots
        walk.cuts.clear()


TREE = Forest((-1, 0, 0), (b"a" * 1000, b"b" * 70_000, b"c" * 70_000), ((), (), ()))
A, B, C = (digest_of(data) for data in TREE.files)


def leaf_plan(state: int = 1, look: int = 0) -> Plan:
    chunks = {digest: Chunk(digest, len(data), Content.GLB) for digest, data in TREE.blobs.items()}
    nodes = (PlanNode(0, 0, A, (), ((1,), (2,))), PlanNode(1, 0, B), PlanNode(2, 0, C))
    return Plan(state, look, (0,), nodes, chunks)


def root_plan(state: int = 1, look: int = 0) -> Plan:
    return Plan(state, look, (0,), (PlanNode(0, 0, A),), {A: Chunk(A, 1000, Content.GLB)})


def once(walk: Walk) -> list[object]:
    """What one call of the driver brings."""
    walk.supply()
    return [inner for message in walk.server.data_to_send(walk.now) for inner in flat(message)]


def receive_all(session: ServerSession, messages: list[object]) -> None:
    for message in messages:
        session.receive(frames.encode(message), 0.0)


def test_the_root_comes_first_and_is_shown_before_anything_else_arrives():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    kinds = [type(message).__name__ for message in walk.said()]
    assert kinds[:6] == ["Hello", "State", "ChunkFrame", "Placements", "Nodes", "Cut"]


def test_the_first_messages_go_as_few():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    walk.supply()
    kinds = [type(frames.decode_server(message)).__name__ for message in walk.server.data_to_send(0.0)]
    assert kinds == ["Hello", "State", "Pack"]


def test_nothing_is_sent_before_the_bytes_are_supplied():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    assert walk.server.needs() == (A, B, C)
    assert [type(frames.decode_server(m)).__name__ for m in walk.server.data_to_send(0.0)] == ["Hello", "State"]


def test_what_is_no_longer_wanted_stops_and_goes_on_where_it_stopped():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    first = [m for _ in range(4) for m in once(walk) if isinstance(m, ChunkFrame)]
    assert 30_000 < sum(len(m.payload) for m in first) < 70_000
    walk.server.set_plan(root_plan())
    assert not [m for m in walk.said() if isinstance(m, ChunkFrame)]
    walk.server.receive(frames.encode(Ack(walk.server._outbox.log.said, walk.server.window.sent)), 0.1)
    walk.server.set_plan(leaf_plan())
    rest = [m for m in walk.said() if isinstance(m, ChunkFrame)]
    for digest in (A, B, C):
        number = walk.server._sender.holdings.number(digest)
        together = b"".join(m.payload for m in first + rest if m.chunk == number)
        assert together == walk.blobs[digest]


def test_a_new_plan_takes_effect_with_the_next_message():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    once(walk)
    assert not [message for message in once(walk) if isinstance(message, Cut)]  # B is on its way
    chunks = {A: Chunk(A, 1000, Content.GLB), C: Chunk(C, 70_000, Content.GLB)}
    walk.server.set_plan(Plan(1, 1, (0,), (PlanNode(0, 0, A, (), ((2,),)), PlanNode(2, 0, C)), chunks))
    pieces = [message for message in once(walk) if isinstance(message, ChunkFrame)]
    assert {message.chunk for message in pieces} == {walk.server._sender.holdings.number(C)}


def test_the_first_tile_of_a_new_view_is_shown_by_the_message_that_brings_it():
    files = (b"a" * 1000, *(bytes([65 + k]) * 6_000 for k in range(6)))
    forest = Forest((-1, *[0] * 6), files, ((),) * 7, grouped=(True,) * 7)
    walk = Walk(forest, groups=True)
    chunks = {digest: Chunk(digest, len(data), Content.GLB) for digest, data in forest.blobs.items()}
    regions = tuple((child,) for child in range(1, 7))
    nodes = tuple(
        PlanNode(k, 0, digest_of(data), (), regions if k == 0 else (), grouped=k == 0, groups=(1,) * 8)
        for k, data in enumerate(files)
    )
    walk.server.set_plan(Plan(1, 0, (0,), nodes[:2], chunks))
    walk.pump()
    walk.acknowledge()
    # A hundredth of a second after a cut: too soon for another, were it of the same view.
    walk.now = walk.server._sender._cut_at + 0.01
    walk.server._sender._renewed_at = walk.now - 2 * RENEWAL_S
    walk.server.receive(frames.encode(Look(1, (0, 0, 0), (0, 0, 0, 1), 1.0, 1.0, 720)), walk.now)
    walk.server.set_plan(Plan(1, 1, (0,), (nodes[0], *nodes[2:]), chunks))
    said = once(walk)
    assert [message.shown for message in said if isinstance(message, Cut)], said
    assert isinstance(said[-1], Cut), "and waits for nothing after it"


def test_at_most_the_window_goes_out_unacknowledged():
    big = Forest((-1,), (b"x" * 3_000_000,), ((),))
    walk = Walk(big)
    walk.plan(random.Random(0))
    walk.pump()
    assert 120_000 < walk.server.window.sent <= 160 << 10
    assert not walk.server.data_to_send(0.0)
    walk.acknowledge()
    assert walk.server.data_to_send(walk.now)


def test_a_client_that_acknowledges_nothing_for_20_seconds_is_closed_with_4408():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    walk.pump()
    walk.server.check(19.9)
    with pytest.raises(StreamError) as caught:
        walk.server.check(20.1)
    assert caught.value.close_code is CloseCode.SLOW
    assert walk.server.resume(walk.client.messages, 21.0)  # it may come back


def test_a_client_with_nothing_to_take_may_be_silent_for_ever():
    walk = Walk(TREE)
    walk.server.set_plan(root_plan())
    walk.pump()
    walk.acknowledge()
    walk.server.check(1e6)


def test_a_flood_is_closed_with_4429_and_a_quick_client_is_not():
    quick, flood = ServerSession(budget=ENDLESS, now=0.0), ServerSession(budget=ENDLESS, now=0.0)
    for count in range(5000):
        quick.receive(frames.encode(Ack(0, 0)), count * 0.0025)
    with pytest.raises(StreamError) as caught:
        receive_all(flood, [Ack(0, 0)] * 1100)
    assert caught.value.close_code is CloseCode.FLOOD


@pytest.mark.parametrize(
    "messages",
    [
        [Ack(0, 1)],
        [Look(2, (0, 0, 0), (0, 0, 0, 1), 1.0, 1.0, 1), Look(2, (0, 0, 0), (0, 0, 0, 1), 1.0, 1.0, 1)],
        [Seek(5, "1200"), Seek(4, "1200")],
        [Have(tuple(range(8000)))] * 13,
        [Ack(1, 0)],
    ],
)  # fmt: skip
def test_a_client_that_breaks_the_rules_is_closed_with_4400(messages):
    session = ServerSession(budget=ENDLESS, now=0.0)
    with pytest.raises(StreamError) as caught:
        receive_all(session, messages)
    assert caught.value.close_code is CloseCode.BAD_MESSAGE
    assert session.receive(frames.encode(Ack(0, 0)), 0.0) == ()


@pytest.mark.parametrize("named", [True, False])
def test_no_chunk_is_sent_before_what_is_held_was_named_or_two_seconds_passed(named):
    walk = Walk(TREE)
    walk.server = ServerSession(budget=ENDLESS, now=0.0, held=1)
    walk.server.open(session="s", scene="scene_1", title="")
    walk.server.enter(
        seek=0,
        at="1200",
        label="",
        hypothesis=None,
        certainty="possible",
        count=Count(),
        placements=(),
        gone=(),
        now=0.0,
    )
    walk.server.set_plan(leaf_plan())
    for digest in walk.server.needs():
        walk.server.supply(digest, TREE.blobs[digest])
    assert all(isinstance(message, str) for message in walk.server.data_to_send(1.9))
    assert walk.server.next_due(1.9) == pytest.approx(2.0)
    if named:
        walk.server.receive(frames.encode(Have((prefix_of(B),))), 1.95)
    assert any(isinstance(message, bytes) for message in walk.server.data_to_send(1.95 if named else 2.0))


def test_what_the_client_holds_from_earlier_is_named_without_its_bytes():
    walk = Walk(TREE)
    walk.client.have([B])
    walk.acknowledge()
    walk.server.set_plan(leaf_plan())
    walk.settle()
    assert walk.cuts[-1].nodes == (1, 2)
    assert walk.client.received < 1000 + 70_000 + 1000


def test_eviction_takes_what_the_view_left_and_the_cut_first_goes_back():
    walk = Walk(TREE, holding(141_000))
    walk.server.set_plan(leaf_plan())
    walk.settle()
    assert walk.cuts[-1].nodes == (1, 2)
    other = b"d" * 30_000
    walk.blobs[digest_of(other)] = other
    chunks = {A: Chunk(A, 1000, Content.GLB), digest_of(other): Chunk(digest_of(other), len(other), Content.GLB)}
    walk.forest = Forest((-1, 0, 0, -1), (*TREE.files, other), ((),) * 4)
    walk.enter(0)
    # The tree is still refined in the picture, by what stands in; the new one needs room.
    nodes = (PlanNode(0, 0, A, (), ((4,),)), PlanNode(3, 3, digest_of(other)))
    walk.server.set_plan(Plan(2, 0, (0, 3), nodes, chunks))
    walk.now += 0.1
    messages = walk.said()
    kinds = [type(message) for message in messages if not isinstance(message, ChunkFrame)]
    assert Evict in kinds
    assert kinds.index(Cut) < kinds.index(Evict)
    for message in messages:
        walk.deliver(frames.encode(message))


def test_what_is_not_in_the_picture_is_taken_first():
    files = (b"r" * 1000, b"a" * 40_000, b"b" * 40_000, b"c" * 40_000)
    forest = Forest((-1, -1, -1, -1), files, ((),) * 4)
    walk = Walk(forest, holding(100_000))
    chunks = {digest_of(data): Chunk(digest_of(data), len(data), Content.GLB) for data in files}

    def plan(*roots: int) -> Plan:
        return Plan(1, 0, roots, tuple(PlanNode(root, root, digest_of(files[root])) for root in roots), chunks)

    walk.server.set_plan(plan(0, 1, 2))
    walk.settle()
    walk.server.set_plan(plan(0, 2))  # 1 leaves the picture, but is kept as long as there is room
    walk.settle()
    walk.server.set_plan(plan(3, 0))  # 2 is in the picture still
    walk.settle()
    assert walk.client.held == {digest_of(files[root]) for root in (0, 2, 3)}


def test_the_picture_does_not_fall_back_when_a_plan_wants_a_level_that_was_skipped():
    files = tuple(bytes([65 + node]) * 60_000 for node in range(5))
    forest = Forest((-1, 0, 0, 1, 1), files, ((),) * 5)
    walk = Walk(forest)
    chunks = {digest_of(data): Chunk(digest_of(data), len(data), Content.GLB) for data in files}

    def plan(replaced_by: dict[int, tuple[int, ...]]) -> Plan:
        wanted = sorted({0, *replaced_by, *(part for parts in replaced_by.values() for part in parts)})
        nodes = (
            PlanNode(node, 0, digest_of(files[node]), (), tuple((part,) for part in replaced_by.get(node, ())))
            for node in wanted
        )
        return Plan(1, 0, (0,), tuple(nodes), chunks)

    walk.server.set_plan(plan({0: (3, 4, 2)}))
    walk.settle()
    walk.cuts.clear()
    walk.server.set_plan(plan({0: (1, 2)}))
    walk.now += 1
    for message in walk.server.data_to_send(walk.now):  # before the bytes of 1 are at hand
        walk.deliver(message)
    walk.settle()
    assert [set(cut.nodes) for cut in walk.cuts if cut.nodes] == [{3, 4, 2}, {1, 2}]


def test_the_picture_of_the_state_before_stays_until_the_new_one_can_be_shown():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    walk.settle()
    late = b"e" * 2_000_000
    walk.blobs[digest_of(late)] = late
    walk.forest = Forest((-1, 0, 0, -1), (*TREE.files, late), ((),) * 4)
    walk.enter(0)
    before = len(walk.cuts)
    chunks = {A: Chunk(A, 1000, Content.GLB), digest_of(late): Chunk(digest_of(late), len(late), Content.GLB)}
    walk.server.set_plan(Plan(2, 0, (0, 3), (PlanNode(0, 0, A), PlanNode(3, 3, digest_of(late))), chunks))
    walk.now += 0.1
    walk.pump()
    assert len(walk.cuts) == before
    walk.now += STATE_PATIENCE_S
    walk.pump()
    assert walk.cuts[-1].nodes == (0,)


def test_a_plan_for_an_earlier_state_is_ignored_and_tiles_wait_for_the_new_one():
    walk = Walk(TREE)
    walk.enter(0)
    walk.server.set_plan(leaf_plan(state=1))
    assert walk.server.needs() == ()
    walk.server.set_plan(leaf_plan(state=2))
    assert walk.server.needs() == (A, B, C)


def test_a_scene_where_nothing_stands_has_an_empty_complete_cut():
    walk = Walk(TREE)
    walk.server.set_plan(Plan(1, 0, (), (), {}))
    walk.pump()
    assert walk.cuts == [Drawn(1, 1, 0, {}, complete=True)]


def test_a_refusal_changes_nothing():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    walk.server.refuse("BAD_EDTF", "no date", 1)
    assert Refusal("BAD_EDTF", "no date", 1) in walk.said()
    walk.settle()
    assert walk.server.state == 1


def test_bytes_of_another_length_than_planned_are_our_fault():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    with pytest.raises(ValueError, match="1000 planned"):
        walk.server.supply(A, b"short")


@pytest.mark.parametrize(
    "call",
    [
        lambda session: session.enter(
            seek=0, at="", label="", hypothesis=None, certainty="", count=Count(), placements=(), gone=(), now=0.0
        ),
        lambda session: session.set_plan(root_plan()),
        lambda session: session.refuse("A", "b"),
    ],
)
def test_calls_out_of_order_are_our_fault(call):
    with pytest.raises(AssertionError):
        call(ServerSession(budget=ENDLESS, now=0.0))


def test_what_was_under_way_when_a_client_broke_the_rules_is_let_fall():
    walk = Walk(TREE)
    walk.server.data_to_send(0.0)
    with pytest.raises(StreamError):
        walk.server.receive("not json", 0.0)
    walk.server.set_plan(leaf_plan())
    walk.enter(1)
    walk.server.refuse("BAD_EDTF", "no date", 1)
    assert walk.server.data_to_send(0.0) == []


# What is sent in advance


def spare_plan(*files: bytes) -> Plan:
    chunks = {digest_of(data): Chunk(digest_of(data), len(data), Content.GLB) for data in files}
    return Plan(1, 0, (), tuple(PlanNode(n, 0, digest_of(data)) for n, data in enumerate(files)), chunks)


def pieces_of(walk: Walk, messages: list[object]) -> set[str]:
    numbers = {message.chunk for message in messages if isinstance(message, ChunkFrame)}
    return {digest for digest in walk.blobs if walk.server._sender.holdings._numbers.get(digest) in numbers}


def complete_walk(budget: int = 10**9) -> Walk:
    """A walk whose root is there and drawn, and a link that is known."""
    walk = Walk(TREE, holding(budget))
    walk.server.set_plan(root_plan())
    walk.settle()
    assert walk.server.is_complete
    return walk


def test_what_may_be_wanted_soon_is_sent_once_nothing_else_is():
    walk = complete_walk()
    cuts = len(walk.cuts)
    walk.server.set_spare(spare_plan(TREE.files[1], TREE.files[2]))
    walk.settle()
    assert walk.client.held == {A, B, C}
    assert walk.server.figures.prefetched == 140_000
    assert len(walk.cuts) == cuts  # nobody sees a difference
    # And then it costs nothing.
    before = walk.client.received
    walk.server.set_plan(leaf_plan())
    walk.settle()
    assert walk.client.received == before
    assert walk.cuts[-1].shown == {1: 0, 2: 0}


def test_nothing_is_sent_in_advance_while_the_view_waits():
    walk = Walk(TREE)
    late = b"x" * 50_000
    walk.blobs[digest_of(late)] = late
    walk.server.set_plan(leaf_plan())
    walk.server.set_spare(spare_plan(late))
    sent: list[object] = []
    while not walk.server.is_complete:
        assert digest_of(late) not in walk.server.needs()
        sent += once(walk)
    assert pieces_of(walk, sent) == {A, B, C}


def test_what_is_sent_in_advance_leaves_half_of_the_window_free_and_yields_at_once():
    walk = complete_walk()
    late = b"x" * 900_000
    walk.blobs[digest_of(late)] = late
    walk.server.set_spare(spare_plan(late))
    walk.said()
    window = walk.server.window
    assert window.size // 2 <= window.unacknowledged < window.size // 2 + (64 << 10)
    walk.server.set_plan(leaf_plan())
    assert pieces_of(walk, once(walk)) == {B}


def test_nothing_is_evicted_for_what_no_view_wants():
    walk = Walk(Forest((-1, -1, -1), TREE.files, ((), (), ())), holding(100_000))
    walk.server.set_plan(root_plan())
    walk.settle()
    walk.server.set_spare(spare_plan(TREE.files[1], TREE.files[2]))
    walk.settle()
    assert walk.client.held == {A, B}
    assert walk.server.figures.evicted == 0
    # What was sent in advance makes room when it turns out to be of no use.
    walk.server.set_plan(Plan(1, 0, (0, 2), (PlanNode(0, 0, A), PlanNode(2, 2, C)), leaf_plan().chunks))
    walk.settle()
    assert walk.client.held == {A, C}


def test_a_scrub_through_ten_epochs_never_sends_those_that_were_passed():
    files = tuple(bytes([97 + n]) * 200_000 for n in range(10))
    forest = Forest((-1,) * 10, files, ((),) * 10)
    walk = Walk(forest)
    chunks = {digest: chunk for node in range(10) for digest, chunk in forest.chunks(node).items()}
    late: list[tuple[int, set[str]]] = []
    for epoch in range(10):  # ten a second, on 2 MB/s: none of them comes in whole
        walk.enter(epoch)
        nodes = (forest.node(epoch),)
        walk.server.set_plan(Plan(walk.server.state, 0, (epoch,), nodes, chunks))
        if epoch < 9:
            ahead = Plan(walk.server.state, 0, (), (forest.node(epoch + 1),), chunks)
            walk.server.set_spare(ahead)
        for _ in range(10):
            walk.now += 0.01
            walk.supply()
            messages = walk.server.data_to_send(walk.now)
            for message in messages:
                walk.deliver(message)
            late.append((epoch, pieces_of(walk, [inner for message in messages for inner in flat(message)])))
            for message in walk.client.data_to_send(walk.now):
                walk.say(message)
    names = [digest_of(data) for data in files]
    # Of each tenth of a second: its own epoch, and the next one in advance. Never one that was passed.
    assert all(sent <= set(names[epoch : epoch + 2]) for epoch, sent in late)
    for epoch, name in enumerate(names):
        first = next((sent for at, sent in late if at == epoch and sent), {name})
        assert name in first or name in walk.client.held
    assert {name for _, sent in late for name in sent} == set(names)
    walk.settle()
    assert walk.cuts[-1].shown == {9: 0}


def test_what_was_foreseen_for_a_state_ends_with_it():
    walk = complete_walk()
    walk.server.set_spare(spare_plan(TREE.files[1]))
    walk.enter(0)
    walk.server.set_plan(root_plan(state=2))
    assert walk.server.needs() == ()


# How it goes


def test_figures_are_said_once_a_second_while_they_change():
    walk = Walk(TREE)
    walk.server = ServerSession(budget=ENDLESS, now=0.0, stats=True)
    walk.server.open(session="s", scene="scene_1", title="")
    walk.placed.clear()
    walk.enter(0)
    walk.server.set_plan(leaf_plan())
    said: list[Stats] = []
    for _ in range(200):
        walk.now += 0.05
        walk.supply()
        for message in walk.server.data_to_send(walk.now):
            said += [event for event in walk.client.receive(message, walk.now) if isinstance(event, Stats)]
        walk.acknowledge()
    assert 1 <= len(said) <= 3
    last = said[-1]
    assert (last.chunks, last.held, last.queued, last.unacknowledged) == (3, 141_000, 0, 0)
    assert last.bandwidth > 0
    assert last.rtt_ms > 0


def test_a_plan_is_the_same_whether_it_is_followed_once_or_again():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    walk.settle()
    cuts = len(walk.cuts)
    walk.server.set_plan(leaf_plan())
    walk.server.set_spare(NO_PLAN)
    walk.settle()
    assert len(walk.cuts) == cuts


def test_gzip_that_comes_out_longer_than_planned_is_sent_all_the_same():
    walk = Walk(TREE, coded=True)
    (chunk,) = TREE.chunks(0, coded=True).values()
    assert chunk.decoded == 1000
    longer = Chunk(A, chunk.total + 5, Content.GLB, chunk.decoded)
    walk.server.set_plan(Plan(1, 0, (0,), (PlanNode(0, 0, A),), {A: longer}))
    walk.settle()
    assert walk.client.held == {A}
    assert walk.cuts[-1].complete


def test_a_budget_that_no_device_has_is_not_believed():
    walk = Walk(TREE)
    walk.say(frames.encode(Budget(bytes=2**53)))
    assert walk.server.budget.bytes <= 8 << 30
