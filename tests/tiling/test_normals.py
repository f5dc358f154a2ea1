import numpy as np

from tests.tiling.shapes import ball
from tiling.normals import with_normals


def test_a_ball_is_smooth() -> None:
    primitive = with_normals(ball(20).primitives[0])
    assert primitive.normals is not None
    assert len(primitive.positions) == len(ball(20).primitives[0].positions)
    assert (primitive.normals * primitive.positions).sum(axis=1).min() > 0.99


def test_a_box_has_edges() -> None:
    primitive = with_normals(ball(1).primitives[0])
    assert primitive.normals is not None
    corners = primitive.positions[primitive.indices]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    assert np.allclose(primitive.normals[primitive.indices], faces[:, None], atol=1e-6)


def test_normals_that_are_there_are_left_alone() -> None:
    primitive = with_normals(ball(3).primitives[0])
    assert with_normals(primitive) is primitive
