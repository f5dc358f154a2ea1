"""A scene with many placements as a tree of tiles: groups that are near each other, with proxies, in several documents.

    document /scenes/{id}/tileset.json     root group, and groups below as far as they fit
      tile of a group     its proxy, replaced by
        tile of a group               …, here or in a document of its own, `<digest>.json`
        tile of a placement           the asset's own tileset, `<digest>.json`, under its transform

A group's proxy depends on the set of (tileset, transform) in it and on nothing else; a group's document on that and on
what is told of each placement. Both are named by a digest of these (a *key*) before they are made, so what a moment
shares with one that was shown before, by whomever, is found and not made. A step in time makes the proxies and
documents of the branches that changed. (docs/adr/0011-proxies-of-groups.md)

Nothing is made without end: `Allowance` says how much work a request may do. A group whose proxy is not there yet is a
tile without content, which every client passes through to its children.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from scenes import closed_set
from scenes.allowance import Allowance
from scenes.at_time import Standing
from scenes.coarse import Ladder
from scenes.groups import Group, grouped, in_order
from scenes.ladders import Ladders
from scenes.model import Asset, Visibility
from scenes.ports import Derived
from scenes.proxy import Proxy, Thing, proxy_of
from scenes.told import SCHEMA, about_group, about_placement, group_metadata, placement_metadata
from scenes.transforms import (
    bounds_of,
    largest_scale,
    largest_scales,
    matrix_of,
    placed_bounds,
    z_up_box,
    z_up_transform,
)

VERSION = b"3"
"""of proxies and documents: what was made by another is not found"""
MOST_BYTES = 14_000
"""of a document, where its groups can be parted"""
_PROXY_WORK = 1.0
_THING_WORK = 1 / 250
_MORE = 1.01
_SIXTEEN = struct.Struct("<16d")


@dataclass(slots=True)
class Node:
    """A group at work."""

    group: Group
    things: list[int]
    key: str
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    below: list[Node]
    sources: frozenset[str]
    """the scene and the assets in it, as `scenes.closed_set` names them"""
    proxy: Kept | None = None
    error: float = 0.0
    """metres, as stated"""
    is_complete: bool = False
    """whether this group and all below have their proxies"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A proxy as it is remembered; `digest` is empty where there is nothing to show."""

    digest: str
    error: float
    byte_length: int
    packed_length: int
    """by gzip"""
    triangles: int
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(slots=True)
class Composite:
    """Makes documents of what stands in one scene."""

    scene_id: str
    shown: Sequence[tuple[Standing, Asset]]
    derived: Derived
    ladders: Ladders
    allowance: Allowance
    audience: Visibility = Visibility.PUBLIC
    """the smallest that anything shown is for"""
    _told: list[bytes] = field(default_factory=list)
    _things: dict[int, Thing] = field(default_factory=dict)

    def root(self) -> tuple[dict[str, Any], float]:
        """The root tile, whose contents are named by file names beside it, and the error of showing nothing."""
        root, _ = self.groups()
        self._told = [_told(standing, asset) for standing, asset in self.shown]
        nothing = max(float(np.linalg.norm(root.high - root.low)), root.error)
        _state_errors(root, nothing)
        return orjson.loads(self._text(root)), nothing

    def groups(self) -> tuple[Node, list[int]]:
        """The root of the groups, with what proxies there are; and for each thing in them its number in `shown`."""
        extents = [asset.tileset.extent for _, asset in self.shown if asset.tileset]
        low, high = placed_bounds(extents, [standing.placement.transform for standing, _ in self.shown])
        order = in_order(low, high)
        self.shown = [self.shown[number] for number in order]
        low, high = low[order], high[order]
        tokens = [token(standing, asset) for standing, asset in self.shown]
        root = self._node(grouped(low, high), low, high, tokens)
        self._remember(root)
        self._make(root)
        _enclose(root)
        _need_errors(root, self._own_errors())
        return root, order.tolist()

    def _node(self, group: Group, low: NDArray[np.float64], high: NDArray[np.float64], tokens: Sequence[bytes]) -> Node:
        below = [self._node(each, low, high, tokens) for each in group.below]
        things = sorted([*group.members, *(thing for node in below for thing in node.things)])
        sources = frozenset([
            self.scene_id,
            *closed_set.for_audience(self.audience),
            *(closed_set.source_of(self.shown[thing][1]) for thing in group.members),
        ]).union(*(node.sources for node in below))  # fmt: skip
        _, name = closed_set.named(sources)
        made = hashlib.sha256(b"proxy" + VERSION + self.scene_id.encode() + name.encode())
        made.update(b"".join([tokens[thing] for thing in things]))
        return Node(
            group, things, made.hexdigest(), low[things].min(axis=0), high[things].max(axis=0), below, sources
        )  # fmt: skip

    def _own_errors(self) -> list[float]:
        """Metres of error of each placement's root, in the scene."""
        scales = largest_scales([standing.placement.transform for standing, _ in self.shown])
        roots = [asset.tileset.root_error if asset.tileset else 0.0 for _, asset in self.shown]
        found: list[float] = (scales * np.array(roots)).tolist()
        return found

    def _remember(self, root: Node) -> None:
        """Find the proxies that were made before."""
        nodes = list(_walk(root))
        found = self.derived.get_many([f"proxy/{node.key}" for node in nodes])
        for node in nodes:
            if data := found.get(f"proxy/{node.key}"):
                node.proxy = Kept(**orjson.loads(data))

    def _make(self, root: Node) -> None:
        """Make what is missing, from the root on, as far as it is allowed."""
        level = [root]
        while level:
            for node in level:
                if node.proxy is None:
                    node.proxy = self._made(node)
            level = [child for node in level for child in node.below]
        for node in _walk(root):
            node.is_complete = node.proxy is not None and all(child.is_complete for child in node.below)

    def _made(self, node: Node) -> Kept | None:
        if self.allowance.left <= 0:
            self.allowance.missing += 1
            return None
        things = []
        for number in node.things:
            thing = self._thing(number)
            if thing is None:
                return None
            things.append(thing)
        self.allowance.take(_PROXY_WORK + _THING_WORK * len(things))
        sources, name = closed_set.named(node.sources)
        proxy: Proxy = proxy_of(things, extras={"sources": name})
        digest, values = "", dict[str, bytes]()
        if proxy.data:
            digest, values = closed_set.entries(
                closed_set.Made(proxy.data, "model/gltf-binary", sources, packed=proxy.packed)
            )
        kept = Kept(
            digest, proxy.error, len(proxy.data), len(proxy.packed), proxy.triangles, proxy.low, proxy.high
        )  # fmt: skip
        self.derived.put_many({**values, f"proxy/{node.key}": orjson.dumps(kept)})
        return kept

    def _thing(self, number: int) -> Thing | None:
        if number not in self._things:
            standing, asset = self.shown[number]
            assert asset.tileset is not None
            steps = self.ladders.of(asset.tileset.digest, self.allowance)
            if steps is None:
                return None
            self._things[number] = thing_of(standing, asset, steps)
        return self._things[number]

    def _text(self, node: Node) -> str:
        """A group's tile as JSON, with those below as far as they fit a document."""
        name = ""
        if node.is_complete:
            told = hashlib.sha256(b"text" + VERSION + node.key.encode() + repr(node.error).encode())
            told.update(b"".join([self._told[number] for number in node.things]))
            name = f"text/{told.hexdigest()}"
            if found := self.derived.get_many([name]).get(name):
                return found.decode()
        own = self._tile(node)
        texts = [orjson.dumps(placement_tile(*self.shown[number])).decode() for number in node.group.members]
        first = len(texts)
        texts += [self._text(child) for child in node.below]
        size = len(own) + sum(len(text.encode()) + 1 for text in texts)
        for at in sorted(range(first, len(texts)), key=lambda at: -len(texts[at])):
            if size <= MOST_BYTES:
                break
            reference = self._reference(node.below[at - first], texts[at])
            size += len(reference) - len(texts[at].encode())
            texts[at] = reference
        text = f'{own[:-1]},"children":[{",".join(texts)}]}}'
        if name:
            self.derived.put_many({name: text.encode()})
        return text

    def _tile(self, node: Node) -> str:
        """A group's tile without what is below it."""
        about = about_group(self.shown[thing][0] for thing in node.things)
        tile: dict[str, Any] = {
            "boundingVolume": {"box": z_up_box(node.low, node.high)},
            "geometricError": node.error,
            "metadata": group_metadata(about),
        }
        if node.proxy is not None and node.proxy.digest:
            tile["content"] = {"uri": f"{node.proxy.digest}.glb"}
            about |= {"bytes": node.proxy.byte_length, "triangles": node.proxy.triangles, "draws": 1}
        return orjson.dumps({**tile, "extras": {"chronotope": about}}).decode()

    def _reference(self, node: Node, text: str) -> str:
        """A tile that names a document with this group, which is kept."""
        sources, name = closed_set.named(node.sources)
        head = orjson.dumps(
            {
                "asset": {"version": "1.1"},
                "extras": {"chronotope": {"sources": name}},
                "geometricError": node.error,
                "schema": SCHEMA,
            }
        ).decode()
        document = f'{head[:-1]},"root":{{"refine":"REPLACE",{text[1:]}}}'
        digest, values = closed_set.entries(closed_set.Made(document.encode(), "application/json", sources))
        self.derived.put_many(values)
        tile = {
            "boundingVolume": {"box": z_up_box(node.low, node.high)},
            "content": {"uri": f"{digest}.json"},
            "extras": {"chronotope": {"placements": len(node.things)}},
            "geometricError": node.error,
        }
        return orjson.dumps(tile).decode()


def placement_tile(standing: Standing, asset: Asset, *, base: str = "") -> dict[str, Any]:
    """The tile of a placement: the asset's own tileset, whose root it stands for, so with its root's error."""
    assert asset.tileset is not None
    return {
        "boundingVolume": {"box": z_up_box(*bounds_of(asset.tileset.extent))},
        "content": {"uri": f"{base}{asset.tileset.digest}.json"},
        "extras": {"chronotope": about_placement(standing, asset)},
        "geometricError": asset.tileset.root_error + 0.0,
        "metadata": placement_metadata(standing),
        "transform": z_up_transform(standing.placement.transform),
    }


def thing_of(standing: Standing, asset: Asset, steps: Ladder) -> Thing:
    """A placement as a proxy is put together of it."""
    assert asset.tileset is not None
    transform = standing.placement.transform
    scale = largest_scale(transform)
    return Thing(steps, matrix_of(transform), scale, asset.tileset.geometric_error * scale)


def token(standing: Standing, asset: Asset) -> bytes:
    """What a proxy shows of a placement: which tiles, and where."""
    assert asset.tileset is not None
    return bytes.fromhex(asset.tileset.digest) + _SIXTEEN.pack(*[value + 0.0 for value in standing.placement.transform])


def _told(standing: Standing, asset: Asset) -> bytes:
    """What `placement_tile` says beside that."""
    return orjson.dumps(about_placement(standing, asset))


def _walk(node: Node) -> list[Node]:
    """All groups, each after those below it."""
    found = [each for child in node.below for each in _walk(child)]
    found.append(node)
    return found


def _enclose(node: Node) -> None:
    """Widen boxes: simplified and put on its grid, a proxy may reach beyond what it stands for."""
    for child in node.below:
        _enclose(child)
        node.low, node.high = np.minimum(node.low, child.low), np.maximum(node.high, child.high)
    if node.proxy and node.proxy.digest:
        node.low, node.high = np.minimum(node.low, node.proxy.low), np.maximum(node.high, node.proxy.high)


def _need_errors(node: Node, own: Sequence[float]) -> None:
    """The error of each group, no less than that of anything below it; `own` are those of placements.

    A little more, even: clients pass over a tile whose error is not above that of its children.
    """
    for child in node.below:
        _need_errors(child, own)
    below = [child.error for child in node.below] + [own[number] for number in node.group.members]
    node.error = max(_MORE * max(below, default=0.0), node.proxy.error if node.proxy else 0.0)


def _state_errors(node: Node, above: float) -> None:
    """Groups without anything to show state what is stated above: who has replaced that goes on at once."""
    if not (node.proxy and node.proxy.digest):
        node.error = above
    for child in node.below:
        _state_errors(child, node.error)
