"""Relative chronology in GraphQL: what has a date, what is said of it, the bounds that follow, and why.

`Dated` is what placements and epochs have in common. What follows depends on the hypotheses that count, so each field
that tells it takes the branch to show. All of it is read from the scene's table, once for all things asked about
(`api.loaders.Loaders.times`).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any

import strawberry
from strawberry import ID, Private

from api.types.cursor import name_of, page_info
from api.types.node import (
    After,
    First,
    Info,
    Node,
    PageInfo,
    Recorded,
    field,
    page_size,
    plain,
)
from api.types.time import Language, TimeSpan, span, span_if_any
from api.types.value import Source
from scenes import model
from scenes.dated import own_span
from scenes.table import SceneTable
from scenes.times import Times
from timeline import reasons
from timeline.interval import TimeSpan as TimeSpanValue
from timeline.reason_words import reason_words
from timeline.reasons import own_step

strawberry.enum(
    model.Relation,
    name="Relation",
    description="What is said of the subject's time. BEFORE: it was gone when the object began (they may meet); AFTER: "
    "the other way round; CONTEMPORARY_WITH: some day belongs to both; SAME_TIME_AS: the same days; WITHIN: no day of "
    "it lies outside the object; CARRIES: it lies below the object, so it is not later; TERMINUS_POST_QUEM: made no "
    "earlier than the day, or than the object was; TERMINUS_ANTE_QUEM: made by the day, or by when the object was.",
)
strawberry.enum(model.End, name="End", description="Which end of an existence is meant.")
strawberry.enum(
    reasons.Bound,
    name="Bound",
    description="One of the four bounds of a span. START_EARLIEST: the first day on which it may have begun; "
    "START_LATEST: the first by which it certainly had; END_EARLIEST: the last on which it certainly still stood, if "
    "it had begun; END_LATEST: the last on which it may have stood.",
)

Branch = Annotated[
    ID | None,
    strawberry.argument(
        description="The branch to show; null: the scene's preferred one, or of what does not count there its own."
    ),
]


@strawberry.interface(
    description="What has a date of its own, and may be narrowed by what is said of it relative to others: a placement "
    "or an epoch."
)
class Dated(Recorded):
    """View of a `scenes.model.Placement` or `Epoch`."""

    title: str = plain("Name for people.")

    @field
    def existence(self) -> TimeSpan:
        """When it stood, by its own date; undated: without any bound, and the text empty."""
        return span(record_of(self).existence)

    @field
    async def narrowed(self, info: Info, hypothesis: Branch = None) -> TimeSpan:
        """When it stood, by its own date and all that is said of it and of what it is compared with.

        The tightest bounds that follow; its own where nothing narrows them. They are of this one thing: that one was
        over before another began is more than the bounds of both say.
        """
        return TimeSpan(span=await narrowed_of(info, record_of(self), hypothesis))

    @field
    async def statements(self, info: Info, first: First = 20, after: After = None) -> ChronologyStatements:
        """What is said of its time relative to others and to days, ordered by id, whether it counts or not."""
        record = record_of(self)
        found = await info.context.loaders.naming(model.ChronologyStatement, record.scene, record.id)
        return statement_page(found, first, after)

    @field
    async def why(
        self,
        info: Info,
        bound: Annotated[reasons.Bound, strawberry.argument(description="The bound asked about.")],
        hypothesis: Branch = None,
    ) -> list[ReasonStep]:
        """Why a narrowed bound is where it is: from a date, one thing after another, to this bound.

        Empty where it has no limit. Where nothing is said of the thing, its own date is the one step.
        """
        record = record_of(self)
        table, times = await _times(info, record, hypothesis)
        steps = await info.context.services.call(times.why, record.id, bound)
        own = own_step(record.id, bound, own_span(record.existence))
        found = steps or ([] if own is None else [own])
        return [ReasonStep(value=each, table=table, about=record) for each in found]


VIEWS: dict[type[Any], Callable[..., Dated]] = {}
"""by kind of record; filled where the views are, which build on this module"""


def dated_view(record: model.Placement | model.Epoch) -> Dated:
    """A placement or an epoch as GraphQL shows it."""
    return VIEWS[type(record)](value=record)


async def narrowed_of(info: Info, record: model.Placement | model.Epoch, hypothesis: str | None) -> TimeSpanValue:
    """When something stood, by its own date and all that is said. See `Dated.narrowed`."""
    _, times = await _times(info, record, hypothesis)
    return times.narrowed(record.id, own_span(record.existence))


async def dated_record(info: Info, record_id: str) -> model.Placement | model.Epoch | None:
    """A placement or an epoch. Both are asked for: one statement each, however many are shown."""
    placement = await info.context.loaders.record(model.Placement, record_id)
    return await info.context.loaders.record(model.Epoch, record_id) if placement is None else placement


async def dated_of(info: Info, record_id: str) -> Dated | None:
    """The view of `dated_record`."""
    record = await dated_record(info, record_id)
    return None if record is None else dated_view(record)


@strawberry.type(description="What somebody says of when a placement or an epoch stood.")
class ChronologyStatement(Recorded):
    """View of a `scenes.model.ChronologyStatement`."""

    value: Private[model.ChronologyStatement]
    relation: model.Relation = plain("What is said.")

    @field
    async def subject(self, info: Info) -> Node | None:
        """The placement or epoch of which it is said: `... on Dated`."""
        return await dated_of(info, self.value.subject)

    @field
    async def object(self, info: Info) -> Node | None:
        """The other placement or epoch, `... on Dated`; null where a date stands in its place."""
        return await dated_of(info, self.value.object) if self.value.object else None

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

    @field
    async def is_in_force(self, info: Info, hypothesis: Branch = None) -> bool:
        """Whether it narrows bounds.

        It does not where it belongs to a contradiction, nor where what it is about does not count in the branch.
        """
        loaders = info.context.loaders
        table = await loaders.table(self.value.scene)
        _, times = await loaders.times(self.value.scene, hypothesis=hypothesis, of=branch_of(table, self.value))
        return times.relative is not None and times.relative.is_in_force(self.value.id)


@strawberry.type(description="A page of what is said of times, ordered by id.")
class ChronologyStatements:
    """A page of statements."""

    nodes: list[ChronologyStatement] = strawberry.field(description="The items.")
    page_info: PageInfo = strawberry.field(description="How to go on.")
    total: int = strawberry.field(description="How many there are in all.")


@strawberry.type(description="A bound of a placement or an epoch, and what it follows from.")
class ReasonStep:
    """View of a `timeline.reasons.Step`."""

    value: Private[reasons.Step]
    table: Private[SceneTable]
    about: Private[model.Placement | model.Epoch | None] = None
    """whose bound was asked about: the table knows epochs only that are spoken of"""
    bound: reasons.Bound = plain("Which of its bounds.")

    @field
    async def dated(self, info: Info) -> Dated | None:
        """Whose bound it is."""
        return await dated_of(info, self.value.unit)

    @field
    def day(self) -> float:
        """Where it is, days since 0000-03-01; of an end the last day with."""
        return float(self.value.day - self.value.bound.startswith("end"))

    @field
    def sentence(self, language: Language = "en") -> str:
        """What it says and what it follows from, with who says so and where, in words (en, de, fr, it)."""
        return self.value.sentence(names_of(self.table, language, self.about), language)

    @field
    async def statement(self, info: Info) -> ChronologyStatement | None:
        """The statement that it follows from, with its author and source.

        Null: from the thing's own date, or from that everything stands for a day at least.
        """
        if self.value.statement is None:
            return None
        record = await info.context.loaders.record(model.ChronologyStatement, self.value.statement.id)
        return None if record is None else ChronologyStatement(value=record)

    is_own: bool = plain("Whether it is the thing's own date.")


@strawberry.type(description="Why a bound is not where the thing's own date has it.")
class BoundReason:
    """A bound and its chain of reasons."""

    bound: reasons.Bound = strawberry.field(description="The bound.")
    steps: list[ReasonStep] = strawberry.field(description="From a date, one thing after another, to this bound.")


def bound_reasons(table: SceneTable, chains: Iterable[Sequence[reasons.Step]]) -> list[BoundReason]:
    """Chains of reasons as GraphQL shows them."""
    return [
        BoundReason(bound=chain[-1].bound, steps=[ReasonStep(value=each, table=table) for each in chain])
        for chain in chains
    ]


def branch_of(table: SceneTable, statement: model.ChronologyStatement) -> str:
    """The hypothesis of what a statement is about; empty: it is about what is part of every one."""
    about = map(table.dated, (statement.subject, statement.object))
    return next((each.hypothesis for each in about if isinstance(each, model.Placement) and each.hypothesis), "")


def statement_page(records: Iterable[model.ChronologyStatement], first: int, after: str | None) -> ChronologyStatements:
    """A page of statements, ordered by id. Raises Invalid where `after` is no cursor."""
    size, name = page_size(first), name_of(after)
    found = sorted(records, key=_id)
    begin = 0 if name is None else bisect_right(found, name, key=_id)
    shown = found[begin : begin + size]
    ends = (shown[0].id, shown[-1].id) if shown else (None, None)
    return ChronologyStatements(
        nodes=[ChronologyStatement(value=each) for each in shown],
        page_info=page_info(ends, after, has_next=begin + size < len(found)),
        total=len(found),
    )


async def _times(info: Info, record: model.Placement | model.Epoch, hypothesis: str | None) -> tuple[SceneTable, Times]:
    of = record.hypothesis if isinstance(record, model.Placement) else ""
    found: tuple[SceneTable, Times] = await info.context.loaders.times(record.scene, hypothesis=hypothesis, of=of)
    return found


def names_of(
    table: SceneTable, language: str, about: model.Placement | model.Epoch | None = None
) -> Callable[[str], str]:
    """Titles of what is spoken of, as a sentence of a language quotes them."""
    quoted = reason_words(language).title

    def name(unit: str) -> str:
        found = about if about is not None and about.id == unit else table.dated(unit)
        return quoted.format(unit if found is None or not found.title else found.title)

    return name


def record_of(view: Any) -> Any:
    """The record that a view shows."""
    return view.value


def _id(statement: model.ChronologyStatement) -> str:
    return statement.id
