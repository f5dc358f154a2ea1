"""Annotations as JSON-LD after the W3C Web Annotation Data Model (Recommendation, 23 February 2017).

| ours | theirs |
|---|---|
| bodies | `body`: TextualBody, `text/html`, with `language` |
| tags | `body`: SpecificResource of the vocabulary's URI, and its label as TextualBody, `purpose` tagging |
| motivation, author, created_at | `motivation`, `creator`, `created` |
| existence | `dcterms:temporal`, EDTF or four bounds as text |
| anchor: point, region | `target`: SpecificResource of the scene with a PointSelector or WktSelector, metres |
| anchor: placement, scene | `target`: their URI |

The model has no selector in space. Those of IIIF Presentation 4 are used, in its words: its frame is ours, right-handed
and +y up, and our unit is the metre. Their terms are mapped in the document, so that no second context is fetched.
"""

from __future__ import annotations

from typing import Any

from scenes.annotations import sanitise
from scenes.model import Anchor, AnchorKind, Annotation, Source, Term, Vector

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
MEDIA_TYPE = f'application/ld+json; profile="{CONTEXT}"'
_IIIF = "http://iiif.io/api/presentation/4#"
_TERMS: dict[str, Any] = {
    **{name: f"{_IIIF}{name}" for name in ("PointSelector", "WktSelector", "x", "y", "z")},
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "dcterms": "http://purl.org/dc/terms/",
}


def web_annotation(annotation: Annotation, *, base: str) -> dict[str, Any]:
    """The annotation as a JSON object; `base` is the museum's address, without a slash at its end.

    A target that is a placement or a scene is named by its address within the museum.
    """
    found: dict[str, Any] = {
        "@context": [CONTEXT, _TERMS],
        "id": f"{base}/annotations/{annotation.id}",
        "type": "Annotation",
        "motivation": annotation.motivation.value,
        "label": annotation.title,
    }
    if annotation.author:
        found["creator"] = {"type": "Person", "name": annotation.author}
    if annotation.created_at is not None:
        # xsd:dateTime in UTC is written with Z (3.3.1: "the value MUST be … expressed as UTC").
        found["created"] = annotation.created_at.replace(tzinfo=None).isoformat(timespec="seconds") + "Z"
    found["dcterms:temporal"] = annotation.existence
    if annotation.sources:
        found["dcterms:source"] = [_source(each) for each in annotation.sources]
    texts = [
        {
            "type": "TextualBody",
            "value": sanitise(body.text),
            "format": "text/html",
            "language": body.language,
            "purpose": annotation.motivation.value,
        }
        for body in annotation.bodies
    ]
    bodies = texts + [each for tag in annotation.tags for each in _tag(tag)]
    if bodies:
        found["body"] = bodies
    found["target"] = _target(annotation.anchor, annotation.scene, base)
    return found


def _tag(tag: Term) -> list[dict[str, Any]]:
    """What is tagged, for programs, and its name, for people."""
    return [
        {"type": "SpecificResource", "source": tag.uri, "purpose": "tagging"},
        {"type": "TextualBody", "value": tag.label, "format": "text/plain", "purpose": "tagging"},
    ]


def _source(source: Source) -> str | dict[str, str]:
    text = ", ".join(part for part in (source.text, source.pages) if part)
    return {"id": source.uri, "label": text} if source.uri else text


def _target(anchor: Anchor, scene: str, base: str) -> dict[str, Any]:
    """What it is about. A point or region at a placement is about a part of the scene all the same."""
    place = {"id": f"{base}/scenes/{scene}/tileset.json", "type": "Dataset", "format": "application/json"}
    if anchor.kind is AnchorKind.PLACEMENT:
        # A fragment of the scene: a placement has no address of its own.
        return {"id": f"{place['id']}#{anchor.placement}", "type": "Dataset"}
    if anchor.kind is AnchorKind.SCENE:
        return place
    return {"type": "SpecificResource", "source": place["id"], "selector": _selector(anchor)}


def _selector(anchor: Anchor) -> dict[str, Any]:
    if anchor.kind is AnchorKind.REGION:
        return {"type": "WktSelector", "value": polygon(anchor.region)}
    assert anchor.position is not None, "a point has a position"
    x, y, z = (float(value) for value in anchor.position)
    return {"type": "PointSelector", "x": x, "y": y, "z": z}


def polygon(corners: tuple[Vector, ...]) -> str:
    """Corners as well-known text (ISO 19125), where a ring ends with its first corner.

    >>> polygon(((0.0, 0.0, 0.0), (2.0, 0.0, 0.5), (0.0, 0.0, 2.0)))
    'POLYGON Z ((0.0 0.0 0.0, 2.0 0.0 0.5, 0.0 0.0 2.0, 0.0 0.0 0.0))'
    """
    ring = ", ".join(" ".join(repr(float(value)) for value in corner) for corner in (*corners, corners[0]))
    return f"POLYGON Z (({ring}))"
