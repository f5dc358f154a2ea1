"""Images in and out: sizes from the header before anything is decoded, pixels by strips of rows, WebP.

Pillow reads the headers, and opens only the formats named here; a hostile image is refused by its header
(docs/security): for its pixels, and for the bytes that its decoder would have to hold. A small image is decoded whole;
a large one comes in strips from libvips (`pipeline.vips`), whose decoders hold a few rows of most images.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from pipeline import vips
from scenes.errors import Malformed, TooLarge, Unsupported
from tiling.mesh import COLOURS, STRIP, Image

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tiling.mesh import Bytes

MOST_PIXELS = 1 << 28
"""16,384 × 16,384"""
MOST_HELD_BYTES = 1 << 30
"""what a decoder may have to hold at once"""
SMALL_PIXELS = 1 << 24
"""up to here images are decoded whole, which takes seven bytes a pixel"""
_KEPT = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_BY_STRIPS = {**_KEPT, "TIFF": "image/tiff"}
_TURNED = ("BMP", "TIFF", "TGA")  # read where an OBJ names them, and kept as PNG; TIFF as it is where there is libvips
_TURNED_BYTES = 12  # of a pixel: decoded, as an array, and coded again
_WHOLE_BYTES = 7

# Our own limit is checked first, against the header alone.
Pillow.MAX_IMAGE_PIXELS = None


def opened(data: bytes, formats: tuple[str, ...], what: str) -> Pillow.Image:
    """The header of an image of one of these formats (Pillow's words); no pixel is decoded.

    Raises:
        Unsupported, Malformed, TooLarge: by it.
    """
    try:
        image = Pillow.open(BytesIO(data), formats=formats)
    except UnidentifiedImageError as unknown:
        raise Unsupported(f"{what} is no image of a format that is read here ({', '.join(formats)})") from unknown
    except (OSError, ValueError, SyntaxError, EOFError) as broken:
        raise Malformed(f"{what} is a broken image: {broken}") from broken
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise TooLarge(f"{what} has {width} × {height} pixels; at most {MOST_PIXELS:,} are taken")
    if not width or not height:
        raise Malformed(f"{what} has no pixels")
    if len(data) < _least_bytes(image):
        raise Malformed(
            f"{what} has {width} × {height} pixels by its header, which its {len(data):,} bytes cannot hold"
        )
    held = _held_bytes(image)
    if held > MOST_HELD_BYTES:
        raise TooLarge(
            f"{what} has {width} × {height} pixels and takes {held >> 20:,} MiB to decode, because it is "
            f"{_manner(image)}; at most {MOST_HELD_BYTES >> 20:,} MiB are spent: save it as baseline JPEG or plain PNG"
        )
    return image


def _least_bytes(image: Pillow.Image) -> int:
    """What an image of this size takes at the very least, however plain it is; 0 where that is not known.

    A header of a few bytes may state pixels that take a second and a gigabyte before it is found out that they lack.
    """
    pixel_count = image.size[0] * image.size[1]
    if image.format == "PNG":
        # Deflate shrinks by 1,032 at the most (zlib's "Maximum Compression Factor"); of grey a pixel may be one bit.
        bits = 8 * len(image.getbands()) if len(image.getbands()) > 1 else 1
        return pixel_count * bits // 8 // 1032
    if image.format == "JPEG" and pixel_count > SMALL_PIXELS:
        # A bit for each block of 8 × 8, of the one component that is not smaller (T.81, F.1.2 and G.1.2).
        return pixel_count // 64 // 8
    return 0


def _held_bytes(image: Pillow.Image) -> int:
    """What the decoder of an image must hold at once, beyond some rows."""
    pixel_count = image.size[0] * image.size[1]
    if image.format not in _BY_STRIPS:
        return _TURNED_BYTES * pixel_count
    if pixel_count <= SMALL_PIXELS or not vips.is_there():
        return _WHOLE_BYTES * pixel_count
    if image.format == "WEBP":
        return 4 * pixel_count
    if image.format == "PNG" and image.info.get("interlace"):
        # What Pillow reads as bytes may have two for each in the file: `RGBA;16B` is how it stands there.
        is_double = image.mode.startswith("I") or any(";16" in str(tile[3]) for tile in getattr(image, "tile", ()))
        return pixel_count * len(image.getbands()) * (2 if is_double else 1)
    if image.format == "JPEG" and image.info.get("progressive"):
        # All coefficients, two bytes each; a component is smaller by its sampling (T.81, A.1.1).
        layers = [(int(across), int(down)) for _, across, down, _ in getattr(image, "layer", ())]
        most = max((across for across, _ in layers), default=1) * max((down for _, down in layers), default=1)
        return 2 * pixel_count * sum(across * down for across, down in layers) // most
    return 0


def _manner(image: Pillow.Image) -> str:
    more = [word for word, key in (("progressive", "progressive"), ("interlaced", "interlace")) if image.info.get(key)]
    return " ".join([*more, str(image.format)])


def checked(data: bytes, what: str) -> Image:
    """An encoded image as a model keeps it; formats that cannot be read by strips are turned into PNG.

    Raises:
        Unsupported, Malformed, TooLarge: by its header.
    """
    image = opened(data, (*_KEPT, *_TURNED), what)
    kept = _BY_STRIPS if vips.is_there() else _KEPT
    if image.format in kept:
        return Image(data, kept[image.format])
    out = BytesIO()
    _decoded(image, "RGBA" if "A" in image.getbands() else "RGB", what).save(out, "PNG")
    return Image(out.getvalue(), "image/png")


def size(image: Image, what: str) -> tuple[int, int]:
    """Width and height, from the header."""
    header = opened(image.data, tuple(_BY_STRIPS), what)
    return header.size[0], header.size[1]


def _decoded(image: Pillow.Image, mode: str, what: str) -> Pillow.Image:
    pixel_count = image.size[0] * image.size[1]
    try:
        if image.mode.startswith("I;16"):
            # Pillow clips 16-bit grey where it should scale it.
            image = Pillow.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        return image.convert(mode)
    except (OSError, ValueError, SyntaxError, EOFError) as broken:
        # Pillow says "broken" of an image for which there is too little memory, too; this raises MemoryError then.
        del image
        bytearray(8 * pixel_count)
        raise Malformed(f"{what} is a broken image: {broken}") from broken


def strips(
    image: Image, what: str, *, alpha: bool, size: tuple[int, int] | None = None, most_whole: int = SMALL_PIXELS
) -> Iterator[Bytes]:
    """The image (r, w, 3), or (r, w, 4) with alpha, `STRIP` rows at a time, scaled to `size` (width, height).

    Up to `most_whole` pixels it is decoded whole first.

    Raises:
        Malformed, TooLarge: by its header at once, or while it is read.
    """
    header = opened(image.data, tuple(_BY_STRIPS), what)
    size = size or header.size
    if header.size[0] * header.size[1] > most_whole and vips.is_there():
        assert header.format is not None
        for strip in vips.strips(image.data, header.format, size=size, rows=STRIP, what=what):
            yield _with_bands(strip, alpha=alpha)
        return
    decoded = _decoded(header, "RGBA" if alpha else "RGB", what)
    if decoded.size != size:
        decoded = decoded.resize(size, Pillow.Resampling.LANCZOS)
    for top in range(0, size[1], STRIP):
        yield np.asarray(decoded.crop((0, top, size[0], min(top + STRIP, size[1]))))


def _with_bands(strip: Bytes, *, alpha: bool) -> Bytes:
    """Grey made colour, and alpha left out or added, as it is asked for."""
    bands = strip.shape[2]
    colour = strip[..., :3] if bands >= 3 else strip[..., [0, 0, 0]]
    if not alpha:
        return np.ascontiguousarray(colour)
    opacity = strip[..., -1:] if bands in (2, 4) else np.full((*strip.shape[:2], 1), 255, np.uint8)
    return np.concatenate([colour, opacity], axis=2)


def pixels(image: Image, what: str, *, alpha: bool, size: tuple[int, int] | None = None) -> Bytes:
    """Decoded (h, w, 3), or (h, w, 4) with alpha; scaled to `size` (width, height) if it differs."""
    return np.concatenate(list(strips(image, what, alpha=alpha, size=size)))


_QUALITY = {"base_colour": 80, "emissive": 80, "normal": 85}
_QUALITY_OF_DATA = 95


def coded(image: Bytes, role: str) -> bytes:
    """WebP of the map of a tile, as good as its role asks for.

    The normals of a statue at 20,000 triangles let its shading be off by 6.4 degrees (root mean square) as they are, by
    7.4 at quality 95 (359 KB) and by 7.8 at quality 80 (169 KB).
    """
    return _webp(image, _QUALITY.get(role, _QUALITY_OF_DATA), exact=role not in COLOURS)


def webp(image: Bytes, *, colour: bool) -> bytes:
    """WebP of pixels. Colour loses what eyes do not see; data (normals, roughness) is kept closer.

    Effort 1: on a statue's atlas it gave as many decibels for as many bytes as effort 3 (40.1 dB, 98 and 101 KB a
    megapixel) in a third of the time.
    """
    return _webp(image, 80 if colour else _QUALITY_OF_DATA, exact=not colour)


def _webp(image: Bytes, quality: int, *, exact: bool, effort: int = 1) -> bytes:
    out = BytesIO()
    pixels = Pillow.fromarray(np.ascontiguousarray(image))
    pixels.save(out, "WEBP", quality=quality, method=effort, alpha_quality=90, exact=exact)
    return out.getvalue()


def photograph(image: Bytes) -> bytes:
    """WebP of a picture to be looked at by itself: as good as it gets before bytes double, and smaller by effort."""
    return _webp(image, 85, exact=False, effort=4)
