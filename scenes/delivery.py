"""What one visitor's stream is to carry: (scene, moment, rights, eye, budget) → placements and a plan of tiles.

The only module that knows both tiles and the wire. One `Delivery` lives as long as one stream, because numbers are
stable in it: a placement with its tiles keeps its `n`, a tile of it its node number, whichever moments come and go.
What several moments share is the same node and the same chunk, so a step in time costs only what is new.

Not thread-safe: the door calls it off the event loop, one call at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from scenes.model import Actor, Asset, AssetState, Scene, Viewpoint
from scenes.ports import Catalogue
from scenes.rights import Action, may, seen
from scenes.table import MomentTable, SceneTable
from scenes.tables import SceneTables
from streaming.events import Content, StreamPlacement
from streaming.schedule import Chunk, Plan, PlanNode
from tiling.select import Forest, Limits, plant, select
from tiling.tree import TileTree
from tiling.view import View
from timeline.interval import Certainty
from timeline.label import label

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
    placements: tuple[StreamPlacement, ...]
    gone: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Records:
    """All that an answer depends on."""

    table: SceneTable
    assets: Mapping[str, Asset]
    """those with tiles that the actor may see"""

    def tells_the_same(self, other: _Records) -> bool:
        """Whether answers are the same; what else was written in the scene (annotations) does not matter."""
        one, two = self.table, other.table
        return self.assets == other.assets and (
            one is two
            or (one.scene, one.placements, one.hypotheses, one.epochs, one.statements)
            == (two.scene, two.placements, two.hypotheses, two.epochs, two.statements)
        )


@dataclass(frozen=True, slots=True)
class _Stand:
    """A placement in the stream: how it was said, and its tiles."""

    said: StreamPlacement
    tileset: str


class Delivery:
    """One visitor's stream of one scene."""

    def __init__(
        self,
        catalogue: Catalogue,
        read_tree: Callable[[str], TileTree],
        *,
        scene_id: str,
        actor: Actor,
        tables: SceneTables | None = None,
    ) -> None:
        self._catalogue, self._read_tree = catalogue, read_tree
        self._tables = SceneTables() if tables is None else tables
        self._scene_id, self._actor = scene_id, actor
        self._wish = Wish()
        self._records: _Records | None = None
        self._numbers: dict[tuple[str, str], int] = {}
        """n by placement and tileset: other tiles are another thing to the client"""
        self._stands: dict[int, _Stand] = {}
        self._nodes: dict[tuple[int, int], int] = {}
        """node number by n and tile"""
        self._forest: Forest = plant([])
        self._order: tuple[int, ...] = ()
        """n of each tree of the forest"""

    def enter(self, wish: Wish) -> Entered:
        """Go to a moment; what changes by that. Where it raises, nothing changed.

        Raises:
            NotFound: there is no such scene or hypothesis for this actor.
            timeline.errors.EdtfError: the moment is not EDTF.
        """
        records = self._read()
        moment = records.table.at(wish.at, hypothesis=wish.hypothesis, minimum=wish.minimum)
        stands = self._stand(moment, records.assets)
        trees = {stand.tileset: self._read_tree(stand.tileset) for stand in stands.values()}
        changed = tuple(
            stand.said for n, stand in stands.items() if n not in self._stands or self._stands[n].said != stand.said
        )
        gone = tuple(sorted(self._stands.keys() - stands.keys()))
        self._forest = plant([(stand.said.transform, trees[stand.tileset]) for stand in stands.values()])
        self._order = tuple(stands)
        self._wish, self._records, self._stands = wish, records, stands
        return Entered(
            title=records.table.scene.title, at=str(moment.at), label=label(moment.at),
            hypothesis=moment.hypothesis.id if moment.hypothesis else None, certainty=wish.minimum.value,
            placements=changed, gone=gone,
        )  # fmt: skip

    def refresh(self) -> Entered | None:
        """Look whether the museum changed meanwhile; what changes by that, None where nothing did.

        Raises:
            NotFound: the scene is no longer there for this actor.
        """
        assert self._records is not None, "enter comes first"
        return None if self._read().tells_the_same(self._records) else self.enter(self._wish)

    @property
    def viewpoint(self) -> Viewpoint:
        """Where an eye stands that does not say where it is."""
        assert self._records is not None, "enter comes first"
        return self._records.table.scene.viewpoint

    def plan(self, view: View, limits: Limits, *, state: int, look: int) -> Plan:
        """The tiles that this eye wants, in the order of sending."""
        forest = self._forest
        selection = select(forest, view, limits)
        chunks: dict[str, Chunk] = {}
        nodes: list[PlanNode] = []
        for at in selection.order:
            digest = forest.content[at]
            chunks[digest] = Chunk(digest, forest.byte_length[at], Content.GLB)
            needs = []
            for name in forest.needs[at]:
                image, _, extension = name.partition(".")
                chunks[image] = Chunk(image, forest.images[name][0], _CONTENT[extension])
                needs.append(image)
            nodes.append(
                PlanNode(
                    self._node(at), self._order[forest.tree[at]], digest, tuple(needs),
                    tuple((self._node(part),) for part in selection.replaced_by.get(at, ())),
                )
            )  # fmt: skip
        return Plan(state, look, tuple(self._node(at) for at in selection.roots), tuple(nodes), chunks)

    def _node(self, at: int) -> int:
        key = self._order[self._forest.tree[at]], int(self._forest.tile[at])
        return self._nodes.setdefault(key, len(self._nodes))

    def _read(self) -> _Records:
        seen(self._actor, self._catalogue.get(Scene, self._scene_id), f"scene {self._scene_id[:100]}")
        table = self._tables.table(self._catalogue, self._scene_id)
        assets = {
            asset_id: asset
            for asset_id, asset in self._catalogue.get_many(Asset, sorted(table.assets.names)).items()
            if asset.state is AssetState.READY and asset.tileset and may(self._actor, Action.SEE, asset)
        }
        return _Records(table, assets)

    def _stand(self, moment: MomentTable, assets: Mapping[str, Asset]) -> dict[int, _Stand]:
        stands: dict[int, _Stand] = {}
        for standing in moment.standing:
            placement = standing.placement
            asset = assets.get(placement.asset)
            if asset is None or asset.tileset is None:
                continue
            key = placement.id, asset.tileset.digest
            n = self._numbers.setdefault(key, len(self._numbers))
            said = StreamPlacement(
                n=n, id=placement.id, asset=asset.id, title=placement.title or asset.title,
                transform=tuple(float(number) for number in placement.transform),
                certainty=standing.certainty.value, reliability=placement.reliability.value,
            )  # fmt: skip
            stands[n] = _Stand(said, asset.tileset.digest)
        return stands
