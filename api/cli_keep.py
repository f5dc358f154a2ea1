"""`chronotope token`, `migrate`: short commands on a data directory, beside a running server or without one."""

from __future__ import annotations

import getpass
import os
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
import typer

from api.auth import make_token
from api.data_directory import prepare
from api.services import open_services
from api.settings import Settings, SettingsError, from_environment
from scenes.model import Actor, Role

if TYPE_CHECKING:
    from pathlib import Path


def existing(data: Path | None) -> Settings:
    """Settings of a data directory that must be there already. Raises SettingsError."""
    settings = from_environment(os.environ, data=data)
    if not settings.is_postgres and not settings.database_path.is_file():
        raise SettingsError("--data", f"there is no museum in {settings.data.absolute()}; `chronotope serve` makes one")
    return prepare(settings)


def user_name() -> str:
    """Name of who calls the command, for the history of changes."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def token(role: str, name: str, *, days: int | None, data: Path | None, as_json: bool) -> None:
    """Make and print an access token."""
    if role not in list(Role):
        raise typer.BadParameter(f"{role!r} is none of {', '.join(Role)}", param_hint="--role")
    settings = prepare(from_environment(os.environ, data=data))
    with open_services(settings) as services:
        at = services.clock.now()
        expires_at = at + timedelta(days=days) if days else None
        actor = Actor(name.strip()[:200] or user_name(), Role(role))
        made = make_token(services.tokens, actor, at=at, expires_at=expires_at)
    if as_json:
        until = expires_at.isoformat() if expires_at else None
        print(orjson.dumps({"token": made, "name": actor.name, "role": actor.role, "expires_at": until}).decode())
    else:
        print(made)


def migrate(*, data: Path | None, as_json: bool) -> None:
    """Open the catalogue, which brings it to the present schema."""
    settings = existing(data)
    from storage.migrate import migrations

    with open_services(settings):
        number = len(migrations("postgres" if settings.is_postgres else "sqlite"))
    print(orjson.dumps({"schema": number}).decode() if as_json else f"the catalogue has schema {number}")
