"""The looks through the store of objects in SQL: held by a lease, as jobs are, and continued by whoever comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scenes.fixity import Round
from storage.records import moment, stamp
from storage.sql import select, select_one

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from storage.sql import Connection, Database

_COLUMNS = "number, began_at, ended_at, after, objects, bytes, damaged, repaired"
_LAST = f"SELECT {_COLUMNS}, worker, lease_until FROM scrub ORDER BY number DESC LIMIT 1"


class SqlRounds:
    """`scenes.fixity.Rounds` on a `Database`."""

    _database: Database

    def take_round(self, *, worker: str, at: datetime, seconds: float, every: timedelta) -> Round | None:
        """The round that is under way and in nobody's hand, or a new one, where the last began that long ago."""
        # Processes ask again and again: look before taking the write lock.
        with self._database.reading() as connection:
            if not _is_free(connection, worker, at, every):
                return None
        with self._database.writing() as connection:
            if not _is_free(connection, worker, at, every):
                return None
            row = select_one(connection, _LAST)
            if row is None or row[2]:
                number = 1 if row is None else row[0] + 1
                connection.execute("INSERT INTO scrub (number, began_at) VALUES (?, ?)", (number, stamp(at)))
            else:
                number = row[0]
            connection.execute(
                "UPDATE scrub SET worker = ?, lease_until = ? WHERE number = ?",
                (worker, stamp(at + timedelta(seconds=seconds)), number),
            )
            return _round(select(connection, _LAST)[0])

    def report_round(self, found: Round, *, worker: str, at: datetime, seconds: float) -> bool:
        """Keep how far it came; False where it is no longer this worker's."""
        with self._database.writing() as connection:
            row = select(
                connection,
                "UPDATE scrub SET ended_at = ?, after = ?, objects = ?, bytes = ?, damaged = ?, repaired = ?,"
                " lease_until = ? WHERE number = ? AND worker = ? AND ended_at = '' RETURNING number",
                (
                    stamp(found.ended_at) if found.ended_at else "",
                    found.after,
                    found.objects,
                    found.bytes,
                    found.damaged,
                    found.repaired,
                    stamp(at + timedelta(seconds=seconds)),
                    found.number,
                    worker,
                ),
            )
        return bool(row)

    def last_round(self) -> Round | None:
        """The one that began last."""
        with self._database.reading() as connection:
            row = select_one(connection, _LAST)
        return None if row is None else _round(row)


def _is_free(connection: Connection, worker: str, at: datetime, every: timedelta) -> bool:
    row = select_one(connection, _LAST)
    if row is None:
        return True
    if row[2]:
        return bool(row[1] <= stamp(at - every))
    return bool(row[8] == worker or row[9] <= stamp(at))


def _round(row: Sequence[Any]) -> Round:
    number, began, ended, after, objects, length, damaged, repaired = row[:8]
    return Round(number, moment(began), moment(ended) if ended else None, after, objects, length, damaged, repaired)
