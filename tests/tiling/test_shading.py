from dataclasses import replace

import numpy as np

from tests.tiling.shapes import ball
from tiling import shading
from tiling.patch import Layout, of_primitives

SHADED = Layout(normals=True, uvs=False, colours=False)


def _cosines(normals: np.ndarray, positions: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    out: np.ndarray = np.einsum("ij,ij->i", normals, positions / np.linalg.norm(positions, axis=1, keepdims=True))  # type: ignore[type-arg]
    return out


def test_normals_of_a_ball_point_away_from_its_middle_but_where_they_are_held() -> None:
    given = of_primitives(ball(24).primitives, SHADED, np.zeros(3))
    askew = replace(given, attributes=np.tile(np.float32([1, 0, 0]), (len(given.positions), 1)))
    held = given.positions[:, 1] > 0.5 * given.positions[:, 1].max()
    found = shading.shaded(askew, SHADED, held)
    assert (_cosines(found.attributes[~held], found.positions[~held]) > 0.98).all()
    assert (found.attributes[held] == (1, 0, 0)).all()
    assert (askew.attributes == (1, 0, 0)).all()


def test_copies_of_a_point_have_one_normal() -> None:
    positions = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 0], [1, 0, 0], [0, 0, -1]], np.float32)
    whole = of_primitives(ball(8).primitives, SHADED, np.zeros(3))
    rows = np.arange(6)
    ridge = replace(whole.of_vertices(rows, np.array([[0, 1, 2], [3, 4, 5]], np.uint32)), positions=positions)
    normals = shading.shaded(ridge, SHADED, np.zeros(6, bool)).attributes
    assert np.array_equal(normals[:2], normals[3:5])
    assert np.allclose(normals[0], np.array([0, 1, 1]) / np.sqrt(2))
    assert np.allclose(normals[[2, 5]], [[0, 0, 1], [0, 1, 0]])
