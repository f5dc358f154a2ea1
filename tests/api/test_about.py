from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from starlette.requests import Request

from api.about import About, language_of, of_exhibition, with_about
from scenes.model import Epoch, Exhibition, Georeference, Scene, Viewpoint, Visibility
from scenes.ports import Put
from tests.api.museum import NOON

if TYPE_CHECKING:
    from tests.api.museum import Doors

PAGE = '<!doctype html><html lang="en"><head><title>x</title></head>'


def asking(language: str = "", query: str = "") -> Request:
    headers = [(b"accept-language", language.encode())] if language else []
    return Request({"type": "http", "headers": headers, "query_string": query.encode()})


def data_in(page: str) -> Any:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert found
    return json.loads(found[1])


async def test_a_shared_exhibition_tells_its_time_and_place(doors: Doors) -> None:
    services = doors.services
    place = Georeference(longitude=23.7263, latitude=37.9715)
    view = Viewpoint((1, 1, 1), (0, 0, 0))
    scene = Scene("scene_hill", "The hill", "", "-0430", Visibility.PUBLIC, view, georeference=place)
    exhibition = Exhibition("exhibition_hill", "hill", "Hill", "<p>Of <b>stones</b></p>", scene.id, Visibility.PUBLIC)
    epochs = [
        Epoch("epoch_a", scene.id, "Grove", "-0599/-0500"),
        Epoch("epoch_b", scene.id, "Ruin", "0391/1200~"),
        Epoch("epoch_c", scene.id, "Undated"),
    ]
    everything = [Put(each) for each in (scene, exhibition, *epochs)]
    services.catalogue.commit(everything, author="ines", reason="made", at=NOON)
    page = with_about(PAGE, of_exhibition(services, exhibition, "https://m.example"), language="it")
    assert '<html lang="it">' in page
    assert '<link rel="canonical" href="https://m.example/exhibitions/hill">' in page
    assert '<meta property="og:image" content="https://m.example/exhibitions/hill/share.jpg">' in page
    assert 'type="application/json+oembed"' in page
    data = data_in(page)
    assert data["description"] == "Of stones"
    assert data["temporalCoverage"] == "-0599/1200"
    assert data["spatialCoverage"]["geo"] == {
        "@type": "GeoCoordinates",
        "latitude": 37.9715,
        "longitude": 23.7263,
    }


async def test_where_a_scene_lies_is_told_to_nobody_where_not_everybody_may_know(doors: Doors) -> None:
    services = doors.services
    place = Georeference(longitude=23.7263, latitude=37.9715)
    view = Viewpoint((1, 1, 1), (0, 0, 0))
    scene = Scene(
        "scene_dig", "The dig", "", "-0430", Visibility.PUBLIC, view,
        georeference=place, georeference_for=Visibility.DRAFT,
    )  # fmt: skip
    exhibition = Exhibition("exhibition_dig", "dig", "Dig", "", scene.id, Visibility.PUBLIC)
    services.catalogue.commit([Put(scene), Put(exhibition)], author="ines", reason="made", at=NOON)
    page = with_about(PAGE, of_exhibition(services, exhibition, "https://m.example"), language="en")
    assert "23.7" not in page


def test_data_cannot_end_the_element_that_it_stands_in() -> None:
    evil = '</script><script>alert("1")</script>&<!--'
    page = with_about(PAGE, About("https://m.example/", evil, evil, data={"name": evil}), language="en")
    assert "<script>alert" not in page
    assert data_in(page)["name"] == evil


def test_a_page_without_a_title_gets_one() -> None:
    assert "<head><title>Ö</title>" in with_about("<head></head>", About("", "Ö", ""), language="en")


def test_a_description_of_the_build_is_replaced() -> None:
    page = '<head><meta name="description" content="old"><title>x</title>'
    told = with_about(page, About("", "t", "new"), language="en")
    assert "old" not in told
    assert 'content="new"' in told


@pytest.mark.parametrize(
    ("header", "query", "spoken"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "", "de"),
        ("ja,fr;q=0.3,it;q=0.7", "", "it"),
        ("ja", "", "en"),
        ("de", "lang=fr", "fr"),
        ("de", "lang=xx", "de"),
        ("en;q=x,;;,de;q=9,*", "", "en"),
        ("", "", "en"),
    ],
)
def test_the_page_is_said_to_be_in_the_language_that_it_will_speak(header: str, query: str, spoken: str) -> None:
    assert language_of(asking(header, query)) == spoken
