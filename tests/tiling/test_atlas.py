import numpy as np
import pytest

from tests.tiling.shapes import sheet
from tiling import atlas
from tiling.mesh import Bytes, Indices, Singles


def _picture(width: int, height: int) -> Bytes:
    """Red grows to the right, green downwards."""
    x, y = np.meshgrid(np.arange(width) / width, np.arange(height) / height)
    return np.stack([x * 255, y * 255, np.full_like(x, 77)], axis=-1).astype(np.uint8)


def _charts(count: int, side: float) -> tuple[Singles, Indices]:
    """Squares of two triangles each along the diagonal of the texture."""
    uvs, triangles = [], []
    for i in range(count):
        low = i / count
        uvs += [(low, low), (low + side, low), (low + side, low + side), (low, low + side)]
        triangles += [(4 * i, 4 * i + 1, 4 * i + 2), (4 * i, 4 * i + 2, 4 * i + 3)]
    return np.array(uvs, np.float32), np.array(triangles, np.uint32)


def _looked_up(image: Bytes, uvs: Singles) -> np.ndarray:
    columns = np.clip(uvs[:, 0] * image.shape[1], 0, image.shape[1] - 1).astype(int)
    rows = np.clip(uvs[:, 1] * image.shape[0], 0, image.shape[0] - 1).astype(int)
    return image[rows, columns].astype(int)


@pytest.mark.parametrize("level", [0, 1, 2, 3])
@pytest.mark.parametrize(("charts", "side"), [(1, 0.3), (5, 0.04), (9, 0.09)])
def test_every_point_finds_its_colour_in_the_cut_atlas(level: int, charts: int, side: float) -> None:
    uvs, triangles = _charts(charts, side)
    picture = _picture(512, 512)
    source = atlas.texture({"base_colour": picture}, uvs, triangles)
    done = atlas.cut(source, uvs, triangles, level=level, most_texels=1 << 20)
    middles, moved = uvs[triangles].mean(axis=1), done.uvs[triangles].mean(axis=1)
    image = done.images["base_colour"]
    difference = _looked_up(image, moved) - _looked_up(picture, middles)
    assert np.abs(difference).max() <= 2 + 2**level
    assert image.shape[0] * image.shape[1] < 512 * 512 / 4**level
    assert (done.uvs[triangles] >= 0).all()
    assert (done.uvs[triangles] <= 1).all()


def test_a_tile_that_uses_everything_keeps_the_image_whole() -> None:
    primitive = sheet(4, 4, uvs=True)
    assert primitive.uvs is not None
    picture = _picture(300, 200)
    source = atlas.texture({"base_colour": picture}, primitive.uvs, primitive.indices)
    done = atlas.cut(source, primitive.uvs, primitive.indices, level=0, most_texels=1 << 20)
    assert done.images["base_colour"] is picture
    assert np.allclose(done.uvs, primitive.uvs)


def test_an_atlas_too_large_is_taken_from_a_coarser_level() -> None:
    primitive = sheet(4, 4, uvs=True)
    assert primitive.uvs is not None
    source = atlas.texture({"base_colour": _picture(256, 256)}, primitive.uvs, primitive.indices)
    done = atlas.cut(source, primitive.uvs, primitive.indices, level=0, most_texels=5000)
    assert done.level == 2
    assert done.images["base_colour"].shape == (64, 64, 3)


def test_the_background_does_not_bleed_into_coarse_levels() -> None:
    uvs, triangles = _charts(1, 0.5)
    picture = np.zeros((512, 512, 3), np.uint8)
    picture[:256, :256] = 200
    picture[256:, :] = picture[:, 256:] = (255, 0, 0)
    source = atlas.texture({"base_colour": picture}, uvs, triangles)
    for level in range(3, source.depth):
        assert (source.levels["base_colour"][level][0, 0] == 200).all()


def test_levels_halve_down_to_one_texel_rounding_up() -> None:
    uvs, triangles = _charts(1, 1.0)
    source = atlas.texture({"base_colour": _picture(100, 37)}, uvs, triangles)
    shapes = [image.shape[:2] for image in source.levels["base_colour"]]
    assert shapes == [(37, 100), (19, 50), (10, 25), (5, 13), (3, 7), (2, 4), (1, 2), (1, 1)]


def test_coordinates_outside_the_image_repeat_but_for_rounding() -> None:
    assert atlas.repeats(np.array([[0.5, 1.2]], np.float32))
    assert not atlas.repeats(np.array([[-0.0001, 1.0001]], np.float32))


def test_coverage_is_what_the_triangles_cover() -> None:
    uvs, triangles = _charts(1, 0.5)
    used = atlas.coverage(uvs, triangles, 64, 64)
    assert used[:32, :32].all()
    assert not used[34:, :].any()
    assert not used[:, 34:].any()
