"""Our reader of LAZ (and COPC, which is LAZ 1.4 in the order of an octree), unpacked by `lazrs`.

The table of chunks is read and held against the file before anything is unpacked: how many chunks there are, that they
have all the points that the header states, and no more bytes than there are. Formats 6 to 10 are stored in layers, of
which only those that are used are unpacked.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.clouds.extent import checked
from pipeline.clouds.las import Said, described, taken
from pipeline.clouds.las_header import LASZIP, Header, header
from pipeline.clouds.source import CHUNK, Head, Points
from scenes.errors import Malformed, Unsupported

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_CHUNKED = (2, 3)
_VARIABLE = (1 << 32) - 1
_MOST_IN_CHUNK = 1 << 24
"""points: laszip writes 50,000, and one has to be unpacked as a whole"""
_LOOKED_AT = 1 << 12
"""points at each of some places, whose colours tell whether bytes were written into words"""
_PLACES = 8


class Laz:
    """A LAZ file. Its header's bounds are believed until a point contradicts them: to look is to unpack it all."""

    def __init__(self, data: NDArray[np.uint8], path: Path) -> None:
        self._path, self._header = path, header(data)
        of = self._header
        if not (np.isfinite(of.low).all() and np.isfinite(of.high).all()):
            raise Malformed("LAZ: the bounds in its header are no numbers")
        checked(of.low, of.high, of.count, "LAZ")
        self._record = of.records.get(LASZIP, b"")
        _check_record(self._record, of)
        _check_table(data, self._record, of, path)
        # To look for a value that is not zero would be to unpack it all: both columns are taken as they are.
        said = Said(is_doubled=False, has_intensity=True, has_classification=True)
        for first in sorted({of.count * place // _PLACES for place in range(_PLACES)}):
            said = said.with_those_of(next(self._unpacked(_LOOKED_AT, first, of.count)), of)
        (per_chunk,) = struct.unpack_from("<I", self._record, 12)
        grain = 0 if per_chunk == _VARIABLE else per_chunk
        self.head: Head = described(of, of.low - of.offset, of.high - of.offset, said, grain=grain)

    def chunks(self, size: int = CHUNK, *, first: int = 0, last: int | None = None) -> Iterator[Points]:
        """As `CloudSource.chunks`."""
        last = self._header.count if last is None else min(last, self._header.count)
        for records in self._unpacked(size, first, last):
            yield taken(records, self._header, self.head)

    def _unpacked(self, size: int, first: int, last: int) -> Iterator[NDArray[np.void]]:
        import lazrs

        of = self._header
        kinds = ["XY_RETURNS_CHANNEL", "Z", "INTENSITY", "CLASSIFICATION", "RGB"]
        if "nx" in (of.columns.names or ()):
            kinds.append("ALL_EXTRA_BYTES")
        chosen = 0
        for kind in kinds:
            chosen |= getattr(lazrs, f"SELECTIVE_DECOMPRESS_{kind}")
        with self._path.open("rb") as file:
            file.seek(of.start)
            try:
                unpacker = lazrs.LasZipDecompressor(file, self._record, lazrs.DecompressionSelection(chosen))
                if first:
                    unpacker.seek(first)
                for start in range(first, last, size):
                    room = np.zeros(min(size, last - start) * of.size, np.uint8)
                    unpacker.decompress_many(room)
                    yield room.view(of.columns)
            except lazrs.LazrsError as broken:
                raise Malformed(f"LAZ: it cannot be unpacked: {str(broken)[:200]}") from broken
            except BaseException as broken:
                # A panic of Rust's is none of Python's exceptions; its class cannot be imported.
                if type(broken).__name__ != "PanicException":
                    raise
                raise Malformed("LAZ: it cannot be unpacked: its compressed data are broken") from broken


def _check_record(record: bytes, of: Header) -> None:
    """See to it that what says how points are packed fits the header, before anything is unpacked by it."""
    if len(record) < 34:
        raise Malformed("LAZ: the record that says how it is compressed is missing or cut short")
    (compressor,), (per_chunk,), (items,) = (
        struct.unpack_from(kind, record, at) for kind, at in (("<H", 0), ("<I", 12), ("<H", 32))
    )
    if compressor not in _CHUNKED:
        raise Unsupported(f"LAZ: its compressor is {compressor}; those with chunks (2 and 3) are read")
    if len(record) < 34 + 6 * items:
        raise Malformed("LAZ: the record that says how it is compressed is cut short")
    size = sum(struct.unpack_from("<H", record, 36 + 6 * item)[0] for item in range(items))
    if size != of.size:
        raise Malformed(f"LAZ: what is compressed has {size} bytes a point; the header states {of.size}")
    if per_chunk != _VARIABLE and not 0 < per_chunk <= _MOST_IN_CHUNK:
        raise Malformed(f"LAZ: it states {per_chunk:,} points a chunk; 1 to {_MOST_IN_CHUNK:,} are read")


def _check_table(data: NDArray[np.uint8], record: bytes, of: Header, path: Path) -> None:
    import lazrs

    room = len(data) - of.start - 8
    if room < 0:
        raise Malformed("LAZ: it ends before its points begin")
    (place,) = struct.unpack("<q", data[of.start : of.start + 8].tobytes())
    if place == -1:  # it was written to where nobody could go back
        (place,) = struct.unpack("<q", data[-8:].tobytes())
    if not of.start + 8 <= place <= len(data) - 8:
        raise Malformed(f"LAZ: its table of chunks is said to begin at byte {place:,} of {len(data):,}")
    (per_chunk,) = struct.unpack_from("<I", record, 12)
    (chunks,) = struct.unpack("<I", data[place + 4 : place + 8].tobytes())
    room = place - of.start - 8
    expected = -(-of.count // per_chunk)
    # A point of a chunk takes 20 bytes at least: the first one is not compressed.
    if chunks > room // 20 or not chunks or (per_chunk != _VARIABLE and chunks != expected):
        raise Malformed(f"LAZ: its table states {chunks:,} chunks; {of.count:,} points in {room:,} bytes have others")
    with path.open("rb") as file:
        file.seek(of.start)
        table: Any = _table(lazrs, file, record)
    counts, sizes = (np.array(column, np.uint64).astype(np.float64) for column in zip(*table, strict=True))
    if sizes.sum() > room:
        raise Malformed(f"LAZ: its chunks are said to have {sizes.sum():,.0f} bytes; there are {room:,}")
    if per_chunk == _VARIABLE and (counts.sum() != of.count or counts.max() > _MOST_IN_CHUNK):
        raise Malformed(f"LAZ: its chunks have {counts.sum():,.0f} points; the header states {of.count:,}")


def _table(lazrs: Any, file: io.BufferedReader, record: bytes) -> Any:
    try:
        return lazrs.read_chunk_table(file, lazrs.LazVlr(record))
    except lazrs.LazrsError as broken:
        raise Malformed(f"LAZ: its table of chunks cannot be read: {str(broken)[:200]}") from broken
    except BaseException as broken:
        if type(broken).__name__ != "PanicException":
            raise
        raise Malformed("LAZ: its table of chunks is broken") from broken
