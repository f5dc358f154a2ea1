"""Where tiles meet: finding the vertices that they share, and thinning them alike on both sides.

Neighbours of a level must have the same border, so a tile cannot be simplified there alone. Locked for ever, borders
would come to hold half of all vertices (measured: 58 % on level 4 of a scan of 9 million triangles). So before the
tiles of a level are simplified, the strip of triangles on both sides of each interface of two tiles is simplified by
itself, with one copy of the border per tile. To meshoptimizer that is a seam, and it collapses both sides alike. All
other vertices of the strip are locked, and corners, where three tiles meet. Then borders are locked, and the tiles are
independent.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from tiling import extent, meshopt
from tiling.patch import MANY, Patch, named_by, welded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tiling.mesh import Indices, Singles
    from tiling.patch import Layout

_INNER, _CORNER = -1, -2


def joined(places: Singles, leaf: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Which rows of `places` (k, 3) are the same place, as a number (k,), and by row the `leaves` (k, 4) of a patch.

    A row is a place on the rim of one leaf; each leaf names a place once at most.
    """
    number, count = meshopt.remap(places)
    order = np.lexsort((leaf, number))
    sizes = np.bincount(number, minlength=count)
    starts = np.cumsum(sizes) - sizes
    ranked = leaf[order]
    last = starts + sizes - 1
    table = np.stack([ranked[np.minimum(starts + column, last)] for column in range(4)], axis=1)
    table[sizes > 4, 1:3] = MANY
    table[sizes > 4, 3] = ranked[last[sizes > 4]]
    return number.astype(np.int64), table[number].astype(np.int32)


def unmatched(rims: Sequence[Singles], number: NDArray[np.int64], low: Singles, high: Singles) -> dict[int, Singles]:
    """By leaf places that others have on their rims and it may have within, where there is a need to look.

    `rims` are the places on the rims of leaves, `number` numbers them all (from `joined`), `low` and `high` (leaves, 3)
    are the corners of the leaves. A surface ends at a place that one leaf alone names: at its border, or where it meets
    two sheets of another leaf, which close each other. Only leaves that reach such places need to look.
    """
    ends = np.cumsum([0, *(len(rim) for rim in rims)])
    is_alone = np.bincount(number)[number] == 1
    alone = [rim[is_alone[start:end]] for rim, start, end in zip(rims, ends[:-1], ends[1:], strict=True)]
    found = {}
    for leaf in range(len(rims)):
        near = np.flatnonzero(((low <= high[leaf]) & (high >= low[leaf])).all(axis=1))
        others = [other for other in near.tolist() if other != leaf]
        if not any(len(extent.inside(alone[other], low[leaf], high[leaf])) for other in others):
            continue
        inside = [rims[other][extent.inside(rims[other], low[leaf], high[leaf])] for other in others]
        found[leaf] = np.concatenate(inside)
    return found


@dataclass(frozen=True, slots=True)
class Band:
    """A tile's strip of triangles along its interface with another tile."""

    triangles: NDArray[np.int64]
    """(b,) numbers in the tile"""
    vertices: NDArray[np.int64]
    """(v,) numbers in the tile"""
    indices: Indices
    """(b, 3) into `vertices`"""
    positions: Singles
    attributes: Singles
    free: NDArray[np.bool_]
    """(v,) which vertices are of this interface and may go"""


@dataclass(frozen=True, slots=True)
class Strip:
    """What becomes of one tile's band: its new triangles, in numbers of the tile, and vertices that moved."""

    gone: NDArray[np.int64]
    indices: Indices
    moved: NDArray[np.int64]
    positions: Singles
    attributes: Singles


def bands(patch: Patch, tile: int, shift: int) -> dict[int, Band]:
    """By neighbour the band of a tile that covers leaves tile·2^shift and following. No two share a triangle."""
    other, owner, is_torn = _owners(patch.leaves, patch.indices, tile, shift)
    if is_torn:
        # A triangle at two interfaces would be changed twice: what it touches of them is held.
        place, count = meshopt.remap(patch.positions)
        _hold(other, owner, patch.indices, place, np.zeros(count, np.bool_))
    on_interface = np.flatnonzero(owner >= 0)
    found = np.unique(owner[on_interface]).tolist()
    return {q: _band(patch, on_interface[owner[on_interface] == q], other == q) for q in found}


@njit(cache=True, nogil=True)
def parted(
    indices: Indices, leaves: NDArray[np.int32], first: int, last: int
) -> tuple[Indices, Indices]:  # pragma: no cover - compiled
    """Triangles with a vertex that leaves outside `first` to `last` share, and all others, both in their order."""
    edge, inner = np.empty_like(indices), np.empty_like(indices)
    at_edge, within = 0, 0
    for triangle in range(len(indices)):
        is_shared = False
        for corner in range(3):
            vertex = indices[triangle, corner]
            is_shared |= leaves[vertex, 0] < first or leaves[vertex, 3] > last
        if is_shared:
            edge[at_edge] = indices[triangle]
            at_edge += 1
        else:
            inner[within] = indices[triangle]
            within += 1
    return edge[:at_edge], inner[:within]


@njit(cache=True, nogil=True)
def seams(leaves: NDArray[np.int32], edge: Indices) -> NDArray[np.bool_]:  # pragma: no cover - compiled
    """Which vertices (n,) more leaves than one share, or triangles of the edge name."""
    out = np.empty(len(leaves), np.bool_)
    for vertex in range(len(leaves)):
        out[vertex] = leaves[vertex, 0] != leaves[vertex, 3]
    for triangle in range(len(edge)):
        for corner in range(3):
            out[edge[triangle, corner]] = True
    return out


def touching(leaves: NDArray[np.int32], tile: int, shift: int) -> tuple[int, ...]:
    """The other tiles of a level that a tile shares vertices with."""
    shared = leaves[(leaves[:, 0] < tile << shift) | (leaves[:, 3] >= (tile + 1) << shift)]
    tiles = np.unique(shared[shared != MANY] >> shift).tolist()
    return tuple(each for each in tiles if each != tile)


@njit(cache=True, nogil=True)
def _owners(
    leaves: NDArray[np.int32], indices: Indices, tile: int, shift: int
) -> tuple[NDArray[np.int32], NDArray[np.int32], bool]:  # pragma: no cover - compiled
    """By vertex the one other tile that it touches (`_INNER`, or `_CORNER` for more), by triangle the interface.

    And whether a triangle lies at two interfaces.
    """
    other = np.empty(len(leaves), np.int32)
    for vertex in range(len(leaves)):
        found = _INNER
        for column in range(4):
            each = leaves[vertex, column]
            if each == MANY:
                # Others stand between the first and the last.
                if leaves[vertex, 0] >> shift != leaves[vertex, 3] >> shift:
                    found = _CORNER
                continue
            each >>= shift
            if each not in (tile, found):
                found = each if found == _INNER else _CORNER
        other[vertex] = found
    owner = np.empty(len(indices), np.int32)
    is_torn = False
    for triangle in range(len(indices)):
        found = _INNER
        for corner in range(3):
            each = other[indices[triangle, corner]]
            if each >= 0:
                is_torn = is_torn or (found >= 0 and found != each)
                found = max(found, each)
        owner[triangle] = found
    return other, owner, is_torn


@njit(cache=True, nogil=True)
def _hold(
    other: NDArray[np.int32],
    owner: NDArray[np.int32],
    indices: Indices,
    place: NDArray[np.uint32],
    is_held: NDArray[np.bool_],
) -> None:  # pragma: no cover - compiled
    """Make corners of the places where triangles touch two interfaces, in place."""
    for triangle in range(len(indices)):
        found = _INNER
        for corner in range(3):
            each = other[indices[triangle, corner]]
            if each >= 0 and found >= 0 and found != each:
                for held in range(3):
                    vertex = indices[triangle, held]
                    is_held[place[vertex]] |= other[vertex] >= 0
            if each >= 0:
                found = max(found, each)
    for vertex in range(len(other)):
        if is_held[place[vertex]] and other[vertex] >= 0:
            other[vertex] = _CORNER
    for triangle in range(len(indices)):
        found = _INNER
        for corner in range(3):
            found = max(found, other[indices[triangle, corner]])
        owner[triangle] = max(found, _INNER)


def _band(patch: Patch, triangles: NDArray[np.int64], free: NDArray[np.bool_]) -> Band:
    indices = patch.indices[triangles]
    vertices = np.flatnonzero(named_by(indices, len(patch.positions)))
    number = np.zeros(len(patch.positions), np.uint32)
    number[vertices] = np.arange(len(vertices), dtype=np.uint32)
    return Band(
        triangles=triangles,
        vertices=vertices,
        indices=number[indices],
        positions=patch.positions[vertices],
        attributes=patch.attributes[vertices],
        free=free[vertices],
    )


def thinned(
    first: Band, second: Band, layout: Layout, weights: Singles, *, keep: float, most_error: float
) -> tuple[Strip, Strip]:
    """Both bands of an interface, simplified as one, so that `keep` of its vertices stay or the error is reached.

    `weights` are of the attributes against positions in metres, `most_error` is in metres.
    """
    count = len(first.positions)
    positions = np.concatenate([first.positions, second.positions])
    attributes = np.concatenate([first.attributes, second.attributes])
    indices = np.concatenate([first.indices, second.indices + np.uint32(count)])
    place, places = meshopt.remap(positions)
    side = np.repeat([0, 1], [count, len(second.positions)])
    copies = np.stack([np.bincount(place[side == s], minlength=places) for s in (0, 1)])
    bound = np.bincount(place[~np.concatenate([first.free, second.free])], minlength=places) > 0
    free = (copies > 0).all(axis=0) & ~bound
    target = len(indices) - round(2.0 * (1.0 - keep) * int(np.count_nonzero(free)))
    if not free.any() or target >= len(indices):
        return _unchanged(first), _unchanged(second)
    size = extent.longest_side(positions)
    out, moved, carried, _ = meshopt.simplify(
        indices,
        positions,
        attributes,
        weights / np.float32(size),
        ~free[place],
        target_triangles=max(target, 1),
        most_error=most_error / size,
    )
    _agree(place, np.flatnonzero(free & (copies == 1).all(axis=0)), side, attributes, carried)
    own = out[:, 0] < count
    return (
        _strip(first, out[own], moved[:count], carried[:count]),
        _strip(second, out[~own] - np.uint32(count), moved[count:], carried[count:]),
    )


def _agree(
    place: NDArray[np.uint32],
    free: NDArray[np.int64],
    side: NDArray[np.int64],
    before: Singles,
    after: Singles,
) -> None:
    """Both copies of a border vertex get the same attributes again, if they had."""
    where = np.zeros((2, int(place.max()) + 1), np.int64)
    for s in (0, 1):
        mine = np.flatnonzero(side == s)
        where[s, place[mine]] = mine
    one, two = where[0, free], where[1, free]
    same = (before[one] == before[two]).all(axis=1)
    one, two = one[same], two[same]
    after[one] = after[two] = (after[one] + after[two]) * np.float32(0.5)


def _unchanged(band: Band) -> Strip:
    nothing = np.zeros(0, np.int64)
    return Strip(nothing, band.indices[:0], nothing, band.positions[:0], band.attributes[:0])


def _strip(band: Band, indices: Indices, positions: Singles, attributes: Singles) -> Strip:
    free = np.flatnonzero(band.free)
    return Strip(
        gone=band.triangles,
        indices=band.vertices[indices].astype(np.uint32).reshape(-1, 3),
        moved=band.vertices[free],
        positions=positions[free],
        attributes=attributes[free],
    )


def with_strips(patch: Patch, strips: Sequence[Strip]) -> Patch:
    """The patch with its bands replaced."""
    if not strips:
        return patch
    positions, attributes = patch.positions.copy(), patch.attributes.copy()
    stays = np.ones(patch.triangles, bool)
    for strip in strips:
        stays[strip.gone] = False
        positions[strip.moved], attributes[strip.moved] = strip.positions, strip.attributes
    indices = np.concatenate([patch.indices[stays], *(strip.indices for strip in strips)])
    return welded(replace(patch, positions=positions, attributes=attributes, indices=indices))
