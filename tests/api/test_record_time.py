"""Record time through GraphQL: the past of a scene, what differs, undo and redo, and who may see it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from scenes.model import Asset, Exhibition, Placement, Role, Scene, Visibility
from scenes.ports import Put, Remove
from tests.api.museum import NOON
from tests.api.test_graphql import ask, refused

if TYPE_CHECKING:
    from scenes.model import Record
    from tests.api.museum import Doors

PAST = """query ($id: ID!, $asOf: AsOf) { scene(id: $id, asOf: $asOf) {
    title revision history(last: 9) { number } layers { title }
    placements { nodes { title revision layer { title } asset { title } hypothesis { title } } }
    at(time: "-0430") { revision count placements { placement { title } } columns { ids assetIds } }
    exhibitions { title }
} }"""


def get(doors: Doors, kind: type[Any], name: str) -> Any:
    found = doors.services.catalogue.get(kind, name)
    assert found is not None
    return found


def put(doors: Doors, *records: Record) -> int:
    return doors.services.catalogue.commit([Put(each) for each in records], author="ines", reason="", at=NOON).number


def titles(scene: Any) -> list[str]:
    return [each["title"] for each in scene["placements"]["nodes"]]


async def test_a_scene_is_read_as_it_was_recorded_with_all_that_belongs_to_it(doors: Doors) -> None:
    then = doors.services.catalogue.latest()
    before = (await ask(doors, PAST, id="scene_open"))["scene"]
    temple = get(doors, Placement, "placement_temple")
    put(doors, replace(temple, title="Parthenon"), replace(get(doors, Scene, "scene_open"), title="Acropolis"))
    put(doors, replace(get(doors, Asset, "asset_temple"), title="Scan of 2027"))
    doors.services.catalogue.commit(
        [Remove(get(doors, Placement, "placement_shrine"))], author="ines", reason="", at=NOON
    )
    now = (await ask(doors, PAST, id="scene_open"))["scene"]
    assert (now["title"], titles(now)) == ("Acropolis", ["Parthenon", "roof_high", "roof_low"])
    past = (await ask(doors, PAST, id="scene_open", asOf=then))["scene"]
    assert past == before
    assert past["at"]["revision"] == then
    assert (await ask(doors, PAST, id="scene_open", asOf=str(then)))["scene"] == before


async def test_a_time_of_day_stands_for_the_last_revision_by_then(doors: Doors) -> None:
    query = "query ($id: ID!, $asOf: AsOf) { scene(id: $id, asOf: $asOf) { title } }"
    put(doors, replace(get(doors, Scene, "scene_open"), title="Later"))
    assert (await ask(doors, query, id="scene_open", asOf="2026-11-22T12:00:00Z"))["scene"]["title"] == "Later"
    assert await refused(doors, query, id="scene_open", asOf="2026-11-22T11:59:59Z") == "NOT_FOUND"
    literal = '{ scene(id: "scene_open", asOf: "2026-11-22T13:00:00+01:00") { title } }'
    assert (await ask(doors, literal))["scene"]["title"] == "Later"


async def test_moments_of_record_time_stand_beside_each_other_in_one_answer(doors: Doors) -> None:
    then = doors.services.catalogue.latest()
    put(doors, replace(get(doors, Placement, "placement_temple"), title="Parthenon"))
    query = """query ($then: AsOf!) { node(id: "scene_open") { ... on Scene {
        now: placements { nodes { title layer { title } } }
        asOf(moment: $then) { placements { nodes { title } } again: asOf(moment: 999999) { title } }
    } } }"""
    (error,) = (
        await doors.client.post("/graphql", json={"query": query, "variables": {"then": then}}, headers=doors.bearer())
    ).json()["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["node", "asOf", "again"], "NOT_FOUND")
    scene = (await ask(doors, query.replace("again: asOf(moment: 999999) { title }", "title"), then=then))["node"]
    assert scene["now"]["nodes"][0]["title"] == "Parthenon"
    assert scene["asOf"]["placements"]["nodes"][0]["title"] == "temple"


@pytest.mark.parametrize("wrong", ["yesterday", "", 1.5, True, "9" * 41])
async def test_what_is_no_moment_is_refused(doors: Doors, wrong: object) -> None:
    assert await refused(doors, PAST, id="scene_open", asOf=wrong) == "BAD_REQUEST"


@pytest.mark.parametrize("number", [-1, 999_999, "99999999999999999999"])
async def test_a_revision_that_is_not_there_is_not_found(doors: Doors, number: object) -> None:
    assert await refused(doors, PAST, id="scene_open", asOf=number) == "NOT_FOUND"


async def test_visitors_see_of_the_past_what_was_public_then_and_is_public_now(doors: Doors) -> None:
    public = doors.services.catalogue.latest()
    asset, show = get(doors, Asset, "asset_temple"), get(doors, Exhibition, "exhibition_open")
    put(doors, replace(asset, visibility=Visibility.DRAFT), replace(show, visibility=Visibility.DRAFT))
    seen = (await ask(doors, PAST, id="scene_open", asOf=public, role=None))["scene"]
    assert {each["asset"] and each["asset"]["title"] for each in seen["placements"]["nodes"]} == {None}
    assert seen["at"]["columns"]["assetIds"] == [None]
    assert seen["exhibitions"] == []
    curators = (await ask(doors, PAST, id="scene_open", asOf=public))["scene"]
    assert curators["exhibitions"] == [{"title": 'Stones & "Gods" \\1'}]
    assert curators["placements"]["nodes"][0]["asset"] == {"title": "Temple"}
    put(doors, replace(get(doors, Scene, "scene_open"), visibility=Visibility.DRAFT))
    assert await refused(doors, PAST, id="scene_open", asOf=public, role=None) == "NOT_FOUND"
    assert await refused(doors, PAST, id="scene_draft", role=None) == "NOT_FOUND"


async def test_a_scene_that_is_gone_is_found_in_the_past_by_curators(doors: Doors) -> None:
    then = doors.services.catalogue.latest()
    doors.services.catalogue.commit([Remove(get(doors, Scene, "scene_draft"))], author="ines", reason="", at=NOON)
    query = 'query ($asOf: AsOf) { scene(id: "scene_draft", asOf: $asOf) { title } }'
    assert (await ask(doors, query, asOf=then))["scene"] == {"title": "Next year"}
    assert await refused(doors, query) == "NOT_FOUND"


EDITS = """query ($since: AsOf!, $until: AsOf, $first: Int = 20, $after: String) { scene(id: "scene_open") {
    edits(since: $since, until: $until, first: $first, after: $after) { total since until
        pageInfo { hasNextPage endCursor }
        nodes { id kind title edit fields { name before after } revisions { number author reason } } } } }"""


async def test_what_differs_between_two_revisions_is_told_field_by_field(doors: Doors) -> None:
    then = doors.services.catalogue.latest()
    temple = get(doors, Placement, "placement_temple")
    await ask(
        doors,
        """mutation { updatePlacement(input: {id: "placement_temple", title: "Parthenon", reason: "its name"})
            { revision { number } } }""",
    )
    doors.services.catalogue.commit(
        [Remove(get(doors, Placement, "placement_shrine"))], author="ada", reason="a mistake", at=NOON
    )
    found = (await ask(doors, EDITS, since=then))["scene"]["edits"]
    assert (found["total"], found["since"], found["until"]) == (2, then, then + 2)
    changed, removed = found["nodes"]
    assert changed == {
        "id": "placement_temple",
        "kind": "Placement",
        "title": "Parthenon",
        "edit": "CHANGED",
        "fields": [{"name": "title", "before": temple.title, "after": "Parthenon"}],
        "revisions": [{"number": then + 1, "author": "ines", "reason": "its name"}],
    }
    assert (removed["edit"], removed["revisions"][0]["reason"]) == ("REMOVED", "a mistake")
    assert {"name": "existence", "before": "-0600~/-0446", "after": None} in removed["fields"]
    first = (await ask(doors, EDITS, since=then, first=1))["scene"]["edits"]
    rest = (await ask(doors, EDITS, since=then, first=1, after=first["pageInfo"]["endCursor"]))["scene"]["edits"]
    assert (first["nodes"], rest["nodes"]) == ([changed], [removed])
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    assert (await ask(doors, EDITS, since=then, until=then))["scene"]["edits"]["nodes"] == []
    assert await refused(doors, EDITS, since=then, after="nonsense") == "INVALID"
    assert await refused(doors, EDITS, since=0, role=None) == "NOT_FOUND"


async def test_undo_and_redo_through_the_door(doors: Doors) -> None:
    rename = """mutation ($t: String!) { updatePlacement(input: {id: "placement_temple", title: $t})
        { revision { number } } }"""
    take = """mutation { %s(scene: "scene_open") { revision { number reason } takenBack { number }
        changes { id edit fields { name before after } } scene { placements(first: 1) { nodes { title } } } } }"""
    number = (await ask(doors, rename, t="Parthenon"))["updatePlacement"]["revision"]["number"]
    undone = (await ask(doors, take % "undo"))["undo"]
    assert undone["takenBack"] == {"number": number}
    assert undone["revision"] == {
        "number": number + 1,
        "reason": f"took back revision {number}: changed the placement “Parthenon”",
    }
    assert undone["changes"] == [
        {
            "id": "placement_temple",
            "edit": "CHANGED",
            "fields": [{"name": "title", "before": "Parthenon", "after": "temple"}],
        }
    ]
    assert undone["scene"]["placements"]["nodes"] == [{"title": "temple"}]
    redone = (await ask(doors, take % "redo"))["redo"]
    assert redone["scene"]["placements"]["nodes"] == [{"title": "Parthenon"}]
    assert await refused(doors, take % "redo") == "NOT_FOUND"
    await ask(doors, take % "undo")
    theirs = replace(get(doors, Placement, "placement_temple"), title="Theirs")
    doors.services.catalogue.commit([Put(theirs)], author="bob", reason="", at=NOON)
    assert await refused(doors, take % "redo") == "CONFLICT"
    for role, code in ((None, "UNAUTHORIZED"), (Role.VISITOR, "FORBIDDEN")):
        assert await refused(doors, take % "undo", role=role) == code
