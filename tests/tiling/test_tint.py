import numpy as np
import pytest

from tests.tiling.shapes import patch_of, sheet
from tiling import tint
from tiling.mesh import Material, Model, Primitive

RED_AND_GREEN = np.zeros((64, 64, 3), np.uint8)
RED_AND_GREEN[:, :32] = (255, 0, 0)
RED_AND_GREEN[:, 32:] = (0, 255, 0)


def test_a_vertex_has_the_colour_of_the_image_around_it() -> None:
    patch, layout, origin = patch_of(Model((sheet(16, 16, uvs=True),)))
    done, own = tint.tinted(patch, layout, {0: RED_AND_GREEN}, {})
    assert (own.uvs, own.colours) == (False, True)
    colours = done.attributes[:, own.colour_columns]
    x = done.positions[:, 0] + origin[0]
    assert np.allclose(colours[x < 0.4], (1.0, 0.0, 0.0, 1.0))
    assert np.allclose(colours[x > 0.6], (0.0, 1.0, 0.0, 1.0))
    between = colours[np.abs(x - 0.5) < 1e-6]
    assert (between[:, :2] > 0.3).all()
    assert len(done.positions) == 17 * 17


def test_images_that_stay_whole_give_their_mean_and_others_white() -> None:
    left, right = sheet(2, 2, uvs=True), sheet(2, 2, uvs=True)
    moved = Primitive(right.positions + np.array([5.0, 0, 0]), right.indices, uvs=right.uvs, material=1)
    patch, layout, _ = patch_of(Model((left, moved), (Material(), Material())))
    done, own = tint.tinted(patch, layout, {}, {0: (0.25, 0.5, 0.75)})
    colours = done.attributes[:, own.colour_columns]
    assert np.allclose(colours[done.material == 0], (0.25, 0.5, 0.75, 1.0), atol=0.03)
    assert np.allclose(colours[done.material == 1], 1.0)


def test_there_are_few_shades() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    patch, layout, _ = patch_of(Model((sheet(40, 40, uvs=True),)))
    done, own = tint.tinted(patch, layout, {0: noise}, {})
    assert len(np.unique(np.rint(done.attributes[:, own.colour_columns] * 255))) <= 25


def test_colours_that_were_there_tint_the_new_ones() -> None:
    plain = sheet(2, 2, uvs=True)
    half = np.full((len(plain.positions), 4), 128, np.uint8)
    patch, layout, _ = patch_of(Model((Primitive(plain.positions, plain.indices, uvs=plain.uvs, colours=half),)))
    done, own = tint.tinted(patch, layout, {}, {0: (1.0, 0.5, 0.0)})
    assert np.allclose(done.attributes[0, own.colour_columns], np.array([1.0, 0.5, 0.0, 1.0]) * 128 / 255, atol=0.02)


@pytest.mark.parametrize(("byte", "value"), [(0, 0.0), (255, 1.0), (188, 0.5029), (10, 0.00304)])
def test_bytes_are_srgb(byte: int, value: float) -> None:
    assert tint.linear(np.array([byte], np.uint8))[0] == pytest.approx(value, abs=2e-4)
