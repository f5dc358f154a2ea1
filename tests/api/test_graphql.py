"""GraphQL through the real application: what a client sends and what it is answered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from graphql import introspection_from_schema

from api.schema import graphql_schema
from scenes.model import Exhibition, Layer, Placement, Role, Scene, Viewpoint, Visibility
from scenes.ports import Put
from tests.api.museum import NOON, Doors

if TYPE_CHECKING:
    import httpx

VIEW = {"position": [0, 1.7, 12], "target": [0, 2, 0]}


async def post(doors: Doors, query: str, *, role: Role | None = Role.CURATOR, **variables: Any) -> httpx.Response:
    headers = doors.bearer(role) if role else {}
    return await doors.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


async def ask(doors: Doors, query: str, *, role: Role | None = Role.CURATOR, **variables: Any) -> Any:
    """The data of an answer without errors."""
    answer = (await post(doors, query, role=role, **variables)).json()
    assert "errors" not in answer, answer
    return answer["data"]


async def refused(doors: Doors, query: str, *, role: Role | None = Role.CURATOR, **variables: Any) -> str:
    """The code of an answer's only error."""
    (error,) = (await post(doors, query, role=role, **variables)).json()["errors"]
    assert error["message"]
    code: str = error["extensions"]["code"]
    return code


def revisions(doors: Doors) -> int:
    """Number of the last revision of the museum."""
    services = doors.services
    return services.catalogue.commit([Put(_layer("layer_probe"))], author="", reason="", at=NOON).number


def _layer(name: str) -> Layer:
    return Layer(name, "scene_draft", "Probe", 0)


async def test_a_curator_makes_a_scene_and_a_visitor_finds_it_once_it_is_published(doors: Doors) -> None:
    made = await ask(
        doors,
        "mutation ($input: CreateSceneInput!) { createScene(input: $input) { scene { id } revision { number } } }",
        input={"title": "Agora", "defaultMoment": "-0430", "viewpoint": VIEW, "reason": "a start"},
    )
    scene = made["createScene"]["scene"]["id"]
    layer = await ask(
        doors,
        'mutation ($s: ID!) { createLayer(input: {scene: $s, title: "Buildings"}) { layer { id } } }',
        s=scene,
    )
    await ask(
        doors,
        """mutation ($s: ID!) { createEpoch(input: {
            scene: $s, title: "Classical", existence: "-0480~/-0323", colour: "#c0a060"
        }) { epoch { id } } }""",
        s=scene,
    )
    six = await ask(
        doors,
        """mutation ($s: ID!) { createHypothesis(input: {
            scene: $s, title: "Six", author: "A. Six", argument: "Cuttings."
        }) { hypothesis { id } } }""",
        s=scene,
    )
    eight = await ask(
        doors,
        """mutation ($s: ID!, $six: ID!) { createHypothesis(input: {
            scene: $s, title: "Eight", author: "B. Eight", argument: "A drawing.", contrastsWith: [$six]
        }) { hypothesis { id contrastsWith { title } } scene { defaultHypothesis { title } } } }""",
        s=scene,
        six=six["createHypothesis"]["hypothesis"]["id"],
    )
    assert eight["createHypothesis"]["hypothesis"]["contrastsWith"] == [{"title": "Six"}]
    assert eight["createHypothesis"]["scene"]["defaultHypothesis"] == {"title": "Six"}
    place = "mutation ($i: CreatePlacementInput!) { createPlacement(input: $i) { placement { id } } }"
    layer_id = layer["createLayer"]["layer"]["id"]
    placed = await ask(
        doors,
        place,
        i={"layer": layer_id, "asset": "asset_secret", "existence": "-0446/-0290", "title": "Temple", "why": "Dug up."},
    )
    await ask(
        doors,
        place,
        i={
            "layer": layer_id,
            "asset": "asset_temple",
            "existence": "-0440~/..",
            "title": "Eight columns",
            "hypothesis": eight["createHypothesis"]["hypothesis"]["id"],
            "reliability": "USVN",
            "transform": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 4.5, 0, -2, 1],
            "sources": ["Dörpfeld 1892"],
        },
    )
    await ask(
        doors,
        "mutation ($i: CreateAnnotationInput!) { createAnnotation(input: $i) { annotation { id } } }",
        i={
            "scene": scene,
            "title": "Steps",
            "bodies": [{"text": "<p>Worn<script>x()</script></p>"}],
            "anchor": {"position": [0, 0.5, 2], "placement": placed["createPlacement"]["placement"]["id"]},
            "existence": "-0446/..",
        },
    )
    await ask(
        doors,
        "mutation ($i: CreateTourInput!) { createTour(input: $i) { tour { id } } }",
        i={
            "scene": scene,
            "title": "Round",
            "steps": [{"title": "Look", "text": "Up.", "viewpoint": VIEW, "moment": "-0430"}],
        },
    )
    shown = await ask(
        doors,
        """mutation ($s: ID!) { createExhibition(input: {scene: $s, slug: "agora", title: "The Agora"}) {
            exhibition { id visibility } } }""",
        s=scene,
    )
    exhibition = shown["createExhibition"]["exhibition"]
    assert exhibition["visibility"] == "DRAFT"
    query = """{ exhibition(slug: "agora") { slug title scene { title defaultMoment viewpoint { position target }
        layers { title } epochs { title colour existence { label startEarliestYear endLatestYear } }
        hypotheses { title author } annotations { title body author placement { title } }
        tours { title steps { title moment hypothesis { id } } }
        placements { edges { node { title transform reliability reason sources hypothesis { title }
                                    asset { title visibility tileset { triangles } } } } } } } }"""
    assert (await ask(doors, query, role=None)) == {"exhibition": None}
    await ask(doors, "mutation ($i: ID!) { publishExhibition(id: $i) { revision { number } } }", i=exhibition["id"])
    found = (await ask(doors, query, role=None))["exhibition"]["scene"]
    assert found["viewpoint"] == VIEW
    assert found["epochs"] == [
        {
            "title": "Classical",
            "colour": "#c0a060",
            "existence": {"label": "c. 481 – 324 BC", "startEarliestYear": -480, "endLatestYear": -323},
        }
    ]
    assert found["annotations"] == [
        {"title": "Steps", "body": "<p>Worn</p>", "author": "ines", "placement": {"title": "Temple"}}
    ]
    assert found["tours"] == [{"title": "Round", "steps": [{"title": "Look", "moment": "-0430", "hypothesis": None}]}]
    temple, columns = (edge["node"] for edge in found["placements"]["edges"])
    assert (temple["title"], temple["reason"], temple["hypothesis"]) == ("Temple", "Dug up.", None)
    assert temple["asset"] == {"title": "Secret", "visibility": "PUBLIC", "tileset": {"triangles": 12}}
    assert (columns["reliability"], columns["sources"], columns["hypothesis"]) == (
        "USVN",
        ["Dörpfeld 1892"],
        {"title": "Eight"},
    )
    assert columns["transform"][12:] == [4.5, 0.0, -2.0, 1.0]


AT = """query ($time: String!, $hypothesis: ID, $least: Certainty! = POSSIBLE) { node(id: "scene_open") { ... on Scene {
    at(time: $time, hypothesis: $hypothesis, minCertainty: $least) {
        time label hypothesis { title } activeHypotheses placements { placement { title } certainty reason } } } } }"""


async def standing(doors: Doors, time: str, **variables: Any) -> dict[str, str]:
    moment = (await ask(doors, AT, role=None, time=time, **variables))["node"]["at"]
    assert all(each["reason"] for each in moment["placements"])
    return {each["placement"]["title"]: each["certainty"] for each in moment["placements"]}


async def test_what_stands_at_a_time_says_how_surely(doors: Doors) -> None:
    assert await standing(doors, "-0500") == {"shrine": "CERTAIN"}
    assert await standing(doors, "-0600") == {"shrine": "POSSIBLE"}
    assert await standing(doors, "-0600", least="CERTAIN") == {}
    assert await standing(doors, "2026") == {}
    assert await standing(doors, "-0430") == {"temple": "CERTAIN", "roof_high": "CERTAIN"}


async def test_of_rivals_only_the_chosen_one_stands(doors: Doors) -> None:
    assert await standing(doors, "-0430", hypothesis="hypothesis_low") == {"temple": "CERTAIN", "roof_low": "CERTAIN"}
    moment = (await ask(doors, AT, time="-0430", hypothesis="hypothesis_low"))["node"]["at"]
    assert moment["hypothesis"] == {"title": "Low"}
    assert moment["activeHypotheses"] == ["hypothesis_low"]
    assert (moment["time"], moment["label"]) == ("-0430", "431 BC")
    assert await refused(doors, AT, time="-0430", hypothesis="hypothesis_x") == "NOT_FOUND"
    assert await refused(doors, AT, time="-0430", least="NO") == "INVALID"


@pytest.mark.parametrize("time", ["430 BC", "", "19xx-13", "2020-02-30", "[", "x" * 5000, "-0430\x00"])
async def test_a_time_that_is_not_edtf_says_where_it_fails(doors: Doors, time: str) -> None:
    (error,) = (await post(doors, AT, time=time)).json()["errors"]
    assert error["extensions"]["code"] == "BAD_EDTF"
    assert error["extensions"]["column"] >= 1


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ('{ node(id: "scene_x") { id } }', "NOT_FOUND"),
        ('{ scenes(after: "nonsense") { nodes { id } } }', "INVALID"),
        ("{ scenes(first: 1001) { nodes { id } } }", "INVALID"),
        ("{ scenes(first: -1) { nodes { id } } }", "INVALID"),
        ("{ scenes { nodes { colour } } }", "BAD_REQUEST"),
        ('{ scenes(first: "x") { nodes { id } } }', "BAD_REQUEST"),
        ("{ scenes { nodes { id }", "BAD_REQUEST"),
        ('mutation { removePlacement(id: "placement_x") { revision { number } } }', "NOT_FOUND"),
        ('mutation { cancelJob(id: "job_x") { job { id } } }', "NOT_FOUND"),
        ('mutation { publishExhibition(id: "scene_open") { revision { number } } }', "NOT_FOUND"),
        ('mutation { createLayer(input: {scene: "scene_x", title: "a"}) { revision { number } } }', "NOT_FOUND"),
        ('mutation { createLayer(input: {scene: "scene_open", title: " "}) { revision { number } } }', "INVALID"),
        (
            'mutation { createEpoch(input: {scene: "scene_open", title: "a", existence: "then"}) '
            "{ revision { number } } }",
            "BAD_EDTF",
        ),
        (
            'mutation { createPlacement(input: {layer: "layer_open", asset: "asset_temple", existence: "-0400/-0500"}) '
            "{ revision { number } } }",
            "BAD_EDTF",
        ),
        (
            'mutation { createExhibition(input: {scene: "scene_open", slug: "terrace", title: "a"}) '
            "{ revision { number } } }",
            "CONFLICT",
        ),
        (
            'mutation { updatePlacement(input: {id: "placement_temple", title: "a", expectedRevision: 1}) '
            "{ revision { number } } }",
            "CONFLICT",
        ),
    ],
)
async def test_what_cannot_be_is_refused_with_a_code_and_changes_nothing(doors: Doors, query: str, code: str) -> None:
    before = revisions(doors)
    assert await refused(doors, query) == code
    assert revisions(doors) == before + 1


@pytest.mark.parametrize(("role", "code"), [(None, "UNAUTHORIZED"), (Role.VISITOR, "FORBIDDEN")])
async def test_visitors_change_nothing(doors: Doors, role: Role | None, code: str) -> None:
    before = revisions(doors)
    for query in (
        'mutation { createLayer(input: {scene: "scene_open", title: "a"}) { revision { number } } }',
        'mutation { removePlacement(id: "placement_temple") { revision { number } } }',
        'mutation { publishExhibition(id: "exhibition_draft") { revision { number } } }',
        'mutation { updateAsset(input: {id: "asset_secret", visibility: PUBLIC}) { revision { number } } }',
        'mutation { cancelJob(id: "job_x") { job { id } } }',
    ):
        assert await refused(doors, query, role=role) == code
    assert revisions(doors) == before + 1


async def test_drafts_are_not_there_for_visitors(doors: Doors) -> None:
    lists = "{ assets { nodes { id } } scenes { nodes { id } } exhibitions { nodes { id } } }"
    seen = await ask(doors, lists, role=None)
    assert [[node["id"] for node in found["nodes"]] for found in seen.values()] == [
        ["asset_temple"],
        ["scene_open"],
        ["exhibition_open"],
    ]
    assert len((await ask(doors, lists))["scenes"]["nodes"]) == 2
    doors.services.catalogue.commit([Put(_layer("layer_draft"))], author="", reason="", at=NOON)
    for name in ("scene_draft", "asset_secret", "exhibition_draft", "layer_draft"):
        node = "query ($id: ID!) { node(id: $id) { id } }"
        hidden = (await post(doors, node, role=None, id=name)).json()["errors"][0]
        missing = (await post(doors, node, role=None, id=name + "x")).json()["errors"][0]
        assert hidden["message"] == missing["message"].replace(name + "x", name)
        assert hidden["extensions"] == missing["extensions"] == {"code": "NOT_FOUND"}
        assert (await ask(doors, node, id=name)) == {"node": {"id": name}}


async def test_a_draft_asset_in_a_public_scene_is_null_for_visitors(doors: Doors) -> None:
    secret = Placement("placement_secret", "scene_open", "layer_open", "asset_secret", "Secret", "-0400/..")
    hidden = Exhibition("exhibition_of_draft", "of-draft", "X", "", "scene_draft", Visibility.PUBLIC)
    doors.services.catalogue.commit([Put(secret), Put(hidden)], author="", reason="", at=NOON)
    query = """{ node(id: "placement_secret") { ... on Placement { asset { id } } }
                 exhibition(slug: "of-draft") { scene { id } } }"""
    assert await ask(doors, query, role=None) == {"node": {"asset": None}, "exhibition": {"scene": None}}
    assert await ask(doors, query) == {
        "node": {"asset": {"id": "asset_secret"}},
        "exhibition": {"scene": {"id": "scene_draft"}},
    }


async def test_pages_go_on_where_they_were_while_scenes_are_made(doors: Doors) -> None:
    page = (
        "query ($after: String) { scenes(first: 1, after: $after) { pageInfo { hasNextPage endCursor } nodes { id } } }"
    )
    first = (await ask(doors, page))["scenes"]
    assert first["nodes"] == [{"id": "scene_open"}]
    view = Viewpoint((0, 0, 1), (0, 0, 0))
    doors.services.catalogue.commit(
        [Put(Scene("scene_new", "New", "", "2026", Visibility.DRAFT, view))], author="", reason="", at=NOON
    )
    second = (await ask(doors, page, after=first["pageInfo"]["endCursor"]))["scenes"]
    third = (await ask(doors, page, after=second["pageInfo"]["endCursor"]))["scenes"]
    assert second["nodes"] + third["nodes"] == [{"id": "scene_draft"}, {"id": "scene_new"}]
    assert [each["pageInfo"]["hasNextPage"] for each in (first, second, third)] == [True, True, False]


async def test_a_record_is_read_with_its_revision_and_changed_by_it(doors: Doors) -> None:
    read = (await ask(doors, '{ node(id: "placement_temple") { ... on Placement { revision } } }'))["node"]["revision"]
    change = """mutation ($r: Int) { updatePlacement(input: {
        id: "placement_temple", title: "Temple II", hypothesis: null, expectedRevision: $r, reason: "a better name"
    }) { placement { title } scene { history(last: 1) { number author reason } } revision { number } } }"""
    done = (await ask(doors, change, r=read))["updatePlacement"]
    assert done["placement"] == {"title": "Temple II"}
    assert done["scene"]["history"] == [
        {"number": done["revision"]["number"], "author": "ines", "reason": "a better name"}
    ]
    assert await refused(doors, change, r=read) == "CONFLICT"


async def test_two_mutations_in_one_request_each_see_what_the_one_before_wrote(doors: Doors) -> None:
    done = await ask(
        doors,
        """mutation { a: createLayer(input: {scene: "scene_draft", title: "A"}) { scene { layers { title } } }
                      b: createLayer(input: {scene: "scene_draft", title: "B"}) { scene { layers { title } } } }""",
    )
    assert [layer["title"] for layer in done["a"]["scene"]["layers"]] == ["A"]
    assert [layer["title"] for layer in done["b"]["scene"]["layers"]] == ["A", "B"]


async def test_who_asks_is_told(doors: Doors) -> None:
    me = "{ me { name role } }"
    assert (await ask(doors, me, role=None))["me"] == {"name": "anonymous", "role": "VISITOR"}
    assert (await ask(doors, me, role=Role.ADMINISTRATOR))["me"] == {"name": "ines", "role": "ADMINISTRATOR"}
    answer = await doors.client.post("/graphql", json={"query": me}, headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


async def test_addresses_of_tiles_and_scenes(doors: Doors) -> None:
    found = await ask(
        doors,
        """{ node(id: "scene_open") { ... on Scene { tilesetUrl later: tilesetUrl(at: "-0430~", hypothesis: "h") } }
             assets(first: 1) { nodes { tileset { url digest byteLength } masterName byteLength } } }""",
        role=None,
    )
    assert found["node"] == {
        "tilesetUrl": "/scenes/scene_open/tileset.json",
        "later": "/scenes/scene_open/tileset.json?at=-0430~&hypothesis=h",
    }
    tileset = found["assets"]["nodes"][0]["tileset"]
    assert tileset["url"] == f"/blobs/{tileset['digest']}.json"
    assert (await doors.client.get(tileset["url"])).status_code == 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-0480~/0390", [-480, -480, 390, 390, "-0480-01-01", "0390-12-31", False]),
        ("1950/..", [1950, 1950, None, None, "1950-01-01", None, False]),
        ("../1950-03", [None, None, 1950, 1950, None, "1950-03-31", False]),
        ("1950/", [1950, 1950, 1950, None, "1950-01-01", None, True]),
        ("Y-170000000/..", [-170_000_000, -170_000_000, None, None, None, None, False]),
        ("Y-99999999999/..", [-(2**31), -(2**31), None, None, None, None, False]),
    ],
)
async def test_a_span_shows_its_bounds_as_days_with_and_not_without(
    doors: Doors, text: str, expected: list[object]
) -> None:
    placement = Placement("placement_span", "scene_open", "layer_open", "asset_temple", "S", text)
    doors.services.catalogue.commit([Put(placement)], author="", reason="", at=NOON)
    span = (
        await ask(
            doors,
            """{ node(id: "placement_span") { ... on Placement { existence { startEarliestYear startLatestYear
                endEarliestYear endLatestYear startEarliestDate endLatestDate endUnknown text } } } }""",
        )
    )["node"]["existence"]
    assert list(span.values()) == [*expected, text]


async def raw(doors: Doors, content: bytes, media_type: str = "application/json") -> httpx.Response:
    return await doors.client.post("/graphql", content=content, headers={"Content-Type": media_type})


async def test_only_json_posts_are_answered(doors: Doors) -> None:
    query = b'{"query": "{ me { name } }"}'
    assert (await doors.client.get("/graphql", params={"query": "{ me { name } }"})).status_code == 405
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        answer = await raw(doors, query, media_type)
        assert (answer.status_code, answer.json()["code"]) == (415, "MEDIA_TYPE")
    assert (await raw(doors, query, "application/json; charset=utf-8")).json() == {
        "data": {"me": {"name": "anonymous"}}
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'[{"query": "{ me { name } }"}]',
        b'{"query": 1}',
        b'{"query": "{ me { name } }", "variables": "x"}',
        b'{"query": "subscription { job(id: 1) { id } }"}',
        b'{"query": "query a { me { name } } query b { me { name } }"}',
        orjson.dumps({"query": "{" + "a" * 60_000 + "}"}),
        orjson.dumps({"query": "{" + " ".join(f"name{n}" for n in range(1900)) + "}"}),
    ],
)
async def test_what_is_no_request_is_answered_400_in_few_words(doors: Doors, body: bytes) -> None:
    answer = await raw(doors, body)
    assert answer.status_code == 400
    assert {error["extensions"]["code"] for error in answer.json()["errors"]} == {"BAD_REQUEST"}
    assert len(answer.content) < 16 << 10
    assert b"Did you mean" not in answer.content


async def test_too_much_is_answered_400_and_a_long_body_413(doors: Doors) -> None:
    answer = await raw(doors, orjson.dumps({"query": "{" + "a" * 1 + "{b}" * 1 + " a{b}" * 900 + "}"}))
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "LIMIT")
    answer = await raw(doors, b" " * (65 << 10) + b"{}")
    assert (answer.status_code, answer.json()["code"]) == (413, "LIMIT")


async def test_suggestions_are_not_given_away(doors: Doors) -> None:
    for query in (
        "{ scene { id } }",
        "{ scenes(frist: 1) { nodes { id } } }",
        "{ node(id: 1) { ... on Scen { id } } }",
    ):
        assert "mean" not in (await post(doors, query)).text


async def test_a_fault_of_ours_is_masked_and_logged(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    # A body that no reader understands, as bit rot might leave it.
    doors.services.catalogue.commit([Put(_layer("layer_rotten"))], author="", reason="", at=NOON)
    with doors.services.catalogue._database.writing() as connection:  # type: ignore[attr-defined]
        connection.execute("UPDATE record SET body = '{\"secret\": 1}' WHERE id = 'layer_rotten'")
    (error,) = (await post(doors, '{ node(id: "layer_rotten") { id } }')).json()["errors"]
    assert error["extensions"] == {"code": "INTERNAL"}
    assert error["message"] == "The fault is ours; it was logged."
    assert "ValidationError" in caplog.text


async def test_the_answer_is_of_the_type_that_was_asked_for(doors: Doors) -> None:
    body = {"query": "{ me { name } }"}
    plain = await doors.client.post("/graphql", json=body)
    spoken = await doors.client.post(
        "/graphql", json=body, headers={"Accept": "application/graphql-response+json, application/json;q=0.9"}
    )
    assert plain.headers["content-type"] == "application/json"
    assert spoken.headers["content-type"] == "application/graphql-response+json"


def test_the_schema_in_the_docs_is_the_one_that_is_served() -> None:
    root = Path(__file__).parents[2]
    printed = subprocess.run([sys.executable, "-m", "api.schema"], cwd=root, check=True, capture_output=True, text=True)
    assert printed.stdout == (root / "docs" / "schema.graphql").read_text(), (
        "run python -m api.schema > docs/schema.graphql"
    )


def test_every_field_argument_and_value_is_described() -> None:
    missing = []
    for kind in introspection_from_schema(graphql_schema())["__schema"]["types"]:
        if kind["name"].startswith("__") or kind["kind"] == "SCALAR":
            continue
        if not kind["description"] and not kind["name"].endswith(("Connection", "Edge")):
            missing.append(kind["name"])
        for field in (kind["fields"] or []) + (kind["inputFields"] or []):
            if not field["description"]:
                missing.append(f"{kind['name']}.{field['name']}")
            missing += [
                f"{kind['name']}.{field['name']}({argument['name']})"
                for argument in field.get("args") or []
                if not argument["description"]
            ]
    assert missing == []


async def test_long_answers_are_packed_for_who_takes_them_so(doors: Doors) -> None:
    short = {"query": "{ me { name } }"}
    long = {
        "query": "{ "
        + " ".join(
            f"a{n}: scenes(first: 5) {{ nodes {{ id title placements {{ nodes {{ id title }} }} }} }}"
            for n in range(40)
        )
        + " }"
    }
    for asked, is_packed in ((short, False), (long, True)):
        plain = await doors.client.post("/graphql", json=asked, headers={"Accept-Encoding": "identity"})
        packed = await doors.client.post("/graphql", json=asked, headers={"Accept-Encoding": "gzip"})
        assert plain.json()["data"]
        assert packed.json() == plain.json()
        assert "content-encoding" not in plain.headers
        assert (packed.headers.get("content-encoding") == "gzip") is is_packed
