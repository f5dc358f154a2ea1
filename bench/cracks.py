"""Is light to be seen through a tileset? Random cuts with random children missing, and rays.

A cut is what a client draws that hides just the part of a tile that is refined already: of a tile whose children are
not all there, the triangles of each child that is missing, and those that straddle children; of a tile of which
anything is drawn, or which has no children, its skirts. `docs/tiling.md` says how tiles state these groups.

A ray counts if the full model stops it, and each of `_RING` rays beside it, so silhouettes are out. Beside it means at
`_AROUND` times the error of the coarsest tile of the cut, all around. Of a ray that shows a fault `_CLOSER` rings of
`_DENSER` rays are cast within that reach, too: past thin things (a mast, a twig) six rays meet this and that and all go
by. Then, in a million of those that count:

through   no triangle of the cut stops it, whichever side faces it
deep      what stops it, whichever side, lies farther off than all that the rays beside it met on the full model, by
          `_AROUND` errors: a hole through which something inside or behind is seen
culled    of the rays that meet the full model from the front: none of the cut's triangles faces it. Viewers leave out
          faces that are seen from behind, and then the background shows
behind    the same, or what faces it lies too deep in the sense above

Coarse levels change shape (a thin fold may close or open), which the last three take for a fault though nothing gapes.
So it is told, too, how many of the rays show their fault at no uniform level of which a tile is in the cut: those are
gaps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bench import rays
from tiling import content, payload

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from bench.rays import Points, Triangles

_RING = 6
_AROUND = 3.0
_CLOSER, _DENSER = 8, 32
_SKIRTS, _STRADDLERS, _WHOLE = -1, -2, -3


@dataclass(frozen=True, slots=True)
class Group:
    """Triangles of a tile that are drawn together: those of a child (its number), or one of the kinds above."""

    tile: int
    kind: int


@dataclass(slots=True)
class Tile:
    """A tile of the tree, parents before children."""

    parent: int
    depth: int
    error: float
    """metres"""
    positions: Points
    """as decoded, y up, metres"""
    triangles: Triangles
    owner: NDArray[np.int64]
    """(m,) group of each triangle, among `groups`"""
    groups: tuple[Group, ...]
    children: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tileset:
    """All tiles, and one scene of their triangles by group."""

    tiles: tuple[Tile, ...]
    groups: tuple[Group, ...]
    scene: rays.Scene


FAULTS = ("through", "deep", "culled", "behind")


@dataclass(slots=True)
class Seen:
    """How many rays count, by fault, and how many of them show it; of those, how many show it at no uniform level."""

    rays: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, np.int64))
    faults: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, np.int64))
    gaps: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, np.int64))

    def __add__(self, other: Seen) -> Seen:
        """Those of another cut, too."""
        return Seen(self.rays + other.rays, self.faults + other.faults, self.gaps + other.gaps)

    def ppm(self, name: str, *, gaps: bool = False) -> float:
        """One of `FAULTS` in a million rays."""
        at = FAULTS.index(name)
        return float((self.gaps if gaps else self.faults)[at] / max(self.rays[at], 1) * 1e6)


# Reading


def read(folder: Path) -> Tileset:
    """The tiles of a folder, external tilesets followed, decoded."""
    tiles = list(_tiles(folder))
    for at, tile in enumerate(tiles):
        if tile.parent >= 0:
            tiles[tile.parent].children.append(at)
    groups: list[Group] = []
    positions, triangles, owners, start = [], [], [], 0
    for tile in tiles:
        positions.append(tile.positions)
        triangles.append(tile.triangles + start)
        owners.append(tile.owner + len(groups))
        start += len(tile.positions)
        groups += tile.groups
    scene = rays.scene(np.concatenate(positions), np.concatenate(triangles), np.concatenate(owners))
    return Tileset(tuple(tiles), tuple(groups), scene)


def _tiles(folder: Path) -> Iterator[Tile]:
    """Tiles, parents first; a tile whose content is a tileset is no tile of its own."""
    waiting: list[tuple[Path, dict[str, Any], int, int]] = [(folder, _root(folder / "tileset.json"), -1, 0)]
    count = 0
    while waiting:
        base, node, parent, depth = waiting.pop(0)
        uri = node.get("content", {}).get("uri", "")
        below = [(base, child) for child in node.get("children", ())]
        at = parent
        if uri.endswith(".json"):
            below.append(((base / uri).parent, _root(base / uri)))
        elif uri:
            yield _tile(content.read((base / uri).read_bytes()), count, parent, depth, float(node["geometricError"]))
            at, depth, count = count, depth + 1, count + 1
        waiting += [(folder_of, child, at, depth) for folder_of, child in below]


def _root(path: Path) -> dict[str, Any]:
    root: dict[str, Any] = json.loads(path.read_bytes())["root"]
    return root


def _tile(model: content.Content, at: int, parent: int, depth: int, error: float) -> Tile:
    """A tile with its triangles by group; groups are the same for all its primitives."""
    positions, triangles, owners, start = [], [], [], 0
    kinds: tuple[int, ...] = (_WHOLE,)
    planes = _planes(model)
    for number, placed in enumerate(content.placed(model)):
        positions.append(placed.positions)
        triangles.append(placed.triangles + start)
        start += len(placed.positions)
        if placed.ranges:
            children = len(placed.ranges) - 2
            # A leaf has no children and so no straddlers: all of it is one group.
            kinds = (_WHOLE, _SKIRTS) if children == 0 else (*range(children), _STRADDLERS, _SKIRTS)
            owners.append(np.repeat(np.arange(len(kinds)), [count for _, count in placed.ranges]))
        elif planes[number]:
            kinds = (*range(len(planes[number]) + 1), _STRADDLERS)
            own = content.positions_of(model, placed.accessor)
            owners.append(payload.by_planes(own, placed.triangles, planes[number]))
        else:
            owners.append(np.zeros(len(placed.triangles), np.int64))
    groups = tuple(Group(at, kind) for kind in kinds)
    return Tile(
        parent, depth, error, np.concatenate(positions), np.concatenate(triangles), np.concatenate(owners), groups
    )


def _planes(model: content.Content) -> list[list[tuple[int, float]]]:
    return [
        [(int(axis), float(at)) for axis, at in primitive.get("extras", {}).get("chronotope", {}).get("cells", ())]
        for node, _ in content.nodes_of(model.document)
        for mesh in [model.document["nodes"][node].get("mesh")]
        if mesh is not None
        for primitive in model.document["meshes"][mesh]["primitives"]
    ]


def original(source: Path) -> tuple[Points, Triangles]:
    """The full model, in metres and y up as the tiler takes it."""
    from pipeline import read as reader

    primitives = reader.read(source, source.name).primitives
    starts = np.cumsum([0, *(len(each.positions) for each in primitives)]).tolist()
    positions = np.concatenate([np.asarray(each.positions, np.float64) for each in primitives])
    triangles = [np.asarray(each.indices, np.int64) + at for each, at in zip(primitives, starts, strict=False)]
    return positions, np.concatenate(triangles)


# Cuts


def drawn(given: Tileset, there: NDArray[np.bool_], *, skirts: bool = True) -> NDArray[np.bool_]:
    """The groups (g,) that are drawn when the tiles `there` (t,) have arrived; a tile's parent has, then, too.

    Where a level is left out, a tile stands in until all that it leads to are there.
    """
    covered = there.copy()
    for at in range(len(there) - 1, -1, -1):
        children = given.tiles[at].children
        covered[at] |= bool(children) and all(covered[child] for child in children)
    out = np.zeros(len(given.groups), np.bool_)
    for number, group in enumerate(given.groups):
        tile = given.tiles[group.tile]
        if not there[group.tile]:
            continue
        missing = not tile.children or not all(covered[child] for child in tile.children)
        if group.kind >= 0:
            out[number] = not covered[tile.children[group.kind]]
        else:
            out[number] = missing and (skirts or group.kind != _SKIRTS)
    return out


def level(given: Tileset, depth: int) -> NDArray[np.bool_]:
    """The groups of a uniform level, without skirts: tiles of this depth, and leaves above it."""
    shown = [tile.depth == depth or (tile.depth < depth and not tile.children) for tile in given.tiles]
    return np.array([shown[group.tile] and group.kind != _SKIRTS for group in given.groups])


def random_cut(given: Tileset, chance: np.random.Generator) -> NDArray[np.bool_]:
    """The tiles (t,) that are there: one half refined by distance from some point, one half by lot; some missing."""
    missing = chance.choice([0.05, 0.2, 0.5])
    by_lot = chance.random() < 0.5
    leaves = [tile for tile in given.tiles if not tile.children]
    middle = leaves[chance.integers(len(leaves))].positions.mean(axis=0)
    size = float(np.ptp(given.scene.corners.reshape(-1, 3), axis=0).max())
    fineness = 10.0 ** chance.uniform(-4.0, -1.5)
    refined = chance.uniform(0.3, 0.95)
    there = np.zeros(len(given.tiles), np.bool_)
    there[0] = True
    for at, tile in enumerate(given.tiles):
        if not there[at] or not tile.children:
            continue
        away = float(np.linalg.norm(tile.positions - middle, axis=1).min())
        if at and not (chance.random() < refined if by_lot else tile.error > fineness * (away + 0.02 * size)):
            continue
        for child in tile.children:
            there[child] = chance.random() >= missing
    return there


def error_of(given: Tileset, shown: NDArray[np.bool_]) -> float:
    """Of the coarsest tile of which a part is drawn, metres."""
    return max(given.tiles[group.tile].error for group, is_shown in zip(given.groups, shown, strict=True) if is_shown)


# Rays


@dataclass(frozen=True, slots=True)
class Bundle:
    """Rays that count at some error: origins and directions (k, 3); by either side and from the front (infinity:
    does not count), how far off the full model is at most, on the ray or beside it."""

    origins: Points
    directions: Points
    either: NDArray[np.float64]
    front: NDArray[np.float64]


def bundle(full: rays.Scene, error: float, count: int, chance: np.random.Generator) -> Bundle:
    """Of `count` rays from everywhere, parallel to random directions, those that count."""
    corners = full.corners.reshape(-1, 3)
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle, radius = (low + high) / 2.0, float(np.linalg.norm(high - low)) / 2.0
    directions = _unit(chance.normal(size=(count, 3)))
    # Aimed at the box, which is much smaller than its sphere where a model is flat.
    target = low + chance.random((count, 3)) * (high - low)
    aside = (target - middle) - ((target - middle) * directions).sum(axis=1, keepdims=True) * directions
    origins = middle + aside - 2.0 * radius * directions
    met = rays.cast(full, origins, directions)
    turn = chance.random(count) * 2.0 * np.pi
    return _inner(Bundle(origins, directions, met.either, met.front), full, _AROUND * error, turn, rays_around=_RING)


def _inner(by: Bundle, full: rays.Scene, reach: float, turn: NDArray[np.float64], *, rays_around: int) -> Bundle:
    """A bundle without the rays beside which, on a ring as far off as `reach`, the full model does not stop another."""
    across, up = _frame(by.directions)
    either, front = by.either.copy(), by.front.copy()
    for step in range(rays_around):
        alive = np.isfinite(either)
        angle = (turn + 2.0 * np.pi * step / rays_around)[alive, None]
        shifted = by.origins[alive] + reach * (np.cos(angle) * across[alive] + np.sin(angle) * up[alive])
        beside = rays.cast(full, shifted, by.directions[alive])
        either[alive] = np.maximum(either[alive], beside.either)
        front[alive] = np.maximum(front[alive], beside.front)
    return _chosen(Bundle(by.origins, by.directions, either, front), np.isfinite(either))


def _chosen(by: Bundle, which: NDArray[Any]) -> Bundle:
    """Some rays of a bundle, by number or mask."""
    return Bundle(by.origins[which], by.directions[which], by.either[which], by.front[which])


def _frame(directions: Points) -> tuple[Points, Points]:
    """Two unit vectors (k, 3) at right angles to each direction and to each other."""
    across = _unit(np.cross(directions, np.eye(3)[np.abs(directions).argmin(axis=1)]))
    return across, np.cross(directions, across)


def tried(given: Tileset, full: rays.Scene, shown: NDArray[np.bool_], count: int, chance: np.random.Generator) -> Seen:
    """What of `count` rays gets through a cut, of those that count."""
    error = error_of(given, shown)
    return seen(given, full, shown, bundle(full, error, count, chance), error)


def seen(given: Tileset, full: rays.Scene, shown: NDArray[np.bool_], by: Bundle, error: float) -> Seen:
    """What of a bundle gets through a cut."""
    faulty: NDArray[Any] = np.any(_faults(given, shown, by, error), axis=0)
    closer = _chosen(by, faulty)
    for ring in range(1, _CLOSER + 1):
        turn = np.full(len(closer.origins), np.pi * ring / _DENSER)
        closer = _inner(closer, full, _AROUND * error * ring / _CLOSER, turn, rays_around=_DENSER)
    good = _chosen(by, ~faulty)
    by = Bundle(*(np.concatenate([getattr(each, name) for each in (good, closer)]) for name in Bundle.__slots__))
    faults = _faults(given, shown, by, error)
    alone = faults.copy()
    depths = {given.tiles[group.tile].depth for group, is_shown in zip(given.groups, shown, strict=True) if is_shown}
    which = np.flatnonzero(faults.any(axis=0))
    if len(which):
        # Where a level by itself shows it, that is what became of the shape, and no gap between two levels.
        few = _chosen(by, which)
        for depth in sorted(depths):
            alone[:, which] &= ~_faults(given, level(given, depth), few, error)
    front = int(np.isfinite(by.front).sum())
    count = len(by.origins)
    return Seen(np.array([count, count, front, front]), faults.sum(axis=1), alone.sum(axis=1))


def _faults(given: Tileset, shown: NDArray[np.bool_], by: Bundle, error: float) -> NDArray[np.bool_]:
    """Which rays (4, k) show which of `FAULTS`."""
    met = rays.cast(given.scene, by.origins, by.directions, shown)
    front = np.isfinite(by.front)
    far = _AROUND * error
    return np.stack(
        [
            met.either == np.inf,
            met.either > by.either + far,
            (met.front == np.inf) & front,
            (met.front > by.front + far) & front,
        ]
    )


def _unit(vectors: Points) -> Points:
    found: Points = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


# Borders


@dataclass(frozen=True, slots=True)
class Borders:
    """The edges of a uniform level that an odd number of triangles has, when tiles are put together by exact place.

    To collapse an edge, to weld, or to round to a grid makes none of these where there was none: what such a mesh has
    are images of the odd edges of the original, its rims and the edges where three sheets meet. (Over numbers modulo
    two, the boundary of an image is the image of the boundary.) A crack between tiles makes two or more of them.
    """

    shared: int
    """edges that two tiles or more have, each an odd number of times"""
    open: int
    away: int
    """of the open ones: those far from all open edges of the original; all, where that is not given"""
    at_tiles: int
    """of those: the ones both of whose ends two tiles or more have"""


def borders(given: Tileset, depth: int, original: tuple[Points, Triangles] | None = None) -> Borders:
    """Neighbours' borders of a level compared edge by edge."""
    tiles = [tile for tile in given.tiles if tile.depth == depth or (tile.depth < depth and not tile.children)]
    own = [tile.triangles[[tile.groups[g].kind != _SKIRTS for g in tile.owner]] for tile in tiles]
    place = _places(np.concatenate([tile.positions for tile in tiles]))
    starts = np.cumsum([0, *(len(tile.positions) for tile in tiles)])
    rims = [_odd_edges(place[triangles + start]) for triangles, start in zip(own, starts.tolist(), strict=False)]
    rim, times = np.unique(np.concatenate(rims), axis=0, return_counts=True)
    alone = rim[times % 2 == 1]
    tiles_of = _tiles_of(place, starts, own)
    between = np.array(
        [len(tiles_of.get(a, frozenset()) & tiles_of.get(b, frozenset())) > 1 for a, b in alone.tolist()], np.bool_
    )
    away = np.ones(len(between), np.bool_)
    if original is not None and len(alone):
        points = np.empty((place.max() + 1, 3))
        points[place] = np.concatenate([tile.positions for tile in tiles])
        away = _away(points[alone], *original, reach=_AROUND * max(tile.error for tile in tiles))
    return Borders(int((times > 1).sum()), len(between), int(away.sum()), int((between & away).sum()))


def _places(positions: Points) -> NDArray[np.int64]:
    _, place = np.unique(positions, axis=0, return_inverse=True)
    return place.reshape(-1).astype(np.int64)


def _odd_edges(triangles: Triangles) -> NDArray[np.int64]:
    """Edges (e, 2), lower number first, that an odd number of triangles has."""
    kept = triangles[(triangles != np.roll(triangles, 1, axis=1)).all(axis=1)]
    ends = np.sort(np.concatenate([kept[:, [0, 1]], kept[:, [1, 2]], kept[:, [2, 0]]]), axis=1)
    edges, counts = np.unique(ends, axis=0, return_counts=True)
    odd: NDArray[np.int64] = edges[counts % 2 == 1]
    return odd


def _tiles_of(place: NDArray[np.int64], starts: NDArray[np.int64], own: list[Triangles]) -> dict[int, frozenset[int]]:
    """The tiles that have a place, for places that more than one has."""
    used = [np.unique(place[triangles + start]) for triangles, start in zip(own, starts.tolist(), strict=False)]
    named = np.concatenate(used)
    tile = np.repeat(np.arange(len(own)), [len(each) for each in used])
    order = np.argsort(named, kind="stable")
    named, tile = named[order], tile[order]
    first = np.flatnonzero(np.diff(named, prepend=-1))
    ends = np.append(first[1:], len(named))
    return {
        int(named[a]): frozenset(tile[a:b].tolist())
        for a, b in zip(first.tolist(), ends.tolist(), strict=True)
        if b - a > 1
    }


def _away(edges: NDArray[np.float64], positions: Points, triangles: Triangles, *, reach: float) -> NDArray[np.bool_]:
    """Which edges (e, 2, 3) have their middle farther than `reach` from all open edges of a mesh."""
    from scipy.spatial import cKDTree

    place = _places(positions)
    points = np.empty((place.max() + 1, 3))
    points[place] = positions
    holes = points[_odd_edges(place[triangles])]
    if not len(holes):
        return np.ones(len(edges), np.bool_)
    # Edges are represented by points on them, which may be half as far off again as they are apart.
    steps = np.linspace(0.0, 1.0, 9)[:, None, None]
    sampled = (holes[None, :, 0] * (1.0 - steps) + holes[None, :, 1] * steps).reshape(-1, 3)
    far, _ = cKDTree(sampled).query(edges.mean(axis=1))
    return np.asarray(far > reach + np.linalg.norm(holes[:, 1] - holes[:, 0], axis=1).max() / 16.0)
