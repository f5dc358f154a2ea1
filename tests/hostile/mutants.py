"""Good files bent by chance where it hurts: numbers that count, lengths, offsets, ends, and parts put together anew.

A mutant is told by its format and its number alone, so what failed can be had again. Half of them are changed as bytes,
half by what they are made of (JSON, members of a zip, chunks of a PNG, lines, numbers in text), with lengths and
checksums made right again, so that more than the first check is reached.
"""

from __future__ import annotations

import copy
import functools
import io
import json
import math
import random
import re
import struct
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

from scenes import glb
from tests.hostile.good import GOOD

if TYPE_CHECKING:
    from collections.abc import Callable

_WHOLE = (0, 1, 2, 3, 7, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
          0xFFFFFFFE, 0x3FFFFFFF, 0x15555556, 1 << 32, 1 << 40, (1 << 53) - 1, 1 << 62, (1 << 63) - 1, 1 << 63,
          (1 << 64) - 1)  # fmt: skip
_FLOATS = (0.0, -0.0, 1e-45, 1e38, -1e38, 3.5e38, 1e308, float("nan"), float("inf"), float("-inf"), 1e10, -1.0)
_WORDS = (b"-1", b"0", b"1e999", b"-1e999", b"nan", b"inf", b"1e38", b"4294967295", b"4294967296", b"2147483648",
          b"9" * 40, b"9" * 5000, b"0x10", b"1.5", b"--3", b"+", b"", b"1_0", b"\xd9\xa1", b"\xff", b"\0", b"../x",
          b"%s", b"1e-999", b"99999999999999999999", b"-99999999999", b"1/2", b"//", b"#", b"\\")  # fmt: skip
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_TOKEN = re.compile(rb"[A-Za-z_#:]{2,}")
_VALUES: tuple[Any, ...] = (None, True, False, 0, -1, 1, 2, 3, 255, 1 << 31, 1 << 32, 1 << 40, (1 << 53) - 1,
           1 << 53, 1 << 64, 10**400, 0.5, -0.5, 1e308, 1e-320, "", "x", "../x", "file:///etc/passwd", "data:,", "VEC3",
           "SCALAR", "MAT4", [], {}, [0], [0, 0], {"x": 1}, [None], "\ud800", "\0", 5120, 5121, 5122, 5123, 5125,
           5126)  # fmt: skip
_MOST_PLACES = 10_000
"""of a document in which something is repeated"""
_KINDS = {
    "glb": "glb",
    "gltf": "json",
    "obj-zip": "zip",
    "gltf-zip": "zip",
    "cloud-zip": "zip",
    "3mf": "zip",
    "png": "png",
}
_TEXTS = ("ply-text", "stl-text", "obj", "off", "dae", "text", "gedcom", "gedcom-7")


@functools.cache
def good(kind: str) -> bytes:
    """The file that mutants of a format are bent from."""
    return GOOD[kind][1]()


def mutant(kind: str, number: int) -> bytes:
    """One mutant of a format of `GOOD`."""
    chance = random.Random(f"{kind} {number}")
    data = good(kind)
    shape = _KINDS.get(kind.split("-")[0] if kind.startswith("glb") else kind)
    if shape and chance.random() < 0.6:
        return _SHAPES[shape](data, chance)
    if kind in _TEXTS and chance.random() < 0.7:
        return _text(data, chance)
    if kind in ("e57", "ply", "ply-big", "ply-points") and chance.random() < 0.3:
        return _text(data, chance)
    return _bytes(data, chance, lambda: good(chance.choice(list(GOOD))))


def _few(chance: random.Random) -> int:
    return chance.choice((1, 1, 1, 2, 2, 3, 5, 9))


def _place(length: int, chance: random.Random) -> int:
    """Where to change: headers half of the time."""
    return chance.randrange(min(length, chance.choice((32, 128, 512, length))) or 1) if length else 0


def _bytes(data: bytes, chance: random.Random, others: Callable[[], bytes] = lambda: b"") -> bytes:
    raw = bytearray(data)
    for _ in range(_few(chance)):
        if raw:
            chance.choice(_CHANGES)(raw, _place(len(raw), chance), chance)
    if chance.random() < 0.05:
        other = others()
        raw[_place(len(raw), chance) :] = other[_place(len(other), chance) :]
    return bytes(raw)


def _put(raw: bytearray, at: int, new: bytes) -> None:
    """Write over what is there; the length stays."""
    raw[at : at + len(new)] = new[: max(0, len(raw) - at)]


def _any_byte(raw: bytearray, at: int, chance: random.Random) -> None:
    _put(raw, at, chance.randbytes(1))


def _one_bit(raw: bytearray, at: int, chance: random.Random) -> None:
    raw[at] ^= 1 << chance.randrange(8)


def _whole_number(raw: bytearray, at: int, chance: random.Random) -> None:
    size, order = chance.choice((1, 2, 4, 4, 8)), chance.choice(("little", "little", "big"))
    _put(raw, at, (chance.choice(_WHOLE) & ((1 << 8 * size) - 1)).to_bytes(size, order))


def _a_little_more(raw: bytearray, at: int, chance: random.Random) -> None:
    size, order = chance.choice((1, 2, 4, 4)), chance.choice(("little", "big"))
    value = int.from_bytes(raw[at : at + size], order) + chance.choice((-1, 1, 1, 2, 100))
    _put(raw, at, (value & ((1 << 8 * size) - 1)).to_bytes(size, order))


def _fraction(raw: bytearray, at: int, chance: random.Random) -> None:
    form, value = chance.choice(("<f", "<d", ">f", ">d")), chance.choice(_FLOATS)
    is_huge = form[1] == "f" and math.isfinite(value) and abs(value) > 3.4e38
    _put(raw, at, struct.pack(form, math.copysign(math.inf, value) if is_huge else value))


def _left_out(raw: bytearray, at: int, chance: random.Random) -> None:
    del raw[at : at + chance.choice((1, 2, 4, 8, 100))]


def _put_in(raw: bytearray, at: int, chance: random.Random) -> None:
    raw[at:at] = chance.choice((chance.randbytes(chance.randrange(1, 9)), bytes(4), b"\xff" * 8))


def _cut(raw: bytearray, _: int, chance: random.Random) -> None:
    del raw[chance.randrange(len(raw) + 1) :]


def _copied(raw: bytearray, at: int, chance: random.Random) -> None:
    there, length = _place(len(raw), chance), chance.choice((4, 16, 64, 300))
    raw[at : at + length] = raw[there : there + length]


def _longer(raw: bytearray, at: int, chance: random.Random) -> None:
    raw += chance.choice((raw[at:], bytes(64), chance.randbytes(30)))


_CHANGES = (_any_byte, _one_bit, _whole_number, _whole_number, _whole_number, _a_little_more, _fraction, _left_out,
            _put_in, _cut, _copied, _longer)  # fmt: skip


def _text(data: bytes, chance: random.Random) -> bytes:
    for _ in range(_few(chance)):
        match chance.randrange(7):
            case 0 | 1 | 2:
                data = _replaced(data, _NUMBER, chance, lambda: chance.choice(_WORDS))
            case 3:
                words = list(_TOKEN.finditer(data))
                other = chance.choice(words).group() if words else b"x"
                data = _replaced(data, _TOKEN, chance, lambda: other)  # noqa: B023 - called at once
            case 4:
                lines = data.split(b"\n")
                at = chance.randrange(len(lines))
                del lines[at : at + chance.choice((1, 1, 2, 5))]
                data = b"\n".join(lines)
            case 5:
                lines = data.split(b"\n")
                at = chance.randrange(len(lines))
                lines[at:at] = [lines[chance.randrange(len(lines))]] * chance.choice((1, 1, 2, 50))
                data = b"\n".join(lines)
            case 6:
                at = chance.randrange(len(data) + 1)
                junk = chance.choice(
                    (b"\0", b"\r", b"\xef\xbb\xbf", b"\xff\xfe", b" " * 100, b"\n\n", b"\\\n", b"<", b"&a;")
                )
                data = data[:at] + junk + data[at:]
    return data[: chance.randrange(len(data) + 1)] if chance.random() < 0.1 else data


def _replaced(data: bytes, what: re.Pattern[bytes], chance: random.Random, by: Callable[[], bytes]) -> bytes:
    found = list(what.finditer(data))
    if not found:
        return data
    place = chance.choice(found)
    return data[: place.start()] + by() + data[place.end() :]


def _tree(value: Any, chance: random.Random) -> None:
    """Change a document of JSON somewhere below its root."""
    places: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        at = waiting.pop()
        inside = list(at.items()) if isinstance(at, dict) else list(enumerate(at))
        places += [(at, key) for key, _ in inside]
        waiting += [child for _, child in inside if isinstance(child, dict | list)]
    if not places:
        return
    at, key = chance.choice(places)
    match chance.randrange(8):
        case 0:
            del at[key]
        case 1:
            there, other = chance.choice(places)
            at[key] = json.loads(json.dumps(there[other])) if other in there or isinstance(there, list) else None
        case 2 if isinstance(at[key], list) and len(at[key]) < 50 and len(places) < _MOST_PLACES:
            at[key] = [copy.deepcopy(each) for _ in range(chance.choice((2, 3, 100))) for each in at[key]]
        case 3 if isinstance(at[key], int):
            at[key] += chance.choice((-1, 1, 2, 4, 1000))
        case _:
            at[key] = copy.deepcopy(chance.choice(_VALUES))  # else what is in it might hold itself


def _document(text: bytes, chance: random.Random) -> bytes:
    value = json.loads(text)
    for _ in range(_few(chance)):
        try:
            _tree(value, chance)
        except (IndexError, KeyError, ValueError):
            continue
    return json.dumps(value).encode()


def _glb(data: bytes, chance: random.Random) -> bytes:
    parts = glb.read(data)
    body = parts.binary.tobytes()
    if chance.random() < 0.3:
        body = _bytes(body, chance)
        return glb.write(parts.json, body)
    return glb.write(_document(parts.json, chance), body)


def _zip(data: bytes, chance: random.Random) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [[entry.filename, archive.read(entry)] for entry in archive.infolist()]
    for _ in range(_few(chance)):
        member = chance.choice(members)
        match chance.randrange(6):
            case 0:
                member[0] = chance.choice(("../x.obj", "/x.obj", "x.obj", "a/", "", "x" * 300, "C:x.obj"))
            case 1:
                member[1] = _bytes(member[1], chance)
            case 2 | 3 | 4:
                member[1] = _text(member[1], chance)
            case 5:
                members.append(list(chance.choice(members)))
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")  # that a name stands twice is what is wanted
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, chance.choice((0, 8)))
    made = out.getvalue()
    return _bytes(made, chance) if chance.random() < 0.2 else made


def _png(data: bytes, chance: random.Random) -> bytes:
    """Chunks changed, and their checksums right."""
    chunks, at = [], 8
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        chunks.append([data[at + 4 : at + 8], data[at + 8 : at + 8 + length]])
        at += 12 + length
    for _ in range(_few(chance)):
        chunk = chance.choice(chunks)
        match chance.randrange(5):
            case 0 | 1:
                chunk[1] = _bytes(chunk[1], chance)
            case 2:
                chunks.append(list(chunk))
            case 3:
                chunks.insert(chance.randrange(len(chunks) + 1), list(chunk))
            case 4:
                chunk[0] = chance.choice(
                    (b"IDAT", b"PLTE", b"tRNS", b"iCCP", b"eXIf", b"zTXt", b"acTL", b"fcTL", b"fdAT")
                )
    out = bytearray(data[:8])
    for name, content in chunks:
        out += struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return bytes(out)


_SHAPES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "glb": _glb,
    "json": _document,
    "zip": _zip,
    "png": _png,
}
