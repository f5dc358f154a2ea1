"""A scene at a moment as something that any 3D client can open: a 3D Tiles document, or one GLB.

`scene_tileset` writes ordinary 3D Tiles 1.1: a root without content, refined by ADD, and one child for each placement
that stands, whose content is the asset's own tileset document (an external tileset, named by digest). At another moment
other children stand, but the same asset is the same URL.

`scene_glb` writes the scene into one file: for each placement a cut through its tile tree, the finest that a budget of
triangles allows over all placements.

Frames: transforms of placements are y-up; 3D Tiles is z-up. With R turning (x, y, z) into (x, -z, y), a placement's M
becomes R · M · R⁻¹: what lies below it is z-up already, or is turned by the client.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenes.at_time import Moment, Standing
from scenes.join import Joined
from scenes.model import Asset, Extent, Scene
from tiling import tileset
from tiling.tree import TileTree
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
        "extras": {"chronotope": _about_scene(scene, moment)},
        "geometricError": _number(error),
        "root": root,
    }


def scene_glb(
    scene: Scene, moment: Moment, assets: Mapping[str, Asset], read: Callable[[str], bytes], *, triangles: int = 200_000
) -> bytes:
    """The scene at a moment as one GLB of at most `triangles` triangles, y up, metres.

    `read` gives a blob by its digest. Each placement is a node with its title and `extras.chronotope`; those that stand
    at the same tiles share their meshes. A placement for which not even the coarsest tile fits is left out and named in
    `asset.extras.chronotope.left_out`. The same scene gives the same bytes.

    Raises:
        tiling.errors.TilingError: a tileset or a tile cannot be read back.
    """
    shown = shown_of(moment, assets)
    documents = {asset.id: asset.tileset.digest for _, asset in shown if asset.tileset is not None}
    by_name = named(read)
    trees = {asset_id: tileset.read(read(digest), by_name) for asset_id, digest in documents.items()}
    placed = [(trees[asset.id], largest_scale(standing.placement.transform)) for standing, asset in shown]
    cuts = cut_within(placed, triangles)
    joined = Joined(by_name)
    roots: list[int] = []
    left_out: list[str] = []
    credits: dict[str, None] = {}
    for (standing, asset), (tree, _), cut in zip(shown, placed, cuts, strict=True):
        placement = standing.placement
        tiles = [node for tile in cut if tree.content[tile] for node in joined.tile(tree.content[tile], read)]
        if not tiles:
            left_out.append(placement.id)
            continue
        about = {"chronotope": _about_placement(standing, asset)}
        roots.append(joined.placed(matrix_of(placement.transform), tiles, name=placement.title, extras=about))
        credits[" ".join(part for part in (asset.attribution, asset.rights) if part)] = None
    about_scene = _about_scene(scene, moment) | ({"left_out": left_out} if left_out else {})
    description: dict[str, Any] = {"extras": {"chronotope": about_scene}}
    if copyright_words := "; ".join(credit for credit in credits if credit):
        description["copyright"] = copyright_words
    return joined.finished(roots=roots, name=scene.title, asset=description)


def named(read: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """`read` by file name (`<sha256>.json`, `<sha256>.webp`), where it is by digest.

    >>> named(lambda digest: digest.encode())("c0ffee.json")
    b'c0ffee'
    """
    return lambda name: read(name.partition(".")[0])


def cut_within(placed: Sequence[tuple[TileTree, float]], triangles: int) -> list[list[int]]:
    """For each tree, shown at a scale, the tiles of its cut, so that all together have at most `triangles` triangles.

    First the roots, those that would leave the largest gap for their triangles first; then, as long as there is room,
    the tile is replaced by its children whose error falls most for each triangle more. A tree whose root does not fit
    has no tiles. Ties go to the earlier tree and tile.
    """
    children = [_children_of(tree) for tree, _ in placed]
    left = triangles
    cuts: list[set[int]] = [set() for _ in placed]
    waiting: list[tuple[float, int, int]] = []

    def consider(at: int, tile: int) -> None:
        tree, scale = placed[at]
        below = children[at][tile]
        if below:
            fall = (float(tree.error[tile]) - max(float(tree.error[child]) for child in below)) * scale
            more = int(tree.triangles[below].sum()) - int(tree.triangles[tile])
            heapq.heappush(waiting, (-fall / more if more > 0 else -np.inf, at, tile))

    gaps = [tree.geometric_error * scale / max(1, int(tree.triangles[0])) for tree, scale in placed]
    for at in sorted(range(len(placed)), key=lambda each: (-gaps[each], each)):
        root = int(placed[at][0].triangles[0])
        if root <= left:
            left -= root
            cuts[at].add(0)
            consider(at, 0)
    while waiting:
        _, at, tile = heapq.heappop(waiting)
        tree, below = placed[at][0], children[at][tile]
        more = int(tree.triangles[below].sum()) - int(tree.triangles[tile])
        if more <= left:
            left -= more
            cuts[at].remove(tile)
            cuts[at].update(below)
            for child in below:
                consider(at, child)
    return [sorted(cut) for cut in cuts]


def _children_of(tree: TileTree) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in range(len(tree))]
    for tile, parent in enumerate(tree.parent.tolist()):
        if parent >= 0:
            children[parent].append(tile)
    return children


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
    assert asset.tileset is not None
    low, high = _bounds_of(asset.tileset.extent)
    return {
        "boundingVolume": {"box": z_up_box(low, high)},
        "content": {"uri": f"/blobs/{asset.tileset.digest}.json"},
        "extras": {"chronotope": _about_placement(standing, asset)},
        "geometricError": _number(asset.tileset.geometric_error),
        "transform": z_up_transform(standing.placement.transform),
    }


def _about_scene(scene: Scene, moment: Moment) -> dict[str, Any]:
    return {
        "scene": scene.id,
        "title": scene.title,
        "at": str(moment.at),
        "label": label(moment.at),
        "hypothesis": None if moment.hypothesis is None else moment.hypothesis.id,
    }


def _about_placement(standing: Standing, asset: Asset) -> dict[str, Any]:
    placement = standing.placement
    return {
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
