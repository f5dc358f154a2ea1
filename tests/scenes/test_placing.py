from __future__ import annotations

import numpy as np
import pytest

from pipeline.clouds import crs
from scenes import placing
from scenes.model import Georeference, Survey

ZONES = ("EPSG:32632", "EPSG:32633")
"""UTM, west and east of 12 degrees"""


def _survey(zone: str, place: tuple[float, float, float]) -> Survey:
    found = crs.survey(zone, place)
    assert found is not None
    return found


def _placed(survey: Survey, scene: Georeference, east: float, north: float, up: float = 0.0) -> np.ndarray:
    """A point so far from an asset's origin in its file, in the scene."""
    matrix = np.array(placing.transform(survey, scene)).reshape(4, 4).T
    found: np.ndarray = (matrix @ (east, up, -north, 1.0))[:3]
    return found


def test_two_clouds_of_one_system_stand_as_their_coordinates_say() -> None:
    # In the middle of zone 33, where a metre of the ground is 0.9996 m of the map.
    first, second = (
        _survey("EPSG:32633", place) for place in ((500_000.0, 4.5e6, 20.0), (500_120.0, 4_500_050.0, 25.0))
    )
    scene = placing.proposed(first, None)
    assert scene.georeference == first.where
    east, up, south = _placed(second, first.where, 0.0, 0.0)
    assert (east * 0.9996, -south * 0.9996, up) == pytest.approx((120.0, 50.0, 5.0), abs=2e-3)
    # What both have scanned stands in one place.
    shared = _placed(first, first.where, 120.0, 50.0, 5.0), _placed(second, first.where, 0.0, 0.0)
    assert np.abs(shared[0] - shared[1]).max() < 2e-3


def test_clouds_of_neighbouring_zones_meet_within_a_centimetre() -> None:
    from pyproj import Transformer

    # Near Venice, on the side of zones 32 and 33: grid north differs by 5 degrees, and the metres of both maps.
    west = np.array([767_000.0, 5_033_000.0])
    over = Transformer.from_crs(*ZONES, always_xy=True)
    begin = np.array(over.transform(*west))
    first, second = _survey(ZONES[0], (*west, 3.0)), _survey(ZONES[1], (*np.floor(begin), 3.0))
    assert abs(first.where.heading - second.where.heading) % 360 > 3.0
    assert abs(first.scale - second.scale) > 1e-4
    for away in ((0.0, 0.0), (150.0, 0.0), (-80.0, 120.0), (0.0, -150.0)):
        there = np.array(over.transform(*(west + away))) - np.floor(begin)
        apart = _placed(first, first.where, *away) - _placed(second, first.where, *there)
        assert np.abs(apart).max() < 0.01


def test_a_scene_that_is_turned_and_high_has_metres_of_the_ground() -> None:
    from pyproj import Geod

    survey = _survey("EPSG:32633", (420_000.0, 5.2e6, 2_000.0))
    scene = Georeference(survey.where.longitude, survey.where.latitude, 1_990.0, (survey.where.heading + 90.0) % 360.0)
    found = _placed(survey, scene, 100.0, 0.0)
    # Grid east is where the scene looks, 10 m above its origin.
    assert found == pytest.approx((0.0, 10.0, -100.0 * survey.scale * (1.0 + 2_000.0 / 6_378_000.0)), abs=2e-3)
    from pyproj import Transformer

    ends = Transformer.from_crs("EPSG:32633", 4326, always_xy=True).transform([420_000.0, 420_100.0], [5.2e6, 5.2e6])
    _, _, along = Geod(ellps="WGS84").inv(ends[0][0], ends[1][0], ends[0][1], ends[1][1])
    assert 100.0 * survey.scale == pytest.approx(along, abs=2e-3)


def test_what_is_not_known_of_heights_and_datums_is_said() -> None:
    where = Georeference(12.0, 45.0)
    assert placing.notes(Survey(where, above="ellipsoid"), where) == ()
    said = placing.notes(Survey(where, above="NAVD88 height", accuracy_m=2.0), where)
    assert "NAVD88" in said[0]
    assert "2 m" in said[1]
