"""Four bounds as text, and as much of them as EDTF can say.

A span that was narrowed by relations, or given as four dates, has no text of its own; `bounds_text` writes one that
`timeline.edtf.parse` reads back to the same days. `as_edtf` is for the way out, to readers of EDTF only: it says the
same where EDTF can, else the outermost limits, and what is lost by that. Neither ever claims more than it was given:
what was possible stays possible, and nothing becomes certain.
"""

from __future__ import annotations

from dataclasses import dataclass

from timeline.date import Qualifier, year_text
from timeline.edtf import Edtf, Kind, Run, parse
from timeline.errors import TimelineError
from timeline.instant import civil, iso_date, ordinal
from timeline.interval import BEGINNING, FOREVER, DayRange, TimeSpan
from timeline.remark import Remark

_SIGNS = {Qualifier.NONE: "", Qualifier.UNCERTAIN: "?", Qualifier.APPROXIMATE: "~", Qualifier.BOTH: "%"}


@dataclass(frozen=True, slots=True)
class Conversion:
    """EDTF text, and what it does not say that the original said; `lost` None: it says the same.

    `text` is None where any EDTF would claim more than is known: that it began by 1215 and ended after 1248.
    """

    text: str | None
    lost: Remark | None = None


def bounds_text(span: TimeSpan) -> str:
    """The span's four bounds as text: EDTF where it can say them, else `[date..date]` at one end or both.

    Whole years and months are written as such. Beyond the year 9999, where dates have no months, bounds are widened to
    whole years. The span's own text is not looked at.

    Raises:
        TimelineError: the span has no limit at all, or none is known.

    >>> bounds_text(parse("[1205..1215]/[1248-05..1252]").span()), bounds_text(parse("14XX/..").span())
    ('[1205..1215]/[1248-05..1252-12]', '14XX/..')
    """
    start = _limit_text((span.start_earliest, span.start_latest + (span.start_latest < FOREVER)))
    if span.start_earliest == span.start_latest == BEGINNING:
        start = ".."
    elif span.start_earliest == BEGINNING and span.start_latest >= span.end_latest - (span.end_latest < FOREVER):
        start = ""  # nothing that its end does not say
    end = _limit_text((span.end_earliest - (span.end_earliest > BEGINNING), span.end_latest))
    if span.end_earliest == span.end_latest == FOREVER:
        end = ".."
    elif span.end_latest == FOREVER and span.end_earliest <= span.start_earliest + (span.start_earliest > BEGINNING):
        end = ""
    if not start and not end:
        raise TimelineError("a time span without any limit that is known has no text")
    text = f"{start}/{end}"
    parsed = parse(text)
    if parsed.kind is Kind.FOUR_BOUNDS:
        conversion = as_edtf(parsed)
        return conversion.text if conversion.text is not None and conversion.lost is None else text
    return start if start == end and ".." not in start else text


def as_edtf(parsed: Edtf) -> Conversion:
    """What EDTF can say of it.

    >>> as_edtf(parse("[1200..1299]/..")).text, as_edtf(parse("[1205..1215]/[1205..1215]")).text
    ('12XX/..', '[1205..1215]')
    >>> conversion = as_edtf(parse("[1205..1215]/[1248..1252]"))
    >>> conversion.text, conversion.lost.code
    ('[1205..1252]', 'LIMITS_ONLY')
    """
    if parsed.is_edtf:
        return Conversion(str(parsed))
    start, end = parsed.runs
    dates = [
        _as_date(run) if run.dated else ("" if unknown else "..")
        for run, unknown in ((start, parsed.start_unknown), (end, parsed.end_unknown))
    ]
    if dates[0] is not None and dates[1] is not None:
        return Conversion(f"{dates[0]}/{dates[1]}")
    if start == end:
        return Conversion(f"[{start}]")
    outermost = Run(start.first, end.last)
    if not outermost.dated:
        return Conversion(None, Remark("NO_EDTF"))
    return Conversion(f"[{outermost}]", Remark("LIMITS_ONLY"))


def _as_date(run: Run) -> str | None:
    """The one date that is as wide as the run, if there is one and both its ends are qualified alike throughout."""
    first, last = run.first, run.last
    if first is None or last is None:
        return None
    if first == last:
        return str(first)
    text = _date_text(run.days)
    alike = first.qualifier == last.qualifier and first.evenly_qualified and last.evenly_qualified
    if text is None or not alike:
        return None
    return text + _SIGNS[first.qualifier]


def _limit_text(days: DayRange) -> str:
    """A range of days as an end of four bounds."""
    first, after = days
    if first > BEGINNING and after < FOREVER:
        date = _date_text(days)
        if date is not None:
            return date
    texts = _range_texts(days)
    return f"[{texts[0]}..{texts[1]}]"


def _range_texts(days: DayRange) -> tuple[str, str]:
    """First and last date of a range, at the coarsest common precision that is exact; empty without a limit."""
    first, after = days
    start = civil(first) if first > BEGINNING else None
    beyond = civil(after) if after < FOREVER else None
    limits = [limit for limit in (start, beyond) if limit is not None]
    whole_years = all(limit[1:] == (1, 1) for limit in limits)
    last = civil(after - 1) if beyond is not None else None
    if whole_years or any(abs(limit[0]) > 9999 for limit in limits):
        return "" if start is None else year_text(start[0]), "" if last is None else year_text(last[0])
    if all(limit[2] == 1 for limit in limits):
        return _month_text(start), _month_text(last)
    return (
        "" if start is None else iso_date(first) or year_text(start[0]),
        "" if last is None else iso_date(after - 1) or year_text(last[0]),
    )


def _month_text(limit: tuple[int, int, int] | None) -> str:
    return "" if limit is None else f"{year_text(limit[0])}-{limit[1]:02d}"


def _date_text(days: DayRange) -> str | None:
    """A date that stands for exactly these days: a day, a month, a year, or a year with its last digits left open."""
    first, last = _range_texts(days)
    if first == last:
        return first
    low, high = civil(days[0])[0], civil(days[1] - 1)[0]
    if days != (ordinal(low, 1, 1), ordinal(high + 1, 1, 1)) or max(-low, high) > 9999 or (low < 0) != (high < 0):
        return None
    digits = len(str(high - low))  # 9, 99, 999 years later: as many digits are open
    outer, inner = (year_text(low), year_text(high)) if low >= 0 else (year_text(high), year_text(low))
    if outer.endswith("0" * digits) and inner == outer[:-digits] + "9" * digits:
        return outer[:-digits] + "X" * digits
    return None
