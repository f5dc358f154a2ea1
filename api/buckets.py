"""How much each asker may have in how much time: token buckets, for many keys, in bounded memory. Pure.

A bucket holds `burst` points and gets `rate` of them back each second. It is kept as one number, the moment at which it
will be full again (the theoretical arrival time of the generic cell rate algorithm, ITU-T I.371): a bucket that is full
is no different from none, so what is forgotten first, the bucket that was longest not asked, is most often full.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """Points that come back each second, and points that may be spent at once. A rate of 0 does not limit."""

    rate: float
    burst: float


def parse_budget(text: str) -> Budget:
    """A budget of a text `RATE,BURST`, or `0`.

    Raises:
        ValueError: it is none.

    >>> parse_budget("500,30000")
    Budget(rate=500.0, burst=30000.0)
    """
    parts = [part.strip() for part in text.split(",")]
    if parts == ["0"]:
        return Budget(0.0, 0.0)
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() and 0 < int(part) <= 10**9 for part in parts):
        raise ValueError(f"{text!r} is not points a second and points at once, such as 500,30000; 0 does not limit")
    return Budget(float(parts[0]), float(parts[1]))


class Buckets:
    """A bucket for each key, of which the `most` that were asked last are remembered. For one thread."""

    def __init__(self, budget: Budget, *, most: int) -> None:
        self._budget, self._most = budget, most
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, key: str, points: float, now: float) -> float:
        """Seconds until the bucket has so many points, 0 where it has them. What is more than a burst counts as one."""
        rate, burst = self._budget.rate, self._budget.burst
        if not rate:
            return 0.0
        lacking = max(self._full_at.get(key, now) - now, 0.0) + min(points, burst) / rate
        return max(lacking - burst / rate, 0.0)

    def take(self, key: str, points: float, now: float) -> None:
        """Take points out, whether they are there or not; `now` is in seconds and does not go back."""
        rate, burst = self._budget.rate, self._budget.burst
        if not rate:
            return
        self._full_at[key] = max(self._full_at.get(key, now), now) + min(points, burst) / rate
        self._full_at.move_to_end(key)
        if len(self._full_at) > self._most:
            self._full_at.popitem(last=False)
