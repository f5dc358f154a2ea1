"""Times as they are accepted: what the curator wrote is kept, and must be read by `timeline`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from timeline.edtf import parse_days, parse_span
from timeline.errors import EdtfError
from timeline.proposal import told_what_it_may_mean


def moment(text: str) -> str:
    """A day or days to look at. Raises timeline.errors.EdtfError."""
    with _told_what_it_may_mean():
        parse_days(text)
    return text


def existence(text: str) -> str:
    """An interval of existence: EDTF, or four bounds. Raises timeline.errors.EdtfError."""
    with _told_what_it_may_mean():
        parse_span(text)
    return text


def existence_if_any(text: str) -> str:
    """As `existence`, or empty: not said. Of a placement or an epoch: undated (`scenes.dated`)."""
    if text == "/":
        # People take it for "unknown on both sides", which EDTF has no interval for.
        raise EdtfError(text, 1, "nothing that is known on either side", "no text at all for what is undated")
    return existence(text) if text else ""


@contextmanager
def _told_what_it_may_mean() -> Iterator[None]:
    """The refusal shows what could be written."""
    try:
        yield
    except EdtfError as error:
        told_what_it_may_mean(error)
        raise
