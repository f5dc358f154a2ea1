"""Access tokens in SQL, by their hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scenes.model import Actor, Role
from storage.records import stamp
from storage.sql import select, select_one

if TYPE_CHECKING:
    from datetime import datetime

    from storage.sql import Database


class SqlTokens:
    """`scenes.ports.Tokens` on a `Database`."""

    _database: Database

    def add_token(
        self, token_hash: str, actor: Actor, *, expires_at: datetime | None, once: bool, at: datetime
    ) -> None:
        """Remember a token. `once`: the first use ends it."""
        expires = None if expires_at is None else stamp(expires_at)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO token (hash, name, role, made_at, expires_at, once) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (hash) DO NOTHING",
                (token_hash, actor.name, actor.role.value, stamp(at), expires, int(once)),
            )

    def use_token(self, token_hash: str, *, at: datetime) -> Actor | None:
        """Whose token this is, or None where it is unknown, expired or used up."""
        now = stamp(at)
        with self._database.reading() as connection:
            row = select_one(
                connection,
                "SELECT name, role, once FROM token"
                " WHERE hash = ? AND used_at IS NULL AND (expires_at IS NULL OR expires_at > ?)",
                (token_hash, now),
            )
        if row is None:
            return None
        name, role, once = row
        if once:
            # Of two that come at the same time only one may enter.
            with self._database.writing() as connection:
                used = select(
                    connection,
                    "UPDATE token SET used_at = ? WHERE hash = ? AND used_at IS NULL RETURNING hash",
                    (now, token_hash),
                )
            if not used:
                return None
        return Actor(str(name), Role(role))

    def has_administrator(self, *, at: datetime | None = None) -> bool:
        """Whether there is an administrator's token that is not used up and, where `at` is given, not expired then."""
        now = "" if at is None else stamp(at)
        with self._database.reading() as connection:
            row = select_one(
                connection,
                "SELECT 1 FROM token WHERE role = ? AND used_at IS NULL AND (expires_at IS NULL OR expires_at > ?)"
                " LIMIT 1",
                (Role.ADMINISTRATOR.value, now),
            )
        return row is not None
