"""A picture, checked, and the copy of it that is served: upright, sRGB, WebP, with none of what the camera wrote in.

The master stays as it was deposited. What is served is made of pixels alone, so that no place, name, serial number or
smaller earlier picture within the file reaches a visitor; and of at most 4,096 pixels a side, because a photograph of a
museum has tens of megabytes. Decoded by libvips, behind the header checks of `pipeline.images`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image as Pillow

from pipeline import images, vips
from scenes.errors import Malformed, Unsupported

if TYPE_CHECKING:
    from pathlib import Path

MOST_SIDE = 4096
"""pixels of the longer side of what is served"""
_FORMATS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP"}
_STILL = "what visitors are shown does not, but the deposited file does, and an open licence lets them download that"
_GPS = 0x8825
_ABOUT = (0x010F, 0x0110, 0x013B, 0x8298, 0x9003, 0x0132)
"""EXIF: maker, model, artist, copyright, dates"""


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of a picture that can be shown, and what is served of it."""

    width: int
    """pixels, upright"""
    height: int
    served: bytes
    """WebP"""
    report: tuple[str, ...]


def checked(source: Path, kind: str) -> Picture:
    """The picture in a file whose first bytes say `kind` (`pipeline.media_kinds`).

    Raises:
        Malformed: it is broken, or breaks off.
        TooLarge: it has more pixels than are taken, by its header.
    """
    data = source.read_bytes()
    what = f"the {kind.upper()} file"
    try:
        header = images.opened(data, (_FORMATS[kind],), what)
    except Unsupported as unknown:
        raise Malformed(f"{what} is broken: it begins like one, and its header makes no sense") from unknown
    pixels = vips.upright(data, _FORMATS[kind], most=MOST_SIDE, what=what)
    height, width = pixels.shape[:2]
    exif, place = _exif(header)
    turned = exif.get(0x0112, 1) in (5, 6, 7, 8)
    whole = header.size[::-1] if turned else header.size
    said = [f"the picture has {whole[0]:,} × {whole[1]:,} pixels"]
    if (width, height) != whole:
        said[0] += f"; {width:,} × {height:,} of them are served"
    if getattr(header, "n_frames", 1) > 1:
        said.append("it moves; the first picture of it is served")
    if place is None:
        said.append("what its camera wrote into the file (EXIF) is damaged, and was not read")
    if place:
        said.append(f"the file says where it was taken; {_STILL}")
    if any(tag in exif for tag in _ABOUT) or any(name in header.info for name in ("xmp", "XML:com.adobe.xmp")):
        said.append(f"the file names its camera, maker or date; {_STILL}")
    return Picture(whole[0], whole[1], images.photograph(pixels), tuple(said))


def _exif(header: Pillow.Image) -> tuple[Pillow.Exif, dict[int, Any] | None]:
    """What the camera wrote, and of it the place; nothing, and None, where it is damaged: the pixels are not, then."""
    try:
        exif = header.getexif()
        return exif, exif.get_ifd(_GPS)
    except (SyntaxError, ValueError, OSError, EOFError, KeyError, TypeError, IndexError, struct.error):
        # A TIFF by itself, which Pillow's reader of TIFF files refuses in all the ways that it has.
        return Pillow.Exif(), None
