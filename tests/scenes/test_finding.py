from __future__ import annotations

import pytest

from scenes.finding import Findable, FoundIn, Kind, findable, folded, look_for
from scenes.model import (
    Epoch,
    Exhibition,
    Hypothesis,
    Person,
    PersonName,
    Placement,
    Reliability,
    Scene,
    Viewpoint,
    Visibility,
)


def item(title: str, *belongs: object, place: str = "", description: str = "") -> Findable:
    view = Viewpoint((0, 0, 1), (0, 0, 0))
    scene = Scene("scene_x", place, "", "-0430", Visibility.PUBLIC, view) if place else None
    exhibition = Exhibition(f"e_{title}", title, title, description, "scene_x", Visibility.PUBLIC)
    return findable(exhibition, scene, belongs)


def thing(title: str, reliability: Reliability = Reliability.USVS) -> Placement:
    return Placement(f"p_{title}", "scene_x", "layer_x", "asset_x", title, reliability=reliability)


def titles(words: str, *items: Findable) -> list[str]:
    return [found.item.exhibition.title for found in look_for(words, items)]


def test_accents_case_and_punctuation_do_not_count() -> None:
    column = item("Die Säule")
    for words in ("saule", "SÄULE", "sa", "saüle,", "die-säu"):
        assert titles(words, column) == ["Die Säule"]
    assert titles("äule", column) == [], "a word is found by its beginning"


def test_all_words_must_be_found_but_not_in_one_text() -> None:
    hill = item("The hill", thing("Bronze colossus"), place="Delphi")
    assert titles("colossus delphi", hill) == ["The hill"]
    assert titles("colossus athens", hill) == []


def test_titles_count_more_than_things_and_things_more_than_descriptions() -> None:
    a, b, c = item("A", description="a temple"), item("B", thing("Temple")), item("Temple")
    assert titles("temple", a, b, c) == ["Temple", "B", "A"]


def test_why_something_was_found_is_told() -> None:
    person = Person("i", "scene_x", (PersonName("Phrynē of Thespiai"),))
    hill = item("The hill", thing("Statue of Phryne"), person, thing("Altar"))
    (found,) = look_for("phryne", [hill])
    assert [(text.kind, text.text) for text in found.why] == [
        (FoundIn.PERSON, "Phrynē of Thespiai"),
        (FoundIn.THING, "Statue of Phryne"),
    ]


def test_without_words_all_is_there_in_its_order() -> None:
    assert titles("  ?! ", item("B"), item("A")) == ["B", "A"]


def test_kinds_and_years_come_from_what_is_in_the_scene() -> None:
    rival = Hypothesis("h", "scene_x", "Low", "B", "…", ("h2",))
    epochs = Epoch("a", "scene_x", "Grove", "-0599/-0500"), Epoch("b", "scene_x", "Now", "1990/..")
    hill = item("Hill", thing("Wall", Reliability.US), thing("Roof"), rival, *epochs)
    assert hill.kinds == (Kind.REMAINS, Kind.RECONSTRUCTION, Kind.RIVALS)
    assert hill.years == (-599, None)


@pytest.mark.parametrize("text", ["", "\0", "ﬁ" * 5000, "a " * 100_000, "\u0301" * 99])
def test_whatever_is_looked_for_is_answered(text: str) -> None:
    assert titles(text, item("Hill")) in (["Hill"], [])
    assert folded(folded(text)) == folded(text)
