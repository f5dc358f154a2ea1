"""Dating things, in GraphQL: proposals for what people write, named periods, how two times lie to one another."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Private

from api.types.node import field, plain
from api.types.time import Conversion, TimeSpan, conversion, span
from timeline import allen, julian, period, period_names, proposal
from timeline.bounds import as_edtf
from timeline.interval import Certainty

strawberry.enum(
    allen.Allen,
    name="AllenRelation",
    description="How one span lies to another (Allen 1983). BEFORE: it was over before the other began; MEETS: the "
    "other began on the day after its last; OVERLAPS: it began and ended first; FINISHED_BY, CONTAINS, STARTS, EQUALS, "
    "STARTED_BY, DURING, FINISHES; OVERLAPPED_BY, MET_BY, AFTER: the converses of the first three.",
)
strawberry.enum(julian.Calendar, name="Calendar", description="The calendar that a source is written in.")

Spoken = Annotated[
    str | None, strawberry.argument(description="BCP 47 tag of en, de, fr or it; null: that of the question.")
]


@strawberry.type(description="A date as its source gives it.")
class GivenDate:
    """View of a `timeline.julian.Given`."""

    value: Private[julian.Given]
    text: str = plain("As it was written.")
    calendar: julian.Calendar = plain("JULIAN where any day of it was converted from that calendar.")


@strawberry.type(description="One way to understand a text as a date. A person chooses; nothing is taken silently.")
class DateProposal:
    """View of a `timeline.proposal.Proposal`."""

    value: Private[proposal.Proposal]
    language: Private[str]
    rank: int = plain("From 1, the likeliest.")
    text: str = plain("EDTF, or four bounds where EDTF cannot say it: what an existence or a moment is written as.")
    is_edtf: bool = plain("Whether other readers of EDTF know the text; four bounds are Chronotope's own.")

    @field
    def label(self, language: Spoken = None) -> str:
        """In words, as visitors will read it."""
        return self.value.label(language or self.language)

    @field
    def assumptions(self, language: Spoken = None) -> list[str]:
        """What was assumed, in words. Each proposal but the first differs from it in one."""
        return list(self.value.assumptions(language or self.language))

    @field
    def given(self) -> GivenDate:
        """The date as its source gives it; keep it beside the text."""
        return GivenDate(value=self.value.given)

    @field
    def span(self) -> TimeSpan:
        """What it says of something that existed: four bounds."""
        return span(self.value.text)

    @field
    def as_edtf(self) -> Conversion:
        """What EDTF can say of it."""
        return conversion(as_edtf(self.value.parsed))


@strawberry.type(description="What a text may mean as a date.")
class DateProposals:
    """View of a `timeline.proposal.Proposals`."""

    value: Private[proposal.Proposals]
    language: Private[str]

    @field
    def proposals(self) -> list[DateProposal]:
        """The likeliest first; none where the text is not understood."""
        return [DateProposal(value=each, language=self.language) for each in self.value.proposals]

    @field
    def reason(self, language: Spoken = None) -> str | None:
        """Why there are none, in words; null where there are some."""
        return None if self.value.reason is None else self.value.reason.words(language or self.language)


@strawberry.type(description="Where a period holds.")
class PeriodPlace:
    """View of a `timeline.period.Place`."""

    value: Private[period.Place]
    label: str = plain("What the place is called; empty: not said.")
    uri: str = plain("URI of the place, where the data give one; else empty.")


@strawberry.type(description="A named period of one author, as in PeriodO, and why it is among the answers.")
class Period:
    """View of a `timeline.period_names.Found`."""

    value: Private[period.Period]
    language: Private[str]
    found: Private[period_names.Found]

    @field
    def is_whole_name(self) -> bool:
        """Whether the name asked for is one of its names, not only words of one."""
        return self.found.is_whole

    @field
    def place(self) -> str:
        """Which of the places asked for it names; empty: none."""
        return self.found.place

    uri: str = plain("URI of the period.")
    region: str = plain("Its places in words.")
    authority: str = plain("Title of the work that defines it.")
    edition: str = plain("Edition of the data that it was read from.")
    start_label: str = plain("Its beginning as its author wrote it.")
    stop_label: str = plain("Its end as its author wrote it.")

    @field
    def label(self, language: Spoken = None) -> str:
        """What it is called, in a language, else as its author calls it."""
        return self.value.label(language or self.language)

    @field
    def span(self) -> TimeSpan:
        """When it was: four bounds."""
        return TimeSpan(span=self.value.span)

    @field
    def places(self) -> list[PeriodPlace]:
        """Where it holds."""
        return [PeriodPlace(value=each) for each in self.value.places]

    @field
    def existence(
        self,
        within: Annotated[
            bool,
            strawberry.argument(description="False: it stood for all of the period; true: for some part of it."),
        ] = False,
    ) -> str:
        """What to write as the existence of a thing that is dated by this period."""
        return self.value.cite(within=within).existence


@strawberry.type(description="How one span may lie to another: each of the thirteen relations is possible or is not.")
class SpanRelations:
    """View of a `timeline.allen.Relations`."""

    value: Private[allen.Relations]

    @field
    def possible(self) -> list[allen.Allen]:
        """Those that hold for some days within the bounds; never none."""
        return sorted(self.value.possible, key=list(allen.Allen).index)

    @field
    def necessary(self) -> allen.Allen | None:
        """The one that holds whatever the days were; null where several may."""
        return next(iter(self.value.necessary), None)

    @field
    def impossible(self) -> list[allen.Allen]:
        """Those that hold for no days within the bounds."""
        return sorted(self.value.impossible, key=list(allen.Allen).index)

    @field
    def intersects(self) -> Certainty:
        """Whether some day belongs to both."""
        return self.value.holds(allen.INTERSECTS)

    @field
    def within(self) -> Certainty:
        """Whether no day of the first lies outside the second."""
        return self.value.holds(allen.WITHIN)
