"""Our reader of LAS: records of points, mapped, their columns taken out of them chunk by chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline import mapped
from pipeline.clouds import crs
from pipeline.clouds.extent import checked, extent, nowhere
from pipeline.clouds.las_header import KEYS, PROJECTION, WKT, Header, header
from pipeline.clouds.source import CHUNK, Head, Points
from scenes.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_LOOKED_AT = 1 << 16
"""points, whose colours tell whether bytes were written into words"""
_PLACES = 16
_OLD_CLASS = np.uint8(0x1F)


class Las:
    """A LAS file. Every point is looked at once when it is opened, for how far they reach: headers are often wrong."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self._header = header(data)
        end = self._header.start + self._header.count * self._header.size
        self._table = data[self._header.start : end].view(self._header.columns)
        low, high = nowhere()
        for part in mapped.slices(self._header.count, CHUNK):
            extent(np.ascontiguousarray(self._table[part]["place"]), low, high)
            mapped.release(self._table[part])
        near = _spread(self._table)
        # Ends of whole steps, placed as points are.
        self.head = described(self._header, low * self._header.scale, high * self._header.scale, near)

    def chunks(self, size: int = CHUNK, *, first: int = 0, last: int | None = None) -> Iterator[Points]:
        """As `CloudSource.chunks`."""
        last = self.head.records if last is None else min(last, self.head.records)
        for start in range(first, last, size):
            records = self._table[start : min(start + size, last)]
            yield taken(records, self._header, self.head)
            mapped.release(records)


def _spread(table: NDArray[np.void]) -> NDArray[np.void]:
    """Some points from all over a file."""
    if len(table) <= _LOOKED_AT:
        return table
    starts = np.linspace(0, len(table) - _LOOKED_AT // _PLACES, _PLACES).astype(np.int64)
    return np.concatenate([table[start : start + _LOOKED_AT // _PLACES] for start in starts])


def described(of: Header, low: NDArray[np.float64], high: NDArray[np.float64], some: NDArray[np.void]) -> Head:
    """The head of a file whose points reach from `low` to `high` before the offset; `some` of them tell of colours.

    Raises:
        Malformed: they lie nowhere.
        Unsupported: its coordinates are degrees.
    """
    low, high = low + of.offset, high + of.offset
    checked(low, high, of.count, "LAS")
    names, report = of.columns.names or (), []
    text, stated = "", None
    if (PROJECTION, KEYS) in of.records:
        text, stated = crs.of_keys(of.records[PROJECTION, KEYS])
    if (PROJECTION, WKT) in of.records:
        text, stated = crs.of_wkt(of.records[PROJECTION, WKT]), None
    metres, why = crs.metres_in_unit(text, stated)
    report.append(f"taken as units of {metres:.9g} m ({why}), z up (LAS says so)")
    steps = 1.5 * of.scale
    if not of.is_compressed and not ((np.abs(low - of.low) <= steps) & (np.abs(high - of.high) <= steps)).all():
        report.append("its header states other bounds than its points have; those of the points were taken")
    bits = 0
    if "colour" in names and (most := int(some["colour"].max(initial=0))):
        bits = 16 if most > 255 else 8
    return Head(
        kind="laz" if of.is_compressed else "las",
        count=of.count,
        records=of.count,
        low=low,
        high=high,
        scale=of.scale,
        offset=of.offset,
        colour_bits=bits,
        has_intensity=bool(some["intensity"].any()),
        has_classification=bool((some["class"] & (_OLD_CLASS if of.has_old_classes else 0xFF)).any()),
        has_normals="nx" in names,
        crs=text,
        metres=metres,
        up="z",
        report=tuple(report),
    )


def taken(records: NDArray[np.void], of: Header, head: Head) -> Points:
    """Columns of some records, copied.

    Raises:
        Malformed: a point lies outside of what the head says.
    """
    positions = np.ascontiguousarray(records["place"])
    if of.is_compressed:
        low, high = nowhere()
        extent(positions, low, high)
        room = 1.5 * of.scale
        low, high = low * of.scale + of.offset, high * of.scale + of.offset
        if (low < head.low - room).any() or (high > head.high + room).any():
            raise Malformed(
                f"LAZ: a point lies outside of the bounds in its header ({_corner(low)} to {_corner(high)} are not "
                f"within {_corner(head.low)} to {_corner(head.high)}); write the file anew, or repair its header"
            )
    colours: NDArray[np.uint8] | NDArray[np.uint16] | None = None
    if head.colour_bits == 16:
        colours = np.ascontiguousarray(records["colour"])
    elif head.colour_bits == 8:
        colours = np.minimum(records["colour"], 255).astype(np.uint8)
    classes = None
    if head.has_classification:
        classes = records["class"] & _OLD_CLASS if of.has_old_classes else np.ascontiguousarray(records["class"])
    return Points(
        positions=positions,
        colours=colours,
        intensity=np.ascontiguousarray(records["intensity"]) if head.has_intensity else None,
        classification=classes,
        normals=np.stack([records[name] for name in ("nx", "ny", "nz")], axis=1).astype(np.float32)
        if head.has_normals
        else None,
    )


def _corner(place: NDArray[np.float64]) -> str:
    return f"({', '.join(f'{number:.12g}' for number in place)})"
