import numpy as np
import pytest

from tests.tiling.shapes import sheet
from tiling import atlas
from tiling.error import lattice
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


def _clean_at(mip: int, picture: Bytes, done: atlas.Atlas, triangles: Indices) -> bool:
    """Whether look-ups at a mip level, anywhere on the triangles, see their own chart only; each has one colour."""
    image = done.images["base_colour"].astype(float)
    for _ in range(mip):
        image = np.pad(image, ((0, image.shape[0] % 2), (0, image.shape[1] % 2), (0, 0)), mode="edge")
        image = (image[::2, ::2] + image[1::2, ::2] + image[::2, 1::2] + image[1::2, 1::2]) / 4.0
    height, width = image.shape[:2]
    for corners in done.uvs[triangles]:
        for weights in np.random.default_rng(0).dirichlet((0.3, 0.3, 0.3), 40):
            x, y = weights @ corners * (width, height) - 0.5
            columns, rows = int(np.floor(x)) + np.arange(2), int(np.floor(y)) + np.arange(2)
            seen = image[np.clip(rows, 0, height - 1)][:, np.clip(columns, 0, width - 1)].reshape(-1, 3)
            if np.ptp(seen, axis=0).max() > 0.5 or not (seen[0] > 0).any():
                return False
    return True


@pytest.mark.parametrize(("side", "clean"), [(20, 1), (60, 2), (220, 3)])
def test_mip_levels_are_clean_as_far_as_the_gutter_promises(side: int, clean: int) -> None:
    """Charts of one colour each, close together in a source that bleeds everywhere else."""
    picture = np.zeros((1024, 1024, 3), np.uint8)
    picture[:, :, 2] = 255
    uvs, triangles = [], []
    for number in range(4):
        x, y = 30 + (number % 2) * (side + 30), 30 + (number // 2) * (side + 30)
        picture[y - 3 : y + side + 3, x - 3 : x + side + 3] = (60 * number + 15, 255 - 50 * number, 0)
        uvs += [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
        triangles += [(4 * number, 4 * number + 1, 4 * number + 2), (4 * number, 4 * number + 2, 4 * number + 3)]
    coordinates, faces = np.array(uvs, np.float32) / 1024, np.array(triangles, np.uint32)
    source = atlas.texture({"base_colour": picture}, coordinates, faces)
    done = atlas.cut(source, coordinates, faces, level=0, most_texels=1 << 20)
    for mip in range(clean + 1):
        assert _clean_at(mip, picture, done, faces)


def test_a_tile_carries_nothing_of_what_it_does_not_need() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (512, 512, 3)).astype(np.uint8)
    picture[:, :, 0] = 0
    uvs = np.array([[0.1, 0.1], [0.5, 0.1], [0.1, 0.5]], np.float32)
    picture[300:, 300:, 0] = 255  # within the box of nothing, far from the triangle
    picture[200:250, 200:250, 0] = 255  # within its box, beyond its long side
    triangle = np.array([[0, 1, 2]], np.uint32)
    source = atlas.texture({"base_colour": picture}, uvs, triangle)
    done = atlas.cut(source, uvs, triangle, level=0, most_texels=1 << 20)
    assert not done.images["base_colour"][..., 0].any()


def test_packing_overlaps_nothing_and_wastes_little() -> None:
    random = np.random.default_rng(4)
    low = random.random((800, 2)) * 4000
    high = low + random.exponential(25.0, (800, 2)) + 1.0
    layout = atlas.packed(low, high)
    taken = np.zeros((layout.height, layout.width), np.int8)
    for (x, y, w, h), (dx, dy) in zip(layout.source.tolist(), layout.offset.astype(int).tolist(), strict=True):
        assert 0 <= x + dx <= layout.width - w
        assert 0 <= y + dy <= layout.height - h
        taken[y + dy : y + dy + h, x + dx : x + dx + w] += 1
    assert taken.max() == 1
    assert taken.mean() > 0.88
    assert layout.width % 4 == layout.height % 4 == 0
    assert 0.7 < layout.width / layout.height < 1.4


def test_coverage_is_that_of_the_clear_version() -> None:
    random = np.random.default_rng(9)
    uvs = random.random((60, 2)).astype(np.float32)
    triangles = np.arange(60, dtype=np.uint32).reshape(-1, 3)
    expected = np.zeros((40, 70), bool)
    for corners in uvs[triangles].astype(float) * (70, 40):
        longest = max(np.ptp(corners, axis=0).max(), 1.0)
        columns, rows = (lattice(int(np.ceil(longest))) @ corners).astype(int).T
        expected[rows, columns] = True
    assert (atlas.coverage(uvs, triangles, 70, 40) != expected).mean() < 0.002  # a point may fall onto a line


def test_triangles_made_to_cost_time_mark_everything() -> None:
    uvs = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    assert atlas.coverage(uvs, np.tile(np.array([[0, 1, 2]], np.uint32), (300, 1)), 64, 64).all()


def test_pieces_are_numbered_by_their_first_vertex() -> None:
    triangles = np.array([[7, 8, 9], [1, 2, 3], [9, 4, 5]], np.uint32)
    pieces, count = atlas.connected(triangles, 11)
    assert pieces.tolist() == [-1, 0, 0, 0, 1, 1, -1, 1, 1, 1, -1]
    assert count == 2
