"""Digests of the pieces of long blobs, so that a range can be held against them without reading the whole.

They are taken as a blob is put, and kept among what can be made again (`scenes.ports.Derived`). Where they are gone, or
another process put the blob, the first range that is asked for begins a look through the whole in the background, which
must find the blob's own digest; until it ends nothing is known of its pieces.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, BinaryIO, cast

from scenes.errors import SceneError

if TYPE_CHECKING:
    from scenes.ports import Blobs, Derived

log = logging.getLogger("chronotope.fixity")

PIECE = 4 << 20
_SIZE = hashlib.sha256().digest_size
_TABLES = 64
"""kept in memory: 160 KB for a blob of 20 GB"""


class Pieces:
    """Tables of the blobs of a store, by digest: the sha256 of each 4 MiB, one after another."""

    def __init__(self, store: Blobs, derived: Derived) -> None:
        self._store, self._derived = store, derived
        self._guard = threading.Lock()
        self._tables: OrderedDict[str, bytes] = OrderedDict()
        self._making: set[str] = set()

    def put_stream(self, source: BinaryIO, *, beyond: int) -> tuple[str, int]:
        """Keep what `source` yields, and the digests of its pieces if it is longer than `beyond`; digest and length."""
        hashed = _Hashed(source)
        digest, length = self._store.put_stream(cast("BinaryIO", hashed))
        if length > beyond:
            self._keep(digest, hashed.table())
        return digest, length

    def digest_of(self, digest: str, size: int, number: int) -> bytes | None:
        """What a piece of a blob must have; None where that is not known yet."""
        table = self._table(digest)
        if table is None or len(table) != -(-size // PIECE) * _SIZE:
            self._begin(digest)
            return None
        return table[number * _SIZE : (number + 1) * _SIZE]

    def _table(self, digest: str) -> bytes | None:
        with self._guard:
            if digest in self._tables:
                self._tables.move_to_end(digest)
                return self._tables[digest]
        found = self._derived.get_many([_name(digest)]).get(_name(digest))
        if found is not None:
            self._remember(digest, found)
        return found

    def _remember(self, digest: str, table: bytes) -> None:
        with self._guard:
            self._tables[digest] = table
            while len(self._tables) > _TABLES:
                self._tables.popitem(last=False)

    def _keep(self, digest: str, table: bytes) -> None:
        self._remember(digest, table)
        self._derived.put_many({_name(digest): table})

    def _begin(self, digest: str) -> None:
        """One at a time: it reads as fast as the disk can."""
        with self._guard:
            if self._making:
                return
            self._making.add(digest)
        threading.Thread(target=self._make, args=(digest,), name="pieces", daemon=True).start()

    def _make(self, digest: str) -> None:
        hashed, whole = None, hashlib.sha256()
        try:
            with self._store.open(digest) as source:
                hashed = _Hashed(source)
                while data := hashed.read(1 << 20):
                    whole.update(data)
            if whole.hexdigest() == digest:
                self._keep(digest, hashed.table())
            else:
                log.error("%s is damaged; `chronotope fsck --repair` mends it from the replica", digest)
        except (OSError, SceneError) as failed:
            log.warning("the pieces of %s could not be looked at: %s", digest, failed)
        finally:
            with self._guard:
                self._making.discard(digest)


class _Hashed:
    """A source that is hashed piece by piece as it is read from its beginning to its end."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._done: list[bytes] = []
        self._hasher, self._filled = hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        """As the source does."""
        data = self._source.read(size)
        rest = memoryview(data)
        while rest:
            part = rest[: PIECE - self._filled]
            self._hasher.update(part)
            self._filled += len(part)
            rest = rest[len(part) :]
            if self._filled == PIECE:
                self._done.append(self._hasher.digest())
                self._hasher, self._filled = hashlib.sha256(), 0
        return data

    def table(self) -> bytes:
        """The digests so far."""
        return b"".join(self._done) + (self._hasher.digest() if self._filled else b"")


def _name(digest: str) -> str:
    return f"pieces {PIECE} {digest}"
