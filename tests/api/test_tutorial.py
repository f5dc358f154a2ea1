"""The GraphQL of the curator's tutorial runs as it stands there, and its answers are what the text says."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from api.sandboxed import sandboxed_tile
from api.worker import Worker
from scenes.ingest import deposit
from scenes.model import Actor, Role, Visibility
from tests.api.museum import Doors, write_asset
from tests.pipeline.media import picture

if TYPE_CHECKING:
    from collections.abc import Mapping

from pathlib import Path

SAMPLES = Path(__file__).resolve().parents[1] / "data"
PAGE = Path(__file__).resolve().parents[2] / "docs/tutorials/curator.md"


def operations() -> dict[str, str]:
    """The page's GraphQL blocks by the name of their operation."""
    blocks = re.findall(r"```graphql\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return {str(re.match(r"(?:mutation|query) (\w+)", block)[1]): block for block in blocks}  # type: ignore[index]


def _deposited(doors: Doors, data: bytes, name: str) -> str:
    """Id of what the page's `ingest` makes of a file."""
    services = doors.services
    asset, _ = deposit(services, Actor("ines", Role.CURATOR), io.BytesIO(data), name=name)
    assert Worker(services, sandboxed_tile(services.settings)).work_once("w")
    return asset.id


def test_the_files_of_the_page_are_there() -> None:
    named = re.findall(r"chronotope ingest (tests/\S+)", PAGE.read_text())
    assert named == ["tests/data/venus.glb", "tests/data/chime.flac"]
    assert all((PAGE.parents[2] / each).is_file() for each in named)


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

    bell = _deposited(doors, (SAMPLES / "chime.flac").read_bytes(), "chime.flac")
    heard = (await send("Heard", {"scene": scene, "bell": bell}))["createTour"]["tour"]["steps"][0]["audio"]
    assert heard["captions"].count("-->") == 2
    assert heard["asset"]["media"]["duration"] == 3.0
    assert heard["asset"]["media"]["mediaType"] == "audio/flac"
    photograph = _deposited(doors, picture(), "dig.jpg")
    pictured = (await send("Pictured", {"scene": scene, "photograph": photograph}))["createArticle"]["article"]
    assert pictured["pictures"][0]["asset"]["media"]["width"] == 40
    paths = [each["asset"]["media"]["url"].rpartition("/blobs/")[2] for each in (heard, *pictured["pictures"])]
    assert {(await doors.client.get(f"/blobs/{path}")).status_code for path in paths} == {404}

    assert "<em>again</em>" in (await send("Note", {"scene": scene}))["createAnnotation"]["annotation"]["body"]
    exhibition = (await send("Exhibit", {"scene": scene}))["createExhibition"]["exhibition"]["id"]
    assert (await send("Publish", {"exhibition": exhibition}))["publishExhibition"]["exhibition"]["slug"] == "garden"
    assert (await doors.client.get(f"/assets/{asset.id}/tileset.json")).status_code == 200
    assert {(await doors.client.get(f"/blobs/{path}")).status_code for path in paths} == {200}
    assert steps == {}, "an operation of the page was not run"
