"""Cuts on numbers: what replaces what, and when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streaming.cut import Cuts
from tests.streaming.forest import Forest, forests


def test_a_root_is_drawn_until_everything_that_replaces_it_is_here():
    planned = {1: (2, 3)}
    assert Cuts({1}.__contains__, planned).of([1]) == (1,)
    assert Cuts({1, 2}.__contains__, planned).of([1]) == (1,)
    assert Cuts({1, 2, 3}.__contains__, planned).of([1]) == (2, 3)


def test_one_branch_goes_deeper_than_the_other():
    planned = {1: (2, 3), 2: (4, 5), 3: (6, 7)}
    assert Cuts({1, 2, 3, 4, 5, 6}.__contains__, planned).of([1]) == (4, 5, 3)


def test_a_level_that_was_skipped_is_no_hindrance():
    assert Cuts({1, 4, 5, 3}.__contains__, {1: (2, 3), 2: (4, 5)}).of([1]) == (4, 5, 3)


def test_a_root_that_is_not_here_is_left_out():
    assert Cuts({2}.__contains__, {}).of([1, 2]) == (2,)


def test_what_the_view_wants_beats_what_is_remembered():
    assert Cuts({1, 2, 3}.__contains__, {}, {1: [(2, 3)]}).of([1]) == (1,)


def test_finer_tiles_from_before_are_better_than_the_coarse_one_that_is_here():
    assert Cuts({1, 4, 5}.__contains__, {1: (2, 3)}, {1: [(4, 5)]}).of([1]) == (4, 5)


def test_what_is_remembered_stands_in_for_what_is_on_its_way():
    here = {1, 4, 5, 3}.__contains__
    assert Cuts(here, {1: (2, 3)}, {2: [(4, 5)]}).of([1]) == (4, 5, 3)
    assert Cuts(here, {1: (2, 3)}).of([1]) == (1,)


@given(forests(), st.data())
def test_a_cut_is_whole_and_has_no_tile_together_with_one_above_it(forest: Forest, data):
    here = data.draw(st.sets(st.sampled_from(range(len(forest.parent)))))
    planned, remembered = forest.plan_by(data.draw(st.randoms())), forest.plan_by(data.draw(st.randoms()))
    cut = Cuts(here.__contains__, planned, {node: [way] for node, way in remembered.items()}).of(forest.roots)
    assert here.issuperset(cut)
    assert len(set(cut)) == len(cut)
    for node in cut:
        assert not set(forest.above(node)) & set(cut)
    for root in forest.roots:
        drawn = [node for node in cut if forest.root_of(node) == root]
        assert not drawn or forest.covers(root, drawn)
        assert drawn or root not in here
