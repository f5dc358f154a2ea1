"""A texture atlas cut up for tiles: each tile gets a small atlas of its own, of the charts it needs, at its density.

A pyramid halves the source again and again; a tile's charts are copied from the one level that its error justifies,
texel for texel, so nothing is resampled twice. From a quarter of the size on, only texels that the surface uses count
in the averages, and the rest is filled from its neighbourhood: else the background would bleed into coarse tiles.

Three layouts are weighed by area, and the smallest is taken: the charts packed in rows, the one rectangle around them
all, and the whole image. Known and left for later: charts are rectangles here, so a ragged one carries texels of its
neighbours, and a coarse level of an atlas of very many small charts would better be laid out anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tiling.bounds import extents
from tiling.error import lattice
from tiling.patch import named_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tiling.mesh import Bytes, Floats, Indices, Singles

GUTTER = 2
_MOST_CHARTS = 3000
_MULTIPLE = 4  # sides of an atlas, for block-compressed formats later
_OUTSIDE = 0.01  # texture coordinates this far outside 0..1 are a rounding of the writer, not a repetition


def repeats(uvs: Singles) -> bool:
    """Whether texture coordinates leave the unit square, so that the image must repeat."""
    return bool(len(uvs)) and bool(uvs.min() < -_OUTSIDE or uvs.max() > 1.0 + _OUTSIDE)


@dataclass(frozen=True, slots=True)
class Texture:
    """The maps of one material, one size, as pyramids: level m has every side halved m times, rounded up."""

    width: int
    height: int
    levels: Mapping[str, tuple[Bytes, ...]]
    """by role (`base_colour`, `normal`, …): images (h, w, channels)"""

    @property
    def depth(self) -> int:
        """How many levels there are."""
        return len(next(iter(self.levels.values())))


@dataclass(frozen=True, slots=True)
class Atlas:
    """A tile's own images, all of one size, and where the tile's texture coordinates come to lie in them."""

    images: Mapping[str, Bytes]
    uvs: Singles
    level: int
    """of the pyramid that the texels come from"""


def texture(maps: Mapping[str, Bytes], uvs: Singles, indices: Indices) -> Texture:
    """The pyramids of a material's maps, which are all of one size, used by triangles with these coordinates."""
    height, width = next(iter(maps.values())).shape[:2]
    used = coverage(uvs, indices, -(-width // 4), -(-height // 4))
    return Texture(width, height, {role: _pyramid(image, used) for role, image in maps.items()})


def coverage(uvs: Singles, indices: Indices, width: int, height: int) -> NDArray[np.bool_]:
    """Which texels of a grid are touched by triangles, by dense points on each; (height, width)."""
    used = np.zeros((height, width), bool)
    places = np.clip(uvs.astype(np.float64), 0.0, 1.0) * (width, height)
    corners = [places[indices[:, corner]] for corner in range(3)]
    longest = np.max([np.abs(corners[i] - corners[i - 1]).max(axis=1) for i in range(3)], axis=0)
    folds = np.exp2(np.ceil(np.log2(np.maximum(longest, 1.0)))).astype(int)
    for n in np.unique(folds):
        weights = lattice(int(n))  # within the triangle: a texel that it only touches may be background
        chosen = np.flatnonzero(folds == n)
        for start in range(0, len(chosen), max(1, 1_000_000 // len(weights))):
            some = chosen[start : start + max(1, 1_000_000 // len(weights))]
            points = sum(corner[some, None] * weights[None, :, i, None] for i, corner in enumerate(corners))
            columns, rows = np.moveaxis(np.asarray(points).astype(np.int64), -1, 0)
            used[np.minimum(rows, height - 1), np.minimum(columns, width - 1)] = True
    return used


def _pyramid(image: Bytes, used: NDArray[np.bool_]) -> tuple[Bytes, ...]:
    """All levels down to one texel. From level 2 on `used` weighs, and what it leaves out is filled in."""
    levels = [image]
    while len(levels) < 3 and max(levels[-1].shape[:2]) > 1:
        levels.append(_halved(levels[-1]))
    if len(levels) < 3:
        return tuple(levels)
    weight = used[: levels[2].shape[0], : levels[2].shape[1]]
    return (*levels[:2], *_filled_pyramid(levels[2].astype(np.float32), weight))


def filled(image: NDArray[np.float32], hit: NDArray[np.bool_]) -> Bytes:
    """An image (h, w, channels) whose texels outside `hit` take their colour from around them."""
    return _filled_pyramid(image, hit)[0]


def _filled_pyramid(colour: NDArray[np.float32], hit: NDArray[np.bool_]) -> list[Bytes]:
    """The image and its halvings down to one texel: averages of what is hit, and the rest from the level below."""
    weight = hit.astype(np.float32)[..., None]
    stack = [(colour, weight)]
    while max(colour.shape[:2]) > 1:
        total, amount = _quartet_sum(colour * weight), _quartet_sum(weight)
        plain = _quartet_sum(colour) / 4.0
        colour = np.where(amount > 0.0, total / np.maximum(amount, 1e-6), plain)
        weight = amount / 4.0
        stack.append((colour, weight))
    below: NDArray[np.float32] | None = None
    out: list[Bytes] = []
    for sharp, certain in reversed(stack):
        image = sharp
        if below is not None:
            around = below.repeat(2, axis=0).repeat(2, axis=1)[: sharp.shape[0], : sharp.shape[1]]
            image = np.where(certain > 0.0, sharp, around)
        out.append(np.rint(image).astype(np.uint8))
        below = image
    return out[::-1]


def _even(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)), mode="edge")


def _quartet_sum(image: NDArray[np.float32]) -> NDArray[np.float32]:
    even = _even(image)
    out: NDArray[np.float32] = even[::2, ::2] + even[1::2, ::2] + even[::2, 1::2] + even[1::2, 1::2]
    return out


def _halved(image: Bytes) -> Bytes:
    even = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)), mode="edge")
    total = even[::2, ::2].astype(np.uint16)
    for part in (even[1::2, ::2], even[::2, 1::2], even[1::2, 1::2]):
        total += part
    return ((total + 2) >> 2).astype(np.uint8)


def cut(source: Texture, uvs: Singles, indices: Indices, *, level: int, most_texels: int) -> Atlas:
    """The atlas of a tile whose triangles use these texture coordinates (n, 2), from a level of the pyramid or coarser.

    It goes coarser until the atlas has no more than `most_texels`. Coordinates of vertices that no triangle names are
    meaningless.
    """
    level = min(level, source.depth - 1)
    chart_of, charts = _charts(indices, len(uvs))
    while True:
        scale = np.array([source.width, source.height], np.float64) / 2.0**level
        places = np.clip(uvs.astype(np.float64), 0.0, 1.0) * scale
        shape = next(iter(source.levels.values()))[level].shape
        layout = _best_layout(places, indices, chart_of, charts, (shape[1], shape[0]))
        if layout.width * layout.height <= most_texels or level + 1 >= source.depth:
            break
        level += 1
    images = {role: _copied(levels[level], layout) for role, levels in source.levels.items()}
    shift = layout.offset[chart_of] if layout.per_chart else layout.offset
    moved = (places + shift) / (layout.width, layout.height)
    return Atlas(images, moved.astype(np.float32), level)


@dataclass(frozen=True, slots=True)
class Layout2D:
    """Rectangles of charts: columns x, y, width, height in the source, and what to add to go from source to atlas."""

    width: int
    height: int
    source: NDArray[np.int64]
    offset: Floats
    per_chart: bool


def _charts(indices: Indices, count: int) -> tuple[NDArray[np.int64], int]:
    """For each vertex its connected piece of the texture, numbered by first vertex; how many."""
    rows = np.concatenate([indices[:, 0], indices[:, 1]]).astype(np.int64)
    columns = np.concatenate([indices[:, 1], indices[:, 2]]).astype(np.int64)
    graph = coo_array((np.ones(len(rows), bool), (rows, columns)), shape=(count, count))
    _, labels = connected_components(graph, directed=False)
    named = named_by(indices, count)
    charts = np.bincount(labels[named], minlength=len(labels)) > 0
    dense = np.cumsum(charts) - 1
    return np.where(named, dense[labels], 0), int(charts.sum())


def _best_layout(
    places: Floats, indices: Indices, chart_of: NDArray[np.int64], charts: int, size: tuple[int, int]
) -> Layout2D:
    named = np.flatnonzero(named_by(indices, len(places)))
    lows, highs = extents(chart_of[named], places[named], charts)
    candidates = [_whole(size), _one_rectangle(lows.min(axis=0), highs.max(axis=0))]
    if 1 < charts <= _MOST_CHARTS:
        candidates.append(rows(lows, highs))
    return min(candidates, key=lambda layout: layout.width * layout.height)


def _rounded(length: float) -> int:
    return max(_MULTIPLE, -(-int(length) // _MULTIPLE) * _MULTIPLE)


def _whole(size: tuple[int, int]) -> Layout2D:
    return Layout2D(*size, np.array([[0, 0, *size]]), np.zeros(2), per_chart=False)


def _one_rectangle(low: Floats, high: Floats) -> Layout2D:
    x, y = (np.floor(low) - GUTTER).astype(int)
    right, bottom = (np.ceil(high) + GUTTER).astype(int)
    width, height = _rounded(right - x), _rounded(bottom - y)
    return Layout2D(width, height, np.array([[x, y, width, height]]), np.array([-x, -y], float), per_chart=False)


def rows(lows: Floats, highs: Floats) -> Layout2D:
    """Charts, given by their extents in texels, packed in rows, the tallest first, each with a gutter around it.

    For many small rectangles of like height little is lost.
    """
    corner = (np.floor(lows) - GUTTER).astype(np.int64)
    size = (np.ceil(highs) + GUTTER).astype(np.int64) - corner
    order = np.lexsort((np.arange(len(size)), -size[:, 0], -size[:, 1]))
    width = _rounded(max(int(size[:, 0].max()), float(np.sqrt(1.1 * (size[:, 0] * size[:, 1]).sum()))))
    target = np.empty_like(corner)
    x = y = row = 0
    for chart in order.tolist():
        w, h = int(size[chart, 0]), int(size[chart, 1])
        if x + w > width:
            x, y, row = 0, y + row, 0
        target[chart] = x, y
        x, row = x + w, max(row, h)
    return Layout2D(
        width,
        _rounded(y + row),
        np.concatenate([corner, size], axis=1),
        (target - corner).astype(np.float64),
        per_chart=True,
    )


def _copied(image: Bytes, layout: Layout2D) -> Bytes:
    """The atlas image: the layout's rectangles of the source, whose border texels go on beyond its edge."""
    height, width = image.shape[:2]
    if not layout.per_chart and (layout.width, layout.height) == (width, height) and not layout.offset.any():
        return image
    out = np.zeros((layout.height, layout.width, image.shape[2]), np.uint8)
    offsets = np.broadcast_to(layout.offset, (len(layout.source), 2)).astype(np.int64)
    for (x, y, w, h), (dx, dy) in zip(layout.source.tolist(), offsets.tolist(), strict=True):
        target = out[y + dy : y + dy + h, x + dx : x + dx + w]
        if x >= 0 and y >= 0 and x + w <= width and y + h <= height:
            target[:] = image[y : y + h, x : x + w]
        else:
            rows = np.clip(np.arange(y, y + h), 0, height - 1)
            columns = np.clip(np.arange(x, x + w), 0, width - 1)
            target[:] = image[rows[:, None], columns]
    return out
