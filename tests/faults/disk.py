"""A disk that loses power: what was done to files and folders, and what of it is there afterwards.

Two models, either with writes that were not synced lost, or in part there, by pages of 4 KiB:

    strict            names and bytes are there as they were when their folder and their file were last synced
    metadata-first    names and lengths are there as they were at the cut, bytes as they were when last synced

A write that was not synced may be there in any of its pages; what is missing in between is zeros, or what was there.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

PAGE = 4096


class Model(StrEnum):
    """What a power cut leaves."""

    STRICT = "strict"
    METADATA_FIRST = "metadata-first"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done: `what` to `path`, from a folder's beginning; `other` is where it is moved or linked."""

    what: str
    path: str
    other: str = ""
    offset: int = 0
    data: bytes = b""


@dataclass(eq=False)
class File:
    """Bytes as they are, as they were when last synced, and what came since."""

    now: bytearray = field(default_factory=bytearray)
    synced: bytes = b""
    since: list[tuple[int, bytes]] = field(default_factory=list)

    def left(self, model: Model, chance: random.Random | None) -> bytes:
        """What is left of it; without `chance` nothing of what was not synced."""
        kept = bytearray(self.synced)
        if model is Model.METADATA_FIRST:
            # The length is there, the bytes are not.
            del kept[len(self.now) :]
            kept.extend(bytes(len(self.now) - len(kept)))
        if chance is not None:
            for offset, data in self.since:
                for start in range(offset - offset % PAGE, offset + len(data), PAGE):
                    if chance.random() < 0.5:
                        _put(kept, max(start, offset), data[max(0, start - offset) : start + PAGE - offset])
            if model is Model.METADATA_FIRST:
                del kept[len(self.now) :]
        return bytes(kept)


@dataclass(eq=False)
class Folder:
    """Names as they are, and as they were when last synced."""

    now: dict[str, File | Folder] = field(default_factory=dict)
    synced: dict[str, File | Folder] = field(default_factory=dict)


class Disk:
    """A folder tree to which events happen."""

    def __init__(self, files: dict[str, bytes], folders: Iterable[str]) -> None:
        self.root = Folder()
        for path in sorted(folders):
            self._do(Event("mkdir", path))
        for path, data in files.items():
            folder, name = self._at(path)
            folder.now[name] = File(bytearray(data), data)
        self._settle(self.root)

    def apply(self, event: Event) -> None:
        """Let something happen."""
        self._do(event)

    def left(self, model: Model, chance: random.Random | None = None) -> tuple[dict[str, bytes], set[str]]:
        """Files and folders after power was lost now."""
        files: dict[str, bytes] = {}
        folders: set[str] = set()
        waiting: list[tuple[str, Folder]] = [("", self.root)]
        while waiting:
            prefix, folder = waiting.pop()
            for name, each in (folder.synced if model is Model.STRICT else folder.now).items():
                path = f"{prefix}{name}"
                if isinstance(each, Folder):
                    folders.add(path)
                    waiting.append((f"{path}/", each))
                else:
                    files[path] = each.left(model, chance)
        return files, folders

    def _settle(self, folder: Folder) -> None:
        folder.synced = dict(folder.now)
        for each in folder.now.values():
            if isinstance(each, Folder):
                self._settle(each)

    def _folder(self, path: str) -> Folder:
        folder = self.root
        for name in filter(None, path.split("/")):
            inner = folder.now[name]
            assert isinstance(inner, Folder), path
            folder = inner
        return folder

    def _at(self, path: str) -> tuple[Folder, str]:
        parent, _, name = path.rpartition("/")
        return self._folder(parent), name

    def _file(self, path: str) -> File:
        folder, name = self._at(path)
        found = folder.now[name]
        assert isinstance(found, File), path
        return found

    def _do(self, event: Event) -> None:
        match event.what:
            case "sync":
                folder, name = self._at(event.path)
                inode = folder.now.get(name, folder) if name else self.root
                if isinstance(inode, Folder):
                    inode.synced = dict(inode.now)
                else:
                    inode.synced, inode.since = bytes(inode.now), []
            case "write":
                file = self._file(event.path)
                _put(file.now, event.offset, event.data)
                file.since.append((event.offset, event.data))
            case "truncate":
                file = self._file(event.path)
                del file.now[event.offset :]
                file.now.extend(bytes(event.offset - len(file.now)))
            case "create":
                folder, name = self._at(event.path)
                folder.now.setdefault(name, File())
            case "mkdir":
                folder, name = self._at(event.path)
                folder.now[name] = Folder()
            case "remove":
                folder, name = self._at(event.path)
                del folder.now[name]
            case "rename" | "link":
                folder, name = self._at(event.path)
                to, new = self._at(event.other)
                to.now[new] = folder.now[name]
                if event.what == "rename":
                    del folder.now[name]
            case _:
                raise AssertionError(event.what)


def _put(data: bytearray, offset: int, piece: bytes) -> None:
    data.extend(bytes(max(0, offset - len(data))))
    data[offset : offset + len(piece)] = piece
