"""`scenes.ports.Derived` in memory: for tests and trials."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MemoryDerived:
    """Values by name, within a number of bytes; when they are more, all are forgotten."""

    def __init__(self, most_bytes: int = 1 << 30) -> None:
        self._most, self._used = most_bytes, 0
        self._values: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def get_many(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Those values that are here."""
        with self._lock:
            return {name: self._values[name] for name in names if name in self._values}

    def put_many(self, values: Mapping[str, bytes]) -> None:
        """Keep values."""
        with self._lock:
            new = {name: value for name, value in values.items() if name not in self._values}
            size = sum(map(len, new.values()))
            if self._used + size > self._most:
                self._values, self._used = {}, 0
            if size <= self._most:
                self._values |= new
                self._used += size

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._values, self._used = {}, 0
