import json
import subprocess
import sys

import apsw
import pytest

from scenes.model import Actor, Role, Scene
from scenes.ports import Put, Step
from storage.catalogue_sqlite import SqliteCatalogue
from storage.migrate import SchemaTooNew, Unreadable, migrate, migrations, version
from storage.records import encode
from tests.contracts.samples import NOON, scene


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


def test_a_file_of_a_newer_program_is_used_where_it_is_for_older_ones_too(tmp_path):
    path, known = tmp_path / "catalogue.db", len(migrations())
    connection = apsw.Connection(str(path))
    adds = f"-- compatible-from: {known}\nCREATE TABLE more (a)"
    assert migrate(connection, (*migrations(), (known + 1, adds))) == known + 1
    catalogue = SqliteCatalogue(path)
    assert catalogue.commit([Put(scene())], author="ada", reason="", at=NOON).number == 1
    breaks = (known + 2, "DROP TABLE more")
    migrate(connection, (*migrations(), (known + 1, adds), breaks))
    # What is for newer programs stays so, whatever a later migration says of itself.
    migrate(connection, (*migrations(), (known + 1, adds), breaks, (known + 3, adds)))
    with pytest.raises(SchemaTooNew, match=f"know {known + 2}"):
        SqliteCatalogue(path)


# What Chronotope 0.1 wrote at schema 1: a scene, changed once, a token, a job and a blob that is served.
OF_SCHEMA_1 = """
INSERT INTO revision VALUES
    (1, 'ada', '2026-01-02T00:00:00.000000Z', 'first'), (2, 'bob', '2026-01-03T00:00:00.000000Z', '');
INSERT INTO record (kind, id, scene, seq, public, slug, body, from_revision, to_revision) VALUES
    ('scene', 'scene_a', '', 1, 1, NULL, json_set(:body, '$.title', 'Agora'), 1, 2),
    ('scene', 'scene_a', '', 1, 1, NULL, json_set(:body, '$.title', 'The Agora'), 2, NULL);
INSERT INTO blob_use VALUES (:digest, 'asset_a', 5, 'image/webp');
INSERT INTO token VALUES ('hash', 'ines', 'curator', '2026-01-02T00:00:00.000000Z', NULL, 0, NULL);
INSERT INTO job VALUES (1, 'job_a', 'tile', 'asset_a', 'queued', 0.0, '', '', 0, '2026-01-02T00:00:00.000000Z',
    '2026-01-02T00:00:00.000000Z', '', '');
"""


def test_a_file_of_the_first_schema_is_brought_here_with_all_that_is_in_it(tmp_path):
    path, digest = tmp_path / "catalogue.db", "a" * 64
    connection = apsw.Connection(str(path))
    assert migrate(connection, migrations()[:1]) == 1
    body = json.loads(encode(scene())) | {"latitude": 37.97, "longitude": 23.72}
    del body["georeference"]
    connection.execute(OF_SCHEMA_1, {"body": json.dumps(body), "digest": digest})
    connection.close()
    catalogue = SqliteCatalogue(path)
    now, then = (catalogue.get(Scene, "scene_a", as_of=number) for number in (None, 1))
    assert (now.title, then.title) == ("The Agora", "Agora")
    assert (now.georeference.latitude, now.georeference.longitude) == (37.97, 23.72)
    assert [(each.number, each.author) for each in catalogue.history(["scene_a"], last=9)] == [(2, "bob"), (1, "ada")]
    assert catalogue.takeable("bob", Step.UNDO).number == 2
    assert catalogue.blob_use(digest)[1] == ("asset_a",)
    assert catalogue.use_token("hash", at=NOON).name == "ines"
    assert catalogue.lease(worker="w", at=NOON, seconds=30).id == "job_a"
    assert catalogue.commit([Put(scene())], author="ada", reason="", at=NOON).number == 3


def test_processes_that_begin_at_once_on_a_new_file_all_succeed(tmp_path):
    program = (
        "import sys; from pathlib import Path; from storage.catalogue_sqlite import SqliteCatalogue; "
        "print(SqliteCatalogue(Path(sys.argv[1])).revision_of('x'))"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "catalogue.db")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[0].strip() for process in running] == ["0"] * 4


def test_tokens_of_before_there_were_scopes_open_as_they_did(tmp_path):
    path = tmp_path / "catalogue.db"
    connection = apsw.Connection(str(path))
    migrate(connection, migrations()[:4])
    late = "2999-01-01T00:00:00.000000Z"
    for row in (
        ("a" * 64, "ada", "curator", late, None, 0, None),
        ("b" * 64, "ben", "administrator", late, late, 1, None),
        ("c" * 64, "cleo", "curator", late, None, 1, late),
    ):
        connection.execute("INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    connection.close()
    catalogue = SqliteCatalogue(path)
    assert catalogue.use_token("a" * 64, at=NOON) == Actor("ada", Role.CURATOR)
    assert catalogue.use_token("b" * 64, at=NOON) == Actor("ben", Role.ADMINISTRATOR)
    assert catalogue.use_token("b" * 64, at=NOON) is None
    assert catalogue.use_token("c" * 64, at=NOON) is None
    catalogue.close()
