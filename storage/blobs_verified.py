"""Blobs that are held against their digests as they are read: what is damaged is not handed out.

| read | held against its digest |
|---|---|
| a whole blob | each time: 45 µs for 64 KiB (1.4 GB/s, SHA instructions) |
| a range of one of at most `most_ahead` bytes | the whole blob, the first time in this process |
| a range of a longer one | the pieces of 4 MiB that it touches, the first time in this process (`storage.pieces`) |
| from the beginning to the end (`open`) | each time; what is wrong ends with an error before the last piece |
| the packed form | unpacked, the first time in this process; one that is wrong is dropped and made again |

With a replica, what is damaged or missing is put back from there and read again before it is handed out; without one,
and where the replica's copy is no better, Damaged or NotFound is raised. Either is logged.
"""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, BinaryIO, cast

from scenes.errors import Damaged
from scenes.fixity import check_packed, is_whole, mended
from storage.pieces import PIECE, Pieces

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from scenes.fixity import Store
    from scenes.ports import Blobs, Derived

log = logging.getLogger("chronotope.fixity")

_REMEMBERED = 1 << 16
"""digests that were seen to be whole: some 10 MB"""
_PIECE = 1 << 20


class VerifiedBlobs:
    """`scenes.ports.Blobs` on a store, and a replica to mend it from."""

    def __init__(
        self, store: Store, replica: Blobs | None = None, *, derived: Derived, most_ahead: int = 256 << 20
    ) -> None:
        self._store, self._replica, self._most_ahead = store, replica, most_ahead
        self._pieces = Pieces(store, derived)
        self._guard = threading.Lock()
        self._whole: OrderedDict[str, None] = OrderedDict()

    def put(self, data: bytes) -> str:
        """Keep these bytes; their digest."""
        return self._store.put(data)

    def put_stream(self, source: BinaryIO) -> tuple[str, int]:
        """Keep what `source` yields, never whole in memory; digest and length."""
        return self._pieces.put_stream(source, beyond=self._most_ahead)

    def size(self, digest: str) -> int | None:
        """Length in bytes, None where there is no such blob."""
        return self._store.size(digest)

    def read(self, digest: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """A range of a blob, clipped to its end. Raises NotFound, Damaged."""
        size = self._found(digest)
        if offset == 0 and (length is None or size is None or length >= size):
            data = self._store.read(digest)
            if hashlib.sha256(data).hexdigest() != digest:
                self._mend(digest)
                data = self._store.read(digest)
            return data
        if size is not None and size > self._most_ahead:
            end = size if length is None else min(size, offset + length)
            for number in range(offset // PIECE, -(-end // PIECE)):
                self._check_piece(digest, size, number)
        elif size is not None and not self._is_known(digest):
            if not is_whole(self._store, digest):
                self._mend(digest)
            self._remember(digest)
        return self._store.read(digest, offset=offset, length=length)

    def open(self, digest: str) -> BinaryIO:
        """A blob for sequential reading; close it. Raises NotFound, and Damaged at its end."""
        size = self._found(digest)
        reading = _Reading(self._store.open(digest), digest, size or 0)
        return cast("BinaryIO", io.BufferedReader(reading, _PIECE))

    def keep_packed(self, digest: str, packed: bytes) -> None:
        """Keep a blob packed beside it. Raises NotFound, ValueError."""
        self._store.keep_packed(digest, packed)

    def read_packed(self, digest: str) -> bytes | None:
        """The packed form of a blob, None where none is kept or it is wrong."""
        packed, name = self._store.read_packed(digest), f"{digest}.gz"
        if packed is not None and not self._is_known(name):
            try:
                check_packed(digest, packed, self._store.size(digest))
            except ValueError as error:
                log.warning("dropped: %s", error)
                self._store.forget_packed(digest)
                return None
            self._remember(name)
        return packed

    def _found(self, digest: str) -> int | None:
        """Length of a blob; one that is missing (its mending was broken off, say) is fetched from the replica."""
        size = self._store.size(digest)
        if size is None and self._replica is not None and mended(self._store, self._replica, digest):
            log.warning("%s was missing and is back from the replica", digest)
            size = self._store.size(digest)
        return size

    def _check_piece(self, digest: str, size: int, number: int) -> None:
        name = f"{digest} {number}"
        if self._is_known(name):
            return
        wanted = self._pieces.digest_of(digest, size, number)
        if wanted is None:
            return
        data = self._store.read(digest, offset=number * PIECE, length=PIECE)
        if hashlib.sha256(data).digest() != wanted:
            self._mend(digest)
        self._remember(name)

    def _mend(self, digest: str) -> None:
        if not mended(self._store, self._replica, digest):
            log.error("%s is damaged and cannot be mended; it is not handed out", digest)
            raise Damaged(f"the kept bytes of {digest} are damaged; they are not handed out")
        log.warning("%s was damaged and is mended from the replica", digest)

    def _is_known(self, name: str) -> bool:
        with self._guard:
            if name in self._whole:
                self._whole.move_to_end(name)
                return True
            return False

    def _remember(self, name: str) -> None:
        with self._guard:
            self._whole[name] = None
            while len(self._whole) > _REMEMBERED:
                self._whole.popitem(last=False)


class _Reading(io.RawIOBase):
    """A blob that is hashed as it is read. Whoever seeks in it has it as it is, unless all of it comes after that."""

    def __init__(self, source: BinaryIO, digest: str, size: int) -> None:
        self._source, self._digest, self._size = source, digest, size
        self._hasher, self._is_in_order, self._at = hashlib.sha256(), True, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = self._source.seek(offset, whence)
        self._hasher, self._is_in_order = hashlib.sha256(), self._at == 0
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer).cast("B")
        data = self._source.read(len(room))
        self._hasher.update(data)
        self._at += len(data)
        is_last = len(room) > 0 and (not data or self._at >= self._size)
        if is_last and self._is_in_order and self._hasher.hexdigest() != self._digest:
            raise Damaged(f"the kept bytes of {self._digest} are damaged; what was read of them is not to be used")
        room[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._source.close()
        super().close()
