"""The tasks of a tiling, stage by stage: what each reads from the results, hands to the pure steps, and stores.

leaf      the triangles of a cell                     →  tidied, and the places on its rim
search    a leaf and places on the rims of others     →  those that it has within, and not on its rim
close     a leaf and who shares its rim               →  a tile, points on the original surface
sample    children                                    →  the error at the wanted number of triangles
merge     children                                    →  the edge of their surface, a band of it per neighbour
strip     the bands of two neighbours                 →  what both shall look like
reduce    children, their edge and its strips         →  a tile
make      a tile and its neighbours                   →  its file, its error against the original's points
back      a leaf and points on coarser tiles near it  →  their distances to the original
"""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pipeline import compress, images
from pipeline.graph import key
from scenes import gltf_build
from tiling import borders, bounds, build, distance, error, extent, leaf, spacing, written
from tiling.simplify import metres_per_uv, weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from pipeline.graph import At
    from tiling.build import Goal, Place, Surface, Tile
    from tiling.mesh import Floats, Material, Primitive, Singles
    from tiling.patch import Patch
    from tiling.written import Look, Made

RIM = "rim"
POINTS = "points"
EDGE = "edge"
_OWNED = "owned"
_QUICK = 1024
"""points for a first estimate of a level's error"""


@dataclass(frozen=True, slots=True)
class Context:
    """What all tasks share."""

    surface: Surface
    materials: tuple[Material, ...]
    shared: Mapping[int, Mapping[str, gltf_build.TileImage]]
    """by material and role the images that stay whole"""
    names: tuple[str, ...]
    """of features, by number"""
    out: str
    """the folder for finished tiles"""
    samples: int
    """points a tile is measured by, each way"""
    digest: str
    """of what tiles show but for their geometry"""
    is_coded: bool = False
    """whether every tile's file has a gzip copy beside it"""


@dataclass(frozen=True, slots=True)
class LeafReceipt:
    """What is said of a leaf."""

    digest: str
    triangles: int
    short_edge: float
    degenerate: int
    repeated: int
    low: Singles
    high: Singles
    """corners (3,), relative to the origin"""


@dataclass(frozen=True, slots=True)
class Rim:
    """The places on a leaf's rim and their sums of normals (or no rows)."""

    positions: Singles
    sums: Singles


def take_leaf(at: At, *, parts: Sequence[Primitive]) -> LeafReceipt:
    """A leaf of these parts of primitives."""
    surface = at.context.surface
    found = leaf.gathered(parts, surface.layout, surface.origin)
    sums = found.sums[found.rim] if len(found.sums) else found.sums
    at.put(Rim(found.rim_positions, sums), RIM)
    low, high = _corners(found.patch)
    return LeafReceipt(
        digest=at.put(found),
        triangles=found.patch.triangles,
        short_edge=leaf.short_edge(found.patch),
        degenerate=found.degenerate,
        repeated=found.repeated,
        low=low,
        high=high,
    )


@dataclass(frozen=True, slots=True)
class Within:
    """Places of a leaf that are not on its rim, and yet on another's."""

    places: NDArray[np.int32]
    rim: Rim
    """the same with their positions and sums of normals"""


def search(at: At, *, leaf_key: str, positions: Singles) -> Within:
    """Which of the places that others have on their rims a leaf has within."""
    found = at.get(leaf_key)
    places = leaf.within(found, positions)
    first = np.zeros(int(found.place.max(initial=-1)) + 1, np.int64)
    first[found.place] = np.arange(len(found.place))
    sums = found.sums[places] if len(found.sums) else found.sums
    return Within(places, Rim(found.patch.positions[first[places]], sums))


@dataclass(frozen=True, slots=True)
class TileReceipt:
    """What is said of a tile that is simplified, but not written."""

    digest: str
    triangles: int
    low: Singles
    high: Singles
    """corners (3,), relative to the origin"""
    mean: float
    """a first estimate of its root mean square error, metres"""
    edge: float = 0.0
    """the longest edge of its usual triangle, by area, metres; 0 of none"""


def close(
    at: At,
    *,
    leaf_key: str,
    number: int,
    leaves: NDArray[np.int32],
    sums: Singles,
    inner: NDArray[np.int32] | None = None,
) -> TileReceipt:
    """The tile of a leaf; `leaves` (r, 4) and `sums` (r, 3) belong to its rim, and to places `inner` after that."""
    closed = Closed(leaf_key, number, leaves, sums, inner)
    patch = _finished(at, at.task, closed).patch
    at.put(error.scatter(patch, at.context.samples), POINTS)
    at.put(error.scatter_on(patch, _QUICK), _OWNED)
    return TileReceipt(at.put(closed), patch.triangles, *_corners(patch), 0.0)


@dataclass(frozen=True, slots=True)
class Closed:
    """What makes a tile of a leaf: less to store than the tile."""

    leaf_key: str
    number: int
    leaves: NDArray[np.int32]
    sums: Singles
    inner: NDArray[np.int32] | None


def _finished(at: At, task: str, closed: Closed) -> Tile:
    """The tile of a leaf that a task has closed."""

    def finished() -> tuple[Tile, int]:
        layout = at.context.surface.layout
        found = at.get(closed.leaf_key)
        patch = leaf.finished(found, layout, closed.number, closed.leaves, closed.sums, inner=closed.inner)
        arrays = (patch.positions, patch.attributes, patch.material, patch.leaves, patch.indices)
        return build.Tile(patch, {}), sum(array.nbytes for array in arrays)

    tile: Tile = at.lasting(task, "finished", finished)
    return tile


def _tile(at: At, task: str) -> Tile:
    """The tile that a task has made."""
    found: Tile | Closed = at.get(task)
    return _finished(at, task, found) if isinstance(found, Closed) else found


def _settled(at: At, task: str, place: Place, look: Look) -> Tile:
    """The tile that a task has made, on the grid of its level: what it shows, and what neighbours are measured by."""
    own = replace(look, step=look.steps[place.tile]) if look.steps else look

    def settled() -> tuple[Tile, int]:
        tile = written.settled(at.context.surface, _tile(at, task), place, own)
        return tile, tile.patch.positions.nbytes

    tile: Tile = at.lasting(task, f"settled {key(own.step, own.steps, own.is_leaf)}", settled)
    return tile


def _corners(patch: Patch) -> tuple[Singles, Singles]:
    if not len(patch.positions):
        return np.full(3, np.inf, np.float32), np.full(3, -np.inf, np.float32)
    return extent.low_high(patch.positions)


def sample(at: At, *, child: str, place: Place, share: float) -> tuple[float, int]:
    """The error of one tile at its share of triangles, and how many those are."""
    return build.sampled_error(at.context.surface, _tile(at, child).patch, place, share)


@dataclass(frozen=True, slots=True)
class MergeReceipt:
    """What is said of merged children."""

    bands: tuple[tuple[int, str], ...]
    """tiles that it has an interface with, and digests of the bands there"""
    touching: tuple[int, ...]
    """all tiles that share a vertex of its border"""


def merge(at: At, *, children: Sequence[str], place: Place) -> MergeReceipt:
    """Where the children's surface touches that of others, as one, and its bands."""
    tiles = [_tile(at, child) for child in children]
    edge = build.edge(tiles, place)
    found = borders.bands(edge, place.tile, place.shift)
    layout = at.context.surface.layout
    scale = metres_per_uv(edge, layout) if layout.uvs else 1.0
    per_metre = weights(edge, layout, scale, at.context.surface.normal_weight)
    per_metre = per_metre * np.float32(extent.longest_side(edge.positions) or 1.0)
    digests = tuple((other, at.put((found[other], per_metre), str(other))) for other in sorted(found))
    at.put(edge, EDGE)
    return MergeReceipt(digests, borders.touching(edge.leaves, place.tile, place.shift))


def strip(
    at: At,
    *,
    merged_keys: tuple[str, str],
    tiles: tuple[int, int],
    keep: float,
    most_error: float,
) -> tuple[str, ...]:
    """Thin the interface of two neighbours; stored by tile; their digests."""
    (first, per_metre), (second, _) = (
        at.get(merged_key, str(other)) for merged_key, other in zip(merged_keys, tiles[::-1], strict=True)
    )
    strips = borders.thinned(first, second, at.context.surface.layout, per_metre, keep=keep, most_error=most_error)
    return tuple(at.put(each, str(tile)) for tile, each in zip(tiles, strips, strict=True))


def reduce(
    at: At,
    *,
    merged: str,
    strips: Sequence[str],
    children: Sequence[str],
    place: Place,
    goal: Goal,
) -> TileReceipt:
    """A parent tile. `merged` is what was said of its children, `strips` are the results for its interfaces."""
    tiles = [_tile(at, child) for child in children]
    edge = borders.with_strips(at.get(merged, EDGE), [at.get(each, str(place.tile)) for each in strips])
    together = build.joined(at.context.surface, tiles, place, edge, goal)
    done = build.reduced(at.context.surface, together.patch, tiles, place, goal, triangles=together.triangles)
    points = error.thinned([at.get(child, POINTS) for child in children], at.context.samples)
    at.put(points, POINTS)
    quick = error.thinned([points], _QUICK)
    mean = error.root_mean_square(error.distances(quick.points, [done.patch]), quick.weights)
    return TileReceipt(at.put(done), done.patch.triangles, *_corners(done.patch), mean, spacing.middle_edge(done.patch))


@dataclass(frozen=True, slots=True)
class Distances:
    """Metres."""

    mean: float
    """root mean square"""
    bound: float
    """the quantile that errors are told by"""
    most: float


@dataclass(frozen=True, slots=True)
class MakeReceipt:
    """What is said of a finished tile."""

    made: Made
    box: Floats
    """(12,) around its content and the boxes of its children"""
    low: Floats
    high: Floats
    """corners (3,) of its content, metres, asset frame"""
    forward: Distances
    """from the original to the tile"""
    area: float
    """square metres of the original that it stands for"""


def make(
    at: At,
    *,
    tile_key: str,
    neighbours: Sequence[tuple[int, str]],
    place: Place,
    look: Look,
    below: Floats,
    missing: tuple[int, ...],
) -> MakeReceipt:
    """Write a tile, and measure it where a client will see it, and its neighbours: their numbers and keys.

    `below` (k, 12) are the boxes of its children; of the children `missing` nothing is left.
    """
    surface = at.context.surface
    tile = _settled(at, tile_key, place, look)
    patch = written.dressed(surface, tile, place, look)
    done = written.made(
        surface, tile, patch, place, look=replace(look, missing=missing), emit=lambda content: emit(at.context, content)
    )
    points: error.Samples = at.get(tile_key, POINTS)
    if not look.is_leaf:
        shown = written.snapped(tile.patch, look.step)
        around = [
            written.snapped(_settled(at, each, build.Place(number, place.shift), look).patch, look.step)
            for number, each in neighbours
        ]
        found = error.distances(points.points, [shown, *around])
        at.put(error.scatter(shown, at.context.samples), POINTS)
    else:
        # A leaf is the original but for rounding: few points tell how far that went, each held against the triangle
        # that it was on. Another one may be nearer, so this is never too little.
        points, owners = at.get(tile_key, _OWNED)
        found = error.distances(points.points, [written.on_grid(tile.patch, owners, look.step)])
    content = written.on_steps(patch.positions, look.step).astype(np.float64) + surface.origin
    low, high = extent.low_high(content)
    return MakeReceipt(
        made=done,
        box=bounds.enclosing(content, below),
        low=low,
        high=high,
        forward=summary(found, points.weights),
        area=points.area,
    )


def summary(values: Singles, weights: Singles) -> Distances:
    """Of distances and the area that each stands for."""
    return Distances(
        error.root_mean_square(values, weights), error.quantile(values, weights), float(values.max(initial=0.0))
    )


def back(at: At, *, leaf_key: str, points: Singles) -> Singles:
    """Distances (k,) of points to a leaf as it was before any rounding."""
    # (Trees are not kept for who asks next of the same leaf: all together take a quarter of a tiling's memory. A leaf's
    # triangles lie along a curve already: that they are not sorted again saves two thirds of what a tree takes.)
    patch = _tile(at, leaf_key).patch
    found = np.full(len(points), np.inf, np.float32)
    distance.nearest(distance.build(patch.positions, patch.indices, is_sorted=True), points, best=found)
    return found


def is_whole(context: Context, receipt: MakeReceipt) -> bool:
    """Whether the file of a tile is there."""
    stored = receipt.made.stored
    path = Path(context.out) / f"{stored.digest}.glb"
    return _is_whole(path, stored.byte_length) and not (
        context.is_coded and not _is_whole(_zipped(path), stored.coded_length)
    )


def _is_whole(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _zipped(path: Path) -> Path:
    return path.with_name(f"{path.name}.gz")


def emit(context: Context, content: written.Content) -> written.Stored:
    """Write a tile's file into the folder; one that is there already has the same bytes."""
    pictures: dict[int, Mapping[str, gltf_build.TileImage]] = {}
    needs: set[str] = set()
    texture_bytes = 0
    for piece in content.geometry.pieces:
        if content.is_plain:
            pictures[piece.material] = {}
            continue
        # What stays whole goes first: where a map lies in the second set, one in the first can't stand in for it.
        whole = context.shared.get(piece.material, {})
        own = {role: image for role, image in content.images.get(piece.material, {}).items() if role not in whole}
        pictures[piece.material] = {
            **whole,
            **{role: gltf_build.TileImage(images.coded(image, role)) for role, image in own.items()},
        }
        needs |= {image.uri for image in whole.values()}
        texture_bytes += sum(decoded_bytes(image.shape[1], image.shape[0]) for image in own.values())
    materials = {piece.material: context.materials[piece.material] for piece in content.geometry.pieces}
    if content.is_plain:
        # What glows by an image would glow all over without it.
        materials = {
            number: material if material.emissive_image is None else replace(material, emissive=(0.0, 0.0, 0.0))
            for number, material in materials.items()
        }
    data = gltf_build.tile_glb(
        content.geometry,
        materials,
        pictures,
        planes=content.planes,
        slots=content.slots,
        names=dict(enumerate(context.names)) if context.names else None,
    )
    coded = compress.gzipped(data)
    digest = hashlib.sha256(data).hexdigest()
    path = Path(context.out) / f"{digest}.glb"
    _write(path, data)
    if context.is_coded:
        _write(_zipped(path), coded)
    return written.Stored(digest, len(data), len(coded), texture_bytes, tuple(sorted(needs)))


def _write(path: Path, data: bytes) -> None:
    if not _is_whole(path, len(data)):
        # A file that has its name is whole, wherever a run is cut off; and two tiles may have the same bytes.
        part = path.with_name(f"{path.name[:64]}.{os.getpid()}-{threading.get_ident()}.part")
        part.write_bytes(data)
        part.replace(path)


def decoded_bytes(width: int, height: int) -> int:
    """Of an image on a graphics card, with mip levels."""
    return width * height * 4 * 4 // 3
