"""What a client sees of a tile: its surface on the grid of its level, with skirts, in groups by child, quantised."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from tiling import atlas, grid, quantize
from tiling.patch import materials_in, without_degenerates
from tiling.skirts import with_skirts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.build import Place, Surface, Tile
    from tiling.mesh import Bytes, Singles
    from tiling.patch import Patch


@dataclass(frozen=True, slots=True)
class Look:
    """How a level's tiles are written."""

    step: float
    """of the tile's grid, metres"""
    skirt: float
    """depth, metres; 0: none"""
    halvings: int
    most_texels: int
    fan: int
    """halvings of the kd tree between this level and the one below"""
    coding: quantize.Coding
    is_leaf: bool
    normal_bits: int = 8
    """of an octahedral coordinate, in the fast coding"""
    missing: tuple[int, ...] = ()
    """children of which nothing is left"""
    steps: tuple[float, ...] = ()
    """of all tiles of the level, where they differ"""

    @property
    def groups(self) -> int:
        """Groups of triangles: one per child and the straddlers, or all of a leaf in one; then skirts."""
        return 2 if self.is_leaf else (1 << self.fan) - len(self.missing) + 2


@dataclass(frozen=True, slots=True)
class Content:
    """What a tile shows: pieces on their grid, and by material the tile's own images, by role."""

    geometry: quantize.Quantised
    images: Mapping[int, Mapping[str, Bytes]]
    is_plain: bool
    """whether no image is to be shown"""
    planes: tuple[tuple[int, float], ...]
    """axis and place, metres, of the planes between the regions of children, upper ones first"""
    slots: tuple[int, ...] | None
    """the regions that have a child; None: all"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a tile's content once it was written."""

    digest: str
    byte_length: int
    coded_length: int
    """bytes on the wire, content coding included"""
    texture_bytes: int
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A finished tile."""

    stored: Stored
    triangles: int
    """that its file holds, without skirts"""
    vertices: int
    draws: int
    texel: float
    """side of its coarsest texel on the surface, metres; 0 without texture"""
    groups: tuple[int, ...] = ()
    """triangles of each group where it may be shown in part: of each child's region, of straddlers, of skirts"""


def settled(surface: Surface, tile: Tile, place: Place, look: Look) -> Tile:
    """The tile with vertices where its level's grid has them; those of its border as each neighbour rounds them, too.

    A leaf's others stay: its grid is so fine that it doesn't matter how they are rounded.
    """
    patch, positions = tile.patch, tile.patch.positions
    if look.steps:
        positions = grid.aligned(positions, patch.leaves, place.tile, place.shift, np.array(look.steps))
    if not look.is_leaf:
        held = patch.outside(*place.leaves)
        free = grid.BOUND if surface.is_drawn_on else grid.FREE
        positions = grid.settled(positions, patch.indices, held, step=look.step, free=free)
    return tile if positions is patch.positions else replace(tile, patch=replace(patch, positions=positions))


def dressed(surface: Surface, tile: Tile, place: Place, look: Look) -> Patch:
    """The tile's surface with its skirts."""
    if look.skirt <= 0.0:
        return tile.patch
    return with_skirts(tile.patch, surface.layout, tile.patch.outside(*place.leaves), look.skirt)


def made(
    surface: Surface, tile: Tile, patch: Patch, place: Place, *, look: Look, emit: Callable[[Content], Stored]
) -> Made:
    """Quantise and write a tile whose dressed surface is `patch`; `emit` stores it."""
    layout = tile.plain or surface.layout
    own = tile.patch.triangles
    groups = regions(surface, patch, own, place, look)
    owners, present = materials_in(patch)
    atlases = {
        material: atlas.cut(
            surface.textures[material],
            patch.attributes[:, layout.uv_columns],
            patch.indices[owners == material],
            level=look.halvings,
            most_texels=look.most_texels,
        )
        for material in present
        if material in surface.textures and material not in tile.baked and tile.plain is None
    }
    own_uvs = patch.attributes[:, layout.uv_columns]
    geometry = quantize.quantise(
        patch,
        layout,
        step=look.step,
        origin=surface.origin,
        uvs_of=lambda material: (
            atlases[material].uvs if material in atlases else own_uvs if material in tile.baked else None
        ),
        textured=surface.textured.__contains__,
        groups=groups,
        group_count=look.groups,
        coding=look.coding,
        features=patch.features,
        second=surface.second,
        normal_bits=look.normal_bits,
    )
    texels = [surface.texel_sizes[material] * 2.0**cut.level for material, cut in atlases.items()]
    texels += [baked.texel for baked in tile.baked.values()]
    images = {material: cut.images for material, cut in atlases.items()}
    images |= {material: baked.images for material, baked in tile.baked.items()}
    cells = surface.cells
    planes = tuple(
        (axis, at + float(surface.origin[axis]))
        for axis, at in cells.below(cells.depth - place.shift, place.tile, look.fan)
    )
    slots = tuple(child for child in range(1 << look.fan) if child not in look.missing) if look.missing else None
    stored = emit(Content(geometry, images, tile.plain is not None, planes, slots))
    return Made(
        stored=stored,
        triangles=sum(geometry.triangles[:-1]),
        vertices=sum(piece.vertices for piece in geometry.pieces),
        draws=len(geometry.pieces),
        texel=max(texels, default=0.0),
        # The dense coding tells groups apart by planes, not by order: who shows it in part has to sort it first.
        groups=geometry.triangles if look.coding == "meshopt" and not look.is_leaf else (),
    )


def regions(surface: Surface, patch: Patch, own: int, place: Place, look: Look) -> NDArray[np.int8]:
    """The group of every triangle: the child whose region it lies in, straddlers, and skirts (from `own` on) last."""
    groups = np.zeros(patch.triangles, np.int8)
    if look.fan:
        cells = surface.cells
        part = cells.part_of(patch.positions, cells.depth - place.shift, place.tile, look.fan)
        corners = part[patch.indices]
        alike = (corners[:, 0] == corners[:, 1]) & (corners[:, 1] == corners[:, 2])
        there = np.array([child not in look.missing for child in range(1 << look.fan)])
        rank = np.where(there, np.cumsum(there) - 1, look.groups - 2)
        groups = np.where(alike, rank[corners[:, 0]], look.groups - 2).astype(np.int8)
    groups[own:] = look.groups - 1
    return groups


def snapped(patch: Patch, step: float) -> Patch:
    """The patch where a client will see it, without triangles that fall onto a line or a point and are not written."""
    on_grid = on_steps(patch.positions, step)
    indices = without_degenerates(on_grid, patch.indices)
    return replace(patch, positions=on_grid, indices=indices if len(indices) else patch.indices)


def on_grid(patch: Patch, triangles: NDArray[np.int64], step: float) -> Patch:
    """Some triangles of a patch where a client will see them; one that falls onto a line is there as that."""
    corners = patch.indices.take(triangles, axis=0)
    positions = on_steps(patch.positions.take(corners.reshape(-1), axis=0), step)
    rows = np.arange(corners.size, dtype=np.uint32)
    return replace(patch.of_vertices(corners.reshape(-1), rows.reshape(-1, 3)), positions=positions)


@njit(cache=True, nogil=True)
def on_steps(positions: Singles, step: float) -> Singles:  # pragma: no cover - compiled
    """Positions (n, 3) rounded to whole multiples of a step. (Four times as fast as numpy's.)"""
    out = np.empty_like(positions)
    for row in range(len(positions)):
        for axis in range(3):
            out[row, axis] = np.float32(np.rint(np.float64(positions[row, axis]) / step) * step)
    return out
