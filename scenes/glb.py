"""The GLB container: a header, a JSON chunk, perhaps a binary chunk. glTF 2.0, section 4 (Binary glTF).

    bytes 0..3   "glTF"         bytes 4..7  version 2      bytes 8..11  length of the whole file
    each chunk   length, kind, then `length` bytes; length is a multiple of 4
    JSON comes first and is padded with spaces; BIN may follow and is padded with zeros; unknown kinds are skipped.

Nothing here is allocated by a number that the file states: chunks are views of the bytes that are there.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from scenes.errors import Malformed, Unsupported

MAGIC = b"glTF"
_JSON = 0x4E4F534A
_BIN = 0x004E4942
_HEADER = struct.Struct("<4sII")
_CHUNK = struct.Struct("<II")


@dataclass(frozen=True, slots=True)
class Glb:
    """The two chunks of a GLB file. `binary` is empty where there is no such chunk."""

    json: bytes
    binary: memoryview


def padded(data: bytes, fill: bytes = b"\0") -> bytes:
    """`data` made a multiple of four bytes long.

    >>> padded(b"abcde", b" ")
    b'abcde   '
    """
    return data + fill * (-len(data) % 4)


def write(json: bytes, binary: bytes = b"") -> bytes:
    """A GLB file of a glTF document and its first buffer. An empty buffer makes no chunk.

    >>> read(write(b'{"asset":{"version":"2.0"}}', b"12345")).binary.tobytes()
    b'12345\\x00\\x00\\x00'
    """
    text = padded(json, b" ")
    parts = [_CHUNK.pack(len(text), _JSON), text]
    if binary:
        body = padded(binary)
        parts += [_CHUNK.pack(len(body), _BIN), body]
    length = _HEADER.size + sum(map(len, parts))
    return b"".join([_HEADER.pack(MAGIC, 2, length), *parts])


def read(data: bytes | memoryview) -> Glb:
    """The chunks of a GLB file; views, not copies, of the binary one.

    Raises:
        Malformed: it is no GLB, it is cut short or has bytes too many, or its chunks do not add up.
        Unsupported: a version other than 2.
    """
    view = memoryview(data)
    length = _checked_header(view)
    json: bytes | None = None
    binary: memoryview | None = None
    offset = _HEADER.size
    while offset < length:
        if length - offset < _CHUNK.size:
            raise Malformed(f"GLB: {length - offset} stray bytes at byte {offset}")
        size, kind = _CHUNK.unpack_from(view, offset)
        offset += _CHUNK.size
        if size > length - offset:
            raise Malformed(f"GLB: the chunk at byte {offset} states {size} bytes, {length - offset} are left")
        if json is None:
            # 4.4.3.1: the JSON chunk must be the very first.
            if kind != _JSON:
                raise Malformed("GLB: the first chunk is not JSON")
            json = bytes(view[offset : offset + size])
        elif kind == _BIN and binary is None:
            binary = view[offset : offset + size]
        offset += size
    assert json is not None
    return Glb(json, binary if binary is not None else view[:0])


def _checked_header(view: memoryview) -> int:
    """Length of the file, which is what its header states."""
    if len(view) < _HEADER.size + _CHUNK.size:
        raise Malformed(f"GLB: {len(view)} bytes are too few for a header and a chunk")
    magic, version, length = _HEADER.unpack_from(view)
    if magic != MAGIC:
        raise Malformed(f"GLB: begins with {magic!r}, not {MAGIC!r}")
    if version != 2:
        raise Unsupported(f"GLB: version {version}; only 2 is read")
    if length != len(view):
        raise Malformed(f"GLB: the header states {length} bytes, the file has {len(view)}")
    return len(view)
