"""What one visitor's stream is to carry: (scene, moment, rights, eye, budget) → placements and a plan of tiles.

The only module that knows both tiles and the wire. One `Delivery` lives as long as one stream, because numbers are
stable in it: a placement with its tiles keeps its `n`, a tile of it its node number, whichever moments come and go.
What several moments share is the same node and the same chunk, so a step in time costs only what is new.

Not thread-safe: the door calls it off the event loop, one call at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scenes.assemble import FLAT
from scenes.cleared import Cleared
from scenes.errors import NotFound
from scenes.group_tree import GroupTree, Shown
from scenes.model import Asset, AssetState, Scene, Viewpoint, Visibility
from scenes.stands import Stand
from scenes.table import MomentTable, SceneTable
from streaming.cut import Way
from streaming.events import Content, Count, Encoding, Numbered
from streaming.limits import NO_PLACEMENT
from streaming.schedule import Chunk, Plan, PlanNode
from tiling.grove import Grove, grove
from tiling.select import Limits, select
from tiling.stock import ADDED, BYTES, CODED, DRAWS, GROUPED, REFINE, TEXTURES, TRIANGLES, Stock
from tiling.view import View, predicted
from timeline.interval import Certainty
from timeline.label import label

_NOTHING = grove([], [])
_CONTENT = {"webp": Content.WEBP, "jpg": Content.JPEG, "jpeg": Content.JPEG, "png": Content.PNG}


@dataclass(frozen=True, slots=True)
class Wish:
    """Which moment of the scene, by whose hypothesis, how surely."""

    at: str = ""
    """EDTF; empty: the scene's default moment"""
    hypothesis: str | None = None
    minimum: Certainty = Certainty.POSSIBLE


@dataclass(frozen=True, slots=True)
class Entered:
    """What stands from now on, as differences to what stood before."""

    title: str
    at: str
    label: str
    hypothesis: str | None
    certainty: str
    count: Count
    """of all that stands"""
    placements: tuple[Numbered, ...]
    """what is new, or said otherwise"""
    gone: tuple[int, ...]


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _Records:
    """All that an answer depends on."""

    table: SceneTable
    assets: Mapping[str, Asset]
    """those with tiles that the actor may see"""

    def tells_the_same(self, other: _Records) -> bool:
        """Whether answers are the same; what else was written in the scene (annotations) does not matter."""
        one, two = self.table, other.table
        return self is other or (
            self.assets == other.assets
            and (
                one is two
                or (one.scene, one.placements, one.hypotheses, one.epochs, one.statements)
                == (two.scene, two.placements, two.hypotheses, two.epochs, two.statements)
            )
        )


@dataclass(frozen=True, slots=True, weakref_slot=True)
class _Told:
    """A node and its files, as plans say them."""

    node: PlanNode
    files: tuple[Chunk, ...]


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class _Planted:
    """What plans select from: of what stands, and of the tree of groups above it."""

    stands: tuple[Stand, ...]
    above: GroupTree | None
    grove: Grove


class Delivery:
    """One visitor's stream of one scene."""

    __slots__ = (
        "_cleared", "_group", "_known", "_lacks_proxies", "_nodes", "_numbers", "_order", "_planted", "_read_stock",
        "_records", "_scene_id", "_shared", "_stands", "_wish",
    )  # fmt: skip

    def __init__(
        self,
        cleared: Cleared,
        read_stock: Callable[[str], Stock],
        *,
        scene_id: str,
        group: Callable[[str, Shown, Visibility], GroupTree] | None = None,
    ) -> None:
        """`cleared` is the museum as the visitor may know it.

        `group` gives the tree of groups of a scene with many placements, for an audience, as far as it is made; it
        never waits.
        """
        self._cleared, self._read_stock = cleared, read_stock
        self._shared = cleared.tables_kept.stands
        self._scene_id, self._group = scene_id, group
        self._wish = Wish()
        self._records: _Records | None = None
        self._numbers: dict[tuple[str, str], int] = {}
        """n by placement and tileset: other tiles are another thing to the client"""
        self._stands: dict[int, Stand] = {}
        self._nodes: dict[tuple[int, int | str], int] = {}
        """node number by n and tile; of a proxy by its digest"""
        self._known: dict[int, _Told] = {}
        """the last word on each node, by its number and the codings that files may go by: looks are much like before"""
        self._planted = _Planted((), None, _NOTHING)
        self._order: tuple[int, ...] = ()
        """n of each tree of the grove, the tree of groups included"""
        self._lacks_proxies = False

    def enter(self, wish: Wish, *, reads: bool = True) -> Entered:
        """Go to a moment; what changes by that. Where it raises, nothing changed.

        Without `reads` the museum is as it was when it was read last: of several moments in a row one look is enough.

        Raises:
            NotFound: there is no such scene or hypothesis for this actor.
            timeline.errors.EdtfError: the moment is not EDTF.
        """
        records = self._read() if reads or self._records is None else self._records
        moment = records.table.at(wish.at, hypothesis=wish.hypothesis, minimum=wish.minimum)
        stands = self._stand(moment, records.assets)
        changed = tuple(
            (n, stand.said)
            for n, stand in stands.items()
            if (before := self._stands.get(n)) is not stand and (before is None or before.said != stand.said)
        )
        gone = tuple(sorted(self._stands.keys() - stands.keys()))
        self._plant(stands, records.table.audience)
        self._wish, self._records, self._stands = wish, records, stands
        return Entered(
            title=records.table.scene.title, at=str(moment.at), label=label(moment.at),
            hypothesis=moment.hypothesis.id if moment.hypothesis else None, certainty=wish.minimum.value,
            count=_count(stands.values()), placements=changed, gone=gone,
        )  # fmt: skip

    def refresh(self) -> Entered | None:
        """Look whether the museum changed meanwhile; what changes by that, None where nothing did.

        Raises:
            NotFound: the scene is no longer there for this actor.
        """
        assert self._records is not None, "enter comes first"
        if not self._read().tells_the_same(self._records):
            return self.enter(self._wish)
        if self._lacks_proxies:
            # Some may be made by now; the next plan takes them, and nobody has to be told.
            self._plant(self._stands, self._records.table.audience)
        return None

    @property
    def viewpoint(self) -> Viewpoint:
        """Where an eye stands that does not say where it is."""
        assert self._records is not None, "enter comes first"
        return self._records.table.scene.viewpoint

    def plan(
        self, view: View, limits: Limits, *, state: int, look: int, groups: bool = False, gzip: bool = False,
        brotli: bool = False, ahead_s: float = 0.0,
    ) -> Plan:  # fmt: skip
        """The tiles that this eye wants, in the order of sending.

        `groups`: the client draws tiles in part. `gzip`, `brotli`: it takes files so. What is sent now arrives in
        `ahead_s` seconds: what the eye will see by then is wanted, too, and the order goes by it.
        """
        selection = select(
            self._planted.grove, view, limits, later=predicted(view, ahead_s), is_parted=groups, is_coded=gzip or brotli
        )
        trees, tiles = selection.tree.tolist(), selection.tile.tolist()
        numbers = [self._node(tree, tile) for tree, tile in zip(trees, tiles, strict=True)]
        chunks: dict[str, Chunk] = {}
        nodes: list[PlanNode] = []
        for number, tree, tile, parts in zip(numbers, trees, tiles, selection.replacements(), strict=True):
            regions = tuple([None if each is None else tuple([numbers[part] for part in each]) for each in parts])
            told = self._known.get(4 * number + 2 * brotli + gzip)
            if told is None or told.node.replaced_by != regions:
                told = self._tell(number, tree, tile, regions, gzip=gzip, brotli=brotli)
            nodes.append(told.node)
            for chunk in told.files:
                chunks[chunk.digest] = chunk
        return Plan(state, look, tuple(numbers[: selection.roots]), tuple(nodes), chunks)

    def _tell(self, number: int, tree: int, tile: int, regions: Way, *, gzip: bool, brotli: bool) -> _Told:
        """A node and its files from now on."""
        stock = self._planted.grove.stock_of(tree)
        facts = stock.facts[tile].tolist()
        digest, length, coded = stock.tree.content[tile], facts[BYTES], facts[CODED]
        is_added, is_grouped = facts[REFINE] == ADDED, facts[REFINE] == GROUPED
        # Tiles of points are kept as brotli has them, all others as gzip has them (docs/adr/0034).
        coding = Encoding.BROTLI if is_added and brotli else Encoding.GZIP
        is_shorter = (gzip or coding is Encoding.BROTLI) and 0 < coded < length
        glb = Chunk(
            digest, coded if is_shorter else length, Content.GLB, decoded=length if is_shorter else 0, coding=coding,
            added=is_added,
        )  # fmt: skip
        files = [glb]
        for name in stock.tree.needs[tile]:
            image, _, extension = name.partition(".")
            size, texture = stock.tree.image_bytes[name]
            files.append(Chunk(image, size, _CONTENT[extension], texture=texture))
        node = PlanNode(
            number, self._order[tree], digest, tuple(chunk.digest for chunk in files[1:]), regions,
            grouped=is_grouped, triangles=facts[TRIANGLES], draws=facts[DRAWS], textures=facts[TEXTURES],
            groups=stock.tree.groups_of(tile) if is_grouped else (), added=is_added,
        )  # fmt: skip
        said = node, tuple(files)
        told = self._known[4 * number + 2 * brotli + gzip] = self._shared.sharing.one(said, lambda: _Told(*said))
        return told

    def _node(self, tree: int, tile: int) -> int:
        placement = self._order[tree]
        # Groups change from moment to moment; a proxy is the same thing as long as it shows the same.
        named = self._planted.grove.stock_of(tree).tree.content[tile] if placement == NO_PLACEMENT else tile
        return self._nodes.setdefault((placement, named), len(self._nodes))

    def _read(self) -> _Records:
        cleared, shared = self._cleared, self._shared
        if cleared.get(Scene, self._scene_id) is None:
            raise NotFound(f"there is no scene {self._scene_id[:100]}")
        table = cleared.table(self._scene_id)
        assets = {
            asset_id: shared.asset(asset)
            for asset_id, asset in cleared.get_many(Asset, sorted(table.assets.names)).items()
            if asset.state is AssetState.READY and asset.tileset
        }
        # The same for all who may see the same.
        key = _Records, id(table), *map(id, assets.values())
        return shared.sharing.one(key, lambda: _Records(table, assets))

    def _stand(self, moment: MomentTable, assets: Mapping[str, Asset]) -> dict[int, Stand]:
        stands: dict[int, Stand] = {}
        for _, placement, certainty in moment.shown(range(len(moment))):
            asset = assets.get(placement.asset)
            if asset is not None and asset.tileset is not None:
                stand = self._shared.stand(placement, asset, certainty)
                stands[self._numbers.setdefault(stand.key, len(self._numbers))] = stand
        return stands

    def _made(self, standing: tuple[Stand, ...], above: GroupTree | None) -> _Planted:
        stocks = {tileset: self._read_stock(tileset) for tileset in {stand.tileset for stand in standing}}
        found = grove(
            [stand.said.transform for stand in standing],
            [stocks[stand.tileset] for stand in standing],
            None if above is None else above.stock,
        )
        return _Planted(standing, above, found)

    def _plant(self, stands: Mapping[int, Stand], audience: Visibility) -> None:
        """From now on plans select from what stands, which is for an audience."""
        standing = tuple(stands.values())
        # Of thousands, what others before whom they stand have made is found before their groups are named.
        key: tuple[object, ...] = (_Planted, self._scene_id, audience, *map(id, standing))
        planted = self._shared.sharing.held(key)
        if not isinstance(planted, _Planted):
            above = None
            if self._group is not None and len(stands) > FLAT:
                shown = [(stand.standing, stand.asset) for stand in standing]
                above = self._group(self._scene_id, shown, audience)
            if above is not None and above.missing:
                key = *key, id(above)  # there is more of it when others come
            planted = self._shared.sharing.one(key, lambda: self._made(standing, above))
        self._planted, above = planted, planted.above
        self._order = (*stands, NO_PLACEMENT) if above else tuple(stands)
        self._lacks_proxies = above is not None and above.missing > 0


def _count(stands: Iterable[Stand]) -> Count:
    certain = [stand.certainty is Certainty.CERTAIN for stand in stands]
    return Count(sum(certain), len(certain) - sum(certain))
