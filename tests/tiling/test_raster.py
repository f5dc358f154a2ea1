from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tiling.raster import NO_IMAGE, Camera, Faces, drawn, halved, looking, texels_of


def faces(*corners: list[list[float]], faint: bool = False, image: np.ndarray | None = None) -> Faces:
    """Triangles; with an image they have holes, and coordinates from 0 to 1 along x and -y."""
    points = np.array(corners, np.float32).reshape(-1, 3, 3)
    count = len(points)
    return Faces(
        corners=points,
        normals=np.zeros((count, 3, 3), np.float32),
        colours=np.ones((count, 3, 3), np.float32),
        uvs=(points[..., :2] * (0.25, -0.25) + 0.5).astype(np.float32),
        image=np.full(count, NO_IMAGE if image is None else 0, np.int32),
        holes=np.full(count, image is not None),
        faint=np.full(count, faint),
        unlit=np.zeros(count, bool),
        texels=texels_of([] if image is None else [image]),
    )


def square(z: float, side: float = 2.0) -> list[list[list[float]]]:
    """Two triangles across the z axis."""
    a, b, c, d = [-side, -side, z], [side, -side, z], [side, side, z], [-side, side, z]
    return [[a, b, c], [a, c, d]]


CAMERA = looking((0.0, 0.0, 4.0), (0.0, 0.0, 0.0), fov=np.pi / 2, width=16, height=8)


def test_a_square_covers_the_pixels_whose_centres_lie_in_it() -> None:
    film = drawn(faces(*square(0.0)), CAMERA)
    # At 4 m the picture is 8 m high: a square of 4 m takes half of the 8 rows, and 4 of the 16 columns.
    expected = np.zeros((8, 16), bool)
    expected[2:6, 6:10] = True
    assert ((film.face >= 0) == expected).all()
    assert film.depth[expected] == pytest.approx(4.0)
    assert np.isinf(film.depth[~expected]).all()


def test_what_is_nearer_is_seen_whatever_the_order() -> None:
    near, far = square(1.0, 1.0), square(-1.0, 3.0)
    for parts in ((*near, *far), (*far, *near)):
        assert drawn(faces(*parts), CAMERA).depth[4, 8] == pytest.approx(3.0)


def test_a_floor_that_reaches_behind_the_eye_is_cut_at_the_near_plane() -> None:
    floor = [[-50.0, -1.0, -50.0], [50.0, -1.0, -50.0], [0.0, -1.0, 50.0]]
    film = drawn(faces(floor), CAMERA)
    assert (film.face[5:] == 0).all()
    assert (film.face[:4] == -1).all(), "nothing of it is above the horizon"
    assert film.depth[7, 8] == pytest.approx(1.0 / 0.875, rel=1e-5)


def test_weights_say_where_in_the_face_a_pixel_lies_as_seen_in_perspective() -> None:
    slanted = [[-8.0, 0.0, 2.0], [8.0, 0.0, -12.0], [-8.0, 9.0, 2.0]]
    part = faces(slanted)
    film = drawn(part, CAMERA)
    rows, columns = np.nonzero(film.face >= 0)
    assert len(rows) > 10
    w1, w2 = film.weights[rows, columns].T
    points = part.corners[0, 0] + w1[:, None] * (part.corners[0, 1] - part.corners[0, 0]) + w2[:, None] * (
        part.corners[0, 2] - part.corners[0, 0]
    )  # fmt: skip
    depth = 4.0 - points[:, 2]
    assert depth == pytest.approx(film.depth[rows, columns], rel=1e-5)
    assert 8 + points[:, 0] / depth * CAMERA.focal_px == pytest.approx(columns + 0.5, abs=1e-4)


def test_what_is_only_possible_lets_every_fourth_pixel_through_and_can_be_left_out() -> None:
    wall = square(0.0, 9.0)
    film = drawn(faces(*wall, faint=True), CAMERA)
    assert (film.face >= 0).mean() == 0.75
    assert (drawn(faces(*wall, faint=True), CAMERA, faint=False).face == -1).all()


def test_an_image_cuts_holes_where_it_is_clear() -> None:
    image = np.full((2, 2, 4), 255, np.uint8)
    image[:, 0, 3] = 0
    seen = drawn(faces(*square(0.0), image=image), CAMERA).face >= 0
    assert not seen[:, :8].any()
    assert seen[2:6, 8:10].all()


def test_the_sun_sees_in_parallel() -> None:
    above = Camera((0.0, 9.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, -1.0, 0.0), 2.0, 8, 8, 0.0, True)
    flat = (
        [[-1.0, 3.0, -1.0], [1.0, 3.0, -1.0], [1.0, 3.0, 1.0]],
        [[-1.0, 3.0, -1.0], [1.0, 3.0, 1.0], [-1.0, 3.0, 1.0]],
    )
    film = drawn(faces(*flat), above)
    assert (film.face >= 0).sum() == 16
    assert film.depth[4, 4] == pytest.approx(6.0)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e30])
def test_a_face_that_is_nowhere_is_not_drawn(wrong: float) -> None:
    part = faces(*square(0.0))
    broken = replace(part, corners=np.where(np.arange(2)[:, None, None] == 0, np.float32(wrong), part.corners))
    assert (drawn(broken, CAMERA).face != 0).all()


def test_halves_of_an_image_are_means() -> None:
    image = np.zeros((2, 3, 4), np.uint8)
    image[0, :2] = 100
    assert halved(image).tolist() == [[[50, 50, 50, 50]]]
    assert texels_of([image, image]).first.tolist() == [0, 2, 4]
