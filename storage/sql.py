"""What the catalogue asks of an SQL engine: `storage.sqlite` and `storage.postgres` are two.

The statements are written once, in the words that both know. Where one of them has another word for it, that engine
turns the statement (`storage.postgres.turned`). A list of texts travels as one JSON parameter, `json_each(?)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from contextlib import AbstractContextManager


class Taken(Exception):
    """A statement would break what is unique, or refers to what is not there; its transaction is undone."""


class Connection(Protocol):
    """A connection, for one thread at a time."""

    def execute(self, sql: str, values: Sequence[Any] = (), /) -> Iterator[tuple[Any, ...]]:
        """Run a statement; its rows. Raises Taken."""
        ...

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]], /) -> object:
        """Run a statement once for each of the rows of values. Raises Taken."""
        ...


class Database(Protocol):
    """An engine with the catalogue's tables in it."""

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection for statements that read, each of which sees what was committed before it."""
        ...

    def writing(self) -> AbstractContextManager[Connection]:
        """A transaction, one at a time in all processes; durable when the block is left, undone when it raises.

        Raises:
            StorageFull: the disk is full.
        """
        ...

    def wipe(self) -> None:
        """Leave nothing in the files of what was deleted before, as far as this engine can."""
        ...

    def close(self) -> None:
        """Close what is idle; connections in use close when they come back."""
        ...


def select(connection: Connection, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """All rows of a statement, which is over when this returns."""
    return list(connection.execute(sql, values))


def select_one(connection: Connection, sql: str, values: Sequence[Any] = ()) -> tuple[Any, ...] | None:
    """The first row of a statement, or None."""
    found = select(connection, sql, values)
    return found[0] if found else None
