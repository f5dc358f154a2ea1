from __future__ import annotations

import math
from typing import Any

import pytest

from scenes.errors import Cycle, InUse, Invalid, NotFound, SceneError
from scenes.model import (
    Anchor,
    AnchorKind,
    Annotation,
    ChangeEvent,
    ChangeKind,
    Generated,
    Hypothesis,
    Layer,
    LocalText,
    PeriodReference,
    Placement,
    Scene,
    Source,
    Tour,
    TourStep,
)
from tests.contracts.samples import VIEW
from tests.scenes.authoring.site import Site, site


def branch(here: Site, title: str, **given: Any) -> Hypothesis:
    made: Hypothesis = here.create(Hypothesis, title=title, author="A", argument="B", **given)
    return made


def test_existence_may_be_edtf_or_four_bounds() -> None:
    here = site()
    for text in ("-0480~/0390", "[1205..1215]/[1248..1252]", "[1205..1215]/[1248-05..1252-12]"):
        assert here.placed("Temple", text).existence == text


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sources": ["x" * 2_001]}, "sources"),
        ({"sources": ["x"] * 101}, "sources"),
        ({"sources": [Source("x", "javascript:alert(1)")]}, "uri"),
        ({"sources": [Source("<b>x</b>")]}, "markup"),
        ({"period": PeriodReference("Archaic", "p01")}, "uri"),
        ({"period": PeriodReference("", "http://n2t.net/ark:/99152/p01")}, "label"),
        ({"generated": Generated("")}, "generated"),
        ({"why": "<script>x()</script>"}, "markup"),
        ({"title": "<i>Temple</i>"}, "markup"),
        ({"why": "x" * 20_001}, "reason|why"),
    ],
)
def test_evidence_that_cannot_be_is_refused(given: dict[str, Any], message: str) -> None:
    here = site()
    before = here.revisions()
    with pytest.raises(Invalid, match=message):
        here.placed(**({"title": "Temple"} | given))
    assert here.revisions() == before


def test_less_than_is_no_markup() -> None:
    assert site().placed("Temple", why="a < b and 3<4").reason == "a < b and 3<4"


def test_branches_build_on_one_another_but_never_in_a_circle() -> None:
    here = site()
    one = branch(here, "One", confidence=0.4, sources=[Source("Rossi 1998", pages="12")])
    two = branch(here, "Two", builds_on=one.id)
    three = branch(here, "Three", builds_on=two.id)
    before = here.revisions()
    with pytest.raises(Cycle, match=r"“\w+” builds on “\w+” builds on “\w+” builds on “\w+”"):
        here.update(Hypothesis, one, builds_on=three.id)
    with pytest.raises(Cycle):
        here.update(Hypothesis, one, builds_on=one.id)
    assert here.revisions() == before
    assert here.get(one) == one


def test_no_branch_contradicts_what_it_builds_on_whoever_says_so() -> None:
    here = site()
    one = branch(here, "One")
    two = branch(here, "Two", builds_on=one.id)
    three = branch(here, "Three", builds_on=two.id)
    for record, given in ((three, [one.id]), (one, [three.id]), (one, [one.id])):
        with pytest.raises(Invalid, match="contra"):
            here.update(Hypothesis, record, contrasts_with=given)
    rival = branch(here, "Rival", contrasts_with=[one.id])
    with pytest.raises(Invalid, match="builds on"):
        here.update(Hypothesis, one, builds_on=rival.id)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, math.nan, math.inf])
def test_confidence_is_from_0_to_1(confidence: float) -> None:
    with pytest.raises(Invalid, match="confidence"):
        branch(site(), "One", confidence=confidence)


def test_a_branch_that_something_rests_on_stays() -> None:
    here = site()
    one = branch(here, "One")
    placed = here.placed("Temple", hypothesis=one.id)
    with pytest.raises(InUse, match="placement"):
        here.remove(one)
    here.remove(placed)
    two = branch(here, "Two", builds_on=one.id)
    with pytest.raises(InUse, match="hypothesis"):
        here.remove(one)
    here.remove(two)
    tour = here.create(Tour, title="T", steps=[TourStep("Look", "Up.", VIEW, "-0430", one.id)])
    with pytest.raises(InUse, match="tour"):
        here.remove(one)
    here.remove(tour)
    rival = branch(here, "Rival", contrasts_with=[one.id])
    with pytest.raises(InUse, match="scene"):
        here.remove(one)
    here.update(Scene, here.scene, default_hypothesis=rival.id)
    here.remove(one)
    assert here.get(rival).contrasts_with == ()


def test_a_layer_with_placements_stays() -> None:
    here = site()
    placed = here.placed("Temple")
    with pytest.raises(InUse, match=placed.id):
        here.remove(here.museum.catalogue.get(Layer, here.layer))


def test_a_placement_that_a_note_is_about_stays_and_one_with_a_note_at_a_point_goes() -> None:
    here = site()
    placed = here.placed("Temple")
    given = {"title": "N", "bodies": [LocalText("b")], "existence": "-0480/.."}
    at = here.create(Annotation, anchor=Anchor.at((1, 2, 3), placed.id), **given)
    about = here.create(Annotation, anchor=Anchor(AnchorKind.PLACEMENT, placement=placed.id), **given)
    with pytest.raises(InUse, match=about.id):
        here.remove(placed)
    here.remove(about)
    here.remove(placed)
    assert here.get(at).anchor == Anchor.at((1, 2, 3))


def event(here: Site, kind: ChangeKind, before: list[str], after: list[str], **given: Any) -> ChangeEvent:
    values = {
        "title": kind,
        "kind": kind,
        "existence": "-0480/0390",
        "predecessors": before,
        "successors": after,
    } | given
    made: ChangeEvent = here.create(ChangeEvent, **values)
    return made


@pytest.mark.parametrize(
    ("kind", "before", "after", "is_possible"),
    [
        (ChangeKind.CREATION, 0, 1, True),
        (ChangeKind.CREATION, 0, 3, True),
        (ChangeKind.CREATION, 1, 1, False),
        (ChangeKind.CREATION, 0, 0, False),
        (ChangeKind.MODIFICATION, 1, 1, True),
        (ChangeKind.MODIFICATION, 1, 2, False),
        (ChangeKind.DEMOLITION, 2, 0, True),
        (ChangeKind.DEMOLITION, 1, 1, False),
        (ChangeKind.UNION, 2, 1, True),
        (ChangeKind.UNION, 1, 1, False),
        (ChangeKind.DIVISION, 1, 2, True),
        (ChangeKind.DIVISION, 2, 2, False),
    ],
)
def test_a_change_has_as_many_parts_as_its_kind(
    kind: ChangeKind, before: int, after: int, *, is_possible: bool
) -> None:
    here = site()
    ids = [here.placed(f"P{n}").id for n in range(before + after)]
    if is_possible:
        assert event(here, kind, ids[:before], ids[before:]).successors == tuple(ids[before:])
        return
    with pytest.raises(Invalid, match=r"predecessors|successors"):
        event(here, kind, ids[:before], ids[before:])


def test_nothing_becomes_its_own_predecessor() -> None:
    here = site()
    one, two, three = (here.placed(f"P{n}").id for n in range(3))
    first = event(here, ChangeKind.MODIFICATION, [one], [two])
    event(here, ChangeKind.MODIFICATION, [two], [three])
    with pytest.raises(Cycle, match="became"):
        event(here, ChangeKind.MODIFICATION, [three], [one])
    with pytest.raises(Cycle):
        here.update(ChangeEvent, first, successors=[one])


def test_what_happened_holds_its_placements_and_knows_only_its_own_scene() -> None:
    here = site()
    placed, foreign = here.placed("Temple"), here.elsewhere().placed("Far").id
    with pytest.raises(NotFound):
        event(here, ChangeKind.MODIFICATION, [placed.id], [foreign])
    burnt = event(here, ChangeKind.DEMOLITION, [placed.id], [])
    with pytest.raises(InUse, match=burnt.id):
        here.remove(placed)
    with pytest.raises(SceneError):
        here.update(ChangeEvent, burnt, predecessors=[])


def test_an_unknown_time_is_refused_everywhere() -> None:
    here = site()
    placed = here.placed("Temple")
    for kind, record, given in (
        (Placement, placed, {"existence": "430 BC"}),
        (Placement, placed, {"existence": "0390/-0480"}),
    ):
        with pytest.raises(ValueError, match="EDTF"):
            here.update(kind, record, **given)
