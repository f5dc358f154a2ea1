"""A guided visit: a guide and two visitors, each in a Chromium page of their own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.auth import make_token
from api.services import open_services
from api.settings import from_environment
from scenes.model import Actor, Role
from tests.journeys.conftest import Visit
from tests.journeys.small_records import SCENE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.conftest import Served

pytestmark = pytest.mark.browser

OPEN_ROOM = "mutation Open($scene: ID!) { openRoom(scene: $scene) { room visitorLink guideLink } }"
SIZE = {"width": 720, "height": 480}


def opened(served: Served) -> dict[str, str]:
    """A room as a curator opens it."""
    with open_services(from_environment({}, data=served.data)) as services:
        token = make_token(services.tokens, Actor("ines", Role.CURATOR), at=services.clock.now())
    answer = httpx.post(
        f"{served.url}/graphql", json={"query": OPEN_ROOM, "variables": {"scene": SCENE}},
        headers={"Authorization": f"Bearer {token}"},
    ).json()  # fmt: skip
    room: dict[str, str] = answer["data"]["openRoom"]
    return room


def enter(visit: Visit, name: str) -> None:
    """Come in by the card that the link opens."""
    visit.page.get_by_label("Your name here").fill(name)
    visit.page.get_by_role("button", name=re.compile("^Join")).click(timeout=60_000)
    room(visit, "r.inside")


def room(visit: Visit, holds: str) -> dict[str, Any]:
    """What the page knows of its room, once that holds of `r`."""
    visit.page.wait_for_function(f"() => {{ const r = chronotope.stats.room; return {holds}; }}", timeout=60_000)
    known: dict[str, Any] = visit.stats()["room"]
    return known


def eye(visit: Visit) -> list[float]:
    where: list[float] = visit.page.evaluate("() => chronotope.eye()")
    return where


def near(a: list[float], b: list[float], metres: float) -> bool:
    return all(abs(x - y) < metres for x, y in zip(a, b, strict=True))


def test_visitors_follow_a_guide_through_place_and_time_and_see_one_another(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    links = opened(served)
    page = f"{served.url}/exhibitions/journey"
    guide = visiting(page + links["guideLink"], **SIZE)
    assert links["room"] in guide.page.url
    enter(guide, "Zoë")
    assert room(guide, "r.leads")["members"] == ["Zoë"]
    assert "guide=" not in guide.page.url, "the key is not left in the address"
    ada = visiting(page + links["visitorLink"], **SIZE)
    enter(ada, "Ada <b>")
    ben = visiting(page + links["visitorLink"], **SIZE)
    enter(ben, "Ben")
    assert sorted(room(guide, "r.members.length === 3")["members"]) == ["Ada <b>", "Ben", "Zoë"]

    # In time.
    guide.page.evaluate("() => chronotope.seek('-0300')")
    for visit in (ada, ben):
        visit.page.wait_for_function("() => chronotope.stats.at === '-0300'", timeout=60_000)
    # In space.
    guide.page.evaluate("() => chronotope.camera([6, 3, 14], [0, 2, 0])")
    ada.page.wait_for_function(
        "() => { const [x, y, z] = chronotope.eye(); return Math.hypot(x - 6, y - 3, z - 14) < 0.2; }", timeout=60_000
    )
    assert near(eye(ada), eye(guide), 0.3)

    # One goes their own way, and sees the guide and the other from there.
    ben.page.get_by_role("button", name="Look by myself").click()
    assert not room(ben, "!r.following")["following"]
    ben.page.evaluate("() => chronotope.camera([9.5, 3.4, 18], [6, 2.8, 14])")
    ada.page.get_by_role("button", name="Look by myself").click()
    ada.page.evaluate("() => chronotope.camera([4.2, 3, 13.6], [7, 2.8, 18])")
    known = room(ben, "r.avatars === 2 && Object.values(r.heads).some(([x]) => Math.abs(x - 4.2) < 0.05)")
    assert any(near(head, [6, 3, 14], 0.05) for head in known["heads"].values())
    ben.settle()
    ben.picture("room")
    guide.page.evaluate("() => chronotope.camera([6, 3, 15], [0, 2, 0])")
    room(ben, "Object.values(r.heads).some(([x, y, z]) => Math.abs(z - 15) < 0.05)")
    assert near(eye(ben), [9.5, 3.4, 18], 0.05), "who looks around by themselves is not carried along"

    # And comes back to where the guide is now.
    ben.page.get_by_role("button", name="Follow the guide").click()
    ben.page.wait_for_function("() => Math.abs(chronotope.eye()[2] - 15) < 0.2", timeout=60_000)

    # A step of the tour.
    guide.page.get_by_role("button", name="Tour", exact=True).click()
    ben.page.locator(".tour h2").wait_for()
    assert ben.page.locator(".tour h2").inner_text() == guide.page.locator(".tour h2").inner_text()

    # A name is text: nothing of it is an element.
    assert ben.page.locator(".room-people b").count() == 0
    assert "Ada <b>" in ben.page.locator(".room-people").inner_text()
    ben.picture("room-card", "page")
    ada.page.get_by_role("button", name="Leave").click()
    assert "Ada <b>" not in room(ben, "r.members.length === 2")["members"]
    guide.page.context.close()
    assert room(ben, "r.members.length === 1")["avatars"] == 0


def test_a_visitor_opens_a_room_and_says_nothing_before_joining(served: Served, visiting: Callable[..., Visit]) -> None:
    one = visiting(f"{served.url}/exhibitions/journey", locale="de-DE", **SIZE)
    one.settle("s.shown.tiles > 0")
    assert one.stats()["room"] is None
    one.page.get_by_role("button", name="Gemeinsam").click()
    assert one.stats()["room"] is None, "to look at the card is not to come in"
    one.page.get_by_label("Ihr Name hier").fill("Uta")
    one.page.get_by_role("button", name="Beitreten").click()
    assert room(one, "r?.inside")["members"] == ["Uta"]
    link = one.page.get_by_label("Link für andere").input_value()
    assert re.fullmatch(re.escape(f"{served.url}/exhibitions/journey?room=") + "[0-9a-f]{32}", link)
    other = visiting(link, **SIZE)
    enter(other, "Bo")
    assert sorted(room(one, "r.members.length === 2")["members"]) == ["Bo", "Uta"]
    # The address is the room's: to load the page anew comes back to its door.
    one.page.wait_for_function("() => location.hash.includes('eye=')")
    assert link.split("?")[1] in one.page.url


def test_a_curator_opens_a_room_in_the_studio_and_guides(
    served: Served, signed_in: Any, visiting: Callable[..., Visit]
) -> None:
    studio = visiting(f"{served.url}/studio#exhibitions", storage_state=signed_in).page
    studio.get_by_role("button", name="Open a room").click()
    guide = visiting(studio.get_by_role("link", name="Begin to guide").get_attribute("href"), **SIZE)
    enter(guide, "Zoë")
    assert room(guide, "r.leads")["leads"]
    visitor = visiting(studio.get_by_label("For visitors").input_value(), **SIZE)
    enter(visitor, "Ada")
    assert room(visitor, "r.members.length === 2")["following"]


def test_nobody_is_seen_who_did_not_join_and_a_bad_name_is_told(served: Served, visiting: Callable[..., Visit]) -> None:
    links = opened(served)
    page = f"{served.url}/exhibitions/journey" + links["visitorLink"]
    one, other = visiting(page, **SIZE), visiting(page, **SIZE)
    enter(one, "Ada")
    assert room(one, "r.inside")["members"] == ["Ada"]
    other.page.get_by_label("Your name here").fill("\u202eadA")
    other.page.get_by_role("button", name="Join").click()
    other.page.get_by_role("alert").wait_for()
    assert "cannot be shown" in other.page.get_by_role("alert").inner_text()
    assert not room(other, "!r.inside")["inside"]
