"""Content-addressed files: `ab/cd/<sha256>` under one folder, and `<sha256>.gz` or `.br` where one is kept packed, too.

A blob is written beside its place, synced, renamed, and the folder synced: rename without these lost acknowledged blobs
at a third of the simulated power cuts. Half-written files are under `incoming/` and hold no promise.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from scenes.errors import NotFound
from scenes.fixity import PACKED_ENDINGS, check_packed, coding_of
from storage.files import disk_refused, make_folder, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20


class LocalBlobs:
    """`scenes.ports.Blobs` in a folder, shared by any number of processes."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        make_folder(self._incoming)

    def put(self, data: bytes) -> str:
        """Keep these bytes; their digest."""
        digest = hashlib.sha256(data).hexdigest()
        if not self._have(digest, len(data)):
            self._keep(iter((data,)))
        return digest

    def put_stream(self, source: BinaryIO) -> tuple[str, int]:
        """Keep what `source` yields, never whole in memory; digest and length."""
        return self._keep(iter(lambda: source.read(_PIECE), b""))

    def size(self, digest: str) -> int | None:
        """Length in bytes, None where there is no such blob."""
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            return self._path(digest).stat().st_size
        except FileNotFoundError:
            return None

    def read(self, digest: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """A range of a blob, clipped to its end. Raises NotFound."""
        with self.open(digest) as file:
            file.seek(offset)
            return file.read() if length is None else file.read(length)

    def open(self, digest: str) -> BinaryIO:
        """A blob for sequential reading; close it. Raises NotFound."""
        if not _DIGEST.fullmatch(digest):
            raise NotFound(f"there is no blob {digest[:80]!r}")
        try:
            return self._path(digest).open("rb")
        except FileNotFoundError:
            raise NotFound(f"there is no blob {digest}") from None

    def keep_packed(self, digest: str, packed: bytes) -> None:
        """Keep a blob packed beside it. Raises NotFound, ValueError."""
        check_packed(digest, packed, self.size(digest))
        final = self._path(digest).with_suffix(PACKED_ENDINGS[coding_of(packed)])
        with disk_refused():
            descriptor, name = tempfile.mkstemp(dir=self._incoming)
            temporary = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(packed)
                    file.flush()
                    os.fsync(file.fileno())
                if not (final.is_file() and final.stat().st_size == len(packed)):
                    temporary.chmod(0o444)
                    with self._guarded(fcntl.LOCK_SH):
                        if self.size(digest) is None:  # erased meanwhile: nothing of it is to be left
                            raise NotFound(f"there is no blob {digest}")
                        temporary.replace(final)
                    sync_folder(final.parent)
            finally:
                temporary.unlink(missing_ok=True)
        for each in _packed(self._path(digest)):
            if each != final:
                each.unlink(missing_ok=True)

    def read_packed(self, digest: str) -> bytes | None:
        """The packed form of a blob, None where none is kept."""
        if _DIGEST.fullmatch(digest):
            for each in _packed(self._path(digest)):
                with suppress(FileNotFoundError):
                    return each.read_bytes()
        return None

    def digests(self, *, after: str = "") -> Iterator[str]:
        """Digests of the blobs that are here, in order, those after `after`."""
        for first in _names(self._root, after[:2]):
            for second in _names(self._root / first, after[2:4] if first == after[:2] else ""):
                for name in _names(self._root / first / second, ""):
                    if _DIGEST.fullmatch(name) and name > after:
                        yield name

    def set_aside(self, digest: str) -> None:
        """Move a damaged blob to `damaged/`, its packed form as well; nothing where there is none."""
        if not _DIGEST.fullmatch(digest):
            raise NotFound(f"there is no blob {digest[:80]!r}")
        path = self._path(digest)
        make_folder(self._root / "damaged")
        with self._guarded(fcntl.LOCK_SH):
            for each in (path, *_packed(path)):
                with suppress(FileNotFoundError):
                    each.replace(self._root / "damaged" / each.name)
                    sync_folder(path.parent)

    def forget_packed(self, digest: str) -> None:
        """Drop the packed form of a blob; nothing where there is none."""
        if _DIGEST.fullmatch(digest):
            for each in _packed(self._path(digest)):
                each.unlink(missing_ok=True)

    def erase(self, digest: str, *, before: datetime) -> bool:
        """Delete a blob for good if it was last put before that moment; whether it is gone, and was there."""
        if not _DIGEST.fullmatch(digest):
            raise NotFound(f"there is no blob {digest[:80]!r}")
        path, aside = self._path(digest), self._root / "damaged" / digest
        with disk_refused(), self._guarded(fcntl.LOCK_EX):
            try:
                is_old = path.stat().st_mtime < before.timestamp()
            except FileNotFoundError:
                is_old = aside.exists()
            if not is_old:
                return False
            # What was set aside goes first: as long as the blob is there, it is found again.
            for each in (*_packed(aside), aside, *_packed(path), path):
                with suppress(FileNotFoundError):
                    each.unlink()
                    sync_folder(each.parent)
        return True

    @contextmanager
    def _guarded(self, how: int) -> Iterator[None]:
        """Whoever finds, puts or moves a blob and whoever erases one do it one after the other, in whatever process."""
        folder = os.open(self._incoming, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(folder, how)
            yield
        finally:
            os.close(folder)

    def _path(self, digest: str) -> Path:
        return self._root / digest[:2] / digest[2:4] / digest

    def _have(self, digest: str, length: int) -> bool:
        """Whether the blob is there in full; then its name is durable too, whoever wrote it a moment ago."""
        if self.size(digest) != length:
            return False
        with self._guarded(fcntl.LOCK_SH):
            try:
                # From now on it counts as put now (`erase`).
                os.utime(self._path(digest))
            except FileNotFoundError:
                return False
        sync_folder(self._path(digest).parent)
        return True

    def _keep(self, pieces: Iterator[bytes]) -> tuple[str, int]:
        hasher, length = hashlib.sha256(), 0
        with disk_refused():
            descriptor, name = tempfile.mkstemp(dir=self._incoming)
            temporary = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    for piece in pieces:
                        hasher.update(piece)
                        length += len(piece)
                        file.write(piece)
                    file.flush()
                    os.fsync(file.fileno())
                digest = hasher.hexdigest()
                if not self._have(digest, length):
                    final = self._path(digest)
                    make_folder(final.parent)
                    temporary.chmod(0o444)
                    with self._guarded(fcntl.LOCK_SH):
                        temporary.replace(final)
                    sync_folder(final.parent)
            finally:
                temporary.unlink(missing_ok=True)
        return digest, length


def _packed(path: Path) -> list[Path]:
    """Where a blob's packed form may be."""
    return [path.with_suffix(ending) for ending in PACKED_ENDINGS.values()]


def _names(folder: Path, least: str) -> list[str]:
    """Names in a folder of the tree, from `least` on, in order."""
    return sorted(name for name in os.listdir(folder) if len(name) in (2, 64) and name >= least)  # noqa: PTH208 - names
