"""Uploads whose bytes lie in S3 and whose progress is in the catalogue, so that any process goes on with any of them.

Each batch of bytes is an object `uploads/<id>/<start>-<sha256>`; when it is there, the catalogue counts it, and only
that acknowledges it: an object that nobody counted (a crash, or another writer who was first) is never read, and goes
with the upload. S3's own multipart uploads would do without the catalogue, but no part of theirs may be under 5 MiB,
and what came before a connection broke is to be kept, however little.
"""

from __future__ import annotations

import hashlib
import io
import re
from typing import TYPE_CHECKING, BinaryIO, cast

import obstore

from scenes.errors import Conflict, Damaged, NotFound, TooLarge
from storage.s3 import open_store, told
from storage.uploads_sql import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from _typeshed import WriteableBuffer

    from storage.uploads_sql import Begun, SqlUploads

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_PART = 8 << 20
"""bytes of an object, at most: it is held in memory as it is sent and as it is read"""


class S3Uploads:
    """`scenes.ports.Uploads` in a bucket and a catalogue that processes share."""

    def __init__(self, ledger: SqlUploads, url: str, *, environment: Mapping[str, str] | None = None) -> None:
        self._ledger = ledger
        self._store = open_store(url, environment)

    def create(self, *, upload_id: str, length: int, metadata: Mapping[str, str], owner: str, at: datetime) -> None:
        """Begin an upload of `length` bytes. Raises Conflict where the id is taken."""
        if not _ID.fullmatch(upload_id):
            raise ValueError(f"upload id {upload_id!r}: expected letters, digits, - and _")
        self._ledger.begin_upload(upload_id, byte_length=length, metadata=metadata, owner=owner, at=at)

    def append(self, upload_id: str, *, offset: int, chunks: Iterator[bytes]) -> int:
        """Add bytes at `offset`; the new offset, durable.

        Where `chunks` breaks off with an error, what came before is kept and the error goes on.

        Raises:
            NotFound: there is no such upload.
            Conflict: the upload stands at another offset, or another writer was first.
            TooLarge: more bytes than the upload's length; what fits is kept.
        """
        begun = self._begun(upload_id)
        if offset != begun.received:
            raise Conflict(f"upload {upload_id} stands at {begun.received}, not at {offset}")
        batch = bytearray()
        try:
            for chunk in chunks:
                if offset + len(batch) + len(chunk) > begun.byte_length:
                    raise TooLarge(f"upload {upload_id} was announced with {begun.byte_length} bytes, more came")
                batch += chunk
                while len(batch) >= _PART:
                    offset = self._add(upload_id, offset, bytes(batch[:_PART]))
                    # Only now: where it could not be added, what follows must not take its place.
                    del batch[:_PART]
        finally:
            if batch:
                offset = self._add(upload_id, offset, bytes(batch))
        return offset

    def offset(self, upload_id: str) -> tuple[int, int, Mapping[str, str], str]:
        """Offset, length, metadata, owner. Raises NotFound."""
        begun = self._begun(upload_id)
        return begun.received, begun.byte_length, begun.metadata, begun.owner

    def open_upload(self, upload_id: str) -> BinaryIO:
        """The bytes of a complete upload, each object held against its digest.

        Raises NotFound, Conflict where bytes are missing; as it is read NotFound, Damaged.
        """
        begun = self._begun(upload_id)
        if begun.received != begun.byte_length:
            raise Conflict(f"upload {upload_id} has {begun.received} of {begun.byte_length} bytes")
        parts = iter(self._ledger.parts_of(upload_id))
        return cast("BinaryIO", io.BufferedReader(_Reading(lambda: self._read(upload_id, next(parts, None)))))

    def discard(self, upload_id: str) -> None:
        """Forget an upload; nothing where there is none."""
        if not _ID.fullmatch(upload_id):
            return
        self._ledger.forget_upload(upload_id)
        with told("upload"):
            for some in obstore.list(self._store, prefix=f"uploads/{upload_id}/"):
                obstore.delete(self._store, [each["path"] for each in some])

    def begun(self) -> Sequence[str]:
        """Ids of the uploads that were begun and not discarded, or of which objects are left."""
        with told("upload"):
            left = obstore.list_with_delimiter(self._store, prefix="uploads/")["common_prefixes"]
        return sorted({*self._ledger.uploads_begun(), *(path.rstrip("/").rpartition("/")[2] for path in left)})

    def _begun(self, upload_id: str) -> Begun:
        # The id comes from a URL: nothing but our own alphabet becomes a key.
        if not _ID.fullmatch(upload_id):
            raise NotFound(f"there is no upload {upload_id[:80]!r}")
        return self._ledger.begun_upload(upload_id)

    def _add(self, upload_id: str, start: int, data: bytes) -> int:
        name = f"{start:020}-{hashlib.sha256(data).hexdigest()}"
        with told("upload"):
            obstore.put(self._store, f"uploads/{upload_id}/{name}", data, use_multipart=False)
        self._ledger.add_part(upload_id, Part(start, len(data), name))
        return start + len(data)

    def _read(self, upload_id: str, part: Part | None) -> bytes:
        if part is None:
            return b""
        with told(f"upload {upload_id}"):
            data = bytes(obstore.get(self._store, f"uploads/{upload_id}/{part.name}").bytes())
        if hashlib.sha256(data).hexdigest() != part.name.rpartition("-")[2]:
            raise Damaged(f"bytes of upload {upload_id} from {part.start} on are not what came; send it anew")
        return data


class _Reading(io.RawIOBase):
    """One object after another; each is a request of its own."""

    def __init__(self, more: Callable[[], bytes]) -> None:
        self._more, self._data = more, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer).cast("B")
        if not self._data:
            self._data = memoryview(self._more())
        count = min(len(room), len(self._data))
        room[:count] = self._data[:count]
        self._data = self._data[count:]
        return count
