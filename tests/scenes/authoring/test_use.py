"""What holds for every kind alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scenes import compose
from scenes.authoring.use import RULES
from scenes.errors import Conflict, InUse, Invalid, NotFound, SceneError
from scenes.model import (
    Anchor,
    AnchorKind,
    Annotation,
    Article,
    Asset,
    ChangeEvent,
    ChangeKind,
    ChronologyStatement,
    Epoch,
    Exhibition,
    Family,
    Generated,
    Hypothesis,
    Layer,
    LocalText,
    ObjectStatus,
    PeriodReference,
    Person,
    PersonName,
    Placement,
    Record,
    Relation,
    Scene,
    StatusKind,
    Tour,
    TourStep,
)
from storage.records import KINDS
from tests.contracts.samples import VIEW
from tests.scenes.authoring.site import ADA, Site, site
from timeline.errors import TimelineError

BODIES = [LocalText("<p>Blue.</p>")]


def everything(here: Site) -> dict[type[Any], tuple[Record, dict[str, Any]]]:
    """One record of each kind that can be made, and a change of it."""
    one, two = here.placed("Temple", "-0480/0470"), here.placed("Church", "0470/0861")
    person = here.create(Person, names=[PersonName("Ada")])
    step = TourStep("Look", "Up.", VIEW, "-0430")
    made: list[tuple[Record, dict[str, Any]]] = [
        (here.create(Scene, title="S", default_moment="-0430", viewpoint=VIEW), {"title": "T"}),
        (here.create(Layer, title="L"), {"title": "M", "ordinal": 7}),
        (here.create(Epoch, title="E", existence="-0480/-0323"), {"colour": "#123456"}),
        (here.create(Exhibition, slug="one", title="X"), {"slug": "two"}),
        (here.create(Hypothesis, title="H", author="A", argument="B"), {"confidence": 0.5}),
        (one, {"existence": "-0447/0470"}),
        (
            here.create(
                ChangeEvent,
                title="Rebuilt",
                kind=ChangeKind.MODIFICATION,
                existence="0470",
                predecessors=[one.id],
                successors=[two.id],
            ),
            {"existence": "0469"},
        ),
        (
            here.create(ChronologyStatement, relation=Relation.AFTER, subject=two.id, object=one.id),
            {"author": "Rossi"},
        ),
        (
            here.create(Annotation, title="N", bodies=BODIES, anchor=Anchor.at((0, 1, 2)), existence="-0480/.."),
            {"anchor": Anchor(AnchorKind.SCENE)},
        ),
        (here.create(Article, title="A", bodies=BODIES), {"existence": "-0430"}),
        (here.create(Tour, title="T", steps=[step]), {"steps": [step, step]}),
        (person, {"note": "A potter."}),
        (here.create(Family, partners=[person.id]), {"xref": "@F1@"}),
        (
            here.create(ObjectStatus, asset="asset_a", kind=StatusKind.STOLEN, existence="1944-10"),
            {"kind": StatusKind.RETURNED},
        ),
    ]
    return {type(record): (record, change) for record, change in made}


def test_there_are_rules_for_every_kind_that_is_kept() -> None:
    assert set(RULES) == set(KINDS.values())
    assert set(RULES) == {*everything(site()), Asset}


@pytest.mark.parametrize("kind", [kind for kind in RULES if kind is not Asset], ids=lambda kind: kind.__name__)
def test_every_kind_is_made_changed_once_at_a_time_and_ended(kind: type[Any]) -> None:
    here = site()
    record, change = everything(here)[kind]
    assert here.get(record) == record
    read = here.museum.catalogue.revision_of(record.id)
    done = compose.update(kind, here.museum, ADA, record.id, expected_revision=read, **change)
    assert here.get(record) == done.record != record
    with pytest.raises(Conflict):
        compose.update(kind, here.museum, ADA, record.id, expected_revision=read, **change)
    for other, _ in everything(site()).values():
        if not isinstance(other, kind):
            with pytest.raises(NotFound):
                compose.remove(kind, here.museum, ADA, f"{other.id}_x")
    if kind in {Placement, Person}:
        with pytest.raises(InUse):
            here.remove(record)
        return
    with pytest.raises(Conflict):
        compose.remove(kind, here.museum, ADA, record.id, expected_revision=read)
    before = here.museum.catalogue.revision_of(record.id)
    assert here.remove(record) == done.record
    assert here.get(record) is None
    assert here.museum.catalogue.get(kind, record.id, as_of=before) == done.record


def test_who_change_different_things_of_a_scene_never_meet() -> None:
    here = site()
    placement, epoch = here.placed("Temple"), here.create(Epoch, title="E", existence="-0480/-0323")
    read = here.museum.catalogue.revisions_of([placement.id, epoch.id, here.scene])
    for record, given in ((placement, {"title": "a"}), (epoch, {"title": "b"})):
        compose.update(type(record), here.museum, ADA, record.id, expected_revision=read[record.id], **given)
    compose.update(Scene, here.museum, ADA, here.scene, expected_revision=read[here.scene], title="c")
    assert (here.get(placement).title, here.get(epoch).title) == ("a", "b")


def test_a_change_between_reading_and_writing_is_a_conflict() -> None:
    here = site()
    first = here.create(Hypothesis, title="One", author="A", argument="B")
    second = here.create(Hypothesis, title="Two", author="A", argument="B", contrasts_with=[first.id])
    catalogue = here.museum.catalogue
    read_many = catalogue.get_many

    def interrupted(kind: type[Any], ids: Any) -> Any:
        # Another curator changes the rival after its revision was read and before the removal is written.
        found = read_many(kind, ids)
        if kind is Hypothesis and second.id in found:
            catalogue.get_many = read_many  # type: ignore[method-assign]
            here.update(Hypothesis, second, title="Two columns")
        return found

    here.update(Scene, here.scene, default_hypothesis="")
    catalogue.get_many = interrupted  # type: ignore[method-assign]
    here.update(Scene, here.scene, default_hypothesis=second.id)
    with pytest.raises(Conflict):
        here.remove(first)
    assert here.get(second).contrasts_with == (first.id,)


def test_what_was_said_can_be_taken_back() -> None:
    here = site()
    period, made_up = (
        PeriodReference("Archaic", "http://n2t.net/ark:/99152/p01"),
        Generated("Model 3", "From a sketch."),
    )
    placed = here.placed("Temple", period=period, generated=made_up, sources=["Dörpfeld"])
    assert (placed.period, placed.generated) == (period, made_up)
    cleared = here.update(Placement, placed, period=compose.CLEAR, generated=compose.CLEAR, sources=compose.CLEAR)
    assert (cleared.period, cleared.generated, cleared.sources) == (None, None, ())
    assert cleared == replace(placed, period=None, generated=None, sources=())


def test_a_value_that_a_kind_does_not_have_is_a_fault_of_the_caller() -> None:
    with pytest.raises(TypeError, match="colour"):
        site().create(Layer, title="L", colour="#000000")


def test_a_scene_goes_only_when_nothing_is_left_in_it() -> None:
    here = site()
    home = here.museum.catalogue.get(Scene, here.scene)
    with pytest.raises(InUse, match="layer"):
        here.remove(home)
    here.remove(here.museum.catalogue.get(Layer, here.layer))
    assert here.remove(home) == home


def test_a_public_exhibition_is_taken_back_before_it_is_removed() -> None:
    here = site()
    shown = here.create(Exhibition, slug="agora", title="A")
    compose.publish_exhibition(here.museum, ADA, shown.id)
    with pytest.raises(InUse, match="public"):
        here.remove(shown)
    compose.unpublish_exhibition(here.museum, ADA, shown.id)
    here.remove(here.get(shown))


def test_many_records_are_one_revision_and_may_name_one_another() -> None:
    here = site()
    ids = [here.museum.ids.new("person") for _ in range(3)]
    drafts: list[tuple[type[Any], dict[str, Any]]] = [
        (Person, {"id": name, "names": [PersonName(name)]}) for name in ids
    ]
    drafts.append((Family, {"partners": ids[:2], "children": ids[2:], "xref": "@F1@"}))
    before = here.revisions()
    records, revision = compose.create_all(here.museum, ADA, here.scene, drafts, reason="imported")
    assert revision.number == before + 1
    assert [type(each) for each in records] == [Person] * 3 + [Family]
    assert all(here.get(each) == each for each in records)


@pytest.mark.parametrize(
    "last",
    [
        (Family, {"partners": ["p_1"], "children": ["p_1"]}),
        (Family, {"partners": ["p_x"]}),
        (Person, {"id": "p_1", "names": [PersonName("again")]}),
        (Person, {"names": []}),
        (Epoch, {"title": "E", "existence": "then"}),
    ],
)
def test_of_many_records_all_are_written_or_none(last: tuple[type[Any], dict[str, Any]]) -> None:
    here = site()
    before = here.revisions()
    with pytest.raises((SceneError, TimelineError)):
        compose.create_all(
            here.museum, ADA, here.scene, [(Person, {"id": "p_1", "names": [PersonName("A")]}), last], reason="imported"
        )
    assert here.revisions() == before
    assert here.museum.catalogue.within(Person, [here.scene])[here.scene] == ()


def test_many_is_not_without_end() -> None:
    here = site()
    with pytest.raises(Invalid):
        compose.create_all(here.museum, ADA, here.scene, [], reason="nothing")


def test_a_change_of_what_nothing_depends_on_reads_nothing_else() -> None:
    here = site()
    placed = here.placed("Temple")
    read: list[type[Any]] = []
    within = here.museum.catalogue.within

    def told(kind: type[Any], scenes: Any, **named: Any) -> Any:
        read.append(kind)
        return within(kind, scenes, **named)

    here.museum.catalogue.within = told  # type: ignore[method-assign]
    here.update(Placement, placed, title="Temple II", why="Because.")
    assert read == []
    here.update(Placement, placed, existence="-0447/..")
    assert read == [ChronologyStatement, ChangeEvent]


def test_a_scene_has_room_for_so_many_of_a_kind() -> None:
    here = site()
    most = RULES[Layer].most
    drafts: list[tuple[type[Any], dict[str, Any]]] = [(Layer, {"title": "L", "ordinal": n}) for n in range(most)]
    with pytest.raises(Invalid, match="1000"):
        compose.create_all(here.museum, ADA, here.scene, drafts, reason="one too many: the scene has a layer")
    compose.create_all(here.museum, ADA, here.scene, drafts[1:], reason="as many as there is room for")
    with pytest.raises(Invalid, match="1000"):
        here.create(Layer, title="One more")
