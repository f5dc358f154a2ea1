"""Our reader of STL, binary and text. Its triangles share no points, so equal points are made one by their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.lines import Lines, table
from scenes.errors import Malformed
from tiling import meshopt
from tiling.mesh import Model, Primitive

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RECORD = np.dtype([("normal", "<f4", 3), ("points", "<f4", (3, 3)), ("attribute", "<u2")])


def read(data: bytes) -> Model:
    """A model of an STL file. Raises Malformed."""
    is_text = data[:512].lstrip()[:5].lower() == b"solid" and b"facet" in data[: 1 << 16]
    report: list[str] = []
    points = _text(data) if is_text else _binary(data, report)
    if not len(points):
        raise Malformed("STL: it has no triangles")
    numbers, count = meshopt.remap(np.ascontiguousarray(points + 0.0))
    first = np.empty(count, np.int64)
    first[numbers[::-1]] = np.arange(len(points) - 1, -1, -1)
    return Model(
        (Primitive(points[first].astype(np.float64), numbers.reshape(-1, 3)),),
        report=tuple(report),
    )


def _binary(data: bytes, report: list[str]) -> NDArray[np.float64]:
    if len(data) < 84:
        raise Malformed(f"STL: {len(data)} bytes are too few for a header")
    count = int.from_bytes(data[80:84], "little")
    room = (len(data) - 84) // _RECORD.itemsize
    if count > room:
        raise Malformed(f"STL: it states {count:,} triangles and has room for {room:,}")
    if len(data) > 84 + count * _RECORD.itemsize:
        report.append(f"{len(data) - 84 - count * _RECORD.itemsize:,} bytes after the last triangle were not read")
    records = np.frombuffer(data, _RECORD, count, 84)
    return records["points"].reshape(-1, 3).astype(np.float64)


def _text(data: bytes) -> NDArray[np.float64]:
    lines = Lines(data)
    points, bad = table(lines.body(lines.begin_with(b"vertex"), 6), 3, 3)
    if bad or len(points) % 3:
        raise Malformed(f"STL: {bad:,} of {len(points):,} corners cannot be read")
    return points
