"""Vertices on a grid of whole numbers, and coded: KHR_mesh_quantization with EXT_meshopt_compression, or Draco.

Positions are uint16 multiples of a step from the tile's origin. The step is a power of two, one for all tiles of a
level, and origins are multiples of it, so a vertex that neighbours share decodes to the same numbers in both tiles, and
in both codings. Normals are octahedral in 8 bits, texture coordinates uint16 of the tile's own image (float32 on a grid
of 1/4096 where they repeat a shared image; a second set always is), colours uint8.

The streams of the fast coding (meshopt) keep the order of triangles, so triangles come sorted by group and a group is a
range of indices. Draco orders them as it likes; there a reader sorts them by the planes between the regions, which
`scenes.gltf_build` writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np
from numba import njit

from tiling import draco, extent, meshopt
from tiling.errors import TilingError
from tiling.walk import walked

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from numpy.typing import NDArray

    from tiling.mesh import Floats, Indices, Singles
    from tiling.patch import Layout, Patch

Coding = Literal["meshopt", "draco"]

_MOST_STEPS = 65_535
_MOST_FEATURES = 65_536
_UV_GRID = 4096.0


@dataclass(frozen=True, slots=True)
class Stream:
    """A coded vertex attribute: rows of `stride` bytes, as EXT_meshopt_compression keeps them."""

    data: bytes
    stride: int
    octahedral: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """The triangles of one material in a tile, coded by meshopt."""

    material: int
    vertices: int
    triangles: int
    positions: Stream
    """uint16 × 4 with the last one 0; multiples of the step from the tile's origin"""
    low: tuple[int, int, int]
    high: tuple[int, int, int]
    indices: bytes
    """mode TRIANGLES, of `index_size` bytes when decoded"""
    index_size: int
    normals: Stream | None = None
    uvs: Stream | None = None
    uvs_whole: bool = True
    """uint16 over 0 to 1; else float32"""
    second_uvs: Stream | None = None
    """float32"""
    colours: Stream | None = None
    features: Stream | None = None
    """uint16 and two bytes of 0: places in `Quantised.features`"""
    ranges: tuple[tuple[int, int], ...] = ()
    """first index and number of indices of every group; empty where triangles are not grouped"""


@dataclass(frozen=True, slots=True)
class DensePiece:
    """The triangles of one material in a tile, coded by Draco; positions are the same whole numbers, as float32."""

    material: int
    vertices: int
    triangles: int
    low: tuple[int, int, int]
    high: tuple[int, int, int]
    data: bytes
    attributes: dict[str, int]
    """glTF's name of an attribute to its number in the Draco stream"""


@dataclass(frozen=True, slots=True)
class Quantised:
    """A tile's pieces on their grid: position = origin + step × number, in metres, asset frame."""

    origin: Floats
    step: float
    pieces: tuple[Piece | DensePiece, ...]
    low: Floats
    high: Floats
    features: tuple[int, ...] = ()
    """numbers of the features that occur, ascending; vertices name places in this list"""
    triangles: tuple[int, ...] = ()
    """how many are in each group, over all pieces"""


def quantise(
    patch: Patch,
    layout: Layout,
    *,
    step: float,
    origin: Floats,
    uvs_of: Callable[[int], Singles | None],
    textured: Callable[[int], bool],
    groups: NDArray[np.int8] | None = None,
    group_count: int = 1,
    coding: Coding = "meshopt",
    features: NDArray[np.int32] | None = None,
    second: Collection[int] = (),
    normal_bits: int = 8,
) -> Quantised:
    """A patch coded on a grid, a piece per material in order of their numbers.

    `uvs_of(material)` gives the patch's texture coordinates (n, 2) in the tile's own image of that material, or None
    where it keeps a shared image; `textured(material)` says whether coordinates are needed at all. `groups` (m,) in
    0 to `group_count` - 1 sorts each piece's triangles and gives it its `ranges`. `features` (n,) are the numbers of
    the vertices' features. The materials in `second` have maps in the second set of texture coordinates. `normal_bits`
    are those of an octahedral coordinate in the fast coding.
    Triangles that fall onto a line of the grid by two equal corners go, but for the first where no other is left; the
    last of several groups, the skirts, does not count there.

    Raises:
        TilingError: the patch spans more than 65,535 steps, or has more than 65,536 features.
    """
    rows, base = _rows(np.ascontiguousarray(patch.positions), step)
    indices, starts = _sorted(
        rows,
        np.ascontiguousarray(patch.indices),
        np.ascontiguousarray(patch.material),
        np.zeros(0, np.int8) if groups is None else np.ascontiguousarray(groups, np.int8),
        group_count,
    )
    present: tuple[int, ...] = ()
    if features is not None:
        named, places = np.unique(features, return_inverse=True)
        if len(named) > _MOST_FEATURES:
            raise TilingError(f"{len(named):,} features in one tile; at most {_MOST_FEATURES:,}")
        present, features = tuple(named.tolist()), places.astype(np.int32)
    pieces: list[Piece | DensePiece] = []
    for material in range(len(starts) // group_count):
        bounds = starts[material * group_count : (material + 1) * group_count + 1]
        if bounds[0] == bounds[-1]:
            continue
        uvs = None
        whole = False
        if layout.uvs and textured(material):
            repacked = uvs_of(material)
            whole = repacked is not None
            uvs = patch.attributes[:, layout.uv_columns] if repacked is None else repacked
        own = _Own(
            material,
            rows,
            patch.attributes,
            layout,
            uvs=uvs,
            whole=whole,
            features=features,
            is_twice=layout.second and material in second,
            normal_bits=normal_bits,
        )
        if coding == "draco":
            pieces.append(_dense_piece(own, indices[bounds[0] : bounds[-1]]))
        else:
            pieces.append(_piece(own, indices, bounds, grouped=groups is not None))
    corner = origin + base * step
    return Quantised(
        origin=corner,
        step=step,
        pieces=tuple(pieces),
        low=corner + np.min([piece.low for piece in pieces], axis=0) * step,
        high=corner + np.max([piece.high for piece in pieces], axis=0) * step,
        features=present,
        triangles=tuple(np.diff(starts).reshape(-1, group_count).sum(axis=0).tolist()),
    )


def _rows(positions: Singles, step: float) -> tuple[NDArray[np.uint16], NDArray[np.int64]]:
    """Positions as multiples of the step (n, 4), the last one 0, from the least ones (3,)."""
    low, high = (np.rint(edge.astype(np.float64) / step) for edge in extent.low_high(positions))
    if (high - low).max() > _MOST_STEPS:
        raise TilingError(f"a tile of {int((high - low).max()):,} steps; at most {_MOST_STEPS:,} fit 16 bits")
    return _numbered(positions, step, low), low.astype(np.int64)


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _numbered(positions: Singles, step: float, low: Floats) -> NDArray[np.uint16]:  # pragma: no cover
    rows = np.zeros((len(positions), 4), np.uint16)
    for vertex in range(len(positions)):
        for axis in range(3):
            rows[vertex, axis] = np.uint16(np.rint(np.float64(positions[vertex, axis]) / step) - low[axis])
    return rows


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _sorted(
    rows: NDArray[np.uint16],
    indices: Indices,
    material: NDArray[np.int32],
    groups: NDArray[np.int8],
    group_count: int,
) -> tuple[Indices, NDArray[np.int64]]:  # pragma: no cover - compiled
    """Triangles by material, then by group, without those of two equal corners; where each such run starts.

    Where none would be left, the first is kept: a file shall hold something.
    """
    packed = np.empty(len(rows), np.uint64)
    for vertex in range(len(rows)):
        x, y, z = rows[vertex, 0], rows[vertex, 1], rows[vertex, 2]
        packed[vertex] = (np.uint64(x) << np.uint64(32)) | (np.uint64(y) << np.uint64(16)) | np.uint64(z)
    keys = np.empty(len(indices), np.int32)
    starts = np.zeros((material.max() + 1) * group_count + 1, np.int64)
    is_empty = True
    for triangle in range(len(indices)):
        a, b, c = indices[triangle, 0], indices[triangle, 1], indices[triangle, 2]
        group = groups[triangle] if len(groups) else 0
        keys[triangle] = -1
        if packed[a] != packed[b] and packed[b] != packed[c] and packed[c] != packed[a]:
            keys[triangle] = material[a] * group_count + group
            starts[keys[triangle] + 1] += 1
            is_empty = is_empty and 0 < group == group_count - 1
    if is_empty and keys[0] < 0:
        keys[0] = material[indices[0, 0]] * group_count + (groups[0] if len(groups) else 0)
        starts[keys[0] + 1] += 1
    starts = np.cumsum(starts)
    at = starts.copy()
    out = np.empty((starts[-1], 3), np.uint32)
    for triangle in range(len(indices)):
        key = keys[triangle]
        if key >= 0:
            out[at[key]] = indices[triangle]
            at[key] += 1
    return out, starts


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _in_order_of_use(indices: Indices, vertices: int) -> tuple[Indices, NDArray[np.uint32]]:  # pragma: no cover
    """Triangles with their vertices renumbered by first use, and the old number of each."""
    number = np.full(vertices, np.uint32(0xFFFFFFFF))
    order = np.empty(min(vertices, indices.size), np.uint32)
    out = np.empty_like(indices)
    used = np.uint32(0)
    for triangle in range(len(indices)):
        for corner in range(3):
            vertex = indices[triangle, corner]
            if number[vertex] == np.uint32(0xFFFFFFFF):
                number[vertex] = used
                order[used] = vertex
                used += np.uint32(1)
            out[triangle, corner] = number[vertex]
    return out, order[:used]


@dataclass(frozen=True, slots=True)
class _Own:
    """What a piece is made of: rows over all vertices of the patch."""

    material: int
    rows: NDArray[np.uint16]
    attributes: Singles
    layout: Layout
    uvs: Singles | None
    whole: bool
    features: NDArray[np.int32] | None
    is_twice: bool
    """whether the material has maps in the second set"""
    normal_bits: int

    def second_uvs(self, order: NDArray[np.uint32]) -> Singles | None:
        """Texture coordinates of some of the vertices in the second set, on their grid."""
        return _on_grid(self.attributes[order, self.layout.second_columns]) if self.is_twice else None

    def normals(self, order: NDArray[np.uint32]) -> Singles | None:
        """Normals of some of the vertices."""
        return self.attributes.take(order, axis=0)[:, self.layout.normal_columns] if self.layout.normals else None

    def colours(self, order: NDArray[np.uint32]) -> NDArray[np.uint8] | None:
        """Colours of some of the vertices, if one of them is not white."""
        if not self.layout.colours:
            return None
        shades = self.attributes[order, self.layout.colour_columns]
        values = np.rint(np.clip(shades, 0.0, 1.0) * 255.0).astype(np.uint8)
        return values if (values != 255).any() else None


def _on_grid(uvs: Singles) -> Singles:
    return (np.rint(uvs.astype(np.float64) * _UV_GRID) / _UV_GRID).astype("<f4")


def _piece(own: _Own, indices: Indices, bounds: NDArray[np.int64], *, grouped: bool) -> Piece:
    """`bounds` (groups + 1,) say where the groups of this piece lie in `indices`."""
    first = bounds[0]
    # Renumbered before they are ordered, too: then a group's vertices lie close together.
    indices, before = _in_order_of_use(indices[first : bounds[-1]], len(own.rows))
    indices, after = _in_order_of_use(walked(indices, bounds - first, len(before)), len(before))
    order = before[after]
    rows = own.rows.take(order, axis=0)
    normals = own.normals(order)
    colours = own.colours(order)
    texture = None
    if own.uvs is not None:
        chosen = own.uvs[order]
        fixed = np.rint(np.clip(chosen, 0.0, 1.0) * 65_535.0).astype("<u2") if own.whole else _on_grid(chosen)
        texture = Stream(meshopt.encode_vertices(fixed), fixed.strides[0])
    second = own.second_uvs(order)
    features = None
    if own.features is not None:
        places = np.zeros((len(order), 2), "<u2")
        places[:, 0] = own.features[order]
        features = Stream(meshopt.encode_vertices(places), 4)
    low, high = _bounds(rows)
    return Piece(
        material=own.material,
        vertices=len(order),
        triangles=len(indices),
        positions=Stream(meshopt.encode_vertices(rows), 8),
        low=low,
        high=high,
        indices=meshopt.encode_indices(indices, len(order)),
        # 65535 restarts a primitive and is no vertex (glTF 2.0, 3.7.2.1).
        index_size=2 if len(order) <= 65_535 else 4,
        normals=(
            None
            if normals is None
            else Stream(meshopt.encode_vertices(meshopt.encode_oct8(normals, bits=own.normal_bits)), 4, octahedral=True)
        ),
        uvs=texture,
        uvs_whole=own.whole,
        second_uvs=None if second is None else Stream(meshopt.encode_vertices(second), 8),
        colours=None if colours is None else Stream(meshopt.encode_vertices(colours), 4),
        features=features,
        ranges=tuple((3 * int(a - first), 3 * int(b - a)) for a, b in pairwise(bounds)) if grouped else (),
    )


def _bounds(rows: NDArray[np.uint16]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    low, high = (edge.tolist() for edge in extent.low_high(rows))
    return (low[0], low[1], low[2]), (high[0], high[1], high[2])


def _dense_piece(own: _Own, indices: Indices) -> DensePiece:
    indices, order = _in_order_of_use(indices, len(own.rows))
    rows = own.rows[order]
    found = draco.encode(
        rows,
        indices,
        normals=own.normals(order),
        uvs=None if own.uvs is None else own.uvs[order],
        colours=own.colours(order),
        features=None if own.features is None else own.features[order].astype(np.uint16),
        second_uvs=own.second_uvs(order),
    )
    low, high = _bounds(rows)
    return DensePiece(
        material=own.material,
        vertices=found.vertices,
        triangles=found.triangles,
        low=low,
        high=high,
        data=found.data,
        attributes=found.attributes,
    )
