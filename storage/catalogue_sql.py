"""The catalogue in SQL: append-only history, every list in one statement.

Lists of ids travel as one JSON parameter, so the text of a statement, and its plan, never depends on their number.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

from scenes.errors import Conflict, Invalid, NotFound, Unavailable
from scenes.model import Asset, Exhibition, Record, Revision
from scenes.ports import BlobUse, Kept, Page, Remove
from storage.audit_sql import SqlAudit, append_revision
from storage.history_sql import SqlHistory, last_touched
from storage.jobs_sql import SqlJobs, enqueue
from storage.purges_sql import SqlPurges
from storage.records import (
    KINDS,
    cursor,
    decode,
    encode,
    has_unknown,
    is_public,
    kind_name,
    place,
    scene_of,
    slug_of,
)
from storage.revisions_sql import begin_revision
from storage.scrubs_sql import SqlRounds
from storage.sql import Taken, select, select_one
from storage.tokens_sql import SqlTokens
from storage.uploads_sql import SqlUploads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from scenes.model import Job
    from scenes.ports import Change, Taking
    from storage.sql import Connection, Database

R = TypeVar("R", bound=Record)
_BODIES = 1000
"""assets read at a time to count what is kept"""

# Scene by scene (CROSS JOIN keeps that order) through the index of members. Left to itself the planner goes through all
# records of the kind, because they come in the order that is asked for: those of every other scene, too.
_MEMBERS = """
FROM json_each(?) AS wanted CROSS JOIN record INDEXED BY {index}
ON record.scene = wanted.value AND kind = ? AND {standing}
"""
_WITHIN = "SELECT scene, body" + _MEMBERS + "ORDER BY wanted.key, seq"
# Of each scene no more rows are touched than the page has.
_PAGES_WITHIN = """
SELECT scene, seq, body FROM json_each(?) AS wanted CROSS JOIN record ON record."row" IN (
    SELECT "row" FROM record AS member INDEXED BY {index}
    WHERE member.scene = wanted.value AND kind = ? AND {standing} AND seq > ? ORDER BY seq LIMIT ?
) ORDER BY wanted.key, seq
"""
_STANDS = "to_revision IS NULL"
_STOOD = "from_revision <= ? AND (to_revision IS NULL OR to_revision > ?)"


class SqlCatalogue(SqlHistory, SqlAudit, SqlTokens, SqlJobs, SqlUploads, SqlRounds, SqlPurges):
    """`scenes.ports.Catalogue`, `Tokens`, `Jobs`, `scenes.audit.Audit` in one database; what it knows of uploads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def get(self, kind: type[R], record_id: str, *, as_of: int | None = None) -> R | None:
        """The record as it stands, or as it stood after revision `as_of`."""
        standing, values = _standing(as_of)
        with self._database.reading() as connection:
            row = select_one(
                connection,
                f"SELECT body FROM record WHERE id = ? AND kind = ? AND {standing}",
                (record_id, kind_name(kind), *values),
            )
        return None if row is None else decode(kind, row[0])

    def find(self, record_id: str) -> Record | None:
        """The record with this id as it stands, of whatever kind."""
        with self._database.reading() as connection:
            row = select_one(
                connection, "SELECT kind, body FROM record WHERE id = ? AND to_revision IS NULL", (record_id,)
            )
        return None if row is None else decode(KINDS[row[0]], row[1])

    def get_many(self, kind: type[R], record_ids: Sequence[str], *, as_of: int | None = None) -> Mapping[str, R]:
        """Those of the records that exist, or existed after revision `as_of`, by id, in one statement."""
        standing, values = _standing(as_of)
        with self._database.reading() as connection:
            rows = select(
                connection,
                f"SELECT id, body FROM record WHERE id IN (SELECT value FROM json_each(?)) AND kind = ? AND {standing}",
                (json.dumps(list(record_ids)), kind_name(kind), *values),
            )
        return {record_id: decode(kind, body) for record_id, body in rows}

    def within(
        self, kind: type[R], scene_ids: Sequence[str], *, as_of: int | None = None
    ) -> Mapping[str, tuple[R, ...]]:
        """All records of a kind that belong to these scenes, by scene, in order of first writing, in one statement."""
        found: dict[str, list[R]] = {scene: [] for scene in scene_ids}
        standing, values = _standing(as_of)
        sql = _WITHIN.format(standing=standing, index=_index(as_of))
        with self._database.reading() as connection:
            rows = select(connection, sql, (json.dumps(list(found)), kind_name(kind), *values))
        for scene, body in rows:
            found[scene].append(decode(kind, body))
        return {scene: tuple(records) for scene, records in found.items()}

    def count_within(self, kind: type[R], scene_id: str) -> int:
        """How many records of a kind belong to a scene as it stands."""
        with self._database.reading() as connection:
            sql = "SELECT count(*) FROM record WHERE scene = ? AND kind = ? AND to_revision IS NULL"
            ((number,),) = select(connection, sql, (scene_id, kind_name(kind)))
        return int(number)

    def pages_within(
        self,
        kind: type[R],
        scene_ids: Sequence[str],
        *,
        first: int,
        after: str | None = None,
        as_of: int | None = None,
    ) -> Mapping[str, Page]:
        """For each of the scenes up to `first` of its records after a cursor, in one statement."""
        start = 0 if after is None else place(kind, after)
        found: dict[str, list[tuple[int, str]]] = {scene: [] for scene in scene_ids}
        standing, values = _standing(as_of)
        with self._database.reading() as connection:
            rows = select(
                connection,
                _PAGES_WITHIN.format(standing=standing, index=_index(as_of)),
                (json.dumps(list(found)), kind_name(kind), *values, start, first + 1),
            )
        for scene, seq, body in rows:
            found[scene].append((seq, body))
        return {scene: _page(kind, kept, first) for scene, kept in found.items()}

    def page(self, kind: type[R], *, first: int, after: str | None = None, public_only: bool = False) -> Page:
        """Up to `first` records after a cursor, stable under writes. A cursor that is none raises Invalid."""
        start = 0 if after is None else place(kind, after)
        with self._database.reading() as connection:
            rows = select(
                connection,
                "SELECT seq, body FROM record WHERE kind = ? AND to_revision IS NULL AND seq > ? AND public >= ?"
                " ORDER BY seq LIMIT ?",
                (kind_name(kind), start, int(public_only), first + 1),
            )
        return _page(kind, rows, first)

    def exhibition_by_slug(self, slug: str) -> Exhibition | None:
        """The exhibition with this slug."""
        with self._database.reading() as connection:
            row = select_one(
                connection,
                "SELECT body FROM record WHERE kind = ? AND slug = ? AND to_revision IS NULL",
                (kind_name(Exhibition), slug),
            )
        return None if row is None else decode(Exhibition, row[0])

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
        """Write all changes as one revision, note it in the audit log, and enqueue a job with it.

        Raises:
            Conflict: a record changed since it was read (`expected`), an id or a slug is taken, or the revision that
                this takes back (`taking`) was taken back before.
            NotFound: a record to remove is not there.
            Invalid: there are no changes, or two of the same record.
            StorageFull: the disk is full.
        """
        check_changes(changes)
        # Encoding is work that needs no lock.
        bodies = [encode(change.record) for change in changes]
        with self._database.writing() as connection:
            _check_expected(connection, expected or {})
            ((number,),) = select(connection, "SELECT coalesce(max(number), 0) + 1 FROM revision")
            revision = Revision(number, author, at, reason)
            begin_revision(connection, revision, taking)
            # Ends first: a slug may move from one exhibition to another within a revision.
            ended = [_end(connection, change, number) for change in changes]
            told = []
            for change, body, (seq, before) in zip(changes, bodies, ended, strict=True):
                after = "" if isinstance(change, Remove) else body
                if after:
                    _write(connection, change.record, after, seq, number)
                told.append((kind_name(type(change.record)), change.record.id, before, after))
            if noted:
                append_revision(connection, revision, taking, told)
            if job is not None:
                enqueue(connection, job)
        return revision

    def allow_blobs(self, asset_id: str, uses: Sequence[BlobUse]) -> None:
        """Say that these blobs belong to what is delivered of an asset. Repeating it changes nothing."""
        with self._database.writing() as connection:
            connection.executemany(
                "INSERT INTO blob_use (digest, asset, byte_length, media_type) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (digest, asset) DO NOTHING",
                [(use.digest, asset_id, use.byte_length, use.media_type) for use in uses],
            )

    def blob_use(self, digest: str) -> tuple[BlobUse, tuple[str, ...]] | None:
        """How a blob is served, and the assets that it is delivered for; None where it is not to be served."""
        with self._database.reading() as connection:
            rows = select(
                connection,
                "SELECT asset, byte_length, media_type FROM blob_use WHERE digest = ? ORDER BY asset",
                (digest,),
            )
        if not rows:
            return None
        return BlobUse(digest, rows[0][1], rows[0][2]), tuple(row[0] for row in rows)

    def kept(self) -> Kept:
        """How much is kept of what was deposited and of what was made of it, now and in all history."""
        masters: dict[str, int] = {}
        last = 0
        with self._database.reading() as connection:
            (made,) = select(
                connection,
                "SELECT SUM(length) FROM (SELECT MAX(byte_length) AS length FROM blob_use GROUP BY digest) AS blob",
            )[0]
            # Bodies are read a part at a time: together they may be larger than the memory.
            while rows := select(
                connection,
                'SELECT "row", body FROM record WHERE kind = ? AND "row" > ? ORDER BY "row" LIMIT ?',
                (kind_name(Asset), last, _BODIES),
            ):
                last = rows[-1][0]
                for _, body in rows:
                    asset = decode(Asset, body)
                    masters[asset.master] = asset.byte_length
                    if asset.replacement is not None:
                        masters[asset.replacement.master] = asset.replacement.byte_length
        return Kept(deposited=sum(masters.values()), made=int(made or 0))


def check_changes(changes: Sequence[Change]) -> None:
    """One revision changes something, and each record once.

    Raises:
        Invalid: it does not.
    """
    if not changes:
        raise Invalid("a revision needs at least one change")
    if len({change.record.id for change in changes}) != len(changes):
        raise Invalid("a revision changes a record only once")


def _page(kind: type[R], rows: Iterable[tuple[int, str]], first: int) -> Page:
    found = list(rows)
    kept = found[:first]
    return Page(
        tuple(decode(kind, body) for _, body in kept), tuple(cursor(kind, seq) for seq, _ in kept), len(found) > first
    )


def _standing(as_of: int | None) -> tuple[str, tuple[int, ...]]:
    """The condition on rows that stand, or stood after a revision, and its values."""
    return (_STANDS, ()) if as_of is None else (_STOOD, (as_of, as_of))


def _index(as_of: int | None) -> str:
    """The index of what belongs to a scene: of what stands, or of all that ever stood."""
    return "record_members" if as_of is None else "record_within"


def _check_expected(connection: Connection, expected: Mapping[str, int]) -> None:
    if not expected:
        return
    actual = last_touched(connection, tuple(expected))
    for record_id, number in expected.items():
        if actual.get(record_id, 0) != number:
            now = actual.get(record_id, 0)
            who = select_one(connection, "SELECT author FROM revision WHERE number = ?", (now,))
            by = f" by {who[0]} in revision {now}" if who else ""
            raise Conflict(f"{record_id} was changed{by}, after revision {number} that was read")


def _end(connection: Connection, change: Change, number: int) -> tuple[int | None, str]:
    """End the current version of what changes; its place in the order, None for what was never there, and its body."""
    record, kind = change.record, kind_name(type(change.record))
    row = select_one(
        connection,
        'SELECT "row", kind, seq, to_revision IS NULL, body FROM record WHERE id = ?'
        " ORDER BY from_revision DESC LIMIT 1",
        (record.id,),
    )
    if row is not None and row[1] != kind:
        raise Conflict(f"{record.id} is a {row[1]}, not a {kind}")
    current = row is not None and bool(row[3])
    if isinstance(change, Remove) and not current:
        raise NotFound(f"there is no {kind} {record.id}")
    if row is not None and current:
        if not isinstance(change, Remove) and has_unknown(type(record), row[4]):
            raise Unavailable(f"a newer Chronotope wrote {record.id}; this one would lose part of it: ask that one")
        connection.execute('UPDATE record SET to_revision = ? WHERE "row" = ?', (number, row[0]))
    return (None, "") if row is None else (int(row[2]), row[4] if current else "")


def _write(connection: Connection, record: Record, body: str, seq: int | None, number: int) -> None:
    try:
        connection.execute(
            "INSERT INTO record (kind, id, scene, seq, public, slug, body, from_revision) VALUES"
            " (?, ?, ?, coalesce(?, (SELECT coalesce(max(seq), 0) + 1 FROM record)), ?, ?, ?, ?)",
            (
                kind_name(type(record)),
                record.id,
                scene_of(record),
                seq,
                int(is_public(record)),
                slug_of(record),
                body,
                number,
            ),
        )
    except Taken as error:
        raise Conflict(f"the address {slug_of(record)!r} is taken") from error
