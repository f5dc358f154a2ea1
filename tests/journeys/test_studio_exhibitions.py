"""A curator makes an exhibition, tries it on a phone, shows it to everybody and takes it back; the history says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.journeys.barriers import barriers
from tests.journeys.conftest import ARTIFACTS, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser


def test_an_exhibition_is_made_tried_published_and_taken_back(
    served: Served, visiting: Callable[..., Visit], signed_in: Any
) -> None:
    page = visiting(f"{served.url}/studio#exhibitions", storage_state=signed_in, width=1280, height=900).page
    making = page.locator("form.making")
    making.get_by_label("Title").fill("Höfe im Hain")
    making.get_by_label("Scene").select_option(label="A small sanctuary")
    making.get_by_role("button", name="Make the exhibition").click()
    row = page.locator('.exhibition-row[data-slug="hofe-im-hain"]')
    row.get_by_text("Draft", exact=True).wait_for()
    address = f"{served.url}/exhibitions/hofe-im-hain"
    assert httpx.get(address).status_code == 404

    row.get_by_role("button", name="Try it as a visitor").click()
    frame = page.get_by_role("dialog").frame_locator("iframe")
    frame.get_by_role("heading", name="Höfe im Hain").wait_for()
    size = page.locator(".preview-frame").bounding_box()
    assert size
    assert 370 <= size["width"] <= 390
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    row.get_by_role("button", name="Publish").click()
    row.get_by_label("Why").fill("The courts are open")
    row.locator("form").get_by_role("button", name="Publish").click()
    row.get_by_text("For everybody", exact=True).wait_for()
    assert httpx.get(address).status_code == 200
    row.get_by_text("History").click()
    row.get_by_text("The courts are open").wait_for()
    page.screenshot(path=ARTIFACTS / "studio-exhibitions.png", full_page=True)
    assert barriers(page) == []

    row.get_by_role("button", name="Take back").click()
    row.locator("form").get_by_role("button", name="Take back").click()
    row.get_by_text("Draft", exact=True).wait_for()
    assert httpx.get(address).status_code == 404
