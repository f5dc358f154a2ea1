"""Brings a database to the schema of this program: numbered SQL files, forward only; and says who may use it.

Each file runs in a transaction of its own together with the new number, so a crash leaves the schema at a whole step;
two processes that start at once wait for each other. SQLite has the number in `PRAGMA user_version`, too, because
programs before 0004 look there.

A database also says which programs it is for: `floor` is the least schema that a program must know. A file that only
adds what older programs need not know says so in its first lines, `-- compatible-from: 3`, and leaves the floor at
that; one that says nothing is for programs from its own number on. So while servers are replaced one after another, the
older ones go on beside the newer ones, or are told at once that they are too old (docs/adr/0040).

    program knows    database has    its floor
    3                2               2            is brought to 3
    3                4               3            is used as it is
    3                4               4            refused: SchemaTooNew at the start, Unavailable while running
"""

from __future__ import annotations

import re
import time
from importlib.resources import files
from typing import TYPE_CHECKING

from scenes.errors import Unavailable
from storage.sql import select_one

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import apsw

    from storage.sql import Connection

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_COMPATIBLE = re.compile(r"^-- compatible-from: (\d+)$", re.MULTILINE)
_LOOK_S = 1.0
_TELLS_FLOOR = {"sqlite": 4, "postgres": 2}
"""the migrations that bring `chronotope_schema.floor`"""


class SchemaTooNew(RuntimeError):
    """The database was written by a newer Chronotope; this one would damage it."""


class Unreadable(RuntimeError):
    """The file is no database, or it is damaged; nothing was written to it."""


def migrations(engine: str = "sqlite") -> tuple[tuple[int, str], ...]:
    """Number and SQL of each migration of an engine (`sqlite` or `postgres`), in order.

    Raises:
        RuntimeError: the numbers have gaps.
    """
    folder = files("storage") / ("migrations" if engine == "sqlite" else f"migrations_{engine}")
    found = []
    for entry in folder.iterdir():
        match = _NAME.fullmatch(entry.name)
        if match:
            found.append((int(match[1]), entry.read_text(encoding="utf-8")))
    found.sort()
    if [number for number, _ in found] != list(range(1, len(found) + 1)):
        raise RuntimeError(
            f"storage/{folder.name}: expected numbers from 1 without gaps, found {[n for n, _ in found]}"
        )
    return tuple(found)


def floor_of(number: int, sql: str) -> int:
    """The least schema that a program must know to use a database after this migration.

    >>> floor_of(4, "-- Uploads.\\n-- compatible-from: 3\\nCREATE TABLE …"), floor_of(4, "DROP TABLE …")
    (3, 4)
    """
    found = _COMPATIBLE.search(sql)
    return int(found[1]) if found else number


def check_known(version: int, floor: int, known: int) -> None:
    """Refuse, at the start, a database that is for newer programs only. Raises SchemaTooNew."""
    if version > known and floor > known:
        raise SchemaTooNew(
            f"the database has schema {version} and is for programs that know {floor}; this one knows up to {known}"
        )


def check_still_known(connection: Connection, known: int) -> None:
    """Refuse while running, once a newer program has made the database one for newer programs only.

    Raises:
        Unavailable: this program must not use it any more.
    """
    floor = _floor(connection)
    if floor > known:
        raise Unavailable(
            f"a newer Chronotope made the catalogue one for programs that know schema {floor}; this one knows up to "
            f"{known} and leaves it alone: start the newer one in its place"
        )


class Known:
    """Up to which schema this program knows, and when it last looked whether that still does: readers every second."""

    def __init__(self, known: int) -> None:
        self.known, self._looked = known, time.monotonic()

    def is_due(self) -> bool:
        """Whether to look again now. Writers look each time, in their transaction."""
        now = time.monotonic()
        if now - self._looked < _LOOK_S:
            return False
        self._looked = now
        return True


def version(connection: apsw.Connection) -> int:
    """Number of the last migration that the file has seen."""
    return int(next(connection.execute("PRAGMA user_version"))[0])


def migrate(connection: apsw.Connection, steps: Sequence[tuple[int, str]] | None = None) -> int:
    """Run what is missing of `steps` (those of this program) in a file of SQLite; the number of migrations that ran.

    Raises:
        SchemaTooNew: the file is for newer programs.
    """
    steps = migrations() if steps is None else steps
    ran = 0
    at = version(connection)
    if at > len(steps):
        is_told = list(connection.execute("SELECT name FROM sqlite_schema WHERE name = 'chronotope_schema'"))
        check_known(at, _floor(connection) if is_told else at, len(steps))
    for number, sql in steps[at:]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been quicker while this one waited for the lock.
            if version(connection) < number:
                connection.execute(sql)
                if number >= _TELLS_FLOOR["sqlite"]:
                    raise_floor(connection, number, sql)
                connection.execute(f"PRAGMA user_version = {number}")
                ran += 1
            connection.execute("COMMIT")
        except BaseException:
            # A full disk may have ended the transaction already.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    return ran


def migrate_postgres(connection: Connection, run: Callable[[str], object], steps: Sequence[tuple[int, str]]) -> None:
    """The same in PostgreSQL, all in the transaction of the connection: it takes back definitions, too.

    `run` takes texts of several statements.

    Raises:
        SchemaTooNew: the database is for newer programs.
    """
    run("CREATE TABLE IF NOT EXISTS chronotope_schema (version INTEGER NOT NULL)")
    row = select_one(connection, "SELECT version FROM chronotope_schema")
    at = 0 if row is None else int(row[0])
    if at > len(steps):
        check_known(at, _floor(connection), len(steps))
    for number, sql in steps[at:]:
        run(sql)
        if at == 0 and number == 1:
            connection.execute("INSERT INTO chronotope_schema VALUES (?)", (number,))
        connection.execute("UPDATE chronotope_schema SET version = ?", (number,))
        if number >= _TELLS_FLOOR["postgres"]:
            raise_floor(connection, number, sql)


def raise_floor(connection: Connection, number: int, sql: str) -> None:
    """Say for which programs the database is after a migration: it never becomes one for older programs again."""
    connection.execute("UPDATE chronotope_schema SET floor = ?", (max(_floor(connection), floor_of(number, sql)),))


def _floor(connection: Connection) -> int:
    row = select_one(connection, "SELECT floor FROM chronotope_schema")
    return 0 if row is None else int(row[0])
