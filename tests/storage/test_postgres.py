"""What only PostgreSQL may do wrong; the contracts are in tests/contracts."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from scenes.errors import Conflict, Invalid, Unavailable
from scenes.model import Placement, Scene
from scenes.ports import Put
from storage import postgres
from storage.catalogue_postgres import PostgresCatalogue
from storage.migrate import SchemaTooNew
from storage.postgres import PostgresDatabase, turned
from tests.contracts.samples import NOON, placement, scene
from tests.postgres_server import PostgresServer, empty_postgres
from tests.storage.questions import QUESTIONS
from tests.tcp_proxy import TcpProxy


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of this module's own, because it is killed."""
    with PostgresServer() as running:
        yield running


@pytest.fixture
def catalogue() -> Iterator[PostgresCatalogue]:
    opened = empty_postgres()
    yield opened
    opened.close()


def put(catalogue: PostgresCatalogue, *names: str) -> int:
    return catalogue.commit([Put(scene(name)) for name in names], author="ada", reason="", at=NOON).number


def test_threads_write_and_read_at_once_without_losing_a_revision(catalogue: PostgresCatalogue) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda n: put(catalogue, f"scene_{n}"), range(40)))
    assert sorted(numbers) == list(range(1, 41))
    assert len(catalogue.page(Scene, first=100).records) == 40
    assert len(catalogue._database._idle) <= 8  # type: ignore[attr-defined]


def test_a_refused_statement_leaves_nothing_and_the_connection_works(catalogue: PostgresCatalogue) -> None:
    put(catalogue, "scene_a")
    with pytest.raises(Conflict):
        catalogue.commit([Put(scene("scene_b")), Put(placement("scene_a"))], author="ada", reason="", at=NOON)
    assert catalogue.get(Scene, "scene_b") is None
    assert put(catalogue, "scene_b") == 2


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_a_text_that_cannot_be_kept_is_refused_and_never_found(catalogue: PostgresCatalogue, text: str) -> None:
    with pytest.raises(Invalid, match="cannot keep"):
        catalogue.commit([Put(scene("scene_a"))], author="ada", reason=text, at=NOON)
    for ask in (lambda: catalogue.get(Scene, text), lambda: catalogue.get_many(Scene, [text])):
        with pytest.raises(Invalid, match="cannot keep"):
            ask()
    assert put(catalogue, "scene_a") == 1


def test_a_commit_is_synced_whatever_the_server_is_used_to(catalogue: PostgresCatalogue) -> None:
    with catalogue._database.reading() as connection:
        assert list(connection.execute("SHOW synchronous_commit")) == [("on",)]


@pytest.mark.parametrize(("sql", "values"), QUESTIONS)
def test_no_common_question_needs_to_walk_the_whole_table(
    catalogue: PostgresCatalogue, sql: str, values: tuple[object, ...]
) -> None:
    with catalogue._database.writing() as connection:
        # Small tables are walked because that is quicker; where there is no other way, this doesn't help.
        connection.execute("SET LOCAL enable_seqscan = off")
        plan = "\n".join(row[0] for row in connection.execute(f"EXPLAIN {sql}", values))
    assert "Seq Scan" not in plan, plan


def test_a_database_of_a_newer_program_is_refused_and_not_touched(server: PostgresServer) -> None:
    url = server.database()
    PostgresDatabase(url).close()
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE chronotope_schema SET version = 999, floor = 999")
    with pytest.raises(SchemaTooNew, match="999"):
        PostgresDatabase(url)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT version FROM chronotope_schema").fetchall() == [(999,)]


def test_a_migration_that_fails_leaves_no_table(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = postgres.migrations
    broken = ((1, "CREATE TABLE half (a INTEGER)"), (2, "CREATE TABLE half (a INTEGER)"))
    monkeypatch.setattr(postgres, "migrations", lambda _: broken)
    url = server.database()
    with pytest.raises(psycopg.errors.DuplicateTable):
        PostgresDatabase(url)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_class WHERE relname = 'half'").fetchone() == (0,)
    monkeypatch.setattr(postgres, "migrations", whole)
    PostgresDatabase(url).close()


def test_processes_that_begin_at_once_on_a_new_database_all_succeed(server: PostgresServer) -> None:
    program = (
        "import sys; from storage.catalogue_postgres import PostgresCatalogue; "
        "print(PostgresCatalogue(sys.argv[1]).revision_of('x'))"
    )
    command = [sys.executable, "-c", program, server.database()]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0].strip() for process in running] == ["0"] * 3


def test_a_server_that_dies_is_told_loses_nothing_and_is_used_again(server: PostgresServer) -> None:
    catalogue = PostgresCatalogue(server.database())
    put(catalogue, "scene_a")
    server.kill()
    for ask in (lambda: catalogue.get(Scene, "scene_a"), lambda: put(catalogue, "scene_b")):
        with pytest.raises(Unavailable, match="does not answer"):
            ask()
    server.start()
    assert catalogue.get(Scene, "scene_a") == scene()
    assert put(catalogue, "scene_b") == 2
    catalogue.close()


def test_a_connection_that_broke_while_it_lay_idle_is_not_noticed(server: PostgresServer) -> None:
    catalogue = PostgresCatalogue(server.database())
    put(catalogue, "scene_a")
    server.kill()
    server.start()
    assert put(catalogue, "scene_b") == 2
    catalogue.close()


def test_a_writer_that_does_not_end_is_waited_for_so_long(
    catalogue: PostgresCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = [setting for setting in postgres._SESSION if "lock_timeout" not in setting]
    monkeypatch.setattr(postgres, "_SESSION", (*session, "SET lock_timeout = '50ms'"))
    begun, ended = threading.Event(), threading.Event()

    def slow() -> None:
        with catalogue._database.writing():
            begun.set()
            ended.wait(30)

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(30)
    with pytest.raises(Unavailable, match="another writer"):
        put(catalogue, "scene_a")
    assert catalogue.within(Placement, ["scene_a"]) == {"scene_a": ()}, "who reads does not wait"
    ended.set()
    thread.join()
    assert put(catalogue, "scene_a") == 1


@pytest.fixture
def proxied(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[TcpProxy, PostgresCatalogue]]:
    """A catalogue behind a network that fails, with one connection and a scene in it."""
    monkeypatch.setattr(postgres, "_PATIENCE_S", 1.0)
    with TcpProxy(server.port) as proxy:
        catalogue = PostgresCatalogue(server.database().replace(str(server.port), str(proxy.port)))
        put(catalogue, "scene_a")
        yield proxy, catalogue
        proxy.flow()
        catalogue.close()


def test_a_server_that_says_nothing_is_given_up(proxied: tuple[TcpProxy, PostgresCatalogue]) -> None:
    proxy, catalogue = proxied
    proxy.stall()
    with pytest.raises(Unavailable):
        catalogue.get(Scene, "scene_a")
    proxy.flow()
    assert catalogue.get(Scene, "scene_a") == scene()


def test_a_connection_that_is_reset_in_a_transaction_leaves_nothing_half(
    proxied: tuple[TcpProxy, PostgresCatalogue],
) -> None:
    proxy, catalogue = proxied

    def half() -> None:
        with catalogue._database.writing() as connection:
            connection.execute("DELETE FROM record")
            proxy.reset()
            connection.execute("DELETE FROM revision")

    with pytest.raises(Unavailable):
        half()
    assert catalogue.get(Scene, "scene_a") == scene()
    assert put(catalogue, "scene_b") == 2


def test_an_address_that_leads_nowhere_is_told_without_its_password() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(Unavailable) as caught:
        PostgresDatabase(f"postgresql://museum:hunter2@127.0.0.1:{port}/museum")
    assert "hunter2" not in str(caught.value)


def test_why_it_cannot_begin_is_told_whoever_starts_it(server: PostgresServer) -> None:
    with pytest.raises(Unavailable, match=r'cannot be used: connection failed.*database "nowhere" does not exist'):
        PostgresDatabase(server.url("nowhere"))


def test_a_statement_is_turned_as_a_whole() -> None:
    assert turned("SELECT instr(body, ?2) FROM a CROSS JOIN b INDEXED BY c ON max(coalesce(1, 2), 3) = ?1") == (
        "SELECT strpos(body, $2) FROM a JOIN b  ON greatest(coalesce(1, 2), 3) = $1"
    )
