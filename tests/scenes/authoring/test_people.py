from __future__ import annotations

from typing import Any

import pytest

from scenes.errors import Cycle, InUse, Invalid, NotFound, SceneError
from scenes.model import Family, LifeEvent, Person, PersonName, Sex
from tests.scenes.authoring.site import Site, site
from timeline.errors import TimelineError


def person(here: Site, name: str = "Ada", **given: Any) -> Person:
    made: Person = here.create(Person, **({"names": [PersonName(name)]} | given))
    return made


def test_a_person_is_tied_to_time_and_place() -> None:
    here = site()
    house = here.placed("House").id
    found = person(
        here,
        names=[PersonName("", "Ada", "Smith", "birth"), PersonName("Ada Jones", kind="married")],
        sex=Sex.FEMALE,
        birth=LifeEvent("", "ABT 1712", "1712~", "Athens", house),
        events=[LifeEvent("occupation", note="potter")],
        xref="@I1@",
    )
    assert [each.text for each in found.names] == ["Ada Smith", "Ada Jones"]
    assert found.birth == LifeEvent("birth", "ABT 1712", "1712~", "Athens", house)
    with pytest.raises(InUse):
        here.remove(here.museum.catalogue.find(house))


@pytest.mark.parametrize(
    "given",
    [
        {"names": []},
        {"names": [PersonName("")]},
        {"names": [PersonName("A")] * 51},
        {"birth": LifeEvent("birth", existence="long ago")},
        {"death": LifeEvent("death", placement="placement_x")},
        {"events": [LifeEvent("")]},
        {"events": [LifeEvent("residence")] * 201},
        {"xref": "I1"},
        {"note": "<b>x</b>"},
    ],
)
def test_a_person_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    here = site()
    before = here.revisions()
    with pytest.raises((SceneError, TimelineError)):
        person(here, **given)
    assert here.revisions() == before


def test_nobody_is_their_own_ancestor() -> None:
    here = site()
    old, middle, young = (person(here, name) for name in ("Old", "Middle", "Young"))
    first = here.create(Family, partners=[old.id], children=[middle.id])
    here.create(Family, partners=[middle.id], children=[young.id], marriage=LifeEvent("", existence="1731"))
    with pytest.raises(Cycle, match="parent of"):
        here.create(Family, partners=[young.id], children=[old.id])
    with pytest.raises(Cycle):
        here.update(Family, first, children=[old.id])


def test_a_family_is_somebody_and_of_its_own_scene() -> None:
    here = site()
    foreign = person(here.elsewhere()).id
    with pytest.raises(Invalid):
        here.create(Family)
    with pytest.raises(NotFound):
        here.create(Family, partners=[foreign])
    member = person(here)
    family = here.create(Family, children=[member.id])
    with pytest.raises(InUse, match=family.id):
        here.remove(member)
    here.remove(family)
    here.remove(member)
