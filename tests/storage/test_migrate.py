import subprocess
import sys

import apsw
import pytest

from storage.catalogue_sqlite import SqliteCatalogue
from storage.migrate import SchemaTooNew, Unreadable, migrate, migrations, version


def test_the_migrations_are_numbered_from_one_without_gaps():
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_an_empty_file_is_brought_to_the_last_version_and_then_left_alone(tmp_path):
    connection = apsw.Connection(str(tmp_path / "catalogue.db"))
    assert migrate(connection) == len(migrations())
    assert version(connection) == len(migrations())
    assert migrate(connection) == 0


def test_a_file_of_a_newer_program_is_refused_and_not_touched(tmp_path):
    path = tmp_path / "catalogue.db"
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA user_version = 999")
    with pytest.raises(SchemaTooNew, match="999"):
        SqliteCatalogue(path)
    assert list(connection.execute("SELECT name FROM sqlite_schema")) == []


def test_a_file_that_is_no_database_is_refused_and_not_touched(tmp_path):
    path = tmp_path / "catalogue.db"
    path.write_text("not a database\n" * 100)
    with pytest.raises(Unreadable, match="no database"):
        SqliteCatalogue(path)
    assert path.read_text() == "not a database\n" * 100


def test_a_damaged_file_is_refused(tmp_path):
    path = tmp_path / "catalogue.db"
    SqliteCatalogue(path).close()
    damaged = bytearray(path.read_bytes())
    damaged[100:4096] = b"\xa5" * 3996
    path.write_bytes(damaged)
    with pytest.raises(Unreadable, match="damaged"):
        SqliteCatalogue(path)


def test_a_migration_that_fails_leaves_the_version_before_it(tmp_path):
    connection = apsw.Connection(str(tmp_path / "catalogue.db"))
    broken = (*migrations(), (len(migrations()) + 1, "CREATE TABLE half (a); CREATE TABLE record (a)"))
    with pytest.raises(apsw.SQLError):
        migrate(connection, broken)
    assert version(connection) == len(migrations())
    assert list(connection.execute("SELECT name FROM sqlite_schema WHERE name = 'half'")) == []


def test_processes_that_begin_at_once_on_a_new_file_all_succeed(tmp_path):
    program = (
        "import sys; from pathlib import Path; from storage.catalogue_sqlite import SqliteCatalogue; "
        "print(SqliteCatalogue(Path(sys.argv[1])).revision_of('x'))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "catalogue.db")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[0].strip() for process in running] == ["0"] * 4
