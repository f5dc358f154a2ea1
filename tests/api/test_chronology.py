"""Relative chronology through GraphQL: narrowed bounds, reasons, contradictions, what a statement touches."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scenes.model import ChronologyStatement, Epoch, Placement, Relation, Source
from scenes.ports import Put
from tests.api.museum import NOON
from tests.api.test_graphql import ask, refused

if TYPE_CHECKING:
    from scenes.model import Record
    from tests.api.museum import Doors

SAY = """mutation ($i: CreateChronologyStatementInput!) { createChronologyStatement(input: $i) {
    chronologyStatement { id isInForce } revision { number }
    touched { total nodes { dated { id title } before { text label } after { text } } } } }"""
SPAN = """query ($id: ID!, $h: ID) { node(id: $id) { ... on Dated { title
    existence { text label startUnknown endUnknown startEarliestYear asEdtf { text lost } notes
        weight(time: "1600") { every some } }
    narrowed(hypothesis: $h) { text label startEarliestDate endLatestDate asEdtf { text lost } notes } } } }"""
WHY = """query ($id: ID!, $bound: Bound!, $language: String!) { node(id: $id) { ... on Dated { why(bound: $bound) {
    bound isOwn day sentence(language: $language) dated { title }
    statement { author source { text } subject { id } } } } } }"""
AT = """query ($time: String!, $h: ID) { scene(id: "scene_open") { at(time: $time, hypothesis: $h) {
    columns { ids certainty weight }
    standing(first: 50) { nodes { certainty reason span { text } placement { id } } } } } }"""


def put(doors: Doors, *records: Record) -> None:
    doors.services.catalogue.commit([Put(each) for each in records], author="ines", reason="", at=NOON)


def undated(doors: Doors, name: str = "mosque", **more: Any) -> Placement:
    temple = doors.services.catalogue.get(Placement, "placement_temple")
    assert temple is not None
    made = replace(temple, id=f"placement_{name}", title=name.title(), existence="", **more)
    put(doors, made)
    return made


async def say(doors: Doors, relation: Relation, subject: str, object: str | None = None, **more: Any) -> Any:
    given = {"scene": "scene_open", "relation": relation.name, "subject": subject, "object": object, **more}
    return (await ask(doors, SAY, i=given))["createChronologyStatement"]


async def at(doors: Doors, time: str, hypothesis: str | None = None) -> dict[str, str]:
    moment = (await ask(doors, AT, time=time, h=hypothesis))["scene"]["at"]
    nodes = moment["standing"]["nodes"]
    assert moment["columns"]["ids"] == [each["placement"]["id"] for each in nodes]
    assert moment["columns"]["certainty"] == [{"CERTAIN": 2, "POSSIBLE": 1}[each["certainty"]] for each in nodes]
    return {each["placement"]["id"]: each["certainty"] for each in nodes}


async def test_an_undated_thing_may_stand_at_any_time_and_breaks_nothing(doors: Doors) -> None:
    made = await ask(
        doors,
        """mutation { createPlacement(input: {layer: "layer_open", asset: "asset_temple", title: "Mosque"}) {
            placement { id existence { text label } } } }""",
    )
    mosque = made["createPlacement"]["placement"]
    assert mosque["existence"] == {"text": "", "label": "date unknown"}
    assert await at(doors, "1600") == {mosque["id"]: "POSSIBLE"}
    found = (await ask(doors, SPAN, id=mosque["id"]))["node"]
    assert found["existence"] == {
        "text": "", "label": "date unknown", "startUnknown": True, "endUnknown": True, "startEarliestYear": None,
        "asEdtf": {"text": None, "lost": "EDTF cannot say it without claiming more"}, "notes": [],
        "weight": {"every": None, "some": None},
    }  # fmt: skip
    assert found["narrowed"]["text"] == ""
    nothing = (await ask(doors, WHY, id=mosque["id"], bound="START_EARLIEST", language="en"))["node"]["why"]
    assert nothing == []
    epoch = 'mutation { createEpoch(input: {scene: "scene_open", title: "Somewhen"}) { epoch { id } } }'
    await ask(doors, epoch)
    ordered = await ask(doors, '{ scene(id: "scene_open") { epochs { title existence { text } } } }')
    assert ordered["scene"]["epochs"] == [{"title": "Somewhen", "existence": {"text": ""}}]


async def test_an_existence_may_be_taken_back_and_two_open_sides_are_refused(doors: Doors) -> None:
    redate = """mutation ($e: String) { updatePlacement(input: {id: "placement_temple", existence: $e}) {
        placement { existence { text } } } }"""
    assert (await ask(doors, redate, e=None))["updatePlacement"]["placement"]["existence"]["text"] == "-0446/-0290"
    assert (await ask(doors, redate, e=""))["updatePlacement"]["placement"]["existence"]["text"] == ""
    assert await refused(doors, redate, e="/") == "BAD_EDTF"
    assert (await ask(doors, redate, e="../.."))["updatePlacement"]["placement"]["existence"]["text"] == "../.."


async def test_statements_date_what_nobody_dated(doors: Doors) -> None:
    mosque = undated(doors)
    put(doors, Epoch("epoch_rule", "scene_open", "Ottoman rule", "1458/1833"))
    source = {"text": "Excavation report 2021", "pages": "13"}
    said = await say(doors, Relation.WITHIN, mosque.id, "epoch_rule", author="Pappas", source=source)
    assert said["chronologyStatement"]["isInForce"] is True
    assert said["touched"] == {
        "total": 1,
        "nodes": [
            {
                "dated": {"id": mosque.id, "title": "Mosque"},
                "before": {"text": "", "label": "date unknown"},
                "after": {"text": "[1458..1833]"},
            }
        ],
    }
    assert await at(doors, "1600") == {mosque.id: "POSSIBLE"}
    assert await at(doors, "1900") == {}
    found = (await ask(doors, SPAN, id=mosque.id))["node"]
    assert found["existence"]["text"] == ""
    assert found["narrowed"] == {
        "text": "[1458..1833]", "label": "between 1458 and 1833", "startEarliestDate": "1458-01-01",
        "endLatestDate": "1833-12-31", "asEdtf": {"text": "[1458..1833]", "lost": None}, "notes": [],
    }  # fmt: skip
    steps = (await ask(doors, WHY, id=mosque.id, bound="END_LATEST", language="de"))["node"]["why"]
    assert [each["sentence"] for each in steps] == [
        "„Ottoman rule“ endete nicht später als 1833: so ist es selbst datiert, 1458 – 1833",
        "„Mosque“ endete nicht später als 1833: "
        "„Mosque“ bestand nur in der Zeit von „Ottoman rule“ (Pappas, Excavation report 2021)",
    ]
    assert [each["isOwn"] for each in steps] == [True, False]
    assert [each["dated"]["title"] for each in steps] == ["Ottoman rule", "Mosque"]
    assert [each["statement"] for each in steps] == [
        None, {"author": "Pappas", "source": {"text": "Excavation report 2021"}, "subject": {"id": mosque.id}},
    ]  # fmt: skip
    own = (await ask(doors, WHY, id="placement_shrine", bound="END_LATEST", language="fr"))["node"]["why"]
    assert [each["sentence"] for each in own] == [
        "«\u00a0shrine\u00a0» n’a pas fini plus tard que 447 av. J.-C.\u00a0: sa propre date, vers 601 – 447 av. J.-C."
    ]
    remove = """mutation ($id: ID!) { removeChronologyStatement(id: $id) { touched { nodes { after { text } } } } }"""
    gone = await ask(doors, remove, id=said["chronologyStatement"]["id"])
    assert gone["removeChronologyStatement"]["touched"]["nodes"] == [{"after": {"text": ""}}]
    assert await at(doors, "1900") == {mosque.id: "POSSIBLE"}


async def test_every_door_reads_narrowed_bounds(doors: Doors) -> None:
    mosque = undated(doors)
    tileset = "/scenes/scene_open/tileset.json"
    before = (await doors.client.get(tileset, params={"at": "1900"})).text
    assert mosque.id in before
    await say(doors, Relation.TERMINUS_ANTE_QUEM, mosque.id, date="1500", author="Pappas")
    await say(doors, Relation.BEFORE, mosque.id, undated(doors, "tower").id)
    await say(doors, Relation.TERMINUS_ANTE_QUEM, "placement_tower", date="1600")
    assert mosque.id not in (await doors.client.get(tileset, params={"at": "1900"})).text
    shown = (await doors.client.get(tileset, params={"at": "1400"})).text
    assert '"existence":"","certainty":"possible"' in shown
    assert '"narrowed":"[..1500]/[..1600-12-30]"' in shown
    glb = await doors.client.get("/scenes/scene_open/scene.glb", params={"at": "1900"})
    assert mosque.id.encode() not in glb.content
    query = """{ scene(id: "scene_open") { difference(from: "1400", to: "1900", first: 5) { nodes { kind whyAfter
        placement { id } chronology { bound steps { sentence } } } } } }"""
    (change,) = (await ask(doors, query))["scene"]["difference"]["nodes"]
    assert (change["placement"]["id"], change["kind"]) == (mosque.id, "DISAPPEARS")
    assert (
        change["whyAfter"]
        == "was gone already ([..1500]/[..1600-12-30], by what is said of it; it has no date of its own)"
    )
    (start, end) = change["chronology"]
    assert (start["bound"], end["bound"]) == ("START_LATEST", "END_LATEST")
    assert [each["sentence"] for each in end["steps"]] == [
        "“Tower” had begun by 1600: “Tower” was made no later than 1600",
        "“Mosque” stood no later than 30 December 1600: “Mosque” was gone when “Tower” began",
    ]


async def test_a_statement_of_a_rival_counts_where_the_rival_does(doors: Doors) -> None:
    mosque = undated(doors)
    await say(doors, Relation.WITHIN, mosque.id, "placement_roof_low", author="B")
    (low,) = ((await ask(doors, SPAN, id=mosque.id, h="hypothesis_low"))["node"]["narrowed"]["text"],)
    assert low == "[-0446..-0290]"
    assert (await ask(doors, SPAN, id=mosque.id, h="hypothesis_high"))["node"]["narrowed"]["text"] == ""
    assert (await ask(doors, SPAN, id=mosque.id))["node"]["narrowed"]["text"] == ""
    assert mosque.id in await at(doors, "1600")
    assert mosque.id not in await at(doors, "1600", "hypothesis_low")
    assert await refused(doors, SPAN, id=mosque.id, h="hypothesis_none") == "NOT_FOUND"
    # Rivals never count together, so they may contradict each other.
    await say(doors, Relation.AFTER, mosque.id, "placement_roof_high", author="A")
    assert mosque.id not in await at(doors, "-0430")
    assert await refused(doors, SAY, i={
        "scene": "scene_open", "relation": "AFTER", "subject": mosque.id, "object": "placement_roof_low",
    }) == "CONTRADICTION"  # fmt: skip


async def test_contradictions_that_come_about_are_told_and_narrow_nothing(doors: Doors) -> None:
    mosque = undated(doors)
    first = ChronologyStatement(
        "statement_1", "scene_open", Relation.BEFORE, mosque.id, "placement_temple", author="A", source=Source("S")
    )
    second = ChronologyStatement("statement_2", "scene_open", Relation.AFTER, mosque.id, "placement_temple")
    put(doors, first, second)
    query = """query ($language: String!) { scene(id: "scene_open") { chronology {
        contradictions { sentences(language: $language) statements { id isInForce } dated { title } }
        tangled { total } statements(first: 1) { total nodes { id } pageInfo { hasNextPage endCursor } }
        nodes { id } pageInfo { hasNextPage } edges { cursor } } } }"""
    found = (await ask(doors, query, language="it"))["scene"]["chronology"]
    (told,) = found["contradictions"]
    assert told["sentences"] == [
        "«Mosque» non esisteva più quando cominciò «temple» (A, S)",
        "«Mosque» cominciò quando «temple» non esisteva più",
    ]
    assert told["statements"] == [{"id": each, "isInForce": False} for each in ("statement_1", "statement_2")]
    assert (told["dated"], found["tangled"]) == ([], {"total": 0})
    assert (found["statements"]["total"], found["statements"]["nodes"]) == (2, [{"id": "statement_1"}])
    assert [each["id"] for each in found["nodes"]] == ["statement_1", "statement_2"]
    assert (await ask(doors, SPAN, id=mosque.id))["node"]["narrowed"]["text"] == ""
    pages = """query ($after: String) { scene(id: "scene_open") { chronology { statements(first: 1, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor } } } } }"""
    after = found["statements"]["pageInfo"]["endCursor"]
    page = (await ask(doors, pages, after=after))["scene"]["chronology"]["statements"]
    assert (page["nodes"], page["pageInfo"]["hasNextPage"]) == ([{"id": "statement_2"}], False)
    assert await refused(doors, pages, after="scene_open") == "INVALID"


async def test_how_two_things_lie_to_one_another_by_narrowed_bounds(doors: Doors) -> None:
    mosque = undated(doors)
    query = """query ($of: ID!, $to: ID!) { scene(id: "scene_open") { relation(of: $of, to: $to) {
        possible necessary intersects } } }"""
    before = (await ask(doors, query, of=mosque.id, to="placement_temple"))["scene"]["relation"]
    assert len(before["possible"]) == 13
    await say(doors, Relation.AFTER, mosque.id, "placement_temple")
    put(doors, Epoch("epoch_late", "scene_open", "Late", "1458/1833"))
    await say(doors, Relation.WITHIN, mosque.id, "epoch_late")
    now = (await ask(doors, query, of=mosque.id, to="placement_temple"))["scene"]["relation"]
    assert now == {"possible": ["AFTER"], "necessary": "AFTER", "intersects": "NO"}
    assert await refused(doors, query, of=mosque.id, to="asset_temple") == "NOT_FOUND"


async def test_the_past_is_narrowed_by_what_was_said_then(doors: Doors) -> None:
    mosque = undated(doors)
    then = doors.services.catalogue.latest()
    await say(doors, Relation.AFTER, mosque.id, "placement_temple")
    query = """query ($n: AsOf!) { scene(id: "scene_open", asOf: $n) { chronology { statements { total } }
        at(time: "-0430") { columns { ids } }
        placements(first: 50) { nodes { id narrowed { text } statements { total } } } } }"""
    found = [(await ask(doors, query, n=n))["scene"] for n in (str(then), str(then + 1))]
    assert [scene["chronology"]["statements"]["total"] for scene in found] == [0, 1]
    assert [mosque.id in scene["at"]["columns"]["ids"] for scene in found] == [True, False]
    texts = [{each["id"]: each["narrowed"]["text"] for each in scene["placements"]["nodes"]} for scene in found]
    assert [each[mosque.id] for each in texts] == ["", "[-0290-01-02..]/"]
