"""Uploads on their way in: a folder for each, with `about.json`, `bytes` and `offset`.

The offset is a file of its own, written after the bytes are synced: the length of `bytes` after a power cut may count
bytes that never reached the disk. A lock on the file keeps a second writer out, in this process or another.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from scenes.errors import Conflict, Damaged, NotFound, TooLarge
from storage.files import disk_refused, make_folder, sync_folder
from storage.records import stamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


class LocalUploads:
    """`scenes.ports.Uploads` in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        make_folder(root)

    def create(self, *, upload_id: str, length: int, metadata: Mapping[str, str], owner: str, at: datetime) -> None:
        """Begin an upload of `length` bytes. Raises Conflict where the id is taken, StorageFull."""
        if not _ID.fullmatch(upload_id):
            raise ValueError(f"upload id {upload_id!r}: expected letters, digits, - and _")
        folder = self._root / upload_id
        about = {"length": length, "metadata": dict(metadata), "owner": owner, "at": stamp(at)}
        with disk_refused():
            try:
                folder.mkdir()
            except FileExistsError:
                # Without this file it is what a crash or a full disk left of one that never was acknowledged.
                if (folder / "about.json").exists():
                    raise Conflict(f"upload {upload_id} is there already") from None
            _write_synced(folder / "bytes", b"")
            _write_synced(folder / "offset", _number(0))
            _write_synced(folder / "about.tmp", json.dumps(about).encode())
            # With this name the upload exists.
            (folder / "about.tmp").replace(folder / "about.json")
            sync_folder(folder)
            sync_folder(self._root)

    def append(self, upload_id: str, *, offset: int, chunks: Iterator[bytes]) -> int:
        """Add bytes at `offset`; the new offset, durable.

        Where `chunks` breaks off with an error, what came before is kept and the error goes on.

        Raises:
            NotFound: there is no such upload.
            Conflict: the upload stands at another offset, or somebody else is writing.
            TooLarge: more bytes than the upload's length; what fits is kept.
            Damaged: bytes that were acknowledged are gone from the disk.
            StorageFull, Unavailable: the disk is full, or fails; what was acknowledged is kept.
        """
        length = self.offset(upload_id)[1]
        with disk_refused(), self._locked(upload_id) as (file, mark):
            current = int(mark.read())
            if offset != current:
                raise Conflict(f"upload {upload_id} stands at {current}, not at {offset}")
            _held(file, current, upload_id)
            file.truncate(current)
            file.seek(current)
            try:
                for chunk in chunks:
                    if current + len(chunk) > length:
                        raise TooLarge(f"upload {upload_id} was announced with {length} bytes, more came")
                    _write_whole(file, chunk)
                    current += len(chunk)
            finally:
                os.fsync(file.fileno())
                mark.seek(0)
                _write_whole(mark, _number(current))
                os.fsync(mark.fileno())
        return current

    def offset(self, upload_id: str) -> tuple[int, int, Mapping[str, str], str]:
        """Offset, length, metadata, owner. Raises NotFound."""
        folder = self._folder(upload_id)
        try:
            about = json.loads((folder / "about.json").read_bytes())
            current = int((folder / "offset").read_bytes())
        except FileNotFoundError:
            raise NotFound(f"there is no upload {upload_id}") from None
        return current, about["length"], about["metadata"], about["owner"]

    def open_upload(self, upload_id: str) -> BinaryIO:
        """The bytes of a complete upload.

        Raises:
            NotFound: there is no such upload.
            Conflict: bytes have yet to come.
            Damaged: bytes that were acknowledged are gone from the disk.
        """
        current, length, _, _ = self.offset(upload_id)
        if current != length:
            raise Conflict(f"upload {upload_id} has {current} of {length} bytes")
        try:
            file = (self._folder(upload_id) / "bytes").open("rb")
        except FileNotFoundError:
            raise NotFound(f"there is no upload {upload_id}") from None
        try:
            _held(file, length, upload_id)
        except Damaged:
            file.close()
            raise
        return file

    def discard(self, upload_id: str) -> None:
        """Forget an upload; nothing where there is none. Raises StorageFull, Unavailable."""
        try:
            folder = self._folder(upload_id)
        except NotFound:
            return
        # Without this file the rest holds no promise.
        with disk_refused():
            (folder / "about.json").unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)

    def begun(self) -> Sequence[str]:
        """Ids of the uploads that were begun and not discarded."""
        return sorted(path.parent.name for path in self._root.glob("*/about.json"))

    def _folder(self, upload_id: str) -> Path:
        # The id comes from a URL: nothing but our own alphabet becomes a path.
        if not _ID.fullmatch(upload_id):
            raise NotFound(f"there is no upload {upload_id[:80]!r}")
        return self._root / upload_id

    @contextmanager
    def _locked(self, upload_id: str) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        folder = self._folder(upload_id)
        try:
            file: BinaryIO = (folder / "bytes").open("r+b", buffering=0)
        except FileNotFoundError:
            raise NotFound(f"there is no upload {upload_id}") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Conflict(f"upload {upload_id} is being written by another request") from None
            with (folder / "offset").open("r+b", buffering=0) as mark:
                yield file, mark


def _held(file: BinaryIO, acknowledged: int, upload_id: str) -> None:
    """Nothing is put in the place of what a failing disk lost. Raises Damaged."""
    if (size := os.fstat(file.fileno()).st_size) < acknowledged:
        raise Damaged(f"{acknowledged} bytes of upload {upload_id} came, and {size} are left; it has to be sent anew")


def _number(value: int) -> bytes:
    """Of fixed width, so that one write within one sector replaces it."""
    return b"%020d" % value


def _write_whole(file: BinaryIO, data: bytes) -> None:
    """An unbuffered file takes as much as there is room for, and says how much that was."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
