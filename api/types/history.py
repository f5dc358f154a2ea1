"""The two axes of time of a scene, in GraphQL: what stood when (valid time), and what was said when (record time)."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import strawberry
from strawberry import ID, Private
from strawberry.scalars import JSON

from api.types.chronology import BoundReason, bound_reasons
from api.types.cursor import name_of, page_info
from api.types.moment import Moment
from api.types.node import After, First, Info, Last, PageInfo, Revision, field, page_size, plain, revision
from api.types.placement import ChangeEvent, Hypothesis, Placement, hypothesis_view
from api.types.scalar import AsOf
from api.types.time import Language
from scenes import difference, history, model
from scenes.errors import Invalid
from scenes.table import SceneTable
from timeline import edtf
from timeline import label as wording
from timeline.index import Kind
from timeline.interval import Certainty

strawberry.enum(
    history.Edit, name="Edit", description="What became of a record between two revisions: it came, went, or changed."
)
strawberry.enum(
    Kind,
    name="HistoricalChangeKind",
    description="What changed between two times of history. APPEARS: it did not stand at the earlier one and certainly "
    "or perhaps does at the later; DISAPPEARS: the other way round; SURER: it perhaps stood, and certainly does; "
    "LESS_SURE: it certainly stood, and perhaps does.",
)

Branch = Annotated[ID | None, strawberry.argument(description="The branch to show; null: the scene's preferred one.")]
RecordTime = Annotated[AsOf, strawberry.argument(description="A revision's number, or a time of day (UTC).")]


@strawberry.type(description="A field of a record that differs between two revisions.")
class FieldChange:
    """View of a `scenes.history.FieldChange`."""

    value: Private[history.FieldChange]
    name: str = plain("As in this schema, where the field is shown as it is kept.")

    @field
    def before(self) -> JSON | None:
        """At the first of the two revisions; null: nothing, or the record was not there. Ids, metres, EDTF, as kept."""
        return JSON(self.value.before)

    @field
    def after(self) -> JSON | None:
        """At the second of the two; null: nothing, or the record is not there."""
        return JSON(self.value.after)


@strawberry.type(description="A record that differs between two revisions.")
class RecordChange:
    """View of a `scenes.history.RecordChange`."""

    value: Private[history.RecordChange]
    bounds: Private[tuple[int, int]]

    @field
    def id(self) -> ID:
        """Of the record."""
        return ID(self.value.record.id)

    @field
    def kind(self) -> str:
        """Type of the record in this schema."""
        return type(self.value.record).__name__

    @field
    def title(self) -> str:
        """Name of the record, as it is after, or was before it went; empty where it has none."""
        return str(getattr(self.value.record, "title", ""))

    @field
    def edit(self) -> history.Edit:
        """What became of it."""
        return self.value.edit

    @field
    def fields(self) -> list[FieldChange]:
        """What differs; of a record that came or went, all that it says."""
        return [FieldChange(value=each) for each in self.value.fields()]

    @field
    async def revisions(self, info: Info, last: Last = 10) -> list[Revision]:
        """The latest changes of it between the two: who, when, why; newest first."""
        first, until = sorted(self.bounds)
        found = await info.context.as_recorded(until).history(self.value.record, last=page_size(last))
        return [revision(each) for each in found if each.number > first]


@strawberry.type(description="A page of what differs between two revisions, in order of first writing.")
class RecordChangeConnection:
    """A page of changes of records."""

    nodes: list[RecordChange] = strawberry.field(description="The items.")
    page_info: PageInfo = strawberry.field(description="How to go on.")
    scene: Private[str]

    @field
    async def total(self, info: Info) -> int:
        """How many records differ in all. They are counted when this is asked, not for every page."""
        services = info.context.services
        cleared = services.cleared(info.context.actor)
        work = partial(history.count_edits, cleared, self.scene, since=self.since, until=self.until)
        return int(await services.call(work))

    since: int = strawberry.field(description="Number of the first of the two revisions.")
    until: int = strawberry.field(description="Number of the second.")


@strawberry.type(description="A placement of which something else is said at the later of two times, and why.")
class HistoricalChange:
    """View of a `scenes.difference.HistoricalChange`."""

    value: Private[difference.HistoricalChange]
    table: Private[SceneTable]

    @field
    def placement(self) -> Placement:
        """What changed: with its reason, its sources and the hypothesis that it is part of."""
        return Placement(value=self.value.placement)

    @field
    def kind(self) -> Kind:
        """How."""
        return self.value.kind

    @field
    def certainty_before(self) -> Certainty:
        """Whether it stood at the first time."""
        return self.value.before

    @field
    def certainty_after(self) -> Certainty:
        """Whether it stood at the second time."""
        return self.value.after

    @field
    def why_before(self) -> str:
        """Why that is said of the first time, in words."""
        return self.value.why_before

    @field
    def why_after(self) -> str:
        """Why that is said of the second time, in words."""
        return self.value.why_after

    @field
    def events(self) -> list[ChangeEvent]:
        """Change events that name it and may have happened between the two times, earliest first."""
        return [ChangeEvent(value=each) for each in self.value.events]

    @field
    def chronology(self) -> list[BoundReason]:
        """Of each bound that decides at either time and is not where its own date has it: why it is where it is."""
        return bound_reasons(self.table, self.value.chains)


@strawberry.type(description="What changed at a place between two times of its history, ordered by the placement's id.")
class Difference:
    """View of a `scenes.difference.MomentDifference`, a page of it."""

    whole: Private[difference.MomentDifference]
    nodes: list[HistoricalChange] = strawberry.field(description="What changed, page by page.")
    page_info: PageInfo = strawberry.field(description="How to go on.")

    @field
    def total(self) -> int:
        """How many placements changed in all."""
        return len(self.whole.changes)

    @field
    def label_before(self, language: Language = "en") -> str:
        """The first time in words."""
        return wording.label(self.whole.before, language)

    @field
    def label_after(self, language: Language = "en") -> str:
        """The second time in words."""
        return wording.label(self.whole.after, language)

    @field
    def hypothesis(self) -> Hypothesis | None:
        """The hypothesis chosen; null where the scene prefers none."""
        return hypothesis_view(self.whole.hypothesis)


@strawberry.type(description="What a scene has on the axes of time.")
class SceneInTime:
    """Fields of `Scene`."""

    value: Private[model.Scene]

    @field
    async def at(
        self,
        info: Info,
        time: Annotated[str, strawberry.argument(description="EDTF, read as its set of days.")],
        hypothesis: Branch = None,
        min_certainty: Annotated[
            Certainty, strawberry.argument(description="Least certainty: CERTAIN or POSSIBLE.")
        ] = Certainty.POSSIBLE,
    ) -> Moment:
        """What stands at a time."""
        if not time:
            edtf.parse(time)  # only the HTTP doors know a default
        table = await info.context.loaders.table(self.value.id)
        moment = await info.context.services.call(table.at, time, hypothesis=hypothesis, minimum=min_certainty)
        return Moment(value=moment)

    @field
    async def difference(
        self,
        info: Info,
        *,
        earlier: Annotated[str, strawberry.argument(name="from", description="EDTF: the first time.")],
        later: Annotated[str, strawberry.argument(name="to", description="EDTF: the second time.")],
        hypothesis: Branch = None,
        first: First = 20,
        after: After = None,
    ) -> Difference:
        """What changed here between two times of history, and why we think so."""
        size, name = page_size(first), name_of(after)
        table = await info.context.loaders.table(self.value.id)
        events = await info.context.loaders.within(model.ChangeEvent, self.value.id)

        def work() -> Difference:
            whole = difference.difference(table, events, before=earlier, after=later, hypothesis=hypothesis)
            found, has_next = whole.page(first=size, after=name)
            ends = (found[0].placement.id, found[-1].placement.id) if found else (None, None)
            return Difference(
                whole=whole,
                nodes=[HistoricalChange(value=each, table=table) for each in found],
                page_info=page_info(ends, after, has_next=has_next),
            )

        return await info.context.services.call(work)

    @field
    async def edits(
        self,
        info: Info,
        since: RecordTime,
        until: Annotated[
            AsOf | None, strawberry.argument(description="The other moment; null: as it is recorded now.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> RecordChangeConnection:
        """What differs in the records of the scene and of what belongs to it between two moments of record time."""
        context, size = info.context, page_size(first)
        begin = _place(after)
        catalogue = context.services.catalogue

        def work() -> tuple[int, int, tuple[history.RecordChange, ...], bool]:
            low = history.revision_number(catalogue, since)  # type: ignore[arg-type]  # a scalar
            high = context.as_of if until is None else history.revision_number(catalogue, until)  # type: ignore[arg-type]
            high = catalogue.latest() if high is None else high
            cleared = context.services.cleared(context.actor)
            found = history.edits(cleared, self.value.id, since=low, until=high, first=size, beyond=begin)
            return low, high, *found

        low, high, shown, has_next = await context.services.call(work)
        ends = (str(shown[0].seq), str(shown[-1].seq)) if shown else (None, None)
        return RecordChangeConnection(
            nodes=[RecordChange(value=each, bounds=(low, high)) for each in shown],
            page_info=page_info(ends, after, has_next=has_next),
            scene=self.value.id,
            since=low,
            until=high,
        )


def _place(after: str | None) -> int:
    name = name_of(after)
    if name is None:
        return 0
    if not name.isdigit() or len(name) > 15:
        raise Invalid(f"after: {str(after)[:64]!r} is no cursor of this list")
    return int(name)
