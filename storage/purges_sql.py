"""`scenes.purging.Purges` in SQL."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from scenes.authoring.desk import called
from scenes.erasing import blobs_in, reworded
from scenes.errors import Conflict
from scenes.model import Revision
from scenes.purging import Purge, Tombstone
from storage.audit_sql import append, digests_of
from storage.jobs_sql import enqueue
from storage.records import KINDS, decode, moment, stamp
from storage.revisions_sql import begin_revision
from storage.sql import select, select_one

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from scenes.model import Job
    from scenes.ports import Taking
    from storage.sql import Connection, Database

_COLUMNS = "id, records, reason, proposed_by, proposed_at, approved_by, approved_at, erased_at, ended_at"
_DIGESTS = re.compile(r'"([0-9a-f]{64})"')
_TOMBSTONES = """
SELECT record.id, kind, body, number, author, at, reason FROM record JOIN revision ON number = to_revision
WHERE to_revision < ? AND NOT EXISTS (
    SELECT 1 FROM record AS later WHERE later.id = record.id AND later.from_revision >= record.to_revision
) ORDER BY to_revision DESC, seq LIMIT ?
"""
# What is named, and what belongs to it.
_THOSE = "(id IN (SELECT value FROM json_each(?1)) OR scene IN (SELECT value FROM json_each(?1)))"
_REMOVALS = f"""
SELECT id, CASE WHEN count(*) = count(to_revision) THEN max(at) END FROM record
LEFT JOIN revision ON number = to_revision WHERE {_THOSE} GROUP BY id
"""
_VERSIONS = """
SELECT "row", id, kind, body, from_revision, to_revision FROM record WHERE id IN (SELECT value FROM json_each(?))
"""
_LEFT_IN = "SELECT 1 FROM record WHERE from_revision = ? UNION SELECT 1 FROM record WHERE to_revision = ? LIMIT 1"


class SqlPurges:
    """`scenes.purging.Purges` on a `Database`."""

    _database: Database

    def tombstones(self, *, first: int, before: int | None = None) -> Sequence[Tombstone]:
        """Up to `first` records that were removed and not brought back, the latest revision first."""
        with self._database.reading() as connection:
            rows = select(connection, _TOMBSTONES, (1 << 62 if before is None else before, first))
        return [
            Tombstone(name, kind, called(decode(KINDS[kind], body)), Revision(number, author, moment(at), reason))
            for name, kind, body, number, author, at, reason in rows
        ]

    def removals(self, record_ids: Collection[str]) -> Mapping[str, datetime | None]:
        """Those records and what belongs to them that are known: when each was removed, None where it stands."""
        with self._database.reading() as connection:
            return _removals(connection, record_ids)

    def add_purge(self, purge: Purge) -> None:
        """Remember a proposal."""
        with self._database.writing() as connection:
            _add(connection, purge)
            append(
                connection, "purge.proposed", actor=purge.proposed_by, at=purge.proposed_at, subject=purge.id,
                detail={"records": len(purge.records)},
            )  # fmt: skip

    def purge(self, purge_id: str) -> Purge | None:
        """A proposal by its id."""
        with self._database.reading() as connection:
            row = select_one(connection, f"SELECT {_COLUMNS} FROM purge WHERE id = ?", (purge_id,))
        return None if row is None else _purge(row)

    def purges(self, *, first: int) -> Sequence[Purge]:
        """Up to `first` proposals, the latest first."""
        with self._database.reading() as connection:
            rows = select(connection, f"SELECT {_COLUMNS} FROM purge ORDER BY seq DESC LIMIT ?", (first,))
        return [_purge(row) for row in rows]

    def approve_purge(self, purge_id: str, *, by: str, at: datetime, job: Job) -> bool:
        """Approve, and enqueue the job with it; False where it was approved already."""
        with self._database.writing() as connection:
            done = select(
                connection,
                "UPDATE purge SET approved_by = ?, approved_at = ? WHERE id = ? AND approved_by = '' RETURNING id",
                (by, stamp(at), purge_id),
            )
            if done:
                enqueue(connection, job)
                append(connection, "purge.approved", actor=by, at=at, subject=purge_id)
        return bool(done)

    def erase_records(self, purge_id: str, *, removed_before: datetime, at: datetime) -> frozenset[str]:
        """Erase what an approved purge names and was removed before that moment; digests of what was theirs."""
        with self._database.writing() as connection:
            row = select_one(
                connection, "SELECT records, approved_by, blobs, erased_at FROM purge WHERE id = ?", (purge_id,)
            )
            if row is None or not row[1]:
                raise Conflict(f"{purge_id} is not approved")
            if row[3]:
                theirs = frozenset(json.loads(row[2]))
            else:
                removed = _removals(connection, json.loads(row[0]))
                gone = sorted(name for name, when in removed.items() if when is not None and when <= removed_before)
                theirs = _erase(connection, purge_id, gone, by=row[1], at=at)
                connection.execute(
                    "UPDATE purge SET erased_at = ?, blobs = ? WHERE id = ?",
                    (stamp(at), json.dumps(sorted(theirs)), purge_id),
                )
        # Each time: a crash may have come between the two.
        self._database.wipe()
        return theirs

    def end_purge(self, purge_id: str, *, at: datetime) -> None:
        """Its bytes are gone, too."""
        with self._database.writing() as connection:
            connection.execute("UPDATE purge SET ended_at = ?, blobs = '[]' WHERE id = ?", (stamp(at), purge_id))

    def purged(self) -> Mapping[str, tuple[str, Purge]]:
        """Kind and purge of each record that is gone, by its id."""
        with self._database.reading() as connection:
            rows = select(connection, "SELECT id, kind, purge FROM purged ORDER BY id")
            found = {row[0]: _purge(row) for row in select(connection, f"SELECT {_COLUMNS} FROM purge")}
        return {name: (kind, found[purge]) for name, kind, purge in rows}

    def carry_purges(self, purges: Iterable[Purge], purged: Mapping[str, tuple[str, str]]) -> None:
        """Remember purges of another museum that this one is made of."""
        with self._database.writing() as connection:
            for each in purges:
                if select_one(connection, "SELECT 1 FROM purge WHERE id = ?", (each.id,)) is None:
                    _add(connection, each)
            connection.executemany(
                "INSERT INTO purged (id, kind, purge) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
                [(name, kind, purge) for name, (kind, purge) in purged.items()],
            )

    def empty_revision(self, revision: Revision, taking: Taking | None) -> None:
        """Write a revision of which all is erased, at its number. Raises Conflict."""
        with self._database.writing() as connection:
            ((last,),) = select(connection, "SELECT coalesce(max(number), 0) FROM revision")
            if last + 1 != revision.number:
                raise Conflict(f"revision {revision.number} does not follow revision {last}")
            begin_revision(connection, revision, taking)

    def named_blobs(self) -> frozenset[str]:
        """Digests that any version of a record names, or that are delivered of an asset."""
        with self._database.reading() as connection:
            found = {row[0] for row in select(connection, "SELECT DISTINCT digest FROM blob_use")}
            for (body,) in connection.execute("SELECT body FROM record WHERE kind = 'asset'"):
                found.update(_DIGESTS.findall(body))
        return frozenset(found)


def _removals(connection: Connection, record_ids: Collection[str]) -> dict[str, datetime | None]:
    rows = select(connection, _REMOVALS, (json.dumps(sorted(record_ids)),))
    return {name: None if at is None else moment(at) for name, at in rows}


def _erase(connection: Connection, purge_id: str, gone: Sequence[str], *, by: str, at: datetime) -> frozenset[str]:
    """Erase all versions of records, and what else tells of them; digests of the bytes that were theirs."""
    those = json.dumps(gone)
    rows = select(connection, _VERSIONS, (those,))
    versions = [decode(KINDS[kind], body) for _, _, kind, body, _, _ in rows]
    touched = sorted({number for row in rows for number in row[4:] if number is not None})
    theirs = {digest for version in versions for digest in blobs_in(version)}
    listed = "asset IN (SELECT value FROM json_each(?))"
    theirs |= {row[0] for row in select(connection, f"SELECT digest FROM blob_use WHERE {listed}", (those,))}
    connection.execute(f"DELETE FROM blob_use WHERE {listed}", (those,))
    connection.execute("DELETE FROM job WHERE subject IN (SELECT value FROM json_each(?))", (those,))
    connection.execute("DELETE FROM record WHERE id IN (SELECT value FROM json_each(?))", (those,))
    connection.executemany(
        "INSERT INTO purged (id, kind, purge) VALUES (?, ?, ?)",
        [(name, kind, purge_id) for name, kind in sorted({(row[1], row[2]) for row in rows})],
    )
    for number in touched:
        ((reason,),) = select(connection, "SELECT reason FROM revision WHERE number = ?", (number,))
        is_empty = select_one(connection, _LEFT_IN, (number, number)) is None
        new = reworded(reason, versions, is_empty=is_empty)
        connection.execute("UPDATE revision SET reason = ? WHERE number = ?", (new, number))
    # What these revisions changed is another thing now, and the log says so: who verifies it compares with this.
    digests = digests_of(connection, touched)
    for start in range(0, len(touched), _TOLD):
        some = {str(number): digests[number] for number in touched[start : start + _TOLD]}
        append(connection, "purge.erased", actor=by, at=at, subject=purge_id, detail={"revisions": some})
    return frozenset(theirs)


_TOLD = 40
"""revisions in an entry of the audit log, which has room for 4,000 characters"""


def _add(connection: Connection, purge: Purge) -> None:
    times = [stamp(each) if each else "" for each in (purge.approved_at, purge.erased_at, purge.ended_at)]
    connection.execute(
        f"INSERT INTO purge ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            purge.id, json.dumps(purge.records), purge.reason, purge.proposed_by, stamp(purge.proposed_at),
            purge.approved_by, *times,
        ),
    )  # fmt: skip


def _purge(row: Sequence[Any]) -> Purge:
    name, records, reason, by, at, approved_by, *times = row
    approved, erased, ended = (moment(each) if each else None for each in times)
    return Purge(name, tuple(json.loads(records)), reason, by, moment(at), approved_by, approved, erased, ended)
