"""A model as the tiler reads it: one numbering over all triangles, gone through in pieces, dealt out to leaves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline import mapped
from tiling import cells, extent, meshopt
from tiling.patch import coarse_origin

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from tiling.mesh import Floats, Model, Primitive, Singles

_ROWS = 1 << 16


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


def dealt(source: Source, about: Floats, depth: int, scratch: Path | None) -> Dealt:
    """Deal all triangles out to 2^depth leaves. Working arrays as long as the model are put in `scratch`, if given."""
    every = max(1, source.triangles // cells.MOST_SAMPLES)
    sample = [points[(-start) % every :: every] for start, points in _centroids(source, about)]
    tree = cells.kd(np.concatenate(sample), depth)
    del sample
    store = mapped.Store(scratch)
    leaf = store.empty((source.triangles,), np.int32)
    counts = np.zeros(1 << depth, np.int64)
    for start, points in _centroids(source, about):
        found = tree.leaf_of(points)
        leaf[start : start + len(found)] = found
        mapped.release(leaf[start : start + len(found)])
        counts += np.bincount(found, minlength=len(counts))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    order = store.empty((source.triangles,), np.uint32)
    fill = offsets[:-1].copy()
    for start, piece in mapped.chunks(leaf):
        # Within a piece sorted by leaf, so that what is written to the file are runs.
        ranked = np.argsort(piece, kind="stable")
        own = np.bincount(piece, minlength=len(counts))
        first = np.cumsum(own) - own
        order[(fill - first)[piece[ranked]] + np.arange(len(ranked))] = (start + ranked).astype(np.uint32)
        fill += own
        mapped.release(order)
    return Dealt(tree, order, offsets)


def _centroids(source: Source, about: Floats) -> Iterator[tuple[int, Singles]]:
    """Number of the first triangle and centroids (k, 3), relative to `about`, of piece after piece."""
    for primitive, begin in zip(source.primitives, source.starts, strict=False):
        shift = (3.0 * about).astype(np.float64)
        for start, indices in mapped.chunks(primitive.indices, _ROWS):
            positions = primitive.positions
            total = positions[indices[:, 0]].astype(np.float64)
            total += positions[indices[:, 1]]
            total += positions[indices[:, 2]]
            mapped.release(positions)
            yield int(begin) + start, ((total - shift) / 3.0).astype(np.float32)


def gathered(source: Source, triangles: NDArray[np.uint32]) -> list[Primitive]:
    """These triangles (ascending numbers), as parts of the primitives that they belong to, with their vertices only."""
    bounds = np.searchsorted(triangles, source.starts)
    found = []
    for primitive, begin, low, high in zip(source.primitives, source.starts, bounds, bounds[1:], strict=False):
        if low == high:
            continue
        indices = primitive.indices[triangles[low:high] - np.uint32(begin)]
        number, count = meshopt.remap(np.ascontiguousarray(indices.reshape(-1)))
        first = np.empty(count, np.int64)
        first[number[::-1]] = np.arange(len(number) - 1, -1, -1)
        vertices = indices.reshape(-1)[first]
        found.append(
            replace(
                primitive,
                positions=primitive.positions[vertices],
                indices=number.reshape(-1, 3),
                normals=None if primitive.normals is None else primitive.normals[vertices],
                uvs=None if primitive.uvs is None else primitive.uvs[vertices],
                colours=None if primitive.colours is None else primitive.colours[vertices],
            )
        )
        for array in (primitive.indices, primitive.positions, primitive.normals, primitive.uvs, primitive.colours):
            if array is not None:
                mapped.release(array)
    return found
