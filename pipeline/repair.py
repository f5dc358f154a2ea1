"""Dirty models made clean, with a report in words of what was found and done.

Only what cannot be shown is taken away; nothing is invented. A model of which nothing is left is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from scenes.errors import Malformed
from tiling import meshopt
from tiling.mesh import Primitive
from tiling.normals import with_normals
from tiling.patch import named_by, without_degenerates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Floats, Indices, Model

_FARTHEST = 1e12  # metres; beyond it single precision cannot hold a model, and no museum reaches
_MOST_LOST = 0.5  # of a part's normals; beyond that the rest is not trusted either
FAR_M = 10_000.0
"""beyond this a model is moved to an origin of its own: single precision steps by a millimetre there"""


def repaired(model: Model) -> Model:
    """The model without what cannot be shown.

    Raises:
        Malformed: no triangle is left.
    """
    tally: dict[str, int] = {}
    primitives = tuple(_cleaned(primitive, len(model.materials), tally) for primitive in model.primitives)
    primitives = tuple(primitive for primitive in primitives if len(primitive.indices))
    report = [line.format(count=f"{count:,}") for line, count in tally.items() if count]
    if not primitives:
        raise Malformed("; ".join(["no triangle can be shown", *model.report, *report]))
    shifted, line = _near_origin(primitives)
    return replace(model, primitives=shifted, report=(*model.report, *report, *line))


def _count(tally: dict[str, int], line: str, count: int) -> None:
    tally[line] = tally.get(line, 0) + int(count)


def _cleaned(primitive: Primitive, materials: int, tally: dict[str, int]) -> Primitive:
    indices = primitive.indices
    count = len(primitive.positions)
    inside = (indices < count).all(axis=1) if len(indices) and int(indices.max()) >= count else None
    if inside is not None:
        _count(tally, "{count} triangles named points that are not there; they were left out", int((~inside).sum()))
        indices = indices[inside]
    magnitude = np.abs(primitive.positions).max(axis=1) if count else np.zeros(0)
    bad = ~(magnitude <= _FARTHEST)
    positions = primitive.positions
    if bad.any():
        touching = bad[indices].any(axis=1)
        _count(tally, "{count} points had no finite position", int(bad.sum()))
        _count(tally, "{count} triangles at such points were left out", int(touching.sum()))
        indices = indices[~touching]
        positions = np.where(bad[:, None], 0.0, positions)
    proper = without_degenerates(positions, indices)
    _count(tally, "{count} triangles without area were left out", len(indices) - len(proper))
    single = _once(proper)
    _count(tally, "{count} triangles stood there twice; one of each was kept", len(proper) - len(single))
    if not 0 <= primitive.material < materials:
        _count(tally, "{count} parts named a material that is not there", 1)
    return replace(
        primitive,
        positions=positions,
        indices=single,
        normals=_unit_normals(primitive.normals, positions, single, tally),
        uvs=_finite(primitive.uvs, tally),
        material=primitive.material if 0 <= primitive.material < materials else 0,
    )


def _once(indices: Indices) -> Indices:
    """Each triangle once, whichever corner it begins with."""
    if not len(indices):
        return indices
    first = np.argmin(indices, axis=1)
    turned = np.take_along_axis(indices, (first[:, None] + np.arange(3)) % 3, axis=1)
    table, count = meshopt.remap(np.ascontiguousarray(turned))
    if count == len(indices):
        return indices
    # Numbers are given in order of first appearance, so a triangle is the first of its kind where its number is new.
    return indices[np.flatnonzero(np.diff(np.maximum.accumulate(table.astype(np.int64)), prepend=-1))]


def _unit_normals(
    normals: NDArray[np.float32] | None, positions: Floats, indices: Indices, tally: dict[str, int]
) -> NDArray[np.float32] | None:
    """Normals of length one; none where too many are of no use, so that they are computed anew."""
    if normals is None:
        return None
    length = np.linalg.norm(normals, axis=1)
    good = np.isfinite(length) & (length > 1e-6)
    if not good.all():
        lost = ~good & named_by(indices, len(normals))
        if lost.any():
            _count(tally, "{count} normals had no direction; they were computed anew", int(lost.sum()))
            if lost.mean() > _MOST_LOST:
                return None
            bare = Primitive(positions, indices)
            computed = with_normals(bare).normals
            assert computed is not None
            normals = np.where(lost[:, None], computed[: len(normals)], normals)
            length = np.linalg.norm(normals, axis=1)
    good = np.isfinite(length) & (length > 1e-6)
    return np.where(good[:, None], normals / np.where(good, length, 1.0)[:, None], 0.0).astype(np.float32)


def _finite(uvs: NDArray[np.float32] | None, tally: dict[str, int]) -> NDArray[np.float32] | None:
    if uvs is None:
        return None
    bad = ~(np.isfinite(uvs[:, 0]) & np.isfinite(uvs[:, 1]))
    if not bad.any():
        return uvs
    _count(tally, "{count} texture coordinates were not finite; they were set to zero", int(bad.sum()))
    return np.where(bad[:, None], np.float32(0.0), uvs)


def _near_origin(primitives: tuple[Primitive, ...]) -> tuple[tuple[Primitive, ...], list[str]]:
    """The model moved to an origin of its own, in whole metres, where it lies far off."""
    used = [p.positions[named_by(p.indices, len(p.positions))] for p in primitives]
    low = np.min([positions.min(axis=0) for positions in used], axis=0)
    high = np.max([positions.max(axis=0) for positions in used], axis=0)
    if max(np.abs(low).max(), np.abs(high).max()) <= FAR_M:
        return primitives, []
    origin = np.round((low + high) / 2.0)
    moved = tuple(replace(primitive, positions=primitive.positions - origin) for primitive in primitives)
    x, y, z = (f"{value:,.0f}" for value in origin)
    return moved, [f"the model lies far from its origin; it was moved so that ({x}, {y}, {z}) is the new origin"]
