"""Which tiles to draw, and which of their groups, on numbers only.

A *way* of a node says by what it goes, region by region (`PlanNode.replaced_by`): one entry for each child of the
tile, with the nodes that together show all that the tile shows there. Two sources of ways are known: the plan's, which
lead to what the view wants, and those remembered from earlier plans, whose nodes the client still holds and which stand
in meanwhile. Where a tile is grouped (and the client can draw groups) its regions go one by one: what replaces a region
is drawn, and the tile's group of that region is not. Otherwise the tile goes when all of it can be replaced. A tile
that its children add to never goes: what its way names is drawn beside it, region by region, and only while it is.

The picture is built from the coarse to the fine:
1. each root that can be drawn at all is covered by the coarsest that is here;
2. in the order of the plan each node that is drawn is replaced, in whole if that can be, else region by region, by the
   coarsest that is here of what the plan wants, else of what is remembered: finer than planned is better than coarser
   than shown. What the plan shows in the end is left as it is;
3. a step that would exceed the triangles, draws or textures of the device is not taken.

So nothing goes unless its replacement is drawn, no region is drawn twice (straddlers apart: they are drawn while any of
their tile is), what is drawn once for a root stays covered without a hole, and the budget holds at each cut, because
steps that exceed it are left out and never repaired afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush

from streaming.events import DeviceBudget
from streaming.limits import MAX_DRAWN, MAX_GROUPS, NO_PLACEMENT
from streaming.schedule import PlanNode

Way = tuple[tuple[int, ...] | None, ...]
_NOWHERE: tuple[int, ...] = ()


@dataclass(slots=True)
class Picture:
    """What is drawn, and what it costs."""

    nodes: Mapping[int, PlanNode]
    textures_of: Callable[[str], int]
    """bytes of an image's texture"""
    budget: DeviceBudget
    shown: dict[int, int] = field(default_factory=dict)
    """node, and its hidden groups as bits"""
    triangles: int = 0
    draws: int = 0
    textures: int = 0
    _images: dict[str, int] = field(default_factory=dict)

    @property
    def fits(self) -> bool:
        """Whether it is within the budget."""
        return (
            self.triangles <= self.budget.triangles
            and self.draws <= self.budget.draws
            and self.textures <= self.budget.textures
            and len(self.shown) <= MAX_DRAWN
        )

    def change(self, node: int, hidden: int | None, come: Sequence[int]) -> bool:
        """Hide groups of a node (None: all of it), draw others; undone, and False, where that exceeds the budget."""
        before = self.shown.get(node)
        self._put(node, hidden)
        for other in come:
            self._put(other, 0)
        if self.fits:
            return True
        for other in come:
            self._put(other, None)
        self._put(node, before)
        return False

    def _put(self, node: int, hidden: int | None) -> None:
        known, before = self.nodes[node], self.shown.get(node)
        if before is not None:
            self.triangles -= _triangles(known, before)
        if hidden is None:
            if before is not None:
                del self.shown[node]
                self._count(known, -1)
            return
        self.triangles += _triangles(known, hidden)
        self.shown[node] = hidden
        if before is None:
            self._count(known, 1)

    def _count(self, known: PlanNode, sign: int) -> None:
        self.draws += sign * known.draws
        self.textures += sign * known.textures
        for image in known.needs:
            count = self._images.get(image, 0) + sign
            self._images[image] = count
            if (sign, count) in ((1, 1), (-1, 0)):  # tiles share images: the first brings it, the last takes it
                self.textures += sign * self.textures_of(image)


def _triangles(known: PlanNode, hidden: int) -> int:
    if not hidden:
        return known.triangles
    return known.triangles - sum(count for k, count in enumerate(known.groups) if hidden >> k & 1)


@dataclass(frozen=True, slots=True)
class Cuts:
    """Cuts of one moment in the stream: what is `here` must not change while an instance is used.

    >>> nodes = {n: PlanNode(n, 0, "") for n in range(8)}
    >>> Cuts({1, 2, 3, 4, 5}.__contains__, nodes, planned={1: ((2,), (3,)), 3: ((6,), (7,))}).all_of([1])
    (2, 3)
    >>> Cuts({1, 2, 3}.__contains__, nodes, planned={1: ((8,), (9,))}, remembered={1: [((2,), (3,))]}).all_of([1])
    (2, 3)
    >>> Cuts({1, 2, 3}.__contains__, nodes, planned={1: ((8,), (9,))}).all_of([1])
    (1,)
    """

    here: Callable[[int], bool]
    nodes: Mapping[int, PlanNode]
    """every node that ways name and that is here, and those that are planned"""
    planned: Mapping[int, Way]
    """what goes of the nodes of the plan; nodes of the plan that stay whole in the end are in `ranks` only"""
    remembered: Mapping[int, Sequence[Way]] = field(default_factory=dict)
    ranks: Mapping[int, int] = field(default_factory=dict)
    """place of each node of the plan in its order"""
    groups: bool = False
    """whether the client can draw groups"""
    _known: dict[int, bool] = field(default_factory=dict)

    def picture(
        self, roots: Sequence[int], *, budget: DeviceBudget, textures_of: Callable[[str], int] = lambda _: 0
    ) -> Picture:
        """The deepest consistent picture within the budget.

        A root that cannot be drawn at all is left out; not so what a proxy stands for: proxies are made while visitors
        are there already, and what these see must not go until the proxy has come.
        """
        picture = Picture(self.nodes, textures_of, budget)
        for root in sorted(roots, key=lambda root: self.ranks.get(root, 0)):
            for part in self._standing(root):
                first, *rest = self._coarsest((part,))
                picture.change(first, 0, rest)
        queue: list[tuple[int, int]] = []
        count = len(self.ranks)
        for node in list(picture.shown):
            count = self._await(queue, node, count)
        while queue:
            _, node = heappop(queue)
            for come in self._refine(picture, node):
                count = self._await(queue, come, count)
        return picture

    def all_of(self, roots: Sequence[int]) -> tuple[int, ...]:
        """The nodes of the picture that a device without limits shows, in order."""
        return tuple(sorted(self.picture(roots, budget=_ENDLESS).shown))

    def can(self, node: int) -> bool:
        """Whether all that a node shows can be drawn, by itself or by what replaces it."""
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = self.here(node) or self._whole(node) is not None
        return known

    def can_all(self, nodes: Sequence[int]) -> bool:
        """Whether each of these can be drawn."""
        return all(map(self.can, nodes))

    def is_replaced(self, node: int) -> bool:
        """Whether all of a node's way in the plan is here, so that the node itself need not be."""
        way = self.planned.get(node)
        if not way or self._is_added(node):
            return False
        return all(region is not None and self.can_all(region) for region in way)

    def is_useful(self, node: int, way: Way) -> bool:
        """Whether something of a way can be drawn."""
        if self._is_added(node) or self._is_parted(node, way):
            return any(region and self.can_all(region) for region in way)
        return all(region is not None and self.can_all(region) for region in way)

    def _standing(self, node: int) -> list[int]:
        """What can be drawn of a root: of a proxy that is not here, what is here of the things that it stands for."""
        if self.can(node):
            return [node]
        known = self.nodes.get(node)
        if known is None or known.placement != NO_PLACEMENT:
            return []
        regions = self.planned.get(node) or next(iter(self.remembered.get(node, ())), ())
        return [part for region in regions for each in region or _NOWHERE for part in self._standing(each)]

    def _await(self, queue: list[tuple[int, int]], node: int, count: int) -> int:
        if node in self.planned or (node in self.remembered and node not in self.ranks):
            heappush(queue, (self.ranks.get(node, count), node))
            return count + 1
        return count

    def _is_parted(self, node: int, way: Way) -> bool:
        known = self.nodes.get(node)
        return self.groups and known is not None and known.grouped and len(way) <= MAX_GROUPS

    def _is_added(self, node: int) -> bool:
        known = self.nodes.get(node)
        return known is not None and known.added

    def _ways(self, node: int) -> list[Way]:
        way = self.planned.get(node)
        return [*([way] if way else []), *self.remembered.get(node, ())]

    def _region(self, ways: list[Way], k: int) -> tuple[int, ...] | None:
        """What replaces a region, or adds to it, where regions go one by one.

        `()` where there is nothing to wait for, None where nothing can.
        """
        for way in ways:
            if k < len(way) and (region := way[k]) is not None and self.can_all(region):
                return region
        return None

    def _whole(self, node: int) -> tuple[int, ...] | None:
        """What replaces all of a node; None where that cannot be."""
        ways = self._ways(node)
        if not ways or self._is_added(node):
            return None
        if self._is_parted(node, ways[0]):
            regions = [self._region(ways, k) for k in range(len(ways[0]))]
            if None not in regions:
                return tuple(part for region in regions for part in region or _NOWHERE) or None
            return None
        for way in ways:
            parts = tuple(part for region in way for part in region or _NOWHERE)
            if parts and None not in way and self.can_all(parts):
                return parts
        return None

    def _coarsest(self, nodes: Sequence[int]) -> list[int]:
        """The coarsest that is here for nodes that can be drawn."""
        found: list[int] = []
        for node in nodes:
            if self.here(node):
                found.append(node)
            else:
                found += self._coarsest(self._whole(node) or _NOWHERE)
        return found

    def _refine(self, picture: Picture, node: int) -> Sequence[int]:
        """Replace what can be of a drawn node; the nodes that came."""
        way = self.planned.get(node)
        ways = self._ways(node)
        is_added = self._is_added(node)
        if not (is_added or self._is_parted(node, ways[0])):
            whole = self._whole(node)
            come = self._coarsest(whole) if whole else []
            return come if come and picture.change(node, None, come) else _NOWHERE
        # Where the plan lets the tile itself show a region, that is better than what is remembered there.
        regions = [
            None if way is not None and way[k] is None else self._region(ways, k) for k in range(len(ways[0]))
        ]  # fmt: skip
        parts = [_NOWHERE if region is None else self._coarsest(region) for region in regions]
        if None not in regions and not is_added:
            come = [part for region in parts for part in region]
            if come and picture.change(node, None, come):
                return come
        came: list[int] = []
        hidden = 0
        for k, region in enumerate(parts):
            hiding = hidden if is_added else hidden | 1 << k
            if region and picture.change(node, hiding, region):
                hidden = hiding
                came += region
        return came


_ENDLESS = DeviceBudget(1 << 62, 1 << 62, 1 << 62, 1 << 62)
