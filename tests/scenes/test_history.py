"""Record time in use: who may see which past, what differs, and taking changes back."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from scenes.cleared import Cleared
from scenes.errors import Conflict, Cycle, Forbidden, Invalid, NotFound
from scenes.history import Edit, FieldChange, count_edits, edits, redo, revision_number, scene_as_of, undo
from scenes.model import (
    ANONYMOUS,
    Actor,
    Asset,
    Exhibition,
    Hypothesis,
    Layer,
    Placement,
    Record,
    Role,
    Scene,
    Visibility,
)
from scenes.ports import Notice, Put, Remove
from scenes.tables import SceneTables
from storage.catalogue_sqlite import SqliteCatalogue
from storage.memory import MemoryBus, MemoryCatalogue
from storage.system import RandomIds
from tests.contracts.samples import after, asset, exhibition, layer, placement, scene

ADA, BOB = Actor("ada", Role.CURATOR), Actor("bob", Role.CURATOR)


class Ticking:
    """A clock that is a second later each time."""

    def __init__(self) -> None:
        self._at = datetime(2026, 5, 4, tzinfo=UTC)

    def now(self) -> datetime:
        self._at += timedelta(seconds=1)
        return self._at


@dataclass
class House:
    """A museum by its shape."""

    catalogue: MemoryCatalogue | SqliteCatalogue
    bus: MemoryBus
    clock: Ticking
    ids: RandomIds

    def put(self, *records: Record, by: Actor = ADA, reason: str = "") -> int:
        changes = tuple(Put(record) for record in records)
        return self.catalogue.commit(changes, author=by.name, reason=reason, at=self.clock.now()).number

    def placed(self, name: str = "p_1") -> Placement | None:
        return self.catalogue.get(Placement, name)


def cleared(house: House, actor: Actor) -> Cleared:
    return Cleared(house.catalogue, SceneTables(), actor, house.clock)


@pytest.fixture
def house() -> House:
    return House(MemoryCatalogue(), MemoryBus(), Ticking(), RandomIds())


def test_a_moment_of_the_past_is_a_number_or_a_time_of_day(house: House) -> None:
    house.put(scene())
    house.put(scene(title="two"))
    assert [revision_number(house.catalogue, each) for each in (0, 1, 2)] == [0, 1, 2]
    written = datetime(2026, 5, 4, 0, 0, 1, tzinfo=UTC)
    assert revision_number(house.catalogue, written) == 1
    assert revision_number(house.catalogue, written.replace(tzinfo=None)) == 1
    assert revision_number(house.catalogue, written - timedelta(microseconds=1)) == 0
    assert revision_number(house.catalogue, written.replace(year=2100)) == 2
    for number in (-1, 3, 1 << 70):
        with pytest.raises(NotFound):
            revision_number(house.catalogue, number)


def test_visitors_see_of_the_past_what_was_public_then_and_still_is(house: House) -> None:
    house.put(scene(title="a draft", visibility=Visibility.DRAFT))
    house.put(scene(title="public"))
    house.put(scene(title="still public"))
    assert scene_as_of(cleared(house, ANONYMOUS), "scene_a", 2).title == "public"
    assert scene_as_of(cleared(house, ADA), "scene_a", 1).title == "a draft"
    for number in (0, 1):
        with pytest.raises(NotFound):
            scene_as_of(cleared(house, ANONYMOUS), "scene_a", number)
    house.put(scene(visibility=Visibility.DRAFT))
    with pytest.raises(NotFound):
        scene_as_of(cleared(house, ANONYMOUS), "scene_a", 2)
    house.catalogue.commit([Remove(scene())], author="ada", reason="", at=after(0))
    assert scene_as_of(cleared(house, ADA), "scene_a", 2).title == "public"


def test_what_is_no_longer_public_is_a_draft_to_visitors_of_the_past_too(house: House) -> None:
    house.put(asset(), asset("asset_b"), layer())
    house.put(asset("asset_b", visibility=Visibility.DRAFT))
    then = [
        house.catalogue.get(kind, name, as_of=1)
        for kind, name in ((Asset, "asset_a"), (Asset, "asset_b"), (Layer, "layer_a"))
    ]
    found = cleared(house, ANONYMOUS).of(then, as_of=1)
    assert found == [asset(), layer()]


def test_edits_name_each_field_before_and_after(house: House) -> None:
    house.put(scene(), placement("p_1"), placement("p_2"))
    house.put(placement("p_1", title="Stoa", existence="-0480~/0390"), placement("p_3"))
    house.catalogue.commit([Remove(placement("p_2"))], author="ada", reason="", at=after(0))
    found = {each.record.id: each for each in edits(cleared(house, ADA), "scene_a", since=1, until=3, first=9)[0]}
    assert {name: each.edit for name, each in found.items()} == {
        "p_1": Edit.CHANGED,
        "p_2": Edit.REMOVED,
        "p_3": Edit.ADDED,
    }
    assert found["p_1"].fields() == (
        FieldChange("title", "Temple", "Stoa"),
        FieldChange("existence", "-0480/0390", "-0480~/0390"),
    )
    assert FieldChange("reliability", None, "SF") in found["p_3"].fields()
    assert found["p_2"].fields()[0] == FieldChange("id", "p_2", None)
    backwards = {
        each.record.id: each.edit for each in edits(cleared(house, ADA), "scene_a", since=3, until=1, first=9)[0]
    }
    assert backwards == {"p_1": Edit.CHANGED, "p_2": Edit.ADDED, "p_3": Edit.REMOVED}


def test_edits_of_drafts_are_not_for_visitors(house: House) -> None:
    house.put(scene(), exhibition())
    house.put(replace(exhibition(), title="Secret"), layer())
    seen, has_next = edits(cleared(house, ANONYMOUS), "scene_a", since=1, until=2, first=9)
    assert [type(each.record) for each in seen] == [Layer]
    assert not has_next
    assert count_edits(cleared(house, ANONYMOUS), "scene_a", since=1, until=2) == len(seen)
    assert len(edits(cleared(house, ADA), "scene_a", since=1, until=2, first=9)[0]) == 2
    assert count_edits(cleared(house, ADA), "scene_a", since=1, until=2) == 2
    one, has_next = edits(cleared(house, ADA), "scene_a", since=1, until=2, first=1)
    assert (len(one), has_next) == (1, True)
    with pytest.raises(NotFound):
        edits(cleared(house, ANONYMOUS), "scene_a", since=0, until=2, first=9)
    with pytest.raises(NotFound):
        count_edits(cleared(house, ANONYMOUS), "scene_a", since=0, until=2)


def test_undo_takes_back_the_last_change_and_redo_brings_it_again(house: House) -> None:
    house.put(scene(), layer(), asset())
    house.put(placement("p_1"), by=BOB)
    house.put(placement("p_1", title="Stoa"), by=BOB, reason="a better name")
    done = undo(house, BOB)
    assert house.placed() == placement("p_1")
    assert done.revision.reason == "took back revision 3: a better name"
    assert [each.edit for each in done.changes] == [Edit.CHANGED]
    undo(house, BOB)
    assert house.placed() is None
    redo(house, BOB)
    assert house.placed() == placement("p_1")
    assert redo(house, BOB, reason="after all").revision.reason == "after all"
    assert house.placed() == placement("p_1", title="Stoa")
    assert [each.author for each in house.catalogue.history(["p_1"], last=9)] == ["bob"] * 6


def test_undo_is_of_ones_own_changes_whatever_others_did_elsewhere(house: House) -> None:
    house.put(scene(), layer(), asset())
    house.put(placement("p_1"), by=BOB)
    house.put(placement("p_2"))
    undo(house, BOB)
    assert (house.placed("p_1"), house.placed("p_2")) == (None, placement("p_2"))
    with pytest.raises(NotFound, match="no change of yours"):
        undo(house, BOB)
    with pytest.raises(NotFound, match="no undo of yours"):
        redo(house, ADA)


def test_what_another_changed_since_is_not_taken_back_and_is_named(house: House) -> None:
    house.put(scene(), layer(), asset())
    house.put(placement("p_1"), placement("p_2"), by=BOB)
    house.put(placement("p_1", title="Stoa"))
    with pytest.raises(Conflict, match=r"“Stoa” \(p_1\) was changed by ada in revision 3"):
        undo(house, BOB)
    assert house.placed("p_2") is not None
    assert house.catalogue.latest() == 3
    house.catalogue.commit([Remove(placement("p_1"))], author="ada", reason="", at=after(0))
    with pytest.raises(Conflict, match=r"\(p_1\) was removed by ada in revision 4"):
        undo(house, BOB)


def test_of_many_that_others_changed_only_some_are_named(house: House) -> None:
    house.put(*(placement(f"p_{n}") for n in range(9)), by=BOB)
    house.put(*(placement(f"p_{n}", title="Stoa") for n in range(9)))
    with pytest.raises(Conflict, match="and 4 more were changed"):
        undo(house, BOB)


def test_what_later_things_need_is_not_taken_back(house: House) -> None:
    house.put(scene(), asset())
    house.put(layer(), by=BOB)
    house.put(placement("p_1"))
    with pytest.raises(Conflict, match=r"“.+” \(layer_a\) is needed by “Temple” \(p_1\)"):
        undo(house, BOB)
    assert house.catalogue.get(Layer, "layer_a") is not None


def test_what_would_return_without_what_it_needs_stays_away(house: House) -> None:
    house.put(scene(), asset(), layer())
    house.put(placement("p_1"), by=BOB)
    house.catalogue.commit([Remove(placement("p_1"))], author="bob", reason="", at=after(0))
    house.catalogue.commit([Remove(layer())], author="ada", reason="", at=after(0))
    with pytest.raises(Conflict, match=r"\(p_1\) needs layer_a"):
        undo(house, BOB)


def test_a_scene_with_everything_in_it_is_taken_back_and_brought_again_at_once(house: House) -> None:
    house.put(scene(), layer(), asset())
    everything = (scene("scene_b"), layer("layer_b", of="scene_b"), placement("p_9", of="scene_b"))
    house.put(*everything, by=BOB)
    undo(house, BOB)
    assert house.catalogue.get(Scene, "scene_b") is None
    redo(house, BOB)
    assert [house.catalogue.find(each.id) for each in everything] == list(everything)
    house.put(layer("layer_c", of="scene_b"))
    with pytest.raises(Conflict, match=r"needed by “Buildings” \(layer_c\)"):
        undo(house, BOB)


def test_a_revision_that_changed_nothing_is_passed_over(house: House) -> None:
    house.put(scene(title="one"))
    house.put(scene(title="two"))
    house.put(scene(title="two"))
    assert undo(house, ADA).taken.number == 2
    assert house.catalogue.get(Scene, "scene_a") == scene(title="one")


def test_what_another_changed_and_changed_back_can_be_taken_back(house: House) -> None:
    house.put(scene(), layer(), asset())
    house.put(placement("p_1"), by=BOB)
    house.put(placement("p_1", title="Stoa"))
    undo(house, ADA)
    undo(house, BOB)
    assert house.placed() is None


def test_of_one_scene_only_its_changes_are_taken_back(house: House) -> None:
    house.put(scene(), scene("scene_b"))
    house.put(scene(title="here"))
    house.put(scene("scene_b", title="there"))
    undo(house, ADA, scene="scene_a")
    titles = [each and each.title for each in (house.catalogue.get(Scene, name) for name in ("scene_a", "scene_b"))]
    assert titles == ["Agora", "there"]


def test_what_returns_closes_no_circle(house: House) -> None:
    one, two = (Hypothesis(f"h_{name}", "scene_a", name, "x", "y") for name in "ab")
    house.put(scene(), one, two)
    house.put(replace(one, builds_on="h_b"), by=BOB)
    undo(house, BOB)
    house.put(replace(two, builds_on="h_a"))
    with pytest.raises(Cycle):
        redo(house, BOB)
    assert house.catalogue.get(Hypothesis, "h_a") == one


def test_a_deposit_is_not_taken_back(house: House) -> None:
    house.put(asset())
    with pytest.raises(Invalid, match="deposited"):
        undo(house, ADA)
    assert house.catalogue.get(Asset, "asset_a") is not None


def test_an_address_that_was_given_to_another_is_not_taken_away_from_it(house: House) -> None:
    house.put(scene(), exhibition(slug="old"), by=BOB)
    house.put(exhibition(slug="new"), by=BOB)
    house.put(exhibition("exhibition_b", slug="old"))
    with pytest.raises(Conflict, match="taken"):
        undo(house, BOB)
    found = house.catalogue.get(Exhibition, "exhibition_a")
    assert found is not None
    assert found.slug == "new"


def test_visitors_take_nothing_back(house: House) -> None:
    house.put(scene(), by=Actor("eve", Role.VISITOR))
    with pytest.raises(Forbidden):
        undo(house, Actor("eve", Role.VISITOR))


def test_a_note_that_is_too_long_is_refused(house: House) -> None:
    house.put(scene())
    with pytest.raises(Invalid, match="reason"):
        undo(house, ADA, reason="x" * 2001)
    assert house.catalogue.latest() == 1


def test_every_scene_that_is_touched_is_told_of(house: House) -> None:
    heard: list[Notice] = []
    for topic in ("scene_a", "scene_b"):
        house.bus.listen(topic, heard.append)
    house.put(layer(), layer("layer_b", of="scene_b"))
    undo(house, ADA)
    assert {each.topic for each in heard} == {"scene_a", "scene_b"}


def test_two_undos_at_the_same_moment_take_back_one_change_each_or_one_is_told(tmp_path) -> None:  # type: ignore[no-untyped-def]
    catalogue = SqliteCatalogue(tmp_path / "catalogue.db")
    house = House(catalogue, MemoryBus(), Ticking(), RandomIds())
    house.put(scene())
    for number in range(20):
        house.put(scene(title=f"title {number}"))
    told: list[str] = []
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        for _ in range(5):
            try:
                told.append(undo(house, ADA).taken.reason)
            except Conflict:
                told.append("conflict")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    undone = len(told) - told.count("conflict")
    assert len(told) == 20
    assert catalogue.latest() == 21 + undone
    found = catalogue.get(Scene, "scene_a")
    assert found is not None
    assert found.title == [*(f"title {number}" for number in reversed(range(20))), "Agora"][undone]
    catalogue.close()
