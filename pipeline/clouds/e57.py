"""Our reader of E57 (ASTM E2807): the points of all scans of a file, placed by their poses.

XML at its end names, for every scan, a compressed vector (`pipeline.clouds.e57_header`): packets that hold one stream
of bits a field, which goes on from packet to packet. Integers are packed with as many bits as their range needs, lowest
bit first (E2807, 9). libE57 would bring 60 MB and a C++ parser of XML for what is read here: Cartesian and spherical
places, colours, intensity, normals.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.clouds import crs
from pipeline.clouds.columns import batched, told_of_passed_over
from pipeline.clouds.e57_header import CARTESIAN, COLOURS, SPHERICAL
from pipeline.clouds.extent import checked, extent, nowhere
from pipeline.clouds.source import CHUNK, Head
from pipeline.compiled import njit
from scenes.counting import counted
from scenes.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.clouds.e57_header import Field, Header, Paged, Scan
    from pipeline.clouds.source import Points

_DATA, _INDEX, _IGNORED = 1, 0, 2
_NORMALS = ("normalX", "normalY", "normalZ")
_INVALID = ("cartesianInvalidState", "sphericalInvalidState")
_FIELDS = {"colours": COLOURS, "normals": _NORMALS}
"""of a column that has not the name of its field"""


class E57:
    """The points of all scans, in the frame of the file.

    They are gone through once when it is opened, for how far they reach and which have no place, and packets are read
    again whenever points are asked for: columns kept aside would have up to five times the bytes of the file.
    """

    def __init__(self, header: Header) -> None:
        """Go through the places.

        Raises:
            Malformed: the file contradicts itself, or is cut short.
        """
        self._header = header
        scans = header.scans
        # A column is there if every scan has it: nothing is made up for the others.
        names = set[str].intersection(*({each.name for each in scan.fields} for scan in scans))
        self._types: dict[str, Any] = {}
        if set(COLOURS) <= names:
            self._types["colours"] = np.uint8 if all(_is_fine(scan) for scan in scans) else np.uint16
        if "intensity" in names:
            self._types["intensity"] = np.uint16
        if "classification" in names:
            self._types["classification"] = np.uint8
        if set(_NORMALS) <= names:
            self._types["normals"] = np.float32
        low, high = nowhere()
        count = 0
        for block in self._blocks({}):
            extent(block["positions"], low, high)
            count += len(block["positions"])
        checked(low, high, count, "E57")
        # E2807, 5.2: lengths are metres, whatever else is said.
        why = crs.measure(crs.Stated(header.system, 1.0, 1.0)).why if header.system else "E57 says so"
        self.head = Head(
            kind="e57",
            count=count,
            records=count,
            low=low,
            high=high,
            colour_bits=8 * np.dtype(self._types["colours"]).itemsize if "colours" in self._types else 0,
            has_intensity="intensity" in self._types,
            has_classification="classification" in self._types,
            has_normals="normals" in self._types,
            crs=header.system,
            up="z",
            grain=0,
            report=(
                f"{counted(len(scans), '[scan|scans]')} read; taken as metres ({why}), z up (as is usual in E57)",
                *told_of_passed_over(sum(scan.count for scan in scans) - count),
            ),
        )

    def chunks(self, size: int = CHUNK, *, first: int = 0, last: int | None = None) -> Iterator[Points]:
        """As `CloudSource.chunks`, but packets before the first one are read, too."""
        last = self.head.records if last is None else min(last, self.head.records)
        yield from batched(self._blocks(self._types), size, first, last)

    def _blocks(self, types: dict[str, Any]) -> Iterator[dict[str, NDArray[Any]]]:
        """Positions, and columns of `types`, of some records after the other that have a place."""
        wanted = {name for column in types for name in _FIELDS.get(column, (column,))}
        for scan in self._header.scans:
            for values in _records(self._header.paged, scan, {*wanted, *CARTESIAN, *SPHERICAL, *_INVALID}):
                columns = _columns(scan, values, types)
                invalid = next((values[name] != 0.0 for name in _INVALID if name in values), None)
                if invalid is not None or extent(columns["positions"], *nowhere()):
                    kept = np.isfinite(columns["positions"]).all(axis=1)
                    kept &= True if invalid is None else ~invalid
                    columns = {name: column[kept] for name, column in columns.items()}
                yield columns


# Packets.


def _records(paged: Paged, scan: Scan, wanted: set[str]) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Values of some records after the other by the names of those fields that are wanted."""
    streams = [_Stream(each, wanted=each.name in wanted) for each in scan.fields]
    at, left = scan.at, scan.count
    while left:
        ready = min(stream.ready(left) for stream in streams)
        if ready:
            taken = [(stream.field.name, stream.take(ready)) for stream in streams]
            yield {name: values for name, values in taken if values is not None}
            left -= ready
            continue
        if at + 4 > scan.end:
            raise Malformed(f"E57: the points of a scan end {left:,} before their number")
        kind, _, size = struct.unpack("<BBH", paged.read(at, 4).tobytes())
        size += 1
        if kind not in (_DATA, _INDEX, _IGNORED) or size % 4 or at + size > scan.end:
            raise Malformed(f"E57: there is no packet at the logical byte {at:,}")
        if kind == _DATA:
            _fill(streams, paged.read(at, size))
        at += size


def _fill(streams: list[_Stream], packet: NDArray[np.uint8]) -> None:
    head = 6 + 2 * len(streams)
    if len(packet) < head or packet[4:6].view("<u2")[0] != len(streams):
        raise Malformed("E57: a packet has not one stream for each field")
    at = head
    for stream, length in zip(streams, packet[6:head].view("<u2").tolist(), strict=True):
        if at + length > len(packet):
            raise Malformed("E57: a stream is longer than its packet")
        stream.add(packet[at : at + length])
        at += length


class _Stream:
    """Bits of a field that are not taken yet; but at the end they are taken by eight values, that is by whole bytes."""

    def __init__(self, field: Field, *, wanted: bool) -> None:
        self.field, self._wanted = field, wanted
        self._parts: list[NDArray[np.uint8]] = []
        self._bytes = 0

    def add(self, part: NDArray[np.uint8]) -> None:
        self._parts.append(part)
        self._bytes += len(part)

    def ready(self, left: int) -> int:
        """How many of the `left` values can be taken."""
        if not self.field.bits:
            return min(left, 1 << 16)
        there = self._bytes * 8 // self.field.bits
        return left if there >= left else there // 8 * 8

    def take(self, count: int) -> NDArray[np.float64] | None:
        """The next values, None where they are not `wanted`."""
        field = self.field
        if not field.bits:
            return np.full(count, field.least * field.scale + field.offset) if self._wanted else None
        whole = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)
        used = -(-count * field.bits // 8)
        taken, rest = whole[:used], whole[used:]
        self._parts, self._bytes = [rest], len(rest)
        if not self._wanted:
            return None
        if field.is_float:
            return np.ascontiguousarray(taken).view("<f4" if field.bits == 32 else "<f8").astype(np.float64)
        out = np.empty(count)
        _unpack(np.ascontiguousarray(taken), field.bits, float(field.least), field.scale, field.offset, out)
        return out


@njit(cache=True, nogil=True)
def _unpack(  # noqa: PLR0917 - numba knows no keywords
    data: NDArray[np.uint8], bits: int, least: float, scale: float, offset: float, out: NDArray[np.float64]
) -> None:
    # No more than 32 bits in one go, so that a word holds them and what a byte has beyond them.
    low, high = min(bits, 32), max(bits - 32, 0)
    at, have, word = 0, 0, np.uint64(0)
    for row in range(len(out)):
        while have < low:
            word |= np.uint64(data[at]) << np.uint64(have)
            at += 1
            have += 8
        value = word & np.uint64((1 << low) - 1)
        word >>= np.uint64(low)
        have -= low
        if high:
            while have < high:
                word |= np.uint64(data[at]) << np.uint64(have)
                at += 1
                have += 8
            value |= (word & np.uint64((1 << high) - 1)) << np.uint64(32)
            word >>= np.uint64(high)
            have -= high
        # Least is added as a whole number where that is exact, and that is for all but absurd ranges.
        out[row] = (float(value) + least) * scale + offset


# Columns.


def _columns(scan: Scan, values: dict[str, NDArray[np.float64]], types: dict[str, Any]) -> dict[str, NDArray[Any]]:
    if set(CARTESIAN) <= set(values):
        places = np.stack([values[name] for name in CARTESIAN], axis=1)
    else:
        reach, azimuth, elevation = (values[name] for name in SPHERICAL)
        flat = reach * np.cos(elevation)
        places = np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), reach * np.sin(elevation)], axis=1)
    found: dict[str, NDArray[Any]] = {"positions": places @ scan.turn.T + scan.shift}
    if "colours" in types:
        most = 255.0 if types["colours"] is np.uint8 else 65535.0
        found["colours"] = _shares(scan, COLOURS, values, most).astype(types["colours"])
    if "intensity" in types:
        found["intensity"] = _shares(scan, ("intensity",), values, 65535.0).astype(np.uint16)
    if "classification" in types:
        classes = np.clip(np.nan_to_num(values["classification"]), 0.0, 255.0)
        found["classification"] = classes.astype(np.uint8)[:, None]
    if "normals" in types:
        found["normals"] = (np.stack([values[name] for name in _NORMALS], axis=1) @ scan.turn.T).astype(np.float32)
    return found


def _limits(scan: Scan, name: str) -> tuple[float, float]:
    field = next(each for each in scan.fields if each.name == name)
    low = scan.limits.get(f"{name}Minimum", field.low)
    high = scan.limits.get(f"{name}Maximum", field.high)
    return (low, high) if high > low else (0.0, 255.0 if name in COLOURS else 1.0)


def _shares(
    scan: Scan, names: tuple[str, ...], values: dict[str, NDArray[np.float64]], most: float
) -> NDArray[np.float64]:
    """Fields as columns (n, k) of whole numbers from 0 to `most` over the range that is stated for each."""
    out = np.empty((len(values[names[0]]), len(names)))
    for column, name in enumerate(names):
        _put_shares(values[name], *_limits(scan, name), most, column, out)
    return out


@njit(cache=True, nogil=True)
def _put_shares(  # noqa: PLR0917 - numba knows no keywords
    values: NDArray[np.float64], low: float, high: float, most: float, column: int, out: NDArray[np.float64]
) -> None:
    for row in range(len(values)):
        share = (values[row] - low) / (high - low)
        out[row, column] = 0.0 if np.isnan(share) else np.rint(min(max(share, 0.0), 1.0) * most)


def _is_fine(scan: Scan) -> bool:
    """Whether its colours are bytes."""
    return all(_limits(scan, name) == (0.0, 255.0) for name in COLOURS)
