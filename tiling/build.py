"""From a model to a tree of tiles: split, simplify upwards, measure, quantise.

Leaves are the original triangles, dealt out by a binary kd tree. Going up, every second level of it becomes a level of
tiles: the children are merged, and simplified to a quarter, so that all tiles hold about as many triangles. Tile
borders are locked at the detail of the original, so any mix of levels is closed but for rounding; what that costs in
triangles on large models is known (a third of a level-4 tile's vertices) and left for later, like equal error.

Error of a tile: the measured deviation of its surface, and what rounding to the grid adds, or the size of its texels if
that is more; never less than a child's. Every step is a pure function of its inputs, and `run` keeps their order, so
any number of workers makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tiling import atlas, bounds, error, quantize, split
from tiling.patch import materials_in, merged, part, with_spans
from tiling.simplify import metres_per_uv, simplify
from tiling.tree import TileTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Bytes, Floats, Singles
    from tiling.patch import Layout, Patch

_FEWEST_TRIANGLES = 500  # in a leaf that is small for the sake of its texture
_LEAF_TEXELS = 1 << 21
_MOST_TEXELS = 1 << 22  # 2048², of one material in a tile
_MOST_LEAF_TEXELS = 1 << 24
_ROOT_TEXELS = 1 << 18  # 512²
_ALONE_TRIANGLES = 8_000
_ALONE_TEXELS = 1 << 20


class Run(Protocol):
    """Apply a function to each item, perhaps side by side; results in the order of the items."""

    def __call__(self, function: Callable[[Any], Any], items: Sequence[Any], /) -> Iterable[Any]:
        """The results."""
        ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be chosen."""

    leaf_triangles: int = 24_000
    root_triangles: int = 6_000
    samples: int = error.SAMPLES


@dataclass(frozen=True, slots=True)
class Content:
    """What a tile shows: pieces on their grid, and by material the tile's own images, by role."""

    geometry: quantize.Quantised
    images: Mapping[int, Mapping[str, Bytes]]


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a tile's content once it was written."""

    digest: str
    byte_length: int
    texture_bytes: int
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Built:
    """The tree and what is said of it."""

    tree: TileTree
    levels: int
    triangles: int
    vertices: int
    low: Floats
    high: Floats
    root_error: float


@dataclass(frozen=True, slots=True)
class _Level:
    """One level of tiles; tile i covers leaves i·run to (i+1)·run - 1 of all."""

    patches: Sequence[Patch]
    points: Sequence[Floats]
    spans: Sequence[tuple[int, int]]
    step: float
    deviations: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Made:
    """A finished tile."""

    stored: Stored
    low: Floats
    high: Floats
    error: float
    triangles: int
    vertices: int
    draws: int


def build(
    patch: Patch,
    layout: Layout,
    origin: Floats,
    *,
    textures: Mapping[int, atlas.Texture],
    textured: frozenset[int],
    settings: Settings,
    run: Run,
    emit: Callable[[Content], Stored],
    progress: Callable[[float], None],
) -> Built:
    """Tile a patch whose positions are relative to `origin`.

    `textures` are the materials whose images are cut up for the tiles; `textured` all that have images, so that the
    others keep theirs whole. `emit` writes a tile and may be called by several threads at once.
    """
    maker = _Maker(layout, origin, textures, textured, _texel_sizes(patch, layout, textures), emit)
    depth, alone = _plan(patch, layout, textures, settings)
    order, offsets = split.kd(_centroids(patch), depth)
    leaf_of = np.empty(patch.triangles, np.int32)
    leaf_of[order] = np.repeat(np.arange(1 << depth, dtype=np.int32), np.diff(offsets))
    patch = with_spans(patch, leaf_of)
    total = patch.triangles
    level = _leaves(patch, order, offsets, settings)
    shifts = [*range(0, depth, 2), depth] if depth else [0, 0] if alone else [0]
    tiles = [-(-(1 << depth) >> shift) for shift in shifts]
    # Work in units of tiles coded, and tiles measured and simplified.
    work, done = 2 * sum(tiles), 0
    made: list[list[_Made]] = []
    for number, shift in enumerate(shifts):
        if number:
            is_root = number == len(shifts) - 1
            group = 1 << (shift - shifts[number - 1])
            level_tiles = []
            for tile in run(_Reduce(layout, settings, is_root=is_root), _groups(level, group)):
                level_tiles.append(tile)
                done += 1
                progress(done / work)
            level = _level_of(level_tiles, level.step)
        is_root = number == len(shifts) - 1
        # Texels are halved as often as the triangles of the level were quartered.
        ratio = total / max(sum(p.triangles for p in level.patches), 1)
        halvings = int(np.rint(np.log2(max(ratio, 1.0)) / 2.0))
        most = _MOST_LEAF_TEXELS if number == 0 else _ROOT_TEXELS if is_root else _MOST_TEXELS
        jobs = [
            _Job(tile, level.step, deviation, halvings, most)
            for tile, deviation in zip(level.patches, level.deviations, strict=True)
        ]
        finished = []
        for tile in run(maker, jobs):
            finished.append(tile)
            done += 1
            progress(min(done / work, 1.0))
        made.append(finished)
    return _assembled(made[::-1])


def _plan(patch: Patch, layout: Layout, textures: Mapping[int, atlas.Texture], settings: Settings) -> tuple[int, bool]:
    """Depth of the kd tree, and whether a single leaf should have a coarse root above it."""
    texels = sum(_used_texels(patch, layout, material, texture) for material, texture in textures.items())
    depth = max(split.depth_for(patch.triangles, settings.leaf_triangles), split.depth_for(int(texels), _LEAF_TEXELS))
    while depth and patch.triangles >> depth < min(_FEWEST_TRIANGLES, settings.leaf_triangles // 2):
        depth -= 1
    alone = patch.triangles > min(_ALONE_TRIANGLES, settings.leaf_triangles) or texels > _ALONE_TEXELS
    return depth, alone


def _used_texels(patch: Patch, layout: Layout, material: int, texture: atlas.Texture) -> float:
    own = patch.indices[patch.material[patch.indices[:, 0]] == material]
    uv = patch.attributes[:, layout.uv_columns].astype(np.float64)
    p, q, r = (uv[own[:, corner]] for corner in range(3))
    area = np.abs((q - p)[:, 0] * (r - p)[:, 1] - (q - p)[:, 1] * (r - p)[:, 0]).sum() / 2.0
    return float(area) * texture.width * texture.height


def _texel_sizes(patch: Patch, layout: Layout, textures: Mapping[int, atlas.Texture]) -> dict[int, float]:
    """By material the side of a texel on the surface, metres."""
    owners = patch.material[patch.indices[:, 0]]
    scratch = np.zeros(len(patch.positions), np.int64)
    sizes = {}
    for material, texture in textures.items():
        own = np.flatnonzero(owners == material)
        if len(own):
            scale = metres_per_uv(part(patch, own, scratch), layout)
            sizes[material] = scale / float(np.sqrt(texture.width * texture.height))
    return sizes


def _centroids(patch: Patch) -> Singles:
    total: Singles = patch.positions[patch.indices].sum(axis=1, dtype=np.float32)
    return total


def _leaves(patch: Patch, order: NDArray[np.int64], offsets: NDArray[np.int64], settings: Settings) -> _Level:
    scratch = np.zeros(len(patch.positions), np.int64)
    patches = [part(patch, order[start:end], scratch) for start, end in pairwise(offsets.tolist())]
    step = quantize.level_step(quantize.leaf_step(patch), patches)
    return _Level(
        patches=patches,
        points=[error.scatter(leaf, settings.samples) for leaf in patches] if len(patches) > 1 else [],
        spans=[(leaf, leaf) for leaf in range(len(patches))],
        step=step,
        deviations=[0.0] * len(patches),
    )


def _groups(level: _Level, group: int) -> list[tuple[Sequence[Patch], Sequence[Floats], tuple[int, int]]]:
    starts = range(0, len(level.patches), group)
    return [
        (
            level.patches[i : i + group],
            level.points[i : i + group],
            (level.spans[i][0], level.spans[min(i + group, len(level.spans)) - 1][1]),
        )
        for i in starts
    ]


@dataclass(frozen=True, slots=True)
class _Reduced:
    patch: Patch
    points: Floats
    span: tuple[int, int]
    mean: float
    bound: float


@dataclass(frozen=True, slots=True)
class _Reduce:
    """Children to their parent."""

    layout: Layout
    settings: Settings
    is_root: bool

    def __call__(self, children: tuple[Sequence[Patch], Sequence[Floats], tuple[int, int]]) -> _Reduced:
        patches, points, span = children
        together = merged(patches)
        sampled = error.thinned(points or [error.scatter(together, self.settings.samples)], self.settings.samples)
        border = int(np.count_nonzero(together.outside(*span)))
        # Locked border vertices count, too: half a triangle each is left to them on top.
        target = together.triangles // 4 + border // 2
        if self.is_root:
            target = min(target, self.settings.root_triangles)
        target = max(target, min(together.triangles, 64))
        coarse = simplify(together, self.layout, target_triangles=target, leaves=span)
        mean, bound = error.deviation(sampled, coarse)
        return _Reduced(coarse, sampled, span, mean, bound)


def _level_of(tiles: Sequence[_Reduced], finer_step: float) -> _Level:
    patches = [tile.patch for tile in tiles]
    typical = float(np.median([tile.mean for tile in tiles]))
    return _Level(
        patches=patches,
        points=[tile.points for tile in tiles],
        spans=[tile.span for tile in tiles],
        step=quantize.level_step(max(typical, finer_step), patches),
        deviations=[tile.bound for tile in tiles],
    )


@dataclass(frozen=True, slots=True)
class _Job:
    patch: Patch
    step: float
    deviation: float
    halvings: int
    most_texels: int


@dataclass(frozen=True, slots=True)
class _Maker:
    """A simplified tile to its content."""

    layout: Layout
    origin: Floats
    textures: Mapping[int, atlas.Texture]
    textured: frozenset[int]
    texel_sizes: Mapping[int, float]
    emit: Callable[[Content], Stored]

    def __call__(self, job: _Job) -> _Made:
        patch = job.patch
        owners, present = materials_in(patch)
        atlases = {
            material: atlas.cut(
                self.textures[material],
                patch.attributes[:, self.layout.uv_columns],
                patch.indices[owners == material],
                level=job.halvings,
                most_texels=job.most_texels,
            )
            for material in present
            if material in self.textures
        }
        geometry = quantize.quantise(
            patch,
            self.layout,
            step=job.step,
            origin=self.origin,
            uvs_of=lambda material: atlases[material].uvs if material in atlases else None,
            textured=self.textured.__contains__,
        )
        texel = max((self.texel_sizes[m] * 2.0**cut.level for m, cut in atlases.items()), default=0.0)
        stored = self.emit(Content(geometry, {material: cut.images for material, cut in atlases.items()}))
        return _Made(
            stored=stored,
            low=geometry.low,
            high=geometry.high,
            error=max(job.deviation + quantize.half_diagonal(job.step), texel),
            triangles=sum(piece.triangles for piece in geometry.pieces),
            vertices=sum(piece.vertices for piece in geometry.pieces),
            draws=len(geometry.pieces),
        )


def _assembled(levels: Sequence[Sequence[_Made]]) -> Built:
    """The tree of finished tiles, root level first; boxes grown to hold the children's, errors to exceed theirs."""
    starts = np.cumsum([0] + [len(level) for level in levels])
    tiles = [tile for level in levels for tile in level]
    parent = np.full(len(tiles), -1, np.int32)
    for number, (above, below) in enumerate(pairwise(levels), start=1):
        fan = -(-len(below) // len(above))
        for i in range(len(below)):
            parent[starts[number] + i] = starts[number - 1] + i // fan
    low = np.array([tile.low for tile in tiles])
    high = np.array([tile.high for tile in tiles])
    errors = np.array([tile.error for tile in tiles])
    for tile in range(len(tiles) - 1, 0, -1):
        above = parent[tile]
        low[above] = np.minimum(low[above], low[tile])
        high[above] = np.maximum(high[above], high[tile])
        errors[above] = max(errors[above], errors[tile])
    root_error = float(errors[0])
    errors[starts[-2] :] = 0.0  # a leaf is the original (3D Tiles 1.1: the error of a leaf is 0)
    padded = [bounds.flat_padded(a, b) for a, b in zip(low, high, strict=True)]
    finest = levels[-1]
    tree = TileTree(
        parent=parent,
        box=np.array([bounds.box(a, b) for a, b in padded]),
        error=errors,
        content=tuple(tile.stored.digest for tile in tiles),
        needs=tuple(tile.stored.needs for tile in tiles),
        byte_length=np.array([tile.stored.byte_length for tile in tiles], np.int64),
        triangles=np.array([tile.triangles for tile in tiles], np.int64),
        draws=np.array([tile.draws for tile in tiles], np.int64),
        texture_bytes=np.array([tile.stored.texture_bytes for tile in tiles], np.int64),
        geometric_error=float(np.linalg.norm(high[0] - low[0])),
        image_bytes={},
    )
    return Built(
        tree=tree,
        levels=len(levels),
        triangles=sum(tile.triangles for tile in finest),
        vertices=sum(tile.vertices for tile in finest),
        low=low[0],
        high=high[0],
        root_error=root_error,
    )
