# ruff: noqa: C901, PLR0917  -- compiled loops: many arrays, no keywords
"""A new texture for a coarse tile whose old one stands in its way.

Scans come with atlases of thousands of charts. Their seams must not be crossed by a collapse, so at some level a tile
cannot become coarser without tearing (measured on a statue of 7,740 charts: from 571,000 triangles down to 28,000, with
four times the error that the shape itself needs). Then the seams are given up, the coarse surface is cut into charts of
its own, and all maps are carried over from its children.

Charts are pieces of surface that face the same of the six axes, laid flat along it; a point in space thus has its place
in a chart by three multiplications, and no search. The children's triangles are sprinkled with points at the new
texture's density; the chart of each triangle is that of its counterpart (`tiling.facing`); what the maps hold at the
points is averaged in the texels they fall in, as `tiling.pyramid` does it, and what stays empty is filled from around.

Directions (`normal`) are averaged in the model's frame, which is kept for the next level, and turned into the frame of
the new texture at the end (`tiling.relief`). They come from the children's own directions; or from their normal map and
vertex normals, which are those of the source: so detail that was simplified away is still there in the light.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from tiling import atlas, facing, meshopt, pyramid, relief
from tiling.adjacency import sides
from tiling.patch import Patch, side_by_side, welded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Bytes, Floats, Indices, Singles
    from tiling.patch import Layout

    Numbers = NDArray[np.int64]

Images = dict[str, "Bytes"]
"""maps of a material by role"""

_AXES = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float64)
_FLAT = np.array([[1, 2], [1, 2], [2, 0], [2, 0], [0, 1], [0, 1]])  # the two axes that stay, by axis of projection
_SPACING = 0.7  # texels between points
_MOST_FOLDS = 4096
_MOST_POINTS = 64
"""points for each texel, beyond which triangles get one each: someone may have made them to cost time"""
_FULL = 65_000  # points in a texel, of which the sums still fit 32 bits
_ROUNDS = 3  # of letting neighbours agree on an axis
_SIDEWAYS = 0.25  # least cosine between a triangle and the axis that its neighbours talk it into
_ROUGHER = 1.05
DIRECTIONS = pyramid.DIRECTIONS


@dataclass(frozen=True, slots=True)
class Child:
    """A tile to take colours from, and its maps of the material in question."""

    patch: Patch
    images: Mapping[str, Bytes]
    texels: tuple[float, float]
    """what texture coordinates 1, 1 are in texels of the images"""
    directions: Bytes | None = None
    """in the model's frame, where it was baked itself"""


@dataclass(frozen=True, slots=True)
class Baked:
    """The tile with its new texture coordinates, the maps, and the side of a texel in metres."""

    patch: Patch
    images: Images
    texel: float
    directions: Bytes | None = None
    """what `images["normal"]` says, in the model's frame"""


def without_uvs(
    patch: Patch, layout: Layout, materials: frozenset[int], *, twice: frozenset[int] = frozenset()
) -> Patch:
    """The patch with the texture coordinates of some materials set to zero, so that they make no seams.

    Those in the second set stay for the materials in `twice`, whose maps there are not baked anew.
    """
    attributes = patch.attributes.copy()
    for columns, gone in ((layout.uv_columns, materials), (layout.second_columns, materials - twice)):
        chosen = np.isin(patch.material, list(gone))
        attributes[np.ix_(chosen, np.arange(layout.width)[columns])] = 0.0
    return replace(patch, attributes=attributes)


def bake(
    patch: Patch,
    layout: Layout,
    material: int,
    children: Sequence[Child],
    *,
    texel: float,
    most_texels: int,
    normal_maps: bool = False,
) -> Baked:
    """New charts and maps for one material's triangles; a texel is `texel` metres, or more if they get too many.

    There is a map of normals if a child has one, or if `normal_maps` are asked for.
    """
    own = np.flatnonzero(patch.material[patch.indices[:, 0]] == material)
    triangles = np.ascontiguousarray(patch.indices[own])
    charts, axis_of_chart = _charts(patch, triangles)
    corners = patch.positions[triangles].astype(np.float64)
    flat = np.take_along_axis(corners, _FLAT[axis_of_chart[charts]][:, None, :], axis=2)
    low, high = _extents(flat, charts, len(axis_of_chart))
    while True:
        layout2d = atlas.packed(low / texel, high / texel)
        excess = layout2d.width * layout2d.height / most_texels
        if excess <= 1.0 or texel > float((high - low).max()):
            break
        texel *= max(float(np.sqrt(excess)), _ROUGHER)
    surface = _Surface(patch.positions, triangles, charts, _FLAT[axis_of_chart], layout2d, texel)
    images, directions = _carried(surface, layout, material, children, normal_maps=normal_maps)
    places = flat / texel + layout2d.offset[charts][:, None]
    if directions is not None:
        normals = _normals(patch, layout)
        images[DIRECTIONS], _ = relief.tangent_map(patch.positions, normals, triangles, places, directions)
    places /= (layout2d.width, layout2d.height)
    done = _with_uvs(patch, layout, own, charts, places)
    return Baked(done, images, texel, None if directions is None else pyramid.to_bytes(directions, DIRECTIONS))


def _normals(patch: Patch, layout: Layout) -> Singles:
    """The vertices' normals (n, 3), zero where there are none."""
    if not layout.normals:
        return np.zeros((len(patch.positions), 3), np.float32)
    return np.ascontiguousarray(patch.attributes[:, layout.normal_columns])


def _charts(patch: Patch, triangles: Indices) -> tuple[Numbers, Numbers]:
    """For each of these triangles its chart, and for each chart its axis."""
    place, places = meshopt.remap(patch.positions)
    normals, _ = facing.normals_of(patch.positions, triangles)
    facings = normals.astype(np.float64) @ _AXES.T
    first, second = (side // 3 for side in sides(place[triangles], places))
    axis = np.argmax(facings, axis=1)
    for _ in range(_ROUNDS):
        ballots = np.concatenate([first * 6 + axis[second], second * 6 + axis[first]])
        votes = 0.3 * np.bincount(ballots, minlength=6 * len(triangles)).reshape(-1, 6)
        axis = np.argmax(np.where(facings > _SIDEWAYS, facings + votes, facings - 10.0), axis=1)
    same = axis[first] == axis[second]
    # Triangles are the vertices of this graph, and a pair that shares a side is a triangle of it.
    alone = np.arange(len(triangles))
    pairs = np.stack([first[same], second[same], second[same]], axis=1)
    graph = np.concatenate([pairs, np.stack([alone, alone, alone], axis=1)])
    charts, count = atlas.connected(graph.astype(np.uint32), len(triangles))
    axis_of_chart = np.zeros(count, np.int64)
    axis_of_chart[charts] = axis
    return charts, axis_of_chart


@njit(cache=True, nogil=True)
def _extents(flat: Floats, charts: Numbers, count: int) -> tuple[Floats, Floats]:  # pragma: no cover - compiled
    """Corners (count, 2) of the boxes around triangles (m, 3, 2) by chart."""
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    for t in range(len(flat)):
        for corner in range(3):
            for axis in range(2):
                low[charts[t], axis] = min(low[charts[t], axis], flat[t, corner, axis])
                high[charts[t], axis] = max(high[charts[t], axis], flat[t, corner, axis])
    return low, high


@dataclass(frozen=True, slots=True)
class _Surface:
    """The coarse triangles and where their charts lie."""

    positions: Singles
    indices: Indices
    charts: Numbers
    axes: Numbers
    """by chart the two axes that stay"""
    layout: atlas.Layout2D
    texel: float


def _carried(
    surface: _Surface, layout: Layout, material: int, children: Sequence[Child], *, normal_maps: bool
) -> tuple[Images, NDArray[np.uint16] | None]:
    """The maps: averages of the children's in each texel, filled up; and directions as words, if they are wanted."""
    width, height = surface.layout.width, surface.layout.height
    roles = [role for role in children[0].images if role != DIRECTIONS]
    sums = {role: np.zeros((height, width, children[0].images[role].shape[2]), np.uint32) for role in roles}
    counts = np.zeros((height, width), np.uint32)
    directed = normal_maps or any(child.directions is not None or DIRECTIONS in child.images for child in children)
    turned = np.zeros((height, width, 3) if directed else (0, 0, 3), np.int32)
    grid = facing.grid(surface.positions, surface.indices)
    chart_table = np.concatenate([surface.layout.source, surface.layout.offset.astype(np.int64), surface.axes], axis=1)
    for child in children:
        patch = child.patch
        triangles = np.ascontiguousarray(patch.indices[patch.material[patch.indices[:, 0]] == material])
        if not len(triangles):
            continue
        charts = surface.charts[facing.counterparts(grid, patch.positions, triangles)]
        uvs = np.ascontiguousarray(patch.attributes[:, layout.uv_columns])
        points = _Points(patch.positions, triangles, uvs, chart_table[charts], surface.texel)
        before = counts.copy() if len(roles) + directed > 1 else counts
        tables, into = np.zeros(0, np.int64), pyramid.INTO
        for number, role in enumerate(roles):
            image = child.images[role]
            tables = pyramid.channels_of(role, image.shape[2])
            own = counts if number == 0 else before.copy()
            _averaged(*points.arrays, child.texels, image, tables, into, sums[role], own)
        if directed:
            image, kind = _directions_of(child)
            own = before.copy() if roles else counts
            _directed(*points.arrays, child.texels, _normals(patch, layout), image, kind, turned, own)
    hit = counts > 0
    # The sums are let go of one by one: they take four times what the images do.
    images = {role: pyramid.filled(_mean(sums.pop(role), counts), hit, role) for role in roles}
    return images, pyramid.filled_words(_mean_directions(turned), hit) if directed else None


_VERTICES, _MODEL_FRAME, _TEXTURE_FRAME = 0, 1, 2  # where directions come from


def _directions_of(child: Child) -> tuple[Bytes, int]:
    if child.directions is not None:
        return child.directions, _MODEL_FRAME
    if DIRECTIONS in child.images:
        return child.images[DIRECTIONS], _TEXTURE_FRAME
    return np.zeros((1, 1, 3), np.uint8), _VERTICES


@dataclass(frozen=True, slots=True)
class _Points:
    """A child's triangles, and for each the row of its chart: source rectangle, shift and axes."""

    positions: Singles
    indices: Indices
    uvs: Singles
    charts: Numbers
    texel: float

    @property
    def arrays(self) -> tuple[Singles, Indices, Singles, Numbers, float]:
        return self.positions, self.indices, self.uvs, self.charts, self.texel


@njit(cache=True, nogil=True)
def _folds(positions: Singles, triangle: Indices, texel: float, budget: int) -> int:  # pragma: no cover - compiled
    """How often a triangle's sides are cut for its points: few different numbers are not needed here."""
    longest = 0.0
    for corner in range(3):
        square = 0.0
        for axis in range(3):
            step = np.float64(positions[triangle[corner], axis]) - np.float64(positions[triangle[corner - 1], axis])
            square += step * step
        longest = max(longest, square)
    folds = min(max(int(np.ceil(np.sqrt(longest) / (_SPACING * texel))), 1), _MOST_FOLDS)
    return folds if folds * folds <= budget else 1


@njit(cache=True, nogil=True)
def _laid(
    positions: Singles, uvs: Singles, triangle: Indices, chart: Numbers, texel: float, out: Floats
) -> None:  # pragma: no cover - compiled
    """Write the corners' places in the chart, in texels, and texture coordinates: (3, 4)."""
    for corner in range(3):
        vertex = triangle[corner]
        out[corner, 0] = np.float64(positions[vertex, chart[6]]) / texel
        out[corner, 1] = np.float64(positions[vertex, chart[7]]) / texel
        out[corner, 2], out[corner, 3] = uvs[vertex, 0], uvs[vertex, 1]


@njit(cache=True, nogil=True)
def _averaged(
    positions: Singles,
    indices: Indices,
    uvs: Singles,
    charts: Numbers,
    texel: float,
    texels: tuple[float, float],
    image: Bytes,
    tables: Numbers,
    into: NDArray[np.uint16],
    sums: NDArray[np.uint32],
    counts: NDArray[np.uint32],
) -> None:  # pragma: no cover - compiled
    """Add what an image shows at the points to the texels that they fall in."""
    height, width, channels = image.shape
    at = np.empty((3, 4))
    budget = _MOST_POINTS * counts.size
    for t in range(len(indices)):
        chart = charts[t]
        folds = _folds(positions, indices[t], texel, budget)
        budget -= folds * folds
        _laid(positions, uvs, indices[t], chart, texel, at)
        for i in range(folds):
            for j in range(folds - i):
                for half in range(2 if i + j < folds - 1 else 1):
                    b, c = (i + (1 + half) / 3) / folds, (j + (1 + half) / 3) / folds
                    a = 1.0 - b - c
                    column = int(np.floor(a * at[0, 0] + b * at[1, 0] + c * at[2, 0]))
                    row = int(np.floor(a * at[0, 1] + b * at[1, 1] + c * at[2, 1]))
                    # A triangle may reach beyond its chart; the gutter takes what is near, the rest is another's.
                    if column < chart[0] or column >= chart[0] + chart[2]:
                        continue
                    if row < chart[1] or row >= chart[1] + chart[3]:
                        continue
                    row, column = row + chart[5], column + chart[4]
                    if counts[row, column] >= _FULL:
                        continue
                    counts[row, column] += np.uint32(1)
                    x = min(max(int((a * at[0, 2] + b * at[1, 2] + c * at[2, 2]) * texels[0]), 0), width - 1)
                    y = min(max(int((a * at[0, 3] + b * at[1, 3] + c * at[2, 3]) * texels[1]), 0), height - 1)
                    for k in range(channels):
                        sums[row, column, k] += np.uint32(into[tables[k], image[y, x, k]])


@njit(cache=True, nogil=True)
def _directed(
    positions: Singles,
    indices: Indices,
    uvs: Singles,
    charts: Numbers,
    texel: float,
    texels: tuple[float, float],
    normals: Singles,
    image: Bytes,
    kind: int,
    sums: NDArray[np.int32],
    counts: NDArray[np.uint32],
) -> None:  # pragma: no cover - compiled
    """Add directions at the points to the texels that they fall in."""
    height, width = image.shape[:2]
    at = np.empty((3, 4))
    corners, own, flat = np.empty((3, 3)), np.empty((3, 3)), np.empty((3, 2))
    normal, tangent, bitangent, found = np.empty(3), np.empty(3), np.empty(3), np.empty(3)
    budget = _MOST_POINTS * counts.size
    for t in range(len(indices)):
        chart = charts[t]
        folds = _folds(positions, indices[t], texel, budget)
        budget -= folds * folds
        _laid(positions, uvs, indices[t], chart, texel, at)
        for corner in range(3):
            flat[corner, 0], flat[corner, 1] = at[corner, 2], at[corner, 3]
            for axis in range(3):
                corners[corner, axis] = positions[indices[t, corner], axis]
                own[corner, axis] = normals[indices[t, corner], axis]
        for i in range(folds):
            for j in range(folds - i):
                for half in range(2 if i + j < folds - 1 else 1):
                    b, c = (i + (1 + half) / 3) / folds, (j + (1 + half) / 3) / folds
                    a = 1.0 - b - c
                    column = int(np.floor(a * at[0, 0] + b * at[1, 0] + c * at[2, 0]))
                    row = int(np.floor(a * at[0, 1] + b * at[1, 1] + c * at[2, 1]))
                    if column < chart[0] or column >= chart[0] + chart[2]:
                        continue
                    if row < chart[1] or row >= chart[1] + chart[3]:
                        continue
                    row, column = row + chart[5], column + chart[4]
                    if counts[row, column] >= _FULL:
                        continue
                    counts[row, column] += np.uint32(1)
                    if kind != _MODEL_FRAME:
                        relief.shading_normal(corners, own, a, b, c, normal)
                        found[:] = normal
                    if kind != _VERTICES:
                        x = min(max(int((a * at[0, 2] + b * at[1, 2] + c * at[2, 2]) * texels[0]), 0), width - 1)
                        y = min(max(int((a * at[0, 3] + b * at[1, 3] + c * at[2, 3]) * texels[1]), 0), height - 1)
                    if kind == _MODEL_FRAME:
                        for axis in range(3):
                            found[axis] = image[y, x, axis] / 127.5 - 1.0
                    elif kind == _TEXTURE_FRAME and relief.frame_of(corners, flat, normal, tangent, bitangent):
                        square = 0.0
                        for axis in range(3):
                            found[axis] = (image[y, x, 0] / 127.5 - 1.0) * tangent[axis]
                            found[axis] -= (image[y, x, 1] / 127.5 - 1.0) * bitangent[axis]
                            found[axis] += (image[y, x, 2] / 127.5 - 1.0) * normal[axis]
                            square += found[axis] ** 2
                        found /= np.sqrt(max(square, 1e-12))
                    for axis in range(3):
                        sums[row, column, axis] += np.int32(np.rint(found[axis] * 32767.0))


@njit(cache=True, nogil=True)
def _mean(total: NDArray[np.uint32], counts: NDArray[np.uint32]) -> NDArray[np.uint16]:  # pragma: no cover - compiled
    height, width, channels = total.shape
    out = np.zeros((height, width, channels), np.uint16)
    for row in range(height):
        for column in range(width):
            count = np.int64(counts[row, column])
            if count:
                for k in range(channels):
                    out[row, column, k] = (np.int64(total[row, column, k]) + count // 2) // count
    return out


@njit(cache=True, nogil=True)
def _mean_directions(total: NDArray[np.int32]) -> NDArray[np.uint16]:  # pragma: no cover - compiled
    height, width, _ = total.shape
    out = np.zeros((height, width, 3), np.uint16)
    for row in range(height):
        for column in range(width):
            square = 0.0
            for k in range(3):
                square += np.float64(total[row, column, k]) ** 2
            scale = 32767.5 / np.sqrt(square) if square > 0.0 else 0.0
            for k in range(3):
                out[row, column, k] = np.uint16(np.rint(total[row, column, k] * scale + 32767.5))
    return out


def _with_uvs(patch: Patch, layout: Layout, own: Numbers, charts: Numbers, places: Floats) -> Patch:
    """The patch with a vertex for each corner and chart, at its place in the atlas."""
    corners = patch.indices[own].reshape(-1)
    keys = np.stack([corners, np.repeat(charts, 3).astype(np.uint32)], axis=1)
    table, count = meshopt.remap(keys)
    first = np.empty(count, np.int64)
    first[table[::-1]] = np.arange(len(table) - 1, -1, -1)
    copies = patch.of_vertices(corners[first], patch.indices[:0])
    copies.attributes[:, layout.uv_columns] = places.reshape(-1, 2)[first]
    indices = patch.indices.copy()
    indices[own] = table.reshape(-1, 3) + np.uint32(len(patch.positions))
    return welded(replace(side_by_side([patch, copies]), indices=indices))
