"""Change between clouds, and between clouds and surfaces, of which it is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.tiling.shapes import ball
from tiling import planes
from tiling.change import Change
from tiling.change_points import Cloud, measured
from tiling.mesh import Indices, Singles

COUNT = 30_000


def _sphere(radius: float, *, seed: int, noise: float = 0.0, count: int = COUNT) -> Singles:
    chance = np.random.default_rng(seed)
    along = chance.normal(size=(count, 3))
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    return (along * (radius + noise * chance.normal(size=(count, 1)))).astype(np.float32)


def _ground(*, seed: int, noise: float = 0.0, pit: float = 0.0, depth: float = 0.1, count: int = 2 * COUNT) -> Singles:
    """4 m² seen from above, with a pit of (2 `pit`)² m² of which the walls are not seen."""
    chance = np.random.default_rng(seed)
    flat = chance.uniform(-1.0, 1.0, (count, 2))
    height = 0.05 * np.sin(3.0 * flat[:, 0]) + noise * chance.normal(size=count)
    height[(np.abs(flat) < pit).all(axis=1)] -= depth
    return np.column_stack([flat[:, 0], height, flat[:, 1]]).astype(np.float32)


def _surface(radius: float) -> tuple[Singles, Indices]:
    whole = ball(60, radius=radius).primitives[0]
    return whole.positions.astype(np.float32), whole.indices


def _change(earlier: Any, later: Any, **asked: Any) -> Change:
    earlier, later = (Cloud(each) if isinstance(each, np.ndarray) else each for each in (earlier, later))
    return measured(earlier, later, **asked)[0]


def _shell(before: float, after: float) -> float:
    return 4.0 / 3.0 * np.pi * (after**3 - before**3)


@pytest.mark.parametrize(("before", "after", "noise"), [(1.0, 1.01, 0.0), (1.0, 0.98, 0.002), (1.0, 1.1, 0.0)])
def test_a_sphere_that_grew_or_shrank(before: float, after: float, noise: float) -> None:
    found = _change(_sphere(before, seed=1, noise=noise), _sphere(after, seed=2, noise=noise))
    assert found.gained_volume - found.lost_volume == pytest.approx(_shell(before, after), rel=0.015)
    assert min(found.gained_volume, found.lost_volume) == 0.0
    assert found.quantiles["0.5"] == pytest.approx(after - before, rel=0.02)
    assert found.later.area == pytest.approx(4.0 * np.pi * after**2, rel=0.015)
    assert found.later.uncovered_area == 0.0
    assert found.alignment.verdict == "registered"


@pytest.mark.parametrize("is_cloud_later", [True, False])
def test_a_cloud_and_a_surface(is_cloud_later: bool) -> None:
    cloud, surface = _sphere(1.02, seed=1), _surface(1.0)
    found = _change(surface, cloud) if is_cloud_later else _change(cloud, surface)
    kept, other = found.gained_volume, found.lost_volume
    if not is_cloud_later:
        kept, other = other, kept
    assert kept == pytest.approx(_shell(1.0, 1.02), rel=0.02)
    assert other == 0.0
    assert found.quantiles["0.5"] == pytest.approx(0.02 if is_cloud_later else -0.02, rel=0.02)


@pytest.mark.parametrize("is_cloud_later", [True, False])
def test_noise_of_single_points_beside_a_surface_is_no_change(is_cloud_later: bool) -> None:
    cloud = _sphere(1.0, seed=1, noise=0.004)
    depth = 0.03 * np.clip(1.0 - (np.arccos(np.clip(cloud[:, 1], -1.0, 1.0)) / 0.5) ** 2, 0.0, None)
    dug = (cloud * (1.0 - depth)[:, None]).astype(np.float32)
    volume = float(((1.0 - (1.0 - depth) ** 3) / 3.0).mean()) * 4.0 * np.pi
    found = _change(_surface(1.0), dug) if is_cloud_later else _change(dug, _surface(1.0))
    gained, lost = found.gained_volume, found.lost_volume
    if not is_cloud_later:
        gained, lost = lost, gained
    assert lost == pytest.approx(volume, rel=0.06)
    # 12.6 m² at 1.96 deviations of single points would be about 0.005.
    assert gained < 0.0012


def test_the_same_twice_is_nearly_nothing() -> None:
    found = _change(_sphere(1.0, seed=1, noise=0.002), _sphere(1.0, seed=2, noise=0.002))
    # Noise of 2 mm on 12.6 m²; what is left beyond 95 % of it.
    assert found.threshold < 0.002
    assert max(found.gained_volume, found.lost_volume) < 0.1 * 0.002 * 12.6
    assert found.later.unchanged_area > 0.9 * found.later.area
    assert abs(found.mean) < 0.0002


@pytest.mark.parametrize("noise", [0.0, 0.003])
def test_a_pit_whose_walls_nobody_saw(noise: float) -> None:
    found = _change(_ground(seed=1, noise=noise), _ground(seed=2, noise=noise, pit=0.4), threshold=0.02)
    assert found.lost_volume == pytest.approx(0.8 * 0.8 * 0.1, rel=0.06)
    assert found.gained_volume < 0.0005
    assert found.later.lost_area == pytest.approx(0.64, rel=0.08)
    assert found.later.unchanged_area == pytest.approx(4.0 - 0.64, rel=0.06)


def test_what_the_other_scan_has_not_seen_is_no_change() -> None:
    ground = _ground(seed=1)
    found = _change(ground[ground[:, 0] < 0.0], _ground(seed=2))
    assert found.later.uncovered_area == pytest.approx(2.0, rel=0.05)
    assert found.gained_volume + found.lost_volume < 0.001
    # The other way round nothing is uncovered: all of the earlier one was seen again, and half of it was not.
    back = _change(_ground(seed=2), ground[ground[:, 0] < 0.0])
    assert back.later.uncovered_area < 0.05
    assert back.earlier.uncovered_area == pytest.approx(2.0, rel=0.05)
    assert back.gained_volume + back.lost_volume < 0.001


def test_what_is_lost_one_way_is_gained_the_other() -> None:
    one, other = _ground(seed=1), _ground(seed=2, pit=0.3)
    there, back = (_change(*pair, threshold=0.02) for pair in ((one, other), (other, one)))
    assert there.lost_volume == pytest.approx(back.gained_volume, rel=0.03)
    assert there.gained_volume == pytest.approx(back.lost_volume, abs=1e-3)


def test_normals_of_the_file_say_which_side_is_out() -> None:
    earlier, later = _sphere(1.0, seed=1), _sphere(1.02, seed=2)
    inside = -earlier
    found, *_, how = measured(Cloud(earlier, inside), Cloud(later))
    assert how["sides"] == "given"
    assert found.lost_volume == pytest.approx(_shell(1.0, 1.02), rel=0.02)
    assert measured(Cloud(earlier), Cloud(later))[3]["sides"] == "outwards"
    assert measured(Cloud(_ground(seed=1)), Cloud(_ground(seed=2)))[3]["sides"] == "up"


def test_two_things_that_do_not_touch_both_face_outwards() -> None:
    apart = np.array([5.0, 0.0, 0.0], np.float32)
    earlier, later = _sphere(1.0, seed=1), _sphere(1.02, seed=2)
    found = _change(np.concatenate([earlier, earlier + apart]), np.concatenate([later, later + apart]))
    assert found.gained_volume == pytest.approx(2.0 * _shell(1.0, 1.02), rel=0.02)
    assert found.lost_volume == 0.0


def test_scans_that_are_not_registered_are_suspect() -> None:
    moved = _ground(seed=2) + np.array([0.0, 0.01, 0.0], np.float32)
    found = _change(_ground(seed=1), moved)
    assert found.alignment.verdict == "suspect"
    assert found.alignment.shift[1] == pytest.approx(-0.01, rel=0.05)


def test_the_same_input_gives_the_same_figures() -> None:
    one, other = (
        measured(Cloud(_sphere(1.0, seed=1)), Cloud(_sphere(1.01, seed=2))),
        measured(Cloud(_sphere(1.0, seed=1)), Cloud(_sphere(1.01, seed=2))),
    )
    assert one[0] == other[0]
    np.testing.assert_array_equal(one[1], other[1])


def test_area_does_not_ask_how_densely_a_scanner_looked() -> None:
    ground = _ground(seed=1, count=200_000)
    # A sixteenth of the points on one half: the scanner stood on the other.
    thinned = np.concatenate([ground[ground[:, 0] < 0.0], ground[ground[:, 0] >= 0.0][::16]])
    fitted = planes.fitted(thinned, 0.02)
    areas = planes.areas(thinned, fitted)
    for half in (thinned[:, 0] < 0.0, thinned[:, 0] >= 0.0):
        assert float(areas[half].sum()) == pytest.approx(2.0, rel=0.1)


@pytest.mark.parametrize("points", [np.zeros((3, 3), np.float32), np.zeros((100, 3), np.float32)])
def test_what_is_no_surface_is_refused(points: Singles) -> None:
    with pytest.raises(ValueError, match="plane"):
        _change(points, _sphere(1.0, seed=1))
    with pytest.raises(ValueError, match="plane"):
        _change(_sphere(1.0, seed=1), points)


def test_a_line_of_points_is_refused() -> None:
    line = np.column_stack([np.linspace(0, 1, 500), np.zeros(500), np.zeros(500)]).astype(np.float32)
    with pytest.raises(ValueError, match="plane"):
        _change(line, _sphere(1.0, seed=1))
