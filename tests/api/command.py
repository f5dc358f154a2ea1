"""The command `chronotope` as a process of its own, and a server that it runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.auth import make_token
from api.data_directory import prepare
from api.services import open_services
from api.settings import Settings
from scenes.model import Actor, Role

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "api.cli"]
PATIENCE_S = 120


def environment(**more: str) -> dict[str, str]:
    """Ours without settings of the museum, so that a test says all it depends on."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHRONOTOPE_")}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "100", **more}


def run(*arguments: str | Path, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@dataclass
class Server:
    """A running server: what it said when it began to listen."""

    process: subprocess.Popen[str]
    links: dict[str, Any]
    errors: list[str]

    @property
    def url(self) -> str:
        """Its address."""
        return str(self.links["url"])

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(timeout=PATIENCE_S)


@contextmanager
def served(data: Path, *arguments: str | Path, **more: str) -> Iterator[Server]:
    """A server on a free port, killed at the end where it still runs."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--json", "--port", "0", "--data", str(data), *map(str, arguments)],
        cwd=ROOT,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    errors: list[str] = []
    # Read all the time, so that the server never waits for a full pipe.
    reader = threading.Thread(target=errors.extend, args=(process.stderr,), daemon=True)
    reader.start()
    try:
        line = process.stdout.readline()
        assert line, f"the server did not start: {''.join(errors)}"
        yield Server(process, json.loads(line), errors)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
        process.stderr.close()


def token(data: Path, role: Role = Role.CURATOR) -> str:
    """A fresh token of a data directory, as `chronotope token` makes it."""
    with open_services(prepare(Settings(data=data))) as services:
        return make_token(services.tokens, Actor("ines", role), at=services.clock.now())
