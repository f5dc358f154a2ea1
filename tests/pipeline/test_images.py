import io

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline import images
from scenes.errors import Malformed, TooLarge, Unsupported


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


def test_a_map_is_coded_as_well_as_its_role_asks_for() -> None:
    noise = np.random.default_rng(1).integers(90, 160, (64, 64, 3)).astype(np.uint8)

    def error(role: str) -> float:
        back = np.asarray(Pillow.open(io.BytesIO(images.coded(noise, role))))
        return float(np.abs(back.astype(int) - noise).mean())

    assert error("metallic_roughness") < error("normal") < error("base_colour")
    assert images.coded(noise, "emissive") == images.webp(noise, colour=True)


def test_webp_keeps_alpha() -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[:, 4:] = 255
    back = np.asarray(Pillow.open(io.BytesIO(images.webp(pixels, colour=True))))
    assert (back[:, :4, 3] == 0).all()
    assert (back[:, 4:, 3] == 255).all()


def _claiming(kind: str, side: int, **options: object) -> bytes:
    """A small image whose header says that it is `side` pixels wide and high, of a length that could be true."""
    out = io.BytesIO()
    Pillow.new("RGB", (8, 8)).save(out, kind, **options)
    data = bytearray(out.getvalue())
    if kind == "JPEG":
        frame = data.find(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0")
        data[frame + 5 : frame + 9] = side.to_bytes(2, "big") * 2
    else:
        data[18:26] = side.to_bytes(4, "little") * 2
    return bytes(data) + bytes(side * side // 512 + 1)


def test_an_image_is_refused_for_what_its_decoder_must_hold() -> None:
    plain = _claiming("JPEG", 16_384)
    assert images.checked(plain, "it").data == plain
    small = _claiming("JPEG", 16_384, progressive=True)  # its colours are halved: 768 MiB of coefficients
    assert images.checked(small, "it").data == small
    with pytest.raises(TooLarge, match="progressive JPEG"):
        images.checked(_claiming("JPEG", 16_384, progressive=True, subsampling=0), "it")
    with pytest.raises(TooLarge, match="BMP"):
        images.checked(_claiming("BMP", 12_000), "it")
    with pytest.raises(TooLarge, match="at most 268,435,456"):
        images.checked(_claiming("JPEG", 16_385), "it")


def test_a_tiff_is_kept_to_be_read_by_strips() -> None:
    data = _encoded("TIFF")
    image = images.checked(data, "it")
    assert (image.data, image.media_type) == (data, "image/tiff")
    assert images.pixels(image, "it", alpha=False).shape == (3, 5, 3)


@pytest.mark.parametrize(("mode", "alpha"), [("L", False), ("L", True), ("LA", True), ("RGBA", False), ("RGB", True)])
def test_bands_are_those_asked_for_by_strips_too(mode: str, alpha: bool) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (90, 40, 4)).astype(np.uint8)
    out = io.BytesIO()
    Pillow.fromarray(noise).convert(mode).save(out, "PNG")
    image = images.checked(out.getvalue(), "it")
    whole = images.pixels(image, "it", alpha=alpha)
    strips = list(images.strips(image, "it", alpha=alpha, most_whole=100))
    assert [len(strip) for strip in strips] == [64, 26]
    assert (np.concatenate(strips) == whole).all()
    assert whole.shape == (90, 40, 4 if alpha else 3)
