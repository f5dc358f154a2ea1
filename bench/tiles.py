"""A folder of tiles as a benchmark sees it: what each tile shows, and its bytes by what they are for.

Positions and triangles are weighed apart from normals and colours, and both apart from what holds them (the GLB's
heads and its JSON). "On the wire" is with content coding: the stored `.gz` if one lies beside the file, else the file
deflated in gzip's form. Skirts are paid for, but they hang behind the surface, so they are not measured: they are the
last of a tile's ranges.
"""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass, field
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling import content, draco, meshopt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_MESHOPT = ("EXT_meshopt_compression", "KHR_meshopt_compression")
_DRACO = "KHR_draco_mesh_compression"
_GZIP_FRAME = 18
_LEVEL = 9


@dataclass(frozen=True, slots=True)
class Surface:
    """Positions (n, 3) in metres and triangles (m, 3)."""

    positions: NDArray[np.float64]
    triangles: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Weight:
    """Bytes of a file; streams of meshopt with content coding, those of Draco as they are."""

    stored: int
    wire: int
    container: int
    """what the wire carries beside streams"""
    fast: int
    """streams of positions and triangles as meshopt coded them; 0 where it coded nothing"""
    fast_all: int
    """with normals and colours"""
    dense: int
    """the same whole numbers as Draco streams, positions alone; 0 where meshopt coded them"""
    dense_all: int

    def __add__(self, other: Weight) -> Weight:
        """Both files."""
        return Weight(*map(add, astuple(self), astuple(other)))

    @property
    def fast_wire(self) -> int:
        """Positions in the fast coding, with the container."""
        return self.container + self.fast

    @property
    def dense_wire(self) -> int:
        """Positions in the dense coding, with the container."""
        return self.container + self.dense


@dataclass(slots=True)
class Tile:
    """A tile of a tree."""

    name: str
    parent: int
    depth: int
    error: float
    """metres"""
    surface: Surface
    weight: Weight
    children: list[int] = field(default_factory=list)


def deflated(data: bytes, level: int = _LEVEL) -> bytes:
    """In gzip's form, by libdeflate."""
    import imagecodecs

    return bytes(imagecodecs.gzip_encode(data, level=level))


def read(folder: Path) -> list[Tile]:
    """The tiles of a folder, parents before children; levels that only lead on (documents, no content) are left out."""
    tiles: list[Tile] = []
    waiting: list[tuple[Path, dict[str, Any], int]] = [(folder, _json(folder / "tileset.json")["root"], -1)]
    while waiting:
        base, node, parent = waiting.pop(0)
        contents = [*node.get("contents", ()), *([node["content"]] if "content" in node else [])]
        at = parent
        for each in contents:
            path = base / each["uri"]
            if path.suffix == ".json":
                waiting.append((path.parent, _json(path)["root"], parent))
                continue
            data = path.read_bytes()
            zipped = path.with_name(path.name + ".gz")
            weight = weighed(data, zipped.stat().st_size if zipped.exists() else None)
            at = len(tiles)
            depth = tiles[parent].depth + 1 if parent >= 0 else 0
            tiles.append(Tile(path.name, parent, depth, float(node["geometricError"]), surface(data), weight))
            if parent >= 0:
                tiles[parent].children.append(at)
        waiting += [(base, child, at) for child in node.get("children", ())]
    return tiles


def _json(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_bytes())
    return document


def surface(data: bytes) -> Surface:
    """What a GLB shows, without skirts."""
    positions, triangles, count = [], [], 0
    for piece in content.placed(content.read(data)):
        runs = piece.ranges
        own = runs[-1][0] if len(runs) > 1 else len(piece.triangles)
        positions.append(piece.positions)
        triangles.append(piece.triangles[:own] + count)
        count += len(piece.positions)
    return Surface(np.concatenate(positions), np.concatenate(triangles))


def joined(surfaces: Iterable[Surface]) -> Surface:
    """Several as one."""
    positions, triangles, count = [], [], 0
    for each in surfaces:
        positions.append(each.positions)
        triangles.append(each.triangles + count)
        count += len(each.positions)
    return Surface(np.concatenate(positions), np.concatenate(triangles))


def weighed(data: bytes, on_the_wire: int | None = None, *, is_recoded: bool = False) -> Weight:
    """The bytes of a GLB, apart. What meshopt coded is coded by Draco, too, if `is_recoded`."""
    wire = min(len(deflated(data)), len(data)) if on_the_wire is None else on_the_wire
    streams = _streams(data)
    geometry, others = (b"".join(part for kept, part in streams if kept is which) for which in (True, False))
    fast = len(deflated(geometry)) - _GZIP_FRAME if geometry else 0
    fast_all = len(deflated(geometry + others)) - _GZIP_FRAME if others else fast
    dense = dense_all = 0
    if is_recoded or not streams:
        whole = content.read(data)
        for mesh in whole.document["meshes"]:
            for primitive in mesh["primitives"]:
                alone, every = _dense(whole, primitive)
                dense, dense_all = dense + alone, dense_all + every
    return Weight(len(data), wire, wire - (fast_all if streams else dense_all), fast, fast_all, dense, dense_all)


def total(weights: Iterable[Weight]) -> Weight:
    """Of several files."""
    return sum(weights, Weight(0, 0, 0, 0, 0, 0, 0))


def _streams(data: bytes) -> list[tuple[bool, bytes]]:
    """Payloads that meshopt coded, and whether each is positions or triangles."""
    length = int.from_bytes(data[12:16], "little")
    document = json.loads(data[20 : 20 + length])
    binary = data[28 + length :]
    kept = set()
    for mesh in document["meshes"]:
        for primitive in mesh["primitives"]:
            for accessor in (primitive["attributes"]["POSITION"], primitive.get("indices")):
                if accessor is not None:
                    kept.add(document["accessors"][accessor].get("bufferView"))
    found = []
    for number, view in enumerate(document.get("bufferViews", ())):
        coded = next((view["extensions"][name] for name in _MESHOPT if name in view.get("extensions", {})), None)
        if coded is not None:
            start = coded.get("byteOffset", 0)
            found.append((number in kept, binary[start : start + coded["byteLength"]]))
    return found


def _dense(whole: content.Content, primitive: dict[str, Any]) -> tuple[int, int]:
    """Bytes of a primitive as a Draco stream: positions alone, and with normals and colours."""
    attributes = primitive["attributes"]
    points = content.accessor(whole, attributes["POSITION"])
    if (points < 0).any() or (points > 0xFFFF).any() or (points != np.rint(points)).any():
        return 0, 0  # no whole numbers to code without loss
    numbers = np.zeros((len(points), 4), np.uint16)
    numbers[:, :3] = points
    indices = content.accessor(whole, primitive["indices"]).reshape(-1, 3).astype(np.uint32)
    names, unique = meshopt.remap(numbers)
    welded = np.zeros((unique, 4), np.uint16)
    welded[names] = numbers
    together = names[indices]
    together = together[
        (together[:, 0] != together[:, 1]) & (together[:, 1] != together[:, 2]) & (together[:, 2] != together[:, 0])
    ]
    alone = len(draco.encode(welded, together).data)
    others: dict[str, Any] = {}
    if "NORMAL" in attributes:
        others["normals"] = content.accessor(whole, attributes["NORMAL"])[:, :3].astype(np.float32) / 127.0
    if "COLOR_0" in attributes:
        others["colours"] = np.ascontiguousarray(content.accessor(whole, attributes["COLOR_0"]), np.uint8)
    return alone, len(draco.encode(numbers, indices, **others).data) if others else alone


def level(tiles: Sequence[Tile], depth: int) -> list[int]:
    """The tiles of a whole level; a branch that ends above is there with its end."""
    return [at for at, tile in enumerate(tiles) if tile.depth == depth or (tile.depth < depth and not tile.children)]


def cut(tiles: Sequence[Tile], triangles: int) -> list[int]:
    """Tiles that together show the whole at about this many triangles: the largest error is refined first.

    So a client does that looks at everything from the same distance.
    """
    shown, count = {0}, len(tiles[0].surface.triangles)
    while count < triangles:
        open_tiles = [at for at in shown if tiles[at].children]
        if not open_tiles:
            break
        worst = max(open_tiles, key=lambda at: (tiles[at].error, -at))
        more = sum(len(tiles[child].surface.triangles) for child in tiles[worst].children)
        less = len(tiles[worst].surface.triangles)
        # The step that comes nearer to what is asked for is taken, the other left.
        if count + more - less - triangles > triangles - count:
            break
        shown.remove(worst)
        shown.update(tiles[worst].children)
        count += more - less
    return sorted(shown)


def chain(tiles: Sequence[Tile], shown: Iterable[int]) -> list[int]:
    """The tiles of a cut with everything above them."""
    found: set[int] = set()
    for each in shown:
        at = each
        while at >= 0 and at not in found:
            found.add(at)
            at = tiles[at].parent
    return sorted(found)
