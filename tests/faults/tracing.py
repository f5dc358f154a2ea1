"""strace on a process that was forked for it: what it calls, and calls that kill it or fail.

The process that forks has everything imported already, so that a point costs a fork and not a start of Python. The
child waits until strace holds it; what it says goes through a socket, because writes are among what fails.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CALLS = (
    "write,writev,pwrite64,pwritev,pwritev2,fsync,fdatasync,sync_file_range,rename,renameat,renameat2,link,linkat,"
    "symlink,symlinkat,unlink,unlinkat,truncate,ftruncate,fallocate,mkdir,mkdirat,rmdir,sendfile,copy_file_range"
)
"""system calls that change what is on the disk, or make it stay"""
OPENS = "openat"
"""does so where it makes a file. To be killed there is nothing new, but it may fail; at one only, as it also reads"""
PATIENCE_S = 120
_PR_SET_PTRACER, _ANY = 0x59616D61, -1
_CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)$")


class NoStrace(Exception):
    """strace is missing, or may not trace here."""


@dataclass
class Child:
    """A process that does something, and what it said."""

    pid: int
    wire: socket.socket
    said: list[dict[str, Any]] = field(default_factory=list)
    status: int | None = None

    def tell(self, word: str) -> None:
        """Say a word to it."""
        with suppress(BrokenPipeError):
            self.wire.sendall(word.encode() + b"\n")

    def listen(self, until: str | None = None) -> bool:
        """Hear what it says, until it says `until` (True) or ends (False)."""
        self.wire.settimeout(PATIENCE_S)
        while line := _line(self.wire):
            heard = json.loads(line)
            self.said.append(heard)
            if until is not None and heard.get("at") == until:
                return True
        return False

    def end(self) -> int:
        """Wait for its end; the signal that ended it, or 0."""
        if self.status is None:
            self.status = os.waitpid(self.pid, 0)[1]
            self.wire.close()
        return os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else 0


class Voice:
    """How a child speaks to who forked it."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire

    def say(self, **what: Any) -> None:
        """Say something; it is heard even if the next thing is the end."""
        self._wire.sendall(json.dumps(what).encode() + b"\n")

    def wait(self, at: str) -> str:
        """Say where it is, and wait for a word."""
        self.say(at=at)
        return _line(self._wire).decode().strip()


def _line(wire: socket.socket) -> bytes:
    found = bytearray()
    while not found.endswith(b"\n"):
        with suppress(ConnectionResetError):
            if piece := wire.recv(1):
                found += piece
                continue
        return b""
    return bytes(found)


def fork(work: Callable[[Voice], None], log: Path, *, waits: bool = True) -> Child:
    """A child that does `work` when it is told to go; what it prints is added to `log`.

    `waits`: before the work; without, the work says itself that it is at the `start`, and waits.
    """
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        theirs.close()
        return Child(pid, ours)
    code = 1
    try:
        ours.close()
        kept = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(kept, 1)
        os.dup2(kept, 2)
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)
        voice = Voice(theirs)
        if waits:
            voice.wait("start")
        try:
            work(voice)
            voice.say(at="done")
            code = 0
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is told
            traceback.print_exc()
            voice.say(at="error", kind=type(error).__name__, code=getattr(error, "code", ""), message=str(error)[:500])
    finally:
        os._exit(code)


@dataclass
class Strace:
    """strace, holding a process (all its threads with `follows`)."""

    process: subprocess.Popen[bytes]

    def let_go(self) -> None:
        """End it, if it has not ended; what it held goes on by itself."""
        assert self.process.stderr
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=PATIENCE_S)
        self.process.stderr.close()


def attach(pid: int, out: Path, *words: str, follows: bool = False) -> Strace:
    """Hold a process with strace; `words` are more of its options. Raises NoStrace."""
    program = shutil.which("strace")
    if program is None:
        raise NoStrace("strace is missing.\nMend: install it (apt-get install strace), or run as root: make faults")
    follow = ["-f"] if follows else []
    process = subprocess.Popen(
        [program, *follow, "-o", str(out), "-e", "signal=none", *words, "-p", str(pid)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr
    line = process.stderr.readline()
    if b"attached" not in line:
        process.wait()
        process.stderr.close()
        raise NoStrace(f"strace may not trace here: {line.decode().strip()}.\nMend: run as root, with ptrace allowed")
    return Strace(process)


@dataclass(frozen=True, slots=True, order=True)
class Point:
    """The n-th call of a system call by the first thread of a process."""

    call: str
    number: int

    @property
    def label(self) -> str:
        """As a person reads it."""
        return f"{self.call} {self.number}"


def points(trace: Sequence[str], folder: Path) -> list[Point]:
    """Those calls of a trace (of one thread, by strace -y) that are about something in a folder, and change it."""
    counts: Counter[str] = Counter()
    found = []
    for line in trace:
        match = _CALL.match(line)
        if match is None or "resumed>" in line:
            continue
        counts[match[1]] += 1
        if str(folder) in match[2] and (match[1] != OPENS or "O_CREAT" in match[2]):
            found.append(Point(match[1], counts[match[1]]))
    return found


def recorded(
    work: Callable[[Voice], None], folder: Path, scratch: Path, *, fails: bool = False
) -> tuple[Child, list[Point]]:
    """Do something once, undisturbed; the points at which it can be killed.

    `fails`: at which a call of it can fail. The work says itself that it is at the `start`, and when it has `faulted`.
    """
    child = fork(work, scratch / "log", waits=not fails)
    trace = scratch / "trace"
    child.listen("start")
    calls = f"{CALLS},{OPENS}" if fails else CALLS
    strace = attach(child.pid, trace, "-y", "-s", "0", "-e", f"trace={calls}")
    child.tell("go")
    if child.listen("faulted" if fails else None):
        strace.let_go()
        child.tell("well")
        child.listen()
    child.end()
    strace.let_go()
    return child, points(trace.read_text(errors="replace").splitlines(), folder)


def disturbed(
    work: Callable[[Voice], None], point: Point, what: str, scratch: Path, *, waits: bool = True
) -> tuple[Child, Strace]:
    """Begin something in which one call is disturbed as `what` says (`signal=KILL`); it is running when this returns.

    At the point alone, or with `+` at the end of `what` at all such calls from there on.
    """
    child = fork(work, scratch / "log", waits=waits)
    child.listen("start")
    what, and_on = what.removesuffix("+"), "+" if what.endswith("+") and point.call != OPENS else ""
    strace = attach(
        child.pid,
        scratch / "trace",
        *("-e", f"trace={point.call}", "-e", f"inject={point.call}:{what}:when={point.number}{and_on}"),
    )
    child.tell("go")
    return child, strace
