"""A span of existence with four bounds, and what can be said of it on a given day.

A thing begins on some day B with `start_earliest <= B <= start_latest` and is gone from some day E on, with
`end_earliest <= E <= end_latest`; it stands on the half-open run of days [B, E). Days are ordinals of the proleptic
Gregorian calendar (`timeline.instant`); `BEGINNING` and `FOREVER` stand for "no bound on this side".

The four bounds are CIDOC CRM's P82a, P81a, P81b and P82b. Where `start_latest > end_earliest` there is no day on which
the thing certainly stood: that is legal and common ("built about 1200, gone by 1210").
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from timeline.errors import TimelineError

if TYPE_CHECKING:
    from collections.abc import Sequence

BEGINNING = -(1 << 62)
FOREVER = 1 << 62

DayRange = tuple[int, int]
"""Half-open run of days [first, after_last)."""


class Certainty(StrEnum):
    """Whether a thing stood: on every day asked about, perhaps on one of them, or on none."""

    CERTAIN = "certain"
    POSSIBLE = "possible"
    NO = "no"


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Four bounds in day ordinals, and the text that they were read from.

    Raises:
        TimelineError: the bounds are out of order.

    >>> span = TimeSpan(10, 12, 20, 25)
    >>> [span.on(day).value for day in (9, 11, 12, 19, 22, 25)]
    ['no', 'possible', 'certain', 'certain', 'possible', 'no']
    """

    start_earliest: int
    start_latest: int
    end_earliest: int
    end_latest: int
    text: str = ""
    start_unknown: bool = False
    end_unknown: bool = False

    def __post_init__(self) -> None:
        if self.start_earliest > self.start_latest or self.end_earliest > self.end_latest:
            raise TimelineError(f"time span {self.text!r}: an earliest bound lies after its latest bound")
        if self.start_earliest >= self.end_latest:
            raise TimelineError(f"time span {self.text!r}: it would end before it began")

    def on(self, day: int) -> Certainty:
        """Whether the thing stood on `day`."""
        if self.start_latest <= day < self.end_earliest:
            return Certainty.CERTAIN
        if self.start_earliest <= day < self.end_latest:
            return Certainty.POSSIBLE
        return Certainty.NO

    def over(self, days: Sequence[DayRange]) -> Certainty:
        """Certain if it stood on every one of `days`, possible if perhaps on at least one.

        `days` are half-open runs in order that do not overlap, as `timeline.edtf.parse_days` gives them. No days: no.
        """
        if not days:
            return Certainty.NO
        if self.start_latest <= days[0][0] and days[-1][1] <= self.end_earliest:
            return Certainty.CERTAIN
        # The first run that ends after the earliest start: if that one begins too late, all others do.
        at = bisect_right(days, self.start_earliest, key=_after)
        if at < len(days) and days[at][0] < self.end_latest:
            return Certainty.POSSIBLE
        return Certainty.NO

    def weight(self, day: int) -> float:
        """How far the thing may be thought to stand on `day`, 0 to 1: the trapezoid over the four bounds.

        It grows evenly from `start_earliest` to `start_latest` and shrinks evenly from `end_earliest` to `end_latest`,
        as if each day of a bound were as likely as the next; the lesser of both counts. Where a bound has no limit on
        its outer side nothing can be spread evenly, and the undecided days weigh one half. More than 0 exactly where
        the thing is possible, 1 wherever it is certain.

        >>> [TimeSpan(10, 13, 20, 21).weight(day) for day in (9, 10, 11, 13, 19, 20, 21)]
        [0.0, 0.25, 0.5, 1.0, 1.0, 0.5, 0.0]
        """
        if not self.start_earliest <= day < self.end_latest:
            return 0.0
        begun = gone = 1.0
        if day < self.start_latest:
            unlimited = self.start_earliest <= BEGINNING or self.start_latest >= FOREVER
            begun = (
                0.5 if unlimited else (day - self.start_earliest + 1) / (self.start_latest - self.start_earliest + 1)
            )
        if day >= self.end_earliest:
            unlimited = self.end_earliest <= BEGINNING or self.end_latest >= FOREVER
            gone = 0.5 if unlimited else (self.end_latest - day) / (self.end_latest - self.end_earliest + 1)
        return min(begun, gone)

    def changes(self) -> tuple[int, ...]:
        """The days, in order, on which what can be said of the thing is no longer what it was the day before.

        >>> TimeSpan(10, 12, 20, 25).changes(), TimeSpan(10, 30, 20, 40).changes()
        ((10, 12, 20, 25), (10, 40))
        """
        if self.start_latest < self.end_earliest:
            days = {self.start_earliest, self.start_latest, self.end_earliest, self.end_latest}
        else:
            days = {self.start_earliest, self.end_latest}
        return tuple(sorted(day for day in days if BEGINNING < day < FOREVER))


def _after(days: DayRange) -> int:
    return days[1]
