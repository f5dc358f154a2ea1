"""A closer look: two moments at once, colours that say something, a distance, a section, a link to all of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.journeys.barriers import barriers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journeys.conftest import Served, Visit

pytestmark = pytest.mark.browser

SIZE = {"width": 800, "height": 500}
EYE = "eye=26,9,30&target=0,3.5,0"
BOTH = "s.shown.tiles > 0 && s.study.other?.shown.complete"


def sky_to_ground(path: Path, left: float, right: float) -> np.ndarray:
    """What the scene shows between two shares of the picture's width, above the time bar and below the tools."""
    picture = np.asarray(Image.open(path).convert("RGB"), dtype=np.int16)
    rows, columns, _ = picture.shape
    return picture[int(rows * 0.2) : int(rows * 0.55), int(columns * left) : int(columns * right)]


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the pixels that are the same to the eye."""
    return float((np.abs(one - other).max(axis=2) <= 8).mean())


def test_a_curtain_hangs_between_two_moments(served: Served, visiting: Callable[..., Visit]) -> None:
    page = f"{served.url}/exhibitions/journey?capture=1"
    temple = visiting(f"{page}#at=-0430&{EYE}", **SIZE)
    temple.settle("s.shown.tiles > 0")
    church = visiting(f"{page}#at=0600&{EYE}", **SIZE)
    church.settle("s.shown.tiles > 0")
    both = visiting(f"{page}#at=-0430&{EYE}&compare=swipe&other=0600", **SIZE)
    both.settle(BOTH)
    curtain = both.page.get_by_role("slider", name="Boundary between")
    assert curtain.get_attribute("aria-valuetext") == "Left 431 BC, right 600 AD"
    before, after, seen = (visit.picture(f"study-{i}") for i, visit in enumerate((temple, church, both)))
    # Beside the line, which covers a little of both.
    assert alike(sky_to_ground(seen, 0, 0.45), sky_to_ground(before, 0, 0.45)) > 0.97
    assert alike(sky_to_ground(seen, 0.55, 1), sky_to_ground(after, 0.55, 1)) > 0.97
    assert alike(sky_to_ground(before, 0.2, 0.8), sky_to_ground(after, 0.2, 0.8)) < 0.9
    curtain.press("End")
    assert alike(sky_to_ground(both.picture("study-all"), 0, 0.9), sky_to_ground(before, 0, 0.9)) > 0.97


def test_colours_say_what_changed_and_the_address_keeps_all_of_it(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey?capture=1#at=-0430&{EYE}", **SIZE)
    visit.settle("s.shown.tiles > 0")
    visit.page.get_by_role("button", name="Study").click()
    panel = visit.page.locator(".side")
    panel.get_by_label("Change from the other moment").check()
    assert visit.stats()["study"]["layout"] == "swipe", "a change is one between two moments"
    assert "There at the other moment only" in panel.inner_text()
    panel.get_by_label("Two moments, side by side").check()
    panel.get_by_label("Reliability").check()
    panel.get_by_label("Colours for colour-blind eyes").check()
    panel.get_by_label("What is above").check()
    visit.settle(BOTH)
    panel.get_by_role("button", name="Copy a link to what I see").click()
    link = panel.get_by_label("Copy a link to what I see").input_value()
    again = visiting(link, **SIZE)
    again.settle(BOTH)
    for known in ("layout", "scheme", "safe", "cut"):
        assert again.stats()["study"][known] == visit.stats()["study"][known]
    assert again.stats()["study"]["cut"]["side"] == "above"
    again.page.get_by_label("One moment").check()
    assert again.stats()["study"]["other"] is None


def test_a_distance_is_measured_with_the_keyboard_alone(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey#panel=study", **SIZE)
    visit.settle("s.shown.tiles > 0")
    page = visit.page
    page.get_by_role("button", name="Measure a distance").press("Enter")
    middle = page.get_by_role("button", name="Mark the middle of the picture")
    assert barriers(page) == []
    for x in (0.0, 3.0):  # down onto the roof of the temple, which is level
        page.evaluate(f"() => chronotope.camera([{x}, 30, 0.01], [{x}, 0, 0])")
        middle.press("Enter")
    distance = visit.stats()["study"]["distance"]
    assert distance["length"] == pytest.approx(3.0, abs=0.02)
    assert re.match(r"3 m apart; 3 m on the level, .* in height", page.locator(".study-measured").inner_text())


def test_a_link_to_a_thing_opens_it_with_how_to_cite_it_in_the_visitors_language(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey?lang=fr#at=-0430&thing=placement_temple", **SIZE)
    panel = visit.page.locator(".side")
    panel.get_by_role("heading", name="Pourquoi le pensons-nous").wait_for()
    visit.page.wait_for_function("() => document.querySelector('.side .share-text').value.includes('révision')")
    cited = panel.get_by_label("Pour citer").input_value()
    assert cited.startswith("Temple, ")
    assert f"Dans : A small sanctuary. {served.url}/exhibitions/journey" in cited
    assert "thing=placement_temple" in cited
    assert visit.page.locator("html").get_attribute("lang") == "fr"
    assert visit.page.locator(".time-year").inner_text() == "431 av. J.-C."
    model = panel.get_by_role("link", name="Son modèle en 3D Tiles").get_attribute("href")
    assert visit.page.request.get(f"{served.url}{model}").json()["asset"]["version"] == "1.1"


def test_what_happened_stands_on_the_time_bar_and_can_be_gone_to(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey", **SIZE)
    visit.settle("s.shown.tiles > 0")
    event = visit.page.get_by_role("group", name="Events").get_by_role("button")
    event.press("Enter")
    visit.settle("s.lastSeek > 0 && s.answeredSeek === s.lastSeek")
    # The temple's stones became the church: all that is known is that it was in these years.
    assert visit.page.locator(".time-year").inner_text() in event.get_attribute("aria-label")
