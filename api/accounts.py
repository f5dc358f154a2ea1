"""Accounts: who may give them, what a name and a role must be, and how one signs in by a password.

Attempts are counted for a name from an address, for a name, and for an address, whether they succeed or not, so that
many at once get no further than one after another. What is answered never tells whether a name is known.
"""

from __future__ import annotations

import hashlib
from time import monotonic
from typing import TYPE_CHECKING

from api import passwords
from api.buckets import Buckets, Budget
from api.errors import DoorError
from api.rates import payer
from scenes.errors import Forbidden, Invalid, NotFound, Unauthorized
from scenes.model import ANONYMOUS, Account, Exhibition, Role
from scenes.rights import Action, require

if TYPE_CHECKING:
    from collections.abc import Callable

    from api.services import Services
    from scenes.model import Actor

MOST_NAME = 80
_MOST_KEPT = 20_000
_TRIES = ((10, 900.0), (100, 3600.0), (300, 900.0))
"""times at once, and seconds in which they come back: of a name from an address, of a name, of an address"""
WRONG = "the name or the password is not right"


def checked_name(name: str) -> str:
    """A name that an account may have. Raises Invalid."""
    found = " ".join(name.split())
    if not 1 <= len(found) <= MOST_NAME or not found.isprintable():
        raise Invalid(f"name: 1 to {MOST_NAME} characters that can be printed are expected")
    if found.casefold() == "anonymous":
        raise Invalid("name: visitors who are not signed in are called anonymous")
    return found


def add(services: Services, actor: Actor, name: str, role: Role, *, password: str = "") -> Account:
    """A new account, with a password or without one yet. Blocking.

    Raises:
        Forbidden, Unauthorized: `actor` is no administrator.
        Invalid: name or password cannot be accepted.
        Conflict: the name is taken.
    """
    require(actor, Action.ADMINISTER)
    name = checked_name(name)
    kept = passwords.hashed(passwords.checked(password, name=name)) if password else ""
    made = Account(services.ids.new("account"), name, role, services.clock.now(), bool(kept))
    services.accounts.add_account(made, password=kept, by=actor.name)
    return made


def named(services: Services, name: str) -> Account:
    """An account by name. Raises NotFound."""
    found = services.accounts.account_named(name)
    if found is None:
        raise NotFound(f"there is no account of the name {name[:80]!r}")
    return found[0]


def require_account(actor: Actor) -> str:
    """The id of the account of who asks.

    Raises:
        Unauthorized: nobody is signed in.
        Forbidden: who is has a token of the machine's, and no account.
    """
    if actor.account:
        return actor.account
    if actor == ANONYMOUS:
        raise Unauthorized("sign in, or send an access token of your account")
    raise Forbidden("this needs an account, and this token is nobody's; an administrator gives accounts")


def give_role(services: Services, actor: Actor, account_id: str, role: Role, *, exhibition: str = "") -> Account:
    """Give a role in the museum, or in an exhibition; there, `VISITOR` takes it away. Blocking.

    Raises:
        Forbidden, Unauthorized: `actor` is no administrator, or would give up being one: another has to do that.
        Invalid: the role is none for an exhibition.
        NotFound: there is no such account or exhibition.
    """
    require(actor, Action.ADMINISTER)
    if exhibition:
        if role is Role.ADMINISTRATOR:
            raise Invalid("role: an administrator is one of the whole museum")
        if role is not Role.VISITOR and services.catalogue.get(Exhibition, exhibition) is None:
            raise NotFound(f"there is no exhibition {exhibition[:80]!r}")
    elif account_id == actor.account and role is not Role.ADMINISTRATOR:
        raise Forbidden("nobody takes the role of an administrator from themselves; ask another one")
    services.accounts.give_role(account_id, role, exhibition=exhibition, by=actor.name, at=services.clock.now())
    return _known(services, account_id)


def set_disabled(services: Services, actor: Actor, account_id: str, *, disabled: bool) -> Account:
    """Let an account in no more, whatever it holds, or again. Blocking. Raises as `give_role`."""
    require(actor, Action.ADMINISTER)
    if account_id == actor.account:
        raise Forbidden("nobody shuts themselves out; ask another administrator")
    at = services.clock.now()
    services.accounts.set_disabled(account_id, at=at if disabled else None)
    done = "account.disabled" if disabled else "account.enabled"
    services.audit.note(done, actor=actor.name, at=at, subject=account_id)
    if disabled:
        services.tokens.end_sessions(account_id, at=at)
    return _known(services, account_id)


def set_password(services: Services, account: Account, password: str) -> None:
    """Another password; it ends every session. Blocking. Raises Invalid."""
    kept = passwords.hashed(passwords.checked(password, name=account.name))
    services.accounts.set_password(account.id, kept)
    services.audit.note("password.changed", at=services.clock.now(), subject=account.id)
    services.tokens.end_sessions(account.id, at=services.clock.now())


def _known(services: Services, account_id: str) -> Account:
    account = services.accounts.account(account_id)
    if account is None:
        raise NotFound(f"there is no account {account_id[:80]!r}")
    return account


class Attempts:
    """How often it was tried to sign in, of the `most` that tried last. For the event loop; `monotonic` in seconds."""

    def __init__(self, *, most: int = _MOST_KEPT, monotonic: Callable[[], float] = monotonic) -> None:
        self._monotonic = monotonic
        self.kept = tuple(Buckets(Budget(times / seconds, float(times)), most=most) for times, seconds in _TRIES)

    def count(self, name: str, host: str) -> None:
        """One more.

        Raises:
            DoorError: FLOOD, with what is to be waited for.
        """
        address, now = payer(host) or "this machine", self._monotonic()
        key = hashlib.sha256(" ".join(name.casefold().split()).encode()).hexdigest()
        purses = tuple(zip(self.kept, (key + address, key, address), strict=True))
        wait = max(buckets.wait(each, 1.0, now) for buckets, each in purses)
        if wait > 0:
            seconds = str(int(wait) + 1)
            raise DoorError("FLOOD", f"tried too often; try again in {seconds} s", {"Retry-After": seconds})
        for buckets, each in purses:
            buckets.take(each, 1.0, now)


async def by_password(services: Services, attempts: Attempts, name: str, password: str, *, host: str) -> Account:
    """Whose name and password these are.

    Raises:
        Unauthorized: nobody's, or of an account that is let in no more.
        DoorError: FLOOD, it was tried too often.
    """
    attempts.count(name, host)
    found = await services.call(services.accounts.account_named, name)
    account, kept = found or (None, "")
    is_right = await passwords.aside(passwords.matches, password, kept)
    if account is None or not is_right or account.disabled_at is not None:
        # Of a name that nobody has nothing is kept: people type passwords there.
        whose = "" if account is None else account.id
        await services.call(services.audit.note, "sign-in.failed", at=services.clock.now(), subject=whose)
        raise Unauthorized(WRONG)
    if passwords.is_outdated(kept):
        await services.call(
            services.accounts.set_password, account.id, await passwords.aside(passwords.hashed, password)
        )
    return account
