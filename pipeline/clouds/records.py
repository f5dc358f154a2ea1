"""Points as records of a few bytes: whole steps from the cloud's lowest corner, y up, and what else is known of them.

This is what is sorted and kept aside. Positions of a file that has whole numbers stay what they are (turned, so that y
is up); others, and all where a coarser precision was asked for, are rounded to steps once, here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.compiled import njit
from pipeline.repair import FAR_M
from pipeline.units import UNITS, UPS
from tiling import meshopt, points_colour, points_order
from tiling.points_code import WIDEST
from tiling.points_levels import Cube

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.clouds.source import Head, Points
    from tiling.mesh import Floats

FINENESS = 128
"""a tile's side by the least distance of its points: about 10,000 of them on a flat surface"""
_OF_DISTANCE = 1024
"""steps in the distance of points of a cloud whose file has no steps"""
_COARSEST_M = 0.001
_MOST_STEPS = 1 << 31
_REDUCED_INTENSITY = 3
"""bits that a reduced intensity keeps: true to a sixteenth"""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where steps lie, and what a record holds."""

    step: Floats
    """(3,) metres, asset frame"""
    base: Floats
    """(3,) metres: where step 0 lies in the asset's frame"""
    extent: NDArray[np.int64]
    """(3,) steps"""
    axes: NDArray[np.int64]
    """(3,) axis of the file along each of ours"""
    factor: Floats
    """(3,) steps in a unit of positions as a chunk has them, negative where the axis is turned round"""
    offset: Floats
    """(3,) steps"""
    origin: tuple[float, float, float]
    """where the asset's origin lies in the frame and the units of the file"""
    kind: np.dtype[np.void]
    colour_bits: int
    is_reduced: bool
    report: tuple[str, ...]

    @property
    def cube(self) -> Cube:
        """The octree's root: from step 0, as wide as the cloud is along its longest side."""
        side = float(((self.extent + 1) * self.step).max())
        inverse = (1 << points_order.DEEPEST) * self.step / side
        return Cube(inverse=inverse, side=np.full(3, side), fineness=FINENESS)


def frame(  # noqa: C901 - a table of what follows from a head
    head: Head,
    *,
    units: str | None = None,
    up: str | None = None,
    origin: tuple[float, float, float] | None = None,
    precision_m: float | None = None,
) -> Frame:
    """The frame of a cloud. With `precision_m`, metres, steps are at least so wide, colours and intensities reduced.

    `units`, `up` and `origin` are as in `pipeline.read.read`.
    """
    metres = np.full(3, UNITS[units]) if units else head.metres_along
    turned = UPS[(up or head.up).removeprefix("+")]
    report: list[str] = []
    size = (head.high - head.low) * metres
    if head.scale is None:
        wide = max(float(size.max()), 1e-6)
        # A power of two of a micrometre: points are about so far apart, and places a thousand times as fine; a
        # millimetre at least, for they may lie along a line.
        fine = max(min(wide / np.sqrt(head.count) / _OF_DISTANCE, _COARSEST_M), wide / WIDEST)
        own = np.full(3, 1e-6 * 2.0 ** np.ceil(np.log2(fine / 1e-6)))
        report.append(f"the file has no steps; places are rounded to {own[0]:.3g} m")
    else:
        own = head.scale * metres
    step = own if precision_m is None else np.maximum(own, precision_m)
    while (size / step).max() > _MOST_STEPS:
        step = step * 2
    if (step > own * 1.5).any() and precision_m is None:
        report.append(f"the cloud is so wide that its places are rounded to {step.max():.3g} m")
    elif (size / step).max() > WIDEST:
        report.append("the cloud is so wide that the places of the few points that show it from afar are rounded")
    low = np.rint((head.low - (head.offset if head.offset is not None else 0.0)) / own * metres)
    high = np.rint((head.high - (head.offset if head.offset is not None else 0.0)) / own * metres)
    axes = np.array([abs(axis) - 1 for axis in turned])
    signs = np.array([1 if axis > 0 else -1 for axis in turned])
    # In units of a chunk: whole numbers, or the file's own.
    unit = own if head.scale is not None else metres
    if head.scale is None:
        low, high = head.low, head.high
    factor = (unit / step)[axes] * signs
    begin = np.where(signs > 0, low[axes], high[axes])
    offset = -begin * factor
    extent = np.rint(np.abs((high - low)[axes] * factor)).astype(np.int64) + 1
    place = _origin(head, origin)
    start = begin * unit[axes] * signs
    if head.offset is not None:
        start = start + (head.offset * metres)[axes] * signs
    base = start - (np.array(place) * metres)[axes] * signs
    if any(place):
        x, y, z = (f"{value:,.0f}" for value in place)
        report.append(f"the cloud lies far from its origin; it was moved so that ({x}, {y}, {z}) is the new origin")
    fields: list[tuple[str, str, tuple[int, ...]]] = [("place", "<u4", (3,))]
    if head.colour_bits:
        fields.append(("colour", "<u2" if head.colour_bits == 16 else "u1", (3,)))
    if head.has_intensity:
        fields.append(("intensity", "<u2", ()))
    if head.has_classification:
        fields.append(("class", "u1", ()))
    if head.has_normals:
        fields.append(("normal", "i1", (4,)))
    return Frame(
        step=step[axes],
        base=base,
        extent=extent,
        axes=axes,
        factor=factor,
        offset=offset,
        origin=place,
        kind=np.dtype(fields, align=True),
        colour_bits=head.colour_bits,
        is_reduced=precision_m is not None,
        report=tuple(report),
    )


def _origin(head: Head, at: tuple[float, float, float] | None) -> tuple[float, float, float]:
    """As `pipeline.repair.near_origin` has it."""
    is_near = float(max(np.abs(head.low).max(), np.abs(head.high).max())) <= FAR_M
    if (not any(at) if at is not None else is_near) or (
        at is not None and is_near and max(np.abs(head.low - at).max(), np.abs(head.high - at).max()) > FAR_M
    ):
        return (0.0, 0.0, 0.0)
    x, y, z = np.round((head.low + head.high) / 2.0).tolist() if at is None else at
    return float(x), float(y), float(z)


def places_of(rows: NDArray[np.void]) -> NDArray[np.uint32]:
    """The places of records, (n, 3) in steps."""
    out = np.empty((len(rows), 3), np.uint32)
    _places(rows["place"], out)
    return out


@njit(cache=True, nogil=True)
def _places(rows: Any, out: Any) -> None:
    for at in range(len(rows)):
        for axis in range(3):
            out[at, axis] = rows[at, axis]


def placed(points: Points, of: Frame) -> NDArray[np.uint32]:
    """The places of points of a chunk, (n, 3) in steps."""
    out = np.empty((len(points), 3), np.uint32)
    _placed(points.positions, of.axes, of.factor, of.offset, of.extent, out)
    return out


def put(points: Points, places: NDArray[np.uint32], of: Frame, at: NDArray[np.int32], out: NDArray[np.void]) -> None:
    """Put points of a chunk, whose places are known, into the records `at` (n,) of `out`."""
    columns = [("place", places), ("colour", points.colours), ("intensity", points.intensity)]
    for name, column in (*columns, ("class", points.classification), ("normal", _normals(points, of))):
        if column is not None and column.ndim == 1:
            _put_one(column, at, out[name])
        elif column is not None:
            _put_some(column, at, out[name])


def _normals(points: Points, of: Frame) -> NDArray[np.int8] | None:
    if points.normals is None:
        return None
    signs = np.sign(of.factor)
    lengths = np.linalg.norm(points.normals, axis=1, keepdims=True)
    turned = np.nan_to_num(points.normals[:, of.axes] * signs / np.where(lengths > 0, lengths, 1.0))
    return meshopt.encode_oct8(turned.astype(np.float32))


@njit(cache=True, nogil=True)
def _put_one(column: Any, places: Any, out: Any) -> None:
    for at in range(len(column)):
        out[places[at]] = column[at]


@njit(cache=True, nogil=True)
def _put_some(column: Any, places: Any, out: Any) -> None:
    is_wider = column.shape[1] > 3
    for at in range(len(column)):
        place = places[at]
        out[place, 0], out[place, 1], out[place, 2] = column[at, 0], column[at, 1], column[at, 2]
        if is_wider:
            out[place, 3] = column[at, 3]


@njit(cache=True, nogil=True)
def _placed(  # noqa: PLR0917 - numba knows no keywords
    positions: Any, axes: Any, factor: Any, offset: Any, extent: Any, out: Any
) -> None:
    a, b, c = axes
    for at in range(len(positions)):
        out[at, 0] = _step(positions[at, a], factor[0], offset[0], extent[0])
        out[at, 1] = _step(positions[at, b], factor[1], offset[1], extent[1])
        out[at, 2] = _step(positions[at, c], factor[2], offset[2], extent[2])


@njit(cache=True, nogil=True, inline="always")
def _step(position: Any, factor: float, offset: float, extent: int) -> int:
    return min(max(int(np.rint(position * factor + offset)), 0), extent - 1)


def taken(rows: NDArray[np.void], order: NDArray[Any]) -> NDArray[np.void]:
    """Rows in an order; word by word, where numpy would copy field by field."""
    words = rows.dtype.itemsize // 4
    out = np.empty((len(order), words), np.uint32)
    _copied(rows.view(np.uint32).reshape(-1, words), order.astype(np.uint32, copy=False), out)
    return out.reshape(-1).view(rows.dtype)


@njit(cache=True, nogil=True)
def _copied(rows: Any, order: Any, out: Any) -> None:
    # Word by word as they are written here: a loop over so few takes three times as long.
    words = rows.shape[1]
    for at in range(len(order)):
        place = order[at]
        out[at, 0], out[at, 1], out[at, 2] = rows[place, 0], rows[place, 1], rows[place, 2]
        if words > 3:
            out[at, 3] = rows[place, 3]
        if words > 4:
            out[at, 4] = rows[place, 4]
        if words > 5:
            for word in range(5, words):
                out[at, word] = rows[place, word]


def columns(rows: NDArray[np.void], at: NDArray[np.uint32], of: Frame) -> dict[str, Any]:
    """What a tile shows of the records `at` (m,) beside their places, as `points_code.packed` takes it."""
    found: dict[str, Any] = {}
    names = rows.dtype.names or ()
    # Each record is fetched once; its columns lie near one another then.
    rows = taken(rows, at)
    if "colour" in names:
        table = points_colour.table(of.colour_bits, is_reduced=of.is_reduced)
        found["colours"] = np.zeros((len(at), 4), table.dtype)
        _looked_up(rows["colour"], table, found["colours"])
    if "intensity" in names:
        found["intensity"] = np.zeros((len(at), 2), np.uint16)
        found["intensity"][:, 0] = rows["intensity"]
        if of.is_reduced:
            found["intensity"] = _reduced(found["intensity"])
    if "class" in names:
        found["classification"] = np.zeros((len(at), 4), np.uint8)
        found["classification"][:, 0] = rows["class"]
    if "normal" in names:
        found["normals"] = rows["normal"]
    return found


@njit(cache=True, nogil=True)
def _looked_up(column: Any, table: Any, out: Any) -> None:
    for at in range(len(column)):
        for channel in range(3):
            out[at, channel] = table[column[at, channel]]


def _reduced(values: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Values that keep their first bits, each by its own size, so that weak echoes keep as much as strong ones."""
    drop = np.maximum(np.frexp(values.astype(np.float32))[1] - _REDUCED_INTENSITY, 0)
    rounded = ((values.astype(np.int64) + (1 << drop >> 1)) >> drop) << drop
    found: NDArray[np.uint16] = np.minimum(rounded, 65535).astype(np.uint16)
    return found
