"""`scenes.ports.Derived` in a SQLite file of its own, which may be deleted while nobody uses it.

Apart from the catalogue, because nothing of it needs to be kept: no backup, no migration (a file of another layout is
made anew), and no wait for the disk (`synchronous=OFF`: after a power cut the file may be damaged, and then it is made
anew, too). When the room is used up everything goes: values refer to each other, and half of them would lead astray.
"""

from __future__ import annotations

import contextlib
import json
import logging
import threading
from typing import TYPE_CHECKING

import apsw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

log = logging.getLogger("chronotope.derived")

_LAYOUT = 1
"""of the table; other layouts are dropped"""
_BUSY_MS = 10_000
MOST_BYTES = 4 << 30


class SqliteDerived:
    """Values by name in one file. A file that cannot be used is as good as none: nothing is kept then."""

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._path, self._most = path, most_bytes
        self._lock = threading.Lock()
        self._connection: apsw.Connection | None = None
        with self._forgiving():
            self._opened()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._let_go()

    def get_many(self, names: Sequence[str]) -> Mapping[str, bytes]:
        """Those values that are here."""
        found: dict[str, bytes] = {}
        with self._lock, self._forgiving():
            rows = self._opened().execute(
                "SELECT name, value FROM derived WHERE name IN (SELECT value FROM json_each(?))",
                (json.dumps(list(names)),),
            )
            found |= {name: bytes(value) for name, value in rows}
        return found

    def put_many(self, values: Mapping[str, bytes]) -> None:
        """Keep values."""
        size = sum(map(len, values.values()))
        with self._lock, self._forgiving(), self._opened() as connection:
            ((used,),) = connection.execute("SELECT coalesce(sum(bytes), 0) FROM used")
            if used + size > self._most:
                connection.execute("DELETE FROM derived; DELETE FROM used")
            if size <= self._most:
                connection.executemany("INSERT OR IGNORE INTO derived VALUES (?, ?)", list(values.items()))
                connection.execute("INSERT INTO used VALUES (?)", (size,))

    def clear(self) -> None:
        """Drop everything, in the file that other processes have open, too."""
        with self._lock, self._forgiving():
            self._opened().execute("DELETE FROM derived; DELETE FROM used; PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    @contextlib.contextmanager
    def _forgiving(self) -> Iterator[None]:
        """What fails here is not worth an answer's failing: the file is made anew, and nothing was found or kept.

        On a disk that is full or fails, making it anew fails as well: it is tried again at the next use.
        """
        try:
            yield
        except (apsw.CorruptError, apsw.NotADBError, apsw.SQLError, apsw.IOError, apsw.FullError) as wrong:
            log.warning("%s is made anew: %s", self._path, wrong)
            self._let_go()
            self._drop()
        except (apsw.BusyError, apsw.ReadOnlyError, apsw.CantOpenError) as wrong:
            log.warning("%s is not used now: %s", self._path, wrong)

    def _drop(self) -> None:
        with contextlib.suppress(OSError):
            for ending in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(apsw.Error):
                connection.close()

    def _opened(self) -> apsw.Connection:
        if self._connection is None:
            self._connection = self._prepared()
        return self._connection

    def _prepared(self) -> apsw.Connection:
        connection = apsw.Connection(str(self._path))
        connection.set_busy_timeout(_BUSY_MS)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA secure_delete = ON")
        ((layout,),) = connection.execute("PRAGMA user_version")
        with connection:
            if layout != _LAYOUT:
                connection.execute("DROP TABLE IF EXISTS derived; DROP TABLE IF EXISTS used")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS derived (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;"
                "CREATE TABLE IF NOT EXISTS used (bytes INTEGER NOT NULL) STRICT"
            )
            connection.execute(f"PRAGMA user_version = {_LAYOUT}")
        return connection
