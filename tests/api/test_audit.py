"""The audit log as doors and commands write it, and as it is read and verified."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import apsw
from typer.testing import CliRunner

from api.audit import note_start, told_settings
from api.cli import app
from api.cli_audit import history_faults
from api.services import open_services
from api.settings import Settings
from scenes.model import Role
from scenes.ports import Put
from storage.memory import MemoryCatalogue
from tests.api.command import run
from tests.contracts.samples import NOON, scene

if TYPE_CHECKING:
    from pathlib import Path

    from scenes.audit import Entry
    from tests.api.museum import Doors

LOG = """query ($n: Int!, $before: Int) { auditLog(first: $n, before: $before) {
    anchor entries { number actor action subject detail address hash } } }"""
PUBLISH = 'mutation { unpublishExhibition(id: "exhibition_open") { exhibition { id } } }'


def entries(doors: Doors) -> list[Entry]:
    return list(doors.services.audit.entries(after=0, first=999))


async def ask(doors: Doors, query: str, headers: dict[str, str], **variables: object) -> dict:
    answer = await doors.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    return answer.json()["data"]


async def test_a_mutation_is_noted_with_who_and_from_where_before_it_is_answered(doors: Doors):
    headers = doors.bearer(Role.ADMINISTRATOR, "ines")
    await ask(doors, PUBLISH, headers)
    last = entries(doors)[-1]
    assert (last.action, last.actor, last.address) == ("revision.unpublished", "ines", "127.0.0.1")
    assert json.loads(last.detail)["access"]["exhibition_open"] == {"visibility": ["public", "draft"]}


async def test_administrators_read_it_page_by_page(doors: Doors):
    headers = doors.bearer(Role.ADMINISTRATOR, "ines")
    found = (await ask(doors, LOG, headers, n=2))["auditLog"]
    numbers = [each["number"] for each in found["entries"]]
    last = doors.services.audit.last_entry()
    assert (numbers, found["anchor"]) == ([last.number, last.number - 1], str(last))
    rest = (await ask(doors, LOG, headers, n=100, before=numbers[-1]))["auditLog"]["entries"]
    assert [each["number"] for each in rest] == list(range(numbers[-1] - 1, 0, -1))
    assert (await ask(doors, LOG, headers, n=5, before=1))["auditLog"]["entries"] == []
    assert "server.started" in {each["action"] for each in rest}


async def test_a_start_tells_settings_without_secrets(doors: Doors):
    settings = Settings(redis_url="redis://:hush@localhost", secret_key="k" * 32, host="::")
    assert told_settings(settings) == {"redis_url": "set", "host": "::"}
    note_start(doors.services)
    first, second = (json.loads(each.detail) for each in entries(doors) if each.action == "server.started")
    assert (first["changed"], second["changed"]) == (True, False)


def test_the_command_finds_what_was_tampered_with(tmp_path: Path):
    data, catalogue = tmp_path / "museum", tmp_path / "museum/catalogue.db"
    for name in ("ada", "ben"):
        assert run("token", "--data", data, "--name", name).returncode == 0
    told = json.loads(run("audit", "verify", "--data", data, "--json").stdout)
    assert (told["entries"], told["faults"]) == (2, [])
    anchor = run("audit", "anchor", "--data", data).stdout.strip()
    assert anchor == told["anchor"]
    shown = run("audit", "show", "--data", data).stdout
    assert "token.made" in shown
    assert "command line" in shown
    database = apsw.Connection(str(catalogue))
    database.execute("UPDATE audit SET detail = replace(detail, 'ada', 'eve') WHERE number = 1")
    found = run("audit", "verify", "--data", data)
    assert (found.returncode, "entry 1" in found.stdout) == (1, True)
    database.execute("UPDATE audit SET detail = replace(detail, 'eve', 'ada') WHERE number = 1")
    database.execute("DELETE FROM audit WHERE number = 2")
    assert run("audit", "verify", "--data", data).returncode == 0
    cut = run("audit", "verify", "--data", data, "--anchor", anchor)
    assert (cut.returncode, "cut off" in cut.stdout) == (1, True)


def test_what_fsck_finds_and_repairs_is_noted(tmp_path: Path):
    settings = Settings(data=tmp_path / "museum")
    settings.data.mkdir()

    def fsck(word: str) -> int:
        asked = {"CHRONOTOPE_REPLICA_URL": f"file://{tmp_path / 'replica'}"}
        return CliRunner().invoke(app, ["fsck", "--data", str(settings.data), word], env=asked).exit_code

    with open_services(settings) as services:
        digest = services.blobs.put(b"a tile")
        assert fsck("--replicate") == 0
        path = next(settings.objects_path.rglob(digest))
        path.chmod(0o600)
        path.write_bytes(b"a tIle")
        assert fsck("--repair") == 0
        assert fsck("--repair") == 0, "and finds nothing, which is not noted"
        copied, repaired = (each for each in services.audit.entries(after=0, first=9) if each.action == "fsck")
    nothing = {"damaged": 0, "missing": 0, "repaired": 0}
    assert json.loads(copied.detail) == {**nothing, "copied": 1, "first": []}
    assert json.loads(repaired.detail) == {"damaged": 1, "missing": 0, "repaired": 1, "copied": 0, "first": [digest]}
    assert repaired.actor


def test_history_that_was_written_past_us_is_found():
    catalogue = MemoryCatalogue()
    services = type("Museum", (), {"audit": catalogue, "catalogue": catalogue})
    catalogue.commit([Put(scene())], author="ada", reason="", at=NOON)
    told = {each.subject: json.loads(each.detail)["digest"] for each in catalogue.entries(after=0, first=9)}
    assert list(history_faults(services, dict(told))) == []
    assert "was changed" in next(history_faults(services, dict.fromkeys(told, "0" * 64)))
    catalogue.commit([Put(scene(title="b"))], author="eve", reason="", at=NOON, noted=False)
    assert "has no entry" in next(history_faults(services, dict(told)))
    assert list(history_faults(services, {**told, "revision 9": ""}))[-1] == "revision 9 is gone"
