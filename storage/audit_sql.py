"""The audit log in SQL: appended to in the transaction of what it tells of, so that neither is there without the other.

One transaction writes at a time (`storage.sql`), so the chain has one end.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from scenes.audit import NOTHING, WHENCE, WHO, Anchor, Entry, revision_digest, revision_told, written
from scenes.errors import Conflict
from storage.records import moment, stamp
from storage.sql import select, select_one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from scenes.model import Revision
    from scenes.ports import Taking
    from storage.sql import Connection, Database

_COLUMNS = "number, at, actor, action, subject, detail, seal, whence, hash"
_INSERT = f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_REVISIONS = (
    "SELECT number, author, at, reason, step, takes_back FROM revision WHERE number > ? ORDER BY number LIMIT ?"
)
_WRITTEN = "SELECT from_revision, kind, id, body FROM record WHERE from_revision > ? AND from_revision <= ?"
_ENDED = """
SELECT to_revision, kind, id, '' FROM record WHERE to_revision > ? AND to_revision <= ? AND NOT EXISTS (
    SELECT 1 FROM record AS later WHERE later.id = record.id AND later.from_revision = record.to_revision
)
"""


class SqlAudit:
    """`scenes.audit.Audit` on a `Database`."""

    _database: Database

    def note(
        self, action: str, *, at: datetime, actor: str = "", subject: str = "", detail: Mapping[str, Any] | None = None
    ) -> Entry:
        """Add an entry, from `WHENCE`. It is durable when this returns."""
        with self._database.writing() as connection:
            return append(connection, action, actor=actor, at=at, subject=subject, detail=detail)

    def entries(self, *, after: int, first: int) -> Sequence[Entry]:
        """Up to `first` entries after that number, in order, as they are kept."""
        with self._database.reading() as connection:
            rows = select(
                connection, f"SELECT {_COLUMNS} FROM audit WHERE number > ? ORDER BY number LIMIT ?", (after, first)
            )
        return [Entry(number, moment(at), *rest) for number, at, *rest in rows]

    def last_entry(self) -> Anchor:
        """The last entry, `NOTHING` where there is none."""
        with self._database.reading() as connection:
            return _last(connection)

    def forget_addresses(self, *, before: datetime) -> int:
        """Forget from where older entries came; of how many. The chain stays whole."""
        with self._database.writing() as connection:
            return len(
                select(
                    connection,
                    "UPDATE audit SET whence = '' WHERE at < ? AND whence <> '' RETURNING number",
                    (stamp(before),),
                )
            )

    def carry(self, entries: Sequence[Entry]) -> None:
        """Add entries of another log as they are, after what was carried before. Raises Conflict."""
        with self._database.writing() as connection:
            last = _last(connection)
            for entry in entries:
                if entry.number <= last.number:
                    own = select_one(connection, "SELECT hash FROM audit WHERE number = ?", (entry.number,))
                    if own is None or own[0] != entry.hash:
                        raise Conflict(f"entry {entry.number} of the audit log is there already, and is another one")
                else:
                    _insert(connection, entry)

    def digests(self, *, after: int, first: int) -> Mapping[int, str]:
        """What up to `first` revisions after that number wrote and ended, as it is kept now."""
        with self._database.reading() as connection:
            return _digests(connection, after, first)


def digests_of(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """What revisions wrote and ended, as it is kept now."""
    return {number: _digests(connection, number - 1, 1)[number] for number in numbers}


def _digests(connection: Connection, after: int, first: int) -> dict[int, str]:
    rows = select(connection, _REVISIONS, (after, first))
    until = rows[-1][0] if rows else after
    changes: dict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for sql in (_WRITTEN, _ENDED):
        for number, *change in select(connection, sql, (after, until)):
            changes[number].append(tuple(change))
    return {row[0]: revision_digest(row, changes[row[0]]) for row in rows}


def append(
    connection: Connection,
    action: str,
    *,
    at: datetime,
    actor: str = "",
    subject: str = "",
    detail: Mapping[str, Any] | None = None,
) -> Entry:
    """Add an entry in a transaction that writes."""
    entry = written(
        _last(connection),
        at=at, actor=actor or WHO.get(), action=action, subject=subject, detail=detail or {}, whence=WHENCE.get(),
    )  # fmt: skip
    _insert(connection, entry)
    return entry


def append_revision(
    connection: Connection, revision: Revision, taking: Taking | None, changes: Sequence[tuple[str, str, str, str]]
) -> None:
    """Add the entry of a revision; see `scenes.audit.revision_told` for its changes."""
    action, detail = revision_told(changes)
    step, taken = ("change", None) if taking is None else (taking.step.value, taking.number)
    said = (revision.number, revision.author, stamp(revision.at), revision.reason, step, taken)
    detail["digest"] = revision_digest(said, [(kind, name, after) for kind, name, _, after in changes])
    append(
        connection, action, actor=revision.author, at=revision.at, subject=f"revision {revision.number}", detail=detail
    )


def _last(connection: Connection) -> Anchor:
    row = select_one(connection, "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1")
    return NOTHING if row is None else Anchor(int(row[0]), str(row[1]))


def _insert(connection: Connection, entry: Entry) -> None:
    connection.execute(
        _INSERT,
        (
            entry.number, stamp(entry.at), entry.actor, entry.action, entry.subject, entry.detail, entry.seal,
            entry.whence, entry.hash,
        ),
    )  # fmt: skip
