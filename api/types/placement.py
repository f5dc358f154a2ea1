"""What stood where, in GraphQL: layers, epochs, hypotheses, placements, what became of them, what is said of them."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Private

from api.types.asset import Asset, asset_view
from api.types.node import Info, Node, Recorded, field, plain
from api.types.scalar import Matrix
from api.types.time import TimeSpan, span, span_if_any
from api.types.value import Generated, PeriodReference, Source, source_views
from scenes import at_time, model
from scenes.rights import Action, may
from timeline import edtf
from timeline.interval import Certainty

strawberry.enum(
    model.ChangeKind,
    name="ChangeKind",
    description="What became of placements: none became one or more, one became one, some became none, some became "
    "one, one became some.",
)
strawberry.enum(
    model.Relation,
    name="Relation",
    description="What is said of the subject's time. BEFORE: it was gone when the object began (they may meet); AFTER: "
    "the other way round; CONTEMPORARY_WITH: some day belongs to both; SAME_TIME_AS: the same days; WITHIN: no day of "
    "it lies outside the object; CARRIES: it lies below the object, so it is not later; TERMINUS_POST_QUEM: made no "
    "earlier than the day, or than the object was; TERMINUS_ANTE_QUEM: made by the day, or by when the object was.",
)
strawberry.enum(model.End, name="End", description="Which end of an existence is meant.")


@strawberry.type(description="A named strand of a scene.")
class Layer(Recorded):
    """View of a `scenes.model.Layer`."""

    value: Private[model.Layer]
    title: str = plain("Name for people.")
    ordinal: int = plain("Place among the scene's layers.")


@strawberry.type(description="A named interval of a scene's history.")
class Epoch(Recorded):
    """View of a `scenes.model.Epoch`."""

    value: Private[model.Epoch]
    title: str = plain("Name for people.")
    description: str = plain("What happened in it.")
    colour: str = plain("#rrggbb, for time sliders.")

    @field
    def existence(self) -> TimeSpan:
        """When."""
        return span(self.value.existence)


@strawberry.type(description="A branch of rival placements: who holds it, why, how surely, what it contradicts.")
class Hypothesis(Recorded):
    """View of a `scenes.model.Hypothesis`."""

    value: Private[model.Hypothesis]
    title: str = plain("Name for people.")
    author: str = plain("Who holds it.")
    argument: str = plain("Why.")
    confidence: float | None = plain("0 to 1, as its author says; null: not said.")

    @field
    def sources(self) -> list[Source]:
        """What it rests on."""
        return source_views(self.value.sources)

    @field
    async def contrasts_with(self, info: Info) -> list[Hypothesis]:
        """What it contradicts, whichever of the two says so: never shown together."""
        siblings = await _hypotheses(info, self.value.scene)
        rivals = at_time.rivals_of(siblings).get(self.value.id, frozenset())
        return [Hypothesis(value=each) for each in siblings.values() if each.id in rivals]

    @field
    async def builds_on(self, info: Info) -> Hypothesis | None:
        """What it assumes to be true."""
        return await hypothesis_of(info, self.value.builds_on)

    @field
    async def built_on_by(self, info: Info) -> list[Hypothesis]:
        """What assumes it to be true."""
        found = await info.context.loaders.naming(model.Hypothesis, self.value.scene, self.value.id)
        return [Hypothesis(value=each) for each in found]


async def _hypotheses(info: Info, scene: str) -> dict[str, model.Hypothesis]:
    return {each.id: each for each in await info.context.loaders.within(model.Hypothesis, scene)}


def hypothesis_view(value: model.Hypothesis | None) -> Hypothesis | None:
    """A hypothesis as GraphQL shows it."""
    return None if value is None else Hypothesis(value=value)


async def hypothesis_of(info: Info, record_id: str) -> Hypothesis | None:
    """The hypothesis with an id; null for an empty one."""
    return hypothesis_view(await info.context.loaders.hypothesis(record_id)) if record_id else None


@strawberry.type(description="An asset standing in a scene: where, when, by which hypothesis, on what evidence.")
class Placement(Recorded):
    """View of a `scenes.model.Placement`."""

    value: Private[model.Placement]
    title: str = plain("Name for people.")

    @field
    async def asset(self, info: Info) -> Asset | None:
        """What stands there; null where it is not public."""
        value = await info.context.loaders.asset(self.value.asset)
        return asset_view(value) if value is not None and may(info.context.actor, Action.SEE, value) else None

    @field
    async def layer(self, info: Info) -> Layer | None:
        """The strand that it belongs to."""
        value = await info.context.loaders.record(model.Layer, self.value.layer)
        return None if value is None else Layer(value=value)

    @field
    def existence(self) -> TimeSpan:
        """When it stood."""
        return span(self.value.existence)

    transform: Matrix = plain("From the asset's frame to the scene's, metres.")

    @field
    async def hypothesis(self, info: Info) -> Hypothesis | None:
        """The hypothesis that it is part of; null: part of every one."""
        return await hypothesis_of(info, self.value.hypothesis)

    reliability: model.Reliability = plain("How much of it is evidence and how much reconstruction.")
    reason: str = plain("Why we think so.")

    @field
    def sources(self) -> list[str]:
        """Sources in words, one a line of a bibliography; `citations` has their parts."""
        return [source_line(each) for each in self.value.sources]

    @field
    def citations(self) -> list[Source]:
        """Sources with their addresses and pages."""
        return source_views(self.value.sources)

    @field
    def period(self) -> PeriodReference | None:
        """The named period that its existence was taken from; null: none."""
        return None if self.value.period is None else PeriodReference(value=self.value.period)

    @field
    def generated(self) -> Generated | None:
        """That a machine made it up; null: people did."""
        return None if self.value.generated is None else Generated(value=self.value.generated)

    @field
    async def certainty(
        self,
        info: Info,
        time: Annotated[
            str | None, strawberry.argument(description="EDTF, read as its set of days; null: the scene's default.")
        ] = None,
    ) -> Certainty:
        """Whether it stood at a time, hypotheses not asked."""
        if time is None:
            scene = await info.context.loaders.scene(self.value.scene)
            time = scene.default_moment if scene else ""
        return edtf.parse_span(self.value.existence).over(edtf.parse_days(time))

    @field
    async def change_events(self, info: Info) -> list[ChangeEvent]:
        """What happened to it: how it came to be and what became of it."""
        found = await info.context.loaders.naming(model.ChangeEvent, self.value.scene, self.value.id)
        return [ChangeEvent(value=each) for each in found]

    @field
    async def chronology(self, info: Info) -> list[ChronologyStatement]:
        """What is said of its time relative to others and to days."""
        found = await info.context.loaders.naming(model.ChronologyStatement, self.value.scene, self.value.id)
        return [ChronologyStatement(value=each) for each in found]


def source_line(value: model.Source) -> str:
    """A citation in words.

    >>> source_line(model.Source("Dörpfeld 1892", "https://example.org/d", "12–14"))
    'Dörpfeld 1892, 12–14, https://example.org/d'
    """
    return ", ".join(part for part in (value.text, value.pages, value.uri) if part)


def placement_view(value: model.Placement) -> Placement:
    """A placement as GraphQL shows it."""
    return Placement(value=value)


async def placement_of(info: Info, record_id: str) -> Placement | None:
    """The placement with an id; null for an empty one."""
    if not record_id:
        return None
    value = await info.context.loaders.record(model.Placement, record_id)
    return None if value is None else placement_view(value)


@strawberry.type(description="Something that happened to placements: which became which, when, on what evidence.")
class ChangeEvent(Recorded):
    """View of a `scenes.model.ChangeEvent`."""

    value: Private[model.ChangeEvent]
    title: str = plain("Name for people.")
    kind: model.ChangeKind = plain("What happened.")

    @field
    def existence(self) -> TimeSpan:
        """When it happened."""
        return span(self.value.existence)

    @field
    async def predecessors(self, info: Info) -> list[Placement]:
        """What was there before."""
        return await _placements(info, self.value.predecessors)

    @field
    async def successors(self, info: Info) -> list[Placement]:
        """What came of it."""
        return await _placements(info, self.value.successors)

    description: str = plain("How it happened.")

    @field
    def sources(self) -> list[Source]:
        """How we know."""
        return source_views(self.value.sources)


async def _placements(info: Info, ids: tuple[str, ...]) -> list[Placement]:
    found = await info.context.loaders.records(model.Placement, ids)
    return [placement_view(each) for each in found]


@strawberry.type(description="What somebody says of when a placement or an epoch stood.")
class ChronologyStatement(Recorded):
    """View of a `scenes.model.ChronologyStatement`."""

    value: Private[model.ChronologyStatement]
    relation: model.Relation = plain("What is said.")

    @field
    async def subject(self, info: Info) -> Node | None:
        """The placement or epoch of which it is said."""
        return await _dated(info, self.value.subject)

    @field
    async def object(self, info: Info) -> Node | None:
        """The other placement or epoch; null where a date stands in its place."""
        return await _dated(info, self.value.object) if self.value.object else None

    @field
    def date(self) -> TimeSpan | None:
        """The day or days of a terminus."""
        return span_if_any(self.value.date)

    end: model.End = plain("Which end of the subject a terminus with a date is about.")
    author: str = plain("Who says so.")

    @field
    def source(self) -> Source | None:
        """Where it is said."""
        return None if self.value.source is None else Source(value=self.value.source)


async def _dated(info: Info, record_id: str) -> Node | None:
    """A placement or an epoch. Both are asked for: one statement each, however many statements are shown."""
    placement = await info.context.loaders.record(model.Placement, record_id)
    if placement is not None:
        return placement_view(placement)
    epoch = await info.context.loaders.record(model.Epoch, record_id)
    return None if epoch is None else Epoch(value=epoch)
