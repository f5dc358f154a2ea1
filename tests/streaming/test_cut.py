"""Cuts on numbers: what replaces what, and when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.cut import Cuts
from streaming.events import DeviceBudget
from streaming.limits import NO_PLACEMENT
from streaming.schedule import PlanNode
from tests.streaming.forest import ENDLESS, Forest, forests

WHOLE = {n: PlanNode(n, 0, "", triangles=10, draws=1) for n in range(9)}
ADDED = {n: replace(node, added=True) for n, node in WHOLE.items()}
PARTED = {n: replace(node, grouped=True, groups=(4, 5, 1, 0)) for n, node in WHOLE.items()}


def drawn(here: set[int], planned=None, remembered=None, *, nodes=WHOLE, ranks=None, budget=ENDLESS, roots=(1,)):
    planned = planned or {}
    ranks = dict.fromkeys([*planned, *(p for way in planned.values() for r in way for p in r or ())]) | (ranks or {})
    places = {node: place for place, node in enumerate(ranks)}
    cuts = Cuts(here.__contains__, nodes, planned, remembered or {}, places, groups=nodes is PARTED)
    return cuts.picture(roots, budget=budget).shown


def test_a_root_is_drawn_until_everything_that_replaces_it_is_here():
    planned = {1: ((2,), (3,))}
    assert drawn({1}, planned) == {1: 0}
    assert drawn({1, 2}, planned) == {1: 0}
    assert drawn({1, 2, 3}, planned) == {2: 0, 3: 0}


def test_a_grouped_tile_goes_region_by_region():
    planned = {1: ((2,), (3,))}
    assert drawn({1}, planned, nodes=PARTED) == {1: 0}
    assert drawn({1, 2}, planned, nodes=PARTED) == {1: 0b01, 2: 0}
    assert drawn({1, 3}, planned, nodes=PARTED) == {1: 0b10, 3: 0}
    assert drawn({1, 2, 3}, planned, nodes=PARTED) == {2: 0, 3: 0}
    assert drawn({2}, planned, nodes=PARTED) == {}


def test_a_tile_that_adds_is_shown_beside_whichever_of_its_children_is_here():
    planned = {1: ((2,), (3,)), 2: ((4,), None)}
    assert drawn({1}, planned, nodes=ADDED) == {1: 0}
    assert drawn({1, 3}, planned, nodes=ADDED) == {1: 0, 3: 0}
    assert drawn({1, 2, 3, 4}, planned, nodes=ADDED) == {1: 0, 2: 0, 3: 0, 4: 0}
    # Without the parent a child shows a part of what is to be seen.
    assert drawn({2, 3}, planned, nodes=ADDED) == {}
    assert drawn({1, 3, 4}, planned, nodes=ADDED) == {1: 0, 3: 0}


def test_a_proxy_goes_for_what_adds_below_it():
    nodes = ADDED | {1: WHOLE[1]}
    planned = {1: ((2,),), 2: ((4,), (5,))}
    assert drawn({1, 4, 5}, planned, nodes=nodes) == {1: 0}
    assert drawn({1, 2, 4, 5}, planned, nodes=nodes) == {2: 0, 4: 0, 5: 0}


def test_points_beyond_the_device_are_not_added():
    planned = {1: ((2,), (3,)), 2: ((4,), (5,))}
    few = replace(ENDLESS, triangles=30)
    assert drawn({1, 2, 3, 4, 5}, planned, nodes=ADDED, budget=few) == {1: 0, 2: 0, 3: 0}


def test_where_nothing_lies_below_nothing_is_waited_for():
    assert drawn({1, 2}, {1: ((2,), ())}) == {2: 0}
    assert drawn({1, 2}, {1: ((2,), ())}, nodes=PARTED) == {2: 0}


def test_a_region_that_the_tile_itself_shows_stays():
    assert drawn({1, 2}, {1: (None, (2,))}, nodes=PARTED) == {1: 0b10, 2: 0}
    # Although it could be finer there.
    assert drawn({1, 2, 4}, {1: (None, (2,))}, {1: [((4,), (2,))]}, nodes=PARTED) == {1: 0b10, 2: 0}


def test_one_branch_goes_deeper_than_the_other():
    planned = {1: ((2,), (3,)), 2: ((4,), (5,)), 3: ((6,), (7,))}
    assert drawn({1, 2, 3, 4, 5, 6}, planned) == {4: 0, 5: 0, 3: 0}
    assert drawn({1, 2, 3, 4, 5, 6}, planned, nodes=PARTED) == {4: 0, 5: 0, 3: 0b01, 6: 0}


def test_a_level_that_was_skipped_is_no_hindrance():
    assert drawn({1, 4, 5, 3}, {1: ((2,), (3,)), 2: ((4,), (5,))}) == {4: 0, 5: 0, 3: 0}
    assert drawn({1, 4, 5}, {1: ((2,), (3,)), 2: ((4,), (5,))}, nodes=PARTED) == {1: 0b01, 4: 0, 5: 0}


def test_a_root_that_is_not_here_is_left_out():
    assert drawn({2}, roots=(1, 2)) == {2: 0}


def test_what_a_proxy_stands_for_stays_until_the_proxy_has_come():
    # Proxies are made while visitors look on: 1 of groups 2 and 3, of which one thing is here, one is on its way.
    nodes = WHOLE | {n: replace(WHOLE[n], placement=NO_PLACEMENT) for n in (1, 2, 3)}
    planned = {1: ((2,), (3,)), 2: ((4,), (5,)), 3: ((6,),)}
    assert drawn({4, 6}, planned, nodes=nodes) == {4: 0, 6: 0}
    assert drawn({4, 6, 2}, planned, nodes=nodes) == {2: 0, 6: 0}
    assert drawn({4, 6, 1}, planned, nodes=nodes) == {1: 0}


def test_what_the_view_wants_beats_what_is_remembered():
    assert drawn({1, 2, 3}, {}, {1: [((2,), (3,))]}, ranks={1: None}) == {1: 0}


def test_finer_tiles_from_before_are_better_than_the_coarse_one_that_is_here():
    assert drawn({1, 4, 5}, {1: ((2,), (3,))}, {1: [((4,), (5,))]}) == {4: 0, 5: 0}
    assert drawn({1, 4}, {1: ((2,), (3,))}, {1: [((4,), (5,))]}, nodes=PARTED) == {1: 0b01, 4: 0}


def test_what_is_remembered_stands_in_for_what_is_on_its_way():
    here = {1, 4, 5, 3}
    assert drawn(here, {1: ((2,), (3,))}, {2: [((4,), (5,))]}) == {4: 0, 5: 0, 3: 0}
    assert drawn(here, {1: ((2,), (3,))}) == {1: 0}


@pytest.mark.parametrize(
    ("budget", "shown"),
    [
        ({"draws": 1}, {1: 0}),
        ({"draws": 2}, {2: 0, 3: 0}),
        ({"draws": 3}, {4: 0, 5: 0, 3: 0}),
        ({"triangles": 14}, {1: 0}),
        ({"triangles": 15}, {1: 0b10, 3: 0}),
        ({"triangles": 16}, {1: 0b01, 2: 0}),
        ({"triangles": 20}, {2: 0, 3: 0}),
        ({"triangles": 26}, {2: 0b01, 4: 0, 3: 0}),
    ],
)
def test_a_step_that_exceeds_the_device_is_not_taken(budget, shown):
    planned = {1: ((2,), (3,)), 2: ((4,), (5,))}
    found = drawn({1, 2, 3, 4, 5}, planned, nodes=PARTED, budget=replace(ENDLESS, **budget))
    assert found == shown


def test_images_that_tiles_share_count_once():
    nodes = {n: replace(node, needs=("image",)) for n, node in WHOLE.items()}
    cuts = Cuts({1, 2}.__contains__, nodes, {}, {}, {1: 0, 2: 1})
    for textures, expected in ((99, {}), (100, {1: 0, 2: 0})):
        budget = DeviceBudget(1, 1000, 1000, textures)
        assert cuts.picture([1, 2], budget=budget, textures_of=lambda _: 100).shown == expected


@given(forests(), st.booleans(), st.data())
def test_each_region_of_a_root_is_drawn_once_and_the_device_is_kept_to(forest: Forest, groups: bool, data):
    every = range(len(forest.parent))
    here = data.draw(st.sets(st.sampled_from(every)))
    planned = forest.plan_by(data.draw(st.randoms()), groups=groups)
    remembered = forest.plan_by(data.draw(st.randoms()), groups=groups)
    most = data.draw(st.integers(0, 400)), data.draw(st.integers(0, 60)), data.draw(st.integers(0, 9000))
    budget = data.draw(st.sampled_from([ENDLESS, DeviceBudget(0, *most)]))
    nodes = {node: forest.node(node) for node in every}
    wanted = [*forest.roots, *(part for way in planned.values() for region in way for part in region or ())]
    cuts = Cuts(
        here.__contains__, nodes, planned, {node: [way] for node, way in remembered.items()},
        {node: place for place, node in enumerate(wanted)}, groups,
    )  # fmt: skip
    sizes = {digest: len(blob) for digest, blob in forest.blobs.items()}
    picture = cuts.picture(forest.roots, budget=budget, textures_of=sizes.__getitem__)
    assert here.issuperset(picture.shown)
    forest.check(picture.shown)
    assert groups or not any(picture.shown.values())
    cost = forest.cost(picture.shown)
    assert (cost.triangles, cost.draws, cost.textures) == (picture.triangles, picture.draws, picture.textures)
    assert cost.at_most(budget) == cost
    if budget is ENDLESS:
        roots = {forest.root_of(node) for node in picture.shown}
        assert roots >= here & set(forest.roots)
