"""A scene at a moment in one GLB: for each placement a cut through its tile tree, the finest that a budget allows.

Frames: y up, metres, as everywhere inside. What repeats at the same tiles shares its meshes. On request it is written
with EXT_mesh_gpu_instancing: one node for all placements of an asset that are of one certainty and one reliability, so
that a viewer tints a node. A reader that lacks the extension would show one of them, so it is required then; readers
that do not ask get plain nodes, which all understand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenes.allowance import unlimited
from scenes.assemble import Resolved, shown_of
from scenes.at_time import Standing
from scenes.composite import thing_of
from scenes.cuts import cut_within
from scenes.file_names import named
from scenes.groups import in_order
from scenes.join import Joined, fall_apart
from scenes.ladders import Ladders
from scenes.model import Asset, Scene
from scenes.proxy import proxy_of
from scenes.told import about_group, about_placement, about_scene, asset_packet, scene_packet
from scenes.transforms import largest_scale, matrix_of, placed_bounds
from tiling import tileset

_XMP = "KHR_xmp_json_ld"
_SPARED = 4
"""part of the budget for what does not fit"""
_PROXY_BYTES = 64 << 20
_SHARED = ("asset", "certainty", "reliability", "rights", "attribution")
"""what all instances of a node have in common; the rest is told of each"""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A placement and the tiles that show it, by digest."""

    standing: Standing
    asset: Asset
    tiles: tuple[str, ...]


def scene_glb(
    scene: Scene,
    moment: Resolved,
    assets: Mapping[str, Asset],
    read: Callable[[str], bytes],
    *,
    triangles: int = 200_000,
    instancing: bool = False,
    ladders: Ladders | None = None,
) -> bytes:
    """The scene at a moment as one GLB of at most `triangles` triangles, y up, metres.

    `read` gives a blob by its digest. Each placement is a node with its title and `extras.chronotope`, or with
    `instancing` one of the `instances` in those of a node. Where not even all coarsest tiles fit, a quarter of the
    budget goes to a proxy of all the others, one node, made of their `ladders`; without these they are left out. Both
    are named in `asset.extras.chronotope`, as `from_afar` or `left_out`. The same scene gives the same bytes.

    Raises:
        tiling.errors.TilingError: a tileset or a tile cannot be read back.
    """
    shown = shown_of(moment, assets)
    by_name = named(read)
    documents = {asset.id: asset.tileset.digest for _, asset in shown if asset.tileset is not None}
    trees = {asset_id: tileset.read(read(digest), by_name) for asset_id, digest in documents.items()}
    placed = [(trees[asset.id], largest_scale(standing.placement.transform)) for standing, asset in shown]
    fits = sum(int(tree.triangles[0]) for tree, _ in placed) <= triangles
    spared = 0 if fits or ladders is None else triangles // _SPARED
    cuts = [
        _Cut(standing, asset, tuple(tree.content[tile] for tile in cut if tree.content[tile]))
        for (standing, asset), (tree, _), cut in zip(shown, placed, cut_within(placed, triangles - spared), strict=True)
    ]
    others = [(cut.standing, cut.asset) for cut in cuts if not cut.tiles]
    cuts = [cut for cut in cuts if cut.tiles]
    proxy = _proxy(others, ladders, spared) if ladders is not None and spared else b""
    shown = [(cut.standing, cut.asset) for cut in cuts] + (others if proxy else [])
    document = _Document(Joined(by_name), read, [scene_packet(scene, moment, [asset for _, asset in shown])])
    roots = document.with_instances(cuts) if instancing else [document.node(cut) for cut in cuts]
    if proxy:
        roots.append(document.from_afar(proxy, others))
    credits = {" ".join(part for part in (asset.attribution, asset.rights) if part): None for _, asset in shown}
    names = [standing.placement.id for standing, _ in others]
    about = about_scene(scene, moment) | ({"from_afar" if proxy else "left_out": names} if names else {})
    description: dict[str, Any] = {"extras": {"chronotope": about}, "extensions": {_XMP: {"packet": 0}}}
    if copyright_words := "; ".join(credit for credit in credits if credit):
        description["copyright"] = copyright_words
    return document.joined.finished(
        roots=roots, name=scene.title, asset=description, extensions={_XMP: {"packets": document.packets}}
    )


def _proxy(shown: Sequence[tuple[Standing, Asset]], ladders: Ladders, triangles: int) -> bytes:
    """A GLB of at most so many triangles that shows all of these; empty where there is nothing to show."""
    extents = [asset.tileset.extent for _, asset in shown if asset.tileset is not None]
    order = in_order(*placed_bounds(extents, [standing.placement.transform for standing, _ in shown]))
    things = []
    for standing, asset in (shown[number] for number in order):
        assert asset.tileset is not None
        things.append(thing_of(standing, asset, ladders.of(asset.tileset.digest, unlimited()) or ()))
    return proxy_of(things, extras={}, triangles=triangles, most_bytes=_PROXY_BYTES).data if triangles >= 4 else b""


@dataclass(slots=True)
class _Document:
    """The file while it grows, and its packets of metadata."""

    joined: Joined
    read: Callable[[str], bytes]
    packets: list[dict[str, Any]]

    def node(self, cut: _Cut) -> int:
        """A placement as a node; its number."""
        tiles = [node for tile in cut.tiles for node in self.joined.tile(tile, self.read)]
        return self.joined.placed(
            matrix_of(cut.standing.placement.transform),
            tiles,
            name=cut.standing.placement.title or cut.asset.title,
            extensions=self.credited(cut.asset),
            extras={"chronotope": about_placement(cut.standing, cut.asset)},
        )

    def from_afar(self, proxy: bytes, others: Sequence[tuple[Standing, Asset]]) -> int:
        """A proxy as a node; its number."""
        return self.joined.node(
            name="from afar",
            children=self.joined.tile("proxy", lambda _: proxy),
            extras={"chronotope": about_group(standing for standing, _ in others)},
        )

    def with_instances(self, cuts: Sequence[_Cut]) -> list[int]:
        """Nodes, those of placements alike instanced; in the order of the first of each."""
        alike: dict[tuple[object, ...], list[_Cut]] = {}
        matrices = np.array([matrix_of(cut.standing.placement.transform) for cut in cuts]).reshape(-1, 4, 4)
        # A mirrored or sheared one is no instance, and must not keep the others of its asset from being some.
        for cut, able in zip(cuts, fall_apart(matrices).tolist(), strict=True):
            kind = cut.asset.id, cut.tiles, cut.standing.certainty, cut.standing.placement.reliability, able
            alike.setdefault(kind, []).append(cut)
        numbers: list[int] = []
        for those in alike.values():
            made = None
            if len(those) > 1:
                places = [matrix_of(cut.standing.placement.transform) for cut in those]
                made = self.joined.instanced(those[0].tiles, places, self.read)
            if made is None:
                numbers += [self.node(cut) for cut in those]
                continue
            told = [about_placement(cut.standing, cut.asset) for cut in those]
            about: dict[str, Any] = {name: told[0][name] for name in _SHARED}
            about["instances"] = [{name: fact for name, fact in each.items() if name not in _SHARED} for each in told]
            numbers.append(
                self.joined.node(
                    name=those[0].asset.title,
                    children=made,
                    extensions=self.credited(those[0].asset),
                    extras={"chronotope": about},
                )
            )
        return numbers

    def credited(self, asset: Asset) -> dict[str, Any]:
        """The extension by which a node names the packet of its asset."""
        packet = asset_packet(asset)
        if packet not in self.packets[1:]:
            self.packets.append(packet)
        return {_XMP: {"packet": 1 + self.packets[1:].index(packet)}}
