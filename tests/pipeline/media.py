"""Small recordings and pictures, made when they are asked for, so that a reader knows what is in them."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import soundfile
from PIL import Image as Pillow

if TYPE_CHECKING:
    from numpy.typing import NDArray

RATE = 48_000
_CODED = {
    "wav": ("WAV", "PCM_16"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "flac": ("FLAC", "PCM_16"),
}


def hum(seconds: float) -> NDArray[np.float32]:
    """A tone, and noise in its second half, which takes coders with a changing rate many more bits."""
    count = int(seconds * RATE)
    samples = 0.3 * np.sin(np.arange(count) / 20)
    samples[count // 2 :] = 0.3 * np.random.default_rng(1).normal(size=count - count // 2)
    return samples.astype(np.float32)


def recording(kind: str, seconds: float = 1.0, **more: object) -> bytes:
    """A hum as `wav`, `mp3`, `ogg` (Vorbis), `opus`, `flac` or `m4a` (boxes around noise: AAC cannot be coded here)."""
    if kind == "m4a":
        return m4a(seconds)
    out = io.BytesIO()
    form, subtype = _CODED[kind]
    soundfile.write(out, hum(seconds), RATE, format=form, subtype=subtype, **more)  # type: ignore[arg-type, unused-ignore]
    return out.getvalue()


def box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), name) + content


def m4a(
    seconds: float = 1.0,
    *,
    handler: bytes = b"soun",
    entry: bytes = b"mp4a",
    brand: bytes = b"M4A ",
    tags: bytes = b"",
    sound: bytes = bytes(range(200)),
) -> bytes:
    """An M4A by its boxes (ISO/IEC 14496-12 and 14496-14): 44.1 kHz, two channels."""
    mvhd = box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, int(seconds * 1000)), bytes(80))
    described = struct.pack(">6xH8xHHHHI", 1, 2, 16, 0, 0, 44_100 << 16)
    specific = b"\x05\x02\x12\x10"
    config = b"\x04" + bytes([13 + len(specific)]) + b"\x40\x15" + bytes(11) + specific
    stream = b"\x03" + bytes([3 + len(config)]) + b"\0\0\0" + config
    esds = box(b"esds", bytes(4), stream)
    stsd = box(b"stsd", struct.pack(">II", 0, 1), box(entry, described, esds))
    media = box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(13)), box(b"minf", box(b"stbl", stsd)))
    return (
        box(b"ftyp", brand, bytes(4), brand, b"isom")
        + box(b"moov", mvhd, box(b"trak", media), tags)
        + box(b"mdat", sound)
    )


def itunes(**tags: str) -> bytes:
    """Tags of an M4A; `xyz` is where a telephone stood."""
    items = [
        box(b"\xa9" + name.encode(), box(b"data", struct.pack(">II", 1, 0), said.encode()))
        for name, said in tags.items()
    ]
    return box(b"udta", box(b"meta", bytes(4), box(b"ilst", *items)))


def quarters(width: int = 40, height: int = 20) -> Pillow.Image:
    """Red, green; blue, white: which way is up can be seen."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = 255, 0, 0
    pixels[: height // 2, width // 2 :] = 0, 255, 0
    pixels[height // 2 :, : width // 2] = 0, 0, 255
    pixels[height // 2 :, width // 2 :] = 255, 255, 255
    return Pillow.fromarray(pixels)


MAKER, ARTIST, TURNED, GPS = 0x010F, 0x013B, 0x0112, 0x8825
SECRET = "Ines of the Camera"


def picture(
    kind: str = "jpeg", image: Pillow.Image | None = None, *, orientation: int = 1, about: bool = True
) -> bytes:
    """The quarters with EXIF that names a maker, a person and a place."""
    image = image or quarters()
    exif = Pillow.Exif()
    exif[TURNED] = orientation
    if about:
        exif[MAKER], exif[ARTIST] = "Kamera", SECRET
        exif.get_ifd(GPS).update({1: "N", 2: (37.0, 58.0, 17.0), 3: "E", 4: (23.0, 43.0, 36.0)})
    out = io.BytesIO()
    image.save(out, kind.upper(), exif=exif)
    return out.getvalue()
