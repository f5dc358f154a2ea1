"""The durable queue in SQL.

A worker holds a job by a lease that it renews by reporting. A lease that ran out makes the job anybody's: the worker
died. The old worker, should it live after all, then learns from `report` or `finish` that the job is not its own.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scenes.errors import Conflict
from scenes.model import Job, JobState
from storage.records import moment, stamp
from storage.sql import Taken, select, select_one

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from storage.sql import Connection, Database

_COLUMNS = "id, kind, subject, state, progress, message, code, attempts, created_at, updated_at"


class SqlJobs:
    """`scenes.ports.Jobs` on a `Database`."""

    _database: Database

    def enqueue(self, job: Job) -> None:
        """Keep a job in state QUEUED."""
        with self._database.writing() as connection:
            enqueue(connection, job)

    def lease(self, *, worker: str, at: datetime, seconds: float) -> Job | None:
        """The oldest job that is queued, or whose lease ran out; it becomes RUNNING, its attempts grow by one."""
        now, until = stamp(at), stamp(at + timedelta(seconds=seconds))
        open_job = (
            "SELECT seq FROM job WHERE state IN ('queued', 'running') AND (state = 'queued' OR lease_until <= ?)"
            " ORDER BY seq LIMIT 1"
        )
        # Workers ask again and again: look before taking the write lock.
        with self._database.reading() as connection:
            if select_one(connection, open_job, (now,)) is None:
                return None
        with self._database.writing() as connection:
            row = select(
                connection,
                "UPDATE job SET state = 'running', worker = ?, lease_until = ?, attempts = attempts + 1, updated_at = ?"
                f" WHERE seq = ({open_job}) RETURNING {_COLUMNS}",
                (worker, until, now, now),
            )
        return _job(row[0]) if row else None

    def report(self, job_id: str, *, worker: str, progress: float, message: str, at: datetime, seconds: float) -> bool:
        """Progress, and a longer lease; False where the job is no longer this worker's or was cancelled."""
        until = stamp(at + timedelta(seconds=seconds))
        with self._database.writing() as connection:
            row = select(
                connection,
                "UPDATE job SET progress = ?, message = ?, updated_at = ?, lease_until = ?"
                " WHERE id = ? AND worker = ? AND state = 'running' RETURNING id",
                (progress, message, stamp(at), until, job_id, worker),
            )
        return bool(row)

    def finish(self, job_id: str, *, worker: str, state: JobState, message: str, code: str, at: datetime) -> bool:
        """End a job; False where it is no longer this worker's."""
        with self._database.writing() as connection:
            row = select(
                connection,
                "UPDATE job SET state = ?, message = ?, code = ?, updated_at = ?, worker = '', lease_until = '',"
                " progress = CASE WHEN ? = 'done' THEN 1.0 ELSE progress END"
                " WHERE id = ? AND worker = ? AND state = 'running' RETURNING id",
                (state.value, message, code, stamp(at), state.value, job_id, worker),
            )
        return bool(row)

    def give_back(self, job_id: str, *, worker: str, message: str, at: datetime) -> bool:
        """Queue a job again as if it had not been begun: no attempt; False where it is no longer this worker's."""
        with self._database.writing() as connection:
            row = select(
                connection,
                "UPDATE job SET state = 'queued', progress = 0.0, message = ?, updated_at = ?, worker = '',"
                " lease_until = '', attempts = attempts - 1"
                " WHERE id = ? AND worker = ? AND state = 'running' RETURNING id",
                (message, stamp(at), job_id, worker),
            )
        return bool(row)

    def cancel(self, job_id: str, *, at: datetime) -> Job | None:
        """Cancel a job that has not ended; None where there is none such."""
        with self._database.writing() as connection:
            rows = select(
                connection,
                "UPDATE job SET state = 'cancelled', updated_at = ?, worker = '', lease_until = ''"
                f" WHERE id = ? AND state IN ('queued', 'running') RETURNING {_COLUMNS}",
                (stamp(at), job_id),
            )
        return _job(rows[0]) if rows else None

    def job(self, job_id: str) -> Job | None:
        """A job by id."""
        with self._database.reading() as connection:
            row = select_one(connection, f"SELECT {_COLUMNS} FROM job WHERE id = ?", (job_id,))
        return None if row is None else _job(row)

    def jobs_of(self, subject_ids: Sequence[str]) -> Mapping[str, tuple[Job, ...]]:
        """Jobs by the id of what they work on, oldest first, in one statement."""
        found: dict[str, list[Job]] = {subject: [] for subject in subject_ids}
        with self._database.reading() as connection:
            rows = select(
                connection,
                f"SELECT {_COLUMNS} FROM job WHERE subject IN (SELECT value FROM json_each(?)) ORDER BY seq",
                (json.dumps(list(found)),),
            )
        for row in rows:
            job = _job(row)
            found[job.subject].append(job)
        return {subject: tuple(jobs) for subject, jobs in found.items()}

    def latest_jobs(self, *, states: Collection[JobState], first: int) -> Sequence[Job]:
        """Of the jobs in these states those that were asked for last, the latest first."""
        with self._database.reading() as connection:
            rows = select(
                connection,
                f"SELECT {_COLUMNS} FROM job WHERE state IN (SELECT value FROM json_each(?)) ORDER BY seq DESC LIMIT ?",
                (json.dumps(sorted(state.value for state in states)), first),
            )
        return [_job(row) for row in rows]


def enqueue(connection: Connection, job: Job) -> None:
    """Keep a job in state QUEUED, in a transaction. Raises Conflict, which ends it."""
    if job.state is not JobState.QUEUED:
        raise ValueError(f"job {job.id}: only a queued job can be enqueued, this is {job.state.value}")
    times = (stamp(job.created_at), stamp(job.updated_at))
    figures = (job.progress, job.message, job.code, job.attempts)
    try:
        connection.execute(
            f"INSERT INTO job ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (job.id, job.kind, job.subject, job.state.value, *figures, *times),
        )
    except Taken as error:
        raise Conflict(f"job {job.id} is there already") from error


def _job(row: tuple[Any, ...]) -> Job:
    identity, kind, subject, state, progress, message, code, attempts, created, updated = row
    return Job(
        id=identity,
        kind=kind,
        subject=subject,
        state=JobState(state),
        progress=progress,
        message=message,
        code=code,
        attempts=attempts,
        created_at=moment(created),
        updated_at=moment(updated),
    )
