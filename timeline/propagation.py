"""Bounds made as tight as all statements in force allow, once for a whole network and again where one of them changes.

On either side of every end stands a value, never less than its floor: the earliest day, and the latest with its sign
turned. Along each inequality a value is at least the value before it, plus a day from a start to an end. The least
values that satisfy this are the tightest bounds. They exist if no inequalities form a circle with a day to pass; dates
contradict one another where earliest + turned latest > 0, that is where the earliest day lies after the latest.

Whole network: one pass in topological order a side, linear. Ends on a circle without a day to pass are equal; they are
settled together. After a change the old values still serve: measured against them no inequality is negative, so
Dijkstra's method finds the new values and looks only at ends whose value changes and their neighbours. (G. Ramalingam,
J. Song, L. Joskowicz and R. Miller, "Solving systems of difference constraints incrementally", Algorithmica 23, 1999.)
Where there are no dates values count inequalities from BEGINNING; so a circle shows itself without dates, too.

Beside each value stands where it came from: the end before it, or -1 for its own floor. Followed back, that is the
chain of reasons.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush

from timeline.network import EARLIEST, Network

OWN = -1
Undo = dict[int, tuple[int, int]]
"""By end: the value and where it came from, before."""


class Side:
    """The earliest days of all ends, or the latest with their sign turned."""

    def __init__(self, network: Network, side: int) -> None:
        self.network = network
        self.side = side
        self.value = list(network.floors[side])
        self.came_from = [OWN] * len(self.value)

    @property
    def next(self) -> list[list[int]]:
        """Where each end's value goes."""
        return self.network.ahead if self.side == EARLIEST else self.network.behind

    @property
    def previous(self) -> list[list[int]]:
        """Where each end's value may come from."""
        return self.network.behind if self.side == EARLIEST else self.network.ahead

    def extend(self) -> None:
        """Take up ends that the network got since."""
        floor = self.network.floors[self.side]
        for end in range(len(self.value), len(floor)):
            self.value.append(floor[end])
            self.came_from.append(OWN)

    def sweep(self, order: list[int], cyclic: dict[int, list[int]]) -> None:
        """All values from the floors. `order` and `cyclic` are `timeline.components.components` of `ahead`.

        Earliest days are pushed ahead, latest are pulled back over the same lists, so that no others are needed.
        """
        if self.side == EARLIEST:
            self._push(order, cyclic)
        else:
            self._pull(order, cyclic)

    def _push(self, order: list[int], cyclic: dict[int, list[int]]) -> None:
        value, came_from, ahead = self.value, self.came_from, self.network.ahead
        for one in reversed(order):
            if one in cyclic and one == cyclic[one][-1]:
                self._settle(cyclic[one], cyclic)
            reached = value[one]
            if one & 1:
                for other in ahead[one]:
                    if reached > value[other]:
                        value[other] = reached
                        came_from[other] = one
            else:
                for other in ahead[one]:
                    day = reached + (other & 1)
                    if day > value[other]:
                        value[other] = day
                        came_from[other] = one

    def _pull(self, order: list[int], cyclic: dict[int, list[int]]) -> None:
        value, came_from, ahead = self.value, self.came_from, self.network.ahead
        for one in order:
            best = value[one]
            for other in ahead[one]:
                day = value[other] + (other & ~one & 1)
                if day > best and cyclic.get(one, ahead) is not cyclic.get(other):
                    best = value[one] = day
                    came_from[one] = other
            if one in cyclic and one == cyclic[one][-1]:
                self._settle(cyclic[one], cyclic)

    def _settle(self, members: list[int], cyclic: dict[int, list[int]]) -> None:
        """Ends on a circle are equal: all get the greatest value, from those that have it."""
        inner: dict[int, list[int]] = {member: [] for member in members}
        for member in members:
            for other in self.network.ahead[member]:
                if cyclic.get(other) is members:
                    one, two = (member, other) if self.side == EARLIEST else (other, member)
                    inner[one].append(two)
        greatest = max(self.value[member] for member in members)
        trail = [member for member in members if self.value[member] == greatest]
        for one in trail:  # grows as we go: breadth first
            for other in inner[one]:
                if self.value[other] < greatest:
                    self.value[other] = greatest
                    self.came_from[other] = one
                    trail.append(other)

    def step(self, one: int, other: int) -> int:
        """Days that pass at least between two ends, in the direction of this side."""
        return other & ~one & 1 if self.side == EARLIEST else one & ~other & 1

    def grow(self, end: int, value: int, came_from: int, undo: Undo) -> bool:
        """Raise the value of an end, and of all that follows from it; False if it follows from itself, in a circle.

        What was there before goes into `undo` where it has no entry. After False values are half changed.
        """
        if value <= self.value[end]:
            return True
        settled: set[int] = set()
        heap = [(self.value[end] - value, end, came_from)]
        while heap:
            less, one, before = heappop(heap)
            if one in settled:
                continue
            settled.add(one)
            undo.setdefault(one, (self.value[one], self.came_from[one]))
            reached = self.value[one] = self.value[one] - less
            self.came_from[one] = before
            for other in self.next[one]:
                day = reached + self.step(one, other)
                if day > self.value[other]:
                    if other in settled:
                        return False
                    heappush(heap, (self.value[other] - day, other, one))
        return True

    def shrink(self, ends: Iterable[int], undo: Undo) -> None:
        """Lower the values of `ends`, which lost what they came from, and of all that came from them."""
        affected = self._all_from(ends)
        heap: list[tuple[int, int, int]] = []
        for one in affected:
            best, before = self.network.floors[self.side][one], OWN
            for other in self.previous[one]:
                day = self.value[other] + self.step(other, one)
                if day > best and other not in affected:
                    best, before = day, other
            # A floor that was raised at the same time is no loss; `grow` comes to it.
            heap.append((max(0, self.value[one] - best), one, before))
        heapify(heap)
        while heap:
            loss, one, before = heappop(heap)
            if one not in affected:
                continue
            affected.remove(one)
            undo.setdefault(one, (self.value[one], self.came_from[one]))
            reached = self.value[one] = self.value[one] - loss
            self.came_from[one] = before
            for other in self.next[one]:
                if other in affected:
                    heappush(heap, (self.value[other] - reached - self.step(one, other), other, one))

    def _all_from(self, ends: Iterable[int]) -> set[int]:
        found = set(ends)
        trail = list(found)
        for one in trail:  # grows as we go
            for other in self.next[one]:
                if self.came_from[other] == one and other not in found:
                    found.add(other)
                    trail.append(other)
        return found

    def restore(self, undo: Undo) -> None:
        """Values as they were."""
        for end, (value, came_from) in undo.items():
            self.value[end], self.came_from[end] = value, came_from

    def trail(self, end: int) -> list[int]:
        """The ends by which the value of `end` came, from the one whose floor it is."""
        found = [end]
        while self.came_from[found[-1]] != OWN:
            found.append(self.came_from[found[-1]])
        return found[::-1]
