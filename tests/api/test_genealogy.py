from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from api.genealogy import import_people
from pipeline.gedcom import Genealogy, genealogy
from pipeline.gedcom_lines import read
from scenes.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from scenes.history import redo, undo
from scenes.model import ANONYMOUS, Actor, Family, Person, Role
from tests.pipeline.test_gedcom import MASONS, TODAY
from tests.pipeline.test_gedcom_lines import old

if TYPE_CHECKING:
    from tests.api.museum import Doors

INES = Actor("ines", Role.CURATOR)
SCENE = "scene_open"
FILE = old(*MASONS).encode()


def _found(*lines: str) -> Genealogy:
    return genealogy(read(old(*(lines or MASONS)).encode()), today=TODAY)


def _there(doors: Doors) -> tuple[tuple[Person, ...], tuple[Family, ...]]:
    catalogue = doors.services.catalogue
    return catalogue.within(Person, (SCENE,))[SCENE], catalogue.within(Family, (SCENE,))[SCENE]


async def test_people_and_families_are_written_by_one_revision(doors: Doors) -> None:
    before = doors.services.catalogue.latest()
    done = import_people(doors.services, INES, SCENE, _found(), name="/home/ines/masons.ged")
    assert (done.persons, done.families, done.withheld, done.revision) == (3, 1, 0, before + 1)
    persons, (family,) = _there(doors)
    ids = {person.xref: person.id for person in persons}
    assert [person.names[0].text for person in persons] == ["Giovanni Rossi", "Maria Bianchi", "Paolo Rossi"]
    assert (family.partners, family.children) == ((ids["@I1@"], ids["@I2@"]), (ids["@I3@"],))
    assert persons[0].birth
    assert (persons[0].birth.date, persons[0].birth.existence) == ("ABT 1712", "1712~")
    (last,) = doors.services.catalogue.history([family.id], last=1)
    assert (last.author, last.reason) == ("ines", "imported 3 people and 1 family from masons.ged")


async def test_one_undo_takes_all_back_and_the_file_can_be_read_again(doors: Doors) -> None:
    import_people(doors.services, INES, SCENE, _found())
    with pytest.raises(Conflict, match="Giovanni Rossi"):
        import_people(doors.services, INES, SCENE, _found())
    undo(doors.services, INES)
    assert _there(doors) == ((), ())
    import_people(doors.services, INES, SCENE, _found())


async def test_an_import_is_for_curators_and_for_scenes_that_are_there(doors: Doors) -> None:
    for actor, error in ((ANONYMOUS, Unauthorized), (Actor("v", Role.VISITOR), Forbidden)):
        with pytest.raises(error):
            import_people(doors.services, actor, SCENE, _found())
    with pytest.raises(NotFound):
        import_people(doors.services, INES, "scene_gone", _found())


async def test_where_nobody_can_be_shown_nothing_is_written(doors: Doors) -> None:
    before = doors.services.catalogue.latest()
    with pytest.raises(Invalid, match="withheld"):
        import_people(doors.services, INES, SCENE, _found("0 @I1@ INDI", "1 NAME Ada"))
    assert doors.services.catalogue.latest() == before


async def test_what_a_parser_left_is_checked_like_what_anybody_says(doors: Doors) -> None:
    found = _found()
    evil = replace(found.persons[0], note="<script>alert(1)</script>")
    with pytest.raises(Invalid, match="note"):
        import_people(doors.services, INES, SCENE, replace(found, persons=(evil, *found.persons[1:])))
    assert _there(doors) == ((), ())


async def test_markup_in_a_file_never_reaches_the_catalogue(doors: Doors) -> None:
    lines = (
        "0 @I1@ INDI",
        "1 NAME <img src=x onerror=1> Ada",
        "1 DEAT Y",
        "1 NOTE a<b and <script>x</script> <u",
        "1 SEX F",
    )
    import_people(doors.services, INES, SCENE, _found(*lines))
    (ada,), _ = _there(doors)
    assert ada.names[0].text == "Ada"
    assert ada.note == "a< b and  x  < u"


async def test_the_door_takes_a_file_and_answers_what_was_done(doors: Doors) -> None:
    answer = await doors.client.post(
        f"/people?scene={SCENE}&name=masons.ged", content=FILE, headers=doors.bearer(Role.CURATOR)
    )
    assert answer.status_code == 200
    said = answer.json()
    assert (said["persons"], said["families"], said["withheld"]) == (3, 1, 0)
    assert said["report"][0].startswith("GEDCOM 5.5.1, utf-8: 3 people")
    assert len(_there(doors)[0]) == 3
    assert list((doors.services.settings.data / "work").iterdir()) == []


async def test_the_door_refuses_with_a_code_and_writes_nothing(doors: Doors) -> None:
    headers = doors.bearer(Role.CURATOR)
    for path, content, status, code in (
        (f"/people?scene={SCENE}", b"no such thing", 422, "MALFORMED"),
        ("/people?scene=scene_gone", FILE, 404, "NOT_FOUND"),
        (f"/people?scene={SCENE}", FILE + b"x" * (1 << 20), 413, "LIMIT"),
    ):
        answer = await doors.client.post(path, content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await doors.client.post(f"/people?scene={SCENE}", content=FILE)).status_code == 401
    assert _there(doors) == ((), ())


async def test_a_file_with_lives_that_cannot_be_loses_nobody(doors: Doors) -> None:
    lines = ("0 @I1@ INDI", "1 NAME Ada", "1 BIRT", "2 DATE 1712", "1 DEAT", "2 DATE 1700",
             "0 @F1@ FAM", "1 WIFE @I1@", "1 MARR", "2 DATE 1730")  # fmt: skip
    done = import_people(doors.services, INES, SCENE, _found(*lines))
    (ada,), (family,) = _there(doors)
    assert (done.persons, done.families) == (1, 1)
    assert ada.birth
    assert ada.death
    assert [(each.date, each.existence) for each in (ada.birth, ada.death)] == [("1712", ""), ("1700", "")]
    assert family.marriage
    assert family.marriage.existence == "1730"
    assert any("dead before they were born" in line and "“Ada” 1712 to 1700" in line for line in done.report)
    # Taken back and brought back as any other import.
    undo(doors.services, INES)
    redo(doors.services, INES)
    assert len(_there(doors)[0]) == 1
