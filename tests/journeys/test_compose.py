"""A curator composes a scene: in space and in time, undone and done again, without a connection, beside another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.auth import make_token
from api.services import open_services
from api.settings import from_environment
from scenes.model import Actor, Role
from tests.journeys.barriers import barriers
from tests.journeys.conftest import ARTIFACTS, Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser

RENAME = "mutation Rename($input: UpdatePlacementInput!) { updatePlacement(input: $input) { placement { title } } }"


def things(page: Page, holds: str) -> list[dict[str, Any]]:
    """What stands in the scene as the page knows it, once all is saved and that holds of `t`."""
    page.wait_for_function(
        f"() => {{ const t = studio.things; return studio.journal.waiting === 0 && {holds}; }}", timeout=60_000
    )
    known: list[dict[str, Any]] = page.evaluate("() => studio.things")
    return known


def renamed(served: Served, placement: str, title: str) -> None:
    """Another curator gives a thing another name."""
    with open_services(from_environment({}, data=served.data)) as services:
        token = make_token(services.tokens, Actor("ines", Role.CURATOR), at=services.clock.now())
    answer = httpx.post(
        f"{served.url}/graphql", json={"query": RENAME, "variables": {"input": {"id": placement, "title": title}}},
        headers={"Authorization": f"Bearer {token}"},
    ).json()  # fmt: skip
    assert answer["data"]["updatePlacement"]["placement"]["title"] == title, answer


def test_a_curator_composes_a_scene_in_space_and_in_time(
    served: Served, visiting: Callable[..., Visit], signed_in: Any
) -> None:
    visit = visiting(f"{served.url}/studio", storage_state=signed_in, width=1280, height=860)
    page = visit.page
    page.get_by_label("A new scene").fill("The harbour")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("heading", name="The harbour").wait_for()

    # A thing, and when it stood, as people write it.
    page.get_by_label("A thing to place").locator("option").nth(1).wait_for(state="attached")
    page.get_by_label("A thing to place").select_option(index=1)
    (first,) = things(page, "t.length === 1")
    page.get_by_label("When it stood").fill("1205 to about 1250")
    page.locator(".meaning").first.click()
    assert things(page, "t[0].existence.startEarliestYear === 1205")[0]["existence"]["endLatestYear"] >= 1250
    page.wait_for_function("() => studio.shown.tiles > 0")

    # By numbers, and back.
    x = page.get_by_label("Place: x")
    before = first["transform"][12]
    x.fill("3,5")
    x.press("Enter")
    things(page, "Math.abs(t[0].transform[12] - 3.5) < 1e-6")
    page.get_by_role("button", name="Undo").click()
    things(page, f"Math.abs(t[0].transform[12] - {before}) < 1e-6")
    page.get_by_role("button", name="Redo").click()
    things(page, "Math.abs(t[0].transform[12] - 3.5) < 1e-6")

    # By the track: a bound by keys, and another one dragged.
    handle = page.get_by_role("slider", name="Lasted at most to")
    handle.focus()
    last = things(page, "true")[0]["existence"]["endLatestYear"]
    handle.press("Shift+ArrowRight")
    (dated,) = things(page, f"t[0].existence.endLatestYear === {last} + 10")
    assert dated["existence"]["text"].endswith(f"..{last + 10}]")
    page.wait_for_timeout(1000)  # the bar is laid anew over more years
    box = page.get_by_role("slider", name="Begun not before").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 60, box["y"] + 5, steps=4)
    page.mouse.up()
    things(page, "t[0].existence.startEarliestYear < 1205 && t[0].existence.startLatestYear >= 1205")

    # Another one, removed and brought back as it was.
    page.get_by_role("button", name="Duplicate").click()
    both = things(page, "t.length === 2")
    page.locator(f'.track[data-id="{both[1]["id"]}"] .track-name').click()
    page.get_by_role("button", name="Remove").click()
    things(page, "t.length === 1")
    page.get_by_role("button", name="Undo").click()
    assert {one["id"] for one in things(page, "t.length === 2")} == {one["id"] for one in both}

    # What is said of their times is drawn between their tracks; what cannot be true beside it is refused in words.
    page.locator(f'.track[data-id="{both[0]["id"]}"] .track-name').click()
    page.get_by_text("Say how it lies to another").click()
    relation = page.locator(".relations select").first
    relation.select_option(label="stood on the same days as the other")
    page.get_by_role("button", name="Say so").click()
    page.locator(".said", has_text="Stood on the same days as").wait_for()
    assert page.locator(".track-links path.is-mutual").count() == 1
    relation.select_option(label="was gone before the other began")
    page.get_by_role("button", name="Say so").click()
    page.locator(".relations .bad").wait_for()
    assert page.locator(".said li").count() == 1
    # A rival reading, of which the thing becomes a part.
    page.get_by_text("Rival readings").click()
    page.get_by_label("Title").fill("It was never roofed")
    page.get_by_label("Who holds it").fill("A. Mason")
    page.locator(".readings-choice").get_by_label("Why we think so").fill("No tile was found.")
    page.get_by_role("button", name="Branch off").click()
    page.locator(".inspector-thing label", has_text="Part of every one").locator("select").select_option(
        label="It was never roofed"
    )
    things(page, "t.filter((one) => one.hypothesis).length === 1")

    page.screenshot(path=ARTIFACTS / "compose.png")
    assert barriers(page) == []


def test_edits_wait_for_the_connection_and_nobody_s_work_is_lost(
    served: Served, visiting: Callable[..., Visit], signed_in: Any
) -> None:
    visit = visiting(f"{served.url}/studio", storage_state=signed_in)
    page = visit.page
    page.get_by_label("A new scene").fill("The quay")
    page.get_by_role("button", name="Begin").click()
    page.get_by_label("A thing to place").locator("option").nth(1).wait_for(state="attached")
    page.get_by_label("A thing to place").select_option(index=1)
    (thing,) = things(page, "t.length === 1")

    # Another curator's change is seen without asking.
    renamed(served, thing["id"], "The crane")
    things(page, "t[0].title === 'The crane'")

    # Without a connection an edit waits on the device; meanwhile the other one changes the same thing.
    page.context.set_offline(True)
    y = page.get_by_label("Place: y")
    y.fill("2")
    y.press("Enter")
    page.get_by_text("kept on this device").wait_for()
    renamed(served, thing["id"], "The great crane")
    page.context.set_offline(False)
    page.get_by_role("alert").get_by_text("did not take").wait_for(timeout=30_000)
    page.get_by_role("button", name="Put mine over it").click()
    (kept,) = things(page, "Math.abs(t[0].transform[13] - 2) < 1e-6 && t[0].title === 'The great crane'")
    assert kept["id"] == thing["id"]
    # What the browser says of the time without a connection is no problem of the page's.
    visit.problems[:] = [one for one in visit.problems if "ERR_INTERNET_DISCONNECTED" not in one]
