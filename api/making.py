"""What a request had no time to make is made behind the answer: one thread at a time, the latest wish first.

Only proxies and documents of tilesets come here (`scenes.composite`): nothing that anybody waits for, and nothing that
a crash would lose. A wish that is waiting or at work is not taken twice.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from scenes.allowance import Allowance

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

log = logging.getLogger("chronotope.making")

PIECE = 60.0
"""work (see `scenes.allowance`) before it is looked whether something newer waits; about a fifth of a second"""
_MOST_WAITING = 32


class Making:
    """Work that is done bit by bit: called again with a fresh allowance until nothing is missing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, Callable[[Allowance], object]] = {}
        self._is_running = False
        self._idle = threading.Event()
        self._idle.set()

    def later(self, key: Hashable, work: Callable[[Allowance], object]) -> None:
        """Have this done some time; what is asked for last comes first, and what has waited too long is dropped."""
        with self._lock:
            self._waiting.pop(key, None)
            self._waiting[key] = work
            while len(self._waiting) > _MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]
            if not self._is_running:
                self._is_running = True
                self._idle.clear()
                # It ends when nothing waits, and with the process: what is half made is made again.
                threading.Thread(target=self._run, name="making", daemon=True).start()

    def wait(self, seconds: float) -> bool:
        """Wait until all is made; whether it is."""
        return self._idle.wait(seconds)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._is_running = False
                    self._idle.set()
                    return
                key, work = next(reversed(self._waiting.items()))
            allowance = Allowance(PIECE)
            try:
                work(allowance)
            except Exception:
                # Whoever asks next hears of it, if it is more than that the service is being shut down.
                log.warning("%s could not be made", key, exc_info=True)
                allowance.missing = 0
            with self._lock:
                if not allowance.missing and self._waiting.get(key) is work:
                    del self._waiting[key]
