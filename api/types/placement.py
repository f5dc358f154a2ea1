"""What stood where, in GraphQL: layers, epochs, hypotheses, placements, and what became of them."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Private

from api.types.asset import Asset, asset_view
from api.types.chronology import VIEWS, Branch, ChronologyStatement, Dated, narrowed_of
from api.types.node import Info, Recorded, field, plain, replaced
from api.types.scalar import Matrix
from api.types.time import TimeSpan, span
from api.types.value import Generated, PeriodReference, Source, source_views
from scenes import at_time, model
from timeline import edtf
from timeline.interval import Certainty

strawberry.enum(
    model.ChangeKind,
    name="ChangeKind",
    description="What became of placements: none became one or more, one became one, some became none, some became "
    "one, one became some.",
)


@strawberry.type(description="A named strand of a scene.")
class Layer(Recorded):
    """View of a `scenes.model.Layer`."""

    value: Private[model.Layer]
    title: str = plain("Name for people.")
    ordinal: int = plain("Place among the scene's layers.")
    audience: model.Visibility = plain("Who may know of it and of what stands in it, of those who may see the scene.")


@strawberry.type(description="A named interval of a scene's history.")
class Epoch(Dated):
    """View of a `scenes.model.Epoch`."""

    value: Private[model.Epoch]
    description: str = plain("What happened in it.")
    colour: str = plain("#rrggbb, for time sliders.")


@strawberry.type(description="A branch of rival placements: who holds it, why, how surely, what it contradicts.")
class Hypothesis(Recorded):
    """View of a `scenes.model.Hypothesis`."""

    value: Private[model.Hypothesis]
    title: str = plain("Name for people.")
    author: str = plain("Who holds it.")
    argument: str = plain("Why.")
    confidence: float | None = plain("0 to 1, as its author says; null: not said.")
    audience: model.Visibility = plain("Who may know of it and of its placements, of those who may see the scene.")

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
class Placement(Dated):
    """View of a `scenes.model.Placement`."""

    value: Private[model.Placement]

    @field
    async def asset(self, info: Info) -> Asset | None:
        """What stands there; null where it is not public."""
        value = await info.context.loaders.asset(self.value.asset)
        return asset_view(value)

    @field
    async def layer(self, info: Info) -> Layer | None:
        """The strand that it belongs to."""
        value = await info.context.loaders.record(model.Layer, self.value.layer)
        return None if value is None else Layer(value=value)

    transform: Matrix = plain("From the asset's frame to the scene's, metres.")

    @field
    async def hypothesis(self, info: Info) -> Hypothesis | None:
        """The hypothesis that it is part of; null: part of every one."""
        return await hypothesis_of(info, self.value.hypothesis)

    reliability: model.Reliability = plain("How much of it is evidence and how much reconstruction.")
    reason: str = plain("Why we think so.")
    audience: model.Visibility = plain("Who may know that it stood there, of those who may see the scene.")

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
        hypothesis: Branch = None,
    ) -> Certainty:
        """Whether it stood at a time by its narrowed bounds, where it counts."""
        if time is None:
            scene = await info.context.loaders.scene(self.value.scene)
            time = scene.default_moment if scene else ""
        days = edtf.parse_days(time)
        return (await narrowed_of(info, self.value, hypothesis)).over(days)

    @field
    async def change_events(self, info: Info) -> list[ChangeEvent]:
        """What happened to it: how it came to be and what became of it."""
        found = await info.context.loaders.naming(model.ChangeEvent, self.value.scene, self.value.id)
        return [ChangeEvent(value=each) for each in found]

    async def _chronology(self, info: Info) -> list[ChronologyStatement]:
        """What is said of its time relative to others and to days."""
        found = await info.context.loaders.naming(model.ChronologyStatement, self.value.scene, self.value.id)
        return [ChronologyStatement(value=each) for each in found]

    chronology: list[ChronologyStatement] = replaced(_chronology, by="Ask for `statements`, which has pages.")


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


VIEWS.update({model.Placement: Placement, model.Epoch: Epoch})
