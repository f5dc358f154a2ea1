"""The steps of a cloud's tiling on records that are in memory: sorting, what lies near a side, writing a tile."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import compress
from pipeline.clouds import document
from pipeline.clouds.records import columns, places_of, taken
from pipeline.compiled import njit
from tiling import points_code, points_levels, points_order
from tiling.points_levels import Nodes
from tiling.points_order import DEEPEST

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.clouds.records import Frame
    from tiling.mesh import Floats


MOST = 100_000
"""points of a tile: some 600 kB, and a sixteenth of all points are in tiles that are not the finest"""


@dataclass(frozen=True, slots=True)
class Context:
    """What all steps share."""

    frame: Frame
    out: Path
    is_coded: bool
    """whether a brotli copy is written beside each tile"""
    most: int = MOST
    """points of a node that is not parted"""

    def metres(self, places: NDArray[np.uint32], about: Floats) -> NDArray[np.float32]:
        """Places in steps as metres from some place, (n, 3) float32."""
        found: NDArray[np.float32] = _metres(places, self.frame.step, about)
        return found


@dataclass(frozen=True, slots=True)
class Ordered:
    """Records in an order that keeps together what becomes a tile."""

    rows: NDArray[np.void]
    places: NDArray[np.uint32]
    """(n, 3) steps; of all records, once more by themselves"""


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile that was written."""

    digest: str
    """empty: it holds no point, and there is no file"""
    byte_length: int
    coded_length: int
    points: int
    error: float
    low: Floats
    high: Floats
    """(3,) metres, asset frame; of its own points"""
    parent: int = -1


@dataclass(frozen=True, slots=True)
class Coded:
    """A tile's bytes, and the box about its points."""

    data: bytes
    zipped: bytes
    """the same by brotli"""
    low: Floats
    high: Floats


@njit(cache=True, nogil=True)
def _metres(places: Any, step: Any, about: Any) -> Any:
    out = np.empty((len(places), 3), np.float32)
    for at in range(len(places)):
        for axis in range(3):
            out[at, axis] = places[at, axis] * step[axis] - about[axis]
    return out


def in_order(
    context: Context, rows: NDArray[np.void], depth: int, *, most: int, bits: int
) -> tuple[Ordered, NDArray[np.uint64], Nodes]:
    """Records of a cell in the order of their codes, the codes, and the octree below the cell.

    At first `bits` bits of each coordinate are looked at; where points crowd together in cells of those, all.
    """
    cube = context.frame.cube
    found = points_order.codes(rows["place"], cube.inverse)
    fine = cube.fineness.bit_length() - 2
    while True:
        own = min(bits, DEEPEST - depth)
        order = points_order.ascending(found, 3 * (DEEPEST - depth - own), 3 * own)
        sorted_codes = found[order]
        tree = points_levels.nodes(sorted_codes, depth, most=most, deepest=depth + max(own - fine, 0))
        leaves = tree.is_leaf & (tree.last - tree.first > most)
        if own == DEEPEST - depth or not leaves.any():
            rows = taken(rows, order)
            return Ordered(rows, places_of(rows)), sorted_codes, tree
        bits = DEEPEST


def border(
    context: Context,
    places: NDArray[np.uint32],
    level: NDArray[np.int8],
    depth: int,
    sides: tuple[Floats, Floats],
) -> NDArray[np.uint32]:
    """Places of points that are shown at a depth and lie beyond the sides, metres, of a smaller box in their cell."""
    low, high = sides
    found: NDArray[np.uint32] = _border(places, level, depth, context.frame.step, low, high)
    return found


@njit(cache=True, nogil=True)
def _border(  # noqa: PLR0917 - numba knows no keywords
    places: Any, level: Any, depth: int, step: Any, low: Any, high: Any
) -> Any:
    chosen = np.empty(len(places), np.int64)
    count = 0
    for at in range(len(places)):
        if level[at] > depth:
            continue
        for axis in range(3):
            metres = places[at, axis] * step[axis]
            if metres <= low[axis] or metres >= high[axis]:
                chosen[count] = at
                count += 1
                break
    return places[chosen[:count]]


def coded(context: Context, points: Ordered, held: NDArray[np.int64]) -> Coded:
    """A tile of some of the points."""
    of, box = context.frame, points_code.reach_of(points.places, held)
    order = points_code.strips(points.places, held, box)
    packed = points_code.packed(points.places, order, box, **columns(points.rows, order, of))
    data = document.tile_glb(packed, step=of.step, base=of.base)
    low, high = (of.base + corner * of.step for corner in box)
    return Coded(data, compress.brotlied(data) or data, low, high)


def emit(context: Context, points: Ordered, held: NDArray[np.int64], error: float, *, parent: int = -1) -> Tile:
    """Write a tile of some of the points; one that is there already has the same bytes."""
    if not len(held):
        return Tile("", 0, 0, 0, error, np.full(3, np.inf), np.full(3, -np.inf), parent)
    made = coded(context, points, held)
    digest = hashlib.sha256(made.data).hexdigest()
    path = context.out / f"{digest}.glb"
    path.write_bytes(made.data)
    if context.is_coded:
        path.with_name(f"{path.name}.br").write_bytes(made.zipped)
    return Tile(digest, len(made.data), len(made.zipped), len(held), error, made.low, made.high, parent)
