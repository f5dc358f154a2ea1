"""`chronotope worker`: jobs in a process of their own, beside any number of servers and other workers.

A job is leased in the catalogue, so each is done once. Settings are those of the servers; with CHRONOTOPE_WORKERS=0 a
server leaves all jobs to processes like this one.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from api.cli_keep import all_existing
from api.sandboxed import sandboxed_tile
from api.services import open_services
from api.telemetry import configure_logs
from api.worker import Worker
from scenes.counting import counted

if TYPE_CHECKING:
    from pathlib import Path


def work(*, data: Path | None, threads: int | None) -> None:
    """Work for every museum of the server until told to end (SIGTERM, SIGINT).

    The job in hand is given back then, and was no attempt.

    Raises:
        SettingsError: there is no museum.
    """
    museums = all_existing(data)
    settings = museums[0]
    configure_logs(settings)
    count = threads or settings.workers or os.cpu_count() or 1
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with ExitStack() as stack:
        for each in museums:
            services = stack.enter_context(open_services(each))
            worker = Worker(services, sandboxed_tile(each))
            stack.callback(worker.stop)
            # Each museum has one at least, so that none waits for the jobs of another.
            own = max(1, count // len(museums))
            worker.start(own)
            sys.stderr.write(f"working with {counted(own, '[thread|threads]')} on {each.data}; Ctrl+C ends it\n")
        sys.stderr.flush()
        ended.wait()
