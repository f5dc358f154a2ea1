"""Dirty models made clean, with a report in words of what was found and done.

Only what cannot be shown is taken away; nothing is invented. A model of which nothing is left is refused. All is done
in pieces, so that the arrays may be mapped, and what is clean is not copied.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from pipeline.mapped import Store
from scenes.errors import Malformed
from tiling.mesh import Primitive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Indices, Model, Singles

_FARTHEST = 1e12  # metres; beyond it single precision cannot hold a model, and no museum reaches
_MOST_LOST = 0.5  # of a part's normals; beyond that the rest is not trusted either
_SHORT, _LONG = 0.98, 1.02
"""a normal within these lengths is a unit vector that was rounded, and not worth a word"""
FAR_M = 10_000.0
"""beyond this a model is moved to an origin of its own: single precision steps by a millimetre there"""


def repaired(model: Model, store: Store | None = None) -> Model:
    """The model without what cannot be shown, near its origin.

    Raises:
        Malformed: no triangle is left.
    """
    return near_origin(cleaned(model, store), store)


def cleaned(model: Model, store: Store | None = None) -> Model:
    """The model without what cannot be shown.

    Raises:
        Malformed: no triangle is left.
    """
    store = store or Store(None)
    tally: dict[str, int] = {}
    primitives = tuple(_cleaned(primitive, len(model.materials), tally, store) for primitive in model.primitives)
    primitives = tuple(primitive for primitive in primitives if len(primitive.indices))
    report = [line.format(count=f"{count:,}") for line, count in tally.items() if count]
    if not primitives:
        raise Malformed("; ".join(["no triangle can be shown", *model.report, *report]))
    return replace(model, primitives=primitives, report=(*model.report, *report))


def _count(tally: dict[str, int], line: str, count: int) -> None:
    tally[line] = tally.get(line, 0) + int(count)


def _cleaned(primitive: Primitive, materials: int, tally: dict[str, int], store: Store) -> Primitive:
    bad, positions = _finite(primitive, tally, store)
    indices = _proper(primitive.indices, positions, bad, tally, store)
    if not 0 <= primitive.material < materials:
        _count(tally, "{count} parts named a material that is not there", 1)
    primitive = replace(
        primitive,
        positions=positions,
        indices=indices,
        material=primitive.material if 0 <= primitive.material < materials else 0,
    )
    primitive = _used(primitive, tally, store)
    if not len(primitive.indices):
        return primitive
    _look(primitive, tally)
    primitive = replace(primitive, uvs=_mapped_uvs(primitive, tally, store))
    return replace(primitive, normals=_unit_normals(primitive, tally, store))


def _finite(primitive: Primitive, tally: dict[str, int], store: Store) -> tuple[NDArray[np.bool_] | None, Any]:
    """Which points have no place, None if all have one; the positions with zeros there."""
    positions = primitive.positions
    lost = 0
    for _, piece in mapped.chunks(positions):
        lost += len(piece) - int(_is_placed(piece).sum())
    if not lost:
        return None, positions
    _count(tally, "{count} points had no finite position", lost)
    bad, out = store.empty((len(positions),), np.bool_), store.empty(positions.shape, positions.dtype)
    for start, piece in mapped.chunks(positions):
        part = slice(start, start + len(piece))
        bad[part] = ~_is_placed(piece)
        out[part] = np.where(bad[part, None], positions.dtype.type(0), piece)
        mapped.release(out[part])
    return bad, out


def _is_placed(positions: NDArray[Any]) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = (np.abs(positions) <= _FARTHEST).all(axis=1)
    return inside


def _proper(
    indices: Indices, positions: NDArray[Any], bad: NDArray[np.bool_] | None, tally: dict[str, int], store: Store
) -> Indices:
    """The triangles that can be shown, each once; the same array where that is all of them."""
    # Loaded only here: a refusal needs none of the compiled code.
    from pipeline.corners import Seen

    count = len(positions)
    seen = Seen(store, indices, count)
    kept: Any = None
    for part in mapped.slices(len(indices)):
        rows = indices[part]
        keep: NDArray[np.bool_] = np.ones(len(rows), np.bool_)
        if count == 0 or int(rows.max()) >= count:
            keep &= (rows < count).all(axis=1)
            _count(tally, "{count} triangles named points that are not there; they were left out", (~keep).sum())
        if bad is not None:
            touching = keep.copy()
            touching[keep] = bad[rows[keep]].any(axis=1)
            _count(tally, "{count} triangles at such points were left out", touching.sum())
            keep &= ~touching
        flat = keep.copy()
        flat[keep] = _without_area(positions, rows if keep.all() else rows[keep])
        _count(tally, "{count} triangles without area were left out", flat.sum())
        keep &= ~flat
        again = seen.again(part.start, part.stop) & keep
        _count(tally, "{count} triangles stood there twice; one of each was kept", again.sum())
        keep &= ~again
        if kept is None and not keep.all():
            kept = store.growing(3, np.uint32)
            for _, piece in mapped.chunks(indices[: part.start]):
                kept.append(piece)
        if kept is not None:
            kept.append(rows[keep])
        mapped.release(rows)
        mapped.release(positions)
    return indices if kept is None else kept.done()


def _without_area(positions: NDArray[Any], rows: Indices) -> NDArray[np.bool_]:
    """Triangles of which two corners are one place. (Three in a line stay: to drop them would open a seam.)"""
    from pipeline.corners import flat

    return flat(positions, rows)


def _used(primitive: Primitive, tally: dict[str, int], store: Store) -> Primitive:
    """Without points that no triangle names."""
    count = len(primitive.positions)
    named: NDArray[np.bool_] = store.empty((count,), np.bool_)
    named[:] = False
    for _, piece in mapped.chunks(primitive.indices):
        named[piece.reshape(-1)] = True
    kept = int(named.sum())
    if kept == count or not kept:
        return primitive
    _count(tally, "{count} points belonged to no triangle; they were left out", count - kept)
    number: NDArray[np.uint32] = store.empty((count,), np.uint32)
    before = 0
    for part in mapped.slices(count):
        number[part] = np.cumsum(named[part], dtype=np.uint32) + np.uint32(before) - np.uint32(1)
        before += int(named[part].sum())
    indices: NDArray[np.uint32] = store.empty(primitive.indices.shape, np.uint32)
    for start, piece in mapped.chunks(primitive.indices):
        indices[start : start + len(piece)] = number[piece]
        mapped.release(indices[start : start + len(piece)])
    columns: dict[str, Any] = {"positions": primitive.positions, "normals": primitive.normals}
    columns |= {"uvs": primitive.uvs, "colours": primitive.colours}
    smaller = {name: _chosen(column, named, kept, store) for name, column in columns.items() if column is not None}
    return replace(primitive, indices=indices, **smaller)


def _chosen(column: NDArray[Any], named: NDArray[np.bool_], kept: int, store: Store) -> Any:
    out = store.empty((kept, column.shape[1]), column.dtype)
    at = 0
    for start, piece in mapped.chunks(column):
        rows = piece[named[start : start + len(piece)]]
        out[at : at + len(rows)] = rows
        mapped.release(out[at : at + len(rows)])
        at += len(rows)
    return out


def _look(primitive: Primitive, tally: dict[str, int]) -> None:
    """Count what is kept but worth a word: triangles that wind the other way than their neighbours, or lack a map."""
    from pipeline.corners import opposed, unmapped

    _count(tally, "{count} edges join triangles that face opposite ways; they were left as they are",
           opposed(primitive.indices, len(primitive.positions)))  # fmt: skip
    if primitive.uvs is not None:
        _count(tally, "{count} triangles have no area in their texture; they were left as they are",
               unmapped(primitive.indices, primitive.uvs))  # fmt: skip


def _unit_normals(primitive: Primitive, tally: dict[str, int], store: Store) -> Singles | None:
    """Normals of length one; none where too many are of no use, so that they are computed anew."""
    normals = primitive.normals
    if normals is None:
        return None
    lost, odd = 0, 0
    for _, piece in mapped.chunks(normals):
        length = _lengths(piece)
        none = ~(np.isfinite(length) & (length > 1e-6))
        lost += int(none.sum())
        odd += int((~none & ((length < _SHORT) | (length > _LONG))).sum())
    _count(tally, "{count} normals had no direction; they were computed anew", lost)
    _count(tally, "{count} normals were not of length one; they were made so", odd)
    if lost > _MOST_LOST * len(normals):
        return None
    out: NDArray[np.float32] = store.empty(normals.shape, np.float32)
    for start, piece in mapped.chunks(normals):
        length = _lengths(piece)[:, None]
        out[start : start + len(piece)] = np.where(length > 1e-6, piece / np.where(length > 1e-6, length, 1.0), 0.0)
        mapped.release(out[start : start + len(piece)])
    if lost:
        from pipeline.corners import fill_normals

        fill_normals(primitive.positions, primitive.indices, out)
    return out


def _lengths(normals: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(over="ignore", invalid="ignore"):
        lengths: NDArray[Any] = np.sqrt(np.einsum("ij,ij->i", normals, normals, dtype=np.float64))
    return lengths


def _mapped_uvs(primitive: Primitive, tally: dict[str, int], store: Store) -> Singles | None:
    """Finite texture coordinates."""
    uvs = primitive.uvs
    if uvs is None:
        return None
    lost = sum(len(piece) - int(np.isfinite(piece).all(axis=1).sum()) for _, piece in mapped.chunks(uvs))
    if not lost:
        return uvs
    _count(tally, "{count} texture coordinates were not finite; they were set to zero", lost)
    out: NDArray[np.float32] = store.empty(uvs.shape, np.float32)
    for start, piece in mapped.chunks(uvs):
        good = np.isfinite(piece).all(axis=1)
        out[start : start + len(piece)] = np.where(good[:, None], piece, np.float32(0.0))
        mapped.release(out[start : start + len(piece)])
    return out


def near_origin(model: Model, store: Store | None = None) -> Model:
    """The model moved to an origin of its own, in whole metres, where it lies far off; its report says so."""
    from pipeline.units import bounds

    low, high = bounds(model)
    if max(np.abs(low).max(), np.abs(high).max()) <= FAR_M:
        return model
    store = store or Store(None)
    origin = np.round((low + high) / 2.0)
    moved = []
    for primitive in model.primitives:
        # Moved as doubles: float32 holds a small difference of large numbers, but it cannot hold a small sum of them.
        out: NDArray[np.float64] = store.empty(primitive.positions.shape, np.float64)
        for start, piece in mapped.chunks(primitive.positions):
            out[start : start + len(piece)] = piece - origin
            mapped.release(out[start : start + len(piece)])
        moved.append(replace(primitive, positions=out))
    x, y, z = (f"{value:,.0f}" for value in origin)
    line = f"the model lies far from its origin; it was moved so that ({x}, {y}, {z}) is the new origin"
    return replace(model, primitives=tuple(moved), report=(*model.report, line))
