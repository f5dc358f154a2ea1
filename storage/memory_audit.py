"""The audit log in memory: the clear version of `storage.audit_sql`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scenes.audit import NOTHING, WHENCE, WHO, Anchor, Entry, revision_digest, revision_told, written
from scenes.errors import Conflict
from scenes.ports import Put
from storage.records import encode, kind_name, stamp

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from scenes.model import Record, Revision
    from scenes.ports import Change, LogEntry, Taking


class MemoryAudit:
    """`scenes.audit.Audit` in memory."""

    _lock: threading.RLock
    _audit: list[Entry]

    def log(self, *, after: int, first: int) -> Sequence[LogEntry]:
        """As `scenes.ports.Catalogue` has it; the catalogue brings it."""
        raise NotImplementedError

    def note(
        self, action: str, *, at: datetime, actor: str = "", subject: str = "", detail: Mapping[str, Any] | None = None
    ) -> Entry:
        """Add an entry, from `WHENCE`."""
        with self._lock:
            by, whence = actor or WHO.get(), WHENCE.get()
            entry = written(
                self.last_entry(), at=at, actor=by, action=action, subject=subject, detail=detail or {}, whence=whence
            )
            self._audit.append(entry)
            return entry

    def entries(self, *, after: int, first: int) -> Sequence[Entry]:
        """Up to `first` entries after that number, in order."""
        return [entry for entry in self._audit if entry.number > after][:first]

    def last_entry(self) -> Anchor:
        """The last entry, `NOTHING` where there is none."""
        return Anchor(self._audit[-1].number, self._audit[-1].hash) if self._audit else NOTHING

    def forget_addresses(self, *, before: datetime) -> int:
        """Forget from where older entries came; of how many."""
        with self._lock:
            old = [at for at, entry in enumerate(self._audit) if entry.at < before and entry.whence]
            for at in old:
                self._audit[at] = replace(self._audit[at], whence="")
            return len(old)

    def carry(self, entries: Sequence[Entry]) -> None:
        """Add entries of another log as they are. Raises Conflict."""
        with self._lock:
            for entry in entries:
                if entry.number > len(self._audit):
                    self._audit.append(entry)
                elif self._audit[entry.number - 1].hash != entry.hash:
                    raise Conflict(f"entry {entry.number} of the audit log is there already, and is another one")

    def digests(self, *, after: int, first: int) -> Mapping[int, str]:
        """What up to `first` revisions after that number wrote and ended."""
        return {
            each.revision.number: _digest(each.revision, each.taking, _told(each.changes, {}))
            for each in self.log(after=after, first=first)
        }

    def _append_revision(
        self, revision: Revision, taking: Taking | None, changes: Sequence[Change], before: Mapping[str, Record]
    ) -> None:
        told = _told(changes, before)
        action, detail = revision_told(told)
        detail["digest"] = _digest(revision, taking, told)
        self.note(action, actor=revision.author, at=revision.at, subject=f"revision {revision.number}", detail=detail)


def _told(changes: Sequence[Change], before: Mapping[str, Record]) -> list[tuple[str, str, str, str]]:
    return [
        (
            kind_name(type(change.record)),
            change.record.id,
            encode(before[change.record.id]) if change.record.id in before else "",
            encode(change.record) if isinstance(change, Put) else "",
        )
        for change in changes
    ]


def _digest(revision: Revision, taking: Taking | None, told: Sequence[tuple[str, str, str, str]]) -> str:
    step, taken = ("change", None) if taking is None else (taking.step.value, taking.number)
    said = (revision.number, revision.author, stamp(revision.at), revision.reason, step, taken)
    return revision_digest(said, [(kind, name, after) for kind, name, _, after in told])
