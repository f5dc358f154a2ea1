"""Times in GraphQL: spans with four bounds, and how sure it is that something stood."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Private

from api.types.node import field
from timeline import edtf, instant
from timeline import label as wording
from timeline.interval import BEGINNING, FOREVER, Certainty
from timeline.interval import TimeSpan as SpanValue

# GraphQL names enums by their members (CERTAIN) and describes them here; the Python classes stay the model's.
strawberry.enum(
    Certainty,
    name="Certainty",
    description="Whether something stood at a time: on every one of its days, perhaps on one of them, on none.",
)

Language = Annotated[str, strawberry.argument(description="BCP 47 tag; English where it is not known.")]


def _year(day: int) -> int | None:
    if not BEGINNING < day < FOREVER:
        return None
    # GraphQL's Int has 32 bits, a geologist's year may have more.
    return min(max(instant.year_of(day), -(2**31)), 2**31 - 1)


def _last(after: int) -> int:
    """The last day of what is gone from day `after` on."""
    return after - 1 if BEGINNING < after < FOREVER else after


def _date(day: int) -> str | None:
    return instant.iso_date(day) if BEGINNING < day < FOREVER else None


@strawberry.type(
    description="An interval of existence with four bounds: something began between startEarliest and startLatest and "
    "stood for the last time between endEarliest and endLatest. Years are astronomical (year 0 is 1 BC, -430 is 431 "
    "BC); null: no bound on this side. Dates are of the proleptic Gregorian calendar, YYYY-MM-DD; null also where the "
    "year has more than four digits."
)
class TimeSpan:
    """View of a `timeline.interval.TimeSpan`. Its ends are the first days without; shown are the last days with."""

    span: Private[SpanValue]

    @field
    def text(self) -> str:
        """EDTF (ISO 8601-2) or four bounds, as the curator wrote it."""
        return self.span.text

    @field
    def label(self, language: Language = "en") -> str:
        """In words, for people."""
        return wording.label(self.span, language)

    @field
    def start_earliest_year(self) -> int | None:
        """Astronomical year of the first day on which it may have begun."""
        return _year(self.span.start_earliest)

    @field
    def start_latest_year(self) -> int | None:
        """Astronomical year of the first day by which it certainly had begun."""
        return _year(self.span.start_latest)

    @field
    def end_earliest_year(self) -> int | None:
        """Astronomical year of the last day on which it certainly stood."""
        return _year(_last(self.span.end_earliest))

    @field
    def end_latest_year(self) -> int | None:
        """Astronomical year of the last day on which it may have stood."""
        return _year(_last(self.span.end_latest))

    @field
    def start_earliest_date(self) -> str | None:
        """First day on which it may have begun."""
        return _date(self.span.start_earliest)

    @field
    def start_latest_date(self) -> str | None:
        """First day by which it certainly had begun."""
        return _date(self.span.start_latest)

    @field
    def end_earliest_date(self) -> str | None:
        """Last day on which it certainly stood, if it had begun."""
        return _date(_last(self.span.end_earliest))

    @field
    def end_latest_date(self) -> str | None:
        """Last day on which it may have stood."""
        return _date(_last(self.span.end_latest))

    @field
    def start_unknown(self) -> bool:
        """Whether its beginning is not known."""
        return self.span.start_unknown

    @field
    def end_unknown(self) -> bool:
        """Whether its end is not known."""
        return self.span.end_unknown


def span_if_any(text: str) -> TimeSpan | None:
    """As `span`; null for an empty text, which says nothing."""
    return span(text) if text else None


def span(text: str) -> TimeSpan:
    """The interval that a text says, which was checked when it was written."""
    return TimeSpan(span=edtf.parse_span(text))
