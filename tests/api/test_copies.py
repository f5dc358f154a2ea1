"""Taking back an exhibition says what others may hold, as the doors told them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from api.stream_conversation import RECHECK_S
from scenes.model import Asset, Visibility
from scenes.ports import Put
from scenes.rights import FOR_NOW_S, STREAM_S
from tests.api.museum import NOON, TILE, digest

if TYPE_CHECKING:
    from tests.api.museum import Doors

TAKEN_BACK = """mutation { unpublishExhibition(id: "exhibition_open") { copies {
    forGood { id } stillPublic { id } browserSeconds streamSeconds } } }"""


async def told(doors: Doors) -> tuple[list[str], list[str], Any, Any, str]:
    """What is said, and how a tile's copy may be kept."""
    answer = await doors.client.post("/graphql", json={"query": TAKEN_BACK}, headers=doors.account())
    copies = answer.json()["data"]["unpublishExhibition"]["copies"]
    lists = ([each["id"] for each in copies[name]] for name in ("forGood", "stillPublic"))
    kept = (await doors.client.get(f"/blobs/{digest(TILE)}.glb")).headers["cache-control"]
    return (*lists, copies["browserSeconds"], copies["streamSeconds"], kept)  # type: ignore[return-value]


async def test_taking_back_says_what_others_may_hold(doors: Doors) -> None:
    temple, catalogue = doors.services.catalogue.get(Asset, "asset_temple"), doors.services.catalogue
    assert temple is not None
    free = ["asset_temple"]
    assert await told(doors) == (free, free, FOR_NOW_S, STREAM_S, "public, max-age=31536000, immutable")
    catalogue.commit([Put(replace(temple, rights="all rights reserved"))], author="ines", reason="", at=NOON)
    assert await told(doors) == ([], free, 300, 5, "private, max-age=300")
    catalogue.commit([Put(replace(temple, visibility=Visibility.DRAFT))], author="ines", reason="", at=NOON)
    answer = await doors.client.post("/graphql", json={"query": TAKEN_BACK}, headers=doors.account())
    assert answer.json()["data"]["unpublishExhibition"]["copies"]["stillPublic"] == []
    assert RECHECK_S < STREAM_S
