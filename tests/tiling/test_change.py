"""Change between shapes of which it is known."""

import json

import numpy as np
import pytest

from tests.tiling.shapes import ball, sheet
from tests.tiling.voxels import voxels
from tiling.change import GAINED, LOST, UNCHANGED, UNCOVERED, Change, colours, legend, measured, scale_for
from tiling.mesh import Indices, Singles

Surface = tuple[Singles, Indices]


def _ball(radius: float, bands: int = 60) -> Surface:
    whole = ball(bands, radius=radius).primitives[0]
    return whole.positions.astype(np.float32), whole.indices


def _volume(radius: float) -> float:
    return 4.0 / 3.0 * np.pi * radius**3


def _change(earlier: Surface, later: Surface, threshold: float | None = None) -> Change:
    return measured(earlier, later, threshold=threshold, samples=40_000)[0]


def _moved(of: Surface, *by: float) -> Surface:
    return of[0] + np.array(by, np.float32), of[1]


def _block(depth: int = 0) -> Surface:
    """30 × 30 × 10 cm; with a dent of 10 × 10 cm and some cm of depth."""
    solid = np.ones((30, 30, 10), bool)
    solid[10:20, 10:20, 10 - depth :] = False
    return voxels(solid)


@pytest.mark.parametrize(("before", "after"), [(1.0, 1.001), (1.0, 0.99), (1.0, 1.1)])
def test_a_sphere_that_grew_or_shrank(before: float, after: float) -> None:
    found = _change(_ball(before), _ball(after))
    assert found.gained_volume - found.lost_volume == pytest.approx(_volume(after) - _volume(before), rel=3e-3)
    assert min(found.gained_volume, found.lost_volume) == 0.0
    assert found.quantiles["0.5"] == pytest.approx(after - before, rel=1e-3)
    assert found.alignment.verdict == "registered"  # no motion makes a sphere larger


@pytest.mark.parametrize("depth", [1, 2])
def test_a_dent_of_known_volume(depth: int) -> None:
    found = _change(_block(), _block(depth), threshold=0.0005)
    assert found.lost_volume == pytest.approx(depth * 1e-4, rel=0.04)
    assert found.gained_volume == 0.0
    assert found.quantiles["least"] == pytest.approx(-depth * 0.01, rel=1e-3)
    assert found.later.lost_area == pytest.approx(0.01 + 0.004 * depth, rel=0.03)  # floor and walls
    assert found.earlier.lost_area == pytest.approx((0.1 - 2 * 0.0005) ** 2, rel=0.03)
    assert found.later.unchanged_area == pytest.approx(0.29, rel=0.01)


def test_what_is_lost_one_way_is_gained_the_other() -> None:
    there, back = _change(_block(), _block(1)), _change(_block(1), _block())
    assert back.gained_volume == pytest.approx(there.lost_volume, rel=0.01)
    assert back.lost_volume == there.gained_volume == 0.0


def test_nothing_changed_between_two_copies() -> None:
    found = _change(_block(1), _block(1))
    assert found.later.unchanged_area == pytest.approx(found.later.area)
    assert (found.gained_volume, found.lost_volume) == (0.0, 0.0)
    assert found.alignment.verdict == "registered"
    assert found.threshold == pytest.approx(1e-6 * np.sqrt(0.19))  # what float32 tells apart


def test_noise_is_below_the_threshold_that_is_taken_from_it() -> None:
    positions, indices = _ball(1.0)
    chance = np.random.default_rng(1)
    noisy = positions * (1.0 + chance.normal(scale=0.001, size=(len(positions), 1))).astype(np.float32)
    found = _change((positions, indices), (noisy, indices))
    assert 0.0005 < found.threshold < 0.003
    assert found.later.unchanged_area > 0.9 * found.later.area
    assert not found.is_threshold_given


def test_areas_add_up() -> None:
    for side in (found := _change(_block(), _moved(_block(2), 0.003, 0.0, 0.0)), found):
        for seen in (side.later, side.earlier):
            parts = seen.gained_area + seen.lost_area + seen.unchanged_area + seen.uncovered_area
            assert parts == pytest.approx(seen.area)


def test_what_was_not_recorded_before_is_neither_gained_nor_lost() -> None:
    def flat(columns: int, width: float) -> Surface:
        one = sheet(columns, 20)
        return (one.positions * [width, 1.0, 1.0]).astype(np.float32), one.indices

    found, distances, is_uncovered = measured(flat(20, 1.0), flat(40, 2.0), threshold=0.001, samples=20_000)
    assert found.later.uncovered_area == pytest.approx(1.0, rel=0.01)
    assert found.later.gained_area == found.later.lost_area == 0.0
    assert found.earlier.unchanged_area == pytest.approx(1.0, rel=0.01)
    assert (is_uncovered & (np.abs(distances) > 0.001)).mean() == pytest.approx(0.5, abs=0.05)


def test_scans_that_are_not_registered_are_suspect_and_the_shift_is_found() -> None:
    found = _change(_block(), _moved(_block(1), 0.002, 0.0, -0.001))
    assert found.alignment.verdict == "suspect"
    assert found.alignment.shift == pytest.approx((-0.002, 0.0, 0.001), abs=1e-4)
    assert found.alignment.distance_after < 0.1 * found.alignment.distance


def test_a_turn_is_found_as_well() -> None:
    positions, indices = _block(1)
    angle = np.radians(0.5)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    middle = positions.mean(axis=0)
    turned = ((positions - middle) @ turn.T + middle).astype(np.float32)
    found = _change((positions, indices), (turned, indices))
    assert found.alignment.verdict == "suspect"
    assert found.alignment.turn_degrees == pytest.approx(0.5, rel=0.1)


@pytest.mark.parametrize("by", [(0.2, 0.0, 0.0), (5.0, 0.0, 0.0)])
def test_scans_that_lie_beside_one_another_are_apart(by: tuple[float, float, float]) -> None:
    assert _change(_block(), _moved(_block(1), *by)).alignment.verdict == "apart"


def test_every_vertex_gets_its_distance() -> None:
    _, distances, is_uncovered = measured(_ball(1.0, 20), _ball(1.01, 30), samples=1000)
    assert len(distances) == len(is_uncovered) == len(_ball(1.01, 30)[0])
    assert distances == pytest.approx(0.01, abs=0.005)


def test_it_is_the_same_every_time() -> None:
    first, second = (_change(_block(), _block(1)) for _ in range(2))
    assert first == second
    json.dumps(first.figures(), allow_nan=False)


@pytest.mark.parametrize("threshold", [-1.0, np.nan, np.inf])
def test_what_is_no_threshold_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        _change(_block(), _block(), threshold)


def test_a_surface_without_area_is_refused() -> None:
    nothing = np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.uint32)
    for pair in ((nothing, _block()), (_block(), nothing)):
        with pytest.raises(ValueError, match="without area"):
            _change(*pair)


def test_colours_say_which_way_and_how_far() -> None:
    distances = np.array([-2.0, -1.0, -0.05, 0.0, 0.05, 1.0, 2.0, 3.0], np.float32)
    is_uncovered = np.array([False] * 7 + [True])
    found = colours(distances, is_uncovered, threshold=0.1, scale=1.0)
    srgb = np.rint(
        255 * np.where(found / 255 <= 0.0031308, found / 255 * 12.92, 1.055 * (found / 255) ** (1 / 2.4) - 0.055)
    )
    for row, colour in zip(srgb, [LOST, LOST, UNCHANGED, UNCHANGED, UNCHANGED, GAINED, GAINED, UNCOVERED], strict=True):
        assert row[:3] == pytest.approx(colour, abs=6)  # dark tones are coarse as linear bytes
    assert (found[:, 3] == 255).all()


def test_colours_grow_darker_from_the_middle_on_either_side() -> None:
    steps = np.linspace(0.0, 1.0, 11).astype(np.float32)
    for sign in (1, -1):
        light = colours(sign * steps, np.zeros(11, bool), threshold=0.0, scale=1.0)[:, :3] @ [0.2126, 0.7152, 0.0722]
        assert (np.diff(light) < 0).all()


def test_the_scale_is_a_round_number_that_holds_what_changed() -> None:
    found = _change(_block(), _block(2), threshold=0.0005)
    assert scale_for(found) == 0.02
    assert [each["distance"] for each in legend(threshold=0.0005, scale=0.02)] == [-0.02, -0.0005, 0.0005, 0.02, None]
