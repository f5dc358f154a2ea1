"""The tree of groups above many placements, as selection reads it: proxies that stand for them from afar.

The same groups, proxies and rights as in the 3D Tiles of the scene (`scenes.composite`). A group whose proxy is not
there yet, or shows nothing, is passed through: what is below it stands in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scenes.allowance import Allowance
from scenes.at_time import Standing
from scenes.composite import VERSION, Composite, Node, token
from scenes.ladders import Ladders
from scenes.model import Asset, Visibility
from scenes.ports import Derived
from tiling import bounds
from tiling.stock import Stock, stock
from tiling.tree import TileTree

Shown = Sequence[tuple[Standing, Asset]]


@dataclass(frozen=True, slots=True)
class GroupTree:
    """Groups of placements, in the scene's frame."""

    stock: Stock
    """its parts -1 - n are the n-th placement's tree"""
    missing: int
    """proxies that were not made for want of an allowance"""


def key_of(scene_id: str, shown: Shown, audience: Visibility) -> str:
    """What a tree depends on, as a name: the scene, for whom it is, and which tiles stand where.

    What the placements are called does not matter.
    """
    made = hashlib.sha256(b"tree" + VERSION + f"{scene_id} {audience}".encode())
    for standing, asset in shown:
        made.update(asset.id.encode() + token(standing, asset))
    return made.hexdigest()


def group_tree(
    scene_id: str, shown: Shown, audience: Visibility, *, derived: Derived, ladders: Ladders, allowance: Allowance
) -> GroupTree:
    """The groups of these placements, with the proxies that are kept or may be made. 1,000 a tenth of a second.

    Whoever gets it must see the scene and all of these assets, and belong to the audience.
    """
    root, order = Composite(scene_id, shown, derived, ladders, allowance, audience).groups()
    nodes, parent = [root], [-1]
    for at, node in enumerate(nodes):  # grows while it is walked: breadth first
        nodes += node.below
        parent += [at] * len(node.below)
    return GroupTree(_stock(nodes, parent, order), allowance.missing)


def _stock(nodes: Sequence[Node], parent: Sequence[int], order: Sequence[int]) -> Stock:
    proxies = [node.proxy if node.proxy and node.proxy.digest else None for node in nodes]
    tree = TileTree(
        parent=np.array(parent, np.int32),
        box=np.array([bounds.box(node.low, node.high) for node in nodes]),
        error=np.array([node.error for node in nodes], np.float64),
        content=tuple(proxy.digest if proxy else "" for proxy in proxies),
        needs=((),) * len(nodes),
        byte_length=np.array([proxy.byte_length if proxy else 0 for proxy in proxies], np.int64),
        triangles=np.array([proxy.triangles if proxy else 0 for proxy in proxies], np.int64),
        draws=np.array([1 if proxy else 0 for proxy in proxies], np.int64),
        texture_bytes=np.zeros(len(nodes), np.int64),
        geometric_error=nodes[0].error,
        image_bytes={},
        coded_length=np.array([proxy.packed_length if proxy else 0 for proxy in proxies], np.int64),
    )
    return stock(tree, members=[[order[number] for number in node.group.members] for node in nodes])
