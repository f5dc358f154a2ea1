"""How a revision begins in SQL, whatever is written in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenes.errors import Conflict
from storage.records import stamp
from storage.sql import Taken

if TYPE_CHECKING:
    from scenes.model import Revision
    from scenes.ports import Taking
    from storage.sql import Connection


def begin_revision(connection: Connection, revision: Revision, taking: Taking | None) -> None:
    """Write down that a revision is, within a transaction. Raises Conflict where what it takes back was taken back."""
    step, number = ("change", None) if taking is None else (taking.step.value, taking.number)
    try:
        connection.execute(
            "INSERT INTO revision (number, author, at, reason, step, takes_back) VALUES (?, ?, ?, ?, ?, ?)",
            (revision.number, revision.author, stamp(revision.at), revision.reason, step, number),
        )
    except Taken as error:
        raise Conflict(f"revision {number} was taken back already") from error
