"""Whether this process stood still for a while: what is measured meanwhile is the machine, not the program."""

from __future__ import annotations

import threading
import time

_TICK_S = 0.02
_STILL_S = 0.5


class Standstill:
    """`with Standstill() as still: … still.seconds`: of all gaps of more than half a second, in a thread."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._ended = threading.Event()

    def __enter__(self) -> Standstill:
        threading.Thread(target=self._watch, name="standstill", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def _watch(self) -> None:
        last = time.monotonic()
        while not self._ended.wait(_TICK_S):
            now = time.monotonic()
            self.seconds += now - last if now - last > _STILL_S else 0.0
            last = now
