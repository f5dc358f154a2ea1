"""Accounts and tokens in memory: the clear version of `storage.tokens_sql` and `storage.accounts_sql`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scenes.audit import Entry, key_told
from scenes.errors import Conflict, NotFound
from scenes.model import Account, Actor, Exhibition, GivenRole, Key, KeyKind, Role
from storage.keys import held_by, holds_idle, id_of, name_key

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping, Sequence
    from datetime import datetime


@dataclass(slots=True)
class _Kept:
    key: Key
    once: bool
    idle_s: int
    has_ended: bool = False

    def opens(self, at: datetime | None) -> bool:
        key = self.key
        if key.kind is KeyKind.SPENT or self.has_ended:
            return False
        if at is None:
            return True
        return (key.expires_at is None or at < key.expires_at) and holds_idle(
            key.used_at or key.made_at, self.idle_s, at
        )


class MemoryAccess:
    """`scenes.ports.Tokens` and `Accounts` in memory."""

    _lock: threading.RLock
    _keys: dict[str, _Kept]
    _accounts: dict[str, tuple[Account, str]]
    """with their passwords"""
    _given: dict[str, list[GivenRole]]

    def get_many(self, kind: type[Exhibition], record_ids: Sequence[str]) -> Mapping[str, Exhibition]:
        """As `scenes.ports.Catalogue` has it; the catalogue brings it."""
        raise NotImplementedError

    def note(
        self, action: str, *, at: datetime, actor: str = "", subject: str = "", detail: Mapping[str, Any] | None = None
    ) -> Entry:
        """As `scenes.audit.Audit` has it; the catalogue brings it."""
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
        """Remember a token."""
        key = Key(
            id_of(token_hash), kind, label, actor.name, actor.role, actor.account, actor.scopes, at, expires_at, None
        )
        with self._lock:
            if token_hash not in self._keys:
                self._keys[token_hash] = _Kept(key, once, idle_s)
                if kind is not KeyKind.SPENT:
                    self.note(at=at, subject=id_of(token_hash), **key_told(kind, actor))

    def use_token(self, token_hash: str, *, at: datetime) -> Actor | None:
        """Whose token this is, or None where it is unknown, expired, ended or used up."""
        with self._lock:
            kept = self._keys.get(token_hash)
            actor = None if kept is None or not kept.opens(at) else self._actor(kept.key)
            if kept is None or actor is None:
                return None
            kept.has_ended = kept.once
            kept.key = replace(kept.key, used_at=at)
            return actor

    def holder(self, token_id: str, *, at: datetime) -> Actor | None:
        """As `use_token` for the token with this id, without using it."""
        with self._lock:
            found = [each for each in self._keys.values() if each.key.id == token_id and each.opens(at)]
            return self._actor(found[0].key) if len(found) == 1 and not found[0].once else None

    def spend(self, token_hash: str, *, expires_at: datetime, at: datetime) -> bool:
        """Note that this was seen; False where it was before."""
        with self._lock:
            if token_hash in self._keys:
                return False
            self.add_token(
                token_hash, Actor("", Role.VISITOR), expires_at=expires_at, once=False, at=at, kind=KeyKind.SPENT
            )
            return True

    def has_administrator(self, *, at: datetime | None = None) -> bool:
        """Whether an account that holds or a token that is not used up (nor, with `at`, expired) is one."""
        with self._lock:
            return any(
                each.key.role is Role.ADMINISTRATOR
                and not each.key.account
                and each.key.kind is not KeyKind.SESSION
                and each.opens(at)
                for each in self._keys.values()
            ) or any(
                account.role is Role.ADMINISTRATOR and not account.disabled_at and bool(password or account.subject)
                for account, password in self._accounts.values()
            )

    def tokens_of(self, account: str | None, *, at: datetime) -> Sequence[Key]:
        """Tokens, sessions and links that open at `at`: of an account, or (None) all; the newest first."""
        with self._lock:
            found = [each.key for each in self._keys.values() if each.opens(at)]
        found = [each for each in found if account is None or each.account == account]
        return sorted(sorted(found, key=lambda each: each.id), key=lambda each: each.made_at, reverse=True)

    def end_token(self, token_id: str, *, at: datetime) -> bool:
        """End a token by its id; False where there is none that holds."""
        with self._lock:
            found = [each for each in self._keys.values() if each.key.id == token_id and each.opens(at)]
            for each in found:
                each.has_ended = True
                self.note("token.ended", at=at, subject=token_id)
            return bool(found)

    def end_sessions(self, account: str, *, at: datetime) -> None:
        """End all sessions and links of an account."""
        with self._lock:
            self.note("sessions.ended", at=at, subject=account)
            for each in self._keys.values():
                if each.key.account == account and each.key.kind in {KeyKind.SESSION, KeyKind.LINK}:
                    each.has_ended = True

    def add_account(self, account: Account, *, password: str, by: str) -> None:
        """Keep a new account with its role and no others. Raises Conflict."""
        with self._lock:
            for known, _ in self._accounts.values():
                is_same = bool(account.subject) and (known.issuer, known.subject) == (account.issuer, account.subject)
                if name_key(known.name) == name_key(account.name) or is_same:
                    raise Conflict(f"there is an account of the name {account.name!r} already")
            self._accounts[account.id] = replace(account, has_password=bool(password)), password
            self._given[account.id] = [GivenRole("", account.role, account.made_at, by)]
            told = {"name": account.name, "role": account.role.value}
            self.note("account.made", actor=by, at=account.made_at, subject=account.id, detail=told)

    def account(self, account_id: str) -> Account | None:
        """An account by id."""
        with self._lock:
            return self._accounts[account_id][0] if account_id in self._accounts else None

    def account_named(self, name: str) -> tuple[Account, str] | None:
        """An account by name, whatever its case, and its password as it is hashed."""
        with self._lock:
            return next((each for each in self._accounts.values() if name_key(each[0].name) == name_key(name)), None)

    def account_of(self, issuer: str, subject: str) -> Account | None:
        """The account that an identity provider vouches for."""
        with self._lock:
            known = (each for each, _ in self._accounts.values() if each.subject)
            return next((each for each in known if (each.issuer, each.subject) == (issuer, subject)), None)

    def accounts(self) -> Sequence[Account]:
        """All of them, by name."""
        with self._lock:
            return sorted((each for each, _ in self._accounts.values()), key=lambda each: name_key(each.name))

    def set_password(self, account_id: str, password: str) -> None:
        """Keep another password, hashed. Raises NotFound."""
        with self._lock:
            account, _ = self._existing(account_id)
            self._accounts[account_id] = replace(account, has_password=bool(password)), password

    def set_disabled(self, account_id: str, *, at: datetime | None) -> None:
        """Let an account in no more, or (None) again. Raises NotFound."""
        with self._lock:
            account, password = self._existing(account_id)
            self._accounts[account_id] = replace(account, disabled_at=at), password

    def give_role(self, account_id: str, role: Role, *, exhibition: str = "", by: str, at: datetime) -> None:
        """Give a role in the museum or in an exhibition, in place of the one there. Raises NotFound."""
        with self._lock:
            account, password = self._existing(account_id)
            given, held = self._given[account_id], {"": account.role, **dict(account.grants)}
            before = held.get(exhibition, Role.VISITOR)
            if before is role:
                return
            told = {"exhibition": exhibition, "role": role.value, "before": before.value}
            self.note("role.given", actor=by, at=at, subject=account_id, detail=told)
            for place, each in enumerate(given):
                if each.exhibition == exhibition and each.ended_at is None:
                    given[place] = replace(each, ended_at=at, ended_by=by)
            held[exhibition] = role
            if role is not Role.VISITOR or not exhibition:
                given.append(GivenRole(exhibition, role, at, by))
            else:
                del held[exhibition]
            grants = tuple(sorted((name, each) for name, each in held.items() if name))
            self._accounts[account_id] = replace(account, role=held[""], grants=grants), password

    def roles_given(self, account_id: str) -> Sequence[GivenRole]:
        """Every role that an account had, in order."""
        with self._lock:
            return tuple(self._given.get(account_id, ()))

    def _existing(self, account_id: str) -> tuple[Account, str]:
        if account_id not in self._accounts:
            raise NotFound(f"there is no account {account_id[:80]!r}")
        return self._accounts[account_id]

    def _actor(self, key: Key) -> Actor | None:
        if not key.account:
            return held_by(key, None, {})
        account = self.account(key.account)
        if account is None:
            return None
        return held_by(key, account, self.get_many(Exhibition, [each for each, _ in account.grants]))
