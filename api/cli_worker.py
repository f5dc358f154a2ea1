"""`chronotope worker`: jobs in a process of their own, beside any number of servers and other workers.

A job is leased in the catalogue, so each is done once. Settings are those of the servers; with CHRONOTOPE_WORKERS=0 a
server leaves all jobs to processes like this one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import TYPE_CHECKING

from api.app import sandboxed_tile
from api.cli_keep import existing
from api.services import open_services
from api.telemetry import configure_logs
from api.worker import Worker
from scenes.counting import counted

if TYPE_CHECKING:
    from pathlib import Path


def work(*, data: Path | None, threads: int | None) -> None:
    """Work until told to end (SIGTERM, SIGINT); then the job in hand is given back, and was no attempt.

    Raises:
        SettingsError: there is no museum.
    """
    settings = existing(data)
    configure_logs(settings)
    count = threads or settings.workers or os.cpu_count() or 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with open_services(settings) as services:
        worker = Worker(services, sandboxed_tile(settings))
        worker.start(count)
        sys.stderr.write(f"working with {counted(count, '[thread|threads]')} on {settings.data}; Ctrl+C ends it\n")
        sys.stderr.flush()
        try:
            ended.wait()
        finally:
            worker.stop()
