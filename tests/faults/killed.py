"""kill -9 at every durable system call of every operation."""

from __future__ import annotations

import random
import shutil
import signal
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.keeping import unfinished, wrong
from tests.faults.operations import BASE, OPERATIONS
from tests.faults.tracing import Child, Point, Voice, disturbed, fork, recorded

_TOLD = 20


@dataclass
class Tally:
    """Of one operation: how many points, and what was wrong at which."""

    operation: str
    points: int = 0
    states: int | None = None
    """those of a power cut that differ, and were looked at"""
    not_reached: int = 0
    wrong: list[str] = field(default_factory=list)

    def tell(self, campaign: str) -> None:
        """A row of the table, and what was wrong."""
        more = "" if self.states is None else f", {self.states} of them differ"
        more += f", {self.not_reached} not reached" if self.not_reached else ""
        print(f"{campaign:7} {self.operation:10} {self.points:5} points, {len(self.wrong)} wrong{more}", flush=True)
        for each in self.wrong[:_TOLD]:
            print(f"  {each}", flush=True)


class Ground:
    """A place for one museum at a time, made anew from a base for each point."""

    def __init__(self, base: Path, scratch: Path) -> None:
        self._base, self.scratch = base, scratch
        self.folder = scratch / "ground"
        self.data = self.folder / "museum"

    def lay(self, operation: str) -> None:
        """The museum that an operation begins with, as it was never touched."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        shutil.copytree(self._base / BASE.get(operation, "whole"), self.data)
        if operation in {"export", "import"}:
            shutil.copytree(self._base / "tree", self.folder / "tree")

    def doing(self, operation: str) -> Callable[[Voice], None]:
        """The operation, for a child."""
        return lambda voice: OPERATIONS[operation](self.data, voice.say)

    def asked(self, questions: Callable[[], Sequence[str]]) -> list[str]:
        """What a child of its own finds wrong: it has seen nothing of what was before."""
        child = fork(lambda voice: voice.say(found=list(questions())), self.scratch / "log")
        child.listen("start")
        child.tell("go")
        child.listen()
        child.end()
        return answers(child)


def answers(child: Child) -> list[str]:
    """What a child that was asked has found, or that it broke."""
    for each in child.said:
        if "found" in each:
            return list(each["found"])
    broke = [each for each in child.said if each.get("at") == "error"]
    return [f"asking it ended with {broke or child.status}"]


def after(ground: Ground, operation: str, said: Sequence[dict[str, Any]], *, again: bool = True) -> list[str]:
    """What is wrong with a museum in which an operation was broken off, and with going on in it."""
    found = ground.asked(lambda: list(wrong(ground.data, said, operation)))
    if found or not again:
        return found
    second = fork(ground.doing(operation), ground.scratch / "log")
    second.listen("start")
    second.tell("go")
    if not second.listen("done"):
        found.append(f"the second run did not succeed: {second.said[-1:]}")
    second.end()
    everything = [*said, *second.said]

    def at_last() -> list[str]:
        return [*unfinished(ground.data), *wrong(ground.data, everything, operation)]

    return found + ground.asked(at_last)


def campaign(base: Path, operation: str, *, most: int | None, goes_on: bool = True) -> Tally:
    """Kill an operation at each of its points, or at `most` of them, and go on in what is left, or not."""
    tally = Tally(operation)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        ground = Ground(base, Path(folder))
        ground.lay(operation)
        child, found = recorded(ground.doing(operation), ground.folder, ground.scratch)
        if child.said[-1].get("at") != "done":
            raise AssertionError(f"{operation} does not succeed undisturbed: {child.said[-1]}")
        for point in chosen(found, most):
            _one(ground, operation, point, tally, goes_on=goes_on)
    tally.tell("kill")
    return tally


def chosen(found: Sequence[Point], most: int | None) -> list[Point]:
    """All points, or as many as are wanted, drawn by a seed that stays the same."""
    if most is None or len(found) <= most:
        return list(found)
    return sorted(random.Random(1).sample(list(found), most))


def _one(ground: Ground, operation: str, point: Point, tally: Tally, *, goes_on: bool) -> None:
    ground.lay(operation)
    child, strace = disturbed(ground.doing(operation), point, "signal=KILL", ground.scratch)
    child.listen()
    ended_by = child.end()
    strace.let_go()
    tally.points += 1
    tally.not_reached += ended_by != signal.SIGKILL
    tally.wrong += [f"{point.label}: {each}" for each in after(ground, operation, child.said, again=goes_on)]
