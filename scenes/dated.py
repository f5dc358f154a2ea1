"""When a thing stood by its own date, and how a span is written where no curator wrote it.

An existence is EDTF, or four bounds (`timeline.bounds`). Empty, it says nothing: the thing is *undated*. EDTF has no
text for that: an interval has a limit that is known, or is said to have none, on one side at least, and `XXXX` would
still be some year of four digits. Other than `../..`, which stood at all times for certain, an undated thing may have
stood at any time, never did for certain, and how likely it did is not known.
"""

from __future__ import annotations

from timeline.bounds import bounds_text
from timeline.edtf import parse_span
from timeline.errors import TimelineError
from timeline.interval import UNDATED, TimeSpan


def own_span(existence: str) -> TimeSpan:
    """What an existence says; empty: undated. Raises timeline.errors.EdtfError.

    >>> own_span("") is UNDATED, own_span("1200/1250").text
    (True, '1200/1250')
    """
    return parse_span(existence) if existence else UNDATED


def span_text(span: TimeSpan) -> str:
    """A span as its curator wrote it, else as four bounds; empty where it has no limit that is known.

    >>> narrowed = TimeSpan(440_000, 440_365, 445_000, 445_365)
    >>> span_text(narrowed), span_text(UNDATED)
    ('[1204-11-04..1205-11-04]/[1218-07-13..1219-07-13]', '')
    """
    if span.text:
        return span.text
    try:
        return bounds_text(span)
    except TimelineError:
        return ""
