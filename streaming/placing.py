"""Which placements a client was told of, and which it has yet to be told of: those of a cut with it, the rest later.

A scene may have tens of thousands of placements, and a picture shows few of them: what a cut draws is said before it,
what it does not draw once the view waits for nothing. So the first picture comes as soon in a city as in a room.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from streaming.events import Numbered, StreamPlacement
from streaming.frames_binary import (
    PACK_ENTRY,
    PACK_HEAD,
    PLACEMENT_LEAST,
    PLACEMENTS_HEAD,
    Buffers,
    placement_bytes,
    placements_buffers,
)
from streaming.limits import MAX_FRAME

_ROOM = MAX_FRAME - PACK_HEAD - PACK_ENTRY - PLACEMENTS_HEAD


class Placing:
    """The placements of one session."""

    def __init__(self) -> None:
        self._state = 0
        self._waiting: dict[int, StreamPlacement] = {}
        """by number, in the order of saying"""
        self._said = bytearray()
        """by number, whether the client knows of it as something that stands"""

    def __bool__(self) -> bool:
        """Whether something is yet to be said."""
        return bool(self._waiting)

    def enter(self, state: int, placements: Sequence[Numbered], gone: Iterable[int]) -> tuple[int, ...]:
        """A state begins in which these are new or changed; of `gone` those that the client has to be told of."""
        self._state = state
        left = []
        for n in gone:
            self._waiting.pop(n, None)
            if n < len(self._said) and self._said[n]:
                self._said[n] = 0
                left.append(n)
        for n, placement in placements:
            self._waiting.pop(n, None)  # what is said last stands last
            self._waiting[n] = placement
        return tuple(left)

    def of(self, numbers: Iterable[int]) -> list[Buffers]:
        """Messages that say those of these which the client does not know as they are now."""
        wanted = dict.fromkeys(n for n in numbers if n in self._waiting)
        found = []
        while wanted:
            found.append(self._message(wanted, _ROOM))
        return found

    def some(self, most: int) -> Buffers:
        """A message of about `most` bytes with what waits longest; at least one placement."""
        return self._message(dict.fromkeys(islice(self._waiting, most // PLACEMENT_LEAST + 1)), min(most, _ROOM))

    def _message(self, numbers: dict[int, None], most: int) -> Buffers:
        """A message of the first of `numbers`, which are taken out of it."""
        said: list[bytes] = []
        size = 0
        for n in list(numbers):
            data = placement_bytes(n, self._waiting[n])
            if said and size + len(data) > most:
                break
            said.append(data)
            size += len(data)
            del self._waiting[n], numbers[n]
            if n >= len(self._said):
                self._said.extend(bytes(n + 1 - len(self._said)))
            self._said[n] = 1
        return placements_buffers(self._state, said)
