"""Where questions about time itself enter, whatever is in the museum: `timeline` for who has no Python at hand."""

from __future__ import annotations

from typing import Annotated

import strawberry

from api.periods import book
from api.types.dating import DateProposals, Period, SpanRelations
from api.types.node import First, Info, field, page_size
from timeline import allen, edtf, proposal

Language = Annotated[
    str, strawberry.argument(description="BCP 47 tag of en, de, fr or it, for words; English where it is not known.")
]
Span = Annotated[str, strawberry.argument(description="EDTF or four bounds: when something existed.")]


@strawberry.type(description="Questions about time itself.")
class TimeQueries:
    """Fields of `Query`."""

    @field
    def propose_dates(
        self,
        text: Annotated[
            str,
            strawberry.argument(
                description=f"A date as people write it in English, German, French or Italian, `c. 1210`, at most "
                f"{edtf.MAX_LENGTH} characters."
            ),
        ],
        language: Language = "en",
    ) -> DateProposals:
        """What a text may mean as a date: proposals, of which a person chooses one. A text is never refused."""
        return DateProposals(value=proposal.propose(text), language=language)

    @field
    async def periods(
        self,
        info: Info,
        *,
        name: Annotated[
            str | None,
            strawberry.argument(description="A name or its beginning, in any language, `bronze age`; null: any."),
        ] = None,
        place: Annotated[
            list[str] | None,
            strawberry.argument(
                description="Labels or URIs of places from the narrowest to the widest, at most 20. Periods of a name "
                "that hold there come first; without a name only they are answered."
            ),
        ] = None,
        at: Annotated[
            str | None, strawberry.argument(description="EDTF: only periods that may hold on one of its days.")
        ] = None,
        language: Language = "en",
        first: First = 20,
    ) -> list[Period]:
        """Named periods, the likeliest first; without a name in the order in which they begin."""
        days = None if at is None else edtf.parse_days(at)
        most = page_size(first)
        found = await info.context.services.call(book, info.context.services.settings.data)
        return [
            Period(value=each.period, language=language, found=each)
            for each in found.find(name, place or (), days, most=most)
        ]

    @field
    def relate_spans(self, a: Span, b: Span) -> SpanRelations:
        """How the first of two spans may lie to the second, by what their bounds leave open."""
        return SpanRelations(value=allen.relations(edtf.parse_span(a), edtf.parse_span(b)))
