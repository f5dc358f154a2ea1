"""A scene at a moment through GraphQL: pages, columns, and what changed between two times."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from scenes.model import ChangeEvent, ChangeKind, Placement, Visibility
from scenes.ports import Put, Remove
from tests.api.museum import NOON
from tests.api.test_graphql import ask, refused

if TYPE_CHECKING:
    from scenes.model import Record
    from tests.api.museum import Doors

PAGE = """query ($time: String!, $first: Int!, $after: String, $least: Certainty = POSSIBLE) { node(id: "scene_open") {
    ... on Scene { at(time: $time, minCertainty: $least) { count standing(first: $first, after: $after) {
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { certainty } } nodes { certainty reason placement { id title transform } } } } } } }"""
COLUMNS = """query ($time: String!) { node(id: "scene_open") { ... on Scene { at(time: $time) { columns {
    ids certainty weight transforms assetIds asset layerIds layer reliability } } } } }"""
CHANGED = """query ($from: String!, $to: String!, $first: Int = 20, $after: String, $h: ID) { node(id: "scene_open") {
    ... on Scene { difference(from: $from, to: $to, first: $first, after: $after, hypothesis: $h) {
        labelBefore labelAfter total hypothesis { title } pageInfo { hasNextPage endCursor }
        nodes { kind certaintyBefore certaintyAfter whyBefore whyAfter
            placement { id reason sources } events { title kind } } } } } }"""


def put(doors: Doors, *records: Record) -> None:
    doors.services.catalogue.commit([Put(each) for each in records], author="ines", reason="", at=NOON)


async def standing(doors: Doors, **variables: Any) -> Any:
    return (await ask(doors, PAGE, **{"time": "-0446", "first": 2} | variables))["node"]["at"]["standing"]


async def test_pages_of_what_stands_go_on_while_things_come_and_go(doors: Doors) -> None:
    first = await standing(doors)
    assert [each["placement"]["id"] for each in first["nodes"]] == ["placement_roof_high", "placement_shrine"]
    assert first["nodes"][0]["reason"] == "may not have begun yet (-0446/-0290); by the hypothesis “High”"
    assert first["nodes"][0]["placement"]["transform"] == [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
    assert [each["cursor"] for each in first["edges"]] == [
        first["pageInfo"]["startCursor"],
        first["pageInfo"]["endCursor"],
    ]
    shrine = doors.services.catalogue.get(Placement, "placement_shrine")
    assert shrine is not None
    doors.services.catalogue.commit([Remove(shrine)], author="ines", reason="", at=NOON)
    put(doors, replace(shrine, id="placement_altar", title="Altar"), replace(shrine, id="placement_zoo"))
    rest = await standing(doors, after=first["pageInfo"]["endCursor"])
    assert [each["placement"]["id"] for each in rest["nodes"]] == ["placement_temple", "placement_zoo"]
    assert (rest["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasPreviousPage"]) == (False, True)
    assert await refused(doors, PAGE, time="-0446", first=2, after="scene_open") == "INVALID"
    assert await refused(doors, PAGE, time="-0446", first=1001) == "INVALID"
    assert (await standing(doors, time="1900"))["nodes"] == []


async def test_columns_say_row_by_row_what_pages_say(doors: Doors) -> None:
    moved = (*map(float, range(12)), 4.5, 0.0, -2.25, 1.0)
    temple = doors.services.catalogue.get(Placement, "placement_temple")
    assert temple is not None
    put(doors, replace(temple, transform=moved))
    columns = (await ask(doors, COLUMNS, time="-0446"))["node"]["at"]["columns"]
    page = await standing(doors, first=20)
    assert columns["ids"] == [each["placement"]["id"] for each in page["nodes"]]
    assert columns["certainty"] == [{"CERTAIN": 2, "POSSIBLE": 1}[each["certainty"]] for each in page["nodes"]]
    assert columns["transforms"] == [value for each in page["nodes"] for value in each["placement"]["transform"]]
    assert [columns["assetIds"][n] for n in columns["asset"]] == ["asset_temple"] * 3
    assert [columns["layerIds"][n] for n in columns["layer"]] == ["layer_open"] * 3
    assert columns["reliability"] == ["USVS"] * 3
    assert all(0 < weight <= 1 for weight in columns["weight"])


async def test_a_weight_that_nobody_can_know_is_null(doors: Doors) -> None:
    temple = doors.services.catalogue.get(Placement, "placement_temple")
    assert temple is not None
    put(doors, replace(temple, existence="-0446/"))
    columns = (await ask(doors, COLUMNS, time="1900"))["node"]["at"]["columns"]
    assert (columns["ids"], columns["weight"]) == (["placement_temple"], [None])


async def test_visitors_learn_no_ids_of_drafts_from_columns(doors: Doors) -> None:
    temple = doors.services.catalogue.get(Placement, "placement_temple")
    assert temple is not None
    put(doors, replace(temple, id="placement_secret", asset="asset_secret"))
    names = (await ask(doors, COLUMNS, time="-0430"))["node"]["at"]["columns"]["assetIds"]
    assert set(names) == {"asset_temple", "asset_secret"}
    seen = (await ask(doors, COLUMNS, role=None, time="-0430"))["node"]["at"]["columns"]
    assert set(seen["assetIds"]) == {"asset_temple", None}
    assert len(seen["asset"]) == len(seen["ids"])


async def test_what_changed_between_two_times_and_why(doors: Doors) -> None:
    put(
        doors,
        ChangeEvent(
            *("event_built", "scene_open", "Built anew", ChangeKind.MODIFICATION, "-0446"),
            ("placement_shrine",),
            ("placement_temple",),
        ),
    )
    found = (await ask(doors, CHANGED, **{"from": "-0500", "to": "-0400"}))["node"]["difference"]
    assert (found["labelBefore"], found["labelAfter"], found["total"]) == ("501 BC", "401 BC", 3)
    assert found["hypothesis"] == {"title": "High"}
    by_id = {each["placement"]["id"]: each for each in found["nodes"]}
    assert {name: each["kind"] for name, each in by_id.items()} == {
        "placement_roof_high": "APPEARS",
        "placement_shrine": "DISAPPEARS",
        "placement_temple": "APPEARS",
    }
    temple = by_id["placement_temple"]
    assert (temple["certaintyBefore"], temple["certaintyAfter"]) == ("NO", "CERTAIN")
    assert temple["whyAfter"] == "stood all through the time asked about (-0446/-0290)"
    assert temple["events"] == by_id["placement_shrine"]["events"] == [{"title": "Built anew", "kind": "MODIFICATION"}]
    low = (await ask(doors, CHANGED, **{"from": "-0500", "to": "-0400", "h": "hypothesis_low"}))["node"]["difference"]
    assert "placement_roof_low" in {each["placement"]["id"] for each in low["nodes"]}
    first = (await ask(doors, CHANGED, **{"from": "-0500", "to": "-0400", "first": 2}))["node"]["difference"]
    after = first["pageInfo"]["endCursor"]
    rest = (await ask(doors, CHANGED, **{"from": "-0500", "to": "-0400", "first": 2, "after": after}))["node"]
    assert first["nodes"] + rest["difference"]["nodes"] == found["nodes"]


@pytest.mark.parametrize(("start", "end"), [("then", "-0400"), ("-0400", ""), ("-0400", "x" * 300)])
async def test_times_that_are_none_are_refused(doors: Doors, start: str, end: str) -> None:
    assert await refused(doors, CHANGED, **{"from": start, "to": end}) == "BAD_EDTF"


async def test_a_draft_is_not_told_of_at_any_moment(doors: Doors) -> None:
    scene = await ask(doors, '{ scene(id: "scene_draft") { visibility } }')
    assert scene == {"scene": {"visibility": Visibility.DRAFT.name}}
    assert await refused(doors, '{ scene(id: "scene_draft") { at(time: "2027") { count } } }', role=None) == "NOT_FOUND"
