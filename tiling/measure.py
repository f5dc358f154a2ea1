"""What a tileset states of its errors, held against dense sampling: the proof behind `chronotope tile --measure`.

A tile stands for the original below it: that of its leaves. Forward, points of this original are searched in what is
shown at the tile's depth, the tile and its neighbours; backward, points on the tile are searched in all of the
original. Both are exact for each point, and boxes only spare the work that could not change the outcome. The tile's
true error is the quantile `error.QUANTILE` by area, of the direction where that is larger; what the tile states must be
no less, and at most `MOST_OVER` times as much. Skirts do not count, they are never seen but through a gap.

Without the source the leaves are taken for the original; they are, to half a step of their grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tiling import bounds, distance, error

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from tiling.content import Placed
    from tiling.mesh import Singles
    from tiling.tree import TileTree

    Surface = tuple[NDArray[Any], NDArray[Any]]
    """positions (n, 3) in metres in the frame of the tree, and triangles (m, 3)"""

MOST_OVER = 2.0
_BLOCK = 4096  # points in a row, so near each other, that share a choice of surfaces
_KEPT = 48  # decoded surfaces
_MOST_POINTS = 4_000_000
_SPARE = 2  # times as many points on a leaf as leaves of equal area would need
_TEXEL_BYTES = 16.0 / 3.0  # four bytes, and a third more for mip levels


@dataclass(frozen=True, slots=True)
class Density:
    """How many points are taken each way, and of how many tiles."""

    a_level: int = 200_000
    a_tile: int = 64_000
    """at least: of 20,000 a tile of terrain had a quantile a sixth above that of 400,000"""
    most_tiles: int = 64
    """of a level, evenly from first to last"""


@dataclass(frozen=True, slots=True)
class TileTruth:
    """A tile's true error, metres."""

    tile: int
    stated: float
    forward: float
    """quantile of the distances of the original to the tile"""
    backward: float
    mean: float
    """root mean square of both directions' distances"""
    most: float
    """the largest distance found"""
    area: float
    """square metres of what the tile shows"""
    is_held_up: bool
    """what it states is what a child states: parents may state no less"""
    resolution: float = 0.0
    """what single precision cannot tell from nothing at this distance from the origin"""

    @property
    def quantile(self) -> float:
        """The true error."""
        return max(self.forward, self.backward)

    @property
    def is_below(self) -> bool:
        """Whether it states less than is true."""
        return self.stated + self.resolution < self.quantile

    @property
    def is_over(self) -> bool:
        """Whether it states far more than is true, without need."""
        return self.stated > MOST_OVER * self.quantile + self.resolution and not self.is_held_up


@dataclass(frozen=True, slots=True)
class LevelTruth:
    """The tiles at one depth, 0 the root; lengths in metres."""

    depth: int
    tiles: int
    triangles: int
    byte_length: int
    """of the tiles' files"""
    stated: float
    """the largest error that a tile states"""
    quantile: float
    """of all measured tiles together, of the direction where it is larger"""
    mean: float
    """root mean square"""
    most: float
    texels: float | None
    """of the tiles' own textures on a square metre of what they show; None: no such textures, or nothing measured"""
    measured: tuple[TileTruth, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """What was found, level by level from the root."""

    levels: tuple[LevelTruth, ...]

    @property
    def below(self) -> tuple[TileTruth, ...]:
        """Tiles that state less than is true; should be none."""
        return tuple(tile for level in self.levels for tile in level.measured if tile.is_below)

    @property
    def over(self) -> tuple[TileTruth, ...]:
        """Tiles that state more than `MOST_OVER` times the truth; should be none but where texels are coarser."""
        return tuple(tile for level in self.levels for tile in level.measured if tile.is_over)


def shown(parts: Iterable[Placed]) -> Surface:
    """A decoded tile as one surface, without its skirts, which are the last of its groups."""
    positions, triangles, start = [np.empty((0, 3))], [np.empty((0, 3), np.int64)], 0
    for part in parts:
        own = part.ranges[-1][0] if part.ranges else len(part.triangles)
        positions.append(part.positions)
        triangles.append(part.triangles[:own] + start)
        start += len(part.positions)
    return np.concatenate(positions), np.concatenate(triangles)


def measure(
    tree: TileTree,
    surface_of: Callable[[int], Surface],
    *,
    originals: Sequence[Surface] = (),
    density: Density | None = None,
) -> Truth:
    """True errors of a tileset's tiles.

    `surface_of` gives what a tile with content shows (see `shown`); `_KEPT` of them are held at a time. `originals` are
    the source model's surfaces in the frame of the tree, of which as many are held, at 75 bytes a triangle; without
    them the leaves are the original, and are not measured themselves. Deterministic.
    """
    return _Measuring(tree, surface_of, originals, density or Density()).run()


_COLUMNS: tuple[tuple[str, Callable[[LevelTruth], str]], ...] = (
    ("depth", lambda level: str(level.depth)),
    ("tiles", lambda level: f"{level.tiles:,}"),
    ("triangles", lambda level: f"{level.triangles:,}"),
    ("bytes", lambda level: f"{level.byte_length:,}"),
    ("stated m", lambda level: f"{level.stated:.4g}"),
    ("measured", lambda level: str(len(level.measured))),
    ("99.9 % m", lambda level: f"{level.quantile:.4g}" if level.measured else "-"),
    ("rms m", lambda level: f"{level.mean:.4g}" if level.measured else "-"),
    ("most m", lambda level: f"{level.most:.4g}" if level.measured else "-"),
    ("stated / true", lambda level: " to ".join(f"{ratio:.2f}" for ratio in _ratios(level)) or "-"),
    ("texels / m²", lambda level: "-" if level.texels is None else f"{level.texels:.4g}"),
)


def table(truth: Truth) -> str:
    """For people: a line a level, from the root, and then every tile that does not keep to the bounds."""
    rows = [[name for name, _ in _COLUMNS], *([cell(level) for _, cell in _COLUMNS] for level in truth.levels)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    for word, tiles in (("less than is true", truth.below), (f"over {MOST_OVER:g} times the truth", truth.over)):
        lines += [f"tile {tile.tile} states {tile.stated:.4g} m, {word}: {tile.quantile:.4g} m" for tile in tiles]
    return "\n".join(lines) + "\n"


def figures(truth: Truth) -> dict[str, Any]:
    """The same for programs, as JSON holds it; metres and bytes."""
    return {
        "levels": [
            {
                "depth": level.depth,
                "tiles": level.tiles,
                "triangles": level.triangles,
                "bytes": level.byte_length,
                "stated": level.stated,
                "measured": len(level.measured),
                "quantile": level.quantile,
                "rms": level.mean,
                "most": level.most,
                "ratios": _ratios(level),
                "texelsPerSquareMetre": level.texels,
            }
            for level in truth.levels
        ],
        "below": [tile.tile for tile in truth.below],
        "over": [tile.tile for tile in truth.over],
    }


def _ratios(level: LevelTruth) -> list[float]:
    """The least and the greatest of what tiles state over what is true; none where nothing is off."""
    ratios = [tile.stated / tile.quantile for tile in level.measured if tile.quantile > 0.0]
    return [min(ratios), max(ratios)] if ratios else []


@dataclass(frozen=True, slots=True)
class _Searchable:
    positions: Singles
    indices: NDArray[np.uint32]
    tree: distance.Tree

    def scattered(self, count: int) -> error.Samples:
        points, _ = distance.scatter(self.positions, self.indices, count)
        area = float(distance.areas(self.positions, self.indices).sum())
        return error.Samples(points, np.full(len(points), area / max(len(points), 1), np.float32))


@dataclass(frozen=True, slots=True)
class _Boxed:
    """Surfaces (k) of which only those are made that a box (k, 3) does not rule out."""

    names: NDArray[np.int64]
    low: Singles
    high: Singles
    get: Callable[[int], _Searchable]

    def nearest(self, points: Singles, first: NDArray[np.bool_] | None = None) -> tuple[Singles, NDArray[np.int64]]:
        """Distances (n,) of points to the nearest surface, and that one's name; the ones marked are tried first."""
        best = np.full(len(points), np.inf, np.float32)
        owner = np.full(len(points), -1, np.int64)
        for start in range(0, len(points), _BLOCK):
            block = slice(start, start + _BLOCK)
            self._block(points[block], best[block], owner[block], first)
        return best, owner

    def _block(self, points: Singles, best: Singles, owner: NDArray[np.int64], first: NDArray[np.bool_] | None) -> None:
        apart = _gap(points.min(axis=0), points.max(axis=0), self.low, self.high)
        order = np.argsort(apart if first is None else np.where(first, -1.0, apart), kind="stable")
        for at in order.tolist():
            if apart[at] > best.max():
                if first is not None and first[at]:
                    continue
                break
            near = _gap(points, points, self.low[at], self.high[at]) <= best
            if near.any():
                found = best[near]
                distance.nearest(self.get(int(self.names[at])).tree, points[near], best=found)
                rows = np.flatnonzero(near)
                closer = found < best[rows]
                best[rows] = found
                owner[rows[closer]] = self.names[at]


def _gap(low: Singles, high: Singles, other_low: Singles, other_high: Singles) -> Singles:
    """The distance between boxes; a trifle less, so that rounding rules nothing out."""
    apart = np.maximum(np.maximum(other_low - high, low - other_high), np.float32(0.0))
    gap: Singles = np.linalg.norm(apart, axis=-1) * np.float32(1.0 - 1e-5)
    return gap


class _Measuring:
    """One run: the tree's shape, and surfaces that are decoded once and kept for a while."""

    def __init__(
        self, tree: TileTree, surface_of: Callable[[int], Surface], originals: Sequence[Surface], density: Density
    ) -> None:
        self._tree = tree
        self._density = density
        self._originals = originals
        self._origin = tree.box[0, :3]
        self._depth = np.zeros(len(tree), np.int64)
        for tile in range(1, len(tree)):
            self._depth[tile] = self._depth[tree.parent[tile]] + 1
        self._has = np.array([bool(name) for name in tree.content])
        self._is_leaf = np.bincount(tree.parent[tree.parent >= 0], minlength=len(tree)) == 0
        corners = np.array([bounds.corners(box) for box in tree.box]) - self._origin
        # Wider by what rounding to float32 may move.
        farthest = float(np.abs(corners).max(initial=0.0))
        slack = 1e-6 * farthest
        self._resolution = float(np.finfo(np.float32).eps) * farthest
        self._low, self._high = (corners[:, 0] - slack).astype(np.float32), (corners[:, 1] + slack).astype(np.float32)
        self._of_tile = lru_cache(maxsize=_KEPT)(lambda tile: self._searchable(surface_of(tile)))
        self._of_original = lru_cache(maxsize=_KEPT)(lambda part: self._searchable(originals[part]))

    def _searchable(self, surface: Surface) -> _Searchable:
        positions = (np.asarray(surface[0], np.float64) - self._origin).astype(np.float32)
        indices = np.ascontiguousarray(surface[1], np.uint32)
        return _Searchable(positions, indices, distance.build(positions, indices))

    def run(self) -> Truth:
        chosen = {depth: self._chosen(depth) for depth in range(int(self._depth.max()) + 1)}
        leaf_points = self._leaf_points(chosen)
        original = self._leaves() if not self._originals else self._sources()
        return Truth(tuple(self._level(depth, tiles, leaf_points, original) for depth, tiles in chosen.items()))

    def _chosen(self, depth: int) -> NDArray[np.int64]:
        """The tiles of a level to measure."""
        measurable = self._has & (~self._is_leaf if not self._originals else True)
        tiles = np.flatnonzero((self._depth == depth) & measurable)
        count = min(len(tiles), self._density.most_tiles)
        return tiles[np.linspace(0, len(tiles) - 1, count).round().astype(np.int64)] if count else tiles

    def _count(self, tiles: int) -> int:
        """Points on each of so many tiles."""
        return max(self._density.a_tile, -(-self._density.a_level // max(tiles, 1)))

    # The surfaces to search in

    def _boxed_tiles(self, tiles: NDArray[np.int64]) -> _Boxed:
        return _Boxed(tiles, self._low[tiles], self._high[tiles], self._of_tile)

    def _leaves(self) -> _Boxed:
        return self._boxed_tiles(np.flatnonzero(self._is_leaf & self._has))

    def _sources(self) -> _Boxed:
        corners = [
            (np.min(positions, axis=0), np.max(positions, axis=0)) if len(positions) else (np.full(3, 1e30),) * 2
            for positions, _ in self._originals
        ]
        low, high = (np.array([pair[side] for pair in corners]) - self._origin for side in range(2))
        slack = 1e-6 * float(max(np.abs(low).max(), np.abs(high).max()))
        names = np.arange(len(corners))
        return _Boxed(names, (low - slack).astype(np.float32), (high + slack).astype(np.float32), self._of_original)

    def _at_depth(self, depth: int) -> _Boxed:
        """What is shown where every tile is refined down to a depth."""
        return self._boxed_tiles(
            np.flatnonzero(self._has & ((self._depth == depth) | (self._is_leaf & (self._depth < depth))))
        )

    # Points of the original, by leaf

    def _leaf_points(self, chosen: dict[int, NDArray[np.int64]]) -> dict[int, error.Samples]:
        leaves = np.flatnonzero(self._is_leaf & self._has)
        if self._originals:
            return self._dealt(leaves, chosen)
        below = np.zeros(len(self._tree))
        below[leaves] = 1.0
        for tile in range(len(self._tree) - 1, 0, -1):
            below[self._tree.parent[tile]] += below[tile]
        wanted = np.zeros(len(self._tree))
        for tiles in chosen.values():
            wanted[tiles] = _SPARE * self._count(len(tiles)) / np.maximum(below[tiles], 1.0)
        for tile in range(1, len(self._tree)):
            wanted[tile] = max(wanted[tile], wanted[self._tree.parent[tile]])
        return {leaf: self._of_tile(leaf).scattered(int(np.ceil(wanted[leaf]))) for leaf in leaves.tolist()}

    def _dealt(self, leaves: NDArray[np.int64], chosen: dict[int, NDArray[np.int64]]) -> dict[int, error.Samples]:
        """Points of the source, each with the leaf that is nearest to it."""
        count = max(self._count(len(tiles)) * int((self._depth == depth).sum()) for depth, tiles in chosen.items())
        surfaces = self._boxed_tiles(leaves)
        areas = [
            float(distance.areas(part.positions, part.indices).sum())
            for part in map(self._of_original, range(len(self._originals)))
        ]
        rate = min(count, _MOST_POINTS) / max(sum(areas), 1e-300)
        found: dict[int, list[error.Samples]] = {leaf: [] for leaf in leaves.tolist()}
        for part, area in enumerate(areas):
            samples = self._of_original(part).scattered(int(np.ceil(rate * area)))
            _, owner = surfaces.nearest(samples.points)
            for leaf in np.unique(owner).tolist():
                found[leaf].append(error.Samples(samples.points[owner == leaf], samples.weights[owner == leaf]))
        none = error.Samples(np.empty((0, 3), np.float32), np.empty(0, np.float32))
        return {leaf: _together([none, *parts]) for leaf, parts in found.items()}

    # Levels

    def _level(
        self, depth: int, tiles: NDArray[np.int64], leaf_points: dict[int, error.Samples], original: _Boxed
    ) -> LevelTruth:
        tree = self._tree
        around = self._at_depth(depth)
        count = self._count(len(tiles))
        found: list[TileTruth] = []
        ways: tuple[list[error.Samples], list[error.Samples]] = ([], [])
        values: tuple[list[Singles], list[Singles]] = ([], [])
        for tile in tiles.tolist():
            leaves = self._leaves_below(tile)
            own = self._of_tile(tile).scattered(count)
            forward = error.thinned([leaf_points[leaf] for leaf in leaves], count) if leaves else own
            there, _ = around.nearest(forward.points, around.names == tile)
            first = None if self._originals else np.isin(original.names, leaves)
            back, _ = original.nearest(own.points, first)
            for way, (samples, found_there) in enumerate(((forward, there), (own, back))):
                ways[way].append(samples)
                values[way].append(found_there)
            found.append(self._tile(tile, (forward, own), (there, back)))
        in_level = self._depth == depth
        texels = float(tree.texture_bytes[tiles].sum()) / _TEXEL_BYTES
        area = sum(tile.area for tile in found)
        quantiles, squares = [0.0], [0.0]
        for samples_of, values_of in zip(ways, values, strict=True):
            if samples_of:
                weights, all_values = _together(samples_of).weights, np.concatenate(values_of)
                quantiles.append(error.quantile(all_values, weights))
                squares.append(error.root_mean_square(all_values, weights))
        return LevelTruth(
            depth=depth,
            tiles=int((in_level & self._has).sum()),
            triangles=int(tree.triangles[in_level].sum()),
            byte_length=int(tree.byte_length[in_level].sum()),
            stated=float(tree.error[in_level].max()),
            quantile=max(quantiles),
            mean=max(squares),
            most=max((tile.most for tile in found), default=0.0),
            texels=texels / area if texels > 0.0 and area > 0.0 else None,
            measured=tuple(found),
        )

    def _tile(
        self, tile: int, samples: tuple[error.Samples, error.Samples], values: tuple[Singles, Singles]
    ) -> TileTruth:
        stated = float(self._tree.error[tile])
        children = np.flatnonzero(self._tree.parent == tile)
        forward, backward = (error.quantile(v, s.weights) for v, s in zip(values, samples, strict=True))
        return TileTruth(
            tile=tile,
            stated=stated,
            forward=forward,
            backward=backward,
            mean=max(error.root_mean_square(v, s.weights) for v, s in zip(values, samples, strict=True)),
            most=max(float(v.max(initial=0.0)) for v in values),
            area=samples[1].area,
            is_held_up=bool(len(children)) and stated <= float(self._tree.error[children].max()),
            resolution=self._resolution,
        )

    def _leaves_below(self, tile: int) -> list[int]:
        """Leaves with content in a tile, itself if it is one."""
        found, waiting = [], [tile]
        while waiting:
            at = waiting.pop()
            if self._is_leaf[at]:
                found += [at] if self._has[at] else []
            waiting += np.flatnonzero(self._tree.parent == at).tolist()
        return sorted(found)


def _together(parts: Sequence[error.Samples]) -> error.Samples:
    return error.Samples(
        np.concatenate([part.points for part in parts]), np.concatenate([part.weights for part in parts])
    )
