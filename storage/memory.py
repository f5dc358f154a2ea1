"""Every port in memory: for tests and trials. The same contract suites as for the engines hold."""

from __future__ import annotations

import hashlib
import io
import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO, TypeVar, cast

from scenes.errors import Conflict, Invalid, NotFound, TooLarge
from scenes.fixity import check_packed
from scenes.model import Asset, Exhibition, Job, JobState, Record, Revision
from scenes.ports import BlobUse, Kept, Page, Remove
from storage.bus_local import LocalBus
from storage.memory_access import MemoryAccess
from storage.memory_audit import MemoryAudit
from storage.memory_history import MemoryHistory, Version
from storage.memory_purges import MemoryPurges
from storage.records import cursor, is_public, kind_name, place, scene_of, slug_of
from storage.system import SystemClock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from scenes.ports import Change, Taking

R = TypeVar("R", bound=Record)

MemoryBus = LocalBus
"""Notices never leave the process, so there is nothing else to imitate."""


@dataclass(slots=True)
class _Leased:
    job: Job
    worker: str = ""
    until: datetime | None = None


class MemoryCatalogue(MemoryPurges, MemoryHistory, MemoryAudit, MemoryAccess):
    """`scenes.ports.Catalogue`, `Tokens`, `Accounts`, `Jobs` and `scenes.audit.Audit` in memory."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._versions: list[Version] = []
        self._revisions: list[Revision] = []
        self._takings: dict[int, Taking] = {}
        self._blobs: dict[str, dict[str, BlobUse]] = {}
        self._keys, self._accounts, self._given = {}, {}, {}
        self._jobs: dict[str, _Leased] = {}
        self._audit = []
        self._purges, self._purge_blobs, self._purged = {}, {}, {}

    def close(self) -> None:
        """Nothing to close."""

    # Catalogue

    def get(self, kind: type[R], record_id: str, *, as_of: int | None = None) -> R | None:
        """The record as it stands, or as it stood after revision `as_of`."""
        for version in self._standing(kind, as_of):
            if version.record.id == record_id:
                return cast("R", version.record)
        return None

    def find(self, record_id: str) -> Record | None:
        """The record with this id as it stands, of whatever kind."""
        version = self._latest(record_id)
        return None if version is None or version.end is not None else version.record

    def get_many(self, kind: type[R], record_ids: Sequence[str], *, as_of: int | None = None) -> Mapping[str, R]:
        """Those of the records that exist, or existed after revision `as_of`, by id."""
        wanted = set(record_ids)
        return {v.record.id: cast("R", v.record) for v in self._standing(kind, as_of) if v.record.id in wanted}

    def within(
        self, kind: type[R], scene_ids: Sequence[str], *, as_of: int | None = None
    ) -> Mapping[str, tuple[R, ...]]:
        """All records of a kind that belong to these scenes, by scene, in order of first writing."""
        found: dict[str, list[R]] = {scene: [] for scene in scene_ids}
        for version in self._standing(kind, as_of):
            scene = scene_of(version.record)
            if scene in found:
                found[scene].append(cast("R", version.record))
        return {scene: tuple(records) for scene, records in found.items()}

    def count_within(self, kind: type[R], scene_id: str) -> int:
        """How many records of a kind belong to a scene as it stands."""
        return sum(scene_of(version.record) == scene_id for version in self._standing(kind, None))

    def pages_within(
        self,
        kind: type[R],
        scene_ids: Sequence[str],
        *,
        first: int,
        after: str | None = None,
        as_of: int | None = None,
    ) -> Mapping[str, Page]:
        """For each of the scenes up to `first` of its records after a cursor."""
        start = 0 if after is None else place(kind, after)
        standing = [version for version in self._standing(kind, as_of) if version.seq > start]
        return {
            scene: _page(kind, [version for version in standing if scene_of(version.record) == scene], first)
            for scene in scene_ids
        }

    def page(self, kind: type[R], *, first: int, after: str | None = None, public_only: bool = False) -> Page:
        """Up to `first` records after a cursor, stable under writes. A cursor that is none raises Invalid."""
        start = 0 if after is None else place(kind, after)
        found = [
            version
            for version in self._standing(kind, None)
            if version.seq > start and (is_public(version.record) or not public_only)
        ]
        return _page(kind, found, first)

    def exhibition_by_slug(self, slug: str) -> Exhibition | None:
        """The exhibition with this slug."""
        for version in self._standing(Exhibition, None):
            if slug_of(version.record) == slug:
                return cast("Exhibition", version.record)
        return None

    def commit(
        self,
        changes: Sequence[Change],
        *,
        author: str,
        reason: str,
        at: datetime,
        expected: Mapping[str, int] | None = None,
        taking: Taking | None = None,
        job: Job | None = None,
        noted: bool = True,
    ) -> Revision:
        """Write all changes as one revision, note it, enqueue a job with it. Raises Conflict, NotFound, Invalid."""
        if not changes:
            raise Invalid("a revision needs at least one change")
        if len({change.record.id for change in changes}) != len(changes):
            raise Invalid("a revision changes a record only once")
        with self._lock:
            latest = {change.record.id: self._latest(change.record.id) for change in changes}
            # Everything is checked first: there is no transaction to undo.
            self._check(changes, latest, expected or {})
            if taking is not None and any(each.number == taking.number for each in self._takings.values()):
                raise Conflict(f"revision {taking.number} was taken back already")
            if job is not None:
                self.enqueue(job)
            revision = Revision(len(self._revisions) + 1, author, at, reason)
            before = {name: each.record for name, each in latest.items() if each is not None and each.end is None}
            for change in changes:
                version = latest[change.record.id]
                if version is not None and version.end is None:
                    version.end = revision.number
                if not isinstance(change, Remove):
                    seq = version.seq if version else max((v.seq for v in self._versions), default=0) + 1
                    self._versions.append(Version(change.record, seq, revision.number))
            self._revisions.append(revision)
            if taking is not None:
                self._takings[revision.number] = taking
            if noted:
                self._append_revision(revision, taking, changes, before)
            return revision

    def allow_blobs(self, asset_id: str, uses: Sequence[BlobUse]) -> None:
        """Say that these blobs belong to what is delivered of an asset. Repeating it changes nothing."""
        with self._lock:
            for use in uses:
                self._blobs.setdefault(use.digest, {}).setdefault(asset_id, use)

    def blob_use(self, digest: str) -> tuple[BlobUse, tuple[str, ...]] | None:
        """How a blob is served, and the assets that it is delivered for; None where it is not to be served."""
        with self._lock:
            uses = self._blobs.get(digest)
            if not uses:
                return None
            assets = tuple(sorted(uses))
            return uses[assets[0]], assets

    def kept(self) -> Kept:
        """How much is kept of what was deposited and of what was made of it, now and in all history."""
        masters: dict[str, int] = {}
        with self._lock:
            for version in self._versions:
                if isinstance(asset := version.record, Asset):
                    masters[asset.master] = asset.byte_length
                    if asset.replacement is not None:
                        masters[asset.replacement.master] = asset.replacement.byte_length
            made = sum(max(use.byte_length for use in uses.values()) for uses in self._blobs.values() if uses)
        return Kept(deposited=sum(masters.values()), made=made)

    # Jobs

    def enqueue(self, job: Job) -> None:
        """Keep a job in state QUEUED."""
        if job.state is not JobState.QUEUED:
            raise ValueError(f"job {job.id}: only a queued job can be enqueued, this is {job.state.value}")
        with self._lock:
            if job.id in self._jobs:
                raise Conflict(f"job {job.id} is there already")
            self._jobs[job.id] = _Leased(job)

    def lease(self, *, worker: str, at: datetime, seconds: float) -> Job | None:
        """The oldest job that is queued, or whose lease ran out; it becomes RUNNING, its attempts grow by one."""
        with self._lock:
            for leased in self._jobs.values():
                free = leased.job.state is JobState.QUEUED
                if leased.job.state is JobState.RUNNING and leased.until is not None:
                    free = leased.until <= at
                if free:
                    leased.job = replace(
                        leased.job, state=JobState.RUNNING, attempts=leased.job.attempts + 1, updated_at=at
                    )
                    leased.worker, leased.until = worker, at + timedelta(seconds=seconds)
                    return leased.job
        return None

    def report(self, job_id: str, *, worker: str, progress: float, message: str, at: datetime, seconds: float) -> bool:
        """Progress, and a longer lease; False where the job is no longer this worker's or was cancelled."""
        with self._lock:
            leased = self._held(job_id, worker)
            if leased is None:
                return False
            leased.job = replace(leased.job, progress=progress, message=message, updated_at=at)
            leased.until = at + timedelta(seconds=seconds)
            return True

    def finish(self, job_id: str, *, worker: str, state: JobState, message: str, code: str, at: datetime) -> bool:
        """End a job; False where it is no longer this worker's."""
        with self._lock:
            leased = self._held(job_id, worker)
            if leased is None:
                return False
            progress = 1.0 if state is JobState.DONE else leased.job.progress
            leased.job = replace(leased.job, state=state, message=message, code=code, updated_at=at, progress=progress)
            leased.worker, leased.until = "", None
            return True

    def give_back(self, job_id: str, *, worker: str, message: str, at: datetime) -> bool:
        """Queue a job again as if it had not been begun: no attempt; False where it is no longer this worker's."""
        with self._lock:
            leased = self._held(job_id, worker)
            if leased is None:
                return False
            attempts = leased.job.attempts - 1
            leased.job = replace(
                leased.job, state=JobState.QUEUED, progress=0.0, message=message, attempts=attempts, updated_at=at
            )
            leased.worker, leased.until = "", None
            return True

    def cancel(self, job_id: str, *, at: datetime) -> Job | None:
        """Cancel a job that has not ended; None where there is none such."""
        with self._lock:
            leased = self._jobs.get(job_id)
            if leased is None or not leased.job.is_at_work:
                return None
            leased.job = replace(leased.job, state=JobState.CANCELLED, updated_at=at)
            leased.worker, leased.until = "", None
            return leased.job

    def job(self, job_id: str) -> Job | None:
        """A job by id."""
        with self._lock:
            leased = self._jobs.get(job_id)
            return None if leased is None else leased.job

    def jobs_of(self, subject_ids: Sequence[str]) -> Mapping[str, tuple[Job, ...]]:
        """Jobs by the id of what they work on, oldest first."""
        with self._lock:
            return {
                subject: tuple(leased.job for leased in self._jobs.values() if leased.job.subject == subject)
                for subject in subject_ids
            }

    def latest_jobs(self, *, states: Collection[JobState], first: int) -> Sequence[Job]:
        """Of the jobs in these states those that were asked for last, the latest first."""
        with self._lock:
            found = [leased.job for leased in self._jobs.values() if leased.job.state in states]
        return found[::-1][:first]

    def _held(self, job_id: str, worker: str) -> _Leased | None:
        leased = self._jobs.get(job_id)
        if leased is None or leased.worker != worker or leased.job.state is not JobState.RUNNING:
            return None
        return leased

    def _standing(self, kind: type[R], as_of: int | None) -> list[Version]:
        """Versions of a kind that stand now or stood after `as_of`, in order of first writing."""
        with self._lock:
            found = [v for v in self._versions if type(v.record) is kind and v.stands(as_of)]
        return sorted(found, key=lambda version: version.seq)

    def _latest(self, record_id: str) -> Version | None:
        with self._lock:
            for version in reversed(self._versions):
                if version.record.id == record_id:
                    return version
        return None

    def _check(
        self, changes: Sequence[Change], latest: Mapping[str, Version | None], expected: Mapping[str, int]
    ) -> None:
        for record_id, number in expected.items():
            now = self.revision_of(record_id)
            if now != number:
                by = f" by {self._revisions[now - 1].author} in revision {now}" if now else ""
                raise Conflict(f"{record_id} was changed{by}, after revision {number} that was read")
        for change in changes:
            version = latest[change.record.id]
            if version is not None and type(version.record) is not type(change.record):
                raise Conflict(f"{change.record.id} is a {kind_name(type(version.record))}")
            if isinstance(change, Remove) and (version is None or version.end is not None):
                raise NotFound(f"there is no {kind_name(type(change.record))} {change.record.id}")
        self._check_slugs(changes)

    def _check_slugs(self, changes: Sequence[Change]) -> None:
        slugs = {
            version.record.id: slug for version in self._standing(Exhibition, None) if (slug := slug_of(version.record))
        }
        for change in changes:
            slugs.pop(change.record.id, None)
        for change in changes:
            slug = slug_of(change.record)
            if slug is not None and not isinstance(change, Remove):
                if slug in slugs.values():
                    raise Conflict(f"the address {slug!r} is taken")
                slugs[change.record.id] = slug


class MemoryBlobs:
    """`scenes.ports.Blobs` in memory."""

    def __init__(self) -> None:
        self._blobs: dict[str, bytes] = {}
        self._packed: dict[str, bytes] = {}
        self._put_at: dict[str, datetime] = {}

    def put(self, data: bytes) -> str:
        """Keep these bytes; their digest."""
        digest = hashlib.sha256(data).hexdigest()
        self._blobs.setdefault(digest, bytes(data))
        self._put_at[digest] = SystemClock().now()
        return digest

    def put_stream(self, source: BinaryIO) -> tuple[str, int]:
        """Keep what `source` yields; digest and length."""
        data = b"".join(iter(lambda: source.read(1 << 20), b""))
        return self.put(data), len(data)

    def size(self, digest: str) -> int | None:
        """Length in bytes, None where there is no such blob."""
        data = self._blobs.get(digest)
        return None if data is None else len(data)

    def read(self, digest: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """A range of a blob, clipped to its end. Raises NotFound."""
        if digest not in self._blobs:
            raise NotFound(f"there is no blob {digest[:80]!r}")
        end = None if length is None else offset + length
        return self._blobs[digest][offset:end]

    def open(self, digest: str) -> BinaryIO:
        """A blob for sequential reading. Raises NotFound."""
        return io.BytesIO(self.read(digest))

    def digests(self, *, after: str = "") -> Iterator[str]:
        """Digests of the blobs that are here, in order, those after `after`."""
        return iter(sorted(digest for digest in self._blobs if digest > after))

    def set_aside(self, digest: str) -> None:
        """Take a damaged blob out of the way; nothing where there is none."""
        self._blobs.pop(digest, None)
        self._packed.pop(digest, None)

    def forget_packed(self, digest: str) -> None:
        """Drop the packed form of a blob; nothing where there is none."""
        self._packed.pop(digest, None)

    def erase(self, digest: str, *, before: datetime) -> bool:
        """Delete a blob for good if it was last put before that moment; whether it is gone, and was there."""
        if digest not in self._blobs or self._put_at[digest] >= before:
            return False
        del self._blobs[digest]
        self._packed.pop(digest, None)
        return True

    def keep_packed(self, digest: str, packed: bytes) -> None:
        """Keep a blob packed beside it. Raises NotFound, ValueError."""
        check_packed(digest, packed, self.size(digest))
        self._packed[digest] = bytes(packed)

    def read_packed(self, digest: str) -> bytes | None:
        """The packed form of a blob, None where none is kept."""
        return self._packed.get(digest)


@dataclass(slots=True)
class _Upload:
    length: int
    metadata: dict[str, str]
    owner: str
    data: bytes = b""


class MemoryUploads:
    """`scenes.ports.Uploads` in memory."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._uploads: dict[str, _Upload] = {}

    def create(self, *, upload_id: str, length: int, metadata: Mapping[str, str], owner: str, at: datetime) -> None:
        """Begin an upload of `length` bytes. Raises Conflict where the id is taken."""
        del at
        with self._lock:
            if upload_id in self._uploads:
                raise Conflict(f"upload {upload_id} is there already")
            self._uploads[upload_id] = _Upload(length, dict(metadata), owner)

    def append(self, upload_id: str, *, offset: int, chunks: Iterator[bytes]) -> int:
        """Add bytes at `offset`; the new offset. Raises NotFound, Conflict (another offset), TooLarge."""
        with self._lock:
            upload = self._get(upload_id)
            if offset != len(upload.data):
                raise Conflict(f"upload {upload_id} stands at {len(upload.data)}, not at {offset}")
            for chunk in chunks:
                if len(upload.data) + len(chunk) > upload.length:
                    raise TooLarge(f"upload {upload_id} was announced with {upload.length} bytes, more came")
                upload.data += chunk
            return len(upload.data)

    def offset(self, upload_id: str) -> tuple[int, int, Mapping[str, str], str]:
        """Offset, length, metadata, owner. Raises NotFound."""
        with self._lock:
            upload = self._get(upload_id)
            return len(upload.data), upload.length, dict(upload.metadata), upload.owner

    def open_upload(self, upload_id: str) -> BinaryIO:
        """The bytes of a complete upload. Raises NotFound, Conflict where bytes are missing."""
        with self._lock:
            upload = self._get(upload_id)
            if len(upload.data) != upload.length:
                raise Conflict(f"upload {upload_id} has {len(upload.data)} of {upload.length} bytes")
            return io.BytesIO(upload.data)

    def discard(self, upload_id: str) -> None:
        """Forget an upload; nothing where there is none."""
        with self._lock:
            self._uploads.pop(upload_id, None)

    def begun(self) -> Sequence[str]:
        """Ids of the uploads that were begun and not discarded."""
        with self._lock:
            return sorted(self._uploads)

    def _get(self, upload_id: str) -> _Upload:
        if upload_id not in self._uploads:
            raise NotFound(f"there is no upload {upload_id[:80]!r}")
        return self._uploads[upload_id]


def _page(kind: type[R], versions: list[Version], first: int) -> Page:
    kept = versions[:first]
    return Page(
        tuple(version.record for version in kept),
        tuple(cursor(kind, version.seq) for version in kept),
        len(versions) > first,
    )
