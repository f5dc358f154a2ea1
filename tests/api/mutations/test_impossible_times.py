"""What certainly cannot have been is refused with the reason in words; what is in doubt is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scenes.model import ChangeEvent, ChangeKind, Family, LifeEvent, Person, PersonName, Placement
from scenes.ports import Put
from tests.api.museum import NOON
from tests.api.mutations.test_mutations import OPEN
from tests.api.test_graphql import ask, post, refused, revisions

if TYPE_CHECKING:
    from tests.api.museum import Doors

CHANGE = "mutation ($i: CreateChangeEventInput!) { createChangeEvent(input: $i) { changeEvent { id } } }"
PERSON = "mutation ($i: CreatePersonInput!) { createPerson(input: $i) { person { id } } }"
FAMILY = "mutation ($i: CreateFamilyInput!) { createFamily(input: $i) { family { id } } }"


async def said(doors: Doors, query: str, **variables: Any) -> str:
    """What a refusal says, after the words that all of them begin with; empty: it is not refused."""
    answer = (await post(doors, query, **variables)).json()
    if "errors" not in answer:
        return ""
    (error,) = answer["errors"]
    assert error["extensions"]["code"] == "CONTRADICTION"
    begin, _, reason = str(error["message"]).partition(": ")
    assert begin == "these cannot all be true"
    return reason


def write(doors: Doors, **existences: str) -> None:
    """Placements of the open scene, by name."""
    puts = [
        Put(Placement(f"placement_{name}", "scene_open", "layer_open", "asset_temple", name.title(), existence))
        for name, existence in existences.items()
    ]
    doors.services.catalogue.commit(puts, author="ines", reason="", at=NOON)


@pytest.mark.parametrize(
    ("kind", "when", "tower", "house", "reason"),
    [
        # What it does to which, when, how long they stood (empty: takes no part), why it cannot be.
        ("DEMOLITION", "1150", "1200/1300", "", "the demolition “X” (1150) was over by 31 December 1150; "
            "“Tower” (1200/1300) began no earlier than 1 January 1200"),
        ("DEMOLITION", "1400", "1200/1300", "", "the demolition “X” (1400) did not begin before 1 January 1400; "
            "“Tower” (1200/1300) was gone after 31 December 1300"),
        ("DEMOLITION", "1250", "1200/1300", "", "the demolition “X” (1250) was over by 31 December 1250; "
            "“Tower” (1200/1300) still stood on 1 January 1300"),
        ("DEMOLITION", "1250", "1200/..", "", "the demolition “X” (1250) was over by 31 December 1250; "
            "“Tower” (1200/..) stands without an end"),
        ("CREATION", "1250", "", "1200/1300", "the creation “X” (1250) did not begin before 1 January 1250; "
            "“House” (1200/1300) had begun by 31 December 1200"),
        ("CREATION", "1250", "", "../1300", "the creation “X” (1250) did not begin before 1 January 1250; "
            "“House” (../1300) stood without a beginning"),
        ("CREATION", "1350", "", "1200/1300", "the creation “X” (1350) did not begin before 1 January 1350; "
            "“House” (1200/1300) had begun by 31 December 1200"),
        ("CREATION", "1150", "", "1200/1300", "the creation “X” (1150) was over by 31 December 1150; "
            "“House” (1200/1300) began no earlier than 1 January 1200"),
        ("MODIFICATION", "1400", "1200/1500", "1210/1300", "the modification “X” (1400) did not begin before "
            "1 January 1400; “House” (1210/1300) had begun by 31 December 1210"),
        ("MODIFICATION", "1150", "1200/1500", "1150/1300", "the modification “X” (1150) was over by 31 December 1150; "
            "“Tower” (1200/1500) began no earlier than 1 January 1200"),
        # Doubt is no contradiction.
        ("DEMOLITION", "1300", "1200/1300", "", ""),
        ("DEMOLITION", "1301", "1200/1300", "", ""),
        ("DEMOLITION", "1305", "1200/1300~", "", ""),
        ("DEMOLITION", "1296?", "1200/1300", "", ""),
        ("DEMOLITION", "[1250..1350]", "1200/1300", "", ""),
        ("DEMOLITION", "1250", "1200/[1240..1300]", "", ""),
        ("DEMOLITION", "1250", "1200/", "", ""),
        ("DEMOLITION", "/1250", "1200/1240", "", ""),
        ("CREATION", "1200", "", "1200/1300", ""),
        ("CREATION", "1199", "", "1200/1300", ""),
        ("CREATION", "1203~", "", "1200/1300", ""),
        ("CREATION", "1200/1250", "", "1240/1300", ""),
        ("CREATION", "1250", "", "[1200..1300]/1400", ""),
        ("CREATION", "1250", "", "/1300", ""),
        ("MODIFICATION", "1250", "1200/..", "1250/..", ""),
        ("MODIFICATION", "1250", "1200/1250", "1260/1300", ""),
    ],
)  # fmt: skip
async def test_a_change_must_fit_what_it_changed(
    doors: Doors, kind: str, when: str, tower: str, house: str, reason: str
) -> None:
    write(doors, **({"tower": tower} if tower else {}), **({"house": house} if house else {}))
    before = revisions(doors)
    parts = {"predecessors": ["placement_tower"] if tower else [], "successors": ["placement_house"] if house else []}
    found = await said(doors, CHANGE, i=OPEN | parts | {"title": "X", "kind": kind, "existence": when})
    assert found == reason
    assert revisions(doors) == before + (1 if reason else 2)


async def test_what_an_event_changed_stays_when_it_was(doors: Doors) -> None:
    write(doors, tower="1200/1300")
    parts = {"predecessors": ["placement_tower"], "title": "X", "kind": "DEMOLITION", "existence": "1300"}
    event = (await ask(doors, CHANGE, i=OPEN | parts))["createChangeEvent"]["changeEvent"]["id"]
    move = (
        "mutation ($id: ID!, $e: String!) { updatePlacement(input: {id: $id, existence: $e}) { revision { number } } }"
    )
    assert await said(doors, move, id="placement_tower", e="1200/1320") == (
        "the demolition “X” (1300) was over by 31 December 1300; “Tower” (1200/1320) still stood on 1 January 1320"
    )
    update = "mutation ($i: UpdateChangeEventInput!) { updateChangeEvent(input: $i) { revision { number } } }"
    assert "did not begin before 1 January 1320" in await said(doors, update, i={"id": event, "existence": "1320"})
    await ask(doors, update, i={"id": event, "existence": "[1300..1330]"})
    await ask(doors, move, id="placement_tower", e="1200/1320")
    # Undo goes the same way back: first the placement, then the event.
    doors.services.catalogue.commit(
        [Put(ChangeEvent(event, "scene_open", "X", ChangeKind.DEMOLITION, "1310/1330", ("placement_tower",)))],
        author="bob", reason="narrowed", at=NOON,
    )  # fmt: skip
    assert await refused(doors, 'mutation { undo(scene: "scene_open") { revision { number } } }') == "CONTRADICTION"


async def test_what_does_not_touch_times_is_changed_beside_an_old_contradiction(doors: Doors) -> None:
    write(doors, tower="1200/1300")
    broken = ChangeEvent("change_event_old", "scene_open", "Old", ChangeKind.DEMOLITION, "1100", ("placement_tower",))
    doors.services.catalogue.commit([Put(broken)], author="ines", reason="before this rule", at=NOON)
    update = "mutation ($i: UpdateChangeEventInput!) { updateChangeEvent(input: $i) { revision { number } } }"
    await ask(doors, update, i={"id": "change_event_old", "title": "Still old"})
    rename = 'mutation { updatePlacement(input: {id: "placement_tower", title: "Keep"}) { revision { number } } }'
    await ask(doors, rename)
    write(doors, house="1250/1300")
    parts = {"successors": ["placement_house"], "title": "X", "kind": "CREATION", "existence": "1250"}
    await ask(doors, CHANGE, i=OPEN | parts)


def person(name: str, birth: str = "", death: str = "") -> dict[str, Any]:
    ends = {key: {"existence": value} for key, value in (("birth", birth), ("death", death)) if value}
    return OPEN | {"names": [{"text": name}]} | ends


@pytest.mark.parametrize(
    ("birth", "death", "reason"),
    [
        ("1712", "1710", "“Ada” was born no earlier than 1 January 1712 (1712); “Ada” had died by "
            "31 December 1710 (1710)"),
        ("1712-03-04", "1712-03-03", "“Ada” was born no earlier than 4 March 1712 (1712-03-04); “Ada” had died by "
            "3 March 1712 (1712-03-03)"),
        ("-0043", "-0044", "“Ada” was born no earlier than 1 January 44 BC (-0043); “Ada” had died by "
            "31 December 45 BC (-0044)"),
        ("1712~", "1690", "“Ada” was born no earlier than 1 January 1707 (1712~); “Ada” had died by "
            "31 December 1690 (1690)"),
        ("1712", "1712", ""),
        ("1712-03-04", "1712-03-04", ""),
        ("1712-06", "1712", ""),
        ("1712~", "1710", ""),
        ("[1700..1720]", "1705", ""),
        ("/1720", "1705", ""),
    ],
)  # fmt: skip
async def test_nobody_dies_before_they_are_born(doors: Doors, birth: str, death: str, reason: str) -> None:
    assert await said(doors, PERSON, i=person("Ada", birth, death)) == reason
    made = (await ask(doors, PERSON, i=person("Ada", birth)))["createPerson"]["person"]["id"]
    update = "mutation ($i: UpdatePersonInput!) { updatePerson(input: $i) { revision { number } } }"
    assert await said(doors, update, i={"id": made, "death": {"existence": death}}) == reason


@pytest.mark.parametrize(
    ("wed", "birth", "death", "reason"),
    [
        ("1735", "1740", "1790", "the family of “Ada” was formed by 31 December 1735 (1735); “Ada” was born no earlier "
            "than 1 January 1740 (1740)"),
        ("1795", "1740", "1790", "the family of “Ada” was formed no earlier than 1 January 1795 (1795); “Ada” had died "
            "by 31 December 1790 (1790)"),
        ("1735/1780", "1740", "", "the family of “Ada” was formed by 31 December 1735 (1735/1780); “Ada” was born no "
            "earlier than 1 January 1740 (1740)"),
        ("1790", "1740", "1790", ""),
        ("[1735..1780]", "1740", "1790", ""),
        ("../1780", "1740", "1790", ""),
        ("1738?", "1740", "", ""),
        ("", "1740", "1790", ""),
    ],
)  # fmt: skip
async def test_a_family_is_formed_while_its_partners_live(
    doors: Doors, wed: str, birth: str, death: str, reason: str
) -> None:
    ada = (await ask(doors, PERSON, i=person("Ada", birth, death)))["createPerson"]["person"]["id"]
    child = (await ask(doors, PERSON, i=person("Bea", "1700", "1701")))["createPerson"]["person"]["id"]
    marriage = {"marriage": {"existence": wed}} if wed else {}
    # The child's dates are not looked at: whoever is adopted may be older.
    values = OPEN | {"partners": [ada], "children": [child]} | marriage
    assert await said(doors, FAMILY, i=values) == reason
    # The other way round: the family is there, and the person's dates are said later.
    bare = (await ask(doors, PERSON, i=person("Ada")))["createPerson"]["person"]["id"]
    await ask(doors, FAMILY, i=values | {"partners": [bare]})
    update = "mutation ($i: UpdatePersonInput!) { updatePerson(input: $i) { revision { number } } }"
    dates = {key: {"existence": text} for key, text in (("birth", birth), ("death", death)) if text}
    assert await said(doors, update, i={"id": bare} | dates) == reason
    join = "mutation ($i: UpdateFamilyInput!) { updateFamily(input: $i) { revision { number } } }"
    other = await ask(doors, FAMILY, i=OPEN | {"children": [child]} | marriage)
    assert await said(doors, join, i={"id": other["createFamily"]["family"]["id"], "partners": [ada]}) == reason


async def test_old_lives_that_cannot_be_are_no_reason_to_refuse_other_changes(doors: Doors) -> None:
    born, died = LifeEvent("birth", existence="1712"), LifeEvent("death", existence="1700")
    old = Person("person_old", "scene_open", (PersonName("Ada"),), birth=born, death=died)
    family = Family("family_old", "scene_open", ("person_old",), marriage=LifeEvent("marriage", existence="1600"))
    doors.services.catalogue.commit([Put(old), Put(family)], author="ines", reason="before this rule", at=NOON)
    update = "mutation ($i: UpdatePersonInput!) { updatePerson(input: $i) { revision { number } } }"
    await ask(doors, update, i={"id": "person_old", "note": "See the register."})
    change = "mutation ($i: UpdateFamilyInput!) { updateFamily(input: $i) { revision { number } } }"
    await ask(doors, change, i={"id": "family_old", "note": "Copied."})
    await ask(doors, PERSON, i=person("Bea", "1700", "1760"))
