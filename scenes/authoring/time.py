"""Times as they are accepted: what the curator wrote is kept, and must be read by `timeline`."""

from __future__ import annotations

from timeline.edtf import parse_days, parse_span


def moment(text: str) -> str:
    """A day or days to look at. Raises timeline.errors.EdtfError."""
    parse_days(text)
    return text


def existence(text: str) -> str:
    """An interval of existence: EDTF, or four bounds. Raises timeline.errors.EdtfError."""
    parse_span(text)
    return text


def existence_if_any(text: str) -> str:
    """As `existence`, or empty: not said."""
    return existence(text) if text else ""
