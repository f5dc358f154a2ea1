"""An old program and a new one on one catalogue at the same time: servers are replaced one after another."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from scenes.errors import Unavailable
from scenes.model import Scene
from scenes.ports import Put, Remove
from storage import migrate
from storage.catalogue_postgres import PostgresCatalogue
from storage.catalogue_sqlite import SqliteCatalogue
from storage.migrate import SchemaTooNew
from storage.sql import select
from tests.contracts.samples import NOON, scene
from tests.postgres_server import shared_postgres

COUNT = 8


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "catalogue.db") if request.param == "sqlite" else shared_postgres().database()


def opened(address: str) -> SqliteCatalogue | PostgresCatalogue:
    return PostgresCatalogue(address) if address.startswith("postgresql:") else SqliteCatalogue(Path(address))


def put(catalogue: SqliteCatalogue | PostgresCatalogue, name: str) -> int:
    return catalogue.commit([Put(scene(name))], author="old", reason="", at=NOON).number


def test_old_and_new_write_side_by_side_until_the_new_one_says_that_the_old_one_is_too_old(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = opened(address)
    numbers = [put(old, "before")]
    program = [sys.executable, "-m", "tests.storage.next_version", address, str(COUNT)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        numbers += [put(old, f"old_{number}") for number in range(COUNT)]
        numbers += [int(line) for line in iter(process.stdout.readline, "done\n")]
        # Nothing of either is lost, and the old one, also one that begins now, reads what the new one wrote.
        assert sorted(numbers) == list(range(1, 2 * COUNT + 2))
        for each in (old, again := opened(address)):
            names = {record.id for record in each.page(Scene, first=100).records}
            written = {f"{who}_{n}" for who in ("old", "next") for n in range(COUNT)}
            assert names == {"before"} | written
        again.close()

        # What it would lose of a record it does not write over; it may still remove it.
        with pytest.raises(Unavailable, match="newer Chronotope wrote next_0"):
            put(old, "next_0")
        with old._database.reading() as connection:
            ((body,),) = select(connection, "SELECT body FROM record WHERE id = ?", ("next_0",))
        assert json.loads(body)["altitude"] == 12.5
        old.commit([Remove(scene("next_1"))], author="old", reason="", at=NOON)
        latest = old.latest()

        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == "broken\n"
        with pytest.raises(Unavailable, match="start the newer one"):
            put(old, "too_late")
        monkeypatch.setattr(migrate, "_LOOK_S", 0.0)
        with pytest.raises(Unavailable, match="start the newer one"):
            old.get(Scene, "before")
        with pytest.raises(SchemaTooNew, match="is for programs that know"):
            opened(address)
        monkeypatch.setattr(migrate, "_LOOK_S", 60.0)
        assert old.latest() == latest
    old.close()
