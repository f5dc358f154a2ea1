"""`chronotope import-gedcom`: people and families of a GEDCOM file into a scene, and a report of what was left out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

_TIMEOUT_S = 180.0


def import_gedcom(  # noqa: PLR0917 - typer passes by name
    file: Annotated[Path, typer.Argument(metavar="FILE", help="GEDCOM 5.5.1 or 7.")],
    scene: Annotated[str, typer.Option(metavar="ID", help="The scene that they belong to.")],
    living: Annotated[bool, typer.Option("--with-living", help="Import those, too, who may be alive.")] = False,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Data directory.  [default: museum]")
    ] = None,
    server: Annotated[
        str | None,
        typer.Option(metavar="URL", envvar="CHRONOTOPE_SERVER", help="Send it to a running server instead."),
    ] = None,
    token: Annotated[
        str | None, typer.Option(metavar="T", envvar="CHRONOTOPE_TOKEN", help="Access token for the server.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")] = False,
) -> None:
    """Import people and families from GEDCOM; whoever may be alive is withheld.

    Everything is written by one revision, or nothing is. The report says what was left out, and why.
    """
    from api.errors import DoorError
    from scenes.counting import FAMILIES, PEOPLE, counted

    if server and data:
        raise typer.BadParameter("give either --data or --server")
    if not file.is_file():
        raise DoorError("NOT_FOUND", f"there is no file {file}")
    done = _sent(file, scene, server, token, living=living) if server else _here(file, scene, data, living=living)
    if json:
        print(orjson.dumps(done).decode())
        return
    people, families = (counted(done[each], said) for each, said in (("persons", PEOPLE), ("families", FAMILIES)))
    print(f"{people} and {families} (revision {done['revision']})")
    for line in done["report"]:
        print(f"  {line}")


def _here(file: Path, scene: str, data: Path | None, *, living: bool) -> dict[str, Any]:
    """Straight into a data directory; a server may hold it at the same time."""
    from api.cli_keep import prepared, user_name
    from api.genealogy import import_file
    from api.services import open_services
    from scenes.model import Actor, Role

    with open_services(prepared(data)) as services:
        actor = Actor(user_name(), Role.CURATOR)
        return asdict(import_file(services, actor, scene, file, name=file.name, with_living=living))


def _sent(file: Path, scene: str, server: str, token: str | None, *, living: bool) -> dict[str, Any]:
    import httpx

    from api.cli_ingest import checked

    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with httpx.Client(base_url=server.rstrip("/"), headers=headers, timeout=_TIMEOUT_S) as client:
        asked = {"scene": scene, "name": file.name, "living": str(living).lower()}
        content = file.read_bytes()
        answer = checked(lambda: client.post("/people", params=asked, content=content), client)
        found: dict[str, Any] = answer.json()
        return found
