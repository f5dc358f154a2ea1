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

from tiling import atlas, bake, bounds, error, quantize, split
from tiling.patch import materials_in, merged, part, with_spans
from tiling.simplify import Simplified, metres_per_uv, simplify
from tiling.thin import part_sizes
from tiling.tree import TileTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Bytes, Floats, Singles
    from tiling.patch import Layout, Patch

_FEWEST_TRIANGLES = 500  # in a leaf that is small for the sake of its texture
_LEAF_TEXELS = 1 << 21
_MOST_TEXELS = 1 << 22  # 2048², of one material in a tile
_MOST_LEAF_TEXELS = 1 << 24
_ROOT_TEXELS = 1 << 17  # about 362²: the root is what is seen first
_ALONE_TRIANGLES = 8_000
_ALONE_TEXELS = 1 << 20
# A tile gets a texture of its own when keeping the old one costs so many times the error.
_SEAMS_TOO_DEAR = 1.5
_ROOT_ERROR = 0.02  # of the diagonal, that a small root may have


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
    points: Sequence[error.Samples]
    spans: Sequence[tuple[int, int]]
    step: float
    deviations: Sequence[float]
    baked: Sequence[Mapping[int, bake.Baked]]
    """by material the new textures of a tile; what is not there is still that of the model"""


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
    texel_sizes = _texel_sizes(patch, layout, textures)
    maker = _Maker(layout, origin, textures, textured, texel_sizes, emit)
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
    work, done = 2 * sum(tiles), tiles[0]
    made: list[list[_Made]] = []
    halvings = 0
    for number, shift in enumerate(shifts):
        is_root = number == len(shifts) - 1
        most = _MOST_LEAF_TEXELS if number == 0 else _ROOT_TEXELS if is_root else _MOST_TEXELS
        if number:
            group = 1 << (shift - shifts[number - 1])
            expected = sum(p.triangles for p in level.patches) // 4
            expected = min(expected, settings.root_triangles) if is_root else expected
            # Texels are halved as often as the triangles are quartered.
            halvings = int(np.rint(np.log2(max(total / max(expected, 1), 1.0)) / 2.0))
            reduce = _Reduce(layout, settings, textures, texel_sizes, halvings, most, is_root=is_root)
            level_tiles = []
            for tile in run(reduce, _groups(level, group)):
                level_tiles.append(tile)
                done += 1
                progress(done / work)
            level = _level_of(level_tiles, level.step)
        jobs = [
            _Job(tile, level.step, deviation, halvings, most, baked)
            for tile, deviation, baked in zip(level.patches, level.deviations, level.baked, strict=True)
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
    sizes = part_sizes(patch)
    return _Level(
        patches=patches,
        points=[
            error.scatter(leaf, settings.samples, sizes=sizes[order[start:end]])
            for leaf, (start, end) in zip(patches, pairwise(offsets.tolist()), strict=True)
        ],
        spans=[(leaf, leaf) for leaf in range(len(patches))],
        step=step,
        deviations=[0.0] * len(patches),
        baked=[{}] * len(patches),
    )


@dataclass(frozen=True, slots=True)
class _Group:
    """Tiles that become one."""

    patches: Sequence[Patch]
    points: Sequence[error.Samples]
    baked: Sequence[Mapping[int, bake.Baked]]
    span: tuple[int, int]


def _groups(level: _Level, group: int) -> list[_Group]:
    return [
        _Group(
            level.patches[i : i + group],
            level.points[i : i + group],
            level.baked[i : i + group],
            (level.spans[i][0], level.spans[min(i + group, len(level.spans)) - 1][1]),
        )
        for i in range(0, len(level.patches), group)
    ]


@dataclass(frozen=True, slots=True)
class _Reduced:
    patch: Patch
    points: error.Samples
    span: tuple[int, int]
    mean: float
    bound: float
    baked: Mapping[int, bake.Baked]


@dataclass(frozen=True, slots=True)
class _Reduce:
    """Children to their parent."""

    layout: Layout
    settings: Settings
    textures: Mapping[int, atlas.Texture]
    texel_sizes: Mapping[int, float]
    halvings: int
    most_texels: int
    is_root: bool

    def __call__(self, group: _Group) -> _Reduced:
        together = merged(group.patches)
        sampled = error.thinned(group.points, self.settings.samples)
        border = int(np.count_nonzero(together.outside(*group.span)))
        # Locked border vertices count, too: half a triangle each is left to them on top.
        target = together.triangles // 4 + border // 2
        if self.is_root:
            target = min(target, self.settings.root_triangles)
        target = max(target, min(together.triangles, 64))
        present = frozenset(materials_in(together)[1]) & frozenset(self.textures)
        most = max(target, together.triangles // 4, self.settings.leaf_triangles)
        while True:
            coarse, baked = self._reduced(group, together, target, present)
            mean, bound = error.deviation(sampled, coarse)
            # A root that is too small to show what there is would be left at once: then it may be larger.
            if not self.is_root or target >= most or bound <= _size(together) * _ROOT_ERROR:
                break
            target = min(2 * target, most)
        return _Reduced(coarse, sampled, group.span, mean, bound, baked)

    def _reduced(
        self, group: _Group, together: Patch, target: int, present: frozenset[int]
    ) -> tuple[Patch, Mapping[int, bake.Baked]]:
        """The simplified tile, with its old texture where that is possible and not too dear, else with a new one."""
        if not present:
            return simplify(together, self.layout, target_triangles=target, leaves=group.span).patch, {}
        kept: Simplified | None = None
        if not any(group.baked):
            kept = simplify(together, self.layout, target_triangles=target, leaves=group.span, firm=present)
        bare = merged([bake.without_uvs(patch, self.layout, present) for patch in group.patches])
        free = simplify(bare, self.layout, target_triangles=target, leaves=group.span)
        if kept is not None and not kept.is_blocked and kept.error <= _SEAMS_TOO_DEAR * free.error:
            return kept.patch, {}
        patch = free.patch
        baked = {}
        for material in sorted(present):
            if (patch.material[patch.indices[:, 0]] == material).any():
                done = bake.bake(
                    patch,
                    self.layout,
                    material,
                    [self._child(group, i, material) for i in range(len(group.patches))],
                    texel=self.texel_sizes[material] * 2.0**self.halvings,
                    most_texels=self.most_texels,
                )
                patch, baked[material] = done.patch, done
        return patch, baked

    def _child(self, group: _Group, number: int, material: int) -> bake.Child:
        patch = group.patches[number]
        if material in group.baked[number]:
            images = group.baked[number][material].images
            height, width = next(iter(images.values())).shape[:2]
            return bake.Child(patch, images, (float(width), float(height)))
        source = self.textures[material]
        level = min(self.halvings, source.depth - 1)
        images = {role: levels[level] for role, levels in source.levels.items()}
        return bake.Child(patch, images, (source.width / 2.0**level, source.height / 2.0**level))


def _size(patch: Patch) -> float:
    return float(np.linalg.norm(patch.positions.max(axis=0).astype(np.float64) - patch.positions.min(axis=0)))


def _level_of(tiles: Sequence[_Reduced], finer_step: float) -> _Level:
    patches = [tile.patch for tile in tiles]
    typical = float(np.median([tile.mean for tile in tiles]))
    return _Level(
        patches=patches,
        points=[tile.points for tile in tiles],
        spans=[tile.span for tile in tiles],
        step=quantize.level_step(max(typical, finer_step), patches),
        deviations=[tile.bound for tile in tiles],
        baked=[tile.baked for tile in tiles],
    )


@dataclass(frozen=True, slots=True)
class _Job:
    patch: Patch
    step: float
    deviation: float
    halvings: int
    most_texels: int
    baked: Mapping[int, bake.Baked]


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
            if material in self.textures and material not in job.baked
        }
        own_uvs = patch.attributes[:, self.layout.uv_columns]
        geometry = quantize.quantise(
            patch,
            self.layout,
            step=job.step,
            origin=self.origin,
            uvs_of=lambda material: (
                atlases[material].uvs if material in atlases else own_uvs if material in job.baked else None
            ),
            textured=self.textured.__contains__,
        )
        texels = [self.texel_sizes[material] * 2.0**cut.level for material, cut in atlases.items()]
        texels += [baked.texel for baked in job.baked.values()]
        images = {material: cut.images for material, cut in atlases.items()}
        images |= {material: baked.images for material, baked in job.baked.items()}
        stored = self.emit(Content(geometry, images))
        return _Made(
            stored=stored,
            low=geometry.low,
            high=geometry.high,
            error=max([job.deviation + quantize.half_diagonal(job.step), *texels]),
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
