"""Strongly connected components of a directed graph, and an order in which nothing comes before what it leads to.

R. Tarjan, "Depth-first search and linear graph algorithms" (1972), in D. Pearce's form with one number a node, without
recursion. Time and space are linear in nodes and edges.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def components(  # noqa: C901 - one walk; taken apart it would call a function a node
    ahead: Sequence[Iterable[int]], roots: Iterable[int]
) -> tuple[list[int], dict[int, list[int]]]:
    """Nodes that `roots` lead to, sinks first, those of a component side by side; and the components of two and more.

    `ahead[node]` are the nodes that it leads to. A component stands in the dictionary under each of its members, in
    the order in which the list has them.

    >>> components([[1], [2], [1, 3], []], range(4))
    ([3, 1, 2, 0], {1: [1, 2], 2: [1, 2]})
    """
    done = len(ahead) + 1
    found = [0] * len(ahead)  # 0: not yet; the number of its turn; done: its component is complete
    order: list[int] = []
    cyclic: dict[int, list[int]] = {}
    turn = 0
    waiting: list[int] = []  # left, and part of a component that is not complete
    for root in roots:
        if found[root]:
            continue
        trail = []
        turn += 1
        node, rest, mine, low = root, iter(ahead[root]), turn, turn
        found[root] = turn
        while True:
            for other in rest:
                number = found[other]
                if not number:
                    trail.append((node, rest, mine, low))
                    turn += 1
                    node, rest, mine, low = other, iter(ahead[other]), turn, turn
                    found[other] = turn
                    break
                if number < low:  # noqa: PLR1730 - min() here costs a third of the whole
                    low = number
            else:
                if low < mine:
                    waiting.append(node)
                elif waiting and found[waiting[-1]] > mine:
                    members = [node]
                    while waiting and found[waiting[-1]] > mine:
                        members.append(waiting.pop())
                    for member in members:
                        found[member] = done
                        cyclic[member] = members
                    order += members
                else:
                    found[node] = done
                    order.append(node)
                if not trail:
                    break
                lowest = low
                node, rest, mine, low = trail.pop()
                low = min(low, lowest)
    return order, cyclic
