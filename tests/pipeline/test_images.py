import io

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline import images
from scenes.errors import Malformed, Unsupported


def _encoded(kind: str, mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Pillow.new(mode, (5, 3), 0).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "kept"), [("PNG", True), ("JPEG", True), ("WEBP", True), ("BMP", False), ("TGA", False)]
)
def test_images_of_the_web_are_kept_and_others_turned_into_png(kind: str, kept: bool) -> None:
    data = _encoded(kind)
    image = images.checked(data, "it")
    assert (image.data == data) is kept
    assert image.media_type == (f"image/{kind.lower()}" if kept else "image/png")
    assert images.size(image, "it") == (5, 3)


@pytest.mark.parametrize("data", [b"", b"<svg/>", b"GIF89a" + bytes(40), b"%PDF-1.7", b"\x89PNG\r\n\x1a\n"])
def test_other_things_are_refused(data: bytes) -> None:
    with pytest.raises((Unsupported, Malformed)):
        images.checked(data, "it")


def test_a_cut_image_is_malformed() -> None:
    out = io.BytesIO()
    Pillow.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)).save(out, "PNG")
    image = images.checked(out.getvalue()[:-3000], "it")
    with pytest.raises(Malformed):
        images.pixels(image, "it", alpha=False)


def test_sixteen_bit_grey_is_scaled_not_clipped() -> None:
    out = io.BytesIO()
    Pillow.fromarray(np.full((4, 4), 0x8000, np.uint16)).save(out, "PNG")
    assert (images.pixels(images.checked(out.getvalue(), "it"), "it", alpha=False) == 0x80).all()


def test_webp_keeps_alpha() -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, 4:] = 255
    back = np.asarray(Pillow.open(io.BytesIO(images.webp(pixels, colour=True))))
    assert (back[:, :4, 3] == 0).all()
    assert (back[:, 4:, 3] == 255).all()
