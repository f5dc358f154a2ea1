"""Clouds that lie, by the error that each must meet; and any byte changed is read or refused, never worse."""

from __future__ import annotations

import resource
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.clouds.open import open_cloud
from scenes.errors import Malformed, SceneError, Unsupported
from tests.pipeline.clouds import written
from tests.pipeline.clouds.written import sample

POINTS = sample(200)
PLACES = [(f"cartesian{axis}", {"type": "Float"}, POINTS["places"][:, i]) for i, axis in enumerate("XYZ")]
LAS, LAZ, E57 = written.las(POINTS), written.las(POINTS, packed=True), written.e57([{"fields": PLACES}])
_START = struct.unpack_from("<I", LAZ, 96)[0]
# Where the record begins that says how points are packed: behind the header and the head of the record.
_PACKED = 227 + 54


def changed(data: bytes, *changes: tuple[int, str, Any]) -> bytes:
    out = bytearray(data)
    for at, form, value in changes:
        struct.pack_into(form, out, at, value)
    return bytes(out)


def _table(value: int) -> bytes:
    """A LAZ whose table of chunks states so many."""
    (place,) = struct.unpack_from("<q", LAZ, _START)
    return changed(LAZ, (place + 4, "<I", value))


HOSTILE: dict[str, tuple[str, bytes, type[SceneError], str]] = {
    "las cut in its header": ("a.las", LAS[:200], Malformed, "header"),
    "las cut in its points": ("a.las", LAS[:-10], Malformed, "bytes hold fewer"),
    "las of four billion points": ("a.las", changed(LAS, (107, "<I", (1 << 32) - 1)), Malformed, "bytes hold fewer"),
    "las of no points": ("a.las", changed(LAS, (107, "<I", 0)), Malformed, "no points"),
    "las of tiny points": ("a.las", changed(LAS, (105, "<H", 12)), Malformed, "needs 26"),
    "las of format 11": ("a.las", changed(LAS, (104, "<B", 11)), Unsupported, "0 to 10"),
    "las of version 2.0": ("a.las", changed(LAS, (24, "<B", 2)), Unsupported, "2.2"),
    "las of no scale": ("a.las", changed(LAS, (131, "<d", 0.0)), Malformed, "scale"),
    "las of an absurd scale": ("a.las", changed(LAS, (131, "<d", 1e300)), Malformed, "scale"),
    "las of a scale that is none": ("a.las", changed(LAS, (131, "<d", np.nan)), Malformed, "scale"),
    "las beyond the earth": ("a.las", changed(LAS, (155, "<d", 1e200)), Malformed, "offset"),
    "las that begins behind its end": ("a.las", changed(LAS, (96, "<I", 1 << 31)), Malformed, "points begin"),
    "las in degrees": (
        "a.las",
        written.las(
            POINTS,
            records=(("LASF_Projection", 34735, np.array([1, 1, 0, 1, 2048, 0, 1, 4326], "<u2").tobytes()),),
        ),
        Unsupported,
        "degrees",
    ),
    "laz without its record": ("a.laz", LAZ.replace(b"laszip encoded", b"laszip encodes"), Malformed, "missing"),
    "laz of an old compressor": ("a.laz", changed(LAZ, (_PACKED, "<H", 1)), Unsupported, "compressor"),
    "laz of other points": ("a.laz", changed(LAZ, (105, "<H", 30)), Malformed, "bytes a point"),
    "laz of huge chunks": ("a.laz", changed(LAZ, (_PACKED + 12, "<I", 1 << 30)), Malformed, "points a chunk"),
    "laz of four billion points": ("a.laz", changed(LAZ, (107, "<I", 1 << 31)), Malformed, "chunks"),
    "laz of a billion chunks": ("a.laz", _table(1 << 30), Malformed, "chunks"),
    "laz of no chunks": ("a.laz", _table(0), Malformed, "chunks"),
    "laz whose table is nowhere": ("a.laz", changed(LAZ, (_START, "<q", 1 << 40)), Malformed, "table"),
    "laz cut short": ("a.laz", LAZ[:-300], Malformed, "LAZ"),
    "laz that lies elsewhere": ("a.laz", changed(LAZ, (179, "<d", 500_001.0)), Malformed, "outside of the bounds"),
    "laz whose bounds are none": ("a.laz", changed(LAZ, (179, "<d", np.nan)), Malformed, "bounds"),
    "ply of more points than there are": ("a.ply", written.ply(POINTS)[:-1], Malformed, "PLY"),
    "ply of no points": ("a.ply", written.ply(sample(0)), Malformed, "no points"),
    "ply of no place": ("a.ply", written.ply(POINTS).replace(b"double z", b"double w"), Malformed, "no x, y, z"),
    "ply nowhere": ("a.ply", written.ply(POINTS | {"places": np.full((200, 3), np.nan)}), Malformed, "no points"),
    "ply beyond the earth": ("a.ply", written.ply(POINTS | {"places": POINTS["places"] * 1e30}), Malformed, "off"),
    "text of pairs": ("a.xyz", b"1 2\n3 4\n", Malformed, "has 2 numbers"),
    "text that ends in a word": ("a.xyz", b"1 2 3\n4 5 six\n", Malformed, "'4 5 six'"),
    "text with a short line": ("a.xyz", b"1 2 3 9\n" * 20000 + b"4 5\n", Malformed, "has no 4 numbers"),
    "text of names without a place": ("a.csv", b"red,green,blue\n1,2,3\n", Unsupported, "no cloud"),
    "text of one long line": ("a.xyz", b"1 " * 3_000_000, Malformed, "first line has more"),
    "text of nothing": ("a.xyz", b"", Malformed, "no points"),
    "las that is none": ("a.las", b"nothing of the kind", Malformed, "LASF"),
    "nothing that is read": ("a.bin", b"nothing of the kind", Unsupported, "no cloud"),
    "e57 cut in its header": ("a.e57", E57[:40], Malformed, "header"),
    "e57 cut in its points": ("a.e57", E57[:2048], Malformed, "E57"),
    "e57 of a version to come": ("a.e57", changed(E57, (8, "<I", 2)), Unsupported, "version"),
    "e57 of other pages": ("a.e57", changed(E57, (40, "<Q", 4096)), Malformed, "pages"),
    "e57 of endless XML": ("a.e57", changed(E57, (32, "<Q", 1 << 60)), Malformed, "XML"),
    "e57 whose XML is nowhere": ("a.e57", changed(E57, (24, "<Q", 1 << 60)), Malformed, "stand at byte"),
}  # fmt: skip


def _e57(*xml: tuple[str, str]) -> bytes:
    return written.e57([{"fields": PLACES}], xml=xml)


_COUNT = 'recordCount="200"'
HOSTILE |= {
    "e57 of far more points": ("a.e57", _e57((_COUNT, 'recordCount="1000000000"')), Malformed, "cannot hold"),
    "e57 of no points": ("a.e57", _e57((_COUNT, 'recordCount="0"')), Malformed, "no points"),
    "e57 of points in negative number": ("a.e57", _e57((_COUNT, 'recordCount="-5"')), Malformed, "-5"),
    "e57 of no place": ("a.e57", _e57(("cartesianX", "cartesianW")), Unsupported, "neither"),
    "e57 of words": ("a.e57", _e57(('type="Float"', 'type="String"')), Unsupported, "numbers"),
    "e57 of one more point": ("a.e57", _e57((_COUNT, 'recordCount="201"')), Malformed, "end 1"),
    "e57 of a section that is none": ("a.e57", _e57(('fileOffset="48"', 'fileOffset="49"')), Malformed, "section"),
    "e57 with a document type": ("a.e57", _e57(("<e57Root", "<!DOCTYPE a []><e57Root")), Malformed, "DTD"),
    "e57 of a constant billion": (
        "a.e57",
        _e57(('type="Float"', 'type="Integer" minimum="0" maximum="0"'), (_COUNT, 'recordCount="1000000000"')),
        Malformed,
        "cannot hold",
    ),
}  # fmt: skip


def _read(path: Path) -> int:
    return sum(len(chunk) for chunk in open_cloud(path, path.name).chunks())


@pytest.mark.parametrize("given", HOSTILE)
def test_a_lie_is_refused(tmp_path: Path, given: str) -> None:
    name, data, error, words = HOSTILE[given]
    path = tmp_path / name
    path.write_bytes(data)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(error, match=words):
        _read(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # kilobytes


@pytest.mark.parametrize("name", ["a.las", "a.laz", "a.e57", "a.ply"])
def test_any_byte_may_be_wrong(tmp_path: Path, name: str) -> None:
    data = {"a.las": LAS, "a.laz": LAZ, "a.e57": E57, "a.ply": written.ply(POINTS)}[name]
    chance = np.random.default_rng(1)
    path = tmp_path / name
    kept = 0
    for _ in range(100):
        broken = bytearray(data)
        # Half of them where the headers are.
        for at in chance.integers(0, chance.choice([500, len(data)]), 3):
            broken[at] = chance.integers(256)
        path.write_bytes(bytes(broken))
        try:
            kept += _read(path)
        except SceneError:
            continue
    assert kept > 0
