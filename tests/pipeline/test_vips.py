import io

import numpy as np
import pytest
from PIL import Image as Pillow

from pipeline import vips
from scenes.errors import Malformed
from tiling.mesh import Bytes


def _noise(bands: int) -> Bytes:
    shape = (70, 90, bands) if bands > 1 else (70, 90)
    return np.random.default_rng(bands).integers(0, 256, shape).astype(np.uint8)


def _encoded(image: Bytes, kind: str) -> bytes:
    out = io.BytesIO()
    Pillow.fromarray(image).save(out, kind)
    return out.getvalue()


def _read(data: bytes, kind: str, size: tuple[int, int] = (90, 70)) -> Bytes:
    return np.concatenate(list(vips.strips(data, kind, size=size, rows=32, what="it")))


CASES = [("PNG", 1), ("PNG", 3), ("PNG", 4), ("TIFF", 1), ("TIFF", 3), ("JPEG", 1), ("JPEG", 3), ("WEBP", 3)]


@pytest.mark.parametrize(("kind", "bands"), CASES)
def test_strips_are_what_pillow_decodes(kind: str, bands: int) -> None:
    data = _encoded(_noise(bands), kind)
    expected = np.asarray(Pillow.open(io.BytesIO(data))).reshape(70, 90, -1)
    found = _read(data, kind)
    assert found.shape == expected.shape
    assert (found == expected).all()


@pytest.mark.parametrize(("kind", "bands"), CASES)
def test_data_that_breaks_off_is_malformed_and_the_next_image_is_not(kind: str, bands: int) -> None:
    data = _encoded(_noise(bands), kind)
    with pytest.raises(Malformed, match="it is a broken image"):
        _read(data[: len(data) * 2 // 3], kind)
    assert len(_read(data, kind)) == 70


def test_strips_come_in_order_and_the_last_is_what_is_left() -> None:
    data = _encoded(_noise(3), "PNG")
    assert [len(strip) for strip in vips.strips(data, "PNG", size=(90, 70), rows=32, what="it")] == [32, 32, 6]


def test_an_image_is_scaled_while_it_is_read() -> None:
    image = np.zeros((70, 90, 3), np.uint8)
    image[:, 45:] = 200
    found = _read(_encoded(image, "PNG"), "PNG", size=(360, 140))
    assert found.shape == (140, 360, 3)
    assert (found[:, :150] <= 1).all()
    assert (np.abs(found[:, 210:].astype(int) - 200) <= 1).all()


def test_sixteen_bits_become_eight() -> None:
    data = io.BytesIO()
    Pillow.fromarray(np.full((70, 90), 0x8000, np.uint16)).save(data, "PNG")
    assert (_read(data.getvalue(), "PNG") == 0x80).all()
