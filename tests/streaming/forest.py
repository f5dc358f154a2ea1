"""Made-up trees of tiles for the tests: ids, lengths and counts only, and what it means to cover a root."""

from __future__ import annotations

import gzip
import hashlib
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from hypothesis import strategies as st

from streaming.cut import Way
from streaming.events import Content, DeviceBudget
from streaming.schedule import Chunk, Plan, PlanNode

ENDLESS = DeviceBudget(1 << 40, 1 << 40, 5_400, 1 << 40)


def holding(count: int) -> DeviceBudget:
    """A device that holds so many bytes and shows whatever it is told."""
    return DeviceBudget(count, ENDLESS.triangles, ENDLESS.draws, ENDLESS.textures)


@dataclass(frozen=True, repr=False)
class Forest:
    """Nodes 0…n-1, parents before children, -1 above roots. Some nodes share a file; some files need an image."""

    parent: tuple[int, ...]
    files: tuple[bytes, ...]
    """each node's GLB"""
    images: tuple[tuple[bytes, ...], ...]
    """each node's images"""
    grouped: tuple[bool, ...] = ()
    bare: tuple[int, ...] = ()
    """regions of each node in which nothing lies below"""
    added: tuple[bool, ...] = ()
    """which nodes stay when their children come"""

    def __repr__(self) -> str:
        """Short: a failing test would else print megabytes."""
        sizes = [f"{data[0]}×{len(data)}" for data in self.files]
        return f"Forest({self.parent}, {sizes}, grouped={self.grouped}, bare={self.bare}, {self.added})"

    @property
    def roots(self) -> tuple[int, ...]:
        return tuple(node for node, parent in enumerate(self.parent) if parent < 0)

    @cached_property
    def _children(self) -> dict[int, tuple[int, ...]]:
        found: dict[int, list[int]] = {}
        for node, parent in enumerate(self.parent):
            found.setdefault(parent, []).append(node)
        return {node: tuple(children) for node, children in found.items()}

    def children(self, node: int) -> tuple[int, ...]:
        return self._children.get(node, ())

    def above(self, node: int) -> tuple[int, ...]:
        found = []
        while (node := self.parent[node]) >= 0:
            found.append(node)
        return tuple(found)

    def root_of(self, node: int) -> int:
        return (node, *self.above(node))[-1]

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        return tuple(node for node in range(len(self.parent)) if not self.children(node))

    def is_grouped(self, node: int) -> bool:
        return bool(self.grouped) and self.grouped[node] and bool(self.children(node)) and not self.is_added(node)

    def is_added(self, node: int) -> bool:
        return bool(self.added) and self.added[node]

    # What a node costs; any numbers will do as long as they differ.

    def triangles(self, node: int) -> int:
        return sum(self.groups(node)[:-1]) if self.is_grouped(node) else 10 + len(self.files[node]) % 90

    def groups(self, node: int) -> tuple[int, ...]:
        """Of each child's region, of bare ones, of straddlers, of skirts."""
        counts = (7 + child % 5 for child in self.children(node))
        return (*counts, *(0 for _ in range(self._bare(node))), 2, 99) if self.is_grouped(node) else ()

    def draws(self, node: int) -> int:
        return 1 + node % 2

    def textures(self, node: int) -> int:
        return 5 * (node % 3)

    def _bare(self, node: int) -> int:
        return self.bare[node] if self.bare else 0

    # What is right

    def times_drawn(self, shown: Mapping[int, int]) -> dict[int, int]:
        """How often each leaf's region is drawn, by the leaf or by tiles above it that do not hide it.

        What is added to something drawn below it there does not count.
        """
        times = {}
        for leaf in self.leaves:
            below, count = leaf, 1 if leaf in shown else 0
            while (node := self.parent[below]) >= 0:
                if node in shown and not shown[node] >> self.children(node).index(below) & 1:
                    count += not (count and self.is_added(node))
                below = node
            times[leaf] = count
        return times

    def check(self, shown: Mapping[int, int]) -> None:
        """Nothing is drawn twice; a root is drawn in all its regions, or not at all; nothing is hidden for nothing."""
        times = self.times_drawn(shown)
        roots = {self.root_of(node) for node in shown}
        for leaf, count in times.items():
            assert count == (self.root_of(leaf) in roots), (leaf, shown)
        for node, hidden in shown.items():
            children = self.children(node)
            assert hidden >> len(children) == 0
            assert not hidden or self.is_grouped(node)
            assert all(above in shown for above in self.above(node) if self.is_added(above))
            # What hides all of its regions is drawn for nothing.
            assert not children or hidden != (1 << len(children)) - 1

    def cost(self, shown: Mapping[int, int]) -> DeviceBudget:
        """What showing this takes; the bytes are not counted."""
        triangles = sum(
            self.triangles(node) - sum(count for k, count in enumerate(self.groups(node)) if hidden >> k & 1)
            for node, hidden in shown.items()
        )
        images = {digest_of(image): len(image) for node in shown for image in self.images[node]}
        textures = sum(self.textures(node) for node in shown) + sum(images.values())
        return DeviceBudget(0, triangles, sum(self.draws(node) for node in shown), textures)

    # Plans

    def plan_by(self, chance: random.Random, *, groups: bool = False) -> dict[int, Way]:
        """Random ways: each node is refined or not, levels are skipped or not, regions stay or not."""
        refined = {node for node in range(len(self.parent)) if self.children(node) and chance.random() < 0.7}
        skipped = {
            node for node in refined if self.parent[node] >= 0 and not self.is_added(node) and chance.random() < 0.4
        }
        staying = {
            child
            for node in refined - skipped
            if self.is_added(node) or (groups and self.is_grouped(node))
            for child in self.children(node)
            if chance.random() < 0.25
        }

        def below(child: int) -> tuple[int, ...]:
            if child not in skipped:
                return (child,)
            return tuple(part for grandchild in self.children(child) for part in below(grandchild))

        planned: dict[int, Way] = {}
        waiting = list(self.roots)
        while waiting:
            node = waiting.pop()
            if node in refined:
                way: Way = tuple(None if child in staying else below(child) for child in self.children(node))
                if any(way):
                    planned[node] = way + ((),) * self._bare(node)
                    waiting.extend(part for region in way for part in region or ())
        return planned

    def node(self, node: int, way: Way = ()) -> PlanNode:
        images = tuple(digest_of(image) for image in self.images[node])
        return PlanNode(
            node, self.root_of(node), digest_of(self.files[node]), images, way, self.is_grouped(node),
            self.triangles(node), self.draws(node), self.textures(node), self.groups(node), self.is_added(node),
        )  # fmt: skip

    def chunks(self, node: int, *, coded: bool = False) -> dict[str, Chunk]:
        data, images = self.files[node], self.images[node]
        packed = packed_of(data) if coded and data[0] % 2 else b""
        length, decoded = len(packed or data), len(data) if packed else 0
        glb = Chunk(digest_of(data), length, Content.GLB, decoded, added=self.is_added(node))
        others = (Chunk(digest_of(image), len(image), Content.WEBP, texture=len(image)) for image in images)
        return {chunk.digest: chunk for chunk in (glb, *others)}

    def plan(
        self, chance: random.Random, *, state: int, look: int, groups: bool = False, coded: bool = False
    ) -> Plan:  # fmt: skip
        """A random plan for the whole forest. It is up to the session to keep it within a budget."""
        planned = self.plan_by(chance, groups=groups)
        nodes: list[PlanNode] = []
        chunks: dict[str, Chunk] = {}
        level = list(self.roots)
        while level:
            chance.shuffle(level)
            for node in level:
                chunks |= self.chunks(node, coded=coded)
                nodes.append(self.node(node, planned.get(node, ())))
            level = [part for node in level for region in planned.get(node, ()) for part in region or ()]
        return Plan(state, look, self.roots, tuple(nodes), chunks)

    @cached_property
    def blobs(self) -> dict[str, bytes]:
        everything = (*self.files, *(image for images in self.images for image in images))
        return {digest_of(data): data for data in everything}


def final_nodes(plan: Plan) -> Counter[int]:
    """What a plan shows in the end: nodes, each with the groups that are hidden then."""
    shown: Counter[int] = Counter()
    for node in plan.nodes:
        hidden = sum(1 << k for k, region in enumerate(node.replaced_by) if region and not node.added)
        if not node.goes:
            shown[node.node] = hidden
    return shown


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def packed_of(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


@st.composite
def forests(draw: st.DrawFn, most: int = 40) -> Forest:
    count = draw(st.integers(1, most))
    parent = [draw(st.integers(max(-1, node - 6), node - 1)) for node in range(count)]
    sizes = draw(st.lists(st.integers(1, 90_000), min_size=count, max_size=count))
    kinds = draw(st.lists(st.integers(0, 200), min_size=count, max_size=count))
    images = [b"image" * (kind * 300 + 1) for kind in range(5)]
    return Forest(
        tuple(parent),
        tuple(bytes([kind]) * size for kind, size in zip(kinds, sizes, strict=True)),
        # The same file needs the same images, wherever it stands.
        tuple((images[kind % 5],) if kind % 3 == 0 else () for kind in kinds),
        tuple(draw(st.lists(st.booleans(), min_size=count, max_size=count))),
        tuple(draw(st.lists(st.sampled_from((0, 0, 0, 1)), min_size=count, max_size=count))),
        tuple(draw(st.lists(st.sampled_from((False, False, True)), min_size=count, max_size=count))),
    )
