"""What the use cases need of the outside, as protocols. Each docstring is the contract that `tests/contracts` checks.

All calls are synchronous and thread-safe; the doors move them off the event loop.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import BinaryIO, Protocol, TypeVar

from scenes.model import Account, Actor, Exhibition, GivenRole, Job, JobState, Key, KeyKind, Record, Revision, Role

R = TypeVar("R", bound=Record)


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Now, with time zone UTC."""
        ...


class Ids(Protocol):
    """Names for new things."""

    def new(self, prefix: str) -> str:
        """A fresh id `prefix_…`, URL-safe, not guessable."""
        ...


@dataclass(frozen=True, slots=True)
class Put:
    """Write this record, new or changed."""

    record: Record


@dataclass(frozen=True, slots=True)
class Remove:
    """End this record; its history stays."""

    record: Record


Change = Put | Remove


class Step(StrEnum):
    """How a revision came about: by a change, by taking one back, or by bringing back what was taken back."""

    CHANGE = "change"
    UNDO = "undo"
    REDO = "redo"


@dataclass(frozen=True, slots=True)
class Taking:
    """That a revision takes back another one: a change (undo), or an undo (redo)."""

    step: Step
    number: int
    """of the revision that is taken back; each is taken back once"""


@dataclass(frozen=True, slots=True)
class Difference:
    """One record, as it stood after an earlier and after a later revision; None: it was not there."""

    seq: int
    """place in the order of first writing"""
    before: Record | None
    after: Record | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some records in the order of their first writing, and how to go on."""

    records: tuple[Record, ...]
    cursors: tuple[str, ...]
    has_next: bool


@dataclass(frozen=True, slots=True)
class BlobUse:
    """A blob that an asset's readers may fetch by its digest."""

    digest: str
    byte_length: int
    media_type: str


@dataclass(frozen=True, slots=True)
class Kept:
    """How many bytes are kept, each blob counted once."""

    deposited: int
    """of files as they were deposited, of every version, also of what was removed since"""
    made: int
    """of what is served of them: tiles, textures, pictures, recordings"""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A revision with all that it wrote and ended, so that it can be written again elsewhere."""

    revision: Revision
    taking: Taking | None
    changes: tuple[Change, ...]
    """in the order of the records' first writing"""


class Catalogue(Protocol):
    """The records and their history. A commit is durable when it returns, and all or nothing."""

    def get(self, kind: type[R], record_id: str, *, as_of: int | None = None) -> R | None:
        """The record as it stands, or as it stood after revision `as_of`."""
        ...

    def find(self, record_id: str) -> Record | None:
        """The record with this id as it stands, of whatever kind."""
        ...

    def get_many(self, kind: type[R], record_ids: Sequence[str], *, as_of: int | None = None) -> Mapping[str, R]:
        """Those of the records that exist, or existed after revision `as_of`, by id, in one statement."""
        ...

    def within(
        self, kind: type[R], scene_ids: Sequence[str], *, as_of: int | None = None
    ) -> Mapping[str, tuple[R, ...]]:
        """All records of a kind that belong to these scenes, by scene, in order of first writing, in one statement."""
        ...

    def count_within(self, kind: type[R], scene_id: str) -> int:
        """How many records of a kind belong to a scene as it stands; none of them is read."""
        ...

    def pages_within(
        self,
        kind: type[R],
        scene_ids: Sequence[str],
        *,
        first: int,
        after: str | None = None,
        as_of: int | None = None,
    ) -> Mapping[str, Page]:
        """For each of the scenes up to `first` of its records after a cursor, in one statement. See `page`."""
        ...

    def page(self, kind: type[R], *, first: int, after: str | None = None, public_only: bool = False) -> Page:
        """Up to `first` records after a cursor, stable under writes. A cursor that is none raises Invalid."""
        ...

    def exhibition_by_slug(self, slug: str) -> Exhibition | None:
        """The exhibition with this slug."""
        ...

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
        """Write all changes as one revision, with its entry in the audit log unless that is carried here otherwise.

        `expected` maps record ids to the revision number they were read at; where one has changed since: Conflict.
        `taking` says that this takes back another revision; where that was taken back already: Conflict.
        `job` is enqueued with it, or neither is: what waits for a job never waits in vain. See `Jobs.enqueue`.
        """
        ...

    def revision_of(self, record_id: str) -> int:
        """Number of the revision that last wrote or removed the record; 0 if there is none."""
        ...

    def revisions_of(self, record_ids: Sequence[str], *, as_of: int | None = None) -> Mapping[str, int]:
        """`revision_of` for many records, up to revision `as_of`, in one statement; unknown ids are left out."""
        ...

    def latest(self) -> int:
        """Number of the last revision, 0 where there is none."""
        ...

    def revision_at(self, at: datetime) -> int:
        """Number of the last revision that was written at `at` or before, 0 where there is none."""
        ...

    def last_within(self, scene_ids: Sequence[str]) -> Mapping[str, int]:
        """Number of the last revision that touched each of the scenes or what belongs to it; 0: none did."""
        ...

    def history(self, record_ids: Sequence[str], *, last: int, as_of: int | None = None) -> tuple[Revision, ...]:
        """The latest revisions that touched these records or what belongs to a scene among them, newest first."""
        ...

    def histories(
        self, record_ids: Sequence[str], *, last: int, as_of: int | None = None
    ) -> Mapping[str, tuple[Revision, ...]]:
        """`history` of each of these records, in one statement."""
        ...

    def between(self, before: int, after: int, *, scene: str | None = None) -> tuple[Difference, ...]:
        """What revision `after` left otherwise than revision `before` did, in order of first writing.

        Of one scene and what belongs to it, or of everything. What was written and taken back in between is left out.
        """
        ...

    def differing(
        self, before: int, after: int, *, scene: str, first: int, beyond: int = 0, public_only: bool = False
    ) -> tuple[tuple[Difference, ...], bool]:
        """A page of `between` for a scene, and whether more follow; no record is read that is not on the page.

        Up to `first` of those whose `seq` is greater than `beyond`. What is written otherwise differs, though it may
        mean the same. `public_only`: without exhibitions that are or were a draft.
        """
        ...

    def count_differing(self, before: int, after: int, *, scene: str, public_only: bool = False) -> int:
        """How many there are on all these pages."""
        ...

    def takeable(
        self, author: str, step: Step, *, scene: str | None = None, before: int | None = None
    ) -> Revision | None:
        """The revision that an undo or a redo of this author would take back, of one scene or of all.

        An undo takes back the author's last revision that is no undo and not taken back. A redo takes back the last
        undo that is not taken back, unless the author has changed something since. With `before`: the next one of
        these before that revision.
        """
        ...

    def mentioning(self, record_ids: Sequence[str], *, scene: str | None) -> Mapping[str, tuple[str, ...]]:
        """For those of the records that others of a scene mention: the ids of these, sorted. None: of every scene.

        A record mentions another where one of its texts is the other's id: what belongs to a scene mentions it.
        """
        ...

    def ended_among(self, record_ids: Sequence[str]) -> frozenset[str]:
        """Those of the records that once were there and are not any more, in one statement."""
        ...

    def public_among(self, record_ids: Sequence[str]) -> frozenset[str]:
        """Those of the records that stand and say of themselves that everybody may know them, in one statement."""
        ...

    def log(self, *, after: int, first: int) -> Sequence[LogEntry]:
        """Up to `first` revisions after that number, in order. Committed in this order they make the same catalogue."""
        ...

    def allow_blobs(self, asset_id: str, uses: Sequence[BlobUse]) -> None:
        """Say that these blobs belong to what is delivered of an asset. Repeating it changes nothing."""
        ...

    def kept(self) -> Kept:
        """How much is kept of what was deposited and of what was made of it, now and in all history."""
        ...

    def blob_use(self, digest: str) -> tuple[BlobUse, tuple[str, ...]] | None:
        """How a blob is served, and the assets that it is delivered for; None where it is not to be served."""
        ...


class Tokens(Protocol):
    """Tokens, sessions and links; only their hashes are kept.

    Where one was made for an account, who uses it is what that account is then: its role, its exhibitions, or nobody
    once it is disabled.
    """

    def add_token(
        self,
        token_hash: str,
        actor: Actor,
        *,
        expires_at: datetime | None,
        once: bool,
        at: datetime,
        kind: KeyKind = KeyKind.TOKEN,
        label: str = "",
        idle_s: int = 0,
    ) -> None:
        """Remember a token. `once`: the first use ends it. `idle_s`: so many seconds without use end it; 0: none do."""
        ...

    def use_token(self, token_hash: str, *, at: datetime) -> Actor | None:
        """Whose token this is, or None where it is unknown, expired, ended or used up."""
        ...

    def holder(self, token_id: str, *, at: datetime) -> Actor | None:
        """As `use_token` for the token with this id (`scenes.model.Key`), without using it."""
        ...

    def spend(self, token_hash: str, *, expires_at: datetime, at: datetime) -> bool:
        """Note that this was seen; False where it was before. It is remembered until it expires, at least."""
        ...

    def has_administrator(self, *, at: datetime | None = None) -> bool:
        """Whether there is an administrator: an account that holds, or a token that is not used up.

        Where `at` is given, one that is not expired then.
        """
        ...

    def tokens_of(self, account: str | None, *, at: datetime) -> Sequence[Key]:
        """Tokens, sessions and links that open at `at`: of an account, or (None) all; the newest first."""
        ...

    def end_token(self, token_id: str, *, at: datetime) -> bool:
        """End a token by its id; False where there is none that holds."""
        ...

    def end_sessions(self, account: str, *, at: datetime) -> None:
        """End all sessions and links of an account."""
        ...


class Accounts(Protocol):
    """Who is known here. Changes are durable when they return; roles have a history."""

    def add_account(self, account: Account, *, password: str, by: str) -> None:
        """Keep a new account with its role and no others. `password`: as it is hashed, empty for none.

        Raises:
            Conflict: the name is taken (whatever its case), or somebody has that subject of that issuer.
        """
        ...

    def account(self, account_id: str) -> Account | None:
        """An account by id."""
        ...

    def account_named(self, name: str) -> tuple[Account, str] | None:
        """An account by name, whatever its case, and its password as it is hashed (empty: none)."""
        ...

    def account_of(self, issuer: str, subject: str) -> Account | None:
        """The account that an identity provider vouches for."""
        ...

    def accounts(self) -> Sequence[Account]:
        """All of them, by name."""
        ...

    def set_password(self, account_id: str, password: str) -> None:
        """Keep another password, hashed. Raises NotFound."""
        ...

    def set_disabled(self, account_id: str, *, at: datetime | None) -> None:
        """Let an account in no more, or (None) again. Raises NotFound."""
        ...

    def give_role(self, account_id: str, role: Role, *, exhibition: str = "", by: str, at: datetime) -> None:
        """Give a role in the museum or in an exhibition, in place of the one there. There, VISITOR takes it away.

        Raises NotFound.
        """
        ...

    def roles_given(self, account_id: str) -> Sequence[GivenRole]:
        """Every role that an account had, in order."""
        ...


class Blobs(Protocol):
    """Immutable bytes by sha256 (64 lower-case hex digits). What `put` acknowledged is durable."""

    def put(self, data: bytes) -> str:
        """Keep these bytes; their digest."""
        ...

    def put_stream(self, source: BinaryIO) -> tuple[str, int]:
        """Keep what `source` yields, never whole in memory; digest and length."""
        ...

    def size(self, digest: str) -> int | None:
        """Length in bytes, None where there is no such blob."""
        ...

    def read(self, digest: str, *, offset: int = 0, length: int | None = None) -> bytes:
        """A range of a blob, clipped to its end.

        Raises:
            NotFound: there is no such blob.
        """
        ...

    def open(self, digest: str) -> BinaryIO:
        """A blob for sequential reading; close it. Raises NotFound."""
        ...

    def keep_packed(self, digest: str, packed: bytes) -> None:
        """Keep a blob packed beside it, by gzip or by brotli, for whoever takes it so. One form is kept of a blob.

        Raises:
            NotFound: there is no such blob.
            ValueError: it is neither of that blob.
        """
        ...

    def read_packed(self, digest: str) -> bytes | None:
        """The packed form of a blob, None where none is kept. It is no more than a convenience: the blob is there."""
        ...


class Derived(Protocol):
    """What can be made again from records and blobs at any time, kept by a name to spare the work.

    Room is limited: what is oldest may be gone, all of it too, and nothing but time is lost. A name stands for one
    value for good, so writing it again changes nothing.
    """

    def get_many(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Those values that are here, by name, in one statement."""
        ...

    def put_many(self, values: Mapping[str, bytes]) -> None:
        """Keep values, all or none. What the room does not suffice for is dropped at once: nobody waits for it."""
        ...

    def clear(self) -> None:
        """Drop everything: something that it was made of is erased for good."""
        ...


class Jobs(Protocol):
    """The durable queue."""

    def enqueue(self, job: Job) -> None:
        """Keep a job in state QUEUED."""
        ...

    def lease(self, *, worker: str, at: datetime, seconds: float) -> Job | None:
        """The oldest job that is queued, or whose lease ran out; it becomes RUNNING, its attempts grow by one."""
        ...

    def report(self, job_id: str, *, worker: str, progress: float, message: str, at: datetime, seconds: float) -> bool:
        """Progress, and a longer lease; False where the job is no longer this worker's or was cancelled."""
        ...

    def finish(self, job_id: str, *, worker: str, state: JobState, message: str, code: str, at: datetime) -> bool:
        """End a job; False where it is no longer this worker's."""
        ...

    def give_back(self, job_id: str, *, worker: str, message: str, at: datetime) -> bool:
        """Queue a job again as if it had not been begun: no attempt; False where it is no longer this worker's."""
        ...

    def cancel(self, job_id: str, *, at: datetime) -> Job | None:
        """Cancel a job that has not ended."""
        ...

    def job(self, job_id: str) -> Job | None:
        """A job by id."""
        ...

    def jobs_of(self, subject_ids: Sequence[str]) -> Mapping[str, tuple[Job, ...]]:
        """Jobs by the id of what they work on, oldest first, in one statement."""
        ...

    def latest_jobs(self, *, states: Collection[JobState], first: int) -> Sequence[Job]:
        """Of the jobs in these states those that were asked for last, the latest first."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """Something changed: `topic` is a record's or a job's id. It carries no content: readers ask the catalogue."""

    topic: str


class Bus(Protocol):
    """Change notices. They may be lost, so nothing depends on them but promptness."""

    def publish(self, notice: Notice) -> None:
        """Tell every listener of the topic. Never fails, never waits."""
        ...

    def listen(self, topic: str, callback: Callable[[Notice], None]) -> Callable[[], None]:
        """Call back on each notice, from any thread; returns what ends it."""
        ...


class Relay(Protocol):
    """Short messages between the processes of one museum. They may be lost, and nothing of them is kept."""

    def publish(self, topic: str, data: bytes) -> None:
        """Say it to every listener of the topic in every process, this one too. Never fails, never waits."""
        ...

    def listen(self, topic: str, callback: Callable[[bytes], None]) -> Callable[[], None]:
        """Call back on each message, from any thread; returns what ends it (more than once is fine)."""
        ...

    def close(self) -> None:
        """Nothing more is said or heard."""
        ...


class Museum(Protocol):
    """What a curator's use case needs. `api.services.Services` is one by its shape."""

    @property
    def catalogue(self) -> Catalogue:
        """The records."""
        ...

    @property
    def bus(self) -> Bus:
        """Change notices."""
        ...

    @property
    def clock(self) -> Clock:
        """The time of day."""
        ...

    @property
    def ids(self) -> Ids:
        """Names for new things."""
        ...


class Uploads(Protocol):
    """Bytes on their way in (tus). Offsets acknowledged are durable."""

    def create(self, *, upload_id: str, length: int, metadata: Mapping[str, str], owner: str, at: datetime) -> None:
        """Begin an upload of `length` bytes."""
        ...

    def append(self, upload_id: str, *, offset: int, chunks: Iterator[bytes]) -> int:
        """Add bytes at `offset`; the new offset. Raises NotFound, Conflict (another offset), TooLarge."""
        ...

    def offset(self, upload_id: str) -> tuple[int, int, Mapping[str, str], str]:
        """Offset, length, metadata, owner. Raises NotFound."""
        ...

    def open_upload(self, upload_id: str) -> BinaryIO:
        """The bytes of a complete upload."""
        ...

    def discard(self, upload_id: str) -> None:
        """Forget an upload."""
        ...

    def begun(self) -> Sequence[str]:
        """Ids of the uploads that were begun and not discarded."""
        ...
