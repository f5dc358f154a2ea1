import numpy as np
import pytest

from tests.tiling.shapes import ball, sheet
from tiling import patch
from tiling.errors import EmptyModel
from tiling.mesh import Material, Model, Primitive

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
TWO = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)


def test_copies_of_a_vertex_are_made_one() -> None:
    soup = Primitive(SQUARE[TWO].reshape(-1, 3), np.arange(6, dtype=np.uint32).reshape(2, 3))
    whole, _, _ = patch.of_model(Model((soup,)))
    assert len(whole.positions) == 4
    assert whole.triangles == 2


def test_minus_zero_is_zero() -> None:
    soup = Primitive(SQUARE[TWO].reshape(-1, 3), np.arange(6, dtype=np.uint32).reshape(2, 3))
    soup.positions[3] = -0.0
    assert len(patch.of_model(Model((soup,)))[0].positions) == 4


def test_vertices_of_unlike_materials_stay_apart() -> None:
    model = Model((Primitive(SQUARE, TWO[:1]), Primitive(SQUARE, TWO[1:], material=1)), (Material(), Material()))
    whole, _, _ = patch.of_model(model)
    assert len(whole.positions) == 6
    assert patch.materials_in(whole)[1] == [0, 1]


def test_a_model_without_area_is_refused() -> None:
    with pytest.raises(EmptyModel):
        patch.of_model(Model((Primitive(SQUARE, np.array([[0, 0, 1]], np.uint32)),)))


def test_a_far_model_keeps_its_millimetres() -> None:
    far = SQUARE * 0.001 + np.array([5e6, 1e5, -3e6])
    whole, _, origin = patch.of_model(Model((Primitive(far, TWO),)))
    assert np.abs(whole.positions + origin - far).max() < 2e-6


def test_a_part_and_its_complement_merge_to_the_whole() -> None:
    whole, _, _ = patch.of_model(ball(8))
    scratch = np.zeros(len(whole.positions), np.int64)
    halves = [patch.part(whole, np.arange(i, whole.triangles, 2), scratch) for i in (0, 1)]
    merged = patch.merged(halves)
    assert len(merged.positions) == len(whole.positions)
    assert merged.triangles == whole.triangles


def test_a_span_tells_which_leaves_touch_a_place_also_across_a_seam() -> None:
    model = Model((Primitive(SQUARE, TWO[:1]), Primitive(SQUARE, TWO[1:], material=1)), (Material(), Material()))
    whole, _, _ = patch.of_model(model)
    spans = patch.with_spans(whole, np.array([0, 1], np.int32)).span
    shared = (whole.positions + 0.5 == [0, 0, 0]).all(axis=1) | (whole.positions + 0.5 == [1, 1, 0]).all(axis=1)
    corners = {tuple(p) for p in SQUARE[[0, 2]]}
    origin = patch.of_model(model)[2]
    for position, span in zip(whole.positions + origin, spans, strict=True):
        assert (span.tolist() == [0, 1]) == (tuple(position) in corners)
    assert shared.sum() <= 4


def test_nearly_equal_normals_at_one_place_become_one_and_edges_stay() -> None:
    up, leaning, aside = (0.0, 1.0, 0.0), (0.05, 1.0, 0.0), (1.0, 0.0, 0.0)
    primitive = Primitive(
        np.array([[0.0, 0, 0], [0, 0, 0], [1, 0, 0]]),
        np.zeros((0, 3), np.uint32),
        normals=np.array([up, leaning, aside], np.float32),
    )
    whole = patch.Patch(
        primitive.positions.astype(np.float32),
        np.array([up, leaning, aside], np.float32),
        np.zeros(3, np.int32),
        np.zeros((3, 2), np.int32),
        primitive.indices,
    )
    normals = patch.with_joined_normals(whole, patch.Layout(normals=True, uvs=False, colours=False)).attributes
    assert np.array_equal(normals[0], normals[1])
    assert np.allclose(normals[2], aside)


def test_the_layout_names_its_columns_in_order() -> None:
    layout = patch.Layout(normals=True, uvs=False, colours=True)
    assert (layout.normal_columns, layout.uv_columns, layout.colour_columns) == (slice(0, 3), slice(3, 3), slice(3, 7))
    assert layout.width == 7


def test_uvs_are_carried_into_their_columns() -> None:
    whole, layout, _ = patch.of_model(Model((sheet(2, 2, uvs=True),)))
    assert layout.uvs
    assert whole.attributes[:, layout.uv_columns].max() == 1.0
