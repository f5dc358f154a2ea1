"""What goes out follows the W3C Web Annotation Data Model; its MUSTs are checked on every kind of anchor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from scenes.model import Anchor, AnchorKind, Annotation, LocalText, Motivation, Source, Term
from scenes.web_annotation import web_annotation
from tests.contracts.samples import NOON

BASE = "https://museum.example"
TRIANGLE = ((0.0, 2.0, 3.0), (2.0, 2.0, 3.0), (1.0, 2.0, 4.0))
NOTE = Annotation(
    "annotation_a",
    "scene_a",
    "A note",
    (LocalText("<p>Worn.</p>"), LocalText("<p>Φθαρμένο.</p>", "el")),
    Anchor.at((1.0, 2.0, 3.5)),
    "-0480/..",
    "ada",
    Motivation.DESCRIBING,
    (Term("wear", "http://vocab.getty.edu/aat/300379413"),),
    (Source("Dörpfeld 1892", "https://example.org/d", "12–14"), Source("Notebook 3")),
    NOON,
)

MOTIVATIONS = {
    *("assessing", "bookmarking", "classifying", "commenting", "describing", "editing", "highlighting"),
    *("identifying", "linking", "moderating", "questioning", "replying", "tagging"),
}
"""W3C Web Annotation Data Model, 3.3.5"""


def check(found: dict[str, Any]) -> None:
    """The rules that the data model states for an annotation, a body, a target."""
    # 3.1: one or more @context, the model's own among them; exactly one IRI as id; 1 or more types; 1 or more targets.
    assert found["@context"][0] == "http://www.w3.org/ns/anno.jsonld"
    assert found["id"].startswith(BASE + "/annotations/")
    assert found["type"] == "Annotation"
    assert found["motivation"] in MOTIVATIONS
    for body in found.get("body", []):
        if body["type"] == "TextualBody":  # 3.2.4: exactly one value
            assert isinstance(body["value"], str)
        else:  # 4.1: a Specific Resource has exactly one source
            assert body["source"].startswith("http")
        assert body["purpose"] in MOTIVATIONS
    target = found["target"]
    assert ("id" in target) != ("source" in target)
    assert (target.get("id") or target["source"]).startswith(BASE)
    if "source" in target:
        assert target["type"] == "SpecificResource"
        assert target["selector"]["type"] in found["@context"][1]


def test_a_note_at_a_point() -> None:
    found = web_annotation(NOTE, base=BASE)
    check(found)
    assert found["created"] == "2026-05-04T12:00:00Z"
    assert found["creator"] == {"type": "Person", "name": "ada"}
    assert found["dcterms:temporal"] == "-0480/.."
    assert found["dcterms:source"] == [
        {"id": "https://example.org/d", "label": "Dörpfeld 1892, 12–14"},
        "Notebook 3",
    ]
    assert [body.get("language") for body in found["body"]] == ["en", "el", None, None]
    assert [body["purpose"] for body in found["body"]] == ["describing", "describing", "tagging", "tagging"]
    assert found["target"]["selector"] == {"type": "PointSelector", "x": 1.0, "y": 2.0, "z": 3.5}


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        (
            Anchor(AnchorKind.REGION, region=TRIANGLE),
            "POLYGON Z ((0.0 2.0 3.0, 2.0 2.0 3.0, 1.0 2.0 4.0, 0.0 2.0 3.0))",
        ),
        (Anchor(AnchorKind.PLACEMENT, placement="placement_a"), f"{BASE}/scenes/scene_a/tileset.json#placement_a"),
        (Anchor(AnchorKind.SCENE), f"{BASE}/scenes/scene_a/tileset.json"),
    ],
)
def test_every_anchor_is_a_target(anchor: Anchor, expected: str) -> None:
    found = web_annotation(replace(NOTE, anchor=anchor), base=BASE)
    check(found)
    target = found["target"]
    assert (target["selector"]["value"] if "selector" in target else target["id"]) == expected


def test_a_body_is_made_harmless_on_the_way_out_too() -> None:
    found = web_annotation(replace(NOTE, bodies=(LocalText("<p onclick=x()>a<script>y()</script></p>"),)), base=BASE)
    assert found["body"][0]["value"] == "<p>a</p>"


def test_what_is_not_known_is_left_out() -> None:
    found = web_annotation(replace(NOTE, bodies=(), tags=(), sources=(), author="", created_at=None), base=BASE)
    check(found)
    assert not {"body", "creator", "created", "dcterms:source"} & set(found)


@pytest.mark.parametrize("motivation", list(Motivation))
def test_our_motivations_are_theirs(motivation: Motivation) -> None:
    assert motivation.value in MOTIVATIONS
