"""A scene at a moment as something that any 3D client can open: a 3D Tiles document, or one GLB.

`scene_tileset` writes ordinary 3D Tiles 1.1: a root without content, refined by ADD, and one child for each placement
that stands, whose content is the asset's own tileset document (an external tileset, named by digest). At another moment
other children stand, but the same asset is the same URL.

Frames: transforms of placements are y-up; 3D Tiles is z-up. With R turning (x, y, z) into (x, -z, y), a placement's M
becomes R · M · R⁻¹: what lies below it is z-up already, or is turned by the client.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.at_time import Moment, Standing
from scenes.model import Asset, Extent, Scene
from timeline.label import label

Matrix = NDArray[np.float64]

Y_UP_TO_Z_UP: Matrix = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]], dtype=np.float64)
_LEAST_HALF_AXIS = 1e-6
"""share of a box's size that no half axis falls below: boxes without volume upset clients"""


def matrix_of(transform: tuple[float, ...]) -> Matrix:
    """16 numbers, column-major, as a 4 × 4 matrix that acts on columns."""
    return np.array(transform, dtype=np.float64).reshape(4, 4).T


def z_up_transform(transform: tuple[float, ...]) -> list[float]:
    """A placement's y-up transform as the `transform` of a tile, column-major.

    >>> z_up_transform((1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 7, 8, 9, 1))[12:15]
    [7.0, -9.0, 8.0]
    """
    turned = Y_UP_TO_Z_UP @ matrix_of(transform) @ Y_UP_TO_Z_UP.T
    return _numbers(turned.T.ravel())


def largest_scale(transform: tuple[float, ...]) -> float:
    """Length of the longest of the three axes as transformed, by which clients scale geometric errors."""
    return float(np.sqrt((matrix_of(transform)[:3, :3] ** 2).sum(axis=0)).max())


def scene_tileset(scene: Scene, moment: Moment, assets: Mapping[str, Asset]) -> dict[str, Any]:
    """The 3D Tiles 1.1 document of a scene at a moment; content URIs are `/blobs/<digest>.json`.

    `assets` by id; a placement whose asset is missing or not tiled yet is left out. Nothing standing gives a valid
    document without content and children. `extras.chronotope` says what each child is, so that clients can tint it.
    """
    shown = shown_of(moment, assets)
    children = [_child(standing, asset) for standing, asset in shown]
    low, high = _union([_corners(asset, standing.placement.transform) for standing, asset in shown])
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
        "geometricError": _number(error),
        "refine": "ADD",
    }
    if children:
        root["children"] = children
    return {
        "asset": {"version": "1.1"},
        "extras": {
            "chronotope": {
                "scene": scene.id,
                "title": scene.title,
                "at": str(moment.at),
                "label": label(moment.at),
                "hypothesis": None if moment.hypothesis is None else moment.hypothesis.id,
            }
        },
        "geometricError": _number(error),
        "root": root,
    }


def document_bytes(document: Mapping[str, Any]) -> bytes:
    """A JSON document as UTF-8 without spaces; the same document gives the same bytes."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def shown_of(moment: Moment, assets: Mapping[str, Asset]) -> list[tuple[Standing, Asset]]:
    """What stands and has tiles, in order of placement ids."""
    pairs = [(standing, assets.get(standing.placement.asset)) for standing in moment.standing]
    return [(standing, asset) for standing, asset in pairs if asset is not None and asset.tileset is not None]


def z_up_box(low: NDArray[np.float64], high: NDArray[np.float64]) -> list[float]:
    """A y-up axis-aligned box as the twelve numbers of a z-up one: centre, then half axes.

    >>> z_up_box(np.array([0.0, 0.0, 0.0]), np.array([2.0, 4.0, 6.0]))
    [1.0, -3.0, 2.0, 1.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0, 2.0]
    """
    centre, half = (low + high) / 2, (high - low) / 2
    half = np.maximum(half, max(float(half.max()), 1e-3) * _LEAST_HALF_AXIS)
    return _numbers([centre[0], -centre[2], centre[1], half[0], 0, 0, 0, half[2], 0, 0, 0, half[1]])


def _child(standing: Standing, asset: Asset) -> dict[str, Any]:
    tileset, placement = asset.tileset, standing.placement
    assert tileset is not None
    low, high = _bounds_of(tileset.extent)
    about = {
        "placement": placement.id,
        "title": placement.title,
        "asset": asset.id,
        "layer": placement.layer,
        "existence": placement.existence,
        "certainty": standing.certainty.value,
        "reliability": placement.reliability.value,
        "rights": asset.rights,
        "attribution": asset.attribution,
    }
    return {
        "boundingVolume": {"box": z_up_box(low, high)},
        "content": {"uri": f"/blobs/{tileset.digest}.json"},
        "extras": {"chronotope": about},
        "geometricError": _number(tileset.geometric_error),
        "transform": z_up_transform(placement.transform),
    }


def _bounds_of(extent: Extent) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.array(extent.low, dtype=np.float64), np.array(extent.high, dtype=np.float64)


def _corners(asset: Asset, transform: tuple[float, ...]) -> NDArray[np.float64]:
    """(8, 3): the corners of an asset's extent in the scene, y up."""
    assert asset.tileset is not None
    bounds = np.stack(_bounds_of(asset.tileset.extent))
    corners = np.array([[bounds[x, 0], bounds[y, 1], bounds[z, 2]] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    matrix = matrix_of(transform)
    placed: NDArray[np.float64] = corners @ matrix[:3, :3].T + matrix[:3, 3]
    return placed


def _union(points: list[NDArray[np.float64]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not points:
        return np.full(3, -0.5), np.full(3, 0.5)
    every = np.concatenate(points)
    return every.min(axis=0), every.max(axis=0)


def _numbers(values: Any) -> list[float]:
    return [_number(value) for value in values]


def _number(value: float) -> float:
    """A float without the sign of zero, which would make two texts of one number."""
    return float(value) + 0.0
