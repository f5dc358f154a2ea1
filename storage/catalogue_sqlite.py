"""The catalogue in SQLite: append-only history, every list in one statement.

Lists of ids travel as one JSON parameter, so the text of a statement, and its plan, never depends on their number.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, TypeVar

import apsw

from scenes.errors import Conflict, Invalid, NotFound
from scenes.model import Exhibition, Record, Revision
from scenes.ports import BlobUse, Page, Remove
from storage.jobs_sqlite import SqliteJobs
from storage.records import KINDS, cursor, decode, encode, is_public, kind_name, moment, place, scene_of, slug_of, stamp
from storage.sqlite import Database, select, select_one
from storage.tokens_sqlite import SqliteTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from scenes.ports import Change

R = TypeVar("R", bound=Record)

_LAST_TOUCHED = (
    "SELECT id, max(coalesce(to_revision, from_revision)) FROM record"
    " WHERE id IN (SELECT value FROM json_each(?)) GROUP BY id"
)

# A record was touched by the revision that wrote a version of it and by the one that ended it.
_TOUCHED = """
WITH wanted (id) AS (SELECT DISTINCT value FROM json_each(?)),
touched (id, number) AS (
    SELECT wanted.id, from_revision FROM wanted JOIN record ON record.id = wanted.id
    UNION SELECT wanted.id, to_revision FROM wanted JOIN record ON record.id = wanted.id
    WHERE to_revision IS NOT NULL
    UNION SELECT wanted.id, from_revision FROM wanted JOIN record ON record.scene = wanted.id
    UNION SELECT wanted.id, to_revision FROM wanted JOIN record ON record.scene = wanted.id
    WHERE to_revision IS NOT NULL
)
"""
_HISTORY = (
    _TOUCHED
    + """
SELECT number, author, at, reason FROM revision WHERE number IN (SELECT number FROM touched)
ORDER BY number DESC LIMIT ?
"""
)
_HISTORIES = (
    _TOUCHED
    + """
, ranked (id, number, n) AS (SELECT id, number, row_number() OVER (PARTITION BY id ORDER BY number DESC) FROM touched)
SELECT id, revision.number, author, at, reason FROM ranked JOIN revision ON revision.number = ranked.number
WHERE n <= ? ORDER BY id, revision.number DESC
"""
)
_PAGES_WITHIN = """
SELECT scene, seq, body FROM (
    SELECT scene, seq, body, row_number() OVER (PARTITION BY scene ORDER BY seq) AS n FROM record
    WHERE scene IN (SELECT value FROM json_each(?)) AND kind = ? AND to_revision IS NULL AND seq > ?
) WHERE n <= ? ORDER BY scene, seq
"""


class SqliteCatalogue(SqliteTokens, SqliteJobs):
    """`scenes.ports.Catalogue`, `Tokens` and `Jobs` in one SQLite file.

    `on_statement`, for measuring and tests, is called with the text of each statement that runs.
    """

    def __init__(self, path: Path, *, on_statement: Callable[[str], None] | None = None) -> None:
        self._database = Database(path, on_statement=on_statement)

    def close(self) -> None:
        """Close the connections; the last one of all processes folds the WAL into the file."""
        self._database.close()

    def get(self, kind: type[R], record_id: str, *, as_of: int | None = None) -> R | None:
        """The record as it stands, or as it stood after revision `as_of`."""
        with self._database.reading() as connection:
            if as_of is None:
                rows = select(
                    connection,
                    "SELECT body FROM record WHERE id = ? AND kind = ? AND to_revision IS NULL",
                    (record_id, kind_name(kind)),
                )
            else:
                rows = select(
                    connection,
                    "SELECT body FROM record WHERE id = ? AND kind = ? AND from_revision <= ?"
                    " AND (to_revision IS NULL OR to_revision > ?)",
                    (record_id, kind_name(kind), as_of, as_of),
                )
        return decode(kind, rows[0][0]) if rows else None

    def find(self, record_id: str) -> Record | None:
        """The record with this id as it stands, of whatever kind."""
        with self._database.reading() as connection:
            row = select_one(
                connection, "SELECT kind, body FROM record WHERE id = ? AND to_revision IS NULL", (record_id,)
            )
        return None if row is None else decode(KINDS[row[0]], row[1])

    def get_many(self, kind: type[R], record_ids: Sequence[str]) -> Mapping[str, R]:
        """Those of the records that exist, by id, in one statement."""
        with self._database.reading() as connection:
            rows = select(
                connection,
                "SELECT id, body FROM record"
                " WHERE id IN (SELECT value FROM json_each(?)) AND kind = ? AND to_revision IS NULL",
                (json.dumps(list(record_ids)), kind_name(kind)),
            )
        return {record_id: decode(kind, body) for record_id, body in rows}

    def within(
        self, kind: type[R], scene_ids: Sequence[str], *, as_of: int | None = None
    ) -> Mapping[str, tuple[R, ...]]:
        """All records of a kind that belong to these scenes, by scene, in order of first writing, in one statement."""
        found: dict[str, list[R]] = {scene: [] for scene in scene_ids}
        where = "scene IN (SELECT value FROM json_each(?)) AND kind = ?"
        values: tuple[str | int, ...] = (json.dumps(list(found)), kind_name(kind))
        if as_of is None:
            where += " AND to_revision IS NULL"
        else:
            where += " AND from_revision <= ? AND (to_revision IS NULL OR to_revision > ?)"
            values += (as_of, as_of)
        with self._database.reading() as connection:
            rows = select(connection, f"SELECT scene, body FROM record WHERE {where} ORDER BY seq", values)
        for scene, body in rows:
            found[scene].append(decode(kind, body))
        return {scene: tuple(records) for scene, records in found.items()}

    def pages_within(
        self, kind: type[R], scene_ids: Sequence[str], *, first: int, after: str | None = None
    ) -> Mapping[str, Page]:
        """For each of the scenes up to `first` of its records after a cursor, in one statement."""
        start = 0 if after is None else place(kind, after)
        found: dict[str, list[tuple[int, str]]] = {scene: [] for scene in scene_ids}
        with self._database.reading() as connection:
            rows = select(connection, _PAGES_WITHIN, (json.dumps(list(found)), kind_name(kind), start, first + 1))
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
    ) -> Revision:
        """Write all changes as one revision.

        Raises:
            Conflict: a record changed since it was read (`expected`), an id or a slug is taken.
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
            connection.execute("INSERT INTO revision VALUES (?, ?, ?, ?)", (number, author, stamp(at), reason))
            # Ends first: a slug may move from one exhibition to another within a revision.
            seqs = [_end(connection, change, number) for change in changes]
            for change, body, seq in zip(changes, bodies, seqs, strict=True):
                if not isinstance(change, Remove):
                    _write(connection, change.record, body, seq, number)
        return Revision(number, author, at, reason)

    def revision_of(self, record_id: str) -> int:
        """Number of the revision that last wrote or removed the record; 0 if there is none."""
        return self.revisions_of((record_id,)).get(record_id, 0)

    def revisions_of(self, record_ids: Sequence[str]) -> Mapping[str, int]:
        """`revision_of` for many records, in one statement; unknown ids are left out."""
        with self._database.reading() as connection:
            return dict(select(connection, _LAST_TOUCHED, (json.dumps(list(record_ids)),)))

    def history(self, record_ids: Sequence[str], *, last: int) -> tuple[Revision, ...]:
        """The latest revisions that touched these records or what belongs to a scene among them, newest first."""
        with self._database.reading() as connection:
            rows = select(connection, _HISTORY, (json.dumps(list(record_ids)), last))
        return tuple(Revision(number, author, moment(at), reason) for number, author, at, reason in rows)

    def histories(self, record_ids: Sequence[str], *, last: int) -> Mapping[str, tuple[Revision, ...]]:
        """`history` of each of these records, in one statement."""
        found: dict[str, list[Revision]] = {record_id: [] for record_id in record_ids}
        with self._database.reading() as connection:
            rows = select(connection, _HISTORIES, (json.dumps(list(found)), last))
        for record_id, number, author, at, reason in rows:
            found[record_id].append(Revision(number, author, moment(at), reason))
        return {record_id: tuple(revisions) for record_id, revisions in found.items()}

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


def _check_expected(connection: apsw.Connection, expected: Mapping[str, int]) -> None:
    if not expected:
        return
    actual = dict(select(connection, _LAST_TOUCHED, (json.dumps(list(expected)),)))
    for record_id, number in expected.items():
        if actual.get(record_id, 0) != number:
            raise Conflict(
                f"{record_id} was changed by revision {actual.get(record_id, 0)}, after revision {number} that was read"
            )


def _end(connection: apsw.Connection, change: Change, number: int) -> int | None:
    """End the current version of what changes; its place in the order, None for what was never there."""
    record, kind = change.record, kind_name(type(change.record))
    row = select_one(
        connection,
        "SELECT row, kind, seq, to_revision IS NULL FROM record WHERE id = ? ORDER BY from_revision DESC LIMIT 1",
        (record.id,),
    )
    if row is not None and row[1] != kind:
        raise Conflict(f"{record.id} is a {row[1]}, not a {kind}")
    current = row is not None and bool(row[3])
    if isinstance(change, Remove) and not current:
        raise NotFound(f"there is no {kind} {record.id}")
    if row is not None and current:
        connection.execute("UPDATE record SET to_revision = ? WHERE row = ?", (number, row[0]))
    return None if row is None else int(row[2])


def _write(connection: apsw.Connection, record: Record, body: str, seq: int | None, number: int) -> None:
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
    except apsw.ConstraintError as error:
        raise Conflict(f"the address {slug_of(record)!r} is taken") from error
