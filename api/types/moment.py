"""A scene at a moment, in GraphQL: page by page, or all of it in columns.

Views of `scenes.table.MomentTable`. A page is resolved field by field and costs about twenty times what it takes to
write it down; the columns are values as a whole, and cost little more than that.
"""

from __future__ import annotations

import strawberry
from strawberry import ID, Private

from api.types.cursor import cursor_of, name_of, page_info
from api.types.node import After, First, Info, PageInfo, field, page_size
from api.types.placement import Hypothesis, Placement, hypothesis_view
from api.types.scalar import Column
from api.types.time import Language, TimeSpan
from scenes import model
from scenes.rights import Action, may
from scenes.table import MomentTable
from timeline import label as wording
from timeline.interval import Certainty


@strawberry.type(description="A placement that stands at a moment.")
class Standing:
    """View of a place in a `scenes.table.MomentTable`."""

    moment: Private[MomentTable]
    place: Private[int]
    placement: Placement = strawberry.field(description="What stands.")
    certainty: Certainty = strawberry.field(description="How surely.")

    @field
    def reason(self) -> str:
        """Why that is said, in words."""
        return self.moment.reason(self.place)

    @field
    def span(self) -> TimeSpan:
        """When it stood, as it was read here: narrowed by relative chronology, in the branch shown."""
        return TimeSpan(span=self.moment.span(self.place))


@strawberry.type(description="An item of a page, with its place.")
class StandingEdge:
    """An item of what stands."""

    node: Standing = strawberry.field(description="The item.")

    @field
    def cursor(self) -> str:
        """Place in the list; stays valid when the list changes."""
        return cursor_of(self.node.placement.value.id)


@strawberry.type(description="A page of what stands, ordered by the placement's id.")
class StandingConnection:
    """A page of what stands."""

    nodes: list[Standing] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="How to go on.")

    @field
    def edges(self) -> list[StandingEdge]:
        """The items with their cursors."""
        return [StandingEdge(node=node) for node in self.nodes]


@strawberry.type(
    description="What stands at a moment, as columns of equal length: the n-th value of each is about the n-th thing, "
    "ordered by id. Each column is one value, so that asking costs the same whatever the scene holds."
)
class MomentColumns:
    """View of a `scenes.table.MomentTable`."""

    value: Private[MomentTable]

    @field
    def ids(self) -> Column:
        """Ids of the placements."""
        return Column(self.value.ids)

    @field
    def certainty(self) -> Column:
        """Codes: 2 certain (it stood on every day asked about), 1 possible (perhaps on one)."""
        return Column(self.value.certainty())

    @field
    def weight(self) -> Column:
        """How likely it stood on at least one of the days, above 0 to 1, in millionths; null: not known.

        Its beginning and its end are taken to be each as likely on any day between their bounds, and independent.
        """
        return Column(self.value.weights())

    @field
    def transforms(self) -> Column:
        """16 numbers a placement, one after another: column-major, from the asset's frame to the scene's, metres."""
        return Column(self.value.transforms())

    @field
    async def asset_ids(self, info: Info) -> Column:
        """Ids of the assets that stand, each once; null for one that is not public."""
        names = self.value.assets.names
        services, actor = info.context.services, info.context.actor
        if may(actor, Action.EDIT):
            return Column(names)
        known = await services.call(services.cleared(actor).get_many, model.Asset, names)
        return Column([name if name in known else None for name in names])

    @field
    def asset(self) -> Column:
        """Which of `assetIds` stands there, counted from 0."""
        return Column(self.value.assets.codes)

    @field
    def layer_ids(self) -> Column:
        """Ids of the layers of what stands, each once."""
        return Column(self.value.layers.names)

    @field
    def layer(self) -> Column:
        """Which of `layerIds` it belongs to, counted from 0."""
        return Column(self.value.layers.codes)

    @field
    def reliability(self) -> Column:
        """Extended Matrix class, a name of `Reliability`."""
        coded = self.value.table.reliabilities.part(self.value.rows)
        return Column([coded.names[code] for code in coded.codes.tolist()])


@strawberry.type(description="A scene resolved at a moment: what stands then.")
class Moment:
    """View of a `scenes.table.MomentTable`."""

    value: Private[MomentTable]

    @field
    def time(self) -> str:
        """The time asked about, canonical EDTF."""
        return str(self.value.at)

    @field
    def label(self, language: Language = "en") -> str:
        """The time in words."""
        return wording.label(self.value.at, language)

    @field
    def revision(self) -> int:
        """Number of the revision after which the scene was read: cite it, and this answer can be had again."""
        return self.value.table.revision

    @field
    def hypothesis(self) -> Hypothesis | None:
        """The hypothesis chosen; null where the scene prefers none."""
        return hypothesis_view(self.value.hypothesis)

    @field
    def active_hypotheses(self) -> list[ID]:
        """Ids of all hypotheses that count; never two rivals."""
        return [ID(each) for each in sorted(self.value.active)]

    @field
    def count(self) -> int:
        """How many placements stand."""
        return len(self.value)

    @field
    def placements(self) -> list[Standing]:
        """All that stands, ordered by id. Of a large scene rather ask for pages (`standing`) or `columns`."""
        return _standing(self.value, range(len(self.value)))

    @field
    def standing(self, first: First = 20, after: After = None) -> StandingConnection:
        """What stands, page by page, ordered by id. A page goes on where the one before ended, whatever was written."""
        places = self.value.page(first=page_size(first), after=name_of(after))
        nodes = _standing(self.value, places)
        ends = (nodes[0].placement.value.id, nodes[-1].placement.value.id) if nodes else (None, None)
        has_next = places.stop < len(self.value)
        return StandingConnection(nodes=nodes, page_info=page_info(ends, after, has_next=has_next))

    @field
    def columns(self) -> MomentColumns:
        """All that stands, as columns."""
        return MomentColumns(value=self.value)


def _standing(moment: MomentTable, places: range) -> list[Standing]:
    return [
        Standing(moment=moment, place=place, placement=Placement(value=placement), certainty=certainty)
        for place, placement, certainty in moment.shown(places)
    ]
