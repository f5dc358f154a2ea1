from __future__ import annotations

from typing import Any

import pytest

from scenes.errors import Invalid, NotFound, SceneError
from scenes.model import Anchor, AnchorKind, Annotation, LocalText, Motivation, SurfacePoint, Term
from tests.contracts.samples import NOON
from tests.scenes.authoring.site import Site, site

SQUARE = ((0.0, 0.0, 0.0), (2.0, 0.0, 0.0), (2.0, 0.0, 2.0), (0.0, 0.0, 2.0))


def note(here: Site, anchor: Anchor, **given: Any) -> Annotation:
    values = {"title": "N", "bodies": [LocalText("b")], "existence": "-0480/..", "anchor": anchor} | given
    made: Annotation = here.create(Annotation, **values)
    return made


def test_a_note_is_signed_dated_and_in_several_languages() -> None:
    here = site()
    bodies = [LocalText("Worn <b>steps</b>"), LocalText("Ausgetretene <u>Stufen</u>", "de")]
    found = note(here, Anchor(AnchorKind.SCENE), bodies=bodies, motivation=Motivation.DESCRIBING)
    assert (found.author, found.created_at, found.motivation) == ("ada", NOON, Motivation.DESCRIBING)
    assert found.bodies == (LocalText("Worn <b>steps</b>"), LocalText("Ausgetretene Stufen", "de"))


def test_the_pin_of_a_region_stands_in_its_middle_unless_it_is_said_where() -> None:
    here = site()
    assert note(here, Anchor(AnchorKind.REGION, region=SQUARE)).anchor.position == (1.0, 0.0, 1.0)
    assert note(here, Anchor(AnchorKind.REGION, (5.0, 0.0, 0.0), SQUARE)).anchor.position == (5.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "anchor",
    [
        Anchor(AnchorKind.POINT),
        Anchor(AnchorKind.REGION),
        Anchor(AnchorKind.PLACEMENT),
        Anchor(AnchorKind.REGION, region=SQUARE[:2]),
        Anchor(AnchorKind.REGION, region=(*SQUARE, SQUARE[0])),
        Anchor(AnchorKind.REGION, region=((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (2.0, 0.0, 0.0))),
        Anchor(AnchorKind.REGION, region=((1e6, 0.0, 0.0), (1e6 + 1, 0.0, 0.0), (1e6 + 2, 0.0, 0.0))),
        Anchor(AnchorKind.REGION, region=tuple((float(n), float(n * n), 0.0) for n in range(1_001))),
        Anchor(AnchorKind.REGION, region=((0.0, 0.0, float("nan")), *SQUARE[1:])),
        Anchor.at((0.0, 1e10, 0.0)),
    ],
)
def test_an_anchor_that_leads_nowhere_is_refused(anchor: Anchor) -> None:
    here = site()
    before = here.revisions()
    with pytest.raises(Invalid):
        note(here, anchor)
    assert here.revisions() == before


def test_a_spot_on_a_surface_is_of_the_master_that_is_there_now() -> None:
    here = site()
    placed = here.placed("Temple")
    spot = SurfacePoint("", (0.0, 1.0, 0.0), (0.0, 2.0, 0.0), 7, (0.25, 0.25, 0.5))
    anchor = Anchor(AnchorKind.PLACEMENT, placement=placed.id, surface=spot)
    kept = note(here, anchor).anchor.surface
    assert kept == SurfacePoint("a" * 64, (0.0, 1.0, 0.0), (0.0, 1.0, 0.0), 7, (0.25, 0.25, 0.5))


@pytest.mark.parametrize(
    "given",
    [
        {"digest": "b" * 64},
        {"normal": (0.0, 0.0, 0.0)},
        {"barycentric": (0.5, 0.5, 0.5)},
        {"barycentric": (1.5, -0.5, 0.0)},
        {"triangle": None},
        {"triangle": -1},
        {"position": (0.0, 0.0)},
    ],
)
def test_a_spot_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    here = site()
    placed = here.placed("Temple")
    values = {
        "digest": "",
        "position": (0.0, 1.0, 0.0),
        "normal": (0.0, 1.0, 0.0),
        "triangle": 7,
        "barycentric": (0.25, 0.25, 0.5),
    }
    with pytest.raises(Invalid):
        note(here, Anchor(AnchorKind.PLACEMENT, placement=placed.id, surface=SurfacePoint(**(values | given))))
    with pytest.raises(Invalid, match="which placement"):
        note(here, Anchor(AnchorKind.POINT, (0.0, 0.0, 0.0), surface=SurfacePoint(**values)))


def test_tags_are_words_of_vocabularies_each_once() -> None:
    here = site()
    capital = Term("capitals", "http://vocab.getty.edu/aat/300001662")
    assert note(here, Anchor(AnchorKind.SCENE), tags=[capital, capital]).tags == (capital,)
    for tags in (
        [Term("capitals", "capitals")],
        [Term("", capital.uri)],
        [Term(f"t{n}", f"urn:t:{n}") for n in range(51)],
    ):
        with pytest.raises(Invalid):
            note(here, Anchor(AnchorKind.SCENE), tags=tags)


def test_a_note_knows_only_its_own_scene() -> None:
    here = site()
    foreign = here.elsewhere().placed("Far").id
    for anchor in (Anchor.at((0, 0, 0), foreign), Anchor(AnchorKind.PLACEMENT, placement=foreign)):
        with pytest.raises(NotFound):
            note(here, anchor)
    with pytest.raises(SceneError):
        here.update(Annotation, note(here, Anchor(AnchorKind.SCENE)), anchor=Anchor.at((0, 0, 0), foreign))
