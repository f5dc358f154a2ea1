"""The process that parses a file is killed at each of its durable calls, or they fail: it is parsed again, and well.

Its worker goes on, and has to know what a child that died, or could not write, is: no fault of the file.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.faults.failing import FAULTS
from tests.faults.killed import Ground, Tally, after, chosen
from tests.faults.tracing import CALLS, PATIENCE_S, Child, Voice, attach, fork, points

OPERATIONS = ("tile", "renew")
_FAULTS = {"kill": "signal=KILL", **FAULTS}


def campaign(base: Path, operation: str, *, most: int | None) -> Tally:
    """Kill it, let calls fail from there on (ENOSPC) or once (EIO), at each of the points or at `most` of them."""
    tally = Tally(operation)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        ground = Ground(base, Path(folder))
        child, trace = _traced(ground, operation, ("-y", "-s", "0", "-e", f"trace={CALLS}"))
        if child.said[-1].get("at") != "done":
            raise AssertionError(f"{operation} does not succeed undisturbed: {child.said[-1]}")
        for point in chosen(points(trace, ground.folder), most):
            for name, what in _FAULTS.items():
                and_on = "+" if what.endswith("+") else ""
                inject = f"inject={point.call}:{what.removesuffix('+')}:when={point.number}{and_on}"
                child, trace = _traced(ground, operation, ("-e", f"trace={point.call}", "-e", inject))
                tally.points += 1
                tally.not_reached += any("+++ exited" in line for line in trace) and "INJECTED" not in "".join(trace)
                wrong = [] if child.said[-1].get("at") == "done" else [f"the worker did not go on: {child.said[-1]}"]
                wrong += after(ground, operation, child.said)
                tally.wrong += [f"{name} {point.label}: {each}" for each in wrong]
    tally.tell("parse")
    return tally


def _traced(ground: Ground, operation: str, words: Sequence[str]) -> tuple[Child, list[str]]:
    """Do an operation with strace at the first process in it that parses; what it saw, in lines."""
    ground.lay(operation)
    stopped, trace = ground.scratch / "python", ground.scratch / "trace"
    stopped.write_text(f'#!/bin/sh\n[ -e {trace} ] || kill -STOP $$\nexec {sys.executable} "$@"\n')
    stopped.chmod(0o700)
    trace.unlink(missing_ok=True)

    def work(voice: Voice) -> None:
        # What it starts is a child of the sandbox; strace has to be there before its first call.
        sys.executable = str(stopped)
        ground.doing(operation)(voice)

    child = fork(work, ground.scratch / "log")
    child.listen("start")
    child.tell("go")
    parser = _parser(child.pid)
    strace = attach(parser, trace, *words)
    os.kill(parser, signal.SIGCONT)
    child.listen()
    child.end()
    strace.let_go()
    return child, trace.read_text(errors="replace").splitlines()


def _parser(worker: int) -> int:
    """The child of a worker that has stopped itself."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        for each in Path(f"/proc/{worker}/task/{worker}/children").read_text().split():
            if Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[0] == "T":
                return int(each)
        time.sleep(0.005)
    raise AssertionError("nothing is parsed")
