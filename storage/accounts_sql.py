"""Accounts and the roles that they were given, in SQL."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scenes.errors import Conflict, NotFound
from scenes.model import Account, GivenRole, Role
from storage.audit_sql import append
from storage.keys import name_key
from storage.records import moment, stamp
from storage.sql import Taken, select, select_one

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from storage.sql import Connection, Database

_ACCOUNT = "SELECT id, name, made_at, password <> '', disabled_at, issuer, subject, password FROM account WHERE "


class SqlAccounts:
    """`scenes.ports.Accounts` on a `Database`."""

    _database: Database

    def add_account(self, account: Account, *, password: str, by: str) -> None:
        """Keep a new account with its role and no others. Raises Conflict."""
        at = stamp(account.made_at)
        with self._database.writing() as connection:
            try:
                connection.execute(
                    "INSERT INTO account (id, name, name_key, password, issuer, subject, made_at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (account.id, account.name, name_key(account.name), password, account.issuer, account.subject, at),
                )
            except Taken as error:
                raise Conflict(f"there is an account of the name {account.name!r} already") from error
            _give(connection, account.id, "", account.role, by=by, at=at)
            told = {"name": account.name, "role": account.role.value}
            append(connection, "account.made", actor=by, at=account.made_at, subject=account.id, detail=told)

    def account(self, account_id: str) -> Account | None:
        """An account by id."""
        with self._database.reading() as connection:
            return account_in(connection, account_id)

    def account_named(self, name: str) -> tuple[Account, str] | None:
        """An account by name, whatever its case, and its password as it is hashed (empty: none)."""
        with self._database.reading() as connection:
            row = select_one(connection, _ACCOUNT + "name_key = ?", (name_key(name),))
            return None if row is None else (_account(row, roles_in(connection, row[0])), str(row[7]))

    def account_of(self, issuer: str, subject: str) -> Account | None:
        """The account that an identity provider vouches for."""
        with self._database.reading() as connection:
            row = select_one(connection, _ACCOUNT + "issuer = ? AND subject = ? AND subject <> ''", (issuer, subject))
            return None if row is None else _account(row, roles_in(connection, row[0]))

    def accounts(self) -> Sequence[Account]:
        """All of them, by name."""
        roles: dict[str, dict[str, Role]] = {}
        with self._database.reading() as connection:
            rows = select(connection, _ACCOUNT + "TRUE ORDER BY name_key")
            for account, exhibition, role in select(
                connection,
                "SELECT account, exhibition, role FROM account_role WHERE ended_at IS NULL ORDER BY exhibition",
            ):
                roles.setdefault(account, {})[exhibition] = Role(role)
        return [_account(row, roles.get(row[0], {})) for row in rows]

    def set_password(self, account_id: str, password: str) -> None:
        """Keep another password, hashed. Raises NotFound."""
        with self._existing(account_id) as connection:
            connection.execute("UPDATE account SET password = ? WHERE id = ?", (password, account_id))

    def set_disabled(self, account_id: str, *, at: datetime | None) -> None:
        """Let an account in no more, or (None) again. Raises NotFound."""
        since = None if at is None else stamp(at)
        with self._existing(account_id) as connection:
            connection.execute("UPDATE account SET disabled_at = ? WHERE id = ?", (since, account_id))

    def give_role(self, account_id: str, role: Role, *, exhibition: str = "", by: str, at: datetime) -> None:
        """Give a role in the museum or in an exhibition, in place of the one there. Raises NotFound."""
        now = stamp(at)
        with self._existing(account_id) as connection:
            held = roles_in(connection, account_id).get(exhibition, Role.VISITOR)
            if held is role:
                return
            connection.execute(
                "UPDATE account_role SET ended_at = ?, ended_by = ?"
                " WHERE account = ? AND exhibition = ? AND ended_at IS NULL",
                (now, by, account_id, exhibition),
            )
            if role is not Role.VISITOR or not exhibition:
                _give(connection, account_id, exhibition, role, by=by, at=now)
            told = {"exhibition": exhibition, "role": role.value, "before": held.value}
            append(connection, "role.given", actor=by, at=at, subject=account_id, detail=told)

    def roles_given(self, account_id: str) -> Sequence[GivenRole]:
        """Every role that an account had, in order."""
        with self._database.reading() as connection:
            rows = select(
                connection,
                "SELECT exhibition, role, given_at, given_by, ended_at, ended_by FROM account_role"
                " WHERE account = ? ORDER BY number",
                (account_id,),
            )
        return [
            GivenRole(each[0], Role(each[1]), moment(each[2]), each[3], each[4] and moment(each[4]), each[5] or "")
            for each in rows
        ]

    @contextmanager
    def _existing(self, account_id: str) -> Iterator[Connection]:
        with self._database.writing() as connection:
            if select_one(connection, "SELECT 1 FROM account WHERE id = ?", (account_id,)) is None:
                raise NotFound(f"there is no account {account_id[:80]!r}")
            yield connection


def account_in(connection: Connection, account_id: str) -> Account | None:
    """An account as a connection sees it."""
    row = select_one(connection, _ACCOUNT + "id = ?", (account_id,))
    return None if row is None else _account(row, roles_in(connection, account_id))


def roles_in(connection: Connection, account_id: str) -> dict[str, Role]:
    """Roles that an account has, by exhibition; the whole museum's by an empty text."""
    rows = select(
        connection,
        "SELECT exhibition, role FROM account_role WHERE account = ? AND ended_at IS NULL ORDER BY exhibition",
        (account_id,),
    )
    return {str(exhibition): Role(role) for exhibition, role in rows}


def _give(connection: Connection, account: str, exhibition: str, role: Role, *, by: str, at: str) -> None:
    connection.execute(
        "INSERT INTO account_role (account, exhibition, role, given_at, given_by) VALUES (?, ?, ?, ?, ?)",
        (account, exhibition, role.value, at, by),
    )


def _account(row: tuple[Any, ...], roles: dict[str, Role]) -> Account:
    account_id, name, made_at, has_password, disabled_at, issuer, subject, _ = row
    return Account(
        id=account_id,
        name=name,
        role=roles.get("", Role.VISITOR),
        made_at=moment(made_at),
        has_password=bool(has_password),
        disabled_at=None if disabled_at is None else moment(disabled_at),
        issuer=issuer,
        subject=subject,
        grants=tuple((exhibition, role) for exhibition, role in roles.items() if exhibition),
    )
