"""Our reader of LAS: records of points, mapped, their columns taken out of them chunk by chunk."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped
from pipeline.clouds import crs
from pipeline.clouds.extent import checked, extent, nowhere
from pipeline.clouds.las_header import KEYS, PROJECTION, WKT, Header, header
from pipeline.clouds.source import CHUNK, Head, Points
from pipeline.compiled import njit
from scenes.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_OLD_CLASS = np.uint8(0x1F)
_BYTE = 255


class Las:
    """A LAS file. Every point is looked at once when it is opened, for how far they reach: headers are often wrong."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        self._header = header(data)
        end = self._header.start + self._header.count * self._header.size
        self._table = data[self._header.start : end].view(self._header.columns)
        low, high = nowhere()
        said = Said()
        for part in mapped.slices(self._header.count, CHUNK):
            records = self._table[part]
            extent(records["place"], low, high)
            said = said.with_those_of(records, self._header)
            mapped.release(records)
        # Ends of whole steps, placed as points are.
        self.head = described(self._header, low * self._header.scale, high * self._header.scale, said)
        # Later versions have records behind the points.
        if (left := len(data) - end) and self._header.version in {"1.0", "1.1", "1.2"}:
            told = f"{left:,} bytes behind its points were passed over"
            self.head = replace(self.head, report=(*self.head.report, told))

    def chunks(self, size: int = CHUNK, *, first: int = 0, last: int | None = None) -> Iterator[Points]:
        """As `CloudSource.chunks`."""
        last = self.head.records if last is None else min(last, self.head.records)
        for start in range(first, last, size):
            records = self._table[start : min(start + size, last)]
            yield taken(records, self._header, self.head)
            mapped.release(records)


@dataclass(frozen=True, slots=True)
class Said:
    """What records say that need not be said: a column of zeros says nothing."""

    brightest: int = 0
    """of all colours: up to 255, bytes were written into words"""
    is_doubled: bool = True
    """each byte was written twice into a word, as 0xABAB: the byte says it all"""
    has_intensity: bool = False
    has_classification: bool = False

    def with_those_of(self, records: NDArray[np.void], of: Header) -> Said:
        """And what these say."""
        has_colour = "colour" in (records.dtype.names or ())
        brightest, is_doubled = _brightest(records["colour"]) if has_colour else (0, True)
        return Said(
            max(self.brightest, brightest),
            self.is_doubled and is_doubled,
            self.has_intensity or _has_any(records["intensity"], 0xFFFF),
            self.has_classification or _has_any(records["class"], int(_classes(of))),
        )


@njit(cache=True, nogil=True)
def _brightest(colours: Any) -> tuple[int, bool]:
    most, other = np.uint16(0), np.uint16(0)
    for at in range(len(colours)):
        for channel in range(3):
            value = colours[at, channel]
            most = max(most, value)
            other |= (value >> 8) ^ (value & 0xFF)
    return int(most), other == 0


@njit(cache=True, nogil=True)
def _has_any(values: Any, mask: int) -> bool:
    found = 0
    for value in values:
        found |= value
    return (found & mask) != 0


@njit(cache=True, nogil=True)
def _narrowed(colours: Any, out: Any) -> int:
    """Colours as bytes, the upper ones where there are; the brightest word, which tells whether something was lost."""
    most = np.uint16(0)
    for at in range(len(colours)):
        for channel in range(3):
            value = colours[at, channel]
            most = max(most, value)
            out[at, channel] = value >> 8 if value > _BYTE else value
    return int(most)


def _classes(of: Header) -> np.uint8:
    """Which bits of a class are its number."""
    return _OLD_CLASS if of.has_old_classes else np.uint8(0xFF)


def described(of: Header, low: NDArray[np.float64], high: NDArray[np.float64], said: Said, *, grain: int = 1) -> Head:
    """The head of a file whose points reach from `low` to `high` before the offset.

    Raises:
        Malformed: they lie nowhere.
        Unsupported: its coordinates are degrees.
    """
    low, high = low + of.offset, high + of.offset
    checked(low, high, of.count, "LAS")
    names, report = of.columns.names or (), []
    stated = crs.Stated()
    if (PROJECTION, KEYS) in of.records:
        stated = crs.of_keys(of.records[PROJECTION, KEYS])
    if (PROJECTION, WKT) in of.records:
        stated = crs.Stated(crs.of_wkt(of.records[PROJECTION, WKT]))
    measured = crs.measure(stated)
    report.append(f"taken as units of {measured.across:.9g} m ({measured.why}), z up (LAS says so)")
    steps = 1.5 * of.scale
    if not of.is_compressed and not ((np.abs(low - of.low) <= steps) & (np.abs(high - of.high) <= steps)).all():
        report.append("its header states other bounds than its points have; those of the points were taken")
    bits = 0 if not said.brightest else 8 if said.brightest <= _BYTE or said.is_doubled else 16
    return Head(
        kind="laz" if of.is_compressed else "las",
        count=of.count,
        records=of.count,
        low=low,
        high=high,
        scale=of.scale,
        offset=of.offset,
        colour_bits=bits,
        has_intensity=said.has_intensity,
        has_classification=said.has_classification,
        has_normals="nx" in names,
        crs=stated.text,
        metres=measured.across,
        height_metres=measured.heights,
        up="z",
        grain=grain,
        report=tuple(report),
    )


def taken(records: NDArray[np.void], of: Header, head: Head) -> Points:
    """Columns of some records, copied.

    Raises:
        Malformed: a point lies outside of what the head says, or has a brighter colour.
    """
    positions = records["place"]
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
        colours = records["colour"]
    elif "colour" in (of.columns.names or ()):
        narrow = np.empty((len(records), 3), np.uint8)
        brightest = _narrowed(records["colour"], narrow)
        if of.is_compressed and brightest > (_BYTE if head.colour_bits else 0):
            raise Malformed("LAZ: its colours are of other sizes in one part of it than in others; write the file anew")
        colours = narrow if head.colour_bits else None
    classes = records["class"] & _classes(of) if head.has_classification else None
    return Points(
        positions=positions,
        colours=colours,
        intensity=records["intensity"] if head.has_intensity else None,
        classification=classes,
        normals=np.stack([records[name] for name in ("nx", "ny", "nz")], axis=1).astype(np.float32)
        if head.has_normals
        else None,
    )


def _corner(place: NDArray[np.float64]) -> str:
    return f"({', '.join(f'{number:.12g}' for number in place)})"
