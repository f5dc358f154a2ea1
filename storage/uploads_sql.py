"""What the catalogue knows of uploads whose bytes lie in the store of objects: how far they are, in which objects."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scenes.errors import Conflict, NotFound
from storage.records import stamp
from storage.sql import Taken, select, select_one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.sql import Database


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of an upload from `start` on, and the name of their object."""

    start: int
    byte_length: int
    name: str


@dataclass(frozen=True, slots=True)
class Begun:
    """An upload under way."""

    byte_length: int
    received: int
    metadata: Mapping[str, str]
    owner: str


class SqlUploads:
    """Uploads in a `Database`. What is `received` grows in a transaction: of two writers at one place one is first."""

    _database: Database

    def begin_upload(
        self, upload_id: str, *, byte_length: int, metadata: Mapping[str, str], owner: str, at: datetime
    ) -> None:
        """Begin one. Raises Conflict where the id is taken."""
        try:
            with self._database.writing() as connection:
                connection.execute(
                    "INSERT INTO upload (id, byte_length, received, metadata, owner, at) VALUES (?, ?, 0, ?, ?, ?)",
                    (upload_id, byte_length, json.dumps(dict(metadata)), owner, stamp(at)),
                )
        except Taken:
            raise Conflict(f"upload {upload_id} is there already") from None

    def begun_upload(self, upload_id: str) -> Begun:
        """One that was begun. Raises NotFound."""
        with self._database.reading() as connection:
            row = select_one(
                connection, "SELECT byte_length, received, metadata, owner FROM upload WHERE id = ?", (upload_id,)
            )
        if row is None:
            raise NotFound(f"there is no upload {upload_id}")
        return Begun(row[0], row[1], json.loads(row[2]), row[3])

    def add_part(self, upload_id: str, part: Part) -> None:
        """Count the bytes of an object. Raises Conflict where the upload does not stand at its start."""
        with self._database.writing() as connection:
            moved = select(
                connection,
                "UPDATE upload SET received = ? WHERE id = ? AND received = ? RETURNING id",
                (part.start + part.byte_length, upload_id, part.start),
            )
            if not moved:
                raise Conflict(f"upload {upload_id} does not stand at {part.start}; another request went on with it")
            connection.execute(
                "INSERT INTO upload_part (upload, start, byte_length, name) VALUES (?, ?, ?, ?)",
                (upload_id, part.start, part.byte_length, part.name),
            )

    def parts_of(self, upload_id: str) -> Sequence[Part]:
        """Its objects, in order."""
        with self._database.reading() as connection:
            rows = select(
                connection,
                "SELECT start, byte_length, name FROM upload_part WHERE upload = ? ORDER BY start",
                (upload_id,),
            )
        return [Part(*row) for row in rows]

    def forget_upload(self, upload_id: str) -> None:
        """Forget one; nothing where there is none."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM upload_part WHERE upload = ?", (upload_id,))
            connection.execute("DELETE FROM upload WHERE id = ?", (upload_id,))

    def uploads_begun(self) -> Sequence[str]:
        """Ids, in order."""
        with self._database.reading() as connection:
            return [row[0] for row in select(connection, "SELECT id FROM upload ORDER BY id")]
