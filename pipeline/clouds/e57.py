"""Our reader of E57 (ASTM E2807): the points of all scans of a file, placed by their poses.

A file is pages of 1,024 bytes, of which the last four are a checksum; "logical" bytes are those without. XML at its end
names, for every scan, a compressed vector: packets that hold one stream of bits a field, which goes on from packet to
packet. Integers are packed with as many bits as their range needs, lowest bit first (E2807, 9). libE57 would bring
60 MB and a C++ parser of XML for what is read here: Cartesian and spherical places, colours, intensity, normals.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped, markup
from pipeline.clouds import crs
from pipeline.clouds.columns import Gathered, told_of_passed_over
from pipeline.clouds.source import Head
from pipeline.compiled import njit
from scenes.counting import counted
from scenes.errors import Malformed, Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.clouds.columns import Columns
    from pipeline.mapped import Store
    from tiling.mesh import Floats

_PAGE, _FILLED = 1024, 1020
_MOST_XML = 32 << 20
_MOST_FIELDS = 64
_DATA, _INDEX, _IGNORED = 1, 0, 2
_NAMESPACE = "{http://www.astm.org/COMMIT/E57/2010-e57-v1.0}"
_NORMALS = ("normalX", "normalY", "normalZ")
_COLOURS = ("colorRed", "colorGreen", "colorBlue")
_CARTESIAN = ("cartesianX", "cartesianY", "cartesianZ")
_SPHERICAL = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
_INVALID = ("cartesianInvalidState", "sphericalInvalidState")


@dataclass(frozen=True, slots=True)
class _Field:
    """A value of every record: floating point of `bits`, or whole numbers above `least` in `bits`, scaled."""

    name: str
    is_float: bool
    bits: int
    least: int
    scale: float
    offset: float
    low: float
    high: float
    """as the prototype states them, scaled; 0 and 0 where it doesn't"""


@dataclass(frozen=True, slots=True)
class _Scan:
    fields: tuple[_Field, ...]
    count: int
    start: int
    """physical place of its section"""
    turn: Floats
    shift: Floats
    limits: dict[str, float]


class _Paged:
    """Logical bytes of a file of pages."""

    def __init__(self, data: NDArray[np.uint8]) -> None:
        whole = len(data) // _PAGE
        self._pages = data[: whole * _PAGE].reshape(whole, _PAGE)
        self.size = whole * _FILLED

    def place(self, physical: int) -> int:
        """The logical place of a physical one."""
        if not 0 <= physical < len(self._pages) * _PAGE or physical % _PAGE >= _FILLED:
            raise Malformed(f"E57: something is said to stand at byte {physical:,}, where nothing can")
        return physical // _PAGE * _FILLED + physical % _PAGE

    def read(self, at: int, length: int) -> NDArray[np.uint8]:
        """Some bytes from a logical place on, copied."""
        if length < 0 or at < 0 or at + length > self.size:
            raise Malformed("E57: the file ends too soon")
        first, last = at // _FILLED, -(-(at + length) // _FILLED)
        pages = self._pages[first:last]
        out = pages[:, :_FILLED].reshape(-1)[at - first * _FILLED :][:length]
        mapped.release(pages)
        return out


def read(data: NDArray[np.uint8], store: Store) -> Columns:
    """The points of all scans, in the frame of the file.

    Raises:
        Malformed: the file contradicts itself, is cut short, or has no points.
        Unsupported: it is another version, or its points have no place that is read here.
    """
    begin = data[:48].tobytes()
    if len(begin) < 48 or not begin.startswith(b"ASTM-E57"):
        raise Malformed("E57: it ends within its header")
    major, minor, length, place, size, page = struct.unpack_from("<IIQQQQ", begin, 8)
    if major != 1:
        raise Unsupported(f"E57: it is version {major}.{minor}; 1 is read")
    if page != _PAGE:
        raise Malformed(f"E57: its pages have {page:,} bytes; {_PAGE:,} are read")
    if length > len(data):
        raise Malformed(f"E57: it states {length:,} bytes and has {len(data):,}")
    if not 0 < size <= min(_MOST_XML, len(data)):
        raise Malformed(f"E57: its XML is said to have {size:,} bytes; at most {min(_MOST_XML, len(data)):,} are read")
    paged = _Paged(data)
    root = markup.tree(paged.read(paged.place(place), size).tobytes(), "E57", most_bytes=_MOST_XML)
    scans = [_scan(scan) for scan in root.findall(f"{_NAMESPACE}data3D/{_NAMESPACE}vectorChild")]
    scans = [scan for scan in scans if scan.count]
    if not scans:
        raise Malformed("E57: it has no points")
    return _gathered(paged, scans, _text(root, "coordinateMetadata"), store)


def _gathered(paged: _Paged, scans: list[_Scan], system: str, store: Store) -> Columns:
    # A column is there if every scan has it: nothing is made up for the others.
    names = [{each.name for each in scan.fields} for scan in scans]
    has_colours = all(set(_COLOURS) <= own for own in names)
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
        for values in _records(paged, scan):
            invalid = next((values[name] != 0.0 for name in _INVALID if name in values), None)
            gathered.add(_columns(scan, values, types), invalid)
    bits = 0 if not has_colours else 8 if types["colours"] is np.uint8 else 16
    # E2807, 5.2: lengths are metres, whatever else is said.
    why = crs.measure(crs.Stated(system, 1.0, 1.0)).why if system else "E57 says so"
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
        crs=system,
        up="z",
        report=(
            f"{counted(len(scans), '[scan|scans]')} read; taken as metres ({why}), z up (as is usual in E57)",
            *told_of_passed_over(gathered.passed_over),
        ),
    )
    return gathered.done(head)


# What the XML says.


def _text(node: Any, path: str) -> str:
    found = node.find("/".join(_NAMESPACE + step for step in path.split("/")))
    return "" if found is None or found.text is None else str(found.text).strip()


def _number(text: str, default: float) -> float:
    try:
        value = float(text) if text else default
    except ValueError:
        raise Malformed(f"E57: {text[:40]!r} in its XML is no number") from None
    if not math.isfinite(value):
        raise Malformed(f"E57: {text[:40]!r} in its XML is no number")
    return value


def _whole(text: str | None, default: int) -> int:
    try:
        value = int(text) if text else default
    except ValueError:
        raise Malformed(f"E57: {str(text)[:40]!r} in its XML is no whole number") from None
    if not -(1 << 63) <= value < 1 << 63:
        raise Malformed(f"E57: {str(text)[:40]!r} in its XML is larger than 64 bits hold")
    return value


def _scan(node: Any) -> _Scan:
    points = node.find(f"{_NAMESPACE}points")
    prototype = None if points is None else points.find(f"{_NAMESPACE}prototype")
    if points is None or prototype is None or points.get("type") != "CompressedVector":
        raise Malformed("E57: a scan has no points")
    fields = tuple(_field(each) for each in prototype)
    names = {each.name for each in fields}
    if len(fields) > _MOST_FIELDS or len(names) != len(fields):
        raise Malformed(f"E57: a point has {len(fields)} fields; up to {_MOST_FIELDS} of different names are read")
    if not (set(_CARTESIAN) <= names or set(_SPHERICAL) <= names):
        raise Unsupported("E57: the points of a scan have neither Cartesian nor spherical places")
    count = _whole(points.get("recordCount"), 0)
    if count < 0:
        raise Malformed(f"E57: a scan has {count:,} points")
    shift = np.array([_number(_text(node, f"pose/translation/{axis}"), 0.0) for axis in "xyz"])
    turn = np.array([_number(_text(node, f"pose/rotation/{part}"), float(part == "w")) for part in "wxyz"])
    limits = {
        name: _number(_text(node, f"{group}/{name}"), 0.0)
        for group, parts in (
            ("colorLimits", [f"{colour}{end}" for colour in _COLOURS for end in ("Minimum", "Maximum")]),
            ("intensityLimits", ["intensityMinimum", "intensityMaximum"]),
        )
        for name in parts
        if _text(node, f"{group}/{name}")
    }
    return _Scan(fields, count, _whole(points.get("fileOffset"), 0), _rotation(turn), shift, limits)


def _rotation(turn: Floats) -> Floats:
    """The matrix (3, 3) of a quaternion w, x, y, z."""
    size = float(np.linalg.norm(turn))
    if not size > 0.0:
        raise Malformed("E57: the rotation of a scan is zero")
    w, x, y, z = turn / size
    return np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])  # fmt: skip


def _field(node: Any) -> _Field:
    name = str(node.tag).rpartition("}")[2]
    kind = node.get("type")
    if kind == "Float":
        bits = 32 if node.get("precision") == "single" else 64
        low, high = (_number(node.get(end) or "", 0.0) for end in ("minimum", "maximum"))
        return _Field(name, True, bits, 0, 1.0, 0.0, low, high)
    if kind not in ("Integer", "ScaledInteger"):
        raise Unsupported(f"E57: {name[:40]!r} of a point is {kind}; numbers are read")
    least, most = _whole(node.get("minimum"), -(1 << 63)), _whole(node.get("maximum"), (1 << 63) - 1)
    if most < least:
        raise Malformed(f"E57: {name[:40]!r} lies between {least} and {most}")
    scale, offset = (_number(node.get(key) or "", default) for key, default in (("scale", 1.0), ("offset", 0.0)))
    bits = (most - least).bit_length()
    return _Field(name, False, bits, least, scale, offset, least * scale + offset, most * scale + offset)


# Packets.


def _records(paged: _Paged, scan: _Scan) -> Iterator[dict[str, NDArray[np.float64]]]:
    """Values of some records after the other by the names of fields."""
    section = paged.read(paged.place(scan.start), 32).tobytes()
    length, place = struct.unpack_from("<QQ", section, 8)
    at = paged.place(place)
    end = paged.place(scan.start) + length
    if section[0] != 1 or not at < end <= paged.size:
        raise Malformed("E57: the section of a scan's points is none, or is longer than the file")
    bits = sum(each.bits for each in scan.fields)
    if scan.count * max(bits, 1) > 8 * length:
        raise Malformed(f"E57: a scan states {scan.count:,} points of {bits} bits; {length:,} bytes cannot hold them")
    streams = [_Stream(each) for each in scan.fields]
    left = scan.count
    while left:
        ready = min(stream.ready(left) for stream in streams)
        if ready:
            yield {stream.field.name: stream.take(ready) for stream in streams}
            left -= ready
            continue
        if at + 4 > end:
            raise Malformed(f"E57: the points of a scan end {left:,} before their number")
        kind, _, size = struct.unpack("<BBH", paged.read(at, 4).tobytes())
        size += 1
        if kind not in (_DATA, _INDEX, _IGNORED) or size % 4 or at + size > end:
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

    def __init__(self, field: _Field) -> None:
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


def _columns(scan: _Scan, values: dict[str, NDArray[np.float64]], types: dict[str, Any]) -> dict[str, NDArray[Any]]:
    if set(_CARTESIAN) <= set(values):
        places = np.stack([values[name] for name in _CARTESIAN], axis=1)
    else:
        reach, azimuth, elevation = (values[name] for name in _SPHERICAL)
        flat = reach * np.cos(elevation)
        places = np.stack([flat * np.cos(azimuth), flat * np.sin(azimuth), reach * np.sin(elevation)], axis=1)
    found: dict[str, NDArray[Any]] = {"positions": places @ scan.turn.T + scan.shift}
    if "colours" in types:
        most = 255.0 if types["colours"] is np.uint8 else 65535.0
        shares = np.stack([_share(scan, name, values[name]) for name in _COLOURS], axis=1)
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


def _limits(scan: _Scan, name: str) -> tuple[float, float]:
    field = next(each for each in scan.fields if each.name == name)
    low = scan.limits.get(f"{name}Minimum", field.low)
    high = scan.limits.get(f"{name}Maximum", field.high)
    return (low, high) if high > low else (0.0, 255.0 if name in _COLOURS else 1.0)


def _share(scan: _Scan, name: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values from 0 to 1 over the range that is stated for them."""
    low, high = _limits(scan, name)
    return np.clip(np.nan_to_num((values - low) / (high - low)), 0.0, 1.0)


def _is_fine(scan: _Scan) -> bool:
    """Whether its colours are bytes."""
    return all(_limits(scan, name) == (0.0, 255.0) for name in _COLOURS)
