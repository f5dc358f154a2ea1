"""How much may be made for one request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Allowance:
    """Work in units of about 3 ms of a processor. `missing` counts what was not made for want of it."""

    left: float
    missing: int = 0

    def take(self, work: float) -> bool:
        """Whether this much may be done. What was begun is done in full, so `left` may fall below nothing."""
        if self.left <= 0:
            self.missing += 1
            return False
        self.left -= work
        return True


def unlimited() -> Allowance:
    """For who waits until all is made."""
    return Allowance(float("inf"))
