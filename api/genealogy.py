"""People of a GEDCOM file in a scene: the use case, and `POST /people?scene=…` with the file as its body.

The file is read in the sandbox. What is kept is written by one revision, or nothing is; one undo takes it back. The
answer says how many were written and withheld, and in words what was left out and why.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request, Response

from api.auth import actor_of
from pipeline.gedcom_lines import MOST_BYTES
from scenes import compose
from scenes.authoring.admission import admit
from scenes.counting import FAMILIES, PEOPLE, counted
from scenes.errors import Conflict, Invalid, NotFound, TooLarge
from scenes.ingest import file_name
from scenes.model import Family, Person, Scene
from scenes.rights import Action, require_work

if TYPE_CHECKING:
    from api.services import Services
    from pipeline.gedcom import Genealogy
    from scenes.model import Actor
    from scenes.ports import Museum

_BATCH = 1 << 20


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import wrote."""

    persons: int
    families: int
    withheld: int
    """people who may be alive, or are marked as confidential"""
    revision: int
    report: tuple[str, ...]


def import_people(museum: Museum, actor: Actor, scene: str, found: Genealogy, *, name: str = "") -> Imported:
    """Write the people and families of a file, in one revision.

    Raises:
        Unauthorized, Forbidden: the actor is no curator.
        NotFound: there is no such scene.
        Conflict: people of this file are there already.
        Invalid: nobody of the file can be shown, or the scene has no room for them.
    """
    _check_scene(museum, actor, scene)
    if not found.persons:
        raise Invalid(f"nobody of this file can be shown: {'; '.join(found.report[:3])}")
    there = {each.xref: each for each in museum.catalogue.within(Person, (scene,))[scene] if each.xref}
    for each in found.persons:
        other = there.get(each.xref)
        if other is not None and other.names[0].text == each.names[0].text:
            raise Conflict(
                f"{each.xref} “{each.names[0].text}” is there already ({other.id}): undo that import, or remove who "
                "is to be read again"
            )
    ids = {each.xref: museum.ids.new("person") for each in found.persons}
    drafts: list[tuple[type[Any], dict[str, Any]]] = [
        (Person, {"id": ids[each.xref], **_values(each)}) for each in found.persons
    ]
    for family in found.families:
        values = _values(family)
        values["partners"], values["children"] = (
            [ids[xref] for xref in xrefs] for xrefs in (family.partners, family.children)
        )
        drafts.append((Family, {"id": museum.ids.new("family"), **values}))
    people, families = counted(len(found.persons), PEOPLE), counted(len(found.families), FAMILIES)
    reason = f"imported {people} and {families} from {file_name(name)}"
    _, revision = compose.create_all(museum, actor, scene, drafts, reason=reason)
    return Imported(len(found.persons), len(found.families), found.withheld, revision.number, found.report)


def import_file(
    services: Services, actor: Actor, scene: str, source: Path, *, name: str, with_living: bool = False
) -> Imported:
    """Read a GEDCOM file in the sandbox and write its people.

    Raises:
        Malformed, Unsupported, TooLarge, ParserCrash: the file is refused.
        Unauthorized, Forbidden, NotFound, Conflict, Invalid: as `import_people`.
    """
    from pipeline.gedcom import people_in_sandbox

    _check_scene(services, actor, scene)
    now = services.clock.now()
    scratch = _folder(services)
    try:
        out = scratch / "out"
        out.mkdir(mode=0o700)
        found = people_in_sandbox(source, out, today=(now.year, now.month, now.day), with_living=with_living)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return import_people(services, actor, scene, found, name=name)


def router(services: Services) -> APIRouter:
    """`POST /people`."""
    found = APIRouter(tags=["people"])

    @found.post("/people", summary="Import people and families from GEDCOM")
    async def import_gedcom(
        request: Request,
        scene: Annotated[str, Query(max_length=200, description="Id of the scene that they belong to.")],
        name: Annotated[str, Query(max_length=300, description="Name of the file, for the history.")] = "people.ged",
        living: Annotated[bool, Query(description="Write those, too, who may be alive.")] = False,
    ) -> Response:
        """GEDCOM 5.5.1 or 7 as the body; whoever may be alive is withheld. One revision, or nothing is written."""
        actor = await actor_of(request, services)
        await services.call(_check_scene, services, actor, scene)
        scratch = await services.call(_folder, services)
        try:
            source = scratch / "people.ged"
            await _receive(request, services, source)
            work = partial(import_file, services, actor, scene, source, name=name, with_living=living)
            done = await services.call(work)
        finally:
            await services.call(partial(shutil.rmtree, scratch, ignore_errors=True))
        return Response(orjson.dumps(asdict(done)), media_type="application/json")

    return found


def _check_scene(museum: Museum, actor: Actor, scene: str) -> None:
    """Refused before a file is read."""
    require_work(actor, Action.EDIT)
    found = museum.catalogue.get(Scene, scene)
    if found is None:
        raise NotFound(f"there is no scene {scene[:100]!r}")
    admit(museum, actor, found)


def _folder(services: Services) -> Path:
    """A private folder; delete it."""
    work = services.settings.data / "work"
    work.mkdir(mode=0o700, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="people-", dir=work))


async def _receive(request: Request, services: Services, path: Path) -> None:
    """Write the body to a file, and stop where it becomes too large."""
    length, batch = 0, bytearray()
    with await services.call(path.open, "wb") as file:
        async for piece in request.stream():
            length += len(piece)
            if length > MOST_BYTES:
                raise TooLarge(f"the file has more than {MOST_BYTES:,} bytes, which are the most that is read")
            batch += piece
            if len(batch) >= _BATCH:
                await services.call(file.write, bytes(batch))
                batch.clear()
        await services.call(file.write, bytes(batch))


def _values(draft: Any) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in draft.__slots__}
