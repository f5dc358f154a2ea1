"""Archives, pictures, recordings and families that lie, by the code that each must meet."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from tests.hostile.good import GOOD, OBJ
from tests.pipeline import media
from tests.pipeline.hostile import zipped

if TYPE_CHECKING:
    from collections.abc import Callable

_LIMIT, _MALFORMED, _UNSUPPORTED, _FORBIDDEN = "LIMIT", "MALFORMED", "UNSUPPORTED", "FORBIDDEN_REF"
_READ = ""
"""a lie that nobody relies on: read all the same"""


def _entry(name: str, *, mode: int = 0, data: bytes = OBJ) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = mode << 16
        archive.writestr(entry, data)
    return out.getvalue()


def _stated(at: int, form: str, value: int, data: bytes = OBJ * 40, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of one file, with a number of its central directory changed."""
    raw = bytearray(zipped({"x.obj": data}, method=method))
    struct.pack_into(form, raw, raw.rfind(b"PK\1\2") + at, value)
    return bytes(raw)


def _end(at: int, form: str, value: int) -> bytes:
    """A zip with a number of its end record changed."""
    raw = bytearray(zipped({"x.obj": OBJ}))
    struct.pack_into(form, raw, raw.rfind(b"PK\5\6") + at, value)
    return bytes(raw)


def _quine() -> bytes:
    """A thousand entries in the directory that all are the same packed bytes."""
    raw = zipped({"x.obj": b"\n" * 1_000_000})
    begin, end = raw.rfind(b"PK\1\2"), raw.rfind(b"PK\5\6")
    entry = raw[begin:end]
    tail = bytearray(raw[end:])
    struct.pack_into("<HHI", tail, 8, 1000, 1000, len(entry) * 1000)
    return raw[:begin] + entry * 1000 + bytes(tail)


ARCHIVES: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "zip that climbs by backslashes": ("x.zip", zipped({"..\\..\\evil.obj": OBJ}), _FORBIDDEN),
    "zip that climbs in its midst": ("x.zip", zipped({"a/../../evil.obj": OBJ}), _FORBIDDEN),
    "zip of a drive": ("x.zip", zipped({"C:evil.obj": OBJ}), _FORBIDDEN),
    "zip of a name without letters": ("x.zip", zipped({"": OBJ}), _FORBIDDEN),
    "zip of a link to a folder": ("x.zip", _entry("x.obj", mode=stat.S_IFLNK | 0o777, data=b"/etc"), _FORBIDDEN),
    "zip of a device": ("x.zip", _entry("x.obj", mode=stat.S_IFCHR | 0o666), _FORBIDDEN),
    "zip of a pipe": ("x.zip", _entry("x.obj", mode=stat.S_IFIFO | 0o666), _FORBIDDEN),
    "zip of a socket": ("x.zip", _entry("x.obj", mode=stat.S_IFSOCK | 0o666), _FORBIDDEN),
    "zip that states less than it unpacks to": ("x.zip", _stated(24, "<I", 10), _MALFORMED),
    "zip that states more than it unpacks to": ("x.zip", _stated(24, "<I", 1 << 20), _READ),
    "zip that states four gigabytes": ("x.zip", _stated(24, "<I", 0xFFFFFFFE), _READ),
    "zip of more packed bytes than there are": ("x.zip", _stated(20, "<I", 1 << 30), _MALFORMED),
    "zip of an entry behind its end": ("x.zip", _stated(42, "<I", 1 << 30), _MALFORMED),
    "zip of a wrong checksum": ("x.zip", _stated(16, "<I", 7), _MALFORMED),
    "zip of an unknown method": ("x.zip", _stated(10, "<H", 97), _UNSUPPORTED),
    "zip packed by LZMA": ("x.zip", lambda: zipped({"x.obj": OBJ * 9}, method=zipfile.ZIP_LZMA), _UNSUPPORTED),
    "zip that is locked": ("x.zip", _stated(8, "<H", 1), _UNSUPPORTED),
    "zip of entries that are not there": ("x.zip", _end(10, "<H", 60_000), _READ),
    "zip of a directory of a gigabyte": ("x.zip", _end(12, "<I", 1 << 30), _MALFORMED),
    "zip of a directory behind its end": ("x.zip", _end(16, "<I", 1 << 30), _MALFORMED),
    "zip of one file a thousand times": ("x.zip", _quine, _MALFORMED),
    "zip of nothing": ("x.zip", zipped({}), _UNSUPPORTED),
    "zip of a head alone": ("x.zip", b"PK\3\4" + bytes(60), _MALFORMED),
    "zip of a zip of a zip": ("x.zip", zipped({"a.zip": zipped({"b.zip": zipped({"x.obj": OBJ})})}), _UNSUPPORTED),
    "zip of a gzip": ("x.zip", zipped({"x.obj.gz": b"\x1f\x8b"}), _UNSUPPORTED),
    "zip of texts": ("x.zip", zipped({"readme.txt": b"hello"}), _UNSUPPORTED),
    "zip of a cloud that is none": ("x.zip", zipped({"x.las": b"LASF"}), _MALFORMED),
    "zip of two clouds": ("x.zip", zipped({"x.las": b"LASF", "y.laz": b"LASF"}), _UNSUPPORTED),
    "zip of a cloud that is a bomb": ("x.zip", lambda: zipped({"x.xyz": b"1 2 3\n" * 8_000_000}), _LIMIT),
    "zip of a cloud that climbs": ("x.zip", zipped({"../x.xyz": b"1 2 3\n"}), _FORBIDDEN),
    "zip of an OBJ bomb in a folder": ("x.zip", lambda: zipped({"a/b/x.obj": b"\n" * 30_000_000}), _LIMIT),
    "zip whose model names a way out": ("x.zip", zipped({"x.obj": OBJ.replace(b"x.mtl", b"../../x.mtl")}), _FORBIDDEN),
    "zip whose materials name a device": (
        "x.zip", zipped({"x.obj": OBJ, "x.mtl": b"newmtl grey\nmap_Kd ../../../../dev/zero\n"}), _FORBIDDEN),
    "gzip": ("x.glb", b"\x1f\x8b\x08" + bytes(40), _MALFORMED),
    "tar": ("x.tar", b"x.obj".ljust(257, b"\0") + b"ustar\x0000" + bytes(300), _UNSUPPORTED),
    "pickle of numpy": ("x.npy", b"\x93NUMPY\1\0" + bytes(100), _UNSUPPORTED),
}  # fmt: skip


def _png(width: int, height: int, body: bytes = b"", *, kind: bytes = b"\x08\x02", interlaced: bool = False) -> bytes:
    """A PNG by its chunks."""
    head = struct.pack(">II", width, height) + kind + bytes([0, 0, interlaced])
    out = b"\x89PNG\r\n\x1a\n"
    for name, data in ((b"IHDR", head), (b"IDAT", body), (b"IEND", b"")):
        out += struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
    return out


def _jpeg(width: int, height: int, more: int = 0) -> bytes:
    """A progressive JPEG, all of whose components are whole, whose frame states a size; with bytes behind its end."""
    out = io.BytesIO()
    media.quarters(24, 16).save(out, "jpeg", progressive=True, subsampling=0)
    raw = bytearray(out.getvalue()) + bytes(more)
    at = raw.index(b"\xff\xc2")
    struct.pack_into(">HH", raw, at + 5, height, width)
    return bytes(raw)


def _webp(width: int, height: int) -> bytes:
    """A WebP of the extended kind whose canvas states a size."""
    canvas = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    frame = GOOD["webp"][1]()
    at = frame.index(b"VP8 ")
    parts = b"WEBPVP8X" + struct.pack("<I", 10) + canvas + frame[at:]
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


def _still(kind: str) -> bytes:
    out = io.BytesIO()
    Pillow.new("RGB", (8, 8)).save(out, kind)
    return out.getvalue()


PICTURES: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "PNG of a billion pixels": ("x.png", _png(40_000, 25_000), _LIMIT),
    "PNG of four billion pixels a side": ("x.png", _png(0x7FFFFFFF, 0x7FFFFFFF), _LIMIT),
    "PNG of no pixels": ("x.png", _png(0, 10), _MALFORMED),
    "PNG of 16 bits, interlaced, whose pixels fill memory": (
        "x.png", lambda: _png(16_000, 16_000, bytes(2 << 20), kind=b"\x10\x06", interlaced=True), _LIMIT),
    "PNG of more pixels than its bytes can hold": (
        "x.png", _png(16_000, 16_000, zlib.compress(bytes(1 << 20))), _MALFORMED),
    "JPEG of more pixels than its bytes can hold": ("x.jpg", _jpeg(16_000, 16_000), _MALFORMED),
    "PNG that holds less than it states": ("x.png", lambda: _png(3000, 3000, zlib.compress(bytes(1000))), _MALFORMED),
    "PNG of a depth that is none": ("x.png", _png(8, 8, zlib.compress(bytes(300)), kind=b"\x07\x02"), _MALFORMED),
    "PNG that is cut": ("x.png", GOOD["png"][1]()[:-40], _MALFORMED),
    "PNG of a signature alone": ("x.png", b"\x89PNG\r\n\x1a\n", _MALFORMED),
    "PNG of a chunk of four gigabytes": ("x.png", b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffIHDR" + bytes(20), _MALFORMED),
    "JPEG of four billion pixels": ("x.jpg", _jpeg(65_535, 65_535), _LIMIT),
    "JPEG, progressive, whose coefficients fill memory": ("x.jpg", lambda: _jpeg(16_000, 16_000, 1 << 20), _LIMIT),
    "JPEG of no lines": ("x.jpg", _jpeg(24, 0), _MALFORMED),
    "JPEG of two bytes": ("x.jpg", b"\xff\xd8\xff", _MALFORMED),
    "JPEG that is cut": ("x.jpg", GOOD["jpeg"][1]()[:400], _MALFORMED),
    "JPEG of a segment without end": ("x.jpg", b"\xff\xd8\xff\xe0\xff\xff" + bytes(100), _MALFORMED),
    "WebP of a huge canvas": ("x.webp", _webp(16_384, 16_384), _MALFORMED),
    "WebP that is cut": ("x.webp", GOOD["webp"][1]()[:60], _MALFORMED),
    "WebP of a length that lies": ("x.webp", b"RIFF\xff\xff\xff\xffWEBPVP8 " + bytes(40), _MALFORMED),
    "GIF": ("x.gif", lambda: _still("GIF"), _UNSUPPORTED),
    "TIFF called PNG": ("x.png", lambda: _still("TIFF"), _UNSUPPORTED),
    "SVG called PNG": ("x.png", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', _UNSUPPORTED),
    "page called JPEG": ("x.jpg", b"<!DOCTYPE html><script>alert(1)</script>", _MALFORMED),
    "KTX2 by itself": ("x.ktx2", b"\xabKTX 20\xbb\r\n\x1a\n" + bytes(60), _UNSUPPORTED),
    "HEIC": ("x.heic", struct.pack(">I", 24) + b"ftypheic" + bytes(100), _UNSUPPORTED),
}  # fmt: skip


def _wav(
    *, form: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16, data: bytes = bytes(800), length: int = -1
) -> bytes:
    body = b"WAVEfmt " + struct.pack("<IHHIIHH", 16, form, channels, rate, rate * 2, 2, bits)
    body += b"data" + struct.pack("<I", len(data) if length < 0 else length) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _m4a(**how: bytes) -> bytes:
    return media.m4a(**how)  # type: ignore[arg-type]


RECORDINGS: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "WAV of nothing": ("x.wav", _wav(data=b""), _MALFORMED),
    "WAV of no channel": ("x.wav", _wav(channels=0), _MALFORMED),
    "WAV of 60,000 channels": ("x.wav", _wav(channels=60_000), _MALFORMED),
    "WAV of a thousand channels": ("x.wav", _wav(channels=1000, data=bytes(80_000)), _UNSUPPORTED),
    "WAV of ADPCM": ("x.wav", _wav(form=2), _MALFORMED),
    "WAV that breaks off": ("x.wav", GOOD["wav"][1]()[:-100], _MALFORMED),
    "WAV of a head alone": ("x.wav", b"RIFF\x04\0\0\0WAVE", _MALFORMED),
    "RIFF that is a film": ("x.wav", b"RIFF\x40\0\0\0AVI LIST" + bytes(60), _UNSUPPORTED),
    "FLAC of noise": ("x.flac", lambda: b"fLaC" + np.random.default_rng(1).bytes(500), _MALFORMED),
    "FLAC that is cut": ("x.flac", lambda: GOOD["flac"][1]()[:1500], _MALFORMED),
    "FLAC of a head alone": ("x.flac", b"fLaC", _MALFORMED),
    "MP3 of a tag alone": ("x.mp3", b"ID3\4\0\0\0\0\0\x10" + bytes(16), _MALFORMED),
    "MP3 of a tag of 256 megabytes": ("x.mp3", b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(100), _MALFORMED),
    "MP3 of one frame's head": ("x.mp3", b"\xff\xfb\x90\x64" + bytes(8), _MALFORMED),
    "Ogg of a film": ("x.ogg", b"OggS\0\2" + bytes(20) + b"\1\x2a\x80theora" + bytes(40), _UNSUPPORTED),
    "Ogg that is cut": ("x.ogg", lambda: GOOD["ogg"][1]()[:200], _MALFORMED),
    "Ogg of a head alone": ("x.ogg", b"OggS", _UNSUPPORTED),
    "M4A of a box of no length": ("x.m4a", lambda: _m4a() + b"\0\0\0\3free", _MALFORMED),
    "M4A of a box of 2^63 bytes": ("x.m4a", lambda: _m4a() + b"\0\0\0\1free" + b"\x7f" * 8, _MALFORMED),
    "M4A that breaks off": ("x.m4a", lambda: _m4a()[:-50], _MALFORMED),
    "M4A without sound": ("x.m4a", lambda: _m4a(handler=b"text"), _MALFORMED),
    "M4A that is a film": ("x.m4a", lambda: _m4a(handler=b"vide"), _UNSUPPORTED),
    "M4A that is locked": ("x.m4a", lambda: _m4a(entry=b"enca"), _UNSUPPORTED),
    "AIFF": ("x.aiff", b"FORM\0\0\0\x40AIFF" + bytes(60), _UNSUPPORTED),
    "Matroska": ("x.mka", b"\x1aE\xdf\xa3" + bytes(60), _UNSUPPORTED),
}  # fmt: skip

_HEAD = b"0 HEAD\n1 GEDC\n2 VERS 5.5.1\n1 CHAR UTF-8\n"
_SEVEN = b"0 HEAD\n1 GEDC\n2 VERS 7.0\n"
_INES = b"0 @I1@ INDI\n1 NAME Ines //\n1 BIRT\n2 DATE 1700\n1 DEAT Y\n"

FAMILIES: dict[str, tuple[str, bytes | Callable[[], bytes], str]] = {
    "GEDCOM of nothing": ("x.ged", b"", _MALFORMED),
    "GEDCOM of nobody": ("x.ged", _HEAD + b"0 TRLR\n", _MALFORMED),
    "GEDCOM of noise": ("x.ged", bytes(range(256)) * 20, _MALFORMED),
    "GEDCOM of a line without end": (
        "x.ged", lambda: _HEAD + b"0 @I1@ INDI\n1 NOTE " + b"x" * 40_000 + b"\n0 TRLR\n", _LIMIT),
    "GEDCOM of two million lines": ("x.ged", lambda: _HEAD + b"0 NOTE\n" * 2_000_001, _LIMIT),
    "GEDCOM of sixty-five megabytes": ("x.ged", lambda: _HEAD + b"0 NOTE x\n" * (65 << 20 >> 3), _LIMIT),
    "GEDCOM of lines that are none": ("x.ged", _HEAD + b"what is this\n" * 2000, _MALFORMED),
    "GEDCOM of an encoding that nobody knows": ("x.ged", _HEAD.replace(b"UTF-8", b"KLINGON") + _INES, _UNSUPPORTED),
    "GEDCOM of version 3": ("x.ged", _HEAD.replace(b"5.5.1", b"3.0") + _INES, _UNSUPPORTED),
    "GEDCOM 7 a thousand levels deep": (
        "x.ged", _SEVEN + b"".join(b"%d NOTE x\n" % level for level in range(1, 1000)) + b"0 TRLR\n", _LIMIT),
    "GEDCOM 7 that skips a level": ("x.ged", _SEVEN + b"0 @I1@ INDI\n3 NAME x\n0 TRLR\n", _MALFORMED),
    "GEDCOM 7 that is no UTF-8": ("x.ged", _SEVEN + b"0 @I1@ INDI\n1 NAME \xff\xfe\n0 TRLR\n", _READ),
    "GEDCOM of people who are their own ancestors all over": (
        "x.ged", lambda: _HEAD + b"".join(
            b"0 @I%d@ INDI\n1 NAME N%d //\n1 DEAT Y\n0 @F%d@ FAM\n1 HUSB @I%d@\n1 CHIL @I%d@\n" % (i, i, i, i, i)
            for i in range(60)) + b"0 TRLR\n", _MALFORMED),
    "GEDCOM of twenty thousand people": (
        "x.ged", lambda: _HEAD
        + b"".join(b"0 @I%d@ INDI\n1 NAME N //\n1 DEAT\n2 DATE 1700\n" % i for i in range(20_001))
        + b"0 TRLR\n", _LIMIT),
}  # fmt: skip
