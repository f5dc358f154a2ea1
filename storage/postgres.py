"""A PostgreSQL database, shared by threads, processes and machines. Version 13 or later, encoded in UTF-8.

One writer at a time, as in SQLite: a writing transaction begins by taking an advisory lock. So revisions are numbered
without gaps, whoever sees revision n sees all before it, and what was shown for SQLite holds here. A writer that is cut
off, or says nothing for `_PAUSE_S`, loses its transaction and the lock. Readers never wait.

A connection that broke while it lay idle (the server was started anew, a proxy lost patience) is noticed before it is
used, and another one is opened. What breaks in the middle is Unavailable: nothing is tried twice. A server that accepts
and says nothing is given up after `_PATIENCE_S`.
"""

from __future__ import annotations

import re
import select as system
import threading
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import RawCursor
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from scenes.errors import Invalid, StorageFull, Unavailable
from storage.migrate import Known, Unreadable, check_still_known, migrate_postgres, migrations
from storage.sql import Taken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from psycopg.abc import PQGen

R = TypeVar("R")

_LOCK = 0x6368726F6E6F
"""the advisory lock of writers: `chrono`"""
_MOST = 16
"""connections of one process; PostgreSQL allows a hundred in all unless told otherwise"""
_CONNECT_S = 5
_WAIT_S = 30
"""for the lock of writers"""
_PAUSE_S = 5
"""between two statements of a transaction, whose work is done before it begins: whoever is silent longer is cut off"""
_PATIENCE_S = 45.0
"""for an answer: longer than the server itself lets a statement wait"""
_SESSION = (
    "SET synchronous_commit = on",  # else a power cut takes back what was acknowledged
    "SET default_transaction_isolation = 'read committed'",
    f"SET lock_timeout = '{_WAIT_S}s'",
    f"SET statement_timeout = '{_WAIT_S + 10}s'",
    f"SET idle_in_transaction_session_timeout = '{_PAUSE_S}s'",
)
_KEEPALIVE = {"keepalives_idle": "5", "keepalives_interval": "2", "keepalives_count": "3", "tcp_user_timeout": "15000"}
_WORDS = (
    (re.compile(r"INDEXED BY \w+"), ""),
    (re.compile(r"CROSS JOIN"), "JOIN"),
    (re.compile(r"json_each\("), "json_texts("),
    (re.compile(r"instr\("), "strpos("),
    (re.compile(r"max\((?=\s*coalesce)"), "greatest("),
)


@lru_cache(512)
def turned(sql: str) -> str:
    """A statement of SQLite's as PostgreSQL reads it.

    >>> turned("SELECT value FROM json_each(?) WHERE value = ?")
    'SELECT value FROM json_texts($1) WHERE value = $2'
    >>> turned("SELECT ?2, ?1")
    'SELECT $2, $1'
    """
    for word, other in _WORDS:
        sql = word.sub(other, sql)
    numbers = iter(range(1, 1 + sql.count("?")))
    return re.sub(r"\?(\d*)", lambda found: f"${found[1] or next(numbers)}", sql)


class _Patient(psycopg.Connection[tuple[Any, ...]]):
    """A connection whose server may be silent for `_PATIENCE_S`; psycopg itself waits without end."""

    def wait(self, gen: PQGen[R], interval: float = 0.1, timeout: float | None = None) -> R:
        """Run psycopg's generator until it is done."""
        try:
            return super().wait(gen, interval, timeout or _PATIENCE_S)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001 - public only as OperationalError, as many are
            # What it would answer later is to no question of ours.
            self.pgconn.finish()
            raise psycopg.OperationalError(f"nothing was said for {_PATIENCE_S:.0f} s") from error


class _Connection:
    """`storage.sql.Connection` on psycopg's."""

    def __init__(self, inner: psycopg.Connection[tuple[Any, ...]]) -> None:
        self.inner = inner

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Run a statement; its rows."""
        try:
            done = self.inner.execute(turned(sql), values or None)
        except psycopg.IntegrityError as error:
            raise Taken(str(error)) from error
        except (psycopg.DataError, UnicodeEncodeError) as error:
            raise Invalid("a text holds what the database cannot keep, such as the character U+0000") from error
        return iter(done.fetchall() if done.description else ())

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of the rows of values."""
        for values in rows:
            self.execute(sql, values)


class PostgresDatabase:
    """`storage.sql.Database` at an address, brought to the current schema when it is opened.

    Raises:
        storage.migrate.SchemaTooNew: a newer Chronotope made the database one for newer programs.
        storage.migrate.Unreadable: it is not encoded in UTF-8, or is none of ours.
        Unavailable: it does not answer, or lets us not in.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._given = conninfo_to_dict(url)
        self._room = threading.BoundedSemaphore(_MOST)
        self._guard = threading.Lock()
        self._idle: list[_Connection] = []
        self._closed = False
        steps = migrations("postgres")
        self._knows = Known(len(steps))
        try:
            with self._transaction() as connection:
                _check_encoding(connection)
                migrate_postgres(connection, connection.inner.execute, steps)
        except Unavailable as error:
            # Whoever starts the server may know why; libpq repeats no password.
            raise Unavailable(f"the catalogue's database cannot be used: {error.__cause__ or error}") from error

    @contextmanager
    def reading(self) -> Iterator[_Connection]:
        """A connection for statements that read."""
        with self._connection() as connection:
            if self._knows.is_due():
                check_still_known(connection, self._knows.known)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[_Connection]:
        """A transaction with the lock of writers.

        Raises:
            StorageFull: the disk of the database is full.
            Unavailable: the database does not answer, another writer did not end, or a newer program made the
                database one for newer programs. What broke off at the end of the block may be kept or not: it was not
                acknowledged.
        """
        with self._transaction() as connection:
            check_still_known(connection, self._knows.known)
            yield connection

    @contextmanager
    def _transaction(self) -> Iterator[_Connection]:
        with self._connection() as connection:
            connection.inner.execute("BEGIN")
            try:
                connection.inner.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
                yield connection
                connection.inner.execute("COMMIT")
            except BaseException:
                if not connection.inner.closed:
                    connection.inner.rollback()
                raise

    def wipe(self) -> None:
        """Nothing to do: what was deleted goes when the server vacuums, which it does by itself."""

    def close(self) -> None:
        """Close what is idle; connections in use close when they come back."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.inner.close()

    @contextmanager
    def _connection(self) -> Iterator[_Connection]:
        with self._room, _told():
            connection = self._taken()
            try:
                yield connection
            finally:
                with self._guard:
                    keep = not self._closed and not connection.inner.closed
                    if keep:
                        self._idle.append(connection)
                if not keep:
                    connection.inner.close()

    def _taken(self) -> _Connection:
        """An idle connection that still answers, or a new one."""
        while True:
            with self._guard:
                connection = self._idle.pop() if self._idle else None
            if connection is None:
                return self._opened()
            if _lives(connection.inner):
                return connection
            connection.inner.close()

    def _opened(self) -> _Connection:
        defaults = {"connect_timeout": str(_CONNECT_S), "application_name": "chronotope", **_KEEPALIVE}
        address = make_conninfo(
            self._url, **{name: value for name, value in defaults.items() if name not in self._given}
        )
        inner = _Patient.connect(address, autocommit=True, cursor_factory=RawCursor)
        for setting in _SESSION:
            inner.execute(setting)
        return _Connection(inner)


def _lives(connection: psycopg.Connection[tuple[Any, ...]]) -> bool:
    """Whether an idle connection heard nothing: the system tells its end, without a question over the net."""
    if connection.closed:
        return False
    poll = system.poll()
    poll.register(connection.pgconn.socket, system.POLLIN)
    return not poll.poll(0)


@contextmanager
def _told() -> Iterator[None]:
    """What the engine says, in our words. An address is not repeated: it may hold a password."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise StorageFull("the disk of the catalogue is full") from error
    except (psycopg.errors.LockNotAvailable, psycopg.errors.QueryCanceled) as error:
        raise Unavailable("the catalogue is busy: another writer did not end; try again soon") from error
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        raise Unavailable("the catalogue's database does not answer; try again soon") from error


def _check_encoding(connection: _Connection) -> None:
    ((encoding,),) = connection.execute(
        "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
    )
    if encoding != "UTF8":
        raise Unreadable(f"the database is encoded in {encoding}; make one with ENCODING 'UTF8' and TEMPLATE template0")
