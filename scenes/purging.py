"""What was removed can be brought back; what was removed long ago can be erased for good, by two people.

    removed ─── a tombstone: all of it is kept ──► restored (`scenes.restoring`)
       └─ after 30 days ─► proposed ─ by another person, within 7 days ─► approved ─► erased ─► ended

Erased are all versions of the records in the history, with what belonged to them (of a scene its members, of an asset
its statuses), what else names them by their names (reasons of revisions), and the bytes that no other record names. The
revisions stay, empty, and the ids, so that nothing that names them is brought back.

Every step may be repeated after a crash: the records go in one transaction, which also notes the bytes that were
theirs; these are looked at afterwards, and erased where nothing names them any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from scenes.authoring.text import shown
from scenes.errors import Conflict, Forbidden, Invalid, NotFound
from scenes.ingest import JOBS_TOPIC
from scenes.model import Job
from scenes.ports import Museum, Notice
from scenes.rights import Action, require

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from scenes.fixity import Store
    from scenes.model import Actor, Revision
    from scenes.ports import Taking

KIND = "purge"
"""of the job"""
TOMBSTONE = timedelta(days=30)
"""how long what was removed is kept at least"""
OPEN = timedelta(days=7)
"""how long a proposal can be approved"""
FRESH = timedelta(days=1)
"""bytes that were put within it may be about to be named; no job takes as long"""
MAX_RECORDS = 1_000
MAX_REASON = 2_000

PROPOSES, APPROVES = Action.EDIT, Action.ADMINISTER
"""what the two people must be allowed to do"""


@dataclass(frozen=True, slots=True)
class Purge:
    """A proposal to erase records, and what became of it."""

    id: str
    records: tuple[str, ...]
    """ids that were named"""
    reason: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    erased_at: datetime | None = None
    """when the records went; the bytes go after that"""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A record that was removed and is kept."""

    id: str
    kind: str
    """its word in the database"""
    title: str
    revision: Revision
    """which removed it"""


class Purges(Protocol):
    """What is erased for good. `storage.purges_sql` is one, with the catalogue; a call is all or nothing."""

    def tombstones(self, *, first: int, before: int | None = None) -> Sequence[Tombstone]:
        """Up to `first` records that were removed and not brought back, the latest revision first."""
        ...

    def removals(self, record_ids: Collection[str]) -> Mapping[str, datetime | None]:
        """Those records and what belongs to them that are known: when each was removed, None where it stands."""
        ...

    def add_purge(self, purge: Purge) -> None:
        """Remember a proposal."""
        ...

    def purge(self, purge_id: str) -> Purge | None:
        """A proposal by its id."""
        ...

    def purges(self, *, first: int) -> Sequence[Purge]:
        """Up to `first` proposals, the latest first."""
        ...

    def approve_purge(self, purge_id: str, *, by: str, at: datetime, job: Job) -> bool:
        """Approve, and enqueue the job with it; False where it was approved already."""
        ...

    def erase_records(self, purge_id: str, *, removed_before: datetime, at: datetime) -> frozenset[str]:
        """Erase what an approved purge names and was removed before that moment; digests of the bytes that were theirs.

        What stands, or was brought back meanwhile, stays. Done again, it erases nothing and says the same.
        """
        ...

    def end_purge(self, purge_id: str, *, at: datetime) -> None:
        """Its bytes are gone, too."""
        ...

    def purged(self) -> Mapping[str, tuple[str, Purge]]:
        """Kind and purge of each record that is gone, by its id."""
        ...

    def carry_purges(self, purges: Iterable[Purge], purged: Mapping[str, tuple[str, str]]) -> None:
        """Remember purges of another museum that this one is made of; kind and id of the purge by record."""
        ...

    def empty_revision(self, revision: Revision, taking: Taking | None) -> None:
        """Write a revision of which all is erased, at its number. Raises Conflict."""
        ...

    def named_blobs(self) -> frozenset[str]:
        """Digests that any version of a record names, or that are delivered of an asset."""
        ...


def propose_purge(museum: Museum, purges: Purges, actor: Actor, record_ids: Sequence[str], *, reason: str) -> Purge:
    """Propose to erase records that were removed 30 days ago or earlier, with all that belongs to them.

    Raises:
        Forbidden, Unauthorized: the actor may not propose it, or has no account.
        Invalid: nothing or too much is named, or no reason.
        NotFound: there never was such a record, or it is erased.
        Conflict: one of them stands, or was removed less than 30 days ago.
    """
    require(actor, PROPOSES)
    _require_account(actor)
    return _proposed(museum, purges, actor.name, record_ids, reason)


def _proposed(museum: Museum, purges: Purges, by: str, record_ids: Sequence[str], reason: str) -> Purge:
    said, named = " ".join(reason.split()), tuple(dict.fromkeys(record_ids))
    if not 1 <= len(named) <= MAX_RECORDS:
        raise Invalid(f"ids: {len(named)}, expected 1 to {MAX_RECORDS}")
    if not 1 <= len(said) <= MAX_REASON:
        raise Invalid(f"reason: {len(said)} characters, expected 1 to {MAX_REASON}; it stays when all else is gone")
    now = museum.clock.now()
    removals = purges.removals(named)
    for each in named:
        if each not in removals:
            raise NotFound(f"there is no record {shown(each)}")
    for name, removed in sorted(removals.items()):
        if removed is None:
            raise Conflict(f"{name} stands; only what was removed can be erased")
        if removed > now - TOMBSTONE:
            raise Conflict(
                f"{name} was removed on {removed:%Y-%m-%d}, and is kept until {removed + TOMBSTONE:%Y-%m-%d}"
            )
    purge = Purge(museum.ids.new("purge"), named, said, by, now)
    purges.add_purge(purge)
    return purge


def approve_purge(museum: Museum, purges: Purges, actor: Actor, purge_id: str) -> Purge:
    """Agree to what another person proposed; it is then done by a job. Doing it again changes nothing.

    Raises:
        Forbidden, Unauthorized: the actor may not approve it, proposed it, or has no account.
        NotFound: there is no such proposal.
        Conflict: it is older than 7 days.
    """
    require(actor, APPROVES)
    _require_account(actor)
    purge, now = purges.purge(purge_id), museum.clock.now()
    if purge is None:
        raise NotFound(f"there is no purge {shown(purge_id)}")
    if purge.approved_by:
        return purge
    if purge.proposed_by == actor.name:
        raise Forbidden("a purge needs two people: another one than who proposed it approves it")
    if now > purge.proposed_at + OPEN:
        raise Conflict(f"{purge_id} was proposed more than {OPEN.days} days ago; propose it again")
    return _approved(museum, purges, actor.name, purge)


def _require_account(actor: Actor) -> None:
    """Two people are two accounts: tokens of the machine's have whatever names, and one hand may hold two of them."""
    if not actor.account:
        raise Forbidden("a purge needs two people with accounts here; or `chronotope purge` at the machine")


def _approved(museum: Museum, purges: Purges, by: str, purge: Purge) -> Purge:
    now = museum.clock.now()
    job = Job.queued(job_of(purge.id), KIND, purge.id, now)
    purges.approve_purge(purge.id, by=by, at=now, job=job)
    museum.bus.publish(Notice(JOBS_TOPIC))
    found = purges.purge(purge.id)
    assert found is not None, "it was there a moment ago"
    return found


def purge_at_once(museum: Museum, purges: Purges, who: str, record_ids: Sequence[str], *, reason: str) -> Purge:
    """Propose and approve in one: for who sits at the machine and could do worse. Raises as `propose_purge`."""
    return _approved(museum, purges, f"{who} (at the machine)", _proposed(museum, purges, who, record_ids, reason))


def job_of(purge_id: str) -> str:
    """Id of the job that carries a purge out."""
    return f"job_{purge_id.removeprefix('purge_')}"


def carry_out(museum: Museum, purges: Purges, stores: Sequence[Store], purge_id: str) -> int:
    """Erase the records of an approved purge, then the bytes that nothing names any more; how many objects went.

    Raises:
        NotFound: it is not approved.
    """
    purge, now = purges.purge(purge_id), museum.clock.now()
    if purge is None or not purge.approved_by:
        raise NotFound(f"there is no approved purge {shown(purge_id)}")
    theirs = purges.erase_records(purge_id, removed_before=now - TOMBSTONE, at=now)
    gone = _erase(stores, sorted(theirs - purges.named_blobs()), now)
    purges.end_purge(purge_id, at=now)
    return gone


def unnamed(purges: Purges, store: Store) -> list[str]:
    """Digests of the blobs that nothing names: what a crash or a refusal left, or a purge could not take yet."""
    # Listed first: what is put and named after that is not among them.
    found = list(store.digests())
    named = purges.named_blobs()
    return [each for each in found if each not in named]


def collect(museum: Museum, purges: Purges, stores: Sequence[Store]) -> int:
    """Erase blobs that nothing names and that were not put lately; how many."""
    now = museum.clock.now()
    return sum(_erase((store,), unnamed(purges, store), now) for store in stores)


def _erase(stores: Sequence[Store], digests: Sequence[str], now: datetime) -> int:
    return sum(store.erase(each, before=now - FRESH) for store in stores for each in digests)
