"""What can be wrong with a date: one root, few leaves."""

from __future__ import annotations


class TimelineError(ValueError):
    """A date or an interval cannot be used."""

    code = "BAD_TIME"


class EdtfError(TimelineError):
    """The text is not EDTF.

    `column` counts from 1; `expected` says what would have been right there. `may_mean` are texts that would be read,
    the likeliest first, where `timeline.proposal` was asked; the message ends with them.
    """

    code = "BAD_EDTF"

    def __init__(self, text: str, column: int, found: str, expected: str) -> None:
        shown = text if len(text) <= 60 else text[:57] + "..."
        super().__init__(f"EDTF {shown!r}: {found}, expected {expected} (column {column})")
        self.text, self.column, self.found, self.expected = text, column, found, expected
        self.may_mean: tuple[str, ...] = ()

    def __str__(self) -> str:
        said = super().__str__()
        return f"{said}; it may mean {' or '.join(self.may_mean)}" if self.may_mean else said
