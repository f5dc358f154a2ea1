from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from scenes.model import Asset, Layer, Placement, Visibility
from scenes.ports import Put, Remove
from tests.api.museum import DRAFT_TILE, NOON, write_asset
from tests.scenes.test_assemble import SCENE
from tests.scenes.test_composite import Town

if TYPE_CHECKING:
    import httpx

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


TOWN = "/scenes/scene_1/tileset.json"


def _write_town(doors: Doors, *, drafts: tuple[str, ...] = ()) -> Town:
    """A scene of a hundred houses and towers; `drafts` are assets that are not public."""
    town, services = Town(), doors.services
    for data in town.blobs.values():
        services.blobs.put(data)
    assets = [
        replace(asset, visibility=Visibility.DRAFT if asset.id in drafts else Visibility.PUBLIC)
        for asset in town.assets.values()
    ]
    records = [SCENE, Layer("layer_1", SCENE.id, "Houses", 0), *assets, *town.placements]
    services.catalogue.commit([Put(record) for record in records], author="ines", reason="a town", at=NOON)
    return town


async def _all_made(doors: Doors, **headers: str) -> dict[str, Any]:
    """The tileset in 200 when nothing of it is missing any more."""
    for _ in range(200):
        document: dict[str, Any] = (await doors.client.get(TOWN, params={"at": "0200"}, headers=headers)).json()
        if all("content" in child for child in [document["root"], *document["root"]["children"]]):
            return document
        await asyncio.sleep(0.02)
    raise AssertionError("the proxies were not made")


async def _fetched(doors: Doors, document: dict[str, Any], **headers: str) -> dict[str, httpx.Response]:
    """Answers by address, of groups' proxies and documents; those of assets are not looked into."""
    found: dict[str, httpx.Response] = {}
    waiting = [document["root"]]
    while waiting:
        tile = waiting.pop()
        waiting += tile.get("children", ())
        uri = tile.get("content", {}).get("uri")
        if uri is None or "placement" in tile["extras"]["chronotope"]:
            continue
        address = "/blobs/" + uri.rpartition("/")[2]
        found[address] = await doors.client.get(address, headers=headers)
        if found[address].status_code == 200 and address.endswith(".json"):
            waiting.append(found[address].json()["root"])
    return found


async def test_many_placements_come_in_groups_whose_proxies_anybody_may_keep(doors: Doors) -> None:
    _write_town(doors)
    answers = await _fetched(doors, await _all_made(doors))
    assert len(answers) > 10
    assert {answer.status_code for answer in answers.values()} == {200}
    for address, answer in answers.items():
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["content-encoding"] == "gzip"
        assert hashlib.sha256(answer.content).hexdigest() in address
    assert {a.headers["content-type"] for a in answers.values()} == {"model/gltf-binary", "application/json"}


async def test_who_does_not_take_gzip_gets_the_same_plain(doors: Doors) -> None:
    _write_town(doors)
    uri = (await _all_made(doors))["root"]["content"]["uri"]
    packed = await doors.client.get(uri)
    plain = await doors.client.get(uri, headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    assert plain.headers["etag"] != packed.headers["etag"]
    held = await doors.client.get(uri, headers={"If-None-Match": packed.headers["etag"]})
    assert held.status_code == 304


async def test_nothing_of_a_draft_asset_is_in_what_a_visitor_can_fetch(doors: Doors) -> None:
    _write_town(doors, drafts=("asset_tower",))
    curator = doors.bearer()
    curators = await _fetched(doors, await _all_made(doors, **curator), **curator)
    assert {answer.status_code for answer in curators.values()} == {200}
    visitors = await _fetched(doors, await _all_made(doors))
    assert {answer.status_code for answer in visitors.values()} == {200}
    assert not any(b"asset_tower" in answer.content for answer in visitors.values())
    hidden = {address for address, answer in curators.items() if answer.headers["cache-control"].startswith("private")}
    assert hidden
    assert not hidden & visitors.keys()
    for address in hidden:
        assert (await doors.client.get(address)).status_code == 404


async def test_a_proxy_goes_with_the_rights_of_what_is_in_it(doors: Doors) -> None:
    _write_town(doors)
    uri = (await _all_made(doors))["root"]["content"]["uri"]
    assert (await doors.client.get(uri)).status_code == 200
    house = doors.services.catalogue.get(Asset, "asset_house")
    assert house
    doors.services.catalogue.commit(
        [Put(replace(house, visibility=Visibility.DRAFT))], author="ines", reason="taken back", at=NOON
    )
    assert (await doors.client.get(uri)).status_code == 404
    assert (await doors.client.get(uri, headers=doors.bearer())).status_code == 200


async def test_instances_are_written_only_for_who_asks(doors: Doors) -> None:
    _write_town(doors)
    path = {"at": "0200", "triangles": "1300"}
    plain = (await doors.client.get("/scenes/scene_1/scene.glb", params=path)).content
    asked = (await doors.client.get("/scenes/scene_1/scene.glb", params=path | {"instancing": "true"})).content
    assert b"EXT_mesh_gpu_instancing" not in plain
    assert b"EXT_mesh_gpu_instancing" in asked
    assert len(asked) < len(plain)


async def test_a_scene_is_had_as_it_was_recorded(doors: Doors) -> None:
    then = str(doors.services.catalogue.latest())
    before = await doors.client.get(TILESET)
    temple = doors.services.catalogue.get(Placement, "placement_temple")
    assert temple
    doors.services.catalogue.commit([Remove(temple)], author="ines", reason="", at=NOON)
    assert await _count(doors) == 1
    past = await doors.client.get(TILESET, params={"asOf": then})
    assert (past.headers["etag"], past.content) == (before.headers["etag"], before.content)
    assert await _count(doors, asOf="2026-11-22T13:00:00+01:00") == 1
    for number, code in (("999999", 404), ("0", 404), ("then", 422), ("-1", 422)):
        assert (await doors.client.get(TILESET, params={"asOf": number})).status_code == code


async def test_of_the_past_visitors_get_what_is_public_still(doors: Doors) -> None:
    then = str(doors.services.catalogue.latest())
    asset = doors.services.catalogue.get(Asset, "asset_temple")
    assert asset
    doors.services.catalogue.commit(
        [Put(replace(asset, visibility=Visibility.DRAFT))], author="ines", reason="", at=NOON
    )
    assert await _count(doors, asOf=then) == 0
    curators = await doors.client.get(TILESET, params={"asOf": then}, headers=doors.bearer())
    assert len(curators.json()["root"]["children"]) == 2
    assert "no-store" in curators.headers["cache-control"] or "private" in curators.headers["cache-control"]
