"""Content-addressed objects in S3: `<prefix>/ab/cd/<sha256>`, and `<sha256>.gz` or `.br` where one is kept packed, too.

An object appears whole or not at all, and what the service answered is durable. A stream is first kept in a local file,
because its name is known only at its end: nothing is whole in memory, and a master takes its size on the local disk for
as long as it takes to be sent. Blobs never change, so their lengths are remembered.
"""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, BinaryIO, cast

import obstore

from scenes.errors import NotFound
from scenes.fixity import PACKED_ENDINGS, check_packed, coding_of
from storage.files import disk_refused
from storage.s3 import open_store, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from _typeshed import WriteableBuffer

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PIECE = 4 << 20
"""bytes that are asked for at a time, and of a part of an upload"""
_AT_A_TIME = 4
"""parts of one upload"""
_LENGTHS = 1 << 16
"""blobs whose length is remembered: some 10 MB"""


class S3Blobs:
    """`scenes.ports.Blobs` in a bucket, shared by any number of processes and machines.

    `scratch` is a folder of the local disk with room for the largest blob; `environment` is as in `storage.s3`.
    """

    def __init__(self, url: str, scratch: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self._store = open_store(url, environment)
        self._scratch = scratch
        scratch.mkdir(parents=True, exist_ok=True)
        self._length = lru_cache(_LENGTHS)(self._asked_length)

    def put(self, data: bytes) -> str:
        """Keep these bytes; their digest."""
        digest = hashlib.sha256(data).hexdigest()
        if self.size(digest) != len(data):
            with told(f"blob {digest}"):
                obstore.put(self._store, _key(digest), data, use_multipart=False)
        return digest

    def put_stream(self, source: BinaryIO) -> tuple[str, int]:
        """Keep what `source` yields, never whole in memory; digest and length. Raises StorageFull of the local disk."""
        hasher, length = hashlib.sha256(), 0
        with disk_refused(), tempfile.TemporaryFile(dir=self._scratch) as file:
            while piece := source.read(_PIECE):
                hasher.update(piece)
                length += len(piece)
                file.write(piece)
            digest = hasher.hexdigest()
            if self.size(digest) != length:
                file.seek(0)
                with told(f"blob {digest}"):
                    obstore.put(
                        self._store, _key(digest), cast("BinaryIO", file), use_multipart=length > _PIECE,
                        chunk_size=max(_PIECE, -(-length // 10_000)), max_concurrency=_AT_A_TIME,
                    )  # fmt: skip
        return digest, length

    def size(self, digest: str) -> int | None:
        """Length in bytes, None where there is no such blob."""
        try:
            return self._length(digest)
        except NotFound:
            return None

    def read(self, digest: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """A range of a blob, clipped to its end. Raises NotFound."""
        if offset == 0 and length is None:
            _checked(digest)
            with told(f"blob {digest}"):
                return bytes(obstore.get(self._store, _key(digest)).bytes())
        end = self._length(digest)
        end = end if length is None else min(end, offset + length)
        if offset >= end:
            return b""
        with told(f"blob {digest}"):
            return bytes(obstore.get_range(self._store, _key(digest), start=offset, end=end))

    def open(self, digest: str) -> BinaryIO:
        """A blob for sequential reading, which may be sought in; close it. Raises NotFound."""
        return cast("BinaryIO", io.BufferedReader(_Reading(self, digest, self._length(digest)), _PIECE))

    def keep_packed(self, digest: str, packed: bytes) -> None:
        """Keep a blob packed beside it. Raises NotFound, ValueError."""
        check_packed(digest, packed, self.size(digest))
        with told(f"blob {digest}"):
            obstore.put(self._store, _key(digest) + PACKED_ENDINGS[coding_of(packed)], packed, use_multipart=False)
        if coding_of(packed) == "br":
            with suppress(NotFound), told(f"blob {digest}"):
                obstore.delete(self._store, _key(digest) + PACKED_ENDINGS["gzip"])

    def read_packed(self, digest: str) -> bytes | None:
        """The packed form of a blob, None where none is kept."""
        with suppress(NotFound):
            _checked(digest)
            for key in _packed(digest):
                with suppress(NotFound), told(f"blob {digest}"):
                    return bytes(obstore.get(self._store, key).bytes())
        return None

    def digests(self, *, after: str = "") -> Iterator[str]:
        """Digests of the blobs that are here, in order, those after `after`."""
        with told("blob at all"):
            for some in obstore.list(self._store, offset=_key(after) if after else None):
                for path in (each["path"] for each in some):
                    name = path.rpartition("/")[2]
                    if _DIGEST.fullmatch(name) and path.endswith(_key(name)):
                        yield name

    def set_aside(self, digest: str) -> None:
        """Move a damaged blob to `damaged/`, its packed form as well; nothing where there is none."""
        _checked(digest)
        for key in (_key(digest), *_packed(digest)):
            with suppress(NotFound), told(f"blob {digest}"):
                obstore.rename(self._store, key, f"damaged/{key.rpartition('/')[2]}")
        self._length.cache_clear()

    def forget_packed(self, digest: str) -> None:
        """Drop the packed form of a blob; nothing where there is none."""
        with suppress(NotFound):
            _checked(digest)
            for key in _packed(digest):
                with suppress(NotFound), told(f"blob {digest}"):
                    obstore.delete(self._store, key)

    def erase(self, digest: str, *, before: datetime) -> bool:
        """Nothing is erased here: a bucket has no lock between who finds an object there and who deletes it."""
        _checked(digest)
        return False

    def _asked_length(self, digest: str) -> int:
        # What is not there is not remembered: an exception is no value of the cache.
        _checked(digest)
        with told(f"blob {digest}"):
            return obstore.head(self._store, _key(digest))["size"]


class _Reading(io.RawIOBase):
    """A blob piece by piece; each is a request of its own, so nothing stays open on the service's side."""

    def __init__(self, blobs: S3Blobs, digest: str, length: int) -> None:
        self._blobs, self._digest, self._length = blobs, digest, length
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence])
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        room = memoryview(buffer).cast("B")
        data = self._blobs.read(self._digest, offset=self._at, length=len(room)) if len(room) else b""
        room[: len(data)] = data
        self._at += len(data)
        return len(data)


def _key(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def _packed(digest: str) -> list[str]:
    """Where a blob's packed form may be."""
    return [_key(digest) + ending for ending in PACKED_ENDINGS.values()]


def _checked(digest: str) -> None:
    """A digest comes from addresses: nothing else becomes a key."""
    if not _DIGEST.fullmatch(digest):
        raise NotFound(f"there is no blob {digest[:80]!r}")
