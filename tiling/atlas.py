"""A texture atlas cut up for tiles: each tile gets a small atlas of its own, of the charts it needs, at its density.

A pyramid (`tiling.pyramid`) halves the source again and again; a tile's charts are copied from the one level that its
error justifies, texel for texel, so nothing is resampled twice. Levels may be mapped from files: of them only what is
copied is read.

Charts are seldom rectangles. What lies in a chart's rectangle and is not needed is another's, or background: it is
taken out, and the chart goes on there smoothly, which costs few bytes (a statue's leaves: 27 % less in all) and is
right for mips.

Three layouts are weighed by area, and the smallest is taken: the charts packed along a skyline, the one rectangle
around them all, and the whole image. Around a chart there is a gutter, in which it goes on. A look-up at mip level m
reads at most 1.5 × 2^m texels beyond a chart, so a gutter of 3 keeps mip levels 0 and 1 clean, one of 6 level
2, and one of 12 level 3; large charts get wide ones, because they are seen from farther, and it costs them little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from tiling import pyramid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tiling.mesh import Bytes, Floats, Indices, Singles

    Numbers = NDArray[np.int64]

_GUTTERS = np.array([[0, 3], [48, 6], [192, 12]])
"""by the shorter side of a chart from which on it applies, texels"""
_MULTIPLE = 8  # of the sides of an atlas, for block-compressed formats, and for three exact halvings
_OUTSIDE = 0.01  # texture coordinates this far outside 0..1 are a rounding of the writer, not a repetition
_RIM = 2
"""texels around what triangles touch that are kept as they are"""
_WIDTHS = (0.86, 1.0, 1.16)  # of the square root of the area, tried for a packing
_MOST_TRIES = 2000
"""charts above which one width is tried"""
_MOST_MARKS = 64
"""points for each texel of a mask, beyond which it is not looked closer at"""


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
    return Texture(width, height, {role: pyramid.of(image, role, used) for role, image in maps.items()})


def coverage(uvs: Singles, indices: Indices, width: int, height: int) -> NDArray[np.bool_]:
    """Which texels of a grid are touched by triangles, by dense points within each; (height, width)."""
    used = np.zeros((height, width), bool)
    mark(used, uvs, indices)
    return used


def mark(used: NDArray[np.bool_], uvs: Singles, indices: Indices) -> None:
    """Add what these triangles touch to a mask (height, width).

    Points lie within the triangles, at most a texel apart: a texel that a triangle only touches may be background.
    Where triangles cover the grid very often, all of it counts as touched: someone may have made them to cost time.
    """
    if not _marked(used, np.ascontiguousarray(uvs), np.ascontiguousarray(indices), _MOST_MARKS * used.size):
        used[:] = True


@njit(cache=True, nogil=True)
def _marked(used: NDArray[np.bool_], uvs: Singles, indices: Indices, most: int) -> bool:  # pragma: no cover - compiled
    height, width = used.shape
    x, y = np.empty(3), np.empty(3)
    for triangle in range(len(indices)):
        for corner in range(3):
            u, v = uvs[indices[triangle, corner], 0], uvs[indices[triangle, corner], 1]
            x[corner] = min(max(np.float64(u), 0.0), 1.0) * width if not np.isnan(u) else 0.0
            y[corner] = min(max(np.float64(v), 0.0), 1.0) * height if not np.isnan(v) else 0.0
        longest = max(x.max() - x.min(), y.max() - y.min())
        folds = max(int(np.ceil(longest)), 1)
        most -= folds * folds
        if most < 0:
            return False
        for i in range(folds):
            for j in range(folds - i):
                for half in range(2 if i + j < folds - 1 else 1):
                    b, c = (i + (1 + half) / 3) / folds, (j + (1 + half) / 3) / folds
                    a = 1.0 - b - c
                    column = min(int(a * x[0] + b * x[1] + c * x[2]), width - 1)
                    row = min(int(a * y[0] + b * y[1] + c * y[2]), height - 1)
                    used[row, column] = True
    return True


def cut(source: Texture, uvs: Singles, indices: Indices, *, level: int, most_texels: int) -> Atlas:
    """The atlas of a tile whose triangles use these texture coordinates (n, 2), from a level of the pyramid or coarser.

    It goes coarser until the atlas has no more than `most_texels`. Coordinates of vertices that no triangle names are
    meaningless.
    """
    level = min(level, source.depth - 1)
    indices = np.ascontiguousarray(indices)
    chart_of, charts = connected(indices, len(uvs))
    sizes = pyramid.sizes(source.width, source.height)
    while True:
        scale = np.array([source.width, source.height], np.float64) / 2.0**level
        places = np.clip(uvs.astype(np.float64), 0.0, 1.0) * scale
        lows, highs = _extents(places, chart_of, charts)
        layout = _best_layout(lows, highs, sizes[level])
        if layout.width * layout.height <= most_texels or level + 1 >= source.depth:
            break
        level += 1
    shift = layout.offset[np.maximum(chart_of, 0)] if layout.per_chart else layout.offset
    moved = ((places + shift) / (layout.width, layout.height)).astype(np.float32)
    needed = coverage(moved, indices, layout.width, layout.height)
    _widen(needed, _RIM)
    images = {role: _copied(source.levels[role][level], layout, needed) for role in source.levels}
    return Atlas(images, moved, level)


@dataclass(frozen=True, slots=True)
class Layout2D:
    """Rectangles of charts: columns x, y, width, height in the source, and what to add to go from source to atlas."""

    width: int
    height: int
    source: Numbers
    offset: Floats
    per_chart: bool


@njit(cache=True, nogil=True)
def connected(indices: Indices, count: int) -> tuple[Numbers, int]:  # pragma: no cover - compiled
    """For each of `count` vertices its connected piece, numbered by first vertex, -1 where no triangle names it; how
    many pieces there are.
    """
    parent = np.full(count, -1, np.int64)
    for triangle in range(len(indices)):
        root = -1
        for corner in range(3):
            vertex = int(indices[triangle, corner])
            if parent[vertex] < 0:
                parent[vertex] = vertex
            while parent[vertex] != vertex:
                parent[vertex] = parent[parent[vertex]]
                vertex = parent[vertex]
            # The lowest number is the root, so that pieces are numbered by their first vertex.
            if root < 0:  # the first corner
                root = vertex
            elif vertex < root:
                parent[root] = vertex
                root = vertex
            else:
                parent[vertex] = root
    pieces = 0
    for vertex in range(count):
        above = parent[vertex]
        if above == vertex:
            parent[vertex] = pieces
            pieces += 1
        elif above >= 0:
            parent[vertex] = parent[above]  # which is a number already, because it comes first
    return parent, pieces


@njit(cache=True, nogil=True)
def _extents(places: Floats, chart_of: Numbers, charts: int) -> tuple[Floats, Floats]:  # pragma: no cover - compiled
    low, high = np.full((charts, 2), np.inf), np.full((charts, 2), -np.inf)
    for vertex in range(len(places)):
        chart = chart_of[vertex]
        if chart >= 0:
            for axis in range(2):
                low[chart, axis] = min(low[chart, axis], places[vertex, axis])
                high[chart, axis] = max(high[chart, axis], places[vertex, axis])
    return low, high


def _best_layout(lows: Floats, highs: Floats, size: tuple[int, int]) -> Layout2D:
    candidates = [_whole(size), _one_rectangle(lows.min(axis=0), highs.max(axis=0))]
    if len(lows) > 1:
        candidates.append(packed(lows, highs))
    return min(candidates, key=lambda layout: layout.width * layout.height)


def _rounded(length: float) -> int:
    return max(_MULTIPLE, -(-int(length) // _MULTIPLE) * _MULTIPLE)


def _whole(size: tuple[int, int]) -> Layout2D:
    return Layout2D(*size, np.array([[0, 0, *size]]), np.zeros(2), per_chart=False)


def _one_rectangle(low: Floats, high: Floats) -> Layout2D:
    corner, size = (each[0] for each in _with_gutters(low[None], high[None]))
    width, height = _rounded(size[0]), _rounded(size[1])
    return Layout2D(width, height, np.array([[*corner, width, height]]), -corner.astype(np.float64), per_chart=False)


def _with_gutters(lows: Floats, highs: Floats) -> tuple[Numbers, Numbers]:
    """Corners and sizes (n, 2) in whole texels."""
    low, high = np.floor(lows).astype(np.int64), np.ceil(highs).astype(np.int64)
    short = (high - low).min(axis=1)
    gutter = _GUTTERS[np.searchsorted(_GUTTERS[:, 0], short, side="right") - 1, 1][:, None]
    return low - gutter, high - low + 2 * gutter


def packed(lows: Floats, highs: Floats) -> Layout2D:
    """Charts, given by their extents in texels, packed along a skyline, the tallest first, each with its gutter."""
    corner, size = _with_gutters(lows, highs)
    order = np.lexsort((np.arange(len(size)), -size[:, 0], -size[:, 1]))
    side = float(np.sqrt((size[:, 0] * size[:, 1]).sum()))
    shares = _WIDTHS if len(size) <= _MOST_TRIES else _WIDTHS[1:2]
    tried = []
    for width in sorted({_rounded(max(float(size[:, 0].max()), share * side) + _MULTIPLE - 1) for share in shares}):
        target, height = _skyline(size, order, width)
        tried.append((width * _rounded(height + _MULTIPLE - 1), abs(width - height), width, height, target))
    _, _, width, height, target = min(tried, key=lambda each: each[:3])
    return Layout2D(
        width,
        _rounded(height + _MULTIPLE - 1),
        np.concatenate([corner, size], axis=1),
        (target - corner).astype(np.float64),
        per_chart=True,
    )


@njit(cache=True, nogil=True)
def _skyline(size: Numbers, order: Numbers, width: int) -> tuple[Numbers, int]:  # noqa: C901  # pragma: no cover
    """Where rectangles (n, 2) come to lie in a strip of some width, each as low as it goes, and how high they stand.

    Jylänki 2010, "A thousand ways to pack the bin", skyline bottom-left.
    """
    # Steps of the skyline from left to right: where each begins, and its height.
    starts, heights = np.zeros(len(size) + 2, np.int64), np.zeros(len(size) + 2, np.int64)
    steps = 1
    starts[1] = width
    out = np.empty_like(size)
    top = 0
    for number in order:
        w, h = size[number, 0], size[number, 1]
        best, best_at, best_waste = np.int64(1 << 62), -1, np.int64(0)
        for first in range(steps):
            if starts[first] + w > width:
                break
            y, last = heights[first], first
            if y > best:
                continue
            while last < steps and starts[last] < starts[first] + w:
                y = max(y, heights[last])
                last += 1
            if y > best:
                continue
            waste = np.int64(0)
            for step in range(first, last):
                end = min(starts[step + 1], starts[first] + w)
                waste += (y - heights[step]) * (end - starts[step])
            if y < best or waste < best_waste:
                best, best_at, best_waste = y, first, waste
        left = starts[best_at]
        right = left + w
        out[number, 0], out[number, 1] = left, best
        top = max(top, best + h)
        # The steps under it give way to one.
        last = best_at
        while last < steps and starts[last] < right:
            last += 1
        rest = heights[last - 1]
        keeps_rest = starts[last] > right
        added = 2 if keeps_rest else 1
        shift = best_at + added - last
        if shift > 0:
            for step in range(steps, last - 1, -1):
                starts[step + shift], heights[step + shift] = starts[step], heights[step]
        elif shift < 0:
            for step in range(last, steps + 1):
                starts[step + shift], heights[step + shift] = starts[step], heights[step]
        steps += shift
        starts[best_at], heights[best_at] = left, best + h
        if keeps_rest:
            starts[best_at + 1], heights[best_at + 1] = right, rest
    return out, top


def _copied(image: Bytes, layout: Layout2D, needed: NDArray[np.bool_]) -> Bytes:
    """The atlas image: what is needed of the layout's rectangles of the source, whose border texels go on beyond its
    edge; the rest is filled from around.
    """
    height, width = image.shape[:2]
    is_whole = not layout.per_chart and (layout.width, layout.height) == (width, height) and not layout.offset.any()
    if is_whole and needed.all():
        return image
    out = np.zeros((layout.height, layout.width, image.shape[2]), np.uint8)
    offsets = np.broadcast_to(layout.offset, (len(layout.source), 2)).astype(np.int64)
    _copy(image, layout.source, offsets, out)
    pyramid.fill(out, needed)
    return out


@njit(cache=True, nogil=True)
def _widen(mask: NDArray[np.bool_], by: int) -> None:  # pragma: no cover - compiled
    """Let a mask grow by some texels to all sides."""
    height, width = mask.shape
    row_of = np.empty(max(height, width), np.bool_)
    for line in range(height + width):
        along = width if line < height else height
        run = by + 1
        for back in range(2):
            for step in range(along):
                at = along - 1 - step if back else step
                here = mask[line, at] if line < height else mask[at, line - height]
                run = 0 if here else run + 1
                row_of[at] = run <= by or (back == 1 and row_of[at])
            run = by + 1
        for at in range(along):
            if line < height:
                mask[line, at] = row_of[at]
            else:
                mask[at, line - height] = row_of[at]


@njit(cache=True, nogil=True)
def _copy(image: Bytes, rectangles: Numbers, offsets: Numbers, out: Bytes) -> None:  # pragma: no cover - compiled
    height, width, channels = image.shape
    for number in range(len(rectangles)):
        left, top, w, h = rectangles[number]
        for y in range(top, top + h):
            row = min(max(y, 0), height - 1)
            to = y + offsets[number, 1]
            for x in range(left, left + w):
                column = min(max(x, 0), width - 1)
                for k in range(channels):
                    out[to, x + offsets[number, 0], k] = image[row, column, k]
