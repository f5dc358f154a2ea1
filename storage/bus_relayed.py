"""Change notices between processes: by plain calls in this one, through a relay to the others.

What the relay loses is lost for promptness alone: whoever waits for a notice also looks by itself once in a while.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenes.ports import Notice

if TYPE_CHECKING:
    from collections.abc import Callable

    from scenes.ports import Bus, Relay

_TOPIC = "notices"


class RelayedBus:
    """`scenes.ports.Bus` in all processes that share a relay; `process` is this one's name among them."""

    def __init__(self, local: Bus, relay: Relay, process: str) -> None:
        self._local, self._relay, self._process = local, relay, process
        self._end = relay.listen(_TOPIC, self._hear)

    def publish(self, notice: Notice) -> None:
        """Tell every listener of the topic, here at once."""
        self._local.publish(notice)
        self._relay.publish(_TOPIC, f"{self._process} {notice.topic}".encode())

    def listen(self, topic: str, callback: Callable[[Notice], None]) -> Callable[[], None]:
        """Call back on each notice from any process; returns what ends it."""
        return self._local.listen(topic, callback)

    def close(self) -> None:
        """Hear nothing more of other processes."""
        self._end()

    def _hear(self, data: bytes) -> None:
        process, _, topic = data.decode(errors="replace").partition(" ")
        if process != self._process and topic:
            self._local.publish(Notice(topic))
