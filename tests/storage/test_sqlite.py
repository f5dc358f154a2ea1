import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import apsw
import pytest

from scenes.errors import StorageFull, Unavailable
from scenes.model import Job, JobState, Placement, Scene
from scenes.ports import Put, Remove
from scenes.purging import Purge
from storage.catalogue_sql import SqlCatalogue
from storage.catalogue_sqlite import SqliteCatalogue
from storage.sqlite import SqliteDatabase
from tests.contracts.samples import NOON, placement, scene
from tests.storage.questions import QUESTIONS


def test_the_file_is_in_wal_mode_and_synced_at_every_commit(tmp_path):
    database = SqliteDatabase(tmp_path / "catalogue.db")
    with database.reading() as connection:
        settings = [next(connection.execute(f"PRAGMA {name}"))[0] for name in ("journal_mode", "synchronous")]
    assert settings == ["wal", 2]


def test_sqlite_is_one_without_the_wal_reset_bug():
    assert tuple(int(part) for part in apsw.sqlitelibversion().split(".")) >= (3, 51, 3)


def test_a_transaction_that_raises_leaves_nothing_and_the_next_one_works(tmp_path):
    database = SqliteDatabase(tmp_path / "catalogue.db")

    def half() -> None:
        with database.writing() as connection:
            connection.execute("INSERT INTO revision (number, author, at, reason) VALUES (1, 'ada', '', '')")
            raise KeyError

    with pytest.raises(KeyError):
        half()
    with database.writing() as connection:
        assert list(connection.execute("SELECT * FROM revision")) == []


def test_a_full_disk_is_told_as_such_and_reading_goes_on(tmp_path):
    catalogue = SqliteCatalogue(tmp_path / "catalogue.db")
    catalogue.commit([Put(scene())], author="ada", reason="", at=NOON)
    with catalogue._database.reading() as connection:
        pages = next(connection.execute("PRAGMA page_count"))[0]
        # The one pooled connection: what it may not grow beyond is the disk's end.
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StorageFull):
        catalogue.commit(
            [Put(placement(f"p_{n}", title="x" * 300)) for n in range(200)], author="ada", reason="", at=NOON
        )
    assert catalogue.get(Scene, "scene_a") == scene()
    assert catalogue.within(Placement, ["scene_a"])["scene_a"] == ()


def test_a_file_that_cannot_be_opened_is_told_as_such(tmp_path):
    with pytest.raises(Unavailable, match="cannot be used"):
        SqliteDatabase(tmp_path)


def test_threads_write_and_read_at_once_without_losing_a_revision(tmp_path):
    catalogue = SqliteCatalogue(tmp_path / "catalogue.db")

    def write(n: int) -> int:
        number = catalogue.commit([Put(scene(f"scene_{n}"))], author="ada", reason="", at=NOON).number
        assert catalogue.get(Scene, f"scene_{n}") is not None
        return number

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(write, range(60)))
    assert sorted(numbers) == list(range(1, 61))
    assert len(catalogue.page(Scene, first=100).records) == 60


def test_connections_do_not_pile_up_with_threads_that_come_and_go(tmp_path):
    catalogue = SqliteCatalogue(tmp_path / "catalogue.db")
    for _ in range(30):
        thread = threading.Thread(target=catalogue.revision_of, args=("x",))
        thread.start()
        thread.join()
    assert len(catalogue._database._idle) == 1


def test_another_process_sees_what_was_committed_and_writes_beside_us(tmp_path):
    path = tmp_path / "catalogue.db"
    catalogue = SqliteCatalogue(path)
    catalogue.commit([Put(scene("scene_0"))], author="ada", reason="", at=NOON)
    program = (
        "import sys; from pathlib import Path\n"
        "from scenes.model import Scene; from scenes.ports import Put\n"
        "from storage.catalogue_sqlite import SqliteCatalogue\n"
        "from tests.contracts.samples import NOON, scene\n"
        "catalogue = SqliteCatalogue(Path(sys.argv[1]))\n"
        "assert catalogue.get(Scene, 'scene_0') is not None\n"
        "for n in range(40): catalogue.commit([Put(scene(f'scene_theirs_{n}'))], author='bob', reason='', at=NOON)\n"
    )
    other = subprocess.Popen([sys.executable, "-c", program, str(path)])
    for n in range(40):
        catalogue.commit([Put(scene(f"scene_ours_{n}"))], author="ada", reason="", at=NOON)
    assert other.wait() == 0
    assert len(catalogue.page(Scene, first=100).records) == 81
    assert catalogue.revision_of("scene_ours_39") <= 81


@pytest.mark.parametrize(("sql", "values"), QUESTIONS)
def test_no_common_question_walks_the_whole_table(tmp_path, sql, values):
    database = SqliteDatabase(tmp_path / "catalogue.db")
    with database.reading() as connection:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert not [step for step in plan if step.startswith("SCAN") and "json_each" not in step], plan


def test_what_is_put_down_is_closed(tmp_path):
    catalogue = SqliteCatalogue(tmp_path / "catalogue.db")
    catalogue.commit([Put(scene())], author="ada", reason="", at=NOON)
    catalogue.close()
    assert not (tmp_path / "catalogue.db-wal").exists()
    assert SqliteCatalogue(tmp_path / "catalogue.db").get(Scene, "scene_a") == scene()


def test_on_a_full_disk_it_refuses_to_write_reads_on_and_writes_again_when_there_is_room(tmp_path, room):
    catalogue = SqliteCatalogue(tmp_path / "catalogue.db")
    catalogue.commit([Put(scene())], author="ada", reason="", at=NOON)
    with room((tmp_path / "catalogue.db-wal").stat().st_size):
        for _ in range(2):
            with pytest.raises(StorageFull):
                catalogue.commit([Put(placement("p_1"))], author="ada", reason="", at=NOON)
            assert catalogue.get(Scene, "scene_a") == scene()
    assert catalogue.commit([Put(placement("p_1"))], author="ada", reason="", at=NOON).number == 2


def test_what_is_erased_is_not_in_the_files_any_more(tmp_path):
    database = SqliteDatabase(tmp_path / "catalogue.db")
    with database.writing() as connection:
        connection.execute("INSERT INTO revision (number, author, at, reason) VALUES (1, 'ada', '', 'of Mrs Lovelace')")
    with database.writing() as connection:
        connection.execute("DELETE FROM revision")
    database.wipe()
    assert b"Lovelace" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


class Crashing(SqliteDatabase):
    """Whoever wipes it the first time does not come to it."""

    crashes = True

    def wipe(self) -> None:
        if self.crashes:
            self.crashes = False
            raise KeyboardInterrupt
        super().wipe()


def test_erasing_again_after_a_crash_leaves_nothing_in_the_files_either(tmp_path):
    catalogue, gone = SqlCatalogue(Crashing(tmp_path / "catalogue.db")), replace(scene(), title="Mrs Lovelace")
    catalogue.commit([Put(gone)], author="ada", reason="", at=NOON)
    catalogue.commit([Remove(gone)], author="ada", reason="", at=NOON)
    catalogue.add_purge(Purge("purge_p", (gone.id,), "", "ada", NOON))
    job = Job("job_p", "purge", "purge_p", JobState.QUEUED, 0.0, "", "", 0, NOON, NOON)
    catalogue.approve_purge("purge_p", by="bob", at=NOON, job=job)
    with pytest.raises(KeyboardInterrupt):
        catalogue.erase_records("purge_p", removed_before=NOON, at=NOON)
    catalogue.erase_records("purge_p", removed_before=NOON, at=NOON)
    assert b"Lovelace" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    catalogue.close()
