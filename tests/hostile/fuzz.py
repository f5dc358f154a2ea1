"""Mutants of every format, read in forked children with limits: each is read or refused with a code, never worse.

`make fuzz` reads 20,000 of each (`python -m tests.hostile.fuzz 20000 [first] [format …]`); the tests read a few. A
finding says format and number: `mutants.mutant("glb", 17)` is that file again.

    crash       a signal ended the child
    hang        more than 10 s of computing, or a minute of waiting
    uncoded     an exception that is no SceneError
    memory      it took more than 256 MiB above what the process had; pictures, which may be large, are held to 1 GiB
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import mmap
import os
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from scenes.errors import SceneError
from tests.hostile.door import read_as_deposited
from tests.hostile.good import GOOD
from tests.hostile.mutants import good, mutant

HANG_S = 10
_WAITS_S = 60
_MOST_BYTES = 256 << 20
_MOST_BYTES_OF_PICTURES = 1 << 30
_LIMIT_BYTES = 2 << 30
_BATCH = 500
_IN_MEMORY = Path("/dev/shm")
"""where there is one, files are made and removed there: on a disk that costs more than most of the reading"""
_PICTURES = ("png", "jpeg", "jpeg-progressive", "webp", "obj-zip", "glb")


@dataclass
class Campaign:
    """What came of the mutants of a format."""

    kind: str
    read: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    slowest: int = 0
    most_bytes: int = 0
    largest: int = 0

    def line(self) -> str:
        """In words."""
        refused = ", ".join(f"{count} {code}" for code, count in sorted(self.codes.items()))
        return (
            f"{self.kind}: {self.read} read; refused: {refused or 'none'}; slowest {self.slowest_s:.2f} s of computing "
            f"({self.slowest}), most memory {self.most_bytes >> 20} MiB ({self.largest}); {len(self.findings)} findings"
        )


def run(kind: str, first: int, count: int) -> Campaign:
    """Read mutants `first` to `first + count` of a format."""
    found = Campaign(kind)
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir=_IN_MEMORY if _IN_MEMORY.is_dir() else None) as folder:
        # What is compiled or loaded at the first reading is not to be counted, nor done again in each child.
        path = Path(folder) / "master"
        path.write_bytes(good(kind))
        if kind not in ("png", "jpeg", "jpeg-progressive", "webp"):  # libvips has threads, which do not survive a fork
            read_as_deposited(path, GOOD[kind][0])
        number, last = first, first + count
        while number < last:
            number = _batch(found, Path(folder), number, min(number + _BATCH, last))
    return found


def _batch(found: Campaign, folder: Path, first: int, last: int) -> int:
    """Read some in a child; the number to go on with."""
    shared = mmap.mmap(-1, 8)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        status = 1
        try:
            _child(found.kind, folder, first, last, shared, writing)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        for line in pipe:
            with contextlib.suppress(ValueError):
                _note(found, json.loads(line))
    _, status = os.waitpid(child, 0)
    if status == 0:
        return last
    (at,) = struct.unpack("<q", shared[:8])
    how = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"status {os.WEXITSTATUS(status)}"
    found.findings.append(f"{found.kind} {at}: {'hang' if how in ('SIGPROF', 'SIGALRM') else 'crash'} ({how})")
    return int(at) + 1


def _note(found: Campaign, said: dict[str, object]) -> None:
    number, seconds, grown = int(str(said["number"])), float(str(said["seconds"])), int(str(said["grown"]))
    code = str(said["code"])
    if code:
        found.codes[code] += 1
    else:
        found.read += 1
    if seconds > found.slowest_s:
        found.slowest_s, found.slowest = seconds, number
    if grown > found.most_bytes:
        found.most_bytes, found.largest = grown, number
    if said["wrong"]:
        found.findings.append(f"{found.kind} {number}: {said['wrong']}")
    most = _MOST_BYTES_OF_PICTURES if found.kind.startswith(_PICTURES) else _MOST_BYTES
    if grown > most:
        found.findings.append(f"{found.kind} {number}: memory ({grown >> 20} MiB)")


def _child(kind: str, folder: Path, first: int, last: int, shared: mmap.mmap, writing: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (_LIMIT_BYTES, _LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LIMIT_BYTES, _LIMIT_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    faulthandler.disable()
    path, name = folder / "master", GOOD[kind][0]
    for number in range(first, last):
        shared[:8] = struct.pack("<q", number)
        path.write_bytes(mutant(kind, number))
        before = _peak(reset=True)
        begun = time.process_time()
        # The default action ends the process, whatever code it is in.
        signal.setitimer(signal.ITIMER_PROF, HANG_S)
        signal.setitimer(signal.ITIMER_REAL, _WAITS_S)
        code, wrong = "", ""
        try:
            read_as_deposited(path, name)
        except SceneError as refusal:
            code = refusal.code
        except Exception as unexpected:  # noqa: BLE001 - that is what is looked for
            where = traceback.extract_tb(unexpected.__traceback__)[-1]
            ours = [step for step in traceback.extract_tb(unexpected.__traceback__) if "/pipeline/" in step.filename]
            place = f"{Path(where.filename).name}:{where.lineno}"
            if ours:
                place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}, {place}"
            code, wrong = "-", f"uncoded ({type(unexpected).__name__}: {str(unexpected)[:100]}; {place})"
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        said = {"number": number, "code": code, "wrong": wrong, "seconds": time.process_time() - begun}
        os.write(writing, json.dumps(said | {"grown": _peak() - before}).encode() + b"\n")


def _peak(*, reset: bool = False) -> int:
    """The most memory that was resident, since it was last reset; 0 where the system does not tell."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return int(status.split("VmHWM:")[1].split()[0]) << 10


def main(arguments: list[str]) -> int:
    """Run the campaign; the exit status."""
    count = int(arguments[0]) if arguments else 20_000
    first = int(arguments[1]) if len(arguments) > 1 else 0
    total = 0
    for kind in arguments[2:] or GOOD:
        found = run(kind, first, count)
        print(found.line(), flush=True)
        for finding in found.findings[:40]:
            print("   ", finding, flush=True)
        total += len(found.findings)
    print(f"{total} findings")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
