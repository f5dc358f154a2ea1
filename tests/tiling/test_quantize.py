import numpy as np
import pytest

from tests.tiling.shapes import ball, sheet
from tiling import meshopt, patch, quantize
from tiling.mesh import Model


def _points(done: quantize.Quantised) -> np.ndarray:
    out = []
    for piece in done.pieces:
        rows = meshopt.decode_vertices(piece.positions.data, piece.vertices, 8).view("<u2")
        assert not rows[:, 3].any()
        out.append(done.origin + rows[:, :3] * done.step)
    return np.concatenate(out)


def _quantised(whole: patch.Patch, layout: patch.Layout, step: float, origin: np.ndarray) -> quantize.Quantised:
    return quantize.quantise(
        whole, layout, step=step, origin=origin, uvs_of=lambda material: None, textured=lambda material: True
    )


@pytest.mark.parametrize("step", [2.0**-6, 2.0**-9])
def test_no_point_moves_farther_than_half_the_diagonal_of_a_step(step: float) -> None:
    whole, layout, origin = patch.of_model(ball(20))
    points = _points(_quantised(whole, layout, step, origin))
    nearest = np.linalg.norm(points[:, None] - (whole.positions + origin)[None], axis=2).min(axis=1)
    assert nearest.max() <= quantize.half_diagonal(step) + 1e-6


def test_neighbours_decode_shared_points_to_the_same_numbers() -> None:
    whole, layout, origin = patch.of_model(ball(20, ripple=0.013))
    left = whole.positions[whole.indices].mean(axis=1)[:, 0] < 0.0
    scratch = np.zeros(len(whole.positions), np.int64)
    halves = [
        {tuple(p) for p in _points(_quantised(patch.part(whole, np.flatnonzero(side), scratch), layout, 2**-9, origin))}
        for side in (left, ~left)
    ]
    shared = set(whole.indices[left].reshape(-1)) & set(whole.indices[~left].reshape(-1))
    assert len(halves[0] & halves[1]) == len(shared)


def test_bounds_are_those_of_the_decoded_points() -> None:
    whole, layout, origin = patch.of_model(ball(7))
    done = _quantised(whole, layout, 2**-8, origin)
    assert np.array_equal(done.low, _points(done).min(axis=0))
    assert np.array_equal(done.high, _points(done).max(axis=0))
    assert done.pieces[0].low == (0, 0, 0)


def test_triangles_that_fall_on_a_point_of_the_grid_go() -> None:
    whole, layout, origin = patch.of_model(ball(40))
    coarse = _quantised(whole, layout, 2**-3, origin)
    assert sum(piece.triangles for piece in coarse.pieces) < whole.triangles


def test_coordinates_of_a_shared_image_keep_their_repetitions() -> None:
    primitive = sheet(3, 3, uvs=True)
    assert primitive.uvs is not None
    whole, layout, origin = patch.of_model(Model((primitive,)))
    whole.attributes[:, layout.uv_columns] *= 7.5
    piece = _quantised(whole, layout, 2**-8, origin).pieces[0]
    assert piece.uvs is not None
    assert not piece.uvs_whole
    uv = meshopt.decode_vertices(piece.uvs.data, piece.vertices, 8).view("<f4")
    assert uv.max() == 7.5


def test_the_step_of_a_level_fits_its_widest_tile_into_16_bits() -> None:
    whole, _, _ = patch.of_model(ball(4, radius=100.0))
    step = quantize.level_step(1e-6, [whole])
    assert 200 / step < 65_536
    assert 200 / step > 30_000


def test_a_few_large_triangles_get_a_fine_step() -> None:
    whole, _, _ = patch.of_model(ball(1, radius=10.0))
    assert quantize.leaf_step(whole) < 0.002
