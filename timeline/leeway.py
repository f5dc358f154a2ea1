"""Bounds with room for doubt: what a text says at most, before anything is called impossible for its sake.

`~` (about) and `?` (perhaps) move no bound (`timeline.edtf`): what stands is shown by the dates as they are written.
To refuse what somebody wrote takes more. "About 1712" is no reason to deny a death in 1710, so a date that is qualified
is taken as wide as a proposal takes "about" (`timeline.reading.Widths`), whichever of the signs it has.
"""

from __future__ import annotations

from functools import lru_cache

from timeline.date import Date, Qualifier
from timeline.edtf import Edtf, Kind, parse
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.reading import Widths

_WIDTHS = Widths()
_MONTH, _YEAR = 30, 365
"""days"""
_OPEN = (_WIDTHS.years, _WIDTHS.decades, _WIDTHS.centuries, _WIDTHS.millennia)
"""years either way, by how many digits of the year are left open"""


@lru_cache(maxsize=8_192)
def widest(text: str) -> TimeSpan:
    """The interval of existence that the text says, with room at each end whose date is qualified.

    Raises:
        timeline.errors.EdtfError: it is neither EDTF nor four bounds.

    >>> from timeline.instant import year_of
    >>> [year_of(day) for day in (widest("1712~").start_earliest, widest("1712").start_earliest)]
    [1707, 1712]
    """
    parsed = parse(text)
    span = parsed.span()
    before, after = _rooms(parsed)
    if not before and not after:
        return span
    # A limit that is not known follows from the other end, and so does its room.
    before, after = after if span.start_unknown else before, before if span.end_unknown else after
    return TimeSpan(
        _moved(span.start_earliest, -before),
        _moved(span.start_latest, before),
        _moved(span.end_earliest, -after),
        _moved(span.end_latest, after),
        text=span.text,
        start_unknown=span.start_unknown,
        end_unknown=span.end_unknown,
    )


def _rooms(parsed: Edtf) -> tuple[int, int]:
    """Days either way, of the beginning and of the end."""
    if parsed.kind is Kind.FOUR_BOUNDS:
        first, last = ([run.first, run.last] for run in parsed.runs)
    elif parsed.kind in (Kind.DATE, Kind.ONE_OF):
        # Both its beginning and its end lie somewhere within all of it.
        first = last = [date for run in parsed.runs for date in (run.first, run.last)]
    else:
        first, last = [run.first for run in parsed.runs], [run.last for run in parsed.runs]
    return max(map(_room, first)), max(map(_room, last))


def _room(date: Date | None) -> int:
    if date is None or date.qualifier is Qualifier.NONE:
        return 0
    if date.day:
        return _WIDTHS.days
    if date.month:
        return _WIDTHS.months * _MONTH
    return _OPEN[min(len(date.year) - len(date.year.rstrip("X")), len(_OPEN) - 1)] * _YEAR


def _moved(day: int, by: int) -> int:
    return day + by if BEGINNING < day < FOREVER else day
