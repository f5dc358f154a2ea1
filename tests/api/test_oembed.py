from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.api.museum import Doors

PAGE = "http://127.0.0.1:8000/exhibitions/terrace"


async def test_another_site_learns_how_to_frame_an_exhibition(doors: Doors) -> None:
    answer = await doors.client.get("/oembed", params={"url": f"{PAGE}?lang=it#at=-0430", "maxwidth": "480"})
    told = answer.json()
    assert (told["version"], told["type"], told["width"], told["height"]) == ("1.0", "rich", 480, 300)
    assert 'src="http://127.0.0.1:8000/embed/terrace"' in told["html"]
    assert 'title="Stones &amp; &quot;Gods&quot; \\1"' in told["html"]
    assert told["thumbnail_url"] == f"{PAGE}/card.webp"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8000/exhibitions/next-year",
        "http://127.0.0.1:8000/exhibitions/no-such",
        "http://127.0.0.1:8000/studio",
        "http://elsewhere.example/exhibitions/terrace",
        "http://[",
        "javascript:alert(1)",
    ],
)
async def test_of_drafts_strangers_and_nonsense_nothing_is_known(doors: Doors, address: str) -> None:
    answer = await doors.client.get("/oembed", params={"url": address}, headers=doors.bearer())
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_a_size_that_is_none_and_a_format_that_is_not_offered(doors: Doors) -> None:
    wrong = await doors.client.get("/oembed", params={"url": PAGE, "maxwidth": "-3"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "INVALID")
    assert (await doors.client.get("/oembed", params={"url": PAGE, "format": "xml"})).status_code == 501
    assert (await doors.client.get("/oembed")).status_code == 422


async def test_a_page_links_to_what_is_told_of_it(doors: Doors) -> None:
    page = (await doors.client.get("/exhibitions/terrace")).text
    found = re.search(r'<link rel="alternate" type="application/json\+oembed" href="([^"]+)"', page)
    if found is None:
        pytest.skip("the front end is not built here")
    assert (await doors.client.get(found[1].replace("&amp;", "&"))).json()["title"] == 'Stones & "Gods" \\1'
