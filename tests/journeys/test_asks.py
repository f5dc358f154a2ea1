"""A visitor asks: of a thing, how we know and what became of it; of the tour, to hear it; of the place, to read of "
"it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.journeys.conftest import Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser

VIEW = "eye=26,9,30&target=0,3.5,0"


def asked(
    served: Served, visiting: Callable[..., Visit], title: str, at: str, **screen: object
) -> tuple[Visit, Locator]:
    """The panel of a thing at a moment, once all that is known of it is there."""
    visit = visiting(
        f"{served.url}/exhibitions/journey?capture=1#at={at}&{VIEW}", reduced_motion="reduce", locale="en-GB", **screen
    )
    visit.settle("s.shown.tiles > 0")
    visit.page.get_by_role("button", name="Here now").click()
    visit.page.locator(".side").get_by_role("button", name=title).click()
    panel = visit.page.locator(".side")
    panel.locator(".records summary").last.wait_for()
    return visit, panel


def test_a_thing_tells_what_became_of_it_and_leads_there(served: Served, visiting: Callable[..., Visit]) -> None:
    visit, panel = asked(served, visiting, "Temple", "-0430", width=1024, height=720)
    words = panel.inner_text()
    for told in (
        "From temple to church",
        "The same walls, the other way round.",
        "Chronicle, year 391",
        "Philon · dedication",
        "for a safe return",
        "Built in a dry year",
        "The rings of its beams say so.",
        "Notebook 12, page 4",
        "CC0: no rights reserved",
    ):
        assert told in words
    visit.picture("asks-temple", "page")
    panel.get_by_role("button", name="Deutsch").click()
    assert "Die Ringe seiner Balken zeigen es." in panel.inner_text()

    panel.get_by_role("button", name="Church", exact=True).click()
    assert panel.locator("h2").inner_text() == "Church"
    assert "It does not stand at this moment." in panel.inner_text()
    panel.get_by_text("Dated by a period: Classical period").wait_for()
    assert "Began when Shrine was gone" in panel.inner_text()
    assert "In place of Temple" in panel.inner_text()
    panel.get_by_role("button", name="Go to its time").click()
    visit.settle("s.answeredSeek > 0 && s.answeredSeek === s.lastSeek")
    assert visit.page.locator(".time-epoch").inner_text() == "Church"
    panel.get_by_text("Stands here for certain").wait_for()


def test_what_a_machine_made_says_so_and_what_narrows_it(served: Served, visiting: Callable[..., Visit]) -> None:
    visit, panel = asked(served, visiting, "Shrine", "-0600", width=1024, height=720)
    words = panel.inner_text()
    assert "Made by a machine shrine-maker 2.1: From six post holes." in words
    assert "Narrowed by what is said of it" in words
    assert "Was made no earlier than 629 BC" in words
    assert "A coin below its floor" in words
    assert "Was gone before Church began" in words
    visit.picture("asks-shrine", "page")


def test_an_object_has_a_fate_on_a_phone_too(served: Served, visiting: Callable[..., Visit]) -> None:
    visit, panel = asked(served, visiting, "Bronze", "-0400", width=390, height=844, has_touch=True)
    assert panel.locator(".facts dd").all_inner_texts() == ["Statue", "Height 4.2 m"]
    fates = panel.locator(".timeline > li")
    assert [each.locator("strong").inner_text() for each in fates.all()] == ["Stolen", "Returned"]
    assert "is-loss" in str(fates.first.get_attribute("class"))
    assert "register 7" in fates.first.inner_text()
    box = panel.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth"), "nothing is cut off at the side"
    visit.picture("asks-phone", "page")


def test_the_tour_is_heard_with_its_words(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey", width=960, height=640, reduced_motion="reduce")
    page = visit.page
    visit.settle("s.shown.tiles > 0")
    page.get_by_role("button", name="Tour").click()
    card = page.locator(".tour")
    assert page.evaluate("() => document.querySelector('audio').paused"), "nothing sounds unasked"
    card.get_by_role("button", name="Play").click()
    card.locator(".player-words").get_by_text("As long as you live, shine").wait_for()
    assert card.locator(".player-words [lang=grc]").inner_text() == "Ὅσον ζῇς, φαίνου"
    page.wait_for_function("() => document.querySelector('audio').currentTime > 0.2")
    assert page.evaluate("() => Math.round(document.querySelector('audio').duration)") == 4
    assert card.locator(".player-title").inner_text() == "A string · Ancient Greek"
    visit.picture("asks-tour", "page")
    card.get_by_role("button", name="Pause").click()
    card.get_by_role("button", name="Captions").click()
    assert card.locator(".player-words").is_hidden()
    card.get_by_role("button", name="Next").click()
    assert page.locator("audio").count() == 0


def test_texts_are_read_in_ones_own_language(served: Served, visiting: Callable[..., Visit]) -> None:
    visit = visiting(f"{served.url}/exhibitions/journey", width=960, height=640, locale="de-AT")
    page = visit.page
    visit.settle("s.shown.tiles > 0")
    page.get_by_role("button", name="Lesen", exact=True).click()
    page.get_by_role("button", name="Four lives").click()
    article = page.locator(".article")
    article.locator(".prose em").wait_for()
    assert article.locator(".prose").inner_text() == "Ein Ort."
    article.get_by_role("button", name="English").click()
    assert article.locator(".prose").inner_text() == "One place."
    page.get_by_role("button", name="Alle Texte").click()
    assert page.get_by_role("button", name="Four lives").is_visible()
