"""Who runs the museum sees what failed and mends it, invites somebody, and makes a token that opens and is ended."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api import accounts
from api.services import open_services
from api.settings import from_environment
from scenes.model import Actor, Role
from tests.journeys.barriers import barriers
from tests.journeys.conftest import ARTIFACTS, Visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser

PASSWORD = "a long enough one"


def test_an_administrator_mends_what_failed_invites_somebody_and_makes_a_token(
    served: Served, visiting: Callable[..., Visit], tmp_path: Path
) -> None:
    with open_services(from_environment({}, data=served.data)) as services:
        accounts.add(services, Actor("root", Role.ADMINISTRATOR), "Ada", Role.ADMINISTRATOR, password=PASSWORD)
    visit = visiting(f"{served.url}/sign-in?next=/studio", width=1280, height=900)
    page = visit.page
    page.locator("input[name=name]").fill("Ada")
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    # What cannot be read is listed with what to do; it is removed, brought back, and read once more.
    letter = tmp_path / "letter-to-ada.glb"
    letter.write_text("Dear Ada,\n")
    page.locator("#files").set_input_files(letter)
    page.locator(".doing-row.is-bad").wait_for()
    page.get_by_role("link", name="Museum").click()
    row = page.locator(".trouble-row", has_text="letter-to-ada")
    assert "deposit a mended file" in row.inner_text()
    row.get_by_role("button", name="Remove").click()
    row.get_by_role("button", name="Yes, remove it").click()
    gone = page.locator("#removed ~ div tr", has_text="letter-to-ada")
    gone.get_by_role("button", name="Bring back").click()
    page.get_by_text("letter-to-ada is back as it was.").wait_for()
    page.reload()
    row.get_by_role("button", name="Read again").click()
    page.get_by_text("letter-to-ada is being read again.").wait_for()
    page.locator("#work ~ div tr", has_text="letter-to-ada").nth(1).wait_for()
    assert re.search(r"As deposited, in every version\s+[\d.]+ MB", page.locator(".figures").inner_text())

    # Somebody is invited, gets a role in one exhibition, and is let in no more.
    page.get_by_label("Name to sign in with").fill("Ben")
    page.get_by_role("button", name="Invite").click()
    link = page.get_by_label("Send Ben this link.").input_value()
    assert link.startswith(f"{served.url}/studio?key=ct_")
    ben = page.locator("#members ~ div tr", has_text="Ben")
    ben.get_by_label("Role of Ben in the museum").select_option(label="member")
    page.get_by_text("Ben: member").wait_for()
    ben.get_by_text("Give a role in an exhibition").click()
    ben.get_by_role("button", name="Give").click()
    ben.locator(".chip", has_text="curator").wait_for()
    ben.get_by_role("button", name="Let in no more").click()
    ben.get_by_text("let in no more since").wait_for()

    # A token opens what it is for until it is ended.
    page.get_by_label("What you call it").fill("scanner")
    page.get_by_role("button", name="Make a token").click()
    token = page.get_by_label("Shown this one time").input_value()
    assert name_of(served, token) == "Ada"
    scanner = page.locator("#tokens ~ div tr", has_text="scanner")
    assert "reading, depositing files" in " ".join(scanner.inner_text().split())
    assert barriers(page) == []
    page.screenshot(path=ARTIFACTS / "studio-museum.png", full_page=True)
    scanner.get_by_role("button", name="End").click()
    page.get_by_text("opens nothing any more").wait_for()
    assert name_of(served, token) is None


def test_a_curator_without_an_account_is_told_how_to_come_by_one(
    served: Served, visiting: Callable[..., Visit], signed_in: Any
) -> None:
    visit = visiting(f"{served.url}/studio?lang=de#museum", storage_state=signed_in, width=390, height=844)
    page = visit.page
    page.get_by_text("chronotope account add").wait_for()
    page.get_by_role("heading", name="Was aufbewahrt wird").wait_for()
    assert page.get_by_label("Name zum Anmelden").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert barriers(page) == []


def name_of(served: Served, token: str) -> str | None:
    """Whom a token opens for; None where it opens nothing."""
    answer = httpx.post(
        f"{served.url}/graphql", json={"query": "{ me { name } }"}, headers={"Authorization": f"Bearer {token}"}
    )
    return answer.json()["data"]["me"]["name"] if answer.status_code == 200 else None
