from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline import pictures
from scenes.errors import Malformed, TooLarge, Unsupported
from tests.pipeline.media import SECRET, picture, quarters


@pytest.fixture
def check(tmp_path: Path):  # type: ignore[no-untyped-def]
    def checked(data: bytes, kind: str = "jpeg") -> pictures.Picture:
        path = tmp_path / "a.glb"
        path.write_bytes(data)
        return pictures.checked(path, kind)

    return checked


def _corner(served: bytes) -> list[bool]:
    """Whether the first pixel is red, green, blue at all."""
    return [bool(value > 128) for value in np.asarray(Pillow.open(io.BytesIO(served)).convert("RGB"))[2, 2]]


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_what_is_served_shows_the_same_and_says_nothing_of_its_maker(check, kind: str) -> None:  # type: ignore[no-untyped-def]
    data = picture(kind)
    assert SECRET.encode() in data, "or this test shows nothing"
    found = check(data, kind)
    assert (found.width, found.height) == (40, 20)
    served = Pillow.open(io.BytesIO(found.served))
    assert (served.format, served.size) == ("WEBP", (40, 20))
    assert _corner(found.served) == [True, False, False]
    assert not served.getexif()
    assert not {"exif", "xmp", "icc_profile"} & served.info.keys()
    assert SECRET.encode() not in found.served
    assert any("where it was taken" in line for line in found.report)
    assert any("camera, maker or date" in line for line in found.report)


def test_a_picture_without_such_words_has_none_said_of_it(check) -> None:  # type: ignore[no-untyped-def]
    assert check(picture(about=False)).report == ("the picture has 40 × 20 pixels",)


@pytest.mark.parametrize(
    ("orientation", "corner", "size"),
    [(3, [True, True, True], (40, 20)), (6, [False, False, True], (20, 40)), (8, [False, True, False], (20, 40))],
)
def test_a_turned_picture_is_served_upright(check, orientation: int, corner: list[bool], size: tuple[int, int]) -> None:  # type: ignore[no-untyped-def]
    found = check(picture(orientation=orientation))
    assert (found.width, found.height) == size
    assert Pillow.open(io.BytesIO(found.served)).size == size
    assert _corner(found.served) == corner


def test_a_large_picture_is_served_smaller(check) -> None:  # type: ignore[no-untyped-def]
    found = check(picture(image=quarters(5000, 100)))
    assert (found.width, found.height) == (5000, 100)
    assert Pillow.open(io.BytesIO(found.served)).size == (4096, 82)
    assert found.report[0] == "the picture has 5,000 × 100 pixels; 4,096 × 82 of them are served"


def test_transparency_sixteen_bits_and_grey_are_served(check) -> None:  # type: ignore[no-untyped-def]
    def saved(image: Pillow.Image) -> bytes:
        out = io.BytesIO()
        image.save(out, "PNG")
        return out.getvalue()

    clear = quarters()
    clear.putalpha(0)
    assert np.asarray(Pillow.open(io.BytesIO(check(saved(clear), "png").served)))[..., 3].max() == 0
    deep = check(saved(Pillow.fromarray(np.full((8, 8), 0x8000, np.uint16))), "png")
    shown = np.asarray(Pillow.open(io.BytesIO(deep.served)).convert("RGB")).astype(int)
    assert abs(int(shown.mean()) - 0x80) <= 2
    print_ready = io.BytesIO()
    Pillow.new("CMYK", (8, 8), (0, 255, 255, 0)).save(print_ready, "JPEG")
    assert _corner(check(print_ready.getvalue()).served) == [True, False, False]


def test_the_first_of_moving_pictures_is_served(check) -> None:  # type: ignore[no-untyped-def]
    out = io.BytesIO()
    quarters().save(out, "WEBP", save_all=True, append_images=[Pillow.new("RGB", (40, 20))], duration=100)
    found = check(out.getvalue(), "webp")
    assert any("it moves" in line for line in found.report)
    assert _corner(found.served) == [True, False, False]


def test_a_picture_that_breaks_off_or_is_none_is_refused(check) -> None:  # type: ignore[no-untyped-def]
    noise = Pillow.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    for kind in ("jpeg", "png", "webp"):
        whole = picture(kind, noise)
        with pytest.raises(Malformed):
            check(whole[: len(whole) // 2], kind)
    with pytest.raises((Malformed, Unsupported)):
        check(b"\xff\xd8\xff" + b"glTF" * 20)


def test_a_picture_of_too_many_pixels_is_refused_by_its_header(check) -> None:  # type: ignore[no-untyped-def]
    data = bytearray(picture("png"))
    data[16:24] = (100_000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    with pytest.raises(TooLarge, match="100000 × 100000"):
        check(bytes(data), "png")
