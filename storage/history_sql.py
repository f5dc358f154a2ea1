"""Record time in SQL: what was changed when and by whom, what stood after a revision, what can be taken back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scenes.model import Record, Revision
from scenes.ports import Difference, LogEntry, Put, Remove, Step, Taking
from storage.records import KINDS, decode, moment, stamp
from storage.sql import select, select_one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.sql import Connection, Database

_NOW = 1 << 62
"""later than every revision"""

# A record was touched by the revision that wrote a version of it and by the one that ended it.
_LAST_TOUCHED = """
SELECT id, max(CASE WHEN to_revision <= ?1 THEN to_revision ELSE from_revision END) FROM record
WHERE id IN (SELECT value FROM json_each(?2)) AND from_revision <= ?1 GROUP BY id
"""
# The last revision up to one that touched a record, or what belongs to it where it is a scene: steps to the end of four
# indexes, however much a scene holds and however long its history is.
_LAST = """
max(
    coalesce((SELECT max(from_revision) FROM record WHERE scene = {name} AND from_revision <= {until}), 0),
    coalesce((SELECT max(to_revision) FROM record WHERE scene = {name} AND to_revision <= {until}), 0),
    coalesce((SELECT max(from_revision) FROM record WHERE id = {name} AND from_revision <= {until}), 0),
    coalesce((SELECT max(to_revision) FROM record WHERE id = {name} AND to_revision <= {until}), 0)
)
"""
# Back from one revision that touched it to the one before, as many as are asked for.
_WALK = f"""
WITH RECURSIVE walk (id, number, n) AS (
    SELECT value, {_LAST.format(name="value", until="?3")}, 1 FROM (SELECT DISTINCT value FROM json_each(?1)) AS wanted
    UNION ALL
    SELECT id, {_LAST.format(name="walk.id", until="walk.number - 1")}, n + 1 FROM walk WHERE number > 0 AND n < ?2
)
"""
_HISTORY = (
    _WALK
    + """
SELECT number, author, at, reason FROM revision WHERE number IN (SELECT number FROM walk) ORDER BY number DESC LIMIT ?2
"""
)
_HISTORIES = (
    _WALK
    + """
SELECT id, revision.number, author, at, reason FROM walk JOIN revision ON revision.number = walk.number
WHERE n <= ?2 ORDER BY id, revision.number DESC
"""
)
_LAST_WITHIN = f"SELECT value, {_LAST.format(name='value', until=_NOW)} FROM json_each(?)"
# What was ended in between and not begun in it, and what was begun and is not ended.
_BETWEEN = """
SELECT seq, id, kind, body, from_revision <= ?1 FROM record WHERE {where} AND (
    (to_revision > ?1 AND to_revision <= ?2 AND from_revision <= ?1)
    OR (from_revision > ?1 AND from_revision <= ?2 AND (to_revision IS NULL OR to_revision > ?2))
)
"""
# Where a record stood otherwise after one revision than after another: its place in the order, by the indexes of what
# was begun and of what was ended, without a look at what it says.
_TOUCHED = """
SELECT seq FROM record WHERE {column} = ?3 AND from_revision > ?1 AND from_revision <= ?2
    AND (to_revision IS NULL OR to_revision > ?2)
UNION SELECT seq FROM record WHERE {column} = ?3 AND to_revision > ?1 AND to_revision <= ?2 AND from_revision <= ?1
"""
_EDITED = "UNION ".join(_TOUCHED.format(column=column) for column in ("scene", "id"))
_SIDE = "LEFT JOIN record AS {name} ON {name}.seq = touched.seq AND {name}.from_revision <= {number}"
_SIDE += " AND ({name}.to_revision IS NULL OR {name}.to_revision > {number}) AND ?3 IN ({name}.scene, {name}.id)"
_BOTH = " ".join(_SIDE.format(name=name, number=number) for name, number in (("old", "?1"), ("new", "?2")))
_IS_SHOWN = "coalesce(old.body, '') <> coalesce(new.body, '')" + "".join(
    f" AND (?4 = 0 OR {side}.kind IS NULL OR {side}.kind <> 'exhibition' OR {side}.public = 1)"
    for side in ("old", "new")
)
_SIDES = f"""
SELECT touched.seq, old.kind, old.body, new.kind, new.body
FROM (SELECT CAST(value AS BIGINT) AS seq FROM json_each(?5)) AS touched {_BOTH} WHERE {_IS_SHOWN} ORDER BY touched.seq
"""
_COUNT_EDITED = f"SELECT count(*) FROM ({_EDITED}) AS touched {_BOTH} WHERE {_IS_SHOWN}"
_CHUNK = 256
"""differences that are read at a time, at most"""
_WITHIN = """
AND (EXISTS (SELECT 1 FROM record WHERE scene = ?3 AND from_revision = number)
    OR EXISTS (SELECT 1 FROM record WHERE scene = ?3 AND to_revision = number)
    OR EXISTS (SELECT 1 FROM record WHERE id = ?3 AND from_revision = number)
    OR EXISTS (SELECT 1 FROM record WHERE id = ?3 AND to_revision = number))
"""
_NOT_TAKEN = "NOT EXISTS (SELECT 1 FROM revision AS taking WHERE taking.takes_back = revision.number)"
_TAKEABLE = {
    Step.UNDO: "step <> 'undo' AND " + _NOT_TAKEN,
    # Whoever went on working after taking back has nothing to bring again.
    Step.REDO: "step = 'undo' AND " + _NOT_TAKEN + " AND number > coalesce((SELECT max(number) FROM revision"
    " WHERE author = ?1 AND step = 'change' {within}), 0)",
}
_TAKE = """
SELECT number, author, at, reason FROM revision WHERE author = ?1 AND number < ?2 AND {takeable} {within}
ORDER BY number DESC LIMIT 1
"""
_LOG = """
SELECT number, author, at, reason, step, takes_back FROM revision WHERE number > ? ORDER BY number LIMIT ?
"""
_WRITTEN = "SELECT from_revision, seq, kind, body FROM record WHERE from_revision > ? AND from_revision <= ?"
_ENDED = """
SELECT to_revision, seq, kind, body FROM record WHERE to_revision > ? AND to_revision <= ? AND NOT EXISTS (
    SELECT 1 FROM record AS later WHERE later.id = record.id AND later.from_revision = record.to_revision
)
"""
# A body is JSON, so a text that is an id stands in it between quotation marks.
_MENTIONING = """
SELECT wanted.value, record.id FROM json_each(?1) AS wanted JOIN record
ON {within} to_revision IS NULL AND record.id <> wanted.value
AND instr(body, '"' || wanted.value || '"') > 0 ORDER BY record.id
"""


class SqlHistory:
    """The part of `scenes.ports.Catalogue` that asks for record time, on a `Database`."""

    _database: Database

    def latest(self) -> int:
        """Number of the last revision, 0 where there is none."""
        with self._database.reading() as connection:
            return int(select(connection, "SELECT coalesce(max(number), 0) FROM revision")[0][0])

    def revision_at(self, at: datetime) -> int:
        """Number of the last revision that was written at `at` or before, 0 where there is none."""
        with self._database.reading() as connection:
            row = select_one(
                connection,
                "SELECT number FROM revision WHERE at <= ? ORDER BY at DESC, number DESC LIMIT 1",
                (stamp(at),),
            )
        return 0 if row is None else int(row[0])

    def revision_of(self, record_id: str) -> int:
        """Number of the revision that last wrote or removed the record; 0 if there is none."""
        return self.revisions_of((record_id,)).get(record_id, 0)

    def revisions_of(self, record_ids: Sequence[str], *, as_of: int | None = None) -> Mapping[str, int]:
        """`revision_of` for many records, in one statement; unknown ids are left out."""
        with self._database.reading() as connection:
            return last_touched(connection, record_ids, as_of)

    def last_within(self, scene_ids: Sequence[str]) -> Mapping[str, int]:
        """Number of the last revision that touched each of the scenes or what belongs to it; 0: none did."""
        with self._database.reading() as connection:
            return dict(select(connection, _LAST_WITHIN, (json.dumps(list(scene_ids)),)))

    def history(self, record_ids: Sequence[str], *, last: int, as_of: int | None = None) -> tuple[Revision, ...]:
        """The latest revisions that touched these records or what belongs to a scene among them, newest first."""
        with self._database.reading() as connection:
            rows = select(connection, _HISTORY, (json.dumps(list(record_ids)), last, _until(as_of)))
        return tuple(_revision(row) for row in rows)

    def histories(
        self, record_ids: Sequence[str], *, last: int, as_of: int | None = None
    ) -> Mapping[str, tuple[Revision, ...]]:
        """`history` of each of these records, in one statement."""
        found: dict[str, list[Revision]] = {record_id: [] for record_id in record_ids}
        with self._database.reading() as connection:
            rows = select(connection, _HISTORIES, (json.dumps(list(found)), last, _until(as_of)))
        for record_id, *row in rows:
            found[record_id].append(_revision(row))
        return {record_id: tuple(revisions) for record_id, revisions in found.items()}

    def between(self, before: int, after: int, *, scene: str | None = None) -> tuple[Difference, ...]:
        """What revision `after` left otherwise than revision `before` did, in order of first writing."""
        if scene is None:
            sql, values = _BETWEEN.format(where="TRUE"), (before, after)
        else:
            parts = (_BETWEEN.format(where=f"{column} = ?3") for column in ("scene", "id"))
            sql, values = "UNION ALL".join(parts), (before, after, scene)  # type: ignore[assignment]
        with self._database.reading() as connection:
            rows = select(connection, sql, values)
        sides: dict[tuple[int, str, str], list[str | None]] = {}
        for seq, record_id, kind, body, is_old in rows:
            sides.setdefault((seq, record_id, kind), [None, None])[0 if is_old else 1] = body
        found = []
        for (seq, _, kind), (old, new) in sorted(sides.items()):
            # The same text is the same record: most of what was written and taken back.
            if old != new:
                pair = [None if body is None else decode(KINDS[kind], body) for body in (old, new)]
                if pair[0] != pair[1]:
                    found.append(Difference(seq, pair[0], pair[1]))
        return tuple(found)

    def differing(
        self, before: int, after: int, *, scene: str, first: int, beyond: int = 0, public_only: bool = False
    ) -> tuple[tuple[Difference, ...], bool]:
        """A page of `between` for a scene, and whether more follow; no record is read that is not on the page."""
        found: list[Difference] = []
        with self._database.reading() as connection:
            touched = [row[0] for row in select(connection, _EDITED, (before, after, scene)) if row[0] > beyond]
            touched.sort()
            at = 0
            while at < len(touched) and len(found) <= first:
                # One more than is still wanted: whether the page is the last one, that tells.
                chunk = touched[at : at + min(first + 1 - len(found), _CHUNK)]
                rows = select(connection, _SIDES, (before, after, scene, int(public_only), json.dumps(chunk)))
                found += [Difference(seq, _read(*sides[:2]), _read(*sides[2:])) for seq, *sides in rows]
                at += len(chunk)
        return tuple(found[:first]), len(found) > first

    def count_differing(self, before: int, after: int, *, scene: str, public_only: bool = False) -> int:
        """How many there are on all these pages."""
        with self._database.reading() as connection:
            ((number,),) = select(connection, _COUNT_EDITED, (before, after, scene, int(public_only)))
        return int(number)

    def takeable(
        self, author: str, step: Step, *, scene: str | None = None, before: int | None = None
    ) -> Revision | None:
        """The revision that an undo or a redo of this author would take back, of one scene or of all."""
        within = "" if scene is None else _WITHIN
        sql = _TAKE.format(takeable=_TAKEABLE[step].format(within=within), within=within)
        with self._database.reading() as connection:
            values = (author, _NOW if before is None else before)
            row = select_one(connection, sql, values if scene is None else (*values, scene))
        return None if row is None else _revision(row)

    def log(self, *, after: int, first: int) -> Sequence[LogEntry]:
        """Up to `first` revisions after that number, in order, each with what it wrote and ended."""
        with self._database.reading() as connection:
            rows = select(connection, _LOG, (after, first))
            until = rows[-1][0] if rows else after
            wrote = select(connection, _WRITTEN, (after, until))
            ended = select(connection, _ENDED, (after, until))
        changes: dict[int, list[tuple[int, Put | Remove]]] = {row[0]: [] for row in rows}
        for made, found in ((Put, wrote), (Remove, ended)):
            for number, seq, kind, body in found:
                changes[number].append((seq, made(decode(KINDS[kind], body))))
        return [
            LogEntry(
                _revision(row),
                None if taken is None else Taking(Step(step), taken),
                tuple(change for _, change in sorted(changes[row[0]], key=lambda each: each[0])),
            )
            for *row, step, taken in rows
        ]

    def mentioning(self, record_ids: Sequence[str], *, scene: str | None) -> Mapping[str, tuple[str, ...]]:
        """For those of the records that others of a scene mention: the ids of these, sorted. None: of every scene."""
        found: dict[str, list[str]] = {}
        within = "" if scene is None else "(record.scene = ?2 OR record.id = ?2) AND"
        values = (json.dumps(list(record_ids)), *(() if scene is None else (scene,)))
        with self._database.reading() as connection:
            rows = select(connection, _MENTIONING.format(within=within), values)
        for record_id, other in rows:
            found.setdefault(record_id, []).append(other)
        return {record_id: tuple(others) for record_id, others in found.items()}

    def ended_among(self, record_ids: Sequence[str]) -> frozenset[str]:
        """Those of the records that once were there and are not any more, in one statement."""
        with self._database.reading() as connection:
            rows = select(
                connection,
                "SELECT id FROM record WHERE id IN (SELECT value FROM json_each(?1))"
                " GROUP BY id HAVING count(*) = count(to_revision)"
                " UNION SELECT id FROM purged WHERE id IN (SELECT value FROM json_each(?1))",
                (json.dumps(list(record_ids)),),
            )
        return frozenset(row[0] for row in rows)

    def public_among(self, record_ids: Sequence[str]) -> frozenset[str]:
        """Those of the records that stand and say of themselves that everybody may know them, in one statement."""
        with self._database.reading() as connection:
            rows = select(
                connection,
                "SELECT id FROM record WHERE id IN (SELECT value FROM json_each(?))"
                " AND to_revision IS NULL AND public = 1",
                (json.dumps(list(record_ids)),),
            )
        return frozenset(row[0] for row in rows)


def last_touched(connection: Connection, record_ids: Sequence[str], as_of: int | None = None) -> dict[str, int]:
    """Number of the revision that last wrote or removed each record, up to `as_of`."""
    return dict(select(connection, _LAST_TOUCHED, (_until(as_of), json.dumps(list(record_ids)))))


def _read(kind: str | None, body: str | None) -> Record | None:
    return None if kind is None or body is None else decode(KINDS[kind], body)


def _until(as_of: int | None) -> int:
    return _NOW if as_of is None else as_of


def _revision(row: Sequence[Any]) -> Revision:
    number, author, at, reason = row
    return Revision(number, author, moment(at), reason)
