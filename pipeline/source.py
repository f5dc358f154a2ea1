"""A model as the tiler reads it: one numbering over all triangles, gone through in pieces, dealt out to leaves."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pipeline import mapped
from pipeline.compiled import njit
from tiling import cells, extent
from tiling.patch import coarse_origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tiling.mesh import Floats, Indices, Model, Primitive, Singles

_ROWS = 1 << 19
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Source:
    """The primitives that have triangles, and where each one's triangles begin in the numbering."""

    primitives: tuple[Primitive, ...]
    starts: NDArray[np.int64]
    names: tuple[str, ...]
    """of features, by number; empty where there is but one"""

    @property
    def triangles(self) -> int:
        """Triangles of all primitives."""
        return int(self.starts[-1])


@dataclass(frozen=True, slots=True)
class Dealt:
    """Triangle numbers by leaf: leaf i has order[offsets[i]:offsets[i + 1]], ascending."""

    cells: cells.Cells
    order: NDArray[np.uint32]
    offsets: NDArray[np.int64]


def of(model: Model) -> Source:
    """The source of a model; its primitives are numbered by their names, if they have more than one."""
    filled = [primitive for primitive in model.primitives if len(primitive.indices)]
    names = list(dict.fromkeys(primitive.name for primitive in filled))
    if len(names) > 1:
        number = {name: at for at, name in enumerate(names)}
        filled = [replace(primitive, feature=number[primitive.name]) for primitive in filled]
    return Source(
        tuple(filled),
        np.cumsum([0] + [len(primitive.indices) for primitive in filled]),
        tuple(names) if len(names) > 1 else (),
    )


def origin(source: Source) -> Floats:
    """What positions are taken relative to."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for primitive in source.primitives:
        for _, piece in mapped.chunks(primitive.positions):
            own_low, own_high = extent.low_high(piece)
            low, high = np.minimum(low, own_low), np.maximum(high, own_high)
    return coarse_origin(low, high)


def dealt(source: Source, about: Floats, depth: int, scratch: Path | None, *, workers: int = 1) -> Dealt:
    """Deal all triangles out to 2^depth leaves. Working arrays as long as the model are put in `scratch`, if given."""
    store = mapped.Store(scratch)
    # Corners are looked up all over memory, so once only: their middles stand in a row.
    middles = store.empty((source.triangles, 3), np.float32)
    tree = cells.kd(_sampled(source, about, cells.samples_for(depth), middles, workers), depth)
    leaf = store.empty((source.triangles,), np.int32)

    def leaves(_: Primitive, start: int, indices: Indices) -> NDArray[np.int64]:
        part = slice(start, start + len(indices))
        leaf[part] = found = tree.leaf_of(middles[part])
        mapped.release(middles[part])
        mapped.release(leaf[part])
        return np.bincount(found, minlength=1 << depth)

    counts = sum(_by_pieces(source, leaves, workers), np.zeros(1 << depth, np.int64))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    order = store.empty((source.triangles,), np.uint32)
    fill = offsets[:-1].copy()
    for start, piece in mapped.chunks(leaf, _ROWS):
        _place(piece, start, fill, order)
        mapped.release(order)
    return Dealt(tree, order, offsets)


def _by_pieces(source: Source, function: Callable[[Primitive, int, Indices], _Found], workers: int) -> Iterator[_Found]:
    """In order what a function says of pieces of primitives, given the numbers of their first triangles."""
    pieces = (
        (primitive, int(begin) + start, indices)
        for primitive, begin in zip(source.primitives, source.starts, strict=False)
        for start, indices in mapped.chunks(primitive.indices, _ROWS)
    )
    with ThreadPoolExecutor(workers) as pool:
        # So many at a time, because pieces of a mapped model are in memory for as long.
        while some := list(islice(pieces, workers)):
            yield from pool.map(function, *zip(*some, strict=True))
            for primitive, _, _ in some:
                mapped.release(primitive.positions)


def _sampled(source: Source, about: Floats, count: int, middles: Singles, workers: int) -> Singles:
    """Centroids of that many to twice as many triangles (k, 3), relative to `about`; those of all go into `middles`.

    A triangle is chosen by where it lies and not by its number: one that is cut out changes no other's lot.
    """
    every = 1 << max(0, (source.triangles // count).bit_length() - 1)

    def centroids(primitive: Primitive, start: int, indices: Indices) -> Singles:
        part = middles[start : start + len(indices)]
        chosen: Singles = part.take(_middles(primitive.positions, indices, about, every, part), axis=0)
        mapped.release(part)
        return chosen

    return np.concatenate(list(_by_pieces(source, centroids, workers)))


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _middles(
    positions: Singles | Floats, indices: Indices, about: Floats, every: int, out: Singles
) -> NDArray[np.int64]:  # pragma: no cover - compiled
    """Middles of triangles relative to `about` into `out`; and on which a lot falls, one in `every`, a power of two.

    It is drawn from the bits of their corners.
    """
    chosen, count = np.empty(len(indices), np.int64), 0
    x0, y0, z0 = 3.0 * about[0], 3.0 * about[1], 3.0 * about[2]
    for row in range(len(indices)):
        a, b, c = indices[row, 0], indices[row, 1], indices[row, 2]
        x, y, z = np.float64(positions[a, 0]), np.float64(positions[a, 1]), np.float64(positions[a, 2])
        total = x + 3.0 * np.float64(positions[b, 1]) + 5.0 * np.float64(positions[c, 2])
        # One by one, not in a loop over an array: that takes twice as long.
        out[row, 0] = np.float32((x + positions[b, 0] + positions[c, 0] - x0) / 3.0)
        out[row, 1] = np.float32((y + positions[b, 1] + positions[c, 1] - y0) / 3.0)
        out[row, 2] = np.float32((z + positions[b, 2] + positions[c, 2] - z0) / 3.0)
        # SplitMix64's last steps: low bits of such sums are often zero.
        lot = np.float64(total).view(np.uint64)
        lot = (lot ^ (lot >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        lot = (lot ^ (lot >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        if (lot ^ (lot >> np.uint64(31))) & np.uint64(every - 1) == 0:
            chosen[count] = row
            count += 1
    return chosen[:count]


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _place(
    leaf: NDArray[np.int32], start: int, fill: NDArray[np.int64], order: NDArray[np.uint32]
) -> None:  # pragma: no cover - compiled
    for row in range(len(leaf)):
        at = leaf[row]
        order[fill[at]] = np.uint32(start + row)
        fill[at] += 1


@njit(cache=True, nogil=True)  # type: ignore[misc, unused-ignore]
def _renumbered(
    indices: Indices, triangles: NDArray[np.uint32], begin: int
) -> tuple[Indices, NDArray[np.uint32]]:  # pragma: no cover - compiled
    """Some triangles over their vertices only, numbered by first use, and which vertices those are.

    By a table of numbers that are known, eight that follow each other side by side: in what a scan holds near each
    other they are, too. (Rows hashed as bytes took six times as long.)
    """
    out, vertices = np.empty((len(triangles), 3), np.uint32), np.empty(3 * len(triangles), np.uint32)
    bits = 3
    while 1 << bits < 4 * len(triangles):
        bits += 1
    known, count = np.zeros(1 << bits, np.uint32), np.uint32(0)  # numbers from 1 on; 0 is none
    mask = np.uint32((1 << bits) - 1)
    for row in range(len(triangles)):
        triangle = np.int64(triangles[row]) - begin
        for corner in range(3):
            vertex = indices[triangle, corner]
            spread = np.uint32(np.uint32(vertex >> np.uint32(3)) * np.uint32(0x9E3779B1))
            at = np.uint32(np.uint32(spread >> np.uint32(35 - bits)) << np.uint32(3)) | (vertex & np.uint32(7))
            while known[at] != 0 and vertices[known[at] - np.uint32(1)] != vertex:
                at = np.uint32(at + np.uint32(1)) & mask
            if known[at] == 0:
                vertices[count] = vertex
                count += np.uint32(1)
                known[at] = count
            out[row, corner] = known[at] - np.uint32(1)
    return out, vertices[:count].copy()


def gathered(source: Source, triangles: NDArray[np.uint32]) -> list[Primitive]:
    """These triangles (ascending numbers), as parts of the primitives that they belong to, with their vertices only."""
    bounds = np.searchsorted(triangles, source.starts)
    found = []
    for primitive, begin, low, high in zip(source.primitives, source.starts, bounds, bounds[1:], strict=False):
        if low == high:
            continue
        indices, vertices = _renumbered(primitive.indices, triangles[low:high], int(begin))
        # (`take` takes a fifth of the time of brackets, where rows are short.)
        found.append(
            replace(
                primitive,
                positions=primitive.positions.take(vertices, axis=0),
                indices=indices,
                normals=None if primitive.normals is None else primitive.normals.take(vertices, axis=0),
                uvs=None if primitive.uvs is None else primitive.uvs.take(vertices, axis=0),
                colours=None if primitive.colours is None else primitive.colours.take(vertices, axis=0),
                second_uvs=None if primitive.second_uvs is None else primitive.second_uvs.take(vertices, axis=0),
            )
        )
        columns = (primitive.positions, primitive.normals, primitive.uvs, primitive.second_uvs, primitive.colours)
        for array in (primitive.indices, *columns):
            if array is not None:
                mapped.release(array)
    return found
