"""Several museums on one server, each under host names of its own, by a file (TOML) that CHRONOTOPE_MUSEUMS names.

    [[museum]]
    name = "city"
    hosts = ["city.example", "www.city.example"]
    data = "city"                                  # beside this file, or an absolute path
    database_url = "postgresql://city@db/city"     # any setting that is a museum's own, in small letters

Each is an application of its own: catalogue, objects, secrets, rooms, all that is kept in memory. Which one a request
is for is decided by its Host before anything else looks at it; from there on nothing of another museum is within reach,
so that its ids, tokens, cookies and links are unknown, and what is deposited twice is kept twice. The first museum is
also the one that answers to addresses and to this machine's own names, as a single one does.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import tomllib
from contextlib import AsyncExitStack
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.gate import host_name
from api.settings import Settings, SettingsError, variable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import FastAPI
    from starlette.types import ASGIApp, Receive, Scope, Send

_VARIABLE = variable("museums")
_OF_THE_SERVER = frozenset(
    {"host", "port", "museum", "museums", "trusted_hosts", "trusted_proxies", "log_format", "log_level", "stop_s"}
    | {"redis_url", "data"}
)
"""settings that a museum does not have of its own"""
_OF_ONE = frozenset(
    {"database_url", "objects_url", "replica_url", "public_url", "trusted_hosts", "secret_key"}
    | {"oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_roles"}
)
"""settings that are no other museum's: what the environment says of them counts for none of the file"""


def museums_of(settings: Settings) -> tuple[Settings, ...]:
    """The settings of each museum, the default one first: those of the file, or `settings` itself.

    Raises:
        SettingsError: the file cannot be read, or two museums would share what is one's own.
    """
    if not settings.museums:
        return (settings,)
    path = Path(settings.museums).expanduser()
    try:
        found = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError) as e:
        raise SettingsError(_VARIABLE, f"{path} cannot be read: {e}") from e
    except tomllib.TOMLDecodeError as e:
        raise SettingsError(_VARIABLE, f"{path} is no TOML: {e}") from e
    listed = found.get("museum")
    if not isinstance(listed, list) or not listed or found.keys() != {"museum"}:
        raise SettingsError(_VARIABLE, f"{path} has one [[museum]] or more, and nothing else")
    museums = tuple(_museum(settings, path.absolute().parent, each) for each in listed)
    _check_apart(museums)
    return museums


def chosen(settings: Settings) -> Settings:
    """The museum of a command: by name (CHRONOTOPE_MUSEUM), by `--data`, or the first. Raises SettingsError."""
    museums = museums_of(settings)
    if not settings.museums:
        return settings
    if settings.museum:
        named = [each for each in museums if each.museum == settings.museum]
        if not named:
            names = ", ".join(each.museum for each in museums)
            raise SettingsError(variable("museum"), f"{settings.museum!r} is none of {names}")
        return named[0]
    folder = settings.data.expanduser().resolve()
    return next((each for each in museums if each.data == folder), museums[0])


def _museum(base: Settings, folder: Path, said: Mapping[str, Any]) -> Settings:
    name, hosts, data = said.get("name"), said.get("hosts"), said.get("data")
    fields = {field.name: field for field in dataclasses.fields(Settings)}
    if not isinstance(name, str) or not isinstance(data, str) or not data:
        raise SettingsError(_VARIABLE, "each museum has a `name` and its folder, `data`")
    if not isinstance(hosts, list) or not hosts or not all(isinstance(each, str) and host_name(each) for each in hosts):
        raise SettingsError(_VARIABLE, f"{name}: `hosts` lists the names that the museum goes by")
    own: dict[str, Any] = {
        field: fields[field].default for field in _OF_ONE if fields[field].default is not dataclasses.MISSING
    }
    if base.secret_key:
        # Of one secret each museum has its own: what one signs is nothing to another.
        own["secret_key"] = hmac.new(base.secret_key.encode(), f"museum {name}".encode(), hashlib.sha256).hexdigest()
    for key, value in said.items():
        if key in ("name", "hosts", "data"):
            continue
        if key not in fields or key in _OF_THE_SERVER:
            raise SettingsError(_VARIABLE, f"{name}: there is no setting {key!r} that is a museum's own")
        text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        try:
            own[key] = fields[key].metadata["parse"](text)
        except ValueError as e:
            raise SettingsError(_VARIABLE, f"{name}: {key}: {e}") from e
    try:
        own["museum"] = fields["museum"].metadata["parse"](name)
    except ValueError as e:
        raise SettingsError(_VARIABLE, str(e)) from e
    names = tuple(host_name(each) for each in hosts)
    own |= {"data": (folder / Path(data).expanduser()).resolve(), "trusted_hosts": names, "museums": ""}
    return dataclasses.replace(base, **own)


def _check_apart(museums: Sequence[Settings]) -> None:
    """Nothing is two museums'. Raises SettingsError."""
    owners: dict[str, str] = {}
    for museum in museums:
        for place in _places(museum):
            if place in owners:
                raise SettingsError(_VARIABLE, f"{owners[place]} and {museum.museum} would share {place}")
            owners[place] = museum.museum
    folders = sorted((each.data, each.museum) for each in museums)
    for (outer, name), (inner, other) in pairwise(folders):
        if inner.is_relative_to(outer):
            raise SettingsError(_VARIABLE, f"the folder of {other} lies in that of {name}")


def _places(settings: Settings) -> list[str]:
    # Objects and replica are both stores of objects: neither is to be another's.
    stores = (("database", settings.database_url), ("store", settings.objects_url), ("store", settings.replica_url))
    return [
        f"the name {settings.museum}",
        *(f"the host {host}" for host in sorted(set(settings.trusted_hosts))),
        # The addresses may hold passwords.
        *(f"one {what} (mark {hashlib.sha256(url.encode()).hexdigest()[:8]})" for what, url in stores if url),
    ]


class Site:
    """The applications of several museums as one: each request goes to the museum of its Host, else to the first."""

    def __init__(self, museums: Sequence[tuple[Settings, FastAPI]]) -> None:
        self._apps = tuple(app for _, app in museums)
        self._by_host: dict[str, ASGIApp] = {host: app for settings, app in museums for host in settings.trusted_hosts}

    @property
    def app(self) -> ASGIApp:
        """What is to be served: where there is one museum, its application itself."""
        return self if len(self._apps) > 1 else self._apps[0]

    @property
    def apps(self) -> tuple[FastAPI, ...]:
        """One for each museum, the default one first."""
        return self._apps

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        # More than one Host, or none: the first museum's gate refuses it.
        name = host_name(hosts[0].decode("latin-1")) if len(hosts) == 1 else ""
        await self._by_host.get(name, self._apps[0])(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        """All museums begin together and end together."""
        begun = False
        try:
            async with AsyncExitStack() as stack:
                await receive()
                for app in self._apps:
                    await stack.enter_async_context(app.router.lifespan_context(app))
                begun = True
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except BaseException:
            await send({"type": f"lifespan.{'shutdown' if begun else 'startup'}.failed", "message": "see the log"})
            raise
        await send({"type": "lifespan.shutdown.complete"})
