"""Brings a database file to the schema of this program: numbered SQL files, forward only.

`PRAGMA user_version` holds the number of the last file that ran. Each file runs in a transaction of its own together
with the new number, so a crash leaves the schema at a whole step; two processes that start at once wait for each other.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import apsw

_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


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


def version(connection: apsw.Connection) -> int:
    """Number of the last migration that the file has seen."""
    return int(next(connection.execute("PRAGMA user_version"))[0])


def migrate(connection: apsw.Connection, steps: Sequence[tuple[int, str]] | None = None) -> int:
    """Run what is missing of `steps` (those of this program); the number of migrations that ran.

    Raises:
        SchemaTooNew: the file is ahead of this program.
    """
    steps = migrations() if steps is None else steps
    ran = 0
    at = version(connection)
    if at > len(steps):
        raise SchemaTooNew(f"the database has schema {at}, this program knows up to {len(steps)}")
    for number, sql in steps[at:]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been quicker while this one waited for the lock.
            if version(connection) < number:
                connection.execute(sql)
                connection.execute(f"PRAGMA user_version = {number}")
                ran += 1
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
    return ran
