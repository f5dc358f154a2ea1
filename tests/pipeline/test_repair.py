import numpy as np
import pytest

from pipeline.repair import near_origin, repaired
from scenes.errors import Malformed
from tiling.mesh import Model, Primitive

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)


def _model(indices: list[list[int]], positions: np.ndarray = SQUARE, **more: object) -> Model:
    return Model((Primitive(positions, np.array(indices, np.uint32), **more),))  # type: ignore[arg-type]


@pytest.mark.parametrize(("indices", "left", "words"), [
    ([[0, 1, 2], [0, 1, 9]],            1, "1 triangle named points"),
    ([[0, 1, 2], [0, 1, 1]],            1, "1 triangle without area"),
    ([[0, 1, 2], [1, 2, 0], [2, 0, 1]], 1, "2 triangles stood there twice"),
    ([[0, 1, 2]],                       1, "1 point belonged to no triangle; it was left out"),
])  # fmt: skip
def test_what_cannot_be_shown_goes_and_is_told(indices: list[list[int]], left: int, words: str) -> None:
    model = repaired(_model(indices))
    assert model.triangles == left
    assert any(words in line for line in model.report)


def test_points_without_place_take_their_triangles_along() -> None:
    positions = SQUARE.copy()
    positions[3] = np.nan
    model = repaired(_model([[0, 1, 2], [0, 2, 3]], positions))
    assert model.triangles == 1
    assert np.isfinite(model.primitives[0].positions).all()


def test_both_sets_of_texture_coordinates_are_made_finite_and_follow_their_points() -> None:
    uvs = np.array([[0, 0], [1, 0], [np.nan, 1], [0, 1]], np.float32)
    second = np.array([[5, 5], [np.inf, 0], [7, 7], [8, 8]], np.float32)
    model = repaired(_model([[0, 1, 2], [0, 1, 1]], uvs=uvs, second_uvs=second))
    (primitive,) = model.primitives
    assert primitive.uvs is not None
    assert primitive.uvs.tolist() == [[0, 0], [1, 0], [0, 0]]
    assert primitive.second_uvs is not None
    assert primitive.second_uvs.tolist() == [[5, 5], [0, 0], [7, 7]]
    assert "2 texture coordinates were not finite; they were set to zero" in model.report


def test_a_model_of_which_nothing_is_left_is_refused_with_the_reasons() -> None:
    with pytest.raises(Malformed, match="without area"):
        repaired(_model([[0, 0, 1]]))


def test_single_bad_normals_are_made_anew_and_lengths_put_right() -> None:
    normals = np.array([[0, 0, 2], [0, 0, 1], [0, 0, 0], [0, 0, 1]], np.float32)
    model = repaired(_model([[0, 1, 2], [0, 2, 3]], normals=normals))
    assert model.primitives[0].normals is not None
    assert np.allclose(model.primitives[0].normals, [[0, 0, 1]] * 4)


def test_a_model_far_off_is_moved_by_whole_metres_and_told() -> None:
    model = repaired(_model([[0, 1, 2]], SQUARE + np.array([465_123.4, 5_422_884.6, 312.0])))
    assert np.abs(model.primitives[0].positions).max() < 2
    assert any("(465,124, 5,422,885, 312)" in line for line in model.report)


def test_a_model_of_one_frame_with_another_is_moved_as_that_was_and_one_of_its_own_frame_is_not() -> None:
    other = (465_123.0, 5_422_871.0, 312.0)
    moved = near_origin(_model([[0, 1, 2]], SQUARE + np.array([465_200.5, 5_422_871.0, 312.0])), at=other)
    assert moved.primitives[0].positions[0].tolist() == [77.5, 0.0, 0.0]
    assert moved.origin == other
    local = _model([[0, 1, 2]])
    assert near_origin(local, at=other) is local


def test_a_clean_model_is_given_back_with_nothing_to_tell() -> None:
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], float)
    model = _model([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], positions)
    clean = repaired(model)
    assert clean.report == ()
    assert clean.primitives[0].positions is positions
    assert clean.primitives[0].indices is model.primitives[0].indices
