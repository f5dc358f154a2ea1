"""Every kind of record through GraphQL: made, read, changed, cleared, ended."""

from __future__ import annotations

from typing import Any

import pytest

from api.schema import graphql_schema
from tests.api.museum import Doors
from tests.api.test_graphql import VIEW, ask, post, refused, revisions

TERM = {"label": "capitals", "uri": "http://vocab.getty.edu/aat/300001662"}
SOURCE = {"text": "Dörpfeld 1892", "uri": "https://example.org/d", "pages": "12–14"}
BODY = {"text": "<p>Worn<script>x()</script></p>", "language": "en"}
STEP = {"title": "Look", "text": "Up.", "viewpoint": VIEW, "moment": "-0430"}
CAPTIONS = "WEBVTT\n\n00:01.000 --> 00:02.500\nHere they turned.\n"

OPEN = {"scene": "scene_open"}
KINDS: list[tuple[str, dict[str, Any], str, dict[str, Any], dict[str, Any]]] = [
    # kind, what makes it, what is read back, a change, what is read then
    ("Layer", OPEN | {"title": "L"}, "title ordinal", {"title": "M"}, {"title": "M", "ordinal": 1}),
    (
        "Epoch",
        OPEN | {"title": "Classical", "existence": "-0480/-0323"},
        "title colour existence { text }",
        {"colour": "#ABCDEF"},
        {"title": "Classical", "colour": "#abcdef", "existence": {"text": "-0480/-0323"}},
    ),
    (
        "Hypothesis",
        OPEN | {"title": "H", "author": "A", "argument": "B", "buildsOn": "hypothesis_low", "confidence": 0.25},
        "confidence buildsOn { title builtOnBy { title } } sources { text uri pages }",
        {"confidence": None, "sources": [SOURCE]},
        {"confidence": None, "buildsOn": {"title": "Low", "builtOnBy": [{"title": "H"}]}, "sources": [SOURCE]},
    ),
    (
        "Placement",
        {
            "layer": "layer_open",
            "asset": "asset_temple",
            "existence": "[1205..1215]/[1248..1252]",
            "sources": ["Rossi"],
            "citations": [SOURCE],
            "period": {"label": "Archaic", "uri": "http://n2t.net/ark:/99152/p01", "edition": "2026"},
            "generated": {"by": "Model 3", "method": "From a sketch."},
        },
        "sources citations { pages } period { label edition } generated { by } existence { startLatestYear }",
        {"period": None},
        {
            "sources": ["Rossi", "Dörpfeld 1892, 12–14, https://example.org/d"],
            "citations": [{"pages": ""}, {"pages": "12–14"}],
            "period": None,
            "generated": {"by": "Model 3"},
            "existence": {"startLatestYear": 1215},
        },
    ),
    (
        "ChangeEvent",
        OPEN
        | {
            "title": "Burnt",
            "kind": "MODIFICATION",
            "existence": "-0446",
            "predecessors": ["placement_shrine"],
            "successors": ["placement_temple"],
        },
        "kind predecessors { title } successors { title changeEvents { title } }",
        {"kind": "DEMOLITION", "successors": []},
        {"kind": "DEMOLITION", "predecessors": [{"title": "shrine"}], "successors": []},
    ),
    (
        "ChronologyStatement",
        OPEN | {"relation": "AFTER", "subject": "placement_temple", "object": "placement_shrine", "source": SOURCE},
        "relation subject { ... on Placement { title } } object { id } date { text } end author source { pages }",
        {"author": "Rossi", "source": None},
        {
            "relation": "AFTER",
            "subject": {"title": "temple"},
            "object": {"id": "placement_shrine"},
            "date": None,
            "end": "START",
            "author": "Rossi",
            "source": None,
        },
    ),
    (
        "Annotation",
        OPEN
        | {
            "title": "N",
            "bodies": [BODY, {"text": "Φθαρμένο.", "language": "el"}],
            "anchor": {"region": [[0, 0, 0], [2, 0, 0], [0, 0, 2]], "placement": "placement_temple"},
            "existence": "-0446/..",
            "motivation": "DESCRIBING",
            "tags": [TERM],
        },
        'body el: body(language: "el-GR") language position motivation author tags { label uri } '
        "anchor { kind region placement { title } surface { digest } }",
        {"anchor": {}},
        {
            "body": "<p>Worn</p>",
            "el": "Φθαρμένο.",
            "language": "en",
            "position": None,
            "motivation": "DESCRIBING",
            "author": "ines",
            "tags": [TERM],
            "anchor": {"kind": "SCENE", "region": [], "placement": None, "surface": None},
        },
    ),
    (
        "Article",
        OPEN | {"title": "A", "bodies": [BODY], "pictures": [{"asset": "asset_temple", "caption": "C"}]},
        "bodies { text language } pictures { url caption asset { title } } existence { text }",
        {"existence": "-0447/-0432"},
        {
            "bodies": [{"text": "<p>Worn</p>", "language": "en"}],
            "pictures": [{"url": "", "caption": "C", "asset": {"title": "Temple"}}],
            "existence": {"text": "-0447/-0432"},
        },
    ),
    (
        "Tour",
        OPEN | {"title": "T", "steps": [STEP]},
        "steps { title audio { url captions } hypothesis { title } }",
        {
            "steps": [
                STEP
                | {"hypothesis": "hypothesis_low", "audio": {"url": "https://example.org/a.mp3", "captions": CAPTIONS}}
            ]
        },
        {
            "steps": [
                {
                    "title": "Look",
                    "audio": {"url": "https://example.org/a.mp3", "captions": CAPTIONS},
                    "hypothesis": {"title": "Low"},
                }
            ]
        },
    ),
    (
        "Person",
        OPEN
        | {
            "names": [{"given": "Ada", "surname": "Smith"}],
            "sex": "FEMALE",
            "birth": {"date": "ABT 1712", "existence": "1712~", "place": "Athens", "placement": "placement_temple"},
        },
        "name sex birth { kind date place existence { label } placement { title } } death { kind } families { id }",
        {"death": {"existence": "1790"}},
        {
            "name": "Ada Smith",
            "sex": "FEMALE",
            "birth": {
                "kind": "birth",
                "date": "ABT 1712",
                "place": "Athens",
                "existence": {"label": "c. 1712"},
                "placement": {"title": "temple"},
            },
            "death": {"kind": "death"},
            "families": [],
        },
    ),
    (
        "ObjectStatus",
        {"asset": "asset_temple", "kind": "STOLEN", "existence": "1944-10", "place": "Athens"},
        "kind place asset { title status { kind } }",
        {"kind": "RETURNED"},
        {"kind": "RETURNED", "place": "Athens", "asset": {"title": "Temple", "status": [{"kind": "RETURNED"}]}},
    ),
    (
        "Exhibition",
        OPEN | {"slug": "first", "title": "F"},
        "slug title",
        {"slug": "second"},
        {"slug": "second", "title": "F"},
    ),
]


def payload(kind: str) -> str:
    return kind[0].lower() + kind[1:]


@pytest.mark.parametrize(("kind", "made", "read", "change", "then"), KINDS, ids=[row[0] for row in KINDS])
async def test_a_record_is_made_read_changed_and_ended(
    doors: Doors, kind: str, made: dict[str, Any], read: str, change: dict[str, Any], then: dict[str, Any]
) -> None:
    name = payload(kind)
    create = f"mutation ($i: Create{kind}Input!) {{ create{kind}(input: $i) {{ {name} {{ id revision }} }} }}"
    record = (await ask(doors, create, i=made))[f"create{kind}"][name]
    update = f"mutation ($i: Update{kind}Input!) {{ update{kind}(input: $i) {{ {name} {{ {read} }} }} }}"
    values = {"id": record["id"], "expectedRevision": record["revision"]} | change
    assert (await ask(doors, update, i=values))[f"update{kind}"][name] == then
    node = f"query ($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {read} }} }} }}"
    assert (await ask(doors, node, id=record["id"]))["node"] == then
    assert await refused(doors, update, i=values) == "CONFLICT"
    remove = f"mutation ($id: ID!) {{ remove{kind}(id: $id) {{ {name} {{ id }} revision {{ number }} }} }}"
    assert (await ask(doors, remove, id=record["id"]))[f"remove{kind}"][name] == {"id": record["id"]}
    assert await refused(doors, node, id=record["id"]) == "NOT_FOUND"
    assert await refused(doors, remove, id=record["id"]) == "NOT_FOUND"


async def test_a_family_ties_persons(doors: Doors) -> None:
    create = "mutation ($i: CreatePersonInput!) { createPerson(input: $i) { person { id } } }"
    ids = [
        (await ask(doors, create, i=OPEN | {"names": [{"text": name}]}))["createPerson"]["person"]["id"]
        for name in ("Ada", "Bea")
    ]
    family = "mutation ($i: CreateFamilyInput!) { createFamily(input: $i) { family { id partners { name } } } }"
    made = await ask(doors, family, i=OPEN | {"partners": ids[:1], "children": ids[1:]})
    assert made["createFamily"]["family"]["partners"] == [{"name": "Ada"}]
    assert await refused(doors, family, i=OPEN | {"partners": ids[1:], "children": ids[:1]}) == "CYCLE"
    found = await ask(
        doors, "query ($id: ID!) { node(id: $id) { ... on Person { families { children { name } } } } }", id=ids[1]
    )
    assert found["node"] == {"families": [{"children": [{"name": "Bea"}]}]}
    assert (
        await refused(doors, "mutation ($id: ID!) { removePerson(id: $id) { person { id } } }", id=ids[0]) == "IN_USE"
    )


async def test_a_scene_lies_on_the_earth_until_it_is_not_to_be_told(doors: Doors) -> None:
    update = """mutation ($i: UpdateSceneInput!) { updateScene(input: $i) { scene {
        georeference { longitude latitude height heading } } } }"""
    place = {"longitude": 23.72, "latitude": 37.97, "height": 110.0, "heading": -30.0}
    done = await ask(doors, update, i={"id": "scene_open", "georeference": place})
    assert done["updateScene"]["scene"]["georeference"] == place | {"heading": 330.0}
    kept = await ask(doors, update, i={"id": "scene_open", "title": "Terrace"})
    assert kept["updateScene"]["scene"]["georeference"] is not None
    gone = await ask(doors, update, i={"id": "scene_open", "georeference": None})
    assert gone["updateScene"]["scene"] == {"georeference": None}


async def test_an_object_is_described_so_that_it_is_known_again(doors: Doors) -> None:
    update = """mutation ($i: UpdateAssetInput!) { updateAsset(input: $i) { asset {
        identity { materials distinguishingFeatures } } } }"""
    identity = {"materials": "marble", "distinguishingFeatures": "chipped nose"}
    done = await ask(doors, update, i={"id": "asset_temple", "identity": identity})
    assert done["updateAsset"]["asset"]["identity"] == identity
    assert (await ask(doors, update, i={"id": "asset_temple", "identity": None}))["updateAsset"]["asset"] == {
        "identity": None
    }


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        ("UpdateHypothesis", {"id": "hypothesis_low", "buildsOn": "hypothesis_low"}, "CYCLE"),
        ("UpdateHypothesis", {"id": "hypothesis_low", "confidence": 2}, "INVALID"),
        (
            "CreateChronologyStatement",
            OPEN | {"relation": "BEFORE", "subject": "placement_temple", "object": "placement_shrine"},
            "CONTRADICTION",
        ),
        (
            "CreateChronologyStatement",
            OPEN | {"relation": "BEFORE", "subject": "placement_temple", "date": "-0430"},
            "BAD_TIME",
        ),
        (
            "CreateChronologyStatement",
            OPEN | {"relation": "BEFORE", "subject": "placement_temple", "object": "scene_draft"},
            "NOT_FOUND",
        ),
        ("CreateChangeEvent", OPEN | {"title": "x", "kind": "UNION", "existence": "-0430"}, "INVALID"),
        ("CreateArticle", OPEN | {"title": "<b>x</b>", "bodies": [BODY]}, "INVALID"),
        ("CreateArticle", OPEN | {"title": "x", "bodies": [BODY] * 2}, "INVALID"),
        ("UpdateEpoch", {"id": "scene_open", "title": "x"}, "NOT_FOUND"),
        ("UpdateLayer", {"id": "layer_open", "ordinal": -1}, "INVALID"),
        (
            "CreatePlacement",
            {"layer": "layer_open", "asset": "asset_temple", "existence": "-0430", "transform": [0.0] * 16},
            "INVALID",
        ),
        ("CreateObjectStatus", {"asset": "asset_x", "kind": "STOLEN", "existence": "1944"}, "NOT_FOUND"),
        ("CreateObjectStatus", {"asset": "asset_temple", "kind": "STOLEN", "existence": "in the war"}, "BAD_EDTF"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_code_and_changes_nothing(
    doors: Doors, kind: str, values: dict[str, Any], code: str
) -> None:
    before = revisions(doors)
    query = f"mutation ($i: {kind}Input!) {{ {payload(kind)}(input: $i) {{ revision {{ number }} }} }}"
    assert await refused(doors, query, i=values) == code
    assert revisions(doors) == before + 1


async def test_what_something_needs_is_not_removed(doors: Doors) -> None:
    before = revisions(doors)
    for name, record in (("Layer", "layer_open"), ("Hypothesis", "hypothesis_low"), ("Scene", "scene_open")):
        query = f"mutation ($id: ID!) {{ remove{name}(id: $id) {{ revision {{ number }} }} }}"
        assert await refused(doors, query, id=record) == "IN_USE"
    assert revisions(doors) == before + 1


async def test_what_is_said_of_a_draft_is_not_there_for_visitors(doors: Doors) -> None:
    create = "mutation ($i: CreateObjectStatusInput!) { createObjectStatus(input: $i) { objectStatus { id } } }"
    query = "query ($id: ID!) { node(id: $id) { id } }"
    for asset, is_seen in (("asset_temple", True), ("asset_secret", False)):
        made = await ask(doors, create, i={"asset": asset, "kind": "STOLEN", "existence": "1944"})
        found = (await post(doors, query, role=None, id=made["createObjectStatus"]["objectStatus"]["id"])).json()
        assert ("errors" in found) is not is_seen


def test_every_mutation_of_a_kind_has_its_two_others() -> None:
    mutation = graphql_schema().mutation_type
    assert mutation
    names = set(mutation.fields)
    kinds = {name.removeprefix("create") for name in names if name.startswith("create")}
    kinds -= {"Account", "Token"}  # no records: one is never ended, the other never changed
    assert len(kinds) == 14
    for kind in kinds:
        assert {f"update{kind}", f"remove{kind}"} <= names
    alone = {"updateAsset", "publishExhibition", "unpublishExhibition", "cancelJob", "readAgain"}
    assert names - {f"{verb}{kind}" for kind in kinds for verb in ("create", "update", "remove")} >= alone
