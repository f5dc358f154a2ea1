"""The GraphQL of the curator's tutorial runs as it stands there, and its answers are what the text says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scenes.model import Visibility
from tests.api.museum import Doors, write_asset

if TYPE_CHECKING:
    from collections.abc import Mapping

from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/tutorials/curator.md"


def operations() -> dict[str, str]:
    """The page's GraphQL blocks by the name of their operation."""
    blocks = re.findall(r"```graphql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return {str(re.match(r"(?:mutation|query) (\w+)", block)[1]): block for block in blocks}  # type: ignore[index]


async def test_the_curators_tutorial_leads_from_a_scan_to_a_published_exhibition(doors: Doors) -> None:
    asset = write_asset(doors.services, "venus", tile=b"glTF of the tutorial", visibility=Visibility.DRAFT)
    steps, headers = operations(), doors.bearer()

    async def send(name: str, variables: Mapping[str, str]) -> dict[str, Any]:
        body = {"query": steps.pop(name), "variables": variables}
        answer = (await doors.client.post("/graphql", json=body, headers=headers)).json()
        assert "errors" not in answer, answer
        return dict(answer["data"])

    scene = (await send("Scene", {}))["createScene"]["scene"]["id"]
    layer = (await send("Frame", {"scene": scene}))["createLayer"]["layer"]["id"]
    placed = (await send("Place", {"layer": layer, "asset": asset.id}))["createPlacement"]["placement"]
    assert placed["existence"]["startEarliestYear"] == 120
    assert placed["existence"]["startLatestYear"] == 129
    assert placed["existence"]["endLatestYear"] == 419

    stands = (await send("At", {"scene": scene}))["node"]
    assert stands["before"]["placements"] == []
    assert [each["certainty"] for each in stands["perhaps"]["placements"]] == ["POSSIBLE"]
    assert stands["perhaps"]["placements"][0]["reason"]
    assert [each["certainty"] for each in stands["surely"]["placements"]] == ["CERTAIN"]

    assert "<em>again</em>" in (await send("Note", {"scene": scene}))["createAnnotation"]["annotation"]["body"]
    exhibition = (await send("Exhibit", {"scene": scene}))["createExhibition"]["exhibition"]["id"]
    assert (await send("Publish", {"exhibition": exhibition}))["publishExhibition"]["exhibition"]["slug"] == "garden"
    assert (await doors.client.get(f"/assets/{asset.id}/tileset.json")).status_code == 200
    assert steps == {}, "an operation of the page was not run"
