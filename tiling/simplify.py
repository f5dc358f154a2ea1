"""Fewer triangles for the same patch, its tile border left as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiling import meshopt
from tiling.patch import materials_in, welded, without_degenerates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Singles
    from tiling.patch import Layout, Patch

# Weights of attributes against positions scaled to the patch's size. Measured on a statue, RMS of 571,000 triangles
# brought to 18,000, by weight of normals: 0: 6.3 mm, 0.1: 6.8, 0.25: 8.3, 0.5: 10.3, 1: 12.5 (24 m high as scanned).
# Texture coordinates are weighed as if they were metres on the surface.
_NORMAL_WEIGHT = 0.1
_COLOUR_WEIGHT = 0.2
_UV_WEIGHT = 0.2

_LOCK, _PROTECT = 1, 2
# What may stay above the target before harder means are tried: simplification is blocked by topology on soups of parts.
_BLOCKED = 1.1


@dataclass(frozen=True, slots=True)
class Simplified:
    """A simplified patch, the library's error of it (to compare, no bound), and whether it stayed far above target."""

    patch: Patch
    error: float
    is_blocked: bool


def simplify(
    patch: Patch, layout: Layout, *, target_triangles: int, leaves: tuple[int, int], by_cells: bool = True
) -> Simplified:
    """About `target_triangles` of them, in a tile that covers `leaves` (first and last): its border stays as it is.

    Never empty, if the patch is not. Where seams and topology block the way (a soup of small parts), seams of normals
    are given up first; at last, if `by_cells`, vertices are merged by cells, each material alone. Deterministic.
    """
    if patch.triangles <= target_triangles:
        return Simplified(patch, 0.0, is_blocked=False)
    locked = patch.outside(*leaves)
    scale = metres_per_uv(patch, layout) if layout.uvs else 1.0
    weights = _weights(patch, layout, scale)
    flags = np.where(locked, _LOCK, 0).astype(np.uint8)

    def collapsed(options: meshopt.Simplify) -> tuple[Patch, float]:
        indices, positions, attributes, error = meshopt.simplify(
            patch.indices,
            patch.positions,
            patch.attributes,
            weights,
            flags,
            target_triangles=target_triangles,
            options=options,
        )
        if layout.uvs:
            _undo_wild_uvs(patch, layout, scale, positions, attributes)
        attributes = _proper(attributes, layout)
        return welded(replace(patch, positions=positions, attributes=attributes, indices=indices)), error

    best, error = collapsed(meshopt.Simplify.NONE)
    enough = _BLOCKED * target_triangles + int(np.count_nonzero(locked))
    if best.triangles > enough:
        flags |= np.where(_hard_seams(patch, layout), _PROTECT, 0).astype(np.uint8)
        freed, error_freed = collapsed(meshopt.Simplify.PERMISSIVE)
        if 0 < freed.triangles < best.triangles:
            best, error = freed, error_freed
    is_blocked = best.triangles > enough
    if is_blocked and by_cells:
        best = _merged_by_cells(best, target_triangles / best.triangles, best.outside(*leaves))
    return Simplified(best, error, is_blocked)


def _merged_by_cells(patch: Patch, ratio: float, locked: NDArray[np.bool_]) -> Patch:
    """The patch with vertices merged by grid cells, material by material; as it was where nothing would be left."""
    kept = []
    owners, present = materials_in(patch)
    for material in present:
        own = np.ascontiguousarray(patch.indices[owners == material])
        target = max(int(len(own) * ratio), 1)
        indices = meshopt.simplify_sloppy(own, patch.positions, locked, target_triangles=target)
        indices = without_degenerates(patch.positions, indices)
        kept.append(indices if len(indices) else own[:1])
    return welded(replace(patch, indices=np.concatenate(kept)))


def _proper(attributes: Singles, layout: Layout) -> Singles:
    """Attributes after their quadrics' optimum: normals of length one again, colours within bounds."""
    if layout.normals:
        normals = attributes[:, layout.normal_columns]
        length = np.linalg.norm(normals, axis=1, keepdims=True)
        np.divide(normals, length, out=normals, where=length > 0.0)
    if layout.colours:
        colours = attributes[:, layout.colour_columns]
        np.clip(colours, 0.0, 1.0, out=colours)
    return attributes


def _undo_wild_uvs(patch: Patch, layout: Layout, scale: float, positions: Singles, attributes: Singles) -> None:
    """Take texture coordinates back where they went far beyond their vertex: some quadrics have no clear optimum.

    Measured on a scan: 5 of 9,000 vertices, and each stretched a chart over the whole atlas.
    """
    columns = layout.uv_columns
    uv_shift = np.linalg.norm(attributes[:, columns] - patch.attributes[:, columns], axis=1)
    shift = np.linalg.norm(positions - patch.positions, axis=1)
    a, b, _ = patch.corners()
    edge = float(np.linalg.norm(a - b, axis=1).mean())
    wild = uv_shift * scale > 3.0 * shift + 4.0 * edge
    attributes[wild, columns] = patch.attributes[wild, columns]


def _weights(patch: Patch, layout: Layout, scale: float) -> Singles:
    weights = np.ones(layout.width, np.float32)
    weights[layout.normal_columns] = _NORMAL_WEIGHT
    weights[layout.colour_columns] = _COLOUR_WEIGHT
    if layout.uvs:
        extent = float((patch.positions.max(axis=0) - patch.positions.min(axis=0)).max()) or 1.0
        weights[layout.uv_columns] = _UV_WEIGHT * scale / extent
    return weights


def metres_per_uv(patch: Patch, layout: Layout) -> float:
    """How many metres one unit of texture coordinates is on the surface, by areas; 1 where there is no telling."""
    a, b, c = patch.corners()
    uv = patch.attributes[:, layout.uv_columns].astype(np.float64)
    p, q, r = (uv[patch.indices[:, corner]] for corner in range(3))
    flat = np.abs((q - p)[:, 0] * (r - p)[:, 1] - (q - p)[:, 1] * (r - p)[:, 0])
    solid = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    mapped = float(flat.sum())
    return float(np.sqrt(solid[flat > 0.0].sum() / mapped)) if mapped > 0.0 else 1.0


def _hard_seams(patch: Patch, layout: Layout) -> NDArray[np.bool_]:
    """Vertices that share their position with one of other texture coordinates or another material."""
    place, count = meshopt.remap(patch.positions)
    uv = patch.attributes[:, layout.uv_columns]
    first = np.empty(count, np.int64)
    first[place[::-1]] = np.arange(len(place) - 1, -1, -1)
    twin = first[place]
    differs = (uv != uv[twin]).any(axis=1) | (patch.material != patch.material[twin])
    seam = np.zeros(count, bool)
    seam[place[differs]] = True
    flagged: NDArray[np.bool_] = seam[place]
    return flagged
