"""Tests of tiling.picture, with Pillow as the writer that our decoders did not see."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tiling import picture

WIDE, HIGH = 300, 7
KINDS = {
    "PNG": ("image/png", {}),
    "JPEG": ("image/jpeg", {"quality": 80}),
    "WEBP": ("image/webp", {"quality": 80}),
    "lossless WEBP": ("image/webp", {"lossless": True}),
    "WEBP with alpha": ("image/webp", {"quality": 80}),
}


def _written(name: str, size: tuple[int, int] = (WIDE, HIGH)) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGBA" if "alpha" in name else "RGB", size, (200, 30, 90, 40)[: 4 if "alpha" in name else 3])
    image.save(out, next(kind for kind in ("PNG", "JPEG", "WEBP") if kind in name), **KINDS[name][1])
    return out.getvalue()


@pytest.mark.parametrize("name", KINDS)
def test_kind_and_size_stand_in_the_head(name: str) -> None:
    data = _written(name)
    assert picture.kind(data) == KINDS[name][0]
    assert picture.size(data) == (WIDE, HIGH)
    assert picture.fault(data) == ""


@pytest.mark.parametrize("name", KINDS)
def test_an_image_cut_short_anywhere_is_a_fault_and_no_crash(name: str) -> None:
    data = _written(name)
    for length in (0, 3, 12, 20, 24, 30, len(data) // 2):
        assert picture.fault(data[:length])


def test_a_head_that_lies_is_a_fault() -> None:
    data = bytearray(_written("PNG"))
    data[19] ^= 1
    assert picture.fault(bytes(data))


def test_sides_beyond_what_cards_take_are_a_fault_before_anything_is_decoded() -> None:
    assert "8,192" in picture.fault(_written("PNG", (8193, 1)))
    assert picture.fault(_written("PNG", (8192, 1))) == ""


def test_of_ktx2_the_head_is_read() -> None:
    head = b"\xabKTX 20\xbb\r\n\x1a\n" + bytes(8) + (512).to_bytes(4, "little") + (256).to_bytes(4, "little")
    assert picture.kind(head) == "image/ktx2"
    assert picture.size(head) == (512, 256)
    assert picture.fault(head) == ""
