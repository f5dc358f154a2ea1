"""Bounds with room for doubt: what a text says at most, before anything is called impossible for its sake.

`~` (about) and `?` (perhaps) move no bound (`timeline.edtf`): what stands is shown by the dates as they are written.
To refuse what somebody wrote takes more. "About 1712" is no reason to deny a death in 1710, so a date that is qualified
is taken as wide as a proposal takes "about" (`timeline.reading.Widths`), whichever of the signs it has.
"""

from __future__ import annotations

from functools import lru_cache

from timeline.date import Date, Qualifier
from timeline.edtf import Edtf, Kind, parse
from timeline.instant import civil, ordinal
from timeline.interval import BEGINNING, FOREVER, TimeSpan
from timeline.reading import Limit, Widths, moved

_WIDTHS = Widths()
_NONE: Limit = (0, 0, 0)
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
    if before == after == _NONE:
        return span
    # A limit that is not known follows from the other end, and so does its room.
    before, after = after if span.start_unknown else before, before if span.end_unknown else after
    return TimeSpan(
        _moved(span.start_earliest, before, -1),
        _moved(span.start_latest, before, 1),
        _moved(span.end_earliest, after, -1),
        _moved(span.end_latest, after, 1),
        text=span.text,
        start_unknown=span.start_unknown,
        end_unknown=span.end_unknown,
    )


def _rooms(parsed: Edtf) -> tuple[Limit, Limit]:
    """Years, months and days either way, of the beginning and of the end."""
    if parsed.kind is Kind.FOUR_BOUNDS:
        first, last = ([run.first, run.last] for run in parsed.runs)
    elif parsed.kind in (Kind.DATE, Kind.ONE_OF):
        # Both its beginning and its end lie somewhere within all of it.
        first = last = [date for run in parsed.runs for date in (run.first, run.last)]
    else:
        first, last = [run.first for run in parsed.runs], [run.last for run in parsed.runs]
    return max(map(_room, first)), max(map(_room, last))


def _room(date: Date | None) -> Limit:
    if date is None or date.qualifier is Qualifier.NONE:
        return _NONE
    if date.day:
        return 0, 0, _WIDTHS.days
    if date.month:
        return 0, _WIDTHS.months, 0
    return _OPEN[min(len(date.year) - len(date.year.rstrip("X")), len(_OPEN) - 1)], 0, 0


def _moved(day: int, by: Limit, way: int) -> int:
    """A day so much earlier (-1) or later (1); one without limit stays."""
    if not BEGINNING < day < FOREVER:
        return day
    year, month, of_month = civil(day)
    return ordinal(*moved((year, month, of_month), (way * by[0], way * by[1], way * by[2])))
