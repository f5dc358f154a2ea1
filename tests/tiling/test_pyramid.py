import numpy as np
import pytest

from tiling import pyramid
from tiling.mesh import STRIP, Bytes


def _noise(height: int, width: int, channels: int = 3) -> Bytes:
    return np.random.default_rng(5).integers(0, 256, (height, width, channels)).astype(np.uint8)


def _all(height: int, width: int) -> np.ndarray:
    return np.ones((-(-height // 4), -(-width // 4)), bool)


@pytest.mark.parametrize("role", ["base_colour", "metallic_roughness"])
def test_levels_are_means_of_light_or_of_numbers(role: str) -> None:
    image = _noise(64, 96)
    levels = pyramid.of(image, role, _all(64, 96))
    curve = np.arange(256) / 255.0
    light = np.where(curve <= 0.04045, curve / 12.92, ((curve + 0.055) / 1.055) ** 2.4)
    table = light if role == "base_colour" else curve
    exact = table[image]
    for level in levels[1:6]:
        exact = (exact[::2, ::2] + exact[1::2, ::2] + exact[::2, 1::2] + exact[1::2, 1::2]) / 4.0
        least = np.abs(table[:, None] - exact.reshape(1, -1)).min(axis=0).reshape(exact.shape)
        assert (np.abs(table[level] - exact) <= least + 4e-5).all()


def test_half_black_half_white_is_the_grey_that_a_screen_shows_as_half() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    image[:, ::2] = 255
    assert (pyramid.of(image, "base_colour", _all(8, 8))[1] == 188).all()
    assert (pyramid.of(image, "occlusion", _all(8, 8))[1] == 128).all()


def test_alpha_is_no_light() -> None:
    image = np.zeros((8, 8, 4), np.uint8)
    image[:, ::2] = 255
    assert (pyramid.of(image, "base_colour", _all(8, 8))[1] == (188, 188, 188, 128)).all()


def test_directions_stay_unit_vectors() -> None:
    image = np.zeros((16, 16, 3), np.uint8)
    image[:, ::2], image[:, 1::2] = (218, 128, 218), (37, 128, 218)  # 45° to either side
    for level in pyramid.of(image, "normal", _all(16, 16))[1:]:
        assert np.abs(level.astype(int) - (128, 128, 255)).max() <= 1


def test_strips_give_the_same_as_the_whole_for_odd_sizes() -> None:
    image = _noise(2 * STRIP + 37, 101)
    height, width = image.shape[:2]
    used = np.random.default_rng(1).random((-(-height // 4), -(-width // 4))) < 0.3
    whole = pyramid.of(image, "base_colour", used)
    let_go: list[np.ndarray] = []
    growing = pyramid.Growing(
        [np.full((down, across, 3), 99, np.uint8) for across, down in pyramid.sizes(width, height)],
        "base_colour",
        used=used,
        release=let_go.append,
    )
    for start in range(0, height, STRIP):
        growing.take(image[start : start + STRIP].copy())
    for mine, theirs in zip(growing.done(), whole, strict=True):
        assert (mine == theirs).all()
    assert max(array.nbytes for array in let_go if array.dtype == np.uint8) <= STRIP * width * 3


def test_what_is_not_used_does_not_count_and_is_filled_from_around() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    image[:] = (255, 0, 0)
    image[:32, :32] = 200
    used = np.zeros((16, 16), bool)
    used[:8, :8] = True
    levels = pyramid.of(image, "base_colour", used)
    for level in levels[2:]:
        assert (level == 200).all()
    assert (levels[1][-1, -1] == (255, 0, 0)).all()


def test_a_hole_takes_the_value_of_its_nearest_surroundings() -> None:
    words = np.zeros((8, 8, 1), np.uint16)
    words[:, :4], words[:, 4:] = 257 * 10, 257 * 200
    hit = np.ones((8, 8), bool)
    hit[2:4, 2:4] = hit[6:, 4:6] = False
    words[~hit] = 0
    out = pyramid.filled(words, hit, "occlusion")[..., 0]
    assert (out[:, :4] == 10).all()
    assert (out[:, 4:] == 200).all()


def test_a_single_texel_has_one_level() -> None:
    assert [level.shape for level in pyramid.of(_noise(1, 1), "emissive", _all(1, 1))] == [(1, 1, 3)]
