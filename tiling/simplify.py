"""Fewer triangles for the same patch, its tile border left as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tiling import extent, meshopt
from tiling.patch import materials_in, merged, only_used, side_by_side, welded, without_degenerates
from tiling.thin import loose_parts, thinned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Singles
    from tiling.patch import Layout, Patch

# Weights of attributes against positions scaled to the patch's size. Measured on a piece of a statue brought to 1/4,
# 1/16 and 1/64 of 71,000 triangles, by weight of normals: root mean squares of shading, degrees, and of distance, mm:
#   0      8.8, 15.1, 24.5   1.82, 4.06, 11.0      (normals worked out anew from the shape: 6.8, 12.2, 21.7)
#   0.02   6.3, 11.3, 20.8   1.83, 4.03, 10.7
#   0.05   6.0, 10.4, 20.5   1.80, 3.96, 11.1
#   0.1    5.4,  9.5, 19.8   1.81, 4.09, 12.4
# Texture coordinates are weighed as if they were metres on the surface.
NORMAL_WEIGHT = 0.05
_COLOUR_WEIGHT = 0.2
_UV_WEIGHT = 0.2

_LOCK, _PROTECT = 1, 2
# What may stay above the target before harder means are tried: simplification is blocked by topology on soups of parts.
_BLOCKED = 1.1
# Merging by cells tears thin things apart: on a village of houses it made the error a hundred times what half as many
# triangles more would have given.
_FAR_ABOVE = 3.0
# Beyond this error (a share of the patch's size) a tile rather stays larger: where one part cannot be collapsed, all
# others would be, down to nothing, for the sake of the target.
_MOST_ERROR = 0.01
# From this error on (a share of the patch's size) giving up seams is tried, and done if it divides the error so.
_DEAR = 0.001
_WORTH = 1.5
# A normal further than this from its triangle's own is not shading but a lost edge: of a block's it has 35° to 55°.
_LOST_EDGE_COSINE = float(np.cos(np.radians(28.0)))
# Leaves are shaded as round crowns on purpose: a material with more such normals than this from the first keeps them.
_MEANT_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Simplified:
    """A simplified patch, the library's error of it (to compare, no bound), and whether it stayed far above target.

    The error is in metres.
    """

    patch: Patch
    error: float
    is_blocked: bool


def simplify(
    patch: Patch,
    layout: Layout,
    *,
    target_triangles: int,
    leaves: tuple[int, int],
    firm: frozenset[int] = frozenset(),
    normal_weight: float = NORMAL_WEIGHT,
    most_error: float | None = None,
) -> Simplified:
    """About `target_triangles` of them, in a tile that covers `leaves` (first and last): its border stays as it is.

    With `most_error`, metres by the library's account, the tile is simplified to that instead, down to a quarter of the
    target at least and so far that it has twice the target at most: so tiles of a level become equally true, and detail
    gets the triangles (measured on terrain: half the product of error and root of bytes).

    Never empty, if the patch is not. A crowd of tiny loose parts is thinned (`tiling.thin`). Where seams and topology
    block the way, or make it dear, seams of normals are given up, and then those of colours and coordinates, but for
    the materials in `firm`: those have atlases, where a triangle across a seam shows what does not belong there, while
    a repeated pattern is only smeared. At last, if no material is firm and the tile would be `_FAR_ABOVE` times its
    target, vertices are merged by cells, each material alone. Deterministic.
    """
    if patch.triangles <= target_triangles:
        return Simplified(patch, 0.0, is_blocked=False)
    if most_error is not None:
        even = _to_error(
            patch, layout, target=target_triangles, leaves=leaves, normal_weight=normal_weight, most_error=most_error
        )
        if even.patch.triangles <= 2 * target_triangles:
            return even
    found = loose_parts(patch, leaves)
    if found is not None:
        loose, part = found
        share = target_triangles / patch.triangles
        thin = thinned(patch, loose, part, share)
        rest = welded(replace(patch, indices=patch.indices[~loose]))
        if rest.triangles:
            fewer = max(round(rest.triangles * share), 1)
            done = _collapsed(
                rest, layout, target_triangles=fewer, leaves=leaves, firm=firm, normal_weight=normal_weight
            )
            return replace(done, patch=merged([done.patch, welded(thin)]))
        return Simplified(welded(thin), 0.0, is_blocked=False)
    return _collapsed(
        patch, layout, target_triangles=target_triangles, leaves=leaves, firm=firm, normal_weight=normal_weight
    )


def error_at(
    patch: Patch,
    layout: Layout,
    *,
    target_triangles: int,
    leaves: tuple[int, int],
    normal_weight: float = NORMAL_WEIGHT,
) -> float:
    """The library's error, metres, of a patch brought to so many triangles by plain means."""
    return _to_error(
        patch, layout, target=4 * target_triangles, leaves=leaves, normal_weight=normal_weight, most_error=np.inf
    ).error


def _to_error(
    patch: Patch, layout: Layout, *, target: int, leaves: tuple[int, int], normal_weight: float, most_error: float
) -> Simplified:
    scale = metres_per_uv(patch, layout) if layout.uvs else 1.0
    size = _size(patch)
    indices, positions, attributes, error = meshopt.simplify(
        patch.indices,
        patch.positions,
        patch.attributes,
        weights(patch, layout, scale, normal_weight),
        patch.outside(*leaves),
        target_triangles=target // 4,
        most_error=most_error / size,
    )
    _undo_wild_moves(patch, positions, attributes)
    coarse = only_used(replace(patch, positions=positions, attributes=attributes, indices=indices))
    coarse = replace(coarse, attributes=_proper(coarse.attributes, layout))
    return Simplified(welded(coarse), error * size, is_blocked=False)


def _size(patch: Patch) -> float:
    """The longest side, which the library's errors are shares of."""
    return extent.longest_side(patch.positions) or 1.0


def _collapsed(
    patch: Patch,
    layout: Layout,
    *,
    target_triangles: int,
    leaves: tuple[int, int],
    firm: frozenset[int],
    normal_weight: float,
) -> Simplified:
    locked = patch.outside(*leaves)
    scale = metres_per_uv(patch, layout) if layout.uvs else 1.0
    per_unit = weights(patch, layout, scale, normal_weight)
    border = np.where(locked, _LOCK, 0).astype(np.uint8)
    enough = _BLOCKED * target_triangles + int(np.count_nonzero(locked))
    size = _size(patch)
    dear = _DEAR * size

    def attempt(
        options: meshopt.Simplify, seams: NDArray[np.bool_] | None = None, most_error: float = _MOST_ERROR
    ) -> Simplified:
        indices, positions, attributes, error = meshopt.simplify(
            patch.indices,
            patch.positions,
            patch.attributes,
            per_unit,
            border if seams is None else border | np.where(seams, _PROTECT, 0).astype(np.uint8),
            target_triangles=target_triangles,
            most_error=most_error,
            options=options,
        )
        _undo_wild_moves(patch, positions, attributes)
        if layout.uvs:
            _undo_wild_uvs(patch, layout.uv_columns, scale, positions, attributes)
        if layout.second:
            scale_of_second = _metres_per(patch, layout.second_columns)
            _undo_wild_uvs(patch, layout.second_columns, scale_of_second, positions, attributes)
        coarse = only_used(replace(patch, positions=positions, attributes=attributes, indices=indices))
        coarse = replace(coarse, attributes=_proper(coarse.attributes, layout))
        coarse = welded(coarse if seams is None else _with_edges(coarse, layout, meant))
        return Simplified(coarse, error * size, is_blocked=coarse.triangles > enough)

    best = attempt(meshopt.Simplify.NONE)
    if not (best.is_blocked or best.error >= dear) or not _has_seams(patch):
        if best.patch.triangles > _FAR_ABOVE * enough:
            # Without seams it is the error alone that blocks: beyond it, collapsing still beats merging by cells
            # (a rippled ball of 1,254 triangles brought to 150: RMS 25 mm against 68, and it stays closed).
            best = _better(best, attempt(meshopt.Simplify.NONE, most_error=np.inf))
        return best if best.patch.triangles <= _FAR_ABOVE * enough else _forced(best, target_triangles, leaves, firm)
    meant = _meant_normals(patch, layout)
    freest: NDArray[np.bool_] | None = None
    every = frozenset(materials_in(patch)[1])
    for kept in (every, firm) if (layout.uvs or layout.colours) and firm != every else (every,):
        if not best.is_blocked and best.error < dear:
            break
        seams = _seams(patch, layout, kept)
        if freest is not None and np.array_equal(seams, freest):
            break
        freest = seams
        best = _better(best, attempt(meshopt.Simplify.PERMISSIVE, freest))
    if best.patch.triangles > _FAR_ABOVE * enough:
        best = _better(best, attempt(meshopt.Simplify.PERMISSIVE, freest, most_error=np.inf))
    return best if best.patch.triangles <= _FAR_ABOVE * enough else _forced(best, target_triangles, leaves, firm)


def _has_seams(patch: Patch) -> bool:
    return meshopt.remap(patch.positions)[1] < len(patch.positions)


def _forced(best: Simplified, target_triangles: int, leaves: tuple[int, int], firm: frozenset[int]) -> Simplified:
    """The last resort: vertices merged by cells, where no atlas forbids it."""
    if firm:
        return best
    share = target_triangles / best.patch.triangles
    return replace(best, patch=_merged_by_cells(best.patch, share, best.patch.outside(*leaves)))


def _meant_normals(patch: Patch, layout: Layout) -> frozenset[int]:
    """Materials whose normals stand far from their triangles already, so on purpose."""
    if not layout.normals:
        return frozenset()
    far = _far_corners(patch, layout)[0].reshape(-1, 3)
    owners, present = materials_in(patch)
    return frozenset(each for each in present if np.mean(far[owners == each]) > _MEANT_SHARE)


def _far_corners(patch: Patch, layout: Layout) -> tuple[NDArray[np.bool_], Singles]:
    """Which corners (3m,) have a normal far from their triangle's, and the triangles' normals (m, 3), unit, rounded."""
    a, b, c = patch.corners()
    face = np.cross(b - a, c - a)
    length = np.linalg.norm(face, axis=1, keepdims=True)
    # Rounded, so that triangles of one plane get one normal.
    flat = np.round(np.divide(face, length, out=np.zeros_like(face), where=length > 0.0), 2)
    own = patch.attributes[patch.indices.reshape(-1), layout.normal_columns]
    cosine = np.einsum("ij,ij->i", own, np.repeat(flat, 3, axis=0))
    return (cosine < _LOST_EDGE_COSINE) & np.repeat(length[:, 0] > 0.0, 3), flat.astype(np.float32)


def _with_edges(patch: Patch, layout: Layout, meant: frozenset[int]) -> Patch:
    """The patch with hard edges again where giving up seams rounded them: such corners get their triangle's normal."""
    if not layout.normals or not patch.triangles:
        return patch
    far, flat = _far_corners(patch, layout)
    corners = patch.indices.reshape(-1).copy()
    far &= ~np.isin(patch.material[corners], list(meant))
    source = corners[far]
    copies = patch.of_vertices(source, patch.indices[:0])
    attributes = copies.attributes
    attributes[:, layout.normal_columns] = np.repeat(flat, 3, axis=0)[far]
    corners[far] = len(patch.positions) + np.arange(len(source), dtype=np.uint32)
    copies = replace(copies, attributes=_proper(attributes, layout))
    return replace(side_by_side([patch, copies]), indices=corners.reshape(-1, 3))


def _better(tidy: Simplified, freer: Simplified) -> Simplified:
    """The one that gives up more seams only where it is worth it."""
    if not freer.patch.triangles:
        return tidy
    if tidy.is_blocked and freer.patch.triangles < tidy.patch.triangles:
        return freer
    return freer if freer.error * _WORTH < tidy.error else tidy


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
        normals[length[:, 0] <= 0.0] = (0.0, 1.0, 0.0)
    if layout.colours:
        colours = attributes[:, layout.colour_columns]
        np.clip(colours, 0.0, 1.0, out=colours)
    return attributes


def tidied(patch: Patch, layout: Layout) -> Patch:
    """A patch whose attributes are means: normals of length one again, and what is equal by now is one."""
    return welded(replace(patch, attributes=_proper(patch.attributes.copy(), layout)))


def _undo_wild_moves(patch: Patch, positions: Singles, attributes: Singles) -> None:
    """Take vertices back that flew out of the patch: some quadrics have no clear optimum."""
    low, high = extent.low_high(patch.positions)
    margin = _MOST_ERROR * float((high - low).max())
    # Copies at one place move alike, so they are taken back alike, and no seam opens.
    wild = extent.outside(positions, low - margin, high + margin)
    positions[wild], attributes[wild] = patch.positions[wild], patch.attributes[wild]


def _undo_wild_uvs(patch: Patch, columns: slice, scale: float, positions: Singles, attributes: Singles) -> None:
    """Take texture coordinates back where they went far beyond their vertex: some quadrics have no clear optimum.

    Measured on a scan: 5 of 9,000 vertices, and each stretched a chart over the whole atlas.
    """
    uv_shift = np.linalg.norm(attributes[:, columns] - patch.attributes[:, columns], axis=1)
    shift = np.linalg.norm(positions - patch.positions, axis=1)
    a, b, _ = patch.corners()
    edge = float(np.linalg.norm(a - b, axis=1).mean())
    wild = uv_shift * scale > 3.0 * shift + 4.0 * edge
    attributes[wild, columns] = patch.attributes[wild, columns]


def weights(patch: Patch, layout: Layout, scale: float, normal_weight: float) -> Singles:
    """Weights of the columns against positions as shares of the patch's size; `scale` is metres per unit of uv."""
    columns = np.ones(layout.width, np.float32)
    columns[layout.normal_columns] = normal_weight
    columns[layout.colour_columns] = _COLOUR_WEIGHT
    if layout.uvs:
        columns[layout.uv_columns] = _UV_WEIGHT * scale / _size(patch)
    if layout.second:
        columns[layout.second_columns] = _UV_WEIGHT * _metres_per(patch, layout.second_columns) / _size(patch)
    return columns


def metres_per_uv(patch: Patch, layout: Layout) -> float:
    """How many metres one unit of texture coordinates is on the surface, by areas; 1 where there is no telling."""
    return _metres_per(patch, layout.uv_columns)


def _metres_per(patch: Patch, columns: slice) -> float:
    a, b, c = patch.corners()
    uv = patch.attributes[:, columns].astype(np.float64)
    p, q, r = (uv[patch.indices[:, corner]] for corner in range(3))
    flat = np.abs((q - p)[:, 0] * (r - p)[:, 1] - (q - p)[:, 1] * (r - p)[:, 0])
    solid = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    mapped = float(flat.sum())
    return float(np.sqrt(solid[flat > 0.0].sum() / mapped)) if mapped > 0.0 else 1.0


def _seams(patch: Patch, layout: Layout, firm: frozenset[int]) -> NDArray[np.bool_]:
    """Vertices that share their position with one of another material, or, if firm, of another colour or coordinate."""
    place, count = meshopt.remap(patch.positions)
    drawn = patch.attributes[:, 3 * layout.normals :]
    first = np.empty(count, np.int64)
    first[place[::-1]] = np.arange(len(place) - 1, -1, -1)
    twin = first[place]
    is_firm = np.isin(patch.material, list(firm))
    differs = ((drawn != drawn[twin]).any(axis=1) & is_firm) | (patch.material != patch.material[twin])
    seam = np.zeros(count, bool)
    seam[place[differs]] = True
    flagged: NDArray[np.bool_] = seam[place]
    return flagged
