"""What one client holds and is being sent: chunks by digest, their numbers, and what is given up to make room."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from streaming.claims import Claims
from streaming.events import Content
from streaming.schedule import Chunk, Transfer

_KEPT_IDLE = 4096
"""transfers that are remembered though nobody wants them and nothing of them was sent"""


class Holdings:
    """Chunks of one session. Budgets count files as the client keeps them: decoded."""

    def __init__(self) -> None:
        self.claims = Claims()
        self.bytes = 0
        """of all chunks begun and not evicted"""
        self.evicted = 0
        self._transfers: dict[str, Transfer] = {}
        self._numbers: dict[str, int] = {}
        """of everything that was ever begun: a number means one digest for the whole session"""

    def __len__(self) -> int:
        return len(self._transfers)

    def transfer(self, chunk: Chunk) -> Transfer:
        """The way of a chunk to the client, from its beginning where it is new."""
        transfer = self._transfers.get(chunk.digest)
        if transfer is None:
            transfer = self._transfers[chunk.digest] = Transfer(chunk, self._numbers.get(chunk.digest, -1))
        return transfer

    def get(self, digest: str) -> Transfer | None:
        """The transfer of a digest, if there is one."""
        return self._transfers.get(digest)

    def number(self, digest: str) -> int:
        """The number of a chunk that was begun."""
        return self._numbers[digest]

    def is_whole(self, digest: str) -> bool:
        """Whether the client holds all of it."""
        transfer = self._transfers.get(digest)
        return transfer is not None and transfer.whole

    def is_claimed(self, transfer: Transfer) -> bool:
        """Whether the client has it from earlier, so that its bytes need not be sent."""
        return transfer.sent == 0 and len(self.claims) > 0 and transfer.chunk.digest in self.claims

    def begin(self, transfer: Transfer) -> None:
        """Its first piece goes out: from now on it takes room."""
        digest = transfer.chunk.digest
        transfer.number = self._numbers.setdefault(digest, len(self._numbers))
        transfer.begun = True
        self.bytes += transfer.chunk.kept

    def whole(self) -> frozenset[str]:
        """Digests of all that the client holds whole."""
        return frozenset(digest for digest, transfer in self._transfers.items() if transfer.whole)

    def prune(self, wanted: Callable[[str], bool]) -> None:
        """Forget what was planned once, never begun, and is wanted no more."""
        if len(self._transfers) <= _KEPT_IDLE:
            return
        self._transfers = {
            digest: transfer for digest, transfer in self._transfers.items() if transfer.begun or wanted(digest)
        }

    def to_evict(self, short: int, goal: int, *, wanted: Callable[[str], bool], shown: Iterable[str]) -> list[Transfer]:
        """What to give up so that `short` bytes come free, and up to `goal` of what nobody sees.

        Nothing that is wanted goes. What is not drawn goes first, of that the tiles before the images that they refer
        to, the longest unwanted first. Of tiles that add to one another the children go before their parents, which
        were sent before them and without which they cannot be drawn.
        """
        drawn = frozenset(shown)
        unwanted = [transfer for digest, transfer in self._transfers.items() if transfer.begun and not wanted(digest)]
        unwanted.sort(
            key=lambda transfer: (
                transfer.chunk.digest in drawn,
                transfer.chunk.content is not Content.GLB,
                transfer.wanted_at,
                -transfer.number if transfer.chunk.added else transfer.number,
            )
        )
        going: list[Transfer] = []
        for transfer in unwanted:
            if goal <= 0 or (short <= 0 and transfer.chunk.digest in drawn):
                break
            going.append(transfer)
            goal -= transfer.chunk.kept
            short -= transfer.chunk.kept
        return going

    def evict(self, going: Iterable[Transfer]) -> None:
        """The client forgets them, whatever it said before."""
        for transfer in going:
            transfer.begun = transfer.whole = False
            transfer.sent = 0
            self.bytes -= transfer.chunk.kept
            self.evicted += 1
            self.claims.forget(transfer.chunk.digest)
