"""Values that many hold and one makes: what visitors of one moment have in common.

Ten thousand placements and two thousand visitors would be twenty million objects, if each visitor had his own. Here
whoever makes an immutable value that another one holds already gets that one. A value is kept as long as somebody holds
it, and no longer, so there is no limit to choose and nothing to clear.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import TypeVar
from weakref import WeakValueDictionary

V = TypeVar("V")


class Sharing:
    """Values by key. Thread-safe.

    A key names the value for as long as it lives. It may hold identities (`id`) of objects only if the value holds
    these objects: then nothing else has their addresses meanwhile.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: WeakValueDictionary[Hashable, object] = WeakValueDictionary()

    def __len__(self) -> int:
        return len(self._held)

    def held(self, key: Hashable) -> object | None:
        """The value of a key, if somebody holds one."""
        with self._lock:
            return self._held.get(key)

    def one(self, key: Hashable, make: Callable[[], V]) -> V:
        """The value of a key: the one that somebody holds, else what `make` makes. Of two that make it one is kept."""
        found = self.held(key)
        if found is None:
            made = make()
            with self._lock:
                found = self._held.setdefault(key, made)
        return found  # type: ignore[return-value]  # a key names a value of one type
