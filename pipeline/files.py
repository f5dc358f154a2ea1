"""The files of one deposit: a single file, a folder or a zip, read by relative names and by nothing else.

Plain files are mapped, not loaded. A zip is never unpacked as a whole: each member is read on demand, in pieces, and
counted, into the scratch folder where there is one, else into memory. Entries, expansion and total are limited; links,
devices, absolute names and ways up are refused. Python's `extractall` is not used at all.
"""

from __future__ import annotations

import functools
import os
import stat
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Protocol

import numpy as np

from pipeline import mapped
from scenes.errors import ForbiddenReference, Malformed, TooLarge, Unsupported
from scenes.gltf_check import local_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from pipeline.mapped import Store

MOST_BYTES = 64 << 30
"""of one file of a deposit"""
MOST_ENTRIES = 20_000
MOST_RATIO = 200
MOST_UNPACKED = 2 << 30
"""of a zip, in memory"""
MOST_UNPACKED_TO_DISK = 16 << 30
_RATIO_FREE = 1 << 20  # a small file may shrink a lot: a megabyte of zeros hurts nobody
_PIECE = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Files(Protocol):
    """Some files by relative path, with forward slashes."""

    def names(self) -> list[str]:
        """All of them, sorted."""
        ...

    def find(self, path: str) -> str | None:
        """The name of the file at a path, else of the only one whose path differs from it in case."""
        ...

    def data(self, name: str) -> NDArray[np.uint8]:
        """The bytes of one (n,), read only."""
        ...


def _called(path: str, names: Iterable[str]) -> str | None:
    """Of some names the one that is `path`, else the only one that differs from it in case."""
    alike = [name for name in names if name.lower() == path.lower()]
    if path in alike:
        return path
    return alike[0] if len(alike) == 1 else None


class SingleFile:
    """One file that has no neighbours."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name

    def names(self) -> list[str]:
        """Its name."""
        return [self._name]

    def find(self, path: str) -> str | None:
        """Its name, if that is the path."""
        return _called(path, [self._name])

    def data(self, name: str) -> NDArray[np.uint8]:
        """Its bytes, mapped."""
        assert name == self._name
        return _mapped(self._path)


class Folder:
    """The plain files below a folder; links are not followed, and what may not be entered is passed over."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[str]:
        """All files, at most `MOST_ENTRIES`."""
        found: list[str] = []
        waiting = [self._root]
        while waiting:
            for path in sorted(waiting.pop().iterdir()):
                if path.is_symlink():
                    continue
                if path.is_dir():
                    if _may_enter(path):
                        waiting.append(path)
                elif path.is_file():
                    found.append(path.relative_to(self._root).as_posix())
                if len(found) > MOST_ENTRIES:
                    raise TooLarge(f"the folder holds more than {MOST_ENTRIES:,} files")
        return sorted(found)

    def find(self, path: str) -> str | None:
        """The file at a path, however many others there are."""
        at, names = self._root, list[str]()
        for part in path.split("/"):
            if part in ("", ".", "..") or at.is_symlink() or not at.is_dir() or not _may_enter(at):
                return None
            # A folder may hold a great many, so they are looked at only if there is none of just this name.
            found = part if os.path.lexists(at / part) else _called(part, (entry.name for entry in at.iterdir()))
            if found is None:
                return None
            at /= found
            names.append(found)
        return "/".join(names) if at.is_file() and not at.is_symlink() else None

    def data(self, name: str) -> NDArray[np.uint8]:
        """The bytes of a file, mapped."""
        return _mapped(self._root / name)


def _may_enter(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK)


def _mapped(path: Path) -> NDArray[np.uint8]:
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise TooLarge(f"{path.name} has {size:,} bytes; at most {MOST_BYTES:,} are read")
    return mapped.source(path)


class Zip:
    """The plain files of a zip."""

    def __init__(self, path: Path, store: Store | None = None) -> None:
        self._store = store or mapped.Store(None)
        self._most = MOST_UNPACKED if self._store.folder is None else MOST_UNPACKED_TO_DISK
        try:
            self._zip = zipfile.ZipFile(path)
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as broken:
            raise Malformed(f"the zip cannot be read: {broken}") from broken
        if len(entries) > MOST_ENTRIES:
            raise TooLarge(f"the zip has {len(entries):,} entries; at most {MOST_ENTRIES:,} are read")
        # Named first: of an entry without a name zipfile cannot even tell whether it is a folder.
        names = [_checked_name(entry) for entry in entries]
        self._entries = {name: entry for name, entry in zip(names, entries, strict=True) if not entry.is_dir()}
        self._refuse_overlaps(entries, path.stat().st_size)
        stated = sum(entry.file_size for entry in entries)
        if stated > self._most:
            raise TooLarge(f"the zip unpacks to {stated:,} bytes; at most {self._most:,} are read")
        self._unpacked = 0

    @staticmethod
    def _refuse_overlaps(entries: list[zipfile.ZipInfo], length: int) -> None:
        """Entries that share their packed bytes are how a small zip becomes endless."""
        last = 0
        for entry in sorted(entries, key=lambda entry: entry.header_offset):
            if entry.header_offset < last or entry.header_offset + entry.compress_size > length:
                raise Malformed("the entries of the zip overlap")
            last = entry.header_offset + entry.compress_size

    def names(self) -> list[str]:
        """All plain files."""
        return sorted(self._entries)

    def find(self, path: str) -> str | None:
        """The member at a path."""
        return _called(path, self._entries)

    def data(self, name: str) -> NDArray[np.uint8]:
        """The bytes of a member."""
        out = self._store.growing(1, np.uint8)
        for piece in self.pieces(name):
            out.append(np.frombuffer(piece, np.uint8)[:, None])
        data: NDArray[np.uint8] = out.done()[:, 0]
        data.flags.writeable = False
        return data

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a member, counted as they come: what the zip states of them is not believed."""
        entry, length = self._entries[name], 0
        if entry.flag_bits & 1:
            raise Unsupported(f"{name} in the zip is encrypted")
        if entry.compress_type not in _METHODS:
            raise Unsupported(f"{name} in the zip is packed by method {entry.compress_type}; deflate is read")
        try:
            with self._zip.open(entry) as member:
                while piece := member.read(_PIECE):
                    self._unpacked += len(piece)
                    length += len(piece)
                    if length > max(_RATIO_FREE, MOST_RATIO * entry.compress_size):
                        raise TooLarge(f"{name} in the zip unpacks to more than {MOST_RATIO} times its packed length")
                    if self._unpacked > self._most:
                        raise TooLarge(f"the zip unpacks to more than {self._most:,} bytes")
                    yield piece
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as broken:
            raise Malformed(f"{name} in the zip is broken: {broken}") from broken


def _checked_name(entry: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise ForbiddenReference(f"{entry.filename[:200]!r} in the zip is a link or a device")
    name = entry.filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or ":" in name.split("/", 1)[0] or not name:
        raise ForbiddenReference(f"{entry.filename[:200]!r} in the zip lies outside of it")
    return "/".join(part for part in name.split("/") if part not in ("", "."))


class Neighbours:
    """How one file of a deposit refers to others."""

    def __init__(self, files: Files, main: str) -> None:
        self._files = files
        self._folder = PurePosixPath(main).parent
        self.missing: list[str] = []

    def part(self, name: str) -> NDArray[np.uint8] | None:
        """The file of this name from the root of the deposit, in any case: how the parts of a package refer."""
        found = self._files.find(name.lstrip("/"))
        return None if found is None else self._files.data(found)

    def find(self, reference: str, report: list[str] | None = None) -> bytes | None:
        """The bytes of what `reference` names, see `data`."""
        data = self.data(reference, report)
        return None if data is None else data.tobytes()

    def data(self, reference: str, report: list[str] | None = None) -> NDArray[np.uint8] | None:
        """What `reference` names, relative to the main file; else None, and it is noted as missing.

        Exporters are careless with case and folders, so a file whose name differs in case, or the only one of that name
        in the deposit, is taken, too. They also write down where a file lay on the machine of its maker: with a
        `report`, such an absolute path stands for its last part, and that is told.

        Raises:
            ForbiddenReference: it leads out of the deposit.
        """
        try:
            path = local_path(reference)
        except ForbiddenReference:
            if report is None or not _is_absolute(reference):
                raise
            path = reference.replace("\\", "/").rsplit("/", 1)[-1]
            line = f"it names a file by its place on another computer, {reference[:200]!r}; {path[:80]!r} is taken"
            if line not in report:
                report.append(line)
        found = self._files.find((self._folder / path).as_posix())
        if found is None:
            last = PurePosixPath(path).name.lower()
            alike = [name for name in self._names if PurePosixPath(name).name.lower() == last]
            found = alike[0] if len(alike) == 1 else None
        if found is not None:
            return self._files.data(found)
        self.missing.append(reference[:200])
        return None

    @functools.cached_property
    def _names(self) -> list[str]:
        """All files; none of a folder that holds too many to look through: what is not where it is named is missing."""
        try:
            return self._files.names()
        except TooLarge:
            return []


def _is_absolute(reference: str) -> bool:
    """Whether it is a path from the root of a disk, such as /scans/a.mtl or C:\\scans\\a.mtl, without ways up."""
    path = reference.replace("\\", "/")
    rooted = path.startswith("/") or (path[1:3] == ":/" and path[0].isalpha())
    return rooted and ".." not in path.split("/") and "\0" not in path
