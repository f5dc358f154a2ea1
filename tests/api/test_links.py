"""Signed links: one path, one museum, a quarter of an hour, and only as long as who made them may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import orjson
import pytest
from starlette.requests import HTTPConnection

from api import accounts, links
from api.auth import actor_of, token_id
from scenes import glb
from scenes.errors import Invalid, Unauthorized
from scenes.model import ANONYMOUS, EVERYTHING, Actor, Asset, Role, Scope, Visibility
from scenes.ports import BlobUse
from tests.api.museum import DRAFT_TILE, MASTER, TILE, digest, write_asset

if TYPE_CHECKING:
    from datetime import datetime

    from tests.api.museum import Doors

LINK = "query ($p: String!, $m: Int!) { signedLink(path: $p, minutes: $m) { url expiresAt } }"
DRAFT = f"/blobs/{digest(DRAFT_TILE)}.glb"


async def link(doors: Doors, path: str, headers: dict[str, str], minutes: int = 5) -> Any:
    asked = {"query": LINK, "variables": {"p": path, "m": minutes}}
    answer = (await doors.client.post("/graphql", json=asked, headers=headers)).json()
    return answer["data"]["signedLink"]["url"] if "errors" not in answer else answer["errors"][0]["extensions"]["code"]


class Later:
    """A clock that runs ahead."""

    def __init__(self, clock: Any, by: timedelta) -> None:
        self._clock, self._by = clock, by

    def now(self) -> datetime:
        return self._clock.now() + self._by  # type: ignore[no-any-return]


async def test_a_link_opens_its_address_without_a_header(doors: Doors) -> None:
    headers = doors.account()
    for path, content in ((DRAFT, DRAFT_TILE), ("/assets/asset_secret/master", MASTER)):
        assert (await doors.client.get(path)).status_code == 404
        url = await link(doors, path, headers)
        answer = await doors.client.get(url)
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["access-control-allow-origin"] == "*", "a viewer elsewhere may read what its link opens"
        assert (await doors.client.head(url)).status_code == 200


async def test_a_link_opens_nothing_else(doors: Doors) -> None:
    headers = doors.account()
    query = urlsplit(await link(doors, DRAFT, headers)).query
    for path in (
        f"/blobs/{digest(DRAFT_TILE)}",
        f"/blobs/{digest(TILE)}.glb",
        "/assets/asset_secret/master",
        "/scenes/scene_draft/tileset.json",
        "/exhibitions/next-year",
    ):
        answer = await doors.client.get(f"{path}?{query}")
        assert answer.status_code in {401, 404}, path
        assert b"draft" not in answer.content.lower()
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await doors.client.request(method, f"{DRAFT}?{query}")).status_code == 405
    posted = await doors.client.post(f"/graphql?{query}", json={"query": "{ me { name } }"})
    assert posted.status_code == 401
    assert (await doors.client.post(f"/uploads?{query}", headers={"Tus-Resumable": "1.0.0"})).status_code == 401


async def test_what_is_changed_in_a_link_ends_it(doors: Doors) -> None:
    url = await link(doors, DRAFT, doors.account())
    path, _, query = url.partition("?link=")
    day, expires, key, signature = query.split(".")
    for changed in (
        (str(int(day) - 1), expires, key, signature),
        (day, str(int(expires) + 1), key, signature),
        (day, expires, "0" * 16, signature),
        (day, expires, key, "0" * 64),
        (day, expires, key, signature[:-1]),
        (day, expires, key, ""),
        ("", "", "", ""),
    ):
        answer = await doors.client.get(f"{path}?link={'.'.join(changed)}")
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED"), changed


async def test_a_link_ends_in_time_and_with_the_day_after(doors: Doors) -> None:
    services = doors.services
    url = await link(doors, DRAFT, doors.account(), minutes=15)
    clock = services.clock
    for by, status in ((timedelta(minutes=14, seconds=50), 200), (timedelta(minutes=15, seconds=1), 401)):
        object.__setattr__(services, "clock", Later(clock, by))
        assert (await doors.client.get(url)).status_code == status
    object.__setattr__(services, "clock", clock)
    assert await link(doors, DRAFT, doors.account(), minutes=16) == "INVALID"
    assert await link(doors, DRAFT, doors.account(), minutes=0) == "INVALID"


def test_keys_change_by_day_and_museum() -> None:
    signer = links.Signer("", "s" * 64, "0123456789abcdef", 1_800_000_000, 20_833)
    same = replace(signer)
    assert same.has_signed("/blobs/a", "", signer._signature("/blobs/a", ""))
    for other in (
        replace(signer, day=20_834),
        replace(signer, museum="other"),
        replace(signer, secret="t" * 64),
        replace(signer, expires=1_800_000_001),
        replace(signer, key="1123456789abcdef"),
    ):
        assert not other.has_signed("/blobs/a", "", signer._signature("/blobs/a", ""))
    # No two lists of parts make one text.
    assert signer._signature("/stream", "a1:b") != signer._signature("/stream1:a", "b")


async def test_a_link_shows_what_its_maker_may_see_now_and_ends_with_their_token(doors: Doors) -> None:
    services, headers = doors.services, doors.account(Role.CURATOR, "Inès")
    url = await link(doors, DRAFT, headers)
    of = accounts.named(services, "inès").id
    root = Actor("root", Role.ADMINISTRATOR)
    accounts.give_role(services, root, of, Role.MEMBER)
    assert (await doors.client.get(url)).status_code == 404
    accounts.give_role(services, root, of, Role.CURATOR)
    assert (await doors.client.get(url)).status_code == 200
    services.tokens.end_token(token_id(headers["Authorization"].split()[1]), at=services.clock.now())
    assert (await doors.client.get(url)).status_code == 401


async def test_a_link_of_a_token_that_does_not_read_opens_what_anybody_sees(doors: Doors) -> None:
    headers = doors.account(Role.CURATOR, scopes=EVERYTHING - {Scope.READ})
    assert (await doors.client.get(await link(doors, DRAFT, headers))).status_code == 404
    assert (await doors.client.get(await link(doors, f"/blobs/{digest(TILE)}", headers))).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/graphql",
        "/uploads",
        "/studio",
        "https://elsewhere.example/blobs/a",
        "//x/blobs/a",
        "/blobs/../studio",
        "blobs/a",
        "",
    ],
)
async def test_only_content_is_opened_by_links(doors: Doors, path: str) -> None:
    with pytest.raises(Invalid):
        links.link_to(doors.services, Actor("a", Role.CURATOR, key="0" * 16), path, lasting=timedelta(minutes=1))


async def test_who_is_not_signed_in_makes_no_links(doors: Doors) -> None:
    assert await link(doors, DRAFT, {}) == "UNAUTHORIZED"
    with pytest.raises(Unauthorized):
        links.link_to(doors.services, ANONYMOUS, DRAFT, lasting=timedelta(minutes=1))


async def test_a_stock_viewer_follows_a_tileset_of_drafts_from_one_link(doors: Doors) -> None:
    headers = doors.account()
    found = doors.services.catalogue.get(Asset, "asset_secret")
    assert found is not None
    assert found.tileset is not None
    for start in ("/assets/asset_secret/tileset.json", f"/blobs/{found.tileset.digest}.json"):
        answer = await doors.client.get(await link(doors, start, headers))
        assert answer.headers["cache-control"] == "private, no-store"
        part = answer.json()["root"]["content"]["uri"]
        assert (await doors.client.get(part.partition("?")[0])).status_code == 404
        assert (await doors.client.get(part)).content == DRAFT_TILE


async def test_a_tile_of_drafts_names_the_images_it_shares_by_links(doors: Doors) -> None:
    image, services = b"RIFF a picture that tiles share", doors.services
    pictures = {"images": [{"uri": f"{digest(image)}.webp"}, {"bufferView": 0, "mimeType": "image/webp"}]}
    tile = glb.write(orjson.dumps({"asset": {"version": "2.0"}, **pictures}), b"its own picture ")
    asset = write_asset(services, "textured", tile=tile, visibility=Visibility.DRAFT)
    services.catalogue.allow_blobs(asset.id, [BlobUse(services.blobs.put(image), len(image), "image/webp")])
    url = await link(doors, f"/blobs/{digest(tile)}.glb", doors.account())
    answer = await doors.client.get(url)
    assert answer.headers["cache-control"] == "private, no-store"
    found = glb.read(answer.content)
    beside, within = orjson.loads(found.json)["images"]
    assert (bytes(found.binary), within) == (b"its own picture ", pictures["images"][1])
    assert (await doors.client.get(urljoin(url, beside["uri"]))).content == image
    assert (await doors.client.get(f"/blobs/{digest(image)}.webp?{urlsplit(url).query}")).status_code == 401
    assert (await doors.client.get(f"/blobs/{digest(image)}.webp")).status_code == 404


async def test_a_link_to_a_stream_is_for_one_scene(doors: Doors) -> None:
    url = await link(doors, "/stream?scene=scene_draft&at=2027", doors.account(Role.CURATOR, "Inès"))
    for query, name in ((urlsplit(url).query, "Inès"), (urlsplit(url).query.replace("at=2027", "at=2028"), "Inès")):
        assert (await actor_of(_websocket(query), doors.services)).name == name
    with pytest.raises(Unauthorized):
        await actor_of(_websocket(urlsplit(url).query.replace("scene_draft", "scene_open")), doors.services)


def _websocket(query: str) -> HTTPConnection:
    headers = [(b"host", b"127.0.0.1:8000")]
    return HTTPConnection({"type": "websocket", "path": "/stream", "query_string": query.encode(), "headers": headers})
