"""`chronotope migrate`, and what short commands on a data directory need, beside a running server or without one."""

from __future__ import annotations

import getpass
import os
from typing import TYPE_CHECKING

import orjson

from api.data_directory import prepare
from api.museums import chosen, museums_of
from api.services import open_services
from api.settings import Settings, SettingsError, from_environment

if TYPE_CHECKING:
    from pathlib import Path


def prepared(data: Path | None, **given: object) -> Settings:
    """Settings of a data directory, which is made where there is none; `given` as by `from_environment`.

    Raises:
        SettingsError: a setting is wrong, or the directory cannot be made.
    """
    return prepare(chosen(from_environment(os.environ, data=data, **given)))


def existing(data: Path | None) -> Settings:
    """Settings of a data directory that must be there already. Raises SettingsError."""
    return _there(chosen(from_environment(os.environ, data=data)))


def all_existing(data: Path | None) -> tuple[Settings, ...]:
    """Those of every museum of the server, unless one is named. Raises SettingsError."""
    settings = from_environment(os.environ, data=data)
    is_one = data is not None or settings.museum
    return tuple(_there(each) for each in ((chosen(settings),) if is_one else museums_of(settings)))


def _there(settings: Settings) -> Settings:
    if not settings.is_postgres and not settings.database_path.is_file():
        raise SettingsError("--data", f"there is no museum in {settings.data.absolute()}; `chronotope serve` makes one")
    return prepare(settings)


def user_name() -> str:
    """Name of who calls the command, for the history of changes."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"


def migrate(*, data: Path | None, as_json: bool) -> None:
    """Open the catalogue, which brings it to the present schema."""
    settings = existing(data)
    from storage.migrate import migrations

    with open_services(settings):
        number = len(migrations("postgres" if settings.is_postgres else "sqlite"))
    print(orjson.dumps({"schema": number}).decode() if as_json else f"the catalogue has schema {number}")
