import numpy as np

from tiling import bounds


def test_a_box_has_its_corners() -> None:
    low, high = np.array([-1.0, 2, 3]), np.array([4.0, 5, 7])
    back = bounds.corners(bounds.box(low, high))
    assert np.array_equal(back[0], low)
    assert np.array_equal(back[1], high)


def test_a_flat_box_is_given_some_thickness_about_its_middle() -> None:
    low, high = bounds.flat_padded(np.array([0.0, 3, 0]), np.array([10.0, 3, 10]))
    assert low[1] < 3.0 < high[1]
    assert high[1] - low[1] < 1e-4
    assert (low[0], high[0]) == (0.0, 10.0)
