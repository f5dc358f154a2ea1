"""A scene at a moment as a 3D Tiles 1.1 document that any client can open.

Of few placements: a root without content, refined by ADD, and one child for each, whose content is the asset's own
tileset document (an external tileset, named by digest). Of many: a tree of groups (`scenes.composite`). At another
moment other children stand, but the same asset, and the same group, is the same URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from scenes import groups
from scenes.allowance import Allowance
from scenes.at_time import Moment, Standing
from scenes.composite import Composite, placement_tile
from scenes.ladders import Ladders
from scenes.model import Asset, Scene, Visibility
from scenes.ports import Derived
from scenes.table import MomentTable
from scenes.told import SCHEMA, about_scene
from scenes.transforms import largest_scale, placed_bounds, z_up_box

Resolved = Moment | MomentTable
"""what stands at a moment, placement by placement or from columns"""
BLOBS = "/blobs/"
"""where content is served"""
FLAT = groups.MOST
"""up to so many placements are told one by one"""


def scene_tileset(scene: Scene, moment: Resolved, assets: Mapping[str, Asset]) -> dict[str, Any]:
    """The 3D Tiles 1.1 document of a scene at a moment, each placement by itself; content is `/blobs/<digest>.json`.

    `assets` by id; a placement whose asset is missing or not tiled yet is left out. Nothing standing gives a valid
    document without content and children. `extras.chronotope` and metadata say what each child is, so that clients can
    tint it.
    """
    shown = shown_of(moment, assets)
    children = [_child(standing, asset) for standing, asset in shown]
    low, high = _around(shown)
    # Clients compare a child's error as written, or scaled by its transform: the root's must not be less than either.
    error = max(
        (
            child["geometricError"] * max(1.0, largest_scale(standing.placement.transform))
            for child, (standing, _) in zip(children, shown, strict=True)
        ),
        default=0.0,
    )
    root: dict[str, Any] = {
        "boundingVolume": {"box": z_up_box(low, high)},
        "geometricError": error + 0.0,
        "refine": "ADD",
    }
    if children:
        root["children"] = children
    return _document(scene, moment, root, error)


def composite_tileset(
    scene: Scene,
    moment: Resolved,
    assets: Mapping[str, Asset],
    *,
    derived: Derived,
    ladders: Ladders,
    allowance: Allowance,
) -> dict[str, Any]:
    """The same of many placements as a tree of groups with proxies; of up to `FLAT`, one by one.

    Proxies and documents that are missing are made and kept in `derived`, as far as `allowance` allows; where it does
    not, the tileset is as valid, but clients must load more before they show something.
    """
    shown = shown_of(moment, assets)
    if len(shown) <= FLAT:
        return scene_tileset(scene, moment, assets)
    audience = moment.table.audience if isinstance(moment, MomentTable) else Visibility.PUBLIC
    root, error = Composite(scene.id, shown, derived, ladders, allowance, audience).root()
    return _document(scene, moment, {"refine": "REPLACE", **_based(root)}, error)


def document_bytes(document: Mapping[str, Any]) -> bytes:
    """A JSON document as UTF-8 without spaces; the same document gives the same bytes."""
    return orjson.dumps(document)


def shown_of(moment: Resolved, assets: Mapping[str, Asset]) -> list[tuple[Standing, Asset]]:
    """What stands and has tiles, in order of placement ids."""
    pairs = [(standing, assets.get(standing.placement.asset)) for standing in moment.standing]
    return [(standing, asset) for standing, asset in pairs if asset is not None and asset.tileset is not None]


def _document(scene: Scene, moment: Resolved, root: dict[str, Any], error: float) -> dict[str, Any]:
    return {
        "asset": {"version": "1.1"},
        "extras": {"chronotope": about_scene(scene, moment)},
        "geometricError": error + 0.0,
        "root": root,
        "schema": SCHEMA,
    }


def _child(standing: Standing, asset: Asset) -> dict[str, Any]:
    """Under a root that shows nothing itself, a placement has the error of showing nothing."""
    assert asset.tileset is not None
    tile = placement_tile(standing, asset, base=BLOBS)
    return {**tile, "geometricError": asset.tileset.geometric_error + 0.0}


def _around(shown: list[tuple[Standing, Asset]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not shown:
        return np.full(3, -0.5), np.full(3, 0.5)
    extents = [asset.tileset.extent for _, asset in shown if asset.tileset is not None]
    low, high = placed_bounds(extents, [standing.placement.transform for standing, _ in shown])
    return low.min(axis=0), high.max(axis=0)


def _based(tile: dict[str, Any]) -> dict[str, Any]:
    """A tile and all below it, their contents under the address that blobs are served at."""
    if "content" in tile:
        tile = {**tile, "content": {"uri": BLOBS + tile["content"]["uri"]}}
    if "children" in tile:
        tile = {**tile, "children": [_based(child) for child in tile["children"]]}
    return tile
