"""Made-up trees of tiles for the tests: ids and lengths only."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass

from hypothesis import strategies as st

from streaming.events import Content
from streaming.schedule import Chunk, Plan, PlanNode


@dataclass(frozen=True)
class Forest:
    """Nodes 0…n-1, parents before children, -1 above roots. Some nodes share a file; some files need an image."""

    parent: tuple[int, ...]
    files: tuple[bytes, ...]
    """each node's GLB"""
    images: tuple[tuple[bytes, ...], ...]
    """each node's images"""

    @property
    def roots(self) -> tuple[int, ...]:
        return tuple(node for node, parent in enumerate(self.parent) if parent < 0)

    def children(self, node: int) -> tuple[int, ...]:
        return tuple(child for child, parent in enumerate(self.parent) if parent == node)

    def above(self, node: int) -> tuple[int, ...]:
        found = []
        while (node := self.parent[node]) >= 0:
            found.append(node)
        return tuple(found)

    def root_of(self, node: int) -> int:
        return (node, *self.above(node))[-1]

    def covers(self, node: int, drawn: list[int]) -> bool:
        """Whether nothing below `node` is left bare."""
        children = self.children(node)
        return node in drawn or (bool(children) and all(self.covers(child, drawn) for child in children))

    def plan_by(self, chance: random.Random) -> dict[int, tuple[int, ...]]:
        """Random replacements: each node is refined or not, levels are skipped or not."""
        planned: dict[int, tuple[int, ...]] = {}
        refined = {node for node in range(len(self.parent)) if self.children(node) and chance.random() < 0.7}
        skipped = {node for node in refined if self.parent[node] >= 0 and chance.random() < 0.4}

        def below(node: int) -> tuple[int, ...]:
            return tuple(
                part for child in self.children(node) for part in (below(child) if child in skipped else (child,))
            )

        waiting = list(self.roots)
        while waiting:
            node = waiting.pop()
            if node in refined:
                planned[node] = below(node)
                waiting.extend(planned[node])
        return planned

    def plan(self, chance: random.Random, *, state: int, look: int, budget: int) -> Plan:
        """A random plan for the whole forest. Within the budget if that can be; else the session must cut it off."""
        planned = self.plan_by(chance)
        nodes: list[PlanNode] = []
        chunks: dict[str, Chunk] = {}
        level = list(self.roots)
        while level:
            chance.shuffle(level)
            for node in level:
                images = tuple(digest_of(image) for image in self.images[node])
                chunk = digest_of(self.files[node])
                chunks[chunk] = Chunk(chunk, len(self.files[node]), Content.GLB)
                chunks |= {digest_of(i): Chunk(digest_of(i), len(i), Content.WEBP) for i in self.images[node]}
                regions = tuple((part,) for part in planned.get(node, ()))
                nodes.append(PlanNode(node, self.root_of(node), chunk, images, regions))
            level = [part for node in level for part in planned.get(node, ())]
        return Plan(state, look, self.roots, tuple(nodes), chunks)

    @property
    def blobs(self) -> dict[str, bytes]:
        everything = (*self.files, *(image for images in self.images for image in images))
        return {digest_of(data): data for data in everything}


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


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
    )
