"""Bodies of records as older programs wrote them, brought to the present shape on reading. Nothing is written back.

| kind | was | is |
|---|---|---|
| scene | `latitude`, `longitude` | `georeference` |
| placement | `sources`: texts | citations, each a text with an address and pages |
| annotation | `body`, `language`, `position`, `placement` | `bodies`, `anchor` |

Whether a body is old is told from its text, so that what is new costs one search: a name in quotation marks can stand
in a text only with a backslash before them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from scenes.model import Annotation, Placement, Scene

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Upgrade:
    """How to tell an old body, and what it is now."""

    is_old: Callable[[str], object]
    renewed: Callable[[Body], Body]


def _scene(body: Body) -> Body:
    """Only a place with both coordinates is one."""
    latitude, longitude = body.pop("latitude", None), body.pop("longitude", None)
    if latitude is not None and longitude is not None and body.get("georeference") is None:
        body["georeference"] = {"latitude": latitude, "longitude": longitude}
    return body


def _placement(body: Body) -> Body:
    body["sources"] = [{"text": each} if isinstance(each, str) else each for each in body["sources"]]
    return body


def _annotation(body: Body) -> Body:
    body["bodies"] = [{"text": body.pop("body"), "language": body.pop("language", "en")}]
    position, placement = body.pop("position"), body.pop("placement", "")
    body["anchor"] = {"kind": "point", "position": position, "placement": placement}
    return body


UPGRADES: Mapping[type, Upgrade] = {
    Scene: Upgrade(lambda text: '"latitude":' in text and '"georeference":' not in text, _scene),
    Placement: Upgrade(re.compile(r'(?<!\\)"sources":\s*\["').search, _placement),
    Annotation: Upgrade(lambda text: '"bodies":' not in text, _annotation),
}
