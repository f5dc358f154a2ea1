"""The whole of what is served over HTTP as an OpenAPI document, for tools that try doors: every route that the app has.

What FastAPI describes is taken as it is; of every other route the methods and the parts of its path are known, and
`MORE` says which parameters it reads. Values that lead somewhere in the small museum (`tests.api.museum`) are examples.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from tests.api.museum import MASTER, TILE, digest

if TYPE_CHECKING:
    from fastapi import FastAPI

_PART = re.compile(r"\{(\w+)(?::(\w+))?\}")
_EXAMPLES: dict[str, list[str]] = {
    "name": [f"{digest(TILE)}.glb", digest(MASTER)],
    "asset": ["asset_temple", "asset_secret"],
    "slug": ["terrace", "next-year"],
    # No picture that is really made: the museum's tile is none that could be drawn.
    "form": ["share.gif"],
    "upload": ["upload_x"],
    "path": ["index.html", "../../etc/passwd"],
    "scene_id": ["scene_open", "scene_draft"],
    "annotation_id": ["annotation_x"],
}
_CONDITIONS = ["If-None-Match", "If-Modified-Since", "If-Range"]
_TUS = ["Upload-Offset", "Upload-Length", "Upload-Metadata", "Upload-Checksum", "Upload-Concat", "Content-Type"]
_ADDRESS = "http://127.0.0.1/exhibitions/terrace"
# (path, method) -> headers, parameters of the query, media type of the body
MORE: dict[tuple[str, str], tuple[list[str], list[str], str]] = {
    ("/blobs/{name}", "GET"): (["Range", *_CONDITIONS, "Accept-Encoding"], [], ""),
    ("/assets/{asset}/tileset.json", "GET"): ([*_CONDITIONS, "Accept-Encoding"], [], ""),
    ("/assets/{asset}/master", "GET"): (["Range", *_CONDITIONS], [], ""),
    ("/uploads", "POST"): (_TUS, [], "application/offset+octet-stream"),
    ("/uploads/{upload}", "PATCH"): (_TUS, [], "application/offset+octet-stream"),
    ("/oembed", "GET"): ([], ["url", "format", "maxwidth", "maxheight"], ""),
    ("/", "GET"): (["Accept-Language", "Accept"], ["q", "at", "after", "lang"], ""),
    ("/exhibitions/{slug}", "GET"): (["Accept-Language", "Accept"], ["at", "lang", "hypothesis"], ""),
    ("/embed/{slug}", "GET"): ([], ["at"], ""),
    ("/studio", "GET"): ([], ["key"], ""),
}
_SHAPES: dict[str, Any] = {
    "Range": {"type": "string", "pattern": r"^bytes=([0-9]{0,3}-[0-9]{0,20},?){1,20}$"},
    "Upload-Length": {"type": "integer", "minimum": 0, "maximum": 1 << 70},
    "Upload-Offset": {"type": "integer", "minimum": 0, "maximum": 1 << 70},
    "Upload-Metadata": {"type": "string", "examples": ["filename YS5wbHk="]},
    "Upload-Checksum": {"type": "string", "examples": ["sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="]},
    "url": {"type": "string", "examples": [_ADDRESS]},
}
ASSUMED = {"Tus-Resumable": "1.0.0"}
"""sent with everything: without it, no door of uploads looks further"""


def described(app: FastAPI) -> dict[str, Any]:
    """The document."""
    document = {**app.openapi(), "paths": {**app.openapi()["paths"]}}
    for route in app.router.routes:
        if isinstance(route, Route):
            path = _PART.sub(r"{\1}", route.path)
            operations = document["paths"].setdefault(path, {})
            for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
                operations.setdefault(method.lower(), _operation(route.path, path, method))
    return document


def _operation(template: str, path: str, method: str) -> dict[str, Any]:
    headers, query, media = MORE.get((path, method), ([], [], ""))
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "examples": _EXAMPLES[name]}}
        for name, _ in _PART.findall(template)
    ]
    for place, names in (("header", headers), ("query", query)):
        parameters += [{"name": each, "in": place, "schema": _SHAPES.get(each, {"type": "string"})} for each in names]
    found: dict[str, Any] = {"parameters": parameters, "responses": {"default": {"description": "any"}}}
    if media:
        found["requestBody"] = {"content": {media: {"schema": {"type": "string", "format": "binary"}}}}
    elif method == "POST":
        form = {"type": "object", "additionalProperties": {"type": "string"}}
        found["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": form}}}
    return found
