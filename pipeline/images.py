"""Images in and out: sizes from the header before anything is decoded, arrays of pixels, WebP.

Pillow opens only the formats named here; a hostile image is refused by its header (docs/security).
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from scenes.errors import Malformed, TooLarge, Unsupported
from tiling.mesh import Image

if TYPE_CHECKING:
    from tiling.mesh import Bytes

MOST_PIXELS = 80_000_000
_KEPT = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
_TURNED = ("BMP", "TIFF", "TGA")  # read where an OBJ names them, and kept as PNG

# Our own limit is checked first, against the header alone.
Pillow.MAX_IMAGE_PIXELS = None


def _opened(data: bytes, formats: tuple[str, ...], what: str) -> Pillow.Image:
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
    return image


def checked(data: bytes, what: str) -> Image:
    """An encoded image as a model keeps it; formats beyond PNG, JPEG and WebP are turned into PNG.

    Raises:
        Unsupported, Malformed, TooLarge: by its header.
    """
    image = _opened(data, (*_KEPT, *_TURNED), what)
    if image.format in _KEPT:
        return Image(data, _KEPT[image.format])
    out = BytesIO()
    _decoded(image, "RGBA" if "A" in image.getbands() else "RGB", what).save(out, "PNG")
    return Image(out.getvalue(), "image/png")


def size(image: Image, what: str) -> tuple[int, int]:
    """Width and height, from the header."""
    opened = _opened(image.data, tuple(_KEPT), what)
    return opened.size[0], opened.size[1]


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


def pixels(image: Image, what: str, *, alpha: bool, size: tuple[int, int] | None = None) -> Bytes:
    """Decoded (h, w, 3), or (h, w, 4) with alpha; scaled to `size` (width, height) if it differs."""
    decoded = _decoded(_opened(image.data, tuple(_KEPT), what), "RGBA" if alpha else "RGB", what)
    if size is not None and decoded.size != size:
        decoded = decoded.resize(size, Pillow.Resampling.LANCZOS)
    return np.asarray(decoded)


def webp(image: Bytes, *, colour: bool) -> bytes:
    """WebP of pixels. Colour loses what eyes do not see; data (normals, roughness) is kept closer.

    Effort 1: on a statue's atlas it gave as many decibels for as many bytes as effort 3 (40.1 dB, 98 and 101 KB a
    megapixel) in a third of the time.
    """
    out = BytesIO()
    Pillow.fromarray(np.ascontiguousarray(image)).save(
        out, "WEBP", quality=80 if colour else 95, method=1, alpha_quality=90, exact=not colour
    )
    return out.getvalue()
