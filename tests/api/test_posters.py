from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pytest
from PIL import Image

from api.posters import poster_key
from api.worker import Worker
from scenes.coarse import box_corners, boxes
from scenes.model import Asset, Exhibition, JobState, Layer, Placement, Record, Scene, Viewpoint, Visibility
from scenes.ports import Put
from scenes.surface import encoded
from tests.api.museum import NOON, write_asset

if TYPE_CHECKING:
    from api.services import Services
    from tests.api.museum import Doors

R = TypeVar("R", bound=Record)

CARD, SHARE = "/exhibitions/cube/card.webp", "/exhibitions/cube/share.jpg"


def put(services: Services, *records: Record) -> None:
    services.catalogue.commit([Put(each) for each in records], author="ines", reason="arranged", at=NOON)


def stored(services: Services, kind: type[R], record_id: str) -> R:
    record = services.catalogue.get(kind, record_id)
    assert record is not None
    return record


def work(services: Services) -> bool:
    """What a worker of another process does meanwhile."""
    return Worker(services, tile=None).work_once("w")  # type: ignore[arg-type]


@pytest.fixture
def cube(doors: Doors) -> Services:
    """A red cube on nothing, published."""
    corners = box_corners(np.array([[-1.0, 0.0, -1.0]]), np.array([[1.0, 2.0, 1.0]]))
    model = encoded(boxes(corners, np.array([[0.8, 0.05, 0.05, 1.0]], np.float32)), 0.01)
    services = doors.services
    write_asset(services, "cube", tile=model.data, visibility=Visibility.PUBLIC)
    view = Viewpoint((3, 2, 3), (0, 1, 0))
    put(
        services,
        Scene("scene_cube", "Cube", "", "-0430", Visibility.PUBLIC, view),
        Layer("layer_cube", "scene_cube", "All", 0),
        Placement("placement_cube", "scene_cube", "layer_cube", "asset_cube", "Cube", "-0500/-0400"),
        Exhibition("exhibition_cube", "cube", "Cube", "", "scene_cube", Visibility.PUBLIC),
    )
    return services


async def made(doors: Doors, path: str) -> tuple[np.ndarray, str]:
    """The picture's pixels and its entity tag; made where it isn't yet, however long that takes."""
    answer = None
    while answer is None or answer.status_code == 503:
        asked = asyncio.ensure_future(doors.client.get(path))
        while not asked.done():
            await asyncio.to_thread(work, doors.services)
        answer = asked.result()
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")), answer.headers["etag"]


async def test_a_published_exhibition_has_pictures_in_two_forms(doors: Doors, cube: Services) -> None:
    card, tag = await made(doors, CARD)
    assert card.shape == (400, 640, 3)
    red = (card[..., 0] > 110) & (card[..., 1] < 90)
    assert red[200, 320]
    assert not red[:, :60].any(), "beside the cube is sky"
    share = await doors.client.get(SHARE)
    assert share.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(share.content)).size == (1200, 630)
    assert not work(cube), "one job makes both"
    assert (await doors.client.get(CARD, headers={"If-None-Match": tag})).status_code == 304


def test_a_new_title_makes_no_new_picture_and_a_moved_stone_does(cube: Services) -> None:
    exhibition, placement = stored(cube, Exhibition, "exhibition_cube"), stored(cube, Placement, "placement_cube")
    key = poster_key(cube, exhibition)
    put(cube, replace(placement, title="The red cube"), replace(exhibition, title="Red"))
    assert poster_key(cube, exhibition) == key
    moved = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, -2.0, 0, 0, 1)
    put(cube, replace(placement, transform=moved))
    assert poster_key(cube, exhibition) not in {key, ""}
    put(cube, replace(placement, existence="[-0500..-0400]/-0300"))
    assert poster_key(cube, exhibition) not in {key, ""}, "now it is only possible that it stood"


async def test_what_is_taken_back_is_in_no_picture_from_then_on(doors: Doors, cube: Services) -> None:
    key = poster_key(cube, stored(cube, Exhibition, "exhibition_cube"))
    assert (await doors.client.get(CARD, headers={"If-None-Match": f'"{key}"'})).status_code == 304
    put(cube, replace(stored(cube, Asset, "asset_cube"), visibility=Visibility.DRAFT))
    # Not by its tag either, and not to a curator: it shows what anybody may see.
    answer = await doors.client.get(CARD, headers={"If-None-Match": f'"{key}"', **doors.bearer()})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_a_draft_has_no_picture_and_neither_has_what_is_not_there(doors: Doors) -> None:
    for path in ("/exhibitions/next-year/card.webp", "/exhibitions/no-such/card.webp", "/exhibitions/terrace/card.png"):
        assert (await doors.client.get(path, headers=doors.bearer())).status_code == 404
    assert not work(doors.services), "and nothing is done for it"


async def test_whoever_publishes_need_not_be_asked_for_the_picture(doors: Doors, cube: Services) -> None:
    put(cube, replace(stored(cube, Exhibition, "exhibition_cube"), visibility=Visibility.DRAFT))
    query = 'mutation { publishExhibition(id: "exhibition_cube") { exhibition { slug } } }'
    for _ in range(2):
        answer = await doors.client.post("/graphql", json={"query": query}, headers=doors.bearer())
        assert "errors" not in answer.json(), answer.text
    (job,) = cube.jobs.jobs_of(("exhibition_cube",))["exhibition_cube"]
    assert (job.kind, job.state) == ("poster", JobState.QUEUED)
