"""Tokens, sessions and links in SQL, by their hashes."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from scenes.audit import key_told
from scenes.errors import StorageFull
from scenes.model import Actor, Exhibition, Key, KeyKind, Role
from storage.accounts_sql import SqlAccounts, account_in
from storage.audit_sql import append
from storage.keys import NOTED_S, held_by, holds_idle, id_of, kept_scopes, scopes_of
from storage.records import moment, stamp
from storage.sql import select, select_one

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from storage.sql import Connection

_FORGOTTEN = timedelta(days=30)
"""how long what is no token is kept after its end"""
_NOBODY = Actor("", Role.VISITOR, scopes=frozenset())
_OPENS = "kind <> 'spent' AND ended_at IS NULL AND (expires_at IS NULL OR expires_at > ?)"
_KEY = (
    "SELECT hash, kind, label, name, role, account, scopes, made_at, expires_at, idle_s, once, used_at FROM access_key"
)


class SqlTokens(SqlAccounts):
    """`scenes.ports.Tokens` on a `Database`, beside its `Accounts`."""

    def get_many(self, kind: type[Exhibition], record_ids: Sequence[str]) -> Mapping[str, Exhibition]:
        """As `scenes.ports.Catalogue` has it; the catalogue brings it."""
        raise NotImplementedError

    def add_token(
        self,
        token_hash: str,
        actor: Actor,
        *,
        expires_at: datetime | None,
        once: bool,
        at: datetime,
        kind: KeyKind = KeyKind.TOKEN,
        label: str = "",
        idle_s: int = 0,
    ) -> None:
        """Remember a token. `once`: the first use ends it. `idle_s`: so many seconds without use end it; 0: none do."""
        with self._database.writing() as connection:
            _forget(connection, at)
            if _add(connection, token_hash, kind, label, actor, at=at, expires_at=expires_at, idle_s=idle_s, once=once):
                append(connection, at=at, subject=id_of(token_hash), **key_told(kind, actor))

    def use_token(self, token_hash: str, *, at: datetime) -> Actor | None:
        """Whose token this is, or None where it is unknown, expired, ended or used up."""
        now = stamp(at)
        with self._database.reading() as connection:
            row = select_one(connection, f"{_KEY} WHERE hash = ? AND {_OPENS}", (token_hash, now))
        actor = None if row is None else self._holder(row, at)
        if row is None or actor is None:
            return None
        once, used_at = bool(row[10]), row[11]
        if once:
            # Of two that come at the same time only one may enter.
            with self._database.writing() as connection:
                used = select(
                    connection,
                    "UPDATE access_key SET used_at = ?, ended_at = ? WHERE hash = ? AND ended_at IS NULL"
                    " RETURNING hash",
                    (now, now, token_hash),
                )
            return actor if used else None
        if used_at is None or used_at < stamp(at - timedelta(seconds=NOTED_S)):
            # To the minute: a write for each request costs more than the request. On a full disk people still read.
            with suppress(StorageFull), self._database.writing() as connection:
                connection.execute("UPDATE access_key SET used_at = ? WHERE hash = ?", (now, token_hash))
        return actor

    def holder(self, token_id: str, *, at: datetime) -> Actor | None:
        """As `use_token` for the token with this id, without using it."""
        with self._database.reading() as connection:
            rows = select(
                connection, f"{_KEY} WHERE hash >= ? AND hash < ? AND {_OPENS}", (*_range(token_id), stamp(at))
            )
        return self._holder(rows[0], at) if len(rows) == 1 and not rows[0][10] else None

    def spend(self, token_hash: str, *, expires_at: datetime, at: datetime) -> bool:
        """Note that this was seen; False where it was before. It is remembered until it expires, at least."""
        with self._database.writing() as connection:
            _forget(connection, at)
            return _add(
                connection, token_hash, KeyKind.SPENT, "", _NOBODY, at=at, expires_at=expires_at, idle_s=0, once=False
            )

    def has_administrator(self, *, at: datetime | None = None) -> bool:
        """Whether an account that holds or a token that is not used up (nor, with `at`, expired) is one."""
        now = "" if at is None else stamp(at)
        role = Role.ADMINISTRATOR.value
        with self._database.reading() as connection:
            row = select_one(
                connection,
                f"SELECT 1 FROM access_key WHERE role = ? AND account = '' AND kind <> 'session' AND {_OPENS} LIMIT 1",
                (role, now),
            ) or select_one(
                connection,
                "SELECT 1 FROM account JOIN account_role ON account = account.id AND exhibition = ''"
                " AND role = ? AND ended_at IS NULL"
                " WHERE disabled_at IS NULL AND (password <> '' OR subject <> '') LIMIT 1",
                (role,),
            )
        return row is not None

    def tokens_of(self, account: str | None, *, at: datetime) -> Sequence[Key]:
        """Tokens, sessions and links that open at `at`: of an account, or (None) all; the newest first."""
        with self._database.reading() as connection:
            rows = select(
                connection,
                f"{_KEY} WHERE {_OPENS} AND (account = ? OR ? = 1) ORDER BY made_at DESC, hash",
                (stamp(at), account or "", int(account is None)),
            )
        return [_key(row) for row in rows if _holds(row, at)]

    def end_token(self, token_id: str, *, at: datetime) -> bool:
        """End a token by its id; False where there is none that holds."""
        now = stamp(at)
        with self._database.writing() as connection:
            ended = select(
                connection,
                f"UPDATE access_key SET ended_at = ? WHERE hash >= ? AND hash < ? AND {_OPENS} RETURNING hash",
                (now, *_range(token_id), now),
            )
            if ended:
                append(connection, "token.ended", at=at, subject=token_id)
        return bool(ended)

    def end_sessions(self, account: str, *, at: datetime) -> None:
        """End all sessions and links of an account."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE access_key SET ended_at = ? WHERE account = ? AND kind IN ('session', 'link')"
                " AND ended_at IS NULL",
                (stamp(at), account),
            )
            append(connection, "sessions.ended", at=at, subject=account)

    def _holder(self, row: tuple[Any, ...], at: datetime) -> Actor | None:
        if not _holds(row, at):
            return None
        key = _key(row)
        if not key.account:
            return held_by(key, None, {})
        with self._database.reading() as connection:
            account = account_in(connection, key.account)
        if account is None:
            return None
        granted = [exhibition for exhibition, _ in account.grants]
        return held_by(key, account, self.get_many(Exhibition, granted) if granted else {})


def _range(token_id: str) -> tuple[str, str]:
    """Between which two texts the hashes lie that begin with an id; for what is no id, nowhere."""
    is_id = len(token_id) == len(id_of("0" * 64)) and set(token_id) <= set("0123456789abcdef")
    return (token_id, f"{token_id}g") if is_id else ("g", "g")


def _forget(connection: Connection, at: datetime) -> None:
    before = stamp(at - _FORGOTTEN)
    connection.execute("DELETE FROM access_key WHERE kind <> 'token' AND expires_at < ?", (before,))


def _add(
    connection: Connection,
    token_hash: str,
    kind: KeyKind,
    label: str,
    holder: Actor,
    *,
    at: datetime,
    expires_at: datetime | None,
    idle_s: int,
    once: bool,
) -> bool:
    added = select(
        connection,
        "INSERT INTO access_key (hash, kind, label, name, role, account, scopes, made_at, expires_at, idle_s, once)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING RETURNING hash",
        (
            token_hash, kind.value, label, holder.name, holder.role.value, holder.account,
            kept_scopes(holder.scopes), stamp(at), None if expires_at is None else stamp(expires_at), idle_s, int(once),
        ),
    )  # fmt: skip
    return bool(added)


def _holds(row: tuple[Any, ...], at: datetime) -> bool:
    return holds_idle(moment(row[11] or row[7]), row[9], at)


def _key(row: tuple[Any, ...]) -> Key:
    token_hash, kind, label, name, role, account, scopes, made_at, expires_at, _, _, used_at = row
    return Key(
        id_of(token_hash), KeyKind(kind), label, name, Role(role), account, scopes_of(scopes), moment(made_at),
        expires_at and moment(expires_at), used_at and moment(used_at),
    )  # fmt: skip
