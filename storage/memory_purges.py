"""`scenes.purging.Purges` in memory: the clear version of `storage.purges_sql`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scenes.authoring.desk import called
from scenes.erasing import blobs_in, reworded
from scenes.errors import Conflict
from scenes.model import Asset
from scenes.purging import Purge, Tombstone
from storage.records import kind_name, scene_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from scenes.audit import Entry
    from scenes.model import Job, Revision
    from scenes.ports import BlobUse, Taking
    from storage.memory_history import Version


class MemoryPurges:
    """What is erased for good, in memory."""

    _lock: threading.RLock
    _versions: list[Version]
    _revisions: list[Revision]
    _takings: dict[int, Taking]
    _blobs: dict[str, dict[str, BlobUse]]
    _jobs: dict[str, Any]
    _purges: dict[str, Purge]
    _purge_blobs: dict[str, frozenset[str]]
    _purged: dict[str, tuple[str, str]]
    """kind and purge of each record that is gone"""

    if TYPE_CHECKING:
        # The catalogue brings these.
        def enqueue(self, job: Job) -> None:
            """As `scenes.ports.Jobs` has it."""

        def note(self, action: str, *, at: datetime, actor: str = "", subject: str = "", detail: Any = None) -> Entry:
            """As `scenes.audit.Audit` has it."""

        def digests(self, *, after: int, first: int) -> Mapping[int, str]:
            """As `scenes.audit.Audit` has it."""

    def tombstones(self, *, first: int, before: int | None = None) -> Sequence[Tombstone]:
        """Up to `first` records that were removed and not brought back, the latest revision first."""
        with self._lock:
            last = {version.record.id: version for version in self._versions}
            ended = [each for each in last.values() if each.end is not None and (before is None or each.end < before)]
            ended.sort(key=lambda each: (-(each.end or 0), each.seq))
            return [
                Tombstone(
                    each.record.id,
                    kind_name(type(each.record)),
                    called(each.record),
                    self._revisions[(each.end or 0) - 1],
                )
                for each in ended[:first]
            ]

    def removals(self, record_ids: Collection[str]) -> Mapping[str, datetime | None]:
        """Those records and what belongs to them that are known: when each was removed, None where it stands."""
        with self._lock:
            found: dict[str, datetime | None] = {}
            for version in self._versions:
                if version.record.id in record_ids or scene_of(version.record) in record_ids:
                    found[version.record.id] = None if version.end is None else self._revisions[version.end - 1].at
            return found

    def add_purge(self, purge: Purge) -> None:
        """Remember a proposal."""
        with self._lock:
            self._purges[purge.id] = purge
            told = {"records": len(purge.records)}
            self.note("purge.proposed", actor=purge.proposed_by, at=purge.proposed_at, subject=purge.id, detail=told)

    def purge(self, purge_id: str) -> Purge | None:
        """A proposal by its id."""
        return self._purges.get(purge_id)

    def purges(self, *, first: int) -> Sequence[Purge]:
        """Up to `first` proposals, the latest first."""
        return list(reversed(self._purges.values()))[:first]

    def approve_purge(self, purge_id: str, *, by: str, at: datetime, job: Job) -> bool:
        """Approve, and enqueue the job with it; False where it was approved already."""
        with self._lock:
            purge = self._purges.get(purge_id)
            if purge is None or purge.approved_by:
                return False
            self.enqueue(job)
            self._purges[purge_id] = replace(purge, approved_by=by, approved_at=at)
            self.note("purge.approved", actor=by, at=at, subject=purge_id)
            return True

    def erase_records(self, purge_id: str, *, removed_before: datetime, at: datetime) -> frozenset[str]:
        """Erase what an approved purge names and was removed before that moment; digests of what was theirs."""
        with self._lock:
            purge = self._purges.get(purge_id)
            if purge is None or not purge.approved_by:
                raise Conflict(f"{purge_id} is not approved")
            if purge.erased_at is None:
                removed = self.removals(purge.records)
                gone = {name for name, when in removed.items() if when is not None and when <= removed_before}
                self._purge_blobs[purge_id] = self._erase(purge, gone, at)
                self._purges[purge_id] = replace(purge, erased_at=at)
            return self._purge_blobs[purge_id]

    def end_purge(self, purge_id: str, *, at: datetime) -> None:
        """Its bytes are gone, too."""
        with self._lock:
            self._purges[purge_id] = replace(self._purges[purge_id], ended_at=at)
            self._purge_blobs[purge_id] = frozenset()

    def purged(self) -> Mapping[str, tuple[str, Purge]]:
        """Kind and purge of each record that is gone, by its id."""
        return {name: (kind, self._purges[purge]) for name, (kind, purge) in sorted(self._purged.items())}

    def carry_purges(self, purges: Iterable[Purge], purged: Mapping[str, tuple[str, str]]) -> None:
        """Remember purges of another museum that this one is made of."""
        with self._lock:
            for each in purges:
                self._purges.setdefault(each.id, each)
            for name, told in purged.items():
                self._purged.setdefault(name, told)

    def empty_revision(self, revision: Revision, taking: Taking | None) -> None:
        """Write a revision of which all is erased, at its number. Raises Conflict."""
        with self._lock:
            if len(self._revisions) + 1 != revision.number:
                raise Conflict(f"revision {revision.number} does not follow revision {len(self._revisions)}")
            self._revisions.append(revision)
            if taking is not None:
                self._takings[revision.number] = taking

    def named_blobs(self) -> frozenset[str]:
        """Digests that any version of a record names, or that are delivered of an asset."""
        with self._lock:
            named = {
                digest for each in self._versions if isinstance(each.record, Asset) for digest in blobs_in(each.record)
            }
            return frozenset(named | {digest for digest, uses in self._blobs.items() if uses})

    def _erase(self, purge: Purge, gone: set[str], at: datetime) -> frozenset[str]:
        versions = [each for each in self._versions if each.record.id in gone]
        theirs = {digest for each in versions for digest in blobs_in(each.record)}
        for digest, uses in self._blobs.items():
            for name in gone & uses.keys():
                theirs.add(digest)
                del uses[name]
        self._jobs = {name: each for name, each in self._jobs.items() if each.job.subject not in gone}
        self._versions = [each for each in self._versions if each.record.id not in gone]
        for each in versions:
            self._purged[each.record.id] = (kind_name(type(each.record)), purge.id)
        left = {number for each in self._versions for number in (each.start, each.end)}
        touched = sorted({number for each in versions for number in (each.start, each.end) if number is not None})
        for number in touched:
            revision, records = self._revisions[number - 1], [each.record for each in versions]
            reason = reworded(revision.reason, records, is_empty=number not in left)
            self._revisions[number - 1] = replace(revision, reason=reason)
        digests = self.digests(after=0, first=len(self._revisions))
        if touched:
            told = {"revisions": {str(number): digests[number] for number in touched}}
            self.note("purge.erased", actor=purge.approved_by, at=at, subject=purge.id, detail=told)
        return frozenset(theirs)
