"""`chronotope purge`: erase for good what was removed long ago, and bytes that nothing names.

At the machine one person is enough, because who sits there could as well delete the files; they have to say so. The
museum keeps that it was done, by whom, and why. Over the network it takes two people (`proposePurge`, `approvePurge`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import orjson
import typer

from api.cli_keep import existing, user_name
from api.services import every_store, open_services
from scenes.counting import counted
from scenes.purging import carry_out, collect, purge_at_once, unnamed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from api.services import Services

_LISTED = 10_000


def purge(
    ids: Sequence[str], *, data: Path | None, reason: str, unreferenced: bool, yes_really: bool, as_json: bool
) -> None:
    """Erase records by their ids; with `unreferenced`, bytes that nothing names; with neither, list what is removed.

    Raises:
        typer.BadParameter: something is to be erased, and `yes_really` or `reason` was not given.
        SceneError: it is too early, or something of it stands or is not there.
    """
    with open_services(existing(data)) as services:
        if not ids and not unreferenced:
            _list(services, as_json=as_json)
            return
        stores = every_store(services.settings)
        if not yes_really:
            if unreferenced and not ids:
                found = unnamed(services.purges, stores[0])
                told = counted(
                    len(found), "[object is|objects are] named by nothing; [it goes|they go] with --yes-really"
                )
                print(orjson.dumps({"unreferenced": found}).decode() if as_json else told)
                return
            raise typer.BadParameter("what is erased cannot be brought back; say so", param_hint="--yes-really")
        if ids and not reason.strip():
            raise typer.BadParameter("say why; it stays when all else is gone", param_hint="--reason")
        answer: dict[str, str | int] = {}
        if ids:
            done = purge_at_once(services, services.purges, user_name(), ids, reason=reason)
            answer |= {"purge": done.id, "objects": carry_out(services, services.purges, stores, done.id)}
            services.derived.clear()
        if unreferenced:
            answer["unreferenced"] = collect(services, services.purges, stores)
        print(orjson.dumps(answer).decode() if as_json else _in_words(answer, len(ids)))
        if services.settings.objects_url.startswith("s3:"):
            sys.stderr.write("objects in S3 are not erased; see docs/durability.md\n")


def _in_words(answer: dict[str, str | int], records: int) -> str:
    lines = []
    if records:
        named, objects = counted(records, "[record|records]"), counted(int(answer["objects"]), "[object|objects]")
        lines.append(f"{answer['purge']}: {named} and what belonged to them, {objects} erased")
    if "unreferenced" in answer:
        lines.append(counted(int(answer["unreferenced"]), "[object|objects] that nothing names erased"))
    return "\n".join(lines)


def _list(services: Services, *, as_json: bool) -> None:
    found = services.purges.tombstones(first=_LISTED)
    if as_json:
        told = [
            {"id": each.id, "kind": each.kind, "title": each.title, "removedAt": each.revision.at.isoformat()}
            for each in found
        ]
        print(orjson.dumps(told).decode())
        return
    for each in found:
        print(f"{each.revision.at:%Y-%m-%d}  {each.kind:20} {each.id}  {each.title}")
    print(counted(len(found), "[record is|records are] removed and kept"))
