"""Our reader of STL, binary and text. Its triangles share no points, so equal points are made one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from pipeline import mapped
from scenes.counting import counted
from scenes.errors import Malformed
from tiling.mesh import Model, Primitive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pipeline.mapped import Store

_RECORD = np.dtype([("normal", "<f4", 3), ("points", "<f4", (3, 3)), ("attribute", "<u2")])
_ROWS = 3 << 16  # points of a piece, whole triangles of them
_LONG_HEAD = 1 << 16
_NAME = re.compile(rb"solid[ \t]+([^\r\n]{1,200})")


def read(data: NDArray[np.uint8], store: Store) -> Model:
    """A model of an STL file. Raises Malformed."""
    head = data[:_LONG_HEAD].tobytes()
    report: list[str] = []
    is_text = _is_text(data, head)
    if not is_text:
        _check_count(data)
    from pipeline.corners import Points

    pieces = _text(data, report) if is_text else _binary(data, report)
    expected = len(data) // (86 * 6 if is_text else 50 * 2)
    points = Points(store, expected, np.float64 if is_text else np.float32)
    numbers = store.growing(3, np.uint32)
    for piece in pieces:
        numbers.append(points.add(piece).reshape(-1, 3))
    if not numbers.rows:
        raise Malformed("; ".join(["STL: it has no triangles", *report]))
    found = _NAME.match(head.lstrip()) if is_text else None
    name = found[1].decode("utf-8", "replace").strip() if found else ""
    return Model((Primitive(points.done(), numbers.done(), name=name),), report=tuple(report))


def _is_text(data: NDArray[np.uint8], head: bytes) -> bool:
    """Whether it is text: its count of triangles does not fit, and there are the words of one."""
    if len(data) >= 84 and len(data) == 84 + 50 * int.from_bytes(head[80:84], "little"):
        return False
    lower = head.lower()
    return b"vertex" in lower and b"facet" in lower and b"\0" not in head


def _check_count(data: NDArray[np.uint8]) -> None:
    if len(data) < 84:
        raise Malformed(f"STL: {len(data)} bytes are too few for a header")
    count, room = _stated(data), (len(data) - 84) // _RECORD.itemsize
    if count > room:
        raise Malformed(f"STL: it states {counted(count, '[triangle|triangles]')} and has room for {room:,}")


def _stated(data: NDArray[np.uint8]) -> int:
    return int.from_bytes(data[80:84].tobytes(), "little")


def _binary(data: NDArray[np.uint8], report: list[str]) -> Iterator[NDArray[np.float32]]:
    count = _stated(data)
    end = 84 + count * _RECORD.itemsize
    if len(data) > end:
        report.append(
            counted(len(data) - end, "[byte after the last triangle was|bytes after the last triangle were] not read")
        )
    coloured = 0
    for _, piece in mapped.chunks(data[84:end].view(_RECORD), _ROWS // 3):
        coloured += int(np.count_nonzero(piece["attribute"]))
        yield np.ascontiguousarray(piece["points"]).reshape(-1, 3)
    if coloured:
        # Two makers use these bits for colours, in opposite orders; nobody else can tell what they mean.
        report.append(
            counted(coloured, "[triangle has|triangles have] attributes (colours of some makers); they were left out")
        )


def _text(data: NDArray[np.uint8], report: list[str]) -> Iterator[NDArray[np.float64]]:
    from pipeline import lines

    at, total, bad = 0, 0, 0
    points = np.empty((_ROWS, 3))
    while at < len(data):
        before = at
        at, count, wrong = lines.scan_points(data, at, len(data), ord("v"), points)
        mapped.release(data[before:at])
        total, bad = total + count, bad + wrong
        yield points[: count // 3 * 3]
        if count % 3:
            raise Malformed(
                f"STL: it has {counted(total, '[corner, which makes|corners, which make]')} no whole triangles"
            )
    if bad:
        # They are no numbers now, and repair takes their triangles away.
        report.append(f"{bad:,} of {counted(total, '[corner|corners]')} could not be read")
