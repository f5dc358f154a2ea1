"""Every query of docs/graphql.md runs as it stands there, in its order, and answers something."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import parse, validate

from api.schema import graphql_schema

if TYPE_CHECKING:
    from tests.api.museum import Doors

PAGE = Path(__file__).resolve().parents[2] / "docs/graphql.md"


def operations() -> list[tuple[str, str, str]]:
    """Kind, name and text of the page's GraphQL blocks, in their order."""
    blocks = re.findall(r"```graphql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    found = [(re.match(r"(mutation|query|subscription) (\w+)", block), block) for block in blocks]
    assert all(head for head, _ in found), "each block is one named operation"
    return [(head[1], head[2], block) for head, block in found if head]


def filled(value: Any) -> bool:
    """Whether an answer says anything: no field that was asked for is an empty list or null all over."""
    if isinstance(value, dict):
        return any(filled(each) for each in value.values())
    return bool(value) if isinstance(value, list) else value is not None


async def test_the_cookbook_runs_from_its_beginning_to_its_end(doors: Doors) -> None:
    first = doors.services.catalogue.latest()
    known: dict[str, Any] = {
        "scene": "scene_open",
        "placement": "placement_temple",
        "earlier": "placement_shrine",
        "asset": "asset_temple",
        "layer": "layer_open",
        "time": "-0446",
        "revision": first,
        "noon": "2026-11-22T12:00:00Z",
        "read": 2,
    }
    answers: dict[str, Any] = {}
    for kind, name, text in operations():
        if kind == "subscription":
            assert validate(graphql_schema(), parse(text)) == []
            continue
        variables = {each: known[each] for each in re.findall(r"\$(\w+):", text) if each in known}
        body = {"query": text, "variables": variables}
        answer = (await doors.client.post("/graphql", json=body, headers=doors.bearer())).json()
        assert "errors" not in answer, (name, answer["errors"])
        assert all(filled(each) for each in answer["data"].values()), (name, answer["data"])
        answers[name] = answer["data"]
        if name == "Read":
            known["read"] = answer["data"]["node"]["revision"]
        if name == "Undated":
            known["mosque"] = answer["data"]["createPlacement"]["placement"]["id"]
    assert answers["Standing"]["scene"]["at"]["count"] == len(answers["Columns"]["scene"]["at"]["columns"]["ids"]) == 3
    assert {each["kind"] for each in answers["Changed"]["scene"]["difference"]["nodes"]} == {"APPEARS", "DISAPPEARS"}
    assert answers["Undo"]["undo"]["takenBack"] == {
        "number": answers["Redate"]["updatePlacement"]["revision"]["number"],
        "reason": "after the building accounts",
    }
    assert answers["Redo"]["redo"]["takenBack"] == answers["Undo"]["undo"]["revision"]
    (edited,) = answers["Edited"]["scene"]["edits"]["nodes"]
    assert [each["name"] for each in edited["fields"]] == ["existence"]
    assert len(edited["revisions"]) == 3
    assert answers["Bounds"]["node"]["existence"]["text"] == "[-0447..-0446]/[-0431..-0290]"
    assert answers["Proposals"]["proposeDates"]["proposals"][0]["text"] == "1210~"
    assert answers["Periods"]["periods"][0]["label"] == "Bronzezeit"
    (touched,) = answers["Later"]["createChronologyStatement"]["touched"]["nodes"]
    assert (touched["dated"]["title"], touched["before"]["label"]) == ("Mosque", "date unknown")
    why = answers["Why"]["node"]
    assert why["narrowed"]["text"] == touched["after"]["text"] == "[-0431-01-02..]/"
    assert [each["isOwn"] for each in why["why"]] == [True, False]
    assert why["why"][-1]["sentence"] == (
        "«\u00a0Mosque\u00a0» n’a pas commencé plus tôt que 2 janvier 432 av. J.-C.\u00a0: "
        "«\u00a0Mosque\u00a0» a commencé quand «\u00a0temple\u00a0» n’existait plus (Pappas, Pappas 2004)"
    )
    assert answers["Chronology"]["scene"]["chronology"]["statements"]["total"] == 2
    assert answers["Chronology"]["scene"]["relation"]["necessary"] is None
