import pytest

from bench import rate

CURVE = ((100.0, 1_000.0), (50.0, 2_000.0), (25.0, 8_000.0))


@pytest.mark.parametrize(
    ("error", "size"), [(100.0, 1_000), (50.0, 2_000), (25.0, 8_000), (200.0, 500), (12.5, 32_000)]
)
def test_bytes_follow_the_curve_and_go_on_beyond_its_ends(error, size):
    assert rate.bytes_at(CURVE, error) == pytest.approx(size)


def test_twice_the_bytes_at_the_same_error_is_a_ratio_of_two():
    assert rate.ratio(CURVE, 50.0, 4_000) == pytest.approx(2.0)


def test_what_lies_beyond_the_ends_is_known_as_such():
    assert rate.is_inside(CURVE, 60.0)
    assert not rate.is_inside(CURVE, 101.0)


@pytest.mark.parametrize(
    ("given", "series"), [("venus", "level"), ("venus", "view"), ("terrain", "level"), ("terrain", "view")]
)
def test_the_published_curves_rise_in_bytes_as_they_fall_in_error(given, series):
    curve = rate.nexus(given, series)
    assert len(curve) >= 3
    assert list(curve) == sorted(curve, reverse=True)
    assert [size for _, size in curve] == sorted(size for _, size in curve)


def test_an_unknown_input_has_no_curve():
    assert rate.nexus("torus", "level") == ()


@pytest.mark.parametrize(("wanted", "at"), [(0.25, 1), (0.2, 1), (0.5, None), (0.05, 0)])
def test_a_level_stands_for_a_share_only_if_it_is_near(wanted, at):
    assert rate.nearest([0.06, 0.25, 1.0], wanted) == at
