import pytest

from bench.stream_link import MTU, Link, directions

PACKET = bytes(1000)


def test_packets_leave_one_after_the_other_and_arrive_half_a_round_trip_later():
    down, _ = directions(Link(rtt_ms=20, mbit=8), seed=1)
    down.offer(PACKET, 0.0)
    down.offer(PACKET, 0.0)
    # 8 Mbit are 1,000 bytes in a millisecond, and half of the round trip is ten.
    assert [at for at, _ in down.due(1.0)] == pytest.approx([0.011, 0.012])


def test_nothing_arrives_before_its_time():
    down, _ = directions(Link(rtt_ms=20, mbit=8), seed=1)
    down.offer(PACKET, 0.0)
    assert down.due(0.0109) == []
    assert len(down.due(0.0111)) == 1


def test_the_queue_holds_a_bandwidth_delay_product_and_drops_what_comes_then():
    link = Link(rtt_ms=100, mbit=8)
    down, _ = directions(link, seed=1)
    for _ in range(150):
        down.offer(PACKET, 0.0)
    assert link.queue_bytes == 100_000
    assert down.dropped == 50
    assert down.carried_bytes == 100_000


def test_a_short_link_queues_thirty_two_packets_all_the_same():
    assert Link(rtt_ms=1, mbit=1).queue_bytes == 32 * MTU


def test_loss_is_by_chance_with_a_seed_and_takes_time_on_the_wire():
    def lost(seed):
        down, _ = directions(Link(rtt_ms=100, mbit=1000, loss=0.2), seed=seed)
        for number in range(2000):
            down.offer(PACKET, number * 1e-3)
        return down.lost

    assert lost(1) == lost(1) != lost(2)
    assert lost(1) == pytest.approx(400, rel=0.2)


def test_both_directions_lose_different_packets():
    down, up = directions(Link(rtt_ms=2, mbit=1000, loss=0.5), seed=3)
    for way in (down, up):
        for _ in range(32):
            way.offer(PACKET, 0.0)
    assert [at for at, _ in down.due(1.0)] != [at for at, _ in up.due(1.0)]
