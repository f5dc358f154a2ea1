"""`chronotope account …` and `chronotope token …`: who may come in, said on the machine itself.

Whoever runs these commands holds the data directory, so they act as an administrator; what they did stands in the
history of roles under their name on the machine.
"""

from __future__ import annotations

import getpass
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from scenes.errors import Invalid, NotFound
from scenes.model import EVERYTHING, Account, Actor, Key, Role, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.services import Services

app = typer.Typer(help="Accounts: who has one, their roles, their passwords.", no_args_is_help=True)

ROLES = ", ".join(Role)
Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Data directory; it holds everything.  [default: museum]"),
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account, whatever its case.")]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input, one line.")]


@contextmanager
def _opened(data: Path | None, *, makes: bool = False) -> Iterator[tuple[Services, Actor]]:
    from api.cli_keep import existing, prepared, user_name
    from api.services import open_services

    with open_services(prepared(data) if makes else existing(data)) as services:
        yield services, Actor(user_name(), Role.ADMINISTRATOR)


def role_of(text: str) -> Role:
    """A role by name. Raises BadParameter."""
    if text not in list(Role):
        raise typer.BadParameter(f"{text!r} is none of {ROLES}", param_hint="ROLE")
    return Role(text)


def scopes_of(text: str) -> frozenset[Scope]:
    """Scopes with commas between; empty: all. Raises BadParameter."""
    words = [each.strip() for each in text.split(",") if each.strip()]
    if unknown := [each for each in words if each not in list(Scope)]:
        raise typer.BadParameter(f"{unknown[0]!r} is none of {', '.join(Scope)}", param_hint="--scopes")
    return frozenset(Scope(each) for each in words) or EVERYTHING


def _password(*, stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != first:
        raise Invalid("password: the two are not the same")
    return first


def _told(account: Account) -> dict[str, object]:
    return {
        "id": account.id,
        "name": account.name,
        "role": account.role,
        "exhibitions": dict(account.grants),
        "disabled": account.disabled_at is not None,
        "password": account.has_password,
        "issuer": account.issuer or None,
    }


def _say(account: Account, done: str, *, as_json: bool) -> None:
    print(orjson.dumps(_told(account)).decode() if as_json else f"{account.name}: {done}")


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(metavar="ROLE", help=ROLES)] = "curator",
    password_stdin: Stdin = False,
    data: Data = None,
    json: Json = False,
) -> None:
    """Make an account; its password is asked for. The first one of a museum is best an administrator's."""
    from api import accounts

    given = role_of(role)
    with _opened(data, makes=True) as (services, actor):
        made = accounts.add(services, actor, name, given, password=_password(stdin=password_stdin))
    _say(made, f"account made, {given.value}; sign in at /sign-in", as_json=json)


@app.command("list")
def list_(data: Data = None, json: Json = False) -> None:
    """All accounts with their roles."""
    with _opened(data) as (services, _):
        found = list(services.accounts.accounts())
    if json:
        print(orjson.dumps([_told(each) for each in found]).decode())
        return
    for each in found:
        exhibitions = "".join(f", {role.value} of {exhibition}" for exhibition, role in each.grants)
        print(f"{each.name}: {each.role.value}{exhibitions}{', disabled' if each.disabled_at else ''}")


@app.command("role")
def role_(
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE", help=f"{ROLES}; visitor takes a role away.")],
    exhibition: Annotated[
        str, typer.Option(metavar="SLUG", help="In this exhibition alone (its address or id), not in the museum.")
    ] = "",
    data: Data = None,
    json: Json = False,
) -> None:
    """Give a role, in the whole museum or in one exhibition."""
    from api import accounts

    given = role_of(role)
    with _opened(data) as (services, actor):
        account = accounts.named(services, name)
        shown = services.catalogue.exhibition_by_slug(exhibition) if exhibition else None
        where = exhibition if shown is None else shown.id
        account = accounts.give_role(services, actor, account.id, given, exhibition=where)
    _say(account, f"{given.value}{f' of {exhibition}' if exhibition else ''}", as_json=json)


@app.command()
def disable(name: Name, data: Data = None, json: Json = False) -> None:
    """Let an account in no more: its sessions end, its tokens open nothing."""
    _set_disabled(name, data, disabled=True, as_json=json)


@app.command()
def enable(name: Name, data: Data = None, json: Json = False) -> None:
    """Let an account in again."""
    _set_disabled(name, data, disabled=False, as_json=json)


def _set_disabled(name: str, data: Path | None, *, disabled: bool, as_json: bool) -> None:
    from api import accounts

    with _opened(data) as (services, actor):
        account = accounts.named(services, name)
        account = accounts.set_disabled(services, actor, account.id, disabled=disabled)
    _say(account, "disabled" if disabled else "enabled", as_json=as_json)


@app.command()
def password(name: Name, password_stdin: Stdin = False, data: Data = None, json: Json = False) -> None:
    """Set another password; it ends the account's sessions."""
    from api import accounts

    with _opened(data) as (services, _):
        account = accounts.named(services, name)
        accounts.set_password(services, account, _password(stdin=password_stdin))
    _say(account, "password set", as_json=json)


@app.command()
def history(name: Name, data: Data = None, json: Json = False) -> None:
    """Every role that an account had: from when, by whom, until when."""
    from api import accounts

    with _opened(data) as (services, _):
        given = services.accounts.roles_given(accounts.named(services, name).id)
    if json:
        print(orjson.dumps(given, option=orjson.OPT_UTC_Z).decode())
        return
    for each in given:
        until = f" to {each.ended_at:%Y-%m-%d %H:%M} by {each.ended_by}" if each.ended_at else ""
        where = f" of {each.exhibition}" if each.exhibition else ""
        print(f"{each.role.value}{where}: {each.given_at:%Y-%m-%d %H:%M} by {each.given_by}{until}")


def make_token(
    role: str | None, name: str, *, days: int | None, scopes: str, account: str, data: Path | None, as_json: bool
) -> None:
    """Make and print an access token, of an account or of nobody's."""
    from api import accounts
    from api.auth import make_token as made_token

    if account and (role or name):
        raise typer.BadParameter("a token of an account has its name and its role", param_hint="--account")
    given, kept = role_of(role or "curator"), scopes_of(scopes)
    with _opened(data, makes=True) as (services, asker):
        at = services.clock.now()
        expires_at = at + timedelta(days=days) if days else None
        if account:
            of = accounts.named(services, account)
            actor = Actor(of.name, of.role, scopes=kept, account=of.id)
        else:
            actor = Actor(name.strip()[:200] or asker.name, given, scopes=kept)
        made = made_token(services.tokens, actor, at=at, expires_at=expires_at, label="command line")
    if as_json:
        until = expires_at.isoformat() if expires_at else None
        about = {"token": made, "name": actor.name, "role": actor.role, "expires_at": until, "scopes": sorted(kept)}
        print(orjson.dumps(about).decode())
    else:
        print(made)


def list_tokens(*, data: Path | None, as_json: bool) -> None:
    """Print what opens the museum now: tokens, sessions and links, never what they are opened with."""
    with _opened(data) as (services, _):
        keys = services.tokens.tokens_of(None, at=services.clock.now())
    if as_json:
        print(orjson.dumps([_listed(each) for each in keys], option=orjson.OPT_UTC_Z).decode())
        return
    for each in keys:
        used = f"used {each.used_at:%Y-%m-%d %H:%M}" if each.used_at else "never used"
        until = f"until {each.expires_at:%Y-%m-%d %H:%M}" if each.expires_at else "until ended"
        scopes = "all" if each.scopes == EVERYTHING else " ".join(sorted(each.scopes))
        print(f"{each.id}  {each.kind.value:7}  {each.name} ({each.role.value})  {scopes}  {used}  {until}")


def end_token(token_id: str, *, data: Path | None, as_json: bool) -> None:
    """End a token, session or link by its id. Raises NotFound."""
    with _opened(data) as (services, _):
        if not services.tokens.end_token(token_id, at=services.clock.now()):
            raise NotFound(f"there is no token {token_id[:80]!r} that holds; chronotope token --list names them")
    print(orjson.dumps({"ended": token_id}).decode() if as_json else f"{token_id} ended")


def _listed(key: Key) -> dict[str, object]:
    return {
        "id": key.id, "kind": key.kind, "label": key.label, "name": key.name, "role": key.role,
        "account": key.account or None, "scopes": sorted(key.scopes), "made_at": key.made_at,
        "expires_at": key.expires_at, "used_at": key.used_at,
    }  # fmt: skip
