"""The window follows the link; the queue follows the plan."""

from __future__ import annotations

from collections import deque

import pytest

from streaming.events import Content
from streaming.schedule import (
    ACK_INTERVAL_S,
    IN_FLIGHT,
    MAX_WINDOW,
    MIN_WINDOW,
    START_IN_FLIGHT,
    Chunk,
    Plan,
    PlanNode,
    Queue,
    Transfer,
    Window,
    within,
)


def run_link(window: Window, *, bytes_per_s: float, round_trip_s: float, seconds: float) -> float:
    """A link that takes frames of 32 KB one after the other and acknowledges each; share of it that was used."""
    frame, now, free_at, carried = 32_768, 0.0, 0.0, 0
    acks: deque[tuple[float, int]] = deque()
    received = 0
    told_at = -1.0
    while now < seconds:
        while window.has_room(frame):
            window.on_sent(frame, now)
            free_at = max(free_at, now) + frame / bytes_per_s
            received += frame
            acks.append((free_at + round_trip_s, received))
        now, total = acks.popleft()
        if now >= told_at + ACK_INTERVAL_S or not acks:
            now = max(now, told_at + ACK_INTERVAL_S)
            while acks and acks[0][0] <= now:
                _, total = acks.popleft()
            assert window.on_acknowledged(total, now)
            told_at = now
        carried = total
    return carried / (now * bytes_per_s)


@pytest.mark.parametrize(
    ("megabits", "round_trip_s"),
    [(2000, 0.0001), (200, 0.005), (100, 0.02), (50, 0.05), (20, 0.1), (2, 0.3), (0.5, 0.05)],
)
def test_the_window_fills_the_link_and_holds_little_more_than_twice_what_it_carries(megabits, round_trip_s):
    bytes_per_s = megabits * 1e6 / 8
    window = Window(0.0)
    used = run_link(window, bytes_per_s=bytes_per_s, round_trip_s=round_trip_s, seconds=20.0)
    assert used > 0.9
    carries = bytes_per_s * (round_trip_s + ACK_INTERVAL_S) + 32_768
    assert MIN_WINDOW <= window.size <= max(MIN_WINDOW, 2.5 * carries)


def test_the_window_never_exceeds_4_mib():
    window = Window(0.0)
    run_link(window, bytes_per_s=1e9, round_trip_s=0.2, seconds=5.0)
    assert window.size == MAX_WINDOW


def test_a_pause_does_not_count_as_slowness():
    window = Window(0.0)
    run_link(window, bytes_per_s=6e6, round_trip_s=0.05, seconds=5.0)
    window.on_acknowledged(window.sent, 6.0)
    before = window.size
    window.on_sent(1000, 1000.0)
    window.on_acknowledged(window.sent, 1000.05)
    assert before > MIN_WINDOW
    assert window.stalled_for(2000.0) == 0.0


@pytest.mark.parametrize("received", [-1, 5, 1001])
def test_an_acknowledgement_of_what_cannot_be_is_refused(received):
    window = Window(0.0)
    window.on_sent(1000, 0.0)
    assert window.on_acknowledged(10, 0.1)
    assert not window.on_acknowledged(received, 0.2)


def test_the_queue_knows_what_is_left():
    first, second = (Transfer(Chunk(name * 64, 100, Content.GLB), n) for n, name in enumerate("ab"))
    queue = Queue()
    queue.fill([first, second])
    queue.advance(60)
    assert (queue.left, queue.head, first.begun, first.whole) == (140, first, True, False)
    queue.advance(40)
    assert (queue.left, queue.head, first.whole) == (100, second, True)
    queue.fill([second])
    assert (queue.left, len(queue)) == (100, 1)


def test_a_plan_is_cut_off_where_the_budget_ends_and_shared_chunks_count_once():
    chunks = {name: Chunk(name, 100, Content.GLB) for name in "abci"}
    nodes = (
        PlanNode(0, 0, "a", ("i",)),
        PlanNode(1, 1, "a", ("i",)),
        PlanNode(2, 2, "b", ("i",)),
        PlanNode(3, 3, "c"),
    )
    plan = Plan(1, 0, (0,), nodes, chunks)
    assert within(plan, 399) == (nodes[:3], {"a", "b", "i"})
    assert within(plan, 400) == (nodes, {"a", "b", "c", "i"})
    assert within(plan, 150) == ((), set())


def test_a_budget_counts_files_as_they_are_kept_not_as_they_are_sent():
    chunks = {"a": Chunk("a", 30, Content.GLB, decoded=100)}
    plan = Plan(1, 0, (0,), (PlanNode(0, 0, "a"),), chunks)
    assert within(plan, 99) == ((), set())
    assert within(plan, 100) == (plan.nodes, {"a"})


def test_a_client_that_was_held_up_does_not_look_quicker_than_its_link():
    window = Window(0.0)
    heard = {10: 10, 30: 19}  # before which message how many had been heard of: the client was held up after the tenth
    for k in range(31):  # 10 kB each 10 ms, a megabyte a second
        if k in heard:
            assert window.on_acknowledged(heard[k] * 10_000, k * 0.01)
        window.on_sent(10_000, k * 0.01)
    assert window.on_acknowledged(310_000, 0.31)  # twelve of them in a hundredth of a second
    assert 0.9e6 < window.bandwidth < 1.1e6


def test_what_the_clients_system_holds_behind_a_loss_is_in_no_queue():
    window = Window(0.0)
    window.on_sent(MIN_WINDOW, 0.0)
    assert not window.has_room(1)
    window.on_path(50_000, is_crowded=False)
    assert window.has_room(100_000), "and as much again, until what was lost has come"
    assert not window.has_room(100_001)
    window.on_path(50_000, is_crowded=True)
    assert window.has_room(50_000), "a queue that is full already is not filled more"
    assert not window.has_room(50_001)
    window.on_path(MAX_WINDOW, is_crowded=False)
    assert not window.has_room(MAX_WINDOW - MIN_WINDOW + 1), "never more than the most"


def test_the_window_is_wider_while_the_bandwidth_still_grows():
    window = Window(0.0)
    run_link(window, bytes_per_s=12.5e6, round_trip_s=0.05, seconds=0.3)
    starting = window.size / (window.bandwidth * (window.round_trip_s + ACK_INTERVAL_S))
    assert starting == pytest.approx(START_IN_FLIGHT, rel=0.01)
    grown = Window(0.0)
    run_link(grown, bytes_per_s=12.5e6, round_trip_s=0.05, seconds=3.0)
    assert grown.size / (grown.bandwidth * (grown.round_trip_s + ACK_INTERVAL_S)) == pytest.approx(IN_FLIGHT, rel=0.01)
