"""Images in files, as a checker sees them: what kind, how large, and whether they can be decoded.

The size is read from the head before anything is allocated by it. Sources: PNG 3rd edition, 11.2.1; JPEG (ITU T.81),
B.2.2; the WebP container and VP8 (RFC 9649 and 6386, 9.1); KTX 2.0, 3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import imagecodecs

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MOST_SIDE = 8192
"""of a texture: what graphics cards of headsets take"""

_KTX = b"\xabKTX 20\xbb\r\n\x1a\n"
_BIG: Literal["big"] = "big"
_LITTLE: Literal["little"] = "little"


def kind(data: bytes) -> str:
    """The media type by the first bytes, or nothing.

    >>> kind(b"RIFF\\x1a\\0\\0\\0WEBPVP8L"), kind(b"<html>")
    ('image/webp', '')
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/ktx2" if data.startswith(_KTX) else ""


def size(data: bytes) -> tuple[int, int]:
    """Width and height by the head; (0, 0) where they are not to be found."""
    reader = _SIZES.get(kind(data))
    try:
        return (0, 0) if reader is None else reader(data)
    except IndexError:
        return 0, 0


def fault(data: bytes) -> str:
    """What is wrong with an image, in words; nothing where it decodes to what its head says.

    Of KTX2 only the head is looked at.
    """
    found = kind(data)
    width, height = size(data)
    if not found:
        return "its bytes are no PNG, JPEG, WebP or KTX2"
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
        return f"{width} × {height} texels; expected 1 to {MOST_SIDE:,} each way"
    decode = _DECODERS.get(found)
    if decode is None:
        return ""
    try:
        shape = decode(data).shape
    except (RuntimeError, ValueError) as wrong:  # imagecodecs' errors are RuntimeErrors
        return f"it cannot be decoded: {wrong}"
    return "" if shape[:2] == (height, width) else f"its head says {width} × {height}, it is {shape[1]} × {shape[0]}"


def _png(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[16:20], _BIG), int.from_bytes(data[20:24], _BIG)


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while data[at] == 0xFF:
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # frame headers
            return int.from_bytes(data[at + 7 : at + 9], _BIG), int.from_bytes(data[at + 5 : at + 7], _BIG)
        at += 1 if marker == 0xFF else 2 + int.from_bytes(data[at + 2 : at + 4], _BIG)
    return 0, 0


def _webp(data: bytes) -> tuple[int, int]:
    form = data[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(data[24:27], _LITTLE), 1 + int.from_bytes(data[27:30], _LITTLE)
    if form == b"VP8L" and data[20] == 0x2F:
        bits = int.from_bytes(data[21:25], _LITTLE)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 ":
        return int.from_bytes(data[26:28], _LITTLE) & 0x3FFF, int.from_bytes(data[28:30], _LITTLE) & 0x3FFF
    return 0, 0


def _ktx(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[20:24], _LITTLE), int.from_bytes(data[24:28], _LITTLE)


_SIZES: dict[str, Callable[[bytes], tuple[int, int]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
    "image/ktx2": _ktx,
}
_DECODERS: dict[str, Callable[[bytes], Any]] = {
    "image/png": imagecodecs.png_decode,
    "image/jpeg": imagecodecs.jpeg_decode,
    "image/webp": imagecodecs.webp_decode,
}
