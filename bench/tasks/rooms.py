"""What a room of a hundred people costs the server, each with head and hands at ten poses a second.

The server as a user starts it, in a process of its own; the people in another (`bench.rooms`), over real sockets on
loopback. Processor time is of all threads of the server, user and system, while everybody walks. In a hall of 200 m
most are seen from afar; in one of 10 m everybody is near everybody, the most that a room can ask for.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from api.data_directory import prepare
from api.services import open_services
from api.settings import Settings
from bench.process import Failed
from bench.rooms import SCENE
from bench.stream_load import processor_s, running
from scenes.model import Scene, Viewpoint, Visibility
from scenes.ports import Put

Row = tuple[str, str, str, float, str]

PORT = 18_410
PEOPLE = 100
HALLS_M = (200, 10)
SECONDS = 10
_ROUNDS = 3
_ROOT = Path(__file__).parent.parent.parent


def run() -> Iterator[Row]:
    """Rows (contender, input, metric, value, unit)."""
    with tempfile.TemporaryDirectory(prefix="chronotope-rooms-") as work:
        data = Path(work) / "museum"
        with open_services(prepare(Settings(data=data))) as services:
            scene = Scene(SCENE, "Empty", "", "2000", Visibility.PUBLIC, Viewpoint((0.0, 2.0, 9.0), (0.0, 0.0, 0.0)))
            services.catalogue.commit([Put(scene)], author="bench", reason="bench", at=datetime.now(UTC))
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "api.cli",
            "serve",
            "--data",
            data,
            "--host",
            "127.0.0.1",
            "--port",
            str(PORT),
        ]
        with running(command, PORT, Path(work) / "serve.log") as server:
            for metres in HALLS_M:
                given = f"{PEOPLE} people in {metres} m by {metres} m, 10 poses a second each"
                rounds = [_round(server.pid, metres) for _ in range(_ROUNDS)]
                for metric, unit in (("told_per_s", "poses/s"), ("messages_per_s", "messages/s")):
                    value = statistics.median(said[metric] for said, _ in rounds)
                    yield "chronotope serve", given, metric.removesuffix("_per_s"), value, unit
                yield "chronotope serve", given, "share of a core", statistics.median(c for _, c in rounds) * 100, "%"


def _round(server: int, metres: float) -> tuple[dict[str, Any], float]:
    """What the crowd counted, and the server's share of a core meanwhile."""
    crowd = subprocess.Popen(
        [sys.executable, "-m", "bench.rooms", f"http://127.0.0.1:{PORT}", str(PEOPLE), str(metres), str(SECONDS)],
        stdout=subprocess.PIPE, text=True, cwd=_ROOT,
    )  # fmt: skip
    assert crowd.stdout is not None
    with crowd.stdout as said:
        if said.readline().strip() != "ready":
            raise Failed("bench.rooms did not begin")
        before = processor_s(server)
        if said.readline().strip() != "done":
            raise Failed("bench.rooms broke off")
        share = (processor_s(server) - before) / SECONDS
        counted: dict[str, Any] = json.loads(said.readline())
    crowd.wait()
    return counted, share
