from __future__ import annotations

from random import Random

from timeline.components import components


def _reachable(ahead: list[list[int]], start: int) -> set[int]:
    found, waiting = {start}, [start]
    while waiting:
        for other in ahead[waiting.pop()]:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found


def test_components_are_the_nodes_that_reach_one_another_and_come_after_what_they_lead_to() -> None:
    for seed in range(200):
        chance = Random(seed)
        count = chance.randrange(1, 12)
        ahead = [[chance.randrange(count) for _ in range(chance.randrange(3))] for _ in range(count)]
        reach = [_reachable(ahead, node) for node in range(count)]
        order, cyclic = components(ahead, range(count))
        assert sorted(order) == list(range(count))
        for one in range(count):
            together = {other for other in reach[one] if one in reach[other]}
            assert set(cyclic.get(one, [one])) == together
            places = sorted(order.index(node) for node in together)
            assert places == list(range(places[0], places[0] + len(together)))
            for other in ahead[one]:
                assert other in together or order.index(other) < order.index(one)


def test_only_what_the_roots_lead_to_is_visited() -> None:
    assert components([[1], [], [0]], [0]) == ([1, 0], {})


def test_a_long_path_needs_no_recursion() -> None:
    count = 50_000
    order, cyclic = components([[(node + 1) % count] for node in range(count)], [0])
    assert len(order) == len(cyclic[0]) == count
