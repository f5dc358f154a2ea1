"""What strace saw a process do, as events on a disk.

The trace has every byte that was written (`-xx -s`), paths of descriptors (`-y`) and all threads (`-f`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.disk import Event
from tests.faults.tracing import CALLS

OPTIONS = ("-y", "-xx", "-s", str(64 << 20), "-e", f"trace={CALLS},openat,creat,lseek,close,sendto")
_LINE = re.compile(r"^(\d+) +(.*)$")
_CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+)(?:<[^>]*>)?(?: .*)?$", re.DOTALL)
_RESUMED = re.compile(r"^<\.\.\. (\w+) resumed>(.*)$", re.DOTALL)
_DESCRIPTOR = re.compile(r"^(\d+)<([^>]*)>")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_IGNORED = re.compile(r"(?:^|/)(?:work(?:/|$)|[^/]*-shm$|derived\.db|\.write-probe|server\.lock)")
"""what makes no promise: scratch, shared memory, what can be made again"""


@dataclass
class Recorder:
    """Reads a trace; knows where each descriptor stands."""

    root: Path
    files: set[str]
    at: dict[str, int] = field(default_factory=dict)
    """offset of each descriptor"""

    def events(self, lines: Iterable[str]) -> Iterator[Event | dict[str, Any]]:
        """What was done in the folder, in order, and between that what was said."""
        for name, words, result in _calls(lines):
            if name == "sendto":
                for line in _bytes(words).splitlines():
                    yield json.loads(line)
            elif result >= 0:
                yield from self._event(name, words, result)

    def _event(self, name: str, words: str, result: int) -> Iterator[Event]:  # noqa: C901 - a case for each call
        if name in {"openat", "creat"}:
            yield from self._opened(words, result)
            return
        if name in {"rename", "renameat", "renameat2", "link", "linkat"}:
            before, after = (self._inside(found.decode()) for found in _strings(words)[:2])
            if before is not None and after is not None:
                yield self._moved("rename" if name.startswith("rename") else "link", before, after)
            return
        if name in {"mkdir", "mkdirat", "unlink", "unlinkat", "rmdir"}:
            found = self._inside(_strings(words)[0].decode(), words)
            if found is not None:
                self.files.discard(found)
                yield Event("mkdir" if name.startswith("mkdir") else "remove", found)
            return
        held = _DESCRIPTOR.match(words)
        path = self._inside(_plain(held[2])) if held else None
        if held is None or path is None:
            return
        if name == "lseek":
            self.at[held[1]] = result
        elif name == "close":
            self.at.pop(held[1], None)
        elif name in {"fsync", "fdatasync"}:
            yield Event("sync", path)
        elif name == "ftruncate":
            yield Event("truncate", path, offset=int(words.rpartition(",")[2]))
        elif name in {"write", "pwrite64"}:
            offset = self.at.get(held[1], 0) if name == "write" else int(words.rpartition(",")[2])
            yield Event("write", path, offset=offset, data=_bytes(words)[:result])
            if name == "write":
                self.at[held[1]] = offset + result
        else:
            raise AssertionError(f"{name} in the museum is not understood here")

    def _opened(self, words: str, result: int) -> Iterator[Event]:
        path = self._inside(_strings(words)[0].decode())
        if path is None:
            return
        self.at[str(result)] = 0
        if "O_CREAT" in words and path not in self.files:
            self.files.add(path)
            yield Event("create", path)
        elif "O_TRUNC" in words:
            yield Event("truncate", path)

    def _moved(self, how: str, before: str, after: str) -> Event:
        inner = {each for each in self.files if each == before or each.startswith(f"{before}/")}
        self.files |= {after + each[len(before) :] for each in inner}
        if how == "rename":
            self.files -= inner
        return Event(how, before, after)

    def _inside(self, path: str, words: str = "") -> str | None:
        """A path from the folder on; None where it is elsewhere, or makes no promise."""
        if not path.startswith("/") and (folder := _DESCRIPTOR.match(words)):
            # As shutil.rmtree removes: a name in a folder that it holds open.
            path = f"{_plain(folder[2])}/{path}"
        if not path.startswith(f"{self.root}/"):
            return "" if path == str(self.root) else None
        inner = path[len(str(self.root)) + 1 :].removesuffix(" (deleted)")
        return None if _IGNORED.search(inner) else inner


def _calls(lines: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """Name, arguments and result of each call, when it was over."""
    begun: dict[str, str] = {}
    for line in lines:
        head = _LINE.match(line.rstrip("\n"))
        if head is None:
            continue
        thread, text = head[1], head[2]
        if text.endswith("<unfinished ...>"):
            begun[thread] = text.removesuffix("<unfinished ...>").rstrip()
            continue
        if resumed := _RESUMED.match(text):
            text = begun.pop(thread, "") + resumed[2]
        if call := _CALL.match(text):
            yield call[1], call[2], int(call[3])


def _plain(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode() if text.startswith("\\x") else text


def _strings(words: str) -> list[bytes]:
    return [bytes.fromhex(each.replace("\\x", "")) for each in _STRING.findall(words)]


def _bytes(words: str) -> bytes:
    return b"".join(_strings(words))
