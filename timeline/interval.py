"""A span of existence with four bounds, and what can be said of it on a given day.

A thing begins on some day B with `start_earliest <= B <= start_latest` and is gone from some day E on, with
`end_earliest <= E <= end_latest`; it stands on the half-open run of days [B, E). Days are ordinals of the proleptic
Gregorian calendar (`timeline.instant`); `BEGINNING` and `FOREVER` stand for "no bound on this side".

The four bounds are CIDOC CRM's P82a, P81a, P81b and P82b. Where `start_latest > end_earliest` there is no day on which
the thing certainly stood: that is legal and common ("built about 1200, gone by 1210").
"""

from __future__ import annotations

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
        """Certain if it stood on every one of `days`, possible if perhaps on at least one."""
        if days and all(self.start_latest <= first and after <= self.end_earliest for first, after in days):
            return Certainty.CERTAIN
        if any(self.start_earliest < after and first < self.end_latest for first, after in days):
            return Certainty.POSSIBLE
        return Certainty.NO
