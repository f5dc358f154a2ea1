from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from api.data_directory import prepare
from api.services import open_services
from api.settings import Settings
from scenes.model import Person, Role
from tests.api.command import run, served, token
from tests.api.museum import write_museum
from tests.pipeline.test_gedcom import MASONS
from tests.pipeline.test_gedcom_lines import old

if TYPE_CHECKING:
    from pathlib import Path

LIVING = ("0 @I9@ INDI", "1 NAME Ada", "1 BIRT", "2 DATE 1980")


@pytest.fixture
def museum(tmp_path: Path) -> Path:
    settings = prepare(Settings(data=tmp_path / "museum"))
    with open_services(settings) as services:
        write_museum(services)
    return settings.data


@pytest.fixture
def masons(tmp_path: Path) -> Path:
    path = tmp_path / "masons.ged"
    path.write_bytes(old(*MASONS, *LIVING).encode())
    return path


def _people(data: Path) -> list[str]:
    with open_services(Settings(data=data)) as services:
        return [person.names[0].text for person in services.catalogue.within(Person, ("scene_open",))["scene_open"]]


def test_a_file_is_read_into_a_data_directory_and_the_report_is_printed(museum: Path, masons: Path) -> None:
    done = run("import-gedcom", masons, "--scene", "scene_open", "--data", museum)
    assert (done.returncode, done.stderr) == (0, "")
    first, *report = done.stdout.splitlines()
    assert first.startswith("3 people and 1 family (revision ")
    assert any("1 person was withheld: no death is recorded" in line for line in report)
    assert _people(museum) == ["Giovanni Rossi", "Maria Bianchi", "Paolo Rossi"]


def test_the_living_come_along_where_somebody_insists(museum: Path, masons: Path) -> None:
    done = run("import-gedcom", masons, "--scene", "scene_open", "--with-living", "--json", "--data", museum)
    assert json.loads(done.stdout)["persons"] == 4
    assert "Ada" in _people(museum)


def test_a_running_server_does_the_same(museum: Path, masons: Path) -> None:
    with served(museum) as server:
        told = {"CHRONOTOPE_SERVER": server.url, "CHRONOTOPE_TOKEN": token(museum, Role.CURATOR)}
        done = run("import-gedcom", masons, "--scene", "scene_open", "--json", **told)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["withheld"] == 1
        again = run("import-gedcom", masons, "--scene", "scene_open", **told)
        assert again.returncode == 1
        assert "CONFLICT" in again.stderr
    assert len(_people(museum)) == 3


def test_what_cannot_be_read_is_refused_in_one_line(museum: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.ged"
    path.write_bytes(b"GIF89a")
    done = run("import-gedcom", path, "--scene", "scene_open", "--data", museum)
    assert done.returncode == 1
    assert done.stderr.startswith("chronotope: MALFORMED: ")
    assert done.stderr.count("\n") == 1
