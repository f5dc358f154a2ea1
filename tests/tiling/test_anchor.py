"""Surfaces are made by formulas, so that where a spot should come to is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tiling.shapes import ball, sheet
from tiling import anchor
from tiling.anchor import Feet, Piece
from tiling.mesh import Floats, Model

UP = np.array([[0.0, 1.0, 0.0]])
UNKNOWN = np.full((1, 3), np.nan)


def _piece(model: Model) -> Piece:
    return anchor.piece(model.primitives[0].positions, model.primitives[0].indices.astype(np.int64))


def _square(y: float, *, up: bool = True, size: float = 1.0) -> Piece:
    """A square about the y axis at a height, facing up or down."""
    corners = np.array([[-size, y, -size], [size, y, -size], [size, y, size], [-size, y, size]])
    triangles = np.array([[0, 3, 2], [0, 2, 1]] if up else [[0, 2, 3], [0, 1, 2]])
    return anchor.piece(corners, triangles)


def _nearest(pieces: list[Piece], points: Floats, normals: Floats, reach: float = 1.0) -> Feet:
    feet = anchor.nowhere(len(points))
    rows = np.arange(len(points))
    for number, each in enumerate(pieces):
        anchor.search(points, normals, each, number=number, rows=rows, reach=reach, feet=feet)
    return feet


def _on_ball(count: int, seed: int = 1) -> Floats:
    found = np.random.default_rng(seed).normal(size=(count, 3))
    unit: Floats = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def _brute(points: Floats, within: Piece) -> NDArray[np.float64]:
    """Distances by dense sampling of every triangle: never less than the truth, and little more."""
    steps = np.linspace(0, 1, 60)
    u, v = (grid[np.tri(60, dtype=bool)[::-1]] for grid in np.meshgrid(steps, steps))
    a, b, c = (within.corners[:, corner] for corner in range(3))
    there = (a[:, None] + u[:, None] * (b - a)[:, None] + v[:, None] * (c - a)[:, None]).reshape(-1, 3)
    return np.array([np.sqrt(((there - point) ** 2).sum(axis=1).min()) for point in points])


def test_a_foot_is_the_nearest_point_and_its_weights_say_where_it_is_in_its_triangle() -> None:
    within = _piece(ball(3))
    points = _on_ball(40) * np.linspace(0.3, 1.9, 40)[:, None]
    feet = _nearest([within], points, np.full((40, 3), np.nan), reach=5.0)
    assert feet.found.all()
    dense = _brute(points, within)
    assert (feet.distances <= dense + 1e-12).all()
    assert feet.distances == pytest.approx(dense, abs=0.02)
    assert np.linalg.norm(points - feet.points, axis=1) == pytest.approx(feet.distances)
    assert (feet.weights >= 0).all()
    assert feet.weights.sum(axis=1) == pytest.approx(np.ones(40))
    by_weights = (within.corners[feet.triangles] * feet.weights[..., None]).sum(axis=1)
    assert by_weights == pytest.approx(feet.points)


def test_pieces_together_give_what_the_whole_gives_in_any_order() -> None:
    whole = ball(8)
    positions, triangles = whole.primitives[0].positions, whole.primitives[0].indices.astype(np.int64)
    parts = [anchor.piece(positions, triangles[start::3]) for start in range(3)]
    points = _on_ball(200) * 1.1
    once = _nearest([_piece(whole)], points, points / 1.1)
    for order in ([0, 1, 2], [2, 0, 1]):
        again = _nearest([parts[at] for at in order], points, points / 1.1)
        assert again.distances == pytest.approx(once.distances)
        assert again.points == pytest.approx(once.points)


def test_on_a_thin_plate_a_spot_stays_on_its_side_however_near_the_other_is() -> None:
    # The plate of 2 mm went up by 5 mm: its underside is nearer to where its top was.
    plate = [_square(0.003, up=False), _square(0.005)]
    for order in (plate, plate[::-1]):
        feet = _nearest(order, np.zeros((2, 3)), np.concatenate([UP, -UP]))
        assert feet.points[:, 1] == pytest.approx([0.005, 0.003])
        assert feet.normals[:, 1] == pytest.approx([1.0, -1.0])


def test_where_only_the_other_side_is_left_there_is_no_foot() -> None:
    feet = _nearest([_square(0.0, up=False)], np.zeros((1, 3)), UP)
    assert not feet.found.any()
    assert np.isinf(feet.distances).all()


def test_a_spot_without_a_normal_takes_whatever_is_nearest_and_learns_it() -> None:
    feet = _nearest([_square(0.01), _square(-0.002, up=False)], np.zeros((1, 3)), UNKNOWN)
    assert feet.normals[0] == pytest.approx([0, -1, 0])


def test_of_two_points_equally_near_the_one_that_agrees_better_is_taken_in_any_order() -> None:
    leaning = anchor.piece(np.array([[0.0, 0.01, 0.0], [-1.0, 0.6, 1.0], [1.0, 0.6, 1.0]]), np.array([[0, 1, 2]]))
    level = _square(0.01)
    for order in ([leaning, level], [level, leaning]):
        feet = _nearest(order, np.zeros((1, 3)), UP)
        assert feet.distances[0] == pytest.approx(0.01)
        assert feet.agreement[0] == pytest.approx(1.0)


def test_nothing_beyond_reach_is_found() -> None:
    assert not _nearest([_square(0.2)], np.zeros((1, 3)), UP, reach=0.19).found.any()
    assert _nearest([_square(0.2)], np.zeros((1, 3)), UP, reach=0.21).found.all()


def test_triangles_without_area_and_no_triangles_at_all_do_no_harm() -> None:
    flat = anchor.piece(np.zeros((3, 3)), np.array([[0, 1, 2], [0, 0, 0]]))
    none = anchor.piece(np.zeros((0, 3)), np.zeros((0, 3), np.int64))
    assert not _nearest([flat, none], np.zeros((1, 3)), UNKNOWN).found.any()


def test_a_scan_made_again_with_noise_keeps_spots_in_place_and_their_normals_smooth() -> None:
    noise = 0.003
    again = ball(40)
    positions = again.primitives[0].positions
    noisy = positions * (1.0 + np.random.default_rng(2).normal(0.0, noise, (len(positions), 1)))
    feet = _nearest([anchor.piece(noisy, again.primitives[0].indices.astype(np.int64))], _on_ball(300), _on_ball(300))
    assert feet.found.all()
    assert float(np.quantile(feet.distances, 0.95)) < 3 * noise
    assert (feet.normals * _on_ball(300)).sum(axis=1).min() > 0.9


def test_another_mesh_of_the_same_thing_moves_spots_by_no_more_than_the_meshes_differ() -> None:
    spots = _nearest([_piece(ball(40))], _on_ball(300), _on_ball(300))
    there = _nearest([_piece(ball(29))], spots.points, spots.normals)
    # A sphere is missed by the square of half an edge over twice the radius.
    assert there.distances.max() < 0.5 * (2 / 29) ** 2


def _spots() -> tuple[Floats, Floats]:
    feet = _nearest([_piece(ball(24, ripple=0.05))], _on_ball(400), _on_ball(400))
    return feet.points, feet.normals


def _drift_to(model: Model, *, size: float = 3.5) -> anchor.Drift | None:
    points, normals = _spots()
    within = _piece(model)
    return anchor.drift(
        points, normals, lambda at, facing: _nearest([within], at, facing, 0.17), size=size, least=1e-4 * size
    )


def _changed(model: Model, linear: Floats, shift: Floats) -> Model:
    primitive = model.primitives[0]
    positions = primitive.positions @ linear.T + shift
    return Model((type(primitive)(positions, primitive.indices),))


def test_the_motion_of_the_whole_is_found_though_every_spot_sees_only_a_part_of_it() -> None:
    angle = np.radians(1.5)
    turn = np.array([[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]])
    moved = _changed(ball(24, ripple=0.05), 1.01 * turn, np.array([0.03, -0.02, 0.01]))
    found = _drift_to(moved)
    assert found is not None
    assert found.after < 0.05 * found.before
    points, _ = _spots()
    right = points @ (1.01 * turn).T + np.array([0.03, -0.02, 0.01])
    assert np.linalg.norm(found.motion.points(points) - right, axis=1).max() < 0.002
    assert found.motion.scale == pytest.approx(1.01, abs=0.001)
    assert found.motion.turn_degrees == pytest.approx(1.5, abs=0.05)


def test_where_one_part_moved_the_whole_did_not() -> None:
    whole = ball(24, ripple=0.05)
    primitive = whole.primitives[0]
    positions = primitive.positions.copy()
    positions[positions[:, 1] > 0.6, 1] += 0.05
    assert _drift_to(Model((type(primitive)(positions, primitive.indices),))) is None


def test_the_same_surface_did_not_drift_and_noise_is_no_motion() -> None:
    whole = ball(24, ripple=0.05)
    assert _drift_to(whole) is None
    primitive = whole.primitives[0]
    noise = np.random.default_rng(3).normal(0.0, 0.004, primitive.positions.shape)
    assert _drift_to(Model((type(primitive)(primitive.positions + noise, primitive.indices),))) is None


@pytest.mark.parametrize("crust", [0.0, 0.002])
def test_a_corner_that_broke_off_is_no_motion_though_few_spots_could_be_turned_to_it(crust: float) -> None:
    """A slab with three notes, one on the corner, each a patch so small that a turn and a scale reach them all."""

    def slab(*, later: bool) -> Piece:
        x, z = np.meshgrid(np.linspace(0, 0.5, 60), np.linspace(0, 1.2, 120))
        relief = 0.003 * np.sin(25 * x) * np.sin(22 * z) - later * crust * np.sin(31 * x + 1) * np.sin(27 * z)
        positions = np.stack([x, relief, z], -1).reshape(-1, 3)
        if later:
            break_ = np.array([0.50, 0.62, 0.60])
            beyond = (positions - np.array([0.5, 0.0, 1.2])) @ break_ + 0.085
            positions = positions - np.maximum(beyond, 0.0)[:, None] * break_
        number = np.arange(x.size).reshape(x.shape)
        a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, 1:], number[1:, :-1]
        triangles = [np.stack(corners, -1).reshape(-1, 3) for corners in ((a, c, b), (a, d, c))]
        return anchor.piece(positions, np.concatenate(triangles).astype(np.int64))

    around = np.random.default_rng(5).uniform(-0.025, 0.025, (3, 24, 3)) * np.array([1.0, 0.0, 1.0])
    notes = np.array([[0.25, 0.0, 0.8], [0.1, 0.0, 0.9], [0.465, 0.0, 1.165]])
    spots = (notes[:, None] + around).reshape(-1, 3)
    old = _nearest([slab(later=False)], spots, np.full(spots.shape, np.nan))
    new = slab(later=True)

    def nearest(at: Floats, facing: Floats) -> Feet:
        return _nearest([new], at, facing, 0.065)

    assert anchor.drift(old.points, old.normals, nearest, size=1.3, least=1.3e-4) is None


def test_samples_about_a_spot_face_as_it_does_and_are_as_many_as_are_asked_for() -> None:
    grid = sheet(20, 20)
    within = anchor.piece(np.asarray(grid.positions, np.float64), grid.indices.astype(np.int64))
    points, normals = anchor.about(within, np.array([0.5, 0.0, 0.5]), UP[0], radius=0.2, most=10)
    assert len(points) == 10
    assert (np.linalg.norm(points - [0.5, 0.0, 0.5], axis=1) <= 0.2).all()
    assert normals == pytest.approx(np.tile(UP, (10, 1)))
    assert len(anchor.about(within, np.array([0.5, 0.0, 0.5]), -UP[0], radius=0.2, most=10)[0]) == 0
