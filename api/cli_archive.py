"""`chronotope export` and `import`: a museum as an OCFL tree, and a museum made of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from api.cli_keep import existing, prepared, user_name
from api.cli_progress import fraction_bar
from api.data_directory import held
from api.errors import DoorError
from api.services import archive_of, archived, open_services, restored
from scenes.counting import counted

if TYPE_CHECKING:
    from pathlib import Path


def export(folder: Path, *, data: Path | None, verify: bool, as_json: bool) -> None:
    """Bring an OCFL tree up to date, beside a running server or without one.

    Raises:
        SceneError: nothing is there to export, the tree is another's, damaged or being written, the disk is full.
        DoorError: MALFORMED, where the tree was verified and something in it is damaged.
    """
    with open_services(existing(data)) as services, fraction_bar("export") as bar:
        moved = archived(services, folder, author=user_name(), progress=bar)
        size = {"revisions": moved.revisions, "files": moved.files, "bytes": moved.byte_length}
        services.audit.note("export", actor=user_name(), at=services.clock.now(), subject=folder.name, detail=size)
    damaged = list(archive_of(folder).damaged()) if verify else []
    told = {
        "revisions": moved.revisions, "assets": moved.assets, "files": moved.files, "bytes": moved.byte_length,
        "objectsWritten": moved.written, "damaged": damaged,
    }  # fmt: skip
    if as_json:
        print(orjson.dumps(told).decode())
    else:
        for text in damaged:
            print(f"damaged  {text}")
        holds = counted(moved.assets, "[asset|assets]"), counted(moved.files, "[file|files]")
        changed = counted(moved.written, "[object|objects]")
        print(f"{folder}: {holds[0]}, {holds[1]}, {moved.byte_length:,} bytes, up to revision {moved.revisions}")
        print(f"{changed} written anew" + (", all files verified" if verify and not damaged else ""))
    if damaged:
        raise DoorError("MALFORMED", counted(len(damaged), "[file is|files are] damaged"))


def restore(folder: Path, *, data: Path | None, as_json: bool) -> None:
    """Make a museum of an OCFL tree; it must be empty, or this must have been begun in it before.

    Raises:
        SceneError: the museum has a history of its own, the tree is none, or is damaged; the disk is full.
        SettingsError: a server runs on the data directory.
    """
    settings = prepared(data)
    with held(settings.data), open_services(settings) as services, fraction_bar("import") as bar:
        moved = restored(services, folder, progress=bar)
        told = {"revisions": moved.revisions, "files": moved.files, "bytes": moved.byte_length}
        services.audit.note("import", actor=user_name(), at=services.clock.now(), subject=folder.name, detail=told)
    told = {
        "revisions": moved.revisions, "assets": moved.assets, "files": moved.files, "bytes": moved.byte_length,
        "filesWritten": moved.written,
    }  # fmt: skip
    if as_json:
        print(orjson.dumps(told).decode())
    else:
        assets, files = counted(moved.assets, "[asset|assets]"), counted(moved.files, "[file|files]")
        print(f"{assets}, {files}, {moved.byte_length:,} bytes, {counted(moved.revisions, '[revision|revisions]')}")
        print("access tokens are not in a tree; make new ones with chronotope token")
