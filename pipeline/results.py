"""A folder of results: what tasks have made, by their keys. It is not for strangers' files: values are pickled.

Every process appends to a pack of its own, and a line to an index beside it when a task's values are written; files of
others are only read. (A file for each task was tried: opening them took a twentieth of a tiling.) A line tells where
values lie and their checksum, so what a crash cut short is found out and made again.

Where nobody else reads a folder and it goes with the run, its results are `passing`: they stay in memory and are
written when there is no more room for them. (To write them all, and to digest them, took a tenth of a tiling.)
"""

from __future__ import annotations

import os
import pickle
import re
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Buffer = bytes | memoryview

_PACK, _INDEX = ".pack", ".index"
_LINE = re.compile(r"([\w-]+) (\d+) (\d+) (\d+)")
_RECENT_BYTES = 256 << 20
_PACK_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a task's values lie: in which pack, from where, how many bytes, and their CRC-32."""

    pack: str
    start: int
    length: int
    checksum: int


class _Shelf:
    """A folder as this process knows it."""

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._again: dict[str, list[_Entry]] = {}
        """what else has been written of the same tasks"""
        self._trusted: set[str] = set()
        self._read: dict[str, int] = {}
        self._packs: dict[str, int] = {}
        self._own: tuple[str, int, int] | None = None
        self._end = 0
        self.is_passing = False
        self._held: dict[str, list[Buffer]] = {}
        """by task its values, where they are not written yet"""
        self._storing = threading.Lock()

    def hold(self, task: str, parts: list[Buffer]) -> None:
        """Keep a task's values in memory, until `store` is called."""
        self._held[task] = parts

    def store(self, task: str) -> None:
        """Write the values of a task that are held."""
        with self._storing:
            parts = self._held.get(task)
            if parts is not None:
                self.put(task, parts)
                # Only now: whoever looks for them finds them in one of both places.
                del self._held[task]

    def close(self) -> None:
        """Close all files."""
        for file in [*self._packs.values(), *(self._own[1:] if self._own else ())]:
            os.close(file)
        self._packs, self._own = {}, None

    def put(self, task: str, parts: Sequence[Buffer]) -> None:
        """Append a task's values. (They are not joined before: that took a fiftieth of a tiling.)"""
        length, checksum = sum(map(len, parts)), 0
        for part in parts:
            checksum = zlib.crc32(part, checksum)
        with self._lock:
            if self._own is None or self._end > _PACK_BYTES:
                for file in self._own[1:] if self._own else ():
                    os.close(file)
                self._own, self._end = self._opened(), 0
            name, pack, index = self._own
            entry = _Entry(name, self._end, length, checksum)
            try:
                for part in parts:
                    _write(pack, part)
                _write(index, f"{task} {entry.start} {entry.length} {entry.checksum}\n".encode())
            except OSError:
                # The disk is full: nobody knows where this pack ends.
                self._own = None
                raise
            self._end += length
            self._entries[task] = entry
            self._trusted.add(task)

    def _opened(self) -> tuple[str, int, int]:
        number = 0
        while True:
            name = f"{os.getpid()}-{number}"
            try:
                pack = os.open(
                    self._folder / f"{name}{_PACK}", os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600
                )
            except FileExistsError:
                number += 1
                continue
            index = os.open(self._folder / f"{name}{_INDEX}", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._packs[name] = os.dup(pack)
            return name, pack, index

    def refresh(self) -> None:
        """Take account of what others have written since."""
        with self._lock:
            for path in self._folder.glob(f"*{_INDEX}"):
                name = path.name.removesuffix(_INDEX)
                if name.startswith(f"{os.getpid()}-") and name in self._packs:
                    continue
                with path.open("rb") as file:
                    file.seek(self._read.get(name, 0))
                    lines = file.read()
                # A last line that is not whole may be being written.
                whole = lines[: lines.rfind(b"\n") + 1]
                self._read[name] = self._read.get(name, 0) + len(whole)
                for line in whole.decode(errors="replace").splitlines():
                    found = _LINE.fullmatch(line)
                    if found is None:
                        continue  # not as it was written: what it told of is made again
                    task, start, length, checksum = found.groups()
                    entry = _Entry(name, int(start), int(length), int(checksum))
                    if self._entries.setdefault(task, entry) != entry:
                        self._again.setdefault(task, []).append(entry)

    def has(self, task: str) -> bool:
        """Whether the values of a task are there, whole."""
        return task in self._held or self._found(task) is not None

    def _found(self, task: str) -> _Entry | None:
        while (entry := self._entries.get(task)) is not None and task not in self._trusted:
            try:
                data = os.pread(self._file(entry.pack), entry.length, entry.start)
            except FileNotFoundError:
                data = b""
            if len(data) == entry.length and zlib.crc32(data) == entry.checksum:
                self._trusted.add(task)
                break
            with self._lock:
                others = self._again.get(task)
                if others:
                    self._entries[task] = others.pop()
                else:
                    self._entries.pop(task, None)
        return entry

    def _file(self, pack: str) -> int:
        with self._lock:
            if pack not in self._packs:
                self._packs[pack] = os.open(self._folder / f"{pack}{_PACK}", os.O_RDONLY | os.O_CLOEXEC)
            return self._packs[pack]

    def read(self, task: str, start: int, sizes: Sequence[int]) -> list[bytearray]:
        """Some of the bytes of a task's values: pieces that follow one another, fewer where they end before.

        Each is memory of its own, which arrays made of it may write to: compiled code knows no others.
        """
        self.store(task)
        entry = self._found(task)
        if entry is None:
            self.refresh()
            entry = self._found(task)
        if entry is None:
            raise KeyError(task)
        pieces = []
        for size in sizes:
            pieces.append(bytearray(min(size, entry.length - start)))
            os.preadv(self._file(entry.pack), pieces[-1:], entry.start + start)
            start += size
        return pieces


def pickled(value: object) -> list[Buffer]:
    """A value as bytes; the memory of its arrays follows as it is, and isn't copied: none may change any more."""
    apart: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=apart.append)
    return [head, *(each.raw() for each in apart)]


def _write(file: int, data: Buffer) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


class _Recent:
    """Values that this process has stored lately: most are asked for soon."""

    def __init__(self, most_bytes: int, going: Callable[[str, str], None]) -> None:
        """`going` is called with folder and task when a value goes that is stored, or should be."""
        self._most, self._used, self._going = most_bytes, 0, going
        self._values: OrderedDict[tuple[str, str, str], tuple[int, Any, bool]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: tuple[str, str, str]) -> Any:
        """A value, or None."""
        with self._lock:
            found = self._values.get(name)
        return None if found is None else found[1]

    def add(self, name: tuple[str, str, str], value: object, size: int, *, is_made_anew: bool = False) -> None:
        """Keep a value of so many bytes, for which the oldest ones go."""
        going = []
        with self._lock:
            self._used += size - self._values.pop(name, (0, None, False))[0]
            self._values[name] = (size, value, is_made_anew)
            while self._used > self._most:
                (folder, task, _), (gone, _, is_lost) = self._values.popitem(last=False)
                self._used -= gone
                if not is_lost:
                    going.append((folder, task))
        for folder, task in going:
            self._going(folder, task)

    def forget(self, folder: str) -> None:
        """Let go of the values of a folder."""
        with self._lock:
            for name in [name for name in self._values if name[0] == folder]:
                self._used -= self._values.pop(name)[0]


def _go(folder: str, task: str) -> None:
    shelf = _shelves.get(folder)
    if shelf is not None:
        shelf.store(task)


_recent = _Recent(_RECENT_BYTES, _go)
_shelves: dict[str, _Shelf] = {}
_opening = threading.Lock()


def _shelf(folder: str) -> _Shelf:
    with _opening:
        if folder not in _shelves:
            _shelves[folder] = _Shelf(folder)
            _shelves[folder].refresh()
        return _shelves[folder]


@dataclass(frozen=True, slots=True)
class Results:
    """The results in a folder; any process that sees the folder may have its own of these."""

    folder: str

    def passing(self) -> Results:
        """These results, from now on written only where memory is short: nobody else reads them, and none is kept."""
        _shelf(self.folder).is_passing = True
        return self

    @property
    def is_passing(self) -> bool:
        """Whether results need not outlast this run."""
        return _shelf(self.folder).is_passing

    def has(self, task: str) -> bool:
        """Whether a task's values are there, whole."""
        return _shelf(self.folder).has(task)

    def put(self, task: str, values: Mapping[str, Sequence[Buffer]]) -> None:
        """Store `pickled` values by name. First comes where each begins, so that one can be had without the rest."""
        places, at = {}, 0
        for name, parts in values.items():
            sizes = [len(part) for part in parts]
            places[name] = at, sizes
            at += sum(sizes)
        index = pickle.dumps(places, protocol=5)
        whole = [part for parts in values.values() for part in parts]
        parts = [len(index).to_bytes(8, "little") + index, *whole]
        shelf = _shelf(self.folder)
        if shelf.is_passing:
            shelf.hold(task, parts)
        else:
            shelf.put(task, parts)

    def recent(self, task: str, name: str) -> Any:
        """A value that was kept at hand, stored or not, or None: it may have gone since."""
        return _recent.get((self.folder, task, name))

    def keep(self, task: str, name: str, value: object, size: int, *, is_made_anew: bool = False) -> None:
        """Have a value at hand for a while: one that was put, or one that is made anew where it is not there."""
        _recent.add((self.folder, task, name), value, size, is_made_anew=is_made_anew)

    def get(self, task: str, name: str = "") -> Any:
        """A stored value; nobody may change it.

        Raises:
            KeyError: there is none.
        """
        known = _recent.get((self.folder, task, name))
        if known is not None:
            return known
        shelf = _shelf(self.folder)
        (head,) = shelf.read(task, 0, [4096])
        length = int.from_bytes(head[:8], "little")
        places = pickle.loads(head[8 : 8 + length] if length <= len(head) - 8 else shelf.read(task, 8, [length])[0])
        start, sizes = places[name]
        first, *apart = shelf.read(task, 8 + length + start, sizes)
        return pickle.loads(first, buffers=apart)

    def close(self) -> None:
        """Close the files, and let go of what is in memory."""
        with _opening:
            shelf = _shelves.pop(self.folder, None)
        if shelf is not None:
            shelf.close()
        _recent.forget(self.folder)
