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
class Weights:
    """How likely a thing stood on every day asked about, and on at least one; None where nothing can be said."""

    every: float | None
    some: float | None


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """Four bounds in day ordinals, and the text that they were read from.

    Bounds are drawn in as far as "it stood for at least a day" says: `start_latest < end_latest` and `start_earliest <
    end_earliest`. Each bound is then reached by some start or end that goes with the others.

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
        # It stood for a day at least, so it began before its last day and wasn't gone on its first: bounds that leave
        # more room say nothing, but would hide certain days.
        if self.end_latest < FOREVER and self.start_latest >= self.end_latest:
            object.__setattr__(self, "start_latest", self.end_latest - 1)
        if self.start_earliest > BEGINNING and self.end_earliest <= self.start_earliest:
            object.__setattr__(self, "end_earliest", self.start_earliest + 1)

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

    def weight(self, day: int) -> float | None:
        """How likely the thing stands on `day`, 0 to 1, if its start and its end are each as likely on any day.

        The start is spread evenly over `start_earliest` to `start_latest`, the end over `end_earliest` to `end_latest`,
        and neither knows of the other: the share of all (start, end) with start <= day < end. 1 wherever the thing is
        certain, 0 exactly where it is not possible. None where it depends on a bound without limit, over which nothing
        can be spread.

        >>> [TimeSpan(10, 13, 20, 21).weight(day) for day in (9, 10, 11, 13, 19, 20, 21)]
        [0.0, 0.25, 0.5, 1.0, 1.0, 0.5, 0.0]
        >>> print(TimeSpan(10, 13, 20, FOREVER).weight(20))
        None
        """
        return _both(self._begun(day), self._not_gone(day))

    def weights(self, days: Sequence[DayRange]) -> Weights:
        """How likely the thing stands on every one of `days`, and on at least one; see `weight`.

        `days` are half-open runs in order that do not overlap. Draws whose end does not lie after their start stand on
        no day. No days: 0 and 0.

        >>> TimeSpan(0, 1, 4, 5).weights([(1, 2), (4, 6)])
        Weights(every=0.0, some=1.0)
        """
        certainty = self.over(days)
        if certainty is Certainty.NO:
            return Weights(0.0, 0.0)
        every = _both(self._begun(days[0][0]), self._not_gone(days[-1][1] - 1))
        if any(max(first, self.start_latest) < min(after, self.end_earliest) for first, after in days):
            return Weights(every, 1.0)
        sides = (self.start_earliest, self.start_latest), (self.end_earliest, self.end_latest)
        if any(early < late and (early <= BEGINNING or late >= FOREVER) for early, late in sides):
            return Weights(every, None)
        gaps = zip([BEGINNING, *(after for _, after in days)], [*(first for first, _ in days), FOREVER], strict=True)
        missed = sum(self._draws(first, after) for first, after in gaps)
        draws = (self.start_latest - self.start_earliest + 1) * (self.end_latest - self.end_earliest + 1)
        return Weights(every, (self._draws(BEGINNING, FOREVER) - missed) / draws)

    def _begun(self, day: int) -> float | None:
        """Share of the starts that lie on `day` or before."""
        if day >= self.start_latest:
            return 1.0
        if day < self.start_earliest:
            return 0.0
        if self.start_earliest <= BEGINNING or self.start_latest >= FOREVER:
            return None
        return (day - self.start_earliest + 1) / (self.start_latest - self.start_earliest + 1)

    def _not_gone(self, day: int) -> float | None:
        """Share of the ends that lie after `day`."""
        if day < self.end_earliest:
            return 1.0
        if day >= self.end_latest:
            return 0.0
        if self.end_earliest <= BEGINNING or self.end_latest >= FOREVER:
            return None
        return (self.end_latest - day) / (self.end_latest - self.end_earliest + 1)

    def _draws(self, first: int, after: int) -> int:
        """How many (start, end) with start < end lie wholly within the days from `first` to before `after`."""
        low, high = max(self.start_earliest, first), self.start_latest
        near, far = self.end_earliest, min(self.end_latest, after)
        if near > far:
            return 0
        before_all = max(0, min(high, near - 1) - low + 1)  # these starts go with every end
        one, last = max(low, near), min(high, far - 1)  # these with the ends after them: far - start
        among = (last - one + 1) * (2 * far - one - last) // 2 if one <= last else 0
        return before_all * (far - near + 1) + among

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


UNDATED = TimeSpan(BEGINNING, FOREVER, BEGINNING, FOREVER, start_unknown=True, end_unknown=True)
"""Of what nobody says when it stood: possible at any time, never certain, and its weight is not known."""


def _both(begun: float | None, not_gone: float | None) -> float | None:
    if 0.0 in (begun, not_gone):
        return 0.0
    return None if begun is None or not_gone is None else begun * not_gone


def _after(days: DayRange) -> int:
    return days[1]
