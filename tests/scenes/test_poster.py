from __future__ import annotations

import io

import numpy as np
import orjson
import pytest
from PIL import Image

from scenes import glb
from scenes.coarse import box_corners, boxes
from scenes.faces import faces_of
from scenes.model import Scene, Viewpoint, Visibility
from scenes.poster import CARD, SHARE, _air, _poster
from scenes.surface import encoded
from tiling.raster import Faces

LOW, HIGH = np.array([-1.0, 0.0, -1.0]), np.array([1.0, 2.0, 1.0])


def cube() -> Faces:
    corners = box_corners(LOW[None], HIGH[None])
    model = encoded(boxes(corners, np.array([[0.8, 0.05, 0.05, 1.0]], np.float32)), 0.01)
    return faces_of(model.data, (3.0, 2.0, 3.0))


def seen_from(position: tuple[float, float, float], target: tuple[float, float, float]) -> np.ndarray:
    scene = Scene("scene_x", "", "", "-0430", Visibility.PUBLIC, Viewpoint(position, target))
    return np.asarray(Image.open(io.BytesIO(_poster(scene, cube(), CARD, (LOW, HIGH)))).convert("RGB"))


def red(picture: np.ndarray) -> float:
    """Share of the picture."""
    return float(((picture[..., 0] > 110) & (picture[..., 1] < 90)).mean())


def test_a_file_of_ours_becomes_faces_with_the_colours_of_its_corners() -> None:
    faces = cube()
    assert len(faces.corners) == 10
    assert faces.corners.reshape(-1, 3).min(axis=0) == pytest.approx(LOW, abs=0.01)
    assert faces.colours.reshape(-1, 3).max(axis=0) == pytest.approx([0.8, 0.05, 0.05], abs=0.01)
    assert not faces.faint.any()


def test_points_become_squares_that_look_at_the_eye_and_are_as_small_as_they_lie_apart() -> None:
    points = np.array([[x, 0.0, z] for x in range(10) for z in range(10)], "<f4")
    document = {
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 0}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 100, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 1200}], "buffers": [{"byteLength": 1200}],
    }  # fmt: skip
    faces = faces_of(glb.write(orjson.dumps(document), points.tobytes()), (4.5, 500.0, 4.5))
    assert (len(faces.corners), faces.unlit.all()) == (200, True)
    side = np.linalg.norm(faces.corners[0, 1] - faces.corners[0, 0])
    assert 0.9 < side < 2.0
    near = faces_of(glb.write(orjson.dumps(document), points.tobytes()), (4.5, 2.0, 4.5))
    assert np.ptp(near.corners[::2], axis=1).max() < 0.2, "right before the eye they are smaller"


def test_where_nothing_is_seen_from_the_viewpoint_it_is_seen_from_outside() -> None:
    away = seen_from((3, 2, 3), (6, 2, 6))
    assert red(away) > 0.1
    assert red(away[:, :40]) == 0.0, "all of it is in the picture"


def test_a_viewpoint_that_looks_straight_down_or_nowhere_gives_a_picture() -> None:
    assert red(seen_from((0, 9, 0), (0, 0, 0))) > 0.01
    assert seen_from((0, 9, 0), (0, 9, 0)).shape == (400, 640, 3)


def test_the_form_to_share_is_jpeg_of_the_size_that_is_told() -> None:
    scene = Scene("scene_x", "", "", "-0430", Visibility.PUBLIC, Viewpoint((3, 2, 3), (0, 1, 0)))
    picture = Image.open(io.BytesIO(_poster(scene, cube(), SHARE, (LOW, HIGH))))
    assert (picture.format, picture.size) == ("JPEG", (1200, 630))


def test_the_air_is_clear_as_far_as_the_scene_reaches() -> None:
    air = _air(4.0, np.array([-500.0, 0, -500.0]), np.array([500.0, 0, 500.0]))
    assert air.clear > 300
    assert air.gone > 1000
