"""The server's session, walked at random against the client's, and by hand where a case has a name."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streaming import frames
from streaming.client import Arrived, ClientSession, Forgotten
from streaming.errors import CloseCode, StreamError
from streaming.events import Ack, Budget, ChunkFrame, Content, Cut, Evict, Have, Look, Refusal, Seek, StreamPlacement
from streaming.schedule import Chunk, Plan, PlanNode
from streaming.server import STATE_PATIENCE_S, Phase, ServerSession
from tests.streaming.forest import Forest, digest_of, forests


class Walk:
    """A server and a client with nothing between them, and the rules that must hold after each message."""

    def __init__(self, forest: Forest, budget: int) -> None:
        self.forest, self.blobs, self.now, self.looks, self.seeks = forest, forest.blobs, 0.0, 0, 0
        self.server = ServerSession(budget_bytes=budget, now=0.0)
        self.client = ClientSession(budget_bytes=budget)
        self.server.open(session="s", scene="scene_1", title="A forest")
        self.placed: set[int] = set()
        self.cuts: list[Cut] = []
        self.arrived: dict[str, int] = {}
        self.enter(0)

    def enter(self, seek: int) -> None:
        new = [
            StreamPlacement(root, f"p{root}", "a", "", (1.0,) * 16, "certain", "US")
            for root in self.forest.roots
            if root not in self.placed
        ]
        self.placed.update(self.forest.roots)
        self.server.enter(
            seek=seek, at="1200", label="1200", hypothesis=None, certainty="possible", placements=new, gone=(),
            now=self.now,
        )  # fmt: skip

    def plan(self, chance: random.Random) -> Plan:
        plan = self.forest.plan(
            chance, state=self.server.state, look=self.looks, budget=self.server.budget_bytes
        )  # fmt: skip
        self.server.set_plan(plan)
        return plan

    def pump(self, most: int = 1_000_000) -> int:
        """Send what may be sent without acknowledging; the number of messages."""
        count = 0
        while count < most:
            for digest in self.server.needs():
                self.server.supply(digest, self.blobs[digest])
            messages = self.server.data_to_send(self.now)
            if not messages:
                break
            for message in messages:
                self.deliver(message)
            count += len(messages)
        window = self.server.window
        assert window.sent - window.acknowledged <= window.size
        return count

    def deliver(self, message: str | bytes) -> None:
        said = frames.decode_server(message)
        if isinstance(said, ChunkFrame):
            assert self.client.held_bytes <= self.server.budget_bytes or said.offset
        for event in self.client.receive(message, self.now):
            match event:
                case Arrived():
                    self.arrived[event.digest] = self.arrived.get(event.digest, 0) + 1
                    assert self.arrived[event.digest] == 1
                    assert event.held or self.blobs[event.digest] == event.data
                case Forgotten():
                    for digest in event.digests:
                        self.arrived.pop(digest, None)
                    self.check_images()
                case Cut():
                    self.check_cut(event)
        if isinstance(said, ChunkFrame) and said.offset == 0:
            assert self.client.held_bytes <= self.server.budget_bytes

    def check_images(self) -> None:
        """An image is not taken from the client before the files that refer to it."""
        held = self.client.held
        for data, images in zip(self.forest.files, self.forest.images, strict=True):
            assert digest_of(data) not in held or {digest_of(image) for image in images} <= held

    def check_cut(self, cut: Cut) -> None:
        held = self.client.held
        for node in cut.nodes:
            assert not set(self.forest.above(node)) & set(cut.nodes)
            assert {digest_of(image) for image in self.forest.images[node]} <= held
        for root in {self.forest.root_of(node) for node in cut.nodes}:
            assert self.forest.covers(root, list(cut.nodes))
        self.cuts.append(cut)

    def say(self, message: str | bytes) -> tuple[Look | Seek | Budget, ...]:
        return self.server.receive(message, self.now)

    def acknowledge(self) -> None:
        self.now += 0.006
        for message in self.client.data_to_send(self.now):
            self.say(message)

    def settle(self) -> None:
        for _ in range(10_000):
            self.now += 0.05
            sent = self.pump()
            self.acknowledge()
            if not sent:
                return
        raise AssertionError("it never comes to rest")


def step(walk: Walk, chance: random.Random) -> None:
    """One random thing that may happen."""
    match chance.randrange(8):
        case 0:
            walk.looks = walk.client.look((chance.random(), 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.5, height=720)
            walk.acknowledge()
            walk.plan(chance)
        case 1:
            walk.seeks = walk.client.seek("1200")
            walk.acknowledge()
            walk.enter(walk.seeks)
            if chance.random() < 0.8:
                walk.plan(chance)
        case 2:
            walk.client.budget(Budget(bytes=chance.randrange(1, 1_500_000)))
            walk.acknowledge()
            if chance.random() < 0.8:
                walk.plan(chance)
        case 3:
            # A client claims only what it does not forget, so not what was just taken from it.
            unseen = sorted(set(walk.blobs) - {t.chunk.digest for t in walk.server._transfers.values() if t.begun})
            walk.client.have(chance.sample(unseen, min(len(unseen), 2)))
            walk.acknowledge()
        case 4:
            walk.now += chance.random() * 0.2
            walk.pump(chance.randrange(1, 20))
        case _:
            walk.pump(chance.randrange(1, 20))
            walk.acknowledge()


@settings(max_examples=150, deadline=None)
@given(forests(), st.integers(1, 1_500_000), st.integers(0, 2**32), st.integers(1, 40))
def test_a_random_walk_keeps_every_rule_and_comes_to_rest(forest: Forest, budget: int, seed: int, steps: int):
    chance = random.Random(seed)
    walk = Walk(forest, budget)
    walk.plan(chance)
    for _ in range(steps):
        step(walk, chance)
    walk.enter(walk.seeks)
    plan = walk.plan(chance)
    walk.settle()
    last = walk.cuts[-1]
    assert last.complete
    assert (last.state, last.look) == (plan.state, plan.look)
    if sum(chunk.total for chunk in plan.chunks.values()) <= walk.server.budget_bytes:
        assert set(last.nodes) == {node.node for node in plan.nodes if not node.replaced_by}
        assert walk.client.held >= {node.chunk for node in plan.nodes if node.node in plan.roots}
    assert walk.client.held_bytes == walk.server.figures.held_bytes <= walk.server.budget_bytes


@settings(max_examples=60, deadline=None)
@given(forests(), st.integers(0, 2**32))
def test_what_is_drawn_once_stays_covered_when_views_change(forest: Forest, seed: int):
    chance = random.Random(seed)
    walk = Walk(forest, 100_000_000)
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


def said(walk: Walk) -> list[object]:
    for digest in walk.server.needs():
        walk.server.supply(digest, walk.blobs[digest])
    return [frames.decode_server(message) for message in walk.server.data_to_send(walk.now)]


def receive_all(session: ServerSession, messages: list[object]) -> None:
    for message in messages:
        session.receive(frames.encode(message), 0.0)


def test_the_root_comes_first_and_is_shown_before_anything_else_arrives():
    walk = Walk(TREE, 10**9)
    walk.server.set_plan(leaf_plan())
    kinds = [type(message).__name__ for message in said(walk)]
    assert kinds[:6] == ["Hello", "State", "ChunkFrame", "Nodes", "Cut", "ChunkFrame"]


def test_nothing_is_sent_before_the_bytes_are_supplied():
    walk = Walk(TREE, 10**9)
    walk.server.set_plan(leaf_plan())
    assert walk.server.needs() == (A, B, C)
    assert [type(frames.decode_server(m)).__name__ for m in walk.server.data_to_send(0.0)] == ["Hello", "State"]


def test_what_is_no_longer_wanted_stops_and_goes_on_where_it_stopped():
    walk = Walk(TREE, 10**9)
    walk.server.window.sent = walk.server.window.acknowledged = 0
    walk.server.set_plan(leaf_plan())
    first = [m for m in said(walk) if isinstance(m, ChunkFrame)]
    assert sum(len(m.payload) for m in first) < sum(map(len, TREE.files))
    walk.server.set_plan(root_plan())
    assert not [m for m in said(walk) if isinstance(m, ChunkFrame)]
    walk.server.receive(frames.encode(Ack(walk.server.window.sent)), 0.1)
    walk.server.set_plan(leaf_plan())
    rest = [m for m in said(walk) if isinstance(m, ChunkFrame)]
    for digest in (A, B, C):
        number = walk.server._transfers[digest].number
        together = b"".join(m.payload for m in first + rest if m.chunk == number)
        assert together == walk.blobs[digest]


def test_at_most_the_window_goes_out_unacknowledged():
    big = Forest((-1,), (b"x" * 3_000_000,), ((),))
    walk = Walk(big, 10**9)
    walk.plan(random.Random(0))
    walk.pump()
    assert 120_000 < walk.server.window.sent <= 160 << 10
    assert not walk.server.data_to_send(0.0)
    walk.acknowledge()
    assert walk.server.data_to_send(walk.now)


def test_a_client_that_acknowledges_nothing_for_20_seconds_is_closed_with_4408():
    walk = Walk(TREE, 10**9)
    walk.server.set_plan(leaf_plan())
    walk.pump()
    walk.server.check(19.9)
    with pytest.raises(StreamError) as caught:
        walk.server.check(20.1)
    assert caught.value.close_code is CloseCode.SLOW
    assert walk.server.phase is Phase.CLOSED


def test_a_client_with_nothing_to_take_may_be_silent_for_ever():
    walk = Walk(TREE, 10**9)
    walk.server.set_plan(root_plan())
    walk.pump()
    walk.acknowledge()
    walk.server.check(1e6)


def test_a_flood_is_closed_with_4429_and_a_quick_client_is_not():
    quick, flood = ServerSession(budget_bytes=1, now=0.0), ServerSession(budget_bytes=1, now=0.0)
    for count in range(5000):
        quick.receive(frames.encode(Ack(0)), count * 0.0025)
    with pytest.raises(StreamError) as caught:
        receive_all(flood, [Ack(0)] * 1100)
    assert caught.value.close_code is CloseCode.FLOOD


@pytest.mark.parametrize(
    "messages",
    [
        [Ack(1)],
        [Look(2, (0, 0, 0), (0, 0, 0, 1), 1.0, 1.0, 1), Look(2, (0, 0, 0), (0, 0, 0, 1), 1.0, 1.0, 1)],
        [Seek(5, "1200"), Seek(4, "1200")],
        [Have((f"{number:064x}",) * 900) if not number else Have(tuple(f"{number * 900 + k:064x}" for k in range(900)))
         for number in range(24)],
    ],
)  # fmt: skip
def test_a_client_that_breaks_the_rules_is_closed_with_4400(messages):
    session = ServerSession(budget_bytes=1, now=0.0)
    with pytest.raises(StreamError) as caught:
        receive_all(session, messages)
    assert caught.value.close_code is CloseCode.BAD_MESSAGE
    assert session.receive(frames.encode(Ack(0)), 0.0) == ()


@pytest.mark.parametrize("named", [True, False])
def test_no_chunk_is_sent_before_what_is_held_was_named_or_two_seconds_passed(named):
    walk = Walk(TREE, 10**9)
    walk.server = ServerSession(budget_bytes=10**9, now=0.0, held=1)
    walk.server.open(session="s", scene="scene_1", title="")
    walk.server.enter(
        seek=0, at="1200", label="", hypothesis=None, certainty="possible", placements=(), gone=(), now=0.0
    )
    walk.server.set_plan(leaf_plan())
    for digest in walk.server.needs():
        walk.server.supply(digest, TREE.blobs[digest])
    assert all(isinstance(message, str) for message in walk.server.data_to_send(1.9))
    assert walk.server.next_due(1.9) == pytest.approx(2.0)
    if named:
        walk.server.receive(frames.encode(Have((B,))), 1.95)
    assert any(isinstance(message, bytes) for message in walk.server.data_to_send(1.95 if named else 2.0))


def test_what_the_client_holds_from_earlier_is_named_without_its_bytes():
    walk = Walk(TREE, 10**9)
    walk.client.have([B])
    walk.acknowledge()
    walk.server.set_plan(leaf_plan())
    walk.settle()
    assert walk.cuts[-1].nodes == (1, 2)
    assert walk.client.received < 1000 + 70_000 + 1000


def test_eviction_takes_what_the_view_left_and_the_cut_first_goes_back():
    walk = Walk(TREE, 141_000)
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
    messages = said(walk)
    kinds = [type(message) for message in messages if not isinstance(message, ChunkFrame)]
    assert Evict in kinds
    assert kinds.index(Cut) < kinds.index(Evict)
    for message in messages:
        walk.deliver(frames.encode(message))


def test_what_is_not_in_the_picture_is_taken_first():
    files = (b"r" * 1000, b"a" * 40_000, b"b" * 40_000, b"c" * 40_000)
    forest = Forest((-1, -1, -1, -1), files, ((),) * 4)
    walk = Walk(forest, 100_000)
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
    walk = Walk(forest, 10**9)
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
    walk = Walk(TREE, 10**9)
    walk.server.set_plan(leaf_plan())
    walk.settle()
    late = b"e" * 500_000
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
    walk = Walk(TREE, 10**9)
    walk.enter(0)
    walk.server.set_plan(leaf_plan(state=1))
    assert walk.server.needs() == ()
    walk.server.set_plan(leaf_plan(state=2))
    assert walk.server.needs() == (A, B, C)


def test_a_scene_where_nothing_stands_has_an_empty_complete_cut():
    walk = Walk(TREE, 10**9)
    walk.server.set_plan(Plan(1, 0, (), (), {}))
    walk.pump()
    assert walk.cuts == [Cut(1, 1, 0, (), complete=True)]


def test_a_refusal_changes_nothing():
    walk = Walk(TREE, 10**9)
    walk.server.set_plan(leaf_plan())
    walk.server.refuse("BAD_EDTF", "no date", 1)
    assert Refusal("BAD_EDTF", "no date", 1) in said(walk)
    walk.settle()
    assert walk.server.state == 1


def test_bytes_of_another_length_than_planned_are_our_fault():
    walk = Walk(TREE, 10**9)
    walk.server.set_plan(leaf_plan())
    with pytest.raises(ValueError, match="1000 planned"):
        walk.server.supply(A, b"short")


@pytest.mark.parametrize(
    "call",
    [
        lambda session: session.enter(
            seek=0, at="", label="", hypothesis=None, certainty="", placements=(), gone=(), now=0.0
        ),
        lambda session: session.set_plan(root_plan()),
        lambda session: session.refuse("A", "b"),
    ],
)
def test_calls_out_of_order_are_our_fault(call):
    with pytest.raises(AssertionError):
        call(ServerSession(budget_bytes=1, now=0.0))


def test_what_was_under_way_when_a_client_broke_the_rules_is_let_fall():
    walk = Walk(TREE, 10**9)
    walk.server.data_to_send(0.0)
    with pytest.raises(StreamError):
        walk.server.receive("not json", 0.0)
    walk.server.set_plan(leaf_plan())
    walk.enter(1)
    walk.server.refuse("BAD_EDTF", "no date", 1)
    assert walk.server.data_to_send(0.0) == []
