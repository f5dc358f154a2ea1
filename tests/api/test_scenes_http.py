from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scenes.model import Asset, Placement, Visibility
from scenes.ports import Put, Remove
from tests.api.museum import DRAFT_TILE, NOON, write_asset

if TYPE_CHECKING:
    from tests.api.museum import Doors

TILESET = "/scenes/scene_open/tileset.json"


async def _count(doors: Doors, **query: str) -> int:
    document: dict[str, Any] = (await doors.client.get(TILESET, params=query)).json()
    return len(document["root"].get("children", []))


async def test_a_scene_is_ordinary_3d_tiles_of_what_stood_then(doors: Doors) -> None:
    answer = await doors.client.get(TILESET, params={"at": "-0430"})
    document = answer.json()
    assert answer.headers["content-type"] == "application/json"
    assert document["asset"]["version"] == "1.1"
    temple = doors.services.catalogue.get(Asset, "asset_temple")
    assert temple
    assert temple.tileset
    assert {child["content"]["uri"] for child in document["root"]["children"]} == {
        f"/blobs/{temple.tileset.digest}.json"
    }


async def test_without_a_moment_it_is_the_scenes_default_one(doors: Doors) -> None:
    default = await doors.client.get(TILESET)
    at = await doors.client.get(TILESET, params={"at": "-0430"})
    assert default.headers["etag"] == at.headers["etag"]


async def test_never_two_rivals_at_once(doors: Doors) -> None:
    # The temple and one of two roofs, whichever hypothesis is asked for.
    assert await _count(doors) == 2
    assert await _count(doors, hypothesis="hypothesis_low") == 2
    high = await doors.client.get(TILESET, params={"hypothesis": "hypothesis_high"})
    assert high.headers["etag"] == (await doors.client.get(TILESET)).headers["etag"]


async def test_certainty_leaves_out_what_perhaps_stood(doors: Doors) -> None:
    # The shrine's beginning is approximate: in 601 BC it may have stood.
    assert await _count(doors, at="-0600", certainty="possible") == 1
    assert await _count(doors, at="-0600", certainty="certain") == 0


async def test_outside_all_intervals_it_is_empty_and_valid(doors: Doors) -> None:
    answer = await doors.client.get(TILESET, params={"at": "1850"})
    assert answer.status_code == 200
    root = answer.json()["root"]
    assert "boundingVolume" in root
    assert "content" not in root
    assert not root.get("children")


async def test_a_held_tileset_is_not_sent_again_until_the_scene_changes(doors: Doors) -> None:
    tag = (await doors.client.get(TILESET)).headers["etag"]
    held = {"If-None-Match": tag}
    assert (await doors.client.get(TILESET, headers=held)).status_code == 304
    temple = doors.services.catalogue.get(Placement, "placement_temple")
    assert temple
    doors.services.catalogue.commit([Remove(temple)], author="ines", reason="gone", at=NOON)
    assert (await doors.client.get(TILESET, headers=held)).status_code == 200


async def test_public_scenes_answer_other_origins_and_are_asked_for_again(doors: Doors) -> None:
    headers = (await doors.client.get(TILESET)).headers
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cache-control"] == "public, no-cache"


async def test_a_draft_scene_is_for_curators(doors: Doors) -> None:
    path = "/scenes/scene_draft/tileset.json"
    assert (await doors.client.get(path)).status_code == 404
    answer = await doors.client.get(path, headers=doors.bearer())
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "access-control-allow-origin" not in answer.headers


async def test_a_draft_asset_in_a_public_scene_is_left_out_for_visitors(doors: Doors) -> None:
    write_asset(doors.services, "hidden", tile=DRAFT_TILE + b"2", visibility=Visibility.DRAFT)
    placed = Placement("placement_hidden", "scene_open", "layer_open", "asset_hidden", "Hidden", "-0446/-0290")
    doors.services.catalogue.commit([Put(placed)], author="ines", reason="placed", at=NOON)
    assert await _count(doors) == 2
    seen = await doors.client.get(TILESET, headers=doors.bearer())
    assert len(seen.json()["root"]["children"]) == 3
    assert seen.headers["cache-control"] == "private, no-cache"


async def test_head_is_get_without_the_body(doors: Doors) -> None:
    got, head = await doors.client.get(TILESET), await doors.client.head(TILESET)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["etag"] == got.headers["etag"]


@pytest.mark.parametrize("at", ["19xx-13", "yesterday", "-430", "2027-02-30", "x" * 900])
async def test_bad_edtf_is_refused_with_its_code(doors: Doors, at: str) -> None:
    answer = await doors.client.get(TILESET, params={"at": at})
    assert (answer.status_code, answer.json()["code"]) == (400, "BAD_EDTF")


async def test_an_endless_moment_is_refused(doors: Doors) -> None:
    answer = await doors.client.get(TILESET, params={"at": "1" * 2000})
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID")


async def test_a_scene_is_one_binary_within_a_budget(doors: Doors) -> None:
    path = "/scenes/scene_open/scene.glb"
    answer = await doors.client.get(path, params={"at": "1850"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "model/gltf-binary")
    assert answer.content.startswith(b"glTF")
    assert answer.headers["access-control-allow-origin"] == "*"
    held = {"If-None-Match": answer.headers["etag"]}
    assert (await doors.client.get(path, params={"at": "1850"}, headers=held)).status_code == 304
    part = await doors.client.get(path, params={"at": "1850"}, headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"glTF")
    for triangles in ("0", "-1", "many", "5000001"):
        refused = await doors.client.get(path, params={"triangles": triangles})
        assert (refused.status_code, refused.json()["code"]) == (422, "INVALID")
