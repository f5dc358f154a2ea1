"""What changed between two times of history, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenes.difference import MomentDifference, difference
from scenes.errors import NotFound
from scenes.model import ChangeEvent, ChangeKind, Hypothesis, Placement
from scenes.table import table_of
from tests.contracts.samples import placement, scene
from timeline.edtf import parse_days, parse_span
from timeline.errors import EdtfError
from timeline.index import Kind
from timeline.interval import Certainty

PLACES = [
    placement("p_church", existence="0390/[1204..1230]"),
    placement("p_mosque", existence="1458~/.."),
    placement("p_temple", existence="-0446/0390"),
    placement("p_wall", existence="-0500/.."),
]


def between(before: str, after: str, *places: Placement, events: tuple[ChangeEvent, ...] = ()) -> MomentDifference:
    return difference(table_of(scene(), places or PLACES, ()), events, before=before, after=after)


def kinds(found: MomentDifference) -> dict[str, str]:
    return {each.placement.id: each.kind.value for each in found.changes}


def test_what_appears_disappears_and_becomes_less_sure() -> None:
    assert kinds(between("-0430", "0500")) == {"p_church": "appears", "p_temple": "disappears"}
    assert kinds(between("0500", "1210")) == {"p_church": "less sure"}
    assert kinds(between("1210", "0500")) == {"p_church": "surer"}
    assert kinds(between("-0430", "-0430")) == {}


def test_reasons_are_those_of_either_time() -> None:
    (change,) = between("-0430", "0500", PLACES[2]).changes
    assert (change.before, change.after, change.kind) == (Certainty.CERTAIN, Certainty.NO, Kind.DISAPPEARS)
    assert change.why_before == "stood all through the time asked about (-0446/0390)"
    assert change.why_after == "was gone already (-0446/0390)"
    assert change.placement.sources == placement("p").sources


def test_change_events_that_name_it_and_may_lie_in_between_go_with_it() -> None:
    events = (
        ChangeEvent("e_later", "scene_a", "Shelled", ChangeKind.DEMOLITION, "1687-09-26", ("p_temple",)),
        ChangeEvent("e_rebuilt", "scene_a", "Rebuilt", ChangeKind.MODIFICATION, "0390~", ("p_temple",), ("p_church",)),
        ChangeEvent("e_made", "scene_a", "Begun", ChangeKind.CREATION, "-0446", (), ("p_temple",)),
        ChangeEvent("e_other", "scene_a", "Other", ChangeKind.CREATION, "0400", (), ("p_wall",)),
    )
    found = between("-0430", "0500", events=events)
    assert {each.placement.id: [event.id for event in each.events] for each in found.changes} == {
        "p_church": ["e_rebuilt"],
        "p_temple": ["e_rebuilt"],
    }
    earlier = between("-0600", "-0430", PLACES[2], events=events)
    assert [event.id for event in earlier.changes[0].events] == ["e_made"]


def test_only_what_counts_under_the_hypothesis_is_told() -> None:
    rivals = (Hypothesis("h_a", "scene_a", "A", "x", "", ("h_b",)), Hypothesis("h_b", "scene_a", "B", "x", ""))
    places = [replace(placement(f"p_{name}", existence="1200/1300"), hypothesis=name) for name in ("h_a", "h_b")]
    table = table_of(replace(scene(), default_hypothesis="h_a"), places, rivals)
    assert [each.placement.id for each in difference(table, (), before="1100", after="1250").changes] == ["p_h_a"]
    found = difference(table, (), before="1100", after="1250", hypothesis="h_b")
    assert [each.placement.id for each in found.changes] == ["p_h_b"]
    assert found.changes[0].why_after.endswith("by the hypothesis “B”")
    with pytest.raises(NotFound):
        difference(table, (), before="1100", after="1250", hypothesis="h_x")


@pytest.mark.parametrize("time", ["430 BC", "", "1200-13"])
def test_a_time_that_is_not_edtf_is_refused(time: str) -> None:
    with pytest.raises(EdtfError):
        between("-0430", time)
    with pytest.raises(EdtfError):
        between(time, "-0430")


def test_pages_go_on_from_a_placement() -> None:
    found = between("-0600", "1500")
    assert [each.placement.id for each in found.changes] == ["p_mosque", "p_wall"]
    first, more = found.page(first=1)
    rest, end = found.page(first=5, after=first[0].placement.id)
    assert ([each.placement.id for each in (*first, *rest)], more, end) == (["p_mosque", "p_wall"], True, False)


times = st.sampled_from(["-0430", "0390", "12XX", "[1205,1215]", "1204/1230", "1458", "2026-01-01"])
existences = st.sampled_from(["0390/[1204..1230]", "1458~/..", "-0446/0390", "12XX", "../1250", "/1210", "1205/"])


@settings(max_examples=100, deadline=None)
@given(st.lists(existences, max_size=6), times, times)
def test_nothing_is_left_out_and_nothing_is_made_up(texts: list[str], before: str, after: str) -> None:
    places = [placement(f"p_{n}", existence=text) for n, text in enumerate(texts)]
    found = difference(table_of(scene(), places, ()), (), before=before, after=after)
    expected = {}
    for each in places:
        sides = [parse_span(each.existence).over(parse_days(time)) for time in (before, after)]
        if sides[0] is not sides[1]:
            expected[each.id] = sides
    assert {each.placement.id: [each.before, each.after] for each in found.changes} == expected
