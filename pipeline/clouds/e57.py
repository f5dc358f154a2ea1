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
from pipeline.clouds.columns import Gathered, told_of_passed_over
from pipeline.clouds.e57_header import CARTESIAN, COLOURS, SPHERICAL
from pipeline.clouds.source import Head
from pipeline.compiled import njit
from scenes.counting import counted
from scenes.errors import Malformed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.clouds.columns import Columns
    from pipeline.clouds.e57_header import Field, Header, Paged, Scan
    from pipeline.mapped import Store

_DATA, _INDEX, _IGNORED = 1, 0, 2
_NORMALS = ("normalX", "normalY", "normalZ")
_INVALID = ("cartesianInvalidState", "sphericalInvalidState")


def read(header: Header, store: Store) -> Columns:
    """The points of all scans, in the frame of the file.

    Raises:
        Malformed: the file contradicts itself, or is cut short.
    """
    scans = header.scans
    # A column is there if every scan has it: nothing is made up for the others.
    names = [{each.name for each in scan.fields} for scan in scans]
    has_colours = all(set(COLOURS) <= own for own in names)
    has_normals = all(set(_NORMALS) <= own for own in names)
    has_intensity = all("intensity" in own for own in names)
    has_classes = all("classification" in own for own in names)
    types: dict[str, Any] = {"positions": np.float64}
    types |= {"colours": np.uint8 if all(_is_fine(scan) for scan in scans) else np.uint16} if has_colours else {}
    types |= {"intensity": np.uint16} if has_intensity else {}
    types |= {"classification": np.uint8} if has_classes else {}
    types |= {"normals": np.float32} if has_normals else {}
    gathered = Gathered(store, types)
    for scan in scans:
        for values in _records(header.paged, scan):
            invalid = next((values[name] != 0.0 for name in _INVALID if name in values), None)
            gathered.add(_columns(scan, values, types), invalid)
    bits = 0 if not has_colours else 8 if types["colours"] is np.uint8 else 16
    # E2807, 5.2: lengths are metres, whatever else is said.
    why = crs.measure(crs.Stated(header.system, 1.0, 1.0)).why if header.system else "E57 says so"
    head = Head(
        kind="e57",
        count=0,
        records=0,
        low=gathered.low,
        high=gathered.high,
        colour_bits=bits,
        has_intensity=has_intensity,
        has_classification=has_classes,
        has_normals=has_normals,
        crs=header.system,
        up="z",
        report=(
            f"{counted(len(scans), '[scan|scans]')} read; taken as metres ({why}), z up (as is usual in E57)",
            *told_of_passed_over(gathered.passed_over),
        ),
    )
    return gathered.done(head)


# Packets.


def _records(paged: Paged, scan: Scan) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Values of some records after the other by the names of fields."""
    streams = [_Stream(each) for each in scan.fields]
    at, left = scan.at, scan.count
    while left:
        ready = min(stream.ready(left) for stream in streams)
        if ready:
            yield {stream.field.name: stream.take(ready) for stream in streams}
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

    def __init__(self, field: Field) -> None:
        self.field = field
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

    def take(self, count: int) -> NDArray[np.float64]:
        field = self.field
        if not field.bits:
            return np.full(count, field.least * field.scale + field.offset)
        whole = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)
        used = -(-count * field.bits // 8)
        taken, rest = whole[:used], whole[used:]
        self._parts, self._bytes = [rest], len(rest)
        if field.is_float:
            return np.ascontiguousarray(taken).view("<f4" if field.bits == 32 else "<f8").astype(np.float64)
        out = np.empty(count)
        _unpack(np.ascontiguousarray(taken), field.bits, out)
        # Least is added as a whole number where that is exact, and that is for all but absurd ranges.
        return (out + field.least) * field.scale + field.offset


@njit(cache=True, nogil=True)
def _unpack(data: NDArray[np.uint8], bits: int, out: NDArray[np.float64]) -> None:
    at, have, word = 0, 0, np.uint64(0)
    for row in range(len(out)):
        value, got = np.uint64(0), 0
        while got < bits:
            if have == 0:
                word, have = np.uint64(data[at]), 8
                at += 1
            some = min(have, bits - got)
            value |= (word & np.uint64((1 << some) - 1)) << np.uint64(got)
            word >>= np.uint64(some)
            have -= some
            got += some
        out[row] = float(value)


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
        shares = np.stack([_share(scan, name, values[name]) for name in COLOURS], axis=1)
        found["colours"] = np.rint(shares * most).astype(types["colours"])
    if "intensity" in types:
        found["intensity"] = np.rint(_share(scan, "intensity", values["intensity"]) * 65535.0).astype(np.uint16)[
            :, None
        ]
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


def _share(scan: Scan, name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values from 0 to 1 over the range that is stated for them."""
    low, high = _limits(scan, name)
    return np.clip(np.nan_to_num((values - low) / (high - low)), 0.0, 1.0)


def _is_fine(scan: Scan) -> bool:
    """Whether its colours are bytes."""
    return all(_limits(scan, name) == (0.0, 255.0) for name in COLOURS)
