"""What nobody dated, in the viewer: it is there, it says so, and it goes by what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.auth import make_token
from api.services import open_services
from api.settings import from_environment
from scenes.model import Actor, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.journeys.conftest import Served, Visit

pytestmark = pytest.mark.browser


def curating(served: Served) -> Callable[..., Any]:
    """Asks the running museum as a curator."""
    with open_services(from_environment({}, data=served.data, host=None, port=None)) as services:
        token = make_token(services.tokens, Actor("ada", Role.CURATOR), at=services.clock.now())

    def ask(query: str, **variables: Any) -> Any:
        answer = httpx.post(
            f"{served.url}/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ).json()
        assert "errors" not in answer, answer
        return answer["data"]

    return ask


def made(answer: Any) -> str:
    """The id of the one thing that a mutation answers."""
    ((_, payload),) = answer.items()
    return str(next(value["id"] for value in payload.values()))


def test_an_undated_thing_is_shown_as_possible_until_what_is_said_of_it_dates_it(
    served: Served, visiting: Callable[..., Visit]
) -> None:
    ask = curating(served)
    scene = made(
        ask(
            """mutation { createScene(input: {title: "A court", defaultMoment: "1500",
            viewpoint: {position: [26, 9, 30], target: [0, 3.5, 0]}}) { scene { id } } }"""
        )
    )
    layer = made(ask('mutation ($s: ID!) { createLayer(input: {scene: $s, title: "All"}) { layer { id } } }', s=scene))
    epoch = "mutation ($s: ID!, $t: String!, $e: String!) { createEpoch(input: {scene: $s, title: $t, existence: $e}) "
    rule = made(ask(epoch + "{ epoch { id } } }", s=scene, t="Ottoman rule", e="1458/1833"))
    made(ask(epoch + "{ epoch { id } } }", s=scene, t="Somewhen", e=""))
    place = """mutation ($l: ID!, $a: ID!, $t: String!) {
        createPlacement(input: {layer: $l, asset: $a, title: $t}) { placement { id } } }"""
    asset = ask(
        '{ node(id: "scene_journey") { ... on Scene { placements(first: 9) { nodes { title asset { id } } } } } }'
    )
    temple = next(each["asset"]["id"] for each in asset["node"]["placements"]["nodes"] if each["title"] == "Temple")
    mosque = made(ask(place, l=layer, a=temple, t="Mosque"))
    exhibition = made(
        ask(
            """mutation ($s: ID!) { createExhibition(input: {scene: $s, slug: "court", title: "A court"}) {
            exhibition { id } } }""",
            s=scene,
        )
    )
    ask("mutation ($e: ID!) { publishExhibition(id: $e) { exhibition { id } } }", e=exhibition)

    visit = visiting(f"{served.url}/exhibitions/court", width=1024, height=640, reduced_motion="reduce")
    page = visit.page
    visit.settle("s.shown.tiles > 0")
    page.get_by_role("button", name="Here now").click()
    side = page.locator(".side")
    side.get_by_role("button", name="Mosque").click()
    assert "date unknown" in side.inner_text()
    assert page.locator(".time-band").all_inner_texts() == ["Ottoman rule"]
    assert "Somewhen" not in page.locator(".time").inner_text()
    visit.picture("undated", "page")

    say = """mutation ($s: ID!, $m: ID!, $r: ID!) { createChronologyStatement(input: {
        scene: $s, relation: WITHIN, subject: $m, object: $r}) { chronologyStatement { id } } }"""
    ask(say, s=scene, m=mosque, r=rule)
    later = visiting(f"{served.url}/exhibitions/court?at=1500", width=1024, height=640, reduced_motion="reduce")
    later.settle("s.shown.tiles > 0")
    later.page.get_by_role("button", name="Here now").click()
    later.page.locator(".side").get_by_role("button", name="Mosque").click()
    assert "between 1458 and 1833" in later.page.locator(".side").inner_text()
    before = ask(
        'query ($s: ID!) { scene(id: $s) { at(time: "1400") { count } after: at(time: "1900") { count } } }', s=scene
    )
    assert before["scene"] == {"at": {"count": 0}, "after": {"count": 0}}
    # The museum is shared with other journeys, which count what is public.
    ask("mutation ($e: ID!) { unpublishExhibition(id: $e) { exhibition { id } } }", e=exhibition)
