"""The server's own look through its objects: every one is read again within so many days, and put right.

A round goes through the store in the order of the digests, at no more than CHRONOTOPE_SCRUB_PACE, then through what the
catalogue expects to be there. How far it came is in the catalogue every few seconds, held by a lease: of several
processes one does it, and where that ends another goes on. Reading 4 MiB a second takes 0.3 % of a core.

What was found, and what became of it, is added to `fixity.jsonl` in the data directory of the process that found it,
and noted in the audit log: who could change a file past us is not to be able to hide that it was found.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson

from scenes.audit import MAX_TEXT
from scenes.counting import counted
from scenes.fixity import examine, mended
from scenes.missing import assets, missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from api.services import Services
    from scenes.fixity import Round, Rounds, Store

log = logging.getLogger("chronotope.fixity")

_FIRST_S = 60.0
"""after the start, which has other things to read"""
_IDLE_S = 300.0
_REPORT_S = 10.0
_LEASE_S = 120.0
_ASKING = 64 << 10
"""bytes that an object counts for beside its own: finding and opening it costs the disk or the network as much"""
_REST_S = 0.01
"""between two assets, for each of which the store is asked a few hundred times"""


class _Stopped(Exception):
    """The server stops, or the round is another's by now."""


class Scrubber:
    """A thread that looks through a store until it is stopped."""

    def __init__(self, services: Services, rounds: Rounds, store: Store, replica: Store | None) -> None:
        self._services, self._rounds, self._store, self._replica = services, rounds, store, replica
        self._name = services.ids.new("scrubber")
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, *, first_s: float = _FIRST_S) -> None:
        """Begin, after `first_s` seconds."""
        self._thread = threading.Thread(target=self._run, args=(first_s,), name="scrubber", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop and wait for it: no longer than a piece of a file takes."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)

    def _run(self, first_s: float) -> None:
        wait = first_s
        while not self._stopping.wait(wait):
            try:
                self.look_once()
            except Exception:
                # A store or a catalogue that is away says nothing about objects: the round goes on where it was.
                log.exception("the look through the objects stumbled; it goes on later")
            wait = _IDLE_S

    def look_once(self) -> Round | None:
        """A round, or what is left of one; None where none is due, or another process has it in hand."""
        services = self._services
        every = timedelta(days=services.settings.scrub_days)
        found = self._rounds.take_round(worker=self._name, at=services.clock.now(), seconds=_LEASE_S, every=every)
        if found is None:
            return None
        log.info("round %d through the objects goes on after %s", found.number, found.after[:12] or "the beginning")
        try:
            return self._go_through(found)
        except _Stopped:
            return None

    def _go_through(self, found: Round) -> Round:
        pace = _Pace(self._services.settings.scrub_pace, self._stopping)
        said = time.monotonic()

        def advance(count: int) -> None:
            nonlocal said
            pace.rest(count)
            if time.monotonic() - said > _REPORT_S:
                said = time.monotonic()
                self._report(found)

        for digest in self._store.digests(after=found.after):
            length = self._store.size(digest) or 0
            wrong = examine(self._store, digest, replica=self._replica, repairs=True, advance=advance)
            found = replace(found, after=digest, objects=found.objects + 1, bytes=found.bytes + length)
            if wrong is not None:
                found = self._found(found, "damaged", *wrong)
            advance(_ASKING)
        for asset in assets(self._services.catalogue):
            for what, digest, is_back in missing(self._store, asset, self._mend):
                found = self._found(found, "missing", f"{asset.id}: {what} {digest}", is_back)
            advance(0)
            self._stopping.wait(_REST_S)
        found = replace(found, ended_at=self._services.clock.now())
        self._report(found)
        log.info("round %d: %d objects, %d damaged or missing", found.number, found.objects, found.damaged)
        return found

    def _mend(self, digest: str) -> bool:
        return mended(self._store, self._replica, digest)

    def _found(self, found: Round, was: str, what: str, is_repaired: bool) -> Round:
        """Record it before it is counted, so that a crash may tell of it twice, and never not at all."""
        services = self._services
        event = {"at": services.clock.now().isoformat(), "was": was, "what": what, "repaired": is_repaired}
        record(services.settings.data / "fixity.jsonl", [event])
        told = {"was": was, "repaired": is_repaired}
        services.audit.note(
            "scrub.found", actor="server", at=services.clock.now(), subject=what[:MAX_TEXT], detail=told
        )
        log.log(logging.WARNING if is_repaired else logging.ERROR, "%s was %s; repaired: %s", what, was, is_repaired)
        found = replace(found, damaged=found.damaged + 1, repaired=found.repaired + is_repaired)
        self._report(found)
        return found

    def _report(self, found: Round) -> None:
        at = self._services.clock.now()
        if not self._rounds.report_round(found, worker=self._name, at=at, seconds=_LEASE_S):
            raise _Stopped


class _Pace:
    """No more than so many bytes a second from now on; time that was not used is not made up for."""

    def __init__(self, most: int, stopping: threading.Event) -> None:
        self._most, self._stopping = most, stopping
        self._due = time.monotonic()

    def rest(self, count: int) -> None:
        """Wait for as long as `count` bytes take. Raises _Stopped."""
        self._due = max(self._due, time.monotonic() - 1.0) + count / self._most
        if self._stopping.wait(max(0.0, self._due - time.monotonic())):
            raise _Stopped


def record(path: Path, events: Iterable[Mapping[str, object]]) -> None:
    """Add lines to a log, durably."""
    lines = [orjson.dumps(event) + b"\n" for event in events]
    if lines:
        with path.open("ab") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())


def in_words(found: Round | None) -> str:
    """How the last round stands."""
    if found is None:
        return "no round yet"
    state = (
        f"ended {found.ended_at:%Y-%m-%d}" if found.ended_at else f"under way, at {found.after[:4] or '0000'} of ffff"
    )
    objects, left = counted(found.objects, "[object|objects]"), found.damaged - found.repaired
    return f"round {found.number} {state}: {objects} read, {found.repaired} repaired, {left} left damaged or missing"
