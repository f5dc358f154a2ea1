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
from scenes.counting import worded
from scenes.errors import Malformed
from tiling.mesh import Primitive

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pipeline.census import Census, Sieve
    from pipeline.mapped import Growing
    from tiling.mesh import Indices, Material, Model, Singles

_FARTHEST = 1e12  # metres; beyond it single precision cannot hold a model, and no museum reaches
_MOST_LOST = 0.5  # of a part's normals; beyond that the rest is not trusted either
_SHORT, _LONG = 0.98, 1.02
"""a normal within these lengths is a unit vector that was rounded, and not worth a word"""
_ROUNDED = 1e-3
"""a normal this near to length one is left as it is"""
_NO_LENGTH = 1e-6
_FEW = 0.05  # of the points
_LEFT = "[it was|they were] left as [it is|they are]"
_NEARLY_ALL, _SOME = 0.9, 0.02
"""of a part's triangles that are there from both sides: from here on one side is dropped, and is it told"""
_TRIANGLES = 1 << 19
"""of a piece: each may touch a page of its own for every corner"""
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
    # Loaded only here: a refusal needs none of the compiled code.
    from pipeline.census import Census

    store = store or Store(None)
    tally: dict[str, int] = {}
    census = Census(store)
    made = [_cleaned(primitive, len(model.materials), tally, census, store) for primitive in model.primitives]
    made = [(primitive, is_sheet) for primitive, is_sheet in made if len(primitive.indices)]
    primitives, materials = _drawn_from_both_sides(made, model.materials)
    report = [worded(count, line).format(count=f"{count:,}") for line, count in tally.items() if count]
    if not primitives:
        raise Malformed("; ".join(["no triangle can be shown", *model.report, *report]))
    return replace(model, primitives=primitives, materials=materials, report=(*model.report, *report, *census.report()))


def _drawn_from_both_sides(
    made: list[tuple[Primitive, bool]], materials: tuple[Material, ...]
) -> tuple[tuple[Primitive, ...], tuple[Material, ...]]:
    """The primitives, those of which one side is left with a material that is double-sided."""
    others = {primitive.material for primitive, is_sheet in made if not is_sheet}
    number: dict[int, int] = {}
    for material in sorted({primitive.material for primitive, is_sheet in made if is_sheet}):
        whole = replace(materials[material], double_sided=True)
        if material in others and not materials[material].double_sided:
            number[material] = len(materials)
            materials = (*materials, whole)
        else:
            materials = (*materials[:material], whole, *materials[material + 1 :])
    return tuple(
        replace(primitive, material=number.get(primitive.material, primitive.material)) if is_sheet else primitive
        for primitive, is_sheet in made
    ), materials


def _count(tally: dict[str, int], line: str, count: int) -> None:
    tally[line] = tally.get(line, 0) + int(count)


def _cleaned(
    primitive: Primitive, materials: int, tally: dict[str, int], census: Census, store: Store
) -> tuple[Primitive, bool]:
    """The primitive, and whether it was there from both sides and is now from one."""
    from pipeline.census import REASONS, Sieve

    bad, positions = _finite(primitive, tally, store)
    sieve = Sieve(store, positions, bad)
    indices = _filtered(primitive.indices, lambda part: sieve.shown(primitive.indices[part]), store)
    if sieve.may_be_copies():
        shown = indices
        indices = _filtered(shown, lambda part: sieve.first_of_kind(shown, part), store)
    for line, count in zip(REASONS, sieve.counts.tolist(), strict=True):
        _count(tally, line, count)
    primitive = replace(primitive, positions=positions, indices=indices)
    one_side = _one_side(primitive, sieve, tally, store)
    if one_side is not None:
        indices = one_side
        sieve = Sieve(store, positions, bad)
        for part in mapped.slices(len(indices), _TRIANGLES):
            sieve.shown(indices[part])
    if not 0 <= primitive.material < materials:
        _count(tally, "{count} [part|parts] named a material that is not there", 1)
    primitive = replace(
        primitive, indices=indices, material=primitive.material if 0 <= primitive.material < materials else 0
    )
    if not len(indices):
        return primitive, False
    census.add(positions, indices, sieve.cells, sieve.odd())
    primitive = _used(primitive, sieve, tally, store)
    uvs, second = (_mapped_uvs(each, tally, store) for each in (primitive.uvs, primitive.second_uvs))
    if uvs is not None:
        from pipeline.corners import unmapped

        line = "{count} [triangle has no area in its|triangles have no area in their] texture; " + _LEFT
        _count(tally, line, unmapped(primitive.indices, uvs))
    primitive = replace(primitive, uvs=uvs, second_uvs=second, normals=_unit_normals(primitive, tally, store))
    return primitive, one_side is not None


def _one_side(primitive: Primitive, sieve: Sieve, tally: dict[str, int], store: Store) -> Indices | None:
    """The triangles of one side, where nearly all are there from both; None where they are not."""
    from pipeline.twins import Pairs

    nothing = np.zeros((len(primitive.positions), 0), np.float32)
    beside = (primitive.uvs, primitive.second_uvs, primitive.colours)
    columns = (primitive.positions, *(nothing if each is None else each for each in beside))
    share = sieve.sample.share(columns)
    if share < _NEARLY_ALL:
        line = "about {count} [triangle is|triangles are] there from both sides, beside others; " + _LEFT
        _count(tally, line, round(share * len(primitive.indices)) if share > _SOME else 0)
        return None
    pairs = Pairs(store, primitive.indices, columns)
    kept = _filtered(primitive.indices, pairs.first, store)
    line = (
        "nearly all triangles were there twice, once from each side; {count} [was|were] left out, and the others are "
        "drawn from both sides"
    )
    _count(tally, line, len(primitive.indices) - len(kept))
    return kept


def _finite(primitive: Primitive, tally: dict[str, int], store: Store) -> tuple[NDArray[np.bool_] | None, Any]:
    """Which points have no place, None if all have one; the positions with zeros there."""
    from pipeline.corners import extent

    positions = primitive.positions
    _, _, lost = extent(positions, _FARTHEST)
    if not lost:
        return None, positions
    _count(tally, "{count} [point|points] had no finite position, or one a thousand million kilometres away", lost)
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


def _filtered(indices: Indices, keep: Callable[[slice], NDArray[np.bool_]], store: Store) -> Indices:
    """The triangles that are to be kept, which is asked part by part; the same array where that is all of them."""
    kept: Growing | None = None
    for part in mapped.slices(len(indices), _TRIANGLES):
        chosen = keep(part)
        if kept is None and not chosen.all():
            kept = store.growing(3, np.uint32)
            for _, piece in mapped.chunks(indices[: part.start]):
                kept.append(piece)
        if kept is not None:
            kept.append(indices[part][chosen])
        mapped.release(indices[part])
    return indices if kept is None else kept.done()


def _used(primitive: Primitive, sieve: Sieve, tally: dict[str, int], store: Store) -> Primitive:
    """Without points that no triangle names.

    If they are few, they stay as rows that nothing refers to, but at the place of another point, so that the model ends
    where its triangles do: to number all points anew would take longer than all the rest of the repair.
    """
    count = len(primitive.positions)
    unused = count - sum(int(sieve.used(part).sum()) for part in mapped.slices(count))
    if not unused:
        return primitive
    _count(tally, "{count} [point|points] belonged to no triangle; [it was|they were] left out", unused)
    if unused <= _FEW * count:
        place = primitive.positions[primitive.indices[0, 0]]
        positions = store.empty(primitive.positions.shape, primitive.positions.dtype)
        for start, piece in mapped.chunks(primitive.positions):
            part = slice(start, start + len(piece))
            positions[part] = piece
            positions[part][~sieve.used(part)] = place
            mapped.release(positions[part])
        return replace(primitive, positions=positions)
    return _numbered_anew(primitive, sieve, count - unused, store)


def _numbered_anew(primitive: Primitive, sieve: Sieve, kept: int, store: Store) -> Primitive:
    from pipeline.corners import renumbered

    count, before = len(primitive.positions), 0
    number: NDArray[np.uint32] = store.empty((count,), np.uint32)
    for part in mapped.slices(count):
        used = sieve.used(part)
        number[part] = np.cumsum(used, dtype=np.uint32) + np.uint32(before) - np.uint32(1)
        mapped.release(number[part])
        before += int(used.sum())
    indices: NDArray[np.uint32] = store.empty(primitive.indices.shape, np.uint32)
    for start, piece in mapped.chunks(primitive.indices):
        out = indices[start : start + len(piece)]
        renumbered(piece, number, out)
        mapped.release(out)
        mapped.release(number)

    def chosen(column: NDArray[Any] | None) -> Any:
        if column is None:
            return None
        out, at = store.empty((kept, column.shape[1]), column.dtype), 0
        for start, piece in mapped.chunks(column):
            rows = piece[sieve.used(slice(start, start + len(piece)))]
            out[at : at + len(rows)] = rows
            mapped.release(out[at : at + len(rows)])
            at += len(rows)
        return out

    return replace(
        primitive,
        indices=indices,
        positions=chosen(primitive.positions),
        normals=chosen(primitive.normals),
        uvs=chosen(primitive.uvs),
        colours=chosen(primitive.colours),
        second_uvs=chosen(primitive.second_uvs),
    )


def _unit_normals(primitive: Primitive, tally: dict[str, int], store: Store) -> Singles | None:
    """Normals of length one; none where too many are of no use, so that they are computed anew."""
    normals = primitive.normals
    if normals is None:
        return None
    from pipeline.corners import fill_normals, lengths

    lost, odd, rounded = lengths(normals, (_SHORT, _LONG), _ROUNDED)
    _count(tally, "{count} [normal|normals] had no direction; [it was|they were] computed anew", lost)
    _count(tally, "{count} [normal was|normals were] not of length one; [it was|they were] made so", odd)
    if lost > _MOST_LOST * len(normals):
        return None
    if not lost and not odd and not rounded:
        return normals
    out: NDArray[np.float32] = store.empty(normals.shape, np.float32)
    for start, piece in mapped.chunks(normals):
        length = _lengths(piece)[:, None]
        good = np.isfinite(length) & (length > _NO_LENGTH)
        with np.errstate(invalid="ignore"):  # of normals that are no numbers
            out[start : start + len(piece)] = np.where(good, piece / np.where(good, length, 1.0), 0.0)
        mapped.release(out[start : start + len(piece)])
    if lost:
        fill_normals(primitive.positions, primitive.indices, out, store)
    return out


def _lengths(normals: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(over="ignore", invalid="ignore"):
        lengths: NDArray[Any] = np.sqrt(np.einsum("ij,ij->i", normals, normals, dtype=np.float64))
    return lengths


def _mapped_uvs(uvs: Singles | None, tally: dict[str, int], store: Store) -> Singles | None:
    """Finite texture coordinates."""
    if uvs is None:
        return None
    lost = sum(len(piece) - int(np.isfinite(piece).all(axis=1).sum()) for _, piece in mapped.chunks(uvs))
    if not lost:
        return uvs
    _count(
        tally,
        "{count} [texture coordinate was|texture coordinates were] not finite; [it was|they were] set to zero",
        lost,
    )
    out: NDArray[np.float32] = store.empty(uvs.shape, np.float32)
    for start, piece in mapped.chunks(uvs):
        good = np.isfinite(piece).all(axis=1)
        out[start : start + len(piece)] = np.where(good[:, None], piece, np.float32(0.0))
        mapped.release(out[start : start + len(piece)])
    return out


def near_origin(
    model: Model,
    store: Store | None = None,
    extent: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
    *,
    at: tuple[float, float, float] | None = None,
) -> Model:
    """The model moved to an origin of its own, in whole metres, where it lies far off; its report says so.

    `extent` is its lowest and highest corner, where they are known. With `at` it is moved there, near or far: two
    models of one frame stay in one. One that lies near its own origin, and far from `at`, is of another frame.
    """
    from pipeline.units import bounds

    low, high = extent or bounds(model)
    is_near = max(np.abs(low).max(), np.abs(high).max()) <= FAR_M
    if not any(at) if at is not None else is_near:
        return model
    if at is not None and is_near and max(np.abs(low - at).max(), np.abs(high - at).max()) > FAR_M:
        return model
    store = store or Store(None)
    origin = np.round((low + high) / 2.0) if at is None else np.array(at)
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
    lies = (float(origin[0]), float(origin[1]), float(origin[2]))
    return replace(model, primitives=tuple(moved), report=(*model.report, line), origin=lies)
