"""Power is cut after every call of a session, in two models, with what was not synced there, gone, or in part there.

A session is recorded once; each point is a museum made of what would be left, opened and looked through.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tests.faults.disk import Disk, Event, Model
from tests.faults.keeping import wrong
from tests.faults.killed import Ground, Tally, answers
from tests.faults.operations import OPERATIONS, work
from tests.faults.operations import opened as opened_museum
from tests.faults.recording import OPTIONS, Recorder
from tests.faults.tracing import Voice, attach, fork

SESSIONS: dict[str, tuple[str, ...]] = {
    "open": ("open",),
    "migrate": ("migrate",),
    "edit": ("edit", "publish"),
    "delete": ("delete",),
    "deposit": ("upload", "ingest"),
    "purge": ("restore", "purge", "collect"),
    "archive": ("export",),
    "import": ("import",),
}
"""operations that follow one another in one process, by the name of the session"""
_WORKED = {"deposit"}
"""sessions at whose end the jobs are done"""


def record(ground: Ground, session: str) -> tuple[Disk, list[Event | dict[str, Any]]]:
    """The disk before a session, and what happened to it."""
    ground.lay(SESSIONS[session][0])
    before = {str(path.relative_to(ground.folder)): path for path in sorted(ground.folder.rglob("*"))}
    files = {name: path.read_bytes() for name, path in before.items() if path.is_file()}
    disk = Disk(files, [name for name, path in before.items() if path.is_dir()])

    def doing(voice: Voice) -> None:
        with opened_museum(ground.data) as services:
            for name in SESSIONS[session]:
                OPERATIONS[name](ground.data, voice.say)
            if session in _WORKED:
                work(services)

    child = fork(doing, ground.scratch / "log")
    trace = ground.scratch / "trace"
    child.listen("start")
    strace = attach(child.pid, trace, *OPTIONS, follows=True)
    child.tell("go")
    ended = child.listen("done")
    child.end()
    strace.let_go()
    if not ended:
        raise AssertionError(f"{session} does not succeed undisturbed: {child.said[-1:]}")
    with trace.open(encoding="latin-1") as lines:
        return disk, list(Recorder(ground.folder, set(files)).events(lines))


class Rebuilt:
    """A folder that is made into one state after another; only what differs is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._objects: dict[str, bytes] = {}

    def make(self, files: dict[str, bytes], folders: set[str]) -> None:
        """Let the folder hold these. What lies among the objects is not changed by looking; the rest is made anew."""
        kept = {name: data for name, data in files.items() if "/objects/" in f"/{name}" and "/incoming/" not in name}
        for name in self._objects.keys() - kept.keys():
            (self.folder / name).unlink(missing_ok=True)
        for path in sorted(self.folder.rglob("*"), reverse=True):
            name = str(path.relative_to(self.folder))
            if path.is_dir():
                if name not in folders:
                    shutil.rmtree(path)
            elif name not in kept:
                path.unlink()
        for name in sorted(folders):
            (self.folder / name).mkdir(exist_ok=True)
        for name, data in files.items():
            if name not in kept or self._objects.get(name) != data:
                (self.folder / name).unlink(missing_ok=True)
                (self.folder / name).write_bytes(data)
        self._objects = kept


def campaign(base: Path, session: str, *, draws: int = 4, every: int = 1) -> Tally:
    """Cut after each call (or one of `every`): in each model with nothing unsynced left, and with `draws` parts."""
    tally = Tally(session)
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        ground = Ground(base, Path(folder))
        disk, events = record(ground, session)
        shutil.rmtree(ground.folder)
        ground.folder.mkdir()
        child = fork(partial(_cut, ground, session, (disk, events), draws, every), ground.scratch / "log")
        child.listen("start")
        child.tell("go")
        child.listen()
        child.end()
        tally.points = sum(each.get("points", 0) for each in child.said)
        tally.states = sum(each.get("states", 0) for each in child.said)
        tally.wrong += [each["wrong"] for each in child.said if "wrong" in each]
        if child.said[-1].get("at") != "done":
            tally.wrong += answers(child)
    tally.tell("power")
    return tally


def _cut(
    ground: Ground,
    session: str,
    recorded: tuple[Disk, Sequence[Event | dict[str, Any]]],
    draws: int,
    every: int,
    voice: Voice,
) -> None:
    """Go through the events, and look at what a cut after each would leave."""
    disk, events = recorded
    rebuilt, said, seen = Rebuilt(ground.folder), list[dict[str, Any]](), set[bytes]()
    done = 0
    for event in events:
        if isinstance(event, dict):
            said.append(event)
        else:
            disk.apply(event)
            done += 1
        if done % every and event is not events[-1]:
            continue
        for model in Model:
            for draw in range(draws + 1):
                files, folders = disk.left(model, random.Random(f"{done} {draw}") if draw else None)
                if "museum" not in folders:
                    continue
                # Said each time, so that who listens knows that it goes on.
                voice.say(points=1)
                state = _digest(files, folders, said)
                if state in seen:
                    # Nothing that was not synced made a difference: what is looked at would be the same.
                    continue
                seen.add(state)
                rebuilt.make(files, folders)
                for each in _looked(ground.data, said, session):
                    voice.say(wrong=f"{model} cut {done} draw {draw} after {_told(event)}: {each}")
    voice.say(states=len(seen))


def _digest(files: dict[str, bytes], folders: set[str], said: Sequence[dict[str, Any]]) -> bytes:
    """Of a disk and what was acknowledged."""
    told = [len(said), sorted(folders), sorted((name, hashlib.sha256(data).digest()) for name, data in files.items())]
    return hashlib.sha256(repr(told).encode()).digest()


def _looked(data: Path, said: Sequence[dict[str, Any]], session: str) -> list[str]:
    try:
        return list(wrong(data, said, session))
    except Exception as error:  # noqa: BLE001 - whatever it is, is what is wrong
        return [f"{type(error).__name__}: {error}"]


def _told(event: Event | dict[str, Any]) -> str:
    return f"{event.what} {event.path}" if isinstance(event, Event) else str(event)
