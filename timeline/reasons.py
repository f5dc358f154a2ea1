"""Why a bound is where it is: the chain of dates and statements that leads to it, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from timeline.instant import civil
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.label import label
from timeline.network import EARLIEST, LATEST
from timeline.reason_words import reason_words
from timeline.statement import Statement, said_day, said_year, sentence


class Bound(StrEnum):
    """One of the four bounds of a span."""

    START_EARLIEST = "start_earliest"
    START_LATEST = "start_latest"
    END_EARLIEST = "end_earliest"
    END_LATEST = "end_latest"


BOUNDS: dict[tuple[int, int], Bound] = {
    (0, EARLIEST): Bound.START_EARLIEST,
    (0, LATEST): Bound.START_LATEST,
    (1, EARLIEST): Bound.END_EARLIEST,
    (1, LATEST): Bound.END_LATEST,
}
"""By (0 for a start, 1 for an end; the side)."""


def bound_sentence(unit: str, bound: Bound, day: int, language: str = "en") -> str:
    """What a bound says, in words. Ends are the first day without; said is the last day with.

    Where a whole year says the same as its first or last day, the year is said.

    >>> bound_sentence("porch", Bound.END_LATEST, 719468), bound_sentence("porch", Bound.END_LATEST, 719469)
    ('porch stood no later than 1969', 'porch stood no later than 1 January 1970')
    >>> bound_sentence("Vorhalle", Bound.START_LATEST, 719440, "de")
    'Vorhalle begann nicht später als 4. Dezember 1969'
    """
    last = day - bound.startswith("end")
    return reason_words(language).bounds[bound].format(subject=unit, date=_said_bound(bound, last, language))


def _said_bound(bound: Bound, day: int, language: str) -> str:
    if BEGINNING < day < FOREVER:
        # "No earlier than 1204" is from its first day on, "by 1204" is up to its last.
        if bound is Bound.START_EARLIEST and civil(day)[1:] == (1, 1):
            return said_year(day, language)
        if bound in (Bound.START_LATEST, Bound.END_LATEST) and civil(day)[1:] == (12, 31):
            return said_year(day, language)
    return said_day(day, language)


def said_own(span: TimeSpan, language: str = "en") -> str:
    """That a bound is a unit's own date, with that date where it has one in words."""
    words = reason_words(language)
    return words.own_date.format(date=label(span, language)) if span.text else words.own


@dataclass(frozen=True, slots=True)
class Step:
    """A bound of a unit, and what it follows from.

    That is a statement; or, where there is none, the unit's own date (`is_own`), or else that a unit stands for a day
    at least.
    """

    unit: str
    bound: Bound
    day: int
    statement: Statement | None = None
    is_own: bool = False
    own: TimeSpan | None = None
    """the unit's own date, if `is_own`"""

    def sentence(self, name: Callable[[str], str] = str, language: str = "en") -> str:
        """The step in words; `name` turns a unit's id into what people call it. Languages as for `timeline.label`."""
        words = reason_words(language)
        if self.statement is not None:
            reason = sentence(self.statement, name, language)
        elif self.is_own:
            reason = words.own if self.own is None else said_own(self.own, language)
        else:
            reason = words.a_day
        return words.why.format(bound=bound_sentence(name(self.unit), self.bound, self.day, language), reason=reason)


def own_step(unit: str, bound: Bound, own: TimeSpan) -> Step | None:
    """A bound of a unit's own date as a reason, for what nobody speaks of; None where it has no limit.

    >>> own_step("porch", Bound.START_EARLIEST, TimeSpan(BEGINNING, 5, 10, 20)) is None
    True
    >>> own_step("porch", Bound.END_LATEST, TimeSpan(BEGINNING, 5, 10, 719468)).sentence()
    'porch stood no later than 1969: its own date'
    """
    day: int = getattr(own, bound.value)
    return Step(unit, bound, day, is_own=True, own=own) if BEGINNING < day < FOREVER else None
