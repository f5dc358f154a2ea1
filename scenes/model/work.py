"""Who works on a museum, what they changed, and what works in the background."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Revision:
    """One recorded change: who, when, why. Numbers grow by one over the whole museum."""

    number: int
    author: str
    at: datetime
    reason: str


class JobState(StrEnum):
    """A job's life. `REJECTED` is a refused file, never a fault of ours; `FAILED` is ours."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Job:
    """Work in the background, durable."""

    id: str
    kind: str
    """`tile`; `replace` for a new version; `poster`"""
    subject: str
    """id of the asset that it works on, of a poster the exhibition"""
    state: JobState
    progress: float
    """0 to 1"""
    message: str
    code: str
    attempts: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def queued(cls, id: str, kind: str, subject: str, at: datetime) -> Job:
        """A new one, which waits."""
        return cls(id, kind, subject, JobState.QUEUED, 0.0, "waiting", "", 0, at, at)

    @property
    def is_at_work(self) -> bool:
        """Whether it waits or runs: something may still come of it."""
        return self.state in {JobState.QUEUED, JobState.RUNNING}


class Role(StrEnum):
    """What an actor may do, weakest first."""

    VISITOR = "visitor"
    MEMBER = "member"
    """sees what is for members, and changes nothing"""
    CURATOR = "curator"
    EDITOR_IN_CHIEF = "editor-in-chief"
    """a curator who also publishes, where the museum keeps that apart"""
    ADMINISTRATOR = "administrator"
    """also gives out accounts and roles"""
