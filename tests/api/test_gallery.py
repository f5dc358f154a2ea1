from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scenes.model import Epoch, Exhibition, Person, PersonName, Placement, Reliability, Visibility
from scenes.ports import Put
from tests.api.museum import NOON

if TYPE_CHECKING:
    from tests.api.museum import Doors

QUERY = """query ($search: String! = "", $first: Int! = 200) { gallery(search: $search, first: $first) {
  place kinds firstYear lastYear found { kind text } exhibition { slug }
} }"""


async def gallery(doors: Doors, search: str = "", **asked: Any) -> list[dict[str, Any]]:
    headers = asked.pop("headers", {})
    body = {"query": QUERY, "variables": {"search": search, **asked}}
    answer = (await doors.client.post("/graphql", json=body, headers=headers)).json()
    assert "errors" not in answer, answer
    found: list[dict[str, Any]] = answer["data"]["gallery"]
    return found


def slugs(found: list[dict[str, Any]]) -> list[str]:
    return [each["exhibition"]["slug"] for each in found]


async def test_the_gallery_says_where_when_and_of_what_kind(doors: Doors) -> None:
    epoch = Epoch("epoch_a", "scene_open", "Classical", "-0499/-0322")
    person = Person("person_a", "scene_open", (PersonName("Phrynē"),))
    doors.services.catalogue.commit([Put(epoch), Put(person)], author="ines", reason="more", at=NOON)
    (entry,) = await gallery(doors, "phryne")
    assert entry == {
        "place": "The terrace",
        "kinds": ["RECONSTRUCTION", "RIVALS", "PEOPLE"],
        "firstYear": -499,
        "lastYear": -322,
        "found": [{"kind": "PERSON", "text": "Phrynē"}],
        "exhibition": {"slug": "terrace"},
    }
    assert await gallery(doors, "phryne dragons") == []


async def test_everybody_finds_what_they_may_see_and_nothing_by_what_is_hidden(doors: Doors) -> None:
    hidden = Placement(
        "placement_hoard", "scene_open", "layer_open", "asset_temple", "Hoard", "-0500/-0400",
        reliability=Reliability.SF, audience=Visibility.DRAFT,
    )  # fmt: skip
    doors.services.catalogue.commit([Put(hidden)], author="ines", reason="found", at=NOON)
    assert slugs(await gallery(doors)) == ["terrace"]
    assert await gallery(doors, "hoard") == []
    assert "REMAINS" not in (await gallery(doors))[0]["kinds"]
    curators = doors.bearer()
    assert slugs(await gallery(doors, headers=curators)) == ["terrace", "next-year"]
    assert slugs(await gallery(doors, "hoard", headers=curators)) == ["terrace"]


async def test_what_was_found_is_found_anew_after_a_change(doors: Doors) -> None:
    assert await gallery(doors, "obelisk") == []
    placement = Placement("placement_o", "scene_open", "layer_open", "asset_temple", "Obelisk", "-0500/-0400")
    doors.services.catalogue.commit([Put(placement)], author="ines", reason="more", at=NOON)
    assert slugs(await gallery(doors, "obelisk")) == ["terrace"]
    later = Exhibition("exhibition_open", "terrace", "Renamed", "", "scene_open", Visibility.PUBLIC)
    doors.services.catalogue.commit([Put(later)], author="ines", reason="more", at=NOON)
    assert slugs(await gallery(doors, "renamed obel")) == ["terrace"]
    assert await gallery(doors, first=0) == []
