from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from api import telemetry
from api.telemetry import JsonLines, Lines, Metrics, area_of, readiness, ready_answer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.museum import Doors


async def test_the_process_says_that_it_lives(doors: Doors) -> None:
    answer = await doors.client.get("/livez")
    assert (answer.status_code, answer.text) == (200, "alive\n")


async def test_readiness_names_its_checks_and_the_sandbox(doors: Doors) -> None:
    answer = await doors.client.get("/readyz")
    body = answer.json()
    assert answer.status_code == 200, body
    assert body["ready"] is True
    assert (body["checks"]["catalogue"], body["checks"]["disk"]) == ("ok", "ok")
    assert body["checks"]["sandbox"]


def test_what_is_missing_is_a_reason_not_to_be_ready(doors: Doors, tmp_path: Path) -> None:
    settings = replace(doors.services.settings, data=tmp_path / "gone", workers=1)
    checks = readiness(
        replace(doors.services, settings=settings), worker_alive=lambda: False, sandbox=lambda: "limits only"
    )
    answer = ready_answer(checks, stopping=False)
    assert answer.status_code == 503
    reasons = json.loads(bytes(answer.body))["reasons"]
    assert "worker: no worker is running" in reasons
    assert any(reason.startswith("disk: the data directory cannot be read") for reason in reasons)
    # A weaker sandbox is told, and no reason to turn visitors away.
    assert not any("sandbox" in reason for reason in reasons)


def test_a_server_that_stops_is_not_ready() -> None:
    assert ready_answer({"catalogue": "ok"}, stopping=True).status_code == 503


async def test_requests_are_counted_by_area(doors: Doors) -> None:
    def count(text: str) -> float:
        line = 'chronotope_http_requests_total{area="livez",status="200"} '
        return next((float(row[len(line) :]) for row in text.splitlines() if row.startswith(line)), 0.0)

    before = count((await doors.client.get("/metrics")).text)
    await doors.client.get("/livez")
    answer = await doors.client.get("/metrics")
    assert count(answer.text) == before + 1
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "process_resident_memory_bytes" in answer.text


@pytest.mark.parametrize(
    ("path", "area"),
    [("/", "home"), ("/blobs/ab", "blobs"), ("/blobs", "blobs"), ("/wp-login.php", "other"), ("", "other")],
)
def test_areas_are_few(path: str, area: str) -> None:
    assert area_of(path) == area


def test_metrics_are_in_the_text_format() -> None:
    metrics = Metrics()
    metrics.add("a_total", kind="x")
    metrics.add("a_total", 2, kind="x")
    metrics.add("open", 1)
    metrics.add("open", -1)
    assert metrics.text() == '# TYPE a_total counter\na_total{kind="x"} 3\n# TYPE open gauge\nopen 0\n'


async def test_a_query_is_never_logged(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await doors.client.get("/scenes/scene_open/tileset.json?at=bad&token=ct_secret&eye=1,2,3")
    await doors.client.get("/studio?key=ct_secret")
    ours = [record for record in caplog.records if record.name.startswith(("chronotope", "uvicorn"))]
    assert any("/studio" in record.getMessage() for record in ours)
    assert not any("secret" in str(vars(record)) or "eye" in str(vars(record)) for record in ours)


@pytest.mark.parametrize("evil", ["\n", "\r", "\x1b", "\x00", "\x7f", "\x9b", "\u2028", "\u202e"])
def test_a_path_cannot_write_a_line_or_colour_of_its_own(evil: str) -> None:
    record = logging.makeLogRecord(
        {"name": "chronotope.http", "levelname": "INFO", "msg": "GET %s", "args": (f"/é{evil}INFO forged",)}
    )
    line = Lines().format(record)
    assert evil not in line
    assert "GET /é\\" in line
    assert "INFO forged" in line
    assert len(line.splitlines()) == 1


def test_a_trace_keeps_its_lines() -> None:
    error = ValueError("one\ntwo")
    line = Lines().format(logging.makeLogRecord({"msg": "a\nb", "exc_info": (type(error), error, None)}))
    assert "a\\nb" in line
    assert line.splitlines()[1:] == ["ValueError: one", "two"]


def test_a_line_of_json_holds_what_was_given_along() -> None:
    record = logging.makeLogRecord(
        {"name": "chronotope", "levelname": "INFO", "msg": "%d tiles", "args": (3,), "job": "j"}
    )
    body = json.loads(JsonLines().format(record))
    assert (body["message"], body["level"], body["job"]) == ("3 tiles", "info", "j")


def test_a_line_of_json_holds_the_trace() -> None:
    error = ValueError("broken")
    record = logging.makeLogRecord({"msg": "x", "exc_info": (type(error), error, None)})
    assert "ValueError: broken" in json.loads(JsonLines().format(record))["trace"]


def test_uvicorn_does_not_log_addresses() -> None:
    from api.settings import Settings

    root = logging.getLogger()
    before = root.handlers[:], root.level, logging.getLogger("uvicorn").level
    try:
        telemetry.configure_logs(Settings(log_format="json"))
        assert not logging.getLogger("uvicorn.error").isEnabledFor(logging.INFO)
        assert isinstance(root.handlers[0].formatter, JsonLines)
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        logging.getLogger("uvicorn").setLevel(before[2])
