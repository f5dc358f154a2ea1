"""A visitor opens an exhibition and drags time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.journeys.barriers import barriers
from tests.journeys.conftest import Visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"), dtype=np.int16)


def changed(before: Path, after: Path) -> float:
    """Share of the pixels that differ to the eye."""
    return float((np.abs(pixels(before) - pixels(after)).max(axis=2) > 24).mean())


def drag_time(visit: Visit, epoch: str) -> None:
    """Drag the handle of the time bar to the middle of an epoch's band, in steps as a hand does."""
    page = visit.page
    handle = page.locator(".time-head").bounding_box()
    band = page.locator(".time-band", has_text=epoch).bounding_box()
    assert handle
    assert band
    y = band["y"] + band["height"] / 2
    page.mouse.move(handle["x"], y)
    page.mouse.down()
    page.mouse.move(band["x"] + band["width"] / 2, y, steps=12)
    page.mouse.up()


SPARES_DATA = "Object.defineProperty(navigator, 'connection', { value: { saveData: true } })"
"""a visitor who asks for it is sent nothing in advance, so that what is counted is what a moment needs"""


def test_dragging_time_across_an_epoch_changes_the_picture_for_few_bytes(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey?capture=1", script=SPARES_DATA)
    page = visit.page
    first = visit.settle("s.shown.tiles > 0 && s.tiles.failed === 0")
    assert first["at"] == "-0430"
    assert page.locator(".time-year").inner_text() == "431 BC"
    assert page.locator(".time-epoch").inner_text() == "Temple"
    temple = visit.picture("visitor-temple")
    assert np.unique(pixels(temple).reshape(-1, 3), axis=0).shape[0] > 500, "something is drawn"

    drag_time(visit, "Church")
    second = visit.settle("s.answeredSeek > 0 && s.answeredSeek === s.lastSeek && s.shown.state > 1")
    assert page.locator(".time-epoch").inner_text() == "Church"
    church = visit.picture("visitor-church")
    visit.picture("visitor-church-page", "page")
    assert changed(temple, church) > 0.02
    step = second["chunkBytes"] - first["chunkBytes"]
    # Whoever comes at this moment gets all of it; the step brings the church alone, and the grove is there already.
    cold = visiting(page.url, script=SPARES_DATA).settle("s.shown.tiles > 0")
    assert cold["at"] == second["at"]
    assert 0 < step < 0.6 * cold["chunkBytes"]

    # And back: what stood before is held, so it costs almost nothing.
    drag_time(visit, "Temple")
    third = visit.settle(f"s.answeredSeek === s.lastSeek && s.lastSeek > {second['lastSeek']}")
    back = third["chunkBytes"] - second["chunkBytes"]
    assert back < step / 4
    assert third["tiles"]["failed"] == third["tiles"]["damaged"] == 0


def test_what_is_only_possible_is_drawn_as_a_ghost_and_can_be_left_out(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey?capture=1#at=-0625", width=960, height=600)
    shown = visit.settle("s.shown.tiles > 0")["shown"]
    assert shown["ghosts"] > 0
    assert "possibly" in visit.page.locator(".time-standing").inner_text()
    visit.page.get_by_role("button", name="Readings").click()
    visit.page.get_by_label("Show what is possible").uncheck()
    assert visit.settle("s.answeredSeek === s.lastSeek && s.lastSeek > 0 && s.standing === 1")["shown"]["ghosts"] == 0


def test_rival_readings_are_a_switch_with_authors_and_reasons(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(
        f"{served.url}/exhibitions/journey?capture=1#at=-0400&eye=4,3,32&target=0,2.5,21", width=960, height=600
    )
    page = visit.page
    visit.settle("s.shown.tiles > 0")
    bronze = visit.picture("visitor-bronze")
    page.get_by_role("button", name="Readings").click()
    panel = page.locator(".side")
    assert "P. Argyros" in panel.inner_text()
    assert "A marble toe in the cistern." in panel.inner_text()
    panel.get_by_label("A marble").check()
    visit.settle("s.answeredSeek === s.lastSeek && s.lastSeek > 0")
    panel.get_by_role("button", name="Close").click()
    assert changed(bronze, visit.picture("visitor-marble")) > 0.005


def test_a_thing_says_why_we_think_so_and_notes_stand_in_their_time(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey", width=1024, height=640, reduced_motion="reduce")
    page = visit.page
    visit.settle("s.shown.tiles > 0")
    page.get_by_role("button", name="Here now").click()
    here = page.locator(".side")
    assert "Temple" in here.inner_text()
    assert "Shrine" not in here.inner_text()
    here.get_by_role("button", name="Temple").click()
    assert "Foundations of the temple were found in place." in here.inner_text()
    assert "CC0" in here.inner_text()
    assert "Notebook 12, page 4" in here.inner_text()
    assert barriers(page) == []
    page.keyboard.press("Escape")

    assert page.locator(".pin:not([hidden])").count() == 1
    page.get_by_role("button", name="Note: A dedication").click()
    assert page.locator(".pin-card em").inner_text() == "Philon"
    assert barriers(page) == []
    slider = page.get_by_role("slider", name="Moment in time")
    slider.focus()
    slider.press("PageDown")
    assert slider.get_attribute("aria-valuetext") != ""
    visit.settle("s.answeredSeek === s.lastSeek && s.lastSeek > 0")
    assert page.get_by_role("button", name="Note: Post holes").count() == 1
    assert page.locator(".pin-card").is_hidden()


def test_a_tour_moves_through_space_and_time(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey", width=960, height=600, reduced_motion="reduce")
    page = visit.page
    visit.settle("s.shown.tiles > 0")
    page.get_by_role("button", name="Tour").click()
    page.locator(".tour").get_by_role("button", name="Next").click()
    visit.settle("s.at === '0450' && s.answeredSeek === s.lastSeek")
    assert page.locator(".tour h2").inner_text() == "The church"
    assert page.locator(".time-year").inner_text() == "450 AD"


def test_a_lost_connection_is_said_and_resumed_without_sending_again(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey", width=960, height=600)
    page = visit.page
    before = visit.settle("s.shown.tiles > 0")
    # Hidden pages let go of their stream; coming back resumes with what is held.
    hide = """(state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }"""
    page.evaluate(hide, "hidden")
    assert page.locator(".link").inner_text() == "Paused"
    page.evaluate(hide, "visible")
    after = visit.settle(f"s.connections === 2 && s.cutsApplied > {before['cutsApplied']}")
    assert after["shown"]["tiles"] == before["shown"]["tiles"]
    assert after["tiles"]["decoded"] == before["tiles"]["decoded"]
    assert after["chunkBytes"] - before["chunkBytes"] < before["chunkBytes"] / 4


def test_the_phone_sees_the_whole_building_and_the_whole_bar(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(
        f"{served.url}/exhibitions/journey?capture=1", width=390, height=844, has_touch=True, is_mobile=True
    )
    visit.settle("s.shown.tiles > 0")
    visit.picture("visitor-phone", "page")
    box = visit.page.locator(".time").bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    visit.page.touchscreen.tap(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.62)
    visit.settle("s.answeredSeek === s.lastSeek && s.lastSeek > 0")


def test_a_small_device_lets_go_of_what_it_no_longer_shows(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey?bytes=50000&triangles=12000", width=960, height=600)
    visit.settle("s.shown.tiles > 0")
    bar = visit.page.get_by_role("slider", name="Moment in time")
    bar.focus()
    seeks = 0
    for key in ("Home", "PageUp", "PageUp", "PageUp", "PageDown", "End", "PageDown"):
        bar.press(key)
        stats = visit.settle(f"s.answeredSeek === s.lastSeek && s.lastSeek > {seeks}")
        seeks = stats["lastSeek"]
    assert stats["at"] != "-0430"
    assert stats["tiles"]["failed"] == stats["tiles"]["damaged"] == 0
    # What came in all is more than the device holds, so something was let go.
    assert stats["chunkBytes"] > 50_000
    assert stats["held"] < stats["tiles"]["decoded"]


def test_walking_stays_on_the_ground(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey?capture=1&triangles=30000", width=960, height=600)
    page = visit.page
    before = visit.settle("s.shown.tiles > 0")
    page.get_by_role("button", name="Walk").click()
    standing = page.evaluate("() => chronotope.eye()")
    assert abs(standing[1] - 1.65) < 0.6, "on level ground, eyes are at eye height"
    page.locator("canvas.view").focus()
    page.keyboard.down("w")
    page.wait_for_function(
        "([x, , z]) => { const e = chronotope.eye(); return Math.hypot(e[0] - x, e[2] - z) > 1; }", arg=standing
    )
    page.keyboard.up("w")
    visit.settle(f"s.lastLook > {before['lastLook']} && s.shown.look === s.lastLook")
    visit.picture("visitor-walking", "page")
