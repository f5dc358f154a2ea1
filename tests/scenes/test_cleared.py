"""The museum as one actor may know it: full pages, no reasons that name hidden things, limits of now for the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scenes.cleared import Cleared
from scenes.model import ANONYMOUS, Actor, Asset, Hypothesis, Layer, Placement, Role, Scene, Visibility
from scenes.ports import Put
from scenes.tables import SceneTables
from storage.memory import MemoryCatalogue
from tests.contracts.samples import NOON, asset, placement, scene

MEMBER, CURATOR = Actor("mo", Role.MEMBER), Actor("ines", Role.CURATOR)
DIG = Layer("layer_dig", "scene_a", "Dig", 1, Visibility.MEMBERS)


class At:
    """A clock that stands."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


@pytest.fixture
def catalogue() -> MemoryCatalogue:
    return MemoryCatalogue()


def write(catalogue: MemoryCatalogue, *records: object, reason: str = "…") -> int:
    return catalogue.commit([Put(each) for each in records], author="ines", reason=reason, at=NOON).number  # type: ignore[arg-type]


def known(catalogue: MemoryCatalogue, actor: Actor = ANONYMOUS, at: datetime = NOON) -> Cleared:
    return Cleared(catalogue, SceneTables(), actor, At(at))


def test_a_page_is_full_as_long_as_there_is_something_to_know(catalogue: MemoryCatalogue):
    placed = [replace(placement(f"p_{n:03}"), layer=DIG.id if n % 4 else "layer_a") for n in range(100)]
    write(catalogue, scene(), DIG, *placed)
    names, after = [], None
    while True:
        page = known(catalogue).pages_within(Placement, ["scene_a"], first=7, after=after)["scene_a"]
        assert len(page.records) == 7 or not page.has_next
        names += [each.id for each in page.records]
        if not page.has_next:
            break
        after = page.cursors[-1]
    assert names == [f"p_{n:03}" for n in range(0, 100, 4)]


def test_members_find_what_is_theirs_in_the_list_of_scenes(catalogue: MemoryCatalogue):
    every = [scene(f"scene_{each}", visibility=each) for each in Visibility]
    write(catalogue, *every)
    listed = {
        actor.name: [each.id for each in known(catalogue, actor).page(Scene, first=9).records]
        for actor in (ANONYMOUS, MEMBER, CURATOR)
    }
    assert listed == {
        "anonymous": ["scene_public"],
        "mo": ["scene_members", "scene_public"],
        "ines": ["scene_draft", "scene_members", "scene_public"],
    }


def test_reasons_are_told_where_nothing_is_hidden(catalogue: MemoryCatalogue):
    write(catalogue, scene(), placement("p_1"), reason="placed the altar")
    homes = {"p_1": "scene_a"}
    assert known(catalogue).histories(homes, last=1)["p_1"][0].reason == "placed the altar"
    write(catalogue, DIG)
    assert known(catalogue).histories(homes, last=1)["p_1"][0].reason == "changed"
    assert known(catalogue, CURATOR).histories(homes, last=1)["p_1"][0].reason == "placed the altar"


def test_what_was_hidden_since_is_hidden_in_the_past(catalogue: MemoryCatalogue):
    shown = replace(DIG, audience=Visibility.PUBLIC)
    then = write(catalogue, scene(), shown, replace(placement("p_1"), layer=DIG.id), placement("p_2"))
    assert known(catalogue).table("scene_a", as_of=then).ids == ("p_1", "p_2")
    write(catalogue, DIG)
    assert known(catalogue).table("scene_a", as_of=then).ids == ("p_2",)
    assert known(catalogue, MEMBER).table("scene_a", as_of=then).ids == ("p_1", "p_2")
    assert known(catalogue).get(Placement, "p_1", as_of=then) is None


def test_the_limits_of_now_hold_for_the_past(catalogue: MemoryCatalogue):
    then = write(catalogue, asset())
    found = known(catalogue).get(Asset, "asset_a", as_of=then)
    assert found is not None
    assert found.tileset is not None
    write(catalogue, replace(asset(), finest=0.01))
    limited = known(catalogue).get(Asset, "asset_a", as_of=then)
    # Nobody here makes coarse tiles, so there is nothing to show.
    assert limited is not None
    assert limited.tileset is None
    write(catalogue, replace(asset(), visibility=Visibility.DRAFT))
    assert known(catalogue).get(Asset, "asset_a", as_of=then) is None


def test_an_embargo_ends_by_itself(catalogue: MemoryCatalogue):
    end = datetime(2027, 1, 1, tzinfo=UTC)
    write(catalogue, replace(asset(), embargo=end))
    assert known(catalogue, at=end - timedelta(seconds=1)).get(Asset, "asset_a") is None
    assert known(catalogue, at=end).get(Asset, "asset_a") == asset()
    assert Cleared(catalogue, SceneTables(), ANONYMOUS).get(Asset, "asset_a") is None


def test_a_list_of_scenes_does_not_read_what_is_in_them(catalogue: MemoryCatalogue, monkeypatch: pytest.MonkeyPatch):
    secret = Hypothesis("h_secret", "scene_b", "A hall", "B", "…", audience=Visibility.DRAFT)
    write(catalogue, scene(), replace(scene("scene_b"), default_hypothesis="h_secret"), secret, placement("p_1"))
    read, within = list[type](), catalogue.within

    def counted(kind: Any, scene_ids: Any, **more: Any) -> Any:
        read.append(kind)
        return within(kind, scene_ids, **more)

    monkeypatch.setattr(catalogue, "within", counted)
    found = known(catalogue).page(Scene, first=9).records
    assert [each.default_hypothesis for each in found if isinstance(each, Scene)] == ["", ""]
    assert read == [Hypothesis]
