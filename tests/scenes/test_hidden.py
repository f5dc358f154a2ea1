"""What of a scene is hidden from an audience, and with it what speaks of that."""

from dataclasses import replace

import pytest

from scenes.hidden import hidden, is_within, strictest, widest, without
from scenes.model import (
    Annotation,
    ChangeEvent,
    ChangeKind,
    ChronologyStatement,
    Georeference,
    Hypothesis,
    Layer,
    Relation,
    Tour,
    TourStep,
    Visibility,
)
from tests.contracts.samples import one_of_each, placement, scene

DRAFT, MEMBERS, PUBLIC = Visibility
LAYERS = (Layer("l_1", "scene_a", "Open", 0), Layer("l_2", "scene_a", "Dig", 1, MEMBERS))
BRANCHES = (
    Hypothesis("h_1", "scene_a", "One", "A", "…", ("h_2",)),
    Hypothesis("h_2", "scene_a", "Two", "B", "…", audience=DRAFT),
    Hypothesis("h_3", "scene_a", "On two", "B", "…", (), "h_2"),
)
NOTE = next(each for each in one_of_each() if isinstance(each, Annotation))
PLACED = (
    replace(placement("p_1"), layer="l_1"),
    replace(placement("p_2"), layer="l_2"),
    replace(placement("p_3"), layer="l_1", hypothesis="h_3"),
    replace(placement("p_4"), layer="l_1", audience=MEMBERS),
)


def hidden_from(level: Visibility) -> frozenset[str]:
    return hidden(level, LAYERS, BRANCHES, PLACED)


def test_what_stands_in_a_hidden_layer_or_branch_is_hidden():
    assert hidden_from(PUBLIC) == {"l_2", "h_2", "h_3", "p_2", "p_3", "p_4"}
    assert hidden_from(MEMBERS) == {"h_2", "h_3", "p_3"}
    assert hidden_from(DRAFT) == frozenset()


def test_audiences_are_ordered():
    assert [is_within(each, MEMBERS) for each in Visibility] == [False, True, True]
    assert strictest(LAYERS, BRANCHES, PLACED) is DRAFT
    assert strictest((), (), ()) is PUBLIC
    assert widest([DRAFT, MEMBERS]) is MEMBERS
    assert widest([]) is DRAFT


@pytest.mark.parametrize(
    "record",
    [
        BRANCHES[2],
        PLACED[1],
        ChronologyStatement("s", "scene_a", Relation.BEFORE, "p_1", "p_4"),
        ChangeEvent("e", "scene_a", "Rebuilt", ChangeKind.MODIFICATION, "1000", ("p_2",), ("p_1",)),
        replace(NOTE, anchor=replace(NOTE.anchor, placement="p_4")),
        Tour("t", "scene_a", "One step", (TourStep("…", "…", scene().viewpoint, "1000", "h_2"),)),
    ],
)
def test_what_speaks_of_it_is_hidden_with_it(record):
    ids = hidden_from(PUBLIC)
    assert without(record, ids) is None
    assert without(record, frozenset()) is record


def test_of_several_things_the_hidden_ones_are_left_out():
    ids = hidden_from(PUBLIC)
    union = ChangeEvent("e", "scene_a", "Joined", ChangeKind.UNION, "1000", ("p_1", "p_2"), ("p_5",))
    assert without(union, ids) == replace(union, predecessors=("p_1",))
    assert without(BRANCHES[0], ids) == replace(BRANCHES[0], contrasts_with=())
    steps = tuple(
        TourStep(name, "…", scene().viewpoint, "1000", branch) for name, branch in (("a", "h_1"), ("b", "h_2"))
    )
    assert without(Tour("t", "scene_a", "Two", steps), ids) == Tour("t", "scene_a", "Two", steps[:1])


def test_a_scene_stays_without_what_it_may_not_tell():
    site = replace(scene(), default_hypothesis="h_2", georeference=Georeference(20.0, 30.0), georeference_for=MEMBERS)
    assert without(site, hidden_from(PUBLIC)) == replace(site, default_hypothesis="", georeference=None)
    assert without(site, frozenset(), MEMBERS) == site
