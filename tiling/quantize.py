"""Vertices on a grid of whole numbers, and coded: KHR_mesh_quantization with EXT_meshopt_compression.

Positions are uint16 multiples of a step from the tile's origin. The step is a power of two, one for all tiles of a
level, and origins are multiples of it, so a vertex that neighbours share decodes to the same numbers in both. Normals
are octahedral int8, texture coordinates uint16 of the tile's own image (float32 on a grid of 1/4096 where they repeat a
shared image), colours uint8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tiling import meshopt
from tiling.patch import named_by, without_degenerates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Floats, Indices, Singles
    from tiling.patch import Layout, Patch

_MOST_STEPS = 65_535
_UV_GRID = 4096.0


@dataclass(frozen=True, slots=True)
class Stream:
    """A coded vertex attribute: rows of `stride` bytes, as EXT_meshopt_compression keeps them."""

    data: bytes
    stride: int
    octahedral: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """The coded triangles of one material in a tile."""

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
    colours: Stream | None = None


@dataclass(frozen=True, slots=True)
class Quantised:
    """A tile's pieces on their grid: position = origin + step × number, in metres, asset frame."""

    origin: Floats
    step: float
    pieces: tuple[Piece, ...]
    low: Floats
    high: Floats


def power_of_two_at_most(value: float) -> float:
    """The largest power of two that is not above `value`.

    >>> [power_of_two_at_most(v) for v in (1.0, 1.9, 0.3)]
    [1.0, 1.0, 0.25]
    """
    return float(2.0 ** np.floor(np.log2(value)))


def leaf_step(patch: Patch) -> float:
    """The step for the finest level: an eighth of a short edge, or 2^-15 of the diagonal if that is less."""
    a, b, c = patch.corners()
    edges = np.sort(np.concatenate([np.linalg.norm(x - y, axis=1) for x, y in ((a, b), (b, c), (c, a))]))
    short = float(edges[int(0.05 * len(edges))])
    diagonal = float(np.linalg.norm(patch.positions.max(axis=0).astype(np.float64) - patch.positions.min(axis=0)))
    return power_of_two_at_most(max(min(short / 8.0, diagonal / 2.0**15), diagonal / 2.0**24, 1e-12))


def level_step(wanted: float, patches: Sequence[Patch]) -> float:
    """The power of two at most `wanted`, but so coarse that every tile of the level spans no more than 16 bits."""
    widest = max(float((patch.positions.max(axis=0) - patch.positions.min(axis=0)).max()) for patch in patches)
    step = power_of_two_at_most(wanted)
    while widest / step > _MOST_STEPS - 2:
        step *= 2.0
    return step


def half_diagonal(step: float) -> float:
    """The farthest that rounding to a grid moves a point."""
    return step * float(np.sqrt(3.0)) / 2.0


def quantise(
    patch: Patch,
    layout: Layout,
    *,
    step: float,
    origin: Floats,
    uvs_of: Callable[[int], Singles | None],
    textured: Callable[[int], bool],
) -> Quantised:
    """A patch coded on a grid, a piece per material in order of their numbers.

    `uvs_of(material)` gives the patch's texture coordinates (n, 2) in the tile's own image of that material, or None
    where it keeps a shared image; `textured(material)` says whether coordinates are needed at all.
    Triangles that fall onto a line of the grid by two equal corners go.
    """
    steps = np.rint(patch.positions.astype(np.float64) / step).astype(np.int64)
    base = steps.min(axis=0)
    numbers = (steps - base).astype(np.uint16)
    indices = without_degenerates(numbers, patch.indices)
    if not len(indices):
        indices = patch.indices
    owners = patch.material[indices[:, 0]]
    pieces = []
    for material in np.flatnonzero(np.bincount(owners)).tolist():
        own = indices[owners == material]
        uvs = None
        whole = False
        if layout.uvs and textured(material):
            repacked = uvs_of(material)
            whole = repacked is not None
            uvs = patch.attributes[:, layout.uv_columns] if repacked is None else repacked
        pieces.append(_piece(patch, layout, own, material=material, numbers=numbers, uvs=uvs, whole=whole))
    used = numbers[named_by(indices, len(numbers))]
    corner = origin + base * step
    return Quantised(
        origin=corner,
        step=step,
        pieces=tuple(pieces),
        low=corner + used.min(axis=0) * step,
        high=corner + used.max(axis=0) * step,
    )


def _piece(
    patch: Patch,
    layout: Layout,
    indices: Indices,
    *,
    material: int,
    numbers: NDArray[np.uint16],
    uvs: Singles | None,
    whole: bool,
) -> Piece:
    count = len(patch.positions)
    indices = meshopt.strip_order(indices, count)
    order = meshopt.fetch_order(indices, count)
    renumbered = np.empty(count, np.uint32)
    renumbered[order] = np.arange(len(order), dtype=np.uint32)
    indices = renumbered[indices]
    rows = np.zeros((len(order), 4), "<u2")
    rows[:, :3] = numbers[order]
    attributes = patch.attributes[order]
    normals = colours = texture = None
    if layout.normals:
        coded = meshopt.encode_oct8(np.ascontiguousarray(attributes[:, layout.normal_columns]))
        normals = Stream(meshopt.encode_vertices(coded), 4, octahedral=True)
    if uvs is not None:
        chosen = uvs[order]
        if whole:
            fixed = np.rint(np.clip(chosen, 0.0, 1.0) * 65_535.0).astype("<u2")
        else:
            fixed = (np.rint(chosen.astype(np.float64) * _UV_GRID) / _UV_GRID).astype("<f4")
        texture = Stream(meshopt.encode_vertices(fixed), fixed.strides[0])
    if layout.colours:
        values = np.rint(np.clip(attributes[:, layout.colour_columns], 0.0, 1.0) * 255.0).astype(np.uint8)
        if (values != 255).any():
            colours = Stream(meshopt.encode_vertices(values), 4)
    return Piece(
        material=material,
        vertices=len(order),
        triangles=len(indices),
        positions=Stream(meshopt.encode_vertices(rows), 8),
        low=tuple(rows[:, :3].min(axis=0).tolist()),
        high=tuple(rows[:, :3].max(axis=0).tolist()),
        indices=meshopt.encode_indices(indices, len(order)),
        # 65535 restarts a primitive and is no vertex (glTF 2.0, 3.7.2.1).
        index_size=2 if len(order) <= 65_535 else 4,
        normals=normals,
        uvs=texture,
        uvs_whole=whole,
        colours=colours,
    )
