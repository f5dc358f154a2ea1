"""The tree as 3D Tiles 1.1 documents, both ways.

3D Tiles is z-up and glTF y-up, with (x, y, z) in the asset's frame at (x, -z, y) in the document (3D Tiles 1.1,
"glTF transforms"). What a delivery needs to know of a tile before it is loaded stands in `extras.chronotope`.

A large tree is cut into several documents, so that a client can begin when it has read the first. Where it is cut, a
tile's node has no children and no model, but names a document `<sha256>.json` beside its own, whose root is the tile
itself with all that belongs to it (3D Tiles 1.1, "external tilesets"). Digests are made bottom up, so the digest of the
first document names the whole tree.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling.errors import BadTileset
from tiling.tree import TileTree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

MOST_BYTES = 14_000
"""of a document, where its tiles can be parted: so many come in the first round trip of a connection (RFC 6928).

Trees of 17,600 triangles a leaf, two to four children a tile. `near` are documents and bytes of them, as deep as they
lie in one another, until all finest tiles about a spot of 2 m on a surface of 37 m by 37 m are known:

    limit      9 million triangles, 768 tiles             36 million triangles, 3,072 tiles
               root      near                             root      near
    4 kB       0.7 kB    5 documents, 4 deep, 15 kB        2.2 kB    8 documents, 4 deep, 28 kB
    14 kB      8.6 kB    2 documents, 2 deep, 23 kB        2.2 kB    4 documents, 3 deep, 39 kB
    32 kB      4.4 kB    2 documents, 2 deep, 33 kB       17.0 kB    3 documents, 2 deep, 74 kB
    none       228 kB    1 document, 228 kB                912 kB    1 document, 912 kB
"""
_ALIKE = 4
"""Children of at least this part of the largest one's bytes are cut off with it: the largest alone would leave chains
of documents, 6 deep where 3 do."""
_GENERATOR = "Chronotope"
_MOST_TILES = 1_000_000
_MOST_DOCUMENTS = 25_000
_MOST_DEPTH = 32
"""documents within documents; with two tiles a document that would still be four thousand million"""


@dataclass(frozen=True, slots=True)
class Documents:
    """A tree in writing."""

    root: bytes
    """the document to begin with"""
    others: Mapping[str, bytes]
    """by file name (`<sha256>.json`) those that it refers to, or that they refer to"""


def write(tree: TileTree, *, most_bytes: int = MOST_BYTES) -> Documents:
    """The documents: content uris are `<sha256>.glb` and `<sha256>.json` beside the document that they stand in.

    Documents keep to `most_bytes` as far as they can: a tile and its children's nodes stay together. The same tree
    gives the same bytes.
    """
    children: list[list[int]] = [[] for _ in range(len(tree))]
    for tile in range(1, len(tree)):
        children[int(tree.parent[tile])].append(tile)
    others: dict[str, bytes] = {}
    volumes = [
        {"boundingVolume": {"box": [_number(value) for value in box]}, "geometricError": error}
        for box, error in zip(turned(tree.box, z_up=True).tolist(), tree.error.tolist(), strict=True)
    ]
    texts: list[str] = [""] * len(tree)
    images: list[set[str]] = [set(needs) for needs in tree.needs]
    # From the last to the first: children come after their parents.
    for tile in range(len(tree) - 1, -1, -1):
        below = children[tile]
        own = _text({**volumes[tile], **_content(tree, tile)})
        size = len(own) + sum(len(texts[child]) + 1 for child in below)
        apart = sorted((child for child in below if children[child]), key=lambda child: -len(texts[child]))
        largest = len(texts[apart[0]]) if apart else 0
        for child in apart if size > most_bytes else ():
            if size <= most_bytes and len(texts[child]) < largest / _ALIKE:
                break
            data = _document(tree, child, texts[child], images[child])
            name = f"{hashlib.sha256(data).hexdigest()}.json"
            others[name] = data
            size -= len(texts[child])
            texts[child] = _text({**volumes[child], "content": {"uri": name}})
            size += len(texts[child])
            images[child] = set()
        if below:
            own = f'{own[:-1]},"children":[{",".join(texts[child] for child in below)}]}}'
            for child in below:
                images[tile] |= images[child]
                texts[child], images[child] = "", set()
        texts[tile] = own
    named = {name for needs in tree.needs for name in needs}
    return Documents(_document(tree, 0, texts[0], images[0] | (tree.image_bytes.keys() - named)), others)


def _document(tree: TileTree, root: int, text: str, images: Iterable[str]) -> bytes:
    """`text` is the node of its root. An inner document's error is its root's: it stands where that tile stands."""
    sizes = {name: list(tree.image_bytes[name]) for name in sorted(images)}
    head = {
        "asset": {"version": "1.1", "generator": _GENERATOR},
        "geometricError": tree.geometric_error if root == 0 else float(tree.error[root]),
    }
    if sizes or root == 0:
        head["extras"] = {"chronotope": {"images": sizes}}
    return f'{_text(head)[:-1]},"root":{{"refine":"{"ADD" if tree.is_added else "REPLACE"}",{text[1:]}}}'.encode()


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _number(value: float) -> float | int:
    """A whole number without its `.0`: half of a box's numbers are zeros."""
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _content(tree: TileTree, tile: int) -> dict[str, Any]:
    if not tree.content[tile]:
        return {}
    facts = {
        "bytes": int(tree.byte_length[tile]),
        "triangles": int(tree.triangles[tile]),
        "draws": int(tree.draws[tile]),
        "textureBytes": int(tree.texture_bytes[tile]),
        "needs": list(tree.needs[tile]),
        "groups": list(tree.groups_of(tile)),
        "codedBytes": int(tree.coded_length[tile]) if len(tree.coded_length) else 0,
        "points": int(tree.points[tile]) if tree.is_added else 0,
    }
    told = {name: fact for name, fact in facts.items() if fact}
    return {"content": {"uri": f"{tree.content[tile]}.glb"}, "extras": {"chronotope": told}}


def turned(boxes: NDArray[np.float64], *, z_up: bool) -> NDArray[np.float64]:
    """Boxes (n, 12) from y up to z up, or back. Axis-aligned ones keep their axes in the order x, y, z."""
    vectors = boxes.reshape(-1, 4, 3)
    out = vectors.copy()
    if z_up:
        out[..., 1], out[..., 2] = -vectors[..., 2], vectors[..., 1]
    else:
        out[..., 1], out[..., 2] = vectors[..., 2], -vectors[..., 1]
    aligned = ~np.any(vectors[:, 1:][:, ~np.eye(3, dtype=bool)], axis=1)
    # The second and third half axes change places, and a half axis may point either way.
    out[aligned, 1:] = np.abs(out[aligned][:, [1, 3, 2]])
    return out.reshape(boxes.shape) + 0.0


def _nothing(name: str) -> bytes:
    raise LookupError(name)


def read(data: bytes, get: Callable[[str], bytes] = _nothing) -> TileTree:
    """The tree of documents that `write` made; `get` gives the bytes of another document by its file name.

    What `get` raises is passed on, but a LookupError.

    Raises:
        BadTileset: a document is missing, is no JSON, no 3D Tiles 1.1, not of our making, or refers to itself; or there
            are too many tiles or documents, or documents too deep in others.
    """
    try:
        document = json.loads(data)
        images: dict[str, Any] = dict(_images(document))
        tiles = _breadth_first(document["root"], images, get)
        facts = [tile.get("extras", {}).get("chronotope", {}) for _, tile in tiles]
        return TileTree(
            parent=np.array([parent for parent, _ in tiles], np.int32),
            box=turned(_boxes([tile["boundingVolume"]["box"] for _, tile in tiles]), z_up=False),
            error=np.array([tile["geometricError"] for _, tile in tiles], np.float64),
            content=tuple(tile.get("content", {}).get("uri", "").removesuffix(".glb") for _, tile in tiles),
            needs=tuple(tuple(fact.get("needs", ())) for fact in facts),
            byte_length=np.array([fact.get("bytes", 0) for fact in facts], np.int64),
            triangles=np.array([fact.get("triangles", 0) for fact in facts], np.int64),
            draws=np.array([fact.get("draws", 0) for fact in facts], np.int64),
            texture_bytes=np.array([fact.get("textureBytes", 0) for fact in facts], np.int64),
            geometric_error=float(document["geometricError"]),
            image_bytes={str(name): (int(sizes[0]), int(sizes[1])) for name, sizes in images.items()},
            groups=_groups(facts),
            coded_length=_coded(facts),
            points=_points(document["root"], facts),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as wrong:
        raise BadTileset(f"not a tileset that can be read: {type(wrong).__name__} {wrong}") from wrong


def _images(document: dict[str, Any]) -> dict[str, Any]:
    images: dict[str, Any] = document.get("extras", {}).get("chronotope", {}).get("images", {})
    return images


def _groups(facts: list[dict[str, Any]]) -> tuple[tuple[int, ...], ...]:
    groups = tuple(tuple(int(count) for count in fact.get("groups", ())) for fact in facts)
    return groups if any(groups) else ()


def _coded(facts: list[dict[str, Any]]) -> NDArray[np.int64]:
    coded = np.array([fact.get("codedBytes", 0) for fact in facts], np.int64)
    return coded if coded.any() else coded[:0]


def _points(root: dict[str, Any], facts: list[dict[str, Any]]) -> NDArray[np.int64]:
    points = np.array([fact.get("points", 0) for fact in facts], np.int64)
    return points if root.get("refine") == "ADD" else points[:0]


def _boxes(numbers: list[list[float]]) -> NDArray[np.float64]:
    boxes = np.array(numbers, np.float64)
    if boxes.shape != (len(numbers), 12) or not np.isfinite(boxes).all():
        raise BadTileset("a bounding box is not twelve finite numbers")
    return boxes


def _breadth_first(
    root: dict[str, Any], images: dict[str, Any], get: Callable[[str], bytes]
) -> list[tuple[int, dict[str, Any]]]:
    """(parent, node) of all tiles, those in other documents in the place of the nodes that name them."""
    tiles: list[tuple[int, dict[str, Any]]] = []
    documents = 0
    waiting: deque[tuple[int, dict[str, Any], tuple[str, ...]]] = deque([(-1, root, ())])
    while waiting:
        parent, tile, path = waiting.popleft()
        while (uri := tile.get("content", {}).get("uri", "")).endswith(".json"):
            documents += 1
            if uri in path:
                raise BadTileset(f"{uri} refers to itself")
            if documents > _MOST_DOCUMENTS or len(path) == _MOST_DEPTH:
                raise BadTileset(f"more than {_MOST_DOCUMENTS} documents, or {_MOST_DEPTH} within one another")
            if "children" in tile:
                raise BadTileset(f"the tile that names {uri} has children of its own")
            document, path = json.loads(get(uri)), (*path, uri)
            images.update(_images(document))
            tile = document["root"]
        waiting += [(len(tiles), child, path) for child in tile.get("children", ())]
        tiles.append((parent, tile))
        if len(tiles) + len(waiting) > _MOST_TILES:
            raise BadTileset(f"more than {_MOST_TILES} tiles")
    return tiles
