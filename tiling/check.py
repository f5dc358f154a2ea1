"""A checker of 3D Tiles 1.1: is this tileset what a client can rely on?

It follows external tilesets and decodes all content (`tiling.payload`), and so finds what schema validators do not:
payloads and images that cannot be decoded, indices out of range, geometry outside its tile's box, duplicate children,
groups of triangles that are not those of the tile's children. Nothing is fetched here: `get`
gives the bytes of a URI. Boxes are compared in the frame of the outermost document (z-up); positions go the normative
way, node matrices, y-up to z-up, tile transforms (3D Tiles 1.1, "glTF transforms").

The specification wants a child's *content* within its parent's volume. Here a child's *box* must be, too, which implies
it and which culling profits from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tiling import payload
from tiling.payload import Payload

Matrix = NDArray[np.float64]

TOLERANCE = 1e-5
"""of a box's size"""
_MOST_TILES = 200_000
_MOST = 1e15
"""greatest number taken for finite, so that products of some are, too"""
Get = Callable[[str], bytes | None]
"""The bytes of a URI, resolved against its document's; None, LookupError or OSError where there are none."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: a stable code, the place (document and path in it), and words for people."""

    code: str
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.code} {self.where}: {self.words}"


@dataclass(frozen=True, slots=True)
class _Visit:
    """A tile to look at, and what its ancestors say."""

    tile: Any
    where: str
    uri: str
    """of the document that it stands in"""
    to_world: Matrix
    scale: float
    error: float
    """the parent's geometric error in metres of the outermost document"""
    box: Matrix | None
    """the parent's box in the outermost frame, as a matrix that takes the unit cube to it"""
    path: tuple[str, ...]
    """documents around it, for finding circles"""
    is_root: bool


def check(document: bytes, get: Get, *, uri: str = "tileset.json", contents: bool = True) -> list[Finding]:
    """All that is wrong with a tileset and what it refers to; empty where all is well.

    `document` are the bytes at `uri`, against which content URIs are resolved before `get` is asked. Without `contents`
    GLBs are neither fetched nor decoded; external tilesets are. Content that several tiles share is decoded once.
    """
    return list(_Checker(get, contents=contents).run(document, uri))


def resolved(base: str, reference: str) -> str:
    """A reference as seen from the document at `base`: RFC 3986, as far as tilesets use it; queries are kept.

    >>> resolved("/a/b/tileset.json", "../c/x.glb"), resolved("tileset.json", "x.glb"), resolved("a/t.json", "/blobs/x")
    ('/a/c/x.glb', 'x.glb', '/blobs/x')
    """
    if reference.startswith(("/", "data:")) or "://" in reference:
        return reference
    head, separator, rest = base.rpartition("://")
    parts = rest.partition("?")[0].split("/")[:-1]
    path, question, query = reference.partition("?")
    for part in path.split("/"):
        if part == ".." and parts and parts[-1]:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return head + separator + "/".join(parts) + question + query


class _Checker:
    def __init__(self, get: Get, *, contents: bool) -> None:
        self.get, self.contents = get, contents
        self.read: dict[str, Payload] = {}
        self.tiles = 0

    def run(self, document: bytes, uri: str) -> Iterator[Finding]:
        outermost = _Visit(None, uri, uri, np.eye(4), 1.0, np.inf, None, (), is_root=True)
        waiting: list[_Visit] = []
        yield from self.tileset(document, outermost, waiting)
        while waiting:
            visit = waiting.pop()
            self.tiles += 1
            if self.tiles > _MOST_TILES:
                yield Finding("TOO_MANY_TILES", visit.where, f"more than {_MOST_TILES} tiles; the rest is not checked")
                return
            yield from self.tile(visit, waiting)

    def tileset(self, data: bytes, outer: _Visit, waiting: list[_Visit]) -> Iterator[Finding]:
        """The top level of a document, whose root then waits; `outer` is the tile that refers to it."""
        where = outer.uri
        try:
            document = json.loads(data, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as wrong:
            yield Finding("BAD_JSON", where, str(wrong))
            return
        if not isinstance(document, dict):
            yield Finding("BAD_JSON", where, "the document is no object")
            return
        asset = document.get("asset")
        version = asset.get("version") if isinstance(asset, dict) else None
        if version not in ("1.0", "1.1"):
            yield Finding("ASSET_VERSION", where, f"asset.version is {version!r}, expected '1.1'")
        yield from _extensions(document, where)
        own = _error(document.get("geometricError"))
        error = None if own is None else own * outer.scale
        if error is None:
            yield Finding("GEOMETRIC_ERROR", where, "geometricError is no finite number from 0")
        if not isinstance(document.get("root"), dict):
            yield Finding("ROOT_MISSING", where, "there is no root tile")
            return
        waiting.append(
            _Visit(
                document["root"],
                f"{where}#root",
                outer.uri,
                outer.to_world,
                outer.scale,
                # The error of showing nothing of an inner document is no step in the tree: its root stands for the tile
                # around it (CesiumGS/3d-tiles issue 42), which may follow a proxy that is far truer than nothing.
                outer.error if error is None else min(error, outer.error),
                outer.box,
                (*outer.path, outer.uri),
                is_root=True,
            )
        )

    def tile(self, visit: _Visit, waiting: list[_Visit]) -> Iterator[Finding]:
        tile, where = visit.tile, visit.where
        if not isinstance(tile, dict):
            yield Finding("BAD_TILE", where, "the tile is no object")
            return
        if tile.get("refine", "REPLACE" if not visit.is_root else None) not in ("ADD", "REPLACE"):
            yield Finding("REFINE", where, f"refine is {tile.get('refine')!r}, expected 'ADD' or 'REPLACE'")
        to_world, scale = visit.to_world, visit.scale
        if "transform" in tile:
            own = _transform(tile["transform"])
            if own is None or not (np.abs(to_world @ own) < _MOST).all():
                yield Finding("TRANSFORM", where, "transform is not 16 finite numbers of an invertible affine matrix")
            else:
                to_world = to_world @ own
                scale *= float(np.linalg.norm(own[:3, :3], axis=0).max())
        error = visit.error
        if (stated := _error(tile.get("geometricError"))) is None:
            yield Finding("GEOMETRIC_ERROR", where, "geometricError is no finite number from 0")
        else:
            error = stated * scale
            if error > visit.error * (1 + 1e-9):
                yield Finding("ERROR_GROWS", where, f"error {error:g} m, its parent's is {visit.error:g} m")
        box, findings = _volume(tile.get("boundingVolume"), where)
        yield from findings
        world_box = None if box is None else to_world @ box
        if world_box is not None and visit.box is not None and (over := _outside(visit.box, _corners(world_box))) > 0:
            yield Finding("BOX_OUTSIDE_PARENT", where, f"the box reaches {over:g} m beyond its parent's")
        inner = _Visit(
            None,
            where,
            visit.uri,
            to_world,
            scale,
            error,
            visit.box if world_box is None else world_box,
            visit.path,
            is_root=False,
        )
        yield from self.content(tile, box, inner, waiting)
        yield from _children(tile, inner, waiting)

    def content(
        self, tile: dict[str, Any], box: Matrix | None, inner: _Visit, waiting: list[_Visit]
    ) -> Iterator[Finding]:
        if "content" in tile and "contents" in tile:
            yield Finding("CONTENT", inner.where, "content and contents exclude each other")
        every = tile.get("contents", [tile["content"]] if "content" in tile else [])
        if not isinstance(every, list) or ("contents" in tile and not every):
            yield Finding("CONTENT", inner.where, "contents is no list with members")
            return
        for each in every:
            reference = each.get("uri") if isinstance(each, dict) else None
            if not isinstance(reference, str) or not reference:
                yield Finding("CONTENT", inner.where, "content has no uri")
                continue
            own_box, findings = _volume(each["boundingVolume"], inner.where) if "boundingVolume" in each else (None, [])
            yield from findings
            yield from self.referred(tile, reference, [b for b in (box, own_box) if b is not None], inner, waiting)

    def referred(
        self, tile: dict[str, Any], reference: str, boxes: list[Matrix], inner: _Visit, waiting: list[_Visit]
    ) -> Iterator[Finding]:
        uri = resolved(inner.uri, reference)
        if uri.partition("?")[0].endswith("json"):
            if tile.get("children"):
                yield Finding(
                    "EXTERNAL_WITH_CHILDREN", inner.where, f"a tile with the tileset {uri} must have no children"
                )
            if uri in inner.path:
                yield Finding(
                    "EXTERNAL_CIRCLE", inner.where, f"{uri} refers to itself through {' → '.join(inner.path)}"
                )
                return
            data = self.fetch(uri)
            if data is None:
                yield Finding("CONTENT_MISSING", inner.where, f"there is nothing at {uri}")
                return
            outer = _Visit(
                None, inner.where, uri, inner.to_world, inner.scale, inner.error, inner.box, inner.path, is_root=True
            )
            yield from self.tileset(data, outer, waiting)
            return
        if not self.contents:
            return
        model = self.model(uri)
        for code, place, words in model.faults:
            yield Finding(code, f"{inner.where} → {uri}{place}", words)
        for code, words in [*_stated(tile, model), *_groups(tile, model)]:
            yield Finding(code, f"{inner.where} → {uri}", words)
        for box in boxes:
            if len(model.points) and (over := _outside(box, model.points)) > 0:
                yield Finding(
                    "OUTSIDE_BOX", f"{inner.where} → {uri}", f"geometry reaches {over:g} m beyond the tile's box"
                )

    def fetch(self, uri: str) -> bytes | None:
        try:
            return self.get(uri)
        except (LookupError, OSError):
            return None

    def model(self, uri: str) -> Payload:
        """What is in a GLB."""
        if uri not in self.read:
            data = self.fetch(uri)
            self.read[uri] = (
                payload.missing()
                if data is None
                else payload.read(data, lambda image: self.fetch(resolved(uri, image)))
            )
        return self.read[uri]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError(f"a name stands twice in one object: {sorted(name for name, _ in pairs)}")
    return names


def _extensions(document: dict[str, Any], where: str) -> Iterator[Finding]:
    used, required = document.get("extensionsUsed"), document.get("extensionsRequired")
    for name, value in (("extensionsUsed", used), ("extensionsRequired", required)):
        if value is not None and (not isinstance(value, list) or not value):
            yield Finding("EXTENSIONS", where, f"{name} is no list with members")
            return
    if required and not set(required) <= set(used or []):
        yield Finding("EXTENSIONS", where, "an extension is required that is not stated as used")


def _finite(value: object) -> float | None:
    """A JSON number as a finite float, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _MOST:
        return None
    return float(value)


def _error(value: object) -> float | None:
    found = _finite(value)
    return found if found is not None and found >= 0 else None


def _floats(values: object, count: int) -> NDArray[np.float64] | None:
    """So many finite numbers, or None."""
    if not isinstance(values, list) or len(values) != count:
        return None
    found = [_finite(value) for value in values]
    return None if None in found else np.array(found, np.float64)


def _transform(values: object) -> Matrix | None:
    numbers = _floats(values, 16)
    if numbers is None:
        return None
    matrix = numbers.reshape(4, 4).T
    affine = bool((matrix[3] == (0, 0, 0, 1)).all())
    return matrix if affine and np.linalg.matrix_rank(matrix[:3, :3]) == 3 else None


def _volume(volume: object, where: str) -> tuple[Matrix | None, list[Finding]]:
    """The box as a matrix that takes the cube from -1 to 1 to it. Spheres become cubes; regions are not compared."""
    if not isinstance(volume, dict) or not {"box", "sphere", "region"} & set(volume):
        return None, [Finding("VOLUME", where, "boundingVolume has no box, sphere or region")]
    matrix = np.eye(4)
    if "box" in volume:
        box = _floats(volume["box"], 12)
        if box is None:
            return None, [Finding("VOLUME", where, "the box is not twelve finite numbers")]
        matrix[:3, 3], matrix[:3, :3] = box[:3], box[3:].reshape(3, 3).T
        if not (np.linalg.norm(matrix[:3, :3], axis=0) > 0).all() or np.linalg.matrix_rank(matrix[:3, :3], 0.0) < 3:
            return None, [Finding("VOLUME_FLAT", where, "a half axis of the box has no length, or two are parallel")]
        return matrix, []
    if "sphere" in volume:
        sphere = _floats(volume["sphere"], 4)
        if sphere is None or sphere[3] <= 0:
            return None, [Finding("VOLUME", where, "the sphere is not four finite numbers with a radius above 0")]
        matrix[:3, 3], matrix[:3, :3] = sphere[:3], np.eye(3) * sphere[3]
        return matrix, []
    region = _floats(volume["region"], 6)
    if region is None or (np.abs(region[:4]) > 6.3).any() or region[1] > region[3] or region[4] > region[5]:
        return None, [Finding("VOLUME", where, "the region is not west, south, east, north in radians and two heights")]
    return None, []


def _corners(box: Matrix) -> NDArray[np.float64]:
    cube = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
    corners: NDArray[np.float64] = cube @ box[:3, :3].T + box[:3, 3]
    return corners


def _outside(box: Matrix, points: NDArray[np.float64]) -> float:
    """Metres by which the farthest point lies outside a box; 0 where that is within tolerance."""
    over = float(_over(box, points).max())
    # Far from the origin float64 itself steps.
    allowed = TOLERANCE * float(np.linalg.norm(box[:3, :3])) + 1e-12 * float(np.abs(points).max())
    return over if over > allowed else 0.0


def _over(box: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Metres by which each point (n, 3) lies outside a box along the axis where it does most; negative inside."""
    lengths = np.linalg.norm(box[:3, :3], axis=0)
    local = np.linalg.solve(box[:3, :3], (points - box[:3, 3]).T).T
    over: NDArray[np.float64] = ((np.abs(local) - 1) * lengths).max(axis=1)
    return over


def _children(tile: dict[str, Any], inner: _Visit, waiting: list[_Visit]) -> Iterator[Finding]:
    if "children" not in tile:
        return
    children = tile["children"]
    if not isinstance(children, list) or not children:
        yield Finding("CHILDREN_EMPTY", inner.where, "children is no list with members; leave it out")
        return
    seen: dict[str, int] = {}
    for at, child in enumerate(children):
        try:
            text = json.dumps(child, sort_keys=True)
        except RecursionError:
            yield Finding("BAD_TILE", f"{inner.where}.children[{at}]", "tiles are nested too deep to be compared")
            continue
        if text in seen:
            yield Finding("CHILD_TWICE", f"{inner.where}.children[{at}]", f"the same as children[{seen[text]}]")
        seen.setdefault(text, at)
    waiting += [
        replace(inner, tile=children[at], where=f"{inner.where}.children[{at}]")
        for at in range(len(children) - 1, -1, -1)
    ]


def _stated(tile: dict[str, Any], model: Payload) -> Iterator[tuple[str, str]]:
    """What our own tiles say of their content before it is loaded."""
    facts = _ours(tile)
    if "bytes" in facts and model.byte_length and facts["bytes"] != model.byte_length:
        yield "STATED_BYTES", f"{facts['bytes']} bytes are stated, there are {model.byte_length}"
    needs = facts.get("needs", [])
    if facts and isinstance(needs, list) and (unsaid := sorted(model.images - {str(name) for name in needs})):
        yield "STATED_NEEDS", f"images are not stated as needed: {', '.join(unsaid)}"
    if "points" in facts and model.byte_length and facts["points"] != model.cloud:
        yield "STATED_POINTS", f"{facts['points']} points are stated, there are {model.cloud}"
    if "groups" in facts and model.byte_length and facts["groups"] != list(model.grouped):
        yield "STATED_GROUPS", f"groups of {facts['groups']} triangles are stated, there are {list(model.grouped)}"


def _ours(tile: dict[str, Any]) -> dict[str, Any]:
    extras = tile.get("extras")
    facts = extras.get("chronotope") if isinstance(extras, dict) else None
    return facts if isinstance(facts, dict) else {}


def _groups(tile: dict[str, Any], model: Payload) -> Iterator[tuple[str, str]]:
    """Groups of triangles are one for each child, the straddlers, and in the fast coding the skirts."""
    children = tile.get("children", [])
    if not model.groups or not isinstance(children, list):
        return
    regions = len(model.groups) - (1 if model.is_dense else 2)
    if len(children) != regions:
        yield "GROUPS", f"{len(model.groups)} groups of triangles for {len(children)} children"
        return
    allowed = _error(tile.get("geometricError")) or 0.0
    for at, (child, points) in enumerate(zip(children, model.groups, strict=False)):
        box = _box_of(child)
        if box is None or not len(points):
            continue
        away = float(np.median(_over(box, points)))
        # Some points of a coarse tile may stray from what they stand for, most do not.
        if away > allowed + TOLERANCE * float(np.linalg.norm(box[:3, :3])):
            yield "GROUP_ELSEWHERE", f"group {at} is to be replaced by child {at}, whose box is {away:g} m away"


def _box_of(child: object) -> Matrix | None:
    """A child's box in its parent's frame; None where that cannot be told, which is a finding elsewhere."""
    if not isinstance(child, dict):
        return None
    box, _ = _volume(child.get("boundingVolume"), "")
    own = _transform(child["transform"]) if "transform" in child else np.eye(4)
    return None if box is None or own is None else own @ box
