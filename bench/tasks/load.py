"""Two hundred visitors and curators for ten minutes: no error, memory that stays, how long they wait.

The server as a user starts it, a small museum in it; the people are Locust's (`bench/load_users.py`), on the same two
cores, so what they take themselves is in every figure. CHRONOTOPE_BENCH_LOAD=20,60 is twenty people for a minute.
Memory is what the server's processes hold resident, its worker's child too; the first tenth of the time is left out.
"""

from __future__ import annotations

import csv
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from api.auth import make_token
from api.data_directory import prepare
from api.services import open_services
from api.settings import Settings
from bench.process import Failed
from bench.stream_load import running
from scenes.model import Actor, Exhibition, Role
from tests.journeys.small_museum import write_small_museum

Row = tuple[str, str, str, float, str]

PORT = 18_420
_ROOT = Path(__file__).parent.parent.parent
_LOOK_S = 2.0
_YEARS = "-0430 -0600 0400 0600 1705 2000"


def run() -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    people, seconds = (int(each) for each in os.environ.get("CHRONOTOPE_BENCH_LOAD", "200,600").split(","))
    given = f"{people} people for {seconds} s"
    with tempfile.TemporaryDirectory(prefix="chronotope-load-") as kept:
        work = Path(kept)
        command: list[str | Path] = [
            sys.executable, "-m", "api.cli", "serve", "--data", work / "museum", "--port", str(PORT),
        ]  # fmt: skip
        told = _museum(work / "museum")
        with running(command, PORT, work / "serve.log") as server:
            resident: list[float] = []
            ended = threading.Event()
            looking = threading.Thread(target=_look, args=(server.pid, resident, ended))
            looking.start()
            try:
                _people(people, seconds, told, work)
            finally:
                ended.set()
                looking.join()
            faults = sum("unexpected" in line or "Traceback" in line for line in _lines(work / "serve.log"))
        yield "server", given, "faults in its log", faults, "count"
        settled = resident[len(resident) // 10 :]
        tenth = max(1, len(settled) // 10)
        yield "server", given, "resident memory, first tenth", statistics.median(settled[:tenth]), "MB"
        yield "server", given, "resident memory, last tenth", statistics.median(settled[-tenth:]), "MB"
        yield "server", given, "resident memory, most", max(resident), "MB"
        with (work / "told_stats.csv").open() as file:
            for row in csv.DictReader(file):
                name = row["Name"]
                yield name, given, "requests", float(row["Request Count"]), "count"
                yield name, given, "failures", float(row["Failure Count"]), "count"
                for share in ("50%", "95%", "99%"):
                    yield name, given, f"waited, {share}", float(row[share] or 0), "ms"
        for line in _lines(work / "told_failures.csv")[1:]:
            print(line.rstrip(), file=sys.stderr)


def _museum(data: Path) -> dict[str, str]:
    """Make it; what the people must know of it."""
    with open_services(prepare(Settings(data=data))) as services:
        write_small_museum(services)
        found = services.catalogue.page(Exhibition, first=1, public_only=True).records[0]
        assert isinstance(found, Exhibition), "the page is of exhibitions"
        token = make_token(services.tokens, Actor("curator", Role.CURATOR), at=services.clock.now())
    return {
        "LOAD_SLUG": found.slug, "LOAD_EXHIBITION": found.id, "LOAD_SCENE": found.scene, "LOAD_TOKEN": token,
        "LOAD_YEARS": _YEARS,
    }  # fmt: skip


def _people(people: int, seconds: int, told: dict[str, str], work: Path) -> None:
    locust = _ROOT / ".venv/load/bin/locust"
    if not locust.is_file():
        raise Failed("locust is missing: tools/install.py load")
    done = subprocess.run(
        [
            str(locust), "--headless", "--locustfile", "bench/load_users.py", "--host", f"http://127.0.0.1:{PORT}",
            "--users", str(people), "--spawn-rate", str(max(1, people // 20)), "--run-time", f"{seconds}s",
            "--csv", str(work / "told"), "--only-summary", "--exit-code-on-error", "0", "--stop-timeout", "30",
        ],
        cwd=_ROOT, env={"PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), **told},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Failed(done.stderr[-2000:])


def _look(pid: int, resident: list[float], ended: threading.Event) -> None:
    while not ended.wait(_LOOK_S):
        resident.append(sum(map(_resident_mb, [pid, *_children(pid)])))


def _children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _resident_mb(pid: int) -> float:
    lines = _lines(Path(f"/proc/{pid}/status"))
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS")), 0.0)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []
