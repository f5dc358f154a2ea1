"""A new texture for a coarse tile whose old one stands in its way.

Scans come with atlases of thousands of charts. Their seams must not be crossed by a collapse, so at some level a tile
cannot become coarser without tearing (measured on a statue of 7,740 charts: from 571,000 triangles down to 28,000, with
four times the error that the shape itself needs). Then the seams are given up, the coarse surface is cut into charts of
its own, and colours are carried over from its children.

Charts are pieces of surface that face the same of the six axes, laid flat along it; a point in space thus has its place
in a chart by three multiplications, and no search. The children's triangles are sprinkled with points at the new
texture's density; the chart of each triangle is that of the nearest coarse one which faces the same way; the points'
colours are averaged in the texels they fall in, and what stays empty is filled from around it. Maps of normals are not
carried over, because they mean directions in the old layout.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from tiling import atlas, meshopt
from tiling.adjacency import sides
from tiling.bounds import extents
from tiling.error import lattice, spread
from tiling.patch import Patch, welded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Bytes, Floats
    from tiling.patch import Layout

Images = dict[str, "Bytes"]
"""maps of a material by role"""

_AXES = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float64)
_FLAT = np.array([[1, 2], [1, 2], [2, 0], [2, 0], [0, 1], [0, 1]])  # the two axes that stay, by axis of projection
_SPACING = 0.7  # texels between points
_MOST_FOLDS = 64
_MOST_POINTS = 1 << 19  # at a time
_CANDIDATES = 4
_ROUNDS = 3  # of letting neighbours agree on an axis
_SIDEWAYS = 0.25  # least cosine between a triangle and the axis that its neighbours talk it into
NOT_CARRIED = "normal"


@dataclass(frozen=True, slots=True)
class Child:
    """A tile to take colours from, and its maps of the material in question."""

    patch: Patch
    images: Mapping[str, Bytes]
    texels: tuple[float, float]
    """what texture coordinates 1, 1 are in texels of the images"""


@dataclass(frozen=True, slots=True)
class Baked:
    """The tile with its new texture coordinates, the maps, and the side of a texel in metres."""

    patch: Patch
    images: Images
    texel: float


def without_uvs(patch: Patch, layout: Layout, materials: frozenset[int]) -> Patch:
    """The patch with the texture coordinates of some materials set to zero, so that they make no seams."""
    attributes = patch.attributes.copy()
    chosen = np.isin(patch.material, list(materials))
    attributes[np.ix_(chosen, np.arange(layout.width)[layout.uv_columns])] = 0.0
    return replace(patch, attributes=attributes)


def bake(
    patch: Patch, layout: Layout, material: int, children: Sequence[Child], *, texel: float, most_texels: int
) -> Baked:
    """New charts and maps for one material's triangles; a texel is `texel` metres, or more if they get too many."""
    owners = patch.material[patch.indices[:, 0]]
    own = np.flatnonzero(owners == material)
    charts, axis_of_chart = _charts(patch, own)
    corners = patch.positions[patch.indices[own]].astype(np.float64)
    flat = np.take_along_axis(corners, _FLAT[axis_of_chart[charts]][:, None, :], axis=2)
    count = len(axis_of_chart)
    low, high = extents(np.repeat(charts, 3), flat.reshape(-1, 2), count)
    while True:
        layout2d = atlas.rows(low / texel, high / texel)
        excess = layout2d.width * layout2d.height / most_texels
        if excess <= 1.0 or texel > float((high - low).max()):
            break
        texel *= max(float(np.sqrt(excess)), 1.05)
    surface = _Surface(corners, charts, axis_of_chart, layout2d, texel)
    images = _carried(surface, layout, material, children)
    places = (flat / texel + layout2d.offset[charts][:, None]) / (layout2d.width, layout2d.height)
    return Baked(_with_uvs(patch, layout, own, charts, places), images, texel)


def _charts(patch: Patch, own: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each of these triangles its chart, and for each chart its axis."""
    place, places = meshopt.remap(patch.positions)
    indices = place[patch.indices[own]]
    corners = patch.positions[patch.indices[own]].astype(np.float64)
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    facing = normals @ _AXES.T
    first, second = (side // 3 for side in sides(indices, places))
    axis = np.argmax(facing, axis=1)
    for _ in range(_ROUNDS):
        ballots = np.concatenate([first * 6 + axis[second], second * 6 + axis[first]])
        votes = 0.3 * np.bincount(ballots, minlength=6 * len(own)).reshape(-1, 6)
        axis = np.argmax(np.where(facing > _SIDEWAYS, facing + votes, facing - 10.0), axis=1)
    same = axis[first] == axis[second]
    graph = coo_array((np.ones(same.sum(), bool), (first[same], second[same])), shape=(len(own), len(own)))
    count, charts = connected_components(graph, directed=False)
    axis_of_chart = np.zeros(count, np.int64)
    axis_of_chart[charts] = axis
    return charts.astype(np.int64), axis_of_chart


@dataclass(frozen=True, slots=True)
class _Surface:
    """The coarse triangles and where their charts lie."""

    corners: Floats
    charts: NDArray[np.int64]
    axis_of_chart: NDArray[np.int64]
    layout: atlas.Layout2D
    texel: float

    def flat(self, corners: Floats, chart: NDArray[np.int64]) -> Floats:
        """Corners (t, 3, 3) of triangles laid flat into their charts, in texels (t, 3, 2)."""
        return np.take_along_axis(corners, _FLAT[self.axis_of_chart[chart]][:, None, :], axis=2) / self.texel

    def texels(self, x: Floats, y: Floats, chart: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """For flat points (t, p) of triangles in these charts the number of their texel, and whether there is one."""
        left, top, width, height = (column[:, None] for column in self.layout.source[chart].T)
        column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        # A triangle may reach beyond its chart; the gutter takes what is near, the rest is another chart's.
        inside = (column >= left) & (column < left + width) & (row >= top) & (row < top + height)
        right, down = (shift[:, None] for shift in self.layout.offset[chart].astype(np.int64).T)
        return (row + down) * self.layout.width + column + right, inside


def _carried(surface: _Surface, layout: Layout, material: int, children: Sequence[Child]) -> Images:
    """The maps: averages of the children's colours in each texel, filled up."""
    nearest = _Nearest(surface.corners)
    width, height = surface.layout.width, surface.layout.height
    roles = [role for role in children[0].images if role != NOT_CARRIED]
    sums = {role: np.zeros((width * height, children[0].images[role].shape[2])) for role in roles}
    counts = np.zeros(width * height)
    for child in children:
        mine = child.patch.indices[child.patch.material[child.patch.indices[:, 0]] == material]
        fine = child.patch.positions[mine].astype(np.float64)
        uvs = child.patch.attributes[:, layout.uv_columns][mine].astype(np.float64)
        chart = surface.charts[nearest(fine)] if len(fine) else np.zeros(0, np.int64)
        # Place in the chart and texture coordinates of every corner, to be mixed for all points in one product.
        known = np.concatenate([surface.flat(fine, chart), uvs], axis=2).transpose(0, 2, 1)
        for some, weights in _sprinkled(fine, surface.texel):
            mixed = known[some] @ weights.T
            texels, inside = surface.texels(mixed[:, 0], mixed[:, 1], chart[some])
            texels, u, v = texels[inside], mixed[:, 2][inside], mixed[:, 3][inside]
            counts += np.bincount(texels, minlength=len(counts))
            for role in roles:
                image = child.images[role]
                row = np.clip(v * child.texels[1], 0, image.shape[0] - 1).astype(np.int64)
                column = np.clip(u * child.texels[0], 0, image.shape[1] - 1).astype(np.int64)
                for channel in range(image.shape[2]):
                    sums[role][:, channel] += np.bincount(texels, image[row, column, channel], minlength=len(counts))
    hit = (counts > 0).reshape(height, width)
    mean = 1.0 / np.maximum(counts, 1.0)[:, None]
    return {
        role: atlas.filled((total * mean).reshape(height, width, -1).astype(np.float32), hit)
        for role, total in sums.items()
    }


def _sprinkled(corners: Floats, texel: float) -> Iterator[tuple[NDArray[np.int64], Floats]]:
    """Triangles with the barycentric weights of points on them that lie within `_SPACING` texels."""
    if not len(corners):
        return
    edges = np.max([np.linalg.norm(corners[:, i] - corners[:, i - 1], axis=1) for i in range(3)], axis=0)
    folds = np.clip(np.ceil(edges / (_SPACING * texel)), 1, _MOST_FOLDS)
    folds = np.exp2(np.ceil(np.log2(folds) * 2.0) / 2.0).astype(int)  # few different ones, half powers of two
    for n in np.flatnonzero(np.bincount(folds)).tolist():
        weights = lattice(n)
        chosen = np.flatnonzero(folds == n)
        step = max(1, _MOST_POINTS // len(weights))
        for start in range(0, len(chosen), step):
            yield chosen[start : start + step], weights


def _with_uvs(patch: Patch, layout: Layout, own: NDArray[np.int64], charts: NDArray[np.int64], places: Floats) -> Patch:
    """The patch with a vertex for each corner and chart, at its place in the atlas."""
    corners = patch.indices[own].reshape(-1)
    keys = np.stack([corners, np.repeat(charts, 3).astype(np.uint32)], axis=1)
    table, count = meshopt.remap(keys)
    first = np.empty(count, np.int64)
    first[table[::-1]] = np.arange(len(table) - 1, -1, -1)
    source = corners[first]
    attributes = patch.attributes[source]
    attributes[:, layout.uv_columns] = places.reshape(-1, 2)[first]
    indices = patch.indices.copy()
    indices[own] = table.reshape(-1, 3) + np.uint32(len(patch.positions))
    return welded(
        Patch(
            np.concatenate([patch.positions, patch.positions[source]]),
            np.concatenate([patch.attributes, attributes]),
            np.concatenate([patch.material, patch.material[source]]),
            np.concatenate([patch.span, patch.span[source]]),
            indices,
        )
    )


class _Nearest:
    """For triangles the nearest of the coarse ones, among those that face the same way if there is one near."""

    def __init__(self, corners: Floats) -> None:
        places, self._owners = spread((corners[:, 0], corners[:, 1], corners[:, 2]))
        self._tree = cKDTree(places, balanced_tree=False, compact_nodes=False)
        self._normals = _normals(corners)

    def __call__(self, fine: Floats) -> NDArray[np.int64]:
        _, near = self._tree.query(fine.mean(axis=1), k=_CANDIDATES)
        candidates = self._owners[near]
        agree = np.einsum("tkd,td->tk", self._normals[candidates], _normals(fine)) > 0.2
        # argmax gives the first that agrees, so the nearest of them; the nearest of all where none does.
        chosen: NDArray[np.int64] = candidates[np.arange(len(fine)), np.argmax(agree, axis=1)]
        return chosen


def _normals(corners: Floats) -> Floats:
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit: Floats = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-300)
    return unit
