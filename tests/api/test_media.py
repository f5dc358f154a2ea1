"""Recordings and pictures from the deposit to what visitors get, by the worker and its sandbox as they are."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from PIL import Image as Pillow

from api.worker import Worker
from scenes import compose
from scenes.errors import InUse, Invalid
from scenes.ingest import deposit
from scenes.model import (
    IDENTITY,
    Actor,
    Article,
    Asset,
    AssetState,
    Audio,
    Job,
    JobState,
    LocalText,
    Picture,
    Placement,
    Role,
    Tour,
    TourStep,
    Viewpoint,
    Visibility,
)
from scenes.ports import Put
from scenes.versions import deposit_version
from tests.pipeline.media import SECRET, picture, recording

if TYPE_CHECKING:
    from api.services import Services
    from tests.api.museum import Doors

INES = Actor("ines", Role.CURATOR)
HULL = b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n" + (
    b"element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n"
)


def _never(*_: object, **__: object) -> Any:
    raise AssertionError("a recording or a picture came to the tiler")


def work(services: Services, tile: Any = _never) -> None:
    assert Worker(services, tile).work_once("w")


def deposited(services: Services, data: bytes, name: str = "scan.glb", **about: str) -> tuple[Asset, Job]:
    asset, job = deposit(services, INES, io.BytesIO(data), name=name, **about)
    work(services)
    ready, ended = services.catalogue.get(Asset, asset.id), services.jobs.job(job.id)
    assert ready
    assert ended
    return ready, ended


async def fetched(doors: Doors, asset: Asset, *, curator: bool = False, **headers: str) -> httpx.Response:
    assert asset.media
    more = doors.bearer() if curator else {}
    return await doors.client.get(f"/blobs/{asset.media.digest}", headers=headers | more)


def publish(services: Services, asset: Asset) -> Asset:
    public = replace(asset, visibility=Visibility.PUBLIC)
    services.catalogue.commit([Put(public)], author="ines", reason="shown", at=services.clock.now())
    return public


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("wav", "audio/wav"),
        ("mp3", "audio/mpeg"),
        ("ogg", "audio/ogg"),
        ("opus", "audio/ogg"),
        ("flac", "audio/flac"),
        ("m4a", "audio/mp4"),
    ],
)
async def test_a_recording_becomes_ready_without_tiles_and_is_served_as_it_is(
    doors: Doors, kind: str, media_type: str
) -> None:
    data = recording(kind, 1.5)
    asset, job = deposited(doors.services, data)
    assert (job.state, job.code) == (JobState.DONE, "")
    assert (asset.state, asset.tileset, asset.media_type) == (AssetState.READY, None, media_type)
    assert asset.media
    assert asset.media.duration_s == pytest.approx(1.5, abs=0.001)
    assert (asset.media.digest, asset.media.byte_length) == (asset.master, len(data))

    assert (await fetched(doors, asset)).status_code == 404, "a draft is nobody else's"
    answer = await fetched(doors, asset, curator=True)
    assert (answer.content, answer.headers["content-type"]) == (data, media_type)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "private, no-cache"
    ending = kind.replace("opus", "ogg")
    assert answer.headers["content-disposition"].startswith(f'inline; filename="scan.{ending}"')


async def test_a_player_may_jump(doors: Doors) -> None:
    data = recording("ogg", 1.0)
    asset = publish(doors.services, deposited(doors.services, data)[0])
    answer = await fetched(doors, asset, Range="bytes=100-199")
    assert (answer.status_code, answer.content) == (206, data[100:200])
    assert answer.headers["content-range"] == f"bytes 100-199/{len(data)}"
    assert answer.headers["content-type"] == "audio/ogg"


async def test_a_picture_is_served_without_what_the_camera_wrote_and_its_master_stays(doors: Doors) -> None:
    data = picture("jpeg", orientation=6)
    assert SECRET.encode() in data
    asset, _ = deposited(doors.services, data, "IMG 1.JPG")
    assert (asset.state, asset.media_type, asset.tileset) == (AssetState.READY, "image/jpeg", None)
    assert asset.media
    assert (asset.media.width, asset.media.height, asset.media.duration_s) == (20, 40, None)
    assert any("where it was taken" in line for line in asset.report)

    answer = await fetched(doors, publish(doors.services, asset))
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith('inline; filename="IMG 1.webp"')
    # No licence says that it may be kept for good.
    assert answer.headers["cache-control"] == "private, max-age=300"
    assert SECRET.encode() not in answer.content
    shown = Pillow.open(io.BytesIO(answer.content))
    assert (shown.size, dict(shown.getexif())) == ((20, 40), {})

    path = f"/assets/{asset.id}/master"
    master = await doors.client.get(path, headers=doors.bearer())
    assert (master.content, master.headers["content-type"]) == (data, "image/jpeg")
    assert master.headers["content-disposition"].startswith("attachment")
    assert (await doors.client.get(path)).status_code == 401, "no licence is stated that lets it be passed on"
    assert (await doors.client.get(f"/blobs/{asset.master}")).status_code == 404
    assert (await doors.client.get(f"/assets/{asset.id}/tileset.json")).status_code == 404


async def test_a_name_of_a_draft_is_not_told_with_bytes_that_a_public_thing_shares(doors: Doors) -> None:
    data = recording("wav", 0.1)
    deposited(doors.services, data, "private words.wav")
    public = publish(doors.services, deposited(doors.services, data, "bell.wav")[0])
    assert 'filename="bell.wav"' in (await fetched(doors, public)).headers["content-disposition"]


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (recording("wav", 1.0)[:-500], "a.wav", "MALFORMED"),
        (picture()[:300], "a.jpg", "MALFORMED"),
        (b"ID3\x03\0\0\0\0\0\x0a" + b"glTF" * 500, "a.mp3", "MALFORMED"),
        (b"GIF89a" + bytes(50), "a.png", "UNSUPPORTED"),
        (b"\x1aE\xdf\xa3" + bytes(50), "a.ogg", "UNSUPPORTED"),
    ],
)
async def test_what_is_broken_or_disguised_is_refused_with_a_code(
    doors: Doors, data: bytes, name: str, code: str
) -> None:
    asset, job = deposited(doors.services, data, name)
    assert (asset.state, asset.code, job.state, job.code) == (AssetState.REJECTED, code, JobState.REJECTED, code)
    assert asset.media is None
    assert job.message
    use = doors.services.catalogue.blob_use(hashlib.sha256(data).hexdigest())
    assert use is None, "what was refused is not served"


async def test_what_is_no_recording_and_no_picture_goes_to_the_tiler_whatever_its_name(doors: Doors) -> None:
    deposit(doors.services, INES, io.BytesIO(HULL), name="voice.mp3")
    came: list[str] = []

    def tile(source: Any, name: str, out: Any, **_: object) -> Any:
        came.append(name)
        raise Invalid("far enough")

    work(doors.services, tile)
    assert came == ["voice.mp3"]


async def test_graphql_tells_type_length_and_size(doors: Doors) -> None:
    heard, _ = deposited(doors.services, recording("flac", 2.0), title="The bell")
    seen, _ = deposited(doors.services, picture("png"), title="The dig")
    query = """query ($a: ID!, $b: ID!) {
        heard: node(id: $a) { ... on Asset { ...all } } seen: node(id: $b) { ... on Asset { ...all } }
    }
    fragment all on Asset {
        state mediaType tileset { tiles } media { url digest mediaType byteLength duration width height }
    }"""
    sent = {"query": query, "variables": {"a": heard.id, "b": seen.id}}
    answer = (await doors.client.post("/graphql", json=sent, headers=doors.bearer())).json()
    assert "errors" not in answer, answer
    sound, photograph = answer["data"]["heard"], answer["data"]["seen"]
    assert heard.media
    assert sound["media"] == {
        "url": sound["media"]["url"],
        "digest": heard.master,
        "mediaType": "audio/flac",
        "byteLength": heard.byte_length,
        "duration": 2.0,
        "width": None,
        "height": None,
    }
    assert sound["media"]["url"].endswith(f"/blobs/{heard.master}.flac")
    assert (sound["state"], sound["mediaType"], sound["tileset"]) == ("READY", "audio/flac", None)
    assert photograph["mediaType"] == "image/png"
    assert [photograph["media"][key] for key in ("mediaType", "duration", "width", "height")] == [
        "image/webp",
        None,
        40,
        20,
    ]
    path = photograph["media"]["url"].partition("/blobs/")[2]
    assert (await doors.client.get(f"/blobs/{path}", headers=doors.bearer())).status_code == 200


async def test_a_recording_is_replaced_by_a_recording_and_by_nothing_else(doors: Doors) -> None:
    services = doors.services
    asset, _ = deposited(services, recording("wav", 1.0))
    better = recording("flac", 2.0)
    deposit_version(services, INES, io.BytesIO(better), asset_id=asset.id, name="better.bin")
    work(services)
    now = services.catalogue.get(Asset, asset.id)
    assert now
    assert now.media
    assert (now.media.duration_s, now.media_type, now.master_name) == (2.0, "audio/flac", "better.bin")
    assert (now.replacement, now.tileset) == (None, None)
    _, job = deposit_version(services, INES, io.BytesIO(picture()), asset_id=asset.id, name="p.jpg")
    work(services)
    ended = services.jobs.job(job.id)
    assert ended
    assert (ended.state, ended.code) == (JobState.REJECTED, "UNSUPPORTED")
    assert "is a picture, and" in ended.message
    assert services.catalogue.get(Asset, asset.id) == now

    _, job = deposit_version(services, INES, io.BytesIO(better), asset_id="asset_temple", name="temple.glb")
    work(services)
    ended = services.jobs.job(job.id)
    assert ended
    assert (ended.state, ended.code) == (JobState.REJECTED, "UNSUPPORTED")
    temple = services.catalogue.get(Asset, "asset_temple")
    assert temple
    assert temple.tileset
    assert (temple.replacement, temple.media) == (None, None)


def _tour(asset: str) -> dict[str, Any]:
    step = TourStep("Bell", "Hear.", Viewpoint((0, 1, 2), (0, 0, 0)), "-0430", audio=Audio(asset=asset))
    return {"title": "A walk", "steps": (step,)}


def _article(asset: str) -> dict[str, Any]:
    return {"title": "T", "bodies": (LocalText("<p>t</p>", "en"),), "pictures": (Picture(asset=asset),)}


async def test_each_is_used_for_what_it_is(doors: Doors) -> None:
    services = doors.services
    sound, photograph = deposited(services, recording("ogg"))[0], deposited(services, picture())[0]
    tour = compose.create(Tour, services, INES, scene="scene_open", **_tour(sound.id)).record
    compose.create(Article, services, INES, scene="scene_open", **_article(photograph.id))
    # A thing of the scene may stand for its picture: viewers go to it.
    compose.create(Article, services, INES, scene="scene_open", **_article("asset_temple"))
    for kind, values, said in (
        (Tour, _tour(photograph.id), "is a picture"),
        (Tour, _tour("asset_temple"), "is a model"),
        (Article, _article(sound.id), "is a recording"),
    ):
        with pytest.raises(Invalid, match=said):
            compose.create(kind, services, INES, scene="scene_open", **values)
    placed = {"asset": sound.id, "layer": "layer_open", "existence": "-0430", "transform": IDENTITY}
    with pytest.raises(Invalid, match="only models stand in a scene"):
        compose.create(Placement, services, INES, **placed)
    with pytest.raises(InUse, match="A walk"):
        compose.remove_asset(services, services.jobs, INES, sound.id)
    compose.remove(Tour, services, INES, tour.id)
    compose.remove_asset(services, services.jobs, INES, sound.id)
    assert services.catalogue.get(Asset, sound.id) is None
