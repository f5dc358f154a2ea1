"""What older programs wrote is read, and what is new is never taken for old."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scenes.model import Anchor, Annotation, Georeference, LocalText, Placement, Scene, Source
from storage.records import decode, encode
from tests.contracts.samples import one_of_each, placement, scene


def old(record: Any, **fields: Any) -> str:
    """The body of a record with these fields in place of what took theirs."""
    body = json.loads(encode(record))
    for name in ("georeference", "bodies", "anchor", "motivation", "tags", "created_at"):
        body.pop(name, None)
    return json.dumps(body | fields)


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [
        (37.97, 23.72, Georeference(23.72, 37.97)),
        (37.97, None, None),
        (None, None, None),
        (0.0, 0.0, Georeference(0, 0)),
    ],
)
def test_a_scene_with_degrees_lies_there(
    latitude: float | None, longitude: float | None, expected: Georeference | None
) -> None:
    found = decode(Scene, old(scene(), latitude=latitude, longitude=longitude))
    assert (found.georeference, found.title) == (expected, "Agora")


def test_a_placement_with_sources_in_words_has_citations() -> None:
    for sources, expected in ((["Dörpfeld 1892", "x"], (Source("Dörpfeld 1892"), Source("x"))), ([], ())):
        for separators in ((", ", ": "), (",", ":")):
            body = json.dumps(json.loads(encode(placement("p"))) | {"sources": sources}, separators=separators)
            assert decode(Placement, body).sources == expected


def test_an_annotation_at_a_point_in_one_language_is_anchored_there() -> None:
    note = next(each for each in one_of_each() if isinstance(each, Annotation))
    body = old(note, body="<p>Φθαρμένο.</p>", language="el", position=[1, 2, 3], placement="placement_a")
    found = decode(Annotation, body)
    assert found.bodies == (LocalText("<p>Φθαρμένο.</p>", "el"),)
    assert found.anchor == Anchor.at((1.0, 2.0, 3.0), "placement_a")
    assert (found.title, found.author, found.existence) == ("A note", "ada", "-0480/..")
    bare = decode(Annotation, old(note, body="b", position=[0, 0, 0]))
    assert (bare.bodies, bare.anchor) == ((LocalText("b", "en"),), Anchor.at((0.0, 0.0, 0.0)))


def test_words_of_an_old_body_within_a_text_change_nothing() -> None:
    from dataclasses import replace

    trap = '"sources": ["x"] "latitude": 1 "georeference": "bodies":'
    for record in one_of_each():
        if isinstance(record, Placement):
            assert decode(Placement, encode(replace(record, reason=trap))) == replace(record, reason=trap)
        elif isinstance(record, Scene):
            changed = replace(record, description=trap, georeference=None)
            assert decode(Scene, encode(changed)) == changed


def test_an_old_body_with_words_of_a_new_one_in_its_text_is_read() -> None:
    note = next(each for each in one_of_each() if isinstance(each, Annotation))
    body = old(note, title='say "bodies": here', body="b", position=[0, 0, 0])
    assert decode(Annotation, body).title == 'say "bodies": here'
