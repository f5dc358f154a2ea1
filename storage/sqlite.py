"""One SQLite file, shared by threads and processes.

WAL, so that readers and the one writer do not wait for each other; `synchronous=FULL`, because with `NORMAL` a power
cut takes back what was acknowledged. apsw brings its own SQLite: 3.7.0 to 3.51.2 can corrupt a WAL file.

A connection is used by one call at a time and goes back to a pool: the doors run calls on threads that come and go, and
a connection for each of them would pile up. Every write is a transaction that takes the lock at its beginning; the lock
of this process queues its threads, SQLite's busy timeout waits for other processes.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import apsw

from scenes.errors import StorageFull, Unavailable
from storage.files import refusal
from storage.migrate import Known, Unreadable, check_still_known, migrate, migrations
from storage.sql import Taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

DISK_ERRORS = (apsw.IOError, apsw.FullError, apsw.CantOpenError)
"""what SQLite raises where the disk is full or fails"""
_BUSY_MS = 30_000


class _Connection(apsw.Connection):
    """Says `Taken` as other engines do."""

    def execute(self, statements: str, bindings: Any = (), **options: Any) -> apsw.Cursor:
        """Run a statement."""
        try:
            return super().execute(statements, bindings, **options)
        except apsw.ConstraintError as error:
            raise Taken(str(error)) from error


class SqliteDatabase:
    """`storage.sql.Database`: the file, brought to the current schema when it is opened.

    `on_statement`, for measuring and tests, is called with the text of each statement that runs.

    Raises:
        storage.migrate.SchemaTooNew: a newer Chronotope made the file one for newer programs.
        storage.migrate.Unreadable: the file is no database, or damaged.
        StorageFull, Unavailable: the disk is full, or fails.
    """

    def __init__(self, path: Path, *, on_statement: Callable[[str], None] | None = None) -> None:
        self._path = path
        self._on_statement = on_statement
        self._idle: list[apsw.Connection] = []
        self._guard = threading.Lock()
        self._write_lock = threading.Lock()
        self._closed = False
        self._knows = Known(len(migrations()))
        try:
            with self._write_lock, self._connection() as connection:
                migrate(connection)
        except apsw.NotADBError as error:
            raise Unreadable(f"{path} is no database; name the right data directory, or put its copy back") from error
        except apsw.CorruptError as error:
            raise Unreadable(f"{path} is damaged ({error}); put back a copy of the data directory") from error

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """A connection for one statement; several belong into `writing` or one `BEGIN`."""
        with self._connection() as connection:
            if self._knows.is_due():
                check_still_known(connection, self._knows.known)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """A transaction; durable when the block is left, undone when it raises.

        Raises:
            StorageFull: the disk is full.
            Unavailable: the disk fails, or a newer program made the file one for newer programs.
        """
        with self._write_lock, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                check_still_known(connection, self._knows.known)
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def wipe(self) -> None:
        """Leave nothing of what was deleted: `secure_delete` wrote zeros over it, and the WAL is emptied here."""
        with self._write_lock, self._connection() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close what is idle; connections in use close when they come back."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _connection(self) -> Iterator[apsw.Connection]:
        with self._guard:
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._open()
        try:
            yield connection
        except DISK_ERRORS as error:
            raise disk_refusal(error, connection) from error
        finally:
            # After an error, too: on a full disk another one may not be opened, and reading has to go on.
            with self._guard:
                keep = not self._closed
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def _open(self) -> apsw.Connection:
        try:
            connection = _Connection(str(self._path))
        except DISK_ERRORS as error:
            raise disk_refusal(error, None) from error
        try:
            return self._prepared(connection)
        except DISK_ERRORS as error:
            refused = disk_refusal(error, connection)
            connection.close()
            raise refused from error

    def _prepared(self, connection: _Connection) -> apsw.Connection:
        connection.set_busy_timeout(_BUSY_MS)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        if self._on_statement is not None:
            tell = self._on_statement

            def traced(event: dict[str, Any]) -> None:
                tell(str(event["sql"]))

            connection.trace_v2(apsw.SQLITE_TRACE_STMT, traced)
        return connection


def disk_refusal(error: apsw.Error, connection: apsw.Connection | None) -> StorageFull | Unavailable:
    """What an error of SQLite's says of the disk, by the system's number for it where there is one.

    There is none where a file could not be made: SQLite tries to read it then, and keeps the number of that.
    """
    if isinstance(error, apsw.FullError):
        return StorageFull("the disk of the catalogue is full")
    said = None if connection is None else refusal(connection.system_errno, "disk of the catalogue")
    return said or Unavailable(f"the file of the catalogue cannot be used ({error}); what was acknowledged is kept")
