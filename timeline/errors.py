"""What can be wrong with a date: one root, few leaves."""

from __future__ import annotations


class TimelineError(ValueError):
    """A date or an interval cannot be used."""

    code = "BAD_TIME"


class EdtfError(TimelineError):
    """The text is not EDTF.

    `column` counts from 1; `expected` says what would have been right there.
    """

    code = "BAD_EDTF"

    def __init__(self, text: str, column: int, found: str, expected: str) -> None:
        shown = text if len(text) <= 60 else text[:57] + "..."
        super().__init__(f"EDTF {shown!r}: {found}, expected {expected} (column {column})")
        self.text, self.column, self.found, self.expected = text, column, found, expected
