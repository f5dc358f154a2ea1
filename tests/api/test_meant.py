"""A text that is no EDTF is refused with what it may mean, wherever a time is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.api.test_graphql import VIEW, post

if TYPE_CHECKING:
    from tests.api.museum import Doors

SAID = "EDTF 'c. 1210': found 'c', expected a year (column 1); it may mean 1210~ or [1205..1215]"
SAY = "mutation ($i: CreateChronologyStatementInput!) { createChronologyStatement(input: $i) { revision { number } } }"
EXTENSIONS = {"code": "BAD_EDTF", "column": 1, "mayMean": ["1210~", "[1205..1215]"]}


@pytest.mark.parametrize(
    "query",
    [
        '{ scene(id: "scene_open") { at(time: "c. 1210") { count } } }',
        '{ scene(id: "scene_open") { difference(from: "c. 1210", to: "1300") { total } } }',
        '{ node(id: "placement_temple") { ... on Placement { certainty(time: "c. 1210") } } }',
        '{ node(id: "placement_temple") { ... on Placement { existence { weight(time: "c. 1210") { every } } } } }',
        '{ relateSpans(a: "1200", b: "c. 1210") { possible } }',
        'mutation { updatePlacement(input: {id: "placement_temple", existence: "c. 1210"}) { revision { number } } }',
        'mutation { createEpoch(input: {scene: "scene_open", title: "E", existence: "c. 1210"}) { epoch { id } } }',
    ],
)
async def test_graphql_proposes_what_may_be_meant(doors: Doors, query: str) -> None:
    (error,) = (await post(doors, query)).json()["errors"]
    assert (error["message"], error["extensions"]) == (SAID, EXTENSIONS)


async def test_a_scene_with_such_a_moment_is_not_made(doors: Doors) -> None:
    values: dict[str, Any] = {"title": "S", "defaultMoment": "c. 1210", "viewpoint": VIEW}
    query = "mutation ($i: CreateSceneInput!) { createScene(input: $i) { revision { number } } }"
    (error,) = (await post(doors, query, i=values)).json()["errors"]
    assert (error["message"], error["extensions"]) == (SAID, EXTENSIONS)


async def test_http_proposes_it_too(doors: Doors) -> None:
    answer = await doors.client.get("/scenes/scene_open/tileset.json", params={"at": "c. 1210"})
    body = answer.json()
    assert (answer.status_code, body["detail"], body["mayMean"]) == (400, SAID, EXTENSIONS["mayMean"])


async def test_what_is_not_understood_has_nothing_to_propose(doors: Doors) -> None:
    (error,) = (await post(doors, '{ scene(id: "scene_open") { at(time: "under Hadrian") { count } } }')).json()[
        "errors"
    ]
    assert error["extensions"] == {"code": "BAD_EDTF", "column": 1}
    assert "may mean" not in error["message"]
    assert (await post(doors, '{ scene(id: "scene_open") { at(time: "") { count } } }')).json()["errors"][0][
        "extensions"
    ]["code"] == "BAD_EDTF"


async def test_a_refusal_names_no_record_that_was_never_made(doors: Doors) -> None:
    statement = {"scene": "scene_open", "relation": "BEFORE", "subject": "placement_temple"}
    for more, said in (
        ({}, "a statement without meaning: before what? It has no object"),
        ({"object": "placement_temple"}, "a statement without meaning: 'placement_temple' before itself says nothing"),
        (
            {"object": "placement_shrine", "date": "1200"},
            "a statement without meaning: before takes an object, no date",
        ),
        ({"object": "placement_shrine"}, "these cannot all be true: "),
    ):
        (error,) = (await post(doors, SAY, i=statement | more)).json()["errors"]
        assert error["message"].startswith(said)
        assert "chronology_statement_" not in error["message"]


async def test_a_long_contradiction_is_told_to_its_end(doors: Doors) -> None:
    long = "A very long title of an epoch " * 9
    make = "mutation ($i: CreateEpochInput!) { createEpoch(input: $i) { epoch { id } } }"
    ids = [
        (await post(doors, make, i={"scene": "scene_open", "title": f"{name} {long}", "existence": when})).json()[
            "data"
        ]["createEpoch"]["epoch"]["id"]
        for name, when in (("One", "1200/1300"), ("Two", "1250/1400"))
    ]
    statement = {"scene": "scene_open", "relation": "BEFORE", "subject": ids[0], "object": ids[1]}
    (error,) = (await post(doors, SAY, i=statement)).json()["errors"]
    assert error["extensions"]["code"] == "CONTRADICTION"
    assert len(error["message"]) > 600
    assert not error["message"].endswith("…")
