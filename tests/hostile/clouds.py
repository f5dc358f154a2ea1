"""Clouds of points that lie, beside those of tests/pipeline/clouds/test_hostile.py, by the code that each must meet."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.hostile.good import GOOD, e57
from tests.pipeline.clouds import written

if TYPE_CHECKING:
    from collections.abc import Callable

_MALFORMED = "MALFORMED"
_READ = ""
"""a lie that nobody relies on: read all the same"""
_POINTS = written.sample(60)
_LAS, _LAZ, _E57 = GOOD["las"][1](), GOOD["laz"][1](), e57()


def _changed(data: bytes, *changes: tuple[int, str, Any]) -> bytes:
    out = bytearray(data)
    for at, form, value in changes:
        struct.pack_into(form, out, at, value)
    return bytes(out)


def _swapped(old: bytes, new: bytes) -> bytes:
    """An E57 with words of its XML changed for others as long."""
    assert old in _E57
    assert len(old) == len(new)
    return _E57.replace(old, new)


CLOUDS: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "LAS of a head alone": ("x.las", b"LASF", _MALFORMED),
    "LAS of 2^64 points": ("x.las", _changed(_LAS, (247, "<Q", (1 << 64) - 1)), _MALFORMED),
    "LAS of four billion records": ("x.las", _changed(_LAS, (100, "<I", 0xFFFFFFFF)), _READ),
    "LAS of a record without end": ("x.las", _changed(_LAS, (375 + 20, "<H", 0xFFFF)), _READ),
    "LAS of a header of nothing": ("x.las", _changed(_LAS, (94, "<H", 0)), _MALFORMED),
    "LAS of a header longer than the file": ("x.las", _changed(_LAS, (94, "<H", 0xFFFF)), _MALFORMED),
    "LAS of points that begin in its header": ("x.las", _changed(_LAS, (96, "<I", 100)), _MALFORMED),
    "LAS of points of no length": ("x.las", _changed(_LAS, (105, "<H", 0)), _MALFORMED),
    "LAS of a scale without end": ("x.las", _changed(_LAS, (131, "<d", float("inf"))), _MALFORMED),
    "LAS of a negative scale": ("x.las", _changed(_LAS, (131, "<d", -0.001)), _MALFORMED),
    "LAS of extended records nowhere": (
        "x.las", _changed(_LAS, (235, "<Q", (1 << 63) - 1), (243, "<I", 1)), _READ),
    "LAS that says it is packed": ("x.las", _changed(_LAS, (104, "<B", 7 | 128)), _MALFORMED),
    "LAZ of noise": ("x.laz", lambda: _LAZ[:500] + np.random.default_rng(1).bytes(len(_LAZ) - 500), _MALFORMED),
    "LAZ of chunks of nothing": ("x.laz", _changed(_LAZ, (227 + 54 + 12, "<I", 0)), _MALFORMED),
    "LAZ of items that are not there": ("x.laz", _changed(_LAZ, (227 + 54 + 32, "<H", 0xFFFF)), _MALFORMED),
    "LAZ of a table of chunks before its beginning": (
        "x.laz", _changed(_LAZ, (struct.unpack_from("<I", _LAZ, 96)[0], "<q", -1)), _MALFORMED),
    "E57 of a head alone": ("x.e57", b"ASTM-E57", _MALFORMED),
    "E57 of pages of one byte": ("x.e57", _changed(_E57, (40, "<Q", 1)), _MALFORMED),
    "E57 of pages of nothing": ("x.e57", _changed(_E57, (40, "<Q", 0)), _MALFORMED),
    "E57 of XML of no length": ("x.e57", _changed(_E57, (32, "<Q", 0)), _MALFORMED),
    "E57 of an offset of 2^64": ("x.e57", _changed(_E57, (24, "<Q", (1 << 64) - 1)), _MALFORMED),
    "E57 of XML that is none": ("x.e57", _swapped(b"<e57Root", b"<e57R<ot"), _MALFORMED),
    "E57 of points that are words": ("x.e57", _swapped(b'recordCount="60"', b'recordCount="xx"'), _MALFORMED),
    "E57 of points before its beginning": ("x.e57", _swapped(b'fileOffset="48"', b'fileOffset="-8"'), _MALFORMED),
    "E57 of a packet of nothing": ("x.e57", _changed(_E57, (48 + 32 + 2, "<H", 0)), _MALFORMED),
    "E57 of a packet of a kind that is none": ("x.e57", _changed(_E57, (48 + 32, "<B", 9)), _MALFORMED),
    "E57 of a section of another kind": ("x.e57", _changed(_E57, (48, "<B", 7)), _MALFORMED),
    "E57 of a section without end": ("x.e57", _changed(_E57, (48 + 8, "<Q", 1 << 62)), _MALFORMED),
    "text of a number of 400 digits": ("x.xyz", b"1 2 3\n" * 5 + b"9" * 400 + b" 1 2\n", _READ),
    "text of numbers that are none": ("x.xyz", b"nan nan nan\n" * 50, _MALFORMED),
    "text of NULs": ("x.xyz", b"1 2 3\n" * 5 + b"\0" * 500, _MALFORMED),
    "text of a thousand columns": ("x.xyz", (b"1 " * 1000 + b"\n") * 20, _MALFORMED),
    "text of a billion points, it says": ("x.pts", b"1000000000\n1 2 3\n", _READ),
    "text of one word": ("x.xyz", b"hello\n", _MALFORMED),
}  # fmt: skip
