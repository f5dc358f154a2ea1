"""Moments of record time as people and programs write them."""

from __future__ import annotations

from datetime import UTC, datetime

from scenes.errors import Invalid

AsOf = int | datetime
"""A revision's number, or a time of day: the last revision that was written by then."""

_LONGEST = 40
"""characters of a number or a time of day"""


def read_as_of(value: object) -> AsOf:
    """A moment of record time, of a number or a text: a number, or ISO 8601, UTC where it says no zone.

    Raises:
        Invalid: it is neither.

    >>> read_as_of(12), read_as_of("12"), read_as_of("2026-03-01T00:00:00Z").isoformat()
    (12, 12, '2026-03-01T00:00:00+00:00')
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and len(value) <= _LONGEST:
        if value.isascii() and value.isdigit():
            return int(value)
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    raise Invalid("asOf: expected the number of a revision, or a time such as 2026-03-01T00:00:00Z")
