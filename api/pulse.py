"""A lease that is kept alive while a file is read: progress on the way out, "no longer yours" on the way back."""

from __future__ import annotations

import logging
import shutil
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from scenes.errors import ParserCrash
from scenes.ports import Notice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from api.services import Services
    from scenes.model import Job

log = logging.getLogger("chronotope.worker")
R = TypeVar("R")

_PULSE_S = 0.25
"""how often progress is written at most"""


class Abandoned(Exception):
    """The job is no longer ours: cancelled, taken over, or we are stopping."""


class Pulse:
    """Keeps a lease alive and tells of progress; knows when the job is no longer ours."""

    def __init__(self, services: Services, job: Job, worker: str, stopping: threading.Event) -> None:
        self._services, self._job, self._worker, self._stopping = services, job, worker, stopping
        self._lock = threading.Lock()
        self._progress, self._message = 0.0, "begun"
        self._end, self.lost = threading.Event(), threading.Event()

    def progress(self, fraction: float, message: str) -> None:
        """Remember how far the job is; it is written at the next beat."""
        with self._lock:
            self._progress = max(self._progress, min(1.0, fraction))
            self._message = message[:200]

    def cancelled(self) -> bool:
        """Whether to give up."""
        return self.lost.is_set() or self._stopping.is_set()

    def beat(self) -> None:
        """Write progress and prolong the lease. Raises Abandoned where the job is no longer ours."""
        services = self._services
        with self._lock:
            progress, message = self._progress, self._message
        still_ours = services.jobs.report(
            self._job.id,
            worker=self._worker,
            progress=progress,
            message=message,
            at=services.clock.now(),
            seconds=services.settings.job_lease_s,
        )
        services.bus.publish(Notice(self._job.id))
        if not still_ours:
            self.lost.set()
        if self.cancelled():
            raise Abandoned

    def _run(self) -> None:
        written, idle_s = (0.0, ""), 0.0
        while not self._end.wait(_PULSE_S):
            with self._lock:
                now = (self._progress, self._message)
            idle_s += _PULSE_S
            if now != written or idle_s > self._services.settings.job_lease_s / 4:
                written, idle_s = now, 0.0
                try:
                    self.beat()
                except Abandoned:
                    return
                except Exception:
                    # The catalogue may be busy or the disk full for a moment; the lease outlives a few missed beats.
                    log.exception("job %s: progress could not be written", self._job.id)

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat in a thread as long as the block runs."""
        thread = threading.Thread(target=self._run, name=f"pulse-{self._job.id[:12]}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()


def tried_twice(work: Callable[[Path], R], out: Path, pulse: Pulse) -> R:
    """What work on a foreign file comes to, begun with an empty folder each time. Raises Abandoned."""
    for attempt in (1, 2):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(mode=0o700)
        try:
            return work(out)
        except ParserCrash:
            # Once more, because it may have been the machine; then the file is to blame.
            if pulse.cancelled():
                raise Abandoned from None
            if attempt == 2:
                raise
        except Exception:
            # However the sandbox says that it was ended on our own demand, it is no fault of the file.
            if pulse.cancelled():
                raise Abandoned from None
            raise
    raise AssertionError("the second attempt returns or raises")
