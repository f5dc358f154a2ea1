"""Questions about time itself, through GraphQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from sample_museum import periods as sample
from scenes.model import Placement
from scenes.ports import Put
from tests.api.museum import NOON
from tests.api.test_graphql import ask, refused

if TYPE_CHECKING:
    from tests.api.museum import Doors

PROPOSE = """query ($text: String!, $language: String = "en") { proposeDates(text: $text, language: $language) {
    reason proposals { rank text label isEdtf assumptions given { text calendar }
        span { startEarliestYear endLatestYear } asEdtf { text lost } } } }"""
PERIODS = """query ($name: String, $place: [String!], $at: String, $language: String = "en", $first: Int = 20) {
    periods(name: $name, place: $place, at: $at, language: $language, first: $first) {
        label isWholeName place region uri authority edition existence within: existence(within: true)
        places { label } span { startEarliestYear } } }"""
RELATE = """query ($a: String!, $b: String!) { relateSpans(a: $a, b: $b) {
    possible necessary impossible intersects within } }"""
SPAN = """query ($time: String!) { node(id: "placement_span") { ... on Placement { existence {
    startEarliestDay startLatestDay endEarliestDay endLatestDay startEarliestDate endLatestDate
    notes(language: "de") asEdtf { text lost(language: "fr") } weight(time: $time) { every some } } } } }"""


async def proposed(doors: Doors, text: str, **more: Any) -> Any:
    return (await ask(doors, PROPOSE, role=None, text=text, **more))["proposeDates"]


async def test_what_people_write_becomes_proposals_with_what_was_assumed(doors: Doors) -> None:
    found = await proposed(doors, "late 3rd century BC")
    first = found["proposals"][0]
    assert (first["rank"], first["text"], first["isEdtf"]) == (1, "[-0233..-0200]", True)
    assert first["assumptions"]
    assert (first["span"], first["given"]) == (
        {"startEarliestYear": -233, "endLatestYear": -200},
        {"text": "late 3rd century BC", "calendar": "GREGORIAN"},
    )
    assert found["reason"] is None
    german = await proposed(doors, "c. 1210", language="de-AT")
    assert german["proposals"][0]["label"] == "um 1210"
    julian = await proposed(doors, "12 October 1492")
    assert julian["proposals"][0]["given"] == {"text": "12 October 1492", "calendar": "JULIAN"}


async def test_four_bounds_say_what_edtf_would_lose(doors: Doors) -> None:
    found = await proposed(doors, "[1205..1215]/[1248..1252]")
    first = found["proposals"][0]
    assert (first["isEdtf"], first["asEdtf"]["text"]) == (False, "[1205..1252]")
    assert first["asEdtf"]["lost"].startswith("the outermost limits")


@pytest.mark.parametrize("text", ["under Hadrian", "", "x" * 10_000, "3 May", "\x00"])
async def test_what_is_not_understood_is_no_error_but_a_reason(doors: Doors, text: str) -> None:
    found = await proposed(doors, text, language="it")
    assert found["proposals"] == []
    assert found["reason"]


async def test_the_four_bounds_of_a_span_as_days_and_what_can_be_said_of_it(doors: Doors) -> None:
    span = Placement("placement_span", "scene_open", "layer_open", "asset_temple", "S", "[1205..1215]/[1248..1252]")
    doors.services.catalogue.commit([Put(span)], author="", reason="", at=NOON)
    found = (await ask(doors, SPAN, time="1230"))["node"]["existence"]
    days = [found[f"{side}Day"] for side in ("startEarliest", "startLatest", "endEarliest", "endLatest")]
    assert days == sorted(days)
    assert days[1] - days[0] == 11 * 365 + 2 - 1  # 1205-01-01 to 1215-12-31, two leap days among them
    assert (found["startEarliestDate"], found["endLatestDate"]) == ("1205-01-01", "1252-12-31")
    assert found["asEdtf"]["text"] == "[1205..1252]"
    assert found["asEdtf"]["lost"].startswith("les limites")
    assert found["weight"] == {"every": 1.0, "some": 1.0}
    assert found["notes"] == []
    doors.services.catalogue.commit([Put(replace(span, existence="1210~/"))], author="", reason="", at=NOON)
    found = (await ask(doors, SPAN, time="1300"))["node"]["existence"]
    assert found["notes"] == ["„~“ (um) wird behalten und gezeigt, verschiebt aber keine Grenze"]
    assert (found["weight"], found["endLatestDay"]) == ({"every": None, "some": None}, None)
    assert await refused(doors, SPAN, time="then") == "BAD_EDTF"


async def test_periods_by_name_and_place_and_time(doors: Doors) -> None:
    found = (await ask(doors, PERIODS, role=None, name="bronze age", place=["Attica", "Greece"]))["periods"]
    assert [(each["label"], each["place"]) for each in found] == [("Bronze Age", "Greece"), ("Bronze Age", "")]
    assert found[0]["existence"] == "[-3199..-2999]/[-1099..-1049]"
    assert found[0]["within"] == "[-3199..-1049]"
    assert found[0]["edition"] == sample.EDITION
    german = (await ask(doors, PERIODS, name="bronzezeit", at="-0900", language="de"))["periods"]
    assert [(each["label"], each["region"]) for each in german] == [("Bronzezeit", "Great Britain")]
    greek = (await ask(doors, PERIODS, place=["Greece"]))["periods"]
    assert [each["span"]["startEarliestYear"] for each in greek] == sorted(
        each["span"]["startEarliestYear"] for each in greek
    )
    assert all(any(place["label"] == "Greece" for place in each["places"]) for each in greek)
    assert len((await ask(doors, PERIODS, first=2))["periods"]) == 2
    assert (await ask(doors, PERIODS, name="anthropocene"))["periods"] == []


async def test_a_question_for_periods_that_cannot_be_is_refused(doors: Doors) -> None:
    assert await refused(doors, PERIODS, name=" ") == "BAD_TIME"
    assert await refused(doors, PERIODS, name="x", place=["y"] * 21) == "BAD_TIME"
    assert await refused(doors, PERIODS, name="x", at="then") == "BAD_EDTF"
    assert await refused(doors, PERIODS, first=1001) == "INVALID"


def _bring(doors: Doors, content: bytes) -> None:
    (doors.services.settings.data / "periods.json").write_bytes(content)


async def test_a_museum_brings_periods_of_its_own(doors: Doors) -> None:
    own = {
        "id": "p0own", "label": "Age of Stone", "languageTag": "en", "spatialCoverage": [{"label": "Here"}],
        "start": {"in": {"year": "-4000"}}, "stop": {"in": {"year": "-2000"}},
    }  # fmt: skip
    _bring(doors, orjson.dumps({"authorities": {"p0": {"source": {"title": "Ours"}, "periods": {"p0own": own}}}}))
    (found,) = (await ask(doors, PERIODS, name="stone"))["periods"]
    assert (found["label"], found["authority"]) == ("Age of Stone", "Ours")
    assert found["edition"].startswith("periods.json, sha256 ")
    _bring(doors, b"{")
    assert await refused(doors, PERIODS, name="stone") == "INVALID"
    _bring(doors, b"[1, 2]  ")
    assert await refused(doors, PERIODS, name="stone") == "BAD_PERIOD"


async def test_how_two_spans_lie_to_one_another(doors: Doors) -> None:
    found = (await ask(doors, RELATE, role=None, a="1200/1250", b="1250/1300"))["relateSpans"]
    assert (found["possible"], found["necessary"]) == (["BEFORE", "MEETS", "OVERLAPS"], None)
    assert len(found["possible"]) + len(found["impossible"]) == 13
    assert (found["intersects"], found["within"]) == ("POSSIBLE", "NO")
    assert (await ask(doors, RELATE, a="1100-05-03", b="1200"))["relateSpans"]["necessary"] == "BEFORE"
    assert await refused(doors, RELATE, a="1100", b="then") == "BAD_EDTF"
