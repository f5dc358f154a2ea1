"""What an E57 file (ASTM E2807) says of itself: its header, and the XML at its end, which names scans and points.

A file is pages of 1,024 bytes, of which the last four are a checksum; "logical" bytes are those without. What is stated
is held against the bytes that are there before anything is allocated.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline import mapped, markup
from scenes.errors import Malformed, Unsupported

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tiling.mesh import Floats

_PAGE, _FILLED = 1024, 1020
_MOST_XML = 32 << 20
_MOST_FIELDS = 64
_NAMESPACE = "{http://www.astm.org/COMMIT/E57/2010-e57-v1.0}"
COLOURS = ("colorRed", "colorGreen", "colorBlue")
CARTESIAN = ("cartesianX", "cartesianY", "cartesianZ")
SPHERICAL = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")


@dataclass(frozen=True, slots=True)
class Field:
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
class Scan:
    """Points that were taken from one place."""

    fields: tuple[Field, ...]
    count: int
    at: int
    end: int
    """logical places of its first packet and after its last"""
    turn: Floats
    shift: Floats
    limits: dict[str, float]


class Paged:
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


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says: its pages, its scans that have points, and its reference system as text."""

    paged: Paged
    scans: tuple[Scan, ...]
    system: str


def header(data: NDArray[np.uint8]) -> Header:
    """Read what stands before and behind the points.

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
    paged = Paged(data)
    root = markup.tree(paged.read(paged.place(place), size).tobytes(), "E57", most_bytes=_MOST_XML)
    scans = [_scan(scan, paged) for scan in root.findall(f"{_NAMESPACE}data3D/{_NAMESPACE}vectorChild")]
    scans = [scan for scan in scans if scan.count]
    if not scans:
        raise Malformed("E57: it has no points")
    return Header(paged, tuple(scans), _text(root, "coordinateMetadata"))


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


def _scan(node: Any, paged: Paged) -> Scan:
    points = node.find(f"{_NAMESPACE}points")
    prototype = None if points is None else points.find(f"{_NAMESPACE}prototype")
    if points is None or prototype is None or points.get("type") != "CompressedVector":
        raise Malformed("E57: a scan has no points")
    fields = tuple(_field(each) for each in prototype)
    names = {each.name for each in fields}
    if len(fields) > _MOST_FIELDS or len(names) != len(fields):
        raise Malformed(f"E57: a point has {len(fields)} fields; up to {_MOST_FIELDS} of different names are read")
    if not (set(CARTESIAN) <= names or set(SPHERICAL) <= names):
        raise Unsupported("E57: the points of a scan have neither Cartesian nor spherical places")
    count = _whole(points.get("recordCount"), 0)
    if count < 0:
        raise Malformed(f"E57: a scan has {count:,} points")
    shift = np.array([_number(_text(node, f"pose/translation/{axis}"), 0.0) for axis in "xyz"])
    turn = np.array([_number(_text(node, f"pose/rotation/{part}"), float(part == "w")) for part in "wxyz"])
    limits = {
        name: _number(_text(node, f"{group}/{name}"), 0.0)
        for group, parts in (
            ("colorLimits", [f"{colour}{end}" for colour in COLOURS for end in ("Minimum", "Maximum")]),
            ("intensityLimits", ["intensityMinimum", "intensityMaximum"]),
        )
        for name in parts
        if _text(node, f"{group}/{name}")
    }
    at, end = _section(paged, _whole(points.get("fileOffset"), 0), fields, count) if count else (0, 0)
    return Scan(fields, count, at, end, _rotation(turn), shift, limits)


def _section(paged: Paged, start: int, fields: tuple[Field, ...], count: int) -> tuple[int, int]:
    """Where the packets of `count` points begin and end, their section beginning at a physical place."""
    section = paged.read(paged.place(start), 32).tobytes()
    length, place = struct.unpack_from("<QQ", section, 8)
    at, end = paged.place(place), paged.place(start) + length
    if section[0] != 1 or not at < end <= paged.size:
        raise Malformed("E57: the section of a scan's points is none, or is longer than the file")
    bits = sum(each.bits for each in fields)
    if count * max(bits, 1) > 8 * length:
        raise Malformed(f"E57: a scan states {count:,} points of {bits} bits; {length:,} bytes cannot hold them")
    return at, end


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


def _field(node: Any) -> Field:
    name = str(node.tag).rpartition("}")[2]
    kind = node.get("type")
    if kind == "Float":
        bits = 32 if node.get("precision") == "single" else 64
        low, high = (_number(node.get(end) or "", 0.0) for end in ("minimum", "maximum"))
        return Field(name, True, bits, 0, 1.0, 0.0, low, high)
    if kind not in ("Integer", "ScaledInteger"):
        raise Unsupported(f"E57: {name[:40]!r} of a point is {kind}; numbers are read")
    least, most = _whole(node.get("minimum"), -(1 << 63)), _whole(node.get("maximum"), (1 << 63) - 1)
    if most < least:
        raise Malformed(f"E57: {name[:40]!r} lies between {least} and {most}")
    scale, offset = (_number(node.get(key) or "", default) for key, default in (("scale", 1.0), ("offset", 0.0)))
    bits = (most - least).bit_length()
    return Field(name, False, bits, least, scale, offset, least * scale + offset, most * scale + offset)
