"""A contender as a process of its own: processor time, elapsed time and memory of it and its children.

Resident memory counts pages of mapped files that the system may drop at will; anonymous memory is what it must keep.
Both are looked at 20 times a second; of the first the kernel keeps the peak itself (VmHWM). What `wait4` says of it is
of no use: a child begins with the size of whoever forked it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PERIOD_S = 0.05
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


class Failed(Exception):
    """A contender ended with an error."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a process said and took; megabytes are 10^6 bytes."""

    said: str
    processor_s: float
    elapsed_s: float
    resident_mb: float
    anonymous_mb: float


def run(command: Sequence[str | Path], *, cwd: Path | None = None) -> Run:
    """Run a command to its end, its libraries held to one thread each.

    Raises:
        Failed: it could not be started, or ended with another code than 0.
    """
    environment = {**os.environ, **_ONE_THREAD}
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as complaint:
        start = time.perf_counter()
        try:
            process = subprocess.Popen(list(map(str, command)), stdout=said, stderr=complaint, cwd=cwd, env=environment)
        except OSError as wrong:
            raise Failed(f"{command[0]}: {wrong}") from wrong
        peaks = {"VmHWM": 0, "RssAnon": 0}
        ended = threading.Event()
        looking = threading.Thread(target=_look, args=(process.pid, peaks, ended))
        looking.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        finally:
            elapsed = time.perf_counter() - start
            ended.set()
            looking.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        complaint.seek(0)
        if process.returncode:
            raise Failed(f"{' '.join(map(str, command))}: code {process.returncode}\n{complaint.read()[-2000:]}")
        resident, anonymous = (kilobytes * 1.024e-3 for kilobytes in peaks.values())
        return Run(said.read(), usage.ru_utime + usage.ru_stime, elapsed, resident, anonymous)


def _look(process: int, peaks: dict[str, int], ended: threading.Event) -> None:
    while not ended.wait(_PERIOD_S):
        found = dict.fromkeys(peaks, 0)
        for each in _family(process):
            for name, kilobytes in _status(each).items():
                found[name] = found.get(name, 0) + kilobytes
        peaks.update({name: max(peak, found[name]) for name, peak in peaks.items()})


def _family(process: int) -> list[int]:
    """A process and all that descend from it, as far as they are still there."""
    found, waiting = [], [process]
    while waiting:
        each = waiting.pop()
        found.append(each)
        try:
            for task in list(Path(f"/proc/{each}/task").glob("*/children")):
                waiting += map(int, task.read_text().split())
        except OSError:  # it ended while we looked
            continue
    return found


def _status(process: int) -> dict[str, int]:
    """Kilobytes by name; empty where the process is gone or the system has no /proc."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return {}
    return {name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if name in _NAMES}


_NAMES = ("VmHWM", "RssAnon")
