"""A curator tells of a place: a note at a thing, a text, a tour made by flying; and visits it all as a visitor does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.journeys.barriers import barriers
from tests.journeys.conftest import ARTIFACTS, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser


@pytest.mark.long
def test_notes_texts_and_tours_are_made_by_hand_and_visited(
    served: Served, visiting: Callable[..., Visit], signed_in: Any
) -> None:
    page = visiting(f"{served.url}/studio", storage_state=signed_in, width=1280, height=900).page
    page.get_by_label("A new scene").fill("The mole")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("A thing to place").locator("option", has_text="Temple").wait_for(state="attached")
    page.get_by_label("A thing to place").select_option(label="Temple")
    page.wait_for_function("() => studio.things.length === 1 && studio.journal.waiting === 0 && studio.shown.tiles > 0")
    page.get_by_role("tab", name="Stories").click()
    stories = page.locator(".stories")

    # Who points at nothing and leaves the note has the picture as before: a click chooses the thing.
    page.get_by_role("button", name="A new note").click()
    page.get_by_role("button", name="Point at its place").click()
    page.get_by_role("button", name="Cancel").click()
    canvas = page.locator("canvas.view").bounding_box()
    assert canvas
    middle = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2
    page.mouse.click(*middle)
    page.get_by_role("tab", name="Thing", selected=True).wait_for()
    page.get_by_role("tab", name="Stories").click()

    # A note, pinned where the picture is pointed at.
    page.get_by_role("button", name="A new note").click()
    stories.get_by_label("Title").fill("A mason's mark")
    page.get_by_label("Text", exact=True).fill("Seen *first* in **1912**.")
    page.locator(".story-preview strong", has_text="1912").wait_for()
    page.get_by_role("button", name="Point at its place").click()
    page.mouse.click(*middle)
    page.get_by_text("Its pin stands where the mark is.").wait_for()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="A mason's mark").wait_for()

    # A text in two languages.
    page.get_by_role("button", name="A new text").click()
    stories.get_by_label("Title").fill("How it was built")
    page.get_by_label("Text", exact=True).fill("- quarried\n- shipped")
    page.get_by_label("Language of the text").select_option(value="la")
    page.get_by_label("Text", exact=True).fill("Opus **quadratum**.")
    page.get_by_role("button", name="Save").click()

    # A tour: two views at two moments, of which the second is put first.
    page.get_by_role("button", name="A new tour").click()
    stories.get_by_label("Title").fill("Along the mole")
    for words in ("It began here.", "And it went on there."):
        page.get_by_role("button", name="Keep this view").click()
        page.get_by_label("What is told here").fill(words)
        page.locator(".time-track").click(position={"x": 200, "y": 10})
    page.get_by_role("button", name="Earlier: Stop 2").click()
    assert barriers(page) == []
    page.screenshot(path=ARTIFACTS / "studio-stories.png")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Along the mole").get_by_text("2 stops").wait_for()

    # Edited again, it says what it said.
    page.get_by_role("button", name="How it was built").click()
    assert page.get_by_label("Text", exact=True).input_value() in {"- quarried\n- shipped", "Opus **quadratum**."}
    page.get_by_role("button", name="Cancel").click()

    # What a visitor gets of it.
    page.goto(f"{served.url}/studio#exhibitions")
    making = page.locator("form.making")
    making.get_by_label("Title").fill("The mole")
    making.get_by_label("Scene").select_option(label="The mole")
    making.get_by_role("button", name="Make the exhibition").click()
    page.locator('.exhibition-row[data-slug="the-mole"]').wait_for()
    visit = visiting(f"{served.url}/exhibitions/the-mole", storage_state=signed_in)
    visit.settle("s.shown.tiles > 0")
    visit.page.get_by_role("button", name="Note: A mason's mark").click()
    visit.page.locator(".pin-card strong", has_text="1912").wait_for()
    visit.page.get_by_role("button", name="Tour", exact=True).click()
    visit.page.get_by_text("And it went on there.").wait_for()
