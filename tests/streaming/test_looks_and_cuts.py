"""Which cuts answer looks and budgets, as docs/protocol.md says."""

from __future__ import annotations

from streaming.events import Budget, Content, Cut
from streaming.schedule import Chunk, Plan, PlanNode
from tests.streaming.forest import Forest, digest_of
from tests.streaming.walk import Walk, flat

ROOT, LEFT, RIGHT = (bytes([number]) * 1000 for number in range(3))
TREE = Forest((-1, 0, 0), (ROOT, LEFT, RIGHT), ((), (), ()))
A, B, C = map(digest_of, TREE.files)
CHUNKS = {name: Chunk(name, 1000, Content.GLB) for name in (A, B, C)}


def leaf_plan(look: int = 0) -> Plan:
    nodes = (PlanNode(0, 0, A, (), ((1,), (2,)), draws=1), PlanNode(1, 0, B, draws=1), PlanNode(2, 0, C, draws=1))
    return Plan(1, look, (0,), nodes, CHUNKS)


def root_plan(look: int = 0) -> Plan:
    return Plan(1, look, (0,), (PlanNode(0, 0, A, draws=1),), {A: CHUNKS[A]})


def cuts_of(said) -> list[Cut]:
    return [each for each in said if isinstance(each, Cut)]


def test_whoever_stops_looking_about_gets_a_complete_cut_that_names_the_last_look():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    walk.settle()
    walk.said()
    for _ in range(2):
        walk.looks = walk.client.look((0, 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.0, height=100)
    walk.acknowledge()
    walk.server.set_plan(leaf_plan(look=walk.looks))
    (cut,) = cuts_of(walk.said())
    assert (cut.look, cut.gone, cut.shown, cut.complete) == (2, (), (), True)


def test_while_the_view_waits_a_look_that_changes_no_picture_gets_no_cut():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    walk.server.supply(A, TREE.blobs[A])
    assert [cut.complete for cut in cuts_of(frames_of(walk))] == [False]
    walk.looks = walk.client.look((0, 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.0, height=100)
    walk.acknowledge()
    walk.now = 1.0
    walk.server.set_plan(leaf_plan(look=walk.looks))
    assert cuts_of(frames_of(walk)) == []


def test_the_first_cut_that_names_a_look_after_a_budget_is_within_it():
    walk = Walk(TREE)
    walk.server.set_plan(leaf_plan())
    walk.settle()
    walk.client.budget(Budget(draws=1))
    walk.looks = walk.client.look((0, 0, 0), (0, 0, 0, 1), fov=1.0, aspect=1.0, height=100)
    walk.acknowledge()
    walk.server.set_plan(root_plan(look=walk.looks))
    walk.settle()
    named = next(cut for cut in walk.cuts if cut.look == walk.looks)
    assert len(named.shown) <= 1 < len(next(cut for cut in walk.cuts if cut.complete).shown)


def frames_of(walk: Walk) -> list[object]:
    """What the server says with the bytes that it has; the client hears it."""
    found: list[object] = []
    for message in walk.server.data_to_send(walk.now):
        walk.client.receive(message, walk.now)
        found += flat(message)
    return found
