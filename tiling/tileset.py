"""The tree as a 3D Tiles 1.1 document, both ways.

3D Tiles is z-up and glTF y-up, with (x, y, z) in the asset's frame at (x, -z, y) in the document (3D Tiles 1.1,
"glTF transforms"). What a delivery needs to know of a tile before it is loaded stands in `extras.chronotope`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling.errors import BadTileset
from tiling.tree import TileTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GENERATOR = "Chronotope"
_MOST_TILES = 1_000_000


def write(tree: TileTree) -> bytes:
    """The document: leaves have error 0, content uris are `<sha256>.glb` beside the document."""
    children: list[list[int]] = [[] for _ in range(len(tree))]
    for tile in range(1, len(tree)):
        children[int(tree.parent[tile])].append(tile)
    nodes: list[dict[str, Any]] = [_node(tree, tile) for tile in range(len(tree))]
    for tile, below in enumerate(children):
        if below:
            nodes[tile]["children"] = [nodes[child] for child in below]
    nodes[0]["refine"] = "REPLACE"
    document = {
        "asset": {"version": "1.1", "generator": _GENERATOR},
        "geometricError": tree.geometric_error,
        "root": nodes[0],
        "extras": {"chronotope": {"images": {name: list(sizes) for name, sizes in sorted(tree.image_bytes.items())}}},
    }
    return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()


def _node(tree: TileTree, tile: int) -> dict[str, Any]:
    node: dict[str, Any] = {
        "boundingVolume": {"box": _turned(tree.box[tile], z_up=True).tolist()},
        "geometricError": float(tree.error[tile]),
    }
    if tree.content[tile]:
        node["content"] = {"uri": f"{tree.content[tile]}.glb"}
        facts = {
            "bytes": int(tree.byte_length[tile]),
            "triangles": int(tree.triangles[tile]),
            "draws": int(tree.draws[tile]),
            "textureBytes": int(tree.texture_bytes[tile]),
            "needs": list(tree.needs[tile]),
        }
        node["extras"] = {"chronotope": facts}
    return node


def _turned(box: NDArray[np.float64], *, z_up: bool) -> NDArray[np.float64]:
    """A box from y up to z up, or back. An axis-aligned box keeps its axes in the order x, y, z."""
    vectors = box.reshape(4, 3)
    turned = np.empty((4, 3))
    turned[:, 0] = vectors[:, 0]
    if z_up:
        turned[:, 1], turned[:, 2] = -vectors[:, 2], vectors[:, 1]
    else:
        turned[:, 1], turned[:, 2] = vectors[:, 2], -vectors[:, 1]
    # The second and third half axes change places, and a half axis may point either way.
    axes = np.abs(turned[[1, 3, 2]]) if _is_aligned(vectors[1:]) else turned[1:]
    return np.concatenate([turned[0], axes.reshape(-1)]) + 0.0


def _is_aligned(axes: NDArray[np.float64]) -> bool:
    return not np.any(axes[~np.eye(3, dtype=bool)])


def read(data: bytes) -> TileTree:
    """The tree of a document that `write` made.

    Raises:
        BadTileset: it is no JSON, no 3D Tiles 1.1, too large, or not of our making.
    """
    try:
        document = json.loads(data)
        tiles = _breadth_first(document["root"])
        facts = [tile.get("extras", {}).get("chronotope", {}) for _, tile in tiles]
        images = document.get("extras", {}).get("chronotope", {}).get("images", {})
        return TileTree(
            parent=np.array([parent for parent, _ in tiles], np.int32),
            box=np.array([_turned(_box(tile), z_up=False) for _, tile in tiles], np.float64),
            error=np.array([tile["geometricError"] for _, tile in tiles], np.float64),
            content=tuple(tile.get("content", {}).get("uri", "").removesuffix(".glb") for _, tile in tiles),
            needs=tuple(tuple(fact.get("needs", ())) for fact in facts),
            byte_length=np.array([fact.get("bytes", 0) for fact in facts], np.int64),
            triangles=np.array([fact.get("triangles", 0) for fact in facts], np.int64),
            draws=np.array([fact.get("draws", 0) for fact in facts], np.int64),
            texture_bytes=np.array([fact.get("textureBytes", 0) for fact in facts], np.int64),
            geometric_error=float(document["geometricError"]),
            image_bytes={str(name): (int(sizes[0]), int(sizes[1])) for name, sizes in images.items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError) as wrong:
        raise BadTileset(f"not a tileset that can be read: {type(wrong).__name__} {wrong}") from wrong


def _box(tile: dict[str, Any]) -> NDArray[np.float64]:
    box = np.array(tile["boundingVolume"]["box"], np.float64)
    if box.shape != (12,) or not np.isfinite(box).all():
        raise BadTileset("a bounding box is not twelve finite numbers")
    return box


def _breadth_first(root: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    tiles: list[tuple[int, dict[str, Any]]] = [(-1, root)]
    at = 0
    while at < len(tiles):
        tiles += [(at, child) for child in tiles[at][1].get("children", ())]
        if len(tiles) > _MOST_TILES:
            raise BadTileset(f"more than {_MOST_TILES} tiles")
        at += 1
    return tiles
