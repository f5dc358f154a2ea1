from dataclasses import replace

import numpy as np

from tests.tiling.shapes import ball
from tiling import bake, patch
from tiling.mesh import Bytes, Model
from tiling.simplify import simplify


def _coloured_ball(bands: int) -> tuple[patch.Patch, patch.Layout]:
    """A ball whose every triangle is a chart: its colour is in the texel that its coordinates name."""
    primitive = ball(bands).primitives[0]
    flat = primitive.indices.reshape(-1)
    corners = primitive.positions[primitive.indices]
    middle = corners.mean(axis=1)
    # Texel (row, column) of a 256² image by the direction of the triangle; see `_image`.
    uvs = np.repeat((middle[:, :2] * 0.499 + 0.5), 3, axis=0).astype(np.float32)
    soup = replace(
        primitive,
        positions=primitive.positions[flat],
        uvs=uvs,
        indices=np.arange(len(flat), dtype=np.uint32).reshape(-1, 3),
    )
    whole, layout, _ = patch.of_model(Model((soup,)))
    return whole, layout


def _image() -> Bytes:
    """Red is x, green is y."""
    y, x = np.mgrid[0:256, 0:256].astype(np.uint8)
    return np.stack([x, y, np.full_like(x, 9)], axis=-1)


def test_a_coarse_ball_gets_the_colours_of_the_fine_one_at_every_point() -> None:
    fine, layout = _coloured_ball(24)
    bare = patch.merged([bake.without_uvs(fine, layout, frozenset({0}))])
    coarse = simplify(patch.welded(bare), layout, target_triangles=600, leaves=(0, 0)).patch
    done = bake.bake(
        coarse,
        layout,
        0,
        [bake.Child(fine, {"base_colour": _image()}, (256.0, 256.0))],
        texel=0.02,
        most_texels=1 << 20,
    )
    image = done.images["base_colour"]
    uv = done.patch.attributes[:, layout.uv_columns][done.patch.indices].mean(axis=1)
    assert (uv >= 0).all()
    assert (uv <= 1).all()
    seen = image[(uv[:, 1] * image.shape[0]).astype(int), (uv[:, 0] * image.shape[1]).astype(int)].astype(float)
    middle = done.patch.positions[done.patch.indices].mean(axis=1)
    wanted = (middle[:, :2] * 0.499 + 0.5) * 256
    assert np.abs(seen[:, :2] - wanted).max() < 16
    assert (seen[:, 2] == 9).all()
    assert done.patch.triangles == coarse.triangles


def test_an_atlas_too_large_gets_larger_texels() -> None:
    fine, layout = _coloured_ball(12)
    children = [bake.Child(fine, {"base_colour": _image()}, (256.0, 256.0))]
    done = bake.bake(fine, layout, 0, children, texel=0.001, most_texels=40_000)
    image = done.images["base_colour"]
    assert image.shape[0] * image.shape[1] <= 40_000
    assert done.texel > 0.01


def test_directions_are_not_carried_over() -> None:
    fine, layout = _coloured_ball(6)
    maps = {"base_colour": _image(), "normal": _image()}
    done = bake.bake(fine, layout, 0, [bake.Child(fine, maps, (256.0, 256.0))], texel=0.05, most_texels=1 << 20)
    assert set(done.images) == {"base_colour"}
