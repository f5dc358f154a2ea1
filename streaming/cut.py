"""Which set of nodes to draw, on numbers only.

A *replacement* of a node is a set of nodes that together show all that the node shows (in 3D Tiles, refinement REPLACE:
its children, or their replacements in turn). Two sources of replacements are known: the plan's, which lead to what the
view wants, and those remembered from earlier plans, whose nodes the client still holds and which stand in meanwhile.

The cut below a node, from the best that can be drawn:
1. the plan's replacements, if each of them has a cut;
2. the node itself, if the plan wants nothing finer;
3. a remembered replacement, if each of its nodes has a cut: finer than planned is better than coarser than shown;
4. the node itself, if it is here; else nothing can be drawn for it.

So a node goes only when all its replacements are there, there is never a node together with one above it, and what is
drawn once for a root stays covered without a hole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cuts:
    """Cuts of one moment in the stream: what is `here` must not change while an instance is used.

    >>> here = {1, 2, 3, 4, 5}.__contains__
    >>> Cuts(here, planned={1: (2, 3), 3: (6, 7)}).of([1])
    (2, 3)
    >>> Cuts(here, planned={1: (8, 9)}, remembered={1: [(2, 3)]}).of([1])
    (2, 3)
    >>> Cuts(here, planned={1: (8, 9)}).of([1])
    (1,)
    """

    here: Callable[[int], bool]
    planned: Mapping[int, tuple[int, ...]]
    remembered: Mapping[int, Sequence[tuple[int, ...]]] = field(default_factory=dict)
    _known: dict[int, tuple[int, ...] | None] = field(default_factory=dict)

    def of(self, roots: Iterable[int]) -> tuple[int, ...]:
        """The deepest consistent cut, in the order of `roots`; a root that cannot be drawn at all is left out."""
        return tuple(node for root in roots for node in self.below(root) or ())

    def below(self, node: int) -> tuple[int, ...] | None:
        """The cut below one node, None where nothing can be drawn for it."""
        if node not in self._known:
            self._known[node] = self._choose(node)
        return self._known[node]

    def below_all(self, nodes: Iterable[int]) -> tuple[int, ...] | None:
        """The cuts below several nodes, None where one of them cannot be drawn."""
        parts: list[int] = []
        for node in nodes:
            found = self.below(node)
            if found is None:
                return None
            parts.extend(found)
        return tuple(parts)

    def _choose(self, node: int) -> tuple[int, ...] | None:
        finer = self.planned.get(node, ())
        if finer and (found := self.below_all(finer)) is not None:
            return found
        itself = self.here(node)
        if itself and not finer:
            return (node,)
        for stand_in in self.remembered.get(node, ()):
            if (found := self.below_all(stand_in)) is not None:
                return found
        return (node,) if itself else None
