"""The tree as implicit tiling (3D Tiles 1.1, "Implicit Tiling"), and back to an explicit document.

Implicit tiling halves the root's box evenly into 4 or 8, and which of these tiles exist is said by bits in `.subtree`
files. Cells of a kd tree with planes at medians are no such halves, and tiles reach a little beyond their cells. So the
halving is used as a numbering alone: the k-th child of a tile is the k-th in Morton order, x being the lowest bit, and
its true box and error are told by metadata with the semantics TILE_BOUNDING_BOX and TILE_GEOMETRIC_ERROR, which
override what the halving would give. A tree of two children a tile leaves two of four places empty.

This is for static folders alone: a templated name cannot be the digest of what it names. And it is for clients that
heed those semantics: CesiumJS and 3d-tiles-tools do; 3d-tiles-renderer 0.5.3 does not, and would look for a tile where
the halving puts it. Explicit documents (`tiling.tileset`) are read by all.

Names are flat, `<level>-<x>-<y>.glb`, because tiles refer to shared images beside them by relative names.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling.errors import BadTileset
from tiling.tileset import turned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from tiling.tree import TileTree

DOCUMENT = "tileset.json"
_SCHEMES = {4: ("QUADTREE", "{level}-{x}-{y}", 2), 8: ("OCTREE", "{level}-{x}-{y}-{z}", 3)}
"""by places for children: name, names of files, axes"""
_MOST_TILES_OF_SUBTREE = 120
"""104 bytes each, so that a subtree comes in one round trip, as a document of `tiling.tileset` does"""
_MOST_PLACES = 4096
"""at the last level of a subtree"""
_MOST_TILES = 1_000_000
_MAGIC, _VERSION = 0x74627573, 1
_SCHEMA = {
    "id": "chronotope",
    "classes": {
        "tile": {
            "properties": {
                "box": {
                    "type": "SCALAR",
                    "componentType": "FLOAT64",
                    "array": True,
                    "count": 12,
                    "required": True,
                    "semantic": "TILE_BOUNDING_BOX",
                },
                "error": {
                    "type": "SCALAR",
                    "componentType": "FLOAT64",
                    "required": True,
                    "semantic": "TILE_GEOMETRIC_ERROR",
                },
            }
        }
    },
}


@dataclass(frozen=True, slots=True)
class Implicit:
    """An implicit tileset in files."""

    documents: Mapping[str, bytes]
    """by file name: `tileset.json` and the subtrees"""
    contents: Mapping[str, str]
    """by file name the digest of the GLB that is to stand under it"""


def write(tree: TileTree) -> Implicit:
    """The files of a tree: quadtree, or octree where a tile has more than four children.

    Raises:
        BadTileset: a tile has more than eight children.
    """
    count = len(tree)
    level, place, child = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    for tile in range(1, count):
        level[tile] = level[tree.parent[tile]] + 1
        child[tile] = child[tile - 1] + 1 if tree.parent[tile] == tree.parent[tile - 1] else 0
    most = int(child.max()) + 1
    if most > max(_SCHEMES):
        raise BadTileset(f"a tile has {most} children; an octree has places for {max(_SCHEMES)}")
    fan = min(places for places in _SCHEMES if places >= most)
    for tile in range(1, count):
        place[tile] = place[tree.parent[tile]] * fan + child[tile]
    scheme, template, _ = _SCHEMES[fan]
    levels = int(level.max()) + 1
    names = [_name(template, fan, *at) for at in zip(level.tolist(), place.tolist(), strict=True)]
    subtree_levels = _subtree_levels(tree, level, fan)
    roots = _subtree_roots(tree, level, subtree_levels)
    members: dict[int, list[int]] = {}
    for tile in range(count):
        members.setdefault(int(roots[tile]), []).append(tile)
    below: dict[int, list[int]] = {root: [] for root in members}
    for root in members:
        if root:
            below[int(roots[tree.parent[root]])].append(root)
    documents = {
        f"{names[root]}.subtree": _subtree(tree, _Part(tiles, below[root], level, place, fan, subtree_levels))
        for root, tiles in members.items()
    }
    document = {
        "asset": {"version": "1.1", "generator": "Chronotope"},
        "schema": _SCHEMA,
        "geometricError": tree.geometric_error,
        "root": {
            "boundingVolume": {"box": turned(tree.box[0], z_up=True).tolist()},
            "geometricError": float(tree.error[0]),
            "refine": "ADD" if tree.is_added else "REPLACE",
            "content": {"uri": f"{template}.glb"},
            "implicitTiling": {
                "subdivisionScheme": scheme,
                "availableLevels": levels,
                "subtreeLevels": subtree_levels,
                "subtrees": {"uri": f"{template}.subtree"},
            },
        },
    }
    documents[DOCUMENT] = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    contents = {f"{name}.glb": digest for name, digest in zip(names, tree.content, strict=True) if digest}
    return Implicit(documents, contents)


def _name(template: str, fan: int, level: int, place: int) -> str:
    axes = _SCHEMES[fan][2]
    values = [sum((place >> (axes * bit + axis) & 1) << bit for bit in range(level)) for axis in range(axes)]
    name = template.replace("{level}", str(level))
    for axis, value in zip("xyz", values, strict=False):
        name = name.replace(f"{{{axis}}}", str(value))
    return name


def _subtree_roots(tree: TileTree, level: NDArray[np.int64], levels: int) -> NDArray[np.int64]:
    """By tile the root of the subtree that it belongs to."""
    roots = np.arange(len(tree))
    for tile in range(len(tree)):
        if level[tile] % levels:
            roots[tile] = roots[tree.parent[tile]]
    return roots


def _subtree_levels(tree: TileTree, level: NDArray[np.int64], fan: int) -> int:
    """Levels of a subtree, for the fewest subtrees of which none is large; at least one."""
    best, fewest = 1, len(tree) + 1
    for levels in range(1, int(level.max()) + 2):
        sizes = np.bincount(_subtree_roots(tree, level, levels))
        if levels > 1 and (fan**levels > _MOST_PLACES or sizes.max() > _MOST_TILES_OF_SUBTREE):
            break
        if np.count_nonzero(sizes) <= fewest:
            best, fewest = levels, int(np.count_nonzero(sizes))
    return best


@dataclass(frozen=True, slots=True)
class _Part:
    """What a subtree holds: tiles, the first its root, and the roots of the subtrees below."""

    tiles: Sequence[int]
    below: Sequence[int]
    level: NDArray[np.int64]
    place: NDArray[np.int64]
    fan: int
    levels: int

    def bit(self, tile: int) -> int:
        """Where a tile stands among all places of its level in the subtree, those of the levels above first."""
        deep = int(self.level[tile] - self.level[self.tiles[0]])
        inner = int(self.place[tile]) % int(self.fan**deep)
        return inner if deep == self.levels else _places(self.fan, deep) + inner


def _places(fan: int, levels: int) -> int:
    return int((fan**levels - 1) // (fan - 1))


def _subtree(tree: TileTree, part: _Part) -> bytes:
    # Rows of metadata stand in the order of the bits of the tiles that there are.
    tiles = sorted(part.tiles, key=part.bit)
    views: list[dict[str, int]] = []
    blob = bytearray()

    def view(data: bytes) -> int:
        blob.extend(b"\0" * (-len(blob) % 8))
        views.append({"buffer": 0, "byteOffset": len(blob), "byteLength": len(data)})
        blob.extend(data)
        return len(views) - 1

    def available(chosen: Sequence[int], places: int) -> dict[str, int]:
        if not chosen:
            return {"constant": 0}
        bits = np.zeros(places, np.uint8)
        bits[[part.bit(tile) for tile in chosen]] = 1
        return {"bitstream": view(np.packbits(bits, bitorder="little").tobytes()), "availableCount": len(chosen)}

    places = _places(part.fan, part.levels)
    boxes = turned(tree.box[tiles], z_up=True).astype("<f8")
    about: dict[str, Any] = {
        "tileAvailability": available(tiles, places),
        "contentAvailability": [available([tile for tile in tiles if tree.content[tile]], places)],
        "childSubtreeAvailability": available(part.below, part.fan**part.levels),
        "propertyTables": [
            {
                "class": "tile",
                "count": len(tiles),
                "properties": {
                    "box": {"values": view(boxes.tobytes())},
                    "error": {"values": view(tree.error[tiles].astype("<f8").tobytes())},
                },
            }
        ],
        "tileMetadata": 0,
    }
    blob.extend(b"\0" * (-len(blob) % 8))
    about = {"buffers": [{"byteLength": len(blob)}], "bufferViews": views} | about
    text = json.dumps(about, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<IIQQ", _MAGIC, _VERSION, len(text), len(blob)) + text + blob


def expanded(document: bytes, get: Callable[[str], bytes]) -> bytes:
    """An explicit document of the same tiles, for `tiling.check`; `get` gives the bytes of a subtree by its name.

    Only what `write` makes is read: one property table, whose first two properties are box and error. What `get` raises
    is passed on, but a LookupError.

    Raises:
        BadTileset: a subtree is missing, cut, of another kind, or says what cannot be.
    """
    try:
        outer = json.loads(document)
        root = outer["root"]
        tiling = root.pop("implicitTiling")
        fan = {name: places for places, (name, _, _) in _SCHEMES.items()}[tiling["subdivisionScheme"]]
        read = _Reader(fan, int(tiling["subtreeLevels"]), int(tiling["availableLevels"]), root["content"]["uri"])
        if read.levels < 1 or fan**read.levels > _MOST_PLACES:
            raise BadTileset(f"{read.levels} levels in a subtree")
        waiting = [(0, 0, dict[str, Any]())]
        top = waiting[0][2]
        while waiting:
            level, place, node = waiting.pop()
            name = _name(tiling["subtrees"]["uri"], fan, level, place)
            waiting += read.subtree(get(name), level, place, node)
        if top["boundingVolume"] != root["boundingVolume"] or top["geometricError"] != root["geometricError"]:
            raise BadTileset("the root's volume or error is another in its subtree")
    except (ValueError, LookupError, TypeError, AttributeError, struct.error, OverflowError) as wrong:
        raise BadTileset(f"not an implicit tileset that can be read: {type(wrong).__name__} {wrong}") from wrong
    explicit = {name: outer[name] for name in ("asset", "geometricError")}
    return json.dumps({**explicit, "root": {"refine": root["refine"], **top}}).encode()


class _Subtree:
    """A subtree file in parts: `there` and `filled` by place, `below` by place under its last level."""

    def __init__(self, data: bytes, fan: int, levels: int) -> None:
        magic, version, text_bytes, blob_bytes = struct.unpack_from("<IIQQ", data)
        if (magic, version) != (_MAGIC, _VERSION) or len(data) != 24 + text_bytes + blob_bytes:
            raise BadTileset("it is no subtree, or not all of one")
        self._about = json.loads(data[24 : 24 + text_bytes])
        self._blob = data[24 + text_bytes :]
        places = _places(fan, levels)
        self.there = self._bits(self._about["tileAvailability"], places)
        self.filled = self._bits(self._about["contentAvailability"][0], places)
        self.below = self._bits(self._about["childSubtreeAvailability"], fan**levels)
        rows = int(self.there.sum())
        properties = self._about["propertyTables"][self._about["tileMetadata"]]["properties"]
        self.boxes = np.frombuffer(self._view(properties["box"]["values"]), "<f8").reshape(rows, 12)
        self.errors = np.frombuffer(self._view(properties["error"]["values"]), "<f8").reshape(rows)
        if not self.there[0] or (self.filled & ~self.there).any():
            raise BadTileset("it has no root, or content without a tile")

    def _view(self, number: int) -> bytes:
        found = self._about["bufferViews"][number]
        part = self._blob[found["byteOffset"] : found["byteOffset"] + found["byteLength"]]
        if len(part) != found["byteLength"]:
            raise BadTileset(f"bufferViews[{number}] reaches beyond the buffer")
        return part

    def _bits(self, said: dict[str, int], count: int) -> NDArray[np.bool_]:
        if "constant" in said:
            return np.full(count, bool(said["constant"]))
        found = np.unpackbits(np.frombuffer(self._view(said["bitstream"]), np.uint8), bitorder="little")
        if len(found) != -(-count // 8) * 8 or found[count:].any() or found.sum() != said["availableCount"]:
            raise BadTileset(f"the bits of {count} places are not what is said of them")
        return found[:count].astype(bool)


@dataclass(slots=True)
class _Reader:
    fan: int
    levels: int
    available_levels: int
    content: str
    tiles: int = 0

    def subtree(
        self, data: bytes, level: int, place: int, root: dict[str, Any]
    ) -> list[tuple[int, int, dict[str, Any]]]:
        """Fill in the tile `root` and all below it in this subtree; level, place and node of subtrees below."""
        found = _Subtree(data, self.fan, self.levels)
        self.tiles += len(found.boxes)
        if self.tiles > _MOST_TILES:
            raise BadTileset(f"more than {_MOST_TILES} tiles")
        nodes: dict[tuple[int, int], dict[str, Any]] = {}
        at = np.flatnonzero(found.there).tolist()
        for where, box, error in zip(at, found.boxes.tolist(), found.errors.tolist(), strict=True):
            deep = next(deep for deep in range(self.levels) if where < _places(self.fan, deep + 1))
            inner = where - _places(self.fan, deep)
            if level + deep >= self.available_levels:
                raise BadTileset(f"a tile at level {level + deep} of {self.available_levels}")
            node = self._below(nodes[deep - 1, inner // self.fan]) if deep else root
            nodes[deep, inner] = node
            node |= {"boundingVolume": {"box": box}, "geometricError": error}
            if found.filled[where]:
                uri = _name(self.content, self.fan, level + deep, place * self.fan**deep + inner)
                node["content"] = {"uri": uri}
        deep = self.levels
        return [
            (level + deep, place * self.fan**deep + inner, self._below(nodes[deep - 1, inner // self.fan]))
            for inner in np.flatnonzero(found.below).tolist()
        ]

    @staticmethod
    def _below(parent: dict[str, Any]) -> dict[str, Any]:
        node: dict[str, Any] = {}
        parent.setdefault("children", []).append(node)
        return node
