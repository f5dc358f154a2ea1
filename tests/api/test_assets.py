from __future__ import annotations

import gzip
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from api.assets import MAX_RANGES, parse_ranges, takes_gzip
from api.errors import DoorError
from pipeline.compress import brotlied, gzipped
from scenes.model import Asset, Role, Visibility
from scenes.ports import BlobUse, Put
from tests.api.museum import CC0, DRAFT_TILE, MASTER, NOON, TILE, digest, write_asset
from tests.api.points_tile import points_tile
from tests.tiling.trees import grid_tree, with_files
from tiling import tileset
from tiling.check import resolved

if TYPE_CHECKING:
    from tests.api.museum import Doors

PUBLIC = f"/blobs/{digest(TILE)}.glb"
DRAFT = f"/blobs/{digest(DRAFT_TILE)}"


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-", [(0, 10)]),
        ("bytes=-3", [(7, 3)]),
        ("bytes=-30", [(0, 10)]),
        ("bytes=8-99", [(8, 2)]),
        ("bytes=0-1, 4-5,-1", [(0, 2), (4, 2), (9, 1)]),
        ("bytes=0-1,50-60", [(0, 2)]),
        ("Bytes=1-1", [(1, 1)]),
        ("lines=0-1", None),
        ("bytes=5-2", None),
        ("bytes=a-b", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("nonsense", None),
        ("bytes=0-" + "9" * 5000, [(0, 10)]),
        ("bytes=-" + "9" * 5000, [(0, 10)]),
        ("bytes=" + "0" * 5000 + "2-3", [(2, 2)]),
        ("bytes=0-0," + "9" * 5000 + "-", [(0, 1)]),
        ("bytes=" + "9" * 5000 + "-1", None),
        ("bytes=\u0661-2", None),
        ("bytes=+1-2", None),
        ("bytes=0x1-2", None),
    ],
)
def test_ranges(header: str, ranges: list[tuple[int, int]] | None) -> None:
    assert parse_ranges(header, 10) == ranges


@pytest.mark.parametrize(
    "header", ["bytes=10-", "bytes=99-100", "bytes=-0", "bytes=" + "9" * 5000 + "-", "bytes=" + ",".join(["0-0"] * 17)]
)
def test_ranges_outside_or_too_many_are_refused(header: str) -> None:
    with pytest.raises(DoorError) as refused:
        parse_ranges(header, 10)
    assert refused.value.code == "RANGE"
    assert refused.value.headers == {"Content-Range": "bytes */10"}


def test_sixteen_ranges_are_served() -> None:
    assert parse_ranges("bytes=" + ",".join(["0-0"] * MAX_RANGES), 10) == [(0, 1)] * 16


async def test_a_public_blob_is_immutable_for_everybody(doors: Doors) -> None:
    answer = await doors.client.get(PUBLIC)
    assert answer.status_code == 200
    assert answer.content == TILE
    assert answer.headers["content-type"] == "model/gltf-binary"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["etag"] == f'"{digest(TILE)}"'
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_the_name_may_come_with_or_without_its_ending(doors: Doors) -> None:
    assert (await doors.client.get(f"/blobs/{digest(TILE)}")).content == TILE


async def test_a_held_blob_is_not_sent_again(doors: Doors) -> None:
    for held in (f'"{digest(TILE)}"', f'"x", W/"{digest(TILE)}"', "*"):
        answer = await doors.client.get(PUBLIC, headers={"If-None-Match": held})
        assert (answer.status_code, answer.content) == (304, b"")
    assert (await doors.client.get(PUBLIC, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_head_tells_the_length_and_sends_nothing(doors: Doors) -> None:
    answer = await doors.client.head(PUBLIC)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == str(len(TILE))
    assert answer.headers["accept-ranges"] == "bytes"


async def test_a_range_is_answered_as_206(doors: Doors) -> None:
    answer = await doors.client.get(PUBLIC, headers={"Range": "bytes=4-7"})
    assert (answer.status_code, answer.content) == (206, TILE[4:8])
    assert answer.headers["content-range"] == f"bytes 4-7/{len(TILE)}"


async def test_several_ranges_are_answered_in_parts(doors: Doors) -> None:
    answer = await doors.client.get(PUBLIC, headers={"Range": "bytes=0-3,-2"})
    assert answer.status_code == 206
    found = re.fullmatch(r"multipart/byteranges; boundary=(\w+)", answer.headers["content-type"])
    assert found
    parts = answer.content.split(f"--{found[1]}".encode())
    assert parts[1].endswith(b"\r\n\r\n" + TILE[:4] + b"\r\n")
    assert f"Content-Range: bytes 1026-1027/{len(TILE)}".encode() in parts[2]
    assert parts[2].endswith(TILE[-2:] + b"\r\n")
    assert parts[3] == b"--\r\n"
    assert answer.headers["content-length"] == str(len(answer.content))


async def test_seventeen_ranges_are_refused_and_what_overlaps_comes_once(doors: Doors) -> None:
    many = await doors.client.get(f"/blobs/{digest(TILE)}", headers={"Range": "bytes=" + ",".join(["0-0"] * 17)})
    assert (many.status_code, many.json()["code"]) == (416, "RANGE")
    large = b"glTF" + bytes(1 << 20)
    write_asset(doors.services, "large", tile=large, visibility=Visibility.PUBLIC, rights=CC0)
    for asked in ("0-,0-", ",".join(["0-"] * 16), "0-,-" + str(len(large))):
        whole = await doors.client.get(f"/blobs/{digest(large)}", headers={"Range": f"bytes={asked}"})
        assert (whole.status_code, len(whole.content)) == (200, len(large))


@pytest.mark.parametrize(
    ("said", "taken"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip; q=1.000", True), ("gzip;q=0", False), ("gzip;q=0.000", False),
     ("gzip;q=nonsense", False), ("gzip;q=nan", False), ("gzip;q=" + "9" * 5000, False), ("gzip;level=9", False)],
)  # fmt: skip
def test_who_takes_gzip(said: str, taken: bool) -> None:
    request = Request({"type": "http", "headers": [(b"accept-encoding", said.encode())]})
    assert takes_gzip(request) is taken


async def test_a_range_outside_is_416_with_the_size(doors: Doors) -> None:
    answer = await doors.client.get(PUBLIC, headers={"Range": "bytes=5000-"})
    assert (answer.status_code, answer.json()["code"]) == (416, "RANGE")
    assert answer.headers["content-range"] == f"bytes */{len(TILE)}"


async def test_a_range_of_another_version_is_answered_whole(doors: Doors) -> None:
    stale = await doors.client.get(PUBLIC, headers={"Range": "bytes=0-3", "If-Range": '"old"'})
    fresh = await doors.client.get(PUBLIC, headers={"Range": "bytes=0-3", "If-Range": f'"{digest(TILE)}"'})
    assert (stale.status_code, fresh.status_code) == (200, 206)


async def test_a_preflight_is_answered_for_every_origin(doors: Doors) -> None:
    for path in (PUBLIC, "/scenes/scene_open/tileset.json", "/assets/asset_temple/tileset.json"):
        headers = {"Origin": "https://elsewhere.example", "Access-Control-Request-Headers": "range"}
        answer = await doors.client.options(path, headers=headers)
        assert answer.status_code == 204
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "Range" in answer.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in answer.headers


async def test_a_draft_blob_is_for_curators_only_and_kept_by_nobody_else(doors: Doors) -> None:
    unknown = await doors.client.get("/blobs/" + "0" * 64)
    hidden = await doors.client.get(DRAFT)
    assert (hidden.status_code, hidden.headers) == (unknown.status_code, unknown.headers)
    assert hidden.json()["title"] == unknown.json()["title"]
    shown = await doors.client.get(DRAFT, headers=doors.bearer())
    assert (shown.status_code, shown.content) == (200, DRAFT_TILE)
    assert shown.headers["cache-control"] == "private, no-cache"
    assert "access-control-allow-origin" not in shown.headers
    assert (await doors.client.get(DRAFT, headers=doors.bearer(Role.VISITOR))).status_code == 404


async def test_a_draft_that_shares_bytes_with_a_published_asset_takes_nothing_from_it(doors: Doors) -> None:
    write_asset(doors.services, "double", tile=TILE, visibility=Visibility.DRAFT)
    answer = await doors.client.get(f"/blobs/{digest(TILE)}")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_masters_are_no_blobs_to_fetch(doors: Doors) -> None:
    assert (await doors.client.get(f"/blobs/{digest(MASTER)}")).status_code == 404


async def test_a_wrong_token_is_said_and_never_taken_for_none(doors: Doors) -> None:
    answer = await doors.client.get(PUBLIC, headers={"Authorization": "Bearer nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def _write_large_asset(doors: Doors) -> int:
    """An asset in several documents instead of the temple; how many tiles it has."""
    services = doors.services
    tree, files = with_files(grid_tree(4))
    documents = tileset.write(tree, most_bytes=5_000)
    put = services.blobs.put
    uses = [BlobUse(put(data), len(data), "model/gltf-binary") for data in files.values()]
    written = [documents.root, *documents.others.values()]
    uses += [BlobUse(put(data), len(data), "application/json") for data in written]
    temple = services.catalogue.get(Asset, "asset_temple")
    assert temple
    assert temple.tileset
    services.catalogue.allow_blobs(temple.id, uses)
    large = replace(temple, tileset=replace(temple.tileset, digest=digest(documents.root)))
    services.catalogue.commit([Put(large)], author="ines", reason="tiled", at=NOON)
    return len(tree)


@pytest.mark.parametrize("start", ["/assets/asset_temple/tileset.json", "/scenes/scene_open/tileset.json"])
async def test_a_client_finds_every_tile_of_an_asset_in_several_documents(doors: Doors, start: str) -> None:
    tiles = _write_large_asset(doors)
    waiting, seen, documents = [start], set(), 0
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        answer = await doors.client.get(address)
        assert answer.status_code == 200, address
        if not address.endswith(".json"):
            continue
        assert answer.headers["content-type"] == "application/json"
        documents += 1
        nodes = [answer.json()["root"]]
        for node in nodes:
            nodes += node.get("children", [])
        waiting += [resolved(address, node["content"]["uri"]) for node in nodes if "content" in node]
    assert sum(address.endswith(".glb") for address in seen) == tiles
    assert documents > 4


async def test_an_assets_tileset_names_its_tiles_by_the_address_of_blobs(doors: Doors) -> None:
    answer = await doors.client.get("/assets/asset_temple/tileset.json")
    assert answer.json()["root"]["content"]["uri"] == PUBLIC
    assert answer.headers["cache-control"] == "public, no-cache"
    again = await doors.client.get(
        "/assets/asset_temple/tileset.json", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


async def test_a_master_is_handed_out_where_its_licence_allows(doors: Doors) -> None:
    answer = await doors.client.get("/assets/asset_temple/master")
    assert (answer.status_code, answer.content) == (200, MASTER)
    assert answer.headers["content-disposition"] == (
        "attachment; filename=\"temple scan.glb\"; filename*=UTF-8''temple%20scan.glb"
    )


async def test_a_master_without_a_licence_is_for_those_who_work_on_it(doors: Doors) -> None:
    write_asset(doors.services, "closed", tile=b"glTF closed", visibility=Visibility.PUBLIC)
    refused = await doors.client.get("/assets/asset_closed/master")
    assert (refused.status_code, refused.json()["code"]) == (401, "UNAUTHORIZED")
    assert (await doors.client.get("/assets/asset_closed/master", headers=doors.bearer())).content == MASTER


async def test_what_is_larger_than_an_answer_in_memory_comes_in_pieces_and_whole(doors: Doors) -> None:
    large = bytes(range(256)) * (9 << 12)
    write_asset(doors.services, "large", tile=b"glTF large", visibility=Visibility.PUBLIC, rights=CC0, master=large)
    answer = await doors.client.get("/assets/asset_large/master")
    assert answer.content == large
    part = await doors.client.get("/assets/asset_large/master", headers={"Range": f"bytes=1-{len(large) - 2}"})
    assert (part.status_code, part.content) == (206, large[1:-1])


WORDY = b"glTF a tile of many words " * 40
WORDY_DIGEST = digest(WORDY)
PLAIN_TAG, GZIP_TAG = f'"{WORDY_DIGEST}"', f'"{WORDY_DIGEST}-gzip"'


async def test_a_tile_that_is_kept_packed_goes_packed_to_whoever_takes_it_so(doors: Doors) -> None:
    write_asset(doors.services, "packed", tile=WORDY, visibility=Visibility.PUBLIC)
    plain = await doors.client.get(f"/blobs/{WORDY_DIGEST}")
    assert "content-encoding" not in plain.headers
    doors.services.blobs.keep_packed(WORDY_DIGEST, gzip.compress(WORDY, mtime=0))
    packed = await doors.client.get(f"/blobs/{WORDY_DIGEST}.glb")
    assert (packed.content, packed.headers["content-encoding"]) == (WORDY, "gzip")
    assert int(packed.headers["content-length"]) < len(WORDY) // 4
    assert (packed.headers["etag"], packed.headers["vary"]) == (GZIP_TAG, "Accept-Encoding")
    assert packed.headers["cache-control"] == plain.headers["cache-control"]
    assert packed.headers["content-type"] == plain.headers["content-type"] == "model/gltf-binary"
    again = await doors.client.get(f"/blobs/{WORDY_DIGEST}", headers={"If-None-Match": packed.headers["etag"]})
    assert again.status_code == 304
    head = await doors.client.head(f"/blobs/{WORDY_DIGEST}")
    assert head.headers["content-length"] == packed.headers["content-length"]


async def test_a_tile_of_points_goes_by_brotli_or_by_gzip_or_as_it_is(doors: Doors) -> None:
    tile = points_tile()
    name = digest(tile)
    write_asset(doors.services, "points", tile=tile, visibility=Visibility.PUBLIC)
    doors.services.blobs.keep_packed(name, brotlied(tile))
    tags = set()
    for said, coding in (("gzip, br", "br"), ("br", "br"), ("gzip, br;q=0", "gzip"), ("zstd", "")):
        answer = await doors.client.get(f"/blobs/{name}", headers={"Accept-Encoding": said})
        raw = {"br": brotlied(tile), "gzip": gzipped(tile), "": tile}[coding]
        assert answer.headers.get("content-encoding", "") == coding
        assert (int(answer.headers["content-length"]), answer.headers["vary"]) == (len(raw), "Accept-Encoding")
        if coding != "br":  # the client here knows no brotli
            assert answer.content == tile
        tags.add(answer.headers["etag"])
        held = {"Accept-Encoding": said, "If-None-Match": answer.headers["etag"]}
        assert (await doors.client.get(f"/blobs/{name}", headers=held)).status_code == 304
    assert tags == {f'"{name}"', f'"{name}-gzip"', f'"{name}-br"'}


async def test_whoever_does_not_take_gzip_or_wants_a_range_gets_the_tile_as_it_is(doors: Doors) -> None:
    write_asset(doors.services, "packed", tile=WORDY, visibility=Visibility.PUBLIC)
    doors.services.blobs.keep_packed(WORDY_DIGEST, gzip.compress(WORDY, mtime=0))
    plain = await doors.client.get(f"/blobs/{WORDY_DIGEST}", headers={"Accept-Encoding": "gzip;q=0, br"})
    assert (plain.content, plain.headers["etag"], plain.headers["vary"]) == (
        WORDY,
        PLAIN_TAG,
        "Accept-Encoding",
    )
    assert "content-encoding" not in plain.headers
    part = await doors.client.get(f"/blobs/{WORDY_DIGEST}", headers={"Range": "bytes=5-9", "If-Range": PLAIN_TAG})
    assert (part.status_code, part.content) == (206, WORDY[5:10])
    assert "content-encoding" not in part.headers
    whole = await doors.client.get(f"/blobs/{WORDY_DIGEST}", headers={"Range": "bytes=5-9", "If-Range": GZIP_TAG})
    assert (whole.status_code, whole.content) == (200, WORDY)


async def test_a_draft_that_is_kept_packed_is_no_more_public_than_it_was(doors: Doors) -> None:
    write_asset(doors.services, "packed", tile=WORDY, visibility=Visibility.DRAFT)
    doors.services.blobs.keep_packed(WORDY_DIGEST, gzip.compress(WORDY, mtime=0))
    assert (await doors.client.get(f"/blobs/{WORDY_DIGEST}")).status_code == 404
    answer = await doors.client.get(f"/blobs/{WORDY_DIGEST}", headers=doors.bearer())
    assert (answer.content, answer.headers["cache-control"]) == (WORDY, "private, no-cache")
    assert answer.headers["vary"] == "Accept-Encoding, Authorization, Cookie"
