"""`chronotope token`, `fsck`, `migrate`: short commands on a data directory, beside a running server or without one."""

from __future__ import annotations

import getpass
import gzip
import hashlib
import os
import re
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING

import orjson
import typer

from api.auth import make_token
from api.cli_progress import progress_bar
from api.data_directory import prepare
from api.errors import DoorError
from api.services import open_services
from api.settings import Settings, SettingsError, from_environment
from scenes.counting import counted
from scenes.model import Actor, Asset, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.services import Services

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20
_PAGE = 500


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


def fsck(*, data: Path | None, as_json: bool) -> None:
    """Verify all objects and what the catalogue expects of them.

    Raises:
        DoorError: something is damaged or missing.
    """
    settings = existing(data)
    found = sorted(settings.objects_path.glob("??/??/*"))
    paths = [path for path in found if _DIGEST.fullmatch(path.name)]
    packed = [path for path in found if path.suffix == ".gz" and _DIGEST.fullmatch(path.stem)]
    total = sum(path.stat().st_size for path in paths)
    damaged = []
    with progress_bar("reading objects", total) as advance:
        for path in paths:
            hasher = hashlib.sha256()
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    hasher.update(piece)
                    advance(len(piece))
            if hasher.hexdigest() != path.name:
                damaged.append(path.name)
    # What is kept packed is a convenience, made again when it is asked for: a damaged one only has to go.
    damaged += [path.name for path in packed if not _is_packed(path)]
    with open_services(settings) as services:
        missing = [f"{asset.id}: {what}" for asset in _assets(services) for what in _missing(services, asset)]
    if as_json:
        report = {"objects": len(paths), "bytes": total, "damaged": damaged, "missing": missing}
        print(orjson.dumps(report).decode())
    else:
        for digest in damaged:
            print(f"damaged  {digest}")
        for text in missing:
            print(f"missing  {text}")
        objects, size = counted(len(paths), "[object|objects]"), counted(total, "[byte|bytes]")
        print(f"{objects}, {size}: {len(damaged)} damaged, {len(missing)} missing")
    if damaged or missing:
        wrong = counted(len(damaged), "[object is|objects are] damaged"), counted(len(missing), "[is|are] missing")
        raise DoorError("MALFORMED", ", ".join(wrong))


def _is_packed(path: Path) -> bool:
    """Whether a file is the gzip form of the object beside it."""
    hasher = hashlib.sha256()
    try:
        with gzip.open(path) as file:
            while piece := file.read(_PIECE):
                hasher.update(piece)
    except (OSError, EOFError, zlib.error):
        return False
    return hasher.hexdigest() == path.stem


def _assets(services: Services) -> Iterator[Asset]:
    after = None
    while True:
        page = services.catalogue.page(Asset, first=_PAGE, after=after)
        yield from (record for record in page.records if isinstance(record, Asset))
        if not page.has_next:
            return
        after = page.cursors[-1]


def _missing(services: Services, asset: Asset) -> Iterator[str]:
    """What of an asset is not there: the master, what is served of a recording or picture, a tileset or its tiles."""
    if services.blobs.size(asset.master) != asset.byte_length:
        yield f"master {asset.master}"
    if asset.media is not None and services.blobs.size(asset.media.digest) != asset.media.byte_length:
        yield f"media {asset.media.digest}"
    if asset.tileset is None:
        return
    if services.blobs.size(asset.tileset.digest) is None:
        yield f"tileset {asset.tileset.digest}"
        return
    waiting, seen = [asset.tileset.digest], {asset.tileset.digest}
    while waiting:
        document = services.blobs.read(waiting.pop()).decode(errors="replace")
        for digest, ending in sorted(set(re.findall(r"\b([0-9a-f]{64})\.([a-z0-9]+)\"", document))):
            if digest in seen:
                continue
            seen.add(digest)
            if services.blobs.size(digest) is None:
                yield f"tile {digest}"
            elif ending == "json":
                waiting.append(digest)
