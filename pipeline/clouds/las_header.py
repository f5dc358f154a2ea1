"""What a LAS file says of itself: the public header, the records behind it, and where the columns of a point stand.

LAS 1.0 to 1.4 (ASPRS, R15), point formats 0 to 10, which LAZ compresses and COPC orders; nothing but the header and its
records is looked at here. What it states is held against the bytes that are there before anything is allocated.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pipeline.clouds.source import FARTHEST
from scenes.errors import Malformed, Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tiling.mesh import Floats

LASZIP = ("laszip encoded", 22204)
PROJECTION = "LASF_Projection"
WKT, KEYS = 2112, 34735
_EXTRA = ("LASF_Spec", 4)
_LEAST = 227
_SIZES = (20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67)
"""bytes of a point of each format (LAS 1.4 R15, 2.6), before extra bytes"""
_COLOURS = {2: 20, 3: 28, 5: 28, 7: 30, 8: 30, 10: 30}
_FIRST_NEW = 6
_EXTRA_SIZES = (0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8)
_EXTRA_FLOATS = {9: "<f4", 10: "<f8"}
_NORMALS = ("normalx", "normaly", "normalz"), ("nx", "ny", "nz")
_MOST_RECORDS = 10_000
_FINEST, _COARSEST = 1e-12, 1e6


@dataclass(frozen=True, slots=True)
class Header:
    """A header that fits its file. `columns` are fields of a point: place, intensity, class, colour, normals."""

    version: str
    count: int
    start: int
    """byte of the first point"""
    size: int
    """bytes of a point"""
    format: int
    is_compressed: bool
    scale: Floats
    offset: Floats
    low: Floats
    high: Floats
    """as stated, which is not always so"""
    columns: np.dtype[np.void]
    records: dict[tuple[str, int], bytes]
    """by user and number, those that mean something here"""

    @property
    def has_old_classes(self) -> bool:
        """Whether the class shares its byte with three flags."""
        return self.format < _FIRST_NEW


def header(data: NDArray[np.uint8]) -> Header:  # noqa: C901 - a question for each lie
    """The header of the bytes of a file.

    Raises:
        Malformed: it contradicts itself or the length of the file.
        Unsupported: there is no such version or point format.
    """
    begin = data[:375].tobytes()
    if len(begin) < _LEAST or begin[:4] != b"LASF":
        raise Malformed(f"LAS: its header ends after {len(begin)} bytes, or does not begin with LASF")
    major, minor = begin[24], begin[25]
    if major != 1 or minor > 4:
        raise Unsupported(f"LAS: it is version {major}.{minor}; 1.0 to 1.4 are read")
    header_size, start, records, kind, size, count = struct.unpack_from("<HIIBHI", begin, 94)
    is_compressed, kind = kind >= 128, kind & 0x3F
    if kind >= len(_SIZES):
        raise Unsupported(f"LAS: its point format is {kind}; 0 to 10 are read")
    if header_size < _LEAST or start < header_size or start > len(data):
        raise Malformed(f"LAS: points begin at byte {start:,} of {len(data):,}, behind a header of {header_size}")
    if size < _SIZES[kind]:
        raise Malformed(f"LAS: a point has {size} bytes; format {kind} needs {_SIZES[kind]}")
    later: tuple[int, int] = (0, 0)
    if minor >= 4 and len(begin) == 375 and header_size >= 375:
        first, several, many = struct.unpack_from("<QIQ", begin, 235)
        later, count = (first, several), many or count
    if not count:
        raise Malformed("LAS: it has no points")
    numbers = np.frombuffer(begin, "<f8", 12, 131)
    scale, offset = numbers[:3].copy(), numbers[3:6].copy()
    if not (np.isfinite(scale).all() and (scale >= _FINEST).all() and (scale <= _COARSEST).all()):
        raise Malformed(f"LAS: its scale is {scale.tolist()}; steps between {_FINEST} and {_COARSEST:.0e} are read")
    if not (np.isfinite(offset).all() and np.abs(offset).max() <= FARTHEST):
        raise Malformed(f"LAS: its offset is {offset.tolist()}; at most {FARTHEST:.0e} is read")
    if not is_compressed and count * size > len(data) - start:
        raise Malformed(f"LAS: it states {count:,} points of {size} bytes; {len(data) - start:,} bytes hold fewer")
    found = _records(data, header_size, start, records, later)
    return Header(
        version=f"{major}.{minor}",
        count=count,
        start=start,
        size=size,
        format=kind,
        is_compressed=is_compressed,
        scale=scale,
        offset=offset,
        low=numbers[7::2].copy(),
        high=numbers[6::2].copy(),
        columns=_columns(kind, size, found.get(_EXTRA, b"")),
        records=found,
    )


def _records(
    data: NDArray[np.uint8], begin: int, end: int, count: int, later: tuple[int, int]
) -> dict[tuple[str, int], bytes]:
    """The first record of each kind that means something here; one that is cut short ends its row of records."""
    wanted = {LASZIP, (PROJECTION, WKT), (PROJECTION, KEYS), _EXTRA}
    found: dict[tuple[str, int], bytes] = {}
    for key, content in [*_row(data, begin, end, count, 54), *_row(data, later[0], len(data), later[1], 60)]:
        if key in wanted:
            found.setdefault(key, content.tobytes())
    return found


def _row(
    data: NDArray[np.uint8], at: int, end: int, count: int, head: int
) -> Iterator[tuple[tuple[str, int], NDArray[np.uint8]]]:
    for _ in range(min(count, _MOST_RECORDS)):
        if at + head > end:
            return
        user = data[at + 2 : at + 18].tobytes().split(b"\0")[0].decode("ascii", "replace")
        number, length = struct.unpack_from("<HH" if head == 54 else "<HQ", data[at + 18 : at + head].tobytes())
        if length > end - at - head:
            return
        content = data[at + head : at + head + length]
        # What grows with the file (waveforms) is none of ours.
        if length <= 1 << 20:
            yield (user, number), content
        at += head + length


def _columns(kind: int, size: int, extra: bytes) -> np.dtype[np.void]:
    fields = {"place": (("<i4", 3), 0), "intensity": ("<u2", 12), "class": ("u1", 16 if kind >= _FIRST_NEW else 15)}
    if kind in _COLOURS:
        fields["colour"] = (("<u2", 3), _COLOURS[kind])
    fields |= _normals(extra, _SIZES[kind], size)
    return np.dtype(
        {
            "names": list(fields),
            "formats": [form for form, _ in fields.values()],
            "offsets": [at for _, at in fields.values()],
            "itemsize": size,
        }
    )  # type: ignore[call-overload, no-any-return, unused-ignore]


def _normals(extra: bytes, at: int, size: int) -> dict[str, tuple[str, int]]:
    """Fields of normals among the extra bytes, by their names as CloudCompare and others write them."""
    floats: dict[str, tuple[str, int]] = {}
    for start in range(0, len(extra) - 191, 192):
        kind = extra[start + 2]
        length = extra[start + 3] if kind == 0 else _EXTRA_SIZES[(kind - 1) % 10 + 1] * ((kind - 1) // 10 + 1)
        name = extra[start + 4 : start + 36].split(b"\0")[0].decode("ascii", "replace").lower().replace("_", "")
        if kind in _EXTRA_FLOATS and at + length <= size:
            floats[name] = (_EXTRA_FLOATS[kind], at)
        at += length
    for names in _NORMALS:
        if all(name in floats for name in names):
            return {f"n{axis}": floats[name] for axis, name in zip("xyz", names, strict=True)}
    return {}


def is_compressed(data: NDArray[np.uint8]) -> bool:
    """Whether the points of a LAS file are packed, that is, whether it is LAZ."""
    return len(data) > 104 and bool(data[104] & 0x80)
