"""Change notices inside one process."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenes.ports import Notice

_log = logging.getLogger(__name__)


class LocalBus:
    """`scenes.ports.Bus` by plain calls, in the thread of whoever publishes. Listeners hand over quickly and return."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[str, dict[object, Callable[[Notice], None]]] = {}

    def publish(self, notice: Notice) -> None:
        """Tell every listener of the topic."""
        with self._lock:
            callbacks = tuple(self._listeners.get(notice.topic, {}).values())
        for callback in callbacks:
            try:
                callback(notice)
            except Exception:  # noqa: BLE001 a listener's fault is not the publisher's
                _log.exception("a listener of %s failed", notice.topic)

    def listen(self, topic: str, callback: Callable[[Notice], None]) -> Callable[[], None]:
        """Call back on each notice; returns what ends it (more than once is fine)."""
        key = object()
        with self._lock:
            self._listeners.setdefault(topic, {})[key] = callback

        def end() -> None:
            with self._lock:
                callbacks = self._listeners.get(topic)
                if callbacks is not None:
                    callbacks.pop(key, None)
                    if not callbacks:
                        del self._listeners[topic]

        return end
