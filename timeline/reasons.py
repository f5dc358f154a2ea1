"""Why a bound is where it is: the chain of dates and statements that leads to it, in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from timeline.network import EARLIEST, LATEST
from timeline.statement import Statement, said_day, sentence


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

_SENTENCES = {
    Bound.START_EARLIEST: "{} began no earlier than {}",
    Bound.START_LATEST: "{} had begun by {}",
    Bound.END_EARLIEST: "{} still stood on {}",
    Bound.END_LATEST: "{} stood no later than {}",
}


def bound_sentence(unit: str, bound: Bound, day: int) -> str:
    """What a bound says, in words. Ends are the first day without; said is the last day with.

    >>> bound_sentence("porch", Bound.END_LATEST, 719468)
    'porch stood no later than 1969-12-31'
    """
    return _SENTENCES[bound].format(unit, said_day(day - bound.startswith("end")))


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
    date: str = ""
    """the unit's own date as it was written, if `is_own`"""

    def sentence(self, name: Callable[[str], str] = str) -> str:
        """The step in words; `name` turns a unit's id into what people call it."""
        said = bound_sentence(name(self.unit), self.bound, self.day)
        if self.statement is not None:
            return f"{said}: {sentence(self.statement, name)}"
        if self.is_own:
            return f"{said}: its own date{f' {self.date}' if self.date else ''}"
        return f"{said}: it stood for a day at least"
