"""Times in GraphQL: spans with four bounds, and how sure it is that something stood."""

from __future__ import annotations

from typing import Annotated

import strawberry
from strawberry import Private

from api.types.node import field, plain
from scenes.dated import own_span, span_text
from timeline import bounds, edtf, instant
from timeline import label as wording
from timeline.interval import BEGINNING, FOREVER, Certainty, Weights
from timeline.interval import TimeSpan as SpanValue
from timeline.remark import Remark

# GraphQL names enums by their members (CERTAIN) and describes them here; the Python classes stay the model's.
strawberry.enum(
    Certainty,
    name="Certainty",
    description="Whether something stood at a time: on every one of its days, perhaps on one of them, on none.",
)

Language = Annotated[str, strawberry.argument(description="BCP 47 tag; English where it is not known.")]


_UNDATED = bounds.Conversion(None, Remark("NO_EDTF"))


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


def _day(day: int) -> float | None:
    return float(day) if BEGINNING < day < FOREVER else None


@strawberry.type(description="EDTF text, and what it does not say that the original said.")
class Conversion:
    """View of a `timeline.bounds.Conversion`."""

    value: Private[bounds.Conversion]
    text: str | None = plain("EDTF; null where any would claim more than is known.")

    @field
    def lost(self, language: Language = "en") -> str | None:
        """What is lost, in words (en, de, fr, it); null: nothing."""
        return None if self.value.lost is None else self.value.lost.words(language)


def conversion(value: bounds.Conversion) -> Conversion:
    """A conversion as GraphQL shows it."""
    return Conversion(value=value)


@strawberry.type(
    description="How likely something stood, 0 to 1, if its beginning and its end are each as likely on any day "
    "between their bounds and independent of one another; null where that depends on a bound without a limit."
)
class Weight:
    """View of a `timeline.interval.Weights`."""

    value: Private[Weights]
    every: float | None = plain("On every one of the days asked about.")
    some: float | None = plain("On at least one of them.")


@strawberry.type(
    description="An interval of existence with four bounds: something began between startEarliest and startLatest and "
    "stood for the last time between endEarliest and endLatest. Years are astronomical (year 0 is 1 BC, -430 is 431 "
    "BC); null: no bound on this side. Something undated has none at all, and startUnknown and endUnknown are true. "
    "Dates are of the proleptic Gregorian calendar, YYYY-MM-DD; null also where the year has more than four digits."
)
class TimeSpan:
    """View of a `timeline.interval.TimeSpan`. Its ends are the first days without; shown are the last days with."""

    span: Private[SpanValue]

    @field
    def text(self) -> str:
        """EDTF (ISO 8601-2) or four bounds, as the curator wrote it or as they were narrowed; empty: undated."""
        return span_text(self.span)

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
    def start_earliest_day(self) -> float | None:
        """The same as a whole number: days since 0000-03-01 (day 0), which have no end of years."""
        return _day(self.span.start_earliest)

    @field
    def start_latest_day(self) -> float | None:
        """First day by which it certainly had begun, as a whole number: days since 0000-03-01."""
        return _day(self.span.start_latest)

    @field
    def end_earliest_day(self) -> float | None:
        """Last day on which it certainly stood, if it had begun, as a whole number: days since 0000-03-01."""
        return _day(_last(self.span.end_earliest))

    @field
    def end_latest_day(self) -> float | None:
        """Last day on which it may have stood, as a whole number: days since 0000-03-01."""
        return _day(_last(self.span.end_latest))

    @field
    def notes(self, language: Language = "en") -> list[str]:
        """What to know before relying on the text: what was taken for what, in words (en, de, fr, it)."""
        return [note.words(language) for note in edtf.parse(self.span.text).notes] if self.span.text else []

    @field
    def as_edtf(self) -> Conversion:
        """What EDTF can say of it, for other readers; four bounds are Chronotope's own."""
        text = span_text(self.span)
        return conversion(bounds.as_edtf(edtf.parse(text)) if text else _UNDATED)

    @field
    def weight(self, time: Annotated[str, strawberry.argument(description="EDTF, read as its set of days.")]) -> Weight:
        """How likely it stood at a time: a number to shade by, of no other model than the one described."""
        return Weight(value=self.span.weights(edtf.parse_days(time)))

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
    """The interval that a text says, which was checked when it was written; empty: undated."""
    return TimeSpan(span=own_span(text))
