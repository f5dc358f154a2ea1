"""Record time: reading the past, what differs between revisions, and what can be taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scenes.errors import Conflict
from scenes.model import Asset, Placement, Record, Scene, Visibility
from scenes.ports import Catalogue, Change, Put, Remove, Step, Taking
from tests.contracts.samples import after, asset, layer, placement, scene


def write(
    catalogue: Catalogue, *changes: Change, author: str = "ada", taking: Taking | None = None, seconds: float = 0
) -> int:
    return catalogue.commit(changes, author=author, reason="", at=after(seconds), taking=taking).number


def put(catalogue: Catalogue, *records: Record, author: str = "ada", seconds: float = 0) -> int:
    return write(catalogue, *(Put(record) for record in records), author=author, seconds=seconds)


def undo(catalogue: Catalogue, number: int, *records: Record, author: str = "ada") -> int:
    return write(catalogue, *(Put(record) for record in records), author=author, taking=Taking(Step.UNDO, number))


def test_many_records_are_read_as_they_stood_after_a_revision(catalogue):
    put(catalogue, asset("a_1"), asset("a_2"))
    put(catalogue, replace(asset("a_1"), title="Base"))
    write(catalogue, Remove(asset("a_2")))
    titles = [
        {name: each.title for name, each in catalogue.get_many(Asset, ["a_1", "a_2"], as_of=number).items()}
        for number in (0, 1, 2, 3)
    ]
    assert titles == [{}, {"a_1": "Capital", "a_2": "Capital"}, {"a_1": "Base", "a_2": "Capital"}, {"a_1": "Base"}]


def test_pages_of_the_past_hold_what_stood_then_and_go_on_by_the_same_cursors(catalogue):
    put(catalogue, *(placement(f"p_{n}") for n in range(4)))
    write(catalogue, Remove(placement("p_1")), Put(placement("p_4")))
    page = catalogue.pages_within(Placement, ["scene_a"], first=2, as_of=1)["scene_a"]
    rest = catalogue.pages_within(Placement, ["scene_a"], first=9, after=page.cursors[-1], as_of=1)["scene_a"]
    assert [[each.id for each in found.records] for found in (page, rest)] == [["p_0", "p_1"], ["p_2", "p_3"]]
    now = catalogue.pages_within(Placement, ["scene_a"], first=9)["scene_a"]
    assert [each.id for each in now.records] == ["p_0", "p_2", "p_3", "p_4"]


def test_history_and_numbers_of_the_past_know_nothing_of_what_came_later(catalogue):
    put(catalogue, scene())
    put(catalogue, placement("p_1"))
    write(catalogue, Remove(placement("p_1")))
    assert [each.number for each in catalogue.history(["scene_a"], last=9, as_of=2)] == [2, 1]
    assert [each.number for each in catalogue.histories(["p_1"], last=1, as_of=2)["p_1"]] == [2]
    assert [catalogue.revisions_of(["p_1"], as_of=n) for n in (1, 2, 3)] == [{}, {"p_1": 2}, {"p_1": 3}]


def test_the_last_revision_at_a_time_of_day(catalogue):
    assert (catalogue.latest(), catalogue.revision_at(after(0))) == (0, 0)
    put(catalogue, scene(), seconds=10)
    put(catalogue, layer(), seconds=20)
    put(catalogue, layer("layer_b"), seconds=20)
    found = [catalogue.revision_at(after(seconds)) for seconds in (9.999, 10, 19.999, 20, 99)]
    assert (found, catalogue.latest()) == ([0, 1, 1, 3, 3], 3)


def test_the_last_revision_within_a_scene_counts_its_members_and_their_removal(catalogue):
    put(catalogue, scene())
    put(catalogue, placement("p_1"))
    put(catalogue, scene("scene_b"))
    assert catalogue.last_within(["scene_a", "scene_b", "scene_x"]) == {"scene_a": 2, "scene_b": 3, "scene_x": 0}
    write(catalogue, Remove(placement("p_1")))
    put(catalogue, asset())
    assert catalogue.last_within(["scene_a"]) == {"scene_a": 4}


def test_what_lies_between_two_revisions_is_told_record_by_record(catalogue):
    put(catalogue, scene(), placement("p_1"), placement("p_2"), placement("p_9", of="scene_b"))
    put(catalogue, placement("p_1", title="Stoa"), placement("p_3"), placement("p_8", of="scene_b"))
    write(catalogue, Remove(placement("p_2")), Put(placement("p_4")))
    write(catalogue, Remove(placement("p_4")), Put(placement("p_1", title="Tower")))
    found = [(each.before, each.after) for each in catalogue.between(1, 4, scene="scene_a")]
    assert found == [
        (placement("p_1"), placement("p_1", title="Tower")),
        (placement("p_2"), None),
        (None, placement("p_3")),
    ]
    assert [each.after.id for each in catalogue.between(1, 2)] == ["p_1", "p_3", "p_8"]
    assert catalogue.between(4, 4) == ()


def test_what_was_changed_and_changed_back_does_not_differ(catalogue):
    put(catalogue, scene(title="one"))
    put(catalogue, scene(title="two"))
    put(catalogue, scene(title="one"))
    assert catalogue.between(1, 3) == ()
    assert len(catalogue.between(1, 2)) == len(catalogue.between(2, 3)) == 1


def test_an_undo_takes_back_the_authors_own_last_change(catalogue):
    mine = put(catalogue, scene(title="mine"))
    put(catalogue, layer(), author="bob")
    assert catalogue.takeable("ada", Step.UNDO).number == mine
    assert catalogue.takeable("ada", Step.REDO) is None
    assert catalogue.takeable("eve", Step.UNDO) is None


def test_undo_goes_back_and_redo_forward_until_something_new_is_done(catalogue):
    one, two = put(catalogue, scene(title="one")), put(catalogue, scene(title="two"))
    first = undo(catalogue, two, scene(title="one"))
    assert catalogue.takeable("ada", Step.UNDO).number == one
    second = write(catalogue, Remove(scene()), taking=Taking(Step.UNDO, one))
    assert catalogue.takeable("ada", Step.UNDO) is None
    assert catalogue.takeable("ada", Step.REDO).number == second
    again = write(catalogue, Put(scene(title="one")), taking=Taking(Step.REDO, second))
    assert catalogue.takeable("ada", Step.REDO).number == first
    assert catalogue.takeable("ada", Step.UNDO).number == again
    put(catalogue, layer())
    assert catalogue.takeable("ada", Step.REDO) is None


def test_undo_within_a_scene_leaves_other_scenes_alone(catalogue):
    here = put(catalogue, scene(), placement("p_1"))
    there = put(catalogue, scene("scene_b"))
    member = put(catalogue, placement("p_9", of="scene_b"))
    assert catalogue.takeable("ada", Step.UNDO, scene="scene_a").number == here
    assert catalogue.takeable("ada", Step.UNDO, scene="scene_b").number == member
    undo(catalogue, member, placement("p_9", of="scene_b", title="x"))
    assert catalogue.takeable("ada", Step.UNDO, scene="scene_b").number == there
    put(catalogue, scene(title="new"))
    assert catalogue.takeable("ada", Step.REDO, scene="scene_b") is not None


def test_a_revision_is_taken_back_once(catalogue):
    number = put(catalogue, scene())
    undo(catalogue, number, scene(title="a"))
    with pytest.raises(Conflict):
        undo(catalogue, number, scene(title="b"))
    assert catalogue.latest() == 2


def test_what_is_public_now_is_told_for_many_at_once(catalogue):
    put(catalogue, scene(), scene("scene_b", visibility=Visibility.DRAFT), asset(), layer())
    assert catalogue.public_among(["scene_a", "scene_b", "asset_a", "layer_a", "x"]) == {"scene_a", "asset_a"}
    write(catalogue, Remove(asset()))
    assert catalogue.public_among(["asset_a"]) == frozenset()
    assert catalogue.get(Scene, "scene_a") == scene()


def test_what_is_mentioned_within_a_scene_and_what_is_there_no_more(catalogue):
    put(catalogue, scene(), layer(), layer("layer_b"), placement("p_1"), placement("p_9", of="scene_b"))
    assert catalogue.mentioning(["layer_a", "layer_b", "p_1"], scene="scene_a") == {"layer_a": ("p_1",)}
    assert catalogue.mentioning(["scene_a"], scene="scene_a") == {"scene_a": ("layer_a", "layer_b", "p_1")}
    assert catalogue.mentioning(["layer_a"], scene="scene_c") == {}
    assert catalogue.mentioning(["layer_a", "layer_b", "p_x"], scene=None) == {"layer_a": ("p_1", "p_9")}
    write(catalogue, Remove(placement("p_1")))
    assert catalogue.mentioning(["layer_a"], scene="scene_a") == {}
    assert catalogue.ended_among(["p_1", "p_9", "p_x"]) == {"p_1"}
    put(catalogue, placement("p_1"))
    assert catalogue.ended_among(["p_1"]) == frozenset()


def test_what_can_be_taken_back_before_a_revision(catalogue):
    one, two = put(catalogue, scene()), put(catalogue, layer())
    assert catalogue.takeable("ada", Step.UNDO, before=two).number == one
    assert catalogue.takeable("ada", Step.UNDO, before=one) is None


def test_what_moves_to_another_scene_leaves_one_and_comes_to_the_other(catalogue):
    here, there = placement("p_1", of="scene_a"), placement("p_1", of="scene_b")
    put(catalogue, here)
    put(catalogue, there)
    for name, sides in {"scene_a": (here, None), "scene_b": (None, there)}.items():
        ((found,), _) = catalogue.differing(1, 2, scene=name, first=9)
        assert (found.before, found.after) == sides
        assert catalogue.between(1, 2, scene=name) == (found,)
        assert catalogue.count_differing(1, 2, scene=name) == 1
